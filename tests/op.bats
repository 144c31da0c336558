#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Every operation by itself: what it keeps of formula (1), and that both directions are the same.
load helper

# PROGRAM: all operations of the table, on many outputs each
all_operations() {
  run --separate-stderr "$1"
  [ "$status" -eq 0 ] || { echo "$stderr"; return 1; }
  for op in linear add norm activation scores softmax context; do
    [ "$(sed -n "s/^$op: \([0-9]*\) outputs\$/\1/p" <<<"$output")" -gt 10000 ]
  done
  grep -qx 'embed: a leaf' <<<"$output"
  # an operation that is added to the table is looked at, or a leaf
  grep -ohE 'op_[a-z]+( |,|;)' "$ROOT/lib/op/operations.h" | grep -oE 'op_[a-z]+' | grep -vE 'op_at$' | sort -u >named
  [ "$(wc -l <<<"$output")" -eq "$(wc -l <named)" ]
}

@test "op: each keeps what it says, carries the same shares, and has the derivative of its forward formula" {
  all_operations op-check
}

@test "op: each keeps what it says and carries the same shares, in single precision" {
  all_operations op-single-check
}

@test "op: a thousandth that is lost, or goes to another input, is found (the check can fail)" {
  for program in op-check op-single-check; do
    fails 1 'sum of what is handed on and lost' "$program leak"
    fails 1 'carried' "$program mix"
  done
}
