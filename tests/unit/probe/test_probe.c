/* with: session/support/fake_net.c session/support/fake_tls.c */
/* with: session/support/fake_route.c */
/* link: -Wl,--wrap=log_end -Wl,--wrap=event_add */
/*
 * A probe on a fake network: the order of its steps, what a server does to the
 * verdict, and that nothing but EHLO, STARTTLS and QUIT is ever said to one.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <event2/event.h>

#include "base/clock.h"
#include "dns/resolver.h"
#include "policy/memory.h"
#include "probe/probe.h"
#include "session/support/fake.h"

#define LINES 8
#define TURNS 2000

/* Time, as far as stages end by it: the one timer that is set is up. */
static bool time_passes;
static struct event *timer;
static unsigned timers; /* set so far */

/* NOLINTBEGIN(readability-identifier-naming): the linker's names */
int __real_event_add(struct event *event, const struct timeval *timeout);
int __wrap_event_add(struct event *event, const struct timeval *timeout);

int
__wrap_event_add(struct event *event, const struct timeval *timeout)
{
	timer = event;
	timers++;
	assert_int_equal(timeout->tv_sec, PROBE_SECONDS);
	return __real_event_add(event, timeout);
}
/* NOLINTEND(readability-identifier-naming) */

/* dns/resolver: one address of mx.example.nl, and an answer at the next turn. */
struct resolver_query {
	resolver_done *done;
	void *arg;
	bool ipv6;
};

static struct resolver_query queries[2 * ROUTE_HOSTS_MAX];
static size_t nqueries;
static enum dnssec_status address_status;
static struct settings settings;
static char steps[512];
static char said[512]; /* by the probe to the server, in clear or not */
static struct probe_result result;
static bool done;
static struct judgement last;
static bool judged;

int
resolver_lookup(struct resolver_query **out, struct resolver *r,
    const struct name *name, uint16_t type, resolver_done *call, void *arg)
{
	(void)r;
	(void)name;
	queries[nqueries] = (struct resolver_query){ call, arg,
		type == DNS_TYPE_AAAA };
	*out = &queries[nqueries++];
	return 0;
}

void
resolver_cancel(struct resolver_query *q)
{
	q->done = NULL;
}

struct event_base *
resolver_event_base(const struct resolver *r)
{
	(void)r;
	return fake.base;
}

static bool
answer_address(void)
{
	static const uint8_t ipv4[4] = { 192, 0, 2, 25 };
	const struct span answer = span_of(ipv4, sizeof(ipv4));

	for (size_t i = 0; i < nqueries; i++) {
		struct resolver_query q = queries[i];
		struct dnssec_result r = { .status = DNSSEC_SECURE };

		if (q.done == NULL)
			continue;
		queries[i].done = NULL;
		if (!q.ipv6) {
			r.status = address_status;
			r.nanswers = address_status == DNSSEC_SECURE;
			r.answers = &answer;
		}
		q.done(q.arg, &r);
		return true;
	}
	return false;
}

static void
on_step(void *arg, const struct probe_step *step)
{
	size_t n = strlen(steps);

	(void)arg;
	(void)snprintf(steps + n, sizeof(steps) - n, "%s%s%s", n > 0 ? " " : "",
	    probe_kind_text(step->kind), step->fault != NULL ? "!" : "");
	judged = step->judgement != NULL;
	if (judged)
		last = *step->judgement;
}

static void
on_done(void *arg, const struct probe_result *r)
{
	(void)arg;
	assert_false(done);
	done = true;
	result = *r;
}

/* What the probe has said so far, made readable from byte *seen on. */
static void
listen_to(size_t *seen, bool tls)
{
	struct fake_peer *p = &fake.server;
	size_t n = p->got_len - *seen, used = n, at = strlen(said);
	uint8_t plain[1024];
	bool closed = false;

	if (tls) {
		n = fake_tls_decode(plain, &used, &closed, p->got + *seen, n);
	} else {
		memcpy(plain, p->got + *seen, n);
	}
	*seen += used;
	assert_true(at + n < sizeof(said));
	memcpy(said + at, plain, n);
	said[at + n] = '\0';
}

