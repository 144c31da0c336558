#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# head-carry gives what lrp-layer | head-sum gives, wherever the two directions meet.
load helper

models=$BATS_TEST_DIRNAME/data/models
want=$BATS_TEST_DIRNAME/data/want
keys=sentence,site,first_step,heads,predicted,relevance

# Traces of all tiny models in both precisions, and of long sentences, once for this file.
setup_file() {
  local bin=${BIN:-$BATS_TEST_DIRNAME/../bin}
  tiny_traces
  # 60 source tokens and 60 steps: several blocks of each direction
  { for i in $(seq 0 58); do echo -n "$((i * 7 % 101 + 5)) "; done; printf '0\t'
    for i in $(seq 0 58); do echo -n "$((i * 5 % 97 + 3)) "; done; echo; } >"$TRACES/long.ids"
  "$bin/trace-extract" --ids -p f64 "$TRACES/long.ids" >"$TRACES/long.f64"
}

# TOLERANCE TRACE OPTIONS [CARRY_OPTIONS]: both programs
equal() {
  lrp-layer $3 --max-leak inf "$2" 2>/dev/null | head-sum >backward
  head-carry $3 ${4-} "$2" >carried || return 1
  stream-diff -t "$1" -k $keys backward carried || { echo "of $2 with $3 ${4-}"; return 1; }
}

rules='magnitude alphabeta alphabeta:alpha=0.2,eps=0.01 ratio ratio:bias=exclude,eps=0.1 gamma gamma:gamma=2,bias=spread
  thumt2017 attnlrp cp gradient magnitude:bias=absorb magnitude:bias=spread magnitude:attention=constant alphabeta:attention=constant gamma:attention=constant
  alphabeta:attention=half magnitude:product=half magnitude:norm=identity alphabeta:norm=jacobian ratio:product=magnitude'

@test "head-carry: a sum done by hand" {
  # Two heads of a neuron each over one key, A = 1: c = (2, 1). out = W c, contributions 2, 2 and 6, -1; sum = c + out
  # = (2 + 4, 1 + 5); logit = 6 + 6. sum gets 1/2 each; out 1/2 4/6 = 1/3 and 1/2 5/6 = 5/12; the residual goes by.
  # Head 0: 1/3 1/2 + 5/12 6/7 = 11/21, head 1: 1/3 1/2 + 5/12 1/7 = 19/84.
  stream-pack >in <<'END'
{"type":"header","content":"trace","graph":[{"name":"source","op":"embed","inputs":[],"side":"source","width":2,"weight":"E"},{"name":"target","op":"embed","inputs":[],"side":"target","width":2,"weight":"E"},{"name":"s","op":"scores","inputs":["target","target"],"side":"target","width":2,"heads":2,"keys":"target","causal":true},{"name":"A","op":"softmax","inputs":["s"],"side":"target","width":2,"heads":2,"keys":"target","causal":true},{"name":"dec-self.0","op":"context","inputs":["A","target"],"side":"target","width":2,"heads":2,"keys":"target","causal":true},{"name":"out","op":"linear","inputs":["dec-self.0"],"side":"target","width":2,"weight":"W"},{"name":"sum","op":"add","inputs":["target","out"],"side":"target","width":2},{"name":"logits","op":"linear","inputs":["sum"],"side":"target","width":1,"weight":"U"}],"weights":{"E":{"tensor":"<f4","shape":[1,2],"data":[2,1]},"W":{"tensor":"<f4","shape":[2,2],"data":[1,2,3,-1]},"U":{"tensor":"<f4","shape":[1,2],"data":[1,1]}}}
{"type":"trace","sentence":3,"source":{"ids":[0]},"target":{"ids":[0]},"inputs":{"ids":[0]},"top":{"ids":{"tensor":"<i4","shape":[1,1],"data":[0]},"logits":[[12]]},"values":{}}
END
  for meet in '' '--meet start' '--meet backward' '--meet out'; do
    head-carry -p f64 $meet in | stream-show --json | jq -e -s 'map(select(.type == "heads")) | length == 1 and
      (.[0] | .sentence == 3 and .site == "dec-self.0" and .first_step == 0 and .heads == 2 and
        (.relevance[0] | (.[0] - 11 / 21 | fabs < 1e-12) and (.[1] - 19 / 84 | fabs < 1e-12)))'
  done
}

