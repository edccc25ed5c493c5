"""Builds the command with another driver in it: one with some files changed, or the woven one that holds all mutants."""

import glob
import os
import shlex
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

B = os.environ.get("B", "build")


def sh(words, **kw):
    return subprocess.run(words, capture_output=True, text=True, check=False, **kw)


def sources():
    return sorted(glob.glob("driver/**/*.c", recursive=True))


def compiler():
    return shlex.split(os.environ.get("CC", "cc"))


def compile_flags():
    """The driver's own, but no warnings and no dependency files: what is left over after a step went is not the point."""
    drop = ("-MD", "-MP", "-Werror", "-g", "-O2")
    flags = [f for f in shlex.split(os.environ["DRIVER_FLAGS"]) if f not in drop and not f.startswith("-W")]
    return flags + ["-O1", "-w"]


def link(program, objects):
    """Returns an error text."""
    main = os.path.join(B, "obj/scenarios/engine/main.o")
    archives = [os.path.join(B, "obj/libengine.a"), os.path.join(B, "libiommusim.a")]
    libs = shlex.split(os.environ.get("ENGINE_LIBS", "-lfdt -lcjson -lelf"))
    run = sh(compiler() + ["-o", program, main] + objects + archives + libs)
    return "does not link: " + run.stderr.strip() if run.returncode else ""


def first_error(words):
    lines = words.strip().split("\n")
    return next((line for line in lines if "error:" in line), lines[0])


def program(files, folder, jobs=1, more=()):
    """Builds folder/iommu-sim with these texts of the driver's files; the sources in `more` join it. Only changed files are
    compiled, a changed header means all of them. Returns an error text."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree("driver", os.path.join(folder, "driver"))
    for path, text in files.items():
        with open(os.path.join(folder, path), "w", encoding="utf-8") as f:
            f.write(text)
    changed = sources() if any(p.endswith(".h") for p in files) else list(files)

    def compiled(path):
        # sources of the copy include their neighbours of the copy: by relative path, or by -iquote
        return sh(compiler() + ["-iquote", os.path.join(folder, "driver")] + compile_flags() +
                  ["-Werror=implicit-function-declaration", "-c", "-o", os.path.join(folder, path[:-2] + ".o"),
                   os.path.join(folder, path)])

    made = [os.path.join(folder, p[:-2] + ".o") for p in changed]
    with ThreadPoolExecutor(jobs) as pool:
        for run in pool.map(compiled, changed):
            if run.returncode:
                return "does not compile: " + first_error(run.stderr)
    for path in more:
        made.append(os.path.join(folder, os.path.basename(path)[:-2] + ".o"))
        run = sh(compiler() + ["-O1", "-c", "-o", made[-1], path])
        if run.returncode:
            return "does not compile: " + first_error(run.stderr)
    same = [os.path.join(B, "obj", p[:-2] + ".o") for p in sources() if p not in changed]
    return link(os.path.join(folder, "iommu-sim"), made + same)
