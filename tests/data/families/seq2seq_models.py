"""Tiny random models of the families around BART: their config.json, as the published ones have it, and their tensors.

Keys that start with _ say how a checkpoint is stored:

_prefix  of every tensor's name: "model." of a model with its output table, "" of a bare one (BartModel)
_copies  the names of the tied table besides shared.weight
_bias    is there final_logits_bias
_sines   are computed positions stored too
_version the buffers encoder.version, decoder.version of old conversions
"""
import zlib
import numpy as np
from bart import KINDS, sines_in_halves

OLD = dict(_num_labels=3, add_bias_logits=False, classif_dropout=0.0, classifier_dropout=0.0, gradient_checkpointing=False,
           id2label={"0": "LABEL_0", "1": "LABEL_1", "2": "LABEL_2"}, label2id={"LABEL_0": 0, "LABEL_1": 1, "LABEL_2": 2})
NEW = dict(use_cache=True, transformers_version="4.27.0.dev0", torch_dtype="float32")
BASE = dict(activation_dropout=0.0, activation_function="gelu", attention_dropout=0.0, bos_token_id=0, d_model=8,
            decoder_attention_heads=2, decoder_ffn_dim=12, decoder_layerdrop=0.0, decoder_layers=2, dropout=0.1,
            encoder_attention_heads=2, encoder_ffn_dim=12, encoder_layerdrop=0.0, encoder_layers=2, eos_token_id=2, init_std=0.02,
            is_encoder_decoder=True, max_position_embeddings=20, pad_token_id=1, scale_embedding=False, vocab_size=30, **NEW)
BART = dict(BASE, model_type="bart", architectures=["BartForConditionalGeneration"], decoder_start_token_id=2, forced_eos_token_id=2,
            add_final_layer_norm=False, normalize_before=False, normalize_embedding=True, **OLD)
MBART = dict(BASE, model_type="mbart", architectures=["MBartForConditionalGeneration"], scale_embedding=True,
             add_final_layer_norm=True, normalize_before=True, normalize_embedding=True, static_position_embeddings=False, **OLD)
PEGASUS = dict(BASE, model_type="pegasus", architectures=["PegasusForConditionalGeneration"], activation_function="relu",
               add_final_layer_norm=True, bos_token_id=0, decoder_start_token_id=0, eos_token_id=1, extra_pos_embeddings=1,
               force_bos_token_to_be_generated=False, forced_eos_token_id=1, normalize_before=True, normalize_embedding=False,
               pad_token_id=0, scale_embedding=True, static_position_embeddings=True, **OLD)
BLENDERBOT = dict(BASE, model_type="blenderbot", architectures=["BlenderbotForConditionalGeneration"], add_final_layer_norm=True,
                  bos_token_id=1, decoder_start_token_id=1, do_blenderbot_90_layernorm=True, encoder_no_repeat_ngram_size=3,
                  extra_layer_norm=False, extra_pos_embeddings=0, force_bos_token_to_be_generated=False, forced_eos_token_id=2,
                  layernorm_variant="prelayernorm", length_penalty=0.65, max_length=60, min_length=20, no_repeat_ngram_size=3,
                  normalize_before=True, normalize_embedding=False, num_beams=10, pad_token_id=0, save_step=50, scale_embedding=True,
                  static_position_embeddings=False, unk_token_id=3, **OLD)
M2M100 = dict(BASE, model_type="m2m_100", architectures=["M2M100ForConditionalGeneration"], activation_function="relu",
              decoder_start_token_id=2, early_stopping=True, encoder_layerdrop=0.05, decoder_layerdrop=0.05, gradient_checkpointing=False,
              max_length=12, num_beams=5, scale_embedding=True)

SUMMARIZE = {"summarization": {"early_stopping": True, "length_penalty": 2.0, "max_length": 142, "min_length": 56,
                               "no_repeat_ngram_size": 3, "num_beams": 4}}
GENERATION = dict(bos_token_id=0, decoder_start_token_id=2, eos_token_id=2, forced_eos_token_id=2, max_length=12, num_beams=1,
                  pad_token_id=1, transformers_version="4.27.0.dev0", _from_model_config=True)
SMALL = dict(GENERATION, bos_token_id=1, decoder_start_token_id=1, pad_token_id=0)

