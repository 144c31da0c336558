#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""make_ids.py TOKENS [COUNT [PIECES]]: random lines for `trace-extract --ids`, fixed by a seed.

A line has TOKENS source ids, a TAB and TOKENS - 1 target ids; the end of sentence that is predicted
after them makes TOKENS steps.
"""
import random
import sys


def lines(tokens, count=1, pieces=58101, steps=None):
    r = random.Random(tokens)  # a string of ids leaves out the end of sentence, 0, and the last, the padding
    some = lambda n: " ".join(str(r.randrange(1, pieces - 1)) for _ in range(n))
    return "".join(f"{some(tokens)}\t{some((steps or tokens) - 1)}\n" for _ in range(count))


if __name__ == "__main__":
    if len(sys.argv) < 2 or not all(x.isdigit() for x in sys.argv[1:]):
        sys.exit(__doc__)
    sys.stdout.write(lines(*map(int, sys.argv[1:4])))
