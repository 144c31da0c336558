#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# trace-extract --check: the forward pass held to what another program computed. References are made by the numpy definitions of
# tests/data/families, with the names that hooks on PyTorch's modules would give (tests/tool/framework.py).
load helper

models=$BATS_TEST_DIRNAME/data/families/models
want=$BATS_TEST_DIRNAME/data/families/want
tool=$BATS_TEST_DIRNAME/tool

# Two sides with norms behind and in front of blocks, tables of distances, joined and transposed queries, keys and values, those of each head
# together, gates in one tensor, norms of heads, scaled embeddings, tables of another width, an encoder alone.
kinds='bart mbart blenderbot-small m2m100 umt5 gpt2 pythia phi3 qwen3 olmo2 gemma2 opt-350m bert distilbert'

setup_file() {
  export MADE=$BATS_FILE_TMPDIR
  local model
  for model in $kinds; do
    "$tool/framework.py" "$model" "$MADE/$model.npz"
  done
}

# edit CODE [MODEL]: ref.npz, the arrays `d` of the model's reference (bart's) after some Python
edit() {
  /usr/bin/python3 - "$MADE/${2-bart}.npz" "$1" <<'PYTHON'
import sys
import numpy as np
d = dict(np.load(sys.argv[1]))
exec(sys.argv[2])
np.savez("ref.npz", **d)
PYTHON
}

# check [OPTION...]: ref.npz against the directory m, or against MODEL
check() { trace-extract -m "${MODEL:-m}" --ids -p f64 --tolerance 1e-10 --check ref.npz "$@"; }

# of MODEL: m and its lines, ref.npz
of() {
  rm -rf m
  cp -r "$models/$1" m
  cp "$want/$1.ids" ids
  cp "$MADE/$1.npz" ref.npz
}

# differs [OPTION...]: exit 1, nothing on standard error; the report is in $output
differs() {
  run --separate-stderr check "$@"
  [ "$status" -eq 1 ] && [ -z "$stderr" ] || { echo "status $status: $output $stderr"; return 1; }
}

# change TENSOR [ELEMENT]: a number of it is another
change() {
  /usr/bin/python3 - "$@" <<'PYTHON'
import json, struct, sys
name, element = sys.argv[1], int((sys.argv + [0])[2])
data = bytearray(open("m/model.safetensors", "rb").read())
n = struct.unpack("<Q", data[:8])[0]
at = 8 + n + json.loads(data[8 : 8 + n])[name]["data_offsets"][0] + 4 * element
data[at : at + 4] = struct.pack("<f", struct.unpack("<f", data[at : at + 4])[0] + 0.5)
open("m/model.safetensors", "wb").write(data)
PYTHON
}

@test "check: models of all kinds agree, in both precisions" {
  local model
  for model in $kinds; do
    of $model
    check ids >got || { cat got; return 1; }
    tail -n 1 got | grep -Eq '^[0-9]+ lines, [0-9]+ arrays: all agree \(tolerance 1e-10\)$'
    [ "$(wc -l <got)" -eq $(($(wc -l <ids) + 1)) ] # no name is left over
    edit 'd = {k: x if k.endswith("_ids") else x.astype("f4") for k, x in d.items()}' $model
    trace-extract -q -m m --ids --tolerance 1e-5 --check ref.npz ids >got
    [ ! -s got ]
  done
}

