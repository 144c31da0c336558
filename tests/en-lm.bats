#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The English language model of the examples: what its training code computes, and what its text becomes.
load helper

PATH=$ROOT/pipelines:$PATH
model=$ROOT/examples/en-lm
held_out=$ROOT/examples/en-de/test.en

@test "en-lm: layers and logits are those of the training code" {
  echo 'Click on the button to open the file.' >text
  for precision in f32:1e-5 f64:1e-10; do
    trace-extract -m "$model" --all-steps -g 0 -p "${precision%:*}" -k all text >got
    "$BATS_TEST_DIRNAME/tool/same-reference.py" "${precision#*:}" "$BATS_TEST_DIRNAME/data/en-lm.reference.npz" got >agrees
    [ "$(grep -c agrees agrees)" -eq 7 ]
  done
}

@test "en-lm: ids are those of SentencePiece, a text begins with <s>, and reads back" {
  trace-extract -q -m "$model" --all-steps -g 0 -k none "$held_out" >trace
  stream-show --json trace | jq -r 'select(.type == "trace") | [.inputs.ids[0]] + .target.ids | join(" ")' >got
  spm_encode --model="$model/tokenizer.model" --output_format=id <"$held_out" | sed 's/^/1 /' | cmp - got
  [ "$(wc -l <got)" -eq 500 ]
  # the first token is no step's, so a target lacks it
  stream-show --json trace | jq -r 'select(.type == "trace") | .target.text' | head -20 | cmp - <(head -20 "$held_out")
}

@test "en-lm: held-out text is foretold better than chance and than single words" {
  head -100 "$held_out" | trace-extract -q -m "$model" --all-steps -g 0 -k needed | step-loss >losses
  stream-show --json losses | jq -s '[.[] | select(.type == "losses").loss[]] | add / length' >mean
  [ "$(jq '. > 3.2 and . < 4.4' mean)" = true ]
}

@test "en-lm: heads of a prompt, of its continuation, and of groups" {
  echo 'Click on the button' >prompt
  head-relevance -q -a -m "$model" -g 6 -l all prompt >prompt.avg
  [ "$(stream-show --json prompt.avg | jq -c 'select(.type == "average") | [.heads, .steps]' | sort -u)" = "$(stream-show --json prompt.avg | jq -c 'select(.site == "dec-self.0") | [8, .steps]')" ]
  [ "$(stream-show --json prompt.avg | head -n 1 | jq -c '[.model.heads, .model.kv_heads]')" = '[8,4]' ]
  head-rank -k 2 --unit group -f prune prompt.avg >groups.json
  head-prune -q --remove groups.json "$model" smaller
  [ "$(trace-extract -q -m smaller -g 3 prompt | stream-show --json | jq 'select(.type == "trace") | .target.ids | length')" = 3 ]
  [ -f smaller/tokenizer.model ]
}
