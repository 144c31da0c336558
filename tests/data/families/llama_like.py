"""Models of one stack with RMS norms, rotations and gated feed-forward layers: Llama, Mistral, Qwen2, Qwen3, Phi-3, OLMo2, Gemma.

As single.py: config.json, the tensors, the ids of a line; a Run.
"""
import numpy as np
import pieces
from pieces import ACTIVATION, Run, causal, dense, split
from rotary import frequencies


class Gated(Run):
    """one: what is added to the gains of norms."""

    def __init__(self, c, w, ids, one=0.0, scale=1.0, act="hidden_act"):
        super().__init__(c, w, "model.")
        self.n, self.one, self.act = len(ids), one, ACTIVATION[c[act]]
        self.heads = c["num_attention_heads"]
        self.key_heads = c.get("num_key_value_heads") or self.heads
        self.width = c.get("head_dim") or c["hidden_size"] // self.heads
        self.embed = self.get("embed_tokens.weight")[ids] * scale

    def rms(self, x, name):
        return pieces.rms_norm(x, self.one + self.get(name + ".weight"), self.c["rms_norm_eps"])

    def attention(self, q, k, v, turn=None, window=None, scale=None, cap=None):
        q, k = (pieces.rotate(y, *(turn or frequencies(self.c, self.width, self.n))) for y in (q, k))
        return self.attend(q, k, v, causal(self.n, window), scale or self.width ** -0.5, cap)

    def qkv(self, x, h):
        heads = {"q": self.heads, "k": self.key_heads, "v": self.key_heads}
        return (split(self.dense(x, f"{h}self_attn.{p}_proj"), n) for p, n in heads.items())

    def mlp(self, x, h):
        return self.dense(self.act(self.dense(x, h + "mlp.gate_proj")) * self.dense(x, h + "mlp.up_proj"), h + "mlp.down_proj")

    def layers(self, layer):
        """layer(m, x, prefix, number) gives the next x."""
        x = self.embed
        for i in range(self.c["num_hidden_layers"]):
            x = layer(self, x, f"layers.{i}.", i)
            self.hidden.append(x)
        return x

    def finish(self, x, tied=False, cap=None):
        table = self.get("embed_tokens.weight") if self.c.get("tie_word_embeddings", tied) else self.w["lm_head.weight"]
        self.logits = dense(self.rms(x, "norm"), table)
        if cap is not None:
            self.logits = cap * np.tanh(self.logits / cap)
        return self


def ordinary(window=lambda c, i: None, qkv=lambda m, x, h: m.qkv(x, h), mlp=lambda m, x, h: m.mlp(x, h)):
    """A layer of Llama's kind: x + attention(norm(x)), then x + mlp(norm(x))."""
    def layer(m, x, h, i):
        q, k, v = qkv(m, m.rms(x, h + "input_layernorm"), h)
        x = x + m.dense(m.attention(q, k, v, window=window(m.c, i)), h + "self_attn.o_proj")
        return x + mlp(m, m.rms(x, h + "post_attention_layernorm"), h)
    return layer


def llama(c, w, ids):
    m = Gated(c, w, ids)
    return m.finish(m.layers(ordinary()))


def mistral(c, w, ids):
    m = Gated(c, w, ids)
    return m.finish(m.layers(ordinary(lambda c, i: c.get("sliding_window"))))


def late_window(c, i):
    """Qwen's windows: of layers from max_window_layers on, if they are used at all."""
    if not c.get("use_sliding_window", False):
        return None
    slides = c["layer_types"][i] == "sliding_attention" if c.get("layer_types") else i >= c["max_window_layers"]
    return c["sliding_window"] if slides else None


def qwen2(c, w, ids):
    m = Gated(c, w, ids)
    return m.finish(m.layers(ordinary(late_window)))


def head_norms(m, x, h):
    """A norm over each head's neurons, the same gains for all heads."""
    q, k, v = m.qkv(x, h)
    return m.rms(q, h + "self_attn.q_norm"), m.rms(k, h + "self_attn.k_norm"), v


def qwen3(c, w, ids):
    m = Gated(c, w, ids)
    return m.finish(m.layers(ordinary(late_window, head_norms)))


