#!/usr/bin/python3
"""What must come out for graphs of one side and for two that see their past only.  Usage:

sides.py
    write models/NAME and want/NAME.* of the models of graph_models.py, and check them; make.py does the same
sides.py relevance NAME FOLDER LABEL ...
    for one of these models write FOLDER/NAME.LABEL.lrp; LABEL is a rule, or another start as in want/
sides.py long NAME FOLDER
    the trace and the relevance (magnitude) of one long sentence, for such a model with more positions
sides.py mixed NAME CAUSAL FOLDER
    trace and relevance for such a model whose encoder is causal in some layers: 10 is in the first of two
sides.py check HEADER MODEL NAME
    work out the graph in a trace's header (one line of JSON) with the weights of MODEL; compare with all of want/NAME.*
sides.py family HEADER MODEL IDS FOLDER LABEL ...
    work out the same for the lines of a file; write the relevance at all head sites and embeddings as FOLDER/LABEL.lrp

The steps' side is that of the last node, the logits. What a line of trace-extract --ids means there:

source alone    ids, with masks in them: a step for each mask, at its position; behind a tab the tokens that are expected there
target alone    a prompt; behind a tab what goes on from it, taken as it is. Step t is at position len(prompt) - 1 + t
both            source ids; behind a tab target ids, without the end of sentence. Step t is at position t
"""
import glob, json, os, sys
import numpy as np
import voita2021
from graph_models import EOS, LINES, LONGEST, MODELS, Marian, long_line, write_model
from neurons import Network, Rule
from stream import read_stream, read_weights, write_stream

HERE = os.path.dirname(os.path.abspath(__file__))
WANT = f"{HERE}/want"
STARTS = ["magnitude", "alphabeta", "ratio", "gamma", "cp", "attnlrp", "gradient", "gradient.loss", "forced", *voita2021.RULES]
EMBED = ["magnitude", "alphabeta", "ratio"]                # also at the embeddings


class Model:
    """A model's graph; `steps` is the side of its last node, the logits."""

    def __init__(self, graph, weights, config=()):
        self.graph, self.w, self.c = graph, weights, config
        self.sides = {n["side"] for n in graph}

    @classmethod
    def read(cls, folder):
        with open(f"{folder}/config.json", encoding="utf-8") as f:
            config = json.load(f)
        return cls(config["graph"], read_weights(folder), config)

    @classmethod
    def of_trace(cls, header, folder):
        """The graph in a trace's header."""
        with open(header, encoding="utf-8") as h, open(f"{folder}/config.json", encoding="utf-8") as c:
            return cls(json.load(h)["graph"], read_weights(folder), json.load(c))

    def sites(self, op="context"):
        """Head sites, or other nodes, in the order of a backward sweep."""
        return [n["name"] for n in reversed(self.graph) if n["op"] == op and not n.get("positions")]

    def heads(self, site):
        return next(n for n in self.graph if n["name"] == site).get("heads")

    def network(self, tokens, nudge=None):
        return Network(self.graph, self.w, tokens, nudge)


def softmax(z):
    p = np.exp(z - z.max(-1, keepdims=True))
    return p / p.sum(-1, keepdims=True)


def loss(rows, target):
    """-log p of each step's target."""
    return -np.log(softmax(rows)[range(len(target)), target])


def tokens(ids):
    """There is no vocabulary, so ids are pieces."""
    return {"ids": [int(i) for i in ids], "pieces": [str(i) for i in ids]}


