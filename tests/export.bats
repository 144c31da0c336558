#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# examples/python: the trace of a PyTorch model that lrpipe does not know, through all programs. tests/data/export has it as PyTorch
# made it, with PyTorch's losses and gradients, and a stand-in for what its model uses of PyTorch, so that the exporter runs everywhere.
load helper

python=$ROOT/examples/python
data=$BATS_TEST_DIRNAME/data
toy=$data/export/toy.lrp
tool=$BATS_TEST_DIRNAME/tool
export PYTHONPATH=$data/export/standin:$python:$data:$tool

@test "export: the toy's trace is what toy_model.py writes" {
  pipe "/usr/bin/python3 '$python/toy_model.py' >got"
  stream-diff -t 1e-12 "$toy" got
  # the weights, each once: the output's matrix is the table of tokens
  [ "$(stream-show --json "$toy" | jq -c 'select(.weights) | [(.weights | length), .weights["head.weight"], (.graph[-1] | .name, .weight)]')" = \
    '[36,null,"logits","tokens.weight"]' ]
  # tokens, steps, what is predicted where no target is given
  stream-show --json "$toy" | jq -c 'select(.type == "trace") | [.inputs.ids, .positions, .target.ids]' >said
  [ "$(sed -n 1p said)" = '[[5,9,3,12,7,11,4],[3,4,5,6],[7,11,4,2]]' ]
  [ "$(sed -n 3p said)" = '[[13,12,5],null,[12,5,9]]' ]
  [ "$(stream-show --json "$toy" | jq -c 'select(.sentence == 3) | .target.ids[0] == .top.ids.data[0][0]')" = true ]
}

@test "export: losses, and relevance by the gradient, are PyTorch's" {
  stream-diff -t 1e-12 -k sentence,first_step,loss,top1 "$data/export/toy.losses.lrp" <(step-loss "$toy")
  lrp-layer -r gradient "$toy" >got
  "$tool/same-heads.py" 1e-12 "$data/export/toy.gradient.npz" got
  lrp-layer -r gradient -s loss "$toy" >loss
  "$tool/same-heads.py" 1e-12 "$data/export/toy.gradient.loss.npz" loss
  # it can fail
  fails 1 'off by' "'$tool/same-heads.py' 1e-2 '$data/export/toy.gradient.npz' loss"
  lrp-layer -r cp --max-leak inf "$toy" 2>/dev/null >cp
  fails 1 'off by' "'$tool/same-heads.py' 1e-2 '$data/export/toy.gradient.npz' cp"
}

@test "export: relevance neuron by neuron, formula (1)" {
  mkdir toy
  /usr/bin/python3 - "$toy" <<'PYTHON'
import sys
from stream import write_safetensors
from streams import read_segment
write_safetensors("toy/model.safetensors", read_segment(sys.argv[1])[0]["weights"], "F32")
PYTHON
  for rule in magnitude alphabeta ratio attnlrp cp gradient; do
    lrp-layer -q -p f64 -r $rule -l all,embeddings --max-leak inf "$toy" 2>/dev/null >$rule
    set -- "$@" $rule $rule
  done
  "$tool/same-neurons.py" 1e-9 toy "$toy" "$@"
  for rule in magnitude alphabeta; do
    "$tool/conserved.py" 1e-9 $rule
    lrp-layer -p f64 -r $rule -l embeddings "$toy" >leaves
    "$tool/conserved.py" --all 1e-9 leaves
  done
}

@test "export: head-carry is lrp-layer and head-sum; shares, averages, ranks and pictures go on from there" {
  for rule in magnitude ratio attnlrp cp gradient thumt2017; do
    lrp-layer -q -p f64 -r $rule --max-leak inf "$toy" 2>/dev/null | head-sum >backward
    for meet in '' '--meet start' '--meet backward'; do
      # shellcheck disable=SC2086
      head-carry -q -p f64 -r $rule $meet "$toy" 2>/dev/null >carried
      stream-diff -t 1e-12 -k sentence,site,first_step,heads,predicted,relevance backward carried
    done
  done
  lrp-layer "$toy" | head-sum | head-norm | step-average >mean
  stream-show --json mean | jq -e -s 'map(select(.type == "average")) | map([.site, .steps, .sentences]) ==
    [["dec-self.0", 11, 4], ["dec-self.1", 11, 4]]'
  [ "$(head-rank mean | wc -l)" -eq 5 ]
  head-plot --color never mean | grep -q '^Toy, rule magnitude'
  lrp-layer -l target "$toy" | token-sum | token-plot --color never | grep -q '^target'
  for measure in head-confidence head-output; do
    [ "$($measure "$toy" | stream-show --json | grep -c '"heads",')" -ge 1 ]
  done
  # an average of another model is refused
  change 'model.layers[0].gate.bias[0] += 1' >other
  lrp-layer "$toy" | head-sum >one
  lrp-layer other | head-sum >two
  fails 1 'model.checkpoint.hash' 'step-average one two >/dev/null'
}

