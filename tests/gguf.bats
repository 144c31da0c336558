#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# GGUF: files written by data/gguf_write.py from tiny models are those models; what is wrong with one is said.
load helper

models=$BATS_TEST_DIRNAME/data/families/models
want=$BATS_TEST_DIRNAME/data/families/want
corpus=$BATS_TEST_DIRNAME/fuzz/corpus/gguf

# MODEL TYPE [OPTION ...]: MODEL.gguf, and in `expected` what it holds, as safetensors
convert() {
	rm -rf expected
	/usr/bin/python3 "$BATS_TEST_DIRNAME/data/gguf_write.py" "$models/$1" "$1.gguf" "$2" --expect expected "${@:3}"
}

# MODEL [TOLERANCE]: names, shapes and all values of the trace are those of `expected`
is_expected() {
	diff <(ckpt-list "$1.gguf" | grep -v rope_freqs | cut -f 1,3) <(ckpt-list expected | sed 's/^h\./transformer.h./; s/^w[tp]e/transformer.&/; s/^ln_f/transformer.&/' | sort | cut -f 1,3)
	head -n 2 "$want/$1.ids" | trace-extract -q -m "$1.gguf" --ids -k all 2>said >got
	head -n 2 "$want/$1.ids" | trace-extract -q -m expected --ids -k all 2>said >wanted
	stream-diff -q -t "${2:-0}" -k sentence,target,positions,top,values wanted got || { echo "$1"; return 1; }
}

# FILE KEY=VALUE ...: llama2.gguf with other metadata
changed() {
	/usr/bin/python3 "$BATS_TEST_DIRNAME/data/gguf_write.py" "$models/${model:-llama2}" changed.gguf F32 "$@"
}

# TEXT KEY=VALUE ...: that is refused as a model
refused() {
	changed "${@:2}"
	fails 1 "$1" 'echo 5 6 | trace-extract -m changed.gguf --ids'
}

@test "gguf: F32, of every architecture, has the bits of the model it was made of" {
	for model in llama2 llama3-tied llama-linear mistral-nemo qwen2 qwen2-yarn qwen3 gemma gpt2 distilgpt2; do

		convert $model F32
		is_expected $model
	done
	convert llama3 F32 # the factors of frequencies are rounded
	is_expected llama3 1e-5
}

@test "gguf: F16 and BF16" {
	for model in llama2 qwen3 gemma gpt2; do
		for type in F16 BF16; do
			convert $model $type
			is_expected $model
		done
	done
	[ "$(ckpt-list gpt2.gguf | grep 0.attn.c_attn.weight | cut -f 2,3)" = $'BF16\t[12,36]' ]
}

@test "gguf: Q8_0 is the numbers that its blocks stand for, forward and backward" {
	for model in llama3 qwen2 qwen3 gemma gpt2; do
		convert $model Q8_0 --width 64
		is_expected $model $([ $model = llama3 ] && echo 1e-5 || echo 0)
	done
	[ "$(ckpt-list gpt2.gguf | grep 0.mlp.c_fc.weight | cut -f 2,3)" = $'Q8_0\t[64,128]' ]
	lrp-layer -q -p f64 -r attnlrp -l all,target got | stream-diff -q -t 0 - <(lrp-layer -q -p f64 -r attnlrp -l all,target wanted)
	ckpt-check convert | grep -qx 'q8_0: 65536 scales'
}

@test "gguf: a directory with one file, with its own config.json, version 2" {
	convert qwen3 F32 --version 2
	mkdir model && mv qwen3.gguf model/x.gguf
	echo '5 6 7' | trace-extract -q -m model --ids >by-directory
	jq '.rms_norm_eps = 0.5' expected/config.json >model/config.json
	echo '5 6 7' | trace-extract -q -m model --ids >by-config
	echo '5 6 7' | trace-extract -q -m model/x.gguf --ids | stream-diff -q -t 0 -k top by-directory -
	fails 1 '' 'stream-diff -q -t 1e-6 -k top by-directory by-config'
	[ "$(ckpt-list model | cut -f 4 | sort -u)" = x.gguf ]
	[ "$(ckpt-list --summary model | cut -f 3)" = "$(ckpt-list --summary model/x.gguf | cut -f 3)" ]
	cp model/x.gguf model/y.gguf
	fails 1 'has several models, x.gguf and y.gguf; name one of the files' 'ckpt-list model'
	mkdir parts && touch parts/x-00001-of-00002.gguf parts/x-00002-of-00002.gguf
	fails 1 'join them: llama-gguf-split --merge x-00001-of-00002.gguf MODEL.gguf' 'ckpt-list parts'
	changed split.count=2 split.no=1
	fails 1 'changed.gguf: part 2 of 2 of a model; join them: llama-gguf-split --merge' 'ckpt-list changed.gguf'
	fails 1 "not a file that is a whole model, as a GGUF is; name the directory of the model" "echo 5 | trace-extract -m $models/gpt2/model.safetensors --ids"
}

