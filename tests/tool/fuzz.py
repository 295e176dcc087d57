#!/usr/bin/env python3
"""Runs daxctl-private with random arguments, or config files, on a captured machine.

usage: fuzz.py arguments|config PROGRAM MACHINE CASES SEED [WRAPPER...]

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


class Arguments:
    """Command lines of all verbs."""

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


class Config:
    """Directories of config files, which "apply" reads."""

    HEADERS = ["[reconfigure-device one]", "[reconfigure-device two]", "[reconfigure-device one]",
               "[reconfigure-device]", "[reconfigure-device  ]", "[core]", "[", "[]", "]",
               "[reconfigure-device one", "[reconfigure-device one] x", "[RECONFIGURE-DEVICE a]",
               "[reconfigure-device " + "n" * 3000 + "]"]
    MATCHES = ["match.range = 0x100000000", "match.range = 0x100000000-0x10fffffff",
               "match.range = 0x1-0x0", "match.range = -", "match.target-node = 1",
               "match.target-node = 3", "match.target-node = 1,2", "match.memdev-serial = 0x1,0x2",
               "match.memdev-serial = ,", "match.region-uuid = 0", "match.x = 1", "match. = 1",
               "match.nvdimm-uuid = 01234567-89ab-cdef-0123-456789abcdef"]
    ODD = [b"\xef\xbb\xbf", b"\0", b"\r\n", b"\n\n", b"= 1\n", b"mode\n", b"# \xff\n", b"; x\n",
           b" " * 2000 + b"\n", b"k" * 2000 + b" = 1\n", b"mode = " + b"v" * 5000 + b"\n", b"mode = a\\\n",
           b"mode = \"private\"\n", b"mode = private # no\n", b"\tmode=cram\n", b"mode = %s%n\n"]

    # What goes with a mode
    RIGHT = {"private": ["preset = far-tier", "preset = bind-only", "madvise = 1", "reclaim = 1",
                         "mbind = 0", "zone = kernel", "adistance = 2880", "node = 3"],
             "cram": ["algorithm = lz4", "low_mark = 50", "high_mark = 90", "writable_pct = 5",
                      "capacity = 64m", "online = true"],
             "system-ram": ["online = false", "zone = movable"],
             "devdax": []}

    def __init__(self, program, seed):
        self.random = random.Random(seed)
        self.attributes = ask(program, "--list-values", "attributes")
        self.words = {"mode": ask(program, "--list-values", "modes"),
                      "preset": ask(program, "--list-values", "presets"),
                      "zone": ["movable", "kernel"], "online": ["true", "false"]}
        self.made = 0

    def line(self):
        kind = self.random.random()
        if kind < 0.1:
            return self.random.choice(self.ODD)
        if kind < 0.35:
            line = self.random.choice(self.MATCHES)
        else:
            key = self.random.choice([*self.words, "mode", "mode", *self.attributes, "x"])
            words = self.words.get(key, VALUES)
            line = f"{key} = {self.random.choice(words if kind < 0.9 else VALUES + WORDS)}"
        return line.encode() + b"\n"

    def almost_right(self):
        mode = self.random.choice(list(self.RIGHT))
        right = self.RIGHT[mode]
        lines = [self.random.choice(self.MATCHES[:2]), f"mode = {mode}",
                 *self.random.sample(right, self.random.randrange(len(right) + 1))]
        lines = [line.encode() + b"\n" for line in lines]
        self.random.shuffle(lines)
        if self.random.random() < 0.3:
            lines.append(self.line())
        return lines

    def section(self):
        header = self.random.choice(self.HEADERS[:2] if self.random.random() < 0.8 else self.HEADERS)
        if self.random.random() < 0.5:
            lines = self.almost_right()
        else:
            lines = [self.line() for _ in range(self.random.randrange(7))]
        return header.encode() + b"\n" + b"".join(lines)

    def text(self):
        text = bytearray(b"".join(self.section() for _ in range(self.random.randrange(4))))
        while text and self.random.random() < 0.2:
            at = self.random.randrange(len(text))
            text[at:at + self.random.randrange(4)] = self.random.randbytes(self.random.randrange(3))
        return bytes(text)

    def one(self, machine):
        self.made += 1
        path = os.path.join("/fuzz", str(self.made))
        os.makedirs(machine + path)
        for name in ["a.conf", "b.conf"][:self.random.randrange(1, 3)]:
            with open(os.path.join(machine + path, name), "wb") as file:
                file.write(self.text())
        how = self.random.choice([["--check"], ["--dry-run"], ["--dry-run", "dax0.0"]])
        return ["apply", "--sysroot", machine, "--config", path, *how]


KINDS = {"arguments": Arguments, "config": Config}


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


def files_of(command):
    """The config files of a case, to be seen with what is wrong."""
    if "--config" not in command:
        return
    machine, path = (command[command.index(option) + 1] for option in ("--sysroot", "--config"))
    for entry in sorted(os.scandir(machine + path), key=lambda entry: entry.name):
        with open(entry.path, "rb") as file:
            yield f"{entry.name}: {file.read()!r}"


def main(kind, program, machine, cases, seed, *wrapper):
    wrapper = [shutil.which(word) or word for word in wrapper[:1]] + list(wrapper[1:])
    make = KINDS[kind](program, int(seed))
    commands = [[program, *make.one(machine)] for _ in range(int(cases))]
    server = os.environ.get("FORK_SERVER")
    run = ForkServer(server).run if server else start
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        verdicts = pool.map(lambda command: judge(command, wrapper, run), commands)
        wrong = [pair for pair in zip(commands, verdicts) if pair[1]]
    for command, why in wrong[:10]:
        print(shlex.join(command), why, *files_of(command), sep="\n", file=sys.stderr)
    print(f"{len(commands)} cases, {len(wrong)} wrong")
    sys.exit(bool(wrong))


main(*sys.argv[1:])
