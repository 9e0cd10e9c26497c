/*
 * The walk. First the facts for a destination that nobody has (the unspecified
 * address): no host matches it, so they hold the list of MX hosts by
 * preference. Then all addresses of these hosts at once; then one server after
 * the other: the facts as the daemon gathers them for a connection to that
 * address, the talk, the verdict.
 *
 * A host whose addresses could not be found out stands in the list of servers
 * with the unspecified address of the family. It is not talked with, but its
 * facts are judged: held mail must not look like an absent server.
 */
#include "probe/probe.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "dnssec/message.h"
#include "policy/memory.h"
#include "probe/talk.h"

#define HELO_MAX 256

/* One lookup of addresses. */
struct finder {
	struct probe *p;
	struct probe_answer *answer;
	struct resolver_query *query;
};

struct probe {
	struct probe_means means;
	struct probe_watcher watcher;
	struct probe_question question;
	char helo[HELO_MAX];
	struct probe_result result;
	bool judged; /* result.judgement is of some server */

	struct probe_host hosts[ROUTE_HOSTS_MAX];
	size_t nhosts;
	struct finder finders[2 * ROUTE_HOSTS_MAX];
	size_t nfinders;
	size_t pending; /* lookups under way */

	struct {
		struct address address;
		const struct probe_host *host; /* NULL: not found by a host */
	} servers[PROBE_SERVERS_MAX];
	size_t nservers;
	size_t at; /* the server that is looked at */

	struct route_query *route;
	struct route_facts *facts;
	struct requirement requirement;
	struct server_facts server_facts;
	struct talk *talk;
};

const char *
probe_kind_text(enum probe_kind kind)
{
	static const char *const words[PROBE_KINDS] = {
		[PROBE_MX] = "mx",
		[PROBE_ADDRESSES] = "address",
		[PROBE_TLSA] = "tlsa",
		[PROBE_CONNECT] = "connect",
		[PROBE_BANNER] = "banner",
		[PROBE_EHLO] = "ehlo",
		[PROBE_STARTTLS] = "starttls",
		[PROBE_TLS] = "tls",
		[PROBE_DANE] = "dane",
		[PROBE_PKIX] = "pkix",
		[PROBE_EHLO_TLS] = "ehlo-tls",
		[PROBE_VERDICT] = "verdict",
	};

	return kind < PROBE_KINDS ? words[kind] : "unknown";
}

static bool
is_unspecified(const struct address *a)
{
	static const uint8_t zero[sizeof(a->bytes)];

	return memcmp(a->bytes, zero, sizeof(zero)) == 0;
}

/* A step of the server that is looked at, as far as all of them are alike. */
static struct probe_step
server_step(const struct probe *p, enum probe_kind kind)
{
	return (struct probe_step){
		.kind = kind,
		.host = p->servers[p->at].host,
		.server = &p->servers[p->at].address,
		.facts = p->facts,
		.requirement = &p->requirement,
		.server_facts = &p->server_facts,
	};
}

static void
probe_tell(const struct probe *p, const struct probe_step *step)
{
	p->watcher.told(p->watcher.arg, step);
}

static void
probe_end(struct probe *p)
{
	const struct probe_result result = p->result;

	p->watcher.done(p->watcher.arg, &result);
}

static int probe_ask_facts(struct probe *p, const struct address *destination,
    route_done *done);
static void probe_next(struct probe *p);

/* Verdicts */

static void
take_judgement(struct probe *p, const struct judgement *j)
{
	if (j->verdict == VERDICT_RELAY)
		p->result.relays++;
	if (!p->judged ||
	    (j->verdict == VERDICT_RELAY &&
		p->result.judgement.verdict != VERDICT_RELAY))
		p->result.judgement = *j;
	p->judged = true;
}

/* Then no talk changes the verdict. */
static bool
is_held_anyway(const struct requirement *r)
{
	return r->need == NEED_DEFER || r->need == NEED_REJECT ||
	    r->need == NEED_UNKNOWN;
}

/* What the server did before, as far as anybody knows. */
static void
recall(struct probe *p)
{
	char address[ADDRESS_TEXT_MAX];
	struct memory_known known;

	if (p->means.memory == NULL || p->at >= p->nservers)
		return;
	known = memory_knows(p->means.memory,
	    policy_memory_key(&p->requirement, &p->servers[p->at].address,
		address),
	    clock_wall(), p->means.settings->memory_days);
	p->server_facts.remembered = known.spoke;
	p->server_facts.offered = known.offered;
}

