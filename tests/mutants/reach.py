"""Which scenario calls which function of the driver: a mutant is tried only on those that come to what it changed."""

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

import sites

LIMIT = 4096  # as in reach.c


def function_texts(text):
    """name -> text of each function's body; None -> everything outside."""
    bodies, outside, at = {}, [], 0
    for name, start, end in sites.functions(sites.blank(text)):
        bodies[name] = text[start:end]
        outside.append(text[at:start])
        at = end
    bodies[None] = "".join(outside + [text[at:]])
    return bodies


def mark(paths):
    """({path: text with a call at the start of each function}, {(path, function): number})."""
    marked, numbers = {}, {}
    for path in paths:
        text = open(path, encoding="utf-8").read()
        out, at = [], 0
        for name, start, _ in sites.functions(sites.blank(text)):
            numbers[path, name] = len(numbers)
            out += [text[at:start + 1],
                    " extern void mutants_reach(unsigned); mutants_reach(%uu);" % numbers[path, name]]
            at = start + 1
        marked[path] = "".join(out + [text[at:]])
    if len(numbers) > LIMIT:
        raise SystemExit("mutants: more functions than reach.c has room for")
    return marked, numbers


def calls(program, scenario, note):
    """Numbers of the functions that a run of the scenario calls."""
    env = dict(os.environ, MUTANTS_REACH=note)
    run = subprocess.run([program, "run", "-j", "1", "--format", "tap", scenario], env=env, capture_output=True,
                         text=True, check=False)
    if run.returncode:
        raise SystemExit(f"mutants: {scenario} fails without a mutant:\n{run.stdout}{run.stderr}")
    return {i for i, byte in enumerate(open(note, "rb").read()) if byte}


class Map:
    """scenarios_for(mutant): those that call a function which the mutant changes, in the order given."""

    def __init__(self, program, numbers, scenarios, folder, jobs):
        self.numbers = numbers
        self.scenarios = scenarios
        with ThreadPoolExecutor(jobs) as pool:
            waiting = [pool.submit(calls, program, s, os.path.join(folder, "%d.reach" % i))
                       for i, s in enumerate(scenarios)]
            self.called = [w.result() for w in waiting]

    def changed(self, files):
        """Numbers of the functions that differ; None when something outside of any function does."""
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
        changed = self.changed(mutant.files)
        if changed is None:
            return self.scenarios
        return [s for s, called in zip(self.scenarios, self.called) if called & changed]
