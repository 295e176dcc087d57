#!/usr/bin/env bats
# vm: --cxl 256M --dram 640M
# alone: what stays of it stays until the next boot
# Compressed RAM whose device goes while some of its pages cannot be moved. Nothing
# sets that right but a boot, so there is one test.

load lib
load cram
load cxl

teardown() {
  stop_background
  remove_cgroups
  no_splat
}

# Pages that a pipe holds: an unplug gives up on them after some seconds.
@test "compressed RAM that cannot be moved stays when its region is reset, and its device goes" {
  local dir
  plug_cram_on 0
  background_ready "$(demoted_to_cram)" \
    "pin short; signal $READY; $(still_there 3 'readonly 1M')" \
    "wait $GO; unpin; fill 2; on 0 all; verify 2"

  refuses EBUSY "$CXL/$REGION/commit" 0
  memory_stays
  go_on 1

  # nor does it go when that is tried again
  equal "$(<"$CXL/$REGION/commit")" 1 commit
  refuses EBUSY "$CXL/$REGION/commit" 0
  refuses EBUSY "$ROOT_DECODER/delete_region" "$REGION"
  go_on 2

  unbind_memdev 0
  # so does what the kernel has put off: to evict pages, to tell which are free
  sleep 10
  go_on 3
  # nothing else gets there any more
  dir=$(cgroup other)
  memscript "write $dir/cgroup.procs self; map 1M; fill 3; $(demote_all "$dir"); on 0 all; verify 3"
  background_finish
}
