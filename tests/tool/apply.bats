#!/usr/bin/env bats
# daxctl-private apply, with a kernel that does what is written.
# shellcheck disable=SC2154,SC2030,SC2031 # run sets output and stderr

load lib
load writes

readonly SAVED=/etc/daxctl-private.conf.d/saved.conf

setup() {
  machine tiers
  fake_kernel
  change save -q >/dev/null
  change reconfigure-device -q -f -m devdax all >/dev/null
  : >"$MACHINE/log"
}

driver() { # DEVICE
  basename "$(readlink "$DAX/$1/driver")"
}

@test "what was saved is so again, and then nothing is written" {
  run -0 --separate-stderr change apply
  equal "$stderr" "applied the config to 2 devices"
  equal "$(json 0.changed)" true
  equal "$(change save -o -)" "$(cat "$MACHINE$SAVED")"
  : >"$MACHINE/log"
  run -0 --separate-stderr change apply
  equal "$stderr" "applied the config to 0 devices"
  equal "$(json 1.changed)" false
  equal "$(written)" ""
}

@test "a device that fails is as it was, and others are as the config says" {
  fails "dax0.0/hotplug=online_movable 12"
  run -64 --separate-stderr change apply
  equal "${stderr_lines[0]}" \
    "error: dax0.0: cannot set hotplug to online_movable: ENOMEM: the kernel log says why"
  equal "$(json 0.chardev) $(json | grep -o '"chardev"' | wc -l)" "dax1.0 1"
  equal "$(driver dax0.0) $(driver dax1.0) $(driver dax2.0)" "device_dax cramdax device_dax"
}

@test "as udev starts it, it is for one device, and says nothing that is no error" {
  run -0 --separate-stderr change apply --quiet dax1.0
  equal "$stderr" ""
  equal "$(driver dax0.0) $(driver dax1.0)" "device_dax cramdax"
  run -3 --separate-stderr change apply --quiet dax2.0
  equal "$stderr" ""
  equal "$(driver dax2.0)" device_dax
}

@test "a device in use in another mode stays so without --force" {
  change apply -q >/dev/null
  sed -i 's/^mode = cram/mode = private/; /^algorithm\|^capacity\|_mark\|^writable/d' "$MACHINE$SAVED"
  run -64 --separate-stderr change apply
  equal "${stderr_lines[0]}" \
    "error: dax1.0: its memory is in use in mode cram: EBUSY: unplug or offline it first, or give --force"
  equal "$(driver dax1.0)" cramdax
  run -0 --separate-stderr change apply --force
  equal "$stderr" "applied the config to 1 device"
  equal "$(driver dax1.0)" anondax
}
