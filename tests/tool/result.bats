#!/usr/bin/env bats
# What daxctl-private prints as its result: JSON, whatever happens.
# shellcheck disable=SC2154 # bats sets stderr

load lib

# stdout is an empty array and the exit code CODE.
nothing() { # CODE COMMAND...
  run --separate-stderr "${@:2}"
  equal "$status" "$1" "exit code of ${*:2}"
  equal "$output" "[]" "result of ${*:2}"
  [ -n "$stderr" ] || fail "no error: ${*:2}"
}

nowhere() { # VERB [ARGUMENT...]
  daxctl-private "$1" --sysroot "$BATS_TEST_TMPDIR/none" "${@:2}"
}

@test "a captured machine that is not there is an empty result of every verb" {
  local words
  for words in list doctor audit "holders all" "explain 1" "drain -n all" "plug -n all" "unplug -n all" \
    "policy -n all" "reconfigure-device -n -m devdax all" "apply --check" "apply -n" "reserve 1g" \
    "reserve -n --apply 1g" "stat --json" "run -n -d dax0.0 true" "report -n"; do
    # shellcheck disable=SC2086 # several words
    nothing 1 nowhere $words
  done
}

@test "what fails or matches nothing is an empty result" {
  machine tiers
  nothing 1 look reserve 99t
  nothing 3 look stat --json dax9.9
  nothing 3 daxctl-private run --sysroot "$MACHINE" -n -d dax9.9 true
  nothing 1 daxctl-private run --sysroot "$MACHINE" -n -d dax1.0 true
  nothing 1 daxctl-private report -o /none/report.tar.gz
}

@test "a wrong command line has no result" {
  machine tiers
  local words
  for words in "list --nothing" "stat --json --count 0" "reserve" "report x" "run -n"; do
    # shellcheck disable=SC2086 # several words
    run -2 --separate-stderr look $words
    equal "$output" "" "$words"
  done
}

@test "text that is asked for has no JSON in it" {
  run -1 --separate-stderr daxctl-private list -o chardev --sysroot "$BATS_TEST_TMPDIR/none"
  equal "$output" ""
  run -1 --separate-stderr daxctl-private monitor --sysroot "$BATS_TEST_TMPDIR/none"
  equal "$output" ""
}

# Python wants UTF-8, and shows what is there as ASCII.
valid_utf8() {
  printf '%s\n' "$output" | python3 -c 'import json, sys; json.loads(sys.stdin.buffer.read().decode())'
}

@test "what is no UTF-8 is made some in every string" {
  machine tiers
  mkdir -p "$MACHINE/etc/daxctl-private.conf.d"
  printf '[reconfigure-device \xff]\nmatch.range = 0x100000000\nmode = private\n' \
    >"$MACHINE/etc/daxctl-private.conf.d/"$'\xfe.conf'
  run -0 look apply --check
  valid_utf8
  equal "$(json 0.section) $(json 0.where)" "? /etc/daxctl-private.conf.d/?.conf:1"
  run -1 look doctor $'dax\xc3'
  valid_utf8
  echo 1 >"$MACHINE/sys/devices/platform/hmem.0/dax0.0/mbind"
  run -0 look run -n -d dax0.0 $'\xed\xa0\x80'
  valid_utf8
  echo 7 >"$MACHINE/sys/devices/platform/hmem.0/dax0.0/stats/"$'x\xff'
  run -0 look list
  valid_utf8
  run -0 look stat --json
  valid_utf8
}

@test "text that is UTF-8 stays as it is" {
  machine tiers
  run look doctor "déjà ☃"
  [[ $output == *"déjà ☃"* ]] || fail "$output"
}

@test "what cannot be written is a failure, of the help and the version, too" {
  local words
  for words in --help --version "list --help" --list-cmds "list --list-opts" "list"; do
    # shellcheck disable=SC2086 # several words
    run -1 --separate-stderr bash -c 'exec daxctl-private "$@" >/dev/full' - $words
    equal "$stderr" "error: stdout: cannot write the result: ENOSPC"
  done
}

@test "a message is one line, whatever it is about" {
  local name=$'dax\n0\e[31m\177é'
  machine tiers
  run -3 --separate-stderr look holders "$name"
  equal "$stderr" "error: dax?0?[31m?é: no such dax device: ENODEV: see daxctl-private list"
  run -2 --separate-stderr look policy -n dax0.0 "$name=1"
  equal "$stderr" "error: policy: 'dax?0?[31m?é=1' names nothing that can be set: EINVAL: see daxctl-private policy --help"
  run -2 --separate-stderr look plug -n --zone="$name" dax0.0
  equal "$stderr" "error: --zone: 'dax?0?[31m?é' is neither movable nor kernel"
}
