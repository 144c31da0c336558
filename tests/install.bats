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

@test "install: the sentences come with their licences" {
  make_here install
  home=root/usr/share/lrpipe/en-de
  cmp "$home/dev.en" "$ROOT/examples/en-de/dev.en"
  cmp "$home/LICENSES.md" "$ROOT/examples/en-de/LICENSES.md"
  for licence in GPL-2 MPL-2.0; do
    cmp "$home/licenses/$licence" "$ROOT/examples/en-de/licenses/$licence"
  done
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
