# The router's image: make firmware BOARD=NAME. Everything is built by the
# scripts of firmware/build, each of which runs anew only when the contents of
# what it reads has changed; docs/porting.md tells what a board is.

BOARD ?= virt
BOARDS := $(notdir $(patsubst %/,%,$(dir $(wildcard board/*/board.sh))))
# One kernel with the drivers of all boards serves them all.
FIRMWARE_ARCH := armv7
FIRMWARE := out/firmware
FIRMWARE_PARTS := $(FIRMWARE)/$(FIRMWARE_ARCH)
FIRMWARE_MUSL := $(CURDIR)/out/$(FIRMWARE_ARCH)/deps/musl
BOARD_DTBS := $(sort $(shell sed -n 's|^BOARD_DTB=\(..*\)|\1.dtb|p' board/*/board.sh))
FIRMWARE_EPOCH := $(or $(SOURCE_DATE_EPOCH),$(shell git log -1 --format=%ct 2>/dev/null),0)

.PHONY: firmware firmware-image firmware-kernel firmware-boot firmware-parts firmware-report check-firmware

# What the image is made of, when the parts are there.
firmware_inputs = $(sort $(shell find firmware/skeleton -type f) \
	$(wildcard board/$(BOARD)/*) firmware/build/image firmware/build/manifest \
	firmware/build/sbom firmware/licences \
	$(FIRMWARE_PARTS)/dropbear/dropbear \
	$(FIRMWARE_PARTS)/kernel/zImage $(FIRMWARE_PARTS)/kernel/version \
	$(FIRMWARE_PARTS)/busybox/busybox \
	$(wildcard $(FIRMWARE_PARTS)/u-boot-$(BOARD)/*) \
	$(FIRMWARE_PARTS)/fw_printenv/fw_printenv \
	firmware/build/update $(UPDATE_KEY) \
	$(shell find $(FIRMWARE_PARTS)/nft -type f ! -name inputs) \
	out/$(FIRMWARE_ARCH)/bin/danegated out/$(FIRMWARE_ARCH)/bin/danegate)

firmware: firmware-parts
	@$(again) BOARD=$(BOARD) firmware-image

# Update files are signed with this key, and the router believes no other: an
# integrator's own is UPDATE_KEY=FILE (openssl genpkey -algorithm ed25519); one
# is made where there is none.
UPDATE_KEY ?= $(FIRMWARE)/update-key.pem

$(FIRMWARE)/update-key.pem:
	@mkdir -p $(@D)
	$(Q)umask 077 && openssl genpkey -algorithm ed25519 -out $@

firmware-image: $(UPDATE_KEY)
	$(say) IMAGE $(BOARD)
	@[ -e $(FIRMWARE)/$(BOARD)/manifest ] || rm -rf $(FIRMWARE_PARTS)/image-$(BOARD)
	$(Q)firmware/build/once $(FIRMWARE_PARTS)/image-$(BOARD) \
	    $(firmware_inputs) -- env SOURCE_DATE_EPOCH=$(FIRMWARE_EPOCH) \
	    STRIP=arm-linux-gnueabihf-strip VERSION=$(VERSION) \
	    UPDATE_KEY=$(abspath $(UPDATE_KEY)) MINIMUM=$(or $(MINIMUM),0) \
	    firmware/build/image $(BOARD) $(FIRMWARE)/$(BOARD) \
	    $(FIRMWARE_PARTS)/kernel $(FIRMWARE_PARTS)/busybox \
	    $(FIRMWARE_PARTS)/nft $(FIRMWARE_PARTS)/fw_printenv \
	    $(FIRMWARE_PARTS)/dropbear $(FIRMWARE_PARTS)/u-boot-$(BOARD) \
	    out/$(FIRMWARE_ARCH)/bin
	@firmware/build/ram

# These alone, for they take minutes and need nothing of the rest.
firmware-kernel:
	@tools/need firmware
	$(say) PART kernel
	$(Q)firmware/build/once $(FIRMWARE_PARTS)/kernel firmware/build/kernel \
	    firmware/build/config_check tools/deps/packages \
	    firmware/kernel/base.config $(sort $(wildcard board/*/kernel.config)) -- \
	    firmware/build/kernel $(FIRMWARE_PARTS)/kernel $(BOARD_DTBS)

firmware-boot: $(BOARDS:%=firmware-boot-%)

firmware-boot-%:
	@tools/need firmware
	$(say) PART "u-boot $*"
	$(Q)firmware/build/once $(FIRMWARE_PARTS)/u-boot-$* \
	    firmware/build/u-boot firmware/build/config_check \
	    tools/deps/components firmware/u-boot/base.config \
	    firmware/u-boot/boot.env board/$*/board.sh board/$*/u-boot.config \
	    board/$*/boot.env -- \
	    firmware/build/u-boot $(FIRMWARE_PARTS)/u-boot-$* $*

firmware-parts: firmware-kernel firmware-boot-$(BOARD)
	$(if $(filter $(BOARD),$(BOARDS)),,$(error no board $(BOARD): there are $(BOARDS)))
	$(Q)$(again) TARGET=$(FIRMWARE_ARCH) all
	$(say) PART busybox
	$(Q)firmware/build/once $(FIRMWARE_PARTS)/busybox firmware/build/busybox \
	    firmware/build/config_check tools/deps/components \
	    firmware/busybox/busybox.config -- \
	    firmware/build/busybox $(FIRMWARE_PARTS)/busybox \
	    $(FIRMWARE_MUSL)/bin/musl-gcc
	$(say) PART nft
	$(Q)firmware/build/once $(FIRMWARE_PARTS)/nft firmware/build/nft \
	    tools/deps/packages firmware/nft/nft.c -- \
	    firmware/build/nft $(FIRMWARE_PARTS)/nft
	$(say) PART fw_printenv
	$(Q)firmware/build/once $(FIRMWARE_PARTS)/fw_printenv \
	    firmware/build/fw_printenv tools/deps/components -- \
	    firmware/build/fw_printenv $(FIRMWARE_PARTS)/fw_printenv \
	    $(FIRMWARE_MUSL)/bin/musl-gcc
	$(say) PART dropbear
	$(Q)firmware/build/once $(FIRMWARE_PARTS)/dropbear \
	    firmware/build/dropbear firmware/dropbear/localoptions.h \
	    tools/deps/components -- \
	    firmware/build/dropbear $(FIRMWARE_PARTS)/dropbear \
	    $(FIRMWARE_MUSL)/bin/musl-gcc

firmware-report: firmware
	$(Q)firmware/build/report $(BOARD) $(FIRMWARE)/$(BOARD)

# Every board's image starts; that of virt shows what the router promises.
check-firmware:
	@tools/need check-firmware
	@for b in $(BOARDS); do $(again) firmware BOARD=$$b || exit 1; done
	@tests/firmware/check $(BOARDS)
