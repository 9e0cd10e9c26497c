"""Three network namespaces in a row, joined by veth:

    lan 192.0.2.2 -- 192.0.2.1 gw 198.51.100.1 -- 198.51.100.0/24 wan
        2001:db8:1::2       ::1    2001:db8:2::1          2001:db8:2::/64

lan holds the office's mail server, gw is the router, wan is the world: all of
its servers have addresses on one interface. Also what runs there: processes,
and sockets of our own.
"""

import contextlib
import ctypes
import os
import shutil
import socket
import subprocess
import threading
import time

LAN, GW, WAN = "lan", "gw", "wan"
GW_LAN_INTERFACE, GW_WAN_INTERFACE = "lan0", "wan0"
MTA = {4: "192.0.2.2", 6: "2001:db8:1::2"}
# The router, as the office sees it.
ROUTER = {4: "192.0.2.1", 6: "2001:db8:1::1"}

CLONE_NEWNET = 0x40000000
libc = ctypes.CDLL(None, use_errno=True)


def wan_address(host, family):
    """The address of the world's host of that number."""
    return f"198.51.100.{host}" if family == 4 else f"2001:db8:2::{host}"


def until(condition, seconds, what):
    """Waits until condition() is true and returns its value."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(0.01)


def run(namespace, *argv, **options):
    """Runs a command to its end inside a namespace; returns what it printed.
    A command that fails raises with all that it said."""
    done = subprocess.run(
        ["ip", "netns", "exec", namespace, *map(str, argv)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=30, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, argv))}: exit "
                           f"{done.returncode}: {done.stdout.strip()}")
    return done.stdout


@contextlib.contextmanager
def entered(namespace):
    """What the calling thread opens meanwhile, it opens in that namespace."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    try:
        _set_namespace(there)
        yield
    finally:
        _set_namespace(home)
        os.close(there)
        os.close(home)


def _set_namespace(fd):
    if libc.setns(fd, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def connect(namespace, address, port, seconds=20, source=None):
    """A TCP connection from inside a namespace, from one of its addresses."""
    with entered(namespace):
        return socket.create_connection(
            (address, port), timeout=seconds,
            source_address=source and (source, 0))


def listen(namespace, address, port):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with entered(namespace):
        return socket.create_server((address, port), family=family, backlog=64)


class Process:
    """A server in a namespace: started, watched, stopped by its own id. All
    that it says on its standard error goes line by line into .lines."""

    def __init__(self, namespace, argv, resolv_conf=None, env=None, name=None):
        self.name = name or os.path.basename(str(argv[0]))
        argv = [str(a) for a in argv]
        if resolv_conf is not None:
            # `ip netns exec` has given the command a mount namespace.
            argv = ["sh", "-c", 'mount --bind "$0" /etc/resolv.conf && '
                    'exec "$@"', str(resolv_conf), *argv]
        self.lines = []
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", namespace, *argv],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True, errors="backslashreplace",
            env={**os.environ, **(env or {})})
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stderr:
            self.lines.append(line.rstrip("\n"))

    def alive(self):
        return self.process.poll() is None

    def wait_for(self, condition, seconds, what):
        """As until(), but a server that is gone fails at once."""
        def ready():
            value = condition()
            if not value and not self.alive():
                self.reader.join(5)
                raise RuntimeError(f"{self.name} ended with "
                                   f"{self.process.returncode}:\n"
                                   + "\n".join(self.lines[-20:]))
            return value
        return until(ready, seconds, f"{self.name}: {what}")

    def wait_for_line(self, text, seconds=10):
        self.wait_for(lambda: any(text in line for line in self.lines),
                      seconds, f"says {text!r}")

    def wait_for_port(self, namespace, address, port, seconds=10):
        def answers():
            try:
                connect(namespace, address, port).close()
                return True
            except OSError:
                return False
        self.wait_for(answers, seconds, f"listens on {address} port {port}")

    def stop(self, seconds=10):
        """SIGTERM, and what comes after it if that does not help; returns the
        exit status."""
        if self.alive():
            self.process.terminate()
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
        self.reader.join(5)
        return self.process.returncode

    def kill(self):
        self.process.kill()
        self.process.wait(10)
        self.reader.join(5)


def unconfined(program, folder):
    """A copy of the program. Debian's AppArmor profiles, which go by the
    program's path, allow the original its system-wide files alone."""
    copy = os.path.join(folder, os.path.basename(program))
    if not os.path.exists(copy):
        shutil.copy(shutil.which(program), copy)
    return copy


def build():
    """Makes the three namespaces. The cage takes them down."""
    for namespace in (LAN, GW, WAN):
        subprocess.run(["ip", "netns", "add", namespace], check=True)
        for key, value in (("accept_ra", 0), ("accept_dad", 0),
                           ("disable_ipv6", 0)):
            _set(namespace, f"ipv6/conf/default/{key}", value)
            _set(namespace, f"ipv6/conf/all/{key}", value)
        run(namespace, "ip", "link", "set", "lo", "up")
    _set(GW, "ipv4/ip_forward", 1)
    _set(GW, "ipv6/conf/all/forwarding", 1)
    _join(LAN, "eth0", GW_LAN_INTERFACE)
    _join(WAN, "eth0", GW_WAN_INTERFACE)
    _address(GW, GW_LAN_INTERFACE, f"{ROUTER[4]}/24",
             f"{ROUTER[6]}/64")
    _address(GW, GW_WAN_INTERFACE, "198.51.100.1/24", "2001:db8:2::1/64")
    _address(LAN, "eth0", f"{MTA[4]}/24", f"{MTA[6]}/64")
    _address(WAN, "eth0", "198.51.100.2/24", "2001:db8:2::2/64")
    for namespace, v4, v6 in ((LAN, ROUTER[4], ROUTER[6]),
                              (WAN, "198.51.100.1", "2001:db8:2::1")):
        run(namespace, "ip", "route", "add", "default", "via", v4)
        run(namespace, "ip", "-6", "route", "add", "default", "via", v6)


def add_wan_hosts(hosts):
    """Gives the world's interface an IPv4 and an IPv6 address per host."""
    batch = "".join(
        f"address add {wan_address(host, 4)}/24 dev eth0\n"
        f"address add {wan_address(host, 6)}/64 dev eth0 nodad\n"
        for host in hosts)
    subprocess.run(["ip", "-n", WAN, "-batch", "-"], input=batch, text=True,
                   check=True)


def _set(namespace, key, value):
    with entered(namespace), open(f"/proc/sys/net/{key}", "w") as f:
        f.write(str(value))


def _join(namespace, inside, on_gw):
    run(GW, "ip", "link", "add", on_gw, "type", "veth", "peer", "name", inside,
        "netns", namespace)
    run(GW, "ip", "link", "set", on_gw, "up")
    run(namespace, "ip", "link", "set", inside, "up")


def _address(namespace, interface, v4, v6):
    run(namespace, "ip", "address", "add", v4, "dev", interface)
    run(namespace, "ip", "address", "add", v6, "dev", interface, "nodad")
