#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Does a trace agree with the reference values of a model of one stack?  Usage: same-single.py TOLERANCE ARRAYS.npz TRACE

ARRAYS is of tests/data/families/make_single.py, TRACE has all values. Compared are the tokens that go in and those that were generated,
the positions of the steps, their best tokens, logits, what the first layer reads, the context vectors of all heads and what each layer
gives. Numbers agree up to TOLERANCE times the largest of their array. Prints how many were compared; exits 1 where one is off.
"""
import sys
import numpy as np
from streams import compare, read_stream


def node_of(key, values):
    """The node that an array is of: a head site has its name; the embedding and layers are called by their norm, where it is behind."""
    stack = "dec" if "logits" in values and any(name.startswith("dec") for name in values) else "enc"
    kind, _, layer = key.partition(".")
    names = {"embed": [f"{stack}.embed.norm", f"{stack}.embed", "target"],
             "hidden": [f"{stack}.{layer}.add", f"{stack}.{layer}.ffn.norm", f"{stack}.{layer}.ffn.add"]}.get(kind, [key])
    if kind == "hidden" and f"{stack}.{layer}.self.norm" in values and f"{stack}.{layer}.ffn.add" in values:    # norms in front: the sum is what goes on
        order = list(values)
        if f"{stack}.{layer}.ffn.norm" in values and order.index(f"{stack}.{layer}.ffn.norm") < order.index(f"{stack}.{layer}.ffn.add"):
            names.reverse()
    return next(name for name in names if name in values)


def main(tolerance, arrays, trace):
    want, count = dict(np.load(arrays)), 0
    got = read_stream(trace)
    if {key.split(".")[0] for key in want} != {str(r["sentence"]) for r in got}:
        sys.exit(f"{len(got)} sentences")
    for r in got:
        side, here = r.get("inputs", r.get("source")), f"{r['sentence']}."
        case = {key[len(here):]: a for key, a in want.items() if key.startswith(here)}
        best, steps = r["top"]["ids"][:, 0], case.pop("steps")
        for key, ids in ("inputs", side["ids"]), ("best", best):
            if list(case.pop(key)) != list(ids):
                sys.exit(f"sentence {here} {key}: {ids}")
        if list(r.get("positions", range(len(side["ids"])))) != list(steps):
            sys.exit(f"sentence {here} positions: {r['positions']}")
        for key, a in case.items():
            b = r["values"][node_of(key, r["values"])].astype(float)
            if key == "logits" and len(b) != len(a):
                b = b[steps]
            compare(f"sentence {here} {key}", a, b, tolerance)
            count += a.size
    print(arrays, count, "numbers agree")


main(float(sys.argv[1]), *sys.argv[2:])
