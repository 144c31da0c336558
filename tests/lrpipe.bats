#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What the pipelines share: pipelines/lrpipe.bash.
load helper

PATH=$ROOT/pipelines:$PATH
dev=$ROOT/examples/en-de/dev.en
pipelines='head-relevance head-ablate ablation-plot token-relevance token-map text-translate text-bleu'

@test "pipelines: -h, --help, -V, --version and -q in all; a mistake is one line and exit 2" {
  for p in $pipelines; do
    for option in -h --help -qh; do
      run --separate-stderr $p $option
      [ "$status" -eq 0 ]
      [[ $output == "usage: $p "* && $output == *$'\n  -q '* ]]
      [ -z "$stderr" ]
    done
    [ "$($p -V)" = "$(lrp-layer -V | sed "s/^lrp-layer/$p/")" ]
    [ "$($p --version)" = "$($p -V)" ]
    for wrong in -x --nonsense --nonsense=1 -qx; do
      fails 2 'unknown option' "$p $wrong"
      [ "${#stderr_lines[@]}" -eq 1 ]
      [[ $stderr == "$p: unknown option '-"*"'; see $p -h" ]]
    done
    fails 1 'No space left on device' "$p -h >/dev/full"
  done
}

@test "pipelines: -r list and -l list" {
  for p in head-relevance head-ablate token-relevance token-map; do
    $p -r list | cmp - <(lrp-layer -r list)
  done
  head-relevance -l list | sort >sites
  [ "$(wc -l <sites)" -eq 18 ]
  grep -qx enc-self.5 sites
  head-ablate -l list | sort | cmp - sites
  head-relevance -m "$ROOT/tests/data/models/plain" -l list | grep -c enc-self | grep -qx "$(jq .encoder_layers "$ROOT/tests/data/models/plain/config.json")"
}

@test "pipelines: options in clusters, long ones with = or a word, operands in between" {
  head -n 2 "$dev" >text
  head-relevance -a -l 4 -r cp -p f64 text >want
  head-relevance text -aqrcp -l4 -p f64 | stream-diff - want
  text-translate --mask enc-self.2:0 text >want
  text-translate text --mask=enc-self.2:0 | cmp - want
}

@test "pipelines: settings of the user's GNU parallel have no effect" {
  head -n 70 "$dev" >text
  text-translate text >want
  head-relevance -l 4 text >shares
  for settings in --tag -u '--shuf' '--results out' '--pipe' '--dry-run' '-j 1 --nonsense'; do
    PARALLEL=$settings text-translate -j 2 text | cmp - want
  done
  PARALLEL='--tag --shuf' head-relevance -j 2 -l 4 text | cmp - shares
  mkdir -p .parallel settings xdg/parallel
  echo --tag | tee .parallel/config settings/config xdg/parallel/config >.parallelrc
  PARALLEL_HOME=$PWD/settings XDG_CONFIG_HOME=$PWD/xdg PARALLEL_SHELL=/bin/false text-translate -j 2 text | cmp - want
  [ ! -e out ]
  [ "$(ls -A .parallel settings | tr '\n' ' ')" = '.parallel: config  settings: config ' ]
}

@test "pipelines: another program of the name parallel is told from GNU's" {
  mkdir fake
  # as moreutils' answers to an option that it does not have
  printf '#!/bin/sh\necho "parallel [OPTIONS] command -- arguments" >&2\nexit 1\n' >fake/parallel
  chmod +x fake/parallel
  for p in 'head-relevance -l 4' text-translate; do
    fails 1 "needs GNU parallel, and '$PWD/fake/parallel' is another program; install the package parallel" "PATH=$PWD/fake:\$PATH $p -j 2 $dev"
    [ "${#stderr_lines[@]}" -eq 1 ]
    [ -z "$output" ]
  done
}

@test "pipelines: several files are one text, whatever their last line ends with" {
  head -n 20 "$dev" >a
  sed -n 21,50p "$dev" | head -c -1 >b
  sed -n 51,70p "$dev" >c
  head -n 70 "$dev" >text
  for j in 1 2; do
    text-translate -j $j a b c | cmp - <(text-translate text)
    head-relevance -a -l 4 -j $j a b - <c >three
    stream-diff three <(head-relevance -a -l 4 text)
  done
  fails 1 "cannot read 'nothing'" 'head-relevance a nothing'
}

