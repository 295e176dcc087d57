#!/usr/bin/env bats
# vm: --private 128M --private 128M --swap 384M --dram 512M --smp 2
# timeout: 600
# Compressed RAM that gets full: who is let in, who has to leave. DESIGN.md 6.
# What "fill" writes does not compress, what "touch" writes does.

load lib
load cram

used_is_below() { # BYTES [DEVICE]
  [ "$(attr used "${2:-}")" -le "$1" ]
}

# A script of which all that can be has been demoted, and that waits.
demoted_script() { # STATEMENTS-BEFORE STATEMENTS-AFTER
  local dir
  dir=$(cgroup cram)
  background_ready "write $dir/cgroup.procs self; $1; $(demote_all "$dir")" \
    "signal $READY; wait $GO; $2"
}

# bats test_tags=variation
@test "what compresses takes less room than it has pages" {
  plug_small 4
  demoted_script "map 32M; touch" "on 1 all"
  used_is_below $((2 * MIB))
  [ "$(attr ratio)" -gt 16000 ]
  gate_is open
  background_finish
}

# bats test_tags=variation
@test "what does not compress is let in until the device is full, and no further" {
  plug_small 8
  demoted_script "map 32M; fill 1" "on 0 some; on 1 some; verify 1"
  used_is_below $((8 * MIB))
  [ "$(stat_of demoted)" -ge $((4 * MIB / 4096)) ]
  [ "$(stat_of refused)" -gt 0 ]
  background_finish
}

@test "what is not let in goes to swap" {
  plug_small 8
  swap_on
  demoted_script "map 32M; fill 1" "on swap some; verify 1"
  used_is_below $((8 * MIB))
  [ "$(stat_of demoted)" -ge $((4 * MIB / 4096)) ]
  background_finish
  swap_off
}

# bats test_tags=variation
@test "above the low mark a part of what comes is let in" {
  plug_small 16
  demoted_script "map 10M; fill 1" "on 1 some; verify 1"
  gate_is throttled
  [ "$(stat_of refused)" -gt 0 ]
  [ "$(stat_of demoted)" -gt $((8 * MIB / 4096)) ]
  equal "$(stat_of evicted)" 0 evicted
  background_finish
}

# Takes capacity away until what is there has to leave.
shrink_to() { # MEBIBYTES
  set_attr capacity $(($1 * MIB))
  poll 20 used_is_below $(($1 * MIB / 2))
  [ "$(stat_of evicted)" -gt 0 ]
  poll 5 gate_is open
}

# bats test_tags=variation
@test "a device that shrinks gives pages to swap" {
  plug_small 64
  demoted_script "map 16M; fill 1" "on swap some; on 1 some; verify 1"
  swap_on
  shrink_to 8
  background_finish
  swap_off
}

# bats test_tags=variation
@test "without swap it gives them to ordinary memory" {
  plug_small 64
  demoted_script "map 16M; fill 1" "on 0 some; on 1 some; verify 1"
  shrink_to 8
  background_finish
}

# bats test_tags=variation
@test "locked memory can leave, too" {
  local dir
  dir=$(cgroup cram)
  plug_small 64
  background_ready "write $dir/cgroup.procs self; map 16M; fill 1; mprotect r" \
    "$(demote_all "$dir"); mlock; on 1 all; signal $READY; wait $GO; on 0 some; verify 1"
  shrink_to 8
  background_finish
}

@test "with room nowhere the pages stay, the gate stays closed, and nobody spins" {
  local before looked
  pages_get_lost
  plug_small 64
  demoted_script "map 24M; fill 1" "verify 1"
  background_fill_dram 24
  set_attr capacity $((4 * MIB))
  sleep 2
  gate_is closed
  before=$(vmstat pgmigrate_fail)
  looked=$(scanned)
  sleep 2
  [ $(($(vmstat pgmigrate_fail) - before)) -lt 2000 ]
  # some are looked at once in a while, not all of them again and again
  looked=$(($(scanned) - looked))
  echo "scanned: $looked"
  [ "$looked" -lt $((24 * MIB / 4096)) ]
  stop_filling_dram
  poll 20 used_is_below $((2 * MIB))
  background_finish
}

