#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
load helper

# differs STATUS TEXT LINE LINE [OPTION ...]: the verdict on two streams of a record each.
differs() {
  stream-pack >a <<<"$3"
  stream-pack >b <<<"$4"
  run stream-diff "${@:5}" a b
  if [ "$status" -ne "$1" ] || [ "$output" != "$2" ]; then
    echo "status $status: $output"
    return 1
  fi
}

@test "stream-diff: the same stream" {
  differs 0 '' '{"type":"x","t":[1,2],"m":{"a":"b"}}' '{"type":"x","t":[1,2],"m":{"a":"b"}}'
  differs 0 '1 data records are the same' '{"type":"x","t":[1,2]}' '{"type":"x","t":[1,2]}' -v
}

@test "stream-diff: the first difference is named" {
  differs 1 "data record 1: 't' [1, 0]: 3 and 3.5" '{"type":"x","t":[[1,2],[3,4]]}' '{"type":"x","t":[[1,2],[3.5,5]]}'
  differs 1 "data record 1: 'm.a.t' [0]: 1 and 2" '{"type":"x","m":{"a":{"t":[1]}}}' '{"type":"x","m":{"a":{"t":[2]}}}'
  differs 1 "data record 1: 't' has the shapes [2] and [1, 2]" '{"type":"x","t":[1,2]}' '{"type":"x","t":[[1,2]]}'
  differs 1 "data record 1: 's' is 'a' and 'b'" '{"type":"x","s":"a"}' '{"type":"x","s":"b"}'
  differs 1 "data record 1: 'l.1' is 'b' and 'c'" '{"type":"x","l":["a","b"]}' '{"type":"x","l":["a","c"]}'
  differs 1 "data record 1: 'l' is a list of 1 and of 2" '{"type":"x","l":["a"]}' '{"type":"x","l":["a","c"]}'
  differs 1 "data record 1: 'n' is 1 and 2" '{"type":"x","n":1}' '{"type":"x","n":2}'
  differs 1 "data record 1: 'n' is of different kinds" '{"type":"x","n":1}' '{"type":"x","n":"1"}'
  differs 1 "data record 1: 'n' is of different kinds" '{"type":"x","n":[1]}' '{"type":"x","n":{"list":[1]}}'
  differs 1 "data record 1: has the key 'a' in the first stream only" '{"type":"x","a":1}' '{"type":"x"}'
  differs 1 "data record 1: 'm' has the key 'b' in the second stream only" '{"type":"x","m":{}}' '{"type":"x","m":{"b":1}}'
  differs 1 "contents are 'x' and 'y'" '{"type":"x"}' '{"type":"y"}'
  differs 1 '' '{"type":"x","n":1}' '{"type":"x","n":2}' -q
}

@test "stream-diff: the tolerance is relative to the largest element of the second" {
  differs 0 '' '{"type":"x","t":[0.001,100]}' '{"type":"x","t":[0,100]}' -t 1e-5
  differs 1 "data record 1: 't' [0]: 0.0011 and 0 (allowed 0.001)" '{"type":"x","t":[0.0011,100]}' '{"type":"x","t":[0,100]}' -t 1e-5
  differs 0 '' '{"type":"x","n":1.01}' '{"type":"x","n":1.0}' -t 0.02
  differs 1 "data record 1: 'n' is 1.03 and 1" '{"type":"x","n":1.03}' '{"type":"x","n":1.0}' -t 0.02
  differs 1 "data record 1: 't' [0]: nan and 0 (allowed 1)" '{"type":"x","t":{"tensor":"<f8","shape":[2],"data":["nan",1]}}' '{"type":"x","t":[0,1]}' -t 1
  fails 2 'the tolerance is at least 0' 'stream-diff -t -1 a b'
}

