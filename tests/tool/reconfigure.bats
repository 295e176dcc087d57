#!/usr/bin/env bats
# daxctl-private reconfigure-device --dry-run, on captured machines.
# shellcheck disable=SC2154 # run sets output

load lib

setup() {
  machine tiers
}

# What would be written, as "FILE VALUE" for each step that is a write.
writes() { # ARGUMENT...
  run -0 look reconfigure-device -n "$@"
  python3 -c '
import json, sys
for step in json.loads(sys.argv[1])[0]["steps"]:
    if "path" in step: print("/".join(step["path"].split("/")[-2:]), step["value"])' "$output"
}

@test "what would be written is told with its values" {
  equal "$(writes -m private -s mbind=1 dax2.0)" "anondax/new_id dax2.0
dax2.0/mbind 1
dax2.0/hotplug online"
  equal "$(writes -m cram --no-movable dax2.0)" "cramdax/new_id dax2.0
dax2.0/hotplug online_kernel"
  equal "$(writes -m devdax -f dax0.0)" "dax0.0/hotplug unplugged
anondax/unbind dax0.0
anondax/remove_id dax0.0
device_dax/new_id dax0.0"
}
