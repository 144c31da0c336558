#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Families of encoder-decoder models, around BART and around T5: tiny ones against references from their published definitions (tests/data/families), in
# numpy and without this project's code; what their config.json says is honoured, has no effect, or is refused.
load helper

models=$BATS_TEST_DIRNAME/data/families/models
want=$BATS_TEST_DIRNAME/data/families/want
tool=$BATS_TEST_DIRNAME/tool

# The models of this file's families, a name a line.
family_models() {
  grep -lE '"model_type": "(bart|mbart|pegasus|blenderbot|blenderbot-small|m2m_100|t5|mt5|umt5)"' "$models"/*/config.json | sed 's|/config.json$||; s|.*/||'
}

setup_file() {
  export TRACES=$BATS_FILE_TMPDIR
  local model p bin=${BIN:-$BATS_TEST_DIRNAME/../bin}
  for model in $(family_models); do
    for p in f32 f64; do
      "$bin/trace-extract" -q -m "$models/$model" --ids -p $p -k all "$want/$model.ids" >"$TRACES/$model.$p"
    done
  done
}

# FILTER [MODEL]: a directory `other`, the model with another config.json
other() {
  rm -rf other
  cp -r "$models/${2-bart}" other
  jq "$1" "$models/${2-bart}/config.json" >other/config.json
}

refused() { # TEXT FILTER [MODEL]
  other "$2" "${3-bart}"
  fails 1 "$1" 'echo "5 6 2" | trace-extract -q -m other --ids >/dev/null'
}

# FILTER MODEL: with it the model is the same, and nothing is said
no_effect() {
  other "$1" "$2"
  trace-extract -q -m other --ids -p f64 -k all "$want/$2.ids" >got 2>said || { cat said; return 1; }
  stream-diff -q -t 0 -k source,target,inputs,values "$TRACES/$2.f64" got || return 1
  ! grep 'without effect' said
}

# NODE OF_MODEL KEYS: these keys of a node of the graph
node() {
  stream-show --json "$TRACES/$2.f64" | head -n 1 | jq -c ".graph[] | select(.name == \"$1\") | $3"
}

@test "families: logits, contexts and generated tokens are those of the definitions" {
  local model
  [ "$(family_models | wc -l)" -ge 22 ]
  for model in $(family_models); do
    "$tool/same-family.py" 1e-10 "$want/$model.npz" "$TRACES/$model.f64"
    "$tool/same-family.py" 1e-5 "$want/$model.npz" "$TRACES/$model.f32"
  done
}

@test "families: another number in a weight is found (the comparison can fail)" {
  cp -r "$models/bart" other
  printf 'x' | dd of=other/model.safetensors bs=1 seek=$(($(stat -c %s other/model.safetensors) - 400)) conv=notrunc status=none
  trace-extract -q -m other --ids -p f64 -k all "$want/bart.ids" >got
  run "$tool/same-family.py" 1e-10 "$want/bart.npz" got
  [ "$status" -eq 1 ]
}

# bats test_tags=numbers
@test "families: relevance is conserved at every site, and on all leaves together" {
  local model rule leaves
  for model in $(family_models); do
    leaves=$(stream-show --json "$TRACES/$model.f64" | head -n 1 | jq -r '[.graph[] | select(.op == "embed").name] | join(",")')
    for rule in magnitude ratio alphabeta; do
      lrp-layer -q -p f64 -l "all,$leaves" -r $rule --max-leak 1e300 "$TRACES/$model.f64" >relevance
      # of ratio up to its amplification, which is 2e7 here
      "$tool/conserved.py" $([ $rule = ratio ] && echo 1e-5 || echo 1e-10) relevance
      lrp-layer -q -p f64 -l "$leaves" -r $rule --max-leak 1e300 "$TRACES/$model.f64" >leaves
      "$tool/conserved.py" $([ $rule = ratio ] && echo 1e-5 || echo 1e-10) --all leaves
    done
  done
}

# bats test_tags=numbers
@test "families: heads carried forward are those of the sweep" {
  local model rule
  for model in $(family_models); do
    for rule in magnitude ratio alphabeta attnlrp gradient; do
      lrp-layer -q -p f64 -l all -r $rule --max-leak 1e300 "$TRACES/$model.f64" | head-sum >swept
      head-carry -q -p f64 -l all -r $rule "$TRACES/$model.f64" >carried
      stream-diff -q -t 1e-12 -k sentence,site,first_step,relevance swept carried || { echo "$model $rule"; return 1; }
    done
  done
}

