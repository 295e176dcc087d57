#!/usr/bin/env bats
# vm: --private 128M --swap 128M --dram 512M
# Pages on the node are charged and limited like any other: DESIGN.md I9.

load lib

# Starts a process of the cgroup that holds 16M on the node.
hold_inside() { # CGROUP
  background_ready "write $1/cgroup.procs self; map 16M; bind $NODE; fill 1" \
    "on $NODE all; signal $READY; wait $GO; verify 1"
}

stat_of_cgroup() { # CGROUP FIELD
  sed -n "s/^$2 //p" "$1/memory.stat"
}

on_node() { # CGROUP FIELD: bytes on $NODE by memory.numa_stat
  sed -n -E "s/^$2 .*N$NODE=([0-9]+).*/\1/p" "$1/memory.numa_stat"
}

@test "pages on the node are charged to their cgroup" {
  local dir
  plug_for_mbind
  dir=$(cgroup charge)
  hold_inside "$dir"
  [ "$(<"$dir/memory.current")" -ge $((16 << 20)) ]
  within "$(stat_of_cgroup "$dir" anon)" $((16 << 20)) $((1 << 20)) anon
  background_finish
  poll 10 reads_below "$dir/memory.current" $((4 << 20))
}

# bats test_tags=variation
@test "memory.numa_stat shows them on their node" {
  local dir
  plug_for_mbind
  dir=$(cgroup stat)
  hold_inside "$dir"
  within "$(on_node "$dir" anon)" $((16 << 20)) $((256 << 10)) "anon on the node"
  equal "$(on_node "$dir" file)" 0 "file on the node"
  background_finish
}

@test "moving pages between nodes does not change the charge" {
  local dir before
  plug_for_mbind
  dir=$(cgroup move)
  background_ready "write $dir/cgroup.procs self; map 16M; fill 1; signal $READY" \
    "wait $GO; verify 1"
  before=$(stat_of_cgroup "$dir" anon)
  memscript "migrate 0 $NODE pid $BACKGROUND left any"
  within "$(stat_of_cgroup "$dir" anon)" "$before" $((256 << 10)) anon
  [ "$(on_node "$dir" anon)" -ge $((12 << 20)) ]
  memscript "migrate $NODE 0 pid $BACKGROUND left any"
  within "$(stat_of_cgroup "$dir" anon)" "$before" $((256 << 10)) anon
  background_finish
}

event_of() { # CGROUP EVENT
  sed -n "s/^$2 //p" "$1/memory.events"
}

# What it ever had in swap: that much its tasks have in DRAM besides their mappings.
no_more_swapped() { # CGROUP
  reads_below "$1/memory.swap.peak" $((1 << 20)) \
    || fail "$(<"$1/memory.swap.peak") bytes were in swap"
}

# Fills 20M on the node in a cgroup of 16M; the script is to go on with STATEMENTS.
exceed_memory_max() { # STATEMENT...
  local dir
  dir=$(cgroup limit)
  echo 16M >"$dir/memory.max"
  timeout 60 memscript "fork; write $dir/cgroup.procs self; map 20M; bind $NODE; fill 1" "$@"
}

hit_the_limit() {
  local dir
  rm -f "$READY" "$GO"
  dir=$(cgroup limit)
  background_ready "map 32M; bind $NODE; fill 1; signal $READY; wait $GO; on swap none; verify 1"
  exceed_memory_max "end KILL"
  equal "$(event_of "$dir" oom_kill)" 1 oom_kill
  no_more_swapped "$dir"
  log_says 'Memory cgroup out of memory: Killed process'
  run ! log_says '\] Out of memory'
  set_attr reclaim 1
  exceed_memory_max "on swap some; slice 0 1M; verify 1; end"
  equal "$(event_of "$dir" oom_kill)" 1 oom_kill
  set_attr reclaim 0
  background_finish
  remove_cgroups
}

@test "memory.max holds on the node, and only the cgroup pays" {
  plug_for_mbind
  with_either_lru hit_the_limit
}

