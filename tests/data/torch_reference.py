"""Relevance that is a gradient times a value, from PyTorch's autograd in float64.

The forward pass is written here once more; only the reading of a checkpoint is shared with reference.py.  Every rule below is
value times gradient of a function with the same values as the model, some of whose parts are held constant for the gradient:

cp        Attention weights, the norms' 1/s (not the mean) and f(x)/x of activations are held; R = value * gradient / logit.
          Equals `ratio:attention=constant`.
attnlrp   The norms' 1/s and f(x)/x are held; softmax is differentiated; of every product u v each factor gets half of the
          gradient; R = value * gradient / logit.  The limit eps -> 0 of rule `attnlrp` in reference.py, which it checks.
gradient  Nothing is held: R = value * gradient of the start neuron's logit, not divided by it.
gradient.loss  The same with L = -log softmax(logits)[forced token] in place of the logit; all logits are in the softmax.
"""
import math
import numpy as np
import torch
from reference import Model, relevance_records

RULES = ["cp", "gradient", "gradient.loss"]
torch.set_num_threads(1)


def held(ratio_of, x):
    """f(x) as x times a constant f(x)/x, 0 where x is 0."""
    return x * torch.where(x == 0, torch.zeros_like(x), ratio_of / torch.where(x == 0, torch.ones_like(x), x)).detach()


def product(multiply, u, v, halves):
    """multiply(u, v); with halves each factor gets half of the gradient."""
    return 0.5 * (multiply(u.detach(), v) + multiply(u, v.detach())) if halves else multiply(u, v)


def activation(name, x):
    return {"relu": torch.relu, "tanh": torch.tanh, "swish": torch.nn.functional.silu, "silu": torch.nn.functional.silu,
            "gelu": torch.nn.functional.gelu,
            "gelu_new": lambda x: 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))}[name](x)


class Forward:
    """A model's forward pass for one sentence; `sites` are its head sites, `logits` [step, token]."""

    def __init__(self, model, rule, source, inputs):
        self.c, self.rule, self.sites = model.c, rule, {}
        self.w = {name: torch.tensor(x) for name, x in model.w.items()}
        memory = self.stack("encoder", self.embed("encoder", source), None)
        last = self.stack("decoder", self.embed("decoder", inputs), memory)
        self.logits = last @ torch.tensor(model.output).T + torch.tensor(model.output_bias)

    def linear(self, x, key):
        return x @ self.w[key + ".weight"].T + self.w[key + ".bias"]

    def norm(self, x, key):
        centred = x - x.mean(-1, keepdim=True)
        s = torch.sqrt((centred ** 2).mean(-1, keepdim=True) + 1e-5)
        return self.w[key + ".weight"] * centred / (s.detach() if self.rule in ("cp", "attnlrp") else s) + self.w[key + ".bias"]

    def activation(self, x):
        y = activation(self.c["activation_function"], x)
        return held(y, x) if self.rule in ("cp", "attnlrp") else y

    def embed(self, side, ids):
        E = self.w.get(f"model.{side}.embed_tokens.weight", self.w.get("model.shared.weight"))
        d, n = self.c["d_model"], len(ids)
        p = self.w.get(f"model.{side}.embed_positions.weight")
        if p is None:
            p = torch.tensor([[(math.sin if j < d // 2 else math.cos)(t / 10000 ** (2 * (j % (d // 2)) / d)) for j in range(d)]
                              for t in range(n)], dtype=torch.float64)
        x = E[ids] * (math.sqrt(d) if self.c["scale_embedding"] else 1.0) + p[:n]
        x = x.requires_grad_()
        return self.norm(x, f"model.{side}.layernorm_embedding") if self.c["normalize_embedding"] else x

    def attention(self, x, memory, key, site, heads, causal):
        split = lambda y: y.reshape(y.shape[0], heads, -1).transpose(0, 1)     # [head, position, e]
        q, k, v = split(self.linear(x, key + ".q_proj")), *(split(self.linear(memory, f"{key}.{p}_proj")) for p in "kv")
        halves = self.rule == "attnlrp"
        s = product(torch.matmul, q, k.transpose(1, 2), halves) / math.sqrt(q.shape[-1])
        if causal:
            s = s.masked_fill(torch.ones(s.shape[1:]).triu(1) > 0, -math.inf)
        A = torch.softmax(s, -1)
        context = product(torch.matmul, A.detach() if self.rule == "cp" else A, v, halves)
        context = context.transpose(0, 1).reshape(x.shape[0], -1)
        self.sites[site] = context
        return self.linear(context, key + ".out_proj")

    def block(self, x, key, f):
        if self.c["normalize_before"]:
            return x + f(self.norm(x, key))
        return self.norm(x + f(x), key)

    def stack(self, side, x, memory):
        heads = self.c[f"{side}_attention_heads"]
        for i in range(self.c[f"{side}_layers"]):
            n = f"model.{side}.layers.{i}."
            x = self.block(x, n + "self_attn_layer_norm", lambda y: self.attention(
                y, y, n + "self_attn", f"{side[:3]}-self.{i}", heads, memory is not None))
            if memory is not None:
                x = self.block(x, n + "encoder_attn_layer_norm", lambda y: self.attention(
                    y, memory, n + "encoder_attn", f"dec-enc.{i}", heads, False))
            x = self.block(x, n + "final_layer_norm", lambda y: self.linear(
                self.activation(self.linear(y, n + "fc1")), n + "fc2"))
        return self.norm(x, f"model.{side}.layer_norm") if self.c["add_final_layer_norm"] else x


def relevance(model, rule, source, target, start):
    """{site: [step, position, neuron]}; start[t] is the token of step t, for `gradient.loss` the forced one."""
    f = Forward(model, rule.split(".")[0], source, model.inputs(target))
    sites, R = list(f.sites), {}
    for t, v in enumerate(start):
        top = -torch.log_softmax(f.logits[t], -1)[v] if rule == "gradient.loss" else f.logits[t, v]
        gradients = torch.autograd.grad(top, [f.sites[n] for n in sites], retain_graph=True)
        scale = 1 / top.detach() if rule in ("cp", "attnlrp") else 1.0
        for n, gradient in zip(sites, gradients):
            R.setdefault(n, []).append((f.sites[n].detach() * gradient * scale).numpy())
    return {n: np.stack(x) for n, x in R.items()}, f.logits.detach().numpy()


def difference(a, b):
    """Largest difference over the sites, as a part of each site's largest relevance."""
    return max(abs(a[n] - b[n]).max() / max(abs(a[n]).max(), abs(b[n]).max(), 1e-300) for n in a)


def all_records(model, label, rule, sentences, graphs, as_records=relevance_records):
    """Records of one rule, after a check that both forward passes agree."""
    records = []
    for s, ((source, target), g) in enumerate(zip(sentences, graphs)):
        start = [*target, model.c["eos_token_id"]] if rule == "gradient.loss" else model.top(g, 1)[0][:, 0]
        R, logits = relevance(model, rule, source, target, start)
        assert abs(logits - g.value["logits"]).max() < 1e-11, label
        total, size = (max(abs(f(x)).max() for x in R.values()) for f in (
            lambda x: x.sum((1, 2)), lambda x: abs(x).sum((1, 2))))
        print(f"{label + ' ' + str(s):48} {rule:42} largest |sum R| {total:.3g}, largest sum |R| {size:.3g}")
        records += as_records(s, g, R, model.sites())
    return records
