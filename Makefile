# sparkops - one non-recursive Makefile; a new .c file needs no edit here. `make help` lists what can be made.
#
#   build/sparkops          the program                 build/world    the stand-in cluster of tests/world/
#   build/world-jvm/        its stand-in JVMs
#   build/obj/VARIANT/      objects: plain, asan (ASan + UBSan), tsan, fuzz
# Sources, in every variant: backend/ (library, no curses), tui/ (front ends), themes and key table as generated C.

CC ?= gcc
O ?= build
PKGS := libuv libcurl jansson sqlite3 yaml-0.1 zlib libcrypto libseccomp
TUI_PKGS := ncursesw
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
	-Wcast-qual -Wwrite-strings -Wvla -Wformat=2 -Wundef -Werror
HARDEN := -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
BASE_CFLAGS := -std=c11 -D_GNU_SOURCE -g -pthread -MMD -MP $(WARN)
LIBS = $(shell pkg-config --libs $(PKGS)) -lm -pthread
TUI_LIBS = $(shell pkg-config --libs $(TUI_PKGS))

CFLAGS_plain := -O2 -fPIE $(HARDEN)
LDFLAGS_plain := -pie -Wl,-z,relro,-z,now
# "undefined" leaves out what a real becomes as an integer, and a figure from outside may be any real
SANITIZE := address,undefined,float-cast-overflow
CFLAGS_asan := -O1 -fno-omit-frame-pointer -fsanitize=$(SANITIZE) -fno-sanitize-recover=all
LDFLAGS_asan := -fsanitize=$(SANITIZE)
CFLAGS_tsan := -O1 -fno-omit-frame-pointer -fsanitize=thread
LDFLAGS_tsan := -fsanitize=thread
# with the failpoints of backend/failpoint.h, for make torture and tests that stop the program in between
CFLAGS_torture := -O1 -DSPARKOPS_FAILPOINTS
# asan with failpoints, for the few files whose tests step in between (test_victim*, test_kill*)
CFLAGS_step = $(CFLAGS_asan) -DSPARKOPS_FAILPOINTS
CFLAGS_fuzz := -O1 -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,$(SANITIZE) -fno-sanitize-recover=all
LDFLAGS_fuzz := -fsanitize=fuzzer,$(SANITIZE)