@test "check: a number that was changed is found in its layer and part" {
  local model tensor element node words
  while IFS='|' read -r model tensor element node words; do
    of "$model"
    change "$tensor" "$element"
    differs ids
    [ "$(grep -m 1 '^  first' <<<"$output")" = "  first    $node: $words" ] || { echo "$tensor: $output"; return 1; }
  done <<'CASES'
bart|decoder.layers.1.fc2.bias|2|dec.1.ffn.out|layer 1 of the decoder, feed-forward network, output projection
bart|encoder.layers.0.self_attn.v_proj.weight|7|enc.0.self.v|layer 0 of the encoder, self-attention, values
bart|decoder.layers.0.encoder_attn.k_proj.bias|1|dec.0.cross.k|layer 0 of the decoder, attention to the encoder, keys
bart|encoder.layernorm_embedding.weight|3|enc.embed.norm|norm of the embeddings of the encoder
umt5|decoder.final_layer_norm.weight|1|dec.norm|final norm of the decoder
umt5|encoder.block.1.layer.0.SelfAttention.relative_attention_bias.weight|0|enc.1.self.out|layer 1 of the encoder, self-attention, output projection
gpt2|h.1.attn.c_attn.bias|13|dec.1.self.k|layer 1 of the decoder, self-attention, keys
pythia|gpt_neox.layers.0.attention.query_key_value.bias|0|dec.0.self.q|layer 0 of the decoder, self-attention, queries
phi3|model.layers.1.mlp.gate_up_proj.weight|5|dec.1.ffn.gate|layer 1 of the decoder, feed-forward network, gate
qwen3|model.layers.0.self_attn.k_norm.weight|1|dec.0.self.k.norm|layer 0 of the decoder, self-attention, norm of the keys
olmo2|model.layers.1.post_feedforward_layernorm.weight|1|dec.1.ffn.norm.out|layer 1 of the decoder, feed-forward network, norm of its output
bert|bert.encoder.layer.2.attention.output.dense.bias|1|enc.2.self.out|layer 2 of the encoder, self-attention, output projection
bert|cls.predictions.bias|4|logits|logits
CASES
}

@test "check: the report of a line that is off" {
  of gpt2
  change h.1.mlp.c_proj.bias 3
  head -n 1 ids >one
  differs one
  cat >expected <<'END'
line 1: 9 positions, 4 of 18 arrays are off; at most X, at dec.1.ffn.out; logits X
  first    dec.1.ffn.out: layer 1 of the decoder, feed-forward network, output projection
           array 0.h.1.mlp.c_proj [9, 12]: off by X of its largest number, X
           at position N, neuron 3: X here, X there
  before   dec.1.ffn.in: layer 1 of the decoder, feed-forward network, input projection
           array 0.h.1.mlp.c_fc [9, 48]: agrees, within X
  between  dec.1.ffn.act
END
  head -n 7 <<<"$output" | sed -E 's/position [0-9]+/position N/; s/-?[0-9]+\.[0-9]+(e-[0-9]+)?/X/g; s/(within) [0-9.e-]+/\1 X/' | diff expected -
  [ "$(tail -n 1 <<<"$output")" = '1 of 1 line differs (tolerance 1e-10)' ]
  # -v: every array in the order of computation, a joined one by its parts; -q: only what differs
  differs -v one
  [ "$(grep -c '^  ok ' <<<"$output")" -eq 17 ]
  [ "$(grep '^  off ' <<<"$output" | awk '{print $3}' | paste -sd ' ')" = 'dec.1.ffn.out dec.norm dec.norm logits' ]
  [ "$(grep '^  ok .*h.0.attn.c_attn' <<<"$output" | awk '{print $3}' | paste -sd ' ')" = 'dec.0.self.q dec.0.self.k dec.0.self.v' ]
  differs -q one
  [ "$(wc -l <<<"$output")" -eq 7 ]
  of gpt2
  [ -z "$(check -q ids)" ]
}

@test "check: what was not compared is named between what agrees and what does not" {
  edit 'd = {k: d[k] for k in d if "states" in k or k.endswith(("logits", "_ids"))}'
  of_bart() { rm -rf m; cp -r "$models/bart" m; head -n 1 "$want/bart.ids" >ids; }
  of_bart
  change decoder.layers.0.self_attn.q_proj.weight
  differs ids
  grep -q '^  first    dec.0.ffn.norm: layer 0 of the decoder, feed-forward network, norm$' <<<"$output"
  grep -q '^  before   dec.embed.norm' <<<"$output"
  grep -q '^  between  dec.0.self.q, dec.0.self.k, dec.0.self.v, dec.0.self.scores, .*, and [0-9]* more$' <<<"$output"
  # all that stands around it was compared
  of_bart
  change encoder.layers.0.fc2.bias
  edit 'd["0.enc.0.ffn.act"] = np.zeros_like(d["0.model.encoder.layers.0.fc1"])'
  differs ids
  grep -q '^  first    enc.0.ffn.act: layer 0 of the encoder, feed-forward network, activation$' <<<"$output"
  grep -q '^  between  nothing: all that it is computed from agrees$' <<<"$output"
  edit 'd["0.enc.embed.norm"] = d["0.encoder_hidden_states.0"] + 1; d = {"0.enc.embed.norm": d["0.enc.embed.norm"], "0.input_ids": d["0.input_ids"]}'
  differs ids
  grep -q '^  before   nothing was compared$' <<<"$output"
}

