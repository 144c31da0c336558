#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# pytorch_model.bin: what PyTorch wrote (data/torch), the tiny models again in that format, files that must be refused.
load helper

data=$BATS_TEST_DIRNAME/data
bin=$data/torch_bin.py

# PATH: its tensors, but not the fingerprint
tensors() { pipe "weights-check $1 | grep -P '\t'"; }

@test "torch: every tensor that torch.save wrote is that of the same safetensors, bit for bit" {
	local file
	for file in all module; do
		tensors "$data/torch/$file.bin" >got
		tensors "$data/torch/$file.safetensors" >want
		diff got want
	done
	[ "$(wc -l <want)" -eq 2 ]
	[ "$(pipe "ckpt-list $data/torch/all.bin | sed -n 's/^\(bfloat16\|int64\|scalar\|transposed\)\t//p'")" = \
		$'BF16\t[5]\tall.bin\nI64\t[5]\tall.bin\nF32\t[]\tall.bin\nF32\t[6,4]\tall.bin' ]
}

@test "torch: shards are one checkpoint; files in the order of the names" {
	cp "$data"/torch/{x-*,*.json} .
	[ "$(pipe 'ckpt-list .')" = $'a\tF32\t[4,6]\tx-00001-of-00002.bin\nb\tF32\t[6,4]\tx-00002-of-00002.bin' ]
	rm x-00002*
	fails 1 'x-00002-of-00002.bin: No such file' 'ckpt-list .'
}

@test "torch: safetensors come first" {
	cp "$data/torch/module.bin" pytorch_model.bin
	[ "$(pipe 'ckpt-list . | cut -f 1,4')" = $'bias\tpytorch_model.bin\nweight\tpytorch_model.bin' ]
	cp "$data/torch/module.safetensors" model.safetensors
	[ "$(pipe 'ckpt-list . | cut -f 4 | uniq')" = model.safetensors ]
}

@test "torch: what is not the weights alone is refused, with what to do" {
	local t=$data/torch
	fails 1 'in the format of torch.save before version 1.6; save it anew: torch.save(torch.load(' "ckpt-list $t/old.bin"
	fails 1 'a TorchScript archive, which is a program; save its weights alone' "ckpt-list $t/program.bin"
	fails 1 "'torch.nn.modules.linear.Linear' is called" "ckpt-list $t/whole.bin"
	fails 1 'operation FRAME (byte 2 of its pickle), which torch.save does not write for weights' "ckpt-list $t/protocol4.bin"
	fails 1 "'torch._utils._rebuild_sparse_tensor' is called" "ckpt-list $t/sparse.bin"
	echo nonsense >pytorch_model.bin
	fails 1 'pytorch_model.bin: not a file of torch.save, which is a zip, or cut off' 'ckpt-list .'
	: >pytorch_model.bin
	fails 1 'pytorch_model.bin: not a file of torch.save, which is a zip, or cut off' 'ckpt-list .'
}

@test "torch: hostile files are one clear line, and execute nothing" {
	local case says bad=0 status
	"$bin" cases . >list
	[ "$(wc -l <list)" -gt 90 ]
	while IFS=$'\t' read -r case says; do
		weights-check "$case.bin" >out 2>err && status=0 || status=$?
		if [ "$says" = - ]; then
			[ $status -eq 0 ] && [ ! -s err ]
		else
			[ $status -eq 1 ] && [ "$(wc -l <err)" -eq 1 ] && [[ $(<err) == "weights-check: "*"$says"* ]]
		fi || { echo "$case: status $status, $(cat err)"; bad=1; }
	done <list
	[ $bad -eq 0 ]
}

@test "torch: memory is in proportion to the file, whatever it says" {
	limits_memory
	"$bin" cases . >list
	local case
	for case in marks deep nested laughs laughs-as-shape itself repeated memo-large storage-huge bomb good-repeated; do
		(ulimit -v 200000; weights-check $case.bin >/dev/null 2>err) || ! grep -q 'out of memory' err
	done
}

@test "torch: no length of a cut file crashes or passes" {
	local size
	"$bin" case good whole.bin
	for ((size = 0; size < $(stat -c %s whole.bin); size++)); do
		head -c $size whole.bin >pytorch_model.bin
		ckpt-list pytorch_model.bin 2>err && return 1
		[ "$(wc -l <err)" -eq 1 ]
		[[ $(<err) == 'ckpt-list: '*'/pytorch_model.bin: '* ]]
	done
}

