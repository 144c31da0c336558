#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A stage of one's own, instead of head-norm: shares of the squared relevance."""
import sys

import lrpipe


def shares(stream):
    for r in stream:
        if r["type"] == "header":
            raise lrpipe.StreamError("square_norm.py takes one segment; run it on each")
        if r["type"] != "heads":
            yield r  # a line that was left out: step-average counts it
            continue
        square = r["relevance"] ** 2
        yield dict(r, relevance=square / square.sum(axis=1, keepdims=True))


with lrpipe.messages():
    stream = lrpipe.records(sys.stdin.buffer)
    header = next(stream)
    if header["content"] != "heads":
        raise lrpipe.StreamError("square_norm.py takes heads, from head-sum or head-carry")
    lrpipe.write(sys.stdout.buffer, "heads", shares(stream), dict(header, norm="square"))
