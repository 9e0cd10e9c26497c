# shellcheck shell=sh disable=SC2034
# NXP i.MX6UL evaluation kit, started from an SD card. Read when the image is
# built and, on the router, by its scripts.

# Device trees of the kernel's source that the board needs.
BOARD_DTB=nxp/imx/imx6ul-14x14-evk
# Of the image, and of the state partition (also in flash.sfdisk). QEMU wants
# the size of a card to be a power of two.
IMAGE_SIZE=64M
STATE_SIZE=8M

NTP_SERVERS='0.debian.pool.ntp.org 1.debian.pool.ntp.org'

# The boot loader: U-Boot's own configuration, the files that it makes, where
# each lies in the image (the block of 512 bytes), and where it puts the kernel.
BOOT_CONFIG=mx6ul_14x14_evk_defconfig
BOOT_FILES='SPL u-boot-dtb.img'
BOOT_PLACES='2 138'
KERNEL_ADDRESS=0x82000000
# The partition of a medium with an update file: a stick.
UPDATE_MEDIUM=/dev/sda1

# How QEMU starts it ({flash}: a copy of the image, {folder}: the image's). Its
# machine lacks what U-Boot needs: the kernel is started by QEMU.
QEMU='-M mcimx6ul-evk -m 512M -serial mon:stdio
	-kernel {folder}/zImage -dtb {folder}/imx6ul-14x14-evk.dtb
	-append "console=ttymxc0,115200 root=/dev/mmcblk0p5 ro rootfstype=squashfs rootwait quiet panic=-1"
	-drive file={flash},if=sd,format=raw'
