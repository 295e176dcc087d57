#!/usr/bin/env bats
# daxctl-private list, on captured machines
# shellcheck disable=SC2154 # bats sets stderr

load lib

# That COLUMNS are refused because of NAME, which is none OF devices or regions.
refused() { # NAME OF COLUMNS [ARGUMENT...]
  run -2 --separate-stderr look list "${@:4}" -o "$3"
  equal "$output" ""
  [[ $stderr == "error: list: --output: '$1' is no column of $2: give some of "* ]] || fail "$stderr"
}

# Keys, and those of objects in them as "policy.mbind".
keys_of_all() {
  python3 -c '
import json, sys
for obj in json.loads(sys.argv[1]):
    for key, value in obj.items():
        print(key, *(f"{key}.{k}" for k in value if isinstance(value, dict)), sep="\n")' "$output"
}

@test "a machine without dax devices is an empty list" {
  machine nodax
  run -0 look list
  equal "$output" "[]"
}

@test "a private device shows its node, its tier and what it is open to" {
  machine tiers
  run -0 look list
  equal "$(json 0.chardev)" dax0.0
  equal "$(json 0.mode)" private
  equal "$(json 0.node)" 1
  equal "$(json 0.tier)" 22
  equal "$(json 0.policy.demotion)" 1
  equal "$(json 0.policy.mbind)" 0
  equal "$(json 0.reachable)" 0
}

@test "compressed RAM shows what it promises and what backs it" {
  machine tiers
  run -0 look list dax1.0
  equal "$(json 0.mode)" cram
  equal "$(json 0.promised)" $((128 << 20))
  equal "$(json 0.backed)" $((64 << 20))
  equal "$(json 0.gate)" open
}

@test "numbers are as large as the kernel writes them" {
  machine tiers
  local most=18446744073709551615 dir=$BATS_TEST_TMPDIR/tiers/sys/bus/dax/devices/dax1.0
  for file in stats/placed low_mark ratio; do echo $most >"$dir/$file"; done
  echo -1 >"$dir/used" # which cannot be
  run -0 look list dax1.0
  equal "$(json 0.stats.placed) $(json 0.policy.low_mark) $(json 0.ratio)" "$most $most $most"
  equal "$(json 0.used)" 0
  run -0 look stat --json dax1.0
  equal "$(json nodes.0.stats.placed) $(json nodes.0.ratio)" "$most $most"
}

@test "devices without a driver are listed with --idle only" {
  machine tiers
  run -0 look list
  equal "$(json | grep -o chardev | wc -l)" 2
  run -0 look list --idle
  equal "$(json 2.mode)" disabled
}

@test "of ordinary memory only what is online of the device can be reached" {
  local node=$BATS_TEST_TMPDIR/tiers/sys/devices/system/node/node1
  machine tiers
  mkdir -p "$MACHINE/sys/bus/dax/drivers/kmem"
  ln -sfn ../../../../bus/dax/drivers/kmem "$MACHINE/sys/devices/platform/hmem.0/dax0.0/driver"
  [ -e "$node/meminfo" ] || fail "no meminfo"
  sed -i -E 's/(MemTotal: +)[0-9]+/\199999999/' "$node/meminfo"
  run -0 look list dax0.0
  equal "$(json 0.mode)" system-ram
  equal "$(json 0.reachable)" $((128 << 20))
  sed -i -E 's/(MemTotal: +)[0-9]+/\11024/' "$node/meminfo"
  run -0 look list dax0.0
  equal "$(json 0.reachable)" $((1 << 20))
}

@test "for people a single device is bare, with sizes to be read" {
  machine tiers
  run -0 look list -u dax0.0
  equal "$(json size)" "128.00 MiB (134.22 MB)"
}

@test "columns are a table" {
  machine tiers
  run -0 look list -o chardev,mode,policy.mbind
  equal "${lines[0]}" "chardev mode    policy.mbind"
  equal "${lines[1]}" "dax0.0  private 0"
  equal "${lines[2]}" "dax1.0  cram    "
}

@test "a column that there is not is refused, and those that there are are named" {
  machine tiers
  refused bogus devices bogus
  [[ $stderr == *" chardev,size,"*",policy.mbind,"* ]] || fail "$stderr"
  refused policy.bogus devices chardev,policy.bogus,mode
  refused stats.bogus devices stats.bogus
  refused Chardev devices Chardev
  refused bogus devices bogus dax9.9
}

@test "a column without a name is refused" {
  local columns
  machine tiers
  for columns in "" "," "chardev," ",chardev" "chardev,,mode"; do
    refused "" devices "$columns"
  done
}

@test "regions have columns of their own" {
  machine tiers
  refused mode regions id,mode --regions
  equal "$stderr" "error: list: --output: 'mode' is no column of regions: give some of path,id,size,available_size,align,devices"
  refused mode regions mode -r 0
  refused path devices path
  run -0 look list --regions -o id,size
  equal "${lines[0]}" "id size"
}

@test "whatever is printed as JSON is a column, and so is a counter of a newer kernel" {
  local options file
  for file in "$BATS_TEST_DIRNAME"/machines/*.tar.gz; do
    machine "$(basename "$file" .tar.gz)"
    for options in "-i -M" "-R -D"; do
      # shellcheck disable=SC2086 # several words
      run -0 look list $options
      [ "$output" != "[]" ] || continue
      # shellcheck disable=SC2086 # several words
      run -0 look list $options -o "$(keys_of_all | sort -u | paste -sd,)"
    done
  done
  machine tiers
  echo 7 >"$MACHINE/sys/devices/platform/hmem.0/dax0.0/stats/later"
  run -0 look list -o stats.later dax0.0
  equal "${lines[1]}" 7
}

@test "the columns for the shell are keys of the schema, and are taken" {
  local column schema=$BATS_TEST_DIRNAME/../../tools/daxctl-private/schema/list.schema.json
  machine tiers
  for column in $(daxctl-private --list-values columns) $(daxctl-private --list-values region-columns); do
    [[ $column == stats.* ]] || grep -q "\"${column##*.}\": {" "$schema" || fail "$column"
  done
  run -0 look list -o "$(daxctl-private --list-values columns | paste -sd,)"
  [[ ${lines[0]} == "chardev "*" policy.mbind "* ]] || fail "${lines[0]}"
  run -0 look list --regions -o "$(daxctl-private --list-values region-columns | paste -sd,)"
}

@test "a device that does not exist is 3, and still an empty list" {
  machine tiers
  run -3 --separate-stderr look list dax7.0
  equal "$output" "[]"
  equal "$stderr" "error: dax7.0: no such dax device: ENODEV: see daxctl-private list"
}

@test "verbs that write refuse a captured machine" {
  machine tiers
  run -2 --separate-stderr look plug dax0.0
  equal "$stderr" "error: plug: --sysroot is for verbs that only read"
}
