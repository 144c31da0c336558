#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Write a Llama with random weights in bfloat16, of the sizes of TinyLlama 1.1B where nothing else is said.

    make_llama.py DIRECTORY [--width 2048] [--layers 22] [--heads 32] [--kv-heads 4] [--inner 5632] [--words 32000] [--positions 4096]

Matrices are written a few rows at a time, so a model may be larger than memory.
"""
import argparse, json, os, struct
import numpy as np

ROWS = 1024


def shapes(a):
    """{name: (shape, standard deviation)}; 0: a norm, all ones"""
    head = a.width // a.heads
    yield "model.embed_tokens.weight", (a.words, a.width), 1.0
    for i in range(a.layers):
        layer = f"model.layers.{i}."
        for norm in "input_layernorm", "post_attention_layernorm":
            yield f"{layer}{norm}.weight", (a.width,), 0.0
        for name, rows, columns in (("self_attn.q", a.width, a.width), ("self_attn.k", a.kv_heads * head, a.width),
                                    ("self_attn.v", a.kv_heads * head, a.width), ("self_attn.o", a.width, a.width),
                                    ("mlp.gate", a.inner, a.width), ("mlp.up", a.inner, a.width), ("mlp.down", a.width, a.inner)):
            yield f"{layer}{name}_proj.weight", (rows, columns), columns ** -0.5
    yield "model.norm.weight", (a.width,), 0.0
    yield "lm_head.weight", (a.words, a.width), a.width ** -0.5


def brain(x):
    """float32 -> bfloat16: the upper half, rounded to nearest"""
    return ((x.view("<u4") + 0x8000) >> 16).astype("<u2")


def write(path, a):
    header, at = {"__metadata__": {"format": "pt"}}, 0
    for name, shape, _ in shapes(a):
        size = 2 * int(np.prod(shape))
        header[name] = {"dtype": "BF16", "shape": list(shape), "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    random = np.random.default_rng(1)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        for _, shape, deviation in shapes(a):
            for first in range(0, shape[0], ROWS):
                part = (min(ROWS, shape[0] - first),) + shape[1:]
                x = random.standard_normal(part, "f4") * np.float32(deviation) if deviation else np.ones(part, "f4")
                f.write(brain(x).tobytes())
    return at


def main():
    parse = argparse.ArgumentParser()
    parse.add_argument("directory")
    for name, value in dict(width=2048, layers=22, heads=32, kv_heads=4, inner=5632, words=32000, positions=4096).items():
        parse.add_argument("--" + name.replace("_", "-"), type=int, default=value)
    a = parse.parse_args()
    os.makedirs(a.directory, exist_ok=True)
    config = dict(architectures=["LlamaForCausalLM"], model_type="llama", hidden_size=a.width, num_hidden_layers=a.layers,
                  num_attention_heads=a.heads, num_key_value_heads=a.kv_heads, intermediate_size=a.inner, vocab_size=a.words,
                  max_position_embeddings=a.positions, hidden_act="silu", rms_norm_eps=1e-5, rope_theta=10000.0, bos_token_id=1,
                  eos_token_id=2, tie_word_embeddings=False, torch_dtype="bfloat16")
    with open(f"{a.directory}/config.json", "w") as f:
        json.dump(config, f, indent=2)
    print(write(f"{a.directory}/model.safetensors", a), "bytes of weights")


main()
