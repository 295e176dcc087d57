#!/usr/bin/env bats
# The harness itself, on the host: whatever happens in a guest or in a test
# file is reported as what it is.

bats_require_minimum_version 1.8.0

load without

setup_file() {
  cd "$BATS_TEST_DIRNAME/../.."
}

guest() { vm/run --no-build --no-leak-check --dram 512M --timeout 100 "$@"; }

# Runs one fixture as a test file in a guest.
judge() { tests/run --no-build --kernel default "tests/meta/fixtures/$1.bats"; }

last_line_is() {
  echo "$output"
  [ "${lines[-1]}" = "$1" ]
}

@test "a guest passes on output, errors and a status of zero" {
  run -0 --separate-stderr guest -- sh -c 'echo out; echo err >&2'
  [ "$output" = out ]
  [ "$stderr" = err ]
}

@test "a guest passes on binary data unchanged" {
  sum=$(head -c 1000000 vm/run "$BASH" | sha256sum)
  [ "$(guest -- head -c 1000000 vm/run "$BASH" | sha256sum)" = "$sum" ]
}

@test "a failing command's status comes out" {
  run -7 guest -- sh -c 'exit 7'
}

@test "a command that does not exist is 127" {
  run -127 guest -- no-such-command
}

@test "a command runs in the caller's directory, below /tmp as well" {
  cd "$BATS_TEST_TMPDIR"
  echo here >mark
  run -0 "$OLDPWD/vm/run" --no-build --no-leak-check --dram 512M --timeout 100 -- cat mark
  [ "$output" = here ]
}

@test "the environment, the arguments and an empty stdin arrive" {
  run -0 guest --env 'SOME=a  b' -- sh -c 'echo "$SOME|$1|$(cat)"' x 'c  "d'
  [ "$output" = 'a  b|c  "d|' ]
}

@test "a kernel warning fails a command that succeeded, and is shown" {
  run -254 guest -- sh -c \
    'modprobe lkdtm && echo WARNING >/sys/kernel/debug/provoke-crash/DIRECT'
  [[ $output == *"the kernel reported a fault"*"lkdtm_WARNING"*"console: "* ]]
}

@test "a kernel warning that was expected is none" {
  run -0 guest --allow lkdtm_WARNING -- sh -c \
    'modprobe lkdtm && echo WARNING >/sys/kernel/debug/provoke-crash/DIRECT'
}

@test "a dead guest is 255, not the command's failure" {
  run -255 guest -- sh -c 'echo c >/proc/sysrq-trigger; sleep 60'
  [[ $output == *"the guest died"*"Kernel panic"* ]]
}

@test "an oops kills the guest" {
  run -255 guest -- sh -c \
    'modprobe lkdtm && echo EXCEPTION >/sys/kernel/debug/provoke-crash/DIRECT'
  [[ $output == *"the guest died"*"BUG:"* ]]
}

# Puts a QEMU before the real one that crashes so many times, after a line of boot
crashing_qemu() { # TIMES
  local real dir=$BATS_TEST_TMPDIR/qemu
  real=$(type -P qemu-system-x86_64)
  mkdir -p "$dir/bin"
  ln -s "${real%/bin/*}/share" "$dir/share"
  cat >"$dir/bin/qemu-system-x86_64" <<END
#!/bin/bash
echo >>"$dir/started"
[ "\$(wc -l <"$dir/started")" -le $1 ] || exec "$real" "\$@"
for arg; do
  case \$arg in
    file:*) echo "a line of boot" >"\${arg#file:}" ;;
    file,id=*) : >"\${arg##*path=}" ;;
  esac
done
kill -SEGV \$\$
END
  chmod +x "$dir/bin/qemu-system-x86_64"
  PATH=$dir/bin:$PATH
}

@test "a QEMU that crashes while the machine starts gets one more try" {
  crashing_qemu 1
  run -7 guest -- sh -c 'echo said; exit 7'
  [[ $output == *"QEMU crashed while the machine started"*said* ]]
}

