"""A Marian model in float64 as a graph, and relevance through it, straight from the definitions.

Every operation below is written twice: its value (forward), and `back`, which takes the relevance R of its output to its
inputs by  r(u<-v) = sum over z in OUT(u) of w(u->z) r(z<-v).  The contributions of every single edge are written out;
nothing is rearranged to be fast.  R has the steps as its first axis: R[t] is the relevance for the start neuron of step t.
"""
import json, math, os
from dataclasses import dataclass, replace
import numpy as np
from stream import read_weights


@dataclass
class Rule:
    """`name:key=value,...`; what is not said is as in the named rule.  name: the rule for sums (3).

    attention  product: A and softmax as everything else; constant: all of c_ie = sum_j A_ij v_je to v; half: every product's
               relevance half to each factor; taylor: half, and softmax by its Taylor expansion; average: the relevance of
               c_ie to v_je in parts A_ij
    norm       linear: 1/s held; identity; jacobian: the derivative of 1/s too; stages: the mean, then x - mean
    product    the rule for products (4), or half
    """
    name: str
    bias: str = "exclude"
    eps: float = 0.0
    alpha: float = 0.5
    gamma: float = 0.25
    attention: str = "product"
    norm: str = "linear"
    product: str = ""

    @classmethod
    def parse(cls, text):
        name, _, keys = text.partition(":")
        rule = cls(name, **{"ratio": dict(bias="absorb"), "gamma": dict(bias="absorb"), **NAMED}.get(name, {}))
        rule.name = rule.name if name not in NAMED else "ratio"
        for key, value in (k.split("=") for k in keys.split(",") if k):
            setattr(rule, key, float(value) if key in ("eps", "alpha", "gamma") else value)
        return rule


NAMED = {"attnlrp": dict(bias="absorb", eps=1e-6, attention="taylor"),
         "thumt2017": dict(bias="absorb", eps=0.05, attention="average", norm="stages")}


def divide(a, b):
    """a / b, and 0 where b is exactly 0."""
    a, b = np.broadcast_arrays(a, b)
    return np.divide(a, b, out=np.zeros(a.shape), where=b != 0)


def shares(rule, z, b):
    """Shares of the contributions z[..., in] to each output with bias b[...], and the share lost to bias, eps and zeros.

    ratio      z_i / stab(sum z + b),  stab(x) = x + eps for x >= 0, x - eps otherwise
    magnitude  |z_i| / (sum |z| + |b| + eps)
    alphabeta  alpha z_i^+ / (P + eps) + (1 - alpha) z_i^- / (N - eps),  P = sum z^+ + b^+,  N = sum z^- + b^-;
               all to one side where the other is exactly 0; alpha > 1 takes beta = alpha - 1 from the negative side
    gamma      y_i / stab(sum y + y_b),  y = z + gamma z^+ where sum z + b >= 0, z + gamma z^- otherwise, the same for b

    bias=absorb: b is one more contribution; exclude: it is left out; spread: b/n is added to each of the n contributions.
    What is lost with bias=exclude where every z_i is exactly 0 and b is not belongs to b: see bias_alone().
    """
    eps = rule.eps
    if rule.bias == "spread":
        z = z + b[..., None] / z.shape[-1]
    b = b if rule.bias == "absorb" else 0.0 * b
    if rule.name == "gamma":
        up = z.sum(-1) + b >= 0
        grow = lambda x, up: x + rule.gamma * np.where(up, np.maximum(x, 0), np.minimum(x, 0))
        z, b = grow(z, up[..., None]), grow(b, up)
        total = z.sum(-1) + b
        total = total + np.where(up, eps, -eps)
        return divide(z, total[..., None]), np.where(total == 0, 1.0, divide(total - z.sum(-1), total))
    if rule.name == "ratio":
        total = z.sum(-1) + b
        e = np.where(total >= 0, eps, -eps)
        return divide(z, (total + e)[..., None]), np.where(total + e == 0, 1.0, divide(b + e, total + e))
    if rule.name == "magnitude":
        total = abs(z).sum(-1) + abs(b) + eps
        return divide(abs(z), total[..., None]), np.where(total == 0, 1.0, divide(abs(b) + eps, total))
    assert rule.name == "alphabeta"
    z_pos, z_neg, b_pos, b_neg = np.maximum(z, 0), np.minimum(z, 0), np.maximum(b, 0), np.minimum(b, 0)
    P, N = z_pos.sum(-1) + b_pos, z_neg.sum(-1) + b_neg
    to_pos = np.where(P == 0, 0.0, np.where(N == 0, 1.0, rule.alpha))
    to_neg = np.where(N == 0, 0.0, np.where(P == 0, 1.0, 1 - rule.alpha))
    share = to_pos[..., None] * divide(z_pos, (P + eps)[..., None]) + to_neg[..., None] * divide(z_neg, (N - eps)[..., None])
    lost = to_pos * divide(b_pos + eps, P + eps) + to_neg * divide(b_neg - eps, N - eps)
    return share, np.where((P == 0) & (N == 0), 1.0, lost)


