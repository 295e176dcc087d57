#!/usr/bin/env bats
# daxctl-private reserve, on machines that are made up: where it puts what
# shellcheck disable=SC2154 # bats sets stderr

load lib

readonly GIB=$((1 << 30))

# Two nodes, in blocks of 1 GiB: node 0 has 3G and 4G-20G, node 1 20G-32G. The kernel
# is at 1G, a crash kernel at 18G.
big_machine() {
  machine nodax
  local nodes=$MACHINE/sys/devices/system/node
  echo 40000000 >"$MACHINE/sys/devices/system/memory/block_size_bytes"
  echo 0-1 >"$nodes/has_memory"
  echo "quiet" >"$MACHINE/proc/cmdline"
  rm -f "$nodes"/node0/memory[0-9]*
  mkdir -p "$nodes/node1"
  touch "$nodes"/node0/memory{0..2} "$nodes"/node0/memory{4..19} "$nodes"/node1/memory{20..31}
  cat >"$MACHINE/proc/iomem" <<'END'
00001000-0009ffff : System RAM
00100000-bfffffff : System RAM
  40000000-417fffff : Kernel code
  42000000-43ffffff : Kernel bss
c0000000-febfffff : PCI Bus 0000:00
100000000-7ffffffff : System RAM
  480000000-4bfffffff : Crash kernel
END
}

start_is() { # GIBIBYTES
  equal "$(json 0.start)" $(($1 * GIB)) start
}

cmdline_is() { # WORDS
  equal "$(json 0.cmdline)" "$1" "command line"
}

@test "the end of the biggest node is set aside, with a node id" {
  big_machine
  run -0 look reserve 2g
  cmdline_is "memmap=2G%16G-1+0xefffffff private_nodes=1"
  start_is 16
  equal "$(json 0.size)" $((2 * GIB))
  equal "$(json 0.node)" 0
}

@test "a machine that is small is served below 4 GiB, above the kernel" {
  machine nodax
  run -0 look reserve 128m
  cmdline_is "memmap=128M%256M-1+0xefffffff private_nodes=1"
}

@test "the end of a range is cut to whole memory blocks" {
  big_machine
  sed -i 's/-7ffffffff/-7fffeffff/' "$MACHINE/proc/iomem"
  run -0 look reserve 2g --node 1
  start_is 29
}

@test "--node asks for that node" {
  big_machine
  run -0 look reserve 2g --node 1
  start_is 30
  equal "$(json 0.node)" 1
  run -0 look reserve 2g -N 0
  start_is 16
}

@test "of a node that is not there those that are there are told" {
  big_machine
  for words in "" "--at 22g" --force; do
    # shellcheck disable=SC2086 # several words
    run -1 --separate-stderr look reserve 1g --node 5 $words
    equal "$output" "[]"
    equal "$stderr" "error: node 5: there is no such node: ENODEV: give one of 0-1, or leave --node out"
  done
}

@test "of a node without memory those that have some are told" {
  big_machine
  mkdir -p "$MACHINE/sys/devices/system/node/node2"
  run -1 --separate-stderr look reserve 1g --node 2
  equal "$output" "[]"
  equal "$stderr" "error: node 2: it has no ordinary memory: ENODEV: give one of 0-1, or leave --node out"
}

@test "what cannot be the number of a node is a wrong command line" {
  big_machine
  run -2 --separate-stderr look reserve 1g --node -7
  equal "$stderr" "error: --node=-7: there is no such node: give one of 0-1, or leave --node out"
}

@test "--at names the start, and the node follows" {
  big_machine
  run -0 look reserve 2g --at 22g
  cmdline_is "memmap=2G%22G-1+0xefffffff private_nodes=1"
  equal "$(json 0.node)" 1
  run -0 look reserve 1g -a 0x140000000
  start_is 5
  equal "$(json 0.node)" 0
}

@test "--at refuses the kernel, a crash kernel, a hole and what is of two nodes" {
  big_machine
  for at in 1g 17g 18g 3g 19g 40g; do
    run -1 --separate-stderr look reserve 2g --at "$at"
    equal "$output" "[]"
    [[ $stderr == "error: node "*"is free: EINVAL: "* ]]
  done
  run -0 look reserve 1g --at 17g
  start_is 17
}

@test "--at has to be at the start of a memory block" {
  big_machine
  run -1 --separate-stderr look reserve 1g --at 5100m
  [[ $stderr == "error: reserve: --at is no multiple of 1.00 GiB"*": EINVAL: "* ]]
}

@test "a size that is no multiple of a memory block is refused" {
  big_machine
  for size in 0 512m 1537m; do
    run -1 --separate-stderr look reserve "$size"
    equal "$output" "[]"
    [[ $stderr == "error: reserve: the size is no multiple of 1.00 GiB"*": EINVAL: "* ]]
  done
}

