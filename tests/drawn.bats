#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Some of the steps of each sentence: which are drawn, what is said of them, and what becomes of it.
load helper

models=$BATS_TEST_DIRNAME/data/models
families=$BATS_TEST_DIRNAME/data/families/models
PATH=$ROOT/pipelines:$PATH

# SENTENCE DRAWN OF RELEVANCE [FIRST_DRAWN [SITE]]: a record of heads
drawn() {
  jq -nc --argjson n "$1" --argjson drawn "$2" --argjson of "$3" --argjson x "$4" --argjson first "${5:-0}" --arg site "${6:-enc-self.0}" \
    '{type: "heads", sentence: $n, site: $site, first_drawn: $first, drawn: $drawn, of: $of, relevance: $x}'
}

heads() { # SENTENCE FIRST_STEP RELEVANCE
  echo '{"type":"heads","sentence":'"$1"',"site":"enc-self.0","first_step":'"$2"',"relevance":'"$3"'}'
}

# N: the N shortest lines of the built-in dev set
short() {
  awk '{ print length, $0 }' "$ROOT/examples/en-de/dev.en" | sort -k 1n -k 2 | cut -d ' ' -f 2- | head -n "$1"
}

# COUNT SOURCE TARGET: pairs of as many tokens on either side, by a seed
pairs() {
  awk -v n="$1" -v source="$2" -v target="$3" 'BEGIN {
    srand(7)
    for (i = 0; i < n; i++) {
      line = ""
      for (k = 0; k < source; k++) line = line int(1 + rand() * 8) " "
      line = line "0\t"
      for (k = 1; k < target; k++) line = line int(1 + rand() * 8) (k + 1 < target ? " " : "")
      print line
    } }'
}

@test "drawn: a mean of drawn steps and its spread done by hand" {
  # y = 4/2 (1 + 3), 5; z = 4/2 (1 + 9), 25; m = 13/5; squares 45 - 5 m^2; y - m n = -2.4, 2.4
  { drawn 0 '[0,2]' 4 '[[1],[3]]'; heads 1 0 '[[5]]'; } | stream-pack >in
  same '{"type":"average","site":"enc-self.0","heads":1,"steps":5,"drawn":3,"sentences":2,"mean":[2.6],"deviation":[1.6733200530681511],"error":[0.96],"low":[-9.597956],"high":[14.797956],"sums":{"x":[[13]],"xx":[[45]],"yy":[[89]],"yn":[[37]],"nn":[[17]]}}' 'step-average in'
  # the spread over steps is not that of one step
  drawn 0 '[3]' 4 '[[7]]' | stream-pack >in
  [ "$(records 'step-average in' | jq -c 'select(.site) | [.mean, .steps, .drawn, .deviation]')" = '[[7],4,1,null]' ]
}

@test "drawn: statistics agree with numpy, whatever the order, the splitting and the merging" {
  for seed in 1 2 3; do
    average_py draw $seed 11 in
    pipe 'step-average in' >out
    average_py check in out
  done
  average_py draw 4 100 in
  pipe 'step-average in' >out
  average_py check in out
  records 'step-average in' >want
  for seed in 1 2 3; do
    average_py split $seed in a b c
    records 'step-average c a b' | cmp - want
    averages_merge want a b c
  done
}

@test "drawn: sums that no draw has are errors" {
  { drawn 0 '[0,2]' 4 '[[1],[3]]'; heads 1 0 '[[5]]'; } | stream-pack | step-average | stream-show --json >good
  for drawn in 1 6; do
    jq -c "if .site then .drawn = $drawn else . end" good | stream-pack >bad
    fails 1 "$drawn of 5 steps of 2 sentences cannot be drawn" 'step-average bad'
  done
}

