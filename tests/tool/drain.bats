#!/usr/bin/env bats
# What daxctl-private drain says in the end: on a captured machine, where a script stands
# for the kernel.
# shellcheck disable=SC2154 # run sets output and stderr

load lib
load procs
load writes

setup() {
  machine tiers
  fake_kernel
  somebody
  # shellcheck disable=SC2119 # without flags
  frames
  cp "$MACHINE/proc/kpageflags" "$MACHINE/empty"
  all_frames 16
}

# Process 41 has 64K on node 1.
somebody() { # [WORD]
  process 41 / <<<"7f0000000000 bind:1 anon=16 N1=16 kernelpagesize_kB=4 ${1:-}"
}

# So many frames of dax0.0 are mapped, and a file for this: /used.
all_frames() { # NUMBER
  # shellcheck disable=SC2046 # words
  frames $(for ((i = 0; i < $1; i++)); do echo "$ANON"; done)
  cp "$MACHINE/proc/kpageflags" "$MACHINE/used"
}

events() { # SHELL-CODE
  printf '%s\n' "$1" >"$MACHINE/events"
}

# When process 41 is moved, its frames are free.
# shellcheck disable=SC2016 # the script expands it
frames_follow() {
  events 'after_migrate_pages() { [ "$value" != 41 ] || cp /empty /proc/kpageflags; }'
}

# Drain fails with this message, the last one.
fails_with() { # TEXT [OPTION...]
  run -1 --separate-stderr change drain --timeout 0 "${@:2}" dax0.0
  equal "$(tail -n 1 <<<"$stderr")" "error: dax0.0: $1"
}

@test "what is moved is gone, and mbind as it was" {
  frames_follow
  run -0 --separate-stderr change drain dax0.0
  equal "$stderr" "dax0.0: mbind is 1 until this is done"
  equal "$(json 0.moved) $(json 0.left)" "65536 0"
  equal "$(written)" "dax0.0/mbind 1
migrate_pages 41
dax0.0/mbind 0"
}

@test "what stays is told, and what it is" {
  fails "migrate_pages=41 16"
  fails_with "not everything could be moved, 64.00 KiB (65.54 KB) anonymous left: EBUSY: see daxctl-private holders"
  equal "$(json 0.moved) $(json 0.left)" "0 65536"
}

@test "page cache that no process has is left" {
  frames $((1 << 5)) $((1 << 5)) $((1 << 12 | 1 << 13))
  cp "$MACHINE/proc/kpageflags" "$MACHINE/empty"
  fails_with "not everything could be moved, 4.00 KiB (4.10 KB) anonymous and 8.00 KiB (8.19 KB) file left: EBUSY: daxctl-private unplug moves what no process has, too"
  equal "$(json 0.left)" 12288
}

@test "what comes back before the end is told, and how it is kept out" {
  frames_follow
  # shellcheck disable=SC2016 # the script expands it
  echo 'after_mbind() { [ "$value" = 1 ] || cp /used /proc/kpageflags; }' >>"$MACHINE/events"
  fails_with "all was moved, but 64.00 KiB (65.54 KB) anonymous came back: EBUSY: close it first: daxctl-private policy dax0.0 mbind=0 demotion=0"
  equal "$(json 0.moved) $(json 0.left)" "65536 65536"
  somebody
  echo 0 >"$DAX/dax0.0/demotion"
  fails_with "all was moved, but 64.00 KiB (65.54 KB) anonymous came back: EBUSY: see daxctl-private holders"
}

@test "a process that cannot be looked at may have memory there, if frames do not tell" {
  mkdir -p "$MACHINE/proc/42/numa_maps"
  frames_follow
  run -0 change drain dax0.0
  rm "$MACHINE/proc/kpageflags" "$MACHINE/events"
  fails_with "not every process can be looked at, and may have memory there: EISDIR: the kernel log may say why"
}

@test "a dry run tells that it could not look at every process" {
  mkdir -p "$MACHINE/proc/42/numa_maps"
  run -0 --separate-stderr look drain -n dax0.0
  equal "$(json 0.left)" 65536
  equal "$stderr" "dax0.0: not every process can be looked at, and may have memory there: EISDIR"
}

@test "without frames the processes tell, and that this may not be all" {
  rm "$MACHINE/proc/kpageflags"
  run -0 --separate-stderr change drain dax0.0
  equal "$(tail -n 1 <<<"$stderr")" "dax0.0: its page frames cannot be looked at: what no process has may be there"
  somebody pinned
  fails_with "not everything could be moved, 64.00 KiB (65.54 KB) left: EBUSY: see daxctl-private holders"
}

@test "mbind that cannot be set again is told, and what was moved" {
  frames_follow
  fails "dax0.0/mbind=0 5"
  run -1 --separate-stderr change drain dax0.0
  equal "$(tail -n 1 <<<"$stderr")" "error: dax0.0: cannot set mbind to 0 again: EIO: it is still open to processes"
  equal "$(json 0.moved) $(json 0.left)" "65536 0"
}

@test "a signal ends it before all is moved, and the next device is left alone" {
  local status=0
  fails "dax0.0/mbind=1 slow"
  interrupt TERM mbind drain dax0.0 dax1.0 || status=$?
  equal "$status" 143
  equal "$(grep -v ^Terminated "$BATS_TEST_TMPDIR/err")" "dax0.0: mbind is 1 until this is done
error: dax0.0: not everything could be moved, 64.00 KiB (65.54 KB) anonymous left: EINTR: a signal came
error: ended by SIGTERM"
  output=$(<"$BATS_TEST_TMPDIR/out")
  equal "$(json 0.left)" 65536
  equal "$(written)" "dax0.0/mbind 1
dax0.0/mbind 0"
}

@test "a signal that comes when all is moved finds it drained" {
  local status=0
  frames_follow
  fails "dax0.0/mbind=0 slow"
  interrupt TERM "mbind 0" drain dax0.0 || status=$?
  equal "$status" 0 "$(<"$BATS_TEST_TMPDIR/err")"
  output=$(<"$BATS_TEST_TMPDIR/out")
  equal "$(json 0.left)" 0
}
