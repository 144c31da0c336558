#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Do two traces agree?  Usage: same-trace.py TOLERANCE WANT GOT [WANT GOT ...]

Tokens and what is said of the steps must be the same; every node's values, and the top logits, must agree up to TOLERANCE times the
largest of the node. Exits 1 and says what differs first.
"""
import sys
from streams import compare, read_stream


def ids(x):
    """Of tokens, or of a list; None where there is no such key."""
    return x if x is None else list(x["ids"] if isinstance(x, dict) else x)


def agree(tolerance, want, got):
    want, got, values = read_stream(want), read_stream(got), 0
    if len(want) != len(got) or not want:
        sys.exit(f"{len(got)} records, not {len(want)}")
    for s, (a, b) in enumerate(zip(want, got)):
        for key in "source", "target", "inputs", "positions":
            if ids(a.get(key)) != ids(b.get(key)):
                sys.exit(f"sentence {s}: {key} {ids(b.get(key))}, not {ids(a.get(key))}")
        if a.get("cut") != b.get("cut"):
            sys.exit(f"sentence {s}: cut {b.get('cut')}, not {a.get('cut')}")
        if (a["top"]["ids"] != b["top"]["ids"]).any():
            sys.exit(f"sentence {s}: other top tokens")
        compare(f"sentence {s}: top logits", a["top"]["logits"], b["top"]["logits"], tolerance)
        if set(a["values"]) != set(b["values"]):
            sys.exit(f"sentence {s}: other nodes: {sorted(set(a['values']) ^ set(b['values']))}")
        for node in a["values"]:
            compare(f"sentence {s}, {node}", a["values"][node], b["values"][node], tolerance)
            values += 1
    return values


tolerance, *files = sys.argv[1:]
print(sum(agree(float(tolerance), *pair) for pair in zip(files[::2], files[1::2], strict=True)), "values agree")
