#!/usr/bin/env bats
# vm: --private 128M --dram 512M
# Huge pages of all sizes on the node: DESIGN.md 8.9.

load lib

mthp_faults() {
  cat "$THP/hugepages-64kB/stats/anon_fault_alloc"
}

@test "a bound huge page fault lands on the node as a huge page" {
  plug_for_mbind
  echo madvise >"$THP/enabled"
  echo madvise >"$THP/defrag"
  memscript "map 16M; bind $NODE; madvise hugepage; fill 1; on $NODE all" \
    "smaps AnonHugePages all; kflags thp all; verify 1"
}

# bats test_tags=variation
@test "huge page faults work in ZONE_NORMAL too" {
  plug_for_mbind online_kernel
  echo always >"$THP/enabled"
  memscript "map 16M; bind $NODE; fill 1; on $NODE all; smaps AnonHugePages all"
}

@test "a huge page fault of a task bound to the node lands there" {
  plug_for_mbind
  echo always >"$THP/enabled"
  memscript "policy $NODE; map 8M; fill 1; on $NODE all; smaps AnonHugePages all"
}

# bats test_tags=variation
@test "a smaller huge page fault lands on the node" {
  local before
  plug_for_mbind
  echo always >"$THP/hugepages-64kB/enabled"
  before=$(mthp_faults)
  memscript "map 4M; bind $NODE; fill 1; on $NODE all; verify 1; kflags compound_head 64"
  [ "$(mthp_faults)" -ge $((before + 64)) ]
}

# bats test_tags=variation
@test "an unbound huge page fault stays off the node" {
  plug_for_mbind
  echo always >"$THP/enabled"
  memscript 'map 32M; fill 1; on 0 all'
  assert_node_empty
}

@test "when the node has no huge page left, small ones of it are used" {
  local pages
  plug_for_mbind
  echo always >"$THP/enabled"
  pages=$(($(zoneinfo managed "$NODE") - $(zoneinfo high "$NODE") - 512))
  memscript "map ${pages}p; bind $NODE; touch; on $NODE all"
}

@test "a huge page is split and given back in parts" {
  plug_for_mbind
  echo madvise >"$THP/enabled"
  memscript "map 8M; bind $NODE; madvise hugepage; fill 1; slice 1M 64K" \
    "madvise dontneed; slice 0 1M; verify 1; on $NODE all; slice 2M 1M; mprotect r" \
    "slice 2M 2M; verify 1; on $NODE all; slice 4M 4K; mprotect r" \
    "slice 4M 4M; verify 1; on $NODE all"
}

@test "what is unmapped of huge pages serves the next fault on a full node" {
  local size
  plug_for_mbind
  echo madvise >"$THP/enabled"
  size=$(($(zoneinfo managed "$NODE") * 4 / 1024 / 2 * 2 - 8))
  memscript "map ${size}M; bind $NODE; madvise hugepage; touch; on $NODE all; kflags thp all" \
    "$(for ((i = 0; i < 32; i += 2)); do echo "slice ${i}M 1M; madvise dontneed;"; done)" \
    "map 16M; bind $NODE; fill 1; on $NODE all; verify 1"
}

@test "copy-on-write of a huge page after fork stays on the node" {
  plug_for_mbind
  echo madvise >"$THP/enabled"
  memscript "map 4M; bind $NODE; madvise hugepage; fill 1" \
    "fork; fill 2; on $NODE all; verify 2; end; fill 3; on $NODE all; verify 3"
}

# bats test_tags=variation
@test "khugepaged collapses small pages of DRAM, as ever" {
  plug_for_mbind
  echo madvise >"$THP/enabled"
  background_ready "map 8M; fill 1; madvise hugepage; signal $READY; wait $GO" \
    "on 0 all; smaps AnonHugePages all; verify 1"
  run_khugepaged
  background_finish
}

@test "khugepaged leaves the node's small pages alone" {
  plug_for_mbind
  echo madvise >"$THP/enabled"
  background_ready "map 8M; bind $NODE; fill 1; madvise hugepage; signal $READY; wait $GO" \
    "on $NODE all; smaps AnonHugePages none; verify 1"
  run_khugepaged
  background_finish
}

@test "khugepaged never collapses DRAM's pages onto the node" {
  plug_for_mbind
  echo madvise >"$THP/enabled"
  background_ready "map 8M; fill 1; bind $NODE; madvise hugepage; signal $READY; wait $GO" \
    "on 0 all; smaps AnonHugePages all; verify 1"
  run_khugepaged
  background_finish
  assert_node_empty
}

@test "MADV_COLLAPSE does not touch the node's pages without the madvise opt-in" {
  plug_for_mbind
  background_ready "map 4M; bind $NODE; fill 1" \
    "fork; madvise collapse; print collapsed; end 1; on $NODE all" \
    "smaps AnonHugePages none; verify 1; signal $READY; wait $GO"
  background_finish
}
