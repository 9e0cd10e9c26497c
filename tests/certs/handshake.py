"""A case of tests/certs/cases over a real connection: `openssl s_server` shows
the chain, `openssl s_client -dane_tlsa_domain ... -dane_tlsa_rrdata ...` judges
it. What the command cannot be told is not played: several names, a leaf whose
key is not ours, chains that the server cannot read or will not send, and a
wildcard for a part of a label, which Postfix forbids and the command does not.
"""

import contextlib
import os
import re
import subprocess

SECONDS = 20
LEVEL = "DEFAULT:@SECLEVEL=0"
NOT_PLAYED = ("wild-part",)
MATCH = re.compile(r"^DANE TLSA (\d) (\d) (\d) \S+ (.*) at depth (\d+)$", re.M)


def key_files(folder):
    """{SubjectPublicKeyInfo: file of the private key}"""
    files = {}
    for entry in os.scandir(os.path.join(folder, "keys")):
        if not entry.name.endswith(".key"):
            continue
        done = subprocess.run(
            ["openssl", "pkey", "-in", entry.path, "-pubout", "-outform",
             "DER"], stdin=subprocess.DEVNULL, capture_output=True,
            timeout=SECONDS, check=False)
        if done.returncode == 0:
            files[done.stdout] = entry.path
    return files


@contextlib.contextmanager
def served(chain, key):
    """The port where it is shown; None where it cannot be."""
    with subprocess.Popen(
            ["openssl", "s_server", "-accept", "127.0.0.1:0", "-naccept", "1",
             "-key", key, "-cert", chain, "-cert_chain", chain + ".rest",
             "-cipher", LEVEL],
            # It ends with the end of its input.
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True) as server:
        try:
            port = None
            for line in server.stdout:
                if line.startswith("ACCEPT "):
                    port = line.rsplit(":", 1)[1].strip()
                    break
            yield port
        finally:
            server.kill()


def write_rest(chain):
    """Beside the file of the whole chain, one without the leaf; the leaf again
    where there is nothing else, for the server wants something. False then."""
    with open(chain, encoding="ascii") as f:
        blocks = f.read().split("-----BEGIN")[1:]
    with open(chain + ".rest", "w", encoding="ascii") as f:
        f.write("".join("-----BEGIN" + b for b in blocks[1:] or blocks))


def ask(case, arguments, keys, spki):
    """The verdict in the words of a case, or None where it cannot be played."""
    at, chain, names, records = arguments
    # As Postfix: the two usages of RFC 7672 alone.
    records = [r for r in records if r[0] in "23"]
    if (case.name in NOT_PLAYED or len(names) != 1 or not records
            or spki not in keys
            or any(label.startswith("der-") for label in case.chain.split())):
        return None
    write_rest(chain)
    with served(chain, keys[spki]) as port:
        if port is None:
            return None
        argv = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}",
                "-brief", "-attime", str(at), "-auth_level", "0", "-cipher",
                LEVEL, "-dane_ee_no_namechecks", "-dane_tlsa_domain", names[0]]
        for record in records:
            argv += ["-dane_tlsa_rrdata", record]
        done = subprocess.run(argv, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=SECONDS,
                              check=False)
    said = (done.stdout + done.stderr).decode(errors="replace")
    if "CONNECTION ESTABLISHED" not in said:
        return None
    match = MATCH.search(said)
    if match is None or "Verification: OK" not in said:
        return "failed"
    usage, selector, matching, how, depth = match.groups()
    # For a bare key it tells the certificate that the key signed.
    return (f"verified {usage} {selector} {matching} "
            f"{int(depth) + ('signed' in how)}")
