#!/usr/bin/env bats
# vm: --private 128M --private 128M --swap 384M --dram 512M --smp 2
# A node that is reclaimed: DESIGN.md 8.11, 8.12, 8.17, 8.18. Without the opt-in
# see swap.bats, oom.bats and memcg.bats.

load lib

plug_for_reclaim() {
  set_attr reclaim 1
  plug_for_mbind
}

threads_run() {
  pgrep -x "kswapd$NODE" >/dev/null && pgrep -x "kcompactd$NODE" >/dev/null
}

no_thread_runs() {
  ! pgrep -x "kswapd$NODE|kcompactd$NODE" >/dev/null
}

@test "the node's threads come and go with the opt-in" {
  plug
  no_thread_runs
  set_attr reclaim 1
  threads_run
  set_attr reclaim 0
  no_thread_runs
  set_attr reclaim 1
  threads_run
  unplug
  no_thread_runs
  plug
  threads_run
}

cpu_time_of() { # THREAD: in ticks
  local stat
  read -r stat <"/proc/$(pgrep -x "$1")/stat"
  # shellcheck disable=SC2086 # fields
  set -- ${stat##*)}
  echo $((${12} + ${13}))
}

# Not all of it is read again: each page would push out another one.
outgrow_the_node() {
  memscript "$(much_of_node 104); mlock; map 32M; bind $NODE; fill 1; on swap some; on 0 none" \
    "slice 0 4M; verify 1; slice 28M 4M; verify 1"
}

@test "a bound buffer that outgrows the node goes to swap and is unharmed" {
  plug_for_reclaim
  with_either_lru outgrow_the_node
  run ! log_says 'Killed process'
}

# bats test_tags=variation
@test "pressure on the node kills nobody for min_ttl_ms, which is about DRAM" {
  plug_for_reclaim
  echo y >/sys/kernel/mm/lru_gen/enabled
  echo 60000 >/sys/kernel/mm/lru_gen/min_ttl_ms
  outgrow_the_node
  echo 0 >/sys/kernel/mm/lru_gen/min_ttl_ms
  echo n >/sys/kernel/mm/lru_gen/enabled
  run ! log_says 'Killed process'
}

# bats test_tags=variation
@test "filling the node wakes its kswapd" {
  local before
  plug_for_reclaim
  before=$(cpu_time_of "kswapd$NODE")
  outgrow_the_node
  [ "$(cpu_time_of "kswapd$NODE")" -gt "$before" ]
}

meet_a_limit() {
  local dir
  dir=$(cgroup limit)
  echo 6M >"$dir/memory.max"
  memscript "write $dir/cgroup.procs self; map 10M; bind $NODE; fill 1; on swap some; verify 1"
  remove_cgroups
}

@test "the limit of a cgroup is met with its pages on the node" {
  plug_for_reclaim
  with_either_lru meet_a_limit
  run ! log_says 'Killed process'
}

reclaim_by_hand() {
  local dir
  rm -f "$READY" "$GO"
  dir=$(cgroup hand)
  background_ready "write $dir/cgroup.procs self; map 16M; bind $NODE; fill 1" \
    "signal $READY; wait $GO; on swap some; verify 1"
  echo 8M >"$dir/memory.reclaim"
  background_finish
  remove_cgroups
}

@test "memory.reclaim takes pages of the node" {
  plug_for_reclaim
  with_either_lru reclaim_by_hand
}

@test "a cgroup over memory.high is brought back below it" {
  local dir
  plug_for_reclaim
  dir=$(cgroup high)
  echo 12M >"$dir/memory.high"
  background_ready "write $dir/cgroup.procs self; map 20M; bind $NODE; fill 1" \
    "signal $READY; wait $GO; on swap some; verify 1"
  poll 30 reads_below "$dir/memory.current" $((14 << 20))
  background_finish
}

# bats test_tags=variation
@test "pressure on the node takes nothing of DRAM, caches included" {
  local dentries after
  plug_for_reclaim
  background_ready "map 32M; fill 2; signal $READY; wait $GO; on swap none; on 0 all; verify 2"
  read -r dentries _ </proc/sys/fs/dentry-state
  outgrow_the_node
  read -r after _ </proc/sys/fs/dentry-state
  [ "$after" -ge $((dentries * 9 / 10)) ]
  background_finish
}

# bats test_tags=variation
@test "pressure on DRAM leaves the node's pages where they are" {
  local before
  plug_for_reclaim
  background_ready "map 16M; bind $NODE; fill 1; signal $READY; wait $GO" \
    "on swap none; on $NODE all; verify 1"
  before=$(vmstat pswpout)
  filler "anon=$(($(meminfo MemFree) / 1024 + 16))M" -- true
  [ "$(vmstat pswpout)" -gt "$before" ]
  background_finish
}

# bats test_tags=variation
@test "the node can be compacted by hand" {
  local before
  plug_for_reclaim
  before=$(vmstat compact_migrate_scanned)
  background_ready "map 8M; bind $NODE; fill 1; signal $READY; wait $GO; on $NODE all; verify 1"
  echo 1 >"$NODES/node$NODE/compact"
  [ "$(vmstat compact_migrate_scanned)" -gt "$before" ]
  background_finish
}

# Statements that unmap every other 64K of what they map.
holes() { # MIB
  local i
  echo "map $1M; bind $NODE; fill 1"
  for ((i = 0; i < $1 * 1024; i += 128)); do
    echo "slice ${i}K 64K; madvise dontneed"
  done
  echo "slice 64K 64K"
}

# Free memory of the node in blocks of a huge page or larger, in pages: order 0 is
# the fifth field.
free_in_huge_blocks() {
  awk -v node="$NODE," '$1 == "Node" && $2 == node {
    for (field = NF; field >= 14; field--) sum = 2 * sum + $field
    all += 512 * sum; sum = 0
  } END { print all + 0 }' /proc/buddyinfo
}

