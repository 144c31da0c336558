#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The stages together: failure travels, memory stays flat, workers' parts make the same whole.
load helper

models=$BATS_TEST_DIRNAME/data/models
want=$BATS_TEST_DIRNAME/data/want

stages=('trace-extract -m '"$models"'/deep --ids in' 'lrp-layer' head-sum head-norm step-average)

# The pipeline with the command $2 put in behind stage $1 (0: the first).
broken() {
  local i text=
  for i in "${!stages[@]}"; do
    text+="${text:+ | }${stages[i]}"
    [ "$i" -ne "$1" ] || text+=" | $2"
  done
  echo "$text"
}

# What step-average wrote to ./out holds no average, and is no whole stream.
no_average() {
  ! stream-show --json out >shown 2>/dev/null && ! grep -q '^{"type":"average"' shown
}

@test "pipeline: shares of the heads of every layer sum to one" {
  head -n 8 "$ROOT/examples/en-de/dev.en" | trace-extract | lrp-layer | head-sum | head-norm | step-average >out
  [ "$(stream-show --json out | jq -c 'select(.type == "average") | [.site, (.mean | add - 1 | fabs < 1e-12), (.mean | length)]' | wc -l)" -eq 18 ]
  [ "$(stream-show --json out | jq -c 'select(.type == "average") | [(.mean | add - 1 | fabs < 1e-12), (.mean | length), .sentences]' | sort -u)" = '[true,8,8]' ]
}

