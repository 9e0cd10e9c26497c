# shellcheck shell=sh disable=SC2034
# NXP i.MX6UL evaluation kit, started from an SD card. Read when the image is
# built and, on the router, by its scripts.

# Device trees of the kernel's source that the board needs.
BOARD_DTB=nxp/imx/imx6ul-14x14-evk
# Of the image, and of the state partition (also in flash.sfdisk). QEMU wants
# the size of a card to be a power of two.
IMAGE_SIZE=32M
STATE_SIZE=8M
STATE_DEVICE=/dev/mmcblk0p2

NTP_SERVERS='0.debian.pool.ntp.org 1.debian.pool.ntp.org'

# How it is started: the kernel's command line, and QEMU's ({flash}: the image's
# file, {folder}: the kernel's).
COMMAND_LINE='console=ttymxc0,115200 root=/dev/mmcblk0p1 ro rootfstype=squashfs rootwait quiet panic=-1'
QEMU='-M mcimx6ul-evk -m 512M -serial mon:stdio
	-dtb {folder}/imx6ul-14x14-evk.dtb
	-drive file={flash},if=sd,format=raw'

# The boot loader: U-Boot's own configuration, and the files that it makes.
BOOT_CONFIG=mx6ul_14x14_evk_defconfig
BOOT_FILES='SPL u-boot-dtb.img'
