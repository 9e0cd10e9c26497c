"""Mail servers that cannot be installed beside Postfix: tools/mta unpacks them,
and each runs in a root of its own. Exim and OpenSMTPD as MX hosts of the world;
Exim and sendmail as the office's legacy mail server.
"""

import os
import pathlib
import re
import socket
import subprocess
import threading

import mail
import overlay
import topology

TOP = pathlib.Path(__file__).resolve().parents[2]
# Numbers that nobody has.
ACCOUNTS = {"Debian-exim": 64310, "opensmtpd": 64311, "opensmtpq": 64312,
            "smmsp": 64313, "boxes": 64314}
BOXES = "boxes"


class Missing(RuntimeError):
    """A server is not to be had."""


class Absent:
    """In the place of one."""

    def __init__(self, error):
        self.error = error

    def wait_until_ready(self):
        """There is nothing to wait for."""

    def __getattr__(self, _name):
        raise self.error


def unpacked(name):
    """The tree of one of them; fetched if it is not there yet."""
    done = subprocess.run([TOP / "tools" / "mta", name], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=300,
                          check=False)
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()[-1:]
        raise Missing(f"no {name} to test with: {' '.join(said)}")
    return TOP / "out" / "mta" / name


def make_root(folder, name, program, resolv_conf):
    root = overlay.Root(pathlib.Path(folder, name), unpacked(program))
    root.add_accounts(ACCOUNTS)
    root.folder("run")
    root.folder("tmp", mode=0o1777)
    root.write("etc/resolv.conf", resolv_conf.read_text())
    root.write("etc/hosts", "127.0.0.1 localhost\n"
               f"{topology.MTA[4]} mail.office.example {os.uname().nodename}\n")
    return root


class MailHosts:
    """MX hosts of the world. hosts: {number: (host name, Certificate)}.
    Whatever the recipient, the message goes to one Maildir. tls: the one
    version that is spoken, or "" for any."""

    def __init__(self, root, hosts):
        self.root = root
        self.addresses = {topology.wan_address(number, family): host
                          for number, host in hosts.items()
                          for family in (4, 6)}
        self.process = None

    def _add_boxes(self, owner):
        self.boxes = self.root.folder(BOXES, ACCOUNTS[owner], 0o700)

    def _add_keys(self, owner):
        """Each host's, under its address (- for :) and under its name."""
        self.root.folder("keys")
        for address, (name, certificate) in self.addresses.items():
            for label in (address.replace(":", "-"), name):
                for kind, source in (("pem", certificate.chain),
                                     ("key", certificate.key)):
                    path = f"keys/{label}.{kind}"
                    self.root.write(path, pathlib.Path(source).read_text(),
                                    0o600)
                    os.chown(self.root.top / path, ACCOUNTS.get(owner, 0), 0)

    def wait_until_ready(self):
        for address in self.addresses:
            self.process.wait_for_port(topology.WAN, address, 25)

    def messages(self, recipient):
        """As Postfix's."""
        to = self.DELIVERED_TO.format(recipient).encode()
        return [m for m in mail.read_maildir(self.boxes) if to in m]

    wait_for_message = mail.MailHosts.wait_for_message


class EximHosts(MailHosts):
    DELIVERED_TO = "Envelope-to: {}\n"

    def __init__(self, folder, hosts, resolv_conf, tls=""):
        super().__init__(make_root(folder, "mx-exim", "exim", resolv_conf),
                         hosts)
        self._add_boxes("Debian-exim")
        self._add_keys("Debian-exim")
        versions = f"-VERS-ALL:+VERS-TLS{tls}" if tls else "+VERS-ALL"
        key = "/keys/${sg{$received_ip_address}{:}{-}}"
        self.process = start_exim(self.root, topology.WAN, f"""\
primary_hostname = mx.test
local_interfaces = <; {" ; ".join(self.addresses)}
daemon_smtp_ports = 25
acl_smtp_rcpt = accept
tls_advertise_hosts = *
tls_certificate = {key}.pem
tls_privatekey = {key}.key
tls_require_ciphers = NORMAL:{versions}
begin routers
all:
  driver = accept
  transport = keep
begin transports
keep:
  driver = appendfile
  directory = /{BOXES}
  maildir_format
  envelope_to_add
  user = Debian-exim
""")


