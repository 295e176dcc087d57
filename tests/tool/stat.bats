#!/usr/bin/env bats
# daxctl-private stat, on captured machines

# shellcheck disable=SC2154 # bats sets stderr

load lib

setup() {
  machine tiers
  DAX0=$MACHINE/sys/devices/platform/hmem.0/dax0.0
  DAX1=$MACHINE/sys/devices/platform/hmem.1/dax1.0
  NODE=$MACHINE/sys/devices/system/node
}

# At once, as a kernel does it: a reader never finds an empty file.
put() { # FILE VALUE
  echo "$2" >"$1.new"
  mv "$1.new" "$1"
}

# Waits until FILE has so many lines.
lines_of() { # FILE NUMBER
  local i
  for ((i = 0; i < 400; i++)); do
    [ ! -e "$1" ] || [ "$(wc -l <"$1")" -lt "$2" ] || return 0
    sleep 0.05
  done
  fail "$1 has not got $2 lines"
}

set_meminfo() { # NODE FIELD KB
  sed -i "s/\(Node $1 $2: *\)[0-9]*/\1$3/" "$NODE/node$1/meminfo"
}

# Column NAME of the line of DEVICE in the table that is in $lines.
column() { # DEVICE NAME
  printf '%s\n' "${lines[@]}" | awk -v device="$1" -v name="$2" '
    /^(TIME +)?DEVICE/ { for (i = 1; i <= NF; i++) if ($i == name) at = i }
    $1 == device || $2 == device { print $at }'
}

process() { # PID COMMAND, and lines of numa_maps
  mkdir -p "$MACHINE/proc/$1"
  echo "$2" >"$MACHINE/proc/$1/comm"
  printf '%s\n' "${@:3}" >"$MACHINE/proc/$1/numa_maps"
}

mount_cgroups() {
  mkdir -p "$MACHINE/proc/self" "$MACHINE/mnt/cg"
  {
    echo "tmpfs /run tmpfs rw 0 0"
    echo "cgroup2 /mnt/cg cgroup2 rw,nosuid 0 0"
  } >"$MACHINE/proc/self/mounts"
}

cgroup() { # PATH, and lines of memory.numa_stat
  mkdir -p "$MACHINE/mnt/cg/$1"
  printf '%s\n' "${@:2}" >"$MACHINE/mnt/cg/$1/memory.numa_stat"
}

# --- nodes --------------------------------------------------------------------

@test "the table shows size, use and counters of each private node" {
  set_meminfo 1 MemFree 65536
  put "$DAX0/stats/placed" 16384
  put "$DAX1/used" 16777216
  run -0 look stat
  equal "${#lines[@]}" 3
  equal "$(column dax0.0 NODE)" 1
  equal "$(column dax0.0 MODE)" private
  equal "$(column dax0.0 SIZE)" 128.0M
  equal "$(column dax0.0 RESIDENT)" 64.0M
  equal "$(column dax0.0 %USED)" 50.0
  equal "$(column dax0.0 placed)" 16384
  equal "$(column dax1.0 BACKED)" 64.0M
  equal "$(column dax1.0 USED)" 16.0M
  equal "$(column dax1.0 %USED)" 25.0
  equal "$(column dax1.0 GATE)" open
  equal "$(column dax1.0 scrubbed)" 32768
}

@test "a counter that a node has not got is a dash" {
  run -0 look stat
  equal "$(column dax0.0 scrubbed)" -
  equal "$(column dax1.0 promoted)" -
  equal "$(column dax1.0 demoted)" 0
}

@test "a device that is named is the only one" {
  run -0 look stat dax1.0
  equal "${#lines[@]}" 2
  equal "$(column dax1.0 NODE)" 2
}

@test "JSON is one line with totals, and no rates" {
  put "$DAX0/stats/placed" 7
  put "$DAX0/stats/refused" 3
  sed -i 's/^numa_hit .*/numa_hit 70/; s/^pgdemote_kswapd .*/pgdemote_kswapd 4/
    s/^pgdemote_direct .*/pgdemote_direct 5/' "$NODE/node1/vmstat"
  run -0 look stat --json
  equal "${#lines[@]}" 1
  equal "$(json nodes.0.chardev)" dax0.0
  equal "$(json nodes.0.stats.placed)" 7
  equal "$(json nodes.0.stats.refused)" 3
  equal "$(json nodes.0.vmstat.numa_hit)" 70
  equal "$(json nodes.0.vmstat.pgdemote)" 9 "by kswapd and by tasks"
  equal "$(json nodes.0.promised)" $((128 << 20))
  equal "$(json nodes.1.backed)" $((64 << 20))
  equal "$(json nodes.1.gate)" open
  run ! grep -q rates <<<"$output"
}

