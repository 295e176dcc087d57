#!/usr/bin/env bats
# daxctl-private run and drain: what is wrong with a command line. What they do is in
# tests/bats/tool-procs.bats.
# shellcheck disable=SC2154 # run sets output and stderr

load lib

@test "run needs a device and a command" {
  run -2 --separate-stderr daxctl-private run -- true
  equal "$stderr" "error: run: no device was named; give --dev"
  run -2 --separate-stderr daxctl-private run -d dax0.0
  equal "$stderr" "error: run: no command was given"
}

@test "run takes one policy" {
  run -2 --separate-stderr daxctl-private run --bind --preferred -d dax0.0 true
  equal "$stderr" "error: run: give one of --bind, --preferred and --interleave"
  run -2 daxctl-private run --preferred --interleave -d dax0.0 true
}

@test "options after the command are its own" {
  run -3 --separate-stderr daxctl-private run -d dax77.0 true --bogus
  equal "$stderr" "error: dax77.0: no such dax device: ENODEV: see daxctl-private list"
}

@test "drain needs a device, and a time that is none below 0" {
  run -2 --separate-stderr daxctl-private drain
  equal "$stderr" 'error: no device was named; "all" is every one'
  run -2 --separate-stderr daxctl-private drain --timeout -1 dax0.0
  equal "$stderr" "error: --timeout: '-1' is not from 0 to 31536000"
  run -2 daxctl-private drain --timeout soon dax0.0
}

@test "drain of a device that does not exist is 3" {
  run -3 --separate-stderr daxctl-private drain dax77.0
  equal "$output" "[]"
  run -3 --separate-stderr daxctl-private drain --region 77 all
  equal "$stderr" "error: all: no dax device in region 77: ENODEV: see daxctl-private list"
}

@test "both refuse a captured machine" {
  machine tiers
  run -2 look run -d dax0.0 true
  run -2 look drain dax0.0
}
