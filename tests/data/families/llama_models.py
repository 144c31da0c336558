"""Tiny random models for llama_like.py, as single_models.py has them: settings as published ones have them, and tensors."""
import numpy as np
from rotary import plain

COMMON = dict(attention_dropout=0.0, bos_token_id=1, eos_token_id=2, hidden_act="silu", initializer_range=0.02,
              torch_dtype="bfloat16", transformers_version="4.40.0", use_cache=True)
LLAMA = dict(
    COMMON, architectures=["LlamaForCausalLM"], hidden_size=24, intermediate_size=28, max_position_embeddings=4096,
    model_type="llama", num_attention_heads=4, num_hidden_layers=2, num_key_value_heads=4, pretraining_tp=1, rms_norm_eps=1e-05,
    rope_scaling=None, tie_word_embeddings=False, vocab_size=30)
LLAMA3 = dict(
    LLAMA, attention_bias=False, mlp_bias=False, bos_token_id=28, eos_token_id=[27, 26, 29], hidden_size=32,
    max_position_embeddings=4096, num_key_value_heads=2, rope_theta=500000.0, rope_scaling=dict(
        factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=512, rope_type="llama3"))
MISTRAL = dict(
    COMMON, architectures=["MistralForCausalLM"], hidden_size=24, intermediate_size=30, max_position_embeddings=32768,
    model_type="mistral", num_attention_heads=4, num_hidden_layers=3, num_key_value_heads=2, rms_norm_eps=1e-05,
    rope_theta=10000.0, sliding_window=5, tie_word_embeddings=False, vocab_size=28)
QWEN2 = dict(
    COMMON, architectures=["Qwen2ForCausalLM"], bos_token_id=25, eos_token_id=25, hidden_size=32, intermediate_size=20,
    max_position_embeddings=32768, max_window_layers=2, model_type="qwen2", num_attention_heads=4, num_hidden_layers=2,
    num_key_value_heads=2, rms_norm_eps=1e-06, rope_theta=1000000.0, sliding_window=4, tie_word_embeddings=True,
    use_mrope=False, use_sliding_window=False, vocab_size=26)
QWEN3 = dict(
    COMMON, architectures=["Qwen3ForCausalLM"], attention_bias=False, bos_token_id=24, eos_token_id=25, head_dim=8,
    hidden_size=20, intermediate_size=24, max_position_embeddings=40960, max_window_layers=3, model_type="qwen3",
    num_attention_heads=4, num_hidden_layers=3, num_key_value_heads=2, rms_norm_eps=1e-06, rope_scaling=None, rope_theta=1000000,
    sliding_window=None, tie_word_embeddings=True, use_sliding_window=False, vocab_size=26)
PHI3 = dict(
    COMMON, _name_or_path="Phi-3-mini-4k-instruct", architectures=["Phi3ForCausalLM"], attention_bias=False, auto_map={
        "AutoConfig": "configuration_phi3.Phi3Config", "AutoModelForCausalLM": "modeling_phi3.Phi3ForCausalLM"},
    embd_pdrop=0.0, eos_token_id=27, hidden_size=24, intermediate_size=20, max_position_embeddings=4096, model_type="phi3",
    num_attention_heads=4, num_hidden_layers=2, num_key_value_heads=4, original_max_position_embeddings=4096, pad_token_id=27,
    resid_pdrop=0.0, rms_norm_eps=1e-05, rope_scaling=None, rope_theta=10000.0, sliding_window=7, tie_word_embeddings=False,
    vocab_size=28)
OLMO2 = dict(
    COMMON, architectures=["Olmo2ForCausalLM"], attention_bias=False, bos_token_id=None, eos_token_id=26, hidden_size=24,
    intermediate_size=28, max_position_embeddings=4096, model_type="olmo2", num_attention_heads=4, num_hidden_layers=2,
    num_key_value_heads=4, pad_token_id=27, rms_norm_eps=1e-06, rope_scaling=None, rope_theta=500000, tie_word_embeddings=False,
    vocab_size=28)
GEMMA = dict(
    COMMON, architectures=["GemmaForCausalLM"], attention_bias=False, bos_token_id=2, eos_token_id=1, head_dim=8,
    hidden_act="gelu_pytorch_tanh", hidden_activation="gelu_pytorch_tanh", hidden_size=20, intermediate_size=24,
    max_position_embeddings=8192, model_type="gemma", num_attention_heads=3, num_hidden_layers=2, num_key_value_heads=1,
    pad_token_id=0, rms_norm_eps=1e-06, rope_scaling=None, rope_theta=10000.0, vocab_size=27)
