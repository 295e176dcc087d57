#!/usr/bin/env bats
# daxctl-private save, on captured machines
# shellcheck disable=SC2154,SC2030,SC2031 # run sets output and stderr

load lib
load examples

setup() {
  machine tiers
  DAX=$MACHINE/sys/bus/dax/devices
}

# What is saved of DEVICE: the lines of its section.
saved() { # DEVICE
  run -0 look save
  sed -n "/^\[reconfigure-device $1\]/,/^\$/p" <<<"$output" | grep -v '^\[\|^#\|^$'
}

# That nothing is saved to PATH, not with --force, either, and what is there stays.
not_replaced() { # PATH ERROR
  local force before
  before=$(stat -c '%F %i' "$MACHINE$1")
  for force in "" --force; do
    run -1 --separate-stderr save_here --output "$1" $force
    equal "$output" "[]"
    equal "$stderr" "error: $1: $2"
    equal "$(stat -c '%F %i' "$MACHINE$1")" "$before"
  done
  equal "$(ls "$MACHINE/out")" "${1##*/}"
}

save_here() { # ARGUMENT...
  inside save "$@"
}

@test "a private device is saved with its range, its zone and all its values" {
  equal "$(saved dax0.0)" "match.range = 0x100000000-0x107ffffff
mode = private
online = true
zone = movable
adistance = 2880
reclaim = 1
demotion = 1
mbind = 0
interleave = 0
madvise = 1
numa_balance = 1
ltpin = 0"
}

@test "compressed RAM is saved with its capacity and its marks" {
  equal "$(saved dax1.0)" "match.range = 0x108000000-0x10fffffff
mode = cram
online = true
zone = movable
adistance = 2880
algorithm = lz4
capacity = 67108864
low_mark = 80
high_mark = 95
writable_pct = 0"
}

@test "what is unplugged is saved so, what is in ZONE_NORMAL is saved with that" {
  echo unplugged >"$DAX/dax0.0/hotplug"
  echo online_kernel >"$DAX/dax1.0/hotplug"
  [[ "$(saved dax0.0)" == *$'\nonline = false\nadistance'* ]]
  [[ "$(saved dax1.0)" == *$'\nonline = true\nzone = kernel\n'* ]]
}

@test "a node is saved if it is not the one that the firmware says" {
  echo 3 >"$DAX/dax0.0/node"
  saved dax0.0 | grep -qx 'node = 3'
  run ! grep -q '^node' <<<"$(saved dax1.0)"
}

@test "devices in other modes are not saved" {
  run -0 look save
  equal "$(grep -c '^\[' <<<"$output")" 2
}

@test "what is saved is a config that changes nothing" {
  mkdir -p "$MACHINE/etc/daxctl-private.conf.d"
  look save >"$MACHINE/etc/daxctl-private.conf.d/saved.conf"
  run -0 --separate-stderr look apply --dry-run
  equal "$stderr" ""
  equal "$(json 0.steps)" "[]"
  equal "$(json 1.steps)" "[]"
}

@test "only the devices that are named are saved" {
  run -0 look save dax1.0
  equal "$(grep '^\[' <<<"$output")" "[reconfigure-device dax1.0]"
  run -0 look save all
  equal "$(grep -c '^\[' <<<"$output")" 2
}

@test "a device that is not in a mode of ours, or not there, is an error" {
  run -1 --separate-stderr look save dax0.0 dax2.0
  equal "$output" ""
  equal "$stderr" "error: dax2.0: it is in mode disabled: EINVAL: only modes private and cram are saved"
  run -3 --separate-stderr look save dax9.0
  equal "$stderr" "error: dax9.0: no such dax device: ENODEV: see daxctl-private list"
}

@test "nothing to save is 3" {
  machine nodax
  run -3 --separate-stderr look save
  equal "$output" ""
  equal "$stderr" "error: all: no device is in mode private or cram: ENODEV: see daxctl-private list"
}

