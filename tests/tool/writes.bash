# shellcheck shell=bash
# For tests of what is written: daxctl-private has a captured machine as its root
# directory, where kernel.bash stands for the kernel.

fake_kernel() { # after machine
  local file
  [ -e "$BATS_FILE_TMPDIR/fakekernel.so" ] ||
    cc -shared -fPIC -O1 -Wall -Wextra -D_GNU_SOURCE -o "$BATS_FILE_TMPDIR/fakekernel.so" \
      "$BATS_TEST_DIRNAME/fakekernel.c" >&2
  cp "$BATS_FILE_TMPDIR/fakekernel.so" "$MACHINE/fakekernel.so"
  cp "$BATS_TEST_DIRNAME/kernel.bash" "$MACHINE/kernel"
  for file in etc run tool lib lib64 usr; do mkdir -p "$MACHINE/$file"; done
  : >"$MACHINE/rules"
  : >"$MACHINE/log"
  for file in "$MACHINE"/sys/bus/dax/drivers/*; do
    touch "$file/new_id" "$file/remove_id" "$file/unbind"
  done
  chmod -R u+w "$MACHINE/sys"
  # shellcheck disable=SC2034 # for tests
  DAX=$MACHINE/sys/bus/dax/devices
}

on_machine() { # ARGUMENT...
  local dir
  for dir in /lib /lib64 /usr; do mount --bind "$dir" "$MACHINE$dir"; done
  mount --bind "$(dirname "$(type -P daxctl-private)")" "$MACHINE/tool"
  mkdir -p "$MACHINE/proc/self/fd"
  mount --bind "/proc/$$/fd" "$MACHINE/proc/self/fd" # of what becomes daxctl-private
  mount --bind /dev/null "$MACHINE/dev/null" 2>/dev/null || {
    touch "$MACHINE/dev/null"
    mount --bind /dev/null "$MACHINE/dev/null"
  }
  exec chroot "$MACHINE" /usr/bin/env LD_PRELOAD=/fakekernel.so \
    /tool/daxctl-private "$@"
}
export -f on_machine

# Runs a verb that may write.
change() { # VERB [ARGUMENT...]
  MACHINE=$MACHINE unshare --map-root-user --mount "$BASH" -c 'on_machine "$@"' x "$@"
}

fails() { # RULE...
  printf '%s\n' "$@" >"$MACHINE/rules"
}

# What was written, a line each: the last directory, the file and the value.
written() {
  sed -E 's|^.*/([^/]+/[^/ ]+) |\1 |' "$MACHINE/log"
}

# Sends SIGNAL when TEXT is in FILE; the exit code is that of the program.
interrupt_when() { # SIGNAL FILE TEXT COMMAND...
  local pid i
  change "${@:4}" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
  pid=$!
  for ((i = 0; i < 600; i++)); do
    grep -q "$3" "$2" && break
    sleep 0.1
  done
  pid=$(pgrep -f -P "$pid" daxctl-private || echo "$pid")
  kill "-$1" "$pid"
  wait %%
}

# The same when LINE was written.
interrupt() { # SIGNAL LINE COMMAND...
  interrupt_when "$1" "$MACHINE/log" "${@:2}"
}
