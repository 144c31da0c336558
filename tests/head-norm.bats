#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0

load helper

setup_file() {
  export HEADS='{"type":"heads","sentence":2,"site":"enc-self.0","first_step":5,"heads":3,"relevance":'
}

@test "head-norm: sum, the default, makes shares of one" {
  stream-pack >in <<<"$HEADS"'[[1,-3,4],[1,1,2]]}'
  same '{"type":"header","content":"heads","norm":"sum"}
'"$HEADS"'[[0.5,-1.5,2],[0.25,0.25,0.5]]}' 'head-norm in'
  pipe 'head-norm in' >a
  pipe 'head-norm -n sum in' >b
  stream-diff -t 0 a b
}

@test "head-norm: abs makes shares of sizes" {
  stream-pack >in <<<"$HEADS"'[[1,-3,4],[1,1,2]]}'
  same '{"type":"header","content":"heads","norm":"abs"}
'"$HEADS"'[[0.125,0.375,0.5],[0.25,0.25,0.5]]}' 'head-norm -n abs in'
}

@test "head-norm: max makes the largest head 1 or -1" {
  stream-pack >in <<<"$HEADS"'[[1,-8,4],[1,1,2]]}'
  same '{"type":"header","content":"heads","norm":"max"}
'"$HEADS"'[[0.125,-1,0.5],[0.5,0.5,1]]}' 'head-norm -n max in'
}

@test "head-norm: size leaves the signs out, zeros too" {
  stream-pack >in <<<"$HEADS"'[[0,0,0],[1,-8,4]]}'
  same '{"type":"header","content":"heads","norm":"size"}
'"$HEADS"'[[0,0,0],[1,8,4]]}' 'head-norm -n size in'
  head-norm -n size in | head-norm -n size >twice
  stream-diff -t 0 twice <(head-norm -n size in)
  fails 1 'normalised already, with -n size' 'head-norm -n size in | head-norm'
}

@test "head-norm: none changes nothing, zeros and header included" {
  stream-pack >in <<<"$HEADS"'[[0,0,0],[1,-8,4]]}'
  pipe 'head-norm -n none in' >out
  stream-diff -t 0 in out
  [ "$(stream-show --json out | jq -c 'select(.type == "header") | .norm')" = null ]
}

@test "head-norm: other keys are passed on" {
  stream-pack >in <<<'{"type":"heads","site":"s","first_step":0,"relevance":[[2,2]],"mood":"good"}'
  same '{"type":"header","content":"heads","norm":"sum"}
{"type":"heads","site":"s","first_step":0,"relevance":[[0.5,0.5]],"mood":"good"}' 'head-norm in'
}

@test "head-norm: no records in, no records out" {
  stream-pack >in <<<'{"type":"header","content":"heads"}'
  same '{"type":"header","content":"heads","norm":"sum"}' 'head-norm in'
}

@test "head-norm: several records" {
  stream-pack >in <<<"$HEADS"'[[1,3]]}
'"$HEADS"'[[2,2]]}'
  same '{"type":"header","content":"heads","norm":"sum"}
'"$HEADS"'[[0.25,0.75]]}
'"$HEADS"'[[0.5,0.5]]}' 'head-norm in'
}

@test "head-norm: square" {
  stream-pack >in <<<"$HEADS"'[[1,-3,4],[0,0.5,-0.5]]}'
  same '{"type":"header","content":"heads","norm":"square"}
'"$HEADS"'[[1,9,16],[0,0.25,0.25]]}' 'head-norm -n square in'
}

@test "head-norm: a step whose heads are all zero has shares of zero, and is warned of once" {
  stream-pack >in <<<"$HEADS"'[[1,1],[0,0]]}
'"$HEADS"'[[0,0],[-0,0]]}'
  for norm in sum abs max; do
    half=$([ $norm = max ] && echo 1 || echo 0.5)
    same '{"type":"header","content":"heads","norm":"'$norm'"}
'"$HEADS[[$half,$half],[0,0]]}
$HEADS"'[[0,0],[0,0]]}' "head-norm -n $norm in 2>said"
    [ "$(cat said)" = "head-norm: in: record 2: the heads of 'enc-self.0' are all zero at step 6, as where they are masked: their shares are 0" ]
  done
  head-norm -n size in 2>&1 >/dev/null | { ! grep .; }
}

@test "head-norm: a step whose heads sum to zero is an error that names the step" {
  stream-pack >in <<<"$HEADS"'[[1,-1]]}'
  fails 1 'step 5 sum to zero; use -n size' 'head-norm in'
}

@test "head-norm: heads that nearly cancel are warned of once, for sum alone" {
  stream-pack >in <<<"$HEADS"'[[3,-2],[1,-0.99],[1,-0.999]]}'
  same '{"type":"header","content":"heads","norm":"sum"}
'"$HEADS"'[[3,-2],[100,-99],[1000,-999]]}' 'head-norm in 2>said'
  [ "$(cat said)" = "head-norm: in: record 2: the heads of 'enc-self.0' nearly cancel at step 6: their sum is 0.005 of their sizes', and the shares mean little; use -n size" ]
  for norm in abs max size square none; do
    head-norm -n $norm in 2>&1 >/dev/null | { ! grep .; }
  done
  # above a hundredth, and of one sign, there is nothing to say
  stream-pack >in <<<"$HEADS"'[[1,-0.97],[1e-9,1e-9],[-1,-2]]}'
  head-norm in 2>&1 >/dev/null | { ! grep .; }
}

@test "head-norm: a share beyond the range of a double is an error" {
  stream-pack >in <<<"$HEADS"'[[1e300,-1e300,1e-300]]}'
  fails 1 'too large' 'head-norm in'
}

@test "head-norm: the header says the norm, and another is refused" {
  stream-pack >in <<<"$HEADS"'[[1,3]]}'
  pipe 'head-norm -n max in' >out
  [ "$(stream-show --json out | jq -r 'select(.type == "header") | .norm')" = max ]
  fails 1 'normalised already, with -n max' 'head-norm -n sum out'
  pipe 'head-norm -n max out' >again
  stream-diff -t 0 out again
}

@test "head-norm: relevance without elements is an error" {
  for shape in 0,1 1,0 400000000,0; do
    stream-pack >in <<<'{"type":"heads","sentence":0,"site":"s","first_step":0,"relevance":{"tensor":"<f8","shape":['$shape'],"data":[]}}'
    fails 1 'is empty' 'head-norm -n none in'
  done
}

@test "head-norm: a first step that cannot be is an error" {
  for first in -1 9223372036854775807; do
    stream-pack >in <<<'{"type":"heads","sentence":0,"site":"s","first_step":'$first',"relevance":[[1]]}'
    fails 1 "'first_step' is $first" 'head-norm in'
  done
}

@test "head-norm: a norm that does not exist is a usage error" {
  fails 2 "not 'mean'" 'head-norm -n mean </dev/null'
}