@test "head-carry: as lrp-layer | head-sum, for every rule that is linear, in double precision" {
  for model in deep prenorm; do
    for rule in $rules; do
      equal 1e-9 "$TRACES/$model.f64" "-p f64 -r $rule"
    done
  done
}

@test "head-carry: for every model" {
  for model in $(marian_models); do
    for rule in magnitude alphabeta cp attnlrp gradient; do
      # a norm over two neurons is +-1 whatever goes in: its gradient is all rounding
      [ "$model $rule" != 'oracle gradient' ] || continue
      equal 1e-9 "$TRACES/$model.f64" "-p f64 -r $rule"
    done
  done
}

@test "head-carry: in single precision" {
  for model in deep prenorm untied; do
    for rule in magnitude alphabeta magnitude:bias=absorb alphabeta:eps=0.01 magnitude:attention=half; do
      equal 1e-4 "$TRACES/$model.f32" "-p f32 -r $rule"
    done
  done
}

@test "head-carry: for every start" {
  for rule in magnitude cp gradient; do
    for start in '-t top2' '-t forced' '-t 3' '-t top1-top2' '-s logit' '-s loss' '-t top-3 -s logit'; do
      equal 1e-9 "$TRACES/deep.f64" "-p f64 -r $rule $start"
    done
  done
}

@test "head-carry: wherever the directions meet" {
  for rule in magnitude attnlrp gradient; do
    for meet in start backward dec.1.ffn.norm dec.1.ffn.add dec.1.cross.norm; do
      equal 1e-9 "$TRACES/deep.f64" "-p f64 -r $rule" "--meet $meet"
      equal 1e-9 "$TRACES/deep.f64" "-p f64 -r $rule -s loss -l dec-self.0,dec-enc.1" "--meet $meet"
    done
    for meet in dec.0.self.out dec.0.self.norm dec.0.ffn.norm; do
      equal 1e-9 "$TRACES/deep.f64" "-p f64 -r $rule -l dec-self.0,dec-enc.1" "--meet $meet"
    done
    # the encoder's output is where all of its heads go through
    equal 1e-9 "$TRACES/deep.f64" "-p f64 -r $rule" '--meet enc.1.ffn.norm'
    equal 1e-9 "$TRACES/deep.f64" "-p f64 -r $rule -l 0" '--meet enc.0.ffn.norm'
  done
}

@test "head-carry: one site, several, all" {
  for sites in 0 1 dec-self.0 dec-enc.1 0,dec-enc.1 1,dec-self.1,dec-enc.0 all; do
    for meet in '' '--meet start' '--meet backward'; do
      equal 1e-9 "$TRACES/deep.f64" "-p f64 -l $sites" "$meet"
    done
  done
}

# bats test_tags=numbers
@test "head-carry: sentences of 60 steps, in several blocks" {
  for rule in magnitude ratio cp; do
    equal 1e-9 "$TRACES/long.f64" "-p f64 -r $rule -l 0,3,dec-enc.2"
  done
  [ "$(stream-show --json carried | jq -c 'select(.site == "enc-self.0") | .first_step' | wc -l)" -gt 1 ]
  equal 1e-9 "$TRACES/long.f64" '-p f64 -l 0,dec-self.4' '--meet start'
  equal 1e-4 "$TRACES/long.f64" '-p f32 -l 0,dec-self.4'
}

@test "head-carry: -j changes nothing but the time" {
  for options in '-l all' '-l 2,dec-self.1 -r cp' '-l all --meet start'; do
    head-carry $options "$TRACES/long.f64" >one
    for j in 2 5; do
      head-carry -j $j $options "$TRACES/long.f64" >many
      stream-diff one many
    done
  done
}

