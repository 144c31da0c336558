"""Relevance by brute force: the network as single neurons, and the sum over every path between two of them.

    r(u<-v) = sum over all paths v = n_0, n_1, ..., n_k = u  of  product of w(n_(i+1) -> n_i)

Only the weights' file is shared with reference.py: the values are computed here again, number by number, and every path is
walked on its own, nothing remembered.  For models of 1+1 layers, post-norm, with swish and tied embeddings.
"""
import json, math
import numpy as np
from reference import Model, Rule, Sweep, relevance_records
from stream import read_weights, write_stream

RULES = ["magnitude", "alphabeta", "ratio"]
SITES = ["dec-enc.0", "dec-self.0", "enc-self.0"]
EMBED = ["target", "source"]


class Neuron:
    """A value, the neurons it comes from with their contributions (3) or factors (4), and the bias."""

    def __init__(self, value, inputs=(), contributions=(), bias=0.0, place=None):
        self.value, self.inputs, self.contributions, self.bias, self.place = value, inputs, contributions, bias, place
        self.edges = []

    def weigh(self, rule):
        """edges = [(u, w(u->this))]"""
        z, ratios = self.contributions, []
        if rule == "ratio":
            total = sum(z) + self.bias
            ratios = [x / total if total else 0.0 for x in z]
        elif rule == "magnitude":
            total = sum(abs(x) for x in z)
            ratios = [abs(x) / total if total else 0.0 for x in z]
        elif rule == "alphabeta":
            pos, neg = sum(x for x in z if x > 0), sum(x for x in z if x < 0)
            half = 0.5 if pos and neg else 1.0
            ratios = [half * x / (pos if x > 0 else neg) if x else 0.0 for x in z]
        self.edges = list(zip(self.inputs, ratios))


def total(inputs, contributions, bias=0.0):
    """(3): one sum."""
    return Neuron(sum(contributions) + bias, inputs, contributions, bias)


def product(u, v):
    """(4): one product of two neurons."""
    return Neuron(u.value * v.value, [u, v], [u.value, v.value])


def same(u, value):
    """An activation: all relevance to u, whatever its value."""
    return Neuron(value, [u], [1.0])


