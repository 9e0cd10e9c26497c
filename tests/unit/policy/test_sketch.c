/* How many names were seen: the error is what sketch.h says it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "policy/sketch.h"

#define SAMPLES 20

static void
add(struct sketch *s, unsigned sample, unsigned n)
{
	char name[64];
	int len = snprintf(name, sizeof(name), "host%u.sample%u.example.nl", n,
	    sample);

	(void)sketch_add(s, span_of(name, (size_t)len));
}

/* The mean square of the error. */
static double
square_error(unsigned names)
{
	double squares = 0;

	for (unsigned sample = 0; sample < SAMPLES; sample++) {
		struct sketch s = { { 0 } };
		double error;

		for (unsigned i = 0; i < names; i++)
			add(&s, sample, i);
		error = ((double)sketch_estimate(&s) - names) / names;
		squares += error * error;
	}
	return squares / SAMPLES;
}

static void
test_error(void **state)
{
	(void)state;
	/* 1.5 times the standard error of 3.3 %, for a mean over 20. */
	assert_true(square_error(100000) < 0.049 * 0.049);
	assert_true(square_error(10000) < 0.049 * 0.049);
	assert_true(square_error(2500) < 0.049 * 0.049);
	assert_true(square_error(1000) < 0.04 * 0.04);
	assert_true(square_error(100) < 0.025 * 0.025);
}

static void
test_few_are_exact(void **state)
{
	struct sketch s = { { 0 } };

	(void)state;
	assert_int_equal(sketch_estimate(&s), 0);
	for (unsigned i = 0; i < 5; i++)
		add(&s, 0, i);
	assert_int_equal(sketch_estimate(&s), 5);
	/* The same again is no other. */
	for (unsigned i = 0; i < 5; i++)
		add(&s, 0, i);
	assert_int_equal(sketch_estimate(&s), 5);
}

static void
test_merged(void **state)
{
	struct sketch a = { { 0 } };
	struct sketch b = { { 0 } };

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		add(&a, 0, i);
		add(&b, 0, i + 50);
	}
	sketch_merge(&a, &b);
	assert_in_range(sketch_estimate(&a), 140, 160);
}

/* They are in files: other places of them cannot be read any more. */
static void
test_places(void **state)
{
	struct sketch s = { { 0 } };

	(void)state;
	assert_true(sketch_add(&s, span_text("example.nl")));
	assert_false(sketch_add(&s, span_text("example.nl")));
	assert_int_equal(s.ranks[561], 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_error),
		cmocka_unit_test(test_few_are_exact),
		cmocka_unit_test(test_merged),
		cmocka_unit_test(test_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