/* Says line i of the script to the probe. */
static void
say(const char *line, bool tls)
{
	uint8_t encoded[1024];
	size_t n = strlen(line);

	if (tls)
		n = fake_tls_encode(encoded, (const uint8_t *)line, n);
	fake_send(&fake.server, tls ? encoded : (const uint8_t *)line, n);
}

/*
 * Plays a server: the first line when it is connected to, each further one when
 * the probe has said a line. After "OK\n" all goes through TLS. A line "close"
 * ends the connection.
 */
static void
play(const char *const script[LINES])
{
	size_t seen = 0, at = 0, lines = 0;
	bool tls = false;

	for (unsigned i = 0; i < TURNS && !done; i++) {
		size_t before = strlen(said);

		if (fake_step() || answer_address())
			continue;
		listen_to(&seen, tls);
		for (const char *p = said + before; *p != '\0'; p++)
			lines += *p == '\n';
		if (script[at] == NULL && time_passes && timer != NULL) {
			event_active(timer, EV_TIMEOUT, 0);
			timer = NULL;
		}
		if (at > lines || script[at] == NULL)
			continue;
		if (strcmp(script[at], "close") == 0)
			fake.server.ends = FAKE_CLOSED;
		else
			say(script[at], tls);
		tls |= strcmp(script[at], FAKE_TLS_GOOD) == 0;
		at++;
	}
	listen_to(&seen, tls);
	assert_true(done);
}

/* One MX host that lists the destination, with a record for "right". */
static struct fake_facts *
set_facts(enum route_status status)
{
	struct fake_facts *f = &fake.facts[0];

	memset(f, 0, sizeof(*f));
	assert_int_equal(name_parse(&f->domain, span_text("example.nl")), 0);
	f->facts.status = status;
	f->facts.mx_security = DNSSEC_SECURE;
	if (status == ROUTE_FOUND) {
		struct host_facts *host = &f->facts.hosts[0];

		f->facts.nhosts = 1;
		assert_int_equal(name_parse(&host->host,
				     span_text("mx.example.nl")),
		    0);
		host->base = host->host;
		host->matched = true;
		host->tlsa = TLSA_STATUS_USABLE;
		f->certificate[0] = "right";
	}
	fake.nfacts = 1;
	return f;
}

static const struct memory *memory; /* what the probe is told of hosts */

static void
probe(const char *const script[LINES])
{
	static const struct probe_watcher watcher = { on_step, on_done, NULL };
	const struct probe_means means = { .settings = &settings,
		.memory = memory };
	struct probe_question question = { .helo = "gw.office", .port = 25 };
	struct probe *p;

	steps[0] = said[0] = '\0';
	done = judged = false;
	nqueries = 0;
	assert_int_equal(name_parse(&question.domain, span_text("example.nl")),
	    0);
	assert_int_equal(probe_new(&p, &means, &question, &watcher), 0);
	play(script);
	probe_free(p);
	assert_int_equal(fake.engines, 0);
	assert_int_equal(fake.queries, 0);
	assert_null(strstr(said, "MAIL"));
	assert_null(strstr(said, "RCPT"));
}

static int
set_up(void **state)
{
	(void)state;
	fake_reset(event_base_new());
	settings_default(&settings);
	address_status = DNSSEC_SECURE;
	fake.certificate = "right";
	(void)set_facts(ROUTE_FOUND);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	event_base_free(fake.base);
	return 0;
}

#define BANNER "220 mx.example.nl ESMTP\r\n"
#define OFFER  "250-mx.example.nl\r\n250 STARTTLS\r\n"
#define PLAIN  "250 mx.example.nl\r\n"
#define GO     "220 go\r\n"

static void
expect(enum verdict verdict, enum auth auth, enum reason reason)
{
	assert_true(judged);
	assert_int_equal(last.verdict, verdict);
	assert_int_equal(last.auth, auth);
	assert_int_equal(last.reason, reason);
	assert_int_equal(result.judgement.verdict, verdict);
	assert_int_equal(result.judgement.reason, reason);
}

