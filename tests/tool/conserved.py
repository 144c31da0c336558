#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Does formula (1) hold?  Usage: conserved.py TOLERANCE [--all] RELEVANCE ...

At every site and step: start = here + elsewhere + lost, with `here` summed again from the relevance, lost = bias +
eps + zero, all up to TOLERANCE times the start. --all: the sites are every leaf of the network, so that together
they hold all of the start that is not lost. Prints how many steps were looked at; exits 1 where one is wrong.
"""
import argparse, sys
import numpy as np
from streams import read_stream


def check(what, error, tolerance):
    if not (abs(error) <= tolerance).all():
        sys.exit(f"{what}: off by {abs(error).max():.2g}")


def account(path, leaves, tolerance):
    """Check one stream. Returns how many steps it has."""
    total, steps = {}, 0
    for r in read_stream(path):
        what, account = f"{path}: sentence {r['sentence']}, {r['site']}, step {r['first_step']}", r["ledger"]
        start, lost = account["start"], account["lost"]
        here = r["relevance"].astype(float).sum((1, 2))
        check(what + ": sum of the relevance", (here - account["here"]) / start, tolerance)
        check(what + ": losses", (account["bias"] + account["eps"] + account["zero"] - lost) / start, tolerance)
        check(what, (start - here - account["elsewhere"] - lost) / start, tolerance)
        part = total.setdefault((r["sentence"], r["first_step"]), np.zeros((2, len(start))))
        part[0] += here / start
        part[1] = lost / start  # at the last, the lowest site: all losses
        steps += len(start)
    for (sentence, step), (here, lost) in total.items():
        if leaves:
            check(f"{path}: sentence {sentence}, step {step}: all leaves", here + lost - 1, tolerance)
    return steps


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tolerance", type=float)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("relevance", nargs="+")
    o = parser.parse_args()
    for path in o.relevance:
        steps = account(path, o.all, o.tolerance)
        if not steps:
            sys.exit(f"{path}: no steps")
        print(path, steps, "steps")


main()
