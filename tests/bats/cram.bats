#!/usr/bin/env bats
# vm: --private 128M --swap 128M --dram 512M
# Compressed RAM: the way in, reads in place, and what becomes of the pages:
# DESIGN.md 6. Writes are in cramwrite.bats.

load lib
load cram


@test "demotion puts anonymous pages there and maps them read-only" {
  plug_cram
  with_either_lru in_cram "map 4M; fill 1" "on 1 all; readonly 4M; verify 1; on 1 all"
  [ "$(stat_of demoted)" -ge $((LRU_ROUNDS * 1024)) ]
  equal "$(stat_of placed)" "$(stat_of demoted)" "placed, for demoted,"
}

@test "huge pages are demoted whole, and mapped read-only" {
  echo always >"$THP/enabled"
  in_cram "map 4M; fill 1; smaps AnonHugePages all" \
    "on 1 all; smaps AnonHugePages all; readonly 4M; faults 99 verify 1; smaps AnonHugePages all"
}

# 6.12 may split one when it has arrived: it was partially mapped on its way.
@test "other large folios are demoted, too" {
  echo always >"$THP/hugepages-64kB/enabled"
  in_cram "map 2M; fill 1; kflags compound_head 32" \
    "on 1 all; readonly 2M; verify 1"
}

@test "huge pages for which there is no room in one piece are split" {
  plug_cram "$DAX" $((3 << 19))
  echo always >"$THP/enabled"
  in_cram "map 2M; touch; smaps AnonHugePages all" "on 1 some; smaps AnonHugePages none"
  [ "$(stat_of demoted)" -gt 64 ]
}

@test "what is refused there is not moved about in DRAM, and goes to swap" {
  local before word
  plug_cram "$DAX" 4096
  swap_on
  for word in never always; do
    echo "huge pages: $word"
    echo $word >"$THP/enabled"
    before=$(($(pages_demoted) - $(stat_of demoted)))
    in_cram "map 4M; fill 1" "on swap some; verify 1"
    within $(($(pages_demoted) - $(stat_of demoted))) "$before" 64 "pages demoted elsewhere"
  done
}

# With marks so far apart that kswapd is woken long before anybody has to reclaim
# for himself.
@test "kswapd demotes there" {
  local before
  pages_get_lost
  plug_cram
  before=$(vmstat pgdemote_kswapd)
  echo 1000 >/proc/sys/vm/watermark_scale_factor
  run -0 filler "anon=$(($(meminfo MemFree) / 1024 - 24))M" -- timeout 60 \
    bash -c "until [ \$(sed -n 's/^pgdemote_kswapd //p' /proc/vmstat) -gt $before ]; do :; done"
  echo 10 >/proc/sys/vm/watermark_scale_factor
  nothing_writable
}

@test "direct reclaim demotes there" {
  local before
  pages_get_lost
  plug_cram
  before=$(vmstat pgdemote_direct)
  # some of it is made up for by page cache
  run -0 filler "anon=$(($(meminfo MemFree) / 1024 + 64))M" -- memscript "readonly 16M"
  [[ $output != *killed* ]]
  [ "$(vmstat pgdemote_direct)" -gt "$before" ]
}

# bats test_tags=variation
@test "neither page cache nor shared memory gets there" {
  in_cram "map 4M shm; fill 1" "on 1 none; verify 1"
  in_cram "map 4M file $(gcc -print-prog-name=cc1); read" "on 1 none"
  in_cram "map 4M sharedfile /tmp/cram.file; fill 1" "on 1 none; verify 1"
}

@test "a page of a private file mapping that was written is anonymous, and gets there" {
  in_cram "map 2M file $(gcc -print-prog-name=cc1); fill 1" "on 1 all; verify 1"
}

@test "what is mlocked does not get there, and does once it is unlocked" {
  local dir
  dir=$(cgroup cram)
  in_cram "map 2M; fill 1; mlock" "on 0 all; munlock; $(demote_all "$dir"); on 1 all" "verify 1"
}