def bias_alone(rule, z, b):
    """Outputs that are their bias and nothing else, of a rule that leaves biases out."""
    return (rule.bias == "exclude") & (z == 0).all(-1) & (b != 0)


def activation(name, x):
    if name == "relu":
        return np.maximum(x, 0)
    if name == "tanh":
        return np.tanh(x)
    if name in ("swish", "silu"):
        return x / (1 + np.exp(-x))
    if name == "gelu":
        return 0.5 * x * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))
    if name == "gelu_new":
        return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))
    raise ValueError(name)


class Graph:
    """Nodes with their values, in forward order, and how to go back from each."""

    def __init__(self):
        self.value, self.nodes, self.heads = {}, [], {}

    def node(self, name, value, back=None):
        self.value[name] = value
        self.nodes.append((name, back))
        return name

    def leaf(self, name, value):
        return self.node(name, value)

    def linear(self, name, x, W, b):
        """y_o = sum_i W_oi x_i + b_o:  z_oi = W_oi x_i, bias b_o."""
        u = self.value[x]

        def back(sweep, R):
            z = W * u[:, None, :]                                              # [position, out, in]
            sweep.give(x, sweep.split(R, z, np.broadcast_to(b, z.shape[:-1])).sum(-2))
        return self.node(name, u @ W.T + b, back)

    def add(self, name, x, y):
        """z = x + y: the two terms, weight 1 and no bias."""
        def back(sweep, R):
            r = sweep.split(R, np.stack([self.value[x], self.value[y]], -1))
            sweep.give(x, r[..., 0])
            sweep.give(y, r[..., 1])
        return self.node(name, self.value[x] + self.value[y], back)

    def norm(self, name, x, g, b, before):
        """y_i = g_i (x_i - mean) / s + b_i:  W_ij = (g_i / s)(delta_ij - 1/d), bias b_i,  s = sqrt(var + 1e-5).

        jacobian: W_ij = dy_i/dx_j = (g_i / s)(delta_ij - 1/d - (x_i - mean)(x_j - mean) / (d s^2)) in its place.
        stages: m = sum_j x_j / d, then y_i = x_i - m, both by the rule for sums, no bias; g, b and s do nothing.  That is for
        norms behind a residual; a norm in front of a layer (normalize_before) passes relevance on as with identity.
        """
        u, d = self.value[x], len(g)
        mean = u.mean(-1, keepdims=True)
        s = np.sqrt(((u - mean) ** 2).mean(-1, keepdims=True) + 1e-5)

        def stages(sweep, R):
            r = sweep.split(R, np.stack(np.broadcast_arrays(u, -mean), -1))
            sweep.give(x, r[..., 0] + sweep.split(r[..., 1].sum(-1), u / d))

        def back(sweep, R):
            if sweep.rule.norm == "identity" or sweep.rule.norm == "stages" and before:
                return sweep.give(x, R)
            if sweep.rule.norm == "stages":
                return stages(sweep, R)
            W = (g / s)[:, :, None] * (np.eye(d) - 1 / d)                      # [position, out, in]
            if sweep.rule.norm == "jacobian":
                c = u - mean
                W = W - (g / s ** 3)[:, :, None] * c[:, :, None] * c[:, None, :] / d
            z = W * u[:, None, :]
            sweep.give(x, sweep.split(R, z, np.broadcast_to(b, z.shape[:-1])).sum(-2))
        return self.node(name, g * (u - mean) / s + b, back)

    def unchanged(self, name, x, value):
        """Activations and softmax: relevance passes as it is."""
        return self.node(name, value, lambda sweep, R: sweep.give(x, R))

    def scores(self, name, q, k, heads):
        """s_ij = c sum_e q_ie k_je, c = 1/sqrt(dh):  contributions c q_ie k_je, each split between its factors q and k."""
        Q, K = to_heads(self.value[q], heads), to_heads(self.value[k], heads)  # [head, i or j, e]
        c = 1 / math.sqrt(Q.shape[-1])

        def back(sweep, R):
            u, v = np.broadcast_arrays(Q[:, :, None, :], K[:, None, :, :])     # [head, i, j, e]
            r = sweep.split_product(sweep.split(R, c * u * v), u, v)
            sweep.give(q, from_heads(r[..., 0].sum(3)))
            sweep.give(k, from_heads(r[..., 1].sum(2)))
        return self.node(name, c * np.einsum("hie,hje->hij", Q, K), back)

    def softmax(self, name, x, causal):
        s = self.value[x]
        if causal:
            s = np.where(np.tril(np.ones(s.shape[1:])) > 0, s, -np.inf)
        p = np.exp(s - s.max(-1, keepdims=True))
        p /= p.sum(-1, keepdims=True)

        def back(sweep, R):
            """Unchanged; taylor: R_x = x (R_s - s sum_j R_sj), masked x counted 0."""
            if sweep.rule.attention == "taylor":
                r = np.where(np.isinf(s), 0, s) * (R - p * R.sum(-1, keepdims=True))
                sweep.lost += (R - r).reshape(sweep.steps, -1).sum(-1)
                R = r
            sweep.give(x, R)
        return self.node(name, p, back)

    def context(self, name, A, v, heads):
        """c_ie = sum_j A_ij v_je:  contributions A_ij v_je, each split between its factors A and v (masked A_ij = 0)."""
        P, V = self.value[A], to_heads(self.value[v], heads)                   # [head, i, j], [head, j, e]
        self.heads[name] = heads

        def back(sweep, R):
            if sweep.rule.attention == "average":
                return sweep.give(v, from_heads(np.einsum("thie,hij->thje", to_heads(R, heads), P)))
            a, u = np.broadcast_arrays(P[:, :, None, :], V.transpose(0, 2, 1)[:, None, :, :])    # [head, i, e, j]
            if sweep.rule.attention == "constant":
                r = sweep.split(to_heads(R, heads), a * u)
                return sweep.give(v, from_heads(r.sum(2).swapaxes(-1, -2)))
            r = sweep.split_product(sweep.split(to_heads(R, heads), a * u), a, u)
            sweep.give(A, r[..., 0].sum(3))
            sweep.give(v, from_heads(r[..., 1].sum(2).swapaxes(-1, -2)))
        return self.node(name, from_heads(np.einsum("hij,hje->hie", P, V)), back)


