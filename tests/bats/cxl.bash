# shellcheck shell=bash
# For the tests of CXL memory, after lib and cram: every test starts without a
# region and without swap, and makes what it wants. Devices are numbered as in the
# options of vm/run: 0, 1, ...
# shellcheck disable=SC2034 # tests use what is set

readonly CXL=/sys/bus/cxl/devices
readonly ROOT_DECODER=$CXL/decoder0.0
readonly QMP=/dev/virtio-ports/qmp

setup() {
  begin
  swap_off
}

teardown() {
  local dev region status=0
  stop_background
  stop_filling_dram
  remove_cgroups
  nothing_writable || status=1
  for dev in /sys/bus/dax/devices/dax*; do
    [ ! -e "$dev" ] || clean_device "${dev##*/}" || status=1
  done
  for region in "$CXL"/region*; do
    [ ! -e "$region" ] || delete_region "${region##*/}" || status=1
  done
  no_splat || status=1
  return "$status"
}

# --- regions ------------------------------------------------------------------

# vm/run gives its devices the serial numbers 1, 2, ...
memdev_of() { # DEVICE: what the kernel calls it, mem0 or so
  local serial
  for serial in "$CXL"/mem*/serial; do
    if [ $(($(<"$serial"))) -eq $(($1 + 1)) ]; then
      serial=${serial%/serial}
      echo "${serial##*/}"
      return
    fi
  done
  fail "there is no CXL device $1"
}

pci_dir() { # DEVICE
  local mem
  mem=$(memdev_of "$1") || return
  readlink -f "$CXL/$mem/.."
}

decoder_of() { # DEVICE: its own decoder, the end of the way there
  local mem end
  mem=$(memdev_of "$1") || return
  for end in "$CXL"/endpoint*; do
    if [ "$(basename "$(readlink "$end/uport")")" = "$mem" ]; then
      echo "decoder${end##*endpoint}.0"
      return
    fi
  done
  fail "$mem is not decoded"
}

region_device() { # REGION: its dax device
  local dev
  for dev in "$CXL/$1"/dax_region*/dax[0-9]*; do
    [ ! -e "$dev/target_node" ] || { echo "${dev##*/}"; return; }
  done
  fail "$1 has no dax device"
}

region_size() { # DEVICE...: the sizes of the devices together
  local dev mem size=0
  for dev; do
    mem=$(memdev_of "$dev") || return
    size=$((size + $(<"$CXL/$mem/ram/size")))
  done
  echo "$size"
}

# All memory of DEVICE as target POSITION of REGION.
add_target() { # REGION POSITION DEVICE
  local decoder
  decoder=$(decoder_of "$3") || return
  echo ram >"$CXL/$decoder/mode" || return
  region_size "$3" >"$CXL/$decoder/dpa_size" || return
  echo "$decoder" >"$CXL/$1/target$2"
}

# Makes a region of all memory of one device, or of several, interleaved. Sets
# REGION, DAX and NODE.
make_region() { # GRANULARITY DEVICE...
  local granularity=$1 dir i=0 dev
  shift
  REGION=$(<"$ROOT_DECODER/create_ram_region")
  echo "$REGION" >"$ROOT_DECODER/create_ram_region" || return
  dir=$CXL/$REGION
  echo "$granularity" >"$dir/interleave_granularity" || return
  echo $# >"$dir/interleave_ways" || return
  region_size "$@" >"$dir/size" || return
  for dev; do
    add_target "$REGION" "$i" "$dev" || return
    i=$((i + 1))
  done
  echo 1 >"$dir/commit" || return
  echo "$REGION" >/sys/bus/cxl/drivers/cxl_region/bind || return
  DAX=$(region_device "$REGION") || return
  NODE=$(<"/sys/bus/dax/devices/$DAX/target_node")
  # a module that was loaded takes what it finds, and keeps it
  ! bound_to kmem || fail "kmem has taken $DAX"
}

# A script has memory on the region; when it goes on, all of it must be in DRAM, and
# what it was.
hold_until_moved() { # [SIZE]
  background_ready "map ${1:-1M}; bind $NODE; fill 1; on $NODE all; verify 1" \
    "signal $READY; wait $GO; on 0 all; verify 1"
}

# Leaves of the region's dax device one memory block, which of an interleaved
# region is on all of its devices. Compressed RAM is zeroed when it is plugged, and
# here 128M of it take 20 seconds.
one_block() {
  resize "$DAX" $((128 << 20))
}

# Compressed RAM of one block, on one device or several. Sets what make_region() does.
plug_cram_on() { # DEVICE...
  make_region 256 "$@"
  one_block
  plug_cram
}

