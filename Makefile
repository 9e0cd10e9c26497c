# danegate: one entry. `make help` lists the targets.
#
#   TARGET=host   what to build for; objects go to out/$(TARGET)
#   SAN=1         address and undefined-behaviour sanitizers, in out/host-san
#   WERROR=1      warnings are errors (as in CI)
#   V=1           show the commands

TARGET ?= host
CC ?= cc
AR ?= ar
CFLAGS ?= -O2 -g
Q := $(if $(V),,@)
say = @printf '  %-5s %s\n'

comma := ,
empty :=
space := $(empty) $(empty)
O := out/$(TARGET)$(if $(SAN),-san)

# The rooms of proxy/, and which others each may include: the one list that
# the build links by and that tests/lint/includes holds the sources against.
ROOMS := base config smtp dnssec dane policy net tls dns daemon
uses_base :=
uses_config := base
uses_smtp := base
uses_dnssec := base
uses_dane := base
uses_policy := base config dnssec dane
uses_net := base
uses_tls := base net
uses_dns := base net dnssec dane policy
uses_daemon := base

# The libraries each room needs besides; see docs/dependencies.md.
libs_net := -levent_core
libs_dnssec := -lldns -led25519 -lmbedcrypto -leverest
libs_dane := -lmbedx509 -lmbedcrypto -leverest
libs_tls := -lmbedtls -lmbedx509 -lmbedcrypto -leverest

# Dependencies: fetched as source, built static, once per target.
DL_DIR ?= dl
DEPS := out/$(TARGET)/deps
COMPONENTS := libevent ldns mbedtls libsodium
STAMPS := $(COMPONENTS:%=$(DEPS)/%.stamp)

WARN := -Wall -Wextra -Wshadow -Wconversion -Wformat=2 -Wswitch-enum -Wvla \
	-Wstrict-prototypes -Wmissing-prototypes -Wcast-qual -Wwrite-strings \
	-Wimplicit-fallthrough -Wnull-dereference $(if $(WERROR),-Werror)
HARDEN := -fPIE -fstack-protector-strong -fstack-clash-protection \
	-D_FORTIFY_SOURCE=2 -ftrivial-auto-var-init=zero
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
EXTRA := $(if $(SAN),$(SANITIZE),$(HARDEN))
ALL_CFLAGS := -std=c11 -D_GNU_SOURCE -Iproxy -isystem $(DEPS)/include \
	-DMBEDTLS_USER_CONFIG_FILE='"$(CURDIR)/tools/deps/mbedtls_config.h"' $(WARN) $(EXTRA) $(CFLAGS)

# Time cannot lie before the day of the build; see base/clock.h.
BUILD_EPOCH := $(or $(SOURCE_DATE_EPOCH),$(shell git log -1 --format=%ct 2>/dev/null),0)

room_sources = $(sort $(wildcard proxy/$(1)/*.c))
room_objects = $(patsubst proxy/%.c,$(O)/obj/%.o,$(call room_sources,$(1)))
LIBS := $(foreach r,$(ROOMS),$(O)/lib/$(r).a)
TEST_SOURCES := $(sort $(foreach r,$(or $(T),$(ROOMS)),$(wildcard tests/unit/$(r)/test_*.c)))
TESTS := $(patsubst tests/unit/%.c,$(O)/unit/%,$(TEST_SOURCES))

export DL_DIR

.PHONY: all deps check unit unit-run lint clean help
.DELETE_ON_ERROR:
.SECONDARY:

all: $(LIBS)

deps: $(STAMPS)

$(DEPS)/%.stamp: tools/deps/build tools/deps/fetch tools/deps/components \
    tools/deps/mbedtls_config.h $(wildcard tools/deps/ed25519/*)
	$(say) DEP $*
	$(Q)CC='$(CC)' AR='$(AR)' tools/deps/build $* $(DEPS)
	@touch $@

help:
	@printf '%s\n' \
	    'all    build what is there into out/$$(TARGET)' \
	    'deps   fetch and build the dependencies into out/$$(TARGET)/deps' \
	    'unit   build and run the unit tests with sanitizers (T=room: one room)' \
	    'lint   format, static analysis, the order of includes' \
	    'check  install what is needed, then lint and unit' \
	    'clean  remove out/'

$(O)/obj/base/clock.o: ALL_CFLAGS += -DDG_BUILD_EPOCH=$(BUILD_EPOCH)

$(O)/obj/%.o: proxy/%.c | $(STAMPS)
	@mkdir -p $(@D)
	$(say) CC $<
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

define room_rules
$(O)/lib/$(1).a: $(call room_objects,$(1))
	@mkdir -p $$(@D)
	$$(say) AR $$@
	$$(Q)rm -f $$@ && $$(AR) rcs $$@ $$^

$(O)/unit/$(1)/%: tests/unit/$(1)/%.c $(O)/lib/$(1).a \
    $(foreach u,$(uses_$(1)),$(O)/lib/$(u).a)
	@mkdir -p $$(@D)
	$$(say) TEST $$<
	$$(Q)$$(CC) $$(ALL_CFLAGS) -MMD -MP -o $$@ $$(filter %.c %.a,$$^) \
	    $$(LDFLAGS) -L$(DEPS)/lib $(libs_$(1)) \
	    $(foreach u,$(uses_$(1)),$(libs_$(u))) -lcmocka
endef
$(foreach r,$(ROOMS),$(eval $(call room_rules,$(r))))

unit:
	@$(MAKE) --no-print-directory SAN=1 unit-run

unit-run: $(TESTS)
	@tests/unit/run $(TESTS)

lint:
	@tests/lint/run "$(foreach r,$(ROOMS),$(r):$(subst $(space),$(comma),$(uses_$(r))))"

check:
	@tools/need check
	@$(MAKE) --no-print-directory all
	@tests/check

clean:
	rm -rf out

-include $(shell find out -name '*.d' 2>/dev/null)
