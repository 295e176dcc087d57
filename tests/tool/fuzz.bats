#!/usr/bin/env bats
# daxctl-private with random arguments and random config files, built with the
# sanitizers and under valgrind.
# FUZZ_CASES and FUZZ_SEED make of it as long a search as one likes.

load lib

TOOL=$BATS_TEST_DIRNAME/../../tools/daxctl-private

# With the /proc of this machine in the captured one: the leak sanitizer needs it,
# when the program has made the other one its root.
with_proc() { # COMMAND...
  # shellcheck disable=SC2016 # expanded in there
  unshare -m"$( ((EUID == 0)) || echo r)" \
    sh -c 'mount --rbind /proc "$0/proc" && exec "$@"' "$MACHINE" "$@"
}

# PROGRAM with random arguments or config files, one process for each case.
fuzz() { # KIND PROGRAM CASES SEED [WRAPPER...]
  python3 "$BATS_TEST_DIRNAME/fuzz.py" "$1" "$2" "$MACHINE" "${@:3}"
}

# Many cases, by the program with the sanitizers.
fuzz_sanitized() { # KIND
  local leaks=1 run=(with_proc)
  make -s -C "$TOOL" SAN=1 O=build-san all build-san/forkserver >&2
  machine tiers
  with_proc true || { leaks=0; run=(); }
  export ASAN_OPTIONS=detect_leaks=$leaks FORK_SERVER=$TOOL/build-san/forkserver
  "${run[@]}" python3 "$BATS_TEST_DIRNAME/fuzz.py" "$1" "$TOOL/build-san/daxctl-private" \
    "$MACHINE" "${FUZZ_CASES:-2000}" "${FUZZ_SEED:-1}"
}

# A few, by the program under valgrind.
fuzz_valgrind() { # KIND
  machine tiers
  fuzz "$1" "$TOOL/build/daxctl-private" 10 "${FUZZ_SEED:-2}" \
    valgrind -q --vgdb=no --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,indirect
}

@test "random arguments crash nothing and leak nothing, and the result is JSON" {
  fuzz_sanitized arguments
}

@test "nor do random config files" {
  fuzz_sanitized config
}

@test "random arguments are clean under valgrind" {
  fuzz_valgrind arguments
}

@test "so are random config files" {
  fuzz_valgrind config
}

@test "the search finds a crash, a leak, an undocumented exit code and what is no JSON" {
  local program=$BATS_TEST_TMPDIR/program
  machine tiers
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
