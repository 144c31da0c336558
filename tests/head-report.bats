#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
load helper

PATH=$ROOT/tests/tool:$ROOT/pipelines:$PATH

# A name that would act, were it markup; two layers of three heads, of which one was taken out.
setup_file() {
  cd "$BATS_FILE_TMPDIR"
  export MADE=$PWD PATH=${BIN:-$BATS_TEST_DIRNAME/../bin}:$PATH
  export HOSTILE="</script><script>document.title='acted'</script><img src=x onerror=alert(1)>&amp;\""
  jq -nc --arg name "$HOSTILE" '
    {type: "header", content: "average", norm: "sum", rule: {name: "attnlrp", eps: 0}, history: ["trace-extract <b>", "step-average"],
      model: {name: $name, layers: 2, heads: 3, pruned: "enc-self.1:0", checkpoint: {hash: "00ff"}}},
    {type: "average", site: "enc-self.0", heads: 3, steps: 9, sentences: 2, mean: [0.25, 0.5, -0.125], error: [0.01, 0.01, 0.01],
      low: [0.2, 0.4, -0.25], high: [0.3, 0.6, 0]},
    {type: "average", site: "enc-self.1", heads: 2, steps: 9, sentences: 2, mean: [0.625, 0.375], error: [0.01, 0.01],
      low: [0.5, 0.25], high: [0.75, 0.5]}' | stream-pack >hostile.avg
  mkdir -p run/orders
  jq -nc 'range(2) as $l | {type: "average", site: "enc-self.\($l)", heads: 2, steps: 3, sentences: 1, mean: [$l, 3]}' | stream-pack >run/orders/ten.avg
  stream-pack >run/other.lrp <<<'{"type":"losses","sentence":0,"first_step":0,"loss":[1]}'
  printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' order direction removed head loss increase low high - none 0 '' 2 0 0 0 \
    ten least 2 '' 3 1 0.5 1.5 ten least 4 '' 6 4 3 5 ten most 2 '' 5 3 2 4 ten most 4 '' 6 4 3 5 random.1 random 4 '' 6 4 3 5 >run/points.tsv
  printf '%s\t%s\n' order value ten 10 '<b>' 9 none - >run/summary.tsv
  echo 'head-ablate pairs run' >run/commands
  echo 'by zero' >run/settings
  stream-pack >tokens.lrp <<'END'
{"type":"header","content":"tokens","model":{"name":"<a&b>"}}
{"type":"tokens","sentence":0,"site":"source","first_step":0,"predicted":["Ja","</svg>"],"pieces":["<b>","&amp;"],"relevance":[[0.25,0.75],[0.5,0.5]]}
END
  stream-pack >ledger.lrp <<'END'
{"type":"header","content":"relevance"}
{"type":"relevance","sentence":0,"site":"enc-self.4","first_step":0,"relevance":[[[0.5]]],"ledger":{"start":[1],"here":[0.5],"elsewhere":[0.25],"lost":[0.25],"bias":[0.25],"eps":[0],"zero":[0],"softmax":[0]}}
END
}

# The data of a page, as a browser finds it: the text of the element of that name.
data_of() {
  /usr/bin/python3 -c '
import sys
from html.parser import HTMLParser
class Page(HTMLParser):
    inside = False
    def handle_starttag(self, tag, attributes):
        self.inside = dict(attributes).get("id") == "data"
    def handle_endtag(self, tag):
        self.inside = False
    def handle_data(self, text):
        if self.inside:
            print(text)
Page().feed(open(sys.argv[1]).read())' "$1" | jq -c "${@:2}"
}