@test "more than half of a node needs --force" {
  big_machine
  run -0 look reserve 6g --node 1
  start_is 26
  run -1 --separate-stderr look reserve 7g --node 1
  [[ $stderr == "error: node 1: that is more than half of its memory, 12.00 GiB"*"--force" ]]
  run -0 look reserve 7g --node 1 --force
  start_is 25
  run -0 look reserve 12g --node 1 -f
  start_is 20
}

@test "more than there is is refused, with --force as well" {
  big_machine
  run -1 --separate-stderr look reserve 13g --node 1 --force
  equal "$output" "[]"
  equal "$stderr" "error: node 1: it has 12.00 GiB (12.88 GB): ENOSPC: ask for less"
  run -1 --separate-stderr look reserve 15g --node 0 --force
  equal "$stderr" "error: node 0: it has no such range in one piece: ENOSPC: ask for less, or for another node"
}

@test "what is big is put at a multiple of 1 GiB, if that can be" {
  big_machine
  echo 20000000 >"$MACHINE/sys/devices/system/memory/block_size_bytes"
  rm "$MACHINE"/sys/devices/system/node/node1/memory[0-9]*
  touch "$MACHINE"/sys/devices/system/node/node1/memory{40..62}
  run -0 look reserve 1g --node 1
  start_is 30
  run -0 look reserve 512m --node 1
  equal "$(json 0.start)" $((31 * GIB))
  run -0 look reserve 11g --node 1 --force
  start_is 20
}

# KASLR of a kernel that BIOS boots takes the size for the end of memory
@test "a range that the kernel could be put into comes with nokaslr" {
  big_machine
  run -0 look reserve 12g --force --node 0
  cmdline_is "memmap=12G%6G-1+0xefffffff private_nodes=1 nokaslr"
  run -0 look reserve 8g --at 8g --node 0
  cmdline_is "memmap=8G%8G-1+0xefffffff private_nodes=1"
  mkdir -p "$MACHINE/sys/firmware/efi"
  run -0 look reserve 12g --force --node 0
  cmdline_is "memmap=12G%6G-1+0xefffffff private_nodes=1"
}

@test "node ids that were set aside for others stay, and one comes if none is spare" {
  big_machine
  echo "private_nodes=2" >"$MACHINE/proc/cmdline"
  echo "0-3" >"$MACHINE/sys/devices/system/node/possible"
  run -0 look reserve 1g
  cmdline_is "memmap=1G%19G-1+0xefffffff private_nodes=2"
  echo "0-1" >"$MACHINE/sys/devices/system/node/possible"
  run -0 look reserve 1g
  cmdline_is "memmap=1G%19G-1+0xefffffff private_nodes=3"
}

@test "who may not see addresses is served from what the firmware says, above 4 GiB" {
  big_machine
  sed -i -E 's/[0-9a-f]+-[0-9a-f]+ :/00000000-00000000 :/' "$MACHINE/proc/iomem"
  run -1 --separate-stderr look reserve 1g
  equal "$stderr" "error: reserve: where memory is, is told to root only: EACCES: run it as root"
  for entry in "0 0x100000 0xbfffffff" "1 0x100000000 0x7ffffffff"; do
    read -r nr start end <<<"$entry"
    mkdir -p "$MACHINE/sys/firmware/memmap/$nr"
    echo "$start" >"$MACHINE/sys/firmware/memmap/$nr/start"
    echo "$end" >"$MACHINE/sys/firmware/memmap/$nr/end"
    echo "System RAM" >"$MACHINE/sys/firmware/memmap/$nr/type"
  done
  run -0 look reserve 2g --node 0
  start_is 18
  rm "$MACHINE"/sys/devices/system/node/node0/memory{4..19}
  run -1 --separate-stderr look reserve 1g --node 0
  [[ $stderr == *": ENOSPC: as root it sees what is below 4 GiB, too" ]]
}

@test "a kernel without memory hotplug is told" {
  big_machine
  rm "$MACHINE/sys/devices/system/memory/block_size_bytes"
  run -1 --separate-stderr look reserve 1g
  equal "$stderr" "error: reserve: the kernel has no memory blocks: EOPNOTSUPP: boot a kernel with CONFIG_MEMORY_HOTPLUG=y"
}

@test "for people addresses are hexadecimal and sizes have units" {
  big_machine
  run -0 look reserve -u 2g
  equal "$(json start)" 0x400000000
  equal "$(json size)" "2.00 GiB (2.15 GB)"
}

@test "with --dry-run --apply and --remove say what they would do, and do nothing" {
  big_machine
  run -0 look reserve 2g --apply --dry-run
  start_is 16
  equal "$(json 0.steps.0.step)" "write the file"
  equal "$(json 0.steps.0.value | grep -v '^#')" \
    "GRUB_CMDLINE_LINUX=\"\$GRUB_CMDLINE_LINUX memmap=2G%16G-1+0xefffffff private_nodes=1\""
  [ ! -e "$MACHINE/etc" ]
  run -0 look reserve --remove --dry-run
  equal "$(json 0.steps.0.step)" "remove the file"
  equal "$(json 0.steps.0.path)" /etc/default/grub.d/daxctl-private.cfg
  equal "$(json 0.steps.1.step)" "run update-grub"
}

