#!/usr/bin/env bats
# daxctl-private list, on captured machines
# shellcheck disable=SC2154 # bats sets stderr

load lib

@test "a machine without dax devices is an empty list" {
  machine nodax
  run -0 look list
  equal "$output" "[]"
}

@test "a private device shows its node, its tier and what it is open to" {
  machine tiers
  run -0 look list
  equal "$(json 0.chardev)" dax0.0
  equal "$(json 0.mode)" private
  equal "$(json 0.node)" 1
  equal "$(json 0.tier)" 22
  equal "$(json 0.policy.demotion)" 1
  equal "$(json 0.policy.mbind)" 0
  equal "$(json 0.reachable)" 0
}

@test "compressed RAM shows what it promises and what backs it" {
  machine tiers
  run -0 look list dax1.0
  equal "$(json 0.mode)" cram
  equal "$(json 0.promised)" $((128 << 20))
  equal "$(json 0.backed)" $((64 << 20))
  equal "$(json 0.gate)" open
}

@test "devices without a driver are listed with --idle only" {
  machine tiers
  run -0 look list
  equal "$(json | grep -o chardev | wc -l)" 2
  run -0 look list --idle
  equal "$(json 2.mode)" disabled
}

@test "of ordinary memory only what is online of the device can be reached" {
  local node=$BATS_TEST_TMPDIR/tiers/sys/devices/system/node/node1
  machine tiers
  mkdir -p "$MACHINE/sys/bus/dax/drivers/kmem"
  ln -sfn ../../../../bus/dax/drivers/kmem "$MACHINE/sys/devices/platform/hmem.0/dax0.0/driver"
  [ -e "$node/meminfo" ] || fail "no meminfo"
  sed -i -E 's/(MemTotal: +)[0-9]+/\199999999/' "$node/meminfo"
  run -0 look list dax0.0
  equal "$(json 0.mode)" system-ram
  equal "$(json 0.reachable)" $((128 << 20))
  sed -i -E 's/(MemTotal: +)[0-9]+/\11024/' "$node/meminfo"
  run -0 look list dax0.0
  equal "$(json 0.reachable)" $((1 << 20))
}

@test "for people a single device is bare, with sizes to be read" {
  machine tiers
  run -0 look list -u dax0.0
  equal "$(json size)" "128.00 MiB (134.22 MB)"
}

@test "columns are a table" {
  machine tiers
  run -0 look list -o chardev,mode,policy.mbind
  equal "${lines[0]}" "chardev mode    policy.mbind"
  equal "${lines[1]}" "dax0.0  private 0"
  equal "${lines[2]}" "dax1.0  cram    "
}

@test "a device that does not exist is 3, and still an empty list" {
  machine tiers
  run -3 --separate-stderr look list dax7.0
  equal "$output" "[]"
  equal "$stderr" "error: dax7.0: no such dax device: ENODEV: see daxctl-private list"
}

@test "verbs that write refuse a captured machine" {
  machine tiers
  run -2 --separate-stderr look plug dax0.0
  equal "$stderr" "error: plug: --sysroot is for verbs that only read"
}
