"""The promises, each as a case: a function of (lab, family) whose docstring
says what is promised. Cases that begin with `control_` run without danegate:
they show that the attacks work and that the leak detector finds a leak.
"""

import contextlib
import dataclasses
import email.utils
import hashlib
import itertools
import json
import random
import re

import capture
import dns
import gateway
import mail
import mta
import topology
import world

CONTROLS, CASES = [], []
SENDER = "ann@office.example"
# As an MX writes it into its Received line.
NOTED_TLS = re.compile(rb"[( ]TLSv?1\.[23]\b")
numbers = itertools.count(1)


def control(function):
    CONTROLS.append(function)
    function.families = world.FAMILIES
    return function


def case(function):
    CASES.append(function)
    function.families = world.FAMILIES
    return function


def once(function):
    """Not once for each address family."""
    function.families = (4,)
    return function


class Lab:
    """What a case has at hand. danegate is None for the controls."""

    def __init__(self, everything, danegate=None):
        self.world = everything
        self.mta, self.mx = everything.mta, everything.mx
        self.capture = everything.capture
        self.danegate = danegate


@dataclasses.dataclass
class Letter:
    """A message with words that occur nowhere else, so that they can be looked
    for on the wire and in others' hands."""
    domain: str

    def __post_init__(self):
        self.number = next(numbers)
        self.secret = f"secret{self.number}-{random.getrandbits(64):016x}"
        self.recipient = f"{self.secret}@{self.domain}"
        # With all that a mail server would add, so that it adds nothing.
        self.text = (f"From: {SENDER}\r\nTo: {self.recipient}\r\n"
                     f"Date: {email.utils.formatdate()}\r\n"
                     f"Message-ID: <{self.number}@office.example>\r\n"
                     f"Subject: letter {self.number}\r\n\r\n"
                     f"Nobody else may read this: {self.secret}.\r\n"
                     ).encode()

    def envelope(self):
        return [b"MAIL FROM", b"RCPT TO", self.secret.encode()]


def require(condition, what):
    if not condition:
        raise AssertionError(what)


def require_equal(got, wanted, what):
    require(got == wanted, f"{what}: wanted {wanted!r}, got {got!r}")


def require_fields(event, **wanted):
    for key, value in wanted.items():
        require_equal(event.get(key), value, f"{key} of {event}")


def require_unread(lab, packets, letter):
    """Nobody on the wire or in the middle has read a word."""
    require_equal(capture.found_in_clear(packets, letter.envelope()), [],
                  "in clear on the wire")
    require(letter.secret.encode() not in lab.world.seen_by_others(),
            "a wrong server was told of the letter")


def mail_to(lab, letter):
    """The legacy mail server tries once; (its word, packets on the WAN)."""
    with lab.capture.watch() as packets:
        queue_id = lab.mta.submit(SENDER, letter.recipient, letter.text)
        attempt = lab.mta.wait_for_attempt(queue_id)
    return attempt, packets


def require_delivered(lab, site, family, auth):
    """A letter to the site arrives whole, authenticated like that; returns the
    packets that carried it."""
    wait_for_message = lab.world.mail_hosts[site.server].wait_for_message
    letter = Letter(site.domain(family))
    attempt, packets = mail_to(lab, letter)
    require_equal(attempt.status, "sent", str(attempt))
    received = wait_for_message(letter.recipient)
    require(received.endswith(letter.text.replace(b"\r\n", b"\n")),
            f"it arrived changed: {received[-400:]!r}")
    decision = lab.danegate.wait_for_event(event="decision",
                                           domain=letter.domain)
    server = f"[{site.address(6)}]:25" if family == 6 else \
        f"{site.address(4)}:25"
    require_fields(decision, verdict="relay", auth=auth, reason="ok",
                   mx=site.mx(family), server=server)
    lab.danegate.wait_for_event(event="delivered", to="1",
                                session=decision["session"])
    if auth != "none":
        require(not lab.world.tls or site.protocols
                or decision["tls"] == f"TLSv{lab.world.tls}", str(decision))
        require(NOTED_TLS.search(received), "the MX saw no TLS")
        require_unread(lab, packets, letter)
    return letter, packets


def require_held(lab, site, family, reason):
    """A letter to the site stays in the legacy mail server's queue, with the
    reason in its log and ours, and nobody has read a word of it."""
    letter = Letter(site.domain(family))
    attempt, packets = mail_to(lab, letter)
    require_equal(attempt.status, "deferred", str(attempt))
    require(attempt.queue_id in lab.mta.queue(), "it is not in the queue")
    require(reason in attempt.said, f"no word of {reason}: {attempt.said}")
    require_unread(lab, packets, letter)
    require_equal(lab.mx.messages(letter.recipient), [], "arrived")
    decision = lab.danegate.wait_for_event(event="decision",
                                           domain=letter.domain)
    require_fields(decision, verdict="defer", reason=reason)


# Without danegate: forwarded as it comes.

@control
def control_unprotected(lab, family):
    """Without danegate the mail server's mail is delivered in clear, and the
    leak detector sees every word of it."""
    letter = Letter(world.SITES["dane-ee.test"].domain(family))
    attempt, packets = mail_to(lab, letter)
    require_equal(attempt.status, "sent", str(attempt))
    lab.mx.wait_for_message(letter.recipient)
    require_equal(capture.found_in_clear(packets, letter.envelope()),
                  sorted(letter.envelope()), "found on the wire")


@control
def control_middleman(lab, family):
    """The one in the middle reads what passes through his hands."""
    letter = Letter(world.SITES["stripped.test"].domain(family))
    attempt, _ = mail_to(lab, letter)
    require_equal(attempt.status, "sent", str(attempt))
    lab.mx.wait_for_message(letter.recipient)
    require(letter.secret.encode() in lab.world.seen_by_others(),
            "he read nothing")


@control
def control_forged_mx(lab, family):
    """Who forges the MX answer gets the mail."""
    letter = Letter(world.SITES["forged.test"].domain(family))
    attempt, _ = mail_to(lab, letter)
    require_equal(attempt.status, "sent", str(attempt))
    require(letter.secret.encode() in lab.world.seen_by_others(),
            "he got nothing")


