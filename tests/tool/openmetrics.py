#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Reads OpenMetrics text from stdin, as strictly as its specification has it, and
prints the samples with sorted labels. Ends with 1 and a line on stderr if it is wrong."""
import re
import sys

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"'
META = re.compile(rf"# (TYPE|UNIT|HELP) ({NAME}) (.+)")
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)?\}})? (-?[0-9]+(?:\.[0-9]+)?)")
SUFFIX = {"gauge": "", "counter": "_total"}


class Reader:
    def __init__(self):
        self.families = {}
        self.family = None
        self.series = set()

    def meta(self, word, name, text):
        if name != self.family:
            if name in self.families:
                raise ValueError("the family comes again")
            self.family = name
            self.families[name] = {"samples": 0}
        meta = self.families[name]
        if meta["samples"] or word in meta:
            raise ValueError("metadata after samples, or twice")
        meta[word] = text
        if word == "TYPE" and text not in SUFFIX:
            raise ValueError("a type that is not expected here")
        if word == "UNIT" and not name.endswith("_" + text):
            raise ValueError("the unit is not the end of the name")

    def sample(self, name, labels, value):
        meta = self.families.get(self.family)
        if not meta or "TYPE" not in meta or "HELP" not in meta:
            raise ValueError("a sample without TYPE and HELP")
        if name != self.family + SUFFIX[meta["TYPE"]]:
            raise ValueError("the sample is of another family")
        pairs = re.findall(LABEL, labels or "")
        if len({key for key, _ in pairs}) != len(pairs):
            raise ValueError("a label twice")
        series = (name, tuple(sorted(pairs)))
        if series in self.series:
            raise ValueError("a series twice")
        if meta["TYPE"] == "counter" and float(value) < 0:
            raise ValueError("a counter below 0")
        self.series.add(series)
        meta["samples"] += 1
        text = ",".join(f"{key}={text}" for key, text in series[1])
        print(f"{name}{{{text}}} {value}")

    def line(self, line):
        meta, sample = META.fullmatch(line), SAMPLE.fullmatch(line)
        if meta:
            self.meta(*meta.groups())
        elif sample:
            self.sample(sample[1], sample[2], sample.groups()[-1])
        else:
            raise ValueError("neither metadata nor a sample")


def main():
    text = sys.stdin.read()
    if not text.endswith("# EOF\n"):
        sys.exit("it does not end with # EOF")
    reader = Reader()
    for nr, line in enumerate(text.splitlines()[:-1], 1):
        try:
            reader.line(line)
        except ValueError as error:
            sys.exit(f"line {nr}: {error}: {line}")


main()
