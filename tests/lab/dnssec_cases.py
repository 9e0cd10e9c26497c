"""The questions of the differential suite: what is asked, how the answer is
spoilt, and what danegate must say. A case's function changes the answer to one
question (the case's own, unless `at` names another); its docstring names the
rule where the case's name does not.
"""

import contextlib
import dataclasses
import random
import struct
import time

import dnssec_broken
import dnssec_wire as wire
import dnssec_zones

SECURE, INSECURE, BOGUS, INDETERMINATE = (
    "secure", "insecure", "bogus", "indeterminate")
DAY = 86400
CASES = []


class NothingThere(Exception):
    """Nothing that could be spoilt."""


@dataclasses.dataclass
class Case:
    name: str
    question: str  # "www.nsec.test. A"
    wanted: str
    spoil: object = None
    at: str = ""  # the question whose answer is spoilt; "*": all

    def spoiler(self, tools):
        """For the forwarder."""
        if self.spoil is None:
            return None
        asked = self.question.lower().split()[0]

        def spoil(name, kind, message):
            question = f"{name} {kind}"
            if self.at in ("*", question) or \
                    not self.at and question == self.question:
                return self.spoil(tools, message)
            # Whoever finds no proof may look for it in the answer to DS.
            if not self.at and (name, kind) == (asked, "DS"):
                with contextlib.suppress(NothingThere):
                    return self.spoil(tools, message)
            return None
        return spoil


def good(name, question, wanted=SECURE):
    CASES.append(Case(name, question, wanted))


def spoilt(question, wanted=BOGUS, at=""):
    """Registers the function below it."""
    def register(function):
        CASES.append(Case(function.__name__.replace("_", "-"), question,
                          wanted, function, at))
        return function
    return register


def spoilt_by(name, question, function, wanted=BOGUS, at=""):
    CASES.append(Case(name, question, wanted, function, at))


class Tools:
    """What the cases' functions work with."""

    def __init__(self, world, source):
        self.world, self.ask = world, source.ask

    def keys(self, origin):
        """Key signing key, zone signing key."""
        return self.world.zones[origin].keys

    def sign(self, records, origin=None, key=None, signer=None, begins=-DAY,
             expires=DAY, **how):
        origin = origin or self.world.zone_of(records[0].owner).origin
        key = key or self.keys(origin)[records[0].type != "DNSKEY"]
        now = int(time.time())
        return wire.sign(records, key, signer or origin, now + begins,
                         now + expires, **how)

    def resign(self, message, word, **how):
        """Signs each RRset of that type anew."""
        for section in (message.answer, message.authority):
            owners = {r.owner for r in section if r.type == word}
            for owner in sorted(owners):
                records = [r for r in section
                           if r.type == word and r.owner == owner]
                section[:] = [r for r in section if r.owner != owner
                              or r.covers() != word]
                section.append(self.sign(records, **how))

    def nsec(self, owner):
        """The NSEC record of a name, with its signature."""
        return self.ask(owner, "NSEC").answer

    def soa(self, origin):
        return [r for r in self.ask(origin, "SOA").answer
                if "SOA" in (r.type, r.covers())]

    def negative(self, message, origin, records, rcode=wire.NOERROR):
        """Makes message one that denies."""
        message.answer, message.rcode = [], rcode
        message.authority = [*self.soa(origin), *records]

    def signed(self, record, **how):
        return [record, self.sign([record], **how)]

    def nsec3_match(self, name, types, origin, **how):
        digest = wire.nsec3_hash(name)
        return self._nsec3(digest, _next(digest, 1), types, origin, **how)

    def nsec3_cover(self, name, origin, **how):
        digest = wire.nsec3_hash(name)
        return self._nsec3(_next(digest, -1), _next(digest, 1), ["A", "RRSIG"],
                           origin, **how)

    def _nsec3(self, digest, following, types, origin, **how):
        record = wire.Record(f"{wire.base32hex(digest)}.{origin}", "NSEC3", 60,
                             wire.nsec3_rdata(following, types, **how))
        return self.signed(record, origin=origin)


def _next(digest, step):
    return (int.from_bytes(digest, "big") + step).to_bytes(20, "big")


# Changing messages

def sections(message):
    return message.answer, message.authority


def fits(record, word, covers=None, owner=None):
    return record.type == word and covers in (None, record.covers()) and \
        owner in (None, record.owner)


def drop(message, word, covers=None, owner=None):
    dropped = 0
    for section in sections(message):
        kept = [r for r in section if not fits(r, word, covers, owner)]
        dropped += len(section) - len(kept)
        section[:] = kept
    if not dropped:
        raise NothingThere(f"no {word} to drop")


def drop_set(message, word, owner=None):
    """With its signatures."""
    drop(message, word, owner=owner)
    drop(message, "RRSIG", word, owner)


def edit(message, word, change, covers=None):
    """Changes the RDATA of all such records."""
    changed = 0
    for section in sections(message):
        for i, record in enumerate(section):
            if fits(record, word, covers):
                section[i] = record.copy(rdata=change(record.rdata))
                changed += 1
    if not changed:
        raise NothingThere(f"no {word} to change")


def poke(at, octets):
    """Writes octets over RDATA at that place (from the end if negative)."""
    def change(rdata):
        begin = at if at >= 0 else len(rdata) + at
        return rdata[:begin] + octets + rdata[begin + len(octets):]
    return change


def flip(at):
    def change(rdata):
        data = bytearray(rdata)
        data[at] ^= 1
        return bytes(data)
    return change


# Good answers of every kind

