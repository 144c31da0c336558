#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a framework's hooks would have seen of a model of tests/data/families, as trace-extract --check takes it.

Usage: framework.py NAME OUT.npz [TYPE]

The numpy definitions there are run on the lines of want/NAME.ids, with their generated tokens, and what comes out of each of their dense
layers and norms is written under the name of its module; hidden states, logits and ids as Hugging Face's models give them. TYPE is
numpy's name of the numbers' type, f8 without.
"""
import os, sys
import numpy as np

FAMILIES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "families")
sys.path.insert(1, FAMILIES)
import bart, llama_like, make_single, pieces, seq2seq, single, t5  # noqa: E402

seen, hidden = {}, {}    # of the line that is run


def see(name, y):
    seen[name] = y
    return y


def watch(owner, function, name):
    """Note what the function gives, under a name made of its arguments."""
    plain = getattr(owner, function)
    setattr(owner, function, lambda *args: see(name(*args), plain(*args)))


class Joined(np.ndarray):
    """A matrix of GPT-2's, which is multiplied from the left."""
    def __rmatmul__(self, x):
        return see(self.module, np.asarray(x @ np.asarray(self)) + self.bias) - self.bias


def watch_single():
    def get(m, name):
        w = plain(m, name)
        if w.ndim == 2 and ".c_" in name:
            w = w.view(Joined)
            w.module, w.bias = (m.prefix + name).removesuffix(".weight"), plain(m, name.removesuffix("weight") + "bias")
        return w

    plain, pieces.Run.get = pieces.Run.get, get
    watch(pieces.Run, "dense", lambda m, x, name: m.prefix + name)
    watch(pieces.Run, "norm", lambda m, x, name, eps: m.prefix + name)
    watch(llama_like.Gated, "rms", lambda m, x, name: m.prefix + name)


def watch_seq2seq():
    def residual(m, norm, x, branch):
        y = plain(m, norm, x, branch)
        if norm.endswith(".final_layer_norm"):
            hidden[norm.split(".")[0]].append(y)
        return y

    def embed(m, side, ids):
        hidden[side] = [embeddings(m, side, ids)]
        return hidden[side][0]

    def norm(m, name, x):
        if name.endswith(".layer.0.layer_norm"):
            hidden.setdefault(name.split(".")[0], []).append(x)
        elif name.endswith(".final_layer_norm"):
            hidden[name.split(".")[0]].append(x)
        return see(name, rms(m, name, x))

    plain, bart.Bart.residual = bart.Bart.residual, residual
    embeddings, bart.Bart.embed = bart.Bart.embed, embed
    rms, t5.T5.norm = t5.T5.norm, norm
    watch(bart, "linear", lambda w, name, x: "model." + name)
    watch(bart, "layer_norm", lambda w, name, x: "model." + name)
    watch(t5, "linear", lambda w, name, x: name)


def hidden_states(prefix, states, final):
    """The last one is what comes behind the stack's norm."""
    return {f"{prefix}hidden_states.{i}": x for i, x in enumerate(states[:-1] + [states[-1] if final is None else final])}


def first_of(names):
    return next((seen[name] for name in names if name in seen), None)


def of_two_sides(model, case):
    values = model.forward(case["source"], case["inputs"])
    out = {"input_ids": case["source"], "decoder_input_ids": case["inputs"], "logits": values["logits"]}
    for side in "encoder", "decoder":
        out.update(hidden_states(side + "_", hidden[side], first_of([f"model.{side}.layer_norm", f"{side}.final_layer_norm"])))
    return out


def of_one_side(model, case):
    run = model.run(case["inputs"])
    prefixes = "transformer.", "model.", "model.decoder.", "decoder.", "gpt_neox.", ""
    final = first_of([p + n for p in prefixes for n in ("ln_f", "norm", "final_layer_norm")])
    return {"input_ids": case["inputs"], "logits": run.logits, **hidden_states("", [run.embed, *run.hidden], final)}


def main(name, out, kind="f8"):
    want = np.load(f"{FAMILIES}/want/{name}.npz")
    two = "0.source" in want
    (watch_seq2seq if two else watch_single)()
    folder = f"{FAMILIES}/models/{name}"
    model = seq2seq.open_model(folder)[0] if two else make_single.Model(folder)
    arrays = {}
    for line in sorted({int(key.split(".")[0]) for key in want.files}):
        case = {key.split(".", 1)[1]: want[key] for key in want.files if key.startswith(f"{line}.")}
        seen.clear(), hidden.clear()
        values = (of_two_sides if two else of_one_side)(model, case)
        for key, x in {**seen, **values}.items():
            arrays[f"{line}.{key}"] = x if key.endswith("_ids") else x.astype(kind)
    np.savez(out, **arrays)


main(*sys.argv[1:])