# The device compresses itself, and says what it uses.
reporting_device() { # MEBIBYTES
  bind_to cramdax
  set_attr algorithm none
  plug_small "$1"
}

# More goes there in all than it has room for, and comes back.
# bats test_tags=variation
@test "of a device that never reports each page counts in full, and as long as it is there" {
  local said round
  reporting_device 8
  for round in {1..4}; do
    echo "round $round"
    said=$(in_cram "map 3M; fill 1" "on 1 all; $DRAIN; cat $(attr_file used); fill 2; on 0 all")
    within "${said##*$'\n'}" $((3 * MIB)) $((MIB / 2)) "bytes in use"
  done
  gate_is open
  in_cram "map 32M; fill 1" "on 0 some; on 1 some; on 0 some; verify 1"
  used_is_below $((8 * MIB))
}

evicted_are() { # MIN
  [ "$(stat_of evicted)" -ge "$1" ]
}

# With the marks so near to each other it closes and opens again and again.
@test "it closes at its high mark, too, and opens again" {
  reporting_device 8
  set_attr high_mark 51
  demoted_script "map 32M; fill 1" "verify 1"
  poll 20 evicted_are 1
  background_finish
  poll 20 gate_is open
}

@test "a report above the high mark makes pages leave, until one is below the low mark" {
  reporting_device 100
  set_attr used 0
  demoted_script "map 16M; fill 1" "on swap some; verify 1"
  swap_on
  set_attr used $((80 * MIB))
  gate_is closed
  # to have a half of its use left, 30 of 80 have to go
  poll 20 evicted_are 1400
  gate_is closed
  set_attr used $((40 * MIB))
  gate_is open
  background_finish
}

@test "a device that has less room than it holds, and says so, talks no nonsense" {
  reporting_device 100
  set_attr used 0
  demoted_script "map 24M; fill 1" "on swap some; verify 1"
  swap_on
  set_attr capacity $((16 * MIB))
  set_attr used $((24 * MIB))
  gate_is closed
  poll 20 evicted_are 1024
  background_finish
}

# bats test_tags=variation
@test "a closed gate is no target: reclaim without swap gives up at once" {
  local dir before
  reporting_device 100
  set_attr used $((80 * MIB))
  dir=$(cgroup cram)
  background_ready "write $dir/cgroup.procs self; map 32M; fill 1; signal $READY; wait $GO"
  drain
  before=$(scanned)
  run ! memscript "write $dir/memory.reclaim 16M"
  echo "scanned: $(($(scanned) - before))"
  [ $(($(scanned) - before)) -lt 1024 ]
  equal "$(stat_of demoted)" 0 demoted
  background_finish
}

# bats test_tags=variation
@test "between the marks reclaim without swap ends, too, with a part let in" {
  local dir before
  reporting_device 100
  set_attr used $((70 * MIB))
  gate_is throttled
  dir=$(cgroup cram)
  background_ready "write $dir/cgroup.procs self; map 32M; fill 1; signal $READY; wait $GO; verify 1"
  drain
  before=$(scanned)
  timeout 60 memscript "try write $dir/memory.reclaim 16M"
  echo "scanned: $(($(scanned) - before)), demoted: $(stat_of demoted)"
  [ "$(stat_of demoted)" -gt 0 ]
  [ $(($(scanned) - before)) -lt 65536 ]
  background_finish
}

# There the share is 475 of 1000.
# bats test_tags=variation
@test "halfway between the marks half of what comes is let in" {
  local demoted refused
  reporting_device 100
  set_attr used $((125 * MIB / 2))
  demoted_script "map 16M; fill 1" "verify 1"
  demoted=$(stat_of demoted) refused=$(stat_of refused)
  echo "demoted: $demoted, refused: $refused"
  [ "$demoted" -gt 512 ]
  within $((100 * demoted / (demoted + refused))) 50 15 "percent let in"
  background_finish
}

