#!/usr/bin/env bats
# What daxctl-private writes, in which order, and what it undoes: on a captured
# machine, where a script stands for the kernel.
# shellcheck disable=SC2154 # run sets stderr

load lib
load writes

setup() {
  machine tiers
  fake_kernel
}

# COMMAND fails so, and everything is as it was.
undone() { # ERROR COMMAND...
  run -1 --separate-stderr change "${@:2}"
  equal "$output" "[]"
  equal "$(grep -v ^libdaxctl: <<<"$stderr")" "error: $1
dax0.0: everything is as it was
reconfigured 0 devices"
}

# --- a device that goes away ------------------------------------------------

@test "of a device that is going away nobody says that it is unplugged" {
  local verb words=": it is going away, its file hotplug cannot be read: ENODEV: look again: daxctl-private list"
  rm "$DAX/dax0.0/hotplug"
  for verb in "plug -n" "plug -n --zone=movable" "unplug -n" "audit" "save" "policy -n" "drain -n" \
    "reconfigure-device -n -m cram"; do
    # shellcheck disable=SC2086 # several words
    run -1 --separate-stderr look $verb dax0.0
    equal "$stderr" "error: dax0.0$words" "$verb"
    [[ $output != *online* ]] || fail "$verb: $output"
  done
  run -1 --separate-stderr look audit
  [[ $stderr == *"dax0.0$words"* ]] || fail "$stderr"
}

# --- a dry run --------------------------------------------------------------

@test "a dry run has the value of each write, whoever has the device" {
  run -0 look reconfigure-device -n -f -m cram dax0.0
  equal "$(json 0.steps.1.value)" dax0.0
  equal "$(json 0.steps.2.value)" dax0.0
  equal "$(json 0.steps.4.step)" "set hotplug to online"
  equal "$(json 0.steps.4.value)" online
}

# A dry run of COMMAND has just the writes that it does then.
same_writes() { # COMMAND...
  run --separate-stderr change "$@" --dry-run
  equal "$status" 0 "$* --dry-run: $stderr"
  python3 -c '
import json, sys
for step in json.loads(sys.argv[1])[0]["steps"]:
    if "path" in step: print(step["path"].removeprefix("/sys/"), step["value"])' \
    "$output" >"$BATS_TEST_TMPDIR/told"
  equal "$(<"$MACHINE/log")" "" "written by the dry run"
  run --separate-stderr change "$@"
  equal "$status" 0 "$*: $stderr"
  [ -s "$BATS_TEST_TMPDIR/told" ] || fail "$*: nothing is told"
  diff "$BATS_TEST_TMPDIR/told" <(grep -v migrate_pages "$MACHINE/log") || fail "$*: told (<), and written"
  : >"$MACHINE/log"
}

# Devices have two memory blocks each, and kmem may take them.
two_blocks() {
  local drivers=$MACHINE/sys/bus/dax/drivers
  mkdir -p "$drivers/kmem"
  touch "$drivers/kmem/"{new_id,remove_id,unbind,bind}
  echo 4000000 >"$MACHINE/sys/devices/system/memory/block_size_bytes"
}

# Options of a mode.
options_of() { # MODE
  case $1 in
    private) echo -p far-tier -s mbind=1 -s ltpin=1 -s node=3 ;;
    cram) echo -p compressed -s capacity=64m -s low_mark=96 -s high_mark=97 -s algorithm=lz4 -s node=3 ;;
  esac
}

@test "a dry run has each write, in order: from any mode to any other" {
  local mode
  two_blocks
  for mode in private cram private devdax cram devdax system-ram private system-ram cram \
    system-ram devdax private; do
    # shellcheck disable=SC2046 # several words
    same_writes reconfigure-device -f -m $mode $(options_of $mode) dax2.0
    equal "$(json 0.mode)" $mode
  done
}

@test "a dry run has each write of memory that is onlined, and of the rest" {
  local state
  two_blocks
  for state in online online_kernel; do
    echo $state >"$MACHINE/sys/devices/system/memory/auto_online_blocks"
    same_writes reconfigure-device -m system-ram dax2.0
    same_writes reconfigure-device -f -m devdax dax2.0
  done
  echo offline >"$MACHINE/sys/devices/system/memory/auto_online_blocks"
  same_writes reconfigure-device -m system-ram --no-movable dax2.0
  same_writes reconfigure-device -f -m devdax dax2.0
  same_writes reconfigure-device -m system-ram --no-online dax2.0
  same_writes reconfigure-device -m system-ram dax2.0
}

