#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The rule sets of the literature, the keys that mix them, the starts of a sweep and its stages.
load helper

data=$BATS_TEST_DIRNAME/data
tool=$BATS_TEST_DIRNAME/tool

# Traces of all tiny models in both precisions, once for this file.
setup_file() {
  tiny_traces
}

# The files of tests/data/want, but those of relevance.bats, of voita2021 and of the traces.
wanted() {
  find "$data/want" -name '*.lrp' | grep -v -E '\.(trace|heads|paths\..*|voita2021.*|forced)\.lrp$|\.embed\.lrp$' |
    grep -v -E '/[a-z]+\.(magnitude|alphabeta|ratio)(:((alpha|eps)=[0-9.]+|bias=(absorb|exclude)|,)+)?\.lrp$' |
    of_marian_models | sort
}

# RULE, the middle of a file's name: the options of lrp-layer that make it
options() {
  case $1 in
  gradient.loss) echo '-r gradient -s loss' ;;
  contrast) echo '-t top1-top2' ;;
  from) echo '--from dec.1.ffn.norm::2' ;;
  *) echo "-r $1" ;;
  esac
}

# PRECISION TOLERANCE FILE ...: relevance as in these files of tests/data/want
agree() {
  local precision=$1 tolerance=$2 file pairs=()
  shift 2
  for file; do
    file=${file##*/}
    local model=${file%%.*} rule=${file#*.}
    # shellcheck disable=SC2046
    lrp-layer -p "$precision" $(options "${rule%.lrp}") --max-leak inf "$TRACES/$model.$precision" >"$file" 2>/dev/null
    pairs+=("$data/want/$file" "$file")
  done
  [ ${#pairs[@]} -gt 0 ]
  "$tool/same-relevance.py" "$tolerance" "${pairs[@]}"
}

@test "rules: gamma, thumt2017, attnlrp, cp, gradient, all keys and starts as the references have them" {
  readarray -t files < <(wanted)
  [ "${#files[@]}" -ge 57 ]
  for rule in gamma thumt2017 attnlrp cp gradient gradient.loss contrast from; do
    printf '%s\n' "${files[@]}" | grep -q "/deep\.$rule\.lrp"
  done
  agree f64 1e-9 "${files[@]}"
}

@test "rules: those with shares >= 0 agree in single precision as well" {
  readarray -t files < <(wanted | grep -E '\.(magnitude|alphabeta):|\.(contrast|from)\.lrp')
  [ "${#files[@]}" -ge 16 ]
  agree f32 1e-4 "${files[@]}"
}

@test "rules: heads of the built-in model as the references have them" {
  head -n 1 "$data/want/en-de.ids" | trace-extract --ids -p f64 >in
  for rule in cp attnlrp gradient gradient.loss; do
    lrp-layer -p f64 $(options $rule) in 2>/dev/null | head-sum >got
    stream-diff -t 1e-9 -k sentence,site,first_step,relevance got "$data/want/en-de.$rule.heads.lrp"
  done
}

@test "rules: voita2021 as the reference has it, with and without rescaling" {
  readarray -t files < <(find "$data/want" -name '*.voita2021*.lrp' | of_marian_models | sort)
  [ "${#files[@]}" -ge 18 ]
  agree f64 1e-9 "${files[@]}"
  head -n 1 "$data/want/en-de.ids" | trace-extract --ids -p f64 |
    lrp-layer -p f64 -r voita2021 2>/dev/null | head-sum >got
  stream-diff -t 1e-9 -k sentence,site,first_step,relevance got "$data/want/en-de.voita2021.heads.lrp"
}

@test "rules: a wrong number is found (the comparison can fail)" {
  lrp-layer -p f64 -r gamma:gamma=0.2501 "$TRACES/deep.f64" >got
  run "$tool/same-relevance.py" 1e-9 "$data/want/deep.gamma.lrp" got
  [ "$status" -eq 1 ]
  [[ $output == *'off by'* ]]
}

@test "rules: -r list has a line for each, with its source" {
  for program in lrp-layer head-carry; do
    $program -r list </dev/null >list
    for rule in 'magnitude .*default' 'alphabeta .*Bach' 'ratio .*Voita' 'gamma .*Montavon' 'thumt2017 .*Ding' \
      'attnlrp .*Achtibat' 'cp .*Ali' 'gradient .*Michel' 'voita2021 .*Voita'; do
      [ "$(grep -c "^$rule" list)" -eq 1 ] || { echo "no '$rule'"; cat list; return 1; }
    done
    [ "$(wc -l <list)" -eq 9 ]
  done
}

# RULE JSON: all keys as the header of the relevance has them
spelled() {
  lrp-layer -r "$1" "$TRACES/deep.f64" 2>/dev/null | stream-show --json | head -n 1 | jq -cS .rule >got
  jq -cS "{name: \"$1\"} + ." <<<"$2" | diff - got
}

@test "rules: the header has every key, whatever was typed" {
  spelled magnitude '{"rule":"magnitude","product":"magnitude","bias":"exclude","attention":"product","softmax":"pass","norm":"linear","rescale":"no","averaged":false,"eps":0.0,"alpha":0.5,"gamma":0.25}'
  spelled thumt2017 '{"rule":"ratio","product":"ratio","bias":"absorb","attention":"constant","softmax":"pass","norm":"centred","rescale":"no","averaged":true,"eps":0.05,"alpha":0.5,"gamma":0.25}'
  spelled attnlrp '{"rule":"ratio","product":"half","bias":"absorb","attention":"half","softmax":"taylor","norm":"linear","rescale":"no","averaged":false,"eps":1e-6,"alpha":0.5,"gamma":0.25}'
  spelled gamma:gamma=1,bias=spread,norm=jacobian '{"rule":"gamma","product":"gamma","bias":"spread","attention":"product","softmax":"pass","norm":"jacobian","rescale":"no","averaged":false,"eps":0.0,"alpha":0.5,"gamma":1.0}'
  spelled voita2021 '{"rule":"alphabeta","product":"alphabeta","bias":"spread","attention":"jacobian","softmax":"pass","norm":"jacobian","rescale":"l1","averaged":false,"eps":1e-5,"alpha":0.5,"gamma":0.25}'
  # a product's rule follows the rule, unless it is given
  spelled cp:rule=alphabeta,alpha=0.25 '{"rule":"alphabeta","product":"alphabeta","bias":"absorb","attention":"constant","softmax":"pass","norm":"linear","rescale":"no","averaged":false,"eps":0.0,"alpha":0.25,"gamma":0.25}'
  spelled ratio:product=magnitude,rule=gamma '{"rule":"gamma","product":"magnitude","bias":"absorb","attention":"product","softmax":"pass","norm":"linear","rescale":"no","averaged":false,"eps":0.0,"alpha":0.5,"gamma":0.25}'
}

@test "rules: a set with the keys of another is that other" {
  cd "$TRACES"
  equal() {
    lrp-layer -p f64 -r "$1" deep.f64 >"$BATS_TEST_TMPDIR/a" 2>/dev/null
    lrp-layer -p f64 -r "$2" deep.f64 >"$BATS_TEST_TMPDIR/b" 2>/dev/null
    stream-diff "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/b"
  }
  equal cp ratio:attention=constant
  equal attnlrp ratio:product=half,attention=half,softmax=taylor,eps=1e-6
  equal alphabeta magnitude:rule=alphabeta
  equal magnitude ratio:rule=magnitude,bias=exclude
  run equal cp ratio
  [ "$status" -eq 1 ]
}

@test "rules: thumt2017 passes relevance through norms that the residual goes round" {
  norm() { lrp-layer -r thumt2017 "$@" 2>/dev/null | stream-show --json | jq -r 'select(.type == "header") | .rule.norm'; }
  [ "$(norm "$TRACES/deep.f64")" = centred ]
  [ "$(norm "$TRACES/prenorm.f64")" = identity ]
  # each segment of a stream by its own model
  [ "$(cat "$TRACES/prenorm.f64" "$TRACES/deep.f64" | norm | tr '\n' ' ')" = 'identity centred ' ]
}

# TEXT RULE: refused, with that reason
refused() {
  fails 2 "rule: $1" "lrp-layer -r $2 </dev/null"
  fails 2 "rule: $1" "head-carry -r $2 </dev/null"
}

@test "rules: combinations that make no sense are refused with the reason" {
  refused "'rule=half' is for products only: write product=half" ratio:rule=half
  refused 'the gradient is not mixed with shares of contributions' gradient:product=ratio
  refused 'the gradient is not mixed with shares of contributions' ratio:product=gradient
  for key in eps=0.1 bias=absorb bias=spread norm=linear norm=identity attention=constant attention=half softmax=taylor; do
    refused 'the gradient takes no keys: it is the true derivative everywhere' gradient:$key
  done
  refused "only alphabeta has 'alpha'" magnitude:alpha=0.3
  refused "only gamma has 'gamma'" ratio:gamma=1
  refused 'with attention=constant no relevance reaches the softmax' cp:softmax=taylor
  refused 'with attention=constant no relevance reaches the softmax' attnlrp:attention=constant
  refused 'norm=centred is defined for ratio only' magnitude:norm=centred
  refused 'norm=centred is defined for ratio only' thumt2017:rule=magnitude,norm=centred
  refused 'thumt2017 averages constant attention weights with rule=ratio' thumt2017:attention=product
  refused 'thumt2017 averages constant attention weights with rule=ratio' thumt2017:rule=gamma,norm=linear
}

@test "rules: voita2021 is refused where it is not what its code computes" {
  for key in eps=0.1 bias=absorb attention=product norm=linear alpha=0.3 rule=ratio; do
    fails 2 "voita2021 is what its authors' code computes: 'rescale' is its only key, not '${key%%=*}'" "lrp-layer -r voita2021:$key </dev/null"
  done
  refused "attention=jacobian and rescale=l1 are voita2021's alone" alphabeta:attention=jacobian
  refused "attention=jacobian and rescale=l1 are voita2021's alone" alphabeta:rescale=l1
  for option in '-s loss' '-s logit' '-t top1-top2' '--from dec-self.1'; do
    fails 2 'voita2021 starts with 1 at one token' "lrp-layer -r voita2021 $option </dev/null"
  done
  fails 2 'voita2021 goes by residual blocks' 'lrp-layer -r voita2021 --to 1 --keep </dev/null'
}

@test "rules: words and numbers that a key does not have are refused with those that it has" {
  refused "'rule' is one of ratio, magnitude, alphabeta, gamma, half, gradient, not 'abs'" ratio:rule=abs
  refused "'product' is one of ratio" ratio:product=none
  refused "'bias' is one of exclude, absorb, spread, not 'keep'" ratio:bias=keep
  refused "'attention' is one of product, constant, half" ratio:attention=none
  refused "'softmax' is one of pass, taylor, not ''" ratio:softmax=
  refused "'norm' is one of linear, identity, jacobian, centred" ratio:norm=layer
  refused "'gamma' takes a number >= 0, not '-1'" gamma:gamma=-1
  refused "'eps' takes a number >= 0, not 'nan'" ratio:eps=nan
  refused "'eps' takes a number >= 0, not '1e400'" ratio:eps=1e400
  refused "'alpha' takes a number >= 0, not '0.5x'" alphabeta:alpha=0.5x
  refused "no key 'size'; there are rule, product" ratio:size=1
  refused "'eps' is not key=value" ratio:eps
}

@test "rules: the gradient times the value is the logit's part that is linear in the site" {
  # over all leaves: sum of u dz/du; for the last dense layer alone it is z - bias
  trace-extract -m "$data/models/deep" --ids -p f64 -k all "$data/want/deep.ids" >in
  last=$(stream-show --json in | head -n 1 | jq -r '.graph[-1].inputs[0]')
  [ "$(stream-show --json in | head -n 1 | jq -r '.graph[-1] | has("bias")')" = true ]
  lrp-layer -p f64 -r gradient -l "$last" in | stream-show --json | jq -c 'select(.type == "relevance") | .ledger | [.start, .here]' >got
  lrp-layer -p f64 -r ratio -s logit -l "$last" in | stream-show --json |
    jq -c 'select(.type == "relevance") | .ledger | [.start, .here]' >want
  jq -e -s '.[0:2] as $g | .[2:4] as $w | [$g, $w] | transpose | map([(.[0] | flatten), (.[1] | flatten)] | transpose |
    map(.[0] - .[1] | fabs < 1e-9)) | flatten | length > 8 and all' got want
}

@test "rules: -t A-B is the difference of two starts" {
  cd "$TRACES"
  for rule in magnitude cp gradient; do
    for start in top top2 top1-top2 3 top-3; do
      lrp-layer -p f64 -r $rule -t $start deep.f64 | stream-show --json |
        jq -c 'select(.type == "relevance") | [.ledger.start, .relevance] | flatten' >"$BATS_TEST_TMPDIR/$start"
    done
    for pair in 'top top2 top1-top2' 'top 3 top-3'; do
      read -r a b both <<<"$pair"
      paste -d '\n' "$BATS_TEST_TMPDIR/$a" "$BATS_TEST_TMPDIR/$b" "$BATS_TEST_TMPDIR/$both" | jq -e -s '
        (map(map(fabs) | max) | max) as $top | [range(0; length; 3) as $i | [.[$i], .[$i + 1], .[$i + 2]] | transpose[] |
        .[0] - .[1] - .[2] | fabs < 1e-12 * $top] | length > 500 and all'
    done
  done
}

@test "rules: --from all neurons of a node is the sum over its neurons" {
  cd "$TRACES"
  rows() { lrp-layer -p f64 -l dec-self.0,enc-self.1 --from "$1" deep.f64 | stream-show --json |
    jq -c 'select(.type == "relevance") | .relevance | flatten'; }
  width=$(stream-show --json deep.f64 | head -n 1 | jq '.graph[] | select(.name == "dec.1.ffn.norm") | .width')
  rows dec.1.ffn.norm >"$BATS_TEST_TMPDIR/all"
  for i in $(seq 0 $((width - 1))); do rows "dec.1.ffn.norm::$i" >"$BATS_TEST_TMPDIR/part.$i"; done
  jq -s --argjson n "$(wc -l <"$BATS_TEST_TMPDIR/all")" '. as $r | [range($n) as $i | [range($i; length; $n) | $r[.]] | transpose | map(add)]' \
    "$BATS_TEST_TMPDIR"/part.* >"$BATS_TEST_TMPDIR/sum"
  jq -e -s '.[-1] as $sum | .[:-1] as $all | [$all, $sum] | map(flatten) | transpose | map(.[0] - .[1] | fabs < 1e-12) |
    length > 100 and all' "$BATS_TEST_TMPDIR/all" "$BATS_TEST_TMPDIR/sum"
}

@test "rules: --from a position is that step of all positions" {
  cd "$TRACES"
  step() { lrp-layer -p f64 -l enc-self.0 --from "$1" deep.f64 | stream-show --json |
    jq -c "select(.type == \"relevance\") | [$2]"; }
  for p in 0 2; do
    diff <(step "dec-self.1:$p:1" '.first_step, .relevance[0]') <(step dec-self.1::1 "$p, .relevance[$p]")
    diff <(step "enc-self.1:$p" '.first_step, .relevance[0]') <(step enc-self.1 "$p, .relevance[$p]")
  done
  lrp-layer --from enc-self.1:2:0 -l enc-self.0 deep.f64 >"$BATS_TEST_TMPDIR/out"
  [ "$(stream-show --json "$BATS_TEST_TMPDIR/out" | head -n 1 | jq -r .start)" = 'from enc-self.1:2:0' ]
  # a step that starts there predicts no token
  [ "$(stream-show --json "$BATS_TEST_TMPDIR/out" | sed -n 2p | jq 'has("predicted")')" = false ]
}

@test "rules: starts that there are not" {
  cd "$TRACES"
  fails 2 "this model has no site 'dec.9'" 'lrp-layer --from dec.9 deep.f64 >/dev/null'
  fails 2 "--from: 'dec.1.ffn.norm' has 6 neurons" 'lrp-layer --from dec.1.ffn.norm::6 deep.f64 >/dev/null'
  fails 1 "has 4 positions here, not position 4" 'lrp-layer -l 0 --from enc-self.1:4 deep.f64 >/dev/null'
  fails 2 '--from takes NODE[:POSITION[:NEURON]]' 'lrp-layer --from dec.1.ffn.norm:-1 deep.f64 >/dev/null'
  fails 2 '--from takes NODE[:POSITION[:NEURON]]' 'lrp-layer --from dec.1.ffn.norm:1:2:3 deep.f64 >/dev/null'
  fails 2 '--from starts with 1 and not at a token: leave -t and -s out' 'lrp-layer --from dec-self.1 -t top2 deep.f64 >/dev/null'
  fails 2 '--from starts with 1 and not at a token: leave -t and -s out' 'lrp-layer --from dec-self.1 -s loss deep.f64 >/dev/null'
  fails 2 "relevance starts at 'enc-self.1'; name sites before it, not 'enc-self.1'" 'lrp-layer --from enc-self.1 deep.f64 >/dev/null'
  fails 2 "not 'top3'" 'lrp-layer -t top-top3 deep.f64 >/dev/null'
  fails 2 "not '-s'" "lrp-layer -t 'top--s' deep.f64 >/dev/null"
}

# What step-average says of two streams of heads.
mixed() {
  fails 1 "$1" "cat $2 $3 | step-average >/dev/null"
}

@test "rules: step-average refuses to mix rules, starts, sites and models, and names what differs" {
  heads() { # NAME MODEL OPTION ...
    local name=$1 model=$2
    shift 2
    lrp-layer -p f64 "$@" "$TRACES/$model.f64" 2>/dev/null | head-sum >"$name"
  }
  heads magnitude deep
  heads again deep
  heads ratio deep -r ratio
  heads eps deep -r magnitude:eps=0.1
  heads second deep -t top2
  heads loss deep -s loss
  heads from deep --from dec.1.ffn.norm -l enc-self.0
  heads other prenorm
  heads thumt deep -r thumt2017
  head-carry -p f64 "$TRACES/deep.f64" >carried
  cat magnitude again carried | step-average >/dev/null
  mixed "rule.name is 'ratio' here but 'magnitude' in the first header; average them apart" magnitude ratio
  mixed "rule.name is 'magnitude' here but 'magnitude:eps=0.1' in the first header" eps magnitude
  mixed "start is 'top2' here but 'top' in the first header" magnitude second
  mixed "start is 'top, with its loss' here but 'top' in the first header" magnitude loss
  mixed "start is 'from dec.1.ffn.norm' here but 'top' in the first header" magnitude from
  mixed "model.name is 'prenorm' here but 'deep' in the first header" magnitude other
  # a rule that the model changes
  lrp-layer -r thumt2017 "$TRACES/prenorm.f64" 2>/dev/null | head-sum | stream-show --json |
    jq -c 'if .type == "header" then .model = {} else . end' | stream-pack >fitted
  stream-show --json thumt | jq -c 'if .type == "header" then .model = {} else . end' | stream-pack >plain
  mixed "rule.norm is 'identity' here but 'centred' in the first header" plain fitted
  # another number of heads at a site
  stream-show --json magnitude | jq -c 'if .heads then .heads = 1 | .relevance |= map(.[:1]) else . end' | stream-pack >fewer
  mixed "heads" magnitude fewer
  head-confidence "$TRACES/deep.f64" >confidence
  mixed "rule.name is not given here but 'magnitude' in the first header" magnitude confidence
}

# ONE STAGES: the same records with the same relevance, bit for bit. A sweep that is kept takes all relevance along,
# where one to a site counts what goes by it: so what is elsewhere and what is lost are the same together, to rounding.
same_records() {
  stream-diff -k sentence,site,first_step,heads,pieces,predicted,relevance "$1" "$2"
  for file in "$1" "$2"; do stream-show --json "$file" | jq -c 'select(.type == "relevance") | .ledger'; done |
    jq -e -s '[.[:length / 2], .[length / 2:]] | transpose | map(.[0] as $a | .[1] as $b | $a.here == $b.here and
      $a.start == $b.start and ([$a.elsewhere, $a.lost, $b.elsewhere, $b.lost, $a.here] | transpose |
      all((map(fabs) | max) as $top | .[0] + .[1] - .[2] - .[3] | fabs < 1e-5 * $top))) | length > 0 and all' >/dev/null
}

# MODEL OPTIONS SITES STAGE ...: as stages that stop at these nodes, against one sweep
same_sweep() {
  local model=$1 options=$2 sites=$3 stage last=cat
  shift 3
  lrp-layer $options -l "$sites" "$TRACES/$model.f64" >one 2>/dev/null
  cp "$TRACES/$model.f64" now
  for stage; do
    lrp-layer $options --to "$stage" --keep now >next
    mv next now
    options= # the stages behind know them
  done
  lrp-layer -l "$sites" now >stages 2>/dev/null
  same_records one stages || { echo "$model $*"; return 1; }
  [ "$(stream-show --json stages | jq -c 'select(.type == "header") | [.rule, .start, has("frontier")]')" = \
    "$(stream-show --json one | jq -c 'select(.type == "header") | [.rule, .start, false]')" ]
}

# bats test_tags=numbers
@test "rules: a sweep in stages is the sweep, bit for bit" {
  for rule in magnitude alphabeta 'ratio' thumt2017 attnlrp cp gamma:bias=spread; do
    same_sweep deep "-r $rule" enc-self.0,source enc-self.1
    same_sweep deep "-p f64 -r $rule" enc-self.0 dec-self.1 enc-self.1
    same_sweep prenorm "-r $rule -s logit" enc-self.0,target dec-enc.0
  done
  same_sweep deep '-p f64 -r attnlrp' 0 dec.1.ffn.norm 1
  same_sweep deep '-p f32 -r ratio' 0 dec.1.ffn.norm 1
  same_sweep deep '-t top1-top2' 0 dec-enc.1 dec-enc.0
  same_sweep deep '-s loss' 0 dec-enc.1 dec-enc.0
  same_sweep deep '--from dec.1.ffn.norm::2' 0 dec-enc.1 enc-self.1
  same_sweep deep '--from enc-self.1:2' 0,source enc.1.self.weights
}

@test "rules: the gradient in stages is the gradient, bit for bit" {
  # it is not conserved, so its ledger says less
  for options in '-r gradient' '-r gradient -s loss' '-r gradient --from dec.1.ffn.norm::2'; do
    lrp-layer $options -l enc-self.0,target "$TRACES/deep.f64" >one
    lrp-layer $options --to dec-enc.0 --keep "$TRACES/deep.f64" | lrp-layer --to target --keep |
      lrp-layer -l enc-self.0,target >three
    lrp-layer $options --to dec-enc.0 --keep "$TRACES/deep.f64" | lrp-layer -l target |
      stream-diff -k relevance - <(lrp-layer $options -l target "$TRACES/deep.f64")
    stream-diff -k sentence,site,first_step,relevance one three
  done
}

@test "rules: stages of the built-in model, of several sentences and threads" {
  head -n 3 "$ROOT/examples/en-de/dev.en" | trace-extract >in
  lrp-layer -l 4,2 in >one
  lrp-layer -j 2 --to dec-enc.0 --keep in | lrp-layer -j 2 -l 4,2 >two
  same_records one two
  lrp-layer --to dec-enc.3 --keep in | lrp-layer --to 4 --keep | lrp-layer -l 4,2 >three
  same_records one three
  lrp-layer -r ratio -l 4 in >one 2>/dev/null
  lrp-layer -r ratio --to dec-enc.0 --keep in | lrp-layer -l 4 >two 2>/dev/null
  same_records one two
}

@test "rules: a long sentence, of several blocks of steps, in stages" {
  trace-extract -k '' >in <<<"$(yes the | head -n 40 | tr '\n' ' ')	$(yes Hut | head -n 40 | tr '\n' ' ')"
  lrp-layer -l 3 in >one
  [ "$(stream-show --json one | grep -c '"relevance"')" -gt 2 ]
  lrp-layer --to 5 --keep in | lrp-layer -j 2 --to 4 --keep | lrp-layer -l 3 >three
  same_records one three
}

@test "rules: what a stage passes on is a trace, which other programs read" {
  lrp-layer --to enc-self.1 --keep "$TRACES/deep.f64" >kept
  # the last is XXH3 of the five values and an empty one, a line each
  [ "$(stream-show --json kept | head -n 1 | jq -c '[.content, .frontier]')" = \
    '["trace",{"rule":"magnitude","start":"top","size":"one","precision":"f32","to":"enc-self.1","check":"4f3a318a5645da76"}]' ]
  stream-diff -k values,top,target "$TRACES/deep.f64" kept
  head-carry kept >from_kept
  head-carry "$TRACES/deep.f64" >from_trace
  stream-diff from_trace from_kept
}

@test "rules: a stage may be given the rule and the start again, but not another one" {
  lrp-layer -r cp -t top2 -p f64 --to 1 --keep "$TRACES/deep.f64" >kept
  lrp-layer -l 0 kept >want
  lrp-layer -l 0 -r cp -t top2 -p f64 kept >got
  stream-diff want got
  fails 1 "these sweeps began with rule 'cp', not 'ratio'; leave it out" 'lrp-layer -r ratio kept >/dev/null'
  fails 1 "these sweeps began with start 'top2', not 'forced'; leave it out" 'lrp-layer -t forced kept >/dev/null'
  fails 1 "these sweeps began with size 'one', not 'loss'; leave it out" 'lrp-layer -s loss kept >/dev/null'
  fails 1 "these sweeps began with precision 'f64', not 'f32'; leave it out" 'lrp-layer -p f32 kept >/dev/null'
  fails 1 "these sweeps began with from '', not 'dec-self.1'; leave it out" 'lrp-layer --from dec-self.1 kept >/dev/null'
}

@test "rules: a frontier whose rule, start or node was changed, or that lacks one, is an error that names it" {
  lrp-layer -r cp --to 1 --keep "$TRACES/deep.f64" | stream-show --json >json
  edited() { # FILTER TEXT
    jq -c "if .type == \"header\" then $1 else . end" json | stream-pack >in
    fails 1 "in: record 1: $2" 'lrp-layer -l 0 in >/dev/null'
  }
  for key in rule start size precision to check; do
    edited "del(.frontier.$key)" "no key '$key' in 'frontier'"
    edited ".frontier.$key = 1" "key '$key' in 'frontier' is not text"
  done
  edited '.frontier.rule = "ratio"' "frontier: rule 'ratio', start 'top', size 'one', precision 'f64', to 'enc-self.1' were changed since its sweeps began"
  edited '.frontier.rule = "cp:eps=0.1"' "frontier: rule 'cp:eps=0.1', start 'top'"
  edited '.frontier.rule = "no rule"' "frontier: rule 'no rule', start 'top'"
  edited '.frontier.start = "top2"' "frontier: rule 'cp', start 'top2'"
  edited '.frontier.size = "logit"' "frontier: rule 'cp', start 'top', size 'logit'"
  edited '.frontier.precision = "f32"' "frontier: rule 'cp', start 'top', size 'one', precision 'f32'"
  edited '.frontier.to = "enc-self.0"' "frontier: rule 'cp', start 'top', size 'one', precision 'f64', to 'enc-self.0' were changed"
  edited '.frontier.from = "dec-self.1"' "frontier: rule 'cp', start 'top', size 'one', precision 'f64', to 'enc-self.1', from 'dec-self.1' were changed"
  edited '.frontier = "cp"' "key 'frontier' in 'header' is not a map"
  jq -c 'del(.frontier | select(type == "object"))' json | stream-pack >in
  fails 1 "a 'frontier' whose header does not say how its sweeps began" 'lrp-layer -l 0 in >/dev/null'
}

@test "rules: a large graph takes no longer than it is large" {
  # 60,000 nodes: two embeddings, a head, and what passes; or 20,000 layers of a head
  chain='[range(59994) | {name: "a\(.)", op: "activation", function: "linear", inputs: [if . == 0 then "dec-self.0" else "a\(. - 1)" end], side: "target", width: 1}]'
  for layers in 1 15000; do
    jq -n -c --argjson layers $layers '
      def node: {side: "target", width: 1};
      def attends: node + {heads: 1, keys: "target", causal: true};
      def head($i; $x): [attends + {name: "s\($i)", op: "scores", inputs: [$x, $x]}, attends + {name: "A\($i)", op: "softmax", inputs: ["s\($i)"]},
        attends + {name: "dec-self.\($i)", op: "context", inputs: ["A\($i)", $x]}];
      [{name: "source", op: "embed", inputs: [], side: "source", width: 1, weight: "E"}, node + {name: "target", op: "embed", inputs: [], weight: "E"}] +
      ([range($layers) as $i | head($i; if $i == 0 then "target" else "o\($i - 1)" end)[], node + {name: "o\($i)", op: "activation", function: "linear", inputs: ["dec-self.\($i)"]}]) +
      (if $layers == 1 then '"$chain"' else [] end) |
      (map(select(.op == "activation"))[-1].name) as $last | . + [node + {name: "logits", op: "linear", inputs: [$last], weight: "E"}] |
      {type: "header", content: "trace", graph: ., weights: {E: {tensor: "<f4", shape: [1, 1], data: [1]}}},
      {type: "trace", sentence: 0, source: {ids: [0]}, target: {ids: [0]}, inputs: {ids: [0]}, top: {ids: {tensor: "<i4", shape: [1, 1], data: [0]}, logits: [[1]]}, values: {}}' |
      stream-pack >in
    timeout 300 lrp-layer -l dec-self.0 in | stream-show --json | jq -e -s 'map(select(.type == "relevance")) | length == 1'
    timeout 300 head-carry -l dec-self.0 in | stream-show --json | jq -e -s 'map(select(.type == "heads")) | length == 1'
    timeout 300 lrp-layer -r thumt2017 -l target in >/dev/null
  done
  fails 2 "no site 'nowhere'; it has all, dec-self.0-14999" 'timeout 300 lrp-layer -l nowhere in >/dev/null'
}

@test "rules: a stage refuses sites that were passed before it" {
  lrp-layer --to 1 --keep "$TRACES/deep.f64" >kept
  lrp-layer -l 1,0 kept >/dev/null
  for site in target dec-self.0 enc.1.self.out; do
    fails 2 "these sweeps have come down to 'enc-self.1' and passed '$site'; read that site before" "lrp-layer -l $site kept >/dev/null"
    fails 2 "passed '$site'" "lrp-layer --to $site --keep kept >/dev/null"
  done
}

@test "rules: each segment of kept sweeps goes on with its own rule" {
  lrp-layer -r cp -p f64 --to 1 --keep "$TRACES/deep.f64" >cp
  lrp-layer --to 1 --keep "$TRACES/deep.f64" >magnitude
  cat cp magnitude "$TRACES/deep.f64" | lrp-layer -l 0 >got
  cat <(lrp-layer -l 0 cp) <(lrp-layer -l 0 magnitude) <(lrp-layer -l 0 "$TRACES/deep.f64") >want
  stream-diff want got
  [ "$(stream-show --json got | jq -r 'select(.type == "header") | .rule.name' | tr '\n' ' ')" = 'cp magnitude magnitude ' ]
}

@test "rules: --to and --keep go together, to one site" {
  fails 2 '--to and --keep go together' "lrp-layer --to 1 $TRACES/deep.f64"
  fails 2 '--to and --keep go together' "lrp-layer --keep $TRACES/deep.f64"
  fails 2 "'0,1' is more than one site; one is needed here" "lrp-layer --keep --to 0,1 $TRACES/deep.f64"
  fails 2 "'all' is more than one site; one is needed here" "lrp-layer --keep --to all $TRACES/deep.f64"
  fails 2 "no site 'enc-self.9'" "lrp-layer --keep --to enc-self.9 $TRACES/deep.f64"
}

# FILTER TEXT: of the first record with a frontier
broken() {
  jq -c "if .type == \"trace\" and .sentence == 0 then $1 else . end" json | stream-pack >in
  fails 1 "record 2: $2" 'lrp-layer -l 0 in >/dev/null'
}

@test "rules: a broken frontier is an error that says what" {
  lrp-layer --to 1 --keep "$TRACES/deep.f64" | stream-show --json >json
  steps=$(jq 'select(.type == "trace" and .sentence == 0) | .target.ids | length' json)
  broken 'del(.frontier)' "no key 'frontier' in 'trace'"
  broken '.frontier = []' 'frontier'
  broken '.frontier[0].first = 1' 'frontier'
  broken '.frontier[0].first = -1' 'frontier: steps'
  broken '.frontier[0].steps = 0' 'frontier: steps'
  broken '.frontier[0].steps += 1' 'frontier'
  broken 'del(.frontier[0].relevance)' "frontier: a block needs 'relevance', a map of nodes"
  broken '.frontier[0].relevance.nowhere = [[1.5]]' "frontier: the graph has no node 'nowhere'"
  broken '.frontier[0].relevance["enc-self.1"] = 1' "frontier: relevance at 'enc-self.1' is not a tensor we know"
  broken 'del(.frontier[0].start)' "no key 'start' in 'frontier'"
  broken 'del(.frontier[0].lost)' "no key 'lost' in 'frontier'"
  broken '.frontier[0].counted = {tensor: "<f8", shape: [1], data: [0]}' "frontier: 'counted' has 1 values for $steps steps"
  broken '.frontier[0].relevance["enc-self.1"] = {tensor: "<f4", shape: [1, 8], data: [0, 0, 0, 0, 0, 0, 0, 0]}' \
    "frontier: relevance at 'enc-self.1' is [1, 8], not"
  broken '.frontier[0].relevance["enc-self.1"] = {tensor: "<f4", shape: [1, 1, 1], data: [0]}' "tensor 'enc-self.1' has the shape [1, 1, 1]"
  broken '.frontier[0].relevance["enc-self.1"].data[0][0] = "nan"' "tensor 'enc-self.1' holds NaN or infinity"
  # a sentence with fewer steps than its trace has
  broken '.frontier[0] |= (.steps = 1 | .start = {tensor: "<f8", shape: [1], data: [1]} | .counted = .start |
    .lost = {tensor: "<f8", shape: [4, 1], data: [0, 0, 0, 0]})' 'frontier'
}

@test "rules: a block of steps that is missing is an error" {
  trace-extract -k '' >in <<<"$(yes the | head -n 40 | tr '\n' ' ')	$(yes Hut | head -n 40 | tr '\n' ' ')"
  lrp-layer --to 5 --keep in | stream-show --json >json
  [ "$(jq -c 'select(.type == "trace") | .frontier | length' json)" -gt 2 ]
  broken 'del(.frontier[1])' 'frontier'
  broken 'del(.frontier[0])' 'frontier'
  broken 'del(.frontier[-1])' 'frontier'
  broken '.frontier |= reverse' 'frontier'
}

@test "rules: a signed rule keeps formula (1) with what is lost, at every site" {
  leaves=source,target,source.position,target.position
  for rule in gamma attnlrp cp thumt2017 gamma:bias=spread ratio:bias=spread alphabeta:bias=spread magnitude:norm=identity \
    magnitude:attention=half; do
    for model in deep prenorm; do
      lrp-layer -p f64 -r $rule --max-leak inf -l all,$leaves "$TRACES/$model.f64" 2>/dev/null | stream-show --json |
        jq -c 'select(.type == "relevance")' >got
      # against the largest number of the account: signed terms cancel
      jq -e -s 'map(.ledger as $l | range($l.start | length) as $t |
        ([$l | to_entries[] | .value[$t] | fabs] | max) as $top |
        ($l.start[$t] - $l.here[$t] - $l.elsewhere[$t] - $l.lost[$t] | fabs < 1e-9 * $top) and
        ($l.lost[$t] - $l.bias[$t] - $l.eps[$t] - $l.zero[$t] - $l.softmax[$t] | fabs < 1e-9 * $top)) | length > 50 and all' got ||
        { echo "$model $rule"; return 1; }
    done
  done
}
