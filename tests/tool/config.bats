#!/usr/bin/env bats
# daxctl-private apply: the config files, on captured machines
# shellcheck disable=SC2154 # run sets stderr

load lib

setup() {
  machine tiers
  CONFIG=$MACHINE/etc/daxctl-private.conf.d
  mkdir -p "$CONFIG"
}

config() { # FILE: the config on stdin
  cat >"$CONFIG/$1.conf"
}

# A section that is right, with LINE... added.
section() { # LINE...
  printf '%s\n' '[reconfigure-device zero]' 'match.range = 0x100000000' 'mode = private' "$@" |
    config a
}

# The sections that are right, and what is said of the others.
check() {
  run --separate-stderr look apply --check
}

# The error is one line, told of LINE of a.conf, and the section is skipped.
refused() { # LINE TEXT
  equal "$status" 1 status
  equal "$output" "[]"
  equal "$stderr" "error: /etc/daxctl-private.conf.d/a.conf:$1: $2"
}

# The steps that apply plans, one a line.
steps() { # [DEVICE...]
  run -0 --separate-stderr look apply --dry-run "$@"
  python3 -c '
import json, sys
for device in json.loads(sys.argv[1]):
    for step in device["steps"]: print(device["chardev"], step["step"], sep=": ")' "$output"
}

# --- what is done -----------------------------------------------------------

@test "without config files nothing is done, and nothing is wrong" {
  rm -r "$CONFIG"
  run -0 --separate-stderr look apply --dry-run
  equal "$output" "[]"
  equal "$stderr" ""
}

@test "a device that is as the config says has no steps" {
  section 'preset = far-tier' 'zone = movable'
  run -0 --separate-stderr look apply --dry-run
  equal "$(json 0.chardev)" dax0.0
  equal "$(json 0.steps)" "[]"
}

@test "values that differ are set, those of the section win over those of its preset" {
  section 'madvise = 0' 'preset = far-tier' 'mbind = 1'
  equal "$(steps)" "dax0.0: set mbind to 1
dax0.0: set madvise to 0"
}

@test "a device without a driver is bound, gets its policy and is plugged" {
  printf '%s\n' '[reconfigure-device two]' 'match.target-node = 3' 'mode = private' \
    'preset = bind-only' 'zone = kernel' | config a
  echo 3 >"$MACHINE/sys/bus/dax/devices/dax2.0/target_node"
  run -0 steps
  equal "${lines[0]}" "dax2.0: bind it to anondax"
  [[ $output == *"dax2.0: set mbind to 1"* ]]
  equal "${lines[-1]}" "dax2.0: set hotplug to online_kernel"
}

@test "online = false leaves the memory unplugged" {
  printf '%s\n' '[reconfigure-device two]' 'match.target-node = 3' 'mode = cram' \
    'online = false' | config a
  echo 3 >"$MACHINE/sys/bus/dax/devices/dax2.0/target_node"
  equal "$(steps)" "dax2.0: bind it to cramdax"
}

@test "online = true plugs what is unplugged" {
  echo unplugged >"$MACHINE/sys/bus/dax/devices/dax0.0/hotplug"
  section 'online = true' 'zone = movable'
  equal "$(steps)" "dax0.0: set hotplug to online_movable"
}

@test "memory that is plugged in another zone is an error" {
  section 'zone = kernel'
  run -1 --separate-stderr look apply --dry-run
  equal "$stderr" "error: dax0.0: it is plugged as online_movable: EBUSY: unplug it first"
}

@test "a plugged device gets another mode with --force only" {
  printf '%s\n' '[reconfigure-device zero]' 'match.range = 0x100000000' 'mode = cram' | config a
  run -1 --separate-stderr look apply --dry-run
  equal "$stderr" "error: dax0.0: its memory is in use in mode private: EBUSY: unplug or offline it first, or give --force"
  run -0 steps --force
  equal "${lines[0]}" "dax0.0: set hotplug to unplugged"
  equal "${lines[1]}" "dax0.0: unbind it from anondax"
}

