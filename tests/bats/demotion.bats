#!/usr/bin/env bats
# vm: --private 128M --private 128M --swap 384M --dram 512M --smp 2
# A private node as a tier: DESIGN.md 8.2, 8.16. dax0.0 is node 1, dax1.0 node 2.

load lib

plug_tier() { # [DEVICE [ADISTANCE]]
  bind_to anondax "${1:-}"
  set_attr adistance "${2:-2880}" "${1:-}"
  set_attr reclaim 1 "${1:-}"
  set_attr demotion 1 "${1:-}"
  plug online "${1:-}"
  demotion_is 1
}

# Its distances are not for the files that share its guest.
teardown_file() {
  unbind dax0.0
  unbind dax1.0
}

demotion_is() { # 0|1
  echo "$1" >/sys/kernel/mm/numa/demotion_enabled
}

# Runs STATEMENTs in a cgroup of which 8M are reclaimed where they wait.
with_8m_reclaimed() { # STATEMENT-BEFORE STATEMENT-AFTER
  local dir
  dir=$(cgroup tier)
  background_ready "write $dir/cgroup.procs self; $1; signal $READY; wait $GO; $2"
  drain
  echo 8M >"$dir/memory.reclaim"
  background_finish
}

demote_8m() {
  rm -f "$READY" "$GO"
  with_8m_reclaimed "map 16M; fill 1" "on 1 some; verify 1"
}

@test "reclaim moves cold pages of DRAM to the node" {
  plug_tier
  with_either_lru demote_8m
  [ "$(stat_of demoted)" -gt $((LRU_ROUNDS * 1000)) ]
}

@test "huge pages are demoted whole" {
  plug_tier
  echo always >"$THP/enabled"
  # or some that are on the node would go on to swap
  swapoff /dev/vda
  with_8m_reclaimed "map 16M; fill 1; smaps AnonHugePages all" \
    "on 1 some; smaps AnonHugePages all; verify 1"
  swapon /dev/vda
}

@test "page cache and shared memory are demoted, too" {
  plug_tier
  with_8m_reclaimed "map 16M shm; fill 1" "on 1 some; verify 1"
  rm -f "$READY" "$GO"
  with_8m_reclaimed "map 16M file $(gcc -print-prog-name=cc1); read" "on 1 some"
}

# Prints which MiB of FILE begins with a page on node 1. Not each does: reclaim goes on
# with what it has demoted.
demoted_of() { # FILE
  local at
  for at in {0..15}; do
    if memscript "map 16M file $1; slice ${at}M 4K; read; on 1 all"; then
      echo "$at"
      return
    fi
  done
  fail "no MiB of $1 begins on node 1"
}

sum_of_page() { # FILE MIB
  dd if="$1" bs=4K skip=$(($2 * 256)) count=1 status=none | cksum
}

@test "page cache that a memory error strikes there is read again" {
  local file at sum corrupted
  pages_get_lost
  plug_tier
  file=$(gcc -print-prog-name=cc1)
  # or it is of the cgroup of whoever read it first
  echo 1 >/proc/sys/vm/drop_caches
  with_8m_reclaimed "map 16M file $file; read" "on 1 some"
  at=$(demoted_of "$file")
  sum=$(sum_of_page "$file" "$at")
  corrupted=$(meminfo HardwareCorrupted)
  memscript "map 16M file $file; slice ${at}M 4K; read; on 1 all; madvise hwpoison" \
    "on absent all; read; on 0 all"
  equal "$(meminfo HardwareCorrupted)" $((corrupted + 4)) HardwareCorrupted
  equal "$(sum_of_page "$file" "$at")" "$sum" "what is read"
  unplug
  equal "$(meminfo HardwareCorrupted)" "$corrupted" HardwareCorrupted
}

# bats test_tags=variation
@test "MADV_PAGEOUT of DRAM does not demote, it swaps" {
  plug_tier
  memscript "map 8M; fill 1; madvise pageout; on 1 none; on swap some; verify 1"
  equal "$(stat_of demoted)" 0
}

