/* Route facts over a resolver that answers from a table. RFC 7672 section 2.2,
 * RFC 5321 5.1, RFC 7505. A question that no row has fails the test: what is
 * not to be asked is as much a rule as what is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <event2/event.h>

#include "dns/route.h"

#define SECURE	 DNSSEC_SECURE
#define INSECURE DNSSEC_INSECURE
#define BOGUS	 DNSSEC_BOGUS
#define LOST	 DNSSEC_INDETERMINATE
#define ANSWERS	 20

/* What DNS says. answers: MX "10 mx.example", addresses as text, TLSA "3 1 1"
 * (with a digest of the right length), "short" (an RDATA too short). */
struct row {
	const char *name;
	uint16_t type;
	enum dnssec_status status;
	const char *answers[ANSWERS];
	const char *canonical; /* aliased when there is one */
	bool nxdomain;
	const char *reason; /* why it is bogus or lost */
};

/* The fake resolver. */

struct resolver {
	struct event_base *base;
	const struct row *rows;
	size_t nrows;
	bool clock_unset;
	bool full;
	struct resolver_query *first;
	unsigned asked;
};

struct resolver_query {
	struct resolver *r;
	struct resolver_query *next;
	struct name name;
	uint16_t type;
	resolver_done *done;
	void *arg;
};

static struct name
name_of(const char *text)
{
	struct name n;

	assert_int_equal(name_parse(&n, span_text(text)), 0);
	return n;
}

int
resolver_lookup(struct resolver_query **out, struct resolver *r,
    const struct name *name, uint16_t type, resolver_done *done, void *arg)
{
	struct resolver_query *q, **end = &r->first;

	if (r->full)
		return DG_ELIMIT;
	q = calloc(1, sizeof(*q));
	assert_non_null(q);
	q->r = r;
	q->name = *name;
	q->type = type;
	q->done = done;
	q->arg = arg;
	while (*end != NULL)
		end = &(*end)->next;
	*end = q;
	r->asked++;
	*out = q;
	return 0;
}

static void
unlink_query(struct resolver_query *q)
{
	struct resolver_query **at = &q->r->first;

	while (*at != q)
		at = &(*at)->next;
	*at = q->next;
}

void
resolver_cancel(struct resolver_query *q)
{
	unlink_query(q);
	free(q);
}

bool
resolver_time_known(const struct resolver *r)
{
	return !r->clock_unset;
}

struct event_base *
resolver_event_base(const struct resolver *r)
{
	return r->base;
}

struct wire {
	uint8_t bytes[64];
	size_t n;
};

static void
wire_put(struct wire *w, uint8_t byte)
{
	assert_true(w->n < sizeof(w->bytes));
	w->bytes[w->n++] = byte;
}

static void
wire_name(struct wire *w, struct span text)
{
	size_t from = 0;

	while (from < text.n) {
		size_t dot = span_find(text, '.', from);

		wire_put(w, (uint8_t)(dot - from));
		for (size_t i = from; i < dot; i++)
			wire_put(w, text.p[i]);
		from = dot + 1;
	}
	wire_put(w, 0);
}

static uint64_t
number(struct span *text)
{
	uint64_t n;

	assert_int_equal(span_number(&n, span_word(text), 65535), 0);
	return n;
}

static void
wire_mx(struct wire *w, struct span text)
{
	uint64_t preference = number(&text);

	wire_put(w, (uint8_t)(preference >> 8));
	wire_put(w, (uint8_t)preference);
	text = span_word(&text);
	wire_name(w, span_equal_nocase(text, ".") ? span_text("") : text);
}

static void
wire_tlsa(struct wire *w, struct span text)
{
	if (span_equal_nocase(text, "short")) {
		wire_put(w, 3);
		return;
	}
	for (int i = 0; i < 3; i++)
		wire_put(w, (uint8_t)number(&text));
	for (int i = 0; i < 32; i++)
		wire_put(w, (uint8_t)i);
}

static void
wire_answer(struct wire *w, uint16_t type, const char *text)
{
	struct address a;

	w->n = 0;
	switch (type) {
	case DNS_TYPE_MX:
		wire_mx(w, span_text(text));
		break;
	case DNS_TYPE_TLSA:
		wire_tlsa(w, span_text(text));
		break;
	case DNS_TYPE_CNAME:
		wire_name(w, span_text(text));
		break;
	default:
		assert_int_equal(address_parse(&a, span_text(text)), 0);
		for (int i = 0; i < (type == DNS_TYPE_A ? 4 : 16); i++)
			wire_put(w, a.bytes[i]);
	}
}

