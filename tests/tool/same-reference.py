#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Does the trace of one sentence agree with arrays of its nodes?  Usage: same-reference.py TOLERANCE ARRAYS.npz TRACE

Node values may have more columns than the arrays; each must agree up to TOLERANCE times the largest of the array.
"""
import sys
import numpy as np
from streams import read_stream


def main(tolerance, arrays, trace):
    want, (got,) = dict(np.load(arrays)), read_stream(trace)
    del want["text"]
    sides = [got[side]["ids"] for side in ("source", "inputs") if side in got]
    for key, ids in zip(("input_ids", "decoder_input_ids"), sides):
        if list(want.pop(key)) != ids:
            sys.exit(f"{key}: {ids}")
    for node, a in want.items():
        b = got["values"][node][:, :a.shape[1]].astype(float)
        error = abs(a - b).max() / abs(a).max()
        if not error <= tolerance:
            sys.exit(f"{node}: off by {error:.2g} of the largest")
        print(node, "agrees")


main(float(sys.argv[1]), *sys.argv[2:])
