#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Which tokens of a line are steps: --all-steps of a text that is continued, --mask-each of one that is filled in.
load helper

models=$BATS_TEST_DIRNAME/data/families/models
PATH=$ROOT/pipelines:$PATH

# FILE: "loss top1" of each step, all sentences together
losses() { step-loss "$1" | stream-show --json | jq -c 'select(.type == "losses") | [.loss, .top1] | transpose[]'; }

@test "steps: all of a text are those of its first token with the others behind a tab" {
  printf '%s\n' '1 5 6 7 8 3' '2 9' >texts
  printf '%s\n' $'1\t5 6 7 8 3' $'2\t9' >pairs
  trace-extract -q -m "$models/llama3" --ids -p f64 --all-steps -g 0 texts >all
  trace-extract -q -m "$models/llama3" --ids -p f64 pairs >forced
  stream-diff -q -t 0 -k sentence,inputs,top,values all forced
  [ "$(stream-show --json all | jq -c 'select(.type == "trace") | .target.ids' | paste -sd ' ')" = '[5,6,7,8,3] [9]' ]
  losses all >got
  losses forced | cmp - got
  [ "$(wc -l <got)" -eq 6 ]
}

@test "steps: all of a text and its continuation, given or generated; the last of them are the continuation's" {
  printf '1 5 6\t7 8\n' >pair
  trace-extract -q -m "$models/llama3" --ids -p f64 --all-steps pair >all
  trace-extract -q -m "$models/llama3" --ids -p f64 pair >continued
  [ "$(losses all | tail -n 2)" = "$(losses continued)" ]
  lrp-layer -q -p f64 -l all all | head-sum | stream-show --tsv | awk -F '\t' 'NR > 1 && $3 >= 2 { print $1, $2, $3 - 2, $4, $5 }' | sort >got
  lrp-layer -q -p f64 -l all continued | head-sum | stream-show --tsv | awk -F '\t' 'NR > 1 { print $1, $2, $3, $4, $5 }' | sort >want
  [ "$(wc -l <want)" -eq 16 ]
  paste -d ' ' got want | awk '{ if ($2 != $7 || $3 != $8 || $4 != $9 || ($5 - $10) ^ 2 > 1e-20) { print; bad = 1 } } END { exit bad }'
  echo '1 5 6' | trace-extract -q -m "$models/llama3" --ids --all-steps -g 2 >generated
  [ "$(stream-show --json generated | jq -c 'select(.type == "trace") | [.inputs.ids[:3], .target.ids[:2], (.target.ids | length), .positions]')" = '[[1,5,6],[5,6],4,null]' ]
}

@test "steps: each token masked in turn is each text with its mask" {
  config=$(jq '.bos_token_id = 2 | .sep_token_id = 3' "$models/bert/config.json")
  cp -r "$models/bert" bert
  echo "$config" >bert/config.json
  printf '%s\n' '2 5 6 7 3' '2 9 3' >texts
  printf '%s\n' $'2 4 6 7 3\t5' $'2 5 4 7 3\t6' $'2 5 6 4 3\t7' $'2 4 3\t9' >masked
  trace-extract -q -m bert --ids -p f64 --mask-each texts >each
  trace-extract -q -m bert --ids -p f64 masked >by-hand
  fields='select(.type == "trace") | [.source.ids, .target.ids, .positions, .top.ids]'
  stream-show --json by-hand | jq -c "$fields" >want
  stream-show --json each | jq -c "$fields" | cmp - want
  [ "$(wc -l <want)" -eq 4 ]
  [ "$(stream-show --json each | jq -c 'select(.type == "trace") | [.sentence, .first_step]' | paste -sd ' ')" = '[0,null] [0,1] [0,2] [1,null]' ]
  [ "$(losses each)" = "$(losses by-hand)" ]
  for program in 'lrp-layer -q -p f64 -l all' 'head-carry -q -p f64 -l all' head-confidence head-output; do
    $program each | stream-show --json | jq -c 'select(.site) | [.site, .relevance]' >got
    $program by-hand | stream-show --json | jq -c 'select(.site) | [.site, .relevance]' | cmp - got
    [ -s got ]
  done
  # three steps of the first sentence, one of the second
  head-carry -q -p f64 -l all each | head-norm | step-average | stream-show --json | jq -c 'select(.type == "average") | [.steps, .sentences]' >counts
  [ "$(sort -u counts)" = '[4,2]' ]
}

