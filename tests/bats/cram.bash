# shellcheck shell=bash
# For the tests of compressed RAM, after lib: every test starts with the device
# bound to cramdax and unplugged, and without swap.
# shellcheck disable=SC2034,SC2119,SC2120 # tests use what is set, and give arguments

readonly MIB=$((1 << 20))
readonly WRITABLE=/sys/kernel/debug/cram/writable
# The statement that returns pages in batches and lists per CPU: one in a batch on
# its way to the LRU has another user, is not demoted and gets no grant.
readonly DRAIN='used 0 999999999'

setup() {
  begin
  swap_off
  bind_to cramdax
  NODE=$(attr node)
}

teardown() {
  local dev status=0
  stop_background
  stop_filling_dram
  remove_cgroups
  nothing_writable || status=1
  for dev in /sys/bus/dax/devices/dax*; do
    clean_device "${dev##*/}" || status=1
  done
  no_splat || status=1
  return "$status"
}

# Other files may share the guest.
teardown_file() {
  [ ! -b /dev/vda ] || grep -q ^/dev/vda /proc/swaps || swap_on
}

swap_off() {
  local swaps
  mapfile -t swaps </proc/swaps
  [[ ${swaps[*]} != */dev/vda* ]] || swapoff /dev/vda
}

swap_on() {
  swapon /dev/vda
}

plug_cram() { # [DEVICE [CAPACITY in bytes]]
  bind_to cramdax "${1:-}"
  [ $# -lt 2 ] || set_attr capacity "$2" "$1"
  plug online "${1:-}"
  echo 1 >/sys/kernel/mm/numa/demotion_enabled
}

gate_is() { # WORD [DEVICE]
  equal "$(attr gate "${2:-}")" "$1" gate
}

# Plugs the device with MEBIBYTES, of which the marks are at a half and at
# three quarters.
plug_small() { # MEBIBYTES [DEVICE]
  bind_to cramdax "${2:-}"
  set_attr low_mark 50 "${2:-}"
  set_attr high_mark 75 "${2:-}"
  plug_cram "${2:-$DAX}" $(($1 * MIB))
}

# The devices compress themselves, and say what they use.
two_reporting_devices() {
  local dev
  for dev in "$DAX" dax1.0; do
    bind_to cramdax "$dev"
    set_attr algorithm none "$dev"
    plug_small 100 "$dev"
  done
}

# All that leaves ordinary memory goes to DEVICE; reclaim may move some of it on.
takes_everything() { # DEVICE
  local dir before said left
  dir=$(cgroup cram)
  before=$(stat_of demoted "$1")
  said=$(memscript "write $dir/cgroup.procs self; map 16M; fill 1; $DRAIN" \
    "try write $dir/memory.reclaim 8M; readonly; where; verify 1; fill 2; on 0 all; verify 2")
  echo "$said"
  [[ $said =~ node0=([0-9]+) ]]
  left=$((4096 - BASH_REMATCH[1]))
  [ "$left" -gt 256 ]
  within "$(($(stat_of demoted "$1") - before))" "$left" 128 "demoted to $1"
}

# Memory that can go nowhere; huge pages, as that is quick
background_fill_dram() { # [MEBIBYTES that are left]
  local left=$(($(meminfo MemAvailable) / 1024 - ${1:-40}))
  echo always >"$THP/enabled"
  memscript "map ${left}M; mlock; signal $BATS_TEST_TMPDIR/filled; wait $BATS_TEST_TMPDIR/never" \
    >/dev/null 2>&1 3>&- &
  FILLER_PID=$!
  poll 60 test -e "$BATS_TEST_TMPDIR/filled"
}

stop_filling_dram() {
  [ -n "${FILLER_PID:-}" ] || return 0
  kill -KILL "$FILLER_PID" 2>/dev/null || true
  wait "$FILLER_PID" 2>/dev/null || true
  FILLER_PID=
}

# No page of compressed RAM is mapped writable. MAPPED is how many are, at least MIN.
nothing_writable() { # [MIN]
  local writable
  read -r writable _ MAPPED <"$WRITABLE"
  equal "$writable" 0 "writable pages of compressed RAM, of $MAPPED," || return
  [ "$MAPPED" -ge "${1:-0}" ] || fail "$MAPPED pages of compressed RAM are mapped"
}

# The statements that demote all that can be of a script in that cgroup; without
# swap that is where it ends.
demote_all() { # CGROUP
  echo "$DRAIN; reclaim $1 64M"
}

# Runs STATEMENTs before and after everything of theirs has been demoted.
in_cram() { # STATEMENTS-BEFORE STATEMENTS-AFTER...
  local dir before=$1
  shift
  dir=$(cgroup cram)
  ! attr_is hotplug unplugged || plug_cram
  memscript "write $dir/cgroup.procs self; $before; $(demote_all "$dir"); readonly" "$@" readonly
}

# --- all of it at random ------------------------------------------------------

# There are two mappings, and four slices: slice I is in mapping WHERE[I] and has
# the content of SEED[I].

slice() { # I
  echo "use ${WHERE[$1]}; slice ${1}M 1M"
}

# Content may be lost on the way: what has no copy of its own is not moved.
random_move() { # I SEED CGROUP
  local from
  from=$(slice "$1")
  echo "madvise unmergeable; fill $2; reclaim $3 4M"
  if [ "${WHERE[$1]}" = a ]; then WHERE[$1]=b; else WHERE[$1]=a; fi
  echo "try uffd move ${WHERE[$1]}; readonly; $from; where; madvise dontneed; $(slice "$1"); fill $2"
  SEED[$1]=$2
}

# Without reads into registered buffers: 6.12 loses them, on any node, if the page
# was read from swap before and is reclaimed after.
random_op() { # I SEED CGROUP
  local how=(store pipe procmem vmwrite uring) poke verify="verify ${SEED[$1]}"
  poke="poke ${how[RANDOM % 5]} $2; readonly; verify $2"
  case $((RANDOM % 17)) in
  0 | 1 | 2) echo "$poke"; SEED[$1]=$2 ;;
  3) echo "mprotect r; mprotect rw" ;;
  4) echo "mprotect r; poke procmem $2; mprotect rw"; SEED[$1]=$2 ;;
  5) echo "uffd wp; reclaim $3 1M; uffd unwp" ;;
  6) random_move "$@" ;;
  7) echo "write /proc/self/clear_refs 4" ;;
  8) echo "fork; $verify; $poke; end" ;;
  9) echo "fork bg; $verify; $poke; end; $verify; $poke; join"; SEED[$1]=$2 ;;
  10) echo "fill 1; madvise mergeable"; SEED[$1]=1 ;;
  11) echo "madvise unmergeable" ;;
  12) echo "whole; try mremap 4M; $(slice "$1")" ;;
  13) echo "pin short; reclaim $3 1M; $verify; $poke; unpin"; SEED[$1]=$2 ;;
  14) echo "pin long; readonly; unpin" ;;
  15) echo "slice ${1}M 32K; poke ptrace ${SEED[$1]}; $(slice "$1")" ;;
  16) echo "write /sys/kernel/debug/split_huge_pages 1" ;;
  esac
}

