#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Do two relevance streams agree?  Usage: same-relevance.py TOLERANCE WANT GOT [WANT GOT ...]

Records must be of the same sentences and sites in the same order, their `relevance` must agree up to TOLERANCE times
the largest of the record. Consecutive steps that were cut into several records are put together first. Where WANT says
what biases have, the ledger of GOT must say the same, up to TOLERANCE.
"""
import sys
import numpy as np
from streams import compare, read_stream, whole_relevance


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
    want, got = whole_relevance(want_file), whole_relevance(got_file)
    check_bias(tolerance, want_file, got_file)
    if list(want) != list(got) or not want:
        sys.exit(f"{want_file}: records of {list(got)}, not of {list(want)}")
    for key, a in want.items():
        compare(f"{want_file}: {key}", a, got[key], tolerance)
    return len(want)


tolerance, *files = sys.argv[1:]
print(sum(agree(float(tolerance), *pair) for pair in zip(files[::2], files[1::2], strict=True)), "records agree")
