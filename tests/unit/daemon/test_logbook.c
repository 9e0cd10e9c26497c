/* The ring of the latest log lines: what is kept, and for how long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/logbook.h"

static struct logbook *
book(void)
{
	struct logbook *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	return b;
}

static void
test_first_lines(void **state)
{
	struct logbook *b = book();
	struct logbook_line line;

	(void)state;
	assert_int_equal(logbook_oldest(b), 1);
	assert_false(logbook_line(&line, b, 0));
	assert_false(logbook_line(&line, b, 1));
	logbook_add(b, LOG_LEVEL_WARNING, "decision session=1", 77);
	assert_int_equal(logbook_oldest(b), 1);
	assert_true(logbook_line(&line, b, 1));
	assert_int_equal(line.number, 1);
	assert_int_equal(line.time, 77);
	assert_int_equal(line.level, LOG_LEVEL_WARNING);
	assert_true(span_equal(line.text, span_text("decision session=1")));
	assert_false(logbook_line(&line, b, 2));
	free(b);
}

/* Every line that is said to be kept is whole, whatever their lengths. */
static void
check(const struct logbook *b, const size_t *lengths)
{
	struct logbook_line line;
	size_t bytes = 0;
	uint64_t n = logbook_oldest(b);

	assert_false(logbook_line(&line, b, n - 1));
	for (; logbook_line(&line, b, n); n++) {
		size_t length = lengths[n - 1];

		assert_int_equal(line.text.n, length);
		for (size_t i = 0; i < length; i++)
			assert_int_equal(line.text.p[i], 'a' + n % 26);
		bytes += length;
	}
	assert_int_equal(n, b->lines + 1);
	assert_in_range(bytes, 0, LOGBOOK_BYTES);
}

static void
test_ring(void **state)
{
	static size_t lengths[6 * LOGBOOK_LINES];
	struct logbook *b = book();
	uint32_t random = 1;

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(lengths); i++) {
		char text[LOG_LINE_MAX + 1] = "";

		random = random * 1103515245U + 12345U;
		/* Short ones, so that their number is the bound, then long. */
		lengths[i] = (random >> 8) %
		    (i < 3 * LOGBOOK_LINES ? 100 : LOG_LINE_MAX);
		memset(text, (int)('a' + (i + 1) % 26), lengths[i]);
		logbook_add(b, LOG_LEVEL_INFO, text, 0);
		if (i % 97 == 0 || i + 1 == 3 * LOGBOOK_LINES)
			check(b, lengths);
		if (i + 1 == 3 * LOGBOOK_LINES)
			assert_int_equal(logbook_oldest(b),
			    2 * LOGBOOK_LINES + 1);
	}
	assert_in_range(b->lines - logbook_oldest(b), 128, 400);
	free(b);
}

static void
test_text(void **state)
{
	struct span text = span_text("decision domain=example.nl");

	(void)state;
	assert_true(logbook_has(text, span_text("")));
	assert_true(logbook_has(text, span_text("example.nl")));
	assert_true(logbook_has(text, text));
	assert_false(logbook_has(text, span_text("example.nl ")));
	assert_false(logbook_has(span_text(""), text));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_lines),
		cmocka_unit_test(test_ring),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
