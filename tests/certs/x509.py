"""Certificates as they are wanted, right or odd: the structure is written here,
keys and signatures are made by the openssl command."""

import os
import subprocess

OIDS = {
    "CN": "2.5.4.3", "O": "2.5.4.10", "serialNumber": "2.5.4.5",
    "emailAddress": "1.2.840.113549.1.9.1",
    "serverAuth": "1.3.6.1.5.5.7.3.1", "clientAuth": "1.3.6.1.5.5.7.3.2",
    "anyUsage": "2.5.29.37.0",
    "sha256": "2.16.840.1.101.3.4.2.1", "mgf1": "1.2.840.113549.1.1.8",
}
EXTENSIONS = {
    "keyUsage": "2.5.29.15", "subjectAltName": "2.5.29.17",
    "basicConstraints": "2.5.29.19", "nameConstraints": "2.5.29.30",
    "certificatePolicies": "2.5.29.32", "policyConstraints": "2.5.29.36",
    "extendedKeyUsage": "2.5.29.37", "inhibitAnyPolicy": "2.5.29.54",
    "authorityKeyIdentifier": "2.5.29.35",
    "nsCertType": "2.16.840.1.113730.1.1", "unknown": "1.3.6.1.4.1.32473.9",
}
KEY_USAGES = ["digitalSignature", "nonRepudiation", "keyEncipherment",
              "dataEncipherment", "keyAgreement", "keyCertSign", "cRLSign"]
STRINGS = {"utf8": 0x0c, "numeric": 0x12, "printable": 0x13, "t61": 0x14,
           "ia5": 0x16, "visible": 0x1a, "bmp": 0x1e}


def tlv(tag, *parts):
    body = b"".join(parts)
    n = len(body)
    if n < 0x80:
        return bytes([tag, n]) + body
    size = n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + body


def seq(*parts):
    return tlv(0x30, *parts)


def oid(dotted):
    first, second, *rest = map(int, OIDS.get(dotted, dotted).split("."))
    out = bytearray([40 * first + second])
    for arc in rest:
        groups = [arc & 0x7f]
        while arc := arc >> 7:
            groups.append(arc & 0x7f | 0x80)
        out += bytes(reversed(groups))
    return tlv(6, bytes(out))


