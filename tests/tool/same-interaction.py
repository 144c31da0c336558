#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Are the interactions of heads what gates of the heads make of the logits?  Usage: same-interaction.py TOLERANCE MODEL_DIR TRACE INTERACTIONS [TOP [AGAINST]]

The logits' derivatives by the gates, dz, come from finite differences (tests/data/gates.py); from them, as it is defined, of all tokens or of the
TOP likeliest by p + q: x = dz - sum_v p_v dz_v, and the means over all steps of sum_v p_v x[h,v] x[k,v], of -sum_v (p_v - q_v) x[h,v] and of
KL(q || p), where q is what the trace AGAINST predicts. Prints how much is off of the largest at most; exits 1 and says what differs first.
"""
import os, sys
import numpy as np
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../data"))
from gates import changes, logits, sentence
from streams import read_segment
from sides import Model
from stream import read_weights


def softmax(z):
    return np.exp(z - np.logaddexp.reduce(z))


def main(tolerance, folder, trace, interactions, top="0", against=None):
    weights, top = read_weights(folder), int(top)
    header, records = read_segment(trace)
    model = Model(header["graph"], weights)
    other = Model(read_segment(against)[0]["graph"], weights) if against else None
    (got,) = read_segment(interactions)[1]
    n, steps, kl = len(got["names"]), 0, 0.0
    g, first = np.zeros((n, n)), np.zeros(n)
    for r in records:
        tokens, positions = sentence(r)
        z = logits(model, tokens, positions)
        q = [softmax(row) for row in logits(other or model, tokens, positions)]
        found = {f"{site}:{h}": dz for site, h, dz in changes(model, tokens, positions)}
        if sorted(found) != sorted(got["names"]):
            sys.exit(f"{interactions}: heads {got['names']}, not {sorted(found)}")
        for t in range(len(positions)):
            p = softmax(z[t])
            kl += q[t] @ np.log(q[t] / p)
            kept = np.argsort(-(p + q[t] if other else z[t]), kind="stable")[:top or len(p)]
            a, b = p[kept] / p[kept].sum(), q[t][kept] / q[t][kept].sum()
            x = np.array([found[name][t][kept] for name in got["names"]])
            x -= (x @ a)[:, None]
            g += (x * a) @ x.T
            first -= x @ (a - b)
        steps += len(positions)
    if steps != got["steps"] or len(records) != got["sentences"]:
        sys.exit(f"{interactions}: {got['steps']} steps of {got['sentences']} sentences, not {steps} of {len(records)}")
    worst = 0.0
    for name, want in (("interaction", g / steps),) + ((("first", first / steps), ("kl", kl / steps)) if other else ()):
        off = np.abs(np.asarray(got[name]) - want).max() / np.abs(want).max()
        worst = max(worst, off)
        if not off <= float(tolerance):
            sys.exit(f"{folder}: {name} is off by {off:.1e} of the largest")
    if other is None and "first" in got:
        sys.exit(f"{interactions}: 'first' of no other trace")
    print(f"{os.path.basename(folder)}: interactions agree to {worst:.1e} of the largest")


main(*sys.argv[1:])
