#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0

load helper

setup_file() {
  export TWO='{"type":"average","site":"enc-self.0","heads":2,"steps":4,"sentences":2,"mean":[0.25,0.75],"low":[0.2,0.7],"high":[0.3,0.8],"error":[0.01,0.01]}
{"type":"average","site":"dec-enc.1","heads":2,"steps":4,"sentences":2,"mean":[0,0.5]}'
}

@test "head-plot: text with shades, a panel for each kind" {
  stream-pack >in <<<"$TWO"
  head-plot --color never in >out
  grep -qxF '   0  ~  0.250 @  0.750' out
  grep -qxF '   1     0.000 *  0.500' out
  [ "$(grep -c '^layer' out)" -eq 2 ]
  [ "$(grep -c $'\33' out)" -eq 0 ]
}

@test "head-plot: colours are the ends of the scale" {
  stream-pack >in <<<"$TWO"
  head-plot --color always in >out
  grep -qF $'\33[48;2;25;38;69m\33[97m' out
  grep -qF $'\33[48;2;242;247;253m\33[30m' out
  COLORTERM=truecolor head-plot in | cmp - <(head-plot --color never in)
}

@test "head-plot: SVG has values, intervals and colours, and is the same each time" {
  stream-pack >in <<<"$TWO"
  head-plot --svg in >out.svg
  grep -qF 'fill="#192645"/><title>enc-self.L0H1: 0.75, 95 % interval 0.7 to 0.8</title>' out.svg
  grep -qF 'fill="#f2f7fd"/><title>dec-enc.L1H0: 0</title>' out.svg
  head-plot -o file.svg in
  cmp file.svg out.svg
  /usr/bin/python3 -c 'import xml.dom.minidom; xml.dom.minidom.parse("out.svg")'
}

@test "head-plot: a group of heads that share keys is the sum of their means" {
  { echo '{"type":"header","content":"average","model":{"name":"m","layers":1,"heads":4,"kv_heads":2}}'
    echo '{"type":"average","site":"dec-self.0","heads":4,"steps":1,"sentences":1,"mean":[0.125,0.25,0.5,0.125],"error":[0,0,0,0],"low":[0,0,0,0],"high":[1,1,1,1]}'; } |
    stream-pack >in
  head-plot --unit group --color never in >out
  grep -qxF 'm, groups of 2 heads, mean over 1 step of 1 sentence' out
  grep -qxF '   0  +  0.375 @  0.625' out
  head-plot --unit group --svg in >out.svg
  grep -qF '<title>dec-self.L0G1: 0.625</title>' out.svg
  head-plot --unit head --svg in | cmp - <(head-plot --svg in)
  fails 2 "option '--unit' takes head or group, not 'all'" 'head-plot --unit all in'
}

@test "head-plot: names cannot break the SVG" {
  { echo '{"type":"header","content":"average","model":{"name":"<a&b>\u0001\u001b\uffff"}}'
    echo '{"type":"average","site":"<&.0","heads":1,"steps":1,"sentences":1,"mean":[1]}'; } | stream-pack >in
  head-plot --svg in >out.svg
  /usr/bin/python3 -c '
import xml.dom.minidom
text = [t.firstChild.data for t in xml.dom.minidom.parse("out.svg").getElementsByTagName("text")]
assert text[0].startswith("<a&b>???, mean"), text[0]'
}

@test "head-plot: 80 layers of 64 heads" {
  for l in $(seq 0 79); do
    echo '{"type":"average","site":"dec-self.'"$l"'","heads":64,"steps":1,"sentences":1,"mean":'"$(jq -nc '[range(64)]')"'}'
  done | stream-pack >in
  [ "$(head-plot --svg in | grep -c '<title>')" -eq 5120 ]
  [ "$(head-plot in | grep -c '^  *[0-9]* ')" -eq 80 ]
}

@test "head-plot: negative means have the other hue, and a sign where there are no numbers" {
  stream-pack >in <<<'{"type":"average","site":"enc-self.0","heads":3,"steps":1,"sentences":1,"mean":[-1,0.5,-0.0001]}'
  head-plot --color never in >out
  grep -qxF '   0  @  -1.00 +   0.50     0.00' out
  grep -qxF -- '-1.00 @%%#*++=~~:.  .::~=+ 0.50 mean' out
  head-plot --color always in | grep -qF $'\33[48;2;59;32;16m\33[97m    -1.00\33[0m'
  jq -nc '{type:"average",site:"enc-self.0",heads:17,steps:1,sentences:1,mean:([-1,0.5,-0.3]+[range(14)|0])}' |
    stream-pack >wide
  head-plot --color never wide >out
  grep -qxF "   0 -@++-~$(printf '%28s' '')" out
  head-plot --svg in >out.svg
  grep -qF 'fill="#3b2010"/><title>enc-self.L0H0: -1</title>' out.svg
  # the scale ends at the two of them, and says where 0 is
  [ "$(grep -o 'class="m">[-0-9.]*<' out.svg | tail -3 | paste -sd ' ')" = 'class="m">-1.00< class="m">0.50< class="m">0.00<' ]
}

