"""What models of one stack are made of, in float64, straight from the published definitions."""
import math
import numpy as np


def gelu(x):
    return 0.5 * x * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def gelu_tanh(x, c=math.sqrt(2 / math.pi)):
    return 0.5 * x * (1 + np.tanh(c * (x + 0.044715 * x ** 3)))


ACTIVATION = {
    "relu": lambda x: np.maximum(x, 0), "gelu": gelu, "gelu_new": gelu_tanh, "gelu_pytorch_tanh": gelu_tanh,
    "gelu_fast": lambda x: gelu_tanh(x, 0.7978845608), "silu": lambda x: x / (1 + np.exp(-x))}


def softmax(z):
    p = np.exp(z - z.max(-1, keepdims=True))
    return p / p.sum(-1, keepdims=True)


def layer_norm(x, gain, bias, eps):
    m = x.mean(-1, keepdims=True)
    return (x - m) / np.sqrt(((x - m) ** 2).mean(-1, keepdims=True) + eps) * gain + bias


def rms_norm(x, gain, eps):
    return x / np.sqrt((x ** 2).mean(-1, keepdims=True) + eps) * gain


def rotate(x, frequencies, factor=1.0):
    """x [n, heads, e]; neuron a of the first half of what is rotated turns with neuron a of the second; the rest passes."""
    half = len(frequencies)
    angle = np.arange(len(x))[:, None, None] * frequencies
    cos, sin = factor * np.cos(angle), factor * np.sin(angle)
    a, b, rest = x[..., :half], x[..., half:2 * half], x[..., 2 * half:]
    return np.concatenate([a * cos - b * sin, b * cos + a * sin, rest], axis=-1)


def dense(x, weight, bias=None):
    """weight [out, in]"""
    return x @ weight.T + (0 if bias is None else bias)


def causal(n, window=None):
    """Which keys each query sees: itself and those before it; with a window, that many, itself included."""
    back = np.arange(n)[:, None] - np.arange(n)
    return (back >= 0) & (True if window is None else back < window)


def attention(q, k, v, sees, scale, cap=None):
    """q [n, heads, e], k and v [n, key heads, e]; the context [n, heads * e]. Query head h reads key head h // (heads / key heads)."""
    group = q.shape[1] // k.shape[1]
    k, v = np.repeat(k, group, axis=1), np.repeat(v, group, axis=1)
    scores = np.einsum("qhe,khe->hqk", q, k) * scale
    if cap is not None:
        scores = cap * np.tanh(scores / cap)
    weights = softmax(np.where(sees, scores, -np.inf))
    return np.einsum("hqk,khe->qhe", weights, v).reshape(len(q), -1)


def split(x, heads):
    """[n, heads * e] to [n, heads, e]"""
    return x.reshape(len(x), heads, -1)


class Run:
    """One line through a model: `context` of every layer, `hidden` after every layer (`embed` before the first), `logits`."""

    def __init__(self, config, weights, prefix=""):
        self.c, self.w, self.prefix = config, weights, prefix
        self.context, self.hidden, self.embed, self.logits = [], [], None, None

    def get(self, name):
        return self.w[self.prefix + name]

    def dense(self, x, name):
        return dense(x, self.get(name + ".weight"), self.w.get(self.prefix + name + ".bias"))

    def norm(self, x, name, eps):
        return layer_norm(x, self.get(name + ".weight"), self.get(name + ".bias"), eps)

    def attend(self, *args):
        self.context.append(attention(*args))
        return self.context[-1]
