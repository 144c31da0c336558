"""Tiny random models of the families around T5: their config.json, as the published ones have it, and their tensors.

_copies  the names of the table besides shared.weight
_only    the name under which alone the table is stored
_stray   the bias of the first attention over the source, which old checkpoints have and no model uses
_untied  an output table of its own although the configuration calls it tied
"""
import zlib
import numpy as np
from t5 import KINDS

SUMMARIZE = {"summarization": {"early_stopping": True, "length_penalty": 2.0, "max_length": 200, "min_length": 30,
                               "no_repeat_ngram_size": 3, "num_beams": 4, "prefix": "summarize: "},
             "translation_en_to_de": {"early_stopping": True, "max_length": 300, "num_beams": 4,
                                      "prefix": "translate English to German: "}}
BASE = dict(model_type="t5", architectures=["T5ForConditionalGeneration"], d_ff=14, d_kv=4, d_model=8, decoder_start_token_id=0,
            dropout_rate=0.1, eos_token_id=1, initializer_factor=1.0, is_encoder_decoder=True, layer_norm_epsilon=1e-06, num_heads=2,
            num_layers=2, pad_token_id=0, relative_attention_num_buckets=32, vocab_size=30)
NEW = dict(BASE, dense_act_fn="gelu_new", feed_forward_proj="gated-gelu", is_gated_act=True, num_decoder_layers=2, output_past=True,
           relative_attention_max_distance=128, tie_word_embeddings=False, transformers_version="4.23.1", torch_dtype="float32",
           use_cache=True)
MULTI = dict(NEW, model_type="mt5", architectures=["MT5ForConditionalGeneration"], tokenizer_class="T5Tokenizer")

GENERATION = dict(_from_model_config=True, decoder_start_token_id=0, eos_token_id=1, pad_token_id=0, transformers_version="4.27.0.dev0")
SHORT = dict(GENERATION, max_length=12)

# name: config.json, generation_config.json
MODELS = {
    # t5-small: relu, tied, the last output scaled; the width of the heads is not the model's; the default length of 20
    "t5": (dict(BASE, d_model=12, num_heads=2, n_positions=512, output_past=True, task_specific_params=SUMMARIZE, _stray=True),
           GENERATION),
    # google/t5-v1_1-small: a gate, an output table of its own; all tables are stored
    "t5-v11": (dict(NEW, num_heads=3, num_decoder_layers=3, _copies=["encoder.embed_tokens", "decoder.embed_tokens"]), SHORT),
    # google/flan-t5-small; few buckets, of which all are used, another eps
    "flan-t5": (dict(NEW, d_model=10, d_kv=3, num_layers=3, num_decoder_layers=1, n_positions=512, task_specific_params=SUMMARIZE,
                     relative_attention_num_buckets=8, relative_attention_max_distance=20, layer_norm_epsilon=1e-3), SHORT),
    # tied and gated, a table under one name that is not `shared`
    "t5-silu": (dict(NEW, feed_forward_proj="gated-silu", dense_act_fn="silu", tie_word_embeddings=True, num_heads=4,
                     relative_attention_num_buckets=12, relative_attention_max_distance=16, _only="decoder.embed_tokens"), SHORT),
    # as version 5 saves an untied model: told by scale_decoder_outputs alone; gelu without a gate
    "t5-saved": (dict(NEW, feed_forward_proj="gelu", dense_act_fn="gelu", is_gated_act=False, tie_word_embeddings=True,
                      scale_decoder_outputs=False, is_decoder=False, classifier_dropout=0.0, dtype="float32", _untied=True), SHORT),
    # google/mt5-small
    "mt5": (dict(MULTI, d_model=12, d_kv=3, num_heads=3, relative_attention_num_buckets=16), SHORT),
    # google/umt5-small: a bias in every layer
    "umt5": (dict(MULTI, model_type="umt5", architectures=["UMT5ForConditionalGeneration"], scalable_attention=True, num_decoder_layers=3,
                  _copies=["encoder.embed_tokens", "decoder.embed_tokens"]), SHORT),
    # tied, relu
    "umt5-tied": (dict(MULTI, model_type="umt5", architectures=["UMT5ForConditionalGeneration"], tie_word_embeddings=True, d_kv=6,
                       feed_forward_proj="relu", dense_act_fn="relu", is_gated_act=False, relative_attention_num_buckets=10,
                       relative_attention_max_distance=14), SHORT),
}
# Added to the name's checksum: with these a line generated ends by itself, another at its limit, and no choice is close.
SEEDS = {"t5": 7, "t5-v11": 11, "flan-t5": 236, "t5-silu": 79, "t5-saved": 210, "mt5": 118, "umt5": 41, "umt5-tied": 249}
STORED = dict(_copies=[], _only=None, _stray=False, _untied=False)


