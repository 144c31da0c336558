#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
load helper

models=$BATS_TEST_DIRNAME/data/models
want=$BATS_TEST_DIRNAME/data/want

# MODEL [OPTION ...]: its trace, of the sentences in tests/data/want
trace() {
  local model=$1
  shift
  trace-extract -m "$models/$model" --ids "$@" "$want/$model.ids"
}

# node NAME OP INPUT,INPUT [MORE]: of a graph with two heads of one neuron
node() {
  echo '{"name":"'"$1"'","op":"'"$2"'","inputs":['"$(sed 's/[^,]*/"&"/g' <<<"$3")"'],"width":2,'"${4-}"'}'
}

# A network whose attention weights stand in its trace: source of two words and the end, two steps. Nothing is
# computed from the weights of its last layer.
by_hand() {
  local nodes=() s='"side":"source"' t='"side":"target"' h='"heads":2' e='"weight":"E"'
  nodes=('{"name":"source","op":"embed","inputs":[],"width":2,"side":"source","weight":"E"}'
    '{"name":"target","op":"embed","inputs":[],"width":2,"side":"target","weight":"E"}')
  attention() { # NAME QUERIES KEYS CAUSAL
    local more='"side":"'$2'","keys":"'$3'",'$h$4
    nodes+=("$(node "$1.s" scores "$2,$3" "$more")" "$(node "$1.A" softmax "$1.s" "$more")" "$(node "$1" context "$1.A,$3" "$more")")
  }
  attention enc-self.0 source source ''
  attention dec-self.0 target target ',"causal":true'
  attention dec-enc.0 target source ''
  nodes+=("$(node logits linear dec-enc.0 "$t,$e")")
  stream-pack <<END
{"type":"header","content":"trace","graph":[$(IFS=,; echo "${nodes[*]}")],"weights":{"E":{"tensor":"<f4","shape":[2,2],"data":[1,2,3,4]}}}
{"type":"trace","sentence":5,"source":{"ids":[1,1,0]},"target":{"ids":[1,0]},"inputs":{"ids":[0,1]},"top":{"ids":{"tensor":"<i4","shape":[2,1],"data":[1,0]},"logits":[[1],[1]]},"values":{"enc-self.0.A":[[[0.7,0.1,0.2],[0.2,0.3,0.5],[0,0,1]],[[0.1,0.4,0.5],[0.9,0.05,0.05],[0.5,0.5,0]]],"dec-self.0.A":[[[1,0],[0.25,0.75]],[[1,0],[0.5,0.5]]],"dec-enc.0.A":[[[0.3,0.2,0.5],[0.4,0.6,0]],[[1,0,0],[0,0,1]]]}}
END
}

@test "head-confidence: a sum done by hand" {
  by_hand >in
  # Encoder: two queries, two keys; the end, which is the third, counts as neither: (0.7 + 0.3) / 2, (0.4 + 0.9) / 2.
  # Decoder: both inputs, keys up to the query: (1 + 0.75) / 2, (1 + 0.5) / 2. Between them (0.3 + 0.6) / 2, (1 + 0) / 2.
  same '{"type":"header","content":"heads","measure":"confidence"}
{"type":"heads","sentence":5,"site":"dec-enc.0","first_step":0,"heads":2,"relevance":[[0.45,0.5]]}
{"type":"heads","sentence":5,"site":"dec-self.0","first_step":0,"heads":2,"relevance":[[0.875,0.75]]}
{"type":"heads","sentence":5,"site":"enc-self.0","first_step":0,"heads":2,"relevance":[[0.5,0.65]]}' \
    'head-confidence in | stream-show --json | jq -c "del(.history)" | stream-pack --content heads'
}

