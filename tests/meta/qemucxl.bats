#!/usr/bin/env bats
# scripts/qemu-cxl with a fake QEMU and a fake apt: what it asks for, and what it
# says when that cannot be had.

bats_require_minimum_version 1.8.0

setup() {
  export XDG_CACHE_HOME=$BATS_TEST_TMPDIR/cache APT_ETC=$BATS_TEST_TMPDIR/etc
  export SEEN=$BATS_TEST_TMPDIR/seen PACKAGE=$BATS_TEST_TMPDIR/package
  fake=$BATS_TEST_TMPDIR/bin
  suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
  mkdir -p "$fake" "$APT_ETC/sources.list.d" "$PACKAGE/usr/bin" "$PACKAGE/usr/share/qemu"
  : >"$SEEN"
  make_program "$fake/qemu-system-x86_64" 'echo memdev='
  make_program "$PACKAGE/usr/bin/qemu-system-x86_64" 'echo volatile-memdev= acpi-generic-port'
  # prints the sources that it is told of
  make_program "$fake/apt-get" 'for a; do [[ $a != *sourceparts=* ]] || cat "${a#*sourceparts=}"/* >>"$SEEN"; done' \
    '[[ $* != *download* ]] || touch qemu-system-x86_1_amd64.deb qemu-system-data_1_all.deb'
  make_program "$fake/dpkg-deb" 'tar -c -C "$PACKAGE" ./usr'
  PATH=$fake:$PATH
}

make_program() { # FILE LINE...
  printf '%s\n' '#!/bin/bash' "${@:2}" >"$1"
  chmod +x "$1"
}

qemu_cxl() { "$BATS_TEST_DIRNAME/../../scripts/qemu-cxl"; }

list_source() {
  echo "deb [arch=amd64] http://mirror.example/debian $suite main contrib" >"$APT_ETC/sources.list"
}

@test "the installed QEMU is used if it has the memory, and nothing is fetched" {
  make_program "$fake/qemu-system-x86_64" 'echo volatile-memdev= acpi-generic-port'
  run -0 qemu_cxl
  [ "$output" = "$fake/qemu-system-x86_64" ]
  [ ! -e "$XDG_CACHE_HOME/private-nodes/qemu" ]
}

@test "else one of the backports is, which is fetched once" {
  list_source
  run -0 --separate-stderr qemu_cxl
  [ "$output" = "$XDG_CACHE_HOME/private-nodes/qemu/$suite/usr/bin/qemu-system-x86_64" ]
  [[ "$("$output")" == volatile-memdev=* ]]
  : >"$SEEN"
  run -0 qemu_cxl
  [ ! -s "$SEEN" ]
}

@test "the source is the machine's own, of lines" {
  list_source
  {
    echo "# deb http://mirror.example/old $suite main"
    echo "deb-src http://mirror.example/debian $suite main"
    echo "deb http://mirror.example/security $suite-security main"
    echo "deb http://mirror.example/other stable main"
  } >"$APT_ETC/sources.list.d/more.list"
  run -0 qemu_cxl
  [ "$(sort -u "$SEEN")" = "deb [arch=amd64] http://mirror.example/debian $suite-backports main contrib" ]
}

@test "or of stanzas" {
  cat >"$APT_ETC/sources.list.d/debian.sources" <<END
Types: deb deb-src
# a remark
URIs: http://mirror.example/debian
Suites: $suite $suite-updates
Components: main
Signed-By:
 a key
 of two lines

Types: deb
URIs: http://mirror.example/security
Suites: $suite-security
Components: main

Types: deb
Enabled: no
URIs: http://mirror.example/off
Suites: $suite
Components: main
END
  run -0 qemu_cxl
  run -0 sed '/^$/q' "$SEEN"
  [ "$output" = "Types: deb
URIs: http://mirror.example/debian
Suites: $suite-backports
Components: main
Signed-By:
 a key
 of two lines" ]
  ! grep -qE 'security|off' "$SEEN" || return 1
}

@test "without a source it says so, and what would do" {
  run -1 qemu_cxl
  [[ $output == *"no apt source of this machine is for $suite"*"install 10.0 or newer"* ]]
}

@test "when apt fails, its last words are shown and nothing is left" {
  list_source
  make_program "$fake/apt-get" 'echo "E: no network"; exit 100'
  run -1 qemu_cxl
  [[ $output == *"E: no network"*"could not fetch the package list"* ]]
  run -0 find "$XDG_CACHE_HOME/private-nodes/qemu" -mindepth 1 -not -name lock
  [ -z "$output" ]
}

@test "a library that is missing is named" {
  list_source
  make_program "$PACKAGE/usr/bin/qemu-system-x86_64" 'exit 127'
  make_program "$fake/ldd" 'echo "	libmissing.so.1 => not found"'
  run -1 qemu_cxl
  [[ $output == *"lacks libraries: libmissing.so.1"*"install-deps"* ]]
}
