#!/usr/bin/env bats
# vm: --private 256M
# leaks: check
# The life of a private node: hotplug and state, adistance and node.

load lib

no_private_memory() {
  equal "$(attr hotplug)" unplugged hotplug
  run ! node_has_state memory_private "$NODE"
  equal "$(zoneinfo managed "$NODE")" 0 "managed pages"
  run ! grep -q anondax /proc/iomem
}

@test "a device that was just bound is unplugged and its node has no memory" {
  no_private_memory
}

# bats test_tags=variation
@test "hotplug takes every word and reads back the state" {
  local word
  for word in online_movable unplugged online_kernel unplugged; do
    set_attr hotplug "$word"
    equal "$(attr hotplug)" "$word" hotplug
  done
}

@test "online means online_movable for a node without ltpin" {
  plug online
  equal "$(attr hotplug)" online_movable hotplug
}

# bats test_tags=variation
@test "state is the same file under its name in mainline" {
  equal "$(attr state)" unplugged state
  set_attr state online_kernel
  equal "$(attr hotplug)" online_kernel hotplug
  refuses EBUSY "$(attr_file state)" online_movable
  set_attr hotplug unplugged
  equal "$(attr state)" unplugged state
}

# bats test_tags=variation
@test "a word with the newline of echo is taken" {
  echo online_movable >"$(attr_file hotplug)"
  equal "$(attr hotplug)" online_movable hotplug
}

# bats test_tags=variation
@test "writing the state that it is in succeeds and changes nothing" {
  local managed
  set_attr hotplug unplugged
  plug online_movable
  managed=$(zoneinfo managed "$NODE")
  set_attr hotplug online_movable
  set_attr hotplug online
  equal "$(zoneinfo managed "$NODE")" "$managed" "managed pages"
  equal "$(attr hotplug)" online_movable hotplug
  unplug
  plug online_kernel
  set_attr hotplug online_kernel
  equal "$(attr hotplug)" online_kernel hotplug
}

# bats test_tags=variation
@test "online is satisfied with either zone" {
  plug online_kernel
  set_attr hotplug online
  equal "$(attr hotplug)" online_kernel hotplug
}

@test "going from one zone to the other without unplugging is busy" {
  plug online_kernel
  refuses EBUSY "$(attr_file hotplug)" online_movable
  equal "$(attr hotplug)" online_kernel hotplug
  unplug
  plug online_movable
  refuses EBUSY "$(attr_file hotplug)" online_kernel
  equal "$(attr hotplug)" online_movable hotplug
}

# bats test_tags=variation
@test "a word that does not exist is EINVAL in every state" {
  local word
  for word in offline ONLINE online_ onlin 1 0 "online x" unplug; do
    refuses EINVAL "$(attr_file hotplug)" "$word"
  done
  no_private_memory
  plug online_movable
  for word in offline ONLINE online_ onlin 1 0 "online x" unplug; do
    refuses EINVAL "$(attr_file hotplug)" "$word"
  done
  equal "$(attr hotplug)" online_movable hotplug
}

# bats test_tags=variation
@test "the node is in has_memory_private while plugged, and never in has_memory" {
  local word state
  for word in online_movable online_kernel; do
    plug "$word"
    node_has_state memory_private "$NODE"
    for state in memory normal_memory; do
      run ! node_has_state "$state" "$NODE"
    done
    unplug
    run ! node_has_state memory_private "$NODE"
  done
}

@test "all of the device becomes memory of the zone that was asked for" {
  local pages
  pages=$(($(attr size) / 4096))
  plug online_movable
  equal "$(zoneinfo managed "$NODE" Movable)" "$pages" "pages in Movable"
  equal "$(zoneinfo managed "$NODE")" "$pages" "pages"
  unplug
  plug online_kernel
  equal "$(zoneinfo managed "$NODE" Normal)" "$pages" "pages in Normal"
  equal "$(zoneinfo managed "$NODE")" "$pages" "pages"
}

@test "a plugged node is empty: all managed pages are free" {
  plug online_kernel
  assert_node_empty
}

@test "unplugging leaves nothing behind and plugging again gives it all back" {
  local i managed=
  for i in 1 2 3; do
    plug online
    managed=${managed:-$(zoneinfo managed "$NODE")}
    equal "$(zoneinfo managed "$NODE")" "$managed" "managed pages, time $i"
    grep -q anondax /proc/iomem
    unplug
    no_private_memory
    [ ! -e "$NODES/node$NODE" ] || fail "node $NODE is still online"
  done
}

# bats test_tags=variation
@test "the default policy for hot-plugged blocks changes nothing" {
  local policy
  for policy in online online_kernel offline; do
    echo "$policy" >/sys/devices/system/memory/auto_online_blocks
    plug online_movable
    run ! node_has_state memory "$NODE"
    equal "$(zoneinfo managed "$NODE" Movable)" "$(($(attr size) / 4096))"
    unplug
  done
  echo offline >/sys/devices/system/memory/auto_online_blocks
}

