#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0

load helper

@test "token-sum: a sum done by hand, the pieces passed on" {
  stream-pack >in <<<'{"type":"relevance","sentence":7,"site":"source","first_step":3,"pieces":["a","b"],"relevance":[[[1,2,3],[10,20,30]],[[0.5,0,-1],[0,0,0.25]]]}'
  same '{"type":"tokens","sentence":7,"site":"source","first_step":3,"pieces":["a","b"],"relevance":[[6,60],[-0.5,0.25]]}' 'token-sum in'
}

@test "token-sum: single precision is summed in double" {
  stream-pack >in <<<'{"type":"relevance","sentence":0,"site":"source","first_step":0,"relevance":{"tensor":"<f4","shape":[1,1,2],"data":[16777216,1]}}'
  same '{"type":"tokens","sentence":0,"site":"source","first_step":0,"relevance":[[16777217]]}' 'token-sum in'
}

@test "token-sum: no records in, no records out" {
  stream-pack >in <<<'{"type":"header","content":"relevance"}'
  same '{"type":"header","content":"tokens"}' 'token-sum in'
}

@test "token-sum: several records, of several sites" {
  stream-pack >in <<<'{"type":"relevance","sentence":0,"site":"source","first_step":0,"relevance":[[[1,1]]]}
{"type":"relevance","sentence":0,"site":"target","first_step":0,"relevance":[[[2],[3]]]}'
  same '{"type":"tokens","sentence":0,"site":"source","first_step":0,"relevance":[[2]]}
{"type":"tokens","sentence":0,"site":"target","first_step":0,"relevance":[[2,3]]}' 'token-sum in'
}

@test "token-sum: relevance without elements is an error" {
  for shape in 0,1,1 1,0,1 1,1,0 0,2147483647,2147483647 10000,10000,0; do
    stream-pack >in <<<'{"type":"relevance","sentence":0,"site":"s","first_step":0,"relevance":{"tensor":"<f8","shape":['$shape'],"data":[]}}'
    fails 1 'is empty' 'token-sum in'
  done
}
