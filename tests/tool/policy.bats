#!/usr/bin/env bats
# daxctl-private policy, on captured machines: what is wrong with the values.
# shellcheck disable=SC2154 # run sets output and stderr

load lib

setup() {
  machine tiers
}

# VALUES for dax0.0, which is plugged and has reclaim and demotion, are refused with
# these errors and no others.
refused() { # VALUES ERROR...
  local errors
  errors=$(printf 'error: dax0.0: %s\n' "${@:2}")
  # shellcheck disable=SC2086 # several words
  run -1 --separate-stderr look policy -n dax0.0 $1
  equal "$output" "[]"
  equal "$stderr" "$errors"
}

@test "a value that makes no sense hides neither another one nor a broken rule" {
  refused "reclaim=0 node=3 mbind=x madvise=2" \
    "mbind=x: EINVAL: give 0 or 1" \
    "madvise=2: EINVAL: give 0 or 1" \
    "node cannot be set while it is plugged: EBUSY: unplug it first" \
    "demotion needs reclaim: EINVAL: set reclaim=1, too, or demotion=0"
}

@test "a value of another mode is told, whether it makes sense or not" {
  refused "reclaim=x capacity=1g low_mark=x" \
    "reclaim=x: EINVAL: give 0 or 1" \
    "low_mark=x: EINVAL: give a percentage, 0 to 100" \
    "a device in mode private has no capacity: EINVAL: see daxctl-private reconfigure-device" \
    "a device in mode private has no low_mark: EINVAL: see daxctl-private reconfigure-device"
}

@test "a rule about a value that makes no sense is not judged" {
  echo 0 >"$MACHINE/sys/bus/dax/devices/dax0.0/demotion"
  echo 0 >"$MACHINE/sys/bus/dax/devices/dax0.0/reclaim"
  refused "reclaim=x demotion=1" "reclaim=x: EINVAL: give 0 or 1"
  refused "reclaim=x reclaim=0 demotion=1" "reclaim=x: EINVAL: give 0 or 1" \
    "demotion needs reclaim: EINVAL: set reclaim=1, too, or demotion=0"
}

@test "options that contradict each other hide nothing" {
  refused "--above-dram --below-dram -p none mbind=x" \
    "there is no preset 'none': EINVAL: see daxctl-private policy --help" \
    "--above-dram and --below-dram contradict each other: EINVAL: give one of them" \
    "mbind=x: EINVAL: give 0 or 1"
}

@test "of a device that has no policy the values are told, too" {
  run -1 --separate-stderr look policy -n dax2.0 mbind=x
  equal "$stderr" "error: dax2.0: mbind=x: EINVAL: give 0 or 1
error: dax2.0: a device in mode disabled has no policy: EINVAL: daxctl-private reconfigure-device gives it one"
}

@test "reconfigure-device tells all of it, too" {
  run -1 --separate-stderr look reconfigure-device -n -m private -s mbind=x -s demotion=1 dax2.0
  equal "$stderr" "error: dax2.0: mbind=x: EINVAL: give 0 or 1
error: dax2.0: demotion needs reclaim: EINVAL: set reclaim=1, too, or demotion=0"
}
