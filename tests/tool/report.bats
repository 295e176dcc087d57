#!/usr/bin/env bats
# daxctl-private report, on captured machines: what is in the tar file, and what is not.
# shellcheck disable=SC2154 # run sets output and stderr

load lib
load procs

setup() {
  cd "$BATS_TEST_TMPDIR"
  machine tiers
}

# Packs the machine, and unpacks that into PACKED.
pack() {
  PACKED=$BATS_TEST_TMPDIR/packed
  mkdir "$PACKED"
  look report -o - | tar -xz -C "$PACKED"
}

has() { # FILE CONTENT
  equal "$(cat "$PACKED/$1")" "$2" "$1"
}

file_of() { # PATH LINE...
  mkdir -p "$(dirname "$MACHINE/$1")"
  printf '%s\n' "${@:2}" >"$MACHINE/$1"
}

# The process PID with memory on NODE, and everything else that /proc has of it.
whole_process() { # PID CGROUP NODE
  local file
  process "$1" "$2" <<<"7f0000000000 bind:$3 anon=3 N$3=3 kernelpagesize_kB=4"
  for file in limits smaps_rollup; do
    echo "$file of $1" >"$MACHINE/proc/$1/$file"
  done
  for file in cmdline environ auxv; do
    echo hunter2 >"$MACHINE/proc/$1/$file"
  done
}

cgroups() {
  local dir=$MACHINE/sys/fs/cgroup file
  mkdir -p "$MACHINE/proc/self" "$dir/jobs/one"
  printf '%s\n' 'tmpfs /home/alice tmpfs rw 0 0' 'cgroup2 /sys/fs/cgroup cgroup2 rw 0 0' \
    >"$MACHINE/proc/self/mounts"
  for dir in "$dir" "$dir/jobs" "$dir/jobs/one"; do
    for file in memory.current memory.events memory.max memory.stat cpuset.mems \
      cpuset.mems.effective cgroup.procs; do
      echo "$file" >"$dir/$file"
    done
    echo 'anon N0=0 N1=12288' >"$dir/memory.numa_stat"
  done
}

@test "processes with memory on a private node are there, others are not" {
  local file
  whole_process 41 / 1
  whole_process 42 / 0
  pack
  for file in limits smaps_rollup; do
    has "proc/41/$file" "$file of 41"
  done
  has proc/41/numa_maps "7f0000000000 bind:1 anon=3 N1=3 kernelpagesize_kB=4"
  has proc/41/cgroup 0::/
  grep -q '^VmLck' "$PACKED/proc/41/status"
  [ ! -e "$PACKED/proc/42" ]
}

@test "what a process was started with is never there" {
  whole_process 41 / 1
  pack
  equal "$(cd "$PACKED/proc/41" && echo *)" "cgroup comm limits numa_maps smaps_rollup status"
  run -1 grep -r hunter2 "$PACKED"
}

@test "their cgroups are there, with those above, and no other mounts" {
  local dir
  cgroups
  mkdir -p "$MACHINE/sys/fs/cgroup/other"
  echo 1 >"$MACHINE/sys/fs/cgroup/other/memory.current"
  whole_process 41 /jobs/one 2
  pack
  for dir in sys/fs/cgroup sys/fs/cgroup/jobs sys/fs/cgroup/jobs/one; do
    equal "$(cd "$PACKED/$dir" && ls -p | grep -v / | paste -sd ' ')" \
      "cpuset.mems cpuset.mems.effective memory.current memory.events memory.max memory.numa_stat memory.stat" "$dir"
  done
  [ ! -e "$PACKED/sys/fs/cgroup/other" ]
  has proc/self/mounts "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0"
}

@test "verbs say of the packed machine what they say of the machine" {
  local words
  cgroups
  whole_process 41 /jobs/one 1
  file_of etc/daxctl-private.conf.d/a.conf '[reconfigure-device a]' 'match.target-node = 1' 'mode = cram'
  file_of etc/modprobe.d/kmem.conf 'blacklist kmem'
  pack
  for words in "list -i -M" "stat --procs" "stat --cgroups" "explain 41" "doctor" "save" \
    "apply --check" "apply --dry-run --force"; do
    # shellcheck disable=SC2086 # several words
    equal "$(daxctl-private ${words%% *} --sysroot "$PACKED" ${words#"${words%% *}"} 2>&1 || true)" \
      "$(look $words 2>&1 || true)" "$words"
  done
}

@test "a cgroup outside of what the process sees is not looked for" {
  cgroups
  mkdir -p "$MACHINE/sys/fs/secret"
  echo 1 >"$MACHINE/sys/fs/secret/memory.current"
  whole_process 41 / 1
  echo "0::/../secret" >"$MACHINE/proc/41/cgroup"
  pack
  [ ! -e "$PACKED/sys/fs/secret" ]
  has sys/fs/cgroup/memory.max memory.max
}

