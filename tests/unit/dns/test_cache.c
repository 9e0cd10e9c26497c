/* The cache: what is remembered, for how long, and what gives way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dns/cache.h"

#define BYTES ((size_t)64 * 1024)
#define NOW   1000000

static struct name
name_of(const char *text)
{
	struct name n;

	assert_int_equal(name_parse(&n, span_text(text)), 0);
	return n;
}

static struct name
numbered(unsigned i)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "host%u.example", i);
	return name_of(text);
}

static struct cache *
cache_of(size_t bytes)
{
	struct cache *c;

	assert_int_equal(cache_new(&c, bytes), 0);
	return c;
}

static bool
has(struct cache *c, const struct name *name, uint16_t type, int64_t now)
{
	struct dnssec_result r;

	return cache_get(&r, c, name, type, now) == 0;
}

static void
put(struct cache *c, const struct name *name, enum dnssec_status status,
    uint32_t ttl)
{
	struct dnssec_result r = { .status = status, .ttl = ttl };

	r.canonical = *name;
	cache_put(c, name, DNS_TYPE_MX, &r, NOW);
}

static void
test_gives_back_what_was_put(void **state)
{
	static const struct span answers[] = {
		{ (const uint8_t *)"\0\1\2", 3 },
		{ (const uint8_t *)"", 0 },
		{ (const uint8_t *)"abcd", 4 },
	};
	struct cache *c = cache_of(BYTES);
	struct name name = name_of("example.nl");
	struct dnssec_result in = {
		.status = DNSSEC_SECURE,
		.nanswers = 3,
		.answers = answers,
		.aliased = true,
		.ttl = 60,
		.reason = "because",
	};
	struct dnssec_result out;

	(void)state;
	in.canonical = name_of("other.example");
	cache_put(c, &name, DNS_TYPE_TLSA, &in, NOW);
	assert_false(has(c, &name, DNS_TYPE_A, NOW));
	assert_int_equal(cache_get(&out, c, &name, DNS_TYPE_TLSA, NOW + 20), 0);
	assert_int_equal(out.status, DNSSEC_SECURE);
	assert_int_equal(out.ttl, 40);
	assert_true(out.aliased);
	assert_false(out.nxdomain);
	assert_true(name_equal(&out.canonical, &in.canonical));
	assert_string_equal(out.reason, "because");
	assert_int_equal(out.nanswers, 3);
	for (size_t i = 0; i < 3; i++)
		assert_true(span_equal(out.answers[i], answers[i]));
	cache_free(c);
}

/* RFC 1035 3.2.1: not longer than the TTL, and TTL 0 not at all. */
static void
test_forgets_when_the_ttl_ends(void **state)
{
	struct cache *c = cache_of(BYTES);
	struct name a = name_of("a.example");
	struct name b = name_of("b.example");
	struct name long_lived = name_of("c.example");

	(void)state;
	put(c, &a, DNSSEC_SECURE, 10);
	put(c, &b, DNSSEC_INSECURE, 0);
	put(c, &long_lived, DNSSEC_SECURE, UINT32_MAX);
	assert_true(has(c, &a, DNS_TYPE_MX, NOW + 9));
	assert_false(has(c, &a, DNS_TYPE_MX, NOW + 10));
	assert_false(has(c, &b, DNS_TYPE_MX, NOW));
	assert_false(has(c, &long_lived, DNS_TYPE_MX, NOW + CACHE_TTL_MAX));
	cache_free(c);
}

/* A clock that is set back does not lengthen lives. */
static void
test_forgets_when_the_clock_goes_back(void **state)
{
	struct cache *c = cache_of(BYTES);
	struct name a = name_of("a.example");

	(void)state;
	put(c, &a, DNSSEC_SECURE, 10);
	assert_false(has(c, &a, DNS_TYPE_MX, NOW - 1));
	assert_false(has(c, &a, DNS_TYPE_MX, NOW));
	cache_free(c);
}

