#include "dns/route.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dnssec/message.h"

/*
 * The walk: MX of the domain, then the addresses of all MX hosts at once, each
 * by itself. A host that lists the destination goes on to TLSA as soon as that
 * is seen; when all addresses are there and no host does, all go on, since then
 * only the certificate can tell who the server is. The facts are given out when
 * nothing is under way any more.
 *
 * Terms of RFC 7672 section 2.2. A host whose address lookup led through
 * CNAMEs is an alias; the name at their end is its expanded name.
 *
 * Every answer is sorted into secure, insecure, bogus and failed, and only the
 * first two go on. What a host's TLSA status is at the start, TLSA_STATUS_
 * UNKNOWN, is what remains of a host nobody needed to know more about.
 */

enum step {
	STEP_ADDRESS = 0,
	STEP_ALIAS, /* CNAME of a host whose target is insecure */
	STEP_TLSA,
};

#define BASES_MAX 2 /* expanded and original name */

struct walk {
	struct route_query *q;
	struct host_facts *host; /* in the facts */
	struct resolver_query *asked;
	enum step step;
	bool secure; /* address answer */
	bool aliased;
	struct name expanded;
	struct name bases[BASES_MAX]; /* TLSA base domains to try, in order */
	size_t nbases;
	size_t base; /* the one being tried */
};

struct route_query {
	struct resolver *r;
	struct route_question question;
	route_done *done;
	void *arg;
	struct event start;
	struct route_facts *facts;
	struct resolver_query *mx; /* lookup under way */
	bool want_tlsa;
	size_t addresses; /* address lookups under way */
	size_t others;	  /* alias and TLSA lookups under way */
	struct walk walks[ROUTE_HOSTS_MAX];
};

/*
 * "address of mx.example.nl: no signature". What validation says names the
 * record itself ("TLSA of _25._tcp.mx.example.nl: expired"); where that is of
 * this name it is enough.
 */
static void
explain(char why[DNSSEC_REASON_MAX], const char *step, const struct name *name,
    const char *reason)
{
	char where[NAME_TEXT_MAX + 3];
	const char *text = name->len > 0 ? name->text : "the root";
	int n = snprintf(where, sizeof(where), "%s: ", text);

	if (n > 0 && strstr(reason, where) != NULL)
		n = snprintf(why, DNSSEC_REASON_MAX, "%s", reason);
	else
		n = snprintf(why, DNSSEC_REASON_MAX, "%s of %.100s: %s", step,
		    text, reason);
	if (n < 0)
		why[0] = '\0';
}

static void
route_free(struct route_query *q)
{
	(void)event_del(&q->start);
	if (q->mx != NULL)
		resolver_cancel(q->mx);
	for (size_t i = 0; i < ROUTE_HOSTS_MAX; i++)
		if (q->walks[i].asked != NULL)
			resolver_cancel(q->walks[i].asked);
	route_facts_free(q->facts);
	free(q);
}

static void
route_finish(struct route_query *q)
{
	struct route_facts *facts = q->facts;
	route_done *done = q->done;
	void *arg = q->arg;

	q->facts = NULL;
	route_free(q);
	done(arg, facts);
}

/* Ends with this status when no host is known. */
static void
route_end(struct route_query *q, enum route_status status)
{
	q->facts->status = status;
	route_finish(q);
}

/* TLSA */

static const char *
step_text(enum step step)
{
	switch (step) {
	case STEP_ADDRESS:
		return "address";
	case STEP_ALIAS:
		return "alias";
	case STEP_TLSA:
		return "TLSA";
	}
	return "lookup";
}

static void
walk_fail(struct walk *w, enum tlsa_status status, const char *reason)
{
	const struct name *name = w->step == STEP_TLSA ? &w->bases[w->base]
						       : &w->host->host;

	w->host->tlsa = status;
	explain(w->host->why, step_text(w->step), name, reason);
}

static void walk_answered(void *arg, const struct dnssec_result *result);

/* DG_ENOMEM, DG_ELIMIT: the host has failed then. */
static int
walk_ask(struct walk *w, enum step step, const struct name *name, uint16_t type)
{
	size_t *count = step == STEP_ADDRESS ? &w->q->addresses : &w->q->others;
	int err;

	w->step = step;
	err = resolver_lookup(&w->asked, w->q->r, name, type, walk_answered, w);
	if (err != 0) {
		w->asked = NULL;
		walk_fail(w, TLSA_STATUS_FAILED, dg_err_text(err));
		return err;
	}
	++*count;
	return 0;
}

static void
add_name(struct host_facts *host, const struct name *name)
{
	for (size_t i = 0; i < host->nnames; i++)
		if (name_equal(&host->names[i], name))
			return;
	if (host->nnames < DANE_NAMES_MAX)
		host->names[host->nnames++] = *name;
}

