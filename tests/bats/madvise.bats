#!/usr/bin/env bats
# vm: --private 128M --swap 128M --dram 512M
# madvise(2) on a node that opted in to it: DESIGN.md 8.9. Without the opt-in see
# services.bats and fork.bats.

load lib

plug_for_hints() {
  set_attr madvise 1
  plug_for_mbind
}

# bats test_tags=variation
@test "MADV_COLD makes pages inactive" {
  plug_for_hints
  memscript "map 4M as a; bind $NODE; fill 1; map 4K; touch; move 0; use a" \
    "smaps Referenced all; madvise cold; smaps Referenced none; on $NODE all; verify 1"
}

# bats test_tags=variation
@test "MADV_FREE marks pages as free to take" {
  local lazy
  plug_for_hints
  lazy=$(vmstat pglazyfree)
  memscript "map 4M; bind $NODE; fill 1; madvise free; on $NODE all"
  [ "$(vmstat pglazyfree)" -ge $((lazy + 1024)) ]
}

# In a cgroup of which 8M are reclaimed where it waits.
free_and_reclaim() {
  local dir freed
  rm -f "$READY" "$GO"
  dir=$(cgroup lazy)
  freed=$(vmstat pglazyfreed)
  background_ready "write $dir/cgroup.procs self; map 16M; bind $NODE; fill 1; madvise free" \
    "slice 0 4M; fill 2; signal $READY; wait $GO; verify 2; on absent none" \
    "slice 4M 12M; on absent some; on swap none"
  drain
  echo 8M >"$dir/memory.reclaim"
  [ "$(vmstat pglazyfreed)" -ge $((freed + 1500)) ]
  background_finish
  remove_cgroups
}

@test "reclaim drops what MADV_FREE marked, but not what was written to since" {
  set_attr reclaim 1
  plug_for_hints
  with_either_lru free_and_reclaim
}

# bats test_tags=variation
@test "MADV_PAGEOUT leaves a node alone that is not reclaimed" {
  plug_for_hints
  memscript "map 4M; bind $NODE; fill 1; madvise pageout; on swap none; on $NODE all; verify 1"
}

@test "MADV_COLD, MADV_FREE and MADV_PAGEOUT act on huge pages, whole or in part" {
  local lazy
  set_attr reclaim 1
  plug_for_hints
  echo always >"$THP/enabled"
  lazy=$(vmstat pglazyfree)
  memscript "map 8M as a; bind $NODE; fill 1; smaps AnonHugePages all; map 4K; touch; move 0" \
    "use a; smaps Referenced all; madvise cold; smaps Referenced none; smaps AnonHugePages all" \
    "madvise free; smaps AnonHugePages all; on $NODE all; verify 1"
  [ "$(vmstat pglazyfree)" -ge $((lazy + 2048)) ]
  memscript "map 8M; bind $NODE; fill 1; slice 0 64K; madvise cold; slice 2M 64K" \
    "madvise free; whole; smaps AnonHugePages 4M; on $NODE all; verify 1"
  memscript "map 8M; bind $NODE; fill 1; smaps AnonHugePages all; madvise pageout" \
    "on swap some; verify 1"
}

@test "without the opt-in they leave huge pages whole and what they are" {
  local lazy
  set_attr reclaim 1
  plug_for_mbind
  echo always >"$THP/enabled"
  lazy=$(vmstat pglazyfree)
  memscript "map 8M as a; bind $NODE; fill 1; map 4K; touch; move 0; use a" \
    "madvise cold; madvise free; madvise pageout; slice 0 64K; madvise cold; slice 2M 64K" \
    "madvise free; slice 4M 64K; madvise pageout; whole; smaps Referenced all" \
    "smaps AnonHugePages all; on swap none; on $NODE all; verify 1"
  equal "$(vmstat pglazyfree)" "$lazy" pglazyfree
}

@test "MADV_COLLAPSE makes a huge page on the node" {
  plug_for_hints
  memscript "map 8M; bind $NODE; fill 1; smaps AnonHugePages none; madvise collapse" \
    "smaps AnonHugePages all; on $NODE all; verify 1; fill 2; verify 2"
}

# bats test_tags=variation
@test "MADV_COLLAPSE on DRAM makes a huge page there" {
  plug_for_hints
  memscript "map 8M; fill 1; madvise collapse; smaps AnonHugePages all; on 0 all; verify 1"
}

# bats test_tags=variation
@test "without the opt-in MADV_COLLAPSE is EINVAL and changes nothing" {
  plug_for_mbind
  memscript "map 8M; bind $NODE; fill 1; expect EINVAL madvise collapse" \
    "smaps AnonHugePages none; on $NODE all; verify 1"
}

@test "MADV_COLLAPSE on a full node fails and loses nothing" {
  local pages
  plug_for_hints
  pages=$(($(zoneinfo managed "$NODE") - $(zoneinfo high "$NODE") - 1024))
  memscript "map ${pages}p; bind $NODE; fill 1; slice 0 4M; expect ENOMEM madvise collapse" \
    "whole; on $NODE all; verify 1"
}

@test "process_madvise does what madvise does, with the opt-in and without" {
  plug_for_hints
  memscript "map 2M as x; touch; map 4K; touch; move 0" >/dev/null
  memscript "map 2M as a; bind $NODE; fill 1; map 4K; touch; move 0; use a" \
    "smaps Referenced all; madvise cold remote; smaps Referenced none" \
    "madvise collapse remote; smaps AnonHugePages all; on $NODE all; verify 1"
  set_attr madvise 0
  memscript "map 2M as a; bind $NODE; fill 1; map 4K; touch; move 0; use a" \
    "smaps Referenced all; madvise cold remote; smaps Referenced all; madvise pageout remote; on swap none" \
    "expect EINVAL madvise collapse remote; on $NODE all; verify 1"
}

# bats test_tags=variation
@test "MADV_DONTNEED and MADV_POPULATE work as without the opt-in" {
  plug_for_hints
  memscript "map 4M; bind $NODE; fill 1; madvise dontneed; on absent all; zeroed" \
    "madvise populate_write; on $NODE all; madvise dontneed; madvise populate_read; on zero all"
}

all_opts_on() {
  local opt
  for opt in reclaim demotion interleave madvise numa_balance ltpin; do
    set_attr "$opt" 1
  done
}

# bats test_tags=variation
@test "with all opt-ins, soft offline moves the folio to DRAM and keeps its content" {
  pages_get_lost
  all_opts_on
  plug_for_mbind online_kernel
  memscript "map 1M; bind $NODE; fill 1; slice 64K 4K; madvise soft_offline; on 0 all" \
    "whole; verify 1; on 0 1p"
  memscript "map 64M; bind $NODE; fill 1; on $NODE all; verify 1"
}

# bats test_tags=variation
@test "with all opt-ins, a memory error kills only who touches the page" {
  pages_get_lost
  all_opts_on
  plug_for_mbind online_kernel
  background_ready "map 1M; bind $NODE; fill 2; signal $READY; wait $GO; on $NODE all; verify 2"
  memscript "map 1M; bind $NODE; fill 1; $(memory_error); on $NODE all"
  background_finish
  memscript "map 64M; bind $NODE; fill 1; on $NODE all; verify 1"
}
