#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Models whose config.json has their graph (model_type graph): what is wrong with one is said by name.
load helper

models=$BATS_TEST_DIRNAME/data/models

# MODEL FILTER: a copy of the model, its config.json changed
change() {
  rm -rf model
  cp -r "$models/$1" model
  jq "$2" "$models/$1/config.json" >model/config.json
}

# FILTER TEXT: what trace-extract says of the decoder
broken() {
  change decoder "$1"
  fails 1 "$2" 'echo 5 9 | trace-extract -m model --ids >/dev/null'
}

@test "described: what is no graph, and what does not fit its tensors" {
  broken 'del(.graph)' "config.json: 'graph' must be a list of nodes"
  broken '.graph = []' "config.json: 'graph' must be a list of nodes"
  broken 'del(.graph[-1].width)' "config.json: 'graph': the last node has no 'width'"
  broken '.graph[3].op = "convolution"' "no operation 'convolution' here"
  broken '.graph[0].weight = "nothing"' "no tensor 'nothing'"
  broken '.eos_token_id = 999' "'eos_token_id' is 999"
  broken '.max_position_embeddings = 9999' "'max_position_embeddings' is 9999; the checkpoint has"
  broken '.layers = 2' "'layers'"
  broken 'del(.graph[] | select(.name == "logits") .bias)' "uses tensor 'logits.bias'"
}

@test "described: a mask in its weights is one in its graph; shapes are the graph's" {
  head-prune --mask 'dec-self.1:0' "$models/decoder" pruned
  echo '5 9 3	7 2' | trace-extract -m "$models/decoder" --ids -p f64 -k logits --mask dec-self.1:0 | stream-show --json | jq -c 'select(.type == "trace").values' >masked
  echo '5 9 3	7 2' | trace-extract -m pruned --ids -p f64 -k logits | stream-show --json | jq -c 'select(.type == "trace").values' >weights
  diff masked weights
  echo '5 9 3	7 2' | trace-extract -m "$models/decoder" --ids -p f64 -k logits | stream-show --json | jq -c 'select(.type == "trace").values' >whole
  ! diff -q whole masked >/dev/null
  fails 2 "--remove: a model of type 'graph' has the shapes that its graph says; use --mask" "head-prune --remove 'dec-self.1:0' $models/decoder removed"
  [ ! -e removed ]
}

@test "described: heads that cannot be taken out of the weights by themselves are refused by name" {
  share() { # FILTER: of the graph; tensors that it does not name any more are dropped
    change encoder "$1"
    /usr/bin/python3 - <<'PYTHON'
import json, struct
data = open("model/model.safetensors", "rb").read()
n = struct.unpack("<Q", data[:8])[0]
header, graph = json.loads(data[8 : 8 + n]), json.load(open("model/config.json"))["graph"]
used = {w["name"] if isinstance(w, dict) else w for node in graph for w in (node.get("weight"), node.get("bias")) if w}
kept, left = b"", {}
for k in used & header.keys():
    piece = data[8 + n :][slice(*header[k]["data_offsets"])]
    left[k] = {**header[k], "data_offsets": [len(kept), len(kept) + len(piece)]}
    kept += piece
text = json.dumps(left).encode()
open("model/model.safetensors", "wb").write(struct.pack("<Q", len(text)) + text + kept)
PYTHON
    trace-extract -m model --ids -k none <<<'3 4 5' >/dev/null
  }
  out='(.graph[] | select(.name == "enc.1.self.out"))'
  share "$out.weight = \"enc.0.self.out.weight\""
  fails 1 "tensor 'enc.0.self.out.weight' is not of node 'enc.0.self.out' alone: heads cannot be taken out of it" \
    'head-prune --mask enc-self.0:0 model pruned'
  share "$out.weight = {name: \"enc.1.self.out.weight\", first: 0, rows: $out.width}"
  fails 1 "tensor 'enc.1.self.out.weight' is not of node 'enc.1.self.out' alone" 'head-prune --mask enc-self.1:0 model pruned'
  head-prune --mask enc-self.0:0 model pruned
  rm -r pruned
  share '(.graph[] | select(.name == "enc.1.self.add") | .inputs) |= map(if . == "enc.1.self.out" then "enc-self.1" else . end)
    | del(.graph[] | select(.name == "enc.1.self.out"))'
  fails 1 "node 'enc.1.self.add' reads heads and has no matrix that they could be taken out of" 'head-prune --mask enc-self.1:0 model pruned'
  [ ! -e pruned ]
}

@test "described: the header says how many layers and heads there are" {
  [ "$(echo 5 9 | trace-extract -q -g 1 -m "$models/decoder" --ids | stream-show --json | jq -r 'select(.model).model | "\(.family) \(.layers) \(.heads) \(.width)"')" = \
    "graph 2 $(jq -r '[.graph[] | select(.op == "context")][0] | "\(.heads) \(.width)"' "$models/decoder/config.json")" ]
}

