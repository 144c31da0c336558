#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A model's directory as it comes: settings without effect, tables under one name, files that are pointers or that change
# while they are read, heads that were taken out, and little memory.
load helper

models=$BATS_TEST_DIRNAME/data/models
want=$BATS_TEST_DIRNAME/data/want
en_de=$ROOT/examples/en-de

# MODEL COPY [JQ]: a copy with other settings
copy() {
  rm -rf "$2"
  cp -rL "$models/$1" "$2"
  chmod -R u+w "$2"
  if [ $# -gt 2 ]; then jq "$3" "$models/$1/config.json" >"$2/config.json"; fi
}

# MODEL IDS: its logits
logits() { trace-extract -m "$1" --ids -p f64 -k logits "$want/$2.ids" >"$1.lrp" 2>"$1.err"; }

# MODEL: the copy `changed` has the very logits of MODEL
same_logits() {
  ln -sfn "$models/$1" "$1"
  logits "$1" "$1"
  logits changed "$1" || { cat changed.err; return 1; }
  stream-diff -t 0 -k sentence,target,values "$1.lrp" changed.lrp
}

# DIRECTORY {OLD: NEW, ...} [METADATA]: other names for its tensors; new ones copied where NEW is a list
rename() {
  /usr/bin/python3 - "$@" <<'PYTHON'
import json, struct, sys
path, names = sys.argv[1] + "/model.safetensors", json.loads(sys.argv[2])
data = open(path, "rb").read()
n = struct.unpack("<Q", data[:8])[0]
header, out, kept = json.loads(data[8 : 8 + n]), {}, b""
for k, v in header.items():
    for new in [names.get(k, k)] if isinstance(names.get(k, k), str) else names[k]:
        if k == "__metadata__":
            out[new] = v
            continue
        piece = data[8 + n :][slice(*v["data_offsets"])]
        out[new] = {**v, "data_offsets": [len(kept), len(kept) + len(piece)]}
        kept += piece
if len(sys.argv) > 3:
    out["__metadata__"] = json.loads(sys.argv[3])
text = json.dumps(out).encode()
open(path, "wb").write(struct.pack("<Q", len(text)) + text + kept)
PYTHON
}

@test "model: settings without effect leave the logits as they are" {
  local setting
  for setting in '.extra_pos_embeddings = 53685' '.decoder_vocab_size = 3' '.decoder_vocab_size = 60000' \
    '.num_hidden_layers = 99' '.classif_dropout = 0.5 | .output_past = true | ._num_labels = 3' \
    '.hidden_size = .d_model | .num_attention_heads = .encoder_attention_heads' \
    '.is_decoder = false | .tie_encoder_decoder = null | .num_beams = 6 | .dtype = "float16"' \
    '.transformers_version = "4.2.0" | .normalize_before = true | .normalize_embedding = true
      | .add_final_layer_norm = true | .static_position_embeddings = false | .add_bias_logits = true'; do
    copy plain changed "$setting"
    same_logits plain || { echo "$setting"; return 1; }
  done
  grep -q "'normalize_before' is true: without effect" changed.err
  [ "$(wc -l <changed.err)" -eq 5 ]
}

@test "model: what the first versions read is honoured in their files" {
  copy prenorm changed '.transformers_version = "4.1.1"'
  same_logits prenorm
  copy plain changed '.transformers_version = "4.1.1" | .normalize_before = true'
  ln -s "$models/plain" plain
  logits plain plain
  logits changed plain
  run stream-diff -t 1e-3 -k values plain.lrp changed.lrp
  [ "$status" -eq 1 ]
  # a norm in the weights that later versions do not read
  copy prenorm changed '.transformers_version = "4.46.0"'
  logits changed prenorm && return 1
  grep -q "no part of a 'marian' model that is known here uses tensor 'model.decoder.layer_norm.bias'" changed.err
}

@test "model: shared tables are found under any of their names" {
  local name
  for name in lm_head.weight model.encoder.embed_tokens.weight model.decoder.embed_tokens.weight; do
    copy plain changed
    rename changed "{\"model.shared.weight\": \"$name\"}"
    same_logits plain
  done
  copy plain changed
  rename changed '{"model.shared.weight": ["model.shared.weight", "lm_head.weight", "model.decoder.embed_tokens.weight"]}'
  same_logits plain
  copy plain changed
  rename changed '{"model.shared.weight": "table"}'
  logits changed plain && return 1
  grep -q "no tensor 'model.shared.weight'" changed.err
  rename changed '{}' '{"format": "pt", "model.shared.weight": "table"}'
  same_logits plain
}

@test "model: a tensor that no part uses is refused by name, but for copies and what is known to have no effect" {
  copy plain changed
  rename changed '{"model.encoder.layers.0.fc1.bias": ["model.encoder.layers.0.fc1.bias", "model.encoder.layers.0.fc3.bias"]}'
  logits changed plain && return 1
  grep -q "changed/model.safetensors: no part of a 'marian' model that is known here uses tensor 'model.encoder.layers.0.fc3.bias'; remove it" changed.err
  head-prune --mask enc-self.0:0 changed out 2>changed.err && return 1
  grep -q "uses tensor 'model.encoder.layers.0.fc3.bias'" changed.err
  # a bias that goes missing under its name is not left out in silence
  copy plain changed
  rename changed '{"model.encoder.layers.0.fc1.bias": "model.encoder.layers.0.fc1.offset"}'
  logits changed plain && return 1
  grep -q "uses tensor 'model.encoder.layers.0.fc1.offset'" changed.err
  # the table again under another name, numbers of positions, a mark of the class
  copy plain changed
  rename changed '{"model.shared.weight": ["model.shared.weight", "model.some_head.weight"],
    "final_logits_bias": ["final_logits_bias", "model.encoder.position_ids", "model.encoder.version"]}'
  same_logits plain
}

