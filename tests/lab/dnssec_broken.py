"""Zones that are broken in their files: what a signer wrote is edited by hand,
or was signed for another time, or the parent has other DS records. NSD serves
them as they are, and the forwarder changes nothing.
"""

DAY = 86400


def _parse(line):
    """(owner, type, fields of RDATA), or None for what is no record."""
    fields = line.split(";")[0].split()
    if len(fields) < 3 or line[0] in " \t;$":
        return None
    at = 1
    while at < len(fields) and (fields[at].isdigit() or fields[at] == "IN"):
        at += 1
    if at >= len(fields):
        return None
    return fields[0].lower(), fields[at], fields[at + 1:]


class File:
    """A signed zone's lines. Every edit must find what it edits."""

    def __init__(self, origin, text):
        self.origin, self.lines = origin, text.splitlines()

    def text(self):
        return "\n".join(self.lines) + "\n"

    def _owner(self, label):
        return self.origin if label == "@" else f"{label}.{self.origin}"

    def _edit(self, label, word, covers, change):
        """change gets a line and its RDATA, and gives a line or None."""
        kept, found = [], 0
        for line in self.lines:
            record = _parse(line)
            if record and record[1] == word and \
                    (label is None or record[0] == self._owner(label)) and \
                    (covers is None or record[2][0] == covers):
                line = change(line, record[2])
                found += 1
            if line is not None:
                kept.append(line)
        if not found:
            raise LookupError(f"{self.origin}: no {label} {word} {covers}")
        self.lines = kept

    def drop(self, label, word, covers=None):
        self._edit(label, word, covers, lambda line, rdata: None)

    def drop_if(self, label, word, test):
        self._edit(label, word, None, lambda line, rdata:
                   None if test(rdata) else line)

    def replace(self, label, word, old, new, covers=None):
        self._edit(label, word, covers,
                   lambda line, rdata: line.replace(old, new, 1))

    def field(self, label, word, index, value, covers=None):
        """Another field of RDATA, and nothing else."""
        def change(line, rdata):
            rdata = [*rdata]
            rdata[index] = value(rdata[index])
            head = line.split()[0]
            return f"{head} 300 IN {word} {' '.join(rdata)}"
        self._edit(label, word, covers, change)

    def add(self, line):
        self.lines.append(line)


def _other_letter(text):
    """base64 of other octets."""
    return ("A" if text[0] != "A" else "B") + text[1:]


# What stands at one name: all of them in one zone of each signer and denial.

def records(file, denial):
    file.drop("www", "RRSIG", "A")
    file.replace("mx", "A", "192.0.2.3", "192.0.2.66")
    file.field("_25._tcp.mx", "RRSIG", 8, _other_letter, "TLSA")
    file.add(f"zz.{file.origin} 300 IN A 192.0.2.77")
    file.field("*.wild", "RRSIG", 7, lambda _: "other.test.", "A")
    file.field("a.ent", "RRSIG", 6, lambda tag: str((int(tag) + 1) % 65536),
               "A")
    file.field("alias", "RRSIG", 2, lambda labels: "2", "CNAME")
    file.replace("dn", "DNAME", " ent.", " www.")
    file.drop(None, "RRSIG", denial.upper())


RECORDS = (  # what is asked, and what is wrong with it
    ("signature-removed", "www.{} A"), ("rdata-altered", "mx.{} A"),
    ("signature-altered", "_25._tcp.mx.{} TLSA"), ("record-added", "zz.{} A"),
    ("signer-altered", "x.wild.{} A"), ("key-tag-altered", "a.ent.{} A"),
    ("labels-altered", "alias.{} A"), ("dname-altered", "a.dn.{} A"),
    ("denial-unsigned", "nope.{} A"), ("denial-unsigned-nodata", "zz.{} TXT"))


# What breaks a zone, and so has one of its own.

def denial_removed(file, denial):
    file.drop(None, denial.upper())
    file.drop(None, "RRSIG", denial.upper())


def wildcard_proof_removed(file, denial):
    """The NSEC that spans what the wildcard stands for."""
    file.drop("*.wild", "NSEC")
    file.drop("*.wild", "RRSIG", "NSEC")


def bitmap_altered(file, denial):
    """TXT seems to be there, and MX no longer."""
    file.replace("www", "NSEC", " AAAA ", " TXT AAAA ")


def zone_key_removed(file, denial):
    file.drop_if("@", "DNSKEY", lambda rdata: rdata[0] == "256")


def keys_unsigned(file, denial):
    file.drop("@", "RRSIG", "DNSKEY")


def entry_key_altered(file, denial):
    file.replace("@", "DNSKEY", "257", "256", covers="257")


WHOLE = (  # the function, what is asked, of which denial
    (denial_removed, "nope.{} A", "nsec"),
    (denial_removed, "nope.{} A", "nsec3"),
    (wildcard_proof_removed, "x.wild.{} A", "nsec"),
    (bitmap_altered, "www.{} TXT", "nsec"),
    (zone_key_removed, "www.{} A", "nsec"),
    (keys_unsigned, "www.{} A", "nsec3"),
    (entry_key_altered, "www.{} A", "nsec"))
SIGNERS = ("ldns", "bind", "knot")
# Signed for another time: days from now. Knot signs for now alone.
TIMES = (("expired", (-20, -10)), ("not-yet-valid", (10, 20)))


def wrong_ds(rdata):
    """A digest of another key."""
    return rdata[:-1] + bytes([rdata[-1] ^ 1])


def zones(make):
    """All of them; make is the class of zones."""
    made = []
    for signer in SIGNERS:
        for denial in ("nsec", "nsec3"):
            made.append(make(f"broken-{signer}-{denial}", signer,
                             denial=denial, broken=records))
        for function, _, denial in WHOLE:
            made.append(make(label(function, signer, denial), signer,
                             denial=denial, broken=function))
        made.append(make(f"wrong-ds-{signer}", signer, spoil_ds=wrong_ds))
        made += [make(f"{word}-{signer}", signer, period=period)
                 for word, period in TIMES if signer != "knot"]
    return made


def label(function, signer, denial):
    return f"{function.__name__.replace('_', '-')}-{signer}-{denial}"


def cases():
    """(name, question)."""
    made = []
    for signer in SIGNERS:
        for denial in ("nsec", "nsec3"):
            made += [(f"file-{word}-{signer}-{denial}",
                      question.format(f"broken-{signer}-{denial}.test."))
                     for word, question in RECORDS]
        for function, question, denial in WHOLE:
            name = label(function, signer, denial)
            made.append((f"file-{name}", question.format(f"{name}.test.")))
        made.append((f"file-wrong-ds-{signer}",
                     f"www.wrong-ds-{signer}.test. A"))
        made += [(f"file-{word}-{signer}", f"www.{word}-{signer}.test. A")
                 for word, _ in TIMES if signer != "knot"]
    return made
