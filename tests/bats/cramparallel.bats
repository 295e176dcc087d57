#!/usr/bin/env bats
# vm: --private 128M --swap 128M --dram 512M --smp 4 --accel tcg
# Compressed RAM while processors run in parallel: those that demote, and those
# that write meanwhile. What a stale TLB entry would lose, shows only here.

load lib
load cram

# Writers on other processors than who takes their pages away again and again
stampers() { # COPIES: until so many pages had to be copied
  local dir end before
  dir=$(cgroup cram)
  before=$(stat_of write_promoted)
  background_ready "write $dir/cgroup.procs self; map 2M; fork bg; stamp $GO; end" \
    "fork bg; stamp $GO; end; fork bg; stamp $GO; end; signal $READY; stamp $GO; join"
  end=$((SECONDS + 60))
  until [ $(($(stat_of write_promoted) - before)) -ge "$1" ]; do
    [ "$SECONDS" -lt "$end" ] || fail "$(stat_of write_promoted) copies, from $before" || return
    echo 2M >"$dir/memory.reclaim" 2>/dev/null || true
  done
  background_finish
}

@test "writers that never stop lose no update while their pages are demoted" {
  plug_cram
  stampers 1000
}

@test "nor do they while huge pages are demoted" {
  plug_cram
  echo always >"$THP/enabled"
  stampers 1000
}

@test "nor do they while pages go on to swap" {
  plug_cram "$DAX" $((4 << 20))
  swap_on
  stampers 500
  [ "$(stat_of reclaimed)" -gt 0 ]
}

@test "nor does anybody who does anything at all at the same time" {
  plug_cram
  swap_on
  balance_fast
  start_ksm 1000 20
  all_at_random 16
  [ "$MAPPED" -gt 0 ]
  [ "$(stat_of demoted)" -gt 256 ]
  [ "$(stat_of write_promoted)" -gt 64 ]
}