@test "khugepaged leaves shared memory alone that was demoted, and none else" {
  local dir shmem=$THP/shmem_enabled
  plug_tier
  swapoff /dev/vda
  dir=$(cgroup tier)
  echo madvise >"$THP/enabled"
  background_ready "write $dir/cgroup.procs self; map 8M shm as cold; fill 1; reclaim $dir 64M" \
    "on 1 all; map 8M shm as control; fill 2; on 0 all; write $shmem advise; madvise hugepage" \
    "use cold; madvise hugepage; signal $READY; wait $GO; on 1 all; kflags thp none; verify 1" \
    "use control; verify 2; on 0 all; kflags thp all"
  run_khugepaged
  echo never >"$shmem"
  background_finish
  swapon /dev/vda
}

# A page of "a", the same in "b", after each 28K of "c": of the 32 pages that reclaim
# takes at a time some are shared, and those no target takes.
ksm_pages_between_others() {
  local i
  echo "map 1M as b; map 1M as a; map 7M as c"
  for i in {0..255}; do
    echo "use b; slice $((i * 4))K 4K; fill 1; use a; slice $((i * 4))K 4K; fill 1"
    echo "use c; slice $((i * 28))K 28K; fill 2"
  done
  echo "use b; whole; madvise mergeable; use a; whole; madvise mergeable; use c; whole"
}

# Leaves in SCANNED how many pages it takes to demote some of them, after COMMAND.
demote_4m_after() { # COMMAND STATEMENT-AFTER
  local dir
  rm -f "$READY" "$GO"
  dir=$(cgroup tier)
  background_ready "write $dir/cgroup.procs self; $(ksm_pages_between_others)" \
    "signal $READY; wait $GO; use c; on 1 some; $2"
  "$1"
  # two young mappings make a page as good as used all the time
  echo 1 >"/proc/$BACKGROUND/clear_refs"
  drain
  SCANNED=$(scanned)
  echo 4M >"$dir/memory.reclaim"
  SCANNED=$(($(scanned) - SCANNED))
  background_finish
  remove_cgroups
}

@test "what KSM shares is not demoted, and what is beside it is" {
  local alone demoted
  plug_tier
  swapoff /dev/vda
  demote_4m_after true "verify 2"
  alone=$SCANNED
  demoted=$(stat_of demoted)
  demote_4m_after run_ksm "use a; same b some; on 1 none; verify 1"
  swapon /dev/vda
  echo "scanned: $alone and $SCANNED, demoted: $demoted and $(($(stat_of demoted) - demoted))"
  # eight times as many if the first one that is shared ends what is demoted at once
  [ "$SCANNED" -lt $((alone * 2)) ]
  [ $(($(stat_of demoted) - demoted)) -gt 500 ]
}

# bats test_tags=variation
@test "without the opt-in they go to swap" {
  set_attr reclaim 1
  plug
  demotion_is 1
  with_8m_reclaimed "map 16M; fill 1" "on 1 none; on swap some; verify 1"
}

@test "without demotion_enabled they go to swap" {
  plug_tier
  demotion_is 0
  with_8m_reclaimed "map 16M; fill 1" "on 1 none; on swap some; verify 1"
}

@test "a cgroup without the node in cpuset.mems has nothing demoted to it" {
  local dir
  plug_tier
  dir=$(cgroup tier)
  echo 0 >"$dir/cpuset.mems"
  with_8m_reclaimed "map 16M; fill 1" "on 1 none; on swap some; verify 1"
  equal "$(stat_of demoted)" 0
  rm -f "$READY" "$GO"
  echo 0,1 >"$dir/cpuset.mems"
  with_8m_reclaimed "map 16M; fill 1" "on 1 some; verify 1"
}

@test "nor has it when its parent is reclaimed, whose cpuset has the node" {
  local parent
  plug_tier
  parent=$(cgroup parent)
  mkdir -p "$parent/child"
  echo '+memory +cpuset' >"$parent/cgroup.subtree_control"
  echo 0 >"$parent/child/cpuset.mems"
  background_ready "write $parent/child/cgroup.procs self; map 16M; fill 1" \
    "signal $READY; wait $GO; on 1 none; on swap some; verify 1"
  drain
  echo 8M >"$parent/memory.reclaim"
  background_finish
  poll 5 rmdir "$parent/child"
}

