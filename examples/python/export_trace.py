# SPDX-License-Identifier: Apache-2.0
"""Write the trace of a PyTorch model that lrpipe does not know: its graph, its weights, and what its modules give, seen by hooks.

A script of your own says which operations the model is made of, those of lib/stream/FORMAT.md, and which of its modules each one is.
toy_model.py beside this file is one; this is the whole of it for a model of one attention:

    graph = Graph(model)                                     # modules and parameters are called as in model.named_modules()
    x = graph.embed("target", "target", "tokens")            # a node `target` on the target's side: the module `tokens`
    q, k, v = (graph.linear(f"attention.{p}", x) for p in "qkv")      # nodes that are called as their modules
    c = graph.attention("dec-self.0", q, k, v, heads=8, causal=True)
    x = graph.add("sum", x, graph.linear("attention.out", c))
    graph.linear("logits", x, "head")                        # the last node is the logits

    export(sys.stdout.buffer, graph, lambda ids: model(torch.tensor([ids])), [{"inputs": [5, 9, 3], "target": [9, 3, 7]}])

Nothing is written of a sentence before the graph was held against the model: every node is computed once more from its inputs, in
double precision, and must be what its module gives, what the next module reads, and in the end the logits. An error names the first
node that is not. (torch.nn.TransformerEncoder without gradients takes a path that calls none of its modules: then the first is its end.)

What has no module is written by its parameters, and see() says where its value shows. Attention of 512 neurons in a
torch.nn.MultiheadAttention called `attention`, which joins the matrices of queries, keys and values and hides the contexts:

    q, k, v = (graph.linear(f"attention.{p}", x, weight="attention.in_proj_weight", bias="attention.in_proj_bias", rows=(512 * i, 512))
               for i, p in enumerate("qkv"))
    out = graph.linear("attention.out_proj", graph.attention("enc-self.0", q, k, v, heads=8))
    graph.see(out, "attention")

Weights are stored in single precision, or half. This file needs numpy, and graph_operations.py and lrpipe.py beside it. PyTorch is your model's alone: that is asked for attributes by name, register_forward_hook() and
register_forward_pre_hook(), its tensors for detach() and cpu()."""
import hashlib
import os
import sys

import numpy

from graph_operations import OPERATIONS, key_heads, places, slice_of
from lrpipe import write


def array(x):
    """A tensor as an array; of several that a module gives or reads the first. None: there is none."""
    while isinstance(x, (tuple, list)) or hasattr(x, "to_tuple"):
        x = x[0] if len(x) else None
    if hasattr(x, "detach"):
        x = x.detach().cpu()
        x = x.float() if "bfloat16" in str(x.dtype) else x  # which numpy lacks
    return None if x is None else numpy.asarray(x)


def copied(x):
    """An array of its own, as other modules may write into the tensor"""
    x = array(x)
    return None if x is None else x.copy()