BACKEND_SRC := $(sort $(wildcard backend/*.c backend/*/*.c))
TUI_SRC := $(sort $(filter-out tui/main.c,$(wildcard tui/*.c tui/*/*.c)))
WORLD_SRC := $(sort $(wildcard tests/world/*.c)) $(patsubst %,tests/world/jvm/%.c,launcher java_threads)
GEN_SRC := $(O)/gen/embedded.c

# What the linker takes from a library is what is used, so unit tests link the whole backend and stay small.
lib_objs = $(patsubst %.c,$(O)/obj/$(1)/%.o,$(BACKEND_SRC))
tui_objs = $(patsubst %.c,$(O)/obj/$(1)/%.o,$(TUI_SRC)) $(O)/obj/$(1)/gen/embedded.o

UNIT := $(sort $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_*.c)))
SCREEN := $(sort $(patsubst tests/screen/%.c,%,$(wildcard tests/screen/test_*.c)))
THREADS := $(filter test_threads_%,$(UNIT))
FUZZ := $(sort $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c)))
BENCH := $(sort $(patsubst tests/bench/%.c,%,$(wildcard tests/bench/bench_*.c)))
# What several tests share: of unit tests beside them, of screen tests (pty, libvterm) in tests/support/.
SUPPORT_SRC := $(filter-out $(wildcard tests/unit/test_*.c),$(wildcard tests/unit/*.c))
support_objs = $(patsubst %.c,$(O)/obj/$(1)/%.o,$(SUPPORT_SRC))
SCREEN_SUPPORT := $(patsubst %.c,$(O)/obj/asan/%.o,$(wildcard tests/support/*.c) \
	$(filter-out $(wildcard tests/screen/test_*.c),$(wildcard tests/screen/*.c)))

.PHONY: all help deps have-deps demo debug asan tsan test check test-spark bench fuzz torture soak install \
	uninstall clean world world-jvm unit-bins format readme
.DELETE_ON_ERROR:
.SECONDARY:
.DEFAULT_GOAL := all

all: have-deps $(O)/sparkops  ## the program: build/sparkops

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

# --- packages: what the project needs of Debian's and Ubuntu's ------------------------------------------------------
DEPS_BUILD := build-essential pkg-config libncurses-dev libcurl4-openssl-dev libjansson-dev libuv1-dev \
	libsqlite3-dev libyaml-dev libmicrohttpd-dev zlib1g-dev libssl-dev libseccomp-dev
DEPS_TEST := libcmocka-dev libvterm-dev tmux python3 ncurses-term procps iproute2 curl jq git openssl strace
DEPS_CHECK := clang clang-format libclang-rt-dev
DEPS_BENCH := htop btop procps
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

# test and check need more than the program does.
DEPS_ALL = $(DEPS_BUILD) $(if $(filter demo,$(MAKECMDGOALS)),,$(DEPS_TEST)) \
	$(if $(filter check fuzz,$(MAKECMDGOALS)),$(DEPS_CHECK)) $(if $(filter bench,$(MAKECMDGOALS)),$(DEPS_BENCH))

deps: ## install missing Debian or Ubuntu packages (root or sudo), saying which
	@SUDO="$(SUDO)" tests/check/deps $(sort $(DEPS_ALL))

have-deps:
	@pkg-config --exists $(PKGS) $(TUI_PKGS) libmicrohttpd 2>/dev/null || { \
	  echo "missing: $$(for p in $(PKGS) $(TUI_PKGS) libmicrohttpd; do pkg-config --exists $$p 2>/dev/null || printf '%s ' $$p; done)"; \
	  echo "run: make deps"; exit 1; }

$(O)/sparkops: $(O)/obj/plain/tui/main.o $(call tui_objs,plain) $(O)/lib/plain.a
	@echo "link    $@"
	@$(CC) $(LDFLAGS_plain) -o $@ $^ $(TUI_LIBS) $(LIBS)

$(O)/sparkops-asan: $(O)/obj/asan/tui/main.o $(call tui_objs,asan) $(O)/lib/asan.a
	@echo "link    $@"
	@$(CC) $(LDFLAGS_asan) -o $@ $^ $(TUI_LIBS) $(LIBS)

$(O)/sparkops-tsan: $(O)/obj/tsan/tui/main.o $(call tui_objs,tsan) $(O)/lib/tsan.a
	@echo "link    $@"
	@$(CC) $(LDFLAGS_tsan) -o $@ $^ $(TUI_LIBS) $(LIBS)

# kill -9 at every failpoint of a replay and in between
$(O)/torture-replay: $(O)/obj/torture/tests/torture/replay.o $(O)/obj/torture/tests/unit/replay_server.o $(O)/lib/torture.a
	@echo "link    $@"
	@$(CC) -o $@ $^ $(TEST_LIBS) $(LIBS)

$(O)/sparkops-torture: $(O)/obj/torture/tui/main.o $(call tui_objs,torture) $(O)/lib/torture.a
	@echo "link    $@"
	@$(CC) -o $@ $^ $(TUI_LIBS) $(LIBS)

debug: CFLAGS_plain := -O0 -fPIE
debug: have-deps $(O)/sparkops ## without optimisation
asan: have-deps $(O)/sparkops-asan ## with AddressSanitizer and UndefinedBehaviorSanitizer: build/sparkops-asan
tsan: have-deps $(O)/sparkops-tsan ## with ThreadSanitizer: build/sparkops-tsan

define variant
$(O)/lib/$(1).a: $(call lib_objs,$(1))
	@mkdir -p $$(@D)
	@rm -f $$@
	@ar rcs $$@ $$^
$(O)/obj/$(1)/%.o: %.c
	@mkdir -p $$(@D)
	@echo "cc      $(1) $$<"
	@$$(or $$(CC_$(1)),$$(CC)) $$(BASE_CFLAGS) $$(CFLAGS_$(1)) $$(CFLAGS_EXTRA) -c -o $$@ $$<
$(O)/obj/$(1)/gen/embedded.o: $(GEN_SRC)
	@mkdir -p $$(@D)
	@$$(or $$(CC_$(1)),$$(CC)) $$(BASE_CFLAGS) $$(CFLAGS_$(1)) -I. -c -o $$@ $$<
endef
CC_fuzz := clang
$(foreach v,plain asan tsan fuzz torture step,$(eval $(call variant,$(v))))

# Themes are text files that a user could have written; they are carried inside the program.
$(GEN_SRC): $(wildcard themes/*.theme) Makefile
	@mkdir -p $(@D)
	@{ echo '/* made from themes/ by the Makefile */'; echo '#include "tui/theme.h"'; \
	  echo 'const struct embedded_file embedded_themes[] = {'; \
	  for f in $(sort $(wildcard themes/*.theme)); do \
	    printf '{"%s",\n' "$$(basename $$f .theme)"; \
	    sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/"/' -e 's/$$/\\n"/' $$f; echo '},'; \
	  done; echo '{0, 0}};'; } > $@

# --- the stand-in cluster -------------------------------------------------------------------------------------------
world: have-deps $(O)/world world-jvm
$(O)/world: $(patsubst %.c,$(O)/obj/plain/%.o,$(WORLD_SRC))
	@echo "link    $@"
	@$(CC) $(LDFLAGS_plain) -o $@ $^ $(shell pkg-config --libs libuv libmicrohttpd jansson zlib libcrypto) -lm -pthread

# Stand-in JVMs: a `java` with a libjvm.so in its maps, the `python3` that is its parent, `tell` to command both.
JVM_DIR := $(O)/world-jvm
jvm_objs = $(patsubst %,$(O)/obj/plain/tests/world/jvm/%.o,$(1))
JVM_MAIN := java python tell libjvm
JVM_JAVA := $(filter-out $(JVM_MAIN) launcher retry,$(patsubst tests/world/jvm/%.c,%,$(wildcard tests/world/jvm/*.c)))
JVM_PYTHON := launcher orders port retry thread
world-jvm: $(JVM_DIR)/java $(JVM_DIR)/python3 $(JVM_DIR)/tell
$(JVM_DIR)/libjvm.so: tests/world/jvm/libjvm.c
	@mkdir -p $(@D)
	@$(CC) $(BASE_CFLAGS) -MF $(O)/obj/libjvm.d -fPIC -shared -Wl,-soname,libjvm.so -o $@ $<
$(JVM_DIR)/java: $(call jvm_objs,java $(JVM_JAVA)) $(JVM_DIR)/libjvm.so
	@echo "link    $@"
	@$(CC) $(LDFLAGS_plain) -o $@ $^ -Wl,-rpath,'$$ORIGIN' -lm -pthread
$(JVM_DIR)/python3: $(call jvm_objs,python $(JVM_PYTHON))
	@echo "link    $@"
	@$(CC) $(LDFLAGS_plain) -o $@ $^ -pthread
$(JVM_DIR)/tell: $(call jvm_objs,tell)
	@mkdir -p $(@D)
	@$(CC) $(LDFLAGS_plain) -o $@ $^

demo: deps ## the console on a stand-in cluster; leaving it ends the cluster
	@$(MAKE) --no-print-directory -j$$(nproc) all world
	@tests/world/demo

# Preloaded by the soak test: time that runs faster.
$(O)/fastclock.so: tests/process/fastclock.c
	@mkdir -p $(@D)
	@echo "link    $@"
	@$(CC) $(filter-out -MMD -MP,$(BASE_CFLAGS)) -O2 -fPIC -shared -o $@ $< -ldl

# --- tests ----------------------------------------------------------------------------------------------------------
TEST_LIBS = $(shell pkg-config --libs cmocka) -ldl -lutil

# Those that play the act themselves take over the failpoints of what they test.
STEPPED := $(filter test_victim% test_kill%,$(UNIT))
STEP_OBJ := $(patsubst %.c,$(O)/obj/step/%.o,$(wildcard backend/action/victim*.c backend/action/kill*.c))
$(foreach t,$(STEPPED),$(eval $(O)/test/$(t): $(STEP_OBJ)))
test_variant = $(if $(filter test_threads_%,$(1)),tsan,asan)
define unit_rule
$(O)/test/$(1): $(O)/obj/$(if $(filter $(STEPPED),$(1)),step,$(call test_variant,$(1)))/tests/unit/$(1).o \
		$(call support_objs,$(call test_variant,$(1))) $(O)/lib/$(call test_variant,$(1)).a
	@mkdir -p $$(@D)
	@echo "link    $$@"
	@$$(CC) $(LDFLAGS_$(call test_variant,$(1))) -o $$@ $$(filter %.o,$$^) \
		$$(filter %.a,$$^) $$(TEST_LIBS) $$(if $$(TUI_OBJ_$(1)),$$(TUI_LIBS)) $$(LIBS) $$(LIBS_$(1))
endef
# Tests of the front end link its objects, the others cannot even by mistake.
TUI_TESTS := $(shell grep -lE '"\.\./\.\./tui/' tests/unit/test_*.c 2>/dev/null | sed -E 's|.*/(.*)\.c|\1|')
$(foreach t,$(TUI_TESTS),$(eval TUI_OBJ_$(t) := $(call tui_objs,$(call test_variant,$(t)))))
$(foreach t,$(TUI_TESTS),$(eval $(O)/test/$(t): $(TUI_OBJ_$(t))))
LIBS_test_world := $(shell pkg-config --libs libmicrohttpd 2>/dev/null)
$(foreach t,$(UNIT),$(eval $(call unit_rule,$(t))))

$(O)/test/screen/%: $(O)/obj/asan/tests/screen/%.o $(SCREEN_SUPPORT) $(call tui_objs,asan) $(O)/lib/asan.a
	@mkdir -p $(@D)
	@echo "link    $@"
	@$(CC) $(LDFLAGS_asan) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(TEST_LIBS) -lvterm $(TUI_LIBS) $(LIBS)

unit-bins: $(UNIT:%=$(O)/test/%) $(SCREEN:%=$(O)/test/screen/%)
FUZZ_PLAIN := $(FUZZ:%=$(O)/test/fuzz/%)

# A fuzz target also runs its corpus as an ordinary test, with whichever compiler there is.
$(O)/test/fuzz/%: $(O)/obj/asan/tests/fuzz/%.o $(O)/obj/asan/tests/fuzz/run_corpus.o $(call tui_objs,asan) $(O)/lib/asan.a
	@mkdir -p $(@D)
	@echo "link    $@"
	@$(CC) $(LDFLAGS_asan) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(TUI_LIBS) $(LIBS)

test: deps ## everything that needs no Spark
	@$(MAKE) --no-print-directory -j$$(nproc) all world unit-bins $(O)/sparkops-asan $(O)/sparkops-torture $(O)/torture-replay $(O)/fastclock.so $(FUZZ_PLAIN)
	@O=$(O) tests/run

test-spark: deps ## against real Spark 3.5 and 4.x, in a virtual environment under build/
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@O=$(O) tests/spark/run

check: deps ## format, layers, headers that compile alone, budgets, banned calls, both compilers
	@CC_LIST="gcc clang" O=$(O) tests/check/all

bench: deps all world $(BENCH:%=$(O)/bench/%) ## figures beside their anchors, measured in the same run
	@O=$(O) tests/bench/run

$(O)/bench/bench_curl_floor: $(O)/obj/plain/tests/bench/bench_curl_floor.o # libcurl and nothing else
	@mkdir -p $(@D)
	@echo "link    $@"
	@$(CC) $(LDFLAGS_plain) -o $@ $^ $(shell pkg-config --libs libcurl)

$(O)/bench/%: $(O)/obj/plain/tests/bench/%.o $(call tui_objs,plain) $(O)/lib/plain.a
	@mkdir -p $(@D)
	@echo "link    $@"
	@$(CC) $(LDFLAGS_plain) -o $@ $(filter %.o,$^) $(filter %.a,$^) -lutil $(TUI_LIBS) $(LIBS)

$(O)/fuzz/%: $(O)/obj/fuzz/tests/fuzz/%.o $(call tui_objs,fuzz) $(O)/lib/fuzz.a
	@mkdir -p $(@D)
	@echo "link    $@"
	@clang $(LDFLAGS_fuzz) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(TUI_LIBS) $(LIBS)

FUZZ_SECONDS ?= 60
fuzz: deps $(FUZZ:%=$(O)/fuzz/%) ## every fuzz target for FUZZ_SECONDS each (clang's libFuzzer)
	@for t in $(FUZZ); do \
	  mkdir -p $(O)/corpus/$$t; echo "fuzz    $$t"; \
	  (cd $(O)/corpus && ../fuzz/$$t -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 \
	    -verbosity=0 -print_final_stats=1 $$t $$(ls -d $(CURDIR)/tests/fixture/fuzz/$$t 2>/dev/null)) || exit 1; \
	done

torture: deps asan world $(O)/torture-replay ## kill -9 in a replay (ROUNDS=2000); the console on a poisoned cluster for a minute
	@$(O)/torture-replay
	@O=$(O) tests/process/torture

SOAK_SECONDS ?= 1800
soak: deps all world $(O)/fastclock.so ## the wall at 500 times the speed for SOAK_SECONDS: memory and descriptors stay flat
	@O=$(O) SOAK_SECONDS=$(SOAK_SECONDS) python3 tests/process/test_soak.py

format: ## rewrite the sources as .clang-format says
	@clang-format -i $(shell git ls-files '*.c' '*.h')

readme: all ## write the generated parts of the README (key table) again
	@O=$(O) tests/check/readme --write

# --- installing -----------------------------------------------------------------------------------------------------
PREFIX ?= /usr/local
# The man page and the completions are generated from the option table.
MANDIR = $(DESTDIR)$(PREFIX)/share/man/man1
BASHDIR = $(DESTDIR)$(PREFIX)/share/bash-completion/completions
ZSHDIR = $(DESTDIR)$(PREFIX)/share/zsh/site-functions
# Units below /usr/local/lib are read by systemd, too.
UNITDIR = $(DESTDIR)$(PREFIX)/lib/systemd/system
SYSUSERSDIR = $(DESTDIR)$(PREFIX)/lib/sysusers.d

install: all ## program, man page, completions, the wall's systemd unit; DESTDIR and PREFIX as usual
	@install -d $(DESTDIR)$(PREFIX)/bin $(MANDIR) $(BASHDIR) $(ZSHDIR) $(UNITDIR) $(SYSUSERSDIR)
	@install -m 755 $(O)/sparkops $(DESTDIR)$(PREFIX)/bin/sparkops
	@$(O)/sparkops --generate man > $(MANDIR)/sparkops.1
	@$(O)/sparkops --generate bash > $(BASHDIR)/sparkops
	@$(O)/sparkops --generate zsh > $(ZSHDIR)/_sparkops
	@sed 's|@BINDIR@|$(PREFIX)/bin|' share/sparkops-wall@.service > $(UNITDIR)/sparkops-wall@.service
	@install -m 644 share/sparkops.sysusers $(SYSUSERSDIR)/sparkops.conf

uninstall: ## remove what install put there
	@rm -f $(DESTDIR)$(PREFIX)/bin/sparkops $(MANDIR)/sparkops.1 $(BASHDIR)/sparkops $(ZSHDIR)/_sparkops \
	  $(UNITDIR)/sparkops-wall@.service $(SYSUSERSDIR)/sparkops.conf

clean: ## remove what was built (not the Spark environments, not what the fuzzers found)
	@rm -rf $(O)/obj $(O)/lib $(O)/test $(O)/bench $(O)/fuzz $(O)/gen $(O)/log $(O)/sparkops* $(O)/world $(O)/world-jvm \
	  $(O)/torture-replay $(O)/fastclock.so $(O)/check-*

-include $(shell find $(O)/obj -name '*.d' 2>/dev/null)