@control
def control_tls(lab, family):
    """Servers offer STARTTLS or not as the cases suppose, and show their own
    certificate, except where the one in the middle shows his."""
    for name, offered in (("dane-ee.test", True), ("dane-ta.test", True),
                          ("plain-tls.test", True), ("cleartext.test", False),
                          ("stripped.test", False), ("replaced.test", True),
                          ("evil.test", True), ("bytes.test", True)):
        site = world.SITES[name]
        with mail.Dialogue(topology.LAN, site.address(family)) as smtp:
            smtp.ehlo()
            require_equal(smtp.has_extn("starttls"), offered, name)
            if offered:
                smtp.starttls()
                shown = smtp.sock.getpeercert(binary_form=True)
                require_equal(shown == lab.world.certificates[name].der(),
                              name != "replaced.test", f"{name} shows its own")
                smtp.ehlo()
                smtp.expect(250, "MAIL FROM:<>")


@control
def control_dnssec(lab, family):
    """Every TLSA record can be followed up to our root, but the spoilt one;
    asking for what is lost fails."""
    server = f"@{topology.wan_address(dns.RESOLVER, family)}"
    for site in world.SITES.values():
        if site.tlsa in ("", "lost") or site.name == "removed-tlsa.test":
            continue
        command = ("drill", "-S", "-k", lab.world.tree.anchor, server,
                   f"_25._tcp.{site.mx(family)}", "TLSA")
        try:
            said = topology.run(topology.LAN, *command)
        except RuntimeError as error:
            said = str(error)
        require(("Bogus" if site.spoilt else "Chase successful") in said, said)
    for name, kind, wanted in (
            (f"_25._tcp.mx{family}.lost-tlsa.test", "TLSA", "SERVFAIL"),
            (f"v{family}.lost-mx.test", "MX", "SERVFAIL"),
            (f"_25._tcp.mx{family}.removed-tlsa.test", "TLSA", "ANSWER: 0,")):
        said = topology.run(topology.LAN, "drill", server, name, kind)
        require(wanted in said, said)


# With danegate.

@case
def dane_ee_delivered(lab, family):
    """TLSA 3 1 1 that fits: delivered, authenticated, unreadable."""
    require_delivered(lab, world.SITES["dane-ee.test"], family, "dane-ee")


@case
def dane_ta_delivered(lab, family):
    """TLSA 2 1 1 of the issuer: delivered, authenticated, unreadable."""
    require_delivered(lab, world.SITES["dane-ta.test"], family, "dane-ta")


def delivered_to(site):
    """The case of one more kind of MX."""
    auth = "dane-ta" if site.tlsa == "ca" else "dane-ee"

    def deliver(lab, family):
        require_delivered(lab, site, family, auth)
    deliver.__name__ = site.name.removesuffix(".test").replace("-", "_") + \
        "_delivered"
    deliver.__doc__ = (f"The MX is {site.server} with a key of kind "
                       f"{site.key}: delivered, {auth}, unreadable.")
    return case(deliver)


for kind_of_mx in world.KINDS_OF_MX:
    delivered_to(kind_of_mx)


# Other mail servers of the office's than Postfix.

def taxing_letter(domain):
    """Dots, blanks at line ends, bytes above 127, a line of 900."""
    letter = Letter(domain)
    letter.text = letter.text.replace(
        b"Subject:", b"MIME-Version: 1.0\r\n"
        b"Content-Type: text/plain; charset=iso-8859-1\r\n"
        b"Content-Transfer-Encoding: 8bit\r\nSubject:")
    letter.text += b"\r\n".join([
        b"", b".", b"..", b".x", b"x.", b"blanks \t ", bytes(range(128, 256)),
        b"." * 900, b"From here", b"", b".", b"end", b""])
    return letter


def body_digest(message):
    """Of a letter, as it was or as it lies in a mailbox."""
    body = message.replace(b"\r\n", b"\n").split(b"\n\n", 1)[1]
    return hashlib.sha256(body).hexdigest()


def require_arrived_whole(lab, letter):
    received = lab.mx.wait_for_message(letter.recipient)
    require_equal(body_digest(received), body_digest(letter.text), "SHA-256")


def require_office_delivers(lab, family, kind):
    server = lab.world.office(kind)
    for name, auth in (("dane-ee.test", "dane-ee"),
                       ("dane-ta.test", "dane-ta")):
        letter = taxing_letter(world.SITES[name].domain(family))
        with lab.capture.watch() as packets:
            queue_id = server.submit(SENDER, letter.recipient, letter.text)
            attempt = server.wait_for_attempt(queue_id)
        require_equal(attempt.status, "sent", str(attempt))
        require_arrived_whole(lab, letter)
        require_unread(lab, packets, letter)
        require_fields(lab.danegate.wait_for_event(
            event="decision", domain=letter.domain), verdict="relay",
            auth=auth)
        topology.until(lambda: queue_id not in server.queue(), 10,
                       "leaves the queue")


def require_office_keeps(lab, family, kind):
    server = lab.world.office(kind)
    for name, reason in (("mismatch.test", "tlsa-mismatch"),
                         ("stripped.test", "starttls-missing"),
                         ("lost-tlsa.test", "dns-failed")):
        letter = taxing_letter(world.SITES[name].domain(family))
        with lab.capture.watch() as packets:
            queue_id = server.submit(SENDER, letter.recipient, letter.text)
            attempt = server.wait_for_attempt(queue_id)
        require_equal(attempt.status, "deferred", str(attempt))
        require(reason in attempt.said, str(attempt))
        require(queue_id in server.queue(), "it is not in the queue")
        require_unread(lab, packets, letter)
        require_equal(lab.mx.messages(letter.recipient), [], "arrived")


@case
def exim_delivers(lab, family):
    """The office's mail server is Exim: delivered, authenticated, whole."""
    require_office_delivers(lab, family, mta.EximOffice)


@case
def exim_keeps(lab, family):
    """The office's mail server is Exim: what is held stays in its queue."""
    require_office_keeps(lab, family, mta.EximOffice)


@case
def sendmail_delivers(lab, family):
    """The office's mail server is sendmail: delivered, authenticated, whole."""
    require_office_delivers(lab, family, mta.SendmailOffice)


@case
def sendmail_keeps(lab, family):
    """The office's mail server is sendmail: what is held stays in its queue."""
    require_office_keeps(lab, family, mta.SendmailOffice)


