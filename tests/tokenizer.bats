#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
load helper

en_de=${EN_DE:-$BATS_TEST_DIRNAME/../examples/en-de}
separate=$BATS_TEST_DIRNAME/data/models/separate

# A copy of the example's tokenizer files to change
copy() { cp "$en_de"/{config.json,vocab.json,tokenizer_config.json,source.spm,target.spm} . && chmod u+w -- *; }

# TEXT SIDE FORM: ids of a line of the example model
ids() { pipe "printf '%s\n' '$1' | tokenize-check $en_de $2 $3 | cut -f 1"; }

# What spm_encode and vocab.json make of standard input, as tokenize-check prints it
reference() {
	spm_encode --model="$en_de/$1.spm" --output_format=piece | /usr/bin/python3 -c '
import json, sys
vocabulary = json.load(open(sys.argv[1]))
for line in sys.stdin:
    pieces = line.split() + ["</s>"]
    print(*(vocabulary.get(p, vocabulary["<unk>"]) for p in pieces), end="\t")
    print(*pieces)' "$en_de/vocab.json"
}

@test "tokenizer: dev.en and dev.de give the pieces of spm_encode and the ids of vocab.json" {
	tokenize-check "$en_de" source text <"$en_de/dev.en" >got
	reference source <"$en_de/dev.en" >want
	[ "$(wc -l <want)" -eq 100 ]
	cmp want got
	tokenize-check "$en_de" target text <"$en_de/dev.de" >got
	reference target <"$en_de/dev.de" >want
	[ "$(wc -l <want)" -eq 100 ]
	cmp want got
}

@test "tokenizer: pieces and ids read back what text gave" {
	tokenize-check "$en_de" source text <"$en_de/dev.en" >want
	cut -f 2 want | tokenize-check "$en_de" source pieces | cmp want
	cut -f 1 want | tokenize-check "$en_de" source ids | cmp want
	tokenize-check "$en_de" target text <"$en_de/dev.de" >want
	cut -f 2 want | tokenize-check "$en_de" target pieces | cmp want
	cut -f 1 want | tokenize-check "$en_de" target ids | cmp want
}

@test "tokenizer: an empty line is the end of sentence; ids of a source are as given" {
	[ "$(ids '' source text)" = 0 ]
	[ "$(ids '' target text)" = 0 ]
	[ "$(ids '' source pieces)" = 0 ]
	[ "$(ids '' source ids)" = '' ]
	[ "$(ids '' target ids)" = 0 ]
	[ "$(ids '5 7' source ids)" = '5 7' ]
	[ "$(ids '5 7' target ids)" = '5 7 0' ]
}

@test "tokenizer: what the vocabulary lacks is the unknown token, and keeps its text" {
	run pipe "echo '▁the ☃x  .' | tokenize-check $en_de source pieces"
	[ "$output" = $'5 1 2 0\t▁the ☃x . </s>' ]
	run pipe "echo 'a ☃' | tokenize-check $en_de source text"
	[ "$output" = $'14 9 1 0\t▁a ▁ ☃ </s>' ]
}

@test "tokenizer: a language code in front is one token, elsewhere it is text" {
	copy
	/usr/bin/python3 - <<-'END'
		import json
		v = json.load(open("vocab.json"))
		v[">>fra<<"] = v.pop("<pad>")
		json.dump(v, open("vocab.json", "w"))
	END
	run pipe "echo '>>fra<< the' | tokenize-check . source text"
	[ "$output" = $'6028 5 0\t>>fra<< ▁the </s>' ]
	[ "$(pipe "echo '>>fra<<the' | tokenize-check . source text | cut -f 1")" = '6028 5 0' ]
	run --separate-stderr pipe "echo 'the >>fra<<' | tokenize-check . source text"
	[[ $output == '5 '* && $output != *6028* ]]
	[[ $stderr == *"line 1: '>>fra<<' is text here: a language code stands in front"* ]]
	run pipe "echo '>><<' | tokenize-check . source text"
	[[ $output != *$'\t>><< '* ]]
}