@test "head-confidence: weights that the trace does not have are computed" {
  for model in deep prenorm; do
    trace "$model" -k all >all
    trace "$model" >few
    [ "$(stream-show --json few | sed -n 2p | jq '.values | has("enc.0.self.weights")')" = false ]
    [ "$(stream-show --json all | sed -n 2p | jq '.values | has("enc.0.self.weights")')" = true ]
    head-confidence all >a
    head-confidence few >b
    stream-diff -t 1e-5 a b
    # the largest weight of each query, end of sentence left out, once more
    stream-show --json all | jq -c 'select(.type == "trace") | (.source.ids | length - 1) as $n |
      .values["enc.1.self.weights"] | (.data // .) | map(.[:$n] | map(.[:$n] | max) | add / $n)' >by_jq
    stream-show --json a | jq -c 'select(.site == "enc-self.1") | .relevance[0]' | paste -d '\n' - by_jq |
      jq -e -s '[range(0; length; 2) as $i | [.[$i], .[$i + 1]] | transpose[] | .[0] - .[1] | fabs < 1e-6] | length > 3 and all'
  done
}

@test "head-confidence: it is between what equal weights give and 1" {
  head -n 5 "$ROOT/examples/en-de/dev.en" | trace-extract | head-confidence -l all | stream-show --json >got
  [ "$(grep -c '"type":"heads"' got)" -eq 90 ]
  jq -e -s 'map(select(.type == "heads") | .relevance[]) | flatten | length == 720 and all(. > 0.01 and . <= 1)' got
}

@test "head-confidence: a source that is only the end has none" {
  trace-extract -m "$models/deep" --ids <<<$'0\t3' | head-confidence -l 0 | stream-show --json |
    jq -e -s 'map(select(.type == "heads") | .relevance[0][]) | length > 0 and all(. == 0)'
}

@test "head-confidence: its sites, last layer first" {
  trace deep >in
  site() { head-confidence "$@" in | stream-show --json | jq -r 'select(.sentence == 0) | .site' | tr '\n' ' '; }
  [ "$(site)" = 'dec-enc.1 dec-self.1 dec-enc.0 dec-self.0 enc-self.1 enc-self.0 ' ]
  [ "$(site -l 0,dec-enc.1)" = 'dec-enc.1 enc-self.0 ' ]
  fails 2 "'source' is no site of attention heads" 'head-confidence -l source in >/dev/null'
  fails 2 "no heads at 'enc-self.7'" 'head-confidence -l enc-self.7 in >/dev/null'
}

@test "head-confidence: it goes on through head-norm and step-average, one step a sentence" {
  trace deep | head-confidence -l 0 >heads
  head-norm -n none heads | step-average >mean
  stream-show --json mean | jq -e -s 'map(select(.type == "average")) | length == 1 and .[0].steps == 2 and .[0].sentences == 2'
  jq -e -s '(map(select(.type == "heads") | .relevance[0]) | transpose | map(add / 2)) as $want |
    (map(select(.type == "average")) | .[0].mean) as $got | [$want, $got] | transpose | map(.[0] - .[1] | fabs < 1e-12) | length > 1 and all' \
    <(stream-show --json heads) <(stream-show --json mean)
  head-norm heads | stream-show --json | jq -e -s 'map(select(.type == "heads") | .relevance[0] | add - 1 | fabs < 1e-12) | length == 2 and all'
}

@test "head-confidence: the header says what is measured, and of which model" {
  trace deep | head-confidence | stream-show --json | head -n 1 |
    jq -e '.content == "heads" and .measure == "confidence" and .model.name == "deep" and (has("graph") or has("weights") or has("rule") | not)'
}

@test "head-confidence: -m says where the model is" {
  cp -r "$models/plain" model
  trace-extract -m model --ids "$want/plain.ids" >in
  head-confidence in >want.lrp
  mv model elsewhere
  fails 1 'cannot open' 'head-confidence in >/dev/null'
  head-confidence -m elsewhere in >got.lrp
  stream-diff want.lrp got.lrp
}

@test "head-confidence: no records in, no records out" {
  [ "$(trace-extract </dev/null | head-confidence | stream-show --json | jq -r .type | tr '\n' ' ')" = 'header end ' ]
}

@test "head-confidence: several records and segments" {
  trace plain >a
  trace deep >b
  cat a b | head-confidence >both
  cat <(head-confidence a) <(head-confidence b) >parts
  stream-diff both parts
  [ "$(stream-show --json both | jq -r 'select(.type == "heads") | .sentence' | tr -d '\n')" = 000111000000111111 ]
}

@test "head-confidence: NaN in a trace is an error, not a number" {
  by_hand | stream-show --json |
    jq -c 'if .type == "trace" then .values["dec-enc.0.A"] = {tensor: "<f8", shape: [2, 2, 3], data: [range(12) | "nan"]} else . end' | stream-pack >in
  fails 1 "tensor 'dec-enc.0.A' holds NaN or infinity (element 0)" 'head-confidence in >/dev/null'
}

@test "head-confidence: weights of another shape are an error" {
  by_hand | stream-show --json | jq -c 'if .type == "trace" then .values["dec-enc.0.A"] |= map(.[:1]) else . end' | stream-pack >in
  fails 1 "tensor 'dec-enc.0.A' has the shape [2, 1, 3], not [2, 2, 3]" 'head-confidence in >/dev/null'
}

@test "head-confidence: several files are read one after the other, of several models too" {
  trace deep >a
  trace plain >b
  stream-diff <(head-confidence a; head-confidence b) <(head-confidence a b)
  fails 1 "cannot open 'none'" 'head-confidence a none >/dev/null'
}
