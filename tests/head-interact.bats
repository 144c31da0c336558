#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# How heads move predictions together, and the orders that come of it. What must come out is worked out by tests/tool/same-interaction.py, from
# gates of the heads and the definition.
load helper
PATH="$BATS_TEST_DIRNAME/../pipelines:$PATH"

models=$BATS_TEST_DIRNAME/data/models
families=$BATS_TEST_DIRNAME/data/families/models
want=$BATS_TEST_DIRNAME/data/want
tool=$BATS_TEST_DIRNAME/tool

setup_file() {
  tiny_traces
}

# MODEL_DIR LINES [TOP]
gates() {
  printf '%b\n' "$2" >ids
  trace-extract -q -m "$1" --ids -p f64 -k all ids >trace
  head-interact -p f64 --top "${3:-0}" trace >x
  "$tool/same-interaction.py" 1e-9 "$1" trace x "${3:-0}"
}

interactions() { stream-show --json "$@" | jq -c 'select(.type == "interactions")'; }

# Interactions of three heads, by hand: two that stand in for each other, and one that moves little.
by_hand() {
  stream-pack <<'END'
{"type":"header","content":"interactions","model":{"heads":3,"kv_heads":3}}
{"type":"interactions","names":["enc-self.0:0","enc-self.0:1","enc-self.0:2"],"steps":4,"sentences":2,"interaction":[[2,1.5,0],[1.5,2.2,0],[0,0,2.6]]}
END
}

@test "head-interact: models of several kinds of block, by gates of their heads" {
  gates "$families/gpt2" '28 8 16\t5 10'
  gates "$families/gemma2" '2 7 9\t5 18 24' 7
  gates "$families/bart" '0 13 4 2\t14 20\n0 13 5 2\t14 21'
  gates "$families/llama3" '28 9\t12\n28 9 21\t12 24'
  head-interact -p f64 --top 2 trace >other
  fails 1 'of the largest' "$tool/same-interaction.py 1e-3 $families/llama3 trace other"
}

@test "head-interact: against the whole model, where heads are masked" {
  trace-extract -q -m "$models/deep" --ids -p f64 -k all "$want/deep.ids" >whole
  trace-extract -q -m "$models/deep" --ids -p f64 -k all --mask 'enc-self.0:1;dec-enc.0:0' "$want/deep.ids" >masked
  for top in 0 6; do
    head-interact -p f64 --top $top --against whole masked >x
    "$tool/same-interaction.py" 1e-9 "$models/deep" masked x $top whole
  done
  # its kl is what step-loss measures
  step-loss --against whole masked | stream-show --json | jq -s '[.[].kl // empty | flatten[]] | add / length' >kl
  interactions x | jq -e --slurpfile kl kl '(.kl - $kl[0] | fabs) < 1e-9'
  head-greedy x >order
  [ "$(stream-show --json order | jq -c 'select(.site == "enc-self.0" or .site == "dec-enc.0") | [.place | index(0)]' | paste -sd ' ')" = '[1] [0]' ]
  fails 1 'ended before it' 'head-interact --against <(trace-extract -q -m '"$models/deep"' --ids <(head -n 1 '"$want/deep.ids"')) masked'
}

@test "head-interact: parts merge to the bits of the whole, with threads, and of drawn steps" {
  for options in '' '--steps 2'; do
    head-interact $options "$TRACES/deep.f32" "$TRACES/deep.f32" >twice
    head-interact $options -j 3 "$TRACES/deep.f32" >once
    head-interact once once >merged
    [ "$(interactions merged)" = "$(interactions twice)" ]
  done
  [ "$(interactions once | jq -c '[.drawn < .steps, .sentences]')" = '[true,2]' ]
  fails 1 'a stream of heads behind one of interactions' 'head-interact once <(head-carry -r gradient -s loss -t sample:1 '"$TRACES/deep.f32"')'
}

@test "head-interact: results that are not those of the sums are found" {
  head-interact "$TRACES/deep.f32" | stream-show --json >once
  for change in '.interaction[0][0] *= 1.001' '.interaction[1][0] += 1 | .interaction[0][1] += 1' '.steps += 1' '.sums.g[0][0] *= 2'; do
    jq -c "if .type == \"interactions\" then $change else . end" once | stream-pack >changed
    fails 1 'where its sums have' 'head-interact changed'
  done
}

