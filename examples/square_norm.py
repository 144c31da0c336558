#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A stage of one's own, instead of head-norm: shares of the squared relevance."""
import sys

from read_stream import records
from write_stream import write

stream = records(sys.stdin.buffer)
header = next(stream)


def shares():
    for r in stream:
        square = r["relevance"] ** 2
        yield dict(r, relevance=square / square.sum(axis=1, keepdims=True))


write(sys.stdout.buffer, "heads", shares(), model=header["model"], rule=header["rule"], norm="square")
