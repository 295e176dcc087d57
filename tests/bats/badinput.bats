#!/usr/bin/env bats
# vm: --private 384M --private 128M --reserve 128M --append private_nodes --append private_nodes=1
# Refusals: a clear errno, a line in the log, nothing changed or left behind.
# dax0.0 is the reserve of node 0, dax1.0 node 1 and dax2.0 node 2; 3 is spare.

load lib

nothing_left() { # NODE
  run ! node_has_state memory_private "$1"
  equal "$(zoneinfo managed "$1")" 0 "managed pages of node $1"
  run ! grep -q anondax /proc/iomem
}

# Or kmem takes dax2.0 when it is loaded, and what it plugs is there until the next boot.
setup() {
  begin
  bind_to anondax
  bind_to anondax dax2.0
  NODE=$(attr node)
}

@test "the devices are what this file thinks they are" {
  equal "$(attr target_node dax0.0)" 0
  equal "$(attr target_node dax1.0)" 1
  equal "$(attr target_node dax2.0)" 2
}

@test "private_nodes without a number on the command line is passed over" {
  grep -q ' private_nodes private_nodes=1' /proc/cmdline
  equal "$(<"$NODES/possible")" 0-3
}

@test "plugging onto a node with ordinary memory is EBUSY and says why" {
  equal "$(attr node)" 0 node
  refuses EBUSY "$(attr_file hotplug)" online
  equal "$(attr hotplug)" unplugged hotplug
  run ! node_has_state memory_private 0
  node_has_state memory 0
  log_says 'dax0\.0.*node 0'
}

# bats test_tags=variation
@test "a bad node id is EINVAL" {
  local value
  for value in -1 4 63 64 1000000 node1 0x; do
    refuses EINVAL "$(attr_file node)" "$value"
  done
  equal "$(attr node)" 0 node
}

# bats test_tags=variation
@test "a device without one whole memory block is refused and says why" {
  local size
  size=$(attr size dax2.0)
  resize dax2.0 $((64 << 20))
  bind_to anondax dax2.0
  refuses EINVAL "$(attr_file hotplug dax2.0)" online
  equal "$(attr hotplug dax2.0)" unplugged hotplug
  log_says 'dax2\.0.*(small|align|block)'
  nothing_left 2
  resize dax2.0 "$size"
  bind_to anondax dax2.0
  plug online dax2.0
}

@test "a device that is no multiple of a block gives its whole blocks" {
  local size
  size=$(attr size dax1.0)
  resize dax1.0 $((320 << 20))
  bind_to anondax dax1.0
  plug online dax1.0
  equal "$(zoneinfo managed 1)" $((256 << 8)) "managed pages"
  unplug dax1.0
  resize dax1.0 "$size"
}

# Splits dax1.0 into dax1.0 and a second device of the same region.
split() {
  resize dax1.0 $((256 << 20))
  cat "$(region_of dax1.0)/create" || true
  echo 1 >"$(region_of dax1.0)/create"
  [ -e /sys/bus/dax/devices/dax1.1 ] || fail "no second device"
  unbind dax1.1
  echo $((128 << 20)) >/sys/bus/dax/devices/dax1.1/size
}

unsplit() {
  unbind dax1.1
  echo 0 >/sys/bus/dax/devices/dax1.1/size
  echo dax1.1 >"$(region_of dax1.0)/delete"
  unbind dax1.0
  echo $((384 << 20)) >/sys/bus/dax/devices/dax1.0/size
}

@test "two devices of anondax share a node, which lives until the last one goes" {
  split
  bind_to anondax dax1.0
  bind_to anondax dax1.1
  plug online dax1.0
  equal "$(zoneinfo managed 1)" $((256 << 8)) "managed pages of one"
  plug online dax1.1
  equal "$(zoneinfo managed 1)" $((384 << 8)) "managed pages of both"
  unplug dax1.0
  node_has_state memory_private 1
  equal "$(zoneinfo managed 1)" $((128 << 8)) "managed pages of the other"
  unplug dax1.1
  nothing_left 1
  unsplit
}