@test "a file that nobody may read is there, and empty" {
  whole_process 41 / 1
  chmod 000 "$MACHINE/proc/41/smaps_rollup"
  pack
  equal "$(stat -c %s "$PACKED/proc/41/smaps_rollup")" 0
}

@test "tables of the firmware are there byte for byte, but for large ones" {
  local tables=sys/firmware/acpi/tables
  mkdir -p "$MACHINE/$tables"
  printf 'SRAT\0\1\n\n' >"$MACHINE/$tables/SRAT"
  head -c 70000 /dev/zero >"$MACHINE/$tables/HMAT"
  echo secret >"$MACHINE/$tables/MSDM"
  pack
  cmp "$PACKED/$tables/SRAT" "$MACHINE/$tables/SRAT"
  equal "$(ls "$PACKED/$tables")" SRAT
}

@test "a file may have any name" {
  file_of etc/daxctl-private.conf.d/$'m\xc3\xbcll.conf' '# utf-8'
  file_of etc/daxctl-private.conf.d/$'m\xfcll.conf' '# latin 1'
  pack
  has etc/daxctl-private.conf.d/$'m\xc3\xbcll.conf' '# utf-8'
  has etc/daxctl-private.conf.d/$'m\xfcll.conf' '# latin 1'
}

# reserve asks for both: a kernel that EFI boots is not put at random
@test "how the machine boots is there, and the memory that the firmware told of" {
  file_of sys/firmware/efi/systab 'ACPI20=0xbfb7e014'
  file_of sys/firmware/memmap/0/type 'System RAM'
  file_of sys/firmware/memmap/0/start 0x100000000
  pack
  [ -d "$PACKED/sys/firmware/efi" ]
  [ ! -e "$PACKED/sys/firmware/efi/systab" ]
  has sys/firmware/memmap/0/type 'System RAM'
  has sys/firmware/memmap/0/start 0x100000000
}

@test "CXL devices are there with the size of their memory" {
  local memdev
  machine cxl
  memdev=$(cd "$MACHINE" && echo sys/devices/pci*/*/*/mem0)
  echo 0x10000000 >"$MACHINE/$memdev/ram/size"
  echo 0x0 >"$MACHINE/$memdev/pmem/size"
  pack
  has "$memdev/ram/size" 0x10000000
  has "$memdev/pmem/size" 0x0
  has "$memdev/serial" "$(cat "$MACHINE/$memdev/serial")"
  has "$memdev/firmware_version" "$(cat "$MACHINE/$memdev/firmware_version")"
}

# --- the config ----------------------------------------------------------------

@test "the config files are there, those of daxctl, too, and no other files beside them" {
  file_of etc/daxctl-private.conf.d/a.conf '[reconfigure-device a]' 'match.range = 0x100000000' 'mode = cram'
  file_of etc/daxctl-private.conf.d/password.txt hunter2
  file_of etc/daxctl.conf.d/daxctl.conf '[reconfigure-device b]'
  file_of etc/passwd hunter2
  pack
  cmp "$PACKED/etc/daxctl-private.conf.d/a.conf" "$MACHINE/etc/daxctl-private.conf.d/a.conf"
  has etc/daxctl.conf.d/daxctl.conf '[reconfigure-device b]'
  run -1 grep -r hunter2 "$PACKED"
  equal "$(daxctl-private apply --check --sysroot "$PACKED" 2>&1)" "$(look apply --check 2>&1)"
}

@test "a config file is there byte for byte, and what a link leads to, but nothing that is large" {
  local dir=etc/daxctl-private.conf.d
  file_of opt/zero.conf ''
  printf '[a]\0\r\nx\n\n' >"$MACHINE/opt/zero.conf"
  file_of $dir/a.conf ''
  ln -sf /opt/zero.conf "$MACHINE/$dir/a.conf"
  ln -s /nowhere "$MACHINE/$dir/b.conf"
  head -c 1100000 /dev/zero >"$MACHINE/$dir/c.conf"
  pack
  cmp "$PACKED/$dir/a.conf" "$MACHINE/opt/zero.conf"
  equal "$(cd "$PACKED/$dir" && echo *)" a.conf
  grep -qx '/etc/daxctl-private.conf.d/b.conf: cannot be read: ENOENT' "$PACKED/report/notes"
  grep -qx '/etc/daxctl-private.conf.d/c.conf: left out, it is larger than 1024 KiB: EFBIG' \
    "$PACKED/report/notes"
}

