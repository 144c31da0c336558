#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
load helper

models=$BATS_TEST_DIRNAME/data/models
want=$BATS_TEST_DIRNAME/data/want

@test "step-loss: minus the log of the softmax of all logits, by hand" {
  for model in deep untied; do
    trace-extract -m "$models/$model" --ids -p f64 -k logits "$want/$model.ids" >t
    step-loss t >l
    stream-show --json t | jq -c 'select(.type == "trace") | . as $r | [range(.target.ids | length)] |
      map($r.values.logits[.] as $z | ([$z[] | exp] | add | log) - $z[$r.target.ids[.]])' >by-hand
    stream-show --json l | jq -c 'select(.type == "losses") | .loss' >got
    [ "$(wc -l <got)" -gt 1 ]
    jq -ne --slurpfile a got --slurpfile b by-hand '[$a, $b] | map(flatten) | transpose |
      all((.[0] - .[1]) | fabs < 1e-9)'
  done
}

@test "step-loss: what is generated is the most likely; a masked head changes the loss" {
  head -n 2 "$ROOT/examples/en-de/dev.en" >text
  [ "$(trace-extract text | step-loss | stream-show --json | jq -c 'select(.type == "losses") | .top1[]' | sort -u)" = 1 ]
  paste text <(head -n 2 "$ROOT/examples/en-de/dev.de") >pairs
  trace-extract pairs | step-loss >a
  trace-extract --mask enc-self.0:0 pairs | step-loss >b
  run stream-diff -t 1e-3 -k loss a b
  [ "$status" -eq 1 ]
}

@test "step-loss: as a table; other contents are refused" {
  { printf '4 7 0\t'; yes 3 | head -n 13 | tr '\n' ' '; echo; } >ids
  trace-extract -m "$models/deep" --ids ids | step-loss | stream-show --tsv >table
  [ "$(head -n 1 table)" = $'sentence\tstep\tloss\ttop1' ]
  [ "$(wc -l <table)" -eq 15 ]
  awk -F '\t' 'NR > 1 && !($1 == 0 && $2 == NR - 2 && $3 > 0 && ($4 == 0 || $4 == 1)) { exit 1 }' table
  fails 1 heads 'stream-pack <<<'"'"'{"type":"header","content":"heads"}'"'"' | step-loss'
}

@test "step-loss: more steps than logits are computed of at a time" {
  { printf '4 7 0\t'; yes $'3\n5\n9' | head -n 99 | tr '\n' ' '; echo; } >ids
  trace-extract --ids -p f64 -k logits ids >t
  stream-show --json t | jq -c 'select(.type == "trace") | .values.logits[70, 99] | [.[] | exp] | add | log' >sum
  stream-show --json t | jq -c 'select(.type == "trace") | . as $r | (70, 99) | $r.values.logits[.][$r.target.ids[.]]' >z
  step-loss t | stream-show --json | jq -c 'select(.type == "losses") | .loss[70, 99]' >got
  [ "$(wc -l <got)" -eq 2 ]
  paste sum z got | awk '{ d = $1 - $2 - $3; if (d > 1e-9 || d < -1e-9) exit 1 }'
}

@test "step-loss: several files are read one after the other, of several models too" {
  for model in deep untied; do
    trace-extract -m "$models/$model" --ids "$want/$model.ids" >$model
  done
  mv deep a
  mv untied b
  stream-diff <(step-loss a; step-loss b) <(step-loss a b)
  fails 1 "cannot open 'none'" 'step-loss a none >/dev/null'
}
