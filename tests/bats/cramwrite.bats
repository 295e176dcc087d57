#!/usr/bin/env bats
# vm: --private 128M --swap 128M --dram 512M
# Compressed RAM: whoever writes gets a copy in ordinary memory, and nothing makes
# a page there writable: DESIGN.md 6.

load lib
load cram

# Writing seed 2 by STATEMENTs, with BACK to make the pages readable again: to a
# mapping of its own, to one that a child shares, by the child, and to one that no
# longer is shared. Each time the pages are copied, and free in the end.
copies() { # STATEMENTS [SIZE [BACK]]
  local size=${2:-2M} written
  written="$1; readonly; ${3:+$3;} verify 2; on 0 all"
  in_cram "map $size as b; fill 1; map $size as a; fill 1" \
    "$written; use b; on 1 all; fork; $written; end; on 1 all; verify 1" \
    "$written; fork; verify 2; end; until 10 used 1 200"
}

# The counter knows of them.
counts_copies() {
  [ "$(stat_of write_promoted)" -ge 1024 ]
}

@test "a store copies" {
  copies "fill 2"
  counts_copies
}

# bats test_tags=variation
@test "copy_to_user copies" {
  copies "poke pipe 2"
  counts_copies
}

@test "a write to /proc/PID/mem copies" {
  copies "poke procmem 2"
  counts_copies
}

# bats test_tags=variation
@test "process_vm_writev copies" {
  copies "poke vmwrite 2"
  counts_copies
}

@test "a debugger's write copies" {
  copies "poke ptrace 2" 32K
}

@test "an io_uring read copies" {
  copies "poke uring 2"
}

@test "an io_uring read into registered buffers copies" {
  copies "poke fixed 2"
}

# bats test_tags=variation
@test "MADV_POPULATE_WRITE copies" {
  in_cram "map 2M; fill 1" "madvise populate_write; on 0 all; verify 1; until 10 used 1 200"
}

@test "/proc/PID/mem and a debugger copy where the mapping is not writable, too" {
  copies "mprotect r; poke procmem 2"
  copies "mprotect r; poke ptrace 2" 32K
  copies "mprotect none; poke procmem 2" 2M "mprotect r"
}

# A block device in memory that takes direct I/O
block_device() {
  modprobe zram
  echo 8M >/sys/block/zram0/disksize
}

@test "a pin for writing copies" {
  block_device
  memscript "map 2M; fill 2; direct /dev/zram0 write"
  copies "direct /dev/zram0"
  in_cram "map 2M; fill 1" "pin long; on 0 all; verify 1; fill 2; verify 2"
  rmmod zram
}

@test "a pin for reading copies, and stays with what the process writes later" {
  block_device
  in_cram "map 2M; fill 1" "direct /dev/zram0 write; on 0 all; verify 1; fill 2" \
    "direct /dev/zram0; verify 1"
  in_cram "map 2M; fill 1" "pin read; on 0 all; pinned 1; fill 2; pinned 2; verify 2"
  echo always >"$THP/enabled"
  in_cram "map 2M; fill 1" "smaps AnonHugePages all; pin read; on 0 all; pinned 1; fill 2" \
    "pinned 2"
  rmmod zram
}

@test "a write to a part of a huge page copies and frees that part" {
  echo always >"$THP/enabled"
  in_cram "map 4M; fill 1; smaps AnonHugePages all" \
    "slice 1M 64K; fill 2; readonly; on 0 all; whole; on 0 64K; slice 0 1M; verify 1; on 1 all" \
    "slice 1M 64K; verify 2; whole; poke pipe 2; on 0 all; verify 2; until 10 used 1 200"
}

# A page that a pipe refers to: the folio cannot be split then.
@test "nor is a byte of one lost that cannot be split at that moment" {
  echo always >"$THP/enabled"
  in_cram "map 2M; fill 1; smaps AnonHugePages all" \
    "slice 0 64K; pin short; fill 2; on 0 all; verify 2; readonly; slice 64K 1984K; verify 1" \
    "on 1 all; slice 0 64K; unpin; verify 2; whole; fill 3; verify 3; on 0 all" \
    "until 10 used 1 200"
}

@test "what was a part of a huge page is free when it was written" {
  echo always >"$THP/enabled"
  in_cram "map 8M; fill 1; smaps AnonHugePages all" \
    "slice 0 1M; fill 2; slice 2M 1M; fill 2; slice 4M 1M; fill 2; slice 6M 1M; poke pipe 2" \
    "whole; on 1 4M; until 10 used 1 1400"
}

# bats test_tags=variation
@test "so it does where a child shares the huge page" {
  echo always >"$THP/enabled"
  in_cram "map 2M; fill 1; smaps AnonHugePages all" \
    "fork; slice 0 64K; fill 2; on 0 all; whole; on 0 64K; readonly; end; verify 1" \
    "on 1 all" \
    "fork; poke procmem 2; verify 2; on 0 all; end; verify 1; on 1 all; fill 2; verify 2" \
    "on 0 all"
}

