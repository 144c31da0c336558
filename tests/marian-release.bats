#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Releases of Marian's own models as they are unzipped: .npz, decoder.yml, vocab.yml. data/marian_npz.py writes them,
# and the same model in Hugging Face's layout, from an independent reading of the published converter's names.
load helper

data=$BATS_TEST_DIRNAME/data
npz=opus.model1.npz.best-perplexity.npz

# MODEL: its release in r, the same model in h
release() {
	/usr/bin/python3 "$data/marian_npz.py" "$1" r h
}

# SCRIPT: change the arrays of r's weights in Python: a dict `a` of name and array, numpy is np
arrays() {
	/usr/bin/python3 - "r/$npz" "$data" <<-E
		import sys
		sys.path.insert(0, sys.argv[2])
		import numpy as np, marian_npz
		a = dict(np.load(sys.argv[1], allow_pickle=True))
		$1
		marian_npz.write_npz(sys.argv[1], a)
	E
}

# OPTION VALUE: in special:model.yml, in the place of what it had
option() {
	arrays "
import re
text = re.sub(r'(?m)^$1:.*\n(  .*\n)*', '', bytes(a['special:model.yml'])[:-1].decode())
a['special:model.yml'] = np.frombuffer((text + '$1: $2\n').encode() + b'\0', 'i1')"
}

# OPTION VALUE MESSAGE: refused, with that message
option_refused() {
	cp -r whole r
	option "$1" "$2"
	fails 1 "$npz: special:model.yml: $3" 'ckpt-list r'
	rm -r r
}

# TEXT MESSAGE: a vocabulary that is refused
vocabulary_refused() {
	printf '%b' "$1" >r/opus.vocab.yml
	fails 1 "r/opus.vocab.yml: $2" 'trace-extract --ids -m r <<<"2 0"'
}

# TEXT MESSAGE: a decoder.yml that is refused
decoder_refused() {
	printf '%b' "$1" >r/decoder.yml
	fails 1 "$2" 'ckpt-list r'
}

@test "marian: tiny models have the same tensors, values and relevance as in Hugging Face's layout" {
	for model in plain prenorm separate embednorm untied deep sharded; do
		rm -rf r h
		release "$data/models/$model"
		diff <(ckpt-list r | cut -f 1-3) <(ckpt-list h | cut -f 1-3)
		for d in r h; do
			trace-extract --ids -m $d -k all "$data/want/$model.ids" >$d.trace
			lrp-layer -q -l all $d.trace >$d.lrp
		done
		stream-diff -t 0 r.trace h.trace
		stream-diff -t 0 r.lrp h.lrp
	done
}

@test "marian: the built-in model translates and splits text the same" {
	release "$ROOT/examples/en-de"
	diff <(ckpt-list r | cut -f 1-3) <(ckpt-list h | cut -f 1-3)
	diff <(ckpt-list r | cut -f 1-3) <(ckpt-list "$ROOT/examples/en-de" | cut -f 1-3)
	head -n 2 "$ROOT/examples/en-de/test.en" >text
	for d in r h; do
		trace-extract -m $d text >$d.trace
		lrp-layer -l 4 $d.trace | head-sum >$d.heads
		"$ROOT/pipelines/text-translate" -m $d text >$d.text
	done
	stream-diff -t 0 r.trace h.trace
	stream-diff -t 0 r.heads h.heads
	cmp r.text h.text
	[ -s r.text ]
}

