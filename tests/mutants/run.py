#!/usr/bin/env python3
"""Builds every mutant of the driver, runs the scenario suite against each and prints what became of it.

Usage: run.py [--list] [--verbose] [-j N] [NAME-PART...]
From the environment: B (what make built), CC, DRIVER_FLAGS, ENGINE_LIBS. docs/mutants.md says what it is about.
"""

import argparse
import fnmatch
import json
import os
import resource
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True  # products only under build/

import build
import judge
import patches
import sites
import suite

HERE = os.path.relpath(os.path.dirname(os.path.abspath(__file__)))
OUT = os.path.join(build.B, "mutants")
KILLERS = os.path.join(OUT, "killers.json")


def one_by_one(program, scenarios, mutant):
    """As suite.run, of a program that does not get through: the scenario that stops it is the failure."""
    found = []
    for scenario in scenarios:
        failed, error = suite.run(program, [scenario], mutant.place, workers="1")
        if error and error.split()[0] not in ("hang", "crash"):
            raise RuntimeError(error)
        found += failed if failed is not None else [(scenario, "", [error.split()[0]], error)]
    return found


def try_suite(mutant, program, scenarios, every, note):
    """(failure or None, right, index of suite.CLASSES). The first failure with the right diagnosis ends it, so few scenarios
    are run at first."""
    wrong, at, some, differs = None, 0, 1, 0
    while at < len(scenarios):
        part = scenarios[at:at + some]
        failed, error = suite.run(program, part, mutant.place, note if mutant.place else None)
        if mutant.place and not error:
            differs = max(differs, every.compare(part, note))
        if error:
            failed = one_by_one(program, part, mutant)
        if failed:
            chosen, right = judge.choose(failed, mutant)
            if right:
                return chosen, True, differs
            wrong = wrong or chosen
        at, some = at + some, min(2 * some, 64)
    return wrong, False, differs


def trial(mutant, number, every, killers):
    """(verdict, scenario, diagnosis, seconds); verdict is killed, wrong, SURVIVED or ERROR. Of a removal that survived the
    diagnosis is its class."""
    start = time.monotonic()
    folder = os.path.join(OUT, str(number))
    note = os.path.join(OUT, f"{number}.note")
    program = every.program
    try:
        if mutant.error:
            return "ERROR", "", mutant.error, 0
        scenarios = every.scenarios_for(mutant)
        if not scenarios:
            return "SURVIVED", "", suite.CLASSES[0], 0
        scenarios = sorted(scenarios, key=lambda s: os.path.basename(s) != killers.get(mutant.name))
        if mutant.files:
            error = build.program(mutant.files, folder)
            if error:
                return "ERROR", "", error, time.monotonic() - start
            program = os.path.join(folder, "iommu-sim")
        found, right, differs = try_suite(mutant, program, scenarios, every, note)
    except RuntimeError as e:
        return "ERROR", "", str(e), time.monotonic() - start
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if os.path.exists(note):
            os.remove(note)
    seconds = time.monotonic() - start
    if not found:
        return "SURVIVED", "", suite.CLASSES[differs] if mutant.place else "", seconds
    path, permutation, labels, text = found
    mutant.texts_found = text
    killers[mutant.name] = os.path.basename(path)
    diagnosis = " ".join(labels) or text.split("\n")[0]
    scenario = os.path.basename(path).removesuffix(".dtb") + "#" + permutation
    return "killed" if right else "wrong", scenario, diagnosis, seconds


