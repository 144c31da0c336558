#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
load helper

PATH="$BATS_TEST_DIRNAME/../pipelines:$PATH"

# Short sentences of the built-in model, and one experiment that most tests look at.
setup_file() {
  cd "$BATS_FILE_TMPDIR"
  paste "$BATS_TEST_DIRNAME/../examples/en-de/dev.en" "$BATS_TEST_DIRNAME/../examples/en-de/dev.de" |
    awk -F '\t' 'length($1 $2) < 70' | head -n 8 >pairs
  head -n 4 pairs >rank
  PATH="$BATS_TEST_DIRNAME/../pipelines:$PATH" head-ablate -q --rank-on rank -r 'magnitude gradient effect confidence output' \
    -l 4 --points 4 --random 3 --against confidence -j 2 pairs out >summary
  export DONE=$BATS_FILE_TMPDIR
}

# MASK: the mean loss of the pairs under it
loss_of() {
  trace-extract ${1:+--mask "$1"} "${@:2}" "$DONE/pairs" | step-loss | stream-show --tsv |
    awk -F '\t' 'NR > 1 { sum += $3; n++ } END { printf "%.5g\n", sum / n }'
}

# ORDER DIRECTION REMOVED: the loss in the table
loss_in_table() {
  awk -F '\t' -v o="$2" -v d="$3" -v k="$4" '$1 == o && $2 == d && $3 == k { printf "%.5g\n", $5 }' "$1/points.tsv"
}

# "3 0 7": enc-self.4:0,3,7
mask_of() {
  echo "enc-self.4:$(tr ' ' '\n' <<<"$1" | sort -n | paste -sd ,)"
}