# Which is decided for huge pages apart from small ones.
# bats test_tags=variation
@test "and where the mapping is not writable" {
  echo always >"$THP/enabled"
  in_cram "map 2M; fill 1; mprotect r; smaps AnonHugePages all" \
    "smaps AnonHugePages all; poke procmem 2; readonly; on 0 all; verify 2; until 10 used 1 200"
  in_cram "map 2M; fill 1; mprotect none" \
    "slice 0 32K; poke ptrace 2; readonly; on 0 32K; mprotect r; verify 2; whole; on 0 32K"
}

# Pages stay in place, unharmed and read-only through STATEMENTs, and can still
# be written to. In the end the mapping "a" is the current one.
stays() { # STATEMENTS
  in_cram "map 2M as b; map 2M as a; fill 1" \
    "$1; readonly 2M; verify 1; on 1 all; fill 2; readonly; verify 2; on 0 all" \
    "until 10 used 1 200"
}

# The same with small pages and with a huge one.
stays_either_way() { # STATEMENTS
  stays "$1"
  echo always >"$THP/enabled"
  stays "smaps AnonHugePages 2M; $1"
}

@test "mprotect makes nothing writable" {
  stays_either_way "mprotect r; mprotect rw; readonly 2M; mprotect none; mprotect rw"
}

# bats test_tags=variation
@test "nor of a part" {
  stays_either_way "slice 512K 1M; mprotect r; mprotect rw; whole"
}

@test "userfaultfd's end of write protection makes nothing writable" {
  stays_either_way "uffd wp; readonly 2M; uffd unwp"
}

@test "nor does it of pages that were protected before they got there" {
  in_cram "map 2M; fill 1; uffd wp" "on 1 all; uffd unwp; readonly 2M; verify 1; on 1 all" \
    "fill 2; on 0 all"
}

@test "UFFDIO_MOVE makes nothing writable" {
  local dir
  dir=$(cgroup cram)
  in_cram "map 2M as b; map 2M as a; fill 1" \
    "on 1 all; uffd move b; on absent all; use b; on 1 all; readonly 2M; verify 1; fill 2" \
    "on 0 all; use a; fill 3; use b; verify 2; $(demote_all "$dir"); on 1 all; use a; verify 3"
}

@test "nor does it of huge pages" {
  echo always >"$THP/enabled"
  in_cram "map 2M as b; map 2M as a; fill 1" \
    "uffd move b; on absent all; use b; on 1 all; smaps AnonHugePages all; readonly 2M; verify 1" \
    "fill 2; on 0 all; verify 2"
}

@test "nor of parts of a huge page" {
  echo always >"$THP/enabled"
  in_cram "map 2M as b; map 2M as a; fill 1" \
    "slice 0 64K; uffd move b; use b; slice 0 64K; on 1 all; readonly; verify 1; fill 2" \
    "on 0 all"
}

@test "mremap makes nothing writable" {
  stays_either_way "mremap 2M"
}

@test "soft-dirty tracking makes nothing writable, and sees writes" {
  stays_either_way "write /proc/self/clear_refs 4; softdirty none"
  # to 6.12 a huge page that was moved and is dirty is soft-dirty as well
  echo never >"$THP/enabled"
  in_cram "map 2M; fill 1; write /proc/self/clear_refs 4" \
    "on 1 all; softdirty none; fill 2; softdirty all; on 0 all"
}

@test "fork makes nothing writable, nor does its end" {
  stays_either_way "fork; readonly 4M; verify 1; end; readonly 2M; fork; fill 3; end"
}

@test "a folio that is split is mapped read-only again" {
  stays_either_way "write /sys/kernel/debug/split_huge_pages 1; readonly 2M"
}

migrations_failed() { # beyond NUMBER
  [ "$(vmstat pgmigrate_fail)" -gt "$1" ]
}

# A child has the pages mapped, too.
fails_to_move() {
  local dir before
  dir=$(cgroup cram)
  plug_cram
  background_ready "write $dir/cgroup.procs self; map 2M; fill 1; $(demote_all "$dir"); on 1 all" \
    "slice 0 1M; pin short; fork bg; signal $READY; wait $GO; readonly 1M; verify 1; on 1 all" \
    "unpin; whole; until 20 on 0 all; verify 1; end; wait $GO; readonly 1M; verify 1; on 1 all" \
    "unpin; whole; until 20 on 0 all; readonly; verify 1; fill 2; join"
  before=$(vmstat pgmigrate_fail)
  set_attr capacity 4096
  poll 20 migrations_failed $((before + 64))
  background_finish
  rm "$READY" "$GO"
}

