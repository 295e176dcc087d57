#!/usr/bin/env bats
# vm: --private 128M --dram 640M
# kernels: default
# daxctl-private doctor and reserve on real devices and real memory: DESIGN.md 5, 8
# shellcheck disable=SC2154 # bats sets stderr

load lib

readonly GRUB=/etc/default/grub.d/daxctl-private.cfg

tool() {
  "$BATS_TEST_DIRNAME/../../tools/daxctl-private/build/daxctl-private" "$@"
}

# A GRUB of our own, whose update-grub notes what the shell makes of the files. That of
# the machine that the root directory is of is out of sight.
fake_grub() {
  mount -t tmpfs tmpfs /etc/default
  mountpoint -q /boot || mount -t tmpfs tmpfs /boot
  mkdir "$BATS_TEST_TMPDIR/bin" /etc/default/grub.d
  cat >"$BATS_TEST_TMPDIR/bin/update-grub" <<END
#!/bin/sh
GRUB_CMDLINE_LINUX=quiet
for file in /etc/default/grub.d/*.cfg; do [ ! -e "\$file" ] || . "\$file"; done
echo generating
echo "\$GRUB_CMDLINE_LINUX" >$BATS_TEST_TMPDIR/grub.cfg
END
  chmod +x "$BATS_TEST_TMPDIR/bin/update-grub"
  PATH=$BATS_TEST_TMPDIR/bin:$PATH
}

teardown_file() {
  local dir
  for dir in /etc/default /boot; do
    ! mountpoint -q "$dir" || umount "$dir"
  done
}

@test "tool-doctor: a device that can be plugged has no problem, and then can be plugged" {
  run -0 tool doctor -u "$DAX"
  [[ $output == *"ok       driver of $DAX: anondax, unplugged"* ]]
  [[ $output == *"ok       node of $DAX: node $NODE can be private"* ]]
  [[ $output == *"ok       alignment of $DAX: whole memory blocks"* ]]
  [[ $output == *": Soft Reserved in /proc/iomem"* ]]
  plug
  run -0 tool doctor -u "$DAX"
  [[ $output == *"its memory is node $NODE"* ]]
}

@test "tool-doctor: a device on DRAM's node is a problem, and the kernel refuses it" {
  set_attr node 0
  run -1 tool doctor -u "$DAX"
  [[ $output == *"problem  node of $DAX: node 0 has ordinary memory"* ]]
  refuses EBUSY "/sys/bus/dax/devices/$DAX/hotplug" online
  set_attr node "$NODE"
}

@test "tool-doctor: demotion that is off and reclaim without swap are problems" {
  set_attr reclaim 1
  set_attr demotion 1
  run -1 tool doctor -u "$DAX"
  [[ $output == *"problem  swap of $DAX: "*"swapon"* ]]
  [[ $output == *"problem  demotion of $DAX: "*"echo 1 > /sys/kernel/mm/numa/demotion_enabled" ]]
}

@test "tool-reserve: the range is ordinary memory without the kernel" {
  run -0 --separate-stderr tool reserve 128M
  start=$(sed -n 's/.*"start":\([0-9]*\).*/\1/p' <<<"$output")
  range=$(printf '%08x-%08x' "$start" $((start + (128 << 20) - 1)))
  awk -v range="$range" '
    function number(hex,  i, n) {
      for (i = 1; i <= length(hex); i++)
        n = 16 * n + index("0123456789abcdef", substr(hex, i, 1)) - 1
      return n
    }
    BEGIN { split(range, want, "-"); start = number(want[1]); end = number(want[2]) }
    { split($1, got, "-") }
    /^[^ ].*System RAM/ && number(got[1]) <= start && end <= number(got[2]) { inside = 1 }
    /^ .*Kernel/ && number(got[1]) <= end && start <= number(got[2]) { kernel = 1 }
    END { exit !(inside && !kernel) }' /proc/iomem
}

@test "tool-reserve: who may not see addresses gets an error" {
  # a checkout may be where others cannot go
  cp "$BATS_TEST_DIRNAME/../../tools/daxctl-private/build/daxctl-private" /tmp/
  chmod 755 /tmp/daxctl-private
  run -1 --separate-stderr setpriv --reuid 1000 --clear-groups --inh-caps=-all \
    /tmp/daxctl-private reserve 128M
  equal "$output" "[]"
  [[ $stderr == "error: reserve: "*": EACCES: run it as root" ]]
}

@test "tool-reserve: --apply has GRUB add the words, once, and --remove takes them away" {
  fake_grub
  run -0 --separate-stderr tool reserve 128M --apply
  [[ $output == *'"changed":true'*'"updated":true'* ]]
  [[ $output != *generating* && $stderr == *"next boot"* ]]
  line=$(sed -n 's/.*"cmdline":"\(.*\)".*/\1/p' <<<"$output")
  [[ $line == memmap=128M%*M-1+0xefffffff\ private_nodes=1 ]]
  equal "$(<"$BATS_TEST_TMPDIR/grub.cfg")" "quiet $line"
  equal "$(stat -c %a "$GRUB")" 644
  equal "$(ls /etc/default/grub.d)" daxctl-private.cfg

  cp "$GRUB" "$BATS_TEST_TMPDIR/before"
  run -0 --separate-stderr tool reserve 128M --apply
  [[ $output == *'"changed":false'* ]]
  cmp "$GRUB" "$BATS_TEST_TMPDIR/before"
  run -0 --separate-stderr tool reserve 256M --at 128M --apply --force
  [[ $output == *'"changed":true'* && $stderr == *"it replaces $line"* ]]
  [[ $(<"$BATS_TEST_TMPDIR/grub.cfg") == "quiet memmap=256M%128M-1+0xefffffff "* ]]

  run -0 --separate-stderr tool reserve --remove
  [[ $output == *'"changed":true'* ]]
  [ ! -e "$GRUB" ]
  equal "$(<"$BATS_TEST_TMPDIR/grub.cfg")" quiet
  run -0 --separate-stderr tool reserve --remove
  [[ $output == *'"changed":false'* ]]
  umount /etc/default
}

@test "tool-reserve: a link in the place of the file stays, and so does what it leads to" {
  fake_grub
  echo mine >"$BATS_TEST_TMPDIR/mine"
  ln -s "$BATS_TEST_TMPDIR/mine" "$GRUB"
  run -1 --separate-stderr tool reserve 128M --apply
  equal "$stderr" \
    "error: $GRUB: it is a symbolic link: EINVAL: give the path of the file itself"
  [ -L "$GRUB" ]
  equal "$(<"$BATS_TEST_TMPDIR/mine")" mine
  [ ! -e "$BATS_TEST_TMPDIR/grub.cfg" ]
  umount /etc/default
}

@test "tool-reserve: a machine without update-grub is told what is left to do" {
  fake_grub
  printf '#!/bin/sh\nexit 1\n' >"$BATS_TEST_TMPDIR/bin/update-grub"
  run -64 --separate-stderr tool reserve 128M --apply
  [[ $output == *'"changed":true'*'"updated":false'* ]]
  [ -e "$GRUB" ]
  [[ $stderr == "error: update-grub: failed: "* ]]
  umount /etc/default
}

@test "tool-reserve: --apply on a machine without GRUB, or that is read-only, changes nothing" {
  run -1 --separate-stderr tool reserve 128M --apply
  equal "$output" "[]"
  [[ $stderr == "error: /etc/default/grub"*": give the words to your boot loader yourself" ||
    $stderr == "error: /etc/default/grub"*EROFS* ]]
}
