#!/usr/bin/env bats
# vm: --private 128M --swap 128M --dram 512M
# Every setting of the opt-ins against the table of what needs which in
# Documentation/mm/private-nodes.rst: DESIGN.md I6.

load lib

OPTS=(reclaim demotion mbind interleave madvise numa_balance ltpin)
PAGE=$BATS_TEST_DIRNAME/../../Documentation/mm/private-nodes.rst

# The table, as lines of OPERATION OPT...
read_table() {
  awk -F '  +' '/^operation  / { on = 1; next } on && /^$/ { exit }
    on && /^[a-z]/ { print $1, $2 }' "$PAGE"
}

# Does the present setting allow an operation that needs these?
allowed() { # OPT...
  local opt
  for opt; do
    [ "${SET[$opt]}" = 1 ] || return 1
  done
}

# either STATEMENTS-IF-ALLOWED STATEMENTS-IF-NOT
either() {
  if [ "$ALLOWED" = 1 ]; then echo "$1"; else echo "$2"; fi
}

# Statements that go from the setting before to this one; demotion needs reclaim
# all the while.
change_opts() {
  local opt
  [ "${SET[demotion]}" = 1 ] || echo "write $(attr_file demotion) 0"
  for opt in "${OPTS[@]}"; do
    [ "$opt" = demotion ] || [ "${SET[$opt]}" = "${WAS[$opt]}" ] \
      || echo "write $(attr_file "$opt") ${SET[$opt]}"
  done
  [ "${SET[demotion]}" = 0 ] || echo "write $(attr_file demotion) 1"
}

# Statements that put SIZE on the node for each NAME, whatever the setting is.
place() { # SIZE NAME...
  local area
  echo "write $(attr_file mbind) 1"
  for area in "${@:2}"; do
    case $area in
    collapse) echo "map 2M as collapse; bind $NODE; slice 0 $1; fill 1" ;;
    *) echo "map $1 as $area; bind $NODE; fill 1" ;;
    esac
  done
  echo "write $(attr_file mbind) ${SET[mbind]}"
}

# Returns what waits in lists per CPU.
drain_lists="map 4K; touch; move 0"

# Statements that reclaim. Once may not be enough: in the cgroup may be pages that were
# on their way to swap when their process ended.
shrink() {
  echo "try write $SHRINK 512K; try write $SHRINK 512K"
}

# Statements that show whether the operation is possible.
show() { # OPERATION
  case $1 in
  bind) either "map 64K; bind $NODE; touch; on $NODE all" "map 64K; expect EINVAL bind $NODE" ;;
  move) either "map 64K; fill 1; move $NODE; on $NODE all; move 0; on 0 all; verify 1" \
    "map 64K; fill 1; expect ENODEV move $NODE; use pin; move 0 all ENOENT; on $NODE all" ;;
  spread) either "map 64K; bind 0,$NODE interleave; touch; on $NODE 32K" \
    "map 64K; expect EINVAL bind $NODE interleave" ;;
  compact) either "write $NODES/node$NODE/compact 1" "expect EINVAL write $NODES/node$NODE/compact 1" ;;
  cold) echo "$drain_lists; use cold; smaps Referenced all; madvise cold; smaps Referenced $(either none all)" ;;
  free) echo "$drain_lists; use free; madvise free; $drain_lists; use free; smaps LazyFree $(either all none)" ;;
  collapse) either "use collapse; madvise collapse; smaps AnonHugePages all; on $NODE all" \
    "use collapse; expect EINVAL madvise collapse; smaps AnonHugePages none" ;;
  pin) echo "use pin; pin long; on $(either "$NODE" 0) all; unpin" ;;
  pageout) echo "use pageout; madvise pageout; on swap $(either some none)" ;;
  demotion)
    # what is demoted would soon go on to swap, all of it at times
    echo "fork; map 1M; fill 1; write $SWAP_MAX 0; $(shrink)"
    echo "on $NODE $(either some none); on swap none; write $SWAP_MAX max"
    # that reclaim comes by, where nothing may be demoted
    either "" "$(shrink); on $NODE none; on swap some"
    echo "verify 1; end"
    ;;
  reclaim)
    echo fork
    place 1M reclaim
    # memory of DRAM shows that reclaim came by
    either "" "map 1M as witness; fill 2"
    shrink
    either "on swap some" "use witness; on swap some; use reclaim; on swap none"
    echo "verify 1; end"
    ;;
  *) fail "$1: an operation that the test does not know" ;;
  esac
}