@test "torch: a changed byte of the pickle is found by its checksum" {
	"$bin" case good one.bin
	/usr/bin/python3 -c 'b = bytearray(open("one.bin", "rb").read()); b[b.index(b"\x89ccoll")] = 0x88; open("one.bin", "wb").write(b)'
	fails 1 "'archive/data.pkl' is damaged or cut off" 'ckpt-list one.bin'
}

@test "torch: the fingerprint follows pickle and storages" {
	"$bin" case good a.bin
	"$bin" case good-transposed b.bin
	/usr/bin/python3 -c 'b = open("a.bin", "rb").read(); open("c.bin", "wb").write(b.replace(bytes(16), b"\1" * 16))'
	[ "$(pipe 'ckpt-list --summary a.bin b.bin c.bin | cut -f 3 | sort -u | wc -l')" -eq 3 ]
}

# MODEL SHARDS: its trace and relevance are the same from pytorch_model.bin
same_numbers() {
	local ids=$data/want/${1##*/}.ids
	[[ $1 != *families* ]] || ids=$data/families/want/${1##*/}.ids
	rm -rf other
	"$bin" convert "$1" other "$2"
	trace-extract -m "$1" --ids -k all "$ids" >one.lrp
	trace-extract -m other --ids -k all "$ids" >two.lrp
	stream-diff -t 0 -k sentence,target,values one.lrp two.lrp
	for name in one two; do
		lrp-layer -q -l "$(stream-show --json one.lrp | jq -r 'first(.graph[]? | select(.name | test("-self\\.[0-9]+$")) | .name)' | head -n 1)" $name.lrp |
			stream-show --json | jq -c 'select(.type == "relevance")' >$name.json
	done
	[ -s one.json ]
	cmp one.json two.json
}

@test "torch: the tiny models give the same numbers from pytorch_model.bin, sharded or not" {
	same_numbers "$data/models/plain" 1
	same_numbers "$data/models/sharded" 3
	same_numbers "$data/families/models/gpt2" 2
	same_numbers "$data/families/models/t5" 1
}

@test "torch: head-prune writes safetensors, and names what it leaves out" {
	local model=$data/models/deep
	"$bin" convert "$model" one
	"$bin" convert "$model" three 3
	touch one/{merges.txt,vocab.txt,dict.txt,vocab.yml,decoder.yml,sentencepiece.bpe.model,chat_template.jinja} one/{tf_model.h5,flax_model.msgpack,x.npz,x.gguf}
	head-prune --mask enc-self.0:1 "$model" want
	run --separate-stderr head-prune --mask enc-self.0:1 one out
	[ "$status" -eq 0 ]
	[[ $stderr == 'head-prune: not copied, no part of the model in this format: decoder.yml, flax_model.msgpack, pytorch_model.bin, tf_model.h5, vocab.yml, x.gguf, x.npz' ]]
	[ "$(find out -printf '%f\n' | grep -cE '^(merges.txt|vocab.txt|dict.txt|sentencepiece.bpe.model|chat_template.jinja)$')" -eq 5 ]
	diff <(tensors out) <(tensors want)
	[[ $(tail -c +9 out/model.safetensors | head -c 73) == '{"__metadata__":{"format":"pt","lrpipe":"head-prune --mask enc-self.0:1"}' ]]
	head-prune -q --mask enc-self.0:1 three shards
	[ "$(cd shards && ls ./*.safetensors* | paste -sd ' ')" = \
		'./model-00001-of-00003.safetensors ./model-00002-of-00003.safetensors ./model-00003-of-00003.safetensors ./model.safetensors.index.json' ]
	diff <(tensors shards) <(tensors want)
	[ "$(jq '.weight_map | length' shards/model.safetensors.index.json)" = "$(jq '.weight_map | length' three/pytorch_model.bin.index.json)" ]
	head-prune -q --remove enc-self.0:1 three removed
	[ "$(jq -c .lrpipe_pruned_heads removed/config.json)" = '{"enc-self":{"0":[1]}}' ]
	# what was written is read, and pruned, again
	head-prune --mask enc-self.1:0 shards again
	cmp again/model.safetensors.index.json shards/model.safetensors.index.json
}
