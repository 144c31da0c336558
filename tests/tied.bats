#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
load helper

@test "tied tables: every family finds its table under each of its names, and that of the metadata" {
  run "$BATS_TEST_DIRNAME/tool/tied.py" "$BATS_TEST_DIRNAME/data"
  echo "$output"
  [ "$status" -eq 0 ]
  [ "$output" = '30 models' ]
}
