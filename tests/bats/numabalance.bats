#!/usr/bin/env bats
# vm: --private 128M --dram 512M
# NUMA balancing of a node that opted in; without the opt-in see services.bats.
# What is bound to the node is not balanced: memory gets there by move_pages(2).

load lib

setup() {
  begin
  bind_to anondax
  set_attr numa_balance 1
  plug_for_mbind
  balance_fast
}

# A buffer on the node that is used until it is elsewhere.
used_from_dram() {
  memscript "map 8M; fill 1; move $NODE; on $NODE all; churn 6; where; on 0 some; verify 1"
}

@test "pages that a CPU uses are moved to its node" {
  local faults moved
  faults=$(vmstat numa_hint_faults)
  moved=$(vmstat numa_pages_migrated)
  used_from_dram
  [ "$(vmstat numa_hint_faults)" -gt "$faults" ]
  [ "$(vmstat numa_pages_migrated)" -gt "$moved" ]
}

@test "tiering mode promotes pages that are used" {
  local promoted
  echo 2 >/proc/sys/kernel/numa_balancing
  promoted=$(vmstat pgpromote_success)
  used_from_dram
  [ "$(vmstat pgpromote_success)" -gt "$promoted" ]
}

# bats test_tags=variation
@test "what is bound to the node stays there" {
  memscript "map 8M; bind $NODE bind balancing; fill 1; churn 3; on $NODE all; verify 1"
}

@test "huge pages that a CPU uses are moved whole" {
  echo always >"$THP/enabled"
  memscript "map 8M; fill 1; move $NODE all any; on $NODE all; smaps AnonHugePages all; churn 4; on 0 some; smaps AnonHugePages all; verify 1"
}

hints_set() { # beyond NUMBER
  [ "$(vmstat numa_pte_updates)" -gt "$1" ]
}

# Nobody touches the pages while the hints are set; then all are touched.
@test "taking the opt-in away ends it, for hints that are set already, too" {
  local before
  before=$(vmstat numa_pte_updates)
  background_ready "map 8M as hinted; fill 1; move $NODE" \
    "map 64K as busy; touch; signal $READY; churn 3; wait $GO; use hinted; read; on $NODE all; verify 1"
  poll 30 hints_set $((before + 1500))
  set_attr numa_balance 0
  background_finish
}
