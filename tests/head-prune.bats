#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Heads switched off in three ways: trace-extract --mask, head-prune --mask, head-prune --remove.
load helper

models=$BATS_TEST_DIRNAME/data/models
want=$BATS_TEST_DIRNAME/data/want
en_de=$ROOT/examples/en-de

# MODEL HEADS TOLERANCE PRECISION FILE [OPTION]: the three ways give the same logits, others than
# those of the whole model
agree() {
  local masked=(-m "$1" --mask "$2") way
  rm -rf masked removed
  head-prune --mask "$2" "$1" masked
  head-prune --remove "$2" "$1" removed
  trace-extract "${masked[@]}" -p "$4" -k logits "${@:6}" "$5" >want.lrp
  for way in masked removed; do
    trace-extract -m $way -p "$4" -k logits "${@:6}" "$5" >$way.lrp
    stream-diff -t "$3" -k sentence,target,values want.lrp $way.lrp
  done
  trace-extract -m "$1" -p "$4" -k logits "${@:6}" "$5" >whole.lrp
  run stream-diff -t 1e-4 -k values want.lrp whole.lrp
  [ "$status" -eq 1 ]
}

@test "head-prune: masked, removed and trace-extract --mask are the same, in double precision" {
  agree "$models/deep" 'enc-self.0:0,2;enc-self.1:1;dec-self.1:0;dec-enc.0:1' 1e-9 f64 "$want/deep.ids" --ids
  agree "$models/prenorm" 'enc-self.1:1;dec-enc.0:0,1;dec-self.1:2' 1e-9 f64 "$want/prenorm.ids" --ids
  agree "$models/sharded" 'enc-self.1:0;dec-self.0:0,1;dec-enc.0:2' 1e-9 f64 "$want/sharded.ids" --ids
}

@test "head-prune: the same for the built-in model, in both precisions" {
  paste "$en_de/dev.en" "$en_de/dev.de" | head -n 5 >text
  agree "$en_de" 'enc-self.0:1,3;dec-enc.2:0;dec-self.5:7' 1e-9 f64 text
  agree "$en_de" 'enc-self.0:1,3;dec-enc.2:0;dec-self.5:7' 1e-5 f32 text
  # what is generated, too
  head -n 5 "$en_de/dev.en" >text
  agree "$en_de" 'enc-self.0:1,3;dec-enc.2:0;dec-self.5:7' 1e-5 f32 text
}

@test "head-prune: only the tensors of the heads change" {
  cp -rL "$models/deep" original
  head-prune --mask 'enc-self.0:1' original masked
  head-prune --remove 'enc-self.0:1' original removed
  diff -r original "$models/deep"
  diff -r -x model.safetensors original masked
  diff -r -x model.safetensors -x config.json original removed
  /usr/bin/python3 - <<'PYTHON'
import json, struct
def tensors(directory):
    data = open(directory + "/model.safetensors", "rb").read()
    n = struct.unpack("<Q", data[:8])[0]
    header, data = json.loads(data[8 : 8 + n]), data[8 + n :]
    note = header.pop("__metadata__", {}).get("lrpipe")
    return note, {k: (v["dtype"], v["shape"], data[slice(*v["data_offsets"])]) for k, v in header.items()}
_, before = tensors("original")
attention = "model.encoder.layers.0.self_attn."
note, after = tensors("masked")
assert note == "head-prune --mask enc-self.0:1"
assert [k for k in before if before[k] != after[k]] == [attention + "out_proj.weight"]
dtype, shape, data = after[attention + "out_proj.weight"]
size, old = len(data) // 36, before[attention + "out_proj.weight"][2]
for i in range(36):
    new = data[i * size : (i + 1) * size]
    assert new == (bytes(size) if i % 6 in (2, 3) else old[i * size : (i + 1) * size])
note, after = tensors("removed")
assert note == "head-prune --remove enc-self.0:1"
changed = {k: after[k][1] for k in before if before[k] != after[k]}
q = {attention + p + "_proj." + w: [4, 6] if w == "weight" else [4] for p in "qkv" for w in ("weight", "bias")}
assert changed == {**q, attention + "out_proj.weight": [6, 4]}, changed
PYTHON
  [ "$(jq -c .lrpipe_pruned_heads removed/config.json)" = '{"enc-self":{"0":[1]}}' ]
  diff <(jq 'del(.lrpipe_pruned_heads)' removed/config.json) <(jq . original/config.json)
}

