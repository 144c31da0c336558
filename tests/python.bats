#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# examples/python/lrpipe.py reads and writes what the programs do, and refuses what they refuse.
load helper

export PYTHONPATH=$ROOT/examples/python

setup_file() {
  cd "$BATS_FILE_TMPDIR"
  export STREAMS=$PWD
  head -n 2 "$ROOT/examples/en-de/dev.en" | trace-extract >trace
  head-carry -l 4,dec-enc.1 trace >heads
  head-carry -l 4 --steps 3 trace >drawn
  lrp-layer -l source trace >relevance
  token-sum relevance >tokens
  step-average heads >average
  step-loss trace >losses
}

# COMMAND: in Python, with the module, as a program that is called program.py.
python() {
  { echo 'import sys, lrpipe, numpy'; echo 'with lrpipe.messages():'; sed 's/^/    /' <<<"$1"; } >program.py
  /usr/bin/python3 program.py
}

# end OF FILE: where its last frame begins, the end record.
end_of() {
  /usr/bin/python3 -c 'import sys; print(open(sys.argv[1], "rb").read().rindex(b"\x28\xb5\x2f\xfd"))' "$1"
}

@test "python: what is read and written again is the same stream, of every content" {
  python '
import os
for name in "trace heads drawn relevance tokens average losses".split():
    header, *records = lrpipe.records(os.path.join(os.environ["STREAMS"], name))
    lrpipe.write(name, header["content"], records, header)'
  for name in trace heads drawn relevance tokens average losses; do
    stream-diff "$STREAMS/$name" $name || { echo $name; return 1; }
    [ "$(stream-show --json --records 0 $name | jq -r '.history[-1] // empty')" = program.py ]
  done
  [ "$(ls ./*.part 2>/dev/null)" = '' ]
}

