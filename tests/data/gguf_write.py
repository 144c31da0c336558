#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A model directory as GGUF, and what a reader of it has to find, as safetensors.

gguf_write.py MODEL FILE.gguf TYPE [--expect DIRECTORY] [--width N] [--tokenizer tokenizer.model|tokenizer.json] [--version 2|3] [KEY=VALUE ...]

TYPE: F32, F16, BF16 or Q8_0, of all matrices and tables; vectors stay F32. With --expect the numbers that the file holds, in the names, shapes and
order of MODEL, go to DIRECTORY/model.safetensors (matrices of F16 and BF16 as such, those of Q8_0 as F32) with MODEL's config.json. With --width N a
model of that width and other sizes by it, random numbers, is taken instead of MODEL's own. KEY=VALUE sets metadata, a JSON value, or takes it away
(KEY=null). From the format's specification (ggml, docs/gguf.md) and the mapping of llama.cpp's converter; numpy alone.
"""
import json, os, struct, sys
import numpy as np

U32, I32, F32, BOOL, TEXT, LIST = 4, 5, 6, 7, 8, 9
GGML = {"F32": 0, "F16": 1, "Q8_0": 8, "BF16": 30}
SIZES = {"F32": (1, 4), "F16": (1, 2), "Q8_0": (32, 34), "BF16": (1, 2)}
ALIGNMENT = 32


# -- numbers

def bf16(x):
    bits = np.asarray(x, "<f4").view("<u4").astype("<u8")
    return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype("<u2")


def q8_0(x):
    """Blocks of 32: a scale of 16 bits, 32 numbers of 8; the numbers they stand for."""
    rows = np.asarray(x, "<f4").reshape(-1, 32)
    scale = (abs(rows).max(1) / 127).astype("<f2")
    inverse = np.divide(1, scale, out=np.zeros(len(rows), "<f4"), where=scale != 0, dtype="<f4")
    q = np.clip(np.rint(rows * inverse[:, None]), -127, 127).astype("i1")
    stored = np.concatenate([scale[:, None].view("u1").reshape(-1, 2), q.view("u1")], 1)
    return stored.tobytes(), (scale.astype("<f4")[:, None] * q).reshape(np.shape(x))


def stored(x, kind):
    """The bytes of a tensor, and the numbers that they are, in a type of safetensors."""
    if kind == "F16":
        return np.asarray(x, "<f2").tobytes(), ("F16", np.asarray(x, "<f2"))
    if kind == "BF16":
        return bf16(x).tobytes(), ("BF16", bf16(x))
    if kind == "Q8_0":
        data, numbers = q8_0(x)
        return data, ("F32", numbers.astype("<f4"))
    return np.asarray(x, "<f4").tobytes(), ("F32", np.asarray(x, "<f4"))


# -- safetensors

def load(path):
    with open(path, "rb") as f:
        size, = struct.unpack("<Q", f.read(8))
        header, data = json.loads(f.read(size)), f.read()
    tensors = {}
    for name, e in header.items():
        if name == "__metadata__" or name.endswith((".attn.bias", ".attn.masked_bias", "inv_freq")):
            continue
        part = data[slice(*e["data_offsets"])]
        if e["dtype"] == "BF16":
            x = (np.frombuffer(part, "<u2").astype("<u4") << 16).view("<f4")
        else:
            x = np.frombuffer(part, {"F32": "<f4", "F16": "<f2"}[e["dtype"]]).astype("<f4")
        tensors[name] = x.reshape(e["shape"])
    return tensors


def save(path, tensors):
    header, data = {}, b""
    for name, (kind, x) in tensors.items():
        part = np.ascontiguousarray(x).tobytes()
        header[name] = {"dtype": kind, "shape": list(x.shape), "data_offsets": [len(data), len(data) + len(part)]}
        data += part
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


# -- the container

def text(s):
    s = s.encode() if isinstance(s, str) else s
    return struct.pack("<Q", len(s)) + s


def value(x):
    """Type and bytes."""
    if isinstance(x, bool):
        return BOOL, struct.pack("<?", x)
    if isinstance(x, int):
        return (U32, struct.pack("<I", x)) if x >= 0 else (I32, struct.pack("<i", x))
    if isinstance(x, float):
        return F32, struct.pack("<f", x)
    if isinstance(x, str):
        return TEXT, text(x)
    if all(isinstance(y, int) for y in x):      # what token types are
        return LIST, struct.pack("<IQ", I32, len(x)) + b"".join(struct.pack("<i", y) for y in x)
    of = value(x[0])[0]
    return LIST, struct.pack("<IQ", of, len(x)) + b"".join(value(y)[1] for y in x)


def write_gguf(path, keys, tensors, version=3):
    """`tensors`: name, numbers (row-major), type."""
    header = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(keys))
    for key, x in keys.items():
        kind, data = value(x)
        header += text(key) + struct.pack("<I", kind) + data
    at, parts = 0, []
    step = keys.get("general.alignment", ALIGNMENT)
    for name, x, kind in tensors:
        data = stored(x, kind)[0]
        header += text(name) + struct.pack("<I", x.ndim) + b"".join(struct.pack("<Q", n) for n in reversed(x.shape))
        header += struct.pack("<IQ", GGML[kind], at)
        data += b"\0" * (-len(data) % step)
        parts.append(data)
        at += len(data)
    with open(path, "wb") as f:
        f.write(header + b"\0" * (-len(header) % step) + b"".join(parts))


# -- the converter's mapping

LAYER = {"input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
         "self_attn.o_proj": "attn_output", "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm",
         "post_attention_layernorm": "ffn_norm", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
         "ln_1": "attn_norm", "attn.c_attn": "attn_qkv", "attn.c_proj": "attn_output", "ln_2": "ffn_norm", "mlp.c_fc": "ffn_up",
         "mlp.c_proj": "ffn_down"}
OTHER = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output", "wte": "token_embd", "wpe": "position_embd",
         "ln_f": "output_norm"}


def gguf_name(name):
    base, end = name.removeprefix("transformer.").rsplit(".", 1)
    parts = base.removeprefix("model.").split(".", 2)
    if parts[0] in ("layers", "h"):
        return f"blk.{parts[1]}.{LAYER[parts[2]]}.{end}"
    return f"{OTHER[base]}.{end}"


def paired(x, heads):
    """The first of all pairs of a head and then the second become pair after pair."""
    return x.reshape(heads, 2, len(x) // heads // 2, *x.shape[1:]).swapaxes(1, 2).reshape(x.shape)


def unpaired(x, heads):
    return x.reshape(heads, len(x) // heads // 2, 2, *x.shape[1:]).swapaxes(1, 2).reshape(x.shape)


def heads_of(config, name):
    heads = config["num_attention_heads"]
    return config.get("num_key_value_heads", heads) if "k_proj" in name else heads


def converted(config, name, x):
    kind = config["model_type"]
    if kind in ("llama", "mistral") and ("q_proj" in name or "k_proj" in name):
        return paired(x, heads_of(config, name))
    if kind == "gemma" and name.endswith("norm.weight"):
        return (x + np.float32(1)).astype("<f4")
    if kind == "gpt2" and ".c_" in name and x.ndim == 2:
        return np.ascontiguousarray(x.T)
    return x


def undone(config, name, kind_and_x):
    """The numbers of the file in the order of the model."""
    kind, x = kind_and_x
    model = config["model_type"]
    if model in ("llama", "mistral") and ("q_proj" in name or "k_proj" in name):
        x = unpaired(x, heads_of(config, name))
    if model == "gemma" and name.endswith("norm.weight"):
        x = x - np.float32(1)
    if model == "gpt2" and ".c_" in name and x.ndim == 2:
        x = x.T
    return kind, np.ascontiguousarray(x)


def rope_keys(config, head_width):
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    keys = {"rope.dimension_count": head_width, "rope.freq_base": float(rope.get("rope_theta", config.get("rope_theta", 10000)))}
    kind = rope.get("rope_type", rope.get("type"))
    if kind in ("linear", "yarn"):
        keys |= {"rope.scaling.type": kind, "rope.scaling.factor": float(rope["factor"])}
    if kind == "yarn":
        keys["rope.scaling.original_context_length"] = rope["original_max_position_embeddings"]
        keys |= {f"rope.scaling.yarn_{theirs}": float(rope[ours]) for ours, theirs in
                 (("attention_factor", "attn_factor"), ("beta_fast", "beta_fast"), ("beta_slow", "beta_slow")) if ours in rope}
    return keys


def rope_factors(config, head_width):
    """Llama 3's, by which frequencies are divided; None: the model has none."""
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    if rope.get("rope_type") != "llama3":
        return None
    base, old = float(rope.get("rope_theta", config.get("rope_theta", 10000))), rope["original_max_position_embeddings"]
    low, high, factor = rope["low_freq_factor"], rope["high_freq_factor"], rope["factor"]
    wave = 2 * np.pi * base ** (np.arange(0, head_width, 2) / head_width)
    smooth = (old / wave - low) / (high - low)
    between = 1 / ((1 - smooth) / factor + smooth)
    return np.where(wave < old / high, 1, np.where(wave > old / low, factor, between)).astype("<f4")


