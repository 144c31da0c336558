#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
load helper

PATH=$ROOT/pipelines:$PATH

# points [ORDER ...]: what head-ablate writes of 8 heads: the loss is 2 without masks, 10 without any head
points() {
  printf 'order\tdirection\tremoved\thead\tloss\tincrease\tlow\thigh\ttop1\n'
  printf -- '-\tnone\t0\t\t2\t0\t0\t0\t0.5\n-\tsingle\t1\tenc-self.0:1\t9\t7\t6\t8\t0.5\n'
  local order
  for order in "${@:-magnitude}"; do
    printf '%s\t%s\t%s\t\t%s\t%s\t%s\t%s\t0.4\n' \
      "$order" least 4 3 1 0.5 1.5 "$order" least 8 10 8 7 9 \
      "$order" most 4 8 6 5 6.5 "$order" most 8 10 8 7 9
  done
  for order in random.1 random.2; do
    printf '%s\trandom\t%s\t\t%s\t%s\t1\t9\t0.4\n' "$order" 4 6 4 "$order" 8 10 8
  done
}

# titles <SVG: the curves and the bands that it has, in the order in which they are drawn
titles() {
  sed -n 's/.*<g id="gnuplot_plot_[0-9]*" ><title>\(.*\)<\/title>.*/\1/p' | grep -v '^key$'
}

# key [DIRECTION] <SVG: the texts beside the picture; those of the axes come first
key() {
  sed -n 's/^\t*<text>\(.*\)<\/text>$/\1/p' | sed 's/<[^>]*>//g' | grep '[a-z]' >texts
  [ "$(head -n 2 texts | tr '\n' '|')" = "loss per token (nats)|heads removed${1-}|" ] && sed 1,2d texts
}

# line TITLE <SVG: "x y" of each point of that curve's line
line() {
  awk -v title="<title>$1</title>" 'index($0, "<title>") { on = index($0, title) } on' |
    sed -n "/<path/,/\/>/p" | tr -d '\n' | sed "s/'\/>.*//; s/.* d='//" |
    grep -oE '[0-9.]+,[0-9.]+' | tr ',' ' '
}

# style TITLE PATTERN: what of the curve of that title in svg matches
style() {
  awk -v title="<title>$1</title>" 'index($0, "<title>") { on = index($0, title) } on' svg | grep -oE "$2" | sort -u
}

@test "ablation-plot: a curve an order and end, bands below, random orders at the bottom" {
  points magnitude confidence >table
  ablation-plot table >svg
  diff - <(titles <svg) <<'END'
random.1
random.2
magnitude, least relevant first, 95 % interval
magnitude, most relevant first, 95 % interval
confidence, least relevant first, 95 % interval
confidence, most relevant first, 95 % interval
magnitude, least relevant first
magnitude, most relevant first
confidence, least relevant first
confidence, most relevant first
no head removed
END
  diff - <(key <svg) <<'END'
magnitude
confidence
least relevant first
most relevant first
95 % interval
2 random orders
no head removed
END
}

@test "ablation-plot: points stand where the losses say, from the unmasked loss on" {
  points | ablation-plot >svg
  # removed 0, 4, 8 at equal distances; loss 2, 3, 10 upwards: (10 - 2) / (3 - 2) = 8 times as high
  line 'magnitude, least relevant first' <svg >got
  awk 'function near(a, b) { return a - b < 0.05 && b - a < 0.05 }
    { x[NR] = $1; y[NR] = $2 }
    END { exit !(NR == 3 && x[2] - x[1] > 100 && near(x[3] - x[2], x[2] - x[1]) && y[1] - y[2] > 10 && near(y[1] - y[3], 8 * (y[1] - y[2]))) }' got
  # 2, 8, 10 on the same axes
  line 'magnitude, most relevant first' <svg | paste - got |
    awk 'function near(a, b) { return a - b < 0.05 && b - a < 0.05 }
      !near($1, $3) || (NR != 2 && !near($2, $4)) { bad = 1 }
      { y[NR] = $2 } END { exit bad || NR != 3 || !near(y[1] - y[2], 0.75 * (y[1] - y[3])) }'
  # the dotted line, behind its two points in the key, is level with the first point
  line 'no head removed' <svg | tail -n +3 | awk -v y="$(head -n 1 got | cut -d ' ' -f 2)" '$2 - y > 0.01 || y - $2 > 0.01 { bad = 1 } END { exit bad || NR < 2 }'
}

