#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What every filter refuses, and how: with status 1 and one message that names the file; and in a pipeline
# only the program that met the mistake says so.
load helper

# A program and its options, the content it reads, the content it writes ('text': no stream). loss-compare reads
# the files that a plan names, trace-extract and stream-pack text, step-plan heads with their cost; their own tests are elsewhere.
filters='
lrp-layer -l enc-self.0   | trace     | relevance
lrp-layer --to enc-self.0 --keep | trace | trace
head-carry -l enc-self.0  | trace     | heads
head-effect               | trace     | heads
head-interact             | trace     | interactions
head-interact             | interactions | interactions
head-greedy               | interactions | average
head-confidence           | trace     | heads
head-output               | trace     | heads
head-mean                 | trace     | means
step-loss                 | trace     | losses
step-loss --against trace.good | trace | losses
head-sum                  | relevance | heads
token-sum                 | relevance | tokens
head-norm -n none         | heads     | heads
step-average              | heads     | average
step-average              | average   | average
head-rank                 | average   | text
head-compare heads.good    | heads     | average
head-compare average.good  | average   | average
head-compare --table heads.good | heads | text
head-plot                 | average   | text
head-plot --svg           | average   | text
token-plot                | tokens    | text
token-plot --svg          | tokens    | text
token-plot --table        | tokens    | text
stream-show               | trace     | text
stream-show               | heads     | text
stream-show --json        | relevance | text
stream-show --tsv         | average   | text
stream-show --ledger      | relevance | text'

# each FUNCTION [LINES COUNT]: call it with the command, its content and what it writes, for every line of the table.
each() {
  local command from to count=0 table=${2-$filters}
  while IFS='|' read -r command from to; do
    [ -n "$command" ] || continue
    read -r command <<<"$command" && read -r from <<<"$from" && read -r to <<<"$to"
    "$1" || { echo "of: $command, which reads $from"; return 1; }
    count=$((count + 1))
  done <<<"$table"
  [ $count -eq ${3-31} ]
}

# once FUNCTION: the same for the first line of every program: what is found where streams are read is found by one piece of code.
once() {
  each "$1" "$(awk '!seen[$1]++' <<<"$filters")" 18
}

# For each content a stream that is good, and streams that are broken in a way of their own.
setup_file() {
  export DIR=$BATS_FILE_TMPDIR PATH="${BIN:-$BATS_TEST_DIRNAME/../bin}:$PATH"
  local data=$BATS_TEST_DIRNAME/data
  cd "$DIR" || return
  trace-extract -m "$data/models/plain" --ids "$data/want/plain.ids" >trace.good
  lrp-layer -l enc-self.0 trace.good >relevance.good
  lrp-layer -l source trace.good | token-sum >tokens.good
  head-sum relevance.good >heads.good
  step-average heads.good >average.good
  head-interact trace.good >interactions.good
  /usr/bin/python3 - <<'END'
import msgpack, msgpack_numpy, zstandard
zstd = zstandard.ZstdCompressor(write_checksum=True, write_content_size=True)
magic = b"\x28\xb5\x2f\xfd"
end = zstd.compress(msgpack.packb(dict(type="end", records=1)))
for content in "trace", "relevance", "tokens", "heads", "average", "interactions":
    data = open(content + ".good", "rb").read()
    last = data.rindex(magic)
    begin = data.index(magic, 4)  # behind the header
    header = zstandard.ZstdDecompressor().decompress(data[:begin])
    def write(kind, *parts):
        open(content + "." + kind, "wb").write(b"".join(parts))
    def record(*pairs):  # a map of keys and values in bytes
        return zstd.compress(bytes([0x80 + len(pairs)]) + b"".join(pairs))
    kind = msgpack.packb("type") + msgpack.packb(content)
    text = lambda t: bytes([0xa0 + len(t)]) + t
    write("cut", data[:-1])
    write("open", data[:last])
    write("empty")
    write("twice", data[:begin], record(kind, text(b"a") + b"\x01", text(b"a") + b"\x01"), end)
    write("deep", data[:begin], record(kind, text(b"x") + b"\x91\x82" + 2 * (b"\xc4\x01a" + b"\x01")), end)
    write("text", data[:begin], record(kind, text(b"a") + text(b"caf\xe9")), end)
    write("key", data[:begin], record(kind, text(b"caf\xe9") + b"\x01"), end)
    write("zero", data[:begin], record(kind, text(b"a") + text(b"a\0b")), end)
    write("failed", data[:last], zstd.compress(msgpack.packb(dict(type="failed", program="a-stage", message="in: line 3: what it \x9b was"))))
    write("header", data[:begin], zstd.compress(msgpack.packb(dict(type="failed", program="a-stage", message="m"))))
    # the main tensor with a number that is none, of another shape, without elements
    made = msgpack.unpackb(zstandard.ZstdDecompressor().decompress(data[begin:data.index(magic, begin + 4)]),
                           object_hook=msgpack_numpy.decode)
    main = dict(average="mean", interactions="interaction").get(content, "relevance")
    def changed(kind, tensor):
        write(kind, data[:begin], zstd.compress(msgpack.packb({**made, main: tensor}, default=msgpack_numpy.encode)), end)
    if content != "trace":
        for kind in "nan", "inf":
            odd = made[main].copy()
            odd.flat[0] = float(kind)
            changed(kind, odd)
        changed("shape", made[main].reshape(1, 1, 1, -1))
        changed("nothing", made[main][:0])
    write("stored", data[:last], zstd.compress(msgpack.packb(dict(type="failed", program="a-stage", message="m", stored=True))))
END
}

