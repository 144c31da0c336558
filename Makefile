# SPDX-License-Identifier: Apache-2.0
# lrpipe: `make help` says what there is.
B       ?= build
O       ?= bin
PREFIX  ?= /usr/local
ZSHDIR   = share/zsh/site-functions
CFLAGS  ?= -O3 -g
STD      = -std=c11 -D_GNU_SOURCE -Ilib -ffp-contract=off -fopenmp-simd
WARN     = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wimplicit-fallthrough
LDLIBS   = -Wl,--as-needed -lmsgpackc -lzstd -ljansson -lxxhash -lsentencepiece -lstdc++ -lpthread -ldl -lm

# The library in dataflow order: a folder includes only the ones before it.
LIB      = base/utf8 base/die base/arena base/options base/progress base/parallel base/mapped tensor/tensor tensor/threads \
           stream/text stream/frame stream/check stream/record stream/map_index stream/pruned stream/draft \
           stream/json_print stream/json_read stream/table_cells stream/table_text stream/table \
           stream/show stream/compare stream/failure stream/stream stream/left_out stream/outstream stream/tokens \
           ckpt/json ckpt/safetensors ckpt/checkpoint ckpt/convert ckpt/write ckpt/directory ckpt/pointer \
           graph/graph graph/choice graph/graph_record op/pool op/rule \
           model/mask model/means model/config_keys model/config model/generation model/characters model/left_out model/sentencepiece model/added_tokens model/vocabulary model/tokenizer model/detokenize \
           model/weights model/marian_tables model/marian model/prune model/header model/home model/sentences model/tally sweep/ledger sweep/names sweep/command sweep/measure sweep/extraction sweep/confidence sweep/output sweep/loss sweep/means \
           stat/exact stat/exact_rows stat/student stat/site stat/left_out stat/average stat/average_check stat/agree stat/ledger_table stat/norm stat/shares stat/bootstrap stat/resample stat/rank stat/rank_write stat/rank_table stat/correlation stat/loss_sums stat/plan stat/ablation \
           plot/colour plot/scale plot/label plot/svg plot/shade plot/picture plot/heat_map plot/heat_text plot/heat_svg \
           plot/token_map plot/token_text plot/token_svg
# Compiled in single and in double precision (lib/tensor/real.h).
EITHER   = tensor/gemm op/batch op/block op/shares op/model op/embed op/explicit op/linear op/add op/norm \
           op/norm_jacobian op/norm_centred op/activation op/scores op/softmax op/context op/carry \
           sweep/forward sweep/generate sweep/extract sweep/trace_values sweep/layout sweep/backward sweep/start sweep/frontier \
           sweep/voita_graph sweep/voita_dense sweep/voita_attention sweep/voita sweep/relevance \
           sweep/meeting sweep/carried sweep/heads
BIN      = ckpt-list head-prune trace-extract lrp-layer head-carry head-confidence head-output head-mean step-loss loss-compare head-sum token-sum head-norm step-average head-rank head-plot token-plot stream-show stream-pack stream-diff

