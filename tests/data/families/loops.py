"""The families' forward pass as loops over single neurons: slow, and with nothing in common with bart.py but the tensors' names."""
import math


def linear(w, name, row):
    W, b = w[name + ".weight"], w.get(name + ".bias")
    return [sum(W[o][i] * row[i] for i in range(len(row))) + (0 if b is None else b[o]) for o in range(len(W))]


def norm(w, name, row):
    mean = sum(row) / len(row)
    deviation = math.sqrt(sum((x - mean) ** 2 for x in row) / len(row) + 1e-5)
    return [(x - mean) / deviation * w[name + ".weight"][i] + w[name + ".bias"][i] for i, x in enumerate(row)]


def add(a, b):
    return [x + y for x, y in zip(a, b, strict=True)]


def activate(name, x):
    if name == "relu":
        return x if x > 0 else 0.0
    if name == "gelu":
        return x * 0.5 * math.erfc(-x / math.sqrt(2))
    if name == "gelu_new":
        return x / (1 + math.exp(-2 * math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)))
    if name == "silu":
        return x * 0.5 * (1 + math.tanh(x / 2))
    raise KeyError(name)


def attend(w, name, heads, queries, keys, causal):
    """One row for each query row: all heads, then the output projection."""
    q, k, v = ([linear(w, f"{name}.{p}_proj", row) for row in rows] for p, rows in (("q", queries), ("k", keys), ("v", keys)))
    size, out = len(q[0]) // heads, []
    for i, query in enumerate(q):
        context = []
        for h in range(heads):
            part = range(h * size, (h + 1) * size)
            seen = range(i + 1) if causal else range(len(k))
            e = [math.exp(sum(query[n] * k[j][n] for n in part) / math.sqrt(size)) for j in seen]
            context += [sum(e[j] * v[j][n] for j in seen) / sum(e) for n in part]
        out.append(linear(w, name + ".out_proj", context))
    return out


def position(model, side, ids, t):
    """What is added to the embedding of token t."""
    kind, d = model.c["model_type"], model.c["d_model"]
    if kind in ("bart", "mbart"):
        return model.w[side + ".embed_positions.weight"][t + 2]
    if kind in ("blenderbot", "blenderbot-small"):
        return model.w[side + ".embed_positions.weight"][t]
    if kind == "pegasus":
        if side + ".embed_positions.weight" in model.w:
            return model.w[side + ".embed_positions.weight"][t]
        angles = [t / 10000 ** (2 * i / d) for i in range((d + 1) // 2)]
        return [math.sin(a) for a in angles] + [math.cos(a) for a in angles[:d // 2]]
    assert model.c["pad_token_id"] == 1 and 1 not in ids
    half = d // 2
    angles = [(t + 2) / 10000 ** (i / (half - 1)) for i in range(half)]
    return [math.sin(a) for a in angles] + [math.cos(a) for a in angles] + [0.0] * (d % 2)


def embed(model, side, ids):
    kind, rows = model.c["model_type"], []
    for t, token in enumerate(ids):
        row = [x * (math.sqrt(model.c["d_model"]) if model.c["scale_embedding"] else 1) for x in model.w["shared.weight"][token]]
        if kind == "blenderbot-small" and side == "decoder":
            row = norm(model.w, "decoder.layernorm_embedding", row)
        row = add(row, position(model, side, ids, t))
        if kind in ("bart", "mbart") or (kind == "blenderbot-small" and side == "encoder"):
            row = norm(model.w, side + ".layernorm_embedding", row)
        rows.append(row)
    return rows


def feed_forward(model, layer, row):
    inner = [activate(model.c["activation_function"], x) for x in linear(model.w, layer + "fc1", row)]
    return linear(model.w, layer + "fc2", inner)


def side_rows(model, side, ids, memory):
    w, heads, rows = model.w, model.c[side + "_attention_heads"], embed(model, side, ids)
    in_front = model.c["model_type"] in ("mbart", "pegasus", "blenderbot", "m2m_100")
    for i in range(model.c[side + "_layers"]):
        layer = f"{side}.layers.{i}."
        branches = [("self_attn_layer_norm", lambda x: attend(w, layer + "self_attn", heads, x, x, side == "decoder"))]
        if side == "decoder":
            branches.append(("encoder_attn_layer_norm", lambda x: attend(w, layer + "encoder_attn", heads, x, memory, False)))
        branches.append(("final_layer_norm", lambda x: [feed_forward(model, layer, row) for row in x]))
        for name, branch in branches:
            if in_front:
                rows = [add(a, b) for a, b in zip(rows, branch([norm(w, layer + name, row) for row in rows]))]
            else:
                rows = [norm(w, layer + name, add(a, b)) for a, b in zip(rows, branch(rows))]
    return [norm(w, side + ".layer_norm", row) for row in rows] if in_front else rows


def forward(model, source, inputs):
    """The encoder's output and the logits, as lists of rows."""
    encoder = side_rows(model, "encoder", source, None)
    table = "shared" if model.c.get("tie_word_embeddings", True) else "lm_head"
    bias = model.w.get("final_logits_bias", [[0.0] * model.c["vocab_size"]])[0]
    return encoder, [add(linear(model.w, table, row), bias) for row in side_rows(model, "decoder", inputs, encoder)]