@test "gguf: the header's model, and a trace finds its weights again" {
	convert llama2 F16
	echo '5 6 7' | trace-extract -q -m llama2.gguf --ids >trace
	[ "$(stream-show --json trace | head -n 1 | jq -c '.model | [.family, .name, .layers, .heads]')" = '["llama","meta-llama/Llama-2-7b-hf",2,4]' ]
	head-output -q trace | stream-show --json | grep -q output
	truncate -s +1 llama2.gguf
	fails 1 'is not the one this trace was made with' 'lrp-layer -q -l 0 trace'
}

@test "gguf: settings are honoured" {
	differs() { # KEY=VALUE ...
		changed "$@"
		echo '5 6 7 8 9' | trace-extract -q -m changed.gguf --ids >got
		fails 1 '' 'stream-diff -q -t 1e-6 -k top before got'
	}
	changed
	echo '5 6 7 8 9' | trace-extract -q -m changed.gguf --ids >before
	differs llama.rope.freq_base=100.5
	differs llama.attention.layer_norm_rms_epsilon=0.5
	differs llama.rope.scaling.factor=4.5 # linear, where no type is named
	differs llama.rope.scale_linear=4.5
	differs 'llama.rope.scaling.type="yarn"' llama.rope.scaling.factor=4.5 llama.rope.scaling.original_context_length=8
	changed 'llama.rope.scaling.type="none"' llama.rope.scaling.factor=4.5 llama.expert_count=0 'mark.of="a program"' 'general.license="x"'
	echo '5 6 7 8 9' | trace-extract -q -m changed.gguf --ids | stream-diff -q -t 0 -k top before -
	changed tokenizer.ggml.eot_token_id=9
	[ "$(ckpt-check config changed.gguf | tail -n 1)" = 'pad -1 bos 1 eos 2 start -1 forced -1' ]
	target() { echo '5 6 7' | trace-extract -q -m changed.gguf --ids -g 3 | stream-show --json | jq -c 'select(.type == "trace").target.ids'; }
	changed
	first=$(target | jq '.[0]')
	changed tokenizer.ggml.eot_token_id=$first
	[ "$(target)" = "[$first]" ]
}

@test "gguf: what is not known is refused by name" {
	refused "the architecture 'phi3' is not supported as GGUF; supported: llama, qwen2, qwen3, gemma, gpt2" 'general.architecture="phi3"'
	refused "no 'general.architecture'" general.architecture=null
	refused "'llama.expert_count' is no setting of the architecture 'llama' that is known here" llama.expert_count=8
	refused "'llama.attention.sliding_window' is no setting" llama.attention.sliding_window=4096
	refused "no 'llama.block_count'" llama.block_count=null
	refused "'llama.block_count' is not a whole number" 'llama.block_count="2"'
	refused "'llama.attention.head_count' is not a whole number" 'llama.attention.head_count=[4,4]'
	refused "'llama.rope.dimension_count' is 4, not 6: all of a head turns" llama.rope.dimension_count=4
	refused "'llama.attention.value_length' is 5, not 6" llama.attention.value_length=5
	refused "'llama.vocab_size' is 31, not 30: the rows of token_embd.weight" llama.vocab_size=31
	refused "'llama.rope.scaling.type' is 'longrope'; supported: none, linear, yarn" 'llama.rope.scaling.type="longrope"' llama.rope.scaling.factor=2.5
	refused "'llama.tensor_data_layout' is 'other', which is not known" 'llama.tensor_data_layout="other"'
	refused "general.type is 'adapter', not a model" 'general.type="adapter"'
	refused "'adapter.type': an adapter (LoRA) is not supported" 'adapter.type="lora"'
	refused "general.quantization_version is 1; supported: 2" general.quantization_version=1
	model=llama3-tied refused "tensor 'rope_freqs.weight' is not supported beside another scaling" llama.rope.scaling.factor=2.5
	fails 1 "tensor 'token_embd.weight' is Q4_K; relevance is of the weights" "ckpt-check tensor $corpus/q4_k token_embd.weight"
	[ "$(ckpt-list "$corpus/q4_k")" = $'token_embd.weight\tQ4_K\t[1,256]\tq4_k' ]
}

@test "gguf: heads are masked in a trace; a masked model is the same as from safetensors" {
	convert llama2 F32
	for model in llama2.gguf expected; do
		echo '5 6 7' | trace-extract -q -m $model --mask dec-self.0:1 --ids >masked.$model
	done
	stream-diff -q -t 0 -k top,values masked.llama2.gguf masked.expected
}