@test "steps: what has none, and models that have no such steps" {
  fails 1 'line 1: one token: none is predicted; --skip leaves such lines out' "echo 5 | trace-extract -q -m '$models/llama3' --ids --all-steps -g 0 >/dev/null"
  printf '5\n5 6\n' | trace-extract -q -m "$models/llama3" --ids --all-steps -g 0 --skip >skipped
  [ "$(stream-show --json skipped | jq -c 'select(.type == "skipped") | [.sentence, .reason]')" = '[0,"too short"]' ]
  fails 1 'line 1: a mask in it; --mask-each masks each token itself' "echo '5 4 6' | trace-extract -q -m '$models/bert' --ids --mask-each >/dev/null"
  fails 1 "line 1: tokens behind a tab; of --mask-each the targets are the text's own" "printf '5 6\t7\n' | trace-extract -q -m '$models/bert' --ids --mask-each >/dev/null"
  fails 1 'line 1: no token in it that could be masked' "echo '0 0' | trace-extract -q -m '$models/bert' --ids --mask-each >/dev/null"
  fails 2 '--all-steps is of models that continue a text: this one fills in masks' "trace-extract -m '$models/bert' --ids --all-steps </dev/null"
  fails 2 '--all-steps is of models that continue a text: this one translates' 'trace-extract --all-steps </dev/null'
  fails 2 '--mask-each is of models that fill in masks: this one continues a text' "trace-extract -m '$models/llama3' --ids --mask-each </dev/null"
  fails 2 '-g takes 1 or more' "trace-extract -m '$models/llama3' --ids -g 0 </dev/null"
  fails 2 '--all-steps and --mask-each exclude each other' "trace-extract -m '$models/llama3' --ids --all-steps --mask-each </dev/null"
}

@test "steps: the pipelines take prompts, whole texts and texts with masks" {
  printf '%s\n' '1 5 6 7' '1 8 9' >texts
  head-relevance -q -a -m "$models/llama3" --ids --all-steps -g 0 texts >piped
  trace-extract -q -m "$models/llama3" --ids --all-steps -g 0 texts | head-carry -l dec-self.0-1 | head-norm | step-average >staged
  stream-diff -q -t 0 piped staged
  head-relevance -q -a -m "$models/bert" --ids --mask-each -j 2 texts >piped
  trace-extract -q -m "$models/bert" --ids --mask-each texts | head-carry -l self | head-norm | step-average >staged
  stream-diff -q -t 0 piped staged
  head-ablate -q -m "$models/llama3" --ids --all-steps -r magnitude --points 2 --random 1 texts out
  [ "$(jq -n "$(trace-extract -q -m "$models/llama3" --ids --all-steps -g 0 texts | step-loss | stream-show --json |
    jq -s '[.[] | select(.type == "losses").loss[]] | add / length') - $(awk -F '\t' '$3 == 0 { print $5; exit }' out/points.tsv) | fabs < 1e-5")" = true ]
  printf '1 2\t3\n' >pairs
  fails 1 'has results of other settings: ' "head-ablate -q -m '$models/llama3' --ids -r none --points 2 --random 1 pairs out"
}

@test "steps: tables of tokens of one side; a step's row ends at its own position, a masked token's column has its name" {
  token-relevance -q -m "$models/llama3" --ids $'1 5 6\t7 8' >table
  [ "$(sed -n 2p table | tr -s ' ')" = ' 1 5 6 7' ]
  [ "$(sed 1,2d table | awk '{ print $1, NF }' | paste -sd ' ')" = '7 4 8 5' ]
  sed 1,2d table | tr -d '*' | awk '{ for (i = 2; i <= NF; i++) sum += $i; if (sum < 99.8 || sum > 100.2) exit 1; sum = 0 }'
  token-relevance -q -m "$models/bert" --ids --mask-each '5 6 7' >table
  [ "$(sed -n 2p table | tr -s ' ')" = ' 5 6 7 source.position source.type' ]
  [ "$(sed 1,2d table | awk '{ print $1, NF }' | paste -sd ' ')" = '5 6 6 6 7 6' ]
  token-map -q -m "$models/llama3" --ids --color never $'1 5 6\t7 8' >map
  grep -q '^target' map
}