static const struct row *
find_row(const struct resolver_query *q)
{
	for (size_t i = 0; i < q->r->nrows; i++) {
		const struct row *row = &q->r->rows[i];

		if (row->type == q->type &&
		    span_equal_nocase(span_of(q->name.text, q->name.len),
			row->name))
			return row;
	}
	fail_msg("asked for %s type %u", q->name.text, (unsigned)q->type);
	return NULL;
}

/* Answers the question that waits for longest. */
static void
answer_one(struct resolver *r)
{
	struct resolver_query *q = r->first;
	const struct row *row = find_row(q);
	struct wire wires[ANSWERS];
	struct span answers[ANSWERS];
	struct dnssec_result result = {
		.status = row->status,
		.nxdomain = row->nxdomain,
		.answers = answers,
		.aliased = row->canonical != NULL,
		.ttl = 60,
	};

	result.canonical = row->canonical != NULL ? name_of(row->canonical)
						  : q->name;
	while (row->answers[result.nanswers] != NULL) {
		struct wire *w = &wires[result.nanswers];

		wire_answer(w, q->type, row->answers[result.nanswers]);
		answers[result.nanswers++] = span_of(w->bytes, w->n);
	}
	if (row->status == BOGUS || row->status == LOST)
		(void)snprintf(result.reason, sizeof(result.reason), "%s",
		    row->reason != NULL ? row->reason : "it broke");
	unlink_query(q);
	q->done(q->arg, &result);
	free(q);
}

/* The tests' side. */

struct ask {
	const char *domain;
	const char *destination; /* 192.0.2.25 */
	const char *relay;
	bool literal;
	bool insecure_mx_may;
	uint16_t port;
};

static struct resolver fake;
static struct route_facts *got;
static unsigned calls;

static void
on_facts(void *arg, struct route_facts *facts)
{
	assert_ptr_equal(arg, &fake);
	got = facts;
	calls++;
}

static struct route_query *
start(const struct ask *ask)
{
	struct route_question question = {
		.literal = ask->literal,
		.insecure_mx_dane = !ask->insecure_mx_may,
	};
	const char *to = ask->destination != NULL ? ask->destination
						  : "192.0.2.25";
	struct route_query *q;

	question.domain = name_of(
	    ask->domain != NULL ? ask->domain : "example.nl");
	if (ask->relay != NULL) {
		question.relay = true;
		question.relay_host = name_of(ask->relay);
	}
	assert_int_equal(address_parse_port(&question.destination,
			     span_text(to), ask->port != 0 ? ask->port : 25),
	    0);
	calls = 0;
	got = NULL;
	assert_int_equal(route_lookup(&q, &fake, &question, on_facts, &fake),
	    0);
	assert_int_equal(calls, 0);
	return q;
}

static const struct route_facts *
run(const struct ask *ask, const struct row *rows, size_t nrows)
{
	fake.rows = rows;
	fake.nrows = nrows;
	fake.asked = 0;
	(void)start(ask);
	assert_true(event_base_loop(fake.base, EVLOOP_NONBLOCK) >= 0);
	while (fake.first != NULL)
		answer_one(&fake);
	assert_int_equal(calls, 1);
	assert_non_null(got);
	return got;
}

#define RUN(rows, ...) \
	run(&(const struct ask){ __VA_ARGS__ }, rows, DG_ARRAY_LEN(rows))

static int
setup(void **state)
{
	(void)state;
	memset(&fake, 0, sizeof(fake));
	fake.base = event_base_new();
	return fake.base != NULL ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	route_facts_free(got);
	got = NULL;
	assert_null(fake.first);
	event_base_free(fake.base);
	return 0;
}

static void
assert_name(const struct name *name, const char *text)
{
	assert_string_equal(name->text, text);
}

/* names: NULL at the end. */
static void
assert_names(const struct host_facts *host, const char *const *names)
{
	size_t n = 0;

	while (names[n] != NULL)
		n++;
	assert_int_equal(host->nnames, n);
	for (size_t i = 0; i < n; i++)
		assert_name(&host->names[i], names[i]);
}

