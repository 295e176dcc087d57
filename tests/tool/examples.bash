# shellcheck shell=bash
# Examples of the manual that no captured machine can show: a test compares them.

# What the page of VERB says that COMMAND prints.
page_example() { # VERB COMMAND
  awk -v command="# daxctl-private $2" '
    $0 == "----" { on = 0 }
    on { print }
    $0 == command { on = 1; found = 1 }
    END { exit !found }' \
    "${BASH_SOURCE[0]%/*}/../../tools/daxctl-private/man/daxctl-private-$1.1.adoc"
}