@test "pipelines: a message names the user's file and line" {
  { head -n 35 "$dev"; yes word | head -n 600 | paste -sd ' '; sed -n 37,40p "$dev"; } >text
  head -n 40 "$dev" >first
  for j in 1 2; do
    for p in "head-relevance -l 4 -j $j" "text-translate -j $j"; do
      fails 1 'trace-extract: text: line 36: ' "$p text"
      [ "${#stderr_lines[@]}" -eq 1 ]
      fails 1 'trace-extract: text: line 36: ' "$p first text first"
      [ "${#stderr_lines[@]}" -eq 1 ]
      fails 1 'trace-extract: <stdin>: line 36: ' "$p <text"
      [ -z "$output" ]
    done
  done
  # in the stream too: the numbers of sentences go on
  tail -n +33 first | trace-extract --first-line 33 | stream-show --json | jq -r 'select(.type == "trace").sentence' | cmp - <(seq 32 39)
  fails 2 'first-line takes 1 or more' 'trace-extract --first-line 0 </dev/null'
}

@test "pipelines: the first cause is the message, warnings of stages come through" {
  mkdir fake
  cat >fake/head-carry <<'END'
#!/bin/bash
echo 'head-carry: a warning' >&2
"$BIN/head-carry" "$@" && echo 'head-carry: another warning' >&2
END
  printf '#!/bin/bash\necho "head-norm: the cause" >&2\nexit 3\n' >fake/head-norm
  chmod +x fake/*
  head -n 2 "$dev" >text
  PATH=$PWD/fake:$PATH
  fails 1 'cause' 'head-relevance -l 4 text'
  [ "$stderr" != "${stderr/a warning/}" ] || [[ $stderr == 'head-norm: the cause' ]]
  [ "$(grep -c . <<<"${stderr/head-carry: a warning/}" || true)" -le 2 ]
  [[ $stderr != *step-average* && $stderr != *'another'* ]]
  rm fake/head-norm
  head-relevance -l 4 text >table 2>messages
  diff messages <(printf 'head-carry: %s warning\n' a another)
  [ -s table ]
  # one that was killed
  printf '#!/bin/bash\nkill -KILL $$\n' >fake/head-norm
  chmod +x fake/head-norm
  fails 1 'head-relevance: head-norm was ended by signal 9' 'head-relevance -l 4 text'
  [[ $stderr != *step-average* ]]
}

@test "pipelines: --skip, --skip-cut, -p and --max-leak go to the stages that know them" {
  mkdir fake
  cat >fake/trace-extract <<'END'
#!/bin/bash
printf '%s\n' "$*" >>"$HOME/trace"
exec "$BIN/trace-extract" "$@"
END
  for stage in head-carry lrp-layer; do
    printf '#!/bin/bash\nprintf "%%s\\n" "$*" >>"$HOME/%s"\nexec "$BIN/%s" "$@"\n' $stage $stage >fake/$stage
  done
  chmod +x fake/*
  PATH=$PWD/fake:$PATH
  head -n 2 "$dev" >text
  given() { diff <(cat "$1") - && rm trace; }
  head-relevance -l 4 --skip --skip-cut -p f64 text >/dev/null
  given trace <<<'--skip --skip-cut -p f64 -- text'
  [ "$(head -n 1 head-carry)" = '-l 4 -p f64' ]
  head-relevance -l 4 --skip -j 2 text >/dev/null
  given trace <<<'--skip --first-line 1'
  head-relevance -l 4 --backward --max-leak 0.5 text >/dev/null
  [ "$(tail -n 1 lrp-layer)" = '-l 4 --max-leak 0.5' ]
  rm trace
  fails 1 'relevance is missing' 'head-relevance -l 4 --backward --max-leak=0.001 -r alphabeta:bias=absorb text'
  text-translate -q --skip --skip-cut -p f64 text >/dev/null
  tail -n 1 trace | grep -qx -e '-k none -p f64 -q --skip --skip-cut --'
  token-map --skip --skip-cut -p f64 --max-leak 0.5 'a b' >/dev/null
  [ "$(tail -n 1 trace)" = '-p f64 --skip --skip-cut' ]
  [[ $(tail -n 1 lrp-layer) == *'-p f64 --max-leak 0.5' ]]
  # a pair is no source: with --skip it is left out, and its line stays
  printf 'Close the window.\na\tb\nClose the window.\n' >pair
  text-translate --skip pair >got 2>messages
  printf '%s\n' 'Schließen Sie das Fenster.' '' 'Schließen Sie das Fenster.' | cmp - got
  [ "$(cat messages)" = 'trace-extract: lines left out: 1 (1 several tabs)' ]
}

@test "pipelines: a line without a sentence keeps its place in a translation" {
  mkdir fake
  cat >fake/trace-extract <<'END'
#!/bin/bash
# leaves out the sentences 0, 3 and 4
"$BIN/trace-extract" "$@" | stream-show --json |
  jq -c 'if .type == "trace" and ([.sentence] | inside([0, 3, 4])) then {type: "skipped", sentence, reason: "too long"} else . end' | stream-pack
END
  chmod +x fake/trace-extract
  head -n 5 "$dev" >text
  text-translate text | sed '1s/.*//; 4,5s/.*//' >want
  PATH=$PWD/fake:$PATH text-translate text | cmp - want
}