#define NAMES(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void
test_all_secure(void **state)
{
	static const struct row rows[] = {
		{ "example.nl", DNS_TYPE_MX, SECURE,
		    .answers = { "10 mx.example.nl" } },
		{ "mx.example.nl", DNS_TYPE_A, SECURE,
		    .answers = { "192.0.2.24", "192.0.2.25" } },
		{ "_25._tcp.mx.example.nl", DNS_TYPE_TLSA, SECURE,
		    .answers = { "3 1 1", "2 0 1" } },
	};
	const struct route_facts *f = RUN(rows, .domain = "example.nl");

	(void)state;
	assert_int_equal(f->status, ROUTE_FOUND);
	assert_int_equal(f->mx_security, DNSSEC_SECURE);
	assert_int_equal(f->nhosts, 1);
	assert_name(&f->hosts[0].host, "mx.example.nl");
	assert_int_equal(f->hosts[0].preference, 10);
	assert_true(f->hosts[0].matched);
	assert_int_equal(f->hosts[0].tlsa, TLSA_STATUS_USABLE);
	assert_name(&f->hosts[0].base, "mx.example.nl");
	assert_names(&f->hosts[0], NAMES("mx.example.nl", "example.nl"));
	assert_int_equal(f->hosts[0].nrecords, 2);
	assert_int_equal(f->hosts[0].records[0].usage, 3);
	assert_int_equal(f->hosts[0].records[1].usage, 2);
	assert_int_equal(f->hosts[0].records[1].data.n, 32);
	assert_int_equal(f->hosts[0].records[1].data.p[31], 31);
	assert_int_equal(fake.asked, 3);
}

/* The port that was dialled names the service (RFC 7672 2.2.3). */
static void
test_port_and_family_of_the_destination(void **state)
{
	static const struct row rows[] = {
		{ "example.nl", DNS_TYPE_MX, SECURE,
		    .answers = { "10 mx.example.nl" } },
		{ "mx.example.nl", DNS_TYPE_AAAA, SECURE,
		    .answers = { "2001:db8::25" } },
		{ "_587._tcp.mx.example.nl", DNS_TYPE_TLSA, SECURE,
		    .answers = { NULL } },
	};
	const struct route_facts *f = RUN(rows, .destination = "2001:db8::25",
	    .port = 587);

	(void)state;
	assert_true(f->hosts[0].matched);
	assert_int_equal(f->hosts[0].tlsa, TLSA_STATUS_ABSENT);
}

/* RFC 5321 5.1: no MX makes the domain its own MX host. */
static void
test_implicit_mx(void **state)
{
	static const struct row rows[] = {
		{ "example.nl", DNS_TYPE_MX, SECURE, .answers = { NULL } },
		{ "example.nl", DNS_TYPE_A, SECURE,
		    .answers = { "192.0.2.25" } },
		{ "_25._tcp.example.nl", DNS_TYPE_TLSA, SECURE,
		    .answers = { "3 1 1" } },
	};
	const struct route_facts *f = RUN(rows, .literal = false);

	(void)state;
	assert_int_equal(f->status, ROUTE_FOUND);
	assert_int_equal(f->mx_security, DNSSEC_SECURE);
	assert_int_equal(f->hosts[0].tlsa, TLSA_STATUS_USABLE);
	assert_names(&f->hosts[0], NAMES("example.nl"));
}

/* RFC 7505: one record, and only then. */
static void
test_null_mx(void **state)
{
	static const struct row null_mx[] = {
		{ "example.nl", DNS_TYPE_MX, SECURE, .answers = { "0 ." } },
	};
	static const struct row mixed[] = {
		{ "example.nl", DNS_TYPE_MX, SECURE,
		    .answers = { "0 .", "5 mx.example" } },
		{ "mx.example", DNS_TYPE_A, INSECURE,
		    .answers = { "192.0.2.25" } },
	};
	static const struct row twice[] = {
		{ "example.nl", DNS_TYPE_MX, SECURE,
		    .answers = { "0 .", "5 ." } },
	};

	(void)state;
	assert_int_equal(RUN(null_mx, .port = 25)->status, ROUTE_NULL_MX);
	route_facts_free(got);
	assert_int_equal(RUN(mixed, .port = 25)->status, ROUTE_FOUND);
	assert_int_equal(got->nhosts, 1);
	route_facts_free(got);
	/* There are MX records: not finding a host is no absence. */
	assert_int_equal(RUN(twice, .port = 25)->status, ROUTE_FAILED);
}

static void
test_no_route(void **state)
{
	static const struct row gone[] = {
		{ "example.nl", DNS_TYPE_MX, SECURE, .answers = { NULL },
		    .nxdomain = true },
	};

	(void)state;
	assert_int_equal(RUN(gone, .port = 25)->status, ROUTE_NONE);
	route_facts_free(got);
	assert_int_equal(RUN(gone, .literal = true)->status, ROUTE_NONE);
	assert_int_equal(fake.asked, 0);
}

