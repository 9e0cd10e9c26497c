/*
 * The latest time seen outlives a restart, and no clock that lies before it is
 * believed: signatures that have expired would be good again (RFC 4035 5.3.1).
 * With a kernel's clock, a network and forwarders that are not there.
 */
/* with: dns/support/network.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/clock_kernel.h"
#include "base/state.h"
#include "dns/resolver.h"
#include "dns/support/network.h"

#define DAY	  86400
#define FORGOTTEN 10 /* seconds: a failure is */
#define KEPT	  "latest-time"

static int64_t wall;
static bool synchronized;
static char folder[64];
static unsigned asked;
static struct resolver *resolver;
static struct dnssec_result result;

int64_t
clock_kernel_wall(void)
{
	return wall;
}

bool
clock_kernel_is_synchronized(void)
{
	return synchronized;
}

bool
clock_kernel_is_from_rtc(const char *file)
{
	(void)file;
	return false;
}

/* Silence: what is asked tells enough. */
static void
serve(void *arg, const struct address *server, enum wire_kind kind,
    struct span message, struct network_reply *reply)
{
	(void)arg;
	(void)server;
	(void)kind;
	(void)message;
	(void)reply;
	asked++;
}

static bool
accepts(void *arg, const struct address *server)
{
	(void)arg;
	(void)server;
	return true;
}

static int
setup(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/danegate-time-XXXXXX");
	wall = clock_floor();
	synchronized = true;
	asked = 0;
	resolver = NULL;
	clock_set_trust(CLOCK_TRUST_FLOOR);
	network_open(serve, accepts, NULL);
	return mkdtemp(folder) == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	char path[128];

	(void)state;
	resolver_free(resolver);
	network_close();
	snprintf(path, sizeof(path), "%s/" KEPT, folder);
	(void)unlink(path);
	return rmdir(folder);
}

/* The daemon starts anew. */
static void
start(void)
{
	struct address server;
	struct resolver_config config = {
		.servers = &server,
		.nservers = 1,
		.cache_bytes = 65536,
		.state_directory = folder,
	};

	assert_int_equal(address_parse_port(&server, span_text("192.0.2.53"),
			     53),
	    0);
	resolver_free(resolver);
	resolver = NULL;
	assert_int_equal(resolver_new(&resolver, NULL, &config), 0);
}

static void
on_result(void *arg, const struct dnssec_result *r)
{
	bool *done = arg;

	*done = true;
	result = *r;
}

/* Looks something up; true when the forwarder was asked for it. */
static bool
looks_up(void)
{
	struct resolver_query *q;
	struct name name;
	bool done = false;

	asked = 0;
	assert_int_equal(name_parse(&name, span_text("example.nl")), 0);
	assert_int_equal(resolver_lookup(&q, resolver, &name, DNS_TYPE_MX,
			     on_result, &done),
	    0);
	while (!done)
		assert_true(network_step(UINT64_MAX));
	return asked > 0;
}

/* What is kept; 0: nothing. */
static int64_t
kept(void)
{
	uint8_t *text;
	uint64_t seconds;
	size_t n;

	if (state_read(&text, &n, folder, KEPT) != 0)
		return 0;
	assert_true(n > 1 && text[n - 1] == '\n');
	assert_int_equal(span_number(&seconds, span_of(text, n - 1), INT64_MAX),
	    0);
	free(text);
	return (int64_t)seconds;
}

/* Seldom: it may be flash. */
static void
test_kept_once_a_day(void **state)
{
	int64_t first;

	(void)state;
	start();
	assert_true(looks_up());
	assert_int_equal(kept(), 0);
	wall += DAY - FORGOTTEN;
	assert_true(looks_up());
	assert_int_equal(kept(), 0);
	wall += FORGOTTEN;
	first = wall;
	assert_true(looks_up());
	assert_int_equal(kept(), first);
	wall += DAY - FORGOTTEN;
	assert_true(looks_up());
	assert_int_equal(kept(), first);
	wall += FORGOTTEN;
	assert_true(looks_up());
	assert_int_equal(kept(), first + DAY);
}

/* A clock that is behind what was kept is refused, and raises nothing. */
static void
test_clock_behind_is_refused(void **state)
{
	char text[32];
	int64_t then = clock_floor() + 10 * DAY;

	(void)state;
	snprintf(text, sizeof(text), "%lld\n", (long long)then);
	assert_int_equal(state_write(folder, KEPT, span_text(text)), 0);
	start();
	assert_int_equal(clock_floor(), then);
	wall = then - CLOCK_SLACK - 1;
	assert_false(resolver_time_known(resolver));
	assert_false(looks_up());
	assert_int_equal(result.status, DNSSEC_INDETERMINATE);
	assert_string_equal(result.reason, "the clock is not set");
	assert_int_equal(kept(), then);
	/* Somebody puts it right while we run: validation is on again. */
	wall = then;
	assert_true(resolver_time_known(resolver));
	assert_true(looks_up());
}

/* What cannot be read is no floor, and no reason not to start. */
static void
test_unreadable(void **state)
{
	static const char *const bad[] = { "", "\n", "yesterday\n",
		"99999999999999999999\n", "-5\n" };
	int64_t floor = clock_floor();

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(bad); i++) {
		assert_int_equal(state_write(folder, KEPT, span_text(bad[i])),
		    0);
		start();
		assert_int_equal(clock_floor(), floor);
	}
	assert_true(looks_up());
}

/* `clock trust kernel`: besides, somebody must have set it. */
static void
test_kernel_says_unsynchronized(void **state)
{
	(void)state;
	clock_set_trust(CLOCK_TRUST_KERNEL);
	synchronized = false;
	start();
	assert_false(looks_up());
	synchronized = true;
	assert_true(looks_up());
	synchronized = false;
	clock_set_trust(CLOCK_TRUST_ALWAYS);
	wall = 0;
	assert_true(looks_up());
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_kept_once_a_day),
		TEST(test_clock_behind_is_refused),
		TEST(test_unreadable),
		TEST(test_kernel_says_unsynchronized),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
