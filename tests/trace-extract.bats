#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
load helper

models=$BATS_TEST_DIRNAME/data/models
want=$BATS_TEST_DIRNAME/data/want

# MODEL FILE FILTER: ./model is a copy of a tiny model with one of its JSON files edited
edited() {
  rm -rf model
  cp -r "$models/$1" model
  jq "$3" "$models/$1/$2" >"model/$2"
}

# The field FILTER of every trace record on standard input, one a line.
field() {
  stream-show --json | jq -c "select(.type == \"trace\") | $1"
}

# A model whose config.json, edited by FILTER, is refused with TEXT.
refused() {
  edited "$1" config.json "$2"
  fails 1 "$3" 'echo "1 0" | trace-extract -m model --ids'
}

@test "trace-extract: the record of a sentence" {
  trace-extract -m "$models/plain" --ids -k source,logits >out <<<$'4 7 0\t3 5'
  [ "$(field '[.sentence, .source.ids, .target.ids, .inputs.ids]' <out)" = '[0,[4,7,0],[3,5,0],[10,3,5]]' ]
  [ "$(field '.values | keys' <out)" = '["logits","source"]' ]
  [ "$(field '.values.source.shape' <out)" = '[3,4]' ]
  [ "$(field '.values.logits.shape' <out)" = '[3,11]' ]
  # the two best tokens of every step; the padding (10) is never one
  jq -e '.values.logits.data as $y | [.top.ids.data, .top.logits.data] | transpose | to_entries | length == 3 and
    all(.key as $t | .value as [$ids, $logits] | $logits == [$y[$t][$ids[0]], $y[$t][$ids[1]]]
      and $logits == ($y[$t][:10] | sort | reverse[:2]))' <<<"$(field . <out)"
}

@test "trace-extract: no lines make a stream without records" {
  [ "$(trace-extract </dev/null | stream-show --json | jq -r .type | tr '\n' ' ')" = 'header end ' ]
}

@test "trace-extract: several lines, a last one without its newline" {
  printf '4 7 0\t3\n1 0\t2\n5 5 5 0\t1' | trace-extract -m "$models/plain" --ids >out
  [ "$(field '[.sentence, (.source.ids | length)]' <out | tr -d '\n')" = '[0,3][1,2][2,4]' ]
}

@test "trace-extract: text, pieces and ids of the same tokens give the same values" {
  trace-extract -k 0,logits <<<$'The file is here.\tDie Datei ist hier.' >text
  field '.source.pieces[:-1] | join(" ")' <text | jq -r . >source
  field '.target.pieces[:-1] | join(" ")' <text | jq -r . >target
  paste source target | trace-extract --pieces -k 0,logits >pieces
  [ "$(field '.source.pieces' <text | jq 'length > 4 and last == "</s>"')" = true ]
  paste <(field .source.ids <text | tr -d '[]' | tr , ' ') <(field '.target.ids[:-1]' <text | tr -d '[]' | tr , ' ') |
    trace-extract --ids -k 0,logits >ids
  stream-diff text pieces
  stream-diff text ids
}

@test "trace-extract: greedy generation as the reference has it" {
  cut -f 1 "$want/en-de.ids" | trace-extract --ids | field '.target.ids[:-1]' | tr -d '[]' | tr , ' ' >got
  diff got <(cut -f 2 "$want/en-de.ids")
  # the same from text; and what is generated is what has the highest logit
  printf 'The file could not be found.\nYou have a new message.\n' | trace-extract >out
  field '.target.ids[:-1]' <out | tr -d '[]' | tr , ' ' | diff - <(cut -f 2 "$want/en-de.ids")
  [ "$(stream-show --json out | jq -c 'select(.type == "trace") | .target.ids == (.top.ids.data | map(.[0]))' | uniq)" = true ]
}