class OpenSmtpdHosts(MailHosts):
    DELIVERED_TO = "Delivered-To: {}\n"

    def __init__(self, folder, hosts, resolv_conf, tls=""):
        super().__init__(make_root(folder, "mx-opensmtpd", "opensmtpd",
                                   resolv_conf), hosts)
        self._add_boxes(BOXES)
        self._add_keys("root")
        self.root.folder("var/spool/smtpd", mode=0o711)
        self.root.folder("var/lib/opensmtpd/empty")
        # It does not begin without authorities, though it asks none.
        self.root.write("etc/ssl/certs/ca-certificates.crt", pathlib.Path(
            next(iter(hosts.values()))[1].chain).read_text())
        conf = "".join(
            f'pki {name} cert "/keys/{name}.pem"\n'
            f'pki {name} key "/keys/{name}.key"\n'
            for name, _ in dict.fromkeys(self.addresses.values()))
        conf += 'smtp max-message-size "20M"\n'
        versions = f' protocols "tlsv{tls}"' if tls else ""
        conf += "".join(f"listen on {address} tls pki {name}{versions} "
                        f"hostname {name}\n"
                        for address, (name, _) in self.addresses.items())
        conf += (f'table boxes {{ "@" = "{BOXES}" }}\n'
                 f'action keep maildir "/{BOXES}" virtual <boxes>\n'
                 "match from any for any action keep\n")
        self.root.write("etc/smtpd.conf", conf, 0o600)
        self.process = self.root.start(topology.WAN, ["/usr/sbin/smtpd", "-d"])


def start_exim(root, namespace, configuration):
    """It needs no root once it listens, and keeps no record of its own."""
    owner = ACCOUNTS["Debian-exim"]
    root.folder("var/spool/exim4", owner, 0o750)
    root.folder("var/log/exim4", owner, 0o750)
    root.write("etc/exim4/exim4.conf", f"""\
deliver_drop_privilege
smtp_accept_max = 0
message_size_limit = 20M
{configuration}""")
    return root.start(namespace, ["/usr/sbin/exim4", "-bdf"])


class OfficeServer:
    """The office's legacy mail server, as mail.LegacyMta. ATTEMPT: what its
    log says of a try to deliver, with the groups of mail.Attempt. port: where
    it takes mail from the office."""

    def __init__(self, root):
        self.root = root
        self.process = None

    def wait_until_ready(self):
        self.process.wait_for_port(topology.LAN, topology.MTA[4], self.port)

    def submit(self, sender, recipient, message):
        reply = mail.submit(self.port, sender, recipient, message)
        return self.QUEUE_ID.search(reply).group(1)

    def attempts(self, queue_id):
        found = [mail.Attempt(**match.groupdict())
                 for match in self.ATTEMPT.finditer(self.log_text())]
        for attempt in found:
            attempt.status = self.STATUS.get(attempt.status, attempt.status)
        return [a for a in found if a.queue_id == queue_id]

    wait_for_attempt = mail.LegacyMta.wait_for_attempt


