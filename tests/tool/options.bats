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
