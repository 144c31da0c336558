"""Tiny random models of one stack: config.json and generation_config.json as published ones have them, and the tensors by their
published names, with the buffers that some checkpoints carry. What differs from the published file are sizes, and ids of tokens."""
import zlib
import numpy as np
from rotary import plain

GPT2 = dict(
    activation_function="gelu_new", architectures=["GPT2LMHeadModel"], attn_pdrop=0.1, bos_token_id=28, embd_pdrop=0.1,
    eos_token_id=28, initializer_range=0.02, layer_norm_epsilon=1e-05, model_type="gpt2", n_ctx=24, n_embd=12, n_head=3,
    n_layer=2, n_positions=24, resid_pdrop=0.1, summary_activation=None, summary_first_dropout=0.1,
    summary_proj_to_labels=True, summary_type="cls_index", summary_use_proj=True,
    task_specific_params={"text-generation": {"do_sample": True, "max_length": 50}}, vocab_size=29)
OPT = dict(
    _name_or_path="facebook/opt-125m", _remove_final_layer_norm=False, activation_dropout=0.0, activation_function="relu",
    architectures=["OPTForCausalLM"], attention_dropout=0.0, bos_token_id=2, do_layer_norm_before=True, dropout=0.1,
    eos_token_id=2, ffn_dim=20, hidden_size=12, init_std=0.02, layerdrop=0.0, max_position_embeddings=22, model_type="opt",
    num_attention_heads=3, num_hidden_layers=2, pad_token_id=1, prefix="</s>", torch_dtype="float16",
    transformers_version="4.21.0.dev0", use_cache=True, vocab_size=27, word_embed_proj_dim=12)
BERT = dict(
    architectures=["BertForMaskedLM"], attention_probs_dropout_prob=0.1, gradient_checkpointing=False, hidden_act="gelu",
    hidden_dropout_prob=0.1, hidden_size=12, initializer_range=0.02, intermediate_size=20, layer_norm_eps=1e-12,
    max_position_embeddings=16, model_type="bert", num_attention_heads=3, num_hidden_layers=2, pad_token_id=0,
    position_embedding_type="absolute", transformers_version="4.6.0.dev0", type_vocab_size=2, use_cache=True, vocab_size=26,
    mask_token_id=4)
ROBERTA = dict(
    architectures=["RobertaForMaskedLM"], attention_probs_dropout_prob=0.1, bos_token_id=0, eos_token_id=2, hidden_act="gelu",
    hidden_dropout_prob=0.1, hidden_size=12, initializer_range=0.02, intermediate_size=20, layer_norm_eps=1e-05,
    max_position_embeddings=18, model_type="roberta", num_attention_heads=3, num_hidden_layers=2, pad_token_id=1,
    type_vocab_size=1, vocab_size=25, mask_token_id=24)
DISTILBERT = dict(
    activation="gelu", architectures=["DistilBertForMaskedLM"], attention_dropout=0.1, dim=12, dropout=0.1, hidden_dim=20,
    initializer_range=0.02, max_position_embeddings=16, model_type="distilbert", n_heads=3, n_layers=2, pad_token_id=0,
    qa_dropout=0.1, seq_classif_dropout=0.2, sinusoidal_pos_embds=False, tie_weights_=True, transformers_version="4.10.0.dev0",
    vocab_size=26, mask_token_id=4)
NEOX = dict(
    architectures=["GPTNeoXForCausalLM"], bos_token_id=0, eos_token_id=0, hidden_act="gelu", hidden_size=24,
    initializer_range=0.02, intermediate_size=28, layer_norm_eps=1e-05, max_position_embeddings=32, model_type="gpt_neox",
    num_attention_heads=3, num_hidden_layers=2, rotary_emb_base=10000, rotary_pct=0.25, tie_word_embeddings=False,
    torch_dtype="float16", transformers_version="4.24.0", use_cache=True, use_parallel_residual=True, vocab_size=28)

