"""Models of one stack with layer norms: GPT-2, OPT, BERT, RoBERTa and XLM-RoBERTa, DistilBERT, GPT-NeoX.

Each function takes config.json, the tensors of the checkpoint and the ids of a line, and gives a Run with the logits of every
position. Written from the definitions in Hugging Face's transformers, inference without padding or a cache.
"""
import numpy as np
import pieces
from pieces import ACTIVATION, Run, causal, dense, split
from rotary import frequencies


def gpt2(c, w, ids):
    """Conv1D holds its weights as [in, out]; queries, keys and values are one product's columns."""
    m = Run(c, w, "transformer." if "transformer.wte.weight" in w else "")
    heads, eps, act = c["n_head"], c["layer_norm_epsilon"], ACTIVATION[c["activation_function"]]
    conv = lambda x, name: x @ m.get(name + ".weight") + m.get(name + ".bias")
    x = m.embed = m.get("wte.weight")[ids] + m.get("wpe.weight")[:len(ids)]
    for i in range(c["n_layer"]):
        h = f"h.{i}."
        q, k, v = (split(y, heads) for y in np.split(conv(m.norm(x, h + "ln_1", eps), h + "attn.c_attn"), 3, axis=1))
        scale = q.shape[2] ** -0.5 if c.get("scale_attn_weights", True) else 1.0
        if c.get("scale_attn_by_inverse_layer_idx", False):
            scale /= i + 1
        x = x + conv(m.attend(q, k, v, causal(len(ids)), scale), h + "attn.c_proj")
        x = x + conv(act(conv(m.norm(x, h + "ln_2", eps), h + "mlp.c_fc")), h + "mlp.c_proj")
        m.hidden.append(x)
    table = m.get("wte.weight") if c.get("tie_word_embeddings", True) else w["lm_head.weight"]
    m.logits = dense(m.norm(x, "ln_f", eps), table)
    return m


def opt(c, w, ids):
    """Positions begin at row 2. 350m: norms behind the sums, no final norm, a table of another width than the layers."""
    m = Run(c, w, "model.decoder." if "model.decoder.embed_tokens.weight" in w else "decoder.")
    heads, eps, act, before = c["num_attention_heads"], 1e-5, ACTIVATION[c["activation_function"]], c["do_layer_norm_before"]
    narrow = c["word_embed_proj_dim"] != c["hidden_size"]
    x = m.get("embed_tokens.weight")[ids]
    if narrow:
        x = m.dense(x, "project_in")
    x = m.embed = x + m.get("embed_positions.weight")[2:2 + len(ids)]

    def block(x, name, f):
        return x + f(m.norm(x, name, eps)) if before else m.norm(x + f(x), name, eps)

    for i in range(c["num_hidden_layers"]):
        h = f"layers.{i}."

        def attend(y):
            q, k, v = (split(m.dense(y, f"{h}self_attn.{p}_proj"), heads) for p in "qkv")
            return m.dense(m.attend(q, k, v, causal(len(ids)), q.shape[2] ** -0.5), h + "self_attn.out_proj")

        x = block(x, h + "self_attn_layer_norm", attend)
        x = block(x, h + "final_layer_norm", lambda y: m.dense(act(m.dense(y, h + "fc1")), h + "fc2"))
        m.hidden.append(x)
    if before and not c.get("_remove_final_layer_norm", False):
        x = m.norm(x, "final_layer_norm", eps)
    if narrow:
        x = m.dense(x, "project_out")
    m.logits = dense(x, m.get("embed_tokens.weight"))
    return m


def encoder_layer(m, x, names, heads, act, eps):
    """A layer with its norms behind the sums, every position seen. names: q, k, v, out, norm, in, out, norm."""
    q, k, v = (split(m.dense(x, name), heads) for name in names[:3])
    every = np.ones((len(x), len(x)), bool)
    x = m.norm(x + m.dense(m.attend(q, k, v, every, q.shape[2] ** -0.5), names[3]), names[4], eps)
    x = m.norm(x + m.dense(act(m.dense(x, names[5])), names[6]), names[7], eps)
    m.hidden.append(x)
    return x


BERT_NAMES = ["attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense",
              "attention.output.LayerNorm", "intermediate.dense", "output.dense", "output.LayerNorm"]


def bert_body(m, ids, positions):
    c, eps = m.c, m.c["layer_norm_eps"]
    x = m.get("embeddings.word_embeddings.weight")[ids] + m.get("embeddings.token_type_embeddings.weight")[0] \
        + m.get("embeddings.position_embeddings.weight")[positions]
    x = m.embed = m.norm(x, "embeddings.LayerNorm", eps)
    for i in range(c["num_hidden_layers"]):
        names = [f"encoder.layer.{i}.{name}" for name in BERT_NAMES]
        x = encoder_layer(m, x, names, c["num_attention_heads"], ACTIVATION[c["hidden_act"]], eps)
    return x


