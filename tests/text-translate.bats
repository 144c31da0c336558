#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
load helper

PATH=$ROOT/pipelines:$PATH
english=$ROOT/examples/en-de/dev.en

@test "text-translate: the text of the pieces that the model predicts" {
  head -n 40 "$english" >text
  text-translate text >got
  # the pieces to text once more, by SentencePiece
  trace-extract text | stream-show --json | jq -r 'select(.type == "trace").target.pieces[:-1] | join(" ")' |
    spm_decode --model="$ROOT/examples/en-de/target.spm" --input_format=piece >want
  [ "$(sort -u want | wc -l)" -ge 39 ]
  diff want got
  [ "$(text-translate <<<'Select a field type.')" = 'Wählen Sie einen Feldtyp.' ]
}

@test "text-translate: a line for each line, whatever it holds" {
  printf 'Close the window.\n\n   \n\xe6\xbc\xa2\xe5\xad\x97 \xe2\x82\xac\t\r\n.' | tr -d '\t' | text-translate >got
  [ "$(wc -l <got)" -eq 5 ]
  [ "$(sed -n 1p got)" = 'Schließen Sie das Fenster.' ]
  [ "$(sed -n 2,3p got | tr '\n' '|')" = '||' ]
  [ -n "$(sed -n 4p got)" ]
  [ -n "$(sed -n 5p got)" ]
  # no blanks around, no special token, no mark of SentencePiece's
  run grep -nE '^ | $|▁|</s>|<pad>|<unk>' got
  [ "$status" -eq 1 ]
  [ -z "$(text-translate </dev/null)" ]
  [ -z "$(text-translate -j 2 </dev/null)" ]
}