@test "drawn: steps that are missing, doubled or impossible are errors that name them" {
  { drawn 3 '[0,2,5]' 9 '[[1],[3]]'; drawn 4 '[0,2,5]' 9 '[[1],[3],[4]]'; } | stream-pack >in
  fails 1 'sentence 3 of site enc-self.0: 1 of its 3 drawn steps are missing' 'step-average in'
  { drawn 3 '[0,2,5]' 9 '[[1],[3]]'; drawn 3 '[0,2,5]' 9 '[[1],[3]]' 1; } | stream-pack >in
  fails 1 'sentence 3 of site enc-self.0: drawn step 2 expected, record starts at drawn step 1' 'step-average in'
  { drawn 3 '[0,2,5]' 9 '[[1],[3]]'; drawn 3 '[0,2,5]' 8 '[[1]]' 2; } | stream-pack >in
  fails 1 '3 of 9 steps were drawn in one record, 3 of 8 in the next' 'step-average in'
  { drawn 3 '[0,2,5]' 9 '[[1],[3]]'; heads 3 2 '[[1]]'; } | stream-pack >in
  fails 1 '3 of 9 steps were drawn in one record, 0 of 0 in the next' 'step-average in'
  wrong() { # JQ MESSAGE
    drawn 3 '[0,2,5]' 9 '[[1],[3],[4]]' | jq -c "$1" | stream-pack >in
    for program in step-average head-norm stream-show; do
      fails 1 "$2" "$program in | cat"
    done
  }
  wrong '.first_step = 0' "both 'drawn' and 'first_step'"
  wrong '.drawn = [0,2,9]' "'drawn' is to grow, from 0 to 8"
  wrong '.drawn = [0,2,2]' "'drawn' is to grow, from 0 to 8"
  wrong '.drawn = [0,-2,5]' "'drawn' is to grow, from 0 to 8"
  wrong '.drawn = [0,2]' "3 rows from 'first_drawn' 0 on, of 2 in 'drawn'"
  wrong '.first_drawn = 1' "3 rows from 'first_drawn' 1 on, of 3 in 'drawn'"
  wrong '.first_drawn = -1' "3 rows from 'first_drawn' -1 on, of 3 in 'drawn'"
  wrong '.of = 0' "'of' is 0"
  wrong 'del(.of)' "no key 'of'"
  wrong 'del(.first_drawn)' "no key 'first_drawn'"
  drawn 3 '[0,2,5]' 9 '[[1],[3],[4]]' | jq -c 'del(.drawn) | .first_step = 0' | stream-pack >in
  fails 1 "'of' or 'first_drawn' without 'drawn'" 'step-average in'
}

# bats test_tags=numbers
@test "drawn: every draw of a sentence comes, their mean is that of all steps, and none comes more often" {
  # 2 of 4 steps: 6 draws. 900 sentences: a draw comes 150 times, with a standard deviation of 11.
  pairs 900 2 4 >ids
  trace-extract -q -m "$models/plain" --ids ids >in
  head-carry -q -l enc-self.0 --steps 2 in | stream-show --json | jq -c 'select(.drawn) | .drawn' | sort | uniq -c >draws
  [ "$(awk '{ print $2 }' draws | paste -sd ' ')" = '[0,1] [0,2] [0,3] [1,2] [1,3] [2,3]' ]
  awk '$1 < 105 || $1 > 195 { exit 1 }' draws
  # one sentence: each of the six by some seed, and the mean of their means
  head -1 ids >one
  trace-extract -q -m "$models/plain" --ids -p f64 one >in
  head-carry -q -p f64 -l enc-self.0 in | step-average | stream-show --json | jq -c 'select(.mean) | .mean' >want
  for seed in $(seq 0 19); do
    head-carry -q -p f64 -l enc-self.0 --steps 2 --seed "$seed" in >some
    echo "$(stream-show --json some | jq -c 'select(.drawn) | .drawn') $(step-average some | stream-show --json | jq -c 'select(.mean) | .mean')"
  done | sort -u >all
  [ "$(wc -l <all)" -eq 6 ]
  jq -es --slurpfile want want '(transpose | map(add / length)) as $got | [range($got | length)] |
    all($got[.] - $want[0][.] | fabs < 1e-13)' <(cut -d ' ' -f 2 all)
}

