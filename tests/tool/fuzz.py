#!/usr/bin/env python3
"""Runs daxctl-private with random arguments on a captured machine.

usage: fuzz.py PROGRAM MACHINE CASES SEED [WRAPPER...]

Each case has to end in time with a documented exit code, which no sanitizer and no
WRAPPER uses, and print JSON, or nothing after a usage error. Prints the command lines
that did not, and ends with 1 then. With FORK_SERVER, that program runs the cases.
"""
import json
import os
import random
import re
import shlex
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

EXIT_CODES = {0, 1, 2, 3, 64, 77}
USAGE = 2
SECONDS = 60
# The sanitizers' own exit code, as 1 is documented.
ENVIRONMENT = os.environ | {
    "ASAN_OPTIONS": f"exitcode=99:{os.environ.get('ASAN_OPTIONS', '')}",
    "LSAN_OPTIONS": "exitcode=99",
    "UBSAN_OPTIONS": "exitcode=99:halt_on_error=1",
    "PATH": "/nonexistent",  # nothing is handed over
}
# They print lines or text, start something, or do not end by themselves.
NO_JSON = {"run", "save", "stat", "monitor"}
TEXT_FOR_PEOPLE = {"doctor"}
# Written in whole words, so that most of a command line is right.
WORDS = ["dax0.0", "dax1.0", "dax2.0", "dax9.9", "all", "0", "1", "-1", "2", "64m", "1g", "99t",
         "18446744073709551616", "0x", "0x10", "movable", "kernel", "private", "cram", "devdax",
         "system-ram", "disabled", "far-tier", "near-tier", "compressed", "isolated", "pool",
         "chardev,mode", "policy.mbind", "policy..x", ",", ".", "", " ", "=", "mbind=", "=1", "--",
         "-", "%s%n", "é", "\x01", "x" * 5000, "../../etc", "/", "lz4", "1e3", "08", "+1", "9" * 30]
VALUES = ["0", "1", "2", "-1", "", "yes", "100", "101", "80", "95", "99999999999999999999", "64m",
          "1T", "1tt", "0x200", "1 ", " 1", "none", "lz4", "a/b", "1\n", "1.5", "2880", "448"]


def ask(program, *words):
    return subprocess.run([program, *words], stdout=subprocess.PIPE, text=True,
                          env=ENVIRONMENT, check=True).stdout.split()


class Cases:
    def __init__(self, program, seed):
        self.random = random.Random(seed)
        self.verbs = [v for v in ask(program, "--list-cmds") if v not in NO_JSON]
        self.options = {v: ask(program, "--list-opts", v) for v in self.verbs}
        self.attributes = ask(program, "--list-values", "attributes")
        self.modes = ask(program, "--list-values", "modes")
        self.presets = ask(program, "--list-values", "presets")

    def setting(self):
        name = self.random.choice(self.attributes + ["x", "MBIND"])
        return f"{name}={self.random.choice(VALUES)}"

    def garbage(self):
        word = self.random.choice(WORDS + [self.setting()])
        at = self.random.randrange(len(word) + 1)
        return word[:at] + self.random.choice("\t\"'\\,=-.0aé") + word[at + self.random.randrange(2):]

    def option(self, verb):
        name = self.random.choice(self.options[verb])
        if not name.endswith("="):
            # prints text, and a table is none either
            return [] if name == "--help" else [name]
        value = self.random.choice([self.word(), self.setting(), self.garbage()])
        if name in ("--sysroot=", "--output="):
            return []
        if name in ("--mode=", "--preset="):
            value = self.random.choice(self.modes + self.presets + [value])
        return [name + value] if self.random.random() < 0.7 else [name[:-1], value]

    def word(self):
        return self.random.choice(WORDS)

    def arguments(self, verb):
        for _ in range(self.random.randrange(8)):
            kind = self.random.random()
            if kind < 0.4:
                yield from self.option(verb)
            elif kind < 0.6:
                yield self.setting()
            elif kind < 0.7:
                yield "-" + "".join(self.random.choices("abcdefgijklmnpqrstuvwxyz", k=2))
            elif kind < 0.8:
                yield self.garbage()
            elif kind < 0.95:
                yield self.random.choice(WORDS[:5])
            else:
                yield self.word()

    def one(self, machine):
        verb = self.random.choice(self.verbs)
        # first, as it may be said that no option follows
        return [verb, "--sysroot", machine, "--dry-run", *(
            a for a in self.arguments(verb)
            if "\0" not in a and not a.startswith(("-h", "--h", "-o", "--o", "--sys")))]


def start(command, wrapper):
    """Its exit code, stdout and stderr. TimeoutExpired if it hangs."""
    done = subprocess.run([*wrapper, *command], stdin=subprocess.DEVNULL, timeout=SECONDS,
                          capture_output=True, env=ENVIRONMENT, check=False)
    return done.returncode, done.stdout, done.stderr


class ForkServer:
    """Programs that fork for each case, see forkserver.c: one for each thread."""

    def __init__(self, path):
        self.path = path
        self.local = threading.local()

    def run(self, command, _wrapper):
        if not hasattr(self.local, "server"):
            self.local.server = subprocess.Popen([self.path], stdin=subprocess.PIPE,
                                                 stdout=subprocess.PIPE, env=ENVIRONMENT)
        server = self.local.server
        line = b"".join(word.encode() + b"\0" for word in command)
        server.stdin.write(b"%d\n" % len(line) + line)
        server.stdin.flush()
        status, out, err = map(int, server.stdout.readline().split())
        result = server.stdout.read(out), server.stdout.read(err)
        return os.waitstatus_to_exitcode(status), *result


def judge(command, wrapper, run):
    """What is wrong with it, or nothing."""
    try:
        code, out, err = run(command, wrapper)
    except subprocess.TimeoutExpired:
        return "it hangs"
    if code not in EXIT_CODES:
        return f"exit code {code}: {err.decode(errors='replace')[-2000:]}"
    if code == USAGE:
        return f"printed {out!r}" if out else ""
    if command[1] in TEXT_FOR_PEOPLE and any(re.match("-[a-z]*u|--hu", word) for word in command):
        return ""
    try:
        json.loads(out)
    except ValueError as error:
        return f"no JSON: {error}: {out[:500]!r} {err[:300]!r}"
    return ""


def main(program, machine, cases, seed, *wrapper):
    wrapper = [shutil.which(word) or word for word in wrapper[:1]] + list(wrapper[1:])
    make = Cases(program, int(seed))
    commands = [[program, *make.one(machine)] for _ in range(int(cases))]
    server = os.environ.get("FORK_SERVER")
    run = ForkServer(server).run if server else start
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        verdicts = pool.map(lambda command: judge(command, wrapper, run), commands)
        wrong = [pair for pair in zip(commands, verdicts) if pair[1]]
    for command, why in wrong[:10]:
        print(shlex.join(command), why, sep="\n", file=sys.stderr)
    print(f"{len(commands)} cases, {len(wrong)} wrong")
    sys.exit(bool(wrong))


main(*sys.argv[1:])
