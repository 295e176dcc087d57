#!/usr/bin/env bats
# vm: --private 128M --swap 256M --dram 512M
# Services whose opt-in is off, or that have none, do nothing to the node's folios:
# DESIGN.md I6, 8.8 to 8.10, 8.15.

load lib

# How much COUNTER of vmstat grows while NUMA balancing looks at 16M. The policy
# is one that it may look at: one that only binds keeps it away by itself.
scanned_on() { # NODE COUNTER
  local before
  before=$(vmstat "$2")
  memscript "map 16M; bind $1 bind balancing; fill 1; churn 2; on $1 all; verify 1" || return
  echo $(($(vmstat "$2") - before))
}

@test "NUMA balancing installs no hint faults on the node's huge pages" {
  plug_for_mbind
  balance_fast
  echo always >"$THP/enabled"
  [ "$(scanned_on 0 numa_huge_pte_updates)" -ge 8 ]
  equal "$(scanned_on "$NODE" numa_huge_pte_updates)" 0
}

# bats test_tags=variation
@test "nor on its small pages" {
  plug_for_mbind
  balance_fast
  # the rest of the process is scanned: a few, not thousands
  [ "$(scanned_on "$NODE" numa_pte_updates)" -lt 1000 ]
}

@test "NUMA balancing in tiering mode promotes nothing from the node" {
  local before
  plug_for_mbind
  balance_fast
  echo 2 >/proc/sys/kernel/numa_balancing
  before=$(vmstat numa_pte_updates)
  memscript "map 8M; fill 1; move $NODE; churn 3; on $NODE all; verify 1"
  # nor does it look; at DRAM it never does in this mode
  echo "updates $(($(vmstat numa_pte_updates) - before))"
  [ $(($(vmstat numa_pte_updates) - before)) -lt 100 ]
}

@test "MADV_COLD and MADV_PAGEOUT of others' or own pages do nothing there" {
  plug_for_mbind
  memscript "map 4M; bind $NODE; fill 1; map 4K as x; touch; move 0" >/dev/null
  memscript "map 4M as a; bind $NODE; fill 1; map 4K; touch; move 0; use a" \
    "smaps Referenced all; madvise cold; smaps Referenced all; madvise pageout" \
    "on swap none; on $NODE all; verify 1"
}

@test "a long-term pin moves the folio to DRAM first, in either zone" {
  local word
  for word in online_movable online_kernel; do
    plug_for_mbind "$word"
    memscript "map 2M; bind $NODE; fill 1; pin long; on 0 all; verify 1; fill 2; unpin; verify 2"
    memscript "map 2M; bind $NODE; pin long; on 0 all; fill 1; verify 1"
    unplug
  done
}

# bats test_tags=variation
@test "a long-term pin of a huge page moves it to DRAM first" {
  plug_for_mbind
  echo always >"$THP/enabled"
  memscript "map 4M; bind $NODE; fill 1; smaps AnonHugePages all; pin long; on 0 all; verify 1"
}

# bats test_tags=variation
@test "what the kernel is to read is pinned on DRAM, too" {
  plug_for_mbind
  memscript "map 2M; bind $NODE; fill 1; pin read; on 0 all; pinned 1; unpin; verify 1"
}

# A child holds the pages by what it inherits: a pipe. It must not have them mapped.
@test "a long-term pin of pages that cannot move fails and changes nothing" {
  plug_for_mbind
  memscript "map 1M; bind $NODE; fill 1; madvise dontfork; pin short" \
    "fork bg; wait $GO; end; unpin; expect ENOMEM pin long; on $NODE all; verify 1" \
    "expect ENOMEM pin read; on $NODE all; verify 1" \
    "signal $GO; join; pin long; on 0 all; verify 1"
}

# As with any page that must move to be pinned. What moved and what did not is freed.
@test "a long-term pin that DRAM has no room for ends as other demands for memory do" {
  plug_for_mbind
  swapoff /dev/vda
  echo always >"$THP/enabled"
  background_ready "map $(($(meminfo MemAvailable) / 1024 - 40))M; mlock; signal $READY; wait $GO"
  memscript "map 16M; bind $NODE; fill 1" \
    "fork; write /proc/self/oom_score_adj 1000; $(much_of_node 96); fill 2; on $NODE all" \
    "signal $BATS_TEST_TMPDIR/filled; pin long; end KILL; on $NODE all; verify 1"
  [ -e "$BATS_TEST_TMPDIR/filled" ]
  swapon /dev/vda
  background_finish
}

@test "a pinned folio does not keep the node from being unplugged" {
  plug_for_mbind
  background_ready "map 2M; bind $NODE; fill 1; pin long; signal $READY; wait $GO; verify 1"
  unplug
  background_finish
}

@test "a short reference and direct I/O work in place" {
  plug_for_mbind
  memscript "map 1M; bind $NODE; fill 1; pin short; on $NODE all; verify 1; unpin; on $NODE all"
  memscript "map 1M; bind $NODE; fill 1; direct /dev/vda; on $NODE all"
}

