#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What lrp-layer takes, writes and refuses; relevance.bats has its numbers.
load helper

models=$BATS_TEST_DIRNAME/data/models
want=$BATS_TEST_DIRNAME/data/want

# MODEL [OPTION ...]: its trace, of the sentences in tests/data/want
trace() {
  local model=$1
  shift
  trace-extract -m "$models/$model" --ids "$@" "$want/$model.ids"
}

# The field FILTER of every relevance record on standard input, one a line.
field() {
  stream-show --json | jq -c "select(.type == \"relevance\") | $1"
}

@test "lrp-layer: a sum done by hand" {
  # one step, logit 2 = (3, -1) . (1, 1): shares 3/4 and 1/4
  stream-pack >in <<'EOF'
{"type":"header","content":"trace","graph":[{"name":"source","op":"embed","inputs":[],"side":"source","width":2,"weight":"E"},{"name":"target","op":"embed","inputs":[],"side":"target","width":2,"weight":"E"},{"name":"logits","op":"linear","inputs":["target"],"side":"target","width":1,"weight":"U"}],"weights":{"E":{"tensor":"<f4","shape":[1,2],"data":[3,-1]},"U":{"tensor":"<f4","shape":[1,2],"data":[1,1]}}}
{"type":"trace","sentence":4,"source":{"ids":[0]},"target":{"ids":[0]},"inputs":{"ids":[0]},"top":{"ids":{"tensor":"<i4","shape":[1,1],"data":[0]},"logits":[[2]]},"values":{}}
EOF
  lrp-layer -l target -p f64 in >out
  [ "$(field '[.sentence, .site, .first_step, .relevance]' <out)" = '[4,"target",0,[[[0.75,0.25]]]]' ]
}

@test "lrp-layer: no records in, no records out" {
  [ "$(trace-extract </dev/null | lrp-layer | stream-show --json | jq -r .type | tr '\n' ' ')" = 'header end ' ]
}

@test "lrp-layer: several records and segments" {
  trace plain >a
  trace deep >b
  cat a b | lrp-layer >both
  cat <(lrp-layer a) <(lrp-layer b) >parts
  stream-diff both parts
  [ "$(field .sentence <both | tr -d '\n')" = 000111000000111111 ]
}

@test "lrp-layer: the sites of -l, last layer first" {
  trace deep >in
  all='"dec-enc.1" "dec-self.1" "dec-enc.0" "dec-self.0" "enc-self.1" "enc-self.0" '
  [ "$(lrp-layer in | field .site | head -n 6 | tr '\n' ' ')" = "$all" ]
  [ "$(lrp-layer -l all in | field .site | head -n 6 | tr '\n' ' ')" = "$all" ]
  [ "$(lrp-layer -l 1 in | field .site | tr '\n' ' ')" = '"enc-self.1" "enc-self.1" ' ]
  [ "$(lrp-layer -l 0,dec-enc.1,1 in | field .site | head -n 3 | tr '\n' ' ')" = '"dec-enc.1" "enc-self.1" "enc-self.0" ' ]
  [ "$(lrp-layer -l source,target,enc.0.ffn.out in | field .site | head -n 3 | tr '\n' ' ')" = '"target" "enc.0.ffn.out" "source" ' ]
}

@test "lrp-layer: a site has the same relevance whatever other sites are asked for" {
  trace prenorm >in
  lrp-layer in | field . >all
  for site in enc-self.0 enc-self.1 dec-self.0 dec-enc.1; do
    lrp-layer -l $site in | field 'del(.ledger)' >one
    [ -s one ]
    diff one <(jq -c "select(.site == \"$site\") | del(.ledger)" all)
  done
}

