/*
 * A probe's steps as JSON, written as they come.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "cli/probe.h"
#include "dane/describe.h"

struct probe_json {
	struct json j;
};

static void
pair(struct json *j, const char *key, const char *value)
{
	json_key(j, key);
	json_text(j, value);
}

static void
number(struct json *j, const char *key, int64_t value)
{
	json_key(j, key);
	json_number(j, value);
}

static void
write_mx(struct json *j, const struct probe_step *step)
{
	const struct route_facts *facts = step->facts;

	if (facts == NULL)
		return;
	pair(j, "route", probe_route_text(facts->status));
	pair(j, "status", dnssec_status_text(facts->mx_security));
	json_key(j, "hosts");
	json_array(j);
	for (size_t i = 0; i < facts->nhosts; i++) {
		json_object(j);
		number(j, "preference", facts->hosts[i].preference);
		pair(j, "host", facts->hosts[i].host.text);
		json_close(j);
	}
	json_close(j);
	pair(j, "reason", facts->why);
}

static void
write_answer(struct json *j, const char *key, const struct probe_answer *answer)
{
	char text[ADDRESS_TEXT_MAX];

	json_key(j, key);
	json_object(j);
	pair(j, "status", dnssec_status_text(answer->status));
	json_key(j, "answers");
	json_array(j);
	for (size_t i = 0; i < answer->n; i++)
		json_text(j, address_text(&answer->addresses[i], text));
	json_close(j);
	pair(j, "reason", answer->why);
	json_close(j);
}

static void
write_addresses(struct json *j, const struct probe_host *host)
{
	if (host == NULL)
		return;
	write_answer(j, "a", &host->ipv4);
	write_answer(j, "aaaa", &host->ipv6);
}

static void
write_records(struct json *j, const struct host_facts *host)
{
	json_key(j, "records");
	json_array(j);
	for (size_t i = 0; i < host->nrecords; i++) {
		const struct tlsa *r = &host->records[i];
		char hex[2 * TLSA_DATA_MAX + 1];
		const char *why = NULL;

		probe_hex(hex, sizeof(hex), r->data);
		json_object(j);
		number(j, "usage", r->usage);
		number(j, "selector", r->selector);
		number(j, "matching", r->matching);
		pair(j, "data", hex);
		json_key(j, "usable");
		json_bool(j, tlsa_usable(r, &why));
		json_close(j);
	}
	json_close(j);
}

static void
write_tlsa(struct json *j, const struct probe_step *step)
{
	const struct host_facts *host = step->requirement->host;

	pair(j, "level", level_text(step->requirement->level));
	if (host == NULL)
		return;
	pair(j, "mx", host->host.text);
	json_key(j, "listed");
	json_bool(j, host->matched);
	pair(j, "status", probe_tlsa_security(host->tlsa));
	pair(j, "tlsa", probe_tlsa_text(host->tlsa));
	pair(j, "base", host->base.text);
	json_key(j, "names");
	json_array(j);
	for (size_t i = 0; i < host->nnames; i++)
		json_text(j, host->names[i].text);
	json_close(j);
	write_records(j, host);
	pair(j, "reason", host->why);
}

static void
write_certificate(struct json *j, struct span der, bool matches)
{
	struct cert_text c;
	char date[PROBE_DATE_MAX];

	cert_describe(&c, der);
	json_object(j);
	json_key(j, "readable");
	json_bool(j, c.readable);
	if (c.readable) {
		pair(j, "subject", c.subject);
		pair(j, "issuer", c.issuer);
		pair(j, "names", c.names);
		pair(j, "key", c.key);
		pair(j, "from", probe_date_text(c.from, date));
		pair(j, "to", probe_date_text(c.to, date));
	}
	pair(j, "spki_sha256", c.digest);
	json_key(j, "matches");
	json_bool(j, matches);
	json_close(j);
}

static void
write_tls(struct json *j, const struct probe_step *step)
{
	const struct dane_result *dane = &step->server_facts->dane;
	struct span chain[TLS_CHAIN_MAX];
	size_t n;

	if (step->tls == NULL)
		return;
	pair(j, "version", tls_conn_version(step->tls));
	pair(j, "cipher", tls_conn_cipher(step->tls));
	pair(j, "group", tls_conn_group(step->tls));
	pair(j, "grade", tls_grade_text(tls_conn_grade(step->tls)));
	json_key(j, "chain");
	json_array(j);
	n = tls_conn_chain(step->tls, chain, TLS_CHAIN_MAX);
	for (size_t i = 0; i < n; i++)
		write_certificate(j, chain[i],
		    dane->verdict == DANE_VERIFIED && dane->depth == i);
	json_close(j);
}

static void
write_dane(struct json *j, const struct probe_step *step)
{
	const struct dane_result *dane = &step->server_facts->dane;

	pair(j, "verdict", dane_verdict_text(dane->verdict));
	if (dane->verdict == DANE_VERIFIED) {
		number(j, "usage", dane->usage);
		number(j, "selector", dane->selector);
		number(j, "matching", dane->matching);
		number(j, "depth", dane->depth);
	}
	pair(j, "reason", dane->reason);
}

static void
write_judgement(struct json *j, const struct judgement *judgement)
{
	pair(j, "verdict", verdict_text(judgement->verdict));
	pair(j, "auth", auth_text(judgement->auth));
	pair(j, "reason", reason_text(judgement->reason));
}

static void
write_reply(struct json *j, const struct smtp_reply *reply)
{
	if (reply == NULL)
		return;
	number(j, "code", reply->code);
	json_key(j, "reply");
	json_string(j, span_of(reply->text, reply->len));
}

/* What this kind of step has of its own. */
static void
write_details(struct json *j, const struct probe_step *step)
{
	switch (step->kind) {
	case PROBE_MX:
		write_mx(j, step);
		return;
	case PROBE_ADDRESSES:
		write_addresses(j, step->host);
		return;
	case PROBE_TLSA:
		write_tlsa(j, step);
		return;
	case PROBE_TLS:
		write_tls(j, step);
		return;
	case PROBE_DANE:
		write_dane(j, step);
		return;
	case PROBE_PKIX:
		pair(j, "verdict", step->fault == NULL ? "verified" : "failed");
		if (step->fault == NULL)
			number(j, "depth", step->server_facts->pkix.depth);
		pair(j, "reason", step->server_facts->pkix.reason);
		return;
	case PROBE_VERDICT:
		if (step->judgement != NULL) {
			write_judgement(j, step->judgement);
			pair(j, "why", step->why);
		}
		return;
	case PROBE_CONNECT:
	case PROBE_BANNER:
	case PROBE_EHLO:
	case PROBE_STARTTLS:
	case PROBE_EHLO_TLS:
	case PROBE_KINDS:
		break;
	}
	write_reply(j, step->reply);
}

