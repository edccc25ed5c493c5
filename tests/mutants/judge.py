"""What a failed scenario says about a mutant."""

import json
import re

LABELS = (
    (r'the oracle found "([\w-]+)"', "{}"),
    (r'the hardware complains of "([\w-]+)"', "complaint:{}"),
    (r'it answered "([\w-]+)"', "answer:{}"),
    (r"the driver misused the platform", "platform"),
    (r"stopped after|does not come back|does not end|budget", "bound"),
    (r'finding(?:s)? "([\w-]+)" did not appear', "missing:{}"),
    (r'expected the complaint "([\w-]+)", and none came', "missing:{}"),
    (r"^(?!(?:reason|source|pa|perm|level|data|recorded|stale|unmap|map): )([\w-]+): expected (?!the driver)", "value:{}"),
    (r"the run was killed by signal", "crash"),
    (r"drain: (?:in fault|expected)", "faults"),
    (r"^(read|write|atomic|zlr|translate) at iova .*: expected", "dma"),
    (r"^during \([^)]*\): \w+(?: at iova \S+)?: expected", "dma"),
    (r"^(?:during [^:]*: )?(reason|source|pa|perm|level|data|recorded): expected", "dma"),
)


def labels_of(text):
    found = []
    for pattern, label in LABELS:
        for m in re.finditer(pattern, text, flags=re.M):
            one = label.format(*m.groups()) if m.groups() else label
            if one not in found:
                found.append(one)
    return found


def matches(want, label):
    return want == label or (want.endswith(":") and label.startswith(want))


def failures(output):
    """(scenario, labels, text) of each permutation that failed, None when the output is no report."""
    try:
        results = json.loads(output)["results"]
    except (ValueError, KeyError):
        return None
    return [(r["path"], r["permutation"], labels_of(r["text"]), r["text"])
            for r in results if r["verdict"] not in ("pass", "skip")]


def choose(failed, mutant):
    """The failure with the diagnosis asked for, else the first; and whether it is right."""
    for item in failed:
        path, permutation, labels, text = item
        if any(matches(w, l) for w in mutant.expect for l in labels) and all(t in text for t in mutant.texts):
            return item, True
    return failed[0], False
