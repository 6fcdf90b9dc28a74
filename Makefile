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

# Tools of the merge tests: tests/merge/NAME.c.
$(BUILD)/merge/%: tests/merge/%.c $(BUILD)/libcolep.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -o $@ $< $(BUILD)/libcolep.a -Wl,--as-needed $(LIBS)

# What it builds with, and what the tests need besides: apart, so that building does not pull a test tool.
PACKAGES = gcc libc6-dev pkg-config liblmdb-dev libgit2-dev libcmark-gfm-dev libcmark-gfm-extensions-dev libzstd-dev \
	libyaml-dev libsodium-dev libutf8proc-dev libstemmer-dev libmicrohttpd-dev libseccomp-dev git
TEST_PACKAGES = libcmocka-dev openssh-client python3

.PHONY: setup setup-test
setup:	## install what is missing to build and run (Debian packages)
	@$(call install,$(PACKAGES))
setup-test: setup	## install what the tests need besides
	@$(call install,$(TEST_PACKAGES))

# Root installs; else sudo without a question; else the line to type.
define install
missing=; for p in $(1); do \
	dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q '^install ok installed' || missing="$$missing $$p"; done; \
[ -z "$$missing" ] && exit 0; \
as=; if [ "$$(id -u)" != 0 ]; then \
	if sudo -n true 2>/dev/null; then as="sudo -n"; \
	else echo "colep: setup: packages are missing; install them with: sudo apt-get install$$missing" >&2; exit 3; fi; fi; \
echo "installing$$missing" >&2; log=$$(mktemp); \
{ $$as apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$as apt-get install -y -qq --no-install-recommends $$missing; } >$$log 2>&1 \
	|| { cat $$log >&2; echo "colep: setup: installing failed; see the lines above" >&2; rm -f $$log; exit 3; }; rm -f $$log
endef

.PHONY: test check check-asan
test: setup-test	## install what is missing, run every test, end with N passed, N failed
	@$(MAKE) -s DEV=1 check-deps colep unit $(BUILD)/merge/replay
	@tests/run $(UNIT) $(sort $(wildcard tests/cli/*.sh))

.PHONY: unit
unit: $(UNIT)

check:	## the quick tests, before every commit
	@$(MAKE) -s DEV=1 check-deps colep unit
	@tests/run $(UNIT)

check-asan:	## the unit tests under AddressSanitizer and UBSan
	@$(MAKE) -s DEV=1 BUILD=build-asan CFLAGS='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined' unit
	@tests/run $(patsubst $(BUILD)/%,build-asan/%,$(UNIT))

# Random histories of one document against the oracle (tests/merge), beside what `make test` runs of them.
N = 1000000
SEED = 1000000
.PHONY: merge-long merge-asan
merge-long: setup-test	## N=1000000 random histories from SEED on through the merge and its oracle
	@$(MAKE) -s DEV=1 $(BUILD)/merge/replay
	@python3 tests/merge/histories.py $(BUILD)/merge/replay --seed $(SEED) --count $(N) --show
	@python3 tests/merge/histories.py $(BUILD)/merge/replay --seed $(SEED) --count $$(($(N) / 50)) --show --big

merge-asan: setup-test	## the merge under AddressSanitizer and UBSan: random bytes, large texts, histories
	@$(MAKE) -s DEV=1 BUILD=build-asan CFLAGS='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined' build-asan/merge/replay
	@python3 tests/merge/robust.py build-asan/merge/replay --seconds 300
	@python3 tests/merge/histories.py build-asan/merge/replay --count 1000 --no-oracle
	@python3 tests/merge/golden.py build-asan/merge/replay tests/merge/golden/*.txt | grep -v '^ok' || echo "ok - golden"

.PHONY: check-deps
check-deps:	## prove that includes point down only, and each library has one gate
	@! grep -rnE '#include "(sync|render)/' kb
	@! grep -rnE '#include "render/' sync
	@! grep -rnE '#include "sync/' render | grep -vE '"sync/(sync|commands)\.h"'
	@for lib in git2 lmdb zstd sodium cmark-gfm microhttpd yaml utf8proc libstemmer seccomp; do \
		files=$$(grep -rlE "#include <$$lib" kb sync render main.c --include='*.[ch]'); \
		[ "$$(printf '%s' "$$files" | grep -c .)" -le 1 ] || { echo "<$$lib.h> belongs to one gate file, but stands in:" $$files; exit 1; }; done

.PHONY: clean
clean:	## remove what was built
	rm -rf $(BUILD) colep

.PHONY: help
help:	## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  %-14s %s\n",$$1,$$2}' $(MAKEFILE_LIST)

-include $(LIB_OBJ:.o=.d) $(BUILD)/obj/main.d
