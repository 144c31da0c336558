#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
load helper

setup_file() {
  # shares of the start, 2 and then 1: 50, 25, 12.5 and 10, 40, 20 percent
  export SOURCE='{"type":"tokens","sentence":0,"site":"source","first_step":0,"pieces":["▁a","b","</s>"],"predicted":["▁Ü","</s>"],"ledger":{"start":[2,1],"lost":[0,0]},"relevance":[[1,0.5,0.25],[0.1,0.4,0.2]]}'
  export TARGET='{"type":"tokens","sentence":0,"site":"target","first_step":0,"pieces":["<pad>","▁Ü"],"predicted":["▁Ü","</s>"],"ledger":{"start":[2,1],"lost":[0,0]},"relevance":[[0.25,0],[0.1,0.2]]}'
}

@test "token-plot: text with shades, in percent of the start; no cells behind the step" {
  printf '%s\n' "$TARGET" "$SOURCE" | stream-pack >in
  token-plot --color never in >out
  diff out - <<'END'
source
          ▁a       b    </s>
▁Ü   @  50.0 +  25.0 :  12.5
</s> :  10.0 #  40.0 =  20.0

target
       <pad>      ▁Ü
▁Ü   :  12.5
</s> :  10.0 =  20.0

sums
      source  target
▁Ü      87.5    12.5
</s>    70.0    30.0

0.0   ..::~~==++**##%%@@ 50.0 percent of the row
END
}

@test "token-plot: a target's zero that a step can see is a cell, a source's always" {
  stream-pack >in <<'END'
{"type":"tokens","sentence":0,"site":"source","first_step":0,"relevance":[[1,0],[0,1]]}
{"type":"tokens","sentence":0,"site":"target","first_step":0,"relevance":[[1,0],[0,1]]}
{"type":"tokens","sentence":0,"site":"other","first_step":0,"relevance":[[1,2],[0,1]]}
END
  token-plot --svg in | grep -o '<title>[^<]*' | sed 's/<title>step //' | sort >out
  diff out - <<'END'
0 from other 0: 100 %
0 from other 1: 200 %
0 from source 0: 100 %
0 from source 1: 0 %
0 from target 0: 100 %
1 from other 0: 0 %
1 from other 1: 100 %
1 from source 0: 0 %
1 from source 1: 100 %
1 from target 0: 0 %
1 from target 1: 100 %
END
}

@test "token-plot: colours are the ends of the scale" {
  stream-pack >in <<<"${SOURCE/0.25\]/-1]}"
  token-plot --color always in >out
  grep -qF $'\33[48;2;25;38;69m\33[97m    50.0\33[0m' out
  grep -qF $'\33[48;2;59;32;16m\33[97m   -50.0\33[0m' out
  COLORTERM=truecolor token-plot in | cmp - <(token-plot --color never in)
}

@test "token-plot: SVG has both pieces and the share of a cell, and is the same each time" {
  printf '%s\n' "$TARGET" "$SOURCE" | stream-pack >in
  token-plot --svg in >out.svg
  grep -qF 'fill="#192645"/><title>step 0 ▁Ü from source 0 ▁a: 50 %</title>' out.svg
  grep -qF '<title>step 1 &#60;/s&#62; from target 1 ▁Ü: 20 %</title>' out.svg
  [ "$(grep -c '<title>' out.svg)" -eq 9 ]
  token-plot -o file.svg in
  cmp file.svg out.svg
  # names of columns are slanted, names of rows are in each panel
  [ "$(grep -c 'rotate(-60).>▁a<' out.svg)" -eq 1 ]
  [ "$(grep -c 'class="e">▁Ü<' out.svg)" -eq 2 ]
  # nothing is drawn beyond the picture
  /usr/bin/python3 - <<'END'
import xml.dom.minidom
document = xml.dom.minidom.parse("out.svg")
width, height = [int(document.documentElement.getAttribute(n)) for n in ("width", "height")]
for rect in document.getElementsByTagName("rect"):
    x, y, w, h = [int(rect.getAttribute(n) or 0) for n in ("x", "y", "width", "height")]
    assert 0 <= x and x + w <= width and 0 <= y and y + h <= height, (x, y, w, h)
END
}

