#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Text of models whose tokenizers are described by tokenizer.json or by the older files: from a line to the steps of a trace and back.
load helper

models=$BATS_TEST_DIRNAME/data/families/models

# MODEL: a copy of it in `own`
own() { rm -rf own && cp -r "$models/$1" own; }

# a tokenizer.json of words alone: WORD ...; ids from 0 on
words() {
  printf '%s\n' "$@" | jq -Rn '[inputs] | to_entries | map({(.value): .key}) | add | {pre_tokenizer: {type: "WhitespaceSplit"}, model: {type: "WordLevel", unk_token: "<unk>", vocab: .}}'
}

@test "text: a BERT fills in what its vocab.txt has as the mask; its settings need not name it" {
  own bert-uncased
  jq 'del(.mask_token_id)' "$models/bert-uncased/config.json" >own/config.json
  printf '%s\n' '[PAD]' '[UNK]' '[CLS]' '[SEP]' '[MASK]' the house is big '##ger' . , >own/vocab.txt
  [ "$(echo 'The [MASK] is bigger.' | trace-extract -qm own | stream-show --json | jq -c 'select(.type == "trace") | .source.pieces')" = \
    '["[CLS]","the","[MASK]","is","big","##ger",".","[SEP]"]' ]
  # each word in turn, but not what stands around them
  [ "$(echo 'the house is' | trace-extract -qm own --mask-each | stream-show --json | jq -s 'map(select(.type == "trace")) | length')" = 3 ]
  # cased, where the settings say so: words that the vocabulary lacks
  echo '{"do_lower_case": false}' >own/tokenizer_config.json
  [ "$(echo 'The [MASK]' | trace-extract -qm own | stream-show --json | jq -c 'select(.type == "trace") | .source.pieces')" = '["[CLS]","[UNK]","[MASK]","[SEP]"]' ]
  rm own/vocab.txt
  fails 1 "'mask_token_id' is missing" 'echo a | trace-extract -qm own'
}

@test "text: a RoBERTa's mask takes the space in front of it" {
  own roberta
  jq -n '["<s>", "<pad>", "</s>", "<unk>", "a", "b", "Ġ", "Ġa", "ab"] | to_entries | map({(.value): .key}) | add + {"<mask>": 24}' >own/vocab.json
  printf '#version: 0.2\nĠ a\na b\n' >own/merges.txt
  [ "$(echo 'ab a <mask>b' | trace-extract -qm own | stream-show --json | jq -c 'select(.type == "trace") | .source.pieces')" = '["<s>","ab","Ġa"," <mask>","b","</s>"]' ]
  [ "$(echo '0 8 7 24 5 2' | text-pieces -m own --decode)" = 'ab ab' ]
}

@test "text: a language model goes on with a prompt; the beginning stands in front of the prompt alone" {
  own llama3
  echo '{"tokenizer_class": "LlamaTokenizerFast", "bos_token": "<s>", "eos_token": "</s>"}' >own/tokenizer_config.json
  words '<unk>' '<s>' '</s>' a b c >own/tokenizer.json
  [ "$(printf 'a b\tc a\n' | trace-extract -qm own | stream-show --json | jq -c 'select(.type == "trace") | [.inputs.pieces, .target.pieces, .target.text]')" = '[["<s>","a","b","c"],["c","a"],"c a"]' ]
  jq '. + {add_eos_token: true}' own/tokenizer_config.json >more && mv more own/tokenizer_config.json
  fails 1 "puts '</s>' behind a text: not supported for texts that are continued" 'echo a | trace-extract -qm own'
}

@test "text: T5 and BART have what stands around a text on both sides" {
  own t5
  words '<pad>' '</s>' '<unk>' a b c | jq '.added_tokens = [{id: 1, content: "</s>", special: true}] |
    .post_processor = {type: "TemplateProcessing", single: [{Sequence: {id: "A", type_id: 0}}, {SpecialToken: {id: "</s>", type_id: 0}}], special_tokens: {"</s>": {id: "</s>", ids: [1], tokens: ["</s>"]}}}' >own/tokenizer.json
  [ "$(printf 'a b\tc x\n' | trace-extract -qm own | stream-show --json | jq -c 'select(.type == "trace") | [.source.pieces, .target.pieces, .target.text]')" = '[["a","b","</s>"],["c","<unk>","</s>"],"c"]' ]
  own bart
  words '<s>' '<pad>' '</s>' '<unk>' a b c | jq '.added_tokens = [{id: 0, content: "<s>", special: true}, {id: 2, content: "</s>", special: true}] |
    .post_processor = {type: "RobertaProcessing", cls: ["<s>", 0], sep: ["</s>", 2]}' >own/tokenizer.json
  [ "$(printf 'a b\tc\n' | trace-extract -qm own | stream-show --json | jq -c 'select(.type == "trace") | [.source.pieces, .target.pieces, .target.text]')" = '[["<s>","a","b","</s>"],["<s>","c","</s>"],"c"]' ]
}

