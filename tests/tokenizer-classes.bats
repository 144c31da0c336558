#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Classes of tokenizers that number the pieces of a SentencePiece model in their own way, and those that have a language's code at a text.
# The pieces' own numbers are spm_encode's; what a class makes of them is written out here.
load helper

text=$ROOT/examples/en-de/test.en

setup_file() {
  export SPM=$BATS_FILE_TMPDIR
  cd "$SPM"
  head -300 "$ROOT/examples/en-de/test.en" >corpus
  # fairseq's models: <unk> 0, <s> 1, </s> 2; Pegasus': <pad> 0, </s> 1, <unk> 2
  spm_train --input=corpus --model_prefix=fairseq --vocab_size=400 --minloglevel=2 2>/dev/null
  spm_train --input=corpus --model_prefix=pegasus --vocab_size=400 --bos_id=-1 --eos_id=1 --unk_id=2 --pad_id=0 --minloglevel=2 2>/dev/null
  head -40 "$ROOT/examples/en-de/test.en" >lines
  echo 'Zürich 日本 x' >>lines
}

# MODEL AWK: ids of the lines, each number n changed by an expression
moved() { spm_encode --model="$SPM/$1.model" --output_format=id <"$SPM/lines" | awk "{ for (i = 1; i <= NF; i++) { n = \$i; \$i = $2 } print }"; }

# CLASS FILE MODEL [MORE SETTINGS]: a directory with such a tokenizer
own() {
  rm -rf own && mkdir own
  cp "$SPM/$3.model" "own/$2"
  jq -n --arg class "$1" --argjson more "${4-null}" '{tokenizer_class: $class} + ($more // {})' >own/tokenizer_config.json
}

@test "classes: XLM-R has fairseq's numbers, <s> and </s> around, the mask behind the pieces" {
  own XLMRobertaTokenizer sentencepiece.bpe.model fairseq
  moved fairseq '(n == 0 ? 3 : n + 1)' | sed 's/^/0 /; s/$/ 2/' >want
  text-pieces -m own --ids "$SPM/lines" | cmp want
  # the mask takes the space in front of it, which the piece of the word before it does not have
  [ "$(echo '<mask>' | text-pieces -m own --ids)" = '0 401 2' ]
  [ "$(echo '0 401 2 3 1' | text-pieces -m own --decode)" = '' ]
  head -10 "$SPM/lines" | text-pieces -m own --ids | text-pieces -m own --decode | cmp - <(head -10 "$SPM/lines")
}

@test "classes: mBART has the language behind the end, mBART-50 and NLLB in front of the text" {
  local languages='{"additional_special_tokens": ["de_DE", "en_XX", "fr_XX"]}'
  moved fairseq '(n == 0 ? 3 : n + 1)' >bare
  own MBartTokenizer sentencepiece.bpe.model fairseq "$languages"
  sed 's/$/ 2 402/' bare >want # en_XX where nothing says another
  text-pieces -m own --ids "$SPM/lines" | cmp want
  sed 's/$/ 2 401/' bare >want
  sed 's/^/de_DE /' "$SPM/lines" | text-pieces -m own --ids | cmp want
  sed 's/$/ 2/' bare >want # a target begins with its language, which is decoder_start_token_id
  text-pieces -m own --ids --target "$SPM/lines" | cmp want
  own MBart50TokenizerFast sentencepiece.bpe.model fairseq "$(jq '. + {src_lang: "fr_XX", tgt_lang: "de_DE"}' <<<"$languages")"
  sed 's/^/403 /; s/$/ 2/' bare >want
  text-pieces -m own --ids "$SPM/lines" | cmp want
  sed 's/^/401 /; s/$/ 2/' bare >want
  text-pieces -m own --ids --target "$SPM/lines" | cmp want
  languages='{"additional_special_tokens": ["eng_Latn", "deu_Latn"]}'
  own NllbTokenizer sentencepiece.bpe.model fairseq "$languages"
  sed 's/^/401 /; s/$/ 2/' bare >want
  text-pieces -m own --ids "$SPM/lines" | cmp want
  sed 's/^/deu_Latn /' "$SPM/lines" | text-pieces -m own --ids --target | cmp <(sed 's/^/402 /; s/$/ 2/' bare)
  fails 1 "text-pieces: lines: line 1: its language is not said: begin the text with the language's code, or set 'tgt_lang' in tokenizer_config.json" \
    "cp '$SPM/lines' . && text-pieces -m own --target lines"
  own NllbTokenizer sentencepiece.bpe.model fairseq "$(jq '. + {legacy_behaviour: true}' <<<"$languages")"
  text-pieces -m own --ids "$SPM/lines" | cmp <(sed 's/$/ 2 401/' bare)
  own NllbTokenizer sentencepiece.bpe.model fairseq
  fails 1 "text-pieces: own: no 'additional_special_tokens' in special_tokens_map.json or tokenizer_config.json: NllbTokenizer has the languages of the model there" \
    'text-pieces -m own <<<a'
  own NllbTokenizer sentencepiece.bpe.model fairseq "$(jq '. + {src_lang: "tlh_Latn"}' <<<"$languages")"
  fails 1 "the language 'tlh_Latn' has no token" 'text-pieces -m own <<<a'
}

