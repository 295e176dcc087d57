#!/usr/bin/env bats
# daxctl-private doctor, on captured machines that lack something

load lib

# KEY of the check of that name in $output, about that device or whatever.
of_check() { # CHECK ABOUT KEY
  python3 -c '
import json, sys
for check in json.loads(sys.argv[4]):
    if check["check"] == sys.argv[1] and check.get("about", "") == sys.argv[2]:
        value = check.get(sys.argv[3], "")
        print(json.dumps(value) if isinstance(value, bool) else value)' "$@" "$output"
}

is_ok() { # CHECK ABOUT
  equal "$(of_check "$1" "$2" ok)" true "$1 of $2"
}

# SEEN and REMEDY are patterns.
is_problem() { # CHECK ABOUT SEEN REMEDY
  equal "$(of_check "$1" "$2" ok)" false "$1 of $2" || return
  # shellcheck disable=SC2053
  [[ $(of_check "$1" "$2" seen) == $3 ]] || fail "seen: $(of_check "$1" "$2" seen)"
  # shellcheck disable=SC2053
  [[ $(of_check "$1" "$2" remedy) == $4 ]] || fail "remedy: $(of_check "$1" "$2" remedy)"
}

not_checked() { # CHECK ABOUT
  equal "$(of_check "$1" "$2" ok)" "" "$1 of $2"
}

set_file() { # FILE TEXT
  rm -f "$MACHINE/$1"
  mkdir -p "$MACHINE/${1%/*}"
  printf '%s\n' "$2" >"$MACHINE/$1"
}

device_dir() { # DEVICE
  realpath --relative-to "$MACHINE" "$MACHINE/sys/bus/dax/devices/$1"
}

bind_to() { # DRIVER DEVICE
  mkdir -p "$MACHINE/sys/bus/dax/drivers/$1"
  rm -f "$MACHINE/$(device_dir "$2")/driver"
  ln -s "../../../../bus/dax/drivers/$1" "$MACHINE/$(device_dir "$2")/driver"
}

# The machine that has nothing to complain about.
good_machine() {
  machine tiers
  set_file sys/kernel/mm/numa/demotion_enabled true
}

@test "a machine that has all is 0, and everything that was looked at is ok" {
  good_machine
  run -0 look doctor
  equal "$(json | grep -o '"ok": [a-z]*' | sort -u)" '"ok": true'
  is_ok kernel ""
  is_ok soft-reservation ""
  is_ok module anondax
  is_ok driver dax0.0
  is_ok node dax2.0
  is_ok alignment dax1.0
  is_ok swap dax0.0
  is_ok demotion dax0.0
}

@test "a kernel without the feature is 77" {
  good_machine
  rm "$MACHINE/sys/devices/system/node/has_memory_private"
  run -77 look doctor
  is_problem kernel "" "*has_memory_private" "*CONFIG_NODE_PRIVATE*"
}

@test "a kernel without dax is told" {
  machine nodax
  rm -r "$MACHINE/sys/bus/dax"
  run -1 look doctor
  is_problem dax-bus "" "*/sys/bus/dax" "*CONFIG_DEV_DAX*"
}

@test "a kernel that has no module for private nodes is told; for compressed RAM that is no problem" {
  machine nodax
  run -1 look doctor
  is_ok module anondax
  release=$(cut -d' ' -f3 "$MACHINE/proc/version")
  mkdir -p "$MACHINE/lib/modules/$release"
  run -1 look doctor
  is_problem module anondax "*no module anondax" "*CONFIG_DEV_DAX_ANON*"
  is_ok module cramdax
}

@test "a machine that sets nothing aside is told how to" {
  machine nodax
  run -1 look doctor
  is_problem soft-reservation "" "neither*" "daxctl-private reserve *"
}