@test "a block that the admin takes offline and online by hand stays private" {
  local block
  plug online_movable
  block=$(printf '%s\n' "$NODES/node$NODE"/memory[0-9]* | head -n1)
  echo offline >"$block/state"
  run -0 cat "$block/state"
  equal "$output" offline
  echo online_movable >"$block/state"
  run ! node_has_state memory "$NODE"
  node_has_state memory_private "$NODE"
  assert_node_empty
}

@test "with all blocks taken offline by hand, unplugging still works" {
  local block
  plug online_movable
  for block in "$NODES/node$NODE"/memory[0-9]*; do
    echo offline >"$block/state"
  done
  run ! node_has_state memory_private "$NODE"
  unplug
  no_private_memory
}

@test "a block that went offline comes back when the next one cannot follow" {
  local blocks managed
  plug_for_mbind
  managed=$(zoneinfo managed "$NODE")
  blocks=("$NODES/node$NODE"/memory[0-9]*)
  # what is held is in the last block: the first one is offline meanwhile
  echo offline >"${blocks[0]}/state"
  background_ready "map 1M; bind $NODE; fill 1; pin short; on $NODE all; signal $READY" \
    "wait $GO; verify 1"
  echo online_movable >"${blocks[0]}/state"
  refuses EBUSY "$(attr_file hotplug)" unplugged
  equal "$(attr hotplug)" online_movable hotplug
  equal "$(zoneinfo managed "$NODE")" "$managed" "managed pages"
  background_finish
}

@test "adistance can be set while unplugged only" {
  local before
  before=$(attr adistance)
  set_attr adistance 300
  equal "$(attr adistance)" 300 adistance
  plug
  refuses EBUSY "$(attr_file adistance)" 400
  refuses EINVAL "$(attr_file adistance)" many
  equal "$(attr adistance)" 300 adistance
  unplug
  set_attr adistance "$before"
}

# bats test_tags=variation
@test "an adistance that is no positive integer is EINVAL" {
  local value before
  before=$(attr adistance)
  for value in many -1 0 1x 99999999999999999999; do
    refuses EINVAL "$(attr_file adistance)" "$value"
  done
  equal "$(attr adistance)" "$before" adistance
}

@test "an adistance smaller than DRAM's still draws no allocation" {
  local before
  before=$(attr adistance)
  set_attr adistance 100
  plug
  memscript 'map 16M; fill 1; on 0 all'
  assert_node_empty
  unplug
  set_attr adistance "$before"
}

@test "node is the device's own by default and can be set while unplugged only" {
  equal "$(attr node)" "$(attr target_node)" node
  plug
  refuses EBUSY "$(attr_file node)" "$NODE"
  refuses EINVAL "$(attr_file node)" 77
  equal "$(attr node)" "$(attr target_node)" node
}

# bats test_tags=variation
@test "a node id that cannot be is EINVAL" {
  local value
  for value in -2 64 4096 one 1x 99999999999999999999; do
    refuses EINVAL "$(attr_file node)" "$value"
  done
  equal "$(attr node)" "$(attr target_node)" node
}

# bats test_tags=variation
@test "mbind is 0 by default, takes 0 and 1 in every state, and nothing else" {
  local value
  equal "$(attr mbind)" 0 mbind
  for value in 2 -1 x "1 1"; do
    refuses EINVAL "$(attr_file mbind)" "$value"
  done
  set_attr mbind 1
  plug
  equal "$(attr mbind)" 1 mbind
  set_attr mbind 0
  equal "$(attr mbind)" 0 mbind
}

# bats test_tags=variation
@test "only root can change the attributes" {
  local name
  for name in hotplug state mbind adistance node; do
    equal "$(stat -L -c %a "$(attr_file $name)")" 644 "mode of $name"
    run -1 unprivileged "write $(attr_file "$name") 1"
    [[ $output == *EACCES* ]]
  done
}

@test "counters start at zero and count the pages that were placed" {
  plug_for_mbind
  local before
  before=$(stat_of placed)
  memscript "map 4M; bind $NODE; fill 1; on $NODE all"
  equal "$(stat_of placed)" $((before + 1024)) placed
}

@test "nobody can open the device, to map it, while anondax owns it" {
  bind_to device_dax
  : <"/dev/$DAX"
  bind_to anondax
  run ! bash -c ": </dev/$DAX"
  [[ $output == *"No such device or address"* ]]
  plug
  run ! bash -c ": </dev/$DAX"
  [[ $output == *"No such device or address"* ]]
}

@test "after unbinding, other drivers can have the device" {
  plug
  unplug
  bind_to kmem
  unbind
  bind_to anondax
  no_private_memory
}

@test "unbinding a plugged but empty device unplugs it" {
  plug
  unbind
  run ! node_has_state memory_private "$NODE"
  run ! grep -q anondax /proc/iomem
  bind_to anondax
  no_private_memory
}