@test "described: what is continued has room for it, what is filled in has masks" {
  change decoder '.max_length = 4'
  fails 1 'line 2: 4 tokens to continue, and no more than 4 in all; -g says how many to add' "printf '5 9 3\n5 9 3 4\n' | trace-extract -m model --ids >/dev/null"
  [ "$(echo 5 9 3 4 | trace-extract -q --skip -m model --ids 2>/dev/null | stream-show --json | jq -r 'select(.type == "skipped").reason')" = 'too long' ]
  [ "$(echo 5 9 3 4 | trace-extract -q -g 2 -m model --ids 2>/dev/null | stream-show --json | jq -c 'select(.type == "trace").positions')" = '[3,4]' ]
  fails 1 'line 1: 3 tokens behind the tab for 2 masks; --skip leaves such lines out' "printf '3 4 4 5\t1 2 3\n' | trace-extract -m $models/encoder --ids >/dev/null"
  [ "$(printf '3 4 5\n3 5\n' | trace-extract -q --skip -m "$models/encoder" --ids | stream-show --json | jq -r 'select(.type == "skipped").reason')" = masks ]
  change encoder 'del(.mask_token_id)'
  fails 1 "config.json: 'mask_token_id' is missing: add the id of the token that is to be filled in" 'echo 3 4 5 | trace-extract -m model --ids >/dev/null'
}

@test "described: a setting, a weight or a tensor that its kind of node does not take" {
  broken '(.graph[] | select(.op == "add")) .weight = "table.weight"' "'add' has no 'weight'"
  broken '.graph[0].bias = "logits.bias"' "node 'target': 'embed' has no 'bias'"
  broken '(.graph[] | select(.op == "scores")) .causal = 1' "'causal' is not true or false"
  broken '(.graph[] | select(.op == "norm")) .eps = -1' "'eps' is -1; expected 0 or more"
  broken '(.graph[] | select(.name == "dec.0.ffn.in")) .weight = "dec.0.ffn.out.weight" | (.graph[] | select(.name == "dec.0.ffn.out")) .weight = "dec.0.ffn.in.weight"' "tensor 'dec.0.ffn.out.weight' is [8, 10]; node 'dec.0.ffn.in' needs rows of 8 numbers"
  broken '.graph[0].weight = "logits.bias"' "tensor 'logits.bias' is no table of 8 neurons, which node 'target' needs"
  broken '.lrpipe_pruned_heads = {"dec-self": {"0": [1]}}' "'lrpipe_pruned_heads': a graph in the file says which heads there are"
  # a side that its task has no tokens for
  change encoder '.graph = [.graph[0] + {name: "target", side: "target"}] + .graph'
  fails 1 "its logits are on the source's side, and so must all nodes be" 'echo 3 4 5 | trace-extract -m model --ids >/dev/null'
}

@test "described: what sees tokens that are still to come is not generated" {
  change decoder 'del(.graph[].causal)'
  fails 1 "line 1: node 'dec.0.self.scores' sees target tokens that are still to come, so nothing can be generated; give the targets" \
    'echo 5 9 | trace-extract -m model --ids >/dev/null'
  echo '5 9	3 4' | trace-extract -m model --ids | lrp-layer --max-leak 1e-4 | stream-show --json | tail -n 1 | grep -q '"end"'
}

@test "described: a source that attends to the target" {
  change causal2 '(.graph | map(select(.name | IN("target", "target.position", "dec.embed")))) as $first |
    .graph |= $first + (map(select(.name | IN("target", "target.position", "dec.embed") | not) |
      if .name | IN("enc.0.self.k", "enc.0.self.v") then .inputs = ["dec.embed"] | .side = "target" else . end |
      if .name | IN("enc.0.self.scores", "enc.0.self.weights", "enc-self.0") then .keys = "target" | del(.causal) else . end))'
  printf '5 9 2\t3 4 6 7 8 2\n5 9 2 7 7 7 7 2\t3 4 2\n5 9 2\t3 4 2\n' | trace-extract -m model --ids -p f64 >trace
  for rule in magnitude ratio alphabeta; do
    lrp-layer -q -p f64 -r $rule -l source,source.position,target,target.position,enc-self.0,dec-self.0 trace >leaves
    "$BATS_TEST_DIRNAME/tool/conserved.py" 1e-9 leaves
    lrp-layer -q -p f64 -r $rule -l all trace | head-sum >summed
    for meet in '' '--meet start' '--meet backward'; do
      # shellcheck disable=SC2086
      head-carry -q -p f64 -r $rule $meet -l all trace | stream-diff -t 1e-9 -k sentence,site,heads,relevance summed -
    done
  done
  [ "$(stream-show --json summed | jq -s 'map(select(.type == "heads")) | length')" -gt 9 ]
}

@test "described: a norm is no output projection" {
  echo '5 9	3 4' | trace-extract -m "$models/decoder" --ids --embed | stream-show --json |
    jq -c 'if .graph then .graph |= map(if .name == "dec.1.self.out" then .op = "norm" | .weight = "dec.1.self.norm.weight" | del(.bias) else . end) else . end' | stream-pack >trace
  fails 1 "graph: 'dec-self.1' goes to 'dec.1.self.out', not to one output projection ('linear')" 'head-output trace >/dev/null'
}
