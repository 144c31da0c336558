#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Every example of a -h text runs.
load helper

# What the examples name.
files() {
  mkdir -p examples/en-de
  ln -s "$BIN" bin
  ln -s "$ROOT/pipelines" pipelines
  ln -s "$ROOT/examples/en-de" en-de
  ln -s "$ROOT/examples/en-de" opus-mt-en-de
  ln -s "$ROOT/examples/python" "$ROOT"/examples/*.jq examples/
  for side in en de; do
    head -n 36 "$ROOT/examples/en-de/dev.$side" >examples/en-de/dev.$side
    head -n 3 "$ROOT/examples/en-de/dev.$side" >dev.$side
  done
}

# TEXT: its examples run, each in bash with pipefail; there is at least one
examples_run() {
  local command count=0
  while read -r command; do
    echo "$ $command"
    pipe "{ $command; } >output" || return
    [ -s output ] || [[ $command == *'>'* || $command == *' -o '* ]] || { echo "no output"; return 1; }
    count=$((count + 1))
  done < <(sed -n '/^Example/,$p' <<<"$1" | sed 's/^Examples\{0,1\}: *//; s/^ *//' | grep .)
  [ $count -gt 0 ]
}

@test "examples: every one of every -h text runs" {
  files
  export PATH="$ROOT/pipelines:$PATH"
  trace-extract dev.en >trace.lrp
  lrp-layer -l 4 trace.lrp >relevance.lrp
  head-sum relevance.lrp >want.lrp
  cp want.lrp got.lrp
  for rule in a magnitude attnlrp; do cp want.lrp $rule.lrp; done
  paste dev.en dev.de >pairs.tsv
  head-ablate -q -r 'magnitude confidence' -l 4 --points 4 --random 2 pairs.tsv ablated >/dev/null
  ln -s ablated/losses ablated/*.tsv .
  cp ablated/sites sites.tsv
  for day in monday tuesday dev; do head-norm want.lrp | step-average >$day.avg; done
  local count=0
  for source in "$ROOT"/bin/*.c "$ROOT"/pipelines/*; do
    program=$(basename "$source" .c)
    [[ $source != *.c ]] || grep -q '^int main(' "$source" || continue # what some programs share
    case $program in
      *.1 | *.bash | *.html | *.js) continue ;;
      stream-diff) # says nothing where there is nothing to say
        stream-diff --tolerance 1e-6 want.lrp got.lrp
        grep -q '^Example:  stream-diff --tolerance 1e-6 want.lrp got.lrp$' <("$program" -h)
        ;;
      head-prune) # writes a directory
        head-prune --mask 'enc-self.0:1,3' opus-mt-en-de masked
        [ -s masked/model.safetensors ]
        grep -qxF "Example:  head-prune --mask 'enc-self.0:1,3' opus-mt-en-de masked" <("$program" -h)
        ;;
      *) examples_run "$("$program" -h)" || { echo "of $program -h"; return 1; } ;;
    esac
    count=$((count + 1))
  done
  [ $count -ge 11 ]
}

@test "examples: a stage in Python and one in jq give the same shares" {
  head -3 "$ROOT/examples/en-de/dev.en" | trace-extract | lrp-layer -l 4,dec-enc.1 | head-sum >heads
  pipe "/usr/bin/python3 '$ROOT/examples/python/square_norm.py' <heads >python"
  pipe "stream-show --json heads | jq -c -f '$ROOT/examples/square_norm.jq' | stream-pack >jq"
  stream-diff --tolerance 1e-14 python jq
  [ "$(stream-show --json jq | jq -r 'select(.norm).norm')" = square ]
  [ "$(stream-show --json python | jq -c 'select(.type == "heads") | .relevance[] | add - 1 | fabs < 1e-12' | sort -u)" = true ]
  # the header says how it was made, all the way
  [ "$(stream-show --records 0 python | grep -c '^# history:')" -eq 4 ]
  [ "$(stream-show --records 0 jq | grep -c '^# history:')" -eq 4 ]
  diff <(stream-show --records 0 -k rule,start,model python) <(stream-show --records 0 -k rule,start,model jq)
  # by hand: 3 and -1 are 9/10 and 1/10
  stream-pack >small <<<'{"type":"heads","sentence":0,"site":"enc-self.0","first_step":0,"relevance":[[3,-1],[0.5,0.5]]}'
  stream-pack >want <<'END'
{"type":"header","content":"heads","norm":"square"}
{"type":"heads","sentence":0,"site":"enc-self.0","first_step":0,"relevance":[[0.9,0.1],[0.5,0.5]]}
END
  pipe "/usr/bin/python3 '$ROOT/examples/python/square_norm.py' <small | stream-diff --tolerance 1e-14 want -"
  pipe "stream-show --json small | jq -c -f '$ROOT/examples/square_norm.jq' | stream-pack | stream-diff --tolerance 1e-14 want -"
}

@test "examples: a stage of one's own fails with what it cannot take" {
  stream-pack >heads <<<'{"type":"heads","sentence":0,"site":"enc-self.0","first_step":0,"relevance":[[3,-1]]}'
  square="/usr/bin/python3 '$ROOT/examples/python/square_norm.py'"
  stream-pack <<<'{"type":"tokens","sentence":0}' >tokens
  fails 1 'takes heads' "$square <tokens"
  fails 1 'one segment' "cat heads heads | $square >out"
  fails 1 'stream-show: out' 'stream-show out'
  head -c -5 heads >cut
  fails 1 'stream-show: cut' "stream-show --json cut | jq -c -f '$ROOT/examples/square_norm.jq' | stream-pack"
}