@test "check: ids are compared first" {
  of bart
  edit 'd["0.input_ids"][2] = 9; d["1.decoder_input_ids"][1] = 8; d["2.input_ids"] = d["2.input_ids"][:-1]'
  head -n 3 "$want/bart.ids" >ids
  differs ids
  [ "$(grep -v '^not' <<<"$output")" = "line 1: 0.input_ids differs at position 2; nothing else of the line is compared
  here     4
  there    9
line 2: 1.decoder_input_ids differs at position 1; nothing else of the line is compared
  here     17
  there    8
line 3: 2.input_ids differs at position 2; nothing else of the line is compared
  here     2
  there    ends after 2 tokens
3 of 3 lines differ (tolerance 1e-10)" ]
  # the pieces of the built-in model
  cat >code <<'PYTHON'
d = {"0." + k: d[k] for k in d if k != "logits"}
print(str(d.pop("0.text")))
PYTHON
  cp "$BATS_TEST_DIRNAME/data/en-de.reference.npz" "$MADE/en-de.npz"
  edit "$(cat code)" en-de >text
  trace-extract -p f64 --tolerance 1e-10 --check ref.npz text
  sed 's/\.$//' text | pipe "trace-extract --check ref.npz; [ \$? -eq 1 ]" >got
  grep -qx '  here     0 </s>' got
  grep -qx '  there    [0-9]* \.' got
}

@test "check: a target may be the line's or the reference's, with its last token or without it" {
  cut -f 1 "$want/bart.ids" | head -n 1 >source
  cut -f 2 "$want/bart.ids" | head -n 1 | paste source - >pair
  MODEL=$models/bart
  edit ''
  check pair >got
  grep -q '^line 1: 6 source and 4 target positions, 44 arrays agree' got
  check source >got # its tokens behind the first are the reference's
  grep -q '^line 1: 6 source and 4 target positions (3 taken from the reference), 44 arrays' got
  edit 'd["0.decoder_input_ids"] = np.append(d["0.decoder_input_ids"], 2); d = {k: x for k, x in d.items() if not k.startswith(("0.logits", "0.decoder_hid", "0.model.dec"))}'
  check pair | grep -q '6 source and 5 target positions,'
  edit 'd["0.decoder_input_ids"] = d["0.decoder_input_ids"][:-1]'
  differs pair
  grep -qx '  there    ends after 3 tokens' <<<"$output"
  edit 'd["0.decoder_input_ids"][0] = 7' # the start
  differs source
  grep -qx 'line 1: 0.decoder_input_ids differs at position 0; nothing else of the line is compared' <<<"$output"
  edit 'd = {k: x for k, x in d.items() if not k.endswith("_ids")}' # none: the line's own
  check pair | grep -q '6 source and 4 target positions, 42 arrays'
  fails 1 "ref.npz: array '0.decoder_hidden_states.0' has the shape [4, 12], and node 'dec.embed.norm' [1, 12]; was it made of this line?" \
    "trace-extract -m '$MODEL' --ids --check ref.npz source"
  for id in 30 -1; do
    edit "d['0.decoder_input_ids'][3] = $id"
    fails 1 "ref.npz: array '0.decoder_input_ids' has the id $id at position 3; the model's are 0 to 29" "trace-extract -m '$MODEL' --ids --check ref.npz source"
  done
  edit 'd["0.decoder_input_ids"] = np.full(1000, 2)'
  fails 1 "has 1000 ids; the model has positions for" "trace-extract -m '$MODEL' --ids --check ref.npz source"
  edit 'd["0.decoder_input_ids"][2] = 1' m2m100
  fails 1 "has the padding, 1, at position 2, which has no position in this model" "cut -f 1 '$want/m2m100.ids' | trace-extract -m '$models/m2m100' --ids --check ref.npz"
}

@test "check: logits of the steps alone, of a text and its continuation, of masks" {
  edit 'd["0.logits"] = d["0.logits"][4:]; d["1.logits"] = d["1.logits"][:1]' gpt2
  MODEL=$models/gpt2 check "$want/gpt2.ids" >got || true
  head -n 1 got | grep -q '18 arrays agree'
  fails 1 "array '1.logits' has the shape [1, 29], and node 'logits' [3, 29]; was it made of this line?" "tail -n +2 '$want/gpt2.ids' | trace-extract -m '$models/gpt2' --ids --first-line 2 --check ref.npz"
  edit 'd["0.logits"] = d["0.logits"][1:]' gpt2
  fails 1 "array '0.logits' has the shape [8, 29], and node 'logits' [9, 29], at its steps [5, 29]" "trace-extract -m '$models/gpt2' --ids --check ref.npz '$want/gpt2.ids'"
  # all of a text are steps, but for what the last one predicts
  { printf '\n\n\n\n'; tail -n 1 "$want/gpt2.ids" | tr '\t' ' '; } >text
  edit 'd = {k: x for k, x in d.items() if k.startswith("4.")}' gpt2
  MODEL=$models/gpt2 check --all-steps text | grep -q '13 positions, 18 arrays agree'
  MODEL=$models/gpt2 check --all-steps -g 0 text | grep -q '13 positions, 18 arrays agree'
  edit 'i = d["1.input_ids"].tolist(); d["1.logits"] = d["1.logits"][[k for k in range(len(i)) if i[k] == 4]]' bert
  MODEL=$models/bert check "$want/bert.ids" | grep -q '^line 2: 10 positions, 33 arrays agree'
  cut -f 1 "$want/bert.ids" | sed 's/\b4\b/5/g' >plain # no mask at all
  edit 'd = {k: x for k, x in d.items() if not k.endswith("_ids")}' bert
  MODEL=$models/bert differs plain
  grep -q '^  first    enc.embed.norm: norm of the embeddings of the encoder$' <<<"$output"
  edit 'd = {k + ".x": x for k, x in d.items()}' bert
  fails 1 "plain: line 1: ref.npz: no array of this line is of a node of the model; names are '0.logits', '0.MODULE', ..." \
    "trace-extract -m '$models/bert' --ids --check ref.npz plain"
}

@test "check: names of modules with more or less in front; those of no node, of no line, of nodes" {
  edit 'd = {k.replace("model.", ""): x for k, x in d.items()}' # the checkpoint's own
  MODEL=$models/bart check "$want/bart.ids" >got
  [ "$(tail -n 1 got)" = '5 lines, 220 arrays: all agree (tolerance 1e-10)' ]
  edit 'd = {k.replace(".model.", ".wrapped.inner.model."): x for k, x in d.items()}'
  MODEL=$models/bart check "$want/bart.ids" >got
  [ "$(tail -n 1 got)" = '5 lines, 220 arrays: all agree (tolerance 1e-10)' ]
  edit 'd = {k.replace("model.layers", "layers"): x for k, x in d.items()}' phi3 # of the model without its head
  MODEL=$models/phi3 check "$want/phi3.ids" >got
  [ "$(tail -n 1 got)" = '5 lines, 90 arrays: all agree (tolerance 1e-10)' ]
  # one end of many names, a table of distances, numbers that are none, another line's, no line's
  edit 'for name in ["fc1", "0.fc1", "lm_head", "dropout", "hidden_states.9", "hidden_states.1", "encoder_hidden_states.01x", "00", "x.y"]:
  d["0." + name] = np.zeros((6, 12))
d.update({"7.logits": d["0.logits"], "logits": d["0.logits"], "01.logits": d["0.logits"], "0": d["0.logits"]})'
  MODEL=$models/bart check "$want/bart.ids" >got
  [ "$(tail -n 3 got)" = 'not compared: 9 names of no node of the model: 0.fc1, 00, dropout, encoder_hidden_states.01x, fc1, hidden_states.1, ...
not compared: 4 names of no line that was compared: 0, 01.logits, 7.logits, logits
5 lines, 220 arrays: all agree (tolerance 1e-10)' ] || { tail -n 3 got; return 1; }
  edit 'd["0.encoder.block.0.layer.0.SelfAttention.relative_attention_bias"] = np.zeros((3, 3, 2))' umt5
  MODEL=$models/umt5 check "$want/umt5.ids" | grep -qx 'not compared: 1 name of no node of the model: encoder.block.0.layer.0.SelfAttention.relative_attention_bias'
  # heads' contexts and attention weights by the nodes' names
  edit 'w = np.load("'"$want"'/bart.npz"); d.update({k: w[k] for k in w.files if "-" in k})'
  MODEL=$models/bart check "$want/bart.ids" >got
  [ "$(tail -n 1 got)" = '5 lines, 245 arrays: all agree (tolerance 1e-10)' ]
  trace-extract -q -m "$models/bart" --ids -p f64 -k enc.0.self.weights "$want/bart.ids" >trace 2>said
  edit 'import sys; sys.path.insert(1, "'"$tool"'"); import streams
for r in streams.read_stream("trace"): d[str(r["sentence"]) + ".enc.0.self.weights"] = r["values"]["enc.0.self.weights"]'
  MODEL=$models/bart check -v "$want/bart.ids" | grep -q '^  ok  *0  *enc.0.self.weights  *0.enc.0.self.weights \[3, 6, 6\]$'
}

@test "check: a batch of one, heads in front or apart, tables of tokens, scaled or not" {
  edit 'd = {k: x[None] for k, x in d.items()}'
  MODEL=$models/bart check "$want/bart.ids" >got
  [ "$(tail -n 1 got)" = '5 lines, 220 arrays: all agree (tolerance 1e-10)' ]
  # norms of heads: [positions, heads, neurons], or heads in front, also where there are as many positions as heads
  for turn in 'x' 'x.transpose(1, 0, 2)' 'x.transpose(1, 0, 2)[None]' 'x.reshape(len(x), -1)'; do
    edit "d = {k: $turn if '_norm' in k and x.ndim == 3 else x for k, x in d.items()}" qwen3
    MODEL=$models/qwen3 check "$want/qwen3.ids" >got || { head got; return 1; }
    [ "$(tail -n 1 got)" = '5 lines, 200 arrays: all agree (tolerance 1e-10)' ]
  done
  edit 'd = {k: x.swapaxes(1, 2) if "_norm" in k and x.ndim == 3 else x for k, x in d.items()}' qwen3
  MODEL=$models/qwen3 differs "$want/qwen3.ids"
  # one table of two sides and of the logits; a module may leave its factor to what follows
  edit 'd.update({f"{i}.model.shared": d[f"{i}.logits"] for i in range(5)})' # of sources, targets, logits
  trace-extract -q -m "$models/gemma2" --ids -p f64 -k target "$want/gemma2.ids" >trace
  for factor in 1 'np.sqrt(20)'; do
    edit "import sys; sys.path.insert(1, '$tool'); import streams
for r in streams.read_stream('trace'): d[str(r['sentence']) + '.model.embed_tokens'] = r['values']['target'] / $factor" gemma2
    MODEL=$models/gemma2 check -v "$want/gemma2.ids" | grep -q '^  ok .*target  *0.model.embed_tokens'
    edit 'd = {k: x / np.sqrt(20) if k.endswith("hidden_states.0") else x for k, x in d.items()}' gemma2
    MODEL=$models/gemma2 differs "$want/gemma2.ids"
  done
}

@test "check: numbers of all types, and what is refused by name" {
  head -n 1 "$want/bart.ids" >ids
  MODEL=$models/bart
  edit 'd = {k: x.astype("i4") if k.endswith("_ids") else x.astype("f2") for k, x in d.items()}'
  trace-extract -m "$MODEL" --ids --tolerance 1e-2 --check ref.npz ids >got
  differs ids
  refuses() { # CODE TEXT
    edit "$1"
    fails 1 "ref.npz: array '0.logits'$2" "trace-extract -m '$MODEL' --ids --check ref.npz ids"
  }
  for type in '>f8' '|u1' '<u4' '|b1' '<c8' '<i2'; do
    refuses "d['0.logits'] = np.zeros((4, 30)).astype('$type')" ": of the type '$type'; save it as one of <f4, <f8, <f2, <i4, <i8"
  done
  refuses 'd["0.logits"] = np.zeros(4, [("a", "<f4")])' ": of the type 'a structure'"
  refuses 'd["0.logits"] = np.array([None])' ": of the type '|O'"
  refuses 'd["0.logits"] = np.asfortranarray(d["0.logits"])' ': in the order of Fortran; save numpy.ascontiguousarray() of it'
  refuses 'd["0.logits"] = np.zeros([1] * 9)' ': more than 8 dimensions'
  refuses 'd["0.logits"] = d["0.logits"].T.copy()' " has the shape [30, 4], and node 'logits' [4, 30]"
  refuses 'd["0.logits"] = np.float64(1)' " has the shape [], and node"
  refuses 'd["0.logits"] = np.zeros((0, 30))' " has the shape [0, 30], and node"
  edit 'd["0.input_ids"] = d["0.input_ids"] + 0.5'
  fails 1 "array '0.input_ids' is of the type '<f8'; ids are whole numbers" "trace-extract -m '$MODEL' --ids --check ref.npz ids"
  edit 'd["0.input_ids"] = d["0.input_ids"].reshape(2, 3)'
  fails 1 "array '0.input_ids' has the shape [2, 3]; ids are those of one text" "trace-extract -m '$MODEL' --ids --check ref.npz ids"
  # numbers that are not finite differ from all
  for x in nan inf; do
    edit "d['0.logits'][2, 7] = np.$x"
    differs ids
    grep -q "at position 2, neuron 7: .* here, $x there" <<<"$output"
    grep -q 'off by inf of' <<<"$output"
  done
  edit 'd["0.enc.0.ffn.act"] = np.zeros_like(d["0.model.encoder.layers.0.fc1"]); d["0.logits"][:] = 0'
  differs ids
}

# npy HEADER [BYTES [VERSION]]: ref.npz with the file 0.logits.npy of this header and so many bytes
npy() {
  /usr/bin/python3 - "$@" <<'PYTHON'
import struct, sys, zipfile
header, size, version = (sys.argv[1:] + ["0", "1"][len(sys.argv) - 2:])[:3]
h = header.encode().decode("unicode_escape").encode("latin1")
length = struct.pack("<H" if version == "1" else "<I", len(h))
with zipfile.ZipFile("ref.npz", "w") as z:
    z.writestr("0.logits.npy", b"\x93NUMPY" + bytes([int(version), 0]) + length + h + bytes(int(size)))
PYTHON
}

@test "check: headers of arrays" {
  local good="{'descr': '<f4', 'fortran_order': False, 'shape': (4, 30), }" header
  head -n 1 "$want/bart.ids" >ids
  run_check() { trace-extract -m "$models/bart" --ids --check ref.npz ids; }
  for version in 1 2 3; do
    npy "$good" 480 $version
    run run_check
    [ "$status" -eq 1 ]
    [[ $output == *'1 of 1 arrays is off'* || $output == *'1 of 1 array'* ]]
  done
  npy '{"shape":(4,30),"fortran_order":False,"descr":"<f4"}' 480
  run run_check
  [[ $output == *'of 1 array'* ]]
  refuses() { fails 1 "array '0.logits': $1" "trace-extract -m '$models/bart' --ids --check ref.npz ids"; }
  npy "$good" 479 && refuses 'its shape needs 120 numbers of 4 bytes, the file has 479 bytes'
  npy "$good" 481 && refuses 'its shape needs'
  npy "$good" 480 4 && refuses 'version 4 of the .npy format'
  for header in '' '{' '}' '{}' "{'descr': '<f4'}" "${good/4, 30/4 30}" "${good/(4, 30)/4}" "${good/4, 30/-4, 30}" "${good/False/0}" \
    "${good/descr/desc}" "{'descr': '<f4', $good" "${good%\}*}" "${good/\'<f4\'/<f4}" "${good/descr/descr\\0}" "${good/4, 30/4,, 30}"; do
    npy "$header" 480
    refuses '' || { echo "$header"; return 1; }
  done
  npy "${good/4, 30/99999999999999999999, 30}" 480 && refuses 'its shape is too large'
  npy "${good/4, 30/4611686018427387904, 4}" 480 && refuses 'its shape is too large'
}

@test "check: files that are no archive, cut off, damaged, or that promise too much" {
  head -n 1 "$want/bart.ids" >ids
  edit 'd = {k: x for k, x in d.items() if k.startswith("0.") and k.endswith(("_ids", "logits"))}'
  cp ref.npz whole.npz
  refused() { fails 1 "trace-extract: ${2-}" "trace-extract -m '$models/bart' --ids --check '$1' ids" && [ "$(wc -l <<<"$stderr")" -eq 1 ]; }
  trace-extract -m "$models/bart" --ids --check whole.npz ids
  refused none.npz 'cannot open none.npz: No such file or directory'
  mkdir folder && refused folder 'folder: not a file'
  : >empty.npz && refused empty.npz 'empty.npz: not a zip file, or cut off'
  refused ids 'ids: not a zip file, or cut off'
  printf 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n' >pointer.npz && refused pointer.npz 'pointer.npz: a Git LFS pointer'
  /usr/bin/python3 -c 'import zipfile; zipfile.ZipFile("empty.npz", "w").close()'
  refused empty.npz '' # of no files
  local size n
  size=$(stat -c %s whole.npz)
  for n in 0 1 21 22 100 300 $((size / 2)) $((size - 100)) $((size - 22)) $((size - 1)); do
    head -c "$n" whole.npz >cut.npz
    refused cut.npz || { echo "cut at $n"; return 1; }
  done
  # each byte turned around: an error of one line, a difference, or no effect
  for ((n = 0; n < size; n += 61)); do
    cp whole.npz bad.npz
    printf "\\x$(printf %02x $((0x$(xxd -s $n -l 1 -p whole.npz) ^ 0xff)))" | dd of=bad.npz bs=1 seek=$n conv=notrunc status=none
    run --separate-stderr timeout 300 trace-extract -m "$models/bart" --ids --check bad.npz ids
    [ "$status" -le 1 ] && [ "$(wc -l <<<"$stderr")" -le 1 ] || { echo "byte $n: $status $stderr"; return 1; }
  done
  /usr/bin/python3 - <<'PYTHON'
import struct, zipfile
data = open("whole.npz", "rb").read()
def patched(name, changes):
    b = bytearray(data)
    at = b.index(b"PK\1\2")
    for offset, form, x in changes:
        struct.pack_into(form, b, at + offset, x)
    open(name, "wb").write(b)
patched("large.npz", [(20, "<I", 0xfffffff0), (24, "<I", 0xfffffff0)])
patched("bomb.npz", [(10, "<H", 8), (24, "<I", 0xfffffff0)])
patched("secret.npz", [(8, "<H", 1)])
patched("count.npz", [])
b = bytearray(data); at = b.rindex(b"PK\5\6"); struct.pack_into("<HH", b, at + 8, 999, 999); open("count.npz", "wb").write(b)
with zipfile.ZipFile("lzma.npz", "w", zipfile.ZIP_LZMA) as z:
    z.writestr("0.logits.npy", b"x")
with zipfile.ZipFile("twice.npz", "w") as z:
    z.writestr("0.logits.npy", b"x"), z.writestr("0.logits", b"x")
with zipfile.ZipFile("text.npz", "w") as z:
    z.writestr("0.logits.npy", b"text")
PYTHON
  refused large.npz "large.npz: '0."
  refused bomb.npz "bomb.npz: '0."
  refused secret.npz "secret.npz: '0." && [[ $stderr == *'is encrypted' ]]
  refused count.npz 'count.npz: its list of files is damaged'
  refused lzma.npz "lzma.npz: '0.logits.npy' is compressed by method 14; store or deflate it"
  refused twice.npz "twice.npz: two arrays are called '0.logits'"
  refused text.npz '' && [[ $stderr == *"text.npz: array '0.logits': not a .npy file" ]]
  # compressed is as good
  edit 'np.savez_compressed("small.npz", **d)'
  trace-extract -q -m "$models/bart" --ids --check small.npz "$want/bart.ids"
}

@test "check: heads that are switched off, lines that are left out, numbers of lines" {
  of bart
  differs --mask dec-enc.1:0 ids
  grep -q '^  first    dec.1.cross.out: layer 1 of the decoder, attention to the encoder, output projection$' <<<"$output"
  sed -n 2p ids | trace-extract -m m --ids --check ref.npz --first-line 2 >got
  grep -q '^line 2: 9 source' got
  { sed -n 1p ids; echo 99; sed -n 3p ids; } >some
  fails 1 "some: line 2: '99' is not a token id" 'trace-extract -m m --ids --check ref.npz some'
  fails 0 'lines left out: 1 (1 unknown token)' 'trace-extract -m m --ids --check ref.npz --skip some'
  [[ $output == *'not compared: 132 names of no line that was compared: 1.'* ]]
  { cat ids; sed -n 1p ids; } >more
  fails 1 "more: line 6: ref.npz has no array of this line, whose names begin with '5.'; give the lines that it was made of" 'trace-extract -m m --ids --check ref.npz more'
  : >none
  fails 1 'no line of the text was compared with ref.npz' 'trace-extract -m m --ids --check ref.npz none'
  # nothing is generated, so no setting of generation is in the way
  jq '.no_repeat_ngram_size = 3' m/generation_config.json >new && mv new m/generation_config.json
  cut -f 1 ids | check
}

@test "check: usage errors, without a byte on standard output" {
  cp "$MADE/gpt2.npz" ref.npz
  usage() { # TEXT OPTION...
    run --separate-stderr trace-extract -m "$models/gpt2" --ids "${@:2}" "$want/gpt2.ids"
    [ "$status" -eq 2 ] && [ -z "$output" ] && [[ $stderr == *"$1"* ]] || { echo "$status $output $stderr"; return 1; }
  }
  usage '--tolerance takes 0 or more' --check ref.npz --tolerance -1
  usage '--check and --mask-each exclude each other' --check ref.npz --mask-each
  usage 'of those' --check ref.npz -k all
  usage 'of those' --check ref.npz --embed
  usage '--check generates nothing' --check ref.npz -g 3
  run --separate-stderr trace-extract -m "$models/gpt2" --ids --tolerance 1 "$want/gpt2.ids"
  [ "$status" -eq 2 ]
  [[ $stderr == *'--tolerance is of --check'* ]]
  fails 2 "option '--tolerance' takes a number" "trace-extract --check ref.npz --tolerance nan"
  fails 2 "option '--check' needs a value" "trace-extract --check"
  # the report ends where it cannot be written
  fails 1 'cannot write to standard output' "trace-extract -m '$models/gpt2' --ids --check ref.npz '$want/gpt2.ids' >/dev/full"
}

@test "check: the hooks of dump_reference.py, on a GPT-2 in PyTorch" {
  cut -f 1 "$want/gpt2.ids" >ids
  cp "$BATS_TEST_DIRNAME/data/check/gpt2.npz" ref.npz
  MODEL=$models/gpt2 check -v ids >got
  [ "$(tail -n 2 got)" = 'not compared: 1 name of no node of the model: lm_head
5 lines, 100 arrays: all agree (tolerance 1e-10)' ]
  grep -q '^  ok .* target  *0.transformer.wte \[1, 5, 12\]$' got
}
