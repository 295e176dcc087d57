#!/usr/bin/env bats
# vm: --private 128M --dram 512M
# cpuset.mems and the opt-in are two gates, both must be open: DESIGN.md 8.5.

load lib

# Runs statements in a process of the cgroup.
inside() { # CGROUP STATEMENT...
  memscript "write $1/cgroup.procs self" "${@:2}"
}

@test "the root cgroup has the node" {
  plug_for_mbind
  inside "$CGROUPS" "map 4M; bind $NODE; touch; on $NODE all"
}

# bats test_tags=variation
@test "a cgroup that never chose its memory has it too" {
  local dir
  plug_for_mbind
  dir=$(cgroup default)
  inside "$dir" "map 4M; bind $NODE; touch; on $NODE all"
  inside "$dir" "policy $NODE; map 4M; touch; on $NODE all"
}

# bats test_tags=variation
@test "the node can be written to cpuset.mems together with DRAM" {
  local dir
  plug_for_mbind
  dir=$(cgroup both)
  echo "0,$NODE" >"$dir/cpuset.mems"
  equal "$(<"$dir/cpuset.mems")" "0-$NODE" cpuset.mems
  inside "$dir" "map 4M; bind $NODE; touch; on $NODE all"
  inside "$dir" "map 4M; touch; on 0 all; move $NODE; on $NODE all"
}

@test "a cgroup without the node in cpuset.mems cannot use it" {
  local dir
  plug_for_mbind
  dir=$(cgroup without)
  echo 0 >"$dir/cpuset.mems"
  inside "$dir" "map 4M; expect EINVAL bind $NODE; expect EINVAL policy $NODE" \
    "touch; expect EACCES move $NODE; expect EINVAL migrate 0 $NODE; on 0 all"
  inside "$dir" "map 4M; bind 0,$NODE; policy-is 0; touch; on 0 all"
}

@test "a child cgroup of one without the node does not get it back" {
  local dir
  plug_for_mbind
  dir=$(cgroup parent)
  echo 0 >"$dir/cpuset.mems"
  echo +cpuset >"$dir/cgroup.subtree_control"
  mkdir "$dir/child"
  echo "0,$NODE" >"$dir/child/cpuset.mems"
  inside "$dir/child" "map 4M; expect EINVAL bind $NODE; touch; on 0 all"
  rmdir "$dir/child"
}

# bats test_tags=variation
@test "a set of private nodes alone is EINVAL and changes nothing" {
  local dir
  plug_for_mbind
  dir=$(cgroup alone)
  refuses EINVAL "$dir/cpuset.mems" "$NODE"
  equal "$(<"$dir/cpuset.mems")" "" cpuset.mems
  echo 0 >"$dir/cpuset.mems"
  refuses EINVAL "$dir/cpuset.mems" "$NODE"
  equal "$(<"$dir/cpuset.mems")" 0 cpuset.mems
  inside "$dir" 'map 4M; touch; on 0 all'
}

# bats test_tags=variation
@test "without the opt-in cpuset.mems opens nothing" {
  local dir
  plug
  dir=$(cgroup early)
  refuses EINVAL "$dir/cpuset.mems" "0,$NODE"
  echo 0 >"$dir/cpuset.mems"
  inside "$dir" "map 4M; expect EINVAL bind $NODE; touch; on 0 all"
  run -0 cat "$dir/cpuset.mems.effective"
  equal "$output" 0 cpuset.mems.effective
}

@test "taking the opt-in away closes the node for cgroups that list it" {
  local dir
  plug_for_mbind
  dir=$(cgroup both)
  echo "0,$NODE" >"$dir/cpuset.mems"
  inside "$dir" "map 4M as a; bind $NODE; fill 1; write $(attr_file mbind) 0" \
    "map 4M; expect EINVAL bind $NODE; use a; on $NODE all; verify 1"
}

@test "an effective set always has an ordinary node" {
  local dir
  plug_for_mbind
  dir=$(cgroup both)
  echo "0,$NODE" >"$dir/cpuset.mems"
  [[ $(<"$dir/cpuset.mems.effective") == 0* ]]
  unplug
  equal "$(<"$dir/cpuset.mems.effective")" 0 "effective after unplug"
  inside "$dir" 'map 4M; fill 1; on 0 all'
}

@test "taking the node out of cpuset.mems leaves its pages, and sends new faults to DRAM" {
  local dir
  plug_for_mbind
  dir=$(cgroup shrinks)
  echo "0,$NODE" >"$dir/cpuset.mems"
  background_ready "write $dir/cgroup.procs self; map 8M; bind $NODE; slice 0 4M" \
    "fill 1; on $NODE all; signal $READY; wait $GO; verify 1; on $NODE all" \
    "slice 4M 4M; touch; on 0 all; slice 0 4M; verify 1"
  echo 0 >"$dir/cpuset.mems"
  background_finish
}

# bats test_tags=variation
@test "a bound task of a cgroup that loses the node goes on with DRAM" {
  local dir
  plug_for_mbind
  dir=$(cgroup shrinks)
  echo "0,$NODE" >"$dir/cpuset.mems"
  background_ready "write $dir/cgroup.procs self; policy $NODE; map 4M; touch" \
    "signal $READY; wait $GO; map 4M; touch; on 0 all; fork; map 1M; touch; on 0 all; end"
  echo 0 >"$dir/cpuset.mems"
  background_finish
}

@test "adding the node to cpuset.mems moves and rebinds nobody onto it" {
  local dir policy
  plug_for_mbind
  dir=$(cgroup grows)
  for policy in "none default" "0 bind" "0 bind static" "0 bind relative" \
    "1 bind relative" "0 interleave" "0,1 interleave relative"; do
    echo 0 >"$dir/cpuset.mems"
    rm -f "$READY" "$GO"
    background_ready "write $dir/cgroup.procs self; map 4M; bind $policy" \
      "slice 0 2M; fill 1; signal $READY; wait $GO; slice 2M 2M; fill 1; whole" \
      "on 0 all; verify 1; map 2M; touch; on 0 all"
    echo "0,$NODE" >"$dir/cpuset.mems"
    background_finish
  done
}

@test "a static binding works again when the cgroup gets the node back" {
  local dir
  plug_for_mbind
  dir=$(cgroup back)
  echo "0,$NODE" >"$dir/cpuset.mems"
  background_ready "write $dir/cgroup.procs self; map 4M; bind $NODE static" \
    "signal $READY; wait $GO; touch; on $NODE all"
  echo 0 >"$dir/cpuset.mems"
  echo "0,$NODE" >"$dir/cpuset.mems"
  background_finish
}

@test "a task that is moved to a cgroup without the node uses it no more" {
  local dir
  plug_for_mbind
  dir=$(cgroup without)
  echo 0 >"$dir/cpuset.mems"
  memscript "map 8M; bind $NODE; slice 0 4M; fill 1; on $NODE all" \
    "write $dir/cgroup.procs self; slice 4M 4M; touch; on 0 all; slice 0 4M; verify 1"
}

@test "a cgroup that has the node and a full DRAM does not overflow onto it" {
  local dir before
  plug_for_mbind
  dir=$(cgroup both)
  echo "0,$NODE" >"$dir/cpuset.mems"
  before=$(allocations)
  inside "$dir" "$(much_of_dram 64); run filler anon=max -- true; munmap; map 64M; touch; on 0 all"
  equal "$(allocations)" "$before" "allocations on the node"
}
