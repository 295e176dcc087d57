#!/usr/bin/env bats
# vm: --private 128M --private 128M --dram 512M
# Policies that are content with other nodes, on a node that opted in to them:
# DESIGN.md 8.4. Without the opt-in see mbind.bats.

load lib

plug_for_spread() {
  set_attr interleave 1
  plug
}

@test "interleave puts every other page on the node" {
  plug_for_spread
  memscript "map 16M; bind 0,1 interleave; fill 1; on 0 8M; on 1 8M; verify 1; policy-is 0,1 interleave"
}

@test "weighted interleave follows the weights" {
  local weights=/sys/kernel/mm/mempolicy/weighted_interleave
  plug_for_spread
  echo 3 >$weights/node0
  memscript "map 16M; bind 0,1 weighted; fill 1; on 0 12M; on 1 4M; verify 1"
  echo 2 >$weights/node1
  memscript "map 20M; bind 0,1 weighted; fill 1; on 0 12M; on 1 8M; verify 1"
  echo 1 >$weights/node0
  echo 1 >$weights/node1
}

# bats test_tags=variation
@test "so it does for huge pages" {
  plug_for_spread
  echo always >"$THP/enabled"
  memscript "map 16M; bind 0,1 interleave; fill 1; smaps AnonHugePages all; on 0 8M; on 1 8M; verify 1"
}

# bats test_tags=variation
@test "named alone, each of the modes has its memory there" {
  local mode
  plug_for_spread
  for mode in preferred preferred-many interleave weighted; do
    memscript "map 4M; bind 1 $mode; fill 1; on 1 all; verify 1; policy-is 1 $mode"
  done
}

# bats test_tags=variation
@test "preferred-many takes the nearest of the nodes first" {
  plug_for_spread
  memscript "map 4M; bind 0,1 preferred-many; touch; on 0 all; policy-is 0,1 preferred-many"
}

# bats test_tags=variation
@test "preferred takes the first of the nodes" {
  plug_for_spread
  memscript "map 4M; bind 0,1 preferred; touch; on 0 all; policy-is 0 preferred"
}

@test "what the node has no room for goes to DRAM, and nobody is killed" {
  local mode most
  plug_for_spread
  most=$(NODE=1 much_of_node 104 preferred)
  for mode in preferred weighted; do
    memscript "$most; map 32M; bind 1 $mode; touch; on 1 some; on 0 some"
  done
  memscript "$most; map 64M; bind 0,1 interleave; touch; on 1 some; on 0 some"
  run ! log_says 'Killed process'
}

@test "two private nodes share a buffer, and nothing of it is on DRAM" {
  plug_for_spread
  bind_to anondax dax1.0
  set_attr interleave 1 dax1.0
  plug online dax1.0
  memscript "map 16M; bind 1,2 interleave; fill 1; on 1 8M; on 2 8M; verify 1"
}

@test "a task's policy spreads its anonymous memory, and nothing else" {
  plug_for_spread
  export_checks
  memscript "policy 0,1 interleave; map 16M; touch; on 0 some; on 1 some" \
    "exec; task-policy-is 0,1 interleave; run bash -c assert_bound_task"
}

@test "a cpuset that loses the node, and gets it back, is followed" {
  local dir
  plug_for_spread
  dir=$(cgroup rebind)
  echo 0,1 >"$dir/cpuset.mems"
  memscript "write $dir/cgroup.procs self; map 12M as both; bind 0,1 interleave" \
    "map 12M as alone; bind 1 interleave; slice 0 4M; touch; on 1 all" \
    "use both; slice 0 4M; touch; on 1 2M; write $dir/cpuset.mems 0; slice 4M 4M; touch; on 0 all" \
    "use alone; slice 4M 4M; touch; on 0 all; write $dir/cpuset.mems 0,1; slice 8M 4M; touch; on 1 all" \
    "use both; slice 8M 4M; touch; on 1 2M; whole; policy-is 0,1 interleave" \
    "use alone; whole; policy-is 1 interleave"
}

@test "a copy on write follows the policy" {
  plug_for_spread
  memscript "map 8M; bind 0,1 interleave; fill 1; fork; fill 2; on 0 4M; on 1 4M; verify 2; end; verify 1"
}

@test "mbind moves pages that are there already" {
  plug_for_spread
  memscript "map 8M; fill 1; on 0 all; bind 1 interleave move; on 1 all; verify 1"
}

# bats test_tags=variation
@test "shared memory takes the policy and stays on DRAM" {
  plug_for_spread
  memscript "map 4M shm; bind 0,1 interleave; touch; on 0 all"
  memscript "map 4M shm; bind 1 preferred; touch; on 0 all"
}

# bats test_tags=variation
@test "the opt-in does not open the node to binding and moving" {
  plug_for_spread
  memscript "map 4M; expect EINVAL bind 1; touch; expect ENODEV move 1; on 0 all"
}

# bats test_tags=variation
@test "nor does the one to binding open it to these modes" {
  set_attr mbind 1
  plug
  memscript "map 4M; expect EINVAL bind 1 interleave; bind 0,1 interleave; policy-is 0 interleave; touch; on 0 all"
}

# bats test_tags=variation
@test "relative nodes are ordinary ones" {
  plug_for_spread
  memscript "map 4M; bind 0,1 interleave relative; touch; on 0 all"
}

@test "taking the opt-in away leaves pages where they are, and sends new ones to DRAM" {
  plug_for_spread
  memscript "map 8M; bind 1 interleave; slice 0 4M; fill 1; write $(attr_file interleave) 0" \
    "slice 4M 4M; touch; on 0 all; slice 0 4M; on 1 all; verify 1"
}

@test "plugging again does not revive the node in a policy" {
  plug_for_spread
  background_ready "map 8M as a; bind 0,1 interleave static; map 4M as b; bind 1 preferred" \
    "signal $READY; wait $GO; touch; on 0 all; use a; touch; on 0 all"
  unplug
  set_attr hotplug online
  background_finish
}

@test "a cgroup without the node in cpuset.mems has none of it" {
  local dir
  plug_for_spread
  dir=$(cgroup without)
  echo 0 >"$dir/cpuset.mems"
  memscript "write $dir/cgroup.procs self; map 4M; bind 0,1 interleave; policy-is 0 interleave" \
    "touch; on 0 all; expect EINVAL bind 1 preferred"
  echo 0,1 >"$dir/cpuset.mems"
  memscript "write $dir/cgroup.procs self; map 4M; bind 0,1 interleave; touch; on 1 2M"
}

# bats test_tags=variation
@test "an unbound task is not affected" {
  plug_for_spread
  memscript "map 8M; touch; on 0 all"
  equal "$(stat_of placed)" 0 placed
}