# name: config.json; generation_config.json but for what all have (None: there is no such file); how the tensors are written
MODELS = {
    "gpt2": (GPT2, {}, dict(buffers="bias")),
    "distilgpt2": (
        dict(GPT2, _num_labels=1, id2label={"0": "LABEL_0"}, label2id={"LABEL_0": 0}, n_layer=3), None,
        dict(prefix="transformer.", buffers="masked_bias", head=True)),
    "gpt2-inverse": (
        dict(GPT2, n_inner=20, n_embd=16, n_head=2, n_layer=3, reorder_and_upcast_attn=True, scale_attn_weights=True,
             scale_attn_by_inverse_layer_idx=True, use_cache=True), dict(max_new_tokens=6), {}),
    "gpt2-untied": (
        dict(GPT2, activation_function="relu", n_inner=None, scale_attn_weights=False, scale_attn_by_inverse_layer_idx=False,
             reorder_and_upcast_attn=False, tie_word_embeddings=False), dict(max_length=14),
        dict(prefix="transformer.", buffers="bool", head=True)),
    "opt": (OPT, {}, dict(prefix="model.decoder.", head=True)),
    "opt-350m": (
        dict(OPT, _name_or_path="facebook/opt-350m", do_layer_norm_before=False, word_embed_proj_dim=8, num_hidden_layers=3),
        {}, dict(prefix="decoder.")),
    "opt-gelu": (
        dict(OPT, _name_or_path="facebook/galactica-125m", activation_function="gelu", hidden_size=16, num_attention_heads=4,
             enable_bias=True, layer_norm_elementwise_affine=True, max_position_embeddings=24), {}, dict(prefix="decoder.")),
    "bert": (
        dict(BERT, classifier_dropout=None, num_hidden_layers=3), None, dict(ids=True, decoder=True)),
    "bert-uncased": (BERT, None, dict(old=True)),
    "bert-multilingual": (
        dict(BERT, directionality="bidi", pooler_fc_size=12, pooler_num_attention_heads=3, pooler_num_fc_layers=3,
             pooler_size_per_head=4, pooler_type="first_token_transform", hidden_act="relu", tie_word_embeddings=False), None,
        dict(decoder=True)),
    "roberta": (ROBERTA, None, dict(ids=True, decoder=True)),
    "xlm-roberta": (
        dict(ROBERTA, architectures=["XLMRobertaForMaskedLM"], model_type="xlm-roberta", output_past=True, hidden_act="gelu",
             position_embedding_type="absolute", transformers_version="4.17.0.dev0", use_cache=True, hidden_size=16,
             num_attention_heads=2), None, dict(pooler=False)),
    "distilbert": (DISTILBERT, None, {}),
    "pythia": (NEOX, {}, dict(buffers=True)),
    "neox-20b": (
        dict(NEOX, attention_probs_dropout_prob=0, hidden_act="gelu_fast", hidden_dropout_prob=0, num_hidden_layers=3,
             num_attention_heads=2, rotary_pct=0.5), dict(max_length=25), dict(seed="b")),
    "neox-serial": (dict(NEOX, use_parallel_residual=False, rotary_pct=1.0, attention_bias=True, tie_word_embeddings=True,
                         classifier_dropout=0.1, hidden_dropout=0.0, attention_dropout=0.0, rope_scaling=None), {}, {}),
    "distilbert-relu": (dict(DISTILBERT, activation="relu", dim=16, n_heads=2, n_layers=3), None, dict(projector=False)),
}


class Maker:
    """Tensors in the order of their making, so that a seed fixes them all."""

    def __init__(self, name, config):
        self.c, self.w, self.random = config, {}, np.random.default_rng(zlib.crc32(name.encode()))

    def normal(self, name, shape, scale=1.0, centre=0.0):
        """As they are stored: float32"""
        self.w[name] = (centre + scale * self.random.standard_normal(shape)).astype(np.float32)

    def dense(self, name, out, inside, bias=True, turned=False):
        self.normal(name + ".weight", (inside, out) if turned else (out, inside), 1.3 * inside ** -0.5)
        if bias:
            self.normal(name + ".bias", (out,), 0.3)

    def norm(self, name, width, gain="weight", bias="bias", centre=1.0):
        self.normal(f"{name}.{gain}", (width,), 0.3, centre)
        if bias:
            self.normal(f"{name}.{bias}", (width,), 0.3)


