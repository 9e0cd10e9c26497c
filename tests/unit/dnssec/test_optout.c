/* DS in the gaps of an opt-out zone (RFC 5155 sections 6 and 9.2). */
/* with: dnssec/support/world.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dnssec/support/world.h"

static struct world w;

/* RFC 5155 9.2: what an opt-out span answers is not to be called secure; that
 * there is no signed zone holds all the same. */
static void
test_optout_gap_is_insecure(void **state)
{
	const struct dnssec_result *r;
	struct world_zone *z;

	(void)state;
	world_open(&w);
	world_zone(&w, ".", WORLD_NSEC);
	world_zone(&w, "com.", WORLD_NSEC3)->opt_out = true;
	z = world_zone(&w, "signed.com.", WORLD_NSEC);
	world_add(z, "www.signed.com. 300 IN A 192.0.2.10");
	z = world_zone(&w, "plain.com.", WORLD_UNSIGNED);
	world_add(z, "www.plain.com. 300 IN A 192.0.2.11");
	world_sign(&w);
	r = world_lookup(&w, "plain.com", DNS_TYPE_DS);
	assert_int_equal(r->status, DNSSEC_INSECURE);
	assert_int_equal(r->nanswers, 0);
	r = world_lookup(&w, "www.plain.com", DNS_TYPE_A);
	assert_int_equal(r->status, DNSSEC_INSECURE);
	assert_int_equal(r->nanswers, 1);
	r = world_lookup(&w, "signed.com", DNS_TYPE_DS);
	assert_int_equal(r->status, DNSSEC_SECURE);
	assert_int_equal(r->nanswers, 1);
	world_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_optout_gap_is_insecure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