@test "model: tables of each side under the output's name, or that of the metadata" {
  copy separate changed
  rename changed '{"model.decoder.embed_tokens.weight": "lm_head.weight"}'
  same_logits separate
  copy separate changed
  rename changed '{"model.decoder.embed_tokens.weight": "x"}' '{"model.decoder.embed_tokens.weight": "x"}'
  same_logits separate
}

@test "model: tables that differ under two names of one are refused" {
  copy untied changed '.tie_word_embeddings = true'
  logits changed untied && return 1
  grep -q "tensors 'model.shared.weight' and 'lm_head.weight' differ" changed.err
}

@test "model: a Git LFS pointer is named in the place of any file" {
  local file
  for file in config.json generation_config.json tokenizer_config.json vocab.json source.spm target.spm model.safetensors; do
    rm -rf m
    cp -rL "$en_de" m
    printf 'version https://git-lfs.github.com/spec/v1\noid sha256:%064d\nsize 802397\n' 1 >m/$file
    fails 1 "m/$file: a Git LFS pointer, not the file itself; run 'git lfs pull' there" \
      "printf 'Select a\tEin\n' | trace-extract -m m"
  done
  rm -rf m
  cp -rL "$en_de" m
  cp -L m/source.spm spm
  printf 'version https://git-lfs.github.com/spec/v1\noid sha256:%064d\nsize 802397\n' 1 >m/README.md
  fails 1 'm/README.md: a Git LFS pointer' 'head-prune --mask enc-self.0:0 m out'
  [ ! -e out ]
}

