"""Finds the steps of the driver by name, and weaves one driver in which each of them can be left out alone.

Each call of a step becomes `(mutant(N) ? (what takes its place) : (the call))`: one build holds every mutant, and the
environment of a run chooses (mutant.c). With none chosen it is the driver as it is.
"""

import os
import re
from dataclasses import dataclass, field


@dataclass
class Mutant:
    name: str
    what: str
    expect: list  # labels of which one has to be among the diagnoses
    texts: list = field(default_factory=list)  # all of which the same diagnosis has to mention
    place: int = 0  # of a mechanical one: its number in the woven driver
    files: dict = field(default_factory=dict)  # of a catalogued one: {path: new text}
    bug: str = ""
    error: str = ""


@dataclass
class Site:
    """A stretch of a file's text and what takes its place when `place` is chosen."""
    start: int
    end: int
    new: str
    place: int


@dataclass
class Step:
    name: str
    suffix: str
    pattern: re.Pattern
    template: str
    expect: list


CALL_CHAIN = r"(?:\(void\)!)?(?:\w+(?:\[\w+\])?(?:->|\.))*"


def read_table(path):
    """Lines `name | replacement | labels`; # starts a comment. name/tag tells two mutants of one name apart."""
    steps = []
    for number, line in enumerate(open(path, encoding="utf-8"), 1):
        line = line.split("#")[0].strip()
        if not line:
            continue
        parts = [p.strip() for p in line.split(" | ")]
        if len(parts) != 3:
            raise SystemExit(f"{path}:{number}: expected name | replacement | labels")
        name, _, suffix = parts[0].partition("/")
        head = r"\b(if)\s*" if name == "if-return" else CALL_CHAIN + r"\b(" + re.escape(name) + ")"
        steps.append(Step(name, suffix, re.compile(head + r"\("), parts[1], parts[2].split()))
    return steps


def blank(text):
    """The same text with comments and strings blanked, so that nothing in them is taken for code."""
    def spaces(m):
        return re.sub(r"[^\n]", " ", m.group(0))
    text = re.sub(r"/\*.*?\*/", spaces, text, flags=re.S)
    text = re.sub(r"^#.*?$", spaces, text, flags=re.M)
    return re.sub(r'"(?:\\.|[^"\\])*"', spaces, text)


def close_of(code, start):
    """Index of the parenthesis that closes the one at start."""
    depth = 0
    for i in range(start, len(code)):
        depth += {"(": 1, ")": -1}.get(code[i], 0)
        if depth == 0:
            return i
    raise ValueError("unbalanced parentheses")


def split_args(text, code):
    """Arguments between two parentheses: `code` is `text` blanked."""
    args, depth, start = [], 0, 0
    for i, c in enumerate(code):
        depth += (c in "([{") - (c in ")]}")
        if c == "," and depth == 0:
            args.append(text[start:i].strip())
            start = i + 1
    args.append(text[start:].strip())
    return args


def functions(code):
    """(name, start, end) of each function's body: a body starts with a brace in the first column."""
    found = []
    for m in re.finditer(r"^\{$.*?^\}$", code, flags=re.S | re.M):
        head = code[:m.start()].rstrip()
        depth, i = 0, len(head) - 1
        while i >= 0:
            depth += (head[i] == ")") - (head[i] == "(")
            if depth == 0:
                break
            i -= 1
        found.append((re.search(r"(\w+)\s*$", head[:i]).group(1), m.start(), m.end()))
    return found


def site_at(step, text, code, m):
    """(start, end, what takes its place) of the match, None when this is no site of the step."""
    open_ = m.end() - 1
    close = close_of(code, open_)
    if step.name == "if-return":
        if not re.match(r"\s*(\{\s*)?return (" + step.template + r");", code[close + 1:]):
            return None
        return open_, close + 1, "false"
    new = step.template
    for i, arg in enumerate(split_args(text[open_ + 1:close], code[open_ + 1:close])):
        new = new.replace("{%d}" % i, arg)
    return m.start(), close + 1, new


def sites_of_file(path, text, steps, first):
    """(mutants, sites) of one file; places are numbered from `first`."""
    code = blank(text)
    mutants, found = [], []
    for function, start, end in functions(code):
        for step in steps:
            if step.name == function:
                continue  # its own body is not a call
            count = 0
            for m in step.pattern.finditer(code, start, end):
                at = site_at(step, text, code, m)
                if at is None or text[at[0]:at[1]] == at[2]:
                    continue
                count += 1
                tag = step.name + ("/" + step.suffix if step.suffix else "")
                line = text.count("\n", 0, m.start()) + 1
                place = first + len(mutants)
                found.append(Site(*at, place))
                mutants.append(Mutant(f"{os.path.relpath(path, 'driver')}:{function}:{tag}#{count}", f"{path}:{line}",
                                      step.expect, place=place))
    return mutants, found


