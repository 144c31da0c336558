# lrpipe: `make help` says what there is.
B       ?= build
O       ?= bin
CC      ?= gcc
CXX     ?= g++
CFLAGS  ?= -O3 -g
STD      = -std=c11 -D_GNU_SOURCE -Ilib -ffp-contract=off -fopenmp-simd
WARN     = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wimplicit-fallthrough
LDLIBS   = -Wl,--as-needed -lmsgpackc -lzstd -ljansson -lxxhash -lopenblas -lsentencepiece -lstdc++ -lpthread -lm

# The library in dataflow order: a folder includes only the ones before it.
LIB      = base/die base/arena base/options base/progress base/parallel tensor/tensor tensor/threads \
           stream/text stream/frame stream/check stream/record stream/draft stream/json_print stream/json_read \
           stream/table stream/show stream/compare stream/stream stream/tokens \
           ckpt/json ckpt/safetensors ckpt/checkpoint ckpt/convert \
           graph/graph graph/graph_record op/pool op/rule \
           model/config model/generation model/sentencepiece model/tokenizer \
           model/weights model/marian model/header model/home sweep/ledger sweep/command \
           stat/exact stat/student stat/site stat/average stat/agree
# Compiled in single and in double precision (lib/tensor/real.h).
EITHER   = tensor/gemm op/batch op/block op/shares op/model op/embed op/linear op/add op/norm \
           op/activation op/scores op/softmax op/context op/carry \
           sweep/forward sweep/generate sweep/extract sweep/trace_values sweep/layout sweep/backward sweep/start sweep/relevance \
           sweep/meeting sweep/carried sweep/heads
BIN      = ckpt-list trace-extract lrp-layer head-carry head-sum token-sum head-norm step-average stream-show stream-pack stream-diff

OBJ      = $(LIB:%=$B/%.o) $(EITHER:%=$B/f32/%.o) $(EITHER:%=$B/f64/%.o)

all: $(BIN:%=$O/%)

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

clean:
	rm -rf $B $(BIN:%=$O/%)

.PHONY: all clean
-include $(wildcard $B/*.d $B/*/*.d $B/*/*/*.d)
