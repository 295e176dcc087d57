#!/usr/bin/env bats
# vm: --cxl 256M --cxl 256M --hmat --dram 512M
# How far away a CXL region is, where the firmware and the devices tell how fast
# they are. Without that it is in cxl.bats.

load lib
load cram
load cxl

# The sum for reading and for writing, which the kernel has once memory is online.
sum_of() { # latency|bandwidth DIRECTORY
  echo $(($(<"$2/read_$1") + $(<"$2/write_$1")))
}

# As far as DRAM, which is 576 away, times the latencies and by the bandwidths,
# rounded where the kernel does it.
computed_distance() {
  local dram=$NODES/node0/access1/initiators own=$CXL/$REGION/access1 distance
  distance=$((576 * $(sum_of latency "$own") / $(sum_of latency "$dram")))
  echo $((distance * $(sum_of bandwidth "$dram") / $(sum_of bandwidth "$own")))
}

# Plugs it, for the data are there to be read then.
distance_from_data() {
  local distance
  distance=$(attr adistance)
  plug
  equal "$distance" "$(computed_distance)" adistance
  # neither that of DRAM nor the default
  [ "$distance" -gt 704 ]
  [ "$distance" -lt 2816 ]
  equal "$(nodes_of_tier "$distance")" "$NODE" "nodes at $distance"
  unplug
}

@test "a region is as far away as the data on its performance say" {
  make_region 256 0
  bind_to anondax
  distance_from_data
}

@test "so is one that is interleaved, which is nearer" {
  local one
  make_region 256 0
  bind_to anondax
  one=$(attr adistance)
  delete_region
  make_region 256 0 1
  bind_to anondax
  distance_from_data
  [ "$(attr adistance)" -lt "$one" ]
}

@test "compressed RAM is as far away" {
  local plain
  make_region 256 0
  bind_to anondax
  plain=$(attr adistance)
  bind_to cramdax
  equal "$(attr adistance)" "$plain" adistance
}

@test "what root writes counts instead" {
  make_region 256 0
  bind_to anondax
  set_attr adistance 1000
  plug
  equal "$(nodes_of_tier 1000)" "$NODE" "nodes at 1000"
}