@test "tokenizer: a language code that the vocabulary lacks is an error that names those it has" {
	copy
	local form
	for form in text pieces; do
		fails 1 "line 1: the language code '>>xyz<<' is not in ./vocab.json, which has no language codes" \
			"echo '>>xyz<< the' | tokenize-check . source $form"
	done
	jq 'with_entries(if .value == 5000 then .key = ">>fra<<" elif .value == 5001 then .key = ">>deu<<" else . end)' \
		"$en_de/vocab.json" >vocab.json
	fails 1 "'>>fr<<' is not in ./vocab.json, which has >>fra<<, >>deu<<" \
		"echo '>>fr<< the' | tokenize-check . source text"
	jq 'with_entries(if .value > 5900 and .value < 5950 then .key = ">>x\(.value)<<" else . end)' \
		"$en_de/vocab.json" >vocab.json
	fails 1 'which has 49 others' "echo '>>fr<< the' | tokenize-check . source text"
}

@test "tokenizer: special tokens in a text are these tokens, what stands between is split by itself" {
	[ "$(ids '</s>' source text)" = '0 0' ]
	[ "$(ids 'the</s>the <unk>  the<pad>' source text)" = '5 0 5 1 5 6028 0' ]
	[ "$(ids '</s>' target text)" = '0 0' ]
	# of two that begin at one place the longer one, whatever their order
	copy
	jq '.additional_special_tokens = ["</s", "</s>x"]' "$en_de/tokenizer_config.json" >tokenizer_config.json
	jq 'with_entries(if .value == 5000 then .key = "</s" elif .value == 5001 then .key = "</s>x" else . end)' \
		"$en_de/vocab.json" >vocab.json
	[ "$(pipe 'echo "</s>x</s></s!" | tokenize-check . source text | cut -d " " -f 1-3')" = '5001 0 5000' ]
	# one that the vocabulary lacks
	jq 'del(."<pad>")' "$en_de/vocab.json" >vocab.json
	fails 1 "line 1: '<pad>' is a special token, and has no id in ./vocab.json" 'echo "a <pad>" | tokenize-check . source text'
	# with separate vocabularies it has the same id on both sides, or none that is sure
	[ "$(pipe "echo '</s>' | tokenize-check $separate target pieces | cut -f 1")" = 0 ]
}

@test "tokenizer: tokens that were added are found where they stand, from each of the files" {
	copy
	# the vocabulary has no <ent>; its id is that of a row of the model
	echo '{"<ent>": 5000}' >added_tokens.json
	[ "$(pipe 'echo "Select a <ent> type." | tokenize-check . source text | cut -f 1')" = '257 14 5000 427 2 0' ]
	[ "$(pipe 'echo "▁Select <ent>" | tokenize-check . source pieces')" = $'257 5000 0\t▁Select <ent> </s>' ]
	[ "$(pipe 'echo "257 5000" | tokenize-check . source ids | cut -f 2')" = '▁Select <ent>' ]
	# added_tokens_decoder takes the place of both other files
	jq '.added_tokens_decoder = {"5001": {content: "<org>", special: true}}' \
		"$en_de/tokenizer_config.json" >tokenizer_config.json
	[ "$(pipe 'echo "a <org> type." | tokenize-check . source text | cut -f 1')" = '14 5001 427 2 0' ]
	[[ $(pipe 'echo "a <ent> type." | tokenize-check . source text') != *5000* ]]
	# lstrip and rstrip: the code is in front of its text then
	jq 'with_entries(if .value == 5000 then .key = ">>fra<<" else . end)' "$en_de/vocab.json" >vocab.json
	jq '.added_tokens_decoder = {"5001": {content: "<org>", rstrip: true}}' "$en_de/tokenizer_config.json" >tokenizer_config.json
	[ "$(pipe 'echo "a <org>  >>fra<< type." | tokenize-check . source text | cut -f 1')" = '14 5001 5000 427 2 0' ]
	# special_tokens_map.json goes before tokenizer_config.json, where there is no decoder
	cp "$en_de/tokenizer_config.json" .
	echo '{"eos_token": {"content": "▁the"}}' >special_tokens_map.json
	[ "$(pipe 'echo "a" | tokenize-check . source text | cut -f 1')" = '14 5' ]
}