@test "only the devices that are named are looked at" {
  section 'mbind = 1'
  printf '%s\n' '[reconfigure-device one]' 'match.range = 0x108000000' 'mode = cram' 'low_mark = 70' |
    config b
  equal "$(steps dax1.0)" "dax1.0: set low_mark to 70"
  equal "$(steps all | wc -l)" 2
}

@test "a device that no section is for is 3, and said" {
  section
  run -3 --separate-stderr look apply --dry-run dax1.0
  equal "$output" "[]"
  equal "$stderr" "dax1.0: no section of the config is for it"
}

@test "a device that does not exist is 3" {
  section
  run -3 --separate-stderr look apply --dry-run dax9.0
  equal "$output" "[]"
  equal "$stderr" "error: dax9.0: no such dax device: ENODEV: see daxctl-private list"
}

@test "nor is anything done if a device beside \"all\" does not exist" {
  section 'mbind = 1'
  run -3 --separate-stderr look apply --dry-run all dax9.0
  equal "$output" "[]"
  equal "$stderr" "error: dax9.0: no such dax device: ENODEV: see daxctl-private list"
  equal "$(steps all dax0.0)" "dax0.0: set mbind to 1"
}

@test "--config reads another directory, and it has to exist" {
  section 'mbind = 1'
  mkdir "$MACHINE/other"
  mv "$CONFIG/a.conf" "$MACHINE/other"
  equal "$(steps)" ""
  equal "$(steps --config /other)" "dax0.0: set mbind to 1"
  run -1 --separate-stderr look apply --dry-run -c /none
  equal "$stderr" "error: /none: cannot read the directory: ENOENT"
}

@test "a captured machine is only looked at" {
  section
  run -2 --separate-stderr look apply
  equal "$output" ""
  equal "$stderr" "error: apply: --sysroot needs --check or --dry-run"
}

@test "--check shows each section, where it is and its device" {
  section
  printf '%s\n' '' '[reconfigure-device absent]' 'match.target-node = 9' 'mode = devdax' | config b
  check
  equal "$status" 0
  equal "$stderr" ""
  equal "$(json 0.section)" zero
  equal "$(json 0.where)" /etc/daxctl-private.conf.d/a.conf:1
  equal "$(json 0.mode)" private
  equal "$(json 0.chardev)" dax0.0
  equal "$(json 1.where)" /etc/daxctl-private.conf.d/b.conf:2
  equal "$(json 1.mode)" devdax
  run -1 json 1.chardev
}

@test "--check is of all devices, and not of some" {
  local names
  section
  for names in dax0.0 dax9.0 "all dax9.0"; do
    # shellcheck disable=SC2086 # several words
    run -2 --separate-stderr look apply --check $names
    equal "$output" ""
    equal "$stderr" "error: apply: --check looks at the config of all devices: name none"
  done
  run -0 look apply --check all
  equal "$(json 0.chardev)" dax0.0
}

# --- a section that is wrong, and devices that are named --------------------

# A section for dax0.0 that is right, and one for dax1.0 with LINE... as line 6 and on.
two_sections() { # LINE...
  section 'mbind = 1'
  printf '%s\n' '[reconfigure-device one]' "$@" >>"$CONFIG/a.conf"
}