def bert(c, w, ids):
    """Old checkpoints call a norm's gain gamma and its bias beta."""
    w = {k.replace("LayerNorm.gamma", "LayerNorm.weight").replace("LayerNorm.beta", "LayerNorm.bias"): x for k, x in w.items()}
    m = Run(c, w, "bert.")
    x = bert_body(m, ids, np.arange(len(ids)))
    m.prefix = "cls.predictions."
    x = m.norm(ACTIVATION[c["hidden_act"]](m.dense(x, "transform.dense")), "transform.LayerNorm", c["layer_norm_eps"])
    tied = c.get("tie_word_embeddings", True)
    m.logits = dense(x, w["bert.embeddings.word_embeddings.weight"] if tied else m.get("decoder.weight"), m.get("bias"))
    return m


def roberta(c, w, ids):
    """RoBERTa and XLM-RoBERTa: positions begin behind the padding's, the head's activation is gelu whatever hidden_act says."""
    assert c["pad_token_id"] not in ids
    m = Run(c, w, "roberta.")
    x = bert_body(m, ids, c["pad_token_id"] + 1 + np.arange(len(ids)))
    m.prefix = "lm_head."
    x = m.norm(ACTIVATION["gelu"](m.dense(x, "dense")), "layer_norm", c["layer_norm_eps"])
    tied = c.get("tie_word_embeddings", True)
    m.logits = dense(x, w["roberta.embeddings.word_embeddings.weight"] if tied else m.get("decoder.weight"), m.get("bias"))
    return m


DISTILBERT_NAMES = ["attention.q_lin", "attention.k_lin", "attention.v_lin", "attention.out_lin", "sa_layer_norm",
                    "ffn.lin1", "ffn.lin2", "output_layer_norm"]


def distilbert(c, w, ids):
    """No token types. With sinusoidal_pos_embds the table holds sines; it is stored all the same."""
    m, act, eps = Run(c, w, "distilbert."), ACTIVATION[c["activation"]], 1e-12
    x = m.get("embeddings.word_embeddings.weight")[ids] + m.get("embeddings.position_embeddings.weight")[:len(ids)]
    x = m.embed = m.norm(x, "embeddings.LayerNorm", eps)
    for i in range(c["n_layers"]):
        x = encoder_layer(m, x, [f"transformer.layer.{i}.{name}" for name in DISTILBERT_NAMES], c["n_heads"], act, eps)
    m.prefix = ""
    x = m.norm(act(m.dense(x, "vocab_transform")), "vocab_layer_norm", eps)
    m.logits = dense(x, w["distilbert.embeddings.word_embeddings.weight"], m.get("vocab_projector.bias"))
    return m


def gpt_neox(c, w, ids):
    """Queries, keys and values are rows of one matrix, head by head; a part of each head is turned; both branches read x."""
    m, heads, eps, act = Run(c, w, "gpt_neox."), c["num_attention_heads"], c["layer_norm_eps"], ACTIVATION[c["hidden_act"]]
    turn = frequencies(c, c["hidden_size"] // heads, len(ids), "rotary_emb_base")
    x = m.embed = m.get("embed_in.weight")[ids]
    for i in range(c["num_hidden_layers"]):
        h = f"layers.{i}."
        joined = split(m.dense(m.norm(x, h + "input_layernorm", eps), h + "attention.query_key_value"), heads)
        q, k, v = np.split(joined, 3, axis=2)
        q, k = pieces.rotate(q, *turn), pieces.rotate(k, *turn)
        a = m.dense(m.attend(q, k, v, causal(len(ids)), q.shape[2] ** -0.5), h + "attention.dense")
        y = x if c["use_parallel_residual"] else x + a
        f = m.dense(act(m.dense(m.norm(y, h + "post_attention_layernorm", eps), h + "mlp.dense_h_to_4h")), h + "mlp.dense_4h_to_h")
        x = x + a + f
        m.hidden.append(x)
    table = m.get("embed_in.weight") if c.get("tie_word_embeddings", False) else w["embed_out.weight"]
    m.logits = dense(m.norm(x, "final_layer_norm", eps), table)
    return m


FAMILY = {"gpt2": gpt2, "opt": opt, "bert": bert, "roberta": roberta, "xlm-roberta": roberta, "distilbert": distilbert,
          "gpt_neox": gpt_neox}
