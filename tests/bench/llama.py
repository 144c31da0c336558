#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A Llama in plain torch functions: its forward pass, generation, or relevance of heads by autograd.

Weights are taken in float32 (-p f32, default) or as the checkpoint has them (-p bf16), read before anything is timed.
Reads a line as `trace-extract --ids` does (prompt TAB continuation) and writes a JSON line: seconds, with one thread of
processor time; memory, the largest resident size in MiB. WAY is
  forward      one pass over prompt and continuation, logits of the steps
  generate     of one token, as many as the continuation has, with keys and values kept
  autograd     forward + steps x the mean of --steps backward passes from the highest logit of a step to the contexts of
               layer L's heads (-l L), nothing below them; gradient x context: what lrp-layer -r gradient -s logit computes
  batched      the same, all steps in one call with is_grads_batched
--heads adds the relevances, [step][head].
"""
import argparse
import json
import math
import resource
import sys
import time

try:
    import numpy as np
    import torch
    from torch.nn.functional import linear, silu
except ImportError as e:
    sys.exit(f"llama.py: {e}; install it with 'apt-get install python3-torch' or 'make setup-bench'")


def read_safetensors(path, precision):
    with open(path, "rb") as f:
        size = int.from_bytes(f.read(8), "little")
        header = json.loads(f.read(size))
    data = np.memmap(path, dtype=np.uint8, mode="c", offset=8 + size)
    weights = {}
    for name, h in header.items():
        if name == "__metadata__":
            continue
        bits = torch.from_numpy(data[slice(*h["data_offsets"])].view(np.int16).reshape(h["shape"]))
        weights[name] = bits.view(torch.bfloat16).to(precision, copy=True)
    return weights


class Llama:
    def __init__(self, directory, precision):
        with open(directory + "/config.json", encoding="utf-8") as f:
            self.config = c = json.load(f)
        self.w = read_safetensors(directory + "/model.safetensors", precision)
        self.heads, self.groups = c["num_attention_heads"], c["num_key_value_heads"]
        self.size = c["hidden_size"] // self.heads
        self.contexts, self.cut = {}, None

    def norm(self, x, name):
        y = x.float()
        return (y * (y.square().mean(-1, keepdim=True) + self.config["rms_norm_eps"]).rsqrt()).to(x.dtype) * self.w[name + ".weight"]

    def rotated(self, x, first):
        half = self.size // 2
        angle = torch.arange(first, first + x.shape[1])[:, None] / self.config["rope_theta"] ** (torch.arange(half) / half)
        cos, sin = angle.cos().to(x.dtype), angle.sin().to(x.dtype)
        a, b = x[..., :half], x[..., half:]
        return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)

    def attention(self, x, i, kept):
        name = f"model.layers.{i}.self_attn."
        split = lambda part, n: linear(x, self.w[f"{name}{part}_proj.weight"]).view(len(x), n, self.size).transpose(0, 1)
        first = kept[i][0].shape[1] if i in kept else 0
        q, k, v = self.rotated(split("q", self.heads), first), self.rotated(split("k", self.groups), first), split("v", self.groups)
        if first:
            k, v = torch.cat([kept[i][0], k], 1), torch.cat([kept[i][1], v], 1)
        kept[i] = k, v
        k, v = (y.repeat_interleave(self.heads // self.groups, 0) for y in (k, v))
        scores = q @ k.transpose(1, 2) / math.sqrt(self.size)
        if len(x) > 1:
            scores = scores.masked_fill(torch.ones(scores.shape[1:], dtype=torch.bool).triu(1 + first), -math.inf)
        c = (scores.softmax(-1) @ v).transpose(0, 1).reshape(len(x), -1)
        if i == self.cut:
            c = c.detach().requires_grad_()
            self.contexts[i] = c
        return linear(c, self.w[name + "o_proj.weight"])

    def forward(self, ids, rows, kept=None):
        """Logits of some rows."""
        kept = {} if kept is None else kept
        x = self.w["model.embed_tokens.weight"][ids]
        for i in range(self.config["num_hidden_layers"]):
            layer = f"model.layers.{i}."
            x = x + self.attention(self.norm(x, layer + "input_layernorm"), i, kept)
            y = self.norm(x, layer + "post_attention_layernorm")
            dense = lambda y, part: linear(y, self.w[f"{layer}mlp.{part}_proj.weight"])
            x = x + dense(silu(dense(y, "gate")) * dense(y, "up"), "down")
        return linear(self.norm(x, "model.norm")[rows], self.w["lm_head.weight"])


def relevance(model, ids, rows, o, now):
    """Seconds, and gradient x context of the heads, a row a step that was made."""
    model.cut, start = o.l, now()
    z = model.forward(ids, rows)
    top = z.detach().argmax(-1)
    c, picked = model.contexts[o.l], z[torch.arange(len(rows)), top]
    forward, found = now() - start, []
    start = now()
    if o.way == "batched":
        found = list(torch.autograd.grad(picked, c, torch.eye(len(rows), dtype=z.dtype), is_grads_batched=True)[0])
    else:
        for t in range(0, len(rows), -(-len(rows) // o.steps) if o.steps else 1):
            found.append(torch.autograd.grad(picked[t], c, retain_graph=True)[0])
    each = (now() - start) / len(found)
    heads = [(g * c.detach()).view(len(ids), model.heads, -1).sum((0, 2)).tolist() for g in found]
    model.cut = None
    return forward + each * len(rows), heads


def generate(model, prompt, count, now):
    kept = {}
    z = model.forward(prompt, [-1], kept)
    start = now()
    for _ in range(count):
        z = model.forward(z.argmax(-1), [0], kept)
    return (now() - start) / count


def measure(model, line, o):
    prompt, target = ([int(x) for x in part.split()] for part in line.split("\t"))
    ids = torch.tensor(prompt + target)[:-1]
    rows = list(range(len(prompt) - 1, len(ids)))
    now = time.process_time if o.t == 1 else time.perf_counter
    heads = None
    if o.way in ("autograd", "batched"):
        seconds, heads = relevance(model, ids, rows, o, now)
    with torch.no_grad():
        if o.way == "generate":
            seconds = generate(model, torch.tensor(prompt), len(target), now)
        elif o.way == "forward":
            start = now()
            model.forward(ids, rows)
            seconds = now() - start
    out = dict(seconds=seconds, memory=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return dict(out, heads=heads) if o.heads else out


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("-m", metavar="DIR", required=True, help="the model's directory")
    p.add_argument("-t", metavar="N", type=int, default=1, help="threads")
    p.add_argument("-p", choices=["f32", "bf16"], default="f32", help="precision")
    p.add_argument("-l", metavar="L", type=int, help="the layer")
    p.add_argument("--steps", metavar="K", type=int, default=0, help="only so many backward passes")
    p.add_argument("--heads", action="store_true", help="write the relevances")
    p.add_argument("way", choices=["forward", "generate", "autograd", "batched"])
    o = p.parse_args()
    torch.set_num_threads(o.t)
    model = Llama(o.m, dict(f32=torch.float32, bf16=torch.bfloat16)[o.p])
    for line in sys.stdin:
        print(json.dumps(measure(model, line, o)), flush=True)


if __name__ == "__main__":
    main()