@test "efi=nosoftreserve is told, if nothing else sets memory aside" {
  machine nodax
  set_file proc/cmdline "quiet efi=debug,nosoftreserve"
  run -1 look doctor
  is_problem soft-reservation "" "*nosoftreserve*" "take efi=nosoftreserve*"
  good_machine
  set_file proc/cmdline "quiet efi=nosoftreserve"
  run -0 look doctor
  is_ok soft-reservation ""
}

@test "memmap= of a range that is no memory is told" {
  good_machine
  set_file proc/cmdline "memmap=128M%4G-1+0xefffffff,1G%64G-1+0xefffffff memmap=64K\$0x18690000"
  run -1 look doctor
  is_ok memmap "128M%4G-1+0xefffffff"
  is_problem memmap "1G%64G-1+0xefffffff" "*not Soft Reserved*" "daxctl-private reserve*"
  not_checked memmap "64K\$0x18690000"
}

@test "memmap= that is there in part only is told" {
  good_machine
  set_file proc/cmdline "memmap=384M%4G-1+0xefffffff memmap=512M%4G-1+0xefffffff"
  run -1 look doctor
  is_ok memmap "384M%4G-1+0xefffffff"
  is_problem memmap "512M%4G-1+0xefffffff" "*not Soft Reserved*" "*"
}

@test "words of the command line may be quoted" {
  good_machine
  set_file proc/cmdline 'dyndbg="file a.c memmap=1Gx1 +p" memmap="384M%4G-1+0xefffffff" "memmap=128M%4G-1+0xefffffff"'
  run -0 look doctor
  is_ok memmap "384M%4G-1+0xefffffff"
  is_ok memmap "128M%4G-1+0xefffffff"
}

@test "memmap= for persistent memory has to become that" {
  good_machine
  set_file proc/cmdline 'memmap=1G!64G'
  run -1 look doctor
  is_problem memmap '1G!64G' "*not Persistent Memory*" "*"
  echo "1000000000-103fffffff : Persistent Memory (legacy)" >>"$MACHINE/proc/iomem"
  run -0 look doctor
  is_ok memmap '1G!64G'
}

@test "memmap= that the kernel cannot read is told" {
  good_machine
  for word in 8G%16G-1+0xefffffffx 8Gx16G G%16G '8G%' '8G!16Gx'; do
    set_file proc/cmdline "memmap=$word"
    run -1 look doctor
    is_problem memmap "$word" "the kernel cannot read it" "*"
  done
}

@test "memory that is set aside and no device is told" {
  good_machine
  echo "1000000000-103fffffff : Soft Reserved" >>"$MACHINE/proc/iomem"
  run -1 look doctor
  is_problem range 0x1000000000-0x103fffffff "*no dax device*" "modprobe dax_hmem*"
  is_ok range 0x100000000-0x107ffffff
}

@test "a dax region without a device is told" {
  machine tiers
  set_file "$(device_dir dax2.0)/size" 0
  run -1 look doctor
  is_problem dax-region "region 2" "no device*" "daxctl create-device -r 2"
  not_checked dax-region "region 1"
  not_checked driver dax2.0
}

@test "what is told to root only is no problem" {
  good_machine
  sed -i -E 's/[0-9a-f]+-[0-9a-f]+ :/00000000-00000000 :/' "$MACHINE/proc/iomem"
  for dev in dax0.0 dax1.0 dax2.0; do
    : >"$MACHINE/$(device_dir $dev)/mapping0/start"
  done
  run -0 look doctor
  is_ok soft-reservation ""
  equal "$(of_check alignment dax0.0 seen)" "its addresses are told to root only"
  equal "$(of_check memmap "128M%4096M-1+0xefffffff" seen)" "what became of it is told to root only"
}

