# shellcheck shell=bash
# shellcheck disable=SC2154 # tests name the directory
# Puts a script into the checkout of a test, where it stands in for one that takes long.
script() { # FILE COMMANDS
  mkdir -p "$repo/${1%/*}"
  printf '#!/bin/bash\n%s\n' "$2" >"$repo/$1"
  chmod +x "$repo/$1"
}
