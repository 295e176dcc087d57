#!/usr/bin/env bats
# vm: --private 128M --dram 512M --smp 4 --accel tcg
# What happens at the same time: the guest's processors run in parallel here.

load lib

# Runs COMMAND again and again until "$GO" is there, and fails if it does.
keep_running() { # COMMAND...
  while [ ! -e "$GO" ]; do
    "$@" || return
  done
}

start_workers() { # COMMAND...: three of it
  WORKERS=()
  for _ in 1 2 3; do
    keep_running "$@" 3>&- &
    WORKERS+=($!)
  done
}

workers_succeed() {
  local worker
  : >"$GO"
  for worker in "${WORKERS[@]}"; do
    wait "$worker" || fail "a worker failed"
  done
}

# The node may come and go meanwhile: no byte of this may change.
work() {
  echo "map 4M; try bind $NODE; fill 1; fork; fill 2; verify 2; end; verify 1;" \
    "try move 0 any; try move $NODE any; verify 1"
}

@test "plugging and unplugging harms no task that faults, forks and moves pages" {
  local unplugged=0
  plug_for_mbind
  start_workers memscript "$(work)"
  for _ in {1..6}; do
    if set_attr hotplug unplugged; then unplugged=$((unplugged + 1)); fi
    set_attr hotplug online
  done
  workers_succeed
  [ "$unplugged" -gt 0 ]
}

@test "writing the opt-in harms no task that faults, forks and moves pages" {
  plug_for_mbind
  start_workers memscript "$(work)"
  for _ in {1..100}; do
    set_attr mbind 0
    set_attr mbind 1
  done
  workers_succeed
}

# Each wants half of the node, so some must be killed.
overfill_all_at_once() {
  local pid pids=()
  for _ in 1 2 3 4; do
    memscript "write /proc/self/oom_score_adj 500; map 60M; bind $NODE; touch" 3>&- &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do wait "$pid" || true; done
}

@test "several tasks that overfill the node at once leave a machine that works" {
  plug_for_mbind
  overfill_all_at_once
  log_says 'Killed process [0-9]+ \(memscript\)'
  assert_node_empty
  memscript "map 64M; bind $NODE; fill 1; on $NODE all; verify 1"
}
