#!/usr/bin/env bats
# daxctl-private in the place of daxctl: what it does itself, and what it leaves to
# the daxctl of the system, for which a script stands here.
# shellcheck disable=SC2154,SC2030,SC2031 # run sets output and stderr

load lib

setup() {
  machine tiers
  OTHER=$BATS_TEST_TMPDIR/other
  OURS=$BATS_TEST_TMPDIR/ours
  mkdir "$OTHER" "$OURS"
  printf '#!/bin/sh\necho "stock $*"\nexit 7\n' >"$OTHER/daxctl"
  chmod +x "$OTHER/daxctl"
  ln -s "$(type -P daxctl-private)" "$OURS/daxctl"
  PATH=$OURS:$OTHER:$PATH
}

@test "verbs of daxctl are handed over with their arguments and their exit code" {
  run -7 daxctl-private online-memory -u "dax0.0 " x
  equal "$output" "stock online-memory -u dax0.0  x"
}

@test "called daxctl, it is not taken for the daxctl of the system" {
  run -7 daxctl destroy-device dax9.9
  equal "$output" "stock destroy-device dax9.9"
  run -7 daxctl --version
  equal "$output" "stock --version"
  run -7 daxctl help destroy-device
  equal "$output" "stock help destroy-device"
}

@test "called daxctl, its own verbs are as ever" {
  run -0 daxctl list --sysroot "$MACHINE" dax0.0
  equal "$(json 0.mode)" private
}

@test "without a daxctl the error says what to install" {
  rm "$OTHER/daxctl"
  run -1 --separate-stderr env PATH="$OURS:$OTHER" "$OURS/daxctl" disable-device dax0.0
  equal "$output" ""
  # shellcheck disable=SC2154 # bats sets it
  equal "$stderr" \
    "error: daxctl: it has to do this, and cannot be started: ENOENT: install the package daxctl"
}

@test "a daxctl that is a script around daxctl-private does not go round in circles" {
  printf '#!/bin/sh\nexec daxctl-private "$@"\n' >"$OTHER/daxctl"
  run -1 timeout 20 daxctl disable-device dax0.0
  [[ $output == *"cannot be started"* ]] || fail "$output"
}

@test "what is no program is passed over" {
  mkdir "$BATS_TEST_TMPDIR/first" "$BATS_TEST_TMPDIR/first/daxctl" "$BATS_TEST_TMPDIR/second"
  echo text >"$BATS_TEST_TMPDIR/second/daxctl"
  PATH=$BATS_TEST_TMPDIR/first:$BATS_TEST_TMPDIR/second:$PATH
  run -7 daxctl version
  equal "$output" "stock version"
}

@test "regions are listed as daxctl does: devices only with --devices" {
  run -0 look list -R
  equal "$(json)" '[{"path": "/platform/hmem.0", "id": 0, "size": 134217728, "align": 2097152}, {"path": "/platform/hmem.1", "id": 1, "size": 134217728, "align": 2097152}, {"path": "/platform/hmem.2", "id": 2, "size": 134217728, "align": 2097152}]'
  run -0 look list --regions --devices --region 1
  equal "$(json 0.id)" 1
  equal "$(json 0.devices.0.chardev)" dax1.0
}

@test "a region that is given is what is listed, without --devices" {
  run -0 look list -r 1
  equal "$(json 0)" '{"path": "/platform/hmem.1", "id": 1, "size": 134217728, "align": 2097152}'
  run -0 look list -r 1 dax1.0
  equal "$(json 0.devices.0.chardev)" dax1.0
  run -0 look list -r 1 -D
  equal "$(json 0.chardev)" dax1.0
  run -3 --separate-stderr look list -r 1 -D dax0.0
  equal "$output" "[]"
}

@test "a region has the names that daxctl gives it" {
  run -0 look list -r all
  equal "$(json | grep -o '"id"' | wc -l)" 3
  run -0 look list -r region1
  equal "$(json 0.id)" 1
  run -0 look list -D -r region1
  equal "$(json 0.chardev)" dax1.0
  run -3 look list -r regio1
  run -3 look list -r region
}