def to_heads(x, heads):
    """[..., position, neuron] -> [..., head, position, e]"""
    return x.reshape(*x.shape[:-1], heads, -1).swapaxes(-2, -3)


def from_heads(x):
    """[..., head, position, e] -> [..., position, neuron]"""
    x = x.swapaxes(-2, -3)
    return x.reshape(*x.shape[:-2], -1)


class Sweep:
    """Relevance at every node, backward from the start neurons: `start[t]` at the logits of decoder position t.

    minus[t]: a second start neuron there, with relevance -1.  node, neuron: no logit is the start but,
    with relevance 1 in every step, this neuron of this node at the step's own position.
    """

    def __init__(self, model, graph, rule, start, minus=None, node=None, neuron=None):
        self.rule, self.steps = rule, len(start)
        self.R, self.lost = {}, np.zeros(self.steps)
        self.bias, self.bias_above = np.zeros(self.steps), {}                  # what bias_alone() has: of all, above a node
        self.total = np.full(self.steps, 0.0 if minus is not None else 1.0)
        top, E, b = node or model.last, model.output, model.output_bias
        R = np.zeros((self.steps, *graph.value[top].shape))
        for t, v in enumerate(start):
            for sign, u in [(1, v)] + ([(-1, minus[t])] if minus is not None else []):
                if node:
                    R[t, t, neuron] = 1
                else:                                                          # the one row of the start neuron
                    z = E[u] * graph.value[top][t]
                    share, lost = shares(rule, z, b[u])
                    R[t, t] += sign * share
                    self.lost[t] += sign * lost
                    self.bias[t] += sign * bias_alone(rule, z, b[u])
        self.give(top, R)
        for name, back in reversed(graph.nodes):
            self.bias_above[name] = self.bias.copy()
            if back and name in self.R:
                back(self, self.R[name])

    def give(self, name, R):
        self.R[name] = self.R.get(name, 0) + R

    def split(self, R, z, b=None, rule=None):
        """Relevance R[step, ...] over the contributions z[..., in] of the same outputs: [step, ..., in]."""
        b = np.zeros(z.shape[:-1]) if b is None else b
        share, lost = shares(rule or self.rule, z, b)
        self.lost += (R * lost).reshape(self.steps, -1).sum(-1)
        self.bias += (R * bias_alone(rule or self.rule, z, b)).reshape(self.steps, -1).sum(-1)
        return R[..., None] * share

    def split_product(self, R, u, v):
        """Relevance of the products u v over their two factors: [..., 2]."""
        if "half" in (self.rule.product, self.rule.attention) or self.rule.attention == "taylor":
            return np.stack([R / 2, R / 2], -1)
        rule = replace(self.rule, name=self.rule.product or self.rule.name)
        return self.split(R, np.stack([u, v], -1), rule=rule)

    def imbalance(self):
        """Largest |leaves + lost - start|, absolute and as a part of the largest relevance that had to cancel for it."""
        leaves = [self.R.get(n, 0.0) for n in ("source", "source.position", "target", "target.position")]
        error = abs(sum(x.reshape(self.steps, -1).sum(-1) for x in leaves if not np.isscalar(x)) + self.lost - self.total).max()
        return error, error / max(1.0, max(abs(x).sum((1, 2)).max() for x in self.R.values() if x.ndim == 3))

    def amplification(self, name):
        """Largest sum |R| / |sum R| over the steps."""
        return divide(abs(self.R[name]).sum((1, 2)), abs(self.R[name].sum((1, 2)))).max()


