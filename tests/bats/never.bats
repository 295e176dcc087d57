#!/usr/bin/env bats
# vm: --private 128M --swap 128M --qemu -device --qemu virtio-balloon-pci,free-page-reporting=on
# What has no opt-in leaves the node's folios alone whatever the opt-ins are:
# DESIGN.md 8.10, I6. Each test runs without any, but mbind, and with all; on the debug
# kernel with all.

load lib

OPTS=(reclaim demotion interleave madvise numa_balance ltpin)
KDAMOND=/sys/kernel/mm/damon/admin/kdamonds/0

# Runs COMMAND with the node plugged, without opt-ins and with all; on the debug
# kernel with all.
either_way() { # COMMAND...
  local value opt values=(0 1)
  ! on_debug || values=(1)
  for value in "${values[@]}"; do
    for opt in "${OPTS[@]}"; do
      [ "$value" = 0 ] || set_attr "$opt" 1
    done
    plug_for_mbind online_kernel
    echo "the other opt-ins are $value"
    "$@"
    unplug
    rm -f "$READY" "$GO"
  done
}

# A bound buffer that must be in place, unharmed and as young as before after COMMAND.
untouched_by() { # COMMAND...
  background_ready "map 16M; bind $NODE; fill 1; smaps Referenced all; signal $READY; wait $GO" \
    "smaps Referenced all; on $NODE all; on swap none; verify 1"
  "$@"
  background_finish
}

@test "what the kernel needs for a task that is bound to the node is not there" {
  either_way bound_task_holds_everything
}

# bats test_tags=variation
@test "KSM merges equal pages of DRAM, as ever" {
  plug_for_mbind
  background_ready "map 1M as a; fill 1; madvise mergeable; map 1M as b; fill 1" \
    "madvise mergeable; signal $READY; wait $GO; same a all; verify 1"
  run_ksm
  background_finish
}

ksm_leaves_the_node_alone() {
  background_ready "map 1M as a; bind $NODE; fill 1; madvise mergeable; map 1M as b" \
    "bind $NODE; fill 1; madvise mergeable; map 1M as c; fill 1; madvise mergeable" \
    "signal $READY; wait $GO; same a none; same b none; on 0 all; use b; same a none" \
    "on $NODE all; use a; on $NODE all; verify 1; cat /proc/self/ksm_merging_pages"
  run_ksm
  background_finish
}

@test "KSM never merges the node's pages, nor others into them" {
  either_way ksm_leaves_the_node_alone
}

idle_marks_nothing() {
  memscript "map 2M; touch; map 4K; touch; move 0" >/dev/null
  memscript "map 2M as a; bind $NODE; touch; map 4K; touch; move 0; use a" \
    "idle mark; idle none; on $NODE all"
}

@test "page idle tracking does not mark the node's pages" {
  either_way idle_marks_nothing
}

damon_watches_device() { # DIRECTORY
  local dir=$1 start size
  start=$(($(attr resource)))
  size=$(attr size)
  echo paddr >"$dir/operations"
  echo 1 >"$dir/targets/nr_targets"
  echo 1 >"$dir/targets/0/regions/nr_regions"
  echo $start >"$dir/targets/0/regions/0/start"
  echo $((start + size)) >"$dir/targets/0/regions/0/end"
}

damon_watches_process() { # DIRECTORY
  local dir=$1
  echo vaddr >"$dir/operations"
  echo 1 >"$dir/targets/nr_targets"
  echo "$BACKGROUND" >"$dir/targets/0/pid_target"
}

