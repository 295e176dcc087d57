#!/usr/bin/env bats
# vm: --private 128M --private 128M --swap 128M --dram 512M
# kernels: default
# daxctl-private stat and monitor on real devices: dax0.0 is node 1, dax1.0 node 2.

load lib

# The value at PATH of the last line of JSON in FILE.
json() { # PATH FILE
  tail -n 1 "$2" | python3 -c '
import json, sys
value = json.load(sys.stdin)
for key in sys.argv[1].split("."):
    value = value[int(key)] if isinstance(value, list) else value[key]
print(value)' "$1"
}

holds_4m() {
  background_ready "map 4M; bind $NODE; fill 1; signal $READY; wait $GO; verify 1"
}

@test "stat shows the pages that a process has bound to the node" {
  local out=$BATS_TEST_TMPDIR/out
  plug_for_mbind
  holds_4m
  daxctl-private stat --json dax0.0 >"$out"
  equal "$(json nodes.0.node "$out")" "$NODE"
  equal "$(json nodes.0.stats.placed "$out")" "$(stat_of placed)"
  [ "$(json nodes.0.stats.placed "$out")" -ge 1024 ] || fail "$(cat "$out")"
  within "$(json nodes.0.resident "$out")" $((4 << 20)) $((1 << 20)) resident
  background_finish
}

@test "stat -i has the pages that are placed meanwhile in its rates" {
  local out=$BATS_TEST_TMPDIR/out
  plug_for_mbind
  daxctl-private stat --json -i 1 -c 4 dax0.0 >"$out" 3>&- &
  poll 30 test -s "$out"
  memscript "map 4M; bind $NODE; touch"
  wait $!
  run -0 python3 - "$out" <<'END'
import json, sys
reports = [json.loads(line) for line in open(sys.argv[1])]
assert reports[0]["nodes"][0]["rates"]["placed"] == 0
print(round(sum(r["nodes"][0]["rates"]["placed"] * r["seconds"] for r in reports)))
END
  within "$output" 1024 64 "pages placed"
}

@test "stat --procs and --cgroups show who has memory there" {
  local out=$BATS_TEST_TMPDIR/out group
  plug_for_mbind
  group=$(cgroup stat)
  background_ready "write $group/cgroup.procs self; map 4M; bind $NODE; fill 1" \
    "signal $READY; wait $GO"
  daxctl-private stat --procs --json >"$out"
  equal "$(json processes.0.pid "$out")" "$BACKGROUND"
  equal "$(json processes.0.command "$out")" memscript
  equal "$(json processes.0.bytes "$out")" $((4 << 20))
  equal "$(json unreadable "$out")" 0
  daxctl-private stat --cgroups >"$out"
  grep -qE '^/bats\.stat +4\.0M +4\.0M' "$out" || fail "$(cat "$out")"
  background_finish
}

@test "a user without rights sees nodes, and hears that there are more processes" {
  plug_for_mbind
  cp "$(type -P daxctl-private)" /tmp/daxctl-private
  holds_4m
  run -0 setpriv --reuid 65534 --clear-groups --inh-caps=-all /tmp/daxctl-private stat
  [[ $output == *dax0.0* ]] || fail "$output"
  run -64 --separate-stderr setpriv --reuid 65534 --clear-groups --inh-caps=-all \
    /tmp/daxctl-private stat --procs --json
  # shellcheck disable=SC2154 # bats sets stderr
  [[ $stderr =~ ^error:\ processes:\ [0-9]+\ of\ them\ cannot\ be\ looked\ at:\ EACCES ]] \
    || fail "$stderr"
  background_finish
}

@test "monitor tells when a device is plugged and unplugged, and ends by a signal" {
  local out=$BATS_TEST_TMPDIR/out monitor
  daxctl-private monitor dax0.0 -i 1 >"$out" 3>&- &
  monitor=$!
  poll 30 grep -q present "$out"
  plug
  poll 30 grep -q '"plugged"' "$out"
  unplug
  poll 30 grep -q '"unplugged"' "$out"
  kill -TERM "$monitor"
  wait "$monitor"
  run -0 sed -E 's/.*"event":"([a-z]+)".*/\1/' "$out"
  equal "$output" $'present\nplugged\nunplugged'
}

@test "monitor hears at once of an unbind, though the device is bound again before it looks" {
  local out=$BATS_TEST_TMPDIR/out monitor
  bind_to anondax dax1.0
  daxctl-private monitor dax1.0 -i 3600 -c 3 >"$out" 3>&- &
  monitor=$!
  poll 30 grep -q present "$out"
  unbind dax1.0
  bind_to anondax dax1.0
  poll 30 grep -q '"bound"' "$out"
  unbind dax1.0
  wait "$monitor"
  run -0 sed -E 's/.*"event":"([a-z]+)".*/\1/' "$out"
  equal "$output" $'present\nunbound\nbound\nunbound'
}

@test "monitor tells when compressed RAM closes its gate and opens it" {
  local out=$BATS_TEST_TMPDIR/out
  bind_to cramdax dax1.0
  set_attr capacity $((64 << 20)) dax1.0
  set_attr algorithm none dax1.0
  set_attr hotplug online dax1.0
  daxctl-private monitor dax1.0 >"$out" 3>&- &
  BACKGROUND=$!
  poll 30 grep -q present "$out"
  set_attr used $((63 << 20)) dax1.0
  poll 30 grep -q '"gate":"closed".*"former":"open"' "$out"
  grep -q '"mark":"high_mark","percent":95,"direction":"above"' "$out" || fail "$(cat "$out")"
  set_attr used 0 dax1.0
  poll 30 grep -q '"gate":"open".*"former":"closed"' "$out"
  stop_background
}