@test "text: a token beyond the model's vocabulary is named" {
  own gpt2
  words '<unk>' $(seq 1 40) >own/tokenizer.json
  [ "$(echo '1 28' | trace-extract -qm own -g 1 | stream-show --json | jq -c 'select(.type == "trace") | .inputs.ids')" = '[1,28]' ]
  fails 1 "line 1: the token '29' has id 29, but the model has 29 tokens" 'echo 1 29 | trace-extract -qm own'
}

@test "text: a regular expression that takes too long is an error" {
  own gpt2
  words '<unk>' a | jq '.pre_tokenizer = {type: "Split", pattern: {Regex: "(x+x+)+[yz]"}, behavior: "Isolated"}' >own/tokenizer.json
  fails 1 "pre_tokenizer: pattern: its regular expression takes too long on this text, or too much memory" 'echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx | trace-extract -qm own'
  words '<unk>' a | jq '.pre_tokenizer = {type: "Split", pattern: {Regex: "(a"}, behavior: "Isolated"}' >own/tokenizer.json
  fails 1 'pre_tokenizer: pattern: its regular expression is not one: missing closing parenthesis at byte 2' 'echo a | trace-extract -qm own'
}

@test "text: a line of many megabytes is left out as too long" {
  own gpt2
  words '<unk>' a >own/tokenizer.json
  head -c 9000000 /dev/zero | tr '\0' a >long
  fails 1 'line 1: 9000000 bytes, more than 8388608: too long to be split; --skip leaves such lines out' 'trace-extract -qm own long'
  { cat long && printf '\na\n'; } | trace-extract -qm own -g 1 --skip | stream-show --json | jq -c 'select(.type == "skipped" or .type == "trace") | [.type, .reason]' >got
  [ "$(cat got)" = '["skipped","too long"]
["trace",null]' ]
}

@test "text: what a tokenizer.json has that is not supported is named" {
  no() { # MESSAGE FILTER
    words '<unk>' a | jq "$2" >tokenizer.json
    fails 1 "tokenizer.json: $1" 'echo a | text-pieces -m .'
  }
  no "pre_tokenizer: 'UnicodeScripts' is not supported; supported are Sequence, ByteLevel, " '.pre_tokenizer = {type: "UnicodeScripts"}'
  no "normalizer: 'Own' is not supported" '.normalizer = {type: "Sequence", normalizers: [{type: "NFC"}, {type: "Own"}]}'
  no "decoder: 'CTC' is not supported" '.decoder = {type: "CTC", pad_token: "a", word_delimiter_token: "b", cleanup: true}'
  no "post_processor: 'Own' is not supported" '.post_processor = {type: "Own"}'
  no "post_processor: two in a Sequence put tokens around a text" '.post_processor = {type: "Sequence", processors: [{type: "BertProcessing", sep: ["a", 1], cls: ["a", 1]}, {type: "BertProcessing", sep: ["a", 1], cls: ["a", 1]}]}'
  no "model: 'Own' is not supported" '.model.type = "Own"'
  no "model: 'chance' is no setting that is known here" '.model.chance = 1'
  no "'extra' is no setting that is known here" '.extra = 1'
  no "model: 'dropout' is not 0: random pieces are not supported" '.model = {type: "BPE", vocab: {a: 0}, merges: [], dropout: 0.1}'
  no "model: merge 0, 'a' and 'b': one of them, or both as one, are not in the vocabulary" '.model = {type: "BPE", vocab: {a: 0}, merges: ["a b"]}'
  no "model: 'unk_token' is 'x', which is not in the vocabulary" '.model.unk_token = "x"'
  no "pre_tokenizer: pattern: its regular expression has flags other than i, which is not supported" '.pre_tokenizer = {type: "Split", pattern: {Regex: "(?m:a)"}, behavior: "Removed"}'
  no "pre_tokenizer: 'behavior' is 'Own', which is not supported" '.pre_tokenizer = {type: "Split", pattern: {String: "a"}, behavior: "Own"}'
  no "normalizer: 'precompiled_charsmap' is cut off, or none" '.normalizer = {type: "Precompiled", precompiled_charsmap: "////"}'
  no "pre_tokenizer: 'replacement' must be one character" '.pre_tokenizer = {type: "Metaspace", replacement: "ab"}'
}
