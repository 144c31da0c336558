"""Any graph of a trace's header, neuron by neuron: forward, and relevance by formula (5) of lib/RULES.md to the letter.

    r(u<-v) = sum over z in OUT(u) of w(u->z) r(z<-v),   r(v<-v) = 1

Every neuron knows the neurons it is made from; a product of two neurons (4) is a neuron of its own. A rule says the weight
w(u->z) of each of these edges and nothing else; for `gradient` it is dz/du. Nothing is shared with reference.py.
"""
import math
from dataclasses import dataclass
import numpy as np


@dataclass
class Rule:
    """The keys of section 4. product: "" is as `rule`."""
    rule: str
    product: str = ""
    bias: str = "exclude"
    attention: str = "product"
    softmax: str = "pass"
    norm: str = "linear"
    averaged: bool = False
    eps: float = 0.0
    alpha: float = 0.5
    gamma: float = 0.25

    @classmethod
    def parse(cls, text):
        """NAME:key=value,..."""
        name, _, keys = text.partition(":")
        rule = cls(**SETS[name])
        for key, value in (pair.split("=") for pair in keys.split(",") if pair):
            setattr(rule, key, float(value) if key in ("eps", "alpha", "gamma") else value)
        return rule


RATIO = dict(rule="ratio", bias="absorb")
SETS = {
    "magnitude": dict(rule="magnitude"),
    "alphabeta": dict(rule="alphabeta"),
    "ratio": RATIO,
    "gamma": dict(rule="gamma", bias="absorb"),
    "thumt2017": dict(RATIO, attention="constant", averaged=True, norm="centred", eps=0.05),
    "cp": dict(RATIO, attention="constant"),
    "attnlrp": dict(RATIO, product="half", attention="half", softmax="taylor", eps=1e-6),
    "gradient": dict(rule="gradient"),
}


def over(z, total):
    return z / total if total else 0.0 * z


def shares(rule, name, z, b):
    """Section 3: shares of the contributions z to one output with bias b, by the rule of that name."""
    z = z + b / len(z) if rule.bias == "spread" else z
    b = b if rule.bias == "absorb" else 0.0
    stab = lambda x: x + rule.eps if x >= 0 else x - rule.eps
    if name == "ratio":
        return over(z, stab(z.sum() + b))
    if name == "magnitude":
        return over(abs(z), abs(z).sum() + abs(b) + rule.eps)
    if name == "gamma":
        side = np.maximum if z.sum() + b >= 0 else np.minimum
        y = z + rule.gamma * side(z, 0)
        return over(y, stab(y.sum() + b + rule.gamma * side(b, 0)))
    assert name == "alphabeta"
    up, down = np.maximum(z, 0), np.minimum(z, 0)
    positive, negative = up.sum() + max(b, 0), down.sum() + min(b, 0)
    alpha = rule.alpha if positive and negative else 1.0 if positive else 0.0
    return alpha * over(up, positive + rule.eps) + (1 - alpha) * over(down, negative - rule.eps)


@dataclass
class Leaf:
    """An embedding's neuron, or an attention weight that the mask makes 0."""
    inputs: tuple = ()


@dataclass
class Sum:
    """(3): sum of factor[i] * input i, and the bias. average: of a context, the attention weights."""
    inputs: np.ndarray
    factor: np.ndarray
    bias: float = 0.0
    average: np.ndarray = None

    def weights(self, rule, x):
        if rule.rule == "gradient":
            return self.factor
        if rule.averaged and self.average is not None:
            return self.average
        return shares(rule, rule.rule, self.factor * x, self.bias)


@dataclass
class Norm:
    """Neuron `own` of a layer norm: a sum with the scale held, or by its derivative."""
    inputs: np.ndarray
    own: int
    held: np.ndarray
    derivative: np.ndarray
    bias: float
    in_front: bool                     # in a model whose residuals go round its norms

    def weights(self, rule, x):
        one = 1.0 * (np.arange(len(x)) == self.own)
        if rule.rule == "gradient":
            return self.derivative
        if rule.norm == "identity" or rule.norm == "centred" and self.in_front:
            return one
        if rule.norm == "centred":     # m = sum_j x_j / d, then x_own - m
            own, mean = shares(rule, rule.rule, np.array([x[self.own], -x.sum() / len(x)]), 0.0)
            return own * one + mean * shares(rule, rule.rule, x / len(x), 0.0)
        return shares(rule, rule.rule, (self.derivative if rule.norm == "jacobian" else self.held) * x, self.bias)


