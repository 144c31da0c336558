#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The reference of examples/python/dump_reference.py, of a GPT-2 in PyTorch with the modules and outputs of Hugging Face's.

Usage: toy_gpt2.py MODEL OUT.npz <ids      needs python3-torch

    cut -f 1 tests/data/families/want/gpt2.ids | tests/data/check/toy_gpt2.py tests/data/families/models/gpt2 tests/data/check/gpt2.npz
"""
import json, math, os, sys
from types import SimpleNamespace
import numpy as np
import torch
from torch import nn

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")
sys.path[1:1] = [f"{ROOT}/examples/python", f"{ROOT}/tests/data"]
from dump_reference import arrays_of  # noqa: E402
from stream import read_safetensors  # noqa: E402


class Conv1D(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.zeros(inputs, outputs)), nn.Parameter(torch.zeros(outputs))

    def forward(self, x):
        return x @ self.weight + self.bias


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads, self.c_attn, self.c_proj = heads, Conv1D(width, 3 * width), Conv1D(width, width)

    def forward(self, x):
        q, k, v = (y.view(*y.shape[:2], self.heads, -1).transpose(1, 2) for y in self.c_attn(x).chunk(3, -1))
        n = x.shape[1]
        scores = (q @ k.transpose(2, 3) / math.sqrt(q.shape[-1])).masked_fill(~torch.ones(n, n).tril().bool(), -torch.inf)
        return self.c_proj((scores.softmax(-1) @ v).transpose(1, 2).reshape(x.shape))


class Block(nn.Module):
    def __init__(self, c):
        super().__init__()
        width, inner = c["n_embd"], c.get("n_inner") or 4 * c["n_embd"]
        self.ln_1, self.attn = nn.LayerNorm(width, c["layer_norm_epsilon"]), Attention(width, c["n_head"])
        self.ln_2, self.mlp = nn.LayerNorm(width, c["layer_norm_epsilon"]), nn.Module()
        self.mlp.c_fc, self.mlp.c_proj, self.mlp.dropout = Conv1D(width, inner), Conv1D(inner, width), nn.Dropout(0.1)

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        y = self.mlp.c_fc(self.ln_2(x))
        y = 0.5 * y * (1 + torch.tanh(math.sqrt(2 / math.pi) * (y + 0.044715 * y ** 3)))
        return x + self.mlp.dropout(self.mlp.c_proj(y))


class GPT2(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.transformer = t = nn.Module()
        t.wte, t.wpe = nn.Embedding(c["vocab_size"], c["n_embd"]), nn.Embedding(c["n_positions"], c["n_embd"])
        t.h = nn.ModuleList(Block(c) for _ in range(c["n_layer"]))
        t.ln_f, self.lm_head = nn.LayerNorm(c["n_embd"], c["layer_norm_epsilon"]), nn.Linear(c["n_embd"], c["vocab_size"], bias=False)
        self.lm_head.weight = t.wte.weight

    def forward(self, input_ids, output_hidden_states):
        assert output_hidden_states
        t = self.transformer
        states = [t.wte(input_ids) + t.wpe(torch.arange(input_ids.shape[1])[None])]
        for block in t.h:
            states.append(block(states[-1]))
        states[-1] = t.ln_f(states[-1])
        return SimpleNamespace(logits=self.lm_head(states[-1]), hidden_states=tuple(states))


def main(folder, out):
    with open(f"{folder}/config.json", encoding="utf-8") as f:
        model = GPT2(json.load(f)).double().eval()
    weights = read_safetensors(f"{folder}/model.safetensors").items()
    model.transformer.load_state_dict({k.removeprefix("transformer."): torch.tensor(x) for k, x in weights if not k.endswith(".attn.bias")})
    arrays = {}
    for i, line in enumerate(sys.stdin):
        ids = torch.tensor([[int(n) for n in line.split()]])
        arrays.update({f"{i}.{name}": x for name, x in arrays_of(model, {"input_ids": ids}).items()})
    np.savez(out, **arrays)


main(*sys.argv[1:])
