#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The recipes of examples/COOKBOOK.md print what it shows.
load helper

PATH=$ROOT/pipelines:$PATH

# FILE: run its recipes.
cook() {
  /usr/bin/python3 "$ROOT/tests/cookbook.py" "$1"
}

# recipe COMMAND SHOWN: a file of one recipe.
# shellcheck disable=SC2016 # the backquotes are the file's
recipe() {
  printf '# Title\n\n## Question?\n\n```sh\n%s\n```\n' "$1"
  [ $# -lt 2 ] || printf '\n```\n%s\n```\n' "$2"
}

@test "cookbook: every recipe prints what is shown" {
  ln -s "$ROOT/examples" .
  cook examples/COOKBOOK.md >report || { cat report; return 1; }
  [ "$(grep -c '^ok: ' report)" -ge 10 ]
  [ "$(grep -c '^ok: ' report)" -eq "$(grep -c '^## ' examples/COOKBOOK.md)" ]
}

# GNU sort, and awks that follow the locale, take 0.5 for 0 where it has a comma.
@test "cookbook: what is shown of sort -g and awk reads numbers in any locale" {
  cat "$ROOT"/README.md "$ROOT"/examples/COOKBOOK.md "$ROOT"/bin/*.[17c] "$ROOT"/pipelines/*.1 | grep -E '(^|[ |])(awk [^w]*'"'"'|sort( -[^|]*)? -[a-z0-9]*g)' >shown
  [ "$(wc -l <shown)" -ge 8 ]
  run ! grep -vE 'LC_ALL=C (awk|sort)' shown
}

@test "cookbook: text and whole numbers are compared exactly, others to two in a thousand" {
  right=('a 0.50 b' '7 lines' '1.0e-3' '-0.5,12' '0.250   x' 'L5H2 v1.2.3' '0 0.0')
  for shown in "${right[@]}"; do
    recipe "echo '$shown'" "$shown" >book
    cook book
  done
  near=('1.234 1.233' '1000.5 1002.4' '0.999 1' '0.25 0.249999' '12345.678 12350.1' '-0.00 0.00' '1.5e-9 1.6e-9')
  for pair in "${near[@]}"; do
    recipe "echo '${pair#* }'" "${pair% *}" >book
    cook book
  done
  far=('1.234 1.231' '1000.5 1003' '0.996 0.990' '7 8' '12345 12346' 'a b' '-0.5 0.5' '1.5e-9 1.5e-8' '0.5 0.5x' 'x.1:2 x.1:3' 'x.1 x.2')
  for pair in "${far[@]}"; do
    recipe "echo '${pair#* }'" "${pair% *}" >book
    run cook book
    [ "$status" -eq 1 ] || { echo "$pair"; return 1; }
    [[ $output == "not ok: Question?"*"shown:   ${pair% *}"*"printed: ${pair#* }" ]]
  done
}

@test "cookbook: a recipe fails that shows nothing, prints more or less, fails, or says something on standard error" {
  wrong() {
    run cook book
    [ "$status" -eq 1 ] && [[ $output == *"not ok: Question?"*"$1"* ]] || { echo "$output"; return 1; }
  }
  recipe 'echo a' >book
  wrong 'shows no output'
  recipe 'echo a; echo b' a >book
  wrong '1 lines are shown, 2 are printed'
  recipe 'echo a' $'a\nb' >book
  wrong '2 lines are shown, 1 are printed'
  recipe 'echo a; exit 3' a >book
  wrong 'exit status 3'
  recipe 'false; echo a' a >book
  wrong 'exit status 1'
  recipe 'echo a; echo no such file >&2' a >book
  wrong 'no such file'
  printf '## Question?\n\nWords.\n' >book
  wrong 'has no commands'
  # the second of two fails, the first one's files are there
  { recipe 'echo 1.5 >a; echo made' made; recipe 'cat a' 1.8 | sed 's/Question/Next/'; } >book
  run cook book
  [ "$status" -eq 1 ]
  [[ $output == "ok: Question?"$'\n'"not ok: Next?"* ]]
}

@test "cookbook: what a recipe shows is made by --write" {
  recipe 'echo 1.5 >a; cat a' old >book
  recipe 'cat a a' >>book
  /usr/bin/python3 "$ROOT/tests/cookbook.py" book --write
  { recipe 'echo 1.5 >a; cat a' 1.5; recipe 'cat a a' $'1.5\n1.5'; } | diff - book
  recipe 'exit 1' kept >book
  fails 1 'exit status 1' "/usr/bin/python3 '$ROOT/tests/cookbook.py' book --write"
  recipe 'exit 1' kept | diff - book
}