@test "python: all types of tensors, several segments, lines that were left out, a pipe" {
  stream-pack >in <<'END'
{"type":"header","content":"heads"}
{"type":"skipped","sentence":0,"reason":"blank"}
{"type":"heads","sentence":1,"f2":{"tensor":"<f2","shape":[2],"data":[0.5,-2]},"i8":{"tensor":"<i8","shape":[1],"data":[4611686018427387905]},"none":{"tensor":"<f8","shape":[2,0],"data":[]},"scalar":{"tensor":"<f8","shape":[],"data":[3.5]},"i4":{"tensor":"<i4","shape":[1,2],"data":[7,-8]},"text":"ä","bytes":{"bin":"00ff"},"list":[true,null,{"a":1.5}]}
END
  python '
header, *records = lrpipe.records(sys.stdin.buffer)
assert records[1]["f2"].dtype == "<f2" and records[1]["i8"][0] == 2**62 + 1 and records[1]["none"].shape == (2, 0)
lrpipe.write(sys.stdout.buffer, "heads", records, header)' <in | stream-diff in -
  cat in in >two
  [ "$(python '
print([r["type"] for r in lrpipe.records("two")])')" = "['header', 'skipped', 'heads', 'header', 'skipped', 'heads']" ]
  # halves that numpy lacks
  stream-pack >bf16 <<<'{"type":"heads","x":{"tensor":"bf16","shape":[2],"data":[1.5,-0.0078125]}}'
  [ "$(python 'print([r["x"].tolist() for r in lrpipe.records("bf16") if "x" in r])')" = '[[1.5, -0.0078125]]' ]
  # numbers of numpy, and arrays that lie otherwise
  python '
x = numpy.arange(6, dtype=">f4").reshape(2, 3).T
lrpipe.write("out", "heads", [dict(sentence=numpy.int64(3), relevance=x)])'
  [ "$(stream-show --json out | jq -c 'select(.type == "heads") | [.sentence, .relevance.data]')" = '[3,[[0,3],[1,4],[2,5]]]' ]
}

@test "python: arrays are the columns of stream-show --tsv" {
  python '
import csv, os, subprocess
for name in "heads drawn relevance tokens average losses".split():
    path = os.path.join(os.environ["STREAMS"], name)
    a = lrpipe.arrays(path)
    text = subprocess.run(["stream-show", "--tsv", path], stdout=subprocess.PIPE, check=True, encoding="utf-8").stdout
    rows = list(csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))
    assert rows and set(rows[0]) <= set(a), (name, list(a))
    for key in rows[0]:
        want = [r[key] for r in rows]
        assert [str(x) for x in a[key]] == want or a[key].dtype.kind == "f" and numpy.array_equal(a[key], numpy.array(want, a[key].dtype)), (name, key)
    print(name, len(rows))'
  # an average of one sentence has no interval; of two of different layers the columns go on
  stream-pack >one <<'END'
{"type":"header","content":"average"}
{"type":"average","site":"enc-self.0","mean":[1,2],"low":[0,1],"steps":5,"sentences":1}
{"type":"average","site":"enc-self.11","mean":[3],"steps":5,"sentences":1}
END
  [ "$(python '
for k, v in lrpipe.arrays("one").items(): print(k, *v)')" = 'site enc-self.0 enc-self.0 enc-self.11
layer 0 0 11
head 0 1 0
mean 1.0 2.0 3.0
low 0.0 1.0 nan
steps 5 5 5
sentences 1 1 1' ]
  fails 1 "records of 'trace' are no table; read them with records()" "$(declare -f python); python 'lrpipe.arrays(\"$STREAMS/trace\")'"
  mkdir stand-in && echo 'DataFrame = lambda columns: sorted(columns)' >stand-in/pandas.py
  [ "$(PYTHONPATH=$PYTHONPATH:stand-in python 'print(lrpipe.frame("one"))')" = "['head', 'layer', 'low', 'mean', 'sentences', 'site', 'steps']" ]
}

@test "python: a stream that is cut, flipped or none is an exception that says where" {
  reading="$(declare -f python); python 'for r in lrpipe.records(sys.argv[1] if len(sys.argv) > 1 else \"in\"): print(r[\"type\"])'"
  last=$(stream-show --json "$STREAMS/tokens" | wc -l) # the number of the end record
  head -c -3 "$STREAMS/tokens" >in
  fails 1 "program.py: in: record $last: cut off inside a record" "$reading"
  [ "${#lines[@]}" -eq $((last - 1)) ]
  head -c "$(end_of "$STREAMS/tokens")" "$STREAMS/tokens" >in
  fails 1 "program.py: in: the stream ends behind record $((last - 1)) without its end record: the program before it failed" "$reading"
  head -c 500 "$STREAMS/trace" >in
  fails 1 'program.py: in: record 1: cut off inside a record' "$reading"
  head -c 10 "$STREAMS/trace" >in
  fails 1 'program.py: in: record 1: cut off inside a record' "$reading"
  : >in
  fails 1 'program.py: in: empty: no stream came in' "$reading"
  echo '{"type":"header"}' >in
  fails 1 'program.py: in: record 1: not an lrpipe stream (no zstd frame)' "$reading"
  echo hello | zstd -q --no-check >in
  fails 1 'without its content size or checksum' "$reading"
  (head -c "$(end_of "$STREAMS/tokens")" "$STREAMS/tokens"; cat "$STREAMS/tokens") >in
  fails 1 "record $last: a header before the end record of the segment before it" "$reading"
  # every byte of a small stream flipped, and every place at which it can end
  stream-pack >in <<<'{"type":"heads","sentence":0,"site":"enc-self.0","first_step":0,"relevance":[[3,-1]]}'
  python '
import io
data, found = open("in", "rb").read(), set()
want = [str(r) for r in lrpipe.records("in")]
for i in range(len(data)):
    for bad in (data[:i], data[:i] + bytes([data[i] ^ 4]) + data[i + 1:]):
        try:
            if [str(r) for r in lrpipe.records(io.BytesIO(bad))] != want:
                print("wrong records", i)
        except lrpipe.StreamError as e:
            found.add(str(e))
assert len(found) > 5, found' >said
  [ ! -s said ] || { cat said; return 1; }
}

@test "python: a key that comes twice, an end that counts wrong, another version" {
  python 'lrpipe.write("in", "heads", [dict(x=1)])'
  make() { # PYTHON: records, packed as they are
    /usr/bin/python3 -c "
import msgpack, sys, zstandard
put = lambda b: sys.stdout.buffer.write(zstandard.ZstdCompressor(write_checksum=True, write_content_size=True).compress(b))
header = dict(type='header', format='lrpipe', version=1, content='heads')
$1" >in
  }
  reading="$(declare -f python); python 'list(lrpipe.records(\"in\"))'"
  make 'put(msgpack.packb(header)); put(b"\x82\xa4type\xa1x\xc4\x04type\xa1y")'
  fails 1 'record 2: not a record of this format: a key comes twice in a map' "$reading"
  make 'put(msgpack.packb(header)); put(msgpack.packb(dict(type="end", records=1)))'
  fails 1 'record 2: the end record counts 1 records, not 0' "$reading"
  make 'put(msgpack.packb(dict(header, version=2)))'
  fails 1 'record 1: format lrpipe, version 2, not lrpipe 1' "$reading"
  make 'put(msgpack.packb(header)); put(msgpack.packb(7))'
  fails 1 'record 2: not a record of this format' "$reading"
  make 'put(msgpack.packb(header) + b"\x01")'
  fails 1 'record 1: not a record of this format' "$reading"
}

@test "python: a failure while writing leaves no stream, and travels down a pipe" {
  cp "$STREAMS/average" out
  failing='
def records():
    yield dict(sentence=0)
    raise lrpipe.StreamError("what was wrong")
'
  fails 1 'program.py: what was wrong' "$(declare -f python); python '${failing}lrpipe.write(\"out\", \"heads\", records())'"
  cmp out "$STREAMS/average"
  [ ! -e out.part ]
  fails 1 'stream-show: <stdin>: ' "true | stream-show"
  run --separate-stderr bash -c "$(declare -f python); python '${failing}lrpipe.write(sys.stdout.buffer, \"heads\", records())' | stream-show; echo \${PIPESTATUS[*]}"
  [ "$stderr" = 'program.py: what was wrong' ]
  [ "${lines[-1]}" = '1 1' ]
  fails 1 'program.py: ' "$(declare -f python); python 'lrpipe.write(sys.stdout.buffer, \"heads\", lrpipe.records(\"none\"))' >in"
  fails 1 "stream-show: in: program.py failed: " 'stream-show in'
  fails 1 'a record cannot hold an array of bool; make it float64 or int64 with astype()' \
    "$(declare -f python); python 'lrpipe.write(\"out\", \"heads\", [dict(x=numpy.zeros(2, bool))])'"
}

@test "python: file tells what a stream is, and zstd's other files apart" {
  known() { file -b -m "$ROOT/lib/stream/magic" "$1"; }
  for name in trace heads relevance tokens average losses; do
    [ "$(known "$STREAMS/$name")" = "lrpipe stream version 1, $name" ] || { known "$STREAMS/$name"; return 1; }
  done
  python 'lrpipe.write("ours", "means", [])'
  [ "$(known ours)" = 'lrpipe stream version 1, means' ]
  head-carry -z 3 -l 4 "$STREAMS/trace" >small
  [ "$(zstd -dc small | file -b -m "$ROOT/lib/stream/magic" -)" = 'lrpipe stream version 1, heads' ]
  echo 'lrpipe stream' | zstd -q >other
  [ "$(known other)" = data ]
  # behind the magic of a user, and beside the system's
  cp "$ROOT/lib/stream/magic" .magic
  [ "$(file -b "$STREAMS/heads")" = 'lrpipe stream version 1, heads' ]
  [[ $(file -b other) == 'Zstandard compressed data'* ]]
}
