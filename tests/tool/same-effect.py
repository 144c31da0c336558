#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Is the effect of heads what gates of the heads make of the logits?  Usage: same-effect.py TOLERANCE MODEL_DIR TRACE HEADS [TOP]

Every head of every site is made a little larger and smaller in turn, in tests/data/neurons.py, which shares nothing with the project: the
logits' derivative by its gate, by differences of fourth order; then KL(softmax(z) || softmax(z - dz)) as it is defined, of all tokens or of the TOP likeliest, must
be that of HEADS up to TOLERANCE of the largest of a site and sentence. Prints how much is off at most; exits 1 and says what differs first.
"""
import os, sys
import numpy as np
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../data"))
from gates import changes, logits, sentence
from streams import compare, read_segment, whole_relevance
from sides import Model
from stream import read_weights

def divergence(z, dz, top):
    """KL(softmax(z) || softmax(z - dz)) of a step."""
    kept = np.argsort(-z, kind="stable")[:top or len(z)]
    log_p = z[kept] - np.logaddexp.reduce(z[kept])
    moved = log_p - dz[kept]
    return np.exp(log_p) @ (log_p - moved + np.logaddexp.reduce(moved))


def effects(model, tokens, positions, top):
    """{site: [steps, heads]}"""
    found = {site: np.zeros((len(positions), model.heads(site))) for site in model.sites()}
    z = logits(model, tokens, positions)
    for site, h, dz in changes(model, tokens, positions):
        found[site][:, h] = [divergence(*row, top) for row in zip(z, dz)]
    return found


def main(tolerance, folder, trace, heads, top=0):
    header, records = read_segment(trace)
    model = Model(header["graph"], read_weights(folder))
    got, off = whole_relevance(heads), 0
    for r in records:
        for site, want in effects(model, *sentence(r), int(top)).items():
            off = max(off, compare(f"{folder}: sentence {r['sentence']}, {site}", want, got.pop((r["sentence"], site)), float(tolerance)))
    if got:
        sys.exit(f"{heads}: also has {sorted(got)}")
    print(f"{os.path.basename(folder)}: effects agree to {off:.1e} of the largest")


main(*sys.argv[1:])
