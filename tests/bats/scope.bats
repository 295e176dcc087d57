#!/usr/bin/env bats
# vm: --private 128M --dram 512M
# What other kernel code can get at, by the KUnit suite of the kernel: user space
# sees what comes of a scope, but cannot open one.

load lib

run_suite() {
  modprobe -r node_private_test 2>/dev/null || true
  modprobe node_private_test
  dmesg | sed -n 's/^\[[^]]*\] //; /Subtest: node_private/,/^ok\|^not ok/p'
}

# Nobody but the suite may have taken pages meanwhile.
suite_passes() {
  local results
  results=$(run_suite)
  grep -q '^ok .*node_private' <<<"$results" || fail "$results"
  [[ ! $results =~ not\ ok|SKIP ]] || fail "$results"
  equal "$(grep -c '^ *ok [0-9]* [a-z]' <<<"$results")" 15 "passed lines"
}

@test "in ZONE_MOVABLE: folios of a scope are private; slab, pages, interrupts and what comes after it are not" {
  plug online_movable
  suite_passes
}

@test "in ZONE_NORMAL: folios of a scope are private; slab, pages, interrupts and what comes after it are not" {
  plug online_kernel
  suite_passes
}

@test "so it is while DRAM is full" {
  plug online_kernel
  export -f run_suite suite_passes fail equal
  filler "anon=$(($(meminfo MemAvailable) / 1024 - 48))M" cache=32M -- bash -c suite_passes
}

@test "the suite fails where there is no private node" {
  run_suite
  log_says 'not ok .*node_private'
  log_says 'plug a private node'
}