def add_good():
    for zone in ("nsec", "nsec3", "salted", "knot", "knotnsec", "it100"):
        z = f"{zone}.test."
        for label, question in (
                ("address", f"www.{z} A"), ("tlsa", f"_25._tcp.mx.{z} TLSA"),
                ("nodata", f"www.{z} TXT"), ("nxdomain", f"nope.{z} A"),
                ("nxdomain-deep", f"a.b.nope.{z} A"), ("ent", f"ent.{z} A"),
                ("ent-below", f"_tcp.mx.{z} TLSA"),
                ("wildcard", f"x.wild.{z} A"),
                ("wildcard-deep", f"x.y.wild.{z} A"),
                ("wildcard-nodata", f"x.wild.{z} MX"),
                ("wildcard-cname", f"x.wcname.{z} A"),
                ("cname", f"alias.{z} A"), ("dname", f"a.dn.{z} A"),
                ("dname-nxdomain", f"b.dn.{z} A"),
                ("apex-ds", f"{z} DS"), ("no-ds", f"www.{z} DS")):
            good(f"good-{label}-{zone}", question)
        good(f"good-unsigned-ds-{zone}", f"cut.{z} DS")
        good(f"good-unsigned-below-{zone}", f"www.cut.{z} A", INSECURE)
    for zone in ("nsec", "nsec3"):
        good(f"good-child-{zone}", f"www.sub.{zone}.test. A")
        good(f"good-cname-out-{zone}", f"out.{zone}.test. A")
        good(f"good-dname-out-{zone}", f"www.dnout.{zone}.test. A")
        good(f"good-cname-to-unsigned-{zone}", f"toplain.{zone}.test. A",
             INSECURE)
        good(f"good-cname-to-nowhere-{zone}", f"tonowhere.{zone}.test. A")
    good("good-root", ". NS")
    good("good-tld", "test. NS")
    good("good-root-nxdomain", "nosuchtld. A")
    good("good-unsigned", "www.plain.test. A", INSECURE)
    good("good-unsigned-nxdomain", "nope.plain.test. A", INSECURE)
    good("good-unsigned-cname", "alias.plain.test. A", INSECURE)
    good("good-unsigned-to-signed", "out.plain.test. A", INSECURE)
    # The signer gives a delegation in an opt-out zone its NSEC3 all the same.
    good("good-tld-optout-ds", "plain.test. DS")
    good("good-tld-optout-nxdomain", "nosuchzone.test. A", INSECURE)
    for label, question, wanted in (
            ("address", "www.optout.test. A", SECURE),
            ("nodata", "www.optout.test. TXT", SECURE),
            ("nxdomain", "nope.optout.test. A", INSECURE),
            ("child", "www.sub.optout.test. A", SECURE),
            ("unsigned", "www.cut.optout.test. A", INSECURE),
            ("unsigned-ds", "cut.optout.test. DS", INSECURE),
            ("wildcard", "x.wild.optout.test. A", INSECURE)):
        good(f"good-optout-{label}", question, wanted)
    for zone in ("it101", "it500"):
        good(f"{zone}-address", f"www.{zone}.test. A")
        for label, question in (("nxdomain", f"nope.{zone}.test. A"),
                                ("nodata", f"www.{zone}.test. TXT"),
                                ("wildcard", f"x.wild.{zone}.test. A"),
                                ("unsigned", f"www.cut.{zone}.test. A")):
            good(f"{zone}-{label}", question, INSECURE)
    for zone in ("d1", "d4", "d12", "d124"):
        good(f"digest-{zone}", f"www.{zone}.test. A")
    for zone in ("dgost", "dmd5", "dprivate"):
        good(f"digest-{zone}", f"www.{zone}.test. A", INSECURE)
    for signer in ("ldns", "bind", "knot"):
        for number in dnssec_zones.ALGORITHMS:
            wanted = INSECURE if number == 16 else SECURE
            z = f"{signer}{number}.test."
            good(f"algorithm-{number}-{signer}", f"_25._tcp.mx.{z} TLSA",
                 wanted)
            good(f"algorithm-{number}-{signer}-denied", f"nope.{z} A", wanted)


add_good()
for count in (2, 1, 0):
    steps = dnssec_zones.CHAIN - count
    good(f"chain-of-{steps}", f"c{count}.nsec.test. A",
         SECURE if steps <= 11 else BOGUS)
good("loop-self", "self.nsec.test. A", BOGUS)
good("loop-two", "loop1.nsec.test. A", BOGUS)

# Zones that are broken in their files.
for name_, question_ in dnssec_broken.cases():
    good(name_, question_, BOGUS)

# Names that no host has.
good("odd-wildcard-itself", "*.wild.nsec.test. A")
good("odd-wildcard-itself-nsec3", "*.wild.nsec3.test. A")
good("odd-wildcard-absent", "*.nsec.test. A")
good("odd-octets", r"a\032b.nsec.test. A")

WWW = "www.nsec.test. A"

# Signatures, RFC 4034 section 3, RFC 4035 section 5.3: made by the zone's own
# key, and wrong in what they say.

for name_, wanted_, how_ in (
        ("expired", BOGUS, {"begins": -20 * DAY, "expires": -10 * DAY}),
        ("expired-just-now", BOGUS, {"expires": -5}),
        ("not-yet-valid", BOGUS, {"begins": 10 * DAY, "expires": 20 * DAY}),
        ("ends-before-it-begins", BOGUS, {"begins": DAY, "expires": -DAY}),
        ("ends-before-both", BOGUS, {"begins": 2 * DAY, "expires": DAY}),
        ("lasts-40-years", SECURE, {"expires": 14600 * DAY}),
        ("ends-soon", SECURE, {"expires": 60}),
        ("labels-too-many", BOGUS, {"labels": 4}),
        ("labels-too-few", BOGUS, {"labels": 2}),
        ("labels-above-zone", BOGUS, {"labels": 1}),
        ("labels-none", BOGUS, {"labels": 0}),
        # A zone may speak for what lies below it, as it may delegate it away.
        ("signer-parent", SECURE, {"origin": "test."}),
        ("signer-root", SECURE, {"origin": "."}),
        ("signer-sibling", BOGUS, {"origin": "other.test."}),
        ("signer-name-below", BOGUS, {"signer": "www.nsec.test."}),
        ("signer-name-parent", BOGUS, {"signer": "test."}),
        ("key-tag-wrong", BOGUS, {"tag": 1}),
        ("owner-of-another", BOGUS, {"owner": "zz.nsec.test."}),
        ("original-ttl-larger", SECURE, {"ttl": 86400}),
        ("original-ttl-smaller", SECURE, {"ttl": 30})):
    spoilt_by(f"signature-{name_}", WWW,
              lambda t, m, how=how_: t.resign(m, "A", **how), wanted_)