/* RFC 7672 2.2: errors are not absence, and say where they happened. */
static void
test_mx_errors(void **state)
{
	static const struct row bogus[] = {
		{ "example.nl", DNS_TYPE_MX, BOGUS, .answers = { NULL } },
	};
	static const struct row lost[] = {
		{ "example.nl", DNS_TYPE_MX, LOST, .answers = { NULL } },
	};
	static const struct row unknown[] = {
		{ "example.nl", DNS_TYPE_MX, DNSSEC_UNKNOWN,
		    .answers = { NULL } },
	};

	(void)state;
	assert_int_equal(RUN(bogus, .port = 25)->status, ROUTE_BOGUS);
	assert_string_equal(got->why, "MX of example.nl: it broke");
	route_facts_free(got);
	assert_int_equal(RUN(lost, .port = 25)->status, ROUTE_FAILED);
	route_facts_free(got);
	assert_int_equal(RUN(unknown, .port = 25)->status, ROUTE_FAILED);
}

static void
test_address_errors(void **state)
{
	static const struct row rows[] = {
		{ "example.nl", DNS_TYPE_MX, SECURE,
		    .answers = { "10 a.example.nl", "20 b.example.nl" } },
		{ "a.example.nl", DNS_TYPE_A, BOGUS, .answers = { NULL } },
		{ "b.example.nl", DNS_TYPE_A, LOST, .answers = { NULL } },
	};
	const struct route_facts *f = RUN(rows, .port = 25);

	(void)state;
	assert_int_equal(f->status, ROUTE_FOUND);
	assert_int_equal(f->hosts[0].tlsa, TLSA_STATUS_BOGUS);
	assert_string_equal(f->hosts[0].why,
	    "address of a.example.nl: it broke");
	assert_int_equal(f->hosts[1].tlsa, TLSA_STATUS_FAILED);
	assert_false(f->hosts[0].matched);
}

static void
test_tlsa_errors(void **state)
{
	static const struct row bogus[] = {
		{ "example.nl", DNS_TYPE_MX, SECURE,
		    .answers = { "10 mx.example.nl" } },
		{ "mx.example.nl", DNS_TYPE_A, SECURE,
		    .answers = { "192.0.2.25" } },
		{ "_25._tcp.mx.example.nl", DNS_TYPE_TLSA, BOGUS,
		    .answers = { NULL } },
	};
	static const struct row lost[] = {
		{ "example.nl", DNS_TYPE_MX, SECURE,
		    .answers = { "10 mx.example.nl" } },
		{ "mx.example.nl", DNS_TYPE_A, SECURE,
		    .answers = { "192.0.2.25" } },
		{ "_25._tcp.mx.example.nl", DNS_TYPE_TLSA, LOST,
		    .answers = { NULL } },
	};

	(void)state;
	assert_int_equal(RUN(bogus, .port = 25)->hosts[0].tlsa,
	    TLSA_STATUS_BOGUS);
	assert_string_equal(got->hosts[0].why,
	    "TLSA of mx.example.nl: it broke");
	route_facts_free(got);
	assert_int_equal(RUN(lost, .port = 25)->hosts[0].tlsa,
	    TLSA_STATUS_FAILED);
}

/* Where validation has named the record, it is not named twice. */
static void
test_why_once(void **state)
{
	static const struct row own[] = {
		{ "example.nl", DNS_TYPE_MX, SECURE,
		    .answers = { "10 mx.example.nl" } },
		{ "mx.example.nl", DNS_TYPE_A, SECURE,
		    .answers = { "192.0.2.25" } },
		{ "_25._tcp.mx.example.nl", DNS_TYPE_TLSA, BOGUS,
		    .answers = { NULL },
		    .reason = "TLSA of _25._tcp.mx.example.nl: expired" },
	};
	static const struct row other[] = {
		{ "example.nl", DNS_TYPE_MX, BOGUS, .answers = { NULL },
		    .reason = "DS of nl: expired" },
	};

	(void)state;
	assert_string_equal(RUN(own, .port = 25)->hosts[0].why, own[2].reason);
	route_facts_free(got);
	assert_string_equal(RUN(other, .port = 25)->why,
	    "MX of example.nl: DS of nl: expired");
}