@test "lrp-layer: attention weights are sites as well" {
  # relevance [steps, queries, heads x keys]
  trace plain -k all >in
  lrp-layer -l dec.0.cross.weights,dec-enc.0 in >out
  [ "$(field '[.site, (.relevance.shape // (.relevance | [length, (.[0] | length), (.[0][0] | length)]))]' <out | head -n 2 | tr -d '\n')" = \
    "$(stream-show --json in | jq -c 'select(.type == "trace" and .sentence == 0) | (.target.ids | length) as $t |
        (.source.ids | length) as $s | ["dec-enc.0", [$t, $t, 4]], ["dec.0.cross.weights", [$t, $t, $s]]' | tr -d '\n')" ]
}

@test "lrp-layer: an unknown site exits 2 and names what there is" {
  trace plain >in
  fails 2 "no site 'enc-self.7'; it has all, enc-self.0, dec-self.0, dec-enc.0, and every node's name" 'lrp-layer -l enc-self.7 in >/dev/null'
  fails 2 "no site '1'" 'lrp-layer -l 1 in >/dev/null'
  fails 2 "an item is missing before ',0'" 'lrp-layer -l 0,,0 in >/dev/null'
  fails 2 'no site is named' "lrp-layer -l '' in >/dev/null"
  fails 2 "relevance starts at 'logits'" 'lrp-layer -l logits in >/dev/null'
}

@test "lrp-layer: -t starts at the top token, the forced one, or any" {
  trace-extract -m "$models/plain" --ids -p f64 -k logits >in <<<$'4 7 0\t3 5'
  steps() { lrp-layer -p f64 -s logit "$@" in | field .ledger.start | head -n 1; }
  logits() { stream-show --json in | jq -c "select(.type == \"trace\") | .values.logits | [.[0][$1], .[1][$2], .[2][$3]] | map(. * 1e9 | round)"; }
  nine() { jq -c 'map(. * 1e9 | round)'; }
  [ "$(steps -t forced | nine)" = "$(logits 3 5 0)" ]
  [ "$(steps -t 7 | nine)" = "$(logits 7 7 7)" ]
  [ "$(steps -t top)" = "$(steps)" ]
  [ "$(steps | nine)" = "$(stream-show --json in | jq -c 'select(.type == "trace") | .values.logits | map(.[:10] | max * 1e9 | round)')" ]
  fails 1 'step 0 starts at token 11, which the model does not have' 'lrp-layer -t 11 in >/dev/null'
  fails 2 "not 'bottom'" 'lrp-layer -t bottom in >/dev/null'
  fails 2 '-t takes' 'lrp-layer -t -1 in >/dev/null'
}

# OPTIONS: the names of the steps of the record of the first sentence
named() {
  lrp-layer -q "$@" in | token-sum | stream-show --json | jq -c 'select(.type == "tokens") | .predicted' | head -n 1
}

@test "lrp-layer: steps are named after the token whose logit relevance starts at" {
  trace-extract -q >in <<<$'Select a menu.\tDas Haus'
  piece() { jq -r --argjson id "$1" 'to_entries[] | select(.value == $id) | .key' "$ROOT/examples/en-de/vocab.json"; }
  stream-show --json in | jq -c 'select(.type == "trace") | .top' >top
  for k in 0 1; do
    for t in 0 1 2; do
      [ "$(jq -r ".pieces[$t][$k]" top)" = "$(piece "$(jq ".ids.data[$t][$k]" top)")" ]
    done
  done
  [ "$(named -l source)" = "$(jq -c '.pieces | map(.[0])' top)" ]
  [ "$(named -l source -t top2)" = "$(jq -c '.pieces | map(.[1])' top)" ]
  [ "$(named -l source -t top1-top2)" = "$(jq -c '.pieces | map(.[0] + " - " + .[1])' top)" ]
  [ "$(named -l source -t forced)" = '["▁Das","▁Haus","</s>"]' ]
  [ "$(named -l source -s loss)" = '["▁Das","▁Haus","</s>"]' ]
  [ "$(named -l source -t 434)" = '["'"$(piece 434)"'","'"$(piece 434)"'","'"$(piece 434)"'"]' ]
  [ "$(named -l source -t forced-434 | jq -r '.[1]')" = "▁Haus - $(piece 434)" ]
  # the same names of heads
  for start in top top2 forced 434 top-434; do
    head-carry -q -l 0 -t $start in | stream-show --json | jq -c 'select(.type == "heads") | .predicted' >heads
    [ "$(cat heads)" = "$(named -l source -t $start)" ]
  done
}

@test "lrp-layer: a token without a known piece is named by its id" {
  cp -r "$models/plain" model
  trace-extract -m model --embed --ids >in <<<$'4 7 0\t3 5'
  rm -r model
  [ "$(named -l source -t 7)" = '["id 7","id 7","id 7"]' ]
  [ "$(named -l source -t 5)" = '["▁s5","▁s5","▁s5"]' ] # a target
  stream-show --json in | jq -c 'if .top then del(.top.pieces) else . end' | stream-pack >out
  mv out in
  stream-show --json in | jq -c 'select(.type == "trace") | [.top.ids.data, .target.ids] | transpose | map(select(.[0][1] != .[1]) | .[0][1])' >second
  [ "$(named -l source -t top2 | jq -c 'map(ltrimstr("id ") | tonumber? // empty)')" = "$(cat second)" ]
  # a trace without text has no names
  stream-show --json in | jq -c 'if .target then del(.target.pieces, .inputs.pieces) else . end' | stream-pack >out
  mv out in
  [ "$(named -l source)" = null ]
}

@test "lrp-layer: -s logit scales relevance by the logit" {
  trace deep -p f64 >in
  lrp-layer -p f64 -r ratio -s logit in | field '[.relevance, .ledger.start] as [$r, $s] | $r | to_entries
    | map(.value as $x | $s[.key] as $f | $x | flatten | map(. / $f))' | jq -c 'flatten | map(. * 1e6 | round)' >scaled
  lrp-layer -p f64 -r ratio in | field '.relevance | flatten | map(. * 1e6 | round)' >one
  [ "$(wc -l <one)" -eq 12 ]
  diff one scaled
  [ "$(lrp-layer -s logit in | field '.ledger.start | map(. == 1) | any' | uniq)" = false ]
  [ "$(lrp-layer in | field '.ledger.start | map(. == 1) | all' | uniq)" = true ]
}

@test "lrp-layer: -p is the precision of the relevance; auto is double for signed rules" {
  trace deep >in
  type() { lrp-layer "$@" in 2>warnings | stream-show | grep -m 1 -o '<f[48]'; }
  [ "$(type)" = '<f4' ]
  [ "$(type -r ratio)" = '<f8' ]
  [ "$(type -p f64)" = '<f8' ]
  [ "$(type -p f32 -r ratio)" = '<f4' ]
}

@test "lrp-layer: -j changes nothing but the time" {
  head -n 3 "$ROOT/examples/en-de/dev.en" | trace-extract >in
  for rule in magnitude ratio; do
    lrp-layer -l 0,dec-enc.2 -j 1 -r $rule in >one 2>/dev/null
    for j in 2 5; do
      lrp-layer -l 0,dec-enc.2 -j $j -r $rule in >many 2>/dev/null
      stream-diff one many
    done
  done
  [ "$(stream-show one | grep -c 'site: ')" -ge 6 ]
}

@test "lrp-layer: a long sentence is cut into records of consecutive steps" {
  trace-extract -k '' >in <<<"$(yes the | head -n 40 | tr '\n' ' ')	$(yes Hut | head -n 70 | tr '\n' ' ')"
  steps=$(stream-show --json in | jq 'select(.type == "trace") | .target.ids | length')
  [ "$steps" -gt 60 ]
  lrp-layer -l 3 -p f64 in >out
  head-sum out | stream-show --json | jq -c 'select(.type == "heads")' >heads
  [ "$(wc -l <heads)" -gt 1 ]
  [ "$(jq -s 'reduce .[] as $r (0; if . == $r.first_step then . + ($r.relevance | length) else error("gap") end)' heads)" -eq "$steps" ]
  # a step does not see what comes behind it: the same as in the sentence cut there, in one record; but for
  # the last step, which predicts another token
  stream-show --json in | jq -r 'select(.type == "trace") | [(.source.ids | join(" ")), (.target.ids[:7] | join(" "))] | join("\t")' |
    trace-extract --ids -k '' | lrp-layer -l 3 -p f64 | head-sum >short
  [ "$(stream-show --json short | jq 'select(.type == "heads") | .relevance | length')" -eq 8 ]
  seven() { jq -c '.relevance[:7] | flatten | map(. * 1e5 | round)' | head -n 1; }
  diff <(seven <heads) <(stream-show --json short | grep '"type":"heads"' | seven)
}

@test "lrp-layer: every record says what it is of" {
  trace plain | lrp-layer -p f64 -l 0,target -r alphabeta:alpha=0.3 -s logit >out
  stream-show --json out | head -n 1 >header
  jq -e '.content == "relevance" and .rule.rule == "alphabeta" and .rule.alpha == 0.3 and (.history | length == 2)
    and .model.name == "plain" and (has("graph") or has("weights") | not) and (.start | startswith("top"))' header
  [ "$(field 'select(.site == "target") | [has("heads"), (.pieces | length) == (.relevance[0] | length), (.predicted | length) == (.relevance | length)]' <out | sort -u)" = '[false,true,true]' ]
  [ "$(field 'select(.site == "enc-self.0") | [.heads, (.pieces | length) == (.relevance[0] | length)]' <out | sort -u)" = '[1,true]' ]
}

# A position whose ReLU units are all off, in front of a layer without a bias: what arrives there has nowhere to go.
leaking() {
  trace untied | stream-show --json |
    jq -c 'if .graph then .graph |= map(if .name == "enc.0.ffn.out" then del(.bias) else . end) else . end' | stream-pack
}

@test "lrp-layer: missing relevance is an error, --max-leak allows it" {
  leaking >in
  fails 1 "record 2: step 0: 0.0084 of the relevance is missing at 'enc-self.0' (bias 0, eps 0, zero denominators 0.0084, softmax 0); allow it with --max-leak" 'lrp-layer in >/dev/null'
  lrp-layer --max-leak 0.5 in >/dev/null
  lrp-layer in 2>&1 >/dev/null | { ! grep 'use -r magnitude'; } # which it does
  # rules that absorb have no limit of their own, but take one
  lrp-layer -r magnitude:bias=absorb in >/dev/null
  fails 1 'is missing at' 'lrp-layer -r magnitude:bias=absorb --max-leak 0.01 in >/dev/null'
  # rounding that the signed ratio magnifies
  trace-extract >in <<<'You have a new message.'
  fails 1 'of the relevance is missing' 'lrp-layer -r ratio:bias=exclude in >/dev/null'
}

@test "lrp-layer: what ends in a bias is not missing, and said once" {
  trace untied >in
  run --separate-stderr pipe 'lrp-layer -q -v in >/dev/null'
  [ "$status" -eq 0 ]
  [ "$(grep -c "'enc.0.ffn.out' has outputs that are their bias alone" <<<"$stderr")" -eq 1 ]
  # all steps start with 1: here, elsewhere and bias
  awk '$1 == "enc-self.0" { s = $3 + $4 + $5 - 1; exit !($5 > 0.001 && $7 == 0 && s < 1e-5 && s > -1e-5 && $9 < 1e-5) }' <<<"$stderr"
  # nothing is said of a model without such outputs, or of a rule that biases have a share by
  trace plain >other
  run --separate-stderr pipe 'lrp-layer other >/dev/null; lrp-layer -r magnitude:bias=absorb in >/dev/null'
  [ -z "$stderr" ]
}

@test "lrp-layer: no end record comes after an error" {
  leaking >in
  run --separate-stderr pipe 'set +o pipefail; lrp-layer in 2>/dev/null | head-sum >out'
  [ "$status" -eq 1 ] && [ -z "$stderr" ] # lrp-layer has said it
  fails 1 'out: lrp-layer failed: in: record 2: ' 'stream-show out'
}

@test "lrp-layer: amplification above 1e6 is a warning that names the site, once" {
  head -n 2 "$ROOT/examples/en-de/dev.en" | trace-extract -p f64 >in
  run --separate-stderr pipe 'lrp-layer -r ratio in >/dev/null'
  [ "$status" -eq 0 ]
  [ "$(grep -c 'relevance is amplified' <<<"$stderr")" -eq 1 ]
  [[ $stderr == *"-fold at 'd"*'-r magnitude does not amplify'* || $stderr == *"-fold at 'e"* ]]
  run --separate-stderr pipe 'lrp-layer in >/dev/null'
  [ -z "$stderr" ]
}

@test "lrp-layer: -v accounts for the relevance of every site on standard error" {
  trace deep >in
  run --separate-stderr pipe 'lrp-layer -v -l 0,dec-enc.1 in >/dev/null'
  [ "$status" -eq 0 ]
  [[ $stderr == *elsewhere*dec-enc.1*enc-self.0* ]]
  awk '$1 == "enc-self.0" { exit !($2 == 8 && $3 + $4 > 0.99999 && $3 + $4 < 1.00001) }' <<<"$stderr"
}

@test "lrp-layer: a checkpoint that has changed is an error, -m says where it is" {
  cp -r "$models/plain" model
  trace-extract -m model --ids "$want/plain.ids" >in
  lrp-layer in >out
  mv model elsewhere
  fails 1 "cannot open" 'lrp-layer in >/dev/null'
  lrp-layer -m elsewhere in >moved
  stream-diff out moved
  fails 1 "is not the one this trace was made with" "lrp-layer -m $models/deep in"
  mv elsewhere model
  printf '\x42' | dd of=model/model.safetensors bs=1 seek=6000 conv=notrunc 2>/dev/null
  fails 1 "is not the one this trace was made with" 'lrp-layer in >/dev/null'
}

@test "lrp-layer: --embed makes a trace that needs no checkpoint" {
  for model in plain deep prenorm; do # weights of 32 bits, of 16, and bfloat16
    rm -rf model
    cp -r "$models/$model" model
    trace-extract -m model --ids "$want/$model.ids" >named
    trace-extract --embed -m model --ids "$want/$model.ids" >embedded
    for options in '-l 0,target' '-p f64 -r ratio -s logit'; do
      lrp-layer $options named >want.lrp
      mv model away
      lrp-layer $options embedded >got.lrp
      mv away model
      stream-diff want.lrp got.lrp
    done
  done
  # the weights end there: relevance does not carry them
  [ "$(stream-show --json got.lrp | head -n 1 | jq 'has("weights")')" = false ]
}

@test "lrp-layer: rules and their keys that there are not exit 2" {
  trace plain >in
  fails 2 "no rule 'lrp'" 'lrp-layer -r lrp in >/dev/null'
  fails 2 "no key 'epsilon'" 'lrp-layer -r ratio:epsilon=1 in >/dev/null'
  fails 2 "'eps' is not key=value" 'lrp-layer -r ratio:eps in >/dev/null'
  fails 2 "'eps'" 'lrp-layer -r ratio:eps=-1 in >/dev/null'
  fails 2 "'alpha'" 'lrp-layer -r alphabeta:alpha=-1 in >/dev/null'
  fails 2 "'bias'" 'lrp-layer -r ratio:bias=maybe in >/dev/null'
}

@test "lrp-layer: mistyped options exit 2" {
  trace plain >in
  fails 2 "unknown option '--max-leek'" 'lrp-layer --max-leek 1 in >/dev/null'
  fails 2 "not 'two'" 'lrp-layer -s two in >/dev/null'
  fails 2 "-p takes f32, f64, bf16 or auto, not 'f16'" 'lrp-layer -p f16 in >/dev/null'
  fails 2 'takes a number' 'lrp-layer --max-leak x in >/dev/null'
  fails 2 'whole number from 1 to 1024' 'lrp-layer -j 0 in >/dev/null'
}

@test "lrp-layer: several files are read one after the other, of several models too" {
  trace plain >a
  trace deep >b
  lrp-layer -l 0,source a b >got
  stream-diff <(lrp-layer -l 0,source a; lrp-layer -l 0,source b) got
  [ "$(stream-show --json got | grep -c '"type":"header"')" -eq 2 ]
  truncate -s -1 b
  fails 1 'lrp-layer: b: ' 'lrp-layer -l 0 a b >/dev/null'
}

@test "lrp-layer: a trace that does not fit its graph is an error that says what" {
  trace plain | stream-show --json >json
  broken() { # FILTER TEXT, of the first record behind the header
    jq -c "if .type == \"trace\" and .sentence == 0 then $1 else . end" json | stream-pack >in
    fails 1 "record 2: $2" 'lrp-layer in >/dev/null'
  }
  broken 'del(.values)' "no key 'values' in 'trace'"
  broken 'del(.top)' "no key 'top' in 'trace'"
  broken 'del(.inputs)' "'inputs' has no list of token ids"
  broken '.target.ids = [] | .target.pieces = [] | .inputs.ids = [] | .inputs.pieces = []' "a trace needs at least one token in 'inputs'"
  broken '.inputs.ids[0:2] = [] | del(.inputs.pieces)' "1 positions in 'inputs' for 3 steps in 'target'"
  broken '.inputs.ids[0] = 99 | del(.values.target)' "tensor 'model.shared.weight' has no row 99"
  broken '.top.ids.data[0][0] = 99' 'step 0 starts at token 99'
  broken '.top.ids |= {tensor, shape: [.shape[0], 0], data: []}' "tensor 'top.ids' names"
  broken '.top.pieces = []' "'top.pieces' needs a list of pieces for each of its 3 steps"
  broken '.top.pieces[1] = ["a"]' "'top.pieces' needs 2 pieces at step 1"
  broken '.top.pieces[1] = ["a", 1]' "'top.pieces' is not text"
  broken '.values["enc.0.self.q"] = [[1.5]]' "tensor 'enc.0.self.q' has the shape [1, 1], not [4, 4]"
}

@test "lrp-layer: a graph that makes no sense is an error that names the node" {
  trace-extract --embed -m "$models/plain" --ids "$want/plain.ids" | stream-show --json >json
  broken() { # FILTER TEXT: of the node map of the graph
    jq -c "if .graph then .graph |= ($1) else . end" json | stream-pack >in
    fails 1 "$2" 'lrp-layer in >/dev/null'
  }
  node() { echo "map(if .name == \"$1\" then $2 else . end)"; }
  broken "$(node enc.0.self.q '.op = "convolution"')" "node 'enc.0.self.q': no operation 'convolution' here"
  broken "$(node enc.0.self.q '.inputs = ["logits"]')" "input 'logits' of node 'enc.0.self.q' does not come before it"
  broken "$(node enc.0.self.q '.inputs = []')" "node 'enc.0.self.q': 'linear' has 1 inputs, not 0"
  broken "$(node enc.0.self.q '.width = 5')" "'enc.0.self"
  broken "$(node enc.0.self.q '.side = "target"')" "on the wrong side"
  broken "$(node enc.0.self.q '.inputs = ["source.position", "source"]')" "'enc.0.self.q'"
  broken "$(node dec-self.0 '.heads = 3')" "node 'dec-self.0': 3 heads do not divide 4 neurons"
  broken "$(node dec-self.0 '.causal = false')" "node 'dec-self.0': weights and values do not fit its heads"
  broken "$(node dec-enc.0 '.inputs = ["dec.0.cross.q", "dec.0.cross.v"]')" "'dec.0.cross.q' cannot be its input"
  broken "$(node enc.0.ffn.act '.function = "step"')" "no activation function 'step' here"
  broken "$(node enc.0.ffn.in '.weight = "nothing"')" "no tensor 'nothing', which node 'enc.0.ffn.in' needs"
  broken "$(node enc.0.ffn.in '.weight = "model.shared.weight"')" "elements; node 'enc.0.ffn.in' needs 32"
  broken '.[:-1]' "is not 'linear'"
  broken '. + [.[-1]]' "two nodes are called 'logits'"
  broken 'map(select(.name != "target"))' "input 'target' of node"
  broken '[]' 'it has no nodes'
}

@test "lrp-layer: NaN in a trace is an error, not a number" {
  trace plain | stream-show --json |
    jq -c 'if .type == "trace" then .values["enc.0.self.v"].data[0][0] = "nan" else . end' | stream-pack >in
  fails 1 "tensor 'enc.0.self.v' holds NaN or infinity (element 0)" 'lrp-layer -l source in >/dev/null'
}