/*
 * TLSA base domain and reference identifiers (RFC 7672 3.2.2): base domain,
 * the other name of an alias where both are to be relied on, and the next hop
 * unless somebody else may have named the host.
 */
static void
walk_set_names(struct walk *w, const struct name *base)
{
	const struct route_question *question = &w->q->question;
	struct host_facts *host = w->host;

	host->base = *base;
	host->nnames = 0;
	add_name(host, base);
	add_name(host, &host->host);
	if (w->aliased && w->secure)
		add_name(host, &w->expanded);
	if (!question->relay && w->q->facts->mx_security == DNSSEC_SECURE)
		add_name(host, &question->domain);
}

/* Records worth keeping: usable ones or the rest, as far as there is room. */
static void
keep_records(struct host_facts *host, uint8_t **at,
    const struct dnssec_result *result, bool usable)
{
	for (size_t i = 0; i < result->nanswers; i++) {
		struct tlsa record;

		if (host->nrecords == TLSA_SET_MAX)
			return;
		if (tlsa_from_rdata(&record, result->answers[i]) != 0 ||
		    tlsa_usable(&record, NULL) != usable)
			continue;
		memcpy(*at, record.data.p, record.data.n);
		record.data.p = *at;
		*at += record.data.n;
		host->records[host->nrecords++] = record;
	}
}

/*
 * Copies the records and their data, in one piece of memory. Usable ones come
 * first, so that a long set of others cannot hide them. A record that cannot be
 * read is there all the same: its set is published, and unusable.
 */
static enum tlsa_status
take_records(struct host_facts *host, const struct dnssec_result *result)
{
	size_t n = result->nanswers < TLSA_SET_MAX ? result->nanswers
						   : TLSA_SET_MAX;
	size_t bytes = n * sizeof(struct tlsa);
	size_t usable;
	uint8_t *at;

	for (size_t i = 0; i < result->nanswers; i++)
		bytes += result->answers[i].n;
	host->records = malloc(bytes);
	if (host->records == NULL)
		return TLSA_STATUS_FAILED;
	at = (uint8_t *)(host->records + n);
	keep_records(host, &at, result, true);
	usable = host->nrecords;
	keep_records(host, &at, result, false);
	return usable > 0 ? TLSA_STATUS_USABLE : TLSA_STATUS_UNUSABLE;
}

/* Asks for the TLSA records of the next base domain, if there is one. */
static void
walk_next_base(struct walk *w)
{
	char prefix[sizeof("_65535._tcp")];
	struct name name;

	(void)snprintf(prefix, sizeof(prefix), "_%u._tcp",
	    (unsigned)w->q->question.destination.port);
	for (; w->base < w->nbases; w->base++) {
		if (name_prepend(&name, prefix, &w->bases[w->base]) == 0) {
			(void)walk_ask(w, STEP_TLSA, &name, DNS_TYPE_TLSA);
			return;
		}
		/* Too long a name cannot exist. */
		w->host->tlsa = TLSA_STATUS_ABSENT;
	}
}

/* A secure or insecure answer to the TLSA lookup. */
static void
walk_tlsa(struct walk *w, const struct dnssec_result *result)
{
	if (result->status == DNSSEC_SECURE && result->nanswers > 0) {
		w->host->tlsa = take_records(w->host, result);
		if (w->host->tlsa == TLSA_STATUS_FAILED)
			walk_fail(w, TLSA_STATUS_FAILED, "no memory");
		w->host->ttl = result->ttl;
		walk_set_names(w, &w->bases[w->base]);
		return;
	}
	w->host->tlsa = result->status == DNSSEC_SECURE ? TLSA_STATUS_ABSENT
							: TLSA_STATUS_INSECURE;
	w->base++;
	walk_next_base(w);
}

/*
 * The address is known: goes on to TLSA where that can be relied on. An
 * insecure address means no lookup (RFC 7672 2.2.2: name servers of unsigned
 * zones choke on the type), except for an alias: where the CNAME itself is
 * secure, the original name may carry TLSA records.
 */
static void
walk_begin_tlsa(struct walk *w)
{
	if (!w->q->want_tlsa) {
		w->host->tlsa = TLSA_STATUS_INSECURE;
		return;
	}
	if (w->secure) {
		if (w->aliased)
			w->bases[w->nbases++] = w->expanded;
		w->bases[w->nbases++] = w->host->host;
		walk_next_base(w);
	} else if (w->aliased) {
		(void)walk_ask(w, STEP_ALIAS, &w->host->host, DNS_TYPE_CNAME);
	} else {
		w->host->tlsa = TLSA_STATUS_INSECURE;
	}
}