@test "tokenizer: an added token that cannot be used is named where a text has it" {
	copy
	echo '{"<ent>": 6029}' >added_tokens.json
	fails 1 "line 2: the added token '<ent>' has id 6029, but the model has 6029 tokens" \
		'printf "a\na <ent>\n" | tokenize-check . source text'
	jq '.added_tokens_decoder = {"5001": {content: "<org>", single_word: true}}' "$en_de/tokenizer_config.json" >tokenizer_config.json
	fails 1 "the added token '<org>' is a 'single_word', which is not supported" 'echo "<org>" | tokenize-check . source text'
	jq '.added_tokens_decoder = {"5001x": {content: "<org>"}}' "$en_de/tokenizer_config.json" >tokenizer_config.json
	fails 1 "tokenizer_config.json: 'added_tokens_decoder' must hold tokens by their ids, not '5001x'" \
		'echo "<org>" | tokenize-check . source text'
	cp "$en_de/tokenizer_config.json" .
	echo '{"<ent>": "a"}' >added_tokens.json
	fails 1 "added_tokens.json: the id of '<ent>' must be a whole number" 'echo "<org>" | tokenize-check . source text'
}

# PIECE: its id
id_of() { jq --arg p "$1" '.[$p]' "${2:-$en_de}/vocab.json"; }

@test "tokenizer: ids to text as spm_decode joins their pieces, without special tokens" {
	tokenize-check "$en_de" target text <"$en_de/dev.de" >got
	cut -f 1 got | tokenize-check "$en_de" target join >text
	cut -f 2 got | sed 's/ <\/s>$//; s/<unk>//' | spm_decode --model="$en_de/target.spm" --input_format=piece >want
	[ "$(wc -l <want)" -eq 100 ]
	diff <(grep -n '' want) <(grep -n '' text)
	# special ones are left out wherever they stand
	[ "$(pipe "echo 0 1 $(id_of ▁Ja) 6028 $(id_of .) 0 | tokenize-check $en_de target join")" = 'Ja.' ]
	# a lone mark of a space and its like at the ends
	[ "$(pipe "echo $(id_of ▁) $(id_of ▁Ja) $(id_of ▁) | tokenize-check $en_de target join")" = 'Ja' ]
	[ "$(pipe "echo 0 | tokenize-check $en_de target join")" = '' ]
}

@test "tokenizer: added tokens have spaces around them, special ones with other names are left out" {
	copy
	echo '{"<ent>": 5000, "<skip>": 5001}' >added_tokens.json
	jq '.additional_special_tokens = ["<skip>"] | .eos_token = "[EOS]"' "$en_de/tokenizer_config.json" >tokenizer_config.json
	jq 'with_entries(if .key == "</s>" then .key = "[EOS]" else . end)' "$en_de/vocab.json" >vocab.json
	[ "$(pipe "echo $(id_of ▁Ja) 5000 5001 $(id_of .) 0 | tokenize-check . target join")" = 'Ja <ent> .' ]
	# an option of the tokenizer takes out the spaces of English
	jq '.clean_up_tokenization_spaces = true' tokenizer_config.json >t && mv t tokenizer_config.json
	[ "$(pipe "echo $(id_of ▁Ja) 5000 5001 $(id_of .) 0 | tokenize-check . target join")" = 'Ja <ent>.' ]
}

@test "tokenizer: an id without a piece reads as the unknown token, with one warning" {
	copy
	jq 'with_entries(select(.value != 5000 and .value != 5001))' "$en_de/vocab.json" >vocab.json
	run --separate-stderr pipe "printf '%s\n' '$(id_of ▁Ja) 5000 $(id_of .) 0' 5001 | tokenize-check . target join"
	[ "$output" = $'Ja<unk> .\n<unk>' ]
	[ "${#stderr_lines[@]}" -eq 1 ]
	[[ $stderr == *"line 1: token 5000 has no piece in ./vocab.json: texts have '<unk>' in its place" ]]
}

@test "tokenizer: byte pieces are joined to characters, bytes that are none are U+FFFD" {
	copy
	cut -d ' ' -f 1-6 "$en_de/dev.de" | head -n 60 >text
	spm_train --input=text --model_prefix=bytes --vocab_size=400 --byte_fallback --character_coverage=0.98 &>log
	cp bytes.model target.spm
	cut -f 1 bytes.vocab | jq -R . | jq -s 'to_entries | map({(.value): .key}) | add' >vocab.json
	b() { id_of "<0x$1>" .; }
	[ "$(pipe "echo $(b 41) $(b E2) $(b 82) $(b AC) | tokenize-check . target join")" = 'A€' ]
	[ "$(pipe "echo $(b 41) $(b E2) $(b 82) $(b 42) | tokenize-check . target join")" = 'A��B' ]
	[ "$(pipe "echo $(b FF) | tokenize-check . target join")" = '�' ]
	[ "$(pipe "echo $(b 41) $(b 00) $(b 42) | tokenize-check . target join")" = 'A�B' ]
	# text that the pieces do not cover comes back as it was
	[ "$(pipe "echo 'Grüße € ☃ 漢字' | tokenize-check . target text | cut -f 1 | tokenize-check . target join")" = 'Grüße € ☃ 漢字' ]
}

