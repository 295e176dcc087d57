#!/usr/bin/env bats
# vm: --private 128M --swap 256M --dram 512M
# Who is killed, and when, with each setting of reclaim and demotion, with swap
# and without: DESIGN.md 8.12, 8.16. See oom.bats for all that needs neither.

load lib

setup() {
  begin
  bind_to anondax
  echo 1 >/sys/kernel/mm/numa/demotion_enabled
}

# Little, for all of it is filled.
swap_is() { # on|off
  swapoff /dev/vda 2>/dev/null || true
  [ "$1" = off ] || {
    mkswap /dev/vda 8192 >/dev/null
    swapon /dev/vda
  }
}

teardown_file() {
  swapoff /dev/vda || true
  mkswap /dev/vda >/dev/null
  swapon /dev/vda
}

# A process with 8M in DRAM and 112M on the node that stays there.
hold_most_of_the_node() {
  echo always >"$THP/enabled"
  background_ready "map 8M as d; fill 2; map 112M as n; bind 1; mlock; fill 1" \
    "signal $READY; wait $GO; use d; verify 2; use n; verify 1; on 1 all"
  echo never >"$THP/enabled"
}

# Runs COMMAND with the opt-ins, with and without swap: that is in $SWAP. On the debug
# kernel the tests take turns.
either_way() { # "OPT..." COMMAND [empty]: that is what the node is
  local opt ways=(off on)
  ! on_debug || ways=("${ways[BATS_TEST_NUMBER % 2]}")
  for SWAP in "${ways[@]}"; do
    echo "swap is $SWAP"
    swap_is "$SWAP"
    for opt in $1; do set_attr "$opt" 1; done
    plug_for_mbind
    rm -f "$READY" "$GO"
    [ "${3:-}" = empty ] || hold_most_of_the_node
    "$2"
    [ "${3:-}" = empty ] || background_finish
    memscript "map 16M; fill 1; verify 1; map 16M; bind 1; fill 1; verify 1"
    [ "$SWAP" = off ] || empty_swap_cache
    [ "$(attr demotion)" = 1 ] || assert_node_empty
    unplug
  done
}

# Beside it is a bigger process that any killer would choose, but it is not bound.
overfill() { # STATEMENT... that must come true
  local beside=$BATS_TEST_TMPDIR/beside
  rm -f "$beside".*
  memscript "fork bg; write /proc/self/oom_score_adj 1000; map 32M; fill 3" \
    "signal $beside.ready; wait $beside.go; on 0 all; verify 3; end; wait $beside.ready" \
    "fork; write /proc/self/oom_score_adj 950; map 20M; bind 1; fill 1" "$@" \
    "signal $beside.go; join"
  equal "$(stat_of demoted)" 0 demoted
}

killed() {
  overfill "end KILL"
}

killed_without_swap() {
  if [ "$SWAP" = off ]; then
    killed
  else
    overfill "on swap some; on 0 none; slice 0 1M; verify 1; slice 19M 1M; verify 1; end"
  fi
}

@test "who overfills the node is killed, be there swap or not" {
  either_way "" killed
}

@test "with reclaim it goes to swap first" {
  either_way reclaim killed_without_swap
}

# bats test_tags=variation
@test "with demotion as well, for no node is below it" {
  either_way "reclaim demotion" killed_without_swap
}

# Most of DRAM is locked: that costs reclaim no time.
fill_dram() {
  local swapped rest room
  room=$(meminfo MemFree 1)
  rest=$(($(meminfo MemFree) / 1024 - 32))
  swapped=$(vmstat pswpout)
  echo always >"$THP/enabled"
  equal "$(memscript "map ${rest}M; mlock; run filler anon=max")" "anon: killed"
  log_says 'Out of memory: Killed process [0-9]+ \(filler\)'
  swapped=$(($(vmstat pswpout) - swapped))
  echo "to swap: $swapped, to the node: $(stat_of demoted), $room kB were free"
  if [ "$SWAP" = on ]; then [ $swapped -gt 1000 ]; else [ $swapped = 0 ]; fi
  if [ "$(attr demotion)" = 1 ]; then
    [ "$(stat_of demoted)" -gt $((room / 8)) ]
  else
    equal "$(stat_of demoted)" 0 demoted
  fi
}

@test "who overfills DRAM is killed, however much of the node is free" {
  either_way "" fill_dram
}

# bats test_tags=variation
@test "so it is with reclaim" {
  either_way reclaim fill_dram
}

# bats test_tags=variation
@test "with demotion the node is full by then" {
  either_way "reclaim demotion" fill_dram
}

# bats test_tags=variation
@test "an empty node does not keep the killer from DRAM, either" {
  either_way "" fill_dram empty
}

# bats test_tags=variation
@test "nor does it with reclaim" {
  either_way reclaim fill_dram empty
}

# bats test_tags=variation
@test "with demotion it is not empty any more by then, but full" {
  either_way "reclaim demotion" fill_dram empty
}

# Nothing of it can be demoted: it is locked, or no LRU list has it.
fill_dram_for_good() {
  local rest kind said
  for kind in pipes=max pagetables=64M; do
    rest=$(($(meminfo MemFree) / 1024 - 32))
    echo always >"$THP/enabled"
    said=$(timeout 60 memscript "map ${rest}M; mlock; run filler $kind")
    equal "$said" "${kind%=*}: killed"
  done
  echo "to the node: $(stat_of demoted)"
  [ "$(stat_of demoted)" -lt 16384 ]
}

@test "demotion does not keep the killer from DRAM that is full of what must stay there" {
  either_way "reclaim demotion" fill_dram_for_good empty
}