/* A secure or insecure answer to the lookup of the alias itself. */
static void
walk_alias(struct walk *w, const struct dnssec_result *result)
{
	if (result->status != DNSSEC_SECURE) {
		w->host->tlsa = TLSA_STATUS_INSECURE;
		return;
	}
	w->bases[w->nbases++] = w->host->host;
	walk_next_base(w);
}

/* Addresses */

static void
walk_address(struct walk *w, const struct dnssec_result *result)
{
	const struct address *destination = &w->q->question.destination;

	w->secure = result->status == DNSSEC_SECURE;
	w->aliased = result->aliased;
	w->expanded = result->canonical;
	for (size_t i = 0; i < result->nanswers; i++) {
		struct address a;

		if (dns_rdata_address(&a, result->answers[i]) == 0 &&
		    address_same_host(&a, destination))
			w->host->matched = true;
	}
	if (w->host->matched)
		walk_begin_tlsa(w);
}

static bool
is_any_matched(const struct route_facts *facts)
{
	for (size_t i = 0; i < facts->nhosts; i++)
		if (facts->hosts[i].matched)
			return true;
	return false;
}

/* After each answer: is it time for the hosts nobody needed before, or for the
 * end? q may be gone afterwards. */
static void
route_check(struct route_query *q, bool was_address)
{
	if (q->addresses > 0)
		return;
	if (was_address && !is_any_matched(q->facts)) {
		for (size_t i = 0; i < q->facts->nhosts; i++)
			if (q->facts->hosts[i].tlsa == TLSA_STATUS_UNKNOWN)
				walk_begin_tlsa(&q->walks[i]);
	}
	if (q->others == 0)
		route_finish(q);
}

static void
walk_take(struct walk *w, const struct dnssec_result *result)
{
	switch (w->step) {
	case STEP_ADDRESS:
		walk_address(w, result);
		return;
	case STEP_ALIAS:
		walk_alias(w, result);
		return;
	case STEP_TLSA:
		walk_tlsa(w, result);
		return;
	}
}

static void
walk_answered(void *arg, const struct dnssec_result *result)
{
	struct walk *w = arg;
	struct route_query *q = w->q;
	bool was_address = w->step == STEP_ADDRESS;

	w->asked = NULL;
	if (was_address)
		q->addresses--;
	else
		q->others--;
	switch (result->status) {
	case DNSSEC_SECURE:
	case DNSSEC_INSECURE:
		walk_take(w, result);
		break;
	case DNSSEC_BOGUS:
		walk_fail(w, TLSA_STATUS_BOGUS, result->reason);
		break;
	case DNSSEC_UNKNOWN:
	case DNSSEC_INDETERMINATE:
		walk_fail(w, TLSA_STATUS_FAILED, result->reason);
		break;
	}
	route_check(q, was_address);
}

static uint16_t
address_type(const struct address *a)
{
	return a->family == ADDRESS_IPV6 ? DNS_TYPE_AAAA : DNS_TYPE_A;
}

/* The hosts are known: looks up all their addresses. */
static void
route_begin_hosts(struct route_query *q)
{
	struct route_facts *facts = q->facts;
	uint16_t type = address_type(&q->question.destination);

	facts->status = ROUTE_FOUND;
	for (size_t i = 0; i < facts->nhosts; i++) {
		struct walk *w = &q->walks[i];

		w->q = q;
		w->host = &facts->hosts[i];
		walk_set_names(w, &w->host->host);
		(void)walk_ask(w, STEP_ADDRESS, &w->host->host, type);
	}
	route_check(q, true);
}

/* MX */

/* Takes a host out that is named again with a better preference; false when
 * the one that is there is good enough. */
static bool
make_way(struct route_facts *facts, const struct name *name,
    uint16_t preference)
{
	size_t i = 0;

	while (i < facts->nhosts && !name_equal(&facts->hosts[i].host, name))
		i++;
	if (i == facts->nhosts)
		return true;
	if (facts->hosts[i].preference <= preference)
		return false;
	facts->nhosts--;
	memmove(&facts->hosts[i], &facts->hosts[i + 1],
	    (facts->nhosts - i) * sizeof(facts->hosts[0]));
	return true;
}

/* Puts the host where its preference wants it; the worst falls out. */
static void
add_host(struct route_facts *facts, const struct name *name,
    uint16_t preference)
{
	size_t at;

	if (!make_way(facts, name, preference))
		return;
	at = facts->nhosts;
	while (at > 0 && facts->hosts[at - 1].preference > preference)
		at--;
	if (at == ROUTE_HOSTS_MAX)
		return;
	if (facts->nhosts < ROUTE_HOSTS_MAX)
		facts->nhosts++;
	memmove(&facts->hosts[at + 1], &facts->hosts[at],
	    (facts->nhosts - at - 1) * sizeof(facts->hosts[0]));
	facts->hosts[at] = (struct host_facts){
		.host = *name,
		.preference = preference,
	};
}

