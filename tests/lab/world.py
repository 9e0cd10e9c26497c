"""The world that mail goes out to: which domains there are, what each of them
publishes, who answers on the addresses of its MX hosts; and the office.

Each site is a zone SITE with the mail domains v4.SITE and v6.SITE, whose MX
hosts mx4.SITE and mx6.SITE have an address of one family alone: so a case runs
once over IPv4 and once over IPv6. The mail domain SITE is as v4.SITE.
"""

import dataclasses
import functools
import itertools
import pathlib
import signal

import attack
import capture
import dns
import mail
import mta
import pki
import smtpd
import topology

FAMILIES = (4, 6)


@dataclasses.dataclass
class Site:
    """host: the number of its MX hosts' addresses. server: what answers there,
    "postfix", "exim", "opensmtpd", or "" for something of our own. real_host:
    of the real server where another one answers on those. tlsa: "own", "ca" (of its
    issuer), "other" (of a key that nobody has), "pkix" (of a usage that DANE
    for mail cannot use), "lost" (asking for it fails),
    or "" for none. protocols: the only ones that its Postfix speaks; "": all.
    mx_data: of the MX records; {} is the family."""
    name: str
    host: int
    tlsa: str = ""
    key: str = "ec"
    by_ca: bool = False
    starttls: bool = True
    signed: bool = True
    nsec3: bool = False
    spoilt: str = ""
    real_host: int = 0
    server: str = "postfix"
    mx_data: str = "10 mx{}"
    served: bool = True
    protocols: str = ""

    def domain(self, family):
        return f"v{family}.{self.name}"

    def mx(self, family):
        return f"mx{family}.{self.name}"

    def address(self, family):
        return topology.wan_address(self.host, family)


# Each kind of MX with each kind of key; dane-ee.test and dane-ta.test are two
# more of Postfix.
KINDS_OF_MX = (
    Site("ee-rsa-postfix.test", 41, tlsa="own", key="rsa"),
    Site("ta-ec-postfix.test", 42, tlsa="ca", by_ca=True),
    *(Site(f"{usage}-{key}-{server}.test", host + at, server=server, key=key,
           tlsa="ca" if usage == "ta" else "own", by_ca=usage == "ta")
      for server, host in (("exim", 43), ("opensmtpd", 47))
      for at, (usage, key) in enumerate(itertools.product(
          ("ee", "ta"), ("ec", "rsa")))))

SITES = {site.name: site for site in (
    Site("dane-ee.test", 11, tlsa="own"),
    Site("dane-ta.test", 12, tlsa="ca", key="rsa", by_ca=True, nsec3=True),
    Site("mismatch.test", 13, tlsa="other"),
    Site("stripped.test", 14, tlsa="own", real_host=114),
    Site("replaced.test", 15, tlsa="own", real_host=115, nsec3=True),
    Site("bogus.test", 16, tlsa="own", spoilt="TLSA"),
    Site("forged.test", 17, tlsa="own"),
    Site("evil.test", 18, tlsa="own", server=""),
    Site("plain-tls.test", 19, by_ca=True, nsec3=True),
    Site("cleartext.test", 20, starttls=False),
    Site("unsigned.test", 21, signed=False),
    Site("bytes.test", 22, tlsa="own", server=""),
    Site("refused.test", 23, tlsa="own", server=""),
    Site("injected.test", 24, tlsa="own", server=""),
    Site("old-tls.test", 25, tlsa="own", key="rsa", server=""),
    Site("pkix.test", 26, tlsa="pkix"),
    Site("lost-tlsa.test", 27, tlsa="lost"),
    Site("lost-mx.test", 28, served=False, server=""),
    Site("no-mail.test", 29, server="", mx_data="0 ."),
    Site("removed-tlsa.test", 30, tlsa="own"),
    Site("fickle.test", 31, server=""),
    *KINDS_OF_MX,
    Site("tls12.test", 61, tlsa="own", protocols="TLSv1.2"),
    Site("tls13.test", 62, tlsa="own", key="rsa", protocols="TLSv1.3"),
    Site("odd-chain.test", 63, tlsa="ca", by_ca=True, server=""),
    Site("no-anchor.test", 64, tlsa="ca", by_ca=True, server=""),
    Site("gone.test", 65, tlsa="own", server=""),
    Site("changing.test", 66, tlsa="own"),
    Site("wrong-name.test", 67, by_ca=True),
    Site("expired.test", 68),
    Site("ta-name.test", 71, tlsa="ca", by_ca=True),
    Site("ta-expired.test", 72, tlsa="ca"),
    Site("openssl.test", 70, tlsa="ca", by_ca=True, server=""),
    Site("broken.test", 69, server=""),
)}