@test "ablation-plot: a band is the interval of the increase, above the unmasked loss" {
  points | ablation-plot >svg
  # of 'least' 2 + 0.5 to 2 + 1.5 at 4 heads, where the curve is at 3: in the middle
  line 'magnitude, least relevant first' <svg >curve
  x=$(sed -n '2s/ .*//p' curve) y=$(sed -n '2s/.* //p' curve)
  unit=$(awk '{ y[NR] = $2 } END { print (y[1] - y[3]) / 8 }' curve)
  awk -v title='<title>magnitude, least relevant first, 95 % interval</title>' 'index($0, "<title>") { on = index($0, title) } on' svg |
    grep -oE '[0-9.]+,[0-9.]+' | tr ',' ' ' >band
  awk -v x="$x" -v y="$y" -v unit="$unit" 'function near(a, b) { return a - b < 0.1 && b - a < 0.1 }
    near($1, x) && near($2, y - unit / 2) { top = 1 }
    near($1, x) && near($2, y + unit / 2) { bottom = 1 }
    END { exit !(top && bottom) }' band
}

@test "ablation-plot: solid and dashed, a colour and a mark for each order" {
  points magnitude confidence | ablation-plot >svg
  for order in magnitude confidence; do
    [ -z "$(style "$order, least relevant first" 'stroke-dasharray=[^ ]*')" ]
    [ "$(style "$order, most relevant first" 'stroke-dasharray=[^ ]*' | wc -l)" -eq 1 ]
    [ "$(style "$order, least relevant first" 'stroke=.rgb[^)]*' | tail -n 1)" = "$(style "$order, most relevant first" 'stroke=.rgb[^)]*' | tail -n 1)" ]
    [ "$(style "$order, least relevant first" "gpPt[0-9]+")" = "$(style "$order, most relevant first" "gpPt[0-9]+")" ]
  done
  [ "$(style 'magnitude, least relevant first' 'stroke=.rgb[^)]*')" != "$(style 'confidence, least relevant first' 'stroke=.rgb[^)]*')" ]
  [ "$(style 'magnitude, least relevant first' 'gpPt[0-9]+')" != "$(style 'confidence, least relevant first' 'gpPt[0-9]+')" ]
}

@test "ablation-plot: fourteen orders have fourteen looks; more are refused" {
  points o{1..14} >table
  ablation-plot --direction least table >svg
  for i in {1..14}; do
    awk -v title="<title>o$i, least relevant first</title>" 'index($0, "<title>") { on = index($0, title) } on' svg |
      grep -oE "gpPt[0-9]+|polygon|circle" | sort -u | tr '\n' ' '
    echo
  done >marks
  [ "$(sort -u marks | wc -l)" -eq 14 ]
  points o{1..15} >table
  fails 1 'more than 14 orders cannot be told apart; choose some with -k' 'ablation-plot table'
  [ -z "$output" ]
  [ "$(ablation-plot -k 'o15 o2' table | key | head -n 2 | tr '\n' ' ')" = 'o15 o2 ' ]
}

