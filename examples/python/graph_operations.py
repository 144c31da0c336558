# SPDX-License-Identifier: Apache-2.0
"""The operations of a graph, by the formulas of lib/stream/FORMAT.md, in double precision.

Each is a function of the node n, its weight w and bias b, or None, and its inputs x, ..., of an embed the ids of its side. Rows are
[positions, width], pairs [heads, queries, keys]."""
import math

import numpy


def waves(n, count):
    """Sines of position p = first + t, then as many cosines; inclusive: frequencies from 1 to 1/10000, and a 0 behind an odd width"""
    d, inclusive = n["width"], n.get("inclusive")
    half = d // 2 if inclusive else (d + 1) // 2
    frequency = 10000.0 ** (-numpy.arange(half) / (half - 1 if inclusive else d / 2))
    angle = (n.get("first", 0) + numpy.arange(count))[:, None] * frequency
    return numpy.concatenate([numpy.sin(angle), numpy.cos(angle), numpy.zeros((count, 1))], 1)[:, :d]


def embed(n, w, b, ids):
    """y[t,:] = scale W[id[t],:]; positions: scale W[t,:]; constant: scale W[0,:]"""
    at = numpy.arange(len(ids)) if n.get("positions") else numpy.array(ids) * (not n.get("constant"))
    return n.get("scale", 1.0) * (waves(n, len(ids)) if w is None else w[at].astype(float))


def capped(n, z):
    """C tanh(z / C), where the node has a cap C"""
    return n["cap"] * numpy.tanh(z / n["cap"]) if "cap" in n else z


def linear(n, w, b, x):
    """y[t,o] = sum_n W[o,n] x[t,n] + b[o]"""
    return capped(n, x @ w.astype(float).T + (0 if b is None else b))


def norm(n, w, b, x):
    """y[t,n] = W[n] (x[t,n] - m) / sqrt(v + eps) + b[n], with the mean m and the variance v of x[t,:]"""
    c = x - x.mean(1, keepdims=True)
    return w * c / numpy.sqrt((c * c).mean(1, keepdims=True) + n.get("eps", 0)) + (0 if b is None else b)


def rms(n, w, b, x):
    """y[t,n] = W[n] x[t,n] / sqrt(q + eps), q the mean of x[t,:]^2, or of each head's; one: the factor is 1 + W[n]"""
    u = x.reshape(len(x), n.get("heads", 1), -1)
    return ((w.astype(float) + n.get("one", 0)) * u / numpy.sqrt((u * u).mean(2, keepdims=True) + n.get("eps", 0))).reshape(x.shape)


def rotate(n, w, b, x):
    """y_a = scale (x_a cos - x_b sin), y_b = scale (x_b cos + x_a sin), of the pairs (a, b) of each head"""
    y, f = x.reshape(len(x), n["heads"], -1).copy(), numpy.array(n["frequencies"], float)
    k = numpy.arange(len(f))
    first, second = (2 * k, 2 * k + 1) if n.get("neighbours") else (k, k + len(f))
    angle = numpy.arange(len(x))[:, None, None] * f
    cos, sin = n.get("scale", 1.0) * numpy.cos(angle), n.get("scale", 1.0) * numpy.sin(angle)
    xa, xb = y[..., first], y[..., second]
    y[..., first], y[..., second] = xa * cos - xb * sin, xb * cos + xa * sin
    return y.reshape(x.shape)


def by_head(n, x, heads):
    """[positions, width] -> [n["heads"], positions, neurons of a head]; of fewer heads, of keys and values, each for all that read it"""
    return numpy.repeat(x.reshape(len(x), heads, -1).swapaxes(0, 1), n["heads"] // heads, 0)


def key_heads(n):
    return n.get("kv_heads", n["heads"])


def distances(n, queries, keys):
    """r(j - i), rows of the table of distances [queries, keys]; in single precision, as models learn it"""
    behind, causal, single = numpy.arange(keys) - numpy.arange(queries)[:, None], n.get("causal"), numpy.float32
    rows = n["buckets"] if causal else n["buckets"] // 2
    far, exact = numpy.where(behind > 0, 0, -behind) if causal else abs(behind), rows // 2
    grown = numpy.log(numpy.maximum(far, exact).astype(single) / single(exact)) / single(math.log(n["longest"] / exact))
    step = grown * single(rows - exact)
    row = numpy.where(far < exact, far, numpy.minimum(exact + step.astype(int), rows - 1))
    return row if causal else row + rows * (behind > 0)


def scores(n, w, b, q, k):
    """s[h,i,j] = scale sum_n q[i,n] k[j,n], over the neurons n of head h; with a table + W[r(j - i),h]"""
    z = n.get("scale", 1.0) * by_head(n, q, n["heads"]) @ by_head(n, k, key_heads(n)).swapaxes(1, 2)
    return capped(n, z if w is None else z + numpy.moveaxis(w[distances(n, len(q), len(k))], 2, 0))


def softmax(n, w, b, s):
    """A[h,i,j] = exp s[h,i,j] / sum_j' exp s[h,i,j'] over the keys that query i sees; 0 for others"""
    behind = numpy.arange(s.shape[2]) - numpy.arange(s.shape[1])[:, None]
    seen = (behind <= 0) & (behind > -n.get("window", s.shape[1])) if n.get("causal") else behind == behind
    s = numpy.where(seen, s, -numpy.inf)
    e = numpy.exp(s - s.max(2, keepdims=True))
    return e / e.sum(2, keepdims=True)


def context(n, w, b, a, v):
    """c[i,n] = sum_j A[h,i,j] v[j,n], h being the head of neuron n; of a masked head its mean, or 0"""
    c, masked = (a @ by_head(n, v, key_heads(n))).swapaxes(0, 1), n.get("masked", [])
    c[:, masked] = numpy.reshape(n.get("mean", numpy.zeros(n["width"])), c.shape[1:])[masked]
    return c.reshape(len(c), -1)


def gelu_tanh(x):
    return 0.5 * x * (1 + numpy.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def sigmoid(x):
    return 0.5 * (1 + numpy.tanh(0.5 * x))


def swish(x):
    return x * sigmoid(x)


erf = numpy.vectorize(math.erf, otypes=[float])
FUNCTIONS = {"relu": lambda x: numpy.maximum(x, 0), "gelu": lambda x: 0.5 * x * (1 + erf(x / math.sqrt(2))), "gelu_new": gelu_tanh,
             "gelu_pytorch_tanh": gelu_tanh, "gelu_fast": gelu_tanh, "swish": swish, "silu": swish, "tanh": numpy.tanh,
             "sigmoid": sigmoid, "linear": lambda x: x}
OPERATIONS = {"embed": embed, "linear": linear, "norm": norm, "rms": rms, "rotate": rotate, "scores": scores, "softmax": softmax,
              "context": context, "add": lambda n, w, b, *x: sum(x), "multiply": lambda n, w, b, x, y: x * y,
              "scale": lambda n, w, b, x: n["factor"] * x, "activation": lambda n, w, b, x: FUNCTIONS[n["function"]](x)}


def places(first, rows, block=None, every=None):
    """The rows of a tensor that a slice has"""
    i = numpy.arange(rows)
    return first + (i if block is None else i // block * every + i % block)


def slice_of(said, tensor):
    """The array that a node's weight or bias is; said: a tensor's name, or a map of a slice of one. tensor(name): its array"""
    if isinstance(said, str):
        return tensor(said)
    x = tensor(said["name"])
    x = x.T if said.get("transposed") else x
    return x[places(*(said.get(key) for key in ("first", "rows", "block", "every")))] if "rows" in said else x
