#!/usr/bin/env bats
# vm: --private 128M --private 128M --swap 128M --dram 512M
# kernels: default
# daxctl-private on real devices: modes, policy, plug and unplug.

load lib

# The modules of the guest's kernel are where its modprobe looks, and libkmod does not.
setup() {
  local driver
  begin
  for driver in anondax cramdax kmem; do
    load_driver "$driver"
  done
  unbind dax0.0
  unbind dax1.0
}

teardown() {
  local dev status=0
  stop_background
  for dev in dax0.0 dax1.0; do
    if bound_to kmem "$dev"; then daxctl offline-memory "$dev" >/dev/null; fi
    clean_device "$dev" || status=1
    unbind "$dev"
  done
  no_splat || status=1
  return "$status"
}

tool() { # VERB [ARGUMENT...]
  daxctl-private "$1" --quiet "${@:2}"
}

# What COMMAND prints as an error must be just that.
says() { # STATUS TEXT COMMAND...
  local status=0
  "${@:3}" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" || status=$?
  cat "$BATS_TEST_TMPDIR/err"
  equal "$status" "$1" status
  equal "$(<"$BATS_TEST_TMPDIR/err")" "$2" "standard error"
}

mode_is() { # DRIVER
  bound_to "$1" dax0.0 || fail "dax0.0 is not bound to $1"
}

@test "any mode follows any other" {
  local word
  local -A driver=([private]=anondax [cram]=cramdax [devdax]=device_dax [system-ram]=kmem)
  for word in private cram private devdax cram devdax system-ram private system-ram cram \
    system-ram devdax private; do
    echo "to $word"
    tool reconfigure-device --mode="$word" --force dax0.0
    mode_is "${driver[$word]}"
  done
  equal "$(attr hotplug)" online_movable
}

@test "system-ram is online then, and private memory is nobody's" {
  tool reconfigure-device -m system-ram dax0.0
  node_has_state memory 1
  tool reconfigure-device -m private -f dax0.0
  run ! node_has_state memory 1
  node_has_state memory_private 1
  tool reconfigure-device -m private --no-online dax1.0
  equal "$(attr hotplug dax1.0)" unplugged
}

@test "a device without a driver stays so when another one becomes system-ram" {
  tool reconfigure-device -m system-ram dax0.0
  mode_is kmem
  [ ! -e /sys/bus/dax/devices/dax1.0/driver ]
}

# The tool where libkmod finds the modules of the guest's kernel.
with_modules() { # VERB [ARGUMENT...]
  local lib=$BATS_TEST_TMPDIR/lib all=$BATS_TEST_TMPDIR/all file
  mkdir "$lib" "$all"
  for file in /usr/lib/*; do ln -s "$all/${file##*/}" "$lib"; done
  ln -s "$KERNEL_DIR/lib/modules" "$lib"
  unshare --mount "$BASH" -e -c '
    mount --bind /usr/lib "$1"
    mount --bind "$2" /usr/lib
    exec daxctl-private "${@:3}"' - "$all" "$lib" "$@"
}

@test "nor does the driver take it when its module is loaded for another one" {
  rmmod kmem
  with_modules reconfigure-device --quiet -m system-ram dax0.0
  mode_is kmem
  [ ! -e /sys/bus/dax/devices/dax1.0/driver ]
  equal "$(</sys/bus/dax/drivers_autoprobe)" 1
}

@test "a mode comes with its policy, and zone" {
  tool reconfigure-device -m private -p pool --no-movable dax0.0
  equal "$(attr hotplug)" online_kernel
  equal "$(attr mbind)$(attr interleave)$(attr madvise)$(attr ltpin)$(attr reclaim)" 11110
  tool reconfigure-device -m cram -f --set capacity=64m --set high_mark=70 --set low_mark=60 dax0.0
  equal "$(attr capacity)" $((64 << 20))
  equal "$(attr low_mark)-$(attr high_mark)" 60-70
}

@test "memory in use is not taken without --force, and all data is there with it" {
  tool reconfigure-device -m private -p bind-only dax0.0
  NODE=$(attr node)
  add_ranges dax0.0
  export NODE
  background_ready "map 8M; bind $NODE; fill 1; on $NODE all; signal $READY; wait $GO; on 0 all; verify 1"
  says 1 "error: dax0.0: its memory is in use in mode private: EBUSY: unplug or offline it first, or give --force" \
    tool reconfigure-device -m devdax dax0.0
  mode_is anondax
  tool reconfigure-device -m devdax --force dax0.0
  mode_is device_dax
  background_finish
}

# The node of the second device is the first one's, with another policy.
@test "a device whose plug fails is as it was before, policy and memory included" {
  tool reconfigure-device -m private -p bind-only dax0.0
  tool reconfigure-device -m private -p far-tier dax1.0
  says 1 "error: dax1.0: cannot set hotplug to online: EBUSY: the kernel log says why" \
    tool reconfigure-device -m cram --force --set node=1 dax1.0
  bound_to anondax dax1.0
  equal "$(attr hotplug dax1.0)" online_movable
  equal "$(attr reclaim dax1.0)$(attr demotion dax1.0)$(attr madvise dax1.0)$(attr mbind dax1.0)" 1110
  equal "$(attr node dax1.0)" 2
}

