#!/usr/bin/env bats
# vm: --private 128M --swap 256M --dram 512M --smp 2
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

@test "every opt-in is toggled under load: no byte changes, nothing is left, counters add up" {
  local dir seconds=20 LOADS=() in_group demoted
  demoted=$(pages_demoted)
  [ "$KERNEL" != debug ] || seconds=120
  plug online_kernel
  dir=$(cgroup load)
  in_group="write $dir/cgroup.procs self"
  echo 1 >/sys/kernel/mm/numa/demotion_enabled
  balance_fast
  echo always >"$THP/enabled"
  start repeat "$in_group; map 24M; fill 1; churn 2; verify 1; fill 2; churn 1; verify 2"
  start repeat "$in_group; map 16M; bind 0,$NODE bind balancing; fill 1; churn 1; madvise cold" \
    "madvise pageout; verify 1; try madvise collapse; verify 1; fork; fill 2; verify 2; end; verify 1"
  start repeat "map 16M; bind 0,$NODE interleave; fill 1; try move $NODE all any; try move 0 all any; verify 1" \
    "slice 0 64K; pin long; verify 1; unpin; whole; fill 2; madvise free; fill 3; verify 3"
  start reclaim_group "$dir"
  toggle_for "$seconds"
  finish_loads
  # what was taken and could not be moved is given back
  demoted=$(($(pages_demoted) - demoted))
  [ "$demoted" -gt 0 ]
  [ "$(stat_of demoted)" -ge "$demoted" ]
  [ "$(stat_of placed)" -ge "$(stat_of demoted)" ]
}
