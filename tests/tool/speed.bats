#!/usr/bin/env bats
# What a look costs.

load lib

# A region I with a device that has all that one can have: it is plugged to a node of its
# own, which is in one of four tiers. Every second one is compressed RAM.
full_device() { # I
  local i=$1 node=$(($1 + 1)) like=$(($1 % 2)) start region device tier
  region=$MACHINE/sys/devices/platform/hmem.$i
  device=$region/dax$i.0
  tier=$MACHINE/sys/devices/virtual/memory_tiering/memory_tier$((20 + i % 4))
  if ((i >= 2)); then
    rm -rf "$region"
    cp -a "$MACHINE/sys/devices/platform/hmem.$like" "$region"
    mv "$region/dax$like.0" "$device"
    cp -a "$MACHINE/sys/devices/system/node/node1/." "$MACHINE/sys/devices/system/node/node$node"
    ln -sfn "../../../devices/platform/hmem.$i/dax$i.0" "$MACHINE/sys/bus/dax/devices/dax$i.0"
    : >"$MACHINE/dev/dax$i.0"
  fi
  echo "$i" >"$region/dax_region/id"
  echo "$node" | tee "$device/node" "$device/target_node" >/dev/null
  start=$(((4 << 30) + (i << 27)))
  printf '%#x\n' $start | tee "$device/resource" "$device/mapping0/start" >/dev/null
  printf '%#x\n' $((start + (1 << 27) - 1)) >"$device/mapping0/end"
  sed -i "s/^Node [0-9]*/Node $node/" "$MACHINE/sys/devices/system/node/node$node/meminfo"
  mkdir -p "$tier"
  echo "$(cat "$tier/nodelist" 2>/dev/null),$node" | sed 's/^,//' >"$tier/nodelist.new"
  mv "$tier/nodelist.new" "$tier/nodelist"
}

full_devices() { # NR
  local i
  machine tiers
  rm -r "$MACHINE"/sys/devices/virtual/memory_tiering/memory_tier22
  for ((i = 0; i < $1; i++)); do full_device "$i"; done
  echo "1-$1" >"$MACHINE/sys/devices/system/node/has_memory_private"
  echo "0-$1" | tee "$MACHINE"/sys/devices/system/node/{possible,online} >/dev/null
}

# Milliseconds of the processor that COMMAND takes, the least of ten times.
cpu_ms() { # COMMAND...
  local least=999999 time TIMEFORMAT='%3U %3S'
  for _ in {1..10}; do
    time=$({ time "$@" >/dev/null 2>&1; } 2>&1 | awk '{ printf "%d", ($1 + $2) * 1000 }')
    [ "$time" -ge "$least" ] || least=$time
  done
  echo "$least"
}

# That nothing is left out of what the verb has to look for.
are_full() {
  python3 -c '
import json, sys
devices = json.loads(sys.argv[1])
assert len(devices) == 64
for number, device in enumerate(devices):
    assert device["chardev"] == f"dax{number}.0", device
    assert device["node"] == number + 1 and device["region"] == number, device
    assert device["tier"] == 20 + number % 4, device
    assert device["state"] == "online_movable" and device["promised"] == 128 << 20, device
    assert device["mode"] == ("cram" if number % 2 else "private"), device
    assert len(device["policy"]) == (4 if number % 2 else 7), device
    assert len(device["stats"]) == (8 if number % 2 else 5), device
    assert device["mappings"][0]["size"] == 128 << 20, device' "$output"
}

@test "a list of 64 devices, all of them plugged, takes less than 50 ms of the processor" {
  local ms options
  full_devices 64
  run -0 look list --mappings
  are_full
  for options in "" "--idle" "--mappings -u" "--regions --devices --mappings" "-o chardev,node,tier,stats.placed"; do
    # shellcheck disable=SC2086 # several words
    ms=$(cpu_ms look list $options)
    echo "list $options: $ms ms"
    [ "$ms" -lt 50 ]
  done
}

# To load them takes longer than all else that most verbs do.
@test "a C++ runtime is not loaded by a verb that needs none" {
  local libraries
  machine tiers
  libraries=$(LD_DEBUG=files look list 2>&1 >/dev/null | grep 'calling init: ')
  [[ $libraries == *libdaxctl* ]] || fail "no libdaxctl: $libraries"
  [[ $libraries != *libstdc++* ]] || fail "$libraries"
}
