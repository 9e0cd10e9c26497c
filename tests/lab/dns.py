"""The private DNS: a signed tree below a root of our own, NSD that serves it
and unbound as the recursive resolver, which validates nothing (that is
danegate's part) but hands the signatures on.
"""

import base64
import dataclasses
import os
import pathlib
import subprocess
import time

import topology

# Hosts. The last is a name server that knows no zone at all.
RESOLVER, AUTHORITY, LIAR, IGNORANT = 53, 54, 55, 56
ALGORITHM = "ECDSAP256SHA256"
DAY = 86400


@dataclasses.dataclass
class Zone:
    """records: lines of zone file, relative to the origin. spoilt: a record
    type whose signatures do not fit. served: false for a zone that its parent
    delegates to the ignorant one."""
    origin: str
    records: list
    signed: bool = True
    nsec3: bool = False
    opt_out: bool = False
    spoilt: str = ""
    served: bool = True


class Tree:
    """Signs the zones and their parents `test.` and root, children first; the
    file `anchor` holds the DS of the root."""

    def __init__(self, folder, zones):
        self.folder = pathlib.Path(folder, "dns")
        self.folder.mkdir()
        self.files = {}
        self.keys = {}
        tld = ["@ NS ns", *addresses("ns", AUTHORITY),
               *addresses("ignorant", IGNORANT)]
        for zone in zones:
            label = zone.origin.removesuffix(".test.")
            server = "ns" if zone.served else "ignorant"
            tld += [f"{label} NS {server}", *self._add(zone)]
        # Like the great TLDs: NSEC3, and unsigned children in its gaps.
        ds = self._add(Zone("test.", tld, nsec3=True, opt_out=True))
        ds = self._add(Zone(".", ["@ NS ns.test.", "test. NS ns.test.",
                                  *addresses("ns.test.", AUTHORITY), *ds]))
        self.anchor = self.folder / "anchor"
        self.anchor.write_text("\n".join(ds) + "\n")

    def change(self, zone):
        """The zone as it is from now on, signed with the keys that it had; its
        name server must be told."""
        self._add(zone)

    def _add(self, zone):
        """Writes the zone, signed if it is to be; returns its DS records."""
        stem = self.folder / (zone.origin.rstrip(".") or "root")
        text = (f"$ORIGIN {zone.origin}\n$TTL 300\n"
                "@ SOA ns.test. hostmaster.test. 1 3600 600 864000 60\n")
        if zone.origin not in (".", "test."):
            text += "@ NS ns.test.\n"
        stem.write_text(text + "\n".join(zone.records) + "\n")
        if zone.served:
            self.files[zone.origin] = stem
        if not zone.signed:
            return []
        now = int(time.time())
        ksk, zsk = self._key(zone.origin, True), self._key(zone.origin, False)
        signed = stem.with_suffix(".signed")
        nsec3 = ["-n", "-a", "1", "-t", "0"] if zone.nsec3 else []
        nsec3 += ["-p"] if zone.opt_out else []
        self._ldns("ldns-signzone", "-i", now - DAY, "-e", now + 70 * DAY,
                   *nsec3, "-f", signed, stem, ksk, zsk)
        if zone.spoilt:
            _spoil(signed, zone.spoilt)
        if zone.served:
            self.files[zone.origin] = signed
        return [(self.folder / f"{ksk}.ds").read_text().strip()]

    def _key(self, origin, ksk):
        if (origin, ksk) not in self.keys:
            self.keys[origin, True], self.keys[origin, False] = \
                self._key_pair(origin)
        return self.keys[origin, ksk]

    def _key_pair(self, origin):
        """A KSK and a ZSK. Files are named by tags, and ldns-signzone takes one
        key for the other where their tags are neighbours."""
        for _ in range(10):
            pair = [self._ldns("ldns-keygen", "-a", ALGORITHM, *option,
                               origin).strip() for option in (["-k"], [])]
            tags = [int(name.rpartition("+")[2]) for name in pair]
            if abs(tags[0] - tags[1]) > 1:
                return pair
        raise RuntimeError(f"{origin}: no two keys apart")

    def _ldns(self, *argv):
        done = subprocess.run([str(a) for a in argv], cwd=self.folder,
                              capture_output=True, text=True, timeout=30,
                              check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{argv[0]}: {done.stderr}")
        return done.stdout


def addresses(name, host):
    return [f"{name} A {topology.wan_address(host, 4)}",
            f"{name} AAAA {topology.wan_address(host, 6)}"]


def _spoil(file, kind):
    """Turns one bit in each signature over records of that type."""
    lines = file.read_text().splitlines()
    for i, line in enumerate(lines):
        fields = line.split()
        if "RRSIG" not in fields:
            continue
        at = fields.index("RRSIG")
        if fields[at + 1] == kind:
            signature = bytearray(base64.b64decode("".join(fields[at + 9:])))
            signature[20] ^= 1
            fields[at + 9:] = [base64.b64encode(signature).decode()]
            lines[i] = " ".join(fields)
    file.write_text("\n".join(lines) + "\n")


def start_authority(tree, host, files):
    """An NSD with these zones: {origin: file}. To others it answers REFUSED."""
    conf = tree.folder / f"nsd-{host}.conf"
    text = (f'server:\n  ip-address: {topology.wan_address(host, 4)}\n'
            f'  ip-address: {topology.wan_address(host, 6)}\n'
            f'  username: ""\n  zonesdir: "{tree.folder}"\n  pidfile: ""\n'
            f'  database: ""\n  zonelistfile: "{conf}.list"\n'
            f'  xfrdfile: "{conf}.xfrd"\n  xfrdir: "{tree.folder}"\n'
            '  server-count: 1\n  refuse-any: no\n'
            'remote-control:\n  control-enable: no\n')
    for origin, file in files.items():
        text += f'zone:\n  name: "{origin}"\n  zonefile: "{file}"\n'
    conf.write_text(text)
    nsd = topology.Process(topology.WAN, ["/usr/sbin/nsd", "-d", "-c", conf])
    nsd.wait_for_port(topology.WAN, topology.wan_address(host, 4), 53)
    return nsd


def start_resolver(folder, host, lies=(), denied=()):
    """An unbound on that host's addresses that begins at our root. lies: lines
    of zone file which it gives out instead of what the tree holds. denied:
    names of which it says that they have no records."""
    conf = pathlib.Path(folder, f"unbound-{host}.conf")
    hints = pathlib.Path(folder, "root.hints")
    hints.write_text("\n".join([". NS ns.test.",
                                *addresses("ns.test.", AUTHORITY)]) + "\n")
    v4, v6 = (topology.wan_address(host, family) for family in (4, 6))
    text = (f'server:\n  interface: {v4}\n  interface: {v6}\n'
            f'  outgoing-interface: {v4}\n  outgoing-interface: {v6}\n'
            '  access-control: 0.0.0.0/0 allow\n  access-control: ::/0 allow\n'
            '  module-config: "iterator"\n  local-zone: "test." nodefault\n'
            f'  root-hints: "{hints}"\n  directory: "{folder}"\n'
            '  chroot: ""\n  username: ""\n  pidfile: ""\n  use-syslog: no\n'
            '  do-daemonize: no\n  num-threads: 1\n')
    for line in lies:
        text += (f'  local-zone: "{line.split()[0]}" transparent\n'
                 f"  local-data: '{line}'\n")
    for name in denied:
        text += f'  local-zone: "{name}" always_nodata\n'
    conf.write_text(text + "remote-control:\n  control-enable: no\n")
    unbound = topology.Process(
        topology.WAN,
        [topology.unconfined("/usr/sbin/unbound", folder), "-d", "-c", conf])
    unbound.wait_for_port(topology.WAN, v4, 53)
    return unbound