# ended SIGNAL STATUS COMMAND: a signal to the script alone ends all of it, with that status.
ended() {
  mkdir -p tmp
  TMPDIR=$PWD/tmp setsid env --default-signal=INT,PIPE bash -c "exec $3" >out 2>messages &
  local pid=$! status=0
  for ((i = 0; i < 4000; i++)); do
    [ "$(ps -o comm= --sid $pid | grep -c trace-extract)" -eq 0 ] || break
    sleep 0.05
  done
  [ "$i" -lt 4000 ]
  kill "-$1" $pid
  wait $pid || status=$?
  ps -o stat=,args= --sid $pid | grep -v '^Z' >left || true
  [ "$status" -eq "$2" ] && [ ! -s left ] && [ ! -s out ] && [ -z "$(ls -A tmp)" ] && [ ! -s messages ] ||
    { echo "$3: status $status"; cat left messages; ls -A tmp; return 1; }
}

@test "pipelines: a signal to the script alone ends its programs, and leaves no folder" {
  for i in 1 2 3 4 5 6; do cat "$dev"; done >text
  ended TERM 143 'head-relevance -l all -j 2 -a text'
  ended INT 130 'head-relevance -l all -a text'
  ended HUP 129 'head-relevance -l all --backward -a text'
  ended PIPE 141 'head-relevance -l all -j 2 -a text'
  ended TERM 143 'text-translate -j 2 text'
  ended INT 130 'token-relevance <text'
  ended TERM 143 'token-map -o a.svg <text'
  [ ! -e a.svg ]
}

@test "pipelines: progress on a terminal, and a failure there is one message" {
  cp "$dev" text
  script -qec 'head-relevance -l all text >table' /dev/null >screen
  grep -q 'trace-extract: [0-9]* of 100 sentences, .*/s, [0-9]* s left' screen
  [ "$(grep -c '^enc-self' table)" -eq 6 ]
  script -qec 'head-relevance -q -l 4 text >table' /dev/null >screen
  [ ! -s screen ]
  # of workers, and of several files, one place counts the sentences
  head -n 40 text >forty
  script -qec 'head-relevance -l all -j 2 forty >two' /dev/null >screen
  grep -q 'head-relevance: [0-9]* of 40 sentences, [0-9.]*/s' screen
  [ "$(grep -c '^enc-self' two)" -eq 6 ]
  script -qec 'head-relevance -q -l 4 -j 2 forty >two' /dev/null >screen
  [ ! -s screen ]
  head-relevance -l 4 -j 2 forty 2>err | cmp - two
  [ ! -s err ]
  head -n 20 text >first && tail -n +21 forty >rest
  script -qec 'head-relevance -l all first rest >two' /dev/null >screen
  grep -q 'head-relevance: [0-9]* of 40 sentences, [0-9.]*/s' screen
  script -qec 'head-relevance -q -l foo text; echo status $?' /dev/null >screen
  [ "$(wc -l <screen)" -eq 2 ]
  grep -q "^head-carry: .* no site 'foo'" screen
  grep -q '^status 2' screen
  printf 'a\0b\n' >nul
  script -qec 'head-relevance -j 2 -l 4 nul' /dev/null >screen || true
  sed 's/.*\x1b\[K//' screen | grep -q '^trace-extract: nul: line 1: a NUL byte; is this text?'
  script -qec 'head-relevance -l 4 nul' /dev/null >screen || true
  grep -q '^trace-extract: nul: line 1: a NUL byte; is this text?' screen
  [ "$(wc -l <screen)" -eq 1 ]
}
