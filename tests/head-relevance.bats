#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
load helper

dev=$ROOT/examples/en-de/dev.en
PATH=$ROOT/pipelines:$PATH

@test "head-relevance: the pipeline written out gives the same averages" {
  head -3 "$dev" >text
  pipe 'head-relevance -l 4,dec-enc.2 -r alphabeta:alpha=0.3 -a text >got'
  pipe 'trace-extract text | head-carry -l 4,dec-enc.2 -r alphabeta:alpha=0.3 | head-norm | step-average >want'
  stream-diff -t 0 want got
  stream-show --records 0 got | grep -q '^# history: head-carry'
}

@test "head-relevance: --backward takes lrp-layer and head-sum" {
  head -3 "$dev" >text
  pipe 'head-relevance --backward -l 4,dec-enc.2 -r alphabeta:alpha=0.3 -a text >got'
  pipe 'trace-extract text | lrp-layer -l 4,dec-enc.2 -r alphabeta:alpha=0.3 | head-sum | head-norm | step-average >want'
  stream-diff -t 0 want got
  stream-show --records 0 got | grep -q '^# history: head-sum'
}

@test "head-relevance: both ways agree, at every site, whatever the rule" {
  head -4 "$dev" >text
  for rule in magnitude alphabeta gamma cp; do
    pipe "head-relevance -l all -r $rule -a text >forward"
    pipe "head-relevance --backward -l all -r $rule -a text >backward"
    stream-diff -t 1e-5 -k mean,deviation,error,low,high,steps,sentences forward backward
    [ "$(stream-show --tsv forward | wc -l)" -eq 145 ]
  done
}

@test "head-relevance: every encoder layer is in the table, and its shares sum to one" {
  head -2 "$dev" | head-relevance >table
  [ "$(grep -c '^enc-self' table)" -eq 6 ]
  [ "$(grep -cE '^ *[0-7] +0\.' table)" -eq 48 ]
  [ "$(awk '/^ *[0-7] / { sum += $2 } END { printf "%.2f", sum }' table)" = 6.00 ]
}

@test "head-relevance: a line has head, mean, interval and a bar of hundredths" {
  head -2 "$dev" >text
  head-relevance -l 2 text | grep '^ *4 ' >line
  head-relevance -l 2 -a text | stream-show --tsv | awk -F '\t' '$3 == 4 {
    bar = sprintf("%*s", $4 * 100 + 0.5, ""); gsub(" ", "#", bar)
    printf "%4d  %7.4f  %7.4f  %7.4f  %s\n", $3, $4, $5, $6, bar }' | cmp - line
}

@test "head-relevance: the same where numbers are written with a comma" {
  printf '%s\n' LC_NUMERIC 'decimal_point ","' 'thousands_sep ""' 'grouping -1' 'END LC_NUMERIC' >source
  localedef -c --no-archive -i ./source ./comma 2>/dev/null || [ -s comma/LC_NUMERIC ]
  comma=(env -u LC_ALL LOCPATH="$PWD" LC_NUMERIC=comma)
  [ "$("${comma[@]}" locale decimal_point)" = , ]
  head -2 "$dev" >text
  head-relevance -l 2 text >want
  "${comma[@]}" "$ROOT/pipelines/head-relevance" -l 2 text | cmp - want
}

@test "head-relevance: -n is head-norm's, with workers too" {
  (head -40 "$dev") >text
  trace-extract text | head-carry -l 5 -r cp | head-norm -n size | step-average >by-hand
  for j in 1 2; do
    head-relevance -a -l 5 -r cp -n size -j $j text >got
    stream-diff -t 1e-6 -k mean by-hand got
  done
  [ "$(head-relevance -l 5 -n size text | grep -c '^head     mean')" -eq 1 ]
  [ "$(head-relevance -l 5 text | grep -c '^head    share')" -eq 1 ]
  fails 2 "'-n' takes sum" 'head-relevance -l 5 -n half text'
}

@test "head-relevance: one sentence has no interval" {
  head -1 "$dev" | head-relevance -l 5 >table
  grep -qE '^   0   0\.[0-9]{4}  #+$' table
}

@test "head-relevance: -j 2 gives the same averages bit for bit" {
  head -70 "$dev" >text
  head-relevance -l 5,dec-self.0 -a text >one
  head-relevance -l 5,dec-self.0 -j 2 -a text >two
  stream-diff -t 0 one two
  [ "$(stream-show --tsv two | awk 'END { print $NF }')" = 70 ]
  cmp <(head-relevance -l 5,dec-self.0 -j 2 text) <(head-relevance -l 5,dec-self.0 text)
}

