#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
load helper

reference() {
  /usr/bin/python3 "$BATS_TEST_DIRNAME/loss_compare.py" "$@"
}

# FILE LOSSES ...: a stream of sentences with these losses, "[1,2]", each top1 where it is below 2
losses() {
  local file=$1 sentence=0
  shift
  for loss; do
    jq -nc --argjson sentence $((sentence++)) --argjson loss "$loss" \
      '{type: "losses", $sentence, first_step: 0, $loss, top1: $loss | map(if . < 2 then 1 else 0 end)}'
  done | stream-pack >"$file"
}

# FILE NAMES LINES: a table, with tabs for the spaces; "_" is an empty cell
table() {
  { echo "$2"; echo "$3"; } | tr ' ' '\t' | tr -d _ >"$1"
}

plan() {
  table plan.tsv 'order direction removed head file' "$1"
}

scores() {
  table scores.tsv 'order head score' "$1"
}

# TEXT COMMAND: what it prints, with spaces for the tabs and "_" for empty cells
prints() {
  pipe "$2" >out || return
  awk 'BEGIN { FS = "\t" } { for (i = 1; i <= NF; i++) printf "%s%s", $i == "" ? "_" : $i, i < NF ? " " : "\n" }' out |
    diff <(echo "$1") -
}

# One sentence of one step, so that every sample is the data: five heads, an order `x`, three random ones.
five_heads() {
  for loss in 1 1.5 2 3 4 5 8 12; do losses $loss "[$loss]"; done
  plan '- none 0 _ 1
- single 1 enc-self.0:0 2
- single 1 enc-self.0:1 3
- single 1 enc-self.1:0 5
- single 1 enc-self.1:1 5
- single 1 dec-enc.0:0 5
x least 2 _ 2
x least 5 _ 12
x most 2 _ 8
x most 5 _ 12
r1 random 2 _ 4
r1 random 5 _ 12
r2 random 2 _ 2
r2 random 5 _ 12
r3 random 2 _ 1.5
r3 random 5 _ 12'
  scores 'x enc-self.0:0 1
x enc-self.0:1 3
x enc-self.1:0 3
x enc-self.1:1 5
x dec-enc.0:0 0
x dec-self.0:0 99'
}

@test "loss-compare: loss, increase and top1 by hand" {
  # (1 + 2 + 3) / 3 and (1 + 1 + 7) / 3; top1 of 1 and of 2 in 3 steps
  losses a '[1,2]' '[3]'
  losses b '[1,1]' '[7]'
  plan '- none 0 _ a
- single 1 enc-self.0:0 b
all least 1 _ a'
  prints 'order direction removed head loss increase
- none 0 _ 2 0
- single 1 enc-self.0:0 3 1
all least 1 _ 2 0' 'loss-compare plan.tsv | cut -f 1-6'
  prints 'top1
0.333333
0.666667
0.333333' 'loss-compare <plan.tsv | cut -f 9'
}

@test "loss-compare: sentences are drawn, with their steps" {
  # The first numbers of SplitMix64 with the seed 1234567 are 6457827717110365317, 3203168211198807973,
  # 9817491932198370423, 4593380528125082431, 16408922859458223821: modulo 5 these are 2 3 3 1 1.
  losses a '[1]' '[1]' '[1]' '[1,1]' '[1]'
  losses b '[2]' '[11]' '[101]' '[1001,1001]' '[10001]'
  plan '- none 0 _ a
- single 1 enc-self.0:0 b'
  # of all: (1 + 10 + 100 + 2000 + 10000) / 6; of the sample: (100 + 2 2000 + 2 10) / 7
  prints 'order direction removed head loss increase low high top1
- none 0 _ 1 0 0 0 1
- single 1 enc-self.0:0 2019.5 2018.5 588.571 588.571 0' 'loss-compare --samples 1 --seed 1234567 plan.tsv'
}

