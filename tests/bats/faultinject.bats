#!/usr/bin/env bats
# vm: --private 256M
# kernels: debug
# timeout: 900
# Plugging and unplugging with allocations that fail: DESIGN.md I7.

load lib

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
  local pages=$(($(attr size) / 4096)) state
  state=$(attr hotplug)
  if [ "$state" = unplugged ]; then
    pages=0
    run ! node_has_state memory_private "$NODE"
    run ! grep -q anondax /proc/iomem
    [ ! -e "$NODES/node$NODE" ] || fail "node $NODE is still online"
  else
    node_has_state memory_private "$NODE" || fail "no memory in state $state"
  fi
  equal "$(zoneinfo managed "$NODE")" "$pages" "managed pages in state $state"
  run ! node_has_state memory "$NODE"
}

# Which allocations to let fail: the first ones all, later ones some.
nths() {
  seq 1 24
  seq 27 3 60
  seq 68 8 200
  seq 250 50 1000
  seq 1200 400 6000
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
  [ "$(attr hotplug)" = unplugged ] || unplug
  plug
  equal "$(zoneinfo managed "$NODE")" $(($(attr size) / 4096)) "managed pages"
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
  plugged || plug
}

@test "a veto of the second block undoes the first" {
  local dir=/sys/kernel/debug/notifier-error-inject/memory/actions
  modprobe memory-notifier-error-inject
  echo -12 >"$dir/MEM_GOING_ONLINE/error"
  refuses ENOMEM "$(attr_file hotplug)" online
  consistent
  equal "$(attr hotplug)" unplugged
  echo 0 >"$dir/MEM_GOING_ONLINE/error"
  plug
  echo -16 >"$dir/MEM_GOING_OFFLINE/error"
  refuses EBUSY "$(attr_file hotplug)" unplugged
  consistent
  equal "$(attr hotplug)" online_movable
  echo 0 >"$dir/MEM_GOING_OFFLINE/error"
  rmmod memory-notifier-error-inject
}

@test "a bound fault that the allocator fails is repeated, not lost" {
  plug_for_mbind
  inject_quietly
  local nth
  for nth in 1 2 3 5 8; do
    memscript "map 1M; bind $NODE; write /proc/self/fail-nth $nth; fill 1; verify 1; on $NODE all"
  done
}
