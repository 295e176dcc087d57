#!/usr/bin/env bats
# vm: --private 128M --swap 256M --dram 512M
# leaks: check
# timeout: 400
# Opt-ins change at run time, whatever goes on: DESIGN.md I6.

load lib

OPTS=(reclaim demotion mbind interleave madvise numa_balance ltpin)

# Sets opt-ins at random for SECONDS; what the rules forbid is refused.
toggle_for() { # SECONDS
  local end=$((SECONDS + $1)) count=0
  while [ "$SECONDS" -lt "$end" ]; do
    echo $((RANDOM & 1)) >"$(attr_file "${OPTS[RANDOM % ${#OPTS[@]}]}")" || count=$((count + 1))
  done 2>/dev/null
  [ "$count" -gt 0 ] # demotion without reclaim comes up
}

# Repeats statements in new processes until the test says stop; all must succeed.
repeat() { # STATEMENT...
  until [ -e "$GO" ]; do
    memscript "$@" || return
  done
}

reclaim_group() { # CGROUP
  until [ -e "$GO" ]; do
    memscript "try write $1/memory.reclaim 4M" || return
  done
}

start() { # COMMAND...
  "$@" >"$BATS_TEST_TMPDIR/load.${#LOADS[@]}" 2>&1 3>&- &
  LOADS+=($!)
}

finish_loads() {
  local i status=0
  : >"$GO"
  for i in "${!LOADS[@]}"; do
    wait "${LOADS[i]}" || {
      cat "$BATS_TEST_TMPDIR/load.$i" >&2
      status=1
    }
  done
  return "$status"
}

# All opt-ins off, and nothing of the loads left in the swap cache.
withdraw_all() {
  local opt
  for opt in demotion "${OPTS[@]}"; do
    set_attr "$opt" 0 || return
  done
  echo 1 >/proc/sys/vm/drop_caches
  empty_swap_cache
}

# Each service had something to do.
assert_all_worked() {
  local counter
  for counter in placed demoted promoted reclaimed; do
    echo "$counter: $(stat_of "$counter")"
    [ "$(stat_of "$counter")" -gt 0 ] || return
  done
}

# With small pages only and nobody else at it, the counters are exact.
assert_exact_counts() { # CGROUP
  local before
  rm -f "$GO"
  echo never >"$THP/enabled"
  set_attr reclaim 1
  set_attr demotion 1
  background_ready "write $1/cgroup.procs self; map 16M; fill 1; signal $READY; wait $GO" \
    "on $NODE some; verify 1"
  drain
  before=("$(pages_demoted)" "$(allocations)" "$(stat_of demoted)" "$(stat_of placed)")
  echo 4M >"$1/memory.reclaim"
  drain
  equal "$(($(stat_of demoted) - before[2]))" "$(($(pages_demoted) - before[0]))" demoted
  equal "$(($(stat_of placed) - before[3]))" "$(($(allocations) - before[1]))" placed
  equal "$(($(stat_of placed) - before[3]))" "$(($(stat_of demoted) - before[2]))" placed
  background_finish
}

@test "every opt-in is toggled under load: no byte changes, nothing is left, counters add up" {
  local dir seconds=16 LOADS=() in_group used demoted
  demoted=$(pages_demoted)
  ! on_debug || seconds=120
  plug online_kernel
  dir=$(cgroup load)
  in_group="write $dir/cgroup.procs self"
  echo 1 >/sys/kernel/mm/numa/demotion_enabled
  balance_fast
  echo always >"$THP/enabled"
  start repeat "$in_group; map 24M; fill 1; churn 2; verify 1; fill 2; churn 1; verify 2"
  start repeat "$in_group; map 16M; try bind $NODE; fill 1; madvise cold; madvise pageout" \
    "verify 1; try madvise collapse; verify 1; fork; fill 2; verify 2; end; verify 1"
  start repeat "map 8M; try bind 0,$NODE interleave; fill 1; verify 1" \
    "map 16M; try bind $NODE; fill 1; slice 0 64K; pin long; verify 1; unpin; whole; verify 1" \
    "fill 2; madvise free; fill 3; verify 3"
  # balancing brings back what has no policy
  used="try move $NODE all any; churn 1; verify 1"
  start repeat "map 16M; fill 1; $used; $used; $used; try move 0 all any; verify 1"
  start reclaim_group "$dir"
  toggle_for "$seconds"
  finish_loads
  assert_all_worked
  # what was taken and could not be moved is given back
  demoted=$(($(pages_demoted) - demoted))
  [ "$(stat_of demoted)" -ge "$demoted" ]
  [ "$(stat_of placed)" -ge "$(stat_of demoted)" ]
  withdraw_all
  assert_node_empty
  assert_exact_counts "$dir"
  withdraw_all
  assert_node_empty
}