@test "taking the opt-in away and giving it back counts at once" {
  plug_tier
  set_attr demotion 0
  with_8m_reclaimed "map 16M; fill 1" "on 1 none; on swap some; verify 1"
  rm -f "$READY" "$GO"
  set_attr demotion 1
  with_8m_reclaimed "map 16M; fill 1" "on 1 some; verify 1"
}

@test "a node above DRAM demotes to DRAM, and nothing is put there" {
  set_attr mbind 1
  plug_tier dax0.0 300
  with_8m_reclaimed "map 16M; bind 1; fill 1; on 1 all" "on 0 some; verify 1"
  rm -f "$READY" "$GO"
  with_8m_reclaimed "map 16M; fill 1" "on 1 none; on swap some; verify 1"
  equal "$(stat_of demoted)" 0
}

# bats test_tags=variation
@test "so it does when it is outgrown, and nobody is killed" {
  set_attr mbind 1
  plug_tier dax0.0 300
  swapoff /dev/vda
  memscript "$(much_of_node 104); mlock; map 40M; bind 1; fill 1; on 0 some; verify 1"
  swapon /dev/vda
  run ! log_says 'Killed process'
}

@test "without the opt-in what is on it goes to swap, and not to DRAM" {
  set_attr mbind 1
  plug_tier dax0.0 300
  set_attr demotion 0
  with_8m_reclaimed "map 16M; bind 1; fill 1; on 1 all" "on swap some; on 0 none; verify 1"
}

@test "three tiers: above DRAM, DRAM, below" {
  set_attr mbind 1
  plug_tier dax0.0 300
  plug_tier dax1.0
  with_8m_reclaimed "map 16M; bind 1; fill 1; on 1 all" "on 0 some; on 1 some; verify 1"
  rm -f "$READY" "$GO"
  with_8m_reclaimed "map 16M; fill 1" "on 2 some; on 1 none; verify 1"
}

@test "what one private node has no room for goes to the next, and nowhere else" {
  local before dir
  set_attr mbind 1
  plug_tier dax0.0
  plug_tier dax1.0
  dir=$(cgroup tier)
  swapoff /dev/vda
  before=$(pages_demoted)
  # the first one becomes full in the middle of a batch
  background_ready "write $dir/cgroup.procs self; $(NODE=1 much_of_node 124); mlock; on 1 all" \
    "map 32M; fill 1; signal $READY; wait $GO; on 1 some; on 2 some; verify 1"
  drain
  echo 24M >"$dir/memory.reclaim"
  background_finish
  swapon /dev/vda
  [ $(($(pages_demoted) - before)) -le $(($(stat_of demoted) + $(stat_of demoted dax1.0))) ]
}

# Takes all of DRAM and MORE, unharmed; what is locked of it costs reclaim no time.
fill_dram() { # MIB-MORE
  local rest said
  rest=$(($(meminfo MemFree) / 1024 - 48))
  echo always >"$THP/enabled"
  said=$(memscript "map ${rest}M; mlock; run filler anon=$((48 + $1))M")
  [[ $said == "anon: holds"* ]] || fail "$said"
}

# bats test_tags=variation
@test "what the node has no room for goes to swap" {
  local before demoted
  set_attr mbind 1
  plug_tier
  before=$(vmstat pswpout)
  demoted=$(pages_demoted)
  background_ready "$(NODE=1 much_of_node 104); mlock; signal $READY; wait $GO; on 1 all"
  fill_dram 48
  background_finish
  [ "$(stat_of demoted)" -gt 1000 ]
  [ $(($(vmstat pswpout) - before)) -gt 2048 ]
  # not from one page of DRAM to another
  [ $(($(pages_demoted) - demoted)) -le "$(stat_of demoted)" ]
}

# bats test_tags=variation
@test "pressure on DRAM demotes instead of killing" {
  plug_tier
  swapoff /dev/vda
  fill_dram 16
  swapon /dev/vda
  [ "$(stat_of demoted)" -gt 1000 ]
}