@test "rates are what happened in an interval, per second" {
  look stat --json -i 1 -c 4 dax0.0 >"$BATS_TEST_TMPDIR/out" 3>&- &
  lines_of "$BATS_TEST_TMPDIR/out" 1
  put "$DAX0/stats/placed" 4096
  wait $!
  run -0 python3 - "$BATS_TEST_TMPDIR/out" <<'END'
import json, sys
reports = [json.loads(line) for line in open(sys.argv[1])]
nodes = [report["nodes"][0] for report in reports]
assert len(reports) == 4, len(reports)
assert all(report["seconds"] > 0.5 for report in reports)
assert nodes[0]["rates"]["placed"] == 0
assert nodes[-1]["stats"]["placed"] == 4096
pages = sum(n["rates"]["placed"] * r["seconds"] for n, r in zip(nodes, reports))
assert abs(pages - 4096) < 41, pages  # what is printed is rounded
assert sum(n["rates"]["placed"] > 0 for n in nodes) == 1
END
}

@test "a counter that begins anew counts from 0" {
  put "$DAX0/stats/placed" 5000
  look stat --json -i 1 -c 4 dax0.0 >"$BATS_TEST_TMPDIR/out" 3>&- &
  lines_of "$BATS_TEST_TMPDIR/out" 1
  put "$DAX0/stats/placed" 100
  wait $!
  run -0 python3 - "$BATS_TEST_TMPDIR/out" <<'END'
import json, sys
reports = [json.loads(line) for line in open(sys.argv[1])]
print(round(sum(r["nodes"][0]["rates"]["placed"] * r["seconds"] for r in reports)))
END
  equal "$output" 100
}

@test "with an interval the table has the time and rates, and one heading for 20 lines" {
  run -0 look stat -i 1 -c 2
  equal "${#lines[@]}" 5 "a heading and two lines each"
  [[ ${lines[0]} =~ ^TIME\ +DEVICE\ .*\ placed/s ]] || fail "heading: ${lines[0]}"
  [[ ${lines[3]} =~ ^[0-9]{2}:[0-9]{2}:[0-9]{2}\ +dax0\.0 ]] || fail "line: ${lines[3]}"
}

@test "the heading comes again after 20 lines" {
  local nr region
  region=$MACHINE/sys/devices/platform/hmem.0
  # 21 devices that are unplugged have a line each
  put "$DAX0/hotplug" unplugged
  for ((nr = 1; nr <= 20; nr++)); do
    cp -a "$region/dax0.0" "$region/dax0.$nr"
    ln -s "../../../devices/platform/hmem.0/dax0.$nr" "$MACHINE/sys/bus/dax/devices/dax0.$nr"
    : >"$MACHINE/dev/dax0.$nr"
  done
  run -0 look stat -i 1 -c 2
  equal "$(grep -c dax0.20 <<<"$output")" 2
  equal "$(grep -c DEVICE <<<"$output")" 2
  equal "$(grep -n DEVICE <<<"$output" | tail -n 1 | cut -d: -f1)" 24
}

@test "a device that is unplugged has no use, and its node no memory" {
  put "$DAX0/hotplug" unplugged
  run -0 look stat
  equal "$(column dax0.0 NODE)" -
  equal "$(column dax0.0 SIZE)" -
  run -0 look stat --json
  equal "$(json nodes.0.plugged)" false
  run ! grep -q promised <<<"$(json nodes.0)"
}

@test "devices that share a node are one line" {
  put "$DAX0/node" 1
  rm -r "$DAX1/driver" "$DAX1/stats"
  cp -a "$DAX0/stats" "$DAX0/driver" "$DAX1"
  put "$DAX1/node" 1
  run -0 look stat --json
  equal "$(json nodes.0.chardev)" dax0.0,dax1.0
  equal "$(json nodes.0.promised)" $((128 << 20))
  run ! json nodes.1
}

@test "system-ram is shown with --all only, by what the kernel counts of any node" {
  local kmem=$MACHINE/sys/bus/dax/drivers/kmem
  mkdir "$kmem"
  ln -sfn ../../../../bus/dax/drivers/kmem "$DAX0/driver"
  rm -r "$DAX0/stats" "$DAX0/hotplug"
  sed -i 's/^pgpromote_success .*/pgpromote_success 12/' "$NODE/node1/vmstat"
  run -0 look stat
  equal "$(column dax0.0 MODE)" ""
  equal "$(column dax1.0 MODE)" cram
  run -0 look stat --all
  equal "$(column dax0.0 MODE)" system-ram
  equal "$(column dax0.0 pgpromote_success)" 12
  equal "$(column dax0.0 placed)" -
  run -3 --separate-stderr look stat dax0.0
  equal "$stderr" "error: dax0.0: a device in mode system-ram has no private node: EINVAL: --all shows system-ram, too"
}

