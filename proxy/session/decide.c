/*
 * One recipient's decision: facts are gathered (dns/route), policy says what
 * must hold, the server is brought to TLS if need be, policy judges. Every
 * path ends in transaction_rcpt() or answer_refusal(), by a verdict alone.
 */
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
	return policy_wants_tls(&s->decision.requirement,
		   s->proxy->settings->mode == MODE_MONITOR) &&
	    s->server_tls == SERVER_TLS_UNKNOWN && !s->mail_sent;
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
		    policy_relay(s->proxy->settings, &s->server), d->facts,
		    clock_wall_trusted() ? clock_wall() : 0);
	}
	if (wants_starttls(s))
		greet_starttls(s);
	else
		decide_judge(s);
}

/* What the server proved itself with, against the hosts that it may be. */
static void
check_chain(struct session *s, struct server_facts *server)
{
	struct decision *d = &s->decision;
	struct span chain[DANE_CHAIN_MAX];
	struct presented presented = {
		.chain = chain,
		.now = clock_wall(),
		.authorities = s->proxy->authorities,
	};

	if (!s->secured || s->upstream.tls == NULL)
		return;
	presented.nchain = tls_conn_chain(s->upstream.tls, chain,
	    DANE_CHAIN_MAX);
	policy_check(&d->requirement, server, d->facts, &presented);
}

/* While the clock is not believed, the latest time known stands for it: what
 * was seen keeps its age, and nobody is forgotten too soon. */
static int64_t
memory_time(void)
{
	return clock_wall_trusted() ? clock_wall() : clock_floor();
}

static enum memory_tls
spoken(const struct session *s)
{
	if (s->server_tls != SERVER_TLS_DONE)
		return MEMORY_TLS_NONE;
	if (s->upstream.tls != NULL &&
	    strcmp(tls_conn_version(s->upstream.tls), "TLSv1.3") == 0)
		return MEMORY_TLS_1_3;
	return MEMORY_TLS_1_2;
}

/* Notes what the server did, and looks up what it did before. */
static void
remember(const struct session *s, struct server_facts *server)
{
	struct memory *m = s->proxy->memory;
	char address[ADDRESS_TEXT_MAX];
	struct span key = policy_memory_key(&s->decision.requirement,
	    &s->server, address);
	int64_t now = memory_time();
	struct memory_known known;

	if (s->server_tls == SERVER_TLS_REFUSED ||
	    s->server_tls == SERVER_TLS_FAILED ||
	    s->server_tls == SERVER_TLS_DONE)
		memory_note(m, key, spoken(s), now);
	if (s->server_tls != SERVER_TLS_UNKNOWN &&
	    s->server_tls != SERVER_TLS_DONE)
		memory_note_failure(m, key, now);
	known = memory_knows(m, key, now, s->proxy->settings->memory_days);
	server->remembered = known.spoke;
	server->offered = known.offered;
}

/* What the server did, as this decision has to see it. */
static enum server_tls
decide_server_tls(const struct session *s)
{
	const struct decision *d = &s->decision;

	/* Asked for this host by name, it may yet show the right chain. */
	if (s->server_tls == SERVER_TLS_DONE &&
	    policy_is_other(&d->requirement, &s->sni))
		return SERVER_TLS_OTHER;
	if (s->server_tls == SERVER_TLS_UNKNOWN && s->mail_sent &&
	    d->requirement.need != NEED_NOTHING)
		return SERVER_TLS_TOO_LATE;
	return s->server_tls;
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

/* How the message goes out, by the least of its recipients. */
static void
note_auth(struct session *s, const struct judgement *j)
{
	enum auth auth = j->verdict != VERDICT_RELAY && s->secured ? AUTH_TLS
								   : j->auth;

	s->auth = s->mail_sent ? auth_weaker(s->auth, auth) : auth;
}

void
decide_judge(struct session *s)
{
	const struct settings *settings = s->proxy->settings;
	struct decision *d = &s->decision;
	struct server_facts server = { .tls = decide_server_tls(s) };
	struct judgement j;
	const char *why;
	bool pass;

	check_chain(s, &server);
	remember(s, &server);
	policy_judge(&j, settings, &d->requirement, &server);
	/* What a failed handshake leaves is no connection: in clear, where that
	 * is allowed, it takes another one, and this decision comes again. */
	if (j.verdict == VERDICT_RELAY && s->upstream.endpoint == NULL) {
		greet_again(s);
		return;
	}
	if (j.verdict == VERDICT_RELAY)
		resume_keep(s);
	why = policy_why(&j, &d->requirement, d->facts, &server);
	if (d->purpose == DECIDE_RELAY) {
		decide_relay(s, &j, why);
		return;
	}
	/* Monitor mode lets pass what can still pass. */
	pass = j.verdict == VERDICT_RELAY ||
	    (settings->mode == MODE_MONITOR && s->upstream.endpoint != NULL);
	if (!pass && s->owed > 0) {
		/* Its turn has not come: judged again when it has. */
		session_goto(s, SESSION_RCPT);
		return;
	}
	report_decision(s, &j, pass, why);
	if (pass) {
		s->passed = true;
		note_auth(s, &j);
		transaction_rcpt(s);
	} else {
		answer_refusal(s, &j, why);
	}
	decide_clear(s);
}
