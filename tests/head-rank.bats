#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0

load helper

average() { # SITE MEAN
  echo '{"type":"average","site":"'"$1"'","heads":'"$(jq length <<<"$2")"',"steps":4,"sentences":2,"mean":'"$2"'}'
}

# Two layers of four heads; in this order: L1H0, L0H1, L0H3, L1H2, L0H0, L1H1, L1H3, L0H2.
make_in() {
  { [ -z "${1:-}" ] || echo "$1"; average enc-self.1 '[0.6,0.1,0.25,0.05]'; average enc-self.0 '[0.2,0.5,0,0.3]'; } | stream-pack >in
}

model='{"type":"header","content":"average","model":{"name":"m","layers":3,"heads":4,"kv_heads":2}}'

@test "head-rank: heads in order of their means" {
  make_in
  [ "$(head-rank in | cut -f 1-4,8 | tr '\t\n' ' ;')" = \
    'kind layer head mean rank;enc-self 1 0 0.6 1;enc-self 0 1 0.5 2;enc-self 0 3 0.3 3;enc-self 1 2 0.25 4;enc-self 0 0 0.2 5;enc-self 1 1 0.1 6;enc-self 1 3 0.05 7;enc-self 0 2 0 8;' ]
  [ "$(head-rank -f json in | jq -c '[.heads[] | [.layer, .head, .rank]][:2]')" = '[[1,0,1],[0,1,2]]' ]
}

@test "head-rank: equal means are in the order of site and head" {
  { average enc-self.10 '[1,1]'; average enc-self.9 '[1,2]'; } | stream-pack >in
  [ "$(head-rank in | sed 1d | cut -f 2,3 | tr '\t\n' ' ;')" = '9 1;9 0;10 0;10 1;' ]
}

@test "head-rank: interval and error are passed on" {
  stream-pack >in <<<'{"type":"average","site":"dec-enc.0","heads":1,"steps":4,"sentences":2,"mean":[2],"low":[1],"high":[3],"error":[0.5]}'
  [ "$(head-rank in | tail -n 1 | tr '\t' ' ')" = 'dec-enc 0 0 2 1 3 0.5 1' ]
}

@test "head-rank: prune lists, per scope, with and without the kind" {
  make_in
  [ "$(head-rank -k 3 -f prune in)" = '{"enc-self":{"0":[2],"1":[1,3]}}' ]
  [ "$(head-rank --keep 5 --kind enc-self -f prune in)" = '{"0":[2],"1":[1,3]}' ]
  [ "$(head-rank -k 1 --per layer --kind enc-self --format prune in)" = '{"0":[2],"1":[3]}' ]
  { average enc-self.0 '[1,2]'; average dec-enc.0 '[5,4]'; } | stream-pack >in
  [ "$(head-rank -k 1 --per kind -f prune in)" = '{"enc-self":{"0":[0]},"dec-enc":{"0":[1]}}' ]
  [ "$(head-rank -k 2 --leave 0 -f prune in)" = '{"enc-self":{"0":[0,1]},"dec-enc":{}}' ]
}

@test "head-rank: masks have 1 for heads that are kept, and for layers not measured" {
  make_in
  [ "$(head-rank -k 3 -f mask in)" = '{"enc-self":[[1,1,0,1],[1,0,1,0]]}' ]
  make_in "${model/'"kv_heads":2'/'"kv_heads":4'}"
  [ "$(head-rank -k 3 --kind enc-self -f mask in)" = '[[1,1,0,1],[1,0,1,0],[1,1,1,1]]' ]
}

@test "head-rank: numpy reads the mask" {
  make_in
  head-rank -k 3 -f npy in >mask.npy
  /usr/bin/python3 -c '
import numpy
m = numpy.load("mask.npy")
assert m.dtype == numpy.dtype("<f4") and m.flags.c_contiguous
assert m.tolist() == [[1, 1, 0, 1], [1, 0, 1, 0]], m'
}

@test "head-rank: a .npy file of two kinds is an error" {
  { average enc-self.0 '[1,2]'; average dec-enc.0 '[5,4]'; } | stream-pack >in
  fails 1 'one kind' 'head-rank -k 1 -f npy in'
}

@test "head-rank: pairs are the kept heads, the most relevant first" {
  make_in
  [ "$(head-rank --keep 3 -f pairs --kind enc-self in)" = '[[1,0],[0,1],[0,3]]' ]
}

@test "head-rank: groups of heads with the same keys go together" {
  make_in "$model" # groups: L0 0.7, 0.3; L1 0.7, 0.3
  [ "$(head-rank --unit group -k 1 --per layer --kind enc-self -f prune in)" = '{"0":[2,3],"1":[2,3]}' ]
  fails 1 'heads 2 and 3 of enc-self.0 share keys and values' 'head-rank -k 1 -f prune in'
  [ "$(head-rank -k 1 --kind enc-self -f mask in | jq -c '.[0]')" = '[1,1,0,1]' ]
}

