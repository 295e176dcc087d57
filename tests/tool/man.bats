#!/usr/bin/env bats
# The manual of daxctl-private, against the program.

load lib

TOOL=$BATS_TEST_DIRNAME/../../tools/daxctl-private

# The options of the page of VERB, a line each, as "-z --zone=".
page_options() { # VERB
  python3 - "$TOOL/man/daxctl-private-$1.1.adoc" <<'END'
import re, sys
from pathlib import Path

page = Path(sys.argv[1])
text = re.sub(r"^include::(.+)\[\]$", lambda m: (page.parent / m[1]).read_text(),
              page.read_text(), flags=re.MULTILINE)
section = re.search(r"^== OPTIONS\n(.*?)^== ", text, re.MULTILINE | re.DOTALL)[1]
for terms in re.findall(r"((?:^-\S*::\n)+)", section, re.MULTILINE):
    print(" ".join(terms.replace("::", "").split()))
END
}

program_options() { # VERB
  daxctl-private "$1" --help | sed -n -E \
    -e 's/^  (-.), (--[a-z-]+) [A-Z=|]+ .*/\1 \2=/p;t' -e 's/^  (-.), (--[a-z-]+) .*/\1 \2/p;t' \
    -e 's/^ {6}(--[a-z-]+) [A-Z=|]+ .*/\1=/p;t' -e 's/^ {6}(--[a-z-]+) .*/\1/p'
}

@test "each verb has a page, and its options are those of the verb" {
  local verb
  while read -r verb; do
    [ -e "$TOOL/man/daxctl-private-$verb.1.adoc" ] || fail "$verb has no page"
    diff <(page_options "$verb" | sort) <(program_options "$verb" | sort) \
      || fail "$verb: the page (<) and the program (>) differ"
  done < <(daxctl-private --list-cmds)
}

@test "each page is that of a verb" {
  local page
  for page in "$TOOL"/man/daxctl-private-*.1.adoc; do
    page=${page##*/daxctl-private-}
    daxctl-private --list-cmds | grep -qxF "${page%.1.adoc}" || fail "$page"
  done
}

@test "the options for the shell are those of the help" {
  local verb
  while read -r verb; do
    diff <(daxctl-private --list-opts "$verb" | sort) \
      <(program_options "$verb" | sed 's/.* //' | sort) || fail "$verb"
  done < <(daxctl-private --list-cmds)
}

@test "the examples and the list of verbs are what the program prints" {
  "$TOOL/man/examples" --check "$(type -P daxctl-private)" "$BATS_TEST_DIRNAME/machines" \
    "$TOOL"/man/*.1.adoc
}

# Examples that are not made by man/examples, as "LINE: MARK" for each block with one
# of our commands. A block of commands that print nothing has no mark.
other_examples() { # PAGE
  awk '
    $0 == "----" && !inside { inside = 1; ours = 0; prints = 0; mark = before; next }
    $0 == "----" && inside {
      inside = 0
      if (ours && mark !~ /^\/\/ example: / && (prints || mark ~ /^\/\/ /)) print FNR ": " mark
    }
    inside { if (/^# daxctl-private /) ours = 1; if (!/^# /) prints = 1 }
    { before = $0 }' "$1"
}

@test "an example that is not made from a captured machine is compared by another test" {
  local page line mark file verb
  for page in "$TOOL"/man/*.1.adoc; do
    verb=${page##*/daxctl-private-} verb=${verb%.1.adoc}
    while IFS=: read -r line mark; do
      [[ $mark == " // checked by "* ]] || fail "$page, line $line: nobody checks it"
      file=$BATS_TEST_DIRNAME/../../${mark##* }
      grep -q "page_example $verb " "$file" || fail "$page, line $line: not in $file"
    done < <(other_examples "$page")
  done
}

@test "each command in the manual has the options that its verb has" {
  local page command words
  while IFS=: read -r page command; do
    command=${command#\# daxctl-private }
    command=${command%% [|>]*}
    # shellcheck disable=SC2294 # as a shell reads it
    eval "words=($command)"
    run -0 daxctl-private "${words[0]}" --help "${words[@]:1}"
    [[ ${words[*]} == "run "* ]] || run -0 daxctl-private "${words[@]}" --help
  done < <(grep '^# daxctl-private [a-z]' "$TOOL"/man/*.1.adoc)
}

@test "an example that is not what the program prints is found, and rewritten" {
  local page=$BATS_TEST_TMPDIR/page.1.adoc
  local args=("$(type -P daxctl-private)" "$BATS_TEST_DIRNAME/machines" "$page")
  printf '// example: tiers list -o mode dax0.0\n----\nold\n----\nafter\n' >"$page"
  run -1 "$TOOL/man/examples" --check "${args[@]}"
  equal "$output" "make -C tools/daxctl-private examples changes: page.1.adoc"
  "$TOOL/man/examples" "${args[@]}"
  diff "$page" <(printf '// example: tiers list -o mode dax0.0\n----\n%s\nmode\nprivate\n----\nafter\n' \
    "# daxctl-private list -o mode dax0.0")
  "$TOOL/man/examples" --check "${args[@]}"
}

@test "the presets in the page have exactly their values" {
  local preset page=$TOOL/man/daxctl-private-policy.1.adoc
  diff <(sed -n '/^\/\/ presets/,/^\/\/ end of presets/s/^\([a-z-]*\)::$/\1/p' "$page") \
    <(daxctl-private --list-values presets)
  while read -r preset; do
    equal "$(sed -n "/^$preset::/,/^	\`/s/^	\`\(.*\)\`/\1/p" "$page")" \
      "$(daxctl-private --list-values "$preset" | paste -sd ' ')" "$preset"
  done < <(daxctl-private --list-values presets)
}

@test "each attribute that can be set is in the page" {
  local name
  while read -r name; do
    sed -n '/^== VALUES/,/^== PRESETS/p' "$TOOL/man/daxctl-private-policy.1.adoc" \
      | grep -qE "^([a-z_]+, )?$name(, [a-z_]+)?::" || fail "$name"
  done < <(daxctl-private --list-values attributes)
}

@test "the pages are built for man, with their sections" {
  local verb page
  make -s -C "$TOOL" man
  for verb in "" $(daxctl-private --list-cmds | sed 's/^/-/'); do
    page=$TOOL/build/man/daxctl-private$verb.1
    run -0 env MANWIDTH=100 man --warnings -E UTF-8 -l "$page"
    [[ $output == *NAME*SYNOPSIS*DESCRIPTION*"EXIT STATUS"*"SEE ALSO"* ]] || fail "$verb: $output"
    [[ $output != *warning:* && $output != *include::* ]] || fail "$verb: $output"
  done
}

@test "without asciidoctor the program is built, and the missing pages are told" {
  run -0 make -s -C "$TOOL" ASCIIDOCTOR= man
  equal "$output" "daxctl-private: no man pages, as asciidoctor is not installed"
}
