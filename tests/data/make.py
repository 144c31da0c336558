#!/usr/bin/python3
"""Make everything in models/ and want/ again.  Usage: make.py [MODELDIR]

MODELDIR is the built-in English-German model; without it want/en-de.* stay as they are.
"""
import glob, os, sys
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import numpy as np
import models, oracle, sides, torch_reference, voita2021
from reference import Model, Rule, Sweep, relevance_records
from stream import read_stream, write_stream

HERE = os.path.dirname(os.path.abspath(__file__))
WANT = f"{HERE}/want"
BASIC = ["magnitude", "alphabeta", "ratio"]
OTHER = ["ratio:bias=exclude", "magnitude:bias=absorb", "alphabeta:alpha=1", "alphabeta:alpha=2", "alphabeta:alpha=0.3,bias=absorb,eps=0.01",
         "ratio:eps=0.01,bias=exclude", "magnitude:eps=0.01"]
OTHER += ["attnlrp", "thumt2017", "gamma", "gamma:gamma=0.5,bias=exclude", "magnitude:bias=spread", "ratio:bias=spread",
          "alphabeta:bias=spread", "ratio:attention=constant", "magnitude:attention=constant", "magnitude:attention=half",
          "magnitude:product=half", "ratio:product=magnitude", "magnitude:norm=identity", "magnitude:norm=jacobian",
          "ratio:norm=jacobian"]
ALL_RULES_ON = ["deep", "prenorm"]
NO_GRADIENT = "oracle"     # a norm over two neurons is +-1 whatever goes in: its gradient is all rounding
FROM = dict(node="dec.1.ffn.norm", neuron=2)
STARTS_ON = "deep"
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


def heads_records(s, g, R, sites):
    """Head relevance: sum over the positions and the neurons of each head."""
    return [{"type": "heads", "sentence": s, "site": site, "first_step": 0, "relevance":
             R[site].reshape(*R[site].shape[:2], g.heads[site], -1).sum((1, 3))} for site in sites]


OUTPUT = {"enc-self": "encoder.layers.{}.self_attn", "dec-self": "decoder.layers.{}.self_attn",
          "dec-enc": "decoder.layers.{}.encoder_attn"}


def output_records(model, s, g):
    """Head output: mean over all positions of |c_ih W_h|, W_h the part of the output projection that head h goes through."""
    def length(site):
        kind, layer = site.split(".")
        W = model.w[f"model.{OUTPUT[kind].format(layer)}.out_proj.weight"]
        W = W.reshape(len(W), g.heads[site], -1)                               # [out, head, e]
        c = g.value[site].reshape(len(g.value[site]), *W.shape[1:])            # [position, head, e]
        return np.sqrt((np.einsum("ihe,ohe->iho", c, W) ** 2).sum(-1)).mean(0)
    return [{"type": "heads", "sentence": s, "site": site, "first_step": 0, "heads": g.heads[site], "relevance": length(site)[None]}
            for site in model.sites()]


