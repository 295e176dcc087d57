#!/usr/bin/env bats
# plug --wait and --timeout: on a captured machine, where a script stands for the kernel.
# shellcheck disable=SC2154 # run sets output and stderr

load lib
load writes

setup() {
  machine tiers
  fake_kernel
}

# Starts COMMAND, and ends when it says that it waits.
waits() { # FOR COMMAND...
  local i
  change "${@:2}" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
  for ((i = 0; i < 100; i++)); do
    ! grep -qx "waiting for $1" "$BATS_TEST_TMPDIR/err" 2>/dev/null || return 0
    sleep 0.1
  done
  fail "$(<"$BATS_TEST_TMPDIR/err")"
}

@test "a device that has no mode yet is plugged when it has one" {
  waits dax2.0 plug --wait --timeout 60 dax2.0
  change reconfigure-device -m private --no-online dax2.0
  wait $!
  equal "$(<"$DAX/dax2.0/hotplug")" online_movable
}

@test "a device that is not there is plugged when it comes" {
  local dir
  dir=$(realpath "$DAX/dax0.0")
  echo unplugged >"$dir/hotplug"
  mv "$DAX/dax0.0" "$MACHINE/link"
  mv "$dir" "$MACHINE/device"
  waits dax0.0 plug --wait dax0.0
  mv "$MACHINE/device" "$dir"
  mv "$MACHINE/link" "$DAX/dax0.0"
  wait $!
  equal "$(<"$dir/hotplug")" online_movable
}

@test "one of all is enough" {
  echo unplugged >"$DAX/dax1.0/hotplug"
  run -64 --separate-stderr change plug --wait all
  equal "$(<"$DAX/dax1.0/hotplug")" online_movable
  [[ $stderr != *waiting* ]] || fail "$stderr"
}

@test "when the time is over, what is wrong is told" {
  run -3 --separate-stderr change plug --wait --timeout 1 dax9.0
  equal "$output" "[]"
  equal "$stderr" "waiting for dax9.0
error: dax9.0: no such dax device: ENODEV: see daxctl-private list"
  run -1 --separate-stderr change plug --wait --timeout 1 dax2.0
  equal "${stderr_lines[1]}" "error: dax2.0: a device in mode disabled is not plugged: EINVAL: daxctl-private reconfigure-device gives it mode private or cram"
}

@test "it is tried again while something is in the way, and only then" {
  echo unplugged >"$DAX/dax0.0/hotplug"
  fails "dax0.0/hotplug=online 16 once"
  run -1 change plug dax0.0
  fails "dax0.0/hotplug=online 16 once"
  run -0 --separate-stderr change plug --wait dax0.0
  equal "$(json 0.state)" online_movable
  change unplug dax0.0
  fails "dax0.0/hotplug=online 16"
  run -1 --separate-stderr change plug --wait --timeout 1 dax0.0
  equal "${stderr_lines[0]}" "error: dax0.0: cannot set hotplug to online: ETIMEDOUT: the kernel log says why"
  fails "dax0.0/hotplug=online 5"
  run -1 --separate-stderr change plug --wait dax0.0
  equal "${stderr_lines[0]}" "error: dax0.0: cannot set hotplug to online: EIO: the kernel log says why"
}

@test "a dry run does not wait" {
  run -3 --separate-stderr look plug -n --wait dax9.0
  equal "$stderr" "error: dax9.0: no such dax device: ENODEV: see daxctl-private list"
}

@test "a signal ends the wait" {
  local status=0
  : >"$BATS_TEST_TMPDIR/err"
  interrupt_when INT "$BATS_TEST_TMPDIR/err" "waiting for dax9.0" plug --wait dax9.0 || status=$?
  equal "$status" 130
  equal "$(<"$BATS_TEST_TMPDIR/out")" "[]"
  equal "$(<"$BATS_TEST_TMPDIR/err")" "waiting for dax9.0
error: dax9.0: it was not there: EINTR: a signal came
error: ended by SIGINT"
}
