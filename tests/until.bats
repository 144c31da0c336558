#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# As many sentences as an interval needs: step-average --until, head-relevance --until.
load helper

dev=$ROOT/examples/en-de/dev.en
PATH=$ROOT/pipelines:$PATH

# FIRST LAST: a sentence of one step each, whose relevance is 0 or 1 in turn, and 0.5 at a second head
in_turn() {
  jq -nc --argjson a "$1" --argjson b "$2" 'range($a; $b) | {type: "heads", sentence: ., site: "enc-self.0", first_step: 0, relevance: [[. % 2, 0.5]]}'
}

# N: the N shortest lines of the built-in dev set
short() {
  awk '{ print length, $0 }' "$dev" | sort -k 1n -k 2 | cut -d ' ' -f 2- | head -n "$1"
}

until_of() {
  stream-show --json "$1" | jq -c 'select(.type == "header") | .until'
}

@test "until: the sentence where the interval is narrow enough, by hand" {
  # 99 sentences: t(98) sqrt(50/99 49/99 / 98) = 0.10023; 100: t(99) 0.5 / sqrt(99) = 0.09972
  in_turn 0 300 | stream-pack >in
  step-average --until 0.1 in >got 2>said
  [ "$(cat said)" = 'step-average: 0.1 is reached with 100 sentences, 100 of their 100 steps' ]
  [ "$(until_of got | jq -c '[.half_width, .reached, .widest < 0.09973, .widest > 0.0997]')" = '[0.1,true,true,true]' ]
  in_turn 0 100 | stream-pack >first
  records 'step-average -q --until 0.1 in' | cmp - <(records 'step-average first')
  # whatever segments the sentences come in
  in_turn 0 64 | stream-pack >a
  in_turn 64 97 | stream-pack >b
  in_turn 97 300 | stream-pack >c
  records 'cat a b c | step-average -q --until 0.1' | cmp - <(records 'step-average first')
  records 'step-average -q --until 0.1 a b c' | cmp - <(records 'step-average first')
}

@test "until: nothing behind it is read" {
  in_turn 0 300 | stream-pack >in
  stream-show --json in | head -n 111 | stream-pack >some # the header, 110 sentences
  { head -c $(($(stat -c %s some) - 200)) some; head -c 100000 /dev/zero; } >damaged
  fails 1 '' 'step-average damaged'
  step-average -q --until 0.1 damaged | stream-show --tsv | cut -f 10 | tail -1 | grep -qx 100
  # and who writes it ends
  (while stream-show --json in | grep heads; do :; done) | stream-pack | timeout 300 step-average -q --until 0.1 | stream-show --tsv | cut -f 10 | tail -1 | grep -qx 100
}

@test "until: no fewer than 50 sentences, unless there are no more" {
  jq -nc 'range(80) | {type: "heads", sentence: ., site: "s", first_step: 0, relevance: [[1], [1]]}' | stream-pack >in
  step-average -q --until 0.1 in | stream-show --tsv | cut -f 9,10 | tail -1 | cmp - <(printf '100\t50\n')
  stream-show --json in | head -31 | stream-pack | step-average --until 0.1 >got 2>said
  [ "$(cat said)" = 'step-average: 0.1 is reached with 30 sentences, 60 of their 60 steps' ]
}

@test "until: where the text ends before, that is said, with what was reached" {
  in_turn 0 20 | stream-pack >in
  step-average --until 0.1 in >got 2>said
  [ "$(cat said)" = 'step-average: 0.1 is not reached: 0.24 is, with all 20 sentences, 20 of their 20 steps' ]
  [ "$(until_of got | jq -c '[.reached, .widest > 0.24, .widest < 0.2401]')" = '[false,true,true]' ]
  [ "$(step-average -q --until 0.1 in 2>&1 >/dev/null)" = '' ]
  in_turn 0 1 | stream-pack | step-average -q --until 0.1 >one
  [ "$(until_of one)" = '{"half_width":0.1,"reached":false}' ]
  # the average of averages is not read to any width
  step-average got >again
  [ "$(until_of again)" = null ]
  records 'step-average got' | cmp - <(records 'step-average in')
}