@test "called daxctl, list takes names for a filter: nothing is no error" {
  local words
  for words in "-d dax9.0" "-r 9" "-D -r 9" "-r 1 -D -d dax0.0" "-r x" dax9.0; do
    # shellcheck disable=SC2086 # several words
    run -0 --separate-stderr daxctl list --sysroot "$MACHINE" $words
    equal "$output" "[]" "$words"
    # shellcheck disable=SC2154 # bats sets it
    equal "$stderr" "" "$words"
  done
  run -0 daxctl list --sysroot "$MACHINE" -d dax9.0 -d dax0.0
  equal "$(json 0.chardev)" dax0.0
}

# daxctl itself does so: a script looks there for what it can enable.
@test "called daxctl, list has devices without a driver" {
  local options
  for options in "" "-d dax2.0" "-D -r 2" "--devices --no-idle"; do
    # shellcheck disable=SC2086 # several words
    run -0 daxctl list --sysroot "$MACHINE" $options
    [[ $output == *'"chardev":"dax2.0"'*'"state":"disabled"'* ]] || fail "$options: $output"
  done
  run -0 daxctl list --sysroot "$MACHINE" -RD -r 2
  equal "$(json 0.devices.0.chardev)" dax2.0
}

@test "regions have devices without a driver with --idle only" {
  run -0 look list -RD -r 2
  equal "$(json 0.devices)" "[]"
  run -0 look list -RDi -r 2
  equal "$(json 0.devices.0.state)" disabled
}

@test "mappings are physical ranges: numbers, and hexadecimal for people" {
  run -0 look list -M dax0.0
  equal "$(json 0.mappings)" \
    '[{"page_offset": 0, "start": 4294967296, "end": 4429185023, "size": 134217728}]'
  run -0 look list --mappings -u dax0.0
  equal "$(json mappings.0.start)" 0x100000000
  run -0 look list dax0.0
  [[ $output != *mappings* ]] || fail "$output"
}

@test "a device without a node has no target_node" {
  echo -1 >"$MACHINE/sys/devices/platform/hmem.2/dax2.0/target_node"
  run -0 look list -i dax2.0
  [[ $output != *node* ]] || fail "$output"
}

# --- options ------------------------------------------------------------------

# What the daxctl of the captured machine is started with, a word in brackets each.
handed() { # ARGUMENT...
  mkdir -p "$MACHINE/programs"
  printf '#!/usr/bin/sh\nprintf "[%%s]" "$@"\nexit 7\n' >"$MACHINE/programs/daxctl"
  chmod +x "$MACHINE/programs/daxctl"
  PATH=/programs:$PATH run --separate-stderr inside "$@"
}

# ERROR for a wrong command line, and daxctl is not started.
refused() { # ERROR ARGUMENT...
  handed "${@:2}"
  equal "$status $output" "2 " "${*:2}"
  equal "$stderr" "error: $1" "${*:2}"
}

@test "what only daxctl does is handed over word for word, with its own modes, too" {
  local line words
  while read -r line; do
    read -ra words <<<"$line"
    handed "${words[@]}"
    equal "$status $output" "7 $(printf '[%s]' "${words[@]}")" "$line"
    [[ $line == *verbose* ]] || equal "$stderr" "" "$line"
  done <<'END'
reconfigure-device dax2.0 -s 1g
reconfigure-device -s1g -u dax2.0
reconfigure-device --size=1g dax2.0 --verbose
reconfigure-device -a 2m --region=2 all
reconfigure-device --align 2m 2.0
reconfigure-device --input x.json dax2.0
reconfigure-device -C dax2.0
reconfigure-device --check-config --human -- dax2.0
reconfigure-device dax2.0 --mode=devdax --size 1g
reconfigure-device -m system-ram -N --no-movable -f -C dax2.0
reconfigure-device --no-force --movable --online --size=1g dax2.0
create-device dax2.0 --size=1g -m devdax
create-device -r 2 --mode system-ram -a 2m
create-device --input x.json --bogus
online-memory dax2.0 --no-movable
online-memory --movable -u -r region2 all
offline-memory -uv dax0.0
disable-device 0.0
enable-device -r 2 all
destroy-device -f dax2.0
migrate-device-model
split-acpi --directory=d -p
END
}

