#!/usr/bin/env bats
# The style of the sources themselves.

bats_require_minimum_version 1.8.0

load without

@test "shellcheck, checkpatch --strict and clang-tidy have nothing to say" {
  "$BATS_TEST_DIRNAME/../../scripts/lint"
}

@test "a program that is missing is named before anything is looked at" {
  local tool
  for tool in sparse spatch; do
    run -1 without $tool "$BATS_TEST_DIRNAME/../../scripts/lint"
    [ "$output" = "lint: error: '$tool' is not installed
  run: scripts/install-deps" ]
  done
}
