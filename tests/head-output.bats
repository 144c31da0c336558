#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
load helper

models=$BATS_TEST_DIRNAME/data/models
want=$BATS_TEST_DIRNAME/data/want

# Traces of all tiny models in both precisions, once for this file.
setup_file() {
  tiny_traces
}

# A network whose contexts stand in its trace: source of one word and the end, two steps, two heads of one neuron.
# Its weights are those of the output projections: the columns of "O", and the bias.
by_hand() {
  jq -c . <<'END' | stream-pack
{"type":"header","content":"trace","graph":[
{"name":"source","op":"embed","inputs":[],"width":2,"side":"source","weight":"none"},
{"name":"target","op":"embed","inputs":[],"width":2,"side":"target","weight":"none"},
{"name":"enc.s","op":"scores","inputs":["source","source"],"width":2,"side":"source","keys":"source","heads":2},
{"name":"enc.A","op":"softmax","inputs":["enc.s"],"width":2,"side":"source","keys":"source","heads":2},
{"name":"enc-self.0","op":"context","inputs":["enc.A","source"],"width":2,"side":"source","keys":"source","heads":2},
{"name":"enc.out","op":"linear","inputs":["enc-self.0"],"width":3,"side":"source","weight":"O","bias":"none"},
{"name":"enc.in","op":"linear","inputs":["enc.out"],"width":2,"side":"source","weight":"none"},
{"name":"dec.s","op":"scores","inputs":["target","enc.in"],"width":2,"side":"target","keys":"source","heads":2},
{"name":"dec.A","op":"softmax","inputs":["dec.s"],"width":2,"side":"target","keys":"source","heads":2},
{"name":"dec-enc.0","op":"context","inputs":["dec.A","enc.in"],"width":2,"side":"target","keys":"source","heads":2},
{"name":"logits","op":"linear","inputs":["dec-enc.0"],"width":2,"side":"target","weight":"L"}],
"weights":{"O":{"tensor":"<f4","shape":[3,2],"data":[1,0,2,-3,2,4]},"L":{"tensor":"<f4","shape":[2,2],"data":[6,0.5,8,0]}}}
{"type":"trace","sentence":5,"source":{"ids":[1,0]},"target":{"ids":[1,0]},"inputs":{"ids":[0,1]},"top":{"ids":{"tensor":"<i4","shape":[2,1],"data":[1,0]},"logits":[[1],[1]]},"values":{"enc-self.0":[[1,-1],[-2,0.5]],"dec-enc.0":[[0.1,2],[-0.2,0]]}}
END
}

@test "head-output: lengths by hand; all positions count, the bias does not" {
  by_hand >in
  # The columns of O have the lengths 3 = |1,2,2| and 5 = |0,-3,4|; those of L 10 and 0.5.
  # Encoder: 3 (1 + 2) / 2, 5 (1 + 0.5) / 2. Decoder: 10 (0.1 + 0.2) / 2, 0.5 (2 + 0) / 2.
  same '{"type":"header","content":"heads","measure":"output"}
{"type":"heads","sentence":5,"site":"dec-enc.0","first_step":0,"heads":2,"relevance":[[1.5,0.5]]}
{"type":"heads","sentence":5,"site":"enc-self.0","first_step":0,"heads":2,"relevance":[[4.5,3.75]]}' \
    'head-output in | stream-show --json | jq -c "del(.history)" | stream-pack --content heads'
}

@test "head-output: all tiny models as worked out a second time, from traces of both precisions" {
  local count=0
  for model in $(marian_models); do
    head-output "$TRACES/$model.f64" | stream-diff -t 1e-9 -k sentence,site,heads,relevance "$want/$model.output.heads.lrp" -
    head-output "$TRACES/$model.f32" | stream-diff -t 1e-5 -k sentence,site,heads,relevance "$want/$model.output.heads.lrp" -
    count=$((count + 1))
  done
  [ $count -eq 9 ]
}

@test "head-output: contexts that the trace has and contexts that are computed" {
  for model in deep prenorm; do
    for keep in all needed enc-self.0,dec-self.1; do
      trace-extract -m "$models/$model" --ids -p f64 -k $keep "$want/$model.ids" | head-output -l 0,dec-self.1 >"$keep"
    done
    stream-diff -t 1e-12 all needed
    stream-diff -t 1e-12 all enc-self.0,dec-self.1
    [ "$(stream-show --json all | grep -c '"type":"heads"')" -eq 4 ]
  done
}

@test "head-output: a head alone adds what the layer adds, without its bias" {
  # all heads but one masked: |W_O[h] c| is the length of the output node's value less the bias
  jq -r '.encoder_attention_heads' "$models/deep/config.json" | grep -qx 3
  trace-extract -m "$models/deep" --ids -p f64 --mask enc-self.0:0,2 -k enc-self.0,enc.0.self.out "$want/deep.ids" >in
  head-output -l 0 in | stream-show --json | jq -c 'select(.type == "heads") | .relevance[0]' >got
  trace-extract -m "$models/deep" --ids -p f64 --mask enc-self.0:0,1,2 -k enc.0.self.out "$want/deep.ids" >bias
  for file in in bias; do
    stream-show --json $file | jq -c 'select(.type == "trace") | .values["enc.0.self.out"] ' >$file.out
  done
  jq -cn --slurpfile in in.out --slurpfile bias bias.out '[$in, $bias] | transpose[] | transpose |
    map(transpose | map(.[0] - .[1]) | map(. * .) | add | sqrt) | add / length' >by-jq
  [ "$(wc -l <by-jq)" -eq 2 ]
  jq -en --slurpfile got got --slurpfile want by-jq '[$got, $want] | transpose |
    all(.[0][0] == 0 and .[0][2] == 0 and .[1] > 0.01 and (.[0][1] - .[1] | fabs < 1e-12))'
}

