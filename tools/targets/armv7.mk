# ARMv7 routers: Debian's cross compiler with a musl of our own building, so
# that programs are static and time is 64 bits wide.
TRIPLET := arm-linux-gnueabihf
MUSL := $(CURDIR)/$(DEPS)/musl
CC := $(MUSL)/bin/musl-gcc
AR := $(TRIPLET)-ar
RANLIB := $(TRIPLET)-ranlib
LINKER := -static -Wl,-z,relro,-z,now -Wl,--gc-sections
NEED := armv7

COMPONENTS := musl $(COMPONENTS)
# Everything else is compiled with it.
$(filter-out %/musl.stamp,$(COMPONENTS:%=$(DEPS)/%.stamp)): $(DEPS)/musl.stamp
