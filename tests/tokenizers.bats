#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Tokenizers against what the reference library gives for awkward strings (tests/tokenizers/README.md).
# `make check-tokenizers` does the same with real ones.
load helper

DATA=$BATS_TEST_DIRNAME/tokenizers

@test "tokenizers: a small one of each kind, as the reference library has it" {
  "$DATA/compare" "$DATA/want/small.jsonl.zst" "$DATA/models"
}

@test "tokenizers: each normalizer, pre-tokenizer, added token, decoder and post-processor by itself" {
  /usr/bin/python3 -B "$DATA/zoo.py" zoo
  "$DATA/compare" "$DATA/want/zoo.jsonl.zst" zoo
}