# COMMAND CHANGE: give a filter the header of the trace, change the checkpoint, give it the rest
change_within() {
  rm -f in out
  mkfifo in out
  cp -f whole.safetensors m/model.safetensors
  touch -d '2020-01-01' m/model.safetensors
  $1 in >out 2>err 3>&- &
  exec 6<out 5>in
  head -c "$header" trace >&5
  head -c 8 <&6 >/dev/null
  $2 m/model.safetensors
  tail -c +$((header + 1)) trace >&5 2>/dev/null || true # it may have ended
  exec 5>&-
  cat <&6 >rest
  exec 6<&-
  wait $! && return 1
  [ $? -eq 1 ] && [ "$(wc -l <err)" -eq 1 ] || { cat err; return 1; }
}
cut_off() { truncate -s 1000 "$1"; }
overwrite() { printf 'xxxx' | dd of="$1" bs=1 seek=5000000 conv=notrunc status=none; }

@test "model: a checkpoint that is cut off or overwritten meanwhile is a message, and no result" {
  cp -rL "$en_de" m
  cp m/model.safetensors whole.safetensors
  touch -d '2020-01-01' m/model.safetensors
  printf 'A test.\tEin Test.\n' | trace-extract -m m >trace
  header=$(LC_ALL=C grep -obUaP '\x28\xb5\x2f\xfd' trace | cut -d : -f 1 | sed -n 2p)
  for program in 'lrp-layer -l 2' 'head-carry -l all' head-output head-mean step-loss; do
    change_within "$program" cut_off
    grep -q 'm/model.safetensors: \(cut off\|changed while\)' err || { cat err; return 1; }
    change_within "$program" overwrite
    grep -q 'm/model.safetensors: changed while it was used' err || { cat err; return 1; }
  done
  change_within 'lrp-layer -l 2' cut_off
  grep -q '^lrp-layer: .*m/model.safetensors: cut off, or the disk failed, while it was read$' err
}

@test "model: a checkpoint that is replaced by another file is read to its end" {
  cp -rL "$en_de" m
  cp m/model.safetensors other
  printf 'A test.\n' | trace-extract -m m >want.lrp
  mkfifo in
  trace-extract -m m <in >got.lrp &
  exec 5>in
  printf 'A te' >&5
  mv other m/model.safetensors
  printf 'st.\n' >&5
  exec 5>&-
  wait $!
  stream-diff want.lrp got.lrp
}

