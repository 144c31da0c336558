#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
load helper

# FILE NAMES LINES: a table, with tabs for the spaces
table() {
  { echo "$2"; [ -z "$3" ] || echo "$3"; } | tr ' ' '\t' >"$1"
}

# Three heads at two sites, and the order `x`: b:0, a:1, a:0.
three_heads() {
  table sites.tsv 'site heads' $'a.0 2\nb.0 1'
  table scores.tsv 'order head score' $'x b.0:0 3\nx a.0:1 2\nx a.0:0 1'
}

# The points without the names of files, with spaces for the tabs and "_" for empty cells.
points() {
  ablation-plan --sites sites.tsv "$@" | cut -f 1-4,6 |
    awk 'BEGIN { FS = "\t" } NR > 1 { for (i = 1; i <= NF; i++) printf "%s%s", $i == "" ? "_" : $i, i < NF ? " " : "\n" }'
}

@test "ablation-plan: nothing, each head alone, each order from both its ends" {
  three_heads
  diff - <(points --points 3 --random 0 scores.tsv) <<'END'
- none 0 _ _
- single 1 a.0:0 a.0:0
- single 1 a.0:1 a.0:1
- single 1 b.0:0 b.0:0
x least 1 _ a.0:0
x least 2 _ a.0:0,1
x least 3 _ a.0:0,1;b.0:0
x most 1 _ b.0:0
x most 2 _ a.0:1;b.0:0
x most 3 _ a.0:0,1;b.0:0
END
  diff <(points --random 0 scores.tsv) <(points --points 3 --random 0 - <scores.tsv) # more points than heads
  [ "$(points --points 2 --random 0 scores.tsv | awk '$2 == "least" { print $3 }' | paste -sd ' ')" = '2 3' ]
}

@test "ablation-plan: random orders are those of Park, Miller, Fisher and Yates" {
  three_heads
  table sites.tsv 'site heads' 'a.0 7'
  table none.tsv 'order head score' ''
  points --points 7 --random 3 --seed 5 none.tsv | awk '$2 == "random" { print $1, $5 }' >got
  /usr/bin/python3 - >want <<'END'
state = 5 % 2147483646 + 1
def draw():
    global state
    state = state * 16807 % 2147483647
    return state
for _ in range(10):
    draw()
for r in 1, 2, 3:
    heads = list(range(7))
    for i in range(6, 0, -1):
        k = draw() % (i + 1)
        heads[i], heads[k] = heads[k], heads[i]
    for n in range(1, 8):
        print(f"random.{r} a.0:{','.join(map(str, sorted(heads[:n])))}")
END
  diff want got
  [ "$(points --points 7 --random 3 --seed 6 none.tsv | awk '$2 == "random" { print $1, $5 }' | cmp got - | wc -l)" -eq 1 ]
}

@test "ablation-plan: equal masks have one file, named after the mask" {
  three_heads
  ablation-plan --sites sites.tsv --points 3 --random 4 --losses d scores.tsv >plan
  head -n 1 plan | grep -qxP 'order\tdirection\tremoved\thead\tfile\tmask'
  [ "$(tail -n +2 plan | cut -f 5,6 | sort -u | wc -l)" -eq "$(tail -n +2 plan | cut -f 6 | sort -u | wc -l)" ]
  [ "$(tail -n +2 plan | cut -f 5 | sort -u | wc -l)" -eq "$(tail -n +2 plan | cut -f 6 | sort -u | wc -l)" ]
  [ "$(awk -F '\t' '$2 == "none" { print $5 }' plan)" = d/2d06800538d394c2 ] # XXH3 of nothing
}

@test "ablation-plan: tables that do not fit are errors that name the line" {
  wrong() { # LINES MESSAGE
    three_heads
    table scores.tsv 'order head score' "$1"
    fails 1 "$2" 'ablation-plan --sites sites.tsv scores.tsv >/dev/null'
  }
  wrong 'x a.0:0 1' "order 'x' has 1 of the 3 heads"
  wrong $'x a.0:0 1\nx a.0:0 1' "scores.tsv: line 3: order 'x' has head a.0:0 twice"
  wrong 'x c.0:0 1' "scores.tsv: line 2: order 'x' has head c.0:0, which is not among those to mask"
  wrong 'x a.0:0' '3 columns with tabs between are needed: order head score'
  three_heads
  table sites.tsv 'site heads' 'a.0 0'
  fails 1 "sites.tsv: line 2: '0' is no number of heads" 'ablation-plan --sites sites.tsv scores.tsv'
  table sites.tsv 'site heads' ''
  fails 1 'sites.tsv: no heads' 'ablation-plan --sites sites.tsv scores.tsv'
  fails 1 'nowhere: cannot open: No such file' 'ablation-plan --sites nowhere scores.tsv'
  three_heads
  fails 1 'No space left' 'ablation-plan --sites sites.tsv scores.tsv >/dev/full'
}

@test "ablation-plan: mistakes in the command line exit 2, -h exits 0" {
  fails 2 '--sites is needed' 'ablation-plan </dev/null'
  fails 2 '--points takes 1 or more' 'ablation-plan --sites x --points 0'
  fails 2 "unknown option '-x'" 'ablation-plan -x'
  run --separate-stderr ablation-plan -h
  [ "$status" -eq 0 ]
  [[ $output == 'usage: ablation-plan '* ]]
}