@test "gguf: hostile files are refused, none crashes" {
	for file in "$corpus"/*; do
		run ckpt-list "$file"
		[ "$status" -le 1 ] || { echo "$file"; return 1; }
		run trace-extract -q -m "$file" --ids <<<'0 1'
		[ "$status" -le 1 ] || { echo "$file"; return 1; }
		run ckpt-check gguf-tokenizer "$file"
		[ "$status" -le 1 ] || { echo "$file"; return 1; }
	done
	refuses() {
		fails 1 "$1" "ckpt-list '$corpus/$2'"
	}
	refuses 'a big-endian GGUF file, which is not supported' big-endian
	refuses 'GGUF of version 1; supported: 2 and 3; convert the model again' version-1
	refuses '9223372036854775808 keys and 9223372036854775808 tensors in 24 bytes' counts
	refuses "'k': a list of 4611686018427387904 elements" list-beyond
	refuses "'k': a list of lists" list-of-lists
	refuses "'k': a value of the unknown type 13" type-13
	refuses "'k': a flag that is 2" flag-2
	refuses "'k': a text that is not UTF-8" not-utf8
	refuses "key 'k' is there twice" key-twice
	refuses "'general.alignment' is 0, no power of 2" alignment-0
	refuses "'general.alignment' is 3, no power of 2" alignment-3
	refuses "tensor 't' is there twice" tensor-twice
	refuses "tensor 'u': its data begin at byte 0, not at 32" tensors-overlap
	refuses "tensor 'u': its data begin at byte 64, not at 32" tensors-gap
	refuses "tensor 't': its data begin at byte 1, not at 0" tensor-misaligned
	refuses "cut off: the data of tensor 't', 32 bytes from 0 on, are not inside the file's 31" tensor-beyond
	refuses "tensor 't': 5 dimensions, more than 4" dimensions-5
	refuses "tensor 't': a size of 4294967296, or too many numbers" product
	refuses "tensor 't': rows of 33 numbers, which are no blocks of 32 (Q8_0)" blocks-broken
	[ "$(ckpt-list "$corpus/trailing")" = $'t\tF32\t[8]\ttrailing' ] # as ggml's reader has it
}

@test "gguf: no length of a cut file crashes or passes" {
	local whole="$corpus/qwen3-f32" size
	run /usr/bin/python3 - "$whole" "$(command -v ckpt-list)" <<'PY'
import subprocess, sys
data = open(sys.argv[1], "rb").read()
used = len(data) - 24                      # the last tensor's padding
for size in [*range(0, min(used, 1800), 3), *range(1800, used, 97), used - 1]:
    open("cut.gguf", "wb").write(data[:size])
    r = subprocess.run([sys.argv[2], "cut.gguf"], capture_output=True, text=True)
    assert r.returncode == 1 and "cut.gguf: " in r.stderr, (size, r)
PY
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
}

@test "gguf: the list of 10 GB reads the header alone" {
	/usr/bin/python3 - <<'PY'
import struct
text = lambda s: struct.pack("<Q", len(s)) + s
names = [b"token_embd.weight"] + [b"blk.%d.attn_q.weight" % i for i in range(39)]
size = 2 * 8192 * 16384
header = b"GGUF" + struct.pack("<IQQ", 3, len(names), 2) + text(b"general.architecture") + struct.pack("<I", 8) + text(b"llama")
header += text(b"llama.attention.head_count") + struct.pack("<II", 4, 64)
for i, name in enumerate(names):
    header += text(name) + struct.pack("<IQQIQ", 2, 8192, 16384, 1, i * size)
with open("big.gguf", "wb") as f:
    f.write(header)
    f.truncate(-(-len(header) // 32) * 32 + len(names) * size)
PY
	[ "$(stat -c %s big.gguf)" -gt 10000000000 ]
	[ "$(ckpt-list big.gguf | wc -l)" = 40 ]
	[ "$(resident ckpt-list big.gguf)" -lt 50000 ] # its header, not its data
}

@test "gguf: the tokeniser of scores: merges by score, the template, spaces" {
	[ "$(ckpt-check gguf-tokenizer "$corpus/vocab-spm" | jq -cS '[.model.merges, .model.unk_token, .model.byte_fallback, .normalizer.normalizers[0].prepend, (.decoder.decoders | map(.type)),
		.post_processor.special_tokens["<s>"].ids, (.added_tokens | map([.id, .content, .special]))]')" = \
		'[[["a","b"],["▁","a"]],"<unk>",true,"▁",["Replace","ByteFallback","Fuse","Strip"],[1],[[1,"<s>",true],[2,"</s>",true],[7,"▁a",false]]]' ]
	fails 1 'no tokeniser' "ckpt-check gguf-tokenizer $models/llama2"
	tokenizer="$ROOT/examples/en-lm/tokenizer.model"
	/usr/bin/python3 "$BATS_TEST_DIRNAME/data/gguf_write.py" "$ROOT/examples/en-lm" lm.gguf Q8_0 --tokenizer "$tokenizer" tokenizer.ggml.add_space_prefix=false
	[ "$(ckpt-check gguf-tokenizer lm.gguf | jq -c '[(.model.vocab | length), (.model.merges | length), .model.merges[5], (.normalizer.normalizers | length), (.decoder.decoders | map(.type))]')" = \
		'[6000,9075,["▁th","e"],1,["Replace","ByteFallback","Fuse"]]' ]
}

@test "gguf: text goes in and comes out, of a file and of a directory that holds it" {
	/usr/bin/python3 "$BATS_TEST_DIRNAME/data/gguf_write.py" "$ROOT/examples/en-lm" lm.gguf F32 --tokenizer "$ROOT/examples/en-lm/tokenizer.model"
	head -100 "$ROOT/examples/en-de/test.en" >text
	text-pieces -m "$ROOT/examples/en-lm" --ids text >want
	text-pieces -m lm.gguf --ids text | cmp want
	text-pieces -m lm.gguf --decode want | cmp text
	mkdir own && mv lm.gguf own
	echo 'The house is' | trace-extract -m "$ROOT/examples/en-lm" -qg 5 | stream-show --json | jq -c 'select(.target) | .target' >want
	echo 'The house is' | trace-extract -m own -qg 5 | stream-show --json | jq -c 'select(.target) | .target' | cmp want
}

@test "gguf: the tokeniser of merges, by the name of how texts are split" {
	of() { # FILE FILTER
		ckpt-check gguf-tokenizer "$corpus/$1" | jq -c "$2"
	}
	[ "$(of vocab-gpt2 '[.pre_tokenizer.pretokenizers[] | [.type, .use_regex]]')" = '[["ByteLevel",true]]' ]
	[ "$(of vocab-smollm '[.pre_tokenizer.pretokenizers[] | [.type, .use_regex]]')" = '[["Digits",null],["ByteLevel",true]]' ]
	[ "$(of vocab-llama-bpe '[.model.ignore_merges, .normalizer, .pre_tokenizer.pretokenizers[1].use_regex, (.post_processor.single | length)]')" = '[true,null,false,3]' ]
	[ "$(of vocab-llama-bpe '.pre_tokenizer.pretokenizers[0].pattern.Regex')" = \
		"\"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\\\r\\\\n\\\\p{L}\\\\p{N}]?\\\\p{L}+|\\\\p{N}{1,3}| ?[^\\\\s\\\\p{L}\\\\p{N}]+[\\\\r\\\\n]*|\\\\s*[\\\\r\\\\n]+|\\\\s+(?!\\\\S)|\\\\s+\"" ]
	[ "$(of vocab-qwen2 '[.normalizer.type, .model.vocab, .model.merges, .post_processor.type]')" = '["NFC",{"<e>":3,"a":0,"ab":2,"b":1},["a b"],"TemplateProcessing"]' ]
	vocabulary='tokenizer.ggml.tokens=["a","b","ab"]'
	no() { # TEXT KEY=VALUE ...
		changed "${@:2}"
		fails 1 "$1" 'ckpt-check gguf-tokenizer changed.gguf'
	}
	no "the tokeniser 'bert' is not supported; supported: gpt2, llama" 'tokenizer.ggml.model="bert"' "$vocabulary"
	no "'tokenizer.ggml.pre' is 'other': how its texts are split is not known" 'tokenizer.ggml.model="gpt2"' 'tokenizer.ggml.pre="other"' "$vocabulary"
	no "'tokenizer.ggml.pre' is 'default'" 'tokenizer.ggml.model="gpt2"' "$vocabulary"
	no "token 1 is there twice, 'a'" 'tokenizer.ggml.model="gpt2"' 'tokenizer.ggml.tokens=["a","a"]'
	no "no 'tokenizer.ggml.merges'" 'tokenizer.ggml.model="gpt2"' 'tokenizer.ggml.pre="gpt-2"' "$vocabulary"
	no "'tokenizer.ggml.merges' has 'ab', not two pieces" 'tokenizer.ggml.model="gpt2"' 'tokenizer.ggml.pre="gpt-2"' 'tokenizer.ggml.merges=["ab"]' "$vocabulary"
	no "no 'tokenizer.ggml.scores'" 'tokenizer.ggml.model="llama"' "$vocabulary"
	no "'tokenizer.ggml.scores' has 2 elements, for 3 tokens" 'tokenizer.ggml.model="llama"' 'tokenizer.ggml.scores=[0.5,1.5]' "$vocabulary"
	no "'tokenizer.ggml.lowercase' is no setting of a tokeniser that is known here" 'tokenizer.ggml.model="llama"' tokenizer.ggml.lowercase=true "$vocabulary"
}