@test "classes: M2M100 takes numbers from vocab.json, languages stand behind them as __de__" {
  own M2M100Tokenizer sentencepiece.bpe.model fairseq '{"src_lang": "de", "additional_special_tokens": ["__en__", "__de__"]}'
  # the pieces in the other order of the model's, behind four of fairseq's
  spm_export_vocab --model="$SPM/fairseq.model" | cut -f 1 | tail -n +4 | tac |
    jq -Rn '[inputs] | to_entries | map({(.value): (.key + 4)}) | add + {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3}' >own/vocab.json
  moved fairseq '(n == 0 ? 3 : 4 + 399 - n)' | sed 's/^/402 /; s/$/ 2/' >want
  text-pieces -m own --ids "$SPM/lines" | cmp want
  [ "$(echo '__en__ Hello' | text-pieces -m own --ids | cut -d ' ' -f 1)" = 401 ]
  [ "$(echo '__en__ Hello there' | text-pieces -m own --ids | text-pieces -m own --decode)" = 'Hello there' ]
}

@test "classes: Pegasus' pieces stand 103 behind, in front are padding, end, masks and tokens without use" {
  own PegasusTokenizer spiece.model pegasus
  moved pegasus '(n == 1 ? 1 : n + 103)' | sed 's/$/ 1/' >want
  text-pieces -m own --ids "$SPM/lines" | cmp want
  [ "$(echo '0 1 2 3 4 104' | text-pieces -m own --json --decode <<<'[0, 1, 2, 3, 4, 104]' | jq -c .pieces)" = '["<pad>","</s>","<mask_1>","<mask_2>","<unk_2>","<unk_102>"]' ]
  [ "$(echo '<mask_2>' | text-pieces -m own --ids)" = '3 1' ]
}

@test "text-pieces: pieces, ids, text; JSON strings with newlines and bytes 0" {
  own T5Tokenizer spiece.model pegasus
  [ "$(text-pieces -m own <<<'the house')" = "$(echo 'the house' | spm_encode --model="$SPM/pegasus.model") </s>" ]
  [ "$(text-pieces -m own --ids <<<'the house')" = "$(echo 'the house' | spm_encode --model="$SPM/pegasus.model" --output_format=id) 1" ]
  [ "$(text-pieces -m own --ids <<<'the house' | text-pieces -m own --decode)" = 'the house' ]
  [ "$(text-pieces -m own --json <<<'"the house"' | jq -r .text)" = 'the house' ]
  cp "$ROOT/tests/tokenizers/models/gpt2/"*.json own && rm own/spiece.model
  [ "$(text-pieces -m own --json <<<'"a\nb\u0000c"' | jq -c .text)" = '"a\nb\u0000c"' ]
  [ "$(text-pieces -m own --json --decode <<<"$(text-pieces -m own --json <<<'"a\nb"' | jq -c .ids)" | jq -c .text)" = '"a\nb"' ]
  fails 1 'text-pieces: <stdin>: line 2: not a JSON string' $'printf \'"a"\\n1\\n\' | text-pieces -m own --json'
  fails 1 'text-pieces: <stdin>: line 1: not valid JSON: ' 'echo "{" | text-pieces -m own --json'
  fails 1 'text-pieces: <stdin>: line 1: not valid UTF-8 at byte 2' $'printf \'a\\xff\\n\' | text-pieces -m own'
  fails 2 'one of --pieces, --ids and --decode' 'text-pieces -m own --ids --decode'
  fails 1 'nofile: cannot open: No such file' 'text-pieces -m own nofile'
  fails 1 "$PWD/empty: no tokenizer in it, whose files are one of: tokenizer.json; " "mkdir empty && text-pieces -m $PWD/empty <<<a"
}

@test "ids are taken where a tokenizer is not supported, which is said" {
  cp -r "$ROOT/tests/data/families/models/gpt2" own
  echo '{"model": {"type": "Own"}}' >own/tokenizer.json
  fails 1 "tokenizer.json: model: 'Own' is not supported; supported are BPE, Unigram, WordPiece, WordLevel" 'echo a | trace-extract -m own'
  echo '1 2 3' | trace-extract -m own --ids -g 2 2>said >trace
  [ "$(head -2 said)" = "trace-extract: own/tokenizer.json: model: 'Own' is not supported; supported are BPE, Unigram, WordPiece, WordLevel
trace-extract: so tokens have their ids as pieces" ]
  stream-show --json trace | jq -e -s 'map(.target | select(.))[0] | .pieces == (.ids | map(tostring))' 
}
