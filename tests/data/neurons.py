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
class Product:
    """(4): two neurons. weighted: an attention weight and a value."""
    inputs: tuple
    weighted: bool

    def weights(self, rule, x):
        if rule.rule == "gradient":
            return x[::-1]
        if rule.attention == "constant" and self.weighted:
            return np.array([0.0, 1.0])
        if "half" in (rule.product, rule.attention):
            return np.array([0.5, 0.5])
        return shares(rule, rule.product or rule.rule, x, 0.0)


@dataclass
class Function:
    """(6): one input."""
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


# x: f(x), f'(x)
FUNCTIONS = {
    "relu": lambda x: (max(x, 0.0), float(x > 0)),
    "tanh": lambda x: (math.tanh(x), 1 - math.tanh(x) ** 2),
    "swish": swish,
    "silu": swish,
    "gelu": lambda x: (x * normal(x), normal(x) + x * math.exp(-x * x / 2) / math.sqrt(2 * math.pi)),
    "gelu_new": gelu_new,
}


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

    def tensor(self, n, key, default):
        return self.w[n[key]] if key in n else default

    def embed(self, n):
        ids, d = self.tokens[n["side"]], n["width"]
        if n.get("constant"):
            rows = np.repeat(self.w[n["weight"]][:1], len(ids), 0)
        elif not n.get("positions"):
            rows = self.w[n["weight"]][ids]
        elif "weight" in n:
            rows = self.w[n["weight"]][:len(ids)]
        else:
            rows = np.array([[(math.sin if j < d // 2 else math.cos)(t / 10000 ** (2 * (j % (d // 2)) / d)) for j in range(d)]
                             for t in range(len(ids))])
        return n.get("scale", 1.0) * rows, [Leaf() for _ in range(rows.size)]

    def linear(self, n, x):
        W, b = self.w[n["weight"]], self.tensor(n, "bias", np.zeros(n["width"])).reshape(-1)
        return self.value[x] @ W.T + b, [Sum(row, W[o], b[o]) for row in self.number[x] for o in range(len(W))]

    def add(self, n, *inputs):
        terms = np.stack([self.number[x] for x in inputs], -1).reshape(-1, len(inputs))
        return sum(self.value[x] for x in inputs), [Sum(t, np.ones(len(inputs))) for t in terms]

    def norm(self, n, x):
        g, d, value, made = self.w[n["weight"]], n["width"], [], []
        b = self.tensor(n, "bias", np.zeros(d))
        for u, row in zip(self.value[x], self.number[x]):
            c = u - u.sum() / d
            s = math.sqrt((c * c).sum() / d + n["eps"])
            value.append(g * c / s + b)
            for i in range(d):
                held = g[i] / s * ((np.arange(d) == i) - 1 / d)
                made.append(Norm(row, i, held, held - g[i] * c[i] * c / (d * s ** 3), b[i], self.in_front))
        return np.array(value), made

    def activation(self, n, x):
        f = [FUNCTIONS[n["function"]](u) for u in self.value[x].reshape(-1)]
        value = np.array([y for y, _ in f]).reshape(self.value[x].shape)
        return value, [Function((u,), slope) for u, (_, slope) in zip(self.number[x].reshape(-1), f)]

    def products(self, a, b, weighted):
        """One neuron for each of two lists of neurons: their numbers, their values."""
        values = np.array([self.x[u] * self.x[v] for u, v in zip(a, b)])
        return self.append([Product((u, v), weighted) for u, v in zip(a, b)], values), values

    def seen(self, n, query, keys):
        return range(query + 1 if n.get("causal") else keys)

    def scores(self, n, q, k):
        Q, K, c = self.number[q], self.number[k], n.get("scale", 1.0)
        e, value, made = Q.shape[1] // n["heads"], [], []
        for h in range(n["heads"]):
            for i in range(len(Q)):
                for j in range(len(K)):
                    numbers, z = self.products(Q[i, h * e:(h + 1) * e], K[j, h * e:(h + 1) * e], False)
                    value.append(c * z.sum())
                    made.append(Sum(numbers, np.full(e, c)))
        return np.array(value).reshape(n["heads"], len(Q), len(K)), made

    def softmax(self, n, x):
        value, made = np.zeros(self.value[x].shape), []
        for h, i in np.ndindex(value.shape[:2]):
            seen = self.seen(n, i, value.shape[2])
            s = self.value[x][h, i, list(seen)]
            a = np.exp(s - s.max())
            a /= a.sum()
            value[h, i, list(seen)] = a
            made += [Softmax(self.number[x][h, i, list(seen)], j, a) for j in seen]
            made += [Leaf() for _ in range(value.shape[2] - len(seen))]
        return value, made

    def context(self, n, a, v):
        A, V = self.number[a], self.number[v]
        e, value, made = n["width"] // n["heads"], np.zeros((A.shape[1], n["width"])), []
        for i, o in np.ndindex(value.shape):
            seen = list(self.seen(n, i, A.shape[2]))
            numbers, z = self.products(A[o // e, i, seen], V[seen, o], True)
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
                np.add.at(R, inputs, np.outer(neuron.weights(rule, values[inputs]), R[z]))     # one may be there twice
        if rule.rule == "gradient":
            R *= values[:, None]
        return {name: np.moveaxis(R[numbers], -1, 0) for name, numbers in self.number.items() if numbers.min() <= top}
