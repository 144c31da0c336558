#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What fuzzing found worth keeping (fuzz/README.md), read once more: every file is taken, or refused in one line.
load helper

# FORMAT: each file of its corpus, in a process of its own
replay() {
  local file input command status bad=0
  source "$BATS_TEST_DIRNAME/fuzz/formats"
  fuzz_format "$1"
  for file in "$BATS_TEST_DIRNAME/fuzz/corpus/$1"/*; do
    cp "$file" "$input"
    "${command[@]}" >out 2>err && status=0 || status=$?
    if [ $status -eq 0 ]; then
      [ ! -s err ]
    else
      [ $status -le 2 ] && [ "$(grep -vc "' shows how it is used$" err)" -eq 1 ] && [[ $(<err) == "${command[0]}: "* ]]
    fi || { echo "$file: status $status: $(cat err)"; bad=1; }
  done
  return $bad
}

@test "fuzz: every file of every corpus is read or refused in one line" {
  source "$BATS_TEST_DIRNAME/fuzz/formats"
  local format
  for format in $(fuzz_formats); do
    mkdir "$format"
    (cd "$format" && replay "$format")
  done
}

@test "fuzz: corpora are small" {
  local corpus
  for corpus in "$BATS_TEST_DIRNAME"/fuzz/corpus/*; do
    [ "$(find "$corpus" -type f | wc -l)" -le 60 ]
    [ "$(cat "$corpus"/* | wc -c)" -le 100000 ]
  done
}
