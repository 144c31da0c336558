#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Mean contexts, and heads masked by them.
load helper

models=$BATS_TEST_DIRNAME/data/models
want=$BATS_TEST_DIRNAME/data/want
en_de=$BATS_TEST_DIRNAME/../examples/en-de

setup_file() {
  tiny_traces
}

@test "head-mean: the mean of the contexts over all positions, by hand, on every tiny model" {
  for model in $(marian_models); do
    trace-extract -m "$models/$model" --ids -k all "$want/$model.ids" >all
    stream-show --json all | jq -c 'select(.type == "trace") | .values | to_entries[] |
      select(.key | test("^(enc|dec)-(self|enc)\\.[0-9]+$"))' |
      jq -rs 'group_by(.key)[] | .[0].key as $k | map(.value.data[]) | [$k, length, (length as $n | transpose | map(add / $n))] |
        tojson' | sort >by-hand
    head-mean all | stream-show --json | jq -r 'select(.type == "means") | [.site, .positions, (.mean | flatten)] | tojson' | sort >got
    [ -s got ]
    jq -n --slurpfile a got --slurpfile b by-hand -e '($a | length) == ($b | length) and
      ([$a, $b] | transpose | all(.[0][0:2] == .[1][0:2] and
        ([.[0][2], .[1][2]] | transpose | all((.[0] - .[1]) | fabs < 1e-6))))'
    # the same where the contexts have to be computed
    stream-diff -t 1e-6 -k mean <(head-mean all) <(head-mean "$TRACES/$model.f32")
  done
}

@test "head-mean: two files are one text; -l picks sites" {
  head -n 1 "$want/deep.ids" >a
  tail -n +2 "$want/deep.ids" >b
  for f in a b; do trace-extract -m "$models/deep" --ids $f >$f.trace; done
  stream-diff -t 1e-6 -k mean,positions <(head-mean a.trace b.trace) <(head-mean "$TRACES/deep.f32")
  [ "$(head-mean -l 1,dec-enc.0 a.trace | stream-show --json | jq -r 'select(.type == "means") | .site' | paste -sd ,)" = \
    enc-self.1,dec-enc.0 ]
}

@test "trace-extract --mean: a masked head gives its mean at all positions, the others what they did" {
  head-mean "$TRACES/deep.f32" >means
  trace-extract -m "$models/deep" --mask 'enc-self.0:1' --mean means --ids -p f64 -k all "$want/deep.ids" >masked
  trace-extract -m "$models/deep" --ids -p f64 -k all "$want/deep.ids" >plain
  stream-show --json means | jq -c 'select(.site == "enc-self.0") | .mean' >mean
  for t in masked plain; do
    stream-show --json $t | jq -c 'select(.type == "trace") | .values["enc-self.0"][]' >$t.rows
  done
  [ "$(wc -l <masked.rows)" -gt 3 ]
  jq -ne --slurpfile m mean --slurpfile a masked.rows --slurpfile b plain.rows '($m[0][1] | length) as $e |
    range($a | length) | . as $i | $a[$i][$e:2 * $e] == $m[0][1] and
      $a[$i][:$e] == $b[$i][:$e] and $a[$i][2 * $e:] == $b[$i][2 * $e:]' >same
  [ "$(sort -u same)" = true ]
  # what comes after is that of the model whose output bias has the mean's part: W_O [0; m; 0] + b
  [ "$(stream-show --json masked | head -n 1 | jq -c '[.model.masked, .model.masked_by]')" = \
    "[\"enc-self.0:1\",\"mean of $(wc -l <masked.rows) positions\"]" ]
}

