#!/usr/bin/env bats
# daxctl-private holders, on captured machines
# shellcheck disable=SC2154 # run sets output and stderr

load lib
load procs

setup() {
  empty_node
}

@test "a device that nobody uses has empty lists" {
  run -0 look holders dax0.0
  equal "$(json 0.chardev)" dax0.0
  equal "$(json 0.node)" 1
  equal "$(json 0.state)" online_movable
  equal "$(json 0.processes)" "[]"
  equal "$(json 0.cgroups)" "[]"
  equal "$(json 0.unknown)" "[]"
  equal "$(json 0.pages.free)" 32768
}

@test "a process with pages there is named, and one without is not" {
  process 41 /jobs <<'END'
00400000 default file=/usr/bin/job mapped=20 N0=20 kernelpagesize_kB=4
7f0000000000 bind:1 anon=10 dirty=10 active=0 N1=10 kernelpagesize_kB=4
7f0000100000 prefer (many)=static:0-1 anon=8 N0=3 N1=5 kernelpagesize_kB=4
7f0000200000 default heap huge anon=2 N1=2 kernelpagesize_kB=2048
END
  process 42 /jobs <<<'7f0000000000 default anon=9 N0=9 N10=4 kernelpagesize_kB=4'
  run -0 look holders dax0.0
  equal "$(json 0.processes.0.pid)" 41
  equal "$(json 0.processes.0.command)" job-41
  equal "$(json 0.processes.0.cgroup)" /jobs
  equal "$(json 0.processes.0.resident)" $((15 * 4096 + 2 * 2097152))
  equal "$(json 0.processes | grep -o pid | wc -l)" 1
}

@test "cgroups have their processes, and what is charged to them on the node" {
  local pid
  for pid in 9 41; do
    process $pid /jobs <<<'7f0000000000 bind:1 anon=10 N1=10 kernelpagesize_kB=4'
  done
  process 50 /other <<<'7f0000000000 bind:1 anon=1 N1=1 kernelpagesize_kB=4'
  printf 'anon N0=4096 N1=90112\nfile N0=1 N1=7\n' >"$MACHINE/sys/fs/cgroup/jobs/memory.numa_stat"
  run -0 look holders dax0.0
  equal "$(json 0.cgroups.0.cgroup)" /jobs
  equal "$(json 0.cgroups.0.charged)" 90112
  equal "$(json 0.cgroups.0.pids)" "[9, 41]"
  equal "$(json 0.cgroups.1.pids)" "[50]"
  [[ $(json 0.cgroups.1) != *charged* ]]
}

@test "cgroups of any name are told apart, each with what is charged to it" {
  local name nr=0
  for name in dé dà $'d\xff' $'d\xfe'; do
    process $((++nr + 60)) "/$name" <<<'7f0000000000 bind:1 anon=1 N1=1 kernelpagesize_kB=4'
    process $((++nr + 60)) "/$name" <<<'7f0000000000 bind:1 anon=1 N1=1 kernelpagesize_kB=4'
    printf 'anon N0=0 N1=%d\nfile N0=0 N1=0\n' $nr >"$MACHINE/sys/fs/cgroup/$name/memory.numa_stat"
  done
  run -0 look holders dax0.0
  equal "$(json 0.cgroups | python3 -c '
import json, sys
for group in json.load(sys.stdin): print(group["cgroup"], group["charged"], *group["pids"])')" \
    $'/dé 2 61 62\n/dà 4 63 64\n/d? 6 65 66\n/d? 8 67 68'
  equal "$(json 0.processes.0.cgroup)" /dé
}

@test "pages are counted by who uses them" {
  # free, anonymous and mapped, mlocked, huge, in the swap cache and unmapped, poisoned
  frames $((1 << 10)) $((1 << 12 | 1 << 11)) $((1 << 12 | 1 << 11 | 1 << 18 | 1 << 33)) \
    $((1 << 12 | 1 << 11 | 1 << 22)) $((1 << 12 | 1 << 13)) $((1 << 19)) $((1 << 37)) 0 \
    $((1 << 5)) $((1 << 7)) $((1 << 26)) $((1 << 17)) 1 $((1 << 20))
  run -0 look holders dax0.0
  equal "$(json 0.pages.anonymous)" 4
  equal "$(json 0.pages.mlocked)" 1
  equal "$(json 0.pages.huge)" 1
  equal "$(json 0.pages.swapcache)" 1
  equal "$(json 0.pages.unmapped)" 1
  local kind
  for kind in hwpoison memmap blank file slab page_tables hugetlb other; do
    equal "$(json 0.pages.$kind)" 1 $kind
  done
  equal "$(json 0.pages.free)" $((32768 - 13))
  equal "$(json 0.unknown.0.code)" unmapped
}

@test "who has pinned a fixed buffer there is named, and what it has open" {
  PINNED=64 LOCKED=8 process 41 / <<<'7f0000000000 bind:1 anon=16 N1=16 kernelpagesize_kB=4'
  ln -s 'anon_inode:[io_uring]' "$MACHINE/proc/41/fd/3"
  ln -s /dev/vfio/12 "$MACHINE/proc/41/fd/4"
  ln -s /dev/null "$MACHINE/proc/41/fd/5"
  printf 'UserFiles:\t1\n    0: 0x7f/1\nUserBufs:\t2\n    0: 0x7f0000000000/8192\n    1: 0x7f0000004000/4096\nPollList:\n' \
    >"$MACHINE/proc/41/fdinfo/3"
  pagemap 41 7f0000000000 "$(present "$FIRST")" "$(present 7)" 0 0 "$(present $((FIRST + 1)))"
  run -0 look holders dax0.0
  equal "$(json 0.processes.0.pinned)" 8192
  equal "$(json 0.processes.0.pinned_anywhere)" 65536
  equal "$(json 0.processes.0.locked)" 8192
  equal "$(json 0.processes.0.pinned_by)" '["io_uring", "vfio"]'
  equal "$(json 0.unknown.0.code)" pins
}

@test "without page frames the rest is shown" {
  rm "$MACHINE/proc/kpageflags"
  process 41 / <<<'7f0000000000 bind:1 anon=16 N1=16 kernelpagesize_kB=4'
  run -0 look holders dax0.0
  equal "$(json 0.processes.0.pid)" 41
  equal "$(json 0.unknown.0.code)" pages
}

@test "lines that make no sense and names that are no text do no harm" {
  process 41 / <<'END'
nonsense
7f0000000000
7f0000100000 future-mode:1 N1=2 kernelpagesize_kB=4 N1= N=3 Nx=9
7f0000200000 bind:
END
  printf 'a\xff\n"b' >"$MACHINE/proc/41/comm"
  : >"$MACHINE/proc/41/status"
  mkdir "$MACHINE/proc/77" "$MACHINE/proc/self2"
  run -0 look holders dax0.0
  equal "$(json 0.processes.0.resident)" 8192
  equal "$(json 0.processes.0.command)" 'a??"b'
}

@test "several devices, those of a region, and sizes for people" {
  process 41 / <<<'7f0000000000 bind:1 anon=16 N1=16 kernelpagesize_kB=4'
  run -0 look holders all
  equal "$(json | grep -o chardev | wc -l)" 3
  run -0 look holders -u --region 0 all
  equal "$(json chardev)" dax0.0
  equal "$(json processes.0.resident)" "64.00 KiB (65.54 KB)"
}

@test "a device that does not exist is 3, and none is wrong usage" {
  run -3 --separate-stderr look holders dax7.0
  equal "$output" "[]"
  equal "$stderr" "error: dax7.0: no such dax device: ENODEV: see daxctl-private list"
  run -2 look holders
}
