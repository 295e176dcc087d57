#!/usr/bin/env bats
# The Debian package of daxctl-private: what is in it, and that it runs.

load lib

setup_file() {
  DEB=$("$BATS_TEST_DIRNAME/../../scripts/deb")
  ROOT=$BATS_FILE_TMPDIR/root
  dpkg-deb -x "$DEB" "$ROOT"
  export DEB ROOT
}

TOOL=$BATS_TEST_DIRNAME/../../tools/daxctl-private

@test "the package has the program, its pages, the completion and the schemas" {
  local verb file
  [ -x "$ROOT/usr/bin/daxctl-private" ]
  [ -e "$ROOT/usr/share/man/man1/daxctl-private.1.gz" ]
  while read -r verb; do
    [ -e "$ROOT/usr/share/man/man1/daxctl-private-$verb.1.gz" ] || fail "no page of $verb"
  done < <(daxctl-private --list-cmds)
  cmp "$TOOL/completion.bash" "$ROOT/usr/share/bash-completion/completions/daxctl-private"
  for file in "$TOOL"/schema/*; do
    cmp "$file" "$ROOT/usr/share/daxctl-private/schema/${file##*/}"
  done
}

@test "nothing in the package is where another package has it, or is not root's" {
  [ ! -e "$ROOT/usr/bin/daxctl" ]
  run -1 grep -vE '^[a-z-]+ root/root ' <(dpkg-deb -c "$DEB")
  run -1 grep -E ' \./usr/(local|share/man/man1/daxctl\.|share/man/man1/daxctl-[^p])' <(dpkg-deb -c "$DEB")
}

@test "the program of the package shows a machine, and its version is that of the package" {
  machine tiers
  run -0 "$ROOT/usr/bin/daxctl-private" list --sysroot "$MACHINE" -o mode dax0.0
  equal "${lines[1]}" private
  equal "$("$ROOT/usr/bin/daxctl-private" --version)" "$(dpkg-deb -f "$DEB" Version)"
}

@test "with its directory in PATH, daxctl is daxctl-private, which leaves the rest to daxctl" {
  local other=$BATS_TEST_TMPDIR/other
  machine tiers
  mkdir "$other"
  printf '#!/bin/sh\necho "stock $*"\n' >"$other/daxctl"
  chmod +x "$other/daxctl"
  PATH=$ROOT/usr/lib/daxctl-private/bin:$other:$PATH
  run -0 daxctl list --sysroot "$MACHINE" -o mode dax0.0
  equal "${lines[1]}" private
  run -0 daxctl disable-device dax0.0
  equal "$output" "stock disable-device dax0.0"
}

@test "the package depends on the libraries of the program, and only recommends daxctl" {
  local depends
  depends=$(dpkg-deb -f "$DEB" Depends)
  for lib in libc6 libdaxctl1 libjson-c5 libkmod2; do
    [[ $depends == *"$lib"* ]] || fail "$lib is not in: $depends"
  done
  equal "$(dpkg-deb -f "$DEB" Recommends)" daxctl
}

@test "the package is built from what install-deps installs to build the program" {
  diff <(sed -n '/^Build-Depends:/,/^[^ B]/p' "$TOOL/debian/control" | grep -oE '[a-z0-9-]+-dev|pkg-config') \
    <(awk '/build daxctl-private$/ { print $1 }' "$BATS_TEST_DIRNAME/../../scripts/install-deps" | LC_ALL=C sort)
}

@test "nothing is built when nothing has changed" {
  local before
  before=$(stat -c %y "$DEB")
  equal "$("$BATS_TEST_DIRNAME/../../scripts/deb")" "$DEB"
  equal "$(stat -c %y "$DEB")" "$before"
}
