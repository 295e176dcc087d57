#!/usr/bin/env bats
# vm: --private 128M --swap 128M
# Services whose opt-in is off, or that have none, leave the node's folios
# alone: DESIGN.md I6, 8.8 to 8.10, 8.15.

load lib

# A bound buffer that must be in place and unharmed after COMMAND.
untouched_by() { # COMMAND...
  background_ready "map 16M; bind $NODE; fill 1; signal $READY; wait $GO" \
    "on $NODE all; on swap none; verify 1"
  "$@"
  background_finish
}

# Sets NUMA balancing to scan as fast as it can.
balance_fast() {
  local dir=/sys/kernel/debug/sched/numa_balancing
  echo 1 >/proc/sys/kernel/numa_balancing
  echo 10 >$dir/scan_delay_ms
  echo 10 >$dir/scan_period_min_ms
  echo 20 >$dir/scan_period_max_ms
}

# How much COUNTER of vmstat grows while NUMA balancing looks at 16M. The policy
# is one that it may look at: one that only binds keeps it away by itself.
scanned() { # COUNTER NODE
  local before
  before=$(vmstat "$1")
  memscript "map 16M; bind $2 bind balancing; fill 1; churn 2; on $2 all; verify 1" || return
  echo $(($(vmstat "$1") - before))
}

@test "NUMA balancing installs no hint faults on the node's huge pages" {
  plug_for_mbind
  balance_fast
  echo always >"$THP/enabled"
  [ "$(scanned numa_huge_pte_updates 0)" -ge 8 ]
  equal "$(scanned numa_huge_pte_updates "$NODE")" 0
}

@test "nor on its small pages" {
  plug_for_mbind
  balance_fast
  # the rest of the process is scanned: a few, not thousands
  [ "$(scanned numa_pte_updates "$NODE")" -lt 1000 ]
}

@test "NUMA balancing in tiering mode promotes nothing from the node" {
  plug_for_mbind
  balance_fast
  echo 2 >/proc/sys/kernel/numa_balancing
  memscript "map 8M; fill 1; move $NODE; churn 3; on $NODE all; verify 1"
}

ksm_scanned() { # full scans
  [ "$(</sys/kernel/mm/ksm/full_scans)" -ge "$1" ]
}

run_ksm() {
  local scans
  echo 10000 >/sys/kernel/mm/ksm/pages_to_scan
  echo 0 >/sys/kernel/mm/ksm/sleep_millisecs
  echo 1 >/sys/kernel/mm/ksm/run
  scans=$(</sys/kernel/mm/ksm/full_scans)
  poll 30 ksm_scanned $((scans + 4))
  echo 0 >/sys/kernel/mm/ksm/run
}

@test "KSM merges equal pages of DRAM, as ever" {
  plug_for_mbind
  background_ready "map 1M as a; fill 1; madvise mergeable; map 1M as b; fill 1" \
    "madvise mergeable; signal $READY; wait $GO; same a all; verify 1"
  run_ksm
  background_finish
}

@test "KSM never merges the node's pages, nor others into them" {
  plug_for_mbind
  background_ready "map 1M as a; bind $NODE; fill 1; madvise mergeable; map 1M as b" \
    "bind $NODE; fill 1; madvise mergeable; map 1M as c; fill 1; madvise mergeable" \
    "signal $READY; wait $GO; same a none; same b none; on 0 all; use b; same a none" \
    "on $NODE all; use a; on $NODE all; verify 1; cat /proc/self/ksm_merging_pages"
  run_ksm
  background_finish
}

@test "page idle tracking does not mark the node's pages" {
  plug_for_mbind
  memscript "map 2M; touch; map 4K; touch; move 0" >/dev/null
  memscript "map 2M as a; bind $NODE; touch; map 4K; touch; move 0; use a" \
    "idle mark; idle none; on $NODE all"
}

# A DAMON scheme that applies ACTION to every page of the device at once.
damon_scheme() { # ACTION
  local dir=/sys/kernel/mm/damon/admin/kdamonds start size
  start=$(($(attr resource)))
  size=$(attr size)
  echo 1 >$dir/nr_kdamonds
  dir+=/0
  echo 1 >$dir/contexts/nr_contexts
  dir+=/contexts/0
  echo paddr >$dir/operations
  echo 5000 >$dir/monitoring_attrs/intervals/sample_us
  echo 100000 >$dir/monitoring_attrs/intervals/aggr_us
  echo 1 >$dir/targets/nr_targets
  echo 1 >$dir/targets/0/regions/nr_regions
  echo $start >$dir/targets/0/regions/0/start
  echo $((start + size)) >$dir/targets/0/regions/0/end
  echo 1 >$dir/schemes/nr_schemes
  dir+=/schemes/0
  echo "$1" >$dir/action
  echo $((1 << 40)) >$dir/access_pattern/sz/max
  echo 1000 >$dir/access_pattern/nr_accesses/max
  echo 1000000 >$dir/access_pattern/age/max
}