@test "it opens again below the low mark, and not before" {
  reporting_device 100
  set_attr used $((80 * MIB))
  gate_is closed
  set_attr used $((60 * MIB))
  gate_is closed
  set_attr used $((49 * MIB))
  gate_is open
  set_attr used $((60 * MIB))
  gate_is throttled
}

@test "a device that reports nonsense gets nothing until it makes sense" {
  reporting_device 100
  refuses EINVAL "$(attr_file used)" $((101 * MIB))
  gate_is closed
  log_says 'reports [0-9]+ of [0-9]+ bytes'
  in_cram "map 4M; fill 1" "on 1 none; verify 1"
  set_attr used 0
  gate_is open
  refuses EINVAL "$(attr_file capacity)" 0
  gate_is closed
  equal "$(attr capacity)" $((100 * MIB)) capacity
  set_attr used 0
  gate_is open
  in_cram "map 4M; fill 1" "on 1 all; verify 1"
}

# bats test_tags=variation
@test "between two reports each page counts in full" {
  reporting_device 8
  set_attr used 0
  demoted_script "map 32M; touch" "on 1 some; on 0 some"
  [ "$(stat_of demoted)" -le $((8 * MIB / 4096)) ]
  background_finish
}

# What came since the report before may not be in this one.
# bats test_tags=variation
@test "and after the first report, too, but not after the second" {
  local dir
  reporting_device 8
  set_attr used 0
  dir=$(cgroup cram)
  demoted_script "map 32M; touch" "on 1 some; on 0 some"
  set_attr used 0
  echo 4M >"$dir/memory.reclaim" || true
  [ "$(stat_of demoted)" -le $((8 * MIB / 4096)) ]
  set_attr used 0
  echo 4M >"$dir/memory.reclaim"
  [ "$(stat_of demoted)" -gt $((8 * MIB / 4096)) ]
  background_finish
}

# bats test_tags=variation
@test "plugged again it is empty, whatever it reported before" {
  reporting_device 100
  set_attr used $((80 * MIB))
  gate_is closed
  unplug
  plug
  gate_is open
  equal "$(attr used)" 0 used
}

@test "what one device does not take goes to the next" {
  plug_small 4
  plug_small 64 dax1.0
  demoted_script "map 16M; fill 1" "on 1 some; on 2 some; on 0 none; verify 1"
  background_finish
}

# Of what is there, some goes on to the next tier.
@test "between its marks it sends a part of what comes there" {
  plug_small 32
  set_attr low_mark 1
  bind_to cramdax dax1.0
  set_attr adistance $(($(attr adistance) + 1000)) dax1.0
  plug_small 128 dax1.0
  demoted_script "map 20M; fill 1" "on 0 none; on 2 some; verify 1"
  [ "$(stat_of refused)" -gt 100 ]
  [ "$(stat_of placed)" -lt $((20 * MIB / 4096)) ]
  background_finish
}

# The second one is farther away.
near_and_far() {
  bind_to cramdax dax1.0
  set_attr adistance $(($(attr adistance) + 500)) dax1.0
  two_reporting_devices
}

# bats test_tags=variation
@test "the nearer one takes everything as long as it is open, and the farther one after that" {
  local before
  near_and_far
  takes_everything "$DAX"
  set_attr used $((80 * MIB))
  gate_is closed
  before=$(stat_of demoted)
  takes_everything dax1.0
  equal "$(stat_of demoted)" "$before" "demoted to the nearer one"
  set_attr used $((40 * MIB))
  gate_is open
  takes_everything "$DAX"
}

@test "writers that never stop lose nothing while their pages come and go" {
  local dir end
  plug_small 8
  swap_on
  dir=$(cgroup cram)
  background_ready "write $dir/cgroup.procs self; map 16M; signal $READY; stamp $GO"
  end=$((SECONDS + 4))
  while [ "$SECONDS" -lt "$end" ]; do
    echo 8M >"$dir/memory.reclaim" || true
  done
  [ "$(stat_of write_promoted)" -gt 100 ]
  background_finish
  swap_off
}

# Writes to what is there while there is no ordinary memory for the copies: they
# wait for some, or somebody dies, and nothing is lost.

