#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What is to be seen: the pixels of pictures, as Chromium and rsvg-convert make them of our SVG.
load helper

PATH=$ROOT/tests/tool:$ROOT/pipelines:$PATH

# NAME SVG PNG SCALE: check the pixels; lines of value, TAB, lightness into NAME, by value.
pixels() {
  pipe "/usr/bin/python3 '$ROOT/tests/tool/picture.py' '$2' '$3' '$4' >cells" || return
  sed 's/^.*: \([^ ,]*\)[^\t]*\t/\1\t/' cells | sort -g >"$1"
}

# Layers, heads, a jq expression of the number k of a head.
average() {
  jq -nc "range($1) as \$l | {type: \"average\", site: \"enc-self.\(\$l)\", heads: $2, steps: 4, sentences: 2,
    mean: [range($2) | (\$l * $2 + .) as \$k | $3]}" | stream-pack
}

@test "picture: 6 x 8 heads in Chromium, the darker the larger" {
  average 6 8 '($k * 29 % 48 + 1) / 100' | head-plot --svg >a.svg
  screenshot a.svg a.png
  pixels seen a.svg a.png 1
  [ "$(cut -f 1 seen | paste -sd ' ')" = "$(for k in {1..48}; do awk "BEGIN { print $k / 100 }"; done | paste -sd ' ')" ]
  # the darkest is the scale's end, and every value is darker than the one before
  awk -F '\t' 'NR > 1 && $2 >= before { print; bad = 1 } { before = $2 } END { exit bad || before > 50 }' seen
}

@test "picture: 80 x 64 heads in Chromium" {
  average 80 64 '($k * 29 % 5120 + 1) / 1000' | head-plot --svg >a.svg
  screenshot a.svg a.png
  pixels seen a.svg a.png 1
  [ "$(wc -l <seen)" -eq 5120 ]
  awk -F '\t' 'NR > 1 && $2 > before { print; bad = 1 } { before = $2 } END { exit bad || before > 50 }' seen
}

