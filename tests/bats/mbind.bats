#!/usr/bin/env bats
# vm: --private 128M --private 128M --dram 512M
# mbind(2) on private nodes: DESIGN.md 8.4. dax0.0 is node 1, dax1.0 node 2.

load lib

@test "MPOL_BIND puts every page of a buffer on the node" {
  plug_for_mbind
  memscript "map 16M; bind $NODE; fill 1; where; on $NODE all; verify 1; tells $NODE"
}

# bats test_tags=variation
@test "a bound buffer may take the node's memory up to its reserve" {
  local pages
  plug_for_mbind
  pages=$(($(zoneinfo managed "$NODE") - $(zoneinfo high "$NODE") - 512))
  memscript "map ${pages}p; bind $NODE; touch; on $NODE all"
}

# bats test_tags=variation
@test "MPOL_BIND works in ZONE_NORMAL as in ZONE_MOVABLE" {
  plug_for_mbind online_kernel
  memscript "map 16M; bind $NODE; fill 1; on $NODE all; verify 1"
}

@test "only the bound part of a mapping goes to the node" {
  plug_for_mbind
  memscript "map 4M; slice 1M 1M; bind $NODE; whole; fill 1" \
    "slice 0 1M; on 0 all; slice 1M 1M; on $NODE all; slice 2M 2M; on 0 all"
}

# bats test_tags=variation
@test "a mapping that grows downwards keeps its binding" {
  plug_for_mbind
  memscript "map 256K grow; slice 252K 4K; bind $NODE; whole; touch; on $NODE all"
}

@test "a bind to DRAM and the node takes DRAM first and never leaves the mask" {
  plug_for_mbind
  memscript "map 8M; bind 0,$NODE; fill 1; on 0 all"
}

# Direct reclaim of anybody: what is below the low watermark is not for those who have
# the node, too. A page table may come to it before kswapd does.
@test "a bind to DRAM and the node goes over to the node when DRAM is low, and hardly anybody has to wait" {
  local said
  plug_for_mbind
  said=$(memscript "$(much_of_dram 64)" \
    "cat /proc/vmstat; map 96M; bind 0,$NODE; touch; where; on $NODE some; cat /proc/vmstat")
  mapfile -t said < <(awk '/^allocstall_/ { stalls += $2 } /^pgfault / { print stalls; stalls = 0 }' <<<"$said")
  echo "stalls: ${said[0]} before, ${said[1]} meanwhile"
  [ "${said[1]}" -lt 50 ]
}

@test "a bind to two private nodes uses both and nothing else" {
  plug_for_mbind online dax1.0
  plug_for_mbind
  memscript "$(NODE=1 much_of_node 104); map 40M; bind 1,2; touch; where; on 0 none; on 1 some; on 2 some"
}

@test "a bind to one private node never takes another's memory" {
  plug_for_mbind online dax1.0
  plug_for_mbind
  memscript "map 4M as a; bind 1; touch; on 1 all; map 4M; bind 2; touch; on 2 all"
}

# bats test_tags=variation
@test "without the opt-in the node alone is EINVAL" {
  plug
  memscript "map 4M; expect EINVAL bind $NODE; expect EINVAL bind $NODE static" \
    "expect EINVAL bind $NODE strict; touch; on 0 all"
}

@test "without the opt-in the node is trimmed from a mask that names others" {
  plug
  memscript "map 4M; bind 0,$NODE; policy-is 0; touch; on 0 all"
}

@test "the opt-in of one node does not open another" {
  bind_to anondax dax1.0
  plug online dax1.0
  plug_for_mbind
  memscript "map 4M; expect EINVAL bind 2; bind 1,2; policy-is 1; touch; on 1 all"
}

# bats test_tags=variation
@test "an unplugged node cannot be bound to, opt-in or not" {
  set_attr mbind 1
  memscript "map 4M; expect EINVAL bind $NODE"
}

# bats test_tags=variation
@test "soft and spreading modes drop the node from the mask" {
  local mode
  plug_for_mbind
  for mode in preferred-many interleave weighted; do
    memscript "map 4M; bind 0,$NODE $mode; policy-is 0 $mode; fill 1; on 0 all"
  done
}

# bats test_tags=variation
@test "soft and spreading modes with nothing but the node are EINVAL" {
  local mode
  plug_for_mbind
  for mode in preferred preferred-many interleave weighted; do
    memscript "map 4M; expect EINVAL bind $NODE $mode; policy-is none default"
  done
}