@test "locking what is there copies it, for it is to be written, unless it is not" {
  in_cram "map 2M; fill 1" "mlock; on 0 all; verify 1"
  in_cram "map 2M; fill 1; mprotect r" "mlock; on 1 all; kflags unevictable all; verify 1" \
    "munlock; on 1 all; mprotect rw; readonly; fill 2; on 0 all"
}

@test "what is pinned does not get there, and does once it is let go" {
  local dir
  dir=$(cgroup cram)
  in_cram "map 2M; fill 1; pin long" "on 0 all; verify 1"
  in_cram "map 2M; fill 1; pin read" "on 0 all; unpin; $(demote_all "$dir"); on 1 all" "verify 1"
}

# bats test_tags=variation
@test "nor is it tried" {
  in_cram "map 4M; fill 1; pin long" "on 0 all; verify 1"
  # other memory of the script
  [ "$(stat_of placed)" -lt 512 ]
}

@test "what KSM shares does not get there" {
  local dir
  dir=$(cgroup cram)
  plug_cram
  background_ready "write $dir/cgroup.procs self; map 1M as a; fill 1; madvise mergeable" \
    "map 1M as b; fill 1; madvise mergeable; map 1M as c; fill 2; signal $READY; wait $GO" \
    "$(demote_all "$dir"); on 1 all; use a; same b all; on 1 none; verify 1; readonly"
  run_ksm
  background_finish
}

@test "what MADV_FREE gave away is freed instead" {
  in_cram "map 4M; fill 1; madvise free" "on 1 none"
  # nor did it go by way of there: what was demoted is other memory of the script
  [ "$(stat_of demoted)" -lt 512 ]
}

# bats test_tags=variation
@test "MADV_FREE of what is there leaves it there" {
  in_cram "map 2M; fill 1" "madvise free; readonly; on 1 all; verify 1; fill 2; on 0 all; verify 2"
}

# bats test_tags=variation
@test "MADV_PAGEOUT does not demote" {
  plug_cram
  swap_on
  memscript "map 4M; fill 1; madvise pageout; on 1 none; on swap some; verify 1"
  equal "$(stat_of placed)" 0 placed
}

# bats test_tags=variation
@test "nor does the limit of a cgroup" {
  local dir
  plug_cram
  swap_on
  dir=$(cgroup limit)
  echo 16M >"$dir/memory.max"
  memscript "write $dir/cgroup.procs self; map 24M; fill 1; on swap some; on 1 none; verify 1"
}

# bats test_tags=variation
@test "nothing else leads there: no policy, no move, no huge page made there" {
  plug_cram
  memscript "map 2M; expect EINVAL bind 1; expect EINVAL policy 1; fill 1" \
    "try move 1 any; on 0 all; verify 1"
  in_cram "map 2M; fill 1" "expect EINVAL madvise collapse; on 1 all" "try move 1 any; verify 1"
  equal "$(stat_of placed)" "$(stat_of demoted)" "placed, for demoted,"
}

@test "nor is it compacted: that would store pages anew, past all that is promised" {
  plug_cram
  refuses EINVAL "$NODES/node$NODE/compact" 1
}

# The second mapping makes sure that only its pages cause no faults: code, stack
# and so on do.
reads_in_place() { # THP setting
  echo "$1" >"$THP/enabled"
  in_cram "map 4M as w; fill 1; map 4M as a; fill 1" \
    "use w; faults 99 verify 1; use a; faults 0 verify 1; faults 0 read; on 1 all" \
    "fork; use w; faults 999 verify 1; use a; faults 0 verify 1; on 1 all; readonly 16M; end" \
    "use w; faults 99 verify 1; use a; faults 0 verify 1; on 1 all"
}

@test "reads cost no fault and no copy, after fork neither" {
  reads_in_place never
}

# bats test_tags=variation
@test "nor do they of huge pages" {
  reads_in_place always
}