@test "memory that kmem took is told, and how to keep kmem away" {
  good_machine
  bind_to kmem dax2.0
  run -1 look doctor dax2.0
  is_problem driver dax2.0 "kmem*" "*--force --mode=private dax2.0*blacklist kmem*"
  is_ok auto-online dax2.0
  set_file etc/modprobe.d/kmem.conf "blacklist kmem"
  set_file sys/devices/system/memory/auto_online_blocks online_movable
  run -1 look doctor dax2.0
  is_problem driver dax2.0 "kmem*" "*--force --mode=private dax2.0"
  is_problem auto-online dax2.0 "*online_movable" "echo offline*"
}

@test "a driver of somebody else is told" {
  good_machine
  bind_to fsdev_dax dax2.0
  run -1 look doctor dax2.0
  is_problem driver dax2.0 "fsdev_dax has it" "*--mode=private dax2.0"
}

@test "a device on DRAM's node is told which node to take" {
  good_machine
  set_file "$(device_dir dax2.0)/target_node" 0
  run -1 look doctor
  is_problem node dax2.0 "node 0 has ordinary memory" "*--set node=3 dax2.0"
  is_ok spare-nodes ""
}

@test "a device that needs a node id where none is spare is told private_nodes=" {
  good_machine
  set_file "$(device_dir dax2.0)/target_node" 0
  set_file sys/devices/system/node/possible 0-2
  run -1 look doctor
  is_problem node dax2.0 "node 0 has*" "boot with private_nodes=1 *"
  is_problem spare-nodes "" "*0-2" "boot with private_nodes=1 *"
  set_file proc/cmdline "private_nodes=2"
  run -1 look doctor
  is_problem node dax2.0 "node 0 has*" "boot with private_nodes=3 *"
  for nr in -2 9223372036854775807; do
    set_file proc/cmdline "private_nodes=$nr"
    run -1 look doctor
    is_problem node dax2.0 "node 0 has*" "boot with private_nodes=1 *"
  done
}

@test "a kernel that does not know private_nodes= is not told to be given more of them" {
  good_machine
  rm "$MACHINE/sys/devices/system/node/has_memory_private"
  set_file "$(device_dir dax2.0)/target_node" 0
  set_file sys/devices/system/node/possible 0-2
  set_file proc/cmdline "private_nodes=1"
  run -77 look doctor
  is_problem node dax2.0 "node 0 has*" "*does not know private_nodes=1*"
  is_problem spare-nodes "" "*0-2" "*does not know private_nodes=1*"
  set_file proc/cmdline ""
  run -77 look doctor
  is_problem spare-nodes "" "*0-2" "boot with private_nodes=1 *"
}

@test "a device without a node, and one whose node is not possible, are told" {
  good_machine
  set_file "$(device_dir dax2.0)/target_node" -1
  run -1 look doctor
  is_problem node dax2.0 "the firmware gives it none" "*node=3*"
  set_file "$(device_dir dax2.0)/target_node" 9
  run -1 look doctor
  is_problem node dax2.0 "node 9 is not possible" "*node=3*"
}

@test "devices that share a node have to agree" {
  good_machine
  bind_to anondax dax2.0
  for file in adistance demotion interleave ltpin madvise mbind numa_balance reclaim; do
    cp "$MACHINE/$(device_dir dax0.0)/$file" "$MACHINE/$(device_dir dax2.0)/"
  done
  set_file "$(device_dir dax2.0)/node" 1
  set_file "$(device_dir dax2.0)/hotplug" unplugged
  run -0 look doctor dax2.0
  is_ok node-shared dax2.0
  set_file "$(device_dir dax2.0)/adistance" 448
  run -1 look doctor dax2.0
  is_problem node-shared dax2.0 "node 1 has dax0.0, which differs in adistance" "*policy dax2.0 node=3"
  set_file "$(device_dir dax2.0)/node" 2
  run -1 look doctor dax2.0
  is_problem node-shared dax2.0 "node 2 has dax1.0, which differs in the driver*" "*"
}