for name_, change_ in (
        ("bit-flipped", flip(-1)), ("first-bit-flipped", flip(40)),
        ("cut-by-one", lambda rdata: rdata[:-1]),
        ("longer-by-one", lambda rdata: rdata + b"\0"),
        ("empty", lambda rdata: rdata[:-64]),
        ("zero", lambda rdata: rdata[:-64] + bytes(64)),
        ("cut-in-the-head", lambda rdata: rdata[:17]),
        ("algorithm-changed", poke(2, b"\x08")),
        ("algorithm-unknown", poke(2, b"\xfd")),
        ("labels-changed", poke(3, b"\x02")),
        ("ttl-changed", poke(4, struct.pack("!I", 301))),
        ("expiry-moved", poke(8, struct.pack("!I", int(time.time()) + 999))),
        ("covers-changed", poke(0, struct.pack("!H", 28)))):
    spoilt_by(f"signature-{name_}", WWW,
              lambda t, m, c=change_: edit(m, "RRSIG", c, "A"))

spoilt_by("signature-missing", WWW, lambda t, m: drop(m, "RRSIG", "A"))
spoilt_by("signature-by-key-signing-key", WWW,
          lambda t, m: t.resign(m, "A", key=t.keys("nsec.test.")[0]), SECURE)
spoilt_by("signature-by-unknown-key", WWW,
          lambda t, m: t.resign(m, "A", key=wire.Key.new()))


@spoilt(WWW, SECURE)
def signature_bad_before_good(t, m):
    sig = next(r for r in m.answer if r.covers() == "A")
    m.answer.insert(0, sig.copy(rdata=flip(-1)(sig.rdata)))


@spoilt(WWW, SECURE)
def signature_expired_beside_good(t, m):
    records = [r for r in m.answer if r.type == "A"]
    m.answer.insert(0, t.sign(records, begins=-9 * DAY, expires=-8 * DAY))


@spoilt(WWW)
def signature_of_other_owner(t, m):
    m.answer = [r.copy(owner="zz.nsec.test.") if r.type == "RRSIG" else r
                for r in m.answer]


@spoilt(WWW)
def many_bad_signatures(t, m):
    """KeyTrap, CVE-2023-50387: more checks that fail than anyone would do."""
    sig = next(r for r in m.answer if r.covers() == "A")
    bad = [sig.copy(rdata=sig.rdata[:-64] + random.Random(i).randbytes(64))
           for i in range(40)]
    m.answer = [r for r in m.answer if r.type == "A"] + bad + [sig]


# Records under a good signature

spoilt_by("record-changed", WWW, lambda t, m: edit(m, "A", flip(-1)))
spoilt_by("record-type-changed", WWW, lambda t, m: m.answer.__setitem__(
    slice(None), [r for r in m.answer if r.type != "A"][:1]))


@spoilt(WWW)
def record_added(t, m):
    m.answer.append(wire.Record("www.nsec.test.", "A", 300, bytes(4)))


@spoilt(WWW)
def record_taken_away(t, m):
    m.answer.remove(next(r for r in m.answer if r.type == "A"))


@spoilt(WWW, SECURE)
def record_twice(t, m):
    m.answer.append(next(r for r in m.answer if r.type == "A"))


@spoilt(WWW, SECURE)
def records_in_another_order(t, m):
    m.answer.reverse()


@spoilt(WWW, SECURE)
def owner_in_capitals(t, m):
    """RFC 4034 6.2: names are compared and signed in lower case."""
    m.answer = [r.copy(owner="WWW.nsec.TEST.") for r in m.answer]


@spoilt("nsec.test. MX", SECURE)
def exchange_in_capitals(t, m):
    """RFC 4034 6.2, 3: names in the RDATA of old types as well."""
    edit(m, "MX", lambda rdata: rdata[:2] + wire.name_to_wire("MX.NSEC.TEST."))


@spoilt(WWW, SECURE)
def ttl_above_the_original(t, m):
    """RFC 4035 5.3.3: it is cut, and no reason to refuse."""
    m.answer = [r.copy(ttl=99999) for r in m.answer]


@spoilt(WWW, SECURE)
def unsigned_records_beside(t, m):
    """What was not asked for is not looked at."""
    m.answer.append(wire.Record("stray.nsec.test.", "A", 300, bytes(4)))


@spoilt("_25._tcp.mx.nsec.test. TLSA")
def tlsa_changed(t, m):
    edit(m, "TLSA", flip(-1))


@spoilt("_25._tcp.mx.nsec.test. TLSA")
def tlsa_stripped(t, m):
    """The downgrade that danegate is there against."""
    m.answer = []
    m.authority = t.soa("nsec.test.")


@spoilt("_25._tcp.mx.nsec.test. TLSA")
def tlsa_denied_by_rcode_alone(t, m):
    m.answer, m.rcode = [], wire.NXDOMAIN


# Keys, RFC 4034 section 2, RFC 4035 section 5.2, RFC 5011

KEYS = "nsec.test. DNSKEY"


