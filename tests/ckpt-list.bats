#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
load helper

# HEADER BYTES [FILE]: a safetensors file of a short header and that many bytes of data
safetensors() {
	local length
	printf -v length '\\%03o' "${#1}"
	{ printf '%b\0\0\0\0\0\0\0%s' "$length" "$1"; head -c "$2" /dev/zero; } >"${3:-model.safetensors}"
}

two='{"b":{"dtype":"F16","shape":[2,3],"data_offsets":[0,12]},"a":{"dtype":"I64","shape":[],"data_offsets":[12,20]}}'

# PATTERN HEADER BYTES: such a file is refused, with that message
refused() {
	safetensors "$2" "$3"
	fails 1 "model.safetensors: $1" 'ckpt-list .'
}

@test "ckpt-list: name, type, shape and file, in the order of the names" {
	safetensors "$two" 20
	run pipe 'ckpt-list .'
	[ "$status" -eq 0 ]
	[ "$output" = $'a\tI64\t[]\tmodel.safetensors\nb\tF16\t[2,3]\tmodel.safetensors' ]
}

@test "ckpt-list: one file, LRPIPE_MODEL, and a checkpoint of no tensors" {
	safetensors "$two" 20 other.safetensors
	[ "$(pipe 'ckpt-list other.safetensors | cut -f 1,4')" = $'a\tother.safetensors\nb\tother.safetensors' ]
	mkdir empty
	safetensors '{"__metadata__":{"format":"pt"}}' 0 empty/model.safetensors
	run pipe 'LRPIPE_MODEL=empty ckpt-list'
	[ "$status" -eq 0 ]
	[ "$output" = "" ]
	fails 2 'no model directory' 'env -u LRPIPE_MODEL ckpt-list'
}

@test "ckpt-list: several checkpoints follow each other, their files with paths" {
	mkdir a b
	safetensors "$two" 20 a/model.safetensors
	safetensors "$two" 20 b/model.safetensors
	pipe 'ckpt-list a b/model.safetensors' >got
	[ "$(cut -f 1 got | paste -sd ' ')" = 'a b a b' ]
	[ "$(cut -f 4 got)" = "$(realpath a/model.safetensors a/model.safetensors b/model.safetensors b/model.safetensors)" ]
	[ "$(pipe 'ckpt-list --summary a b | cut -f 1')" = "$(realpath a b)" ]
	fails 1 'cannot open nowhere' 'ckpt-list a nowhere >/dev/null'
}

@test "ckpt-list: shards are one checkpoint" {
	safetensors '{"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}' 4 x-1.safetensors
	safetensors '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}' 8 x-2.safetensors
	echo '{"weight_map": {"b": "x-1.safetensors", "a": "x-2.safetensors"}}' >model.safetensors.index.json
	[ "$(pipe 'ckpt-list .')" = $'a\tF32\t[2]\tx-2.safetensors\nb\tF32\t[1]\tx-1.safetensors' ]
	[ "$(pipe 'ckpt-list --summary . | cut -f 2')" = $((8 + 54 + 4 + 8 + 54 + 8)) ]
}

@test "ckpt-list: an index that does not fit its shards is refused" {
	local index=model.safetensors.index.json
	safetensors '{"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}' 4 x.safetensors
	cp x.safetensors y.safetensors
	echo '{"weight_map": {"b": "../x.safetensors"}}' >$index
	fails 1 "'../x.safetensors' is not a plain file name" 'ckpt-list .'
	echo '{"weight_map": {"b": ".."}}' >$index
	fails 1 "'..' is not a plain file name" 'ckpt-list .'
	echo '{"weight_map": {"b": 3}}' >$index
	fails 1 'is not a plain file name' 'ckpt-list .'
	echo '{"weight_map": {"c": "x.safetensors"}}' >$index
	fails 1 "tensor 'c' is not in x.safetensors" 'ckpt-list .'
	echo '{"weight_map": {"b": "x.safetensors", "c": "y.safetensors"}}' >$index
	fails 1 "tensor 'b' is in two files" 'ckpt-list .'
	echo '{"weight_map": {"b": "z.safetensors"}}' >$index
	fails 1 'z.safetensors: No such file' 'ckpt-list .'
	echo '{}' >$index
	fails 1 "'weight_map' must be an object" 'ckpt-list .'
}

@test "ckpt-list: the fingerprint follows the contents, not the place" {
	mkdir a b
	safetensors "$two" 20 a/model.safetensors
	cp a/model.safetensors b/
	[ "$(pipe 'ckpt-list --summary a | cut -f 1')" = "$PWD/a" ]
	[[ $(pipe 'ckpt-list --summary a | cut -f 3') =~ ^[0-9a-f]{32}$ ]]
	[ "$(pipe 'ckpt-list --summary a | cut -f 2,3')" = "$(pipe 'ckpt-list --summary b | cut -f 2,3')" ]
	printf '\1' | dd of=b/model.safetensors bs=1 seek=130 conv=notrunc status=none
	[ "$(pipe 'ckpt-list --summary a | cut -f 2')" = "$(pipe 'ckpt-list --summary b | cut -f 2')" ]
	[ "$(pipe 'ckpt-list --summary a | cut -f 3')" != "$(pipe 'ckpt-list --summary b | cut -f 3')" ]
}

