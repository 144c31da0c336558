#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
load helper

PATH=$ROOT/pipelines:$PATH
sentence='Select a field type.'

@test "token-map: the picture has the numbers of token-relevance" {
  token-map --color never "$sentence" >picture
  token-relevance "$sentence" >tables
  # the rows of the panels, without shades; those of the tables, without marks and sums
  for panel in source target; do
    sed -n "/^$panel$/,/^$/p" picture | awk 'NR > 2 { for (i = 2; i <= NF; i++) if ($i ~ /^[0-9]+\.[0-9]$/) print $i }' | paste -sd ' '
    sed -n "/^$panel$/,/^$/p" tables | tr -d '*' | awk -v source="$panel" '
      NR > 2 && NF { for (i = 2; i <= (source == "source" ? 7 : NF); i++) print $i }' | paste -sd ' '
  done >numbers
  [ "$(sed -n 1p numbers | wc -w)" -eq 42 ]
  [ "$(sed -n 3p numbers | wc -w)" -eq 28 ]
  [ "$(sed -n 1p numbers)" = "$(sed -n 2p numbers)" ]
  [ "$(sed -n 3p numbers)" = "$(sed -n 4p numbers)" ]
  # the sums of a row are all of it
  sed -n '/^sums$/,/^$/p' picture | awk 'NR > 2 && NF { n++; sum = $2 + $3 + $4 + $5
    if (sum < 99.7 || sum > 100.3) { print; bad = 1 } } END { exit bad || n != 7 }'
}

@test "token-map: SVG, PNG, a rule, a model, standard input" {
  token-map --svg "$sentence" >want.svg
  [ "$(grep -c '<title>' want.svg)" -eq 70 ]
  token-map -o a.svg "$sentence"
  cmp a.svg want.svg
  token-map --svg <<<"$sentence" | cmp - want.svg
  token-map -m "$ROOT/examples/en-de" --svg "$sentence" | cmp - want.svg
  token-map -o a.png "$sentence"
  [ "$(head -c 8 a.png | xxd -p)" = 89504e470d0a1a0a ]
  token-relevance -a -r alphabeta "$sentence" | token-plot --svg | cmp - <(token-map -r alphabeta --svg "$sentence")
  [ "$(cmp want.svg <(token-map -r alphabeta --svg "$sentence") | wc -l)" -eq 1 ]
  printf '%s\n' "$sentence" 'Close the window.' | token-map --color never | grep -c '^sentence [01]$' | grep -qx 2
}

@test "token-map: colours" {
  token-map --color=always "$sentence" | grep -qF $'\33[48;2;25;38;69m\33[97m'
  token-map --color always "$sentence" | cmp - <(token-map --color=always "$sentence")
  [ "$(token-map "$sentence" | grep -c $'\33')" -eq 0 ]
}

@test "token-map: failure travels, and draws nothing" {
  fails 1 'no sentence came' 'token-map </dev/null'
  fails 2 "no rule 'none'" "token-map -r none '$sentence'"
  [ -z "$output" ]
  fails 1 nowhere "token-map -m nowhere -o a.svg '$sentence'"
  for stage in trace-extract lrp-layer token-sum; do
    mkdir $stage
    printf '#!/bin/bash\n"$BIN/%s" "$@" | head -c -3\nexit 3\n' $stage >$stage/$stage
    chmod +x $stage/$stage
    run --separate-stderr env PATH="$PWD/$stage:$PATH" token-map "$sentence"
    [ "$status" -ne 0 ]
    [ -z "$output" ]
  done
  [ "$(echo a.*)" = 'a.*' ]
}

@test "token-map: mistakes in the command line exit 2, -h exits 0" {
  fails 2 "unknown option '-x'" 'token-map -x'
  fails 2 "unknown option '--foo'" 'token-map --foo'
  fails 2 "'-r' needs a value" 'token-map -r'
  fails 2 "'--color' needs a value" 'token-map --color'
  fails 2 "not 'x'" "token-map --color x '$sentence'"
  fails 2 "not 'a.gif'" "token-map -o a.gif '$sentence'"
  fails 2 "unexpected operand 'a'; quote the sentence" 'token-map Select a field'
  run --separate-stderr token-map -h
  [ "$status" -eq 0 ]
  [[ $output == 'usage: token-map '* ]]
  [ -z "$stderr" ]
}