@test "stream-diff: numbers of different types are compared by value, NaN is NaN" {
  differs 0 '' '{"type":"x","t":{"tensor":"<f4","shape":[1],"data":[0.5]},"n":1}' '{"type":"x","t":[0.5],"n":1.0}'
  differs 1 "data record 1: 't' [0]: 0.10000000149011612 and 0.1" '{"type":"x","t":{"tensor":"<f4","shape":[1],"data":[0.1]}}' '{"type":"x","t":[0.1]}'
  differs 0 '' '{"type":"x","t":{"tensor":"<f8","shape":[1],"data":["nan"]}}' '{"type":"x","t":{"tensor":"<f4","shape":[1],"data":["nan"]}}'
  differs 1 "data record 1: 't' [0]: inf and -inf" '{"type":"x","t":{"tensor":"<f8","shape":[1],"data":["inf"]}}' '{"type":"x","t":{"tensor":"<f8","shape":[1],"data":["-inf"]}}'
  stream-pack >a <<<'{"type":"x","t":{"tensor":"<i8","shape":[1],"data":[9007199254740993]}}'
  stream-pack >b <<<'{"type":"x","t":{"tensor":"<i8","shape":[1],"data":[9007199254740992]}}'
  run stream-diff a b
  [ "$status" -eq 1 ]
  [ "$output" = "data record 1: 't' [0]: 9007199254740993 and 9007199254740992" ]
}

@test "stream-diff: history and checkpoint, the order of keys and the cuts of segments do not count" {
  stream-pack >a <<'END'
{"type":"header","content":"x","history":["one"],"model":{"checkpoint":{"path":"/a"}}}
{"type":"x","a":1,"b":2,"checkpoint":1}
{"type":"header","content":"x"}
{"type":"x","a":3}
END
  stream-pack >b <<'END'
{"type":"x","b":2,"a":1}
{"type":"x","a":3}
END
  stream-diff a b
}

@test "stream-diff: one stream is longer" {
  stream-pack >a <<<'{"type":"x"}'
  printf '{"type":"x"}\n{"type":"x"}\n' | stream-pack >b
  run stream-diff a b
  [ "$status" -eq 1 ]
  [ "$output" = 'a ends after 1 data records' ]
  run stream-diff b a
  [ "$status" -eq 1 ]
  [ "$output" = 'a ends after 1 data records' ]
}

@test "stream-diff: -k compares only some keys, which some record must have" {
  differs 0 '' '{"type":"x","a":[1],"b":1}' '{"type":"x","a":[1],"b":2,"c":3}' -k a
  differs 1 "data record 1: 'b' is 1 and 2" '{"type":"x","a":[1],"b":1}' '{"type":"x","a":[1],"b":2}' -k a,b
  differs 1 "data record 1: has the key 'c' in the second stream only" '{"type":"x"}' '{"type":"x","c":1}' -k c
  differs 1 "data record 1: 'enc.0' [0]: 1 and 2" '{"type":"x","values":{"enc.0":[1]}}' '{"type":"x","values":{"enc.0":[2]}}' -k enc.0
  fails 2 "no record has the key 'none'" 'stream-diff -k none a b'
}

@test "stream-diff: one of the streams may be standard input" {
  stream-pack >a <<<'{"type":"x","n":1}'
  stream-diff - a <a
  stream-diff a - <a
  fails 2 'only one of the streams' 'stream-diff - - <a'
}

@test "stream-diff: trouble is 2" {
  stream-pack >a <<<'{"type":"x","n":1}'
  head -c 60 a >cut
  fails 2 'stream-diff: cut: record 1: cut off inside a record' 'stream-diff a cut'
  fails 2 "cannot open 'none'" 'stream-diff a none'
  fails 2 'two streams are needed' 'stream-diff a'
  fails 2 "unexpected operand 'c'" 'stream-diff a b c'
  fails 2 "unknown option '-x'" 'stream-diff -x a a'
  fails 2 'empty' 'stream-diff a /dev/null'
  stream-pack >b <<<'{"type":"x","n":2}'
  fails 2 'No space left' 'stream-diff a b >/dev/full'
  run stream-diff -h
  [ "$status" -eq 0 ]
  [[ ${lines[0]} == 'usage: stream-diff '* ]]
}