@test "soft offline moves the folio to DRAM and keeps its content" {
  pages_get_lost
  plug_for_mbind
  memscript "map 1M; bind $NODE; fill 1; slice 64K 4K; madvise soft_offline; on 0 all" \
    "whole; verify 1; on 0 1p"
  memscript "map 64M; bind $NODE; fill 1; on $NODE all; verify 1"
  unplug
  plug
  memscript "map 64M; bind $NODE; fill 1; on $NODE all; verify 1"
}

# bats test_tags=variation
@test "so it does in the middle of a huge page, the rest of which stays" {
  pages_get_lost
  plug_for_mbind
  echo always >"$THP/enabled"
  memscript "map 4M; bind $NODE; fill 1; smaps AnonHugePages all; slice 64K 4K" \
    "madvise soft_offline; on 0 all; whole; verify 1; on 0 1p; on $NODE 1023p" \
    "smaps AnonHugePages 2M"
}

@test "a memory error on the node kills only who touches the page" {
  pages_get_lost
  plug_for_mbind
  background_ready "map 1M; bind $NODE; fill 2; signal $READY; wait $GO; on $NODE all; verify 2"
  memscript "map 1M; bind $NODE; fill 1; $(memory_error); on $NODE all"
  background_finish
  memscript "map 16M; bind $NODE; fill 1; on $NODE all; verify 1"
}

# bats test_tags=variation
@test "so does one in a huge page" {
  pages_get_lost
  plug_for_mbind
  echo always >"$THP/enabled"
  memscript "map 4M; bind $NODE; fill 1; smaps AnonHugePages all" \
    "fork; slice 64K 4K; madvise hwpoison; read; end BUS" \
    "slice 0 64K; verify 1; slice 68K 4028K; verify 1; on $NODE all; smaps AnonHugePages 2M" \
    "fork; slice 64K 4K; read; end BUS"
}

frame_with_error() { # the last one that the log tells of
  dmesg | sed -n 's/.*Memory failure: \(0x[0-9a-f]*\): recovery action.*/\1/p' | tail -n 1
}

# By /proc/kpageflags: it has KPF_HWPOISON, bit 19, and is what it was, anonymous
# memory with KPF_SWAPBACKED, bit 14. What is freed loses that.
assert_kept() { # FRAME
  local flags
  flags=$(od -An -tu8 -j $(($1 * 8)) -N 8 /proc/kpageflags)
  ((flags >> 19 & flags >> 14 & 1)) || fail "frame $1 has the flags $flags"
}

# It stays in use; nearly all of the node is taken, so that it would be part of it.
@test "a page with a memory error is counted and not handed out again" {
  local corrupted failures pages
  pages_get_lost
  plug_for_mbind
  corrupted=$(meminfo HardwareCorrupted)
  failures=$(<"$NODES/node$NODE/memory_failure/total")
  memscript "map 1M; bind $NODE; fill 1" "fork; slice 64K 4K; madvise hwpoison; end BUS"
  equal "$(meminfo HardwareCorrupted)" $((corrupted + 4)) HardwareCorrupted
  equal "$(<"$NODES/node$NODE/memory_failure/total")" $((failures + 1)) failures
  equal "$(<"$NODES/node$NODE/memory_failure/recovered")" $((failures + 1)) recovered
  memscript "until 10 used $NODE 16"
  assert_kept "$(frame_with_error)"
  pages=$(($(zoneinfo managed "$NODE") - $(zoneinfo high "$NODE") - 64))
  memscript "map ${pages}p; bind $NODE; fill 1; on $NODE all; kflags hwpoison none; verify 1"
}

@test "the page is counted no more once the node is unplugged, and is there again" {
  local corrupted managed
  pages_get_lost
  plug_for_mbind
  managed=$(zoneinfo managed "$NODE")
  corrupted=$(meminfo HardwareCorrupted)
  memscript "map 1M; bind $NODE; fill 1" "fork; slice 64K 4K; madvise hwpoison; read; end BUS"
  equal "$(meminfo HardwareCorrupted)" $((corrupted + 4)) HardwareCorrupted
  unplug
  equal "$(meminfo HardwareCorrupted)" "$corrupted" HardwareCorrupted
  plug
  equal "$(meminfo HardwareCorrupted)" "$corrupted" HardwareCorrupted
  equal "$(zoneinfo managed "$NODE")" "$managed" "managed pages"
  assert_node_empty
}

@test "hibernation is refused while a private node is there, and only then" {
  [[ $(</sys/power/disk) != *"[disabled]"* ]]
  plug
  equal "$(</sys/power/disk)" "[disabled]" /sys/power/disk
  run ! memscript 'write /sys/power/state disk'
  log_says '[Hh]ibernat'
  unplug
  [[ $(</sys/power/disk) != *"[disabled]"* ]]
}

@test "the debugfs files that walk all memory do no harm" {
  plug_for_mbind
  echo always >"$THP/enabled"
  background_ready "map 8M; bind $NODE; fill 1; signal $READY; wait $GO; verify 1; on $NODE all"
  echo 1 >/sys/kernel/debug/split_huge_pages
  cat /sys/kernel/debug/extfrag/unusable_index /proc/pagetypeinfo /proc/zoneinfo >/dev/null
  echo m >/proc/sysrq-trigger
  background_finish
}
