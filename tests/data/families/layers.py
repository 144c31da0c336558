"""What the families of encoder-decoder models are made of, in float64, from their published definitions."""
import math
import numpy as np

ERF = np.vectorize(math.erf, otypes=[float])


def linear(w, name, x):
    """x W^T + b; no b where the checkpoint has none."""
    y = x @ w[name + ".weight"].T
    return y + w[name + ".bias"] if name + ".bias" in w else y


def layer_norm(w, name, x, eps=1e-5):
    """Mean 0, variance 1 (of n, not n - 1), then gain and bias. eps is PyTorch's default: no config.json names it."""
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.sqrt((centred ** 2).mean(-1, keepdims=True) + eps) * w[name + ".weight"] + w[name + ".bias"]


def rms_norm(w, name, x, eps):
    return x / np.sqrt((x ** 2).mean(-1, keepdims=True) + eps) * w[name + ".weight"]


def softmax(z):
    p = np.exp(z - z.max(-1, keepdims=True))
    return p / p.sum(-1, keepdims=True)


ACTIVATION = {
    "relu": lambda x: np.maximum(x, 0),
    "gelu": lambda x: x * (1 + ERF(x / math.sqrt(2))) / 2,
    "gelu_new": lambda x: x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3))) / 2,
    "silu": lambda x: x / (1 + np.exp(-x)),
    "tanh": np.tanh,
}
ACTIVATION["swish"] = ACTIVATION["silu"]


def attention(q, k, v, heads, scale, causal, bias=0.0):
    """Contexts [positions, heads * e] of q [positions, heads * e] over k and v; bias [heads, positions, keys] or 0."""
    def split(x):
        return x.reshape(len(x), heads, -1).transpose(1, 0, 2)
    q, k, v = split(q), split(k), split(v)
    scores = scale * q @ k.transpose(0, 2, 1) + bias
    if causal:
        scores = np.where(np.tri(*scores.shape[1:], dtype=bool), scores, -np.inf)
    return (softmax(scores) @ v).transpose(1, 0, 2).reshape(q.shape[1], -1)
