"""Tiny random Marian models, one for every setting a checkpoint can have."""
import json, os, zlib
import numpy as np
from stream import write_safetensors

BASE = dict(
    model_type="marian", architectures=["MarianMTModel"], d_model=4, encoder_layers=1, decoder_layers=1,
    encoder_attention_heads=1, decoder_attention_heads=1, encoder_ffn_dim=8, decoder_ffn_dim=8,
    activation_function="swish", scale_embedding=True, share_encoder_decoder_embeddings=True,
    tie_word_embeddings=True, static_position_embeddings=True, normalize_before=False, normalize_embedding=False,
    add_final_layer_norm=False, vocab_size=11, max_position_embeddings=16, is_encoder_decoder=True, eos_token_id=0)

# Config settings that differ from BASE; keys that start with _ say how the files are made.
MODELS = {
    "plain": dict(_zero_pad=True),
    "deep": dict(
        d_model=6, encoder_layers=2, decoder_layers=2, encoder_attention_heads=3, decoder_attention_heads=2,
        encoder_ffn_dim=10, decoder_ffn_dim=7, activation_function="relu", vocab_size=13, _dtype="F16", _bias=0.5),
    "separate": dict(
        encoder_layers=2, encoder_attention_heads=2, decoder_ffn_dim=6, activation_function="gelu", scale_embedding=False,
        share_encoder_decoder_embeddings=False, vocab_size=13, decoder_vocab_size=9, _bias=0.5),
    "prenorm": dict(
        d_model=6, encoder_layers=2, decoder_layers=2, encoder_attention_heads=2, decoder_attention_heads=3,
        encoder_ffn_dim=7, decoder_ffn_dim=9, activation_function="gelu_new", normalize_before=True,
        add_final_layer_norm=True, vocab_size=12, _dtype="BF16", _bias=0.5),
    "embednorm": dict(
        d_model=12, decoder_layers=3, encoder_attention_heads=3, decoder_attention_heads=2, encoder_ffn_dim=5,
        decoder_ffn_dim=14, activation_function="tanh", scale_embedding=False, normalize_embedding=True, vocab_size=10),
    "stored": dict(
        d_model=10, encoder_attention_heads=2, encoder_ffn_dim=12, decoder_ffn_dim=9,
        static_position_embeddings=False, vocab_size=14, _dtype="F16", _positions=True),
    "sharded": dict(
        d_model=12, encoder_layers=2, encoder_attention_heads=2, decoder_attention_heads=3, encoder_ffn_dim=16,
        activation_function="gelu", share_encoder_decoder_embeddings=False, tie_word_embeddings=False, vocab_size=11,
        decoder_vocab_size=12, _shards=2, _bias=0.5),
    "untied": dict(
        d_model=6, encoder_attention_heads=1, decoder_attention_heads=3, encoder_ffn_dim=2,
        decoder_ffn_dim=2, activation_function="relu", normalize_before=True, normalize_embedding=True,
        tie_word_embeddings=False, _dtype="BF16", _bias=0.5),
    "oracle": dict(
        d_model=2, encoder_attention_heads=2, encoder_ffn_dim=2, decoder_ffn_dim=2, vocab_size=6, _bias=0.5, _seed=77),
}


class Maker:
    """Tensors of a model in the order of their making, so that a seed fixes them all."""

    def __init__(self, config, seed):
        self.c, self.random, self.w = config, np.random.default_rng(seed), {}

    def normal(self, name, shape, scale, centre=0.0):
        self.w[name] = centre + scale * self.random.standard_normal(shape)

    def linear(self, name, out, inside):
        self.normal(name + ".weight", (out, inside), inside ** -0.5)
        self.normal(name + ".bias", (out,), 0.2)

    def norm(self, name):
        self.normal(name + ".weight", (self.c["d_model"],), 0.2, 1.0)
        self.normal(name + ".bias", (self.c["d_model"],), 0.2)

    def attention(self, name):
        for p in "qkv":
            self.linear(f"{name}.{p}_proj", self.c["d_model"], self.c["d_model"])
        self.linear(f"{name}.out_proj", self.c["d_model"], self.c["d_model"])
        self.norm(f"{name}_layer_norm")

    def side(self, side):
        d, ffn = self.c["d_model"], self.c[side + "_ffn_dim"]
        if self.c["_positions"]:
            self.normal(f"model.{side}.embed_positions.weight", (self.c["max_position_embeddings"], d), 0.7)
        if self.c["normalize_embedding"]:
            self.norm(f"model.{side}.layernorm_embedding")
        for i in range(self.c[side + "_layers"]):
            layer = f"model.{side}.layers.{i}."
            self.attention(layer + "self_attn")
            if side == "decoder":
                self.attention(layer + "encoder_attn")
            self.linear(layer + "fc1", ffn, d)
            self.linear(layer + "fc2", d, ffn)
            self.norm(layer + "final_layer_norm")
        if self.c["add_final_layer_norm"]:
            self.norm(f"model.{side}.layer_norm")

    def all(self):
        c, d = self.c, self.c["d_model"]
        scale = d ** -0.5 if c["scale_embedding"] else 1.0
        if c["share_encoder_decoder_embeddings"]:
            self.normal("model.shared.weight", (c["vocab_size"], d), scale)
            if c["_zero_pad"]:
                self.w["model.shared.weight"][-1] = 0
        else:
            self.normal("model.encoder.embed_tokens.weight", (c["vocab_size"], d), scale)
            self.normal("model.decoder.embed_tokens.weight", (c["decoder_vocab_size"], d), scale)
        self.side("encoder")
        self.side("decoder")
        if not c["tie_word_embeddings"]:
            self.normal("lm_head.weight", (c["decoder_vocab_size"], d), d ** -0.5)
        self.normal("final_logits_bias", (1, c["decoder_vocab_size"]), c["_bias"])
        return self.w


