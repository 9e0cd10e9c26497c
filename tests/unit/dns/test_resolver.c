/*
 * The resolver over forwarders on loopback, with validation replaced by a
 * script: each lookup asks for one or more records and ends as the test says.
 */
/* with: dns/support/forwarder.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "dns/resolver.h"
#include "dns/support/forwarder.h"

#define SERVERS 2
#define NOW	1000000
#define WAITERS 3

/* The scripted validation. */

static struct {
	enum dnssec_status status;
	uint32_t ttl;
	unsigned needs;	      /* records until a lookup is done */
	unsigned broken_left; /* lookups that find the forwarder broken */
	bool insatiable;      /* asks on after a failure */
	unsigned lookups;     /* begun */
	unsigned live;	      /* not freed */
	bool bad_anchors;
	bool changed; /* the anchors */
	char restored[64];
} script;

struct dnssec_trust {
	int nothing;
};

struct dnssec_lookup {
	struct name name;
	uint16_t type;
	unsigned given;
	bool failed;
	struct dnssec_result result;
};

static struct dnssec_trust the_trust;

int
dnssec_trust_new(struct dnssec_trust **out, size_t cache_bytes)
{
	(void)cache_bytes;
	*out = &the_trust;
	return 0;
}

int
dnssec_trust_load(struct dnssec_trust *t, struct span text)
{
	(void)t;
	(void)text;
	return script.bad_anchors ? DG_ESYNTAX : 0;
}

bool
dnssec_trust_changed(const struct dnssec_trust *t)
{
	(void)t;
	return script.changed;
}

uint32_t
dnssec_trust_next_look(const struct dnssec_trust *t, bool seen)
{
	(void)t;
	(void)seen;
	return 3600;
}

void
dnssec_trust_look_anew(struct dnssec_trust *t)
{
	(void)t;
}

int
dnssec_trust_save(char *out, size_t size, struct dnssec_trust *t)
{
	(void)t;
	script.changed = false;
	(void)snprintf(out, size, "the anchors");
	return 0;
}

int
dnssec_trust_restore(struct dnssec_trust *t, struct span text)
{
	(void)t;
	return span_copy_text(script.restored, sizeof(script.restored), text);
}

void
dnssec_trust_set_trace(struct dnssec_trust *t, dnssec_trace *call, void *arg)
{
	(void)t;
	(void)call;
	(void)arg;
}

const struct budget *
dnssec_trust_budget(const struct dnssec_trust *t)
{
	static const struct budget none;

	(void)t;
	return &none;
}

void
dnssec_trust_free(struct dnssec_trust *t)
{
	(void)t;
}

int
dnssec_lookup_new(struct dnssec_lookup **out, struct dnssec_trust *trust,
    const struct name *name, uint16_t type, int64_t now)
{
	struct dnssec_lookup *l = calloc(1, sizeof(*l));

	assert_ptr_equal(trust, &the_trust);
	assert_true(now >= NOW);
	assert_non_null(l);
	l->name = *name;
	l->type = type;
	script.lookups++;
	script.live++;
	*out = l;
	return 0;
}

enum dnssec_step
dnssec_lookup_step(struct dnssec_lookup *l, struct dnssec_question *need)
{
	if (l->failed ? !script.insatiable : l->given == script.needs)
		return DNSSEC_STEP_DONE;
	need->name = l->name;
	need->type = l->type;
	return DNSSEC_STEP_NEED;
}

void
dnssec_lookup_give(struct dnssec_lookup *l, struct span message)
{
	assert_true(message.n > 12);
	l->given++;
	l->result.status = script.status;
	l->result.ttl = script.ttl;
	if (l->given == script.needs && script.broken_left > 0) {
		script.broken_left--;
		l->result.status = DNSSEC_INDETERMINATE;
		l->result.resolver_broken = true;
	}
}

void
dnssec_lookup_fail(struct dnssec_lookup *l, const char *why)
{
	l->failed = true;
	l->result.status = DNSSEC_INDETERMINATE;
	(void)snprintf(l->result.reason, sizeof(l->result.reason), "%s", why);
}

const struct dnssec_result *
dnssec_lookup_result(const struct dnssec_lookup *l)
{
	return &l->result;
}

void
dnssec_lookup_free(struct dnssec_lookup *l)
{
	if (l != NULL)
		script.live--;
	free(l);
}

/* The tests' side. */

struct waiter {
	struct resolver_query *query;
	unsigned calls;
	struct dnssec_result result;
	struct waiter *cancels;	 /* cancelled from inside the callback */
	struct waiter *asks_too; /* asks the same from inside the callback */
};

