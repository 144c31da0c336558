#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
load helper

heads() {
  stream-pack >in <<'END'
{"type":"header","content":"heads","model":{"name":"tiny","layers":2}}
{"type":"heads","sentence":7,"site":"enc-self.0","first_step":3,"relevance":[[0.25,0.75],[0.123456789,-1e-9]]}
{"type":"heads","sentence":8,"site":"enc-self.1","first_step":0,"relevance":[[1,0]]}
END
}

@test "stream-show: heads as text, a line for each step" {
  heads
  run stream-show in
  [ "$status" -eq 0 ]
  [ "${lines[0]}" = '# version: 1' ]
  [ "${lines[1]}" = '# content: heads' ]
  [ "${lines[2]}" = '# history: stream-pack' ]
  [ "${lines[3]}" = '# model: name tiny, layers 2' ]
  [ "${lines[4]}" = 'sentence         site  step  relevance of head 0, 1, ...' ]
  [ "${lines[5]}" = '       7   enc-self.0     3        0.25       0.75' ]
  [ "${lines[6]}" = '       7   enc-self.0     4      0.1235     -1e-09' ]
  [ "${lines[7]}" = '       8   enc-self.1     0           1          0' ]
  [ "${#lines[@]}" -eq 8 ]
}

@test "stream-show: an average as text, a line for each head" {
  stream-pack >in <<<'{"type":"average","site":"dec-enc.11","heads":2,"steps":30,"sentences":4,"mean":[0.25,0.75],"low":[0.2,0.7],"high":[0.3,0.8],"error":[0.01,0.02]}'
  run stream-show in
  [ "${lines[3]}" = '        site  head       mean        low       high      error    steps  sentences' ]
  [ "${lines[4]}" = '  dec-enc.11     0       0.25        0.2        0.3       0.01       30          4' ]
  [ "${lines[5]}" = '  dec-enc.11     1       0.75        0.7        0.8       0.02       30          4' ]
}

@test "stream-show: an average without a spread" {
  stream-pack >in <<<'{"type":"average","site":"dec-enc.11","heads":1,"steps":3,"sentences":1,"mean":[0.25]}'
  run stream-show in
  [ "${lines[4]}" = '  dec-enc.11     0       0.25          -          -          -        3          1' ]
  run stream-show --tsv in
  [ "${lines[1]}" = $'dec-enc.11\t11\t0\t0.25\t\t\t\t\t3\t1' ]
}

@test "stream-show: other records as text, small tensors in full, large ones in short" {
  stream-pack >in <<<'{"type":"trace","sentence":0,"source":{"ids":[5,6],"pieces":["▁a","b"]},"values":{"x":[[1,2],[3,4.5]],"y":{"tensor":"<f4","shape":[3,6],"data":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,-5,"nan"]}}}'
  run stream-show in
  [ "${lines[3]}" = 'trace' ]
  [ "${lines[4]}" = '  sentence: 0' ]
  [ "${lines[5]}" = '  source: ' ]
  [ "${lines[6]}" = '    ids: 5 6' ]
  [ "${lines[7]}" = '    pieces: ▁a b' ]
  [ "${lines[9]}" = '    x: [[1, 2], [3, 4.5]]' ]
  [ "${lines[10]}" = '    y: [3, 6] <f4 min -5 max 1 mean 0.6471, 1 NaN or infinite' ]
}

@test "stream-show: text cannot steer a terminal or break a line" {
  stream-pack >in <<<'{"type":"x","site":"a\u001b[2Jb\nc\u009bd"}'
  run pipe 'stream-show -k site in'
  [ "$output" = 'site: a?[2Jb?c?d' ] || [ "$output" = 'site: a?[2Jb?c??d' ]
  run pipe 'stream-show --json -k site in'
  [ "$output" = '{"type":"x","site":"a\u001b[2Jb\nc\u009bd"}' ]
}

