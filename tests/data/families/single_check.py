"""Are the pieces right? Every line once more with pieces that go number by number, and what must hold for each model."""
import cmath, math
import numpy as np
import pieces, rotary


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


def slow_rms_norm(x, gain, eps):
    out = np.zeros(x.shape)
    for at in np.ndindex(x.shape[:-1]):
        size = math.sqrt(math.fsum(a * a for a in x[at]) / x.shape[-1] + eps)
        for j, a in enumerate(x[at]):
            out[at + (j,)] = gain[j] * (a / size)
    return out


def slow_rotate(x, frequencies, factor=1.0):
    """As a product of complex numbers, one for each pair"""
    out, half = x.copy(), len(frequencies)
    for t, h, a in np.ndindex(x.shape[0], x.shape[1], half):
        z = complex(x[t, h, a], x[t, h, half + a]) * cmath.rect(factor, t * frequencies[a])
        out[t, h, a], out[t, h, half + a] = z.real, z.imag
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


SLOW = {"dense": slow_dense, "layer_norm": slow_layer_norm, "rms_norm": slow_rms_norm, "rotate": slow_rotate,
        "attention": slow_attention}


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
    return np.abs(a - np.array(b)).max() <= tolerance * max(1, np.abs(b).max())


def waves(scaling, n=9, base=10000.0, **config):
    return rotary.frequencies({"rope_theta": base, "max_position_embeddings": 64, "rope_scaling": scaling, **config}, 8, n)


def check_rotary():
    """What scaling must do to the angles, worked out by hand or by another form of it"""
    f = [1, 0.1, 0.01, 0.001]
    assert agree(waves(None)[0], f) and waves(None)[1] == 1
    assert agree(waves({"type": "linear", "factor": 4.0})[0] * 4, f)
    dynamic = {"type": "dynamic", "factor": 2.0}
    assert agree(waves(dynamic, 64)[0], f) and waves(dynamic, 65)[0][0] == 1
    assert agree(waves(dynamic, 128)[0] ** 3, [(10000 * 3 ** (8 / 6)) ** (-i * 3 / 4) for i in range(4)])
    llama3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
              "original_max_position_embeddings": 160}
    smooth = (160 / (2 * math.pi / 0.1) - 1) / 3                # waves of 6.3, 62.8, 628 and 6283 between 40 and 160
    assert agree(waves(llama3)[0], [1, (1 - smooth) * 0.1 / 8 + smooth * 0.1, 0.01 / 8, 0.001 / 8])
    yarn = {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 4096}
    angle, size = waves(yarn, max_position_embeddings=16384)     # 32 turns at neuron 1.3, one at 2.8: from 1 to 3
    assert agree(angle, [1, 0.1, 0.01 * (0.5 + 0.5 / 4), 0.001 / 4]) and agree(size, 0.1 * math.log(4) + 1)
    longrope = {"type": "longrope", "short_factor": [1, 1, 2, 2], "long_factor": [1, 2, 4, 8]}
    long = dict(original_max_position_embeddings=16)
    assert agree(waves(longrope, 16, **long)[0], [1, 0.1, 0.005, 0.0005])
    assert agree(waves(longrope, 17, **long)[0], [1, 0.05, 0.0025, 0.001 / 8])
    assert agree(waves(longrope, 17, **long)[1], math.sqrt(1.5))
    assert len(waves(None, partial_rotary_factor=0.75)[0]) == 3 and len(waves(None, rotary_pct=0.25)[0]) == 1


def check_window():
    see = [[j <= t and t - j < 2 for j in range(4)] for t in range(4)]
    assert (pieces.causal(4, 2) == see).all() and pieces.causal(4).sum() == 10


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
