#!/usr/bin/env bats
# The selftest that the series brings for the kernel's own tests: it needs nothing of this
# repository but a node.

bats_require_minimum_version 1.8.0

setup_file() {
  ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
  export ROOT
  # a guest sees the directory that it is started from
  cd "$BATS_FILE_TMPDIR"
  gcc -O2 -Wall -Werror -o private_nodes \
    "$("$ROOT/scripts/kernel-tree")/tools/testing/selftests/mm/private_nodes.c" -lnuma
  # for another user, whatever the umask is
  chmod 755 . private_nodes
}

# Runs it in a guest, as USER, with memory on a private node whose opt-in mbind is VALUE;
# prints what it is afterwards.
selftest() { # USER VALUE
  local kernel=(--no-build)
  [ -z "${KERNEL_DIR:-}" ] || kernel=(--kernel-dir "$KERNEL_DIR")
  cd "$BATS_FILE_TMPDIR"
  "$ROOT/vm/run" "${kernel[@]}" --private 256M --dram 512M --timeout 200 --no-leak-check -- sh -euc '
    modprobe anondax
    device=/sys/bus/dax/devices/dax0.0
    [ ! -e $device/driver ] || echo dax0.0 >$device/driver/unbind
    echo dax0.0 >/sys/bus/dax/drivers/anondax/new_id
    echo "$2" >$device/mbind
    echo online >$device/hotplug
    setpriv --reuid "$1" --clear-groups ./private_nodes
    echo "mbind $(cat $device/mbind)"' x "$1" "$2"
}

@test "the selftest passes as root, and leaves the opt-in as it was" {
  local value
  for value in 0 1; do
    run -0 selftest 0 $value
    [[ $output == *"# Totals: pass:4 fail:0 xfail:0 xpass:0 skip:0 error:0"*"mbind $value" ]]
  done
}

@test "without root it tests the opt-in as it stands" {
  run -0 selftest 65534 1
  [[ $output == *"ok 3 with mbind, what is bound there is there"* ]]
  [[ $output == *"# Totals: pass:3 fail:0 xfail:0 xpass:0 skip:1 error:0"*"mbind 1" ]]
}