def with_keys(t, m, keys, sign_by=None):
    """Puts these keys in place of the zone's, signed by its entry key."""
    m.answer = [key.record("nsec.test.") for key in keys]
    m.answer.append(t.sign(m.answer, key=sign_by or keys[0]))


def zone_key_changed(**changes):
    """Both answers: the zone key as changed, and what it signs."""
    def spoil(t, m):
        ksk, zsk = t.keys("nsec.test.")
        zsk = zsk.changed(**changes)
        if m.name == "nsec.test." and m.type == "DNSKEY":
            with_keys(t, m, [ksk, zsk])
        elif f"{m.name} {m.type}" == WWW:
            t.resign(m, "A", key=zsk)
    return spoil


spoilt_by("zone-key-with-sep", WWW, zone_key_changed(flags=0x101), SECURE, "*")
spoilt_by("zone-key-without-zone-flag", WWW, zone_key_changed(flags=0),
          at="*")
spoilt_by("zone-key-revoked", WWW, zone_key_changed(flags=0x180), at="*")
spoilt_by("zone-key-protocol-4", WWW, zone_key_changed(protocol=4), at="*")
spoilt_by("keys-signature-missing", WWW,
          lambda t, m: drop(m, "RRSIG", "DNSKEY"), at=KEYS)
spoilt_by("keys-signature-expired", WWW,
          lambda t, m: t.resign(m, "DNSKEY", expires=-DAY, begins=-2 * DAY),
          at=KEYS)
spoilt_by("keys-signed-by-zone-key-alone", WWW, lambda t, m: t.resign(
    m, "DNSKEY", key=t.keys("nsec.test.")[1]), at=KEYS)
spoilt_by("keys-missing", WWW,
          lambda t, m: t.negative(m, "nsec.test.", []), at=KEYS)
spoilt_by("keys-without-zone-key", WWW,
          lambda t, m: with_keys(t, m, t.keys("nsec.test.")[:1]), at=KEYS)
spoilt_by("keys-of-another-zone", WWW,
          lambda t, m: with_keys(t, m, t.keys("other.test.")), at=KEYS)
spoilt_by("keys-without-entry-key", WWW, lambda t, m: with_keys(
    t, m, t.keys("nsec.test.")[1:]), at=KEYS)
spoilt_by("keys-changed", WWW, lambda t, m: edit(m, "DNSKEY", flip(-1)),
          at=KEYS)
spoilt_by("keys-with-one-of-unknown-algorithm", WWW, lambda t, m: with_keys(
    t, m, [*t.keys("nsec.test."), wire.Key(256, b"x" * 40, algorithm=200)]),
    SECURE, KEYS)
spoilt_by("keys-with-a-malformed-one", WWW, lambda t, m: with_keys(
    t, m, [*t.keys("nsec.test."), wire.Key(256, b"x")]), SECURE, KEYS)
spoilt_by("keys-with-a-revoked-one", WWW, lambda t, m: with_keys(
    t, m, [*t.keys("nsec.test."), wire.Key.new(0x181)]), SECURE, KEYS)


@spoilt(WWW, SECURE, at=KEYS)
def keys_with_ttl_0(t, m):
    m.answer = [r.copy(ttl=0) for r in m.answer]


def entry_key_changed(**changes):
    """The entry key as changed, and the parent's DS record for it."""
    def spoil(t, m):
        ksk, zsk = t.keys("nsec.test.")
        ksk = ksk.changed(**changes)
        if m.name == "nsec.test." and m.type == "DNSKEY":
            with_keys(t, m, [ksk, zsk])
        elif m.name == "nsec.test." and m.type == "DS":
            edit(m, "DS", lambda _: wire.ds_rdata("nsec.test.", ksk.rdata()))
            t.resign(m, "DS", origin="test.")
    return spoil


spoilt_by("entry-key-without-sep", WWW, entry_key_changed(flags=0x100),
          SECURE, "*")
spoilt_by("entry-key-without-zone-flag", WWW, entry_key_changed(flags=1),
          at="*")
spoilt_by("entry-key-revoked-with-its-ds", WWW,
          entry_key_changed(flags=0x181), at="*")
spoilt_by("entry-key-protocol-1", WWW, entry_key_changed(protocol=1), at="*")


@spoilt(WWW, at=KEYS)
def entry_key_revoked(t, m):
    """RFC 5011 2.1: its tag has changed with the flag, too."""
    ksk, zsk = t.keys("nsec.test.")
    with_keys(t, m, [ksk.changed(flags=0x181), zsk])


def twins(key, n, seed=1):
    """Other keys of the same tag, before it in canonical order."""
    made, source = [], random.Random(seed)
    while len(made) < n:
        twin = wire.Key(key.flags, b"\0\0\0" + source.randbytes(59) + b"\0\0")
        short = (key.tag() - twin.tag()) % 65535
        twin = twin.changed(public=twin.public[:62] + struct.pack("!H", short))
        if twin.tag() == key.tag():
            made.append(twin)
    return made


def with_twins(n):
    def spoil(t, m):
        ksk, zsk = t.keys("nsec.test.")
        with_keys(t, m, [ksk, *twins(zsk, n), zsk])
    return spoil


spoilt_by("key-tag-shared-by-2", WWW, with_twins(1), SECURE, KEYS)
spoilt_by("key-tag-shared-by-25", WWW, with_twins(24), BOGUS, KEYS)

# DS, RFC 4034 section 5, RFC 4509

DS = "nsec.test. DS"


def ds_records(*make):
    """The parent says these instead; each of (ksk) -> RDATA."""
    def spoil(t, m):
        ksk = t.keys("nsec.test.")[0]
        m.answer = [wire.Record("nsec.test.", "DS", 300, f(ksk)) for f in make]
        m.answer.append(t.sign(m.answer, origin="test."))
    return spoil


