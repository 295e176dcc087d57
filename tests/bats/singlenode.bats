#!/usr/bin/env bats
# vm: --reserve 128M --reserve 128M --dram 512M --append private_nodes=2
# A machine with one node: reserved DRAM gets a node id of its own from
# private_nodes=N: DESIGN.md section 4.

load lib

take_node() { # ID [DEVICE]
  set_attr node "$1" "${2:-}"
}

teardown_nodes() {
  local dev
  for dev in dax0.0 dax1.0; do
    ! bound_to anondax $dev || plugged $dev || set_attr node 0 $dev
  done
}

@test "the device belongs to node 0 and cannot be plugged there" {
  equal "$(attr target_node)" 0 target_node
  equal "$(attr node)" 0 node
  refuses EBUSY "$(attr_file hotplug)" online
  equal "$(attr hotplug)" unplugged
  log_says "$DAX.*node 0"
}

# bats test_tags=variation
@test "the spare ids are possible nodes and are not online" {
  equal "$(<"$NODES/possible")" 0-2 possible
  equal "$(<"$NODES/online")" 0 online
}

@test "with an id of its own it becomes a private node" {
  take_node 1
  plug_for_mbind
  equal "$NODE" 1 node
  node_has_state memory_private 1
  equal "$(<"$NODES/has_memory")" 0 has_memory
  memscript "map 16M; bind 1; fill 1; on 1 all; verify 1; move 0; on 0 all; verify 1"
  memscript 'map 16M; fill 1; on 0 all'
  assert_node_empty
  unplug
  teardown_nodes
}

@test "it stays empty when DRAM is full" {
  take_node 1
  plug online_kernel
  run -0 memscript "$(much_of_dram 120)" "run filler anon=max cache=64M"
  assert_node_empty
  equal "$(stat_of placed)" 0 placed
  unplug
  teardown_nodes
}

@test "node 0 keeps its memory, zones and watermarks" {
  local before
  before=$(awk '$1 == "Node" { mine = $2 == "0," }
    mine && $1 ~ /^(min|low|high|managed|present|spanned)$/' /proc/zoneinfo)
  take_node 2
  plug online_kernel
  equal "$(awk '$1 == "Node" { mine = $2 == "0," }
    mine && $1 ~ /^(min|low|high|managed|present|spanned)$/' /proc/zoneinfo)" "$before"
  unplug
  teardown_nodes
}

# bats test_tags=variation
@test "ids that were not reserved are EINVAL" {
  local id
  for id in 3 4 63; do
    refuses EINVAL "$(attr_file node)" "$id"
  done
}

# bats test_tags=variation
@test "two devices take an id each" {
  bind_to anondax dax1.0
  take_node 1
  take_node 2 dax1.0
  set_attr mbind 1 dax1.0
  plug_for_mbind
  plug online dax1.0
  memscript "map 8M; bind 1; fill 1; on 1 all; map 8M; bind 2; fill 2; on 2 all; move 1; verify 2"
  unplug dax1.0
  unplug
  teardown_nodes
}

@test "two devices share one id and are one node" {
  bind_to anondax dax1.0
  take_node 1
  take_node 1 dax1.0
  plug_for_mbind
  plug_for_mbind online dax1.0
  equal "$(zoneinfo managed 1)" $((256 << 8)) "managed pages"
  huge_pages_on_request
  memscript "map 160M; bind 1; madvise hugepage; touch; on 1 all"
  unplug
  node_has_state memory_private 1
  unplug dax1.0
  run ! node_has_state memory_private 1
  teardown_nodes
}

# bats test_tags=variation
@test "devices that share a node share its opt-ins" {
  bind_to anondax dax1.0
  take_node 1
  take_node 1 dax1.0
  plug_for_mbind
  refuses EBUSY "$(attr_file hotplug dax1.0)" online
  log_says 'node 1.*opt-in'
  equal "$(attr hotplug dax1.0)" unplugged hotplug
  set_attr mbind 1 dax1.0
  plug online dax1.0
  set_attr mbind 0 dax1.0
  equal "$(attr mbind)" 0 "mbind of the other"
  unplug
  unplug dax1.0
  teardown_nodes
}

@test "a binding does not follow the device to another id" {
  take_node 1
  plug_for_mbind
  background_ready "map 8M; bind 1; slice 0 4M; fill 1; signal $READY; wait $GO" \
    "verify 1; slice 4M 4M; touch; on 1 none; on 2 none"
  unplug
  take_node 2
  plug
  background_finish
  assert_node_empty 2
  unplug
  teardown_nodes
}
