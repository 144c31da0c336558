#!/usr/bin/python3
"""Write want/MODEL.attnlrp.npz and want/MODEL.cp.npz: relevance of heads as modified gradient times input, from PyTorch's autograd.

Usage: torch_relevance.py [MODEL ...]

The forward passes of Llama, Qwen3, Gemma and GPT-2 are written here once more, in float64, from their definitions in Hugging Face's
transformers; of single.py and llama_like.py only what they have left in want/MODEL.npz is used: the ids, the steps, and the logits,
which must be the same. Each rule is value times gradient of a function that has the model's values, but some parts of which are held
constant for the gradient (Achtibat et al. 2024, AttnLRP, as released; Ali et al. 2022; Arras et al. 2025):

both      the scale 1/s of every norm (of a layer norm not the mean), and f(x)/x of activations; biases keep what is theirs
attnlrp   of every product u v, that is of queries and keys, of attention weights and values, of a gate and what it lets through,
          each factor gets half of the gradient; the softmax is differentiated
cp        attention weights and gates are held

A context vector c of a head has the relevance sum c dz/dc / z of the logit z: the start is 1, not z. MODEL.RULE.npz holds for line L and
layer I the array `L.dec-self.I` [steps, heads], the sum over the head's neurons and over all positions, from each step's best logit.
"""
import json, math, os, sys
import numpy as np
import torch

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(1, os.path.dirname(HERE))
from stream import read_weights

MODELS = ["llama3", "qwen3", "gemma", "gpt2"]
RULES = ["attnlrp", "cp"]
torch.set_num_threads(1)


def gelu_tanh(x):
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))


ACTIVATION = {"silu": torch.nn.functional.silu, "gelu_new": gelu_tanh, "gelu_pytorch_tanh": gelu_tanh}


def held_activation(f, x):
    """x times f(x)/x, which is a constant"""
    return x * (f(x) / x).detach()


def halves(multiply, u, v):
    """u times v, of whose gradient each gets half"""
    return 0.5 * (multiply(u.detach(), v) + multiply(u, v.detach()))


