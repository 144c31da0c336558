#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# make install and uninstall, and what the Debian package says of itself.
load helper

# make_here TARGET: into root/usr below this test's directory, of the programs that are tested.
make_here() {
  MAKEFLAGS='' make -s -C "$ROOT" O="$BIN" B="$BIN/../build" -o all DESTDIR="$PWD/root" PREFIX=/usr "$1"
}

programs() {
  MAKEFLAGS='' make -s -C "$ROOT" --eval 'names: ; @printf "%s\n" $(BIN) $(PIPE)' names
}

# The installed programs, and nothing of the source tree.
installed() {
  PATH=$PWD/root/usr/bin:/usr/bin:/bin bash -eo pipefail -c "$1"
}

@test "install: pipelines and programs run from there" {
  make_here install
  head -3 "$ROOT/examples/en-de/dev.en" >text
  installed 'head-relevance -l 4 text' >there
  PATH=$ROOT/pipelines:$PATH head-relevance -l 4 text | cmp there
  grep -q '^enc-self.4 .* of 3 sentences$' there
  installed 'head-relevance -j 2 -l 4 text' | cmp there
  installed 'trace-extract text | lrp-layer -l 4 | head-sum | head-norm | step-average | head-rank --kind enc-self -k 2 -f pairs' >pairs
  [ "$(jq -c 'length, .[0][0]' pairs | paste -sd ' ')" = '6 4' ]
  [ "$(installed "token-relevance 'Select a field type.' | head -1")" = source ]
  # by its path, and at a terminal on the sentences that come with it
  PATH=/usr/bin:/bin root/usr/bin/head-relevance -l 4 text | cmp there
  PATH=/usr/bin:/bin script -qec 'root/usr/bin/head-relevance -l 5' /dev/null | grep -q 'of 100 sentences'
}

@test "install: every program has its manual page and its completion there" {
  make_here install
  for name in $(programs); do
    [ -x "root/usr/bin/$name" ]
    [ -s "root/usr/share/man/man1/$name.1" ]
    [ -s "root/usr/share/bash-completion/completions/$name" ]
    grep -qE "^#compdef( .*)? $name( |\$)" root/usr/share/zsh/site-functions/_lrpipe
  done
  # as bash-completion loads it: by the name of the program
  # shellcheck disable=SC2016
  installed '. root/usr/share/bash-completion/completions/lrp-layer
    complete -p lrp-layer
    COMP_WORDS=(lrp-layer -r thu) COMP_CWORD=2
    _lrpipe
    echo "${COMPREPLY[@]}"' >got
  diff got <(printf '%s\n' 'complete -F _lrpipe lrp-layer' thumt2017)
  # and sourced by hand, of all programs
  # shellcheck disable=SC2016
  [ "$(installed '. root/usr/share/lrpipe/completions/lrpipe.bash; complete -p' | grep -c -- '-F _lrpipe')" -eq "$(programs | wc -l)" ]
  # links lead to what is installed, not to where it was installed first
  mv root moved
  [ -z "$(find moved -xtype l)" ]
  [ -z "$(find moved -lname '/*')" ]
}