def right(digest=2):
    return lambda ksk: wire.ds_rdata("nsec.test.", ksk.rdata(), digest)


def wrong(digest=2):
    return lambda ksk: flip(-1)(right(digest)(ksk))


def unlike(at, octets, digest=2):
    return lambda ksk: poke(at, octets)(right(digest)(ksk))


for name_, wanted_, make_ in (
        ("digest-wrong", BOGUS, [wrong()]),
        ("tag-wrong", BOGUS, [unlike(0, b"\0\1")]),
        ("algorithm-wrong", BOGUS, [unlike(2, b"\x08")]),
        ("digest-too-short", BOGUS, [lambda k: right()(k)[:-1]]),
        ("digest-too-long", BOGUS, [lambda k: right()(k) + b"\0"]),
        ("digest-empty", BOGUS, [lambda k: right()(k)[:4]]),
        ("digest-type-unknown", INSECURE, [unlike(3, b"\xff")]),
        ("digest-type-0", INSECURE, [unlike(3, b"\0")]),
        ("algorithm-unknown", INSECURE, [unlike(2, b"\xfd")]),
        ("algorithm-dsa", INSECURE, [unlike(2, b"\x03")]),
        ("algorithm-ed448", INSECURE, [unlike(2, b"\x10")]),
        ("unknown-beside-good", SECURE, [unlike(3, b"\xff"), right()]),
        ("unknown-algorithm-beside-good", SECURE,
         [unlike(2, b"\xfd"), right()]),
        ("unknown-beside-wrong", BOGUS, [unlike(3, b"\xff"), wrong()]),
        ("wrong-beside-good", SECURE, [wrong(), right()]),
        ("sha1-good-sha256-wrong", BOGUS, [right(1), wrong(2)]),
        ("sha1-wrong-sha256-good", SECURE, [wrong(1), right(2)]),
        ("sha384-good-sha256-wrong", SECURE, [wrong(2), right(4)]),
        ("sha1-alone", SECURE, [right(1)]),
        ("sha384-alone", SECURE, [right(4)])):
    spoilt_by(f"ds-{name_}", WWW, ds_records(*make_), wanted_, DS)

spoilt_by("ds-signature-missing", WWW, lambda t, m: drop(m, "RRSIG", "DS"),
          at=DS)
spoilt_by("ds-signed-by-child", WWW,
          lambda t, m: t.resign(m, "DS", origin="nsec.test."), at=DS)
spoilt_by("ds-signature-expired", WWW, lambda t, m: t.resign(
    m, "DS", origin="test.", begins=-9 * DAY, expires=-8 * DAY), at=DS)
spoilt_by("ds-stripped", WWW, lambda t, m: t.negative(m, "test.", []), at=DS)
spoilt_by("ds-denied-by-child", WWW, lambda t, m: t.negative(
    m, "nsec.test.", t.nsec("nsec.test.")), at=DS)
spoilt_by("ds-denied-by-other-name", WWW, lambda t, m: t.negative(
    m, "test.", t.ask("ns.test.", "TXT").authority), at=DS)
spoilt_by("ds-denied-by-nxdomain", WWW, lambda t, m: t.ask(
    "nosuchzone.test.", "A"), at=DS)


@spoilt(WWW)
def all_signatures_stripped_below_the_root(t, m):
    drop(m, "RRSIG")


@spoilt(WWW, INDETERMINATE, at="*")
def all_signatures_stripped(t, m):
    """A forwarder that passes no DNSSEC: no word on the zones."""
    for section in sections(m):
        section[:] = [r for r in section
                      if r.type not in ("RRSIG", "NSEC", "NSEC3")]


# Absence by NSEC, RFC 4035 section 5.4, RFC 6840 section 4

NX = "nope.nsec.test. A"
APEX = "nsec.test."

spoilt_by("nsec-none", NX, lambda t, m: drop_set(m, "NSEC"))
spoilt_by("nsec-unsigned", NX, lambda t, m: drop(m, "RRSIG", "NSEC"))
spoilt_by("nsec-signature-wrong", NX,
          lambda t, m: edit(m, "RRSIG", flip(-1), "NSEC"))
spoilt_by("nsec-expired", NX, lambda t, m: t.resign(
    m, "NSEC", begins=-9 * DAY, expires=-8 * DAY))
spoilt_by("nsec-wildcard-not-denied", NX,
          lambda t, m: drop_set(m, "NSEC", APEX))
spoilt_by("nsec-wildcard-alone-denied", NX,
          lambda t, m: drop_set(m, "NSEC", "_25._tcp.mx.nsec.test."))
spoilt_by("nsec-for-other-name", "zx.nsec.test. A",
          lambda t, m: t.ask("nope.nsec.test.", "A"))
spoilt_by("nsec-denies-name-that-is", WWW,
          lambda t, m: t.ask("nope.nsec.test.", "A"))
spoilt_by("nsec-bitmap-changed", "www.nsec.test. TXT",
          lambda t, m: edit(m, "NSEC", flip(-1)))
spoilt_by("nodata-of-other-name", WWW,
          lambda t, m: t.ask("zz.nsec.test.", "TXT"))
spoilt_by("nodata-but-type-in-bitmap", WWW,
          lambda t, m: t.negative(m, APEX, t.nsec("www.nsec.test.")))
spoilt_by("nodata-but-cname-in-bitmap", "alias.nsec.test. A",
          lambda t, m: t.negative(m, APEX, t.nsec("alias.nsec.test.")))
spoilt_by("nodata-by-covering-nsec", NX,
          lambda t, m: setattr(m, "rcode", wire.NOERROR), SECURE)
spoilt_by("ent-called-nxdomain", "ent.nsec.test. A",
          lambda t, m: setattr(m, "rcode", wire.NXDOMAIN), SECURE)