/* RFC 7672 2.2.2: an insecure address, no TLSA lookup. */
static void
test_insecure_address_asks_no_tlsa(void **state)
{
	static const struct row rows[] = {
		{ "example.nl", DNS_TYPE_MX, SECURE,
		    .answers = { "10 mx.example.com" } },
		{ "mx.example.com", DNS_TYPE_A, INSECURE,
		    .answers = { "192.0.2.25" } },
	};
	const struct route_facts *f = RUN(rows, .port = 25);

	(void)state;
	assert_true(f->hosts[0].matched);
	assert_int_equal(f->hosts[0].tlsa, TLSA_STATUS_INSECURE);
	assert_int_equal(fake.asked, 2);
}

/* RFC 7672 2.2.2: the alias is secure, its target is not: original name. */
static void
test_insecure_target_of_a_secure_alias(void **state)
{
	static const struct row rows[] = {
		{ "example.nl", DNS_TYPE_MX, SECURE,
		    .answers = { "10 mx.example.nl" } },
		{ "mx.example.nl", DNS_TYPE_A, INSECURE,
		    .answers = { "192.0.2.25" },
		    .canonical = "host.example.com" },
		{ "mx.example.nl", DNS_TYPE_CNAME, SECURE,
		    .answers = { "host.example.com" } },
		{ "_25._tcp.mx.example.nl", DNS_TYPE_TLSA, SECURE,
		    .answers = { "3 1 1" } },
	};
	const struct route_facts *f = RUN(rows, .port = 25);

	(void)state;
	assert_int_equal(f->hosts[0].tlsa, TLSA_STATUS_USABLE);
	assert_name(&f->hosts[0].base, "mx.example.nl");
	assert_names(&f->hosts[0], NAMES("mx.example.nl", "example.nl"));
}

static void
test_insecure_alias(void **state)
{
	static const struct row rows[] = {
		{ "example.nl", DNS_TYPE_MX, SECURE,
		    .answers = { "10 mx.example.com" } },
		{ "mx.example.com", DNS_TYPE_A, INSECURE,
		    .answers = { "192.0.2.25" },
		    .canonical = "host.example.com" },
		{ "mx.example.com", DNS_TYPE_CNAME, INSECURE,
		    .answers = { "host.example.com" } },
	};
	static const struct row bogus[] = {
		{ "example.nl", DNS_TYPE_MX, SECURE,
		    .answers = { "10 mx.example.com" } },
		{ "mx.example.com", DNS_TYPE_A, INSECURE,
		    .answers = { "192.0.2.25" },
		    .canonical = "host.example.com" },
		{ "mx.example.com", DNS_TYPE_CNAME, BOGUS,
		    .answers = { NULL } },
	};

	(void)state;
	assert_int_equal(RUN(rows, .port = 25)->hosts[0].tlsa,
	    TLSA_STATUS_INSECURE);
	route_facts_free(got);
	assert_int_equal(RUN(bogus, .port = 25)->hosts[0].tlsa,
	    TLSA_STATUS_BOGUS);
	assert_string_equal(got->hosts[0].why,
	    "alias of mx.example.com: it broke");
}

/* RFC 7672 2.2.3: the expanded name first, then the original. */
static void
test_secure_alias_expanded_first(void **state)
{
	static const struct row expanded[] = {
		{ "example.nl", DNS_TYPE_MX, SECURE,
		    .answers = { "10 mx.example.nl" } },
		{ "mx.example.nl", DNS_TYPE_A, SECURE,
		    .answers = { "192.0.2.25" },
		    .canonical = "host.example.org" },
		{ "_25._tcp.host.example.org", DNS_TYPE_TLSA, SECURE,
		    .answers = { "3 1 1" } },
	};
	static const enum dnssec_status passed_over[] = { SECURE, INSECURE };

	(void)state;
	(void)RUN(expanded, .port = 25);
	assert_int_equal(got->hosts[0].tlsa, TLSA_STATUS_USABLE);
	assert_name(&got->hosts[0].base, "host.example.org");
	assert_names(&got->hosts[0],
	    NAMES("host.example.org", "mx.example.nl", "example.nl"));
	for (size_t i = 0; i < DG_ARRAY_LEN(passed_over); i++) {
		const struct row original[] = {
			{ "example.nl", DNS_TYPE_MX, SECURE,
			    .answers = { "10 mx.example.nl" } },
			{ "mx.example.nl", DNS_TYPE_A, SECURE,
			    .answers = { "192.0.2.25" },
			    .canonical = "host.example.org" },
			{ "_25._tcp.host.example.org", DNS_TYPE_TLSA,
			    passed_over[i], .answers = { NULL } },
			{ "_25._tcp.mx.example.nl", DNS_TYPE_TLSA, SECURE,
			    .answers = { "3 1 1" } },
		};

		route_facts_free(got);
		(void)RUN(original, .port = 25);
		assert_int_equal(got->hosts[0].tlsa, TLSA_STATUS_USABLE);
		assert_name(&got->hosts[0].base, "mx.example.nl");
		assert_names(&got->hosts[0],
		    NAMES("mx.example.nl", "host.example.org", "example.nl"));
	}
}