# bats test_tags=variation
@test "static nodes are kept as they were given" {
  plug_for_mbind
  memscript "map 4M; bind $NODE static; policy-is $NODE static; touch; on $NODE all"
}

# bats test_tags=variation
@test "relative nodes count ordinary nodes, and none of them is private" {
  plug_for_mbind
  memscript "map 4M; bind 0 relative; touch; on 0 all"
  memscript "map 4M; bind 1 relative; touch; on 0 all"
}

# bats test_tags=variation
@test "flags that are for the kernel's own use are EINVAL" {
  local bit
  plug_for_mbind
  for bit in 0x8 0x10 0x100 0x200 0x400 0x800; do
    memscript "map 4M; expect EINVAL bind $NODE raw=$bit"
  done
}

@test "numa-balancing mode of a bind keeps the pages on the node" {
  plug_for_mbind
  memscript "policy $NODE balancing; map 4M; touch; on $NODE all"
}

@test "pages that are there already move with MPOL_MF_MOVE, unharmed" {
  plug_for_mbind
  memscript "map 8M; fill 5; on 0 all; bind $NODE move strict; on $NODE all; verify 5" \
    "bind 0 move strict; on 0 all; verify 5"
}

@test "pages that are there already stay without MPOL_MF_MOVE" {
  plug_for_mbind
  memscript "map 4M; slice 0 2M; fill 5; whole; bind $NODE; slice 0 2M; on 0 all" \
    "slice 2M 2M; touch; on $NODE all"
}

# bats test_tags=variation
@test "MPOL_MF_STRICT reports pages on the wrong node" {
  plug_for_mbind
  memscript "map 4M; fill 5; expect EIO bind $NODE strict; on 0 all"
  memscript "map 4M; bind $NODE; fill 5; expect EIO bind 0 strict; on $NODE all"
}

# bats test_tags=variation
@test "get_mempolicy gives back the binding and the place of each page" {
  plug_for_mbind
  memscript "map 4M; bind $NODE; policy-is $NODE; touch; tells $NODE"
  memscript "map 4M; bind 0,$NODE; policy-is 0,$NODE; touch; tells 0"
}

@test "after the opt-in is taken away pages stay and new faults go elsewhere" {
  plug_for_mbind
  memscript "map 8M; bind $NODE; slice 0 4M; fill 3" \
    "write $(attr_file mbind) 0" \
    "on $NODE all; verify 3; slice 4M 4M; fill 3; on 0 all; whole; verify 3"
}

@test "after the opt-in is given back the old binding works again" {
  plug_for_mbind
  memscript "map 4M; bind $NODE; write $(attr_file mbind) 0; slice 0 2M; touch" \
    "on 0 all; write $(attr_file mbind) 1; slice 2M 2M; touch; on $NODE all"
}

# bats test_tags=variation
@test "hugetlb mappings cannot be bound to the node" {
  plug_for_mbind
  echo 4 >/proc/sys/vm/nr_hugepages
  memscript "map 4M hugetlb; expect EINVAL bind $NODE; touch"
  echo 0 >/proc/sys/vm/nr_hugepages
}

# bats test_tags=variation
@test "shared memory cannot be bound to the node" {
  plug_for_mbind
  memscript "map 4M shm; expect EINVAL bind $NODE; expect EINVAL bind 0,$NODE" \
    "fill 1; on 0 all"
  memscript "policy $NODE; map 4M shm; fill 1; on 0 all"
}

# bats test_tags=variation
@test "file mappings cannot be bound to the node, shared or private" {
  plug_for_mbind
  memscript "map 1M sharedfile $BATS_TEST_TMPDIR/file; expect EINVAL bind $NODE; fill 2" \
    "map 1M file $BATS_TEST_TMPDIR/file; expect EINVAL bind $NODE; verify 2; touch; on 0 all"
}

@test "a read fault maps the zero page, and the write after it goes to the node" {
  plug_for_mbind
  memscript "map 1M; bind $NODE; read; on zero all; touch; on $NODE all"
}

@test "a home node that is private is a hint that never pulls pages in" {
  plug_for_mbind
  memscript "map 4M; bind 0 bind; home $NODE; touch; on 0 all"
  memscript "map 4M; bind 0 preferred-many; home $NODE; touch; on 0 all"
}

@test "a home node among the bound nodes is where pages go first" {
  plug_for_mbind
  memscript "map 4M; bind 0,$NODE; home 0; touch; on 0 all"
}

# bats test_tags=variation
@test "binding to a node needs no privilege once the admin opened it" {
  plug_for_mbind
  run -0 unprivileged "map 4M; bind $NODE; touch; query $NODE"
}
