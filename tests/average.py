#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Streams of heads for the tests of step-average, and its statistics by numpy.

average.py make SEED SENTENCES OUT    random sentences at two sites, cut into records
average.py draw SEED SENTENCES OUT    the same, some of the steps of each drawn
average.py split SEED IN OUT ...      the sentences of IN in random order, dealt out to the OUTs
average.py check HEADS AVERAGE        is AVERAGE what numpy makes of HEADS?
average.py count SENTENCES            many short sentences, to standard output
"""
import sys

import msgpack
import msgpack_numpy
import numpy as np
import zstandard

HEADER = {"type": "header", "format": "lrpipe", "version": 1, "content": "heads", "history": []}
SITES = {"dec-self.1": 3, "enc-self.0": 4}
T_10 = 2.228138852  # Student's t, 10 degrees of freedom, 97.5 %


def write(file, records, header=HEADER):
    squeeze = zstandard.ZstdCompressor(level=1, write_checksum=True, write_content_size=True)
    records = list(records)
    for r in [header, *records, {"type": "end", "records": len(records)}]:
        file.write(squeeze.compress(msgpack.packb(r, default=msgpack_numpy.encode)))


def read(path):
    with open(path, "rb") as file:
        stream = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)
        yield from msgpack.Unpacker(stream, object_hook=msgpack_numpy.decode)


def heads(sentence, site, first_step, relevance):
    return {"type": "heads", "sentence": sentence, "site": site, "first_step": first_step,
            "relevance": relevance}


def drawn(sentence, site, first, relevance, steps, of):
    """Some of the steps of a sentence, or all."""
    if len(steps) == of:
        return heads(sentence, site, first, relevance)
    return {"type": "heads", "sentence": sentence, "site": site, "first_drawn": first,
            "drawn": [int(s) for s in steps], "of": int(of), "relevance": relevance}


def cut(random, sentence, site, x, steps, of):
    """One sentence as records of consecutive steps."""
    cuts = sorted({0, len(x), *random.integers(0, len(x), 2).tolist()})
    return [drawn(sentence, site, a, x[a:b], steps, of) for a, b in zip(cuts, cuts[1:])]


def interleave(random, lists):
    lists = [list(records) for records in lists]
    while any(lists):
        some = [records for records in lists if records]
        yield some[random.integers(len(some))].pop(0)


def make(seed, sentences, out, most=9):
    random = np.random.default_rng(int(seed))
    records = []
    for sentence in range(int(sentences)):
        of = random.integers(1, 9)
        steps = np.sort(random.permutation(of)[:most])
        site_records = []
        for site, n in SITES.items():
            scale = 10.0 ** random.integers(-12, 12, (len(steps), n))
            x = random.normal(0.1, 1, (len(steps), n)) * (scale if site == "enc-self.0" else 1)
            site_records.append(cut(random, sentence, site, x, steps, of))
        records += interleave(random, site_records)
    with open(out, "wb") as file:
        write(file, records)


def draw(seed, sentences, out):
    make(seed, sentences, out, 3)


def sentences_of(path):
    groups = {}
    for r in read(path):
        if r["type"] == "heads":
            groups.setdefault(r["sentence"], []).append(r)
    return list(groups.values())


def split(seed, path, *outs):
    random = np.random.default_rng(int(seed))
    groups = sentences_of(path)
    random.shuffle(groups)
    parts = np.array_split(np.arange(len(groups)), np.sort(random.integers(0, len(groups), len(outs) - 1)))
    for out, part in zip(outs, parts):
        with open(out, "wb") as file:
            write(file, (r for i in part for r in groups[i]))


def near(name, got, want):
    if not np.allclose(got, want, rtol=1e-9, atol=0):
        sys.exit(f"{name}: {got}, but numpy says {want}")


def check(path, average):
    averages = {r["site"]: r for r in read(average) if r["type"] == "average"}
    assert list(averages) == ["enc-self.0", "dec-self.1"], list(averages)
    for site, a in averages.items():
        clusters, weights = [], []
        for g in sentences_of(path):
            records = [r for r in g if r["site"] == site]
            x = np.concatenate([r["relevance"] for r in records]).astype(np.longdouble)
            clusters.append(x)
            weights.append(np.longdouble(records[0].get("of", len(x))) / len(x))
        n, c = sum(w * len(x) for x, w in zip(clusters, weights)), len(clusters)
        m = sum(w * x.sum(axis=0) for x, w in zip(clusters, weights)) / n
        squares = sum(w * ((x - m) ** 2).sum(axis=0) for x, w in zip(clusters, weights))
        residuals = np.array([w * (x - m).sum(axis=0) for x, w in zip(clusters, weights)])
        error = np.sqrt(c / (c - 1) * (residuals ** 2).sum(axis=0)) / n
        assert (a["heads"], a["steps"], a["sentences"]) == (SITES[site], round(n), c)
        assert a.get("drawn", round(n)) == sum(map(len, clusters))
        near("mean", a["mean"], m)
        near("deviation", a["deviation"], np.sqrt(squares / (n - 1)))
        near("error", a["error"], error)
        if c == 11:
            near("low", a["low"], m - T_10 * error)
            near("high", a["high"], m + T_10 * error)


def count(sentences):
    x = np.full((3, 2), 0.1)
    write(sys.stdout.buffer, (heads(i, "enc-self.0", 0, x) for i in range(int(sentences))))


if __name__ == "__main__":
    commands = {f.__name__: f for f in (make, draw, split, check, count)}
    commands[sys.argv[1]](*sys.argv[2:])
