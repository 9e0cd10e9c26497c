"""Logins by SSH from the LAN, after the cases of network_cases, on the same
router.
"""

import subprocess

import pexpect

import router
import topology
from cases import require, require_equal
from firmware_cases import case
from network_cases import committed

ADDRESS = topology.ROUTER[4]


class Client:
    """A person in the office with a key, by OpenSSH."""

    def __init__(self, bench, name, kind="ed25519"):
        folder = bench.router.folder / "ssh"
        folder.mkdir(exist_ok=True)
        self.key = folder / name
        subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", name,
                        "-f", self.key], check=True)
        self.public = " ".join(
            self.key.with_suffix(".pub").read_text().split()[:2])
        self.known = folder / "known_hosts"

    def argv(self, login, *words):
        return ["ip", "netns", "exec", topology.LAN, "ssh", "-F", "none",
                "-i", str(self.key), "-o", f"UserKnownHostsFile={self.known}",
                "-o", "GlobalKnownHostsFile=none", "-o", "BatchMode=yes",
                "-o", "IdentitiesOnly=yes", "-o", "ConnectTimeout=10",
                *words, f"{login}@{ADDRESS}"]

    def run(self, login, command, *words):
        """(exit status, what was said)"""
        done = subprocess.run([*self.argv(login, *words), command],
                              stdin=subprocess.DEVNULL, text=True, timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode, done.stdout


def answers(namespace, address):
    """Does anybody take a connection to port 22 there?"""
    try:
        topology.connect(namespace, address, 22, seconds=2).close()
        return True
    except OSError:
        return False


def host_key(bench):
    """The router's, as its console tells: type and blob."""
    bench.router.until("danegate show system host-key", 30, "has its host key")
    text = bench.router.must("danegate show system host-key")
    line = next(line for line in text.splitlines()
                if line.startswith("ssh-ed25519 "))
    require("SHA256:" in text, text)
    return " ".join(line.split()[:2])


@case
def ssh_is_off_at_first(bench):
    require(not answers(topology.LAN, ADDRESS), "port 22 is open")
    status, said = bench.router.run("danegate show system host-key 2>&1")
    require(status != 0 and "is off" in said, said)


@case
def ssh_lets_keys_in_from_the_lan(bench):
    """Only set keys, each into its own login: admin may do all, view may look.
    No password is asked for, nothing is forwarded, the WAN finds nothing."""
    admin, view = Client(bench, "admin"), Client(bench, "view", "ecdsa")
    committed(bench, "ssh server on", f"ssh key admin {admin.public}",
              f"ssh key view {view.public}")
    key = host_key(bench)
    admin.known.write_text(f"{ADDRESS} {key}\n")
    topology.until(lambda: answers(topology.LAN, ADDRESS), 20, "SSH answers")
    require(not answers(topology.WAN, router.WAN_ADDRESS), "so does the WAN")
    for client, login in ((admin, "view"), (view, "admin"), (admin, "root"),
                          (admin, "danegate")):
        status, said = client.run(login, "show version")
        require(status == 255 and "denied (publickey)" in said,
                f"{login}: {status} {said}")
    for client, login in ((admin, "admin"), (view, "view")):
        status, said = client.run(login, "show status --json")
        require(status == 0 and '"clock_believed"' in said, f"{login}: {said}")
    status, said = view.run("view", "show system slots")
    require(status != 0 and said.strip().endswith("for admin alone to read"),
            said)
    status, said = view.run("view", "clear dns cache")
    require(status != 0 and "danegate-admin" in said, f"{status} {said}")
    status, said = view.run("view", "set system hostname taken")
    require(status != 0, said)
    require_equal(admin.run("admin", "set system hostname gate-9")[0], 0,
                  "admin sets")
    require_equal(admin.run("admin", "discard")[0], 0, "admin discards")
    status, said = admin.run("admin", "show version", "-o",
                             "ExitOnForwardFailure=yes", "-R", "8022:[::1]:22")
    require(status == 255, f"forwarded: {status} {said}")
    terminal(admin, view)
    host_key_stays(bench, admin, key)
    committed(bench, f"delete ssh key admin {admin.public}")
    topology.until(lambda: admin.run("admin", "show version")[0] == 255, 20,
                   "the deleted key opens nothing")
    committed(bench, "delete ssh")
    topology.until(lambda: not answers(topology.LAN, ADDRESS), 20,
                   "SSH is off again")


def terminal(admin, view):
    """The shell of the console; the system's own is for admin."""
    for client, login in ((admin, "admin"), (view, "view")):
        argv = client.argv(login, "-tt")
        shell = pexpect.spawn(argv[0], argv[1:], timeout=30, encoding="ascii",
                              codec_errors="backslashreplace")
        shell.expect(r"\n[a-z0-9-]+> ")
        shell.send("start shell\r")
        if login == "admin":
            shell.expect_exact(router.PROMPT)
            shell.send("exit\r")
        else:
            shell.expect_exact("only root may do this")
        shell.expect(r"\n[a-z0-9-]+> ")
        shell.send("exit\r")
        shell.expect(pexpect.EOF)
        shell.close()


def host_key_stays(bench, admin, key):
    """Over a power cut, with the logins."""
    bench.router.power_off()
    bench.router.power_on()
    bench.router.login()
    require_equal(host_key(bench), key, "host key")
    topology.until(lambda: admin.run("admin", "show version")[0] == 0, 60,
                   "admin logs in")
