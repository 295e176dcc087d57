# shellcheck shell=bash
# For the tests of compressed RAM, after lib: every test starts with the device
# bound to cramdax and unplugged, and without swap.
# shellcheck disable=SC2034,SC2119,SC2120 # tests use what is set, and give arguments

readonly WRITABLE=/sys/kernel/debug/cram/writable
# The statement that returns pages in batches and lists per CPU: one in a batch on
# its way to the LRU has another user, is not demoted and gets no grant.
readonly DRAIN='used 0 999999999'

setup() {
  begin
  swap_off
  bind_to cramdax
  NODE=$(attr node)
}

teardown() {
  local dev status=0
  stop_background
  remove_cgroups
  nothing_writable || status=1
  for dev in /sys/bus/dax/devices/dax*; do
    clean_device "${dev##*/}" || status=1
  done
  no_splat || status=1
  return "$status"
}

# Other files may share the guest.
teardown_file() {
  [ ! -b /dev/vda ] || grep -q ^/dev/vda /proc/swaps || swap_on
}

swap_off() {
  ! grep -q ^/dev/vda /proc/swaps || swapoff /dev/vda
}

swap_on() {
  swapon /dev/vda
}

plug_cram() { # [DEVICE [CAPACITY in bytes]]
  bind_to cramdax "${1:-}"
  [ $# -lt 2 ] || set_attr capacity "$2" "$1"
  plug online "${1:-}"
  echo 1 >/sys/kernel/mm/numa/demotion_enabled
}

# No page of compressed RAM is mapped writable, and at least MIN are mapped.
nothing_writable() { # [MIN]
  local writable mapped
  read -r writable _ mapped <"$WRITABLE"
  equal "$writable" 0 "writable pages of compressed RAM, of $mapped," || return
  [ "$mapped" -ge "${1:-0}" ] || fail "$mapped pages of compressed RAM are mapped"
}

# The statements that demote all that can be of a script in that cgroup; without
# swap that is where it ends.
demote_all() { # CGROUP
  echo "$DRAIN; reclaim $1 64M"
}

# Runs STATEMENTs before and after everything of theirs has been demoted.
in_cram() { # STATEMENTS-BEFORE STATEMENTS-AFTER...
  local dir before=$1
  shift
  dir=$(cgroup cram)
  [ "$(attr hotplug)" != unplugged ] || plug_cram
  memscript "write $dir/cgroup.procs self; $before; $(demote_all "$dir"); readonly" "$@" readonly
}