damon_watches_dram() { # DIRECTORY
  local dir=$1 block number=0 blocks start
  mapfile -t blocks < <(printf '%s\n' "$NODES"/node0/memory[0-9]* | sort -V)
  echo paddr >"$dir/operations"
  echo 1 >"$dir/targets/nr_targets"
  dir+=/targets/0/regions
  echo ${#blocks[@]} >"$dir/nr_regions"
  for block in "${blocks[@]}"; do
    start=$((16#$(<"$block/phys_index") << 27))
    echo $start >"$dir/$number/start"
    echo $((start + (128 << 20))) >"$dir/$number/end"
    number=$((number + 1))
  done
}

# A DAMON scheme that applies ACTION to every page of what it watches at once.
damon_scheme() { # ACTION device|process|dram [TARGET]
  local dir=/sys/kernel/mm/damon/admin/kdamonds
  echo 1 >$dir/nr_kdamonds
  dir+=/0
  echo 1 >$dir/contexts/nr_contexts
  dir+=/contexts/0
  "damon_watches_$2" $dir
  echo 5000 >$dir/monitoring_attrs/intervals/sample_us
  echo 20000 >$dir/monitoring_attrs/intervals/aggr_us
  echo 1 >$dir/schemes/nr_schemes
  dir+=/schemes/0
  echo "$1" >$dir/action
  [ -z "${3:-}" ] || echo "$3" >$dir/target_nid
  echo $((1 << 40)) >$dir/access_pattern/sz/max
  echo 1000 >$dir/access_pattern/nr_accesses/max
  echo 1000000 >$dir/access_pattern/age/max
}

damon_stat() { # COUNTER: as it was when damon_tried() looked
  cat "$KDAMOND/contexts/0/schemes/0/stats/$1"
}

damon_tried() {
  echo update_schemes_stats >$KDAMOND/state
  [ "$(damon_stat nr_tried)" -gt 20 ]
}

run_damon() { # ACTION device|process|dram [TARGET]
  damon_scheme "$@"
  echo on >$KDAMOND/state
  poll 30 damon_tried
  echo off >$KDAMOND/state
}

# By its own count: which list a page is on shows no aging, as a page that is not
# active cannot become less so.
damon_applies_nothing() { # ACTION
  run_damon "$1" device
  equal "$(damon_stat sz_applied)" 0 sz_applied
}

# Advice to a process counts as applied, whatever it did.
damon_does_nothing() {
  local action
  for action in pageout lru_deprio lru_prio; do
    rm -f "$READY" "$GO"
    untouched_by damon_applies_nothing $action
  done
  for action in pageout cold; do
    rm -f "$READY" "$GO"
    untouched_by run_damon $action process
  done
}

@test "DAMON schemes neither page out nor age the node's pages" {
  either_way damon_does_nothing
}

damon_applied() {
  damon_tried && [ "$(damon_stat sz_applied)" -gt 0 ]
}

# bats test_tags=variation
@test "which they do with those of DRAM" {
  local action
  for action in pageout lru_deprio lru_prio; do
    damon_scheme $action dram
    echo on >$KDAMOND/state
    poll 30 damon_applied
    echo off >$KDAMOND/state
  done
}

damon_migrates_nothing() {
  local action
  for action in migrate_cold migrate_hot; do
    rm -f "$READY" "$GO"
    untouched_by run_damon $action device 0
    rm -f "$READY" "$GO"
    background_ready "map 16M; fill 1; signal $READY; wait $GO; on 0 all; verify 1"
    run_damon $action dram "$NODE"
    assert_node_empty
    background_finish
  done
}

# bats test_tags=variation
@test "nor do they move pages from the node or to it" {
  either_way damon_migrates_nothing
}

pools_grow_elsewhere() {
  local before made
  drain
  before=$(allocations)
  echo 20 >/proc/sys/vm/nr_hugepages
  made=$(</proc/sys/vm/nr_hugepages)
  [ "$made" -ge 10 ] || fail "only $made huge pages"
  equal "$(<"$NODES/node0/hugepages/hugepages-2048kB/nr_hugepages")" "$made" "huge pages of DRAM"
  echo 0 >/proc/sys/vm/nr_hugepages
  equal "$(allocations)" "$before" "allocations on the node"
  assert_node_empty
}

@test "huge page pools grow without the node" {
  either_way pools_grow_elsewhere
}

khugepaged_does_nothing() {
  echo madvise >"$THP/enabled"
  background_ready "map 8M; bind $NODE; fill 1; madvise hugepage; signal $READY; wait $GO" \
    "smaps AnonHugePages none; on $NODE all; verify 1"
  run_khugepaged
  background_finish
}

@test "khugepaged makes no huge page of the node's pages" {
  either_way khugepaged_does_nothing
}

# The node's pages would go to DRAM with the others.
khugepaged_takes_no_stray() {
  echo madvise >"$THP/enabled"
  background_ready "map 2M as stray; fill 1; slice 0 64K; move $NODE; whole; madvise hugepage" \
    "map 2M as none; fill 2; madvise hugepage; signal $READY; wait $GO" \
    "smaps AnonHugePages all; verify 2" \
    "use stray; smaps AnonHugePages none; on $NODE 64K; on 0 1984K; verify 1"
  run_khugepaged
  background_finish
}

@test "khugepaged leaves a range alone that has some pages on the node" {
  either_way khugepaged_takes_no_stray
}

# Free blocks of pages that the hypervisor was told of, as /proc/kpageflags has them:
# KPF_BUDDY and, which is the same bit there, KPF_UPTODATE.
reported() { # MEMORY-BLOCK...
  local block
  for block; do
    dd if=/proc/kpageflags bs=256K skip=$((16#$(<"$block/phys_index"))) count=1 status=none
  done | od -An -v -w8 -tx8 | grep -c '408$' || true
}

# What is freed is reported, with all that was not yet, after two seconds.
reporting_passes_by() {
  memscript "map 32M; bind $NODE; touch"
  sleep 3
  equal "$(reported "$NODES/node$NODE"/memory[0-9]*)" 0 "reported blocks"
}

@test "free pages are not reported to the hypervisor" {
  equal "$(</sys/devices/system/memory/block_size_bytes)" 8000000
  modprobe virtio_balloon
  either_way reporting_passes_by
  [ "$(reported "$NODES/node0/memory3")" -gt 0 ]
  rmmod virtio_balloon
}

# What is beside it shows that reclaim came by.
locked_memory_stays() {
  local dir loose="on swap some; on $NODE none"
  dir=$(cgroup locked)
  [ "$(attr demotion)" = 0 ] || loose="on $NODE some"
  echo 1 >/sys/kernel/mm/numa/demotion_enabled
  background_ready "write $dir/cgroup.procs self; map 8M as locked; mlock; fill 1" \
    "map 8M as loose; fill 2; signal $READY; wait $GO; use loose; $loose; verify 2" \
    "use locked; on 0 all; verify 1"
  drain
  memscript "reclaim $dir 4M"
  background_finish
}

@test "locked memory that is not bound is not on the node, and is not demoted to it" {
  either_way locked_memory_stays
}