def write_json(path, x):
    with open(path, "w", encoding="utf-8") as f:
        json.dump(x, f, indent=1, ensure_ascii=False)
        f.write("\n")


def write_vocabulary(path, size, prefix):
    pieces = ["</s>", "<unk>", *(f"▁{prefix}{i}" for i in range(2, size - 1)), "<pad>"]
    write_json(path, {p: i for i, p in enumerate(pieces)})


def write_weights(folder, w, dtype, shards):
    if shards == 1:
        write_safetensors(f"{folder}/model.safetensors", w, dtype)
        return
    where = {}
    for s, names in enumerate(np.array_split(list(w), shards)):
        file = f"model-{s + 1:05}-of-{shards:05}.safetensors"
        write_safetensors(f"{folder}/{file}", {n: w[n] for n in names}, dtype)
        where.update({str(n): file for n in names})
    size = sum(x.size for x in w.values()) * (4 if dtype == "F32" else 2)
    write_json(f"{folder}/model.safetensors.index.json", {"metadata": {"total_size": size}, "weight_map": where})


def write_model(name, folder):
    c = {**BASE, "_dtype": "F32", "_shards": 1, "_bias": 0.0, "_positions": False, "_zero_pad": False,
         "_seed": zlib.crc32(name.encode()), **MODELS[name]}
    c.setdefault("decoder_vocab_size", c["vocab_size"])
    pad = c["decoder_vocab_size"] - 1
    c.update(pad_token_id=pad, decoder_start_token_id=pad, num_hidden_layers=c["encoder_layers"],
             torch_dtype={"F32": "float32", "F16": "float16", "BF16": "bfloat16"}[c["_dtype"]])
    os.makedirs(folder, exist_ok=True)
    write_weights(folder, Maker(c, c["_seed"]).all(), c["_dtype"], c["_shards"])
    write_json(f"{folder}/config.json", {k: v for k, v in c.items() if k[0] != "_"})
    write_json(f"{folder}/generation_config.json", {
        "bad_words_ids": [[pad]], "decoder_start_token_id": pad, "eos_token_id": 0, "forced_eos_token_id": 0,
        "max_length": 16, "num_beams": 1, "pad_token_id": pad})
    write_vocabulary(f"{folder}/vocab.json", c["vocab_size"], "s")
    if not c["share_encoder_decoder_embeddings"]:
        write_vocabulary(f"{folder}/target_vocab.json", c["decoder_vocab_size"], "t")
        write_json(f"{folder}/tokenizer_config.json", {"separate_vocabs": True})


def write_ids(name, path):
    """Two sentences per model (oracle: one), as lines `source ids </s> TAB target ids`."""
    random = np.random.default_rng(zlib.crc32(name.encode()) + 1)
    c = {**BASE, **MODELS[name]}
    lengths = [(1, 1)] if name == "oracle" else [(2, 2), (4, 3)] if c["d_model"] > 6 else [(3, 2), (5, 4)]
    with open(path, "w") as f:
        for n, m in lengths:
            source = random.integers(1, c["vocab_size"] - 1, n)
            target = random.integers(1, c.get("decoder_vocab_size", c["vocab_size"]) - 1, m)
            f.write(" ".join(map(str, [*source, 0])) + "\t" + " ".join(map(str, target)) + "\n")
