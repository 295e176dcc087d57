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