@test "head-prune: the fingerprint is another one" {
  head-prune --mask 'dec-enc.0:0' "$en_de" masked
  hash() { trace-extract -m "$1" <<<'A test.' | stream-show --json | head -n 1 | jq -r .model.checkpoint.hash; }
  [ "$(hash masked)" != "$(hash "$en_de")" ]
}

@test "head-prune: what was pruned can be pruned again; heads are counted anew" {
  head-prune --remove 'enc-self.0:0' "$models/deep" once
  head-prune --remove 'enc-self.0:1' once twice
  head-prune --remove 'enc-self.0:0,2' "$models/deep" both
  [ "$(jq -c .lrpipe_pruned_heads twice/config.json)" = '{"enc-self":{"0":[0,2]}}' ]
  for m in twice both; do trace-extract -m $m --ids -p f64 -k logits "$want/deep.ids" >$m.lrp; done
  stream-diff -t 1e-12 -k values twice.lrp both.lrp
}

@test "head-prune: relevance of a pruned model: its heads are those of the masked one" {
  head-prune --remove 'enc-self.0:0' "$models/deep" removed
  trace-extract -m "$models/deep" --mask 'enc-self.0:0' --ids -p f64 "$want/deep.ids" |
    lrp-layer -p f64 -l 0 | head-sum | stream-show --json | jq -c 'select(.type=="heads") | .relevance[]' >masked
  trace-extract -m removed --ids -p f64 "$want/deep.ids" |
    lrp-layer -p f64 -l 0 | head-sum | stream-show --json | jq -c 'select(.type=="heads") | .relevance[]' >left
  [ "$(wc -l <left)" -gt 3 ]
  jq -n --slurpfile m masked --slurpfile l left -e '[range($m|length)] | all(. as $i |
    $m[$i][0] == 0 and ($m[$i] | length) == 3 and ([$m[$i][1:], $l[$i]] | transpose | all((.[0] - .[1]) | fabs < 1e-9)))'
}

@test "head-prune: lists in a file" {
  echo '{"enc-self": {"0": [0, 2]}, "dec-enc": {"1": [1]}}' >list.json
  cp list.json list
  for way in list.json @list 'enc-self.0:0,2;dec-enc.1:1'; do
    trace-extract -m "$models/deep" --mask "$way" --ids "$want/deep.ids" >"out.${#way}"
  done
  stream-diff out.9 out.5
  stream-diff out.9 out.26
  [ "$(stream-show --json out.9 | head -n 1 | jq -c '[.model.masked, (.graph[] | select(.masked) | [.name, .masked])]')" = \
    '["enc-self.0:0,2;dec-enc.1:1",["enc-self.0",[0,2]],["dec-enc.1",[1]]]' ]
}

@test "trace-extract --mask: a masked head is a zero, on all the ways that relevance goes" {
  trace-extract -m "$models/deep" --mask 'enc-self.1:1;dec-enc.0:0' --ids -p f64 -k all "$want/deep.ids" >t
  stream-show --json t | jq -se 'map(select(.type == "trace")) | length > 0 and all(.values["enc-self.1"] |
    all((.[2:4] == [0, 0]) and .[0] != 0))'
  for rule in ratio magnitude alphabeta gradient; do
    lrp-layer -r $rule -p f64 -l source t >source.lrp # with its ledger checked
    lrp-layer -r $rule -p f64 -l enc-self.1 t | head-sum >a
    head-carry -r $rule -p f64 -l enc-self.1 t >b
    stream-diff -t 1e-9 -k relevance a b
  done
  # a rule that hands a bias on to all inputs alike hands some to masked heads, where it ends as the bias's
  lrp-layer -r alphabeta:bias=spread -p f64 -l source t | stream-show --json | jq -se 'map(select(.type == "relevance").ledger) |
    length > 0 and (map(.bias) | flatten | all(. > 1e-6)) and (map(.zero) | flatten | all(. == 0))'
  # nothing gets past a masked head: without the others of its kind, no gradient to the source
  trace-extract -m "$models/deep" --mask 'dec-enc.0:0,1;dec-enc.1:0,1' --ids -p f64 "$want/deep.ids" |
    lrp-layer -r gradient -p f64 -l source | stream-show --json |
    jq -se 'map(select(.type == "relevance")) | length > 0 and all(.relevance | flatten | all(. == 0))'
}