@test "ckpt-list: the fingerprint of a large file covers its first and its last byte" {
	local header='{"a":{"dtype":"U8","shape":[6000000],"data_offsets":[0,6000000]}}' size before
	safetensors "$header" 6000000
	size=$((8 + ${#header} + 6000000))
	before=$(pipe 'ckpt-list --summary . | cut -f 3')
	printf '\1' | dd of=model.safetensors bs=1 seek=$((size - 1)) conv=notrunc status=none
	[ "$(pipe 'ckpt-list --summary . | cut -f 3')" != "$before" ]
	safetensors "$header" 6000000
	[ "$(pipe 'ckpt-list --summary . | cut -f 3')" = "$before" ]
	printf '\1' | dd of=model.safetensors bs=1 seek=$((8 + ${#header})) conv=notrunc status=none
	[ "$(pipe 'ckpt-list --summary . | cut -f 3')" != "$before" ]
}

@test "ckpt-list: a dtype of a later version is listed" {
	safetensors '{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}}' 2
	[ "$(pipe 'ckpt-list . | cut -f 2')" = F4 ]
}

@test "ckpt-list: offsets outside of the file, or not of the shape's size, are refused" {
	refused "tensor 'a': its data, bytes 0 to 8, is not inside the file's 7" \
		'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}' 7
	refused "tensor 'a': its data" '{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}' 8
	refused "tensor 'a': its data" '{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}' 8
	refused "tensor 'a': its data" '{"a":{"dtype":"F4","shape":[2],"data_offsets":[0,9223372036854775807]}}' 8
	refused "tensor 'a': its shape needs 12 bytes, 'data_offsets' give 8" \
		'{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}' 8
	refused "tensor 'a': its shape is too large" \
		'{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}' 8
	refused "tensor 'a': bad size" '{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,0]}}' 0
	refused "tensor 'a': bad size" '{"a":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}}' 4
}

@test "ckpt-list: a header that is no safetensors header is refused" {
	refused "tensor 'a': 'dtype' must be a string" '{"a":1}' 0
	refused "tensor 'a': 'shape' must be a list" '{"a":{"dtype":"F32","data_offsets":[0,4]}}' 4
	refused "tensor 'a': 'shape' must be a list" \
		'{"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}}' 4
	refused "tensor 'a': 'data_offsets' must be" '{"a":{"dtype":"F32","shape":[1]}}' 4
	refused "tensor 'a': 'data_offsets' must be" \
		'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}' 4
	refused "tensor 'a?b': control character" \
		'{"a\nb":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}' 4
	refused 'not valid JSON' '{"a":{},"a":{}}' 0
	refused 'not valid JSON' '{"a":' 0
	refused 'not a JSON object' '[]' 0
}

@test "ckpt-list: no length of a cut file crashes or passes" {
	safetensors "$two" 20
	local whole size
	cp model.safetensors whole
	whole=$(stat -c %s whole)
	for ((size = 0; size < whole; size++)); do
		head -c $size whole >model.safetensors
		fails 1 'model.safetensors: ' 'ckpt-list .'
	done
}

@test "ckpt-list: a header length beyond the file is refused" {
	printf '\377\377\377\377\377\377\377\377{}' >model.safetensors
	fails 1 'not a safetensors file, or cut off' 'ckpt-list .'
	printf '\1\341\365\5\0\0\0\0{}' >model.safetensors
	truncate -s 200000000 model.safetensors
	fails 1 'its header has 100000001 bytes, more than 100000000' 'ckpt-list .'
}

@test "ckpt-list: what is not there is named, and how to convert it" {
	fails 1 'cannot open nowhere: No such file' 'ckpt-list nowhere'
	fails 1 'has neither model.safetensors nor model.safetensors.index.json' 'ckpt-list .'
	touch pytorch_model.bin
	fails 1 'has only pytorch_model.bin; convert it there with: python3 -c' 'ckpt-list .'
	fails 1 '/dev/null: not a file' 'ckpt-list /dev/null'
}

@test "ckpt-list: a wrong option exits 2, -h and -V exit 0" {
	fails 2 "unknown option '-x'" 'ckpt-list -x'
	run --separate-stderr pipe 'ckpt-list -h'
	[ "$status" -eq 0 ]
	[[ $output == 'usage: ckpt-list '* ]]
	[ -z "$stderr" ]
	run pipe 'ckpt-list -V'
	[ "$status" -eq 0 ]
	[[ $output == 'ckpt-list (lrpipe '* ]]
}

@test "ckpt-list: a full disk is an error" {
	safetensors "$two" 20
	fails 1 'cannot write to standard output' 'ckpt-list . >/dev/full'
}