@test "head-carry: -v says where the directions met, and what it took" {
  run --separate-stderr pipe "head-carry -v $TRACES/deep.f64 >/dev/null"
  [ "$status" -eq 0 ]
  [[ $stderr == *' sentences: '*'head-carry: multiplications: '*' as done, '*' all backward, '*' all carried to the logits'* ]]
  run --separate-stderr pipe "head-carry -v --meet enc.1.ffn.norm $TRACES/deep.f64 >/dev/null"
  [[ $stderr == *'2 sentences: carried and backward meet at enc.1.ffn.norm'* ]]
  run --separate-stderr pipe "head-carry -v --meet backward $TRACES/deep.f64 >/dev/null"
  [[ $stderr == *'2 sentences: all heads backward'* ]]
  run --separate-stderr pipe "head-carry -v --meet start $TRACES/deep.f64 >/dev/null"
  [[ $stderr == *'2 sentences: all heads carried to the logits'* ]]
  run --separate-stderr pipe "head-carry $TRACES/deep.f64 >/dev/null"
  [ -z "$stderr" ]
}

@test "head-carry: the meeting that it chooses is not dearer than either direction alone" {
  for trace in deep.f64 long.f64; do
    head-carry -v "$TRACES/$trace" 2>said >/dev/null
    sed -n 's/.*multiplications: \(.*\) as done, \(.*\) all backward, \(.*\) all carried.*/\1 \2 \3/p' said |
      awk '{ n++; if ($1 > $2 || $1 > $3) exit 1 } END { exit n != 1 }'
  done
}

@test "head-carry: every record says what it is of" {
  head-carry -r alphabeta:alpha=0.3 -t top2 -l 1 "$TRACES/deep.f64" >out
  stream-show --json out | head -n 1 | jq -e '.content == "heads" and .rule.alpha == 0.3 and .start == "top2" and
    .model.name == "deep" and (.history | length == 2) and (has("graph") or has("weights") | not)'
  stream-show --json out | jq -e -s 'map(select(.type == "heads")) | length == 2 and
    all(.site == "enc-self.1" and .first_step == 0 and (.predicted | length) == (.relevance | length))'
}

@test "head-carry: its heads go on through head-norm and step-average, and merge with those of head-sum" {
  head-carry "$TRACES/deep.f32" | head-norm | step-average >carried
  lrp-layer "$TRACES/deep.f32" | head-sum | head-norm | step-average >backward
  stream-diff -t 1e-5 -k site,steps,sentences,mean,error backward carried
  step-average carried backward | stream-show --json | jq -e -s 'map(select(.type == "average") | .steps > 0) | length > 0 and all'
}

@test "head-carry: no records in, no records out; several segments" {
  [ "$(trace-extract </dev/null | head-carry | stream-show --json | jq -r .type | tr '\n' ' ')" = 'header end ' ]
  cat "$TRACES/plain.f32" "$TRACES/deep.f32" | head-carry -j 2 >both
  cat <(head-carry "$TRACES/plain.f32") <(head-carry "$TRACES/deep.f32") >parts
  stream-diff both parts
  [ "$(stream-show --json both | grep -c '"type":"header"')" -eq 2 ]
}

@test "head-carry: a rule that is not linear goes all backward" {
  lrp-layer -r list | grep -q '^voita2021 '
  for m in plain prenorm deep; do
    head-carry -v -r voita2021 "$TRACES/$m.f64" >carried 2>report
    lrp-layer -l all -r voita2021 "$TRACES/$m.f64" | head-sum >summed
    stream-diff -t 1e-12 -k site,first_step,heads,relevance carried summed
    grep -q 'sentences: all heads backward$' report
  done
  [ "$(stream-show --json carried | jq -s 'map(select(.type == "heads")) | length > 4')" = true ]
  fails 2 '--meet: voita2021 is not linear in relevance, so no head is carried forward' "head-carry --meet start -r voita2021 $TRACES/deep.f64 >/dev/null"
}

@test "head-carry: sites and meetings that there are not exit 2" {
  fails 2 "no site 'enc-self.7'" "head-carry -l enc-self.7 $TRACES/deep.f64 >/dev/null"
  fails 2 "'source' is no site of attention heads; use lrp-layer" "head-carry -l source $TRACES/deep.f64 >/dev/null"
  fails 2 "no site 'nowhere'" "head-carry --meet nowhere $TRACES/deep.f64 >/dev/null"
}

@test "head-carry: a node that heads can pass by is no meeting" {
  # the residual goes round dec.1.ffn.out; decoder heads are not in the encoder
  for meet in dec.1.ffn.out dec.0.cross.weights enc.1.self.out dec.1.self.norm source; do
    fails 2 "--meet: not all heads below '$meet' pass it, or there are none" "head-carry --meet $meet $TRACES/deep.f64 >/dev/null"
  done
}