@test "head-rank: a percentage is of each scope, to the nearest number, of two the smaller" {
  make_in
  for scope in '-k 30%' '--keep 70%' '-k 31%'; do # 2.4, 2.4, 2.48 of 8
    [ "$(head-rank $scope -f prune in)" = '{"enc-self":{"0":[2],"1":[3]}}' ]
  done
  [ "$(head-rank -k 31.25% -f prune in)" = "$(head-rank -k 2 -f prune in)" ]  # 2.5
  [ "$(head-rank --keep 68.75% -f prune in)" = "$(head-rank -k 2 -f prune in)" ]
  [ "$(head-rank -k 31.3% -f prune in)" = "$(head-rank -k 3 -f prune in)" ]
  [ "$(head-rank -k 25% --per layer -f prune in)" = "$(head-rank -k 1 --per layer -f prune in)" ]
  [ "$(head-rank -k 0% -f prune in)" = '{"enc-self":{}}' ]
  [ "$(head-rank -k 100% -f mask in)" = '{"enc-self":[[0,0,0,0],[0,0,0,0]]}' ]
  for wrong in 0.3 101% 30%% % x 1e1 -1 30x ''; do
    fails 2 'takes a whole number of heads or a percentage from 0% to 100%' "head-rank -k '$wrong' in"
  done
  fails 2 "option '--keep' takes" 'head-rank --keep 0.7 in'
}

@test "head-rank: a layer keeps a head in a prune list; another goes in its place, which is said" {
  # the four most relevant heads are all of layer 0
  { average enc-self.0 '[0.9,0.8,0.7,0.6]'; average enc-self.1 '[0.1,0.4,0.2,0.3]'; } | stream-pack >in
  run --separate-stderr head-rank -k 4 -f prune in
  [ "$output" = '{"enc-self":{"0":[3],"1":[0,2,3]}}' ]
  [ "$stderr" = 'head-rank: each layer keeps 1 (--leave): kept enc-self.1:1, pruned enc-self.0:3 instead' ]
  fails 1 '4 heads cannot be pruned: from enc-self.0 on there are 8 in 2 layers, and --leave 3 keeps 6 of them' \
    'head-rank -k 50% --leave 3 -f mask in'
  [ "$(head-rank -q -k 2 --leave 3 -f mask in)" = '{"enc-self":[[1,1,1,0],[0,1,1,1]]}' ]
  for choice in '-k 3 -f prune' '-k 4 -f mask' '-k 4 -f pairs' '-k 4 --leave 0 -f prune' '-k 4 --leave 1 -f prune -q'; do
    run --separate-stderr head-rank $choice in
    [ "$status" -eq 0 ]
    [ -z "$stderr" ] || { echo "$choice: $stderr"; return 1; }
  done
  [ "$(head-rank -k 4 -f mask in)" = '{"enc-self":[[1,1,1,1],[0,0,0,0]]}' ]
  [ "$(head-rank -q --keep 4 --leave 1 --kind enc-self -f pairs in)" = '[[0,0],[0,1],[0,2],[1,1]]' ]
  [ "$(head-rank -q -k 4 --leave 1 in | cut -f 2,3,8,9 | sed 1d | tr '\t\n' ' ;')" = \
    '0 0 1 1;0 1 2 1;0 2 3 1;0 3 4 0;1 1 5 1;1 3 6 0;1 2 7 0;1 0 8 0;' ]
  fails 1 'keeps 8 of them' 'head-rank -k 1 --leave 9 in' # a layer of four keeps its four
  [ "$(head-rank -k 3 --per layer -f prune in)" = '{"enc-self":{"0":[1,2,3],"1":[0,2,3]}}' ]
  fails 1 '4 heads cannot be pruned' 'head-rank -k 4 --per layer -f prune in'
}

@test "head-rank: groups that stay have as many heads together as --leave says" {
  make_in "$model" # groups: L0 0.7, 0.3; L1 0.7, 0.3
  for leave in 1 2; do
    [ "$(head-rank -q --unit group -k 2 --leave $leave --kind enc-self -f prune in)" = '{"0":[2,3],"1":[2,3]}' ]
  done
  fails 1 '1 groups cannot be pruned' 'head-rank --unit group -k 1 --leave 3 in'
  { echo "$model"; average enc-self.0 '[0.9,0.8,0.7,0.6]'; average enc-self.1 '[0.1,0.3,0.2,0.4]'; } | stream-pack >in
  run --separate-stderr head-rank --unit group -k 50% -f prune in
  [ "$output" = '{"enc-self":{"0":[2,3],"1":[0,1]}}' ]
  [[ $stderr == *'kept enc-self.1:2-3, pruned enc-self.0:2-3 instead' ]]
}

