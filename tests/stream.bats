#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The stream format: what is written, what is read, and that nothing but a whole stream is.
load helper

# A stream of two records with tensors that compress, in the file `in`.
two_records() {
  stream-pack >in <<'END'
{"type":"heads","sentence":0,"site":"enc-self.0","first_step":0,"relevance":[[0.25,0.75],[0.125,0.875]]}
{"type":"heads","sentence":1,"site":"enc-self.0","first_step":0,"relevance":[[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1]]}
END
}

# python CODE: msgpack, numpy, zstd and msgpack_numpy are imported; put() writes a frame of bytes.
python() {
  /usr/bin/python3 - <<END
import sys, msgpack, msgpack_numpy, numpy, zstandard
zstd = zstandard.ZstdCompressor(write_checksum=True, write_content_size=True)
def put(data): sys.stdout.buffer.write(zstd.compress(data))
def pack(**keys): return msgpack.packb(keys, default=msgpack_numpy.encode)
def header(**keys): put(pack(**dict(dict(type="header", format="lrpipe", version=1, content="heads"), **keys)))
def end(n, **keys): put(pack(type="end", records=n, **keys))
$1
END
}

# rejects TEXT CODE: the stream that the Python code writes is refused with TEXT, with status 1.
rejects() {
  python "$2" >bad
  fails 1 "$1" 'stream-show bad'
}

@test "stream: each truncation is an error" {
  two_records
  size=$(stat -c %s in)
  for ((n = 0; n < size; n++)); do
    head -c "$n" in >cut
    run stream-show cut
    [ "$status" -eq 1 ] || { echo "cut to $n of $size bytes: status $status"; return 1; }
  done
  [ "$size" -gt 300 ]
}

