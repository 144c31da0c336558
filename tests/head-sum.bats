#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0

load helper

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

@test "head-sum: relevance without elements is an error" {
  for shape in 0,1,1 1,0,1 1,1,0 0,2147483647,2147483647 10000,10000,0; do
    stream-pack >in <<<'{"type":"relevance","sentence":0,"site":"s","first_step":0,"heads":1,"relevance":{"tensor":"<f8","shape":['$shape'],"data":[]}}'
    fails 1 'is empty' 'head-sum in'
  done
}
