"""Certificates by the openssl command, and the TLSA records that fit them."""

import functools
import hashlib
import os
import subprocess

NEW_KEY = {
    "ec": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"],
    "rsa": ["-newkey", "rsa:2048"],
}


def _openssl(*argv, data=None):
    done = subprocess.run(["openssl", *argv], input=data, capture_output=True,
                          timeout=30, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {argv[0]}: {done.stderr.decode()}")
    return done.stdout


class Certificate:
    """A certificate with its key: `certificate` and `key` are files, `chain`
    the file that a server presents, leaf first, the issuer (if any) after it.
    """

    def __init__(self, folder, label, names, key="ec", issuer=None, ca=False,
                 days=30):
        self.certificate = os.path.join(folder, f"{label}.pem")
        self.key = os.path.join(folder, f"{label}.key")
        self.chain = os.path.join(folder, f"{label}.chain.pem")
        usage = "critical,CA:TRUE" if ca else "critical,CA:FALSE"
        argv = ["req", "-x509", "-nodes", "-sha256", "-days", str(days),
                *NEW_KEY[key], "-keyout", self.key, "-out", self.certificate,
                "-subj", f"/CN={names[0]}",
                "-addext", f"basicConstraints={usage}"]
        if not ca:
            names = ",".join(f"DNS:{name}" for name in names)
            argv += ["-addext", f"subjectAltName={names}"]
        if issuer is not None:
            argv += ["-CA", issuer.certificate, "-CAkey", issuer.key]
        _openssl(*argv)
        self.show(*filter(None, (self, issuer)))

    def expire(self, issuer):
        """What was signed by itself is the issuer's, and ended yesterday."""
        _openssl("x509", "-in", self.certificate, "-out", self.certificate,
                 "-CA", issuer.certificate, "-CAkey", issuer.key,
                 "-days", "-1")
        self.show(self, issuer)

    def show(self, *certificates):
        """From now on `chain` has these certificates."""
        with open(self.chain, "wb") as chain:
            for certificate in certificates:
                with open(certificate.certificate, "rb") as f:
                    chain.write(f.read())

    def der(self):
        return _openssl("x509", "-in", self.certificate, "-outform", "DER")

    @functools.cache
    def tlsa(self, usage):
        """The rdata `usage 1 1`: SHA2-256 of the public key."""
        pem = _openssl("x509", "-in", self.certificate, "-noout", "-pubkey")
        der = _openssl("pkey", "-pubin", "-outform", "DER", data=pem)
        return f"{usage} 1 1 {hashlib.sha256(der).hexdigest()}"