@test "text-translate: the text is that of the trace, on one line; a line that is left out is empty" {
	mkdir fake
	cat >fake/trace-extract <<'END'
#!/bin/bash
cat >/dev/null
stream-pack <<'LINES'
{"type":"trace","sentence":0,"source":{"ids":[5,0]},"target":{"ids":[1,0],"pieces":["▁x","</s>"],"text":"a <s>\tb"}}
{"type":"skipped","sentence":1,"reason":"blank"}
{"type":"trace","sentence":2,"source":{"ids":[5]},"target":{"ids":[1,2],"text":"c\nd"}}
{"type":"trace","sentence":3,"source":{"ids":[5]},"target":{"ids":[0],"text":""}}
LINES
END
	chmod +x fake/trace-extract
	PATH=$PWD/fake:$PATH text-translate </dev/null >got
	[ "$(cat -A got)" = 'a <s> b$
$
c d$
$' ]
	sed -i 's/,"text":""//' fake/trace-extract
	fails 1 'text-translate: no text comes out: the model fills in masks, or has no tokenizer' 'PATH=$PWD/fake:$PATH text-translate </dev/null'
	[ -z "$output" ]
}

@test "text-translate: a tokenizer of one's own: names of special tokens, ids without a piece" {
	mkdir named && ln -s "$ROOT"/examples/en-de/*.{json,spm,safetensors} named && rm named/vocab.json named/tokenizer_config.json
	jq 'with_entries(if .key == "</s>" then .key = "[EOS]" else . end)' "$ROOT/examples/en-de/vocab.json" >named/vocab.json
	jq '.eos_token = "[EOS]"' "$ROOT/examples/en-de/tokenizer_config.json" >named/tokenizer_config.json
	printf 'Select a field type.\n\nA menu.\n' >text
	text-translate text >want
	text-translate -m named text | cmp - want
	# the last piece but the full stop is gone from the vocabulary
	jq 'with_entries(select(.key != "typ"))' named/vocab.json >v && mv v named/vocab.json
	run --separate-stderr text-translate -m named text
	[ "${lines[0]}" = 'Wählen Sie einen Feld<unk> .' ]
	[[ $stderr == *"has no piece in named/vocab.json: texts have '<unk>' in its place"* ]]
}

@test "text-translate: any number of workers, the same text" {
  head -n 70 "$english" >text
  text-translate text >want
  [ "$(wc -l <want)" -eq 70 ]
  text-translate -j 2 text | cmp - want
  text-translate -j 3 - <text | cmp - want
}

@test "text-translate: with heads masked it is another text, with all workers" {
  head -n 40 "$english" >text
  text-translate --mask 'enc-self.2:0,4;dec-enc.1:3' text >masked
  trace-extract --mask 'enc-self.2:0,4;dec-enc.1:3' text | stream-show --json |
    jq -r 'select(.type == "trace").target.pieces[:-1] | join(" ")' |
    spm_decode --model="$ROOT/examples/en-de/target.spm" --input_format=piece | cmp - masked
  text-translate -j 2 --mask 'enc-self.2:0,4;dec-enc.1:3' text | cmp - masked
  echo '{"enc-self": {"2": [0, 4]}, "dec-enc": {"1": [3]}}' >heads.json
  text-translate -j 2 --mask heads.json text | cmp - masked
  run cmp masked <(text-translate text)
  [ "$status" -eq 1 ]
  # their means in their place: again another text
  paste text <(head -n 40 "$ROOT/examples/en-de/dev.de") | trace-extract | head-mean >means
  text-translate -j 2 --mask heads.json --mean means text >with_means
  trace-extract --mask heads.json --mean means text | stream-show --json |
    jq -r 'select(.type == "trace").target.pieces[:-1] | join(" ")' |
    spm_decode --model="$ROOT/examples/en-de/target.spm" --input_format=piece | cmp - with_means
  run cmp -s masked with_means
  [ "$status" -eq 1 ]
}

@test "text-translate: another model" {
  cp -r "$ROOT/examples/en-de" mine
  echo 'Select a field type.' >text
  text-translate -m mine text | cmp - <(text-translate text)
  fails 1 'nowhere' 'text-translate -m nowhere text'
}

@test "text-translate: a tab would force a target" {
  printf 'one\ntwo\tzwei\n' >text
  fails 1 'text-translate: text: line 2: a tab; lines are source sentences alone' 'text-translate text'
  echo one >first
  fails 1 'text-translate: text: line 2: a tab' 'text-translate first text'
  fails 1 'text-translate: <stdin>: line 2: a tab' 'text-translate <text'
  [ -z "$output" ]
}

@test "text-translate: failure travels, and prints no text" {
  head -n 40 "$english" >text
  for j in 1 2; do
    fails 1 'NUL byte' "{ cat text; printf 'a\0b\n'; } | text-translate -j $j"
    [ -z "$output" ]
    # all workers fail at once
    fails 2 "no heads at 'x'" "timeout 300 text-translate -j $j --mask x:1 text"
    [ -z "$output" ]
  done
  for stage in trace-extract stream-show; do
    mkdir $stage
    # one that fails when all but its last bytes are written
    printf '#!/bin/bash\n"$BIN/%s" "$@" | head -c -3\nexit 3\n' $stage >$stage/$stage
    chmod +x $stage/$stage
    run --separate-stderr env PATH="$PWD/$stage:$PATH" text-translate text
    [ "$status" -ne 0 ]
    [ -z "$output" ]
  done
  fails 1 'No space left' 'text-translate text >/dev/full'
  fails 1 "cannot read 'nothing'" 'text-translate nothing'
  fails 1 '/nowhere/tmp' 'TMPDIR=/nowhere text-translate text'
  [ "${#stderr_lines[@]}" -eq 1 ]
}

@test "text-translate: mistakes in the command line exit 2, -h exits 0" {
  fails 2 "unknown option '-x'" 'text-translate -x'
  fails 2 "unknown option '--beam'" 'text-translate --beam 4'
  fails 2 "'-j' needs a value" 'text-translate -j'
  fails 2 "'--mask' needs a value" 'text-translate --mask'
  fails 2 'whole number' 'text-translate -j 0'
  fails 1 'No space left' 'text-translate -h >/dev/full'
  run --separate-stderr text-translate -h
  [ "$status" -eq 0 ]
  [[ $output == 'usage: text-translate '* ]]
  [ -z "$stderr" ]
}
