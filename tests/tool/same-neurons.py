#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Is relevance that of formula (5), neuron by neuron?  Usage: same-neurons.py TOLERANCE MODEL_DIR TRACE RULE RELEVANCE [RULE RELEVANCE ...]

TRACE has the graph, the tokens, the steps and the value of every node; the weights are the model's. tests/data/neurons.py works out the
values again, which must agree up to 1e-10 of the largest of their node, and the relevance of each step's best logit by RULE, which must be
that of RELEVANCE at all sites that are there, up to TOLERANCE of the largest of a site. RULE is as after -r, with `.loss` behind it where
the start is -s loss. Prints how much each is off at most, and its largest sum of magnitudes; exits 1 and says what differs first.
"""
import os, sys
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../data"))
from streams import compare, read_segment, whole_relevance
from sides import Model, Sentence
from stream import read_weights


def sentence_of(model, r):
    """What a record of the trace says of its tokens and steps; the values in it are those of the network."""
    ids = lambda key: list(r[key]["ids"] if isinstance(r[key], dict) else r[key])
    tokens = {side: ids(key) for side, key in (("source", "source"), ("target", "inputs")) if key in r}
    steps = len(ids("target"))
    x = Sentence(model, tokens, list(r.get("positions", range(steps))), ids("target"))
    where = f"sentence {r['sentence']}"
    if list(x.best) != [int(row[0]) for row in r["top"]["ids"]]:
        sys.exit(f"{where}: best tokens {list(x.best)}")
    for name, value in r["values"].items():
        want = x.rows if name == "logits" and len(value) == steps else x.net.value[name]
        compare(f"{where}, {name}", want, value, 1e-10)
    return x


def main(tolerance, folder, trace, *pairs):
    header, records = read_segment(trace)
    model = Model(header["graph"], read_weights(folder))
    sentences = {r["sentence"]: sentence_of(model, r) for r in records}
    for rule, path in zip(pairs[::2], pairs[1::2], strict=True):
        got = whole_relevance(path)
        if {s for s, _ in got} != set(sentences):
            sys.exit(f"{path}: sentences {sorted({s for s, _ in got})}, not {sorted(sentences)}")
        want = {s: x.relevance(rule) for s, x in sentences.items()}
        off = max(compare(f"{folder}: {rule}: sentence {s}, {site}", want[s][site], x, float(tolerance)) for (s, site), x in got.items())
        size = max(abs(x).sum((1, 2)).max() for x in got.values())
        print(f"{os.path.basename(folder)} {rule}: {len(got)} records agree to {off:.1e} of the largest; sum |R| up to {size:.1e}")


main(*sys.argv[1:])