@test "pinned memory stays where it is, and so does the device's mode" {
  tool reconfigure-device -m private -p pool dax0.0
  NODE=$(attr node)
  add_ranges dax0.0
  export NODE
  background_ready "map 1M; bind $NODE; fill 1; pin long; signal $READY; wait $GO; on $NODE all; verify 1"
  says 1 "error: dax0.0: cannot set hotplug to unplugged: EBUSY: daxctl-private holders tells what holds it" \
    tool reconfigure-device -m devdax --force dax0.0
  mode_is anondax
  equal "$(attr hotplug)$(attr mbind)" online_kernel1
  says 1 "error: dax0.0: cannot set hotplug to unplugged: ETIMEDOUT: daxctl-private holders tells what holds it" \
    tool unplug --wait --timeout 2 dax0.0
  tool unplug --wait --timeout 60 dax0.0 &
  sleep 1
  background_finish
  wait $!
  equal "$(attr hotplug)" unplugged
}

@test "a policy is set as a whole" {
  tool reconfigure-device -m private dax0.0
  tool policy dax0.0 demotion=1 reclaim=1 mbind=1
  equal "$(attr reclaim)$(attr demotion)$(attr mbind)" 111
  tool policy dax0.0 reclaim=0 demotion=0
  equal "$(attr reclaim)$(attr demotion)$(attr mbind)" 001
}

@test "or not at all, with a message for each rule" {
  tool reconfigure-device -m private dax0.0
  says 2 "error: policy: mbind=2: EINVAL: give 0 or 1
error: policy: 'bogus=1' names nothing that can be set: EINVAL: see daxctl-private policy --help" \
    tool policy dax0.0 madvise=1 mbind=2 bogus=1
  says 1 "error: dax0.0: adistance cannot be set while it is plugged: EBUSY: unplug it first
error: dax0.0: a device in mode private has no capacity: EINVAL: see daxctl-private reconfigure-device
error: dax0.0: demotion needs reclaim: EINVAL: set reclaim=1, too, or demotion=0" \
    tool policy dax0.0 madvise=1 capacity=1g adistance=100 demotion=1
  equal "$(attr madvise)" 0
}

@test "what is so already is done, and nothing has changed" {
  tool reconfigure-device -m private -p far-tier dax0.0
  [[ $(tool policy dax0.0 -p far-tier) == *'"changed":false'* ]]
  [[ $(tool plug dax0.0) == *'"changed":false'* ]]
  [[ $(tool reconfigure-device -m private dax0.0) == *'"changed":false'* ]]
  [[ $(tool unplug dax0.0) == *'"changed":true'* ]]
  [[ $(tool unplug dax0.0) == *'"changed":false'* ]]
}

@test "the tier is above DRAM or below, and shown" {
  tool reconfigure-device -m private --above-dram dax0.0
  tool reconfigure-device -m private --below-dram dax1.0
  equal "$(daxctl-private list -o chardev,tier)" "chardev tier
dax0.0  3
dax1.0  22"
  [[ $(tool policy dax0.0 | tr -d '\n ') == *'"tiers":[{"tier":3,"nodes":[1]},{"tier":4,"nodes":[0]},{"tier":22,"nodes":[2]}]'* ]]
}

@test "a dry run tells the writes, and makes none" {
  tool reconfigure-device -m private dax0.0
  [[ $(tool reconfigure-device -n -f -m cram dax0.0) == *'/drivers/cramdax/new_id'*'"value":"online"'* ]]
  tool unplug -n dax0.0
  tool policy -n dax0.0 mbind=1
  mode_is anondax
  equal "$(attr hotplug)$(attr mbind)" online_movable0
}

@test "some done and some not is 64, none is 1, no such device is 3" {
  tool reconfigure-device -m private dax0.0
  run -64 tool plug dax0.0 dax1.0
  run -1 tool plug dax1.0
  run -3 tool plug dax9.0
  run -3 tool plug -r 77 all
  run -2 tool plug
}

@test "a device can be plugged into the zone that is named" {
  tool reconfigure-device -m private --no-online dax0.0
  tool plug --zone kernel dax0.0
  equal "$(attr hotplug)" online_kernel
  says 1 "error: dax0.0: it is plugged as online_kernel: EBUSY: unplug it first" \
    tool plug --zone movable dax0.0
  run -2 tool plug --zone high dax0.0
}

@test "those that change a device at the same time do it one after the other" {
  local pids=()
  tool reconfigure-device -m private dax0.0
  tool reconfigure-device -m cram -f dax0.0 &
  pids+=($!)
  tool reconfigure-device -m private -f -p bind-only dax0.0 &
  pids+=($!)
  tool reconfigure-device -m devdax -f dax0.0
  wait "${pids[0]}"
  wait "${pids[1]}"
  tool reconfigure-device -m private -f dax0.0
  equal "$(attr hotplug)" online_movable
}

@test "plug --wait plugs a device that gets its mode later" {
  tool plug --wait --timeout 60 dax0.0 &
  sleep 1
  tool reconfigure-device -m private --no-online dax0.0
  wait $!
  equal "$(attr hotplug)" online_movable
  run -3 tool plug --wait --timeout 1 dax9.0
}

@test "users without rights can look, and not touch" {
  local copy=/tmp/daxctl-private
  tool reconfigure-device -m private dax0.0
  cp "$(type -P daxctl-private)" $copy
  run -0 setpriv --reuid 65534 --clear-groups --inh-caps=-all $copy list
  [[ $output == *'"mode":"private"'* ]]
  run -1 setpriv --reuid 65534 --clear-groups --inh-caps=-all $copy policy dax0.0 mbind=1
  [[ $output == *"error: /run/daxctl-private.lock: cannot be opened"*": EACCES: run it as root"* ]]
}
