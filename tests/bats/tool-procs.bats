#!/usr/bin/env bats
# vm: --private 128M --private 128M --swap 128M --dram 512M
# kernels: default
# What daxctl-private says and does of processes: run, holders, explain, audit, drain.
# shellcheck disable=SC2154,SC2030,SC2031 # run sets output and stderr

load lib
load ../tool/examples

TOOL=$BATS_TEST_DIRNAME/../../tools/daxctl-private/build/daxctl-private

# The values of KEY in the JSON in $output, a line each.
values() { # KEY
  sed -n -E 's/^ *"'"$1"'": *"?([^",]*)"?,?$/\1/p' <<<"$output"
}

first() { # KEY
  values "$1" | head -n1
}

# Lets the background script have 8M on the node, with STATEMENTS before it gets ready.
hold_memory() { # [STATEMENT...]
  background_ready "map 8M as memory; bind $NODE; fill 3" "$@" \
    "signal $READY; wait $GO; use memory; verify 3"
}

codes() { # of the violations or reasons
  values code | sort -u | paste -sd' '
}

# --- run ---------------------------------------------------------------------

@test "run puts the memory of a command on the device, and exits as it does" {
  plug_for_mbind
  run -0 "$TOOL" run -d dax0.0 -- memscript "task-policy-is $NODE; map 4M; touch; on $NODE all"
  run -7 "$TOOL" run --bind -d dax0.0 sh -c 'exit 7'
}

# The address and the number of pages are others each time; whether a page was found
# referenced depends on what else reclaims.
same_each_time() {
  sed -E 's/[0-9a-f]{8,}/ADDRESS/; s/ active=[0-9]+//; s/=[0-9]+/=N/g'
}

@test "run does what its page shows" {
  local shown
  shown=$(page_example run "run -d dax0.0 -- sh -c 'grep -m 1 heap /proc/self/numa_maps'")
  plug_for_mbind
  run -0 "$TOOL" run -d dax0.0 -- sh -c 'grep -m 1 heap /proc/self/numa_maps'
  equal "$(same_each_time <<<"$output")" "$(same_each_time <<<"$shown")"
}

@test "run takes the memory of several devices" {
  plug_for_mbind online dax1.0
  plug_for_mbind
  run -0 "$TOOL" run -d dax0.0 -d dax1.0 -- memscript \
    "task-policy-is 1,2; map 160M; touch; on 1 some; on 2 some; on 0 0"
}

@test "run prefers devices, or interleaves them with DRAM" {
  plug_for_mbind
  set_attr interleave 1
  run -0 "$TOOL" run -p -d dax0.0 -- memscript "task-policy-is $NODE preferred; map 4M; touch; on $NODE all"
  run -0 "$TOOL" run -i -d dax0.0 -- memscript \
    "task-policy-is 0,$NODE interleave; map 4M; touch; on $NODE 512p; on 0 512p"
}

@test "run says what keeps the command off the device" {
  run -1 --separate-stderr "$TOOL" run -d dax0.0 true
  equal "$stderr" "error: dax0.0: it is not plugged: ENXIO: daxctl-private plug dax0.0"
  plug
  run -1 --separate-stderr "$TOOL" run -d dax0.0 true
  equal "$stderr" "error: dax0.0: it is not open to processes: mbind is 0: EPERM: daxctl-private policy dax0.0 mbind=1"
  set_attr mbind 1
  run -1 --separate-stderr "$TOOL" run -i -d dax0.0 true
  equal "$stderr" "error: dax0.0: it is not open to processes: interleave is 0: EPERM: daxctl-private policy dax0.0 interleave=1"
}

@test "run and explain name the cpuset that leaves the node out" {
  local group
  plug_for_mbind
  group=$(cgroup run)
  echo 0 >"$group/cpuset.mems"
  run -1 --separate-stderr bash -c "echo \$\$ >$group/cgroup.procs; exec '$TOOL' run -d dax0.0 true"
  equal "$stderr" "error: dax0.0: the cpuset leaves node 1 out: EPERM: add 1 to cpuset.mems of the cgroup /bats.run"
  echo 0-1 >"$group/cpuset.mems"
  run -0 bash -c "echo \$\$ >$group/cgroup.procs; exec '$TOOL' run -d dax0.0 true"
}