@test "stream-show: TSV of heads, exact" {
  heads
  run stream-show --tsv in
  [ "${lines[0]}" = $'sentence\tsite\tstep\thead\trelevance' ]
  [ "${lines[1]}" = $'7\tenc-self.0\t3\t0\t0.25' ]
  [ "${lines[4]}" = $'7\tenc-self.0\t4\t1\t-1e-09' ]
  [ "${lines[3]}" = $'7\tenc-self.0\t4\t0\t0.123456789' ]
  [ "${lines[6]}" = $'8\tenc-self.1\t0\t1\t0' ]
  [ "${#lines[@]}" -eq 7 ]
}

@test "stream-show: TSV of averages, relevance, tokens and traces" {
  stream-pack >in <<'END'
{"type":"average","site":"enc-self.4","heads":1,"steps":3,"sentences":2,"mean":[0.5],"low":[0.25],"high":[0.75],"error":[0.125],"deviation":[1]}
{"type":"relevance","sentence":1,"site":"source","first_step":2,"relevance":[[[1,2],[3,4],[5,6]]]}
{"type":"tokens","sentence":1,"site":"source","first_step":2,"relevance":[[0.5,0.25]],"pieces":["▁a","b"]}
{"type":"trace","sentence":1,"source":{"ids":[9],"pieces":["▁a"]},"target":{"ids":[3,4],"pieces":["x\ty","z"]}}
{"type":"trace","sentence":2,"source":{"ids":{"tensor":"<i4","shape":[1],"data":[8]}}}
END
  run stream-show --tsv in
  [ "${lines[0]}" = $'site\tlayer\thead\tmean\tlow\thigh\terror\tdeviation\tsteps\tsentences' ]
  [ "${lines[1]}" = $'enc-self.4\t4\t0\t0.5\t0.25\t0.75\t0.125\t1\t3\t2' ]
  [ "${lines[2]}" = $'sentence\tsite\tstep\tposition\tneuron\trelevance' ]
  [ "${lines[6]}" = $'1\tsource\t2\t1\t1\t4' ]
  [ "${lines[9]}" = $'sentence\tsite\tstep\tposition\tpiece\trelevance' ]
  [ "${lines[11]}" = $'1\tsource\t2\t1\tb\t0.25' ]
  [ "${lines[12]}" = $'sentence\tside\tposition\tid\tpiece' ]
  [ "${lines[13]}" = $'1\tsource\t0\t9\t▁a' ]
  [ "${lines[14]}" = $'1\ttarget\t0\t3\tx?y' ]
  [ "${lines[16]}" = $'2\tsource\t0\t8\t' ]
  [ "${#lines[@]}" -eq 17 ]
}

@test "stream-show: -k picks keys, and nodes of a trace" {
  stream-pack >in <<<'{"type":"trace","sentence":4,"values":{"enc.0":[[1,2],[3,4]],"enc.1":[[5]]},"ledger":{"start":[2]},"n":3}'
  [ "$(stream-show --json -k enc.0,n in)" = '{"type":"trace","enc.0":[[1,2],[3,4]],"n":3}' ]
  [ "$(stream-show -k enc.0,n in)" = $'enc.0: [[1, 2], [3, 4]]\nn: 3' ]
  run stream-show --tsv -k enc.0,ledger,n in
  [ "${lines[0]}" = $'sentence\tkey\tindex\tvalue' ]
  [ "${lines[3]}" = $'4\tenc.0\t1,0\t3' ]
  [ "${lines[5]}" = $'4\tledger.start\t0\t2' ]
  [ "${lines[6]}" = $'4\tn\t\t3' ]
  fails 2 "option '-k' has an empty key" 'stream-show -k a,,b in'
  for form in '' --json --tsv; do
    for key in nonsense enc.0,nonsense; do
      fails 1 "stream-show: no record that was read has the key 'nonsense'; they have type, format, version, content, history, sentence, values, ledger, n, enc.0, enc.1" \
        "stream-show $form -k $key in"
    done
    run --separate-stderr stream-show $form -q -k enc.0,nonsense in
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    [ -n "$output" ]
  done
  fails 1 "the key 'target.pieces'" 'stream-show -k target.pieces in >/dev/null'
  fails 1 "the key 'none'" 'stream-show -q -k none,nonsense in'
  for i in {1..60}; do printf '%s"key%d":%d' "$([ $i -eq 1 ] || echo ,)" $i $i; done | sed 's/^/{"type":"heads",/; s/$/}/' | stream-pack >many
  fails 1 'key59, key60' 'stream-show -k key0 many'
}

