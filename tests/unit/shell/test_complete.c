/* What may come next on a line of the shell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <stdlib.h>

#include "shell/complete.h"

static void
live(void *live_arg, enum complete_live what, complete_live_cb *cb, void *arg)
{
	(void)live_arg;
	switch (what) {
	case COMPLETE_STATEMENTS:
		cb(arg, span_text("policy domain a.example level may"));
		cb(arg,
		    span_text("policy domain b.example level dane reason "
			      "\"x y\""));
		cb(arg, span_text("log level info"));
		break;
	case COMPLETE_SESSIONS:
		cb(arg, span_text("17"));
		break;
	case COMPLETE_HOSTS:
		cb(arg, span_text("mx.example"));
		break;
	}
}

/* The list as one text: words with blanks between. */
static const char *
after_as(const char *line, const char *path, bool editing)
{
	static char text[COMPLETE_ITEMS_MAX * (COMPLETE_WORD_MAX + 1)];
	const struct complete_context c = { editing, span_text(path), live,
		NULL };
	struct complete_list *list = malloc(sizeof(*list));

	assert_non_null(list);
	complete_line(list, span_text(line), &c);
	text[0] = '\0';
	for (size_t i = 0; i < list->n; i++) {
		if (i > 0)
			strncat(text, " ", sizeof(text) - strlen(text) - 1);
		strncat(text, list->items[i].word,
		    sizeof(text) - strlen(text) - 1);
	}
	free(list);
	return text;
}

static const char *
after_path(const char *line, const char *path)
{
	return after_as(line, path, false);
}

static const char *
after(const char *line)
{
	return after_as(line, "", false);
}

static void
commands(void **state)
{
	(void)state;
	assert_string_equal(after("rol"), "rollback");
	assert_string_equal(after("sho conf"), "configuration");
	assert_string_equal(after("firewall "), "print apply remove");
	assert_string_equal(after("nothing "), "");
	assert_non_null(strstr(after(""), "set"));
	assert_string_equal(after("help firewall a"), "apply");
}

/* After `configure` show needs no more words. */
static void
candidate(void **state)
{
	(void)state;
	assert_null(strstr(after("show "), "<Enter>"));
	assert_non_null(strstr(after_as("show ", "", true), "<Enter> |"));
	assert_null(strstr(after("show | "), "compare"));
	assert_non_null(strstr(after_as("show | ", "", true), "compare"));
	assert_null(strstr(after_as("show | count ", "", true), "compare"));
	assert_null(strstr(after_as("show version | ", "", true), "compare"));
}

static void
arguments(void **state)
{
	(void)state;
	assert_string_equal(after("commit "), "check confirmed <Enter>");
	assert_string_equal(after("commit confirmed "), "MINUTES");
	assert_string_equal(after("rollback "), "N");
	assert_string_equal(after("load "), "FILE terminal");
	assert_non_null(strstr(after("policy explain "), "a.example"));
	assert_non_null(strstr(after("policy explain "), "b.example"));
	assert_non_null(strstr(after("show sessions "), "17"));
	assert_non_null(strstr(after("clear downgrade-memory "), "mx.example"));
	assert_null(strstr(after("commit "), "-c"));
}

static void
statements(void **state)
{
	(void)state;
	assert_string_equal(after("set pol"), "policy");
	assert_string_equal(after("set tls r"), "resumption");
	assert_string_equal(after("set log level "),
	    "error warning info debug");
	assert_string_equal(after("set log level d"), "debug");
	assert_string_equal(after("set log level debug "), "<Enter>");
	assert_string_equal(after("set pol dom "), "NAME a.example b.example");
	assert_string_equal(after("set pol dom a.example "), "level fallback");
	assert_string_equal(after("set pol dom a.example level dane "),
	    "<Enter> until reason");
	assert_string_equal(after("set log level loud "), "");
	assert_string_equal(after("delete pol dom "),
	    "a.example b.example <Enter>");
	assert_string_equal(after("delete l"), "log");
	assert_string_equal(after("edit pol dom a.example "),
	    "level fallback <Enter>");
}

static void
below_path(void **state)
{
	(void)state;
	assert_string_equal(after_path("set d", "log"), "destination");
	assert_string_equal(after_path("set b.example l", "policy domain"),
	    "level");
	assert_string_equal(after_path("delete ", "policy domain"),
	    "a.example b.example <Enter>");
	assert_true(complete_is_path(span_text("policy")));
	assert_true(complete_is_path(span_text("policy domain a.example")));
	assert_false(complete_is_path(span_text("polity")));
	assert_false(complete_is_path(span_text("")));
	assert_false(complete_is_path(span_text("log level info")));
}

static void
filters_too(void **state)
{
	(void)state;
	assert_string_equal(after("show status | "),
	    "include exclude count no-more");
	assert_string_equal(after("show status | include "), "TEXT");
	assert_string_equal(after("show status | count "), "| <Enter>");
	assert_non_null(strstr(after("show status "), "|"));
}

static void
common_beginning(void **state)
{
	const struct complete_context c = { 0 };
	struct complete_list *list = malloc(sizeof(*list));
	char text[COMPLETE_WORD_MAX];
	bool whole;

	(void)state;
	assert_non_null(list);
	complete_line(list, span_text("set downg"), &c);
	assert_int_equal(complete_common(text, &whole, list), 11);
	assert_string_equal(text, "rade-memory");
	assert_true(whole);
	complete_line(list, span_text("set proxy m"), &c);
	assert_int_equal(complete_common(text, &whole, list), 0);
	assert_false(whole);
	complete_line(list, span_text("set proxy max"), &c);
	assert_int_equal(complete_common(text, &whole, list), 9);
	assert_string_equal(text, "-sessions");
	assert_false(whole);
	free(list);
}

static void
written_out(void **state)
{
	static const char *const rows[][2] = {
		{ "pol dom x.nl l may", "policy domain x.nl level may" },
		{ "log lev d", "log level debug" },
		{ "log lev loud", "log level loud" },
		{ "pol dom x l dane", "policy domain x level dane" },
		{ "p m", "p m" },
		{ "policy domain x level may reason \"l  m\"",
		    "policy domain x level may reason \"l  m\"" },
		{ "", "" },
	};
	char text[128];

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(rows); i++) {
		assert_int_equal(complete_statement(text, sizeof(text),
				     span_text(rows[i][0])),
		    0);
		assert_string_equal(text, rows[i][1]);
	}
	assert_int_equal(complete_statement(text, 4, span_text("log lev d")),
	    DG_ELIMIT);
}

static void
groups(void **state)
{
	(void)state;
	assert_string_equal(complete_group_help(span_text("log")),
	    "where the log goes, and how much of it");
	assert_string_equal(complete_group_help(span_text("nothing")), "...");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands),
		cmocka_unit_test(candidate),
		cmocka_unit_test(arguments),
		cmocka_unit_test(statements),
		cmocka_unit_test(below_path),
		cmocka_unit_test(filters_too),
		cmocka_unit_test(common_beginning),
		cmocka_unit_test(written_out),
		cmocka_unit_test(groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
