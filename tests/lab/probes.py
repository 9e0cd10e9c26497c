"""`danegate probe` on the router, against the servers of the world: what it says
of a domain is what the daemon does with its mail. A case is a function of (lab,
family), as in cases.py.
"""

import json
import subprocess

import cases
import dns
import gateway
import sserver
import topology
import world

CASES = []
require, require_equal = cases.require, cases.require_equal

# Site, verdict, how the server is known, reason, exit code.
VERDICTS = (
    ("dane-ee.test", "relay", "dane-ee", "ok", 0),
    ("dane-ta.test", "relay", "dane-ta", "ok", 0),
    ("tls12.test", "relay", "dane-ee", "ok", 0),
    ("tls13.test", "relay", "dane-ee", "ok", 0),
    ("old-tls.test", "relay", "dane-ee", "ok", 0),
    ("odd-chain.test", "relay", "dane-ta", "ok", 0),
    ("no-anchor.test", "defer", "none", "tlsa-mismatch", 1),
    ("mismatch.test", "defer", "none", "tlsa-mismatch", 1),
    ("replaced.test", "defer", "none", "tlsa-mismatch", 1),
    ("stripped.test", "defer", "none", "starttls-missing", 1),
    ("refused.test", "defer", "none", "starttls-refused", 1),
    ("injected.test", "defer", "none", "downgrade", 1),
    ("bogus.test", "defer", "none", "dns-bogus", 1),
    ("removed-tlsa.test", "defer", "none", "dns-bogus", 1),
    ("lost-tlsa.test", "defer", "none", "dns-failed", 1),
    ("lost-mx.test", "defer", "none", "dns-failed", 1),
    ("pkix.test", "relay", "tls", "ok", 0),
    ("plain-tls.test", "relay", "tls", "ok", 0),
    ("unsigned.test", "relay", "tls", "ok", 0),
    ("cleartext.test", "relay", "none", "ok", 0),
    ("no-mail.test", "reject", "none", "null-mx", 1),
    ("gone.test", "defer", "none", "server-gone", 4),
)
KEYS = {"mx": {"route", "status", "hosts", "reason"},
        "address": {"host", "a", "aaaa"},
        "tlsa": {"server", "level"},
        "connect": {"server"}, "banner": {"server", "code", "reply"},
        "ehlo": {"server", "code", "reply"},
        "starttls": {"server", "code", "reply"},
        "tls": {"server"}, "dane": {"server", "verdict", "reason"},
        "pkix": {"server", "verdict", "reason"},
        "ehlo-tls": {"server", "code", "reply"}, "verdict": set()}


def case(function):
    CASES.append(function)
    function.families = world.FAMILIES
    return function


def probe(lab, *arguments):
    """Runs it on the router; (exit code, what it printed)."""
    done = subprocess.run(
        ["ip", "netns", "exec", topology.GW, gateway.program("danegate"),
         "probe", "-c", lab.danegate.conf, *arguments],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=90,
        check=False)
    require(not done.stderr, done.stderr[:2000])
    return done.returncode, done.stdout


def probe_json(lab, *arguments):
    """The same, with what it printed as an object whose shape is right."""
    code, text = probe(lab, "--json", *arguments)
    told = json.loads(text)
    require_equal(set(told), {"domain", "steps", "verdict", "auth", "reason",
                              "servers", "reached", "relays"}, "keys")
    for step in told["steps"]:
        require(KEYS[step["step"]] <= set(step), f"keys of {step}")
        require_equal("fault" in step, not step["ok"], f"fault of {step}")
    return code, told


def steps_of(told, word):
    return [step for step in told["steps"] if step["step"] == word]


@case
def probe_verdicts(lab, family):
    """The probe's verdict on each site, with its exit code, and no message to
    anybody."""
    before = {name: len(sink.commands)
              for name, sink in lab.world.sinks.items()}
    for name, verdict, auth, reason, exit_code in VERDICTS:
        domain = world.SITES[name].domain(family)
        code, told = probe_json(lab, domain)
        require_equal((told["verdict"], told["auth"], told["reason"], code),
                      (verdict, auth, reason, exit_code), domain)
        require_equal(told["domain"], domain, "domain")
    asked = {line[:4].upper() for name, sink in lab.world.sinks.items()
             for _, line in sink.commands[before[name]:]}
    require_equal(asked, {b"EHLO", b"STAR", b"QUIT"}, "asked")