@test "head-ablate: every point is the loss under its mask" {
  p=$DONE/out/points.tsv
  [ "$(head -n 1 "$p")" = $'order\tdirection\tremoved\thead\tloss\tincrease\tlow\thigh\ttop1' ]
  # base, 8 heads alone, 5 orders from 2 ends and 3 random ones with 4 points each
  [ "$(wc -l <"$p")" -eq $((1 + 1 + 8 + 5 * 2 * 4 + 3 * 4)) ]
  [ "$(loss_in_table "$DONE/out" - none 0)" = "$(loss_of '')" ]
  [ "$(awk -F '\t' '$4 == "enc-self.4:5" { printf "%.5g", $5 }' "$p")" = "$(loss_of enc-self.4:5)" ]
  for order in magnitude confidence; do
    heads=$(stream-show --json "$DONE/out/orders/$order.avg" | jq -r 'select(.mean).mean | to_entries | sort_by(-.value) | map(.key) | join(" ")')
    read -ra h <<<"$heads"
    [ ${#h[@]} -eq 8 ]
    [ "$(loss_in_table "$DONE/out" $order most 2)" = "$(loss_of "$(mask_of "${h[*]:0:2}")")" ]
    [ "$(loss_in_table "$DONE/out" $order least 6)" = "$(loss_of "$(mask_of "${h[*]:2:6}")")" ]
    [ "$(loss_in_table "$DONE/out" $order least 8)" = "$(loss_of enc-self.4:0,1,2,3,4,5,6,7)" ]
  done
}

@test "head-ablate: the orders are what the stages measure on the other text" {
  same_order() { stream-diff -t 1e-9 -k mean <(step-average "$2") "$DONE/out/orders/$1.avg"; }
  trace-extract "$DONE/rank" >t
  same_order magnitude <(head-carry -l 4 t | head-norm -n size)
  same_order gradient <(head-carry -l 4 -r gradient -s loss t | head-norm -n size)
  same_order effect <(head-effect -l 4 t)
  same_order confidence <(head-confidence -l 4 t)
  same_order output <(head-output -l 4 t)
}

@test "head-ablate: random orders take away more and more, are others, and come from the seed" {
  masks() { # OUT ORDER: the masks of its points
    awk -F '\t' -v o="$2" 'NR == FNR { mask["losses/" $1] = $2; next } $1 == o { print mask[$5] }' "$1/masks.tsv" "$1/plan.tsv"
  }
  for r in 1 2 3; do
    masks "$DONE/out" random.$r >random.$r
    [ "$(wc -l <random.$r)" -eq 4 ]
    # each mask has all heads of the one before, two more, and no head twice
    awk -F '[:,]' '{ delete now; for (i = 2; i <= NF; i++) { if ($i in now) exit 1; now[$i] = 1 }
      if (NF - 1 != 2 * NR) exit 1
      for (h in before) if (!(h in now)) exit 1
      delete before; for (h in now) before[h] = 1 }' random.$r
  done
  [ "$(cat random.1 random.2 random.3 | sort -u | wc -l)" -gt 6 ]
  # the same for the same seed, however many there are; others for another seed
  head-ablate -q -r none -l 4 --points 4 --random 2 "$DONE/pairs" same >/dev/null
  for r in 1 2; do masks same random.$r | diff - random.$r; done
  head-ablate -q -r none -l 4 --points 4 --random 1 --seed 2 "$DONE/pairs" other >/dev/null
  [ "$(masks other random.1)" != "$(cat random.1)" ]
}

@test "head-ablate: the summary is on standard output, with the differences to one order" {
  diff "$DONE/summary" "$DONE/out/summary.tsv"
  [ "$(head -n 1 "$DONE/summary")" = $'order\theads\tmeasure\tvalue\tlow\thigh\tdifference\tdifference_low\tdifference_high\treliability\tattainable\treached\tnote' ]
  [ "$(cut -f 1 "$DONE/summary" | sed 1d | uniq | paste -sd ' ')" = 'magnitude gradient effect confidence output random' ]
  (cd "$DONE/out" && loss-compare --scores scores.tsv --against confidence plan.tsv) | diff - "$DONE/summary"
}

@test "head-ablate: it goes on where it was stopped, and does nothing twice" {
  cp -r "$DONE/out" out
  lost=$(find out/losses -type f | sort | sed -n 5p)
  rm out/points.tsv out/summary.tsv "$lost" out/orders/output.avg
  : >out/losses/7.part
  touch -d '2001-01-01' out/losses/* out/orders/*
  head-ablate -q --rank-on "$DONE/rank" -r 'magnitude gradient effect confidence output' -l 4 --points 4 --random 3 --against confidence "$DONE/pairs" out >again
  diff again "$DONE/summary"
  diff -r -x '*.lrp' out/points.tsv "$DONE/out/points.tsv"
  [ "$(find out/losses out/orders -type f -newermt 2002-01-01 | sort | paste -sd ' ')" = "$lost out/orders/output.avg" ]
  [ -z "$(find out -name '*.part')" ]
  [ "$(wc -l <out/commands)" -eq 2 ]
  tail -n 1 out/commands | grep -qxF "head-ablate -q --rank-on $DONE/rank -r 'magnitude gradient effect confidence output' -l 4 --points 4 --random 3 --against confidence $DONE/pairs out"
}

@test "head-ablate: stopped in the midst of it, what is there is whole" {
  head-ablate -q -r magnitude -l 4 --points 3 --random 1 "$DONE/pairs" out >/dev/null 2>&1 &
  for ((i = 0; i < 6000; i++)); do
    [ "$(find out/losses -type f ! -name '*.part' 2>/dev/null | wc -l)" -lt 3 ] || break
    sleep 0.1
  done
  kill %1
  status=0
  wait %1 || status=$?
  [ "$status" -eq 143 ]
  [ ! -e out/points.tsv ]
  [ -z "$(find out -name '*.part')" ]
  # nothing of it goes on: all its programs work in that directory
  for ((i = 0; i < 3000; i++)); do
    readlink /proc/[0-9]*/cwd | grep -qxF "$PWD/out" || break
    sleep 0.1
  done
  [ "$i" -lt 3000 ]
  for f in $(find out/losses -type f ! -name '*.part'); do stream-show "$f" >/dev/null; done
  head-ablate -q -r magnitude -l 4 --points 3 --random 1 "$DONE/pairs" out >stopped
  head-ablate -q -r magnitude -l 4 --points 3 --random 1 "$DONE/pairs" whole >whole.summary
  diff stopped whole.summary
  diff out/points.tsv whole/points.tsv
}

@test "head-ablate: heads masked by their means over the other text" {
  head-ablate -q --rank-on "$DONE/rank" -r magnitude -l 4 --points 2 --random 0 --by mean "$DONE/pairs" mean >/dev/null
  trace-extract "$DONE/rank" | head-mean >means
  [ "$(loss_in_table mean magnitude least 8)" = "$(loss_of enc-self.4:0,1,2,3,4,5,6,7 --mean means)" ]
  [ "$(loss_in_table mean magnitude least 8)" != "$(loss_in_table "$DONE/out" magnitude least 8)" ]
}

@test "head-ablate: masks judged by the divergence of predictions" {
  settings="-q --rank-on $DONE/rank -r gradient -l 4 --points 2 --random 1 --judge kl"
  # shellcheck disable=SC2086
  head-ablate $settings "$DONE/pairs" kl >summary
  [ "$(head -n 1 kl/points.tsv | cut -f 5)" = kl ]
  [ "$(sed -n 2p kl/points.tsv | cut -f 1-8)" = $'-\tnone\t0\t\t0\t0\t0\t0' ]
  # every point is what the stages say
  trace-extract "$DONE/pairs" >whole
  divergence_of() {
    trace-extract --mask "$1" "$DONE/pairs" | step-loss --against whole | stream-show --tsv | awk -F '\t' 'NR > 1 { sum += $5; n++ } END { print sum / n }'
  }
  near() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a > 1e-4 && (a - b) ^ 2 < 1e-8 * b ^ 2) }'; }
  near "$(awk -F '\t' '$4 == "enc-self.4:5" { print $5 }' kl/points.tsv)" "$(divergence_of enc-self.4:5)"
  near "$(loss_in_table kl gradient most 8)" "$(divergence_of enc-self.4:all)"
  (cd kl && loss-compare --judge kl --scores scores.tsv plan.tsv) | diff - summary
  # its files have the losses too
  near "$(cd kl && loss-compare plan.tsv | awk -F '\t' '$4 == "enc-self.4:5" { print $5 }')" "$(loss_of enc-self.4:5)"
  # the axis of the picture says what it is
  ablation-plot kl/points.tsv | grep -q 'divergence from the unmasked model, KL(p || q), per token (nats)'
  # of the unmasked model what predictions need is kept, no more
  [ "$(stream-show --json kl/unmasked.lrp | jq -c 'select(.values) | .values | keys' | sort -u)" = '["dec.5.ffn.norm"]' ]
  # it goes on without what is lost, and by nothing else
  rm kl/unmasked.lrp kl/points.tsv "$(find kl/losses -type f | head -n 1)"
  # shellcheck disable=SC2086
  head-ablate $settings "$DONE/pairs" kl | diff - summary
  fails 1 'judged by kl there' "head-ablate ${settings% --judge kl} $DONE/pairs kl"
  fails 1 'judged by kl here' "head-ablate -q --rank-on $DONE/rank -l 4 --judge kl $DONE/pairs $DONE/out"
  fails 2 "--judge takes loss or kl, not 'top1'" "head-ablate --judge top1 $DONE/pairs x"
}