# Statements: 1M, filled with seed 1, that has been demoted.
demoted_to_cram() {
  local dir
  dir=$(cgroup cram) || return
  echo "write $dir/cgroup.procs self; map 1M; fill 1; $(demote_all "$dir"); on $NODE all"
}

# A driver that the device was bound to by name would take the next of that name.
forget_device() { # DAX-DEVICE
  local ids
  for ids in /sys/bus/dax/drivers/*/remove_id; do
    echo "$1" >"$ids"
  done
}

# Whatever it is in use for: the drivers are told that the device is gone, by the
# reset before it, or where it stays committed by the deletion itself.
delete_region() { # [REGION [committed]]
  local region=${1:-$REGION} dev target decoders=()
  dev=$(region_device "$region" 2>/dev/null) || true
  for target in "$CXL/$region"/target[0-9]*; do
    decoders+=("$(<"$target")")
  done
  [ "${2:-}" = committed ] || echo 0 >"$CXL/$region/commit" || return
  echo "$region" >"$ROOT_DECODER/delete_region" || return
  for target in "${decoders[@]}"; do
    [ -z "$target" ] || echo 0 >"$CXL/$target/dpa_size" || return
  done
  [ -z "$dev" ] || forget_device "$dev"
}

unbind_memdev() { # DEVICE
  memdev_of "$1" >/sys/bus/cxl/drivers/cxl_mem/unbind
}

# --- memory that stays when its device goes --------------------------------------

# The dax device is gone, and its memory is not.
memory_stays() {
  [ ! -e "/sys/bus/dax/devices/$DAX" ]
  log_says 'keeps its decoders'
  node_has_state memory_private "$NODE"
}

# Statements of who has memory there, filled with seed 1, and uses it again each time
# that it is told to go on.
still_there() { # TIMES STATEMENTS
  local n
  for ((n = 1; n <= $1; n++)); do
    echo "wait $BATS_TEST_TMPDIR/step$n; on $NODE all; verify 1; $2"
    echo "signal $BATS_TEST_TMPDIR/done$n"
  done
}

go_on() { # STEP
  : >"$BATS_TEST_TMPDIR/step$1"
  poll 60 background_reached "$BATS_TEST_TMPDIR/done$1"
  [ -e "$BATS_TEST_TMPDIR/done$1" ] || { cat "$BATS_TEST_TMPDIR/background"; false; }
}

# --- what a device says of itself ---------------------------------------------

# Sends a command to the guest's QEMU and prints what it returns.
qmp() { # COMMAND [JSON-ARGUMENTS]
  local port line id=$BASHPID-$RANDOM answer=
  exec {port}<>"$QMP"
  # the first line is an error except for the first time
  printf '%s\n' '{"execute": "qmp_capabilities"}' \
    "{\"execute\": \"$1\", \"arguments\": ${2:-{\}}, \"id\": \"$id\"}" >&"$port"
  while [ -z "$answer" ] && IFS= read -r -t 60 -u "$port" line; do
    [[ $line != *"\"id\": \"$id\""* ]] || answer=$line
  done
  exec {port}>&-
  case $answer in
  *'"error": {'*) fail "qmp $1: $answer" ;;
  *'"return":'*) echo "$answer" ;;
  *) fail "qmp $1: no answer" ;;
  esac
}

# The severity, which QEMU does not derive from the log
event_flags() { # LOG
  case $1 in
  informational) echo 0 ;;
  warning) echo 1 ;;
  failure) echo 2 ;;
  fatal) echo 3 ;;
  *) fail "no such log: $1" ;;
  esac
}

# The arguments of the command for an event record in the log of a device
event() { # LOG DEVICE JSON-FIELDS
  local flags
  flags=$(event_flags "$1") || return
  echo "{\"path\": \"/machine/peripheral/cxl$2\", \"log\": \"$1\", \"flags\": $flags, $3}"
}

# Sends one.
inject() { # KIND LOG DEVICE JSON-FIELDS
  local arguments
  arguments=$(event "$2" "$3" "$4") || return
  qmp "cxl-inject-$1-event" "$arguments" >/dev/null
}

# A line for flood() that does
inject_line() { # KIND LOG DEVICE JSON-FIELDS
  local arguments
  arguments=$(event "$2" "$3" "$4") || return
  echo "{\"execute\": \"cxl-inject-$1-event\", \"arguments\": $arguments}"
}

# Whatever else there is to say of its health is all 0 or all 1.
health_fields() { # STATUS [OTHER]
  local name fields="\"health-status\": $(($1)), \"type\": ${2:-0}"
  for name in media-status additional-status life-used temperature dirty-shutdown-count \
    corrected-volatile-error-count corrected-persistent-error-count; do
    fields+=", \"$name\": ${2:-0}"
  done
  echo "$fields"
}

# A Memory Module Event; bit 3 of the health status: the capacity is degraded
inject_health() { # LOG STATUS [DEVICE [OTHER]]
  inject memory-module "$1" "${3:-0}" "$(health_fields "$2" "${4:-0}")"
}

# Bit 0 of an address says that the memory is volatile. The descriptor is 1 for an
# error that was not corrected.
media_fields() { # DPA DESCRIPTOR
  echo "\"dpa\": $(($1 | 1)), \"descriptor\": $(($2)), \"type\": 0, \"transaction-type\": 1"
}

inject_media() { # LOG DPA [DEVICE [DESCRIPTOR]]
  inject general-media "$1" "${3:-0}" "$(media_fields "$2" "${4:-0}")"
}

inject_dram() { # LOG DPA [DEVICE [DESCRIPTOR]]
  inject dram "$1" "${3:-0}" "$(media_fields "$2" "${4:-0}")"
}

# Sends what is in a file, and waits for the answer to the command with that id.
send_lines() { # FILE ID
  local port status=0
  exec {port}<>"$QMP"
  cat "$1" >&"$port" &
  timeout 120 grep -q -m1 "\"id\": \"$2\"" <&"$port" || status=$?
  wait $!
  exec {port}>&-
  equal "$status" 0 "status of the answers"
}

repeated() { # TIMES LINE...
  local n
  for ((n = 0; n < $1; n++)); do printf '%s\n' "${@:2}"; done
}

# Sends LINEs so many TIMES, whatever becomes of each.
flood() { # TIMES LINE...
  local lines=$BATS_TEST_TMPDIR/flood
  {
    echo '{"execute": "qmp_capabilities"}'
    repeated "$@"
    echo '{"execute": "query-status", "id": "flood"}'
  } >"$lines"
  send_lines "$lines" flood
}

# The same while the guest stands still. It does so as soon as QEMU comes to the
# first line: the rest has to be there by then, in one write of at most 32K.
flood_paused() { # TIMES LINE...
  local lines=$BATS_TEST_TMPDIR/flood
  {
    echo '{"execute": "qmp_capabilities"}'
    echo '{"execute": "stop"}'
    repeated "$@"
    echo '{"execute": "cont", "id": "flood"}'
  } >"$lines"
  [ "$(stat -c %s "$lines")" -lt 32768 ] || fail "that is too much for one write" || return
  send_lines "$lines" flood
}

# How often a device has asked for attention.
device_interrupts() { # DEVICE
  local dir
  dir=$(pci_dir "$1") || return
  awk -v pci="${dir##*/}" 'index($0, pci) { for (i = 2; $i ~ /^[0-9]+$/; i++) sum += $i }
    END { print sum + 0 }' /proc/interrupts
}

