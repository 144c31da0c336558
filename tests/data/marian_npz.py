#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""marian_npz.py MODEL RELEASE [REFERENCE]: a Marian model in Hugging Face's layout, as a release of Marian.

RELEASE gets what the zip files of OPUS-MT have: decoder.yml, the weights as .npz with special:model.yml,
vocab.yml, SentencePiece models. The names are those of the table in transformers'
convert_marian_to_pytorch.py, read from right to left; what that converter cannot read (norms in front of
blocks, tables and outputs of their own) has the names of Marian's transformer.h.

REFERENCE gets the model that the release holds, in Hugging Face's layout again. It differs from MODEL
where Marian has no word for it: both sides have the encoder's number of heads, embeddings are scaled, the
padding's embedding and bias are 0, and an activation that Marian lacks is swish.

Numbers stay as they are; those of bfloat16, which numpy lacks, become single precision.
"""
import json
import shutil
import struct
import sys
import zipfile
from pathlib import Path

import numpy as np
import yaml

BLOCK = {"self_attn": "self", "encoder_attn": "context"}
LETTER = {"q_proj": "q", "k_proj": "k", "v_proj": "v", "out_proj": "o"}


def read_safetensors(directory):
    """{name: array} of all files of a model."""
    tensors = {}
    for path in sorted(directory.glob("*.safetensors")):
        data = path.read_bytes()
        (size,) = struct.unpack("<Q", data[:8])
        for name, entry in json.loads(data[8 : 8 + size]).items():
            if name == "__metadata__":
                continue
            begin, end = entry["data_offsets"]
            raw = data[8 + size + begin : 8 + size + end]
            if entry["dtype"] == "BF16":
                array = (np.frombuffer(raw, "<u2").astype("<u4") << 16).view("<f4")
            else:
                array = np.frombuffer(raw, {"F32": "<f4", "F16": "<f2"}[entry["dtype"]])
            tensors[name] = array.reshape(entry["shape"])
    return tensors


def write_safetensors(path, tensors):
    header, at = {}, 0
    for name, array in tensors.items():
        dtype = {"<f4": "F32", "<f2": "F16"}[array.dtype.str]
        header[name] = {"dtype": dtype, "shape": array.shape, "data_offsets": [at, at + array.nbytes]}
        at += array.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(a.tobytes() for a in tensors.values()))


def layer_name(side, rest, pre):
    """self_attn.q_proj.weight of layer 0 -> encoder_l1_self_Wq, and whether it is a matrix."""
    number, part = rest.split(".", 1)
    names, end = part.split("."), "W" if part.endswith("weight") else "b"
    layer = f"{side}_l{int(number) + 1}_"
    if names[0] in BLOCK:
        return f"{layer}{BLOCK[names[0]]}_{end}{LETTER[names[1]]}", end == "W"
    if names[0] in ("fc1", "fc2"):
        return f"{layer}ffn_{end}{names[0][2]}", end == "W"
    norm = "ffn_ffn" if names[0] == "final_layer_norm" else BLOCK[names[0][: -len("_layer_norm")]] + "_Wo"
    return f"{layer}{norm}_ln_{'scale' if end == 'W' else 'bias'}{pre}", False


def marian_name(name, pre):
    """Marian's name of a tensor of a layer or a norm, and whether it is a matrix."""
    _, side, rest = name.split(".", 2)
    if rest.startswith("layers."):
        return layer_name(side, rest[len("layers.") :], pre)
    norm, what = rest.split(".")
    what = "scale" if what == "weight" else "bias"
    if norm == "layernorm_embedding":
        return f"{side}_emb_ln_{what}_pre", False
    return f"{side}_top_ln_{what}", False


def marian_arrays(tensors, pre):
    """As Marian has them: matrices as [inputs, outputs], vectors as rows, no padding."""
    tables = {
        "model.shared.weight": "Wemb",
        "model.encoder.embed_tokens.weight": "encoder_Wemb",
        "model.decoder.embed_tokens.weight": "decoder_Wemb",
        "lm_head.weight": "decoder_ff_logit_out_Wt",
    }
    arrays = {}
    for name, array in tensors.items():
        if name in tables:
            arrays[tables[name]] = array[:-1]
        elif name == "final_logits_bias":
            arrays["decoder_ff_logit_out_b"] = array[:, :-1]
        else:
            to, matrix = marian_name(name, pre)
            arrays[to] = array.T if matrix else array[None]
    return arrays


def options_text(config, dims, pre):
    """special:model.yml, with the options and in the form of Marian v1.10."""
    shared, tied = config["share_encoder_decoder_embeddings"], config["tie_word_embeddings"]
    options = {
        "bert-train-type-embeddings": True, "bert-type-vocab-size": 2, "dec-cell": "gru",
        "dec-cell-base-depth": 2, "dec-cell-high-depth": 1, "dec-depth": config["decoder_layers"],
        "dim-emb": config["d_model"], "dim-rnn": 1024, "dim-vocabs": dims, "enc-cell": "gru",
        "enc-cell-depth": 1, "enc-depth": config["encoder_layers"], "enc-type": "bidirectional",
        "factors-combine": "sum", "factors-dim-emb": 0, "input-types": [], "layer-normalization": False,
        "lemma-dependency": "", "lemma-dim-emb": 0, "output-omit-bias": False, "right-left": False,
        "skip": False, "tied-embeddings": tied and not shared, "tied-embeddings-all": tied and shared,
        "tied-embeddings-src": shared and not tied, "transformer-aan-activation": "swish",
        "transformer-aan-depth": 2, "transformer-aan-nogate": False,
        "transformer-decoder-autoreg": "self-attention",
        "transformer-decoder-dim-ffn": config["decoder_ffn_dim"], "transformer-decoder-ffn-depth": 0,
        "transformer-dim-aan": 2048, "transformer-dim-ffn": config["encoder_ffn_dim"],
        "transformer-ffn-activation": config["activation_function"], "transformer-ffn-depth": 2,
        "transformer-guided-alignment-layer": "last",
        "transformer-heads": config["encoder_attention_heads"], "transformer-no-projection": False,
        "transformer-pool": False, "transformer-postprocess": "da" if pre else "dan",
        "transformer-postprocess-emb": "nd" if config["normalize_embedding"] else "d",
        "transformer-postprocess-top": "n" if config["add_final_layer_norm"] else "",
        "transformer-preprocess": "n" if pre else "", "transformer-tied-layers": [],
        "transformer-train-position-embeddings": False, "type": "transformer", "ulr": False,
        "ulr-dim-emb": 0, "ulr-trainable-transformation": False,
        "version": "v1.10.0 6f6d4846 2021-02-06 15:35:16 -0800",
    }
    return "".join(f"{key}: {written(value)}" for key, value in options.items())


