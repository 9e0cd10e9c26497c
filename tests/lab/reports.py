"""Reports: those on TLS to others (RFC 8460; who publishes what at _smtp._tls is in
world.py), and that on a month. Cases as those of cases.py.
"""

import datetime
import email
import gzip
import json
import os
import pathlib
import subprocess
import time

import jsonschema

import cases
import gateway
import topology
import world
from cases import Letter, mail_to, once, require, require_equal

CASES = []
SCHEMA = json.loads(
    pathlib.Path(__file__).with_name("tlsrpt.schema.json").read_text())
FROM = "tls-reports@office.example"
SETTINGS = (f"set tlsrpt relay {topology.MTA[4]}", f"set tlsrpt from {FROM}")


def case(function):
    CASES.append(function)
    return once(function)


def report_in(message):
    """The JSON in a letter, held to the RFC's forms."""
    letter = email.message_from_bytes(message)
    require_equal(letter.get_content_type(), "multipart/report", "type")
    require_equal(letter.get_param("report-type"), "tlsrpt", "report type")
    require_equal(letter["From"], f"<{FROM}>", "From")
    require_equal(letter["TLS-Report-Submitter"], "office.example", "submitter")
    text, packed = letter.get_payload()
    require_equal(text.get_content_type(), "text/plain", "the part to read")
    require_equal(packed.get_content_type(), "application/tlsrpt+gzip", "packed")
    report = json.loads(gzip.decompress(packed.get_payload(decode=True)))
    jsonschema.validate(report, SCHEMA,
                        format_checker=jsonschema.FormatChecker())
    for policy in report["policies"]:
        require_equal(policy["policy"]["policy-domain"],
                      letter["TLS-Report-Domain"], "domain")
    require(f"Report-ID: <{report['report-id']}>" in
            " ".join(letter["Subject"].split()), letter["Subject"])
    submitter, domain, _, rest = packed.get_filename().split("!")
    require_equal((submitter, domain), ("office.example",
                                        letter["TLS-Report-Domain"]), "name")
    require(rest.endswith(".json.gz"), packed.get_filename())
    return report


@case
def tls_reports_are_sent(lab, family):
    """Each domain that wants one gets a report, through the office's mail
    server and by DANE; who publishes nothing, or wants HTTPS, gets none."""
    sites = [world.SITES[name] for name in
             ("dane-ee.test", "mismatch.test", "plain-tls.test",
              "dane-ta.test")]
    lab.danegate.reload(*SETTINGS, wait="reloaded")
    for site in sites:
        for _ in range(2):
            mail_to(lab, Letter(site.domain(family)))
    topology.until(lambda: json.loads(lab.danegate.ask(
        "show", "tlsrpt", "--json"))["domains"] == [
            {"domain": sites[0].domain(family), "policy": "tlsa",
             "successes": 2, "failures": 0},
            {"domain": sites[1].domain(family), "policy": "tlsa",
             "successes": 0, "failures": 2}], 10,
        "shows the two that want a report")
    require("begun" in lab.danegate.ask("request", "tlsrpt"), "not begun")
    reports = {}
    for site in sites[:2]:
        lab.danegate.wait_for_event(event="tlsrpt-sent",
                                    domain=site.domain(family))
        reports[site.name] = report_in(lab.mx.wait_for_message(
            world.rua_of(site, family)))
    topology.until(lambda: json.loads(lab.danegate.ask(
        "show", "tlsrpt", "--json"))["waiting"] == 0, 10, "all are done with")
    require_equal([e["domain"] for e in lab.danegate.events(
        event="tlsrpt-sent")], [s.domain(family) for s in sites[:2]], "sent")
    (good,) = reports["dane-ee.test"]["policies"]
    require_equal(good["summary"], {"total-successful-session-count": 2,
                                    "total-failure-session-count": 0}, "good")
    require_equal([s.lower() for s in good["policy"]["policy-string"]],
                  [lab.world.certificates["dane-ee.test"].tlsa(3).lower()],
                  "TLSA")
    (bad,) = reports["mismatch.test"]["policies"]
    require_equal(bad["summary"], {"total-successful-session-count": 0,
                                   "total-failure-session-count": 2}, "bad")
    (detail,) = bad["failure-details"]
    require_equal(detail, {
        "result-type": "validation-failure",
        "sending-mta-ip": topology.wan_address(1, family),
        "receiving-mx-hostname": sites[1].mx(family),
        "receiving-ip": sites[1].address(family), "failed-session-count": 2,
        "failure-reason-code": "tlsa-mismatch"}, "detail")
    lab.danegate.reload(wait="reloaded")