@test "head-report: the page has the numbers of the streams and tables" {
  files=("$MADE/hostile.avg" "$MADE/run" "$MADE/tokens.lrp" "$MADE/ledger.lrp")
  head-report -o page.html --title 'A <title>' "${files[@]}"
  data_of page.html '.averages[0].sites[] | [.site, .mean, .low, .sentences]' >got
  diff got - <<'END'
["enc-self.0",[0.25,0.5,-0.125],[0.2,0.4,-0.25],2]
["enc-self.1",[0.625,0.375],[0.5,0.25],2]
END
  [ "$(data_of page.html '[.averages[].name], [.ledgers[].name], [.maps[].name], .title' | paste -sd ' ')" = '["hostile","ten"] ["ledger"] ["tokens"] "A <title>"' ]
  [ "$(data_of page.html '.averages[0].header.history[:2]')" = '["trace-extract <b>","step-average"]' ]
  [ "$(data_of page.html '.ablations[0] | .commands, .settings, .points.columns[4], .points.rows[2], .summary.rows[1], .plan' | paste -sd ' ')" = \
    '"head-ablate pairs run" "by zero" "loss" ["ten","least","4","","6","4","3","5"] ["<b>","9"] null' ]
  [ "$(data_of page.html '.ledgers[0].table | [.columns[:4], .rows[0][:4]]')" = '[["site","steps","here","elsewhere"],["enc-self.4","1","0.5","0.25"]]' ]
  data_of page.html -r .command | grep -qxF "head-report -o page.html --title 'A <title>' ${files[*]}"
  # the same to standard output
  head-report --title 'A <title>' "${files[@]}" >other.html
  diff <(data_of page.html 'del(.command)') <(data_of other.html 'del(.command)')
  # nothing from elsewhere
  [ "$(grep -c '<link\|<img\|<iframe\|@import\|url(http\|src="' page.html)" -eq 0 ]
}

@test "head-report: nothing of the data is markup" {
  head-report --title "$HOSTILE" "$MADE/hostile.avg" "$MADE/run" "$MADE/tokens.lrp" >page.html
  [ "$(data_of page.html -r '.averages[0].header.model.name')" = "$HOSTILE" ]
  [ "$(data_of page.html -r .title)" = "$HOSTILE" ]
  /usr/bin/python3 - <<'END'
from html.parser import HTMLParser
found = []
class Page(HTMLParser):
    def handle_starttag(self, tag, attributes):
        found.append(tag)
        assert not any(name.startswith("on") or name in ("src", "href") for name, _ in attributes), attributes
Page().feed(open("page.html").read())
# elements that can do something: data, script, a picture
assert found.count("script") == 2 and found.count("svg") == 1, found
assert not {"img", "b"} & set(found), found
END
}

@test "head-report: in a browser cells show values, by keyboard too, tables are sorted, curves hidden" {
  cat >trial <<'END'
<script>
const tip = byId("tip"), found = {}, cells = [...document.querySelectorAll("td.head")], text = list => [...list].map(x => x.textContent);
const press = (on, key) => on.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
const table = document.querySelector(".list"), column = n => text(table.querySelectorAll(`tbody td:nth-child(${n})`));
const sort = n => table.querySelectorAll("th button")[n - 1].click();
const points = () => document.querySelectorAll("#ablation .point");

found.title = document.title;
found.sections = text(document.querySelectorAll("section:not([hidden]) h2"));
cells[2].dispatchEvent(new MouseEvent("mouseover", { bubbles: true }));
found.hover = [tip.hidden, tip.textContent];
cells[2].dispatchEvent(new MouseEvent("mouseout", { bubbles: true }));
found.left = tip.hidden;
cells[0].focus();
press(cells[0], "ArrowRight");
press(document.activeElement, "ArrowDown");
found.walked = tip.textContent;
found.stops = cells.slice(0, 5).map(c => c.tabIndex);
press(document.activeElement, "Escape");
found.escaped = tip.hidden;
found.was = column(3);
sort(4);
found.down = column(4);
found.sorted = document.querySelector("[aria-sort]").getAttribute("aria-sort");
sort(4);
found.up = column(4);
sort(1);
found.words = column(1);
found.curves = text(document.querySelectorAll("#ablation .keys button"));
found.points = points().length;
found.point = points()[0].dataset.tip;
document.querySelector("#ablation .keys button").click();
found.hidden = points().length;
found.token = document.querySelectorAll(".drawn g")[1].dataset.tip;
found.narrow = document.documentElement.scrollWidth <= innerWidth;
found.commands = document.querySelector("#commands pre").textContent;
document.body.append(element("pre", { id: "found" }, JSON.stringify(found)));
</script>
END
  head-report "$MADE/hostile.avg" "$MADE/run" "$MADE/tokens.lrp" "$MADE/ledger.lrp" | cat - trial >page.html
  CHROMIUM_LOG=$PWD/log screenshot --dom page.html >dom
  ! grep CONSOLE log || return 1
  /usr/bin/python3 - <<'END'
import html, json, os, re
found = json.loads(html.unescape(re.search('<pre id="found">(.*?)</pre>', open("dom").read(), re.S)[1]))
want = {
    "title": "Attention heads of " + os.environ["HOSTILE"],
    "sections": ["What was measured", "Heads", "What masking heads costs", "Where the relevance went", "Which tokens predictions are made from",
        "How to make it again"],
    "hover": [False, "enc-self.0 head 2: -0.1250\n95 % interval -0.2500 to 0.0000\nrank 3 in the layer, 5 of all"],
    "left": True,
    "walked": "enc-self.1 head 1 (was 2): 0.3750\n95 % interval 0.2500 to 0.5000\nrank 2 in the layer, 3 of all",
    "stops": [-1, -1, -1, -1, 0],
    "escaped": True,
    "down": ["0.6250", "0.5000", "0.3750", "0.2500", "-0.1250"], "sorted": "descending",
    "up": ["-0.1250", "0.2500", "0.3750", "0.5000", "0.6250"],
    "words": ["enc-self.0"] * 3 + ["enc-self.1"] * 2,
    "was": ["0", "1", "2", "1", "2"],
    "curves": ["ten", "random orders"],
    "points": 4,
    "point": "ten, 2 heads removed, the least relevant first: 3\nincrease 1, 95 % interval 0.5 to 1.5",
    "hidden": 0,
    "token": "step 0 Ja from source 1 &amp;: 75 %",
    "narrow": True,
    "commands": "trace-extract <b>\nstep-average\nstream-pack",
}
for key in want:
    assert found[key] == want[key], (key, found[key], want[key])
END
}

@test "head-report: 32 x 32 heads" {
  jq -nc 'range(32) as $l | {type: "average", site: "dec-self.\($l)", heads: 32, steps: 4, sentences: 2, mean: [range(32) | ($l * 32 + .) / 1024]}' |
    stream-pack >large.avg
  head-report -o page.html large.avg
  [ "$(data_of page.html '[.averages[0].sites[].mean[]] | length, (map(. * 1024) == [range(1024)])' | paste -sd ' ')" = '1024 true' ]
}

@test "head-report: sentences, of the model that the averages are of" {
  sentence="Select 'a' <field>."
  head-report -r alphabeta -o page.html --sentence "$sentence" --sentence '-a type.' "$MADE/ledger.lrp"
  [ "$(data_of page.html '[.maps[].name], [.maps[].header.rule.name]' | paste -sd ' ')" = '["'"$sentence"'","-a type."] ["alphabeta","alphabeta"]' ]
  [ "$(grep -c '^<svg' page.html)" -eq 2 ]
  sed -n '/^<svg/,/^<\/svg>/p' page.html | cmp - <(token-map -r alphabeta --svg "$sentence"; token-map -r alphabeta --svg -- '-a type.')
  fails 1 'its model is another than that of the averages' "head-report -o none.html --sentence '-a type.' $MADE/hostile.avg"
  [ ! -e none.html ]
}

@test "head-report: mistakes, after which there is no page, or the one before" {
  mkdir empty
  echo text >empty/text
  echo before >page.html
  fails 1 'empty: no results there' 'head-report -o page.html empty'
  head -c -9 "$MADE/hostile.avg" >cut.avg
  fails 1 'cut.avg: ' 'head-report -o page.html cut.avg'
  fails 1 'cut.avg: ' 'head-report -o new.html cut.avg'
  cp -r "$MADE/run" run
  cp cut.avg run/orders/
  fails 1 'run/orders/cut.avg: ' 'head-report -o page.html run'
  fails 1 "holds 'losses'" "head-report -o page.html $MADE/run/other.lrp"
  fails 1 "no file or folder 'nowhere'" 'head-report -o page.html nowhere'
  fails 1 'cut.avg: ' 'head-report cut.avg'
  [ -z "$output" ]
  [ "$(grep -c '' <<<"$stderr")" -eq 1 ]
  fails 1 "cannot write into 'nowhere'" "head-report -o nowhere/page.html $MADE/hostile.avg"
  fails 2 'are needed' 'head-report -o page.html'
  fails 2 'ends in .html' "head-report -o page.pdf $MADE/hostile.avg"
  [ "$(cat page.html)" = before ]
  [ -z "$(find . -name '*.part')" ]
  [ ! -e new.html ]
}
