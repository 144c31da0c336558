#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Families of one stack: GPT-2, OPT; BERT, RoBERTa, XLM-RoBERTa, DistilBERT. Tiny models with the settings and the names of tensors of
# published checkpoints; their values are worked out in Python from the published definitions (tests/data/families).
load helper

data=$BATS_TEST_DIRNAME/data
models=$data/families/models
want=$data/families/want
tool=$BATS_TEST_DIRNAME/tool
decoders='gpt2 distilgpt2 gpt2-inverse gpt2-untied opt opt-350m opt-gelu'
encoders='bert bert-uncased bert-multilingual roberta xlm-roberta distilbert distilbert-relu'

# Of each model a trace with all values in double precision, $TRACES/MODEL, and the names of its embeddings, MODEL.leaves
setup_file() {
  export TRACES=$BATS_FILE_TMPDIR
  local model bin=${BIN:-$BATS_TEST_DIRNAME/../bin}
  for model in $decoders $encoders; do
    "$bin/trace-extract" -m "$models/$model" --ids -p f64 -k all "$want/$model.ids" >"$TRACES/$model"
    "$bin/stream-show" --json "$TRACES/$model" | jq -r 'select(.graph) | [.graph[] | select(.op == "embed").name] | join(",")' >"$TRACES/$model.leaves"
  done
}

# MODEL FILTER: a directory `changed`, the model with another config.json
change() {
  rm -rf changed
  cp -r "$models/$1" changed
  jq "${@:3}" "$2" "$models/$1/config.json" >changed/config.json
}

# PATTERN TEXT: other names of the tensors in `changed`; a later one of the same name is taken out
rename() {
  /usr/bin/python3 - "$1" "$2" <<'PYTHON'
import json, re, struct, sys
with open("changed/model.safetensors", "rb") as f:
    header, data = json.loads(f.read(struct.unpack("<Q", f.read(8))[0])), f.read()
out, kept = {}, b""
for name, t in header.items():
    name = re.sub(sys.argv[1], sys.argv[2], name)
    if name and name not in out and name != "__metadata__":
        a, b = t["data_offsets"]
        out[name] = {**t, "data_offsets": [len(kept), len(kept) + b - a]}
        kept += data[a:b]
text = json.dumps(out).encode()
with open("changed/model.safetensors", "wb") as f:
    f.write(struct.pack("<Q", len(text)) + text + kept)
PYTHON
}

# MODEL: `changed` gives the same numbers as it, bit for bit
same_numbers() {
  trace-extract -m changed --ids -p f64 -k all "$want/$1.ids" 2>said >got || { cat said; return 1; }
  stream-diff -t 0 -k sentence,target,top,values "$TRACES/$1" got
}

@test "families of one stack: tokens, logits, contexts and layers as the published definitions have them" {
  for model in $decoders $encoders; do
    "$tool/same-single.py" 1e-10 "$want/$model.npz" "$TRACES/$model"
    trace-extract -m "$models/$model" --ids -k all "$want/$model.ids" 2>said >f32
    "$tool/same-single.py" 1e-5 "$want/$model.npz" f32
  done
}

@test "families of one stack: a reference that is off by a thousandth is found (the check can fail)" {
  for key in 0.logits 0.dec-self.1 3.hidden.0; do
    /usr/bin/python3 -c 'import sys, numpy as np
x = dict(np.load(sys.argv[1]))
x[sys.argv[2]][0] += 1e-3 * abs(x[sys.argv[2]]).max()
np.savez("off.npz", **x)' "$want/gpt2.npz" $key
    fails 1 'off by 0.001 of the largest' "$tool/same-single.py 1e-5 off.npz $TRACES/gpt2"
  done
}

# bats test_tags=numbers
@test "families of one stack: formula (1) at every head site and at all leaves" {
  for model in $decoders $encoders; do
    leaves=$(cat "$TRACES/$model.leaves")
    for rule in magnitude ratio alphabeta; do
      lrp-layer -q -p f64 -r $rule -l all --max-leak inf "$TRACES/$model" 2>/dev/null >heads
      lrp-layer -q -p f64 -r $rule -l "$leaves" --max-leak inf "$TRACES/$model" 2>/dev/null >embeddings
      "$tool/conserved.py" 1e-9 heads
      "$tool/conserved.py" 1e-9 --all embeddings
    done
  done
}

