#!/usr/bin/python3
"""Make toy.* again: the trace that examples/python/toy_model.py writes, and what must come out for it, from PyTorch's autograd.

Nothing of the exporter is in the figures: hooks get the context vectors c of each head site as they go into the output projection, and
R = c dy/dc, with y the best logit of a step (toy.gradient.npz) or L = -log p of its target (toy.gradient.loss.npz). Arrays are
SENTENCE.SITE [steps, positions, neurons]. toy.losses.lrp has the losses."""
import os, subprocess, sys
import numpy as np
import torch

HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON = os.path.join(HERE, "../../../examples/python")
sys.path[1:1] = [PYTHON, os.path.dirname(HERE)]
from stream import write_stream
from toy_model import sentences, toy

torch.set_num_threads(1)


def forward(model, sentence):
    """The logits of each step [steps, tokens], and the contexts of all sites by their names [1, positions, neurons]."""
    sites = {}
    for i, layer in enumerate(model.layers):
        layer.attention.out.register_forward_pre_hook(lambda _, inputs, site=f"dec-self.{i}": sites.update({site: inputs[0]}))
    return model(torch.tensor([sentence["inputs"]]))[0, list(sentence["positions"])], sites


def relevance(y, contexts):
    """R of a number at each site [positions, neurons]"""
    gradients = torch.autograd.grad(y, contexts, retain_graph=True)
    return [(c * g)[0].detach().numpy() for c, g in zip(contexts, gradients)]


def main():
    with open(f"{HERE}/toy.lrp", "wb") as f:
        subprocess.run([sys.executable, f"{PYTHON}/toy_model.py"], stdout=f, check=True)
    arrays, records = {"gradient": {}, "gradient.loss": {}}, []
    for s, sentence in enumerate(sentences()):
        logits, sites = forward(toy(), sentence)
        target = torch.tensor(sentence["target"]) if "target" in sentence else logits.argmax(1)
        losses = torch.nn.functional.cross_entropy(logits, target, reduction="none")
        for label, starts in ("gradient", logits.max(1).values), ("gradient.loss", losses):
            R = [relevance(y, list(sites.values())) for y in starts]
            arrays[label].update({f"{s}.{site}": np.stack(rows) for site, rows in zip(sites, zip(*R))})
        records.append({"type": "losses", "sentence": s, "first_step": 0, "loss": losses.detach().numpy(),
                        "top1": (logits.argmax(1) == target).double().numpy()})
    for label, a in arrays.items():
        np.savez_compressed(f"{HERE}/toy.{label}.npz", **a)
    write_stream(f"{HERE}/toy.losses.lrp", "losses", records)


main()
