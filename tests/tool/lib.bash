# shellcheck shell=bash
# For the tests of daxctl-private that need no guest: each looks at a machine that
# "daxctl-private report" captured.
# shellcheck disable=SC2154 # bats sets output

bats_require_minimum_version 1.8.0

PATH=$(cd "${BASH_SOURCE[0]%/*}/../../tools/daxctl-private/build" && pwd):$PATH

# Sets MACHINE to a directory that holds the captured machine NAME, to be looked at
# and to be changed.
machine() { # NAME
  MACHINE=$BATS_TEST_TMPDIR/$1
  mkdir -p "$MACHINE"
  tar -xzf "${BASH_SOURCE[0]%/*}/machines/$1.tar.gz" -C "$MACHINE"
}

# Runs a verb that reads on the captured machine.
look() { # VERB [ARGUMENT...]
  daxctl-private "$1" --sysroot "$MACHINE" "${@:2}"
}

# Without --sysroot: the captured machine is the root directory of the verb, which has
# the environment of the caller. PRELOAD is a library in the machine, for LD_PRELOAD.
enter_machine() { # ARGUMENT...
  local dir
  for dir in /lib /lib64 /usr; do
    mkdir -p "$MACHINE$dir"
    mount --bind "$dir" "$MACHINE$dir"
  done
  mkdir -p "$MACHINE/tool" "$MACHINE/etc" "$MACHINE/proc/self" "$MACHINE/dev"
  : >>"$MACHINE/dev/null"
  mount --bind /dev/null "$MACHINE/dev/null"
  mount --bind "$(dirname "$(type -P daxctl-private)")" "$MACHINE/tool"
  # files are read by descriptor
  mount --bind "/proc/$$" "$MACHINE/proc/self"
  exec chroot "$MACHINE" /usr/bin/env ${PRELOAD:+"LD_PRELOAD=$PRELOAD"} /tool/daxctl-private "$@"
}
export -f enter_machine

inside() { # VERB [ARGUMENT...]
  MACHINE=$MACHINE timeout 60 unshare --map-root-user --mount "$BASH" -c 'enter_machine "$@"' x "$@"
}

fail() {
  printf '%s\n' "$*" >&2
  return 1
}

equal() { # GOT WANT [WHAT]
  [ "$1" = "$2" ] || fail "${3:-value}: got '$1', wanted '$2'"
}

# The value at PATH of the JSON in $output: "0.policy.mbind" is that of the first
# object of an array.
json() { # PATH
  python3 -c '
import json, sys
value = json.loads(sys.argv[2])
for key in filter(None, sys.argv[1].split(".")):
    value = value[int(key)] if isinstance(value, list) else value[key]
print(json.dumps(value) if isinstance(value, (dict, list, bool)) or value is None else value)' "$1" "$output"
}