@test "of modprobe.d what names one of the modules is there, and what takes its place" {
  file_of etc/modprobe.d/kmem.conf 'blacklist kmem'
  file_of usr/lib/modprobe.d/dax.conf '# none' 'options dax_hmem x=1'
  file_of run/modprobe.d/dax.conf
  file_of usr/local/lib/modprobe.d/cram.conf $'install cramdax\t/bin/false'
  file_of etc/modprobe.d/other.conf 'blacklist kmemleak' 'options wifi password=hunter2'
  file_of etc/modprobe.d/kmem.dpkg-old 'blacklist kmem'
  ln -s usr/lib "$MACHINE/lib"
  pack
  has etc/modprobe.d/kmem.conf 'blacklist kmem'
  equal "$(cd "$PACKED" && find . -path '*modprobe.d/*' | sort | paste -sd ' ')" \
    "./etc/modprobe.d/kmem.conf ./run/modprobe.d/dax.conf ./usr/lib/modprobe.d/dax.conf ./usr/local/lib/modprobe.d/cram.conf"
  equal "$(daxctl-private doctor --sysroot "$PACKED" 2>&1 || true)" "$(look doctor 2>&1 || true)"
}

# --- the log of the kernel -----------------------------------------------------

# A program journalctl for the machine.
journal() { # SHELL-CODE
  mkdir -p "$MACHINE/programs"
  printf '#!/usr/bin/sh\necho "$*" >/asked\n%s\n' "$1" >"$MACHINE/programs/journalctl"
  chmod +x "$MACHINE/programs/journalctl"
}

# klogctl() for the program: its log is in the environment, or the number of an error.
fake_log() {
  [ -e "$MACHINE/klog.so" ] || cc -shared -fPIC -xc -o "$MACHINE/klog.so" - <<'END'
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
int klogctl(int type, char *buffer, int len)
{
	const char *log = getenv("KLOG");

	if (type == 10)
		return 4096;
	errno = atoi(log);
	return errno ? -1 : snprintf(buffer, len, "%s", log);
}
END
}

# Packs the machine into PACKED, not with --sysroot.
pack_inside() { # LOG
  fake_log
  PACKED=$BATS_TEST_TMPDIR/packed
  rm -rf "$PACKED"
  mkdir "$PACKED"
  KLOG=$1 PRELOAD=/klog.so PATH=/programs:$PATH \
    run -0 --separate-stderr inside report -o /report.tar.gz
  tar -xzf "$MACHINE/report.tar.gz" -C "$PACKED" report
}

@test "the kernel's log is there, as the journal has it" {
  journal 'echo "[    0.1] from the journal"'
  pack_inside 1
  has report/kernel.log "[    0.1] from the journal"
  [[ $(cat "$MACHINE/asked") == --dmesg\ *--no-hostname* ]]
  run -1 grep 'kernel.log' "$PACKED/report/notes"
}

@test "without a journal it is there as the kernel has it" {
  local code
  for code in 'exit 1' 'exit 0' 'echo half; exit 1' 'kill $$'; do
    journal "$code"
    pack_inside "<6>[    0.1] from the kernel"
    has report/kernel.log "<6>[    0.1] from the kernel"
  done
}

@test "a log that cannot be read is a note" {
  journal 'exit 1'
  pack_inside 1
  [ ! -e "$PACKED/report/kernel.log" ]
  grep -qx '/report/kernel.log: cannot be read: EPERM' "$PACKED/report/notes"
  [[ $stderr == *"could not be read: report/notes in it says which"* ]] || fail "$stderr"
}

@test "of a log that is large its end is there" {
  journal 'yes "[    1.0] line" | head -c 9000000; echo; echo the end'
  pack_inside 1
  equal "$(tail -n 1 "$PACKED/report/kernel.log")" "the end"
  equal "$(head -n 1 "$PACKED/report/kernel.log")" "[    1.0] line"
  [ "$(stat -c %s "$PACKED/report/kernel.log")" -le 8388608 ]
  grep -qx '/report/kernel.log: only its end is there, of 8192 KiB: EFBIG' "$PACKED/report/notes"
}

@test "of a captured machine it is the one that was captured" {
  pack
  [ ! -e "$PACKED/report/kernel.log" ]
  file_of report/kernel.log '[    0.1] captured'
  file_of report/notes 'daxctl-private 0.9' '/proc/iomem: cannot be read: EACCES'
  rm -r "$PACKED"
  pack
  has report/kernel.log '[    0.1] captured'
  has report/notes $'daxctl-private 0.9\n/proc/iomem: cannot be read: EACCES'
}

# --- what could not be read ----------------------------------------------------

