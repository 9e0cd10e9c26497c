"""A long way between the router and the world: while it is switched on, what
goes between them passes through a process that holds every packet back.
(Kernels of small machines have no netem.)
"""

import fcntl
import os
import struct
import subprocess
import threading
import time

import topology

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 1, 0x1000
INTERFACE = "far0"
NEAR, FAR = "198.51.100.1", "198.51.100.0/25"


def _open(namespace):
    with topology.entered(namespace):
        fd = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(fd, TUNSETIFF, struct.pack(
            "16sH22x", INTERFACE.encode(), IFF_TUN | IFF_NO_PI))
    for command in (["link", "set", INTERFACE, "up"],
                    ["link", "set", INTERFACE, "mtu", "1500"]):
        subprocess.run(["ip", "-n", namespace, *command], check=True)
    return fd


def _carry(source, target, seconds):
    """Two threads: one stamps what comes, the other sends it when its time
    has come."""
    waiting, ready = [], threading.Condition()

    def take():
        while packet := os.read(source, 65536):
            with ready:
                waiting.append((time.monotonic() + seconds, packet))
                ready.notify()

    def give():
        while True:
            with ready:
                while not waiting:
                    ready.wait()
                due, packet = waiting.pop(0)
            time.sleep(max(0, due - time.monotonic()))
            os.write(target, packet)

    for work in (take, give):
        threading.Thread(target=work, daemon=True).start()


class Delay:
    """round_trip: seconds."""

    def __init__(self, round_trip):
        near, far = _open(topology.GW), _open(topology.WAN)
        _carry(near, far, round_trip / 2)
        _carry(far, near, round_trip / 2)

    def switch(self, on):
        verb = "add" if on else "del"
        topology.run(topology.GW, "ip", "route", verb, FAR, "dev", INTERFACE,
                     "src", NEAR)
        topology.run(topology.WAN, "ip", "route", verb, f"{NEAR}/32", "dev",
                     INTERFACE)