def phi3(c, w, ids):
    """Queries, keys and values are rows of one matrix, gate and up of another."""
    def qkv(m, x, h):
        y, a, b = m.dense(x, h + "self_attn.qkv_proj"), m.heads * m.width, m.key_heads * m.width
        return split(y[:, :a], m.heads), split(y[:, a:a + b], m.key_heads), split(y[:, a + b:], m.key_heads)

    def mlp(m, x, h):
        gate, up = np.split(m.dense(x, h + "mlp.gate_up_proj"), 2, axis=1)
        return m.dense(m.act(gate) * up, h + "mlp.down_proj")

    m = Gated(c, w, ids)
    return m.finish(m.layers(ordinary(lambda c, i: c.get("sliding_window"), qkv, mlp)))


def olmo2(c, w, ids):
    """Norms behind attention and feed-forward layer, before they are added; queries and keys normed over all heads."""
    def layer(m, x, h, i):
        q, k = (m.rms(m.dense(x, f"{h}self_attn.{p}_proj"), f"{h}self_attn.{p}_norm") for p in "qk")
        v = m.dense(x, h + "self_attn.v_proj")
        context = m.attention(split(q, m.heads), split(k, m.key_heads), split(v, m.key_heads))
        x = x + m.rms(m.dense(context, h + "self_attn.o_proj"), h + "post_attention_layernorm")
        return x + m.rms(m.mlp(x, h), h + "post_feedforward_layernorm")

    m = Gated(c, w, ids)
    return m.finish(m.layers(layer))


def gemma(c, w, ids):
    """Gains are 1 + weight, embeddings are scaled, the table is tied."""
    m = Gated(c, w, ids, 1.0, c["hidden_size"] ** 0.5)
    return m.finish(m.layers(ordinary()), tied=True)


def four_norms(m, x, h, context):
    """Gemma 2 and 3: a norm before and one behind each of the two."""
    x = x + m.rms(m.dense(context(m.rms(x, h + "input_layernorm")), h + "self_attn.o_proj"), h + "post_attention_layernorm")
    return x + m.rms(m.mlp(m.rms(x, h + "pre_feedforward_layernorm"), h), h + "post_feedforward_layernorm")


def gemma2(c, w, ids):
    """Every other layer sees a window, the first one does; scores and logits are capped."""
    def layer(m, x, h, i):
        slides = c["layer_types"][i] == "sliding_attention" if c.get("layer_types") else i % 2 == 0
        return four_norms(m, x, h, lambda y: m.attention(
            *m.qkv(y, h), window=c["sliding_window"] if slides else None,
            scale=c["query_pre_attn_scalar"] ** -0.5, cap=c["attn_logit_softcapping"]))

    m = Gated(c, w, ids, 1.0, c["hidden_size"] ** 0.5, "hidden_activation")
    return m.finish(m.layers(layer), True, c["final_logit_softcapping"])


def gemma3(c, w, ids):
    """Norms over heads; layers with a window turn by rope_local_base_freq, the others by rope_theta, scaled."""
    pattern = c.get("sliding_window_pattern", c.get("_sliding_window_pattern", 6))

    def layer(m, x, h, i):
        slides = c["layer_types"][i] == "sliding_attention" if c.get("layer_types") else (i + 1) % pattern != 0
        local = frequencies(c, m.width, m.n, "rope_local_base_freq", scaled=False)
        return four_norms(m, x, h, lambda y: m.attention(
            *head_norms(m, y, h), turn=local if slides else None, window=c["sliding_window"] if slides else None,
            scale=c["query_pre_attn_scalar"] ** -0.5, cap=c["attn_logit_softcapping"]))

    m = Gated(c, w, ids, 1.0, c["hidden_size"] ** 0.5, "hidden_activation")
    return m.finish(m.layers(layer), True, c["final_logit_softcapping"])


FAMILY = {"llama": llama, "mistral": mistral, "qwen2": qwen2, "qwen3": qwen3, "phi3": phi3, "olmo2": olmo2, "gemma": gemma,
          "gemma2": gemma2, "gemma3_text": gemma3}