class Sentence:
    """A line: the tokens of both sides; for each step its position, its target, the logits' row; the network."""

    def __init__(self, model, tokens, positions, target, cut=False):
        self.tokens, self.positions, self.said = tokens, positions, {"cut": True} if cut else {}
        self.model, self.net = model, model.network(tokens)
        self.rows = self.net.value["logits"][positions]
        self.order = np.argsort(-self.rows, axis=-1, kind="stable")
        self.best, self.second = self.order[:, :2].T
        self.target = target or [int(best) for best in self.best]

    @classmethod
    def read(cls, model, line):
        first, *given = ([int(i) for i in part.split()] for part in line.split("\t"))
        if "target" not in model.sides:
            masks = [i for i, token in enumerate(first) if token == model.c["mask_token_id"]]
            return cls(model, {"source": first}, masks, given[0] if given else None)
        if "source" in model.sides:
            prompt, source = [model.c["decoder_start_token_id"]], {"source": first}
            target = given[0] + [model.c["eos_token_id"]] if given else None
        else:
            prompt, source, target = first, {}, given[0] if given else None
        if not given:
            target = cls.generate(model, source, prompt)
        cut = not given and target[-1] != model.c["eos_token_id"]
        inputs = [*prompt, *target[:-1]]
        return cls(model, {**source, "target": inputs}, [len(prompt) - 1 + t for t in range(len(target))], target, cut)

    @staticmethod
    def generate(model, source, prompt):
        """Greedily, until the end of sentence or until as many tokens stand there as can."""
        target = []
        while len(prompt) + len(target) < model.c["max_length"] and (not target or target[-1] != model.c["eos_token_id"]):
            target.append(int(model.network({**source, "target": [*prompt, *target]}).value["logits"][-1].argmax()))
        return target

    def starts(self, label):
        """What each step starts with: {number of a neuron: relevance, or derivative of the loss}."""
        numbers, steps = self.net.number["logits"][self.positions], range(len(self.positions))
        if label.endswith(".loss"):
            slopes = softmax(self.rows)
            slopes[steps, self.target] -= 1
            rows = slopes if label == "gradient.loss" else self.rows * slopes
            return [dict(zip(row, r)) for row, r in zip(numbers, rows)]
        if label == "contrast":
            return [{numbers[t, self.best[t]]: 1.0, numbers[t, self.second[t]]: -1.0} for t in steps]
        if label == "from":
            return [{self.net.number["dec.1.ffn.norm"][p, 2]: 1.0} for p in self.positions]
        if label.startswith("from="):                        # a step for each position of the node
            return [{number: 1.0 for number in row} for row in self.net.number[label[5:]]]
        return [{numbers[t, v]: 1.0} for t, v in enumerate(self.target if label == "forced" else self.best)]

    def relevance(self, label):
        """label: the middle of a file's name in want/, a rule or one of the other starts. Of voita2021 at head sites only."""
        if label in voita2021.RULES:
            model = Marian(self.model.graph, self.model.w)
            steps = [voita2021.Backward(model, self.net, *start, label == "voita2021") for start in zip(self.positions, self.best)]
            return {site: np.stack([step.R[site] for step in steps]) for site in self.model.sites()}
        rule = "magnitude" if label in ("forced", "contrast", "from") or label.startswith("from=") else label.removesuffix(".loss")
        return self.net.relevance(Rule.parse(rule), self.starts(label))

    def trace(self, s):
        all_of_them = self.positions == list(range(len(self.net.value["logits"])))
        top = self.order[:, :2]
        return {"type": "trace", "sentence": s, **self.said,
                **({"source": tokens(self.tokens["source"])} if "source" in self.tokens else {}),
                "target": tokens(self.target),
                **({"inputs": tokens(self.tokens["target"])} if "target" in self.tokens else {}),
                **({} if all_of_them else {"positions": self.positions}),
                "top": {"ids": top.astype("<i4"), "logits": np.take_along_axis(self.rows, top, -1),
                        "pieces": [tokens(row)["pieces"] for row in top]},
                "values": self.net.value}

    def output(self, site):
        """Mean over positions of |c_ih W_O[h]|, W_O the one linear node that reads the site."""
        [n] = [n for n in self.model.graph if site in n["inputs"]]
        heads, c, W = self.model.heads(site), self.net.value[site], self.model.w[n["weight"]]
        return [np.mean([np.linalg.norm(W[:, part] @ row[part]) for row in c]) for part in np.split(np.arange(c.shape[1]), heads)]

    def confidence(self, site):
        """Mean over queries of the largest weight. What is translated ends with an end of sentence, no query and no key."""
        context = next(n for n in self.model.graph if n["name"] == site)
        ends = len(self.tokens) == 2
        a = self.net.value[context["inputs"][0]]
        queries, keys = (count - (ends and side == "source") for count, side in zip(
            a.shape[1:], (context["side"], context["keys"])))
        return [np.mean([max(head[i, :keys]) for i in range(queries)]) for head in a]


def heads_records(sentences, measure):
    return [{"type": "heads", "sentence": s, **x.said, "site": site, "first_step": 0, "heads": x.model.heads(site),
             "relevance": np.array([measure(x, site)])} for s, x in enumerate(sentences) for site in x.model.sites()]


