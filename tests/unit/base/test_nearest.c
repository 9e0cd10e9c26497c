/* How far apart words are: what "did you mean" rests on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/nearest.h"

static unsigned
distance(const char *a, const char *b)
{
	return nearest_distance(span_text(a), span_text(b));
}

static void
test_distance(void **state)
{
	(void)state;
	assert_int_equal(distance("", ""), 0);
	assert_int_equal(distance("abc", ""), 3);
	assert_int_equal(distance("", "abc"), 3);
	assert_int_equal(distance("policy", "policy"), 0);
	assert_int_equal(distance("polcy", "policy"), 1);
	assert_int_equal(distance("plicyy", "policy"), 2);
	assert_int_equal(distance("kitten", "sitting"), 3);
	assert_int_equal(distance("ab", "ba"), 2);
}

static void
test_long_words_are_cut(void **state)
{
	static uint8_t a[1000], b[2000];

	(void)state;
	memset(a, 'a', sizeof(a));
	memset(b, 'b', sizeof(b));
	assert_int_equal(nearest_distance(span_of(a, sizeof(a)),
			     span_of(b, sizeof(b))),
	    NEAREST_MAX);
}

static void
test_close(void **state)
{
	(void)state;
	assert_true(nearest_is_close(span_text("modde"), span_text("mode")));
	assert_false(nearest_is_close(span_text("mo"), span_text("mode")));
	assert_false(nearest_is_close(span_text(""), span_text("abc")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_distance),
		cmocka_unit_test(test_long_words_are_cut),
		cmocka_unit_test(test_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
