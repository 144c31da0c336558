#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Make a random Marian model of base size in DIR; a seed fixes it. Nothing happens where it is there.

Weights are scaled so that the activations are about 1 in size, as in a trained model. There is no
tokenizer: `trace-extract --ids` needs none.
"""
import argparse
import json
import os

import numpy as np


class Maker:
    """Tensors in the order of their making, float32."""

    def __init__(self, width, seed):
        self.width, self.random, self.tensors = width, np.random.default_rng(seed), {}

    def normal(self, name, shape, scale, centre=0.0):
        x = self.random.standard_normal(shape, dtype=np.float32)
        self.tensors[name] = x * np.float32(scale) + np.float32(centre)

    def linear(self, name, outputs, inputs):
        self.normal(name + ".weight", (outputs, inputs), inputs ** -0.5)
        self.normal(name + ".bias", (outputs,), 0.1)

    def norm(self, name):
        self.normal(name + ".weight", (self.width,), 0.1, 1.0)
        self.normal(name + ".bias", (self.width,), 0.1)

    def attention(self, layer, block):
        for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
            self.linear(f"{layer}.{block}.{part}", self.width, self.width)
        self.norm(f"{layer}.{block}_layer_norm")

    def layer(self, layer, ffn, cross):
        self.attention(layer, "self_attn")
        if cross:
            self.attention(layer, "encoder_attn")
        self.linear(layer + ".fc1", ffn, self.width)
        self.linear(layer + ".fc2", self.width, ffn)
        self.norm(layer + ".final_layer_norm")


def tensors(o):
    m = Maker(o.width, o.seed)
    m.normal("model.shared.weight", (o.pieces, o.width), o.width ** -0.5)
    m.normal("final_logits_bias", (1, o.pieces), 0.1)
    for side, cross in (("encoder", False), ("decoder", True)):
        for i in range(o.layers):
            m.layer(f"model.{side}.layers.{i}", o.ffn, cross)
    return m.tensors


def write_safetensors(path, named):
    header, at = {}, 0
    for name, x in named.items():
        header[name] = dict(dtype="F32", shape=list(x.shape), data_offsets=[at, at + x.nbytes])
        at += x.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 64 + 56)  # with the length before it, tensors begin at a multiple of 64
    with open(path, "wb") as f:
        f.write(len(text).to_bytes(8, "little") + text)
        for x in named.values():
            f.write(x.tobytes())


def config(o):
    c = dict(model_type="marian", architectures=["MarianMTModel"], _name_or_path="random-base")
    for side in ("encoder", "decoder"):
        c.update({f"{side}_layers": o.layers, f"{side}_attention_heads": o.heads, f"{side}_ffn_dim": o.ffn})
    c.update(d_model=o.width, vocab_size=o.pieces, decoder_vocab_size=o.pieces, activation_function="swish",
             max_position_embeddings=o.positions, static_position_embeddings=True, scale_embedding=True,
             share_encoder_decoder_embeddings=True, tie_word_embeddings=True, is_encoder_decoder=True,
             normalize_before=False, normalize_embedding=False, add_final_layer_norm=False)
    return c


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name, default in dict(layers=6, width=512, heads=8, ffn=2048, pieces=58101, positions=512, seed=1).items():
        p.add_argument("--" + name, type=int, default=default)
    p.add_argument("dir")
    o = p.parse_args()
    if os.path.exists(o.dir + "/model.safetensors"):
        return
    os.makedirs(o.dir, exist_ok=True)
    ids = dict(eos_token_id=0, pad_token_id=o.pieces - 1, decoder_start_token_id=o.pieces - 1)
    for name, content in (
            ("config.json", dict(config(o), **ids)),
            ("generation_config.json", dict(ids, max_length=o.positions, num_beams=1, bad_words_ids=[[o.pieces - 1]]))):
        with open(f"{o.dir}/{name}", "w", encoding="utf-8") as f:
            json.dump(content, f, indent=1)
    part = o.dir + "/model.tmp"
    write_safetensors(part, tensors(o))
    os.rename(part, o.dir + "/model.safetensors")


if __name__ == "__main__":
    main()