# CODE [OPTIONS]: what toy_model.py writes when this has been done to its `model`, its `graph` or its `texts`
change() {
  cat >changed.py <<PYTHON
import sys, numpy
import torch
from toy_model import describe, sentences, toy
from export_trace import Graph, export
model, texts = toy(), sentences()
graph = describe(model)
$1
export(sys.stdout.buffer, graph, lambda ids: model(torch.tensor([ids])), texts${2:+, $2})
PYTHON
  /usr/bin/python3 changed.py
}

change_into() {
  change "${@:2}" >"$1"
}

# TEXT CODE [OPTIONS]: the exporter fails and says it, in a line
wrong() {
  run --separate-stderr change_into out "${@:2}"
  # shellcheck disable=SC2154
  [ "$status" -eq 1 ] && [ "$(wc -l <<<"$stderr")" -eq 1 ] && [[ $stderr == *"$1"* ]] || { echo "$status $stderr"; return 1; }
}

@test "export: a graph that is not the model is an error that names the node" {
  wrong "sentence 0: node 'target' (embed), which module 'tokens' gives: off by" 'graph.of["target"]["scale"] = 2.0'
  wrong "node 'layers.0.norm2' (norm), which module 'layers.0.norm2' gives: off by" 'graph.of["layers.0.norm2"]["eps"] = 1.001e-5'
  wrong "node 'layers.1.k' (linear), which module 'layers.1.attention.qkv' gives: off by" 'graph.of["layers.1.k"]["weight"]["first"] = 16'
  wrong "node 'layers.0.up' (linear), which module 'layers.0.up' gives: off by" 'del graph.of["layers.0.up"]["bias"]'
  wrong "node 'layers.1.sum1' (add), which module 'layers.1.norm2' reads: off by" 'graph.of["layers.1.sum1"]["inputs"][0] = "layers.0.sum1"'
  # what nothing shows is named where it shows first
  wrong "node 'layers.0.gated' (multiply), which module 'layers.0.norm3' reads: off by 0.087 of the largest; it is computed from 'layers.0.relu', which nothing shows" \
    'graph.of["layers.0.relu"]["function"] = "gelu"'
  wrong "it is computed from 'dec-self.0.scores', 'dec-self.0.weights', which nothing shows" 'graph.of["dec-self.0.scores"]["scale"] = 1.0'
  wrong "node 'dec-self.1' (context), which module 'layers.1.attention.out' reads: off by" \
    'for name in "dec-self.1.scores", "dec-self.1.weights", "dec-self.1": del graph.of[name]["causal"]'
  wrong "node 'logits' (linear), which module 'head' gives: off by" 'graph.of["logits"]["cap"] = 5.0'
  wrong "node 'logits' (linear), the logits that the model gives: off by 0.5 of" 'whole = model.forward; model.forward = lambda ids: 2 * whole(ids)'
  wrong "node 'dec-self.0.scores' (scores): cannot reshape array of size 56 into shape (7,3," \
    'for name in "dec-self.0.scores", "dec-self.0.weights", "dec-self.0": graph.of[name]["heads"] = 3'
  wrong "node 'layers.1.v' (linear): index 24 is out of bounds" 'graph.of["layers.1.v"]["weight"]["first"] = 20'
  wrong "node 'norm' (norm), which module 'norm' gives: the model has [1, 7, 8], the graph [7, 10]" \
    'graph.nodes[-2].update(weight="layers.0.norm3.weight", bias="layers.0.norm3.bias", inputs=["layers.0.norm3"]); graph.seen["norm"] = ("norm", None, None, False)'
  # a difference below the tolerance is none
  change 'graph.of["layers.0.norm2"]["eps"] = 1.001e-5' 'tolerance=1e-6' >got
  stream-diff -t 1e-6 -k sentence,target,positions,top "$toy" got
}