@test "marian: without decoder.yml the only .npz is taken, and the only vocabulary" {
	release "$data/models/plain"
	rm r/decoder.yml
	[ "$(trace-extract --ids -m r "$data/want/plain.ids" | stream-show | grep -c '▁s')" -gt 0 ]
	cp "r/$npz" r/other.npz
	fails 1 "r: has both $npz and other.npz; name one in decoder.yml" 'ckpt-list r'
	rm r/*.npz
	fails 1 'no weights of a model in it, which are in one of: model.safetensors, ' 'ckpt-list r'
}

@test "marian: keys of a vocabulary are texts, whatever they look like" {
	release "$data/models/plain"
	printf '%s\n' '</s>: 0' '<unk>: 1' 'no: 2' '~: 3' '1.0: 4' 'null: 5' '"\"": 6' "'#': 7" '"\u2581x": 8' '"true": 9' >r/opus.vocab.yml
	[ "$(trace-extract --pieces -m r <<<$'no ~ 1.0 null " # ▁x true\tno' | stream-show --json | jq -c 'select(.type == "trace") | .source.ids, .target.ids')" = \
		$'[2,3,4,5,6,7,8,9,0]\n[2,0]' ]
}

@test "marian: where norms stand, sizes and activations are honoured" {
	release "$data/models/plain"
	mv r whole
	for set in 'transformer-postprocess-emb dnd encoder_emb_ln_scale_pre' 'transformer-postprocess-top n encoder_top_ln_scale' \
		'enc-depth 2 encoder_l2_self_Wq' 'tied-embeddings-all false encoder_Wemb'; do
		read -r key value array <<<"$set"
		cp -r whole r
		option "$key" "$value"
		fails 1 "$npz: has no array '$array'" 'ckpt-list r'
		rm -r r
	done
	cp -r whole r
	option transformer-postprocess addnd
	option transformer-ffn-activation relu
	option transformer-decoder-dim-ffn 0
	[ "$(trace-extract --ids -m r <<<$'2 0\t3' | stream-show --json | jq -r 'first(.graph[]? | select(.op == "activation") | .function)')" = relu ]
}

@test "marian: the output's weights as an older matrix, and without a bias" {
	release "$data/models/untied"
	arrays "a['decoder_ff_logit_out_W'] = a.pop('decoder_ff_logit_out_Wt').T"
	for d in r h; do
		trace-extract --ids -m $d "$data/want/untied.ids" >$d.trace
	done
	stream-diff -t 0 r.trace h.trace
	arrays "del a['decoder_ff_logit_out_b']"
	option output-omit-bias true
	[ "$(diff <(ckpt-list r | cut -f 1) <(ckpt-list h | cut -f 1))" = $'0a1\n> final_logits_bias' ]
}

@test "marian: gelu is the converter's, and says so" {
	release "$data/models/separate"
	fails 0 "'transformer-ffn-activation' is gelu" "trace-extract --ids -m r <<<$'2 0\t3'"
}

@test "marian: options that are not supported are named" {
	release "$data/models/plain"
	mv r whole
	option_refused type s2s "'type' is 's2s': not supported, only transformer"
	option_refused transformer-postprocess danh "'transformer-preprocess' is '' and 'transformer-postprocess' is 'danh': supported are"
	option_refused transformer-preprocess n "'transformer-preprocess' is 'n' and 'transformer-postprocess' is 'dan': supported are"
	option_refused transformer-postprocess-emb a "'transformer-postprocess-emb' is 'a': not supported"
	option_refused transformer-postprocess-top na "'transformer-postprocess-top' is 'na': not supported"
	option_refused transformer-decoder-autoreg rnn "'transformer-decoder-autoreg' is rnn: not supported, only self-attention"
	option_refused transformer-tied-layers '[1, 1]' "'transformer-tied-layers' is [1,1]: not supported"
	option_refused transformer-train-position-embeddings true "'transformer-train-position-embeddings' is true: not supported"
	option_refused transformer-ffn-depth 3 "'transformer-ffn-depth' is 3: not supported, only 2"
	option_refused transformer-ffn-activation tanh "'transformer-ffn-activation' is 'tanh': not supported"
	option_refused right-left true "'right-left' is true: not supported"
	option_refused lemma-dim-emb 8 "'lemma-dim-emb' is 8: not supported"
	option_refused dim-vocabs '[10, 12]' "'dim-vocabs' are 10 and 12, but both sides have one table"
	option_refused dim-vocabs '[10]' "'dim-vocabs' must list the sizes of two vocabularies"
	option_refused dim-emb 0 "'dim-emb' is 0; expected 1 to"
	option_refused enc-depth true "'enc-depth' must be a whole number"
	option_refused mixture-of-experts 2 "'mixture-of-experts' is no option of a transformer that is known here"
}

@test "marian: decoder.yml names files beside it, and what it asks for is done or refused" {
	release "$data/models/plain"
	decoder_refused 'models: [a.npz, b.npz]\n' "'models' must name one file; several together are not supported"
	decoder_refused 'vocabs: [a, b]\n' "'models' must name one file"
	decoder_refused 'models: [../a.npz]\n' "'../a.npz' is not a plain file name"
	decoder_refused 'models: [/a.npz]\n' "'/a.npz' is not a plain file name"
	decoder_refused 'models: [..]\n' "'..' is not a plain file name"
	decoder_refused 'models: [a.bin]\n' "'models' is a.bin: not supported, only .npz"
	decoder_refused 'models: [a.npz]\n' 'cannot open'
	decoder_refused 'models: [a.npz]\nignore-model-config: true\n' "'ignore-model-config' is true: not supported"
	decoder_refused 'models: [a.npz]\nshortlist: [lex.s2t, 100]\n' "'shortlist' is [\"lex.s2t\",100]: not supported"
	decoder_refused 'models: [a.npz]\nbeam: 6\n' "'beam' is no option that is known here"
	printf 'models: [%s]\nvocabs: [a.spm, b.spm]\n' "$npz" >r/decoder.yml
	fails 1 "'vocabs' names b.spm: not supported, only .yml" 'trace-extract --ids -m r <<<"2 0"'
	ckpt-list r >/dev/null
}

@test "marian: vocabularies that are not the model's" {
	release "$data/models/plain"
	nine='</s>: 0\n<unk>: 1\nc: 2\nd: 3\ne: 4\nf: 5\ng: 6\nh: 7\ni: 8\n'
	vocabulary_refused "$nine" 'has 9 pieces, but the model has 10 tokens'
	vocabulary_refused "${nine}j: 8\n" "'j' has id 8, which another piece has"
	vocabulary_refused "${nine}j: 10\n" "'j' has id 10, but the model has 10 tokens"
	vocabulary_refused "${nine}j: -1\n" "'j' has id -1"
	vocabulary_refused "${nine}j: x\n" "the id of 'j' must be a whole number"
	vocabulary_refused "${nine}<pad>: 9\n" "has '<pad>', which such a model has no piece for"
	vocabulary_refused "${nine}c: 9\n" "line 10: 'c' stands there twice"
	vocabulary_refused 'a: 0\n' "has no '</s>'"
	touch r/source.bpe
	printf '%bj: 9\n' "$nine" >r/opus.vocab.yml
	fails 1 'r: has source.bpe: byte pairs of subword-nmt are not supported' 'trace-extract -m r <<<x'
}

@test "yaml: what is not plain YAML is refused, with its line" {
	release "$data/models/plain"
	deep=$(printf '[%.0s' {1..100})
	vocabulary_refused 'a: &x 1\nb: 2\n' "line 1: anchor 'x': not supported"
	vocabulary_refused 'a: *x\n' "line 1: alias 'x': not supported"
	vocabulary_refused 'a: 0\nb: !!str 1\n' "line 2: tag 'tag:yaml.org,2002:str': not supported"
	vocabulary_refused '? [a]\n: 1\n' 'line 1: a key that is not a text'
	vocabulary_refused "a: $deep" 'line 1: more than 16 levels'
	vocabulary_refused 'a: 1\n---\nb: 2\n' 'line 2: a second document'
	vocabulary_refused 'a: {b: 1\n' 'not valid YAML: line 2'
	vocabulary_refused '"a\\0b": 1\n' 'line 1: a byte 0'
	vocabulary_refused 'a: "\\0"\n' 'line 1: a byte 0'
	vocabulary_refused '- a\n' 'not a YAML mapping'
	vocabulary_refused '' 'not a YAML mapping'
	vocabulary_refused '\0377a: 1\n' 'not valid YAML: line 1'
	vocabulary_refused 'a\0: 1\n' 'not valid YAML: line 1'
}

@test "marian: arrays that are missing, of another form, or of no part of the model" {
	release "$data/models/plain"
	mv r whole
	while IFS='|' read -r script message; do
		cp -r whole r
		arrays "$script"
		fails 1 "$message" 'trace-extract --ids -m r <<<"2 0"'
		rm -r r
	done <<-'E'
		del a['encoder_l1_self_bq']|has no array 'encoder_l1_self_bq'
		del a['special:model.yml']|has no array 'special:model.yml'
		a['Wtype'] = a['Wemb']|no part of a transformer that is known here uses array 'Wtype'
		a['decoder_l2_self_Wq'] = a['decoder_l1_self_Wq']|no part of a transformer that is known here uses array 'decoder_l2_self_Wq'
		a['encoder_l1_self_Wq'] = a['encoder_l1_self_bq'][0]|array 'encoder_l1_self_Wq' has 1 dimensions
		a['encoder_l1_self_bq'] = a['encoder_l1_self_Wq']|array 'encoder_l1_self_bq' has 2 dimensions
		a['encoder_l1_ffn_W1'] = a['encoder_l1_ffn_W2']|model.encoder.layers.0.fc1.weight
		a['Wemb'] = a['Wemb'][1:]|tensor 'model.shared.weight' is [10, 4]
		a['decoder_ff_logit_out_b'] = a['decoder_ff_logit_out_b'][:, 1:]|final_logits_bias
		a['Wemb'] = a['Wemb'].astype('f8')|array 'Wemb': of the type <f8; only <f4 and <f2 are supported
		a['Wemb'] = a['Wemb'].astype('i1')|array 'Wemb': of the type '<i1'; save it as
		a['special:model.yml'] = a['Wemb']|array 'special:model.yml': of the type '<f4'; save it as |i1 or |u1
		a['special:model.yml'] = np.array([255, 0], 'u1').view('i1')|special:model.yml: not valid YAML: line 1
	E
}

@test "marian: archives of numpy's own are read; its other orders and objects are refused" {
	release "$data/models/plain"
	script='import sys, numpy as np; a = dict(np.load(sys.argv[1])); a["special:model.yml"] = a["special:model.yml"].view("u1"); exec(sys.argv[2]); np.savez_compressed(sys.argv[1], **a)'
	/usr/bin/python3 -c "$script" "r/$npz" ''
	diff <(ckpt-list r | cut -f 1-3) <(ckpt-list h | cut -f 1-3)
	cp -r r whole
	/usr/bin/python3 -c "$script" "r/$npz" 'a["Wemb"] = np.asfortranarray(a["Wemb"])'
	fails 1 "array 'Wemb': in the order of Fortran" 'ckpt-list r'
	/usr/bin/python3 -c "$script" "r/$npz" 'a["Wemb"] = np.array([None])'
	fails 1 "array 'Wemb': of the type '|O'" 'ckpt-list whole r'
	cp "whole/$npz" r
	/usr/bin/python3 -c "$script" "r/$npz" 'a["Wemb"] = np.zeros((1 << 22, 4), "f4")'
	fails 1 'its arrays are more than 64 times as large as the archive' 'ckpt-list r'
}

@test "marian: an archive that is cut off, or that holds other files" {
	release "$data/models/oracle"
	mkdir cut
	size=$(stat -c %s "r/$npz")
	for ((i = 0; i < size; i += i < 64 || i > size - 60 ? 3 : 307)); do
		head -c "$i" "r/$npz" >cut/model.npz
		run ckpt-list cut
		[ "$status" -eq 1 ]
	done
	cp "r/$npz" cut/model.npz
	ckpt-list cut >/dev/null
	/usr/bin/python3 -c 'import zipfile; zipfile.ZipFile("cut/model.npz", "a").writestr("notes.txt", "x")'
	fails 1 "'notes.txt' is not an array" 'ckpt-list cut'
	cp "r/$npz" cut/model.npz
	/usr/bin/python3 -W ignore -c 'import zipfile; zipfile.ZipFile("cut/model.npz", "a").writestr("Wemb.npy", "x")'
	fails 1 "array 'Wemb' is there twice" 'ckpt-list cut'
}
