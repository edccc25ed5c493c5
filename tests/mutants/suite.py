"""The scenarios a mutant is tried on: those in which the driver takes part, compiled once, and what each of them comes to."""

import glob
import os
import resource
import struct
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import build
import judge
import sites

MASK = (1 << 64) - 1
FOLDERS = ("vtd", "amdvi", "common", "driver", "acpi", "bugs")
VERBS = ("start", "init", "build", "discover")
LIMIT_S = 20  # of processor time for a few scenarios; the whole suite takes five


def paths():
    """The others cannot tell one mutant from another."""
    found = []
    for path in sorted(p for folder in FOLDERS for p in glob.glob(f"scenarios/{folder}/*.dts")):
        text = open(path, encoding="utf-8").read()
        if any('do = "%s"' % verb in text for verb in VERBS):
            found.append(path)
    return found


def blob(path, folder):
    """The scenario as dtc makes it, in a file of its own: it is run hundreds of times."""
    made = os.path.join(folder, path.replace("/", "-")[:-len(".dts")].removeprefix("scenarios-") + ".dtb")
    run = build.sh(["dtc", "-q", "-I", "dts", "-O", "dtb", "-i", os.path.dirname(path), "-i", "scenarios/machines",
                    "-o", made, path])
    if run.returncode:
        raise SystemExit(f"mutants: {path}: " + run.stderr.strip())
    return made


def limited():
    resource.setrlimit(resource.RLIMIT_CPU, (LIMIT_S, LIMIT_S + 1))


# What is measured of a removal that no scenario notices, the next always more than the one before: no scenario comes to the
# place; the driver makes the same accesses without the step; it looks less or more often; it writes something else.
CLASSES = ("never-reached", "same-accesses", "other-reads", "other-writes")


@dataclass
class Note:
    """What a run of the woven driver left behind (mutant.c)."""
    reached: set  # places
    writes: int  # sums over its accesses: those that write or order, and all
    every: int


def read_note(path):
    data = open(path, "rb").read()
    ended_writes, ended_all, writes, every = struct.unpack("=4Q", data[:32])
    return Note({i for i, byte in enumerate(data[32:]) if byte}, ended_writes + writes & MASK, ended_all + every & MASK)


def run(program, scenarios, mutant=0, note=None, workers="0"):
    """(failures, error text): what failed, None when the program itself did. `note`: where to leave what read_note reads."""
    env = dict(os.environ, MUTANT=str(mutant))
    if note:
        env["MUTANT_NOTE"] = note
    command = [program, "run", "-j", workers, "--format", "json"] + scenarios
    try:
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, preexec_fn=limited,
                              timeout=10 * LIMIT_S)
    except subprocess.TimeoutExpired:
        return None, "hang"
    failed = judge.failures(done.stdout)
    return failed, "" if failed is not None else "hang" if done.returncode == -24 else "crash " + done.stderr.strip()[:200]


class Suite:
    """The scenarios of the suite, the quickest first, and for each what a run of it comes to without a mutant."""

    def __init__(self, program, numbers, folder, jobs):
        self.program, self.numbers, self.folder = program, numbers, folder
        os.makedirs(folder, exist_ok=True)
        with ThreadPoolExecutor(jobs) as pool:
            blobs = list(pool.map(lambda p: blob(p, folder), paths()))
            notes = list(pool.map(self.look, blobs))
        self.note = dict(zip(blobs, (n for n, _ in notes)))
        seconds = dict(zip(blobs, (s for _, s in notes)))
        self.scenarios = sorted(blobs, key=seconds.get)

    def look(self, scenario):
        """(its note, seconds)"""
        note = scenario[:-len(".dtb")] + ".note"
        start = time.monotonic()
        failed, error = run(self.program, [scenario], note=note)
        if error or failed:
            raise SystemExit(f"mutants: {scenario} fails without a mutant: {error or failed[0][3]}")
        return read_note(note), time.monotonic() - start

    def compare(self, scenarios, note):
        """How far the accesses of a run of these differ from those without a mutant: an index of CLASSES."""
        found = read_note(note)
        if found.writes != sum(self.note[s].writes for s in scenarios) & MASK:
            return CLASSES.index("other-writes")
        same = found.every == sum(self.note[s].every for s in scenarios) & MASK
        return CLASSES.index("same-accesses" if same else "other-reads")

    def changed(self, files):
        """Places of the functions that differ; None when something outside of any function does."""
        found = set()
        for path, text in files.items():
            if not path.endswith(".c"):
                return None
            old, new = function_texts(open(path, encoding="utf-8").read()), function_texts(text)
            if set(old) - set(new) or old[None] != new[None]:
                return None
            found |= {self.numbers[path, name] for name in old if name and old[name] != new[name]}
        return found

    def scenarios_for(self, mutant):
        """Those that come to what the mutant changes."""
        wanted = {mutant.place} if mutant.place else self.changed(mutant.files)
        if wanted is None:
            return self.scenarios
        return [s for s in self.scenarios if wanted & self.note[s].reached]


def function_texts(text):
    """name -> text of each function's body; None -> everything outside."""
    bodies, outside, at = {}, [], 0
    for name, start, end in sites.functions(sites.blank(text)):
        bodies[name] = text[start:end]
        outside.append(text[at:start])
        at = end
    bodies[None] = "".join(outside + [text[at:]])
    return bodies