# name: config.json, generation_config.json (None: there is none); each says what it shows
MODELS = {
    # facebook/bart-base: a bare BartModel, gelu, a decoder that is deeper and has other heads than the encoder
    "bart": (dict(BART, architectures=["BartModel"], d_model=12, encoder_attention_heads=3, decoder_attention_heads=2, encoder_layers=1,
                  decoder_ffn_dim=10, early_stopping=True, no_repeat_ngram_size=3, num_beams=4, forced_bos_token_id=0,
                  _name_or_path="bart-base", task_specific_params=SUMMARIZE, _prefix="", _bias=False, _version=True), GENERATION),
    # facebook/bart-large-cnn: the first token generated is forced, as long as it is generated
    "bart-cnn": (dict(BART, d_model=8, decoder_layers=3, forced_bos_token_id=0, force_bos_token_to_be_generated=True, early_stopping=True,
                      length_penalty=2.0, max_length=142, min_length=56, no_repeat_ngram_size=3, num_beams=4, prefix=" ",
                      output_past=True, task_specific_params=SUMMARIZE), dict(GENERATION, forced_bos_token_id=0, max_length=10)),
    # an output table of its own, embeddings scaled, relu
    "bart-untied": (dict(BART, d_model=10, tie_word_embeddings=False, scale_embedding=True, activation_function="relu",
                         encoder_attention_heads=5, decoder_attention_heads=1, encoder_ffn_dim=7, forced_eos_token_id=None),
                    dict(GENERATION, forced_eos_token_id=None, max_length=7)),
    # facebook/mbart-large-cc25, -en-ro: the decoder starts with the language
    "mbart": (dict(MBART, d_model=12, decoder_attention_heads=3, encoder_layers=3, decoder_layers=1, decoder_start_token_id=27,
                   max_length=200, num_beams=5, output_past=True,
                   task_specific_params={"translation_en_to_ro": {"decoder_start_token_id": 27}}),
              dict(GENERATION, decoder_start_token_id=27, forced_eos_token_id=None)),
    # facebook/mbart-large-50-many-to-many-mmt: it starts with </s>, the language is the first token generated; relu
    "mbart50": (dict(MBART, d_model=8, activation_function="relu", decoder_start_token_id=2, early_stopping=True, forced_eos_token_id=2,
                     max_length=200, num_beams=5, output_past=True, tokenizer_class="MBart50Tokenizer", _copies=["lm_head"]),
                dict(GENERATION, forced_bos_token_id=26)),
    # not scaled, and the table is not tied
    "mbart-untied": (dict(MBART, d_model=8, scale_embedding=False, tie_word_embeddings=False, activation_function="gelu_new",
                          decoder_start_token_id=2), dict(GENERATION, max_length=9)),
    # google/pegasus-xsum: starts with the padding; positions are computed
    "pegasus": (dict(PEGASUS, d_model=12, decoder_attention_heads=3, encoder_ffn_dim=9, length_penalty=0.6, max_length=64, num_beams=8,
                     task_specific_params={"summarization_xsum": {"length_penalty": 0.8, "max_length": 64,
                                                                  "max_position_embeddings": 512}}),
                dict(GENERATION, decoder_start_token_id=0, eos_token_id=1, forced_eos_token_id=1, pad_token_id=0)),
    # positions stored by an old save, not scaled; an odd width
    "pegasus-stored": (dict(PEGASUS, d_model=9, encoder_attention_heads=3, decoder_attention_heads=1, scale_embedding=False,
                            activation_function="gelu", encoder_layers=1, decoder_layers=2, _sines=True),
                       dict(GENERATION, decoder_start_token_id=0, eos_token_id=1, forced_eos_token_id=1, pad_token_id=0, max_length=8)),
    # facebook/blenderbot-400M-distill: an encoder that is flat, positions without an offset
    "blenderbot": (dict(BLENDERBOT, d_model=16, encoder_layers=1, decoder_layers=3, encoder_attention_heads=4, decoder_attention_heads=4),
                   SMALL),
    # gelu_new, not scaled, two tokens that end
    "blenderbot-new": (dict(BLENDERBOT, d_model=8, activation_function="gelu_new", scale_embedding=False),
                       dict(SMALL, eos_token_id=[2, 9, 17])),
    # facebook/blenderbot_small-90M: the decoder norms its embeddings before the positions are added
    "blenderbot-small": (dict(BLENDERBOT, model_type="blenderbot-small", d_model=12,
                              architectures=["BlenderbotSmallForConditionalGeneration"], add_final_layer_norm=False,
                              normalize_before=False, normalize_embedding=True, layernorm_variant="xlm",
                              variant="xlm", encoder_attention_heads=3, decoder_ffn_dim=14), SMALL),
    # facebook/m2m100_418M: its own sines
    "m2m100": (dict(M2M100, d_model=16, encoder_attention_heads=4, decoder_layers=1, decoder_ffn_dim=9, _bias=False),
               dict(GENERATION, forced_bos_token_id=25, forced_eos_token_id=None, early_stopping=True)),
    # an odd width; not scaled; generates by config.json
    "m2m100-odd": (dict(M2M100, d_model=9, encoder_attention_heads=3, decoder_attention_heads=1, scale_embedding=False,
                        activation_function="gelu", forced_bos_token_id=24, max_length=9, _bias=False), None),
    # facebook/nllb-200-distilled-600M: all names of the tied table are stored
    "nllb": (dict(M2M100, d_model=12, decoder_attention_heads=3, encoder_layers=1, decoder_layers=3, max_length=200,
                  tokenizer_class="NllbTokenizer", _bias=False,
                  _copies=["model.encoder.embed_tokens", "model.decoder.embed_tokens", "lm_head"]),
             dict(GENERATION, forced_bos_token_id=28, forced_eos_token_id=None)),
}