# bats test_tags=numbers
@test "families of one stack: carried heads are those of a sweep" {
  for model in $decoders $encoders; do
    for rule in magnitude ratio alphabeta; do
      lrp-layer -q -p f64 -r $rule -l all --max-leak inf "$TRACES/$model" 2>/dev/null | head-sum >swept
      for meet in '' '--meet start' '--meet backward'; do
        # shellcheck disable=SC2086
        head-carry -q -p f64 -r $rule $meet -l all --max-leak inf "$TRACES/$model" 2>/dev/null |
          stream-diff -t 1e-12 -k sentence,site,heads,relevance swept -
      done
    done
  done
}

# bats test_tags=numbers
@test "families of one stack: relevance neuron by neuron, to the embeddings: three terms are one sum" {
  for model in gpt2-inverse opt-350m bert xlm-roberta distilbert; do
    grep -P '\t' "$want/$model.ids" | head -n 2 >ids
    trace-extract -m "$models/$model" --ids -p f64 -k all ids >trace
    stream-show --json trace | head -n 1 >header
    /usr/bin/python3 "$data/sides.py" family header "$models/$model" ids . magnitude ratio gradient attnlrp
    for rule in magnitude ratio gradient attnlrp; do
      lrp-layer -q -p f64 -r $rule -l "all,$(cat "$TRACES/$model.leaves")" --max-leak inf trace 2>/dev/null >got
      "$tool/same-relevance.py" 1e-9 $rule.lrp got
    done
  done
}

@test "families of one stack: masked heads, in a trace and in a checkpoint" {
  for model in gpt2 opt-350m bert-uncased xlm-roberta distilbert; do
    site=$(stream-show --json "$TRACES/$model" | jq -r 'select(.graph) | first(.graph[] | select(.op == "context").name)')
    rm -rf masked
    head-prune --mask "$site:1" "$models/$model" masked
    trace-extract -m "$models/$model" --mask "$site:1" --ids -p f64 -k logits "$want/$model.ids" 2>said >by-trace
    trace-extract -m masked --ids -p f64 -k logits "$want/$model.ids" 2>said >by-checkpoint
    stream-diff -t 1e-12 -k sentence,target,positions,top,values by-trace by-checkpoint
    fails 1 '' "stream-diff -q -t 1e-6 -k top $TRACES/$model by-trace" # it is another model
    rm -rf removed
    head-prune --remove "$site:1" "$models/$model" removed
    trace-extract -m removed --ids -p f64 -k logits "$want/$model.ids" 2>said >by-checkpoint
    stream-diff -t 1e-12 -k sentence,target,positions,top,values by-trace by-checkpoint
  done
}

@test "families of one stack: the header's model, and names of layers" {
  header() { stream-show --json "$TRACES/$1" | head -n 1 | jq -c '.model | [.family, .layers, .heads, .width]'; }
  [ "$(header distilgpt2)" = '["gpt2",3,3,12]' ]
  [ "$(header opt-350m)" = '["opt",3,3,12]' ]
  [ "$(header bert)" = '["bert",3,3,12]' ]
  [ "$(header xlm-roberta)" = '["xlm-roberta",2,2,16]' ]
  [ "$(header distilbert-relu)" = '["distilbert",3,2,16]' ]
  for model in opt bert; do # the one side that there is
    kind=$([ $model = opt ] && echo dec-self || echo enc-self)
    [ "$(lrp-layer -l 1 "$TRACES/$model" 2>/dev/null | stream-show --json | jq -r 'select(.site).site' | sort -u)" = $kind.1 ]
  done
  node() { stream-show --json "$TRACES/$1" | head -n 1 | jq -c --arg name "$2" '.graph[] | select(.name == $name) | '"$3"; }
  [ "$(node gpt2 dec.0.self.v .weight)" = '{"name":"h.0.attn.c_attn.weight","first":24,"rows":12,"transposed":true}' ]
  [ "$(node opt target.position .weight)" = '{"name":"model.decoder.embed_positions.weight","first":2,"rows":22}' ]
  [ "$(node roberta source.position '.weight')" = '{"name":"roberta.embeddings.position_embeddings.weight","first":2,"rows":16}' ]
  [ "$(node bert source.type '[.weight, .constant]')" = '["bert.embeddings.token_type_embeddings.weight",true]' ]
  [ "$(node bert enc.embed .inputs)" = '["source","source.position","source.type"]' ]
  [ "$(node opt-350m dec.embed.in .weight)" = '"decoder.project_in.weight"' ]
  [ "$(node bert output.norm .weight)" = '"cls.predictions.transform.LayerNorm.weight"' ]
}

