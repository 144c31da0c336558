#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Does a trace agree with a family's reference?  Usage: same-family.py TOLERANCE WANT.npz TRACE [WANT.npz TRACE ...]

The reference (tests/data/README.md) has, for line N, arrays `N.NAME`: the tokens, the logits of each step, and the contexts of each
head site. Tokens must be the same, of a line without a target those that were generated; logits and contexts, all those that the
trace has, must agree up to TOLERANCE times the largest of the array. Exits 1 and says what differs first.
"""
import sys
import numpy as np
from streams import compare, read_stream


def values_of(record):
    """What the trace has under the reference's names."""
    sites = {name: x for name, x in record["values"].items() if "-" in name}
    return {"logits": record["values"]["logits"], **sites}


def agree(tolerance, want_file, trace):
    want, records, count = np.load(want_file), read_stream(trace), 0
    lines = {key.split(".")[0] for key in want.files}
    if len(records) != len(lines):
        sys.exit(f"{trace}: {len(records)} records, not {len(lines)}")
    for r in records:
        line = f"{r['sentence']}."
        for name in "source", "target", "inputs":
            if f"{line}{name}" in want and list(r[name]["ids"]) != want[f"{line}{name}"].tolist():
                sys.exit(f"{want_file}: line {line} {name} {r[name]['ids']}, not {want[line + name]}")
        got = values_of(r)
        sites = {key.removeprefix(line) for key in want.files if key.startswith(line) and "-" in key}
        if sites != set(got) - {"logits"}:
            sys.exit(f"{want_file}: head sites {sorted(got)}, not {sorted(sites)}")
        for name, x in got.items():
            compare(f"{want_file}: line {line} {name}", want[line + name], x, tolerance)
        count += len(got)
    return count


tolerance, *files = sys.argv[1:]
print(sum(agree(float(tolerance), *pair) for pair in zip(files[::2], files[1::2], strict=True)), "arrays agree")