@test "run exits as a shell does if there is no such command" {
  plug_for_mbind
  run -127 "$TOOL" run -d dax0.0 -- /nowhere
  run -126 "$TOOL" run -d dax0.0 -- /etc/passwd
}

# --- holders -----------------------------------------------------------------

@test "holders names the process, its cgroup and its pages" {
  local group
  group=$(cgroup holders)
  plug_for_mbind
  hold_memory "write $group/cgroup.procs self" "map 4M; bind $NODE; touch" "mlock"
  run -0 "$TOOL" holders dax0.0
  equal "$(first pid)" "$BACKGROUND"
  equal "$(first command)" memscript
  equal "$(first resident)" $((12 << 20))
  equal "$(first cgroup)" /bats.holders
  equal "$(values charged)" $((4 << 20))
  equal "$(first locked)" $((4 << 20))
  equal "$(first anonymous)" 3072
  equal "$(first mlocked)" 1024
  background_finish
  run -0 "$TOOL" holders dax0.0
  equal "$(values pid)" ""
  equal "$(first anonymous)" 0
}

@test "holders names who has pinned a buffer there" {
  set_attr ltpin 1
  plug_for_mbind
  hold_memory "map 1M; bind $NODE; fill 1; pin long"
  run -0 "$TOOL" holders dax0.0
  equal "$(first pid)" "$BACKGROUND"
  equal "$(first pinned)" $((1 << 20))
  equal "$(first pinned_anywhere)" $((1 << 20))
  [[ $output == *'"pinned_by":['*'"io_uring"'* ]]
  [[ $(codes) == *pins* ]]
  background_finish
}

@test "holders sees pages that the kernel alone holds" {
  plug_for_mbind
  background_ready "map 64K; bind $NODE; fill 1; pin short; munmap; signal $READY; wait $GO"
  run -0 "$TOOL" holders dax0.0
  equal "$(values pid)" ""
  equal "$(first unmapped)" 16
  equal "$(codes)" unmapped
  background_finish
}

@test "holders without rights says what it could not see" {
  plug_for_mbind
  hold_memory
  cp "$TOOL" /tmp/daxctl-private
  run -0 setpriv --reuid 65534 --clear-groups --inh-caps=-all /tmp/daxctl-private holders dax0.0
  equal "$(values pid)" ""
  equal "$(codes)" "pages processes"
  background_finish
}

# --- audit -------------------------------------------------------------------

@test "audit finds nothing on a node that was never opened" {
  plug
  run -0 "$TOOL" audit dax0.0
  equal "$(first explained)" true
  equal "$(first anonymous)" 0
  equal "$(first placed)" 0
  within "$(first free)" "$(zoneinfo managed "$NODE")" 2048
}

@test "audit explains what processes have there, in either zone" {
  local zone
  for zone in online_movable online_kernel; do
    rm -f "$READY" "$GO"
    plug_for_mbind "$zone"
    hold_memory
    run -0 "$TOOL" audit all
    equal "$(first explained)" true
    equal "$(first anonymous)" 2048
    background_finish
    assert_node_empty
    unplug
  done
}

@test "audit explains what is left after everything was closed again" {
  plug_for_mbind
  hold_memory
  set_attr mbind 0
  run -0 "$TOOL" audit dax0.0
  equal "$(first anonymous)" 2048
  background_finish
}

@test "audit explains huge pages and a poisoned page" {
  plug_for_mbind
  echo always >"$THP/enabled"
  pages_get_lost
  background_ready "map 4M; bind $NODE; fill 1; map 64K; bind $NODE" \
    "fork; fill 1; slice 0 4K; madvise hwpoison; end BUS; signal $READY; wait $GO"
  run -0 "$TOOL" audit dax0.0
  equal "$(first explained)" true
  equal "$(first hwpoison)" 1
  background_finish
}