/* An error at the expanded name does not lead on to the original. */
static void
test_error_at_the_expanded_name_ends(void **state)
{
	static const struct row rows[] = {
		{ "example.nl", DNS_TYPE_MX, SECURE,
		    .answers = { "10 mx.example.nl" } },
		{ "mx.example.nl", DNS_TYPE_A, SECURE,
		    .answers = { "192.0.2.25" },
		    .canonical = "host.example.org" },
		{ "_25._tcp.host.example.org", DNS_TYPE_TLSA, LOST,
		    .answers = { NULL } },
	};

	(void)state;
	assert_int_equal(RUN(rows, .port = 25)->hosts[0].tlsa,
	    TLSA_STATUS_FAILED);
	assert_string_equal(got->hosts[0].why,
	    "TLSA of host.example.org: it broke");
}

/* RFC 7672 3.2.2: whoever forged the MX would name the next hop's host. */
static void
test_insecure_mx(void **state)
{
	static const struct row rows[] = {
		{ "example.nl", DNS_TYPE_MX, INSECURE,
		    .answers = { "10 mx.example.org" } },
		{ "mx.example.org", DNS_TYPE_A, SECURE,
		    .answers = { "192.0.2.25" } },
		{ "_25._tcp.mx.example.org", DNS_TYPE_TLSA, SECURE,
		    .answers = { "3 1 1" } },
	};

	(void)state;
	(void)RUN(rows, .port = 25);
	assert_int_equal(got->mx_security, DNSSEC_INSECURE);
	assert_int_equal(got->hosts[0].tlsa, TLSA_STATUS_USABLE);
	assert_names(&got->hosts[0], NAMES("mx.example.org"));
	route_facts_free(got);
	(void)RUN(rows, .insecure_mx_may = true);
	assert_int_equal(got->hosts[0].tlsa, TLSA_STATUS_INSECURE);
	assert_true(got->hosts[0].matched);
	assert_int_equal(fake.asked, 2);
}

/* TLSA is looked up for matched hosts only. */
static void
test_matched_hosts_only(void **state)
{
	static const struct row rows[] = {
		{ "example.nl", DNS_TYPE_MX, SECURE,
		    .answers = { "10 a.example.nl", "20 b.example.nl",
			"30 c.example.nl" } },
		{ "a.example.nl", DNS_TYPE_A, SECURE,
		    .answers = { "192.0.2.1" } },
		{ "b.example.nl", DNS_TYPE_A, SECURE,
		    .answers = { "192.0.2.25" } },
		{ "c.example.nl", DNS_TYPE_A, BOGUS, .answers = { NULL } },
		{ "_25._tcp.b.example.nl", DNS_TYPE_TLSA, SECURE,
		    .answers = { "3 1 1" } },
	};
	const struct route_facts *f = RUN(rows, .port = 25);

	(void)state;
	assert_false(f->hosts[0].matched);
	assert_int_equal(f->hosts[0].tlsa, TLSA_STATUS_UNKNOWN);
	assert_true(f->hosts[1].matched);
	assert_int_equal(f->hosts[1].tlsa, TLSA_STATUS_USABLE);
	assert_int_equal(f->hosts[2].tlsa, TLSA_STATUS_BOGUS);
}

/*
 * Nobody lists the destination: all hosts, also those without an address in
 * its family. A forged MX answer must not get away with another family.
 */