@test "a dry run has each write of the other verbs" {
  mkdir -p "$MACHINE/etc/daxctl-private.conf.d"
  printf '%s\n' '[reconfigure-device x]' 'match.target-node = 1' 'mode = private' 'preset = near-tier' \
    'node = 3' >"$MACHINE/etc/daxctl-private.conf.d/x.conf"
  same_writes policy dax0.0 reclaim=0 demotion=0 mbind=1
  same_writes unplug dax0.0
  same_writes policy -p far-tier dax0.0 mbind=0 node=2
  same_writes plug --zone=kernel dax0.0
  same_writes drain dax0.0
  same_writes unplug dax0.0
  same_writes apply
}

@test "a dry run of drain has the writes to mbind" {
  run -0 look drain -n dax0.0
  equal "$(json 0.steps.0.path)" /sys/bus/dax/devices/dax0.0/mbind
  equal "$(json 0.steps.0.value)$(json 0.steps.1.value)" 10
  echo 1 >"$DAX/dax0.0/mbind"
  run -0 look drain -n dax0.0
  equal "$(json 0.steps)" "[]"
}

@test "without ordinary memory there is nothing to drain to" {
  : >"$MACHINE/sys/devices/system/node/has_memory"
  run -1 --separate-stderr look drain -n dax0.0
  equal "$stderr" "error: dax0.0: no node has ordinary memory to move to: ENXIO: online some, or stop who uses the device"
}

# --- undo -------------------------------------------------------------------

@test "a change is what it says" {
  run -0 --separate-stderr change reconfigure-device -f -m cram dax0.0
  equal "$stderr" "reconfigured 1 device"
  equal "$(json 0.mode)" cram
  equal "$(written)" "dax0.0/hotplug unplugged
anondax/unbind dax0.0
anondax/remove_id dax0.0
cramdax/new_id dax0.0
dax0.0/hotplug online"
}

@test "an unbind that fails has lost no values, so none is written" {
  fails "anondax/unbind=dax0.0 16"
  undone "dax0.0: cannot unbind it from anondax: EBUSY: daxctl-private holders tells what holds it" \
    reconfigure-device -f -m cram dax0.0
  equal "$(written)" "dax0.0/hotplug unplugged
anondax/unbind dax0.0
dax0.0/hotplug online_movable"
}

@test "a bind that fails leaves the device to the driver that it had, with its values" {
  fails "cramdax/new_id=dax0.0 16"
  undone "dax0.0: cannot bind it to cramdax: EBUSY: the kernel log may say why" \
    reconfigure-device -f -m cram dax0.0
  equal "$(written)" "dax0.0/hotplug unplugged
anondax/unbind dax0.0
anondax/remove_id dax0.0
cramdax/new_id dax0.0
cramdax/remove_id dax0.0
anondax/new_id dax0.0
dax0.0/reclaim 1
dax0.0/demotion 1
dax0.0/madvise 1
dax0.0/numa_balance 1
dax0.0/hotplug online_movable"
}

@test "values of a driver that goes again are not put back" {
  fails "dax0.0/hotplug=online 16"
  undone "dax0.0: cannot set hotplug to online: EBUSY: the kernel log says why" \
    reconfigure-device -f -m cram --set node=3 --set capacity=64m dax0.0
  equal "$(written | sed -n '/^cramdax.unbind/,$p' | head -n 3)" "cramdax/unbind dax0.0
cramdax/remove_id dax0.0
anondax/new_id dax0.0"
}

@test "a node that the firmware does not give is none to be written" {
  echo -1 >"$DAX/dax0.0/node"
  echo -1 >"$DAX/dax0.0/target_node"
  echo unplugged >"$DAX/dax0.0/hotplug"
  fails "cramdax/new_id=dax0.0 16"
  undone "dax0.0: cannot bind it to cramdax: EBUSY: the kernel log may say why" \
    reconfigure-device -m cram --no-online dax0.0
  run ! grep -q node "$MACHINE/log"
}

