#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""tied.py DATA: the tiny models whose table of tokens has several names, written again with each legal subset
of the names, and with one that the file's metadata gives: all must compute the same logits, bit for bit. The names
are those that Hugging Face's definitions tie (_tied_weights_keys, and the embedding that both stacks are given)."""
import itertools
import json
import os
import struct
import subprocess
import sys

DATA = sys.argv[1]
SEQ2SEQ = ["shared.weight", "encoder.embed_tokens.weight", "decoder.embed_tokens.weight"]
# by model_type: names with the base model's prefix and without, then the output's
TIED = {"gpt2": ("transformer.", ["wte.weight"], "lm_head.weight"), "opt": ("model.", ["decoder.embed_tokens.weight"], "lm_head.weight"),
        "gpt_neox": ("gpt_neox.", ["embed_in.weight"], "embed_out.weight"),
        "bert": ("bert.", ["embeddings.word_embeddings.weight"], "cls.predictions.decoder.weight"),
        "roberta": ("roberta.", ["embeddings.word_embeddings.weight"], "lm_head.decoder.weight"),
        "xlm-roberta": ("roberta.", ["embeddings.word_embeddings.weight"], "lm_head.decoder.weight"),
        "distilbert": ("distilbert.", ["embeddings.word_embeddings.weight"], "vocab_projector.weight")}
TIED.update(dict.fromkeys("llama qwen2 qwen3 phi3 gemma gemma2 gemma3_text olmo2 mistral".split(),
                          ("model.", ["embed_tokens.weight"], "lm_head.weight")))
TIED.update(dict.fromkeys("t5 mt5 umt5".split(), ("", SEQ2SEQ, "lm_head.weight")))
TIED.update(dict.fromkeys("marian bart mbart pegasus blenderbot blenderbot-small m2m_100".split(), ("model.", SEQ2SEQ, "lm_head.weight")))


def read(path):
    data = open(path, "rb").read()
    n = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + n])
    header.pop("__metadata__", None)
    return {k: (v["dtype"], v["shape"], data[8 + n :][slice(*v["data_offsets"])]) for k, v in header.items()}


def write(path, tensors, metadata):
    header, data = {"__metadata__": {"format": "pt", **metadata}}, b""
    for k, (dtype, shape, part) in tensors.items():
        header[k] = dict(dtype=dtype, shape=shape, data_offsets=[len(data), len(data) + len(part)])
        data += part
    text = json.dumps(header).encode()
    open(path, "wb").write(struct.pack("<Q", len(text)) + text + data)


def trace(directory, ids, out):
    with open(out, "wb") as f:
        return subprocess.run(["trace-extract", "-m", directory, "--ids", "-k", "logits"], input=next(open(ids, "rb")), stdout=f, stderr=subprocess.PIPE)


def check(model, ids):
    config = json.load(open(f"{model}/config.json"))
    if config["model_type"] not in TIED or not os.path.exists(f"{model}/model.safetensors"):
        return 0
    prefix, inner, output = TIED[config["model_type"]]
    tensors = read(f"{model}/model.safetensors")
    base = not any(k.startswith(prefix) for k in tensors)  # a checkpoint of the base model alone
    group = [("" if base else prefix) + k for k in inner]
    table = next(tensors[k] for k in [*group, output] if k in tensors)
    if config.get("tie_word_embeddings") is not False and not base and tensors.get(output, table) == table:
        group.append(output)  # (version 5 of transformers saves an untied T5 as a tied one, with both tables)
    if len(group) < 2 or config.get("share_encoder_decoder_embeddings") is False:
        return 0
    rest = {k: v for k, v in tensors.items() if k not in group}
    os.makedirs("tied", exist_ok=True)
    for f in os.listdir(model):
        if f != "model.safetensors":
            open(f"tied/{f}", "wb").write(open(f"{model}/{f}", "rb").read())
    first = trace(model, ids, "one.lrp")
    assert first.returncode == 0, first.stderr
    ways = [(s, {}) for n in range(1, len(group) + 1) for s in itertools.combinations(group, n)]
    ways += [(["odd.table"], {k: "odd.table"}) for k in group]
    for names, metadata in ways:
        write("tied/model.safetensors", {**rest, **dict.fromkeys(names, table)}, metadata)
        done = trace("tied", ids, "two.lrp")
        same = done.returncode == 0 and subprocess.run(
            ["stream-diff", "-t", "0", "-k", "sentence,target,values", "one.lrp", "two.lrp"], capture_output=True).returncode == 0
        if not same:
            print(f"{os.path.basename(model)}: {', '.join(names)} {metadata or ''}: {done.stderr.decode().strip() or 'other logits'}")
            check.bad = True
    for f in os.listdir("tied"):
        os.remove(f"tied/{f}")
    return 1


check.bad = False
seen, count = set(), 0
for model in sorted([f"{DATA}/models/{m}" for m in os.listdir(f"{DATA}/models")] +
                    [f"{DATA}/families/models/{m}" for m in os.listdir(f"{DATA}/families/models")]):
    config = json.load(open(f"{model}/config.json"))
    ids = f"{os.path.dirname(os.path.dirname(model))}/want/{os.path.basename(model)}.ids"
    kind = (config.get("model_type"), config.get("tie_word_embeddings"))
    if kind not in seen and os.path.exists(ids) and check(model, ids):
        seen.add(kind)
        count += 1
print(count, "models")
sys.exit(check.bad)