/* RFC 7672 2.2, RFC 3207 4.2: EHLO again inside TLS, then QUIT, and no mail. */
static void
test_whole_walk(void **state)
{
	static const char *const script[LINES] = { BANNER, OFFER, GO,
		FAKE_TLS_GOOD, PLAIN };

	(void)state;
	probe(script);
	assert_string_equal(steps,
	    "mx address tlsa connect banner ehlo starttls tls dane ehlo-tls "
	    "verdict");
	assert_string_equal(said,
	    "EHLO gw.office\r\nSTARTTLS\r\nHELLO mx.example.nl\n"
	    "EHLO gw.office\r\nQUIT\r\n");
	expect(VERDICT_RELAY, AUTH_DANE_EE, REASON_OK);
	assert_int_equal(result.servers, 1);
	assert_int_equal(result.reached, 1);
	assert_int_equal(result.relays, 1);
}

static void
test_wrong_certificate(void **state)
{
	static const char *const script[LINES] = { BANNER, OFFER, GO,
		FAKE_TLS_GOOD, PLAIN };

	(void)state;
	fake.certificate = "wrong";
	probe(script);
	assert_non_null(strstr(steps, "tls dane! ehlo-tls verdict"));
	expect(VERDICT_DEFER, AUTH_NONE, REASON_TLSA_MISMATCH);
}

/* RFC 7672 2.2: without TLSA records TLS is a matter of what was seen before. */
static void
test_remembered(void **state)
{
	static const char *const script[LINES] = { BANNER, PLAIN };
	struct memory *m;

	(void)state;
	set_facts(ROUTE_FOUND)->facts.hosts[0].tlsa = TLSA_STATUS_ABSENT;
	probe(script);
	expect(VERDICT_RELAY, AUTH_NONE, REASON_OK);
	assert_int_equal(memory_new(&m, 4), 0);
	memory_note(m, span_text("mx.example.nl"), MEMORY_TLS_1_3,
	    clock_wall());
	memory = m;
	probe(script);
	memory = NULL;
	memory_free(m);
	expect(VERDICT_DEFER, AUTH_NONE, REASON_DOWNGRADE);
}

/* What a server or a middleman can do before TLS stands. */
static void
test_bad_servers(void **state)
{
	static const struct {
		const char *script[LINES];
		enum reason reason;
	} rows[] = {
		{ { BANNER, PLAIN }, REASON_STARTTLS_MISSING },
		{ { BANNER, OFFER, "454 not today\r\n" },
		    REASON_STARTTLS_REFUSED },
		{ { BANNER, OFFER, GO PLAIN }, REASON_DOWNGRADE },
		{ { BANNER, OFFER, GO, FAKE_TLS_BAD }, REASON_TLS_FAILED },
		{ { BANNER, "502 what?\r\n", PLAIN }, REASON_STARTTLS_MISSING },
		{ { BANNER, "502 what?\r\n", "502 what?\r\n" },
		    REASON_SERVER_GONE },
		{ { BANNER, "421 busy\r\n" }, REASON_SERVER_GONE },
		{ { "554 go away\r\n" }, REASON_SERVER_GONE },
		{ { "close" }, REASON_SERVER_GONE },
		{ { BANNER, "close" }, REASON_SERVER_GONE },
		{ { "hello\r\n" }, REASON_PROTOCOL_ERROR },
		{ { BANNER, OFFER, GO, FAKE_TLS_GOOD, "502 what?\r\n" },
		    REASON_PROTOCOL_ERROR },
		{ { BANNER, OFFER, GO, FAKE_TLS_GOOD, "close" },
		    REASON_SERVER_GONE },
	};

	for (size_t i = 0; i < DG_ARRAY_LEN(rows); i++) {
		if (i > 0) {
			tear_down(state);
			set_up(state);
		}
		probe(rows[i].script);
		if (!judged || last.reason != rows[i].reason)
			fail_msg("row %zu: %s, %s", i, steps,
			    reason_text(last.reason));
		expect(VERDICT_DEFER, AUTH_NONE, rows[i].reason);
	}
}

/*
 * A server that says no more, at whichever stage, or drips: each stage has its
 * time once (RFC 5321 4.5.3.2), and what comes meanwhile does not lengthen it.
 */