spoilt_by("nodata-called-nxdomain", "www.nsec.test. TXT",
          lambda t, m: setattr(m, "rcode", wire.NXDOMAIN), SECURE)
spoilt_by("soa-missing", NX, lambda t, m: drop_set(m, "SOA"), SECURE)
spoilt_by("soa-unsigned", NX, lambda t, m: drop(m, "RRSIG", "SOA"), SECURE)
spoilt_by("soa-signature-wrong", NX,
          lambda t, m: edit(m, "RRSIG", flip(-1), "SOA"), SECURE)


@spoilt("www.sub.nsec.test. A")
def nsec_of_the_parent_denies_below_the_cut(t, m):
    """RFC 6840 4.1: it says nothing of what lies below a delegation."""
    return t.ask("suc.nsec.test.", "A")


@spoilt("sub.nsec.test. MX")
def nsec_of_the_parent_denies_at_the_cut(t, m):
    parent = [r for r in t.ask("suc.nsec.test.", "A").authority
              if r.owner == "sub.nsec.test."]
    t.negative(m, APEX, parent)


@spoilt("b.dn.nsec.test. A")
def nsec_of_a_dname_denies_below_it(t, m):
    """RFC 6840 4.1."""
    t.negative(m, APEX, t.nsec("dn.nsec.test."), wire.NXDOMAIN)


@spoilt(NX)
def nsec_expanded_from_a_wildcard(t, m):
    """CVE-2017-15105: such an owner is anybody's."""
    record = wire.Record("nope.nsec.test.", "NSEC", 60, wire.nsec_rdata(
        "out.nsec.test.", ["TXT", "RRSIG", "NSEC"]))
    t.negative(m, APEX, t.signed(record, labels=2))


@spoilt("www.sub.nsec.test. A", at="sub.nsec.test. DS")
def nsec_of_the_child_denies_ds(t, m):
    """RFC 4035 5.2: the SOA bit says whose it is."""
    t.negative(m, APEX, t.nsec("sub.nsec.test."))


@spoilt("www.sub.nsec.test. A", at="sub.nsec.test. DS")
def nsec_with_soa_bit_denies_ds(t, m):
    record = wire.Record("sub.nsec.test.", "NSEC", 60, wire.nsec_rdata(
        "suz.nsec.test.", ["NS", "SOA", "RRSIG", "NSEC"]))
    t.negative(m, APEX, t.signed(record, origin=APEX))


@spoilt("www.sub.nsec.test. A", INSECURE, at="sub.nsec.test. DS")
def nsec_without_ds_by_the_parent(t, m):
    """Its own word: the child is not signed, whatever that holds."""
    record = wire.Record("sub.nsec.test.", "NSEC", 60, wire.nsec_rdata(
        "suz.nsec.test.", ["NS", "RRSIG", "NSEC"]))
    t.negative(m, APEX, t.signed(record, origin=APEX))


@spoilt("www.sub.nsec.test. A", at="sub.nsec.test. DS")
def nsec_says_no_cut_where_one_is(t, m):
    """Without the NS bit there is no zone, so nsec.test must have signed."""
    record = wire.Record("sub.nsec.test.", "NSEC", 60, wire.nsec_rdata(
        "suz.nsec.test.", ["A", "RRSIG", "NSEC"]))
    t.negative(m, APEX, t.signed(record, origin=APEX))


@spoilt(NX, SECURE)
def nsec_unsigned_one_beside(t, m):
    m.authority.append(wire.Record("a.nsec.test.", "NSEC", 60,
                                   wire.nsec_rdata("zz.nsec.test.", ["A"])))


@spoilt(NX)
def nsec_of_the_parent_zone_denies(t, m):
    return t.ask("nosuchzone.test.", "A")


# Wildcards

WILD = "x.wild.nsec.test. A"
spoilt_by("wildcard-without-proof", WILD, lambda t, m: drop_set(m, "NSEC"))
spoilt_by("wildcard-proof-unsigned", WILD,
          lambda t, m: drop(m, "RRSIG", "NSEC"))
spoilt_by("wildcard-cname-without-proof", "x.wcname.nsec.test. A",
          lambda t, m: drop_set(m, "NSEC"))
spoilt_by("wildcard-nodata-without-proof", "x.wild.nsec.test. MX",
          lambda t, m: drop_set(m, "NSEC"))


@spoilt(WILD)
def wildcard_proof_of_other_name(t, m):
    m.authority = t.nsec("www.nsec.test.")


@spoilt("a.ent.nsec.test. A")
def wildcard_where_the_name_is(t, m):
    """Signed as *.nsec.test, and a proof for another name."""
    t.resign(m, "A", labels=2)
    m.authority = t.ask("nope.nsec.test.", "A").authority


@spoilt("x.y.wild.nsec.test. A")
def wildcard_signature_moved_down(t, m):
    """RFC 4035 5.3.4: x.y.wild as if made of *.y.wild."""
    edit(m, "RRSIG", poke(3, b"\x04"), "A")


# Absence by NSEC3, RFC 5155 section 8, RFC 9276

NX3, Z3 = "nope.nsec3.test. A", "nsec3.test."


def covering(m, name):
    """The owner of the NSEC3 in m that covers the name."""
    hashed = wire.base32hex(wire.nsec3_hash(name))
    for record in m.authority:
        if record.type == "NSEC3":
            low = record.owner.partition(".")[0].lower()
            at = 5 + record.rdata[4]
            high = wire.base32hex(record.rdata[at + 1:at + 21])
            if low < hashed < high or (high <= low and
                                       (hashed > low or hashed < high)):
                return record.owner
    raise ValueError(f"nothing covers {name}")


def matching(name):
    return f"{wire.base32hex(wire.nsec3_hash(name))}.{Z3}"