@test "picture: negative means have another hue, and a mark that is seen in grey" {
  # a hatch is the mark, also where there is no number; picture.py looks for it
  for layers in 3 33; do
    average $layers 5 '($k % 11 - 5) / 10' | head-plot --svg >a.svg
    screenshot a.svg a.png
    pixels seen a.svg a.png 1
    # of either sign lightness falls with the magnitude, and alike
    sort -u seen | awk -F '\t' '{ light[$1 * 10] = $2 }
      END { for (i = 1; i <= 5; i++) {
              d = light[i] - light[-i]
              if (!(light[i] < light[i - 1] && light[-i] < light[1 - i] && d < 15 && d > -15)) exit 1 } }'
    # blue above 0, orange below
    /usr/bin/python3 - <<'END'
import xml.dom.minidom
for g in xml.dom.minidom.parse("a.svg").getElementsByTagName("g"):
    value = float(g.getElementsByTagName("title")[0].firstChild.data.split(": ")[1])
    fill = g.getElementsByTagName("rect")[0].getAttribute("fill")
    red, blue = int(fill[1:3], 16), int(fill[5:7], 16)
    assert (blue > red) == (value >= 0), (value, fill)
    marks = g.getElementsByTagName("path")
    texts = [t.firstChild.data for t in g.getElementsByTagName("text")]
    assert len(marks) == (value < 0), (value, texts)
    assert not texts or texts == ["%.3f" % value], (value, texts)
END
  done
  [ "$(grep -c '</title><path d="M[0-9]* [0-9]*h12v12h-12z" fill="url(#[a-z]*)"/></g>' a.svg)" -eq 75 ]
}

@test "picture: PNG of heads, two pixels for each unit" {
  average 6 8 '($k * 29 % 48 + 1) / 100' >a.avg
  head-plot -o a.png a.avg
  head-plot -o a.svg a.avg
  pixels seen a.svg a.png 2
  awk -F '\t' 'NR > 1 && $2 >= before { print; bad = 1 } { before = $2 } END { exit bad || NR != 48 }' seen
}

@test "picture: the tokens of a sentence, in Chromium and as PNG" {
  token-relevance -a 'Select a field type.' >tokens
  token-plot -o a.svg tokens
  token-plot -o b.png tokens
  screenshot a.svg a.png
  pixels seen a.svg a.png 1
  pixels converted a.svg b.png 2
  # the same colours from both
  diff seen converted
  # 42 source cells, and the 28 of the target that a step can see
  [ "$(wc -l <seen)" -eq 70 ]
  # values are those of the stream
  stream-show --json tokens | jq -r 'select(.site == "source").relevance[][] * 100,
    (select(.site == "target").relevance | to_entries[] | .value[:.key + 1][] * 100)' | sort -g >want
  cut -f 1 seen | paste - want | awk '$1 - $2 > 1e-4 || $2 - $1 > 1e-4 { print; bad = 1 } END { exit bad || NR != 70 }'
  awk -F '\t' 'NR > 1 && $1 - value > 0.1 && $2 >= before { print; bad = 1 } { value = $1; before = $2 } END { exit bad }' seen
}

@test "picture: 84 tokens in Chromium" {
  paste <(head -5 "$ROOT/examples/en-de/dev.en" | paste -sd ' ') <(head -5 "$ROOT/examples/en-de/dev.de" | paste -sd ' ') >text
  token-map --svg <text >a.svg
  screenshot a.svg a.png
  pixels seen a.svg a.png 1
  steps=84 source=84
  [ "$(grep -c ' from source ' cells)" -eq $((steps * source)) ]
  [ "$(grep -c ' from target ' cells)" -eq $((steps * (steps + 1) / 2)) ]
}

@test "picture: what Chromium reads of any text is what it was" {
  stream-pack >in <<'END'
{"type":"header","content":"tokens","model":{"name":"<a&b>\u0001\uffff"}}
{"type":"tokens","sentence":0,"site":"source","first_step":0,"predicted":["▁Wählen","한국어"],"pieces":["▁选择","<b>&amp;\"'","🙂"],"relevance":[[0.1,0.2,-0.3],[0.4,0.5,-0.6]]}
END
  token-plot -o a.svg in
  screenshot a.svg a.png
  pixels seen a.svg a.png 1
  [ "$(cut -f 1 seen | paste -sd ' ')" = '-60 -30 10 20 40 50' ]
  screenshot --dom a.svg >dom
  /usr/bin/python3 - <<'END'
import xml.dom.minidom
document = xml.dom.minidom.parse("dom")
titles = [t.firstChild.data for t in document.getElementsByTagName("title")]
source = ["▁选择", "<b>&amp;\"'", "🙂"]
assert titles == [f"step {t} {predicted} from source {p} {source[p]}: {share} %"
    for t, (predicted, shares) in enumerate([("▁Wählen", (10, 20, -30)), ("한국어", (40, 50, -60))])
    for p, share in enumerate(shares)], titles
texts = [t.firstChild.data for t in document.getElementsByTagName("text")]
assert texts[0].startswith("<a&b>??, from which"), texts[0]
assert all(texts.count(piece) == 1 for piece in source + ["▁Wählen", "한국어"]), texts
END
}

@test "picture: another picture, and an error page, are noticed" {
  average 2 2 '$k' | head-plot --svg >a.svg
  average 2 2 '3 - $k' | head-plot --svg >b.svg
  screenshot a.svg a.png
  pixels seen a.svg a.png 1
  fails 1 ' of it is [' "/usr/bin/python3 '$ROOT/tests/tool/picture.py' b.svg a.png 1"
  # not well-formed: Chromium shows an error
  sed "s/<.svg>//" a.svg >broken.svg
  screenshot broken.svg broken.png
  fails 1 AssertionError "/usr/bin/python3 '$ROOT/tests/tool/picture.py' a.svg broken.png 1"
  # without its texts
  grep -v '^<text' a.svg >bare.svg
  screenshot bare.svg bare.png
  fails 1 "no text 'mean over" "/usr/bin/python3 '$ROOT/tests/tool/picture.py' a.svg bare.png 1"
}