PIPE     = head-relevance head-ablate ablation-plot token-relevance token-map text-translate text-bleu
# Tests; those of documents, pictures and installing have no code of their own for the sanitizers.
TESTS    = $(wildcard tests/*.bats)
ON_PAPER = $(patsubst %,tests/%.bats,readme examples cookbook picture install completion text-bleu)
CHECK    = $(patsubst tests/%.c,$O/%,$(wildcard tests/*-check.c))

# What the model is installed as, and the Debian packages.
EN_DE    = config.json generation_config.json model.safetensors source.spm target.spm tokenizer_config.json \
           vocab.json dev.en dev.de dev.origin test.en test.de test.origin PROVENANCE.md LICENSES.md licenses/GPL-2 licenses/MPL-2.0
HEADERS  = msgpack.h=libmsgpack-dev zstd.h=libzstd-dev jansson.h=libjansson-dev xxhash.h=libxxhash-dev \
           cblas.h=libopenblas-dev sentencepiece_processor.h=libsentencepiece-dev
DEBIAN   = make gcc g++ libc6-dev $(foreach h,$(HEADERS),$(lastword $(subst =, ,$h))) parallel \
           bats sentencepiece jq xxd zstd bsdutils python3 python3-numpy python3-msgpack python3-msgpack-numpy \
           python3-zstandard clang-format shellcheck mandoc zsh chromium librsvg2-bin gnuplot-nox

OBJ      = $(LIB:%=$B/%.o) $(EITHER:%=$B/f32/%.o) $(EITHER:%=$B/f64/%.o)

all: $(BIN:%=$O/%) ## build every program (default)

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14

setup: ## install the Debian packages that are missing, through sudo if need be
	@tests/tool/setup $(DEBIAN)

setup-bench: setup ## and what only the benchmark needs
	@tests/tool/setup python3-torch

setup-deb: setup ## and what only the Debian package needs
	@tests/tool/setup debhelper fakeroot lintian debootstrap

demo: all ## which encoder heads does the built-in model rest on?
	PATH="$(abspath $O):$$PATH" pipelines/head-relevance examples/en-de/dev.en

check: all $(CHECK) ## run every test
	@tests/tool/run-tests $O $(TESTS)

check-asan: ## the same with the address and undefined behaviour sanitizers, but for documents
	@ASAN_OPTIONS=detect_leaks=0 $(MAKE) B=build/asan O=build/asan/bin \
		CFLAGS='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover' \
		TESTS='$(filter-out $(ON_PAPER),$(TESTS))' check

lint: all ## format, scripts, manual pages, layout, options
	clang-format --dry-run -Werror lib/*/*.[ch] lib/*/*.cc bin/*.c tests/*.c $(wildcard tests/bench/*.c)
	shellcheck -x .ci/run completions/candidates completions/install completions/lrpipe.bash pipelines/lrpipe.bash $(shell grep -l '^#!/bin/bash' $(PIPE:%=pipelines/%) tests/tool/* tests/bench/* 2>/dev/null)
	mandoc -T lint -W warning $(BIN:%=bin/%.1) $(PIPE:%=pipelines/%.1)
	tests/tool/layout $(LIB)
	PATH="$(abspath $O):$(abspath pipelines):$$PATH" tests/tool/options $(BIN) $(PIPE)

bench: all ## compare the speed with PyTorch's and OpenBLAS' (needs python3-torch)
	tests/bench/run

install: all ## into PREFIX (/usr/local), below DESTDIR
	install -d $(addprefix "$(DESTDIR)$(PREFIX)"/,bin share/man/man1 share/lrpipe/pipelines share/lrpipe/en-de/licenses)
	install $(BIN:%=$O/%) "$(DESTDIR)$(PREFIX)/bin"
	install $(PIPE:%=pipelines/%) "$(DESTDIR)$(PREFIX)/share/lrpipe/pipelines"
	install -m 644 pipelines/lrpipe.bash "$(DESTDIR)$(PREFIX)/share/lrpipe/pipelines"
	install -m 644 $(BIN:%=bin/%.1) $(PIPE:%=pipelines/%.1) "$(DESTDIR)$(PREFIX)/share/man/man1"
	for p in $(PIPE); do ln -sf ../share/lrpipe/pipelines/$$p "$(DESTDIR)$(PREFIX)/bin/$$p"; done
	completions/install "$(DESTDIR)$(PREFIX)" $(ZSHDIR) $(BIN) $(PIPE)
	for f in $(EN_DE); do install -m 644 examples/en-de/$$f "$(DESTDIR)$(PREFIX)/share/lrpipe/en-de/$$f" || exit; done

uninstall: ## what install put there
	rm -f $(addprefix "$(DESTDIR)$(PREFIX)"/,$(foreach p,$(BIN) $(PIPE),bin/$p share/man/man1/$p.1 share/bash-completion/completions/$p) $(ZSHDIR)/_lrpipe)
	rm -rf "$(DESTDIR)$(PREFIX)/share/lrpipe"

deb: ## a Debian package, build/deb/*.deb, made in a copy of this tree (setup-deb has the tools)
	tests/tool/make-deb build/deb

check-deb: deb ## look through the package, install it into a system of its own, run it there (as root)
	lintian --fail-on error,warning build/deb/*.deb
	tests/tool/try-deb build/deb/*.deb

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

$B/liblrp.a: $(OBJ)
	@rm -f $@
	$(AR) rcs $@ $(OBJ)

# Programs that only the tests use, such as ckpt-check.
$O/%-check: tests/%-check.c $B/liblrp.a
	@mkdir -p $(@D)
	$(CC) $(STD) $(WARN) $(CFLAGS) -MMD -MP -MF $B/$*-check.d -o $@ $< $B/liblrp.a $(LDFLAGS) $(LDLIBS)

$O/%: bin/%.c $B/liblrp.a
	@mkdir -p $(@D)
	$(CC) $(STD) $(WARN) $(CFLAGS) -MMD -MP -MF $B/$*.d -o $@ $< $B/liblrp.a $(LDFLAGS) $(LDLIBS)

.PHONY: all help setup setup-bench setup-deb demo check check-asan lint bench install uninstall deb check-deb clean
-include $(wildcard $B/*.d $B/*/*.d $B/*/*/*.d)