# A GRUB of the machine, whose update-grub has the shell read the files as the real one does.
fake_grub() {
  mkdir -p "$MACHINE/bin" "$MACHINE/boot/grub" "$MACHINE/etc/default/grub.d"
  echo 'GRUB_CMDLINE_LINUX="quiet"' >"$MACHINE/etc/default/grub"
  cat >"$MACHINE/bin/update-grub" <<'END'
#!/usr/bin/sh
. /etc/default/grub
for file in /etc/default/grub.d/*.cfg; do [ ! -e "$file" ] || . "$file"; done
echo "linux /vmlinuz ro $GRUB_CMDLINE_LINUX panic=9" >/boot/grub/grub.cfg
END
  chmod +x "$MACHINE/bin/update-grub"
}

grub_has() { # WORDS
  equal "$(<"$MACHINE/boot/grub/grub.cfg")" "linux /vmlinuz ro $1 panic=9" grub.cfg
}

@test "what was applied stays, before the boot that sets it aside and after it" {
  big_machine
  fake_grub
  run -0 --separate-stderr inside reserve 2g --node 1 --apply
  equal "$(json 0.changed) $(json 0.updated)" "true true"
  grub_has "quiet memmap=2G%30G-1+0xefffffff private_nodes=1"
  run -0 --separate-stderr inside reserve 2g --apply
  start_is 30
  equal "$(json 0.changed) $(json 0.updated)" "false true"
  sed -i -e 's/-7ffffffff/-77fffffff/' -e '$ a 780000000-7ffffffff : Soft Reserved' \
    "$MACHINE/proc/iomem"
  run -0 --separate-stderr inside reserve 2g --apply
  start_is 30
  equal "$(json 0.changed)" false
  grub_has "quiet memmap=2G%30G-1+0xefffffff private_nodes=1"
}

@test "what was applied is replaced if that range is no memory, or not all of it" {
  big_machine
  fake_grub
  run -0 inside reserve 2g --node 1 --apply
  sed -i 's/-7ffffffff/-7bfffffff/' "$MACHINE/proc/iomem"
  rm "$MACHINE/sys/devices/system/node/node1/memory31"
  run -0 --separate-stderr inside reserve 2g --node 1 --apply
  start_is 29
  equal "$(json 0.changed)" true
  [[ $stderr == *"it replaces memmap=2G%30G"* ]]
  grub_has "quiet memmap=2G%29G-1+0xefffffff private_nodes=1"
}

@test "words that do not get into the configuration of GRUB are told" {
  big_machine
  fake_grub
  echo 'GRUB_CMDLINE_LINUX="quiet splash"' >"$MACHINE/etc/default/grub.d/zz.cfg"
  run -64 --separate-stderr inside reserve 2g --apply
  equal "$(json 0.changed) $(json 0.updated)" "true false"
  equal "$stderr" "error: /boot/grub/grub.cfg: update-grub has left the words out: is GRUB_CMDLINE_LINUX set anew in another file of /etc/default/grub.d?"
  # one that adds to it, and one that has quotes of its own
  # shellcheck disable=SC2016 # update-grub does it
  echo 'GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX splash"' >"$MACHINE/etc/default/grub.d/zz.cfg"
  echo "GRUB_CMDLINE_LINUX='dyndbg=\"file dax* +p\"'" >"$MACHINE/etc/default/grub"
  run -0 --separate-stderr inside reserve 2g --apply
  equal "$(json 0.changed) $(json 0.updated)" "false true"
  grub_has 'dyndbg="file dax* +p" memmap=2G%16G-1+0xefffffff private_nodes=1 splash'
  run -0 --separate-stderr inside reserve --remove
  grub_has 'dyndbg="file dax* +p" splash'
}

@test "--apply and --remove are not for a captured machine" {
  big_machine
  for option in --apply --remove; do
    run -2 --separate-stderr look reserve $option
    equal "$output" ""
    equal "$stderr" "error: reserve: --sysroot is for verbs that only read"
  done
}

@test "a command line that makes no sense is 2" {
  big_machine
  run -2 --separate-stderr look reserve
  equal "$stderr" "error: give one size, as 8g"
  run -2 --separate-stderr look reserve 1g 2g
  equal "$stderr" "error: give one size, as 8g"
  run -2 --separate-stderr look reserve big
  equal "$stderr" "error: 'big' is no size"
  run -2 --separate-stderr look reserve 1g --at x
  equal "$stderr" "error: --at: 'x' is no address"
  run -2 --separate-stderr look reserve 1g --at 0xffffffffffffffff
  equal "$stderr" "error: --at: '0xffffffffffffffff' is no address"
  run -2 --separate-stderr daxctl-private reserve --remove 1g
  equal "$stderr" "error: --remove goes alone"
}