/* broken: what ended the talk. Who was not reached is not judged, but where
 * the mail is held whatever the server does. */
static void
probe_judge(struct probe *p, enum reason broken, bool reached,
    const struct probe_step *step)
{
	struct probe_step told = *step;
	bool held = is_held_anyway(&p->requirement);
	struct judgement j;

	recall(p);
	policy_judge(&j, p->means.settings, &p->requirement, &p->server_facts);
	/* A talk that broke off says nothing, or came to nothing. */
	if (broken != REASON_OK && !held)
		j = (struct judgement){ VERDICT_DEFER, AUTH_NONE, broken };
	if (reached || held) {
		take_judgement(p, &j);
		told.judgement = &j;
		told.why = policy_why(&j, &p->requirement, p->facts,
		    &p->server_facts);
	} else {
		told.fault = "not reached";
	}
	probe_tell(p, &told);
}

/* The talk */

static void
check_chain(struct probe *p, const struct talk *t)
{
	struct span chain[DANE_CHAIN_MAX];
	struct presented presented = {
		.chain = chain,
		.now = clock_wall(),
		.authorities = p->means.authorities,
	};

	presented.nchain = tls_conn_chain(t->upstream.tls, chain,
	    DANE_CHAIN_MAX);
	policy_check(&p->requirement, &p->server_facts, p->facts, &presented);
}

static void
tell_handshake(struct probe *p, const struct talk *t)
{
	struct probe_step step = server_step(p, PROBE_TLS);

	p->server_facts.tls = t->tls;
	if (t->tls != SERVER_TLS_DONE) {
		step.fault = t->fault;
		probe_tell(p, &step);
		return;
	}
	check_chain(p, t);
	step.tls = t->upstream.tls;
	probe_tell(p, &step);
	if (p->requirement.need == NEED_DANE) {
		step.kind = PROBE_DANE;
		if (p->server_facts.dane.verdict != DANE_VERIFIED)
			step.fault = p->server_facts.dane.reason;
		probe_tell(p, &step);
	} else if (p->requirement.need == NEED_PKIX) {
		step.kind = PROBE_PKIX;
		if (!p->server_facts.pkix.verified)
			step.fault = p->server_facts.pkix.reason;
		probe_tell(p, &step);
	}
}

static void
tell_stage(struct probe *p, enum probe_kind kind, const struct talk *t)
{
	struct probe_step step = server_step(p, kind);

	step.fault = t->fault[0] != '\0' ? t->fault : NULL;
	if (kind != PROBE_CONNECT && t->reader.reply.code != 0)
		step.reply = &t->reader.reply;
	probe_tell(p, &step);
}

static void
end_talk(struct probe *p, struct talk *t)
{
	const struct probe_step step = server_step(p, PROBE_VERDICT);

	p->server_facts.tls = t->tls;
	p->result.reached += t->connected ? 1 : 0;
	probe_judge(p, t->broken, t->connected, &step);
	talk_free(t);
	p->talk = NULL;
	p->at++;
	probe_next(p);
}

static void
probe_on_talk(void *arg, struct talk *t)
{
	struct probe *p = arg;

	switch (t->stage) {
	case TALK_CONNECT:
		tell_stage(p, PROBE_CONNECT, t);
		return;
	case TALK_BANNER:
		tell_stage(p, PROBE_BANNER, t);
		return;
	case TALK_EHLO:
		tell_stage(p, PROBE_EHLO, t);
		return;
	case TALK_STARTTLS:
		tell_stage(p, PROBE_STARTTLS, t);
		return;
	case TALK_HANDSHAKE:
		tell_handshake(p, t);
		return;
	case TALK_EHLO_TLS:
		tell_stage(p, PROBE_EHLO_TLS, t);
		return;
	case TALK_END:
		end_talk(p, t);
		return;
	}
}

static int
begin_talk(struct probe *p)
{
	const struct talk_plan plan = {
		.server = p->servers[p->at].address,
		.helo = p->helo,
		/* Held or not, what the server shows is of interest. */
		.starttls = policy_wants_tls(&p->requirement, true) ||
		    p->requirement.need == NEED_REJECT,
		.sni = policy_sni(&p->requirement),
		.tls = p->means.tls,
		.seconds = p->question.seconds,
	};

	return talk_new(&p->talk, resolver_event_base(p->means.resolver), &plan,
	    probe_on_talk, p);
}

/* Servers */

/* The server cannot be talked with: broken, where facts and policy do not tell
 * why. */
