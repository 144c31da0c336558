#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# How far predictions move without a head, to first order. What must come out is worked out by tests/tool/same-effect.py, from gates of
# the heads and the definition.
load helper

models=$BATS_TEST_DIRNAME/data/models
families=$BATS_TEST_DIRNAME/data/families/models
want=$BATS_TEST_DIRNAME/data/want
tool=$BATS_TEST_DIRNAME/tool

setup_file() {
  tiny_traces
}

# MODEL_DIR LINE [TOP]: the effects of a line of token ids are those of the gates
gates() {
  printf '%b\n' "$2" >ids
  trace-extract -q -m "$1" --ids -p f64 -k all ids >trace
  head-effect -p f64 --top "${3:-0}" trace >heads
  "$tool/same-effect.py" 1e-9 "$1" trace heads "${3:-0}"
}

@test "head-effect: the divergence, by hand" {
  run effect-check
  [ "$output" = '0 wrong' ]
}

@test "head-effect: two heads of which the logits are a sum, by hand" {
  # z = L c: (1.6, 0.8). Without head 0 (1.0, 0), without head 1 (0.6, 0.8).
  jq -c . >in.json <<'END'
{"type":"header","content":"trace","graph":[
{"name":"source","op":"embed","inputs":[],"width":2,"side":"source","weight":"none"},
{"name":"target","op":"embed","inputs":[],"width":2,"side":"target","weight":"none"},
{"name":"dec.s","op":"scores","inputs":["target","source"],"width":2,"side":"target","keys":"source","heads":2},
{"name":"dec.A","op":"softmax","inputs":["dec.s"],"width":2,"side":"target","keys":"source","heads":2},
{"name":"dec-enc.0","op":"context","inputs":["dec.A","source"],"width":2,"side":"target","keys":"source","heads":2},
{"name":"dec.out","op":"linear","inputs":["dec-enc.0"],"width":2,"side":"target","weight":"I"},
{"name":"logits","op":"linear","inputs":["dec.out"],"width":2,"side":"target","weight":"L"}],
"weights":{"I":{"tensor":"<f4","shape":[2,2],"data":[1,0,0,1]},"L":{"tensor":"<f4","shape":[2,2],"data":[6,0.5,8,0]}}}
{"type":"trace","sentence":5,"source":{"ids":[1,0]},"target":{"ids":[1]},"inputs":{"ids":[0]},"top":{"ids":{"tensor":"<i4","shape":[1,1],"data":[1]},"logits":[[1]]},"values":{"source":[[0.1,2],[0.1,2]],"dec.A":[[[0.5,0.5]],[[0.5,0.5]]],"dec-enc.0":[[0.1,2]]}}
END
  stream-pack <in.json >in
  head-effect in | stream-show --json | jq -c 'select(.type == "heads") | del(.relevance)' >said
  [ "$(cat said)" = '{"type":"heads","sentence":5,"site":"dec-enc.0","first_step":0,"heads":2}' ]
  head-effect in | stream-show --json | jq 'select(.type == "heads") | .relevance[0] as $y |
    def p($d): 1 / (1 + (-$d | exp));
    def kl($a; $b): p($a) * ((p($a) / p($b)) | log) + p(-$a) * ((p(-$a) / p(-$b)) | log);
    ($y[0] - kl(0.8; 1.0) | fabs) < 1e-8 and ($y[1] - kl(0.8; -0.2) | fabs) < 1e-7' >agrees
  [ "$(cat agrees)" = true ]
  [ "$(head-effect in | stream-show --json | jq -c 'select(.type == "header") | [.measure, .top, .rule]')" = '["effect",256,null]' ]
}

@test "head-effect: models of every kind of block, by gates of their heads" {
  while IFS='|' read -r model line; do
    gates "$families/$model" "$line"
  done <<'LINES'
bart|0 13 4 2\t14 20
gpt2|28 8 16\t5 10
bert|2 16 4 8 4 3
t5|28 18 25 1\t28 6
llama3|28 9\t12\n28 9 21\t12 24
gemma2|2 7 9\t5 18 24
pythia|4 7\t5 18
LINES
  gates "$models/deep" "$(head -n 1 "$want/deep.ids")"
}

@test "head-effect: of the likeliest tokens alone" {
  gates "$families/gemma2" '2 7 9\t5 18 24' 7
  gates "$families/gpt2" '28 8 16\t5 10' 1
  [ "$(head-effect --top 1 trace | stream-show --json | jq -c 'select(.type == "heads") | .relevance | flatten | unique')" = $'[0]\n[0]' ]
  stream-diff -k relevance <(head-effect --top 0 trace) <(head-effect --top 100000 trace)
}

@test "head-effect: other gates are found (the check can fail)" {
  gates "$families/gpt2" '28 8 16\t5 10'
  head-effect -p f64 --top 5 trace >other
  fails 1 'of the largest' "$tool/same-effect.py 1e-3 $families/gpt2 trace other"
}

@test "head-effect: single precision, threads, drawn steps, several segments" {
  for model in $(marian_models); do
    head-effect -p f64 "$TRACES/$model.f64" | stream-diff -t 1e-3 - <(head-effect "$TRACES/$model.f32")
    stream-diff -t 0 <(head-effect "$TRACES/$model.f32") <(head-effect -j 3 "$TRACES/$model.f32")
  done
  head-effect --steps 2 --seed 3 "$TRACES/deep.f32" | stream-show --json | jq -c 'select(.type == "heads") | [.sentence, .site, .drawn, .relevance]' >drawn
  head-effect "$TRACES/deep.f32" | stream-show --json | jq -c 'select(.type == "heads") | [.sentence, .site, .relevance]' >all
  jq -e -n --slurpfile all all 'reduce inputs as $d (0; . + ($all[] | select(.[:2] == $d[:2]) | .[2] as $x | [$d[2][] | $x[.]] == $d[3] | if . then 1 else 0 end)) > 5' drawn
  cat "$TRACES/plain.f32" "$TRACES/deep.f32" | head-effect | stream-diff - <(cat <(head-effect "$TRACES/plain.f32") <(head-effect "$TRACES/deep.f32"))
}

@test "head-effect: a head that is masked has none, and its order goes through the other programs" {
  trace-extract -q -m "$models/deep" --ids --mask enc-self.0:1 "$want/deep.ids" >trace
  head-effect trace >heads
  [ "$(stream-show --json heads | jq -c 'select(.site == "enc-self.0") | .relevance[][1]' | sort -u)" = 0 ]
  step-average heads | head-rank >rank
  [ "$(tail -n 1 rank | cut -f 1-4)" = $'enc-self\t0\t1\t0' ]
  step-average heads | head-plot | grep -q enc-self
}

@test "head-effect: mistakes in the command line exit 2, -h exits 0" {
  for wrong in '-p f16' '--top x' '--top -1' '-l enc-self.9' '-l dec.0.ffn' '--seed 2' '-r magnitude' '-t top'; do
    run -2 head-effect $wrong "$TRACES/deep.f32"
  done
  run -0 head-effect -h
}
