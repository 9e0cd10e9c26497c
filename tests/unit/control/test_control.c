/* The requests of the control socket: what is taken, and what is refused. The
 * protocol is our own (docs/control.md). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "control/control.h"

static int
parse(struct control_request *out, const char *line)
{
	const char *why = NULL;
	int err = control_parse(out, span_text(line), &why);

	assert_non_null(why);
	return err;
}

static void
refuse(const char *line, const char *expected)
{
	struct control_request r = { .number = 77 };
	const char *why = NULL;

	if (control_parse(&r, span_text(line), &why) != DG_ESYNTAX)
		fail_msg("taken: %s", line);
	assert_non_null(strstr(why, expected));
	assert_int_equal(r.number, 77);
}

/* Every row can be asked for by its own words, and looking changes nothing. */
static void
test_every_row(void **state)
{
	(void)state;
	for (unsigned v = 0; v < CONTROL_VERBS; v++) {
		const struct control_row *row = control_row(
		    (enum control_verb)v);
		struct control_request r;
		char line[CONTROL_REQUEST_MAX];
		bool show = strncmp(row->words, "show ", 5) == 0 ||
		    v == CONTROL_MONITOR;

		snprintf(line, sizeof(line), "%s%s", row->words,
		    row->argument == CONTROL_HOST ? " mx.example.nl" : "");
		assert_int_equal(parse(&r, line), 0);
		assert_int_equal(r.verb, v);
		assert_int_equal(row->role,
		    show ? CONTROL_VIEW : CONTROL_ADMIN);
		assert_in_range(strlen(row->help), 10, 60);
		assert_int_equal(row->answer[strlen(row->answer) - 1], '.');
	}
}

static void
test_arguments(void **state)
{
	struct control_request r;

	(void)state;
	assert_int_equal(parse(&r, "show sessions"), 0);
	assert_int_equal(r.number, 0);
	assert_int_equal(parse(&r, "  show\tsessions  12 \r"), 0);
	assert_int_equal(r.number, 12);
	assert_false(r.detail);
	assert_int_equal(parse(&r, "show configuration defaults"), 0);
	assert_true(r.defaults);
	assert_int_equal(parse(&r, "show configuration"), 0);
	assert_false(r.defaults);
	assert_int_equal(parse(&r, "clear downgrade-memory mx.example.nl"), 0);
	assert_true(span_equal(r.argument, span_text("mx.example.nl")));
}

/* What is looked for may have blanks in it. */
static void
test_log(void **state)
{
	struct control_request r;

	(void)state;
	assert_int_equal(parse(&r, "show log"), 0);
	assert_false(r.follow);
	assert_int_equal(r.text.n, 0);
	assert_int_equal(parse(&r, "show log follow\r"), 0);
	assert_true(r.follow);
	assert_int_equal(r.text.n, 0);
	assert_int_equal(parse(&r, "show log  follow  a b "), 0);
	assert_true(r.follow);
	assert_true(span_equal(r.text, span_text("a b")));
	assert_int_equal(parse(&r, "show log followed"), 0);
	assert_false(r.follow);
	assert_true(span_equal(r.text, span_text("followed")));
	assert_int_equal(parse(&r, "monitor follow"), 0);
	assert_true(r.follow);
	assert_true(span_equal(r.text, span_text("follow")));
	assert_int_equal(parse(&r, "show sessions detail"), 0);
	assert_true(r.detail);
	assert_int_equal(r.number, 0);
}

static void
test_refused(void **state)
{
	(void)state;
	refuse("", "a request");
	refuse("show", "a request");
	refuse("show everything", "a request");
	refuse("SHOW VERSION", "a request");
	refuse("show version now", "nothing more");
	refuse("show sessions x", "a number");
	refuse("show sessions -1", "a number");
	refuse("show sessions 1 2", "nothing more");
	refuse("show sessions 99999999999999999999", "a number");
	refuse("show configuration all", "defaults");
	refuse("clear downgrade-memory", "a host");
	refuse("clear downgrade-memory a b", "nothing more");
}

static void
test_too_long(void **state)
{
	static char line[CONTROL_REQUEST_MAX + 1];
	struct control_request r;

	(void)state;
	memset(line, ' ', CONTROL_REQUEST_MAX);
	memcpy(line, "show version", 12);
	assert_int_equal(parse(&r, line), DG_ELIMIT);
	line[CONTROL_REQUEST_MAX - 1] = '\0';
	assert_int_equal(parse(&r, line), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_row),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
