#!/usr/bin/env bats
# vm: --private 128M --swap 128M --dram 512M
# Unplugging compressed RAM while it is in use, and what happens when that fails:
# DESIGN.md I7 and 6. With nobody at work see cram.bats.

load lib
load cram

# Unplugs when pages go there, and plugs again. With a page that somebody looks at
# just then it fails.
unplug_amid_demotion() {
  poll 60 counted pgdemote_ $(($(pages_demoted) + 200))
  if echo unplugged 2>/dev/null >"$(attr_file hotplug)"; then
    equal "$(attr gate) $(attr used)" "closed 0"
    UNPLUGGED=$((UNPLUGGED + 1))
    plug
  fi
  gate_is open
}

@test "an unplug amid demotion and writes works or changes nothing, and no byte changes" {
  local dir reclaimer UNPLUGGED=0 n
  plug_cram
  dir=$(cgroup cram)
  background_ready "write $dir/cgroup.procs self; map 8M as still; fill 1; map 2M" \
    "fork bg; stamp $GO; end; signal $READY; stamp $GO; join; use still; verify 1"
  reclaim_until_go "$dir" 3>&- &
  reclaimer=$!
  for n in {1..10}; do
    [ $n -le 3 ] || [ $UNPLUGGED = 0 ] || break
    unplug_amid_demotion
  done
  echo "unplugged: $UNPLUGGED"
  background_finish
  wait $reclaimer
  [ $UNPLUGGED -gt 0 ]
}

# The unplugged device's memory, by its address; after a first plug that can be read.
device_is_zero() {
  cmp -n "$(attr size)" -i "$(($(attr resource))):0" /dev/mem /dev/zero
}

# bats test_tags=variation
@test "what it moves away is zero on the device" {
  local dir
  dir=$(cgroup cram)
  plug_cram
  background_ready "write $dir/cgroup.procs self; map 8M; fill 1; $(demote_all "$dir"); on 1 all" \
    "signal $READY; wait $GO; on 0 all; verify 1"
  unplug
  background_finish
  device_is_zero
  # as it is not of a node that is not compressed RAM
  bind_to anondax
  plug_for_mbind
  memscript "map 8M; bind $NODE; fill 1"
  unplug
  run ! device_is_zero
  [[ $output == *differ* ]]
}

@test "what may be written to in place is moved, too, while it is written" {
  local dir
  dir=$(cgroup cram)
  plug_cram
  set_attr writable_pct 100
  background_ready "write $dir/cgroup.procs self; map 2M; fill 1; $(demote_all "$dir"); $DRAIN" \
    "fill 2; on 1 some; signal $READY; churn 3; on 0 all; verify 2"
  unplug
  background_finish
}

# A process that holds pages of 1M there until GO, and lives until GO.2.
hold_there() {
  local dir
  dir=$(cgroup cram)
  background_ready "write $dir/cgroup.procs self; map 1M; fill 1; $(demote_all "$dir"); on 1 all" \
    "pin short; on 1 all; signal $READY; wait $GO; verify 1; unpin; signal $READY.2; wait $GO.2" \
    "verify 1; fill 2; on 0 all; verify 2"
}

# As ever: pages come, can be read, are copied when they are written, and go.
works() {
  equal "$(attr hotplug)" "$1" hotplug || return
  gate_is open || return
  in_cram "map 4M; fill 3" "on 1 all; verify 3; fill 4; on 0 all; verify 4"
}

let_go() {
  : >"$GO"
  poll 30 test -e "$READY.2"
}

@test "a page that is held fails it, after which all works as before" {
  local state
  plug_cram
  state=$(attr hotplug)
  hold_there
  refuses EBUSY "$(attr_file hotplug)" unplugged
  works "$state"
  let_go
  unplug
  : >"$GO.2"
  background_finish
}

@test "unbinding with a held page is refused, after which all works as before" {
  local state
  plug_cram
  state=$(attr hotplug)
  hold_there
  refuses EBUSY /sys/bus/dax/drivers/cramdax/unbind "$DAX"
  bound_to cramdax
  works "$state"
  let_go
  unbind
  : >"$GO.2"
  background_finish
}

@test "without room for what has to leave it is not tried" {
  local dir
  pages_get_lost
  plug_cram
  dir=$(cgroup cram)
  background_ready "write $dir/cgroup.procs self; map 64M; fill 1; $(demote_all "$dir"); on 1 all" \
    "signal $READY; wait $GO; verify 1"
  background_fill_dram 24
  refuses ENOMEM "$(attr_file hotplug)" unplugged
  gate_is open
  stop_filling_dram
  unplug
  background_finish
}
