#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Do two relevance streams agree?  Usage: same-relevance.py TOLERANCE WANT GOT [WANT GOT ...]

Records must be of the same sentences and sites in the same order, their `relevance` must agree up to TOLERANCE times
the largest of the record. Consecutive steps that were cut into several records are put together first. Where WANT says
what biases have, the ledger of GOT must say the same, up to TOLERANCE.
"""
import sys
import numpy as np
from streams import read_stream


def whole(path):
    """{(sentence, site): relevance of all steps}"""
    parts = {}
    for r in read_stream(path):
        part = parts.setdefault((r["sentence"], r["site"]), [])
        if sum(map(len, part)) != r["first_step"]:
            sys.exit(f"{path}: sentence {r['sentence']}, {r['site']}: step {r['first_step']} is out of order")
        part.append(r["relevance"])
    return {key: np.concatenate(part).astype(float) for key, part in parts.items()}


def check_bias(tolerance, want_file, got_file):
    """What biases have, of the records of a file that says it. Of each sentence and site, all steps."""
    want = {(r["sentence"], r["site"]): r["bias"] for r in read_stream(want_file) if "bias" in r}
    got = {}
    for r in read_stream(got_file) if want else []:
        got.setdefault((r["sentence"], r["site"]), []).append(r["ledger"]["bias"])
    for key, a in want.items():
        error = abs(a - np.concatenate(got[key])).max()
        if not error <= tolerance:
            sys.exit(f"{want_file}: {key}: biases have {error:.2g} more or less")


def agree(tolerance, want_file, got_file):
    want, got = whole(want_file), whole(got_file)
    check_bias(tolerance, want_file, got_file)
    if list(want) != list(got) or not want:
        sys.exit(f"{want_file}: records of {list(got)}, not of {list(want)}")
    for key, a in want.items():
        b = got[key]
        if a.shape != b.shape:
            sys.exit(f"{want_file}: {key}: shape {b.shape}, not {a.shape}")
        error = abs(a - b).max() / (abs(a).max() or 1)
        if not error <= tolerance:
            sys.exit(f"{want_file}: {key}: off by {error:.2g} of the largest")
    return len(want)


tolerance, *files = sys.argv[1:]
print(sum(agree(float(tolerance), *pair) for pair in zip(files[::2], files[1::2], strict=True)), "records agree")