@test "head-ablate: divergences of models that continue a text and fill in masks, and of means" {
  single=$BATS_TEST_DIRNAME/data/families/models
  printf '%s\n' '1 5 6 7' '1 8 9 3' '2 9 5' '1 7' >texts
  for options in "-m $single/llama3 --all-steps" "-m $single/bert --mask-each --by mean"; do
    # shellcheck disable=SC2086
    head-ablate -q $options --ids -r 'magnitude interact' --points 2 --random 0 --judge kl texts out$((++n)) >/dev/null
    awk -F '\t' 'NR == 1 || $2 == "none" && $5 == 0 || $2 != "none" && $5 > 0 { good++ } END { exit good != NR || NR < 8 }' out$n/points.tsv
  done
  [ "$n" -eq 2 ]
  trace-extract -q -m "$single/llama3" --all-steps -g 0 --ids texts 2>said | head-interact | head-greedy | stream-diff -t 1e-6 -k place,mean - out1/orders/interact.avg
}

@test "head-ablate: what is named on the command line or by LRPIPE_MODEL is there, not in the results' directory" {
  cp "$DONE/pairs" pairs
  ln -s "$ROOT/examples/en-de" model
  head-ablate -q -r none -l 4 --points 1 --random 0 pairs want >/dev/null
  head-ablate -q -m model -r none -l 4 --points 1 --random 0 pairs a >/dev/null
  LRPIPE_MODEL=model head-ablate -q -r none -l 4 --points 1 --random 0 pairs b >/dev/null
  diff want/points.tsv a/points.tsv
  diff want/points.tsv b/points.tsv
}

