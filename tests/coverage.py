#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How often does the 95 % interval of step-average hold the mean of a known population?

coverage.py fixed SITES HEADS    a table for several numbers of sentences C and of drawn steps K
coverage.py quick                the same of a few, held to what they should be
coverage.py until RUNS           where sentences are read until the interval is narrow enough: by numpy

A population is of sentences of varying length whose heads have values of their own; a site of the
streams is a sample of sentences, and its heads are samples of their values.
"""
import subprocess
import sys

import msgpack
import msgpack_numpy
import numpy as np
import zstandard

from average import drawn, read, write

LENGTHS = np.arange(1, 81)


def lengths_of(spread):
    """Probabilities of the lengths: lognormal around 16, and one sentence in twenty of one step."""
    p = np.exp(-0.5 * ((np.log(LENGTHS) - np.log(16)) / spread) ** 2) / LENGTHS
    p /= p.sum()
    p = 0.95 * p
    p[0] += 0.05
    return p


def skewed(random, shape):
    """Mean 0, variance 1, skewness 4: lognormal."""
    s = 0.8326
    x = np.exp(s * random.normal(size=shape))
    return (x - np.exp(s * s / 2)) / np.sqrt((np.exp(s * s) - 1) * np.exp(s * s))


def plain(random, shape):
    return random.normal(size=shape)


# The spread of lengths, the slope of a sentence's mean over the logarithm of its length, standard
# deviations between and within sentences, and their noise.
POPULATIONS = {
    "even": (0.3, 0, 0.02, 0.03, plain),
    "long is more": (0.7, 0.02, 0.01, 0.03, plain),
    "skewed": (0.7, 0.01, 0.02, 0.03, skewed),
    "within alone": (0.5, 0, 0, 0.05, skewed),
}


def level(slope, n):
    return 0.125 + slope * (np.log(n) - np.log(16))


def truth(name):
    """The mean over all steps of the population."""
    spread, slope = POPULATIONS[name][:2]
    p = lengths_of(spread)
    return (p * LENGTHS * level(slope, LENGTHS)).sum() / (p * LENGTHS).sum()


def sentences(random, name, count, heads):
    """The values of each sentence, [steps, heads]."""
    spread, slope, between, within, noise = POPULATIONS[name]
    for n in random.choice(LENGTHS, count, p=lengths_of(spread)):
        own = level(slope, n) + between * noise(random, heads)
        yield own + within * noise(random, (n, heads))


def records(random, name, count, most, sites, heads):
    """A stream of samples, `most` steps drawn of each sentence."""
    for site in range(sites):
        for c, x in enumerate(sentences(random, name, count, heads)):
            steps = np.sort(random.permutation(len(x))[:most])
            yield drawn(c, f"enc-self.{site}", 0, x[steps], steps, len(x))


def coverage(random, name, count, most, sites, heads):
    """Of the intervals that hold the mean, and how wide they are on average, over the errors' own."""
    average = subprocess.Popen(["step-average"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with average.stdin as to:
        write(to, records(random, name, count, most, sites, heads))
    squeezed = zstandard.ZstdDecompressor().stream_reader(average.stdout, read_across_frames=True)
    found = [r for r in msgpack.Unpacker(squeezed, object_hook=msgpack_numpy.decode) if r["type"] == "average"]
    assert average.wait() == 0 and len(found) == sites
    low, high, mean, error = (np.concatenate([r[k] for r in found]) for k in ("low", "high", "mean", "error"))
    m = truth(name)
    return ((low <= m) & (m <= high)).mean(), np.sqrt((error ** 2).mean()) / np.sqrt(((mean - m) ** 2).mean())


def fixed(sites="400", heads="5"):
    print("population     C     K  coverage  error")
    random = np.random.default_rng(1)
    for name in POPULATIONS:
        for count in (10, 30, 100, 500):
            for most in (1, 3, 10, 100):
                held, ratio = coverage(random, name, count, most, int(sites), int(heads))
                print(f"{name:12s} {count:4d}  {most if most < 100 else 'all':>4}  {held:7.3f}  {ratio:6.3f}", flush=True)


def quick():
    # 400 means: the share that is held is known to 0.015, the ratio to 0.04
    random = np.random.default_rng(2)
    for name in POPULATIONS:
        for most in (1, 3):
            held, ratio = coverage(random, name, 40, most, 100, 4)
            print(f"{name}, {most} steps of 40 sentences: {held:.3f} held, error {ratio:.3f} of what it should be")
            assert (0.92 if name == "even" else 0.87) < held < 0.975
            assert 0.88 < ratio < 1.06


def until(runs="2000"):
    from math import sqrt
    print("population    heads  K  half-width  least  sentences  coverage")
    random = np.random.default_rng(3)
    for name in POPULATIONS:
        for heads, most in ((1, 1), (1, 3), (8, 3)):
            for goal in (0.008, 0.004, 0.002):
                y, n = samples(random, name, most, int(runs), heads, goal)
                for least in (2, 10, 20, 30, 50, 100):
                    stop(name, heads, most, goal, least, y, n)


def samples(random, name, most, runs, heads, goal):
    """y [runs, sentences, heads] and n [runs, sentences], as many sentences as will do."""
    spread, slope, between, within, noise = POPULATIONS[name]
    count = int(1.7 * (2.2 / goal) ** 2 * (between ** 2 + within ** 2 / most + (spread * slope) ** 2) * 1.6) + 150
    n = random.choice(LENGTHS, (runs, count), p=lengths_of(spread))
    x = level(slope, n)[:, :, None] + between * noise(random, (runs, count, heads))
    k = np.minimum(n, most)
    mean = np.zeros_like(x)
    for i in range(most):
        mean += np.where((i < k)[:, :, None], noise(random, x.shape), 0)
    x += within * mean / k[:, :, None]
    return x * n[:, :, None], n


def stop(name, heads, most, goal, least, y, n):
    """Read until the half-width of all heads is below the goal, but at least `least`."""
    c = np.arange(1, y.shape[1] + 1)[None, :, None]
    yy, yn, sy = (np.cumsum(v, axis=1) for v in (y * y, y * n[:, :, None], y))
    nn, sn = (np.cumsum(v, axis=1)[:, :, None] for v in (n * n, n))
    m = sy / sn
    with np.errstate(invalid="ignore", divide="ignore"):
        error = np.sqrt(np.maximum(c / (c - 1) * (yy - 2 * m * yn + m * m * nn), 0)) / sn
        half = student(c - 1) * error
    ends = (half <= goal).all(axis=2)
    ends[:, :least - 1] = False
    reached = ends.any(axis=1)
    at = ends.argmax(axis=1)
    runs = np.arange(len(y))[reached]
    mean, width = m[runs, at[reached]], half[runs, at[reached]]
    held = (np.abs(mean - truth(name)) <= width).mean()
    print(f"{name:13s} {heads:5d} {most:2d}  {goal:10.3f}  {least:5d}  {at[reached].mean() + 1:9.0f}  {held:8.3f}"
          + ("" if reached.all() else f"  ({(~reached).sum()} not reached)"), flush=True)


def student(freedom):
    """The 97.5 % quantile of Student's t, by the expansion in 1 / freedom; of few, as they are."""
    z, v = 1.959963984540054, np.maximum(freedom, 1)
    t = z + (z ** 3 + z) / 4 / v + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96 / v ** 2 + \
        (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384 / v ** 3
    few = np.array([np.nan, 12.706, 4.303, 3.182, 2.776])
    return np.where(freedom < 5, few[np.minimum(freedom, 4)], t)


if __name__ == "__main__":
    commands = {f.__name__: f for f in (fixed, quick, until)}
    commands[sys.argv[1]](*sys.argv[2:])
