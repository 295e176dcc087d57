#!/usr/bin/env python3
"""Runs daxctl-private with random arguments, or input, on a captured machine.

usage: fuzz.py KIND PROGRAM MACHINE CASES SEED [WRAPPER...]

KIND is arguments or config, for random config files; or it is run, save or stat: that
verb, with random arguments, on machines whose files have been changed at random.

Each case has to end in time with a documented exit code, which no sanitizer and no
WRAPPER uses, and print JSON, or nothing after a usage error. Prints the command lines
that did not, and ends with 1 then. With FORK_SERVER, that program runs the cases, below
the WRAPPER. With OWN_PROC the machines get the /proc of this name space, with their
files in it, as the leak sanitizer needs one.
"""
import ctypes
import json
import os
import random
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
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
NO_JSON = {"run", "save", "stat", "monitor"}  # those but the last are kinds of their own
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


class Machines:
    """Copies of the captured machine that have a few files that are not as they should."""

    # what the kernel and others write, but for what only libdaxctl looks at
    FILES = re.compile(
        r"sys/devices/platform/.*/dax\d\.\d/(?!resource|size|align|target_node|power)"
        r"|sys/devices/platform/.*/(uuid|serial|interleave_ways|target\d)$"
        r"|sys/devices/system/node/(has_\w+|node\d/(meminfo|vmstat))$"
        r"|sys/devices/virtual/memory_tiering/.*/nodelist$|sys/fs/cgroup/"
        r"|proc/(\d+/|zoneinfo|meminfo|vmstat)|etc/")
    CONTENTS = [b"", b"\n", b"0\n", b"-1\n", b"1\n", b"2\n", b"0x10\n", b"99999999999999999999\n",
                b"18446744073709551615\n", b"9223372036854775807\n", b"-9223372036854775809\n",
                b"0-18446744073709551615\n", b"5-1\n", b"0-\n", b",,1\n", b"1 2 3\n", b"\0\0\0\0", b"\xff\xfe\n",
                b"%s%n%s\n", b"x" * 9000 + b"\n", b"unplugged\n", b"online_kernel\n", b"\n\n\n\n", b"a\r\nb\n",
                b"00000000-0000-0000-0000-000000000000\n", b"ed93e918-e165-49d8-921d-383d7b9660c5\n",
                b"mbind = 1\n[reconfigure-device x]\n"]
    NUMBERS = [b"0", b"1", b"4096", b"18446744073709551615", b"18446744073709551616", b"-1", b"1e9", b"", b"N1=",
               b"7fffffffffff", b"kB", b":", b"=", b" "]
    PROC_FILES = ["zoneinfo", "meminfo", "vmstat"]
    CASES = 20  # on each machine

    def __init__(self, rnd, name):
        self.random = rnd
        self.name = name
        self.made = 0
        self.left = 0
        self.path = None
        self.libc = ctypes.CDLL(None, use_errno=True)

    def changed(self, text):
        """The same with some bytes, numbers or lines that are others."""
        kind = self.random.random()
        if kind < 0.4 or not text:
            return self.random.choice(self.CONTENTS)
        if kind < 0.7:
            numbers = list(re.finditer(rb"\w+", text))
            if numbers:
                at = self.random.choice(numbers)
                return text[:at.start()] + self.random.choice(self.NUMBERS) + text[at.end():]
        if kind < 0.85:
            lines = text.splitlines(keepends=True)
            at = self.random.randrange(len(lines))
            lines[at:at + self.random.randrange(3)] = [lines[at]] * self.random.randrange(4)
            return b"".join(lines)
        text = bytearray(text)
        for _ in range(self.random.randrange(1, 9)):
            at = self.random.randrange(len(text) + 1)
            text[at:at + self.random.randrange(3)] = self.random.randbytes(self.random.randrange(3))
        return bytes(text)

    def spoil(self, path):
        """A file that is another one, or none, or something else."""
        with open(path, "rb") as file:
            text = file.read()
        os.unlink(path)
        kind = self.random.random()
        if kind < 0.85:
            with open(path, "wb") as file:
                file.write(self.changed(text))
        elif kind < 0.93:
            return
        elif kind < 0.97:
            os.mkdir(path)
        else:
            os.symlink(self.random.choice(["loop", ".", "/nowhere"]), path)

    def mount(self, source, target, kind, flags):
        result = self.libc.mount(source.encode(), target.encode(), kind, flags, None)
        if result:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), target)

    def cover(self, path, kind):
        """A file system, which the kernel tells of; and what was there is put away."""
        aside = f"{self.path}.{kind}"
        os.rename(self.path + path, aside)
        os.mkdir(self.path + path)
        self.mount(kind, self.path + path, kind.encode(), 0)
        return aside

    def mount_all(self):
        """The files of the machine are in the place of those that are there."""
        bind, proc = 4096, self.cover("/proc", "proc")
        for name in ["1", *self.PROC_FILES]:
            if os.path.isfile(f"{proc}/{name}") if name != "1" else os.path.isdir(f"{proc}/1"):
                self.mount(f"{proc}/{name}", f"{self.path}/proc/{name}", None, bind)
        try:
            self.mount(self.cover("/sys/fs/cgroup", "cgroup2"), self.path + "/sys/fs/cgroup", None, bind)
        except OSError:
            pass  # not for everybody: so there are no cgroups

    def make(self, original):
        self.made += 1
        self.path = f"{original}.{self.name}{self.made}"
        # files that nothing is done to are the same, which is what takes least time
        shutil.copytree(original, self.path, symlinks=True, copy_function=os.link)
        files = sorted(os.path.join(d, f) for d, _, names in os.walk(self.path) for f in names)
        files = [f for f in files if self.FILES.match(os.path.relpath(f, self.path)) and
                 os.path.isfile(f) and not os.path.islink(f)]
        for path in self.random.sample(files, self.random.randrange(1, 12)):
            self.spoil(path)
        if os.environ.get("OWN_PROC"):
            self.mount_all()

    def next(self, original):
        if not self.left:
            self.make(original)
            self.left = self.CASES
        self.left -= 1
        return self.path