@test "what only daxctl does is not done with modes of ours, which it would pass over" {
  local mode
  for mode in private cram; do
    refused "--mode=$mode: daxctl has to do --size, and does not know it: give it in a command of its own" \
      reconfigure-device --size=1g --mode=$mode dax2.0
    refused "--mode=$mode: daxctl has to do --size, and does not know it: give it in a command of its own" \
      reconfigure-device -m $mode -s 1g dax2.0
  done
  refused "--mode=private: daxctl has to do --align, and does not know it: give it in a command of its own" \
    reconfigure-device -m private -a 2m dax2.0
  refused "--mode=private: daxctl has to do --input, and does not know it: give it in a command of its own" \
    reconfigure-device -m private --input=x dax2.0
  refused "--mode=private: daxctl has to do --check-config, and does not know it: daxctl-private apply does what the config says" \
    reconfigure-device -m private -C dax2.0
}

@test "what only daxctl does is not done with options that it does not know" {
  local end="daxctl has to do --size, and does not know it: give it in a command of its own"
  refused "--preset: $end" reconfigure-device --size=1g -p far-tier dax2.0
  refused "--above-dram: $end" reconfigure-device --size=1g --above-dram dax2.0
  refused "--below-dram: $end" reconfigure-device --size=1g --below-dram dax2.0
  refused "--set: $end" reconfigure-device -s 1g -s mbind=1 dax2.0
  refused "--quiet: daxctl has to do --size, and does not know it: leave it out" \
    reconfigure-device -q --size=1g dax2.0
  refused "--dry-run: daxctl has to do --check-config, and does not know it: leave it out" \
    reconfigure-device -n --check-config dax2.0
}

@test "daxctl makes no device in a mode of ours, and is not asked to" {
  local words
  for words in --mode=private "--mode private" "-m private" -mprivate "-um private" "--mod private" \
    "-s 1g --mode=private -u"; do
    # shellcheck disable=SC2086 # several words
    refused "--mode=private: daxctl makes devices in its own modes only: leave it out, then daxctl-private reconfigure-device" \
      create-device -r 2 $words
  done
  refused "--mode=cram: daxctl makes devices in its own modes only: leave it out, then daxctl-private reconfigure-device" \
    create-device --mode=cram
  handed create-device -- --mode=private
  equal "$output" "[create-device][--][--mode=private]"
}

@test "options of daxctl that a verb of ours has not are told, with what does this" {
  local what="does not have this option of daxctl:"
  refused "--no-movable: plug $what daxctl-private plug --zone=kernel does this" plug --no-movable dax0.0
  refused "--movable: plug $what daxctl-private plug --zone=movable does this" plug --movable dax0.0
  refused "--no-online: plug $what daxctl-private reconfigure-device has it" plug --no-online dax0.0
  refused "-N: plug $what daxctl-private reconfigure-device has it" plug -N dax0.0
  refused "--force: unplug $what leave it out, or see daxctl-private reconfigure-device" unplug --force dax0.0
  refused "-f: drain $what leave it out, or see daxctl-private reconfigure-device" drain -f dax0.0
  refused "--check-config: policy $what daxctl-private apply does what the config says" policy -u --check-config
  refused "-C: apply $what daxctl-private apply does what the config says" apply -C dax0.0
  refused "--mode: policy $what daxctl-private reconfigure-device has it" policy --mode=private dax0.0
  refused "-m: plug $what daxctl-private reconfigure-device has it" plug -mprivate dax0.0
  refused "--size: plug $what daxctl-private reconfigure-device has it" plug --size 1g dax0.0
  refused "--align: save $what daxctl-private reconfigure-device has it" save --align=2m
  refused "--input: plug $what daxctl-private reconfigure-device has it" plug --input=x dax0.0
  refused "--region: stat $what name the devices: daxctl-private list -D --region=ID shows them" stat --region=0
  refused "-r: monitor $what name the devices: daxctl-private list -D --region=ID shows them" monitor -r 0
  refused "--dev: stat $what give the names of devices without it" stat --dev dax0.0
  refused "--devices: stat $what daxctl-private list has it" stat --devices
  refused "-M: holders $what daxctl-private list has it" holders -M dax0.0
  refused "--mappings: explain $what daxctl-private list has it" explain --mappings 1
  refused "--regions: plug $what daxctl-private list has it" plug --regions
  refused "--idle: stat $what daxctl-private list has it" stat --idle
}