@test "kmem cannot add ordinary memory to a private node" {
  split
  bind_to anondax dax1.0
  plug online dax1.0
  echo online >/sys/devices/system/memory/auto_online_blocks
  run bind_to kmem dax1.1
  run ! node_has_state memory 1
  node_has_state memory_private 1
  equal "$(zoneinfo managed 1)" $((256 << 8)) "managed pages"
  echo offline >/sys/devices/system/memory/auto_online_blocks
  assert_node_empty 1
  unplug dax1.0
  unsplit
}

@test "anondax cannot make a node private that has kmem's memory" {
  split
  bind_to anondax dax1.0
  echo online_movable >/sys/devices/system/memory/auto_online_blocks
  bind_to kmem dax1.1
  node_has_state memory 1
  refuses EBUSY "$(attr_file hotplug dax1.0)" online
  equal "$(attr hotplug dax1.0)" unplugged hotplug
  run ! node_has_state memory_private 1
  log_says 'dax1\.0.*node 1'
  echo offline >/sys/devices/system/memory/auto_online_blocks
  daxctl_offline 1
  unsplit
}

daxctl_offline() { # NODE: every block of it, so that kmem lets go
  local block
  for block in "$NODES/node$1"/memory[0-9]*; do
    echo offline >"$block/state"
  done
}

@test "changing node and plugging again moves the device to that node" {
  set_attr node 3
  set_attr mbind 1
  plug
  equal "$NODE" 3 node
  memscript "map 8M; bind 3; fill 1; on 3 all; verify 1"
  unplug
  nothing_left 3
  set_attr node 0
}

# bats test_tags=variation
@test "two devices may be given one node that is neither's own" {
  set_attr node 2
  bind_to anondax dax2.0
  plug online dax2.0
  plug online dax0.0
  equal "$(zoneinfo managed 2)" $((256 << 8)) "managed pages of both"
  unplug dax0.0
  unplug dax2.0
  set_attr node 0
  nothing_left 2
}

@test "a device of two ranges is plugged and unplugged as one, and cannot grow meanwhile" {
  local hole
  hole=$(printf '0x%x' $(($(attr resource dax1.0) + (128 << 20))))
  punch_hole dax1.0
  bind_to anondax dax1.0
  refuses EBUSY /sys/bus/dax/devices/dax1.0/mapping "$hole-$(printf '0x%x' $((hole + (128 << 20) - 1)))"
  set_attr mbind 1 dax1.0
  plug online dax1.0
  equal "$(zoneinfo managed 1)" $((256 << 8)) "managed pages"
  huge_pages_on_request
  memscript "map 200M; bind 1; madvise hugepage; touch; on 1 all"
  unplug dax1.0
  nothing_left 1
  unbind dax1.0
  echo $((384 << 20)) >/sys/bus/dax/devices/dax1.0/size
}

@test "writing an attribute while the device goes away does no harm" {
  bind_to anondax dax2.0
  (for _ in {1..200}; do
    echo online >"$(attr_file hotplug dax2.0)"
    echo unplugged >"$(attr_file hotplug dax2.0)"
  done) 2>/dev/null 3>&- &
  for _ in {1..10}; do
    unbind dax2.0 2>/dev/null || true
    bind_to anondax dax2.0 2>/dev/null || true
  done
  kill $! 2>/dev/null || true
  wait $! || true
  unbind dax2.0
  nothing_left 2
}

# The last one: what kmem leaves behind is there until the next boot.
@test "a range that another driver still holds is refused and says why" {
  echo online_movable >/sys/devices/system/memory/auto_online_blocks
  bind_to kmem dax2.0
  unbind dax2.0
  echo offline >/sys/devices/system/memory/auto_online_blocks
  grep -q 'System RAM (kmem)' /proc/iomem
  bind_to anondax dax2.0
  set_attr node 3 dax2.0
  refuses EBUSY "$(attr_file hotplug dax2.0)" online
  log_says 'dax2\.0.*in use'
  nothing_left 3
}