static void
pass_over(struct probe *p, enum reason broken)
{
	const struct probe_step step = server_step(p, PROBE_VERDICT);

	probe_judge(p, broken, false, &step);
	p->at++;
}

static void
require(struct probe *p)
{
	const struct settings *settings = p->means.settings;
	const struct address *server = &p->servers[p->at].address;

	memset(&p->server_facts, 0, sizeof(p->server_facts));
	p->requirement = (struct requirement){
		.need = NEED_DEFER,
		.reason = REASON_DNS_FAILED,
	};
	if (p->facts != NULL)
		policy_require(&p->requirement, settings, &p->question.domain,
		    policy_relay(settings, server), p->facts,
		    clock_wall_trusted() ? clock_wall() : 0);
}

static void
probe_on_facts(void *arg, struct route_facts *facts)
{
	struct probe *p = arg;
	struct probe_step step;

	p->route = NULL;
	route_facts_free(p->facts);
	p->facts = facts;
	require(p);
	step = server_step(p, PROBE_TLSA);
	if (p->requirement.host != NULL && p->requirement.host->why[0] != '\0')
		step.fault = p->requirement.host->why;
	probe_tell(p, &step);
	if (is_unspecified(&p->servers[p->at].address))
		pass_over(p, REASON_OK);
	else if (begin_talk(p) == 0)
		return;
	else
		pass_over(p, REASON_OVERLOAD);
	probe_next(p);
}

/* The server at p->at, or the end. p may be gone afterwards. */
static void
probe_next(struct probe *p)
{
	for (; p->at < p->nservers; pass_over(p, REASON_OK)) {
		p->result.servers++;
		if (probe_ask_facts(p, &p->servers[p->at].address,
			probe_on_facts) == 0)
			return;
		route_facts_free(p->facts);
		p->facts = NULL;
		require(p);
	}
	probe_end(p);
}

/* Addresses */

static void
add_server(struct probe *p, const struct address *a,
    const struct probe_host *host)
{
	if (p->nservers == PROBE_SERVERS_MAX)
		return;
	p->servers[p->nservers].address = *a;
	p->servers[p->nservers].address.port = p->question.port;
	p->servers[p->nservers].host = host;
	p->nservers++;
}

static void
add_servers(struct probe *p, const struct probe_host *host,
    enum address_family family)
{
	const struct probe_answer *answer = family == ADDRESS_IPV4
	    ? &host->ipv4
	    : &host->ipv6;
	const struct address nowhere = { .family = family };

	for (size_t i = 0; i < answer->n; i++)
		add_server(p, &answer->addresses[i], host);
	if (answer->status != DNSSEC_SECURE &&
	    answer->status != DNSSEC_INSECURE)
		add_server(p, &nowhere, host);
}

/* All addresses have come. */
static void
probe_begin_servers(struct probe *p)
{
	for (size_t i = 0; i < p->nhosts; i++) {
		const struct probe_step step = {
			.kind = PROBE_ADDRESSES,
			.host = &p->hosts[i],
		};

		add_servers(p, step.host, ADDRESS_IPV4);
		add_servers(p, step.host, ADDRESS_IPV6);
		probe_tell(p, &step);
	}
	probe_next(p);
}

static void
finder_answered(void *arg, const struct dnssec_result *result)
{
	struct finder *f = arg;
	struct probe_answer *answer = f->answer;

	f->query = NULL;
	answer->status = result->status;
	(void)snprintf(answer->why, sizeof(answer->why), "%s", result->reason);
	for (size_t i = 0;
	     i < result->nanswers && answer->n < PROBE_ADDRESSES_MAX; i++)
		if (dns_rdata_address(&answer->addresses[answer->n],
			result->answers[i]) == 0)
			answer->n++;
	if (--f->p->pending == 0)
		probe_begin_servers(f->p);
}

static void
find_addresses(struct probe *p, const struct name *name, uint16_t type,
    struct probe_answer *answer)
{
	struct finder *f = &p->finders[p->nfinders++];
	int err;

	f->p = p;
	f->answer = answer;
	err = resolver_lookup(&f->query, p->means.resolver, name, type,
	    finder_answered, f);
	if (err == 0) {
		p->pending++;
		return;
	}
	f->query = NULL;
	answer->status = DNSSEC_INDETERMINATE;
	(void)snprintf(answer->why, sizeof(answer->why), "%s",
	    dg_err_text(err));
}

static void
add_host(struct probe *p, const struct name *name, uint16_t preference)
{
	p->hosts[p->nhosts].name = *name;
	p->hosts[p->nhosts].preference = preference;
	p->nhosts++;
}

