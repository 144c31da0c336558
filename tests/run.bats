#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Runs that can be stopped: head-relevance --run.
load helper

PATH=$ROOT/pipelines:$PATH

setup_file() {
  made_text 100
}

@test "run: the same bits as without, and all that is needed a month later" {
  head-relevance -l 4 --run out -j 2 "$MADE/text" | diff - "$MADE/table"
  stream-diff -t 0 "$MADE/whole.avg" out/result.avg
  [ "$(ls out/chunks | paste -sd ' ')" = '0000001 0000002 0000003 0000004' ]
  cat out/chunks/* | cmp - "$MADE/text"
  ls out/averages | diff - <(ls out/chunks)
  [ "$(stream-show --json out/averages/0000004 | jq -c 'select(.site) | [.site, .sentences]')" = '["enc-self.4",4]' ]
  cat out/averages/* | step-average | stream-diff -t 0 - "$MADE/whole.avg"
  [ "$(cat out/commands)" = "head-relevance -l 4 --run out -j 2 $MADE/text" ]
  [ "$(cat out/text)" = "$(sha256sum <"$MADE/text" | cut -d ' ' -f 1) 100 32" ]
  grep -qx "model $(stream-show --json --records 0 out/result.avg | jq -r 'select(.model).model.checkpoint.hash')" out/settings
  head-relevance --status out >status
  grep -qx 'command   head-relevance -l 4 --run out -j 2 .*' status
  grep -qx 'done      4 chunks' status
  grep -qx 'left      0' status
  grep -qE '^host      this machine: 4 chunks, 0 failed, 100 lines in [0-9.]+ s$' status
  grep -qE '^time      from 20[0-9-]+ [0-9:]+ to 20' status
  # done is done: without the text as well, and of chunks of another size
  cp out/log log
  head-relevance -l 4 --run out --resume --chunk 64 | diff - "$MADE/table"
  cmp log out/log
  # standard input, one worker, larger chunks
  head-relevance -l 4 -a --chunk 64 --run piped <"$MADE/text" | stream-diff -t 0 - "$MADE/whole.avg"
  [ "$(wc -l piped/chunks/* | awk '{ print $1 }' | paste -sd ' ')" = '64 36 100' ]
}

# stopped DIR SIGNAL: stop the run in DIR when some of it is done, and see that nothing goes on.
stopped() {
  local i status=0

  env --default-signal=INT head-relevance -l 4 --run "$1" -j 2 --chunk 32 "$MADE/text" >partial 2>said &
  for ((i = 0; i < 6000; i++)); do
    [ -z "$(find "$1/averages" -type f ! -name '*.part' 2>/dev/null)" ] || break
    sleep 0.05
  done
  kill "-$2" %1
  wait %1 || status=$?
  [ "$status" -ne 0 ]
  [ ! -s partial ]
  [ ! -e "$1/result.avg" ]
  for ((i = 0; i < 3000; i++)); do
    readlink /proc/[0-9]*/cwd | grep -qxF "$PWD/$1" || break
    sleep 0.1
  done
  [ "$i" -lt 3000 ]
}

@test "run: stopped by any signal it goes on where it was, and does nothing twice" {
  for signal in TERM INT KILL; do
    stopped "$signal" "$signal"
    [ "$signal" = KILL ] || [ "$(cat said)" = "head-relevance: stopped; what is done is in $PWD/$signal, and --resume goes on from there" ]
    find "$signal/averages" -type f ! -name '*.part' -printf '%f %T@\n' >before
    [ -s before ]
    head-relevance -l 4 --run "$signal" -j 2 --resume "$MADE/text" | diff - "$MADE/table"
    grep -vxFf <(find "$signal/averages" -type f -printf '%f %T@\n') before && false
    stream-diff -t 0 "$MADE/whole.avg" "$signal/result.avg"
    [ -z "$(find "$signal" -name '*.part')" ]
  done
}