# The statements of a child that writes to what its parent has there, each time in
# another way, and that is killed for it: there is nothing else to reclaim. What was
# copied until then is printed.
dying_writers() {
  local how
  for how in store pipe procmem vmwrite; do
    echo "fork; write /proc/self/oom_score_adj 1000; on 1 all; poke $how 2; end KILL"
    echo "readonly; verify 1; on 1 all; cat $(attr_file stats/write_promoted)"
  done
}

# Each of them did come to pages there.
each_copied_some() { # PAGES-BEFORE, and after each of them
  local before=$1 after
  equal $# 5 "numbers" || return
  for after in "${@:2}"; do
    [ "$after" -ge $((before + 16)) ] || fail "copied before and after: $*" || return
    before=$after
  done
}

# Those of one that has to wait instead; the parent keeps the pages that it copies.
waiting_writer() { # SIZE
  echo "fork; slice 0 4M; poke pipe 2; slice 4M 4M; poke procmem 2; slice 8M $(($1 - 8))M; fill 2"
  echo "readonly; whole; verify 2; end; readonly; verify 1"
}

@test "a writer whose cgroup is at its limit waits until other pages of it are in swap" {
  local before
  plug_small 64
  before=$(vmstat pswpout)
  in_cram "map 16M; fill 1" "on 1 all; run swapon /dev/vda" \
    "write $(cgroup cram)/memory.max 20M; $(waiting_writer 16)"
  [ "$(stat_of write_promoted)" -gt 512 ]
  [ $(($(vmstat pswpout) - before)) -gt 1024 ]
}

# bats test_tags=variation
@test "so it does where the pages are its own" {
  local before
  plug_small 64
  before=$(vmstat pswpout)
  in_cram "map 16M; fill 1; madvise dontfork" "on 1 all; run swapon /dev/vda" \
    "write $(cgroup cram)/memory.max 15M; slice 8M 8M; on 1 all; poke pipe 2; readonly; verify 2" \
    "slice 0 8M; verify 1"
  [ "$(stat_of write_promoted)" -ge 2048 ]
  [ $(($(vmstat pswpout) - before)) -gt 256 ]
}

@test "without swap it is killed, and no byte of its parent changes" {
  local copied before
  plug_small 64
  before=$(stat_of write_promoted)
  copied=$(in_cram "map 16M; fill 1" "write $(cgroup cram)/memory.max 18M" "$(dying_writers)")
  mapfile -t copied <<<"$copied"
  each_copied_some "$before" "${copied[@]}"
}

# A copy takes no more than it gives back: the limit has to be below what is there.
# That can be set while nobody can be killed.
# bats test_tags=variation
@test "so it is where the pages are its own" {
  local dir before score=/proc/self/oom_score_adj
  plug_small 64
  dir=$(cgroup cram)
  background_ready "fork; write $score -1000; write $dir/cgroup.procs self; map 8M; fill 1" \
    "$(demote_all "$dir"); on 1 all; readonly 8M; signal $READY; wait $GO; fill 2; end KILL"
  before=$(stat_of write_promoted)
  echo 4M >"$dir/memory.max"
  echo 1000 >"/proc/$(<"$dir/cgroup.procs")/oom_score_adj"
  background_finish
  [ $(($(stat_of write_promoted) - before)) -lt 256 ]
}

@test "so it is where ordinary memory is full, and compressed RAM, too" {
  local before copied
  pages_get_lost
  plug_small 128
  demoted_script "map 60M; fill 1" "slice 24M 36M; $(dying_writers); whole; verify 1"
  background_fill_dram 24
  set_attr capacity $((4 * MIB))
  poll 5 gate_is closed
  before=$(stat_of write_promoted)
  background_finish
  mapfile -t copied < <(grep '^[0-9]' "$BATS_TEST_TMPDIR/background")
  each_copied_some "$before" "${copied[@]}"
}

