#!/usr/bin/env bats
# vm: --private 128M --dram 512M
# Long-term pins on a node that takes them: DESIGN.md 8.8. What they do without
# the opt-in is in services.bats.

load lib

plug_for_pins() { # [WORD]
  set_attr ltpin 1
  plug_for_mbind "${1:-online}"
}

@test "with the opt-in, online means ZONE_NORMAL, which can be pinned" {
  plug_for_pins
  equal "$(attr hotplug)" online_kernel
}

@test "in ZONE_NORMAL a page is pinned in place" {
  plug_for_pins
  memscript "map 2M; bind $NODE; fill 1; pin long; on $NODE all; verify 1; fill 2; unpin" \
    "verify 2; on $NODE all"
}

# bats test_tags=variation
@test "so is what the kernel is only to read" {
  plug_for_pins
  memscript "map 2M; bind $NODE; fill 1; pin read; on $NODE all; pinned 1; unpin; on $NODE all"
}

@test "a page that the pin itself faults in is on the node" {
  plug_for_pins
  memscript "map 2M; bind $NODE; pin long; on $NODE all; fill 1; verify 1"
}

@test "a huge page is pinned in place and stays huge" {
  plug_for_pins
  echo always >"$THP/enabled"
  memscript "map 4M; bind $NODE; fill 1; pin long; on $NODE all; smaps AnonHugePages all; verify 1"
}

@test "in ZONE_MOVABLE the page moves to DRAM first, as from any such zone" {
  plug_for_pins online_movable
  memscript "map 2M; bind $NODE; fill 1; pin long; on 0 all; verify 1; fill 2; unpin; verify 2"
}

# bats test_tags=variation
@test "nor does the pin itself fault it in there, and nobody is killed for that" {
  plug_for_pins online_movable
  memscript "map 2M; bind $NODE; pin long; on 0 all; fill 1; verify 1"
}

# bats test_tags=variation
@test "memory that is not bound is pinned where it is" {
  plug_for_pins
  memscript "map 2M; fill 1; pin long; on 0 all; verify 1"
}

@test "a pinned page keeps the node from being unplugged until it is let go" {
  plug_for_pins
  background_ready "map 1M; bind $NODE; fill 1; pin long; on $NODE all; signal $READY; wait $GO" \
    "verify 1; unpin; on $NODE all; signal $READY.2; wait $GO.2; verify 1; on 0 all"
  refuses EBUSY "$(attr_file hotplug)" unplugged
  equal "$(attr hotplug)" online_kernel
  : >"$GO"
  poll 30 test -e "$READY.2"
  unplug
  : >"$GO.2"
  background_finish
}

@test "taking the opt-in away leaves pins alone and moves what is pinned next" {
  plug_for_pins
  background_ready "map 1M; bind $NODE; fill 1; pin long; signal $READY; wait $GO" \
    "on $NODE all; verify 1"
  set_attr ltpin 0
  memscript "map 1M; bind $NODE; fill 2; on $NODE all; pin long; on 0 all; verify 2"
  background_finish
}

@test "giving the opt-in at run time counts for the next pin" {
  plug_for_mbind online_kernel
  set_attr ltpin 1
  memscript "map 1M; bind $NODE; fill 1; pin long; on $NODE all; verify 1"
}