@test "ranges that are no whole memory blocks are told, and what gets lost" {
  good_machine
  set_file "$(device_dir dax2.0)/mapping0/end" 0x117efffff
  run -1 look doctor
  is_problem alignment dax2.0 "127.00 MiB * of 128.00 MiB *: nothing is left" "*reserve*"
  set_file "$(device_dir dax2.0)/mapping0/end" 0x1203fffff
  run -1 look doctor
  is_problem alignment dax2.0 "4.00 MiB * of 128.00 MiB *: that much gets lost" "*reserve*"
}

@test "reclaim without swap is told" {
  good_machine
  sed -i 1q "$MACHINE/proc/swaps"
  run -1 look doctor
  is_problem swap dax0.0 "*no swap*" "swapon *"
  not_checked swap dax1.0
  set_file "$(device_dir dax0.0)/reclaim" 0
  run -0 look doctor
  not_checked swap dax0.0
}

@test "demotion that the machine has turned off is told" {
  machine tiers
  run -1 look doctor
  is_problem demotion dax0.0 "*demotion_enabled is false" "echo 1 > /sys/kernel/mm/numa/demotion_enabled"
  is_problem demotion dax1.0 "*" "*"
  not_checked demotion dax2.0
  set_file "$(device_dir dax0.0)/demotion" 0
  run -1 look doctor
  not_checked demotion dax0.0
}

@test "compressed RAM with page_poison=1 is told" {
  good_machine
  set_file proc/cmdline "page_poison=1"
  run -1 look doctor
  is_problem page-poison dax1.0 "*zero" "take page_poison=1*"
  not_checked page-poison dax0.0
}

@test "CXL memory is followed from the window to the region" {
  machine cxl
  run -1 look doctor
  is_ok cxl-window decoder0.0
  is_ok cxl-memdev mem0
  is_problem cxl-memdev mem1 "*in no region*" "cxl create-region -t ram -d decoder0.0 -m mem1"
  is_ok cxl-region region0
  is_ok cxl-dax-region dax_region0
  is_ok node dax0.0
  equal "$(of_check cxl-memdev mem0 seen)" "part of region0"
}

@test "a CXL region that is not committed or enabled is told" {
  machine cxl
  region=sys/bus/cxl/devices/region0
  rm "$MACHINE/$region/driver"
  run -1 look doctor
  is_problem cxl-region region0 "committed, and no driver*" "cxl enable-region region0"
  set_file $region/commit 0
  run -1 look doctor
  is_problem cxl-region region0 "*not committed" "cxl enable-region region0*"
}

@test "a CXL region of which no dax device is made is told" {
  machine cxl
  rm "$MACHINE/sys/bus/cxl/devices/dax_region0/driver"
  run -1 look doctor
  is_problem cxl-dax-region dax_region0 "no driver*" "modprobe dax_cxl"
}

@test "a CXL device without a driver, and a machine without a window, are told" {
  machine cxl
  rm "$MACHINE/sys/bus/cxl/devices/mem1/driver"
  set_file sys/bus/cxl/devices/decoder0.0/cap_ram 0
  run -1 look doctor
  is_problem cxl-memdev mem1 "no driver has it" "modprobe cxl_mem*"
  is_problem cxl-window "" "no window*" "modprobe cxl_acpi*"
}

@test "a name limits it to that device, and one that is not there is a problem" {
  machine tiers
  run -1 look doctor dax0.0
  is_ok driver dax0.0
  not_checked driver dax2.0
  run -1 look doctor dax7.0
  is_problem device dax7.0 "there is no such dax device" "*"
  run -1 look doctor all
  is_ok driver dax2.0
  not_checked device all
}

@test "for people it is a list of words, with the remedy below" {
  machine tiers
  run -1 look doctor -u dax0.0
  equal "${lines[0]}" "ok       kernel: it knows private memory nodes"
  equal "${lines[-1]}" "  remedy echo 1 > /sys/kernel/mm/numa/demotion_enabled"
  [[ ${lines[-2]} == "problem  demotion of dax0.0: "* ]]
}
