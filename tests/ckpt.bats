#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What the library reads from a model directory: weights as numbers, config.json, generation_config.json.
load helper

models=$BATS_TEST_DIRNAME/data/models

# JSON: a directory with this config.json
config() { echo "$1" >config.json; }
# JSON: a directory with this generation_config.json as well
generation() {
	config '{"model_type":"marian","vocab_size":11,"decoder_start_token_id":10}'
	echo "$1" >generation_config.json
}
# TEXT JSON: refused, with that message
config_refused() {
	config "$2"
	fails 1 "config.json: $1" 'ckpt-check config .'
}
generation_refused() {
	generation "$2"
	fails 1 "generation_config.json: $1" 'ckpt-check generation .'
}

@test "weights: all numbers of 16 bits are converted exactly" {
	run pipe 'ckpt-check convert'
	[ "$status" -eq 0 ]
	[ "$output" = $'<f2: 65536 numbers\nbf16: 65536 numbers\nq8_0: 65536 scales' ]
}

@test "weights: F32 at an odd address, infinity and NaN included" {
	local header='{"ab":{"dtype":"F32","shape":[5],"data_offsets":[0,20]}}'
	printf '\71\0\0\0\0\0\0\0%-57s\0\0\200\77\0\0\200\377\0\0\300\177\1\0\0\0\315\314\314\75' "$header" >model.safetensors
	run pipe 'ckpt-check tensor . ab'
	[ "$status" -eq 0 ]
	[ "$output" = '1 1
-inf -inf
nan nan
1.40129846e-45 1.4012984643248171e-45
0.100000001 0.10000000149011612' ]
}

@test "weights: a Git LFS pointer is named as one" {
	printf 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n' >model.safetensors
	fails 1 "model.safetensors: a Git LFS pointer, not the file itself; run 'git lfs pull' there" 'ckpt-list .'
}

@test "weights: a tensor that is missing, or of a type we cannot compute with, is named" {
	printf '\71\0\0\0\0\0\0\0%-57s\0\0\0\0\0\0\0\0' \
		'{"a":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}' >model.safetensors
	fails 1 "tensor 'a' is I64; only F32, F16 and BF16 are supported" 'ckpt-check tensor . a'
	fails 1 "no tensor 'b'" 'ckpt-check tensor . b'
}

@test "config: all settings are read" {
	run pipe "ckpt-check config $models/sharded"
	[ "$status" -eq 0 ]
	[ "$output" = 'marian sharded width 12
layers 2 1 heads 2 3
ffn 16 8 gelu
tokens 11 12 positions 16
static 1 scale 1 tie 0 share 0
before 0 embedding 0 final 0 bias 0
pad 11 bos -1 eos 0 start 11 forced 0' ]
	run pipe "ckpt-check config $models/prenorm"
	[[ $output == *'before 1 embedding 0 final 1 bias 0'* ]]
	run pipe "ckpt-check config $models/stored"
	[[ $output == *'static 0 scale 1 tie 1 share 1'* ]]
}

@test "config: what is not said has the defaults of MarianConfig" {
	config '{"model_type":"marian","_name_or_path":"x"}'
	run pipe 'ckpt-check config .'
	[ "$status" -eq 0 ]
	[ "$output" = 'marian x width 1024
layers 12 12 heads 16 16
ffn 4096 4096 gelu
tokens 58101 58101 positions 1024
static 1 scale 0 tie 1 share 1
before 0 embedding 0 final 0 bias 0
pad 58100 bos -1 eos 0 start 58100 forced 0' ]
}

@test "config: null means none; several ends of sentence give the first" {
	config '{"model_type":"marian","pad_token_id":null,"forced_eos_token_id":null,"eos_token_id":[3,2]}'
	run pipe 'ckpt-check config .'
	[[ $output == *'pad -1 bos -1 eos 3 start 58100 forced -1' ]]
}

@test "config: a missing or wrong value is named with its file" {
	fails 1 'cannot open ./config.json: No such file' 'ckpt-check config .'
	config_refused "'model_type' is missing" '{}'
	config_refused "'model_type' must be a string" '{"model_type":3}'
	config_refused "'d_model' must be a whole number" '{"model_type":"marian","d_model":"8"}'
	config_refused "'d_model' must be a whole number" '{"model_type":"marian","d_model":8.5}'
	config_refused "'scale_embedding' must be true or false" '{"model_type":"marian","scale_embedding":1}'
	config_refused "'encoder_layers' is 0; expected 1 to" '{"model_type":"marian","encoder_layers":0}'
	config_refused "'vocab_size' is -1; expected 1 to" '{"model_type":"marian","vocab_size":-1}'
	config_refused "'d_model' is 100000001; expected" '{"model_type":"marian","d_model":100000001}'
	config_refused "'d_model' is 10: not a multiple of 'encoder_attention_heads', 4" \
		'{"model_type":"marian","d_model":10,"encoder_attention_heads":4,"decoder_attention_heads":2}'
	config_refused "'d_model' is 10: not a multiple of 'decoder_attention_heads', 4" \
		'{"model_type":"marian","d_model":10,"encoder_attention_heads":2,"decoder_attention_heads":4}'
	config_refused "'eos_token_id' is 11; expected an id from 0 to 10" \
		'{"model_type":"marian","vocab_size":11,"eos_token_id":11}'
	config_refused "'pad_token_id' is -1; expected an id" '{"model_type":"marian","pad_token_id":-1}'
	config_refused "'eos_token_id' must list ids" '{"model_type":"marian","eos_token_id":[]}'
	config_refused 'not valid JSON: line 2' $'{"model_type":\n}'
	config_refused 'not a JSON object' '[]'
}

@test "config: what would change the computation is refused, not ignored" {
	config_refused "model_type 'no-such' is not supported; supported: bart, bert, " '{"model_type":"no-such"}'
	config_refused "'is_encoder_decoder' is false" '{"model_type":"marian","is_encoder_decoder":false}'
	config_refused "activation_function 'mish' is not supported; supported: relu" \
		'{"model_type":"marian","activation_function":"mish"}'
	config_refused "'extra_pos_embeddings' is 2: not supported where 'static_position_embeddings' is false" \
		'{"model_type":"marian","extra_pos_embeddings":2,"static_position_embeddings":false}'
	config_refused "'tie_encoder_decoder' is set: layers that both sides share" '{"model_type":"marian","tie_encoder_decoder":true}'
	config_refused "'is_decoder' is set: an encoder that is made a decoder" '{"model_type":"marian","is_decoder":true}'
	config_refused "'add_cross_attention' is set: attention that is added to a decoder" '{"model_type":"marian","add_cross_attention":true}'
	config_refused "'auto_map' is set" '{"model_type":"marian","auto_map":{"AutoModel":"x.y"}}'
	config_refused "'quantization_config' is set" '{"model_type":"marian","quantization_config":{"bits":4}}'
	config_refused "'pruned_heads' is not empty, and does not say of which kind" '{"model_type":"marian","pruned_heads":{"0":[1]}}'
	config_refused "'pruned_heads' is not empty, and does not say of which kind" '{"model_type":"marian","pruned_heads":[1]}'
	config_refused "'lrpipe_pruned_heads' must be an object" '{"model_type":"marian","lrpipe_pruned_heads":[1]}'
	config_refused "has both 'pruned_heads' and 'lrpipe_pruned_heads'" \
		'{"model_type":"marian","pruned_heads":{"enc-self":{"0":[1]}},"lrpipe_pruned_heads":{"enc-self":{"0":[1]}}}'
}

@test "config: a key that nobody knows is refused, another name of a setting must agree" {
	config_refused "'rope_theta' is no setting of a 'marian' model that is known here" '{"model_type":"marian","rope_theta":1e4}'
	config_refused "'hidden_size' is 512, but 'd_model' is 1024" '{"model_type":"marian","hidden_size":512}'
	config_refused "'num_attention_heads' is 8, but 'encoder_attention_heads' is 16" '{"model_type":"marian","num_attention_heads":8}'
	config_refused "'head_dim' is 32, but 'd_model' by 'encoder_attention_heads' is 64" '{"model_type":"marian","head_dim":32}'
	config '{"model_type":"marian","head_dim":64,"hidden_size":1024,"num_attention_heads":16,"_my_note":{"a":1}}'
	run pipe 'ckpt-check config .'
	[ "$status" -eq 0 ]
}

@test "config: decoder_vocab_size counts where each side has a table of its own" {
	config '{"model_type":"marian","decoder_vocab_size":70000}'
	[[ $(pipe 'ckpt-check config .') == *'tokens 58101 58101 '* ]]
	config '{"model_type":"marian","decoder_vocab_size":70000,"share_encoder_decoder_embeddings":false}'
	[[ $(pipe 'ckpt-check config .') == *'tokens 58101 70000 '* ]]
}

@test "config: neutral values of those settings are taken" {
	config '{"model_type":"marian","extra_pos_embeddings":53685,"pruned_heads":{},"quantization_config":null,"is_decoder":false}'
	run pipe 'ckpt-check config .'
	[ "$status" -eq 0 ]
}

@test "generation: its file is read" {
	generation '{"max_length":512,"eos_token_id":[0,3],"bad_words_ids":[[10],[3],[4,0],[0]],"pad_token_id":9,
		"forced_bos_token_id":7,"forced_eos_token_id":0,"num_beams":6,"decoder_start_token_id":8}'
	run pipe 'ckpt-check generation .'
	[ "$status" -eq 0 ]
	# [3] and [0] are ends of sentence, which are never forbidden
	[ "$output" = 'length 512 start 8 pad 9 forced 7 0
eos 0 3
bad 10
bad 4 0' ]
}

@test "generation: defaults where its file says little; max_new_tokens wins" {
	generation '{}'
	[ "$(pipe 'ckpt-check generation .')" = $'length 20 start 10 pad -1 forced -1 -1\neos 0' ]
	generation '{"max_new_tokens":30,"max_length":5}'
	[[ $(pipe 'ckpt-check generation .') == 'length 31 '* ]]
}

@test "generation: config.json stands in for a missing generation_config.json" {
	config '{"model_type":"marian","vocab_size":11,"decoder_start_token_id":10,"max_length":7,"bad_words_ids":[[10]]}'
	[ "$(pipe 'ckpt-check generation .')" = $'length 7 start 10 pad -1 forced -1 0\neos 0\nbad 10' ]
}

@test "generation: wrong values are named" {
	generation_refused "'max_length' is 1; expected 2" '{"max_length":1}'
	generation_refused "'max_new_tokens' is 0; expected 1" '{"max_new_tokens":0}'
	generation_refused "'bad_words_ids' must hold ids from 0 to 10" '{"bad_words_ids":[[11]]}'
	generation_refused "'bad_words_ids' must hold lists" '{"bad_words_ids":[3]}'
	generation_refused "'bad_words_ids' must hold lists" '{"bad_words_ids":[[]]}'
	generation_refused "'bad_words_ids' must be a list" '{"bad_words_ids":7}'
	generation_refused "'eos_token_id' must hold lists" '{"eos_token_id":[]}'
	generation_refused "'forced_bos_token_id' is 11" '{"forced_bos_token_id":11}'
	generation_refused "'forced_eos_token_id' is 11" '{"forced_eos_token_id":11}'
	config '{"model_type":"marian","vocab_size":11}'
	echo '{}' >generation_config.json
	fails 1 "'decoder_start_token_id' is missing" 'ckpt-check generation .'
}

@test "generation: settings that change a greedy result are refused" {
	local setting name
	for setting in '"do_sample":true' '"repetition_penalty":1.2' '"encoder_repetition_penalty":0.5' \
		'"no_repeat_ngram_size":3' '"encoder_no_repeat_ngram_size":3' '"min_length":1' \
		'"min_new_tokens":1' '"suppress_tokens":[1]' \
		'"begin_suppress_tokens":[0]' '"forced_decoder_ids":[[1,2]]' '"sequence_bias":[[[1],2.0]]' \
		'"guidance_scale":1.5' '"penalty_alpha":0.6' '"dola_layers":"low"' '"max_time":1.5'; do
		name=${setting#?} name=${name%%\"*}
		generation_refused "'$name' is ${setting#*:}" "{$setting}"
	done
}

@test "generation: neutral values of those settings are taken" {
	generation '{"do_sample":false,"repetition_penalty":1.0,"no_repeat_ngram_size":0,"min_length":0,
		"forced_bos_token_id":null,"suppress_tokens":[],"guidance_scale":1,"length_penalty":0.6}'
	run pipe 'ckpt-check generation .'
	[ "$status" -eq 0 ]
}
