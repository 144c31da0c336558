#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Relevance in models of published families: formula (5) neuron by neuron (tests/data/neurons.py), and gradients times values of another
# function with the same values (tests/data/families/torch_relevance.py). Both are Python in double precision, without this project's code.
load helper

data=$BATS_TEST_DIRNAME/data
models=$data/families/models
want=$data/families/want
tool=$BATS_TEST_DIRNAME/tool

# A model of each kind of block, and a short line for it, as in want/MODEL.ids. Norms behind the sums, in front, on both sides, behind a
# branch; distances, rotations of a part and of all, gates, joined weights, heads that share keys, windows, caps, branches side by side.
setup_file() {
  export TRACES=$BATS_FILE_TMPDIR
  local model line embeddings bin=${BIN:-$BATS_TEST_DIRNAME/../bin}
  embeddings='select(.graph) | [.graph[] | select(.op == "embed").name] | join(",")'
  while IFS='|' read -r model line; do
    printf '%b\n' "$line" >"$TRACES/$model.ids"
    "$bin/trace-extract" -q -m "$models/$model" --ids -p f64 -k all "$TRACES/$model.ids" >"$TRACES/$model"
    "$bin/stream-show" --json "$TRACES/$model" | jq -r "$embeddings" >"$TRACES/$model.leaves"
    echo "$model" >>"$TRACES/names"
  done <<'LINES'
bart|0 13 4 2\t14 20
pegasus|18 24 1\t16 19
gpt2|28 8 16\t5 10
bert|2 16 4 8 4 3
t5|28 18 25 1\t28 6
umt5|27 7 1\t19
llama3|28 9\t12\n28 9 21\t12 24
qwen3|2 16\t4 8
mistral|4 7 9\t5 18 24 20
gemma2|2 7 9\t5 18 24
olmo2-grouped|4 7\t5 18
phi4-mini|4 7\t5 18
pythia|4 7\t5 18
LINES
}

# TOLERANCE MODEL RULE ...: relevance at all head sites and at the embeddings is that of the neurons
neurons() {
  local tolerance=$1 model=$2 rule pairs=()
  shift 2
  for rule; do
    # shellcheck disable=SC2046
    lrp-layer -q -p f64 -r "${rule%.loss}" $([ "$rule" = "${rule%.loss}" ] || echo -s loss) -l "all,$(cat "$TRACES/$model.leaves")" \
      --max-leak inf "$TRACES/$model" 2>/dev/null >"$rule.got"
    pairs+=("$rule" "$rule.got")
  done
  "$tool/same-neurons.py" "$tolerance" "$models/$model" "$TRACES/$model" "${pairs[@]}"
}

# bats test_tags=numbers
@test "relevance of families: neuron by neuron, at every head site and at the embeddings" {
  # 1e-9 of the largest is enough for ratio too, which amplifies up to 1e7-fold here
  while read -r model; do
    neurons 1e-9 "$model" magnitude alphabeta ratio attnlrp cp gradient
  done <"$TRACES/names"
}

@test "relevance of families: biases, distances among them, other readings of products and norms" {
  for model in t5 pythia; do
    neurons 1e-9 "$model" ratio:bias=exclude ratio:bias=spread magnitude:bias=absorb alphabeta:bias=spread,eps=0.01 gamma
  done
  for model in umt5 llama3 olmo2-grouped; do
    neurons 1e-9 "$model" magnitude:attention=half ratio:product=half magnitude:norm=jacobian thumt2017 ratio:softmax=taylor
  done
}

@test "relevance of families: capped logits as a loss" {
  neurons 1e-9 gemma2 gradient.loss magnitude.loss
}

@test "relevance of families: relevance of another rule is found (the check can fail)" {
  for pair in t5:ratio,ratio:bias=exclude llama3:cp,ratio llama3:attnlrp,cp gemma2:gradient,cp; do
    rules=${pair#*:}
    lrp-layer -q -p f64 -r "${rules#*,}" -l all --max-leak inf "$TRACES/${pair%%:*}" 2>/dev/null >other
    fails 1 'of the largest' "$tool/same-neurons.py 1e-3 $models/${pair%%:*} $TRACES/${pair%%:*} ${rules%%,*} other"
  done
}

# bats test_tags=numbers
@test "relevance of families: attnlrp without eps and cp are gradients of modified functions times values" {
  for model in llama3 qwen3 gemma gpt2; do
    trace-extract -m "$models/$model" --ids -p f64 "$want/$model.ids" 2>said >trace
    for rule in attnlrp:eps=0 cp; do
      lrp-layer -q -p f64 -r $rule -l all --max-leak inf trace 2>/dev/null | head-sum >heads
      "$tool/same-heads.py" 1e-9 "$want/$model.${rule%:*}.npz" heads
    done
    # the other rule is another, and eps is seen
    fails 1 'off by' "$tool/same-heads.py 0.1 $want/$model.attnlrp.npz heads"
    lrp-layer -q -p f64 -r attnlrp -l all --max-leak inf trace 2>/dev/null | head-sum >heads
    fails 1 'off by' "$tool/same-heads.py 1e-6 $want/$model.attnlrp.npz heads"
  done
}
