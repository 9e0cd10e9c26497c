"""The router: danegated and its firewall rules in the namespace gw."""

import os
import pathlib
import pwd
import re
import signal
import subprocess

import dns
import topology

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILT = TOP / "out" / "host-san" / "bin"

REPORT = re.compile(r"Sanitizer|runtime error:|Assertion .* failed")
FIELD = re.compile(r'([\w-]+)=("(?:[^"\\]|\\.)*"|\S*)')


def program(name):
    """The program to test: named in the environment, or the one built."""
    return os.environ.get(name.upper(), str(BUILT / name))


def parse_event(line):
    """A line of the log as a dict; its first word is under "event"."""
    event, _, rest = line.partition(" ")
    fields = {"event": event}
    for key, value in FIELD.findall(rest):
        if value.startswith('"'):
            value = re.sub(r"\\(.)", r"\1", value[1:-1])
        fields[key] = value
    return fields


class Gateway:
    """One configuration of the router. more: further lines of it."""

    def __init__(self, folder, anchor, more=()):
        self.folder = pathlib.Path(folder, "gateway")
        self.folder.mkdir()
        nobody = pwd.getpwnam("nobody")
        os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
        self.conf = self.folder / "danegate.conf"
        self.lines = [
            f"set intercept interface {topology.GW_LAN_INTERFACE}",
            f"set dns server {topology.wan_address(dns.RESOLVER, 4)}",
            f"set dns trust-anchor-file {anchor}",
            f"set control socket {self.folder}/control",
            f"set state directory {self.folder}/state",
            "set proxy user nobody",
            "set log destination stderr",
            *more]
        self.reconfigure()
        os.mkdir(self.folder / "state")
        os.chown(self.folder / "state", nobody.pw_uid, nobody.pw_gid)
        self.daemon = None
        self.begin = 0

    def reconfigure(self, *more):
        """Writes the configuration with further lines; nothing reads it yet."""
        self.conf.write_text("\n".join([*self.lines, *more]) + "\n")

    def reload(self, *more, wait):
        """The same, and SIGHUP; returns when the log has that event."""
        self.reconfigure(*more)
        before = len(self.events(event=wait))
        self.daemon.process.send_signal(signal.SIGHUP)
        self.daemon.wait_for(lambda: len(self.events(event=wait)) > before,
                             10, f"logs {wait}")

    def forget_dns(self):
        topology.run(topology.GW, program("danegate"), "clear", "dns", "cache",
                     "-c", self.conf)

    def start(self, env=None):
        self.begin = 0
        self.daemon = topology.Process(
            topology.GW, [program("danegated"), "-f", "-c", self.conf],
            env=env)
        self.daemon.wait_for(
            lambda: any(e["event"] == "listening" for e in self.events()),
            10, "says that it is listening")

    def stop(self):
        """Asks it to end, and holds it to a clean end."""
        status = self.daemon.stop()
        self.check()
        if status != 0:
            raise AssertionError(f"danegated ended with {status}: "
                                 + "\n".join(self.daemon.lines[-10:]))

    def restart(self):
        """Ends it cleanly, and starts it again with what it has kept."""
        self.stop()
        self.start()

    def check(self):
        """Fails on anything the daemon should never say."""
        for number, line in enumerate(self.daemon.lines):
            if REPORT.search(line):
                raise AssertionError("danegated reports:\n" + "\n".join(
                    self.daemon.lines[number:number + 40]))

    def ask(self, *words):
        """What the command says on the router, whatever its exit code."""
        return subprocess.run(
            ["ip", "netns", "exec", topology.GW, program("danegate"), *words,
             "-c", self.conf], stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=60, check=False).stdout

    def firewall(self, verb):
        return topology.run(topology.GW, program("danegate"), "firewall", verb,
                            "-c", self.conf)

    def mark(self):
        """What the log holds already is of no more interest."""
        self.begin = len(self.daemon.lines)

    def events(self, **wanted):
        """The log's lines since the mark that have these fields."""
        return [e for e in map(parse_event, self.daemon.lines[self.begin:])
                if all(e.get(k) == v for k, v in wanted.items())]

    def wait_for_event(self, **wanted):
        return self.daemon.wait_for(lambda: self.events(**wanted), 10,
                                    f"logs {wanted}")[0]


def network_state():
    """All that the firewall command could change, as text."""
    return "".join(
        topology.run(topology.GW, *command.split()) for command in (
            "nft list ruleset", "ip rule", "ip -6 rule",
            "ip route show table all", "ip -6 route show table all"))


def is_built():
    return all(os.access(program(name), os.X_OK)
               for name in ("danegated", "danegate"))