@test "a QEMU that crashes twice is a dead guest" {
  crashing_qemu 2
  run -255 guest -- true
  [[ $output == *"the guest died"* ]]
}

@test "a hanging command ends after the timeout with 124" {
  run -124 vm/run --no-build --dram 512M --timeout 12 -- sleep 1000
  [[ $output == *"out of time after 12 s"* ]]
}

@test "a guest that ran out of time leaves no process behind" {
  run -124 env MARK="$BATS_TEST_TMPDIR" vm/run --no-build --dram 512M --timeout 3 -- sleep 60
  ! grep -qsz "^MARK=$BATS_TEST_TMPDIR$" /proc/[0-9]*/environ || return 1
}

@test "memory is laid out as asked: node 0, reserved in node 0, private nodes" {
  run -0 guest --reserve 128M --private 256M --private 128M -- sh -c \
    'grep Soft /proc/iomem; cat /sys/bus/dax/devices/*/target_node; cat /sys/devices/system/node/possible'
  [[ ${lines[0]} == 100000000-107ffffff* ]]
  [[ ${lines[1]} == 108000000-117ffffff* ]]
  [[ ${lines[2]} == 118000000-11fffffff* ]]
  [ "${lines[*]:3:3}" = "0 1 2" ]
}

@test "swap is there when asked for" {
  run -0 guest --swap 128M -- swapon --noheadings --show=NAME
  [ "$output" = /dev/vda ]
}

@test "CXL devices are there when asked for, and QEMU answers the guest" {
  run -0 guest --cxl 256M --cxl 512M --qmp -- bash -c '
    cat /sys/bus/cxl/devices/mem*/ram/size
    exec 5<>/dev/virtio-ports/qmp
    echo "{\"execute\": \"qmp_capabilities\", \"id\": 1}" >&5
    read -r -u 5 greeting && read -r -u 5 answer
    echo "$greeting" "$answer"'
  [ "$(printf '%s\n' "${lines[@]:0:2}" | sort)" = "$(printf '0x10000000\n0x20000000')" ]
  [[ ${lines[2]} == *QMP*'"return": {}, "id": 1'* ]]
}

@test "bad options are usage errors that name them" {
  run -2 vm/run --private 100M -- true
  [[ $output == *"--private 100M: not a multiple of 128M"* ]]
  run -2 vm/run --cxl 128M -- true
  [[ $output == *"--cxl 128M: not a multiple of 256M"* ]]
  run -2 vm/run --hmat -- true
  [[ $output == *"--hmat: needs --cxl"* ]]
  run -2 vm/run --dram much -- true
  [[ $output == *"--dram much: not a size"* ]]
  run -2 vm/run --smp 9 -- true
  run -2 vm/run --kernel other -- true
  run -2 vm/run --bogus -- true
  run -2 vm/run
}

@test "a passing file passes" {
  run -0 judge passes
  last_line_is "2 passed, 0 failed, 0 skipped"
}

@test "files that want the same guest share it, unless one wants to be alone" {
  run -1 tests/run --no-build --kernel default tests/meta/fixtures/{passes,leaves,fails}.bats
  [[ $output == *" default/passes+fails"* && $output == *" default/leaves"* ]]
  last_line_is "4 passed, 1 failed, 0 skipped"
  # with the time that each test took
  [[ $output == *"slowest tests:"*" s  default/passes+fails "[1-4]" fails and says why"* ]]
}

@test "a failing test is a failure, with its output" {
  run -1 judge fails
  last_line_is "1 passed, 1 failed, 0 skipped"
  [[ $output == *"not ok 1 fails and says why"*"this is why"* ]]
}

@test "a skipped test is a skip and no success" {
  run -1 judge skips
  last_line_is "1 passed, 0 failed, 1 skipped"
  [[ $output == *"not on this machine"* ]]
}

@test "a file that dies midway is a failure" {
  run -1 judge dies
  last_line_is "2 passed, 1 failed, 0 skipped"
  [[ $output == *"1 of 3 tests did not report"* ]]
}

