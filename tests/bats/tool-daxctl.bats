#!/usr/bin/env bats
# shellcheck disable=SC2030,SC2031,SC2154 # bats sets them, in a process for each test
# vm: --private 128M --private 128M --dram 512M
# kernels: default
# timeout: 600
# daxctl-private beside the daxctl of the system: the same on the devices that both
# know, and what daxctl does to a private device, which it takes for a devdax one.

load lib

# All that daxctl tells, daxctl-private tells, too, and the same.
same_as_daxctl() { # OPTION...
  local stock ours
  stock=$(daxctl list "$@") || return
  ours=$(daxctl-private list "$@") || return
  [ -n "$stock" ] || fail "daxctl list $* printed nothing"
  python3 - "$stock" "$ours" <<'END'
import json, sys

def missing(stock, ours, where):
    if isinstance(stock, list):
        if len(stock) != len(ours):
            return [f"{where}: {len(stock)} against {len(ours)}"]
        name = lambda o: str(o.get("chardev", o.get("id", o.get("start"))))
        pairs = zip(sorted(stock, key=name), sorted(ours, key=name))
        return [m for s, o in pairs for m in missing(s, o, f"{where}/{name(s)}")]
    if isinstance(stock, dict):
        return [m for k in stock for m in missing(stock[k], ours.get(k), f"{where}.{k}")]
    return [] if stock == ours else [f"{where}: {stock!r} against {ours!r}"]

bad = missing(json.loads(sys.argv[1]), json.loads(sys.argv[2]), "")
sys.exit("\n".join(bad) or 0)
END
}

# Options in all forms, on the two devices as they are now.
same_in_every_form() {
  local options
  for options in "" -u -R -RDM -RDMu -M "-d dax0.0" "-r 1" "-r 1 -d dax1.0" "-D -r 1" "-u -d dax1.0" \
    "-d 1.0" "-u --no-human" "-R -D --no-devices"; do
    # shellcheck disable=SC2086 # several words
    same_as_daxctl $options || return
  done
}

mode_of() { # DEVICE
  daxctl-private list -i -o mode "$1" | tail -n 1
}

@test "list has all that daxctl's list has, in devdax mode" {
  daxctl-private reconfigure-device -q -f -m devdax all >/dev/null
  same_in_every_form
}

# Modules are not where libkmod looks for them in this guest.
@test "list has all that daxctl's list has, in system-ram mode" {
  load_driver kmem
  daxctl-private reconfigure-device -q -f -m devdax dax0.0 >/dev/null
  daxctl-private reconfigure-device -q -m system-ram dax1.0 >/dev/null
  same_in_every_form
  daxctl-private reconfigure-device -q -f -m devdax dax1.0 >/dev/null
}

@test "a script for daxctl works with daxctl-private under its name" {
  local dir=$BATS_TEST_TMPDIR/bin
  load_driver kmem
  mkdir "$dir"
  ln -s "$(type -P daxctl-private)" "$dir/daxctl"
  PATH=$dir:$PATH
  daxctl reconfigure-device -q -f -m devdax dax0.0
  run -0 --separate-stderr daxctl reconfigure-device -u --mode=system-ram --no-online dax0.0
  [[ $output == *'"mode":"system-ram"'* ]] || fail "$output"
  daxctl online-memory dax0.0
  run -0 daxctl list -d dax0.0
  [[ $output == *'"online_memblocks":1,'* ]] || fail "$output"
  daxctl offline-memory dax0.0
  daxctl reconfigure-device -m devdax -f dax0.0
  daxctl reconfigure-device --mode=private -s mbind=1 dax0.0
  equal "$(attr mbind)" 1
}

# Its size is 0 after destroy-device.
restore() {
  plugged || [ "$(attr size)" -gt 0 ] || resize "$DAX" $((128 << 20))
  daxctl-private reconfigure-device -q -f -m devdax "$DAX" >/dev/null
}

# Runs daxctl on the private device while 512K of its node are held, which must not
# be lost. Sets OUTCOME: the device is "kept" as it was, or was "freed".
while_held() { # STATEMENT ARGUMENT...
  plug_for_mbind
  background_ready "map 512K; bind $NODE; fill 1; $1; signal $READY; wait $GO" "verify 1"
  run daxctl "${@:2}"
  echo "daxctl: $status: $output"
  OUTCOME=unclear
  if node_has_state memory_private "$NODE"; then
    ! plugged || OUTCOME=kept
  elif ! bound_to anondax; then
    OUTCOME=freed
  fi
  background_finish
}

freed() { # STATEMENT ARGUMENT...
  while_held "$1" "${@:2}" "$DAX"
  restore
  equal "$OUTCOME" freed
}

kept() { # STATEMENT ARGUMENT...
  while_held "$1" "${@:2}" "$DAX"
  restore
  equal "$OUTCOME" kept
}

@test "daxctl reconfigure-device to devdax leaves a private device as it is" {
  kept "on $NODE all" reconfigure-device -f -m devdax
}

@test "daxctl reconfigure-device to system-ram moves what is there away first" {
  load_driver kmem
  freed "on $NODE all" reconfigure-device -f -m system-ram
}

@test "daxctl reconfigure-device to system-ram is refused while memory is pinned there" {
  load_driver kmem
  kept "pin short; on $NODE all" reconfigure-device -f -m system-ram
  [[ $output == *"Device or resource busy"* ]] || fail "$output"
}

@test "daxctl reconfigure-device cannot change the size of a plugged device" {
  kept "on $NODE all" reconfigure-device -f -s 0
}

@test "daxctl disable-device moves what is there away first" {
  freed "on $NODE all" disable-device
}

@test "daxctl disable-device is refused while memory is pinned there" {
  kept "pin short; on $NODE all" disable-device
  [[ $output == *"Device or resource busy"* ]] || fail "$output"
}

@test "daxctl destroy-device moves what is there away first" {
  freed "on $NODE all" destroy-device -f
}

@test "daxctl offline-memory and online-memory leave a private device as it is" {
  kept "on $NODE all" offline-memory
  bind_to anondax
  kept "on $NODE all" online-memory
}

@test "what a verb prints that has changed a device is as its schema says" {
  daxctl-private reconfigure-device -m private dax0.0 | "$BATS_TEST_DIRNAME/../tool/schema.py" change
  daxctl-private policy dax0.0 -p bind-only | "$BATS_TEST_DIRNAME/../tool/schema.py" change
  daxctl-private unplug dax0.0 | "$BATS_TEST_DIRNAME/../tool/schema.py" change
  daxctl-private plug dax0.0 | "$BATS_TEST_DIRNAME/../tool/schema.py" change
  daxctl-private reconfigure-device -f -m devdax all | "$BATS_TEST_DIRNAME/../tool/schema.py" change
}

@test "what only daxctl does is refused for a device of ours" {
  plug
  run -1 --separate-stderr daxctl-private reconfigure-device -f --size=0 dax0.0
  equal "$output" "[]"
  equal "$stderr" "error: dax0.0: daxctl cannot do this to a device in mode private: EBUSY: give it mode devdax first"
  equal "$(attr size)" $((128 << 20))
}
