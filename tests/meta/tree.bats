#!/usr/bin/env bats
# scripts/kernel-tree on a small source and a small series: it never loses an
# edit, never applies a patch wrongly, and touches only what differs.

bats_require_minimum_version 1.8.0

load small_source

setup() {
  make_small_source
}

kernel_tree() { "$repo/scripts/kernel-tree" "$@" 2>&1 | tail -n 20; return "${PIPESTATUS[0]}"; }

times() { stat -c '%n %y' "$tree"/mm/*.c; }
q() { (cd "$tree" && quilt --quiltrc - "$@"); }

@test "the tree has the patches pushed and the new files linked" {
  tree=$(kernel_tree | tail -n 1)
  grep -qx ten "$tree/mm/a.c" "$tree/mm/b.c"
  [ "$(readlink "$tree/mm/new.c")" = "$repo/mm/new.c" ]
  [ "$(q applied | wc -l)" -eq 2 ]
  ! grep -qx ten "$source/mm/a.c" || return 1
}

@test "a second run changes nothing" {
  tree=$(kernel_tree | tail -n 1)
  before=$(times)
  run -0 kernel_tree
  [ "$output" = "$tree" ]
  [ "$(times)" = "$before" ]
}

@test "a changed patch changes the time of its own files only" {
  tree=$(kernel_tree | tail -n 1)
  before=$(stat -c %y "$tree/mm/b.c")
  make_patch one a 's/^10$/zehn/'
  run -0 kernel_tree
  grep -qx zehn "$tree/mm/a.c"
  [ "$(stat -c %y "$tree/mm/b.c")" = "$before" ]
  q pop -a -q
  cmp "$tree/mm/a.c" "$source/mm/a.c"
}

@test "a patch that leaves the series leaves the tree" {
  tree=$(kernel_tree | tail -n 1)
  sed -i '/two/d' "$repo/patches/series"
  run -0 kernel_tree
  cmp "$tree/mm/b.c" "$source/mm/b.c"
}

@test "a new file that leaves the repository leaves the tree" {
  tree=$(kernel_tree | tail -n 1)
  rm "$repo/mm/new.c"
  run -0 kernel_tree
  [ ! -L "$tree/mm/new.c" ]
}

@test "an unrefreshed edit is refused, named and kept" {
  tree=$(kernel_tree | tail -n 1)
  echo edit >>"$tree/mm/a.c"
  run -1 kernel_tree
  [[ $output == *"in no patch"*"mm/a.c"*"quilt refresh"*"--discard"* ]]
  make_patch one a 's/^10$/zehn/'
  run -1 kernel_tree
  grep -qx edit "$tree/mm/a.c"
}

@test "an edit in a file that no patch has is refused, too" {
  tree=$(kernel_tree | tail -n 1)
  sleep 0.05
  echo edit >>"$tree/Kconfig"
  run -1 kernel_tree
  [[ $output == *"Kconfig"* ]]
}

@test "what checkpatch leaves behind is no edit" {
  tree=$(kernel_tree | tail -n 1)
  sleep 0.05
  echo CamelCase >"$tree/.checkpatch-camelcase.date.202611280815"
  run -0 kernel_tree
  [ "$output" = "$tree" ]
}

@test "--discard drops such edits and says which" {
  tree=$(kernel_tree | tail -n 1)
  echo edit >>"$tree/mm/a.c"
  sleep 0.05
  echo edit >>"$tree/Kconfig"
  run -0 kernel_tree --discard
  [[ $output == *"discarded: Kconfig"*"discarded: mm/a.c"* ]]
  [ "$(tail -n 1 "$tree/mm/a.c")" = 20 ]
  grep -qx ten "$tree/mm/a.c"
  [ ! -s "$tree/Kconfig" ]
}

@test "quilt refresh in the tree changes the patch in the repository" {
  tree=$(kernel_tree | tail -n 1)
  sed -i 's/^ten$/dix/' "$tree/mm/b.c"
  q refresh
  grep -q '^+dix' "$repo/patches/two.patch"
  run -0 kernel_tree
  grep -qx dix "$tree/mm/b.c"
}

@test "a tree that was popped is pushed again" {
  tree=$(kernel_tree | tail -n 1)
  for patches in one.patch -a; do
    q pop -q "$patches"
    run -0 kernel_tree
    [ "$(q applied | wc -l)" -eq 2 ]
    grep -qx ten "$tree/mm/b.c"
  done
}

@test "an edit in a popped tree survives until it is refreshed" {
  tree=$(kernel_tree | tail -n 1)
  q pop -q one.patch
  sed -i 's/^ten$/dix/' "$tree/mm/a.c"
  run -1 kernel_tree
  grep -qx dix "$tree/mm/a.c"
  q refresh
  run -0 kernel_tree
  grep -qx dix "$tree/mm/a.c"
}

@test "a patch that does not apply is named, and the tree stays" {
  tree=$(kernel_tree | tail -n 1)
  sed -i 's/^-10$/-999/' "$repo/patches/two.patch"
  run -1 kernel_tree
  [[ $output == *"two.patch does not apply to Linux 6.12.5"* ]]
  grep -qx ten "$tree/mm/b.c"
  [ "$(q applied | wc -l)" -eq 2 ]
}

@test "fuzz is an error on the version that the series was made for" {
  sed -i 's/^ 7$/ seven/' "$repo/patches/two.patch"
  run -1 kernel_tree
  [[ $output == *"two.patch does not apply"* ]]
}

@test "fuzz is a warning that names the patch on another version" {
  sed -i 's/6.12.5/6.12.4/' "$repo/patches/series"
  sed -i 's/^ 7$/ seven/' "$repo/patches/two.patch"
  run -0 kernel_tree
  [[ $output == *"warning: patches/two.patch applies to Linux 6.12.5 with fuzz"* ]]
  [[ $output != *"one.patch"* ]]
}

@test "a file of ours that the kernel has is refused" {
  cp "$source/mm/a.c" "$repo/mm/a.c"
  run -1 kernel_tree
  [[ $output == *"mm/a.c is a file of the kernel itself"* ]]
}

@test "KERNEL_SRC is used and left as it is" {
  cp -r "$source" "$BATS_TEST_TMPDIR/mine"
  sed -i 's/SUBLEVEL = 5/SUBLEVEL = 9/' "$BATS_TEST_TMPDIR/mine/Makefile"
  before=$(find "$BATS_TEST_TMPDIR/mine" -printf '%p %s %T@\n')
  KERNEL_SRC=$BATS_TEST_TMPDIR/mine run -0 kernel_tree
  tree=${lines[-1]}
  grep -qx ten "$tree/mm/a.c"
  grep -q 'SUBLEVEL = 9' "$tree/Makefile"
  [ "$(find "$BATS_TEST_TMPDIR/mine" -printf '%p %s %T@\n')" = "$before" ]
}

@test "KERNEL_SRC that is no 6.12, no kernel or built in is refused" {
  cp -r "$source" "$BATS_TEST_TMPDIR/mine"
  mkdir -p "$BATS_TEST_TMPDIR/mine/include/config"
  KERNEL_SRC=$BATS_TEST_TMPDIR/mine run -1 kernel_tree
  [[ $output == *"mrproper"* ]]
  sed -i 's/= 12/= 13/' "$BATS_TEST_TMPDIR/mine/Makefile"
  KERNEL_SRC=$BATS_TEST_TMPDIR/mine run -1 kernel_tree
  [[ $output == *"is Linux 6.13.5; the series is for 6.12.y"* ]]
  KERNEL_SRC=$BATS_TEST_TMPDIR/none run -1 kernel_tree
  [[ $output == *"no such directory"* ]]
}

@test "two checkouts have two trees" {
  tree=$(kernel_tree | tail -n 1)
  cp -r "$repo" "$BATS_TEST_TMPDIR/other"
  repo=$BATS_TEST_TMPDIR/other
  run -0 kernel_tree
  [ "${lines[-1]}" != "$tree" ]
}

# Of disk; first in PATH
room() { # MEBIBYTES
  mkdir "$BATS_TEST_TMPDIR/bin"
  printf '#!/bin/sh\necho Avail\necho %sM\n' "$1" >"$BATS_TEST_TMPDIR/bin/df"
  chmod +x "$BATS_TEST_TMPDIR/bin/df"
}

@test "too little room is an error before a tree is copied" {
  room 1023
  PATH=$BATS_TEST_TMPDIR/bin:$PATH run -1 kernel_tree
  [[ $output == *"has room for 0 GB, and this takes 1"*"make room, or set XDG_CACHE_HOME"* ]]
  cp -r "$source" "$BATS_TEST_TMPDIR/mine"
  KERNEL_SRC=$BATS_TEST_TMPDIR/mine PATH=$BATS_TEST_TMPDIR/bin:$PATH run -1 kernel_tree
  [[ $output == *"has room for 0 GB, and this takes 1"* ]]
  run ! compgen -G "$XDG_CACHE_HOME/private-nodes/tree/*/*/linux"
}

