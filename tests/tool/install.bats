#!/usr/bin/env bats
# What "make install" of daxctl-private puts where, and what "make" heeds.

load lib

TOOL=$BATS_TEST_DIRNAME/../../tools/daxctl-private

setup() {
  DEST=$BATS_TEST_TMPDIR/dest
  EXAMPLE=$DEST/etc/daxctl-private.conf.d/daxctl-private.example.conf
}

# With the program that is built already.
install_tool() { # VARIABLE=VALUE...
  make -s -C "$TOOL" install DESTDIR="$DEST" "$@"
}

# The program is found by the link, which stays right where DESTDIR is moved to.
link_is() { # LINK TARGET
  equal "$(readlink "$DEST$1")" "$2"
  mv "$DEST" "$BATS_TEST_TMPDIR/moved"
  "$BATS_TEST_TMPDIR/moved$1" --list-cmds | grep -qx plug
}

@test "DESTDIR and prefix are heeded" {
  install_tool prefix=/opt/dp
  [ -x "$DEST/opt/dp/bin/daxctl-private" ]
  [ -e "$DEST/opt/dp/share/man/man1/daxctl-private-list.1" ]
  [ -e "$DEST/opt/dp/lib/systemd/system/daxctl-private-apply@.service" ]
  diff <(ls "$DEST") <(printf '%s\n' etc opt)
  diff <(ls "$DEST/etc") <(echo daxctl-private.conf.d)
  link_is /opt/dp/lib/daxctl-private/bin/daxctl ../../../bin/daxctl-private
}

@test "PREFIX is the same, and prefix wins" {
  install_tool PREFIX=/opt/dp
  [ -x "$DEST/opt/dp/bin/daxctl-private" ]
  grep -q '^ExecStart=/opt/dp/bin/' "$DEST/opt/dp/lib/systemd/system/daxctl-private-apply@.service"
  rm -r "$DEST"
  install_tool PREFIX=/opt/dp prefix=/opt/other
  diff <(ls "$DEST/opt") <(echo other)
}

@test "the manual says where things are, at each prefix" {
  local prefix text page
  for prefix in /opt/dp /usr; do
    install_tool prefix=$prefix
    page=$(tr -d '\\' <"$DEST$prefix/share/man/man1/daxctl-private.1")
    for text in "$prefix/share/daxctl-private/schema" "PATH=$prefix/lib/daxctl-private/bin:" \
      "source $prefix/share/bash-completion/completions/daxctl-private"; do
      grep -qF "$text" <<<"$page" || fail "not in the page: $text"
    done
  done
}

@test "the link is relative and leads to the program wherever that goes" {
  install_tool prefix=/opt/dp bindir=/opt/programs
  link_is /opt/dp/lib/daxctl-private/bin/daxctl ../../../../programs/daxctl-private
}

@test "an example that the admin has changed, or made a link, stays" {
  install_tool
  cmp "$EXAMPLE" "$TOOL/boot/daxctl-private.example.conf"
  equal "$(install_tool)" "" "what is said of one that is the same"
  echo "mode = private" >"$EXAMPLE"
  equal "$(install_tool)" "  KEEP    $EXAMPLE"
  equal "$(cat "$EXAMPLE")" "mode = private"
  ln -sfn nothing "$EXAMPLE"
  install_tool
  equal "$(readlink "$EXAMPLE")" nothing
}

@test "CC, CPPFLAGS, CFLAGS and LDFLAGS are heeded, from the environment, too" {
  local how commands
  local -a flags=(CC=some-cc CPPFLAGS=-DCPP_FLAG CFLAGS=-DC_FLAG LDFLAGS=-Lld-flag)
  for how in make env; do
    if [ $how = make ]; then
      commands=$(make -n -C "$TOOL" O="$BATS_TEST_TMPDIR/o" "${flags[@]}" all)
    else
      commands=$(env "${flags[@]}" make -n -C "$TOOL" O="$BATS_TEST_TMPDIR/o" all)
    fi
    grep -qE '^some-cc -DCPP_FLAG -DC_FLAG .*-Wshadow .* main\.c$' <<<"$commands" \
      || fail "$how: $(grep 'main\.c$' <<<"$commands")"
    grep -qE '^some-cc .*-DC_FLAG .*-Lld-flag .*/main\.o ' <<<"$commands" || fail "$how: the link"
  done
}