class Maker:
    """Tensors in the order of their making, so that a seed fixes them all."""

    def __init__(self, config, seed):
        self.c, self.random, self.w = config, np.random.default_rng(seed), {}

    def normal(self, name, shape, scale, centre=0.0):
        self.w[name] = centre + scale * self.random.standard_normal(shape)

    def linear(self, name, out, inside):
        self.normal(name + ".weight", (out, inside), 1.3 * inside ** -0.5)
        self.normal(name + ".bias", (out,), 0.2)

    def norm(self, name):
        self.normal(name + ".weight", (self.c["d_model"],), 0.2, 1.0)
        self.normal(name + ".bias", (self.c["d_model"],), 0.2)

    def attention(self, name):
        for p in ("k_proj", "v_proj", "q_proj", "out_proj"):
            self.linear(f"{name}.{p}", self.c["d_model"], self.c["d_model"])
        self.norm(f"{name}_layer_norm")

    def positions(self, side, kind):
        d, count, name = self.c["d_model"], self.c["max_position_embeddings"], self.c["_prefix"] + side + ".embed_positions.weight"
        if kind["positions"] == "learned":
            self.normal(name, (count + kind["offset"], d), 0.7)
        elif self.c["_sines"]:
            self.w[name] = sines_in_halves(count, d)

    def side(self, side):
        kind, prefix, ffn = KINDS[self.c["model_type"]], self.c["_prefix"] + side + ".", self.c[side + "_ffn_dim"]
        self.positions(side, kind)
        for i in range(self.c[side + "_layers"]):
            layer = f"{prefix}layers.{i}."
            self.attention(layer + "self_attn")
            if side == "decoder":
                self.attention(layer + "encoder_attn")
            self.linear(layer + "fc1", ffn, self.c["d_model"])
            self.linear(layer + "fc2", self.c["d_model"], ffn)
            self.norm(layer + "final_layer_norm")
        if any(kind["embedding"]):
            self.norm(prefix + "layernorm_embedding")
        if kind["pre"]:
            self.norm(prefix + "layer_norm")
        if self.c["_version"]:
            self.w[prefix + "version"] = np.array([3.0])

    def all(self):
        c, shared = self.c, self.c["_prefix"] + "shared.weight"
        self.normal(shared, (c["vocab_size"], c["d_model"]), c["d_model"] ** -0.5 if c["scale_embedding"] else 1.0)
        self.w[shared][c["pad_token_id"]] = 0
        self.side("encoder")
        self.side("decoder")
        if c["_bias"]:
            self.normal("final_logits_bias", (1, c["vocab_size"]), 0.5)
        if not c.get("tie_word_embeddings", True):
            self.normal("lm_head.weight", (c["vocab_size"], c["d_model"]), c["d_model"] ** -0.5)
        for name in c["_copies"]:
            self.w[name + ".weight"] = self.w[shared]
        return self.w


STORED = dict(_prefix="model.", _copies=[], _bias=True, _sines=False, _version=False)
# Added to the name's checksum: with these a line generated ends by itself, another at its limit, and no choice is close.
SEEDS = {"bart": 96, "bart-cnn": 14, "bart-untied": 54, "mbart": 51, "mbart50": 33, "mbart-untied": 84, "pegasus": 891,
         "pegasus-stored": 18, "blenderbot": 40, "blenderbot-new": 41, "blenderbot-small": 139, "m2m100": 88,
         "m2m100-odd": 36, "nllb": 117}


def model(name):
    """config.json, generation_config.json or None, the tensors."""
    config, generation = MODELS[name]
    config = {"num_hidden_layers": config["encoder_layers"], **config}
    weights = Maker({**STORED, **config}, zlib.crc32(name.encode()) + SEEDS.get(name, 0)).all()
    return {k: v for k, v in config.items() if k not in STORED}, generation, weights


def lines(name):
    """Two lines with a target, three without: special tokens where the family's tokenizer puts them."""
    c, generation = MODELS[name]
    random, eos = np.random.default_rng(zlib.crc32(name.encode()) + 1), c["eos_token_id"]
    language = c["vocab_size"] - 5
    starts_at_eos = c["model_type"] == "mbart" and c["decoder_start_token_id"] == eos
    front = {"bart": [0], "m2m_100": [language], "mbart": [language] * starts_at_eos}.get(c["model_type"], [])
    behind = [eos, language] if c["model_type"] == "mbart" and not front else [eos]
    forced = (generation or c).get("forced_bos_token_id")

    def words(n):
        return [int(i) for i in random.integers(4, c["vocab_size"] - 5, n)]
    out = []
    for n, m in [(4, 3), (7, 6), (1, None), (5, None), (11, None)]:
        source = front + words(n) + behind
        target = [] if m is None else [([] if forced is None else [forced]) + words(m)]
        out.append("\t".join(" ".join(map(str, part)) for part in [source, *target]))
    return out
