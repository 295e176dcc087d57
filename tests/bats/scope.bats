#!/usr/bin/env bats
# vm: --private 128M --dram 512M
# What other kernel code can get at, by the KUnit suite of the kernel: user space
# sees what comes of a scope, but cannot open one.

load lib

suite() {
  suite_passes node_private_test node_private 14
}

@test "in ZONE_MOVABLE: folios of a scope are private; slab, pages, interrupts and what comes after it are not" {
  plug online_movable
  suite
}

@test "in ZONE_NORMAL: folios of a scope are private; slab, pages, interrupts and what comes after it are not" {
  plug online_kernel
  suite
}

@test "so it is while DRAM is full" {
  plug online_kernel
  export -f suite run_suite suite_passes fail equal
  filler "anon=$(($(meminfo MemAvailable) / 1024 - 48))M" cache=32M -- bash -c suite
}

@test "the suite fails where there is no private node" {
  run_suite node_private_test node_private
  log_says 'not ok .*node_private'
  log_says 'plug a private node'
}