# It would have devices that are no longer of ours be so again after a boot.
@test "nothing to save leaves the file, and that is told" {
  local file=/etc/daxctl-private.conf.d/saved.conf device before
  save_here
  before=$(cat "$MACHINE$file")
  for device in dax0.0 dax1.0; do rm "$DAX/$device/driver"; done
  run -3 --separate-stderr save_here
  equal "$output" "[]"
  equal "$stderr" "error: all: no device is in mode private or cram: ENODEV: to save that, remove $file"
  equal "$(cat "$MACHINE$file")" "$before"
  rm "$MACHINE$file"
  run -3 --separate-stderr save_here
  equal "$stderr" "error: all: no device is in mode private or cram: ENODEV: see daxctl-private list"
}

@test "values that apply would not take are not saved" {
  echo 7 >"$DAX/dax0.0/mbind"
  run -1 --separate-stderr look save
  equal "$output" ""
  equal "$stderr" "error: dax0.0: mbind=7: EINVAL: give 0 or 1"
  echo 0 >"$DAX/dax0.0/mbind"
  echo 0 >"$DAX/dax0.0/reclaim"
  run -1 --separate-stderr look save
  equal "$stderr" "error: dax0.0: demotion needs reclaim: EINVAL: set reclaim=1, too, or demotion=0"
}

# --- what it is known by ----------------------------------------------------

# Puts DEVICE into the directory NAME of a parent on BUS, and calls it AS.
below() { # DEVICE NAME BUS [AS]
  local parent=$MACHINE/sys/devices/platform/$2 as=${4:-$1}
  mkdir -p "$parent"
  ln -sfn "/sys/bus/$3" "$parent/subsystem"
  mv "$(readlink -f "$DAX/$1")" "$parent/$as"
  rm "$DAX/$1"
  ln -s "../../../devices/platform/$2/$as" "$DAX/$as"
}

match() { # DEVICE
  saved "$1" | grep '^match'
}

@test "the UUID of an nvdimm namespace is better than the range" {
  below dax0.0 ndbus0 nd
  echo ed93e918-e165-49d8-921d-383d7b9660c5 >"$MACHINE/sys/devices/platform/ndbus0/uuid"
  equal "$(match dax0.0)" "match.nvdimm-uuid = ed93e918-e165-49d8-921d-383d7b9660c5"
}

@test "the UUID of a CXL region is better than the range, but not if it is zero" {
  local uuid=$MACHINE/sys/devices/platform/region0/uuid
  below dax0.0 region0 cxl
  echo ed93e918-e165-49d8-921d-383d7b9660c5 >"$uuid"
  equal "$(match dax0.0)" "match.region-uuid = ed93e918-e165-49d8-921d-383d7b9660c5"
  echo 00000000-0000-0000-0000-000000000000 >"$uuid"
  equal "$(match dax0.0)" "match.range = 0x100000000-0x107ffffff"
}

# A region of one CXL device with this serial number.
cxl_region() { # SERIAL
  local devices=$MACHINE/sys/devices/platform
  mkdir -p "$devices/mem0" "$devices/endpoint0/decoder0.0"
  ln -s ../mem0 "$devices/endpoint0/uport"
  ln -s ../../../devices/platform/endpoint0/decoder0.0 "$MACHINE/sys/bus/cxl/devices/decoder0.0"
  below dax0.0 region0 cxl
  echo 1 >"$devices/region0/interleave_ways"
  echo decoder0.0 >"$devices/region0/target0"
  echo "$1" >"$devices/mem0/serial"
}

@test "the serial number of a CXL device is better than the range" {
  cxl_region 0xabc
  equal "$(match dax0.0)" "match.memdev-serial = 0xabc"
}

@test "a serial number of zero is none" {
  cxl_region 0x0
  equal "$(match dax0.0)" "match.range = 0x100000000-0x107ffffff"
}

@test "two devices of one CXL region are told apart by the range" {
  cxl_region 0xabc
  below dax1.0 region0 cxl dax0.1
  mv "$MACHINE/dev/dax1.0" "$MACHINE/dev/dax0.1"
  equal "$(match dax0.0)" "match.range = 0x100000000-0x107ffffff"
  equal "$(match dax0.1)" "match.range = 0x108000000-0x10fffffff"
}