@test "families of one stack: the graph of a header, as a model's own, is the same" {
  for model in gpt2-inverse opt-350m bert xlm-roberta; do
    stream-show --json "$TRACES/$model" | jq 'select(.graph).graph' >graph
    change $model '{model_type: "graph", graph: $graph[0], mask_token_id, pad_token_id, bos_token_id, eos_token_id}' --slurpfile graph graph
    rename '.*(pooler|seq_relationship).*' ''
    same_numbers $model
  done
}

@test "families of one stack: names with and without the prefix, and of old" {
  change distilgpt2 .
  rename '^transformer\.' ''
  same_numbers distilgpt2
  change opt .
  rename '^model\.' ''
  same_numbers opt
  change opt-350m .
  rename '^decoder' 'model.decoder'
  same_numbers opt-350m
  change bert .
  rename '^bert\.' ''
  same_numbers bert
  change xlm-roberta .
  rename 'LayerNorm.weight' 'LayerNorm.gamma'
  rename 'LayerNorm.bias' 'LayerNorm.beta'
  same_numbers xlm-roberta
  change roberta . # its bias has two names
  rename '^lm_head.bias' ''
  same_numbers roberta
  change roberta .
  rename '^lm_head.bias' 'lm_head.decoder.bias.old'
  rename '^roberta.encoder.layer.0.attention.self.query.bias' 'lm_head.bias'
  fails 1 "tensor" "trace-extract -m changed --ids $want/roberta.ids"
}

@test "families of one stack: settings that have no effect, and such tensors" {
  change gpt2 '. + {n_ctx: 8, predict_special_tokens: true, reorder_and_upcast_attn: true, resid_pdrop: 0.5, use_cache: false, n_inner: null,
    hidden_size: 12, num_hidden_layers: 2, num_attention_heads: 3, max_position_embeddings: 24, scale_attn_weights: true}'
  same_numbers gpt2
  change opt '. + {layerdrop: 0.5, d_model: 12, tie_word_embeddings: true}'
  same_numbers opt
  change bert '. + {directionality: "bidi", pooler_type: "none", hidden_dropout_prob: 0.9, cls_token_id: 2, is_decoder: false}'
  same_numbers bert
  change distilbert '. + {sinusoidal_pos_embds: true, tie_weights_: false, qa_dropout: 1, hidden_size: 12, num_attention_heads: 3}'
  same_numbers distilbert
}

@test "families of one stack: scales of scores, widths of inner layers, final norms" {
  differs() { # MODEL FILTER: it is another model
    change "$1" "$2"
    trace-extract -m changed --ids -p f64 "$want/$1.ids" 2>said >got
    fails 1 '' "stream-diff -q -t 1e-6 -k top $TRACES/$1 got"
  }
  differs gpt2 '.scale_attn_weights = false'
  scale() { stream-show --json "$1" | head -n 1 | jq -c '[.graph[] | select(.op == "scores").scale]'; }
  [ "$(scale got)" = '[1,1]' ]
  [ "$(scale "$TRACES/gpt2-inverse" | jq -c 'map(. * (8 | sqrt) * 1e9 | round / 1e9)')" = '[1,0.5,0.333333333]' ]
  differs gpt2 '.activation_function = "relu"'
  differs gpt2 '.layer_norm_epsilon = 0.1'
  differs bert '.hidden_act = "relu"'
  differs bert '.layer_norm_eps = 0.1'
  differs distilbert '.activation = "relu"'
  [ "$(stream-show --json got | jq -r 'select(.graph) | [.graph[] | select(.op == "activation").function] | unique | join(" ")')" = relu ]
  change roberta '.hidden_act = "relu"' # of the layers alone: its output has always gelu
  trace-extract -m changed --ids "$want/roberta.ids" >got
  [ "$(stream-show --json got | jq -r 'select(.graph) | [.graph[] | select(.op == "activation").function] | join(" ")')" = 'relu relu gelu' ]
}

