"""DNS messages and records as values, and signatures over them, so that an
answer can be taken apart, changed in any way and put together again.

Names are text with a final dot; the lab's have neither escapes nor odd bytes.
"""

import base64
import dataclasses
import hashlib
import struct

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "MX": 15, "TXT": 16,
         "AAAA": 28, "DNAME": 39, "OPT": 41, "DS": 43, "RRSIG": 46,
         "NSEC": 47, "DNSKEY": 48, "NSEC3": 50, "NSEC3PARAM": 51, "TLSA": 52}
NUMBERS = {number: word for word, number in TYPES.items()}
# Where names stand in RDATA that may be compressed: octets before them.
COMPRESSED = {"NS": 0, "CNAME": 0, "DNAME": 0, "SOA": 0, "MX": 2}
NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED = range(6)
ZONE, REVOKE, SEP = 0x100, 0x80, 0x01
IN = 1


def type_word(number):
    return NUMBERS.get(number, f"TYPE{number}")


def type_number(word):
    return TYPES[word] if word in TYPES else int(word.removeprefix("TYPE"))


def name_to_wire(name):
    labels = [label.encode() for label in name.split(".") if label]
    return b"".join(bytes([len(l)]) + l for l in labels) + b"\0"


def name_labels(name):
    """As an RRSIG counts them."""
    return len([label for label in name.split(".") if label not in ("", "*")])


def read_name(message, at):
    """Returns the name there, decompressed, and where it ends."""
    labels, end = [], None
    while message[at]:
        if message[at] >= 0xc0:
            end = end or at + 2
            at = struct.unpack_from("!H", message, at)[0] & 0x3fff
            continue
        labels.append(message[at + 1:at + 1 + message[at]].decode("latin-1"))
        at += 1 + message[at]
    return ".".join(labels) + ".", end or at + 1


@dataclasses.dataclass
class Record:
    owner: str
    type: str
    ttl: int
    rdata: bytes

    def wire(self, owner=None, ttl=None):
        return ((name_to_wire(self.owner) if owner is None else owner)
                + struct.pack("!HHIH", type_number(self.type), IN,
                              self.ttl if ttl is None else ttl,
                              len(self.rdata)) + self.rdata)

    def covers(self):
        """Of an RRSIG: the type it is over."""
        return type_word(struct.unpack_from("!H", self.rdata)[0]) \
            if self.type == "RRSIG" else None

    def copy(self, **changes):
        return dataclasses.replace(self, **changes)


@dataclasses.dataclass
class Message:
    id: int
    flags: int
    name: str
    type: str
    answer: list
    authority: list
    size: int = 512  # of UDP that the asker takes
    edns: bool = False

    @property
    def rcode(self):
        return self.flags & 15

    @rcode.setter
    def rcode(self, value):
        self.flags = self.flags & ~15 | value

    def pack(self, limit=65535):
        """As bytes; past the limit, nothing but the word that it is so."""
        head = struct.pack("!HHHHHH", self.id, self.flags, 1, len(self.answer),
                           len(self.authority), int(self.edns))
        question = name_to_wire(self.name) + struct.pack(
            "!HH", type_number(self.type), IN)
        opt = b"\0" + struct.pack("!HHIH", TYPES["OPT"], 1232, 0x8000, 0) \
            if self.edns else b""
        # Owners alone are compressed, and as a whole.
        known = {self.name: 12}
        data = head + question
        for record in self.answer + self.authority:
            at = known.setdefault(record.owner, len(data))
            short = struct.pack("!H", 0xc000 | at) if at < len(data) else None
            data += record.wire(short)
        data += opt
        if len(data) <= limit:
            return data
        return struct.pack("!HHHHHH", self.id, self.flags | 0x200, 1, 0, 0,
                           int(self.edns)) + question + opt


def unpack(data):
    number, flags, questions, *counts = struct.unpack_from("!HHHHHH", data)
    if questions != 1:
        raise ValueError("not one question")
    name, at = read_name(data, 12)
    kind = struct.unpack_from("!H", data, at)[0]
    message = Message(number, flags, name, type_word(kind), [], [])
    at += 4
    for section, count in enumerate(counts):
        for _ in range(count):
            record, size, at = _read_record(data, at)
            if record.type == "OPT":
                message.edns, message.size = True, max(512, size)
            elif section < 2:
                (message.answer, message.authority)[section].append(record)
    return message


def _read_record(data, at):
    owner, at = read_name(data, at)
    kind, cls, ttl, length = struct.unpack_from("!HHIH", data, at)
    at += 10
    word = type_word(kind)
    rdata = data[at:at + length]
    if word in COMPRESSED:
        skip = COMPRESSED[word]
        first, after = read_name(data, at + skip)
        rdata = data[at:at + skip] + name_to_wire(first)
        if word == "SOA":
            second, after = read_name(data, after)
            rdata += name_to_wire(second) + data[after:at + length]
    return Record(owner, word, ttl, rdata), cls, at + length