def integer(n):
    return tlv(2, n.to_bytes(n.bit_length() // 8 + 1, "big"))


def bits(data):
    return tlv(3, b"\0", data)


def name(text, kind="utf8"):
    """`CN=a/O=b`; attributes of one set joined by `+`."""
    def attribute(one):
        key, value = one.split("=", 1)
        code = "utf-16-be" if kind == "bmp" else "utf-8"
        return seq(oid(key), tlv(STRINGS[kind], value.encode(code)))
    return seq(*(tlv(0x31, *sorted(map(attribute, part.split("+"))))
                 for part in text.split("/") if part))


def moment(text):
    """`20250101`, or with time of day."""
    text = text.ljust(14, "0") + "Z"
    return (tlv(0x17, text[2:].encode()) if 1950 <= int(text[:4]) < 2050
            else tlv(0x18, text.encode()))


def general_name(text):
    """`dns:x`, `mail:x`, `ip:HEX`, `dn:CN=x`."""
    kind, value = text.split(":", 1)
    if kind == "dn":
        return tlv(0xa4, name(value))
    if kind == "ip":
        return tlv(0x87, bytes.fromhex(value))
    return tlv({"mail": 0x81, "dns": 0x82, "uri": 0x86}[kind],
               value.encode("latin-1"))


def name_constraints(permitted=(), excluded=()):
    def subtrees(tag, names):
        return tlv(tag, *(seq(general_name(n)) for n in names)) if names else b""
    return seq(subtrees(0xa0, permitted), subtrees(0xa1, excluded))


def extension(kind, value, critical=False):
    mark = tlv(1, b"\xff") if critical else b""
    return seq(oid(EXTENSIONS.get(kind, kind)), mark, tlv(4, value))


def basic_constraints(ca, path_length=None):
    limit = b"" if path_length is None else integer(path_length)
    return extension("basicConstraints",
                     seq(tlv(1, b"\xff") if ca else b"", limit), True)


def key_usage(*uses):
    value = sum(0x80 >> KEY_USAGES.index(use) for use in uses)
    return extension("keyUsage", tlv(3, b"\0", bytes([value])), True)


def extended_usage(*uses):
    return extension("extendedKeyUsage", seq(*map(oid, uses)))


def alternative_names(*names):
    return extension("subjectAltName", seq(*map(general_name, names)))


def openssl(*argv, data=None):
    done = subprocess.run(["openssl", *argv], input=data, capture_output=True,
                          timeout=120, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {' '.join(argv)}: {done.stderr.decode()}")
    return done.stdout


class Key:
    """A key pair, made once and kept in its folder."""

    def __init__(self, folder, label, *argv):
        self.path = os.path.join(folder, label + ".key")
        self.kind = argv[0]
        if not os.path.exists(self.path):
            pem = openssl("genpkey", "-algorithm", *argv)
            with open(self.path, "wb") as f:
                f.write(pem)
        self.spki = openssl("pkey", "-in", self.path, "-pubout",
                            "-outform", "DER")

    def algorithm(self, digest, pss):
        if self.kind in ("ED25519", "ED448"):
            return seq(oid("1.3.101.112" if self.kind == "ED25519"
                           else "1.3.101.113"))
        if self.kind == "EC":
            arcs = {"sha1": "1", "sha256": "3.2", "sha384": "3.3",
                    "sha512": "3.4"}
            return seq(oid("1.2.840.10045.4." + arcs[digest]))
        if pss or self.kind == "RSA-PSS":
            hashed = seq(oid("sha256"), tlv(5))
            return seq(oid("1.2.840.113549.1.1.10"), seq(
                tlv(0xa0, hashed), tlv(0xa1, seq(oid("mgf1"), hashed)),
                tlv(0xa2, integer(32))))
        arcs = {"md5": "4", "sha1": "5", "sha256": "11", "sha384": "12",
                "sha512": "13"}
        return seq(oid("1.2.840.113549.1.1." + arcs[digest]), tlv(5))

    def sign(self, data, digest, pss):
        if self.kind in ("ED25519", "ED448"):
            path = self.path + ".data"
            with open(path, "wb") as f:
                f.write(data)
            return openssl("pkeyutl", "-sign", "-rawin", "-inkey", self.path,
                           "-in", path)
        options = []
        if pss or self.kind == "RSA-PSS":
            options = ["-sigopt", "rsa_padding_mode:pss",
                       "-sigopt", "rsa_pss_saltlen:32"]
        return openssl("dgst", "-" + digest, "-sign", self.path, *options,
                       data=data)


class Certificate:
    """What is not said is usual: version 3, 2025 to 2035, SHA2-256."""

    serial = 0

    def __init__(self, subject, key, issuer, signer, extensions=(), **odd):
        Certificate.serial += 1
        self.subject = (subject if isinstance(subject, bytes)
                        else name(subject))
        self.key = key
        issuer = name(issuer) if isinstance(issuer, str) else issuer
        digest, pss = odd.get("digest", "sha256"), odd.get("pss", False)
        algorithm = odd.get("algorithm", signer.algorithm(digest, pss))
        version = odd.get("version", 3)
        body = seq(
            tlv(0xa0, integer(version - 1)) if version > 1 else b"",
            integer(Certificate.serial), algorithm, issuer,
            seq(moment(odd.get("start", "20250101")),
                moment(odd.get("end", "20350101"))),
            self.subject, odd.get("spki", key.spki),
            odd.get("unique", b""),
            tlv(0xa3, seq(*extensions)) if extensions else b"")
        signature = signer.sign(body, digest, pss)
        if odd.get("spoil"):
            signature = signature[:-1] + bytes([signature[-1] ^ 1])
        self.spki = odd.get("spki", key.spki)
        self.der = seq(body, odd.get("outer", algorithm), bits(signature))