GEMMA2 = dict(
    {k: v for k, v in GEMMA.items() if k != "rope_scaling"}, architectures=["Gemma2ForCausalLM"], attn_logit_softcapping=5.0,
    cache_implementation="hybrid", final_logit_softcapping=8.0, model_type="gemma2", num_attention_heads=4, num_hidden_layers=3,
    num_key_value_heads=2, query_pre_attn_scalar=6, sliding_window=4, sliding_window_size=4)
GEMMA3 = dict(
    {k: v for k, v in GEMMA.items() if k != "hidden_act"}, architectures=["Gemma3ForCausalLM"], attn_logit_softcapping=None,
    cache_implementation="hybrid", eos_token_id=[1, 25], final_logit_softcapping=None, max_position_embeddings=32768,
    model_type="gemma3_text", num_hidden_layers=4, query_pre_attn_scalar=8, rope_local_base_freq=10000, rope_theta=1000000,
    sliding_window=5, sliding_window_pattern=3)

SAMPLING = dict(do_sample=True, temperature=0.6, top_p=0.9)
LONG = dict(long=True)
SHORT, STRETCH = [1.0, 1.05, 1.3], [1.0, 2.5, 4.5]
GEMMA3_TYPES = ["sliding_attention", "full_attention", "sliding_attention"]

# As in single_models.py. long: one more line, longer than the positions of training
MODELS = {
    "llama2": (dict(LLAMA, _name_or_path="meta-llama/Llama-2-7b-hf"), SAMPLING, dict(buffers=True)),
    "llama3": (LLAMA3, dict(SAMPLING, max_length=24), {}),
    "llama3-tied": (dict(
        LLAMA3, head_dim=6, num_attention_heads=4, num_key_value_heads=1, tie_word_embeddings=True, eos_token_id=27), {}, {}),
    "llama3-parameters": (dict(
        {k: v for k, v in LLAMA3.items() if k not in ("rope_theta", "rope_scaling", "torch_dtype")}, dtype="float32",
        rope_parameters=dict(LLAMA3["rope_scaling"], rope_theta=10000.0)), {}, {}),
    "llama-bias": (dict(LLAMA, attention_bias=True, mlp_bias=True, hidden_act="gelu", rope_theta=10000.0), {}, {}),
    "llama-linear": (dict(LLAMA, rope_theta=10000.0, rope_scaling=dict(type="linear", factor=4.0)), {}, {}),
    "llama-dynamic": (dict(
        LLAMA, max_position_embeddings=20, num_key_value_heads=2, rope_scaling=dict(type="dynamic", factor=2.0)), {}, LONG),
    "llama-yarn": (dict(
        LLAMA, hidden_size=32, max_position_embeddings=1024, rope_theta=100.0, rope_scaling=dict(
            rope_type="yarn", factor=4.0, original_max_position_embeddings=256, attention_factor=1.2, beta_fast=16.0,
            beta_slow=2.0, truncate=False)), {}, {}),
    "mistral": (MISTRAL, {}, {}),
    "mistral-nemo": (dict(
        MISTRAL, head_dim=8, sliding_window=None, rope_theta=1000000.0, num_hidden_layers=2), dict(max_new_tokens=5), {}),
    "qwen2": (QWEN2, {}, {}),
    "qwen2-window": (dict(
        QWEN2, max_window_layers=1, use_sliding_window=True, num_hidden_layers=3, tie_word_embeddings=False), {}, {}),
    "qwen2-yarn": (dict(
        QWEN2, max_position_embeddings=1024, rope_theta=100.0, rope_scaling=dict(
            factor=4.0, original_max_position_embeddings=256, type="yarn")), {}, {}),
    "qwen3": (QWEN3, dict(eos_token_id=[25, 23]), {}),
    "qwen3-untied": (dict(
        QWEN3, tie_word_embeddings=False, attention_bias=True, use_sliding_window=True, sliding_window=4, num_hidden_layers=2,
        max_window_layers=1, layer_types=["full_attention", "sliding_attention"]), {}, {}),
    "phi3": (PHI3, {}, {}),
    "phi3-128k": (dict(
        PHI3, _name_or_path="Phi-3-mini-128k-instruct", max_position_embeddings=80, original_max_position_embeddings=20,
        rope_scaling=dict(long_factor=STRETCH, short_factor=SHORT, type="longrope"), sliding_window=262144), {}, LONG),
    "phi4-mini": (dict(
        PHI3, _name_or_path="Phi-4-mini-instruct", full_attn_mod=1, interpolate_factor=1, lm_head_bias=False, mlp_bias=False,
        hidden_size=32, max_position_embeddings=80, num_key_value_heads=2, original_max_position_embeddings=20,
        partial_rotary_factor=0.75, rope_scaling=dict(long_factor=STRETCH, short_factor=SHORT, type="longrope"),
        sliding_window=262144, tie_word_embeddings=True), {}, LONG),
    "olmo2": (OLMO2, {}, {}),
    "olmo2-grouped": (dict(OLMO2, num_key_value_heads=2, hidden_size=32, num_hidden_layers=3), {}, {}),
    "gemma": (GEMMA, {}, {}),
    "gemma2": (GEMMA2, {}, {}),
    "gemma3": (GEMMA3, dict(SAMPLING, cache_implementation="hybrid"), {}),
    "gemma3-scaled": (dict(
        {k: v for k, v in GEMMA3.items() if k != "sliding_window_pattern"}, _sliding_window_pattern=6, layer_types=GEMMA3_TYPES,
        num_attention_heads=2, num_hidden_layers=3, query_pre_attn_scalar=5, use_bidirectional_attention=False,
        attn_logit_softcapping=2.0, final_logit_softcapping=3.0,
        rope_scaling=dict(factor=8.0, rope_type="linear")), {}, {}),
}
NORMS = {
    "olmo2": ["post_attention_layernorm", "post_feedforward_layernorm"],
    "gemma2": ["input_layernorm", "post_attention_layernorm", "pre_feedforward_layernorm", "post_feedforward_layernorm"]}