@test "too little room is an error before a kernel is built" {
  room 2047
  cp -r "$BATS_TEST_DIRNAME/../../vm" "$repo/"
  PATH=$BATS_TEST_TMPDIR/bin:$PATH run -1 "$repo/scripts/kernel-build"
  [[ ${lines[-2]} == "kernel-build: error: $XDG_CACHE_HOME/private-nodes has room for 1 GB, and this takes 2" ]]
  [[ ${lines[-1]} == *"make room, or set XDG_CACHE_HOME" ]]
  run ! compgen -G "$XDG_CACHE_HOME/private-nodes/tree/*/*/linux/o-default"
}

# The packages are there already, of this state
make_packages() { # CONFIG
  local log
  echo CONFIG_NUMA=y >"$1"
  printf 'kernelversion:\n\t@echo 6.12.5\n' >>"$source/Makefile"
  run ! "$repo/scripts/kernel-deb" --config "$1" # makes their directory
  log=$(compgen -G "$XDG_CACHE_HOME/private-nodes/kernel-deb/*/log")
  touch "${log%log}"linux-{image,headers}-6.12.5.deb
  run -0 "$repo/scripts/kernel-deb" --config "$1"
}

@test "packages of the kernel are not those of a tree with edits in no patch" {
  room 99999
  PATH=$BATS_TEST_TMPDIR/bin:$PATH make_packages "$BATS_TEST_TMPDIR/config"
  echo edit >>"$(kernel_tree | tail -n 1)/mm/a.c"
  run -1 "$repo/scripts/kernel-deb" --config "$BATS_TEST_TMPDIR/config"
  [[ $output == *"in no patch"*"mm/a.c"* ]]
}

@test "a source that is none is said once, before packages are built of it" {
  echo CONFIG_NUMA=y >"$BATS_TEST_TMPDIR/config"
  KERNEL_SRC=$BATS_TEST_TMPDIR/none run -1 "$repo/scripts/kernel-deb" --config "$BATS_TEST_TMPDIR/config"
  [ "$output" = "kernel-tree: error: KERNEL_SRC=$BATS_TEST_TMPDIR/none: no such directory" ]
}