def metadata(config):
    kind = "llama" if config["model_type"] == "mistral" else config["model_type"]
    eos = config["eos_token_id"]
    keys = {"general.architecture": kind, "general.type": "model", "general.name": config.get("_name_or_path", "tiny"),
            "general.quantization_version": 2, "tokenizer.ggml.eos_token_id": eos[0] if isinstance(eos, list) else eos}
    keys |= {f"tokenizer.ggml.{theirs}_token_id": config[f"{ours}_token_id"] for ours, theirs in (("bos", "bos"), ("pad", "padding"))
             if config.get(f"{ours}_token_id") is not None}
    if kind == "gpt2":
        width, heads = config["n_embd"], config["n_head"]
        own = {"block_count": config["n_layer"], "context_length": config["n_positions"], "embedding_length": width,
               "feed_forward_length": config.get("n_inner") or 4 * width, "attention.head_count": heads,
               "attention.layer_norm_epsilon": config["layer_norm_epsilon"]}
    else:
        width, heads = config["hidden_size"], config["num_attention_heads"]
        head_width = config.get("head_dim", width // heads)
        own = {"block_count": config["num_hidden_layers"], "context_length": config["max_position_embeddings"], "embedding_length": width,
               "feed_forward_length": config["intermediate_size"], "attention.head_count": heads,
               "attention.head_count_kv": config.get("num_key_value_heads", heads), "attention.layer_norm_rms_epsilon": config["rms_norm_eps"]}
        own |= rope_keys(config, head_width)
        if "head_dim" in config:
            own |= {"attention.key_length": head_width, "attention.value_length": head_width}
        own["vocab_size"] = config["vocab_size"]
    return keys | {f"{kind}.{k}": v for k, v in own.items()}


# -- tokenisers

def fields(data):
    """Numbers and values of a protocol buffer's message."""
    at = 0

    def varint():
        nonlocal at
        x = shift = 0
        while True:
            byte = data[at]
            at += 1
            x |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return x
    while at < len(data):
        tag = varint()
        size = {0: None, 1: 8, 2: None, 5: 4}[tag & 7]
        if tag & 7 == 0:
            yield tag >> 3, varint()
            continue
        size = varint() if size is None else size
        yield tag >> 3, data[at:at + size]
        at += size


def sentencepiece_keys(path, size):
    tokens, scores, types = [], [], []
    with open(path, "rb") as f:
        for number, piece in fields(f.read()):
            if number == 1:
                piece = dict(fields(piece))
                tokens.append(piece[1].decode())
                scores.append(struct.unpack("<f", piece.get(2, bytes(4)))[0])
                types.append(piece.get(3, 1))
    for i in range(len(tokens), size):
        tokens, scores, types = tokens + [f"[PAD{i}]"], scores + [-10000.0], types + [5]
    return {"model": "llama", "pre": "default", "tokens": tokens, "scores": scores, "token_type": types}


def bpe_keys(path, size):
    with open(path) as f:
        whole = json.load(f)
    added = {t["content"]: t for t in whole.get("added_tokens", [])}
    tokens = {i: t for t, i in whole["model"]["vocab"].items()} | {t["id"]: t["content"] for t in added.values()}
    tokens = [tokens.get(i, f"[PAD{i}]") for i in range(size)]
    types = [(3 if added[t]["special"] else 4) if t in added else 5 if t.startswith("[PAD") else 1 for t in tokens]
    return {"model": "gpt2", "pre": "gpt-2", "tokens": tokens, "token_type": types,
            "merges": [m if isinstance(m, str) else " ".join(m) for m in whole["model"]["merges"]]}


def tokenizer_keys(path, size):
    keys = (bpe_keys if path.endswith(".json") else sentencepiece_keys)(path, size)
    return {f"tokenizer.ggml.{k}": x for k, x in keys.items()}


def widened(config, tensors, width):
    """Another model of the kind, whose rows are whole blocks."""
    random = np.random.default_rng(7)
    config = dict(config)
    gpt2 = config["model_type"] == "gpt2"
    heads = config["n_head" if gpt2 else "num_attention_heads"] = 4
    old = {config["n_embd"]: width, 3 * config["n_embd"]: 3 * width, config.get("n_inner") or 4 * config["n_embd"]: 2 * width} if gpt2 else {}
    if gpt2:
        config |= {"n_embd": width, "n_inner": 2 * width}
        shape = lambda name, x: [old.get(n, n) for n in x.shape]
    else:
        kv, head_width = 2, 16
        sizes = {"q_proj": [heads * head_width, width], "k_proj": [kv * head_width, width], "v_proj": [kv * head_width, width],
                 "o_proj": [width, heads * head_width], "gate_proj": [2 * width, width], "up_proj": [2 * width, width],
                 "down_proj": [width, 2 * width], "q_norm": [head_width], "k_norm": [head_width]}
        config |= {"hidden_size": width, "intermediate_size": 2 * width, "num_key_value_heads": kv}
        if config["model_type"] != "qwen2":
            config["head_dim"] = head_width
        assert config["model_type"] != "qwen2" or width == heads * head_width
        shape = lambda name, x: (sizes.get(name.split(".")[-2]) or [*x.shape[:-1], width])[:x.ndim]
    return config, {name: (random.standard_normal(shape(name, x)) / (np.sqrt(width) if x.ndim > 1 else 3)).astype("<f4")
                    for name, x in tensors.items()}


def main(model, path, kind, *options):
    with open(f"{model}/config.json") as f:
        config = json.load(f)
    tensors = load(f"{model}/model.safetensors")
    options, expect, version, tokenizer = list(options), None, 3, None
    while options and options[0].startswith("--"):
        option, argument = options.pop(0), options.pop(0)
        if option == "--expect":
            expect = argument
        elif option == "--version":
            version = int(argument)
        elif option == "--tokenizer":
            tokenizer = argument
        else:
            config, tensors = widened(config, tensors, int(argument))
    rows, found = [], {}
    for name, x in tensors.items():
        x = converted(config, name, x)
        of = kind if x.ndim > 1 else "F32"
        rows.append((gguf_name(name), x, of))
        found[name] = undone(config, name, stored(x, of)[1])
    keys = metadata(config)
    if tokenizer:
        keys |= tokenizer_keys(tokenizer, config["vocab_size"])
    if config["model_type"] != "gpt2":
        factors = rope_factors(config, config.get("head_dim", config["hidden_size"] // config["num_attention_heads"]))
        if factors is not None:
            rows.append(("rope_freqs.weight", factors, "F32"))
    for option in options:
        key, _, x = option.partition("=")
        keys[key] = json.loads(x)
    write_gguf(path, {k: x for k, x in keys.items() if x is not None}, rows, version)
    if expect:
        os.makedirs(expect, exist_ok=True)
        save(f"{expect}/model.safetensors", found)
        with open(f"{expect}/config.json", "w") as f:
            json.dump(config, f, indent=1)


if __name__ == "__main__":
    main(*sys.argv[1:])