def gpt2(m, prefix="", buffers="", head=False):
    c, d = m.c, m.c["n_embd"]
    inner, n = c.get("n_inner") or 4 * d, c["n_positions"]
    m.normal(prefix + "wte.weight", (c["vocab_size"], d))
    m.normal(prefix + "wpe.weight", (n, d), 0.7)
    for i in range(c["n_layer"]):
        h = f"{prefix}h.{i}."
        m.norm(h + "ln_1", d)
        if buffers:
            mask = np.tril(np.ones((1, 1, n, n)))
            m.w[h + "attn.bias"] = mask.astype({"bias": np.float32, "bool": bool, "masked_bias": np.uint8}[buffers])
        if buffers == "masked_bias":
            m.w[h + "attn.masked_bias"] = np.float32(-1e4)
        m.dense(h + "attn.c_attn", 3 * d, d, turned=True)
        m.dense(h + "attn.c_proj", d, d, turned=True)
        m.norm(h + "ln_2", d)
        m.dense(h + "mlp.c_fc", inner, d, turned=True)
        m.dense(h + "mlp.c_proj", d, inner, turned=True)
    m.norm(prefix + "ln_f", d)
    if head:
        table(m, "lm_head.weight", prefix + "wte.weight")


def table(m, name, tied_to):
    """The output's weights: stored once more where they are those of the embedding, else others."""
    if m.c.get("tie_word_embeddings", True):
        m.w[name] = m.w[tied_to]
    else:
        m.normal(name, m.w[tied_to].shape, m.w[tied_to].shape[1] ** -0.5)


def opt(m, prefix, head=False):
    c, d, e = m.c, m.c["hidden_size"], m.c["word_embed_proj_dim"]
    m.normal(prefix + "embed_tokens.weight", (c["vocab_size"], e))
    m.w[prefix + "embed_tokens.weight"][c["pad_token_id"]] = 0
    m.normal(prefix + "embed_positions.weight", (c["max_position_embeddings"] + 2, d), 0.7)
    if e != d:
        m.dense(prefix + "project_out", e, d, bias=False)
        m.dense(prefix + "project_in", d, e, bias=False)
    if c["do_layer_norm_before"]:
        m.norm(prefix + "final_layer_norm", d)
    for i in range(c["num_hidden_layers"]):
        h = f"{prefix}layers.{i}."
        for p in "k_proj", "v_proj", "q_proj", "out_proj":
            m.dense(f"{h}self_attn.{p}", d, d)
        m.norm(h + "self_attn_layer_norm", d)
        m.dense(h + "fc1", c["ffn_dim"], d)
        m.dense(h + "fc2", d, c["ffn_dim"])
        m.norm(h + "final_layer_norm", d)
    if head:
        table(m, "lm_head.weight", prefix + "embed_tokens.weight")


def bert_body(m, base, ids, norm, pooler=True):
    c, d = m.c, m.c["hidden_size"]
    if ids:
        m.w[base + "embeddings.position_ids"] = np.arange(c["max_position_embeddings"])[None]
    m.normal(base + "embeddings.word_embeddings.weight", (c["vocab_size"], d))
    m.w[base + "embeddings.word_embeddings.weight"][c["pad_token_id"]] = 0
    m.normal(base + "embeddings.position_embeddings.weight", (c["max_position_embeddings"], d), 0.7)
    m.normal(base + "embeddings.token_type_embeddings.weight", (c["type_vocab_size"], d), 0.7)
    norm(base + "embeddings.LayerNorm", d)
    for i in range(c["num_hidden_layers"]):
        h = f"{base}encoder.layer.{i}."
        for p in "query", "key", "value":
            m.dense(f"{h}attention.self.{p}", d, d)
        m.dense(h + "attention.output.dense", d, d)
        norm(h + "attention.output.LayerNorm", d)
        m.dense(h + "intermediate.dense", c["intermediate_size"], d)
        m.dense(h + "output.dense", d, c["intermediate_size"])
        norm(h + "output.LayerNorm", d)
    if pooler:
        m.dense(base + "pooler.dense", d, d)


