/* A decision's line of the log, for who watches: docs/control.md, monitor. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/decision.h"

#define HELD                                                                  \
	"decision session=2 client=192.0.2.2:40000 server=198.51.100.14:25 "  \
	"domain=stripped.test mx=mx4.stripped.test level=dane verdict=defer " \
	"auth=none reason=starttls-missing "                                  \
	"why=\"it said \\\"no\\\" verdict=relay\""

static void
expect(const char *line, const char *expected)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	assert_non_null(f);
	decision_print(f, "12:00:00", span_text(line));
	assert_int_equal(fclose(f), 0);
	assert_string_equal(text, expected);
	free(text);
}

static void
expect_field(const char *line, const char *name, const char *expected)
{
	assert_true(span_equal(decision_field(span_text(line), name),
	    span_text(expected)));
}

static void
test_fields(void **state)
{
	(void)state;
	expect_field(HELD, "domain", "stripped.test");
	expect_field(HELD, "verdict", "defer");
	expect_field(HELD, "why", "it said \\\"no\\\" verdict=relay");
	expect_field(HELD, "main", "");
	expect_field("a=1 b=\"cut", "b", "\"cut");
	expect_field("a=\"\\", "a", "\"\\");
	expect_field("a=", "a", "");
	expect_field("", "a", "");
}

static void
test_lines(void **state)
{
	(void)state;
	expect("decision domain=a.test mx=mx.a.test verdict=relay auth=dane-ee "
	       "tls=TLSv1.3 reason=ok",
	    "12:00:00 relay  a.test, dane-ee, TLSv1.3, mx.a.test\n");
	expect(HELD,
	    "12:00:00 defer  stripped.test, starttls-missing, "
	    "mx4.stripped.test\n"
	    "         it said \\\"no\\\" verdict=relay\n");
	/* Monitor mode: it went out, and would not have. */
	expect("decision domain=a.test verdict=relay would=defer auth=tls "
	       "reason=tlsa-mismatch why=no",
	    "12:00:00 would defer  a.test, tlsa-mismatch\n         no\n");
	/* What has no room goes to the next line. */
	expect("decision domain=a.test verdict=relay auth=dane-ee "
	       "mx=a-name-that-is-so-long-that-it-has-no-room-here.example.org",
	    "12:00:00 relay  a.test, dane-ee,\n"
	    "         a-name-that-is-so-long-that-it-has-no-room-here."
	    "example.org\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
