"""Is what single.py is made of right? Every line once more with pieces that go number by number, and what must hold for each model."""
import math
import numpy as np
import pieces


def slow_dense(x, weight, bias=None):
    out = np.zeros((len(x), len(weight)))
    for t in range(len(x)):
        for o in range(len(weight)):
            out[t, o] = math.fsum(x[t, i] * weight[o, i] for i in range(x.shape[1])) + (0 if bias is None else bias[o])
    return out


def slow_layer_norm(x, gain, bias, eps):
    out = np.zeros(x.shape)
    for t, row in enumerate(x):
        mean = math.fsum(row) / len(row)
        deviation = math.sqrt(math.fsum((a - mean) ** 2 for a in row) / len(row) + eps)
        for j, a in enumerate(row):
            out[t, j] = gain[j] * (a - mean) / deviation + bias[j]
    return out


def slow_attention(q, k, v, sees, scale, cap=None):
    n, heads, e = q.shape
    out = np.zeros((n, heads * v.shape[2]))
    for h in range(heads):
        g = h * k.shape[1] // heads
        for t in range(n):
            scores = {}
            for j in range(n):
                if sees[t, j]:
                    s = scale * math.fsum(q[t, h, i] * k[j, g, i] for i in range(e))
                    scores[j] = s if cap is None else cap * math.tanh(s / cap)
            total = math.fsum(math.exp(s) for s in scores.values())
            for i in range(v.shape[2]):
                out[t, h * v.shape[2] + i] = math.fsum(math.exp(s) * v[j, g, i] for j, s in scores.items()) / total
    return out


SLOW = {"dense": slow_dense, "layer_norm": slow_layer_norm, "attention": slow_attention}


def slowly(model, ids):
    """A run with the pieces of this file in place of the others"""
    fast = {name: getattr(pieces, name) for name in SLOW}
    try:
        for name, f in SLOW.items():
            setattr(pieces, name, f)
        return model.run(ids)
    finally:
        for name, f in fast.items():
            setattr(pieces, name, f)


def agree(a, b, tolerance=1e-11):
    return abs(a - b).max() <= tolerance * max(1, abs(b).max())


def check(model, lines):
    whole = [ids + rest[:-1] if not model.fills else ids for ids, rest in lines]
    for ids in whole:
        a, b = model.run(ids), slowly(model, ids)
        assert agree(a.logits, b.logits) and all(agree(x, y) for x, y in zip(a.context + a.hidden, b.context + b.hidden))
    ids = max(whole, key=len)
    other = ids[:-1] + [min(t for t in range(5, model.c["vocab_size"]) if t != ids[-1])]
    a, b = model.run(ids).logits, model.run(other).logits
    changed = abs(a - b).max(-1) > 1e-9
    assert changed[-1] and changed[:-1].any() == model.fills, "who sees the last token"
