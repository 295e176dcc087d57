#!/usr/bin/env bats
# vm: --private 128M --private 128M --dram 512M
# move_pages(2) and migrate_pages(2): DESIGN.md 8.6.

load lib

@test "move_pages moves onto the node and back, and no byte changes" {
  plug_for_mbind
  memscript "map 8M; fill 9; on 0 all; move $NODE; on $NODE all; query $NODE; verify 9" \
    "move 0; on 0 all; query 0; verify 9"
}

# bats test_tags=variation
@test "move_pages works in ZONE_NORMAL as in ZONE_MOVABLE" {
  plug_for_mbind online_kernel
  memscript "map 8M; fill 9; move $NODE; on $NODE all; verify 9; move 0; on 0 all; verify 9"
}

@test "move_pages moves between two private nodes" {
  plug_for_mbind online dax1.0
  plug_for_mbind
  memscript "map 4M; fill 9; move 1; move 2; on 2 all; verify 9; move 1; on 1 all; verify 9"
}

@test "without the opt-in moving onto the node is ENODEV" {
  plug
  memscript "map 4M; fill 9; expect ENODEV move $NODE; on 0 all; verify 9"
}

# bats test_tags=variation
@test "without the opt-in moving off the node is ENOENT for each page" {
  plug_for_mbind
  memscript "map 4M; bind $NODE; fill 9; write $(attr_file mbind) 0" \
    "move 0 ENOENT; move 0 all ENOENT; on $NODE all; verify 9"
}

# bats test_tags=variation
@test "without the opt-in the query still tells the truth" {
  plug_for_mbind
  memscript "map 4M; bind $NODE; fill 9; write $(attr_file mbind) 0; query $NODE"
}

# bats test_tags=variation
@test "moving to an unplugged node is ENODEV" {
  set_attr mbind 1
  memscript "map 4M; touch; expect ENODEV move $NODE"
}

@test "shared memory and file pages are not moved onto the node" {
  plug_for_mbind
  memscript "map 1M shm; fill 1; try move $NODE any; on 0 all; verify 1"
  memscript "map 1M sharedfile $BATS_TEST_TMPDIR/f; fill 1; try move $NODE any; on 0 all; verify 1"
  assert_node_empty
}

# bats test_tags=variation
@test "hugetlb pages are not moved onto the node" {
  plug_for_mbind
  echo 2 >/proc/sys/vm/nr_hugepages
  memscript "map 4M hugetlb; fill 1; try move $NODE any; on 0 all; verify 1"
  memscript "map 4M hugetlb; fill 1; migrate 0 $NODE left any; verify 1"
  echo 0 >/proc/sys/vm/nr_hugepages
  assert_node_empty
}

@test "a moved buffer's new pages follow its policy, not its old pages" {
  plug_for_mbind
  memscript "map 4M; slice 0 2M; fill 1; move $NODE; on $NODE all" \
    "slice 2M 2M; touch; on 0 all"
}

@test "what does not fit the node stays where it was, unharmed, and nobody is killed" {
  plug_for_mbind
  run -0 memscript "map 160M; fill 4; try move $NODE any; verify 4; where; on 0 some"
  [[ $output == *node$NODE=* ]]
  run ! log_says 'Killed process'
}

@test "migrate_pages moves a process onto the node and back" {
  plug_for_mbind
  background_ready "map 8M; fill 6; signal $READY; wait $GO; verify 6"
  memscript "migrate 0 $NODE pid $BACKGROUND left any"
  drain
  within "$(meminfo AnonPages "$NODE")" 8192 1024 "kB on the node"
  memscript "migrate $NODE 0 pid $BACKGROUND left any"
  background_finish
}

# bats test_tags=variation
@test "migrate_pages on itself moves every page of a buffer" {
  plug_for_mbind
  memscript "map 8M; fill 6; migrate 0 $NODE left any; on $NODE all; verify 6" \
    "migrate $NODE 0 left any; on 0 all; verify 6"
}

@test "without the opt-in migrate_pages neither takes from the node nor gives" {
  plug_for_mbind
  memscript "map 4M; bind $NODE; fill 6; write $(attr_file mbind) 0" \
    "migrate $NODE 0 left any; on $NODE all; verify 6"
  memscript "map 4M; fill 6; expect EINVAL migrate 0 $NODE left any; on 0 all"
}

# bats test_tags=variation
@test "migrating from DRAM to DRAM leaves the node's pages alone" {
  plug_for_mbind
  memscript "map 4M; bind $NODE; fill 6; migrate 0 0 left any; on $NODE all; verify 6"
}

# bats test_tags=variation
@test "an unprivileged process cannot move another's pages onto the node" {
  plug_for_mbind
  background_ready "map 4M; fill 6; signal $READY; wait $GO; on 0 all; verify 6"
  run -1 unprivileged "migrate 0 $NODE pid $BACKGROUND"
  [[ $output == *EPERM* ]]
  background_finish
}

@test "huge pages move onto the node and back, whole" {
  plug_for_mbind
  echo madvise >"$THP/enabled"
  memscript "map 8M; madvise hugepage; fill 9; smaps AnonHugePages all" \
    "migrate 0 $NODE left any; on $NODE all; verify 9; smaps AnonHugePages all" \
    "migrate $NODE 0 left any; on 0 all; verify 9"
  memscript "map 2M; madvise hugepage; fill 9; slice 0 4K; move $NODE; whole" \
    "on $NODE all; verify 9; smaps AnonHugePages all"
}
