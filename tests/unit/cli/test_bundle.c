/* What is typed as a time, and what a support bundle hides. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/bundle.h"
#include "cli/set_date.h"

static void
check(void (*write)(FILE *to, struct span s), const char *in, const char *out)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	assert_non_null(f);
	write(f, span_text(in));
	assert_int_equal(fclose(f), 0);
	assert_string_equal(text, out);
	free(text);
}

static void
test_addresses_are_hidden(void **state)
{
	(void)state;
	check(bundle_hide, "", "");
	check(bundle_hide, "no address\n", "no address\n");
	check(bundle_hide,
	    "delivered from=jan.de-vries+x@example.nl to=1 "
	    "reply=\"<piet@example.org>: ok\"\nx=1\n",
	    "delivered from=*@example.nl to=1 reply=\"<*@example.org>: ok\"\n"
	    "x=1\n");
	check(bundle_hide, "a@b@c d@e,f@g", "**@c *@e,*@g");
	check(bundle_hide, "@ first", "@ first");
	check(bundle_hide, "last a@", "last *@");
}

static void
test_times(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} good[] = {
		{ "2026-01-31 12:00", 1769860800 },
		{ "2026-01-31 12:00:01", 1769860801 },
		{ "2026-01-31T12:00:01Z", 1769860801 },
		{ "2026-01-31T13:00:01+01:00", 1769860801 },
		{ "1769860800", 1769860800 },
	};
	static const char *const bad[] = { "", "now", "2026-01-31", "12:00",
		"2026-02-30 12:00", "2026-01-31 25:00", "2026-01-31 12:00 x" };
	int64_t at;

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(good); i++) {
		assert_int_equal(set_date_parse(&at, good[i].text), 0);
		assert_int_equal(at, good[i].seconds);
	}
	for (size_t i = 0; i < DG_ARRAY_LEN(bad); i++)
		assert_int_equal(set_date_parse(&at, bad[i]), DG_ESYNTAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses_are_hidden),
		cmocka_unit_test(test_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