@test "families: the rule that goes by residual blocks takes all around BART but a norm in front of positions" {
  local model
  for model in $(family_models); do
    [[ $model != blenderbot-small && $model != *t5* ]] || continue
    lrp-layer -q -l all,source,target -r voita2021 "$TRACES/$model.f64" >swept
    [ "$(stream-show --json swept | jq -c 'select(.type == "relevance")' | wc -l)" -gt 5 ]
  done
  fails 1 "rule voita2021: node 'target.position' is not what stands there in a block" "lrp-layer -r voita2021 -l all '$TRACES/blenderbot-small.f64' >/dev/null"
  fails 1 "rule voita2021: node 'dec.norm' is no end of a block" "lrp-layer -r voita2021 -l all '$TRACES/mt5.f64' >/dev/null"
}

@test "families: masked and removed heads are the same model" {
  local model heads='enc-self.0:0;dec-enc.0:1'
  for model in bart mbart pegasus blenderbot nllb; do
    head-prune --mask "$heads" "$models/$model" masked.$model
    head-prune --remove "$heads" "$models/$model" removed.$model
    trace-extract -q -m "$models/$model" --mask "$heads" --ids -p f64 -k logits "$want/$model.ids" >switched
    for way in masked removed; do
      trace-extract -q -m $way.$model --ids -p f64 -k logits "$want/$model.ids" >got
      stream-diff -q -t 1e-12 -k sentence,target,values switched got || { echo "$model $way"; return 1; }
    done
  done
}

@test "families: heads of a table of distances are masked, not taken out" {
  local heads='enc-self.0:0;dec-self.1:1;dec-enc.0:1'
  for model in t5 umt5; do
    head-prune --mask "$heads" "$models/$model" masked.$model
    trace-extract -q -m "$models/$model" --mask "$heads" --ids -p f64 -k logits "$want/$model.ids" >switched
    trace-extract -q -m masked.$model --ids -p f64 -k logits "$want/$model.ids" >got
    stream-diff -q -t 1e-12 -k sentence,target,values switched got || { echo "$model"; return 1; }
    fails 1 "'enc-self.0' adds a column of 'encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight' to the scores of each head: none can be taken out; use --mask" \
      "head-prune --remove enc-self.0:0 '$models/$model' removed.$model"
    [ ! -e removed.$model ]
  done
}

@test "families: a table of distances is a bias of scores, by the rule's key" {
  local bias
  [ "$(node dec.0.self.scores t5 '[.buckets, .longest, .weight]')" = '[32,128,"decoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight"]' ]
  [ "$(node dec.1.self.scores t5 .weight)" = "$(node dec.0.self.scores t5 .weight)" ]
  [ "$(node dec.1.self.scores umt5 .weight)" = '"decoder.block.1.layer.0.SelfAttention.relative_attention_bias.weight"' ]
  [ "$(node dec.1.cross.scores umt5 '[.buckets, .weight]')" = '[null,null]' ]
  [ "$(node output.scaled t5 '[.op, .factor]')" = '["scale",0.2886751345948129]' ]
  [ "$(node output.scaled mt5 .op)" = '' ]
  for bias in exclude absorb spread; do
    lrp-layer -q -p f64 -l dec.1.self.q,dec.1.self.k,dec.1.self.v -r magnitude:bias=$bias --max-leak 1e300 "$TRACES/t5.f64" >relevance
    "$tool/conserved.py" 1e-10 relevance
    stream-show --json relevance | jq -c 'select(.type == "relevance") | [.ledger.bias[]?] | add // 0' >lost.$bias
  done
  [ "$(jq -s 'map(fabs) | max' lost.absorb | jq '. > 0.01')" = true ]
  [ "$(jq -s 'map(fabs) | max' lost.exclude lost.spread)" = 0 ]
}

