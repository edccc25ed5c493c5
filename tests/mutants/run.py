#!/usr/bin/env python3
"""Builds every mutant of the driver, runs the scenario suite against each and prints what became of it.

Usage: run.py [--list] [--verbose] [-j N] [NAME-PART...]
From the environment: B (what make built), CC, DRIVER_FLAGS, ENGINE_LIBS. docs/mutants.md says what it is about.
"""

import argparse
import fnmatch
import glob
import os
import shlex
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True  # products only under build/

import judge
import patches
import reach
import sites

HERE = os.path.relpath(os.path.dirname(os.path.abspath(__file__)))
B = os.environ.get("B", "build")
OUT = os.path.join(B, "mutants")
LIMIT_S = 60  # on a busy machine; the suite takes two
FOLDERS = ("vtd", "amdvi", "common", "bugs")


def sources():
    return sorted(glob.glob("driver/**/*.c", recursive=True))


def sh(words, **kw):
    return subprocess.run(words, capture_output=True, text=True, check=False, **kw)


def compile_flags():
    """The driver's own, but no warnings and no dependency files: what is left over after a step went is not the point."""
    drop = ("-MD", "-MP", "-Werror", "-g")
    flags = [f for f in shlex.split(os.environ["DRIVER_FLAGS"]) if f not in drop and not f.startswith("-W")]
    return [f for f in flags if f != "-O2"] + ["-O1", "-w"]


def objects_but(changed):
    every = [p for p in glob.glob("driver/**/*.c", recursive=True)]
    return [os.path.join(B, "obj", p[:-2] + ".o") for p in every if p not in changed]


def build(files, folder, more=()):
    """Returns an error text. Only the changed files are compiled; a changed header means all of them."""
    shutil.copytree("driver", os.path.join(folder, "driver"))
    for path, text in files.items():
        with open(os.path.join(folder, path), "w", encoding="utf-8") as f:
            f.write(text)
    changed = [p for p in files if p.endswith(".c")]
    if any(p.endswith(".h") for p in files):
        changed = glob.glob("driver/**/*.c", recursive=True)
    made = list(more)
    cc = shlex.split(os.environ.get("CC", "cc"))
    for path in changed:
        made.append(os.path.join(folder, path[:-2] + ".o"))
        # sources of the copy include their neighbours of the copy: by relative path, or by -iquote
        run = sh(cc + ["-iquote", os.path.join(folder, "driver")] + compile_flags() +
                 ["-c", "-o", made[-1], os.path.join(folder, path)])
        if run.returncode:
            return "does not compile: " + run.stderr.strip().split("\n")[0]
    run = sh(cc + ["-o", os.path.join(folder, "iommu-sim"), os.path.join(B, "obj/scenarios/engine/main.o")] + made +
             objects_but(changed) + [os.path.join(B, "obj/libengine.a"), os.path.join(B, "libiommusim.a")] +
             shlex.split(os.environ.get("ENGINE_LIBS", "-lfdt -lcjson")))
    return "does not link: " + run.stderr.strip() if run.returncode else ""


def suite():
    """The scenarios in which the driver takes part: the others cannot tell one mutant from another."""
    found = []
    for path in sorted(p for folder in FOLDERS for p in glob.glob(f"scenarios/{folder}/*.dts")):
        if any('do = "%s"' % verb in open(path, encoding="utf-8").read() for verb in ("start", "init", "build")):
            found.append(path)
    return found


def reach_map(jobs):
    """Builds the driver with a mark in each function and runs the suite once, each scenario alone."""
    folder = os.path.join(OUT, "reach")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    marked, numbers = reach.mark(sources())
    note = os.path.join(folder, "reach.o")
    run = sh(shlex.split(os.environ.get("CC", "cc")) + ["-c", "-o", note, os.path.join(HERE, "reach.c")])
    error = run.stderr if run.returncode else build(marked, folder, [note])
    if error:
        raise SystemExit("mutants: the marked driver: " + error)
    return reach.Map(os.path.join(folder, "iommu-sim"), numbers, suite(), folder, jobs)


