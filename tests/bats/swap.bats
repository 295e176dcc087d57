#!/usr/bin/env bats
# vm: --private 128M --swap 256M --dram 512M
# Swap and reclaim: a node without "reclaim" is neither swapped out nor aged,
# and swap-in brings nobody else's pages there: DESIGN.md 8.7, 8.17, I6.

load lib

swap_on() { # [SIZE in kB]
  swapoff /dev/vda
  mkswap /dev/vda ${1:+"$1"} >/dev/null
  swapon /dev/vda
}

# Anonymous memory that DRAM has no room for, and swap has: more than page cache
# gives way to. Not more swap than that takes: reclaim does not wait for what it
# writes, and would write all of DRAM.
press_on_dram() {
  swap_on 49152
  echo 200 >/proc/sys/vm/swappiness
  filler "anon=$(($(meminfo MemFree) / 1024 + 16))M" -- true
  echo 60 >/proc/sys/vm/swappiness
  swap_on
}

@test "no kswapd and no kcompactd runs for the node" {
  local word
  for word in online_movable online_kernel; do
    plug "$word"
    run ! pgrep -x "kswapd$NODE"
    run ! pgrep -x "kcompactd$NODE"
    unplug
  done
  pgrep -x kswapd0
}

press_beside_the_node() {
  local before inactive active
  rm -f "$READY" "$GO"
  before=$(vmstat pswpout)
  background_ready "map 16M; bind $NODE; fill 1; signal $READY; wait $GO" \
    "on swap none; on $NODE all; verify 1"
  drain
  inactive=$(vmstat nr_inactive_anon "$NODE")
  active=$(vmstat nr_active_anon "$NODE")
  press_on_dram
  [ "$(vmstat pswpout)" -gt "$before" ]
  equal "$(vmstat nr_inactive_anon "$NODE")" "$inactive" nr_inactive_anon
  equal "$(vmstat nr_active_anon "$NODE")" "$active" nr_active_anon
  background_finish
}

# bats test_tags=variation
@test "pressure on DRAM neither swaps nor ages the node's pages" {
  plug_for_mbind
  with_either_lru press_beside_the_node
}

reclaim_by_hand() {
  local dir
  rm -f "$READY" "$GO"
  dir=$(cgroup reclaim)
  background_ready "write $dir/cgroup.procs self; map 8M as d; fill 2" \
    "map 8M as p; bind $NODE; fill 1; signal $READY; wait $GO" \
    "on $NODE all; use d; on swap some; verify 2; use p; verify 1"
  drain
  echo 16M >"$dir/memory.reclaim" || true
  background_finish
  remove_cgroups
}

# bats test_tags=variation
@test "memory.reclaim swaps a cgroup's DRAM pages and not those on the node" {
  plug_for_mbind
  with_either_lru reclaim_by_hand
}

meet_a_limit() {
  local dir
  dir=$(cgroup limit)
  echo 24M >"$dir/memory.max"
  memscript "write $dir/cgroup.procs self; map 8M as p; bind $NODE; fill 1" \
    "map 32M as d; fill 2; on swap some; verify 2; use p; on $NODE all; verify 1"
  remove_cgroups
}

@test "a memory limit is met by swapping DRAM pages, not those on the node" {
  plug_for_mbind
  with_either_lru meet_a_limit
}

# bats test_tags=variation
@test "MADV_PAGEOUT and MADV_COLD leave the node's pages" {
  plug_for_mbind
  memscript "map 4M; bind $NODE; fill 1; madvise cold; madvise pageout; on swap none" \
    "on $NODE all; verify 1"
}

# Two buffers whose pages alternate in swap, and in swap only; b is bound.
alternate_in_swap() { # CGROUP
  local i script
  script="write $1/cgroup.procs self; map 1M as a; fill 1; map 1M as b; fill 2"
  script+="; map 4K; touch; move 0"
  for ((i = 0; i < 256; i += 2)); do
    script+="; use a; slice ${i}p 2p; madvise pageout"
    script+="; use b; slice ${i}p 2p; madvise pageout"
  done
  # what was just written is still in the swap cache: drop it, and what waits in the
  # lists of a processor is not found before these are emptied
  for ((i = 0; i < 3; i++)); do
    script+="; write /proc/sys/vm/drop_caches 1; try write $1/memory.reclaim 16M"
  done
  echo "$script; use a; on swap all; use b; on swap all; bind $NODE;"
}

readahead_brings_no_strangers() {
  local dir before
  plug_for_mbind
  dir=$(cgroup swap)
  before=$(vmstat swap_ra)
  memscript "$(alternate_in_swap "$dir")" "verify 2; where; use a; verify 1; where; on $NODE none" \
    || return
  [ "$(vmstat swap_ra)" -gt "$before" ] || fail "nothing was read ahead"
}

swap_again() { # with the device's rotational flag set to $1
  swapoff /dev/vda
  echo "$1" >/sys/block/vda/queue/rotational
  swapon /dev/vda
}

@test "readahead by place in swap brings no stranger's page onto the node" {
  swap_again 1
  readahead_brings_no_strangers
}

# bats test_tags=variation
@test "readahead by address brings no stranger's page onto the node" {
  swap_again 0
  readahead_brings_no_strangers
}

@test "a bound page that is swapped in on its own lands on the node" {
  local dir
  plug_for_mbind
  dir=$(cgroup swap)
  echo 0 >/proc/sys/vm/page-cluster
  memscript "$(alternate_in_swap "$dir")" "verify 2; where; on $NODE all"
  echo 3 >/proc/sys/vm/page-cluster
}

@test "a bound page swapped in from zram lands on the node" {
  plug_for_mbind
  modprobe zram
  echo 64M >/sys/block/zram0/disksize
  mkswap /dev/zram0 >/dev/null
  swapoff /dev/vda
  swapon /dev/zram0
  memscript "$(alternate_in_swap "$(cgroup swap)")" "verify 2; on $NODE all; use a; verify 1; on $NODE none"
  swapoff /dev/zram0
  rmmod zram
  swapon /dev/vda
}

@test "swapoff brings everything back unharmed" {
  plug_for_mbind
  memscript "$(alternate_in_swap "$(cgroup swap)")" "run swapoff /dev/vda; on swap none; verify 2" \
    "use a; verify 1; on $NODE none; run swapon /dev/vda"
}

@test "a page of the node that was swapped out on DRAM first is charged once" {
  local dir
  plug_for_mbind
  dir=$(cgroup charge)
  memscript "$(alternate_in_swap "$dir") verify 2; use a; verify 1" \
    "run cat $dir/memory.current"
  poll 10 reads_below "$dir/memory.current" $((2 << 20))
}
