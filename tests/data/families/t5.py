"""T5, T5 v1.1 (Flan), mT5 and UMT5, a source and a target at a time: every value that has a name in want/.

From the definitions in Hugging Face transformers, models/{t5,mt5,umt5}/modeling_*.py and configuration_*.py. No layer has a bias, no
score is scaled, positions are known by a bias of the scores alone: b[bucket(key - query)], for each head one.
"""
import math
import numpy as np
from layers import ACTIVATION, attention, linear, rms_norm

TABLES = "shared", "encoder.embed_tokens", "decoder.embed_tokens"    # one table, stored under at least one of these names
KINDS = {"t5": dict(every=False), "mt5": dict(every=False), "umt5": dict(every=True)}    # every: has each layer a table of its own?


def buckets(queries, keys, both, count, longest):
    """The row of the table for each query and key.  both: for keys behind the query the upper half of the rows.

    Half of the rows are for one distance each, the others for distances that grow by the same factor up to `longest`; all that are
    farther share the last one. Logarithms are taken in single precision, as there.
    """
    far = np.arange(keys)[None, :] - np.arange(queries)[:, None]
    count, first = (count // 2, count // 2 * (far > 0)) if both else (count, 0)
    far = abs(far) if both else np.maximum(-far, 0)
    exact = count // 2
    step = np.log(np.maximum(far, 1).astype("f4") / np.float32(exact)) / np.float32(math.log(longest / exact))
    step = (step * np.float32(count - exact)).astype(int)
    return first + np.where(far < exact, far, np.minimum(exact + step, count - 1))


class T5:
    def __init__(self, config, weights):
        self.c, self.w = config, weights
        self.every = KINDS[config["model_type"]]["every"]
        first, _, last = config.get("feed_forward_proj", "relu" if config["model_type"] == "t5" else "gated-gelu").rpartition("-")
        self.gated, act = first == "gated", "gelu_new" if first == "gated" and last == "gelu" else last
        self.activation = ACTIVATION[config.get("dense_act_fn", act)]
        self.tied = config.get("tie_word_embeddings", True)

    def table(self, *names):
        return next(self.w[n + ".weight"] for n in names if n + ".weight" in self.w)

    def norm(self, name, x):
        return rms_norm(self.w, name, x, self.c.get("layer_norm_epsilon", 1e-6))

    def bias(self, side, layer, length):
        """[heads, queries, keys] of a self-attention."""
        name = f"{side}.block.{layer if self.every else 0}.layer.0.SelfAttention.relative_attention_bias.weight"
        count, longest = self.c.get("relative_attention_num_buckets", 32), self.c.get("relative_attention_max_distance", 128)
        return self.w[name][buckets(length, length, side == "encoder", count, longest)].transpose(2, 0, 1)

    def attend(self, name, site, values, x, memory, causal, bias):
        q, k, v = linear(self.w, name + ".q", x), linear(self.w, name + ".k", memory), linear(self.w, name + ".v", memory)
        values[site] = attention(q, k, v, self.c["num_heads"], 1.0, causal, bias)
        return linear(self.w, name + ".o", values[site])

    def feed_forward(self, name, x):
        if self.gated:
            h = self.activation(linear(self.w, name + ".wi_0", x)) * linear(self.w, name + ".wi_1", x)
        else:
            h = self.activation(linear(self.w, name + ".wi", x))
        return linear(self.w, name + ".wo", h)

    def stack(self, side, ids, memory, values):
        """The rows of a side, final norm included."""
        decoder, short = side == "decoder", {"encoder": "enc", "decoder": "dec"}[side]
        layers = self.c.get("num_decoder_layers") if decoder else None
        x = self.table(*TABLES)[ids]
        for i in range(self.c["num_layers"] if layers is None else layers):
            layer = f"{side}.block.{i}.layer."
            y = self.norm(layer + "0.layer_norm", x)
            x = x + self.attend(layer + "0.SelfAttention", f"{short}-self.{i}", values, y, y, decoder, self.bias(side, i, len(ids)))
            if decoder:
                y = self.norm(layer + "1.layer_norm", x)
                x = x + self.attend(layer + "1.EncDecAttention", f"dec-enc.{i}", values, y, memory, False, 0.0)
            last = layer + str(1 + decoder)
            x = x + self.feed_forward(last + ".DenseReluDense", self.norm(last + ".layer_norm", x))
        return self.norm(side + ".final_layer_norm", x)

    def forward(self, source, inputs):
        """{name: value}: contexts by site, `encoder`, `decoder` (before it is scaled) and `logits`."""
        values = {}
        values["encoder"] = self.stack("encoder", source, None, values)
        values["decoder"] = self.stack("decoder", inputs, values["encoder"], values)
        scale = self.c["d_model"] ** -0.5 if self.c.get("scale_decoder_outputs", self.tied) else 1.0
        values["logits"] = scale * values["decoder"] @ self.table("lm_head", *(TABLES if self.tied else ())).T
        return values
