# shellcheck shell=sh disable=SC2034
# QEMU's ARM virt machine with a Cortex-A7: the board of the tests. Read when
# the image is built and, on the router, by its scripts.

# Device trees of the kernel's source that the board needs; QEMU has its own.
BOARD_DTB=
# Of the image, and of the state partition (also in flash.sfdisk).
IMAGE_SIZE=48M
STATE_SIZE=8M

NTP_SERVERS='0.debian.pool.ntp.org 1.debian.pool.ntp.org'

# The boot loader: U-Boot's own configuration, the files that it makes, where
# each lies in the image (the block of 512 bytes; none: QEMU gets it by itself),
# and where it puts the kernel.
BOOT_CONFIG=qemu_arm_defconfig
BOOT_FILES=u-boot.bin
BOOT_PLACES=
KERNEL_ADDRESS=0x41000000
# The partition of a medium with an update file.
UPDATE_MEDIUM=/dev/vdb1

# How QEMU starts it ({flash}: a copy of the image, {folder}: the image's).
QEMU='-M virt -cpu cortex-a7 -m 64M -nodefaults -serial mon:stdio
	-bios {folder}/u-boot.bin
	-drive file={flash},if=none,id=flash,format=raw
	-device virtio-blk-device,drive=flash,bus=virtio-mmio-bus.0
	-netdev hubport,hubid=1,id=lan
	-device virtio-net-device,netdev=lan,bus=virtio-mmio-bus.1
	-netdev hubport,hubid=2,id=wan
	-device virtio-net-device,netdev=wan,bus=virtio-mmio-bus.2
	-device virtio-rng-device'