@test "head-plot: a file is SVG or PNG by its name, and no other" {
  fails 2 "takes a file.svg, a file.png or a file.pdf, not 'x.gif'" 'head-plot -o x.gif </dev/null'
  fails 2 "not '.svg'" 'head-plot -o .svg </dev/null'
  fails 2 "not 'x'" 'head-plot --color x </dev/null'
  stream-pack >in <<<"$TWO"
  head-plot -o a.png in
  [ "$(head -c 8 a.png | xxd -p)" = 89504e470d0a1a0a ]
  # two pixels for each unit
  head-plot -o a.svg in
  size=$(sed -n '1s/.* width="\([0-9]*\)" height="\([0-9]*\)".*/\1 \2/p' a.svg)
  [ "$(printf '%d %d' 0x"$(xxd -s 16 -l 4 -p a.png)" 0x"$(xxd -s 20 -l 4 -p a.png)")" = "$((2 * ${size% *})) $((2 * ${size#* }))" ]
  head-plot -o a.pdf in
  [ "$(head -c 5 a.pdf)" = %PDF- ]
  [ "$(tail -c 6 a.pdf)" = %%EOF ]
  # the rights of a new file
  (umask 027; head-plot -o b.png in; head-plot -o b.svg in)
  [ "$(stat -c %a b.png b.svg | paste -sd ' ')" = '640 640' ]
}

@test "head-plot: PNG without rsvg-convert names the package" {
  stream-pack >in <<<"$TWO"
  echo old >a.png
  mkdir none
  run --separate-stderr env PATH="$PWD/none" "$BIN/head-plot" -o a.png in
  [ "$status" -eq 1 ]
  [ "$stderr" = "head-plot: cannot write 'a.png': no program rsvg-convert; install the Debian package librsvg2-bin, or write a file.svg" ]
  [ "$(cat a.png)" = old ]
  [ "$(echo a.png*)" = a.png ]
}

@test "head-plot: what cannot be written leaves nothing behind" {
  stream-pack >in <<<"$TWO"
  echo old >a.png
  echo old >a.svg
  mkdir fake b.svg
  printf '#!/bin/bash\ncat >got\necho half\nexit 3\n' >fake/rsvg-convert
  chmod +x fake/rsvg-convert
  fails 1 "cannot write 'a.png': rsvg-convert failed" "PATH='$PWD/fake:$PATH' head-plot -o a.png in"
  # it had the whole picture to read
  head-plot --svg in | cmp - got
  fails 1 "cannot write 'none/a.svg': No such file or directory" 'head-plot -o none/a.svg in'
  fails 1 "cannot write 'b.svg': Is a directory" 'head-plot -o b.svg in'
  fails 1 "cannot write 'a.svg': File too large" "trap '' XFSZ; ulimit -f 1; head-plot -o a.svg in"
  head -c -5 in >cut
  fails 1 'cut off' 'head-plot -o a.svg cut'
  [ "$(cat a.png a.svg)" = $'old\nold' ]
  [ "$(echo a.* b.* )" = 'a.png a.svg b.svg' ]
}

# average HEADER ...: averages of one head, a stream each record
average() {
  { echo '{"type":"header","content":"average","model":{"name":"m"}'"$1"'}'
    echo '{"type":"average","site":"enc-self.0","heads":1,"steps":3,"sentences":'"${2-2}"',"mean":[1]}'; } | stream-pack
}