@case
def probe_tells_each_step(lab, family):
    """Every step of a good delivery, in order, with what was seen."""
    site = world.SITES["dane-ta.test"]
    _, told = probe_json(lab, site.domain(family))
    require_equal([step["step"] for step in told["steps"]],
                  ["mx", "address", "tlsa", "connect", "banner", "ehlo",
                   "starttls", "tls", "dane", "ehlo-tls", "verdict"], "steps")
    mx, address, tlsa, _, banner, ehlo, _, tls, dane, _, verdict = \
        told["steps"]
    require_equal((mx["route"], mx["status"], mx["hosts"]),
                  ("found", "secure",
                   [{"preference": 10, "host": site.mx(family)}]), "mx")
    for other, key in ((4, "a"), (6, "aaaa")):
        require_equal((address[key]["status"], address[key]["answers"]),
                      ("secure", [site.address(family)] if other == family
                       else []), key)
    usage, selector, matching, data = lab.world.ca.tlsa(2).split()
    require_equal((tlsa["status"], tlsa["tlsa"], tlsa["base"],
                   tlsa["records"]),
                  ("secure", "usable", site.mx(family),
                   [{"usage": int(usage), "selector": int(selector),
                     "matching": int(matching), "data": data,
                     "usable": True}]), "tlsa")
    require_equal(tlsa["names"], [site.mx(family), site.domain(family)],
                  "reference identifiers")
    require_equal(banner["code"], 220, "banner")
    require("STARTTLS" in ehlo["reply"], "EHLO")
    require_equal(tls["version"], "TLSv1.3", "version")
    require_equal([c["matches"] for c in tls["chain"]], [False, True],
                  "which certificate matches")
    leaf, issuer = tls["chain"]
    require_equal((leaf["key"], leaf["issuer"], issuer["subject"]),
                  ("RSA 2048", "Lab CA", "Lab CA"), "chain")
    require_equal(leaf["names"].split(), [site.mx(4), site.mx(6)], "names")
    require_equal(issuer["spki_sha256"], data, "digest of the key")
    require_equal((dane["verdict"], dane["usage"], dane["depth"]),
                  ("verified", 2, 1), "dane")
    require_equal((verdict["verdict"], verdict["auth"]), ("relay", "dane-ta"),
                  "verdict")


@case
def probe_versions(lab, family):
    """TLS 1.2 alone and TLS 1.3 alone, with an ECDSA and an RSA key, and how
    good that is."""
    for name, version, key, grade in (
            ("tls12.test", "TLSv1.2", "EC 256", "sufficient"),
            ("tls13.test", "TLSv1.3", "RSA 2048", "phase-out"),
            ("old-tls.test", "TLSv1.2", "RSA 2048", "phase-out")):
        _, told = probe_json(lab, world.SITES[name].domain(family))
        tls, = steps_of(told, "tls")
        require_equal((tls["version"], tls["chain"][0]["key"], tls["group"],
                       tls["grade"]), (version, key, "x25519", grade), name)


@case
def probe_kinds_of_mx(lab, family):
    """Postfix, Exim and OpenSMTPD with keys of both kinds: the server's own
    key, or its issuer's, is seen to fit."""
    for site in world.KINDS_OF_MX:
        auth = "dane-ta" if site.tlsa == "ca" else "dane-ee"
        code, told = probe_json(lab, site.domain(family))
        require_equal((code, told["verdict"], told["auth"]),
                      (0, "relay", auth), site.name)
        tls, = steps_of(told, "tls")
        require_equal(tls["chain"][0]["key"],
                      "RSA 2048" if site.key == "rsa" else "EC 256", site.name)


@case
def probe_openssl_server(lab, family):
    """`openssl s_server` with odd chains, TLS 1.2 and 1.3: strangers, copies and
    the anchor in front of them; the anchor left out; no more than the anchor."""
    site = world.SITES["openssl.test"]
    certificates, ca = lab.world.certificates, lab.world.ca
    leaf = certificates["openssl.test"]
    strangers = [certificates["dane-ee.test"], leaf, lab.world.nobodys]
    for chain, options, auth, reason, version in (
            ([leaf, *strangers, ca, ca], (), "dane-ta", "ok", "TLSv1.3"),
            ([leaf, ca, *strangers], ("-tls1_2",), "dane-ta", "ok", "TLSv1.2"),
            ([leaf, *strangers], (), "none", "tlsa-mismatch", "TLSv1.3"),
            ([leaf], ("-tls1_2",), "none", "tlsa-mismatch", "TLSv1.2")):
        with sserver.OpensslServer(site.address(family), chain,
                                   lab.danegate.folder, *options):
            _, told = probe_json(lab, site.domain(family))
        tls, = steps_of(told, "tls")
        require_equal((told["auth"], told["reason"], tls["version"],
                       len(tls["chain"])),
                      (auth, reason, version, len(chain)), str(options))


