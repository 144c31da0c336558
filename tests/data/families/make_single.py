#!/usr/bin/python3
"""Write models/NAME, want/NAME.ids and want/NAME.npz of all models of one stack, and check what they are made by.

Usage: make_single.py [NAME ...]

NAME.ids holds a line a case, as trace-extract --ids takes them: of a decoder a prompt, or a prompt, tab, and what goes on from it
(nothing is added); of an encoder ids with masks in them, and behind a tab the tokens that are expected there, one a mask.
NAME.npz holds for line L, counted from 0:

    L.inputs       the ids that the model is run on: a prompt and what goes on from it, without its last token
    L.steps        the positions of the steps: those that predict what goes on from the prompt; those of the masks
    L.logits       [step, vocabulary]
    L.best         the best token of each step; of a prompt alone that is what was generated, greedily
    L.dec-self.I, L.enc-self.I    [position, heads * neurons]: the context of layer I, heads of queries one after the other
    L.embed        what the first layer reads
    L.hidden.I     what layer I gives to the next one

A prompt alone goes on until a token of eos_token_id, or until there are max_length tokens with the prompt, or max_new_tokens without
it, as generation_config.json says, else config.json; 20 tokens where neither does. Sampling, where it is asked for, is left out.

Where rotations depend on the length of the line (dynamic, longrope), that is the length of `inputs`; no prompt grows from a length with
one kind of angles into the other.
"""
import json, os, sys, zlib
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(1, os.path.dirname(HERE))
import llama_like, llama_models, single, single_check, single_models
from stream import read_safetensors, write_safetensors

FAMILY = {**single.FAMILY, **llama_like.FAMILY}
MODELS = {**single_models.MODELS, **llama_models.MODELS}
TENSORS = {**single_models.TENSORS, **llama_models.TENSORS}
CLOSE = 1e-4                     # best tokens are so far ahead of the next ones that single precision finds them too


class Model:
    def __init__(self, folder):
        self.c = self.read(f"{folder}/config.json")
        generation = f"{folder}/generation_config.json"
        self.g = self.read(generation) if os.path.exists(generation) else self.c
        self.w = read_safetensors(f"{folder}/model.safetensors")
        self.fills = "mask_token_id" in self.c

    @staticmethod
    def read(path):
        with open(path, encoding="utf-8") as f:
            return json.load(f)

    def run(self, ids):
        return FAMILY[self.c["model_type"]](self.c, self.w, np.array(ids))

    def generate(self, prompt):
        eos, ids = np.atleast_1d(self.g["eos_token_id"]), list(prompt)
        longest = len(prompt) + self.g["max_new_tokens"] if "max_new_tokens" in self.g else self.g.get("max_length", 20)
        while len(ids) < longest and (len(ids) == len(prompt) or ids[-1] not in eos):
            ids.append(best(self.run(ids).logits[-1:])[0])
        return ids[len(prompt):]


def best(logits):
    order = np.sort(logits)
    assert (order[:, -1] - order[:, -2] > CLOSE).all(), "another seed: two tokens are nearly as good"
    return [int(i) for i in logits.argmax(-1)]


def write_json(path, x):
    with open(path, "w", encoding="utf-8") as f:
        json.dump(x, f, indent=2)
        f.write("\n")


def write_model(name, folder):
    config, generation, options = MODELS[name]
    m = single_models.Maker(name + options.get("seed", ""), config)
    TENSORS[config["model_type"]](m, **{k: v for k, v in options.items() if k not in ("seed", "long")})
    os.makedirs(folder, exist_ok=True)
    write_json(f"{folder}/config.json", config)
    if generation is not None:
        special = {k: config[k] for k in ("bos_token_id", "eos_token_id", "pad_token_id") if config.get(k) is not None}
        write_json(f"{folder}/generation_config.json",
                   {"_from_model_config": True, **special, "transformers_version": "4.26.0", **generation})
    write_safetensors(f"{folder}/model.safetensors", m.w, "F32")


def lines(name, config, long=False):
    """Prompts alone, prompts and what goes on from them (long: one of more than 20 tokens); or ids with masks, with and without the
    tokens behind the tab."""
    random = np.random.default_rng(zlib.crc32(name.encode()) + 1)
    special = {i for k in config if k.endswith("_token_id") and config[k] is not None for i in np.ravel(config[k])}
    tokens = [i for i in range(5, config["vocab_size"]) if i not in special]
    draw = lambda n: [int(i) for i in random.choice(tokens, n)]
    first = [config["bos_token_id"]] if config.get("bos_token_id") is not None else []
    if "mask_token_id" not in config:
        out = [(first + draw(4), draw(5)), (draw(1), draw(3)), (first + draw(6), []), (draw(2), []), (first + draw(3), draw(10))]
        return out + [(first + draw(20), draw(5))] if long else out
    out = []
    for n, masks, given in (5, [2], False), (8, [0, 5, 6], True), (1, [0], True), (12, [11], False):
        ids = draw(n)
        for i in masks:
            ids[i] = config["mask_token_id"]
        start, end = (first or [2], [3 if not first else config["eos_token_id"]]) if n > 1 else ([], [])
        out.append((start + ids + end, draw(len(masks)) if given else []))
    return out


def case(model, ids, rest):
    """The arrays of a line"""
    if model.fills:
        inputs, steps = ids, [i for i, t in enumerate(ids) if t == model.c["mask_token_id"]]
    else:
        target = rest or model.generate(ids)
        inputs = ids + target[:-1]
        steps = range(len(ids) - 1, len(inputs))
    run = model.run(inputs)
    logits = run.logits[list(steps)]
    out = {"inputs": np.array(inputs), "steps": np.array(steps), "logits": logits, "best": np.array(best(logits)),
           "embed": run.embed}
    for i, (context, hidden) in enumerate(zip(run.context, run.hidden, strict=True)):
        out[f"{'enc' if model.fills else 'dec'}-self.{i}"], out[f"hidden.{i}"] = context, hidden
    assert model.fills or rest or list(out["best"]) == target
    return out


def main(names):
    single_check.check_rotary()
    single_check.check_window()
    for name in names or MODELS:
        folder, want = f"{HERE}/models/{name}", f"{HERE}/want/{name}"
        write_model(name, folder)
        os.makedirs(os.path.dirname(want), exist_ok=True)
        model, arrays, ids = Model(folder), {}, lines(name, MODELS[name][0], MODELS[name][2].get("long"))
        with open(want + ".ids", "w", encoding="utf-8") as f:
            for i, parts in enumerate(ids):
                f.write("\t".join(" ".join(map(str, p)) for p in parts if p) + "\n")
                arrays.update({f"{i}.{key}": x for key, x in case(model, *parts).items()})
        np.savez_compressed(want + ".npz", **arrays)
        single_check.check(model, ids)
        print(name, "generates", *(len(arrays[f"{i}.best"]) for i, p in enumerate(ids) if not p[1]))


if __name__ == "__main__":
    main(sys.argv[1:])