@test "the kernel reads the pages in place, too" {
  in_cram "map 1M; fill 1" "pin short; on 1 all; unpin; on 1 all; verify 1"
}

@test "what a process gives back, or leaves behind, is free and zero" {
  in_cram "map 4M; fill 1" "madvise dontneed; on absent all; until 10 used 1 200; zeroed"
  in_cram "map 4M; fill 1" "on 1 all; munmap; until 10 used 1 200"
  in_cram "map 4M; fill 1" "on 1 all"
  assert_node_empty
  equal "$(attr used)" 0 "bytes in use"
  [ "$(stat_of scrubbed)" -ge "$(stat_of placed)" ]
}

# Runs STATEMENTs that free what was there; it is zero while the process lives on.
# Some pages of the script itself are there, too: "used" may not be 0.
frees() { # STATEMENTS...
  echo "$*"
  in_cram "map 4M; fill 1" "on 1 all" "$@" \
    "on 1 none; until 10 used 1 200; until 10 zero-node $NODE free; verify 1"
}

@test "what is free is zero, whoever frees it" {
  local dir
  dir=$(cgroup cram)
  plug_cram
  frees "madvise dontneed; fill 1"
  frees "munmap; map 4K; fill 1"
  frees "mlock"
  frees "fill 2; fill 1"
  # shellcheck disable=SC2016 # its parent
  echo 'kill -KILL $PPID' >/tmp/cram.kill
  frees "mlock; fork; map 4M as c; fill 2; reclaim $dir 64M; on 1 all" \
    "run bash /tmp/cram.kill; end KILL"
  frees "write $(attr_file capacity) 4096; until 20 on 0 all"
  set_attr capacity $((128 << 20))
  frees "run swapon /dev/vda; reclaim $dir 64M; on swap all"
  [ "$(stat_of evicted)" -gt 512 ]
}

@test "so is a part of a huge page that is freed when that is split" {
  echo always >"$THP/enabled"
  in_cram "map 4M; fill 1; smaps AnonHugePages all" \
    "slice 0 1M; madvise dontneed; write /sys/kernel/debug/split_huge_pages 1" \
    "until 10 used 1 950; until 10 zero-node $NODE free; slice 2M 1M; fill 2; whole; on 1 2M" \
    "until 10 used 1 700; until 10 zero-node $NODE free; slice 1M 1M; verify 1"
}

# Its target is taken before it is known that somebody else refers to the page.
@test "and what a demotion that fails leaves behind" {
  local before said scrubbed
  plug_cram
  before=$(vmstat pgmigrate_fail) scrubbed=$(stat_of scrubbed)
  said=$(in_cram "map 1M; fill 1; pin short" "on 0 all; cat $(attr_file stats/scrubbed)" \
    "until 10 used 1 200; until 10 zero-node $NODE free")
  [ $(($(vmstat pgmigrate_fail) - before)) -ge 256 ]
  [ $((said - scrubbed)) -ge 256 ]
  [ "$(stat_of placed)" -ge 256 ]
  equal "$(attr used)" 0 "bytes in use"
}

@test "a large folio that is freed in an interrupt is zeroed after it" {
  plug_cram
  suite_passes cram_test cram 9
  equal "$(attr used)" 0 "bytes in use"
}

@test "reclaim takes pages from there to swap, and they come back to DRAM" {
  local dir
  dir=$(cgroup cram)
  in_cram "map 4M; fill 1" "on 1 all; run swapon /dev/vda; reclaim $dir 64M" \
    "on swap some; verify 1; readonly; on swap none"
  [ "$(stat_of reclaimed)" -gt 100 ]
}

@test "unplugging moves everything to DRAM, where it can be written again" {
  local dir
  dir=$(cgroup cram)
  plug_cram
  background_ready "write $dir/cgroup.procs self; map 4M; fill 1; $(demote_all "$dir"); on 1 all" \
    "signal $READY; wait $GO; on 0 all; verify 1; fill 2; verify 2"
  unplug
  background_finish
}