# Huge pages show that it is not even tried: one that has no place to go to is split.
@test "what its cpuset keeps from being demoted goes to swap under pressure" {
  local dir splits
  plug_tier
  dir=$(cgroup tier)
  echo 0 >"$dir/cpuset.mems"
  echo always >"$THP/enabled"
  splits=$(vmstat thp_migration_split)
  background_ready "write $dir/cgroup.procs self; map 16M; fill 1; smaps AnonHugePages all" \
    "signal $READY; wait $GO; on 1 none; on swap some; verify 1"
  fill_dram 16
  background_finish
  equal "$(vmstat thp_migration_split)" "$splits" "huge pages that were split to be moved"
  # what others have was demoted meanwhile
  [ "$(stat_of demoted)" -gt 0 ]
}

# Unplugs when that goes on, and plugs again.
unplug_amid() { # PREFIX
  poll 20 counted "$1" $(($(counted "$1" 0) + 200))
  if set_attr hotplug unplugged; then
    echo "unplugged amid $1"
    set_attr hotplug online
  else
    equal "$(attr hotplug)" online_movable
    [ "$(zoneinfo managed 1)" -gt 30000 ]
  fi
}

@test "an unplug amid demotion and reclaim works or changes nothing, and works afterwards" {
  local dir reclaimer
  plug_tier
  dir=$(cgroup tier)
  # without swap all goes back and forth
  swapoff /dev/vda
  background_ready "write $dir/cgroup.procs self; map 48M; fill 1; signal $READY; wait $GO" \
    "verify 1"
  reclaim_until_go "$dir" 3>&- &
  reclaimer=$!
  for _ in 1 2 3; do unplug_amid pgdemote_; done
  swapon /dev/vda
  unplug_amid pswpout
  background_finish
  wait $reclaimer
  unplug
}

# bats test_tags=variation
@test "the limit of a cgroup is not met by demotion" {
  local dir limit
  plug_tier
  for limit in max high; do
    dir=$(cgroup $limit)
    echo 16M >"$dir/memory.$limit"
    memscript "write $dir/cgroup.procs self; map 24M; fill 1; on swap some; on 1 none" \
      "slice 0 2M; verify 1"
  done
  run ! log_says 'Killed process'
}

# bats test_tags=variation
@test "nor is it by demotion from a node above DRAM" {
  local dir
  set_attr mbind 1
  plug_tier dax0.0 300
  dir=$(cgroup limit)
  echo 16M >"$dir/memory.max"
  memscript "write $dir/cgroup.procs self; map 24M; bind 1; fill 1; on swap some" \
    "slice 0 2M; verify 1"
  run ! log_says 'Killed process'
}

# Runs STATEMENTs that take 24M in a cgroup of 16M.
killed_at_the_limit() { # STATEMENT...
  local dir before
  dir=$(cgroup limit)
  echo 16M >"$dir/memory.max"
  echo 0 >"$dir/memory.swap.max"
  drain
  before=$(pages_demoted)
  timeout 60 memscript "fork; write $dir/cgroup.procs self" "$@" "end KILL"
  equal "$(pages_demoted)" "$before" "pages demoted"
  equal "$(stat_of demoted)" 0 demoted
}

# What is demoted stays charged: that could go on for ever.
@test "without swap who exceeds it is killed, with the node below DRAM or above" {
  local distance
  set_attr mbind 1
  for distance in 2880 300; do
    plug_tier dax0.0 $distance
    killed_at_the_limit "map 24M; touch"
    killed_at_the_limit "map 12M; bind 1; touch; map 12M; touch"
    unplug
  done
}

# bats test_tags=variation
@test "demotion without reclaim is EINVAL, in both orders, plugged or not" {
  local when
  for when in before after; do
    refuses EINVAL "$(attr_file demotion)" 1
    set_attr reclaim 1
    set_attr demotion 1
    refuses EINVAL "$(attr_file reclaim)" 0
    log_says 'demotion needs reclaim'
    equal "$(attr reclaim) $(attr demotion)" "1 1"
    set_attr demotion 0
    set_attr reclaim 0
    [ "$when" = after ] || plug
  done
}