@test "head-rank: bootstrap samples leave heads as the choice does" {
  # The head of layer 1 is never among the two largest; with --leave 1 it always stays.
  for l in 0:'[[3,2]]' 1:'[[1]]'; do
    for sentence in 0 1 2; do
      echo '{"type":"heads","sentence":'$sentence',"site":"enc-self.'"${l%%:*}"'","first_step":0,"relevance":'"${l#*:}"'}'
    done
  done | stream-pack >heads.lrp
  step-average heads.lrp >in
  [ "$(head-rank --keep 2 --heads heads.lrp in | cut -f 2,3,9,10 | sed 1d | tr '\t\n' ' ;')" = '0 0 1 1;0 1 1 1;1 0 0 0;' ]
  [ "$(head-rank -q --keep 2 --leave 1 --heads heads.lrp in | cut -f 2,3,9,10 | sed 1d | tr '\t\n' ' ;')" = \
    '0 0 1 1;0 1 0 0;1 0 1 1;' ]
}

@test "head-rank: 30 % of the built-in model can be removed, by attnlrp and by magnitude" {
  for rule in attnlrp magnitude; do
    pipe "trace-extract '$ROOT/examples/en-de/dev.en' | head-carry -r $rule | head-norm -n size | step-average >$rule.avg"
    head-rank -k 30% -f prune $rule.avg >$rule.json
    [ "$(jq '[.[][] | length] | add' $rule.json)" -eq 43 ] # of 144: 43.2
    head-prune --remove $rule.json "$ROOT/examples/en-de" $rule
    [ "$(echo 'Select a field type.' | trace-extract -m $rule | head-confidence | stream-show --json |
      jq -s 'map(select(.site) | .heads) | add')" -eq 101 ]
    # without it a layer would be empty
    head-rank --leave 0 -k 30% -f prune $rule.avg >all.json
    fails 2 'has to keep a head' "head-prune --remove all.json '$ROOT/examples/en-de' none"
  done
}

@test "head-rank: on a terminal a table that fits" {
  { average enc-self.10 '[0.123456789,-1e-12]'
    echo '{"type":"average","site":"dec-enc.0","heads":1,"steps":4,"sentences":2,"mean":[1234567.891],"low":[1],"high":[3e6],"error":[0.5]}'; } | stream-pack >in
  script -qec 'head-rank --keep 2 in' /dev/null </dev/null | tr -d '\r' >got
  diff - got <<'END'
head                mean        low       high      error  rank
dec-enc.0:0    1.235e+06          1      3e+06        0.5     1   keep
enc-self.10:0     0.1235                                      2   keep
enc-self.10:1     -1e-12                                      3  prune
END
  head-rank --keep 2 -f table in | diff got -
  [ "$(script -qec 'head-rank -f tsv in' /dev/null </dev/null | tr -d '\r')" = "$(head-rank in)" ]
  head-rank in | grep -q $'\t1234567.891\t'
}

@test "head-rank: more heads than there are cannot be chosen" {
  make_in
  fails 1 '9 heads cannot be pruned' 'head-rank -k 9 in'
  fails 1 'there are 4 to choose from' 'head-rank --keep 5 --per layer in'
}

@test "head-rank: bootstrap by hand, and the same with the same seed" {
  # Head 0: 3, 0; head 1: 1, 1. Means 1.5 and 1. Of the four draws one has the second sentence
  # twice, so head 0 is first in three of four.
  for n in 0:'[[3,1]]' 1:'[[0,1]]'; do
    echo '{"type":"heads","sentence":'"${n%%:*}"',"site":"enc-self.0","first_step":0,"relevance":'"${n#*:}"'}'
  done | stream-pack >heads.lrp
  step-average heads.lrp >in
  head-rank --keep 1 --samples 10000 --heads heads.lrp in >a
  head-rank --keep 1 --samples 10000 --heads heads.lrp in | cmp - a
  [ "$(cut -f 3,9,10 a | sed 1d | awk '{ print $1, $2, ($3 > 0.72 && $3 < 0.78) || ($3 > 0.22 && $3 < 0.28) }' | tr '\n' ';')" = '0 1 1;1 0 1;' ]
  [ "$(awk '{ s += $10 } END { print s }' a)" = 1 ]
  fails 2 'needs -k or --keep' 'head-rank --heads heads.lrp in'
  average enc-self.0 '[7,1]' | stream-pack >other
  fails 1 'these are other heads' 'head-rank --keep 1 --heads heads.lrp other'
}

@test "head-rank: options that do not go together are usage errors" {
  fails 2 'exclude each other' 'head-rank -k 1 --keep 1 </dev/null'
  fails 2 "'prune' needs -k or --keep" 'head-rank -f prune </dev/null'
  fails 2 "not 'x'" 'head-rank --per x </dev/null'
  fails 2 "not 'x'" 'head-rank --unit x </dev/null'
  fails 2 "not 'x'" 'head-rank -f x </dev/null'
}
