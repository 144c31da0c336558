#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0

load helper
load cases

@test "head-sum: a sum done by hand" {
  # Two steps, two positions, four neurons in two heads.
  stream-pack >in <<<'{"type":"relevance","sentence":7,"site":"enc-self.4","first_step":3,"heads":2,"relevance":[[[1,2,3,4],[10,20,30,40]],[[0.5,0,-1,0],[0,0,0,0.25]]]}'
  same '{"type":"heads","sentence":7,"site":"enc-self.4","first_step":3,"heads":2,"relevance":[[33,77],[0.5,-0.75]]}' 'head-sum in'
}

@test "head-sum: single precision is summed in double" {
  # 2^24 + 1 has no float.
  stream-pack >in <<<'{"type":"relevance","sentence":0,"site":"enc-self.0","first_step":0,"heads":1,"relevance":{"tensor":"<f4","shape":[1,1,2],"data":[16777216,1]}}'
  same '{"type":"heads","sentence":0,"site":"enc-self.0","first_step":0,"heads":1,"relevance":[[16777217]]}' 'head-sum in'
}

@test "head-sum: what is of positions and of the sweep is left out, other keys are passed on" {
  stream-pack >in <<<'{"type":"relevance","sentence":0,"site":"s","first_step":0,"heads":1,"relevance":[[[1]]],"ledger":{"start":[1],"here":[0.5]},"mood":"good"}'
  same '{"type":"heads","sentence":0,"site":"s","first_step":0,"heads":1,"relevance":[[1]],"mood":"good"}' 'head-sum in'
}

@test "head-sum: no records in, no records out" {
  stream-pack >in <<<'{"type":"header","content":"relevance"}'
  same '{"type":"header","content":"heads"}' 'head-sum in'
}

@test "head-sum: several records, segments and files" {
  for i in 0 1 2; do
    stream-pack >$i <<<'{"type":"relevance","sentence":'$i',"site":"s","first_step":0,"heads":1,"relevance":[[['$i',1]]]}'
  done
  cat 0 1 >both
  pipe 'head-sum both 2' >out
  [ "$(stream-show --json out | grep -c '"header"')" -eq 3 ]
  [ "$(stream-show --json out | jq -c 'select(.type == "heads") | .relevance' | tr -d '\n')" = '[[1]][[2]][[3]]' ]
}

@test "head-sum: a site without heads is an error that names token-sum" {
  stream-pack >in <<<'{"type":"relevance","sentence":0,"site":"source","first_step":0,"relevance":[[[1]]]}'
  fails 1 'site source has no heads; use token-sum' 'head-sum in'
}

@test "head-sum: neurons that the heads do not divide are an error" {
  for heads in 2 0 -1 4; do
    stream-pack >in <<<'{"type":"relevance","sentence":0,"site":"s","first_step":0,"heads":'$heads',"relevance":[[[1,2,3]]]}'
    fails 1 "3 neurons cannot be divided into $heads heads" 'head-sum in'
  done
}

@test "head-sum: relevance of another shape is an error" {
  stream-pack >in <<<'{"type":"relevance","sentence":0,"site":"s","first_step":0,"heads":1,"relevance":[[1]]}'
  fails 1 "relevance" 'head-sum in'
}

@test "head-sum: relevance without elements is an error" {
  for shape in 0,1,1 1,0,1 1,1,0 0,2147483647,2147483647 10000,10000,0; do
    stream-pack >in <<<'{"type":"relevance","sentence":0,"site":"s","first_step":0,"heads":1,"relevance":{"tensor":"<f8","shape":['$shape'],"data":[]}}'
    fails 1 'is empty' 'head-sum in'
  done
}

# What every filter refuses.

one='{"type":"relevance","sentence":0,"site":"s","first_step":0,"heads":1,"relevance":[[[1]]]}'

@test "head-sum: a stream cut inside a record is an error" {
  stream-pack <<<"$one" >in
  truncate -s -1 in
  fails 1 'cut off' 'head-sum in'
}

@test "head-sum: a stream without its end record is an error, and gets none" {
  stream-pack <<<"$one" | drop_end >in
  fails 1 'without its end record' 'head-sum in >out'
  fails 1 '' 'stream-show out'
}

@test "head-sum: a stream of another content is an error that names both" {
  stream-pack >in <<<'{"type":"heads","sentence":0}'
  fails 1 "'heads'" 'head-sum in'
  fails 1 "'relevance'" 'head-sum in'
}

@test "head-sum: NaN and infinity are errors that name the tensor" {
  for bad in nan inf; do
    stream-pack >in <<<'{"type":"relevance","sentence":0,"site":"s","first_step":0,"heads":1,"relevance":{"tensor":"<f4","shape":[1,1,2],"data":[1,"'$bad'"]}}'
    fails 1 "relevance" 'head-sum in'
  done
}

@test "head-sum: an option that does not exist is a usage error" {
  fails 2 "'-y'" 'head-sum -y </dev/null'
  fails 2 "'--norms'" 'head-sum --norms </dev/null'
}

@test "head-sum: -h prints the help on standard output" {
  run --separate-stderr head-sum -h
  [ "$status" -eq 0 ]
  [ -z "$stderr" ]
  [[ $output == "usage: head-sum "* ]]
}

@test "head-sum: a full disk is an error" {
  stream-pack <<<"$one" >in
  fails 1 'cannot write' 'head-sum in >/dev/full'
}