@test "head-carry: amplification above 1e6 is a warning that names the site, once" {
  head -n 4 "$ROOT/examples/en-de/dev.en" | trace-extract -p f64 >in
  for rule in ratio alphabeta:alpha=2; do
    run --separate-stderr pipe "head-carry -q -r $rule in >out"
    [ "$status" -eq 0 ]
    [ "$(grep -c 'relevance is amplified' <<<"$stderr")" -eq 1 ] || { echo "$rule: $stderr"; return 1; }
    # at a site where the sizes of the heads are that much of their sum, or of the start
    site=$(sed -n "s/.*-fold at '\(.*\)'.*/\1/p" <<<"$stderr")
    stream-show --json out | jq -e -s --arg site "$site" 'map(select(.site == $site) | .relevance[] | [(map(fabs) | add), (add | fabs)] |
      .[0] / ([.[1], 1] | min)) | max > 1e6'
  done
  for rule in magnitude alphabeta attnlrp:eps=0.1; do
    run --separate-stderr pipe "head-carry -r $rule in >/dev/null"
    [ "$stderr" = '' ]
  done
}

@test "head-carry: --max-leak is held to where relevance comes back to" {
  head -n 1 "$ROOT/examples/en-de/dev.en" | trace-extract >in
  head-carry --max-leak 1e-4 in >limited
  head-carry in >free
  stream-diff limited free
  fails 1 "of the relevance is missing at 'd" 'head-carry -r ratio --max-leak 0.01 in >/dev/null'
  fails 1 'allow it with --max-leak, or use -r magnitude' 'head-carry -r ratio --max-leak 0.01 --meet backward in >/dev/null'
  head-carry -r ratio --max-leak inf in >/dev/null 2>&1
}

# bats test_tags=numbers
@test "head-carry: layers whose heads are all masked, both ways, and a warning" {
  for p in f32 f64; do
    trace-extract -m "$models/deep" --ids -p $p --mask 'enc-self.1:0,1,2;dec-enc.0:0,1' "$want/deep.ids" >in
    for rule in magnitude alphabeta alphabeta:alpha=2 ratio:bias=exclude gamma:bias=exclude magnitude:bias=spread; do
      for meet in '' '--meet backward' '--meet start'; do
        equal "$([ $p = f32 ] && echo 1e-4 || echo 1e-9)" in "-p $p -r $rule" "$meet" 2>said
        [ "$(grep -c 'bias alone' said)" = "$([[ $rule = *spread ]] && echo 0 || echo 1)" ] || { echo "$rule $meet"; cat said; return 1; }
        # nothing is at the masked heads but what is spread over them
        stream-show --json carried | jq -e -s --arg rule $rule 'map(select(.site == "enc-self.1" or .site == "dec-enc.0") | .relevance[][]) |
          length > 10 and (all(. == 0) != ($rule | endswith("spread")))' >/dev/null || { echo "$rule $meet"; return 1; }
      done
    done
  done
}

@test "head-carry: a mistyped option exits 2" {
  fails 2 "unknown option '--met'" "head-carry --met start $TRACES/deep.f64 >/dev/null"
  fails 2 "no rule 'lrp'" "head-carry -r lrp $TRACES/deep.f64 >/dev/null"
  fails 2 'unknown option' "head-carry --keep $TRACES/deep.f64 >/dev/null"
}

@test "head-carry: NaN in a trace is an error, not a number" {
  stream-show --json "$TRACES/plain.f32" |
    jq -c 'if .type == "trace" then .values["enc.0.self.v"].data[0][0] = "nan" else . end' | stream-pack >in
  fails 1 "tensor 'enc.0.self.v' holds NaN or infinity (element 0)" 'head-carry in >/dev/null'
}

@test "head-carry: several files are read one after the other, of several models too" {
  cp "$TRACES/deep.f64" a
  cp "$TRACES/plain.f64" b
  stream-diff <(head-carry a; head-carry b) <(head-carry a b)
  fails 1 "cannot open 'none'" 'head-carry a none >/dev/null'
}
