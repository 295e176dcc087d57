#!/usr/bin/env bats
# vm: --cxl 256M --dram 640M
# A CXL device that goes while some of its memory cannot be moved. Nothing sets that
# right but a boot, so there is one test.

load lib
load cram
load cxl

teardown() {
  stop_background
  no_splat
}

@test "memory that cannot be moved stays what it is when its device goes" {
  local mem dir
  make_region 256 0
  bind_to anondax
  set_attr ltpin 1
  plug_for_mbind online_kernel
  mem=$(memdev_of 0)
  dir=$(pci_dir 0)
  background_ready "map 1M; bind $NODE; fill 1; on $NODE all; pin long; on $NODE all; signal $READY" \
    "$(still_there 3 'fill 1; verify 1')"

  unbind_memdev 0
  memory_stays
  go_on 1
  # nor can anything else get there any more
  run ! memscript "map 1M; bind $NODE; fill 1; on $NODE all"

  echo "$mem" >/sys/bus/cxl/drivers/cxl_mem/bind
  go_on 2
  echo 1 >"$dir/remove"
  go_on 3
  background_finish
}