damon_tried() {
  local kdamond=/sys/kernel/mm/damon/admin/kdamonds/0
  echo update_schemes_stats >$kdamond/state
  [ "$(<$kdamond/contexts/0/schemes/0/stats/nr_tried)" -gt 20 ]
}

run_damon() { # ACTION
  damon_scheme "$1"
  echo on >/sys/kernel/mm/damon/admin/kdamonds/0/state
  poll 30 damon_tried
  echo off >/sys/kernel/mm/damon/admin/kdamonds/0/state
}

# Aging moves pages between the lists.
damon_ages_nothing() { # ACTION
  local active
  active=$(vmstat nr_active_anon "$NODE")
  run_damon "$1"
  within "$(vmstat nr_active_anon "$NODE")" "$active" 64 "active pages"
}

@test "DAMON schemes neither page out nor age the node's pages" {
  plug_for_mbind
  local action
  for action in pageout lru_deprio lru_prio; do
    rm -f "$READY" "$GO"
    untouched_by damon_ages_nothing $action
  done
}

@test "MADV_COLD and MADV_PAGEOUT of others' or own pages do nothing there" {
  plug_for_mbind
  memscript "map 4M; bind $NODE; fill 1; map 4K as x; touch; move 0" >/dev/null
  memscript "map 4M as a; bind $NODE; fill 1; map 4K; touch; move 0; use a" \
    "smaps Referenced all; madvise cold; smaps Referenced all; madvise pageout" \
    "on swap none; on $NODE all; verify 1"
}

@test "a long-term pin moves the folio to DRAM first, in either zone" {
  local word
  for word in online_movable online_kernel; do
    plug_for_mbind "$word"
    memscript "map 2M; bind $NODE; fill 1; pin long; on 0 all; verify 1; fill 2; unpin; verify 2"
    memscript "map 2M; bind $NODE; pin long; on 0 all; fill 1; verify 1"
    unplug
  done
}

@test "a long-term pin of a huge page moves it to DRAM first" {
  plug_for_mbind
  echo always >"$THP/enabled"
  memscript "map 4M; bind $NODE; fill 1; smaps AnonHugePages all; pin long; on 0 all; verify 1"
}

@test "a pinned folio does not keep the node from being unplugged" {
  plug_for_mbind
  background_ready "map 2M; bind $NODE; fill 1; pin long; signal $READY; wait $GO; verify 1"
  unplug
  background_finish
}

@test "a short reference and direct I/O work in place" {
  plug_for_mbind
  memscript "map 1M; bind $NODE; fill 1; pin short; on $NODE all; verify 1; unpin; on $NODE all"
  memscript "map 1M; bind $NODE; fill 1; direct /dev/vda; on $NODE all"
}

@test "soft offline moves the folio to DRAM and keeps its content" {
  pages_get_lost
  plug_for_mbind
  memscript "map 1M; bind $NODE; fill 1; slice 64K 4K; madvise soft_offline; on 0 all" \
    "whole; verify 1; on 0 1p"
  memscript "map 64M; bind $NODE; fill 1; on $NODE all; verify 1"
  unplug
  plug
  memscript "map 64M; bind $NODE; fill 1; on $NODE all; verify 1"
}

@test "a memory error on the node kills only who touches the page" {
  pages_get_lost
  plug_for_mbind
  memscript "map 1M; bind $NODE; fill 1" \
    "fork; slice 64K 4K; madvise hwpoison; read; end BUS" \
    "slice 0 64K; verify 1; slice 128K 64K; verify 1"
  memscript "map 16M; bind $NODE; fill 1; on $NODE all; verify 1"
}

@test "hibernation is refused while a private node is there, and only then" {
  [[ $(</sys/power/disk) != *"[disabled]"* ]]
  plug
  equal "$(</sys/power/disk)" "[disabled]" /sys/power/disk
  run ! memscript 'write /sys/power/state disk'
  log_says '[Hh]ibernat'
  unplug
  [[ $(</sys/power/disk) != *"[disabled]"* ]]
}

@test "huge page pools grow without the node" {
  plug online_kernel
  echo 20 >/proc/sys/vm/nr_hugepages
  echo 0 >/proc/sys/vm/nr_hugepages
  assert_node_empty
}

@test "the debugfs files that walk all memory do no harm" {
  plug_for_mbind
  echo always >"$THP/enabled"
  background_ready "map 8M; bind $NODE; fill 1; signal $READY; wait $GO; verify 1; on $NODE all"
  echo 1 >/sys/kernel/debug/split_huge_pages
  cat /sys/kernel/debug/extfrag/unusable_index /proc/pagetypeinfo /proc/zoneinfo >/dev/null
  echo m >/proc/sysrq-trigger
  background_finish
}