@test "a mode that has no memory to online is not asked not to, as with daxctl" {
  refused "--no-online: a device in mode devdax has no memory to online: leave it out" \
    reconfigure-device -N --mode=devdax dax2.0
}

@test "as with daxctl, what is said can be taken back" {
  run -0 look list --idle --no-idle
  equal "$(json | grep -o chardev | wc -l)" 2
  run -0 look list --no-idle --idle
  equal "$(json | grep -o chardev | wc -l)" 3
  run -0 look reconfigure-device -n -m cram --no-movable --movable --no-online --online dax2.0
  equal "$(json 0.steps.1.value)" online
  run -0 look reconfigure-device -n -m cram --movable --no-movable dax2.0
  equal "$(json 0.steps.1.value)" online_kernel
  run -1 look reconfigure-device -n -m cram -f --no-force dax0.0
  run -2 --separate-stderr look list --no-idle=1
  equal "$stderr" "error: --no-idle: it takes no value: leave '=1' out"
  run -2 --separate-stderr look list --no-output
  equal "$stderr" "error: --no-output: unknown option: see daxctl-private list --help"
}

@test "as with daxctl, a device may be called by its numbers" {
  run -0 look list -d 1.0
  equal "$(json 0.chardev)" dax1.0
  run -0 look list 1.0 dax0.0
  equal "$(json | grep -o chardev | wc -l)" 2
  run -0 look reconfigure-device -n -m cram 2.0
  equal "$(json 0.chardev)" dax2.0
  run -0 look policy -n 0.0
  equal "$(json 0.chardev)" dax0.0
  run -0 look save 0.0
  equal "$(grep '^\[' <<<"$output")" "[reconfigure-device dax0.0]"
  run -0 look stat --json 0.0
  [[ $output == *dax0.0* && $output != *dax1.0* ]] || fail "$output"
  run -3 --separate-stderr look plug -n 9.0
  equal "$stderr" "error: dax9.0: no such dax device: ENODEV: see daxctl-private list"
  run -3 --separate-stderr look list 1.0.0
  equal "$stderr" "error: 1.0.0: no such dax device: ENODEV: see daxctl-private list"
}

# The devices of this machine do not matter: there is none of that name.
@test "options that only daxctl knows are no error of ours" {
  local args
  for args in "-s 1g" "--size=1g" "-a 2m" "--align 2m" "--input x.json" "-C" "--check-config"; do
    # shellcheck disable=SC2086 # several words
    run -3 --separate-stderr daxctl-private reconfigure-device $args dax99.0
    equal "$output" "[]"
    equal "$stderr" "error: dax99.0: no such dax device: ENODEV: see daxctl-private list"
  done
}

@test "what daxctl would take for something else is refused" {
  handed reconfigure-device --size=1g dax0.0
  equal "$status $output" "1 []"
  equal "$stderr" "error: dax0.0: daxctl cannot do this to a device in mode private: EBUSY: give it mode devdax first"
}