static struct event_base *base;
static struct forwarder servers[SERVERS];
static struct resolver *resolver;
static struct waiter waiters[WAITERS];
static int64_t wall;
static bool inside;

static int64_t
now(void)
{
	return wall;
}

static void ask(struct waiter *w, const char *text);

static void
on_result(void *arg, const struct dnssec_result *result)
{
	struct waiter *w = arg;

	assert_false(inside);
	w->calls++;
	w->result = *result;
	w->query = NULL;
	if (w->cancels != NULL) {
		resolver_cancel(w->cancels->query);
		w->cancels->query = NULL;
	}
	if (w->asks_too != NULL)
		ask(w->asks_too, "example.nl");
}

static void
ask(struct waiter *w, const char *text)
{
	struct name name;

	assert_int_equal(name_parse(&name, span_text(text)), 0);
	inside = true;
	assert_int_equal(resolver_lookup(&w->query, resolver, &name,
			     DNS_TYPE_MX, on_result, w),
	    0);
	inside = false;
}

static void
wait_for(struct waiter *w)
{
	while (w->calls == 0)
		assert_true(event_base_loop(base, EVLOOP_ONCE) >= 0);
}

static unsigned
asked(void)
{
	return servers[0].udp + servers[1].udp;
}

static const char *folder; /* what is kept; NULL: nothing */

static void
make_resolver(unsigned total_ms)
{
	struct address addresses[SERVERS];
	struct resolver_config config = {
		.servers = addresses,
		.nservers = SERVERS,
		.cache_bytes = 65536,
		.now = now,
		.state_directory = folder,
		.try_ms = 20000,
		.total_ms = total_ms,
	};

	for (size_t i = 0; i < SERVERS; i++)
		addresses[i] = servers[i].address;
	resolver_free(resolver);
	assert_int_equal(resolver_new(&resolver, base, &config), 0);
}

static int
setup(void **state)
{
	(void)state;
	memset(&script, 0, sizeof(script));
	memset(waiters, 0, sizeof(waiters));
	script.status = DNSSEC_SECURE;
	script.ttl = 60;
	script.needs = 1;
	wall = NOW;
	base = event_base_new();
	if (base == NULL)
		return -1;
	for (size_t i = 0; i < SERVERS; i++)
		if (forwarder_open(&servers[i], base) != 0)
			return -1;
	resolver = NULL;
	make_resolver(0);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	resolver_free(resolver);
	for (size_t i = 0; i < SERVERS; i++)
		forwarder_close(&servers[i]);
	event_base_free(base);
	return script.live == 0 ? 0 : -1;
}

static void
test_looks_up(void **state)
{
	(void)state;
	script.needs = 3;
	ask(&waiters[0], "example.nl");
	wait_for(&waiters[0]);
	assert_int_equal(waiters[0].result.status, DNSSEC_SECURE);
	assert_int_equal(asked(), 3);
}

static void
test_remembers(void **state)
{
	(void)state;
	ask(&waiters[0], "example.nl");
	wait_for(&waiters[0]);
	wall += 20;
	ask(&waiters[1], "example.nl");
	wait_for(&waiters[1]);
	assert_int_equal(asked(), 1);
	assert_int_equal(waiters[1].result.status, DNSSEC_SECURE);
	assert_int_equal(waiters[1].result.ttl, 40);
	wall += 40;
	ask(&waiters[2], "example.nl");
	wait_for(&waiters[2]);
	assert_int_equal(asked(), 2);
}

/* Identical questions in flight are asked once. */
static void
test_joins(void **state)
{
	struct waiter other = { 0 };

	(void)state;
	for (size_t i = 0; i < WAITERS; i++)
		ask(&waiters[i], "example.nl");
	ask(&other, "example.org");
	wait_for(&waiters[0]);
	wait_for(&other);
	for (size_t i = 0; i < WAITERS; i++)
		assert_int_equal(waiters[i].calls, 1);
	assert_int_equal(script.lookups, 2);
	assert_int_equal(asked(), 2);
}

/* One that goes away does not take the others along. */
static void
test_cancel_one_of_many(void **state)
{
	(void)state;
	for (size_t i = 0; i < WAITERS; i++)
		ask(&waiters[i], "example.nl");
	resolver_cancel(waiters[1].query);
	wait_for(&waiters[0]);
	assert_int_equal(waiters[1].calls, 0);
	assert_int_equal(waiters[2].calls, 1);
}

