# danegate: one entry. `make help` lists the targets.
#
#   TARGET=host   what to build for (tools/targets/); objects in out/$(TARGET)
#   SAN=1         address and undefined-behaviour sanitizers, in out/host-san
#   WERROR=1      warnings are errors (as in CI)
#   V=1           show the commands

TARGET ?= host
CFLAGS ?= -O2 -g
DL_DIR ?= dl
PREFIX ?= /usr
FUZZ_SECONDS ?= 30
FUZZ_CC ?= clang-14
Q := $(if $(V),,@)
say = @printf '  %-5s %s\n'
again = $(MAKE) --no-print-directory
MAKEFLAGS += --no-builtin-rules

comma := ,
empty :=
space := $(empty) $(empty)
O := out/$(TARGET)$(if $(FUZZ),-fuzz,$(if $(SAN),-san,$(if $(VALGRIND),-valgrind)))

# The rooms of proxy/, and which others each may include: the one list that
# the build links by and that tests/lint/includes holds the sources against.
ROOMS := base curve config control update smtp dnssec dane policy tlsrpt net tls dns session probe daemon cli shell
uses_base :=
uses_curve :=
uses_config := base
uses_control := base
uses_update := base
uses_smtp := base
uses_dnssec := base curve
uses_dane := base curve
uses_policy := base config dnssec dane
uses_tlsrpt := base config dnssec dane policy
uses_net := base
uses_tls := base curve net
uses_dns := base net dnssec dane policy
uses_session := base config smtp dnssec dane policy net tls dns
uses_probe := base config smtp dnssec dane policy net tls dns session
uses_daemon := $(uses_session) session control probe tlsrpt
uses_cli := base config control update smtp net dnssec dane policy tls dns probe
uses_shell := $(uses_cli) cli

# The libraries each room needs besides; see docs/dependencies.md.
libs_net := -levent_core -Wl,--wrap=epoll_wait
libs_curve := -lmbedcrypto -leverest -lsodium -lring \
	-Wl,--wrap=Hacl_Curve25519_crypto_scalarmult -Wl,--wrap=mbedtls_ecp_mul \
	-Wl,--wrap=mbedtls_ecp_muladd_restartable
libs_dnssec := -lldns -lsodium -lmbedcrypto -leverest
libs_update := -lsodium
libs_tlsrpt := -lz
libs_dane := -lsodium -lmbedx509 -lmbedcrypto -leverest
libs_tls := -lmbedtls -lmbedx509 -lmbedcrypto -leverest -lsodium \
	-Wl,--wrap=mbedtls_x509_crt_parse_der \
	-Wl,--wrap=mbedtls_dhm_read_params \
	-Wl,--wrap=mbedtls_chachapoly_encrypt_and_tag \
	-Wl,--wrap=mbedtls_chachapoly_auth_decrypt \
	-Wl,--wrap=mbedtls_gcm_crypt_and_tag -Wl,--wrap=mbedtls_gcm_auth_decrypt
libs_shell := -ledit

# A room, what it may include, and what that rests on.
closure = $(sort $(1) $(foreach u,$(1),$(uses_$(u)) \
	$(foreach v,$(uses_$(u)),$(uses_$(v)))))
archives = $(foreach r,$(call closure,$(1)),$(O)/lib/$(r).a)
libraries = $(sort $(foreach r,$(call closure,$(1)),$(libs_$(r))))
# Archives need each other in no fixed order.
link_rooms = -Wl,--start-group $(call archives,$(1)) -L$(DEPS)/lib \
	$(call libraries,$(1)) -Wl,--end-group

# Dependencies: fetched as source, built static, once per target.
DEPS := out/$(TARGET)/deps
COMPONENTS := libevent ldns mbedtls libsodium ring libedit zlib
NEED := build
include tools/targets/$(TARGET).mk
STAMPS := $(COMPONENTS:%=$(DEPS)/%.stamp)

WARN := -Wall -Wextra -Wshadow -Wconversion -Wformat=2 -Wswitch-enum -Wvla \
	-Wstrict-prototypes -Wmissing-prototypes -Wcast-qual -Wwrite-strings \
	-Wimplicit-fallthrough -Wnull-dereference $(if $(WERROR),-Werror)
