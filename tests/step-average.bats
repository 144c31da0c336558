#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0

load helper

heads() { # SENTENCE FIRST_STEP RELEVANCE [SITE]
  echo '{"type":"heads","sentence":'"$1"',"site":"'"${4:-enc-self.0}"'","first_step":'"$2"',"relevance":'"$3"'}'
}

@test "step-average: a mean and its spread done by hand" {
  # Head 0: y = 4, 5; m = 3; y - m n = -2, 2; error = sqrt(2 8) / 3. t(0.975, 1) = 12.7062047.
  { heads 0 0 '[[1,2],[3,4]]'; heads 1 0 '[[5,0]]'; } | stream-pack >in
  same '{"type":"average","site":"enc-self.0","heads":2,"steps":3,"sentences":2,"mean":[3,2],"deviation":[2,2],"error":[1.3333333333333333,1.3333333333333333],"low":[-13.9416063,-14.9416063],"high":[19.9416063,18.9416063],"sums":{"x":[[9],[6]],"xx":[[35],[20]],"yy":[[41],[36]],"yn":[[13],[12]],"nn":[[5]]}}' 'step-average in'
}

@test "step-average: the error is that over sentences, not steps" {
  # Each sentence repeats its one value: twice the steps tell nothing new.
  { heads 0 0 '[[1]]'; heads 1 0 '[[2]]'; heads 2 0 '[[6]]'; } | stream-pack >once
  { heads 0 0 '[[1],[1]]'; heads 1 0 '[[2],[2]]'; heads 2 0 '[[6],[6]]'; } | stream-pack >twice
  once=$(records 'step-average once' | jq -c 'select(.error) | .mean, .error')
  twice=$(records 'step-average twice' | jq -c 'select(.error) | .mean, .error')
  [ "$once" = "$twice" ]
  # sqrt(3/2 (4 + 1 + 9)) / 3
  [ "$(jq -s '.[1][0] - 1.5275252316519468 | fabs < 1e-14' <<<"$once")" = true ]
}

@test "step-average: statistics agree with numpy" {
  for seed in 1 2 3; do
    average_py make $seed 11 in
    pipe 'step-average in' >out
    average_py check in out
  done
  average_py make 4 200 in
  pipe 'step-average in' >out
  average_py check in out
}

@test "step-average: one sentence has no error, one step no deviation" {
  heads 0 0 '[[1],[3]]' | stream-pack >in
  [ "$(records 'step-average in' | jq -c 'select(.site) | keys')" = \
    '["deviation","heads","mean","sentences","site","steps","sums","type"]' ]
  heads 0 0 '[[1]]' | stream-pack >in
  [ "$(records 'step-average in' | jq -c 'select(.site) | keys')" = \
    '["heads","mean","sentences","site","steps","sums","type"]' ]
}

@test "step-average: constant relevance has no spread at all" {
  { heads 0 0 '[[0.1],[0.1],[0.1]]'; heads 1 0 '[[0.1]]'; heads 2 0 '[[0.1],[0.1]]'; } | stream-pack >in
  records 'step-average in' >out
  [ "$(jq -c 'select(.site) | [.mean, .deviation]' out)" = '[[0.1],[0]]' ]
  [ "$(jq -c 'select(.site) | .error[0] < 1e-16' out)" = true ]
}

@test "step-average: a sum keeps what cancels" {
  { heads 0 0 '[[1e100],[1]]'; heads 1 0 '[[-1e100]]'; } | stream-pack >in
  [ "$(records 'step-average in' | jq -c 'select(.site) | [.mean, .sums.x]')" = '[[0.3333333333333333],[[1]]]' ]
}

@test "step-average: halves in any order, merged in any order, give the same bits" {
  average_py make 5 40 in
  records 'step-average in' >want
  [ "$(jq -c 'select(.site) | .sums.x[0] | length > 1' want | head -n 1)" = true ]
  for seed in 1 2 3 4 5 6; do
    average_py split $seed in a b c
    records 'step-average c a b' | cmp - want
    records 'cat b c a | step-average' | cmp - want
    averages_merge want a b c
  done
}

@test "step-average: averages and heads mix" {
  average_py make 6 20 in
  records 'step-average in' >want
  average_py split 9 in a b
  pipe 'step-average a' >a.avg
  records 'step-average a.avg b' | cmp - want
  records 'step-average b a.avg' | cmp - want
}

