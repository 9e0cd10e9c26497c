/* Exceptions that have ended are told, and no others. */
/* link: -Wl,--wrap=log_end */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "config/config.h"
#include "daemon/exceptions.h"

#define FEB_2027 1801440000 /* 2027-02-01 */

static char said[1024];

void __wrap_log_end(struct log_line *l);

void
__wrap_log_end(struct log_line *l)
{
	size_t n = strlen(said);

	(void)snprintf(said + n, sizeof(said) - n, "%.*s\n", (int)l->len,
	    l->text);
}

static void
expect(int64_t now, const char *wanted)
{
	static const char text[] =
	    "set policy domain a.nl level may until 2027-01-31 reason \"x y\"\n"
	    "set policy domain .b.nl level none until 2027-02-01\n"
	    "set policy domain c.nl level block until 2027-01-31\n"
	    "set policy domain d.nl level may reason \"no end\"\n";
	struct config_error error;
	struct settings s;
	size_t lines = 0;

	assert_int_equal(config_parse(&s, span_text(text), &error), 0);
	said[0] = '\0';
	for (const char *p = wanted; *p != '\0'; p++)
		lines += *p == '\n' ? 1 : 0;
	assert_int_equal(exceptions_report(&s, now), lines);
	assert_string_equal(said, wanted);
	settings_free(&s);
}

static void
test_ended_ones_are_told(void **state)
{
	(void)state;
	expect(FEB_2027 - 1, "");
	expect(FEB_2027,
	    "exception-expired domain=a.nl level=may until=2027-01-31 "
	    "why=\"x y\"\n"
	    "exception-expired domain=c.nl level=block until=2027-01-31 "
	    "why=\"\"\n");
	/* Without the time. */
	expect(0,
	    "exception-not-judged domain=a.nl level=may until=2027-01-31 "
	    "why=\"x y\"\n"
	    "exception-not-judged domain=.b.nl level=none until=2027-02-01 "
	    "why=\"\"\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ended_ones_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