@test "until: averages of parts are read whole, as many as it takes" {
  for part in 0 1 2 3 4 5; do
    in_turn $((40 * part)) $((40 * part + 40)) | stream-pack | step-average >$part.avg
  done
  step-average -q --until 0.1 [0-5].avg | stream-show --tsv | cut -f 10 | tail -1 | grep -qx 120
}

@test "until: every site and head has to be narrow" {
  jq -nc 'range(300) | [["a", 0.4], ["b", 1], ["c", 0.2]][] as [$site, $x] |
    {type: "heads", sentence: ., site: $site, first_step: 0, relevance: [[0.5, . % 2 * $x]]}' | stream-pack >in
  step-average -q --until 0.1 in | stream-show --tsv | cut -f 1,10 | sort -u | paste -sd ' ' | grep -qE '^a.100 b.100 c.100 site.sentences$'
}

@test "until: sentences that were left out behind it are not counted" {
  { in_turn 0 100; echo '{"type":"skipped","sentence":100,"reason":"blank"}'; in_turn 101 200; } | stream-pack >in
  [ "$(step-average -q --until 0.1 in | stream-show --json | jq -c 'select(.type == "header") | .left_out')" = null ]
  { in_turn 0 50; echo '{"type":"skipped","sentence":50,"reason":"blank"}'; in_turn 51 200; } | stream-pack >in
  [ "$(step-average -q --until 0.1 in | stream-show --json | jq -c 'select(.type == "header") | .left_out')" = '{"blank":1}' ]
}

@test "until: a width that cannot be is a usage error" {
  in_turn 0 10 | stream-pack >in
  for x in 0 -1 -0; do
    fails 2 '--until takes a number above 0' "step-average --until $x in"
  done
  fails 2 "'--until' takes a number" 'step-average --until narrow in'
  fails 2 '--until takes a number above 0' "head-relevance --until 0 -l 5 '$dev'"
}

@test "until: head-relevance stops at the same sentence, and has the same bits, with workers and without" {
  short 64 >text
  printf 'a\0b\n' >>text # which is not read
  for j in 1 2; do
    head-relevance -l 5 --steps 2 --until 0.04 -j $j -a text >$j 2>said
    grep -qxE 'step-average: 0.04 is reached with 50 sentences, [0-9]+ of their [0-9]+ steps' said || { cat said; return 1; }
    [ "$(wc -l <said)" -eq 1 ]
  done
  stream-diff -t 0 1 2
  head -64 text | trace-extract -q | head-carry -l 5 --steps 2 | head-norm | step-average -q --until 0.04 >want
  records 'cat 1' | cmp - <(records 'cat want')
  [ -z "$(ps -o comm= --ppid $$ | grep -E 'trace-extract|head-carry')" ]
}

@test "until: head-relevance says in its table whether it was reached, and fails where the text does before" {
  head -3 "$dev" | head-relevance -l 5 --until 0.001 >table 2>said
  grep -q '^step-average: 0.001 is not reached: 0.0[0-9]* is, with all 3 sentences, ' said
  grep -q '^# until: half_width 0.001, reached false, widest 0.0' table
  { short 20; printf 'a\0b\n'; } >text
  for j in 1 2; do
    fails 1 "text: line 21: a NUL byte" "head-relevance -l 5 --until 0.02 -j $j text"
    [ -z "$output" ]
    [ "${#stderr_lines[@]}" -eq 1 ]
  done
}

@test "until: a text without end" {
  export -f short
  export dev
  pipe "(while short 60; do :; done || true) | timeout 300 head-relevance -q -l 5 --steps 1 --until 0.05 2>&1 | grep -c 'reached with 50 sentences'"
}