@test "hibernation is refused while compressed RAM is there" {
  [[ $(</sys/power/disk) != *"[disabled]"* ]]
  plug_cram
  equal "$(</sys/power/disk)" "[disabled]" /sys/power/disk
  run ! memscript 'write /sys/power/state disk'
  log_says '[Hh]ibernat'
}

# What the kernel says of the kernel that is loaded: how many of its segments have
# a part in the device. Nothing, if it says too little.
segments_inside() {
  local from to at size nr=0 inside=0
  from=$(($(attr resource)))
  to=$((from + $(attr size)))
  while read -r at size; do
    ((++nr))
    if ((at < to && at + size > from)); then ((++inside)); fi
  done < <(dmesg | sed -n 's/.*segment\[.* mem=\(0x[0-9a-f]*\) memsz=\(0x[0-9a-f]*\).*/\1 \2/p')
  [ "$nr" -ge 3 ] || fail "no segments, only $nr lines" || return
  echo "$inside"
}

@test "kexec keeps the next kernel out of there" {
  plug_cram
  kexecload "$KERNEL_DIR/bzImage"
  equal "$(segments_inside)" 0 "segments in compressed RAM"
  kexecload
}

@test "a memory error there kills only who touches the page" {
  local dir
  pages_get_lost
  plug_cram
  dir=$(cgroup beside)
  background_ready "write $dir/cgroup.procs self; map 1M; fill 2; $(demote_all "$dir")" \
    "signal $READY; wait $GO; on 1 all; verify 2"
  in_cram "map 1M; fill 1" "$(memory_error); on 1 all"
  background_finish
  in_cram "map 16M; fill 1" "on 1 all; verify 1"
}

@test "one in a huge page costs no more than that page" {
  pages_get_lost
  echo always >"$THP/enabled"
  in_cram "map 2M; fill 1; smaps AnonHugePages all" \
    "on 1 all; smaps AnonHugePages all; $(memory_error); slice 1M 1M; verify 1; on 1 all"
}

# Such a page is not zeroed, and not free any more: the device has it in use until
# the memory is unplugged.
@test "a page with a memory error is lost, and counts" {
  local before
  pages_get_lost
  before=$(meminfo HardwareCorrupted)
  in_cram "map 1M; fill 1" \
    "fork; slice 64K 4K; madvise hwpoison; end BUS; munmap; until 10 used 1 200"
  equal $(($(meminfo HardwareCorrupted) - before)) 4 "kB that are corrupted"
  [ "$(attr used)" -ge 4096 ]
  # all that is left
  in_cram "map 128M; touch" "$(demote_all "$(cgroup cram)"); on 1 some; kflags hwpoison none" \
    "run awk /MemFree/{exit(\$4>8192)} $NODES/node$NODE/meminfo"
  unplug
  plug
  equal "$(attr used)" 0 "bytes in use"
}

@test "soft offline moves the page to DRAM and keeps its content" {
  pages_get_lost
  in_cram "map 1M; fill 1" "slice 64K 4K; madvise soft_offline; on 0 all; whole; verify 1; on 0 1p"
}

@test "a core dump has the pages, and leaves them where they are" {
  local pattern before
  plug_cram
  before=$(stat_of write_promoted)
  pattern=$(</proc/sys/kernel/core_pattern)
  echo /tmp/cram.core >/proc/sys/kernel/core_pattern
  ulimit -c unlimited
  in_cram "map 1M as a; fill 1; map 4K as x; touch; mprotect none" \
    "fork; use x; read; end SEGV; use a; on 1 all; dumped /tmp/cram.core 1; verify 1"
  echo "$pattern" >/proc/sys/kernel/core_pattern
  # the child's neither: what is copied is other memory of the script
  [ $(($(stat_of write_promoted) - before)) -lt 256 ]
}
