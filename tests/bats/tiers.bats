#!/usr/bin/env bats
# vm: --private 128M --private 128M --dram 512M
# alone: what kmem plugs stays until the next boot
# Where a private node stands among the memory tiers: DESIGN.md I1, 8.16.

load lib

@test "adistance decides the tier, and the node leaves it when it is unplugged" {
  local before tier
  before=$(attr adistance)
  for tier in 300 1000; do
    set_attr adistance "$tier"
    plug
    equal "$(nodes_of_tier "$tier")" "$NODE" "nodes at $tier"
    unplug
    [ ! -e "/sys/devices/virtual/memory_tiering/memory_tier$((tier / 128))" ]
  done
  set_attr adistance "$before"
}

# What kmem plugs stays, so those who need it are the last ones.
plug_above_an_ordinary_node() {
  echo online_movable >/sys/devices/system/memory/auto_online_blocks
  bind_to kmem dax1.0
  poll 10 node_has_state memory 2
  NODE=2 add_ranges dax1.0
  set_attr adistance 1000
  set_attr mbind 1
  plug
  echo 1 >/sys/kernel/mm/numa/demotion_enabled
}

@test "demotion steps over a private node, to the ordinary one below it" {
  local dir
  plug_above_an_ordinary_node
  dir=$(cgroup cold)
  background_ready "write $dir/cgroup.procs self; map 16M; fill 1; signal $READY; wait $GO" \
    "on 2 some; on $NODE none; verify 1"
  echo 8M >"$dir/memory.reclaim"
  background_finish
  assert_node_empty
}

# bats test_tags=variation
@test "with the opt-in it stops there, and what finds no room goes on to the ordinary one" {
  local dir
  plug_above_an_ordinary_node
  set_attr reclaim 1
  set_attr demotion 1
  dir=$(cgroup cold)
  # the private one becomes full in the middle of a batch
  background_ready "write $dir/cgroup.procs self; $(much_of_node 124); mlock; on $NODE all" \
    "map 32M; fill 1; signal $READY; wait $GO; on $NODE some; on 2 some; verify 1"
  drain
  echo 24M >"$dir/memory.reclaim"
  background_finish
}