@test "loss-compare: the summary by hand" {
  five_heads
  # least        (0 + 1)/2 2/5 + (1 + 11)/2 3/5 = 3.8
  # area         (0 + 7)/2 2/5 + (7 + 11)/2 3/5 = 6.8, minus that
  # percentile   4.8, 3.8 and 3.55: one of three is larger
  # all          increases 1 2 4 4 4, scores 1 3 3 5 0; ranks 1 2 4 4 4 and 2 3.5 3.5 5 1, less their means
  #              -2 -1 1 1 1 and -1 .5 .5 2 -2: 2 / sqrt(8 9.5)
  # enc-self     increases 1 2 4 4, scores 1 3 3 5; ranks 1 2 3.5 3.5 and 1 2.5 2.5 4: 3.75 / sqrt(4.5 4.5)
  # dec-enc      one head
  # layer        of enc-self.0 it is 1; enc-self.1 has twice the same increase, dec-enc.0 one head
  # pearson      of all 3 / sqrt(15.2 8), of enc-self 6 / sqrt(8 6.75)
  # random       (4.8 + 3.8 + 3.55) / 3
  prints 'order heads measure value low high
x all least 3.8 3.8 3.8
x all area 3 3 3
x all percentile 33.3333 33.3333 33.3333
x all spearman 0.229416 0.229416 0.229416
x enc-self spearman 0.833333 0.833333 0.833333
x dec-enc spearman _ _ _
x layer spearman 1 1 1
x all pearson 0.272054 0.272054 0.272054
x enc-self pearson 0.816497 0.816497 0.816497
x dec-enc pearson _ _ _
x layer pearson 1 1 1
random all least 4.05 4.05 4.05' 'loss-compare --scores scores.tsv plan.tsv | cut -f 1-6'
  # one sentence has no halves
  [ "$(loss-compare --scores scores.tsv plan.tsv | cut -f 3,7- | sed 's/\t/|/g' | sort -u)" = 'area||||
least||||
measure|reliability|attainable|reached|note
pearson|-|-|-|few sentences
percentile||||
spearman|-|-|-|few sentences' ]
}

@test "loss-compare: the lines of a plan may come in any order, as long as each curve goes up" {
  five_heads
  loss-compare --scores scores.tsv plan.tsv >want
  # all curves beside each other, and then backwards: what is not masked is last
  { head -n 1 plan.tsv; tail -n +2 plan.tsv | sort -s -t $'\t' -k 3,3n; } >mixed.tsv
  loss-compare --scores scores.tsv mixed.tsv | diff want -
  { head -n 1 plan.tsv; tail -n 6 plan.tsv; tail -n +2 plan.tsv | head -n -6 | sort -s -t $'\t' -k 2,2r; } >mixed.tsv
  [ "$(cut -f 2 mixed.tsv | sed -n 2p)" = random ]
  loss-compare --scores scores.tsv mixed.tsv | diff want -
}

@test "loss-compare: a score that is the same for all heads has no correlation, an order without curves no area" {
  five_heads
  head -n 6 scores.tsv | awk -F '\t' 'NR > 1 { print "flat\t" $2 "\t0.9" }' >flat
  cat flat >>scores.tsv
  prints 'order heads measure value low high difference difference_low difference_high
flat all least _ _ _ _ _ _
flat all area _ _ _ _ _ _
flat all percentile _ _ _ _ _ _
flat all spearman _ _ _ _ _ _
flat enc-self spearman _ _ _ _ _ _
flat dec-enc spearman _ _ _ _ _ _
flat layer spearman _ _ _ _ _ _
flat all pearson _ _ _ _ _ _
flat enc-self pearson _ _ _ _ _ _
flat dec-enc pearson _ _ _ _ _ _
flat layer pearson _ _ _ _ _ _
random all least 4.05 4.05 4.05 _ _ _' 'loss-compare --scores scores.tsv --against x plan.tsv | sed 2,12d | cut -f 1-9'
  # and x against it has no difference
  loss-compare --scores scores.tsv --against flat plan.tsv >out
  [ "$(cut -f 7-9 out | sort -u)" = $'\t\t\ndifference\tdifference_low\tdifference_high' ]
}

@test "loss-compare: differences by hand" {
  five_heads
  # y is x backwards: its curves change places, and so do its scores
  sed -n 's/^x\tleast/y\tmost/p; s/^x\tmost/y\tleast/p' plan.tsv >curves
  sed -n 's/^x\t\(.*\)\t/y\t\1\t-/p' scores.tsv >negative
  cat curves >>plan.tsv
  cat negative >>scores.tsv
  prints 'y all least 6.8 6.8 6.8 3 3 3
y all area -3 -3 -3 -6 -6 -6
y all percentile 0 0 0 -33.3333 -33.3333 -33.3333
y all spearman -0.229416 -0.229416 -0.229416 -0.458831 -0.458831 -0.458831' \
    "loss-compare --scores scores.tsv --against x plan.tsv | grep ^y | head -n 4 | cut -f 1-9"
}

@test "loss-compare: samples without a correlation are left out" {
  # of the sentences 2 3 3 1 1 that are drawn (above) both heads lose the same
  losses a '[1]' '[1]' '[1]' '[1]' '[1]'
  losses b '[2]' '[2]' '[2]' '[2]' '[2]'
  losses c '[3]' '[2]' '[2]' '[2]' '[2]'
  plan '- none 0 _ a
- single 1 enc-self.0:0 b
- single 1 enc-self.0:1 c'
  scores 'x enc-self.0:0 1
x enc-self.0:1 2'
  prints 'x all pearson 1 _ _' 'loss-compare --samples 1 --seed 1234567 --scores scores.tsv plan.tsv | grep "all.pearson" | cut -f 1-6'
  prints 'x all pearson 1 1 1' 'loss-compare --scores scores.tsv plan.tsv | grep "all.pearson" | cut -f 1-6'
}

@test "loss-compare: a plan without heads or curves" {
  losses a '[1]' '[3]'
  plan '- none 0 _ a'
  prints 'order direction removed head loss increase low high top1
- none 0 _ 2 0 0 0 0.5' 'loss-compare plan.tsv'
  scores 'x enc-self.0:0 1'
  [ "$(loss-compare --scores scores.tsv plan.tsv | tail -n +2 | cut -f 4-6 | sort -u)" = $'\t\t' ]
}

# halves ROW ...: losses of six sentences under a mask of each head, "1 2 3 4 5 6" above those without; an order that has the
# heads in this order
halves() {
  local i=0 head line='- none 0 _ base' order='' row x sentence
  for row in '0 0 0 0 0 0' "$@"; do
    sentence=0
    for x in $row; do
      echo "{\"type\":\"losses\",\"sentence\":$((sentence++)),\"first_step\":0,\"loss\":[$((x + 1))],\"top1\":[0]}"
    done | { echo '{"type":"header","content":"losses"}'; cat; } | stream-pack >h$i
    i=$((i + 1))
  done
  mv h0 base
  i=0
  for row; do
    mv h$((i + 1)) h$i
    head=${HEADS:-enc-self.0}:$i
    [[ $head != *' '* ]] || head=$(cut -d ' ' -f $((i + 1)) <<<"$HEADS")
    line+=$'\n'"- single 1 $head h$i"
    order+="x $head $((i++))"$'\n'
  done
  plan "$line"
  scores "${order%$'\n'}"
}

# ceiling: "heads measure value reliability attainable reached note" of every correlation, after a sample and a split
ceiling() {
  loss-compare --samples "${1:-1}" --seed 1234567 --scores scores.tsv plan.tsv | awk -F '\t' '$3 == "spearman" || $3 == "pearson" {
    print $2, $3, $4, $7, $8, $9 ($10 == "" ? "" : " " $10) }'
}