HARDEN := -fPIE -fstack-protector-strong -fstack-clash-protection \
	-D_FORTIFY_SOURCE=2 -ffunction-sections -fdata-sections
# clang 14 has it only behind a second flag that it calls temporary.
HARDEN += $(if $(findstring clang,$(CC)),,-ftrivial-auto-var-init=zero)
SANITIZE := -fno-sanitize-recover=all -fno-omit-frame-pointer
SANITIZE += $(if $(FUZZ),-fsanitize=fuzzer-no-link$(comma)address$(comma)undefined,-fsanitize=address$(comma)undefined)
CHECKED := $(or $(SAN),$(FUZZ))
# For tests the session counts which cells of its matrix were run.
CHECKED_CFLAGS := $(SANITIZE) -DDG_TEST_MATRIX
# Without hardening: variables that it clears are none that valgrind could miss.
PLAIN_CFLAGS := -DDG_TEST_MATRIX
BASE_CFLAGS := -std=c11 -D_GNU_SOURCE -Iproxy -isystem $(DEPS)/include \
	-DMBEDTLS_USER_CONFIG_FILE='"$(CURDIR)/tools/deps/mbedtls_config.h"'
ALL_CFLAGS := $(BASE_CFLAGS) -ffile-prefix-map=$(CURDIR)=. $(WARN) \
	$(if $(CHECKED),$(CHECKED_CFLAGS),$(if $(VALGRIND),$(PLAIN_CFLAGS),$(HARDEN))) \
	$(CFLAGS)
ALL_LDFLAGS := $(if $(CHECKED),$(SANITIZE),$(if $(VALGRIND),,$(LINKER))) $(LDFLAGS)
TEST_CFLAGS := $(ALL_CFLAGS) -Itests/unit

# Time cannot lie before the day of the last commit; see base/clock.h.
BUILD_EPOCH := $(or $(SOURCE_DATE_EPOCH),$(shell git log -1 --format=%ct 2>/dev/null),0)

# What `show version` says.
VERSION ?= $(or $(shell git describe --tags --always --dirty 2>/dev/null),unknown)

# The two programs: a main.c each, which no archive holds.
main_danegated := daemon/main
main_danegate := shell/main
PROGRAMS := $(foreach p,danegated danegate,\
	$(if $(wildcard proxy/$(main_$(p)).c),$(O)/bin/$(p)))

