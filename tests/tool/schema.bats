#!/usr/bin/env bats
# The JSON schemas that daxctl-private comes with, against what it prints.

load lib
load procs

# The JSON in $output is as NAME.schema.json says.
valid() { # NAME
  printf '%s\n' "$output" | python3 "$BATS_TEST_DIRNAME/schema.py" "$1"
}

every_machine() { # COMMAND...
  local file
  for file in "$BATS_TEST_DIRNAME"/machines/*.tar.gz; do
    machine "$(basename "$file" .tar.gz)"
    "$@" || fail "on $file" || return
  done
}

valid_lists() {
  local options
  for options in "" -i -M "-R" "-R -D" "-R -D -M -i"; do
    # shellcheck disable=SC2086 # several words
    run -0 look list $options
    valid list || fail "list $options" || return
  done
}

@test "list is as its schema says, on every captured machine" {
  every_machine valid_lists
}

@test "list is as its schema says, of devices that are not plugged" {
  machine tiers
  echo unplugged >"$MACHINE/sys/devices/platform/hmem.0/dax0.0/hotplug"
  echo unplugged >"$MACHINE/sys/devices/platform/hmem.1/dax1.0/hotplug"
  run -0 look list
  equal "$(json 0.state)" unplugged
  valid list
}

@test "list is as its schema says, of devices of all drivers" {
  local driver
  machine tiers
  for driver in kmem device_dax something; do
    mkdir -p "$MACHINE/sys/bus/dax/drivers/$driver"
    ln -sfn "../../../../bus/dax/drivers/$driver" "$MACHINE/sys/devices/platform/hmem.2/dax2.0/driver"
    run -0 look list
    valid list || fail "$driver: $output"
  done
}

@test "the schema of list wants the right types and names" {
  local edit
  machine tiers
  for edit in s/gate/gait/ 's/"reclaim":1/"reclaim":2/' 's/"size":/"size":-/' s/online_movable/on/ \
    '/"stats"/,/}/d;s/"used":0,/"used":0/' 's/"driver":"anondax",//' 's/"tier":22/"tier":"22"/'; do
    run -0 look list
    output=$(sed "$edit" <<<"$output")
    run -1 valid list
    [[ $output == *'$['* ]] || fail "$edit: $output"
  done
}

@test "verbs that change print with --dry-run what their schema says" {
  local words
  machine tiers
  for words in "plug dax0.0" "unplug dax0.0 dax1.0" "policy all low_mark=70" "policy dax0.0" \
    "policy -p bind-only dax0.0" "reconfigure-device -f -m devdax all" "plug dax9.9" \
    "reconfigure-device -m cram -s capacity=1g dax2.0" "reconfigure-device -m system-ram dax2.0"; do
    # shellcheck disable=SC2086 # several words
    run --separate-stderr look $words --dry-run
    valid change || fail "$words: $output"
  done
}

# What a verb prints on every machine, whatever it ends with.
prints() { # SCHEMA VERB [ARGUMENT...]
  run --separate-stderr look "${@:2}"
  valid "$1" || fail "${*:2}: $output"
}

valid_looks() {
  prints doctor doctor all dax9.9 && prints audit audit && prints holders holders all \
    && prints explain explain 1 && prints drain drain -n all && prints reserve reserve 64m \
    && prints reserve reserve -n --apply 64m && prints reserve reserve -n --remove \
    && prints report report -n && prints run run -n -d all true
}

@test "verbs that look print what their schemas say, on every captured machine" {
  every_machine valid_looks
}

@test "holders, audit, explain, drain and run are as their schemas say when there is something" {
  local addr=7f0000000000
  machine tiers
  set_attr dax0.0 mbind 1
  PINNED=64 LOCKED=8 process 41 /web <<<"$addr bind:1 anon=16 dirty=16 N1=16 kernelpagesize_kB=4"
  frames 0x1028 0x1028 0
  pagemap 41 "$addr" "$(present $FIRST)"
  run look holders dax0.0
  equal "$(json 0.processes.0.pid)" 41
  valid holders
  run look audit dax0.0
  valid audit
  run -0 look explain 41 "$addr"
  equal "$(json 0.page.state)" present
  valid explain
  run look drain -n dax0.0
  equal "$(json 0.left)" 65536
  valid drain
  run -0 look run -n -d dax0.0 true
  equal "$(json 0.policy)" bind
  valid run
}

@test "each line of monitor is as its schema says" {
  local dax line
  machine tiers
  dax=$MACHINE/sys/devices/platform/hmem.1/dax1.0
  look monitor -i 1 -c 3 >"$BATS_TEST_TMPDIR/lines" &
  sleep 0.5
  echo closed >"$dax/gate"
  echo 66000000 >"$dax/used"
  wait
  (($(wc -l <"$BATS_TEST_TMPDIR/lines") >= 5)) || fail "$(cat "$BATS_TEST_TMPDIR/lines")"
  while read -r line; do
    output=$line
    valid monitor || fail "$line"
  done <"$BATS_TEST_TMPDIR/lines"
}

@test "apply --check and save are as their schemas say" {
  machine tiers
  mkdir -p "$MACHINE/etc/daxctl-private.conf.d"
  look save -o - >"$MACHINE/etc/daxctl-private.conf.d/saved.conf"
  run -0 look apply --check
  equal "$(json 1.chardev)" dax1.0
  valid apply
  run -0 look apply -n
  valid change
  output='[{"chardev": "dax0.0", "key": "match.range", "value": "0x100000000"}]'
  valid save
}

@test "each verb that prints JSON has a schema, and its page names it" {
  local verb schema page pages=$BATS_TEST_DIRNAME/../../tools/daxctl-private
  while read -r verb; do
    schema=$verb
    case $verb in plug | unplug | policy | reconfigure-device) schema=change ;; esac
    [ -e "$pages/schema/$schema.schema.json" ] || fail "$verb has no schema"
    grep -qF "$schema.schema.json" "$pages/man/daxctl-private-$verb.1.adoc" || fail "the page of $verb"
  done < <(daxctl-private --list-cmds)
}

@test "report is as its schema says" {
  machine tiers
  run -0 look report -n
  valid report
}

# --- stat ---------------------------------------------------------------------

# A process and a cgroup with memory on both private nodes of the machine.
somebody() {
  mkdir -p "$MACHINE/proc/self" "$MACHINE/proc/41" "$MACHINE/mnt/web"
  echo 'cgroup2 /mnt cgroup2 rw 0 0' >"$MACHINE/proc/self/mounts"
  echo 'anon N0=0 N1=4096 N2=8192' | tee "$MACHINE/mnt/memory.numa_stat" >"$MACHINE/mnt/web/memory.numa_stat"
  echo 'a "name"' >"$MACHINE/proc/41/comm"
  echo '7f0000000000 bind:1 anon=3 N1=2 N2=1 kernelpagesize_kB=4' >"$MACHINE/proc/41/numa_maps"
}

valid_stats() {
  local options
  for options in "" --all --procs "-i 1 -c 1"; do
    # shellcheck disable=SC2086 # several words
    run -0 --separate-stderr look stat --json $options
    valid stat || fail "stat $options: $output" || return
  done
}

@test "stat is as its schema says, on every captured machine" {
  every_machine valid_stats
}

@test "stat is as its schema says, of processes and cgroups" {
  machine tiers
  somebody
  run -0 look stat --json --procs
  equal "$(json processes.0.devices)" '{"dax0.0": 8192, "dax1.0": 4096}'
  valid stat
  run -0 look stat --json --cgroups
  equal "$(json cgroups.1.cgroup)" /web
  valid stat
}

@test "stat is as its schema says, of devices that are not plugged or share a node" {
  machine tiers
  echo unplugged >"$MACHINE/sys/devices/platform/hmem.0/dax0.0/hotplug"
  run -0 look stat --json
  equal "$(json nodes.0.plugged)" false
  valid stat
  output=${output//dax1.0/dax1.0,dax2.0}
  valid stat
}

@test "stat is as its schema says when it fails or nothing matches" {
  machine tiers
  run -3 --separate-stderr look stat --json dax9.9
  equal "$output" "[]"
  valid stat
  output='[{}]'
  run -1 valid stat
}

@test "the schema of stat wants the right types and names" {
  local words edit
  machine tiers
  somebody
  while IFS='|' read -r words edit; do
    # shellcheck disable=SC2086 # several words
    run -0 look stat --json $words
    output=$(sed "$edit" <<<"$output")
    run -1 valid stat
    [[ $output == *'$'* ]] || fail "$words, $edit: $output"
  done <<'END'
|s/"gate":"open"/"gate":"ajar"/
|s/"plugged":true/"plugged":false/
|s/"placed":[0-9]*/"placed":-1/
|s/"mode":"cram"/"mode":"devdax"/
|s/"nodes":\[/"rates":1,&/
-i 1 -c 1|s/"seconds":[0-9.]*,//
-i 1 -c 1|s/"rates":{[^}]*}/"rates":{"placed":"1"}/
--procs|s/"pid":41/"pid":"41"/
--procs|s/"command"/"cmd"/
--procs|s/dax0.0/pmem0/
--procs|s/"unreadable":0/"unreadable":-1/
--cgroups|s,"/web","web",
--cgroups|s/"bytes":12288/"bytes":"12 KiB"/
END
}
