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
	run pipe "echo '>>xyz<<the' | tokenize-check . source text"
	[ "$output" = $'1 5 0\t>>xyz<< ▁the </s>' ]
	run pipe "echo 'the >>fra<<' | tokenize-check . source text"
	[[ $output == '5 '* && $output != *6028* ]]
	run pipe "echo '>><<' | tokenize-check . source text"
	[[ $output != *$'\t>><< '* ]]
}

@test "tokenizer: special tokens in a text are text" {
	run pipe "echo '</s>' | tokenize-check $en_de source text"
	[[ $output == *$'\t▁ < / s > </s>' ]]
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
	fails 1 'line 1: cannot open ./vocab.json: No such file or directory; without it' \
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
	fails 1 "'enable_sampling' is true" 'echo a | tokenize-check . source pieces'
}

@test "tokenizer: Python's number for 'no limit' does not spoil tokenizer_config.json" {
	copy
	echo '{"model_max_length":1000000000000000019884624838656,"unk_token":{"content":"."}}' >tokenizer_config.json
	[ "$(pipe 'echo "▁the ☃" | tokenize-check . source pieces | cut -f 1')" = '5 2 0' ]
}