# Statements that show each of these operations; balance takes time, see below.
show_each() { # OPERATION...
  local op needs
  while read -r op needs; do
    [[ " $* " == *" $op "* ]] || continue
    # shellcheck disable=SC2086 # a list
    if allowed $needs; then ALLOWED=1; else ALLOWED=0; fi
    show "$op"
  done <<<"$OPERATIONS"
}

# Statements that check the present setting. What reclaims has a process of its
# own, with nothing else in the cgroup.
check_setting() {
  local op
  echo "print ${!SET[*]}: ${SET[*]}"
  change_opts
  echo fork
  place 64K cold free pageout pin collapse
  show_each bind move spread compact cold free pageout collapse pin
  for op in cold pageout pin collapse; do
    echo "use $op; slice 0 64K; verify 1"
  done
  echo end
  show_each demotion reclaim
}

# Statements for every setting that is valid; on the debug kernel, where one takes
# two seconds, for every seventh: in every eighth some opt-ins are always equal.
all_settings() {
  local bits i nr=0
  declare -A SET=() WAS=()
  for i in "${OPTS[@]}"; do WAS[$i]=0; done
  for ((bits = 0; bits < 1 << ${#OPTS[@]}; bits++)); do
    for i in "${!OPTS[@]}"; do SET[${OPTS[i]}]=$((bits >> i & 1)); done
    [ "${SET[demotion]}" -le "${SET[reclaim]}" ] || continue
    nr=$((nr + 1))
    ! on_debug || [ $((nr % 7)) = 1 ] || continue
    check_setting
    printf '\0'
    for i in "${OPTS[@]}"; do WAS[$i]=${SET[$i]}; done
  done
}

setup() {
  begin
  bind_to anondax
  OPERATIONS=$(read_table)
  equal "$(cut -d' ' -f1 <<<"$OPERATIONS" | xargs)" \
    "bind move spread compact cold free pageout collapse pin balance demotion reclaim"
  plug online_kernel
  echo 1 >/sys/kernel/mm/numa/demotion_enabled
}

@test "every setting allows what the table says, and nothing else" {
  local dir scripts settings=96
  dir=$(cgroup table)
  SHRINK=$dir/memory.reclaim
  SWAP_MAX=$dir/memory.swap.max
  mapfile -t -d '' scripts < <(all_settings)
  ! on_debug || settings=14
  equal "${#scripts[@]}" $settings settings
  memscript "write $dir/cgroup.procs self" "${scripts[@]}"
}

# Each look takes time: with all of the others off, and on.
# bats test_tags=variation
@test "NUMA balancing looks at the node with its opt-in only, whatever the others are" {
  local others value before updates opt
  balance_fast
  for others in 0 1; do
    for value in 0 1; do
      set_attr numa_balance "$value"
      set_attr mbind 1
      before=$(vmstat numa_pte_updates)
      memscript "map 16M; bind $NODE bind balancing; fill 1" \
        "$(for opt in reclaim demotion mbind interleave madvise ltpin; do
          echo "write $(attr_file "$opt") $others"
        done)" \
        "churn 2; verify 1"
      updates=$(($(vmstat numa_pte_updates) - before))
      if [ "$value" = 1 ]; then
        [ "$updates" -gt 3000 ]
      else
        [ "$updates" -lt 1000 ]
      fi
    done
    set_attr demotion 0
  done
}