@dataclass
class Rms:
    """Neuron `own` of x g / s: one contribution, s held, which gets everything; or contributions by the derivative."""
    inputs: np.ndarray
    own: int
    derivative: np.ndarray

    def weights(self, rule, x):
        if rule.rule == "gradient":
            return self.derivative
        if rule.norm == "jacobian":
            return shares(rule, rule.rule, self.derivative * x, 0.0)
        return 1.0 * (np.arange(len(x)) == self.own)


@dataclass
class Product:
    """(4): two neurons. of: "scores", a query and a key; "context", an attention weight and a value; "multiply", a gate and the other."""
    inputs: tuple
    of: str

    def weights(self, rule, x):
        if rule.rule == "gradient":
            return x[::-1]
        if rule.attention == "constant" and self.of != "scores":
            return np.array([0.0, 1.0])
        if "half" in (rule.product, rule.attention):
            return np.array([0.5, 0.5])
        return shares(rule, rule.product or rule.rule, x, 0.0)


@dataclass
class Function:
    """(6): one input; also of a factor, and of a neuron that passes a rotation."""
    inputs: tuple
    slope: float

    def weights(self, rule, x):
        return np.array([self.slope if rule.rule == "gradient" else 1.0])


@dataclass
class Softmax:
    """Weight number `own` of a row of a; its inputs are all scores of the row."""
    inputs: np.ndarray
    own: int
    a: np.ndarray

    def weights(self, rule, x):
        one = np.arange(len(x)) == self.own
        if rule.rule == "gradient":
            return self.a[self.own] * (one - self.a)
        return x * (one - self.a) if rule.softmax == "taylor" else 1.0 * one   # R_x,j = x_j (R_s,j - s_j sum_k R_s,k)


def normal(x):
    return 0.5 * (1 + math.erf(x / math.sqrt(2)))


def gelu_new(x):
    c = math.sqrt(2 / math.pi)
    t = math.tanh(c * (x + 0.044715 * x ** 3))
    return 0.5 * x * (1 + t), 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * c * (1 + 3 * 0.044715 * x * x)


def swish(x):
    s = 1 / (1 + math.exp(-x))
    return x * s, s + x * s * (1 - s)


def sigmoid(x):
    s = 1 / (1 + math.exp(-x))
    return s, s * (1 - s)


# x: f(x), f'(x)
FUNCTIONS = {
    "relu": lambda x: (max(x, 0.0), float(x > 0)),
    "tanh": lambda x: (math.tanh(x), 1 - math.tanh(x) ** 2),
    "swish": swish,
    "silu": swish,
    "gelu": lambda x: (x * normal(x), normal(x) + x * math.exp(-x * x / 2) / math.sqrt(2 * math.pi)),
    "gelu_new": gelu_new,
    "gelu_pytorch_tanh": gelu_new,
    "gelu_fast": gelu_new,
    "sigmoid": sigmoid,
    "linear": lambda x: (x, 1.0),
}