@test "step-average: its own result averages to itself" {
  average_py make 7 20 in
  records 'step-average in' >want
  records 'step-average in | step-average | step-average' | cmp - want
}

@test "step-average: sites come in their order, whatever order they came in" {
  for site in dec-enc.0 enc-self.10 target dec-self.1 source enc-self.2 dec-self.0; do
    heads 0 0 '[[1]]' $site
  done | stream-pack >in
  [ "$(records 'step-average in' | jq -r 'select(.site) | .site' | tr '\n' ' ')" = \
    'enc-self.2 enc-self.10 dec-self.0 dec-self.1 dec-enc.0 source target ' ]
}

@test "step-average: a sentence in several records, other sites between them, is one sentence" {
  { heads 0 0 '[[1,2]]'; heads 0 0 '[[9]]' x; heads 0 1 '[[3,4]]'; heads 1 0 '[[5,0]]'; } | stream-pack >in
  [ "$(records 'step-average in' | jq -c 'select(.site == "enc-self.0") | [.steps, .sentences, .sums.yy]')" = \
    '[3,2,[[41],[36]]]' ]
}

@test "step-average: the same sentence number in another segment is another sentence" {
  heads 0 0 '[[1]]' | stream-pack >a
  heads 0 0 '[[3]]' | stream-pack >b
  [ "$(records 'cat a b | step-average' | jq -c 'select(.site) | [.steps, .sentences, .mean]')" = '[2,2,[2]]' ]
}

@test "step-average: missing and doubled steps are errors that name them" {
  { heads 3 0 '[[1],[1]]' enc-self.4; heads 3 4 '[[1]]' enc-self.4; } | stream-pack >in
  fails 1 'sentence 3 of site enc-self.4: step 2 expected, record starts at step 4' 'step-average in'
  { heads 3 0 '[[1],[1]]'; heads 3 1 '[[1]]'; } | stream-pack >in
  fails 1 'step 2 expected, record starts at step 1' 'step-average in'
  heads 3 1 '[[1]]' | stream-pack >in
  fails 1 'step 0 expected, record starts at step 1' 'step-average in'
  heads 3 0 '[[1]]' | stream-pack >a
  heads 3 1 '[[1]]' | stream-pack >b
  fails 1 'step 0 expected, record starts at step 1' 'step-average a b'
}

@test "step-average: no steps are an error" {
  stream-pack >in <<<'{"type":"header","content":"heads"}'
  fails 1 'no steps came in' 'step-average in'
  stream-pack >in <<<'{"type":"heads","sentence":0,"site":"s","first_step":0,"relevance":{"tensor":"<f8","shape":[0,2],"data":[]}}'
  fails 1 'without steps' 'step-average in'
}

@test "step-average: another number of heads at a site is an error" {
  { heads 0 0 '[[1,2]]'; heads 1 0 '[[1,2,3]]'; } | stream-pack >in
  fails 1 'site enc-self.0 has 3 heads here but 2 before' 'step-average in'
}

with_header() { # KEYS
  { echo '{"type":"header","content":"heads",'"$1"'}'; heads 0 0 '[[1]]'; } | stream-pack
}

@test "step-average: what was made in different ways is not mixed" {
  refuse() { # KEYS KEYS MESSAGE
    with_header "$1" >a
    with_header "$2" >b
    fails 1 "$3; average them apart" 'step-average a b'
  }
  refuse '"rule":{"linear":"alpha-beta","alpha":2}' '"rule":{"alpha":1,"linear":"alpha-beta"}' \
    'rule.alpha is 1 here but 2 in the first header'
  refuse '"rule":{"eps":0.01}' '"rule":{"eps":0.01,"bias":true}' 'rule.bias is true here but not given in the first header'
  refuse '"rule":{"eps":0.01}' '"mood":1' 'rule.eps is not given here but 0.01 in the first header'
  refuse '"start":"logit"' '"start":"logp"' "start is 'logp' here but 'logit' in the first header"
  refuse '"start":[0,1]' '"start":[0,2]' 'start[1] is 2 here but 1 in the first header'
  refuse '"norm":"sum"' '"norm":"abs"' "norm is 'abs' here but 'sum' in the first header"
  refuse '"model":{"name":"a"}' '"model":{"name":"b"}' "model.name is 'b' here but 'a' in the first header"
  refuse '"model":{"checkpoint":{"hash":"1"}}' '"model":{"checkpoint":{"hash":"2"}}' \
    "model.checkpoint.hash is '2' here but '1' in the first header"
}