static void
test_cancel_all(void **state)
{
	(void)state;
	servers[0].manner = IS_SILENT;
	for (size_t i = 0; i < WAITERS; i++)
		ask(&waiters[i], "example.nl");
	while (servers[0].udp == 0)
		assert_true(event_base_loop(base, EVLOOP_ONCE) >= 0);
	for (size_t i = 0; i < WAITERS; i++)
		resolver_cancel(waiters[i].query);
	assert_int_equal(script.live, 0);
	assert_true(event_base_loop(base, EVLOOP_NONBLOCK) >= 0);
}

/* A callback may cancel whoever waits for the same, and ask the same again. */
static void
test_callbacks_may_cancel_and_ask(void **state)
{
	struct waiter again = { 0 };

	(void)state;
	for (size_t i = 0; i < WAITERS; i++)
		ask(&waiters[i], "example.nl");
	/* Called last in, first out: 2 cancels 0, 1 is left. */
	waiters[2].cancels = &waiters[0];
	waiters[1].asks_too = &again;
	wait_for(&waiters[1]);
	assert_int_equal(waiters[2].calls, 1);
	assert_int_equal(waiters[0].calls, 0);
	wait_for(&again);
	assert_int_equal(asked(), 1);
}

/* A forwarder that strips DNSSEC: all anew, with the next one. */
static void
test_broken_forwarder_is_left(void **state)
{
	(void)state;
	script.broken_left = 1;
	script.needs = 2;
	ask(&waiters[0], "example.nl");
	wait_for(&waiters[0]);
	assert_int_equal(waiters[0].result.status, DNSSEC_SECURE);
	assert_int_equal(servers[0].udp, 2);
	assert_int_equal(servers[1].udp, 2);
	/* And it comes last for a while. */
	ask(&waiters[1], "example.org");
	wait_for(&waiters[1]);
	assert_int_equal(servers[0].udp, 2);
}

static void
test_all_forwarders_broken(void **state)
{
	(void)state;
	script.broken_left = SERVERS;
	ask(&waiters[0], "example.nl");
	wait_for(&waiters[0]);
	assert_int_equal(waiters[0].result.status, DNSSEC_INDETERMINATE);
	assert_true(waiters[0].result.resolver_broken);
	assert_int_equal(servers[0].udp, 1);
	assert_int_equal(servers[1].udp, 1);
}

/* What could not be found out is asked again soon, but not at once. */
static void
test_failure_says_why_and_is_brief(void **state)
{
	(void)state;
	servers[0].rcode = 2;
	servers[1].rcode = 5;
	ask(&waiters[0], "example.nl");
	wait_for(&waiters[0]);
	assert_int_equal(waiters[0].result.status, DNSSEC_INDETERMINATE);
	assert_string_equal(waiters[0].result.reason, "REFUSED from 127.0.0.1");
	assert_int_equal(asked(), 2);
	ask(&waiters[1], "example.nl");
	wait_for(&waiters[1]);
	assert_int_equal(waiters[1].result.status, DNSSEC_INDETERMINATE);
	assert_int_equal(asked(), 2);
	wall += 10;
	ask(&waiters[2], "example.nl");
	wait_for(&waiters[2]);
	assert_int_equal(asked(), 4);
}

/* However the forwarders dawdle, a lookup ends. */
static void
test_patience_ends(void **state)
{
	(void)state;
	make_resolver(30);
	servers[0].manner = IS_SILENT;
	for (int insatiable = 0; insatiable <= 1; insatiable++) {
		struct waiter *w = &waiters[insatiable];

		script.insatiable = insatiable == 1;
		wall += 10;
		ask(w, "example.nl");
		wait_for(w);
		assert_int_equal(w->result.status, DNSSEC_INDETERMINATE);
		assert_string_equal(w->result.reason, "no answer in time");
	}
	assert_int_equal(servers[1].udp, 0);
}

/* Without time nothing is secure; and once it is known, all goes on. */
static void
test_no_clock(void **state)
{
	(void)state;
	wall = 0;
	assert_false(resolver_time_known(resolver));
	ask(&waiters[0], "example.nl");
	wait_for(&waiters[0]);
	assert_int_equal(waiters[0].result.status, DNSSEC_INDETERMINATE);
	assert_string_equal(waiters[0].result.reason, "the clock is not set");
	assert_int_equal(asked(), 0);
	wall = NOW;
	ask(&waiters[1], "example.nl");
	wait_for(&waiters[1]);
	assert_int_equal(waiters[1].result.status, DNSSEC_SECURE);
}

