#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Every operation by itself: what it keeps of formula (1), and that both directions are the same.
load helper

graphs=$ROOT/tests/data/op-graphs.json

# PROGRAM: all kinds of nodes, on many outputs each
all_operations() {
  run --separate-stderr "$1" "$graphs"
  [ "$status" -eq 0 ] || { echo "$stderr"; return 1; }
  sed -n 's/^const struct kind kind_\([a-z_]*\) .*/\1/p' "$ROOT/lib/graph/"kind*.c | sort >kinds
  [ "$(wc -l <kinds)" -ge 8 ]
  sed 's/:.*//' <<<"$output" | sort | cmp - kinds
  [ "$(grep -v ' a leaf$' <<<"$output" | awk '$2 < 10000 { few++ } END { print few + 0 }')" -eq 0 ]
  [ "$(grep ' a leaf$' <<<"$output")" = 'embed: a leaf' ]
}

@test "op: each keeps what it says, carries the same shares, and has the derivative of its forward formula" {
  all_operations op-check
}

@test "op: each keeps what it says and carries the same shares, in single precision" {
  all_operations op-single-check
}

@test "op: a thousandth that is lost, or goes to another input, is found (the check can fail)" {
  for program in op-check op-single-check; do
    fails 1 'sum of what is handed on and lost' "$program '$graphs' leak"
    fails 1 'carried' "$program '$graphs' mix"
  done
}

@test "op: a kind of node that no tiny graph ends with is named, and so is a graph that is none" {
  for kind in $(jq -r '.[][-1].op' "$graphs" | sort -u); do
    jq --arg kind $kind 'map(select(.[-1].op != $kind))' "$graphs" >without
    fails 1 "op-single-check: $kind: no graph ends with it" 'op-single-check without'
  done
  jq '.[0][1].width = 5 | .[0][1].input = 3' "$graphs" >wrong
  fails 1 "node 'y': 'input' is no setting of 'linear'" 'op-single-check wrong'
  fails 1 'op-single-check: wrong: line 2: ' 'echo "[" >wrong; op-single-check wrong'
}
