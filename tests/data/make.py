#!/usr/bin/python3
"""Make everything in models/ and want/ again.  Usage: make.py [MODELDIR]

MODELDIR is the built-in English-German model; without it want/en-de.* stay as they are.
"""
import glob, os, sys
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import numpy as np
import models, oracle
from reference import Model, Rule, Sweep, relevance_records
from stream import read_stream, write_stream

HERE = os.path.dirname(os.path.abspath(__file__))
WANT = f"{HERE}/want"
BASIC = ["magnitude", "alphabeta", "ratio"]
OTHER = ["ratio:bias=exclude", "magnitude:bias=absorb", "alphabeta:alpha=1", "alphabeta:alpha=0.3,bias=absorb,eps=0.01",
         "ratio:eps=0.01,bias=exclude", "magnitude:eps=0.01"]
ALL_RULES_ON = ["deep", "prenorm"]
FORCED_ON = "deep"
EN_DE = ["▁The ▁file ▁could ▁not ▁be ▁found .", "▁You ▁have ▁a ▁new ▁message ."]


def read_ids(path):
    with open(path) as f:
        return [[[int(i) for i in part.split()] for part in line.split("\t")] for line in f]


def trace_record(model, s, source, target, g):
    ids, logits = model.top(g, 2)
    predicted = [*target, model.c["eos_token_id"]]
    return {"type": "trace", "sentence": s,
            "source": {"ids": source, "pieces": [model.source_pieces[i] for i in source]},
            "target": {"ids": predicted, "pieces": [model.target_pieces[i] for i in predicted]},
            "inputs": model.inputs(target), "top": {"ids": ids, "logits": logits}, "values": g.value}


def heads_records(s, g, sweep, sites):
    """Head relevance: sum over the positions and the neurons of each head."""
    return [{"type": "heads", "sentence": s, "site": site, "first_step": 0, "relevance":
             sweep.R[site].reshape(sweep.steps, -1, g.heads[site], sweep.R[site].shape[-1] // g.heads[site]).sum((1, 3))}
            for site in sites]


def checked_sweep(label, model, g, rule, start):
    """A sweep that must keep its relevance: leaves + lost = start."""
    sweep = Sweep(model, g, Rule.parse(rule), start)
    error, relative = sweep.imbalance()
    worst = max((sweep.amplification(n), n) for n in model.sites())
    print(f"{label:48} {rule:42} imbalance {error:.1e} relative {relative:.1e} lost {abs(sweep.lost).max():8.2g} "
          f"amplification {worst[0]:.3g} at {worst[1]}")
    assert relative < 1e-12
    if "exclude" == sweep.rule.bias and sweep.rule.eps == 0 and sweep.rule.name != "ratio":
        assert all((x >= 0).all() for x in sweep.R.values())
    return sweep


def make_tiny(name):
    models.write_model(name, f"{HERE}/models/{name}")
    models.write_ids(name, f"{WANT}/{name}.ids")
    model = Model(f"{HERE}/models/{name}")
    sentences = read_ids(f"{WANT}/{name}.ids")
    graphs = [model.forward(source, model.inputs(target)) for source, target in sentences]
    write_stream(f"{WANT}/{name}.trace.lrp", "trace", [
        trace_record(model, s, *ids, g) for s, (ids, g) in enumerate(zip(sentences, graphs))])
    for rule in BASIC + (OTHER if name in ALL_RULES_ON else []):
        heads, embed = [], []
        for s, g in enumerate(graphs):
            sweep = checked_sweep(f"{name} {s}", model, g, rule, model.top(g, 1)[0][:, 0])
            heads += relevance_records(s, g, sweep.R, model.sites())
            embed += relevance_records(s, g, sweep.R, ["target", "source"])
        write_stream(f"{WANT}/{name}.{rule}.lrp", "relevance", heads)
        if rule in BASIC:
            write_stream(f"{WANT}/{name}.{rule}.embed.lrp", "relevance", embed)
    if name == FORCED_ON:
        records = []
        for s, ((_, target), g) in enumerate(zip(sentences, graphs)):
            sweep = checked_sweep(f"{name} {s} forced", model, g, "magnitude", [*target, 0])
            records += relevance_records(s, g, sweep.R, model.sites())
        write_stream(f"{WANT}/{name}.forced.lrp", "relevance", records)


def compare_forward(model, path):
    """The forward pass against the arrays that come with the built-in model, if they are there."""
    a, worst = np.load(path), 0
    for s in range(3):
        g = model.forward(a[f"{s}.input_ids"], a[f"{s}.decoder_input_ids"])
        worst = max(worst, abs(g.value["logits"] - a[f"{s}.logits"]).max())
        for i in range(model.c["encoder_layers"]):
            worst = max(worst, abs(g.value[f"enc.{i}.self.weights"] - a[f"{s}.encoder_attn"][i]).max())
    print(f"largest difference to {os.path.basename(path)}: {worst:.1e}")
    assert worst < 1e-9


def make_en_de(folder):
    model = Model(folder)
    if os.path.exists(f"{folder}/reference.npz"):
        compare_forward(model, f"{folder}/reference.npz")
    ids = {p: i for i, p in model.source_pieces.items()}
    sources = [[ids[p] for p in text.split()] + [0] for text in EN_DE]
    sentences = [(source, model.greedy(source)) for source in sources]
    with open(f"{WANT}/en-de.ids", "w") as f:
        for source, target in sentences:
            print("".join(model.target_pieces[i] for i in target))
            f.write(" ".join(map(str, source)) + "\t" + " ".join(map(str, target)) + "\n")
    for rule in ["magnitude", "alphabeta"]:
        records = []
        for s, (source, target) in enumerate(sentences):
            g = model.forward(source, model.inputs(target))
            sweep = checked_sweep(f"en-de {s}", model, g, rule, model.top(g, 1)[0][:, 0])
            records += heads_records(s, g, sweep, model.sites())
        write_stream(f"{WANT}/en-de.{rule}.heads.lrp", "heads", records)


def main(arguments):
    os.makedirs(WANT, exist_ok=True)
    for old in glob.glob(f"{WANT}/*.lrp"):
        if arguments or not os.path.basename(old).startswith("en-de."):
            os.remove(old)
    for name in models.MODELS:
        make_tiny(name)
    oracle.make(f"{HERE}/models/oracle", read_ids(f"{WANT}/oracle.ids"), WANT)
    for folder in arguments:
        make_en_de(folder)
    for path in sorted(glob.glob(f"{WANT}/*.lrp")):
        assert read_stream(path), path


if __name__ == "__main__":
    main(sys.argv[1:])
