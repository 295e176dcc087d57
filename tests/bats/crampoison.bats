#!/usr/bin/env bats
# vm: --private 128M --dram 512M --append page_poison=1
# kernels: default
# A kernel that fills free pages with a pattern: see sysfs-bus-dax-cramdax.

load lib

@test "where free pages are not zero there is no compressed RAM, but private memory" {
  bind_to cramdax
  refuses EOPNOTSUPP "$(attr_file hotplug)" online
  log_says 'boot without page_poison=1'
  equal "$(attr hotplug)" unplugged hotplug
  run ! node_has_state memory_private "$NODE"
  bind_to anondax
  plug_for_mbind
  memscript "map 4M; bind $NODE; fill 1; on $NODE all; verify 1"
}