@test "ablation-plot: --direction and -k choose" {
  points magnitude confidence ratio:eps=0,bias=spread >table
  [ "$(ablation-plot --direction least table | titles | grep -c 'least relevant first$')" -eq 3 ]
  [ "$(ablation-plot --direction least table | grep -c 'most relevant')" -eq 0 ]
  [ "$(ablation-plot --direction most table | titles | grep -c 'most relevant first$')" -eq 3 ]
  [ "$(ablation-plot --direction most table | titles | grep -c random)" -eq 2 ]
  ablation-plot -k 'ratio:eps=0,bias=spread magnitude' --direction least table >svg
  [ "$(titles <svg | grep 'first$')" = 'magnitude, least relevant first
ratio:eps=0,bias=spread, least relevant first' ]
  [ "$(titles <svg | grep -c random)" -eq 0 ]
  [ "$(key ', the least relevant first' <svg)" = 'ratio:eps=0,bias=spread
magnitude
95 % interval
no head removed' ]
  # each order has dashes of its own then
  [ "$(for order in magnitude ratio:eps=0,bias=spread; do style "$order, least relevant first" 'stroke-dasharray=[^ ]*'; done | sort -u | wc -l)" -eq 1 ]
  [ "$(ablation-plot -k random table | titles)" = 'random.1
random.2
no head removed' ]
  fails 2 'no order "nonsense" here, only: magnitude, confidence, ratio:eps=0,bias=spread, random' "ablation-plot -k 'magnitude nonsense' table"
  [ -z "$output" ]
}

@test "ablation-plot: where the table has divergences the axis says so" {
  points >table
  sed '1s/\tloss\t/\tkl\t/' table >divergences
  ablation-plot divergences >svg
  grep -q '>divergence from the unmasked model, KL(p || q), per token (nats)<' svg
  [ "$(grep -c 'loss per token' svg)" -eq 0 ]
  [ "$(ablation-plot table | grep -c 'divergence')" -eq 0 ]
  diff <(line 'magnitude, least relevant first' <svg) <(ablation-plot table | line 'magnitude, least relevant first')
  fails 1 'line 1: columns "loss" and "kl"; one is needed' "paste table <(cut -f 5 divergences) | ablation-plot"
  fails 1 'line 4: kl is "inf", not a number' "sed '4s/\t3\t/\tinf\t/' divergences | ablation-plot"
  fails 1 'no column "loss|kl"' 'cut -f 1-4,6- table | ablation-plot'
}

@test "ablation-plot: --max cuts the curves off" {
  points >table
  top() { sed -n 's/^\t*<text><[^>]*> *\([0-9.]*\)<.*/\1/p; s/^\t*<text> *\([0-9.]*\)<.*/\1/p' | sort -g | tail -n 1; }
  [ "$(ablation-plot table | top)" = 11 ]
  [ "$(ablation-plot --max 5 table | top)" = 8 ] # the heads: losses go to 5
  # the last point is outside, so the line ends at the border, before it
  ablation-plot table | line 'magnitude, least relevant first' | tail -n 1 >all
  ablation-plot --max 5 table | line 'magnitude, least relevant first' | tail -n 1 >cut
  paste all cut | awk '{ exit !($3 < $1 - 50) }'
  fails 2 '--max 2 cuts all off; the smallest loss is 3' 'ablation-plot --max 2 table'
}

@test "ablation-plot: SVG, PNG or PDF, whole or not at all" {
  points >table
  ablation-plot --title "it's 5 % off & <more>" -o a.pdf table
  [ "$(head -c 5 a.pdf)" = %PDF- ]
  ablation-plot --title "it's 5 % off & <more>" table | grep -qF "it's 5 % off &amp; &lt;more>"
  ablation-plot -o a.svg table
  ablation-plot table | cmp - a.svg
  /usr/bin/python3 -c 'import sys, xml.dom.minidom as x; x.parse("a.svg")'
  ablation-plot -o a.png table
  # PNG: the signature, then width and height
  [ "$(head -c 8 a.png | xxd -p)" = 89504e470d0a1a0a ]
  [ "$(tail -c +17 a.png | head -c 8 | xxd -p)" = "$(printf '%08x%08x' 1440 900)" ]
  [ "$(wc -c <a.png)" -gt 10000 ]
  mkdir fake
  printf '#!/bin/bash\nhead -c 100 /dev/zero\necho some trouble >&2\nexit 1\n' >fake/gnuplot
  chmod +x fake/gnuplot
  cp a.svg before
  fails 1 'gnuplot failed: some trouble' 'PATH=$PWD/fake:$PATH ablation-plot -o a.svg table'
  cmp before a.svg
  fails 1 'gnuplot failed' 'PATH=$PWD/fake:$PATH ablation-plot table'
  [ -z "$output" ]
  fails 1 'No such file' 'ablation-plot -o nowhere/a.svg table'
  fails 1 'No space left' 'ablation-plot table >/dev/full'
  [ -z "$(find . -name '*.part')" ]
  mkdir d.svg
  fails 1 'd.svg' 'ablation-plot -o d.svg table'
  [ -z "$(ls d.svg)" ]
  mkdir there
  fails 1 '/nowhere/tmp' 'cd there && TMPDIR=/nowhere ablation-plot ../table'
  [ "${#stderr_lines[@]}" -eq 1 ]
  [ -z "$(ls there)" ]
}

@test "ablation-plot: without gnuplot the package is named" {
  mkdir few
  for tool in bash realpath dirname getopt awk cat rm mktemp; do ln -s "$(command -v $tool)" few; done
  points >table
  fails 1 'needs gnuplot; install the package gnuplot-nox' 'PATH=$PWD/few "$ROOT/pipelines/ablation-plot" table'
}

@test "ablation-plot: names are text, whatever is in them" {
  points 'a<b&c`touch here`'\''"\d' >table
  ablation-plot --direction least table >svg
  [ "$(key ', the least relevant first' <svg | head -n 1)" = 'a&lt;b&amp;c`touch here`'\''"\d' ]
  titles <svg | grep -qxF 'a&lt;b&amp;c`touch here`'\''"\d, least relevant first'
  /usr/bin/python3 -c 'import xml.dom.minidom as x; x.parse("svg")'
  [ ! -e here ]
}

@test "ablation-plot: no intervals, no bands; no unmasked loss, no dotted line; columns by name" {
  points | cut -f 2,1,3,5- | awk -F '\t' 'BEGIN { OFS = "\t" } NR > 1 { $6 = $7 = "" } $2 != "none"' >table
  ablation-plot table >svg 2>messages
  [ ! -s messages ]
  [ "$(titles <svg)" = 'random.1
random.2
magnitude, least relevant first
magnitude, most relevant first' ]
  [ "$(line 'magnitude, least relevant first' <svg | wc -l)" -eq 2 ]
  # a curve that has its own point without masks begins there, once
  { points; printf 'own\tleast\t0\t\t2\t0\t0\t0\t1\nown\tleast\t8\t\t10\t8\t7\t9\t1\n'; } | ablation-plot -k own >svg
  [ "$(line 'own, least relevant first' <svg | wc -l)" -eq 2 ]
}

@test "ablation-plot: tables that are none are an error" {
  points >table
  fails 1 'no column "increase"; the table is points.tsv of head-ablate' 'cut -f 1-5,7- table | ablation-plot'
  fails 1 'line 4: loss is "inf", not a number' "sed '4s/\t3\t/\tinf\t/' table | ablation-plot"
  fails 1 'line 5: removed is "x", not a number' "sed '5s/\t8\t/\tx\t/' table | ablation-plot"
  fails 1 'no curves' 'head -n 3 table | ablation-plot'
  fails 1 'no curves' 'ablation-plot </dev/null'
  fails 1 "cannot read 'nothing'" 'ablation-plot nothing'
  fails 1 "cannot read '.'" 'ablation-plot .'
  [ -z "$output" ]
}

@test "ablation-plot: mistakes in the command line exit 2, -h exits 0" {
  fails 2 "unknown option '-x'" 'ablation-plot -x'
  fails 2 "'-k' needs a value" 'ablation-plot -k'
  fails 2 "--direction takes least, most or both, not 'all'" 'ablation-plot --direction all'
  fails 2 "--max takes a number from 0 on, not 'high'" 'ablation-plot --max high'
  fails 2 "ends in .svg, .png or .pdf, not 'a.jpg'" 'ablation-plot -o a.jpg'
  fails 2 "unexpected operand 'b'" 'ablation-plot a b'
  run --separate-stderr ablation-plot -h
  [ "$status" -eq 0 ]
  [[ $output == 'usage: ablation-plot '* ]]
  [ -z "$stderr" ]
}

@test "ablation-script: data, plots and titles, as gnuplot reads them" {
  printf '%s\n' $'order\tdirection\tremoved\tloss\tincrease\tlow\thigh' $'-\tnone\t0\t2\t0\t\t' $'a\tleast\t1\t2.5\t0.5\t0.25\t0.75' \
    $'a\tleast\t2\t3\t1\t\t' $'random.1\trandom\t1\t4\t2\t\t' >table
  ablation-script table >script
  [ "$(sed -n '/^\$c0/,/^END/p' script)" = $'$c0 << END\n0 2 2 2\n1 2.5 2.25 2.75\n2 3 NaN NaN\nEND' ]
  [ "$(sed -n 's/^# title //p' script | head -n 3)" = $'random.1\na, least relevant first, 95 % interval\na, least relevant first' ]
  gnuplot script | grep -q '</svg>'
  ablation-script --png <table | gnuplot | head -c 4 | grep -q PNG
  # an order without a name, and a zero byte
  [ "$(sed $'3s/^a/b/; 4s/^a//' table | ablation-script | grep -c '^\$c')" -eq 3 ]
  fails 1 'line 3: a zero byte in a table' "sed '3s/least/le\x00st/' table | ablation-script"
  fails 1 'ablation-script: table: line 3: loss is "x", not a number' "sed -i '3s/2.5/x/' table; ablation-script table"
  fails 2 "--direction takes least, most or both, not 'all'" 'ablation-script --direction all table'
}

@test "ablation-plot: beyond --max a band is cut off where it crosses it" {
  printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' order direction removed head loss increase low high - none 0 '' 0 0 0 0 \
    a least 10 '' 2 2 1 3 a least 20 '' 4 4 3 5 a least 30 '' 1 1 1 1 >points.tsv
  ablation-script --direction least --max 4 points.tsv | awk '/^\$b/ { on = 1; next } /^END/ { on = 0 } on { print $1, $3, $4 }' >band
  diff band - <<'END'
0 0 0
10 1 3
15 2 4
20 3 4
22.5 2.5 4
30 1 1
END
  ablation-script --direction least points.tsv >script
  ! grep -q '^\$b' script
}