@case
def tls_reports_wait_for_the_mail_server(lab, family):
    """A mail server that does not take them: told of, and tried again; without
    `tlsrpt relay` nothing is gathered."""
    site = world.SITES["dane-ee.test"]
    lab.danegate.reload(f"set tlsrpt relay {topology.MTA[4]}@9", SETTINGS[1],
                        wait="reloaded")
    mail_to(lab, Letter(site.domain(family)))
    lab.danegate.ask("request", "tlsrpt")
    lab.danegate.wait_for_event(event="tlsrpt-waits",
                                domain=site.domain(family))
    shown = json.loads(lab.danegate.ask("show", "tlsrpt", "--json"))
    require_equal((shown["waiting"], shown["sent"]), (1, shown["sent"]), "wait")
    require("begun" not in lab.danegate.ask("request", "tlsrpt"),
            "begun twice")
    lab.danegate.reload(wait="reloaded")
    mail_to(lab, Letter(site.domain(family)))
    shown = json.loads(lab.danegate.ask("show", "tlsrpt", "--json"))
    require_equal((shown["on"], shown["domains"], shown["waiting"]),
                  (False, [], 0), "off")


class MonthlyClock:
    """danegated on the router with a clock of the test's own: libfaketime moves
    wall time, and leaves what timers go by."""

    def __init__(self, lab, more):
        folder = pathlib.Path(lab.world.folder, "month")
        folder.mkdir()
        (self.preload,) = pathlib.Path("/usr/lib").glob(
            "*/faketime/libfaketime.so.1")
        self.gateway = gateway.Gateway(folder, lab.world.tree.anchor, more)
        self.lab = cases.Lab(lab.world, self.gateway)

    def environment(self, date):
        """Of a process that begins at noon (UTC) of that day."""
        noon = datetime.datetime.combine(date, datetime.time(12),
                                         datetime.timezone.utc)
        seconds = int(noon.timestamp() - time.time())
        asan = os.environ.get("ASAN_OPTIONS", "")
        return {"LD_PRELOAD": str(self.preload), "FAKETIME": f"+{seconds}s",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                "ASAN_OPTIONS": f"{asan}:verify_asan_link_order=0"}

    def day(self, date, domains):
        """One letter to each domain on that day, and a restart."""
        self.gateway.start(env=self.environment(date))
        for domain in domains:
            mail_to(self.lab, Letter(domain))
        events = self.gateway.events()
        self.gateway.stop()
        return events

    def report(self, date):
        """On the month of that day, asked on it."""
        done = subprocess.run(
            ["ip", "netns", "exec", topology.GW, gateway.program("danegate"),
             "report", "--json", "--month", f"{date:%Y-%m}", "-c",
             self.gateway.conf], check=True, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=60,
            env={**os.environ, **self.environment(date)})
        return json.loads(done.stdout)


@case
def a_month_is_reported(lab, family):
    """A month of letters, with a restart after each day of mail and an exception
    that ends on the 10th: the report names each domain with the reason that was
    true on each day, when it was first and last, and the sums agree."""
    plain, held, good, clear = (world.SITES[name].domain(family) for name in (
        "plain-tls.test", "stripped.test", "dane-ee.test", "cleartext.test"))
    first = (datetime.date.today().replace(day=1) +
             datetime.timedelta(days=32)).replace(day=1)
    days = [first + datetime.timedelta(days=n) for n in (0, 4, 9, 10, 15, 27)]
    end = first.replace(day=10)
    lab.danegate.stop()
    try:
        clock = MonthlyClock(lab, (
            f"set policy domain {plain} level may until {end} "
            'reason "they sign next week"',))
        for date in days:
            events = clock.day(date, (plain, held, good, clear))
            require_equal([e["domain"] for e in events
                           if e["event"] == "exception-expired"],
                          [plain] if date > end else [], f"told on {date}")
        report = clock.report(days[-1])
    finally:
        lab.danegate.start()
    require_equal(report["days"], len(days), "days")
    require_equal((report["sums"]["auth/dane-ee"], report["sums"]["auth/tls"],
                   report["sums"]["auth/none"],
                   report["sums"]["reason/starttls-missing"]),
                  (len(days),) * 4, "sums")
    found = {(e["domain"], e["reason"]): e["recipients"]
             for e in report["not_protected"]}
    require_equal(found, {(plain, "exception"): 3, (plain, "no-tlsa"): 3,
                          (clear, "no-tlsa"): len(days)}, "not protected")
    (entry,) = report["held"]
    require_equal((entry["domain"], entry["reason"], entry["recipients"]),
                  (held, "starttls-missing", len(days)), "held")
    require_equal([entry[key][:10] for key in ("first", "last")],
                  [str(days[0]), str(days[-1])], "first and last")
    require_equal([rule["state"] for rule in report["rules"]], ["expired"],
                  "rules")