@test "export: what is asked for and is not there is said in a line" {
  wrong "the model has no 'layers.7.norm1'" 'graph.norm("layers.7.norm1", "norm")'
  wrong "node 'sum': there is one of this name" 'graph.add("sum", "target", "norm")'
  wrong "node 'x': no node 'y' comes before it" 'graph.linear("x", "y", "head")'
  wrong "node 'x': no operation 'convolution' here" 'graph.node("x", "convolution", ["norm"], "target", 8)'
  wrong "node 'x': index 24 is out of bounds" 'graph.linear("x", "norm", "layers.0.attention.qkv", rows=(20, 8))'
  wrong "node 'x': its module has no 'eps'; say eps=" 'graph.norm("x", "norm", "head")'
  wrong "the last node is the logits, a 'linear'" 'graph.add("x", "norm", "norm")'
  wrong "the graph has no attention" 'graph = Graph(model); graph.linear("head", graph.embed("target", "target", "tokens"))'
  wrong "call model.eval()" 'model.training = True'
  wrong "sentence 1: it needs tokens in 'inputs', and in no other" 'texts[1]["source"] = [1]'
  wrong "sentence 0: 'positions' are to grow from 0 to 6, one a step" 'texts[0]["positions"] = [3, 4, 5, 7]'
  wrong "sentence 2: 2 tokens in 'target' for 3 steps" 'texts[2]["target"] = [12, 5]'
  wrong "keep: there is no node 'layers.9.up'" '' 'keep=["layers.9.up"]'
  wrong "the function of a sentence's ids gives nothing" 'model.forward = lambda ids: None'
  wrong "node 'layers.0.norm1': module 'layers.0.norm1' is called 2 times; say which of these it is, from call=0 on" \
    'first = model.layers[0]; first.norm2 = first.norm1'
  LRPIPE_MAX_RECORD=1000 wrong 'the weights have more than the 1000 bytes of a record' ''
}

@test "export: what fails in a pipe is said once, and no file looks whole" {
  change 'graph.of["layers.0.up"]["bias"] = "layers.0.gate.bias"' >cut 2>said || true
  fails 1 "lrp-layer: cut: changed.py failed: $(cat said)" 'lrp-layer cut >/dev/null'
  run --separate-stderr pipe '/usr/bin/python3 changed.py | lrp-layer | head-sum >/dev/null'
  [ "$status" -eq 1 ] && [ "$stderr" = "$(cat said)" ]
  # the sentences before it are there
  change 'texts[2]["target"] = [12, 5]' 2>/dev/null >cut || true
  [ "$(stream-show --json cut 2>/dev/null | grep -c '"type":"trace"')" -eq 2 ]
}

@test "export: a module that is called twice, a tensor of one's own, values as they are asked for" {
  # norm1 of both layers is one module; a norm without gains and biases
  change 'model.layers[1].norm1 = model.layers[0].norm1
graph = describe(model)
for i in 0, 1: graph.see(f"layers.{i}.norm1", "layers.0.norm1", call=i, reads=True)
model.norm.weight, model.norm.bias = 1.0, 0.0
graph.of["norm"].update(weight=graph.put("ones", numpy.ones(8)))
del graph.of["norm"]["bias"]' 'keep="all"' >shared
  [ "$(stream-show --json shared | jq -c 'select(.weights) | [(.weights | keys[] | select(test("norm1|^ones|^norm"))), (.graph | length)]')" = \
    '["layers.0.norm1.bias","layers.0.norm1.weight","ones",39]' ]
  [ "$(stream-show --json shared | jq -c 'select(.sentence == 0).values | length')" -eq 39 ]
  lrp-layer -q -p f64 -r attnlrp shared 2>/dev/null >all
  # whichever values are stored, the same comes out
  stream-show --json shared | jq -c 'if .values then .values = {} else . end' | stream-pack | lrp-layer -q -p f64 -r attnlrp 2>/dev/null >none
  stream-diff -t 1e-12 -k sentence,site,relevance all none
  change '' 'keep="none"' >none
  [ "$(stream-show --json none | jq -c 'select(.sentence == 0).values')" = '{}' ]
  stream-diff -t 1e-12 -k sentence,target,positions,top "$toy" none
  [ "$(change '' 'keep=["dec-self.0", "logits"], name="one", piece=lambda i: chr(97 + i)' | stream-show --json |
    jq -c 'if .graph then .model.name else select(.sentence == 1) | (.values | keys), .inputs.pieces, .target.pieces end' | paste -sd ' ')" = \
    '"one" ["dec-self.0","logits"] ["g","j","d","i"] ["d","i","c"]' ]
}

