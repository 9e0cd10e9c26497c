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
    Whatever the recipient, the message goes to one Maildir."""

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

    def __init__(self, folder, hosts, resolv_conf):
        super().__init__(make_root(folder, "mx-exim", "exim", resolv_conf),
                         hosts)
        self._add_boxes("Debian-exim")
        self._add_keys("Debian-exim")
        key = "/keys/${sg{$received_ip_address}{:}{-}}"
        self.process = start_exim(self.root, topology.WAN, f"""\
primary_hostname = mx.test
local_interfaces = <; {" ; ".join(self.addresses)}
daemon_smtp_ports = 25
acl_smtp_rcpt = accept
tls_advertise_hosts = *
tls_certificate = {key}.pem
tls_privatekey = {key}.key
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

    def __init__(self, folder, hosts, resolv_conf):
        super().__init__(make_root(folder, "mx-opensmtpd", "opensmtpd",
                                   resolv_conf), hosts)
        self._add_boxes(BOXES)
        self._add_keys("root")
        self.root.folder("var/spool/smtpd", mode=0o711)
        self.root.folder("var/lib/opensmtpd/empty")
        conf = "".join(
            f'pki {name} cert "/keys/{name}.pem"\n'
            f'pki {name} key "/keys/{name}.key"\n'
            for name, _ in dict.fromkeys(self.addresses.values()))
        conf += 'smtp max-message-size "20M"\n'
        conf += "".join(f"listen on {address} tls pki {name} hostname {name}\n"
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