@test "drawn: which steps depends on the tokens and the seed alone" {
  pairs 40 5 9 >ids
  trace-extract -q -m "$models/plain" --ids ids >whole
  draws() { stream-show --json | jq -c 'select(.drawn) | .drawn'; }
  head-carry -q -l enc-self.0 --steps 3 whole | draws >want
  [ "$(sort -u want | wc -l)" -gt 20 ]
  # in another order, among others, in several files, with other values, and a sentence twice
  paste <(cat want) ids | sort -t $'\t' -k 2 >sorted
  cut -f 2- sorted | trace-extract -q -m "$models/plain" --ids | head-carry -q -l enc-self.0 --steps 3 | draws | cmp - <(cut -f 1 sorted)
  tail -5 ids | trace-extract -q -m "$models/plain" --ids | lrp-layer -q -j 2 -l all --steps 3 | head-sum >last
  stream-show --json last | jq -c 'select(.site == "enc-self.0") | .drawn' | cmp - <(tail -5 want)
  trace-extract -q -m "$models/plain" --ids <(head -1 ids) <(head -1 ids) | head-carry -q -l 0 --steps 3 | draws >twice
  [ "$(sort -u twice)" = "$(head -1 want)" ]
  # another seed is another draw; fewer steps are some of more
  head-carry -q -l enc-self.0 --steps 3 --seed 1 whole | draws | cmp - want
  head-carry -q -l enc-self.0 --steps 3 --seed 2 whole | draws >other
  [ "$(paste want other | awk '$1 == $2' | wc -l)" -lt 10 ]
  head-carry -q -l enc-self.0 --steps 4 whole | draws | paste want - | jq -es '[range(length / 2) as $i | .[2 * $i] - .[2 * $i + 1] | length] | all(. == 0)'
  # the first one's, so that a draw does not change from one version to the next
  [ "$(head -1 ids)" = "$(pairs 1 5 9)" ]
}

@test "drawn: as many steps as there are, or more, are the same bits as all" {
  pairs 6 5 9 >ids
  trace-extract -q -m "$models/plain" --ids ids >in
  for k in 9 1000; do
    head-carry -q in | stream-diff -t 0 - <(head-carry -q --steps $k in)
    lrp-layer -q in | stream-diff -t 0 - <(lrp-layer -q --steps $k in)
  done
}