@test "families: what stands in the graph" {
  [ "$(node source.position mbart .weight)" = '{"name":"model.encoder.embed_positions.weight","first":2,"rows":20}' ]
  [ "$(node target.position blenderbot .weight)" = '"model.decoder.embed_positions.weight"' ]
  [ "$(node source.position m2m100 '[.first, .inclusive, .weight]')" = '[2,true,null]' ]
  [ "$(node source.position pegasus '[.first, .inclusive, .weight]')" = '[null,null,null]' ]
  # the small Blenderbot's embedding norm: of the encoder's sum, of the decoder's tokens
  [ "$(node enc.embed.norm blenderbot-small .inputs)" = '["enc.embed"]' ]
  [ "$(node dec.embed blenderbot-small .inputs)" = '["dec.embed.norm","target.position"]' ]
  [ "$(node dec.norm bart .name)" = '' ]
  [ "$(node dec.norm mbart .op)" = '"norm"' ]
  [ "$(stream-show --json "$TRACES/blenderbot-small.f64" | head -n 1 | jq -r .model.family)" = blenderbot-small ]
}

@test "families: the graph in the header is the model" {
  local model
  for model in m2m100-odd blenderbot-small mbart; do # computed positions of their own, a norm in front of positions, a slice of a table
    rm -rf described
    cp -r "$models/$model" described
    stream-show --json "$TRACES/$model.f64" | head -n 1 | jq --slurpfile c "$models/$model/config.json" \
      '{model_type: "graph", graph, decoder_start_token_id: $c[0].decoder_start_token_id, eos_token_id: $c[0].eos_token_id}' >described/config.json
    grep -P '\t' "$want/$model.ids" >forced
    trace-extract -q -m described --ids -p f64 -k all forced >got
    trace-extract -q -m "$models/$model" --ids -p f64 -k all forced >family
    stream-diff -q -t 0 -k source,target,inputs,values family got
  done
  other . m2m100-odd
  stream-show --json "$TRACES/m2m100-odd.f64" | head -n 1 | jq '{model_type: "graph", graph, eos_token_id: 2, decoder_start_token_id: 2}' >graph
  jq '(.graph[] | select(.name == "source.position")).weight = "model.shared.weight"' graph >other/config.json
  fails 1 "node 'source.position' has a table: 'first' and 'inclusive' are of computed positions" "trace-extract -q -m other --ids forced >/dev/null"
  jq '(.graph[] | select(.name == "source.position")).first = -1' graph >other/config.json
  fails 1 "graph: 'first' is -1" "trace-extract -q -m other --ids forced >/dev/null"
  jq '(.graph[] | select(.name == "source.position")).width = 3' graph >other/config.json
  fails 1 "node 'source.position' has 3 neurons, too few for 'inclusive'" "trace-extract -q -m other --ids forced >/dev/null"
}

@test "families: the first token may be forced, once, by either file" {
  first() { echo '5 6 2' | trace-extract -q -m other --ids | stream-show --json | jq -c 'select(.type == "trace") | .target.ids[0]'; }
  other . mbart50
  jq '.forced_bos_token_id = 21' "$models/mbart50/generation_config.json" >other/generation_config.json
  [ "$(first)" = 21 ]
  rm other/generation_config.json
  jq '.forced_bos_token_id = 22 | .decoder_start_token_id = 2 | .max_length = 4' "$models/mbart50/config.json" >other/config.json
  [ "$(first)" = 22 ]
  echo '5 6 2' | trace-extract -q -m other --ids | stream-show --json | jq -c 'select(.type == "trace") | .target.ids' >ids
  [ "$(jq length ids)" -le 3 ]
  jq '.forced_bos_token_id = 30' "$models/mbart50/config.json" >other/config.json
  fails 1 "'forced_bos_token_id' is 30; expected an id from 0 to 29" 'echo "5 6 2" | trace-extract -q -m other --ids >/dev/null'
  # BART's older spelling; a generation_config.json says what it says
  other '.force_bos_token_to_be_generated = true | del(.forced_bos_token_id) | .bos_token_id = 23 | del(.min_length, .no_repeat_ngram_size)' bart-cnn
  rm other/generation_config.json
  [ "$(first)" = 23 ]
  refused "'force_bos_token_to_be_generated' is true: not supported for pegasus" '.force_bos_token_to_be_generated = true' pegasus
}

