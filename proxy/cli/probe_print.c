/*
 * A probe's steps for a person: a word on the left, text on the right, nothing
 * past column 79. Text that is longer goes on in the next line, up to a limit.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "cli/probe.h"
#include "dane/describe.h"

#define LABEL	    9
#define WIDTH	    70 /* columns behind the label; "3 1 1 " and a digest */
#define LINES_MAX   4
#define TEXT_MAX    1024
#define RECORDS_MAX 6

const char *
probe_tlsa_security(enum tlsa_status status)
{
	switch (status) {
	case TLSA_STATUS_USABLE:
	case TLSA_STATUS_UNUSABLE:
	case TLSA_STATUS_ABSENT:
		return "secure";
	case TLSA_STATUS_INSECURE:
		return "insecure";
	case TLSA_STATUS_BOGUS:
		return "bogus";
	case TLSA_STATUS_UNKNOWN:
	case TLSA_STATUS_FAILED:
		break;
	}
	return "indeterminate";
}

const char *
probe_tlsa_text(enum tlsa_status status)
{
	switch (status) {
	case TLSA_STATUS_USABLE:
		return "usable";
	case TLSA_STATUS_UNUSABLE:
		return "unusable";
	case TLSA_STATUS_ABSENT:
		return "absent";
	case TLSA_STATUS_UNKNOWN:
	case TLSA_STATUS_INSECURE:
	case TLSA_STATUS_BOGUS:
	case TLSA_STATUS_FAILED:
		break;
	}
	return "unknown";
}

const char *
probe_route_text(enum route_status status)
{
	switch (status) {
	case ROUTE_FOUND:
		return "found";
	case ROUTE_NULL_MX:
		return "null-mx";
	case ROUTE_NONE:
		return "no-domain";
	case ROUTE_BOGUS:
		return "bogus";
	case ROUTE_FAILED:
		return "failed";
	case ROUTE_CLOCK_UNSET:
		return "clock-unset";
	case ROUTE_UNKNOWN:
		break;
	}
	return "unknown";
}

const char *
probe_date_text(int64_t seconds, char text[PROBE_DATE_MAX])
{
	const time_t t = (time_t)seconds;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(text, PROBE_DATE_MAX, "%Y-%m-%d", &tm) == 0)
		(void)snprintf(text, PROBE_DATE_MAX, "?");
	return text;
}

