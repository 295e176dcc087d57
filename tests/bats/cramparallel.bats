#!/usr/bin/env bats
# vm: --private 128M --swap 128M --dram 512M --smp 4 --accel tcg
# Compressed RAM while processors run in parallel: those that demote, and those
# that write meanwhile. What a stale TLB entry would lose, shows only here.

load lib
load cram

# Writers on other processors than who takes their pages away again and again
stampers() { # SECONDS
  local dir end
  dir=$(cgroup cram)
  background_ready "write $dir/cgroup.procs self; map 2M; fork bg; stamp $GO; end" \
    "fork bg; stamp $GO; end; fork bg; stamp $GO; end; signal $READY; stamp $GO; join"
  end=$((SECONDS + $1))
  while [ "$SECONDS" -lt "$end" ]; do
    echo 8M >"$dir/memory.reclaim" || true
  done
  background_finish
}

@test "writers that never stop lose no update while their pages are demoted" {
  local word
  plug_cram
  for word in never always; do
    echo "huge pages: $word"
    echo $word >"$THP/enabled"
    stampers 5
  done
  [ "$(stat_of demoted)" -gt 2048 ]
  [ "$(stat_of write_promoted)" -gt 2048 ]
}

@test "nor do they while pages go on to swap" {
  plug_cram "$DAX" $((4 << 20))
  swap_on
  stampers 8
  [ "$(stat_of write_promoted)" -gt 500 ]
  [ "$(stat_of reclaimed)" -gt 0 ]
}

@test "nor does anybody who does anything at all at the same time" {
  plug_cram
  swap_on
  balance_fast
  echo 1 >/sys/kernel/mm/ksm/run
  all_at_random
  nothing_writable
  [ "$(stat_of demoted)" -gt 1024 ]
  [ "$(stat_of write_promoted)" -gt 512 ]
}
