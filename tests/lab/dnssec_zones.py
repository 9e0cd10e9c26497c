"""Good zones of every kind, by three signers: ldns-signzone, dnssec-signzone
(BIND) and kzonesign (Knot), below `test.` and a root of our own.
"""

import base64
import concurrent.futures
import dataclasses
import pathlib
import shutil
import subprocess
import time

import dns
import dnssec_broken
import dnssec_wire as wire
import topology

DAY = 86400
ALGORITHMS = {5: "RSASHA1", 7: "NSEC3RSASHA1", 8: "RSASHA256",
              10: "RSASHA512", 13: "ECDSAP256SHA256", 14: "ECDSAP384SHA384",
              15: "ED25519", 16: "ED448"}
LDNS_NAMES = {7: "RSASHA1-NSEC3-SHA1"}
KNOT_NAMES = {5: "rsasha1", 7: "rsasha1-nsec3-sha1"}
CHAIN = 13  # aliases c0 to c12, the last one leads to www


@dataclasses.dataclass
class Zone:
    """denial: "nsec", or "nsec3" with salt, iterations, opt_out. digests: of
    the DS records. ds: RDATA in text that the parent has instead. children:
    labels of zones below with their signer ("" for unsigned). period: of the
    signatures, in days from now. broken: edits the signed file (see
    dnssec_broken); spoil_ds: the RDATA of DS."""
    label: str
    signer: str = "ldns"
    algorithm: int = 13
    denial: str = "nsec"
    salt: str = ""
    iterations: int = 0
    opt_out: bool = False
    digests: tuple = (2,)
    ds: tuple = ()
    children: tuple = ()
    parent: str = "test."
    period: tuple = (-1, 14)
    broken: object = None
    spoil_ds: object = None
    keys: list = dataclasses.field(default_factory=list)

    @property
    def origin(self):
        if self.label == ".":
            return "."
        return f"{self.label}." + ("" if self.parent == "." else self.parent)


def content():
    """What each zone holds, relative to its origin."""
    lines = [
        "@ MX 10 mx", "www A 192.0.2.1", "www A 192.0.2.2",
        "www AAAA 2001:db8::1", "mx A 192.0.2.3",
        f"_25._tcp.mx TLSA 3 1 1 {'ab' * 32}", "a.ent A 192.0.2.4",
        "*.wild A 192.0.2.5", "*.wild TXT wild", "*.wcname CNAME www",
        "alias CNAME www", "out CNAME www.other.test.",
        "toplain CNAME www.plain.test.", "tonowhere CNAME nowhere",
        "dn DNAME ent", "dnout DNAME other.test.", "self CNAME self",
        "loop1 CNAME loop2", "loop2 CNAME loop1",
        "zz A 192.0.2.6"]
    lines += [f"c{i} CNAME c{i + 1}" for i in range(CHAIN - 1)]
    return lines + [f"c{CHAIN - 1} CNAME www"]


def good_zones():
    zones = [
        Zone("nsec", children=(("sub", "ldns"), ("cut", ""))),
        Zone("nsec3", denial="nsec3",
             children=(("sub", "ldns"), ("cut", ""))),
        Zone("other"), Zone("plain", signer=""),
        Zone("salted", "bind", denial="nsec3", salt="abcdef01", iterations=10,
             children=(("cut", ""),)),
        Zone("optout", "bind", denial="nsec3", opt_out=True,
             children=(("sub", "bind"), ("cut", ""))),
        Zone("knot", "knot", denial="nsec3", salt="x", iterations=5,
             children=(("cut", ""),)),
        Zone("knotnsec", "knot", children=(("cut", ""),)),
        Zone("it100", "bind", denial="nsec3", iterations=100,
             children=(("cut", ""),)),
        Zone("it101", "bind", denial="nsec3", iterations=101,
             children=(("cut", ""),)),
        Zone("it500", denial="nsec3", iterations=500,
             children=(("cut", ""),)),
        Zone("d1", digests=(1,)), Zone("d4", digests=(4,)),
        Zone("d12", digests=(1, 2)), Zone("d124", digests=(1, 2, 4)),
        Zone("dgost", ds=(f"4711 13 3 {'00' * 32}",)),
        Zone("dmd5", ds=(f"4711 1 2 {'00' * 32}",)),
        Zone("dprivate", ds=(f"4711 253 2 {'00' * 32}",)),
    ]
    for signer in ("ldns", "bind", "knot"):
        for number in ALGORITHMS:
            # Both kinds of denial for each, over the three signers.
            nsec3 = number == 7 or (number != 5 and (
                number + ("ldns", "bind", "knot").index(signer)) % 2 == 0)
            zones.append(Zone(f"{signer}{number}", signer, number,
                              "nsec3" if nsec3 else "nsec"))
    return zones + dnssec_broken.zones(Zone)