@test "who cannot read the range gets the node, or an error if that is not enough" {
  rm -r "$DAX"/dax?.0/mapping0 "$DAX"/dax?.0/resource
  equal "$(match dax0.0)" "match.target-node = 1"
  echo 1 >"$DAX/dax2.0/target_node"
  run -1 --separate-stderr look save
  equal "$output" ""
  equal "$stderr" "error: dax0.0: nothing tells it from other devices: ENOTUNIQ: root can see more of it"
}

# --- what other files say ---------------------------------------------------

CONFIG=/etc/daxctl-private.conf.d

# Another file of the config, with a section NAME that has KEY.
other() { # FILE NAME KEY
  mkdir -p "$MACHINE$CONFIG"
  printf '%s\n' "# $1" "[reconfigure-device $2]" "$3" 'mode = private' >"$MACHINE$CONFIG/$1"
}

# Nothing is saved of dax0.0, for ERROR, and everything else is left as it is.
refused() { # ERROR [ARGUMENT...]
  local before
  before=$(cd "$MACHINE/etc" && tar -c --sort=name . | sha256sum)
  run -1 --separate-stderr save_here "${@:2}"
  equal "$output" "[]"
  equal "$stderr" "error: dax0.0: $1"
  equal "$(cd "$MACHINE/etc" && tar -c --sort=name . | sha256sum)" "$before"
}

@test "a device that another file has a section for is not saved, by whatever key it is known there" {
  local key
  for key in match.range=0x100000000 match.range=0x100000000-0x107ffffff match.target-node=1; do
    other own.conf expander "${key/=/ = }"
    refused "$CONFIG/own.conf:2 is for it, too: ENOTUNIQ: remove that section, or name the other devices and give --output"
  done
}

@test "nor is one that the file of all has, and is to be saved to a file of its own" {
  save_here
  refused "$CONFIG/saved.conf:4 is for it, too: ENOTUNIQ: remove that section, or name the other devices and give --output" \
    --output "$CONFIG/zero.conf" --force dax0.0
  run -0 save_here --output "$CONFIG/saved.conf" dax0.0
  run -0 save_here --output "$CONFIG/one.conf" dax1.0
  run -0 --separate-stderr look apply --dry-run
  equal "$stderr" ""
  equal "$(json | grep -o chardev | wc -l)" 2
}

@test "nor is one whose other section is skipped for now" {
  other own.conf expander 'match.range = 0x100000000'
  echo 'mbind = 2' >>"$MACHINE$CONFIG/own.conf"
  refused "$CONFIG/own.conf:2 is for it, too: ENOTUNIQ: remove that section, or name the other devices and give --output"
  other own.conf expander 'match.target-node = 1'
  echo 2 >"$DAX/dax0.0/target_node"
  echo 1 >"$DAX/dax1.0/target_node"
  echo 1 >"$DAX/dax2.0/target_node"
  run -1 --separate-stderr save_here
  equal "$stderr" "error: dax1.0: $CONFIG/own.conf:2 is for it, too: ENOTUNIQ: remove that section, or name the other devices and give --output"
}

@test "the name of a section is not given again, for another device, either" {
  other own.conf dax0.0 'match.target-node = 77'
  refused "a section of this name is in $CONFIG/own.conf:2: ENOTUNIQ: give that one another name"
}

@test "what other files say of other devices does not matter, nor files that are not read" {
  other own.conf expander 'match.target-node = 77'
  other own.text dax0.0 'match.range = 0x100000000'
  other .own.conf dax0.0 'match.range = 0x100000000'
  echo 'no section' >>"$MACHINE$CONFIG/own.conf"
  run -0 --separate-stderr save_here
  equal "$stderr" "saved 2 devices to $CONFIG/saved.conf"
  other own.conf dax0.0 'match.range = 0x100000000'
  run -0 save_here --output "$CONFIG/copy" --force
  run -0 save_here --output /copy.conf --force
}

@test "--dry-run says what would be refused, and stdout is nobody's rival" {
  other own.conf expander 'match.range = 0x100000000'
  run -1 --separate-stderr look save
  equal "$output" ""
  [[ $stderr == "error: dax0.0: $CONFIG/own.conf:2 is for it, too: "* ]] || fail "$stderr"
  run -1 save_here --dry-run
  run -0 --separate-stderr look save --output -
  equal "$stderr" ""
  equal "$(grep -c '^\[' <<<"$output")" 2
}