@case
def probe_one_server(lab, family):
    """--mx and --address narrow the walk; a server that no MX host lists is
    judged as the daemon judges it; --level asks what if."""
    good, evil = world.SITES["dane-ee.test"], world.SITES["evil.test"]
    domain, address = good.domain(family), good.address(family)
    for arguments, verdict, reason in (
            (("--mx", good.mx(family)), "relay", "ok"),
            (("--address", f"{address}@25"), "relay", "ok"),
            (("--mx", evil.mx(family)), "defer", "tlsa-mismatch"),
            (("--address", evil.address(family)), "defer", "tlsa-mismatch"),
            (("--level", "block"), "defer", "policy-block"),
            (("--level", "none"), "relay", "ok")):
        _, told = probe_json(lab, domain, *arguments)
        require_equal((told["verdict"], told["reason"]), (verdict, reason),
                      str(arguments))
        require_equal(told["servers"], 1, "servers")
    code, told = probe_json(lab, domain, "--address", f"{address}@26")
    require_equal((code, told["reached"]), (4, 0), "a port without a server")


@case
def probe_level_verify(lab, family):
    """--level verify by the configuration's authorities; the step says who
    vouched, or what was wrong."""
    conf = lab.danegate.folder / "verify.conf"
    conf.write_text(lab.danegate.conf.read_text()
                    + cases.authorities(lab) + "\n")
    for name, exit_code, auth, words in (
            ("plain-tls.test", 0, "pkix", "authority at depth 1"),
            ("wrong-name.test", 1, "none", "another name"),
            ("expired.test", 1, "none", "expired"),
            ("dane-ee.test", 1, "none", "no trusted certificate authority")):
        code, told = probe_json(lab, "-c", conf, "--level", "verify",
                                world.SITES[name].domain(family))
        require_equal((code, told["auth"]), (exit_code, auth), name)
        pkix, = steps_of(told, "pkix")
        require(words in pkix["reason"], f"{name}: {pkix}")


@case
def probe_for_a_person(lab, family):
    """What a person reads fits a console of 80 columns, the whole of one
    server into 24 lines, and is printable whatever the server says."""
    for name in ("dane-ee.test", "dane-ta.test", "mismatch.test",
                 "bogus.test", "gone.test", "no-mail.test"):
        site = world.SITES[name]
        code, text = probe(lab, site.domain(family))
        lines = text.splitlines()
        require(max(map(len, lines)) <= 79, f"too wide: {text}")
        require(len(lines) <= 24, f"too long: {text}")
        require(text.replace("\n", "").isprintable() and text.isascii(), text)
        _, told = probe_json(lab, site.domain(family))
        require(f"{site.domain(family)}: {told['verdict']}, " in text, text)
        require(code in (0, 1, 4), f"exit {code}")


@case
def probe_without_dns(lab, family):
    """No resolver answers: the mail is held, and it says so in time."""
    nowhere = topology.wan_address(dns.RESOLVER, family) + "@5353"
    code, told = probe_json(lab, "--server", nowhere, "dane-ee.test")
    require_equal((code, told["verdict"], told["reason"], told["reached"]),
                  (1, "defer", "dns-failed", 0), "without DNS")


@cases.once
@case
def probe_bad_arguments(lab, _family):
    """Exit 2, and a word on what was expected."""
    for arguments in ((), ("--level", "dance", "a.test"), ("a.test", "b.test"),
                      ("a.test", "--address", "here"), ("a.test", "--mx"),
                      ("--at", "0", "a.test"), ("a..test",)):
        done = topology.subprocess.run(
            [gateway.program("danegate"), "probe", "-c", lab.danegate.conf,
             *arguments], timeout=20, capture_output=True, text=True,
            check=False)
        require_equal(done.returncode, 2, str(arguments))
        require("expected" in done.stderr, done.stderr)