@test "a node is set when nothing is left that could be refused but the plug" {
  echo -1 >"$DAX/dax0.0/node"
  echo unplugged >"$DAX/dax0.0/hotplug"
  fails "dax0.0/adistance=448 5" "dax0.0/mbind=1 5"
  run -1 --separate-stderr change policy dax0.0 node=3 adistance=448
  equal "$stderr" "error: dax0.0: cannot set adistance to 448: EIO: the kernel log may say why
set the policy of 0 devices"
  run -1 --separate-stderr change policy dax0.0 node=3 mbind=1
  run -1 --separate-stderr change reconfigure-device -m private -s node=3 -s mbind=1 dax0.0
  equal "$(<"$DAX/dax0.0/node")" -1
  run -0 change policy dax0.0 node=3 madvise=0 numa_balance=0
  equal "$(written | tail -n 3)" "dax0.0/madvise 0
dax0.0/numa_balance 0
dax0.0/node 3"
}

@test "a node that a failed plug needed is put back" {
  echo unplugged >"$DAX/dax0.0/hotplug"
  fails "dax0.0/hotplug=online 16"
  run -1 --separate-stderr change reconfigure-device -m private -s node=3 dax0.0
  equal "${stderr_lines[1]}" "dax0.0: everything is as it was"
  equal "$(<"$DAX/dax0.0/node")" 1
}

# dax0.0 has no node, and a policy that its driver has not at first.
without_node() {
  echo unplugged >"$DAX/dax0.0/hotplug"
  echo -1 >"$DAX/dax0.0/node"
  echo -1 >"$DAX/dax0.0/target_node"
  echo 448 >"$DAX/dax0.0/adistance"
}

# The policy of dax0.0, as "NAME=VALUE ...".
policy_now() {
  (cd "$DAX/dax0.0" && grep -H . node adistance reclaim demotion mbind madvise) | tr ':\n' '= '
}

@test "a device that had no node has none again, and its policy, when the plug fails" {
  local before
  without_node
  before=$(policy_now)
  fails "dax0.0/hotplug=online 16"
  undone "dax0.0: cannot set hotplug to online: EBUSY: the kernel log says why" \
    reconfigure-device -m private -s node=3 -s mbind=1 -s demotion=0 -s adistance=2880 dax0.0
  equal "$(policy_now)" "$before"
}

@test "a device that had no node and cannot be bound again is told" {
  without_node
  fails "dax0.0/hotplug=online 16" "anondax/unbind=dax0.0 16"
  run -1 --separate-stderr change reconfigure-device -m private -s node=3 dax0.0
  equal "${stderr_lines[1]}" "error: dax0.0: cannot undo: set node to 3: EBUSY: see daxctl-private list: it may have no driver now"
}

# Each mark on its side of the other one: 80 and 95 at first.
@test "marks come back in an order that the kernel takes, and so does what was reported" {
  local marks
  for marks in "10 20" "96 98"; do
    : >"$MACHINE/log"
    echo "${marks% *}" >"$DAX/dax1.0/low_mark"
    echo "${marks#* }" >"$DAX/dax1.0/high_mark"
    echo none >"$DAX/dax1.0/algorithm"
    echo 4096 >"$DAX/dax1.0/used"
    fails "anondax/new_id=dax1.0 16"
    run -1 --separate-stderr change reconfigure-device -f -m private dax1.0
    [[ $stderr == *"everything is as it was"* ]] || fail "$marks: $stderr"
    equal "$(<"$DAX/dax1.0/low_mark") $(<"$DAX/dax1.0/high_mark")" "$marks"
    equal "$(<"$DAX/dax1.0/used") $(<"$DAX/dax1.0/algorithm")" "4096 none"
    equal "$(tail -n 1 <<<"$(written)")" "dax1.0/used 4096"
  done
}

# --- other devices ----------------------------------------------------------

@test "a device without a driver stays so when another one becomes ordinary memory" {
  two_blocks
  run -0 --separate-stderr change reconfigure-device -f -m system-ram dax0.0
  equal "$(json 0.mode)" system-ram
  [ ! -L "$DAX/dax2.0/driver" ]
  fails "anondax/new_id=dax0.0 12"
  undone "dax0.0: cannot bind it to anondax: ENOMEM: the kernel log may say why" \
    reconfigure-device -f -m private dax0.0
  [ ! -L "$DAX/dax2.0/driver" ]
}

@test "a device that kmem takes only by its name is named to it" {
  two_blocks
  fails "kmem/bind=dax2.0 19 once"
  run -0 --separate-stderr change reconfigure-device -m system-ram dax2.0
  equal "$(json 0.mode)" system-ram
  equal "$(written | head -n 2)" "kmem/bind dax2.0
kmem/new_id dax2.0"
}

