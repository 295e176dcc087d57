#!/usr/bin/env bats
# vm: --private 128M --private 128M --dram 512M --qemu -numa --qemu dist,src=0,dst=1,val=40 --qemu -numa --qemu dist,src=0,dst=2,val=20 --qemu -numa --qemu dist,src=1,dst=2,val=30
# Compressed RAM on several devices that are the same but for where they are.

load lib
load cram

@test "of two devices in one tier that with the smaller distance takes everything as long as it is open" {
  two_reporting_devices
  equal "$(attr adistance)" "$(attr adistance dax1.0)" "abstract distance"
  equal "$(<"$NODES/node0/distance")" "10 40 20" distances
  takes_everything dax1.0
  equal "$(stat_of demoted)" 0 "demoted to the farther one"
  set_attr used $((80 * MIB)) dax1.0
  gate_is closed dax1.0
  takes_everything "$DAX"
  set_attr used $((40 * MIB)) dax1.0
  gate_is open dax1.0
  takes_everything dax1.0
}