class Verb(Arguments):
    """One of the verbs whose result is not always JSON."""

    VERB = ""
    DEVICES = ["dax0.0", "dax1.0", "dax2.0", "0.0", "1.0", "all", "dax9.9"]

    def __init__(self, program, seed):
        super().__init__(program, seed)
        self.options = {self.VERB: ask(program, "--list-opts", self.VERB)}
        self.machines = Machines(self.random, self.VERB)

    def devices(self):
        return self.random.sample(self.DEVICES, self.random.choice([0, 0, 1, 1, 2]))

    def likely(self):
        """Arguments that are right, mostly."""
        return self.devices()

    def one(self, machine):
        words = self.likely() if self.random.random() < 0.7 else [
            w for w in self.arguments(self.VERB)
            if "\0" not in w and not w.startswith(("-h", "--h", "--sys"))]
        return [self.VERB, "--sysroot", self.machines.next(machine), *words]


class Run(Verb):
    """What would be run: with --sysroot nothing is."""

    VERB = "run"
    COMMANDS = [["true"], ["--", "true", "-n", "--sysroot", "x"], ["x" * 5000], ["\xff", "%s%n"], [""], ["-"],
                ["true", "--bogus"], ["--"]]

    def likely(self):
        names = self.devices() or ["dax0.0"]
        words = [w for name in names for w in ("-d", name)]
        words += self.random.choice([[], ["--bind"], ["-p"], ["-i"], ["-p", "-i"], ["-u"]])
        if self.random.random() < 0.9:
            words.insert(0, "-n")
        return words + self.random.choice(self.COMMANDS)


class Save(Verb):
    VERB = "save"

    def likely(self):
        return self.devices() + self.random.choice([
            [], [], ["-n"], ["-o", "-"], ["--output=-", "--force"], ["-o", "/x.conf"], ["-u"],
            ["-n", "-o", "/etc/x.conf"]])