@test "stream-show: --records stops after so many data records, and does not claim an end" {
  heads
  run stream-show --json --records 1 in
  [ "$status" -eq 0 ]
  [ "${#lines[@]}" -eq 2 ]
  [[ ${lines[1]} == '{"type":"heads","sentence":7'* ]]
  [ "$(stream-show --json --records 0 in | wc -l)" -eq 1 ]
  [ "$(stream-show --json --records 2 in | wc -l)" -eq 4 ]
}

@test "stream-show: an empty stream is shown as its header" {
  stream-pack --content heads >in </dev/null
  [ "$(stream-show in)" = $'# version: 1\n# content: heads\n# history: stream-pack --content heads' ]
  [ -z "$(stream-show --tsv in)" ]
}

# Every character that could steer a terminal, split a line or turn text around, and some that may not.
@test "stream-show: no control character reaches a terminal, JSON gives all of them back" {
  /usr/bin/python3 - <<'END'
import json, subprocess, unicodedata
bad = [*range(1, 32), *range(0x7f, 0xa0), *range(0x2028, 0x202f), *range(0x2066, 0x206a), 0xfffe, 0xffff]
good = [0x20, 0x7e, 0xa0, 0x200e, 0x2027, 0x202f, 0x2065, 0x206a, 0xfffd, 0xd7ff, 0xe000, 0x10ffff]
text = "".join(map(chr, bad + good))
lines = [{"type": "header", "content": "x", text: text}, {"type": "x", "site": text, text: {text: [text, 1]}}]
stream = subprocess.run(["stream-pack"], input="\n".join(map(json.dumps, lines)).encode(), stdout=subprocess.PIPE, check=True).stdout
def show(*form): return subprocess.run(["stream-show", *form], input=stream, stdout=subprocess.PIPE, check=True).stdout
for form in [], ["--tsv"], ["--json"]:
    shown = show(*form).decode()
    for c in bad:
        assert chr(c) not in shown or c in b"\t\n", (form, hex(c))
    for c in good:
        assert chr(c) in shown, (form, hex(c))
back = subprocess.run(["stream-pack"], input=show("--json"), stdout=subprocess.PIPE, check=True).stdout
again = subprocess.run(["stream-show", "--json"], input=back, stdout=subprocess.PIPE, check=True).stdout.splitlines()
assert json.loads(again[0])[text] == text
assert json.loads(again[1]) == {"type": "x", "site": text, text: {text: [text, 1]}}, again[1]
END
}

@test "stream-show: help, version, mistakes" {
  heads
  run --separate-stderr stream-show -h
  [ "$status" -eq 0 ]
  [[ ${lines[0]} == 'usage: stream-show '* ]]
  [ -z "$stderr" ]
  run stream-show -V
  [[ $output == 'stream-show (lrpipe '*')' ]]
  fails 2 "unknown option '--xml'" 'stream-show --xml in'
  fails 2 'exclude each other' 'stream-show --json --tsv in'
  fails 2 "option '--records' takes a whole number" 'stream-show --records x in'
}

@test "stream-show: cut streams and full disks are errors" {
  heads
  fails 1 'No space left on device' 'stream-show in >/dev/full'
  fails 1 'No space left on device' 'stream-show --tsv in >/dev/full'
  head -c 150 in >cut
  fails 1 'stream-show: cut: record 2: cut off inside a record' 'stream-show --json cut'
}