@test "a variation is left out on the debug kernel" {
  run -0 tests/run --no-build tests/meta/fixtures/variation.bats
  last_line_is "1 passed, 0 failed, 0 skipped"
}

@test "a file without tests is a failure" {
  run -1 judge empty
  last_line_is "0 passed, 1 failed, 0 skipped"
}

@test "a file that cannot be loaded is a failure" {
  run -1 judge broken
  [[ ${lines[-1]} == "0 passed, "[12]" failed, 0 skipped" ]]
}

@test "a fault of the kernel is a failure although all tests passed" {
  run -1 judge splats
  last_line_is "1 passed, 1 failed, 0 skipped"
  [[ $output == *"the kernel reported a fault"* ]]
}

@test "a guest that dies in a test is a failure" {
  run -1 judge panics
  last_line_is "1 passed, 1 failed, 0 skipped"
  [[ $output == *"the guest died"* ]]
}

@test "old results go, but not those of a run that goes on" {
  local n lock all=${XDG_CACHE_HOME:-$HOME/.cache}/private-nodes/results
  mkdir -p "$all"/old{1..12}
  for n in {1..12}; do touch -d "$n minutes ago 2001-01-01" "$all/old$n"; done
  exec {lock}<"$all/old12"
  flock -s "$lock"
  run -0 judge passes
  [ -d "$all/old12" ]
  [ ! -e "$all/old11" ]
  exec {lock}<&-
  rm -rf "$all"/old{1..12}
}

@test "a test that hangs is a failure" {
  run -1 judge hangs
  last_line_is "0 passed, 1 failed, 0 skipped"
  [[ $output == *"out of time"* ]]
}

@test "a file that does not exist is an error" {
  run -1 tests/run tests/bats/no-such-file.bats
  [[ $output == *"no test file"* ]]
}

with_meminfo() { # TEXT COMMAND...
  echo "$1" >"$BATS_TEST_TMPDIR/meminfo"
  unshare -m"$( ((EUID == 0)) || echo r)" sh -euc 'mount --bind "$1" /proc/meminfo; shift; exec "$@"' \
    x "$BATS_TEST_TMPDIR/meminfo" "${@:2}"
}

@test "too little memory is an error before a guest is started" {
  run -1 with_meminfo 'MemAvailable: 1500000 kB' \
    tests/run --no-build --kernel default tests/meta/fixtures/passes.bats
  [ "${lines[0]}" = "run: error: this machine has 1 GB of free memory, and this takes 2" ]
  [ "${lines[1]}" = "  end what uses it, or give --jobs 1" ]
}

@test "too little memory for the demo is an error before a kernel is built" {
  run -1 with_meminfo 'MemAvailable: 1500000 kB' demo/run
  [ "${lines[0]}" = "run: error: this machine has 1 GB of free memory, and this takes 2" ]
  [ "${lines[-1]}" = "demo: FAILED: the virtual machines do not fit" ]
}

@test "without QEMU nothing is built for the guests" {
  run -1 without qemu-system-x86_64 tests/run --kernel default tests/meta/fixtures/passes.bats
  [ "$output" = "run: error: 'qemu-system-x86_64' is not installed
  run: scripts/install-deps" ]
}

# The guest is in the process group of this test, as others that run now are not.
@test "a run that is stopped leaves no guest behind" {
  local pid guest status=0 end=$((SECONDS + 60))
  tests/run --no-build --kernel default tests/meta/fixtures/hangs.bats >/dev/null 2>&1 3>&- &
  pid=$!
  until guest=$(pgrep -o -g "$(ps -o pgid= $pid | tr -d ' ')" -f 'vm/run.*hangs.bats'); do
    [ "$SECONDS" -lt "$end" ]
    sleep 0.1
  done
  kill $pid
  wait $pid || status=$?
  [ "$status" = 143 ]
  run ! kill -0 "$guest"
}
