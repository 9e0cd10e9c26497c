"""The three validators side by side: danegate, unbound (unbound-host) and BIND
(delv). Each is started afresh for each question and so knows nothing yet.
"""

import json
import pathlib
import re
import subprocess

import gateway
import topology

EXIT = {"secure": 0, "bogus": 1, "insecure": 3, "indeterminate": 4}
DELV_UNANSWERED = re.compile(r"resolution failed: (timed out|SERVFAIL|FORMERR"
                             r"|NOTIMP|REFUSED|failure|quota reached)")


def _run(argv):
    with topology.entered(topology.WAN):
        return subprocess.run(
            [str(a) for a in argv], stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=60,
            errors="backslashreplace", check=False)


class Validators:
    def __init__(self, world):
        self.world = world

    def danegate(self, forwarder, name, kind):
        """Its answer as a dict; fails when it is not as the contract says."""
        done = _run([gateway.program("danegate"), "dns", "lookup", "--json",
                     "--server", f"{forwarder.address}@{forwarder.port}",
                     "--anchor", self.world.anchor, name, kind])
        if gateway.REPORT.search(done.stderr):
            raise AssertionError(f"danegate reports:\n{done.stderr}")
        try:
            answer = json.loads(done.stdout)
        except ValueError as error:
            raise AssertionError(f"no JSON: {done.stdout!r} {done.stderr!r} "
                                 f"exit {done.returncode}") from error
        if EXIT[answer["status"]] != done.returncode:
            raise AssertionError(f"exit {done.returncode} with {answer}")
        return answer

    def check_forwarder(self, forwarder):
        """(exit status, {check: result})."""
        done = _run([gateway.program("danegate"), "dns", "check-forwarder",
                     "--anchor", self.world.anchor,
                     f"{forwarder.address}@{forwarder.port}", "--json"])
        if gateway.REPORT.search(done.stderr):
            raise AssertionError(f"danegate reports:\n{done.stderr}")
        checks = json.loads(done.stdout)["checks"]
        return done.returncode, {c["check"]: c["result"] for c in checks}

    def unbound(self, forwarder, name, kind):
        conf = pathlib.Path(self.world.folder, f"host-{forwarder.port}.conf")
        conf.write_text(
            "server:\n  do-not-query-localhost: no\n"
            '  module-config: "validator iterator"\n'
            '  local-zone: "test." nodefault\n'
            f'  trust-anchor-file: "{self.world.anchor}"\n'
            'forward-zone:\n  name: "."\n'
            f"  forward-addr: {forwarder.address}@{forwarder.port}\n")
        done = _run(["unbound-host", "-C", conf, "-v", "-t", kind, name])
        text = done.stdout + done.stderr
        if "BOGUS" in text:
            return "bogus", text
        if "SERVFAIL" in text or "(error)" in text or not done.stdout:
            return "indeterminate", text
        if "(insecure)" in text:
            return "insecure", text
        return "secure" if "(secure)" in text else "indeterminate", text

    def delv(self, forwarder, name, kind):
        done = _run(["delv", f"@{forwarder.address}", "-p", forwarder.port,
                     "-a", self.world.anchor_bind, "+root=.", "-t", kind,
                     "-q", name])
        text = done.stdout + done.stderr
        if DELV_UNANSWERED.search(text):
            return "indeterminate", text
        if "resolution failed:" in text and "ncache" not in text:
            return "bogus", text
        # A chain of aliases counts as its worst step.
        if "unsigned answer" in text or "answer not validated" in text:
            return "insecure", text
        return "secure" if "fully validated" in text else "bogus", text
