# lrpipe: `make help` says what there is.
B       ?= build
O       ?= bin
CC      ?= gcc
CFLAGS  ?= -O3 -g
STD      = -std=c11 -D_GNU_SOURCE -Ilib -ffp-contract=off -fopenmp-simd
WARN     = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wimplicit-fallthrough
LDLIBS   = -Wl,--as-needed -lmsgpackc -lzstd -ljansson -lxxhash -lopenblas -lpthread -lm

# The library in dataflow order: a folder includes only the ones before it.
LIB      = base/die base/arena base/options tensor/tensor \
           stream/frame stream/record stream/draft stream/show stream/stream
BIN      = stream-show stream-pack stream-diff

OBJ      = $(LIB:%=$B/%.o)

all: $(BIN:%=$O/%)

$B/%.o: lib/%.c
	@mkdir -p $(@D)
	$(CC) $(STD) $(WARN) $(CFLAGS) -MMD -MP -c -o $@ $<

$B/liblrp.a: $(OBJ)
	@rm -f $@
	$(AR) rcs $@ $(OBJ)

$O/%: bin/%.c $B/liblrp.a
	@mkdir -p $(@D)
	$(CC) $(STD) $(WARN) $(CFLAGS) -MMD -MP -MF $B/$*.d -o $@ $< $B/liblrp.a $(LDFLAGS) $(LDLIBS)

clean:
	rm -rf $B $(BIN:%=$O/%)

.PHONY: all clean
-include $(wildcard $B/*.d $B/*/*.d)
