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

@test "described: the header says how many layers and heads there are" {
  [ "$(echo 5 9 | trace-extract -q -g 1 -m "$models/decoder" --ids | stream-show --json | jq -r 'select(.model).model | "\(.family) \(.layers) \(.heads) \(.width)"')" = \
    "graph 2 $(jq -r '[.graph[] | select(.op == "context")][0] | "\(.heads) \(.width)"' "$models/decoder/config.json")" ]
}

@test "described: what is continued has room for it, what is filled in has masks" {
  change decoder '.max_length = 4'
  fails 1 "4 tokens to continue, and no more than 4 in all; -g says how many to add" 'echo 5 9 3 4 | trace-extract -m model --ids >/dev/null'
  [ "$(echo 5 9 3 4 | trace-extract -q -g 2 -m model --ids 2>/dev/null | stream-show --json | jq -c 'select(.type == "trace").positions')" = '[3,4]' ]
  fails 1 'line 1: 3 tokens behind the tab for 2 masks; --skip leaves such lines out' "printf '3 4 4 5\t1 2 3\n' | trace-extract -m $models/encoder --ids >/dev/null"
  [ "$(printf '3 4 5\n3 5\n' | trace-extract -q --skip -m "$models/encoder" --ids | stream-show --json | jq -r 'select(.type == "skipped").reason')" = masks ]
  change encoder 'del(.mask_token_id)'
  fails 1 "config.json: 'mask_token_id' is missing: which token is to be filled in?" 'echo 3 4 5 | trace-extract -m model --ids >/dev/null'
}
