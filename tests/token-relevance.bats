#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
load helper

PATH=$ROOT/pipelines:$PATH
sentence='Select a field type.'

# TABLE (source, target): its numbers, a line for each row, without the marks and the rows' names.
numbers() {
  awk -v table="$1" 'NF == 1 { on = $1 == table; next } !NF { on = 0; next }
    on && rows++ { $1 = ""; gsub(/\*/, ""); sub(/^ /, ""); print }'
}

@test "token-relevance: rows add up to 100, with what went to positions and to the target" {
  token-relevance "$sentence" >tables
  # 6 source pieces, target, two of positions; 7 steps
  [ "$(numbers source <tables | awk '{ print NF }' | uniq -c | tr -s ' ')" = ' 7 9' ]
  numbers source <tables | awk '{ sum = 0; for (i = 1; i <= NF; i++) sum += $i }
    sum < 99.5 || sum > 100.5 { print; bad = 1 } END { exit bad || NR != 7 }'
}

@test "token-relevance: the target's pieces before a token add up to the column 'target'" {
  token-relevance "$sentence" >tables
  numbers target <tables | awk '{ sum = 0; for (i = 1; i <= NF; i++) sum += $i; print NF, sum }' >sums
  [ "$(cut -d ' ' -f 1 sums | tr '\n' ' ')" = '1 2 3 4 5 6 7 ' ]
  numbers source <tables | cut -d ' ' -f 7 | paste -d ' ' - sums |
    awk '$1 - $3 > 0.4 || $3 - $1 > 0.4 { print; bad = 1 } END { exit bad || NR != 7 }'
}

@test "token-relevance: the numbers are those of lrp-layer | token-sum, in percent" {
  token-relevance -r alphabeta "$sentence" >tables
  trace-extract <<<"$sentence" | lrp-layer -t forced -r alphabeta -l source,target | token-sum >tokens
  stream-show --json tokens | jq -r 'select(.site == "source").relevance[][] * 100' >source
  # a step sees the target's pieces before it
  stream-show --json tokens | jq -r 'select(.site == "target").relevance | to_entries[] | .value[:.key + 1][] * 100' >target
  near() { awk '$1 - $2 > 0.0501 || $2 - $1 > 0.0501 { print; bad = 1 } END { exit bad || NR != '"$1"' }'; }
  numbers source <tables | cut -d ' ' -f 1-6 | tr ' ' '\n' | paste - source | near 42
  numbers target <tables | tr ' ' '\n' | paste - target | near 28
}

@test "token-relevance: the strongest source piece of each row is marked, columns are aligned" {
  token-relevance "$sentence" >tables
  sed -n '/^source$/,/^$/p' tables | sed '1d; $d' >table
  [ "$(head -1 table | tr -s ' ')" = ' ▁Select ▁a ▁field ▁type . </s> target source.position target.position' ]
  [ "$(sed -n '2,$s/ .*//p' table | tr '\n' ' ')" = '▁Wählen ▁Sie ▁einen ▁Feld typ . </s> ' ]
  awk 'NR > 1 { best = 2
    for (i = 2; i <= 7; i++) { x[i] = $i; sub(/\*/, "", x[i]) }
    for (i = 3; i <= 7; i++) if (x[i] + 0 > x[best] + 0) best = i
    for (i = 2; i <= NF; i++) if (($i ~ /\*/) != (i == best)) bad = 1 } END { exit bad || NR != 8 }' table
  # each line has as many characters
  [ "$(while IFS= read -r line; do echo ${#line}; done <table | sort -u | wc -l)" -eq 1 ]
  # the word for field comes from the word for field
  grep -qE '^▁Feld( +[0-9.]+){2} +\*[0-9.]+( +[0-9.]+){6}$' table
}

@test "token-relevance: what a rule loses has a column" {
  token-relevance -r ratio:eps=0.1 "$sentence" >tables
  grep -q 'target.position  *lost$' tables
  numbers source <tables | awk '{ sum = 0; for (i = 1; i <= NF; i++) sum += $i }
    NF != 10 || sum < 99.5 || sum > 100.5 || $10 < 50 { print; bad = 1 } END { exit bad || NR != 7 }'
  token-relevance "$sentence" >tables
  [ "$(grep -c lost tables)" -eq 0 ]
}