# Two segments, three steps at site a: 2 = 1 + 0.5 + 0.5, 4 = 1 + 2 + 0.5 and 0.5 missing, -1 = -1.
ledgers() {
  stream-pack >one <<'END'
{"type":"header","content":"relevance","rule":{"name":"ratio"}}
{"type":"relevance","sentence":0,"site":"a","first_step":0,"relevance":[[[1]],[[1]]],"ledger":{"start":[2,4],"here":[1,1],"elsewhere":[0.5,2],"lost":[9,9],"bias":[0.5,0],"zero":[0,0.5]}}
{"type":"relevance","sentence":0,"site":"A","first_step":0,"relevance":[[[1]]],"ledger":{"start":[1],"here":[0.25],"elsewhere":[0.25],"lost":[0.5],"norm":[0.5],"zero":[0]}}
END
  stream-pack >two <<'END'
{"type":"header","content":"relevance","rule":{"name":"ratio"}}
{"type":"relevance","sentence":1,"site":"a","first_step":7,"relevance":[[[1]]],"ledger":{"start":[-1],"here":[-1],"elsewhere":[0],"lost":[0],"bias":[0],"zero":[0]}}
END
}

@test "stream-show: --ledger, the mean of each term's share of the start, over segments" {
  ledgers
  run --separate-stderr pipe 'cat one two | stream-show --ledger --tsv'
  [ "$status" -eq 0 ]
  [ "${lines[0]}" = $'site\tsteps\there\telsewhere\tbias\tnorm\tzero\tsum\tworst' ]
  # (1/2 + 1/4 + 1) / 3, (1/4 + 1/2) / 3, 1/4 / 3, 1/8 / 3, (1 + 7/8 + 1) / 3
  [ "${lines[1]}" = $'a\t3\t0.5833333333333334\t0.25\t0.08333333333333333\t0\t0.041666666666666664\t0.9583333333333334\t0.125' ]
  [ "${lines[2]}" = $'A\t1\t0.25\t0.25\t0\t0.5\t0\t1\t0' ]
  [ "${#lines[@]}" -eq 3 ]
  [ "$output" = "$(stream-show --ledger --tsv one two)" ]
}

@test "stream-show: --ledger as text" {
  ledgers
  run stream-show --ledger one
  [ "${lines[0]}" = 'site            steps        here   elsewhere        bias        norm        zero         sum       worst' ]
  [ "${lines[1]}" = 'a                   2    0.375000    0.375000    0.125000    0.000000    0.062500    0.937500    1.25e-01' ]
  [ "${lines[2]}" = 'A                   1    0.250000    0.250000    0.000000    0.500000    0.000000    1.000000    0.00e+00' ]
  [ "${#lines[@]}" -eq 3 ]
}

@test "stream-show: --ledger with losses that are not told apart, and a start of 0" {
  stream-pack >in <<<'{"type":"relevance","sentence":0,"site":"a","relevance":[[[1]]],"ledger":{"start":[0,8],"here":[0.25,2],"elsewhere":[-0.25,2],"lost":[0,4]}}'
  run stream-show --ledger --tsv in
  [ "${lines[0]}" = $'site\tsteps\there\telsewhere\tlost\tsum\tworst' ]
  [ "${lines[1]}" = $'a\t2\t0.25\t0\t0.25\t0.5\t0' ]
}

