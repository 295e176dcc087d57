#!/usr/bin/env bats
# Command lines that are wrong, whatever the verb: the errors have the form of all
# others, and the exit status is 2.
# shellcheck disable=SC2154 # run sets output and stderr

load lib

refused() { # ERROR ARGUMENT...
  run -2 --separate-stderr daxctl-private "${@:2}"
  equal "$output" ""
  equal "$stderr" "error: $1"
}

@test "an unknown option is told, and where the others are" {
  refused "--bogus: unknown option: see daxctl-private list --help" list --bogus
  refused "--bogus: unknown option: see daxctl-private list --help" list --bogus=1 dax0.0
  refused "-x: unknown option: see daxctl-private plug --help" plug -x dax0.0
  refused "-x: unknown option: see daxctl-private list --help" list --devices -Dxq
  refused "-?: unknown option: see daxctl-private list --help" list $'-\xff'
}

@test "a missing value is told, with what it is" {
  refused "--region: it needs a value: give --region=ID" list -r
  refused "--region: it needs a value: give --region=ID" list --devices --region
  refused "--set: it needs a value: give --set=NAME=VALUE" policy dax0.0 -s
  refused "--dev: it needs a value: give --dev=NAME" run -d
}

@test "of what is short for several options they are told" {
  refused "--re: it is short for several options: give --region or --regions" list --re
}

@test "a value that an option does not take is told" {
  refused "--quiet: it takes no value: leave '=yes' out" list --quiet=yes
  refused "--help: it takes no value: leave '=' out" list --help=
}

@test "every verb does so" {
  local verb
  while read -r verb; do
    refused "--bogus: unknown option: see daxctl-private $verb --help" "$verb" --bogus
  done < <(daxctl-private --list-cmds)
}

@test "what is short for one option only is that one" {
  machine tiers
  run -0 look list --dev dax0.0 --mapp
  equal "$(json 0.mappings.0.page_offset)" 0
}

# --- what every verb has ------------------------------------------------------

# A command line of each verb, but of monitor, which does not end: a captured machine
# is looked at, and most of them have something to tell.
readonly LINES_OF_VERBS="apply -n
audit
doctor
drain -n all
explain 1
holders all
list
plug -n dax0.0
policy -n dax0.0
reconfigure-device -n -m devdax dax2.0
report -n
reserve 64m
run -n -d dax0.0 true
save
stat
unplug -n dax0.0"

# The lines but those with the time.
timeless() { # TEXT
  grep -vE '^[0-9:]{8} ' <<<"$1"
}

@test "each verb has a help, by both names, that says how it is used" {
  local verb option
  while read -r verb; do
    for option in -h --help; do
      run -0 --separate-stderr daxctl-private "$verb" "$option"
      [[ ${lines[0]} == "usage: daxctl-private $verb [OPTIONS] "* ]] || fail "$verb: $output"
      equal "$stderr" ""
    done
  done < <(daxctl-private --list-cmds)
}

@test "--verbose and --quiet change nothing of what a verb prints, and --verbose tells of libdaxctl" {
  local words plain code told option
  machine tiers
  while read -ra words; do
    run --separate-stderr look "${words[@]}"
    plain=$(timeless "$output") code=$status told=$stderr
    for option in -q --quiet -v --verbose; do
      run --separate-stderr look "${words[@]:0:1}" "$option" "${words[@]:1}"
      equal "$status $(timeless "$output")" "$code $plain" "$option: ${words[*]}"
      [[ $option == *v* ]] || continue
      equal "$(sed '/^libdaxctl: /d' <<<"$stderr")" "$told" "${words[*]}"
      # what has to be set aside is not known to it
      [[ $stderr == *libdaxctl:* || ${words[0]} == reserve ]] || fail "${words[*]}: $stderr"
    done
  done <<<"$LINES_OF_VERBS"
}

@test "the verbs that are tried here are all" {
  diff <(daxctl-private --list-cmds | sed '/^monitor$/d') <(cut -d" " -f1 <<<"$LINES_OF_VERBS")
}

@test "--human shows a single object without an array" {
  local words
  machine tiers
  for words in "plug -n dax0.0" "unplug -n dax0.0" "policy -n dax0.0" "drain -n dax0.0" "report -n" \
    "reconfigure-device -n -m devdax dax2.0"; do
    # shellcheck disable=SC2086 # several words
    run -0 --separate-stderr look $words
    [ "${lines[0]}" = "[" ] || fail "$words: $output"
    # shellcheck disable=SC2086 # several words
    run -0 --separate-stderr look $words --human
    [ "${lines[0]}" = "{" ] || fail "$words --human: $output"
  done
  run -0 look save
  equal "$(look save -u)" "$output" "a config file"
}

@test "monitor has sizes for people with --human" {
  machine tiers
  run -124 timeout 2 daxctl-private monitor --sysroot "$MACHINE" -u dax1.0
  equal "$(json backed)" "64.00 MiB (67.11 MB)"
  run -124 --separate-stderr timeout 2 daxctl-private monitor --sysroot "$MACHINE" -qv dax1.0
  equal "$(json backed)" 67108864
  [[ $stderr == *libdaxctl:* ]] || fail "$stderr"
}

@test "--region leaves devices of other regions alone" {
  local words
  machine tiers
  for words in "plug --region 1" "unplug -r 1" "policy --region=1" "reconfigure-device -m devdax -f -r 1"; do
    # shellcheck disable=SC2086 # several words
    run -0 look $words -n all
    equal "$(json 0.chardev) $(json | grep -o chardev | wc -l)" "dax1.0 1" "$words"
    # shellcheck disable=SC2086 # several words
    run -3 --separate-stderr look $words -n dax0.0
    equal "$output" "[]" "$words"
  done
}

# A test that uses the option with the verb, on one line: its short form may be among others.
@test "each option of each verb is tried by some test" {
  daxctl-private --list-cmds | python3 -c '
import re, subprocess, sys
from pathlib import Path

tests, pages = map(Path, sys.argv[1:])
text = "\n".join(p.read_text().replace("\\\n", " ") for p in sorted(tests.glob("*.bats")))
text += "\n".join(re.findall("^// example: .*", "".join(p.read_text() for p in pages.glob("*.adoc")), re.M))
untried = []
for verb in sys.stdin.read().split():
    usage = subprocess.run(["daxctl-private", verb, "--help"], stdout=subprocess.PIPE, text=True).stdout
    own = usage.partition("  -u, --human")[0]
    for letter, name in re.findall(r"^  (?:-(.), |    )--([a-z-]+)", own, re.M):
        short = rf"|-[a-zA-Z]*{letter}" if letter else ""
        if not re.search(rf"(?<![\w-]){verb}(?![\w-]).*\s(--{name}(?![\w-]){short})", text):
            untried.append(f"{verb} --{name}")
sys.exit("no test has: " + ", ".join(untried) if untried else 0)' \
    "$BATS_TEST_DIRNAME" "$BATS_TEST_DIRNAME/../../tools/daxctl-private/man"
}
