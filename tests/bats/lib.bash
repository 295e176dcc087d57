# shellcheck shell=bash
# Shared by all guest tests: load it first. Every test starts with the device
# bound to anondax and unplugged, and must end with a node that is empty: a
# page that something left behind on the node fails the test that ran.

# Before each command bats notes the line, for one that fails. That takes longer
# than most commands do: not for those here, and begin() ends it for all but those
# of the test.
set +T

bats_require_minimum_version 1.8.0

readonly NODES=/sys/devices/system/node
readonly CGROUPS=/sys/fs/cgroup
readonly THP=/sys/kernel/mm/transparent_hugepage
readonly SPLAT='BUG:|WARNING:|Oops|KASAN|UBSAN|general protection|INFO: task|possible (circular|recursive)|inconsistent lock|suspicious RCU|bad page state|Bad rss-counter|refcount_t:|soft lockup|list_(add|del) corruption|allocation from offline node'

ROOT=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
PATH=$ROOT/tests/src/build:$ROOT/tools/daxctl-private/build:$PATH
DAX=${DAX:-dax0.0}

# Where checks take long, tests do less of the same, and wait longer.
on_debug() {
  [ "${KERNEL:-}" = debug ]
}

# a script that hangs ends after two minutes; faults under pressure take longer
! on_debug || export MEMSCRIPT_TIMEOUT=600

# --- values -----------------------------------------------------------------

# Programs are slow to start in an emulated machine, so this uses few. Reading
# files of /proc line by line in bash is slower still.