@case
def swaks_delivers(lab, family):
    """A program without a queue mails by itself: delivered, whole."""
    site = world.SITES["dane-ee.test"]
    letter = taxing_letter(site.domain(family))
    with lab.capture.watch() as packets:
        status, said = mta.swaks(site.address(family), SENDER,
                                 letter.recipient, letter.text)
    require_equal(status, 0, said)
    require_arrived_whole(lab, letter)
    require_unread(lab, packets, letter)


@case
def swaks_is_told(lab, family):
    """A program without a queue is told 4xx and the reason, and ends with an
    error."""
    for name, code, reason in (
            ("mismatch.test", "421 4.7.5", "tlsa-mismatch"),
            ("stripped.test", "421 4.7.4", "starttls-missing")):
        site = world.SITES[name]
        letter = taxing_letter(site.domain(family))
        with lab.capture.watch() as packets:
            status, said = mta.swaks(site.address(family), SENDER,
                                     letter.recipient, letter.text)
        require(status != 0, said)
        require(any(f" {code} " in line and reason in line
                    for line in said.splitlines()), said)
        require_unread(lab, packets, letter)
        require_equal(lab.mx.messages(letter.recipient), [], "arrived")


@case
def mismatch_held(lab, family):
    """The server's key is not the published one: held."""
    require_held(lab, world.SITES["mismatch.test"], family, "tlsa-mismatch")


@case
def dane_ta_held(lab, family):
    """TLSA of the issuer, which did issue the server's certificate, but for
    another name, or until yesterday, or is not in the chain that is shown:
    held."""
    for name in "ta-name.test", "ta-expired.test", "no-anchor.test":
        require_held(lab, world.SITES[name], family, "tlsa-mismatch")


@case
def stripped_starttls_held(lab, family):
    """TLSA is published, somebody takes STARTTLS out of the offer: held."""
    require_held(lab, world.SITES["stripped.test"], family, "starttls-missing")


@case
def refused_starttls_held(lab, family):
    """TLSA is published, STARTTLS is offered but answered 454: held."""
    require_held(lab, world.SITES["refused.test"], family, "starttls-refused")


@case
def injected_reply_held(lab, family):
    """Plain text follows the answer to STARTTLS: an attack, held."""
    require_held(lab, world.SITES["injected.test"], family, "downgrade")


@case
def hello_answered_in_clear_held(lab, family):
    """The answer to STARTTLS is 220, and our hello is answered in plain text:
    the same attack one packet later, held and called the same."""
    sink = lab.world.sinks["injected.test"]
    sink.starttls = "plaintext"
    try:
        require_held(lab, world.SITES["injected.test"], family, "downgrade")
    finally:
        sink.starttls = "injected"
    lab.danegate.wait_for_event(event="starttls-injection",
                                reason="downgrade")


@case
def replaced_certificate_held(lab, family):
    """Somebody in the middle speaks TLS with a key of his own: held."""
    require_held(lab, world.SITES["replaced.test"], family, "tlsa-mismatch")


@case
def bogus_tlsa_held(lab, family):
    """The TLSA records' signature is broken: held, not taken as absent."""
    require_held(lab, world.SITES["bogus.test"], family, "dns-bogus")


@case
def removed_tlsa_held(lab, family):
    """Somebody answers that there are no TLSA records, and cannot prove it:
    held."""
    require_held(lab, world.SITES["removed-tlsa.test"], family, "dns-bogus")


@case
def forged_mx_held(lab, family):
    """The mail server was lied to about the MX and dials somebody with a good
    certificate for another name: held."""
    require_held(lab, world.SITES["forged.test"], family, "tlsa-mismatch")


@case
def failed_tlsa_lookup_held(lab, family):
    """Nobody can say whether there are TLSA records: held. An error is not
    absence."""
    require_held(lab, world.SITES["lost-tlsa.test"], family, "dns-failed")


@case
def failed_mx_lookup_held(lab, family):
    """The mail server was told an MX host that we cannot check, because the
    lookup fails for us: held."""
    require_held(lab, world.SITES["lost-mx.test"], family, "dns-failed")


@case
def unusable_tlsa_encrypted(lab, family):
    """TLSA records of which none is usable: TLS is a must, a name is not."""
    require_delivered(lab, world.SITES["pkix.test"], family, "tls")


@case
def no_tlsa_encrypted(lab, family):
    """No TLSA, proven absent; STARTTLS is offered: delivered over TLS."""
    require_delivered(lab, world.SITES["plain-tls.test"], family, "tls")


@case
def unsigned_zone_encrypted(lab, family):
    """A domain without DNSSEC; STARTTLS is offered: delivered over TLS."""
    require_delivered(lab, world.SITES["unsigned.test"], family, "tls")


@case
def no_tlsa_no_starttls_in_clear(lab, family):
    """No TLSA and no STARTTLS: delivered in clear, and called that. (The leak
    detector sees it: it works with danegate in between too.)"""
    letter, packets = require_delivered(lab, world.SITES["cleartext.test"],
                                        family, "none")
    require_equal(capture.found_in_clear(packets, letter.envelope()),
                  sorted(letter.envelope()), "found on the wire")


@case
def forgotten_starttls_held(lab, family):
    """No TLSA, but the server spoke TLS a moment ago and now does not offer
    it: a downgrade, held."""
    site = world.SITES["fickle.test"]
    sink = lab.world.sinks[site.name]
    attempt, _ = mail_to(lab, Letter(site.domain(family)))
    require_equal(attempt.status, "sent", str(attempt))
    sink.starttls = "absent"
    try:
        letter = Letter(site.domain(family))
        attempt, packets = mail_to(lab, letter)
    finally:
        sink.starttls = "offered"
    require_equal(attempt.status, "deferred", str(attempt))
    require("downgrade" in attempt.said, str(attempt))
    require_equal(capture.found_in_clear(packets, letter.envelope()), [],
                  "in clear on the wire")
    require_fields(lab.danegate.wait_for_event(
        event="decision", domain=letter.domain, verdict="defer"),
        reason="downgrade", level="dane")


