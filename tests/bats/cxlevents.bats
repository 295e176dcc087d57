#!/usr/bin/env bats
# vm: --cxl 256M --cxl 256M --qmp --dram 512M --smp 2
# What CXL devices say of themselves: that they are short of capacity, and that
# memory is bad. Compressed RAM is zeroed when it is plugged, which takes long here:
# tests that need it do much with it.

load lib
load cram
load cxl

# Bit of the health status
readonly DEGRADED=8

# The device compresses by itself, and says no more than that it is short.
plug_reporting() { # DEVICE...
  [ $# = 0 ] || make_region 256 "$@"
  one_block
  bind_to cramdax
  set_attr algorithm none
  plug_cram
}

gate_gets() { # WORD
  poll 10 gate_is "$1"
}

# --- capacity -------------------------------------------------------------------

# bats test_tags=variation
@test "a device that is short of capacity closes the gate, whatever log it says so in" {
  local log
  plug_reporting 0
  gate_is open
  for log in informational warning failure fatal; do
    inject_health $log $DEGRADED
    gate_gets closed
    inject_health $log 0
    gate_gets open
  done
  log_says 'capacity is degraded'
  log_says 'capacity is back'
  # whatever else it says of its health
  inject_health warning 0xff 0 255
  gate_gets closed
  after_events 0
  gate_is closed
  inject_health failure 0xf7 0 255
  gate_gets open
  # nor is it of any concern what another device says
  inject_health fatal $DEGRADED 1
  after_events 1
  gate_is open
  inject_health fatal 0 1
}

@test "nothing gets in then, and what is there leaves and is not lost" {
  local dir
  dir=$(cgroup cram)
  plug_reporting 0
  background_ready "write $dir/cgroup.procs self; map 1M as b; fill 2; map 1M as a; fill 1" \
    "$(demote_all "$dir"); use b; on $NODE all; use a; on $NODE all; signal $READY; wait $GO" \
    "until 60 on 0 all; verify 1; use b; until 60 on 0 all; verify 2" \
    "$(demote_all "$dir"); on 0 all; verify 2"
  inject_health failure $DEGRADED
  gate_gets closed
  background_finish
  [ "$(stat_of evicted)" -ge 512 ]
  inject_health failure 0
  gate_gets open
  in_cram "map 1M; fill 1" "on $NODE all; verify 1"
}

# bats test_tags=variation
@test "of interleaved devices one that is short is enough" {
  make_region 256 0 1
  inject_health failure $DEGRADED 1
  after_events 1
  # before it is plugged, too
  plug_reporting
  gate_is closed
  inject_health failure $DEGRADED 0
  inject_health failure 0 1
  after_events 0
  after_events 1
  gate_is closed
  inject_health failure 0 0
  gate_gets open
}

short_line() {
  inject_line memory-module failure 0 "$(health_fields $DEGRADED)"
}

enough_line() {
  inject_line memory-module failure 0 "$(health_fields 0)"
}

# By FLOOD the device says in turn that it is short and that it is not.
flood_health() { # FLOOD TIMES
  "$1" "$2" "$(short_line)" "$(enough_line)"
}

# bats test_tags=variation
@test "two thousand events at once do not lose what it says last" {
  plug_reporting 0
  flood_health flood 1000
  poll 60 settled 0
  inject_health failure $DEGRADED
  gate_gets closed
  inject_health failure 0
  gate_gets open
}

# The log has room for a few. What is lost may have been that it is short, and QEMU's
# device does not tell when it is asked.
@test "when events get lost the gate is closed until the device says that it has enough" {
  plug_reporting 0
  flood_health flood_paused 30
  gate_gets closed
  log_says 'records were lost'
  poll 60 settled 0
  gate_is closed
  inject_health failure 0
  gate_gets open
}

# Says once, in the middle of COMMAND, that it is short.
short_during() { # COMMAND...
  local middle=$BATS_TEST_TMPDIR/middle
  { sleep 1; inject_health failure $DEGRADED; : >"$middle"; } 3>&- &
  "$@" || return
  [ -e "$middle" ] || fail "$* was over too soon"
  wait $!
}

@test "what it says while it is plugged or unplugged is not lost, whatever else it says" {
  local noise dir
  # bad memory that nobody has: the last page of the block
  noise=$(inject_line general-media warning 0 "$(media_fields 0x7fff000 1)")
  pages_get_lost
  make_region 256 0
  dir=$(cgroup cram)
  short_during plug_reporting
  gate_gets closed
  inject_health failure 0
  gate_gets open
  background_ready "write $dir/cgroup.procs self; map 2M; fill 1; $(demote_all "$dir")" \
    "on $NODE some; signal $READY; wait $GO; on 0 all; verify 1"
  while_it_says "$noise"$'\n'"$(short_line; enough_line)" unplug
  background_finish
  poll 60 settled 0
  inject_health failure $DEGRADED
  after_events 0
  while_it_says "$noise"$'\n'"$(enough_line)" plug
  poll 60 settled 0
  # what it said last may be lost, and QEMU's device does not tell when it is asked
  inject_health failure 0
  gate_gets open
}

@test "its health is asked for when records are lost, and its commands; nonsense is none (KUnit)" {
  suite_passes cxl_watch_test cxl_watch 16
}

# --- bad memory -------------------------------------------------------------------

# Where in the region the page is that a script has told of
offset_of() { # FILE
  echo $(($(<"$1") - $(<"$CXL/$REGION/resource")))
}

# Statements of who has 64K filled with seed 1, one page of which is going to be bad.
# A child gets killed by it, all else is as before.
bad_page() {
  echo "fork bg; slice 32K 4K; wait $GO; read; end BUS"
  echo "slice 32K 4K; frame $READY; wait $GO; slice 0 32K; verify 1; slice 36K 28K; verify 1"
  echo "join BUS; slice 32K 4K; fork; read; end BUS"
}

# Makes the page bad that the background script has told of: 4K-page PAGE of the
# region is on one device, or half of it on each.
make_bad() { # KIND [DEVICE DPA]
  local before
  before=$(meminfo HardwareCorrupted)
  "inject_$1" failure "${3:-$(offset_of "$READY")}" "${2:-0}" 1
  poll 10 corrupted $((before + 4))
  log_says 'says that memory at 0x'
}

corrupted() { # KIB
  equal "$(meminfo HardwareCorrupted)" "$1" HardwareCorrupted
}

@test "who has bad memory gets a signal when he comes there, nobody else does" {
  local kind
  make_region 256 0
  plug_for_mbind
  pages_get_lost
  for kind in media dram; do
    rm -f "$READY" "$GO"
    background_ready "map 64K; bind $NODE; fill 1; on $NODE all; $(bad_page)"
    make_bad $kind
    background_finish
  done
  # the rest of the node is usable, and the bad pages are not
  memscript "map 4M; bind $NODE; fill 2; on $NODE all; kflags hwpoison none; verify 2"
  # one that is taken out by hand, and the unplug: lockdep has seen all that locks then
  memscript "map 64K; bind $NODE; fill 1; slice 0 4K; madvise soft_offline; on 0 all" \
    "whole; verify 1"
  unplug
}

@test "the right page is bad of an interleaved region" {
  local page half
  make_region 4096 0 1
  plug_for_mbind
  pages_get_lost
  background_ready "map 64K; bind $NODE; fill 1; on $NODE all; $(bad_page)"
  page=$(($(offset_of "$READY") / 4096))
  half=$((page / 2))
  make_bad media $((page % 2)) $((half * 4096))
  background_finish
  unplug
  delete_region
  # by 256 bytes: a part of each page is on each device
  make_region 256 1 0
  plug_for_mbind
  rm -f "$READY" "$GO"
  background_ready "map 64K; bind $NODE; fill 1; on $NODE all; $(bad_page)"
  make_bad dram 0 $(($(offset_of "$READY") / 2))
  background_finish
}

@test "a page of compressed RAM that is bad is lost to its owner alone" {
  plug_reporting 0
  pages_get_lost
  background_ready "write $(cgroup cram)/cgroup.procs self; map 64K; fill 1" \
    "$(demote_all "$(cgroup cram)"); on $NODE all; $(bad_page)"
  make_bad media
  background_finish
}

# bats test_tags=variation
@test "an error that was corrected, or that is nowhere, takes no memory away" {
  local before
  before=$(meminfo HardwareCorrupted)
  make_region 256 0
  plug_for_mbind
  inject_media failure 0x1000 0 0
  inject_dram warning 0x1000 0 254
  # beyond its memory, and of a device that is in no region
  inject_media fatal $((256 << 20)) 0 1
  inject_dram fatal $((1 << 50)) 0 1
  inject_dram fatal 0x1000 1 1
  after_events 0
  after_events 1
  corrupted "$before"
  unplug
  inject_media fatal 0x1000 0 1
  after_events 0
  unbind
  inject_media fatal 0x1000 0 1
  after_events 0
  corrupted "$before"
}

# bats test_tags=variation
@test "a thousand errors at once are no more than a page that is bad" {
  local before line
  before=$(meminfo HardwareCorrupted)
  make_region 256 0
  plug_for_mbind
  pages_get_lost
  line=$(inject_line general-media fatal 0 "$(media_fields 0x5000 1)")
  flood 1000 "$line"
  poll 60 settled 0
  corrupted $((before + 4))
  memscript "map 4M; bind $NODE; fill 2; on $NODE all; kflags hwpoison none; verify 2"
}
