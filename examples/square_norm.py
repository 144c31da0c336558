#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A stage of one's own, instead of head-norm: shares of the squared relevance."""
import sys

from read_stream import records
from write_stream import write

stream = records(sys.stdin.buffer)
header = next(stream)
header.update(norm="square", history=header["history"] + [sys.argv[0]])
if header.pop("content") != "heads":
    sys.exit("square_norm.py takes heads, from head-sum or head-carry")


def shares():
    for r in stream:
        if r["type"] == "header":
            sys.exit("square_norm.py takes one segment; run it on each")
        if r["type"] != "heads":
            yield r  # a line that was left out: step-average counts it
            continue
        square = r["relevance"] ** 2
        yield dict(r, relevance=square / square.sum(axis=1, keepdims=True))


write(sys.stdout.buffer, "heads", shares(), **header)