@test "head-relevance: -j 2 gives the same bits for every site, either way" {
  head -70 "$dev" >text
  for way in '' --backward; do
    head-relevance $way -l all -a text >one
    head-relevance $way -l all -j 2 -a text >two
    stream-diff -t 0 one two
    [ "$(stream-show --tsv two | wc -l)" -eq 145 ]
  done
  # the workers of --backward went backward
  stream-show --records 0 two | grep -q '^# history: head-sum'
}

@test "head-relevance: another model, by -m and by LRPIPE_MODEL" {
  cp -r "$ROOT/examples/en-de" mine
  sed -i 's/"en-de-tiny"/"mine"/' mine/config.json
  head -1 "$dev" | head-relevance -m mine -l 5 | grep -q '^# model: family marian, name mine,'
  head -1 "$dev" | LRPIPE_MODEL=mine head-relevance -l 5 | grep -q '^# model: family marian, name mine,'
}

@test "head-relevance: a failure prints no table, from a worker neither" {
  fails 1 'NUL byte' 'printf "a\0b\n" | head-relevance -l 5'
  [ -z "$output" ]
  (head -40 "$dev" && printf 'a\0b\n') >text
  fails 1 'NUL byte' 'head-relevance --backward -l 5 text'
  [ -z "$output" ]
  fails 1 'NUL byte' 'head-relevance -j 2 -l 5 text'
  [ -z "$output" ]
  # and where all workers fail, it ends
  fails 2 "no site '9'" 'timeout 300 head-relevance -j 2 -l 9 text'
  [ -z "$output" ]
  fails 1 'nowhere' 'head-relevance -m nowhere <text'
  fails 1 "cannot read 'nofile'" 'head-relevance nofile'
  fails 1 'no steps' 'head-relevance -l 5 </dev/null'
  fails 1 '/nowhere/tmp' 'TMPDIR=/nowhere head-relevance -l 5 text'
  [ "${#stderr_lines[@]}" -eq 1 ]
}

@test "head-relevance: the table says what is not in it, with workers too" {
  { head -n 3 "$ROOT/examples/en-de/dev.en"; echo; printf 'a%.0s' {1..44}; echo; yes '' | head -n 60; echo Yes.; } >text
  head-relevance -l 0 text 2>/dev/null >want
  grep -x '# left_out: blank 61' want
  grep -x '# cut: 1' want
  head-relevance -l 0 -j 2 text 2>/dev/null | diff want -
}

@test "head-relevance: mistakes in the command line exit 2, -h exits 0" {
  fails 2 "unknown option '-x'" 'head-relevance -x'
  fails 2 "unknown option '--forward'" 'head-relevance --forward'
  fails 2 "'-l' needs a value" 'head-relevance -l'
  fails 2 '-j takes a whole number' 'head-relevance -j 0'
  fails 2 "'--max-leak' needs a value" 'head-relevance --max-leak'
  fails 2 "'--backward' takes no value" 'head-relevance --backward=yes'
  fails 2 "no rule 'ig'" 'head-relevance -r ig </dev/null'
  [ "${#stderr_lines[@]}" -eq 1 ]
  fails 2 "no site 'foo'" "head-relevance -l foo $dev"
  [ "${#stderr_lines[@]}" -eq 1 ]
  fails 2 "no site 'foo'" "head-relevance -l foo -j 2 $dev"
  [ "${#stderr_lines[@]}" -eq 1 ]
  run --separate-stderr head-relevance -h
  [ "$status" -eq 0 ]
  [[ $output == 'usage: head-relevance '* ]]
  [ -z "$stderr" ]
}

@test "head-relevance: at a terminal it takes the dev set" {
  run script -qec 'head-relevance -l 5' /dev/null
  [ "$status" -eq 0 ]
  [[ $output == *'of 100 sentences'* ]]
}

@test "head-relevance: a layer whose heads are all masked has shares of zero, and the others theirs" {
  head-prune --mask enc-self.3:0,1,2,3,4,5,6,7 "$ROOT/examples/en-de" masked 2>/dev/null
  for way in '' --backward; do
    head-relevance -m masked $way >got 2>said <<<'Select a field type.'
    [ "$(grep -c '^enc-self' got)" -eq 6 ]
    awk '/^enc-self/ { site = $1 } $1 ~ /^[0-7]$/ { sum[site] += $2; n[site]++ }
      END { for (s in n) if (n[s] != 8 || sum[s] > 1.001 || (s == "enc-self.3" ? sum[s] != 0 : sum[s] < 0.999)) exit 1 }' got
    grep -q "'enc.3.self.out' has outputs that are their bias alone" said
    grep -q "the heads of 'enc-self.3' are all zero at step 0" said
    [ "$(wc -l <said)" -eq 2 ]
  done
  token-relevance -m masked 'Select a field type.' 2>/dev/null | head -n 2 | grep -q ' lost$'
}
