#!/usr/bin/env bats
# daxctl-private report: where it goes
# shellcheck disable=SC2154 # bats sets stderr

load lib

setup() {
  cd "$BATS_TEST_TMPDIR"
  machine tiers
}

@test "the file is for its owner alone, even if it was there" {
  : >old.tar.gz
  chmod 644 old.tar.gz
  run -0 --separate-stderr daxctl-private report -o old.tar.gz
  equal "$(stat -c %a old.tar.gz)" 600
  run -0 --separate-stderr daxctl-private report
  equal "$(stat -c %a daxctl-private.tar.gz)" 600
  equal "$(json 0.report)" daxctl-private.tar.gz
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