@test "loss-compare: the ceiling by hand" {
  # Behind the six numbers that draw the sample SplitMix64 has 10895525637215051397, 5078158048327840177, 8075865375900838704:
  # modulo 6, 5 and 4 these are 3, 2 and 0. So the shuffle takes 3 of 0 1 2 3 4 5, then 0 of 1 2 0 4 5, then 2 of 2 1 4 5: one
  # half is the sentences 0 2 3, the other 1 4 5.
  halves '3 0 0 0 0 0' '3 3 3 3 0 3' '9 9 9 9 9 0' '9 3 9 9 9 3'
  # Increases, in thirds: 3 9 27 27 and 0 6 18 15. Ranks 1 2 3.5 3.5 and 1 2 4 3: r = 4.5 / sqrt(4.5 5) = 0.948683; Pearson's
  # 301.5 / sqrt(459 204.75) = 0.983488. 2 r / (1 + r) = 0.973666 and 0.991675; roots 0.986745, 0.995829.
  # Scores 0 1 2 3; all increases 3 15 45 42, whose ranks are 1 2 4 3: 0.8, that is 0.810746 of the root; Pearson's
  # 73.5 / sqrt(5 1266.75) = 0.923542, 0.927411 of it.
  ceiling >got
  diff got - <<'END'
all spearman 0.8 0.973666 0.986745 0.810746
enc-self spearman 0.8 0.973666 0.986745 0.810746
layer spearman 0.8 0.973666 0.986745 0.810746
all pearson 0.923542 0.991675 0.995829 0.927411
enc-self pearson 0.923542 0.991675 0.995829 0.927411
layer pearson 0.923542 0.991675 0.995829 0.927411
END
  # an order that is the same for all has none to reach it; curves have no ceiling
  sed -i 's/[0-9]*$/1/; 1s/.*/order\thead\tscore/' scores.tsv
  ceiling >got
  [ "$(head -n 1 got)" = 'all spearman  0.973666 0.986745 ' ]
}