# bats test_tags=variation
@test "memory.max holds for DRAM and the node together" {
  local dir
  plug_for_mbind
  dir=$(cgroup both)
  echo 24M >"$dir/memory.max"
  echo 0 >"$dir/memory.swap.max"
  memscript "fork; write $dir/cgroup.procs self; map 16M; bind $NODE; touch; map 16M; touch; end KILL"
  memscript "fork; write $dir/cgroup.procs self; map 16M; touch; map 16M; bind $NODE; touch; end KILL"
}

# A task sleeps for up to two seconds for each 64 pages: little more than the limit is enough.
exceed_memory_high() {
  local dir
  dir=$(cgroup high)
  echo 8M >"$dir/memory.high"
  timeout 60 memscript "write $dir/cgroup.procs self; map 9M; bind $NODE; fill 1; on $NODE all; verify 1"
  [ "$(event_of "$dir" high)" -gt 0 ]
  no_more_swapped "$dir"
  set_attr reclaim 1
  memscript "write $dir/cgroup.procs self; map 9M; bind $NODE; fill 1; on swap some; verify 1"
  set_attr reclaim 0
  remove_cgroups
}

# bats test_tags=variation
@test "above memory.high a task is slowed down, and gets its pages on the node" {
  plug_for_mbind
  with_either_lru exceed_memory_high
  run ! log_says 'Killed process'
}

lower_the_limit() { # CGROUP LIMIT
  timeout 60 bash -c "echo $2 >$1/memory.max"
}

# The parent has more there, and is not in the cgroup.
@test "a limit below what is on the node already kills in the cgroup" {
  local dir inside=$BATS_TEST_TMPDIR/inside
  plug_for_mbind
  dir=$(cgroup shrink)
  background_ready "fork bg; write $dir/cgroup.procs self; map 16M; bind $NODE; fill 1" \
    "signal $inside; wait $GO; end; map 32M; bind $NODE; fill 2; wait $inside; signal $READY" \
    "join KILL; on $NODE all; verify 2"
  lower_the_limit "$dir" 8M
  equal "$(event_of "$dir" oom_kill)" 1 oom_kill
  no_more_swapped "$dir"
  background_finish
}

# bats test_tags=variation
@test "what such a cgroup has in DRAM goes to swap first" {
  local dir
  plug_for_mbind
  dir=$(cgroup shrink)
  background_ready "write $dir/cgroup.procs self; map 16M as d; fill 2" \
    "map 8M as n; bind $NODE; fill 1; signal $READY; wait $GO" \
    "use n; on $NODE all; verify 1; use d; on swap some; verify 2"
  lower_the_limit "$dir" 12M
  equal "$(event_of "$dir" oom_kill)" 0 oom_kill
  background_finish
}

@test "memory.reclaim finds nothing there: it is EAGAIN, and no page goes to swap" {
  local dir
  plug_for_mbind
  dir=$(cgroup all)
  hold_inside "$dir"
  refuses EAGAIN "$dir/memory.reclaim" 8M
  no_more_swapped "$dir"
  within "$(on_node "$dir" anon)" $((16 << 20)) $((256 << 10)) "anon on the node"
  background_finish
}

# bats test_tags=variation
@test "page tables and slab of a bound task are charged, and on DRAM" {
  local dir
  plug_for_mbind online_kernel
  dir=$(cgroup kernel)
  hold_inside "$dir"
  [ "$(stat_of_cgroup "$dir" pagetables)" -gt 0 ]
  equal "$(on_node "$dir" pagetables)" 0 "page tables on the node"
  equal "$(on_node "$dir" slab_unreclaimable)" 0 "slab on the node"
  background_finish
}

@test "a cgroup can be removed while its pages are still on the node" {
  local dir
  plug_for_mbind
  dir=$(cgroup gone)
  hold_inside "$dir"
  echo "$BACKGROUND" >"$CGROUPS/cgroup.procs"
  rmdir "$dir"
  background_finish
  assert_node_empty
}

@test "a cgroup is charged for the copies its tasks make" {
  local dir
  plug_for_mbind
  dir=$(cgroup copy)
  background_ready "map 8M; bind $NODE; fill 1; fork; write $dir/cgroup.procs self" \
    "fill 2; on $NODE all; signal $READY; wait $GO; end; verify 1"
  within "$(on_node "$dir" anon)" $((8 << 20)) $((256 << 10)) "anon on the node"
  background_finish
}
