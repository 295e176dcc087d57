#!/usr/bin/env bats
# The report of `make bench`, of results that are made up: what is promised, and what the
# method is good for, is checked.

bats_require_minimum_version 1.8.0
load measured
load script

setup() {
  ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
  results=$BATS_TEST_TMPDIR/results
}

# As good as it can be
good() {
  local config
  for config in small product; do
    column $config stock A 1
    column $config stock B 1
    column $config patched A 1
    column $config private A 1
    column $config kmem A 1
    column $config kmem B 1
    column $config plain A 1
    column $config zram A 10
    column $config zswap A 10
    column $config model A 8 cold_write 2
    column $config cram A 1 cold_out 1
  done
  for column in size-{256M,512M,1G,2G} nodes-{1,2,4,8}; do
    column small $column A 1
  done
}

# The lines of results, some of them replaced by others
report() { # ROW...
  awk -F '[ \t]' -v wanted=" $* " -v charts="$BATS_TEST_TMPDIR" -f "$ROOT/bench/report.awk" \
    "$ROOT/bench/rows" "$results"
}

all_rows() { awk -F '\t' '!/^#/ { print $1 }' "$ROOT/bench/rows" | tr '\n' ' '; }

replace() { # CONFIG COLUMN SET FACTOR [ROW FACTOR]...
  sed -i "/^$1 $2 $3 /d" "$results"
  column "$@" >>"$results"
}

@test "what keeps all limits is a success, with a table of every row" {
  local row
  good >"$results"
  run -0 report "$(all_rows)"
  for row in $(all_rows); do
    [[ $output == *"| $row |"* ]] || { echo "no $row"; false; }
  done
  [[ $output != *exceeded* ]]
}

@test "a page fault that costs more than promised is a failure that says so" {
  good >"$results"
  replace small private A 1 anon_write 1.003
  run -1 report "$(all_rows)"
  [[ $output == *"| small | anon_write | private/stock | 1.0030 | 1.002 | **exceeded** |"* ]]
  [[ $output == *"| 1003.0 | 1.0030 more |"* ]]
}

@test "a limit that is exceeded with the configuration of products counts, too" {
  good >"$results"
  replace product cram A 1 cold_write 4
  run -1 report "$(all_rows)"
  [[ $output == *"| product | cold_write | cram/zram | 0.4000 | 0.3 | **exceeded** |"* ]]
}

@test "a kernel that differs from itself is a failure" {
  good >"$results"
  replace small stock B 1 pipe 1.01
  run -1 report "$(all_rows)"
  [[ $output == *"**small, pipe: 1.0100, beyond its noise"* ]]
}

@test "what was not measured is a failure, not a limit that is kept" {
  good | grep -v '^small cram ' >"$results"
  run -1 report "$(all_rows)"
  [[ $output == *"| small | cold_write | cram/zram | | 0.3 | **not measured** |"* ]]
  good | grep -v '^product stock B .* pipe ' >"$results"
  run -1 report "$(all_rows)"
  [[ $output == *"**product, pipe: not measured twice**"* ]]
}

@test "what is within the noise is called the same" {
  good >"$results"
  replace small patched A 1.0009
  run -0 report slab
  [[ $output == *"1.0009 same"* ]]
}

@test "each ratio has its noise, and so has growth" {
  good >"$results"
  sed -i -E '/^small zswap A 0 cold_out /s/ [0-9]+ 100 [0-9]+ / 1030000 100 1030000 /' "$results"
  sed -i -E '/^small nodes-8 A 0 fork /s/ [0-9]+ 100 [0-9]+ / 103000 100 103000 /' "$results"
  run -0 report cold_out fork
  [[ $output == *"| ratio | noise | model | ratio | noise | cram | ratio | noise | payload |"* ]]
  [[ $output == *"| 10100.0 | 1.0100 unclear | 5.94 % |"* ]]
  [[ $output == *"| 1010.0 | 1.0100 unclear | 5.94 % |"* ]]
}

@test "what takes a few instructions may differ by a twentieth of one" {
  good >"$results"
  replace small stock A 0.0075
  replace small stock B 0.00753
  run report cold_write
  [[ $output != *"small, cold_write: 1.0040, beyond"* ]]
  replace small stock B 0.0076
  run -1 report cold_write
  [[ $output == *"**small, cold_write: 1.0133, beyond its noise of 0.67 %"* ]]
}

@test "a ratio of many is no verdict if one of three boots makes it" {
  good >"$results"
  sed -i -E '/^small zswap A 0 cold_read /s/ [0-9]+ 100 [0-9]+ / 30000000 100 30000000 /' "$results"
  run -0 report cold_read
  [[ $output == *"| 10.6667 unclear |"* ]]
}

@test "what zswap waits for the host's disk is not what it costs" {
  good >"$results"
  sed -i -E '/^small zswap A . cold_/s/ [0-9]+ 100 / 90000000 100 /' "$results"
  run -0 report cold_read cold_write cold_out
  [[ $output == *"| cold_read | cold page | 10000.0 | "*" | 10000.0 | 1.0000 same |"* ]]
  [[ $output != *900000* ]]
}