def weave(text, found, start, end):
    """text[start:end] with a choice at each of the sites, which lie side by side or one in another."""
    out, at = [], start
    for lo, hi in sorted({(s.start, s.end) for s in found}, key=lambda span: (span[0], -span[1])):
        if lo < at:
            continue  # within the one before
        inner = [s for s in found if lo <= s.start and s.end <= hi and (s.start, s.end) != (lo, hi)]
        here = [s for s in found if (s.start, s.end) == (lo, hi)]
        choices = "".join(f"mutant({s.place}u) ? ({s.new}) : " for s in here)
        out += [text[at:lo], "(" + choices + "(" + weave(text, inner, lo, hi) + "))"]
        at = hi
    return "".join(out + [text[at:end]])


# What mutant.c is told of each access of driver/mem.h: whether it writes or orders, and two words that say all of it.
ACCESSES = {
    "reg_read32": ("0", "(uint64_t)u->desc.index << 32 | off", "4"),
    "reg_read64": ("0", "(uint64_t)u->desc.index << 32 | off", "8"),
    "reg_write32": ("1", "(uint64_t)u->desc.index << 32 | off", "val"),
    "reg_write64": ("1", "(uint64_t)u->desc.index << 32 | off", "val"),
    "mem_read64": ("0", "pa", "0"),
    "mem_write64": ("1", "pa", "val"),
    "mem_fill64": ("1", "pa + 8 * (uint64_t)at_", "val + at_ * step"),
    "mem_write128": ("1", "pa", "lo ^ (hi << 1 | hi >> 63)"),
    "mem_sync": ("1", "pa", "size << 1 | (uint64_t)how"),
    "plat_now_ns": ("0", "0", "0"),
    "plat_relax": ("0", "0", "0"),
}
BEGINS = "iommu_unit_init"  # a sequence of accesses starts with it
ACCESS_HEADER = "driver/mem.h"


def traced_header(text):
    """driver/mem.h with every access told to mutant.c."""
    for kind, (name, (writes, a, b)) in enumerate(ACCESSES.items()):
        note = f" mutant_access({writes}, {kind}u, {a}, {b});"
        if name == "mem_fill64":
            note = " for (uint32_t at_ = 0; at_ < n; at_++)" + note
        text, count = re.subn(r"(static inline \w+ " + name + r"\([^)]*\)\n\{\n)", lambda m, n=note: m.group(1) + n + "\n", text)
        if count != 1:
            raise SystemExit(f"{ACCESS_HEADER}: {name} was not found, or is there twice")
    told = set(re.findall(r"static inline \w+ (\w+)\(", text)) - set(ACCESSES)
    if told:
        raise SystemExit(f"{ACCESS_HEADER}: what do {', '.join(sorted(told))} do? (ACCESSES in sites.py)")
    first = text.index("static inline")
    return text[:first] + "void mutant_access(_Bool writes, unsigned kind, uint64_t a, uint64_t b);\n" + text[first:]


def woven_file(path, text, found, numbers):
    """The whole file with a choice at each site and a mark at the start of each function."""
    # queue.h: what takes a wait's place commits to the queue
    out = ["#include \"queue.h\"\n_Bool mutant(unsigned place);\nvoid mutant_begin(void);\n#line 1\n"]
    at = 0
    for name, start, end in functions(blank(text)):
        inside = [s for s in found if start <= s.start and s.end <= end]
        out += [text[at:start + 1], " (void)mutant(%uu);" % numbers[path, name],
                " mutant_begin();" if name == BEGINS else "", weave(text, inside, start + 1, end)]
        at = end
    return "".join(out + [text[at:]])


@dataclass
class Woven:
    """The driver with all mechanical mutants in it."""
    mutants: list
    files: dict  # {path: text}
    numbers: dict  # {(path, function): place of its start}
    unused: list  # steps of the table that are nowhere in the driver


def find(table, sources):
    steps = read_table(table)
    texts = {path: open(path, encoding="utf-8").read() for path in sources}
    mutants, found, numbers = [], {}, {}
    for path, text in texts.items():
        more, found[path] = sites_of_file(path, text, steps, len(mutants) + 1)
        mutants += more
    for path, text in texts.items():
        for name, _, _ in functions(blank(text)):
            numbers[path, name] = len(mutants) + len(numbers) + 1
    files = {path: woven_file(path, text, found[path], numbers) for path, text in texts.items()}
    files[ACCESS_HEADER] = traced_header(open(ACCESS_HEADER, encoding="utf-8").read())
    used = {m.name.split(":")[2].split("#")[0] for m in mutants}
    tags = [s.name + ("/" + s.suffix if s.suffix else "") for s in steps]
    return Woven(mutants, files, numbers, [t for t in tags if t not in used])