@test "while the module of kmem is loaded it takes no device by itself" {
  echo 1 >"$MACHINE/sys/bus/dax/drivers_autoprobe"
  run -0 look reconfigure-device -n -m system-ram dax2.0
  equal "$(json 0.steps.0.step) $(json 0.steps.0.path) $(json 0.steps.0.value)$(json 0.steps.1.value)" \
    "load the module kmem /sys/bus/dax/drivers_autoprobe 01"
  rm -r "$MACHINE/sys/bus/dax/drivers/cramdax"
  run -0 look reconfigure-device -n -m cram dax2.0
  equal "$(json 0.steps.0)" '{"step": "load the module cramdax"}'
}

@test "a driver that does not take a device is no missing file" {
  fails "cramdax/new_id=dax0.0 0"
  undone "dax0.0: cannot bind it to cramdax: ENODEV: the kernel log may say why" \
    reconfigure-device -f -m cram dax0.0
}

# --- memory that could not be given back ------------------------------------

@test "what is unplugged is told so again, as some of it may still be there" {
  echo unplugged >"$DAX/dax0.0/hotplug"
  run -0 --separate-stderr change unplug dax0.0
  equal "$(json 0.changed)" false
  equal "$(written)" "dax0.0/hotplug unplugged"
}

# dax0.0 cannot be plugged, and some of its memory stays.
half_plugged() { # ANOTHER-RULE...
  echo unplugged >"$DAX/dax0.0/hotplug"
  fails "dax0.0/hotplug=online 117" "$@"
}

readonly STAYED="error: dax0.0: cannot set hotplug to online: EUCLEAN: some of the memory stayed with the node"

@test "what a failed plug has left with the node is taken away" {
  local verb
  for verb in plug "reconfigure-device -m private -s mbind=1"; do
    half_plugged
    : >"$MACHINE/log"
    # shellcheck disable=SC2086 # several words
    run -1 --separate-stderr change $verb dax0.0
    equal "$(head -n 2 <<<"$stderr")" "$STAYED
dax0.0: everything is as it was" "$verb"
    grep -qx "dax0.0/hotplug unplugged" <<<"$(written)"
  done
}

@test "a plug that cannot be undone says what takes the memory away" {
  local verb
  for verb in plug "reconfigure-device -m private -s mbind=1"; do
    half_plugged "dax0.0/hotplug=unplugged 16"
    # shellcheck disable=SC2086 # several words
    run -1 --separate-stderr change $verb dax0.0
    equal "$(head -n 2 <<<"$stderr")" "$STAYED
error: dax0.0: cannot undo: set hotplug to online: EBUSY: daxctl-private unplug takes the memory away" "$verb"
    [[ $stderr != *"as it was"* ]] || fail "$verb: $stderr"
  done
}

# --- ordinary memory --------------------------------------------------------

# dax0.0 is ordinary memory of node 1, blocks 64 and 65, which are in these states.
system_ram() { # STATE STATE
  local block node=$MACHINE/sys/devices/system/node/node1 states=("$@")
  local drivers=$MACHINE/sys/bus/dax/drivers
  mkdir -p "$drivers/kmem"
  touch "$drivers/kmem/"{new_id,remove_id,unbind,bind}
  echo 4000000 >"$MACHINE/sys/devices/system/memory/block_size_bytes"
  rm "$drivers/anondax/dax0.0" "$DAX/dax0.0/driver" "$DAX/dax0.0/hotplug"
  ln -s /sys/bus/dax/drivers/kmem "$DAX/dax0.0/driver"
  ln -s /sys/bus/dax/devices/dax0.0 "$drivers/kmem/dax0.0"
  mkdir -p "$node"
  for block in 64 65; do
    mkdir -p "$MACHINE/sys/devices/system/memory/memory$block"
    printf '%08x\n' "$block" >"$MACHINE/sys/devices/system/memory/memory$block/phys_index"
    ln -sfn "../../memory/memory$block" "$node/memory$block"
    set_block $block "${states[block - 64]}"
  done
}

set_block() { # BLOCK STATE
  local dir=$MACHINE/sys/devices/system/memory/memory$1
  case $2 in
    offline) echo offline >"$dir/state"; echo "Normal Movable" >"$dir/valid_zones" ;;
    *) echo online >"$dir/state"; echo "${2#online_}" >"$dir/valid_zones" ;;
  esac
  echo 1 >"$dir/removable"
}