def bert(m, old=False, ids=False, decoder=False):
    """old: norms are called as in TensorFlow; a head for pairs of sentences besides, as published ones have."""
    d, vocabulary = m.c["hidden_size"], m.c["vocab_size"]
    norm = lambda name, width: m.norm(name, width, *(("gamma", "beta") if old else ()))
    bert_body(m, "bert.", ids, norm)
    m.normal("cls.predictions.bias", (vocabulary,), 0.5)
    m.dense("cls.predictions.transform.dense", d, d)
    norm("cls.predictions.transform.LayerNorm", d)
    if decoder:
        table(m, "cls.predictions.decoder.weight", "bert.embeddings.word_embeddings.weight")
    m.dense("cls.seq_relationship", 2, d)


def roberta(m, ids=False, decoder=False, pooler=True):
    d = m.c["hidden_size"]
    bert_body(m, "roberta.", ids, m.norm, pooler)
    m.normal("lm_head.bias", (m.c["vocab_size"],), 0.5)
    m.dense("lm_head.dense", d, d)
    m.norm("lm_head.layer_norm", d)
    if decoder:
        table(m, "lm_head.decoder.weight", "roberta.embeddings.word_embeddings.weight")
        m.w["lm_head.decoder.bias"] = m.w["lm_head.bias"]


def distilbert(m, projector=True):
    c, d = m.c, m.c["dim"]
    m.normal("distilbert.embeddings.word_embeddings.weight", (c["vocab_size"], d))
    m.normal("distilbert.embeddings.position_embeddings.weight", (c["max_position_embeddings"], d), 0.7)
    m.norm("distilbert.embeddings.LayerNorm", d)
    for i in range(c["n_layers"]):
        h = f"distilbert.transformer.layer.{i}."
        for p in "q_lin", "k_lin", "v_lin", "out_lin":
            m.dense(f"{h}attention.{p}", d, d)
        m.norm(h + "sa_layer_norm", d)
        m.dense(h + "ffn.lin1", c["hidden_dim"], d)
        m.dense(h + "ffn.lin2", d, c["hidden_dim"])
        m.norm(h + "output_layer_norm", d)
    m.dense("vocab_transform", d, d)
    m.norm("vocab_layer_norm", d)
    if projector:
        table(m, "vocab_projector.weight", "distilbert.embeddings.word_embeddings.weight")
    m.normal("vocab_projector.bias", (c["vocab_size"],), 0.5)


def gpt_neox(m, buffers=False):
    c, d, n = m.c, m.c["hidden_size"], m.c["max_position_embeddings"]
    m.normal("gpt_neox.embed_in.weight", (c["vocab_size"], d))
    for i in range(c["num_hidden_layers"]):
        h = f"gpt_neox.layers.{i}."
        m.norm(h + "input_layernorm", d)
        m.norm(h + "post_attention_layernorm", d)
        if buffers:
            m.w[h + "attention.bias"] = np.tril(np.ones((1, 1, n, n), np.uint8))
            m.w[h + "attention.masked_bias"] = np.float32(-np.inf)       # -1e9, stored as a 16-bit number
            turned = int(d // c["num_attention_heads"] * c["rotary_pct"])
            m.w[h + "attention.rotary_emb.inv_freq"] = plain(c["rotary_emb_base"], turned).astype(np.float32)
        m.dense(h + "attention.query_key_value", 3 * d, d)
        m.dense(h + "attention.dense", d, d)
        m.dense(h + "mlp.dense_h_to_4h", c["intermediate_size"], d)
        m.dense(h + "mlp.dense_4h_to_h", d, c["intermediate_size"])
    m.norm("gpt_neox.final_layer_norm", d)
    if not c["tie_word_embeddings"]:
        m.normal("embed_out.weight", (c["vocab_size"], d), d ** -0.5)


TENSORS = {"gpt2": gpt2, "opt": opt, "bert": bert, "roberta": roberta, "xlm-roberta": roberta, "distilbert": distilbert,
           "gpt_neox": gpt_neox}
