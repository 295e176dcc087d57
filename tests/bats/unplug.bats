#!/usr/bin/env bats
# vm: --private 128M --dram 512M
# Unplugging a node that is in use: DESIGN.md I7, 8.4.

load lib

# A process with 32M on the node, which must survive what follows.
hold_on_node() { # STATEMENT... at the end
  background_ready "map 32M; bind $NODE; fill 1; on $NODE all; signal $READY; wait $GO" \
    "verify 1" "$@"
}

gone() {
  equal "$(attr hotplug)" unplugged hotplug || return
  run ! node_has_state memory_private "$NODE"
  run ! grep -q anondax /proc/iomem
}

# What must be as it was after an unplug that failed.
still_there() { # STATE MANAGED
  equal "$(attr hotplug)" "$1" hotplug || return
  equal "$(zoneinfo managed "$NODE")" "$2" "managed pages" || return
  node_has_state memory_private "$NODE" || fail "not in has_memory_private"
}

@test "unplugging moves pages in use to DRAM and no byte changes" {
  plug_for_mbind
  hold_on_node "on 0 all; fill 2; verify 2"
  unplug
  gone
  background_finish
}

# bats test_tags=variation
@test "so it does in ZONE_NORMAL" {
  plug_for_mbind online_kernel
  hold_on_node "on 0 all"
  unplug
  gone
  background_finish
}

@test "so it does with huge pages" {
  plug_for_mbind
  echo always >"$THP/enabled"
  hold_on_node "on 0 all"
  unplug
  gone
  background_finish
}

# bats test_tags=variation
@test "so it does with locked pages" {
  plug_for_mbind
  background_ready "map 8M; bind $NODE; mlock; fill 1; signal $READY; wait $GO" \
    "verify 1; on 0 all"
  unplug
  gone
  background_finish
}

@test "so it does with pages that several processes share" {
  plug_for_mbind
  background_ready "map 8M; bind $NODE; fill 1; fork bg; wait $GO; verify 1; fill 2; on 0 all; end" \
    "signal $READY; wait $GO; verify 1; on 0 all; join; verify 1"
  unplug
  gone
  background_finish
}

@test "so it does while the pages are being written" {
  plug_for_mbind
  background_ready "map 16M; bind $NODE; fill 1; signal $READY; churn 4; verify 1; on 0 all"
  unplug
  gone
  background_finish
}

# bats test_tags=variation
@test "so it does without the opt-in" {
  plug_for_mbind
  hold_on_node "on 0 all"
  set_attr mbind 0
  unplug
  gone
  background_finish
}

@test "with DRAM too full it fails, soon, and everything is as it was" {
  local managed
  plug_for_mbind
  managed=$(zoneinfo managed "$NODE")
  background_ready "$(much_of_node 110); fill 1; signal $READY; wait $GO; verify 1; where"
  local size=$(($(meminfo MemAvailable) / 1024 - 60))
  run filler "anon=${size}M" -- timeout 120 memscript "write $(attr_file hotplug) unplugged"
  [ "$status" -eq 1 ]
  [[ $output == *ENOMEM* ]]
  log_says 'anondax.*(dax0.0|unplug|offline)'
  still_there online_movable "$managed"
  memscript "map 1M; bind $NODE; fill 2; on $NODE all; verify 2"
  unplug
  background_finish
  gone
}

@test "a held page makes it fail, soon, and letting go makes it work" {
  local managed
  plug_for_mbind
  managed=$(zoneinfo managed "$NODE")
  background_ready "map 1M; bind $NODE; fill 1; pin short; on $NODE all; signal $READY" \
    "wait $GO; verify 1; unpin; signal $READY.2; wait $GO.2; verify 1; on 0 all"
  run timeout 120 memscript "write $(attr_file hotplug) unplugged"
  [ "$status" -eq 1 ]
  [[ $output == *EBUSY* ]]
  still_there online_movable "$managed"
  : >"$GO"
  poll 30 test -e "$READY.2"
  unplug
  gone
  : >"$GO.2"
  background_finish
}

going_offline() {
  grep -qs going-offline "$NODES/node$NODE"/memory[0-9]*/state
}

@test "a signal ends a long unplug and everything is as it was" {
  local managed writer status=0
  plug_for_mbind
  managed=$(zoneinfo managed "$NODE")
  background_ready "map 1M; bind $NODE; fill 1; pin short; signal $READY; wait $GO; verify 1"
  memscript "write $(attr_file hotplug) unplugged" &
  writer=$!
  poll 10 going_offline
  kill "$writer"
  wait "$writer" || status=$?
  equal "$status" $((128 + 15)) status
  log_says 'nothing was unplugged: error -4'
  still_there online_movable "$managed"
  background_finish
}

