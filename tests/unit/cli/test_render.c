/* Answers of the control socket as text for 24x80. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/render.h"

static void
assert_shown(const char *answer, const char *wanted)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	assert_non_null(f);
	assert_int_equal(render_answer(f, span_text(answer)), 0);
	assert_int_equal(fclose(f), 0);
	assert_string_equal(text, wanted);
	free(text);
}

static void
test_members(void **state)
{
	(void)state;
	assert_shown("{\"a\":1,\"long_name\":\"x\",\"b\":true,\"c\":\"\"}\n",
	    "a          1\n"
	    "long name  x\n"
	    "b          yes\n"
	    "c          -\n");
	assert_shown("{}", "");
	assert_shown("{\"a\":{\"b\":1,\"cc\":2},\"d\":3}",
	    "a:\n  b   1\n  cc  2\nd  3\n");
}

/* The ending of a name says what its number is. */
static void
test_units(void **state)
{
	(void)state;
	assert_shown("{\"limit_bytes\":16777216,\"small_bytes\":10239,"
		     "\"age_seconds\":3661,\"up_seconds\":90061,"
		     "\"time\":1700000000,\"since\":0}",
	    "limit  16384 KiB\n"
	    "small  10239 bytes\n"
	    "age    01:01:01\n"
	    "up     1d 01:01:01\n"
	    "time   2023-11-14 22:13:20Z\n"
	    "since  -\n");
}

static void
test_tables(void **state)
{
	(void)state;
	assert_shown("{\"l\":[{\"id\":1,\"name\":\"a\"},"
		     "{\"id\":22,\"tls\":\"yes\"}]}",
	    "id  name  tls\n"
	    "1   a     -\n"
	    "22  -     yes\n");
	assert_shown("{\"n\":1,\"l\":[]}", "n  1\nl:\n  none\n");
	assert_shown("{\"l\":[\"set a b\",\"set c d\"]}", "set a b\nset c d\n");
}

/* No line of a table is wider than the screen: then there are blocks. */
static void
test_too_wide(void **state)
{
	static const char wide[] = "1234567890123456789012345678901234567890";
	char answer[512];
	char wanted[512];

	(void)state;
	snprintf(answer, sizeof(answer),
	    "{\"l\":[{\"a\":\"%s\",\"b\":\"%s\"},{\"a\":1,\"b\":2}]}", wide,
	    wide);
	snprintf(wanted, sizeof(wanted), "a  %s\nb  %s\n\na  1\nb  2\n", wide,
	    wide);
	assert_shown(answer, wanted);
}

/* A terminal gets nothing but printable characters. */
static void
test_printable(void **state)
{
	(void)state;
	assert_shown("{\"a\":\"x\\u001b[2Jy\"}", "a  x\\x1b[2Jy\n");
}

static void
test_no_answers(void **state)
{
	static const char *const bad[] = { "", "[]", "1", "{", "{\"a\":[1}",
		"{\"a\":{\"b\":1}" };

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(bad); i++) {
		char *text = NULL;
		size_t n;
		FILE *f = open_memstream(&text, &n);

		assert_non_null(f);
		assert_true(render_answer(f, span_text(bad[i])) < 0);
		assert_int_equal(fclose(f), 0);
		free(text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_units),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_too_wide),
		cmocka_unit_test(test_printable),
		cmocka_unit_test(test_no_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