@test "notes say which program packed it, and what could not be read" {
  pack
  has report/notes "$(daxctl-private --version | sed 's/^/daxctl-private /')"
  rm -r "$PACKED"
  mkdir -p "$MACHINE/etc/daxctl-private.conf.d"
  ln -s loop.conf "$MACHINE/etc/daxctl-private.conf.d/loop.conf"
  pack
  grep -qx '/etc/daxctl-private.conf.d/loop.conf: cannot be read: ELOOP' "$PACKED/report/notes"
  equal "$(wc -l <"$PACKED/report/notes")" 2
}

# To root of a user name space, files of others are not readable.
@test "what only another user may read is a note" {
  ((EUID == 0)) || skip "only root can make a file of another user"
  chmod 400 "$MACHINE/proc/iomem"
  chown 1:1 "$MACHINE/proc/iomem"
  journal 'echo log'
  pack_inside 1
  equal "$(tail -n +2 "$PACKED/report/notes")" "/proc/iomem: cannot be read: EACCES"
  equal "$stderr" "1 file could not be read: report/notes in it says which"
}

@test "a captured machine gives the same file each time" {
  whole_process 41 / 1
  look report -o - >one.tar.gz
  sleep 1.1
  look report -o - >two.tar.gz
  cmp one.tar.gz two.tar.gz
}

# --- where it goes ------------------------------------------------------------

@test "the file is for its owner alone, even if it was there" {
  : >old.tar.gz
  chmod 644 old.tar.gz
  run -0 --separate-stderr daxctl-private report -o old.tar.gz
  equal "$(stat -c %a old.tar.gz)" 600
  run -0 --separate-stderr daxctl-private report
  equal "$(stat -c %a daxctl-private.tar.gz)" 600
  equal "$(json 0.report)" daxctl-private.tar.gz
}

# Everybody writes to /dev/null, and root could take that away from them.
@test "what is no file is not written to, and keeps its mode" {
  local name mode
  mkfifo -m 644 fifo
  mknod -m 666 null c 1 3
  ln -s fifo link
  for name in fifo null link; do
    mode=$(stat -c %a $name)
    run -1 --separate-stderr timeout 20 daxctl-private report -o $name
    [[ $stderr == "error: $name: it is "*": EINVAL: give "* ]] || fail "$stderr"
    equal "$(stat -c %a $name)" "$mode" "mode of $name"
  done
}

@test "without a libarchive that can be used the file stays as it was" {
  mkdir broken
  echo "no library" >broken/libarchive.so.13
  echo old >old.tar.gz
  LD_LIBRARY_PATH=$PWD/broken run -1 --separate-stderr daxctl-private report -o old.tar.gz
  [[ $stderr == "error: old.tar.gz: cannot write the report: "*libarchive.so.13*": ELIBACC: install "* ]] ||
    fail "$stderr"
  equal "$(cat old.tar.gz)" old
}

@test "it has no pages, and verbs that need some say so" {
  whole_process 41 / 1
  pack
  run -0 daxctl-private explain --sysroot "$PACKED" 41
  run -1 --separate-stderr daxctl-private explain --sysroot "$PACKED" 41 7f0000000000
  equal "$output" "[]"
  equal "$stderr" "error: explain: cannot look at the page: ENOENT: a report has no pages: leave the address out"
  run -1 --separate-stderr daxctl-private audit --sysroot "$PACKED" dax0.0
  equal "$output" "[]"
  equal "$stderr" "error: dax0.0: cannot look at its page frames: ENOENT: a report has no pages: run it on the machine itself"
}

# Files may have a kilobyte.
with_little_room() { # VERB [ARGUMENT...]
  trap '' XFSZ
  ulimit -f 1
  inside "$@"
}

@test "of a report that could not be written as a whole nothing is left" {
  run -1 --separate-stderr with_little_room report -o /report.tar.gz
  equal "$output" "[]"
  equal "$stderr" "error: /report.tar.gz: cannot write the report: EFBIG"
  [ ! -e "$MACHINE/report.tar.gz" ]
}

@test "with --dry-run nothing is written" {
  run -0 --separate-stderr daxctl-private report -n -o x.tar.gz
  equal "$(json 0.report)" x.tar.gz
  [ ! -e x.tar.gz ]
}

@test "- is stdout, of a captured machine, too" {
  look report -o - >x.tar.gz
  tar -tzf x.tar.gz | grep -qx sys/devices/platform/hmem.0/dax0.0/hotplug
  [ ! -e ./- ]
}

@test "nothing is written into a captured machine" {
  run -2 --separate-stderr look report -o /x.tar.gz
  equal "$stderr" "error: report: with --sysroot it goes to stdout only"
  [ ! -e "$MACHINE/x.tar.gz" ]
}