static void
test_timeouts(void **state)
{
	static const struct {
		const char *script[LINES];
		const char *steps; /* the last ones */
		enum reason reason;
		unsigned stages;
	} rows[] = {
		{ { NULL }, "connect banner! verdict", REASON_SERVER_GONE, 2 },
		{ { "220-mx", NULL }, "banner! verdict", REASON_SERVER_GONE,
		    2 },
		{ { BANNER, NULL }, "ehlo! verdict", REASON_SERVER_GONE, 3 },
		{ { BANNER, "250-mx.example.nl\r\n2", NULL }, "ehlo! verdict",
		    REASON_SERVER_GONE, 3 },
		{ { BANNER, OFFER, NULL }, "starttls! verdict",
		    REASON_SERVER_GONE, 4 },
		{ { BANNER, OFFER, GO, NULL }, "starttls tls! verdict",
		    REASON_TLS_FAILED, 5 },
		{ { BANNER, OFFER, GO, FAKE_TLS_GOOD, NULL },
		    "dane ehlo-tls! verdict", REASON_SERVER_GONE, 6 },
	};

	time_passes = true;
	for (size_t i = 0; i < DG_ARRAY_LEN(rows); i++) {
		size_t n = strlen(rows[i].steps);

		if (i > 0) {
			tear_down(state);
			set_up(state);
		}
		timers = 0;
		probe(rows[i].script);
		if (strlen(steps) < n ||
		    strcmp(steps + strlen(steps) - n, rows[i].steps) != 0)
			fail_msg("row %zu: %s", i, steps);
		expect(VERDICT_DEFER, AUTH_NONE, rows[i].reason);
		assert_int_equal(timers, rows[i].stages);
	}
	time_passes = false;
}

/* Nobody is there: no verdict. But what is held in any case is held. */
static void
test_not_reached(void **state)
{
	static const char *const silence[LINES] = { NULL };

	(void)state;
	fake.connect_errno = ENETUNREACH;
	probe(silence);
	assert_string_equal(steps, "mx address tlsa connect! verdict!");
	assert_int_equal(result.judgement.verdict, VERDICT_UNKNOWN);
	assert_int_equal(result.reached, 0);
	fake.facts[0].facts.hosts[0].tlsa = TLSA_STATUS_BOGUS;
	probe(silence);
	expect(VERDICT_DEFER, AUTH_NONE, REASON_DNS_BOGUS);
	assert_int_equal(result.reached, 0);
}

/* An address that could not be found out is no absent server. */
static void
test_lost_addresses(void **state)
{
	static const char *const silence[LINES] = { NULL };
	struct host_facts *host = &fake.facts[0].facts.hosts[0];

	(void)state;
	address_status = DNSSEC_BOGUS;
	host->matched = false;
	host->tlsa = TLSA_STATUS_BOGUS;
	probe(silence);
	assert_string_equal(steps, "mx address tlsa verdict");
	expect(VERDICT_DEFER, AUTH_NONE, REASON_DNS_BOGUS);
	assert_int_equal(result.servers, 1);
}

/* RFC 7505, and other domains without a host to try. */
static void
test_without_hosts(void **state)
{
	static const char *const silence[LINES] = { NULL };

	(void)state;
	(void)set_facts(ROUTE_NULL_MX);
	probe(silence);
	assert_string_equal(steps, "mx verdict");
	expect(VERDICT_REJECT, AUTH_NONE, REASON_NULL_MX);
	(void)set_facts(ROUTE_BOGUS);
	probe(silence);
	assert_string_equal(steps, "mx! verdict");
	expect(VERDICT_DEFER, AUTH_NONE, REASON_DNS_BOGUS);
	(void)set_facts(ROUTE_NONE);
	probe(silence);
	assert_string_equal(steps, "mx verdict!");
	assert_int_equal(result.judgement.verdict, VERDICT_UNKNOWN);
	set_facts(ROUTE_FOUND)->no_memory = true;
	probe(silence);
	expect(VERDICT_DEFER, AUTH_NONE, REASON_DNS_FAILED);
}

/* A level that wants no TLS tries none, as the daemon. */
static void
test_level_none(void **state)
{
	static const char *const script[LINES] = { BANNER, OFFER };

	(void)state;
	settings.default_level = LEVEL_NONE;
	probe(script);
	assert_string_equal(said, "EHLO gw.office\r\nQUIT\r\n");
	expect(VERDICT_RELAY, AUTH_NONE, REASON_OK);
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(test_whole_walk),
		CASE(test_wrong_certificate),
		CASE(test_remembered),
		CASE(test_bad_servers),
		CASE(test_timeouts),
		CASE(test_not_reached),
		CASE(test_lost_addresses),
		CASE(test_without_hosts),
		CASE(test_level_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