class EximOffice(OfficeServer):
    port = 2501
    QUEUE_ID = re.compile(r"\bid=(\S+)")
    ATTEMPT = re.compile(
        r"^\S+ \S+ (?P<queue_id>\S+) (?P<status>=>|==|\*\*) "
        r"(?P<recipient>\S+) R=.*? H=(?P<relay>.*?\])(?P<said>.*)$", re.M)
    STATUS = {"=>": "sent", "==": "deferred", "**": "bounced"}

    def __init__(self, folder, resolv_conf):
        super().__init__(make_root(folder, "office-exim", "exim", resolv_conf))
        self.process = start_exim(self.root, topology.LAN, f"""\
primary_hostname = mail.office.example
local_interfaces = {topology.MTA[4]}
daemon_smtp_ports = {self.port}
acl_smtp_rcpt = accept
begin routers
out:
  driver = dnslookup
  transport = send
begin transports
send:
  driver = smtp
  hosts_avoid_tls = *
  message_linelength_limit = 1G
begin retry
* * F,2d,1h
""")

    def log_text(self):
        log = self.root.top / "var/log/exim4/mainlog"
        return log.read_text(errors="backslashreplace") if log.exists() else ""

    def queue(self):
        return {path.name.removesuffix("-H") for path in
                (self.root.top / "var/spool/exim4/input").glob("*-H")}


class SendmailOffice(OfficeServer):
    port = 2502
    QUEUE_ID = re.compile(r"2\.0\.0 (\S+) Message accepted")
    ATTEMPT = re.compile(
        r"\]: (?P<queue_id>\w+): to=<(?P<recipient>[^>]*)>, .*?"
        r"relay=(?P<relay>[^,]*), .*?stat=(?P<status>\w+)(?P<said>.*)$", re.M)
    STATUS = {"Sent": "sent", "Deferred": "deferred"}

    def __init__(self, folder, resolv_conf):
        super().__init__(make_root(folder, "office-sendmail", "sendmail",
                                   resolv_conf))
        self.root.folder("var/spool/mqueue", mode=0o700)
        self.root.folder("etc/mail")
        self.root.write("etc/mail/sendmail.cf", self._configuration())
        self.log = []
        self._listen_to_log()
        self.process = self.root.start(
            topology.LAN, ["/usr/libexec/sendmail/sendmail", "-bD"])

    def _configuration(self):
        """m4's work, as an administrator would do it."""
        tree = unpacked("sendmail") / "usr/share/sendmail/cf"
        source = f"""\
include(`{tree}/m4/cf.m4')
OSTYPE(`linux')
define(`confDOMAIN_NAME', `mail.office.example')
define(`confPID_FILE', `/run/sendmail.pid')
define(`QUEUE_DIR', `/var/spool/mqueue')
define(`ALIAS_FILE', `')
define(`STATUS_FILE', `')
define(`HELP_FILE', `')
define(`confTO_IDENT', `0')
define(`confTO_CONNECT', `5s')
FEATURE(`promiscuous_relay')
FEATURE(`accept_unresolvable_domains')
FEATURE(`no_default_msa')
DAEMON_OPTIONS(`Name=MTA, Addr={topology.MTA[4]}, Port={self.port}')
MAILER(`smtp')
"""
        return subprocess.run(
            ["m4", f"-D_CF_DIR_={tree}/", "-"], input=source, text=True,
            capture_output=True, timeout=30, check=True).stdout

    def _listen_to_log(self):
        """It writes to syslog alone."""
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.root.place("dev/log")
        listener.bind(str(self.root.top / "dev/log"))

        def listen():
            while line := listener.recv(8192):
                self.log.append(line.decode(errors="backslashreplace"))
        threading.Thread(target=listen, daemon=True).start()

    def log_text(self):
        return "\n".join(self.log)

    def queue(self):
        return {path.name.removeprefix("qf") for path in
                (self.root.top / "var/spool/mqueue").glob("qf*")}


def swaks(address, sender, recipient, message):
    """A program that mails by itself and has no queue: swaks sends one message
    to that MX; (its exit status, what it and the server said)."""
    done = subprocess.run(
        ["ip", "netns", "exec", topology.LAN, "swaks", "--server", address,
         "--helo", "desk.office.example", "--from", sender, "--to", recipient,
         "--timeout", "20", "--no-data-fixup", "--data", "-"],
        input=mail.stuffed(message), timeout=60, capture_output=True,
        check=False)
    return done.returncode, (done.stdout + done.stderr).decode(
        errors="backslashreplace")