blocks() {
  local block
  for block in 64 65; do
    cat "$MACHINE/sys/devices/system/memory/memory$block/"{state,valid_zones}
  done | paste -sd ' '
}

@test "blocks that went offline come back, in their zone, when another one does not go" {
  local zone
  for zone in Normal Movable; do
    rm -rf "$MACHINE"
    machine tiers
    fake_kernel
    system_ram "$zone" "$zone"
    fails "memory65/state=offline 16" "memory64/state=online 5"
    undone "dax0.0: cannot offline its memory: EBUSY: it holds what cannot be moved; ordinary memory rarely comes back" \
      reconfigure-device -f -m private dax0.0
    equal "$(blocks)" "online $zone online $zone"
  done
}

@test "a block that does not come back is told" {
  system_ram Movable Movable
  fails "memory65/state=offline 16" "memory64/state=online_movable 5"
  run -1 --separate-stderr change reconfigure-device -f -m private dax0.0
  [[ $stderr == *"error: dax0.0: cannot undo: offline its memory: EIO: see daxctl-private list, and daxctl online-memory"* ]] || fail "$stderr"
}

@test "the rest of the memory is onlined, in the zone of what is online" {
  local zone
  for zone in Normal Movable; do
    rm -rf "$MACHINE"
    machine tiers
    fake_kernel
    system_ram "$zone" offline
    run -0 change reconfigure-device -m system-ram dax0.0
    equal "$(blocks)" "online $zone online $zone"
  done
}

@test "memory that is online in the other zone is not as was asked for" {
  system_ram Movable Movable
  run -1 --separate-stderr look reconfigure-device -n -m system-ram --no-movable dax0.0
  equal "$stderr" "error: dax0.0: its memory is online as movable memory: EBUSY: take it offline first: daxctl offline-memory"
  run -0 look reconfigure-device -n -m system-ram dax0.0
  equal "$(json 0.steps)" "[]"
}

@test "a kernel that onlines memory by itself does not do what was asked for" {
  local options
  mkdir -p "$MACHINE/sys/bus/dax/drivers/kmem"
  echo online >"$MACHINE/sys/devices/system/memory/auto_online_blocks"
  for options in --no-online --no-movable; do
    run -1 --separate-stderr look reconfigure-device -n -f -m system-ram $options dax0.0
    [[ $stderr == "error: dax0.0: the kernel would online the memory at once"*": auto_online_blocks is online: EBUSY: echo offline > /sys/devices/system/memory/auto_online_blocks" ]] || fail "$stderr"
  done
  run -0 look reconfigure-device -n -f -m system-ram dax0.0
  echo online_kernel >"$MACHINE/sys/devices/system/memory/auto_online_blocks"
  run -0 look reconfigure-device -n -f -m system-ram --no-movable dax0.0
}

# --- signals ----------------------------------------------------------------

# The command that was interrupted has done it all, and says so.
is_done() { # STATUS MESSAGE
  equal "$1" 0 "$(<"$BATS_TEST_TMPDIR/err")"
  equal "$(<"$BATS_TEST_TMPDIR/err")" "$2"
  output=$(<"$BATS_TEST_TMPDIR/out")
  equal "$(json 0.changed)" true
}

@test "a signal ends an unplug, all is undone, and the program ends by it" {
  local sig status
  for sig in TERM HUP; do
    : >"$MACHINE/log"
    fails "dax0.0/hotplug=unplugged hang"
    status=0
    interrupt $sig unplugged reconfigure-device -f -m cram dax0.0 dax1.0 || status=$?
    equal "$status" $((128 + $(kill -l $sig))) "$(<"$BATS_TEST_TMPDIR/err")"
    grep -q "dax0.0: cannot set hotplug to unplugged: EINTR: a signal came" "$BATS_TEST_TMPDIR/err"
    grep -qx "error: ended by SIG$sig" "$BATS_TEST_TMPDIR/err"
    run ! grep -q dax1.0 "$MACHINE/log"
  done
}

