"""The emulated router: QEMU with the image of board virt in the namespace gw,
in the place of the lab's own router, and its serial console.

    lan eth0 -- lan0 [bridge] taplan -- router -- tapwan [bridge] wan0 -- wan
    192.168.25.2                 192.168.25.1  198.51.100.1 by DHCP
"""

import contextlib
import itertools
import pathlib
import re
import shutil
import socket
import time

import pexpect.fdpexpect

import dhcpd
import topology

# The office moves to the router's LAN before the lab is built.
topology.ROUTER[4], topology.MTA[4] = "192.168.25.1", "192.168.25.2"
WAN_ADDRESS = topology.wan_address(1, 4)
LAN_MAC, WAN_MAC = "52:54:00:da:25:01", "52:54:00:da:25:02"
PASSWORD = "a password for tests"
PROMPT = "danegate# "
# Of the first start and the first login, word for word as the manual has them.
MANUAL = (pathlib.Path(__file__).parents[2] / "docs" /
          "install.md").read_text()
SIGNS = re.findall(r"^ +(danegate: .*)$", MANUAL, re.M)
FIRST = re.search(r"`(danegate: first start\. [^`]*)`", MANUAL)[1]
QUESTIONS = re.findall(r"^ +(\S.* \[.+\]:)$", MANUAL, re.M)


def _wire():
    """Bridges in the place of the lab's router."""
    gw = topology.GW
    for side, port in (("lan", topology.GW_LAN_INTERFACE),
                       ("wan", topology.GW_WAN_INTERFACE)):
        topology.run(gw, "ip", "address", "flush", "dev", port)
        topology.run(gw, "ip", "link", "add", f"br{side}", "type", "bridge")
        topology.run(gw, "ip", "tuntap", "add", f"tap{side}", "mode", "tap")
        for member in (port, f"tap{side}"):
            topology.run(gw, "ip", "link", "set", member, "master",
                         f"br{side}", "up")
        topology.run(gw, "ip", "link", "set", f"br{side}", "up")
    for key in ("ipv4/ip_forward", "ipv6/conf/all/forwarding"):
        with topology.entered(gw), open(f"/proc/sys/net/{key}", "w") as f:
            f.write("0")
    # The capture's marks come from here.
    topology.run(gw, "ip", "address", "add",
                 f"{topology.wan_address(3, 4)}/24", "dev", "brwan")
    # So that the office sends from the first moment, whoever answers to ARP.
    topology.run(topology.LAN, "ip", "neigh", "replace", topology.ROUTER[4],
                 "lladdr", LAN_MAC, "dev", "eth0", "nud", "permanent")


class Router:
    """One board with its flash; off at first."""

    def __init__(self, folder, image):
        self.folder = pathlib.Path(folder, "router")
        self.folder.mkdir()
        self.image = image
        self.flash = self.folder / "flash.img"
        shutil.copy(image / "danegate-virt.img", self.flash)
        self.transcript = open(self.folder / "console.log", "ab")
        self.starts = itertools.count(1)
        self.marks = itertools.count(1)
        self.process = None
        self.console = None
        _wire()

    def power_on(self, clock=True, medium=None):
        """Returns at once; the console is being listened to. Without a clock:
        that with a battery says that it is the year 2000. A medium is the image
        of a disk that is plugged in."""
        path = self.folder / f"serial-{next(self.starts)}"
        argv = ["qemu-system-arm", "-M", "virt", "-cpu", "cortex-a7",
                "-m", "64M", "-nodefaults", "-nographic", "-no-reboot",
                "-bios", self.image / "u-boot.bin",
                "-chardev", f"socket,id=serial,path={path},server=on,wait=on",
                "-serial", "chardev:serial",
                "-drive", f"file={self.flash},if=none,id=flash,format=raw",
                "-device", "virtio-blk-device,drive=flash,"
                "bus=virtio-mmio-bus.0"]
        for bus, side, mac in ((1, "lan", LAN_MAC), (2, "wan", WAN_MAC)):
            argv += ["-netdev", f"tap,id={side},ifname=tap{side},script=no,"
                     "downscript=no",
                     "-device", f"virtio-net-device,netdev={side},mac={mac},"
                     f"bus=virtio-mmio-bus.{bus}"]
        argv += ["-device", "virtio-rng-device"]
        if not clock:
            argv += ["-rtc", "base=2000-01-01T00:00:00"]
        if medium is not None:
            argv += ["-drive", f"file={medium},if=none,id=medium,format=raw",
                     "-device", "virtio-blk-device,drive=medium"]
        self.process = topology.Process(topology.GW, argv)
        self.line = socket.socket(socket.AF_UNIX)
        # The machine does not run before somebody is on the line.
        self.process.wait_for(lambda: self.line.connect_ex(str(path)) == 0,
                              60, "makes its serial line")
        self.console = pexpect.fdpexpect.fdspawn(
            self.line.fileno(), timeout=120, logfile=self.transcript)
        self.on_since = time.monotonic()

    def power_off(self):
        """As by pulling the plug."""
        if self.process is not None:
            self.process.kill()
            self.line.close()
            self.process = None

    def stops(self, seconds):
        """The machine does so by itself. What it says until then must be read:
        a full line holds it up."""
        with contextlib.suppress(ConnectionResetError):
            self.console.expect(pexpect.EOF, timeout=seconds)
        topology.until(lambda: not self.process.alive(), 20,
                       "the machine stops")
        self.power_off()

    def expect(self, text, seconds=120):
        self.console.expect_exact(text, timeout=seconds)
        return time.monotonic() - self.on_since

    def send(self, line):
        self.console.send(line + "\r")

    def first_login(self):
        """Sets the password that a blank router asks for, and logs in."""
        self.expect(FIRST)
        self.expect("assword:")
        self.send(PASSWORD)
        self.expect("assword:")
        self.send(PASSWORD)
        self.log_in()
        for question in QUESTIONS:
            self.expect(question)
            self.send("")
        self.start_shell()

    def login(self):
        self.log_in()
        self.start_shell()

    def log_in(self):
        self.expect("login:")
        self.send("admin")
        self.expect("assword:")
        self.send(PASSWORD)

    def start_shell(self):
        """From the danegate shell to the system's, where the cases are at."""
        # Its prompt is the host's name.
        self.console.expect(rb"\n[a-z0-9-]+> ", timeout=120)
        self.send("start shell")
        self.expect(PROMPT)

    def run(self, command, seconds=60):
        """A command to its end; returns (exit status, what it printed)."""
        number = next(self.marks)
        # The line comes back as it is typed, perhaps twice, and broken; the
        # marks are in two pieces there.
        self.send(f'echo "beg""in-{number}"; {command}; echo "en""d-{number}:'
                  '$?"')
        self.expect(f"begin-{number}\r\n", seconds)
        self.console.expect(rf"end-{number}:(\d+)\r\n".encode(),
                            timeout=seconds)
        status = int(self.console.match.group(1))
        text = self.console.before.decode(errors="backslashreplace")
        self.expect(PROMPT)
        return status, text.replace("\r\n", "\n")

    def must(self, command, seconds=60):
        status, text = self.run(command, seconds)
        if status != 0:
            raise AssertionError(f"{command}: exit {status}: {text}")
        return text

    def until(self, command, seconds, what):
        """Runs it again and again until it succeeds."""
        topology.until(lambda: self.run(command)[0] == 0, seconds, what)

    def transcript_end(self):
        self.transcript.flush()
        text = (self.folder / "console.log").read_text(
            errors="backslashreplace")
        return text.replace("\r", "").splitlines()[-25:]
