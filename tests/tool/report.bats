#!/usr/bin/env bats
# daxctl-private report, on captured machines: what is in the tar file, and what is not.
# shellcheck disable=SC2154 # run sets output and stderr

load lib
load procs

setup() {
  cd "$BATS_TEST_TMPDIR"
  machine tiers
}

# Packs the machine, and unpacks that into PACKED.
pack() {
  PACKED=$BATS_TEST_TMPDIR/packed
  mkdir "$PACKED"
  look report -o - | tar -xz -C "$PACKED"
}

has() { # FILE CONTENT
  equal "$(cat "$PACKED/$1")" "$2" "$1"
}

# The process PID with memory on NODE, and everything else that /proc has of it.
whole_process() { # PID CGROUP NODE
  local file
  process "$1" "$2" <<<"7f0000000000 bind:$3 anon=3 N$3=3 kernelpagesize_kB=4"
  for file in limits smaps_rollup; do
    echo "$file of $1" >"$MACHINE/proc/$1/$file"
  done
  for file in cmdline environ auxv; do
    echo hunter2 >"$MACHINE/proc/$1/$file"
  done
}

cgroups() {
  local dir=$MACHINE/sys/fs/cgroup file
  mkdir -p "$MACHINE/proc/self" "$dir/jobs/one"
  printf '%s\n' 'tmpfs /home/alice tmpfs rw 0 0' 'cgroup2 /sys/fs/cgroup cgroup2 rw 0 0' \
    >"$MACHINE/proc/self/mounts"
  for dir in "$dir" "$dir/jobs" "$dir/jobs/one"; do
    for file in memory.current memory.events memory.max memory.stat cpuset.mems \
      cpuset.mems.effective cgroup.procs; do
      echo "$file" >"$dir/$file"
    done
    echo 'anon N0=0 N1=12288' >"$dir/memory.numa_stat"
  done
}

@test "processes with memory on a private node are there, others are not" {
  local file
  whole_process 41 / 1
  whole_process 42 / 0
  pack
  for file in limits smaps_rollup; do
    has "proc/41/$file" "$file of 41"
  done
  has proc/41/numa_maps "7f0000000000 bind:1 anon=3 N1=3 kernelpagesize_kB=4"
  has proc/41/cgroup 0::/
  grep -q '^VmLck' "$PACKED/proc/41/status"
  [ ! -e "$PACKED/proc/42" ]
}

@test "what a process was started with is never there" {
  whole_process 41 / 1
  pack
  equal "$(cd "$PACKED/proc/41" && echo *)" "cgroup comm limits numa_maps smaps_rollup status"
  run -1 grep -r hunter2 "$PACKED"
}

@test "their cgroups are there, with those above, and no other mounts" {
  local dir
  cgroups
  mkdir -p "$MACHINE/sys/fs/cgroup/other"
  echo 1 >"$MACHINE/sys/fs/cgroup/other/memory.current"
  whole_process 41 /jobs/one 2
  pack
  for dir in sys/fs/cgroup sys/fs/cgroup/jobs sys/fs/cgroup/jobs/one; do
    equal "$(cd "$PACKED/$dir" && ls -p | grep -v / | paste -sd ' ')" \
      "cpuset.mems cpuset.mems.effective memory.current memory.events memory.max memory.numa_stat memory.stat" "$dir"
  done
  [ ! -e "$PACKED/sys/fs/cgroup/other" ]
  has proc/self/mounts "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0"
}

@test "verbs say of the packed machine what they say of the machine" {
  local words
  cgroups
  whole_process 41 /jobs/one 1
  pack
  for words in "list -i -M" "stat --procs" "stat --cgroups" "explain 41" "doctor" "save"; do
    # shellcheck disable=SC2086 # several words
    equal "$(daxctl-private ${words%% *} --sysroot "$PACKED" ${words#"${words%% *}"} 2>&1 || true)" \
      "$(look $words 2>&1 || true)" "$words"
  done
}

@test "a cgroup outside of what the process sees is not looked for" {
  cgroups
  mkdir -p "$MACHINE/sys/fs/secret"
  echo 1 >"$MACHINE/sys/fs/secret/memory.current"
  whole_process 41 / 1
  echo "0::/../secret" >"$MACHINE/proc/41/cgroup"
  pack
  [ ! -e "$PACKED/sys/fs/secret" ]
  has sys/fs/cgroup/memory.max memory.max
}

@test "a file that nobody may read is there, and empty" {
  whole_process 41 / 1
  chmod 000 "$MACHINE/proc/41/smaps_rollup"
  pack
  equal "$(stat -c %s "$PACKED/proc/41/smaps_rollup")" 0
}

@test "tables of the firmware are there byte for byte, but for large ones" {
  local tables=sys/firmware/acpi/tables
  mkdir -p "$MACHINE/$tables"
  printf 'SRAT\0\1\n\n' >"$MACHINE/$tables/SRAT"
  head -c 70000 /dev/zero >"$MACHINE/$tables/HMAT"
  echo secret >"$MACHINE/$tables/MSDM"
  pack
  cmp "$PACKED/$tables/SRAT" "$MACHINE/$tables/SRAT"
  equal "$(ls "$PACKED/$tables")" SRAT
}

@test "CXL devices are there with the size of their memory" {
  local memdev
  machine cxl
  memdev=$(cd "$MACHINE" && echo sys/devices/pci*/*/*/mem0)
  echo 0x10000000 >"$MACHINE/$memdev/ram/size"
  echo 0x0 >"$MACHINE/$memdev/pmem/size"
  pack
  has "$memdev/ram/size" 0x10000000
  has "$memdev/pmem/size" 0x0
  has "$memdev/serial" "$(cat "$MACHINE/$memdev/serial")"
  has "$memdev/firmware_version" "$(cat "$MACHINE/$memdev/firmware_version")"
}

# --- where it goes ------------------------------------------------------------

@test "the file is for its owner alone, even if it was there" {
  : >old.tar.gz
  chmod 644 old.tar.gz
  run -0 --separate-stderr daxctl-private report -o old.tar.gz
  equal "$(stat -c %a old.tar.gz)" 600
  run -0 --separate-stderr daxctl-private report
  equal "$(stat -c %a daxctl-private.tar.gz)" 600
  equal "$(json 0.report)" daxctl-private.tar.gz
}

# Everybody writes to /dev/null, and root could take that away from them.
@test "what is no file is not written to, and keeps its mode" {
  local name mode
  mkfifo -m 644 fifo
  mknod -m 666 null c 1 3
  ln -s fifo link
  for name in fifo null link; do
    mode=$(stat -c %a $name)
    run -1 --separate-stderr timeout 20 daxctl-private report -o $name
    [[ $stderr == "error: $name: it is "*": EINVAL: give "* ]] || fail "$stderr"
    equal "$(stat -c %a $name)" "$mode" "mode of $name"
  done
}

@test "with --dry-run nothing is written" {
  run -0 --separate-stderr daxctl-private report -n -o x.tar.gz
  equal "$(json 0.report)" x.tar.gz
  [ ! -e x.tar.gz ]
}

@test "- is stdout, of a captured machine, too" {
  look report -o - >x.tar.gz
  tar -tzf x.tar.gz | grep -qx sys/devices/platform/hmem.0/dax0.0/hotplug
  [ ! -e ./- ]
}

@test "nothing is written into a captured machine" {
  run -2 --separate-stderr look report -o /x.tar.gz
  equal "$stderr" "error: report: with --sysroot it goes to stdout only"
  [ ! -e "$MACHINE/x.tar.gz" ]
}
