#!/usr/bin/env bats
# vm: --private 128M --dram 512M
# Nothing reaches a private node that did not ask for it: DESIGN.md I1, I2, I4.
# The node's free pages must equal its managed pages, and the allocator must not
# have counted a single allocation there, however short it lived.

load lib

setup_plugged() {
  plug "${1:-online_movable}"
  drain
  BEFORE=$(allocations)
}

assert_untouched() {
  assert_node_empty
  equal "$(allocations)" "$BEFORE" "allocations on the node"
}

everything_at_once() {
  filler dentries=8M pagetables=8M pipes=8M sockets=8M tmpfs=32M cache=64M -- \
    filler anon=max -- memscript 'try write /proc/sys/vm/nr_hugepages 64'
}

# Fills DRAM with everything at once, until the OOM killer has been at work. Who
# names the node itself, with __GFP_THISNODE, is in scope.bats.
fill_until_oom() {
  export FILLER_TMPFS=$BATS_TEST_TMPDIR
  export -f everything_at_once
  run -0 memscript "$(much_of_dram 160); run bash -c everything_at_once"
  echo 0 >/proc/sys/vm/nr_hugepages
  echo "$output"
  [[ $output == *"anon: killed"* ]]
  rm -f "$BATS_TEST_TMPDIR"/filler.*
  assert_untouched
}

@test "with every kind of memory filled up to OOM kills, ZONE_MOVABLE stays empty" {
  set_attr mbind 1
  setup_plugged online_movable
  fill_until_oom
  log_says 'Out of memory: Killed process'
}

# bats test_tags=variation
@test "with every kind of memory filled up to OOM kills, ZONE_NORMAL stays empty" {
  setup_plugged online_kernel
  fill_until_oom
}

@test "hugetlb pools cannot be made on the node" {
  setup_plugged online_kernel
  local pool=$NODES/node$NODE/hugepages/hugepages-2048kB
  if [ -e "$pool/nr_hugepages" ]; then
    echo 4 >"$pool/nr_hugepages" 2>/dev/null || true
    equal "$(<"$pool/nr_hugepages")" 0 "huge pages on the node"
  fi
  echo 8 >/proc/sys/vm/nr_hugepages
  echo 8 >/proc/sys/vm/nr_overcommit_hugepages
  assert_untouched
  memscript 'map 24M hugetlb; touch'
  assert_untouched
  echo 0 >/proc/sys/vm/nr_hugepages
  echo 0 >/proc/sys/vm/nr_overcommit_hugepages
}

# bats test_tags=variation
@test "hugetlb pages of a task that is bound to the node stay on DRAM" {
  set_attr mbind 1
  setup_plugged online_kernel
  memscript "policy 0,$NODE; write /proc/sys/vm/nr_hugepages_mempolicy 4"
  equal "$(</proc/sys/vm/nr_hugepages)" 4 "huge pages"
  memscript "policy $NODE; try write /proc/sys/vm/nr_hugepages_mempolicy 8"
  assert_untouched
  echo 0 >/proc/sys/vm/nr_hugepages
}

@test "the node cannot be compacted by hand" {
  setup_plugged
  refuses EINVAL "$NODES/node$NODE/compact" 1
  echo 1 >/proc/sys/vm/compact_memory
  assert_untouched
}

@test "changing reserves at run time brings nothing there" {
  local reserve
  setup_plugged online_kernel
  reserve=$(</proc/sys/vm/min_free_kbytes)
  echo $((reserve * 2)) >/proc/sys/vm/min_free_kbytes
  filler cache=16M anon=16M -- true
  echo "$reserve" >/proc/sys/vm/min_free_kbytes
  assert_untouched
}

# With the opt-in, too: only who writes its number names it.
# bats test_tags=variation
@test "numactl --interleave=all is as without the node" {
  set_attr mbind 1
  set_attr interleave 1
  setup_plugged
  numactl --interleave=all -- memscript 'map 16M; fill 1; on 0 all'
  numactl --interleave=all -- filler cache=8M tmpfs=8M pipes=4M -- true
  assert_untouched
}

# bats test_tags=variation
@test "a task that prefers or interleaves over the node alone is refused" {
  local mode
  set_attr mbind 1
  setup_plugged
  for mode in preferred preferred-many interleave weighted; do
    memscript "expect EINVAL policy $NODE $mode"
  done
  memscript "policy 0,$NODE interleave; map 8M; fill 1; on 0 all"
  memscript "policy 0,$NODE preferred-many; map 8M; fill 1; on 0 all"
  assert_untouched
}

# bats test_tags=variation
@test "tmpfs cannot be mounted with a policy for the node" {
  local mode
  set_attr mbind 1
  set_attr interleave 1
  setup_plugged
  for mode in bind interleave prefer; do
    run ! mount -t tmpfs -o "mpol=$mode:$NODE" none "$BATS_TEST_TMPDIR"
  done
  assert_untouched
}

@test "cgroups, name spaces, threads and modules made while it is there avoid it" {
  local i
  setup_plugged online_kernel
  for i in {1..20}; do
    mkdir "$CGROUPS/bats.many$i"
    echo 0 >"$CGROUPS/bats.many$i/cpuset.mems"
  done
  for i in {1..10}; do
    unshare --net --ipc --pid --fork --mount true
  done
  modprobe loop
  modprobe zram
  rmmod zram
  assert_untouched
}

@test "cpuset.mems that lists every node draws nothing there" {
  local dir
  set_attr mbind 1
  setup_plugged
  dir=$(cgroup all)
  echo "0-$NODE" >"$dir/cpuset.mems"
  memscript "write $dir/cgroup.procs self; map 16M; fill 1; on 0 all"
  memscript "write $dir/cgroup.procs self; run filler cache=8M tmpfs=8M -- true"
  assert_untouched
}

@test "pages of the node are not shown to others when they are freed" {
  set_attr mbind 1
  setup_plugged
  memscript "map 100M; bind $NODE; fill 7"
  memscript "map 100M; bind $NODE; madvise populate_write; on $NODE all; zeroed; fill 7"
  memscript "map 100M; bind $NODE; madvise hugepage; madvise populate_write; on $NODE all; zeroed"
}

@test "khugepaged, kswapd and kcompactd under pressure leave the node alone" {
  setup_plugged
  echo always >"$THP/enabled"
  echo 1 >"$THP/khugepaged/defrag"
  echo 0 >"$THP/khugepaged/scan_sleep_millisecs"
  filler anon=256M tmpfs=32M cache=32M -- memscript 'map 64M; fill 1; churn 1; on 0 all'
  echo 10000 >"$THP/khugepaged/scan_sleep_millisecs"
  assert_untouched
}
