# shellcheck shell=sh disable=SC2034
# QEMU's ARM virt machine with a Cortex-A7: the board of the tests. Read when
# the image is built and, on the router, by its scripts.

# Device trees of the kernel's source that the board needs; QEMU has its own.
BOARD_DTB=
# Of the image, and of the state partition (also in flash.sfdisk).
IMAGE_SIZE=20M
STATE_SIZE=8M
STATE_DEVICE=/dev/vda2

NTP_SERVERS='0.debian.pool.ntp.org 1.debian.pool.ntp.org'

# How it is started: the kernel's command line, and QEMU's ({flash}: the image's
# file, {folder}: the kernel's).
COMMAND_LINE='console=ttyAMA0 root=/dev/vda1 ro rootfstype=squashfs rootwait quiet panic=-1'
QEMU='-M virt -cpu cortex-a7 -m 64M -nodefaults -serial mon:stdio
	-drive file={flash},if=none,id=flash,format=raw
	-device virtio-blk-device,drive=flash
	-netdev hubport,hubid=1,id=lan -device virtio-net-device,netdev=lan
	-netdev hubport,hubid=2,id=wan -device virtio-net-device,netdev=wan
	-device virtio-rng-device'

# The boot loader: U-Boot's own configuration, and the files that it makes.
BOOT_CONFIG=qemu_arm_defconfig
BOOT_FILES=u-boot.bin