@test "head-interact: products of loss gradients, by hand and on average over draws" {
  printf '%s\n' '{"type":"header","content":"heads","rule":{"name":"gradient"},"start":"loss sample:1"}' \
    '{"type":"heads","sentence":0,"site":"dec-self.0","first_step":0,"relevance":[[1,2],[3,-1]]}' \
    '{"type":"heads","sentence":0,"site":"enc-self.0","first_step":0,"relevance":[[-2],[0.5]]}' | stream-pack >y
  [ "$(head-interact y | interactions | jq -c '[.names, .interaction, .steps, .sentences]')" = \
    '[["enc-self.0:0","dec-self.0:0","dec-self.0:1"],[[2.125,-0.25,-2.25],[-0.25,5,-0.5],[-2.25,-0.5,2.5]],2,1]' ]
  fails 1 'no gradients of a loss' 'head-interact <(head-carry '"$TRACES/deep.f32"')'
  for seed in $(seq 60); do head-carry -r gradient -s loss -t sample:$seed -p f64 "$TRACES/deep.f64" >draw.$seed; done
  head-interact draw.* >sampled
  head-interact -p f64 --top 0 "$TRACES/deep.f64" >exact
  interactions exact >exact.json
  interactions sampled | jq -e --slurpfile e exact.json '([.interaction[][]] | map(. * .) | add | sqrt) as $n |
    ([[.interaction[][]], [$e[0].interaction[][]]] | transpose | map((.[0] - .[1]) * (.[0] - .[1])) | add | sqrt) < 0.5 * $n'
}

@test "head-greedy: the order by hand" {
  # alone: 1, 1.1, 1.3. Without interactions 0, 1, 2; with them, once 0 is gone 1 costs 1.1 + F 1.5
  order() { by_hand | head-greedy "$@" | stream-show --json | jq -c 'select(.mean) | [.place, (.mean | map(. * 1000 | round))]'; }
  [ "$(order --factor 0)" = '[[1,2,3],[1000,2100,3400]]' ]
  [ "$(order)" = '[[1,3,2],[1000,4150,2300]]' ]
  [ "$(order --factor 1)" = '[[1,3,2],[1000,4900,2300]]' ]
  by_hand | head-greedy | head-rank -f tsv | cut -f 1-3 >rank
  [ "$(paste -sd ' ' rank)" = $'kind\tlayer\thead enc-self\t0\t1 enc-self\t0\t2 enc-self\t0\t0' ]
  [ "$(by_hand | head-greedy | head-rank -k 2 --leave 0 -f prune)" = '{"enc-self":{"0":[0,2]}}' ]
  fails 1 'order of heads (head-greedy), not an average' "stream-pack <<<'$(by_hand | head-greedy | stream-show --json | head -n 2)' | step-average"
  fails 1 'not symmetric' "stream-pack <<<'$(by_hand | stream-show --json | sed 's/1.5,2.2/1.6,2.2/' | head -n 2)' | head-greedy"
  for wrong in '--factor 2' '--factor x' '--unit pair'; do run -2 head-greedy $wrong </dev/null; done
}

@test "head-greedy: groups go together, and an order goes on after another" {
  by_hand | stream-show --json | sed 's/"kv_heads":3/"kv_heads":1/' | stream-pack >one
  [ "$(head-greedy --unit group one | stream-show --json | jq -c 'select(.mean) | .place')" = '[1,1,1]' ]
  by_hand | head-greedy >first
  by_hand | stream-show --json | sed 's/"heads":3/"masked":"enc-self.0:0","heads":3/' | stream-pack >masked
  [ "$(head-greedy --after first masked | stream-show --json | jq -c 'select(.mean) | .place')" = '[1,2,3]' ]
  [ "$(head-greedy masked | stream-show --json | jq -c 'select(.mean) | .place')" = '[0,1,2]' ]
}

