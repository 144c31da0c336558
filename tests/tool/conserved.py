#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Does formula (1) hold?  Usage: conserved.py TOLERANCE [--all] RELEVANCE

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


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tolerance", type=float)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("relevance")
    o = parser.parse_args()
    total, steps = {}, 0
    for r in read_stream(o.relevance):
        what, account = f"sentence {r['sentence']}, {r['site']}, step {r['first_step']}", r["ledger"]
        start = account["start"]
        here = r["relevance"].astype(float).sum((1, 2))
        check(what + ": sum of the relevance", (here - account["here"]) / start, o.tolerance)
        check(what + ": kinds of losses", (account["bias"] + account["eps"] + account["zero"] - account["lost"]) / start,
              o.tolerance)
        check(what, (start - here - account["elsewhere"] - account["lost"]) / start, o.tolerance)
        part = total.setdefault((r["sentence"], r["first_step"]), np.zeros((2, len(start))))
        part[0] += here / start
        part[1] = account["lost"] / start  # of the last, the lowest site: all losses
        steps += len(start)
    for (sentence, step), (here, lost) in total.items():
        if o.all:
            check(f"sentence {sentence}, step {step}: all leaves", here + lost - 1, o.tolerance)
    print(steps, "steps")
    if not steps:
        sys.exit("no steps")


main()
