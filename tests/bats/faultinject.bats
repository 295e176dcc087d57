#!/usr/bin/env bats
# vm: --reserve 128M --reserve 256M --append private_nodes=1
# leaks: check
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

# Writes WORD to hotplug with the Nth allocation of that write failing. Sets
# injected to 0 when the write was over before that. The file is open before:
# opening it allocates, too.
write_with_fault() { # WORD N
  local fd left=''
  exec {fd}>"$(attr_file hotplug)"
  echo "$2" >/proc/self/fail-nth
  echo "$1" >&"$fd" || true
  read -r left </proc/self/fail-nth || true
  echo 0 >/proc/self/fail-nth
  exec {fd}>&-
  injected=$((left == 0))
  [ "$left" ] || injected=0
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
  seq 1 8
  seq 10 5 30
  seq 45 25 120
  seq 200 150 800
  seq 1200 600 6000
}

# The core's last allocation before mainline's __add_pages() fails with EEXIST.
# That one warns and leaves sections behind when it runs out of memory, so do
# not get there.
before_sections() {
  ! dmesg | grep -q 'not plugged.* error -17'
}

@test "a plug that runs out of memory leaves nothing behind" {
  local nth
  inject_quietly
  for nth in {1..40}; do
    write_with_fault online "$nth"
    equal "$injected" 1 "allocation $nth was tried"
    consistent
    [ "$(attr hotplug)" = unplugged ] || unplug
    before_sections || break
  done
  log_says 'not plugged.* error -12'
  run ! before_sections
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
