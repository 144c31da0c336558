#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Decoders with rotary positions: Llama, Mistral, Qwen2, Qwen3, OLMo 2, Phi-3, Gemma 1 to 3, GPT-NeoX. Tiny models with the settings and the names
# of tensors of published checkpoints; their values are worked out in Python from the published definitions (tests/data/families).
load helper

data=$BATS_TEST_DIRNAME/data
models=$data/families/models
want=$data/families/want
tool=$BATS_TEST_DIRNAME/tool
names='llama2 llama3 llama3-parameters llama3-tied llama-bias llama-linear llama-yarn llama-dynamic mistral mistral-nemo qwen2 qwen2-window
  qwen2-yarn qwen3 qwen3-untied olmo2 olmo2-grouped phi3 phi3-128k phi4-mini gemma gemma2 gemma3 gemma3-scaled pythia neox-20b neox-serial'
# the last line of these is longer than texts may be
longer=' llama-dynamic phi3-128k phi4-mini '

# Of each model a trace with all values in double precision, $TRACES/MODEL
setup_file() {
  export TRACES=$BATS_FILE_TMPDIR
  local model bin=${BIN:-$BATS_TEST_DIRNAME/../bin}
  for model in $names; do
    cp "$want/$model.ids" "$TRACES/$model.ids"
    [[ $longer != *" $model "* ]] || sed -i '$d' "$TRACES/$model.ids"
    "$bin/trace-extract" -m "$models/$model" --ids -p f64 -k all "$TRACES/$model.ids" >"$TRACES/$model" 2>"$TRACES/$model.said"
  done
}

# MODEL FILTER: a directory `changed`, the model with another config.json
change() {
  rm -rf changed
  cp -r "$models/$1" changed
  jq "$2" "$models/$1/config.json" >changed/config.json
}

# The reference's lines that are in the trace
lines() {
  /usr/bin/python3 -c 'import sys, numpy as np
x = np.load(sys.argv[1])
n = sum(1 for line in open(sys.argv[2]))
np.savez("lines.npz", **{k: x[k] for k in x.files if int(k.split(".")[0]) < n})' "$want/$1.npz" "$TRACES/$1.ids"
}

@test "families like Llama: tokens, logits, contexts and layers as the published definitions have them" {
  for model in $names; do
    lines $model
    "$tool/same-single.py" 1e-10 lines.npz "$TRACES/$model"
    trace-extract -m "$models/$model" --ids -k all "$TRACES/$model.ids" 2>said >f32
    "$tool/same-single.py" 1e-5 lines.npz f32
  done
}

# bats test_tags=numbers
@test "families like Llama: formula (1) at every head site of every model" {
  for model in $names; do
    for rule in magnitude ratio alphabeta; do
      lrp-layer -q -p f64 -r $rule -l all --max-leak inf "$TRACES/$model" 2>/dev/null >heads
      "$tool/conserved.py" $([ $rule = ratio ] && echo 1e-5 || echo 1e-9) heads || { echo "$model $rule"; return 1; } # denominators of ratio cancel
    done
  done
}

@test "families like Llama: formula (1) at every head site and at all leaves; carried heads are those of a sweep" {
  for model in llama3 qwen3 olmo2-grouped phi4-mini gemma2 gemma3 pythia; do
    leaves=$(stream-show --json "$TRACES/$model" | jq -r 'select(.graph) | [.graph[] | select(.op == "embed").name] | join(",")')
    head -n 2 "$TRACES/$model.ids" | trace-extract -m "$models/$model" --ids -p f64 -k all 2>said >trace
    for rule in magnitude ratio alphabeta; do
      close=$([ $rule = ratio ] && echo 1e-6 || echo 1e-9) # its denominators cancel
      lrp-layer -q -p f64 -r $rule -l all --max-leak inf trace 2>/dev/null >heads
      lrp-layer -q -p f64 -r $rule -l "$leaves" --max-leak inf trace 2>/dev/null >embeddings
      "$tool/conserved.py" $close heads
      "$tool/conserved.py" $close --all embeddings
      for meet in '' '--meet start' '--meet backward'; do
        # shellcheck disable=SC2086
        head-carry -q -p f64 -r $rule $meet -l all --max-leak inf trace 2>/dev/null |
          stream-diff -t $close -k sentence,site,heads,relevance <(head-sum heads) -
      done
    done
  done
}

