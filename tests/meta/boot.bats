#!/usr/bin/env bats
# What daxctl-private does at boot: guests that boot the systemd and udev of this
# Debian, with what "make install" has installed.
# shellcheck disable=SC2016 # the guest expands it

bats_require_minimum_version 1.8.0

setup_file() {
  cd "$BATS_TEST_DIRNAME/../.." || return
  export STAGE=$BATS_FILE_TMPDIR/stage
  make -s -C tools/daxctl-private install DESTDIR="$STAGE" >&2
  export CONFIG=$STAGE/etc/daxctl-private.conf.d
}

guest() { # [OPTION...] -- COMMAND...
  local kernel=(--no-build)
  [ -z "${KERNEL_DIR:-}" ] || kernel=(--kernel-dir "$KERNEL_DIR")
  vm/run "${kernel[@]}" --no-leak-check --dram 512M --private 128M --private 128M --private 128M \
    --timeout 600 "$@"
}

# Runs the script on stdin when systemd is up.
boot() {
  cat >"$BATS_TEST_TMPDIR/script"
  guest --env STAGE="$STAGE" --append "init=$PWD/tests/meta/systemd/init" -- \
    bash -e "$BATS_TEST_TMPDIR/script"
}

# In the guest: waits until what boot starts for the devices has ended.
wait_for_units() {
  cat <<'END'
for device in dax{0,1,2}.0; do
  unit=daxctl-private-apply@$device
  until [[ $(systemctl show -P ActiveState $unit) == @(active|failed) ]]; do sleep 0.2; done
  echo "$device $(systemctl show -P Result $unit) $(systemctl show -P ExecMainStatus $unit)"
done
END
}

@test "devices are after a boot what they were when they were saved" {
  guest -- bash -e -c '
    modprobe anondax
    modprobe cramdax
    tool=tools/daxctl-private/build/daxctl-private
    $tool reconfigure-device -q -m private -p near-tier --no-movable dax0.0 >&2
    $tool reconfigure-device -q -m cram -s capacity=64m -s low_mark=50 -N dax1.0 >&2
    $tool save -o -' >"$CONFIG/saved.conf"
  grep -qx 'zone = kernel' "$CONFIG/saved.conf"
  grep -qx 'capacity = 67108864' "$CONFIG/saved.conf"
  {
    wait_for_units
    echo 'readlink /sys/bus/dax/devices/dax2.0/driver'
    echo '/usr/local/bin/daxctl-private save -o -'
  } | boot >"$BATS_TEST_TMPDIR/out"
  mapfile -t lines < <(head -n 4 "$BATS_TEST_TMPDIR/out")
  [ "${lines[0]}" = "dax0.0 success 0" ]
  [ "${lines[1]}" = "dax1.0 success 0" ]
  # no section is for it, so it is what udev has made of it
  [ "${lines[2]}" = "dax2.0 success 3" ]
  [[ ${lines[3]} == */kmem ]]
  tail -n +5 "$BATS_TEST_TMPDIR/out" | diff "$CONFIG/saved.conf" -
}

@test "a section that is wrong fails the unit of its device only, and later changes stay" {
  printf '%s\n' '[reconfigure-device zero]' 'match.target-node = 1' 'mode = private' \
    'preset = bind-only' '[reconfigure-device one]' 'match.target-node = 2' 'mode = privat' \
    >"$CONFIG/saved.conf"
  run -0 boot < <(
    wait_for_units
    cat <<'END'
cd /sys/bus/dax/devices
cat dax0.0/hotplug dax0.0/mbind
/usr/local/bin/daxctl-private apply --check 2>&1 >/dev/null || true
/usr/local/bin/daxctl-private reconfigure-device -q -f -m devdax dax0.0 >/dev/null
udevadm settle
sleep 2
readlink dax0.0/driver
END
  )
  echo "$output"
  [ "${lines[0]}" = "dax0.0 success 0" ]
  [ "${lines[1]}" = "dax1.0 exit-code 1" ]
  [ "${lines[2]}" = "dax2.0 success 3" ]
  [ "${lines[3]}" = online_movable ]
  [ "${lines[4]}" = 1 ]
  [[ ${lines[5]} == "error: /etc/daxctl-private.conf.d/saved.conf:7: mode = privat: EINVAL: give private"* ]]
  [[ ${lines[6]} == */device_dax ]]
}
