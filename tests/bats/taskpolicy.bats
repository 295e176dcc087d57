#!/usr/bin/env bats
# vm: --private 128M --dram 512M
# A whole process bound to a private node: DESIGN.md 8.4, 8.7.

load lib

@test "a bound task's anonymous memory goes to the node" {
  plug_for_mbind
  memscript "policy $NODE; task-policy-is $NODE; map 8M; fill 1; on $NODE all; verify 1"
}

kernel_objects_stay_off() { # ZONE
  plug_for_mbind "$1"
  bound_task_holds_everything
}

# bats test_tags=variation
@test "its page cache, tmpfs, pipes, sockets, slab and page tables do not" {
  kernel_objects_stay_off online_movable
}

@test "its kernel objects do not go there in ZONE_NORMAL either" {
  kernel_objects_stay_off online_kernel
}

# bats test_tags=variation
@test "its heap and stack after exec are on the node, its program text is not" {
  plug_for_mbind
  memscript "policy $NODE; run cat /proc/self/numa_maps" >"$BATS_TEST_TMPDIR/maps"
  grep -E " heap .* N$NODE=" "$BATS_TEST_TMPDIR/maps"
  grep -E " stack .* N$NODE=" "$BATS_TEST_TMPDIR/maps"
  run ! grep -E " file=.* N$NODE=" <(grep -v anon= "$BATS_TEST_TMPDIR/maps")
}

@test "children inherit the policy over fork and exec" {
  plug_for_mbind
  memscript "policy $NODE; fork; map 4M; touch; on $NODE all; end" \
    "exec; task-policy-is $NODE; map 4M; touch; on $NODE all"
}

@test "tasks without the policy are not affected" {
  plug_for_mbind
  memscript "fork; policy $NODE; map 4M; touch; on $NODE all; end" \
    "task-policy-is none default; map 4M; touch; on 0 all"
}

# bats test_tags=variation
@test "a mapping's own policy rules over the task's" {
  plug_for_mbind
  memscript "policy $NODE; map 4M; bind 0; touch; on 0 all"
  memscript "policy 0; map 4M; bind $NODE; touch; on $NODE all"
}

# bats test_tags=variation
@test "going back to the default policy ends it for new pages" {
  plug_for_mbind
  memscript "policy $NODE; map 4M as a; touch; policy none default" \
    "map 4M; touch; on 0 all; use a; on $NODE all"
}

# bats test_tags=variation
@test "without the opt-in a task cannot be bound to the node" {
  plug
  memscript "expect EINVAL policy $NODE; task-policy-is none default"
  memscript "policy 0,$NODE; task-policy-is 0; map 4M; touch; on 0 all"
}

@test "a task bound to DRAM and the node gets DRAM first" {
  plug_for_mbind
  memscript "policy 0,$NODE; map 4M; touch; on 0 all"
}

@test "after the opt-in is taken away the task goes on with DRAM" {
  plug_for_mbind
  memscript "policy $NODE; map 4M as a; fill 1; write $(attr_file mbind) 0" \
    "on $NODE all; verify 1; map 4M; fill 2; on 0 all" \
    "fork; map 1M; touch; on 0 all; end"
}

@test "many programs run to their end when bound to the node" {
  plug_for_mbind
  memscript "policy $NODE; run ls /proc; run tar -C /usr/bin -cf /dev/null bash env" \
    "run sort /etc/services; run dmesg; run unshare --net true" >/dev/null
  assert_node_empty
}

# Without --all it takes only what Mems_allowed in /proc/self/status lists.
# bats test_tags=variation
@test "numactl --all --membind binds a program to the node" {
  plug_for_mbind
  numactl --all --membind="$NODE" memscript "map 4M; touch; on $NODE all"
  numactl --all --membind="0,$NODE" memscript "map 4M; touch; on 0 all"
}

@test "memory that a bound task populates or locks is on the node" {
  plug_for_mbind
  memscript "policy $NODE; map 4M populate; on $NODE all"
  memscript "policy $NODE; map 4M; mlock; on $NODE all"
  memscript "policy $NODE; map 4M; madvise populate_write; on $NODE all"
}

@test "copies of file pages that a bound task writes to stay on DRAM" {
  plug_for_mbind
  memscript "map 1M sharedfile $BATS_TEST_TMPDIR/file; fill 2; on 0 all"
  memscript "policy $NODE; map 1M file $BATS_TEST_TMPDIR/file; read; on 0 all" \
    "verify 2; touch; on 0 all"
}