spoilt_by("nsec3-none", NX3, lambda t, m: drop_set(m, "NSEC3"))
spoilt_by("nsec3-unsigned", NX3, lambda t, m: drop(m, "RRSIG", "NSEC3"))
spoilt_by("nsec3-signature-wrong", NX3,
          lambda t, m: edit(m, "RRSIG", flip(-1), "NSEC3"))
spoilt_by("nsec3-encloser-missing", NX3,
          lambda t, m: drop_set(m, "NSEC3", matching(Z3)))
spoilt_by("nsec3-next-closer-missing", NX3, lambda t, m: drop_set(
    m, "NSEC3", covering(m, "nope.nsec3.test.")))
spoilt_by("nsec3-wildcard-missing", NX3, lambda t, m: drop_set(
    m, "NSEC3", covering(m, "*.nsec3.test.")))
spoilt_by("nsec3-denies-name-that-is", "www.nsec3.test. A",
          lambda t, m: t.ask("nope.nsec3.test.", "A"))
spoilt_by("nsec3-nodata-of-other-name", "www.nsec3.test. A",
          lambda t, m: t.ask("zz.nsec3.test.", "TXT"))
spoilt_by("nsec3-nodata-but-type-in-bitmap", "www.nsec3.test. A",
          lambda t, m: t.ask("www.nsec3.test.", "TXT"))
spoilt_by("nsec3-nodata-but-cname-in-bitmap", "alias.nsec3.test. A",
          lambda t, m: t.negative(m, Z3, t.nsec3_match(
              "alias.nsec3.test.", ["CNAME", "RRSIG"], Z3)))
spoilt_by("nsec3-wildcard-without-proof", "x.wild.nsec3.test. A",
          lambda t, m: drop_set(m, "NSEC3"))
spoilt_by("nsec3-wildcard-nodata-half-proven", "x.wild.nsec3.test. MX",
          lambda t, m: drop_set(m, "NSEC3", matching("*.wild.nsec3.test.")))


def all_nsec3(change):
    """Changed, and signed so."""
    def spoil(t, m):
        edit(m, "NSEC3", change)
        t.resign(m, "NSEC3", origin=Z3)
    return spoil


spoilt_by("nsec3-hash-unknown", NX3, all_nsec3(poke(0, b"\2")))
spoilt_by("nsec3-flags-unknown", NX3, all_nsec3(poke(1, b"\2")))
spoilt_by("nsec3-iterations-2500", NX3, all_nsec3(poke(2, b"\x09\xc4")),
          INSECURE)


@spoilt(NX3)
def nsec3_iterations_differ(t, m):
    """RFC 5155 8.2: of one chain all are alike."""
    for i, record in enumerate(m.authority):
        if record.owner == matching(Z3) and record.type == "NSEC3":
            m.authority[i] = record.copy(rdata=poke(2, b"\0\1")(record.rdata))
    t.resign(m, "NSEC3", origin=Z3)


@spoilt(NX3)
def nsec3_owner_moved(t, m):
    m.authority = [r.copy(owner="0" + r.owner[1:]) if "NSEC3" in
                   (r.type, r.covers()) else r for r in m.authority]


@spoilt("www.sub.nsec3.test. A")
def nsec3_of_the_parent_denies_below_the_cut(t, m):
    """RFC 6840 4.1."""
    t.negative(m, Z3, t.nsec3_match("sub.nsec3.test.",
                                    ["NS", "DS", "RRSIG"], Z3)
               + t.nsec3_cover("www.sub.nsec3.test.", Z3)
               + t.nsec3_cover("*.sub.nsec3.test.", Z3), wire.NXDOMAIN)


@spoilt("b.dn.nsec3.test. A")
def nsec3_of_a_dname_denies_below_it(t, m):
    t.negative(m, Z3, t.nsec3_match("dn.nsec3.test.", ["DNAME", "RRSIG"], Z3)
               + t.nsec3_cover("b.dn.nsec3.test.", Z3)
               + t.nsec3_cover("*.dn.nsec3.test.", Z3), wire.NXDOMAIN)


DS3 = "sub.nsec3.test. DS"
spoilt_by("nsec3-with-soa-bit-denies-ds", "www.sub.nsec3.test. A",
          lambda t, m: t.negative(m, Z3, t.nsec3_match(
              "sub.nsec3.test.", ["NS", "SOA", "RRSIG"], Z3)), at=DS3)
spoilt_by("nsec3-without-ds-by-the-parent", "www.sub.nsec3.test. A",
          lambda t, m: t.negative(m, Z3, t.nsec3_match(
              "sub.nsec3.test.", ["NS"], Z3)), INSECURE, DS3)
spoilt_by("nsec3-cover-without-optout-denies-ds", "www.sub.nsec3.test. A",
          lambda t, m: t.negative(m, Z3, t.nsec3_match(
              Z3, ["NS", "SOA", "DNSKEY", "RRSIG"], Z3)
              + t.nsec3_cover("sub.nsec3.test.", Z3)), at=DS3)
spoilt_by("nsec3-cover-with-optout-denies-ds", "www.sub.nsec3.test. A",
          lambda t, m: t.negative(m, Z3, t.nsec3_match(
              Z3, ["NS", "SOA", "DNSKEY", "RRSIG"], Z3, flags=1)
              + t.nsec3_cover("sub.nsec3.test.", Z3, flags=1)), INSECURE, DS3)
spoilt_by("nsec3-optout-cover-without-encloser", "www.sub.nsec3.test. A",
          lambda t, m: t.negative(m, Z3, t.nsec3_cover(
              "sub.nsec3.test.", Z3, flags=1)), at=DS3)


@spoilt(NX3)
def nsec3_expanded_from_a_wildcard(t, m):
    digest = wire.nsec3_hash("nope.nsec3.test.")
    record = wire.Record(f"{wire.base32hex(digest)}.{Z3}", "NSEC3", 60,
                         wire.nsec3_rdata(_next(digest, 1), ["TXT"]))
    t.negative(m, Z3, t.signed(record, origin=Z3, labels=2))