@test "loss-compare: where there is no ceiling it says why" {
  # the halves are 0 2 3 and 1 4 5, as above; heads in opposite order: r = -1 has no reliability
  halves '0 9 0 0 9 9' '1 5 1 1 5 5' '9 1 9 9 1 1'
  [ "$(ceiling | head -n 1)" = 'all spearman 0.5 - - - halves disagree' ]
  # r = -1/2: -2
  halves '0 9 0 0 9 9' '9 3 9 9 3 3' '3 0 3 3 0 0'
  [ "$(ceiling | head -n 1 | cut -d ' ' -f 4-)" = '-2 - - halves disagree' ]
  # r = 0
  halves '0 3 0 0 3 3' '3 0 3 3 0 0' '0 0 0 0 0 0' '3 3 3 3 3 3'
  [ "$(ceiling | head -n 1 | cut -d ' ' -f 4-)" = '0 - - halves disagree' ]
  # all masks cost the same, in one half or always
  halves '1 5 1 1 5 5' '1 6 1 1 6 6' '1 7 1 1 7 7'
  [ "$(ceiling | head -n 1 | cut -d ' ' -f 4-)" = '- - - equal costs' ]
  halves '1 1 1 1 1 1' '1 1 1 1 1 1' '1 1 1 1 1 1'
  [ "$(ceiling 50 | head -n 1)" = 'all spearman  - - - equal costs' ]
  # two heads of a layer say nothing: of these layers the third alone counts
  HEADS='enc-self.0:0 enc-self.0:1 enc-self.1:0 enc-self.1:1 dec-enc.0:0 dec-enc.0:1 dec-enc.0:2' \
    halves '1 1 1 1 1 1' '2 2 2 2 2 2' '9 1 9 1 9 1' '1 9 1 9 1 9' '3 3 3 3 3 3' '2 2 2 2 2 2' '1 1 1 1 1 1'
  ceiling | sed -n 's/ spearman//p' >got
  [ "$(sed -n 's/^layer //p' got | cut -d ' ' -f 2-3)" = '1 1' ]
  HEADS='enc-self.0:0 enc-self.1:0 enc-self.2:0' halves '1 1 1 1 1 1' '2 2 2 2 2 2' '3 3 3 3 3 3'
  [ "$(ceiling | sed -n 's/ spearman//p')" = 'all 1 1 1 1
enc-self 1 1 1 1
layer  - - - few heads' ]
  # three sentences are too few
  for file in base h0 h1 h2; do
    stream-show --json $file | grep -v '"sentence":[345]' | sed 's/"records":6/"records":3/' | stream-pack >few && mv few $file
  done
  [ "$(ceiling | cut -d ' ' -f 4- | sort -u)" = '- - - few sentences' ]
}

@test "loss-compare: the ceiling is of all splits, whatever the order of the plan, and the same again" {
  reference make 3
  loss-compare --samples 200 --scores scores.tsv plan.tsv | grep -E 'spearman|pearson' | cut -f 2,3,7,8 | sort -u >ceilings
  [ "$(wc -l <ceilings)" -eq 10 ] # the same for all orders
  loss-compare --samples 200 --scores scores.tsv plan.tsv | grep -E 'spearman|pearson' | cut -f 2,3,7,8 | sort -u | cmp - ceilings
  loss-compare --samples 200 --seed 2 --scores scores.tsv plan.tsv | grep -E 'spearman|pearson' | cut -f 2,3,7,8 | sort -u >others
  ! cmp -s others ceilings || return 1
  paste ceilings others | awk -F '\t' '($3 - $7) ^ 2 > 0.0025 { print; bad = 1 } END { exit bad }'
}

@test "loss-compare: losses in several segments and records" {
  losses a '[1,2]' '[3]'
  { losses one '[1,2]'; losses two '[3]'; cat one two; } >joined
  stream-pack >cut <<'JSON'
{"type":"losses","sentence":7,"first_step":0,"loss":[1],"top1":[1]}
{"type":"losses","sentence":7,"first_step":1,"loss":[2],"top1":[0]}
{"type":"losses","sentence":9,"first_step":0,"loss":[3],"top1":[0]}
JSON
  for file in joined cut; do
    plan "- none 0 _ a
- single 1 enc-self.0:0 $file"
    prints '2 0 0 0 0.333333' 'loss-compare plan.tsv | tail -n 1 | cut -f 5-'
  done
}

@test "loss-compare: every cell agrees with numpy" {
  for seed in 1 2; do
    reference make $seed
    compare() {
      loss-compare "$@" plan.tsv >out
      reference check out "$@" plan.tsv
    }
    compare
    compare --seed 99 --samples 123
    compare --scores scores.tsv
    compare --scores scores.tsv --against coarse --samples 500
    compare --scores scores.tsv --against wild --seed 0
    [ "$(wc -l <out)" -eq 41 ]
    compare --judge kl --seed 3 --samples 100
    [ "$(head -n 1 out)" = $'order\tdirection\tremoved\thead\tkl\tincrease\tlow\thigh\ttop1' ]
    compare --judge kl --samples 300 --scores scores.tsv --against wild
  done
  # it does tell
  compare --samples 500
  fails 1 'got ' "/usr/bin/python3 '$BATS_TEST_DIRNAME/loss_compare.py' check out --samples 499 plan.tsv"
}

# LINES PLACE MESSAGE: of a plan with these lines
wrong_plan() {
  plan "$1"
  fails 1 "loss-compare: $2: $3" 'loss-compare plan.tsv'
  [ "${#stderr_lines[@]}" -eq 1 ]
  [ -z "$output" ]
}

@test "loss-compare: a plan that is wrong" {
  losses a '[1]'
  top="the first line must be 'order direction removed head file', with tabs between"
  for start in '' 'order direction removed head file' $'order\tdirection\tremoved\thead' $'order\tdirection\tremoved\thead\tfile\tmore' \
    $'order\tdirection\tremoved\thead\tfile\r' $'-\tnone\t0\t\ta'; do
    printf '%s\n' "$start" >plan.tsv
    fails 1 "loss-compare: plan.tsv: line 1: $top" 'loss-compare plan.tsv'
  done
  fails 1 "loss-compare: plan.tsv: line 1: empty; $top" ': >plan.tsv; loss-compare plan.tsv'
  fails 1 "loss-compare: <stdin>: line 1: empty; $top" 'loss-compare - <plan.tsv'
  wrong_plan '- none 0 a' 'plan.tsv: line 2' '5 columns with tabs between are needed: order direction removed head file'
  wrong_plan '- none 0 _ a b' 'plan.tsv: line 2' '5 columns'
  wrong_plan $'- none 0 _ a\n\n- single 1 enc-self.0:0 a' 'plan.tsv: line 3' '5 columns'
  wrong_plan '- up 1 _ a' 'plan.tsv: line 2' "a direction is none, single, least, most or random, not 'up'"
  for count in -1 1.5 1e3 2000000 99999999999999999999 _ x; do
    wrong_plan "- none $count _ a" 'plan.tsv: line 2' "'${count#_}' is no number of heads"
  done
  wrong_plan '- single 1 enc-self.0:0 a' 'plan.tsv' "no line of direction 'none': the losses without masked heads"
  wrong_plan $'- none 0 _ a\n- none 0 _ a' 'plan.tsv: line 3' "a second line of direction 'none'"
  for head in _ 0 enc-self.0 enc-self:0 .0:0 enc-self.:0 enc-self.0:; do
    wrong_plan "- single 1 $head a" 'plan.tsv: line 2' "'${head#_}' is no head; name one as in enc-self.0:1"
  done
  wrong_plan $'- single 1 enc-self.0:0 a\n- single 1 enc-self.0:0 a' 'plan.tsv: line 3' 'head enc-self.0:0 alone a second time'
  wrong_plan 'x least 0 _ a' 'plan.tsv: line 2' '0 heads after 0; a curve has to remove more and more'
  # other curves between
  wrong_plan $'x least 5 _ a\nx most 3 _ a\ny least 3 _ a\nx least 5 _ a' 'plan.tsv: line 5' '5 heads after 5;'
  fails 1 'loss-compare: none.tsv: cannot open: No such file' 'loss-compare none.tsv'
  fails 1 'loss-compare: .: line 1: cannot read: Is a directory' 'loss-compare .'
}

@test "loss-compare: hostile bytes" {
  losses a '[1]'
  plan '- none 0 _ a'
  printf -- '-\tsingle\t1\tenc-self.0:0\ta\0b\n' >>plan.tsv
  fails 1 'loss-compare: plan.tsv: line 3: a zero byte in a table' 'loss-compare plan.tsv'
  fails 1 'loss-compare: a: line 1: ' 'loss-compare a'
  plan $'- none 0 _ a\n- \e[31m\x01\xff 1 _ a'
  fails 1 "not '?[31m?" 'loss-compare plan.tsv'
  [ "${#stderr_lines[@]}" -eq 1 ]
  head -c 5000 /dev/zero | tr '\0' x >plan.tsv
  fails 1 'loss-compare: plan.tsv: line 1: the first line must be' 'loss-compare plan.tsv'
  plan "- none 0 _ a
- single 1 enc-self.0:0 $(printf '%5000s' '' | tr ' ' x)"
  fails 1 'cannot open' 'loss-compare plan.tsv'
}

@test "loss-compare: losses that are wrong" {
  losses a '[1,2]' '[3]'
  wrong() { # PLACE MESSAGE
    wrong_plan $'- none 0 _ a\n- single 1 enc-self.0:0 b' "$1" "$2"
  }
  other="other sentences than in 'a', or in another order; compare losses of the same text"
  wrong 'plan.tsv: line 3' "cannot open 'b': No such file"
  losses b '[1,2]'
  wrong b "$other"
  losses b '[1,2]' '[3]' '[4]'
  wrong b "$other"
  losses b '[3]' '[1,2]'
  wrong b "$other"
  stream-pack >b <<<'{"type":"header","content":"losses"}'
  wrong b 'no losses came in'
  # the first one as well
  mv a keep
  cp b a
  wrong a 'no losses came in'
  mv keep a
  head -c -1 a >b
  wrong 'b: record 4' 'cut off'
  : >b
  wrong b 'empty'
  cp plan.tsv b
  wrong 'b: record 1' 'not an lrpipe stream'
  stream-pack >b <<<'{"type":"heads","sentence":0,"site":"s","first_step":0,"relevance":[[1]]}'
  wrong 'b: record 1' "this is a 'heads' stream; loss-compare takes 'losses'"
  record() { # KEYS PLACE MESSAGE
    echo "{\"type\":\"losses\",$1}" | stream-pack >b
    wrong "$2" "$3"
  }
  record '"sentence":3,"first_step":1,"loss":[1],"top1":[1]' 'b: record 2' 'sentence 3: a record starts at step 1; steps are missing or doubled'
  record '"sentence":3,"first_step":0,"loss":{"tensor":"<f8","shape":[0],"data":[]},"top1":{"tensor":"<f8","shape":[0],"data":[]}' \
    'b: record 2' 'sentence 3: a record without steps'
  record '"sentence":3,"first_step":0,"loss":[1,2],"top1":[1]' 'b: record 2' "tensor 'top1' has the shape [1]"
  record '"sentence":3,"first_step":0,"loss":[[1,2]],"top1":[1,1]' 'b: record 2' "tensor 'loss' has the shape [1, 2]"
  record '"sentence":3,"first_step":0,"top1":[1]' 'b: record 2' "no key 'loss' in 'losses'"
  record '"first_step":0,"loss":[1],"top1":[1]' 'b: record 2' "no key 'sentence'"
  record '"sentence":3,"first_step":0,"loss":{"tensor":"<f8","shape":[2],"data":[1,"inf"]},"top1":[1,1]' 'b: record 2' "tensor 'loss' holds NaN or infinity"
  record '"sentence":3,"first_step":0,"loss":[1,1e200],"top1":[1,1]' 'b: record 2' 'sentence 3: step 1: loss 1e+200, top1 1; none may be above 1e+100'
}

@test "loss-compare: scores that are wrong" {
  losses a '[1]'
  wrong() { # LINES PLACE MESSAGE
    plan $'- none 0 _ a\n- single 1 enc-self.0:0 a\n- single 1 enc-self.0:1 a'
    scores "$1"
    fails 1 "loss-compare: $2: $3" 'loss-compare --scores scores.tsv plan.tsv'
    [ "${#stderr_lines[@]}" -eq 1 ]
  }
  wrong 'x enc-self.0:0 1' scores.tsv "order 'x' has no score of head enc-self.0:1, which is masked alone"
  for score in nan inf 1e101 1x _ x; do
    wrong "x enc-self.0:0 $score" 'scores.tsv: line 2' "'${score#_}' is no score: a number, its size at most 1e+100"
  done
  wrong 'x enc-self.0:0' 'scores.tsv: line 2' '3 columns with tabs between are needed: order head score'
  wrong $'x enc-self.0:0 1\nx enc-self.0:0 1' 'scores.tsv: line 3' "a second score of head enc-self.0:0 in order 'x'"
  fails 1 "loss-compare: plan.tsv: line 1: the first line must be 'order head score'" 'loss-compare --scores plan.tsv plan.tsv'
  fails 1 'loss-compare: none.tsv: cannot open: No such file' 'loss-compare --scores none.tsv plan.tsv'
  plan $'- none 0 _ a\nx least 3 _ a\nx most 4 _ a'
  fails 1 "curve 'x least' ends at 3 heads, 'x most' at 4; end all at the same number" 'loss-compare --scores scores.tsv plan.tsv'
}

@test "loss-compare: command lines that are wrong" {
  five_heads
  fails 2 "--against: no order 'y' among the scores" 'loss-compare --scores scores.tsv --against y plan.tsv'
  [ -z "$output" ]
  fails 2 "--judge takes loss or kl, not 'top1'" 'loss-compare --judge top1 plan.tsv'
  fails 1 "loss-compare: 1: record 2: no 'kl' in 'losses'; make them with step-loss --against" 'loss-compare --judge kl plan.tsv'
  fails 2 '--against compares the orders of --scores' 'loss-compare --against x plan.tsv'
  fails 2 "option '--samples' takes a whole number from 1 on" 'loss-compare --samples 0 plan.tsv'
  fails 2 "'-1'" 'loss-compare --samples -1 plan.tsv'
  fails 2 "option '--seed' takes a whole number from 0 to 1000000000, not 'x'" 'loss-compare --seed x plan.tsv'
  fails 2 "option '--samples' takes a whole number" 'loss-compare --samples 9223372036854775807 plan.tsv'
  fails 2 "'-y'" 'loss-compare -y plan.tsv'
  fails 2 '' 'loss-compare plan.tsv plan.tsv'
}

@test "loss-compare: a full disk is an error" {
  five_heads
  fails 1 'cannot write' 'loss-compare plan.tsv >/dev/full'
}
