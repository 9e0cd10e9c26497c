/* Counters as OpenMetrics text (OpenMetrics 1.0, text format). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/metrics.h"

static int
print(char **text, const char *answer)
{
	size_t n;
	FILE *to = open_memstream(text, &n);
	int err;

	assert_non_null(to);
	err = metrics_print(to, span_text(answer));
	assert_int_equal(fclose(to), 0);
	return err;
}

static void
test_numbers_and_groups(void **state)
{
	char *text;

	(void)state;
	assert_int_equal(print(&text,
			     "{\"sessions\":12,\"reasons\":{\"ok\":10,"
			     "\"tlsa-mismatch\":2},\"passed\":0}\n"),
	    0);
	assert_string_equal(text,
	    "# TYPE danegate_sessions counter\n"
	    "danegate_sessions_total 12\n"
	    "# TYPE danegate_reasons counter\n"
	    "danegate_reasons_total{kind=\"ok\"} 10\n"
	    "danegate_reasons_total{kind=\"tlsa-mismatch\"} 2\n"
	    "# TYPE danegate_passed counter\n"
	    "danegate_passed_total 0\n"
	    "# EOF\n");
	free(text);
}

static void
test_what_is_not_counted(void **state)
{
	static const char *const wrong[] = { "", "[]", "{", "{\"a\":1",
		"{\"a\":\"x\"}", "{\"a b\":1}", "{\"a\\n\":1}",
		"{\"a\":{\"b\":{}}}", "{\"a\":[1]}", "{\"error\":\"no\"}" };
	char *text;

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(wrong); i++) {
		assert_int_equal(print(&text, wrong[i]), DG_ESYNTAX);
		free(text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers_and_groups),
		cmocka_unit_test(test_what_is_not_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
