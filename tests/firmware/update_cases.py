"""Slots and updates, after the other cases, on the same router. The update files
are made here, of the image's own kernel and root: what differs is their header.
"""

import binascii
import functools
import http.server
import os
import pathlib
import socket
import struct
import subprocess
import threading
import time

import firmware_cases
import router
import topology
from cases import require, require_equal
from firmware_cases import STRIPPED, case, knocking, require_nothing_out

TOP = pathlib.Path(__file__).resolve().parents[2]
PORT = 8000
SYSTEM = "/usr/lib/danegate/system"
# Power cuts in the middle of an update; more of them take their time.
CUTS = int(os.environ.get("POWER_CUTS", "3"))


class Files:
    """Update files, and the server in the office that has them."""

    def __init__(self, bench):
        self.image = bench.router.image
        self.folder = bench.router.folder / "updates"
        self.folder.mkdir(exist_ok=True)
        self.key = TOP / "out" / "firmware" / "update-key.pem"
        self.other_key = self.folder / "other-key.pem"
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out",
                        self.other_key], check=True, capture_output=True)
        handler = functools.partial(http.server.SimpleHTTPRequestHandler,
                                    directory=self.folder)
        handler.func.log_message = lambda *_: None
        with topology.entered(topology.LAN):
            server = http.server.ThreadingHTTPServer((topology.MTA[4], PORT),
                                                     handler)
        # The router hangs up on what it refuses.
        server.handle_error = lambda *_: None
        threading.Thread(target=server.serve_forever, daemon=True).start()

    def make(self, name, key=None, board="virt", number=1 << 32, minimum=0):
        """The update file's URL."""
        subprocess.run(
            [TOP / "firmware" / "build" / "update", self.folder / name,
             key or self.key, board, "of the tests", str(number), str(minimum),
             self.image / "kernel.itb", self.image / "root.squashfs"],
            check=True)
        return f"http://{topology.MTA[4]}:{PORT}/{name}"


@functools.lru_cache(1)
def files(bench):
    return Files(bench)


def variable(bench, name):
    """One of the boot loader's."""
    return bench.router.must(f"{SYSTEM} trying >/dev/null; "
                             f"fw_printenv -n {name}").strip()


def minimum_set(bench, number):
    """The lowest number that is allowed, as an update would leave it."""
    for place in (225, 224):
        bench.router.must(
            f"{SYSTEM} trying; fw_setenv minimum {number}; dd bs=4k "
            f"if=/run/variables of=/dev/vda seek={place} conv=fsync")


def slots(bench):
    """What the router says of slot a and of slot b."""
    return bench.router.must("danegate show system slots").splitlines()


def ready(bench):
    """Has its address on the LAN, and danegated listens."""
    bench.router.until("netstat -ltn | grep -q :10025", 60, "danegated runs")


def request(bench, words):
    """A request that ends in a start; the machine stops."""
    bench.router.send(f"danegate request system {words}")
    bench.router.expect("is tried now", 180)
    bench.router.stops(90)


def kept(bench):
    """Asked every few seconds: the emulated processor is to judge itself, not to
    answer."""
    bench.router.until(f"sleep 5; [ \"$({SYSTEM} trying)\" = 0 ]", 700,
                       "keeps the system")


@case
def both_slots_are_whole(bench):
    """A new router has the same system in both slots, and runs the first."""
    first, second = slots(bench)
    require(first.startswith("a") and first.endswith(" running"), first)
    require(second.startswith("b") and "not whole" not in second, second)


@case
def variables_are_read_one_at_a_time(bench):
    """Who reads or sets the boot loader's variables waits for whoever has the copy
    of them in hands."""
    for words in ("trying", "keep"):
        shown = bench.router.must(
            "rm -f /run/held /run/given; (flock 9; touch /run/held; sleep 2; "
            "touch /run/given) 9>/run/variables.lock & "
            "until [ -e /run/held ]; do :; done; "
            f"{SYSTEM} {words}; [ ! -e /run/given ] || echo waited; wait")
        require("waited" in shown, f"{words} does not wait: {shown}")


