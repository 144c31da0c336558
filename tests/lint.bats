#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The checks of `make lint` that are ours: each is shown a tree that is wrong in one way.
load helper

# A copy of what they look at.
setup() {
  cd "$BATS_TEST_TMPDIR" || return
  mkdir tests
  cp -r "$ROOT/lib" "$ROOT/bin" "$ROOT/pipelines" "$ROOT/Makefile" .
  cp "$ROOT"/tests/*.c tests/
  folders=$(MAKEFLAGS='' make -s --eval='folders: ; @echo $(GROUND) $(EITHER) $(ABOVE)' folders)
}

layout() { "$ROOT/tests/tool/layout" $folders; }
house() { "$ROOT/tests/tool/house"; }

# finds TEXT TOOL: it fails, and says TEXT.
finds() {
  run --separate-stderr "$2"
  [ "$status" -eq 1 ] && [[ $stderr == *"$1"* ]] || { echo "status $status: $stderr"; return 1; }
}

# add FILE LINE: at its end.
add() {
  echo "$2" >>"$1"
}

@test "lint: the tree as it is, is as it should be" {
  for check in layout house; do
    run --separate-stderr $check
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
  done
}

@test "lint: a folder that includes a later one, headers that include each other" {
  add lib/base/arena.c '#include "tensor/tensor.h"'
  add lib/base/die.h '#include "base/utf8.h"'
  add lib/base/utf8.h '#include "base/die.h"'
  finds 'lib/base/arena.c: includes tensor/, which comes after base/' layout
  [[ $stderr == *'headers include each other: '*base/die.h* ]]
}

@test "lint: files, functions, folders that are too long, names that come twice, a folder of no list" {
  yes '' | head -n 400 >>lib/base/pool.c
  { echo 'int f(void)'; echo '{'; yes '	;' | head -n 100; echo '}'; } >>lib/base/parallel.c
  yes '' | head -n 2500 >>lib/record/text.h
  cp lib/base/pool.c lib/tensor/pool.c
  mkdir lib/attic
  cp lib/base/die.h lib/attic/attic.h
  sed -i 1d lib/base/utf8.c
  finds 'lib/base/pool.c: ' layout
  [[ $stderr == *'lib/base/parallel.c: a function of 101 lines'* ]]
  [[ $stderr == *'lib/record: '*' lines, more than 2500'* ]]
  [[ $stderr == *'more than one file is called pool'* ]]
  [[ $stderr == *"folder 'attic' is not in the Makefile's lists"* ]]
  [[ $stderr == *'lib/base/utf8.c: no SPDX line on top'* ]]
}

# object FOLDER/NAME C: compiled, as the library's are.
object() {
  mkdir -p "build/${1%/*}"
  "${CC:-cc}" -x c -c -o "build/$1.o" - <<<"$2"
}

circles() { "$ROOT/tests/tool/circles" low high -- build/*/*.o; }

@test "lint: files that need each other, a folder that needs a later one" {
  object low/a 'int b(void); int a(void) { return b(); }'
  object low/b 'int b(void) { return 1; }'
  object high/c 'int a(void); int table[] = { 1 }; int c(void) { return a(); }'
  circles
  object low/b 'int d(void); int b(void) { return d(); }'
  object low/d 'int a(void); int d(void) { return a(); }'
  finds 'files that need each other: ' circles
  for name in low/a low/b low/d; do
    [[ $stderr == *"$name"* ]]
  done
  object low/d 'extern int table[]; int d(void) { return table[0]; }'
  finds "lib/low/d needs 'table' of high/c, which comes after it" circles
  rm -r build
  object low/a 'int a;'
  finds 'no object needs another' circles
}

@test "lint: who knows operations and kinds of nodes" {
  add lib/carried/carried.c 'static const struct op *is = &op_linear;'
  finds 'knows an operation or a kind of node: lib/carried/carried.c:' house
  cp "$ROOT/lib/carried/carried.c" lib/carried/
  add bin/head-sum.c 'static bool is(const struct node *n) { return n->kind == &kind_softmax; }'
  finds 'knows an operation or a kind of node: bin/head-sum.c:' house
  cp "$ROOT/bin/head-sum.c" bin/
  add lib/measure/loss.c 'static const char name[] = "scores";'
  finds 'knows a kind of node by its name: lib/measure/loss.c:' house
  cp "$ROOT/lib/measure/loss.c" lib/measure/
  # a comment may
  add lib/measure/loss.c '/* kind_softmax, "scores", */ int x; /* causal'
  add lib/measure/loss.c '   and marian */'
  house
}

@test "lint: who knows a family, which keys a query sees, and the gradient" {
  add lib/engine/lrp.c 'static const char *const name = "MarianMTModel";'
  finds 'knows a family of models: lib/engine/lrp.c:' house
  printf '%s\n' 'struct family family_gpt2 = {' '.type = "gpt2" };' >lib/family/another.c
  add bin/head-sum.c 'int gpt2_layers;'
  finds 'knows a family of models: bin/head-sum.c:' house
  cp "$ROOT/bin/head-sum.c" bin/
  add lib/attention/context.c 'static bool is(const struct attention *a) { return a->causal; }'
  finds 'knows which keys a query sees; keys_seen() says it: lib/attention/context.c:' house
  cp "$ROOT/lib/attention/context.c" lib/attention/
  add lib/op/add.c 'static bool is(const struct rule *r) { return r->contribution == GRADIENT; }'
  finds 'the gradient is a direction of its own: lib/op/add.c:' house
}

@test "lint: names of both precisions, names of two things" {
  add lib/network/network.h '#define network_weight EITHER(network_weight)'
  finds 'a name of both precisions: lib/network/network.h:' house
  cp "$ROOT/lib/network/network.h" lib/network/
  add lib/record/site.h 'struct tensor { int x; };'
  finds 'one name is two things: tensor: lib/record/site.h, lib/tensor/tensor.h' house
}

@test "lint: memory that is not checked" {
  add lib/record/site.c 'char *copy(const char *x) { return strdup(x); }'
  finds 'memory that may be missing; must_alloc() and the like see to that: lib/record/site.c:' house
}

@test "lint: pipelines that compute, lines that two of them share" {
  { echo "many() {"; echo "  awk '"; yes '    { x++ }' | head -n 29; echo "    '"; echo '}'; } >>pipelines/token-map
  finds 'pipelines/token-map: 31 lines of awk, more than 30; that is a program' house
  cp "$ROOT/pipelines/token-map" pipelines/
  for i in 1 2 3 4 5 6 7 8 9 10; do
    add pipelines/token-map "  step $i"
    add pipelines/head-ablate "	step $i"
  done
  finds 'pipelines/head-ablate and pipelines/token-map share 1' house
}

@test "lint: each analyser is asked, and finds what it looks for" {
  analyse() { "$ROOT/tests/tool/analyse" "$BATS_TEST_TMPDIR/wrong.c"; }
  # found LINE WHAT: of a file with this line
  found() {
    printf '#include <stdio.h>\n%s\n' "$1" >wrong.c
    run analyse
    [ "$status" -eq 1 ] && [[ $output == *"[$2]"* ]] || { echo "$output"; return 1; }
  }
  found 'long area(int a, int b) { return a * b; }' 'bugprone-implicit-widening-of-multiplication-result,-warnings-as-errors'
  found 'void say(FILE *f, long n) { fprintf(f, "%d", n); }' invalidPrintfArgType_sint
  found 'int first(void) { FILE *f = fopen("a", "r"); return f ? fgetc(f) : 0; }' -Wanalyzer-file-leak
  echo 'int one(void) { return 1; }' >wrong.c
  analyse
}