# What is merged at random may all be in swap before anybody writes to it: here is
# some that is locked until it is.
merged_at_first() {
  echo "map 64K as c; fill 1; mlock; madvise mergeable; map 64K as d; fill 1; mlock"
  echo "madvise mergeable; until 60 smaps KSM all; fill 1; munlock; use c; munlock; use a"
}

random_script() { # SEED CGROUP OPERATIONS
  local i n
  RANDOM=$1 WHERE=(a a a a) SEED=(1 1 1 1)
  echo "write $2/cgroup.procs self; map 4M as b; map 4M as a; fill 1; slice 3M 1M; madvise mergeable"
  merged_at_first
  slice 0
  random_move 0 1 "$2"
  for ((n = 2; n <= $3 + 1; n++)); do
    i=$((RANDOM % 4))
    slice "$i"
    [ $((RANDOM % 3)) -gt 0 ] || echo "reclaim $2 4M"
    random_op "$i" "$n" "$2"
    echo "readonly; verify ${SEED[i]}"
  done
  for i in {0..3}; do
    echo "$(slice "$i"); verify ${SEED[i]}"
  done
  echo "$DRAIN; reclaim $2 4M; signal $BATS_TEST_TMPDIR/ended.$1; wait $BATS_TEST_TMPDIR/looked"
}

# All page tables are looked at as long as there are any.
look_at_the_end() { # PID of each script, of the seeds after SEED0
  local pid n=0
  for pid; do
    n=$((n + 1))
    until [ -e "$BATS_TEST_TMPDIR/ended.$((SEED0 + n))" ] || ! kill -0 "$pid" 2>/dev/null; do
      sleep 0.5
    done
  done
  nothing_writable || return
  echo "mapped at the end: $MAPPED"
}

# Processes that do all of that at once while KSM and NUMA balancing work, too. Adds
# up how often userfaultfd moved pages, and how many that KSM had merged were copied.
all_at_random() { # OPERATIONS of each, half of them on the debug kernel
  local operations=$1 n pid pids=() dir script failed=0 unshared
  rm -f "$BATS_TEST_TMPDIR/looked"
  ! on_debug || operations=$((operations / 2))
  unshared=$(vmstat cow_ksm)
  SEED0=${RANDOM_SEED:-$RANDOM}
  dir=$(cgroup cram)
  for n in {1..3}; do
    script=$(random_script $((SEED0 + n)) "$dir" "$operations")
    memscript "$script" >"$BATS_TEST_TMPDIR/random$n" 2>&1 3>&- &
    pids+=($!)
  done
  look_at_the_end "${pids[@]}" || failed=1
  : >"$BATS_TEST_TMPDIR/looked"
  for pid in "${pids[@]}"; do
    wait "$pid" || failed=1
  done
  cat "$BATS_TEST_TMPDIR"/random*
  MOVED=$((${MOVED:-0} + $(cat "$BATS_TEST_TMPDIR"/random* | grep -c 'absent=256 ' || true)))
  UNSHARED=$((${UNSHARED:-0} + $(vmstat cow_ksm) - unshared))
  echo "moved: $MOVED, unshared: $UNSHARED"
  [ "$failed" = 0 ] || fail "again with RANDOM_SEED=$SEED0"
}