asked_for_attention() { # DEVICE TIMES
  [ "$(device_interrupts "$1")" -ge "$2" ]
}

settled() { # DEVICE
  local before
  before=$(device_interrupts "$1")
  sleep 0.3
  [ "$(device_interrupts "$1")" = "$before" ]
}

# Device 0 is at it when COMMAND begins, and still is when it has ended.
while_it_talks() { # COMMAND...
  local before
  before=$(device_interrupts 0)
  poll 20 asked_for_attention 0 $((before + 1))
  before=$(device_interrupts 0)
  "$@" || return
  asked_for_attention 0 $((before + 1)) || fail "nothing was said during $*" || return
  before=$(device_interrupts 0)
  poll 20 asked_for_attention 0 $((before + 1))
}

talk_until() { # FILE LINE...
  until [ -e "$1" ]; do flood 10 "${@:2}" || return; done
}

# Device 0 is told to say LINES, of one text, again and again: COMMAND runs while it
# does.
while_it_says() { # LINES COMMAND...
  local stop=$BATS_TEST_TMPDIR/stop lines talker status=0
  mapfile -t lines <<<"$1"
  talk_until "$stop" "${lines[@]}" 3>&- &
  talker=$!
  while_it_talks "${@:2}" || status=$?
  : >"$stop"
  wait "$talker" || status=$?
  rm "$stop"
  return "$status"
}

# What a device has said until now has been read: so has a record that says nothing.
after_events() { # DEVICE
  local before
  before=$(device_interrupts "$1")
  inject_media informational 0 "$1"
  poll 10 asked_for_attention "$1" $((before + 1))
  poll 60 settled "$1"
}