# bats test_tags=variation
@test "there, too, it waits if there is swap" {
  local before
  pages_get_lost
  plug_small 128
  demoted_script "map 56M; fill 1" "on 1 all; $(waiting_writer 56)"
  background_fill_dram
  before=$(vmstat pswpout)
  swap_on
  set_attr high_mark 52
  background_finish
  # how much depends on what is demoted into the room that the writer makes
  [ "$(vmstat pswpout)" -gt "$before" ]
}

# Takes DRAM until somebody is killed, and says what was scanned for that. Most of it
# is locked, which costs reclaim no time.
overfill_dram() {
  local looked rest
  rest=$(($(meminfo MemFree) / 1024 - 32))
  looked=$(scanned)
  echo always >"$THP/enabled"
  equal "$(memscript "map ${rest}M; mlock; run filler anon=max")" "anon: killed" || return
  echo $(($(scanned) - looked))
}

# bats test_tags=variation
@test "with DRAM full, too, the killer comes and the machine goes on" {
  pages_get_lost
  plug_small 8
  overfill_dram
  used_is_below $((8 * MIB))
  memscript "map 16M; fill 1; verify 1"
}

# bats test_tags=variation
@test "while the gate is closed that costs no more than without the device" {
  local alone beside
  reporting_device 100
  set_attr used $((80 * MIB))
  gate_is closed
  echo 0 >/sys/kernel/mm/numa/demotion_enabled
  alone=$(overfill_dram)
  echo 1 >/sys/kernel/mm/numa/demotion_enabled
  beside=$(overfill_dram)
  echo "scanned: $alone and $beside"
  [ "$beside" -lt $((2 * alone)) ]
  equal "$(stat_of demoted)" 0 demoted
}

# bats test_tags=variation
@test "freed pages are zero" {
  plug_small 64
  demoted_script "map 32M; fill 1" "on 1 all; slice 0 8M; fill 2"
  [ "$(attr used)" -gt $((30 * MIB)) ]
  background_finish
  memscript "until 10 zero-node $NODE"
  equal "$(attr used)" 0 used
}

@test "a share of the pages may be written to in place" {
  # so large that all of them written to would be below the low mark
  plug_small 128
  set_attr writable_pct 50
  in_cram "map 16M; fill 1" "on 1 all; slice 0 4M; $DRAIN; fill 2; on 1 all; whole" \
    "slice 4M 12M; fill 2; on 0 some; on 1 some; whole; verify 2"
  refuses EINVAL "$(attr_file writable_pct)" 101
}

# How many of the pages that are mapped there may not be written to in place
nr_protected() {
  local protected
  read -r _ _ protected <"$WRITABLE"
  echo "$protected"
}

protected_at_least() { # PAGES
  [ "$(nr_protected)" -ge "$1" ]
}

# Writes to 16M: as many pages as the share are not copied, and of those no more
# than the share may be written to in the end.
shares() { # PERCENT
  local dir kept
  plug_small 128
  set_attr writable_pct "$1"
  dir=$(cgroup cram)
  background_ready "write $dir/cgroup.procs self; map 16M; fill 1; $(demote_all "$dir"); on 1 all" \
    "fill 2; where; signal $READY; wait $GO; verify 2"
  # the share of what was not copied
  poll 10 protected_at_least $((4096 * $1 * (100 - $1) / 10000 - 100))
  background_finish
  unplug
  rm "$READY" "$GO"
  kept=$(sed -n 's/.*node1=\([0-9]*\).*/\1/p' "$BATS_TEST_TMPDIR/background")
  within "$kept" $((4096 * $1 / 100)) 200 "pages that were not copied"
}

# bats test_tags=variation
@test "that share is of the pages that are there" {
  shares 50
  shares 10
}

@test "that is revoked when the device gets full, and when the share sinks" {
  plug_small 64
  set_attr writable_pct 100
  in_cram "map 16M; fill 1; slice 0 8M" "$DRAIN; fill 2; on 1 all" \
    "write $(attr_file writable_pct) 0; readonly 16M; verify 2; fill 3; on 1 none; verify 3"
  set_attr writable_pct 100
  in_cram "map 16M; fill 1; slice 0 8M" "$DRAIN; fill 2; on 1 all" \
    "write $(attr_file low_mark) 10; until 5 readonly 16M" \
    "verify 2; slice 0 4M; fill 3; on 1 none; verify 3"
}