@test "head-plot: title and scale say model, rule or measure, start and norm, where the average does" {
  echo '{"type":"average","site":"enc-self.0","heads":1,"steps":1,"sentences":1,"mean":[1]}' | stream-pack >one.avg
  head-plot --color never one.avg | sed -n '1p;$p' | diff - <(printf '%s\n' 'mean over 1 step of 1 sentence' '0.00   ..::~~==++**##%%@@ 1.00 mean')
  while IFS='|' read -r header sentences title legend; do
    average "$header" "$sentences" >a.avg
    head-plot --color never a.avg | sed -n '1p;$p' | diff - <(printf '%s\n' "m, $title" "0.00   ..::~~==++**##%%@@ 1.00 $legend")
    head-plot --svg a.avg >a.svg
    grep -qF ">$legend<" a.svg
    [ "$(sed -n 's/^<text x="56" y="[24][0-9]" class="s">\(.*\)<.text>$/\1/p' a.svg | paste -sd ' ')" = "m, $title" ]
  done <<'END'
,"rule":{"name":"cp"},"norm":"size"|2|rule cp, norm size, mean over 3 steps of 2 sentences|size of the relevance, rule cp
,"rule":{"name":"cp"},"start":"top","norm":"sum"|2|rule cp, norm sum, mean over 3 steps of 2 sentences|share of the layer's relevance, rule cp
,"rule":{"name":"cp"},"start":"forced"|2|rule cp, start forced, mean over 3 steps of 2 sentences|relevance, rule cp
,"measure":"confidence"|3|confidence, mean over 3 sentences|mean of the largest attention weight
,"measure":"output","norm":"max"|3|output, norm max, mean over 3 sentences|output, as part of the layer's largest
,"measure":"effect"|1|effect, mean over 3 steps of 1 sentence|divergence without the head, to first order (nats)
,"measure":"entropy"|3|entropy, mean over 3 sentences|entropy
,"measure":"interactions","greedy":{"factor":1}|2|greedy order, 3 steps of 2 sentences|divergence to expect when the head and those before it are gone (nats)
END
}

# texts <SVG: x, y, class and text of each of its lines
texts() {
  sed -n 's/.*<text x="\([0-9]*\)" y="\([0-9]*\)" class="\([^"]*\)"[^>]*>\([^<]*\)<.*/\1 \2 \3 \4/p'
}

@test "head-plot: --title, in lines that are as wide as the picture; none at all" {
  stream-pack >in <<<"$TWO"
  for panels in '' '--kind enc-self' --stack; do
    head-plot --svg $panels --title 'A title of <many> words, which goes on for longer than any picture of a few heads is wide: lines, more lines and more' in >a.svg
    texts <a.svg | awk '$3 == "s" && $2 < 150' >lines
    [ "$(cut -d ' ' -f 4- lines | paste -sd ' ' | head -c 40)" = 'A title of &#60;many&#62; words, which g' ]
    [ "$(wc -l <lines)" -ge 2 ]
    # the lines are below each other, and DejaVu Sans, 7.5 units for a letter, has room for each
    width=$(sed -n '1s/.* width="\([0-9]*\)".*/\1/p' a.svg)
    awk -v width="$width" '{ y = $2; x = $1; $1 = $2 = $3 = ""; gsub(/&#6[02];/, "<") }
      NR > 1 && y - last != 16 || x + 6.2 * (length($0) - 3) > width { print; bad = 1 } { last = y } END { exit bad }' lines
  done
  head-plot --title 'My own' in | head -n 1 | grep -qx 'My own'
  head-plot --title '' in | head -n 2 | diff - <(printf '\nenc-self\n')
  head-plot --svg --title '' in | texts | grep -qx '56 40 b enc-self'
  # a word that is longer than a line
  head-plot --kind enc-self --svg --title "$(printf 'x%.0s' {1..200})" in | texts | grep -c ' s xx*$' | grep -qxE '[4-6]'
}

@test "head-plot: --max is the end of the scale, the same for two pictures" {
  stream-pack >in <<<"$TWO"
  stream-pack >low <<<'{"type":"average","site":"enc-self.0","heads":2,"steps":1,"sentences":1,"mean":[0.25,-0.25]}'
  head-plot --color never --max 0.5 in >out
  grep -qxF '   0  +  0.250 @  0.750' out
  [ "$(tail -n 1 out)" = '0.000   ..::~~==++**##%%@@ ≥ 0.500 mean' ]
  [ "$(head-plot --color never --max 0.5 low | tail -n 1)" = '-0.500 @%#*+=~:.  .:~=+*#%@ 0.500 mean' ]
  [ "$(head-plot --color never --max 0.2 low | tail -n 1)" = '≤ -0.200 @%#*+=~:.  .:~=+*#%@ ≥ 0.200 mean' ]
  fill() { head-plot --svg "${@:2}" | sed -n "s/.*fill=\"\(#[0-9a-f]*\)\"\/><title>enc-self.L0H$1: .*/\1/p"; }
  [ "$(fill 0 --max 0.5 in)" = "$(fill 0 --max 0.5 low)" ]
  [ "$(fill 0 in)" != "$(fill 0 low)" ]
  [ "$(fill 1 --max 0.5 in)" = '#192645' ]
  head-plot --svg --max 0.5 in | grep -q 'class="m">≥ 0.500<'
  head-plot --svg --max inf in | cmp - <(head-plot --svg in)
  for x in 0 -1; do
    fails 2 "option '--max' takes a number above 0, not $x" "head-plot --max $x in"
  done
  fails 2 "option '--max' takes a number, not 'x'" 'head-plot --max x in'
}

