#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The numbers of lrp-layer: worked by hand, by an oracle that walks every path, by a double-precision
# reference; and formula (1), the conservation of relevance.
load helper

data=$BATS_TEST_DIRNAME/data
tool=$BATS_TEST_DIRNAME/tool

# Traces of all tiny models in both precisions, once for this file.
setup_file() {
  tiny_traces
}

# sites NAME: what -l takes for the file of that name
sites() {
  case $1 in *.embed.lrp) echo source,target ;; *) echo all ;; esac
}

# PRECISION TOLERANCE FILE ...: relevance as in these files of tests/data/want
agree() {
  local precision=$1 tolerance=$2 file model rule start pairs=()
  shift 2
  for file; do
    file=${file##*/} start=top
    model=${file%%.*} rule=${file#*.}
    rule=${rule#paths.} rule=${rule%.lrp} rule=${rule%.embed}
    [ "$rule" != forced ] || { rule=magnitude start=forced; }
    lrp-layer -p "$precision" -l "$(sites "$file")" -r "$rule" -t $start --max-leak 1e9 \
      "$TRACES/$model.$precision" >"$file"
    pairs+=("$data/want/$file" "$file")
  done
  [ ${#pairs[@]} -gt 0 ]
  "$tool/same-relevance.py" "$tolerance" "${pairs[@]}"
}

# wanted RULES: the files of tests/data/want with relevance by rules of that pattern, but the oracle's
wanted() {
  find "$data/want" -name '*.lrp' | grep -E '/[a-z]+\.('"$1"')(\.embed)?\.lrp$' |
    of_marian_models | sort
}

keys='(:((alpha|eps)=[0-9.]+|bias=(absorb|exclude)|,)+)?'

@test "relevance: every rule and model as the reference has it, in double precision" {
  readarray -t files < <(wanted "(magnitude|alphabeta|ratio)$keys|forced")
  [ "${#files[@]}" -ge 69 ]
  agree f64 1e-9 "${files[@]}"
}

@test "relevance: magnitude and alphabeta as the reference has them, in single precision" {
  readarray -t files < <(wanted "(magnitude|alphabeta)$keys|forced" | grep -v alpha=2)
  [ "${#files[@]}" -ge 45 ]
  agree f32 1e-4 "${files[@]}"
}

@test "relevance: the sum over all paths of the products of weight ratios" {
  readarray -t files < <(find "$data/want" -name 'oracle.paths.*' | sort)
  [ "${#files[@]}" -eq 6 ]
  agree f64 1e-9 "${files[@]}"
}

@test "relevance: a wrong number is found (the comparison can fail)" {
  lrp-layer -p f64 -r magnitude:eps=1e-6 "$TRACES/deep.f64" >got
  run "$tool/same-relevance.py" 1e-9 "$data/want/deep.magnitude.lrp" got
  [ "$status" -eq 1 ]
  [[ $output == *'off by'* ]]
}

@test "relevance: heads of the built-in model as the reference has them" {
  for rule in magnitude alphabeta; do
    trace-extract --ids -p f64 "$data/want/en-de.ids" | lrp-layer -p f64 -r $rule | head-sum >got
    stream-diff -t 1e-6 -k sentence,site,first_step,relevance got "$data/want/en-de.$rule.heads.lrp"
    trace-extract --ids "$data/want/en-de.ids" | lrp-layer -r $rule | head-sum >got
    stream-diff -t 1e-4 -k sentence,site,first_step,relevance got "$data/want/en-de.$rule.heads.lrp"
  done
}

# conserves PRECISION RULE TOLERANCE: formula (1) at every head site and leaf of every tiny model, and at all leaves together
conserves() {
  local leaves=source,target,source.position,target.position
  for model in $(marian_models); do
    lrp-layer -p "$1" -r "$2" --max-leak 1 -l all,$leaves "$TRACES/$model.$1" >"$model.all"
    lrp-layer -p "$1" -r "$2" --max-leak 1 -l $leaves "$TRACES/$model.$1" >"$model.leaves"
  done
  "$tool/conserved.py" "$3" ./*.all
  "$tool/conserved.py" --all "$3" ./*.leaves
}

@test "relevance: formula (1) at every site of every tiny model, in double precision" {
  conserves f64 magnitude 1e-9
  conserves f64 alphabeta 1e-9
}

@test "relevance: formula (1) at every site of every tiny model, in single precision" {
  conserves f32 magnitude 1e-5
  conserves f32 alphabeta 1e-5
}

@test "relevance: a leak is found (the test of formula (1) can fail)" {
  lrp-layer -p f64 -l source,target "$TRACES/deep.f64" >got
  "$tool/conserved.py" 1e-9 got
  run "$tool/conserved.py" --all 1e-9 got
  [ "$status" -eq 1 ]
  [[ $output == *'all leaves: off by'* ]]
}

@test "relevance: formula (1) with bias and eps that absorb, at every site" {
  for model in deep prenorm untied; do
    for rule in magnitude:bias=absorb alphabeta:alpha=0.3,bias=absorb,eps=0.01 ratio:eps=0.1; do
      lrp-layer -p f64 -r $rule -l all,source,target,source.position,target.position \
        "$TRACES/$model.f64" 2>/dev/null >"$model.${rule%%:*}"
    done
  done
  "$tool/conserved.py" 1e-9 ./*.magnitude ./*.alphabeta ./*.ratio
}

@test "relevance: formula (1) on 20 sentences of the built-in model" {
  head -n 20 "$ROOT/examples/en-de/dev.en" >text
  [ "$(wc -l <text)" -eq 20 ]
  trace-extract text >trace
  leaves=source,target,source.position,target.position
  lrp-layer -j 2 -l all,$leaves trace >got
  "$tool/conserved.py" 1e-5 got
  lrp-layer -j 2 -r alphabeta -l 0,5,dec-enc.3,$leaves trace >got
  "$tool/conserved.py" 1e-5 got
  lrp-layer -j 2 -p f64 -l 0,3,dec-enc.0,dec-self.5,$leaves trace >got
  "$tool/conserved.py" 1e-9 got
}

@test "relevance: all shares of the positive rules are >= 0" {
  for rule in magnitude alphabeta alphabeta:alpha=1; do
    lrp-layer -p f64 -r $rule -l all,source,target "$TRACES/deep.f64" |
      stream-show --json >got
    [ "$(jq -s 'map(select(.type == "relevance") | .relevance | flatten) | add | length > 1000' got)" = true ]
    [ "$(jq -s 'map(select(.type == "relevance") | .relevance | flatten) | add | min >= 0' got)" = true ]
  done
}

@test "relevance: a step sees nothing behind its own position" {
  lrp-layer -p f64 -l dec-self.0,target "$TRACES/deep.f64" | stream-show --json >got
  jq -e -s 'map(select(.type == "relevance") | .relevance | to_entries[] | .key as $step |
    .value[$step + 1:] | flatten | all(. == 0)) | length > 10 and all' got
}

# A network that no program of ours wrote, with its weights in the stream. E[1] = (1, -2), W = (3 1; 1 2),
# b = (1, -1): contributions of h are (3, -2) + 1 = 2 and (1, -4) - 1 = -4; of sum (1, 2) = 3 and
# (-2, -4) = -6; of logit 0, U = (2, 1/2), c = 1: (6, -3) + 1 = 4.
dense() {
  stream-pack >dense.lrp <<'EOF'
{"type":"header","content":"trace","graph":[{"name":"source","op":"embed","inputs":[],"side":"source","width":2,"weight":"E"},{"name":"target","op":"embed","inputs":[],"side":"target","width":2,"weight":"E"},{"name":"h","op":"linear","inputs":["target"],"side":"target","width":2,"weight":"W","bias":"b"},{"name":"sum","op":"add","inputs":["target","h"],"side":"target","width":2},{"name":"logits","op":"linear","inputs":["sum"],"side":"target","width":2,"weight":"U","bias":"c"}],"weights":{"E":{"tensor":"<f4","shape":[2,2],"data":[0,0,1,-2]},"W":{"tensor":"<f4","shape":[2,2],"data":[3,1,1,2]},"b":{"tensor":"<f4","shape":[2],"data":[1,-1]},"U":{"tensor":"<f4","shape":[2,2],"data":[2,0.5,0,1]},"c":{"tensor":"<f4","shape":[2],"data":[1,0]}}}
{"type":"trace","sentence":0,"source":{"ids":[0]},"target":{"ids":[0]},"inputs":[1],"top":{"ids":{"tensor":"<i4","shape":[1,1],"data":[0]},"logits":[[4]]},"values":{}}
EOF
}

# RULE RELEVANCE LOST: at the site `target` of dense.lrp
by_hand() {
  SAME_TOLERANCE=1e-12 same '{"type":"header","content":"relevance"}
{"type":"relevance","relevance":[['"$2"']]}' "lrp-layer -p f64 -l target -r $1 dense.lrp |
    stream-show --json | jq -c 'select(.type == \"relevance\") | {type, relevance}' | stream-pack --content relevance"
  run pipe "lrp-layer -p f64 -l target -r $1 dense.lrp | stream-show --json |
    jq 'select(.type == \"relevance\") | .ledger.lost[0] - $3 | fabs < 1e-12'"
  [ "$output" = true ]
}

@test "relevance: a dense network by hand, magnitude" {
  dense
  # logit: (2/3, 1/3). sum: a third of both to target, two thirds to h: (2/9, 1/9) and (4/9, 2/9).
  # h: 3:2 and 1:4, so 4/9 3/5 + 2/9 1/5 = 14/45 and 4/9 2/5 + 2/9 4/5 = 16/45.
  by_hand magnitude '[0.5333333333333333, 0.4666666666666667]' 0
  # logit: 6, 3, bias 1 of 10. h: 3, 2, bias 1 of 6 and 1, 4, bias 1 of 6, from (2/5, 1/5).
  # target: 1/5 + 2/5 1/2 + 1/5 1/6 and 1/10 + 2/5 1/3 + 1/5 2/3; lost 1/10 + 3/5 1/6.
  by_hand magnitude:bias=absorb '[0.43333333333333335, 0.36666666666666664]' 0.2
}

@test "relevance: a dense network by hand, ratio" {
  dense
  # logit: 6/4, -3/4, bias 1/4. h gets (1, -1/2): 3/2, -2/2, bias 1/2 and 1/-4, -4/-4, bias -1/-4.
  # target: 1/2 + 3/2 + 1/8 and -1/4 - 1 - 1/2; lost 1/4 + 1/2 - 1/8.
  by_hand ratio '[2.125, -1.75]' 0.625
  # logit: 6/3, -3/3. h gets (4/3, -2/3): 3/1, -2/1 and 1/-3, -4/-3.
  # target: 2/3 + 4 + 2/9 and -1/3 - 8/3 - 8/9.
  by_hand ratio:bias=exclude '[4.888888888888889, -3.888888888888889]' 0
}

@test "relevance: a dense network by hand, alphabeta" {
  dense
  # logit: 3/4 to 6, 1/4 to -3. sum: terms of one sign, 1:2. h gets (1/2, 1/6): 3/4 to 3, 1/4 to -2, and
  # 3/4 to 1, 1/4 to -4. target: 1/4 + 3/8 + 1/8 and 1/12 + 1/8 + 1/24.
  by_hand alphabeta:alpha=0.75 '[0.75, 0.25]' 0
  # logit: 3/4 of 6/7, 1/4; lost 3/4 1/7. h gets (3/7, 1/6): 3/4 of 3/4, 1/4, lost 3/16; 3/4, 1/4 of 4/5, lost 1/20.
  # target: 3/14 + 3/7 9/16 + 1/6 3/4 and 1/12 + 3/7 1/4 + 1/6 1/5; lost 3/28 + 3/7 3/16 + 1/6 1/20.
  by_hand alphabeta:alpha=0.75,bias=absorb '[0.58035714285714286, 0.22380952380952381]' 0.19583333333333333
}

@test "relevance: a dense network by hand, alphabeta with beta = 1" {
  dense
  # logit: 2 to 6, -1 to -3. sum: a third of both to target, two thirds to h: (2/3, -1/3) and (4/3, -2/3).
  # h: 2 to 3, -1 to -2; 2 to 1, -1 to -4. target: 2/3 + 8/3 - 4/3 and -1/3 - 4/3 + 2/3.
  by_hand alphabeta:alpha=2 '[2, -1]' 0
  # one contribution of h_1 of the other sign or none: logit as before; all to the one side
  stream-show --json dense.lrp | jq -c 'if .weights then .weights.W.data = [[3, 1], [1, -2]] | .weights.b.data = [0, 0] else . end' |
    stream-pack >one.lrp
  mv one.lrp dense.lrp
  # h = (3 - 2, 1 + 4): sum = (1 + 1, -2 + 5), logit 4 and 3/2: 4/5.5 and 1.5/5.5. sum_0: halves; sum_1: -2 and 5, -1 and 2.
  # h_0 gets 4/11, h_1 2 * 3/11: 2 to 3 and -1 to -2; 1/5 and 4/5.
  # target: 4/11 + 8/11 + 6/55 and -3/11 - 4/11 + 24/55.
  by_hand alphabeta:alpha=2 '[1.2, -0.2]' 0
}

# E[1] = (0, 3), W = (3 0; 1 2), b = (1, -1): h_0 has no contribution and is its bias, 1; h_1 = 6 - 1; sum = (1, 8);
# logit 2 + 4 + 1.
dead() {
  dense
  stream-show --json dense.lrp | jq -c 'if .weights then .weights.W.data = [[3, 0], [1, 2]] | .weights.E.data = [[0, 0], [0, 3]] |
    .weights.b.data = [1, -1] else . end' | stream-pack >dead.lrp
}

# FILE OPTIONS TERM VALUE: of the ledger at `target`, and only there
ledger() {
  lrp-layer -q $2 -l target "$1" 2>warnings | stream-show --json | jq -e -s --arg term "$3" "map(select(.type == \"relevance\"))[0].ledger |
    ([.bias, .eps, .zero, .softmax] | flatten | add) as \$all | (.[\$term][0] - ($4) | fabs < 1e-6) and
      (\$all - .[\$term][0] | fabs < 1e-6) and (.lost[0] - \$all | fabs < 1e-12)"
}

@test "relevance: an output that is its bias alone keeps what arrives there, by hand" {
  dead
  # logit: (1/3, 2/3). sum_0 is h_0 alone: 1/3 ends in its bias. sum_1: 3 and 5: 1/4 and 5/12, which go to target_1.
  for p in f32 f64; do
    for rule in magnitude alphabeta ratio:bias=exclude gamma:bias=exclude alphabeta:alpha=2 magnitude:eps=1e-9; do
      ledger dead.lrp "-p $p -r $rule" bias 1/3
      grep -q "'h' has outputs that are their bias alone" warnings
      [ "$(wc -l <warnings)" -eq 1 ]
      lrp-layer -q -p $p -r $rule -l target dead.lrp 2>/dev/null | stream-show --json |
        jq -e -s 'map(select(.type == "relevance"))[0].relevance | if type == "object" then .data else . end |
          .[0][0] | .[0] == 0 and (.[1] - 2 / 3 | fabs < 1e-6)'
    done
    # biases that count have their share by the rule, and nothing is said
    ledger dead.lrp "-p $p -r magnitude:bias=absorb" bias '1/7 + 2/7 + 4/7*5/8/7'
    [ ! -s warnings ]
    # all of a start there
    ledger dead.lrp "-p $p --from h::0" bias 1
  done
}

@test "relevance: contributions that cancel, and outputs without a bias, are still zero denominators" {
  dead
  fails 1 "allow it with --max-leak" 'stream-show --json dead.lrp | jq -c "if .graph then .graph[2] |= del(.bias) else . end" |
    stream-pack | lrp-layer -q --from h::0 -l target >/dev/null'
  stream-show --json dead.lrp | jq -c 'if .graph then .graph[2] |= del(.bias) else . end' | stream-pack >none.lrp
  ledger none.lrp '--from h::0 --max-leak 1' zero 1
  stream-show --json dead.lrp | jq -c 'if .weights then .weights.b.data = [0, -1] else . end' | stream-pack >none.lrp
  ledger none.lrp '--from h::0 --max-leak 1' zero 1
  # 3 - 3 and a bias
  stream-show --json dead.lrp | jq -c 'if .weights then .weights.W.data = [[3, -1], [1, 2]] | .weights.E.data = [[0, 0], [1, 3]]
    else . end' | stream-pack >cancel.lrp
  for p in f32 f64; do
    fails 1 'zero denominators 1,' "lrp-layer -q -p $p -r ratio:bias=exclude --from h::0 -l target cancel.lrp >/dev/null"
    ledger cancel.lrp "-p $p -r ratio:bias=exclude --max-leak 1 --from h::0" zero 1
    [ ! -s warnings ]
  done
}

# bats test_tags=numbers
@test "relevance: layers whose heads are all masked, as the reference has them, with what their biases keep" {
  mask='enc-self.1:0,1,2;dec-enc.0:0,1'
  head-prune --mask "$mask" "$data/models/deep" masked 2>/dev/null
  for rule in magnitude alphabeta alphabeta:alpha=2 ratio:bias=exclude gamma:gamma=0.5,bias=exclude; do
    for sites in '' source,target; do
      "$tool/reference-relevance.py" masked $rule "$data/want/deep.ids" want ${sites:+"$(rev <<<"$sites" | tr , '\n' | rev | sort -r | paste -sd ,)"}
      trace-extract -m masked --ids -p f64 "$data/want/deep.ids" | lrp-layer -p f64 -r $rule -l "${sites:-all}" >got 2>said
      "$tool/same-relevance.py" 1e-9 want got
      [ "$(grep -c 'bias alone' said)" -eq 1 ]
    done
    # the model itself, its heads switched off
    trace-extract -m "$data/models/deep" --mask "$mask" --ids -p f64 "$data/want/deep.ids" | lrp-layer -p f64 -r $rule >off 2>/dev/null
    trace-extract -m masked --ids -p f64 "$data/want/deep.ids" | lrp-layer -p f64 -r $rule >zeros 2>/dev/null
    stream-diff -t 1e-9 -k sentence,site,relevance off zeros
  done
  stream-show --json got | jq -e -s 'map(select(.type == "relevance") | .ledger.bias | map(fabs)) | flatten | max > 0.01'
  # what is spread over masked heads is a bias' as well
  trace-extract -m "$data/models/deep" --mask "$mask" --ids "$data/want/deep.ids" >in
  for rule in magnitude alphabeta; do
    lrp-layer -r $rule:bias=spread -l source,target in | stream-show --json | jq -e -s 'map(select(.type == "relevance") | .ledger) |
      (map(.bias) | flatten | max > 0.001) and (map(.zero) | flatten | map(fabs) | max < 1e-6)'
  done
}

@test "relevance: the logit as start scales everything by it" {
  dense
  lrp-layer -p f64 -s logit -l h,target dense.lrp | stream-show --json >got
  jq -e -s 'map(select(.type == "relevance"))
    | .[0].ledger.start == [4] and (.[0].relevance[0][0][0] - 4 * 4 / 9 | fabs < 1e-12)
      and (.[0].ledger.elsewhere[0] - 4 / 3 | fabs < 1e-12)
      and (.[1].relevance[0][0][1] - 4 * 21 / 45 | fabs < 1e-12)' got
}

# One head over two keys: A = (1/4, 3/4), v = (2, -1), so c = 1/2 - 3/4; q = 1, k = (1, -3). All values stand in the
# trace, so the weights W that would make them are never read, but for the logits' own.
attention() {
  stream-pack >attention.lrp <<'EOF'
{"type":"header","content":"trace","graph":[{"name":"source","op":"embed","inputs":[],"side":"source","width":1,"weight":"U"},{"name":"target","op":"embed","inputs":[],"side":"target","width":1,"weight":"U"},{"name":"q","op":"linear","inputs":["target"],"side":"target","width":1,"weight":"W"},{"name":"k","op":"linear","inputs":["source"],"side":"source","width":1,"weight":"W"},{"name":"v","op":"linear","inputs":["source"],"side":"source","width":1,"weight":"W"},{"name":"s","op":"scores","inputs":["q","k"],"side":"target","width":1,"heads":1,"keys":"source"},{"name":"A","op":"softmax","inputs":["s"],"side":"target","width":1,"heads":1,"keys":"source"},{"name":"c","op":"context","inputs":["A","v"],"side":"target","width":1,"heads":1,"keys":"source"},{"name":"logits","op":"linear","inputs":["c"],"side":"target","width":2,"weight":"U"}],"weights":{"W":{"tensor":"<f4","shape":[1,1],"data":[1]},"U":{"tensor":"<f4","shape":[2,1],"data":[5,-1]}}}
{"type":"trace","sentence":0,"source":{"ids":[0,1]},"target":{"ids":[1]},"inputs":{"ids":[0]},"top":{"ids":{"tensor":"<i8","shape":[1,1],"data":[1]},"logits":[[0.25]]},"values":{"q":[[1]],"k":[[1],[-3]],"v":[[2],[-1]],"A":[[[0.25,0.75]]]}}
EOF
}

# RULE A V K Q: relevance at these nodes
attention_by_hand() {
  run pipe "lrp-layer -p f64 -r $1 -l c,A,v,k,q attention.lrp | stream-show --json |
    jq -c -s '[1, $2, $3, $4, $5] as \$want | map(select(.type == \"relevance\") | .relevance) | flatten |
      [., \$want] | transpose | map(.[0] - .[1] | fabs < 1e-12) | all and length == 8'"
  echo "$output"
  [ "$output" = true ]
}

@test "relevance: attention by hand" {
  attention
  # products 1/2, -3/4: 2/5 and 3/5 of the sizes. A_0 : v_0 = 1/4 : 2, A_1 : v_1 = 3/4 : 1.
  # scores: q : k = 1 : 1 and 1 : 3.
  attention_by_hand magnitude '2/5/9, 3/5*3/7' '2/5*8/9, 3/5*4/7' '2/5/9/2, 3/5*3/7*3/4' '2/5/9/2 + 3/5*3/7/4'
  # products over their sum -1/4: -2 and 3. A_1 and v_1 over their sum -1/4: -3 and 4; q and k over -2: -1/2, 3/2.
  attention_by_hand ratio:bias=exclude '-2/9, -9' '-16/9, 12' '-1/9, -27/2' '-1/9 + 9/2'
  # one product of each sign: 1/2 and 1/2; the same for A_1 and v_1, q and k_1.
  attention_by_hand alphabeta '1/18, 1/4' '4/9, 1/4' '1/36, 1/8' '1/36 + 1/8'
}

@test "relevance: layer normalisation by hand" {
  # x = (3, 1): W_ij = c_i (delta_ij - 1/2), contributions c_0 (3/2, -1/2) and c_1 (-3/2, 1/2): 3:1 in magnitude,
  # 3/2 and -1/2 of the sum in both. The logit's relevance is (1/4, 3/4) in magnitude, whatever the sign.
  stream-pack >norm.lrp <<'EOF'
{"type":"header","content":"trace","graph":[{"name":"source","op":"embed","inputs":[],"side":"source","width":2,"weight":"E"},{"name":"target","op":"embed","inputs":[],"side":"target","width":2,"weight":"E"},{"name":"n","op":"norm","inputs":["target"],"side":"target","width":2,"weight":"g","eps":1e-5},{"name":"logits","op":"linear","inputs":["n"],"side":"target","width":1,"weight":"U"}],"weights":{"E":{"tensor":"<f4","shape":[1,2],"data":[3,1]},"g":{"tensor":"<f4","shape":[2],"data":[1,3]},"U":{"tensor":"<f4","shape":[1,2],"data":[1,1]}}}
{"type":"trace","sentence":0,"source":{"ids":[0]},"target":{"ids":[0]},"inputs":{"ids":[0]},"top":{"ids":{"tensor":"<i4","shape":[1,1],"data":[0]},"logits":[[0]]},"values":{}}
EOF
  for want in 'magnitude 0.25,0.75 0.75,0.25' 'ratio -0.5,1.5 1.5,-0.5'; do
    read -r rule n x <<<"$want"
    run pipe "lrp-layer -p f64 -r $rule -l n,target norm.lrp | stream-show --json |
      jq -c -s 'map(select(.type == \"relevance\") | .relevance) | flatten |
        [., [$n, $x]] | transpose | map(.[0] - .[1] | fabs < 1e-9) | all and length == 4'"
    echo "$rule: $output"
    [ "$output" = true ]
  done
}

@test "relevance: a norm whose inputs, or whose gain, are zero is its bias" {
  stream-pack >norm.lrp <<'EOF'
{"type":"header","content":"trace","graph":[{"name":"source","op":"embed","inputs":[],"side":"source","width":2,"weight":"E"},{"name":"target","op":"embed","inputs":[],"side":"target","width":2,"weight":"E"},{"name":"n","op":"norm","inputs":["target"],"side":"target","width":2,"weight":"g","bias":"b","eps":1e-5},{"name":"logits","op":"linear","inputs":["n"],"side":"target","width":1,"weight":"U"}],"weights":{"E":{"tensor":"<f4","shape":[2,2],"data":[0,0,3,1]},"g":{"tensor":"<f4","shape":[2],"data":[0,1]},"b":{"tensor":"<f4","shape":[2],"data":[2,1]},"U":{"tensor":"<f4","shape":[1,2],"data":[1,1]}}}
{"type":"trace","sentence":0,"source":{"ids":[0]},"target":{"ids":[0]},"inputs":{"ids":[0]},"top":{"ids":{"tensor":"<i4","shape":[1,1],"data":[0]},"logits":[[0]]},"values":{}}
EOF
  # x = (0, 0): y = b = (2, 1); x = (3, 1): y = (2, 1 - c), c = 1 / sqrt(1 + 1e-5), about (2, 0)
  stream-show --json norm.lrp | jq -c 'if .inputs then .inputs.ids = [1] else . end' | stream-pack >gain.lrp
  for rule in magnitude alphabeta ratio:bias=exclude magnitude:norm=jacobian; do
    for p in f32 f64; do
      ledger norm.lrp "-p $p -r $rule" bias 1
      ledger gain.lrp "-p $p -r $rule --from n::0" bias 1
      [ $rule = ratio:bias=exclude ] || ledger gain.lrp "-p $p -r $rule --from n::1" bias 0
    done
  done
}

# bats test_tags=numbers
@test "relevance: a sentence of 90 steps, cut into blocks, as the reference has it" {
  cp -r "$data/models/separate" model
  jq '.max_position_embeddings = 100' "$data/models/separate/config.json" >model/config.json
  # 90 source ids and 89 target ids
  for i in $(seq 0 88); do echo -n "$((i * 7 % 12 + 1)) "; done >ids
  printf '0\t' >>ids
  for i in $(seq 0 88); do echo -n "$((i * 5 % 7 + 1)) "; done >>ids
  echo >>ids
  for rule in magnitude alphabeta; do
    "$tool/reference-relevance.py" model $rule ids want
    trace-extract -m model --ids -p f64 ids | lrp-layer -p f64 -r $rule >got
    [ "$(stream-show --json got | jq -c 'select(.site == "enc-self.0") | .first_step' | wc -l)" -gt 1 ]
    "$tool/same-relevance.py" 1e-9 want got
    "$tool/conserved.py" 1e-9 got
    trace-extract -m model --ids -p f64 ids | lrp-layer -j 2 -p f64 -r $rule >two
    stream-diff got two
  done
}
