#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Is the relevance of heads that of a reference?  Usage: same-heads.py TOLERANCE WANT.npz HEADS

WANT.npz, of tests/data/families/torch_relevance.py, has arrays `LINE.SITE` [steps, heads]; HEADS, a stream of head-sum, must have these
lines and sites and no others, each the same up to TOLERANCE times the largest of the array. Exits 1 and says what differs first.
"""
import sys
import numpy as np
from streams import compare, whole_relevance


def main(tolerance, arrays, heads):
    want, got = np.load(arrays), {f"{sentence}.{site}": x for (sentence, site), x in whole_relevance(heads).items()}
    if set(want.files) != set(got):
        sys.exit(f"{heads}: {sorted(got)}, not {sorted(want.files)}")
    off = max(compare(f"{arrays}: {key}", want[key], got[key], float(tolerance)) for key in want.files)
    print(f"{arrays}: {len(got)} arrays agree to {off:.1e} of the largest")


main(*sys.argv[1:])
