"""The gateways that the bench compares. All of them stand ready at the same
time, each in a control group of its own and on the same processor; what is
measured is the one that mail is sent through. danegated is in the way of the
office's connections (TPROXY), the others have ports of their own on the
router, one per MX where they know no recipients.
"""

import pathlib
import re
import subprocess

import bench_meter
import dns
import gateway
import mail
import mta
import topology

ROUTER = "192.0.2.1"
MOST_SESSIONS = 1100


class Unavailable(Exception):
    """This gateway cannot be had here."""


class Gateway:
    """world: the folder, the anchor file, and the MX hosts by name. A server
    that has been stopped can be started again."""
    remote_dns = False  # it looks up domains
    checks_rcpt = True  # a session after RCPT has a connection with the MX

    def __init__(self, world, cpu):
        self.world = world
        self.group = bench_meter.Group(self.name, cpu)
        self.folder = pathlib.Path(world.folder, f"gw-{self.name}")
        self.servers = []
        self.starts = 0
        self.notes = set()  # for the reader of the table

    def start(self):
        self.starts += 1
        self.servers = self.launch()
        for server in self.servers:
            self.group.adopt(server.process.pid)

    def stop(self):
        for server in reversed(self.servers):
            server.stop()
        self.servers = []
        self.group.forget()

    def folder_for_start(self):
        folder = self.folder / str(self.starts)
        folder.mkdir(parents=True)
        return folder


def version_of(*argv):
    done = subprocess.run(argv, capture_output=True, text=True, timeout=10,
                          check=False)
    return (done.stdout + done.stderr).strip()


class Danegate(Gateway):
    name = "danegate"
    remote_dns = True

    def __init__(self, world, cpu):
        super().__init__(world, cpu)
        self.router = gateway.Gateway(world.folder, world.anchor, [
            f"set proxy max-sessions {MOST_SESSIONS}",
            "set proxy max-sessions-per-client 0",
            f"set proxy memory-limit {MOST_SESSIONS * 100 // 1024 + 16}M"])

    def launch(self):
        self.router.start()
        self.router.firewall("apply")
        return [self.router.daemon]

    def target(self, mx):
        return mx.address, 25

    def version(self):
        return "danegate " + version_of(
            "git", "-C", str(gateway.TOP), "describe", "--tags", "--always")


class PerMx(Gateway):
    """A port for each MX."""

    def target(self, mx):
        return ROUTER, self.first_port + mx.number

    def launch(self):
        conf = self.folder_for_start() / "conf"
        conf.write_text(self.HEAD + "".join(
            self.EACH.format(name=name, port=self.target(mx)[1],
                             router=ROUTER, address=mx.address)
            for name, mx in self.world.hosts.items()))
        server = topology.Process(topology.GW, [*self.argv, conf])
        for mx in self.world.hosts.values():
            server.wait_for_port(topology.LAN, *self.target(mx))
        return [server]


class Splice(PerMx):
    """What it costs to pass the bytes on in clear: HAProxy."""
    name = "splice"
    first_port = 4000
    argv = ["/usr/sbin/haproxy", "-db", "-f"]
    HEAD = """\
global
  maxconn 4000
  nbthread 1
defaults
  mode tcp
  timeout connect 60s
  timeout client 600s
  timeout server 600s
"""
    EACH = """\
listen {name}
  bind {router}:{port}
  server mx {address}:25
"""

    def version(self):
        return "HAProxy " + version_of(self.argv[0], "-v").split()[2]


class Stunnel(PerMx):
    """STARTTLS without any check of whom it speaks with."""
    name = "stunnel"
    first_port = 3000
    argv = ["/usr/bin/stunnel4"]
    HEAD = "foreground = quiet\nsyslog = no\npid =\nsocket = l:TCP_NODELAY=1\n" \
        "socket = r:TCP_NODELAY=1\n"
    EACH = """\
[{name}]
client = yes
accept = {router}:{port}
connect = {address}:25
protocol = smtp
"""

    def version(self):
        said = version_of(self.argv[0], "-version").split()
        return "stunnel " + said[said.index("stunnel") + 1]