class Maker:
    """Tensors in the order of their making, so that a seed fixes them all."""

    def __init__(self, config, seed):
        self.c, self.random, self.w = config, np.random.default_rng(seed), {}
        self.inner = config["num_heads"] * config["d_kv"]

    def normal(self, name, shape, scale, centre=0.0):
        self.w[name + ".weight"] = centre + scale * self.random.standard_normal(shape)

    def attention(self, layer, kind, table):
        d, name = self.c["d_model"], layer + kind
        self.normal(name + ".q", (self.inner, d), 1.5 * (d * self.c["d_kv"]) ** -0.5)
        for p in "kv":
            self.normal(f"{name}.{p}", (self.inner, d), 1.3 * d ** -0.5)
        self.normal(name + ".o", (d, self.inner), 1.6 * self.inner ** -0.5)
        if table:
            self.normal(name + ".relative_attention_bias", (self.c["relative_attention_num_buckets"], self.c["num_heads"]), 0.8)
        self.normal(layer + "layer_norm", (d,), 0.2, 1.0)

    def feed_forward(self, layer):
        d, ff = self.c["d_model"], self.c["d_ff"]
        gated = self.c.get("feed_forward_proj", "relu").startswith("gated")
        for name in ["wi_0", "wi_1"] if gated else ["wi"]:
            self.normal(f"{layer}DenseReluDense.{name}", (ff, d), 1.3 * d ** -0.5)
        self.normal(layer + "DenseReluDense.wo", (d, ff), 1.6 * ff ** -0.5)
        self.normal(layer + "layer_norm", (d,), 0.2, 1.0)

    def side(self, side):
        decoder, every = side == "decoder", KINDS[self.c["model_type"]]["every"]
        for i in range(self.c.get("num_decoder_layers", self.c["num_layers"]) if decoder else self.c["num_layers"]):
            block = f"{side}.block.{i}.layer."
            self.attention(block + "0.", "SelfAttention", every or i == 0)
            if decoder:
                self.attention(block + "1.", "EncDecAttention", self.c["_stray"] and i == 0)
            self.feed_forward(block + ("2." if decoder else "1."))
        self.normal(side + ".final_layer_norm", (self.c["d_model"],), 0.2, 1.0)

    def all(self):
        c, shared = self.c, (self.c["_only"] or "shared")
        self.normal(shared, (c["vocab_size"], c["d_model"]), 0.6)
        for name in c["_copies"]:
            self.w[name + ".weight"] = self.w[shared + ".weight"]
        self.side("encoder")
        self.side("decoder")
        if c["_untied"] or not c.get("tie_word_embeddings", True):
            self.normal("lm_head", (c["vocab_size"], c["d_model"]), c["d_model"] ** -0.5)
        return self.w


def model(name):
    """config.json, generation_config.json, the tensors."""
    config, generation = MODELS[name]
    weights = Maker({**STORED, **config}, zlib.crc32(name.encode()) + SEEDS.get(name, 0)).all()
    return {k: v for k, v in config.items() if k not in STORED}, generation, weights


def lines(name):
    """Two lines with a target, one of them long enough for far buckets; three without."""
    random = np.random.default_rng(zlib.crc32(name.encode()) + 1)

    def words(n):
        return [int(i) for i in random.integers(3, MODELS[name][0]["vocab_size"], n)]
    out = []
    for n, m in [(4, 3), (26, 18), (1, None), (5, None), (11, None)]:
        out.append("\t".join(" ".join(map(str, part)) for part in [words(n) + [1], *([] if m is None else [words(m)])]))
    return out
