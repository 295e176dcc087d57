#!/usr/bin/env bats
# vm: --cxl 256M --cxl 256M --qmp --dram 512M --smp 2
# CXL regions as private nodes, and what devices say of themselves: DESIGN.md 6. The
# memory is slow here, some megabytes a second: tests use little of it.

load lib
load cram
load cxl

# As with kmem: five times the distance of DRAM
readonly KMEM_DISTANCE=2880

# What a process has there must survive the unplug.
place_and_unplug() {
  hold_until_moved
  assert_only_anon
  unplug
  background_finish
  run ! node_has_state memory_private "$NODE"
}

@test "a region has a node of its own, and all its memory is there" {
  make_region 256 0
  bind_to anondax
  equal "$(attr node)" "$NODE" node
  run ! node_has_state memory "$NODE"
  plug
  node_has_state memory_private "$NODE"
  equal "$(zoneinfo present "$NODE")" $((256 << 8)) "present pages"
}

# The lines of the page's last section that begin with two blanks and a PATTERN, with
# the names that things have here.
lines_of_page() { # PATTERN
  sed -n "/^Try it$/,/^API$/s/^  \($1\)/\1/p" \
    "$ROOT/Documentation/driver-api/cxl/compressed-ram.rst" |
    sed "s/region0/$REGION/g; s/decoder2\.0/$(decoder_of 0)/g; s/dax0\.0/$DAX/g"
}

# What the kernel is going to call it, and its dax device
name_next_region() {
  REGION=$(<"$ROOT_DECODER/create_ram_region")
  DAX=dax${REGION#region}.0
}

# bats test_tags=variation
@test "five commands of the page for vendors make compressed RAM, and two lines close its gate" {
  local commands
  name_next_region
  # as the page says
  load_driver cramdax
  commands=$(lines_of_page '[^{ ]')
  equal "$(wc -l <<<"$commands")" 5 commands
  bash -euc "${commands%$'\n'*}"
  one_block
  bash -euc "${commands##*$'\n'}"
  gate_is open
  lines_of_page '{' >"$BATS_TEST_TMPDIR/lines"
  equal "$(wc -l <"$BATS_TEST_TMPDIR/lines")" 2 "lines for the monitor"
  cat "$BATS_TEST_TMPDIR/lines" >"$QMP"
  poll 20 attr_is gate closed
  inject_health failure 0
  poll 20 attr_is gate open
}

@test "a region holds memory that was bound to it, and gives it back unchanged" {
  make_region 256 0
  plug_for_mbind
  place_and_unplug
}

@test "so does one that is interleaved over two devices" {
  make_region 256 0 1
  plug_for_mbind
  equal "$(zoneinfo present "$NODE")" $((512 << 8)) "present pages"
  place_and_unplug
}

# bats test_tags=variation
@test "so does one that is interleaved by pages, in ZONE_NORMAL" {
  make_region 4096 1 0
  plug_for_mbind online_kernel
  place_and_unplug
}

# bats test_tags=variation
@test "every service can be turned on for it, plugged or not" {
  local opt when
  make_region 256 0
  bind_to anondax
  for when in before after; do
    [ $when = before ] || plug
    for opt in reclaim demotion mbind interleave numa_balance madvise ltpin; do
      set_attr $opt 1
      equal "$(attr $opt)" 1 $opt
    done
    for opt in demotion reclaim mbind interleave numa_balance madvise ltpin; do
      set_attr $opt 0
      equal "$(attr $opt)" 0 $opt
    done
  done
}

@test "and does there what it does elsewhere" {
  local opt
  make_region 256 0
  bind_to anondax
  for opt in interleave numa_balance madvise ltpin; do set_attr $opt 1; done
  plug_for_mbind online_kernel
  memscript "map 1M; bind 0,$NODE interleave; touch; on 0 some; on $NODE some"
  memscript "map 64K; bind $NODE; fill 1; pin long; on $NODE all; verify 1; unpin"
  memscript "map 2M; bind $NODE; fill 1; madvise collapse; smaps AnonHugePages all" \
    "on $NODE all; verify 1"
  balance_fast
  memscript "map 512K; fill 1; move $NODE; churn 3; verify 1; on 0 some"
}

@test "pages are demoted to it, and come back" {
  local dir
  dir=$(cgroup cold)
  make_region 256 0
  plug_for_mbind
  set_attr reclaim 1
  set_attr demotion 1
  echo 1 >/sys/kernel/mm/numa/demotion_enabled
  memscript "write $dir/cgroup.procs self; map 1M; fill 1; $(demote_all "$dir")" \
    "on $NODE all; verify 1; move 0; on 0 all; verify 1"
}

@test "compressed RAM over two devices holds what is demoted there, copies what is written, and gives all back" {
  local scrubbed
  plug_cram_on 0 1
  scrubbed=$(stat_of scrubbed)
  background_ready "$(demoted_to_cram); readonly 1M; verify 1" \
    "slice 0 512K; fill 2; on 0 all; slice 512K 512K; on $NODE all; verify 1" \
    "signal $READY; wait $GO; on 0 all; verify 1; slice 0 512K; verify 2"
  # what was copied has left pages that are free: zeroed, and told to no device, as
  # those of QEMU 10.0 have no Media Operations
  [ "$(stat_of scrubbed)" -gt "$scrubbed" ]
  unplug
  background_finish
  equal "$(stat_of trimmed)" 0 trimmed
}

# bats test_tags=variation
@test "without data on performance a region is as far away as kmem puts it" {
  make_region 256 0
  bind_to anondax
  equal "$(attr adistance)" $KMEM_DISTANCE adistance
  unbind
  bind_to cramdax
  equal "$(attr adistance)" $KMEM_DISTANCE adistance
}

@test "a region that is not plugged can go, and be made again" {
  local driver
  for driver in anondax cramdax; do
    make_region 256 0
    bind_to $driver
    delete_region
    [ ! -e "/sys/bus/dax/devices/$DAX" ]
  done
  make_region 256 0
  plug_for_mbind
  place_and_unplug
}

goes_with_memory() { # [committed]
  make_region 256 0 1
  plug_for_mbind
  hold_until_moved
  delete_region "$REGION" "$@"
  [ ! -e "/sys/bus/dax/devices/$DAX" ]
  [ ! -e "$CXL/$REGION" ]
  run ! node_has_state memory_private "$NODE"
  background_finish
}

@test "a region that goes with memory on it gives that back unchanged" {
  goes_with_memory
}

@test "so does one that is deleted without a reset before" {
  goes_with_memory committed
}

# Records of all kinds
inject_all() { # DEVICE
  inject_health informational 0x8 "$1"
  inject_health warning 0 "$1"
  inject_media failure 0x1000 "$1" 1
  inject_dram fatal 0x200000 "$1"
}

@test "a device tells of events, and only that one" {
  local before other
  before=$(device_interrupts 0)
  other=$(device_interrupts 1)
  inject_all 0
  poll 10 asked_for_attention 0 $((before + 4))
  equal "$(device_interrupts 1)" "$other" "interrupts of the other device"
}

@test "what QEMU refuses is an error here" {
  run ! inject_health informational 0 7
  [[ $output == *GenericError* ]]
  run ! qmp no-such-command
  [[ $output == *CommandNotFound* ]]
  run -0 qmp query-status
  [[ $output == *running* ]]
}