@test "token-plot: pieces cannot break the SVG or the terminal; long ones are cut, but in tooltips" {
  long=$(printf 'x%.0s' {1..30})
  stream-pack >in <<'END'
{"type":"header","content":"tokens","model":{"name":"<a&b>\u0001"},"rule":{"name":"</text>"}}
{"type":"tokens","sentence":0,"site":"<&","first_step":0,"pieces":["<b>&\u001b[0m","xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx","e\u0301"],"predicted":["\n\uffff"],"relevance":[[1,2,3]]}
END
  token-plot --color never in >out
  [ "$(grep -c $'\33' out)" -eq 0 ]
  grep -qF "<b>&?[0m  ${long:11}…       e"$'\u0301' out
  token-plot --svg in >out.svg
  LONG=$long /usr/bin/python3 - <<'END'
import os
import xml.dom.minidom
long = os.environ["LONG"]
document = xml.dom.minidom.parse("out.svg")
texts = [t.firstChild.data for t in document.getElementsByTagName("text")]
titles = [t.firstChild.data for t in document.getElementsByTagName("title")]
assert texts[0].startswith("<a&b>?, rule </text>: from"), texts[0]
assert texts[2:6] == ["<&", "<b>&?[0m", long[:23] + "…", "e\u0301"], texts
assert "percent of the row, rule </text>" in texts, texts
assert titles[1] == f"step 0 ?? from <& 1 {long}: 200 %", titles
END
}

@test "token-plot: a row of a difference has both names, each of them cut" {
  long=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
  stream-pack >in <<<"$(jq -c --arg long $long '.predicted = ["▁Ü - </s>", $long + " - " + $long]' <<<"$SOURCE")"
  token-plot --color never in | grep -o '^▁Ü - </s> '
  token-plot --color never in | grep -o "^${long:0:19}… - ${long:0:19}… "
  token-plot --svg in | grep -q ">${long:0:23}… - ${long:0:23}…<"
}

@test "token-plot: many tokens have upright names, and a '-' marks negative shares" {
  jq -nc '{type:"tokens",sentence:0,site:"source",first_step:0,pieces:(["▁选择","フィ","e\u0301"]+[range(14)|"p\(.)"]),
    predicted:["a","b"],relevance:[[range(17)|(.-8)/100],[range(17)|./100]]}' | stream-pack >in
  token-plot --color never in >out
  head -6 out | sed 's/$/|/' | diff - <(sed 's/$/|/' <<'END'
source
  ▁                         p p p p 
  选フ  p p p p p p p p p p 1 1 1 1 
  择ィé 0 1 2 3 4 5 6 7 8 9 0 1 2 3 
a -+-=-~-~-:-:-.-.  ....::::~~~~==++
b   ....::::~~~~==++++****####%%%%@@
END
  )
}

@test "token-plot: what was lost has a column, where all sites say the same" {
  losing=${SOURCE/'"lost":[0,0]'/'"lost":[0.5,0.25]'}
  stream-pack >in <<<"$losing"
  token-plot --color never in >out
  sed -n '/^sums/,$p' out | head -4 | diff - <(printf '%s\n' sums '      source  lost' '▁Ü      87.5  25.0' '</s>    70.0  25.0')
  token-plot --svg in | grep -q '>lost<'
  printf '%s\n' "$losing" "$TARGET" | stream-pack >in
  [ "$(token-plot --color never in | grep -c lost)" -eq 0 ]
}

@test "token-plot: embeddings of positions are sums beside the tokens' panels" {
  printf '%s\n' "$SOURCE" "${SOURCE/'"source"'/'"source.position"'}" | stream-pack >in
  token-plot --color never in >out
  [ "$(grep -cx 'source' out)" -eq 1 ]
  [ "$(grep -cx 'source.position' out)" -eq 0 ]
  grep -qxF '▁Ü      87.5             87.5' out
  # alone they are a panel
  stream-pack <<<"${SOURCE/'"source"'/'"source.position"'}" | token-plot --color never | grep -qx source.position
}

