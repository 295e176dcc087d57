#!/usr/bin/env bats
# vm: --private 128M --dram 512M
# Devices that are told which pages of compressed RAM are free: KUnit suites, as
# QEMU has such a device from 10.1 on only.

load lib
load cram

@test "a device is told of free pages in batches, and of none that is in use" {
  plug_cram
  pages_get_lost
  suite_passes cram_trim_test cram_trim 13
  equal "$(attr used)" 0 "bytes in use"
}

# bats test_tags=variation
@test "memory that is on no CXL device is told to nobody" {
  in_cram "map 4M; fill 1" "on 1 all"
  sleep 3
  [ "$(stat_of scrubbed)" -ge 1024 ]
  equal "$(stat_of trimmed)" 0 "pages told"
}

@test "a CXL device is sent what the specification says, and may answer anything" {
  suite_passes cxl_media_ops_test cxl_media_ops 12
}