def relevance_records(sentences, R, sites):
    """R: of each sentence its relevance at every node."""
    records = []
    for s, (x, relevance) in enumerate(zip(sentences, R)):
        for site in sites:
            heads = x.model.heads(site)
            records.append({"type": "relevance", "sentence": s, **x.said, "site": site, "first_step": 0,
                            **({"heads": heads} if heads else {}), "relevance": relevance[site]})
    return records


def means_records(sentences):
    """Mean contexts over all positions of all sentences, in forward order."""
    records = []
    for site in reversed(sentences[0].model.sites()):
        rows = np.concatenate([x.net.value[site] for x in sentences])
        mean = (rows.sum(0) / len(rows)).reshape(sentences[0].model.heads(site), -1)
        records.append({"type": "means", "site": site, "positions": len(rows), "mean": mean})
    return records


def losses_records(sentences):
    return [{"type": "losses", "sentence": s, **x.said, "first_step": 0, "loss": loss(x.rows, x.target),
             "top1": np.array([float(x.best[t] == v) for t, v in enumerate(x.target)])} for s, x in enumerate(sentences)]


def check_conserved(name, x, R, label):
    """Formula (1): all embeddings together have the start; nothing reaches what attention does not see."""
    leaves = sum(R[n["name"]].sum((1, 2)) for n in x.model.graph if n["op"] == "embed")
    assert abs(leaves - 1).max() < 1e-12 and all((r >= 0).all() for r in R.values()), (name, label)
    for t, p in enumerate(x.positions):
        if "target" in x.tokens:
            assert not R["target"][t, p + 1:].any()


def check_gradient(name, x, label):
    """Finite differences: a nudged neuron of a site, times its value."""
    random, R, h, worst = np.random.default_rng(1), x.relevance(label), 1e-5, 0.0
    rows = lambda net: net.value["logits"][x.positions]
    start = lambda net: loss(rows(net), x.target) if label == "gradient.loss" else rows(net)[range(len(x.best)), x.best]
    for site in [*x.model.sites(), *x.model.sites("embed")]:
        for _ in range(4):
            at = tuple(int(random.integers(size)) for size in x.net.value[site].shape)
            up, down = (start(x.model.network(x.tokens, (site, at, d))) for d in (h, -h))
            slope = (up - down) / (2 * h) * x.net.value[site][at]
            worst = max(worst, abs(slope - R[site][(slice(None), *at)]).max() / abs(R[site]).max())
    print(f"{name}: {label}: finite differences agree to {worst:.1e}")
    assert worst < 1e-7


def write_trace(path, name, sentences):
    """With the graph and its weights."""
    model = sentences[0].model
    heads = model.heads(model.sites()[0])
    sizes = {"layers": 2, "heads": heads, "kv_heads": heads, "width": model.graph[0]["width"]}
    write_stream(path, "trace", [x.trace(s) for s, x in enumerate(sentences)], model={"family": "graph", "name": name, **sizes},
                 graph=model.graph, weights={key: w.astype("<f4") for key, w in model.w.items()})


def make(name):
    write_model(name, f"{HERE}/models/{name}")
    with open(f"{WANT}/{name}.ids", "w", encoding="utf-8") as f:
        f.writelines(line + "\n" for line in LINES[name])
    model = Model.read(f"{HERE}/models/{name}")
    sentences = [Sentence.read(model, line) for line in LINES[name]]
    write = lambda label, content, records: write_stream(f"{WANT}/{name}.{label}.lrp", content, records)
    write_trace(f"{WANT}/{name}.trace.lrp", name, sentences)
    write("output.heads", "heads", heads_records(sentences, Sentence.output))
    write("confidence.heads", "heads", heads_records(sentences, Sentence.confidence))
    write("means", "means", means_records(sentences))
    write("losses", "losses", losses_records(sentences))
    for label in STARTS:
        R = [x.relevance(label) for x in sentences]
        if label in ("magnitude", "alphabeta"):
            for x, r in zip(sentences, R):
                check_conserved(name, x, r, label)
        write(label, "relevance", relevance_records(sentences, R, model.sites()))
        if label in EMBED:
            write(f"{label}.embed", "relevance", relevance_records(sentences, R, model.sites("embed")))
        sizes = [abs(r[site]).sum((1, 2)).max() for r in R for site in model.sites()]
        print(f"{name}: {label}: largest sum |R| {max(sizes):.3g}")
    for label in "gradient", "gradient.loss":
        check_gradient(name, sentences[0], label)
    for x in sentences:
        gap = np.diff(np.take_along_axis(x.rows, x.order[:, :3], -1)).max()
        print(f"{name}: {x.tokens} -> {x.target} at {x.positions}{' cut' if x.said else ''}; closest of the best three {-gap:.2g}")


