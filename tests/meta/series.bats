#!/usr/bin/env bats
# scripts/series: mails that a plain tree takes, with all new files in them.

bats_require_minimum_version 1.8.0

load small_source

setup() { make_small_series; }

series() { "$repo/scripts/series" "$@" 2>&1; }

@test "a plain tree takes the mails, and is the patched tree then" {
  local dir file
  dir=$(series | tail -n 1)
  cd "$source"
  git init -q
  git add -A
  git -c user.name=x -c user.email=y commit -q -m base
  git -c user.name=x -c user.email=y am -q "$dir"/000[12]-*.patch
  [ -z "$(git status --porcelain)" ]
  for file in mm/a.c mm/b.c mm/new.c; do
    cmp "$file" "$("$repo/scripts/kernel-tree")/$file"
  done
  [ "$(git log --format='%an %ad %s' --date=iso -2)" = \
    "A Name 2026-11-28 11:50:00 +0000 mm: change two
A Name 2026-11-28 11:50:00 +0000 mm: change one" ]
  git show --format= --name-only HEAD | grep -qx mm/new.c
}

@test "the letter says why, who, and what there is" {
  local letter
  letter=$(series | tail -n 1)/0000-cover-letter.patch
  grep -q '^Subject: \[PATCH 0/2\] Small changes$' "$letter"
  grep -qx 'Why they are made.' "$letter"
  grep -q 'mm: change one' "$letter"
  grep -q ' 3 files changed' "$letter"
  grep -q '^From: A Name' "$letter"
}

@test "what was written before goes, what is not a mail stays" {
  mkdir "$BATS_TEST_TMPDIR/out"
  touch "$BATS_TEST_TMPDIR/out"/{0007-old.patch,notes}
  run -0 series "$BATS_TEST_TMPDIR/out"
  [ "${lines[-1]}" = "$BATS_TEST_TMPDIR/out" ]
  [ "$(cd "$BATS_TEST_TMPDIR/out" && echo *)" = \
    "0000-cover-letter.patch 0001-mm-change-one.patch 0002-mm-change-two.patch notes" ]
}

@test "a new file that is in no mail, or in one that there is not, is named" {
  echo 'int other;' >"$repo/mm/other.c"
  run -1 series
  [[ $output == *"in no mail: mm/other.c"*"first"* ]]
  echo '0002 mm/other.c' >>"$repo/patches/files"
  echo '0002 mm/gone.c' >>"$repo/patches/files"
  run -1 series
  [[ $output == *"no such file: mm/gone.c"* ]]
  sed -i 's/.*gone.*//; s/^0002 mm.other/0003 mm\/other/; /^$/d' "$repo/patches/files"
  run -1 series
  [[ $output == *"not in the series: 0003"* ]]
}

@test "edits that no patch holds are not left out without a word" {
  local tree
  tree=$("$repo/scripts/kernel-tree")
  echo edit >>"$tree/mm/a.c"
  run -1 series
  [[ $output == *"in no patch"*"mm/a.c"* ]]
}
