/* The list of counters, and a day's sums as a record. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/counts.h"

static uint8_t mem[2 * RECORD_MAX];

static struct span
payload_of(int64_t day, const struct counts *c)
{
	struct record r;
	struct span in;
	size_t skipped = 0;
	struct buf b;

	buf_init(&b, mem, sizeof(mem));
	assert_int_equal(counts_put(&b, day, c), 0);
	in = buf_peek(&b);
	assert_int_equal(record_take(&r, &in, true, &skipped), 0);
	assert_int_equal(r.kind, COUNTS_RECORD);
	return r.payload;
}

/* Every counter with a value of its own, as large as can be. */
static void
test_a_day_comes_back(void **state)
{
	uint64_t values[sizeof(struct counts) / sizeof(uint64_t)];
	struct counts c, back;
	int64_t day;

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(values); i++)
		values[i] = UINT64_MAX - i;
	memcpy(&c, values, sizeof(c));
	/* Written and read as the second of their word. */
	c.verdicts[VERDICT_UNKNOWN] = 0;
	c.reasons[REASON_UNKNOWN] = 0;
	c.dns[DNSSEC_UNKNOWN] = 0;
	assert_int_equal(counts_get(&day, &back, payload_of(20849, &c)), 0);
	assert_int_equal(day, 20849);
	assert_memory_equal(&back, &c, sizeof(c));
}

static void
test_unknown_has_the_word_of_another(void **state)
{
	struct counts c = { 0 };
	struct counts back;
	int64_t day;

	(void)state;
	c.verdicts[VERDICT_UNKNOWN] = 1;
	c.verdicts[VERDICT_DEFER] = 2;
	c.reasons[REASON_UNKNOWN] = 3;
	c.reasons[REASON_PROTOCOL_ERROR] = 4;
	assert_int_equal(counts_get(&day, &back, payload_of(1, &c)), 0);
	assert_int_equal(back.verdicts[VERDICT_DEFER], 3);
	assert_int_equal(back.verdicts[VERDICT_UNKNOWN], 0);
	assert_int_equal(back.reasons[REASON_PROTOCOL_ERROR], 7);
}

/* The names are in files: others of them cannot be read any more. */
static void
test_names(void **state)
{
	const struct counts c = { .messages = 7, .auths = { [AUTH_TLS] = 9 } };
	char name[COUNTS_NAME_MAX];
	size_t found = 0;
	uint64_t value;

	(void)state;
	for (size_t i = 0; counts_at(&c, i, &value, name); i++) {
		found += strcmp(name, "messages") == 0 && value == 7;
		found += strcmp(name, "auth/tls") == 0 && value == 9;
		found += strcmp(name, "reason/tlsa-mismatch") == 0;
		found += strcmp(name, "verdict/relay") == 0;
		found += counts_is_unknown(i);
	}
	assert_int_equal(found, 7);
}

/* What a later version counts is passed over, what is cut off refused. */
static void
test_other_payloads(void **state)
{
	static const uint8_t later[] = { 0, 0, 0, 5, 3, 'n', 'e', 'w', 0, 0, 0,
		0, 0, 0, 0, 1, 8, 'm', 'e', 's', 's', 'a', 'g', 'e', 's', 0, 0,
		0, 0, 0, 0, 1, 2 };
	struct counts c;
	int64_t day;

	(void)state;
	assert_int_equal(counts_get(&day, &c, span_of(later, sizeof(later))),
	    0);
	assert_int_equal(day, 5);
	assert_int_equal(c.messages, 258);
	for (size_t n = 0; n < sizeof(later); n++)
		assert_int_equal(counts_get(&day, &c, span_of(later, n)),
		    n == 4 || n == 16 ? 0 : DG_ESYNTAX);
}

static void
test_sums_and_differences(void **state)
{
	struct counts a = { .messages = 5, .bytes = 100 };
	const struct counts b = { .messages = 7, .bytes = 60 };

	(void)state;
	counts_subtract(&a, &b);
	assert_int_equal(a.messages, 0);
	assert_int_equal(a.bytes, 40);
	counts_add(&a, &b);
	assert_int_equal(a.messages, 7);
	assert_int_equal(a.bytes, 100);
}

/* Why a recipient was relayed, by how its server was known. */
static void
test_auth_and_reason(void **state)
{
	struct judgement j = { VERDICT_RELAY, AUTH_TLS, REASON_OK };
	struct counts c = { 0 };

	(void)state;
	counts_decide(&c, &j, true);
	j.reason = REASON_UNLISTED_DESTINATION;
	counts_decide(&c, &j, true);
	j.verdict = VERDICT_DEFER;
	j.auth = AUTH_NONE;
	counts_decide(&c, &j, false);
	assert_int_equal(c.auths[AUTH_TLS], 2);
	assert_int_equal(c.unlisted[AUTH_TLS], 1);
	assert_int_equal(c.auths[AUTH_NONE], 0);
	assert_int_equal(c.unlisted[AUTH_NONE], 0);
	assert_int_equal(c.reasons[REASON_UNLISTED_DESTINATION], 2);
	assert_int_equal(c.passed, 0);
	assert_int_equal(auth_weaker(AUTH_DANE_TA, AUTH_PKIX), AUTH_PKIX);
	assert_int_equal(auth_weaker(AUTH_PKIX, AUTH_DANE_EE), AUTH_PKIX);
	assert_int_equal(auth_weaker(AUTH_TLS, AUTH_NONE), AUTH_NONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_day_comes_back),
		cmocka_unit_test(test_unknown_has_the_word_of_another),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_other_payloads),
		cmocka_unit_test(test_sums_and_differences),
		cmocka_unit_test(test_auth_and_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
