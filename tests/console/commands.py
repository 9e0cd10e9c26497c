"""Every command that there is, once, typed at the shell: a line of the table,
what must be seen, and for what goes on by itself Ctrl-C."""

import re
import subprocess

STREAM = "until Ctrl-C"
LEAVES = "the shell ends"

# In this order, for each builds on those before; {f} is the box's folder.
STEPS = (
    ("help show log", "the latest lines of the log"),
    ("configure", "# "),
    ("edit policy", r"\[policy\]# "),
    ("edit domain a.example", r"\[policy domain a.example\]# "),
    ("set level may reason \"for a\"", "# "),
    ("up", r"\[policy domain\]# "),
    ("top", "# "),
    ("show candidate", "set policy domain a.example level may"),
    ("annotate policy domain a.example \"ask again\"", "# "),
    ("compare", r"\+ # ask again"),
    ("save {f}/saved", "# "),
    ("discard", "# "),
    ("load {f}/saved", "# "),
    ("commit check", "good"),
    ("commit confirmed 5", "taken back in 5 minutes"),
    ("commit", "confirmed"),
    ("delete policy domain a.example", "# "),
    ("commit", "committed"),
    ("rollback 1", "# "),
    ("compare", r"\+ set policy domain a.example"),
    ("quit", "> "),
    ("start shell", "# "),
    ("exit", "> "),
    ("set date tomorrow", "expected a time"),
    ("config check {f}/saved", "> "),
    ("dns check-forwarder 127.0.0.1@5399", "gave no answer at all"),
    ("dns lookup --server 127.0.0.1@5399 a.example A", "indeterminate"),
    ("dane verify --name mx.example --tlsa \"{tlsa}\" {f}/chain.pem",
     "verified"),
    ("probe --server 127.0.0.1@5399 a.example", "a.example: defer, dns-failed"),
    ("test domain a.example", "a.example: defer, dns-failed"),
    ("test dns a.example A", "indeterminate"),
    ("test policy a.example", "level dane"),
    ("policy explain a.example", "level dane"),
    ("report", "Recipients relayed"),
    ("metrics", "danegate_sessions_total 0"),
    ("firewall print", "table inet danegate"),
    ("firewall apply", "> "),
    ("firewall remove", "> "),
    ("show system slots", "here is none"),
    ("show system host-key", "here is none"),
    ("request system update medium", "here is none"),
    ("request system rollback", "here is none"),
    ("request system factory-reset", "here is none"),
    ("request system reboot", "here is none"),
    ("update check {f}/saved --key {f}/saved --board virt",
     "expected a key of 32 bytes"),
    ("update write {f}/saved {f}/a {f}/b --key {f}/saved --board virt",
     "expected a key of 32 bytes"),
    ("network print", "wan_address='dhcp'"),
    ("show version", "uptime"),
    ("show status", "mode +enforce"),
    ("show sessions detail", "total"),
    ("show decisions", "none"),
    ("show destinations", "none"),
    ("show policy", "default +dane"),
    ("show dns cache", "entries"),
    ("show dns servers", "192.0.2.53"),
    ("show dns trust-anchors", "20326"),
    ("show tls sessions", "tickets"),
    ("show downgrade-memory", "hosts"),
    ("show statistics", "sessions +0"),
    ("show tlsrpt", "waiting"),
    ("show loop", "turns"),
    ("show memory", "limit"),
    ("show configuration defaults", "set policy default dane"),
    ("show log", "listening"),
    ("show log follow", STREAM),
    ("monitor", STREAM),
    ("clear dns cache", "cleared"),
    ("clear downgrade-memory mx.example", "cleared"),
    ("request support-bundle {f}/bundle", "> "),
    ("request tlsrpt", "no tlsrpt relay"),
    ("request reload", "reloaded +yes"),
    ("request restart", "stopping"),
    ("request shutdown", "not running"),
    ("exit", LEAVES),
)


def known(danegate):
    """The words of every command, as help lists them."""
    text = subprocess.run([danegate, "help"], capture_output=True, text=True,
                          check=True).stdout
    found = re.findall(r"^  danegate ((?:[a-z-]+ )*[a-z-]+)(?:$| )", text,
                       re.M)
    assert len(found) > 50, found
    return found


def untried(danegate):
    """Commands without a line in the table."""
    return [words for words in known(danegate)
            if not any(re.match(rf"{words}(?= |$)", line)
                       for line, _ in STEPS)]


def certificate(folder):
    """chain.pem in the folder; a TLSA record for it."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{folder}/key.pem",
         "-out", f"{folder}/chain.pem", "-subj", "/CN=mx.example", "-days",
         "30"], check=True, capture_output=True)
    der = subprocess.run(
        ["openssl", "x509", "-in", f"{folder}/chain.pem", "-outform", "DER"],
        check=True, capture_output=True).stdout
    return f"3 0 0 {der.hex()}"
