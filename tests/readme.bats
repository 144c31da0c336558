#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What README.md says, done.
load helper

# The lines of README.md's blocks of that kind.
blocks() {
  awk -v kind="\`\`\`$1" '$0 == kind { on = 1; next } /^```/ { on = 0 } on' "$ROOT/README.md"
}

@test "README: every command works" {
  cp -r "$ROOT/examples" .
  export PATH=$BIN:$ROOT/pipelines:$PATH
  blocks sh | grep -v '^export PATH' >commands
  [ "$(wc -l <commands)" -gt 10 ]
  while read -r command; do
    bash -ec "$command" >out 2>err || { echo "failed: $command"; cat err; return 1; }
    [ -s out ] || [[ $command == *'>'*.[ajl]* ]] || { echo "no output: $command"; return 1; }
    [ ! -s err ] || { echo "said: $command"; cat err; return 1; }
  done <commands
}

@test "README: the demo prints the table that it shows" {
  "$ROOT/pipelines/head-relevance" "$ROOT/examples/en-de/dev.en" >demo
  blocks '' | grep -E '^ +[0-7] ' >shown
  [ "$(wc -l <shown)" -eq 16 ]
  # the last digits may differ between machines
  grep -A 9 -E '^enc-self\.[23]' demo | grep -E '^ +[0-7] ' | paste - shown |
    awk 'function near(a, b) { return a - b < 0.00025 && b - a < 0.00025 }
      !near($2, $7) || !near($3, $8) || !near($4, $9) { print; bad = 1 } END { exit bad }'
}

@test "README: every program is in its table, and has a manual page" {
  for source in "$ROOT"/bin/*.c; do
    name=${source##*/} name=${name%.c}
    grep -q '^int main(' "$source" || continue # what some programs share
    grep -q "^| \`$name\` |" "$ROOT/README.md" || { echo "$name is not in the table"; return 1; }
    [ -s "$ROOT/bin/$name.1" ] || { echo "no manual page of $name"; return 1; }
  done
}

@test "make: a missing library is named with its package" {
  run "$ROOT/tests/tool/libraries" g++ no/such.h=libsuch-dev
  [ "$status" -eq 1 ]
  [ "$output" = "no header <no/such.h>: install the Debian package libsuch-dev, or run 'make setup'" ]
}

@test "make: setup installs nothing where all is there" {
  run "$ROOT/tests/tool/setup" bash coreutils
  [ "$status" -eq 0 ]
  [ "$output" = 'all packages are installed' ]
}
