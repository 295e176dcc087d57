# shellcheck shell=bash
# shellcheck disable=SC2154 # tests name the directories
# A source of three files that looks like an unpacked package, and a checkout
# with one patch and one new file.
make_small_source() {
  export XDG_CACHE_HOME=$BATS_TEST_TMPDIR/cache
  unset KERNEL_SRC
  source=$XDG_CACHE_HOME/private-nodes/source/6.12.5-1/linux
  repo=$BATS_TEST_TMPDIR/repo
  mkdir -p "$source/mm" "$repo/patches" "$repo/mm"
  printf 'VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 5\n' >"$source/Makefile"
  touch "$source/Kconfig"
  seq 1 20 >"$source/mm/a.c"
  seq 1 20 >"$source/mm/b.c"
  cp -r "$BATS_TEST_DIRNAME/../../scripts" "$repo/"
  echo 'int new;' >"$repo/mm/new.c"
  printf '# made for linux-source-6.12 6.12.5\none.patch\ntwo.patch\n' >"$repo/patches/series"
  make_patch one a 's/^10$/ten/'
  make_patch two b 's/^10$/ten/'
  touch -d '1 hour ago' "$source"/mm/*
}

make_patch() { # NAME FILE SED-SCRIPT
  sed "$3" "$source/mm/$2.c" | diff -u --label "a/mm/$2.c" --label "b/mm/$2.c" \
    "$source/mm/$2.c" - >"$repo/patches/$1.patch" || true
}

# The patches as mails, the new file with the second one
make_small_series() {
  make_small_source
  make_mail 1 one
  make_mail 2 two
  printf '# made for linux-source-6.12 6.12.5\n0001-one.patch\n0002-two.patch\n' >"$repo/patches/series"
  echo '0002 mm/new.c' >"$repo/patches/files"
  printf 'Small changes\n\nWhy they are made.\n' >"$repo/patches/cover-letter"
}

make_mail() { # NUMBER NAME
  {
    printf 'From: A Name <a@name.example>\nDate: Sat, 28 Nov 2026 11:50:00 +0000\n'
    printf 'Subject: [PATCH] mm: change %s\n\nThe reason for %s.\n---\n\n' "$2" "$2"
    cat "$repo/patches/$2.patch"
  } >"$repo/patches/000$1-$2.patch"
  rm "$repo/patches/$2.patch"
}