# bats test_tags=numbers
@test "families like Llama: attnlrp, cp and the gradient are the same carried and swept" {
  for model in llama3 qwen3 phi4-mini gemma2 gemma3 pythia; do
    for rule in attnlrp cp gradient thumt2017; do
      lrp-layer -q -p f64 -r $rule -l all --max-leak inf "$TRACES/$model" 2>/dev/null | head-sum >swept
      head-carry -q -p f64 -r $rule -l all --max-leak inf "$TRACES/$model" 2>/dev/null |
        stream-diff -t 1e-11 -k sentence,site,heads,relevance swept -
    done
  done
}

@test "families like Llama: masked heads, in a trace and in a checkpoint; heads that share keys are not taken out alone" {
  for model in llama3 olmo2 gemma3 pythia; do
    rm -rf masked
    head-prune --mask dec-self.1:1 "$models/$model" masked
    trace-extract -m "$models/$model" --mask dec-self.1:1 --ids -p f64 -k logits "$TRACES/$model.ids" 2>said >by-trace
    trace-extract -m masked --ids -p f64 -k logits "$TRACES/$model.ids" 2>said >by-checkpoint
    stream-diff -t 1e-12 -k sentence,target,positions,top,values by-trace by-checkpoint
    fails 1 '' "stream-diff -q -t 1e-6 -k top $TRACES/$model by-trace" # it is another model
  done
  fails 1 "'dec-self.1': heads 0 to 1 share their keys and values, and are taken out together (--unit group) or not at all; use --mask" \
    "head-prune --remove dec-self.1:1 $models/llama3 removed"
  fails 1 "'dec-self.1' reads 'dec.1.self.q.norm', out of which no head can be taken; use --mask" "head-prune --remove dec-self.1:0 $models/olmo2 removed"
  [ ! -e removed ]
}

@test "families like Llama: groups of heads are masked and taken out as one" {
  same() { # MODEL HEADS UNIT: taken out of the weights, and masked
    rm -rf removed
    head-prune -q --unit $3 --remove "$2" "$models/$1" removed 2>said
    trace-extract -m removed --ids -p f64 -k logits "$TRACES/$1.ids" 2>said >by-checkpoint
    trace-extract -m "$models/$1" --mask "$2" --unit $3 --ids -p f64 -k logits "$TRACES/$1.ids" 2>said >by-trace
    stream-diff -t 1e-12 -k sentence,target,positions,top,values by-trace by-checkpoint
    fails 1 '' "stream-diff -q -t 1e-6 -k top $TRACES/$1 by-trace"
  }
  same llama3 dec-self.1:0 group     # keys shared by two
  same qwen3 'dec-self.0:1' group    # norms of each head
  same phi4-mini dec-self.1:1 group  # joined weights, a part turned
  same pythia dec-self.1:1 head      # joined by head
  same pythia dec-self.1:1 group     # a head is its own group
  trace-extract -q -m "$models/llama3" --mask dec-self.1:2-3 --ids "$TRACES/llama3.ids" 2>said >heads
  trace-extract -q -m "$models/llama3" --mask dec-self.1:1 --unit group --ids "$TRACES/llama3.ids" 2>said >groups
  stream-diff -q -t 0 heads groups
  echo '{"dec-self": {"1": [1]}}' >list.json
  trace-extract -q -m "$models/llama3" --mask list.json --unit group --ids "$TRACES/llama3.ids" 2>said | stream-diff -q -t 0 heads -
  # what is left of a layer, and its numbers before
  head-prune -q --unit group --remove dec-self.0:1 "$models/llama3" once 2>said
  head-prune -q --unit group --remove dec-self.1:0 once twice 2>said
  [ "$(echo '5 6' | trace-extract -q -m twice --ids 2>said | stream-show --json | head -n 1 |
    jq -c '[.model.pruned, [.graph[] | select(.op == "scores") | [.heads, .kv_heads]]]')" = '["dec-self.0:2,3;dec-self.1:0,1",[[2,1],[2,1]]]' ]
  jq '.lrpipe_pruned_heads."dec-self"."0" = [1]' once/config.json >part && cp part once/config.json
  fails 1 "'lrpipe_pruned_heads' has a part of the heads of dec-self.0 that share their keys and values" 'echo 5 | trace-extract -m once --ids'
  fails 2 "'dec-self.1' has to keep a head" "head-prune --unit group --remove dec-self.1:0 $models/gemma all"
  fails 2 "'dec-self.1' has groups 0 to 1, no group 2" "head-prune --unit group --mask dec-self.1:2 $models/llama3 none"
  fails 2 "'dec-self.1' has groups 0 to 1, no group 2" "echo '{\"dec-self\": {\"1\": [2]}}' >two.json; head-prune --unit group --mask two.json $models/llama3 none"
  fails 2 "option '--unit' takes head or group, not 'layer'" "head-prune --unit layer --mask 0:0 $models/llama3 none"
  fails 2 '--unit says what the numbers of --mask are' "trace-extract -m $models/llama3 --ids --unit group </dev/null"
}