static void
probe_begin_addresses(struct probe *p)
{
	for (size_t i = 0; i < p->nhosts; i++) {
		struct probe_host *host = &p->hosts[i];

		find_addresses(p, &host->name, DNS_TYPE_A, &host->ipv4);
		find_addresses(p, &host->name, DNS_TYPE_AAAA, &host->ipv6);
	}
	if (p->pending == 0)
		probe_begin_servers(p);
}

/* MX */

/* There is no host to try: what is known is judged as it is. */
static void
judge_domain(struct probe *p)
{
	const struct probe_step step = {
		.kind = PROBE_VERDICT,
		.facts = p->facts,
		.requirement = &p->requirement,
		.server_facts = &p->server_facts,
	};

	require(p);
	probe_judge(p, REASON_SERVER_GONE, false, &step);
	probe_end(p);
}

static uint16_t
preference_of(const struct route_facts *facts, const struct name *host)
{
	for (size_t i = 0; facts != NULL && i < facts->nhosts; i++)
		if (name_equal(&facts->hosts[i].host, host))
			return facts->hosts[i].preference;
	return 0;
}

/* What could not be found out at the MX step; NULL: nothing. */
static const char *
mx_fault(const struct route_facts *facts)
{
	if (facts == NULL)
		return "out of memory";
	switch (facts->status) {
	case ROUTE_FOUND:
	case ROUTE_NULL_MX:
	case ROUTE_NONE:
		return NULL;
	case ROUTE_UNKNOWN:
	case ROUTE_BOGUS:
	case ROUTE_FAILED:
	case ROUTE_CLOCK_UNSET:
		break;
	}
	return facts->why;
}

/* The facts without a destination have come: the hosts are known. */
static void
probe_on_hosts(void *arg, struct route_facts *facts)
{
	struct probe *p = arg;
	const struct probe_step step = {
		.kind = PROBE_MX,
		.fault = mx_fault(facts),
		.facts = facts,
	};

	p->route = NULL;
	p->facts = facts;
	probe_tell(p, &step);
	if (p->question.address.family != ADDRESS_NONE) {
		add_server(p, &p->question.address, NULL);
		probe_next(p);
		return;
	}
	if (p->question.mx.len > 0)
		add_host(p, &p->question.mx,
		    preference_of(facts, &p->question.mx));
	else
		for (size_t i = 0; facts != NULL && i < facts->nhosts; i++)
			add_host(p, &facts->hosts[i].host,
			    facts->hosts[i].preference);
	if (p->nhosts == 0)
		judge_domain(p);
	else
		probe_begin_addresses(p);
}

static int
probe_ask_facts(struct probe *p, const struct address *destination,
    route_done *done)
{
	const struct settings *settings = p->means.settings;
	const struct relay_rule *relay = is_unspecified(destination)
	    ? NULL
	    : policy_relay(settings, destination);
	struct route_question q = {
		.domain = p->question.domain,
		.destination = *destination,
		.relay = relay != NULL,
		.insecure_mx_dane = settings->insecure_mx == INSECURE_MX_DANE,
	};

	if (relay != NULL)
		q.relay_host = relay->host;
	return route_lookup(&p->route, p->means.resolver, &q, done, p);
}

int
probe_new(struct probe **out, const struct probe_means *means,
    const struct probe_question *question, const struct probe_watcher *watcher)
{
	struct probe *p = calloc(1, sizeof(*p));
	const struct address nowhere = { .family = ADDRESS_IPV4,
		.port = question->port };
	int err = DG_ENOMEM;

	if (p == NULL)
		return DG_ENOMEM;
	p->means = *means;
	p->watcher = *watcher;
	p->question = *question;
	if (p->question.seconds == 0)
		p->question.seconds = PROBE_SECONDS;
	if (p->question.address.family != ADDRESS_NONE)
		p->question.address.port = p->question.port;
	err = span_copy_text(p->helo, sizeof(p->helo),
	    span_text(question->helo));
	if (err == 0)
		err = probe_ask_facts(p, &nowhere, probe_on_hosts);
	if (err != 0) {
		free(p);
		return err;
	}
	*out = p;
	return 0;
}

void
probe_free(struct probe *p)
{
	if (p == NULL)
		return;
	route_cancel(p->route);
	for (size_t i = 0; i < p->nfinders; i++)
		if (p->finders[i].query != NULL)
			resolver_cancel(p->finders[i].query);
	talk_free(p->talk);
	route_facts_free(p->facts);
	free(p);
}