def equivalents():
    """Mutants that need not be killed: {name: (class, reason)}. Lines `name | class | reason`; the class is one of
    suite.CLASSES and measured, or `gap` when a missing means, and not the step's uselessness, is the reason."""
    known = {}
    path = os.path.join(HERE, "equivalent.txt")
    for number, line in enumerate(open(path, encoding="utf-8"), 1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = [p.strip() for p in line.split(" | ")]
        if len(parts) != 3 or parts[1] not in suite.CLASSES + ("gap",):
            raise SystemExit(f"{path}:{number}: expected name | class | reason, class one of: " +
                             " ".join(suite.CLASSES + ("gap",)))
        known[parts[0]] = parts[1:]
    return known


def last_killers():
    """{mutant: scenario} of the last run, where its killer is looked for first; nothing else depends on it."""
    try:
        return json.load(open(KILLERS, encoding="utf-8"))
    except (OSError, ValueError):
        return {}


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
    return patches.find(HERE, OUT), sites.find(os.path.join(HERE, "steps.txt"), build.sources())


def run_all(mutants, woven, jobs):
    """(mutant, what trial says of it), in the order given."""
    folder = os.path.join(OUT, "woven")
    error = build.program(woven.files, folder, jobs, [os.path.join(HERE, "mutant.c")])
    if error:
        raise SystemExit("mutants: the woven driver: " + error)
    every = suite.Suite(os.path.join(folder, "iommu-sim"), woven.numbers, os.path.join(OUT, "scenarios"), jobs)
    killers = last_killers()
    with ThreadPoolExecutor(jobs) as pool:
        waiting = [pool.submit(trial, m, i, every, killers) for i, m in enumerate(mutants)]
        for i, (m, w) in enumerate(zip(mutants, waiting)):
            result = w.result()
            progress(i + 1, len(mutants))
            yield m, result
    with open(KILLERS, "w", encoding="utf-8") as f:
        json.dump(killers, f, indent=0, sort_keys=True)


def report(results, width, known, verbose):
    """One row each. Returns the number of bad ones, and the lines of equivalent.txt that were true of a survivor."""
    bad, true, kinds = 0, set(), {}
    count = {"killed": 0, "wrong": 0, "SURVIVED": 0, "ERROR": 0, "equal": 0, "gap": 0}
    for m, (verdict, scenario, diagnosis, seconds) in results:
        line = line_for(m.name, known)
        if line and verdict == "SURVIVED":
            measured, (stated, reason) = diagnosis, known[line]
            verdict = "gap" if stated == "gap" else "equal" if stated == measured else "ERROR"
            diagnosis = (f"{measured}: {reason}" if verdict != "ERROR" else
                         f"equivalent.txt says {stated}, measured was {measured}")
            true.add(line)
        elif line == m.name and verdict in ("killed", "wrong"):
            verdict, diagnosis = "ERROR", "listed in equivalent.txt, and killed: " + diagnosis
        count[verdict] += 1
        bad += verdict not in ("killed", "equal", "gap")
        want = "" if verdict == "killed" else " (wanted: %s)" % " ".join(m.expect + m.texts)
        shown = want if verdict in ("wrong", "SURVIVED") else ""
        kinds[diagnosis.split(":")[0]] = kinds.get(diagnosis.split(":")[0], 0) + (verdict == "equal")
        print(f"{verdict:8} {m.name:{width}} {seconds:4.1f} s  {m.bug or '-':12} {diagnosis}{shown}  {scenario}", flush=True)
        if verbose and verdict not in ("equal", "gap"):
            print("         " + m.what + "\n         " + getattr(m, "texts_found", "").replace("\n", "\n         "))
    print("%(killed)d killed with the right diagnosis, %(wrong)d with a wrong one, %(SURVIVED)d survived, "
          "%(ERROR)d errors, %(equal)d change nothing, %(gap)d cannot be shown yet" % count)
    if count["equal"]:
        print("those that change nothing: " + ", ".join(f"{kinds[c]} {c}" for c in suite.CLASSES if kinds.get(c)))
    return bad, true


def processor_seconds():
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--list", action="store_true", help="only the names")
    args.add_argument("--verbose", action="store_true", help="with the text of each diagnosis")
    args.add_argument("-j", type=int, default=os.cpu_count() or 2, metavar="N", help="mutants at a time")
    args.add_argument("part", nargs="*", help="only mutants whose name contains one of these")
    args = args.parse_args()

    start = time.monotonic()
    catalogued, woven = collect()
    mechanical, unused = woven.mutants, woven.unused
    every = catalogued + mechanical
    chosen = [m for m in every if not args.part or any(p in m.name for p in args.part)]
    if args.list:
        print("\n".join(f"{m.name}  {m.what}" for m in chosen))
        return 0
    if not chosen:
        print("mutants: none of that name", file=sys.stderr)
        return 2
    known = equivalents()
    width = max(len(m.name) for m in chosen)
    bad, true = report(run_all(chosen, woven, args.j), width, known, args.verbose)
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
          f"{time.monotonic() - start:.0f} s, {processor_seconds():.0f} s of processor time")
    return 1 if bad or unused else 0


if __name__ == "__main__":
    sys.exit(main())