more_in_huge_blocks() { # than PAGES
  [ "$(free_in_huge_blocks)" -gt "$1" ]
}

@test "its kcompactd compacts the node, and nobody does without the opt-in" {
  local before
  plug_for_mbind
  background_ready "$(holes 64)" "signal $READY; wait $GO; on $NODE all; verify 1"
  drain
  echo 100 >/proc/sys/vm/compaction_proactiveness
  before=$(free_in_huge_blocks)
  # kcompactd looks twice a second
  run ! poll 2 more_in_huge_blocks "$before"
  set_attr reclaim 1
  poll 20 more_in_huge_blocks $((before + 2048))
  echo 20 >/proc/sys/vm/compaction_proactiveness
  background_finish
}

compacted_by_hand() { # to more than PAGES
  echo 1 >/proc/sys/vm/compact_memory
  more_in_huge_blocks "$1"
}

@test "so it is when all nodes are compacted by hand" {
  local before
  plug_for_mbind
  background_ready "$(holes 64)" "signal $READY; wait $GO; on $NODE all; verify 1"
  drain
  before=$(free_in_huge_blocks)
  run ! compacted_by_hand "$before"
  set_attr reclaim 1
  # a page that somebody holds just then stays where it is
  poll 10 compacted_by_hand $((before + 2048))
  background_finish
}

@test "MADV_PAGEOUT swaps the node's pages out, with the opt-in to hints" {
  set_attr madvise 1
  plug_for_reclaim
  memscript "map 4M; bind $NODE; fill 1; madvise pageout; on swap some; verify 1; on $NODE some"
}

# What zone_reclaim_mode looks for. Only demotion puts it on the node.
demote_page_cache() {
  local dir
  dir=$(cgroup cache)
  # or it is of the cgroup of whoever read it first
  echo 1 >/proc/sys/vm/drop_caches
  background_ready "write $dir/cgroup.procs self" \
    "map 24M file $(gcc -print-prog-name=cc1); read; signal $READY; wait $GO"
  set_attr demotion 1
  echo 1 >/sys/kernel/mm/numa/demotion_enabled
  drain
  echo 16M >"$dir/memory.reclaim"
  echo 0 >/sys/kernel/mm/numa/demotion_enabled
  set_attr demotion 0
  drain
}