setup() {
  cd "$BATS_TEST_TMPDIR" || return
  ln -s "$DIR"/* .
}

# refused TEXT COMMAND: status 1, one line of the program that says TEXT, no whole stream in `out`.
refused() {
  fails 1 "$1" "$2 >out" || return
  [ "$(grep -c '' <<<"$stderr")" -eq 1 ] || { echo "more than a line: $stderr"; return 1; }
  [[ $stderr == "${command%% *}: "* ]] || { echo "not by the program: $stderr"; return 1; }
  local said=$stderr
  if [ "$to" != text ]; then
    fails 1 '' 'stream-show out' || return
  elif [[ $command != stream-show* && $command != *--table ]]; then # those show what has come
    [ ! -s out ] || { echo "something was written"; return 1; }
  fi
  stderr=$said
}

@test "every filter: takes what is whole" {
  good() { pipe "$command $from.good >out" && [ -s out ] && { [ "$to" = text ] || stream-show out >shown; }; }
  each good
}

@test "every filter: a stream cut inside a record is an error" {
  cut() { refused "$from.cut: record" "$command $from.cut" && [[ $stderr == *'cut off inside a record'* ]]; }
  each cut
}

@test "every filter: a stream without its end record is an error, and gets none" {
  open() { refused "$from.open: the stream ends without its end record" "$command $from.open"; }
  once open
}

@test "every filter: an empty file and an empty pipe are errors" {
  empty() {
    refused "$from.empty: empty: no stream came in" "$command $from.empty" &&
      refused '<stdin>: empty: no stream came in' "true | $command"
  }
  once empty
}

@test "every filter: what is no stream is an error" {
  none() { refused '<stdin>: record 1: not an lrpipe stream' "echo hello | $command"; }
  once none
}

@test "every filter: a pipe that ends without a word of the program before it is an error" {
  killed() {
    refused '<stdin>: the stream ends without its end record' "cat $from.open | $command" &&
      refused '<stdin>: record' "cat $from.cut | $command"
  }
  once killed
}

@test "every filter: a stream of another content is an error that names both" {
  other() {
    local wrong=tokens
    [ "$from" = tokens ] && wrong=trace
    [ "$command" != "${command#stream-show}" ] && [ "$command" = "${command% --ledger}" ] && return
    refused "this is a '$wrong' stream; ${command%% *} takes '$from" "$command $wrong.good" ||
      [[ $stderr == *"takes 'heads' or 'average'"* || $stderr == *"takes 'trace' or 'heads' or 'interactions'"* ]]
  }
  each other
}

# refused_tensor KIND TEXT: what computes with the main tensor says TEXT of it, and its name.
refused_tensor() {
  [[ $from == trace || $command == stream-show* ]] && return
  local key=relevance
  [ "$from" = average ] && key=mean
  [ "$from" = interactions ] && key=interaction
  refused "$from.$1: record 2: " "$command $from.$1" && [[ $stderr == *$key*$2* || $stderr == *$2*$key* ]] ||
    { echo "not of $key: $stderr"; return 1; }
}

@test "every filter: NaN and infinity are errors that name the tensor" {
  odd() { refused_tensor nan 'NaN or infinity' && refused_tensor inf 'NaN or infinity'; }
  each odd
}

@test "every filter: a tensor of another shape, or without elements, is an error that names it" {
  odd() { refused_tensor shape shape && { [ "$from" = heads ] || refused_tensor nothing ''; }; }
  each odd
}

@test "every filter: a key that comes twice in a map is an error" {
  twice() {
    refused "$from.twice: record 2: a record with the key 'a' twice in one map" "$command $from.twice" &&
      refused "$from.deep: record 2: a record with the key 'a' twice in one map" "$command $from.deep"
  }
  once twice
}

@test "every filter: text that is not UTF-8, or holds a zero byte, is an error" {
  text() {
    refused "$from.text: record 2: a record with text that is not UTF-8: 'caf?'" "$command $from.text" &&
      refused "$from.key: record 2: a record with text that is not UTF-8: 'caf?'" "$command $from.key" &&
      refused "$from.zero: record 2: a record with a zero byte in text: 'a'" "$command $from.zero"
  }
  once text
}

@test "every filter: in a file, the record of a program that failed is an error that says it" {
  failed() { refused "$from.failed: a-stage failed: in: line 3: what it ? was" "$command $from.failed"; }
  once failed
}

@test "every filter: in a pipe, after the record of a program that failed nothing more is said" {
  quiet() {
    local kind
    for kind in failed header; do
      run --separate-stderr pipe "cat $from.$kind | $command >out"
      [ "$status" -eq 1 ] && [ -z "$stderr" ] || { echo "status $status: $stderr"; return 1; }
    done
    # a stream that had begun to go into a file says there what happened
    [ "$to" = text ] || [ ! -s out ] || fails 1 'out: a-stage failed: ' 'stream-show out'
  }
  once quiet
}

@test "every filter: what was stored in a file has not been said, by whatever way it comes" {
  stored() { refused '<stdin>: a-stage failed: m' "cat $from.stored | $command"; }
  once stored
}

@test "every filter: passes the record on, with the first cause" {
  passed() {
    [ "$to" = text ] && return
    run --separate-stderr pipe "cat $from.failed | $command | /usr/bin/python3 -c '
import msgpack, sys, zstandard
data = sys.stdin.buffer.read()
last = msgpack.unpackb(zstandard.ZstdDecompressor().decompress(data[data.rindex(b\"\\x28\\xb5\\x2f\\xfd\"):]))
assert last == {\"type\": \"failed\", \"program\": \"a-stage\", \"message\": \"in: line 3: what it \\x9b was\"}, last
'"
    [ "$status" -eq 1 ] && [ -z "$stderr" ] || { echo "status $status: $stderr"; return 1; }
  }
  once passed
}

# bats test_tags=numbers
@test "every filter: in every pair of a pipeline only the first says what is wrong" {
  local -A readers=()
  note() { readers[$from]+="$command|"; }
  each note
  readers[means]='stream-show|' readers[losses]='stream-show --json|'
  pairs=0
  both() {
    [ "$to" = text ] && return
    local reader list
    IFS='|' read -r -a list <<<"${readers[$to]}"
    for reader in "${list[@]}"; do
      bash -c "$command $from.cut 2>err1 | $reader 2>err2 >out; echo \${PIPESTATUS[*]} >status"
      [ "$(cat status)" = '1 1' ] && [ ! -s err2 ] && [ "$(grep -c '^' err1)" -eq 1 ] ||
        { echo "$command | $reader: $(cat status err1 err2)"; return 1; }
      pairs=$((pairs + 1))
    done
    bash -c "$command --bogus 2>err1 | $reader 2>err2 >out; echo \${PIPESTATUS[*]} >status"
    [ "$(cat status)" = '2 1' ] && [ ! -s err2 ] && grep -q "unknown option '--bogus'" err1 ||
      { echo "$command --bogus | $reader: $(cat status err1 err2)"; return 1; }
  }
  each both
  [ $pairs -gt 40 ]
}

@test "every filter: one message from the whole length of a pipeline" {
  one() { # TEXT COMMAND
    run --separate-stderr bash -c "$2; echo \${PIPESTATUS[*]}"
    [ "$stderr" = "$1" ] || { echo "$2: $stderr"; return 1; }
    [[ ! ${lines[-1]} =~ (^| )0 ]] || { echo "$2: ${lines[-1]}"; return 1; }
  }
  one "trace-extract: none: cannot open: No such file or directory" \
    "trace-extract -m '$ROOT/examples/en-de' none | lrp-layer -l source | token-sum | token-plot"
  one "head-sum: relevance.twice: record 2: a record with the key 'a' twice in one map" \
    'head-sum relevance.twice | head-norm | step-average | head-rank'
  one "stream-pack: <stdin>: line 1: no JSON object" 'stream-pack <<<[1] | head-norm | step-average | stream-show'
  one "stream-show: cannot open 'none': No such file or directory" 'stream-show --json none | stream-pack | stream-show'
  reader='import sys, lrpipe
with lrpipe.messages(): list(lrpipe.records(sys.stdin.buffer))'
  one "head-norm: heads.twice: record 2: a record with the key 'a' twice in one map" \
    "head-norm heads.twice | PYTHONPATH='$ROOT/examples/python' /usr/bin/python3 -c '$reader'"
  one "head-norm: heads.twice: record 2: a record with the key 'a' twice in one map" \
    "head-norm heads.twice | /usr/bin/python3 '$ROOT/examples/python/square_norm.py' | step-average"
}

@test "every filter: a failure among several inputs is said once" {
  run --separate-stderr bash -c 'step-average heads.good <(head-norm -n none heads.cut) heads.good >out'
  [ "$status" -eq 1 ]
  [[ $stderr == head-norm:* && $stderr != *$'\n'* ]]
  run --separate-stderr bash -c 'stream-diff heads.good <(head-norm -n none heads.cut)'
  [ "$status" -eq 2 ]
  [[ $stderr == head-norm:* && $stderr != *$'\n'* ]]
  run --separate-stderr stream-diff heads.failed heads.good
  [ "$status" -eq 2 ]
  [ "$stderr" = 'stream-diff: heads.failed: a-stage failed: in: line 3: what it ? was' ]
}

@test "every filter: a reader that has ended does not change the status of a failure" {
  run --separate-stderr bash -c '(sleep 0.3; head-norm --bogus) | true; echo ${PIPESTATUS[0]}'
  [ "$output" = 2 ]
}

@test "every filter: a file in which no stream has begun stays empty, one that has begun says what happened" {
  fails 2 "unknown option" 'head-norm --bogus heads.good >out'
  [ ! -s out ]
  fails 1 'cut off' 'head-norm -n none heads.cut >out'
  fails 1 'stream-show: out: head-norm failed: heads.cut: record ' 'stream-show out'
  fails 1 'stream-pack: lines: stream-show failed: out: head-norm failed: heads.cut: record ' \
    'stream-show --json out >lines 2>/dev/null; stream-pack lines'
}

@test "every filter: a full disk is an error" {
  full() { fails 1 'cannot write to standard output: No space left on device' "$command $from.good >/dev/full"; }
  each full
}

@test "every program: -h prints the help on standard output" {
  count=0
  for program in $(sed -n 's/^BIN *= //p' "$ROOT/Makefile"); do
    run --separate-stderr $program -h
    [ "$status" -eq 0 ] && [ -z "$stderr" ] && [[ $output == "usage: $program "*'Example:  '* ]] || { echo $program; return 1; }
    count=$((count + 1))
  done
  [ $count -gt 20 ]
}

@test "every filter: an option that does not exist, or lacks its value, is a mistake in the command line" {
  wrong() {
    fails 2 "unknown option '--bogus'" "$command --bogus </dev/null >out" &&
      fails 2 "option '-z' needs a value" "$command -z </dev/null >out"
  }
  each wrong
}

@test "what ranks or draws averages: none, a site twice or that is no layer, a kind that did not come, another size" {
  one='{"type":"average","site":"enc-self.0","heads":1,"steps":1,"sentences":1,"mean":[1]}'
  stream-pack >none <<<'{"type":"header","content":"average"}'
  printf '%s\n%s\n' "$one" "$one" | stream-pack >twice
  stream-pack >size <<<"${one/'[1]'/'[1,2]'}"
  stream-pack >whole <<<"$one"
  for program in head-rank head-plot 'head-plot --svg'; do
    fails 1 'no averages came in' "$program none"
    fails 1 'site enc-self.0 comes twice' "$program twice"
    for site in source enc-self. .3 enc-self.99999 enc-self.01; do
      stream-pack >layer <<<"${one/enc-self.0/$site}"
      fails 1 "site '$site' is no layer" "$program layer"
    done
    fails 1 "no heads of the kind 'dec-enc'" "$program --kind dec-enc whole"
    fails 1 mean "$program size"
  done
}
