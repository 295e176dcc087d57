#!/usr/bin/env bats
# daxctl-private monitor, on captured machines: what changes in sysfs is seen by looking

# shellcheck disable=SC2154 # bats sets stderr

load lib
load examples

setup() {
  machine tiers
  DAX0=$MACHINE/sys/devices/platform/hmem.0/dax0.0
  DAX1=$MACHINE/sys/devices/platform/hmem.1/dax1.0
  DAX2=$MACHINE/sys/devices/platform/hmem.2/dax2.0
  OUT=$BATS_TEST_TMPDIR/out
  MONITOR=
}

teardown() {
  [ -n "$MONITOR" ] || return 0
  kill -KILL "$MONITOR" 2>/dev/null || true
  wait "$MONITOR" 2>/dev/null || true
}

put() { # FILE VALUE
  echo "$2" >"$1.new"
  mv "$1.new" "$1"
}

# Starts it and waits until it has described what there is, NUMBER devices.
watch() { # NUMBER [ARGUMENT...]
  : >"$OUT"
  daxctl-private monitor --sysroot "$MACHINE" "${@:2}" >>"$OUT" 2>"$OUT.err" 3>&- &
  MONITOR=$!
  says "$1"
}

# Waits until it has printed NUMBER lines.
says() { # NUMBER
  local i
  for ((i = 0; i < 400; i++)); do
    [ "$(wc -l <"$OUT")" -lt "$1" ] || return 0
    sleep 0.05
  done
  fail "no $1 lines: $(cat "$OUT" "$OUT.err")"
}

# The value of KEY in line NUMBER.
line() { # NUMBER KEY
  local output
  output=$(sed -n "$1p" "$OUT")
  json "$2"
}

# Its exit status, once it has ended.
ends() { # STATUS
  local status=0
  wait "$MONITOR" || status=$?
  MONITOR=
  equal "$status" "$1" "exit status" || { cat "$OUT.err" >&2; return 1; }
}

@test "the first lines are what there is" {
  watch 3
  equal "$(line 1 event)" present
  equal "$(line 1 chardev)" dax0.0
  equal "$(line 1 state)" online_movable
  equal "$(line 2 mode)" cram
  equal "$(line 2 gate)" open
  equal "$(line 2 backed)" $((64 << 20))
  equal "$(line 3 mode)" disabled
}

