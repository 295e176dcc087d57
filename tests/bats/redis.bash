# shellcheck shell=bash
# A Redis server in a guest, whose data is sessions in JSON, 2 to 8 KiB each. For
# the tests, and for the demo, which has no bats.

readonly REDIS_DIR=/tmp/redis

# Prints sessions 0 to KEYS - 1, as WHAT: "set" is what sets them, in Redis'
# protocol, "get" are commands for redis-cli that read them, 100 at a time, and
# "value" is what these have to print.
redis_sessions() { # WHAT KEYS
  awk -v what="$1" -v keys="$2" '
    function random(below) {
      seed = seed * 16807 % 2147483647
      return seed % below
    }
    function visit() {
      return sprintf("{\"page\":\"/shop/article/%05d\",\"day\":\"2026-11-%02d\",\"items\":%d,\"price\":\"%d.%02d\"},",
        random(99999), 1 + random(30), random(9), random(900), random(100))
    }
    BEGIN {
      seed = 1
      while (length(visits) < 65536) visits = visits visit()
      for (i = 0; i < keys; i++) {
        key = sprintf("session:%012d", i)
        if (what == "get") {
          printf i % 100 ? " %s" : (i ? "\nmget %s" : "mget %s"), key
          continue
        }
        value = sprintf("{\"session\":%d,\"visits\":[", i) \
          substr(visits, 1 + i * 7919 % 57344, 2000 + i * 37 % 6000)
        if (what == "value") print value
        else printf "*3\r\n$3\r\nSET\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n", length(key), key, length(value), value
      }
      if (what == "get") print ""
    }'
}

redis() { # COMMAND...
  redis-cli -s "$REDIS_DIR/socket" "$@"
}

redis_answers() {
  [ "$(redis ping 2>/dev/null)" = PONG ]
}

# Starts a server that keeps nothing on disk. In Debian it is one program with
# the checker of its files and goes by the name it is called by; the package that
# has the other name also has a service, that would start on the host.
redis_start() {
  local server=$REDIS_DIR/redis-server end=$((SECONDS + 30))
  mkdir -p "$REDIS_DIR"
  ln -sf "$(type -P redis-check-rdb)" "$server"
  "$server" --port 0 --unixsocket "$REDIS_DIR/socket" --dir "$REDIS_DIR" --save '' --appendonly no \
    >"$REDIS_DIR/log" 2>&1 3>&- &
  REDIS=$!
  until redis_answers; do
    if [ "$SECONDS" -gt "$end" ] || ! kill -0 "$REDIS"; then
      cat "$REDIS_DIR/log" >&2
      return 1
    fi
    sleep 0.1
  done
}

redis_stop() {
  redis shutdown nosave && wait "$REDIS"
}

redis_fill() { # KEYS
  redis_sessions set "$1" | redis --pipe >"$REDIS_DIR/fill" || { cat "$REDIS_DIR/fill" >&2; return 1; }
}

# Reads all back by the server's own client: every byte is what it was.
redis_verify() { # KEYS
  local got want
  got=$(redis_sessions get "$1" | redis | md5sum)
  want=$(redis_sessions value "$1" | md5sum)
  [ "$got" = "$want" ]
}

redis_info() { # SECTION FIELD
  redis info "$1" | tr -d '\r' | sed -n "s/^$2://p"
}

# Gets COUNT sessions at random; prints how many in a second. All of them are there.
redis_gets() { # COUNT KEYS
  local hits misses
  hits=$(redis_info stats keyspace_hits) misses=$(redis_info stats keyspace_misses)
  redis-benchmark -s "$REDIS_DIR/socket" -n "$1" -r "$2" -c 4 -P 8 --csv GET session:__rand_int__ |
    awk -F '"' 'NR == 2 { printf "%d\n", $4 }'
  [ $(($(redis_info stats keyspace_hits) - hits)) -eq "$1" ] &&
    [ "$(redis_info stats keyspace_misses)" = "$misses" ]
}

# Page faults of the server so far, minor and major
redis_faults() {
  awk '{ print $10 + $12 }' "/proc/$REDIS/stat"
}

# Bytes that the server has in use for its data
redis_bytes() {
  redis_info memory used_memory
}

redis_pages_on() { # NODE
  grep -o " N$1=[0-9]*" "/proc/$REDIS/numa_maps" | awk -F = '{ sum += $2 } END { print sum + 0 }'
}