class Model:
    def __init__(self, folder):
        with open(f"{folder}/config.json") as f:
            self.c = json.load(f)
        with open(f"{folder}/generation_config.json") as f:
            self.bad = [x[0] for x in json.load(f)["bad_words_ids"] if len(x) == 1]
        self.w = read_weights(folder)
        self.source_pieces = read_pieces(f"{folder}/vocab.json")
        target = f"{folder}/target_vocab.json"
        self.target_pieces = read_pieces(target) if os.path.exists(target) else self.source_pieces
        self.output = self.w[self.first("lm_head.weight", "model.decoder.embed_tokens.weight", "model.shared.weight")]
        self.output_bias = self.w["final_logits_bias"].reshape(-1)
        c = self.c
        self.last = "dec.norm" if c["add_final_layer_norm"] else (
            f"dec.{c['decoder_layers'] - 1}.ffn." + ("add" if c["normalize_before"] else "norm"))

    def first(self, *names):
        return next(n for n in names if n in self.w)

    def positions(self, side, n):
        """Stored, or sin(t / 10000^(2j/d)) in the first half of the neurons and cos in the second."""
        d, name = self.c["d_model"], f"model.{side}.embed_positions.weight"
        if name in self.w:
            return self.w[name][:n]
        angle = np.arange(n)[:, None] / 10000 ** (2 * np.arange(d // 2) / d)
        return np.concatenate([np.sin(angle), np.cos(angle)], -1)

    def linear(self, g, name, x, key):
        return g.linear(name, x, self.w[key + ".weight"], self.w[key + ".bias"])

    def norm(self, g, name, x, key):
        return g.norm(name, x, self.w[key + ".weight"], self.w[key + ".bias"], self.c["normalize_before"])

    def embed(self, g, side, ids):
        short, leaf = ("enc", "source") if side == "encoder" else ("dec", "target")
        E = self.w[self.first(f"model.{side}.embed_tokens.weight", "model.shared.weight")]
        scale = math.sqrt(self.c["d_model"]) if self.c["scale_embedding"] else 1.0
        x = g.add(f"{short}.embed", g.leaf(leaf, scale * E[ids]), g.leaf(f"{leaf}.position", self.positions(side, len(ids))))
        if self.c["normalize_embedding"]:
            x = self.norm(g, f"{short}.embed.norm", x, f"model.{side}.layernorm_embedding")
        return x

    def block(self, g, name, x, key, f):
        """x + f(x), then the norm; with normalize_before x + f(norm(x))."""
        if self.c["normalize_before"]:
            return g.add(f"{name}.add", x, f(self.norm(g, f"{name}.norm", x, key)))
        return self.norm(g, f"{name}.norm", g.add(f"{name}.add", x, f(x)), key)

    def attention(self, g, name, site, x, memory, key, heads, causal):
        q = self.linear(g, f"{name}.q", x, key + ".q_proj")
        k = self.linear(g, f"{name}.k", memory or x, key + ".k_proj")
        v = self.linear(g, f"{name}.v", memory or x, key + ".v_proj")
        A = g.softmax(f"{name}.weights", g.scores(f"{name}.scores", q, k, heads), causal)
        return self.linear(g, f"{name}.out", g.context(site, A, v, heads), key + ".out_proj")

    def ffn(self, g, name, x, key):
        h = self.linear(g, f"{name}.in", x, key + "fc1")
        h = g.unchanged(f"{name}.act", h, activation(self.c["activation_function"], g.value[h]))
        return self.linear(g, f"{name}.out", h, key + "fc2")

    def stack(self, g, side, x, memory=None):
        short, heads = side[:3], self.c[side + "_attention_heads"]
        for i in range(self.c[side + "_layers"]):
            n, key = f"{short}.{i}", f"model.{side}.layers.{i}."
            x = self.block(g, f"{n}.self", x, key + "self_attn_layer_norm", lambda y: self.attention(
                g, f"{n}.self", f"{short}-self.{i}", y, None, key + "self_attn", heads, side == "decoder"))
            if memory:
                x = self.block(g, f"{n}.cross", x, key + "encoder_attn_layer_norm", lambda y: self.attention(
                    g, f"{n}.cross", f"dec-enc.{i}", y, memory, key + "encoder_attn", heads, False))
            x = self.block(g, f"{n}.ffn", x, key + "final_layer_norm", lambda y: self.ffn(g, f"{n}.ffn", y, key))
        if self.c["add_final_layer_norm"]:
            x = self.norm(g, f"{short}.norm", x, f"model.{side}.layer_norm")
        return x

    def forward(self, source, inputs):
        """The graph of one sentence, with the decoder run once over all of its inputs under the causal mask."""
        g = Graph()
        memory = self.stack(g, "encoder", self.embed(g, "encoder", source))
        last = self.stack(g, "decoder", self.embed(g, "decoder", inputs), memory)
        assert last == self.last
        g.leaf("logits", g.value[last] @ self.output.T + self.output_bias)
        return g

    def top(self, g, n):
        """The n best tokens of every step without the forbidden ones: ids, logits, both [steps, n]."""
        logits = g.value["logits"].copy()
        logits[:, self.bad] = -np.inf
        ids = np.argsort(-logits, axis=-1, kind="stable")[:, :n]
        return ids, np.take_along_axis(logits, ids, -1)

    def inputs(self, target):
        return [self.c["decoder_start_token_id"], *target]

    def greedy(self, source, limit=80):
        target = []
        while len(target) < limit:
            best = int(self.top(self.forward(source, self.inputs(target)), 1)[0][-1, 0])
            if best == self.c["eos_token_id"]:
                break
            target.append(best)
        return target

    def sites(self):
        """All head sites in the order of a backward sweep."""
        decoder = [f"{s}.{i}" for i in reversed(range(self.c["decoder_layers"])) for s in ("dec-enc", "dec-self")]
        return decoder + [f"enc-self.{i}" for i in reversed(range(self.c["encoder_layers"]))]


def read_pieces(path):
    with open(path, encoding="utf-8") as f:
        return {i: p for p, i in json.load(f).items()}


def relevance_records(s, g, R, sites, bias=None):
    """One record of relevance [step, position, neuron] per site, of sentence s; with what biases have above each site."""
    return [{"type": "relevance", "sentence": s, "site": site, "first_step": 0,
             **({"heads": g.heads[site]} if site in g.heads else {}), "relevance": R[site],
             **({"bias": bias[site]} if bias else {})} for site in sites]
