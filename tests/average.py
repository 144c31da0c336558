#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Streams of heads for the tests of step-average, and its statistics by numpy.

average.py make SEED SENTENCES OUT    random sentences at two sites, cut into records
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


def cut(random, sentence, site, x):
    """One sentence as records of consecutive steps."""
    cuts = sorted({0, len(x), *random.integers(0, len(x), 2).tolist()})
    return [heads(sentence, site, a, x[a:b]) for a, b in zip(cuts, cuts[1:])]


def interleave(random, lists):
    lists = [list(records) for records in lists]
    while any(lists):
        some = [records for records in lists if records]
        yield some[random.integers(len(some))].pop(0)


def make(seed, sentences, out):
    random = np.random.default_rng(int(seed))
    records = []
    for sentence in range(int(sentences)):
        steps = random.integers(1, 9)
        site_records = []
        for site, n in SITES.items():
            scale = 10.0 ** random.integers(-12, 12, (steps, n))
            x = random.normal(0.1, 1, (steps, n)) * (scale if site == "enc-self.0" else 1)
            site_records.append(cut(random, sentence, site, x))
        records += interleave(random, site_records)
    with open(out, "wb") as file:
        write(file, records)


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
        clusters = [np.concatenate([r["relevance"] for r in g if r["site"] == site])
                    for g in sentences_of(path)]
        x = np.concatenate(clusters).astype(np.longdouble)
        m = x.mean(axis=0)
        residuals = np.array([(c - m).sum(axis=0) for c in clusters])
        c = len(clusters)
        error = np.sqrt(c / (c - 1) * (residuals ** 2).sum(axis=0)) / len(x)
        assert (a["heads"], a["steps"], a["sentences"]) == (SITES[site], len(x), c)
        near("mean", a["mean"], m)
        near("deviation", a["deviation"], x.std(axis=0, ddof=1))
        near("error", a["error"], error)
        if c == 11:
            near("low", a["low"], m - T_10 * error)
            near("high", a["high"], m + T_10 * error)


def count(sentences):
    x = np.full((3, 2), 0.1)
    write(sys.stdout.buffer, (heads(i, "enc-self.0", 0, x) for i in range(int(sentences))))


if __name__ == "__main__":
    commands = {f.__name__: f for f in (make, split, check, count)}
    commands[sys.argv[1]](*sys.argv[2:])