class Network:
    """Rows of neurons: x[position][neuron]."""

    def __init__(self, w, config):
        self.w, self.c = w, config

    def linear(self, x, W, b):
        return [[total(u, [W[o][i] * u[i].value for i in range(len(u))], b[o]) for o in range(len(W))] for u in x]

    def dense(self, x, name):
        return self.linear(x, self.w[name + ".weight"].tolist(), self.w[name + ".bias"].tolist())

    def add(self, x, y):
        return [[total([a, b], [a.value, b.value]) for a, b in zip(u, v)] for u, v in zip(x, y)]

    def norm(self, x, name):
        g, b, rows = self.w[name + ".weight"].tolist(), self.w[name + ".bias"].tolist(), []
        for u in x:
            d, values = len(u), [n.value for n in u]
            mean = sum(values) / d
            s = math.sqrt(sum((a - mean) ** 2 for a in values) / d + 1e-5)
            W = [[g[i] / s * ((i == j) - 1 / d) for j in range(d)] for i in range(d)]
            rows += self.linear([u], W, b)
        return rows

    def embed(self, ids, site):
        E, d = self.w["model.shared.weight"].tolist(), self.w["model.shared.weight"].shape[1]
        wave = lambda t, j: (math.sin if j < d // 2 else math.cos)(t / 10000 ** (2 * (j % (d // 2)) / d))
        content = [[Neuron(math.sqrt(d) * E[n][j], place=(site, t, j)) for j in range(d)] for t, n in enumerate(ids)]
        return self.add(content, [[Neuron(wave(t, j)) for j in range(d)] for t in range(len(ids))])

    def attention(self, x, memory, name, site, heads, causal):
        q, k, v = self.dense(x, name + ".q_proj"), self.dense(memory, name + ".k_proj"), self.dense(memory, name + ".v_proj")
        size, rows = len(q[0]) // heads, []
        for i in range(len(q)):
            rows.append([])
            for h in range(heads):
                rows[i] += self.one_query(q[i], k, v, range(h * size, (h + 1) * size), range(i + 1 if causal else len(k)))
            for e, neuron in enumerate(rows[i]):
                neuron.place = (site, i, e)
        return self.dense(rows, name + ".out_proj")

    def one_query(self, q, k, v, head, seen):
        """Context neurons e of one head for one query, over the positions j that it sees."""
        scores = []
        for j in seen:
            qk = [product(q[e], k[j][e]) for e in head]
            scores.append(total(qk, [n.value / math.sqrt(len(head)) for n in qk]))
        z = sum(math.exp(s.value) for s in scores)
        A, context = [same(s, math.exp(s.value) / z) for s in scores], []
        for e in head:
            Av = [product(A[j], v[j][e]) for j in seen]
            context.append(total(Av, [n.value for n in Av]))
        return context

    def layer(self, x, side, memory=None):
        n, heads = f"model.{side}.layers.0.", self.c[side + "_attention_heads"]
        y = self.attention(x, x, n + "self_attn", side[:3] + "-self.0", heads, bool(memory))
        x = self.norm(self.add(x, y), n + "self_attn_layer_norm")
        if memory:
            y = self.attention(x, memory, n + "encoder_attn", "dec-enc.0", heads, False)
            x = self.norm(self.add(x, y), n + "encoder_attn_layer_norm")
        h = [[same(u, u.value / (1 + math.exp(-u.value))) for u in row] for row in self.dense(x, n + "fc1")]
        return self.norm(self.add(x, self.dense(h, n + "fc2")), n + "final_layer_norm")

    def logits(self, source, target):
        memory = self.layer(self.embed(source, "source"), "encoder")
        x = self.layer(self.embed([self.c["decoder_start_token_id"], *target], "target"), "decoder", memory)
        return self.linear(x, self.w["model.shared.weight"].tolist(), self.w["final_logits_bias"].reshape(-1).tolist())


def weigh_all(neuron, rule, done):
    if id(neuron) not in done:
        done.add(id(neuron))
        neuron.weigh(rule)
        for u in neuron.inputs:
            weigh_all(u, rule, done)


def walk(neuron, path, relevance):
    """Add the product along this path at every neuron of a site, go on along every edge; returns the number of paths."""
    if neuron.place:
        relevance[neuron.place] = relevance.get(neuron.place, 0.0) + path
    return sum(walk(u, path * w, relevance) for u, w in neuron.edges) if neuron.edges else 1


def all_paths(logits, start, rule, shapes):
    """{site: relevance [step, position, neuron]} and the number of paths."""
    R, paths = {site: np.zeros(shape) for site, shape in shapes.items()}, 0
    for t, v in enumerate(start):
        weigh_all(logits[t][v], rule, set())
        relevance = {}
        paths += walk(logits[t][v], 1.0, relevance)
        for (site, position, neuron), r in relevance.items():
            R[site][t, position, neuron] = r
    return R, paths


def make(folder, sentences, want):
    with open(f"{folder}/config.json") as f:
        config = json.load(f)
    model, (source, target) = Model(folder), sentences[0]
    logits = Network(read_weights(folder), config).logits(source, target)
    g = model.forward(source, model.inputs(target))
    start = model.top(g, 1)[0][:, 0]
    for rule in RULES:
        sweep = Sweep(model, g, Rule.parse(rule), start)
        R, paths = all_paths(logits, start, rule, {site: sweep.R[site].shape for site in SITES + EMBED})
        worst, largest = max(abs(R[site] - sweep.R[site]).max() for site in R), max(abs(x).max() for x in R.values())
        print(f"oracle {rule}: {paths} paths, largest relevance {largest:.3g}, largest difference to reference.py {worst:.1e}")
        assert worst < 1e-12 * max(1, largest)
        for sites, end in (SITES, "lrp"), (EMBED, "embed.lrp"):
            write_stream(f"{want}/oracle.paths.{rule}.{end}", "relevance", relevance_records(0, g, R, sites))