# apply of DEVICE warns of LINE of a.conf, has STATUS and tells then ERROR.
applied() { # STATUS DEVICE LINE-AND-REASON [ERROR]
  local conf=/etc/daxctl-private.conf.d/a.conf
  run --separate-stderr look apply --dry-run "$2"
  equal "$status" "$1" "status for $2"
  equal "$stderr" "warning: $conf:$3${4:+
${4//CONF/$conf}}" "stderr for $2"
}

@test "a section that is wrong fails the device that it is for, not others" {
  local why='7: mode = privat: EINVAL: give private, cram, system-ram or devdax'
  two_sections 'match.range = 0x108000000' 'mode = privat'
  applied 0 dax0.0 "$why"
  equal "$(json 0.steps.0.step)" "set mbind to 1"
  applied 1 dax1.0 "$why" \
    "error: dax1.0: its section is skipped: CONF:5: EINVAL: the warning says why"
  equal "$output" "[]"
  applied 3 dax2.0 "$why" "dax2.0: no section of the config is for it"
  run -64 --separate-stderr look apply --dry-run
  equal "$stderr" "error: /etc/daxctl-private.conf.d/a.conf:$why"
  run -64 look apply --dry-run dax0.0 dax1.0
  run -64 look apply --dry-run all
}

@test "a section that may be any device's fails those that have no other" {
  local why='6: match.range = x: EINVAL: give 0xSTART-0xEND or 0xSTART, see /proc/iomem'
  two_sections 'match.range = x' 'mode = cram'
  applied 0 dax0.0 "$why"
  applied 1 dax2.0 "$why" \
    "error: dax2.0: no section is for it, unless it is the one that is skipped: CONF:5: EINVAL: the warning says why"
}

@test "a key that is there twice fails others only if it says which device it is for" {
  two_sections 'match.range = 0x108000000' 'mode = cram' 'low_mark = 70' 'low_mark = 60'
  applied 1 dax1.0 '9: low_mark is in line 8, too: ENOTUNIQ: remove one of them' \
    "error: dax1.0: its section is skipped: CONF:5: EINVAL: the warning says why"
  applied 3 dax2.0 '9: low_mark is in line 8, too: ENOTUNIQ: remove one of them' \
    "dax2.0: no section of the config is for it"
  two_sections 'match.range = 0x108000000' 'mode = cram' 'match.range = 0x110000000'
  applied 1 dax2.0 '8: match.range is in line 6, too: ENOTUNIQ: remove one of them' \
    "error: dax2.0: no section is for it, unless it is the one that is skipped: CONF:5: EINVAL: the warning says why"
}

@test "what cannot be read fails devices that have no section" {
  local why='6: this is no [SECTION] and no KEY = VALUE: EINVAL: its section is skipped'
  two_sections nonsense 'match.range = 0x108000000'
  applied 0 dax0.0 "$why"
  applied 1 dax2.0 "$why" \
    "error: dax2.0: no section is for it, unless it is the one that is skipped: CONF:6: EINVAL: the warning says why"
  mkfifo "$CONFIG/b.conf"
  rm "$CONFIG/a.conf"
  run -1 --separate-stderr look apply --dry-run dax2.0
  equal "${stderr_lines[0]}" \
    "warning: /etc/daxctl-private.conf.d/b.conf: it is no file, or larger than 1 MiB: EINVAL"
}

@test "a device with a section that is right and one that is wrong is applied, and 64" {
  two_sections 'match.range = 0x100000000' 'mode = cram' 'low_mark = x'
  applied 64 dax0.0 '8: low_mark=x: EINVAL: give a percentage, 0 to 100' \
    "error: dax0.0: its section is skipped: CONF:5: EINVAL: the warning says why"
  equal "$(json 0.steps.0.step)" "set mbind to 1"
}

@test "two sections for one device fail that one" {
  two_sections 'match.target-node = 1' 'mode = cram'
  run -1 --separate-stderr look apply --dry-run dax0.0
  equal "${stderr_lines[2]}" \
    "error: dax0.0: its section is skipped: /etc/daxctl-private.conf.d/a.conf:1: EINVAL: the warning says why"
  run -3 look apply --dry-run dax1.0
}

@test "a directory that is not there is an error, whoever is named" {
  run -1 --separate-stderr look apply --dry-run -c /none dax0.0
  equal "$stderr" "error: /none: cannot read the directory: ENOENT"
}

@test "all values of a section that make no sense are told, and the rules that are broken" {
  section 'mbind = x' 'ltpin = x' 'demotion = 1'
  run -1 --separate-stderr look apply --check
  equal "${stderr_lines[*]}" "error: /etc/daxctl-private.conf.d/a.conf:4: mbind=x: EINVAL: give 0 or 1 error: /etc/daxctl-private.conf.d/a.conf:5: ltpin=x: EINVAL: give 0 or 1 error: /etc/daxctl-private.conf.d/a.conf:1: demotion needs reclaim: EINVAL: set reclaim=1, too, or demotion=0"
}

# --- which device -----------------------------------------------------------

# The device that a section with these match keys is for.
matched() { # LINE...
  printf '%s\n' '[reconfigure-device it]' 'mode = devdax' "$@" | config a
  check
  equal "$stderr" "" stderr
  json 0.chardev
}

# dax0.0 is a part of the CXL region 7, that has these UUID and serial numbers.
on_cxl() { # UUID SERIAL...
  local cxl=$MACHINE/sys/bus/cxl/devices root=$MACHINE/sys/devices/platform/cxl i=0
  local region=$root/region7
  mkdir -p "$region/dax_region7"
  ln -s ../../../../bus/cxl "$region/subsystem"
  mv "$MACHINE/sys/devices/platform/hmem.0/dax0.0" "$region/dax_region7"
  ln -sfn ../../../devices/platform/cxl/region7/dax_region7/dax0.0 "$MACHINE/sys/bus/dax/devices/dax0.0"
  echo "$1" >"$region/uuid"
  shift
  echo $# >"$region/interleave_ways"
  for serial; do
    mkdir -p "$root/mem$i" "$root/endpoint$i/decoder$i.0"
    echo "$serial" >"$root/mem$i/serial"
    ln -s "../mem$i" "$root/endpoint$i/uport"
    ln -s "../../../devices/platform/cxl/endpoint$i/decoder$i.0" "$cxl/decoder$i.0"
    echo "decoder$i.0" >"$region/target$i"
    i=$((i + 1))
  done
}

readonly UUID=ed93e918-e165-49d8-921d-383d7b9660c5

@test "a range matches by its start, or by start and end" {
  equal "$(matched 'match.range = 0x108000000')" dax1.0
  equal "$(matched 'match.range = 4429185024-0x10fffffff')" dax1.0
  run -1 matched 'match.range = 0x108000000-0x10ffffffe'
}

@test "a device without mappings to be seen has the range of its resource" {
  rm -r "$MACHINE"/sys/bus/dax/devices/dax1.0/mapping0
  equal "$(matched 'match.range = 0x108000000-0x10fffffff')" dax1.0
}

@test "the node of the firmware matches" {
  equal "$(matched 'match.target-node = 1')" dax0.0
}

@test "the UUID of a CXL region matches, in either case" {
  on_cxl "$UUID" 0x1
  equal "$(matched "match.region-uuid = ${UUID^^}")" dax0.0
  run -1 matched "match.region-uuid = ${UUID/e/a}"
}

@test "the serial numbers of a CXL region match if it has them all" {
  on_cxl '' 0x11 0x22
  equal "$(matched 'match.memdev-serial = 0x22')" dax0.0
  equal "$(matched 'match.memdev-serial = 34, 0x11')" dax0.0
  run -1 matched 'match.memdev-serial = 0x11,0x33'
}

@test "the UUID of an nvdimm namespace matches" {
  local parent=$MACHINE/sys/devices/platform/ndbus0/region0/dax0.1
  mkdir -p "$parent"
  ln -s ../../../../../bus/nd "$parent/subsystem"
  mv "$MACHINE/sys/devices/platform/hmem.0/dax0.0" "$parent"
  ln -sfn ../../../devices/platform/ndbus0/region0/dax0.1/dax0.0 "$MACHINE/sys/bus/dax/devices/dax0.0"
  echo "$UUID" >"$parent/uuid"
  equal "$(matched "match.nvdimm-uuid = $UUID")" dax0.0
  run -1 matched "match.region-uuid = $UUID"
}

@test "all match keys of a section have to agree" {
  equal "$(matched 'match.target-node = 1' 'match.range = 0x100000000')" dax0.0
  run -1 matched 'match.target-node = 1' 'match.range = 0x108000000'
}

@test "two sections for one device are both skipped, and others are applied" {
  section
  printf '%s\n' '[reconfigure-device again]' 'match.target-node = 1' 'mode = devdax' \
    '[reconfigure-device one]' 'match.range = 0x108000000' 'mode = cram' | config b
  run -64 --separate-stderr look apply --dry-run
  equal "$(json 0.chardev)" dax1.0
  equal "${stderr_lines[0]}" "error: /etc/daxctl-private.conf.d/a.conf:1: dax0.0 is matched by /etc/daxctl-private.conf.d/b.conf:1, too: ENOTUNIQ: remove one of them"
  equal "${stderr_lines[1]}" "error: /etc/daxctl-private.conf.d/b.conf:1: dax0.0 is matched by /etc/daxctl-private.conf.d/a.conf:1, too: ENOTUNIQ: remove one of them"
  equal "${#stderr_lines[@]}" 2
}

@test "a section that matches several devices is skipped" {
  echo 1 >"$MACHINE/sys/bus/dax/devices/dax1.0/target_node"
  printf '%s\n' '[reconfigure-device it]' 'match.target-node = 1' 'mode = devdax' | config a
  check
  refused 1 "it matches dax0.0 and dax1.0: ENOTUNIQ: add another match key"
}

# --- what is wrong ----------------------------------------------------------

@test "an unknown key is told with its line" {
  section '' '# a comment' 'movable = true'
  check
  refused 6 "unknown key 'movable': EINVAL: daxctl-private-apply(1) lists all"
}

@test "lines that go on are counted" {
  section "mbind = \\" '1' '; a comment' 'reclaim = yes'
  check
  refused 7 "reclaim=yes: EINVAL: give 0 or 1"
}

@test "each bad value is told" {
  local line
  while IFS='|' read -r line hint; do
    printf '%s\n' '[reconfigure-device zero]' 'match.target-node = 1' 'mode = private' "$line" | config a
    [[ $line != mode* ]] || sed -i 3d "$CONFIG/a.conf"
    [[ $line != match.target-node* ]] || sed -i 's/^match.target-node = 1$/match.range = 1m/' "$CONFIG/a.conf"
    check
    equal "$output" "[]" "$line"
    [[ ${stderr_lines[0]} == "error: /etc/daxctl-private.conf.d/a.conf:"[34]": "*"EINVAL: $hint" ]] ||
      fail "$line: $stderr"
  done <<'END'
mode = privat|give private, cram, system-ram or devdax
mode =|give private, cram, system-ram or devdax
online = maybe|give true or false
zone = normal|give movable or kernel
preset = nothing|see daxctl-private policy --help
mbind = 2|give 0 or 1
node = x|give the number of a node
adistance = 0|give a number above 0 and below 2147483520
match.range = 0x1000-|give 0xSTART-0xEND or 0xSTART, see /proc/iomem
match.range = 0x2000-0x1000|give 0xSTART-0xEND or 0xSTART, see /proc/iomem
match.range = 100000000-107ffffff|give 0xSTART-0xEND or 0xSTART, see /proc/iomem
match.range = 100000000|give 0xSTART-0xEND or 0xSTART, see /proc/iomem
match.target-node = -1|give the number of a node
match.region-uuid = 12345678|give a UUID, see cxl list
match.nvdimm-uuid = ed93e918-e165-49d8-921d-383d7b9660c|give a UUID, see ndctl list
match.memdev-serial = 0|give numbers above 0, with commas between them, see cxl list
match.memdev-serial = 1,0|give numbers above 0, with commas between them, see cxl list
match.memdev-serial = 1,x|give numbers above 0, with commas between them, see cxl list
END
}

@test "a section that matches nothing by intention is an error" {
  printf '%s\n' '[reconfigure-device it]' 'mode = devdax' | config a
  check
  refused 1 "no match key, so it is for no device: EINVAL: give match.range or another one"
}

@test "a section has to have a mode" {
  printf '%s\n' '[reconfigure-device it]' 'match.target-node = 1' 'preset = isolated' | config a
  check
  refused 1 "no mode: EINVAL: give private, cram, system-ram or devdax"
}

@test "values that the mode does not have, or that break a rule, are told" {
  section 'capacity = 1g' 'demotion = 1'
  check
  equal "$status" 1
  equal "${stderr_lines[0]}" "error: /etc/daxctl-private.conf.d/a.conf:1: a device in mode private has no capacity: EINVAL: see daxctl-private reconfigure-device"
  equal "${stderr_lines[1]}" "error: /etc/daxctl-private.conf.d/a.conf:1: demotion needs reclaim: EINVAL: set reclaim=1, too, or demotion=0"
}

@test "a zone is for memory only" {
  printf '%s\n' '[reconfigure-device it]' 'match.target-node = 1' 'mode = devdax' 'zone = kernel' | config a
  check
  refused 1 "a device in mode devdax has no zone: EINVAL"
}

@test "a key that is there twice is an error" {
  section 'mbind = 0' 'Mbind = 1'
  check
  refused 5 "mbind is in line 4, too: ENOTUNIQ: remove one of them"
}

@test "a section that is there twice is an error, in one file and in two" {
  section '[reconfigure-device zero]'
  check
  refused 4 "the section is in line 1, too: ENOTUNIQ: remove one of them"
  section
  cp "$CONFIG/a.conf" "$CONFIG/b.conf"
  run -64 --separate-stderr look apply --check
  equal "$(json 0.where)" /etc/daxctl-private.conf.d/a.conf:1
  equal "$stderr" "error: /etc/daxctl-private.conf.d/b.conf:1: the section is in /etc/daxctl-private.conf.d/a.conf:1, too: ENOTUNIQ: give it another name"
}

@test "another section is an error" {
  printf '%s\n' '[private it]' 'mode = private' | config a
  check
  refused 1 "unknown section [private it]: EINVAL: give [reconfigure-device NAME]"
  printf '%s\n' '[reconfigure-device]' 'mode = private' | config a
  check
  refused 1 "unknown section [reconfigure-device]: EINVAL: give [reconfigure-device NAME]"
}

@test "a colon in a name and keys in no section are errors" {
  printf '%s\n' 'mode = private' '[reconfigure-device a:b]' 'mode = private' | config a
  check
  equal "$status" 1
  equal "${stderr_lines[0]}" "error: /etc/daxctl-private.conf.d/a.conf:1: a key that is in no section: EINVAL: begin one with [reconfigure-device NAME]"
  equal "${stderr_lines[1]}" "error: /etc/daxctl-private.conf.d/a.conf:2: a section with ':' in its name: EINVAL: give it another name"
}

# Three sections, of which the middle one has LINE in it.
with_bad() { # LINE
  printf '%s\n' '[reconfigure-device zero]' 'match.range = 0x100000000' 'mode = private' '' \
    '[reconfigure-device one]' 'match.target-node = 2' "$1" 'mode = cram' '' \
    '[reconfigure-device two]' 'match.target-node = 3' 'mode = devdax' | config a
}

# Of these the middle one is told, with its line, and the others are applied.
only_one_skipped() { # LINE TEXT
  run -64 --separate-stderr look apply --check
  equal "$(json 0.section) $(json 1.section)" "zero two"
  equal "$(json | grep -o section | wc -l)" 2
  equal "$stderr" "error: /etc/daxctl-private.conf.d/a.conf:$1: $2"
}

@test "a line that cannot be read costs only its section" {
  with_bad mbind
  only_one_skipped 7 "this is no [SECTION] and no KEY = VALUE: EINVAL: its section is skipped"
  with_bad "$(printf 'online = %2000s' true)"
  only_one_skipped 7 "the line is too long: EINVAL: its section is skipped"
  with_bad '['
  sed -i '/one]$/,/^match.target-node = 2/d' "$CONFIG/a.conf"
  only_one_skipped 5 "a [SECTION] does not end with ]: EINVAL: its section is skipped"
  with_bad 'online = tr\x00ue'
  sed -i 's/\\x00/\x00/' "$CONFIG/a.conf"
  only_one_skipped 7 "a byte that is zero: EINVAL: its section is skipped"
}

@test "a header that is cut off begins a section, and spoils only that" {
  with_bad
  sed -i '5s/]$//' "$CONFIG/a.conf"
  only_one_skipped 5 "a [SECTION] does not end with ]: EINVAL: its section is skipped"
}

@test "a byte order mark costs the first section" {
  with_bad
  sed -i '1s/^/\xef\xbb\xbf/' "$CONFIG/a.conf"
  run -64 --separate-stderr look apply --check
  equal "$(json 0.section) $(json 1.section)" "one two"
  equal "$stderr" "error: /etc/daxctl-private.conf.d/a.conf:1: a byte order mark: EINVAL: save it without one; its section is skipped"
}

@test "what cannot be read before the first section costs no section" {
  with_bad
  sed -i '1s/^/nonsense\n/' "$CONFIG/a.conf"
  run -64 --separate-stderr look apply --check
  equal "$(json | grep -o '"section"' | wc -l)" 3
  equal "$stderr" "error: /etc/daxctl-private.conf.d/a.conf:1: this is no [SECTION] and no KEY = VALUE: EINVAL: its section is skipped"
}

@test "each line that cannot be read is told, and each section skipped once" {
  with_bad $'mbind\nreclaim'
  printf 'x' >>"$CONFIG/a.conf"
  printf 'y\n' >>"$CONFIG/a.conf"
  run -64 --separate-stderr look apply --check
  equal "$(json 0.section)" zero
  equal "${#stderr_lines[@]}" 3
}

@test "a typo in what was saved leaves the other sections to be applied" {
  run -0 look save -o -
  printf '%s\n' "$output" | sed '/dax1.0]$/,/^mode/s/^mode = /mode /' | config saved
  run -64 --separate-stderr look apply --dry-run
  equal "$(json 0.chardev)" dax0.0
  equal "$(json | grep -o chardev | wc -l)" 1
  [[ $stderr == *"saved.conf:"*": this is no [SECTION] and no KEY = VALUE: EINVAL: its section is skipped" ]] || fail "$stderr"
}

@test "a line that only continues is none" {
  with_bad '\'
  run -0 --separate-stderr look apply --check
  equal "$stderr" ""
}

@test "what is no file, or a huge one, is not read" {
  mkfifo "$CONFIG/a.conf"
  run -1 --separate-stderr timeout 20 daxctl-private apply --sysroot "$MACHINE" --check
  equal "$stderr" "error: /etc/daxctl-private.conf.d/a.conf: it is no file, or larger than 1 MiB: EINVAL"
  rm "$CONFIG/a.conf"
  truncate -s 2M "$CONFIG/a.conf"
  run -1 --separate-stderr look apply --check
  equal "$stderr" "error: /etc/daxctl-private.conf.d/a.conf: it is no file, or larger than 1 MiB: EINVAL"
}

@test "only files that end in .conf are read" {
  section
  mv "$CONFIG/a.conf" "$CONFIG/a.conf.old"
  echo nonsense >"$CONFIG/.hidden.conf"
  check
  equal "$status" 0
  equal "$output" "[]"
}

@test "the example is a config" {
  cp "$BATS_TEST_DIRNAME/../../tools/daxctl-private/boot/daxctl-private.example.conf" "$CONFIG"
  check
  equal "$status" 0
  equal "$stderr" ""
  # and what it shows is right
  sed -i -E 's/^# (\[|[a-z._-]+ = )/\1/' "$CONFIG/daxctl-private.example.conf"
  check
  equal "$status" 0
  equal "$(json 0.section)" name
}
