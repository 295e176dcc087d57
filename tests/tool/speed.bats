#!/usr/bin/env bats
# What a look costs.

load lib

# As many devices as NR, like dax2.0 of the captured machine.
many_devices() { # NR
  local i platform
  machine tiers
  platform=$MACHINE/sys/devices/platform
  for ((i = 3; i < $1; i++)); do
    cp -a "$platform/hmem.2" "$platform/hmem.$i"
    mv "$platform/hmem.$i/dax2.0" "$platform/hmem.$i/dax$i.0"
    echo "$i" >"$platform/hmem.$i/dax_region/id"
    ln -s "../../../devices/platform/hmem.$i/dax$i.0" "$MACHINE/sys/bus/dax/devices/dax$i.0"
    : >"$MACHINE/dev/dax$i.0"
  done
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

@test "a list of 64 devices takes less than 50 ms of the processor" {
  local ms
  many_devices 64
  run -0 look list --idle
  equal "$(grep -c chardev <<<"$output")" 64
  ms=$(cpu_ms look list --idle)
  echo "$ms ms"
  [ "$ms" -lt 50 ]
}