@spoilt(NX3)
def nsec3_of_the_parent_zone_denies(t, m):
    return t.ask("nosuchzone.test.", "A")


# Aliases

spoilt_by("cname-unsigned", "alias.nsec.test. A",
          lambda t, m: drop(m, "RRSIG", "CNAME"))
spoilt_by("cname-changed", "alias.nsec.test. A", lambda t, m: edit(
    m, "CNAME", lambda _: wire.name_to_wire("zz.nsec.test.")))
spoilt_by("cname-expired", "alias.nsec.test. A", lambda t, m: t.resign(
    m, "CNAME", begins=-9 * DAY, expires=-8 * DAY))
spoilt_by("dname-unsigned", "a.dn.nsec.test. A",
          lambda t, m: drop(m, "RRSIG", "DNAME"))
spoilt_by("dname-changed", "a.dn.nsec.test. A", lambda t, m: edit(
    m, "DNAME", lambda _: wire.name_to_wire("wild.nsec.test.")))


@spoilt("out.nsec.test. A", at="*")
def cname_to_bogus(t, m):
    for section in sections(m):
        for i, record in enumerate(section):
            if record.covers() == "A":
                section[i] = record.copy(rdata=flip(-1)(record.rdata))


@spoilt("alias.nsec.test. A")
def cname_twice(t, m):
    """RFC 2181 10.1."""
    m.answer = [r for r in m.answer if "CNAME" not in (r.type, r.covers())]
    both = [wire.Record("alias.nsec.test.", "CNAME", 300,
                        wire.name_to_wire(f"{label}.nsec.test."))
            for label in ("www", "zz")]
    m.answer[:0] = [*both, t.sign(both)]


@spoilt("www.nsec.test. A")
def cname_unsigned_put_before(t, m):
    m.answer = [wire.Record("www.nsec.test.", "CNAME", 300,
                            wire.name_to_wire("www.plain.test."))]


@spoilt("a.dn.nsec.test. A", SECURE)
def dname_without_its_cname(t, m):
    """RFC 6672 5.3.1: the CNAME is made again, or made at all."""
    drop(m, "CNAME")


@spoilt("a.dn.nsec.test. A", SECURE)
def dname_with_another_cname(t, m):
    """What the server made of it does not count."""
    edit(m, "CNAME", lambda _: wire.name_to_wire("zz.nsec.test."))


# Forwarders that fail

for word_ in ("SERVFAIL", "REFUSED", "NOTIMP", "FORMERR"):
    def refuse(t, m, rcode=getattr(wire, word_)):
        m.answer, m.authority, m.rcode = [], [], rcode
    spoilt_by(f"answer-{word_.lower()}", WWW, refuse, INDETERMINATE)
    spoilt_by(f"ds-answer-{word_.lower()}", WWW, refuse, INDETERMINATE, DS)
    spoilt_by(f"keys-answer-{word_.lower()}", WWW, refuse, INDETERMINATE,
              KEYS)


@spoilt(WWW, SECURE)
def answer_only_over_tcp(t, m):
    """RFC 7766: too long for a datagram."""
    extra = [wire.Record(f"x{i}.nsec.test.", "A", 300, bytes(4))
             for i in range(60)]
    m.authority = extra


@spoilt(WWW)
def answer_empty(t, m):
    m.answer, m.authority = [], []


# danegate dns check-forwarder

FORWARDERS = []


@dataclasses.dataclass
class ForwarderCase:
    """failed: the checks that must fail, and no others."""
    name: str
    status: int
    failed: set
    spoil: object = None
    tcp: bool = True


def forwarder(name, status, failed=(), spoil=None, tcp=True):
    FORWARDERS.append(ForwarderCase(f"forwarder-{name}", status, set(failed),
                                    spoil, tcp))


def stripping(*words):
    def spoil(name, kind, m):
        for section in sections(m):
            section[:] = [r for r in section
                          if r.type not in words and r.covers() not in words]
    return spoil


def answering(rcode, *kinds):
    def spoil(name, kind, m):
        if not kinds or kind in kinds:
            m.answer, m.authority, m.rcode = [], [], rcode
    return spoil


def without_edns(name, kind, m):
    """As of old: no OPT record, and nothing of DNSSEC."""
    stripping("RRSIG", "NSEC", "NSEC3")(name, kind, m)
    m.edns, m.flags = False, m.flags & 15 | 0x8180
    return m.pack()


forwarder("fit", 0)
forwarder("strips-signatures", 1,
          {"signatures", "denial", "validation"}, stripping("RRSIG"))
forwarder("strips-proofs", 1, {"denial"}, stripping("NSEC", "NSEC3"))
forwarder("strips-nsec3-alone", 1, {"tlsa"}, stripping("NSEC3"))
forwarder("without-tcp", 1, {"tcp"}, tcp=False)
forwarder("refuses-tlsa", 1, {"tlsa"}, answering(wire.NOTIMP, "TLSA"))
forwarder("fails-tlsa", 1, {"tlsa"}, answering(wire.SERVFAIL, "TLSA"))
forwarder("refuses-all", 1, {"answers", "signatures", "denial", "validation"},
          answering(wire.REFUSED))
forwarder("without-edns", 1, {"edns", "signatures", "denial", "validation"},
          without_edns)


def other_root(name, kind, m):
    """Signed, by somebody else."""
    if kind == "DNSKEY" and name == ".":
        key = wire.Key.new(0x101)
        m.answer = [key.record(".")]
        now = int(time.time())
        m.answer.append(wire.sign(m.answer, key, ".", now - DAY, now + DAY))


forwarder("of-another-root", 1, {"validation"}, other_root)