room_sources = $(sort $(filter-out %/main.c,$(wildcard proxy/$(1)/*.c)))
room_objects = $(patsubst proxy/%.c,$(O)/obj/%.o,$(call room_sources,$(1)))
LIBS := $(foreach r,$(ROOMS),$(O)/lib/$(r).a)

TEST_SOURCES := $(sort $(foreach r,$(or $(T),$(ROOMS)),\
	$(wildcard tests/unit/$(r)/test_*.c)))
TESTS := $(patsubst tests/unit/%.c,$(O)/unit/%,$(TEST_SOURCES))
FUZZERS := $(patsubst tests/fuzz/%.c,$(O)/fuzz/%,\
	$(sort $(wildcard tests/fuzz/fuzz_*.c)))

export DL_DIR

.PHONY: all help always deps clean install deb docs
.PHONY: check unit unit-build valgrind valgrind-run fuzz fuzz-build lint demo
.PHONY: bench bench-growth bench-instructions bench-instructions-armv7 bench-tls bench-dnssec bench-sessions bench-stall bench-tls-config load
# A target's file may have rules of its own, and comes first.
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:

all: $(LIBS) $(PROGRAMS)

help:
	@printf '%s\n' \
	    'all      build the programs into out/$$(TARGET)/bin' \
	    'deps     fetch and build the dependencies into out/$$(TARGET)/deps' \
	    'unit     unit tests with sanitizers (T=room: one room)' \
	    'valgrind session, smtp and net under valgrind (T=room: one room)' \
	    'fuzz     each fuzz target for FUZZ_SECONDS (default 30)' \
	    'docs     the pages of docs/ that are made from the program'"'"'s tables' \
	    'lint     format, static analysis, the order of includes, the map' \
	    'check    install what is needed, then lint and all tests' \
	    'demo     install what is needed, then mail on its way, explained (BOARD=virt)' \
	    'bench    beside Postfix, stunnel, Exim and a splice (QUICK=1)' \
	    'bench-growth  cost as sessions, sizes, domains and policy grow' \
	    'bench-instructions  of a delivery, held against those counted before' \
	    'bench-instructions-armv7  the same, under qemu-arm' \
	    'bench-tls     handshakes beside OpenSSL, and what others wait' \
	    'bench-tls-config  instructions that each build of mbedTLS takes' \
	    'bench-dnssec  cold and cached lookups beside libunbound' \
	    'bench-sessions  memory per session, idle and active' \
	    'bench-stall  what other sessions wait while handshakes run' \
	    'load     20,000 messages, every 50th connection reset: none lost' \
	    'firmware the image of board BOARD (default virt) into out/firmware' \
	    'check-firmware  the image of board virt in QEMU, in the lab' \
	    'firmware-report  sizes and boot times of a board' \
	    'install  the programs into $$(DESTDIR)$$(PREFIX)' \
	    'deb      a Debian package in out/deb (TARGET=armv7: for armhf)' \
	    'clean    remove out/ (the tarballs in $$(DL_DIR) stay)'

# Dependencies

deps: $(STAMPS)

always:

$(DEPS)/mbedtls.stamp: tools/deps/mbedtls_config.h
$(DEPS)/libsodium.stamp: $(wildcard tools/deps/libsodium/*)
$(DEPS)/ring.stamp: $(wildcard tools/deps/ring/*.[ch])
$(DEPS)/libedit.stamp: $(wildcard tools/deps/libedit/*)
$(DEPS)/%.stamp: tools/deps/build tools/deps/fetch tools/deps/components
	$(say) DEP $*
	@rm -f $@
	$(Q)tools/need $(NEED)
	$(Q)CC='$(CC)' AR='$(AR)' RANLIB='$(RANLIB)' HOST='$(TRIPLET)' \
	    tools/deps/build $* $(DEPS)
	@touch $@

# Objects, archives, programs

$(O)/obj/base/clock.o: ALL_CFLAGS += -DDG_BUILD_EPOCH=$(BUILD_EPOCH)
$(O)/obj/base/version.o: ALL_CFLAGS += -DDG_VERSION='"$(VERSION)"'
$(O)/obj/base/clock.o $(O)/obj/base/version.o: $(O)/built-from

# Written when one of the two is another one.
$(O)/built-from: always
	@mkdir -p $(@D)
	@echo '$(VERSION) $(BUILD_EPOCH)' | cmp -s - $@ || \
	    echo '$(VERSION) $(BUILD_EPOCH)' >$@

$(O)/obj/%.o: proxy/%.c | $(STAMPS)
	@mkdir -p $(@D)
	$(say) CC $<
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(O)/tests/%.o: tests/%.c | $(STAMPS)
	@mkdir -p $(@D)
	$(say) CC $<
	$(Q)$(CC) $(TEST_CFLAGS) -MMD -MP -c -o $@ $<

define room_rules
$(O)/lib/$(1).a: $(call room_objects,$(1))
	@mkdir -p $$(@D)
	$$(say) AR $$@
	$$(Q)rm -f $$@ && $$(AR) rcs $$@ $$^
endef
$(foreach r,$(ROOMS),$(eval $(call room_rules,$(r))))

$(O)/bin/%: $(LIBS)
	@mkdir -p $(@D)
	$(say) LINK $@
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) \
	    $(call link_rooms,$(ROOMS))
$(foreach p,danegated danegate,$(eval $(O)/bin/$(p): $(O)/obj/$(main_$(p)).o))

# Unit tests: one program each, of one room and what that may use. A comment
# `/* with: support/x.c */` links tests/unit/support/x.c too, and one of
# `/* link: -Wl,FLAG */` is for the linker.

comment_of = $(shell sed -n 's|^/\* $(1): \(.*\) \*/$$|\1|p' $(2))

# $(1): test source; $(2): its room
define test_rules
$(1:tests/%.c=$(O)/%): $(1:%.c=$(O)/%.o) \
    $(patsubst %.c,$(O)/tests/unit/%.o,$(call comment_of,with,$(1))) \
    $(call archives,$(2))
	@mkdir -p $$(@D)
	$$(say) LINK $$@
	$$(Q)$$(CC) $$(TEST_CFLAGS) $$(ALL_LDFLAGS) -o $$@ \
	    $$(filter %.o,$$^) $(call comment_of,link,$(1)) \
	    $(call link_rooms,$(2)) -lcmocka
endef
$(foreach t,$(TEST_SOURCES),$(eval \
	$(call test_rules,$(t),$(notdir $(patsubst %/,%,$(dir $(t)))))))

# A room that does not build fails its own tests and no others.
unit:
	@$(again) -k SAN=1 unit-build || export STALE=1; \
	    tests/unit/run $(TESTS:$(O)/%=out/$(TARGET)-san/%)

unit-build: $(TESTS)

# The same programs without sanitizers, under valgrind's memcheck: reads of what
# nobody wrote, and leaks. T: one or more rooms.
MEMCHECK := valgrind --quiet --error-exitcode=99 --leak-check=full \
	--errors-for-leak-kinds=definite,indirect,possible --num-callers=20

valgrind:
	@tools/need valgrind
	@$(again) VALGRIND=1 T="$(or $(T),session smtp net)" valgrind-run

valgrind-run: $(TESTS)
	@UNDER="$(MEMCHECK)" SECONDS_MAX=900 tests/unit/run $(TESTS)

# Fuzz targets: `/* rooms: dane smtp */` names the rooms that one links; `with`
# (below tests/) and `link` as above.

# $(1): source
define fuzz_rules
$(1:tests/%.c=$(O)/%): $(1:%.c=$(O)/%.o) \
    $(patsubst %.c,$(O)/tests/%.o,$(call comment_of,with,$(1))) \
    $(call archives,$(call comment_of,rooms,$(1)))
	@mkdir -p $$(@D)
	$$(say) LINK $$@
	$$(Q)$$(CC) $$(ALL_CFLAGS) $$(SANITIZE) -fsanitize=fuzzer -o $$@ \
	    $$(filter %.o,$$^) $(call comment_of,link,$(1)) \
	    $(call link_rooms,$(call comment_of,rooms,$(1)))
endef
$(if $(FUZZ),$(foreach f,$(wildcard tests/fuzz/fuzz_*.c),$(eval \
	$(call fuzz_rules,$(f)))))

fuzz: deps
	@$(again) -k FUZZ=1 CC=$(FUZZ_CC) fuzz-build || true
	@tools/fuzz $(FUZZ_SECONDS) $(FUZZERS:$(O)/%=out/$(TARGET)-fuzz/%)

fuzz-build: $(FUZZERS)

# Pages made from the tables of options and commands

PAGES := configuration.md commands.md control.md danegate.conf.5 danegate.8 \
	session.md
MANUAL := $(O)/manual

docs: $(MANUAL)
	$(Q)$(foreach p,$(PAGES),$(MANUAL) $(p) >docs/$(p) &&) true

$(MANUAL): tools/manual/manual.c tools/manual/session.c \
    tools/manual/session.md proxy/session/states.def proxy/session/matrix.def \
    $(LIBS)
	$(say) LINK $@
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(filter %.c,$^) \
	    $(call link_rooms,$(ROOMS))

# Everything together

lint: deps $(MANUAL)
	@MANUAL="$(MANUAL) $(PAGES)" ARCHIVES="$(LIBS)" \
	BASE_CFLAGS="$(subst ",\",$(BASE_CFLAGS))" tests/lint/run \
	    "$(foreach r,$(ROOMS),$(r):$(subst $(space),$(comma),$(uses_$(r))))"

check:
	@tools/need check
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tests/check

# Of the programs here, or with BOARD=virt of the router in QEMU.
demo:
ifdef BOARD
	@tools/need check-firmware
	@$(again) firmware BOARD=$(BOARD)
	tests/firmware/demo
else
	@tools/need demo
	@$(again) all
	tests/lab/demo
endif

# Benchmarks: programs of tools/bench, run in the lab.

bench:
	@tools/need bench
	@$(again) all
	QUICK=$(QUICK) DANEGATED=$(O)/bin/danegated DANEGATE=$(O)/bin/danegate \
	    tools/bench/bench $(BENCH_OPTIONS)

bench-growth:
	@tools/need bench-growth
	@$(again) all
	DANEGATED=$(O)/bin/danegated DANEGATE=$(O)/bin/danegate \
	    tools/bench/growth $(BENCH_OPTIONS)

bench-instructions:
	@tools/need bench-instructions
	@$(again) all
	CC='$(CC)' CFLAGS='$(CFLAGS)' DANEGATED=$(O)/bin/danegated \
	    DANEGATE=$(O)/bin/danegate tools/bench/instructions $(BENCH_OPTIONS)

# The same of ARMv7, under qemu-arm.
bench-instructions-armv7:
	@tools/need bench-instructions-armv7
	@$(again) TARGET=host all
	@$(again) TARGET=armv7 out/armv7/bench/danegated-emulated
	CFLAGS='$(CFLAGS)' tools/bench/instructions --target armv7 $(BENCH_OPTIONS)

# danegated that qemu-user can run.
$(O)/bench/danegated-emulated: tools/bench/emulated.c $(LIBS) $(O)/obj/daemon/main.o
	@mkdir -p $(@D)
	$(say) LINK $@
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -Wl,--wrap=setsockopt -o $@ \
	    tools/bench/emulated.c $(O)/obj/daemon/main.o \
	    $(call link_rooms,$(ROOMS))

bench-tls:
	@tools/need bench-tls
	@$(again) $(O)/bench/tls_measure
	$(O)/bench/tls_measure

$(O)/bench/tls_measure: tools/bench/tls_measure.c $(call archives,tls)
	@mkdir -p $(@D)
	$(say) LINK $@
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< \
	    $(call link_rooms,tls) -lssl -lcrypto

# Of the target's; some minutes.
bench-tls-config:
	@tools/need bench-tls-config
	@$(again) deps
	tools/bench/tls-config --target $(TARGET)

bench-dnssec:
	@tools/need bench-dnssec
	@$(again) $(O)/bench/dnssec_danegate $(O)/bench/dnssec_unbound
	tools/bench/dnssec $(O)/bench

bench-sessions:
	@tools/need load
	@$(again) all
	DANEGATED=$(O)/bin/danegated DANEGATE=$(O)/bin/danegate \
	    tools/bench/sessions $(BENCH_OPTIONS)

bench-stall:
	@tools/need load
	@$(again) all
	DANEGATED=$(O)/bin/danegated DANEGATE=$(O)/bin/danegate \
	    tools/bench/stall

# The plain programs, and those with sanitizers.
load:
	@tools/need load
	@$(again) all
	@$(again) SAN=1 all
	DANEGATED=$(O)/bin/danegated DANEGATE=$(O)/bin/danegate tools/bench/load
	tools/bench/load
	tools/bench/load --source --messages 5000

$(O)/bench/dnssec_danegate: tools/bench/dnssec_danegate.c \
    tools/bench/dnssec_measure.c $(call archives,dns)
	@mkdir -p $(@D)
	$(say) LINK $@
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -Wl,--wrap=key_verify -o $@ \
	    $(filter %.c,$^) $(call link_rooms,dns)

$(O)/bench/dnssec_unbound: tools/bench/dnssec_unbound.c \
    tools/bench/dnssec_measure.c
	@mkdir -p $(@D)
	$(say) LINK $@
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -rdynamic -o $@ $^ -lunbound \
	    -l:libevent-2.1.so.7

# The router's image

include firmware/firmware.mk

install: all
	install -D -m 755 $(O)/bin/danegated $(DESTDIR)$(PREFIX)/sbin/danegated
	install -D -m 755 $(O)/bin/danegate $(DESTDIR)$(PREFIX)/bin/danegate
	install -D -m 644 docs/danegate.conf.5 \
	    $(DESTDIR)$(PREFIX)/share/man/man5/danegate.conf.5
	install -D -m 644 docs/danegate.8 \
	    $(DESTDIR)$(PREFIX)/share/man/man8/danegate.8
	install -D -m 644 docs/danegated.8 \
	    $(DESTDIR)$(PREFIX)/share/man/man8/danegated.8

# A Debian package of TARGET's programs, in out/deb.
deb:
	@tools/need deb
	$(Q)tools/deb/build $(TARGET)

clean:
	rm -rf out

-include $(shell find $(O)/obj $(O)/tests -name '*.d' 2>/dev/null)