@test "trace-extract: generating one by one and together gives the same tokens" {
  head -n 40 "$ROOT/examples/en-de/dev.en" >text
  trace-extract -k '' text | field .target.ids >together
  [ "$(wc -l <together)" -eq 40 ]
  sed -n '1~8p' text | while read -r line; do trace-extract -k '' <<<"$line" | field .target.ids; done >one
  diff one <(sed -n '1~8p' together)
}

@test "trace-extract: generated and forced targets give the same values" {
  head -n 3 "$ROOT/examples/en-de/dev.en" | trace-extract -k 5,logits >generated
  paste <(field .source.ids <generated | tr -d '[]' | tr , ' ') \
    <(field '.target.ids[:-1]' <generated | tr -d '[]' | tr , ' ') | trace-extract --ids -k 5,logits >forced
  stream-diff generated forced
}

@test "trace-extract: -g N is the most tokens generated, the end of sentence included" {
  for n in 1 2 5; do
    trace-extract -g $n <<<'You have a new message.' >out
    [ "$(field '.target.ids | length, last' <out | tr '\n' ' ')" = "$n 0 " ]
  done
  # a forced target is not cut
  trace-extract -g 2 --ids <<<$'5 0\t7 8 9' >out
  [ "$(field .target.ids <out)" = '[7,8,9,0]' ]
}

@test "trace-extract: max_length and forced_eos_token_id" {
  cut -f 1 "$want/plain.ids" >in
  # a sentence that would go on is stopped by the forced end, or else just stops
  edited plain generation_config.json '.max_length = 6'
  [ "$(trace-extract -m model --ids in | field '[(.target.ids | length), .target.ids[-1]]' | sort -u)" = '[5,0]' ]
  edited plain generation_config.json '.max_length = 6 | .forced_eos_token_id = null'
  [ "$(trace-extract -m model --ids in | field '[(.target.ids | length), .target.ids[-1] != 0]' | sort -u)" = '[5,true]' ]
  edited plain generation_config.json '.max_length = 6 | .max_new_tokens = 7'
  [ "$(trace-extract -m model --ids in | field '.target.ids | length' | sort -u)" = 7 ]
  edited plain generation_config.json '.max_length = 6 | .forced_eos_token_id = 3'
  [ "$(trace-extract -m model --ids in | field '.target.ids[4]' | sort -u)" = 3 ]
}

@test "trace-extract: bad_words_ids" {
  cut -f 1 "$want/plain.ids" | head -n 1 >in
  trace-extract -m "$models/plain" --ids in | field .target.ids >free
  first=$(jq '.[0]' free) second=$(jq '.[1]' free)
  # one id never comes, and is no top token either
  edited plain generation_config.json ".bad_words_ids += [[$second]]"
  trace-extract -m model --ids in >out
  [ "$(field ".target.ids | index($second)" <out)" = null ]
  [ "$(field ".top.ids.data | flatten | index($second)" <out)" = null ]
  # several ids: the last does not come after the others
  edited plain generation_config.json ".bad_words_ids += [[$first, $second]]"
  trace-extract -m model --ids in | field .target.ids >got
  [ "$(jq '.[0]' got)" = "$first" ]
  [ "$(jq '.[1]' got)" != "$second" ]
  # the start token (10) is one that the decoder has been given
  edited plain generation_config.json ".bad_words_ids += [[10, $first]]"
  trace-extract -m model --ids in | field .target.ids >got
  [ "$(jq '.[0]' got)" != "$first" ]
  # an end of sentence alone cannot be forbidden
  edited plain generation_config.json '.bad_words_ids += [[0]]'
  [ "$(trace-extract -m model --ids in | field .target.ids)" = "$(cat free)" ]
}

@test "trace-extract: generation settings that are not followed are named, unless targets are forced" {
  edited plain generation_config.json '.no_repeat_ngram_size = 3'
  fails 1 "line 1: model/generation_config.json: 'no_repeat_ngram_size' is 3: not supported" \
    'echo "1 0" | trace-extract -m model --ids'
  trace-extract -m model --ids <<<$'1 0\t2' >/dev/null
}

