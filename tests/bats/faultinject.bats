#!/usr/bin/env bats
# vm: --smp 2 --reserve 128M --reserve 384M --append private_nodes=1
# kernels: debug
# leaks: check
# Plugging and unplugging with allocations that fail: DESIGN.md I7. dax0.0 keeps
# node 1 online, since mainline cannot go back once it registers a new node;
# dax1.0, of two ranges of one memory block, is what is plugged and unplugged.

load lib

HOLDER_PAGES=32768

setup() {
  local before
  begin
  before=(/sys/devices/system/memory/memory[0-9]*)
  OTHER_BLOCKS=${#before[@]}
  bind_to anondax dax0.0
  [ -e /sys/bus/dax/devices/dax1.0/mapping1 ] || punch_hole dax1.0
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
  echo N >/sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem
}

# Writes WORD to hotplug with the Nth allocation of that write failing; injected
# is 0 if the write was over before. All files are opened first: that allocates,
# too.
write_with_fault() { # WORD N
  local hotplug arm look left
  exec {hotplug}>"$(attr_file hotplug)" {arm}>/proc/self/fail-nth
  exec {look}</proc/self/fail-nth
  {
    echo "$2" >&"$arm"
    echo "$1" >&"$hotplug" || true
    read -r -u "$look" left
    echo 0 >&"$arm"
  } 2>/dev/null
  exec {hotplug}>&- {arm}>&- {look}<&-
  injected=$((left == 0))
}

# The state must be the old or the new one, and all of it.
consistent() {
  local blocks=1 found
  [ "$(attr hotplug)" = unplugged ] || blocks=3
  found=(/sys/devices/system/memory/memory[0-9]*)
  equal "${#found[@]}" $((OTHER_BLOCKS + blocks)) "memory blocks"
  equal "$(zoneinfo managed 1)" $((blocks * HOLDER_PAGES)) "managed pages"
  equal "$(grep -c 'System RAM (anondax)' /proc/iomem)" "$blocks" \
    "ranges in iomem"
  run ! node_has_state memory 1
}

# Tries WORD with allocation after allocation failing: the first ones all, later
# ones some. The device begins each time as FROM.
fail_one_by_one() { # WORD FROM
  local nth failures=0
  inject_quietly
  for ((nth = 1; nth < 20000; nth += nth < 12 ? 1 : nth / 3)); do
    [ "$(attr hotplug)" = "$2" ] || set_attr hotplug "$2"
    write_with_fault "$1" "$nth"
    consistent
    ((injected)) || break
    [ "$(attr hotplug)" != "$2" ] || failures=$((failures + 1))
  done
  equal "$injected" 0 "allocations that were not tried"
  echo "$failures writes failed; the last allocation was before number $nth"
  [ "$failures" -gt 0 ]
}

@test "a plug that runs out of memory half-way leaves nothing behind" {
  fail_one_by_one online unplugged
  set_attr hotplug online
  consistent
}

@test "an unplug that runs out of memory half-way leaves everything as it was" {
  fail_one_by_one unplugged online_movable
  consistent
}

@test "an unplug whose migrations run out of memory loses nothing" {
  local nth
  # with dax0.0 full, the rest of the node is what is unplugged
  unplug
  DAX=dax0.0 background_ready "$(NODE=1 much_of_node 126); map 1M; bind 1; touch; signal $READY; wait $GO; on 1 all"
  local holder=$BACKGROUND ready=$READY go=$GO
  inject_quietly
  for nth in 40 80 160 320 640; do
    READY=$ready.$nth GO=$go.$nth
    plug
    background_ready "map 4M; bind 1; fill 1; on 1 all; signal $READY; wait $GO; verify 1"
    write_with_fault unplugged "$nth"
    equal "$injected" 1 "injected at $nth"
    consistent
    background_finish
    [ "$(attr hotplug)" = unplugged ] || unplug
  done
  BACKGROUND=$holder READY=$ready GO=$go
  background_finish
}

VETOES=/sys/kernel/debug/notifier-error-inject/memory/actions

# ERRNO for what asks to do ACTION with a memory block; 0 lifts the veto.
veto() { # ACTION ERRNO
  modprobe memory-notifier-error-inject
  echo "$2" >"$VETOES/$1/error"
}

# No more blocks come online from the moment on at which BLOCK is.
veto_after() { # BLOCK
  local file=/sys/devices/system/memory/memory$1/state state
  until { read -r state <"$file"; } 2>/dev/null && [ "$state" = online ]; do
    :
  done
  echo -12 >"$VETOES/MEM_GOING_ONLINE/error"
}

# Plugs so that the first block is online, the second one is refused, and there
# is no way back. The veto may come too late: it has several tries.
plug_halfway() {
  local block try
  block=$(($(attr mapping0/start) >> 27))
  for try in {1..30}; do
    veto MEM_GOING_OFFLINE -16
    veto_after "$block" &
    echo online >"$(attr_file hotplug)" || true
    wait $!
    veto MEM_GOING_ONLINE 0
    veto MEM_GOING_OFFLINE 0
    ! dmesg | grep -q 'undoing it' || return 0
    [ "$(attr hotplug)" = unplugged ] || unplug
  done
  fail "the veto came too late $try times"
}

@test "a plug that can neither go on nor back is told, changes nothing more and can be taken back" {
  unplug
  plug_halfway
  equal "$(attr hotplug)" unplugged
  equal "$(grep -c 'System RAM (anondax)' /proc/iomem)" 3 "ranges in iomem"
  refuses EUCLEAN "$(attr_file hotplug)" online
  refuses EBUSY "$(attr_file node)" 0
  refuses EBUSY "$(attr_file adistance)" 300
  veto MEM_GOING_OFFLINE -16
  refuses EBUSY "$(attr_file hotplug)" unplugged
  veto MEM_GOING_OFFLINE 0
  unplug
  consistent
  set_attr hotplug online
  consistent
  rmmod memory-notifier-error-inject
}

@test "a veto leaves everything as it was" {
  veto MEM_GOING_ONLINE -12
  refuses ENOMEM "$(attr_file hotplug)" online
  consistent
  equal "$(attr hotplug)" unplugged
  veto MEM_GOING_ONLINE 0
  set_attr hotplug online
  veto MEM_GOING_OFFLINE -16
  refuses EBUSY "$(attr_file hotplug)" unplugged
  consistent
  equal "$(attr hotplug)" online_movable
  veto MEM_GOING_OFFLINE 0
  rmmod memory-notifier-error-inject
}

@test "a veto of a node's first memory leaves no node behind" {
  unplug dax1.0
  unplug dax0.0
  veto MEM_GOING_ONLINE -12
  refuses ENOMEM "$(attr_file hotplug dax1.0)" online
  veto MEM_GOING_ONLINE 0
  rmmod memory-notifier-error-inject
  run ! node_has_state memory_private 1
  run ! grep -q anondax /proc/iomem
  equal "$(stat_of placed dax1.0)" 0
  # a node that was left would have the opt-ins of before, and refuse others
  set_attr mbind 0 dax1.0
  plug online dax1.0
  unplug dax1.0
  plug_for_mbind online dax1.0
  memscript "map 4M; bind 1; fill 1; on 1 all"
}

@test "a bound fault that the allocator fails is repeated, not lost" {
  local nth
  inject_quietly
  for nth in 1 2 3 5 8; do
    run -0 memscript "map 1M; bind 1; write /proc/self/fail-nth $nth; fill 1" \
      "cat /proc/self/fail-nth; verify 1; on 1 all"
    equal "$output" 0 "allocations left to count at $nth"
  done
}

@test "a node that was full for a system call is no reason for a signal later on" {
  local nth
  unplug
  inject_quietly
  for nth in 1 2 3; do
    DAX=dax0.0 NODE=1 memscript "fork; write /proc/self/oom_score_adj -1000" \
      "$(DAX=dax0.0 NODE=1 much_of_node 104); map 32M; bind 1; expect ENOMEM madvise populate_write" \
      "map 1M; write /proc/self/fail-nth $nth; fill 1; verify 1; end"
  done
}