@test "a device without a driver that is named is 3" {
  run -3 --separate-stderr look stat dax2.0
  equal "$output" ""
  equal "$stderr" "error: dax2.0: a device in mode disabled has no private node: EINVAL"
}

@test "a device that does not exist is 3" {
  run -3 --separate-stderr look stat --json dax7.0
  equal "$stderr" "error: dax7.0: no such dax device: ENODEV: see daxctl-private list"
}

@test "a machine without private nodes is an empty report" {
  machine nodax
  run -0 --separate-stderr look stat --json
  equal "$(json nodes)" "[]"
  equal "$stderr" "no device is in mode private or cram"
  run -0 --separate-stderr look stat -q
  equal "$output$stderr" ""
}

@test "for people sizes in JSON are text" {
  run -0 look stat -u --json
  equal "$(json nodes.0.promised)" "128.00 MiB (134.22 MB)"
}

@test "options that make no sense are 2" {
  local wrong
  for wrong in "-i 0" "-i -1" "-i x" "-i 99999999999" "-i 1 -c 0" "-c 1" "--procs --cgroups" \
    "--openmetrics --json" "--openmetrics -i 1" "--openmetrics --procs"; do
    # shellcheck disable=SC2086 # words
    run -2 --separate-stderr look stat $wrong
    equal "$output" "" "stdout of $wrong"
    [[ $stderr == "error: "* ]] || fail "$wrong: $stderr"
  done
}

# --- processes ----------------------------------------------------------------

@test "processes with memory on a node come by use, with bytes for each device" {
  process 100 small "7f00 bind:1 anon=16 dirty=16 N1=16 kernelpagesize_kB=4"
  process 101 big "5500 default file=/bin/big mapped=9 N0=9 kernelpagesize_kB=4" \
    "7f00 bind:1 anon=100 N0=50 N1=50 kernelpagesize_kB=4" \
    "7f10 default anon=10 N2=10 kernelpagesize_kB=4"
  process 102 nothing "7f00 default anon=5 N0=5 kernelpagesize_kB=4"
  process 103 gone
  run -0 look stat --procs --json
  equal "$(json processes.0.pid)" 101
  equal "$(json processes.0.command)" big
  equal "$(json processes.0.bytes)" $((60 * 4096))
  equal "$(json processes.0.devices)" '{"dax0.0": 204800, "dax1.0": 40960}'
  equal "$(json processes.1.pid)" 100
  equal "$(json processes.1.devices)" '{"dax0.0": 65536}'
  equal "$(json unreadable)" 0
  run ! json processes.2
}

@test "pages count with the size that they have" {
  process 100 huge "7f00 bind:1 huge anon=2 N1=2 kernelpagesize_kB=2048" \
    "7f10 default anon=1 N1=1 kernelpagesize_kB=4"
  run -0 look stat --procs --json
  equal "$(json processes.0.bytes)" $((4194304 + 4096))
}

@test "names of files are no counts" {
  process 100 tricky '7f00 default file=/N1\0759\040N1\0759 N0=9 kernelpagesize_kB=4' \
    "7f10 default heap anon=1 N1=1 kernelpagesize_kB=4"
  run -0 look stat --procs --json
  equal "$(json processes.0.bytes)" 4096
}

@test "the table of processes has a column for each device" {
  process 100 redis "7f00 bind:1 anon=1024 N1=1024 kernelpagesize_kB=4"
  run -0 look stat --procs
  [[ ${lines[0]} =~ ^\ *PID\ COMMAND\ +TOTAL\ +dax0\.0\ +dax1\.0$ ]] || fail "${lines[0]}"
  [[ ${lines[1]} =~ ^\ *100\ redis\ +4\.0M\ +4\.0M\ +0$ ]] || fail "${lines[1]}"
}

@test "only the nodes of devices that are named count" {
  process 100 one "7f00 bind:1 anon=1 N1=1 N2=2 kernelpagesize_kB=4"
  process 101 two "7f00 default anon=1 N1=1 kernelpagesize_kB=4"
  run -0 look stat --procs --json dax1.0
  equal "$(json processes.0.devices)" '{"dax1.0": 8192}'
  run ! json processes.1
}

@test "a name that is no text is still JSON" {
  process 100 $'a\xff"\nb' "7f00 bind:1 anon=1 N1=1 kernelpagesize_kB=4"
  run -0 look stat --procs --json
  equal "$(json processes.0.command)" $'a?"\nb'
}

@test "nobody with memory there is said, and no lines are JSON still" {
  run -0 --separate-stderr look stat --procs
  equal "$output" ""
  equal "$stderr" "no process has memory there"
  run -0 look stat --procs --json
  equal "$(json processes)" "[]"
}

