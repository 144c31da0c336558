#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What loss-compare prints, once more with numpy; and experiments to try both on.

loss_compare.py make SEED                 plan.tsv, scores.tsv and losses/, made up, here
loss_compare.py check TABLE [OPTION ...] plan.tsv
                                          is TABLE what loss-compare with these options prints?
"""
import argparse
import itertools
import os
import sys

import msgpack
import msgpack_numpy
import numpy as np
import zstandard

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "data"))
from stream import write_stream  # noqa: E402

KINDS, LAYERS, HEADS = ("dec-enc", "dec-self", "enc-self"), 2, 4
SENTENCES, RANDOM_ORDERS, CURVE = 40, 5, (5, 11, 18, 24)


# Made-up experiments.

def losses(path, random, steps, effect):
    """Losses that a mask makes larger, more so in some sentences; long sentences in two records."""
    records = []
    for sentence, n in enumerate(steps):
        loss = random.gamma(2, 0.7, n) + effect * (1 + random.normal()) + 0.02 * random.normal(size=n)
        top1 = (random.random(n) < 0.7 - 0.1 * effect).astype(float)
        kl = effect * random.gamma(1, 1, n) * (random.random(n) < 0.9)
        cut = n // 2 if n > 9 else n
        for first, end in ((0, cut), (cut, n)):
            if first < end:
                records.append({"type": "losses", "sentence": sentence, "first_step": first,
                                "loss": loss[first:end], "top1": top1[first:end], "kl": kl[first:end]})
    write_stream(path, "losses", records)


def make(seed):
    random = np.random.default_rng(int(seed))
    steps = random.integers(1, 16, SENTENCES).tolist()
    heads = [f"{kind}.{layer}:{head}" for kind in KINDS for layer in range(LAYERS) for head in range(HEADS)]
    worth = random.gamma(0.5, 0.3, len(heads))
    os.makedirs("losses", exist_ok=True)
    lines = []

    def point(order, direction, removed, head, effect):
        file = f"losses/{len(lines)}"
        losses(file, random, steps, effect)
        lines.append((order, direction, removed, head, file))

    for head, effect in zip(heads, worth):
        point("-", "single", 1, head, effect)
    lines[5] = (*lines[5][:4], lines[4][4])  # two heads of which no one can tell which is worse
    point("-", "none", 0, "", 0)
    scores = {"close": worth + 0.1 * random.random(len(heads)),
              "coarse": np.round(2 * worth + random.random(len(heads))),  # many ties
              "wild": random.normal(size=len(heads))}
    scores["wild"][4:8] = 1  # a layer of which it says nothing
    for name, score in scores.items():
        up = np.argsort(score, kind="stable")
        for k in CURVE:
            point(name, "least", k, "", worth[up[:k]].sum())
        for k in CURVE:
            point(name, "most", k, "", worth[up[::-1][:k]].sum())
    for r in range(RANDOM_ORDERS):
        up = random.permutation(len(heads))
        for k in CURVE:
            point(f"random.{r}", "random", k, "", worth[up[:k]].sum())
    with open("plan.tsv", "w") as f:
        print("order", "direction", "removed", "head", "file", sep="\t", file=f)
        for line in lines:
            print(*line, sep="\t", file=f)
    with open("scores.tsv", "w") as f:
        print("order", "head", "score", sep="\t", file=f)
        for name, score in scores.items():
            for h in random.permutation(len(heads)):
                print(name, heads[h], repr(float(score[h])), sep="\t", file=f)


# The definitions.

def table(path):
    with open(path) as f:
        names, *rows = [line.rstrip("\n").split("\t") for line in f]
    return [dict(zip(names, row, strict=True)) for row in rows]


def sums_of(path, judge):
    """[sentences, 3]: loss or kl, top1, number of steps."""
    sentences, segment = {}, 0
    with open(path, "rb") as f:
        stream = zstandard.ZstdDecompressor().stream_reader(f, read_across_frames=True)
        for r in msgpack.Unpacker(stream, object_hook=msgpack_numpy.decode):
            segment += r["type"] == "header"
            if r["type"] == "losses":
                steps = r[judge].sum(), r["top1"].sum(), len(r[judge])
                sentences.setdefault((segment, r["sentence"]), []).append(steps)
    return np.array([np.sum(parts, axis=0) for parts in sentences.values()])


def split_mix(seed, first, end):
    """The numbers first .. end-1 (from 0) of SplitMix64 (Steele et al. 2014)."""
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.arange(first + 1, end + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ z >> np.uint64(31)


def draws(seed, samples, count):
    """[samples, count]: which sentence."""
    return (split_mix(seed, 0, samples * count) % np.uint64(count)).astype(int).reshape(samples, count)


def splits(seed, samples, count):
    """[samples, count]: is a sentence in the first half? Half of a shuffle, by the numbers behind those of draws()."""
    half = count // 2
    numbers = split_mix(seed, samples * count, samples * (count + half)).reshape(samples, half)
    chosen = np.zeros((samples, count), bool)
    for row, drawn in zip(chosen, numbers):
        left = list(range(count))
        for k, number in enumerate(drawn):
            at = k + int(number) % (count - k)
            left[k], left[at] = left[at], left[k]
        row[left[:half]] = True
    return chosen


def interval(values):
    values = values[~np.isnan(values)]
    return tuple(np.quantile(values, (0.025, 0.975))) if len(values) else (np.nan, np.nan)


def rows_of(values):
    """The value of the data and its interval; values[0] is the data's."""
    return (values[0], *interval(values[1:]))