def try_suite(mutant, folder, paths):
    """(failures, chosen one, right); the first failure is enough when it is the right one."""
    command = [os.path.join(folder, "iommu-sim"), "run", "-j", "1", "--format", "json"]
    failed, chosen, right = [], None, False
    for options in (["--fail-fast"], []):
        try:
            run = sh(command + options + paths, timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            failed = [("", "", ["hang"], f"the suite did not end in {LIMIT_S} s")]
        else:
            failed = judge.failures(run.stdout)
            if failed is None:
                raise RuntimeError("no report: " + run.stderr.strip()[:200])
        if not failed:
            break
        chosen, right = judge.choose(failed, mutant)
        if right or "hang" in chosen[2]:
            break
    return failed, chosen, right


def trial(mutant, number, paths):
    """(verdict, scenario, diagnosis, seconds); verdict is killed, wrong, SURVIVED or ERROR."""
    start = time.monotonic()
    folder = os.path.join(OUT, str(number))
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    try:
        if not mutant.error and not paths:
            return "SURVIVED", "", "no scenario calls it", time.monotonic() - start
        error = mutant.error or build(mutant.files, folder)
        if error:
            return "ERROR", "", error, time.monotonic() - start
        failed, chosen, right = try_suite(mutant, folder, paths)
    except RuntimeError as e:
        return "ERROR", "", str(e), time.monotonic() - start
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    seconds = time.monotonic() - start
    if not failed:
        return "SURVIVED", "", "", seconds
    path, permutation, labels, text = chosen
    mutant.texts_found = text
    diagnosis = " ".join(labels) or text.split("\n")[0]
    scenario = os.path.basename(path).removesuffix(".dts") + "#" + permutation
    return "killed" if right else "wrong", scenario, diagnosis, seconds


def equivalents():
    """Mutants that need not be killed, each with the reason: `name | reason`, which starts with `gap:` when a missing
    means, and not the step's uselessness, is the reason."""
    known = {}
    for line in open(os.path.join(HERE, "equivalent.txt"), encoding="utf-8"):
        if line.strip() and not line.startswith("#"):
            name, _, reason = line.partition(" | ")
            known[name.strip()] = reason.strip()
    return known


def line_for(name, known):
    """The line of equivalent.txt that speaks of the mutant: its own, or one that names a file or function of it."""
    if name in known:
        return name
    return next((k for k in known if "*" in k and fnmatch.fnmatchcase(name, k)), None)


def progress(done, total):
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{done} of {total}\r" if done < total else "\r" + " " * 20 + "\r")
        sys.stderr.flush()


def collect():
    os.makedirs(OUT, exist_ok=True)
    catalogued = patches.find(HERE, OUT)
    mechanical, unused = sites.find(os.path.join(HERE, "steps.txt"), sources())
    return catalogued, mechanical, unused


def run_all(mutants, jobs):
    reached = reach_map(jobs)
    results = []
    with ThreadPoolExecutor(jobs) as pool:
        waiting = [pool.submit(trial, m, i, [] if m.error else reached.scenarios_for(m)) for i, m in enumerate(mutants)]
        for i, w in enumerate(waiting):
            results.append(w.result())
            progress(i + 1, len(mutants))
    return results


def report(mutants, results, known, verbose):
    """One row each. Returns the number of bad ones, and the lines of equivalent.txt that were true of a survivor."""
    bad, width, true = 0, max(len(m.name) for m in mutants), set()
    count = {"killed": 0, "wrong": 0, "SURVIVED": 0, "ERROR": 0, "equal": 0, "gap": 0}
    for m, (verdict, scenario, diagnosis, seconds) in zip(mutants, results):
        line = line_for(m.name, known)
        if line and verdict == "SURVIVED":
            diagnosis = known[line]
            verdict = "gap" if diagnosis.startswith("gap:") else "equal"
            true.add(line)
        elif line == m.name and verdict in ("killed", "wrong"):
            verdict, diagnosis = "ERROR", "listed in equivalent.txt, and killed: " + diagnosis
        count[verdict] += 1
        bad += verdict not in ("killed", "equal", "gap")
        want = "" if verdict == "killed" else " (wanted: %s)" % " ".join(m.expect + m.texts)
        shown = want if verdict in ("wrong", "SURVIVED") else ""
        print(f"{verdict:8} {m.name:{width}} {seconds:4.1f} s  {m.bug or '-':12} {diagnosis}{shown}  {scenario}")
        if verbose and verdict not in ("equal", "gap"):
            print("         " + m.what + "\n         " + getattr(m, "texts_found", "").replace("\n", "\n         "))
    print("%(killed)d killed with the right diagnosis, %(wrong)d with a wrong one, %(SURVIVED)d survived, "
          "%(ERROR)d errors, %(equal)d change nothing, %(gap)d cannot be shown yet" % count)
    return bad, true


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--list", action="store_true", help="only the names")
    args.add_argument("--verbose", action="store_true", help="with the text of each diagnosis")
    args.add_argument("-j", type=int, default=os.cpu_count() or 2, metavar="N", help="mutants at a time")
    args.add_argument("part", nargs="*", help="only mutants whose name contains one of these")
    args = args.parse_args()

    start = time.monotonic()
    catalogued, mechanical, unused = collect()
    every = catalogued + mechanical
    chosen = [m for m in every if not args.part or any(p in m.name for p in args.part)]
    if args.list:
        print("\n".join(f"{m.name}  {m.what}" for m in chosen))
        return 0
    if not chosen:
        print("mutants: none of that name", file=sys.stderr)
        return 2
    known = equivalents()
    bad, true = report(chosen, run_all(chosen, args.j), known, args.verbose)
    for name in unused:
        print(f"steps.txt: {name} is called nowhere in the driver")
    for name in sorted(set(known) - {line_for(m.name, known) for m in every}):
        print(f"equivalent.txt: there is no mutant {name}")
        bad += 1
    for name in sorted(k for k in known if "*" in k and k not in true and not args.part):
        print(f"equivalent.txt: no mutant is left for {name}")
        bad += 1
    classes = len({m.bug for m in catalogued})
    print(f"{len(catalogued)} patches ({classes} public bugs), {len(mechanical)} removals, "
          f"{time.monotonic() - start:.0f} s")
    return 1 if bad or unused else 0


if __name__ == "__main__":
    sys.exit(main())