@test "stream-show: --ledger of the real pipeline adds up to the start, whatever the rule loses" {
  head -2 "$ROOT/examples/en-de/dev.en" | trace-extract -p f64 >trace
  steps=$(stream-show --json trace | jq -s 'map(.target.ids // [] | length) | add')
  for rule in magnitude alphabeta gamma cp attnlrp thumt2017 magnitude:bias=absorb,eps=0.01 ratio:eps=0.1; do
    lrp-layer -r $rule -p f64 -l source,all trace | stream-show --ledger --tsv >table
    [ "$(wc -l <table)" -eq 20 ]
    [ "$(cut -f 1 table | sed -n '2p;$p' | tr '\n' ' ')" = 'dec-enc.5 source ' ]
    awk -F '\t' -v steps="$steps" '
      NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
      { total = 0; for (i = 3; i < at["sum"]; i++) total += $i }
      function off(x) { return x > 1 + 1e-6 || x < 1 - 1e-6 }
      off(total) || off($at["sum"]) || $at["worst"] > 1e-6 || $2 != steps { print; bad = 1 }
      END { exit bad }' table || { echo "of $rule"; return 1; }
  done
  # the last rule loses to eps and to biases, and to nothing else
  awk -F '\t' '$1 == "source" { found = $6 > 0.5 && $5 != 0 && $7 == 0 } END { exit !found }' table
}

@test "stream-show: --ledger stops after --records" {
  ledgers
  run stream-show --ledger --tsv --records 1 one two
  [ "${#lines[@]}" -eq 2 ]
  [[ ${lines[1]} == $'a\t2\t0.375\t'* ]]
}

@test "stream-show: --ledger needs ledgers, of one model and rule" {
  heads
  ledgers
  fails 1 "this is a 'heads' stream; stream-show takes 'relevance'" 'stream-show --ledger in'
  stream-pack --content relevance </dev/null >empty
  fails 1 'no ledger came' 'stream-show --ledger empty'
  stream-pack >none <<<'{"type":"relevance","sentence":0,"site":"a","relevance":[[[1]]]}'
  fails 1 'none: record 2: this record has no ledger' 'stream-show --ledger none'
  stream-show --json two | sed 's/ratio/cp/' | stream-pack >other
  fails 1 "rule.name is 'cp' here but 'ratio' in the first header" 'stream-show --ledger one other'
  bad() { # WHAT LEDGER
    stream-pack >bad <<<'{"type":"relevance","sentence":0,"site":"a","relevance":[[[1]]],"ledger":'"$2"'}'
    fails 1 "$1" 'stream-show --ledger bad'
    [ -z "$output" ]
  }
  bad "ledger.here" '{"start":[1,1],"here":[1],"elsewhere":[0,0],"lost":[0,0]}'
  bad "elsewhere" '{"start":[1],"here":[1],"lost":[0]}'
  bad "lost" '{"start":[1],"here":[1],"elsewhere":[0]}'
  bad "ledger.eps" '{"start":[1],"here":[1],"elsewhere":[0],"eps":{"tensor":"<f8","shape":[1],"data":["nan"]}}'
  bad "ledger.start" '{"start":[[1]],"here":[1],"elsewhere":[0],"lost":[0]}'
  bad "ledger" '3'
}

@test "stream-show: --ledger and what does not go with it, cut streams, full disks" {
  ledgers
  fails 2 '--ledger and --json exclude each other' 'stream-show --ledger --json one'
  fails 2 '--ledger and -k exclude each other' 'stream-show --ledger -k site one'
  head -c -3 one >cut
  fails 1 'cut off' 'stream-show --ledger cut'
  [ -z "$output" ]
  fails 1 'No space left on device' 'stream-show --ledger one >/dev/full'
}

@test "stream-show: --ledger keeps no relevance" {
  limits_memory
  jq -nc '{type:"relevance",sentence:0,site:"a",relevance:[range(10)|[range(100)|[range(64)]]],ledger:{start:[range(10)|1],here:[range(10)|1],elsewhere:[range(10)|0],lost:[range(10)|0]}}' | stream-pack >one
  for i in $(seq 300); do cat one; done >many # 150 MB of relevance
  run bash -c 'ulimit -v 32000; stream-show --ledger --tsv many'
  [ "${lines[1]}" = $'a\t3000\t1\t0\t0\t1\t0' ]
}
