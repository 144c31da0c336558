#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Models in other formats than safetensors, written again by head-prune: the layout of Hugging Face, with its tokenizer.
load helper

data=$BATS_TEST_DIRNAME/data

# DIR [OPTION ...]: what it makes of a line of text: tokens and logits
values() { trace-extract -qm "$@" -k logits | stream-show --json | jq -c 'select(.type == "trace") | [.inputs, .target, .top, .values]'; }

@test "head-prune: of a GGUF, file or directory, safetensors with its settings and its tokenizer" {
  mkdir lm
  /usr/bin/python3 "$data/gguf_write.py" "$ROOT/examples/en-lm" lm/lm.gguf Q8_0 --tokenizer "$ROOT/examples/en-lm/tokenizer.model" tokenizer.ggml.add_bos_token=false
  echo 'The house is' | values lm --mask 'dec-self.1:0,3' -g 3 -p f64 >want
  head-prune --mask 'dec-self.1:0,3' lm masked 2>said
  [ "$(cat said)" = 'head-prune: not copied, no part of the model in this format: lm.gguf' ]
  [ "$(ls masked | paste -sd ' ')" = 'config.json model.safetensors tokenizer.json tokenizer_config.json' ]
  ckpt-list masked | cut -f 2 | sort -u | grep -x F32 # what was in blocks
  echo 'The house is' | values masked -g 3 -p f64 | cmp want
  head-prune --mask 'dec-self.1:0,3' lm/lm.gguf again
  diff -r masked again
}

@test "head-prune: of a release of Marian's, the same" {
  /usr/bin/python3 "$data/marian_npz.py" "$ROOT/examples/en-de" release same
  echo 'The house is big.' | values release --mask enc-self.1:2 -p f64 >want
  head-prune -q --mask enc-self.1:2 release masked
  [ "$(ls masked | paste -sd ' ')" = 'config.json model.safetensors source.spm target.spm vocab.json' ]
  echo 'The house is big.' | values masked -p f64 | cmp want
  head-prune -q --remove enc-self.1:2 release removed
  # a product over fewer neurons may round otherwise
  trace() { echo 'The house is big.' | trace-extract -q -k logits -p f64 -m "$@"; }
  stream-diff -q -t 1e-13 -k inputs,target,top,values <(trace removed) <(trace release --mask enc-self.1:2)
}