class Graph:
    """A model as a list of operations: `nodes`, as FORMAT.md has them. A method adds a node behind its inputs, and returns its name.

    embed, linear, norm and rms are the module `module`, or the one that is called as the node: its .weight and .bias are the node's,
    what it gives is the node's value, and what it reads that of the node's input. `weight` and `bias` name parameters elsewhere.
    rows=(first, count), blocks=(block, every), transposed=True: a slice of weight, bias, and what the module gives, as of one that
    makes queries, keys and values. A module that is called several times needs call=N, from 0. What is not called is not seen, and
    computed. Other settings are those of FORMAT.md."""

    def __init__(self, model, nodes=()):
        self.model, self.nodes, self.of = model, [], {}  # of: {name: node}
        self.own, self.names, self.seen = {}, {}, {}
        for n in nodes:
            self.node(**n)

    def find(self, name):
        """A module, parameter or buffer, by its name"""
        x = self.model
        for part in name.split("."):
            if not hasattr(x, part):
                sys.exit(f"the model has no '{name}'")
            x = getattr(x, part)
        return x

    def put(self, name, tensor):
        """A tensor that the model lacks, as the ones of a norm without gains: a name for weight= and bias="""
        self.own[name] = tensor
        return name

    def tensor(self, name):
        return array(self.own[name] if name in self.own else self.find(name))

    def node(self, name, op, inputs, side, width, **settings):
        """Any node; settings that are None are left out"""
        if name in self.of:
            sys.exit(f"node '{name}': there is one of this name")
        if op not in OPERATIONS:
            sys.exit(f"node '{name}': no operation '{op}' here")
        self.width(name, *inputs)
        settings = {key: value for key, value in settings.items() if value is not None}
        self.of[name] = dict(name=name, op=op, inputs=list(inputs), side=side, width=int(width), **settings)
        self.nodes.append(self.of[name])
        return name

    def width(self, name, *inputs):
        """Of the first input; all of them must be there"""
        for x in inputs:
            if x not in self.of:
                sys.exit(f"node '{name}': no node '{x}' comes before it")
        return self.of[inputs[0]]["width"] if inputs else 0

    def like(self, name, op, *inputs, width=None, **settings):
        """A node on the side of its first input, and as wide"""
        same = self.width(name, *inputs)
        return self.node(name, op, inputs, self.of[inputs[0]]["side"], width or same, **settings)

    def see(self, node, module, call=None, rows=None, blocks=(), reads=False):
        """What a module gives is the node's value; reads: and what it reads that of the node's input"""
        self.find(module)
        self.seen[node] = (module, call, rows and places(*rows, *blocks), reads)
        return node

    def part(self, name, rows, blocks, transposed=False):
        """A parameter or a slice of one, as a node names it. One of several names is the first of them, and stored once"""
        x = self.own[name] if name in self.own else self.find(name)
        name = self.names.setdefault(id(x), (name, x))[0]
        said = {**dict(zip(("first", "rows"), rows or ())), **dict(zip(("block", "every"), blocks))}
        said.update({"transposed": True} if transposed else {})
        return {"name": name, **said} if said else name

    def weighted(self, name, op, inputs, side, axis, module, weight=None, bias=None, call=None, rows=None, blocks=(), transposed=False,
                 heads=None, **settings):
        """A node with a weight, whose width is the slice's size along an axis; of `heads` equal parts, if there are any"""
        module = name if module is None and weight is None else module
        if module is not None:
            weight = weight or f"{module}.weight"
            bias = bias or (f"{module}.bias" if getattr(self.find(module), "bias", None) is not None else None)
        weight, bias = self.part(weight, rows, blocks, transposed), bias and self.part(bias, rows, blocks)
        try:
            width = slice_of(weight, self.tensor).shape[axis] * (heads or 1)
        except IndexError as e:
            sys.exit(f"node '{name}': {e}")
        self.node(name, op, inputs, side, width, weight=weight, bias=bias, heads=heads, **settings)
        return name if module is None else self.see(name, module, call, rows, blocks, reads=bool(inputs))

    def embed(self, name, side, module=None, width=None, **settings):
        """A row for each token of the side, `source` or `target`; positions=True: for each position, computed if there is a width alone"""
        if width:
            return self.node(name, "embed", [], side, width, **settings)
        self.weighted(name, "embed", [], side, 1, module, **settings)
        if {"scale", "rows", "constant"} & set(settings):
            self.seen.pop(name, None)  # the module gives it without the factor, or numbers rows otherwise
        return name

    def linear(self, name, x, module=None, **settings):
        self.width(name, x)
        return self.weighted(name, "linear", [x], self.of[x]["side"], 0, module, **settings)

    def norm(self, name, x, module=None, op="norm", eps=None, **settings):
        """eps: the module's, where it has one that is called so"""
        self.width(name, x)
        own = None if "weight" in settings and module is None else getattr(self.find(module or name), "eps", None)
        if eps is None and own is None:
            sys.exit(f"node '{name}': its module has no 'eps'; say eps=")
        return self.weighted(name, op, [x], self.of[x]["side"], 0, module, eps=float(own if eps is None else eps), **settings)

    def rms(self, name, x, module=None, **settings):
        return self.norm(name, x, module, op="rms", **settings)

    def add(self, name, *x):
        return self.like(name, "add", *x)

    def multiply(self, name, x, y):
        return self.like(name, "multiply", x, y)

    def scale(self, name, x, factor):
        return self.like(name, "scale", x, factor=float(factor))

    def rotate(self, name, x, heads, frequencies, **settings):
        """frequencies: radians a position, of each pair of a head's neurons"""
        return self.like(name, "rotate", x, heads=heads, frequencies=[float(f) for f in array(frequencies)], **settings)

    def activation(self, name, x, function, module=None, call=None):
        self.like(name, "activation", x, function=function)
        return name if module is None else self.see(name, module, call, reads=True)

    def attention(self, name, q, k, v, heads, scale=None, kv_heads=None, causal=None, window=None, distances=None, **settings):
        """Three nodes: NAME.scores, NAME.weights, and the contexts of the heads, NAME. scale: 1 / sqrt(width of a head) unless given;
        distances: the parameter that is a table of them, with buckets= and longest="""
        width = self.width(name, q, k, v)
        shared = dict(heads=heads, kv_heads=kv_heads, keys=self.of[k]["side"], causal=causal or None, window=window)
        s = self.like(f"{name}.scores", "scores", q, k, width=heads, scale=(width // heads) ** -0.5 if scale is None else float(scale),
                      weight=distances, **shared, **settings)
        a = self.like(f"{name}.weights", "softmax", s, **shared)
        return self.like(name, "context", a, v, width=self.of[v]["width"] * heads // (kv_heads or heads), **shared)

    def weights(self):
        """{name: array} of all tensors that nodes name, in single precision, or half"""
        said = [n[key] for n in self.nodes for key in ("weight", "bias") if key in n]
        arrays = {name: self.tensor(name) for name in dict.fromkeys(x if isinstance(x, str) else x["name"] for x in said)}
        return {name: x.astype("<f2" if x.dtype.itemsize == 2 else "<f4") for name, x in arrays.items()}

    def compute(self, n, tokens, values):
        """The value of a node from those of its inputs; tokens: {side: ids}"""
        try:
            w, b = (slice_of(n[key], self.tensor) if key in n else None for key in ("weight", "bias"))
            return OPERATIONS[n["op"]](n, w, b, *([values[x] for x in n["inputs"]] or [tokens[n["side"]]]))
        except (ValueError, IndexError, KeyError) as e:
            sys.exit(f"node '{n['name']}' ({n['op']}): {e}")


# ---- What hooks see, and whether it is what the graph says


def watch(graph, forward, ids):
    """What the model gives, and what hooks see: {module: [[what it reads, what it gives] of each call]}"""
    calls = {module: [] for module, _, _, _ in graph.seen.values()}
    handles = []
    for name, made in calls.items():
        def before(module, inputs, made=made):
            made.append([copied(inputs), None])

        def after(module, inputs, output, made=made):
            made[-1][1] = copied(output)
        handles += [graph.find(name).register_forward_pre_hook(before), graph.find(name).register_forward_hook(after)]
    try:
        return array(forward(*ids)), calls
    finally:
        for handle in handles:
            handle.remove()


def call_of(graph, node, calls):
    """What the node's module reads and gives; None where that is not seen"""
    module, call, columns, reads = graph.seen.get(node, (None, None, None, False))
    made = calls.get(module, [])
    if not made:
        return None, None
    if call is None and len(made) > 1 or (call or 0) >= len(made):
        sys.exit(f"node '{node}': module '{module}' is called {len(made)} times; say which of these it is, from call=0 on")
    x, y = made[call or 0]
    return x if reads else None, y if columns is None else y[..., columns]


def computed_from(graph, name, seen):
    """The nodes that a value was computed from, back to those that were seen, in their order"""
    found = {name}
    for n in reversed(graph.nodes):
        found |= set(n["inputs"]) - seen if n["name"] in found else set()
    return [n["name"] for n in graph.nodes if n["name"] in found - {name}]


class Check:
    """The values of a sentence, {node: value}: the model's own where they are seen. A node that the model does not have is an error."""

    def __init__(self, graph, tolerance, sentence):
        self.graph, self.tolerance, self.sentence, self.values, self.seen = graph, tolerance, sentence, {}, set()

    def hold(self, name, want, where):
        """A node's value against the model's, which then stands in its place; up to tolerance times the largest of it"""
        got = self.values[name]
        what = f"sentence {self.sentence}: node '{name}' ({self.graph.of[name]['op']}), {where}"
        if want.size != got.size or want.shape[-1] != got.shape[-1]:
            sys.exit(f"{what}: the model has {list(want.shape)}, the graph {list(got.shape)}")
        want = want.reshape(got.shape).astype(float)
        error = abs(got - want).max() / (abs(want).max() or 1)
        if not error <= self.tolerance:
            unseen = [f"'{x}'" for x in computed_from(self.graph, name, self.seen)]
            unseen = ", ".join(unseen if len(unseen) <= 6 else [*unseen[:5], "..."])
            why = f"; it is computed from {unseen}, which nothing shows" if unseen else ""
            sys.exit(f"{what}: off by {error:.2g} of the largest{why}")
        self.values[name] = want
        self.seen.add(name)

    def run(self, tokens, logits, calls):
        """tokens: {side: ids}"""
        for n in self.graph.nodes:
            name, module = n["name"], self.graph.seen.get(n["name"], [None])[0]
            read, given = call_of(self.graph, name, calls)
            if read is not None:
                self.hold(n["inputs"][0], read, f"which module '{module}' reads")
            self.values[name] = self.graph.compute(n, tokens, self.values)
            if given is not None:
                self.hold(name, given, f"which module '{module}' gives")
        self.hold(name, logits, "the logits that the model gives")
        return self.values


# ---- The stream


def identity(graph, name, weights):
    """The header's `model`, by which averages of different models are told apart"""
    sites = [n for n in graph.nodes if n["op"] == "context"]
    if not sites:
        sys.exit("the graph has no attention")
    kind = [n for n in sites if n["name"].split(".")[0] == sites[0]["name"].split(".")[0]]
    hashed = hashlib.blake2b(digest_size=16)
    for key, x in weights.items():
        hashed.update(key.encode() + x.tobytes())
    return dict(family="pytorch", name=name, layers=len(kind), heads=sites[0]["heads"], kv_heads=key_heads(sites[0]),
                width=graph.of[graph.nodes[-1]["inputs"][0]]["width"],
                checkpoint=dict(path=name, bytes=sum(x.nbytes for x in weights.values()), hash=hashed.hexdigest()))


def stored(graph, keep):
    """The nodes whose values are written; lrpipe computes what is not there"""
    needed = [n["name"] for n in graph.nodes[:-1] if n["op"] in ("embed", "linear")]
    names = {"needed": needed, "all": list(graph.of), "none": []}.get(keep, [keep]) if isinstance(keep, str) else keep
    for name in names:
        if name not in graph.of:
            sys.exit(f"keep: there is no node '{name}'")
    return names


def trace(graph, number, forward, sentence, piece, keep, tolerance):
    """The record of a sentence"""
    keys = {"source": "source", "target": "inputs"}
    tokens = {side: [int(i) for i in sentence[key]] for side, key in keys.items() if key in sentence}
    needs = sorted({n["side"] for n in graph.nodes})
    if sorted(tokens) != needs:
        sys.exit(f"sentence {number}: it needs tokens in {' and '.join(repr(keys[side]) for side in needs)}, and in no other")
    logits, calls = watch(graph, forward, list(tokens.values()))
    if logits is None:
        sys.exit("the function of a sentence's ids gives nothing; it is to give the logits")
    values = Check(graph, tolerance or {8: 1e-9, 4: 1e-5}.get(logits.dtype.itemsize, 1e-2), number).run(tokens, logits, calls)
    rows = values[graph.nodes[-1]["name"]]
    positions = [int(p) for p in sentence.get("positions", range(len(rows)))]
    if not positions or positions != sorted(set(positions)) or positions[0] < 0 or positions[-1] >= len(rows):
        sys.exit(f"sentence {number}: 'positions' are to grow from 0 to {len(rows) - 1}, one a step")
    best = numpy.argsort(-rows[positions], 1, kind="stable")[:, :2].astype("<i4")
    target = [int(i) for i in sentence.get("target", best[:, 0])]
    if len(target) != len(positions):
        sys.exit(f"sentence {number}: {len(target)} tokens in 'target' for {len(positions)} steps")
    kind = "<f8" if logits.dtype.itemsize == 8 else "<f4"
    pieces = lambda ids: [str(piece(int(i))) for i in ids]
    lists = {**{keys[side]: ids for side, ids in tokens.items()}, "target": target}
    return {"sentence": number, **({"cut": True} if sentence.get("cut") else {}), **{key: {"ids": ids, "pieces": pieces(ids)} for key, ids in lists.items()},
            **({} if len(positions) == len(rows) else {"positions": positions}),
            "top": {"ids": best, "logits": numpy.take_along_axis(rows[positions], best, 1).astype(kind),
                    "pieces": [pieces(row) for row in best]},
            "values": {x: values[x].astype(kind) for x in stored(graph, keep)}}


def export(file, graph, forward, sentences, name=None, piece=str, keep="needed", tolerance=None):
    """Write the trace of all sentences.

    forward     a function of the ids of a sentence, a list for each side that the graph has, source first: the model's logits
    sentences   maps of lists of ids: `source` of the source's side, `inputs` of the target's; `positions` of the steps, where not each
                position of the logits' side is one; `target`, the token of each step, without it the likeliest; cut=True: it was
                generated and has no end. So
                    a translation   source=S, inputs=[START] + T[:-1], target=T
                    a text          inputs=T[:-1], target=T[1:]
                    a continuation  inputs=P + T[:-1], target=T, positions=range(len(P) - 1, len(P) + len(T) - 1)
                    masks           source=S, positions=those of the masks, target=what stood there
    name        of the model, in headers and pictures; that of its class
    piece       a function of an id: its text
    keep        the values to write: needed, what costs a matrix product to make again; all; none; or a list of nodes
    tolerance   of the check, a part of a node's largest value: 1e-5 in single precision, 1e-9 in double, which finds more: model.double()
    """
    if getattr(graph.model, "training", False):
        sys.exit("the model is in training mode, in which dropout changes values: call model.eval()")
    if not graph.nodes or graph.nodes[-1]["op"] != "linear":
        sys.exit("the last node is the logits, a 'linear'")
    weights, most = graph.weights(), int(os.environ.get("LRPIPE_MAX_RECORD", 2**30))
    if sum(x.nbytes for x in weights.values()) > most:
        sys.exit(f"the weights have more than the {most} bytes of a record; LRPIPE_MAX_RECORD sets another limit, up to 2 GiB")
    write(file, "trace", (trace(graph, i, forward, s, piece, keep, tolerance) for i, s in enumerate(sentences)),
          dict(model=identity(graph, name or type(graph.model).__name__, weights), graph=graph.nodes, weights=weights))