static void
test_all_hosts_when_none_matches(void **state)
{
	static const struct row rows[] = {
		{ "example.nl", DNS_TYPE_MX, SECURE,
		    .answers = { "10 a.example.nl", "20 b.example.nl",
			"30 c.example.com", "40 d.example.nl" } },
		{ "a.example.nl", DNS_TYPE_AAAA, SECURE,
		    .answers = { "2001:db8::1" } },
		{ "b.example.nl", DNS_TYPE_AAAA, SECURE, .answers = { NULL } },
		{ "c.example.com", DNS_TYPE_AAAA, INSECURE,
		    .answers = { NULL } },
		{ "d.example.nl", DNS_TYPE_AAAA, LOST, .answers = { NULL } },
		{ "_25._tcp.a.example.nl", DNS_TYPE_TLSA, SECURE,
		    .answers = { "1 1 1" } },
		{ "_25._tcp.b.example.nl", DNS_TYPE_TLSA, SECURE,
		    .answers = { "3 1 1" } },
	};
	const struct route_facts *f = RUN(rows, .destination = "2001:db8::66");

	(void)state;
	for (size_t i = 0; i < 4; i++)
		assert_false(f->hosts[i].matched);
	assert_int_equal(f->hosts[0].tlsa, TLSA_STATUS_UNUSABLE);
	assert_int_equal(f->hosts[1].tlsa, TLSA_STATUS_USABLE);
	assert_int_equal(f->hosts[2].tlsa, TLSA_STATUS_INSECURE);
	assert_int_equal(f->hosts[3].tlsa, TLSA_STATUS_FAILED);
}

/* Records that cannot be read make a set unusable, not absent. */
static void
test_unusable_records(void **state)
{
	static const struct row rows[] = {
		{ "example.nl", DNS_TYPE_MX, SECURE,
		    .answers = { "10 mx.example.nl" } },
		{ "mx.example.nl", DNS_TYPE_A, SECURE,
		    .answers = { "192.0.2.25" } },
		{ "_25._tcp.mx.example.nl", DNS_TYPE_TLSA, SECURE,
		    .answers = { "short" } },
	};
	static const struct row mixed[] = {
		{ "example.nl", DNS_TYPE_MX, SECURE,
		    .answers = { "10 mx.example.nl" } },
		{ "mx.example.nl", DNS_TYPE_A, SECURE,
		    .answers = { "192.0.2.25" } },
		{ "_25._tcp.mx.example.nl", DNS_TYPE_TLSA, SECURE,
		    .answers = { "short", "3 1 2", "0 1 1", "3 1 1" } },
	};

	(void)state;
	assert_int_equal(RUN(rows, .port = 25)->hosts[0].tlsa,
	    TLSA_STATUS_UNUSABLE);
	assert_int_equal(got->hosts[0].nrecords, 0);
	route_facts_free(got);
	assert_int_equal(RUN(mixed, .port = 25)->hosts[0].tlsa,
	    TLSA_STATUS_USABLE);
	assert_int_equal(got->hosts[0].nrecords, 3);
	assert_int_equal(got->hosts[0].records[0].matching, 1);
	assert_int_equal(got->hosts[0].records[0].usage, 3);
}

/* By preference, each host once, sixteen at most. */
static void
test_hosts_by_preference(void **state)
{
	static const struct row rows[] = {
		{ "example.nl", DNS_TYPE_MX, SECURE,
		    .answers = { "90 r.example", "5 e.example", "7 f.example",
			"50 e.example", "10 g.example", "80 a.example",
			"11 h.example", "12 i.example", "13 j.example",
			"14 k.example", "15 l.example", "16 m.example",
			"17 n.example", "18 o.example", "19 p.example",
			"20 q.example", "1 a.example", "2 b.example",
			"3 c.example" } },
	};
	const struct route_facts *f;

	(void)state;
	fake.rows = rows;
	fake.nrows = 1;
	(void)start(&(const struct ask){ .port = 25 });
	assert_true(event_base_loop(fake.base, EVLOOP_NONBLOCK) >= 0);
	/* Then no lookup can begin any more. */
	fake.full = true;
	answer_one(&fake);
	assert_int_equal(calls, 1);
	f = got;
	assert_int_equal(f->nhosts, ROUTE_HOSTS_MAX);
	for (size_t i = 1; i < f->nhosts; i++)
		assert_true(
		    f->hosts[i - 1].preference < f->hosts[i].preference);
	assert_name(&f->hosts[0].host, "a.example");
	assert_int_equal(f->hosts[0].preference, 1);
	assert_int_equal(f->hosts[3].preference, 5);
	assert_name(&f->hosts[15].host, "q.example");
	for (size_t i = 0; i < f->nhosts; i++)
		assert_int_equal(f->hosts[i].tlsa, TLSA_STATUS_FAILED);
}