def differs(what, want, got):
    if want.shape != got.shape or not abs(want - got).max() < 1e-9 * (abs(want).max() or 1):
        sys.exit(f"{what}: not the same")
    return 1


def check(header, folder, name):
    """Every file want/NAME.* of a kind that is made here. The traces say what was the best token."""
    with open(header, encoding="utf-8") as f:
        model = Model(json.load(f)["graph"], read_weights(folder))
    sentences, count = [], 0
    for r in read_stream(f"{WANT}/{name}.trace.lrp"):
        inputs = r["inputs"]["ids"] if isinstance(r["inputs"], dict) else r["inputs"]
        x = Sentence(model, {"source": r["source"]["ids"], "target": list(inputs)}, list(range(len(inputs))), r["target"]["ids"])
        x.best, x.second = r["top"]["ids"].T
        count += sum(differs(f"{name}: {node}", value, x.net.value[node]) for node, value in r["values"].items())
        sentences.append(x)
    for r, x in zip(read_stream(f"{WANT}/{name}.output.heads.lrp"), heads_records(sentences, Sentence.output), strict=True):
        count += differs(f"{name}: output of {r['site']}", r["relevance"], x["relevance"])
    R, of = [], ""
    for path in sorted(glob.glob(f"{WANT}/{name}.*.lrp")):
        label = os.path.basename(path)[len(name) + 1:-4].removesuffix(".embed").removeprefix("paths.")
        if label == "trace" or label.startswith("voita2021") or label.endswith("heads"):
            continue
        if label != of:
            R, of = [x.relevance(label) for x in sentences], label
        for r in read_stream(path):
            count += differs(f"{name}: {label}: {r['site']}", r["relevance"], R[r["sentence"]][r["site"]])
    print(name, count, "tensors agree")


def write_relevance(name, folder, *labels):
    model = Model.read(f"{HERE}/models/{name}")
    sentences = [Sentence.read(model, line) for line in LINES[name]]
    for label in labels:
        R = [x.relevance(label) for x in sentences]
        records = relevance_records(sentences, R, [site for site in model.sites() if site in R[0]])
        write_stream(f"{folder}/{name}.{label}.lrp", "relevance", records)


def write_family(header, folder, ids, to, *labels):
    model = Model.of_trace(header, folder)
    with open(ids, encoding="utf-8") as f:
        sentences = [Sentence.read(model, line) for line in f]
    sites = [*model.sites(), *(n["name"] for n in reversed(model.graph) if n["op"] == "embed")]
    for label in labels:
        write_stream(f"{to}/{label}.lrp", "relevance", relevance_records(sentences, [x.relevance(label) for x in sentences], sites))


def write_long(name, folder):
    m, config = MODELS[name](50)
    x = Sentence.read(Model(m.graph, m.w, {"eos_token_id": EOS, **config}), long_line(name, np.random.default_rng(3)))
    write_trace(f"{folder}/{name}.trace.lrp", name, [x])
    write_stream(f"{folder}/{name}.magnitude.lrp", "relevance", relevance_records([x], [x.relevance("magnitude")], x.model.sites()))


def write_mixed(name, causal, folder):
    """Layer i of the encoder is causal where causal[i] is 1."""
    m, config = MODELS[name](LONGEST)
    for n in m.graph:
        layer = n["name"].removeprefix("enc-self.").removeprefix("enc.")[0]
        if n["op"] in ("scores", "softmax", "context") and n["name"].startswith("enc"):
            n.pop("causal", None)
            n.update({"causal": True} if causal[int(layer)] == "1" else {})
    model = Model(m.graph, m.w, {"eos_token_id": EOS, "max_length": LONGEST, **config})
    sentences = [Sentence.read(model, line) for line in LINES[name]]
    write_trace(f"{folder}/{name}.trace.lrp", name, sentences)
    for label in ("magnitude", "attnlrp"):
        records = relevance_records(sentences, [x.relevance(label) for x in sentences], model.sites())
        write_stream(f"{folder}/{name}.{label}.lrp", "relevance", records)


def main(arguments):
    commands = {"relevance": write_relevance, "long": write_long, "mixed": write_mixed, "check": check, "family": write_family}
    if arguments:
        return commands[arguments[0]](*arguments[1:])
    for name in MODELS:
        make(name)


if __name__ == "__main__":
    main(sys.argv[1:])
