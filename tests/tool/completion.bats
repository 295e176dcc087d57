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

@test "for a number nothing is offered, and then devices" {
  equal "$(offers plug --ti)" "--timeout="
  equal "$(offers plug --timeout "")" ""
  equal "$(offers unplug -t "")" ""
  equal "$(offers plug --timeout 5 dax1)" dax1.0
  equal "$(offers stat -i "")" ""
  equal "$(offers monitor --count = "")" ""
  equal "$(offers reserve -N "")" ""
}

@test "a letter is what it is to the verb" {
  equal "$(offers list -i dax2)" dax2.0
  equal "$(offers reconfigure-device -p far)" far-tier
  equal "$(offers run -p far-t)" ""
  equal "$(offers run -p -d dax2)" dax2.0
  cd "$BATS_TEST_TMPDIR"
  equal "$(offers apply -c ti)" tiers
  equal "$(offers online-memory -r "")" "0 1 2"
}

@test "devices are offered where they can be named, and commands" {
  equal "$(offers reserve "")" ""
  equal "$(offers report "")" ""
  equal "$(offers explain dax)" ""
  equal "$(offers run -d dax0.0 -- daxctl-priv)" daxctl-private
  equal "$(offers online-memory dax2)" dax2.0
  equal "$(offers help dax)" ""
}

@test "the columns of list are offered, after others, too" {
  equal "$(offers list -o tar)" target_node
  equal "$(offers list --output = policy.mb)" policy.mbind
  equal "$(offers list -o chardev,mode,tar)" chardev,mode,target_node
  equal "$(offers list -o chardev,)" "$(daxctl-private --list-values columns | sed 's/^/chardev,/' | paste -sd' ')"
  equal "$(offers list -R -o a)" "available_size align"
  equal "$(offers list --region = 0 -o p)" path
  equal "$(offers list -r 0 -D -o pa)" ""
}

@test "names of values are offered among the devices of policy" {
  equal "$(offers policy mb)" "mbind="
  equal "$(offers policy dax2)" dax2.0
}

@test "nothing is offered for the value that is set" {
  equal "$(offers policy mbind =)" ""
  equal "$(offers policy dax0.0 mbind = d)" ""
  equal "$(offers policy --set mbind = d)" ""
  equal "$(offers policy --set = mb)" "mbind="
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

# --- the word daxctl --------------------------------------------------------

# The completion of "daxctl" in a new shell that has run SHELL-CODE before it loads ours,
# and has no other one: the home and the data directories are empty.
# shellcheck disable=SC2016 # that shell expands it
completion_after() { # SHELL-CODE
  local data=$BATS_TEST_TMPDIR/data
  mkdir -p "$data"
  env -u BASH_COMPLETION_USER_DIR HOME="$data" XDG_DATA_HOME="$data" XDG_DATA_DIRS="$data" \
    bash --norc -c '
      shopt -s expand_aliases; eval "$1"; source "$2"
      complete -p daxctl 2>/dev/null || echo none' x "$1" \
    "$BATS_TEST_DIRNAME/../../tools/daxctl-private/completion.bash"
}

readonly OURS="complete -F _daxctl_private daxctl"

# daxctl-private under the name daxctl, in front of PATH.
in_its_place() {
  mkdir -p "$BATS_TEST_TMPDIR/place"
  ln -sf "$(type -P daxctl-private)" "$BATS_TEST_TMPDIR/place/daxctl"
  PATH=$BATS_TEST_TMPDIR/place:$PATH
}

@test "the completion that comes with daxctl is left alone" {
  equal "$(completion_after 'complete -F stock daxctl')" "complete -F stock daxctl"
  mkdir -p "$BATS_TEST_TMPDIR/data/bash-completion/completions"
  : >"$BATS_TEST_TMPDIR/data/bash-completion/completions/daxctl"
  equal "$(completion_after :)" none
}

@test "a daxctl without a completion has ours, with its own words" {
  equal "$(completion_after :)" "$OURS"
  COMP_WORDS=(daxctl "") COMP_CWORD=1
  _daxctl_private daxctl
  equal "${COMPREPLY[*]}" "list online-memory help --help --version"
  COMP_WORDS=(daxctl online-memory --) COMP_CWORD=2
  _daxctl_private daxctl
  equal "${COMPREPLY[*]}" "--region= --human"
}

@test "daxctl-private in the place of daxctl has ours, and the verbs of both" {
  in_its_place
  equal "$(completion_after 'complete -F stock daxctl')" "$OURS"
  COMP_WORDS=(daxctl "") COMP_CWORD=1
  _daxctl_private daxctl
  [[ " ${COMPREPLY[*]} " == *" plug "*" online-memory "* ]] || fail "${COMPREPLY[*]}"
  COMP_WORDS=(daxctl online-memory --) COMP_CWORD=2
  _daxctl_private daxctl
  equal "${COMPREPLY[*]}" "--region= --human"
}

@test "an alias daxctl has ours, and the words of daxctl-private" {
  equal "$(completion_after 'complete -F stock daxctl; alias daxctl=daxctl-private')" "$OURS"
  equal "$(completion_after "complete -F stock daxctl; alias daxctl='$(type -P daxctl-private) -q'")" "$OURS"
  equal "$(completion_after "complete -F stock daxctl; alias daxctl='daxctl -u'")" "complete -F stock daxctl"
  # shellcheck disable=SC2154 # it is an alias
  BASH_ALIASES[daxctl]=daxctl-private
  COMP_WORDS=(daxctl plu) COMP_CWORD=1
  _daxctl_private daxctl
  equal "${COMPREPLY[*]}" plug
}
