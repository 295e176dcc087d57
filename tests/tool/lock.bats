#!/usr/bin/env bats
# One daxctl-private at a time changes devices: on a captured machine, where a script
# stands for the kernel.
# shellcheck disable=SC2154 # run sets output and stderr

load lib
load writes

setup() {
  machine tiers
  fake_kernel
  LOCK=$MACHINE/run/daxctl-private.lock
  export -f change
  export MACHINE
}

teardown() {
  [ ! "${held-}" ] || kill "$held"
  : >"$MACHINE/rules"
}

# Somebody has the lock until teardown.
hold() {
  echo "4711 daxctl-private" >"$LOCK"
  exec {held_fd}<"$LOCK"
  flock "$held_fd"
  sleep 600 3>&- &
  held=$!
  exec {held_fd}<&-
}

readonly BUSY="error: /run/daxctl-private.lock: 4711 daxctl-private changes devices: ETIMEDOUT: try again when it is done"

# Waits until LINE was written.
is_written() { # LINE
  local i
  for ((i = 0; i < 100; i++)); do
    ! grep -q "$1" "$MACHINE/log" || return 0
    sleep 0.1
  done
  fail "nobody wrote $1"
}

@test "the second one waits for the first one, says so, and sees what that has done" {
  local first
  fails "anondax/unbind=dax0.0 slow"
  change reconfigure-device -f -m cram dax0.0 >/dev/null 2>&1 3>&- &
  first=$!
  is_written anondax/unbind
  run -1 --separate-stderr change policy dax0.0 mbind=1
  wait "$first"
  [[ ${stderr_lines[0]} =~ ^"waiting for "[0-9]+" daxctl-private, which changes devices"$ ]] || fail "$stderr"
  equal "${stderr_lines[1]}" "error: dax0.0: a device in mode cram has no mbind: EINVAL: see daxctl-private reconfigure-device"
  equal "$(written | tail -n 1)" "dax0.0/hotplug online"
  equal "$(<"$LOCK")" ""
}

@test "a verb that has --timeout waits no longer than that" {
  local verb
  hold
  for verb in "unplug --timeout 1" "drain --timeout 1" "drain --timeout 0"; do
    # shellcheck disable=SC2086 # several words
    run -1 --separate-stderr change $verb dax0.0
    equal "$output" "[]" "$verb"
    equal "$(grep ^error <<<"$stderr")" "$BUSY" "$verb"
  done
  equal "$(written)" ""
}

@test "each verb that changes devices waits, and a signal ends that" {
  local verb status
  mkdir -p "$MACHINE/etc/daxctl-private.conf.d"
  printf '%s\n' '[reconfigure-device x]' 'match.target-node = 1' 'mode = private' 'mbind = 1' \
    >"$MACHINE/etc/daxctl-private.conf.d/x.conf"
  hold
  for verb in "plug" "unplug" "policy mbind=1" "reconfigure-device -f -m cram" "apply" "drain"; do
    status=0
    : >"$BATS_TEST_TMPDIR/err"
    # shellcheck disable=SC2086 # several words
    interrupt_when TERM "$BATS_TEST_TMPDIR/err" "^waiting for 4711 daxctl-private" $verb dax0.0 || status=$?
    equal "$status" 143 "$verb"
    equal "$(<"$BATS_TEST_TMPDIR/out")" "[]" "$verb"
    grep -qx "error: /run/daxctl-private.lock: nothing was changed: EINTR: a signal came" "$BATS_TEST_TMPDIR/err"
  done
  equal "$(written)" ""
}

@test "what only looks waits for nobody" {
  local verb
  hold
  for verb in "policy dax0.0" "list" "policy -n dax0.0 mbind=1" "unplug -n dax0.0" "drain -n dax0.0"; do
    run -0 timeout 20 "$BASH" -c "change $verb"
  done
  rm -r "$MACHINE/run"
  run -0 look plug -n dax0.0
  run -0 look policy -n dax0.0 mbind=1
  [ ! -e "$MACHINE/run" ]
}

@test "while it waits to try again, others may change devices" {
  local first
  fails "dax0.0/hotplug=unplugged 16"
  change unplug --wait dax0.0 >/dev/null 2>&1 3>&- &
  first=$!
  is_written hotplug
  run -0 timeout 20 "$BASH" -c 'change policy dax0.0 mbind=1'
  fails
  wait "$first"
  equal "$(<"$DAX/dax0.0/hotplug")" unplugged
}

@test "what writes to the kernel does not keep the lock" {
  local pid child
  fails "dax0.0/hotplug=unplugged hang"
  change unplug dax0.0 >/dev/null 2>&1 3>&- &
  is_written hotplug
  pid=$(pgrep -f -P $! daxctl-private || echo $!)
  child=$(pgrep -P "$pid")
  [[ $(readlink "/proc/$pid/fd/"*) == *daxctl-private.lock* ]]
  [[ $(readlink "/proc/$child/fd/"*) != *daxctl-private.lock* ]]
  kill -KILL "$pid"
  run -0 timeout 5 flock "$LOCK" true
}

@test "a lock that cannot be opened is told" {
  rmdir "$MACHINE/run"
  run -1 --separate-stderr change plug dax0.0
  equal "$output" "[]"
  equal "${stderr_lines[0]}" "error: /run/daxctl-private.lock: cannot be opened, and devices are changed by one at a time: ENOENT: is /run there, and writable?"
  mkdir "$MACHINE/run"
  ln -s /tmp/x "$LOCK"
  run -1 --separate-stderr change plug dax0.0
  [[ ${stderr_lines[0]} == *": ELOOP: "* ]] || fail "$stderr"
}