@test "with an interval processes are shown at once and ever again" {
  process 100 redis "7f00 bind:1 anon=1 N1=1 kernelpagesize_kB=4"
  run -0 look stat --procs --json -i 1 -c 2
  equal "${#lines[@]}" 2
  output=${lines[1]}
  equal "$(json processes.0.bytes)" 4096
}

# --- cgroups ------------------------------------------------------------------

@test "cgroups with memory on a node come with those below, by use" {
  mount_cgroups
  cgroup . "anon N0=9999 N1=12288 N2=0"
  cgroup web "anon N0=0 N1=12288 N2=0" "file N0=0 N1=0 N2=0"
  cgroup web/a "anon N0=0 N1=4096 N2=0"
  cgroup web/b "anon N0=0 N1=8192 N2=0"
  cgroup idle "anon N0=4096 N1=0 N2=0"
  run -0 look stat --cgroups --json
  equal "$(json cgroups.0.cgroup)" /
  equal "$(json cgroups.1.cgroup)" /web
  equal "$(json cgroups.1.bytes)" 12288
  equal "$(json cgroups.2.cgroup)" /web/b
  equal "$(json cgroups.3.devices)" '{"dax0.0": 4096}'
  run ! json cgroups.4
}

@test "memory counts once, and events are no memory" {
  mount_cgroups
  cgroup web "anon N0=0 N1=4096 N2=0" "file N0=0 N1=8192 N2=0" "shmem N0=0 N1=8192 N2=0" \
    "inactive_anon N0=0 N1=4096 N2=0" "anon_thp N0=0 N1=4096 N2=0" \
    "workingset_refault_anon N0=0 N1=77 N2=0"
  run -0 look stat --cgroups --json
  equal "$(json cgroups.0.bytes)" 12288
}

@test "the table of cgroups has a column for each device" {
  mount_cgroups
  cgroup web "anon N0=0 N1=4096 N2=8192"
  run -0 look stat --cgroups
  [[ ${lines[0]} =~ ^CGROUP\ +TOTAL\ +dax0\.0\ +dax1\.0$ ]] || fail "${lines[0]}"
  [[ ${lines[1]} =~ ^/web\ +12\.0K\ +4\.0K\ +8\.0K$ ]] || fail "${lines[1]}"
}

@test "without cgroup v2 it is an error" {
  run -1 --separate-stderr look stat --cgroups
  equal "$output" ""
  equal "$stderr" "error: cgroups: cgroup v2 is not mounted: ENOENT: mount -t cgroup2 none /sys/fs/cgroup"
}

# --- metrics ------------------------------------------------------------------

metrics() { # prints the samples of what stat says
  look stat --openmetrics "$@" | python3 "$BATS_TEST_DIRNAME/openmetrics.py"
}

@test "OpenMetrics keeps to its format and has all values" {
  put "$DAX0/stats/placed" 77
  put "$DAX1/ratio" 2500
  put "$DAX1/gate" throttled
  run -0 metrics
  local line
  for line in "placed_pages_total{device=dax0.0,mode=private,node=1} 77" \
    "scrubbed_pages_total{device=dax1.0,mode=cram,node=2} 32768" \
    "promised_bytes{device=dax0.0,mode=private,node=1} 134217728" \
    "backed_bytes{device=dax1.0,mode=cram,node=2} 67108864" \
    "compression_ratio{device=dax1.0,mode=cram,node=2} 2.500" \
    "gate{device=dax1.0,gate=throttled,mode=cram,node=2} 1" \
    "gate{device=dax1.0,gate=open,mode=cram,node=2} 0" \
    "numa_hit_allocations_total{device=dax0.0,mode=private,node=1} 0" \
    "plugged{device=dax0.0,mode=private,node=1} 1"; do
    grep -qxF "dax_private_$line" <<<"$output" || fail "no $line"
  done
}

@test "OpenMetrics of no node is an end alone" {
  machine nodax
  run -0 look stat -q --openmetrics
  equal "$output" "# EOF"
}

@test "the reader of OpenMetrics refuses what is wrong" {
  local wrong
  for wrong in 'x{a="1"} 1' '# TYPE x gauge\nx 1' '# TYPE x counter\n# HELP x y\nx 1' \
    '# TYPE x gauge\n# HELP x y\nx{a="1",a="2"} 1' '# TYPE x gauge\n# HELP x y\nx 1\nx 1' \
    '# TYPE x gauge\n# UNIT x bytes\n# HELP x y\nx 1' '# TYPE x gauge\n# HELP x y\nx  1'; do
    run -1 python3 "$BATS_TEST_DIRNAME/openmetrics.py" <<<"$(printf '%b\n# EOF' "$wrong")"
    [[ $output == *"line "* ]] || fail "$wrong: $output"
  done
  run -1 python3 "$BATS_TEST_DIRNAME/openmetrics.py" <<<'# TYPE x gauge'
}