def checked_sweep(label, model, g, rule, start, **other_start):
    """A sweep that must keep its relevance: leaves + lost = start."""
    sweep = Sweep(model, g, Rule.parse(rule), start, **other_start)
    error, relative = sweep.imbalance()
    worst = max((sweep.amplification(n), n) for n in model.sites())
    print(f"{label:48} {rule:42} imbalance {error:.1e} relative {relative:.1e} lost {abs(sweep.lost).max():8.2g} "
          f"amplification {worst[0]:.3g} at {worst[1]}")
    assert relative < 1e-12
    if sweep.rule.name in ("magnitude", "alphabeta") and sweep.rule.alpha <= 1 and "minus" not in other_start:
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
    write_stream(f"{WANT}/{name}.output.heads.lrp", "heads", [x for s, g in enumerate(graphs) for x in output_records(model, s, g)])
    for rule in BASIC + (OTHER if name in ALL_RULES_ON else []):
        heads, embed = [], []
        for s, g in enumerate(graphs):
            sweep = checked_sweep(f"{name} {s}", model, g, rule, model.top(g, 1)[0][:, 0])
            heads += relevance_records(s, g, sweep.R, model.sites())
            embed += relevance_records(s, g, sweep.R, ["target", "source"])
        write_stream(f"{WANT}/{name}.{rule}.lrp", "relevance", heads)
        if rule in BASIC:
            write_stream(f"{WANT}/{name}.{rule}.embed.lrp", "relevance", embed)
    if name == STARTS_ON:
        make_starts(name, model, sentences, graphs)
    torch_rules = torch_reference.RULES if name != NO_GRADIENT else ["cp"]
    for rule in torch_rules + voita2021.RULES:
        records = (torch_reference if rule in torch_rules else voita2021).all_records(model, name, rule, sentences, graphs)
        write_stream(f"{WANT}/{name}.{rule}.lrp", "relevance", records)
    for (source, target), g in zip(sentences, graphs):
        compare_torch(model, source, target, g)


def make_starts(name, model, sentences, graphs):
    """Rule `magnitude` from other starts: forced tokens; top-1 minus top-2; a neuron inside."""
    records = {"forced": [], "contrast": [], "from": []}
    for s, ((_, target), g) in enumerate(zip(sentences, graphs)):
        first, second = model.top(g, 2)[0].T
        starts = {"forced": ([*target, 0], {}), "contrast": (first, dict(minus=second)), "from": (first, FROM)}
        for label, (start, other) in starts.items():
            sweep = checked_sweep(f"{name} {s} {label}", model, g, "magnitude", start, **other)
            records[label] += relevance_records(s, g, sweep.R, model.sites())
    for label in records:
        write_stream(f"{WANT}/{name}.{label}.lrp", "relevance", records[label])


def compare_torch(model, source, target, g):
    """Two rules of reference.py that are a gradient times a value for eps = 0 against autograd."""
    start = model.top(g, 1)[0][:, 0]
    for rule, same in ("ratio:attention=constant", "cp"), ("attnlrp:eps=0", "attnlrp"):
        R, _ = torch_reference.relevance(model, same, source, target, start)
        sweep = Sweep(model, g, Rule.parse(rule), start)
        assert torch_reference.difference(R, {site: sweep.R[site] for site in R}) < 1e-12


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
            records += heads_records(s, g, sweep.R, model.sites())
        write_stream(f"{WANT}/en-de.{rule}.heads.lrp", "heads", records)
    first = [sentences[0]], [model.forward(sentences[0][0], model.inputs(sentences[0][1]))]
    sweep = checked_sweep("en-de 0", model, first[1][0], "attnlrp", model.top(first[1][0], 1)[0][:, 0])
    records = {"attnlrp": heads_records(0, first[1][0], sweep.R, model.sites())}
    for rule in torch_reference.RULES:
        records[rule] = torch_reference.all_records(model, "en-de", rule, *first, heads_records)
    records["voita2021"] = voita2021.all_records(model, "en-de", "voita2021", *first, heads_records)
    for rule in records:
        write_stream(f"{WANT}/en-de.{rule}.heads.lrp", "heads", records[rule])


def main(arguments):
    os.makedirs(WANT, exist_ok=True)
    for old in glob.glob(f"{WANT}/*.lrp"):
        if arguments or not os.path.basename(old).startswith("en-de."):
            os.remove(old)
    voita2021.check_jacobians()
    for name in models.MODELS:
        make_tiny(name)
    oracle.make(f"{HERE}/models/oracle", read_ids(f"{WANT}/oracle.ids"), WANT)
    for name in sides.MODELS:
        sides.make(name)
    for folder in arguments:
        make_en_de(folder)
    for path in sorted(glob.glob(f"{WANT}/*.lrp")):
        assert read_stream(path), path


if __name__ == "__main__":
    main(sys.argv[1:])
