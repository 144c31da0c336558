#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
load helper

# round LINE: the JSON line comes back as it is.
round() {
  run pipe "stream-pack <<<'$1' | stream-show --json | grep -v '\"end\"' | tail -n 1"
  [ "$output" = "$1" ] || { echo "$output"; return 1; }
}

@test "stream-pack: a list of numbers is a float64 tensor" {
  stream-pack >in <<<'{"type":"heads","relevance":[[0.25,0.75],[1,-3]]}'
  run pipe 'zstd -dqc in | xxd -p | tr -d "\n"'
  # shape [2, 2], 32 bytes of data: 0.25 0.75 1 -3
  [[ $output == *c4057368617065920202c40464617461c420000000000000d03f000000000000e83f000000000000f03f00000000000008c0* ]]
  # type <f8
  [[ $output == *c40474797065a33c6638* ]]
}

@test "stream-pack: JSON comes back as it was" {
  round '{"type":"heads","sentence":0,"site":"enc-self.4","first_step":0,"relevance":[[0.1,-3e-07],[1e+300,0.3333333333333333]]}'
  round '{"type":"x","big":9007199254740993,"most":9223372036854775807,"least":-9223372036854775808,"real":1.0,"small":4.94065645841247e-324}'
  round '{"type":"x","null":null,"yes":true,"no":false,"text":"a\"b\\c\td\u0001é▁","empty":"","map":{},"list":[]}'
  round '{"type":"x","deep":{"a":{"b":[0.5]},"c":["x",{"d":[1,2]},[1,2],null]}}'
  round '{"type":"x","ids":[1,2],"source":{"ids":[3,4],"pieces":["▁a","b"]},"inputs":[0,5]}'
  round '{"type":"x","l":{"list":[1,2.5]},"m":{"list":[[1],[2,3]]},"n":["a",1],"o":[[],[]]}'
  round '{"type":"x","b":{"bin":"00ff10"}}'
}

@test "stream-pack: tensors of each type, empty ones and those that are not finite come back" {
  round '{"type":"x","t":{"tensor":"<f4","shape":[2,2],"data":[[0.1,1.4013e-45],[3.4028235e+38,-0.0]]}}'
  round '{"type":"x","t":{"tensor":"<f2","shape":[6],"data":[0.5,65504,6.1035156e-05,5.9604645e-08,-2,1.9990234]}}'
  round '{"type":"x","t":{"tensor":"bf16","shape":[3],"data":[1.5,3.3895314e+38,-0.00390625]}}'
  round '{"type":"x","t":{"tensor":"<i4","shape":[2],"data":[2147483647,-2147483648]}}'
  round '{"type":"x","t":{"tensor":"<i8","shape":[2],"data":[9223372036854775807,-9223372036854775808]}}'
  round '{"type":"x","t":{"tensor":"<f8","shape":[3],"data":["nan","inf","-inf"]}}'
  round '{"type":"x","t":{"tensor":"<f8","shape":[2,0],"data":[]},"s":{"tensor":"<f8","shape":[],"data":[4]}}'
  round '{"type":"x","ids":{"tensor":"<i4","shape":[1],"data":[4]}}'
}

@test "stream-pack: half and bfloat16 are rounded to the nearest, ties to even" {
  stream-pack >in <<<'{"type":"x","h":{"tensor":"<f2","shape":[5],"data":[2049,2051,65519,65520,1e-9]},"b":{"tensor":"bf16","shape":[3],"data":[257,259,1]}}'
  run pipe 'stream-show --json -k h,b in | tail -n 1'
  [ "$output" = '{"type":"x","h":{"tensor":"<f2","shape":[5],"data":[2048,2052,65504,"inf",0]},"b":{"tensor":"bf16","shape":[3],"data":[256,260,1]}}' ]
}

@test "stream-pack: a flat and a nested 'data' are the same tensor" {
  same '{"type":"x","t":{"tensor":"<f4","shape":[2,2],"data":[1,2,3,4]}}' \
    "stream-pack <<<'{\"type\":\"x\",\"t\":{\"tensor\":\"<f4\",\"shape\":[2,2],\"data\":[[1,2],[3,4]]}}'"
}

