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

# What EVENT tells while COMMAND runs.
traced() { # EVENT COMMAND...
  : >$TRACING/trace
  echo 1 >"$TRACING/events/node_private/node_private_$1/enable"
  "${@:2}" || return
  echo 0 >"$TRACING/events/node_private/node_private_$1/enable"
  sed -n "s/.*node_private_$1: //p" $TRACING/trace
}

# The sum over events of nr_pages must be what the counter grew by.
assert_counted() { # COUNTER COMMAND...
  local before told
  before=$(stat_of "$1")
  told=$(traced "$@" | awk -v nid="nid=$NODE" '
    $1 == nid && sub("nr_pages=", "", $2) { sum += $2 } END { print sum + 0 }')
  [ "$told" -gt 0 ]
  equal "$(($(stat_of "$1") - before))" "$told" "$1"
}

@test "opening and closing the gate" {
  equal "$(traced gate plug)" "nid=1 open"
  equal "$(traced gate unplug)" "nid=1 closed"
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
  assert_counted refused memscript "map 130M; bind $NODE preferred; touch; on 0 some"
}

shrink_group() { # SIZE
  echo "$1" >"$CGROUPS/bats.tier/memory.reclaim"
}

@test "what demotion moves there, and what reclaim frees there" {
  local freed
  set_attr reclaim 1
  set_attr demotion 1
  plug
  echo 1 >/sys/kernel/mm/numa/demotion_enabled
  background_ready "write $(cgroup tier)/cgroup.procs self; map 8M; fill 1" \
    "signal $READY; wait $GO; verify 1"
  assert_counted demoted shrink_group 4M
  freed=$(stat_of reclaimed)
  shrink_group 7M
  [ "$(stat_of reclaimed)" -gt "$freed" ]
  background_finish
}

@test "what NUMA balancing moves away" {
  set_attr numa_balance 1
  plug_for_mbind
  balance_fast
  assert_counted promoted memscript "map 8M; fill 1; move $NODE; churn 3; on 0 some; verify 1"
}