@once
@case
def test_domain_knows_what_was_seen(lab, family):
    """`danegate test domain` comes to the daemon's own verdict on a host that
    spoke TLS before; a probe, which asks no daemon, does not."""
    site = world.SITES["fickle.test"]
    sink = lab.world.sinks[site.name]
    attempt, _ = mail_to(lab, Letter(site.domain(family)))
    require_equal(attempt.status, "sent", str(attempt))
    sink.starttls = "absent"
    try:
        for command, verdict in (("test domain", "defer"), ("probe", "relay")):
            done = lab.danegate.ask(*command.split(), site.domain(family))
            require(f"{site.domain(family)}: {verdict}" in done, done)
    finally:
        sink.starttls = "offered"


@case
def forgotten_starttls_held_after_restart(lab, family):
    """The same, with a restart of the daemon in between: it has not forgotten
    who spoke TLS."""
    site = world.SITES["fickle.test"]
    sink = lab.world.sinks[site.name]
    attempt, _ = mail_to(lab, Letter(site.domain(family)))
    require_equal(attempt.status, "sent", str(attempt))
    lab.danegate.restart()
    sink.starttls = "absent"
    try:
        letter = Letter(site.domain(family))
        attempt, packets = mail_to(lab, letter)
    finally:
        sink.starttls = "offered"
    require_equal(attempt.status, "deferred", str(attempt))
    require("downgrade" in attempt.said, str(attempt))
    require_unread(lab, packets, letter)
    require_fields(lab.danegate.wait_for_event(
        event="decision", domain=letter.domain, verdict="defer"),
        reason="downgrade", level="dane")


@case
def broken_tls_in_clear(lab, family):
    """A server that offers STARTTLS and cannot do it: held, unless its domain has
    level may and `fallback cleartext`; then in clear, on a second connection. A
    domain with TLSA records never is, whatever the operator says of others."""
    site = world.SITES["broken.test"]
    sink = lab.world.sinks[site.name]
    require_held(lab, site, family, "tls-failed")
    lab.danegate.reload(
        f"set policy domain .{site.name} level may",
        f"set policy domain .{site.name} fallback cleartext", wait="reloaded")
    try:
        letter = Letter(site.domain(family))
        attempt, packets = mail_to(lab, letter)
        require_equal(attempt.status, "sent", str(attempt))
        require(sink.messages[-1].endswith(letter.text + b".\r\n"),
                "it arrived changed")
        require_equal(capture.found_in_clear(packets, letter.envelope()),
                      sorted(letter.envelope()), "found on the wire")
        require_fields(lab.danegate.wait_for_event(
            event="decision", domain=letter.domain, verdict="relay"),
            auth="none", reason="ok", level="may", rule=f".{site.name}",
            why="in clear: the handshake failed")
        require_held(lab, world.SITES["mismatch.test"], family,
                     "tlsa-mismatch")
    finally:
        lab.danegate.reload(wait="reloaded")


@case
def exceptions_tried_again(lab, family):
    """The daemon finds out by itself which exceptions are no longer needed, and
    the report says so."""
    fine, wrong = world.SITES["dane-ee.test"], world.SITES["mismatch.test"]
    lab.danegate.reload(
        f"set policy domain {fine.domain(family)} level may",
        f"set policy domain {wrong.domain(family)} level may reason \"ask them\"",
        wait="reloaded")
    try:
        require_fields(lab.danegate.wait_for_event(
            event="exception-not-needed", domain=fine.domain(family)),
            level="may", without="dane", auth="dane-ee")
        require_fields(lab.danegate.wait_for_event(
            event="exception-needed", domain=wrong.domain(family)),
            reason="tlsa-mismatch", why="ask them")
        # The report has what a whole round found.
        rules = topology.until(lambda: [
            rule for rule in json.loads(lab.danegate.ask(
                "report", "--json"))["rules"] if "needed" in rule], 20,
            "the report tells of one")
        require_equal([(r["rule"].split()[0], r["needed"], r["auth_without"])
                       for r in rules],
                      [(fine.domain(family), False, "dane-ee")], "rules")
    finally:
        lab.danegate.reload(wait="reloaded")


@case
def report_names_domains(lab, family):
    """Each domain that was not protected or was held stands in the report, with
    the reason that is true of it; no local part does."""
    sites = world.SITES
    lab.danegate.reload(
        f"set policy domain {sites['plain-tls.test'].domain(family)} level may "
        "reason \"until they sign\"", wait="reloaded")
    wanted = {"not_protected": {}, "held": {}}
    try:
        for name, kind, reason in (
                ("cleartext.test", "not_protected", "no-tlsa"),
                ("plain-tls.test", "not_protected", "exception"),
                ("unsigned.test", "not_protected", "no-dnssec"),
                ("pkix.test", "not_protected", "tlsa-unusable"),
                ("dane-ee.test", None, None),
                ("mismatch.test", "held", "tlsa-mismatch"),
                ("stripped.test", "held", "starttls-missing"),
                ("refused.test", "held", "starttls-refused"),
                ("injected.test", "held", "downgrade"),
                ("bogus.test", "held", "dns-bogus"),
                ("lost-tlsa.test", "held", "dns-failed")):
            letter = Letter(sites[name].domain(family))
            attempt, _ = mail_to(lab, letter)
            require_equal(attempt.status, "deferred" if kind == "held" else
                          "sent", str(attempt))
            if kind:
                wanted[kind][letter.domain] = reason
    finally:
        lab.danegate.reload(wait="reloaded")
        lab.danegate.restart()
    text = topology.run(topology.GW, gateway.program("danegate"), "report",
                        "--json", "-c", lab.danegate.conf)
    require("secret" not in text, "a local part is in the report")
    report = json.loads(text)
    for kind, domains in wanted.items():
        found = {(entry["domain"], entry["reason"]): entry
                 for entry in report[kind]}
        for domain, reason in domains.items():
            require((domain, reason) in found,
                    f"{kind} {domain} {reason}: {sorted(found)}")
            if reason == "exception":
                require_equal(found[domain, reason]["exception"],
                              "until they sign", domain)
    protected = sites["dane-ee.test"].domain(family)
    require(protected not in {e["domain"] for e in report["not_protected"]},
            f"{protected} was protected")