@test "run: a chunk that fails holds up no other, and is missing only where one says so" {
  sed '40s/.*/& '"$(printf 'word %.0s' {1..600})"'/' "$MADE/text" >long
  fails 1 "trace-extract: $PWD/long: line 40: 612 tokens; the model has positions for 512; --skip leaves such lines out (lines 33 to 64)
head-relevance: 1 of 4 chunks have no average; --resume tries them again, with --allow-missing the rest is averaged" \
    'head-relevance -l 4 --run out -j 2 long'
  [ "${#stderr_lines[@]}" -eq 2 ]
  [ ! -e out/result.avg ]
  [ "$(ls out/averages | paste -sd ' ')" = '0000001 0000003 0000004' ]
  head-relevance --status out | grep -qx 'failed    1'
  head-relevance -l 4 -a --run out -j 2 --resume --allow-missing >got
  sed 33,64d "$MADE/text" | head-relevance -l 4 -a >want
  stream-diff -t 0 -k mean,low,high,steps,sentences want got
  [ "$(stream-show --json --records 0 got | jq -c 'select(.left_out).left_out')" = '{"lines 33 to 64 failed":32}' ]
  # all chunks
  sed -n 40p long >one
  fails 1 'no chunk has an average' 'head-relevance -l 4 --run none --allow-missing one'
}

@test "run: what workers warn of comes through, once" {
  mkdir fake
  printf '#!/bin/bash\necho "head-norm: warning: of all" >&2\nexec %q "$@"\n' "$(command -v head-norm)" >fake/head-norm
  chmod +x fake/head-norm
  PATH=$PWD/fake:$PATH head-relevance -l 4 --run out -j 2 --chunk 32 "$MADE/text" 2>said | diff - "$MADE/table"
  [ "$(cat said)" = 'head-norm: warning: of all' ]
}

@test "run: two at once, other settings, another text, mistakes" {
  head-relevance -l 4 --run out "$MADE/text" >/dev/null
  fails 1 "head-relevance: 'out' has a run; --resume goes on with it, --status shows it; else choose another directory" 'head-relevance -l 4 --run out $MADE/text'
  fails 1 'has results of other settings: heads 4 there, heads 5 here;' 'head-relevance -l 5 --run out --resume $MADE/text'
  fails 1 'other settings: n size here;' 'head-relevance -l 4 -n size --run out --resume $MADE/text'
  head -n 99 "$MADE/text" >other
  fails 1 "head-relevance: $PWD/out has the chunks of another text; choose another directory" 'head-relevance -l 4 --run out --resume other'
  fails 1 "another run is at work in $PWD/out" 'flock out/lock head-relevance -l 4 --run out --resume $MADE/text'
  [ "${#stderr_lines[@]}" -eq 1 ]
  flock out/lock head-relevance --status out >status
  grep -qx 'running   now' status
  fails 1 "head-relevance: no run in 'nosuch'" 'head-relevance --status nosuch'
  fails 1 'the text has no lines' 'head-relevance -l 4 --run empty /dev/null'
  # what was whole once
  cp -r out damaged
  head -c 1000 out/averages/0000002 >damaged/averages/0000002
  fails 1 "$PWD/damaged/averages/0000002 is damaged; remove it, and --resume makes it again" 'head-relevance -l 4 --run damaged --resume'
  rm damaged/averages/0000002
  head-relevance -l 4 --run damaged --resume >again
  head-relevance -l 4 --run out --resume | diff again -
  rm damaged/chunks/0000001
  fails 1 'chunks of the text are missing; choose another directory' 'head-relevance -l 4 --run damaged --resume'
  for options in '--resume' '--chunk 32' '--allow-missing' '--run x --chunk 33' '--run x --chunk 0' '--run x --until 1' '--run x --steps auto'; do
    fails 2 'head-relevance: --' "head-relevance -l 4 $options $MADE/text"
    [ ! -e x ]
  done
}
