#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Products with matrices that are packed once.
load helper

@test "panels: products of all shapes are the sums written out, alike on two threads and row by row" {
  for program in panels-check panels-single-check; do
    run "$program"
    [ "$status" -eq 0 ] || { echo "$output"; return 1; }
    if grep -q avx2 /proc/cpuinfo; then
      [[ $output =~ ^([0-9]+)\ numbers,\ 0\ wrong$ ]]
      [ "${BASH_REMATCH[1]}" -gt 1000000 ]
      # in single precision those of bf16 too, where there are such
      [ $program = panels-check ] || ! grep -qw avx512_bf16 /proc/cpuinfo || [ "${BASH_REMATCH[1]}" -gt 6000000 ]
    fi
  done
}