# --- where it goes ----------------------------------------------------------

@test "with --sysroot it goes to stdout only" {
  run -2 --separate-stderr look save --output /etc/saved.conf
  equal "$stderr" "error: save: with --sysroot it goes to stdout only"
  run -0 look save --output -
  [[ ${lines[0]} == "# Written by daxctl-private save"* ]]
}

@test "some devices do not replace the file of all" {
  run -2 --separate-stderr daxctl-private save dax0.0
  equal "$stderr" "error: save: some devices go to a file of their own: give --output"
}

@test "a file is written and told as JSON, and written again" {
  run -0 --separate-stderr save_here
  equal "$(json 0.chardev)" dax0.0
  equal "$(json 0.key)" match.range
  equal "$(json 0.value)" 0x100000000-0x107ffffff
  equal "$stderr" "saved 2 devices to /etc/daxctl-private.conf.d/saved.conf"
  equal "$(look save)" "$(cat "$MACHINE/etc/daxctl-private.conf.d/saved.conf")"
  equal "$(stat -c %a "$MACHINE/etc/daxctl-private.conf.d/saved.conf")" 644
  echo 1 >"$DAX/dax0.0/mbind"
  run -0 save_here
  grep -qx 'mbind = 1' "$MACHINE/etc/daxctl-private.conf.d/saved.conf"
  equal "$(ls "$MACHINE/etc/daxctl-private.conf.d")" saved.conf
}

@test "the example of the manual is what it prints" {
  run -0 --separate-stderr save_here
  equal "$output"$'\n'"$stderr" "$(page_example save save)"
}

@test "a file of somebody else is replaced with --force only" {
  echo mine >"$MACHINE/mine"
  run -1 --separate-stderr save_here --output /mine
  equal "$output" "[]"
  equal "$stderr" "error: /mine: it was not written by daxctl-private save: EEXIST: give --force, or another --output"
  equal "$(cat "$MACHINE/mine")" mine
  run -0 save_here --output /mine --force
  grep -q '^mode = cram' "$MACHINE/mine"
}

@test "what is no file is not replaced, with --force, either" {
  local error="it is no regular file: EINVAL: give another --output"
  mkdir "$MACHINE/out"
  mkfifo "$MACHINE/out/fifo"
  not_replaced /out/fifo "$error"
  rm "$MACHINE/out/fifo"
  mkdir "$MACHINE/out/directory"
  not_replaced /out/directory "$error"
  rmdir "$MACHINE/out/directory"
  mknod "$MACHINE/out/null" c 1 3 || skip "no device can be made here"
  not_replaced /out/null "$error"
}

@test "a symbolic link is not replaced, nor what it leads to, which may be nothing" {
  local error="it is a symbolic link: EINVAL: give the path of the file itself"
  mkdir "$MACHINE/out"
  save_here --output /saved
  echo 1 >"$DAX/dax0.0/mbind"
  ln -s ../saved "$MACHINE/out/link"
  not_replaced /out/link "$error"
  grep -qx 'mbind = 0' "$MACHINE/saved"
  ln -sfn nothing "$MACHINE/out/link"
  not_replaced /out/link "$error"
}

@test "the file of all may be no link, either" {
  mkdir -p "$MACHINE/etc/daxctl-private.conf.d"
  ln -s /dev/null "$MACHINE/etc/daxctl-private.conf.d/saved.conf"
  run -1 --separate-stderr save_here
  [[ $stderr == "error: /etc/daxctl-private.conf.d/saved.conf: it is a symbolic link: "* ]] || fail "$stderr"
  [ -L "$MACHINE/etc/daxctl-private.conf.d/saved.conf" ]
}

@test "--dry-run prints what would be written" {
  run -0 --separate-stderr save_here --dry-run
  equal "$output" "$(look save)"
  [ ! -e "$MACHINE/etc/daxctl-private.conf.d" ]
}

@test "a directory that does not exist is an error, and nothing is left behind" {
  run -1 --separate-stderr save_here --output /no/where/file
  equal "$stderr" "error: /no/where/file: cannot write the file: ENOENT"
}
