#!/usr/bin/env bats
# The completion of bash, driven as bash does it.

load lib

# shellcheck disable=SC2016 # what is quoted is for the scripts
setup() {
  # shellcheck source=tools/daxctl-private/completion.bash
  source "$BATS_TEST_DIRNAME/../../tools/daxctl-private/completion.bash"
  machine tiers
  mkdir "$BATS_TEST_TMPDIR/bin"
  # the devices of the captured machine, and a daxctl that has verbs of its own
  printf '#!/bin/sh\nverb=$1\nshift\ncase $verb in\nlist) exec %q list --sysroot %q "$@" ;;\n*) exec %q "$verb" "$@" ;;\nesac\n' \
    "$(type -P daxctl-private)" "$MACHINE" "$(type -P daxctl-private)" >"$BATS_TEST_TMPDIR/bin/dp"
  printf '#!/bin/sh\n[ "$1" != --list-cmds ] || printf "list\\nonline-memory\\n"\n[ "$1 $2" != "online-memory --list-opts" ] || echo "--region= --human"\n' \
    >"$BATS_TEST_TMPDIR/bin/daxctl"
  chmod +x "$BATS_TEST_TMPDIR"/bin/*
  PATH=$BATS_TEST_TMPDIR/bin:$PATH
}

# What is offered for the last WORD, on one line.
offers() { # WORD...
  COMP_WORDS=(dp "$@")
  COMP_CWORD=$#
  _daxctl_private dp
  echo "${COMPREPLY[*]}"
}

@test "verbs are offered, those of daxctl, too" {
  equal "$(offers pl)" plug
  equal "$(offers onl)" online-memory
  equal "$(offers --v)" --version
}

@test "the options of a verb are offered, and of daxctl's verbs" {
  equal "$(offers plug --z)" "--zone="
  equal "$(offers list --i)" --idle
  equal "$(offers online-memory --)" "--region= --human"
}

@test "devices are offered" {
  equal "$(offers plug "")" "dax0.0 dax1.0 dax2.0 all"
  equal "$(offers unplug dax1)" dax1.0
  equal "$(offers list -d dax0)" dax0.0
}

@test "the values of options are offered, in both forms" {
  equal "$(offers reconfigure-device --mode = s)" system-ram
  equal "$(offers reconfigure-device --mode = )" "devdax system-ram private cram"
  equal "$(offers reconfigure-device -m cr)" cram
  equal "$(offers policy --preset = far)" far-tier
  equal "$(offers policy --preset near)" near-tier
  equal "$(offers plug --zone m)" movable
  equal "$(offers list --region "")" "0 1 2"
  equal "$(offers policy -s low)" "low_mark="
}

@test "names of values are offered among the devices of policy" {
  equal "$(offers policy mb)" "mbind="
  equal "$(offers policy dax2)" dax2.0
}

@test "files are offered where a value is one" {
  cd "$BATS_TEST_TMPDIR"
  equal "$(offers report --output bi)" bin
  equal "$(offers list --sysroot ti)" tiers
}

@test "every verb and its options can be completed" {
  local verb
  while read -r verb; do
    [[ " $(offers "$verb" --) " == *" --sysroot= "* ]] || fail "$verb"
  done < <(daxctl-private --list-cmds)
}

@test "the words for the shell are refused if they are unknown" {
  run -2 daxctl-private --list-values nothing
  run -2 daxctl-private --list-values
  run -2 daxctl-private --list-opts nothing
  run -0 daxctl-private list --list-opts
  [[ $output == *--mappings* ]] || fail "$output"
}