@test "head-prune: averages of different masks do not mix" {
  for mask in enc-self.0:0 enc-self.0:1; do
    trace-extract -m "$models/deep" --mask $mask --ids "$want/deep.ids" | head-carry -l 1 >$mask
  done
  fails 1 'model.masked' 'step-average enc-self.0:0 enc-self.0:1'
}

@test "head-prune: what cannot be done is refused, and nothing is written" {
  d=$models/deep
  fails 2 "no heads at 'enc-self.2'; it has them at enc-self.0-1, dec-self.0-1, dec-enc.0-1" "head-prune --mask enc-self.2:0 $d out"
  fails 2 "'enc-self.0' has heads 0 to 2, no head 3" "head-prune --mask enc-self.0:3 $d out"
  fails 2 "'enc-self.0' has heads 0 to 2, no head 3" "trace-extract -m $d --ids --mask enc-self.0:3 </dev/null"
  fails 2 "not a list of head numbers" "head-prune --mask enc-self.0: $d out"
  fails 2 "does not say which heads" "head-prune --mask enc-self.0 $d out"
  fails 2 "use --mask" "head-prune --remove enc-self.0:0,1,2 $d out"
  fails 2 "one of --mask and --remove" "head-prune $d out"
  cp -rL "$d" inside
  fails 2 "is inside" "head-prune --mask enc-self.0:1 inside inside/out"
  echo '{"enc-self": [1]}' >bad.json
  fails 1 "'enc-self' is no map of layers" "head-prune --mask bad.json $d out"
  [ ! -e out ]
  mkdir out
  fails 1 'exists already' "head-prune --mask enc-self.0:1 $d out"
  [ "$(ls -A out)" = '' ]
}

@test "head-prune: a failure on the way leaves nothing behind" {
  cp -rL "$models/deep" model
  mkfifo model/README.md
  fails 1 'neither a file nor a folder' 'head-prune --mask enc-self.0:1 model out'
  [ "$(find . -name 'out*' | wc -l)" -eq 0 ]
}

@test "head-prune: what belongs to the model is copied, what does not is named" {
  cp -rL "$en_de" model
  chmod -R u+w model
  mkdir -p model/.git model/onnx model/checkpoint-500 model/LICENSES
  for f in .git/config onnx/model.onnx checkpoint-500/model.safetensors LICENSES/MIT model.onnx model.npz pytorch_model.bin \
    model.safetensors.index.json notes.txt special_tokens_map.json tokenizer.json README.md LICENSE NOTICE.txt; do
    echo x >"model/$f"
  done
  run --separate-stderr head-prune --mask enc-self.0:1 model out
  [ "$status" -eq 0 ]
  for f in .git checkpoint-500 dev.en model.npz model.onnx model.safetensors.index.json notes.txt onnx pytorch_model.bin; do
    [ ! -e "out/$f" ]
    [[ $stderr == *" $f"* ]]
  done
  [[ $stderr == 'head-prune: not copied, no part of the model in this format: .git, '* ]]
  [ "$(ls out | LC_ALL=C sort | paste -sd ' ')" = \
    'LICENSE LICENSES LICENSES.md NOTICE.txt PROVENANCE.md README.md config.json generation_config.json licenses model.safetensors source.spm special_tokens_map.json target.spm tokenizer.json tokenizer_config.json vocab.json' ]
  [ "$(cat out/LICENSES/MIT)" = x ]
  # the index of a model in several files is one of its own
  head-prune --mask enc-self.1:0 "$models/sharded" shards
  cmp shards/model.safetensors.index.json "$models/sharded/model.safetensors.index.json"
}

@test "head-prune: lists of before under 'pruned_heads' are read, and kept under the new name" {
  head-prune --remove 'enc-self.0:0' "$models/deep" new
  cp -r new old
  jq '.pruned_heads = .lrpipe_pruned_heads | del(.lrpipe_pruned_heads)' new/config.json >old/config.json
  for m in new old; do trace-extract -m $m --ids -p f64 -k logits "$want/deep.ids" >$m.lrp; done
  stream-diff -k values new.lrp old.lrp
  head-prune --remove 'enc-self.0:1' old twice
  [ "$(jq -c '[.pruned_heads, .lrpipe_pruned_heads]' twice/config.json)" = '[null,{"enc-self":{"0":[0,2]}}]' ]
}