@test "families of one stack: what is not supported is refused by name" {
  refused() { # MODEL FILTER TEXT
    change "$1" "$2"
    fails 1 "$3" "trace-extract -m changed --ids $want/$1.ids"
  }
  refused gpt2 '.n_inner = 20' "tensor 'h.0.mlp.c_fc.weight' is [12, 48]; config.json asks for [12, 20]"
  refused gpt2 '.add_cross_attention = true' "'add_cross_attention' is set"
  refused gpt2 '.hidden_size = 8' "'hidden_size' is 8, but 'n_embd' is 12"
  refused gpt2 '.n_positions = 32' "tensor 'wpe.weight' is [24, 12]; config.json asks for [32, 12]"
  refused gpt2 '.tie_word_embeddings = false' "no tensor 'lm_head.weight'"
  refused gpt2 '.alibi = true' "'alibi' is no setting of a 'gpt2' model that is known here"
  refused opt '.enable_bias = false' "'enable_bias' is false: not supported for opt"
  refused opt '.layer_norm_elementwise_affine = false' "'layer_norm_elementwise_affine' is false: not supported for opt"
  refused opt '._remove_final_layer_norm = true' "uses tensor 'model.decoder.final_layer_norm."
  refused opt '.word_embed_proj_dim = 8' "tensor 'model.decoder.embed_tokens.weight' is [27, 12], not [27, 8]"
  refused opt '.max_position_embeddings = 23' "tensor 'model.decoder.embed_positions.weight' is [24, 12]; config.json asks for [25, 12]"
  refused bert '.position_embedding_type = "relative_key"' "position_embedding_type 'relative_key' is not supported; supported: absolute"
  refused bert '.is_decoder = true' "'is_decoder' is set"
  refused bert '.hidden_act = "gelu_10"' "hidden_act 'gelu_10' is not supported"
  refused bert '.type_vocab_size = 3' "tensor 'bert.embeddings.token_type_embeddings.weight' is [2, 12]; config.json asks for [3, 12]"
  refused bert 'del(.mask_token_id)' "'mask_token_id' is missing"
  refused roberta '.max_position_embeddings = 2' "'max_position_embeddings' is 2, of which 2 are none of a token"
  refused xlm-roberta '.max_position_embeddings = 20' "is [18, 16]; config.json asks for [20, 16]"
  refused distilbert '.type_vocab_size = 2' "'type_vocab_size' is no setting of a 'distilbert' model that is known here"
  change bert .
  rename '^cls.predictions.bias' ''
  fails 1 "no tensor 'cls.predictions.bias'" "trace-extract -m changed --ids $want/bert.ids"
  change bert .
  rename '^cls.*' '' # of another task
  fails 1 "no tensor 'cls.predictions.transform.dense.weight'" "trace-extract -m changed --ids $want/bert.ids"
  change bert .
  rename 'bert.pooler.dense' 'bert.other.dense'
  fails 1 "no part of a 'bert' model that is known here uses tensor 'bert.other.dense.bias'" "trace-extract -m changed --ids $want/bert.ids"
}

@test "families of one stack: padding inside a line has no position where positions are counted from it" {
  for model in roberta xlm-roberta; do
    fails 1 'token 1 is the padding, which has no position in this model' "echo 0 24 1 2 | trace-extract -m $models/$model --ids"
    [ "$(echo 0 24 1 2 | trace-extract -m "$models/$model" --ids --skip 2>said | stream-show --json | jq -r 'select(.reason).reason')" = padding ]
  done
  echo 2 4 0 3 | trace-extract -m "$models/bert" --ids >got # of BERT's it is a token like others
}

@test "families of one stack: a text as long as there are positions" {
  for pair in roberta:16 opt:22 bert:16; do
    model=${pair%:*} n=${pair#*:} token=4 tab=
    [ $model != roberta ] || token=24
    [ $model != opt ] || tab=$'\t5'
    line() { printf "%s$tab\n" "$(yes $token | head -n "$1" | paste -sd ' ')"; }
    line "$n" | trace-extract -m "$models/$model" --ids >got
    fails 1 'the model has positions for' "echo '$(line $((n + 1)))' | trace-extract -m $models/$model --ids"
  done
}

@test "families of one stack: nodes that are no sum and no embedding are refused" {
  graph() { # FILTER TEXT
    stream-show --json "$TRACES/roberta" | jq "select(.graph).graph | $1" >graph
    change roberta '{model_type: "graph", graph: $graph[0], mask_token_id}' --slurpfile graph graph
    fails 1 "$2" "trace-extract -m changed --ids $want/roberta.ids"
  }
  graph '(.[] | select(.name == "enc.embed").inputs) = ["source"]' "node 'enc.embed': 'add' has 2 to 3 inputs, not 1"
  graph '(.[] | select(.name == "enc.embed").inputs) += ["source"]' 'at most 3'
  graph '(.[] | select(.name == "output.act").inputs) += ["source"]' "'activation' has 1 inputs, not 2"
  graph '(.[] | select(.name == "source.type").positions) = true' "'source.type' is both 'positions' and 'constant'"
  graph '(.[] | select(.name == "source.type").weight) = null' ''
}