@case
def null_mx_refused(lab, family):
    """The domain says that it takes no mail (RFC 7505): refused for good."""
    site, domain = world.SITES["dane-ee.test"], f"v{family}.no-mail.test"
    with mail.Dialogue(topology.LAN, site.address(family)) as smtp:
        smtp.ehlo()
        smtp.expect(250, f"MAIL FROM:<{SENDER}>")
        said = smtp.expect(556, f"RCPT TO:<bob@{domain}>")
        require(said.startswith("5.1.10 ") and "null-mx" in said, said)
    require_fields(lab.danegate.wait_for_event(event="decision",
                                               domain=domain),
                   verdict="reject", reason="null-mx")


@case
def tls_1_2_delivered(lab, family):
    """A server that speaks TLS 1.2 at most, with an RSA key: authenticated by
    DANE just as well."""
    site = world.SITES["old-tls.test"]
    sink = lab.world.sinks[site.name]
    letter = Letter(site.domain(family))
    attempt, packets = mail_to(lab, letter)
    require_equal(attempt.status, "sent", str(attempt))
    require(sink.messages[-1].endswith(letter.text + b".\r\n"),
            "it arrived changed")
    require_equal(capture.found_in_clear(packets, letter.envelope()), [],
                  "in clear on the wire")
    require_fields(lab.danegate.wait_for_event(event="decision",
                                               domain=letter.domain),
                   verdict="relay", auth="dane-ee", tls="TLSv1.2")


@case
def resumed_until_tlsa_changes(lab, family):
    """A second message resumes the TLS session of the first. Then the TLSA
    records are others: a full handshake, and held."""
    site = world.SITES["changing.test"]

    for wanted in ("no", "yes"):
        lab.danegate.mark()
        require_delivered(lab, site, family, "dane-ee")
        require_fields(lab.danegate.wait_for_event(
            event="decision", domain=site.domain(family)), resumed=wanted)
    lab.world.change_tlsa(site, "other")
    try:
        # What was known of DNS goes, and nothing else.
        lab.danegate.forget_dns()
        lab.danegate.mark()
        require_held(lab, site, family, "tlsa-mismatch")
        require_fields(lab.danegate.wait_for_event(
            event="decision", domain=site.domain(family)), resumed="no")
    finally:
        lab.world.change_tlsa(site, "own")
        lab.danegate.forget_dns()


@case
def two_messages_pipelined(lab, family):
    """Two messages in one session, their commands sent in one go: both arrive,
    each is answered."""
    site = world.SITES["dane-ee.test"]
    letters = [Letter(site.domain(family)), Letter(site.domain(family))]
    with lab.capture.watch() as packets, \
            mail.Dialogue(topology.LAN, site.address(family)) as smtp:
        smtp.ehlo()
        require(smtp.has_extn("pipelining"), "PIPELINING is not offered")
        for letter in letters:
            smtp.send(f"MAIL FROM:<{SENDER}>\r\n"
                      f"RCPT TO:<{letter.recipient}>\r\nDATA\r\n".encode())
            codes = [smtp.getreply()[0] for _ in range(3)]
            require_equal(codes, [250, 250, 354], "answers")
            smtp.send(letter.text + b".\r\n")
            require_equal(smtp.getreply()[0], 250, "end of data")
    for letter in letters:
        lab.mx.wait_for_message(letter.recipient)
        require_unread(lab, packets, letter)


@case
def recipients_in_one_flight(lab, family):
    """Twenty recipients sent ahead go on without waiting for each other: this MX
    says nothing to any of them before it has them all. DATA waits for that."""
    site = world.SITES["bytes.test"]
    sink = lab.world.sinks[site.name]
    letter = Letter(site.domain(family))
    sink.rcpts, begin = 20, len(sink.commands)
    try:
        with lab.capture.watch() as packets, \
                mail.Dialogue(topology.LAN, site.address(family)) as smtp:
            smtp.ehlo()
            smtp.send(f"MAIL FROM:<{SENDER}>\r\n".encode()
                      + f"RCPT TO:<{letter.recipient}>\r\n".encode() * 20
                      + b"DATA\r\n")
            codes = [smtp.getreply()[0] for _ in range(22)]
            require_equal(codes, 21 * [250] + [354], "answers")
            smtp.send(letter.text + b".\r\n")
            require_equal(smtp.getreply()[0], 250, "end of data")
    finally:
        sink.rcpts = 1
    verbs = [line[:4] for _, line in sink.commands[begin:]]
    require_equal(verbs.count(b"RCPT"), 20, str(verbs))
    require_equal(capture.found_in_clear(packets, letter.envelope()), [],
                  "in clear on the wire")
    lab.danegate.wait_for_event(event="delivered", to="20")


@case
def two_domains_one_server(lab, family):
    """Two recipients in two domains of one server, in one session: each is
    decided, both are delivered."""
    site = world.SITES["dane-ee.test"]
    first = Letter(site.domain(family))
    second = Letter(f"too{family}.{site.name}")
    with lab.capture.watch() as packets, \
            mail.Dialogue(topology.LAN, site.address(family)) as smtp:
        smtp.ehlo()
        smtp.expect(250, f"MAIL FROM:<{SENDER}>")
        smtp.expect(250, f"RCPT TO:<{first.recipient}>")
        smtp.expect(250, f"RCPT TO:<{second.recipient}>")
        smtp.send_data(first.text)
    for letter in (first, second):
        lab.mx.wait_for_message(letter.recipient)
        require_fields(lab.danegate.wait_for_event(
            event="decision", domain=letter.domain, verdict="relay"),
            auth="dane-ee", reason="ok")
        require_unread(lab, packets, letter)


@case
def two_domains_two_servers(lab, family):
    """Two recipients in one session, of whom this server may have the first
    alone: the second gets 451 and the first his mail."""
    site, other = world.SITES["dane-ee.test"], world.SITES["dane-ta.test"]
    first, second = Letter(site.domain(family)), Letter(other.domain(family))
    with lab.capture.watch() as packets, \
            mail.Dialogue(topology.LAN, site.address(family)) as smtp:
        smtp.ehlo()
        smtp.expect(250, f"MAIL FROM:<{SENDER}>")
        smtp.expect(250, f"RCPT TO:<{first.recipient}>")
        said = smtp.expect(451, f"RCPT TO:<{second.recipient}>")
        require("other-server" in said, said)
        smtp.send_data(first.text)
    lab.mx.wait_for_message(first.recipient)
    require_equal(lab.mx.messages(second.recipient), [], "arrived")
    require_unread(lab, packets, second)


