#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Products with weights as they are stored.
load helper

@test "narrow: products of few rows with weights of 16 bits are the sums written out" {
  for program in narrow-check narrow-single-check; do
    run "$program"
    [ "$status" -eq 0 ] || { echo "$output"; return 1; }
    [[ $output =~ ^([0-9]+)\ numbers,\ 0\ wrong$ ]]
    [ "${BASH_REMATCH[1]}" -gt 10000 ]
  done
}