@test "a signal between two steps undoes the first ones" {
  local status=0
  fails "anondax/unbind=dax0.0 slow"
  interrupt TERM anondax/unbind reconfigure-device -f -m cram dax0.0 || status=$?
  equal "$status" 143
  equal "$(grep -v ^Terminated "$BATS_TEST_TMPDIR/err")" "error: dax0.0: cannot bind it to cramdax: EINTR: a signal came
dax0.0: everything is as it was
reconfigured 0 devices
error: ended by SIGTERM"
  equal "$(written | tail -n 1)" "dax0.0/hotplug online_movable"
}

@test "a signal that is ignored, as with nohup, is ignored here, too" {
  local status=0
  trap '' HUP
  fails "anondax/unbind=dax0.0 slow"
  interrupt HUP anondax/unbind reconfigure-device -f -m cram dax0.0 || status=$?
  trap - HUP
  equal "$status" 0
}

@test "a signal after the kernel has done the last step finds the change done" {
  local sig word verb status
  for sig in INT TERM; do
    for word in unplugged online; do
      verb=plug
      [ $word = online ] || verb=unplug
      status=0
      fails "dax0.0/hotplug=$word late"
      interrupt_when $sig "$DAX/dax0.0/hotplug" $word $verb dax0.0 || status=$?
      is_done $status "${verb}ged 1 device"
    done
  done
}

@test "a signal while the kernel does the last step, which it ends, finds the change done" {
  local status=0
  fails "dax0.0/mbind=1 slow"
  interrupt TERM mbind policy dax0.0 mbind=1 || status=$?
  is_done $status "set the policy of 1 device"
}

@test "a signal after the kernel has done an early step undoes it" {
  local status=0
  fails "dax0.0/hotplug=unplugged late"
  interrupt_when TERM "$DAX/dax0.0/hotplug" unplugged reconfigure-device -f -m cram dax0.0 || status=$?
  equal "$status" 143
  equal "$(grep -v ^Terminated "$BATS_TEST_TMPDIR/err")" "error: dax0.0: cannot unbind it from anondax: EINTR: a signal came
dax0.0: everything is as it was
reconfigured 0 devices
error: ended by SIGTERM"
  equal "$(<"$DAX/dax0.0/hotplug")" online_movable
}

@test "a signal leaves the next device alone, and what is done is told" {
  local status=0
  fails "dax0.0/hotplug=unplugged late"
  interrupt_when TERM "$DAX/dax0.0/hotplug" unplugged unplug dax0.0 dax1.0 || status=$?
  equal "$status" 143
  equal "$(grep -v ^Terminated "$BATS_TEST_TMPDIR/err")" "unplugged 1 device
error: ended by SIGTERM"
  output=$(<"$BATS_TEST_TMPDIR/out")
  equal "$(json 0.chardev)" dax0.0
  equal "$(json | grep -o chardev | wc -l)" 1
}

@test "time that is over after the kernel has done it is no failure" {
  fails "dax0.0/hotplug=unplugged late"
  run -0 --separate-stderr change unplug --timeout 2 dax0.0
  equal "$(tail -n 1 <<<"$stderr")" "unplugged 1 device"
  equal "$(json 0.changed)" true
}

@test "a message that nobody reads does not make a change that is done fail" {
  local messages
  exec {messages}> >(exit)
  wait $!
  output=$(change unplug dax0.0 2>&"$messages")
  equal "$(json 0.changed)" true
}

@test "who is killed takes the write along" {
  local pid
  fails "dax0.0/hotplug=unplugged hang"
  interrupt KILL unplugged unplug dax0.0 || true
  for ((i = 0; i < 50; i++)); do
    pid=$(pgrep -f "/tool/daxctl-private unplug dax0.0") || return 0
    sleep 0.1
  done
  fail "$pid is still there"
}

# --- the command line -------------------------------------------------------

@test "what makes no sense for any device is told once, and is 2" {
  local words
  while IFS='|' read -r words error; do
    # shellcheck disable=SC2086 # several words
    run -2 --separate-stderr look $words
    equal "$output" ""
    equal "$(grep -cxF "error: $error" <<<"$stderr")" 1 "$words"
  done <<'END'
policy -n all mbind=yes|policy: mbind=yes: EINVAL: give 0 or 1
policy -n all -p nothing|policy: there is no preset 'nothing': EINVAL: see daxctl-private policy --help
policy -n all --above-dram --below-dram|policy: --above-dram and --below-dram contradict each other: EINVAL: give one of them
reconfigure-device -n -m cram all -s capacity=0|reconfigure-device: capacity=0: EINVAL: give a size above 0 and below 2^63, as 2g
plug -n --timeout -1 all|--timeout: '-1' is not from 0 to 31536000
unplug -n --timeout 9223372036854775807 all|--timeout: '9223372036854775807' is not from 0 to 31536000
drain -n --timeout 9223372036854775807 all|--timeout: '9223372036854775807' is not from 0 to 31536000
END
}

