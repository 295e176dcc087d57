#!/usr/bin/env bats
# vm: --private 128M --private 128M --swap 384M --dram 512M --smp 2
# The device behind compressed RAM: its attributes, its driver, its other
# personality. See sysfs-bus-dax-cramdax.

load lib
load cram

@test "the module stays while a device is plugged, and goes after that" {
  plug_cram
  run ! rmmod cramdax
  unplug
  unbind
  unbind dax1.0
  rmmod cramdax
  bind_to cramdax
  plug_cram
}

@test "a device can be one personality after the other" {
  in_cram "map 2M; fill 1" "on 1 all; verify 1"
  unplug
  plug_for_mbind
  memscript "map 2M; bind 1; fill 1; on 1 all; verify 1; fork; fill 2; on 1 all; end"
  unplug
  bind_to cramdax
  in_cram "map 2M; fill 1" "on 1 all; fill 2; on 0 all; verify 2"
}

@test "unbinding unplugs it, with all that is there" {
  local dir
  dir=$(cgroup cram)
  plug_cram
  background_ready "write $dir/cgroup.procs self; map 8M; fill 1; $(demote_all "$dir")" \
    "on 1 all; signal $READY; wait $GO; on 0 all; verify 1"
  unbind
  run ! node_has_state memory_private 1
  background_finish
}

@test "it shares its node with nobody" {
  plug_cram
  bind_to cramdax dax1.0
  set_attr node 1 dax1.0
  refuses EBUSY "$(attr_file hotplug dax1.0)" online
  log_says 'does not share a node'
  bind_to anondax dax1.0
  set_attr node 1 dax1.0
  refuses EBUSY "$(attr_file hotplug dax1.0)" online
  unbind dax1.0
}

# Each line: an attribute, a value that it refuses with EINVAL, and what the log
# has to say of it.
bad_values() {
  cat <<'END'
capacity 0 number of bytes above 0
capacity -1 number of bytes above 0
capacity 1M number of bytes above 0
low_mark 95 low_mark below high_mark
low_mark many low_mark below high_mark
high_mark 80 low_mark below high_mark
high_mark 101 low_mark below high_mark
writable_pct 101 percent of the pages
writable_pct -1 percent of the pages
algorithm zip is no compressor
algorithm ../lz4 is no compressor
hotplug on no such state
node -1 not a possible node
adistance 0 not an abstract distance
END
}

# bats test_tags=variation
@test "bad values are EINVAL, with a line in the log, plugged or not" {
  local name value why was when
  for when in before after; do
    [ $when = before ] || plug_cram
    while read -r name value why; do
      was=$(attr "$name")
      refuses EINVAL "$(attr_file "$name")" "$value"
      log_says "$why" || fail "for $name=$value"
      equal "$(attr "$name")" "$was" "$name after $value"
      dmesg -c >/dev/null
    done < <(bad_values)
  done
}

@test "some can be changed only while it is unplugged, others at any time" {
  plug_cram
  refuses EBUSY "$(attr_file algorithm)" lzo
  refuses EBUSY "$(attr_file node)" 2
  refuses EBUSY "$(attr_file adistance)" 3000
  refuses EBUSY "$(attr_file used)" 0
  log_says 'counted by the model'
  set_attr capacity $((32 * MIB))
  set_attr high_mark 90
  set_attr low_mark 70
  set_attr writable_pct 10
  equal "$(attr capacity) $(attr low_mark) $(attr high_mark) $(attr writable_pct)" \
    "$((32 * MIB)) 70 90 10"
}

@test "the use of an unplugged device cannot be reported" {
  set_attr algorithm none
  refuses EBUSY "$(attr_file used)" 0
  equal "$(attr gate) $(attr used) $(attr ratio)" "closed 0 0"
}

# Prints the bytes that 8M of a program take.
compressed_by() { # ALGORITHM
  local said
  set_attr algorithm "$1"
  equal "$(attr algorithm)" "$1" || return
  said=$(in_cram "map 8M file $(gcc -print-prog-name=cc1); touch" "on 1 all; cat $(attr_file used)") \
    || return
  unplug
  echo "$said"
}

# bats test_tags=variation
@test "another compressor can be the model's, which is seen by what is used" {
  local lzo lz4 again
  lzo=$(compressed_by lzo)
  lz4=$(compressed_by lz4)
  again=$(compressed_by lzo)
  echo "lzo: $lzo, lz4: $lz4, lzo: $again"
  within "$again" "$lzo" 50000 "bytes used with lzo, again,"
  [ $((lz4 - lzo)) -gt 100000 ]
}

@test "nobody but root writes any of it" {
  local name
  for name in capacity used low_mark high_mark writable_pct algorithm hotplug node; do
    unprivileged "expect EACCES write $(attr_file "$name") 1"
  done
}
