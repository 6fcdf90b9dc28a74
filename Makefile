# colep: `make help` lists the targets.
CC ?= cc
PREFIX ?= /usr/local
BUILD ?= build
CFLAGS ?= -O2 -g
WARN = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wmissing-prototypes -Wundef -Wvla
ALL_CFLAGS = -std=c17 -D_GNU_SOURCE -I. $(WARN) $(if $(DEV),-Werror) -fstack-protector-strong -MMD -MP $(CFLAGS) $(EXTRA_CFLAGS)
LIBS = -llmdb -lzstd -lyaml -lsodium -lutf8proc -lstemmer -lcmark-gfm -lcmark-gfm-extensions -lseccomp -ldl -lpthread
# libgit2, libmicrohttpd, GnuTLS and libdeflate are loaded with dlopen by their gates, only when needed.

LIB_SRC = $(sort $(wildcard kb/*.c kb/*/*.c sync/*.c sync/*/*.c render/*.c render/*/*.c))
LIB_OBJ = $(LIB_SRC:%.c=$(BUILD)/obj/%.o) $(BUILD)/obj/theme_embedded.o $(BUILD)/obj/called_table.o $(BUILD)/obj/find_table.o

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:		# what a program of the build could not finish is no file
.PHONY: all
all: colep	## build ./colep
colep: $(BUILD)/colep
	@cp -f $< $@

$(BUILD)/colep: $(BUILD)/obj/main.o $(BUILD)/libcolep.a
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -Wl,--export-dynamic-symbol=mbedtls_x509_crt_parse_file -o $@ $^ -Wl,--as-needed $(LIBS)

$(BUILD)/libcolep.a: $(LIB_OBJ)
	@rm -f $@
	@$(AR) rcs $@ $^

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