static void
test_too_many_queries(void **state)
{
	static struct waiter many[RESOLVER_MAX_QUERIES];
	struct resolver_query *q;
	struct name name;

	(void)state;
	assert_int_equal(name_parse(&name, span_text("example.nl")), 0);
	for (size_t i = 0; i < RESOLVER_MAX_QUERIES; i++)
		ask(&many[i], "example.nl");
	assert_int_equal(resolver_lookup(&q, resolver, &name, DNS_TYPE_MX,
			     on_result, &waiters[0]),
	    DG_ELIMIT);
	wait_for(&many[0]);
	ask(&waiters[0], "example.nl");
	wait_for(&waiters[0]);
}

/* Freed with lookups under way: nobody is called. */
static void
test_free_under_way(void **state)
{
	(void)state;
	servers[0].manner = IS_SILENT;
	ask(&waiters[0], "example.nl");
	while (servers[0].udp == 0)
		assert_true(event_base_loop(base, EVLOOP_ONCE) >= 0);
	ask(&waiters[1], "example.org");
	resolver_free(resolver);
	resolver = NULL;
	assert_true(event_base_loop(base, EVLOOP_NONBLOCK) >= 0);
	assert_int_equal(waiters[0].calls + waiters[1].calls, 0);
	assert_int_equal(script.live, 0);
}

/* RFC 5011: the anchors' state is written when it changes, and comes back. */
static void
test_anchors_are_kept(void **state)
{
	char path[] = "/tmp/danegate-resolver-XXXXXX";
	char file[128];

	(void)state;
	folder = mkdtemp(path);
	assert_non_null(folder);
	snprintf(file, sizeof(file), "%s/root-anchors", folder);
	make_resolver(0);
	ask(&waiters[0], "example.nl");
	wait_for(&waiters[0]);
	assert_int_not_equal(access(file, F_OK), 0);
	script.changed = true;
	ask(&waiters[1], "example.org");
	wait_for(&waiters[1]);
	assert_int_equal(access(file, F_OK), 0);
	assert_string_equal(script.restored, "");
	make_resolver(0);
	assert_string_equal(script.restored, "the anchors");
	folder = NULL;
	assert_int_equal(unlink(file), 0);
	assert_int_equal(rmdir(path), 0);
}

/* Only a resolver that would answer the same may stay over a reload. */
static void
test_made_for_the_same(void **state)
{
	struct address addresses[SERVERS];
	struct resolver_config config = {
		.servers = addresses,
		.nservers = SERVERS,
		.cache_bytes = 65536,
	};
	struct resolver_config other = config;

	(void)state;
	for (size_t i = 0; i < SERVERS; i++)
		addresses[i] = servers[i].address;
	assert_true(resolver_is_for(resolver, &config));
	other.nservers = 1;
	assert_false(resolver_is_for(resolver, &other));
	other = config;
	other.cache_bytes = 131072;
	assert_false(resolver_is_for(resolver, &other));
	other = config;
	other.mix_case = true;
	assert_false(resolver_is_for(resolver, &other));
	other = config;
	other.anchors = span_text("x");
	assert_false(resolver_is_for(resolver, &other));
	other = config;
	other.state_directory = "/nonexistent";
	assert_false(resolver_is_for(resolver, &other));
	addresses[1].port++;
	assert_false(resolver_is_for(resolver, &config));
	addresses[1] = servers[0].address;
	addresses[0] = servers[1].address;
	assert_false(resolver_is_for(resolver, &config));
}

static void
test_bad_configuration(void **state)
{
	struct resolver_config config = { .anchors = span_text("x") };
	struct resolver *r;

	(void)state;
	assert_int_equal(resolver_new(&r, base, &config), DG_EINVAL);
	config.servers = &servers[0].address;
	config.nservers = 1;
	script.bad_anchors = true;
	assert_int_equal(resolver_new(&r, base, &config), DG_ESYNTAX);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_looks_up),
		TEST(test_remembers),
		TEST(test_joins),
		TEST(test_cancel_one_of_many),
		TEST(test_cancel_all),
		TEST(test_callbacks_may_cancel_and_ask),
		TEST(test_broken_forwarder_is_left),
		TEST(test_all_forwarders_broken),
		TEST(test_failure_says_why_and_is_brief),
		TEST(test_patience_ends),
		TEST(test_no_clock),
		TEST(test_too_many_queries),
		TEST(test_free_under_way),
		TEST(test_anchors_are_kept),
		TEST(test_made_for_the_same),
		TEST(test_bad_configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
