#!/usr/bin/env bats
# daxctl-private with random arguments, random config files, and on machines whose files
# are not as they should be, built with the sanitizers and under valgrind.
# FUZZ_CASES and FUZZ_SEED make of it as long a search as one likes.

load lib
load procs

TOOL=$BATS_TEST_DIRNAME/../../tools/daxctl-private

# With the /proc of this machine in the captured one: the leak sanitizer needs it,
# when the program has made the other one its root.
with_proc() { # COMMAND...
  # shellcheck disable=SC2016 # expanded in there
  unshare -m"$( ((EUID == 0)) || echo r)" \
    sh -c 'mount --rbind /proc "$0/proc" && exec "$@"' "$MACHINE" "$@"
}

# With processes of its own, and a /proc of these.
with_own_proc() { # COMMAND...
  unshare -mpf"$( ((EUID == 0)) || echo r)" --mount-proc "$@"
}

# PROGRAM with random arguments or input, one process for each case.
fuzz() { # KIND PROGRAM CASES SEED [WRAPPER...]
  python3 "$BATS_TEST_DIRNAME/fuzz.py" "$1" "$2" "$MACHINE" "${@:3}"
}

# Many cases, by the program with the sanitizers. PROC is how it gets a /proc.
fuzz_sanitized() { # KIND PROC
  local leaks=1 run=("$2")
  make -s -C "$TOOL" SAN=1 O=build-san all build-san/forkserver >&2
  "$2" true || { leaks=0; run=(); }
  [[ $2 != with_own_proc || $leaks == 0 ]] || export OWN_PROC=1
  export ASAN_OPTIONS=detect_leaks=$leaks FORK_SERVER=$TOOL/build-san/forkserver
  "${run[@]}" python3 "$BATS_TEST_DIRNAME/fuzz.py" "$1" "$TOOL/build-san/daxctl-private" \
    "$MACHINE" "${FUZZ_CASES:-1000}" "${FUZZ_SEED:-1}"
}

# A hundred, by the program under valgrind, which a child has with it.
fuzz_valgrind() { # KIND
  make -s -C "$TOOL" build/forkserver >&2
  FORK_SERVER=$TOOL/build/forkserver fuzz "$1" "$TOOL/build/daxctl-private" "${FUZZ_CASES:-100}" \
    "${FUZZ_SEED:-2}" valgrind -q --vgdb=no --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,indirect
}

setup() {
  machine tiers
}

# A machine that has all that run, save and stat look at: a process of a cgroup, a CXL
# region, and config files.
whole_machine() {
  local dir region=$MACHINE/sys/devices/platform/hmem.1
  process 1 /jobs/one <<'END'
7f0000000000 bind:1 anon=3 dirty=3 N1=3 kernelpagesize_kB=4
7f0000010000 default file=/usr/lib/x.so mapped=7 active=0 N0=4 N2=3 kernelpagesize_kB=4
7f0000020000 default heap anon=512 N0=1 N1=511 kernelpagesize_kB=2048
END
  for dir in /jobs/one /jobs /; do
    printf 'anon N0=0 N1=12288 N2=4096\nfile N0=8192 N1=0\nslab N0=1\n' \
      >"$MACHINE/sys/fs/cgroup$dir/memory.numa_stat"
    echo 0-1 >"$MACHINE/sys/fs/cgroup$dir/cpuset.mems"
  done
  mkdir -p "$MACHINE/etc/daxctl-private.conf.d" "$MACHINE/proc/self"
  echo 'cgroup2 /sys/fs/cgroup cgroup2 rw 0 0' >"$MACHINE/proc/self/mounts"
  printf '%s\n' '[reconfigure-device other]' 'match.target-node = 7' 'mode = private' \
    >"$MACHINE/etc/daxctl-private.conf.d/other.conf"
  set_attr dax0.0 mbind 1
  set_attr dax0.0 interleave 1
  ln -sfn /sys/bus/cxl "$region/subsystem"
  echo ed93e918-e165-49d8-921d-383d7b9660c5 >"$region/uuid"
  echo 1 >"$region/interleave_ways"
  echo decoder0.0 >"$region/target0"
}

@test "random arguments crash nothing and leak nothing, and the result is JSON" {
  fuzz_sanitized arguments with_proc
}

@test "nor do random config files" {
  fuzz_sanitized config with_proc
}

@test "nor does run, whatever it is told and sees" {
  whole_machine
  fuzz_sanitized run with_own_proc
}

@test "nor does save" {
  whole_machine
  fuzz_sanitized save with_own_proc
}

@test "nor does stat" {
  whole_machine
  fuzz_sanitized stat with_own_proc
}

@test "random arguments are clean under valgrind" {
  fuzz_valgrind arguments
}

@test "so are random config files" {
  fuzz_valgrind config
}

@test "so are run, save and stat" {
  local verb
  whole_machine
  for verb in run save stat; do
    fuzz_valgrind $verb
  done
}

@test "the search finds a crash, a leak, an undocumented exit code and what is no JSON" {
  local program=$BATS_TEST_TMPDIR/program
  # shellcheck disable=SC2016 # expanded in the script
  bad() { # SHELL-CODE
    printf '#!/bin/sh\ncase $1 in\n--list-cmds) echo list ;;\n--list*) echo --idle ;;\n*) %s ;;\nesac\n' \
      "$1" >"$program"
    chmod +x "$program"
    run "${2:--1}" fuzz arguments "$program" 3 1
    [[ $output == *"3 cases, ${3:-3} wrong"* ]] || fail "$1: $output"
  }
  bad "kill -SEGV \$\$"
  bad "exit 99"
  bad "echo text; exit 0"
  bad "echo []; exit 2"
  bad "exit 1"
  bad "echo []; exit 3" -0 0
}
