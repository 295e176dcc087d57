#!/usr/bin/env bats
# patches-ndctl/ is well-formed, which is all that can be said without the source of
# ndctl, and scripts/daxctl on a made-up tree of it: what it says when something is
# wrong, and that it only reads the tree. meson and ninja are fakes.

bats_require_minimum_version 1.8.0

setup() {
  export XDG_CACHE_HOME=$BATS_TEST_TMPDIR/cache
  unset NDCTL_SRC
  real=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
  repo=$BATS_TEST_TMPDIR/repo
  fake=$BATS_TEST_TMPDIR/bin
}

# ---- the patches -------------------------------------------------------------

patches() { (cd "$real/patches-ndctl" && printf '%s\n' *.patch); }

fail() {
  printf '%s\n' "$*" >&2
  return 1
}

# Lines of each hunk as its header says; those of the mail come before and after.
hunks_add_up() { # FILE
  awk '
    function count(word,    part) { return split(word, part, ",") == 2 ? part[2] : 1 }
    /^@@ / && !old && !new { old = count($2); new = count($3); hunks++; next }
    old || new {
      kind = substr($0, 1, 1)
      if (kind !~ /[-+ ]/) { print FILENAME ":" NR ": a hunk ends early"; bad = 1; exit }
      if (kind != "+") old--
      if (kind != "-") new--
      next
    }
    /^[-+ ]/ && !/^(--- |\+\+\+ |---$| [^ ])/ { print FILENAME ":" NR ": a hunk is too long"; bad = 1 }
    END { exit bad || old || new || !hunks }' "$1"
}

@test "the series names every patch, in order, and nothing else" {
  run -0 sed '/^#/d' "$real/patches-ndctl/series"
  [ "$output" = "$(patches)" ] || fail "series: $output"
  grep -qx '# made for ndctl v[0-9.]*' "$real/patches-ndctl/series"
}

@test "every patch can be parsed, and its hunks are as long as they say" {
  local patch
  for patch in $(patches); do
    git -C "$BATS_TEST_TMPDIR" apply --numstat "$real/patches-ndctl/$patch" >/dev/null || fail "$patch"
    hunks_add_up "$real/patches-ndctl/$patch" || fail "$patch"
  done
}

@test "every patch says what it does, why, and who says so" {
  local patch file author
  for patch in $(patches); do
    file=$real/patches-ndctl/$patch
    grep -qE '^Subject: \[ndctl PATCH\] (daxctl|libdaxctl|ndctl|cxl)[^ ]*: ' "$file" || fail "$patch: subject"
    author=$(sed -n '/^From: /{ N; s/^From: //; s/\n//; p; q }' "$file" | sed 's/>.*/>/')
    grep -qxF "Signed-off-by: $author" "$file" || fail "$patch: not signed off by $author"
    # three lines at least between the header of the mail and that line
    [ "$(sed '1,/^$/d; /^Signed-off-by:/,$d' "$file" | grep -c .)" -ge 3 ] || fail "$patch: no body"
  done
}

@test "what libdaxctl gains is exported, and declared" {
  local functions=$BATS_TEST_TMPDIR/functions
  cat "$real"/patches-ndctl/*.patch | sed -nE 's/^\+DAXCTL_EXPORT .*[ *](daxctl_[a-z_]+)\(.*/\1/p' | sort -u >"$functions"
  # this one is there before
  sed -i '/^daxctl_dev_is_system_ram_capable$/d' "$functions"
  [ -s "$functions" ]
  diff "$functions" <(cat "$real"/patches-ndctl/*.patch | sed -nE 's/^\+\t(daxctl_[a-z_]+);$/\1/p' | sort)
  diff "$functions" <(cat "$real"/patches-ndctl/*.patch | sed -nE 's/^\+[a-z][^(]*[ *](daxctl_[a-z_]+)\(.*\);$/\1/p' | sort)
}

# ---- scripts/daxctl ----------------------------------------------------------

# A checkout with one patch, a tree that it applies to, and programs that leave
# something where a build would.
make_all() {
  source=$BATS_TEST_TMPDIR/ndctl
  mkdir -p "$source/daxctl" "$repo/patches-ndctl" "$fake"
  printf "project('ndctl', 'c',\n  version : '81',\n)\n" >"$source/meson.build"
  seq 1 20 >"$source/daxctl/device.c"
  cp -r "$real/scripts" "$repo/"
  printf '# made for ndctl v81\none.patch\n' >"$repo/patches-ndctl/series"
  sed 's/^10$/ten/' "$source/daxctl/device.c" | diff -u --label a/daxctl/device.c --label b/daxctl/device.c \
    "$source/daxctl/device.c" - >"$repo/patches-ndctl/one.patch" || true
  make_program meson 'mkdir -p "${@: -2:1}" && cp "${@: -1}/daxctl/device.c" "${@: -2:1}/" && echo "$*" >>"$SEEN"'
  make_program ninja 'mkdir "$2/daxctl" && cp "$2/device.c" "$2/$3" && chmod +x "$2/$3"'
  export SEEN=$BATS_TEST_TMPDIR/seen PATH=$fake:$PATH
  : >"$SEEN"
}

make_program() { # NAME LINE
  printf '#!/bin/bash\n%s\n' "$2" >"$fake/$1"
  chmod +x "$fake/$1"
}

daxctl() { NDCTL_SRC=${1-$source} "$repo/scripts/daxctl" "${@:2}"; }

# Of everything in the tree: what it is, its times, its content
state_of_source() {
  find "$source" -printf '%p %y %m %s %T@ %C@\n' | sort
  find "$source" -type f -exec sha256sum {} + | sort
}

@test "the series is pushed in a copy, which is built" {
  make_all
  run -0 --separate-stderr daxctl
  [[ $output == "$XDG_CACHE_HOME/private-nodes/daxctl/"*/build/daxctl/daxctl ]] || fail "$output"
  grep -qx ten "$output"
  for part in asciidoctor docs keyutils libtracefs poison systemd; do
    grep -qwF -- "-D$part=disabled" "$SEEN" || fail "$part"
  done
}