# What sites publish at _smtp._tls (RFC 8460 3); the others nothing.
REPORTS_TO = {"dane-ee.test": "mailto:{}",
              "mismatch.test": "https://example.test/, mailto:{}?subject=x",
              "plain-tls.test": "https://example.test/"}


def rua_of(site, family):
    """The mailbox that wants the site's reports."""
    return f"tls-{site.name}@v{family}.dane-ee.test"


# What the resolver of the office's mail server is made to believe.
LIES = [f"v{family}.{name} MX 10 mx{family}.evil.test."
        for family in FAMILIES for name in ("forged.test.", "lost-mx.test.")]
# What somebody takes out of the answers to all, without a proof.
DENIED = [f"_25._tcp.mx{family}.removed-tlsa.test." for family in FAMILIES]


class World:
    """Brings everything up but the router's daemon. tls: the one version that
    all servers speak, "1.2" or "1.3", or "" for any; some sites have their
    own."""

    def __init__(self, folder, tls=""):
        self.folder = folder
        self.tls = tls
        topology.build()
        hosts = [dns.RESOLVER, dns.AUTHORITY, dns.LIAR, dns.IGNORANT]
        hosts += [h for s in SITES.values() for h in (s.host, s.real_host) if h]
        topology.add_wan_hosts(hosts)
        self.certificates = self._make_certificates()
        self.tree = dns.Tree(folder, [self._zone(s) for s in SITES.values()])
        self.servers = [dns.start_authority(self.tree, dns.AUTHORITY,
                                            self.tree.files),
                        dns.start_authority(self.tree, dns.IGNORANT, {}),
                        dns.start_resolver(folder, dns.RESOLVER,
                                           denied=DENIED),
                        dns.start_resolver(folder, dns.LIAR, LIES)]
        self.mail_hosts = {
            server: self._start_mail_hosts(server, kind) for server, kind in (
                ("postfix", mail.MailHosts), ("exim", mta.EximHosts),
                ("opensmtpd", mta.OpenSmtpdHosts))}
        self.mx = self.mail_hosts["postfix"]
        self.mta = mail.LegacyMta(folder, self.resolv_conf(dns.LIAR))
        self._start_others()
        self.capture = capture.Capture(folder)
        for hosts in self.mail_hosts.values():
            hosts.wait_until_ready()
        self.mta.wait_until_ready()

    def _make_certificates(self):
        self.ca = pki.Certificate(self.folder, "ca", ["Lab CA"], ca=True)
        self.nobodys = pki.Certificate(self.folder, "nobody", ["nobody.test"])
        return {site.name: self._certificate(site, site.name)
                for site in SITES.values() if site.starttls}

    def _certificate(self, site, label):
        made = pki.Certificate(
            self.folder, label, ["elsewhere.test"]
            if site.name in ("wrong-name.test", "ta-name.test")
            else [site.mx(family) for family in FAMILIES],
            key=site.key, issuer=self.ca if site.by_ca else None)
        if site.name in ("expired.test", "ta-expired.test"):
            made.expire(self.ca)
        return made

    def _tlsa(self, site):
        if site.tlsa == "ca":
            return self.ca.tlsa(2)
        if site.tlsa == "other":
            return self.nobodys.tlsa(3)
        usage = 1 if site.tlsa == "pkix" else 3
        return self.certificates[site.name].tlsa(usage)

    def _tlsa_records(self, site, host):
        if not site.tlsa:
            return []
        if site.tlsa == "lost":
            return [f"_tcp.{host} NS ignorant.test.",
                    f"_tcp.{host} DS 1 13 2 {'00' * 32}"]
        return [f"_25._tcp.{host} TLSA {self._tlsa(site)}"]

    def _zone(self, site):
        records = [f"@ MX {site.mx_data.format(4)}"]
        for family, kind in ((4, "A"), (6, "AAAA")):
            host = f"mx{family}"
            mx_data = site.mx_data.format(family)
            records += [f"v{family} MX {mx_data}",
                        # A second domain of the same host.
                        f"too{family} MX {mx_data}",
                        f"{host} {kind} {site.address(family)}",
                        *self._tlsa_records(site, host)]
            if site.name in REPORTS_TO:
                rua = REPORTS_TO[site.name].format(rua_of(site, family))
                records.append(f"_smtp._tls.v{family} TXT "
                               f'"v=TLSRPTv1;" " rua={rua};"')
        return dns.Zone(f"{site.name}.", records, signed=site.signed,
                        nsec3=site.nsec3, spoilt=site.spoilt,
                        served=site.served)

    def change_tlsa(self, site, tlsa):
        """From now on the site has that TLSA, in name server and resolver."""
        self.tree.change(self._zone(dataclasses.replace(site, tlsa=tlsa)))
        wanted = self._tlsa(dataclasses.replace(site, tlsa=tlsa)).split()[-1]
        for server in (self.servers[0], self.servers[2]):
            server.process.send_signal(signal.SIGHUP)
        topology.until(lambda: wanted in self._asked(site).lower(), 20,
                       f"{site.name} has other TLSA records")

    def _asked(self, site):
        server = f"@{topology.wan_address(dns.RESOLVER, 4)}"
        try:
            return "".join(topology.run(
                topology.LAN, "drill", server, f"_25._tcp.{site.mx(4)}",
                "TLSA").split())
        except RuntimeError:
            return ""  # it is reading its configuration

    def _start_mail_hosts(self, server, kind):
        """All hosts that run this server. Where it is not to be had, the cases
        that need it fail, and no others."""
        hosts = {site.real_host or site.host:
                 (site.name, self.certificates.get(site.name),
                  *filter(None, (site.protocols,)))
                 for site in SITES.values() if site.server == server}
        try:
            return kind(self.folder, hosts, self.resolv_conf(dns.RESOLVER),
                        self.tls)
        except mta.Missing as error:
            return mta.Absent(error)

    @functools.cache
    def office(self, kind):
        """Another mail server of the office's, begun when first asked for."""
        server = kind(self.folder, self.resolv_conf(dns.LIAR))
        server.wait_until_ready()
        return server

    def resolv_conf(self, host):
        """For whoever should ask that resolver; returns the file."""
        path = pathlib.Path(self.folder, f"resolv.conf-{host}")
        path.write_text(f"nameserver {topology.wan_address(host, 4)}\n")
        return path

    def _start_others(self):
        """Whoever answers in the place of a Postfix."""
        stripped, replaced = SITES["stripped.test"], SITES["replaced.test"]
        impostor = self._certificate(replaced, "impostor")
        self.middlemen = {
            stripped.name: attack.Middleman(stripped.host, stripped.real_host),
            replaced.name: attack.Middleman(replaced.host, replaced.real_host,
                                            impostor, self.tls)}
        # Strangers and copies, out of order; and an issuer that is not shown.
        odd = [self.certificates[name] for name in (
            "odd-chain.test", "dane-ee.test", "odd-chain.test", "dane-ta.test")]
        self.certificates["odd-chain.test"].show(*odd, self.ca, self.nobodys)
        self.certificates["no-anchor.test"].show(
            self.certificates["no-anchor.test"])
        self.sinks = {}
        for name, how in (
                ("bytes.test", {}), ("evil.test", {}), ("fickle.test", {}),
                ("refused.test", {"starttls": "refused"}),
                ("injected.test", {"starttls": "injected"}),
                ("broken.test", {"starttls": "broken"}),
                ("odd-chain.test", {}), ("no-anchor.test", {}),
                ("old-tls.test", {"tls": "1.2"})):
            self.sinks[name] = smtpd.Sink(
                SITES[name].host, name, self.certificates[name],
                **{"tls": self.tls, **how})

    def seen_by_others(self):
        """All that middlemen and sinks were told, in clear or inside TLS."""
        told = [b"".join(m.seen) for m in self.middlemen.values()]
        for sink in self.sinks.values():
            told += [line for _, line in sink.commands] + sink.messages
        return b"".join(told)
