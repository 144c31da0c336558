#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# SentencePiece models that number their pieces themselves: tokenizer.model of Llama, Gemma and their like, spiece.model of T5. Small ones are trained
# here; what they should give is spm_encode's.
load helper

models=$BATS_TEST_DIRNAME/data/families/models
text=$ROOT/examples/en-de/test.en

setup_file() {
  export SPM=$BATS_FILE_TMPDIR
  cd "$SPM"
  head -300 "$ROOT/examples/en-de/test.en" >corpus
  spm_train --input=corpus --model_prefix=bpe --vocab_size=600 --model_type=bpe --byte_fallback --character_coverage=0.99 --minloglevel=2 2>/dev/null
  spm_train --input=corpus --model_prefix=unigram --vocab_size=600 --model_type=unigram --bos_id=-1 --eos_id=1 --unk_id=2 --pad_id=0 --minloglevel=2 2>/dev/null
}

# MODEL SPM NAME [SETTINGS]: a directory `own`, the model with so many tokens, its tokenizer's file under that name
own() {
  rm -rf own && mkdir own
  jq '.vocab_size = 700 | if .model_type == "llama" then .eos_token_id = 2 else . end' "$models/$1/config.json" >own/config.json
  cp "$SPM/$2.model" "own/$3"
  echo "${4-null}" | jq '. // {}' >own/tokenizer_config.json
}

ids() { spm_encode --model="$SPM/$1.model" --output_format=id "${@:2}"; }

@test "tokenizer.model: the pieces have the numbers of the model, a text begins with its first token" {
  own llama3 bpe tokenizer.model '{"tokenizer_class": "LlamaTokenizer", "bos_token": "<s>", "eos_token": "</s>"}'
  printf '%s\n' 'naïve café' 'a  b   c' '日本' >odd
  cat "$text" odd >lines
  ids bpe <lines | sed 's/^/1 /' >want
  grep -q '<0x' <(spm_encode --model="$SPM/bpe.model" <odd) # bytes are tried
  tokenize-check own target text <lines | cut -f 1 | sed 's/ [0-9]*$//' >got # the check ends lines, as of a translation
  cmp want got
  # told by the family alone; another class, the fast one; told otherwise
  echo '{}' >own/tokenizer_config.json
  tokenize-check own target text <lines | cut -f 1 | sed 's/ [0-9]*$//' | cmp want
  echo '{"tokenizer_class": "GemmaTokenizerFast", "bos_token": {"content": "<s>"}, "eos_token": "</s>"}' >own/tokenizer_config.json
  tokenize-check own target text <lines | cut -f 1 | sed 's/ [0-9]*$//' | cmp want
  echo '{"add_bos_token": false}' >own/tokenizer_config.json
  tokenize-check own target text <lines | cut -f 1 | sed 's/ [0-9]*$//; s/^/1 /' | cmp want
  cut -f 1 got | head -20 | tokenize-check own target join >joined
  head -20 "$text" | cmp - joined
}

@test "spiece.model: an end of sentence behind, extra tokens behind the pieces" {
  own t5 unigram spiece.model
  ids unigram <"$text" | sed 's/$/ 1/; s/^ //' >want
  for side in source target; do
    tokenize-check own $side text <"$text" | cut -f 1 | cmp want
  done
  [ "$(echo '<extra_id_0>' | tokenize-check own source pieces)" = $'699 1\t<extra_id_0> </s>' ]
  [ "$(echo '<extra_id_99>' | tokenize-check own source pieces | cut -f 1)" = '600 1' ]
  own mt5 unigram spiece.model '{"extra_ids": 0, "tokenizer_class": "T5TokenizerFast"}'
  tokenize-check own source text <"$text" | cut -f 1 | cmp want
  [ "$(echo '<extra_id_0>' | tokenize-check own source pieces | cut -f 1)" = '2 1' ]
}

@test "tokenizer.model: what cannot be is said" {
  own llama3 bpe tokenizer.model '{"tokenizer_class": "XGLMTokenizer"}'
  fails 1 "own/tokenizer_config.json: tokenizer_class 'XGLMTokenizer' is not supported with a SentencePiece model alone; supported are LlamaTokenizer, CodeLlamaTokenizer, GemmaTokenizer, T5Tokenizer, PegasusTokenizer, XLMRobertaTokenizer, MBartTokenizer, MBart50Tokenizer, NllbTokenizer" \
    'echo a | tokenize-check own target text'
  own llama3 bpe tokenizer.model '{"sp_model_kwargs": {"enable_sampling": true}}'
  fails 1 "'enable_sampling' is true" 'echo a | tokenize-check own target text'
  head -c 1000 "$SPM/bpe.model" >own/tokenizer.model
  echo '{}' >own/tokenizer_config.json
  fails 1 'own/tokenizer.model: not a SentencePiece model' 'echo a | tokenize-check own target text'
  own llama3 bpe tokenizer.model
  jq '.vocab_size = 500' own/config.json >part && mv part own/config.json
  fails 1 'but the model has 500 tokens' 'echo a | tokenize-check own target text'
}