@test "families: generation that is not greedy alone is refused, also where it is a model's default" {
  other 'del(.encoder_no_repeat_ngram_size, .min_length, .no_repeat_ngram_size)' blenderbot
  rm other/generation_config.json
  fails 1 "'encoder_no_repeat_ngram_size' is missing, and 3 where it is" 'echo "5 6 2" | trace-extract -q -m other --ids >/dev/null'
  printf '5 6 2\t7\n' | trace-extract -q -m other --ids >forced
  [ "$(stream-show --json forced | jq -c 'select(.type == "trace") | .target.ids')" = '[7,2]' ]
  jq '.encoder_no_repeat_ngram_size = 0' other/config.json >new && mv new other/config.json
  echo '5 6 2' | trace-extract -q -m other --ids >generated
  jq '.encoder_no_repeat_ngram_size = 2' other/config.json >new && mv new other/config.json
  fails 1 "'encoder_no_repeat_ngram_size' is 2: not supported when generating" 'echo "5 6 2" | trace-extract -q -m other --ids >/dev/null'
  other '.min_length = 5 | del(.no_repeat_ngram_size)' bart
  rm other/generation_config.json
  fails 1 "'min_length' is 5: not supported when generating" 'echo "5 6 2" | trace-extract -q -m other --ids >/dev/null'
  other 'del(.decoder_start_token_id)' mbart
  rm other/generation_config.json
  fails 1 "'decoder_start_token_id' is missing; add the id that targets begin with" 'echo "5 6 2" | trace-extract -q -m other --ids >/dev/null'
}

@test "families: padding has no position where positions begin behind it" {
  printf '5 6 2\n5 1 6 2\n5 6 2\t7 1 8\n' >ids
  fails 1 'line 2: token 1 is the padding, which has no position in this model; --skip leaves such lines out' \
    "trace-extract -q -m '$models/m2m100' --ids ids >/dev/null"
  trace-extract -q -m "$models/m2m100" --ids --skip ids >skipped
  [ "$(stream-show --json skipped | jq -c 'select(.type == "skipped") | [.sentence, .reason]' | paste -sd ' ')" = '[1,"padding"] [2,"padding"]' ]
  trace-extract -q -m "$models/bart" --ids ids >taken # a token as any other
  [ "$(stream-show --json taken | jq -c 'select(.type == "trace") | .sentence' | paste -sd ' ')" = '0 1 2' ]
  other '.pad_token_id = 3' m2m100 # positions go by it
  trace-extract -q -m other --ids "$want/m2m100.ids" >moved
  fails 1 '' "stream-diff -q -k values '$TRACES/m2m100.f32' moved"
  [ "$(stream-show --json moved | head -n 1 | jq -c '[.graph[] | select(.positions) | .first]')" = '[4,4]' ]
  other '.pad_token_id = null' m2m100
  fails 1 "positions are counted from the padding token on; 'pad_token_id' is missing" 'echo "5 6 2" | trace-extract -q -m other --ids >/dev/null'
}

# MODEL TENSOR [FLOATS]: a directory `other`, the model with one more tensor of so many random numbers
with_tensor() {
  rm -rf other
  cp -r "$models/$1" other
  /usr/bin/python3 - "$2" "${3-4}" <<'PYTHON'
import json, struct, sys
name, count = sys.argv[1], int(sys.argv[2])
data = open("other/model.safetensors", "rb").read()
n = struct.unpack("<Q", data[:8])[0]
header, data = json.loads(data[8 : 8 + n]), data[8 + n :]
header[name] = dict(dtype="F32", shape=[1, count], data_offsets=[len(data), len(data) + 4 * count])
text = json.dumps(header).encode()
open("other/model.safetensors", "wb").write(struct.pack("<Q", len(text)) + text + data + struct.pack(f"<{count}f", *range(count)))
PYTHON
}

@test "families: computed positions are so whatever the checkpoint has; a tensor that no part uses is refused" {
  with_tensor m2m100 model.encoder.embed_positions.weights # a buffer that first versions stored
  trace-extract -q -m other --ids -p f64 -k all "$want/m2m100.ids" >got
  stream-diff -q -t 0 -k source,target,inputs,values "$TRACES/m2m100.f64" got
  for name in model.encoder.embed_positions.weight final_logits_bias model.encoder.layernorm_embedding.weight; do
    with_tensor m2m100 $name 30
    fails 1 "no part of a 'm2m_100' model that is known here uses tensor '$name'" 'echo "5 6 2" | trace-extract -q -m other --ids >/dev/null'
  done
  with_tensor bart final_logits_bias 30 # of names without prefix it has none
  trace-extract -q -m other --ids -k logits "$want/bart.ids" >got
  fails 1 '' "stream-diff -q -k values <(trace-extract -q -m '$models/bart' --ids -k logits '$want/bart.ids') got"
}

