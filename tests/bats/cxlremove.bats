#!/usr/bin/env bats
# vm: --cxl 256M --cxl 256M --qmp --dram 512M --smp 2
# A CXL device that goes, or is reset, while its memory is in use: the data is in
# ordinary memory then, or the device stays.

load lib
load cram
load cxl

teardown_file() {
  bring_back
}

# Both devices, whatever was done to them; they are probed in the background.
bring_back() {
  local mem
  echo 1 >/sys/bus/pci/rescan
  for mem in "$CXL"/mem*; do
    [ ! -e "$mem" ] || [ -e "$mem/driver" ] || echo "${mem##*/}" >/sys/bus/cxl/drivers/cxl_mem/bind
  done
  poll 20 both_decode
}

both_decode() {
  decoder_of 0 && decoder_of 1
}

rebind_pci() { # DEVICE
  local dir
  dir=$(pci_dir "$1")
  echo "${dir##*/}" >"$dir/driver/unbind"
  echo "${dir##*/}" >/sys/bus/pci/drivers/cxl_pci/bind
}

remove_pci() { # DEVICE
  echo 1 >"$(pci_dir "$1")/remove"
}

uncommit() { # DEVICE, which is in the region
  echo 0 >"$CXL/$REGION/commit"
}

# Memory is on the region when WAY takes DEVICE; then everything is used again.
goes_with_memory() { # WAY DEVICE, or whatever WAY takes, [SIZE]
  hold_until_moved "${3:-1M}"
  "$1" "$2"
  [ ! -e "/sys/bus/dax/devices/$DAX" ]
  run ! node_has_state memory_private "$NODE"
  background_finish
  rm "$READY" "$GO"
  forget_device "$DAX"
  delete_region
  bring_back
}

each_way() { # GRANULARITY DEVICE...
  local way
  for way in unbind_memdev rebind_pci remove_pci uncommit; do
    echo "$way"
    make_region "$@"
    plug_for_mbind
    goes_with_memory $way "${*: -1}"
  done
  make_region "$@"
  plug_for_mbind
  memscript "map 1M; bind $NODE; fill 1; on $NODE all; verify 1"
}

@test "what is on a region is in ordinary memory when its device goes" {
  each_way 256 0
}

# bats test_tags=variation
@test "so it is when one of two devices goes" {
  each_way 256 0 1
}

both_at_once() { # WAY
  "$1" 1 3>&- &
  "$1" 0
  wait $!
}

@test "so it is when both go at once" {
  local way
  for way in unbind_memdev remove_pci; do
    make_region 256 0 1
    plug_for_mbind
    goes_with_memory both_at_once $way
  done
}

@test "so is what is in compressed RAM" {
  plug_cram_on 0
  background_ready "$(demoted_to_cram); signal $READY; wait $GO; on 0 all; verify 1"
  unbind_memdev 0
  run ! node_has_state memory_private "$NODE"
  background_finish
  forget_device "$DAX"
  bring_back
}

unbind_until() { # SECONDS, then comes the signal
  UNBIND_STATUS=0
  timeout "$1" bash -c "echo $(memdev_of 0) >/sys/bus/cxl/drivers/cxl_mem/unbind" ||
    UNBIND_STATUS=$?
}

# A signal that ends a write to "hotplug" would leave the memory where it is, and the
# device would be gone.
@test "it is if a signal comes meanwhile" {
  local seconds
  for seconds in 0.5 0.2 0.1 0.05; do
    make_region 256 0
    plug_for_mbind
    goes_with_memory unbind_until $seconds 8M
    [ "$UNBIND_STATUS" != 124 ] || return 0
  done
  fail "it never took that long"
}

unbind_while_it_talks() { # DEVICE
  while_it_says "$(inject_line general-media fatal 0 "$(media_fields 0xffff000 1)")" \
    unbind_memdev "$1"
}

@test "it is while the device has much to say" {
  make_region 256 0
  plug_for_mbind
  pages_get_lost
  goes_with_memory unbind_while_it_talks 0
  poll 60 settled 0
}

@test "a device is not reset while its memory is plugged" {
  local dir
  make_region 256 0
  plug_for_mbind
  dir=$(pci_dir 0)
  background_ready "map 1M; bind $NODE; fill 1; on $NODE all; verify 1" \
    "signal $READY; wait $GO; on $NODE all; verify 1"
  refuses ENOTTY "$dir/reset" 1
  background_finish
  unplug
  delete_region
  echo 1 >"$dir/reset"
  make_region 256 0
  plug_for_mbind
  memscript "map 1M; bind $NODE; fill 1; on $NODE all; verify 1"
}