@test "trace-extract --mean: where a head always gives its mean, masking changes nothing" {
  echo 7 >ids # one source token: all that encoder heads and cross-attention see
  for model in deep plain prenorm; do
    trace-extract -m "$models/$model" --ids -p f64 -k logits ids >plain
    trace-extract -m "$models/$model" --ids ids | head-mean >means
    sites=$(stream-show --json means | jq -r 'select(.site | startswith("dec-self") | not) |
      .site + ":" + ([range(.mean | length)] | join(","))' | paste -sd ';')
    trace-extract -m "$models/$model" --mask "$sites" --mean means --ids -p f64 -k logits ids >masked
    stream-diff -t 1e-6 -k values plain masked
    # with zeros it does
    trace-extract -m "$models/$model" --mask "$sites" --ids -p f64 -k logits \
      <(paste ids <(stream-show --json plain | jq -r 'select(.type == "trace") | .target.ids | join(" ")')) >zeros
    run stream-diff -t 1e-3 -k values plain zeros
    [ "$status" -eq 1 ]
  done
}

@test "trace-extract --mean: a mean is a bias; the relevance that reaches it ends there and is accounted for" {
  head-mean "$TRACES/deep.f32" >means
  trace-extract -m "$models/deep" --mask 'enc-self.1:1;dec-enc.0:0' --mean means --ids -p f64 "$want/deep.ids" >t
  for rule in ratio magnitude alphabeta; do
    lrp-layer -r $rule -p f64 -l enc-self.1 t | head-sum >a
    head-carry -r $rule -p f64 -l enc-self.1 t >b
    stream-diff -t 1e-9 -k relevance a b
  done
  lrp-layer -p f64 -l source t | stream-show --json >r
  jq -ne '[inputs | select(.type == "relevance") | .ledger | [.start, .here, .elsewhere, .lost, .bias] | transpose[]] |
    length > 3 and all((.[0] - .[1] - .[2] - .[3] | fabs) < 1e-9) and any(.[4] > 0.001)' r
}

@test "trace-extract --mean: means of another model, without the site, without --mask, damaged" {
  head-mean "$TRACES/deep.f32" >means
  head-mean -l 0 "$TRACES/deep.f32" >means.0
  head-mean "$TRACES/plain.f32" >other
  trace-extract -m "$models/deep" --mask enc-self.0:1 --ids "$want/deep.ids" | head-mean >again
  extract="trace-extract -m $models/deep --ids --mask enc-self.1:0"
  fails 1 'other: record 1: means of another checkpoint' "$extract --mean other $want/deep.ids"
  fails 1 'no mean of site enc-self.1' "$extract --mean means.0 $want/deep.ids"
  fails 1 'means of a model with masked heads' "$extract --mean again $want/deep.ids"
  fails 1 "cannot open 'missing'" "$extract --mean missing $want/deep.ids"
  fails 1 "no sentence came in" "trace-extract -m $models/deep --ids </dev/null | head-mean"
  fails 2 'there are none' "trace-extract -m $models/deep --ids --mean means $want/deep.ids"
  fails 1 'means' "$extract --mean $TRACES/deep.f32 $want/deep.ids"
  fails 1 'model.name' "head-mean $TRACES/deep.f32 $TRACES/plain.f32"
  # a graph in a header that does not fit
  trace-extract -m "$models/deep" --mask enc-self.1:0 --mean means --ids "$want/deep.ids" | stream-show --json >t.json
  fails 1 'graph: mean' "jq -c 'if .graph then .graph |= map(if .mean then .mean.shape = [1] | .mean.data = [0.5] else . end) else . end' t.json | stream-pack | lrp-layer -l 0"
  fails 1 "'mean' is of masked heads" "jq -c 'if .graph then .graph |= map(del(.masked)) else . end' t.json | stream-pack | lrp-layer -l 0"
}

@test "step-loss: the mean costs less than zeros, for the heads of a layer together" {
  head -n 20 <(paste "$en_de/dev.en" "$en_de/dev.de") >pairs
  trace-extract pairs | head-mean >means
  for mean in '' '--mean means'; do
    trace-extract --mask dec-enc.5:0,1,2,3,4,5,6,7 $mean pairs | step-loss | stream-show --tsv |
      awk -F '\t' 'NR > 1 { sum += $3 } END { print sum / (NR - 1) }'
  done >loss
  awk '{ loss[NR] = $1 } END { exit !(loss[1] > loss[2] + 0.05 && loss[2] > 2) }' loss
}