@test "stream: each flipped bit is an error" {
  two_records
  /usr/bin/python3 - <<'END'
import subprocess
data = open("in", "rb").read()
for i in range(8 * len(data)):
    bad = bytearray(data)
    bad[i // 8] ^= 1 << i % 8
    p = subprocess.run(["stream-show"], input=bad, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert p.returncode == 1, "bit %d of byte %d: status %d" % (i % 8, i // 8, p.returncode)
END
}

@test "stream: cut at the end of a record, the end record is missed" {
  two_records
  /usr/bin/python3 -c '
data = open("in", "rb").read()
open("cut", "wb").write(data[:data.rindex(b"\x28\xb5\x2f\xfd")])'
  fails 1 'cut: the stream ends without its end record: the program before it failed' 'stream-show cut'
}

@test "stream: cut inside a record" {
  two_records
  truncate -s -1 in
  fails 1 'stream-show: in: record 4: cut off inside a record' 'stream-show in'
}

@test "stream: empty input is an error that says where to look" {
  fails 1 'stream-show: <stdin>: empty: no stream came in; look at the program before it' 'true | stream-show'
}

@test "stream: text, random bytes and other zstd data are no streams" {
  fails 1 'not an lrpipe stream (no zstd frame)' 'echo "{\"type\":\"header\"}" | stream-show'
  fails 1 'not an lrpipe stream' "/usr/bin/python3 -c 'import random; random.seed(1); import sys; sys.stdout.buffer.write(random.randbytes(5000))' | stream-show"
  fails 1 'without its content size' 'echo hello | zstd -q | stream-show'
  echo hello >hello
  fails 1 'not a MessagePack map' 'zstd -qc hello | stream-show'
  fails 1 'without a checksum' 'zstd -qc --no-check hello | stream-show'
}

@test "stream: two streams in a row are one stream" {
  two_records
  same '{"type":"heads","sentence":0,"site":"enc-self.0","first_step":0,"relevance":[[0.5,0.5]]}
{"type":"heads","sentence":0,"site":"enc-self.0","first_step":0,"relevance":[[0.5,0.5]]}' \
    'echo "{\"type\":\"heads\",\"sentence\":0,\"site\":\"enc-self.0\",\"first_step\":0,\"relevance\":[[0.5,0.5]]}" | stream-pack >a; cat a a'
  [ "$(cat in in in | stream-show --json | jq -c 'select(.type == "heads") | .sentence' | tr -d '\n')" = 010101 ]
  [ "$(stream-show --json in in in | grep -c '"type":"end","records":2')" = 3 ]
}

@test "stream: a segment that was cut is found before the next one" {
  two_records
  /usr/bin/python3 -c '
data = open("in", "rb").read()
open("bad", "wb").write(data[:data.rindex(b"\x28\xb5\x2f\xfd")] + data)'
  fails 1 'record 4: a header before the end record of the segment before it' 'stream-show bad'
}

@test "stream: a file that is missing is an error before anything is written" {
  two_records
  fails 1 "cannot open 'none': No such file or directory" 'stream-show in none'
  [ -z "$output" ]
}

@test "stream: large frames of Python's, with a window of their own, and every type of tensor" {
  python '
header()
put(pack(type="heads", big=numpy.arange(1000000, dtype="<f8"), f2=numpy.array([0.5, -2], "<f2"),
         f4=numpy.array([[1.5]], "<f4"), i4=numpy.array([7, -8], "<i4"), i8=numpy.array([2**62 + 1], "<i8"),
         scalar=numpy.array(3.5), none=numpy.zeros((2, 0))))
end(1)' >theirs
  run pipe 'stream-show --json -k f2,f4,i4,i8,scalar,none theirs | tail -n 1'
  [ "$output" = '{"type":"heads","f2":{"tensor":"<f2","shape":[2],"data":[0.5,-2]},"f4":{"tensor":"<f4","shape":[1,1],"data":[[1.5]]},"i4":{"tensor":"<i4","shape":[2],"data":[7,-8]},"i8":{"tensor":"<i8","shape":[1],"data":[4611686018427387905]},"scalar":{"tensor":"<f8","shape":[],"data":[3.5]},"none":{"tensor":"<f8","shape":[2,0],"data":[]}}' ]
  [ "$(stream-show --tsv -k big theirs | tail -n 1)" = $'\tbig\t999999\t999999' ]
}

@test "stream: a header of another format or version is refused" {
  rejects 'version 2; this stream-show reads version 1' 'header(version=2); end(0)'
  rejects "format 'other', not 'lrpipe'" 'header(format="other"); end(0)'
  rejects "no key 'content' in 'header'" 'put(pack(type="header", format="lrpipe", version=1)); end(0)'
  rejects "key 'version' in 'header' is not a whole number" 'header(version="1"); end(0)'
}

@test "stream: records out of order are refused" {
  rejects "record 1: a 'heads' record where a header should begin" 'put(pack(type="heads")); end(1)'
  rejects "record 3: a 'heads' record where a header should begin" 'header(); end(0); put(pack(type="heads"))'
  rejects 'counts 2 records, but 1 came' 'header(); put(pack(type="heads")); end(2)'
  rejects 'the hash of the records is' 'header(); end(0, hash="0123456789abcdef")'
  rejects "no key 'records'" 'header(); put(pack(type="end"))'
}

@test "stream: records that are no map of strings are refused" {
  rejects 'not a MessagePack map' 'put(msgpack.packb([1, 2]))'
  rejects "without its 'type'" 'put(msgpack.packb({}))'
  rejects "without its 'type'" 'put(msgpack.packb({"type": 1}))'
  rejects 'whose key is not a string' 'header(); put(msgpack.packb({"type": "heads", "x": {1: 2}}))'
  rejects '1 bytes behind its map' 'header(); put(pack(type="heads") + b"\x00")'
  rejects 'it ends inside a value' 'header(); put(pack(type="heads", x=1.5)[:-1])'
  rejects 'extension' 'header(); put(pack(type="heads", x=msgpack.ExtType(5, b"abc")))'
  rejects 'extension' 'header(); put(b"\x82\xa4type\xa5heads\xa1x\xc1")'
  rejects 'zero byte' 'put(pack(type="hea\0ds"))'
}

@test "stream: deep nesting and huge counts are refused before memory is taken" {
  rejects 'nested more than 30 deep' 'header(); put(b"\x82\xa4type\xa5heads\xa1x" + 100000 * b"\x91" + b"\x00")'
  rejects 'a count of 4294967295' 'header(); put(b"\x82\xa4type\xa5heads\xa1x\xdd\xff\xff\xff\xff\x00")'
  rejects 'a count of 4294967295' 'header(); put(b"\xdf\xff\xff\xff\xff\xa4type\xa5heads")'
  rejects 'it ends inside a value' 'header(); put(b"\x82\xa4type\xa5heads\xa1x\xc6\xff\xff\xff\xff\x00")'
  rejects 'more than 4194304 objects' 'header(); put(b"\x82\xa4type\xa5heads\xa1x\xdd\x00\x50\x00\x00" + 0x500000 * b"\xc0")'
}

@test "stream: a tensor whose shape and data disagree is no tensor" {
  tensor='lambda **k: {**{b"nd": True, b"type": "<f8", b"kind": "", b"shape": [1, 2], b"data": 16 * b"\0"}, **{a.encode(): b for a, b in k.items()}}'
  for wrong in 'shape=[3]' 'shape=[1, 3]' 'shape=[-1, 2]' 'shape=[2**63, 2**63]' 'shape=[2**32, 2**32]' 'shape=9*[1]' \
    'shape="x"' 'shape=[1.5]' 'data=15*b"\0"' 'data=b""' 'data="x"' 'type="<f3"' 'type="<f8<f8"' 'type=""' 'nd=False' 'kind="V"'; do
    python "header(); put(msgpack.packb({'type': 'heads', 'site': '4', 'sentence': 0, 'first_step': 0, 'relevance': ($tensor)($wrong)})); end(1)" >bad
    fails 1 "key 'relevance' in 'heads' is not a tensor" 'head-norm bad' || { echo "$wrong"; return 1; }
    stream-show bad >shown && stream-show --json bad >>shown && stream-show --tsv bad >>shown
  done
  python "header(); put(msgpack.packb({'type': 'heads', 'site': '4', 'sentence': 0, 'first_step': 0, 'relevance': ($tensor)()})); end(1)" >good
  [ "$(stream-show --json -k relevance good | tail -n 1)" = '{"type":"heads","relevance":[[0,0]]}' ]
}

@test "stream: LRPIPE_MAX_RECORD limits the records that are read and written" {
  two_records
  fails 1 'more than the limit of 50; LRPIPE_MAX_RECORD raises it' 'LRPIPE_MAX_RECORD=50 stream-show in'
  fails 1 'more than the limit of 50; LRPIPE_MAX_RECORD raises it' 'stream-show --json in | LRPIPE_MAX_RECORD=50 stream-pack'
  LRPIPE_MAX_RECORD=1000 stream-show in >out
  fails 1 "LRPIPE_MAX_RECORD must be a number of bytes" 'LRPIPE_MAX_RECORD=1k stream-show in'
  fails 1 "LRPIPE_MAX_RECORD must be a number of bytes" 'LRPIPE_MAX_RECORD=-1 stream-show in'
}

@test "stream: a frame that claims a gigabyte takes no memory for it" {
  limits_memory
  /usr/bin/python3 -c '
import struct, sys
frame = b"\x28\xb5\x2f\xfd" + bytes([0xe4]) + struct.pack("<Q", 1 << 30) + b"\x01\x00\x00"
sys.stdout.buffer.write(frame + 4 * b"\0")' >bad
  fails 1 'damaged record' 'stream-show bad'
  fails 1 'out of memory' 'ulimit -v 200000; stream-show bad'
  fails 1 'a record of 18446744073709551614 bytes, more than the limit' \
    "printf '\\x28\\xb5\\x2f\\xfd\\xe4\\xfe\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x01\\x00\\x00' | stream-show"
}

@test "stream: the wrong content is named together with what the program takes" {
  stream-pack >in <<<'{"type":"tokens","sentence":0,"site":"source","relevance":[[1]]}'
  fails 1 "head-norm: in: record 1: this is a 'tokens' stream; head-norm takes 'heads'" 'head-norm in'
}

@test "stream: unknown keys are passed on, unknown records left out" {
  python '
header(novel={"a": [1]})
put(pack(type="later", x=1))
put(pack(type="heads", sentence=3, site="4", first_step=0, relevance=numpy.array([[1., 3.]]), extra="kept"))
end(2)' >in
  head-norm in >out
  [ "$(stream-show --json -k novel out)" = '{"type":"header","novel":{"a":[1]}}' ]
  [ "$(stream-show --json -k relevance,extra out | tail -n 1)" = '{"type":"heads","relevance":[[0.25,0.75]],"extra":"kept"}' ]
  [ "$(stream-show --json out | tail -n 1)" = '{"type":"end","records":1}' ]
}

@test "stream: records of lines that were left out go through every filter, in their place" {
  printf 'Yes.\n\nNo.\n \n' >text
  local want='0,1 blank,2,3 blank' tail
  count() { stream-show --json -k sentence,reason | jq -r '"\(.sentence)\(if .type == "skipped" then " " + .reason else "" end)"' | uniq | paste -sd ,; }
  trace-extract text >trace
  [ "$(count <trace)" = "$want" ]
  for tail in 'lrp-layer -l 4' 'lrp-layer -l 4 | head-sum' 'lrp-layer -l source | token-sum' 'head-carry -l 4' 'head-carry -l 4 | head-norm' \
    'head-confidence -l 4' 'head-output -l 4' step-loss 'lrp-layer --to dec-enc.2 --keep' 'lrp-layer --to dec-enc.2 --keep | lrp-layer -l 3 -j 2'; do
    [ "$(pipe "<trace $tail" | count)" = "$want" ] || { echo "$tail"; return 1; }
  done
  # ours and others, in segments of their own
  cat trace trace | head-carry -l 4 | count | grep -x "$want,$want"
  stream-show --json trace | stream-pack | stream-diff - trace
  # a table has no row for them, and where all is left out it is an empty stream of its kind
  [ "$(head-carry -l 4 trace | stream-show --tsv | cut -f 1 | uniq | paste -sd ,)" = sentence,0,2 ]
  [ "$(printf '\n' | trace-extract | head-carry -l 4 | head-norm | count)" = '0 blank' ]
  # nothing but the two keys is demanded of them
  fails 1 "no key 'reason'" "stream-pack <<<'{\"type\":\"header\",\"content\":\"heads\"}
{\"type\":\"skipped\",\"sentence\":0}' | head-norm"
}

@test "stream: the history grows by each command line, quoted as a shell reads it" {
  stream-pack --content "it's a \$x" >a <<<'{"type":"header","content":"heads","history":["first"]}'
  head-norm -n max a >b
  run pipe 'stream-show --json b | jq -r "select(.history) | .history[]"'
  [ "${lines[0]}" = first ]
  [ "${lines[1]}" = "stream-pack --content 'it'\\''s a \$x'" ]
  [ "${lines[2]}" = 'head-norm -n max a' ]
  eval "set -- ${lines[1]}"
  [ "$3" = "it's a \$x" ]
}

@test "stream: names that are not UTF-8 are written as UTF-8, and still lead to the checkpoint" {
  model=$(printf 'mod\xe8le')
  cp -r "$ROOT/tests/data/models/plain" "$model"
  jq 'del(._name_or_path)' "$model/config.json" >config && cp config "$model/config.json"
  trace-extract -m "$model" --ids "$ROOT/tests/data/want/plain.ids" >trace
  lrp-layer -l source trace | token-sum >"$(printf 't\xff.lrp')"
  cat t*.lrp >tokens
  stream-show --json tokens | head -n 1 >header
  iconv -f UTF-8 -t UTF-8 header >same
  [ "$(jq -r '.model.name' header)" = $'mod\ufffdle' ]
  [ "$(jq -r '.history[0]' header)" = $'trace-extract -m \'mod\ufffdle\' --ids '"$ROOT/tests/data/want/plain.ids" ]
  for form in '' --svg; do
    timeout 300 token-plot $form tokens >picture
    iconv -f UTF-8 -t UTF-8 picture >same
  done
  PYTHONPATH=$ROOT/examples/python /usr/bin/python3 -c 'import lrpipe; list(lrpipe.records("tokens"))'
  run stream-show "$(printf 'none\xff\x1b')"
  [ "$output" = "stream-show: cannot open 'none??': No such file or directory" ]
}

@test "stream: of a message that is too long the middle is left out, and it stays one line" {
  name=$(printf 'a%.0s' {1..3000})
  run stream-show "$name"
  [ "$status" -eq 1 ]
  [[ $output == "stream-show: cannot open 'aaaa"*' [...] '*"aaaa': File name too long" ]]
  [ "${#output}" -lt 2100 ]
  python 'header(content="\u00e8" * 100000); end(0)' >bad
  fails 1 "this is a '" 'head-norm bad'
  iconv -f UTF-8 -t UTF-8 <<<"$stderr" >same
  [ "${#lines[@]}" -le 1 ] && [ "$(wc -c <<<"$stderr")" -lt 2300 ]
}

@test "stream: a map of many keys is read in time that grows with it" {
  python '
keys = {"key %d" % i: 1 for i in range(300000)}
header(**keys)
put(pack(type="heads", sentence=0, site="enc-self.0", first_step=0, relevance=numpy.ones((1000, 100)), **keys))
end(1)' >in
  for command in 'stream-show' 'stream-show --json' 'stream-show --tsv' 'head-norm' 'step-average' 'stream-diff in'; do
    timeout 300 $command in >out
  done
}

@test "stream: a history that is no list of strings is an error" {
  python 'header(history=[1]); end(0)' >bad
  fails 1 "'history' is not text" 'head-norm bad'
  python 'header(history="x"); end(0)' >bad
  fails 1 "key 'history' in 'header' is not a list" 'head-norm bad'
}

@test "stream: on a terminal it is text" {
  two_records
  run script -qec 'head-norm in' /dev/null
  [ "$status" -eq 0 ]
  [[ ${lines[1]} == '# content: heads'* ]]
  [[ $output == *'0   enc-self.0     0        0.25       0.75'* ]]
}

@test "stream: a terminal as input is an error" {
  run script -qec 'stream-show' /dev/null
  [ "$status" -eq 1 ]
  [[ $output == *'a terminal is no stream'* ]]
}

@test "stream: a full disk is an error, a closed reader ends a program silently" {
  two_records
  fails 1 'stream-pack: cannot write to standard output: No space left on device' \
    'stream-show --json in | stream-pack >/dev/full'
  run bash -c 'for i in {1..500}; do cat in; done | stream-show --json | stream-pack 2>err | head -c 100 >/dev/null; echo ${PIPESTATUS[2]}; cat err'
  [ "$output" = 141 ]
  fails 1 'cannot write' 'stream-show --json in | stream-pack >&-'
}

@test "stream: a record is passed on at once, not when the next one comes" {
  line='{"type":"heads","x":1}'
  size=$(stream-pack <<<"$line" | /usr/bin/python3 -c '
import sys
print(sys.stdin.buffer.read().rindex(b"\x28\xb5\x2f\xfd"))')  # up to the end record
  mkfifo to from
  stream-pack <to >from &
  exec 5>to 6<from
  echo "$line" >&5
  [ "$(timeout 300 head -c "$size" <&6 | wc -c)" -eq "$size" ]
  exec 5>&-
  [ "$(wc -c <&6)" -gt 0 ]
}

@test "stream: memory does not grow with the number of records" {
  limits_memory
  /usr/bin/python3 -c '
for i in range(10000):
    print("{\"type\":\"heads\",\"sentence\":%d,\"site\":\"4\",\"first_step\":0,\"relevance\":[[%s]]}" % (i, ",".join(["0.125"] * 64)))' >lines
  ulimit -v 30000
  stream-pack lines | head-norm -n none | stream-show --tsv -k sentence >out
  [ "$(tail -n 1 out)" = $'9999\tsentence\t\t9999' ]
  [ "$(wc -l <out)" -eq 10001 ]
}

@test "stream: the example of FORMAT.md is what is written" {
  cp "$ROOT/lib/stream/FORMAT.md" .
  grep '^    {"type"' FORMAT.md | tail -n 2 >tiny.json
  stream-pack tiny.json >tiny
  zstd -dqc <tiny | head -c 206 | xxd >dump
  head -n 12 dump >got
  grep '^    000000[0-9a-b]0: ' FORMAT.md | sed 's/^    //' >want
  [ "$(wc -l <want)" -eq 12 ]
  diff want got
}

@test "stream: no mutation of a stream makes a reader die by a signal" {
  two_records
  /usr/bin/python3 - <<'END'
import random, subprocess, zstandard
random.seed(7)
zstd = zstandard.ZstdCompressor(write_checksum=True, write_content_size=True)
data = open("in", "rb").read()
magic = b"\x28\xb5\x2f\xfd"
frames = [zstandard.ZstdDecompressor().decompress(magic + f) for f in data.split(magic)[1:]]
codes = {0: 0, 1: 0}
for n in range(300):
    out = [bytearray(f) for f in frames]
    for _ in range(random.choice([1, 1, 2, 5])):      # change bytes inside the records, then pack them well
        f = random.choice(out)
        where = random.randrange(len(f))
        kind = random.randrange(3)
        if kind == 0:
            f[where] = random.choice([0, 1, 127, 128, 144, 192, 196, 198, 221, 222, 223, 255, random.randrange(256)])
        elif kind == 1:
            del f[where:where + random.randrange(1, 9)]
        else:
            f[where:where] = random.randbytes(random.randrange(1, 9))
    out[-1] = frames[-1].replace(b"\xa4hash", b"\xa4skip")  # the hash would hide what follows
    bad = b"".join(zstd.compress(bytes(f)) for f in out if f)
    if n % 3 == 0:
        bad = bytearray(data)
        bad[random.randrange(len(bad))] = random.randrange(256)
    form = [["stream-show"], ["stream-show", "--json"], ["stream-show", "--tsv"], ["head-norm"]][n % 4]
    p = subprocess.run(form, input=bytes(bad), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert p.returncode in (0, 1), (n, form, p.returncode, p.stderr)
    assert p.stderr.count(b"\n") == p.returncode, p.stderr
    codes[p.returncode] += 1
assert codes[0] > 5 and codes[1] > 100, codes
END
}