@test "step-average: where the model lies and how it was asked for do not matter" {
  with_header '"model":{"name":"a","checkpoint":{"path":"/x","hash":"1"}},"rule":{"a":1,"b":2}' >a
  with_header '"rule":{"b":2,"a":1.0},"model":{"name":"a","checkpoint":{"path":"/y","hash":"1"}},"mood":1' >b
  [ "$(records 'step-average a b' | jq -c 'select(.site) | .sentences')" = 2 ]
}

@test "step-average: the first header is the result's" {
  with_header '"norm":"sum","rule":{"eps":0.01}' >in
  pipe 'step-average in' | stream-show --json >out
  [ "$(jq -c 'select(.type == "header") | [.content, .norm, .rule.eps, .history[-1]]' out)" = \
    '["average","sum",0.01,"step-average in"]' ]
}

@test "step-average: averages that cannot be are errors" {
  refuse() { # STEPS SENTENCES X MESSAGE
    stream-pack >in <<<'{"type":"average","site":"s","heads":1,"steps":'"$1"',"sentences":'"$2"',"sums":{"x":'"$3"',"xx":[[1]],"yy":[[1]],"yn":[[1]],"nn":[[1]]}}'
    fails 1 "$4" 'step-average in'
  }
  refuse 1 2 '[[1]]' '1 steps of 2 sentences'
  refuse 0 0 '[[1]]' '0 steps of 0 sentences'
  refuse -5 -7 '[[1]]' 'steps of -7 sentences'
  refuse 9223372036854775807 1 '[[1]]' 'more than 2^53 steps'
  refuse 1 1 '[[1],[1]]' "x"
  refuse 1 1 '[[1e308,1e308]]' 'too large'
  stream-pack >in <<<'{"type":"average","site":"s","heads":1,"steps":1,"sentences":1}'
  fails 1 "sums" 'step-average in'
  stream-pack >in <<<'{"type":"average","site":"s","heads":1000000000000,"steps":1,"sentences":1,"sums":{}}'
  fails 1 "1000000000000 heads" 'step-average in'
}

# possible CHANGE: change an average of 3 sentences of 5 steps, 2 heads, by a filter of jq, and average it.
possible() {
  { heads 0 0 '[[1,0.1],[3,-2]]'; heads 1 0 '[[5,0.25]]'; heads 2 0 '[[2,1e-3],[2,4]]'; } | stream-pack >heads
  step-average heads | stream-show --json | jq -c "if .type == \"average\" then $1 else . end" | stream-pack >in
  step-average in >out
}

@test "step-average: sums that no relevances have, and results that are not their sums', are errors" {
  possible '.'
  possible 'del(.mean, .deviation, .error, .low, .high)'
  possible '.mean[0] *= 1 + 1e-14'
  impossible() {
    run possible "$1"
    if [ "$status" -ne 1 ] || [[ $output != *"site enc-self.0: $2"* ]]; then
      echo "$1: status $status: $output"
      return 1
    fi
  }
  impossible '.sums.x[0][0] = 18' 'no relevances have the sums of head 0'
  impossible '.sums.x[1][0] = -18' 'no relevances have the sums of head 1'
  impossible '.sums.xx[1][0] = 2' 'no relevances have the sums of head 1'
  impossible '.sums.xx[0][0] = -43' 'no relevances have the sums of head 0'
  impossible '.sums.yy[0][0] = -1' 'no relevances have the sums of head 0'
  impossible '.sums.yy[0][0] = 1000' 'no relevances have the sums of head 0'
  impossible '.sums.yn[0][0] = 1000' 'no relevances have the sums of head 0'
  impossible '.sums.yn[0][0] = -19' 'no relevances have the sums of head 0'
  impossible '.sums.yn[0][0] = 26' 'no relevances have the sums of head 0'
  impossible '.sums.nn = [[8]]' '3 sentences of 5 steps cannot have the sum 8 of squared lengths'
  impossible '.sums.nn = [[11.5]]' 'the sum of squares of whole numbers is not whole'
  impossible '.sums.nn = [[12]]' '3 sentences of 5 steps cannot have the sum 12 of squared lengths'
  impossible '.steps = 6' ''
  impossible '.sentences = 2' ''
  impossible '.mean[0] = 2.5' 'the mean of head 0 is 2.5, that of its sums 2.6'
  impossible '.deviation[1] = 0' 'the deviation of head 1 is 0'
  impossible '.error[1] *= 1.001' 'the error of head 1 is'
  impossible '.low[0] = -1' 'the low of head 0 is -1'
  impossible '.high[0] += 1e-6' 'the high of head 0 is'
}

