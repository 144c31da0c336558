"""Tiny random models whose config.json is the graph: model_type "graph", and the list of nodes that a trace's header has.

decoder   GPT-like: norms in front, one side, `target`, which sees its past; positions learned, embedding tied to the output
encoder   BERT-like: norms behind, one side, `source`, which sees all of itself; a norm of the embedding
causal2   an encoder that sees its past only, and a decoder that sees all of it; positions as sine waves
"""
import json, os, zlib
import numpy as np
from stream import write_safetensors

EOS, MASK, START, LONGEST, VOCABULARY = 2, 4, 1, 12, 17


class Marian:
    """What voita2021.py wants to know of a model, of one with the names of nodes that are made below."""

    def __init__(self, graph, weights):
        nodes = {n["name"]: n for n in graph}
        layers = lambda short: sum(name.startswith(f"{short}-self.") for name in nodes)
        heads = [n["heads"] for n in graph if n["op"] == "context"]
        norms = [n for n in graph if n["op"] == "norm"]
        self.c = {"encoder_layers": layers("enc"), "decoder_layers": layers("dec"), "encoder_attention_heads": heads[0],
                  "decoder_attention_heads": heads[-1], "normalize_embedding": "enc.embed.norm" in nodes,
                  "normalize_before": norms[-1]["name"] in ("enc.norm", "dec.norm"), "norm_eps": norms[0]["eps"]}
        self.c["add_final_layer_norm"] = self.c["normalize_before"]
        self.last = graph[-1]["inputs"][0]
        self.output, self.output_bias = (weights[graph[-1][key]] for key in ("weight", "bias"))
        parts = {"self.norm": "self_attn_layer_norm", "cross.norm": "encoder_attn_layer_norm", "ffn.norm": "final_layer_norm",
                 "ffn.in": "fc1", "ffn.out": "fc2", "self.out": "self_attn.out_proj", "cross.out": "encoder_attn.out_proj"}
        for p in "qkv":
            parts.update({f"self.{p}": f"self_attn.{p}_proj", f"cross.{p}": f"encoder_attn.{p}_proj"})
        self.w = {}
        for short, side in ("enc", "encoder"), ("dec", "decoder"):
            for i in range(layers(short)):
                for part, name in parts.items():
                    for tensor in "weight", "bias":
                        if f"{short}.{i}.{part}" in nodes:
                            self.w[f"model.{side}.layers.{i}.{name}.{tensor}"] = weights[nodes[f"{short}.{i}.{part}"][tensor]]