class Stat(Verb):
    VERB = "stat"
    REPORTS = [[], ["--procs"], ["--cgroups"], ["--openmetrics"], ["--json"], ["--json", "--procs"],
               ["--json", "--cgroups"], ["--procs", "--cgroups"], ["--all"], ["--all", "--json"]]
    TIMES = [["--interval=0"], ["-i", "-1"], ["-i", "x"], ["--count=3"], ["-c", "0"], ["-i", "9" * 30]]

    def likely(self):
        words = self.devices() + self.random.choice(self.REPORTS)
        kind = self.random.random()
        if kind < 0.05:
            words += self.random.choice(self.TIMES)
        elif kind < 0.06:
            words += ["-i", "1", "-c", "1"]
        return words + self.random.choice([[], ["-u"], ["-n"]])

    def one(self, machine):
        command = super().one(machine)
        # it would not end by itself
        if any(re.match("-[a-z]*[ic]|--[ic]", w) for w in command[3:]) and "-c" not in command:
            command += ["--count=0"]
        return command


KINDS = {"arguments": Arguments, "config": Config, "run": Run, "save": Save, "stat": Stat}


def start(command, wrapper):
    """Its exit code, stdout and stderr. TimeoutExpired if it hangs."""
    done = subprocess.run([*wrapper, *command], stdin=subprocess.DEVNULL, timeout=SECONDS,
                          capture_output=True, env=ENVIRONMENT, check=False)
    return done.returncode, done.stdout, done.stderr


class ForkServer:
    """Programs that fork for each case, see forkserver.c: one for each thread."""

    def __init__(self, command):
        self.command = command
        self.local = threading.local()

    def run(self, command, _wrapper):
        if not hasattr(self.local, "server"):
            self.local.server = subprocess.Popen(self.command, stdin=subprocess.PIPE,
                                                 stdout=subprocess.PIPE, env=ENVIRONMENT)
        server = self.local.server
        line = b"".join(word.encode() + b"\0" for word in command)
        server.stdin.write(b"%d\n" % len(line) + line)
        server.stdin.flush()
        status, out, err = map(int, server.stdout.readline().split())
        result = server.stdout.read(out), server.stdout.read(err)
        return os.waitstatus_to_exitcode(status), *result


def judge_saved(command, text, run):
    """Does apply take what save has printed?"""
    machine = command[3]
    with tempfile.TemporaryDirectory(dir=machine) as directory:
        with open(directory + "/a.conf", "w", encoding="utf-8", newline="") as file:
            file.write(text)
        code, _, err = run([command[0], "apply", "--sysroot", machine, "--check", "--config",
                            "/" + os.path.basename(directory)], [])
    return f"apply says {code}: {err.decode(errors='replace')} of {text!r}" if code else ""


def judge_text(command, code, out, run):
    """What is wrong with a result that is not always JSON, or nothing."""
    try:
        text = out.decode()
        if command[1] == "run":
            json.loads(text)
        elif "--json" in command:
            for line in text.splitlines():
                json.loads(line)
        elif command[1] == "save":
            if bool(text) == bool(code):
                return f"exit code {code}, printed {text!r}"
            return judge_saved(command, text, run) if text else ""
    except ValueError as error:
        return f"no JSON: {error}: {out[:500]!r}"
    return ""


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
    if command[1] in NO_JSON:
        return judge_text(command, code, out, run)
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
    run = ForkServer([*wrapper, server]).run if server else start
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        verdicts = pool.map(lambda command: judge(command, wrapper, run), commands)
        wrong = [pair for pair in zip(commands, verdicts) if pair[1]]
    for command, why in wrong[:10]:
        print(shlex.join(command), why, *files_of(command), sep="\n", file=sys.stderr)
    print(f"{len(commands)} cases, {len(wrong)} wrong")
    sys.exit(bool(wrong))


main(*sys.argv[1:])