@test "token-plot: several sentences and segments, one scale; records of a sentence join" {
  printf '%s\n' "$SOURCE" "${SOURCE/'"sentence":0'/'"sentence":1'}" | stream-pack >in
  token-plot --color never in >out
  [ "$(grep -c '^sentence [01]$' out)" -eq 2 ]
  token-plot --svg in >out.svg
  [ "$(grep -c '<title>' out.svg)" -eq 12 ]
  [ "$(grep -c 'class="b">source, sentence [01]<' out.svg)" -eq 2 ]
  # the same sentence in two segments is two
  stream-pack <<<"$SOURCE" >one
  [ "$(cat one one | token-plot --color never | grep -c '^sentence 0$')" -eq 2 ]
  # cut after the first step, the sites in turn
  printf '%s\n' "$TARGET" "$SOURCE" | stream-pack >whole
  stream-show --json whole | jq -c 'def steps($a; $b): .first_step = $a | .predicted |= .[$a:$b] | .ledger |= map_values(.[$a:$b]) |
    .relevance |= .[$a:$b]; if .type == "tokens" then steps(0; 1) else empty end' >cut
  stream-show --json whole | jq -c 'def steps($a; $b): .first_step = $a | .predicted |= .[$a:$b] | .ledger |= map_values(.[$a:$b]) |
    .relevance |= .[$a:$b]; if .type == "tokens" then steps(1; 2) else empty end' >>cut
  stream-pack <cut | token-plot --svg | cmp - <(token-plot --svg whole)
  # steps that begin later keep their numbers
  tail -n 1 cut | stream-pack | token-plot --svg | grep -qF '<title>step 1 &#60;/s&#62; from source 0 ▁a: 10 %</title>'
}

@test "token-plot: records that do not fit each other are errors" {
  printf '%s\n' "$SOURCE" "${SOURCE/'"first_step":0'/'"first_step":3'}" | stream-pack >in
  fails 1 'site source goes on at step 3, where step 2 should come' 'token-plot in'
  printf '%s\n' "$SOURCE" "$SOURCE" | stream-pack >in
  fails 1 'site source goes on at step 0, where step 2 should come' 'token-plot in'
  printf '%s\n' "$SOURCE" "$(jq -c '.relevance |= .[:1] | .predicted |= .[:1] | .ledger |= map_values(.[:1])' <<<"$TARGET")" | stream-pack >in
  fails 1 'steps at site target and 2 at another' 'token-plot in'
  printf '%s\n' "$SOURCE" "$(jq -c '.first_step = 2 | .relevance |= map(.[:2])' <<<"$SOURCE")" | stream-pack >in
  fails 1 'site source had 3 positions before, and has 2' 'token-plot in'
  stream-pack >in <<<"${SOURCE/'"b",'/}"
  fails 1 "'pieces' has 2 pieces for 3 places" 'token-plot in'
  stream-pack >in <<<"${SOURCE/'"▁Ü",'/}"
  fails 1 "'predicted' has 1 pieces for 2 places" 'token-plot in'
  stream-pack >in <<<"${SOURCE/'"start":[2,1]'/'"start":[2]'}"
  fails 1 'start' 'token-plot in'
  stream-pack >in <<<"${SOURCE/'"first_step":0'/'"first_step":-1'}"
  fails 1 "'first_step' is -1" 'token-plot in'
  stream-pack >in <<<"${SOURCE/'[[1,'/'[[1e308,'}"
  stream-pack >in <<<'{"type":"tokens","sentence":0,"site":"source","first_step":0,"relevance":[[1e308]]}'
  fails 1 'the relevance of step 0 is too large to draw' 'token-plot in'
  for i in 1 2 3; do
    jq -nc "{type:\"tokens\",sentence:$i,site:\"source\",first_step:0,relevance:{type:\"<f8\",shape:[600,600],data:[range(360000)|1]}}"
  done | sed 's/"relevance":{"type"/"relevance":{"tensor"/' | stream-pack >in
  fails 1 'too many for a picture; draw one sentence' 'token-plot in'
}

