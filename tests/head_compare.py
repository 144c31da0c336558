#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What head-compare writes, once more with numpy; and streams of heads to try both on.

head_compare.py make SEED SENTENCES A B [other | drawn]
            two streams of heads of the same sentences, with ties; in B some have other steps, some of the steps are drawn
head_compare.py check A B OUT [--by pairs | none] [--top K] [--samples N] [--seed S]
            is OUT the comparison of A and B? Either may be an average; pairs are sentences of one number
head_compare.py large HEADS FILE    a stream of HEADS heads of 2 sentences, many with the same mean
"""
import argparse
import math
import os
import sys

import msgpack
import msgpack_numpy
import numpy as np
import zstandard

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "data"))
from stream import write_stream  # noqa: E402

SITES = {"dec-enc.0": 3, "enc-self.1": 5, "enc-self.0": 4}
ORDER = ["enc-self.0", "enc-self.1", "dec-enc.0"]


def make(seed, sentences, a, b, how=""):
    random = np.random.default_rng(int(seed))
    steps = random.integers(1, 9, int(sentences))
    worth = {site: random.normal(0, 1, n) for site, n in SITES.items()}
    common = {site: random.normal(0, 1, (len(steps), n)) for site, n in SITES.items()}
    for path in a, b:
        records = []
        for c, of in enumerate(steps):
            if path == b and how == "other" and c % 3 == 0:
                of = of + 1
            drawn = np.sort(random.permutation(of)[:2]) if how == "drawn" and c % 2 else np.arange(of)
            for site, n in SITES.items():
                x = worth[site] + common[site][c] + random.normal(0, 0.5, (len(drawn), n))
                x[:, 1] = x[:, 0]  # two heads of the same mean
                r = {"type": "heads", "sentence": c, "site": site, "relevance": x}
                if len(drawn) < of:
                    r.update(first_drawn=0, drawn=drawn.tolist(), of=int(of))
                else:
                    r.update(first_step=0)
                records.append(r)
        write_stream(path, "heads", records)


def large(heads, path):
    x = np.floor(np.random.default_rng(1).random((2, int(heads))) * 50)
    write_stream(path, "heads", [{"type": "heads", "sentence": c, "site": "enc-self.0", "first_step": 0, "relevance": x[c:c + 1]}
                                 for c in range(2)])


def read(path):
    with open(path, "rb") as file:
        stream = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)
        yield from msgpack.Unpacker(stream, object_hook=msgpack_numpy.decode)


class Side:
    """y [sentences, heads] and n [sentences] by number, or of an average the mean and the error alone."""

    def __init__(self, path):
        records = [r for r in read(path) if r["type"] in ("heads", "average")]
        self.average = records[0]["type"] == "average"
        if self.average:
            by_site = {r["site"]: r for r in records}
            self.mean, self.error = (np.concatenate([by_site[s][k] for s in ORDER]) for k in ("mean", "error"))
            self.count = records[0]["sentences"]
            return
        sums, self.n = {}, {}
        for r in records:
            x, weight = r["relevance"], r.get("of", len(r["relevance"])) / len(r["relevance"])
            sums.setdefault(r["sentence"], {})[r["site"]] = weight * x.sum(0)
            self.n[r["sentence"]] = r.get("of", len(x))
        self.y = {c: np.concatenate([y[s] for s in ORDER]) for c, y in sums.items()}

    def take(self, numbers):
        self.count = len(numbers)
        self.y = np.array([self.y[c] for c in numbers])
        self.n = np.array([self.n[c] for c in numbers], float)[:, None]
        self.mean = self.y.sum(0) / self.n.sum()
        self.residual = (self.y - self.mean * self.n) / self.n.sum()
        self.error = np.sqrt(self.count / (self.count - 1) * (self.residual ** 2).sum(0))


# Student's distribution by integration over the angle: P(|T| > sqrt(v) tan a) is that of cos^(v - 1) from a to pi / 2.

NODES, WEIGHTS = np.polynomial.legendre.leggauss(600)


def integral(low, high, v):
    at = low + (high - low) * (NODES + 1) / 2
    return (high - low) / 2 * (WEIGHTS * np.cos(at) ** (v - 1)).sum()


def tail(t, v):
    return integral(math.atan(abs(t) / math.sqrt(v)), math.pi / 2, v) / integral(0, math.pi / 2, v)


def quantile(v):
    low, high = 0.0, 20.0
    while high - low > 1e-12:
        middle = (low + high) / 2
        low, high = (middle, high) if tail(middle, v) > 0.05 else (low, middle)
    return low


def holm(p):
    """By the definition: the largest of all that are not above it, each by how many are not below it."""
    order = sorted(range(len(p)), key=lambda i: p[i])
    steps = [min(1, (len(p) - j) * p[i]) for j, i in enumerate(order)]
    out = np.empty(len(p))
    for j, i in enumerate(order):
        out[i] = max(steps[:j + 1])
    return out


def draws(state, count):
    """Which sentences, by SplitMix64 (Steele et al. 2014)."""
    out = []
    for _ in range(count):
        state[0] = (state[0] + 0x9E3779B97F4A7C15) % 2 ** 64
        z = state[0]
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % 2 ** 64
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB % 2 ** 64
        out.append((z ^ (z >> 31)) % count)
    return np.bincount(out, minlength=count)[:, None]


def spearman(x, y):
    def ranks(v):
        return (v[None, :] < v[:, None]).sum(1) + (v[None, :] == v[:, None]).sum(1) / 2
    return np.corrcoef(ranks(x), ranks(y))[0, 1]


def kendall(x, y):
    def signs(v):
        return np.sign(v[:, None] - v[None, :])
    x, y = signs(x), signs(y)
    return (x * y).sum() / math.sqrt((x ** 2).sum() * (y ** 2).sum())


def agreement(a, b, top):
    def largest(x):
        return set(sorted(range(len(x)), key=lambda h: (-x[h], h))[:top])

    out, ends = {}, np.cumsum([SITES[s] for s in ORDER])
    sites = list(zip(ends - [SITES[s] for s in ORDER], ends))
    for name, f in ("spearman", spearman), ("kendall", kendall):
        out[name, "all"] = f(a, b)
        out[name, "enc-self"] = f(a[:9], b[:9])
        out[name, "dec-enc"] = f(a[9:], b[9:])
        out[name, "layer"] = np.mean([f(a[i:k], b[i:k]) for i, k in sites])
    out["overlap", "all"] = len(largest(a) & largest(b)) / top
    return out


def near(name, got, want, tolerance=1e-9):
    if not np.allclose(got, want, rtol=tolerance, atol=1e-300):
        sys.exit(f"{name}: {got}, but numpy says {want}")


def check_heads(sides, paired, header, records):
    a, b = sides
    difference, c = a.mean - b.mean, np.array([a.count, b.count])
    if paired:
        error = np.sqrt(a.count / (a.count - 1) * ((a.residual - b.residual) ** 2).sum(0))
        freedom = np.full(len(error), a.count - 1)
    else:
        error = np.sqrt(a.error ** 2 + b.error ** 2)
        freedom = np.floor(error ** 4 / (a.error ** 4 / (c[0] - 1) + b.error ** 4 / (c[1] - 1)))
    t = np.array([quantile(v) for v in freedom])
    p = [tail(d, v) for d, v in zip(difference / error, freedom)]
    want = dict(mean=difference, error=error, low=difference - t * error, high=difference + t * error,
                mean_a=a.mean, mean_b=b.mean, p_holm=holm(p))
    assert [r["site"] for r in records] == ORDER
    for key, value in want.items():
        near(key, np.concatenate([r[key] for r in records]), value)
    assert header["compared"]["paired"] == paired


def check_agreement(sides, paired, o, got):
    a, b = sides
    want = agreement(a.mean, b.mean, o.top)
    rows = {(f, g): got[f][g] for f, g in want if g in ("all", "layer")}
    rows |= {(f, g): got[f]["kinds"][g] for f, g in want if g not in ("all", "layer")}
    assert got["top"] == o.top
    if a.average or b.average:
        assert "samples" not in got
        for key in want:
            near(key, rows[key], [want[key]])
        return
    state, samples = [o.seed], []
    for _ in range(o.samples):
        w = draws(state, a.count)
        v = w if paired else draws(state, b.count)
        samples.append(agreement((w * a.y).sum(0) / (w * a.n).sum(), (v * b.y).sum(0) / (v * b.n).sum(), o.top))
    for key in want:
        half = 1.959963984540054 * np.std([s[key] for s in samples], ddof=1)
        least = 0 if key[0] == "overlap" else -1
        near(key, rows[key], [want[key], max(want[key] - half, least), min(want[key] + half, 1)], 1e-8)


def check(*arguments):
    p = argparse.ArgumentParser()
    for name in "a", "b", "out":
        p.add_argument(name)
    p.add_argument("--by", default="pairs")
    for name, value in ("top", 10), ("samples", 1000), ("seed", 1):
        p.add_argument("--" + name, type=int, default=value)
    o = p.parse_args(arguments)
    sides = a, b = Side(o.a), Side(o.b)
    paired = o.by == "pairs" and not a.average and not b.average
    numbers = sorted(a.n.keys() & b.n.keys()) if paired else None
    for s in sides:
        if not s.average:
            s.take(numbers or sorted(s.n))
    header, *records, _ = read(o.out)
    check_heads(sides, paired, header, records)
    check_agreement(sides, paired, o, header["agreement"])


if __name__ == "__main__":
    {f.__name__: f for f in (make, check, large)}[sys.argv[1]](*sys.argv[2:])
