"""T5's forward pass as loops over single neurons, with nothing in common with t5.py but the tensors' names."""
import math
from fractions import Fraction
from loops import activate, add, linear


def norm(model, name, row):
    root = math.sqrt(sum(x * x for x in row) / len(row) + model.c["layer_norm_epsilon"])
    return [g * x / root for g, x in zip(model.w[name + ".weight"], row, strict=True)]


def bucket(query, key, decoder, rows, longest):
    """By whole numbers: the logarithm's floor is the largest k with (far/exact)^n >= (longest/exact)^k."""
    start = 0
    if not decoder:
        rows //= 2
        start = rows if key > query else 0
    elif key > query:
        return 0
    far, exact = abs(key - query), rows // 2
    if far < exact:
        return start + far
    k = 0
    while k < rows - exact - 1 and Fraction(far, exact) ** (rows - exact) >= Fraction(longest, exact) ** (k + 1):
        k += 1
    return start + exact + k


def attend(model, name, queries, keys, causal, bias):
    """bias(query, key, head)"""
    w, heads = model.w, model.c["num_heads"]
    q, k, v = ([linear(w, f"{name}.{p}", row) for row in rows] for p, rows in (("q", queries), ("k", keys), ("v", keys)))
    size, out = model.c["d_kv"], []
    for i, query in enumerate(q):
        context = []
        for h in range(heads):
            part, seen = range(h * size, (h + 1) * size), range(i + 1) if causal else range(len(k))
            e = [math.exp(sum(query[n] * k[j][n] for n in part) + bias(i, j, h)) for j in seen]
            context += [sum(e[j] * v[j][n] for j in seen) / sum(e) for n in part]
        out.append(linear(w, name + ".o", context))
    return out


def feed_forward(model, name, row):
    said = model.c.get("feed_forward_proj", "relu")
    act = {"gated-gelu": "gelu_new", "gated-silu": "silu"}.get(said, said)
    if name + ".wi.weight" in model.w:
        inner = [activate(act, x) for x in linear(model.w, name + ".wi", row)]
    else:
        inner = [activate(act, a) * b for a, b in zip(linear(model.w, name + ".wi_0", row), linear(model.w, name + ".wi_1", row))]
    return linear(model.w, name + ".wo", inner)


def side_rows(model, side, ids, memory):
    c, w, decoder = model.c, model.w, side == "decoder"
    table = w["shared.weight"] if "shared.weight" in w else w["decoder.embed_tokens.weight"]
    rows = [list(table[token]) for token in ids]
    longest, count = c.get("relative_attention_max_distance", 128), c["relative_attention_num_buckets"]
    for i in range(c.get("num_decoder_layers", c["num_layers"]) if decoder else c["num_layers"]):
        block = f"{side}.block.{i}.layer."
        owner = i if c["model_type"] == "umt5" else 0
        b = w[f"{side}.block.{owner}.layer.0.SelfAttention.relative_attention_bias.weight"]
        branches = [lambda x: attend(model, block + "0.SelfAttention", x, x, decoder,
                                     lambda query, key, h: b[bucket(query, key, decoder, count, longest)][h])]
        if decoder:
            branches.append(lambda x: attend(model, block + "1.EncDecAttention", x, memory, False, lambda query, key, h: 0))
        branches.append(lambda x: [feed_forward(model, f"{block}{len(branches) - 1}.DenseReluDense", row) for row in x])
        for n, branch in enumerate(branches):
            rows = [add(a, y) for a, y in zip(rows, branch([norm(model, f"{block}{n}.layer_norm", row) for row in rows]))]
    return [norm(model, side + ".final_layer_norm", row) for row in rows]


def forward(model, source, inputs):
    """The encoder's output and the logits, as lists of rows."""
    encoder = side_rows(model, "encoder", source, None)
    scaled = model.c.get("scale_decoder_outputs", model.c.get("tie_word_embeddings", True))
    factor = 1 / math.sqrt(model.c["d_model"]) if scaled else 1
    head = next(n for n in ("lm_head", "shared", "decoder.embed_tokens") if n + ".weight" in model.w)
    return encoder, [linear(model.w, head, [factor * x for x in row]) for row in side_rows(model, "decoder", inputs, encoder)]
