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
}

@test "stream-show: -n stops after so many data records, and does not claim an end" {
  heads
  run stream-show --json -n 1 in
  [ "$status" -eq 0 ]
  [ "${#lines[@]}" -eq 2 ]
  [[ ${lines[1]} == '{"type":"heads","sentence":7'* ]]
  [ "$(stream-show --json -n 0 in | wc -l)" -eq 1 ]
  [ "$(stream-show --json -n 2 in | wc -l)" -eq 4 ]
}

@test "stream-show: an empty stream is shown as its header" {
  stream-pack -c heads >in </dev/null
  [ "$(stream-show in)" = $'# version: 1\n# content: heads\n# history: stream-pack -c heads' ]
  [ -z "$(stream-show --tsv in)" ]
}

@test "stream-show: bytes that are no UTF-8 do not break JSON" {
  /usr/bin/python3 -c '
import sys, msgpack, zstandard
zstd = zstandard.ZstdCompressor(write_checksum=True)
for r in {"type": "header", "format": "lrpipe", "version": 1, "content": "x"}, {"type": "x", "k": "X"}, {"type": "end", "records": 1}:
    sys.stdout.buffer.write(zstd.compress(msgpack.packb(r).replace(b"X", b"\xff")))' >in
  [ "$(stream-show --json -k k in | jq -r .k)" = $'\ufffd' ]
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
  fails 2 "option '-n' takes a whole number" 'stream-show -n x in'
}

@test "stream-show: cut streams and full disks are errors" {
  heads
  fails 1 'No space left on device' 'stream-show in >/dev/full'
  fails 1 'No space left on device' 'stream-show --tsv in >/dev/full'
  head -c 150 in >cut
  fails 1 'stream-show: cut: record 2: cut off inside a record' 'stream-show --json cut'
}