@test "token-plot: what a start of 0 and extreme numbers give" {
  stream-pack >in <<<'{"type":"tokens","sentence":0,"site":"source","first_step":0,"ledger":{"start":[0]},"relevance":[[0.5,-1e-300]]}'
  token-plot --color never in | grep -qxF '0 @  50.0     0.0'
  stream-pack >in <<<'{"type":"tokens","sentence":0,"site":"source","first_step":0,"relevance":[[0,0]]}'
  token-plot --color never in | grep -qx '0       0       0'
  stream-pack >in <<<'{"type":"tokens","sentence":0,"site":"source","first_step":0,"relevance":[[1e305,-1e305]]}'
  token-plot --color never in | grep -qxF '0 @   1e+307 @  -1e+307'
  token-plot --svg in | grep -qF ': -1e+307 %</title>'
}

@test "token-plot: tables of numbers, with the sums of the other sites and what was lost" {
  position=${SOURCE/'"source"'/'"source.position"'}
  # the site that came last says what was lost in all
  lost=$(jq -c '.site = "target.position" | .ledger.lost = [0.1, -0.00001] | .pieces |= .[:2] | .relevance |= map(.[:2])' <<<"$SOURCE")
  printf '%s\n' "$TARGET" "$SOURCE" "$position" "$lost" | stream-pack >in
  token-plot --table in >out
  diff out - <<'END'
source
         ▁a      b  </s>  target  source.position  target.position  lost
▁Ü    *50.0   25.0  12.5    12.5             87.5             75.0   5.0
</s>   10.0  *40.0  20.0    30.0             70.0             50.0   0.0

target
      <pad>    ▁Ü
▁Ü     12.5
</s>   10.0  20.0
END
  # one site alone; numbers without text, wide characters
  stream-pack <<<"$TARGET" | token-plot --table | diff - <(printf '%s\n' target '      <pad>     ▁Ü' '▁Ü    *12.5' '</s>   10.0  *20.0')
  stream-pack <<<'{"type":"tokens","sentence":0,"site":"source","first_step":4,"pieces":["頭","x"],"relevance":[[0,0.25],[-1,-2]]}' >in
  token-plot --table in | diff - <(printf '%s\n' source '        頭       x' '4      0.0   *25.0' '5  *-100.0  -200.0')
}

@test "token-plot: tables come a sentence at a time, of a text without an end" {
  printf '%s\n' "$SOURCE" "$TARGET" "${SOURCE/'"sentence":0'/'"sentence":1'}" | stream-pack >in
  token-plot --table in >out
  [ "$(grep -c '^source$' out)" -eq 2 ]
  diff <(head -n 9 out) <(printf '%s\n' "$SOURCE" "$TARGET" | stream-pack | token-plot --table)
  diff <(tail -n +11 out) <(stream-pack <<<"$SOURCE" | token-plot --table)
  # more cells than a picture has room for
  jq -nc 'range(600) | {type:"tokens",sentence:.,site:"source",first_step:0,relevance:[[range(2000)]]}' | stream-pack >many
  token-plot --table many >out
  [ "$(grep -c '^source$' out)" -eq 600 ]
  fails 1 'too many for a picture' 'token-plot many'
  # nothing of a sentence that does not come whole, and the program fails
  head -c -40 many >cut
  fails 1 'cut' 'token-plot --table cut'
  for other in --svg '-o a.svg'; do
    fails 2 'goes without --svg and -o' "token-plot --table $other many"
  done
  fails 1 'No space left on device' 'token-plot --table many >/dev/full'
}

@test "token-plot: PNG" {
  stream-pack >in <<<"$SOURCE"
  token-plot -o a.png in
  [ "$(head -c 8 a.png | xxd -p)" = 89504e470d0a1a0a ]
  fails 2 "takes a file.svg, a file.png or a file.pdf, not 'x'" 'token-plot -o x in'
}