@test "model: with little memory every program says so, and none hangs" {
  limits_memory
  local program
  for program in "$BIN"/*; do
    case $program in *.[ch] | *.[17] | *-check) continue ;; esac
    (ulimit -v 60000; timeout 300 "$program" -h >help) || { echo "$program"; return 1; }
    [ -s help ]
  done
  head -n 3 "$en_de/dev.en" | trace-extract >trace
  for program in trace-extract 'trace-extract -j 2' 'lrp-layer -j 2 trace' 'head-carry -l all -j 2 trace' 'head-output trace' 'step-loss trace'; do
    for room in 70000 120000 180000 230000 270000 330000; do
      run --separate-stderr bash -c "ulimit -v $room; echo 'A test.' | timeout 300 $program >out"
      if [ "$status" -ne 0 ]; then
        [ "$status" -eq 1 ] && [[ $stderr == *'out of memory'* || $stderr == *'not enough memory'* || $stderr == *'cannot load'* || $stderr == *'cannot start a thread'* ||
          $stderr == *'cannot map'* || $stderr == *'not a SentencePiece'* ]] || { echo "$program $room: $status $stderr"; return 1; }
      fi
    done
  done
}

@test "head-prune: a signal leaves nothing behind" {
  local i left signal group
  cp -rL "$models/deep" m
  truncate -s 40M m/README.md
  for i in 1 2 3 4 5 6 7 8; do
    for signal in TERM HUP; do
      setsid head-prune --mask enc-self.0:1 m out 2>/dev/null 3>&- & # leads a group of its own
      group=$!
      sleep "0.0$i"
      kill -$signal -- "$([ $((i % 2)) = 0 ] || echo -)$group" 2>/dev/null || true # it alone, or its child too
      wait $group || true
      left=$(find . -maxdepth 1 -name 'out.*')
      [ -z "$left" ] || { echo "left: $left"; return 1; }
      if [ -e out ]; then
        cmp m/README.md out/README.md
        [ -s out/model.safetensors ]
        rm -rf out
      fi
    done
  done
}

@test "pruned heads: their numbers before are in headers, tables and pictures" {
  head-prune --remove 'enc-self.0:1,3;enc-self.5:6' "$en_de" once 2>/dev/null
  head-prune --remove 'enc-self.0:1;dec-self.0:0' once twice 2>/dev/null
  [ "$(jq -c .lrpipe_pruned_heads twice/config.json)" = '{"enc-self":{"0":[1,3,2],"5":[6]},"dec-self":{"0":[0]}}' ]
  head -n 3 "$en_de/dev.en" | trace-extract -m twice | head-carry -l enc-self.0,enc-self.5,dec-self.0 | step-average >avg
  [ "$(stream-show --json avg | head -n 1 | jq -r .model.pruned)" = 'enc-self.0:1,2,3;enc-self.5:6;dec-self.0:0' ]
  numbers='enc-self 0 0 0
enc-self 0 1 4
enc-self 0 2 5
enc-self 0 3 6
enc-self 0 4 7
enc-self 5 0 0
enc-self 5 1 1
enc-self 5 2 2
enc-self 5 3 3
enc-self 5 4 4
enc-self 5 5 5
enc-self 5 6 7'
  [ "$(stream-show --tsv avg | awk '$1 ~ /enc-self/ {sub(/\..*/, "", $1); print $1, $2, $3, $11}')" = "$numbers" ]
  [ "$(head-rank --kind enc-self avg | tail -n +2 | cut -f 1-3,9 | sort | tr '\t' ' ')" = "$numbers" ]
  head-rank --kind enc-self -f json avg | jq -e '.heads | all(if .layer == 5 and .head == 6 then .was == 7 else true end)'
  # lists are in the numbers of the model at hand
  head-rank --kind enc-self -k 11 -f prune avg | jq -e '[.[][]] | max == 6'
  stream-show avg | grep -q 'enc-self.5     6 .*  head 6 (was 7)$'
  head-plot avg | grep -qx 'enc-self.5: head 6 (was 7)'
  head-plot --svg avg | grep -q '<title>enc-self.L5H6 (was H7): '
  head-plot --svg avg | grep -q '>without enc-self.0:1,2,3;enc-self.5:6;dec-self.0:0; heads behind them'
  head -n 3 "$en_de/dev.en" | "$ROOT/pipelines/head-relevance" -m twice -l 5 | grep -q '^   6 .* head 6 (was 7)$'
  # and nothing of it where none was taken out
  head -n 3 "$en_de/dev.en" | trace-extract -m "$en_de" | head-carry -l 5 | step-average >avg
  [ "$(stream-show --tsv avg | head -n 1 | tr '\t' '\n' | tail -n 1)" = sentences ]
  run head-plot --svg avg
  [[ $output != *was* ]]
}

@test "pruned heads: lists that cannot be right do no harm" {
  header() { echo "{\"type\":\"header\",\"content\":\"average\",\"model\":{\"pruned\":\"$1\"}}"; }
  average='{"type":"average","site":"enc-self.0","heads":3,"steps":1,"sentences":1,"mean":[0.5,0.25,0.25]}'
  while read -r list numbers; do
    [ "$({ header "$list"; echo "$average"; } | stream-pack | stream-show --tsv | tail -n 3 | awk '{print $NF}' | paste -sd ' ')" = "$numbers" ] ||
      { echo "$list"; return 1; }
  done <<'LISTS'
enc-self.0:0 1 2 3
enc-self.0:3,1,1 0 2 4
dec-enc.0:1;enc-self.0:2 0 1 3
enc-self.00:1 0 1 2
enc-self.0:-5,99999999999999999999,x 0 1 2
enc-self.0: 0 1 2
;;enc-self.0:1;: 0 2 3
LISTS
}
