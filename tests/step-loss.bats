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

# hidden FILE NUMBER ...: a trace whose steps have these values before the logits (FACTOR NUMBER, 0), FACTOR being 1
hidden() {
  local file=$1 value
  shift
  value=$(printf '[%s],' "$@")
  stream-pack >"$file" <<JSON
{"type":"header","content":"trace","graph":[{"name":"h","op":"embed","inputs":[],"side":"target","width":1,"weight":"E"},{"name":"logits","op":"linear","inputs":["h"],"side":"target","width":2,"weight":"U"}],"weights":{"E":{"tensor":"<f4","shape":[2,1],"data":[0,0]},"U":{"tensor":"<f4","shape":[2,1],"data":[${FACTOR:-1},0]}}}
{"type":"trace","sentence":0,"inputs":{"ids":[$(printf '0,%.0s' "$@" | sed 's/,$//')]},"target":{"ids":[$(printf '0,%.0s' "$@" | sed 's/,$//')]},"top":{"ids":{"tensor":"<i4","shape":[$#,1],"data":[$(printf '0,%.0s' "$@" | sed 's/,$//')]}},"values":{"h":[${value%,}]}}
JSON
}

@test "step-loss --against: the divergence of two predictions by hand" {
  # p = (3/4, 1/4), q = (1/2, 1/2): 3/4 log 3/2 + 1/4 log 1/2 = 0.130812, and the other way round 1/2 log 2/3 + 1/2 log 2 = 0.143841;
  # logits of 1000 and 0: log 2, and 1/2 (-log 2) + 1/2 (1000 - log 2); 0 where both are the same
  hidden whole 1.0986122886681098 0 1000 0 1.5
  hidden masked 0 1.0986122886681098 0 1000 1.5
  step-loss --against whole masked | stream-show --tsv | cut -f 2,5 | awk 'NR > 1 { printf "%s %.6f\n", $1, $2 }' >got
  diff got - <<'END'
0 0.130812
1 0.143841
2 0.693147
3 499.306853
4 0.000000
END
  [ "$(step-loss --against whole masked | stream-show --tsv | head -n 1)" = $'sentence\tstep\tloss\ttop1\tkl' ]
  # loss and top1 are as without it, which has no such key
  stream-diff -k sentence,first_step,loss,top1 <(step-loss masked) <(step-loss --against whole masked)
  [ "$(step-loss masked | stream-show --json | grep -c '"kl"')" -eq 0 ]
  # nothing is lost of a prediction that is the same, to the last bit
  [ "$(step-loss --against masked masked | stream-show --json | jq 'select(.kl) | .kl | unique == [0]')" = true ]
}

@test "step-loss --against: as numpy has it, of models that translate, continue and fill in" {
  families=$BATS_TEST_DIRNAME/data/families
  for model in models/{deep,causal2,decoder,encoder} families/models/{gemma2,bert,bart}; do
    name=${model##*/} directory=$BATS_TEST_DIRNAME/data/$model
    ids=$want/$name.ids mask=dec-self.0:1
    [[ $model != families/* ]] || ids=$families/want/$name.ids
    [[ $name != encoder && $name != bert ]] || mask=enc-self.0:1
    # translations are to be forced, as they are otherwise under a mask
    trace-extract -m "$directory" --ids "$ids" | stream-show --json | jq -r 'select(.type == "trace") |
      [(.source // {ids: .inputs.ids[:.positions[0] + 1]}).ids, .target.ids] | map(map(tostring) | join(" ")) | join("\t")' >forced
    for p in $([ $name != deep ] || echo f32) f64; do
      trace-extract -m "$directory" --ids -p $p -k all forced >whole
      trace-extract -m "$directory" --ids -p $p -k all --mask "$mask" forced >masked
      step-loss --against whole masked >losses
      read -r steps most < <(/usr/bin/python3 "$BATS_TEST_DIRNAME/step_loss.py" "$directory" masked whole losses)
      awk -v n="$steps" -v m="$most" 'BEGIN { exit !(n >= 3 && m > 1e-5) }' || { echo "$name: $steps $most"; return 1; }
    done
    # what is stored is made again from what is there
    trace-extract -m "$directory" --ids -p f64 -k none forced >none
    stream-diff -t 1e-9 -k kl losses <(step-loss --against none masked)
    # it is not the same the other way round, nor where there was no mask
    run /usr/bin/python3 "$BATS_TEST_DIRNAME/step_loss.py" "$directory" masked masked losses
    [ "$status" -eq 1 ]
  done
}

@test "step-loss --against: more steps than are computed at a time; each token masked in turn; several segments" {
  { printf '4 7 0\t'; yes $'3\n5\n9' | head -n 99 | tr '\n' ' '; echo; } >ids
  trace-extract --ids -p f64 -k all ids >whole
  trace-extract --ids -p f64 -k all --mask dec-enc.2:all ids >masked
  step-loss --against whole masked >losses
  read -r steps most < <(/usr/bin/python3 "$BATS_TEST_DIRNAME/step_loss.py" "$ROOT/examples/en-de" masked whole losses)
  [ "$steps" -eq 100 ]
  bert=$BATS_TEST_DIRNAME/data/families/models/bert
  printf '%s\n' '5 6 7' '8 9' | trace-extract -q -m "$bert" --ids -p f64 -k all --mask-each >b
  printf '%s\n' '5 6 7' '8 9' | trace-extract -q -m "$bert" --ids -p f64 -k all --mask-each --mask enc-self.1:all >c
  step-loss --against b c >d
  [ "$(stream-show --tsv d | cut -f 1,2 | sed 1d | tr '\t\n' ': ')" = '0:0 0:1 0:2 1:0 1:1 ' ]
  /usr/bin/python3 "$BATS_TEST_DIRNAME/step_loss.py" "$bert" c b d
  # of another model, one after the other
  cat whole b >both
  cat losses d >want.losses
  stream-diff -k sentence,first_step,loss,kl want.losses <(step-loss --against both masked c)
  stream-diff -k sentence,first_step,loss,kl want.losses <(step-loss --against - masked c <both)
  stream-diff -k sentence,first_step,loss,kl want.losses <(step-loss --against <(cat both) masked c)
}

@test "step-loss --against: a model that lost heads, against the one that it was" {
  head-prune -q --remove enc-self.0:1 "$models/deep" smaller
  paste <(cut -f 1 "$want/deep.ids") <(yes '3 4 5' | head -n "$(wc -l <"$want/deep.ids")") >ids
  trace-extract -m "$models/deep" --ids -p f64 ids >whole
  trace-extract -m smaller --ids -p f64 ids >small
  trace-extract -m "$models/deep" --ids -p f64 --mask enc-self.0:1 ids >masked
  stream-diff -t 1e-5 -k kl <(step-loss --against whole masked) <(step-loss --against whole small)
}

@test "step-loss --against: what is of other lines, tokens or models is refused, and named" {
  m="$models/deep"
  printf '%s\n' $'4 7 0\t3 5' $'5 6 0\t9 8' >text
  trace-extract -m "$m" --ids text >whole
  head -n 1 text | trace-extract -m "$m" --ids >first
  tail -n 1 text | trace-extract -m "$m" --ids >second
  sed 's/\t3 5/\t3 6/' text | trace-extract -m "$m" --ids >target
  sed 's/\t3 5/\t3/' text | trace-extract -m "$m" --ids >short
  sed 's/4 7 0/4 8 0/' text | trace-extract -m "$m" --ids >source
  fails 1 "step-loss: sentence 1: 'first' ended before it; both are of the same lines" 'step-loss --against first whole >out'
  fails 1 'ended before it' 'stream-show out'
  fails 1 'step-loss: whole: record 3: sentence 1 is not in the trace that is measured against it' 'step-loss --against whole first'
  fails 1 'target: record 2: sentence 0: token 2 of its inputs is 6 here and 5 in the trace' 'step-loss --against target whole'
  fails 1 'short: record 2: sentence 0: 2 tokens in its inputs here and 3 in the trace' 'step-loss --against short whole'
  fails 1 'source: record 2: sentence 0: token 1 of its source is 8 here and 7 in the trace' 'step-loss --against source whole'
  fails 1 'second: record 2: sentence 0: token 0 of its source is 5 here and 4 in' 'step-loss --against second whole'
  for step in 'sentence: 1' 'first_step: 1'; do
    stream-show --json first | jq -c "if .type == \"trace\" then . + {$step} else . end" | stream-pack >moved
    fails 1 "from step 0 on; both are of the same lines, in one order" 'step-loss --against moved first'
  done
  # the last token is no input
  stream-show --json first | jq -c 'if .type == "trace" then .target.ids[2] = 7 else . end' | stream-pack >end
  fails 1 'end: record 2: sentence 0: token 2 of its target is 7 here and 0 in' 'step-loss --against end first'
  trace-extract -m "$models/decoder" --ids <<<$'4 7\t3 5' >decoder
  fails 1 'its model predicts among 17 tokens, that of the trace that is measured against it among 13' 'step-loss --against decoder first'
  trace-extract -m "$models/causal2" --ids <<<$'4 7 0\t3 5' >causal2
  fails 1 'sentence 0: 0 tokens in its source here and 3 in' 'step-loss --against decoder causal2'
  trace-extract -m "$models/encoder" --ids <<<'4 7 4' >encoder
  fails 1 'sentence 0: 3 tokens in its source here and 0 in' 'step-loss --against encoder decoder'
  # positions of masks
  trace-extract -m "$models/encoder" --ids <<<$'4 7 5\t6' >a
  stream-show --json a | jq -c 'if .type == "trace" then .positions = [1] else . end' | stream-pack >b
  fails 1 'b: record 2: sentence 0: step 0 stands at position 1 here and at 0 in' 'step-loss --against b a'
}

@test "step-loss --against: streams that are none, and command lines that are wrong" {
  hidden a 1 2
  hidden b 1 3
  fails 1 "cannot open 'none'" 'step-loss --against none a'
  head -c -20 b >cut
  fails 1 'step-loss: cut: ' 'step-loss --against cut a'
  fails 1 "l: record 1: this is a 'losses' stream; step-loss takes 'trace'" 'step-loss a >l; step-loss --against l a'
  FACTOR=100 hidden beyond 1 1e308
  fails 1 'sentence 0: the divergence at one of its steps is not finite' 'step-loss --against beyond a'
  fails 2 'only one of the streams can be standard input' 'step-loss --against - <a'
  fails 2 'only one of the streams can be standard input' 'step-loss --against - b - <a'
  fails 2 'unknown option' 'head-mean --against a b'
}

@test "step-loss --against: memory is that of a sentence, however many there are" {
  { printf '4 7 0\t'; yes $'3\n5\n9' | head -n 99 | tr '\n' ' '; echo; } >ids
  for n in 2 40; do
    yes "$(cat ids)" | head -n $n | trace-extract --ids >trace.$n
    ASAN_OPTIONS=${ASAN_OPTIONS-}:quarantine_size_mb=1 resident step-loss --against trace.$n trace.$n >kb.$n
  done
  awk 'NR == 1 { few = $1 } END { exit !($1 < few + 4000) }' kb.2 kb.40
}
