#!/usr/bin/env bats
# What "daxctl-private reserve" prints in one guest is a dax device of the next one,
# and doctor says how it becomes a private node.

bats_require_minimum_version 1.8.0

setup_file() {
  cd "$BATS_TEST_DIRNAME/../.." || return
}

guest() { vm/run --no-build --no-leak-check --dram 512M --timeout 100 "$@"; }

readonly tool=tools/daxctl-private/build/daxctl-private

@test "what reserve prints sets memory aside that doctor then helps to plug" {
  run -0 --separate-stderr guest -- "$tool" reserve 128M
  line=$(sed -n 's/.*"cmdline":"\(.*\)".*/\1/p' <<<"$output")
  start=$(sed -n 's/.*"start":\([0-9]*\).*/\1/p' <<<"$output")
  [[ $line == memmap=128M%*-1+0xefffffff\ private_nodes=1 ]]

  # shellcheck disable=SC2016 # for the guest
  run -0 --separate-stderr guest --append "$line" -- sh -c '
    modprobe anondax # which libkmod does not find in the guest
    dax=/sys/bus/dax/devices/dax0.0
    cat $dax/size $dax/mapping0/start
    '"$tool"' doctor dax0.0
    echo "status $?"
    remedy=$('"$tool"' doctor dax0.0 | sed -n "s/.*\"remedy\":\"daxctl-private \(.*\)\".*/\1/p")
    '"$tool"' $remedy
    cat $dax/hotplug $dax/node /sys/devices/system/node/has_memory_private
    '"$tool"' doctor dax0.0 >/dev/null
    echo "status $?"'
  echo "$output"
  [ "${lines[0]}" = $((128 << 20)) ]
  [ $((lines[1])) -eq "$start" ]
  [[ $output == *"node 0 has ordinary memory"*"status 1"* ]]
  [ "${lines[-4]}" = online_movable ]
  [ "${lines[-3]}" = 1 ]
  [ "${lines[-2]}" = 1 ]
  [ "${lines[-1]}" = "status 0" ]
}
