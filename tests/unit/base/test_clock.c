/*
 * When wall time can be believed: validity periods of signatures mean nothing
 * without it (RFC 4035 5.3.1).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"

#define FLOOR 1700000000

static void
test_floor(void **state)
{
	struct clock_facts f = { .wall = FLOOR, .floor = FLOOR };

	(void)state;
	assert_true(clock_judge(&f));
	f.wall = FLOOR - CLOCK_SLACK;
	assert_true(clock_judge(&f));
	f.wall--;
	assert_false(clock_judge(&f));
	/* Nobody's word but the operator's helps then. */
	f.synchronized = true;
	f.from_rtc = true;
	assert_false(clock_judge(&f));
	f.trust = CLOCK_TRUST_KERNEL;
	assert_false(clock_judge(&f));
	f.trust = CLOCK_TRUST_ALWAYS;
	assert_true(clock_judge(&f));
}

/* 1970 is no time, even without a floor. */
static void
test_never_set(void **state)
{
	struct clock_facts f = { .wall = 0 };

	(void)state;
	assert_false(clock_judge(&f));
}

static void
test_kernel(void **state)
{
	struct clock_facts f = {
		.trust = CLOCK_TRUST_KERNEL,
		.wall = FLOOR,
		.floor = FLOOR,
	};

	(void)state;
	assert_false(clock_judge(&f));
	f.synchronized = true;
	assert_true(clock_judge(&f));
	f.synchronized = false;
	f.from_rtc = true;
	assert_true(clock_judge(&f));
}

/* The floor only rises, and a clock behind it is refused. */
static void
test_floor_rises(void **state)
{
	int64_t floor = clock_floor();

	(void)state;
	clock_set_trust(CLOCK_TRUST_FLOOR);
	assert_true(clock_wall_trusted());
	clock_raise_floor(floor - 1);
	assert_int_equal(clock_floor(), floor);
	clock_raise_floor(clock_wall() + 2 * CLOCK_SLACK);
	assert_false(clock_wall_trusted());
	clock_set_trust(CLOCK_TRUST_ALWAYS);
	assert_true(clock_wall_trusted());
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_floor),
		cmocka_unit_test(test_never_set),
		cmocka_unit_test(test_kernel),
		cmocka_unit_test(test_floor_rises),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