@test "install: the page about all, documents, the reader in Python and the magic of streams are there" {
  make_here install
  share=root/usr/share
  for name in $(programs); do # each program, and what else there is to know
    grep -qE "^\\.Xr $name 1" "$share/man/man7/lrpipe.7" || { echo "no $name"; return 1; }
  done
  lrp-layer -r list | awk '{ print $1 }' >words
  grep -ohE 'getenv\("[A-Z_]+' "$ROOT"/lib/*/*.c "$ROOT"/bin/*.c | cut -d '"' -f 2 | sort -u >>words
  printf '%s\n' README.md FORMAT.md RULES.md COOKBOOK.md >documents
  while read -r word; do
    grep -qF -- "$word" "$share/man/man7/lrpipe.7" || { echo "no $word"; return 1; }
  done < <(cat words documents)
  while read -r document; do
    [ -s "$share/doc/lrpipe/$document" ]
  done <documents
  sed 's,/usr/,root/usr/,' "$share/man/man7/lrpipe.7" | grep -oE 'root/usr/share/[a-z./-]*[a-z]' | sort -u >named
  [ "$(wc -l <named)" -ge 4 ]
  while read -r file; do
    [ -e "$file" ] || { echo "no $file"; return 1; }
  done <named
  echo '{"type":"heads","x":1}' | stream-pack >heads
  [ "$(file -b -m "$share/lrpipe/magic" heads)" = 'lrpipe stream version 1, heads' ]
  [ "$(PYTHONPATH=$share/doc/lrpipe/examples/python /usr/bin/python3 -c 'import lrpipe; print(len(list(lrpipe.records("heads"))))')" -eq 2 ]
}

@test "install: the sentences come with their licences" {
  make_here install
  home=root/usr/share/lrpipe/en-de
  cmp "$home/dev.en" "$ROOT/examples/en-de/dev.en"
  cmp "$home/LICENSES.md" "$ROOT/examples/en-de/LICENSES.md"
  for licence in GPL-2 MPL-2.0; do
    cmp "$home/licenses/$licence" "$ROOT/examples/en-de/licenses/$licence"
  done
}

# there COMMAND: with what is installed in $PWD/usr alone
there() {
  PKG_CONFIG_PATH=$PWD/usr/lib/pkgconfig PATH=$PWD/usr/bin:/usr/bin:/bin bash -eo pipefail -c "$1"
}

# ENTROPY of the weights of each head site in a trace, from numpy, as JSON lines
entropies() {
  /usr/bin/python3 -c '
import json, sys
import numpy
sys.path.insert(0, sys.argv[1])
from lrpipe import records
for r in records(sys.stdin.buffer):
    if r["type"] == "header":
        site = {n["inputs"][0]: n["name"] for n in r["graph"] if n["op"] == "context"}
        print(json.dumps({"type": "header", "content": "heads", "measure": "entropy"}))
    if r["type"] == "trace":
        for name in site:
            p = numpy.array(r["values"][name], "f8")
            y = -numpy.where(p > 0, p * numpy.log(numpy.where(p > 0, p, 1)), 0).sum(2).mean(1)
            print(json.dumps({"type": "heads", "sentence": r["sentence"], "site": site[name],
                              "first_step": 0, "relevance": [y.tolist()]}))' "$ROOT/examples/python"
}

@test "install: examples/head-entropy builds with what is installed, and its numbers are numpy's" {
  MAKEFLAGS='' make -s -C "$ROOT" O="$BIN" B="$BIN/../build" -o all PREFIX="$PWD/usr" install
  cp -r "$ROOT/examples/head-entropy" filter && rm -f filter/head-entropy
  # shellcheck disable=SC2016
  there 'MAKEFLAGS= make -s -C filter CFLAGS="-O1 -Werror"'
  export PATH=$PWD/filter:$PATH
  head -n 3 "$ROOT/examples/en-de/dev.en" >text
  there 'trace-extract -p f64 -k all text >trace'
  entropies <trace | stream-pack >want
  stream-show --json want | jq -s 'length == 2 + 3 * 18' | grep -qx true
  filter/head-entropy trace >got
  stream-diff --tolerance 1e-12 want got
  # by hand: one head with the rows 1/2 1/2 and 1 0, seven with 3/4 1/4 and 1/4 3/4
  head -1 text | trace-extract -k none | stream-show --json | jq -c 'if .type == "trace" then .values = {"enc.0.self.weights":
    [[[0.5, 0.5], [1, 0]], (range(7) | [[0.75, 0.25], [0.25, 0.75]])]} else . end' | stream-pack >small
  filter/head-entropy -l 0 small | stream-show --json | jq -c 'select(.type == "heads") | .site, (.relevance[0][:3][] * 1e6 | round)' |
    paste -sd ' ' >by_hand
  [ "$(cat by_hand)" = '"enc-self.0" 346574 562335 562335' ] # ln 2 / 2; 2 ln 2 - 3/4 ln 3
  # the stages behind it take what it writes
  pipe 'filter/head-entropy -l 4 trace | head-norm -n none | step-average' >average
  [ "$(stream-show --json average | jq -r 'select(.type == "average") | .site, .sentences' | paste -sd ' ')" = 'enc-self.4 3' ]
}

@test "install: a filter of one's own refuses what it cannot take" {
  MAKEFLAGS='' make -s -C "$ROOT" O="$BIN" B="$BIN/../build" -o all PREFIX="$PWD/usr" install
  cp -r "$ROOT/examples/head-entropy" filter && rm -f filter/head-entropy
  there 'MAKEFLAGS= make -s -C filter'
  export PATH=$PWD/filter:$PATH
  echo 'Select a field type.' >text
  fails 1 "no values of 'enc.4.self.weights'; make the trace with trace-extract -k all" 'trace-extract text | head-entropy -l 4 >out'
  fails 1 'stream-show: out' 'stream-show out'
  fails 1 "this is a 'heads' stream; head-entropy takes 'trace'" 'echo "{\"type\":\"heads\"}" | stream-pack | head-entropy'
  fails 2 "'7'" 'trace-extract -k all text | head-entropy -l 7'
  fails 2 "unknown option '-x'" 'head-entropy -x'
  trace-extract -k all text >trace
  head -c -5 trace >cut
  fails 1 'cut' 'head-entropy cut'
}

@test "install: each header of the library stands by itself, and the library needs no other object" {
  MAKEFLAGS='' make -s -C "$ROOT" O="$BIN" B="$BIN/../build" -o all PREFIX="$PWD/usr" install
  (cd usr/include/lrpipe && find . -name '*.h') >headers
  [ "$(wc -l <headers)" -gt 30 ]
  while read -r header; do
    echo "#include \"${header#./}\"" >one.c
    # shellcheck disable=SC2016
    there 'gcc -std=c11 -Wall -Wextra -Werror -fsyntax-only $(pkg-config --cflags lrpipe) one.c'
  done <headers
  echo 'int main(void) { return 0; }' >empty.c
  # shellcheck disable=SC2016
  there 'gcc -o empty empty.c -Wl,--whole-archive -L"$(pkg-config --variable=libdir lrpipe)" -llrpipe -Wl,--no-whole-archive $(pkg-config --libs lrpipe)'
  [ "$(there 'pkg-config --modversion lrpipe')" = "$(stream-show -V | sed 's/.*lrpipe \(.*\))/\1/')" ]
}

@test "install: uninstall leaves no file behind, and what is not ours alone" {
  mkdir -p root/usr/bin root/usr/share/man/man1
  touch root/usr/bin/other root/usr/share/man/man1/other.1
  make_here install
  [ "$(find root -type f | wc -l)" -gt 40 ]
  make_here uninstall
  find root ! -type d | sort >left
  diff left <(printf '%s\n' root/usr/bin/other root/usr/share/man/man1/other.1)
}

@test "package: its version is the programs'" {
  version=$(sed -n 's/^lrpipe (\(.*\)) .*/\1/p; q' "$ROOT/debian/changelog")
  [ "$(lrp-layer -V)" = "lrp-layer (lrpipe $version)" ]
}