@test "tokenizer: no text where there are no files to make it with" {
	[ "$(pipe "echo '2 3' | tokenize-check $separate target ids")" = $'2 3 0\t▁t2 ▁t3 </s>' ]
	[ "$(pipe "echo '2 3' | tokenize-check $separate target join")" = '(unknown)' ]
}

@test "tokenizer: text that is not UTF-8 is an error that names the line" {
	local bad
	for bad in '\377' '\300\200' '\355\240\200' '\364\220\200\200' '\360\237\230' '\200'; do
		fails 1 'line 2: not valid UTF-8 at byte 3' \
			"printf 'fine\nab$bad\n' | tokenize-check $en_de source text"
	done
	[ "$(ids '😀' source text)" = '9 1 0' ]
}

@test "tokenizer: separate vocabularies" {
	[ "$(pipe "echo '▁s9 ▁t3' | tokenize-check $separate source pieces")" = $'9 1 0\t▁s9 ▁t3 </s>' ]
	[ "$(pipe "echo '▁s9 ▁t3' | tokenize-check $separate target pieces")" = $'1 3 0\t▁s9 ▁t3 </s>' ]
	[ "$(pipe "echo '2 3' | tokenize-check $separate target ids")" = $'2 3 0\t▁t2 ▁t3 </s>' ]
	fails 1 "'9' is not a token id from 0 to 8" "echo 9 | tokenize-check $separate target ids"
	[ "$(pipe "echo 9 | tokenize-check $separate source ids | cut -f 1")" = 9 ]
}

@test "tokenizer: ids need no other file than config.json" {
	echo '{"model_type":"marian","vocab_size":11,"decoder_vocab_size":9}' >config.json
	[ "$(pipe 'echo 1 10 | tokenize-check . source ids')" = $'1 10\t1 10' ]
	[ "$(pipe 'echo 1 8 | tokenize-check . target ids')" = $'1 8 0\t1 8 0' ]
	fails 1 'no tokenizer in it, whose files are one of: tokenizer.json; ' \
		'echo a | tokenize-check . source text'
}

@test "tokenizer: an id must be a number of the vocabulary" {
	local bad
	for bad in 6029 -1 2x 0x1 99999999999999999999 a; do
		fails 1 "line 1: '$bad' is not a token id from 0 to 6028" \
			"echo '5 $bad' | tokenize-check $en_de source ids"
	done
}

@test "tokenizer: bad tokenizer files are named" {
	copy
	head -c 300000 "$en_de/source.spm" >source.spm
	fails 1 './source.spm: not a SentencePiece model' 'echo a | tokenize-check . source text'
	rm source.spm
	fails 1 'cannot open ./source.spm: No such file' 'echo a | tokenize-check . source text'
	echo '{"a":6029}' >vocab.json
	fails 1 "vocab.json: 'a' has id 6029, but the model has 6029 tokens" 'echo a | tokenize-check . source pieces'
	echo '{"a":"1"}' >vocab.json
	fails 1 "vocab.json: the id of 'a' must be a whole number" 'echo a | tokenize-check . source pieces'
	echo '{"a":1}' >vocab.json
	fails 1 "'b' is not in ./vocab.json, which has no token for the unknown" 'echo b | tokenize-check . source pieces'
	echo '{"sp_model_kwargs":{"enable_sampling":true}}' >tokenizer_config.json
	fails 1 "'enable_sampling' is true" 'echo a | tokenize-check . source text'
}

@test "tokenizer: Python's number for 'no limit' does not spoil tokenizer_config.json" {
	copy
	echo '{"model_max_length":1000000000000000019884624838656,"unk_token":{"content":"."}}' >tokenizer_config.json
	[ "$(pipe 'echo "▁the ☃" | tokenize-check . source pieces | cut -f 1')" = '5 2 0' ]
}