@test "families like Llama: the header's model, and rules that do not know their blocks" {
  header() { stream-show --json "$TRACES/$1" | head -n 1 | jq -c '.model | [.family, .layers, .heads, .kv_heads, .width]'; }
  [ "$(header llama3)" = '["llama",2,4,2,32]' ]
  [ "$(header gemma3)" = '["gemma3_text",4,3,1,20]' ]
  [ "$(header pythia)" = '["gpt_neox",2,3,3,24]' ]
  fails 1 'rule voita2021: node' "lrp-layer -r voita2021 $TRACES/llama3"
}

@test "families like Llama: settings that change the computation are honoured, or refused by name" {
  differs() { # MODEL FILTER: it is another model
    change "$1" "$2"
    trace-extract -m changed --ids -p f64 "$TRACES/$1.ids" 2>said >got
    fails 1 '' "stream-diff -q -t 1e-6 -k top $TRACES/$1 got"
  }
  differs llama3 '.rope_theta = 100'
  differs llama3 '.rope_scaling.factor = 2'
  differs llama3 '.rms_norm_eps = 0.5'
  differs llama3 '.hidden_act = "gelu"'
  differs mistral '.sliding_window = 2'
  differs gemma3 '.rope_local_base_freq = 3'
  differs gemma3 '.query_pre_attn_scalar = 100'
  differs gemma3 '.attn_logit_softcapping = 1'
  differs gemma2 '.attn_logit_softcapping = null'
  differs gemma2 '.final_logit_softcapping = null'
  differs gemma2 '.layer_types = ["full_attention", "sliding_attention", "full_attention"]'
  differs pythia '.use_parallel_residual = false'
  refused() { # MODEL FILTER TEXT
    change "$1" "$2"
    fails 1 "$3" "trace-extract -m changed --ids $TRACES/$1.ids"
  }
  refused llama3 '.rope_scaling.rope_type = "spiral"' "rotary positions of the type 'spiral' are not supported; supported: default, linear, dynamic, llama3, yarn, longrope"
  refused llama3 'del(.rope_scaling.low_freq_factor)' "rotary positions of the type 'llama3' need 'low_freq_factor', a number above 0"
  refused llama-linear '.rope_scaling.beta_fast = 32' "'beta_fast' is no setting of rotary positions of the type 'linear' that is known here"
  refused llama3 '.num_key_value_heads = 3' "'num_attention_heads' is 4: not a multiple of 'num_key_value_heads', 3"
  refused gemma3 '.final_logit_softcapping = 0' "'final_logit_softcapping' is 0; expected a number above 0, or null"
  refused gemma2 '.attn_logit_softcapping = -5' "'attn_logit_softcapping' is -5; expected a number above 0, or null"
  refused qwen3-untied '.layer_types[0] = "linear_attention"' "'layer_types' has 'linear_attention'; supported: full_attention, sliding_attention"
  refused gemma3 '.sliding_window_pattern = 0' "'sliding_window_pattern' is 0; expected 1 or more"
  for model in mistral gemma3 phi3; do
    refused $model '.sliding_window = -3' "'sliding_window' is -3; expected 1 to 100000000, or null"
  done
  refused llama3 '.rope_theta = 0' 'frequency 1 is not finite'
  refused llama3 '.num_local_experts = 8' "'num_local_experts'"
  refused llama3 '.model_type = "mixtral"' "model_type 'mixtral' is a mixture of experts, which are not supported"
  refused llama3 '.model_type = "llava"' "model_type 'llava' is a model of pictures or sound, which are not supported"
  refused llama3 '.model_type = "mamba"' "model_type 'mamba' is a model without attention in all its layers"
  refused llama3 '.model_type = "encoder-decoder"' "model_type 'encoder-decoder' is two models in one"
  refused llama3 '.model_type = "llama9"' "model_type 'llama9' is not supported; supported: bart, bert, "
  refused llama3 '.quantization_config = {"quant_method": "gptq"}' "'quantization_config' is set: quantized weights are not supported; dequantize them"
  echo '{}' >changed/adapter_config.json
  fails 1 'changed/adapter_config.json: an adapter (LoRA and the like) is not supported; merge it into its model' 'echo 5 | trace-extract -m changed --ids'
  for model in llama-dynamic phi4-mini; do
    tail -n 1 "$want/$model.ids" >ids
    fails 1 "tokens; the model has positions for" "trace-extract -q -m $models/$model --ids ids"
  done
  grep -q 'texts have up to 20 tokens: the frequencies of longer ones are others' "$TRACES/phi4-mini.said"
}