@test "head-output: its sites, last layer first" {
  site() { head-output "$@" "$TRACES/deep.f32" | stream-show --json | jq -r 'select(.sentence == 0) | .site' | tr '\n' ' '; }
  [ "$(site)" = 'dec-enc.1 dec-self.1 dec-enc.0 dec-self.0 enc-self.1 enc-self.0 ' ]
  [ "$(site -l 0,dec-enc.1)" = 'dec-enc.1 enc-self.0 ' ]
  fails 2 "'source' is no site of attention heads" 'head-output -l source "$TRACES/deep.f32" >/dev/null'
  fails 2 "no heads at 'enc-self.7'" 'head-output -l enc-self.7 "$TRACES/deep.f32" >/dev/null'
}

# CHANGE (of the list of nodes, in jq): a stream with a graph that was changed
graph() {
  by_hand | stream-show --json | jq -c 'if .type == "header" then .graph |= ('"$1"') else . end' | stream-pack >changed
}

@test "head-output: heads without one output projection are an error that names the nodes" {
  graph 'map(if .name == "enc.out" then .op = "activation" | .width = 2 | .function = "relu" | del(.weight, .bias) else . end)'
  fails 1 "'enc-self.0' goes to 'enc.out', not to one output projection" 'head-output changed'
  graph 'map(if .name == "enc.in" then .inputs = ["enc-self.0"] else . end)'
  fails 1 "'enc-self.0' goes to 'enc.in', not to one output projection" 'head-output changed'
  graph 'map(if .name == "enc.out" then .inputs = ["source"] else . end)'
  fails 1 "nothing reads 'enc-self.0'; it has no output projection" 'head-output changed'
  # where that head is not asked for, all is well
  head-output -l dec-enc.0 changed >other
  by_hand | head-output -l dec-enc.0 >one
  stream-diff one other
}

@test "head-output: it goes on through head-norm and step-average; sentences count alike, whatever their lengths" {
  head-output -l 0 "$TRACES/deep.f64" >heads
  [ "$(stream-show --json "$TRACES/deep.f64" | jq -c 'select(.type == "trace") | .source.ids | length' | sort -u | wc -l)" -eq 2 ]
  head-norm -n none heads | step-average >mean
  jq -e -s '(map(select(.type == "heads") | .relevance[0]) | transpose | map(add / 2)) as $want |
    (map(select(.type == "average")) | .[0]) as $got | ([$want, $got.mean] | transpose | map(.[0] - .[1] | fabs < 1e-12) |
    length > 1 and all) and $got.steps == 2 and $got.sentences == 2' <(stream-show --json heads; stream-show --json mean)
  head-norm heads | stream-show --json | jq -e -s 'map(select(.type == "heads") | .relevance[0] | add - 1 | fabs < 1e-12) | length == 2 and all'
}

@test "head-output: the header says what is measured, and of which model" {
  head-output "$TRACES/deep.f32" | stream-show --json | head -n 1 |
    jq -e '.content == "heads" and .measure == "output" and .model.name == "deep" and (has("graph") or has("weights") or has("rule") | not)'
}

@test "head-output: -m says where the model is" {
  cp -r "$models/plain" model
  trace-extract -m model --ids "$want/plain.ids" >in
  head-output in >want.lrp
  mv model elsewhere
  fails 1 'cannot open' 'head-output in >/dev/null'
  head-output -m elsewhere in >got.lrp
  stream-diff want.lrp got.lrp
}

@test "head-output: no records in, no records out" {
  [ "$(trace-extract </dev/null | head-output | stream-show --json | jq -r .type | tr '\n' ' ')" = 'header end ' ]
}

@test "head-output: several records and segments" {
  cat "$TRACES/plain.f32" "$TRACES/deep.f32" | head-output >both
  cat <(head-output "$TRACES/plain.f32") <(head-output "$TRACES/deep.f32") >parts
  stream-diff both parts
  [ "$(stream-show --json both | jq -r 'select(.type == "heads") | .sentence' | tr -d '\n')" = 000111000000111111 ]
}

@test "head-output: NaN in a trace, a weight or a context of another shape is an error" {
  change() { by_hand | stream-show --json | jq -c "$1" | stream-pack >in; }
  change 'if .type == "trace" then .values["dec-enc.0"] = {tensor: "<f8", shape: [2, 2], data: [range(4) | "nan"]} else . end'
  fails 1 "tensor 'dec-enc.0' holds NaN or infinity (element 0)" 'head-output in >/dev/null'
  change 'if .type == "trace" then .values["dec-enc.0"] |= map(.[:1]) else . end'
  fails 1 "tensor 'dec-enc.0' has the shape [2, 1], not [2, 2]" 'head-output in >/dev/null'
  change 'if .type == "header" then .weights.O = {tensor: "<f4", shape: [2, 2], data: [1, 0, 2, -3]} else . end'
  fails 1 "tensor 'O' has 4 elements; node 'enc.out' needs 6" 'head-output in >/dev/null'
}

@test "head-output: several files are read one after the other, of several models too" {
  cp "$TRACES/deep.f32" a
  cp "$TRACES/plain.f32" b
  stream-diff <(head-output a; head-output b) <(head-output a b)
  fails 1 "cannot open 'none'" 'head-output a none >/dev/null'
}
