#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A family of models is a table: a second one, toy.h, whose weights are joined and transposed, is the same model as the one it was made
# from, bit for bit. extract-check and prune-check are trace-extract and head-prune with that table.
load helper

models=$BATS_TEST_DIRNAME/data/models
want=$BATS_TEST_DIRNAME/data/want

# MODEL: a directory `toy`, the same model with the keys, names and layouts of toy.h
make_toy() {
  rm -rf toy
  mkdir toy
  jq '{model_type: "toy", n_embd: .d_model, n_enc: .encoder_layers, n_dec: .decoder_layers, n_enc_head: .encoder_attention_heads,
    n_dec_head: .decoder_attention_heads, n_enc_inner: .encoder_ffn_dim, n_dec_inner: .decoder_ffn_dim, n_vocab: .vocab_size,
    n_positions: .max_position_embeddings, act: .activation_function, norm_eps: 1e-5, pre_norm: .normalize_before,
    last_norm: .add_final_layer_norm, pad_token_id, decoder_start_token_id}' "$models/$1/config.json" >toy/config.json
  cp "$models/$1"/{generation_config,vocab}.json toy
  /usr/bin/python3 - "$models/$1/model.safetensors" <<'PYTHON'
import json, re, struct, sys
import numpy as np
data = open(sys.argv[1], "rb").read()
n = struct.unpack("<Q", data[:8])[0]
header, data = json.loads(data[8 : 8 + n]), data[8 + n :]
header.pop("__metadata__", None)
config = json.load(open("toy/config.json"))
dtype = next(iter(header.values()))["dtype"]
w = {k: np.frombuffer(data[slice(*v["data_offsets"])], "<u4" if dtype == "F32" else "<u2").reshape(v["shape"]) for k, v in header.items()}
out = {"wte.weight": w.pop("model.shared.weight"), "head.bias": w.pop("final_logits_bias")}
for side in ("encoder", "decoder"):
    short, names = side[:3], sorted({int(m[1]) for k in w if (m := re.match(rf"model\.{side}\.layers\.(\d+)\.", k))})
    for layer in names:
        old, new = f"model.{side}.layers.{layer}.", f"{short}.h.{layer}."
        def joined(tensors, heads): # the rows of a head of each, then those of the next head
            parts = [np.split(x, heads) for x in tensors]
            return np.concatenate([x for head in zip(*parts) for x in head])
        def put(name, weights, turned, heads=1):
            matrix = joined([w.pop(old + x + ".weight") for x in weights], heads)
            out[new + name + ".weight"] = matrix.T if turned else matrix
            out[new + name + ".bias"] = joined([w.pop(old + x + ".bias") for x in weights], heads)
        encoder = side == "encoder"
        put("attn.qkv", [f"self_attn.{x}_proj" for x in "qkv"], encoder, 1 if encoder else config["n_dec_head"])
        put("attn.proj", ["self_attn.out_proj"], encoder)
        put("mlp.fc", ["fc1"], encoder)
        put("mlp.proj", ["fc2"], encoder)
        for x in "qkv" if not encoder else "":
            put("cross." + x, [f"encoder_attn.{x}_proj"], True)
        if not encoder:
            put("cross.proj", ["encoder_attn.out_proj"], True)
        for a, b in (("ln_1", "self_attn_layer_norm"), ("ln_2", "final_layer_norm"), ("ln_3", "encoder_attn_layer_norm")):
            if old + b + ".weight" in w:
                put(a, [b], False)
    if f"model.{side}.layer_norm.weight" in w:
        for x in ("weight", "bias"):
            out[f"{short}.ln_f.{x}"] = w.pop(f"model.{side}.layer_norm.{x}")
assert not w, w
head, at = {}, 0
for k, x in out.items():
    head[k] = dict(dtype=dtype, shape=list(x.shape), data_offsets=[at, at + x.nbytes])
    at += x.nbytes
text = json.dumps(head).encode()
with open("toy/model.safetensors", "wb") as f:
    f.write(struct.pack("<Q", len(text)) + text + b"".join(np.ascontiguousarray(x).tobytes() for x in out.values()))
PYTHON
}

# TRACE TRACE: the same bits of tokens, values and of what comes of them
same_bits() {
  local trace rule way p
  stream-diff -t 0 -k sentence,source,target,inputs,top,values "$1" "$2"
  for p in f32 f64; do
    for rule in magnitude gradient; do
      for way in lrp-layer head-carry; do
        for trace in "$1" "$2"; do $way -q -p $p -l all -r $rule "$trace" >"$trace.$way"; done
        stream-diff -t 0 -k sentence,site,first_step,relevance "$1.$way" "$2.$way"
      done
    done
  done
}

