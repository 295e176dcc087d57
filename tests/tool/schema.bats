#!/usr/bin/env bats
# The JSON schemas that daxctl-private comes with, against what it prints.

load lib

# The JSON in $output is as NAME.schema.json says.
valid() { # NAME
  printf '%s\n' "$output" | python3 "$BATS_TEST_DIRNAME/schema.py" "$1"
}

every_machine() { # COMMAND...
  local file
  for file in "$BATS_TEST_DIRNAME"/machines/*.tar.gz; do
    machine "$(basename "$file" .tar.gz)"
    "$@" || fail "on $file" || return
  done
}

valid_lists() {
  local options
  for options in "" -i -M "-R" "-R -D" "-R -D -M -i"; do
    # shellcheck disable=SC2086 # several words
    run -0 look list $options
    valid list || fail "list $options" || return
  done
}

@test "list is as its schema says, on every captured machine" {
  every_machine valid_lists
}

@test "list is as its schema says, of devices that are not plugged" {
  machine tiers
  echo unplugged >"$MACHINE/sys/devices/platform/hmem.0/dax0.0/hotplug"
  echo unplugged >"$MACHINE/sys/devices/platform/hmem.1/dax1.0/hotplug"
  run -0 look list
  equal "$(json 0.state)" unplugged
  valid list
}

@test "list is as its schema says, of devices of all drivers" {
  local driver
  machine tiers
  for driver in kmem device_dax something; do
    mkdir -p "$MACHINE/sys/bus/dax/drivers/$driver"
    ln -sfn "../../../../bus/dax/drivers/$driver" "$MACHINE/sys/devices/platform/hmem.2/dax2.0/driver"
    run -0 look list
    valid list || fail "$driver: $output"
  done
}

@test "the schema of list wants the right types and names" {
  local edit
  machine tiers
  for edit in s/gate/gait/ 's/"reclaim":1/"reclaim":2/' 's/"size":/"size":-/' s/online_movable/on/ \
    '/"stats"/,/}/d;s/"used":0,/"used":0/' 's/"driver":"anondax",//' 's/"tier":22/"tier":"22"/'; do
    run -0 look list
    output=$(sed "$edit" <<<"$output")
    run -1 valid list
    [[ $output == *'$['* ]] || fail "$edit: $output"
  done
}

@test "verbs that change print with --dry-run what their schema says" {
  local words
  machine tiers
  for words in "plug dax0.0" "unplug dax0.0 dax1.0" "policy all low_mark=70" "policy dax0.0" \
    "policy -p bind-only dax0.0" "reconfigure-device -f -m devdax all" "plug dax9.9" \
    "reconfigure-device -m cram -s capacity=1g dax2.0" "reconfigure-device -m system-ram dax2.0"; do
    # shellcheck disable=SC2086 # several words
    run --separate-stderr look $words --dry-run
    valid change || fail "$words: $output"
  done
}

@test "report is as its schema says" {
  machine tiers
  run -0 look report -o /report.tar.gz
  valid report
}