@test "families: keys without effect have none" {
  no_effect '.dropout = 0.5 | .encoder_layerdrop = 0.1 | .classif_dropout = 1 | .gradient_checkpointing = true' bart
  no_effect '.num_hidden_layers = 77 | .hidden_size = .d_model | .num_attention_heads = .encoder_attention_heads' bart
  no_effect '.normalize_before = true | .add_final_layer_norm = true | .normalize_embedding = false | .add_bias_logits = true' m2m100
  no_effect '.layernorm_variant = "xlm" | .extra_layer_norm = true | .do_blenderbot_90_layernorm = false' blenderbot
  no_effect '.extra_pos_embeddings = 1 | .do_blenderbot_90_layernorm = true' pegasus
  no_effect 'del(.normalize_before, .normalize_embedding, .add_final_layer_norm, .static_position_embeddings, .extra_pos_embeddings)' mbart
}

@test "families: keys of the first versions have effect in their files alone, and there another value than the family's is refused" {
  local key model
  for key in normalize_before:bart:true normalize_embedding:bart:false add_final_layer_norm:bart:true do_blenderbot_90_layernorm:bart:true \
    normalize_before:mbart:false add_final_layer_norm:mbart:false static_position_embeddings:mbart:true \
    static_position_embeddings:pegasus:false normalize_embedding:pegasus:true normalize_before:blenderbot:false \
    extra_pos_embeddings:bart:0 extra_pos_embeddings:blenderbot:2 do_blenderbot_90_layernorm:blenderbot-small:false; do
    IFS=: read -r key model value <<<"$key"
    refused "'$key' is $value: not supported for $model" ".$key = $value | .transformers_version = \"4.1.0\"" $model
    refused "'$key' is $value: not supported for $model" ".$key = $value | del(.transformers_version)" $model
    other ".$key = $value | .transformers_version = \"4.2.0\"" $model
    trace-extract -q -m other --ids -p f64 -k all "$want/$model.ids" >got 2>said
    grep -q "'$key' is $value: without effect" said || { echo "$key $model"; return 1; }
    stream-diff -q -t 0 -k source,target,inputs,values "$TRACES/$model.f64" got
  done
}

@test "families: keys of T5" {
  no_effect '.dropout_rate = 0.3 | .initializer_factor = 2 | .n_positions = 2' t5
  no_effect '.num_decoder_layers = .num_layers | .relative_attention_max_distance = 128 | .feed_forward_proj = "relu" | .is_gated_act = false' t5
  no_effect 'del(.dense_act_fn, .is_gated_act, .num_decoder_layers, .relative_attention_max_distance, .layer_norm_epsilon)' mt5
  no_effect 'del(.feed_forward_proj)' mt5
  no_effect 'del(.model_type)' umt5 # as published
  refused "'model_type'" 'del(.model_type)' mt5
  refused "'is_gated_act' contradicts 'feed_forward_proj', 'relu'" '.is_gated_act = true' t5
  refused "the feed-forward networks' function 'gated_relu' is not supported" '.feed_forward_proj = "gated_relu"' t5
  refused "the feed-forward networks' function 'mish' is not supported" '.feed_forward_proj = "gated-mish"' t5
  refused "'feed_forward_proj' is 'very-relu'; expected a function, or gated- and a function" '.feed_forward_proj = "very-relu"' t5
  refused "config.json asks for [8, 3]" '.relative_attention_num_buckets = 8' mt5
  refused "a table of distances is a 'weight', has 4 'buckets' or more, and a 'longest' above 4" '.relative_attention_max_distance = 4' mt5
  refused "'num_heads' is 0" '.num_heads = 0' t5
}

@test "families: what would change the computation is refused by name" {
  refused "'no_such' is no setting of a 'bart' model that is known here" '.no_such = 1'
  refused "'is_encoder_decoder' is false: not supported for bart" '.is_encoder_decoder = false'
  refused "activation_function 'mish' is not supported" '.activation_function = "mish"'
  refused "'hidden_size' is 3, but 'd_model' is 12" '.hidden_size = 3'
  refused "'is_decoder' is set" '.is_decoder = true' mbart
  refused "tensor 'encoder.embed_positions.weight' is [22, 12]; config.json asks for [23, 12]" '.max_position_embeddings = 21'
  refused "uses tensor" '.encoder_layers = 1' mbart
  refused "no tensor 'model.encoder.embed_positions.weight'" '.model_type = "mbart" | .normalize_before = true | .static_position_embeddings = false | .add_final_layer_norm = true' pegasus
  refused "uses tensor" '.model_type = "pegasus"' mbart
}
