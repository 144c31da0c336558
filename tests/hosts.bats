#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A run on several machines: --hosts of head-relevance and head-ablate. Each is an ssh server of this machine's own, with a port and an environment.
load helper
load sshd

PATH=$ROOT/pipelines:$PATH

setup_file() {
  made_text 100
  make_keys
  [ "$(id -u)" -ne 0 ] || mkdir -p /run/sshd
}

# serve NAME ENVIRONMENT: a server until the test ends, whose line for --hosts is in NAME.
serve() {
  local tries port

  for ((tries = 0; tries < 50; tries++)); do
    port=$((20000 + RANDOM % 20000))
    write_sshd_settings "$1" 127.0.0.1 "$port" "${2-}"
    /usr/sbin/sshd -f "$1.conf" -E "$1.log" 3>&- && break
  done
  for ((tries = 0; tries < 3000; tries++)); do
    [ ! -s "$1.pid" ] || break
    sleep 0.1
  done
  ssh_line 127.0.0.1 "$port" >"$1"
}

teardown() {
  for pid in *.pid; do
    [ ! -s "$pid" ] || kill "$(cat "$pid")" || true
  done
}

# end NAME: the server and all of its connections, as where a machine goes.
end() {
  pkill -KILL -P "$(cat "$1.pid")" || true
  kill -KILL "$(cat "$1.pid")"
  pkill -KILL -f "$PWD/home.$1" || true
  rm "$1.pid"
}

@test "hosts: two of them and this machine give the same bits; nothing is left there" {
  serve a
  serve b
  { echo '# three'; echo "1/$(cat a)"; echo; cat b; echo :; } >hosts
  head-relevance -l 4 -a --hosts hosts --chunk 32 --run out "$MADE/text" | stream-diff -t 0 - "$MADE/whole.avg"
  [ "$(cut -f 6 out/log | sort -u)" = 0 ]
  [ "$(cut -f 3 out/log | sort -u | wc -l)" -ge 2 ]
  head-relevance --status out | grep -qE '^host      .*: [1-4] chunks, 0 failed, [0-9]+ lines in [0-9.]+ s$'
  [ -z "$(find home.a home.b -type f)" ]
  # without a directory of its own
  head-relevance -l 4 -a --hosts b <"$MADE/text" | stream-diff -t 0 - "$MADE/whole.avg"
}

@test "hosts: one that is not there, one that goes: others do their chunks" {
  serve a
  serve b
  serve gone
  end gone
  { cat gone a b; } >hosts
  head-relevance -l 4 -a --hosts hosts --chunk 32 --run out "$MADE/text" >got 2>said &
  for ((i = 0; i < 6000; i++)); do
    [ -z "$(pgrep -f "$PWD/home.b")$(find out/averages -type f ! -name '*.part' 2>/dev/null)" ] || break
    sleep 0.05
  done
  end b
  wait %1
  stream-diff -t 0 got "$MADE/whole.avg"
  grep -q "^head-relevance: host $(cat gone): cannot be reached: .*; goes on without it$" said
  [ "$(grep -vc '; its work goes elsewhere$\|; goes on without it$' said)" -eq 0 ]
  # none is left
  cat gone >hosts
  fails 1 'head-relevance: no host is left' 'head-relevance -l 4 --hosts hosts $MADE/text'
}

@test "hosts: a model must be the same, or is copied there once" {
  cp -rL "$ROOT/tests/data/models/plain" other
  serve a "LRPIPE_MODEL=$PWD/other"
  fails 1 "its model is another, by the fingerprint: $(trace-extract -m other </dev/null | stream-show --json --records 0 | jq -r 'select(.model).model.checkpoint.hash') there," \
    'head-relevance -l 4 --hosts a $MADE/text'
  head-relevance -q -l 4 -a --hosts a --copy-model "$MADE/text" 2>said | stream-diff -t 0 - "$MADE/whole.avg"
  grep -q "^head-relevance: host .*: copies the model there$" said
  ls home.a/.cache/lrpipe/*/en-de/model.safetensors
  head-relevance -q -l 4 -a --hosts a --copy-model "$MADE/text" 2>said | stream-diff -t 0 - "$MADE/whole.avg"
  [ ! -s said ]
}

@test "hosts: orders and points of head-ablate, with means and divergences; what goes wrong there" {
  paste "$ROOT/examples/en-de/dev.en" "$ROOT/examples/en-de/dev.de" | awk -F '\t' 'length($1 $2) < 70' | head -n 4 >pairs
  head -n 2 pairs >ranked
  ablate() { head-ablate -q -r 'effect confidence' -l dec-enc.2 --rank-on ranked --points 1 --random 0 --by mean --judge kl "$@"; }
  ablate pairs here >want
  serve a
  serve b
  { echo "1/$(cat a)"; cat b; } >hosts
  ablate --hosts hosts pairs there | diff want -
  diff here/points.tsv there/points.tsv
  diff here/masks.tsv there/masks.tsv
  for file in here/orders/*.avg here/losses/*; do
    stream-diff -t 0 "$file" "there/${file#*/}"
  done
  [ "$(cut -f 3,6 there/log | sort -u | wc -l)" -eq 2 ]
  [ "$(cut -f 1 there/log | sort)" = "$(cd there && ls orders losses | grep . | grep -v : | sort)" ]
  [ -z "$(find home.a home.b -type f)" ]
  # done is done: no host is asked
  end a
  end b
  ablate --hosts hosts pairs there | diff want -
  # points of one that goes are done by others
  rm there/losses/*
  serve b
  { cat a b; } >hosts
  ablate --hosts hosts pairs there 2>said | diff want -
  grep -q "^head-ablate: host $(cat a): cannot be reached: .*; goes on without it$" said
  sed "2s/\t/ $(printf 'word %.0s' {1..600})\t/" pairs >long
  fails 1 "trace-extract: $PWD/long: line 2: " "head-ablate -q -r none -l dec-enc.2 --points 1 --random 0 --hosts b long out"
  [[ ${stderr_lines[0]} == *'the model has positions for 512; --skip leaves such lines out (losses/'*', mask '*')' ]]
  [[ ${stderr_lines[1]} == "head-ablate: stopped; what is done is in $PWD/out, and the next run goes on from there" ]]
  [ "${#stderr_lines[@]}" -eq 2 ]
  fails 2 '--copy-model is for --hosts' 'head-ablate --copy-model pairs x'
  fails 1 "head-ablate: --hosts: no file 'nosuch'" 'head-ablate --hosts nosuch pairs x'
  [ ! -e x ]
}

@test "hosts: mistakes" {
  : >none
  fails 1 "head-relevance: --hosts: no host in 'none'" 'head-relevance -l 4 --hosts none $MADE/text'
  fails 1 "head-relevance: --hosts: no file 'nosuch'" 'head-relevance -l 4 --hosts nosuch $MADE/text'
  fails 2 '--copy-model is for --hosts' 'head-relevance -l 4 --copy-model $MADE/text'
  echo : >here
  sed '40s/.*/& '"$(printf 'word %.0s' {1..600})"'/' "$MADE/text" >long
  fails 1 "line 40: 612 tokens; the model has positions for 512; --skip leaves such lines out (lines 33 to 64)
head-relevance: 1 of 4 chunks have no average; a directory of --run would have kept the rest" 'head-relevance -l 4 --chunk 32 --hosts here long'
}
