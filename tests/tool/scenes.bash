# shellcheck shell=bash
# What happens on the captured machines in the examples of the manual, see man/examples:
# each function makes of MACHINE what its examples look at.

# shellcheck source=tests/tool/procs.bash
source "${BASH_SOURCE[0]%/*}/procs.bash"

# repeat NUMBER FLAGS: the flags of so many page frames
repeat() {
  local i
  for ((i = 0; i < $1; i++)); do echo "$2"; done
}

# Free pages of node 1 that are in the lists of its CPUs.
in_cpu_lists() { # NUMBER
  sed -i "/^Node 1,/,/^Node 2,/s/^\( *count:\).*/\1 0/" "$MACHINE/proc/zoneinfo"
  sed -i "/^Node 1,/,/^Node 2,/{0,/^\( *count:\).*/s//\1 $1/}" "$MACHINE/proc/zoneinfo"
}

# Processes have 8 MiB on dax0.0.
used() {
  # shellcheck disable=SC2046 # words
  frames $(repeat 2048 "$ANON") $(repeat 157 0)
  in_cpu_lists 157
  set_attr dax0.0 stats/placed 2048
}

# PostgreSQL has 9 MiB on dax0.0, of which 1 MiB is a fixed buffer of io_uring.
pinned() {
  local frame buffer=()
  # shellcheck disable=SC2046 # words
  frames $(repeat 2304 "$ANON") $(repeat 187 0)
  in_cpu_lists 187
  set_attr dax0.0 hotplug online_kernel
  PINNED=1024 process 412 /system.slice/postgresql.service \
    <<<'7f1c40000000 bind:1 anon=2304 dirty=2304 N1=2304 kernelpagesize_kB=4'
  echo postgres >"$MACHINE/proc/412/comm"
  for ((frame = FIRST; frame < FIRST + 256; frame++)); do buffer+=("$(present "$frame")"); done
  pagemap 412 7f1c40000000 "${buffer[@]}"
  ln -s 'anon_inode:[io_uring]' "$MACHINE/proc/412/fd/3"
  printf 'UserBufs:\t1\n    0: 0x7f1c40000000/1048576\n' >"$MACHINE/proc/412/fdinfo/3"
  printf '%s\n' 'anon N0=0 N1=9437184' 'file N0=0 N1=0' \
    >"$MACHINE/sys/fs/cgroup/system.slice/postgresql.service/memory.numa_stat"
}

# PostgreSQL has bound 9 MiB to dax0.0, and a cpuset keeps them in DRAM.
kept_out() {
  local group=/system.slice/postgresql.service
  frames
  set_attr dax0.0 mbind 1
  process 412 $group <<<'7f1c40000000 bind:1 anon=2304 dirty=2304 N0=2304 kernelpagesize_kB=4'
  echo postgres >"$MACHINE/proc/412/comm"
  echo 0 >"$MACHINE/sys/fs/cgroup$group/cpuset.mems"
}

# Redis has 4 MiB on dax0.0.
redis() {
  process 431 /system.slice/redis.service <<<'7f0000000000 bind:1 anon=1024 N1=1024 kernelpagesize_kB=4'
  echo redis-server >"$MACHINE/proc/431/comm"
}

# A config file for dax0.0, with MODE.
config_with() { # MODE
  mkdir -p "$MACHINE/etc/daxctl-private.conf.d"
  printf '%s\n' '[reconfigure-device expander]' 'match.range = 0x100000000' "mode = $1" \
    >"$MACHINE/etc/daxctl-private.conf.d/expander.conf"
}

config() { config_with private; }
misspelt() { config_with privat; }