void
probe_hex(char *out, size_t size, struct span data)
{
	out[0] = '\0';
	for (size_t i = 0; i < data.n && 2 * i + 3 <= size; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", data.p[i]);
}

struct judgement
probe_overall(const struct probe_result *result)
{
	struct judgement j = result->judgement;

	/* As for the mail server: nobody was there, so it keeps its mail. */
	if (j.verdict == VERDICT_UNKNOWN) {
		j.verdict = VERDICT_DEFER;
		j.reason = REASON_SERVER_GONE;
	}
	return j;
}

/* How much of the text goes into one line: up to a blank, if there is one. */
static size_t
line_length(struct span text)
{
	size_t n = text.n < WIDTH ? text.n : WIDTH;

	if (n == text.n)
		return n;
	while (n > 0 && text.p[n] != ' ')
		n--;
	return n > 0 ? n : WIDTH;
}

/* Printable already, or about to be made so. */
static void
print_span(const char *label, struct span text)
{
	char escaped[TEXT_MAX];
	struct span rest;

	log_escape(escaped, sizeof(escaped), text);
	rest = span_text(escaped);
	for (unsigned i = 0; i == 0 || rest.n > 0; i++) {
		size_t n = line_length(rest);

		if (i == LINES_MAX) {
			(void)printf("%*s...\n", LABEL, "");
			return;
		}
		(void)printf("%-*s%.*s\n", LABEL, i == 0 ? label : "", (int)n,
		    (const char *)rest.p);
		rest = span_trim(span_slice(rest, n, rest.n));
	}
}

static void print(const char *label, const char *format, ...) DG_PRINTF(2, 3);

static void
print(const char *label, const char *format, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	print_span(label, span_text(text));
}

/* "STARTTLS refused: 454 not today" */
static void
print_reply(const char *label, const struct probe_step *step)
{
	const struct smtp_reply *reply = step->reply;
	char text[TEXT_MAX];
	size_t n;

	if (reply == NULL) {
		print(label, "%s", step->fault != NULL ? step->fault : "ok");
		return;
	}
	(void)snprintf(text, sizeof(text), "%s%s%d %.*s",
	    step->fault != NULL ? step->fault : "",
	    step->fault != NULL ? ": " : "", reply->code, (int)reply->len,
	    reply->text);
	n = strlen(text);
	for (size_t i = 0; i < n; i++)
		if (text[i] == '\n')
			text[i] = ' ';
	print_span(label, span_of(text, n));
}

static void
print_mx(const struct probe_step *step)
{
	const struct route_facts *facts = step->facts;

	if (facts == NULL) {
		print("MX", "out of memory");
		return;
	}
	if (facts->status != ROUTE_FOUND) {
		print("MX", "%s%s%s", probe_route_text(facts->status),
		    facts->why[0] != '\0' ? ": " : "", facts->why);
		return;
	}
	for (size_t i = 0; i < facts->nhosts; i++)
		print(i == 0 ? "MX" : "", "%u %s (%s)",
		    (unsigned)facts->hosts[i].preference,
		    facts->hosts[i].host.text,
		    dnssec_status_text(facts->mx_security));
}

static void
print_answer(const char *label, const struct probe_host *host,
    const struct probe_answer *answer)
{
	char text[ADDRESS_TEXT_MAX];
	const char *status = dnssec_status_text(answer->status);

	if (answer->why[0] != '\0')
		print(label, "%s: %s: %s", host->name.text, status,
		    answer->why);
	else if (answer->n == 0)
		print(label, "%s: none (%s)", host->name.text, status);
	for (size_t i = 0; i < answer->n; i++)
		print(label, "%s %s (%s)", host->name.text,
		    address_text(&answer->addresses[i], text), status);
}

/* What stands for a server in a line of its own. */
static void
print_server(const struct probe_step *step)
{
	static const uint8_t zero[16];
	char text[ADDRESS_TEXT_MAX];
	const struct address *a = step->server;
	const char *host = step->host != NULL ? step->host->name.text : "";

	if (memcmp(a->bytes, zero, sizeof(zero)) == 0)
		(void)printf("\n%s over IPv%d\n", host, (int)a->family);
	else
		(void)printf("\n%s%s%s\n", host, host[0] != '\0' ? " at " : "",
		    address_port_text(a, text));
}

static void
print_records(const struct host_facts *host)
{
	for (size_t i = 0; i < host->nrecords; i++) {
		const struct tlsa *r = &host->records[i];
		char hex[2 * 64 + 1];
		const char *why = NULL;

		if (i == RECORDS_MAX) {
			print("", "and %zu more", host->nrecords - i);
			return;
		}
		probe_hex(hex, sizeof(hex), r->data);
		(void)tlsa_usable(r, &why);
		print("", "%u %u %u %s%s%s%s", r->usage, r->selector,
		    r->matching, hex, r->data.n > 64 ? "..." : "",
		    why != NULL ? " unusable: " : "", why != NULL ? why : "");
	}
}

static void
print_tlsa(const struct probe_step *step)
{
	const struct host_facts *host = step->requirement->host;

	print_server(step);
	if (host == NULL) {
		print("TLSA", "no MX host to look for");
		return;
	}
	if (host->why[0] != '\0')
		print("TLSA", "%s: %s", probe_tlsa_security(host->tlsa),
		    host->why);
	else if (host->tlsa == TLSA_STATUS_INSECURE)
		print("TLSA", "not relied on: %s is not signed",
		    host->host.text);
	else
		print("TLSA", "_%u._tcp.%s: %s (%s)",
		    (unsigned)step->server->port, host->base.text,
		    probe_tlsa_text(host->tlsa),
		    probe_tlsa_security(host->tlsa));
	print_records(host);
	if (!host->matched)
		print("", "no MX host has this address");
}

static void
print_certificate(size_t i, struct span der)
{
	struct cert_text c;
	char date[PROBE_DATE_MAX];
	int64_t now = clock_wall();

	cert_describe(&c, der);
	if (!c.readable) {
		print(i == 0 ? "Chain" : "", "%zu cannot be read", i);
	} else {
		print(i == 0 ? "Chain" : "", "%zu %s, %s, %s %s, by %s", i,
		    c.subject, c.key,
		    now < c.from     ? "NOT BEFORE"
			: now > c.to ? "EXPIRED"
				     : "until",
		    probe_date_text(now < c.from ? c.from : c.to, date),
		    c.issuer);
		if (i == 0 && c.names[0] != '\0')
			print("", "names %s", c.names);
	}
	if (i == 0 && c.digest[0] != '\0')
		print("", "3 1 1 %s", c.digest);
}

static void
print_tls(const struct probe_step *step)
{
	struct span chain[TLS_CHAIN_MAX];
	size_t n;

	if (step->tls == NULL) {
		print("TLS", "failed: %s", step->fault);
		return;
	}
	print("TLS", "%s %s, %s (%s)", tls_conn_version(step->tls),
	    tls_conn_cipher(step->tls), tls_conn_group(step->tls),
	    tls_grade_text(tls_conn_grade(step->tls)));
	n = tls_conn_chain(step->tls, chain, TLS_CHAIN_MAX);
	for (size_t i = 0; i < n; i++)
		print_certificate(i, chain[i]);
}

static void
print_verdict(const struct probe_step *step)
{
	const struct judgement *j = step->judgement;
	const char *level = level_text(step->requirement->level);

	if (j == NULL)
		print("Verdict", "none: %s", step->fault);
	else if (j->verdict == VERDICT_RELAY)
		print("Verdict", "relay, %s%s%s (level %s)", auth_text(j->auth),
		    j->reason == REASON_OK ? "" : ", ",
		    j->reason == REASON_OK ? "" : reason_text(j->reason),
		    level);
	else
		print("Verdict", "%s, %s (level %s)%s%s",
		    verdict_text(j->verdict), reason_text(j->reason), level,
		    step->why[0] != '\0' ? ": " : "", step->why);
}

void
probe_print_step(const struct probe_step *step)
{
	const struct dane_result *dane;

	switch (step->kind) {
	case PROBE_MX:
		print_mx(step);
		break;
	case PROBE_ADDRESSES:
		print_answer("A", step->host, &step->host->ipv4);
		print_answer("AAAA", step->host, &step->host->ipv6);
		break;
	case PROBE_TLSA:
		print_tlsa(step);
		break;
	case PROBE_CONNECT:
		print("Connect", "%s",
		    step->fault != NULL ? step->fault : "ok");
		break;
	case PROBE_BANNER:
		print_reply("Banner", step);
		break;
	case PROBE_EHLO:
		print_reply("EHLO", step);
		break;
	case PROBE_STARTTLS:
		print_reply("STARTTLS", step);
		break;
	case PROBE_TLS:
		print_tls(step);
		break;
	case PROBE_DANE:
		dane = &step->server_facts->dane;
		print("DANE", "%s: %s", dane_verdict_text(dane->verdict),
		    dane->reason);
		break;
	case PROBE_PKIX:
		print("PKIX", "%s: %s",
		    step->fault == NULL ? "verified" : "failed",
		    step->server_facts->pkix.reason);
		break;
	case PROBE_EHLO_TLS:
		print_reply("EHLO/TLS", step);
		break;
	case PROBE_VERDICT:
		print_verdict(step);
		break;
	case PROBE_KINDS:
		break;
	}
	(void)fflush(stdout);
}

void
probe_print_result(const struct name *domain, const struct probe_result *result)
{
	const struct judgement j = probe_overall(result);

	(void)printf("\n%s: %s, %s\n", domain->text, verdict_text(j.verdict),
	    j.verdict == VERDICT_RELAY ? auth_text(j.auth)
				       : reason_text(j.reason));
	(void)printf("%u servers, %u reached, %u would be given the mail\n",
	    result->servers, result->reached, result->relays);
}
