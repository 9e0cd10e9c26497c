"""TLS reports (RFC 8460): cases as those of cases.py. Who publishes what at
_smtp._tls is in world.py.
"""

import email
import gzip
import json
import pathlib

import jsonschema

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
