#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The forward pass against two independent double-precision implementations.
load helper

data=$BATS_TEST_DIRNAME/data
tool=$BATS_TEST_DIRNAME/tool

# PRECISION TOLERANCE: every node of every tiny model agrees with tests/data/want
agrees() {
  local model pairs=()
  for model in $(marian_models); do
    trace-extract -m "$data/models/$model" --ids -p "$1" -k all "$data/want/$model.ids" >"$model.lrp"
    pairs+=("$data/want/$model.trace.lrp" "$model.lrp")
  done
  [ "${#pairs[@]}" -ge 18 ]
  "$tool/same-trace.py" "$2" "${pairs[@]}"
}

@test "forward: every node of every tiny model, in double precision" {
  agrees f64 1e-9
}

@test "forward: every node of every tiny model, in single precision" {
  agrees f32 1e-5
}

@test "forward: a wrong number is found (the comparison can fail)" {
  trace-extract -m "$data/models/plain" --ids -k all "$data/want/plain.ids" >a
  run "$tool/same-trace.py" 1e-12 "$data/want/plain.trace.lrp" a
  [ "$status" -eq 1 ]
  [[ $output == *'off by'* ]]
}

@test "forward: the built-in model, from text to logits, as its own reference has it" {
  for precision in f32 f64; do
    trace-extract -p "$precision" -k enc.5.ffn.norm,dec.5.ffn.norm,logits \
      <<<"Nothing is so hard as man's ingratitude." >got
    run "$tool/same-reference.py" 1e-5 "$data/en-de.reference.npz" got
    echo "$output"
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 3 ]
  done
  "$tool/same-reference.py" 1e-9 "$data/en-de.reference.npz" got
}

@test "forward: the default trace holds what the rest can be computed from" {
  # lrp-layer computes what is not stored by the same formulas, in its own precision
  cd "$data/models"
  trace-extract -m prenorm --ids -p f64 -k all "$data/want/prenorm.ids" >"$BATS_TEST_TMPDIR/all"
  trace-extract -m prenorm --ids -p f64 "$data/want/prenorm.ids" >"$BATS_TEST_TMPDIR/needed"
  trace-extract -m prenorm --ids -p f64 -k source "$data/want/prenorm.ids" >"$BATS_TEST_TMPDIR/few"
  for trace in all needed few; do
    lrp-layer -p f64 -r ratio "$BATS_TEST_TMPDIR/$trace" >"$BATS_TEST_TMPDIR/$trace.r"
  done
  cd -
  stream-diff -t 1e-9 -k site,relevance all.r needed.r
  stream-diff -t 1e-9 -k site,relevance all.r few.r
  [ "$(wc -c <needed)" -lt "$(wc -c <all)" ]
  [ "$(wc -c <few)" -lt "$(wc -c <needed)" ]
}
