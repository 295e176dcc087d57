#!/usr/bin/env bats
# scripts/series-check: which mail does not build, and with which configuration. The
# kernel here is one file; what is built and booted is in $LOG.

bats_require_minimum_version 1.8.0

load small_source
load script

setup() {
  make_small_series
  export LOG=$BATS_TEST_TMPDIR/log VM_CONFIG=$BATS_TEST_TMPDIR/config
  touch "$LOG"
  printf 'CONFIG_%s=y\n' NUMA MEMORY_HOTPLUG NODE_PRIVATE CRAM >"$VM_CONFIG"
  make_kbuild
  script scripts/kernel-build 'echo "${VM_CONFIG%/*}"'
  script vm/run 'echo boot >>"$LOG"; [ ! -e "$LOG.panic" ]'
}

# Of the kernel's ways to be built, those that are used
make_kbuild() {
  mkdir -p "$source/scripts"
  cat >"$source/scripts/config" <<'END'
#!/bin/bash
# --file FILE [-d OPTION]...
file=$2
for option in "${@:3}"; do
  sed -i "/CONFIG_$option=/d" "$file"
  [ "$option" != NODE_PRIVATE ] || sed -i /CONFIG_CRAM=/d "$file"
done
END
  chmod +x "$source/scripts/config"
  cat >>"$source/Makefile" <<'END'
options = $(shell sed -n 's/^\(CONFIG_.*\)=y/-D\1=1/p' $(O)/.config)
olddefconfig:
	[ ! -e $(LOG).stubborn ] || cp $(VM_CONFIG) $(O)/.config
vmlinux:
	[ ! -e mm/new.c ] || $(CC) -Wall $(options) -c -o $(O)/new.o mm/new.c
	echo $(LOCALVERSION) >>$(LOG)
bzImage:
	mkdir -p $(O)/arch/x86/boot
	touch $(O)/arch/x86/boot/bzImage $(O)/System.map
modules modules_install:
END
}

check() { "$repo/scripts/series-check" "$@" 2>&1; }

@test "each mail is built with each configuration, and the first and the last boot" {
  run -0 check
  [[ $output == *"2 mails apply, and build with each of: vm off nonuma nohotplug" ]]
  [ "$(tr '\n' ' ' <"$LOG")" = "-vm boot -off -nonuma -nohotplug -vm boot -off -nonuma -nohotplug " ]
}

@test "what was found to build is not built again, what has changed is" {
  check
  : >"$LOG"
  check
  [ ! -s "$LOG" ]
  echo 'int more;' >>"$repo/mm/new.c"
  check
  [ "$(tr '\n' ' ' <"$LOG")" = "-vm boot -off -nonuma -nohotplug " ]
}

@test "a mail that does not build is named with the configuration, and the error" {
  printf '#ifndef CONFIG_NUMA\n#error needs nodes\n#endif\n' >"$repo/mm/new.c"
  run -1 check
  [[ $output == *"needs nodes"*"0002-mm-change-two does not build with the configuration nonuma"* ]]
  run -1 check # not taken for built, either
  run -0 check vm off nohotplug
}

@test "a warning is an error" {
  printf 'void f(void);\nvoid f(void)\n{\n\tint unused;\n}\n' >"$repo/mm/new.c"
  run -1 check off
  [[ $output == *"unused"*"0002-mm-change-two has warnings with the configuration off"* ]]
}

@test "an option that comes back is an error: it would be built without any use" {
  touch "$LOG.stubborn"
  run -1 check nohotplug
  [[ $output == *"the configuration nohotplug does not do without what it should"* ]]
}

@test "a kernel that does not boot is an error, and is tried again" {
  touch "$LOG.panic"
  run -1 check vm
  [[ $output == *"does not boot after 0001-mm-change-one"* ]]
  rm "$LOG.panic"
  run -0 check vm
}

@test "an unknown configuration is refused before anything is built" {
  run -2 check vm small
  [[ $output == *usage* ]]
  [ ! -s "$LOG" ]
}

@test "a new file that is in no mail is an error before anything is built" {
  script scripts/kernel-build 'echo kernel >>"$LOG"; echo "${VM_CONFIG%/*}"'
  echo 'int other;' >"$repo/mm/other.c"
  run -1 check
  [[ $output == *"in no mail: mm/other.c"* ]]
  [ ! -s "$LOG" ]
}