# The lines of a stream on standard input: their number, and t, T (cut) or why they were left out.
lines() {
  stream-show -q --json -k sentence,reason,cut | jq -r '"\(.sentence) \(if .type == "skipped" then .reason elif .cut then "T" else "t" end)"' |
    paste -sd ,
}

@test "trace-extract: a blank line is no sentence; the others keep their numbers" {
  # of spaces, of the white space of Unicode, of what SentencePiece makes nothing of; with a tab
  printf 'Yes.\n\n \v\r\n\xe3\x80\x80\xc2\xa0\n\xe2\x80\x8b\nNo.\n\t\n \t \n' >text
  trace-extract text 2>err | lines >got
  [ "$(cat got)" = '0 t,1 blank,2 blank,3 blank,4 blank,5 t,6 blank,7 blank' ]
  [ ! -s err ]
  printf '\xef\xbb\xbf\n1 0\n\n' | trace-extract --ids 2>err | lines >got
  [ "$(cat got)" = '0 blank,1 t,2 blank' ]
  printf '▁the\n\n' | trace-extract --pieces | lines >got
  [ "$(cat got)" = '0 t,1 blank' ]
  [ "$(printf '\n\n' | trace-extract | lines)" = '0 blank,1 blank' ]
  # the end of sentence alone is a sentence where it is given
  [ "$(trace-extract --pieces <<<'</s>' | field .source.ids)" = '[0]' ]
  [ "$(trace-extract --ids <<<$'5 0\t0' | field .target.ids)" = '[0]' ]
}

# A text with a line of each kind that cannot be used, and its reasons
bad_text() {
  printf 'Yes.\nno\xff\na\0b\none\ttwo\tthree\nYes.\t \n\tJa.\n>>xx<< Yes.\n%s\n\nNo.\n' "$(yes the | head -n 599 | paste -sd ' ')"
}

@test "trace-extract: a line that cannot be used is an error that names file and line" {
  bad_text >text
  local what line=1
  while IFS= read -r what; do
    line=$((line + 1))
    { echo Yes.; sed -n "${line}p" text; } >one
    fails 1 "trace-extract: one: line 2: $what" 'trace-extract one >/dev/null'
    [[ $stderr == *'; --skip leaves such lines out' ]]
    [ "${#stderr_lines[@]}" -eq 1 ]
  done <<-'END'
	not valid UTF-8 at byte 3
	a NUL byte; is this text?
	more than one tab
	no target behind the tab
	no source before the tab
	the language code '>>xx<<' is not in
	600 tokens; the model has positions for 512
	END
  [ "$line" -eq 8 ]
}

@test "trace-extract: --skip leaves out what cannot be used, in its place, and says so at the end" {
  bad_text >text
  trace-extract --skip text 2>err >out
  [ "$(lines <out)" = '0 t,1 not UTF-8,2 NUL byte,3 several tabs,4 one-sided,5 one-sided,6 unknown token,7 too long,8 blank,9 t' ]
  [ "$(cat err)" = 'trace-extract: lines left out: 8 (1 blank, 1 too long, 1 not UTF-8, 1 NUL byte, 2 one-sided, 1 several tabs, 1 unknown token)' ]
  trace-extract -q --skip text 2>err >/dev/null
  [ ! -s err ]
  [ "$(printf '1 x\n5 0\n' | trace-extract --ids --skip 2>/dev/null | lines)" = '0 unknown token,1 t' ]
}

