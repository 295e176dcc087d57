#!/usr/bin/env bats
# daxctl-private explain, on captured machines. dax0.0 is node 1, open to demotion;
# dax1.0 is node 2, compressed RAM.
# shellcheck disable=SC2154 # run sets output and stderr

load lib
load procs

setup() {
  empty_node
  set_attr dax0.0 mbind 1
  echo true >"$MACHINE/sys/kernel/mm/numa/demotion_enabled"
}

# The codes of the reasons that the JSON has at PATH.
codes() { # PATH
  json "$1" | grep -o '"code": "[^"]*' | sed 's/.*"//' | paste -sd' '
}

mapping_is() { # LINE-OF-NUMA_MAPS CODE...
  process 41 /jobs <<<"7f0000000000 $1"
  run -0 look explain 41
  equal "$(codes 0.mappings.0.reasons)" "${*:2}" "$1"
}

# The first page of a mapping with POLICY is what ENTRY of pagemap says.
page_is() { # POLICY ENTRY CODE...
  process 41 /jobs <<<"7f0000000000 $1"
  pagemap 41 7f0000000000 "$2"
  run -0 look explain 41 7f0000000010
  equal "$(codes 0.page.reasons)" "${*:3}" "$1"
}

@test "memory is shown by node, with the devices of private nodes" {
  process 41 /jobs <<'END'
00400000 default file=/usr/bin/job mapped=20 N0=20 kernelpagesize_kB=4
7f0000000000 bind:1 anon=10 N1=10 kernelpagesize_kB=4
7f0000100000 default heap anon=6 N0=4 N2=2 kernelpagesize_kB=4
END
  run -0 look explain 41
  equal "$(json 0.pid)" 41
  equal "$(json 0.command)" job-41
  equal "$(json 0.cgroup)" /jobs
  equal "$(json 0.nodes.0)" '{"node": 0, "resident": 98304, "private": false, "devices": []}'
  equal "$(json 0.nodes.1)" '{"node": 1, "resident": 40960, "private": true, "devices": ["dax0.0"]}'
  equal "$(json 0.nodes.2)" '{"node": 2, "resident": 8192, "private": true, "devices": ["dax1.0"]}'
  equal "$(json 0.mappings | grep -o '"address"' | wc -l)" 2
  equal "$(json 0.mappings.0.address)" 0x7f0000000000
  equal "$(json 0.mappings.0.policy)" bind
  equal "$(json 0.mappings.0.policy_nodes)" 1
  equal "$(codes 0.reasons)" ""
}

@test "a process that has nothing to do with private nodes is unbound" {
  process 41 /jobs <<<'7f0000000000 default anon=10 N0=10 kernelpagesize_kB=4'
  run -0 look explain 41
  equal "$(json 0.mappings)" "[]"
  equal "$(codes 0.reasons)" unbound
}

@test "what is on the node is bound, stayed, was demoted or moved" {
  mapping_is 'bind:1 anon=1 N1=1 kernelpagesize_kB=4' bound
  mapping_is 'bind=static|balancing:1 anon=1 N1=1 kernelpagesize_kB=4' bound
  mapping_is 'default anon=1 N1=1 kernelpagesize_kB=4' demoted
  mapping_is 'default anon=1 N2=1 kernelpagesize_kB=4' demoted
  set_attr dax0.0 demotion 0
  mapping_is 'default anon=1 N1=1 kernelpagesize_kB=4' moved
  set_attr dax0.0 mbind 0
  mapping_is 'bind:1 anon=1 N1=1 kernelpagesize_kB=4' stayed
}

@test "what a policy would put there is kept away by the opt-ins" {
  set_attr dax0.0 mbind 0
  mapping_is 'bind:1 anon=1 N0=1 kernelpagesize_kB=4' mbind-off
  set_attr dax0.0 mbind 1
  mapping_is 'prefer (many):0-1 anon=1 N0=1 kernelpagesize_kB=4' interleave-off
  mapping_is 'weighted interleave:0-1 anon=1 N0=1 kernelpagesize_kB=4' interleave-off
  set_attr dax0.0 interleave 1
  mapping_is 'interleave:0-1 anon=1 N0=1 kernelpagesize_kB=4' other-node
}

@test "a cpuset up to the root keeps it away" {
  mkdir -p "$MACHINE/sys/fs/cgroup/jobs/one"
  echo >"$MACHINE/sys/fs/cgroup/jobs/one/cpuset.mems"
  echo 0 >"$MACHINE/sys/fs/cgroup/jobs/cpuset.mems"
  process 41 /jobs/one <<<'7f0000000000 bind:1 anon=1 N0=1 kernelpagesize_kB=4'
  run -0 look explain 41
  equal "$(codes 0.mappings.0.reasons)" cpuset
  equal "$(json 0.mappings.0.reasons.0.text)" "cpuset.mems of the cgroup /jobs leaves node 1 out"
  echo 0-1 >"$MACHINE/sys/fs/cgroup/jobs/cpuset.mems"
  run -0 look explain 41
  equal "$(codes 0.mappings.0.reasons)" came-before
}

@test "cgroups are looked for where they are mounted" {
  mkdir -p "$MACHINE/run/cgroup2/jobs" "$MACHINE/proc/self"
  echo 'none /run/cgroup2 cgroup2 rw 0 0' >"$MACHINE/proc/self/mounts"
  echo 0 >"$MACHINE/run/cgroup2/jobs/cpuset.mems"
  process 41 /jobs <<<'7f0000000000 bind:1 anon=1 N0=1 kernelpagesize_kB=4'
  run -0 look explain 41
  equal "$(codes 0.mappings.0.reasons)" cpuset
}