@test "a kernel without the module of a mode is 77, and doctor tells of it" {
  rm -r "$MACHINE/sys/bus/dax/drivers/cramdax"
  mkdir -p "$MACHINE/lib/modules/$(sed -E 's/Linux version (\S+).*/\1/;q' "$MACHINE/proc/version")"
  run -77 --separate-stderr look reconfigure-device -n -f -m cram dax0.0
  equal "$stderr" "error: dax0.0: this kernel has no module cramdax, which mode cram needs: EOPNOTSUPP: see daxctl-private doctor"
  run look doctor
  [[ $output == *"the kernel has no module cramdax, which needs CONFIG_DEV_DAX_CRAM=m: it cannot be asked for"* ]] || fail "$output"
}

@test "a kernel without private nodes is 77 of each verb that makes or changes one" {
  local verb
  rm "$MACHINE/sys/devices/system/node/has_memory_private"
  for verb in plug unplug "policy -p pool" "reconfigure-device -m private"; do
    # shellcheck disable=SC2086 # several words
    run -77 --separate-stderr look $verb -n dax2.0
    equal "$output" "[]" "$verb"
    equal "$stderr" "error: dax2.0: this kernel has no private nodes: EOPNOTSUPP: see daxctl-private doctor" "$verb"
  done
}

# --- nodes ------------------------------------------------------------------

@test "a node that cannot be private is refused before anything is written" {
  run -1 --separate-stderr change reconfigure-device -f -m cram -s node=0 dax0.0
  equal "${stderr_lines[0]}" "error: dax0.0: node 0 has ordinary memory: EBUSY: daxctl-private doctor tells which are spare; give node=NUMBER"
  run -1 --separate-stderr change reconfigure-device -f -m cram -s node=77 dax0.0
  equal "${stderr_lines[0]}" "error: dax0.0: node 77 is not possible: EINVAL: daxctl-private doctor tells which are spare; give node=NUMBER"
  echo 0 >"$DAX/dax2.0/target_node"
  run -1 --separate-stderr change reconfigure-device -m private dax2.0
  equal "${stderr_lines[0]}" "error: dax2.0: node 0 has ordinary memory: EBUSY: daxctl-private doctor tells which are spare; give node=NUMBER"
  equal "$(written)" ""
}

@test "a device without a node is not plugged, and where it gets one is told" {
  without_node
  run -1 --separate-stderr change plug dax0.0
  equal "$output" "[]"
  equal "${stderr_lines[0]}" "error: dax0.0: it has no node to be plugged to: EINVAL: daxctl-private policy dax0.0 node=NUMBER; daxctl-private doctor tells which are spare"
  equal "$(written)" ""
  run -1 look plug -n --zone=kernel dax0.0
  run -0 change unplug dax0.0
}

@test "a policy that others have, too, is told" {
  ln -sfn ../../../../bus/dax/drivers/anondax "$DAX/dax1.0/driver"
  echo 1 >"$DAX/dax1.0/node"
  run -0 --separate-stderr look policy -n dax0.0 mbind=1
  equal "$stderr" "dax0.0: dax1.0 is on node 1, too, and its policy changes with it"
  run -0 --separate-stderr look policy -n dax0.0
  equal "$stderr" ""
}

@test "a policy that is only looked at was not set" {
  run -0 --separate-stderr change policy dax0.0
  equal "$(json 0.policy.reclaim)$stderr" 1
}

# --- hints ------------------------------------------------------------------

@test "each write that fails comes with a hint" {
  fails "dax0.0/mbind=1 22"
  run -1 --separate-stderr change policy dax0.0 mbind=1
  equal "${stderr_lines[0]}" "error: dax0.0: cannot set mbind to 1: EINVAL: the kernel log may say why"
  fails "dax0.0/mbind=1 13"
  run -1 --separate-stderr change policy dax0.0 mbind=1
  equal "${stderr_lines[0]}" "error: dax0.0: cannot set mbind to 1: EACCES: the kernel log may say why"
}