# The files of render/theme, put into the program.
THEME = $(sort $(wildcard render/theme/*.* render/theme/texts/*.txt))
$(BUILD)/obj/theme_embedded.c: $(THEME) render/embed Makefile
	@mkdir -p $(@D)
	@render/embed $(THEME) >$@
# What codes are called in the languages of the interface: a table for kb, which knows no texts.
CALLED_OBJ = $(patsubst %.c,$(BUILD)/obj/%.o,kb/doc/make/called.c kb/doc/called.c kb/doc/kind.c kb/doc/vocab.c kb/base/arena.c kb/base/err.c \
	kb/base/str.c $(sort $(wildcard kb/text/*.c)))
$(BUILD)/called: $(CALLED_OBJ)
	$(CC) $(ALL_CFLAGS) -o $@ $^ -lutf8proc -lstemmer
$(BUILD)/obj/called_table.c: $(BUILD)/called $(sort $(wildcard render/theme/texts/*.txt))
	@$< $(filter %.txt,$^) >$@
# How words fold, for the page that searches.
TABLE_OBJ = $(patsubst %.c,$(BUILD)/obj/%.o,render/theme/make/table.c render/find_blocks.c render/strings.c kb/base/arena.c kb/base/err.c \
	kb/base/str.c kb/text/chars.c)
$(BUILD)/table: $(TABLE_OBJ)
	$(CC) $(ALL_CFLAGS) -o $@ $^ -lutf8proc
$(BUILD)/obj/find_table.c: $(BUILD)/table
	@$< >$@
$(BUILD)/obj/theme_embedded.o $(BUILD)/obj/called_table.o $(BUILD)/obj/find_table.o: %.o: %.c
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

# Power cuts and full disks, for LD_PRELOAD.
$(BUILD)/fault.so: tests/cli/fault.c
	@mkdir -p $(@D)
	$(CC) -std=c17 -D_GNU_SOURCE $(WARN) -O2 -shared -fPIC -o $@ $< -ldl

# What it builds with, and what the tests need besides: apart, so that building does not pull a test tool.
PACKAGES = gcc libc6-dev pkg-config liblmdb-dev libgit2-dev libcmark-gfm-dev libcmark-gfm-extensions-dev libzstd-dev \
	libyaml-dev libsodium-dev libutf8proc-dev libstemmer-dev libmicrohttpd-dev libgnutls28-dev nettle-dev libdeflate-dev \
	libseccomp-dev git
TEST_PACKAGES = libcmocka-dev openssh-client curl python3 poppler-utils default-jre-headless

FUZZ_PACKAGES = clang

.PHONY: setup setup-test setup-browser setup-fuzz
setup:	## install what is missing to build and run (Debian packages)
	@$(call install,$(PACKAGES))
setup-test: setup setup-browser	## install what the tests need besides
	@$(call install,$(TEST_PACKAGES))
setup-browser:
	@$(call install,$(if $(shell command -v node),,nodejs) $(if $(shell command -v npm),,npm) $(if $(shell command -v chromium),,chromium))
	@cd tests/browser && { [ -e node_modules/.package-lock.json ] && [ ! package-lock.json -nt node_modules/.package-lock.json ]; } || { \
		[ ! -L node_modules ] || { echo "colep: setup: tests/browser/node_modules: is a symbolic link, and npm ci would empty the folder behind it; remove the link" >&2; exit 3; }; \
		echo "installing what the browser tests name" >&2; log=$$(mktemp); npm ci --no-audit --no-fund --ignore-scripts >$$log 2>&1 \
		|| { cat $$log >&2; echo "colep: setup: npm ci failed; see the lines above" >&2; rm -f $$log; exit 3; }; rm -f $$log; }
setup-fuzz: setup	## install what fuzzing needs besides
	@$(call install,$(FUZZ_PACKAGES))

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

# A practice node of its own, with its own key, made once from content/ and kept.
.PHONY: run
run: setup	## install what is missing, build, serve a practice node made from content/
	@$(MAKE) -q colep 2>/dev/null || echo "building colep, about a minute when all of it is new" >&2
	@$(MAKE) -s colep
	@[ -d build/practice/.git/colep ] || { rm -rf build/practice; COLEP_KEYS=$(CURDIR)/build/practice-keys \
		./colep init build/practice --id bps --name 'Practice' --practice --import content >/dev/null; }
	@COLEP_KEYS=$(CURDIR)/build/practice-keys exec ./colep -C build/practice serve $(if $(PORT),--port $(PORT))

.PHONY: test check check-asan
test: setup-test	## install what is missing, run every test, end with N passed, N failed
	@$(MAKE) -s DEV=1 check-deps colep unit $(BUILD)/merge/replay $(BUILD)/merge/gossip $(BUILD)/fault.so
	@tests/run $(UNIT) $(BUILD)/merge/gossip $(sort $(wildcard tests/cli/[0-9]*.sh)) $(sort $(wildcard tests/browser/[0-9]*.sh))

# Random histories: SEEDS of them from FIRST on, each of NODES and STEPS.
.PHONY: gossip
gossip:	## long random histories of many nodes (SEEDS NODES STEPS FIRST)
	@$(MAKE) -s DEV=1 $(BUILD)/merge/gossip
	@$(BUILD)/merge/gossip $(or $(SEEDS),20) $(or $(NODES),20) $(or $(STEPS),400) $(or $(FIRST),1)

# The same of real nodes: processes, folders, git, kill -9; a short run is part of the tests.
.PHONY: nodes
nodes: setup-test	## a long simulation of real nodes (NODES STEPS SEED)
	@$(MAKE) -s DEV=1 colep
	@python3 tests/merge/nodes.py ./colep --nodes $(or $(NODES),50) --steps $(or $(STEPS),1500) --seed $(or $(SEED),1)

.PHONY: faults
faults:	## a power cut and a full disk at every write of sync, save, roster, resolve (FAULT_STEP=1)
	@$(MAKE) -s DEV=1 colep $(BUILD)/fault.so
	@FAULT_STEP=$(or $(FAULT_STEP),1) tests/run tests/cli/79-faults.sh

.PHONY: firefox
firefox: setup-test	## search from a folder in Firefox too (installs it when missing)
	@$(call install,firefox-esr)
	@$(MAKE) -s DEV=1 colep
	@tests/run tests/browser/firefox.sh

# Pictures of every kind of page, to be looked at: FOLDER/sheets. MODES: light dark phone small print forced.
.PHONY: shots
shots: setup setup-browser	## pictures of every kind of page (FOLDER=build/shots LANGS="en fa ur bn" MODES ONLY)
	@$(call install,poppler-utils fontconfig fonts-noto-core)
	@$(MAKE) -s colep
	@ROOT=$(CURDIR) COLEP=$(CURDIR)/colep LANGS='$(LANGS)' MODES='$(MODES)' ONLY='$(ONLY)' tests/browser/shots.sh $(or $(FOLDER),build/shots)

.PHONY: unit
unit: $(UNIT)

QUICK = $(filter-out %/flip,$(UNIT))
check:	## the quick tests, before every commit
	@$(MAKE) -s DEV=1 check-deps colep unit
	@tests/run $(QUICK)

check-asan:	## the unit tests under AddressSanitizer and UBSan
	@$(MAKE) -s DEV=1 BUILD=build-asan CFLAGS='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined' unit
	@tests/run $(patsubst $(BUILD)/%,build-asan/%,$(QUICK))

# Of an index each byte, with three masks, and each of its values behind an open file: a quarter of an hour. A short run is part of the tests.
.PHONY: flips
flips:	## every byte of a small index changed in turn: told, or harmless
	@$(MAKE) -s DEV=1 $(BUILD)/unit/flip
	@FLIPS=all tests/run $(BUILD)/unit/flip

# Each tests/fuzz/NAME.c is a libFuzzer target. Seeds: the documents of content/ and tests/fuzz/seeds/NAME.
# What is found stays in build-fuzz/found/NAME-*; what was learned, in build-fuzz/corpus/NAME.
FUZZ = $(patsubst tests/fuzz/%.c,%,$(sort $(wildcard tests/fuzz/*.c)))
FUZZ_SECONDS ?= 600
FUZZ_CFLAGS = -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -Wno-missing-field-initializers
.PHONY: fuzz fuzz-build
fuzz: fuzz-build	## run each fuzz target for FUZZ_SECONDS (600); a finding fails
	@for t in $(FUZZ); do echo "fuzz $$t: $(FUZZ_SECONDS) s"; \
		build-fuzz/fuzz/$$t -max_total_time=$(FUZZ_SECONDS) -max_len=16384 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
			-artifact_prefix=build-fuzz/found/$$t- -verbosity=1 build-fuzz/corpus/$$t >build-fuzz/$$t.log 2>&1 \
			|| { tail -n 40 build-fuzz/$$t.log; exit 1; }; \
		grep -E '^(Done|stat::number)' build-fuzz/$$t.log; grep ' cov: ' build-fuzz/$$t.log | tail -n 1; done

fuzz-build: setup-fuzz
	@$(MAKE) -s BUILD=build-fuzz CC=clang CFLAGS='$(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link' build-fuzz/libcolep.a
	@$(MAKE) -s BUILD=build-fuzz CC=clang CFLAGS='$(FUZZ_CFLAGS) -fsanitize=fuzzer' $(FUZZ:%=build-fuzz/fuzz/%)
	@mkdir -p build-fuzz/found
	@for t in $(FUZZ); do mkdir -p build-fuzz/corpus/$$t; \
		{ case $$t in md|bundle|cache|tables|index|kept|search) ;; *) find content -name '*.md' ;; esac; \
			if [ -d tests/fuzz/seeds/$$t ]; then find tests/fuzz/seeds/$$t -type f; fi; } | \
		while read -r f; do cp "$$f" build-fuzz/corpus/$$t/; done; done

$(BUILD)/fuzz/%: tests/fuzz/%.c $(BUILD)/libcolep.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -o $@ $< $(BUILD)/libcolep.a -Wl,--as-needed $(LIBS)

# Random histories of one document against the oracle (tests/merge), beside what `make test` runs of them.
HISTORIES ?= 1000000
FROM ?= 1000000
.PHONY: merge-long merge-asan
merge-long: setup-test	## HISTORIES=1000000 random histories through the merge and its oracle
	@$(MAKE) -s DEV=1 $(BUILD)/merge/replay
	@python3 tests/merge/histories.py $(BUILD)/merge/replay --seed $(FROM) --count $(HISTORIES) --show
	@python3 tests/merge/histories.py $(BUILD)/merge/replay --seed $(FROM) --count $$(($(HISTORIES) / 50)) --show --big

.PHONY: merge-real mutants
merge-real: setup-test	## real three-way cases below DIR, against git merge-file and through real nodes
	@$(MAKE) -s DEV=1 colep $(BUILD)/merge/three
	@python3 tests/merge/real.py ./colep $(BUILD)/merge/three $(or $(DIR),$(error DIR=FOLDER is missing: cases with base.md, ours.md, theirs.md))

mutants: setup-test	## take out one check after the other: each must have a test that fails (ONLY=TEXT)
	@tests/merge/mutants $(if $(ONLY),--only '$(ONLY)')

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
	@for lib in git2 lmdb zstd sodium cmark-gfm microhttpd gnutls nettle libdeflate yaml utf8proc libstemmer seccomp; do \
		files=$$(grep -rlE "#include <$$lib" kb sync render main.c --include='*.[ch]'); \
		[ "$$(printf '%s' "$$files" | grep -c .)" -le 1 ] || { echo "<$$lib.h> belongs to one gate file, but stands in:" $$files; exit 1; }; done

# Measuring: not a test, nothing in it fails on a slow machine. N documents of a seed; the machine's floors beside.
BENCH = $(addprefix $(BUILD)/bench/,generate bench floor history pages replace)
$(BUILD)/bench/%: tests/bench/%.c $(BUILD)/libcolep.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -o $@ $< $(BUILD)/libcolep.a -Wl,--as-needed $(LIBS)

.PHONY: setup-bench bench
setup-bench: setup setup-browser
	@$(call install,sqlite3 python3 python3-xapian lmdb-utils hugo)
bench: setup-bench	## measure import, index, search, bundles, sync, site beside their floors (N=10000 SEED=1 COMMITS=3000)
	@$(MAKE) -s colep $(BENCH)
	@tests/bench/run $(BUILD)/bench/generate $(BUILD)/bench/bench $(BUILD)/bench/floor ./colep $(or $(N),10000) $(or $(SEED),1)
	@tests/bench/bundle.sh $(BUILD)/bench/generate $(BUILD)/bench/history ./colep
	@tests/bench/search.py $(BUILD)/bench/generate ./colep $(or $(N),10000) $(or $(SEED),1)
	@tests/bench/growth.py $(BUILD)/bench/generate $(BUILD)/bench/replace ./colep
	@tests/bench/sync.py $(BUILD)/bench/generate $(BUILD)/bench/history ./colep $(or $(N),10000) $(or $(COMMITS),3000) 20 $(or $(SEED),1)
	@tests/bench/site.py ./colep $(BUILD)/bench/generate $(BUILD)/bench/pages $(or $(N),10000) $(or $(SEED),1)

.PHONY: growth
growth: setup-bench	## measure what a document costs as they become more (NS=10000,100000,1000000 BYTES=100)
	@$(MAKE) -s colep $(BENCH)
	@tests/bench/growth.py $(BUILD)/bench/generate $(BUILD)/bench/replace ./colep $(or $(NS),10000,100000) $(or $(BYTES),100)

.PHONY: ir
ir: setup-bench	## measure how well search ranks judged collections, beside Xapian (DIR="folder ..."; see tests/bench/ir)
	@$(MAKE) -s colep
	@tests/bench/ir ./colep $(DIR)

.PHONY: clean
clean:	## remove what was built
	rm -rf $(BUILD) colep

.PHONY: help
help:	## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  %-14s %s\n",$$1,$$2}' $(MAKEFILE_LIST)

# ---- headers, installing, packaging ----
TEST_PACKAGES += mandoc dpkg-dev age zstd openssh-server procps
unit: check-headers
LDFLAGS += -Wl,-z,relro -Wl,-z,now	# tables that a fault could write to are read-only once loaded
HEADERS = $(sort $(shell find kb sync render -name '*.h'))
.PHONY: check-headers
check-headers:	## prove that each header compiles alone
	@for h in $(HEADERS); do echo 'extern int one;' | $(CC) $(filter-out -MMD -MP,$(ALL_CFLAGS)) -fsyntax-only -include $$h -x c - || exit 1; done

# What is installed: the program, its manual, the texts of docs/, and content/ to begin a community with.
DOC_TEXTS = README.md LICENSE CONTRIBUTING.md docs/admin.md docs/threats.md docs/notices.md
TO = $(DESTDIR)$(PREFIX)
.PHONY: install uninstall
install: colep	## copy program, man pages and texts below PREFIX (/usr/local; DESTDIR goes in front)
	install -d -m 755 $(TO)/bin $(TO)/share/man/man1 $(TO)/share/man/man5 $(TO)/share/doc/colep
	install -m 755 colep $(TO)/bin/colep
	install -m 644 docs/colep.1 $(TO)/share/man/man1/colep.1
	install -m 644 docs/colep.5 $(TO)/share/man/man5/colep.5
	install -m 644 $(DOC_TEXTS) $(TO)/share/doc/colep
	find content -name '*.md' -exec install -D -m 644 {} $(TO)/share/colep/{} \;

uninstall:	## remove what install copied; nodes and keys stay
	rm -rf $(TO)/bin/colep $(TO)/share/man/man1/colep.1 $(TO)/share/man/man5/colep.5 $(TO)/share/doc/colep $(TO)/share/colep

# build/colep_VERSION_ARCH.deb, the same bytes for the same commit and compiler. Libraries that are linked are
# found by dpkg-shlibdeps; those loaded when needed, and git, are listed.
VERSION = $(shell sed -n 's/.*COLEP_VERSION "\(.*\)"/\1/p' kb/version.h)
DEB_NEEDS = libgit2-1.5 (>= 1.5.1), libmicrohttpd12 (>= 0.9.75), libgnutls30 (>= 3.7), libnettle8, libdeflate0, git (>= 1:2.39)
.PHONY: deb
deb: colep	## build a Debian package in build/
	@EPOCH=$$(git log -1 --format=%ct 2>/dev/null || stat -c %Y kb/version.h); \
	SOURCE_DATE_EPOCH=$${SOURCE_DATE_EPOCH:-$$EPOCH} docs/deb $(BUILD) $(VERSION) '$(DEB_NEEDS)' $(MAKE)

-include $(LIB_OBJ:.o=.d) $(CALLED_OBJ:.o=.d) $(TABLE_OBJ:.o=.d) $(BUILD)/obj/main.d
