# shellcheck shell=bash
# Runs a command as on a machine that has all programs of this one but one.
without() { # PROGRAM COMMAND...
  local all=$BATS_TEST_TMPDIR/without-$1
  mkdir "$all"
  cp -rs /usr/bin/. /usr/sbin/. "$all/"
  rm "$all/$1"
  PATH=$all "${@:2}"
}
