# shellcheck shell=bash
# Processes on a captured machine, and the page frames of its first device.

# A process PID of CGROUP; numa_maps is standard input. Each mapping has 64K.
process() { # PID CGROUP
  local dir=$MACHINE/proc/$1 line
  mkdir -p "$dir/fd" "$dir/fdinfo" "$MACHINE/sys/fs/cgroup$2"
  cat >"$dir/numa_maps"
  while read -r line _; do
    [[ ! $line =~ ^[0-9a-f]+$ ]] ||
      printf '%s-%x rw-p 00000000 00:00 0\n' "$line" $((0x$line + 65536))
  done <"$dir/numa_maps" >"$dir/maps"
  echo "job-$1" >"$dir/comm"
  echo "0::$2" >"$dir/cgroup"
  printf 'Name:\tjob\nVmLck:\t%d kB\nVmPin:\t%d kB\n' "${LOCKED:-0}" "${PINNED:-0}" >"$dir/status"
}

FIRST=$((0x100000)) # frame of dax0.0, which has 32768 of them; those of dax1.0 follow
BUDDY=$((1 << 10))
ANON=$((1 << 12 | 1 << 11))
# shellcheck disable=SC2034 # for the tests
readonly FIRST BUDDY ANON

# The machine whose dax0.0 is node 1, with nothing on it.
empty_node() {
  machine tiers
  # shellcheck disable=SC2119 # without flags
  frames
}

# All frames of a device are free but the first ones, which have these flags.
frames_from() { # FIRST FLAGS...
  python3 -c '
import struct, sys
first, buddy = int(sys.argv[2]), int(sys.argv[3])
with open(sys.argv[1], "r+b") as f:
    f.seek(first * 8)
    flags = [int(flag, 0) for flag in sys.argv[4:]]
    f.write(struct.pack("<32768Q", *flags, *[buddy] * (32768 - len(flags))))' \
    "$MACHINE/proc/kpageflags" "$1" "$BUDDY" "${@:2}"
}

# Those of dax0.0, and none else.
# shellcheck disable=SC2120 # by the tests
frames() { # FLAGS...
  : >"$MACHINE/proc/kpageflags"
  frames_from "$FIRST" "$@"
}

# Those of dax1.0, too.
# shellcheck disable=SC2120 # by the tests
more_frames() { # FLAGS...
  frames_from $((FIRST + 32768)) "$@"
}

# What PID has mapped from ADDRESS on.
pagemap() { # PID ADDRESS ENTRY...
  : >>"$MACHINE/proc/$1/pagemap"
  python3 -c '
import struct, sys
with open(sys.argv[1], "r+b") as f:
    f.seek(int(sys.argv[2]) * 8)
    for entry in sys.argv[3:]:
        f.write(struct.pack("<Q", int(entry) & (1 << 64) - 1))' \
    "$MACHINE/proc/$1/pagemap" $((0x$2 >> 12)) "${@:3}"
}

present() { # FRAME
  echo $((1 << 63 | $1))
}

# Sets an attribute of a device.
set_attr() { # DEVICE NAME VALUE
  echo "$3" >"$(echo "$MACHINE"/sys/devices/platform/hmem.*/"$1")/$2"
}
