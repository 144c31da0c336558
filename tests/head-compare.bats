#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0

load helper

py() { /usr/bin/python3 "$BATS_TEST_DIRNAME/head_compare.py" "$@"; }

heads() { # SENTENCE SITE RELEVANCE
  echo '{"type":"heads","sentence":'"$1"',"site":"'"$2"'","first_step":0,"relevance":'"$3"'}'
}

# A key of the result's records, in one line; of its header.
key() { head-compare -q "${@:2}" | stream-show --json | jq -c "select(.type == \"average\") | .$1" | paste -sd ' '; }
said() { head-compare -q "${@:2}" | stream-show --json | jq -c "select(.type == \"header\") | $1"; }

# near GOT WANT: a list of numbers, up to 1e-5 of each.
near() {
  jq -ne --argjson got "$1" --argjson want "$2" \
    '[range($want | length) | ($got[.] - $want[.]) | fabs] as $d | ($got | length) == ($want | length) and
      all(range($want | length); $d[.] <= 1e-5 * (($want[.] | fabs) + 1e-9))' >/dev/null || { echo "$1 is not $2"; return 1; }
}

@test "head-compare: a difference and its paired error by hand" {
  # m_A = 6/3, m_B = 2/3; r_A = 0, 0; r_B = 2/9, -2/9; t = 3 with one degree of freedom
  { heads 0 enc-self.0 '[[1],[3]]'; heads 1 enc-self.0 '[[2]]'; } | stream-pack >a
  { heads 0 enc-self.0 '[[1],[1]]'; heads 1 enc-self.0 '[[0]]'; } | stream-pack >b
  near "$(key mean a b)" '[1.3333333]'
  near "$(key error a b)" '[0.4444444]'
  near "$(key low a b)" '[-4.3138766]' # 4/3 - 12.7062047 * 4/9
  near "$(key high a b)" '[6.9805432]'
  near "$(key mean_a a b)" '[2]'
  near "$(key mean_b a b)" '[0.6666667]'
  near "$(key p_holm --holm a b)" '[0.2048328]' # 1 - 2/pi atan 3
  [ "$(key p_holm a b)" = null ]
  [ "$(key '|[.site, .heads, .steps, .sentences, .steps_b, .sentences_b]' a b)" = '["enc-self.0",1,3,2,3,2]' ]
  [ "$(said '.compared.paired' a b)" = true ]
  near "$(key mean b a)" '[-1.3333333]'
}

@test "head-compare: an unpaired error by hand, with Welch's degrees of freedom" {
  # A: 1, 3: error 1; B: 0, 0, 6, 2 of a step each: sqrt(4/3 24) / 4 = sqrt 2; 9 / (1/1 + 4/3) = 3.86
  for x in 1 3; do heads $((n++)) enc-self.0 "[[$x]]"; done | stream-pack >a
  n=0
  for x in 0 0 6 2; do heads $((n++)) enc-self.0 "[[$x]]"; done | stream-pack >b
  for pair in '--pair same' '--pair none'; do
    near "$(key error $pair a b)" '[1.7320508]'
    near "$(key high $pair a b)" '[5.5121636]' # 3.1824463 sqrt 3
  done
  [ "$(said .compared.why a b)" = '"of 2 and 4 sentences 2 have the same number, 2 of them the same text and steps"' ]
  [ "$(said .compared.why --pair none a b)" = null ]
  run --separate-stderr head-compare a b
  [ "$stderr" = 'head-compare: unpaired: of 2 and 4 sentences 2 have the same number, 2 of them the same text and steps; --pair number pairs those of one number' ]
  # by number: 1 - 0, 3 - 0
  near "$(key error --pair number a b)" '[1]'
  near "$(key mean --pair number a b)" '[2]'
  [ "$(said '.compared | [.paired, .a.sentences, .b.sentences, .b.unpaired]' --pair number a b)" = '[true,2,2,2]' ]
  run --separate-stderr head-compare --pair number a b
  [ "$stderr" = 'head-compare: 2 pairs; 0 sentences of a and 2 of b are in none' ]
}

