#!/usr/bin/env bats
# daxctl-private policy, on captured machines: what is wrong with the values.
# shellcheck disable=SC2154 # run sets output and stderr

load lib

setup() {
  machine tiers
}

# VALUES for dax0.0, which is plugged and has reclaim and demotion, are refused with
# STATUS, these errors and no others.
refused() { # STATUS VALUES ERROR...
  local errors
  errors=$(printf 'error: %s\n' "${@:3}")
  # shellcheck disable=SC2086 # several words
  run "-$1" --separate-stderr look policy -n dax0.0 $2
  equal "$output" "$([ "$1" = 2 ] || echo "[]")"
  equal "$stderr" "$errors"
}

@test "a value that makes no sense hides neither another one nor a broken rule" {
  refused 2 "reclaim=0 node=3 mbind=x madvise=2" \
    "policy: mbind=x: EINVAL: give 0 or 1" \
    "policy: madvise=2: EINVAL: give 0 or 1" \
    "dax0.0: node cannot be set while it is plugged: EBUSY: unplug it first" \
    "dax0.0: demotion needs reclaim: EINVAL: set reclaim=1, too, or demotion=0"
}

@test "rules that are broken are all told" {
  refused 1 "reclaim=0 node=3" \
    "dax0.0: node cannot be set while it is plugged: EBUSY: unplug it first" \
    "dax0.0: demotion needs reclaim: EINVAL: set reclaim=1, too, or demotion=0"
}

@test "a value of another mode is told, whether it makes sense or not" {
  refused 2 "reclaim=x capacity=1g low_mark=x" \
    "policy: reclaim=x: EINVAL: give 0 or 1" \
    "policy: low_mark=x: EINVAL: give a percentage, 0 to 100" \
    "dax0.0: a device in mode private has no capacity: EINVAL: see daxctl-private reconfigure-device" \
    "dax0.0: a device in mode private has no low_mark: EINVAL: see daxctl-private reconfigure-device"
}

@test "a rule about a value that makes no sense is not judged" {
  echo 0 >"$MACHINE/sys/bus/dax/devices/dax0.0/demotion"
  echo 0 >"$MACHINE/sys/bus/dax/devices/dax0.0/reclaim"
  refused 2 "reclaim=x demotion=1" "policy: reclaim=x: EINVAL: give 0 or 1"
  refused 2 "reclaim=x reclaim=0 demotion=1" "policy: reclaim=x: EINVAL: give 0 or 1" \
    "dax0.0: demotion needs reclaim: EINVAL: set reclaim=1, too, or demotion=0"
}

@test "options that contradict each other hide nothing" {
  refused 2 "--above-dram --below-dram -p none mbind=x" \
    "policy: there is no preset 'none': EINVAL: see daxctl-private policy --help" \
    "policy: --above-dram and --below-dram contradict each other: EINVAL: give one of them" \
    "policy: mbind=x: EINVAL: give 0 or 1"
}

@test "nothing is written if a value makes no sense" {
  run -2 --separate-stderr look policy -n dax0.0 mbind=1 madvise=x
  equal "$output" ""
  equal "$stderr" "error: policy: madvise=x: EINVAL: give 0 or 1"
}

@test "what makes no sense is told once, what is broken for each device" {
  run -2 --separate-stderr look policy -n dax2.0 dax1.0 mbind=x
  equal "$stderr" "error: policy: mbind=x: EINVAL: give 0 or 1
error: dax1.0: a device in mode cram has no mbind: EINVAL: see daxctl-private reconfigure-device
error: dax2.0: a device in mode disabled has no policy: EINVAL: daxctl-private reconfigure-device gives it one"
}

@test "reconfigure-device tells all of it, too" {
  run -2 --separate-stderr look reconfigure-device -n -m private -s mbind=x -s demotion=1 dax2.0
  equal "$output" ""
  equal "$stderr" "error: reconfigure-device: mbind=x: EINVAL: give 0 or 1
error: dax2.0: demotion needs reclaim: EINVAL: set reclaim=1, too, or demotion=0"
}

@test "a number that the kernel does not take is refused before anything is written" {
  local dev=$MACHINE/sys/bus/dax/devices
  echo unplugged >"$dev/dax0.0/hotplug"
  run -0 look policy -n dax0.0 adistance=2147483519
  run -0 look policy -n dax1.0 capacity=9223372036854775807
  refused 2 adistance=2147483520 \
    "policy: adistance=2147483520: EINVAL: give a number above 0 and below 2147483520"
  run -2 --separate-stderr look policy -n dax1.0 capacity=8388608t
  equal "$stderr" "error: policy: capacity=8388608t: EINVAL: give a size above 0 and below 2^63, as 2g"
}

@test "a tier by its name and another one by its number contradict each other" {
  echo unplugged >"$MACHINE/sys/bus/dax/devices/dax0.0/hotplug"
  refused 2 "--above-dram adistance=2880" \
    "policy: --above-dram and adistance=2880 contradict each other: EINVAL: give one of them"
  refused 2 "adistance=x --below-dram" "policy: adistance=x: EINVAL: give a number above 0 and below 2147483520"
  run -0 look policy -n --below-dram adistance=0xb40 -p near-tier dax0.0
  [[ $output != *448* ]] || fail "$output"
}