@test "token-relevance: standard input, several lines, a target of one's own" {
  token-relevance "$sentence" >want
  token-relevance <<<"$sentence" | cmp - want
  printf '%s\n' "$sentence" 'Close the window.' >text
  token-relevance <text >both
  head -n "$(wc -l <want)" both | cmp - want
  token-relevance 'Close the window.' | cmp - <(tail -n +"$(($(wc -l <want) + 2))" both)
  token-relevance "$sentence"$'\tFeldtyp' | sed -n '3,$s/ .*//p' >rows
  [ "$(head -3 rows | tr '\n' ' ')" = '▁Feld typ </s> ' ]
}

@test "token-relevance: a sentence that was swept in several blocks is one table" {
  mkdir cut
  cat >cut/lrp-layer <<'END'
#!/bin/bash
# Every record as two: steps 0 to 2, and those from 3 on.
"$BIN/lrp-layer" "$@" | stream-show --json | jq -c '
  def steps($a; $b): .first_step = $a | .predicted |= .[$a:$b] | .ledger |= map_values(.[$a:$b]) |
    .relevance |= if type == "object" then .data |= .[$a:$b] | .shape[0] = $b - $a else .[$a:$b] end;
  if .type == "relevance" then steps(0; 3), steps(3; .predicted | length) else del(.records) end' | stream-pack
END
  chmod +x cut/lrp-layer
  token-relevance "$sentence" >want
  PATH=$PWD/cut:$PATH token-relevance "$sentence" >got
  diff want got
}

@test "token-relevance: another model" {
  cp -r "$ROOT/examples/en-de" mine
  token-relevance -m mine "$sentence" | cmp - <(token-relevance "$sentence")
  fails 1 'nowhere' "token-relevance -m nowhere '$sentence'"
}

@test "token-relevance: failure travels, and prints no table" {
  fails 1 'NUL byte' 'printf "a\0b\n" | token-relevance'
  [ -z "$output" ]
  fails 1 'no sentence came' 'token-relevance </dev/null'
  fails 2 "no rule 'none'" "token-relevance -r none '$sentence'"
  [ -z "$output" ]
  for stage in trace-extract lrp-layer token-sum token-plot; do
    mkdir $stage
    # one that fails when all but its last bytes are written
    printf '#!/bin/bash\n"$BIN/%s" "$@" | head -c -3\nexit 3\n' $stage >$stage/$stage
    chmod +x $stage/$stage
    run --separate-stderr env PATH="$PWD/$stage:$PATH" token-relevance "$sentence"
    [ "$status" -ne 0 ]
    [ -z "$output" ]
  done
}

@test "token-relevance: mistakes in the command line exit 2, -h exits 0" {
  fails 2 "unknown option '-x'" 'token-relevance -x'
  fails 2 "'-r' needs a value" 'token-relevance -r'
  fails 2 "unexpected operand 'a'; quote the sentence" 'token-relevance Select a field'
  run --separate-stderr token-relevance -h
  [ "$status" -eq 0 ]
  [[ $output == 'usage: token-relevance '* ]]
  [ -z "$stderr" ]
}

@test "token-relevance: the README shows what it prints" {
  sed -n '/^source$/,/^<\/s>/p' "$ROOT/README.md" >shown
  token-relevance "$sentence" | sed '/^$/,$d' >tables
  [ "$(wc -l <shown)" -eq 9 ]
  # the last digits may differ between machines
  diff <(sed 's/[0-9]*\.[0-9]/N/g' shown) <(sed 's/[0-9]*\.[0-9]/N/g' tables)
  paste -d ' ' <(numbers source <shown) <(numbers source <tables) |
    awk '{ for (i = 1; i <= NF / 2; i++) if ($i - $(i + NF / 2) > 0.15 || $(i + NF / 2) - $i > 0.15) { print; bad = 1 } }
      END { exit bad || NR != 7 }'
}