@test "head-compare: Spearman, Kendall's tau-b and the overlap of the largest, with ties, by hand" {
  heads 0 enc-self.0 '[[1,2,2,3]]' | stream-pack >a
  heads 0 enc-self.0 '[[1,3,2,2]]' | stream-pack >b
  # ranks 1 2.5 2.5 4 and 1 4 2.5 2.5; 3 pairs in the same order, 1 in the other, 1 tie each of 6; {3, 1} and {1, 2}
  near "$(said '.agreement | .spearman.all + .kendall.all + .kendall.layer + .overlap.all + [.top]' --top 2 a b)" '[0.5,0.4,0.4,0.5,2]'
  near "$(said '.agreement | .overlap.all + [.top]' a b)" '[1,4]'
  [ "$(said '.agreement | [.samples, .kinds]' a b)" = '[null,null]' ] # one sentence: no intervals, and one kind
  fails 1 '--top 5: there are 4 heads that both sides have' 'head-compare --top 5 a b'
  heads 0 enc-self.0 '[[1,1,1,1]]' | stream-pack >b
  [ "$(said '.agreement | [.spearman.all, .kendall.layer]' a b)" = '[null,null]' ]
}

@test "head-compare: p-values are adjusted for all heads, and one that is no accident at all stays 0" {
  { heads 0 enc-self.0 '[[1,1],[3,3]]'; heads 1 enc-self.0 '[[2,2]]'; heads 0 dec-enc.0 '[[7],[7]]'; heads 1 dec-enc.0 '[[7]]'; } | stream-pack >a
  { heads 0 enc-self.0 '[[1,1],[1,1]]'; heads 1 enc-self.0 '[[0,2]]'; heads 0 dec-enc.0 '[[7],[7]]'; heads 1 dec-enc.0 '[[7]]'; } | stream-pack >b
  # 0.2048 and of the second head r_B = -2/9, 2/9: D = 2/3, t = 1.5, p = 0.3743; of the third D = 0: p = 1
  got=$(head-compare -q --holm a b | stream-show --json | jq -sc '[.[] | select(.p_holm) | .p_holm[]]')
  near "$got" '[0.6144984,0.7486681,1]'
  heads 0 dec-enc.0 '[[6],[6]]' >extra
  { heads 0 enc-self.0 '[[1,1],[1,1]]'; heads 1 enc-self.0 '[[0,2]]'; cat extra; heads 1 dec-enc.0 '[[6]]'; } | stream-pack >b
  got=$(head-compare -q --holm a b | stream-show --json | jq -sc '[.[] | select(.p_holm) | .p_holm[]]')
  near "$got" '[0.4096656,0.4096656,0]'
}

@test "head-compare: where steps are the same, mean and error are step-average's of the differences of steps" {
  py make 1 12 a b
  paste -d '\n' <(stream-show --json a) <(stream-show --json b) | grep '"type":"heads"' |
    jq -nc 'inputs as $a | input as $b | $a | .relevance = [range(.relevance | length) as $s |
      [range(.relevance[$s] | length) as $h | $a.relevance[$s][$h] - $b.relevance[$s][$h]]]' | stream-pack | step-average >want
  head-compare a b >got
  stream-diff -k site,steps,sentences,mean,error,low,high --tolerance 1e-12 want got
  # and the means of either side its means
  for side in a b; do
    step-average $side | stream-show --json | jq -c 'select(.mean) | .mean' | stream-means >want.$side
    stream-show --json got | jq -c "select(.mean) | .mean_$side" | stream-means >got.$side
    stream-diff --tolerance 1e-14 want.$side got.$side
  done
}

stream-means() { jq -c '{type: "x", mean: .}' | sed '1i {"type":"header","content":"x"}' | stream-pack; }