def bench_zones():
    return [zone for zone in good_zones()
            if zone.label in ("nsec", "nsec3", "ldns8")]


class World:
    """All zones signed; `zones` by origin, `files` for NSD, `anchor` for
    danegate and unbound, `anchor_bind` for delv."""

    def __init__(self, folder, zones=None):
        self.folder = pathlib.Path(folder, "zones")
        self.folder.mkdir()
        self.files, self.zones = {}, {}
        zones = zones or good_zones()
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            delegations = list(pool.map(self._with_children, zones))
        tld = Zone("test", denial="nsec3", opt_out=True, parent=".")
        ds = self._add(tld, [
            "@ NS ns", *dns.addresses("ns", dns.AUTHORITY),
            *(line for lines in delegations for line in lines)])
        root = Zone(".", parent="")
        ds = self._add(root, ["@ NS ns.test.", "test. NS ns.test.",
                              *dns.addresses("ns.test.", dns.AUTHORITY), *ds])
        self.anchor = self.folder / "anchor"
        self.anchor.write_text("".join(f"{line}\n" for line in ds))
        self.anchor_bind = self.folder / "anchor.bind"
        fields = ds[0].split()
        self.anchor_bind.write_text(
            "trust-anchors { . static-ds "
            f'{" ".join(fields[-4:-1])} "{fields[-1]}"; }};\n')

    def _with_children(self, zone):
        """Signs the zone and those below; the parent's lines for it."""
        lines = ["@ NS ns.test.", *content()]
        for label, signer in zone.children:
            child = Zone(label, signer, parent=zone.origin)
            lines += self._delegate(child, [
                "@ NS ns.test.", "@ MX 10 mx", "www A 192.0.2.7",
                "mx A 192.0.2.3", f"_25._tcp.mx TLSA 3 1 1 {'ab' * 32}"])
        return self._delegate(zone, lines)

    def _delegate(self, zone, lines):
        return [f"{zone.origin} NS ns.test.", *self._add(zone, lines)]

    def _add(self, zone, lines):
        """Writes and signs the zone; returns its DS records as lines."""
        stem = self.folder / (zone.origin.rstrip(".") or "root")
        stem.write_text(
            f"$ORIGIN {zone.origin}\n$TTL 300\n"
            "@ SOA ns.test. hostmaster.test. 1 3600 600 864000 60\n"
            + "\n".join(lines) + "\n")
        self.zones[zone.origin] = zone
        if not zone.signer:
            self.files[zone.origin] = stem
            return []
        signed = stem.with_name(stem.name + ".signed")
        getattr(self, f"_sign_{zone.signer}")(zone, stem, signed)
        self.files[zone.origin] = signed
        if zone.ds:
            return [f"{zone.origin} DS {ds}" for ds in zone.ds]
        ds = self._ds(zone, signed)
        if zone.broken:
            file = dnssec_broken.File(zone.origin, signed.read_text())
            zone.broken(file, zone.denial)
            signed.write_text(file.text())
        return [f"{zone.origin} IN DS "
                + ds_text(zone.spoil_ds(rdata) if zone.spoil_ds else rdata)
                for rdata in ds]

    def _ds(self, zone, signed):
        """Of the keys that sign keys, or of the one there is."""
        keys = []
        for line in signed.read_text().splitlines():
            fields = line.split(";")[0].split()
            if "DNSKEY" in fields and "RRSIG" not in fields and \
                    "NSEC" not in fields and "NSEC3" not in fields:
                fields = fields[fields.index("DNSKEY") + 1:]
                keys.append(wire.Key(
                    int(fields[0]), base64.b64decode("".join(fields[3:])),
                    algorithm=int(fields[2])).rdata())
        entry = [k for k in keys if k[1] & wire.SEP] or keys
        return [wire.ds_rdata(zone.origin, key, digest)
                for key in entry for digest in zone.digests]

    def _sign_ldns(self, zone, stem, signed):
        name = LDNS_NAMES.get(zone.algorithm, ALGORITHMS[zone.algorithm])
        size = ["-b", "2048"] if zone.algorithm <= 10 else []
        keys = [self._run("ldns-keygen", "-a", name, *size, *ksk,
                          zone.origin).strip() for ksk in (["-k"], [])]
        self._keep_keys(zone, keys)
        now = int(time.time())
        nsec3 = []
        if zone.denial == "nsec3":
            nsec3 = ["-n", "-a", "1", "-t", zone.iterations]
            nsec3 += ["-s", zone.salt] if zone.salt else []
            nsec3 += ["-p"] if zone.opt_out else []
        begins, expires = zone.period
        self._run("ldns-signzone", "-i", now + begins * DAY, "-e",
                  now + expires * DAY, *nsec3, "-f", signed, stem, *keys)

    def _sign_bind(self, zone, stem, signed):
        size = ["-b", "2048"] if zone.algorithm <= 10 else []
        keys = [self._run("dnssec-keygen", "-q", "-a",
                          ALGORITHMS[zone.algorithm], *size, *ksk,
                          zone.origin).strip() for ksk in (["-f", "KSK"], [])]
        self._keep_keys(zone, keys)
        with open(stem, "a", encoding="ascii") as f:
            for key in keys:
                f.write((self.folder / f"{key}.key").read_text())
        nsec3 = []
        if zone.denial == "nsec3":
            nsec3 = ["-3", zone.salt or "-", "-H", zone.iterations]
            nsec3 += ["-A"] if zone.opt_out else []
        self._run("dnssec-signzone", "-P", "-q", "-O", "full", "-d",
                  self._own_folder(zone), "-o", zone.origin, "-s",
                  f"now{zone.period[0] * DAY:+}", "-e",
                  f"now{zone.period[1] * DAY:+}", *nsec3, "-f", signed, stem,
                  *keys)

    def _sign_knot(self, zone, stem, signed):
        own = self._own_folder(zone)
        shutil.copy(stem, own / "zone")
        name = KNOT_NAMES.get(zone.algorithm,
                              ALGORITHMS[zone.algorithm].lower())
        on = {True: "on", False: "off"}
        conf = own / "conf"
        conf.write_text(
            f"database:\n  storage: {own}\n"
            f"policy:\n  - id: p\n    algorithm: {name}\n"
            f"    nsec3: {on[zone.denial == 'nsec3']}\n"
            f"    nsec3-iterations: {zone.iterations}\n"
            f"    nsec3-salt-length: {8 if zone.salt else 0}\n"
            f"    nsec3-opt-out: {on[zone.opt_out]}\n"
            f"zone:\n  - domain: {zone.origin}\n    storage: {own}\n"
            f"    file: zone\n    dnssec-policy: p\n    dnssec-signing: on\n")
        (own / "out").mkdir()
        self._run("kzonesign", "-c", conf, "-o", own / "out", zone.origin)
        shutil.copy(next((own / "out").iterdir()), signed)

    def _own_folder(self, zone):
        own = self.folder / f"{zone.origin}folder"
        own.mkdir()
        return own

    def _keep_keys(self, zone, stems):
        if zone.algorithm == 13:
            zone.keys = [wire.Key.from_files(self.folder / stem)
                         for stem in stems]

    def _run(self, *argv):
        done = subprocess.run([str(a) for a in argv], cwd=self.folder,
                              capture_output=True, text=True, timeout=60,
                              check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{argv}: {done.stdout}{done.stderr}")
        return done.stdout

    def zone_of(self, name):
        """The origin of the deepest zone that the name lies in."""
        while name not in self.zones:
            name = name.partition(".")[2] or "."
        return self.zones[name]

    def start(self):
        """An NSD with all of it."""
        return dns.start_authority(self, dns.AUTHORITY, self.files)


def ds_text(rdata):
    return (f"{int.from_bytes(rdata[:2], 'big')} {rdata[2]} {rdata[3]} "
            f"{rdata[4:].hex()}")


def build_network():
    topology.build()
    topology.add_wan_hosts([dns.AUTHORITY, dns.RESOLVER])