@test "drawn: rows are those of all steps, and heads carried are those taken back" {
  pairs 3 5 9 | sed '$s/.*/1 2 0\t3/' >ids # the last has two steps
  rows='[.[] | select(.relevance)] | map(. as $r | {key: "\(.sentence) \(.site)", value: .}) | from_entries'
  compare() { # SOME ALL: rows of the first are among those of the second, to 1e-12
    jq -en --slurpfile some <(stream-show --json "$1") --slurpfile all <(stream-show --json "$2") "
      (\$all | $rows) as \$all | [\$some[] | select(.relevance) | . as \$r | \$all[\"\(.sentence) \(.site)\"] as \$a |
        (.drawn // [range(.relevance | length)]) as \$steps | range(\$steps | length) as \$i |
        ([\$r.relevance[\$i] | flatten[]] as \$x | [\$a.relevance[\$steps[\$i]] | flatten[]] as \$y |
          ([\$y[] | fabs] | max) as \$most | [range(\$x | length) | (\$x[.] - \$y[.]) | fabs] | max <= 1e-12 * \$most) and
          (\$r.predicted // [])[\$i] == (\$a.predicted // [])[\$steps[\$i]]] | length > 5 and all" >/dev/null
  }
  trace-extract -q -m "$models/deep" --ids -p f64 ids >in
  for way in alphabeta,-ttop voita2021,-tforced gradient,-sloss magnitude,-ttop-top2; do
    options=(-q -p f64 -r "${way%,*}" "${way#*,}")
    lrp-layer "${options[@]}" -l all,source,target in >all
    lrp-layer "${options[@]}" -l all,source,target --steps 3 in >some
    stream-show --json some | jq -c 'select(.site == "target") | [.of, .positions == .drawn, .first_step]' | cmp - <(printf '%s\n' '[9,true,null]' '[9,true,null]' '[null,true,0]')
    compare some all
    head-carry "${options[@]}" --steps 3 in | stream-diff -q -t 1e-12 <(lrp-layer "${options[@]}" --steps 3 in | head-sum) -
  done
}

@test "drawn: of a decoder alone and of masks, where steps have positions" {
  echo '1 5 6 7 8 3 4 5 6 7' >text
  trace-extract -q -m "$families/llama3" --ids -p f64 --all-steps -g 0 text >in
  lrp-layer -q -p f64 -l all,target --steps 3 in >some
  [ "$(stream-show --json some | jq -c 'select(.site == "target") | [.drawn == .positions, .of, (.drawn | length)]')" = '[true,9,3]' ]
  stream-diff -q -t 1e-12 <(lrp-layer -q -p f64 --steps 3 in | head-sum) <(head-carry -q -p f64 --steps 3 in)
  printf '1 5 6 7\t8 3 4 5 6 7\n' >text
  trace-extract -q -m "$families/llama3" --ids -p f64 text >in
  lrp-layer -q -p f64 -l target --steps 3 in >some
  [ "$(stream-show --json some | jq -c 'select(.drawn) | [[.drawn[] + 3] == .positions, .of]')" = '[true,6]' ]
}

@test "drawn: a long sentence is cut into records, which say which of the drawn steps they have" {
  cp -r "$models/separate" model
  jq '.max_position_embeddings = 100' "$models/separate/config.json" >model/config.json
  pairs 2 88 90 >ids
  trace-extract -q -m model --ids -p f64 ids >in
  lrp-layer -q -p f64 --steps 40 in >some
  stream-show --json some | jq -c 'select(.site == "enc-self.0" and .sentence == 0) | [.first_drawn, (.drawn | length), .of, (.relevance | length)]' >cut
  [ "$(wc -l <cut)" -gt 2 ]
  jq -es '(map(.[3]) | add) == 40 and all(.[1] == 40 and .[2] == 90)' cut
  [ "$(jq -s '.[0][3] == .[1][0] and .[1][0] > 0' cut)" = true ]
  lrp-layer -q -p f64 -j 2 --steps 40 in | stream-diff -t 0 some -
  head-carry -q -p f64 --steps 40 in | stream-diff -q -t 1e-12 <(head-sum some) -
  head-sum some | step-average | stream-show --json | jq -es 'map(select(.site) | .steps == 180 and .drawn == 80) | length > 0 and all'
  stream-show --json some | stream-pack | stream-diff -t 0 some -
}

@test "drawn: tables and pictures number the steps that were drawn" {
  { drawn 0 '[3,7]' 9 '[[1],[2]]'; drawn 0 '[3,7]' 9 '[[3],[4]]' 0 enc-self.1; } | stream-pack >in
  [ "$(stream-show --tsv in | cut -f 2,3,5 | tail -n 4 | tr '\t\n' ' ;')" = 'enc-self.0 3 1;enc-self.0 7 2;enc-self.1 3 3;enc-self.1 7 4;' ]
  stream-show in | grep -qE '^ +0 +enc-self.0 +7 +2$'
  step-average in | stream-show --tsv | head -2 | cut -f 9- | cmp - <(printf 'steps\tsentences\tdrawn\n9\t1\t2\n')
  step-average in | stream-show | grep -qE ' 9 +1  2 drawn$'
  head-norm -n size in | stream-diff -k drawn,of,first_drawn,relevance in -
  stream-pack >tokens <<<'{"type":"tokens","sentence":0,"site":"source","first_drawn":0,"drawn":[3,7],"of":9,"pieces":["a","b"],"relevance":[[1,0.5],[0.25,0.75]]}'
  token-plot --svg tokens | grep -qF '<title>step 7 from source 1 b: 75 %</title>'
  { stream-show --json tokens; } | sed '/"header"/d; /"end"/d; p; s/"source"/"target"/; s/\[3,7\]/[3,8]/' | stream-pack >other
  fails 1 'sentence 0 has step 7 at one site where it has step 8 at another' 'token-plot other'
}

@test "drawn: head-rank draws sentences that weigh by all their steps" {
  average_py draw 8 30 in
  step-average in >avg
  head-rank -k 1 --heads in --samples 20 avg >ranked
  [ -s ranked ]
  # sentences that weigh by the drawn ones have other means
  stream-show --json in | jq -c 'if .drawn then .first_step = .first_drawn | del(.drawn, .of, .first_drawn) else . end' | stream-pack >all
  fails 1 'these are other heads' 'head-rank -k 1 --heads all avg'
}

@test "drawn: only those are swept, and the count of multiplications is theirs" {
  pairs 1 30 30 >ids
  cp -r "$models/separate" model
  jq '.max_position_embeddings = 100' "$models/separate/config.json" >model/config.json
  trace-extract -q -m model --ids ids >in
  count() { head-carry -v "$@" 2>&1 >/dev/null | sed -n 's/.*multiplications: .* as done, \(.*\) all backward.*/\1/p'; }
  [ "$(count in)" != "$(count --steps 3 in)" ]
  # backward, three of thirty steps are about a tenth of the work
  awk -v all="$(count in)" -v some="$(count --steps 3 in)" 'BEGIN { exit !(some < 0.25 * all && some > 0.02 * all) }'
  # and few steps are not worth carrying heads
  head-carry -v --steps 1 in 2>&1 >/dev/null | grep -q 'all heads backward'
}

@test "drawn: what cannot be drawn from is refused by name" {
  pairs 1 3 4 | trace-extract -q -m "$models/plain" --ids >in
  for program in head-carry lrp-layer; do
    fails 2 '--steps takes a whole number from 1' "$program --steps 0 in"
    fails 2 "'--steps' takes" "$program --steps many in"
    fails 2 '--seed is of the steps that --steps draws' "$program --seed 3 in"
  done
  fails 2 '--steps draws where sites are read' 'lrp-layer --steps 2 --to enc-self.1 --keep in'
  fails 2 '--from takes each position for a step' 'lrp-layer --steps 2 --from enc-self.1 -l 0 in'
  lrp-layer --to enc-self.0 --keep in >kept
  fails 1 'these sweeps began with all steps' 'lrp-layer --steps 2 -l 0 kept'
  echo '2 5 6 7 3' | trace-extract -q -m "$families/bert" --ids --mask-each >masked
  fails 1 'sentence 0 has several traces, as of --mask-each' 'head-carry --steps 2 masked'
  fails 2 '--steps draws from the steps of a text' 'head-relevance --steps 2 --mask-each in'
}

# bats test_tags=numbers
@test "drawn: head-relevance draws by --steps and --seed, with workers the same bits" {
  short 40 >text
  head-relevance -l 5 --steps 3 --seed 4 -a text >one
  head-relevance -l 5 --steps 3 --seed 4 -j 2 -a text | stream-diff -t 0 one -
  trace-extract -q text | head-carry -q -l 5 --steps 3 --seed 4 | head-norm | step-average | stream-diff -t 0 one -
  head-relevance -l 5 --steps 3 --seed 4 text | grep -qE '^enc-self.5   1[0-9][0-9] drawn of [0-9]+ steps of 40 sentences$'
  head-relevance --backward -l 5 --steps 3 --seed 4 -a text | stream-diff -q -t 1e-5 -k mean,low,high,drawn,steps one -
}

# bats test_tags=numbers
@test "drawn: coverage of the interval, on populations whose means are known" {
  /usr/bin/python3 "$BATS_TEST_DIRNAME/coverage.py" quick
}

# SENTENCE RELEVANCE COST: a record of heads with what it takes
costly() {
  jq -nc --argjson n "$1" --argjson x "$2" --argjson cost "$3" '{type: "heads", sentence: $n, site: "s", first_step: 0, relevance: $x, cost: $cost}'
}

@test "drawn: step-plan by hand" {
  # y = 4, 3 of n = 2, 1; m = 7/3; y - m n = -2/3, 2/3; sum of squares 8/9; N/C = 3/2
  # s^2 = (1 - 2)^2 + (3 - 2)^2 = 2 of the first: V(1) = 8/9 + 4 (1 - 1/2) 2 / 2 = 26/9, V(2) = 8/9
  # S = (1.96/2)^2 V / (9/4) = 0.4268 V: 1.233, 0.3794; W = S (10 + 8) / 2 = 11.10, S (30 + 8) / 2 = 7.208
  { costly 0 '[[1],[3]]' '[[1,10],[2,30]]'; costly 1 '[[3]]' '[[1,8]]'; } | stream-pack >in
  step-plan --until 2 in | cmp - <(printf '%s\n' $'steps\tsentences\tmultiplications\tshare\tbest' $'1\t1\t11.1\t1.539\t' $'all\t0\t7.21\t1.000\tbest')
  { costly 0 '[[1],[3]]' '[[1,1],[2,30]]'; costly 1 '[[3]]' '[[1,1]]'; } | stream-pack >in
  [ "$(step-plan in | tail -n +2 | grep best$)" = $'1\t1233061\t1.23e+06\t0.210\tbest' ]
  # the head that needs the most decides: of the first only sentences differ, of the second only steps
  { costly 0 '[[0,1],[0,3]]' '[[1,10],[2,11]]'; costly 1 '[[0.1,1],[0.1,3]]' '[[1,10],[2,11]]'; } | stream-pack >in
  [ "$(step-plan in | tail -n +2 | grep best$ | cut -f 1)" = all ]
}

@test "drawn: step-plan is what numpy makes of the sums, and of the cost of head-carry" {
  (head -8 "$ROOT/examples/en-de/dev.en") | trace-extract -q | head-carry -q -l 4,dec-enc.0 --cost | head-norm >in
  step-plan in >got
  /usr/bin/python3 - got "$BATS_TEST_DIRNAME" <<'END'
import sys
import numpy as np
sys.path.insert(0, sys.argv[2])
from average import read
records = [r for r in read("in") if r["type"] == "heads"]
sites = sorted({r["site"] for r in records})
numbers = sorted({r["sentence"] for r in records})
x = {s: [np.concatenate([r["relevance"] for r in records if r["site"] == s and r["sentence"] == n]) for n in numbers] for s in sites}
cost = [[r["cost"] for r in records if r["sentence"] == n][0] for n in numbers]
most = max(cost, key=len)[:, 0]
rows = [line.split("\t") for line in open(sys.argv[1])][1:]
assert len(rows) == len(most) and rows[-1][0] == "all"
works = []
for row, k in zip(rows, most):
    need = 0
    for s in sites:
        n = np.array([len(v) for v in x[s]])
        y = np.array([v.sum(axis=0) for v in x[s]])
        s2 = np.array([v.var(axis=0, ddof=1) if len(v) > 1 else 0 * v[0] for v in x[s]])
        d, m = np.minimum(k, n), y.sum(axis=0) / n.sum()
        v = ((y - n[:, None] * m) ** 2).sum(axis=0) / (len(n) - 1) + ((n ** 2 * (1 / d - 1 / n))[:, None] * s2).mean(axis=0)
        need = max(need, (1.959964 / 0.002) ** 2 * (v / n.mean() ** 2).max())
    works.append(need * np.mean([c[np.searchsorted(c[:, 0], min(k, c[-1, 0])), 1] for c in cost]))
    assert abs(float(row[1]) - need) <= 0.5 + 1e-6 * need, (row, need)
    assert abs(float(row[2]) / works[-1] - 1) < 0.01, (row, works[-1])
assert rows[int(np.argmin(works))][4].strip() == "best"
END
}

@test "drawn: the cost of more steps is what head-carry -v counts for them" {
  cp -r "$models/separate" model
  jq '.max_position_embeddings = 100' "$models/separate/config.json" >model/config.json
  pairs 2 20 40 >ids
  trace-extract -q -m model --ids ids >in
  count() { head-carry -v -l $l "$@" in 2>&1 >/dev/null | sed -n 's/.*multiplications: \(.*\) as done.*/\1/p'; }
  for l in enc-self.0 all; do
    head-carry -q --cost -l $l in | stream-show --json | jq -s '[.[] | select(.cost)] | unique_by(.sentence) | map(.cost)' >costs
    for k in 1 5 15 40; do
      jq --argjson k $k '[.[][] | select(.[0] == $k)[1]] | add' costs | paste - <(count --steps $k)
    done >both
    # but for the same fixed part; counts have three digits
    awk '{ d = $1 - $2; if (NR == 1) first = d; e = (d - first) / $2; if ($1 <= $2 || e > 0.01 || e < -0.01) { print; bad = 1 } } END { exit bad || NR != 4 }' both
  done
  [ "$(jq -c '[.[0][][0]]' costs)" = '[1,2,3,4,5,6,7,8,10,12,15,18,22,27,33,40]' ]
  fails 2 '--cost: the multiplications of voita2021 are not counted' 'head-carry --cost -r voita2021 in'
}

@test "drawn: step-plan refuses what does not say it" {
  heads 0 0 '[[1],[3]]' | stream-pack >in
  fails 1 "no key 'cost' in 'heads'; take those of head-carry --cost" 'step-plan in'
  drawn 0 '[0,2]' 4 '[[1],[3]]' | stream-pack >in
  fails 1 'sentence 0 has 2 of its 4 steps' 'step-plan in'
  for cost in '[[2,1],[2,3]]' '[[0,1]]' '[[1,-1]]'; do
    costly 0 '[[1],[3]]' "$cost" | stream-pack >in
    fails 1 "'cost' is to have steps, which grow from 1, and multiplications" 'step-plan in'
  done
  costly 0 '[[1],[3]]' '[[1,2,3]]' | stream-pack >in
  fails 1 "tensor 'cost' has the shape [1, 3]" 'step-plan in'
  { costly 0 '[[1],[3]]' '[[1,1]]'; costly 1 '[[1,2]]' '[[1,1]]'; } | stream-pack >in
  fails 1 'site s has 2 heads here but 1 before' 'step-plan in'
  costly 0 '[[1],[3]]' '[[1,1],[2,2]]' | stream-pack >in
  run --separate-stderr step-plan in
  [ "$status" -eq 0 ] && [[ $stderr == *'fewer than two sentences'* && $output == *$'\nall\t0\t0\t1.000\tbest' ]]
  for x in 0 -1; do
    fails 2 '--until takes a number above 0' "step-plan --until $x in"
  done
}

# bats test_tags=numbers
@test "drawn: head-relevance --steps auto takes all of the first 32 lines and then what step-plan finds" {
  short 40 >text
  head-relevance -l 5 --steps auto --seed 4 -a text >one 2>said
  k=$(head -32 text | trace-extract -q | head-carry -q -l 5 --cost | head-norm | step-plan | grep 'best$' | grep -v ^steps | cut -f 1,4)
  [ "$(cat said)" = "head-relevance: --steps auto: ${k%$'\t'*} a sentence behind line 32, ${k#*$'\t'} of the work that all steps are" ]
  head-relevance -l 5 --steps auto --seed 4 -j 2 -a text 2>/dev/null | stream-diff -t 0 one -
  head-relevance -l 5 --steps auto --seed 4 -a - <text 2>/dev/null | stream-diff -t 0 one -
  { head -32 text | trace-extract -q | head-carry -q -l 5 | head-norm
    tail -8 text | trace-extract -q --first-line 33 | head-carry -q -l 5 --steps "${k%$'\t'*}" --seed 4 | head-norm; } | step-average | stream-diff -t 0 one -
  # fewer lines are all there is
  head -3 text | head-relevance -l 5 --steps auto -a 2>said | stream-diff -t 0 - <(head -3 text | head-relevance -l 5 -a)
  [ ! -s said ]
  fails 2 '--steps auto counts the work of head-carry' 'head-relevance --backward --steps auto -l 5 text'
  fails 2 'the multiplications of voita2021 are not counted' 'head-relevance --steps auto -r voita2021 -l 5 text'
  (head -35 text; printf 'a\0b\n') >bad
  fails 1 'bad: line 36: a NUL byte' 'head-relevance --steps auto -l 5 bad'
  [ -z "$output" ]
}