@test "export: single precision" {
  change 'graph = describe(model.float())' >f32
  [ "$(stream-show --json f32 | jq -r 'select(.sentence == 0) | .top.logits.tensor, .values["layers.0.q"].tensor' | paste -sd ' ')" = '<f4 <f4' ]
  "$tool/same-trace.py" 1e-5 "$toy" f32
  stream-diff -t 1e-4 -k relevance <(lrp-layer "$toy") <(lrp-layer f32)
}

# bats test_tags=numbers
@test "export: the formulas of the operations are lrpipe's, for all families; both sides, masks, given nodes" {
  cat >again.py <<'PYTHON'
"""again.py TRACE OUT: the graph in a trace's header, with the weights there; every value that it has is computed again from those
in it; the trace is exported again as OUT, where the logits are all that is known."""
import sys
from types import SimpleNamespace
import export_trace
from streams import compare, read_segment
header, records = read_segment(sys.argv[1])
graph = export_trace.Graph(SimpleNamespace(), header["graph"])
for name, x in header["weights"].items():
    graph.put(name, x)
keys, logits, keys_of = {"source": "source", "target": "inputs"}, {}, ("source", "inputs", "target", "positions", "cut")
sentences = [{key: r[key]["ids"] if isinstance(r[key], dict) else r[key] for key in keys_of if key in r}
             for r in records]
for r, s in zip(records, sentences):
    for n in graph.nodes:
        got = graph.compute(n, {side: s.get(key) for side, key in keys.items()}, r["values"])
        compare(f"{sys.argv[1]}: {n['name']}", r["values"][n["name"]], got, 1e-12)
    logits[tuple(tuple(s.get(key, ())) for key in keys.values())] = r["values"][graph.nodes[-1]["name"]]
def forward(*ids):
    return logits[tuple(map(tuple, ids if len(ids) == 2 else ((), *ids) if "inputs" in sentences[0] else (*ids, ())))]
with open(sys.argv[2], "wb") as f:
    export_trace.export(f, graph, forward, sentences, keep="all")
PYTHON
  single=$data/families/models
  for path in "$data"/models/{deep,prenorm,encoder,causal2,decoder} $single/{t5,umt5-tied,t5-silu,gpt2,gpt2-inverse,bert,distilbert-relu,roberta} \
    $single/{opt-350m,neox-20b,llama3,qwen2-window,gemma2,gemma3-scaled,olmo2-grouped,m2m100,pegasus,blenderbot-new}; do
    name=${path##*/}
    ids=$data/want/$name.ids
    [ -e "$ids" ] || ids=$data/families/want/$name.ids
    trace-extract -q -m "$path" --ids -p f64 -k all --embed "$ids" >trace
    /usr/bin/python3 again.py trace out || { echo "$name"; return 1; }
    "$tool/same-trace.py" 1e-9 trace out
  done
  # masked heads, with means and without; pairs of neighbours
  trace-extract -m "$data/models/decoder" --ids -p f64 -k all "$data/want/decoder.ids" 2>/dev/null | head-mean >means
  for mean in '' '--mean means'; do
    # shellcheck disable=SC2086
    trace-extract -m "$data/models/decoder" --ids -p f64 -k all --embed --mask 'dec-self.0:1;dec-self.1:0' $mean "$data/want/decoder.ids" 2>/dev/null >trace
    /usr/bin/python3 again.py trace out
    stream-diff -t 1e-9 -k sentence,site,relevance <(head-carry -p f64 trace) <(head-carry -p f64 out)
  done
  mkdir turned
  cp "$single/llama3/model.safetensors" turned
  trace-extract -m "$single/llama3" --ids -k none "$data/families/want/llama3.ids" 2>/dev/null | stream-show --json |
    jq 'select(.graph) | {model_type: "graph", eos_token_id: 2, max_length: 40, graph: (.graph | map(if .op == "rotate" then .neighbours = true else . end))}' >turned/config.json
  trace-extract -q -m turned --ids -p f64 -k all --embed "$data/families/want/llama3.ids" 2>/dev/null >trace
  /usr/bin/python3 again.py trace out
}
