#!/usr/bin/env bats
# daxctl-private in the place of daxctl: what it does itself, and what it leaves to
# the daxctl of the system, for which a script stands here.

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

@test "what daxctl has to do cannot be tried with --dry-run" {
  run -2 --separate-stderr daxctl-private reconfigure-device -n --check-config dax0.0
  equal "$stderr" "error: --dry-run: daxctl has to do this, and does not know it"
}