@test "names are shown as they are, as far as they are text" {
  process 41 /möbel <<<'7f0000000000 bind:1 anon=1 N0=1 kernelpagesize_kB=4'
  echo 0 >"$MACHINE/sys/fs/cgroup/möbel/cpuset.mems"
  printf 'ма\xff\033c\n' >"$MACHINE/proc/41/comm"
  run -0 look explain 41
  equal "$(json 0.cgroup) $(json 0.command)" "/möbel ма??c"
  [[ $(json 0.mappings.0.reasons.0.text) == *" /möbel "* ]]
}

@test "else the node is full, the memory came before, or is pinned" {
  mapping_is 'bind:1 anon=1 N0=1 kernelpagesize_kB=4' came-before
  PINNED=4 mapping_is 'bind:1 anon=1 N0=1 kernelpagesize_kB=4' pinned came-before
  mapping_is 'bind:1' absent
  sed -i '/^Node 1,/,/^Node 2,/s/^\( *pages free\).*/\1 7/' "$MACHINE/proc/zoneinfo"
  mapping_is 'bind:1 anon=1 N0=1 kernelpagesize_kB=4' full
}

@test "what is pinned for long does not stay in ZONE_MOVABLE" {
  local line='bind:1 anon=1 N0=1 kernelpagesize_kB=4'
  set_attr dax0.0 ltpin 1
  PINNED=4 mapping_is "$line" zone came-before
  mapping_is "$line" came-before
  set_attr dax0.0 hotplug online_kernel
  PINNED=4 mapping_is "$line" came-before
}

@test "compressed RAM cannot be named" {
  mapping_is 'bind:2 anon=1 N0=1 kernelpagesize_kB=4' cram
}

@test "a page that no policy names is not cold, or its way is closed" {
  local entry
  entry=$(present 7)
  page_is 'default anon=1 N0=1 kernelpagesize_kB=4' "$entry" not-named not-cold not-cold
  echo false >"$MACHINE/sys/kernel/mm/numa/demotion_enabled"
  page_is 'default anon=1 N0=1 kernelpagesize_kB=4' "$entry" \
    not-named demotion-disabled demotion-disabled
  echo true >"$MACHINE/sys/kernel/mm/numa/demotion_enabled"
  set_attr dax1.0 gate closed
  set_attr dax0.0 demotion 0
  page_is 'default anon=1 N0=1 kernelpagesize_kB=4' "$entry" not-named gate
  set_attr dax1.0 hotplug unplugged
  page_is 'default anon=1 N0=1 kernelpagesize_kB=4' "$entry" not-named no-demotion
}

@test "a page on the node is told with its frame, its flags and its node" {
  frames $((ANON | 1 << 6)) $((ANON | 1 << 18))
  page_is 'bind:1 anon=1 N1=1 kernelpagesize_kB=4' "$(present "$FIRST")" bound
  equal "$(json 0.page.state)" present
  equal "$(json 0.page.node)" 1
  equal "$(json 0.page.frame)" 0x100000
  equal "$(json 0.page.flags)" '["active", "anonymous"]'
  page_is 'bind:1 anon=1 N1=1 kernelpagesize_kB=4' "$(present $((FIRST + 1)))" bound
  equal "$(json 0.page.flags)" '["anonymous", "mlocked"]'
}

@test "a page that is locked or used lately is not demoted" {
  # as of a device that is not plugged: its frames are ordinary to the process
  set_attr dax0.0 hotplug unplugged
  frames $((ANON | 1 << 18)) $((ANON | 1 << 2))
  page_is 'default anon=1 N0=1 kernelpagesize_kB=4' "$(present "$FIRST")" not-named mlocked
  page_is 'default anon=1 N0=1 kernelpagesize_kB=4' "$(present $((FIRST + 1)))" not-named in-use
}

@test "a page that is not there is absent, in swap, or the zero page" {
  page_is 'bind:1' 0 absent
  equal "$(json 0.page.state)" absent
  page_is 'bind:1' $((1 << 62)) swapped
  frames $((1 << 24 | 1 << 11))
  page_is 'bind:1' "$(present "$FIRST")" zero-page
}

@test "memory that is not anonymous is never there" {
  page_is 'bind:1 file=/dev/zero\040(deleted) N0=1 kernelpagesize_kB=4' "$(present 7)" not-anonymous
  page_is 'bind:1 huge anon=1 N0=1 kernelpagesize_kB=2048' "$(present 7)" not-anonymous
}

@test "sizes for people" {
  process 41 /jobs <<<'7f0000000000 bind:1 anon=16 N1=16 kernelpagesize_kB=4'
  run -0 look explain -u 41
  equal "$(json nodes.0.resident)" "64.00 KiB (65.54 KB)"
}

@test "a process that does not exist is 3, an address that is not mapped 1" {
  run -3 --separate-stderr look explain 41
  equal "$output" "[]"
  equal "$stderr" "error: process 41: there is none: ESRCH"
  process 41 /jobs <<<'7f0000000000 bind:1'
  run -1 --separate-stderr look explain 41 1000
  equal "$output" "[]"
  equal "$stderr" "error: explain: nothing is mapped at 0x1000: EFAULT: see /proc/PID/maps"
}

@test "what is no PID or no address is wrong usage" {
  local word
  run -2 look explain
  run -2 look explain 1 2 3
  for word in 0 x 4x '' 99999999999; do
    run -2 look explain "$word"
  done
  for word in x -1 ' -1' ' 7f' +5 '' 123456789012345678901; do
    run -2 --separate-stderr look explain 41 -- "$word"
  done
}
