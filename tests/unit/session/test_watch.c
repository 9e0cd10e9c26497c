/* What is kept of decisions for the operator: bounded, counted, in order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "session/watch.h"

static struct watch_decision
decision(unsigned server, enum verdict verdict, enum reason reason)
{
	struct watch_decision d = {
		.server = { .family = ADDRESS_IPV4, .port = 25 },
		.judgement = { verdict, AUTH_NONE, reason },
		.tlsa = TLSA_STATUS_USABLE,
	};

	d.server.bytes[0] = (uint8_t)(server >> 8);
	d.server.bytes[1] = (uint8_t)server;
	return d;
}

static struct watch *
fresh(void)
{
	struct watch *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	return w;
}

static void
decide(struct watch *w, unsigned server, enum verdict verdict,
    enum reason reason)
{
	struct watch_decision d = decision(server, verdict, reason);

	watch_decide(w, &d);
}

static void
test_counts(void **state)
{
	struct watch *w = fresh();
	struct watch_decision d = decision(1, VERDICT_RELAY, REASON_OK);

	(void)state;
	assert_int_equal(watch_oldest(w), 0);
	assert_null(watch_destination_before(w, UINT64_MAX));
	d.judgement.auth = AUTH_DANE_EE;
	watch_decide(w, &d);
	decide(w, 2, VERDICT_DEFER, REASON_TLSA_MISMATCH);
	d = decision(2, VERDICT_DEFER, REASON_DOWNGRADE);
	d.passed = true;
	watch_decide(w, &d);
	assert_int_equal(w->counts.verdicts[VERDICT_RELAY], 1);
	assert_int_equal(w->counts.verdicts[VERDICT_DEFER], 2);
	assert_int_equal(w->counts.passed, 1);
	assert_int_equal(w->counts.reasons[REASON_DOWNGRADE], 1);
	/* What monitor mode let pass was not authenticated by its verdict. */
	assert_int_equal(w->counts.auths[AUTH_DANE_EE], 1);
	assert_int_equal(w->counts.auths[AUTH_NONE], 0);
	assert_true(w->held_any);
	assert_int_equal(w->last_held.number, 3);
	free(w);
}

/* Numbers go on; of more than fit the latest stay. */
static void
test_the_latest_stay(void **state)
{
	struct watch *w = fresh();

	(void)state;
	for (unsigned i = 1; i <= WATCH_DECISIONS + 5; i++)
		decide(w, i, VERDICT_RELAY, REASON_OK);
	assert_int_equal(watch_oldest(w), 6);
	assert_null(watch_decision(w, 0));
	assert_null(watch_decision(w, 5));
	assert_null(watch_decision(w, WATCH_DECISIONS + 6));
	for (uint64_t n = 6; n <= WATCH_DECISIONS + 5; n++) {
		const struct watch_decision *d = watch_decision(w, n);

		assert_non_null(d);
		assert_int_equal(d->number, n);
		assert_int_equal(d->server.bytes[1], n);
	}
	free(w);
}

static void
test_destinations(void **state)
{
	struct watch *w = fresh();
	const struct watch_destination *d;
	uint64_t before = UINT64_MAX;
	size_t n = 0;

	(void)state;
	decide(w, 1, VERDICT_RELAY, REASON_OK);
	decide(w, 2, VERDICT_RELAY, REASON_OK);
	decide(w, 1, VERDICT_DEFER, REASON_TLS_FAILED);
	d = watch_destination_before(w, UINT64_MAX);
	assert_int_equal(d->server.bytes[1], 1);
	assert_int_equal(d->relayed, 1);
	assert_int_equal(d->held, 1);
	assert_int_equal(d->judgement.reason, REASON_TLS_FAILED);
	assert_int_equal(d->tlsa, TLSA_STATUS_USABLE);
	d = watch_destination_before(w, d->last);
	assert_int_equal(d->server.bytes[1], 2);
	assert_null(watch_destination_before(w, d->last));

	/* Whoever was met longest ago gives way: 2, then 1. */
	for (unsigned i = 10; i < 10 + WATCH_DESTINATIONS - 1; i++)
		decide(w, i, VERDICT_RELAY, REASON_OK);
	while ((d = watch_destination_before(w, before)) != NULL) {
		assert_true(d->server.bytes[1] != 2);
		assert_true(d->last < before);
		before = d->last;
		n++;
	}
	assert_int_equal(n, WATCH_DESTINATIONS);
	free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_the_latest_stay),
		cmocka_unit_test(test_destinations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