def large_message():
    """5 MB with every byte above 127, dots in all places, lines of every
    length up to beyond what any buffer holds."""
    source = random.Random(7672)
    high = bytes(range(128, 256))
    lines = [b"Subject: large", b"", b".", b"..", b"...", b"", b".x", b"x.",
             b"." * 3000, high * 40, b"x" * 70000]
    size = sum(map(len, lines))
    while size < 5_000_000:
        line = bytearray(source.randbytes(source.randrange(3000)))
        for byte in b"\r\n\0":
            line = line.replace(bytes([byte]), b".")
        lines.append(bytes(line))
        size += len(line)
    return b"\r\n".join(lines) + b"\r\n.\t\r\n"


@case
def same_bytes(lab, family):
    """What the MX receives is byte for byte what the mail server sent."""
    site = world.SITES["bytes.test"]
    sink = lab.world.sinks[site.name]
    message = large_message()
    before = len(sink.messages)
    with mail.Dialogue(topology.LAN, site.address(family)) as smtp:
        smtp.ehlo()
        smtp.expect(250, f"MAIL FROM:<{SENDER}> BODY=8BITMIME")
        smtp.expect(250, f"RCPT TO:<bytes@{site.domain(family)}>")
        smtp.send_data(message)
    require_equal(len(sink.messages) - before, 1, "messages received")
    received = sink.messages[-1].removesuffix(b".\r\n")
    received = received.replace(b"\r\n.", b"\r\n")
    require_equal(hashlib.md5(received).hexdigest(),
                  hashlib.md5(message).hexdigest(), "MD5")
    require(all(over_tls for over_tls, line in sink.commands
                if not line[:4].upper() in (b"EHLO", b"STAR")),
            "something but EHLO and STARTTLS came in clear")


@case
def large_mail_server_message(lab, family):
    """A large message from the mail server's queue into the MX's mailbox."""
    letter = Letter(world.SITES["dane-ta.test"].domain(family))
    letter.text += large_message()
    attempt, packets = mail_to(lab, letter)
    require_equal(attempt.status, "sent", str(attempt))
    received = lab.mx.wait_for_message(letter.recipient)
    require(received.endswith(letter.text.replace(b"\r\n", b"\n")),
            "it arrived changed")
    require_unread(lab, packets, letter)


@case
def killed_daemon_leaks_nothing(lab, family):
    """danegated is killed with -9: not a packet to port 25 gets out, the mail
    stays in the queue, and is delivered when danegated is back."""
    sites = world.SITES["dane-ee.test"], world.SITES["cleartext.test"]
    letters = [Letter(site.domain(family)) for site in sites]
    lab.danegate.check()
    lab.danegate.daemon.kill()
    queue_ids = []
    try:
        for letter in letters:
            attempt, packets = mail_to(lab, letter)
            require_equal(attempt.status, "deferred", str(attempt))
            require_equal(len(packets), 0, "packets to port 25 on the WAN")
            queue_ids.append(attempt.queue_id)
        require(set(queue_ids) <= set(lab.mta.queue()), "not in the queue")
    finally:
        lab.danegate.start()
    for queue_id, letter in zip(queue_ids, letters):
        lab.mta.retry(queue_id)
        attempt = lab.mta.wait_for_attempt(queue_id, 2)
        require_equal(attempt.status, "sent", f"again: {attempt}")
        lab.mx.wait_for_message(letter.recipient)


@case
def exempt_source_untouched(lab, family):
    """A source that the configuration exempts is forwarded as it is, another
    one is not."""
    site = world.SITES["plain-tls.test"]
    lab.danegate.reconfigure(
        f"set intercept exempt {topology.MTA[family]}")
    lab.danegate.firewall("apply")
    try:
        with mail.Dialogue(topology.LAN, site.address(family)) as smtp:
            smtp.ehlo()
            require(smtp.has_extn("starttls"), "intercepted")
    finally:
        lab.danegate.reconfigure()
        lab.danegate.firewall("apply")


@contextlib.contextmanager
def preserved_source(lab):
    """Servers see the mail server's own address meanwhile."""
    lab.danegate.reload("set proxy source preserve", wait="reloaded")
    lab.danegate.firewall("apply")
    try:
        yield
    finally:
        lab.danegate.reload(wait="reloaded")
        lab.danegate.firewall("apply")


@contextlib.contextmanager
def another_address(namespace, interface, address):
    """One more for an interface."""
    words = [address + ("/64" if ":" in address else "/24"), "dev", interface]
    topology.run(namespace, "ip", "address", "add", *words,
                 *(["nodad"] if ":" in address else []))
    try:
        yield
    finally:
        topology.run(namespace, "ip", "address", "del", *words)


@contextlib.contextmanager
def rules(namespace, text):
    """Rules of somebody else's, of a table of their own."""
    topology.run(namespace, "nft", f"table inet lab {{ {text}; }}")
    try:
        yield
    finally:
        topology.run(namespace, "nft", "delete table inet lab")


def seen_by_mx(lab, family, source):
    """Delivers a letter from that address; whom the MX says it came from."""
    site = world.SITES["dane-ee.test"]
    letter = Letter(site.domain(family))
    with lab.capture.watch() as packets, \
            mail.Dialogue(topology.LAN, site.address(family),
                          source=source) as smtp:
        smtp.ehlo()
        smtp.expect(250, f"MAIL FROM:<{SENDER}>")
        smtp.expect(250, f"RCPT TO:<{letter.recipient}>")
        smtp.send_data(letter.text)
    require_unread(lab, packets, letter)
    received = lab.mx.wait_for_message(letter.recipient)
    return re.search(rb"\(unknown \[(?:IPv6:)?([^]]*)\]\)",
                     received).group(1).decode()


ROUTER = {4: "198.51.100.1", 6: "2001:db8:2::1"}
SECOND = {4: "192.0.2.3", 6: "2001:db8:1::3"}


@case
def router_seen_by_mx(lab, family):
    """Unless the operator says otherwise the MX sees the router."""
    require_equal(seen_by_mx(lab, family, topology.MTA[family]),
                  ROUTER[family], "the MX saw")