# bats test_tags=numbers
@test "family: joined and transposed weights are the same model, in both precisions and directions" {
  for model in deep prenorm plain; do # F16, BF16, F32
    make_toy $model
    for p in f32 f64; do
      trace-extract -m "$models/$model" --ids -p $p -k all "$want/$model.ids" >plain
      extract-check -m toy --ids -p $p -k all "$want/$model.ids" >joined
      same_bits plain joined
      cut -f 1 "$want/$model.ids" | trace-extract -m "$models/$model" --ids -p $p -k logits >plain
      cut -f 1 "$want/$model.ids" | extract-check -m toy --ids -p $p -k logits >joined
      stream-diff -t 0 -k target,values plain joined
    done
    extract-check -m toy --ids -p f64 -k all --embed "$want/$model.ids" >embedded
    stream-diff -t 0 -k values joined joined
    rm -r toy # the weights are in the stream
    trace-extract -m "$models/$model" --ids -p f64 -k all "$want/$model.ids" >plain
    same_bits plain embedded
  done
}

@test "family: the header names slices, and says which model it is" {
  make_toy deep
  extract-check -m toy --ids "$want/deep.ids" | stream-show --json | head -n 1 >header
  [ "$(jq -c '.model | [.family, .layers, .heads, .width]' header)" = '["toy",2,3,6]' ]
  [ "$(jq -c '.graph[] | select(.name == "enc.1.self.k") | [.weight, .bias]' header)" = \
    '[{"name":"enc.h.1.attn.qkv.weight","first":6,"rows":6,"transposed":true},{"name":"enc.h.1.attn.qkv.bias","first":6,"rows":6}]' ]
  [ "$(jq -c '.graph[] | select(.name == "dec.0.self.v") | .weight' header)" = \
    '{"name":"dec.h.0.attn.qkv.weight","first":6,"rows":6,"block":3,"every":9}' ]
  [ "$(jq -c '.graph[] | select(.name == "dec.0.cross.q") | .weight' header)" = '{"name":"dec.h.0.cross.q.weight","transposed":true}' ]
  [ "$(jq -c '.graph[] | select(.name == "dec.0.ffn.in") | .weight' header)" = '"dec.h.0.mlp.fc.weight"' ]
}

@test "family: heads are masked and removed in joined and transposed weights" {
  heads='enc-self.0:0,2;enc-self.1:1;dec-self.1:0;dec-enc.0:1'
  make_toy deep
  for way in mask remove; do
    rm -rf plain.$way toy.$way
    head-prune --$way "$heads" "$models/deep" plain.$way
    prune-check --$way "$heads" toy toy.$way
    trace-extract -m plain.$way --ids -p f64 -k all "$want/deep.ids" >plain
    extract-check -m toy.$way --ids -p f64 -k all "$want/deep.ids" >joined
    same_bits plain joined
  done
  [ "$(ckpt-list toy.remove | grep -E '^(enc.h.0|dec.h.1).attn.*weight' | cut -f 1,3 | paste -sd ' ')" = \
    $'dec.h.1.attn.proj.weight\t[6,3] dec.h.1.attn.qkv.weight\t[9,6] enc.h.0.attn.proj.weight\t[2,6] enc.h.0.attn.qkv.weight\t[6,6]' ]
  [ "$(jq -c .lrpipe_pruned_heads toy.remove/config.json)" = "$(jq -c .lrpipe_pruned_heads plain.remove/config.json)" ]
  # again, of what is left
  head-prune --remove 'enc-self.1:0' plain.remove plain.twice
  prune-check --remove 'enc-self.1:0' toy.remove toy.twice
  trace-extract -m plain.twice --ids -p f64 -k all "$want/deep.ids" >plain
  extract-check -m toy.twice --ids -p f64 -k all "$want/deep.ids" >joined
  same_bits plain joined
}

@test "family: what the table does not say is refused by name" {
  make_toy deep
  refused() { # FILTER TEXT
    rm -rf other
    cp -r toy other
    jq "$1" toy/config.json >other/config.json
    fails 1 "$2" 'echo "1 0" | extract-check -m other --ids'
  }
  refused '.model_type = "bert"' "model_type 'bert' is not supported; supported: toy, marian"
  refused '.d_model = 6' "'d_model' is no setting of a 'toy' model that is known here; remove it if it does not change the computation"
  refused '.norm_eps = "small"' "'norm_eps' must be a number"
  refused '.norm_eps = -1' "'norm_eps' is -1; expected 0 or more"
  refused '.n_embd = 7' "'n_embd' is 7: not a multiple of 'n_enc_head', 3"
  refused '.last_norm = true' "no tensor 'enc.ln_f.weight'"
  refused '.n_enc = 1' "no part of a 'toy' model that is known here uses tensor 'enc.h.1.attn.proj.bias'"
  refused '.n_embd = 12 | .n_enc_head = 3' "tensor 'wte.weight' is [13, 6], not [13, 12]"
  refused '.lrpipe_pruned_heads = {"enc-self": {"0": [1]}}' "tensor 'enc.h.0.attn.qkv.weight' is [6, 18]; config.json asks for [6, 12]"
  refused '.n_dec_inner = 8' "tensor 'dec.h.0.mlp.fc.weight' is [7, 6]; config.json asks for [8, 6]"
  refused '.n_enc_inner = 8' "tensor 'enc.h.0.mlp.fc.weight' is [6, 10]; config.json asks for [6, 8]"
}