@test "head-prune-plan: the stages by hand, what was measured, going on where it was stopped" {
  for i in 1 2 3; do head -n $i "$want/deep.ids" | tail -n 1; done | sort -u >pairs
  plan() { head-prune-plan -q -m "$models/deep" --ids -p f64 "$@"; }
  plan --rounds 2 --measure pairs pairs out >said
  cmp said out/plan.tsv
  [ "$(cut -f 1-4 said | head -n 2)" = $'place\tkind\tlayer\thead\n1\t'"$(head-rank -f tsv out/order.avg | tail -n 1 | cut -f 1-3)" ]
  [ "$(sed 1d said | cut -f 2-4 | sort -u | wc -l)" -eq 14 ]
  trace-extract -q -m "$models/deep" --ids -p f64 pairs >whole
  head-interact -p f64 whole | head-greedy --factor 1 >first
  head-rank -k 7 --leave 0 -f prune first >gone.json
  trace-extract -q -m "$models/deep" --ids -p f64 --mask gone.json pairs >masked
  head-interact -p f64 --against whole masked | head-greedy --factor 1 --after first | stream-diff -k mean,place - out/order.avg
  step-loss masked | stream-show --json | jq -s '[.[].loss // empty | flatten[]] | add / length' >loss
  [ "$(printf %.5g "$(<loss)")" = "$(printf %.5g "$(awk -F '\t' '$1 == 7 { print $6 }' said)")" ]
  rm out/plan.tsv out/order.avg out/rounds/2.* out/losses/1
  touch -d '2000-01-01' out/rounds/1.interactions
  plan --rounds 2 --measure pairs pairs out | cmp - said
  [ "$(stat -c %Y out/rounds/1.interactions)" -eq 946684800 ]
  fails 1 'has results of other settings: rounds 2 there, rounds 3 here' "head-prune-plan -q -m $models/deep --ids -p f64 --rounds 3 --measure pairs pairs out"
  fails 1 'only 14 to go' "head-prune-plan -q -m $models/deep --ids -p f64 --rounds 15 pairs more"
  run -2 head-prune-plan --rounds 0 pairs other
}

@test "head-prune-plan: where heads lose more than twice what was foretold, fewer go before it is measured again" {
  for i in 1 2 3; do head -n $i "$want/deep.ids" | tail -n 1; done | sort -u >pairs
  head-prune-plan -q -m "$models/deep" --ids -p f64 --rounds 7 pairs out >plan
  kl() { stream-show --json out/rounds/$1.interactions | jq 'select(.interaction) | .kl // 0'; }
  [ "$(cat out/rounds/{2,3,4,5,6,7,8}.gone | paste -sd ' ')" = '2 4 6 8 9 10 12' ]
  gone=0
  for round in 2 3 4 5 6 7 8; do
    before=$(kl $((round - 1))) now=$(kl $round) last=$gone gone=$(<out/rounds/$round.gone)
    foretold=$(head-rank -f tsv out/rounds/$((round - 1)).order | tac | sed -n "${gone}p" | cut -f 4)
    awk -v b="$before" -v n="$now" -v f="$foretold" -v few=$((gone - last)) 'BEGIN { exit !(few == 1 || n - b <= 2 * (f - b)) }'
  done
  # ten, which were to go after eight, lose more than that
  head-rank -k 10 --leave 0 -f prune out/rounds/5.order >ten.json
  trace-extract -q -m "$models/deep" --ids -p f64 pairs >whole
  lost=$(trace-extract -q -m "$models/deep" --ids -p f64 --mask ten.json pairs | head-interact -p f64 --against whole | stream-show --json | jq 'select(.interaction).kl')
  awk -v b="$(kl 5)" -v n="$lost" -v f="$(head-rank -f tsv out/rounds/5.order | tac | sed -n 10p | cut -f 4)" 'BEGIN { exit !(n - b > 2 * (f - b)) }'
  # cut off behind the halving, it goes on from there
  rm out/rounds/6.interactions out/rounds/6.order out/rounds/{7,8}.* out/plan.tsv out/order.avg
  head-prune-plan -q -m "$models/deep" --ids -p f64 --rounds 7 pairs out | cmp - plan
}

@test "head-prune-plan: heads that share keys and values go one by one, or as groups" {
  llama=$BATS_TEST_DIRNAME/data/families/models/llama3
  printf '%s\n' '1 5 6 7' '2 9 5 8' >texts
  head-prune-plan -q -m "$llama" --all-steps --ids --rounds 2 texts single >got 2>said
  [ "$(sed 1d got | cut -f 2-4 | sort -u | wc -l)" -eq 8 ]
  [ "$(sed -n '2,5p' got | cut -f 3,4 | sort | tr '\t' : | paste -sd ' ')" = "$(jq -r '."dec-self" | to_entries | map(.key as $l | .value[] | "\($l):\(.)") | sort | join(" ")' single/rounds/2.json)" ]
  head-prune-plan -q -m "$llama" --all-steps --ids --rounds 2 --unit group texts groups >got 2>said
  [ "$(sed -n '2,5p' got | awk -F '\t' '{ print $3 ":" int($4 / 2) }' | uniq -c | awk '$1 != 2' | wc -l)" -eq 0 ]
}

@test "head-interact: mistakes in the command line exit 2, -h exits 0" {
  for wrong in '-p f16' '--top x' '-l enc-self.9' '--seed 2' '-r magnitude' "--steps 2 --against $TRACES/deep.f32"; do
    run -2 head-interact $wrong "$TRACES/deep.f32"
  done
  for program in head-interact head-greedy head-prune-plan; do run -0 $program -h; done
}