@test "head-plot: only the layers that are there; the names of axes" {
  { echo '{"type":"header","content":"average","model":{"name":"m","layers":6,"heads":2,"kv_heads":2}}'
    echo '{"type":"average","site":"enc-self.2","heads":2,"steps":1,"sentences":1,"mean":[0.5,0.5]}'
    echo '{"type":"average","site":"enc-self.5","heads":2,"steps":1,"sentences":1,"mean":[0.25,0.75]}'; } | stream-pack >in
  head-plot --color never in | sed -n '3,6p' | diff - <(printf '%s\n' enc-self 'layer        0        1' '   2  *  0.500 *  0.500' '   5  ~  0.250 @  0.750')
  head-plot --svg in >a.svg
  [ "$(texts <a.svg | awk '$3 == "e" { print $4 }' | paste -sd ' ')" = '2 5' ]
  grep -q '<rect x="56" y="90" width="92" height="56" fill="url(#none)"' a.svg
  grep -q 'class="m g">head<' a.svg
  grep -q 'rotate(-90)" class="m g">layer<' a.svg
}

@test "head-plot: numbers fit their cells, or are left out" {
  stream-pack >in <<<'{"type":"average","site":"enc-self.0","heads":2,"steps":1,"sentences":1,"mean":[-0.012,0.034]}'
  head-plot --color never in | grep -qxF '   0  ~ -0.0120 @  0.0340'
  head-plot --svg in >a.svg
  # 7 characters of 7 units, which is as wide as a digit of 11 pixels in DejaVu Sans
  grep -q '<g><rect x="56" y="90" width="57" height="28"' a.svg
  head-plot --svg --no-numbers in >b.svg
  [ "$(grep -c 'class="n"' a.svg)" -eq 2 ]
  [ "$(grep -c 'class="n"' b.svg)" -eq 0 ]
  grep -q '<g><rect x="56" y="90" width="24" height="24" fill="[^"]*"/><title>enc-self.L0H0: -0.012</title><path' b.svg
  head-plot --color never --no-numbers in | grep -qx '   0 -~@@'
}

@test "head-plot: --stack, and what is wider than --width" {
  stream-pack >in <<<"$TWO"
  kinds() { head-plot --svg "$@" in | texts | awk '$3 == "b" { print $1, $4 }' | paste -sd ' '; }
  [ "$(kinds)" = '56 enc-self 204 dec-enc' ]
  [ "$(kinds --width 400)" = '56 enc-self 204 dec-enc' ]
  [ "$(kinds --stack)" = '56 enc-self 56 dec-enc' ]
  [ "$(kinds --width 300)" = '56 enc-self 56 dec-enc' ]
  # cells do not lie on each other
  [ "$(head-plot --svg --stack in | sed -n 's/^<g><rect x="\([0-9]*\)" y="\([0-9]*\)".*/\1 \2/p' | sort -u | wc -l)" -eq 4 ]
  # text, in blocks of heads
  jq -nc '{type:"average",site:"dec-self.7",heads:5,steps:1,sentences:1,mean:[range(5)/4]}' | stream-pack >five
  head-plot --color never --width 32 five | sed -n '3,9p' | diff - <(printf '%s\n' dec-self 'layer        0        1        2' \
    '   7      0.00 :   0.25 +   0.50' '' 'layer        3        4' '   7  #   0.75 @   1.00' '')
  [ "$(head-plot --color never --width 1 five | grep -c '^   7 ')" -eq 5 ]
}

@test "head-plot: title and legend of a comparison go on below, and say what is compared" {
  for rule in magnitude attnlrp; do
    { jq -nc --arg rule $rule '{type: "header", content: "heads", norm: "size", model: {name: "m"}, rule: {name: $rule}}'
      echo '{"type":"heads","sentence":0,"site":"enc-self.0","first_step":0,"relevance":[[1,'$((2 + ${#rule}))']]}'; } | stream-pack >$rule
  done
  head-compare -q magnitude attnlrp >c.avg
  head-plot --width 40 c.avg >text
  [ "$(awk 'length > 40' text | wc -l)" -eq 0 ]
  tr '\n' ' ' <text | grep -q 'size of the relevance: rule magnitude minus rule attnlrp $'
  tr '\n' ' ' <text | grep -q '^m, norm size, rule magnitude minus rule attnlrp'
  head-plot --svg c.avg | grep -q '>size of the relevance: rule magnitude minus rule attnlrp<'
}