@test "the tree of the user is left as it is" {
  make_all
  git init -q "$source"
  mkdir "$source/.pc"
  before=$(state_of_source)
  run -0 daxctl
  [ "$(state_of_source)" = "$before" ]
  ! grep -qx ten "$source/daxctl/device.c" || return 1
}

@test "what has been built is not built again, until the tree or the series changes" {
  make_all
  run -0 --separate-stderr daxctl
  first=$output
  run -0 daxctl
  [ "$output" = "$first" ]
  [ "$(wc -l <"$SEEN")" -eq 1 ]
  echo 21 >>"$source/daxctl/device.c"
  run -0 --separate-stderr daxctl
  [ "$output" != "$first" ]
  grep -qx 21 "$output"
  second=$output
  sed -i 's/^+ten/+zehn/' "$repo/patches-ndctl/one.patch"
  run -0 --separate-stderr daxctl
  [ "$output" != "$second" ]
  grep -qx zehn "$output"
}

# Says WHAT and what helps, and has built nothing.
refused() { # WHAT REMEDY
  [[ $output == *"daxctl: error: $1"*$'\n'"  $2"* ]] || fail "$output"
  [ ! -s "$SEEN" ]
}

@test "without NDCTL_SRC it says what to give" {
  make_all
  run -1 daxctl ""
  refused "NDCTL_SRC is not set" "unpack the source of ndctl"
  run -1 "$repo/scripts/daxctl" --check
  refused "NDCTL_SRC is not set" "unpack the source of ndctl"
}

@test "a directory that is not there is named" {
  make_all
  run -1 daxctl "$BATS_TEST_TMPDIR/none"
  refused "NDCTL_SRC=$BATS_TEST_TMPDIR/none: no such directory" "unpack the source of ndctl"
}

@test "a tree of something else is refused" {
  make_all
  sed -i "s/'ndctl'/'other'/" "$source/meson.build"
  run -1 daxctl
  refused "NDCTL_SRC=$source is no source tree of ndctl" "unpack the source of ndctl"
  rm "$source/meson.build"
  run -1 daxctl "$source" --check
  refused "NDCTL_SRC=$source is no source tree of ndctl" "unpack the source of ndctl"
}

@test "another version is a warning" {
  make_all
  sed -i "s/'81'/'82'/" "$source/meson.build"
  run -0 --separate-stderr daxctl
  # shellcheck disable=SC2154 # bats sets it
  [[ $stderr == *"warning: NDCTL_SRC=$source is ndctl v82; patches-ndctl/ was made for v81"* ]] || fail "$stderr"
  sed -i "s/'82'/'81'/" "$source/meson.build"
  run -0 --separate-stderr daxctl
  [[ $stderr != *warning* ]] || fail "$stderr"
}

@test "a patch that does not apply is named, with fuzz as well" {
  make_all
  sed -i 's/^7$/seven/' "$source/daxctl/device.c"
  run -1 daxctl
  refused "patches-ndctl/one.patch does not apply to NDCTL_SRC=$source (ndctl v81)" "give ndctl v81 as it was released"
  sed -i 's/^10$/zehn/' "$source/daxctl/device.c"
  run -1 daxctl
  refused "patches-ndctl/one.patch does not apply" "give ndctl v81"
}

@test "what a failed push left is not taken for a build" {
  make_all
  cp "$source/daxctl/device.c" "$BATS_TEST_TMPDIR/good"
  sed -i 's/^10$/zehn/' "$source/daxctl/device.c"
  run -1 daxctl
  run -1 daxctl
  cp "$BATS_TEST_TMPDIR/good" "$source/daxctl/device.c"
  run -0 --separate-stderr daxctl
  grep -qx ten "$output"
}

@test "a program that is missing is named before anything is built" {
  make_all
  local tool only=$BATS_TEST_TMPDIR/only
  mkdir "$only"
  for tool in awk bash cat cc cut dirname flock grep mkdir pkg-config quilt readlink rm sed sha256sum sort tar; do
    ln -s "$(type -P "$tool" || echo /bin/true)" "$only/$tool"
  done
  PATH=$only run -1 daxctl
  refused "'meson' is not installed" "run: scripts/install-deps daxctl"
  run -0 "$repo/scripts/daxctl" --help
  [[ $output == *NDCTL_SRC=DIR* ]]
  run -2 daxctl "$source" --chekc
}

@test "when the build fails, its last lines are shown, and it is tried again" {
  make_all
  make_program meson 'echo "meson.build:1: ERROR: no libkmod" >&2; exit 1'
  run -1 daxctl
  [[ $output == *"ERROR: no libkmod"*"daxctl cannot be built: 'meson' failed"*"build.log"* ]] || fail "$output"
  run -1 daxctl
}

@test "only make daxctl installs what it alone needs" {
  local list=$BATS_TEST_TMPDIR/list
  sed -n '/^packages()/,/^}/p' "$real/scripts/install-deps" >"$list"
  run -0 bash -c 'target= && source "$1" && packages' - "$list"
  [[ $output != *meson* ]] || fail "$output"
  run -0 bash -c 'target=daxctl && source "$1" && packages' - "$list"
  [[ $output == *meson*ninja-build*uuid-dev* ]] || fail "$output"
}
