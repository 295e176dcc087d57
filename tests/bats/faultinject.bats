#!/usr/bin/env bats
# vm: --reserve 128M --reserve 256M --append private_nodes=1
# kernels: debug
# timeout: 900
# Plugging and unplugging with allocations that fail: DESIGN.md I7. dax0.0 keeps
# node 1 online, since mainline cannot go back once it registers a new node;
# dax1.0, of two memory blocks, is what is plugged and unplugged.

load lib

HOLDER_PAGES=32768

setup() {
  begin
  bind_to anondax dax0.0
  bind_to anondax dax1.0
  set_attr node 1 dax0.0
  set_attr node 1 dax1.0
  set_attr mbind 1 dax1.0
  plug_for_mbind online dax0.0
  export DAX=dax1.0
}

inject_quietly() {
  local kind
  for kind in failslab fail_page_alloc; do
    echo N >"/sys/kernel/debug/$kind/ignore-gfp-wait"
    echo 0 >"/sys/kernel/debug/$kind/verbose"
  done
  echo 0 >/sys/kernel/debug/fail_page_alloc/min-order
}

# Writes WORD to hotplug with the Nth allocation of the writer failing.
# Sets injected to 0 when the write was over before that.
write_with_fault() { # WORD N
  run memscript "write /proc/self/fail-nth $2" "try write $(attr_file hotplug) $1" \
    "cat /proc/self/fail-nth"
  equal "$status" 0
  injected=$((output == 0))
}

# The state must be the old or the new one, and all of it.
consistent() {
  local pages=$HOLDER_PAGES blocks=1 found
  if [ "$(attr hotplug)" != unplugged ]; then
    pages=$((3 * HOLDER_PAGES))
    blocks=3
  fi
  found=("$NODES"/node1/memory[0-9]*)
  equal "$(zoneinfo managed 1)" "$pages" "managed pages"
  equal "${#found[@]}" "$blocks" "memory blocks"
  equal "$(grep -c 'System RAM (anondax)' /proc/iomem)" $(((blocks + 1) / 2)) \
    "ranges in iomem"
  run ! node_has_state memory 1
}

# Which allocations to let fail: the first ones all, later ones some.
nths() {
  seq 1 12
  seq 15 5 40
  seq 50 15 200
  seq 250 75 700
  seq 900 300 5000
}

@test "a plug that runs out of memory half-way leaves nothing behind" {
  local nth
  inject_quietly
  for nth in $(nths); do
    write_with_fault online "$nth"
    consistent
    [ "$injected" -eq 1 ] || break
    [ "$(attr hotplug)" = unplugged ] || unplug
  done
  equal "$injected" 0 "allocations that were not tried"
  set_attr hotplug online
  consistent
}

@test "an unplug that runs out of memory half-way leaves everything as it was" {
  local nth
  inject_quietly
  for nth in $(nths); do
    plugged || set_attr hotplug online
    write_with_fault unplugged "$nth"
    consistent
    [ "$injected" -eq 1 ] || break
  done
  plugged || set_attr hotplug online
  consistent
}

@test "a veto of one block undoes the others" {
  local dir=/sys/kernel/debug/notifier-error-inject/memory/actions
  modprobe memory-notifier-error-inject
  echo -12 >"$dir/MEM_GOING_ONLINE/error"
  refuses ENOMEM "$(attr_file hotplug)" online
  consistent
  equal "$(attr hotplug)" unplugged
  echo 0 >"$dir/MEM_GOING_ONLINE/error"
  set_attr hotplug online
  echo -16 >"$dir/MEM_GOING_OFFLINE/error"
  refuses EBUSY "$(attr_file hotplug)" unplugged
  consistent
  equal "$(attr hotplug)" online_movable
  echo 0 >"$dir/MEM_GOING_OFFLINE/error"
  rmmod memory-notifier-error-inject
}

@test "a bound fault that the allocator fails is repeated, not lost" {
  inject_quietly
  local nth
  for nth in 1 2 3 5 8; do
    memscript "map 1M; bind 1; write /proc/self/fail-nth $nth; fill 1; verify 1; on 1 all"
  done
}
