#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
load helper

# HEADER BYTES [FILE]: a safetensors file of a short header and that many bytes of data
safetensors() {
	local length
	printf -v length '\\%03o\\%03o' $((${#1} % 256)) $((${#1} / 256))
	{ printf '%b\0\0\0\0\0\0%s' "$length" "$1"; head -c "$2" /dev/zero; } >"${3:-model.safetensors}"
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

@test "ckpt-list: elements of less than a byte are listed" {
	safetensors '{"a":{"dtype":"F4","shape":[4],"data_offsets":[0,2]}}' 2
	[ "$(pipe 'ckpt-list . | cut -f 2')" = F4 ]
}

@test "ckpt-list: offsets outside of the file, or not of the shape's size, are refused" {
	refused "tensor 'a': its data, bytes 0 to 8, is not inside the file's 7" \
		'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}' 7
	refused "tensor 'a': its data" '{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}' 8
	refused "tensor 'a': 'data_offsets' must be" '{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}' 8
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

@test "ckpt-list: the verdict on bytes and headers is that of the safetensors library" {
	local verdict header bytes what bad=0
	# verdict of its read_metadata(), bytes of data, what, header. 'ours': it takes that, we refuse it by name
	while IFS=$'\t' read -r verdict bytes what header; do
		safetensors "$header" "$bytes"
		if pipe 'ckpt-list . >/dev/null' 2>err; then [ "$verdict" = good ]; else [ "$verdict" != good ]; fi ||
			{ echo "$what: not $verdict: $(cat err)"; bad=1; }
		[ "$(wc -l <err)" -le 1 ]
	done < <(tr -s '\t' <<'TABLE'
good	0	no tensors	{}
good	0	metadata alone	{"__metadata__":{"format":"pt"}}
good	0	metadata null	{"__metadata__":null}
bad	0	metadata a list	{"__metadata__":["x"]}
bad	0	metadata with a number	{"__metadata__":{"x":1}}
bad	0	metadata with an object	{"__metadata__":{"x":{}}}
good	8	two that follow each other	{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}
good	8	in another order	{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}
bad	4	two at one place	{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}
bad	6	two that overlap	{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}
bad	12	a hole	{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}
bad	8	a hole in front	{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}
bad	5	a byte behind	{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}
bad	1	a byte, no tensors	{}
bad	3	a byte is missing	{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}
good	4	empty ones at one place	{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"b":{"dtype":"F32","shape":[2,0],"data_offsets":[0,0]},"c":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"d":{"dtype":"I8","shape":[0],"data_offsets":[4,4]}}
bad	4	an empty one within another	{"a":{"dtype":"F32","shape":[0],"data_offsets":[2,2]},"c":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}
bad	4	an empty one behind all	{"a":{"dtype":"F32","shape":[0],"data_offsets":[5,5]},"c":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}
bad	4	the end in front of the begin	{"a":{"dtype":"F32","shape":[0],"data_offsets":[4,0]}}
bad	4	more than the shape	{"a":{"dtype":"F16","shape":[1],"data_offsets":[0,4]}}
bad	4	less than the shape	{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}
good	4	a scalar	{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}
bad	4	a size of 1.0	{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}
bad	4	an offset of 4.0	{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4.0]}}
bad	4	three offsets	{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,4]}}
bad	4	no offsets	{"a":{"dtype":"F32","shape":[1]}}
bad	4	a dtype of lower case	{"a":{"dtype":"f32","shape":[1],"data_offsets":[0,4]}}
bad	4	an unknown dtype	{"a":{"dtype":"F128","shape":[0],"data_offsets":[0,0]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}
good	4	a key of no meaning	{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":[{}]}}
bad	4	a key of meaning twice	{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}
good	3	F6	{"a":{"dtype":"F6_E2M3","shape":[4],"data_offsets":[0,3]}}
bad	2	F4 that ends within a byte	{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}}
good	8	C64	{"a":{"dtype":"C64","shape":[1],"data_offsets":[0,8]}}
good	3	all of F8	{"a":{"dtype":"F8_E8M0","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"F8_E4M3FNUZ","shape":[1],"data_offsets":[1,2]},"c":{"dtype":"F8_E5M2FNUZ","shape":[1],"data_offsets":[2,3]}}
bad	0	a product that overflows	{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}
bad	0	bits that overflow	{"a":{"dtype":"F64","shape":[1152921504606846976],"data_offsets":[0,0]}}
good	0	spaces around	 {"__metadata__":{}}   
bad	0	text behind	{}x
bad	0	a list	[]
bad	0	a comma too many	{"__metadata__":{},}
ours	4	a name twice	{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}
ours	4	nine sizes	{"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}}
ours	4	a line in a name	{"a\nb":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}
ours	4	a list for an object	{"a":["F32",[1],[0,4]]}
ours	0	a large size of nothing	{"a":{"dtype":"F32","shape":[9223372036854775807,0],"data_offsets":[0,0]}}
TABLE
)
	[ $bad -eq 0 ]
}

@test "ckpt-list: no length of a cut file crashes or passes" {
	safetensors "$two" 20
	local whole size
	cp model.safetensors whole
	whole=$(stat -c %s whole)
	for ((size = 0; size < whole; size++)); do
		head -c $size whole >model.safetensors
		! ckpt-list . >out 2>said || { echo "$size bytes pass"; return 1; }
		[[ $(<said) == *'model.safetensors: '* && $(<said) != *$'\n'* && ! -s out ]] || { cat said; return 1; }
	done
}

@test "ckpt-list: a header length beyond the file is refused" {
	printf '\377\377\377\377\377\377\377\377{}' >model.safetensors
	fails 1 'not a safetensors file, or cut off' 'ckpt-list .'
	printf '\1\341\365\5\0\0\0\0{}' >model.safetensors
	truncate -s 200000000 model.safetensors
	fails 1 'its header has 100000001 bytes, more than 100000000' 'ckpt-list .'
}

@test "ckpt-list: what is not there is named" {
	fails 1 'cannot open nowhere: No such file' 'ckpt-list nowhere'
	fails 1 'no weights of a model in it, which are in one of: model.safetensors, model.safetensors.index.json, pytorch_model.bin, pytorch_model.bin.index.json' 'ckpt-list .'
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