@test "after unplugging, faults of a bound buffer go to DRAM" {
  plug_for_mbind
  background_ready "map 8M; bind $NODE; slice 0 4M; fill 1; signal $READY; wait $GO" \
    "verify 1; slice 4M 4M; touch; on 0 all"
  unplug
  background_finish
}

@test "a home node that is gone, or closed, costs no huge pages" {
  local leave
  plug_for_mbind
  echo always >"$THP/enabled"
  for leave in "set_attr mbind 0" unplug; do
    rm -f "$READY" "$GO"
    background_ready "map 8M; bind $NODE; home $NODE; signal $READY; wait $GO" \
      "touch; on 0 all; smaps AnonHugePages all"
    $leave
    background_finish
    [ "$leave" = unplug ] || set_attr mbind 1
  done
}

@test "plugging again does not revive an old binding" {
  local flags
  plug_for_mbind
  for flags in "" static relative; do
    rm -f "$READY" "$GO"
    background_ready "map 8M; bind $NODE bind $flags; slice 0 4M; fill 1; signal $READY" \
      "wait $GO; verify 1; slice 4M 4M; touch; on $NODE none; whole; on 0 all"
    unplug
    set_attr hotplug online
    background_finish
  done
}

# bats test_tags=variation
@test "plugging again does not revive an old task policy" {
  local flags
  plug_for_mbind
  for flags in "" static relative; do
    rm -f "$READY" "$GO"
    background_ready "policy $NODE bind $flags; map 4M; touch; signal $READY; wait $GO" \
      "map 4M; touch; on 0 all; fork; map 1M; touch; on 0 all; end"
    unplug
    set_attr hotplug online
    background_finish
  done
}

@test "plugging again does not revive the node in a mask with DRAM" {
  plug_for_mbind
  background_ready "map 4M; bind 0,$NODE static; signal $READY; wait $GO" \
    "touch; on 0 all"
  unplug
  set_attr hotplug online
  background_finish
  rm -f "$READY" "$GO"
  background_ready "map 4M; bind 0,$NODE; signal $READY; wait $GO; policy-is 0; touch; on 0 all"
  unplug
  set_attr hotplug online
  background_finish
}

@test "unbinding while in use moves the pages to DRAM" {
  plug_for_mbind
  hold_on_node "on 0 all"
  unbind
  run ! node_has_state memory_private "$NODE"
  background_finish
}

@test "unbinding with a held page is refused, and nothing changes" {
  local managed
  plug_for_mbind
  managed=$(zoneinfo managed "$NODE")
  background_ready "map 1M; bind $NODE; fill 1; pin short; signal $READY; wait $GO" \
    "verify 1; unpin; on $NODE all; fill 2; verify 2"
  refuses EBUSY /sys/bus/dax/drivers/anondax/unbind "$DAX"
  bound_to anondax
  still_there online_movable "$managed"
  background_finish
  unbind
  run ! node_has_state memory_private "$NODE"
  bind_to anondax
}

@test "the module cannot be removed while a node is plugged, and can afterwards" {
  local managed
  plug_for_mbind
  managed=$(zoneinfo managed "$NODE")
  hold_on_node "on $NODE all"
  run -1 rmmod anondax
  still_there online_movable "$managed"
  background_finish
  unbind
  rmmod anondax
  bind_to anondax
  plug
}

free_memory_is() { # KB, after what is freed with a delay
  drain
  within "$(meminfo MemFree)" "$1" "$(drift)" "MemFree in kB"
}

@test "unplugging an idle node thirty times over leaks nothing" {
  local before
  plug
  unplug
  drain
  before=$(meminfo MemFree)
  for _ in {1..30}; do
    set_attr hotplug online
    set_attr hotplug unplugged
  done
  poll 30 free_memory_is "$before"
}

# The last one of the file: the device does not come back before the next boot.
@test "a device that goes while a page is held leaves its memory private, closed and unharmed" {
  local region
  plug_for_mbind
  region=$(readlink -f "/sys/bus/dax/devices/$DAX/..")
  background_ready "map 1M; bind $NODE; fill 1; pin short; signal $READY; wait $GO" \
    "verify 1; on $NODE all; unpin; verify 1"
  echo "${region##*/}" >"$region/driver/unbind"
  [ ! -e "/sys/bus/dax/devices/$DAX" ]
  log_says 'dax0.0: gone with its memory plugged'
  node_has_state memory_private "$NODE"
  memscript "map 1M; expect EINVAL bind $NODE; touch; on 0 all"
  background_finish
  assert_node_empty
}