@case
def own_address_seen_by_mx(lab, family):
    """With `proxy source preserve` the MX sees the mail server's own address,
    whichever of several it used; all else is as before."""
    with preserved_source(lab), \
            another_address(topology.LAN, "eth0", SECOND[family]):
        for source in topology.MTA[family], SECOND[family]:
            require_equal(seen_by_mx(lab, family, source), source,
                          "the MX saw")
        require_delivered(lab, world.SITES["dane-ta.test"], family, "dane-ta")
        require_held(lab, world.SITES["mismatch.test"], family,
                     "tlsa-mismatch")


@case
def own_address_masqueraded(lab, family):
    """The same where the router masquerades what leaves the office: the
    answers find their way back, and no connection is taken for another."""
    with preserved_source(lab), rules(
            topology.GW, "chain c { type nat hook postrouting priority srcnat;"
            f" oifname {topology.GW_WAN_INTERFACE} masquerade; }}"):
        for _ in range(3):
            require_equal(seen_by_mx(lab, family, topology.MTA[family]),
                          ROUTER[family], "the MX saw")


@case
def masqueraded(lab, family):
    """The router's own address under masquerading."""
    with rules(
            topology.GW, "chain c { type nat hook postrouting priority srcnat;"
            f" oifname {topology.GW_WAN_INTERFACE} masquerade; }}"):
        require_equal(seen_by_mx(lab, family, topology.MTA[family]),
                      ROUTER[family], "the MX saw")


def require_greeting(family, host, code, words):
    """Whoever dials that host of the world is greeted so, and closed."""
    with topology.connect(topology.LAN, topology.wan_address(host, family),
                          25) as connection:
        greeting = b"".join(iter(lambda: connection.recv(1000), b"")).decode()
    require(greeting.startswith(code) and words in greeting, greeting)


NOBODY = 250


@case
def failed_connection_told(lab, family):
    """Nobody listens there, or the way there says that it leads nowhere: the
    mail server is told at once, with the cause, and tries its next MX."""
    address = topology.wan_address(NOBODY, family)
    no_way = ("chain c { type filter hook input priority 0; tcp dport 25 "
              f"{'ip' if family == 4 else 'ip6'} daddr "
              f"{address} reject with icmpx type host-unreachable; }}")
    for source in contextlib.nullcontext(), preserved_source(lab):
        with source, another_address(topology.WAN, "eth0", address):
            require_greeting(family, NOBODY, "421 4.4.1", "refused")
            with rules(topology.WAN, no_way):
                require_greeting(family, NOBODY, "421 4.4.1",
                                 "No route to host")


def require_refused(address, port):
    """A connection from the office to there is reset."""
    try:
        topology.connect(topology.LAN, address, port).close()
    except ConnectionRefusedError:
        return
    raise AssertionError(f"{address} port {port}: taken")


@case
def router_itself_refused(lab, family):
    """Who dials the router itself, on whatever address of its and whatever
    port of ours, gets a reset: also where a rule for the world's mail would
    send it back into the office."""
    second, office, ip = {4: ("192.0.2.77", "192.0.2.1", "ip"),
                          6: ("2001:db8:1::77", "2001:db8:1::1", "ip6")}[family]
    with another_address(topology.GW, topology.GW_LAN_INTERFACE, second):
        for address in second, office, ROUTER[family]:
            for port in 25, 10025:
                require_refused(address, port)
    hairpin = ("chain c { type nat hook prerouting priority dstnat; "
               f"{ip} daddr {ROUTER[family]} tcp dport 25 dnat {ip} to "
               f"{topology.MTA[family]}; }}")
    with rules(topology.GW, hairpin):
        require_refused(ROUTER[family], 25)
    require_equal(lab.danegate.events(event="connect-failed"), [], "sessions")


def authorities(lab):
    """A file of two authorities, ours the second; readable for the daemon."""
    path = lab.danegate.folder / "authorities.pem"
    path.write_text("".join(
        open(c.certificate, encoding="ascii").read()
        for c in (lab.world.nobodys, lab.world.ca)))
    return f"set tls ca-file {path}"


@case
def verify_by_authorities(lab, family):
    """Level verify: delivered where an authority of ours vouches for the MX
    host's name, whatever is published; else held: another name, expired,
    signed by itself, in clear."""
    sites = world.SITES
    lab.danegate.reload(authorities(lab), "set policy default verify",
                        wait="reloaded")
    try:
        require_delivered(lab, sites["plain-tls.test"], family, "pkix")
        require_delivered(lab, sites["dane-ta.test"], family, "pkix")
        for name, reason in (("wrong-name.test", "tls-failed"),
                             ("expired.test", "tls-failed"),
                             ("dane-ee.test", "tls-failed"),
                             ("cleartext.test", "starttls-missing")):
            require_held(lab, sites[name], family, reason)
    finally:
        lab.danegate.reload(wait="reloaded")


@case
def verify_one_domain(lab, family):
    """Level verify for one domain alone: the others go on as before."""
    site = world.SITES["wrong-name.test"]
    lab.danegate.reload(authorities(lab), "set policy domain "
                        f"{site.domain(family)} level verify", wait="reloaded")
    try:
        require_held(lab, site, family, "tls-failed")
        require_delivered(lab, world.SITES["dane-ee.test"], family, "dane-ee")
    finally:
        lab.danegate.reload(wait="reloaded")
    lab.danegate.mark()
    require_delivered(lab, site, family, "tls")


@once
@case
def verify_without_authorities(lab, _family):
    """Level verify and no file of authorities: a bad configuration, by daemon
    and command; SIGHUP with it changes nothing. Where no rule wants them the
    file is not looked at."""
    bad = lab.danegate.folder / "bad.conf"
    missing, empty = (lab.danegate.folder / name
                      for name in ("missing.pem", "empty.pem"))
    empty.write_text("nothing\n")
    for path in missing, empty:
        for level, code in (("verify", 2), ("dane", 0)):
            bad.write_text(f"set tls ca-file {path}\n"
                           f"set policy relay 192.0.2.1 name a.test level "
                           f"{level}\n")
            for command in (("danegated", "-f", "-t", "-c", bad),
                            ("danegate", "config", "check", bad)):
                done = topology.subprocess.run(
                    [gateway.program(command[0]), *command[1:]], timeout=20,
                    capture_output=True, text=True, check=False)
                require_equal(done.returncode, code, str(command))
                require(("ca-file" in done.stderr) == (code == 2),
                        done.stderr)
    lab.danegate.reload(f"set tls ca-file {missing}",
                        "set policy default verify", wait="reload-refused")
    lab.danegate.reload(wait="reloaded")


