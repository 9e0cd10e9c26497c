/*
 * One recipient's decision: facts are gathered (dns/route), policy says what
 * must hold, the server is brought to TLS if need be, policy judges. Every
 * path ends in transaction_rcpt() or answer_refusal(), by a verdict alone.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "session/session.h"

void
decide_clear(struct session *s)
{
	struct decision *d = &s->decision;

	route_cancel(d->query);
	d->query = NULL;
	route_facts_free(d->facts);
	d->facts = NULL;
	d->ready = false;
	memset(&d->requirement, 0, sizeof(d->requirement));
	memset(&d->dane, 0, sizeof(d->dane));
}

static void
decide_on_facts(void *arg, struct route_facts *facts)
{
	struct session *s = arg;

	s->decision.query = NULL;
	s->decision.facts = facts;
	s->decision.ready = true;
	session_run(s);
}

void
decide_start(struct session *s, enum decision_purpose purpose)
{
	const struct settings *settings = s->proxy->settings;
	const struct relay_rule *relay = policy_relay(settings, &s->server);
	struct decision *d = &s->decision;
	struct route_question q = {
		.destination = s->server,
		.literal = d->literal,
		.relay = relay != NULL,
		.insecure_mx_dane = settings->insecure_mx == INSECURE_MX_DANE,
	};

	decide_clear(s);
	d->purpose = purpose;
	if (purpose == DECIDE_RELAY)
		memset(&d->domain, 0, sizeof(d->domain));
	q.domain = d->domain;
	if (relay != NULL)
		q.relay_host = relay->host;
	session_goto(s, SESSION_FACTS);
	if (route_lookup(&d->query, s->proxy->resolver, &q, decide_on_facts,
		s) != 0) {
		d->query = NULL;
		d->ready = true;
	}
}

/* Is there TLS still to be tried with this server, and is it wanted? */
static bool
wants_starttls(const struct session *s)
{
	enum need need = s->decision.requirement.need;
	bool wanted = need == NEED_MAY || need == NEED_MAY_FALLBACK ||
	    need == NEED_TLS || need == NEED_DANE;

	/* What monitor mode lets pass all the same passes at its best. */
	if (s->proxy->settings->mode == MODE_MONITOR && need == NEED_DEFER)
		wanted = true;
	return wanted && s->server_tls == SERVER_TLS_UNKNOWN && !s->mail_sent;
}

void
decide_facts(struct session *s)
{
	struct decision *d = &s->decision;

	if (d->facts == NULL) {
		d->requirement.need = NEED_DEFER;
		d->requirement.reason = REASON_DNS_FAILED;
	} else {
		policy_require(&d->requirement, s->proxy->settings, &d->domain,
		    policy_relay(s->proxy->settings, &s->server), d->facts);
	}
	if (wants_starttls(s))
		greet_starttls(s);
	else
		decide_judge(s);
}

static void
check_host(struct session *s, const struct host_facts *host,
    const struct span *chain, size_t nchain)
{
	const struct dane_input in = {
		.records = host->records,
		.nrecords = host->nrecords,
		.chain = chain,
		.nchain = nchain,
		.names = host->names,
		.nnames = host->nnames,
		.now = clock_wall(),
	};

	dane_verify(&s->decision.dane, &in);
	if (s->decision.dane.verdict == DANE_VERIFIED)
		s->decision.requirement.host = host;
}

/*
 * The chain against the host that policy chose, and, since several MX hosts
 * may share an address (or none list it), against the others with the same
 * claim: any of them is right for this domain.
 */
static void
check_dane(struct session *s)
{
	struct decision *d = &s->decision;
	const struct host_facts *chosen = d->requirement.host;
	struct span chain[DANE_CHAIN_MAX];
	size_t n;
	struct dane_result first;

	if (d->requirement.need != NEED_DANE || chosen == NULL || !s->secured ||
	    s->upstream.tls == NULL)
		return;
	n = tls_conn_chain(s->upstream.tls, chain, DANE_CHAIN_MAX);
	check_host(s, chosen, chain, n);
	first = d->dane;
	for (size_t i = 0; i < d->facts->nhosts; i++) {
		const struct host_facts *host = &d->facts->hosts[i];

		if (d->dane.verdict == DANE_VERIFIED)
			return;
		if (host != chosen && host->matched == chosen->matched &&
		    host->tlsa == TLSA_STATUS_USABLE)
			check_host(s, host, chain, n);
	}
	if (d->dane.verdict != DANE_VERIFIED)
		d->dane = first;
}