@test "step-average: sums that cancel, vanish or are as large as can be are possible" {
  average_py make 8 60 in
  average_py split 3 in a b c
  for part in a b c; do
    [ "$(stream-show --json $part | grep -c '"type":"heads"')" -eq 0 ] || step-average $part | step-average >out
  done
  for x in '[[1e100],[1],[-1e100]]' '[[1e-170],[1e-162],[-3e-162]]' '[[1e150],[-1e150]]' '[[0.1],[0.1],[0.1]]' '[[0],[0]]' '[[5e-324]]'; do
    { heads 0 0 "$x"; heads 1 0 "$x"; heads 2 0 '[[1e-162]]'; } | stream-pack >in
    step-average in | step-average >out
    heads 0 0 "$x" | stream-pack >in
    step-average in | step-average >out
  done
}

@test "step-average: a small stream of many heads takes little memory" {
  /usr/bin/python3 - >in <<'END'
import sys, msgpack, msgpack_numpy, numpy, zstandard
zstd = zstandard.ZstdCompressor(write_checksum=True, write_content_size=True)
def put(**r): sys.stdout.buffer.write(zstd.compress(msgpack.packb(r, default=msgpack_numpy.encode)))
put(type="header", format="lrpipe", version=1, content="heads")
for site in range(4):
    put(type="heads", site="enc-self.%d" % site, sentence=0, first_step=0, relevance=numpy.zeros((1, 65536)))
put(type="end", records=4)
END
  [ "$(stat -c %s in)" -lt 10000 ]
  if ! grep -q __asan_init "$BIN/step-average"; then
    (ulimit -v 150000; step-average in >out)
  fi
  fails 1 'site enc-self.4: more than 262144 heads' \
    "/usr/bin/python3 -c '
import sys, msgpack, msgpack_numpy, numpy, zstandard
zstd = zstandard.ZstdCompressor(write_checksum=True, write_content_size=True)
def put(**r): sys.stdout.buffer.write(zstd.compress(msgpack.packb(r, default=msgpack_numpy.encode)))
put(type=\"header\", format=\"lrpipe\", version=1, content=\"heads\")
for site in range(5):
    put(type=\"heads\", site=\"enc-self.%d\" % site, sentence=0, first_step=0, relevance=numpy.zeros((1, 65535 + (site == 0))))
' | step-average"
}

@test "step-average: a square beyond the range of a double is an error" {
  heads 0 0 '[[1e200]]' | stream-pack >in
  fails 1 'too large' 'step-average in'
}

# Run PROGRAM with ARGUMENTS in 16 MB of address space: well above what one record needs. The
# address sanitizer reserves far more than that, so that a program built with it is not limited.
limited() {
  grep -q __asan_init "$BIN/$1" || ulimit -v 16000
  "$@"
}

@test "step-average: memory does not grow with the sentences" {
  average_py count 10000 >in
  (limited step-average in) >out
  [ "$(records 'cat out' | jq -c 'select(.site) | [.steps, .sentences, .mean]')" = '[30000,10000,[0.1,0.1]]' ]
}

# A stream as JSON, without the command lines
contents() { stream-show --json | jq -c 'del(.history) | del(.hash)'; }

left_out() { echo '{"type":"skipped","sentence":'"$1"',"reason":"'"$2"'"}'; }
counts() { stream-show --json -k left_out,cut | head -n 1; }

@test "step-average: the header counts lines that were left out, once for all sites, by reason" {
  {
    heads 0 0 '[[1,2]]'; heads 0 0 '[[1,2]]' enc-self.1; left_out 1 'too long'; left_out 2 blank
    heads 3 0 '[[3,4]]'; heads 3 0 '[[3,4]]' enc-self.1; left_out 4 'too long'
  } | stream-pack >in
  [ "$(step-average in | counts)" = '{"type":"header","left_out":{"blank":1,"too long":2}}' ]
  # the data are those without them, and no counts are no keys
  { heads 0 0 '[[1,2]]'; heads 0 0 '[[1,2]]' enc-self.1; heads 3 0 '[[3,4]]'; heads 3 0 '[[3,4]]' enc-self.1; } | stream-pack >plain
  [ "$(records 'step-average in')" = "$(records 'step-average plain')" ]
  [[ $(step-average plain | counts 2>messages) != *'"header"'* ]]
  step-average in >in.avg
  step-average plain >plain.avg
  fails 1 '' 'stream-diff in.avg plain.avg'
  [ "$output" = "the headers count other lines that were left out ('left_out')" ]
  stream-show in.avg | grep -x '# left_out: blank 1, too long 2'
}

@test "step-average: sentences that were cut are counted of each site, and in the header" {
  {
    heads 0 0 '[[1,2]]' | jq -c '.cut = true'; heads 0 1 '[[1,2]]' | jq -c '.cut = true'; heads 0 0 '[[1]]' enc-self.1 | jq -c '.cut = true'
    heads 3 0 '[[3,4]]'; heads 4 0 '[[3,4]]' | jq -c '.cut = true'
  } | stream-pack >in
  step-average in >out
  [ "$(stream-show --json -k cut out | paste -sd ,)" = '{"type":"header","cut":2},{"type":"average","cut":2},{"type":"average","cut":1}' ]
  # sites of the same text, measured apart
  stream-show --json in | jq -c 'select(.site != "enc-self.1" and .type != "end")' | stream-pack | step-average >a
  stream-show --json in | jq -c 'select(.site != "enc-self.0" and .type != "end")' | stream-pack | step-average >b
  step-average a b | stream-diff - out
  [ "$(step-average b a | counts)" = '{"type":"header","cut":2}' ]
  fails 1 'site enc-self.0: 4 of 3 sentences cannot be cut' \
    'stream-show --json a | jq -c "if .type == \"average\" then .cut = 4 else . end" | stream-pack | step-average'
}

@test "step-average: counts of parts add up, in any order and grouping, to the bits of the whole" {
  for i in 0 1 2 3 4; do
    { heads $i 0 "[[0.$i,1]]" | if ((i % 2)); then jq -c '.cut = true'; else cat; fi; left_out $((i + 10)) blank; [ "$i" != 2 ] || left_out 20 cut; } >part$i
    stream-pack part$i | step-average >$i.avg
  done
  left_out 30 blank | { echo '{"type":"header","content":"heads"}'; cat; } >part5
  stream-pack part5 | step-average >5.avg 2>err
  [ "$(cat err)" = 'step-average: no steps came in: all lines were left out' ]
  { echo '{"type":"header","content":"heads"}'; cat part?; } | grep -v '"content"' | stream-pack | step-average >whole
  contents <whole >want
  [ "$(counts <whole)" = '{"type":"header","left_out":{"blank":6,"cut":1},"cut":2}' ]
  step-average 3.avg 5.avg 1.avg >a
  step-average 2.avg 4.avg | step-average a - 0.avg | contents | cmp want
  step-average 5.avg 0.avg 1.avg 2.avg 3.avg 4.avg | contents | cmp want
}

@test "step-average: impossible counts are refused" {
  average() { heads 0 0 '[[1,2]]' | stream-pack | step-average | stream-show --json | sed 's/"content":"average"/&,"left_out":'"$1/" | stream-pack; }
  average '{"blank": 2}' | step-average | counts | grep -F '{"blank":2}'
  for bad in '{"blank":-1}' '{"blank":0}'; do
    average "$bad" >in
    fails 1 'lines cannot have been left out' 'step-average in'
  done
  average '{"blank":9223372036854775807}' >in
  fails 1 'lines cannot have been left out' 'step-average in in'
  average '{"blank":"a"}' >in
  fails 1 'blank' 'step-average in'
  for i in {1..70}; do left_out $i "reason $i"; done | { echo '{"type":"header","content":"heads"}'; cat; } | stream-pack >in
  fails 1 'for more than 64 reasons' 'step-average in'
}