# bats test_tags=numbers
@test "head-compare: every number agrees with numpy, paired, unpaired, drawn, of averages" {
  for how in '' drawn other; do
    py make 2 9 a b $how
    by=pairs
    [ "$how" = other ] && by=none
    head-compare -q --holm --top 4 --seed 7 --samples 100 a b >out
    py check a b out --by $by --top 4 --seed 7 --samples 100
  done
  head-compare -q --holm --pair number --samples 100 a b >out
  py check a b out --samples 100
  step-average a >a.avg
  step-average b >b.avg
  for pair in 'a.avg b' 'a b.avg' 'a.avg b.avg'; do
    head-compare -q --holm $pair >out
    py check $pair out
  done
  py make 3 300 a b # the series of large degrees of freedom
  head-compare -q --holm --samples 2 a b >out
  py check a b out --samples 2
}

@test "head-compare: sentences are the same in whatever order they come, and the other site's too" {
  py make 4 8 a b
  head-compare a b | stream-show --json | tail -n +2 >want
  stream-show --json b | grep -v '"type":"end"' | sort -r -t : -k 3 >lines
  { grep '"header"' lines; grep -v '"header"' lines; } | stream-pack >mixed
  head-compare a mixed | stream-show --json | tail -n +2 | cmp - want
}

@test "head-compare: averages have no sentences, which is said once, in the result too" {
  py make 1 5 a b
  step-average b >b.avg
  run --separate-stderr head-compare a b.avg
  [ "$stderr" = 'head-compare: unpaired: b.avg is an average, without sentences; correlations have no intervals' ]
  [ "$(said '.compared | [.paired, .why, .a.content, .b.content]' a b.avg)" = \
    '[false,"b.avg is an average, without sentences","heads","average"]' ]
  step-average a >a.avg
  run --separate-stderr head-compare a.avg b.avg
  [ "$stderr" = 'head-compare: unpaired: averages have no sentences; correlations have no intervals' ]
  fails 1 '--pair number takes heads on both sides: b.avg is an average' 'head-compare --pair number a b.avg'
  run --separate-stderr head-compare -q a b.avg
  [ -z "$stderr" ]
  run --separate-stderr head-compare a b
  [ -z "$stderr" ]
}

model() { # HEADS PRUNED RULE
  echo '{"type":"header","content":"heads","norm":"size","rule":{"name":"'"$3"'"},"start":"top","model":{"name":"m","layers":2,"heads":'"$1"',"kv_heads":'"$1${2:+,\"pruned\":\"$2\"}"'},"history":["make '"$3"'"]}'
}