int
probe_json_new(struct probe_json **out, const struct name *domain)
{
	struct probe_json *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return DG_ENOMEM;
	json_to_file(&p->j, stdout);
	json_object(&p->j);
	pair(&p->j, "domain", domain->text);
	json_key(&p->j, "steps");
	json_array(&p->j);
	*out = p;
	return 0;
}

void
probe_json_step(struct probe_json *p, const struct probe_step *step)
{
	struct json *j = &p->j;
	char text[ADDRESS_TEXT_MAX];

	json_object(j);
	pair(j, "step", probe_kind_text(step->kind));
	json_key(j, "ok");
	json_bool(j, step->fault == NULL);
	if (step->fault != NULL)
		pair(j, "fault", step->fault);
	if (step->host != NULL)
		pair(j, "host", step->host->name.text);
	if (step->server != NULL)
		pair(j, "server", address_port_text(step->server, text));
	write_details(j, step);
	json_close(j);
}

int
probe_json_end(struct probe_json *p, const struct probe_result *result)
{
	const struct judgement judgement = probe_overall(result);
	struct json *j = &p->j;
	int err;

	json_close(j);
	write_judgement(j, &judgement);
	number(j, "servers", result->servers);
	number(j, "reached", result->reached);
	number(j, "relays", result->relays);
	json_close(j);
	err = json_end(j);
	free(p);
	return err;
}