@test "token-plot: what is too wide goes on in blocks of columns, rows without a cell there left out" {
  jq -nc '{type:"tokens",sentence:0,site:"source",first_step:0,pieces:["a","b","c","d","e"],predicted:["A","B","C","D","E"],relevance:[range(5) | [range(5) / 10]]},
    {type:"tokens",sentence:0,site:"target",first_step:0,pieces:["a","b","c","d","e"],predicted:["A","B","C","D","E"],relevance:[range(5) as $t | [range(5) | if . > $t then 0 else 0.1 end]]}' |
    stream-pack >in
  token-plot --color never --width 25 in >out
  sed -n '/^target/,/^sums/p' out | diff - <(cat <<'END'
target
        a       b       c
A :  10.0
B :  10.0 :  10.0
C :  10.0 :  10.0 :  10.0
D :  10.0 :  10.0 :  10.0
E :  10.0 :  10.0 :  10.0

        d       e
D :  10.0
E :  10.0 :  10.0

sums
END
  )
  awk 'length($0) > 25 && !/percent/' out | grep . && return 1
  # without numbers: 1 for the name, 1 space, 2 columns a token
  token-plot --color never --no-numbers --width 8 in | sed -n '/^target/,/^sums/p' | diff - <(cat <<'END'
target
  a b c 
A ::
B ::::
C ::::::
D ::::::
E ::::::

  d e 
D ::
E ::::

sums
END
  )
  # SVG: no cell is lost, none lies on another; the page is as wide as is asked for
  tooltips() { grep -o '<title>[^<]*' | sort; }
  token-plot --svg in >whole.svg
  token-plot --svg --width 250 in >blocks.svg
  diff <(tooltips <whole.svg) <(tooltips <blocks.svg)
  [ "$(sed -n 's/^<g>\(<rect x="[0-9]*" y="[0-9]*"\).*/\1/p' blocks.svg | sort -u | wc -l)" -eq 40 ]
  [ "$(sed -n '1s/.* width="\([0-9]*\)".*/\1/p' blocks.svg)" -le 340 ] # the scale needs as much
  grep -q 'class="b">source, from token [1-4] on<' blocks.svg
  grep -q 'class="b">target, from token [1-4] on<' blocks.svg
  # the first row is not in the target's later blocks
  [ "$(grep -c 'class="e">A<' blocks.svg)" -lt "$(grep -c 'class="e">E<' blocks.svg)" ]
}

@test "token-plot: a title, an end of the scale, no numbers, panels below each other" {
  printf '%s\n' "$TARGET" "$SOURCE" | stream-pack >in
  token-plot --color never --title 'My own' --max 25 in >out
  head -n 2 out | diff - <(printf 'My own\n\n')
  grep -qxF '▁Ü   @  50.0 @  25.0 +  12.5' out
  [ "$(tail -n 1 out)" = '0.0   ..::~~==++**##%%@@ ≥ 25.0 percent of the row' ]
  token-plot --svg --title 'My own' --stack --no-numbers in >a.svg
  [ "$(grep -c 'class="n"' a.svg)" -eq 0 ]
  grep -q 'class="s">My own<' a.svg
  grep -q 'width="14" height="14" fill="#192645"/><title>step 0 ▁Ü from source 0 ▁a: 50 %<' a.svg
  [ "$(sed -n 's/.*<text x="\([0-9]*\)" y="[0-9]*" class="b">\(source\|target\|sums\)<.*/\1/p' a.svg | sort -u | wc -l)" -eq 1 ]
  [ "$(sed -n 's/.*<text x="[0-9]*" y="\([0-9]*\)" class="b">\(source\|target\|sums\)<.*/\1/p' a.svg | sort -u | wc -l)" -eq 3 ]
  token-plot -o a.pdf in
  [ "$(head -c 5 a.pdf)" = %PDF- ]
}

@test "token-plot: no sentences are an error" {
  stream-pack >in <<<'{"type":"header","content":"tokens"}'
  fails 1 'no sentence came in' 'token-plot in'
}

@test "token-plot: headers that do not agree are an error" {
  for rule in magnitude ratio; do
    printf '%s\n' '{"type":"header","content":"tokens","rule":{"name":"'$rule'"}}' "$SOURCE" | stream-pack >$rule
  done
  fails 1 "'ratio'" 'token-plot magnitude ratio'
}

@test "token-plot: --color takes three words" {
  fails 2 "not 'x'" 'token-plot --color x </dev/null'
}
