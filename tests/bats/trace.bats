#!/usr/bin/env bats
# vm: --private 128M --swap 128M --dram 512M
# kernels: default
# What the node does, counted in stats and told by trace events node_private:*.
# Only the default kernel is built with tracing.

load lib

TRACING=/sys/kernel/tracing

setup() {
  begin
  bind_to anondax
  mount_once tracefs $TRACING
  NODE=$(attr node)
}

# What EVENT tells while COMMAND runs, which says what it has to say to a file.
traced() { # EVENT COMMAND...
  : >$TRACING/trace
  echo 1 >"$TRACING/events/node_private/node_private_$1/enable"
  "${@:2}" >"$BATS_TEST_TMPDIR/said" || return
  echo 0 >"$TRACING/events/node_private/node_private_$1/enable"
  sed -n "s/.*node_private_$1: //p" $TRACING/trace
}

# The sum over events of nr_pages must be what the counter grew by, and what
# WITNESS, which does not ask the node, grew by.
assert_counted() { # COUNTER WITNESS COMMAND...
  local before seen told
  before=$(stat_of "$1")
  seen=$("$2")
  told=$(traced "$1" "${@:3}" | awk -v nid="nid=$NODE" '
    $1 == nid && sub("nr_pages=", "", $2) { sum += $2 } END { print sum + 0 }')
  [ "$told" -gt 0 ]
  drain
  equal "$(($(stat_of "$1") - before))" "$told" "$1"
  equal "$told" "$(($("$2") - seen))" "$2"
}

# Pages that the last script found on DRAM, where it said "where".
found_on_dram() {
  local said=$BATS_TEST_TMPDIR/said
  [ ! -e "$said" ] || sed -n 's/^where: node0=\([0-9]*\) .*/\1/p' "$said"
}

@test "opening and closing the gate" {
  equal "$(traced gate plug)" "nid=1 open"
  equal "$(traced gate unplug)" "nid=1 closed"
}

@test "a device of compressed RAM that gets full, and has room again" {
  bind_to cramdax
  set_attr algorithm none
  set_attr capacity $((100 << 20))
  plug
  equal "$(traced gate set_attr used $((99 << 20)))" "nid=1 closed"
  equal "$(traced gate set_attr used 0)" "nid=1 open"
}

@test "changing opt-ins" {
  plug
  equal "$(traced opts set_attr reclaim 1)" "nid=1 before= after=reclaim"
  equal "$(traced opts set_attr demotion 1)" "nid=1 before=reclaim after=reclaim|demotion"
  equal "$(traced opts set_attr demotion 0)" "nid=1 before=reclaim|demotion after=reclaim"
}

@test "what the node refuses" {
  set_attr interleave 1
  plug
  assert_counted refused found_on_dram memscript "$(much_of_node 104 preferred)" \
    "map 32M; bind $NODE preferred; touch; where"
}

shrink_group() { # SIZE
  echo "$1" >"$CGROUPS/bats.tier/memory.reclaim"
}

@test "what demotion moves there, and what reclaim frees there" {
  local freed written
  set_attr reclaim 1
  set_attr demotion 1
  plug
  echo 1 >/sys/kernel/mm/numa/demotion_enabled
  background_ready "write $(cgroup tier)/cgroup.procs self; map 8M; fill 1" \
    "signal $READY; wait $GO; verify 1"
  drain
  written=$(vmstat pswpout)
  assert_counted demoted pages_demoted shrink_group 4M
  freed=$(stat_of reclaimed)
  shrink_group 7M
  echo "freed $freed and $(stat_of reclaimed), written $(($(vmstat pswpout) - written))"
  [ "$(stat_of reclaimed)" -gt "$freed" ]
  # what is all zero is not written
  [ "$(stat_of reclaimed)" -le $(($(vmstat pswpout) - written + 64)) ]
  background_finish
}

@test "what NUMA balancing moves away" {
  local migrated
  set_attr numa_balance 1
  plug_for_mbind
  balance_fast
  migrated=$(vmstat numa_pages_migrated)
  assert_counted promoted found_on_dram memscript \
    "map 8M; fill 1; move $NODE; churn 3; verify 1; where"
  equal "$(stat_of promoted)" "$(($(vmstat numa_pages_migrated) - migrated))" promoted
}