NORMS["gemma3_text"] = NORMS["gemma2"]


def attention(m, h, queries, keys):
    """How the projections are stored, and the norms of queries and keys, of which none has a bias."""
    c, d, kind = m.c, m.c["hidden_size"], m.c["model_type"]
    bias = c.get("attention_bias", kind == "qwen2")
    if kind == "phi3":
        m.dense(h + "qkv_proj", queries + 2 * keys, d, False)
    else:
        for p, n in ("q", queries), ("k", keys), ("v", keys):
            m.dense(f"{h}{p}_proj", n, d, bias)
    m.dense(h + "o_proj", d, queries, bias and kind != "qwen2")
    head = c.get("head_dim") or d // c["num_attention_heads"]
    widths = {"qwen3": (head, head), "gemma3_text": (head, head), "olmo2": (queries, keys)}.get(kind, ())
    for p, n in zip("qk", widths):
        m.norm(f"{h}{p}_norm", n, bias=None, centre=m.centre)


def feed_forward(m, h):
    d, n, bias = m.c["hidden_size"], m.c["intermediate_size"], m.c.get("mlp_bias", False)
    if m.c["model_type"] == "phi3":
        m.dense(h + "gate_up_proj", 2 * n, d, False)
    else:
        m.dense(h + "gate_proj", n, d, bias)
        m.dense(h + "up_proj", n, d, bias)
    m.dense(h + "down_proj", d, n, bias)


def tensors(m, buffers=False):
    """buffers: the frequencies, as checkpoints of that time have them."""
    c, d = m.c, m.c["hidden_size"]
    m.centre = 0.0 if c["model_type"].startswith("gemma") else 1.0
    head = c.get("head_dim") or d // c["num_attention_heads"]
    m.normal("model.embed_tokens.weight", (c["vocab_size"], d), d ** -0.5 if m.centre == 0 else 1.0)
    for i in range(c["num_hidden_layers"]):
        h = f"model.layers.{i}."
        attention(m, h + "self_attn.", c["num_attention_heads"] * head, c["num_key_value_heads"] * head)
        if buffers:
            m.w[h + "self_attn.rotary_emb.inv_freq"] = plain(10000.0, head).astype(np.float32)
        feed_forward(m, h + "mlp.")
        for name in NORMS.get(c["model_type"], ["input_layernorm", "post_attention_layernorm"]):
            m.norm(h + name, d, bias=None, centre=m.centre)
    m.norm("model.norm", d, bias=None, centre=m.centre)
    if not c.get("tie_word_embeddings", m.centre == 0):
        m.normal("lm_head.weight", (c["vocab_size"], d), d ** -0.5)


TENSORS = {kind: tensors for kind in ("llama", "mistral", "qwen2", "qwen3", "phi3", "olmo2", "gemma", "gemma2", "gemma3_text")}