@test "stream-pack: a header that is missing is made" {
  stream-pack >a <<<'{"type":"heads","x":1}'
  [ "$(stream-show --json a | head -n 1)" = '{"type":"header","format":"lrpipe","version":1,"content":"heads","history":["stream-pack"]}' ]
  stream-pack --content other >b <<<'{"type":"heads","x":1}'
  [ "$(stream-show --json -k content b | head -n 1)" = '{"type":"header","content":"other"}' ]
}

@test "stream-pack: an empty stream has a header and an end" {
  stream-pack --content heads >in </dev/null
  [ "$(stream-show --json in | tail -n 1)" = '{"type":"end","records":0}' ]
  [ "$(stream-show --json in | wc -l)" -eq 2 ]
  fails 1 'stream-pack: <stdin>: no record came; --content CONTENT makes an empty stream' 'stream-pack </dev/null'
}

@test "stream-pack: keys of the header are kept, in lists as well" {
  stream-pack >in <<<'{"type":"header","content":"heads","model":{"layers":6,"sizes":[1,2]},"start":"top"}'
  [ "$(stream-show --json -k model,start in)" = '{"type":"header","model":{"layers":6,"sizes":[1,2]},"start":"top"}' ]
}

@test "stream-pack: several segments, with and without end lines" {
  stream-pack >in <<'END'
{"type":"header","content":"heads"}
{"type":"heads","x":1}

{"type":"header","content":"tokens"}
{"type":"tokens","x":2}
{"type":"tokens","x":3}
{"type":"end","records":2}
END
  [ "$(stream-show --json in | jq -c '.content // .x // .records' | tr -d '\n')" = '"heads"11"tokens"232' ]
}

@test "stream-pack: files are read one after another" {
  echo '{"type":"x","n":1}' >a
  echo '{"type":"x","n":2}' >b
  [ "$(stream-pack a - <b | stream-show --json -k n | tr -d '\n')" = '{"type":"x","n":1}{"type":"x","n":2}' ]
  fails 1 "cannot open 'none': No such file" 'stream-pack a none'
}

@test "stream-pack: a wrong line is named, and no end record is written" {
  printf '%s\n' '{"type":"heads","x":1}' '{"type":"heads",' >in
  fails 1 'stream-pack: in: line 2: no JSON' 'stream-pack in'
  run --separate-stderr pipe 'stream-pack in 2>/dev/null | stream-show'
  [ "$status" -eq 1 ]
  [ -z "$stderr" ]
  fails 1 'line 1: no JSON object' 'stream-pack <<<"[1]"'
  fails 1 "line 1: no 'type'" 'stream-pack <<<"{\"x\":1}"'
  fails 1 "line 1: no 'type'" 'stream-pack <<<"{\"type\":1}"'
  fails 1 'no JSON: duplicate object key' 'stream-pack <<<"{\"type\":\"x\",\"a\":1,\"a\":2}"'
  fails 1 'no JSON' 'printf "{\"type\":\"x\",\"a\":\"\\xff\"}" | stream-pack'
  fails 1 'no JSON' 'stream-pack <<<"{\"type\":\"x\",\"a\":\"\\u0000\"}"'
  fails 1 'no JSON' 'stream-pack <<<"{\"type\":\"x\",\"a\":9223372036854775808}"'
  fails 1 'no JSON' 'stream-pack <<<"{\"type\":\"x\",\"a\":1e999}"'
}