@test "package: it is built from what the Makefile needs" {
  MAKEFLAGS='' make -s -C "$ROOT" --eval 'names: ; @printf "%s\n" $(HEADERS)' names | cut -d = -f 2 >needed
  [ "$(wc -l <needed)" -ge 6 ]
  while read -r package; do
    grep -qE "^(Build-Depends:)? +$package,?\$" "$ROOT/debian/control" || { echo "$package"; return 1; }
  done <needed
}

@test "package: each directory that is installed is in one of the two packages" {
  make_here install
  (cd root && printf '%s\n' usr/*) >there
  sort "$ROOT"/debian/*.install | diff there -
  # what the library is linked with comes with it
  grep -o -- '-l[a-z]*' root/usr/lib/pkgconfig/lrpipe.pc | grep -vxE -- '-l(lrpipe|pthread|dl|m)' >libraries
  [ "$(wc -l <libraries)" -eq 7 ]
  sed -n '/^Package: lrpipe-dev/,$p' "$ROOT/debian/control" | grep -oE '(lib[a-z]+|zlib1g)-dev' | sort >packages
  diff packages <(sed 's/^-l/lib/; s/msgpackc/msgpack/; s/^libz$/zlib1g/; s/$/-dev/' libraries | sort)
}

@test "package: its copyright file names every package that is quoted, and its licence" {
  awk -F ' *[|] *' '
    $2 == "package" { while ($++column != "licence"); next }
    column && $2 ~ /^[a-z]/ { print $2, $column }' "$ROOT/examples/en-de/LICENSES.md" >quoted
  [ "$(wc -l <quoted)" -ge 11 ]
  while read -r package licence; do
    grep -qE "[ ]$package(,|\$)" "$ROOT/debian/copyright" || { echo "no $package"; return 1; }
    grep -qxF "License: $licence" "$ROOT/debian/copyright" || { echo "no licence $licence"; return 1; }
    # as the file's comment says
    case $package in
      libreoffice*) [ "$licence" = MPL-2.0 ] ;;
      *) [ "$licence" = GPL-2+ ] ;;
    esac
  done <quoted
  cut -f 1 "$ROOT"/examples/en-de/*.origin | sort -u >origins
  [ -z "$(comm -23 origins <(cut -d ' ' -f 1 quoted | sort))" ]
  # quotations are all files of sentences that are installed
  MAKEFLAGS='' make -s -C "$ROOT" --eval 'names: ; @printf "%s\n" $(EN_DE)' names | grep -E '\.(en|de|origin)$' >sentences
  [ "$(wc -l <sentences)" -ge 3 ]
  [ -z "$(grep -vE '^(dev|test)\.' sentences)" ]
}
