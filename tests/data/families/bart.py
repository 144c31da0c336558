"""BART and its kin, a source and a target at a time: every value that has a name in want/.

From the definitions in Hugging Face transformers, models/{bart,mbart,pegasus,blenderbot,blenderbot_small,m2m_100}/modeling_*.py.
A sentence stands alone here: no padding, no batch, no dropout.
"""
import math
import numpy as np
from layers import ACTIVATION, attention, layer_norm, linear

# positions  learned: rows offset, offset + 1, ... of a stored table
#            halves: sines of all even exponents, then the cosines (as in Marian); stored or computed
#            padding: M2M100's, counted from behind the padding's id, which itself has a row of zeros
# embedding  where the norm of the embeddings stands: behind the sum with the positions, before it, or nowhere (encoder, decoder)
# pre        norms in front of attention and feed-forward, and one behind the last layer; else behind each sum of a residual
KINDS = {
    "bart": dict(positions="learned", offset=2, embedding=("behind", "behind"), pre=False),
    "mbart": dict(positions="learned", offset=2, embedding=("behind", "behind"), pre=True),
    "pegasus": dict(positions="halves", embedding=(None, None), pre=True),
    "blenderbot": dict(positions="learned", offset=0, embedding=(None, None), pre=True),
    "blenderbot-small": dict(positions="learned", offset=0, embedding=("behind", "before"), pre=False),
    "m2m_100": dict(positions="padding", embedding=(None, None), pre=True),
}


def sines_in_halves(count, d):
    """PE[p, j] = sin(p / 10000^(2j/d)) for the first half of the neurons, the cosines behind them; one sine more if d is odd."""
    angle = np.arange(count)[:, None] / 10000 ** (2 * (np.arange(d) // 2) / d)
    return np.concatenate([np.sin(angle[:, 0::2]), np.cos(angle[:, 1::2])], 1)


def sines_behind_padding(ids, d, pad):
    """M2M100: exponents over half - 1; padding is at position `pad`, the others are counted from pad + 1; a zero where d is odd."""
    half = d // 2
    position = [pad + sum(j != pad for j in ids[:i + 1]) if token != pad else pad for i, token in enumerate(ids)]
    angle = np.array(position)[:, None] * np.exp(-math.log(10000) / (half - 1) * np.arange(half))
    rows = np.concatenate([np.sin(angle), np.cos(angle), np.zeros((len(ids), d % 2))], 1)
    return np.where(np.array(position)[:, None] == pad, 0, rows)


class Bart:
    def __init__(self, config, weights):
        self.c, self.kind = config, KINDS[config["model_type"]]
        self.w = {n.removeprefix("model."): x for n, x in weights.items()}
        self.activation = ACTIVATION[config["activation_function"]]

    def positions(self, side, ids):
        d, stored = self.c["d_model"], self.w.get(side + ".embed_positions.weight")
        if self.kind["positions"] == "padding":
            return sines_behind_padding(ids, d, self.c["pad_token_id"])
        if self.kind["positions"] == "halves":
            return (sines_in_halves(len(ids), d) if stored is None else stored)[:len(ids)]
        first = self.kind["offset"]
        assert first + len(ids) <= len(stored)
        return stored[first:first + len(ids)]

    def table(self, *names):
        """A tied table is stored under one of its names at least."""
        return next(self.w[n + ".weight"] for n in names if n + ".weight" in self.w)

    def embed(self, side, ids):
        x = self.table("shared", side + ".embed_tokens")[ids]
        if self.c["scale_embedding"]:
            x = x * math.sqrt(self.c["d_model"])
        where, positions = self.kind["embedding"][side == "decoder"], self.positions(side, ids)
        if where == "before":
            return layer_norm(self.w, side + ".layernorm_embedding", x) + positions
        x = x + positions
        return layer_norm(self.w, side + ".layernorm_embedding", x) if where else x

    def residual(self, norm, x, branch):
        """x + branch(norm(x)), or norm(x + branch(x))."""
        if self.kind["pre"]:
            return x + branch(layer_norm(self.w, norm, x))
        return layer_norm(self.w, norm, x + branch(x))

    def attend(self, name, site, values, heads, causal, x, memory=None):
        memory = x if memory is None else memory
        q, k, v = linear(self.w, name + ".q_proj", x), linear(self.w, name + ".k_proj", memory), linear(self.w, name + ".v_proj", memory)
        values[site] = attention(q, k, v, heads, (self.c["d_model"] // heads) ** -0.5, causal)
        return linear(self.w, name + ".out_proj", values[site])

    def feed_forward(self, layer, x):
        return linear(self.w, layer + "fc2", self.activation(linear(self.w, layer + "fc1", x)))

    def encode(self, source, values):
        x = self.embed("encoder", source)
        for i in range(self.c["encoder_layers"]):
            layer, heads = f"encoder.layers.{i}.", self.c["encoder_attention_heads"]
            x = self.residual(layer + "self_attn_layer_norm", x, lambda y: self.attend(
                layer + "self_attn", f"enc-self.{i}", values, heads, False, y))
            x = self.residual(layer + "final_layer_norm", x, lambda y: self.feed_forward(layer, y))
        return layer_norm(self.w, "encoder.layer_norm", x) if self.kind["pre"] else x

    def decode(self, inputs, memory, values):
        x = self.embed("decoder", inputs)
        for i in range(self.c["decoder_layers"]):
            layer, heads = f"decoder.layers.{i}.", self.c["decoder_attention_heads"]
            x = self.residual(layer + "self_attn_layer_norm", x, lambda y: self.attend(
                layer + "self_attn", f"dec-self.{i}", values, heads, True, y))
            x = self.residual(layer + "encoder_attn_layer_norm", x, lambda y: self.attend(
                layer + "encoder_attn", f"dec-enc.{i}", values, heads, False, y, memory))
            x = self.residual(layer + "final_layer_norm", x, lambda y: self.feed_forward(layer, y))
        return layer_norm(self.w, "decoder.layer_norm", x) if self.kind["pre"] else x

    def forward(self, source, inputs):
        """{name: value}: contexts by site, `encoder`, `decoder` and `logits`."""
        values = {}
        values["encoder"] = self.encode(source, values)
        values["decoder"] = self.decode(inputs, values["encoder"], values)
        tied = self.c.get("tie_word_embeddings", True)
        head = self.table("shared", "decoder.embed_tokens") if tied else self.w["lm_head.weight"]
        values["logits"] = values["decoder"] @ head.T + self.w.get("final_logits_bias", 0)
        return values