/* A relay is the destination by configuration, as good as a secure MX. */
static void
test_relay(void **state)
{
	static const struct row rows[] = {
		{ "smtp.isp.example", DNS_TYPE_A, SECURE,
		    .answers = { "192.0.2.99" },
		    .canonical = "pool.isp.example" },
		{ "_25._tcp.pool.isp.example", DNS_TYPE_TLSA, SECURE,
		    .answers = { "2 0 1" } },
	};

	(void)state;
	for (int literal = 0; literal <= 1; literal++) {
		route_facts_free(got);
		(void)RUN(rows, .relay = "smtp.isp.example",
		    .literal = literal == 1);
		assert_int_equal(got->status, ROUTE_FOUND);
		assert_int_equal(got->mx_security, DNSSEC_SECURE);
		assert_true(got->hosts[0].matched);
		assert_int_equal(got->hosts[0].tlsa, TLSA_STATUS_USABLE);
		assert_names(&got->hosts[0],
		    NAMES("pool.isp.example", "smtp.isp.example"));
	}
}

static void
test_relay_with_a_broken_address_is_held(void **state)
{
	static const struct row rows[] = {
		{ "smtp.isp.example", DNS_TYPE_A, BOGUS, .answers = { NULL } },
	};

	(void)state;
	(void)RUN(rows, .relay = "smtp.isp.example");
	assert_true(got->hosts[0].matched);
	assert_int_equal(got->hosts[0].tlsa, TLSA_STATUS_BOGUS);
}

static void
test_no_clock_no_route(void **state)
{
	static const struct row none[] = { { "", 0, SECURE,
	    .answers = { NULL } } };

	(void)state;
	fake.clock_unset = true;
	assert_int_equal(RUN(none, .port = 25)->status, ROUTE_CLOCK_UNSET);
	route_facts_free(got);
	assert_int_equal(RUN(none, .relay = "smtp.isp.example")->status,
	    ROUTE_CLOCK_UNSET);
	assert_int_equal(fake.asked, 0);
}

static void
test_resolver_full_is_a_failure(void **state)
{
	static const struct row none[] = { { "", 0, SECURE,
	    .answers = { NULL } } };

	(void)state;
	fake.full = true;
	assert_int_equal(RUN(none, .port = 25)->status, ROUTE_FAILED);
}

/* Cancelled at any point: no callback, nothing left behind. */
static void
test_cancel(void **state)
{
	static const struct row rows[] = {
		{ "example.nl", DNS_TYPE_MX, SECURE,
		    .answers = { "10 a.example.nl", "20 b.example.nl" } },
		{ "a.example.nl", DNS_TYPE_A, SECURE,
		    .answers = { "192.0.2.25" } },
		{ "b.example.nl", DNS_TYPE_A, SECURE,
		    .answers = { "192.0.2.25" } },
		{ "_25._tcp.a.example.nl", DNS_TYPE_TLSA, SECURE,
		    .answers = { NULL } },
		{ "_25._tcp.b.example.nl", DNS_TYPE_TLSA, SECURE,
		    .answers = { NULL } },
	};

	(void)state;
	fake.rows = rows;
	fake.nrows = DG_ARRAY_LEN(rows);
	for (int answered = -1; answered < 5; answered++) {
		struct route_query *q = start(
		    &(const struct ask){ .port = 25 });

		if (answered >= 0)
			assert_true(
			    event_base_loop(fake.base, EVLOOP_NONBLOCK) >= 0);
		for (int i = 0; i < answered; i++)
			answer_one(&fake);
		route_cancel(q);
		assert_null(fake.first);
		assert_true(event_base_loop(fake.base, EVLOOP_NONBLOCK) >= 0);
		assert_int_equal(calls, 0);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_why_once),
		TEST(test_all_secure),
		TEST(test_port_and_family_of_the_destination),
		TEST(test_implicit_mx),
		TEST(test_null_mx),
		TEST(test_no_route),
		TEST(test_mx_errors),
		TEST(test_address_errors),
		TEST(test_tlsa_errors),
		TEST(test_insecure_address_asks_no_tlsa),
		TEST(test_insecure_target_of_a_secure_alias),
		TEST(test_insecure_alias),
		TEST(test_secure_alias_expanded_first),
		TEST(test_error_at_the_expanded_name_ends),
		TEST(test_insecure_mx),
		TEST(test_matched_hosts_only),
		TEST(test_all_hosts_when_none_matches),
		TEST(test_unusable_records),
		TEST(test_hosts_by_preference),
		TEST(test_relay),
		TEST(test_relay_with_a_broken_address_is_held),
		TEST(test_no_clock_no_route),
		TEST(test_resolver_full_is_a_failure),
		TEST(test_cancel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
