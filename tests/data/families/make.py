#!/usr/bin/python3
"""Make models/ and want/ of the encoder-decoder families again, and check them.  Usage: make.py [NAME ...]"""
import json, os, sys
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import numpy as np
import check_seq2seq, seq2seq, seq2seq_models, t5_models
from stream import write_safetensors

HERE = seq2seq.HERE
MADE_BY = {name: module for module in (seq2seq_models, t5_models) for name in module.MODELS}
LEAST_LEAD = 1e-3          # of a generated token over the second best: single precision must choose the same


def write_json(path, x):
    with open(path, "w", encoding="utf-8") as f:
        json.dump(x, f, indent=2, sort_keys=True)
        f.write("\n")


def write_model(name, folder):
    config, generation, weights = MADE_BY[name].model(name)
    os.makedirs(folder, exist_ok=True)
    write_json(f"{folder}/config.json", config)
    if generation:
        write_json(f"{folder}/generation_config.json", generation)
    write_safetensors(f"{folder}/model.safetensors", weights, "F32")


def make(name):
    folder, want = f"{HERE}/models/{name}", f"{HERE}/want/{name}"
    write_model(name, folder)
    lines = MADE_BY[name].lines(name)
    with open(want + ".ids", "w", encoding="utf-8") as f:
        f.write("".join(line + "\n" for line in lines))
    model, settings = seq2seq.open_model(folder)
    arrays = {}
    for s, line in enumerate(lines):
        values, lead = seq2seq.line_values(model, settings, line)
        assert lead > LEAST_LEAD, (name, s, lead)
        check_seq2seq.check(model, values)
        arrays.update({f"{s}.{k}": v for k, v in values.items()})
    np.savez(want + ".npz", **arrays)
    generated = [arrays[f"{s}.generated"].tolist() for s in range(len(lines))]
    print(f"{name:18}", *(" ".join(map(str, ids)) for ids in generated if ids), sep="  | ")


def main(names):
    os.makedirs(f"{HERE}/want", exist_ok=True)
    check_seq2seq.check_buckets()
    for name in names or MADE_BY:
        make(name)


if __name__ == "__main__":
    main(sys.argv[1:])