@test "what is written in place has the floor of a store, not of a copy" {
  good >"$results"
  run -0 report cold_write
  [[ $output == *"| cold_write | cold page | 1000.0 | 1000.0 | 1.0000 same | "*" | 4 | 250.0 |"* ]]
  [[ $output == *" | 1000.0 | 0.1000 less | "*" | 750 | "* ]]
}

@test "the parts of a row are parts of its value" {
  good >"$results"
  # of 1000 instructions a page 500 of the program, 250 payload; and 500 of waiting
  sed -i -E '/^small private A . promote /s/ [0-9]+ 100 .*/ 150000 100 100000 25000 50000/' "$results"
  run -0 report promote
  [[ $output == *"| 500.0 | 0.5005 less | 0.10 % | 25 % | 25 % | 50 % | 950 | 0.5 |"* ]]
}

@test "only the rows that are asked for are shown and judged" {
  good >"$results"
  replace small private A 1 anon_write 1.003
  run -0 report pipe
  [[ $output == *"| pipe |"* && $output != *anon_write* ]]
}

# Rows of so many milliseconds, each with four million instructions
tool_costs() { # ROW MILLISECONDS...
  while (($#)); do
    echo "$1 ${2}000000 1 4000000 0 2000000"
    shift 2
  done >"$results"
  awk -f "$ROOT/bench/tool-cost.awk" "$results"
}

@test "a tool that adds more than promised to the time of the writes is a failure" {
  run -0 tool_costs writes 100 script 102 start 8 tool 112 daxctl 120
  [[ $output == *"4.0 % to the time of the writes (limit 5 %: kept)"* ]]
  [[ $output == *"and 12.0 % with that; a shell adds 2.0 %."* ]]
  run -1 tool_costs writes 100 script 102 start 8 tool 114 daxctl 120
  [[ $output == *"6.0 % to the time of the writes (limit 5 %: **exceeded**)"* ]]
}

@test "a tool that was not measured is a failure" {
  run -1 tool_costs writes 100 script 102 start 8 daxctl 120
  [[ $output == *"| \`daxctl-private reconfigure-device\` | **not measured** |"* ]]
}

# A checkout whose guests say at once that each section takes the same, but twice as much
# the second time if $LOG.differs is there
make_quick_bench() {
  export LOG=$BATS_TEST_TMPDIR/log XDG_CACHE_HOME=$BATS_TEST_TMPDIR/cache
  repo=$BATS_TEST_TMPDIR/repo
  mkdir -p "$repo/vm" "$BATS_TEST_TMPDIR/bin"
  cp -r "$ROOT/bench" "$ROOT/scripts" "$repo/"
  echo 'ffffffff81000000 T clear_page_rep' >"$BATS_TEST_TMPDIR/System.map"
  script scripts/kernel-tree 'echo tree >>"$LOG"; [ ! -e "$LOG.dirty" ]'
  script scripts/kernel-build 'echo build >>"$LOG"; echo "${LOG%/*}"'
  script vm/run '
for arg; do case $arg in file=*) counted=${arg#*out=}; counted=${counted%%,*} ;; esac; done
while [ "$1" != -- ]; do shift; done
column=$4 phase=$5
shift 5
echo "$column" >>"$LOG"
ticks=100000
case $phase in 400000 | 1300000 | 3100000) [ ! -e "$LOG.differs" ] || ticks=200000 ;; esac
awk -v groups=" $* " -v ticks="$ticks" -v counted="$counted" "!/^#/ && index(groups, \" \" \$2 \" \") {
  print \$1, ticks, 100
  print ticks, 100, 100 >counted
}" "${0%/vm/run}/bench/rows"
echo "# x takes 1 faults"'
  printf '#!/bin/sh\necho Avail\necho 99999M\n' >"$BATS_TEST_TMPDIR/bin/df"
  printf '#!/bin/sh\n' >"$BATS_TEST_TMPDIR/bin/gcc"
  chmod +x "$BATS_TEST_TMPDIR/bin/"*
}

quick_bench() { PATH=$BATS_TEST_TMPDIR/bin:$PATH "$repo/bench/run" --jobs 1 "$@" 2>&1; }

@test "A/A comes first, and nothing else is measured if it is not one" {
  make_quick_bench
  run -0 quick_bench fork
  [[ $output == *"| fork | mapped page | 1000.0 | 1000.0 | 1.0000 same |"* ]]
  [ "$(grep -v -e tree -e build "$LOG" | uniq -c | awk '{ print $1 $2; exit }')" = 12stock ]
  touch "$LOG.differs"
  : >"$LOG"
  run -1 quick_bench fork
  [[ $output == *"**small, fork: 2.0000, beyond its noise"*"error: a kernel differs from itself"* ]]
  run ! grep -e patched -e private "$LOG"
}

@test "edits that no patch holds are an error before the stock kernel is built" {
  make_quick_bench
  touch "$LOG.dirty"
  run -1 quick_bench fork
  [ "$(cat "$LOG")" = tree ]
}

@test "a row that is not known is an error before anything is built" {
  run -1 "$ROOT/bench/run" no_such_row
  [[ $output == *"no row or group is called no_such_row"* ]]
}