@once
@case
def reload_takes_all_or_nothing(lab, _family):
    """SIGHUP with a bad configuration changes nothing and says where it is
    bad; with a good one the next session follows it, and no session is lost."""
    site = world.SITES["plain-tls.test"]
    letter = Letter(site.domain(4))
    with mail.Dialogue(topology.LAN, site.address(4)) as smtp:
        smtp.ehlo()
        lab.danegate.reload("set policy default dance", wait="reload-refused")
        said = lab.danegate.wait_for_event(event="config-bad")["text"]
        require("danegate.conf:" in said and "expected none, may" in said,
                said)
        smtp.expect(250, f"MAIL FROM:<{SENDER}>")
        smtp.expect(250, f"RCPT TO:<{letter.recipient}>")
        try:
            lab.danegate.reload("set policy default block", wait="reloaded")
            smtp.send_data(letter.text)
            lab.mx.wait_for_message(letter.recipient)
            smtp.expect(250, f"MAIL FROM:<{SENDER}>")
            said = smtp.expect(451, f"RCPT TO:<{letter.recipient}>")
            require("policy-block" in said, said)
        finally:
            lab.danegate.reload(wait="reloaded")


@once
@case
def bad_configuration_refused(lab, _family):
    """A configuration that cannot be: file, line and what was expected; exit
    2, by the daemon and by the command."""
    bad = lab.danegate.folder / "bad.conf"
    bad.write_text("set dns server 192.0.2.53\nset policy default dance\n")
    for command in (("danegated", "-f", "-t", "-c", bad),
                    ("danegated", "-f", "-c", bad),
                    ("danegate", "config", "check", bad),
                    ("danegate", "firewall", "apply", "-c", bad)):
        done = topology.subprocess.run(
            [gateway.program(command[0]), *command[1:]], timeout=20,
            capture_output=True, text=True, check=False)
        require_equal(done.returncode, 2, str(command))
        require(f"{bad}:2: expected none, may" in done.stderr, done.stderr)


@once
@case
def resolvers_of_the_system(lab, _family):
    """Without a `dns server` the router's own resolvers are asked; a router
    that has none cannot validate, and the daemon says so and ends."""
    conf = lab.danegate.folder / "system-resolvers.conf"
    conf.write_text("set proxy listen-port 10026\nset proxy user nobody\n"
                    f"set state directory {lab.danegate.folder}/state\n"
                    f"set control socket {lab.danegate.folder}/control-2\n")
    nobody = lab.danegate.folder / "resolv.conf-none"
    nobody.write_text("search test\n")
    command = [gateway.program("danegated"), "-f", "-c", conf]
    daemon = topology.Process(topology.GW, command,
                              resolv_conf=lab.world.resolv_conf(dns.RESOLVER))
    try:
        daemon.wait_for_line("listening")
    finally:
        status = daemon.stop()
    require_equal(status, 0, "with a resolver")
    daemon = topology.Process(topology.GW, command, resolv_conf=nobody)
    topology.until(lambda: not daemon.alive(), 10, "ends by itself")
    require_equal(daemon.stop(), 1, "without any resolver")
    require(any("no dns server is configured" in line
                for line in daemon.lines), daemon.lines)


@once
@case
def stop_finishes_the_message(lab, _family):
    """SIGTERM in the middle of a message: it is finished, its answer is the
    MX's, then the daemon ends; an idle session gets 421 at once."""
    site = world.SITES["dane-ee.test"]
    letter = Letter(site.domain(4))
    with mail.Dialogue(topology.LAN, site.address(4)) as idle, \
            mail.Dialogue(topology.LAN, site.address(4)) as smtp:
        idle.ehlo()
        smtp.ehlo()
        smtp.expect(250, f"MAIL FROM:<{SENDER}>")
        smtp.expect(250, f"RCPT TO:<{letter.recipient}>")
        smtp.expect(354, "DATA")
        smtp.send(letter.text[:100])
        lab.danegate.daemon.process.terminate()
        try:
            require_equal(idle.getreply()[0], 421, "idle session")
            smtp.send(letter.text[100:] + b".\r\n")
            require_equal(smtp.getreply()[0], 250, "end of data")
            require_equal(smtp.getreply()[0], 421, "then")
            smtp.close()
            idle.close()
            require_equal(lab.danegate.daemon.process.wait(10), 0, "exit")
        finally:
            lab.danegate.start()
    lab.mx.wait_for_message(letter.recipient)


@once
@case
def figures_survive_a_restart(lab, _family):
    """The report counts what was delivered before a restart of the daemon; the
    counters since the start begin at zero."""
    require_delivered(lab, world.SITES["dane-ee.test"], 4, "dane-ee")
    lab.danegate.restart()
    command = (topology.GW, gateway.program("danegate"))
    conf = ("-c", lab.danegate.conf)
    report = json.loads(topology.run(*command, "report", "--json", *conf))
    require(report["sums"]["auth/dane-ee"] >= 1, report)
    require(report["sums"]["messages"] >= 1, report)
    metrics = topology.run(*command, "metrics", *conf)
    require("danegate_messages_total 0\n" in metrics, metrics)
    require(metrics.endswith("# EOF\n"), metrics)


@once
@case
def firewall_comes_and_goes(lab, _family):
    """`firewall apply` twice is the same as once; `remove` takes away what it
    brought and nothing else."""
    applied = gateway.network_state()
    require("tproxy" in applied, "no rule for interception")
    lab.danegate.firewall("apply")
    require_equal(gateway.network_state(), applied, "applied twice")
    lab.danegate.firewall("remove")
    try:
        require_equal(gateway.network_state(), lab.danegate.before, "removed")
    finally:
        lab.danegate.firewall("apply")
    require_equal(gateway.network_state(), applied, "applied again")
    with preserved_source(lab):
        preserving = gateway.network_state()
        lab.danegate.firewall("apply")
        require_equal(gateway.network_state(), preserving, "applied twice")
    require_equal(gateway.network_state(), applied, "back to the router's")
