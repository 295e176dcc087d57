#!/usr/bin/env bats
# daxctl-private audit, on captured machines: the frames of dax0.0 are made up.
# shellcheck disable=SC2154 # run sets output and stderr

load lib
load procs

setup() {
  empty_node
  set_attr dax0.0 stats/placed 0
  sed -i '/^Node 1,/,/^Node 2,/s/^\( *count:\).*/\1 0/' "$MACHINE/proc/zoneinfo"
}

# The audit must find just this.
finds() { # CODE
  run -1 look audit dax0.0
  equal "$(json 0.explained)" false
  equal "$(json 0.violations.0.code)" "$1"
  equal "$(json 0.violations | grep -o '"code"' | wc -l)" 1
}

@test "an empty node is explained" {
  run -0 look audit dax0.0
  equal "$(json 0.explained)" true
  equal "$(json 0.violations)" "[]"
  equal "$(json 0.pages.free)" 32768
}

@test "anonymous pages that the gate let in are explained, and one more is not" {
  frames $ANON $ANON
  set_attr dax0.0 stats/placed 2
  run -0 look audit dax0.0
  equal "$(json 0.pages.anonymous)" 2
  equal "$(json 0.placed)" 2
  set_attr dax0.0 stats/placed 1
  finds anonymous
}

@test "pages that were never counted are not explained" {
  frames $ANON
  rm "$MACHINE"/sys/devices/platform/hmem.0/dax0.0/stats/placed
  finds uncounted
}

# dax1.0 is on the node of dax0.0, and the kernel says of both what it counts there.
share_node() { # PLACED
  set_attr dax1.0 node 1
  set_attr dax0.0 stats/placed "$1"
  set_attr dax1.0 stats/placed "$1"
}

# What is on the node of both is not explained, whichever of them is asked for.
both_find() { # CODE TEXT
  local words
  for words in dax0.0 dax1.0; do
    run -1 look audit $words
    equal "$(json 0.violations)" "[{\"code\": \"$1\", \"text\": \"$2\"}]" "$words"
  done
  run -1 look audit
  equal "$(json 0.explained) $(json 1.explained)" "false false"
}

@test "what the gate let in is a bound for all devices of a node together" {
  share_node 4
  frames $ANON $ANON
  more_frames $ANON $ANON
  run -0 look audit
  equal "$(json 0.pages.anonymous) $(json 1.pages.anonymous) $(json 0.placed)" "2 2 4"
  equal "$(json 0.on_node)" '{"anonymous": 4, "blank": 0}'
  share_node 3
  both_find anonymous "4 anonymous pages are on the node, but the gate let only 3 in"
}

@test "what was let in may be on any device of the node" {
  share_node 4
  frames
  more_frames $ANON $ANON $ANON $ANON
  run -0 look audit
  equal "$(json 0.pages.anonymous) $(json 1.pages.anonymous)" "0 4"
}

@test "pages without flags are those of all devices of the node" {
  share_node 0
  frames 0
  more_frames 0
  sed -i '/^Node 1,/,/^Node 2,/{0,/^\( *count:\).*/s//\1 2/}' "$MACHINE/proc/zoneinfo"
  run -0 look audit
  sed -i '/^Node 1,/,/^Node 2,/s/^\( *count:\).*/\1 0/' "$MACHINE/proc/zoneinfo"
  sed -i '/^Node 1,/,/^Node 2,/{0,/^\( *count:\).*/s//\1 1/}' "$MACHINE/proc/zoneinfo"
  both_find blank "2 pages of the node have no flags, and only 1 of them are free in the lists of CPUs"
}

@test "of a device that is unplugged nothing is on the node" {
  share_node 2
  frames $ANON $ANON
  more_frames $ANON $ANON
  set_attr dax1.0 hotplug unplugged
  run -0 look audit
  equal "$(json 0.on_node.anonymous) $(json 1.explained)" "2 true"
}

@test "poisoned pages and the memmap are explained" {
  frames $((1 << 19)) $((1 << 37))
  run -0 look audit dax0.0
  equal "$(json 0.pages.hwpoison)" 1
  equal "$(json 0.pages.memmap)" 1
}

@test "pages without flags are those in the lists of CPUs, or nobody's" {
  frames 0 0
  sed -i '/^Node 1,/,/^Node 2,/s/^\( *count:\).*/\1 1/' "$MACHINE/proc/zoneinfo"
  run -0 look audit dax0.0
  equal "$(json 0.pages.blank)" 2
  sed -i '/^Node 1,/,/^Node 2,/s/^\( *count:\).*/\1 0/' "$MACHINE/proc/zoneinfo"
  finds blank
}

@test "what is the kernel's or of the page cache is a violation" {
  frames $((1 << 7))
  finds slab
  frames $((1 << 26))
  finds page_tables
  frames $((1 << 5 | 1 << 11))
  finds file
  frames $((1 << 17 | 1 << 11))
  finds hugetlb
  frames $((1 << 35))
  finds other
}

@test "a node that the kernel takes for ordinary memory is a violation" {
  echo 0-1 >"$MACHINE/sys/devices/system/node/has_memory"
  finds ordinary
}

@test "a device that is unplugged has nothing to explain" {
  frames $((1 << 7))
  set_attr dax0.0 hotplug unplugged
  run -0 look audit dax0.0
  equal "$(json 0.explained)" true
  equal "$(json 0.state)" unplugged
}

@test "without names all devices of ours are looked at, and with a region those of it" {
  more_frames
  run -0 look audit
  equal "$(json | grep -o chardev | wc -l)" 2
  run -0 look audit --region 0 all
  equal "$(json | grep -o chardev | wc -l)" 1
  machine nodax
  run -0 look audit
  equal "$output" "[]"
}

@test "a device that is not private is an error, and one that is not there is 3" {
  run -1 --separate-stderr look audit dax2.0
  equal "$stderr" "error: dax2.0: a device in mode disabled has no private node: EINVAL: see daxctl-private list"
  run -3 look audit dax7.0
}

@test "a kernel that shows no frames is 77" {
  rm "$MACHINE/proc/kpageflags"
  run -77 --separate-stderr inside audit dax0.0
  equal "$output" "[]"
  equal "$stderr" "error: dax0.0: cannot look at its page frames: ENOENT: does the kernel have CONFIG_PROC_PAGE_MONITOR?"
}

@test "who is shown none of the frames has proved nothing" {
  : >"$MACHINE/proc/kpageflags"
  run -1 --separate-stderr look audit
  equal "$output" "[]"
  equal "$stderr" "error: dax0.0: it is plugged, and none of its page frames is shown: ENODATA: look again: daxctl-private list
error: dax1.0: it is plugged, and none of its page frames is shown: ENODATA: look again: daxctl-private list"
}