@test "trace-extract: a byte order mark in front of a file is no part of it" {
  printf 'Yes.\n' >plain
  printf '\xef\xbb\xbfYes.\n' >marked
  stream-diff <(trace-extract plain) <(trace-extract marked)
  [ "$(printf '\xef\xbb\xbf▁Select ▁a\n' | trace-extract --pieces -g 2 | field .source.ids)" = '[257,14,0]' ]
  [ "$(printf '\xef\xbb\xbf5 0\n' | trace-extract --ids -g 2 | field .source.ids)" = '[5,0]' ]
  # of each file; elsewhere it is text
  trace-extract marked marked | field .source.pieces | uniq >got
  [ "$(wc -l <got)" -eq 1 ]
  mkdir codes && ln -s "$ROOT"/examples/en-de/*.{json,spm,safetensors} codes && rm codes/vocab.json
  jq 'with_entries(if .value == 5000 then .key = ">>fra<<" else . end)' "$ROOT/examples/en-de/vocab.json" >codes/vocab.json
  [ "$(printf '\xef\xbb\xbf>>fra<< the\n' | trace-extract -m codes -g 2 | field .source.ids)" = '[5000,5,0]' ]
}

@test "trace-extract: several files, numbered through; messages have the line of the file" {
  printf 'Yes.\nNo.\n' >a
  printf 'One.\n\nTwo.' >b
  trace-extract a b | lines >got
  [ "$(cat got)" = '0 t,1 t,2 t,3 blank,4 t' ]
  stream-diff <(trace-extract a b) <(cat a b | trace-extract)
  [ "$(trace-extract a - <b | lines)" = "$(cat got)" ]
  printf 'a\tb\tc\n' >>a
  fails 1 'a: line 3: more than one tab' 'trace-extract b a'
  fails 1 'nofile: cannot open' 'trace-extract a nofile >out'
  [ ! -s out ]
}

@test "trace-extract: --first-line numbers a part as in the whole, with the same bits" {
  head -n 70 "$ROOT/examples/en-de/dev.en" >text
  trace-extract -k 5,source --skip text >whole
  head -n 32 text >a
  sed -n '33,64p' text >b
  tail -n +65 text >c
  for part in a:1 b:33 c:65; do trace-extract -k 5,source --skip --first-line "${part#*:}" "${part%:*}"; done >parts
  field '[.sentence, .values.source.data]' <whole >want
  field '[.sentence, .values.source.data]' <parts | cmp want
  # parts that are cut elsewhere have groups that end where those of the whole do
  sed -n '33,70p' text | trace-extract -k 5,source --first-line 33 | field '[.sentence, .values.source.data]' | cmp <(tail -n +33 want)
  fails 1 'line 40: more than one tab' 'printf "x\na\tb\tc\n" | trace-extract --first-line 39'
  fails 2 '--first-line takes 1 or more' 'trace-extract --first-line 0'
  [ "$(trace-extract --group)" = 32 ]
}

# A source that the model does not find an end for
endless() { printf 'a%.0s' {1..44}; echo; }

@test "trace-extract: a translation without an end is named, marked, and left out with --skip-cut" {
  { head -n 3 "$ROOT/examples/en-de/dev.en"; endless; endless; echo Yes.; endless; endless; } >text
  trace-extract -k target text 2>err >out
  [ "$(lines <out)" = '0 t,1 t,2 t,3 T,4 T,5 t,6 T,7 T' ]
  [ "$(cat err)" = 'trace-extract: text: line 4: its translation is cut at 511 tokens without an end of sentence
trace-extract: text: line 5: its translation is cut at 511 tokens without an end of sentence
trace-extract: text: line 7: its translation is cut at 511 tokens without an end of sentence
trace-extract: translations cut at 511 tokens without an end of sentence: 4; --skip-cut leaves them out' ]
  trace-extract -k target --skip-cut text 2>err >out
  [ "$(lines <out)" = '0 t,1 t,2 t,3 cut,4 cut,5 t,6 cut,7 cut' ]
  [ "$(cat err)" = 'trace-extract: lines left out: 4 (4 cut)' ]
}

@test "trace-extract: -g cuts on purpose: one line says how many; a forced end is one only where the model ends" {
  trace-extract -g 5 -k '' 2>err <<<$'Yes.\nYou have a new message.' >out
  [ "$(lines <out)" = '0 t,1 T' ]
  [ "$(cat err)" = 'trace-extract: translations cut at 5 tokens, as -g says: 1' ]
  # three tokens and the end, which is forced at the fourth and would have come there
  [ "$(trace-extract -g 3 -k '' 2>/dev/null <<<'Yes.' | field '[.target.ids[-1], .cut]')" = '[0,null]' ]
  [ "$(trace-extract -g 2 -k '' 2>/dev/null <<<'Yes.' | field '[.target.ids[-1], .cut]')" = '[0,true]' ]
  # a forced target is never cut
  [ "$(trace-extract -g 2 -k '' <<<$'Yes.\tJa, ja, ja.' | field .cut)" = null ]
}

@test "trace-extract: lines with and without a target: one warning" {
  trace-extract 2>err <<<$'Yes.\nNo.\tNein.\nYes.' >out
  [ "$(cat err)" = 'trace-extract: <stdin>: line 2: a tab: this line has a target, lines before it have none' ]
  [ "$(lines <out)" = '0 t,1 t,2 t' ]
  trace-extract 2>err <<<$'Yes.\tJa.\nNo.\nNo.' >/dev/null
  [ "$(cat err)" = 'trace-extract: <stdin>: line 2: no tab: this line is translated, lines before it have a target' ]
}

@test "trace-extract: source and target have their text, ids without files have none" {
  [ "$(trace-extract <<<'Select a  field type.' | field '[.source.text, .target.text]')" = '["Select a field type.","Wählen Sie einen Feldtyp."]' ]
  [ "$(trace-extract <<<$'Yes.\tJa,  ja.' | field .target.text)" = '"Ja, ja."' ]
  [ "$(trace-extract -m "$models/plain" --ids <<<$'1 0\t2' | field '.target | has("text")')" = false ]
}

@test "trace-extract: a target vocabulary that is missing is an error, but for ids" {
  mkdir model && ln -s "$ROOT"/examples/en-de/*.{json,spm,safetensors} model && rm model/tokenizer_config.json
  jq '.separate_vocabs = true' "$ROOT/examples/en-de/tokenizer_config.json" >model/tokenizer_config.json
  fails 1 'line 1: cannot open model/target_vocab.json' 'echo Yes. | trace-extract -m model'
  trace-extract -m model --ids <<<'5 0' >/dev/null
}

@test "trace-extract: a sentence of one token" {
  [ "$(trace-extract --ids -k source <<<$'7\t9' | field '.values.source.shape')" = '[1,128]' ]
}

@test "trace-extract: a sentence of 400 tokens" {
  yes the | head -n 399 | tr '\n' ' ' >in
  trace-extract -g 3 -k enc.5.ffn.norm in >out
  [ "$(field '[(.source.ids | length), .values["enc.5.ffn.norm"].shape, (.target.ids | length)]' <out)" = \
    '[400,[400,128],3]' ]
}

@test "trace-extract: more tokens than positions are an error that names the line" {
  yes the | head -n 599 | tr '\n' ' ' >long
  fails 1 'in: line 2: 600 tokens; the model has positions for 512' '(echo Yes.; cat long) >in; trace-extract in'
  fails 1 'line 1: 600 tokens' '(printf "Yes.\t"; cat long) | trace-extract'
  # exactly as many as there are
  yes the | head -n 511 | tr '\n' ' ' | trace-extract -g 1 -k '' | field '.source.ids | length' | grep -x 512
}

@test "trace-extract: what is no text is an error that names the line" {
  fails 1 '<stdin>: line 2: not valid UTF-8 at byte 3' "printf 'Yes.\nno\xff\n' | trace-extract"
  fails 1 'line 1: not valid UTF-8' "printf '\xc0\x80\n' | trace-extract --pieces"
  fails 1 'line 1: a NUL byte' "printf 'a\0b\n' | trace-extract"
  fails 1 'line 1: not valid UTF-8' "printf 'Yes.\t\xed\xa0\x80\n' | trace-extract"
}

@test "trace-extract: CR LF ends a line as LF does" {
  printf 'Yes.\r\nNo.\r\n' | trace-extract >a
  printf 'Yes.\nNo.\n' | trace-extract >b
  stream-diff a b
}

@test "trace-extract: unknown pieces keep their text, and are the unknown token" {
  [ "$(trace-extract --pieces <<<'▁The ▁xqzz' | field .source | jq -c '[.ids[1], .pieces[1]]')" = '[1,"▁xqzz"]' ]
}

@test "trace-extract: ids that the model does not have are errors" {
  for id in 11 99999999999999999999 -1 x 1x 0x1; do
    fails 1 "line 2: '$id' is not a token id from 0 to 10" \
      "printf '1 0\n1 $id 0\n' | trace-extract -m $models/plain --ids"
  done
  # the two sides have vocabularies of their own
  trace-extract -m "$models/separate" --ids <<<$'12 0\t7' >/dev/null
  fails 1 "'9' is not a token id from 0 to 8" "printf '12 0\t9\n' | trace-extract -m $models/separate --ids"
}

@test "trace-extract: -p is the precision of the values" {
  for p in f32:'<f4' f64:'<f8'; do
    trace-extract -p ${p%%:*} -k source,logits <<<'Yes.' >$p
    stream-show $p | grep -q "logits: .* ${p##*:} "
  done
  stream-diff -t 1e-4 -k logits f32:'<f4' f64:'<f8'
  run stream-diff -t 1e-12 -k logits f32:'<f4' f64:'<f8'
  [ "$status" -eq 1 ]
}

@test "trace-extract: -j changes nothing but the time" {
  head -n 5 "$ROOT/examples/en-de/dev.en" >text
  trace-extract -j 1 text >a
  trace-extract -j 2 text >b
  stream-diff a b
}

@test "trace-extract: the activation of every name is computed" {
  for name in relu gelu gelu_new gelu_pytorch_tanh swish silu tanh sigmoid linear; do
    edited plain config.json ".activation_function = \"$name\""
    trace-extract -m model --ids -k enc.0.ffn.in,enc.0.ffn.act <<<$'4 7 0\t3' | stream-show --json |
      jq -c --arg f $name 'select(.type == "trace") | .values | [(.["enc.0.ffn.in"] | .data), (.["enc.0.ffn.act"] | .data)]
        | map(flatten) | transpose | map(.[0] as $x | .[1] - ({
          relu: (if $x > 0 then $x else 0 end), tanh: ($x | tanh), sigmoid: (1 / (1 + (-$x | exp))), linear: $x,
          swish: ($x / (1 + (-$x | exp))), silu: ($x / (1 + (-$x | exp))),
          gelu_new: ($x * 0.5 * (1 + (0.7978845608028654 * ($x + 0.044715 * $x * $x * $x) | tanh))),
          gelu_pytorch_tanh: ($x * 0.5 * (1 + (0.7978845608028654 * ($x + 0.044715 * $x * $x * $x) | tanh))),
          gelu: ($x * 0.5 * (1 + (0.7978845608028654 * ($x + 0.044715 * $x * $x * $x) | tanh)))
        }[$f]) | fabs < (if $f == "gelu" then 1e-3 else 1e-6 end)) | all and length == 24' >ok
    [ "$(cat ok)" = true ] || { echo "$name: $(cat ok)"; return 1; }
  done
}

@test "trace-extract: settings that are not supported are named" {
  refused plain '.model_type = "xlnet"' "config.json: model_type 'xlnet' is not supported"
  mkdir foreign # the family before the weights, which are not there either
  echo '{"model_type":"no-such"}' >foreign/config.json
  fails 1 "foreign/config.json: model_type 'no-such' is not supported; supported: bart, bert, " 'trace-extract -m foreign </dev/null'
  refused plain '.activation_function = "mish"' "config.json: activation_function 'mish' is not supported"
  refused deep '.encoder_attention_heads = 4' "'d_model' is 6: not a multiple of 'encoder_attention_heads', 4"
  refused plain '.static_position_embeddings = false' \
    "no tensor 'model.encoder.embed_positions.weight', and config.json does not have positions computed"
  refused plain '.add_bias_logits = "yes"' 'add_bias_logits'
  refused plain '.pruned_heads = {"0": [0]}' "'pruned_heads' is not empty"
  refused plain '.encoder_layers = 0' "'encoder_layers' is 0"
  refused plain '.is_encoder_decoder = false' "'is_encoder_decoder' is false"
}

@test "trace-extract: a checkpoint that does not fit its settings is an error that names the tensor" {
  refused plain '.d_model = 8' "tensor 'model.shared.weight' is [11, 4]"
  refused plain '.vocab_size = 12 | .decoder_vocab_size = 12' "tensor 'model.shared.weight' is [11, 4], not [12, 4]"
  refused plain '.encoder_ffn_dim = 9' "model.encoder.layers.0.fc1.weight' is [8, 4]; config.json asks for [9, 4]"
  refused plain '.decoder_layers = 2' "model.decoder.layers.1.self_attn.q_proj"
  refused plain '.normalize_embedding = true' 'model.encoder.layernorm_embedding'
  refused plain '.add_final_layer_norm = true' 'model.encoder.layer_norm'
  refused plain '.tie_word_embeddings = false' "lm_head.weight"
  refused plain '.share_encoder_decoder_embeddings = false' 'model.encoder.embed_tokens.weight'
  refused stored '.max_position_embeddings = 17' "embed_positions.weight' is [16, 10]"
}

@test "trace-extract: parts of a model that are missing are named" {
  for file in config.json model.safetensors; do
    rm -rf model && cp -r "$models/plain" model && rm "model/$file"
    fails 1 "${file%.*}" 'echo "1 0" | trace-extract -m model --ids'
  done
  # a tiny model has no SentencePiece files
  fails 1 'source.spm' "echo hello | trace-extract -m $models/plain"
  fails 1 'nowhere' 'echo hello | trace-extract -m nowhere'
}

@test "trace-extract: a checkpoint that is cut off is an error" {
  cp -r "$models/plain" model
  truncate -s -1 model/model.safetensors
  fails 1 'model.safetensors' 'echo "1 0" | trace-extract -m model --ids'
}

@test "trace-extract: LRPIPE_MODEL is the default model, -m goes before it" {
  export LRPIPE_MODEL=$models/plain
  [ "$(trace-extract --ids <<<$'1 0\t2' | stream-show --json | jq -r 'select(.type == "header") | .model.name')" = plain ]
  [ "$(trace-extract -m "$models/deep" --ids <<<$'1 0\t2' | stream-show --json | jq -r 'select(.type == "header") | .model.name')" = deep ]
}

@test "trace-extract: mistyped options exit 2, and say what there is" {
  fails 2 "unknown option '--peices'" 'trace-extract --peices'
  fails 2 "-p takes f32 or f64, not 'f16'" 'trace-extract -p f16'
  fails 2 'exclude each other' 'trace-extract --ids --pieces'
  fails 2 "no site 'enc-self.1'; it has all, enc-self.0, dec-self.0, dec-enc.0" "trace-extract -m $models/plain -k enc-self.1 </dev/null"
  fails 2 'whole number' 'trace-extract -g x'
  fails 2 '-g takes 1 or more' 'trace-extract -g 0'
  fails 1 'nofile: cannot open' 'trace-extract nofile'
}

@test "trace-extract: a full disk is an error" {
  fails 1 'No space left on device' 'echo Yes. | trace-extract >/dev/full'
}

@test "trace-extract: a name of the hub is told how to become a directory" {
  fetch="there is no directory 'Helsinki-NLP/opus-mt-en-de' here; a model of the hub has to be fetched first"
  fails 1 "$fetch: git lfs install && git clone https://huggingface.co/Helsinki-NLP/opus-mt-en-de" \
    'trace-extract -m Helsinki-NLP/opus-mt-en-de </dev/null'
  fails 1 "$fetch" 'LRPIPE_MODEL=Helsinki-NLP/opus-mt-en-de trace-extract </dev/null'
  for path in nowhere ./a/b a/b/c /a/b ../a; do
    fails 1 "cannot open $path/config.json" "trace-extract -m $path </dev/null"
  done
}