@test "so is one that fails to move" {
  local word
  for word in never always; do
    echo "huge pages: $word"
    echo $word >"$THP/enabled"
    fails_to_move
    unplug
    set_attr capacity $((128 << 20))
  done
}

# Pages that an attempt could not move wait in the batch of its processor. These are
# too few to leave it by themselves, and nobody does anything else there.
@test "and moves later, wherever it waits meanwhile" {
  local dir before
  dir=$(cgroup cram)
  plug_cram
  before=$(vmstat pgmigrate_fail)
  memscript "write $dir/cgroup.procs self; map 64K as b; map 32K as a; fill 1; $(demote_all "$dir")" \
    "on 1 all; pin short; write $(attr_file capacity) 4096; use b; churn 2; use a; on 1 all" \
    "unpin; until 20 on 0 all; verify 1"
  migrations_failed $((before + 7))
}

@test "KSM makes nothing writable, nor does it when it lets go" {
  local dir
  dir=$(cgroup cram)
  plug_cram
  background_ready "write $dir/cgroup.procs self; map 1M as a; fill 1; map 1M as b; fill 1" \
    "$(demote_all "$dir"); madvise mergeable; use a; madvise mergeable; map 1M as c; fill 1" \
    "madvise mergeable; signal $READY; wait $GO; readonly 2M; use b; same a none; on 1 all" \
    "madvise unmergeable; readonly 2M; use a; write /sys/kernel/mm/ksm/run 2; readonly 2M" \
    "verify 1; on 1 all; fill 2; on 0 all"
  run_ksm
  background_finish
}

# It is at work in the ordinary memory of the process: at least 512 pages of it get
# hints. One fault is enough for a huge page.
balanced() { # FAULTS STATEMENTS-BEFORE STATEMENTS-AFTER...
  local hints faults min=$1
  shift
  hints=$(vmstat numa_pte_updates) faults=$(vmstat numa_hint_faults)
  in_cram "$@"
  [ $(($(vmstat numa_pte_updates) - hints)) -ge 512 ]
  [ $(($(vmstat numa_hint_faults) - faults)) -ge "$min" ]
}

@test "NUMA balancing makes nothing writable" {
  plug_cram
  balance_fast
  balanced 512 "map 4M as w; fill 1; map 2M as a; fill 1" \
    "use w; churn 1 threaded; on 0 all; use a; readonly 2M; read; on 1 all"
  echo always >"$THP/enabled"
  balanced 1 "map 4M as w; fill 1; mlock; map 2M as a; fill 1; read" \
    "use w; churn 1 threaded; on 0 all; use a; readonly 2M; read; on 1 all"
}

# Folios of the node that are in the swap cache and not mapped: somebody has a
# reference that keeps them from being written out.
in_swap_cache() { # STATEMENTS...; with ALONE set they were never shared
  local dir
  dir=$(cgroup cram)
  in_cram "map 512K; fill 1" "pin short; on 1 all; ${ALONE:+madvise dontfork;} run swapon /dev/vda" \
    "reclaim $dir 64M; on swap all" "$@"
}

@test "what is in the swap cache is mapped read-only by a read" {
  in_swap_cache "verify 1; on 1 all; readonly 512K; fill 2; on 0 all; verify 2"
}

@test "and copied by a write" {
  in_swap_cache "fill 2; readonly; verify 2; on 0 all"
  swap_off
  in_swap_cache "poke procmem 2; readonly; verify 2; on 0 all"
}

@test "and no longer shared by a child, it is not reused" {
  in_swap_cache "fork; verify 1; on 1 all; readonly 512K; end; verify 1; readonly 512K; unpin" \
    "fill 2; on 0 all; verify 2"
}

# Without that the child that runs swapon shares them for a moment, and a page that
# was shared is not exclusive any more.
@test "so it is where no child ever shared it" {
  ALONE=1
  in_swap_cache "verify 1; on 1 all; readonly 512K; fill 2; on 0 all; verify 2"
  swap_off
  in_swap_cache "fill 2; readonly; verify 2; on 0 all"
}

@test "swapoff maps what is in the swap cache read-only" {
  in_swap_cache "run swapoff /dev/vda; on 1 all; readonly 512K; verify 1; fill 2; on 0 all" \
    "verify 2"
}

@test "nothing does, all at once and at random" {
  local word
  plug_cram
  swap_on
  balance_fast
  start_ksm 1000 20
  for word in never always; do
    echo $word >"$THP/enabled"
    all_at_random 24
    [ "$MAPPED" -gt 0 ]
  done
  [ "$(stat_of demoted)" -gt 2048 ]
  [ "$(stat_of write_promoted)" -gt 512 ]
  [ "$MOVED" -gt 0 ]
  [ "$UNSHARED" -gt 0 ]
}