@test "pipeline: a stream that is cut, flipped or lost behind any stage gives no average, without pipefail too" {
  cp "$want/deep.ids" in
  local whole stage damage
  whole=$(broken 9 '')
  [ "$(bash -c "$whole" | stream-show --json | grep -c '^{"type":"average"')" -eq 6 ]
  cat >flip <<'EOF'
#!/usr/bin/python3
import sys
data = bytearray(sys.stdin.buffer.read())
data[len(data) // 2] ^= 4
sys.stdout.buffer.write(data)
EOF
  chmod +x flip
  cat >no-end <<'EOF'
#!/usr/bin/python3
import sys
data = sys.stdin.buffer.read()
sys.stdout.buffer.write(data[:data.rindex(b"\x28\xb5\x2f\xfd")])
EOF
  chmod +x no-end
  for stage in 0 1 2 3; do
    for damage in 'head -c -1' 'head -c 700' ./flip ./no-end 'cat >/dev/null'; do
      bash -c "$(broken $stage "$damage")" >out 2>err && { echo "$stage, $damage: succeeded"; return 1; }
      [ "$(grep -c . err)" -ge 1 ]
      no_average || { echo "$stage, $damage: an average came"; return 1; }
    done
  done
}

@test "pipeline: a stage that is killed gives no average" {
  cp "$want/deep.ids" in
  for stage in 0 1 2 3; do
    # the rest of a stream that its writer did not live to end
    bash -c "$(broken $stage '(head -c 600; kill -9 $BASHPID)')" >out 2>err && return 1
    no_average
  done
}

@test "pipeline: bad input at the front leaves no average at the end" {
  (cat "$want/deep.ids"; echo '1 99 0') >in
  run --separate-stderr bash -c "$(broken 9 '') >out"
  [ "$status" -ne 0 ]
  [[ $stderr == *"trace-extract: in: line 3: '99' is not a token id from 0 to 12"* ]]
  [[ $stderr != *$'\n'* ]] # every program behind it fails as well, and does not say so again
  no_average
}

@test "pipeline: a closed downstream ends every program silently" {
  for i in $(seq 400); do cat "$want/deep.ids"; done >in
  for last in 0 1 2 3; do
    text=
    for i in $(seq 0 $last); do text+="${stages[i]} | "; done
    bash -c "$text head -c 100 >out; echo \${PIPESTATUS[*]} >statuses" 2>err
    [ ! -s err ] || { cat err; return 1; }
    [ "$(wc -c <out)" -eq 100 ]
    # by the signal of the closed pipe, or they were through
    [ -z "$(tr ' ' '\n' <statuses | grep -vxE '141|0')" ] || { cat statuses; return 1; }
  done
  [ "$(cut -d ' ' -f 1 statuses)" -eq 141 ]
}

@test "pipeline: a full disk at the end is an error" {
  cp "$want/deep.ids" in
  fails 1 'step-average: ' "$(broken 9 '') >/dev/full"
  fails 1 'No space left on device' "$(broken 9 '') >/dev/full"
}

@test "pipeline: GNU parallel gives the same result, bit for bit" {
  head -n 70 "$ROOT/examples/en-de/dev.en" >in
  [ "$(wc -l <in)" -eq 70 ]
  trace-extract in | lrp-layer -l 4 | head-sum | head-norm | step-average >serial
  parallel --will-cite --pipe -N 32 -j 2 'trace-extract | lrp-layer -l 4 | head-sum | head-norm' <in | step-average >joined
  parallel --will-cite --pipe -N 32 -j 2 'trace-extract | lrp-layer -l 4 | head-sum | head-norm | step-average' <in | step-average >merged
  numbers() { stream-show --json "$1" | jq -c 'select(.type == "average") | del(.sums)'; }
  [ "$(numbers serial | jq .sentences)" -eq 70 ]
  diff <(numbers serial) <(numbers joined)
  diff <(numbers serial) <(numbers merged)
  stream-diff -k mean,deviation,error,low,high,steps,sentences serial merged
}

@test "pipeline: a worker that fails makes the whole fail" {
  (head -n 40 "$ROOT/examples/en-de/dev.en"; printf '\xff\n'; head -n 40 "$ROOT/examples/en-de/dev.en") >in
  bash -c "parallel --will-cite --pipe -N 32 -j 2 'trace-extract -k 5 | lrp-layer -l 5 | head-sum' <in 2>/dev/null | step-average >out" && return 1
  no_average
}

@test "pipeline: peak memory does not grow with the number of sentences" {
  for i in $(seq 250); do cat "$want/plain.ids"; done >500
  for i in $(seq 20); do cat 500; done >10000
  [ "$(wc -l <10000)" -eq 10000 ]
  # a sanitizer keeps what was freed for a while
  export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}quarantine_size_mb=1
  for n in 500 10000; do
    /usr/bin/time -f %M -o trace.$n trace-extract -m "$models/plain" --ids $n |
      /usr/bin/time -f %M -o layer.$n lrp-layer -l 0 |
      /usr/bin/time -f %M -o sum.$n head-sum |
      /usr/bin/time -f %M -o norm.$n head-norm |
      /usr/bin/time -f %M -o average.$n step-average >out.$n
  done
  [ "$(stream-show --json out.10000 | jq 'select(.type == "average") | .sentences')" -eq 10000 ]
  for stage in trace layer sum norm average; do
    echo "$stage: $(cat $stage.500) kB for 500 sentences, $(cat $stage.10000) kB for 10000"
    [ "$(cat $stage.10000)" -lt "$(($(cat $stage.500) + 4000))" ]
  done
}

@test "pipeline: on a terminal every stage shows text" {
  # script(1) runs its command on a terminal
  terminal() { script -qec "$1" /dev/null </dev/null | tr -d '\r'; }
  cp "$want/plain.ids" in
  extract="trace-extract -m $models/plain --ids in"
  terminal "$extract" >out
  grep -q '^# content: trace' out
  grep -q 'enc.0.self.q: \[[0-9]*, 4\] <f4' out
  terminal "$extract | lrp-layer -l 0" >out
  grep -q '^# content: relevance' out
  grep -q 'site: enc-self.0' out
  run ! env LC_ALL=C grep -aqP '\x28\xb5\x2f\xfd' out
  # in a pipe it is what stream-show makes of it
  $extract | lrp-layer -l 0 | stream-show | diff - out
}