class Relay(Gateway):
    """A mail server that validates by an unbound beside it, which asks the
    same resolver as danegate."""
    remote_dns = True

    def target(self, mx):
        return ROUTER, self.port

    def resolv_conf(self, folder):
        path = folder / "resolv.conf"
        path.write_text(f"nameserver {self.validator}\noptions trust-ad\n")
        return path

    def start_validator(self, folder):
        conf = folder / "unbound.conf"
        conf.write_text(
            f"server:\n  interface: {self.validator}\n"
            "  access-control: 127.0.0.0/8 allow\n"
            f'  trust-anchor-file: "{self.world.anchor}"\n'
            '  local-zone: "test." nodefault\n'
            f'  directory: "{folder}"\n  chroot: ""\n  username: ""\n'
            '  pidfile: ""\n  use-syslog: no\n  do-daemonize: no\n'
            "  num-threads: 1\n  do-not-query-localhost: no\n"
            "remote-control:\n  control-enable: no\n"
            'forward-zone:\n  name: "."\n  forward-addr: '
            f"{topology.wan_address(dns.RESOLVER, 4)}\n")
        unbound = topology.Process(topology.GW, [
            topology.unconfined("/usr/sbin/unbound", self.world.folder), "-d",
            "-c", conf])
        unbound.wait_for_port(topology.GW, self.validator, 53)
        return unbound


class Postfix(Relay):
    name = "postfix"
    port = 2501
    validator = "127.0.0.2"
    checks_rcpt = False

    def launch(self):
        folder = self.folder_for_start()
        validator = self.start_validator(folder)
        postfix = mail.Postfix(folder, "postfix", topology.GW, {
            "myhostname": "gw.office.example",
            "inet_interfaces": ROUTER,
            "inet_protocols": "ipv4",
            "mynetworks": "192.0.2.0/24",
            "smtpd_relay_restrictions": "permit_mynetworks, reject",
            "smtpd_client_connection_count_limit": 0,
            "default_process_limit": MOST_SESSIONS,
            "smtp_dns_support_level": "dnssec",
            "smtp_tls_security_level": "dane",
            "smtp_tls_session_cache_database":
                "btree:${data_directory}/smtp_scache",
            "message_size_limit": 50_000_000,
        }, [f"{ROUTER}:{self.port} inet n - n - - smtpd"],
            self.resolv_conf(folder))
        postfix.process.wait_for_port(topology.LAN, ROUTER, self.port)
        return [validator, postfix.process]

    def version(self):
        return "Postfix " + version_of(
            "/usr/sbin/postconf", "-dh", "mail_version")


class Exim(Relay):
    """Hands a message on while it takes it (cutthrough)."""
    name = "exim"
    port = 2502
    validator = "127.0.0.3"

    def __init__(self, world, cpu):
        super().__init__(world, cpu)
        self.folder.mkdir()
        self.root = mta.make_root(self.folder, "root", "exim",
                                  self.resolv_conf(self.folder))

    def launch(self):
        validator = self.start_validator(self.folder_for_start())
        exim = mta.start_exim(self.root, topology.GW, f"""\
primary_hostname = gw.office.example
local_interfaces = {ROUTER}
daemon_smtp_ports = {self.port}
acl_smtp_rcpt = rcpt
dns_dnssec_ok = 1
rfc1413_query_timeout = 0s
host_lookup =
begin acl
rcpt:
  accept control = cutthrough_delivery
begin routers
out:
  driver = dnslookup
  dnssec_request_domains = *
  ignore_target_hosts = 127.0.0.0/8
  transport = send
begin transports
send:
  driver = smtp
  dnssec_request_domains = *
  hosts_require_dane = *
  message_linelength_limit = 1G
""")
        exim.wait_for_port(topology.LAN, ROUTER, self.port)
        return [validator, exim]

    def version(self):
        said = version_of(str(self.root.top / "usr/sbin/exim4"), "-bV")
        found = re.search(r"Exim version (\S+)", said)
        return "Exim" + (f" {found[1]}" if found else "")


ALL = (Splice, Danegate, Stunnel, Postfix, Exim)


def make(kind, world, cpu):
    """Started and ready; Unavailable with the reason."""
    try:
        made = kind(world, cpu)
        made.start()
        return made
    except (OSError, RuntimeError, TimeoutError) as error:
        raise Unavailable(str(error)) from error
