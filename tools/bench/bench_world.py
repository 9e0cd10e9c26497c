"""The world of the benches: MX hosts that differ in their TLS, names, resolver.
"""

import ssl

import bench_mx
import dns
import pki
import topology

KINDS = {"ec": "P-256", "rsa": "RSA-2048"}
VERSIONS = {"12": ssl.TLSVersion.TLSv1_2, "13": ssl.TLSVersion.TLSv1_3}
FIRST_HOST = 61


class Host:
    """An MX and the domain that it is for."""

    def __init__(self, number, certificate, version, tickets):
        self.number, self.tickets = number, tickets
        self.version = "TLSv1." + version[1]
        self.address = topology.wan_address(number, 4)
        self.domain = f"d{number}.bench.test"
        self.certificate = certificate
        self.tls = VERSIONS[version]

    def records(self):
        return [f"d{self.number} MX 10 mx{self.number}",
                f"mx{self.number} A {self.address}",
                f"_25._tcp.mx{self.number} TLSA {self.certificate.tlsa(3)}"]

    def listen(self):
        self.mx = bench_mx.Mx(
            topology.listen(topology.WAN, self.address, 25),
            self.certificate, self.tls, self.tickets)


class World:
    """Names, resolver and MX hosts. cold: how many domains nobody has asked
    for, each in a zone of its own."""

    def __init__(self, folder, cold):
        self.folder = folder
        topology.build()
        keys = {kind: pki.Certificate(folder, kind, ["mx.bench.test"], key=kind)
                for kind in KINDS}
        names = [(kind, version, tickets) for kind in KINDS
                 for version in VERSIONS for tickets in (False, True)]
        self.hosts = {
            kind + version + ("t" if tickets else ""):
            Host(FIRST_HOST + i, keys[kind], version, tickets)
            for i, (kind, version, tickets) in enumerate(names)}
        topology.add_wan_hosts([dns.RESOLVER, dns.AUTHORITY] + [
            host.number for host in self.hosts.values()])
        self.cold = [f"cold{i}.test" for i in range(cold)]
        tree = dns.Tree(folder, self._zones())
        self.anchor = tree.anchor
        self.servers = [dns.start_authority(tree, dns.AUTHORITY, tree.files),
                        dns.start_resolver(folder, dns.RESOLVER)]
        for host in self.hosts.values():
            host.listen()

    def _zones(self):
        yield dns.Zone("bench.test.", [
            "@ TXT bench", *(record for host in self.hosts.values()
                             for record in host.records())])
        host = self.hosts["ec13"]
        for domain in self.cold:
            yield dns.Zone(domain + ".", [
                "@ MX 10 mx", f"mx A {host.address}",
                f"_25._tcp.mx TLSA {host.certificate.tlsa(3)}"])