# The value in kB of FIELD in /proc/meminfo or a node's meminfo.
meminfo() { # FIELD [NODE]
  local file=/proc/meminfo
  [ $# -lt 2 ] || file=$NODES/node$2/meminfo
  sed -n -E "s/^(Node +[0-9]+ +)?$1: +([0-9]+).*/\2/p" "$file"
}

vmstat() { # COUNTER [NODE]
  local file=/proc/vmstat
  [ $# -lt 2 ] || file=$NODES/node$2/vmstat
  sed -n "s/^$1 //p" "$file"
}

# Sum of FIELD (free, managed, present, ... or pcp) over the zones of NODE.
zoneinfo() { # FIELD NODE [ZONE]
  awk -v node="$2," -v field="$1" -v zone="${3:-}" '
    $1 == "Node" { mine = $2 == node && (zone == "" || $4 == zone) }
    !mine { next }
    field == "pcp" && $1 == "count:" { sum += $2 }
    field == "free" && $1 == "pages" && $2 == "free" { sum += $3 }
    $1 == field && $2 ~ /^[0-9]+$/ { sum += $2 }
    END { print sum + 0 }' /proc/zoneinfo
}

# Pages of NODE that are in use, lists per CPU not counted.
node_used() { # NODE
  awk -v node="$1," '
    $1 == "Node" { mine = $2 == node }
    mine && $1 == "managed" { sum += $2 }
    mine && $1 == "count:" { sum -= $2 }
    mine && $1 == "pages" && $2 == "free" { sum -= $3 }
    END { print sum + 0 }' /proc/zoneinfo
}

allocations() { # on the node, ever
  awk '/^numa_(hit|miss) / { sum += $2 } END { print sum + 0 }' "$NODES/node$NODE/numastat"
}

node_has_state() { # STATE NODE: is NODE in the list has_STATE?
  local range
  IFS=, read -ra ranges <"$NODES/has_$1" || true
  for range in "${ranges[@]}"; do
    [ "$2" -lt "${range%-*}" ] || [ "$2" -gt "${range#*-}" ] || return 0
  done
  return 1
}

nodes_of_tier() { # ABSTRACT-DISTANCE
  cat "/sys/devices/virtual/memory_tiering/memory_tier$(($1 / 128))/nodelist"
}

# --- checks -----------------------------------------------------------------

fail() {
  printf '%s\n' "$*" >&2
  return 1
}

equal() { # GOT WANT [WHAT]
  [ "$1" = "$2" ] || fail "${3:-value}: got '$1', wanted '$2'"
}

within() { # GOT WANT TOLERANCE [WHAT]
  local off=$(($1 - $2))
  [ "${off#-}" -le "$3" ] || fail "${4:-value}: got $1, wanted $2 +- $3"
}

# Repeats COMMAND until it succeeds, for at most SECONDS.
poll() { # SECONDS COMMAND...
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || { "$@"; return; }
    sleep 0.05
  done
}

reads_below() { # FILE NUMBER
  [ "$(<"$1")" -lt "$2" ]
}

# Writing VALUE to FILE must fail with ERRNO.
refuses() { # ERRNO FILE VALUE...
  memscript "expect $1 write ${*:2}"
}

# The kernel said it since the test began: teardown empties the log.
log_says() { # REGEX
  dmesg | grep -qE "$1" || fail "the kernel log does not say '$1'"
}

# How far DRAM's free memory drifts on its own, in kB. On the debug kernel KASAN
# keeps freed objects, up to a thirty-second of memory, and lets go when it likes.
drift() {
  if on_debug; then
    echo $((8192 + $(meminfo MemTotal) / 32))
  else
    echo 8192
  fi
}

# Returns pages that wait in batches and lists per CPU to where they count.
drain() {
  memscript 'used 0 999999999'
}

# All managed pages of the node are free, in the buddy lists or those of a CPU.
assert_node_empty() { # [NODE]
  local node=${1:-$NODE}
  memscript "until 10 used $node 0" || {
    grep -v ' 0 kB' "$NODES/node$node/meminfo" >&2
    fail "node $node is not empty"
  }
}

# Nothing but anonymous memory of user space is on $NODE. TOLERANCE is for what
# other tasks there do meanwhile, and for a batch of pages per CPU.
assert_only_anon() { # [TOLERANCE]
  local field
  drain
  for field in FilePages Shmem Slab PageTables KernelStack; do
    equal "$(meminfo "$field" "$NODE")" 0 "$field" || return
  done
  within "$(node_used "$NODE")" "$(($(meminfo AnonPages "$NODE") / 4))" "${1:-64}" \
    "used against anonymous pages"
}

# --- the device -------------------------------------------------------------

attr_file() { # ATTRIBUTE [DEVICE]
  echo "/sys/bus/dax/devices/${2:-$DAX}/$1"
}

attr() { # ATTRIBUTE [DEVICE]
  local value
  read -r value <"/sys/bus/dax/devices/${2:-$DAX}/$1"
  echo "$value"
}

set_attr() { # ATTRIBUTE VALUE [DEVICE]
  echo "$2" >"/sys/bus/dax/devices/${3:-$DAX}/$1"
}

stat_of() { # COUNTER [DEVICE]
  attr "stats/$1" "${2:-}"
}

bound_to() { # DRIVER [DEVICE]
  [ -e "/sys/bus/dax/drivers/$1/${2:-$DAX}" ]
}

attr_is() { # ATTRIBUTE VALUE [DEVICE]
  local value
  read -r value <"/sys/bus/dax/devices/${3:-$DAX}/$1"
  [ "$value" = "$2" ]
}

# Sets DRIVER to the name of the driver of DEVICE, or to nothing.
find_driver() { # DEVICE
  local bound
  DRIVER=
  for bound in /sys/bus/dax/drivers/*/"$1"; do
    [ -e "$bound" ] || continue
    bound=${bound%/*}
    DRIVER=${bound##*/}
  done
}

unbind() { # [DEVICE]
  local dev=${1:-$DAX}
  find_driver "$dev"
  [ -n "$DRIVER" ] || return 0
  echo "$dev" >"/sys/bus/dax/drivers/$DRIVER/remove_id" 2>/dev/null || true
  echo "$dev" >"/sys/bus/dax/drivers/$DRIVER/unbind"
}

load_driver() { # DRIVER
  [ -e "/sys/bus/dax/drivers/$1" ] || modprobe "$1"
}

bind_to() { # DRIVER [DEVICE]
  local dev=${2:-$DAX}
  ! bound_to "$1" "$dev" || return 0
  unbind "$dev"
  load_driver "$1"
  echo "$dev" >"/sys/bus/dax/drivers/$1/new_id" || return
  bound_to "$1" "$dev" || echo "$dev" >"/sys/bus/dax/drivers/$1/bind" || return
  bound_to "$1" "$dev" || fail "$dev is not bound to $1"
}

# A device that comes back with another node replaces what it was before.
add_range() { # NODE:START-END
  local range kept=()
  for range in ${PRIVATE_RANGES:-}; do
    [ "${range#*:}" = "${1#*:}" ] || kept+=("$range")
  done
  export PRIVATE_RANGES="${kept[*]} $1"
}

# The physical ranges of the device, for memscript's oracle.
add_ranges() { # DEVICE
  local mapping start end
  for mapping in "/sys/bus/dax/devices/$1"/mapping[0-9]*; do
    read -r start <"$mapping/start"
    read -r end <"$mapping/end"
    add_range "$NODE:$start-$end"
  done
}

plug() { # [WORD] [DEVICE]
  set_attr hotplug "${1:-online}" "${2:-}"
  NODE=$(attr node "${2:-}")
  add_ranges "${2:-$DAX}"
  export NODE
}

unplug() { # [DEVICE]
  set_attr hotplug unplugged "${1:-}"
}

region_of() { # DEVICE: the directory of its region
  echo "$(readlink -f "/sys/bus/dax/devices/$1")/../dax_region"
}

resize() { # DEVICE SIZE
  unbind "$1"
  echo "$2" >"/sys/bus/dax/devices/$1/size"
}

# Makes of DEVICE, of at least three memory blocks and the only one of its region,
# one that has its first and its third block: two ranges.
punch_hole() { # DEVICE
  local region second=${1%.*}.1 block=$((128 << 20))
  region=$(region_of "$1")
  resize "$1" $block
  echo 1 >"$region/create"
  resize "$second" $block
  resize "$1" $((2 * block))
  resize "$second" 0
  echo "$second" >"$region/delete"
  [ -e "/sys/bus/dax/devices/$1/mapping1" ] || fail "$1 has no second range"
}

plugged() { # [DEVICE]
  bound_to anondax "${1:-}" && ! attr_is hotplug unplugged "${1:-}"
}

# Plugs the device with the mbind opt-in.
plug_for_mbind() { # [WORD] [DEVICE]
  bind_to anondax "${2:-}"
  set_attr mbind 1 "${2:-}"
  plug "${1:-online}" "${2:-}"
}

# For a user without rights: the programs are in the guest's /tmp, as theirs may
# be in a home that others cannot enter.
unprivileged() { # STATEMENT...
  [ -e /tmp/memscript ] || cp "$(type -P memscript)" /tmp/memscript
  setpriv --reuid 65534 --clear-groups --inh-caps=-all /tmp/memscript "$@"
}

# --- KUnit --------------------------------------------------------------------

# Runs a suite and prints what it says.
run_suite() { # MODULE SUITE
  modprobe -r "$1" 2>/dev/null || true
  modprobe "$1"
  dmesg | sed -n 's/^\[[^]]*\] //; /Subtest: '"$2"'/,/^ok\|^not ok/p'
}

suite_passes() { # MODULE SUITE CASES
  local results
  results=$(run_suite "$1" "$2")
  grep -q "^ok .*$2" <<<"$results" || fail "$results" || return
  [[ ! $results =~ not\ ok|SKIP ]] || fail "$results" || return
  equal "$(grep -c '^ *ok [0-9]* [a-z]' <<<"$results")" $(($3 + 1)) "passed lines"
}

# --- services ---------------------------------------------------------------

# Prints the sum of the counters in /proc/vmstat with PREFIX, which must be MIN.
counted() { # PREFIX MIN
  awk -v prefix="^$1" -v min="$2" '$1 ~ prefix { sum += $2 }
    END { print sum; exit sum < min }' /proc/vmstat
}

pages_demoted() { # by the kernel's own count, wherever to
  counted pgdemote_ 0
}

scanned() { # pages, by any reclaim
  counted 'pgscan_(anon|file)' 0
}

# Statements for who has filled 1M with seed 1. Children have it mapped, too: the
# error strikes one of them, and another one comes across it later.
memory_error() {
  local struck=$BATS_TEST_TMPDIR/struck
  echo "fork bg; slice 64K 4K; verify 1; wait $struck; read; end"
  echo "fork; slice 64K 4K; madvise hwpoison; end BUS; signal $struck; join BUS"
  echo "slice 0 64K; verify 1; slice 68K 956K; verify 1"
}

# Sets NUMA balancing to scan as fast as it can.
balance_fast() {
  local dir=/sys/kernel/debug/sched/numa_balancing
  echo 1 >/proc/sys/kernel/numa_balancing
  echo 10 >$dir/scan_delay_ms
  echo 10 >$dir/scan_period_min_ms
  echo 20 >$dir/scan_period_max_ms
}

full_scans() { # at least so many
  [ "$(<"$THP/khugepaged/full_scans")" -ge "$1" ]
}

# Runs COMMAND once with classic LRU lists and once with generations. On the debug
# kernel the tests take turns. LRU_ROUNDS is how often it ran.
with_either_lru() { # COMMAND...
  local word words=(n y)
  ! on_debug || words=("${words[BATS_TEST_NUMBER % 2]}")
  # shellcheck disable=SC2034 # a test looks at it
  LRU_ROUNDS=${#words[@]}
  for word in "${words[@]}"; do
    echo "lru_gen $word"
    echo "$word" >/sys/kernel/mm/lru_gen/enabled
    "$@"
  done
  echo n >/sys/kernel/mm/lru_gen/enabled
}

# Lets khugepaged look at everything a few times, as fast as it can. It knows
# only processes that asked for huge pages while these were enabled.
run_khugepaged() {
  local scans
  echo 0 >"$THP/khugepaged/alloc_sleep_millisecs"
  echo 0 >"$THP/khugepaged/scan_sleep_millisecs"
  scans=$(<"$THP/khugepaged/full_scans")
  poll 30 full_scans $((scans + 3))
  echo 10000 >"$THP/khugepaged/scan_sleep_millisecs"
}

ksm_scanned() { # full scans
  [ "$(</sys/kernel/mm/ksm/full_scans)" -ge "$1" ]
}

start_ksm() { # PAGES, and milliseconds to SLEEP after so many
  echo "$1" >/sys/kernel/mm/ksm/pages_to_scan
  echo "$2" >/sys/kernel/mm/ksm/sleep_millisecs
  echo 1 >/sys/kernel/mm/ksm/run
}

# Lets KSM look at everything a few times.
run_ksm() {
  local scans
  start_ksm 10000 0
  scans=$(</sys/kernel/mm/ksm/full_scans)
  poll 30 ksm_scanned $((scans + 4))
  echo 0 >/sys/kernel/mm/ksm/run
}

# Filling memory page by page takes most of the time of the tests that do. These
# print statements that take much of it in huge pages, and leave the rest of it to
# the test. With huge pages 6.12 keeps a twentieth of DRAM free.

much_of_dram() { # MIB that are left
  huge_pages_on_request
  echo "map $(($(meminfo MemFree) / 1024 - $1))M; madvise hugepage; mlock"
}

much_of_node() { # MIB [MODE]
  huge_pages_on_request
  echo "map $1M; bind $NODE ${2:-bind}; madvise hugepage; touch"
}

huge_pages_on_request() {
  [[ $(<"$THP/enabled") != *'[never]'* ]] || echo madvise >"$THP/enabled"
}

# --- processes and cgroups --------------------------------------------------

# Runs a script in the background; it should signal "$READY" and wait for "$GO".
background() { # STATEMENT...
  memscript "$@" >"$BATS_TEST_TMPDIR/background" 2>&1 3>&- &
  BACKGROUND=$!
}

# Starts one and returns when it has signalled that it is ready.
background_ready() { # STATEMENT...
  background "$@"
  poll 60 background_reached "$READY" || true
  [ -e "$READY" ] || {
    cat "$BATS_TEST_TMPDIR/background" >&2
    fail "the background script did not get ready"
  }
}

background_reached() { # FILE: it is there, or the script is dead
  [ -e "$1" ] || ! kill -0 "$BACKGROUND" 2>/dev/null
}

# Lets it go on and waits for its end; it must succeed.
background_finish() {
  local status=0
  : >"$GO"
  wait "$BACKGROUND" || status=$?
  BACKGROUND=
  cat "$BATS_TEST_TMPDIR/background"
  equal "$status" 0 "status of the background script"
}

# Beside such a script, until the test lets go, or has failed and removes the cgroup.
# Slowly, or all is demoted before the test has begun to count.
reclaim_until_go() { # CGROUP
  while [ ! -e "$GO" ] && [ -d "$1" ]; do
    echo 256K 2>/dev/null >"$1/memory.reclaim" || true
    sleep 0.02
  done
}

# For a bash that a bound task starts, and that is bound itself.
assert_bound_task() {
  assert_only_anon 2048
}

# Runs the check while a bound task's children hold a lot of everything.
bound_task_holds_everything() {
  export_checks
  export FILLER_TMPFS=$BATS_TEST_TMPDIR
  memscript "policy $NODE" \
    "run filler anon=16M dentries=4M pagetables=4M pipes=16M sockets=16M tmpfs=16M cache=32M -- bash -c assert_bound_task" \
    || return
  rm -f "$BATS_TEST_TMPDIR"/filler.*
}

export_checks() {
  export NODES NODE
  export -f drain equal within fail meminfo zoneinfo node_used assert_only_anon \
    assert_bound_task
}

# A cgroup of this test; prints its path.
cgroup() { # NAME
  local dir=$CGROUPS/bats.$1
  [ -d "$dir" ] || mkdir "$dir"
  echo "$dir"
}

remove_cgroups() {
  local dir
  for dir in "$CGROUPS"/bats.*/*/ "$CGROUPS"/bats.*/; do
    [ ! -d "$dir" ] || poll 5 rmdir "$dir" || true
  done
}

# --- set up and tear down ---------------------------------------------------

mount_once() { # TYPE DIRECTORY
  mountpoint -q "$2" || mount -t "$1" none "$2"
}

# Services that move or change pages are off unless a test turns them on. What
# there is to write is the same for every test of a file.
services_off() {
  local enabled
  echo "try write /proc/sys/kernel/numa_balancing 0"
  echo "try write /sys/kernel/mm/numa/demotion_enabled 0"
  for enabled in "$THP/enabled" "$THP"/hugepages-*/enabled; do
    echo "write $enabled never"
  done
  echo "write $THP/hugepages-2048kB/enabled inherit"
  echo "write /sys/kernel/mm/ksm/run 2"
  echo "write /sys/kernel/mm/ksm/run 0"
  echo "write /proc/sys/vm/panic_on_oom 0"
  echo "write /proc/sys/vm/zone_reclaim_mode 0"
  echo "try write /proc/sys/vm/compaction_proactiveness 20"
  echo "try write $THP/shmem_enabled never"
  echo "try write /sys/kernel/mm/lru_gen/min_ttl_ms 0"
  echo "try write /sys/kernel/mm/lru_gen/enabled n"
}

setup_file() {
  mount_once debugfs /sys/kernel/debug
  mount_once cgroup2 "$CGROUPS"
  echo '+memory +cpuset' >"$CGROUPS/cgroup.subtree_control"
  dmesg -c >/dev/null
  SERVICES_OFF=$(services_off)
  export SERVICES_OFF
}

begin() {
  set +T
  declare -ft "$BATS_TEST_NAME"
  READY=$BATS_TEST_TMPDIR/ready
  GO=$BATS_TEST_TMPDIR/go
  BACKGROUND=
  PRIVATE_RANGES=
  memscript "$SERVICES_OFF"
}

setup() {
  begin
  bind_to anondax
  NODE=$(attr node)
}

stop_background() {
  [ -n "${BACKGROUND:-}" ] || return 0
  kill -KILL "$BACKGROUND" 2>/dev/null || true
  wait "$BACKGROUND" 2>/dev/null || true
}

# For tests that leave something there, as pages that are unusable or what was
# demoted of others: teardown does not count them.
pages_get_lost() {
  NODE_NOT_EMPTY=1
}

# A page that was on its way to swap when its process ended stays in the swap
# cache until somebody needs the room.
empty_swap_cache() {
  local dev
  while read -r dev _; do
    [ "$dev" = Filename ] || memscript "run swapoff $dev; run swapon $dev"
  done </proc/swaps
}

# Every plugged node must be empty by now, and must unplug.
clean_device() { # DEVICE
  find_driver "$1"
  case $DRIVER in
  anondax | cramdax) "clean_$DRIVER" "$1" ;;
  esac
}

# What was demoted there by pressure may be anybody's. Unbinding it is what sets
# the attributes back.
clean_cramdax() { # DEVICE
  local status=0
  if ! attr_is hotplug unplugged "$1"; then
    empty_swap_cache
    [ -n "${NODE_NOT_EMPTY:-}" ] || assert_node_empty "$(attr node "$1")" \
      || status=1
    unplug "$1" || status=1
  fi
  unbind "$1" || status=1
  return "$status"
}

clean_anondax() { # DEVICE
  local opt status=0
  if plugged "$1"; then
    attr_is reclaim 0 "$1" || empty_swap_cache
    # demotion may have moved memory of anybody there
    attr_is demotion 0 "$1" || NODE_NOT_EMPTY=1
    [ -n "${NODE_NOT_EMPTY:-}" ] || assert_node_empty "$(attr node "$1")" \
      || status=1
    unplug "$1" || status=1
  fi
  for opt in demotion reclaim mbind interleave madvise numa_balance ltpin; do
    set_attr "$opt" 0 "$1" || status=1
  done
  return "$status"
}

no_splat() {
  local log
  log=$(dmesg -c)
  [[ ! $log =~ $SPLAT ]] || fail "the kernel complained:" "$log"
}

teardown() {
  local dev status=0
  stop_background
  remove_cgroups
  for dev in /sys/bus/dax/devices/dax*; do
    clean_device "${dev##*/}" || status=1
  done
  no_splat || status=1
  return "$status"
}

set -T