/* What downgrade memory goes by: the MX host that the destination is, or the
 * bare address where no host lists it. */
static struct span
memory_key(const struct session *s, char address[ADDRESS_TEXT_MAX])
{
	const struct host_facts *host = s->decision.requirement.host;

	return span_text(host != NULL && host->matched
		? host->host.text
		: address_text(&s->server, address));
}

static bool
is_remembered(const struct session *s)
{
	char address[ADDRESS_TEXT_MAX];
	struct span key = memory_key(s, address);

	if (s->server_tls == SERVER_TLS_DONE)
		memory_note(s->proxy->memory, key, clock_wall());
	return memory_knows(s->proxy->memory, key, clock_wall(),
	    s->proxy->settings->memory_days);
}

/* What the server did, as this decision has to see it. */
static enum server_tls
decide_server_tls(const struct session *s)
{
	const struct decision *d = &s->decision;

	/* A server shows what it thinks the client came for: asked for this
	 * host by name, it may yet show the right chain. */
	if (s->server_tls == SERVER_TLS_DONE && d->requirement.host != NULL &&
	    !name_equal(&s->sni, &d->requirement.host->base))
		return SERVER_TLS_OTHER;
	if (s->server_tls == SERVER_TLS_UNKNOWN && s->mail_sent &&
	    d->requirement.need != NEED_NOTHING)
		return SERVER_TLS_TOO_LATE;
	return s->server_tls;
}

static const char *
dns_why(const struct decision *d)
{
	const struct host_facts *host = d->requirement.host;

	if (host != NULL && host->why[0] != '\0')
		return host->why;
	return d->facts != NULL ? d->facts->why : "";
}

/* What happened, in words, for the log and the client. */
static void
decide_why(const struct session *s, const struct judgement *j, char *why,
    size_t n)
{
	const struct decision *d = &s->decision;

	const char *text = "";

	if (j->reason == REASON_TLSA_MISMATCH ||
	    j->reason == REASON_OTHER_SERVER)
		text = d->dane.reason;
	else if (j->reason == REASON_DOWNGRADE &&
	    s->server_tls != SERVER_TLS_INJECTED)
		text = "it spoke TLS before and now does not";
	else if (j->reason == REASON_DNS_BOGUS ||
	    j->reason == REASON_DNS_FAILED)
		text = dns_why(d);
	else if (j->reason == REASON_STARTTLS_MISSING)
		text = "the server does not offer STARTTLS";
	else if (j->reason == REASON_CLOCK_UNSET)
		text = "the time is not known yet";
	(void)snprintf(why, n, "%s", text);
}

/* A relay is checked early only so that the client sees the right EHLO; each
 * recipient is decided again by itself. */
static void
decide_relay(struct session *s, const struct judgement *j, const char *why)
{
	if (s->upstream.endpoint == NULL) {
		report_decision(s, j, false, why);
		answer_refusal(s, j, why);
	} else {
		greet_answer(s);
	}
	decide_clear(s);
}

void
decide_judge(struct session *s)
{
	const struct settings *settings = s->proxy->settings;
	struct decision *d = &s->decision;
	struct server_facts server = { .tls = decide_server_tls(s) };
	struct judgement j;
	char why[DANE_REASON_MAX];
	bool pass;

	check_dane(s);
	server.dane = d->dane;
	server.remembered = is_remembered(s);
	policy_judge(&j, settings, &d->requirement, &server);
	decide_why(s, &j, why, sizeof(why));
	if (d->purpose == DECIDE_RELAY) {
		decide_relay(s, &j, why);
		return;
	}
	/* Monitor mode lets pass what can still pass. */
	pass = j.verdict == VERDICT_RELAY ||
	    (settings->mode == MODE_MONITOR && s->upstream.endpoint != NULL);
	report_decision(s, &j, pass, why);
	if (pass) {
		s->passed = true;
		transaction_rcpt(s);
	} else {
		answer_refusal(s, &j, why);
	}
	decide_clear(s);
}