class Decoder:
    """One line through a model. sites: the contexts of each layer [positions, heads * e]; logits."""

    def __init__(self, c, w, rule, ids):
        self.c, self.w, self.rule, self.ids, self.sites = c, {name: torch.tensor(x) for name, x in w.items()}, rule, ids, []
        self.logits = self.forward()

    def dense(self, x, name):
        y = x @ self.w[name + ".weight"].T
        return y + self.w[name + ".bias"] if name + ".bias" in self.w else y

    def attend(self, q, k, v):
        """q [positions, heads, e], k and v [positions, fewer heads, e]"""
        n, heads, e = q.shape
        q, k, v = (x.repeat_interleave(heads // x.shape[1], 1).transpose(0, 1) for x in (q, k, v))
        multiply = (lambda u, v: halves(torch.matmul, u, v)) if self.rule == "attnlrp" else torch.matmul
        scores = multiply(q, k.transpose(1, 2)) / math.sqrt(e)
        weights = torch.softmax(scores.masked_fill(torch.ones(n, n).triu(1) > 0, -math.inf), -1)
        context = multiply(weights.detach() if self.rule == "cp" else weights, v)
        self.sites.append(context.transpose(0, 1).reshape(n, heads * e))
        return self.sites[-1]

    def gate(self, a, b):
        return halves(torch.mul, a, b) if self.rule == "attnlrp" else a.detach() * b


class Gpt2(Decoder):
    """Layer norms in front; weights of Conv1D are [in, out]."""

    def conv(self, x, name):
        return x @ self.w[name + ".weight"] + self.w[name + ".bias"]

    def norm(self, x, name):
        x = x - x.mean(-1, keepdim=True)
        s = torch.sqrt((x * x).mean(-1, keepdim=True) + self.c["layer_norm_epsilon"])
        return self.w[name + ".weight"] * x / s.detach() + self.w[name + ".bias"]

    def forward(self):
        n, f = len(self.ids), ACTIVATION[self.c["activation_function"]]
        x = (self.w["wte.weight"][self.ids] + self.w["wpe.weight"][:n]).requires_grad_()
        for i in range(self.c["n_layer"]):
            q, k, v = self.conv(self.norm(x, f"h.{i}.ln_1"), f"h.{i}.attn.c_attn").reshape(n, 3, self.c["n_head"], -1).unbind(1)
            x = x + self.conv(self.attend(q, k, v), f"h.{i}.attn.c_proj")
            y = self.conv(self.norm(x, f"h.{i}.ln_2"), f"h.{i}.mlp.c_fc")
            x = x + self.conv(held_activation(f, y), f"h.{i}.mlp.c_proj")
        return self.norm(x, "ln_f") @ self.w["wte.weight"].T


class Llama(Decoder):
    """Norms by the root mean square in front, rotary positions, a gate; one, scaled, tied: as Gemma has them."""
    one, scaled, tied = 0.0, False, False

    def norm(self, x, name):
        s = torch.sqrt((x * x).mean(-1, keepdim=True) + self.c["rms_norm_eps"])
        return (self.one + self.w[name + ".weight"]) * (x / s.detach())

    def turns(self, width):
        """Radians a position, of each pair of neurons."""
        f = 1 / self.c["rope_theta"] ** (torch.arange(0, width, 2).double() / width)
        scaling = self.c.get("rope_scaling")
        if not scaling:
            return f
        assert scaling["rope_type"] == "llama3"
        factor, low, high, old = (scaling[key] for key in (
            "factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings"))
        wave = 2 * math.pi / f
        smooth = (old / wave - low) / (high - low)
        between = (1 - smooth) * f / factor + smooth * f
        return torch.where(wave < old / high, f, torch.where(wave > old / low, f / factor, between))

    def rotate(self, x):
        angle = torch.arange(len(x)).double()[:, None, None] * self.turns(x.shape[-1])
        cos, sin = (torch.cat([t, t], -1) for t in (torch.cos(angle), torch.sin(angle)))
        a, b = x.chunk(2, -1)
        return x * cos + torch.cat([-b, a], -1) * sin

    def attention(self, x, h):
        heads = {"q": self.c["num_attention_heads"], "k": self.c["num_key_value_heads"], "v": self.c["num_key_value_heads"]}
        q, k, v = (self.dense(x, f"{h}{p}_proj").reshape(len(x), count, -1) for p, count in heads.items())
        if h + "q_norm.weight" in self.w:                   # Qwen3
            q, k = self.norm(q, h + "q_norm"), self.norm(k, h + "k_norm")
        return self.dense(self.attend(self.rotate(q), self.rotate(k), v), h + "o_proj")

    def forward(self):
        f = ACTIVATION[self.c["hidden_act"]]
        table = self.w["model.embed_tokens.weight"]
        x = (table[self.ids] * (math.sqrt(self.c["hidden_size"]) if self.scaled else 1.0)).requires_grad_()
        for i in range(self.c["num_hidden_layers"]):
            h = f"model.layers.{i}."
            x = x + self.attention(self.norm(x, h + "input_layernorm"), h + "self_attn.")
            y = self.norm(x, h + "post_attention_layernorm")
            a, b = held_activation(f, self.dense(y, h + "mlp.gate_proj")), self.dense(y, h + "mlp.up_proj")
            x = x + self.dense(self.gate(a, b), h + "mlp.down_proj")
        return self.norm(x, "model.norm") @ (table if self.c.get("tie_word_embeddings", self.tied) else self.w["lm_head.weight"]).T


class Gemma(Llama):
    one, scaled, tied = 1.0, True, True


FAMILY = {"gpt2": Gpt2, "llama": Llama, "qwen3": Llama, "gemma": Gemma}


def relevance(m, step, heads):
    """{layer: relevance of its heads [heads]} of the best logit at a position."""
    z = m.logits[step].max()
    gradients = torch.autograd.grad(z, m.sites, retain_graph=True)
    return [(c * g / z).detach().sum(0).reshape(heads, -1).sum(1).numpy() for c, g in zip(m.sites, gradients)]


def make(name):
    folder, out = f"{HERE}/models/{name}", {rule: {} for rule in RULES}
    with open(f"{folder}/config.json", encoding="utf-8") as f:
        c = json.load(f)
    w, want = read_weights(folder), np.load(f"{HERE}/want/{name}.npz")
    for line in sorted({int(key.split(".")[0]) for key in want.files}):
        steps = want[f"{line}.steps"]
        for rule in RULES:
            m = FAMILY[c["model_type"]](c, w, rule, want[f"{line}.inputs"])
            difference = abs(m.logits.detach().numpy()[steps] - want[f"{line}.logits"]).max()
            assert difference < 1e-12 * abs(want[f"{line}.logits"]).max(), (name, difference)
            R = [relevance(m, step, c.get("num_attention_heads", c.get("n_head"))) for step in steps]
            out[rule].update({f"{line}.dec-self.{i}": np.stack(rows) for i, rows in enumerate(zip(*R))})
    for rule, arrays in out.items():
        np.savez_compressed(f"{HERE}/want/{name}.{rule}.npz", **arrays)
        print(name, rule, f"largest share of a head {max(abs(x).max() for x in arrays.values()):.3g}")


if __name__ == "__main__":
    for model in sys.argv[1:] or MODELS:
        make(model)
