/* Days of the calendar (RFC 3339 5.6, full-date). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/date.h"

/* Against the C library, every day up to the year 2410: leap years of each
 * kind are among them. */
static void
test_every_day_there_and_back(void **state)
{
	char text[DATE_TEXT_MAX];
	char wanted[DATE_TEXT_MAX];

	(void)state;
	for (int64_t day = 0; day < 160700; day++) {
		time_t t = (time_t)day * DATE_SECONDS;
		struct tm tm;
		int64_t back;

		assert_non_null(gmtime_r(&t, &tm));
		assert_int_not_equal(strftime(wanted, sizeof(wanted),
					 "%Y-%m-%d", &tm),
		    0);
		assert_string_equal(date_text(day, text), wanted);
		assert_int_equal(date_parse(&back, span_text(text)), 0);
		assert_int_equal(back, day);
	}
}

static void
test_what_is_no_day(void **state)
{
	static const char *const wrong[] = { "", "2027", "2027-01", "2027-01-",
		"2027-1-31", "2027-01-00", "2027-00-01", "2027-13-01",
		"2027-02-29", "2100-02-29", "2027-04-31", "1969-12-31",
		"2027-01-31x", " 2027-01-31", "2027/01/31", "+027-01-31" };
	int64_t day = -7;

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(wrong); i++)
		assert_int_equal(date_parse(&day, span_text(wrong[i])),
		    DG_ESYNTAX);
	assert_int_equal(day, -7);
}

static void
test_the_rest_is_left(void **state)
{
	struct span rest = span_text("9999-12-31T");
	char text[DATE_TEXT_MAX];
	int64_t day;

	(void)state;
	assert_int_equal(date_take(&day, &rest), 0);
	assert_true(span_equal(rest, span_text("T")));
	assert_string_equal(date_text(day, text), "9999-12-31");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_day_there_and_back),
		cmocka_unit_test(test_what_is_no_day),
		cmocka_unit_test(test_the_rest_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