class Maker:
    """Nodes in forward order and their weights, in single precision, from one seed."""

    def __init__(self, name, seed, width, heads, eps, function):
        self.random = np.random.default_rng(zlib.crc32(name.encode()) + seed)
        self.d, self.heads, self.eps, self.function = width, heads, eps, function
        self.graph, self.w = [], {}

    def weight(self, key, shape, scale, centre=0.0):
        self.w[key] = (centre + scale * self.random.standard_normal(shape)).astype("<f4").astype(float)
        return key

    def node(self, name, op, inputs, side, width, **settings):
        self.graph.append({"name": name, "op": op, "inputs": inputs, "side": side, "width": width, **settings})
        return name

    def linear(self, name, x, side, out, inside):
        return self.node(name, "linear", [x], side, out, weight=self.weight(name + ".weight", (out, inside), 1.5 * inside ** -0.5),
                         bias=self.weight(name + ".bias", (out,), 0.2))

    def norm(self, name, x, side):
        return self.node(name, "norm", [x], side, self.d, eps=self.eps, weight=self.weight(name + ".weight", (self.d,), 0.2, 1.0),
                         bias=self.weight(name + ".bias", (self.d,), 0.2))

    def add(self, name, x, y, side):
        return self.node(name, "add", [x, y], side, self.d)

    def embed(self, leaf, name, table, positions):
        """positions: the longest of a learned table; 0: sine waves."""
        if table not in self.w:
            self.weight(table, (VOCABULARY, self.d), 0.8)
        words = self.node(leaf, "embed", [], leaf, self.d, scale=1, weight=table)
        learned = {"weight": self.weight(f"{leaf}.position.weight", (positions, self.d), 0.8)} if positions else {}
        places = self.node(f"{leaf}.position", "embed", [], leaf, self.d, positions=True, scale=1, **learned)
        return self.add(f"{name}.embed", words, places, leaf)

    def attention(self, name, site, x, memory, side, keys, causal):
        q = self.linear(f"{name}.q", x, side, self.d, self.d)
        k = self.linear(f"{name}.k", memory, keys, self.d, self.d)
        v = self.linear(f"{name}.v", memory, keys, self.d, self.d)
        common = {"heads": self.heads, "keys": keys, **({"causal": True} if causal else {})}
        s = self.node(f"{name}.scores", "scores", [q, k], side, self.heads, **common, scale=(self.d // self.heads) ** -0.5)
        a = self.node(f"{name}.weights", "softmax", [s], side, self.heads, **common)
        c = self.node(site, "context", [a, v], side, self.d, **common)
        return self.linear(f"{name}.out", c, side, self.d, self.d)

    def ffn(self, name, x, side, inner):
        h = self.linear(f"{name}.in", x, side, inner, self.d)
        h = self.node(f"{name}.act", "activation", [h], side, inner, function=self.function)
        return self.linear(f"{name}.out", h, side, self.d, inner)

    def block(self, name, x, side, before, f):
        """x + f(norm(x)); without `before` norm(x + f(x))."""
        if before:
            return self.add(f"{name}.add", x, f(self.norm(f"{name}.norm", x, side)), side)
        return self.norm(f"{name}.norm", self.add(f"{name}.add", x, f(x), side), side)

    def stack(self, short, x, side, layers, inner, before, causal, memory=None):
        for i in range(layers):
            n = f"{short}.{i}"
            x = self.block(f"{n}.self", x, side, before, lambda y: self.attention(
                f"{n}.self", f"{short}-self.{i}", y, y, side, side, causal))
            if memory:
                x = self.block(f"{n}.cross", x, side, before, lambda y: self.attention(
                    f"{n}.cross", f"dec-enc.{i}", y, memory, side, "source", False))
            x = self.block(f"{n}.ffn", x, side, before, lambda y: self.ffn(f"{n}.ffn", y, side, inner))
        return self.norm(f"{short}.norm", x, side) if before else x

    def logits(self, x, side, table):
        if table not in self.w:
            self.weight(table, (VOCABULARY, self.d), self.d ** -0.5)
        self.node("logits", "linear", [x], side, VOCABULARY, weight=table, bias=self.weight("logits.bias", (VOCABULARY,), 0.3))


def decoder(longest):
    m = Maker("decoder", 15, 8, 2, 1e-5, "gelu_new")
    x = m.embed("target", "dec", "table.weight", longest)
    m.logits(m.stack("dec", x, "target", 2, 10, True, True), "target", "table.weight")
    return m, {}


def encoder(longest):
    m = Maker("encoder", 33, 9, 3, 1e-6, "gelu")
    x = m.norm("enc.embed.norm", m.embed("source", "enc", "table.weight", longest), "source")
    m.logits(m.stack("enc", x, "source", 2, 7, False, False), "source", "output.weight")
    return m, {"mask_token_id": MASK}


def causal2(longest):
    m = Maker("causal2", 57, 8, 2, 1e-5, "swish")
    memory = m.stack("enc", m.embed("source", "enc", "table.weight", 0), "source", 2, 6, False, True)
    x = m.embed("target", "dec", "table.weight", 0)
    m.logits(m.stack("dec", x, "target", 2, 6, False, True, memory), "target", "output.weight")
    return m, {"decoder_start_token_id": START}


MODELS = {"decoder": decoder, "encoder": encoder, "causal2": causal2}
# Lines as trace-extract --ids reads them: with what is given behind the tab, or without.
LINES = {
    "decoder": ["5 9 3 12\t7 11 4 2", "6 9", "13\t12 5 9", "10 6 8 13 5 3 5 8"],
    "encoder": ["9 4 13 6 2", "4 7 10 4 4 16", "12 5 4 8 4 11 2\t14 3", "4"],
    "causal2": ["6 11 9 2\t5 8 14", "10 11 2", "13 2\t9"],
}


def long_line(name, random):
    """Several blocks of steps, for a model of 50 positions."""
    ids = lambda n: " ".join(str(i) for i in random.integers(5, VOCABULARY, n))
    if name == "encoder":
        return " ".join(str(MASK if random.random() < 0.8 else i) for i in random.integers(5, VOCABULARY, 32))
    return f"{ids(10)}\t{ids(34)}" if name == "decoder" else f"{ids(19)} {EOS}\t{ids(34)}"


def write_model(name, folder):
    m, special = MODELS[name](LONGEST)
    os.makedirs(folder, exist_ok=True)
    write_safetensors(f"{folder}/model.safetensors", m.w, "F32")
    nodes = ",\n  ".join(json.dumps(n) for n in m.graph)
    rest = json.dumps({"eos_token_id": EOS, "max_length": LONGEST, **special})
    with open(f"{folder}/config.json", "w", encoding="utf-8") as f:
        f.write(f'{{"model_type": "graph", "graph": [\n  {nodes}],\n {rest[1:-1]}}}\n')
