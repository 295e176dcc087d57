#!/usr/bin/env bats
# The style of the sources themselves.

bats_require_minimum_version 1.8.0

@test "shellcheck, checkpatch --strict and clang-tidy have nothing to say" {
  "$BATS_TEST_DIRNAME/../../scripts/lint"
}
