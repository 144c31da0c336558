#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# One sweep for the sum of a sentence's steps: head-carry --sum-steps, and what becomes of its rows.
load helper

models=$BATS_TEST_DIRNAME/data/models
families=$BATS_TEST_DIRNAME/data/families/models

# SENTENCE FIRST_STEP SUMMED RELEVANCE: a record of heads
summed() {
  echo '{"type":"heads","sentence":'"$1"',"site":"enc-self.0","first_step":'"$2"',"summed":'"$3"',"relevance":'"$4"'}'
}

# FILE: by sentence and site how many steps there are, and the sum over them of each head
totals() {
  stream-show --json "$1" | jq -cs 'map(select(.type == "heads")) | group_by([.sentence, .site]) |
    map({at: [.[0].sentence, .[0].site], steps: (map(.summed // (.relevance | length)) | add), sum: [[.[].relevance[]] | transpose[] | add]})'
}

# TRACE OPTION...: sums over steps are the sums of the steps, backward as well as carried; all heads are one scale
same_sums() {
  head-carry -q -p f64 -s loss "${@:2}" "$1" >each
  totals each >want
  for meet in '' '--meet start'; do
    head-carry -q -p f64 -s loss "${@:2}" --sum-steps $meet "$1" >sums
    totals sums | jq -e --slurpfile w want '. as $got | $w[0] as $want | ([$want[].sum[]] | map(fabs) | max) as $scale |
      map([.at, .steps]) == ($want | map([.at, .steps])) and
      ([range(length) as $i | range($want[$i].sum | length) as $h | $got[$i].sum[$h] - $want[$i].sum[$h]] | map(fabs) | max) < 1e-12 * $scale'
  done
}

@test "summed: rows are the sums of all steps, for gradients and for rules" {
  trace-extract -q -m "$models/deep" --ids -p f64 "$BATS_TEST_DIRNAME/data/want/deep.ids" >in
  same_sums in -r gradient -t sample:3
  same_sums in -r attnlrp -t forced
  same_sums in -r magnitude
}

@test "summed: of a decoder alone, and of masks, where steps have positions" {
  echo '1 5 6 7 8 3 4 5 6 7' >text
  trace-extract -q -m "$families/llama3" --ids -p f64 --all-steps -g 0 text >in
  same_sums in -r gradient -t sample:1
  printf '1 5 6 7\t8 3 4 5 6 7\n' >text
  trace-extract -q -m "$families/llama3" --ids -p f64 text >in
  same_sums in -r alphabeta -t forced
  trace-extract -q -m "$families/bert" --ids -p f64 <<<'2 5 4 7 4 9 3' >in
  same_sums in -r gradient -t sample:1
  stream-show --json sums | jq -es 'map(select(.summed) | .summed == 2 and .first_step == 0) | length > 0 and all'
}

@test "summed: of a long sentence 64 steps are a row, whose records follow each other" {
  cp -r "$models/separate" model
  jq '.max_position_embeddings = 100' "$models/separate/config.json" >model/config.json
  awk 'BEGIN { for (k = 0; k < 9; k++) printf "%d ", 1 + k % 8; printf "0\t"; for (k = 0; k < 79; k++) printf "%s%d", k ? " " : "", 1 + k * k % 8; print "" }' >ids
  trace-extract -q -m model --ids -p f64 ids >in
  same_sums in -r gradient -t sample:1
  head-carry -q -p f64 -r gradient -s loss --sum-steps -j 2 in | stream-diff -t 0 - <(head-carry -q -p f64 -r gradient -s loss --sum-steps in)
  [ "$(stream-show --json sums | jq -c 'select(.site == "enc-self.0") | [.first_step, .summed, (.relevance | length)]')" = $'[0,64,1]\n[64,16,1]' ]
  step-average sums | stream-show --json | jq -es 'map(select(.site) | .steps == 80 and .sentences == 1) | length > 0 and all'
}

@test "summed: squares and means by hand, in whatever parts" {
  { summed 0 0 2 '[[1,-3]]'; summed 0 2 1 '[[3,2]]'; summed 1 0 3 '[[2,-5]]'; } | stream-pack >in
  # (1 + 9 + 4) / 6 and (9 + 4 + 25) / 6; the plain means (1 + 3 + 2) / 6, (-3 + 2 - 5) / 6
  [ "$(head-norm -n square in | stream-show --json | jq -c 'select(.type == "heads") | [.summed, .relevance]')" = $'[2,[[1,9]]]\n[1,[[9,4]]]\n[3,[[4,25]]]' ]
  step-average in >got
  [ "$(stream-show --json got | jq -c 'select(.site) | [.mean, .steps, .sentences, .summed, .deviation, .drawn]')" = '[[1,-1],6,2,2,null,null]' ]
  [ "$(head-norm -n square in | step-average | stream-show --json | jq -c 'select(.site) | [.mean[] * 6 | round]')" = '[14,38]' ]
  # each of two sentences is 1 and -1 off: sqrt(2 / 1 * (1 + 1)) / 6
  [ "$(stream-show --json got | jq 'select(.site) | (.error[0] - 2 / 6 | fabs) < 1e-15')" = true ]
  { summed 0 0 2 '[[1,-3]]'; summed 0 2 1 '[[3,2]]'; } | stream-pack | step-average >a
  summed 1 0 3 '[[2,-5]]' | stream-pack | step-average >b
  records 'step-average b a' | cmp - <(records 'cat got')
}

@test "summed: head-interact takes their products" {
  { echo '{"type":"header","content":"heads","rule":{"name":"gradient"},"start":"loss sample:1"}'
    summed 0 0 2 '[[1,-3]]'; summed 0 2 1 '[[3,2]]'; summed 1 0 1 '[[2,4]]'; } | stream-pack >in
  [ "$(head-interact in | stream-show --json | jq -c 'select(.interaction) | [.interaction[][] * 4, .steps, .sentences]')" = '[14,11,11,29,4,2]' ]
}

@test "summed: what sums cannot be is refused by name" {
  fails 2 '--sum-steps is of a loss: add -s loss' 'head-carry --sum-steps in'
  fails 2 '--sum-steps sums all steps: leave --steps out' 'head-carry --sum-steps -s loss --steps 2 in'
  fails 2 '--cost counts single steps: leave --sum-steps out' 'head-carry --sum-steps -s loss --cost in'
  summed 0 0 2 '[[1,-3]]' | stream-pack >in
  for norm in sum abs max size; do
    fails 1 "-n $norm takes each step by itself, and here their sums came in" "head-norm -n $norm in"
  done
  summed 0 0 2 '[[1,-3],[2,3]]' | stream-pack >in
  fails 1 "'summed' is 2, of 2 rows" 'step-average in'
  { summed 0 0 2 '[[1,-3]]'; summed 0 1 1 '[[1,-3]]'; } | stream-pack >in
  fails 1 'step 2 expected, record starts at step 1' 'step-average in'
}