def slice_of(weights, name, first=0, rows=None, block=None, every=None, transposed=False):
    """A slice of a tensor, as lib/stream/FORMAT.md has it."""
    x = weights[name].T if transposed else weights[name]
    rows = len(x) if rows is None else rows
    return x[[first + (i if block is None else i // block * every + i % block) for i in range(rows)]]


def distance_row(query, key, rows, longest, causal):
    """T5's row of a table of distances. Where a query sees the keys behind it as well, the upper half of the rows is theirs.

    Of the rows of a direction the first half is for one distance each, from 0. Of the others, m from row `exact` on, the k-th (from 0)
    begins at the distance exact (longest / exact)^(k/m); the last has all that are farther. In whole numbers, so without rounding.
    A key that is not seen has row 0.
    """
    if causal and key > query:
        return 0
    if not causal:
        rows //= 2
    far, exact = abs(query - key), rows // 2
    m = rows - exact
    if far >= exact:
        far = exact + sum(far ** m * exact ** k >= longest ** k * exact ** m for k in range(1, m))
    return far + (rows if key > query else 0)


class Network:
    """The neurons of one sentence. tokens: ids of each side. nudge: (node, index, d), d is added to that neuron's value."""

    def __init__(self, graph, weights, tokens, nudge=None):
        self.w, self.tokens = weights, tokens
        self.neurons, self.x = [], []              # all neurons, and their values
        self.value, self.number = {}, {}           # of each node: values, and numbers of its neurons, in one shape
        added = {x for n in graph if n["op"] == "add" for x in n["inputs"]}
        self.in_front = any(n["op"] == "norm" and n["inputs"][0] in added for n in graph)
        for n in graph:
            value, made = getattr(self, n["op"])(n, *n["inputs"])
            if nudge and nudge[0] == n["name"]:
                value[nudge[1]] += nudge[2]
            self.value[n["name"]] = value
            self.number[n["name"]] = self.append(made, value.reshape(-1)).reshape(value.shape)

    def append(self, neurons, values):
        first = len(self.neurons)
        assert len(neurons) == len(values)
        self.neurons += neurons
        self.x += [float(v) for v in values]
        return np.arange(first, len(self.neurons))

    def tensor(self, n, key, default=None):
        """What is said under this key: nothing, a tensor's name, or a slice of one."""
        said = n.get(key)
        return default if said is None else self.w[said] if isinstance(said, str) else slice_of(self.w, **said)

    def embed(self, n):
        ids, W = self.tokens[n["side"]], self.tensor(n, "weight")
        if n.get("constant"):
            rows = np.repeat(W[:1], len(ids), 0)
        elif not n.get("positions"):
            rows = W[ids]
        else:
            rows = np.array([self.waves(n, n.get("first", 0) + t) for t in range(len(ids))]) if W is None else W[:len(ids)]
        return n.get("scale", 1.0) * rows, [Leaf() for _ in range(rows.size)]

    @staticmethod
    def waves(n, p):
        """Sines of position p, then cosines. inclusive: as many of each as fit, and 0 behind them."""
        d, half = n["width"], n["width"] // 2 if n.get("inclusive") else (n["width"] + 1) // 2
        angle = [p * 10000 ** -(j / (half - 1) if n.get("inclusive") else 2 * j / d) for j in range(half)]
        return ([math.sin(a) for a in angle] + [math.cos(a) for a in angle] + [0.0])[:d]

    def linear(self, n, x):
        W, b = self.tensor(n, "weight"), self.tensor(n, "bias", np.zeros(n["width"])).reshape(-1)
        return self.capped(n, self.value[x] @ W.T + b, [Sum(row, W[o], b[o]) for row in self.number[x] for o in range(len(W))])

    def capped(self, n, value, made):
        """y = C tanh(z / C) where the node has a cap C, of neurons z of their own."""
        if "cap" not in n:
            return value, made
        t = np.tanh(value / n["cap"])
        numbers = self.append(made, value.reshape(-1))
        return n["cap"] * t, [Function((u,), slope) for u, slope in zip(numbers, (1 - t * t).reshape(-1))]

    def add(self, n, *inputs):
        terms = np.stack([self.number[x] for x in inputs], -1).reshape(-1, len(inputs))
        return sum(self.value[x] for x in inputs), [Sum(t, np.ones(len(inputs))) for t in terms]

    def norm(self, n, x):
        g, d, value, made = self.tensor(n, "weight"), n["width"], [], []
        b = self.tensor(n, "bias", np.zeros(d))
        for u, row in zip(self.value[x], self.number[x]):
            c = u - u.sum() / d
            s = math.sqrt((c * c).sum() / d + n["eps"])
            value.append(g * c / s + b)
            for i in range(d):
                held = g[i] / s * ((np.arange(d) == i) - 1 / d)
                made.append(Norm(row, i, held, held - g[i] * c[i] * c / (d * s ** 3), b[i], self.in_front))
        return np.array(value), made

    def rms(self, n, x):
        """A row has n["heads"] parts with a root each, and the same gains."""
        g = self.tensor(n, "weight") + (1.0 if n.get("one") else 0.0)
        d, value, made = len(g), np.zeros(self.value[x].shape), []
        assert d * n.get("heads", 1) == n["width"]
        for t, first in np.ndindex(len(value), n.get("heads", 1)):
            part = np.s_[t, first * d:(first + 1) * d]
            u = self.value[x][part]
            s = math.sqrt((u * u).sum() / d + n["eps"])
            value[part] = g * u / s
            made += [Rms(self.number[x][part], i, g[i] / s * ((np.arange(d) == i) - u[i] * u / (d * s * s))) for i in range(d)]
        return value, made

    def scale(self, n, x):
        return n["factor"] * self.value[x], [Function((u,), n["factor"]) for u in self.number[x].reshape(-1)]

    def multiply(self, n, a, b):
        pairs = zip(self.number[a].reshape(-1), self.number[b].reshape(-1))
        return self.value[a] * self.value[b], [Product(pair, "multiply") for pair in pairs]

    def rotate(self, n, x):
        """Of each pair (a, b) of a head: y_a = c (x_a cos - x_b sin), y_b = c (x_b cos + x_a sin). Others pass."""
        f, value = n["frequencies"], self.value[x].copy()
        made = np.array([Function((u,), 1.0) for u in self.number[x].reshape(-1)], object).reshape(value.shape)
        e, apart = n["width"] // n["heads"], 1 if n.get("neighbours") else len(f)
        for t, h, k in np.ndindex(len(value), n["heads"], len(f)):
            a = h * e + (2 * k if n.get("neighbours") else k)
            pair, c = self.number[x][t, [a, a + apart]], n.get("scale", 1.0)
            cos, sin = c * math.cos(t * f[k]), c * math.sin(t * f[k])
            for at, factor in (a, np.array([cos, -sin])), (a + apart, np.array([sin, cos])):
                value[t, at] = factor @ self.value[x][t, [a, a + apart]]
                made[t, at] = Sum(pair, factor)
        return value, list(made.reshape(-1))

    def activation(self, n, x):
        f = [FUNCTIONS[n["function"]](u) for u in self.value[x].reshape(-1)]
        value = np.array([y for y, _ in f]).reshape(self.value[x].shape)
        return value, [Function((u,), slope) for u, (_, slope) in zip(self.number[x].reshape(-1), f)]

    def products(self, n, a, b):
        """One neuron for each of two lists of neurons: their numbers, their values."""
        values = np.array([self.x[u] * self.x[v] for u, v in zip(a, b)])
        return self.append([Product((u, v), n["op"]) for u, v in zip(a, b)], values), values

    def seen(self, n, query, keys):
        """The keys of a query: all, those up to itself, or the last of these, itself included."""
        if not n.get("causal"):
            return range(keys)
        return range(max(0, query + 1 - n.get("window", query + 1)), query + 1)

    def key_head(self, n, h):
        """The head of keys and of values that head h reads."""
        return h * n.get("kv_heads", n["heads"]) // n["heads"]

    def scores(self, n, q, k):
        Q, K, c, table = self.number[q], self.number[k], n.get("scale", 1.0), self.tensor(n, "weight")
        e, value, made = Q.shape[1] // n["heads"], [], []
        for h, i, j in np.ndindex(n["heads"], len(Q), len(K)):
            g = self.key_head(n, h)
            numbers, z = self.products(n, Q[i, h * e:(h + 1) * e], K[j, g * e:(g + 1) * e])
            b = 0.0 if table is None else table[distance_row(i, j, n["buckets"], n["longest"], n.get("causal")), h]
            value.append(c * z.sum() + b)
            made.append(Sum(numbers, np.full(e, c), b))
        return self.capped(n, np.array(value).reshape(n["heads"], len(Q), len(K)), made)

    def softmax(self, n, x):
        value, made = np.zeros(self.value[x].shape), []
        for h, i in np.ndindex(value.shape[:2]):
            seen = list(self.seen(n, i, value.shape[2]))
            s = self.value[x][h, i, seen]
            a = np.exp(s - s.max())
            a /= a.sum()
            value[h, i, seen] = a
            made += [Softmax(self.number[x][h, i, seen], seen.index(j), a) if j in seen else Leaf() for j in range(value.shape[2])]
        return value, made

    def context(self, n, a, v):
        A, V = self.number[a], self.number[v]
        e, value, made = n["width"] // n["heads"], np.zeros((A.shape[1], n["width"])), []
        for i, o in np.ndindex(value.shape):
            seen = [] if o // e in n.get("masked", []) else list(self.seen(n, i, A.shape[2]))
            numbers, z = self.products(n, A[o // e, i, seen], V[seen, self.key_head(n, o // e) * e + o % e])
            value[i, o] = z.sum()
            made.append(Sum(numbers, np.ones(len(seen)), 0.0, self.value[a][o // e, i, seen]))
        return value, made

    def relevance(self, rule, starts):
        """{node: R[step, ...]}, of nodes up to that of the start; starts[t] is {number of a neuron: relevance}."""
        top = max(number for start in starts for number in start)
        R = np.zeros((len(self.neurons), len(starts)))
        for t, start in enumerate(starts):
            for u, r in start.items():
                R[u, t] = r
        values = np.array(self.x)
        for z in reversed(range(top + 1)):
            neuron = self.neurons[z]
            if len(neuron.inputs) and R[z].any():
                inputs = np.asarray(neuron.inputs)
                weights = neuron.weights(rule, values[inputs])
                if len(inputs) > 3:                          # all different
                    R[inputs] += weights[:, None] * R[z]
                else:                                        # one may be there twice
                    for u, w in zip(inputs, weights):
                        R[u] += w * R[z]
        if rule.rule == "gradient":
            R *= values[:, None]
        return {name: np.moveaxis(R[numbers], -1, 0) for name, numbers in self.number.items() if numbers.min() <= top}