/* RFC 7505: a single MX whose exchange is the root. */
static bool
is_null_mx(const struct dnssec_result *result)
{
	uint16_t preference;
	struct name exchange;

	return result->nanswers == 1 &&
	    dns_rdata_mx(&preference, &exchange, result->answers[0]) == 0 &&
	    exchange.len == 0;
}

/* A secure or insecure answer to the MX lookup. q may be gone afterwards. */
static void
route_take_mx(struct route_query *q, const struct dnssec_result *result)
{
	struct route_facts *facts = q->facts;

	facts->mx_security = result->status;
	q->want_tlsa = result->status == DNSSEC_SECURE ||
	    q->question.insecure_mx_dane;
	if (result->nxdomain) {
		route_end(q, ROUTE_NONE);
		return;
	}
	if (is_null_mx(result)) {
		route_end(q, ROUTE_NULL_MX);
		return;
	}
	/* RFC 5321 5.1: without MX the domain is its own, with preference 0. */
	if (result->nanswers == 0)
		add_host(facts, &q->question.domain, 0);
	for (size_t i = 0; i < result->nanswers; i++) {
		uint16_t preference;
		struct name exchange;

		if (dns_rdata_mx(&preference, &exchange, result->answers[i]) ==
			0 &&
		    exchange.len > 0)
			add_host(facts, &exchange, preference);
	}
	if (facts->nhosts == 0) {
		/* There are MX records, so this is no absence. */
		explain(facts->why, "MX", &q->question.domain,
		    "no name a host can have");
		route_end(q, ROUTE_FAILED);
		return;
	}
	route_begin_hosts(q);
}

static void
route_mx_answered(void *arg, const struct dnssec_result *result)
{
	struct route_query *q = arg;

	q->mx = NULL;
	switch (result->status) {
	case DNSSEC_SECURE:
	case DNSSEC_INSECURE:
		route_take_mx(q, result);
		return;
	case DNSSEC_BOGUS:
	case DNSSEC_UNKNOWN:
	case DNSSEC_INDETERMINATE:
		break;
	}
	q->facts->mx_security = result->status;
	explain(q->facts->why, "MX", &q->question.domain, result->reason);
	route_end(q,
	    result->status == DNSSEC_BOGUS ? ROUTE_BOGUS : ROUTE_FAILED);
}

/* Start */

/* The host that the configuration names is the destination, whatever its
 * addresses are in DNS. */
static void
route_begin_relay(struct route_query *q)
{
	struct route_facts *facts = q->facts;

	facts->mx_security = DNSSEC_SECURE;
	q->want_tlsa = true;
	add_host(facts, &q->question.relay_host, 0);
	facts->hosts[0].matched = true;
	route_begin_hosts(q);
}

static void
route_begin_mx(struct route_query *q)
{
	int err = resolver_lookup(&q->mx, q->r, &q->question.domain,
	    DNS_TYPE_MX, route_mx_answered, q);

	if (err == 0)
		return;
	q->mx = NULL;
	explain(q->facts->why, "MX", &q->question.domain, dg_err_text(err));
	route_end(q, ROUTE_FAILED);
}

static void
route_on_start(evutil_socket_t fd, short what, void *arg)
{
	struct route_query *q = arg;

	(void)fd;
	(void)what;
	/* A relay is known by its configuration, even where the recipient is
	 * an address literal. */
	if (q->question.literal && !q->question.relay) {
		route_end(q, ROUTE_NONE);
		return;
	}
	if (!resolver_time_known(q->r)) {
		(void)snprintf(q->facts->why, sizeof(q->facts->why),
		    "the clock is not set");
		route_end(q, ROUTE_CLOCK_UNSET);
		return;
	}
	if (q->question.relay)
		route_begin_relay(q);
	else
		route_begin_mx(q);
}

int
route_lookup(struct route_query **out, struct resolver *r,
    const struct route_question *question, route_done *done, void *arg)
{
	struct route_query *q = calloc(1, sizeof(*q));

	if (q == NULL)
		return DG_ENOMEM;
	q->facts = calloc(1, sizeof(*q->facts));
	if (q->facts == NULL ||
	    event_assign(&q->start, resolver_event_base(r), -1, 0,
		route_on_start, q) != 0) {
		free(q->facts);
		free(q);
		return DG_ENOMEM;
	}
	q->r = r;
	q->question = *question;
	q->done = done;
	q->arg = arg;
	event_active(&q->start, EV_TIMEOUT, 0);
	*out = q;
	return 0;
}

void
route_cancel(struct route_query *q)
{
	if (q != NULL)
		route_free(q);
}
