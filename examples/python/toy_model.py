#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Export a model: python3 toy_model.py >toy.lrp writes the trace of a small decoder that is of none of the families lrpipe knows.

Norms stand in front; queries, keys and values are one matrix; a gate of ReLU units, and a norm behind it. Its weights are random."""
import sys

import numpy
import torch
from torch import nn

from export_trace import Graph, export


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x):
        """[batch, positions, width] -> the same"""
        batch, n, width = x.shape
        qkv = self.qkv(x).reshape(batch, n, 3, self.heads, width // self.heads)
        q, k, v = qkv[:, :, 0], qkv[:, :, 1], qkv[:, :, 2]
        scores = torch.einsum("bihe,bjhe->bhij", q, k) * (width // self.heads) ** -0.5
        weights = torch.softmax(scores + torch.triu(torch.full((n, n), -float("inf")), 1), -1)
        return self.out(torch.einsum("bhij,bjhe->bihe", weights, v).reshape(batch, n, width))


class Layer(nn.Module):
    def __init__(self, width, heads, inner):
        super().__init__()
        self.norm1, self.attention = nn.LayerNorm(width), Attention(width, heads)
        self.norm2, self.gate, self.up = nn.LayerNorm(width), nn.Linear(width, inner), nn.Linear(width, inner)
        self.norm3, self.down = nn.LayerNorm(inner), nn.Linear(inner, width)

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        y = self.norm2(x)
        return x + self.down(self.norm3(torch.relu(self.gate(y)) * self.up(y)))


class Toy(nn.Module):
    def __init__(self, vocabulary=17, positions=12, width=8, heads=2, layers=2, inner=10):
        super().__init__()
        self.tokens, self.places = nn.Embedding(vocabulary, width), nn.Embedding(positions, width)
        self.layers = nn.ModuleList([Layer(width, heads, inner) for _ in range(layers)])
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, vocabulary, bias=False)
        self.head.weight = self.tokens.weight

    def forward(self, ids):
        """ids [batch, positions] -> logits [batch, positions, vocabulary]"""
        x = self.tokens(ids) + self.places(torch.arange(ids.shape[1]))
        for layer in self.layers:
            x = layer(x)
        return self.head(self.norm(x))


def describe(model):
    graph, width = Graph(model), model.tokens.weight.shape[1]
    tokens = graph.embed("target", "target", "tokens")
    x = graph.add("sum", tokens, graph.embed("target.position", "target", "places", positions=True))
    for i, layer in enumerate(model.layers):
        at = f"layers.{i}"
        y = graph.norm(f"{at}.norm1", x)
        q, k, v = (graph.linear(f"{at}.{p}", y, f"{at}.attention.qkv", rows=(j * width, width)) for j, p in enumerate("qkv"))
        heads = graph.attention(f"dec-self.{i}", q, k, v, heads=layer.attention.heads, causal=True)
        x = graph.add(f"{at}.sum1", x, graph.linear(f"{at}.attention.out", heads))
        y = graph.norm(f"{at}.norm2", x)
        gate = graph.activation(f"{at}.relu", graph.linear(f"{at}.gate", y), "relu")
        y = graph.norm(f"{at}.norm3", graph.multiply(f"{at}.gated", gate, graph.linear(f"{at}.up", y)))
        x = graph.add(f"{at}.sum2", x, graph.linear(f"{at}.down", y))
    graph.linear("logits", graph.norm("norm", x), "head")
    return graph


def toy(seed=7):
    """The model with random weights, the same everywhere: numbers of single precision, in double"""
    model, random, weights = Toy().double().eval(), numpy.random.default_rng(seed), {}
    for name, x in model.state_dict().items():
        shape = tuple(x.shape)
        w = random.standard_normal(shape) * (0.2 if len(shape) == 1 else 1.5 * shape[1] ** -0.5)
        w += "norm" in name and name.endswith("weight")
        weights[name] = torch.tensor(w.astype("f4").astype("f8"))
    model.load_state_dict(weights)
    return model


def sentences():
    """Prompts and what goes on from them; of the last one the likeliest token"""
    texts = [([5, 9, 3, 12], [7, 11, 4, 2]), ([6, 9], [3, 8, 2]), ([13], [12, 5, 9])]
    given = [dict(inputs=p + t[:-1], target=t, positions=range(len(p) - 1, len(p) + len(t) - 1)) for p, t in texts]
    return [*given, dict(inputs=[10, 6, 8, 13, 1], positions=[4])]


if __name__ == "__main__":
    toy_model = toy()
    export(sys.stdout.buffer, describe(toy_model), lambda ids: toy_model(torch.tensor([ids])), sentences())
