#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Relevance of heads by PyTorch autograd, the way it is done without lrpipe.

A Marian model (config as make_model.py writes it) in plain torch functions, float32; for every
generation step one backward pass from the logit that is highest, then gradient x context, summed
over a head's neurons and positions. Attention weights, the scales 1/s of the norms and f(x)/x of the
activations are held constant, which makes it the rule `cp` of lrp-layer.

Reads lines as `trace-extract --ids` does (source ids TAB target ids) and writes a JSON line for each:
  tokens, steps (how many backward passes were made), forward and step (seconds, with one thread of
  processor time; step: the mean of a backward pass), seconds (forward + tokens * step), heads with --heads ({site: [step][head]},
  relative to the logit: what lrp-layer gives with its default start of 1)
"""
import argparse
import json
import math
import sys
import time

try:
    import numpy as np
    import torch
    from torch.nn.functional import linear
except ImportError as e:
    sys.exit(f"autograd.py: {e}; install it with 'apt-get install python3-torch' or 'make setup-bench'")


def read_safetensors(path):
    """Tensors that share the page cache with everyone who reads the file."""
    with open(path, "rb") as f:
        size = int.from_bytes(f.read(8), "little")
        header = json.loads(f.read(size))
    data = np.memmap(path, dtype=np.uint8, mode="c", offset=8 + size)
    tensor = lambda h: torch.from_numpy(data[slice(*h["data_offsets"])].view(np.float32).reshape(h["shape"]))
    return {name: tensor(h) for name, h in header.items() if name != "__metadata__"}


class Marian:
    """`wanted` says of a site whether its heads are to be measured; `context` has those of a sentence."""

    def __init__(self, directory, wanted, careful):
        self.wanted, self.careful, self.context = wanted, careful, {}
        with open(directory + "/config.json", encoding="utf-8") as f:
            self.config = json.load(f)
        self.w = read_safetensors(directory + "/model.safetensors")
        self.table, self.bias = self.w["model.shared.weight"], self.w["final_logits_bias"][0]

    def dense(self, x, name):
        return linear(x, self.w[name + ".weight"], self.w[name + ".bias"])

    def norm(self, x, name):
        x = x - x.mean(-1, keepdim=True)
        inverse = (x.detach().square().mean(-1, keepdim=True) + 1e-5).rsqrt()
        return x * inverse * self.w[name + ".weight"] + self.w[name + ".bias"]

    def attention(self, x, memory, name, heads, site, causal):
        split = lambda y: y.view(len(y), heads, -1).transpose(0, 1)
        q, k, v = (split(self.dense(y, f"{name}.{part}_proj")) for y, part in ((x, "q"), (memory, "k"), (memory, "v")))
        scores = q @ k.transpose(1, 2) / math.sqrt(q.shape[-1])
        if causal:
            scores = scores.masked_fill(torch.ones(scores.shape[1:], dtype=torch.bool).triu(1), -math.inf)
        c = (scores.softmax(-1).detach() @ v).transpose(0, 1).reshape(len(x), -1)
        if self.wanted(site):
            if self.careful and not c.requires_grad:  # nothing below it is wanted: autograd need not go there
                c = c.detach().requires_grad_()
            self.context[site] = c
        return self.dense(c, name + ".out_proj")

    def embed(self, ids):
        d = self.config["d_model"]
        angle = torch.arange(len(ids))[:, None] / 10000 ** (torch.arange(0, d, 2) / d)
        return self.table[ids] * math.sqrt(d) + torch.cat([angle.sin(), angle.cos()], 1)

    def stack(self, x, side, memory=None):
        heads = self.config[side + "_attention_heads"]
        for i in range(self.config[side + "_layers"]):
            layer = f"model.{side}.layers.{i}"
            y = self.attention(x, x, layer + ".self_attn", heads, f"{side[:3]}-self.{i}", side == "decoder")
            x = self.norm(x + y, layer + ".self_attn_layer_norm")
            if memory is not None:
                y = self.attention(x, memory, layer + ".encoder_attn", heads, f"dec-enc.{i}", False)
                x = self.norm(x + y, layer + ".encoder_attn_layer_norm")
            h = self.dense(x, layer + ".fc1")
            x = self.norm(x + self.dense(h * h.sigmoid().detach(), layer + ".fc2"), layer + ".final_layer_norm")
        return x

    def forward(self, source, inputs):
        """What the output projection reads, [step, width]."""
        self.context = {}
        x, y = self.embed(source), self.embed(inputs)
        if not self.careful:  # as for gradient x input: down to the embeddings
            x.requires_grad_(), y.requires_grad_()
        return self.stack(y, "decoder", self.stack(x, "encoder"))

    def top(self, h):
        with torch.no_grad():
            logits = linear(h, self.table, self.bias)
            logits[:, self.config["pad_token_id"]] = -math.inf
            return logits.argmax(-1).tolist()


def measure(model, line, o):
    source, target = ([int(x) for x in part.split()] for part in line.split("\t"))
    inputs = [model.config["decoder_start_token_id"]] + target
    heads = {"enc": model.config["encoder_attention_heads"], "dec": model.config["decoder_attention_heads"]}
    now = time.process_time if o.t == 1 else time.perf_counter
    start = now()
    h = model.forward(torch.tensor(source), torch.tensor(inputs))
    top = model.top(h)
    whole = None if o.careful else linear(h, model.table, model.bias)
    forward = now() - start
    sites, found = list(model.context), {}
    rows = [[t] for t in (range(len(inputs)) if not o.steps else range(0, len(inputs), -(-len(inputs) // o.steps)))]
    if o.batched:
        rows = [list(range(len(inputs)))]
    for t in rows:
        ids = [top[i] for i in t]
        logit = (h[t] * model.table[ids]).sum(-1) + model.bias[ids] if o.careful else whole[t, ids]
        gradients = torch.autograd.grad(logit if o.batched else logit[0], [model.context[s] for s in sites], retain_graph=True,
                                        **(dict(grad_outputs=torch.eye(len(t)), is_grads_batched=True) if o.batched else {}))
        for s, g in zip(sites, gradients):
            r = (g * model.context[s].detach()).view(len(t), len(model.context[s]), heads[s[:3]], -1).sum((1, 3))
            found.setdefault(s, []).extend(r / logit.detach()[:, None])
    steps = sum(map(len, rows))
    found = {s: torch.stack(r).tolist() for s, r in found.items()}
    step = (now() - start - forward) / steps
    out = dict(tokens=len(inputs), steps=steps, forward=forward, step=step, seconds=forward + len(inputs) * step)
    return dict(out, heads=found) if o.heads else out


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("-m", metavar="DIR", required=True, help="the model's directory")
    p.add_argument("-t", metavar="N", type=int, default=1, help="threads")
    p.add_argument("-l", metavar="SITES", default="all", help="a layer of the encoder, 'encoder', or 'all' (default)")
    p.add_argument("--steps", metavar="K", type=int, default=0, help="only so many steps of each sentence")
    p.add_argument("--careful", action="store_true",
                   help="no gradients below the lowest site, and the start's row of the output matrix instead of logits[step, top]")
    p.add_argument("--batched", action="store_true", help="all steps in one call, with is_grads_batched")
    p.add_argument("--heads", action="store_true", help="write the relevances")
    o = p.parse_args()
    torch.set_num_threads(o.t)
    wanted = {"all": lambda site: True, "encoder": lambda site: site.startswith("enc-self")}
    model = Marian(o.m, wanted.get(o.l, lambda site: site == "enc-self." + o.l), o.careful)
    for line in sys.stdin:
        print(json.dumps(measure(model, line, o)), flush=True)


if __name__ == "__main__":
    main()
