# colep: `make help` lists the targets.
CC ?= cc
PREFIX ?= /usr/local
BUILD ?= build
CFLAGS ?= -O2 -g
WARN = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wmissing-prototypes -Wundef -Wvla
ALL_CFLAGS = -std=c17 -D_GNU_SOURCE -I. $(WARN) $(if $(DEV),-Werror) -fstack-protector-strong -MMD -MP $(CFLAGS) $(EXTRA_CFLAGS)
LIBS = -llmdb -lzstd -lyaml -lsodium -lutf8proc -lstemmer -lcmark-gfm -lcmark-gfm-extensions -lseccomp -ldl -lpthread
# libgit2, libmicrohttpd and GnuTLS are loaded with dlopen by their gates, only when needed.

LIB_SRC = $(sort $(wildcard kb/*.c kb/*/*.c sync/*.c sync/*/*.c render/*.c render/*/*.c))
LIB_OBJ = $(LIB_SRC:%.c=$(BUILD)/obj/%.o)

.DEFAULT_GOAL := all
.PHONY: all
all: colep	## build ./colep
colep: $(BUILD)/colep
	@cp $< $@

$(BUILD)/colep: $(BUILD)/obj/main.o $(BUILD)/libcolep.a
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ -Wl,--as-needed $(LIBS)

$(BUILD)/libcolep.a: $(LIB_OBJ)
	@rm -f $@
	@$(AR) rcs $@ $^

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

# Unit tests: each tests/unit/NAME.c is a cmocka program of its own.
UNIT = $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(sort $(wildcard tests/unit/*.c)))
$(BUILD)/unit/%: tests/unit/%.c $(BUILD)/libcolep.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -o $@ $< $(BUILD)/libcolep.a -lcmocka -Wl,--as-needed $(LIBS)

.PHONY: check-deps
check-deps:	## prove that includes point down only, and each library has one gate
	@! grep -rnE '#include "(sync|render)/' kb
	@! grep -rnE '#include "render/' sync
	@! grep -rnE '#include "sync/' render | grep -vE '"sync/(sync|commands)\.h"'
	@for lib in git2 lmdb zstd sodium cmark-gfm microhttpd yaml utf8proc libstemmer seccomp; do \
		n=$$(grep -rlE "#include <$$lib" kb sync render main.c --include='*.[ch]' | grep -v gate | wc -l); \
		[ $$n -le 1 ] || { echo "<$$lib.h> is included by more than its gate:"; grep -rlE "#include <$$lib" kb sync render; exit 1; }; done

.PHONY: clean
clean:	## remove what was built
	rm -rf $(BUILD) colep

.PHONY: help
help:	## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  %-14s %s\n",$$1,$$2}' $(MAKEFILE_LIST)

-include $(LIB_OBJ:.o=.d) $(BUILD)/obj/main.d