@test "head-ablate: an order of one's own, by its averages" {
  stream-pack >mine.avg <<'JSON'
{"type":"header","content":"average","model":{"layers":6,"heads":8,"kv_heads":8}}
{"type":"average","site":"enc-self.4","heads":8,"steps":2,"sentences":1,"mean":[3,1,4,1.5,9,2,6,5]}
JSON
  head-ablate -q -r none -l 4 --points 8 --random 0 "$DONE/pairs" out mine.avg >/dev/null
  [ "$(loss_in_table out mine least 2)" = "$(loss_of enc-self.4:1,3)" ]
  [ "$(loss_in_table out mine most 3)" = "$(loss_of enc-self.4:4,6,7)" ]
  [ "$(grep -c ^mine out/scores.tsv)" -eq 8 ]
  fails 1 "order 'mine' has head enc-self.4:4, which is not among those to mask" \
    "head-ablate -q -r none -l 3 --points 2 --random 0 $DONE/pairs out3 mine.avg"
  # names are text, and each is one order's
  mkdir other
  cp mine.avg other
  cp mine.avg random.avg
  cp mine.avg './-a\tb "c.avg'
  cp "$DONE/pairs" ./-pairs
  head-ablate -q -r none -l 4 --points 1 --random 0 -- -pairs -out '-a\tb "c.avg' >/dev/null
  [ "$(cut -f 1 ./-out/points.tsv | sort -u | grep a)" = '-a\tb "c' ]
  fails 1 "more than one order has the name 'mine'" "head-ablate -q -r none -l 4 $DONE/pairs z mine.avg other/mine.avg"
  fails 1 "more than one order has the name 'magnitude'" "head-ablate -q -r 'magnitude magnitude' -l 4 $DONE/pairs z"
  fails 1 "more than one order has the name 'random'" "head-ablate -q -r none -l 4 $DONE/pairs z random.avg"
  [ -z "$(find z/losses -type f)" ]
}

@test "head-ablate: what goes wrong" {
  fails 2 'a text and a directory' 'head-ablate pairs'
  fails 2 'zero or mean' "head-ablate --by one $DONE/pairs x"
  fails 2 "unknown option '-x'" 'head-ablate -x'
  fails 2 "--points takes a whole number from 1" "head-ablate --points 0 $DONE/pairs x"
  fails 1 "no file 'missing'" 'head-ablate missing x'
  printf 'a source\ta target\nonly a source\n' >half
  fails 1 'half: line 2: a text, a tab and its target' 'head-ablate half x'
  : >nothing
  fails 1 "'nothing' is empty" 'head-ablate -r none nothing x'
  [ ! -e x ]
  # a directory that cannot be made: nothing is written or removed here
  mkdir here here/sub
  touch here/a.part here/sub/b.part here/file
  fails 1 'Not a directory' "cd here && head-ablate -r none -l 4 $DONE/pairs file"
  [ "$(cd here && find . -type f | sort | paste -sd ' ')" = './a.part ./file ./sub/b.part' ]
  fails 1 'heads 4 there, heads 5 here' "head-ablate -q -l 5 --rank-on $DONE/rank $DONE/pairs $DONE/out"
  fails 2 "-r: no rule 'nonsense'" "head-ablate -q -r nonsense -l 4 $DONE/pairs y"
  fails 2 "no heads at '9'" "head-ablate -q -r none -l 9 $DONE/pairs y"
  [ ! -e y ]
  # a failure in the midst of it
  head -n 1 "$DONE/pairs" >long
  awk 'BEGIN { for (i = 0; i < 3000; i++) printf "word "; print "\tWort" }' >>long
  fails 1 'line 2: 3001 tokens; the model has positions for 512' "head-ablate -q -r none -l 4 --points 1 --random 0 long y"
  [[ $stderr == *'stopped; what is done is in'* ]]
  exec 8>y/lock
  flock 8
  fails 1 'another run is at work' "head-ablate -q -r none -l 4 long y 8>&-"
}
