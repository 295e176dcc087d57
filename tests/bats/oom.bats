#!/usr/bin/env bats
# vm: --private 128M --private 128M --dram 640M
# A full private node is the problem of those who are bound to it, and of
# nobody else: DESIGN.md 8.12. dax0.0 is node 1, dax1.0 node 2.

load lib

setup_full() {
  plug_for_mbind online dax1.0
  plug_for_mbind "${1:-online}"
}

# Whoever overfills the node must be killed; had its pages spilled over to
# DRAM, which has room, or to node 2, it would not.
overfill() { # STATEMENT... that need more than 24M
  memscript "fork" "$(much_of_node 104)" "$@" "end KILL"
  log_says 'Killed process [0-9]+ \(memscript\)'
  equal "$(stat_of placed dax1.0)" 0 "pages placed on the other private node"
}

@test "a buffer that outgrows the node gets its task killed" {
  setup_full
  overfill "map 32M; bind $NODE; touch"
  assert_node_empty
}

@test "so does a task that is bound as a whole" {
  setup_full
  overfill "policy $NODE; map 32M; touch"
}

# bats test_tags=variation
@test "so does one in ZONE_NORMAL" {
  setup_full online_kernel
  overfill "map 32M; bind $NODE; touch"
}

@test "so does one with huge pages" {
  setup_full
  echo always >"$THP/enabled"
  overfill "map 32M; bind $NODE; touch"
}

# bats test_tags=variation
@test "so does one that copies on write" {
  setup_full
  memscript "$(much_of_node 96)" "map 20M; bind $NODE; fill 1" \
    "fork; write /proc/self/oom_score_adj 1000; fill 2; end KILL; verify 1; on $NODE all"
}

@test "so does one that the kernel faults in for" {
  setup_full
  overfill "map 32M; bind $NODE; madvise populate_write"
}

@test "a bigger task that is not bound to the node lives on" {
  setup_full
  huge_pages_on_request
  background_ready "map 140M; madvise hugepage; fill 1; signal $READY; wait $GO; verify 1"
  overfill "map 32M; bind $NODE; touch"
  kill -0 "$BACKGROUND"
  background_finish
}

# bats test_tags=variation
@test "a bigger task that is bound to the other private node lives on" {
  setup_full
  huge_pages_on_request
  background_ready "policy 2; map 100M; madvise hugepage; touch; signal $READY; wait $GO; on 2 all"
  memscript "fork; $(much_of_node 96); map 40M; bind 1; touch; end KILL"
  kill -0 "$BACKGROUND"
  background_finish
}

@test "who moved memory there without a policy is killed like those who are bound" {
  setup_full
  huge_pages_on_request
  background_ready "map 108M; madvise hugepage; touch; move $NODE any; on $NODE all; signal $READY; wait $GO"
  memscript "map 40M; bind $NODE; touch; on $NODE all"
  log_says "Killed process $BACKGROUND "
}

# bats test_tags=variation
@test "so is who shares what another one moved there" {
  setup_full
  huge_pages_on_request
  memscript "map 108M; madvise hugepage; touch; fork bg; wait $GO; end; migrate 0 $NODE left any; munmap" \
    "fork; map 40M; bind $NODE; touch; on $NODE all; end; join KILL"
}

# bats test_tags=variation
@test "panic_on_oom=1 does not fire for it" {
  setup_full
  echo 1 >/proc/sys/vm/panic_on_oom
  overfill "map 32M; bind $NODE; touch"
  echo 0 >/proc/sys/vm/panic_on_oom
}

@test "DRAM is not reclaimed for it" {
  local before
  setup_full
  before=$(($(vmstat pgscan_direct) + $(vmstat pgscan_kswapd)))
  overfill "map 32M; bind $NODE; touch"
  equal "$(($(vmstat pgscan_direct) + $(vmstat pgscan_kswapd)))" "$before" pgscan
}

@test "the node can be used again afterwards" {
  setup_full
  overfill "map 32M; bind $NODE; touch"
  assert_node_empty
  memscript "map 64M; bind $NODE; fill 1; on $NODE all; verify 1"
}

@test "a task that must not be killed neither hangs nor takes the machine down" {
  setup_full
  MEMSCRIPT_TIMEOUT=20 run memscript "fork; write /proc/self/oom_score_adj -1000; $(much_of_node 104)" \
    "map 32M; bind $NODE; touch; end 9"
  [ "$status" -eq 1 ]
  [[ $output == *"died of signal"* ]]
  [[ $output != *ALRM* ]]
  memscript "map 64M; bind $NODE; fill 1; on $NODE all; verify 1"
}

@test "a system call on behalf of such a task fails instead of a signal" {
  setup_full
  memscript "fork; write /proc/self/oom_score_adj -1000; $(much_of_node 104); map 32M; bind $NODE" \
    "expect ENOMEM madvise populate_write; slice 0 4K; on $NODE all; end"
}

# bats test_tags=variation
@test "a mask with DRAM in it goes over to DRAM instead" {
  setup_full
  memscript "$(much_of_node 104); map 40M; bind 0,$NODE; touch; on 2 none"
}

@test "a full DRAM kills as ever, however much of the private node is free" {
  setup_full
  background_ready "map 32M; bind $NODE; fill 1; signal $READY; wait $GO; verify 1; on $NODE all"
  run -0 memscript "$(much_of_dram 40)" "run filler anon=max"
  equal "$output" "anon: killed"
  log_says 'Out of memory: Killed process [0-9]+ \(filler\)'
  background_finish
}