@test "zone_reclaim_mode changes nothing for the node, page cache included" {
  local cache scans runs
  pages_get_lost
  plug_for_reclaim
  demote_page_cache
  set_attr reclaim 0
  echo 7 >/proc/sys/vm/zone_reclaim_mode
  cache=$(meminfo FilePages "$NODE")
  echo "page cache on the node: $cache kB"
  [ "$cache" -gt 2048 ]
  scans=$(scanned)
  runs=$(counted zone_reclaim_ 0)
  memscript "fork; write /proc/self/oom_score_adj 1000; $(much_of_node 96); map 32M; bind $NODE; touch; end KILL"
  drain
  equal "$(meminfo FilePages "$NODE")" "$cache" "page cache"
  equal "$(scanned)" "$scans" "scanned pages"
  # and not because it is kept: the opt-in lets it go, in other ways
  set_attr reclaim 1
  memscript "$(much_of_node 96); map 32M; bind $NODE; touch"
  echo 0 >/proc/sys/vm/zone_reclaim_mode
  [ "$(meminfo FilePages "$NODE")" -lt "$cache" ]
  [ "$(scanned)" -gt "$scans" ]
  equal "$(counted zone_reclaim_ 0)" "$runs" "runs of node_reclaim()"
  background_finish
}

# bats test_tags=variation
@test "the node's free memory does not keep the killer from a full DRAM" {
  plug_for_reclaim
  swapoff /dev/vda
  run -0 memscript "$(much_of_dram 40)" "run filler anon=max"
  swapon /dev/vda
  equal "$output" "anon: killed"
  memscript "map 16M; bind $NODE; fill 1; on $NODE all; verify 1"
}

# The bystander would be the first choice of any killer.
# bats test_tags=variation
@test "without swap, or with too little, the OOM killer comes, for those on the node" {
  plug_for_reclaim
  background_ready "write /proc/self/oom_score_adj 1000; map 64M; fill 2; signal $READY" \
    "wait $GO; on 0 all; verify 2"
  swapoff /dev/vda
  memscript "fork; $(much_of_node 108); mlock; map 48M; bind $NODE; touch; end KILL"
  mkswap /dev/vda 16384 >/dev/null
  swapon /dev/vda
  memscript "fork; $(much_of_node 108); mlock; map 48M; bind $NODE; touch; end KILL"
  swapoff /dev/vda
  mkswap /dev/vda >/dev/null
  swapon /dev/vda
  background_finish
}

@test "a policy with DRAM reclaims the node before anybody is killed" {
  plug_for_reclaim
  background_ready "$(much_of_node 96); mlock; $(much_of_dram 96); signal $READY; wait $GO"
  memscript "map 136M; bind 0,$NODE; fill 1; on swap some; slice 0 8M; verify 1"
  run ! log_says 'Killed process'
  background_finish
}

# bats test_tags=variation
@test "locked memory on the node is not reclaimed" {
  plug_for_reclaim
  background_ready "map 16M; bind $NODE; mlock; fill 1; signal $READY; wait $GO; on $NODE all; verify 1"
  outgrow_the_node
  background_finish
}

press_on_the_protected() {
  local dir
  rm -f "$READY" "$GO"
  dir=$(cgroup kept)
  echo 32M >"$dir/memory.min"
  background_ready "write $dir/cgroup.procs self; map 16M; bind $NODE; fill 2; signal $READY" \
    "wait $GO; on $NODE all; verify 2"
  memscript "write $(cgroup other)/cgroup.procs self; $(much_of_node 88); mlock" \
    "map 40M; bind $NODE; touch; on swap some"
  background_finish
  remove_cgroups
}

# bats test_tags=variation
@test "what memory.min protects stays on the node, and others go to swap" {
  plug_for_reclaim
  with_either_lru press_on_the_protected
}

@test "taking the opt-in away ends it, and what was swapped comes back" {
  plug_for_reclaim
  background_ready "$(much_of_node 104); mlock; map 28M as a; bind $NODE; fill 1; on swap some" \
    "signal $READY; wait $GO" \
    "slice 0 16M; verify 1"
  set_attr reclaim 0
  memscript "fork; write /proc/self/oom_score_adj 1000; map 64M; bind $NODE; touch; end KILL"
  set_attr reclaim 1
  background_finish
}

@test "a node that is being reclaimed can be unplugged" {
  plug_for_reclaim
  background_ready "$(much_of_node 104); mlock; map 32M; bind $NODE; fill 1; on swap some; signal $READY; wait $GO" \
    "on $NODE none; verify 1"
  unplug
  background_finish
}