@test "stream-pack: what no record can hold is refused" {
  fails 1 "'a' has rows of unequal length" 'stream-pack <<<"{\"type\":\"x\",\"a\":[[1,2],[3]]}"'
  fails 1 "'a' has rows of unequal length" 'stream-pack <<<"{\"type\":\"x\",\"a\":[1,[2]]}"'
  fails 1 "'a' has more than 8 dimensions" 'stream-pack <<<"{\"type\":\"x\",\"a\":[[[[[[[[[1]]]]]]]]]}"'
  fails 1 "'a' is of the unknown type '<f3'" 'stream-pack <<<"{\"type\":\"x\",\"a\":{\"tensor\":\"<f3\",\"shape\":[1],\"data\":[1]}}"'
  fails 1 "'a' has 1 elements, its shape says 2" 'stream-pack <<<"{\"type\":\"x\",\"a\":{\"tensor\":\"<f4\",\"shape\":[2],\"data\":[1]}}"'
  fails 1 "'a' has 1 elements, its shape says 0" 'stream-pack <<<"{\"type\":\"x\",\"a\":{\"tensor\":\"<f4\",\"shape\":[0],\"data\":[1]}}"'
  fails 1 "'a' has a size in its shape" 'stream-pack <<<"{\"type\":\"x\",\"a\":{\"tensor\":\"<f4\",\"shape\":[-1],\"data\":[]}}"'
  fails 1 "'a' has more than 4 GiB" 'stream-pack <<<"{\"type\":\"x\",\"a\":{\"tensor\":\"<f4\",\"shape\":[2000000000,2000000000],\"data\":[]}}"'
  fails 1 "'a' of type '<i4' cannot hold 0.5" 'stream-pack <<<"{\"type\":\"x\",\"a\":{\"tensor\":\"<i4\",\"shape\":[1],\"data\":[0.5]}}"'
  fails 1 "'a' holds something that is no number" 'stream-pack <<<"{\"type\":\"x\",\"a\":{\"tensor\":\"<f4\",\"shape\":[1],\"data\":[\"x\"]}}"'
  fails 1 "'a' has a 'bin' that is not hexadecimal" 'stream-pack <<<"{\"type\":\"x\",\"a\":{\"bin\":\"0g\"}}"'
  fails 1 "'a' has a 'bin' that is not hexadecimal" 'stream-pack <<<"{\"type\":\"x\",\"a\":{\"bin\":\"0ff\"}}"'
  fails 1 'nested more than 27 deep' "/usr/bin/python3 -c 'print(\"{\\\"type\\\":\\\"x\\\",\\\"a\\\":\" + 40 * \"[\" + 40 * \"]\" + \"}\")' | stream-pack"
}

@test "stream-pack: the deepest nesting that is allowed can be read" {
  /usr/bin/python3 -c 'print("{\"type\":\"x\",\"a\":" + 26 * "[" + 26 * "]" + "}")' >in
  stream-pack in | stream-show --json >out
  [ "$(tail -n +2 out | head -n 1)" = "$(cat in)" ]
}

@test "stream-pack: header and end lines are checked" {
  fails 1 'version 2; this stream-pack reads version 1' 'stream-pack <<<"{\"type\":\"header\",\"content\":\"x\",\"version\":2}"'
  fails 1 "no key 'content'" 'stream-pack <<<"{\"type\":\"header\"}"'
  fails 1 "an 'end' line where no segment is open" 'stream-pack <<<"{\"type\":\"end\"}"'
  printf '%s\n' '{"type":"x"}' '{"type":"end","records":2}' >in
  fails 1 "line 2: the 'end' line counts other than the 1 records" 'stream-pack in'
  printf '%s\n' '{"type":"x"}' '{"type":"end"}' '{"type":"x"}' >in
  fails 1 "line 3: a record behind the 'end' line" 'stream-pack in'
}

@test "stream-pack: compression levels give the same records" {
  echo '{"type":"heads","relevance":[[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1]]}' >lines
  for level in -50 1 19; do
    stream-pack -z "$level" lines >"$level.lrp"
    stream-diff ./-50.lrp ./"$level.lrp"
  done
  fails 2 "option '-z' takes a whole number from 0 to 19" 'stream-pack -z 20 lines'
}

@test "stream-pack: help, version, mistakes" {
  run --separate-stderr stream-pack -h
  [ "$status" -eq 0 ]
  [ "${lines[0]}" = 'usage: stream-pack [-qv] [--content content] [-z level] [file ...]' ]
  [ -z "$stderr" ]
  run stream-pack -V
  [[ $output == 'stream-pack (lrpipe '*')' ]]
  fails 2 "unknown option '-x'" 'stream-pack -x'
  fails 2 "option '--content' needs a value" 'stream-pack --content'
  fails 1 'No space left' 'stream-pack --content heads </dev/null >/dev/full'
}
