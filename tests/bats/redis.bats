#!/usr/bin/env bats
# vm: --private 384M --dram 256M
# kernels: default
# A real program on compressed RAM: a Redis server with more data than there is
# DRAM, and no swap.

load lib
load cram
load redis

readonly KEYS=34000 GETS=5000 CAPACITY=$((64 << 20))

# What kswapd demotes may be anybody's
serve() {
  pages_get_lost
  plug_cram "$DAX" "$CAPACITY"
  redis_start
  BACKGROUND=$REDIS
}

larger_than_dram() {
  local bytes
  bytes=$(redis_bytes)
  echo "data: $((bytes >> 20)) MiB, DRAM: $(($(meminfo MemTotal) / 1024)) MiB"
  [ "$bytes" -gt $(($(meminfo MemTotal) * 1024)) ]
}

cold_part_is_there() {
  local pages
  pages=$(redis_pages_on "$NODE")
  echo "$pages pages, ratio $(attr ratio), $(attr used) bytes used, demoted: $(stat_of demoted)"
  [ "$pages" -gt 8192 ]
  [ "$(stat_of demoted)" -ge "$pages" ]
  [ "$(attr ratio)" -gt 1500 ]
  [ "$(attr used)" -lt "$CAPACITY" ]
}

# The first get of a key writes the time to its object, which is not its value.
gets_take_no_faults() {
  local before faults
  redis_gets 3000 "$KEYS"
  before=$(redis_faults)
  redis_gets "$GETS" "$KEYS"
  faults=$(($(redis_faults) - before))
  echo "faults: $faults"
  [ "$faults" -lt $((GETS / 50)) ]
}

@test "a Redis server with more data than DRAM has the cold part there, and reads it in place" {
  serve
  redis_fill "$KEYS"
  larger_than_dram
  cold_part_is_there
  gets_take_no_faults
  cold_part_is_there
  redis_verify "$KEYS"
  equal "$(redis dbsize)" "$KEYS" keys
  nothing_writable 8192
  redis_stop
}