@case
def updates_that_are_refused(bench):
    """Another key, another board, a number below the lowest, a broken file: not
    a byte is written for the first three, and the system that runs stays."""
    make = files(bench).make
    minimum_set(bench, 1000)
    before = bench.router.must("head -c 65536 /dev/vda2 | sha256sum")
    for url, why in (
            (make("key", key=files(bench).other_key), "signature"),
            (make("board", board="other"), "another board"),
            (make("old", number=999), "older than the oldest"),
            (make("good") + "-that-lacks", "ends before its header"),
            ("ftp://192.0.2.1/x", "expected http")):
        status, said = bench.router.run(
            f"danegate request system update {url} 2>&1", 180)
        require(status != 0 and why in said, f"{url}: {status} {said}")
    require_equal(bench.router.must("head -c 65536 /dev/vda2 | sha256sum"),
                  before, "slot b")
    require("not whole" not in slots(bench)[1], "slot b is given up")
    torn = files(bench).folder / "torn"
    make("torn")
    data = bytearray(torn.read_bytes())
    data[len(data) // 2] ^= 1
    torn.write_bytes(data)
    status, said = bench.router.run("danegate request system update "
                                    f"{files(bench).make('x')[:-1]}torn 2>&1",
                                    180)
    require(status != 0 and "damaged" in said, f"{status} {said}")
    require("not whole" in slots(bench)[1], "slot b is said to be whole")
    status, said = bench.router.run("danegate request system rollback 2>&1")
    require(status != 0 and "no whole system" in said, said)
    require_equal(variable(bench, "slot"), "a", "slot")


def serve_tftp(address, data):
    """One file of less than 512 blocks, once (RFC 1350, no options)."""
    with topology.entered(topology.LAN):
        server = socket.socket(type=socket.SOCK_DGRAM)
        answers = socket.socket(type=socket.SOCK_DGRAM)
    server.bind((address, 69))
    answers.bind((address, 0))
    answers.settimeout(1)

    def serve():
        with server, answers:
            _, client = server.recvfrom(600)
            for number in range(len(data) // 512 + 1):
                block = data[512 * number:512 * (number + 1)]
                packet = struct.pack("!HH", 3, number + 1) + block
                for _ in range(60):
                    answers.sendto(packet, client)
                    try:
                        if answers.recv(600)[2:4] == packet[2:4]:
                            break
                    except TimeoutError:
                        pass
    threading.Thread(target=serve, daemon=True).start()


def send_xmodem(bench, data):
    """To `rx`: blocks of 128 with a CRC, each sent until it is acknowledged."""
    line = bench.router.console
    line.expect_exact("C", timeout=60)
    for number in range(1, len(data) // 128 + 2):
        block = data[128 * (number - 1):128 * number].ljust(128, b"\x1a")
        line.send(bytes([1, number & 255, ~number & 255]) + block +
                  struct.pack("!H", binascii.crc_hqx(block, 0)))
        require_equal(line.expect_exact([b"\x06", b"\x15"], timeout=60), 0,
                      f"answer to block {number}")
    line.send(b"\x04")
    line.expect_exact(b"\x06", timeout=60)


@case
def other_ways_of_a_file_to_the_router(bench):
    """TFTP, and XMODEM over the console. What is wrong with the file is found
    out, so it has come through."""
    files(bench).make("key", key=files(bench).other_key)
    data = (files(bench).folder / "key").read_bytes()[:1000]
    serve_tftp(topology.MTA[4], data)
    status, said = bench.router.run(
        f"danegate request system update tftp://{topology.MTA[4]}/key 2>&1")
    require(status != 0 and "signature" in said, f"{status} {said}")
    bench.router.send("danegate request system update serial")
    bench.router.expect("send the file by XMODEM now")
    send_xmodem(bench, data)
    bench.router.expect("signature", 60)
    bench.router.expect(router.PROMPT)


@case
def update_is_tried_and_kept(bench):
    """A good one: written to the other slot, tried, and kept after two minutes;
    port 25 stays held all the while. From then on none below its lowest number
    is taken."""
    url = files(bench).make("good", minimum=2000)
    with bench.capture.watch() as packets, knocking(STRIPPED) as knocker:
        request(bench, f"update {url}")
        bench.router.power_on()
        bench.router.expect("danegate: slot b")
        bench.router.login()
        require("tried" in slots(bench)[1], "it is not being tried")
        ready(bench)
        status, said = bench.router.run(
            f"danegate request system update {url} 2>&1")
        require(status != 0 and "being tried" in said, said)
        kept(bench)
    require_nothing_out(bench, packets, knocker)
    require_equal(variable(bench, "minimum"), "2000", "lowest number")
    bench.router.power_off()
    bench.router.power_on()
    bench.router.expect("danegate: slot b")
    bench.router.login()
    require(slots(bench)[1].endswith(" running"), "slot b does not run")
    ready(bench)


@case
def trial_that_is_cut_short_goes_back(bench):
    """request system rollback tries the other slot; without two good minutes the
    next start is that of the slot before."""
    request(bench, "rollback")
    bench.router.power_on()
    bench.router.expect("danegate: slot a")
    bench.router.login()
    bench.router.power_off()
    with bench.capture.watch() as packets, knocking(STRIPPED) as knocker:
        bench.router.power_on()
        bench.router.expect("danegate: slot a did not prove itself")
        bench.router.expect("danegate: slot b")
        bench.router.login()
        ready(bench)
    require_nothing_out(bench, packets, knocker)
    require(slots(bench)[1].endswith(" running"), "slot b does not run")


def require_slot_a_gives_way(bench):
    """Asked for, it does not start, and slot b, which ran, does."""
    request(bench, "rollback")
    bench.router.power_on()
    bench.router.expect("danegate: slot a does not start")
    bench.router.expect("danegate: slot b")
    bench.router.login()
    ready(bench)
    require(slots(bench)[1].endswith(" running"), "slot b does not run")


@case
def root_that_is_damaged_goes_back(bench):
    """A block of a root is damaged: its digest does not fit, the other slot
    starts."""
    block = "bs=4k seek=200 count=1 conv=notrunc"
    bench.router.must(f"dd if=/dev/zero of=/dev/vda5 {block}; sync")
    require_slot_a_gives_way(bench)
    # Both have the same root.
    bench.router.must(f"dd if=/dev/vda6 of=/dev/vda5 {block} skip=200; sync")


@case
def kernel_that_does_not_start_goes_back(bench):
    """A kernel that is damaged: its digest does not fit, the other slot starts."""
    bench.router.must("dd if=/dev/zero of=/dev/vda1 bs=4k count=16 seek=64; sync")
    require_slot_a_gives_way(bench)


@case
def power_cuts_while_updating(bench):
    """The plug is pulled at points of an update: a start of a whole system, port
    25 held, follows each."""
    url = files(bench).make("again", minimum=2000)
    for cut in range(CUTS):
        bench.router.send(f"danegate request system update {url}")
        # From the first byte to past the last, whatever each machine needs.
        # The header has been read; then about as long as all of it takes.
        bench.router.expect("minimum")
        time.sleep(3 * cut / max(CUTS - 1, 1))
        bench.router.power_off()
        with bench.capture.watch() as packets, knocking(STRIPPED) as knocker:
            bench.router.power_on()
            bench.router.login()
            ready(bench)
        require_nothing_out(bench, packets, knocker)
        print(f"      cut {cut}: {slots(bench)}", flush=True)
        if "tried" in " ".join(slots(bench)):
            bench.router.power_off()
            bench.router.power_on()
            bench.router.expect("did not prove itself")
            bench.router.login()
            ready(bench)


@case
def update_from_a_medium(bench):
    """danegate.update on the FAT partition of a medium."""
    medium = bench.router.folder / "medium.img"
    files(bench).make("good", minimum=2000)
    with open(medium, "wb") as f:
        f.truncate(40 << 20)
    subprocess.run(["sfdisk", "--quiet", medium], check=True, text=True,
                   input="label: dos\nstart=2048, type=c\n")
    subprocess.run(["mkfs.vfat", "--offset", "2048", medium], check=True,
                   capture_output=True)
    subprocess.run(["mcopy", "-i", f"{medium}@@1M",
                    files(bench).folder / "good", "::danegate.update"],
                   check=True)
    bench.router.power_off()
    bench.router.power_on(medium=medium)
    bench.router.login()
    request(bench, "update medium")
    bench.router.power_on()
    bench.router.login()
    require("tried" in " ".join(slots(bench)), "it is not being tried")
