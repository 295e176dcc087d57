#!/usr/bin/env bats
# The Debian packages of the kernel: what is in them, and that the kernel boots and has
# private nodes.

bats_require_minimum_version 1.8.0

setup_file() {
  cd "$BATS_TEST_DIRNAME/../.."
  PACKAGES=$(scripts/kernel-deb --config small)
  IMAGE=$BATS_FILE_TMPDIR/image
  dpkg-deb -x "$(grep /linux-image- <<<"$PACKAGES")" "$IMAGE"
  export PACKAGES IMAGE
}

# What vm/run wants of a kernel, of what the package would install
as_kernel_dir() {
  local dir=$BATS_TEST_TMPDIR/kernel
  mkdir "$dir"
  cp "$IMAGE"/boot/vmlinuz-* "$dir/bzImage"
  cp "$IMAGE"/boot/System.map-* "$dir/System.map"
  cp "$IMAGE"/boot/config-* "$dir/config"
  cp -r "$IMAGE/lib" "$dir/"
  echo "$dir"
}

@test "there is an image with our modules, and the headers for others'" {
  local module
  [ "$(wc -l <<<"$PACKAGES")" = 2 ]
  for module in anondax cramdax; do
    compgen -G "$IMAGE/lib/modules/*/kernel/drivers/dax/$module.ko*"
  done
  dpkg-deb -c "$(grep /linux-headers- <<<"$PACKAGES")" | grep -q '/include/linux/node_private.h$'
}

@test "the kernel of the package boots, and makes a private node of reserved memory" {
  run -0 vm/run --kernel-dir "$(as_kernel_dir)" --dram 512M --private 256M --timeout 200 -- sh -euc '
    cd /sys/bus/dax/devices/dax0.0
    [ ! -e driver ] || echo dax0.0 >driver/unbind
    modprobe anondax
    echo dax0.0 >/sys/bus/dax/drivers/anondax/new_id
    echo 1 >mbind
    echo online >hotplug
    cat /sys/devices/system/node/has_memory_private
    numactl --all --membind=1 true
    echo unplugged >hotplug
    uname -r'
  [ "${lines[0]}" = 1 ]
  [[ ${lines[1]} == 6.12.*-private-nodes ]]
}

@test "a configuration that is none is an error before anything is built" {
  run -1 scripts/kernel-deb --config /dev/null
  [[ $output == *"/dev/null: this is no configuration of a kernel"* ]]
  run -1 scripts/kernel-deb --config "$BATS_TEST_TMPDIR/none"
  [[ $output == *"cannot be read"* ]]
}

@test "a configuration without nodes is an error, not a kernel without private nodes" {
  sed 's/^CONFIG_NUMA=y/# CONFIG_NUMA is not set/' "$IMAGE"/boot/config-* >"$BATS_TEST_TMPDIR/config"
  run -1 scripts/kernel-deb --config "$BATS_TEST_TMPDIR/config"
  [[ $output == *"CONFIG_NODE_PRIVATE does not come of"* ]]
}

@test "the same packages are not built twice" {
  run -0 --separate-stderr scripts/kernel-deb --config small
  [ "$output" = "$PACKAGES" ]
  [ -z "$stderr" ]
}