@test "audit needs root" {
  plug
  cp "$TOOL" /tmp/daxctl-private
  run -1 --separate-stderr setpriv --reuid 65534 --clear-groups --inh-caps=-all \
    /tmp/daxctl-private audit dax0.0
  equal "$output" "[]"
  equal "$stderr" "error: dax0.0: cannot look at its page frames: EACCES: run it as root"
}

# --- explain -----------------------------------------------------------------

@test "explain shows where the memory of a process is, and that it is bound" {
  plug_for_mbind
  hold_memory
  run -0 "$TOOL" explain "$BACKGROUND"
  [[ $(values resident) == *$((8 << 20))* ]]
  [[ $output == *'"devices":['*'"dax0.0"'* ]]
  equal "$(codes)" bound
  set_attr mbind 0
  run -0 "$TOOL" explain "$BACKGROUND"
  equal "$(codes)" stayed
  background_finish
}

# The address of the mapping of this size that the background script has.
address() { # SIZE in kB
  awk -v size="$1" '/^[0-9a-f]+-/ { split($1, a, "-") } $1 == "Size:" && $2 == size { print a[1]; exit }' \
    "/proc/$BACKGROUND/smaps"
}

# Leaves in $output what is told of the first page of the mapping of this size.
explain_page() { # SIZE in kB
  run -0 "$TOOL" explain "$BACKGROUND" "$(address "$1")"
  output=${output#*\"page\":}
}

@test "explain tells of a page why it is where it is" {
  plug_for_mbind
  background_ready "map 1236K; bind $NODE; touch; map 1240K; touch; bind $NODE" \
    "map 1244K; bind $NODE; map 1248K; touch; map 1252K; bind $NODE; read" \
    "map 1256K; touch; move $NODE; signal $READY; wait $GO"
  explain_page 1236
  equal "$(codes)" bound
  explain_page 1240
  equal "$(codes)" came-before
  explain_page 1244
  equal "$(values state)" absent
  explain_page 1248
  equal "$(codes)" "no-demotion not-named"
  explain_page 1252
  equal "$(values state)" zero
  explain_page 1256
  equal "$(values node)" "$NODE"
  equal "$(codes)" moved
  background_finish
}

# --- drain -------------------------------------------------------------------

# The counter of each processor is added up once in a second.
no_anon() {
  [ "$(meminfo AnonPages "$NODE")" = 0 ]
}

@test "drain moves everything to DRAM, unharmed, and leaves the policy as it was" {
  plug_for_mbind
  hold_memory "fork bg; read; wait $GO; verify 3; end"
  run -0 --separate-stderr "$TOOL" drain dax0.0
  equal "$(first moved)" $((8 << 20))
  equal "$(first left)" 0
  equal "$(attr mbind)" 1
  poll 10 no_anon
  background_finish
}

@test "drain opens a device that is closed, and closes it again" {
  plug_for_mbind
  hold_memory
  set_attr mbind 0
  run -0 --separate-stderr "$TOOL" drain dax0.0
  equal "$stderr" "dax0.0: mbind is 1 until this is done"
  equal "$stderr"$'\n'"$output" "$(page_example drain "drain dax0.0")"
  equal "$(first left)" 0
  equal "$(attr mbind)" 0
  background_finish
}

@test "drain says what it could not move, in the time that it has" {
  set_attr ltpin 1
  plug_for_mbind
  set_attr mbind 0
  set_attr mbind 1
  hold_memory "map 1M; bind $NODE; fill 1; pin long"
  run -1 --separate-stderr "$TOOL" drain --timeout 1 dax0.0
  equal "$(first moved)" $((8 << 20))
  equal "$(first left)" $((1 << 20))
  # how often it tells its progress depends on how fast it is
  equal "$(grep -v '^dax0.0: ' <<<"$stderr")"$'\n'"$output" \
    "$(page_example drain "drain --timeout 1 dax0.0" | grep -v '^dax0.0: ')"
  background_finish
}

@test "drain --dry-run moves nothing" {
  plug_for_mbind
  hold_memory
  run -0 "$TOOL" drain --dry-run dax0.0
  equal "$(first left)" $((8 << 20))
  equal "$(meminfo AnonPages "$NODE")" 8192
  background_finish
}