# bats test_tags=variation
@test "and when so many other pages leave that it is more than the share" {
  plug_small 64
  set_attr writable_pct 50
  in_cram "map 12M as b; map 8M as a; fill 1; use b; fill 1" \
    "use a; $DRAIN; fill 2; on 1 all; use b; on 1 all; munmap; use a; until 10 readonly 3M" \
    "verify 2; on 1 all"
}

# bats test_tags=variation
@test "but only so much as that is" {
  local dir
  plug_small 64
  set_attr writable_pct 50
  dir=$(cgroup cram)
  background_ready "write $dir/cgroup.procs self; map 9M as b; fill 1; map 8M as a; fill 1" \
    "$(demote_all "$dir"); $DRAIN; fill 2; on 1 all; use b; on 1 all; slice 0 3M" \
    "madvise dontneed; signal $READY; wait $GO; use a; verify 2; on 1 all"
  # half of 14M, where it was all but 8M of 17M before
  poll 10 protected_at_least 1650
  sleep 1
  within "$(nr_protected)" 1792 200 "pages that may not be written to"
  background_finish
}

@test "what is pinned, and not written to, gets no part in the share" {
  plug_small 64
  set_attr writable_pct 100
  modprobe zram
  echo 8M >/sys/block/zram0/disksize
  in_cram "map 2M; fill 1" "on 1 all; $DRAIN; direct /dev/zram0 write; on 0 all; verify 1"
  rmmod zram
}

# It compressed well before.
@test "what may be written to in place counts in full" {
  plug_small 8
  set_attr writable_pct 100
  in_cram "map 16M; touch" "on 1 all; $DRAIN; fill 2; on 1 some; on 0 some; verify 2"
}

# bats test_tags=variation
@test "and after that as the device stores what was written" {
  local said
  plug_small 64
  set_attr writable_pct 100
  said=$(in_cram "map 8M; touch" "on 1 all; $DRAIN; fill 2; write $(attr_file writable_pct) 0" \
    "on 1 all; cat $(attr_file used)")
  [ "${said##*$'\n'}" -ge $((8 * MIB)) ]
}

# A short reference, as to what is in a pipe.
@test "what somebody else refers to gets no grant, and keeps the one that it has" {
  plug_small 64
  set_attr writable_pct 100
  in_cram "map 512K; fill 1" "pin short; $DRAIN; fill 2; on 0 all; verify 2"
  in_cram "map 512K; fill 1" "$DRAIN; fill 2; on 1 all; pin short" \
    "write $(attr_file writable_pct) 0; fill 3; on 1 all; unpin; until 20 readonly 512K" \
    "verify 3; fill 4; on 0 all; verify 4"
}

@test "a device that fails is written to no more" {
  reporting_device 100
  set_attr writable_pct 100
  in_cram "map 4M; fill 1" "$DRAIN; fill 2; on 1 all" \
    "expect EINVAL write $(attr_file used) $((101 * MIB)); until 10 readonly 4M" \
    "verify 2; fill 3; on 0 all"
}

# Those with a grant do not count where it says "readonly". The pages of the
# background script are in a cgroup that nobody reclaims.
@test "grants that come and go while all is done at once and at random harm nobody" {
  local dir
  plug_cram
  set_attr writable_pct 50
  dir=$(cgroup grants)
  background_ready "write $dir/cgroup.procs self; map 8M; fill 1; $(demote_all "$dir"); slice 0 2M" \
    "$DRAIN; fill 2; on 1 all; signal $READY; wait $GO; verify 2; fill 3; on 1 some" \
    "write $(attr_file writable_pct) 0; whole; until 20 readonly 4M; slice 0 2M; verify 3; fill 4" \
    "readonly; on 0 all; verify 4; slice 2M 6M; verify 1"
  swap_on
  balance_fast
  start_ksm 1000 20
  all_at_random 16
  background_finish
}
