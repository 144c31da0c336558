#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Write a Llama of one small layer whose table has more than 2^31 numbers, nearly all zero: sparse_llama.py DIRECTORY

1,100,000 tokens of 2,048 neurons in bfloat16, a file of 4.5 GB with holes. The last token's row is random, that of token 3 a quarter of it.
"""
import json, os, struct, sys
import numpy as np

WORDS, WIDTH, INNER = 1_100_000, 2048, 8
LAYER = "model.layers.0."
SHAPES = {"model.embed_tokens.weight": [WORDS, WIDTH], "model.norm.weight": [WIDTH], LAYER + "input_layernorm.weight": [WIDTH],
          LAYER + "post_attention_layernorm.weight": [WIDTH], LAYER + "self_attn.o_proj.weight": [WIDTH, 64],
          **{f"{LAYER}self_attn.{p}_proj.weight": [64, WIDTH] for p in "qkv"}, LAYER + "mlp.down_proj.weight": [WIDTH, INNER],
          **{f"{LAYER}mlp.{p}_proj.weight": [INNER, WIDTH] for p in ("gate", "up")}}


def brain(x):
    return (np.asarray(x, "f4").view("u4") >> 16).astype("u2").tobytes()


def main(directory):
    os.makedirs(directory)
    header, end = {}, 0
    for name, shape in SHAPES.items():
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [end, end := end + 2 * int(np.prod(shape))]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    row = np.random.default_rng(0).standard_normal(WIDTH)
    with open(f"{directory}/model.safetensors", "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        start = f.tell()
        f.truncate(start + end)
        for token, factor in (WORDS - 1, 1), (3, 0.25):
            f.seek(start + 2 * WIDTH * token)
            f.write(brain(factor * row))
        for name in SHAPES:
            if "norm" in name:
                f.seek(start + header[name]["data_offsets"][0])
                f.write(brain(np.ones(WIDTH)))
    with open(f"{directory}/config.json", "w") as f:
        json.dump(dict(model_type="llama", hidden_size=WIDTH, num_hidden_layers=1, num_attention_heads=4, head_dim=16, intermediate_size=INNER,
                       vocab_size=WORDS, max_position_embeddings=64, hidden_act="silu", rms_norm_eps=1e-5, tie_word_embeddings=True), f)


main(sys.argv[1])