/* RFC 9520: failures are remembered, but briefly, whatever TTL they claim. */
static void
test_failures_live_for_seconds(void **state)
{
	static const enum dnssec_status failures[] = { DNSSEC_BOGUS,
		DNSSEC_INDETERMINATE, DNSSEC_UNKNOWN };
	struct cache *c = cache_of(BYTES);
	struct name a = name_of("a.example");

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(failures); i++) {
		put(c, &a, failures[i], 3600);
		assert_true(has(c, &a, DNS_TYPE_MX, NOW));
		assert_false(has(c, &a, DNS_TYPE_MX, NOW + CACHE_FAILURE_TTL));
	}
	cache_free(c);
}

/* Whoever makes lookups fail cannot empty the cache by it. */
static void
test_failures_do_not_crowd_out_answers(void **state)
{
	struct cache *c = cache_of(BYTES);
	struct name good = name_of("good.example");

	(void)state;
	put(c, &good, DNSSEC_SECURE, 3600);
	for (unsigned i = 0; i < 5000; i++) {
		struct name n = numbered(i);

		put(c, &n, DNSSEC_BOGUS, 0);
	}
	assert_true(has(c, &good, DNS_TYPE_MX, NOW));
	cache_free(c);
}

/* Full: what was not used for longest gives way, and the bytes are kept to. */
static void
test_least_recently_used_gives_way(void **state)
{
	struct cache *c = cache_of(BYTES);
	struct name used = name_of("used.example");
	struct name unused = name_of("unused.example");
	struct name last;

	(void)state;
	put(c, &used, DNSSEC_SECURE, 3600);
	put(c, &unused, DNSSEC_SECURE, 3600);
	for (unsigned i = 0; i < 5000; i++) {
		last = numbered(i);
		put(c, &last, DNSSEC_SECURE, 3600);
		assert_true(has(c, &used, DNS_TYPE_MX, NOW));
	}
	assert_false(has(c, &unused, DNS_TYPE_MX, NOW));
	assert_true(has(c, &last, DNS_TYPE_MX, NOW));
	cache_free(c);
}

static void
test_too_large_is_not_kept(void **state)
{
	static uint8_t much[BYTES];
	struct span answer = span_of(much, sizeof(much));
	struct cache *c = cache_of(BYTES);
	struct name a = name_of("a.example");
	struct name b = name_of("b.example");
	struct dnssec_result r = {
		.status = DNSSEC_SECURE,
		.ttl = 60,
		.nanswers = 1,
		.answers = &answer,
	};

	(void)state;
	put(c, &b, DNSSEC_SECURE, 60);
	cache_put(c, &a, DNS_TYPE_MX, &r, NOW);
	assert_false(has(c, &a, DNS_TYPE_MX, NOW));
	assert_true(has(c, &b, DNS_TYPE_MX, NOW));
	cache_free(c);
	c = cache_of(0);
	put(c, &b, DNSSEC_SECURE, 60);
	put(c, &b, DNSSEC_BOGUS, 60);
	assert_false(has(c, &b, DNS_TYPE_MX, NOW));
	cache_free(c);
}

static void
test_newer_replaces_older(void **state)
{
	struct cache *c = cache_of(BYTES);
	struct name a = name_of("a.example");
	struct dnssec_result out;

	(void)state;
	put(c, &a, DNSSEC_BOGUS, 0);
	put(c, &a, DNSSEC_SECURE, 60);
	assert_int_equal(cache_get(&out, c, &a, DNS_TYPE_MX, NOW), 0);
	assert_int_equal(out.status, DNSSEC_SECURE);
	cache_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gives_back_what_was_put),
		cmocka_unit_test(test_forgets_when_the_ttl_ends),
		cmocka_unit_test(test_forgets_when_the_clock_goes_back),
		cmocka_unit_test(test_failures_live_for_seconds),
		cmocka_unit_test(test_failures_do_not_crowd_out_answers),
		cmocka_unit_test(test_least_recently_used_gives_way),
		cmocka_unit_test(test_too_large_is_not_kept),
		cmocka_unit_test(test_newer_replaces_older),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