def key_tag(rdata):
    """RFC 4034 appendix B."""
    total = sum(byte << 8 if i % 2 == 0 else byte
                for i, byte in enumerate(rdata))
    return (total + (total >> 16)) & 0xffff


@dataclasses.dataclass
class Key:
    """A key of P-256, the algorithm that the lab signs with by itself."""
    flags: int
    public: bytes
    private: object = None
    protocol: int = 3
    algorithm: int = 13

    @staticmethod
    def from_files(stem):
        """As ldns-keygen and dnssec-keygen leave them."""
        with open(f"{stem}.key", encoding="ascii") as f:
            fields = next(line for line in f if " DNSKEY " in
                          line.replace("\t", " ")).split()
        fields = fields[fields.index("DNSKEY") + 1:]
        with open(f"{stem}.private", encoding="ascii") as f:
            secret = next(line.split()[1] for line in f
                          if line.startswith("PrivateKey:"))
        number = int.from_bytes(base64.b64decode(secret), "big")
        encoded = "".join(word for word in fields[3:] if ";" not in word)
        return Key(int(fields[0]), base64.b64decode(encoded.split("=")[0] +
                                                    "=="),
                   ec.derive_private_key(number, ec.SECP256R1()))

    @staticmethod
    def new(flags=ZONE):
        private = ec.generate_private_key(ec.SECP256R1())
        numbers = private.public_key().public_numbers()
        return Key(flags, numbers.x.to_bytes(32, "big")
                   + numbers.y.to_bytes(32, "big"), private)

    def changed(self, **changes):
        return dataclasses.replace(self, **changes)

    def rdata(self):
        return struct.pack("!HBB", self.flags, self.protocol,
                           self.algorithm) + self.public

    def tag(self):
        return key_tag(self.rdata())

    def record(self, zone, ttl=300):
        return Record(zone, "DNSKEY", ttl, self.rdata())

    def sign(self, data):
        signature = self.private.sign(data, ec.ECDSA(hashes.SHA256()))
        return b"".join(part.to_bytes(32, "big") for part in
                        utils.decode_dss_signature(signature))


def ds_rdata(owner, dnskey_rdata, digest=2):
    hasher = {1: hashlib.sha1, 2: hashlib.sha256, 4: hashlib.sha384}[digest]
    return struct.pack("!HBB", key_tag(dnskey_rdata), dnskey_rdata[3], digest) + hasher(
        name_to_wire(owner.lower()) + dnskey_rdata).digest()


def sign(records, key, signer, begins, expires, labels=None, ttl=None,
         tag=None, owner=None):
    """An RRSIG over the records, by the book except for what is given."""
    first = records[0]
    n = name_labels(first.owner)
    labels = n if labels is None else labels
    ttl = first.ttl if ttl is None else ttl
    signed_as = owner or first.owner.lower()
    if owner is None and labels < n:
        parts = signed_as.rstrip(".").split(".")
        signed_as = ".".join(["*", *parts[len(parts) - labels:]]) + "."
    head = struct.pack("!HBBIIIH", type_number(first.type), key.algorithm,
                       labels, ttl, expires, begins,
                       key.tag() if tag is None else tag) \
        + name_to_wire(signer)
    wire_owner = name_to_wire(signed_as)
    ordered = sorted({r.rdata for r in records})
    data = head + b"".join(Record("", first.type, ttl, rdata).wire(wire_owner)
                           for rdata in ordered)
    return Record(first.owner, "RRSIG", first.ttl, head + key.sign(data))


def nsec_rdata(following, types):
    return name_to_wire(following) + bitmap(types)


def bitmap(types):
    windows = {}
    for word in types:
        number = type_number(word)
        bits = windows.setdefault(number >> 8, bytearray(32))
        bits[(number & 255) >> 3] |= 0x80 >> (number & 7)
    data = b""
    for window, bits in sorted(windows.items()):
        bits = bytes(bits).rstrip(b"\0")
        data += bytes([window, len(bits)]) + bits
    return data


ALPHABET = "0123456789abcdefghijklmnopqrstuv"


def base32hex(data):
    number = int.from_bytes(data, "big")
    n = len(data) * 8 // 5
    return "".join(ALPHABET[number >> 5 * (n - 1 - i) & 31] for i in range(n))


def nsec3_hash(name, salt=b"", iterations=0):
    digest = name_to_wire(name.lower())
    for _ in range(iterations + 1):
        digest = hashlib.sha1(digest + salt).digest()
    return digest


def nsec3_rdata(following, types, flags=0, iterations=0, salt=b"",
                algorithm=1):
    return struct.pack("!BBHB", algorithm, flags, iterations, len(salt)) \
        + salt + bytes([len(following)]) + following + bitmap(types)
