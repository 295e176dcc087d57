#!/usr/bin/env bats
# vm: --private 256M
# Global figures count only memory that everybody can use; per-node files show
# the private node in full: DESIGN.md I8, 8.3, 8.14.

load lib

# Everything that is sized by memory and does not move by itself.
fixed_figures() {
  grep -E '^(MemTotal|CommitLimit|HugePages_Total|CmaTotal):' /proc/meminfo
  cat /proc/sys/vm/{min_free_kbytes,user_reserve_kbytes,admin_reserve_kbytes}
  cat /proc/sys/kernel/threads-max /proc/sys/vm/lowmem_reserve_ratio
  awk '$1 == "Node" { mine = $2 == "0," }
       mine && $1 ~ /^(min|low|high|promo|managed|present|protection:)$/' \
    /proc/zoneinfo
}

# What the node's metadata takes of DRAM, in kB: 64 bytes a page, on the debug
# kernel KASAN's shadow too.
metadata() {
  local kb=$(($(attr size) / 1024))
  if on_debug; then
    echo $((kb / 64 + kb / 8))
  else
    echo $((kb / 64))
  fi
}

@test "MemTotal, CommitLimit, reserves and DRAM's watermarks stay the same to the byte" {
  local before word
  before=$(fixed_figures)
  for word in online_movable online_kernel; do
    plug "$word"
    equal "$(fixed_figures)" "$before" "figures with $word"
    unplug
    equal "$(fixed_figures)" "$before" "figures after $word"
  done
}

# bats test_tags=variation
@test "MemFree and MemAvailable fall by the node's metadata and no more" {
  local free available word tolerance=$(($(metadata) + $(drift)))
  for word in online_movable online_kernel; do
    drain
    free=$(meminfo MemFree)
    available=$(meminfo MemAvailable)
    plug "$word"
    drain
    within "$(meminfo MemFree)" "$free" "$tolerance" "MemFree in kB, $word"
    within "$(meminfo MemAvailable)" "$available" "$tolerance" "MemAvailable, $word"
    unplug
  done
}

@test "MemFree, MemAvailable and MemUsed do not see what is on the node" {
  local free available
  plug_for_mbind
  # which makes reserves larger
  huge_pages_on_request
  drain
  free=$(meminfo MemFree)
  available=$(meminfo MemAvailable)
  background_ready "$(much_of_node 128); on $NODE all; signal $READY; wait $GO"
  drain
  within "$(meminfo MemFree)" "$free" "$(drift)" MemFree
  within "$(meminfo MemAvailable)" "$available" "$(drift)" MemAvailable
  [ "$(meminfo MemFree)" -le "$(meminfo MemTotal)" ]
  background_finish
}

# bats test_tags=variation
@test "sysinfo(2) agrees with meminfo" {
  local total free
  read -r _ total _ free _ < <(free -k | sed -n 2p)
  plug
  equal "$(free -k | awk '/^Mem/ { print $2 }')" "$total" total
  within "$(free -k | awk '/^Mem/ { print $4 }')" "$free" "$(($(metadata) + $(drift)))" free
}

# bats test_tags=variation
@test "dirty limits follow the memory that page cache can use" {
  local name word tolerance
  tolerance=$((($(metadata) + $(drift)) / 4 / 5))
  for word in online_movable online_kernel; do
    for name in nr_dirty_threshold nr_dirty_background_threshold; do
      drain
      local before
      before=$(vmstat $name)
      plug "$word"
      drain
      within "$(vmstat $name)" "$before" "$tolerance" "$name with $word"
      unplug
    done
  done
}

# bats test_tags=variation
@test "the node's meminfo, vmstat and zoneinfo show it in full" {
  local pages
  pages=$(($(attr size) / 4096))
  plug
  drain
  equal "$(meminfo MemTotal "$NODE")" $((pages * 4)) MemTotal
  within "$(meminfo MemFree "$NODE")" $((pages * 4)) 4096 MemFree
  equal "$(vmstat nr_free_pages "$NODE")" "$(zoneinfo free "$NODE")" nr_free_pages
  equal "$(zoneinfo managed "$NODE")" "$pages" managed
  grep -q "^Node $NODE, zone  Movable" /proc/buddyinfo
  grep -q "^Node *$NODE, zone  Movable" /proc/pagetypeinfo
}

# bats test_tags=variation
@test "anonymous pages on the node are counted on the node" {
  plug_for_mbind
  background_ready "map 16M; bind $NODE; touch; signal $READY; wait $GO"
  drain
  equal "$(meminfo AnonPages "$NODE")" 16384 AnonPages
  equal "$(meminfo "Active\\(anon\\)" "$NODE")" "$(meminfo Active "$NODE")"
  equal "$(vmstat nr_anon_pages "$NODE")" 4096 nr_anon_pages
  within "$(node_used "$NODE")" 4096 64 "used pages"
  background_finish
  assert_node_empty
  equal "$(meminfo AnonPages "$NODE")" 0 AnonPages
}

@test "numa_maps, smaps, pagemap, kpageflags and move_pages tell of the pages" {
  plug_for_mbind
  memscript "map 8M; bind $NODE; touch; where" "on $NODE all; query $NODE" \
    "tells $NODE; kflags anon all; used $NODE 2048; kflags lru all; smaps Rss all" \
    "smaps Anonymous all"
}

# bats test_tags=variation
@test "the counters of numastat count allocations of the bound task" {
  local before
  plug_for_mbind
  drain
  before=$(sed -n 's/^numa_hit //p' "$NODES/node$NODE/numastat")
  memscript "policy $NODE; map 8M; touch; on $NODE all"
  drain
  [ "$(sed -n 's/^numa_hit //p' "$NODES/node$NODE/numastat")" -ge $((before + 2048)) ]
  equal "$(sed -n 's/^numa_foreign //p' "$NODES/node0/numastat")" 0 numa_foreign
}

@test "a process's memory on the node counts in its OOM score" {
  plug_for_mbind
  background_ready "$(much_of_node 128); signal $READY; wait $GO"
  local bound unbound
  bound=$(<"/proc/$BACKGROUND/oom_score")
  background_finish
  rm -f "$READY" "$GO"
  background_ready "map 128M; madvise hugepage; touch; signal $READY; wait $GO"
  unbound=$(<"/proc/$BACKGROUND/oom_score")
  equal "$bound" "$unbound" oom_score
  background_finish
}
