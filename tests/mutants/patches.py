"""The catalogued mutants: NAME.patch, a header and a difference against the driver."""

import glob
import os
import re
import shutil
import subprocess

from sites import Mutant

FIELDS = ("Mutant", "Bug", "Class", "Diagnosis")


def header(path):
    """Its fields; a line that starts with a blank goes on with the field before."""
    fields, last = {}, None
    for line in open(path, encoding="utf-8"):
        if line.startswith("--- "):
            break
        if line[:1] in " \t" and last:
            fields[last] += " " + line.strip()
        elif ":" in line:
            last, _, value = line.partition(":")
            fields[last] = value.strip()
    missing = [f for f in FIELDS if not fields.get(f)]
    return fields, f"the header lacks {', '.join(missing)}" if missing else ""


def apply(path, folder):
    """The files the patch changes, as they are with it: {path: text}; an error text."""
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    shutil.copytree("driver", os.path.join(folder, "driver"))
    with open(path, "rb") as patch:
        run = subprocess.run(["patch", "-p1", "-s", "-f", "-F2", "--no-backup-if-mismatch"], cwd=folder, stdin=patch,
                             capture_output=True, text=True, check=False)
    if run.returncode:
        return {}, "does not apply: " + " ".join((run.stdout + run.stderr).split())
    names = re.findall(r"^\+\+\+ b/(\S+)", open(path, encoding="utf-8").read(), flags=re.M)
    return {n: open(os.path.join(folder, n), encoding="utf-8").read() for n in names}, ""


def find(folder, build):
    mutants = []
    for path in sorted(glob.glob(os.path.join(folder, "*.patch"))):
        name = os.path.basename(path)[:-len(".patch")]
        fields, error = header(path)
        files = {}
        if not error:
            files, error = apply(path, os.path.join(build, "patched"))
        labels = fields.get("Diagnosis", "").split()
        texts = [l for l in labels if l.startswith("0x")]
        expect = [l for l in labels if not l.startswith("0x")]
        bug = fields.get("Bug", "").split()
        mutants.append(Mutant(name, fields.get("Mutant", ""), expect, texts, files=files,
                              bug=bug[0].rstrip(",") if bug else "", error=error))
    return mutants
