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

# The last one.
@test "demotion steps over a private node, to the ordinary one below it" {
  local dir
  echo online_movable >/sys/devices/system/memory/auto_online_blocks
  bind_to kmem dax1.0
  poll 10 node_has_state memory 2
  NODE=2 add_ranges dax1.0
  set_attr adistance 1000
  set_attr mbind 1
  plug
  echo 1 >/sys/kernel/mm/numa/demotion_enabled
  dir=$(cgroup cold)
  background_ready "write $dir/cgroup.procs self; map 16M; fill 1; signal $READY; wait $GO" \
    "on 2 some; on $NODE none; verify 1"
  echo 8M >"$dir/memory.reclaim"
  background_finish
  assert_node_empty
}
