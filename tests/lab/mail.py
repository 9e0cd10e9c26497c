"""Real mail servers: Postfix as the MX hosts of the world, and Postfix that
knows no TLS as the office's legacy mail server. Each is an instance of its
own in the lab's folder; the machine's /etc/postfix is not looked at.
"""

import dataclasses
import grp
import json
import os
import pathlib
import pwd
import re
import smtplib

import topology

DAEMONS = "/usr/lib/postfix/sbin"
SERVICES = """\
cleanup unix n - n - 0 cleanup
qmgr unix n - n 3600 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""
QUEUE_FOLDERS = ("active", "bounce", "corrupt", "defer", "deferred", "flush",
                 "hold", "incoming", "private", "saved", "trace")


def read_maildir(folder):
    """The messages in it, as bytes."""
    new = folder / "new"
    return [path.read_bytes() for path in new.iterdir()] \
        if new.exists() else []


class Postfix:
    """One instance. settings: of main.cf; listeners: lines of master.cf."""

    def __init__(self, folder, name, namespace, settings, listeners,
                 resolv_conf):
        self.folder = pathlib.Path(folder, name)
        self.log = self.folder / "log" / "mail.log"
        self._make_folders()
        base = {
            "compatibility_level": "3.6",
            "queue_directory": self.folder / "queue",
            "data_directory": self.folder / "data",
            "command_directory": "/usr/sbin",
            "daemon_directory": DAEMONS,
            "maillog_file": self.log,
            "maillog_file_prefixes": self.folder,
            "inet_protocols": "all",
            "mydestination": "",
            "alias_maps": "",
            "alias_database": "",
            "message_size_limit": 20_000_000,
            "smtpd_peername_lookup": "no",
            "notify_classes": "",
        }
        (self.folder / "main.cf").write_text("".join(
            f"{key} = {value}\n" for key, value in {**base, **settings}.items()
        ))
        (self.folder / "master.cf").write_text(
            "".join(line + "\n" for line in listeners) + SERVICES)
        self.process = topology.Process(
            namespace, [f"{DAEMONS}/master", "-c", self.folder, "-d"],
            resolv_conf=resolv_conf)

    def _make_folders(self):
        owner = pwd.getpwnam("postfix").pw_uid
        drop = grp.getgrnam("postdrop").gr_gid
        for path, uid, gid, mode in (
                ("", 0, 0, 0o755), ("log", 0, 0, 0o755),
                ("queue", 0, 0, 0o755), ("queue/pid", 0, 0, 0o755),
                ("data", owner, 0, 0o700),
                ("queue/public", owner, drop, 0o710),
                ("queue/maildrop", owner, drop, 0o730),
                *((f"queue/{q}", owner, 0, 0o700) for q in QUEUE_FOLDERS)):
            (self.folder / path).mkdir()
            os.chown(self.folder / path, uid, gid)
            os.chmod(self.folder / path, mode)

    def log_text(self):
        try:
            return self.log.read_text(errors="backslashreplace")
        except FileNotFoundError:
            return ""


class MailHosts(Postfix):
    """The MX hosts of the world, one smtpd per host's address; whatever the
    recipient, the message goes to one Maildir."""

    def __init__(self, folder, hosts, resolv_conf, tls=""):
        """hosts: {number: (host name, Certificate or None[, the only
        protocols])}. tls: the one version that the others speak."""
        self.boxes = pathlib.Path(folder, "mailboxes")
        self.boxes.mkdir()
        nobody = pwd.getpwnam("nobody")
        os.chown(self.boxes, nobody.pw_uid, nobody.pw_gid)
        addresses = [topology.wan_address(number, family)
                     for number in hosts for family in (4, 6)]
        settings = {
            "myhostname": "mx.test",
            "inet_interfaces": ", ".join(addresses),
            "mynetworks": "127.0.0.0/8",
            "virtual_mailbox_domains": "static:all",
            "virtual_mailbox_maps": "static:all/",
            "virtual_mailbox_base": self.boxes,
            "virtual_mailbox_limit": 0,
            "virtual_uid_maps": f"static:{nobody.pw_uid}",
            "virtual_gid_maps": f"static:{nobody.pw_gid}",
            "smtpd_relay_restrictions": "reject_unauth_destination",
            "smtpd_tls_loglevel": 1,
            "smtpd_tls_received_header": "yes",
        }
        if tls:
            settings["smtpd_tls_protocols"] = f">=TLSv{tls}, <=TLSv{tls}"
        listeners = [self._listener(number, family, *host)
                     for number, host in hosts.items() for family in (4, 6)]
        super().__init__(folder, "mx", topology.WAN, settings, listeners,
                         resolv_conf)
        self.last_address = addresses[-1]

    def wait_until_ready(self):
        self.process.wait_for_port(topology.WAN, self.last_address, 25)

    @staticmethod
    def _listener(number, family, name, certificate, protocols=""):
        address = topology.wan_address(number, family)
        address = f"[{address}]" if family == 6 else address
        line = f"{address}:25 inet n - n - - smtpd -o myhostname={name}"
        if certificate is None:
            return line + " -o smtpd_tls_security_level=none"
        return (line + " -o smtpd_tls_security_level=may -o "
                "smtpd_tls_chain_files="
                f"{certificate.key},{certificate.chain}"
                + (f" -o smtpd_tls_protocols={protocols}" if protocols else ""))

    def messages(self, recipient):
        """What has arrived for an address, as bytes; the lines above the
        message's own header are the MX's."""
        to = f"\nDelivered-To: {recipient}\n".encode()
        return [message for message in read_maildir(self.boxes / "all")
                if to in message]

    def wait_for_message(self, recipient, seconds=20):
        return topology.until(lambda: self.messages(recipient), seconds,
                              f"mail for {recipient}")[0]


@dataclasses.dataclass
class Attempt:
    """What the mail server wrote down of one try to deliver."""
    queue_id: str
    recipient: str
    relay: str
    status: str
    said: str

    def __str__(self):
        return f"{self.status} at {self.relay}: {self.said}"


class LegacyMta(Postfix):
    """The office's mail server: sends in clear, straight to the MX hosts, and
    knows no TLS. It tries each message once, and again when told to."""

    ATTEMPT = re.compile(
        r"postfix/\w+\[\d+\]: (\w+): to=<([^>]*)>, relay=(.*?), "
        r".*?status=(\w+) \((.*)\)$", re.M)

    def __init__(self, folder, resolv_conf):
        settings = {
            "myhostname": "mail.office.example",
            "inet_interfaces": ", ".join(topology.MTA.values()),
            "mynetworks": f"{topology.MTA[4]}, [{topology.MTA[6]}], "
                          f"{topology.ROUTER[4]}",
            "smtp_tls_security_level": "none",
            # Lines of any length go out as they came in.
            "smtp_line_length_limit": 0,
            "smtp_connect_timeout": "5s",
            # Domains of one case do not wait for those of another.
            "minimal_backoff_time": "1h",
            "maximal_backoff_time": "1h",
        }
        listeners = [
            f"{topology.MTA[4]}:25 inet n - n - - smtpd",
            f"[{topology.MTA[6]}]:25 inet n - n - - smtpd"]
        super().__init__(folder, "office", topology.LAN, settings, listeners,
                         resolv_conf)

    def wait_until_ready(self):
        self.process.wait_for_port(topology.LAN, topology.MTA[6], 25)

    def submit(self, sender, recipient, message):
        """Hands a message in as an office's program would; returns the queue
        id. message: bytes with CRLF line ends."""
        return submit(25, sender, recipient, message).rsplit(" ", 1)[-1]

    def attempts(self, queue_id):
        return [Attempt(*found) for found in
                self.ATTEMPT.findall(self.log_text()) if found[0] == queue_id]

    def wait_for_attempt(self, queue_id, number=1, seconds=30):
        """The outcome of the number-th try."""
        return topology.until(
            lambda: self.attempts(queue_id)[number - 1:], seconds,
            f"try {number} to deliver {queue_id}")[0]

    def queue(self):
        """{queue id: its entry} of all that waits."""
        text = topology.run(topology.LAN, "postqueue", "-c", self.folder, "-j")
        entries = map(json.loads, text.splitlines())
        return {entry["queue_id"]: entry for entry in entries}

    def retry(self, queue_id):
        topology.run(topology.LAN, "postqueue", "-c", self.folder, "-i",
                     queue_id)


def stuffed(message):
    """As it goes over the wire, its end included."""
    return re.sub(rb"(?m)^\.", b"..", message) + b".\r\n"


def submit(port, sender, recipient, message):
    """Hands a message to the mail server; returns its last reply."""
    with Dialogue(topology.LAN, topology.MTA[4], port) as smtp:
        smtp.ehlo("desk.office.example")
        smtp.expect(250, f"MAIL FROM:<{sender}> BODY=8BITMIME")
        smtp.expect(250, f"RCPT TO:<{recipient}>")
        return smtp.send_data(message)


class Dialogue(smtplib.SMTP):
    """A hand-made SMTP client inside a namespace."""

    def __init__(self, namespace, address, port=25, seconds=20, source=None):
        self.namespace = namespace
        self.source = source
        super().__init__(local_hostname="mail.office.example",
                         timeout=seconds)
        self._host = address  # what starttls() goes by
        code, text = self.connect(address, port)
        self._check(code, text, 220, "the greeting")

    def _get_socket(self, host, port, timeout):
        return topology.connect(self.namespace, host, port, timeout,
                                self.source)

    @staticmethod
    def _check(code, text, expected, what):
        if code != expected:
            raise AssertionError(f"{what}: wanted {expected}, got {code} "
                                 f"{text.decode(errors='replace')}")

    def expect(self, expected, command):
        """Sends a command; its reply must have that code. Returns its text."""
        code, text = self.docmd(command)
        self._check(code, text, expected, command)
        return text.decode(errors="replace")

    def send_data(self, message, expected=250):
        """DATA and the message as it is, but for the dots it needs."""
        self.expect(354, "DATA")
        self.send(stuffed(message))
        code, text = self.getreply()
        self._check(code, text, expected, "end of data")
        return text.decode(errors="replace")
