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
  grep -qxF -- '-1.00 @%%#*++=~~:.  .::~=+ 0.50' out
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
  fails 2 "takes a file.svg or a file.png, not 'x.gif'" 'head-plot -o x.gif </dev/null'
  fails 2 "not '.svg'" 'head-plot -o .svg </dev/null'
  fails 2 "not 'x'" 'head-plot --color x </dev/null'
  stream-pack >in <<<"$TWO"
  head-plot -o a.png in
  [ "$(head -c 8 a.png | xxd -p)" = 89504e470d0a1a0a ]
  # two pixels for each unit
  head-plot -o a.svg in
  size=$(sed -n '1s/.* width="\([0-9]*\)" height="\([0-9]*\)".*/\1 \2/p' a.svg)
  [ "$(printf '%d %d' 0x"$(xxd -s 16 -l 4 -p a.png)" 0x"$(xxd -s 20 -l 4 -p a.png)")" = "$((2 * ${size% *})) $((2 * ${size#* }))" ]
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

@test "head-plot: the title says model, rule and norm, where the average does" {
  stream-pack >a.avg <<'JSON'
{"type":"header","content":"average","model":{"name":"m","layers":1,"heads":2,"kv_heads":2},"rule":{"name":"cp"},"norm":"size"}
{"type":"average","site":"enc-self.0","heads":2,"steps":3,"sentences":2,"mean":[1,2]}
JSON
  echo '{"type":"average","site":"enc-self.0","heads":1,"steps":1,"sentences":1,"mean":[1]}' | stream-pack >one.avg
  [ "$(head-plot one.avg | head -n 1)" = 'mean over 1 step of 1 sentence' ]
  [ "$(head-plot a.avg | head -n 1)" = 'm, rule cp, norm size, mean over 3 steps of 2 sentences' ]
  head-plot --svg a.avg | grep -q '>m, rule cp, norm size, mean over 3 steps of 2 sentences<'
}
