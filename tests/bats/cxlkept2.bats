#!/usr/bin/env bats
# vm: --cxl 256M --cxl 256M --qmp --dram 640M
# One of two CXL devices that goes while memory that is on both of them cannot be
# moved. Nothing sets that right but a boot, so there is one test.

load lib
load cram
load cxl

TRACING=/sys/kernel/tracing

teardown() {
  stop_background
  no_splat
}

# Whoever traces records of bad memory has its address looked up in the region. Only
# the default kernel is built with tracing.
trace_media() {
  [ -d $TRACING ] || return 0
  mount_once tracefs $TRACING
  echo 1 >$TRACING/events/cxl/cxl_general_media/enable
}

media_is_traced() {
  [ ! -d $TRACING ] || grep -q ' cxl_general_media: ' $TRACING/trace
}

@test "memory of two devices stays what it is when one of them goes" {
  local before
  make_region 256 0 1
  bind_to anondax
  set_attr ltpin 1
  plug_for_mbind online_kernel
  trace_media
  background_ready "map 1M; bind $NODE; fill 1; on $NODE all; pin long; on $NODE all" \
    "signal $READY; $(still_there 3 'fill 1; verify 1')"

  unbind_memdev 0
  memory_stays
  go_on 1

  # where memory of a region is that lacks a device, nobody can tell
  before=$(meminfo HardwareCorrupted)
  inject_media failure 0x1000 1 1
  after_events 1
  poll 10 media_is_traced
  equal "$(meminfo HardwareCorrupted)" "$before" HardwareCorrupted
  go_on 2

  refuses EBUSY "$ROOT_DECODER/delete_region" "$REGION"
  # without the device it counts as reset, and there is nothing to do
  equal "$(<"$CXL/$REGION/commit")" 0 commit
  echo 0 >"$CXL/$REGION/commit"
  go_on 3
  background_finish
}
