# shellcheck shell=bash
# What a kernel does when daxctl-private writes to a file below /sys: run by
# fakekernel.so, in the captured machine, with the path and the value. Exits with the
# number of the error. /log gets each write, /rules has those that fail:
#   dax0.0/mbind=1 16           # the end of PATH=VALUE, and the error
#   dax0.0/mbind=1 16 once
# and instead of a number, "hang": until a signal comes, or "slow"; "late" has done it
# when it hangs. What else happens at a write to FILE, /events has as a function, after_FILE.

path=$1 value=$2 late=
dax=/sys/bus/dax
printf '%s %s\n' "${path#/sys/}" "$value" >>/log

obey_rules() {
  local rule result times
  while read -r rule result times; do
    [[ $rule && $path=$value == *"$rule" ]] || continue
    [ "$times" != once ] || sed -i "\|^$rule |d" /rules
    [ "$result" != hang ] || exec sleep 60
    [ "$result" != slow ] || { sleep 2; return; }
    [ "$result" != late ] || { late=1; return; }
    exit "$result"
  done <<<"$(</rules)"
}

values() { # DEVICE NAME=VALUE...
  local pair
  for pair in "${@:2}"; do echo "${pair#*=}" >"$dax/devices/$1/${pair%%=*}"; done
}

# The attributes that a device has with a driver, as they are at first.
attributes() { # DEVICE DRIVER
  local node
  node=$(<"$dax/devices/$1/target_node")
  case $2 in
    anondax) values "$1" hotplug=unplugged node="$node" adistance=2880 reclaim=0 demotion=0 \
      mbind=0 interleave=0 madvise=0 numa_balance=0 ltpin=0 ;;
    cramdax) values "$1" hotplug=unplugged node="$node" adistance=2880 algorithm=lz4 \
      capacity=134217728 low_mark=80 high_mark=95 writable_pct=0 used=0 ;;
  esac
}

# The numbers of the memory blocks of a device.
blocks() { # DEVICE
  local size=$((16#$(</sys/devices/system/memory/block_size_bytes))) start end range
  for range in "$dax/devices/$1"/mapping[0-9]*; do
    start=$(<"$range/start") end=$(<"$range/end")
    seq $(((start + size - 1) / size)) $(((end + 1) / size - 1))
  done
}

# kmem adds memory, which may be online at once.
add_blocks() { # DEVICE
  local block dir node
  node=/sys/devices/system/node/node$(<"$dax/devices/$1/target_node")
  mkdir -p "$node"
  for block in $(blocks "$1"); do
    dir=/sys/devices/system/memory/memory$block
    mkdir -p "$dir"
    printf '%08x\n' "$block" >"$dir/phys_index"
    echo 1 >"$dir/removable"
    value=$(</sys/devices/system/memory/auto_online_blocks)
    memory_state "$dir"
    ln -sfn "$dir" "$node/memory$block"
  done
}

remove_blocks() { # DEVICE
  local block
  for block in $(blocks "$1"); do
    [ "$(<"/sys/devices/system/memory/memory$block/state")" = offline ] || exit 16
    rm -r "/sys/devices/system/memory/memory$block" /sys/devices/system/node/node*/"memory$block"
  done
}

bind() { # DEVICE DRIVER
  [ ! -e "$dax/devices/$1/driver" ] || return 0
  [ "$2" != kmem ] || add_blocks "$1"
  ln -s "/sys/bus/dax/drivers/$2" "$dax/devices/$1/driver"
  ln -s "/sys/bus/dax/devices/$1" "$dax/drivers/$2/$1"
  attributes "$1" "$2"
}

# A name that is new to a driver has it look at all devices, and kmem takes any of these.
offer_all() { # DRIVER
  local dir
  [ "$1" = kmem ] || return 0
  for dir in "$dax/devices/"*; do bind "${dir##*/}" kmem; done
}

unbind() { # DEVICE DRIVER
  [ "$2" != kmem ] || remove_blocks "$1"
  rm "$dax/devices/$1/driver" "$dax/drivers/$2/$1"
  (cd "$dax/devices/$1" && rm -f hotplug state node adistance reclaim demotion mbind interleave \
    madvise numa_balance ltpin algorithm capacity low_mark high_mark writable_pct used)
}

# The rules of the kernel that the order of writes has to keep to.
check_value() { # DEVICE-DIRECTORY NAME
  local other
  case $2 in
    node) ((value >= 0)) || exit 22 ;;
    low_mark) read -r other <"$1/high_mark"; ((value < other)) || exit 22 ;;
    high_mark) read -r other <"$1/low_mark"; ((value > other)) || exit 22 ;;
    used) [[ $(<"$1/algorithm") == none && $(<"$1/hotplug") != unplugged ]] || exit 16 ;;
  esac
}

plug() { # DEVICE-DIRECTORY
  case $value in
    unplugged) [ ! -e "$1/used" ] || echo 0 >"$1/used" ;;
    online) value=online_movable ;;
  esac
  echo "$value" >"$1/hotplug"
}

memory_state() { # BLOCK-DIRECTORY
  case $value in
    offline) echo offline >"$1/state"; echo Normal Movable >"$1/valid_zones" ;;
    online_movable) echo online >"$1/state"; echo Movable >"$1/valid_zones" ;;
    *) echo online >"$1/state"; echo Normal >"$1/valid_zones" ;;
  esac
}

# All that a process has on node 1, but for what is pinned, moves to node 0.
move_process() {
  [ ! -e "/proc/$value/numa_maps" ] || sed -i '/pinned/!s/ N1=/ N0=/' "/proc/$value/numa_maps"
}

obey_rules
dir=${path%/*}
case $path in
  */drivers/*/new_id) bind "$value" "${dir##*/}"; offer_all "${dir##*/}" ;;
  */drivers/kmem/bind) bind "$value" kmem ;;
  */drivers/*/bind) exit 19 ;;
  */drivers/*/unbind) unbind "$value" "${dir##*/}" ;;
  */drivers/*/remove_id) ;;
  migrate_pages) move_process ;;
  */memory*/state) memory_state "$dir" ;;
  */hotplug) plug "$dir" ;;
  *) check_value "$dir" "${path##*/}"; echo "$value" >"$path" ;;
esac
# shellcheck source=/dev/null
[ ! -e /events ] || source /events
! declare -F "after_${path##*/}" >/dev/null || "after_${path##*/}"
[ ! "$late" ] || exec sleep 60
exit 0