@test "head-compare: heads are matched by the numbers they had, and what one side alone has is named and left out" {
  { model 4 'enc-self.0:1' cp; heads 0 enc-self.0 '[[10,12,13]]'; heads 0 enc-self.1 '[[1]]'; heads 0 dec-self.0 '[[1,2]]'; } | stream-pack >a
  { model 4 'enc-self.0:2' cp; heads 0 enc-self.0 '[[20,21,23]]'; heads 0 dec-enc.0 '[[1]]'; heads 0 dec-self.0 '[[5,5,5]]'; } | stream-pack >b
  run --separate-stderr head-compare a b
  [ "$stderr" = 'head-compare: left out, as only a has it: enc-self.0:2, enc-self.1
head-compare: left out, as only b has it: enc-self.0:1, dec-self.0:2, dec-enc.0' ]
  head-compare -q a b >out
  [ "$(key 'mean | map(floor)' a b)" = '[-10,-10] [-4,-3]' ]
  [ "$(said '[.model.pruned, .model.kv_heads, .model.heads, .compared.a.only, .compared.b.only]' a b)" = \
    '["enc-self.0:1,2",null,4,["enc-self.0:2","enc-self.1"],["enc-self.0:1","dec-self.0:2","dec-enc.0"]]' ]
  [ "$(head-rank out | cut -f 1-4,9 | sed 1d | tr '\t\n' ' ;')" = 'dec-self 0 1 -3 1;dec-self 0 0 -4 0;enc-self 0 0 -10 0;enc-self 0 1 -10 3;' ]
  head-plot out | grep -qxF 'enc-self.0: head 1 (was 3)'
  head-compare -q --table a b | grep -qx 'enc-self.0:1 .*  (was 3)'
  for n in {2..12}; do heads 0 enc-self.$n '[[1]]'; done >more
  { model 4 '' cp; heads 0 enc-self.0 '[[1,1]]'; cat more; } | stream-pack >a
  heads 0 enc-self.0 '[[2,1]]' | stream-pack >b
  fails 0 'a has it: enc-self.2, enc-self.3, enc-self.4, enc-self.5, enc-self.6, enc-self.7, enc-self.8, enc-self.9 and 3 more' 'head-compare a b >out'
  heads 0 dec-enc.0 '[[1]]' | stream-pack >b
  fails 1 "a and b have no head in common: the first sites are 'enc-self.0' and 'dec-enc.0'" 'head-compare a b'
}

@test "head-compare: the header has what both have in common, and the sides what they have alone" {
  { model 2 '' cp; heads 0 enc-self.0 '[[1,2]]'; echo '{"type":"skipped","sentence":1,"reason":"blank"}'; } | stream-pack >a
  { model 2 '' attnlrp; heads 0 enc-self.0 '[[2,1]]'; } | stream-pack >b
  [ "$(said '[.norm, .start, .rule, .model.name, .model.kv_heads, .content]' a b)" = '["size","top",null,"m",2,"average"]' ]
  [ "$(said '.compared | [.a.name, .b.name, .a.rule.name, .a.start, .a.left_out, .b.left_out, .a.file]' a b)" = \
    '["rule cp","rule attnlrp","cp",null,{"blank":1},null,"a"]' ]
  [ "$(said '[.history[0], .history[2][:12], .compared.b.history[0]]' a b)" = '["make cp","head-compare","make attnlrp"]' ]
  # what does not differ in any name is called by its file
  cp a c
  [ "$(said '.compared | [.a.name, .b.name, .a.rule]' a c)" = '["a","c",null]' ]
  [ "$(said '[.rule.name]' a c)" = '["cp"]' ]
  # another checkpoint is another model
  for h in 1 2; do
    { model 2 '' cp | sed 's/"layers"/"checkpoint":{"path":"p","bytes":1,"hash":"'$h'"},"layers"/'; heads 0 enc-self.0 "[[$h,2]]"; } | stream-pack >c$h
  done
  [ "$(said '[.model.checkpoint, .model.layers, .compared.a.model.checkpoint.hash, .compared.b.model.checkpoint.hash]' c1 c2)" = '[null,2,"1","2"]' ]
  [ "$(said '[.model.checkpoint.hash, .compared.a.model]' c1 c1)" = '["1",null]' ]
}

@test "head-compare: numbers of another norm or measure are compared with a warning" {
  { echo '{"type":"header","content":"heads","norm":"sum"}'; heads 0 enc-self.0 '[[1,2]]'; } | stream-pack >a
  { echo '{"type":"header","content":"heads","measure":"confidence"}'; heads 0 enc-self.0 '[[1,2]]'; } | stream-pack >b
  run --separate-stderr head-compare a b
  [ "$stderr" = "head-compare: a is of 'norm sum' and b of 'no norm': their difference has no meaning, only which heads are the larger ones has
head-compare: a is of 'relevance' and b of 'confidence': their difference has no meaning, only which heads are the larger ones has" ]
  [ "$(said '.compared | [.a.name, .b.name]' a b)" = '["norm sum, relevance","no norm, confidence"]' ]
}

@test "head-compare: the table" {
  { model 4 '' cp; heads 0 enc-self.0 '[[1,0,1,0],[3,0,3,0]]'; heads 1 enc-self.0 '[[2,0,2,0]]'; } | stream-pack >a
  { model 4 '' attnlrp; heads 0 enc-self.0 '[[1,1,1,0],[1,1,1,0]]'; heads 1 enc-self.0 '[[0,1,0,0]]'; } | stream-pack >b
  head-compare --table --holm --top 2 a b >got
  diff - got <<'END'
A   rule cp (a): 3 steps of 2 sentences
B   rule attnlrp (b): 3 steps of 2 sentences
paired by sentence

measure    heads           value        low       high
spearman   all                 0    -0.8074     0.8074
spearman   layer               0    -0.8074     0.8074
kendall    all                 0    -0.8074     0.8074
kendall    layer               0    -0.8074     0.8074
overlap    top 2             0.5        0.5        0.5

head                  A          B      A - B        low       high   p (Holm)
enc-self.0:0          2     0.6667      1.333     -4.314      6.981     0.6145
enc-self.0:2          2     0.6667      1.333     -4.314      6.981     0.6145
enc-self.0:1          0          1         -1         -1         -1          0
enc-self.0:3          0          0          0          0          0          1
END
  # where it is a terminal, without being asked
  script -qec 'head-compare --holm --top 2 a b' /dev/null | tr -d '\r' | cmp - got
}

@test "head-compare: head-plot has the difference in its title, and no difference in the middle of its scale" {
  { model 2 '' cp; heads 0 enc-self.0 '[[1,5]]'; heads 1 enc-self.0 '[[1,5]]'; } | stream-pack >a
  { model 2 '' attnlrp; heads 0 enc-self.0 '[[2,1]]'; heads 1 enc-self.0 '[[2,1]]'; } | stream-pack >b
  head-compare a b >out
  [ "$(head-plot out | head -n 1)" = 'm, norm size, rule cp minus rule attnlrp, 2 sentences in pairs' ]
  [ "$(head-plot --color never out | tail -n 1)" = '-4.00 @%#*+=~:.  .:~=+*#%@ 4.00 size of the relevance: rule cp minus rule attnlrp' ]
  head-plot --svg out | grep -qF '>enc-self.L0H1: 4, 95 % interval 4 to 4<'
  head-compare --pair none a b | head-plot | grep -qx 'm, norm size, rule cp minus rule attnlrp, unpaired'
  [ "$(head-rank -f json out | jq -r .compared)" = 'rule cp minus rule attnlrp, 2 sentences in pairs' ]
  [ "$(head-rank out | cut -f 3,4,8 | sed 1d | tr '\t\n' ' ;')" = '1 4 1;0 -1 2;' ]
  for compared in 1 '{}' '{"a":1,"b":2}' '{"a":{},"b":{}}'; do
    { echo '{"type":"header","content":"average","compared":'$compared'}'
      echo '{"type":"average","site":"enc-self.0","heads":1,"steps":1,"sentences":1,"mean":[1]}'; } | stream-pack >odd
    fails 1 'record 1: ' 'head-plot odd'
  done
}

@test "head-compare: differences are not averaged, and not compared again" {
  py make 1 3 a b
  head-compare a b >out
  for command in 'step-average out' 'head-compare out out' 'head-compare a out'; do
    fails 1 'out: record 1: these are differences of two (head-compare), not averages' "$command"
  done
}

@test "head-compare: sums of sentences that are wrong" {
  heads 0 enc-self.0 '[[1]]' | stream-pack >one
  { heads 0 enc-self.0 '[[1]]'; heads 1 enc-self.0 '[[1]]'; heads 0 enc-self.0 '[[1]]'; } | stream-pack >twice
  fails 1 'twice: sentence 0 of segment 1 comes twice at site enc-self.0' 'head-compare twice one'
  { heads 0 enc-self.0 '[[1]]'; heads 1 dec-enc.0 '[[1]]'; } | stream-pack >other
  fails 1 'other: site dec-enc.0 has other sentences than site enc-self.0' 'head-compare other other'
  heads 1 enc-self.0 '[[1]]' | stream-pack >two
  fails 1 'no sentence of one has a number that is in two' 'head-compare --pair number one two'
  { heads 0 enc-self.0 '[[8e153]]'; heads 1 enc-self.0 '[[-8e153]]'; } | stream-pack >up
  { heads 0 enc-self.0 '[[-8e153]]'; heads 1 enc-self.0 '[[8e153]]'; } | stream-pack >down
  fails 1 'site enc-self.0: the difference of head 0 is no longer a number' 'head-compare up down'
  step-average one >one.avg
  cat one one.avg >both
  fails 1 'both: record 4: heads and averages in one stream; average the heads first' 'head-compare both one'
  { echo '{"type":"header","content":"average"}'; heads 0 enc-self.0 '[[1]]'; } | stream-pack >odd
  fails 1 "odd: record 2: a record of the type 'heads' in a stream of the content 'average'" 'head-compare odd one'
  stream-pack >none <<<'{"type":"header","content":"heads"}'
  fails 1 'none: no heads came in' 'head-compare one none'
  { model 1 '' cp; heads 0 enc-self.0 '[[1]]'; echo '{"type":"end","records":1}'; model 1 '' attnlrp; heads 1 enc-self.0 '[[1]]'; } | stream-pack >mixed
  fails 1 "rule.name is 'attnlrp' here but 'cp' in the first header" 'head-compare one mixed'
  stream-pack >bare <<<'{"type":"average","site":"enc-self.0","heads":1,"steps":1,"sentences":1,"mean":[1]}'
  fails 1 "bare: record 2: no key 'sums'" 'head-compare one bare'
}

@test "head-compare: mistakes in the command line" {
  heads 0 enc-self.0 '[[1]]' | stream-pack >one
  fails 2 'two streams are needed' 'head-compare'
  fails 2 'only one of the streams can be standard input' 'head-compare - - <one'
  fails 2 'only one of the streams can be standard input' 'head-compare - <one'
  fails 2 "unexpected operand 'c'" 'head-compare one one c'
  fails 2 "option '--pair' takes same, number or none, not 'x'" 'head-compare --pair x one one'
  fails 2 "option '--top' takes a whole number from 1 on" 'head-compare --top 0 one one'
  fails 2 "option '--samples' takes a whole number from 1 on" 'head-compare --samples 0 one one'
  # the second is standard input where it is not given
  head-compare one <one >out
  [ "$(stream-show --json out | jq -r 'select(.compared) | .compared.b.file')" = '<stdin>' ]
  # a table has no record for the programs behind it
  [ -z "$(head-compare --table one none 2>err)" ]
}

@test "head-compare: many heads of few different means, in time" {
  py large 4000 a
  timeout 300 head-compare --samples 20 --table a a | grep -qE '^kendall +all +1 +1 +1$'
}

@test "head-compare: sentences of one number are no pair where their texts are others" {
  texted() { for x in "$@"; do echo '{"type":"heads","sentence":'$((n++))',"text_hash":"'"${x%=*}"'","site":"enc-self.0","first_step":0,"relevance":[['"${x#*=}"']]}'; done | stream-pack; }
  n=0; texted 00ff=1 0a00000000000001=3 >a
  n=0; texted 00ff=2 0a00000000000002=5 >b
  n=0; for x in 2 5; do heads $((n++)) enc-self.0 "[[$x]]"; done | stream-pack >unknown
  [ "$(said .compared.why a b)" = '"of 2 and 2 sentences 2 have the same number, 1 of them the same text and steps"' ]
  [ "$(said .compared.paired a b)" = false ]
  [ "$(said .compared.paired --pair number a b)" = true ]
  [ "$(said .compared.paired a a)" = true ]
  [ "$(said .compared.paired a unknown)" = true ]
  # from two models the text has one hash, of its own, before the tab
  printf '%s\n' 'Select a field.' 'Insert a table.' >text
  sed 's/$/\tDas ist es./' text >pairs
  hashes() { trace-extract -q "$@" | stream-show --json | jq -r 'select(.text_hash).text_hash'; }
  hashes text >want
  [ "$(sort -u want | wc -l)" -eq 2 ]
  hashes pairs | diff want -
  hashes -m "$ROOT/examples/en-lm" -g 1 text | diff want -
  trace-extract -q text | lrp-layer -l 4 | head-sum | head-norm | stream-show --json | jq -r 'select(.text_hash).text_hash' | diff want -
  trace-extract -q text | head-output -l 4 | stream-show --json | jq -r 'select(.text_hash).text_hash' | diff want -
}