def written(value):
    """A value as Marian's yaml-cpp writes it: n and other words as they are."""
    if isinstance(value, bool):
        return f"{str(value).lower()}\n"
    if isinstance(value, list):
        return "\n  []\n" if not value else "".join(f"\n  - {x}" for x in value) + "\n"
    return f"{value}\n" if value != "" else '""\n'


def npy(array):
    """A .npy file as Marian's cnpy writes it."""
    array = np.ascontiguousarray(array)
    shape = ", ".join(map(str, array.shape)) + ("," if array.ndim == 1 else "")
    descr = array.dtype.str.replace("|", "<")
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': ({shape}), }}"
    header += " " * (15 - (10 + len(header)) % 16) + "\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header.encode() + array.tobytes()


def write_npz(path, arrays):
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays.items():
            archive.writestr(zipfile.ZipInfo(name + ".npy"), npy(array))


def write_vocabulary(path, vocabulary, count):
    pieces = {piece: i for piece, i in vocabulary.items() if i < count}
    with open(path, "w", encoding="utf-8") as to:
        yaml.safe_dump(pieces, to, allow_unicode=True, sort_keys=False, width=10**9)


def reference_config(config):
    """The settings of what the release holds."""
    config = dict(config, scale_embedding=True, static_position_embeddings=True)
    config["decoder_attention_heads"] = config["encoder_attention_heads"]
    config["max_position_embeddings"] = max(512, config["d_model"])
    config.update(bos_token_id=0, forced_eos_token_id=config["eos_token_id"])
    if config["activation_function"] not in ("swish", "relu", "gelu"):
        config["activation_function"] = "swish"
    return config


def without_padding(name, array):
    """The padding's row of tables, and its bias, are 0."""
    if name == "final_logits_bias":
        array = array.copy()
        array[:, -1] = 0
    elif name.endswith(("shared.weight", "embed_tokens.weight", "lm_head.weight")):
        array = array.copy()
        array[-1] = 0
    return array


def write_reference(to, config, tensors, vocabularies):
    pad = config["pad_token_id"]
    write_safetensors(to / "model.safetensors", tensors)
    (to / "config.json").write_text(json.dumps(config))
    keys = ("bos_token_id", "eos_token_id", "forced_eos_token_id", "pad_token_id", "decoder_start_token_id")
    generation = {key: config[key] for key in keys}
    generation.update(max_length=512, bad_words_ids=[[pad]])
    (to / "generation_config.json").write_text(json.dumps(generation))
    (to / "tokenizer_config.json").write_text(json.dumps({"separate_vocabs": vocabularies[0] is not vocabularies[1]}))
    (to / "vocab.json").write_text(json.dumps(vocabularies[0]))
    (to / "target_vocab.json").write_text(json.dumps(vocabularies[1]))


def main():
    source, release = Path(sys.argv[1]), Path(sys.argv[2])
    config = reference_config(json.loads((source / "config.json").read_text()))
    tensors = {name: without_padding(name, array) for name, array in read_safetensors(source).items()}
    vocabulary = json.loads((source / "vocab.json").read_text())
    target = source / "target_vocab.json"
    vocabularies = [vocabulary, json.loads(target.read_text()) if target.exists() else vocabulary]
    dims = [config["vocab_size"] - 1, config.get("decoder_vocab_size", config["vocab_size"]) - 1]
    pre = "_pre" if config["normalize_before"] else ""

    release.mkdir()
    arrays = {"special:model.yml": np.frombuffer(options_text(config, dims, pre).encode() + b"\0", "i1")}
    arrays.update(marian_arrays(tensors, pre))
    write_npz(release / "opus.model1.npz.best-perplexity.npz", arrays)
    names = ["opus.vocab.yml"] * 2
    if target.exists():
        names = ["opus.src.vocab.yml", "opus.trg.vocab.yml"]
    for name, pieces, count in zip(names, vocabularies, dims):
        write_vocabulary(release / name, pieces, count)
    (release / "decoder.yml").write_text(
        "relative-paths: true\nmodels:\n  - opus.model1.npz.best-perplexity.npz\n"
        f"vocabs:\n  - {names[0]}\n  - {names[1]}\n"
        "beam-size: 6\nnormalize: 1\nword-penalty: 0\nmini-batch: 1\nmaxi-batch: 1\nmaxi-batch-sort: none\n"
    )
    to = [release] + [Path(p) for p in sys.argv[3:4]]
    if len(to) > 1:
        to[1].mkdir()
        write_reference(to[1], config, tensors, vocabularies)
    for name in ("source.spm", "target.spm"):
        for directory in to:
            if (source / name).exists():
                shutil.copy(source / name, directory)


if __name__ == "__main__":
    main()