@test "it ends by a signal, and that is no error" {
  local signal
  for signal in INT TERM; do
    # what bash starts in the background ignores SIGINT
    python3 - "$signal" "$MACHINE" <<'END'
import signal, subprocess, sys
monitor = subprocess.Popen(["daxctl-private", "monitor", "--sysroot", sys.argv[2]],
                           stdout=subprocess.PIPE,
                           preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
monitor.stdout.readline()
monitor.send_signal(getattr(signal, "SIG" + sys.argv[1]))
assert monitor.wait(20) == 0, monitor.returncode
END
  done
}

@test "it ends when nobody reads any more" {
  run -0 timeout 20 bash -c "daxctl-private monitor --sysroot '$MACHINE' -i 3600 | head -n 1"
  equal "$(json event)" present
}

@test "a gate that closes is an event, with what it was before" {
  watch 3 --count 1
  put "$DAX1/gate" closed
  ends 0
  equal "$(line 4 event)" gate
  equal "$(line 4 chardev)" dax1.0
  equal "$(line 4 gate)" closed
  equal "$(line 4 former)" open
}

@test "use that crosses marks is an event for each mark" {
  watch 3 --count 4
  # 80 and 95 percent of 64 MiB are 53687091 and 63753420 bytes
  put "$DAX1/used" 53687092
  says 4
  equal "$(line 4 event)" mark
  equal "$(line 4 mark)" low_mark
  equal "$(line 4 percent)" 80
  equal "$(line 4 direction)" above
  equal "$(line 4 used)" 53687092
  put "$DAX1/used" 63753420
  says 5
  equal "$(line 5 mark)" high_mark
  equal "$(line 5 percent)" 95
  equal "$(line 5 direction)" above
  put "$DAX1/used" 0
  ends 0
  equal "$(line 6 mark)" high_mark
  equal "$(line 6 direction)" below
  equal "$(line 7 mark)" low_mark
  equal "$(line 7 direction)" below
}

@test "use up to a mark crosses nothing" {
  watch 3 --count 1
  put "$DAX1/used" 53687091
  sleep 2.5
  put "$DAX1/used" 53687092
  ends 0
  equal "$(line 4 used)" 53687092
}

@test "a device that is plugged or unplugged is an event" {
  watch 3 --count 2
  put "$DAX0/hotplug" unplugged
  says 4
  equal "$(line 4 event)" unplugged
  equal "$(line 4 chardev)" dax0.0
  put "$DAX0/hotplug" online_kernel
  ends 0
  equal "$(line 5 event)" plugged
  equal "$(line 5 state)" online_kernel
}

@test "a device that is bound, and plugged by then, is two events" {
  put "$DAX2/node" 3
  put "$DAX2/hotplug" online_movable
  watch 3 --count 2
  ln -s ../../../../bus/dax/drivers/anondax "$DAX2/driver"
  ends 0
  equal "$(line 4 event)" bound
  equal "$(line 4 chardev)" dax2.0
  equal "$(line 4 mode)" private
  equal "$(line 5 event)" plugged
  equal "$(line 5 node)" 3
}

@test "a device that gets another driver is unbound and bound" {
  watch 3 --count 2
  ln -sfn ../../../../bus/dax/drivers/device_dax "$DAX0/driver"
  ends 0
  equal "$(line 4 event)" unbound
  equal "$(line 4 mode)" private
  equal "$(line 5 event)" bound
  equal "$(line 5 mode)" devdax
}

@test "a device that goes and one that comes are events" {
  watch 3 --count 2
  local link=$MACHINE/sys/bus/dax/devices/dax2.0
  mv "$link" "$BATS_TEST_TMPDIR/link"
  mv "$DAX2" "$BATS_TEST_TMPDIR/device"
  says 4
  equal "$(line 4 event)" removed
  equal "$(line 4 chardev)" dax2.0
  mv "$BATS_TEST_TMPDIR/device" "$DAX2"
  mv "$BATS_TEST_TMPDIR/link" "$link"
  ends 0
  equal "$(line 5 event)" added
}

@test "devices that are not named are none of its business" {
  watch 1 --count 1 dax0.0
  put "$DAX1/gate" closed
  sleep 2.5
  put "$DAX0/hotplug" unplugged
  ends 0
  equal "$(line 1 chardev)" dax0.0
  equal "$(line 2 chardev)" dax0.0
  equal "$(wc -l <"$OUT")" 2
}

@test "no more events are printed than were asked for" {
  watch 3 --count 1
  put "$DAX1/used" 67108864
  ends 0
  equal "$(wc -l <"$OUT")" 4
  equal "$(line 4 mark)" low_mark
}

@test "it looks as often as the interval says" {
  local started=$SECONDS
  watch 3 --interval 4 --count 1
  put "$DAX1/gate" closed
  ends 0
  [ $((SECONDS - started)) -ge 3 ] || fail "after $((SECONDS - started)) s"
}

@test "a machine without devices has nothing to say" {
  machine nodax
  watch 0 --interval 1
  sleep 1.5
  kill -TERM "$MONITOR"
  ends 0
  equal "$(cat "$OUT" "$OUT.err")" ""
}

@test "a device that does not exist is 3" {
  run -3 --separate-stderr look monitor dax7.0
  equal "$output" ""
  equal "$stderr" "error: dax7.0: no such dax device: ENODEV: see daxctl-private list"
}

@test "options that make no sense are 2" {
  local wrong
  for wrong in "-i 0" "-i -1" "-i 99999999" "-c 0" "-c x"; do
    # shellcheck disable=SC2086 # words
    run -2 --separate-stderr look monitor $wrong
    [[ $stderr == "error: "* ]] || fail "$wrong: $stderr"
  done
}

# --- the manual ---------------------------------------------------------------

# Lines of JSON without the time.
timeless() {
  sed 's/^{"timestamp":[0-9.]*,/{/'
}

# Both at once, for the monitor.
fill() { # GATE BYTES
  kill -STOP "$MONITOR"
  put "$DAX1/gate" "$1"
  put "$DAX1/used" "$2"
  kill -CONT "$MONITOR"
}

@test "the examples of the manual are what it prints" {
  watch 1 dax1.0
  fill throttled 54525952
  says 3
  equal "$(timeless <"$OUT")" "$(page_example monitor "monitor dax1.0" | timeless)"
  fill closed 66060288
  says 5
  equal "$(grep -m 1 '"event":"gate".*"gate":"closed"' "$OUT" | timeless)" \
    "$(page_example monitor "monitor | grep -m 1 '\"event\":\"gate\".*\"gate\":\"closed\"'" | timeless)"
}
