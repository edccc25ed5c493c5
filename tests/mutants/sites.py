"""Finds the steps of the driver by name, and makes of each call a mutant in which that call alone is gone."""

import os
import re
from dataclasses import dataclass, field


@dataclass
class Mutant:
    name: str
    files: dict  # path: new text
    what: str
    expect: list  # labels of which one has to be among the diagnoses
    texts: list = field(default_factory=list)  # all of which the same diagnosis has to mention
    bug: str = ""
    error: str = ""


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


def replaced(step, text, code, m):
    """The text with the match made ineffective, None when this is no site of the step."""
    open_ = m.end() - 1
    close = close_of(code, open_)
    if step.name == "if-return":
        if not re.match(r"\s*(\{\s*)?return (" + step.template + r");", code[close + 1:]):
            return None
        condition = text[open_ + 1:close]
        return text[:open_] + "(false && (" + condition + "))" + text[close + 1:]
    new = step.template
    for i, arg in enumerate(split_args(text[open_ + 1:close], code[open_ + 1:close])):
        new = new.replace("{%d}" % i, arg)
    return text[:m.start()] + new + text[close + 1:]


def sites_of_file(path, text, steps):
    code = blank(text)
    for function, start, end in functions(code):
        for step in steps:
            if step.name == function:
                continue  # its own body is not a call
            count = 0
            for m in step.pattern.finditer(code, start, end):
                new = replaced(step, text, code, m)
                if new is None or new == text:
                    continue
                count += 1
                line = text.count("\n", 0, m.start()) + 1
                tag = step.name + ("/" + step.suffix if step.suffix else "")
                yield Mutant(f"{os.path.relpath(path, 'driver')}:{function}:{tag}#{count}",
                             {path: new}, f"{path}:{line}", step.expect)


def find(table, sources):
    """All mechanical mutants, and the steps of the table that are nowhere in the driver."""
    steps = read_table(table)
    mutants = []
    for path in sources:
        mutants += sites_of_file(path, open(path, encoding="utf-8").read(), steps)
    used = {m.name.split(":")[2].split("#")[0] for m in mutants}
    unused = [s.name + ("/" + s.suffix if s.suffix else "") for s in steps]
    return mutants, [n for n in unused if n not in used]
