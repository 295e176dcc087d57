#!/usr/bin/env bats
# vm: --private 128M --dram 512M
# What happens to pages on the node over fork, copy-on-write, mremap, mprotect
# and mlock.

load lib

@test "fork shares the pages, and reading them changes nothing" {
  plug_for_mbind
  memscript "map 8M; bind $NODE; fill 1" \
    "fork; on $NODE all; verify 1; on $NODE all; end; on $NODE all; verify 1"
}

@test "the child's copy follows the mapping's policy onto the node" {
  plug_for_mbind
  memscript "map 8M; bind $NODE; fill 1" \
    "fork; fill 2; on $NODE all; verify 2; end; verify 1; on $NODE all"
}

@test "the parent's copy follows the mapping's policy onto the node" {
  plug_for_mbind
  memscript "map 8M; bind $NODE; fill 1" \
    "fork bg; wait $GO; verify 1; on $NODE all; end" \
    "fill 2; on $NODE all; signal $GO; join; verify 2"
}

# bats test_tags=variation
@test "a copy in a child that rebound to DRAM is on DRAM" {
  plug_for_mbind
  memscript "map 8M; bind $NODE; fill 1" \
    "fork; bind 0; fill 2; on 0 all; end; verify 1; on $NODE all"
}

@test "a copy of pages that were only moved there goes to ordinary memory" {
  plug_for_mbind
  memscript "map 4M; fill 1; move $NODE; fork; fill 2; on 0 all; end; on $NODE all; verify 1"
}

# bats test_tags=variation
@test "the node gets the pages back when the last process ends" {
  plug_for_mbind
  memscript "map 8M; bind $NODE; fill 1" \
    "fork bg; verify 1; end; fork bg; fill 2; end; join; munmap"
  assert_node_empty
}

@test "mremap takes pages and policy along, and what it adds is on the node" {
  plug_for_mbind
  memscript "map 4M; bind $NODE; fill 1; mremap 8M; slice 0 4M; verify 1; on $NODE all" \
    "whole; policy-is $NODE; slice 4M 4M; touch; on $NODE all; whole; mremap 2M" \
    "on $NODE all; verify 1"
  assert_node_empty
}

# bats test_tags=variation
@test "mprotect back and forth neither moves nor changes a page" {
  plug_for_mbind
  memscript "map 4M; bind $NODE; fill 1; mprotect r; verify 1; mprotect none" \
    "fork; read; end SEGV; mprotect rw; verify 1; fill 2; on $NODE all; verify 2"
}

# bats test_tags=variation
@test "locked pages stay on the node and are shown as unevictable" {
  plug_for_mbind
  memscript "map 4M; bind $NODE; mlock; fill 1; on $NODE all; kflags unevictable all" \
    "munlock; on $NODE all; verify 1"
}

# bats test_tags=variation
@test "MADV_DONTNEED gives pages back to the node" {
  plug_for_mbind
  memscript "map 8M; bind $NODE; fill 1; madvise dontneed; on absent all; until 10 used $NODE 0" \
    "zeroed; touch; on $NODE all"
}

@test "MADV_FREE without the opt-in to hints leaves the pages what they are" {
  local lazy
  plug_for_mbind
  lazy=$(vmstat pglazyfree)
  memscript "map 8M; bind $NODE; fill 1; madvise free; on $NODE all; verify 1"
  equal "$(vmstat pglazyfree)" "$lazy" pglazyfree
}

# bats test_tags=variation
@test "a pipe uses the pages in place" {
  plug_for_mbind
  memscript "map 1M; bind $NODE; fill 1; pin short; on $NODE all; unpin; verify 1; on $NODE all"
}

@test "many processes faulting and ending at once leave the node empty" {
  local block
  plug_for_mbind
  block="fork bg; map 8M; bind $NODE; fill 3; on $NODE all; mremap 4M; verify 3; end;"
  memscript "$block $block $block $block join" "$block $block $block $block join"
  assert_node_empty
}