def rows_of_correlation(values, most):
    """The same for a correlation: value -+ 1.96 deviations over the samples, within -most and most."""
    some = values[1:][~np.isnan(values[1:])]
    if len(some) < 2 or np.isnan(values[0]):
        return values[0], np.nan, np.nan
    half = 1.959963984540054 * np.std(some, ddof=1)
    return values[0], max(values[0] - half, -most), min(values[0] + half, most)


def pearson(x, y):
    """Along the last axis; NaN for a row that is the same all along."""
    same = (x == x[..., :1]).all(-1) | (y == y[..., :1]).all(-1)
    x, y = x - x.mean(-1, keepdims=True), y - y.mean(-1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        r = (x * y).sum(-1) / np.sqrt((x * x).sum(-1) * (y * y).sum(-1))
    return np.where(same, np.nan, r)


def ranks(x):
    """The mean of the ranks that are those of equal values: how many are less, and half of the others."""
    less = (x[..., None, :] < x[..., :, None]).sum(-1)
    equal = (x[..., None, :] == x[..., :, None]).sum(-1)
    return less + (equal + 1) / 2


def spearman(x, y):
    return pearson(ranks(x), ranks(y))


def ceiling(value, reliability):
    """Cells, of experiments with many sentences, layers of three heads or more and costs that differ."""
    if reliability > 0:
        return reliability, reliability ** 0.5, value / reliability ** 0.5, ""
    return reliability, "-", "-", "halves disagree"


class Experiment:
    def __init__(self, plan, samples, seed, judge):
        self.points, self.judge = table(plan), judge
        sums = {p["file"]: sums_of(p["file"], judge) for p in self.points}
        sums = np.array([sums[p["file"]] for p in self.points])  # [points, sentences, 3]
        everything = np.arange(sums.shape[1])[None, :]
        chosen = [everything[0], *draws(seed, samples, sums.shape[1])]
        drawn = np.array([sums[:, c].sum(1) for c in chosen])  # [1 + samples, points, 3]
        base = [p["direction"] for p in self.points].index("none")
        self.loss = drawn[..., 0] / drawn[..., 2]
        self.top1 = drawn[0, :, 1] / drawn[0, :, 2]
        self.increase = self.loss - self.loss[:, base:base + 1]
        first = splits(seed, samples, sums.shape[1])
        halves = np.array([[sums[:, half].sum(1) for half in (s, ~s)] for s in first])  # [samples, 2, points, 3]
        self.halves = halves[..., 0] / halves[..., 2]
        self.halves = self.halves - self.halves[:, :, base:base + 1]
        self.single = [i for i, p in enumerate(self.points) if p["direction"] == "single"]

    def curve_area(self, order, direction):
        i = [i for i, p in enumerate(self.points) if (p["order"], p["direction"]) == (order, direction)]
        x = np.array([0] + [int(self.points[k]["removed"]) / len(self.single) for k in i])
        y = np.concatenate([0 * self.increase[:, :1], self.increase[:, i]], axis=1)
        return ((y[:, 1:] + y[:, :-1]) / 2 * np.diff(x)).sum(1)

    def groups(self):
        """Rows of correlations: a name, and the heads (as places among the single ones) of each group within which they are."""
        head = [self.points[i]["head"] for i in self.single]
        def where(part):
            found = {}
            for k, h in enumerate(head):
                found.setdefault(part(h), []).append(k)
            return found
        yield "all", list(where(lambda h: "all").values())
        for kind, members in where(lambda h: h[:h.index(".")]).items():
            yield kind, [members]
        yield "layer", list(where(lambda h: h[:h.index(":")]).values())

    @staticmethod
    def within(f, groups, x, y, least):
        """The mean over groups of so many heads, along the first axis, of those that have a correlation."""
        r = np.array([f(x[..., g], y[..., g]) for g in groups if len(g) >= least] or [np.full(len(y), np.nan)])
        some = ~np.isnan(r)
        with np.errstate(invalid="ignore"):
            return np.where(some, r, 0).sum(0) / some.sum(0)

    def correlations(self, score):
        """Of all heads, each kind's and the mean over layers, both kinds of correlation, each with its ceiling."""
        x = np.array([score[self.points[i]["head"]] for i in self.single])[None, :]
        y = self.increase[:, self.single]
        a, b = self.halves[:, 0, self.single], self.halves[:, 1, self.single]
        for name, f in ("spearman", spearman), ("pearson", pearson):
            for heads, groups in self.groups():
                r = self.within(f, groups, a, b, 3)
                r = r[~np.isnan(r)].mean() if not np.isnan(r).all() else np.nan
                reliability = 2 * r / (1 + r)
                yield heads, name, self.within(f, groups, x, y, 1), reliability

    def measures(self, order, score):
        least = self.curve_area(order, "least")
        yield "all", "least", least
        yield "all", "area", self.curve_area(order, "most") - least
        yield "all", "percentile", 100 * np.mean([r > least for r in self.random], axis=0)
        yield from self.correlations(score)

    def points_table(self):
        yield "order", "direction", "removed", "head", self.judge, "increase", "low", "high", "top1"
        for i, p in enumerate(self.points):
            yield (p["order"], p["direction"], p["removed"], p["head"], self.loss[0, i],
                   *rows_of(self.increase[:, i]), self.top1[i])

    def summary(self, scores, against):
        orders = {}
        for line in table(scores):
            orders.setdefault(line["order"], {})[line["head"]] = float(line["score"])
        names = dict.fromkeys(p["order"] for p in self.points if p["direction"] == "random")
        self.random = [self.curve_area(name, "random") for name in names]
        other = list(self.measures(against, orders[against])) if against else []
        yield ("order", "heads", "measure", "value", "low", "high",
               *(("difference", "difference_low", "difference_high") if against else ()),
               "reliability", "attainable", "reached", "note")
        for name, score in orders.items():
            for (heads, measure, value, *reliability), that in itertools.zip_longest(self.measures(name, score), other):
                row = rows_of_correlation if measure in ("spearman", "pearson") else lambda x, most: rows_of(x)
                yield (name, heads, measure, *row(value, 1), *(row(value - that[2], 2) if against else ()),
                       *(ceiling(value[0], *reliability) if reliability else ("", "", "", "")))
        yield ("random", "all", "least", *rows_of(np.mean(self.random, axis=0)),
               *((np.nan,) * 3 if against else ()), "", "", "", "")


# Against the program.

def near(got, want):
    """Six digits are printed; no number is an empty cell."""
    if isinstance(want, str):
        return got == want
    if np.isnan(want):
        return got == ""
    return got != "" and abs(float(got) - want) <= 1e-5 * abs(want) + 1e-14


def check(path, *options):
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--judge", default="loss")
    parser.add_argument("--scores")
    parser.add_argument("--against")
    parser.add_argument("plan")
    o = parser.parse_args(options)
    experiment = Experiment(o.plan, o.samples, o.seed, o.judge)
    want = list(experiment.summary(o.scores, o.against) if o.scores else experiment.points_table())
    with open(path) as f:
        got = [line.rstrip("\n").split("\t") for line in f]
    if len(got) != len(want):
        sys.exit(f"{len(got)} lines, not {len(want)}")
    for g, w in zip(got, want):
        if len(g) != len(w) or not all(map(near, g, w)):
            sys.exit(f"got  {g}\nwant {w}")


if __name__ == "__main__":
    {"make": make, "check": check}[sys.argv[1]](*sys.argv[2:])
