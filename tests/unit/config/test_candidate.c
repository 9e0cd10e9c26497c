/* Editing a configuration: what is replaced, what goes, what is different. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/candidate.h"

static struct candidate
load(const char *text)
{
	struct candidate c = { 0 };

	assert_int_equal(candidate_load(&c, span_text(text)), 0);
	return c;
}

static void
assert_text(const struct candidate *c, const char *wanted)
{
	char *text;
	size_t n;

	assert_int_equal(candidate_text(&text, &n, c), 0);
	assert_string_equal(text, wanted);
	assert_int_equal(n, strlen(wanted));
	free(text);
}

static void
set(struct candidate *c, const char *statement)
{
	struct config_error error;

	if (candidate_set(c, span_text(statement), &error) != 0)
		fail_msg("%s: expected %s", statement, error.expected);
}

static void
test_text_stays(void **state)
{
	static const char text[] = "# first\n\n  set log level info # why\n"
				   "nonsense\n";
	struct candidate c = load(text);

	(void)state;
	assert_text(&c, text);
	candidate_free(&c);
	c = load("a\r\nb");
	assert_text(&c, "a\nb\n");
	candidate_free(&c);
}

static void
test_set_replaces(void **state)
{
	struct candidate c = load("# level\n"
				  "set log level info\n"
				  "set dns server 192.0.2.1\n"
				  "set policy domain a.nl level may\n"
				  "set policy mode monitor\n");

	(void)state;
	set(&c, "set  log level   debug");
	set(&c, "dns server 192.0.2.2");
	set(&c, "dns server 192.0.2.1");
	set(&c, "policy domain a.nl level block");
	set(&c, "policy domain b.nl level may");
	set(&c, "policy domain b.nl fallback cleartext");
	set(&c, "policy relay 198.51.100.1 name a.nl");
	set(&c, "policy relay 198.51.100.1 name b.nl");
	set(&c, "policy on-block reject");
	assert_text(&c,
	    "# level\n"
	    "set log level debug\n"
	    "set dns server 192.0.2.1\n"
	    "set dns server 192.0.2.2\n"
	    "set policy domain a.nl level block\n"
	    "set policy domain b.nl level may\n"
	    "set policy domain b.nl fallback cleartext\n"
	    "set policy mode monitor\n"
	    "set policy relay 198.51.100.1 name b.nl\n"
	    "set policy on-block reject\n");
	candidate_free(&c);
}

/* Of two about the same thing the later holds, and so that one is replaced. */
static void
test_set_replaces_what_holds(void **state)
{
	struct candidate c = load("set log level info\nset log level error\n");

	(void)state;
	set(&c, "log level debug");
	assert_text(&c, "set log level info\nset log level debug\n");
	candidate_free(&c);
}

static void
test_set_refuses(void **state)
{
	static const char *const bad[] = { "", "set", "set log", "log level x",
		"set policy domain a.nl", "policy mode enforce now",
		"delete log level" };
	struct candidate c = load("set log level info\n");
	struct config_error error;
	char line[2 * CONFIG_LINE_MAX];

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(bad); i++) {
		error.expected[0] = '\0';
		if (candidate_set(&c, span_text(bad[i]), &error) == 0)
			fail_msg("taken: %s", bad[i]);
		assert_true(error.expected[0] != '\0');
	}
	memset(line, 'a', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	assert_int_equal(candidate_set(&c, span_text(line), &error), DG_ELIMIT);
	assert_non_null(strstr(error.expected, "1024"));
	assert_text(&c, "set log level info\n");
	candidate_free(&c);
}

static void
test_delete(void **state)
{
	struct candidate c = load("# the LAN\n"
				  "set intercept interface lan0\n"
				  "set policy domain a.nl level may\n"
				  "# until March\n"
				  "# asked for by them\n"
				  "set policy domain a.nl fallback cleartext\n"
				  "set policy domain ab.nl level may\n");
	size_t n = 0;

	(void)state;
	assert_int_equal(candidate_delete(&c, span_text("log"), &n),
	    DG_ENOTFOUND);
	assert_int_equal(candidate_delete(&c, span_text(""), &n), DG_ENOTFOUND);
	assert_int_equal(candidate_delete(&c, span_text("set"), &n),
	    DG_ENOTFOUND);
	/* Whole words alone. */
	assert_int_equal(candidate_delete(&c, span_text("policy domain a"), &n),
	    DG_ENOTFOUND);
	assert_int_equal(n, 0);
	assert_int_equal(candidate_delete(&c,
			     span_text("set policy domain a.nl"), &n),
	    0);
	assert_int_equal(n, 2);
	assert_text(&c,
	    "# the LAN\n"
	    "set intercept interface lan0\n"
	    "set policy domain ab.nl level may\n");
	assert_int_equal(candidate_delete(&c, span_text("intercept"), &n), 0);
	assert_text(&c, "set policy domain ab.nl level may\n");
	candidate_free(&c);
}

static void
test_annotate(void **state)
{
	struct candidate c = load("set log level info\n"
				  "set policy mode monitor\n");

	(void)state;
	assert_int_equal(candidate_annotate(&c, span_text("policy mode"),
			     span_text("until we know more")),
	    0);
	assert_text(&c,
	    "set log level info\n# until we know more\n"
	    "set policy mode monitor\n");
	assert_int_equal(candidate_annotate(&c, span_text("policy mode"),
			     span_text("for good")),
	    0);
	assert_text(&c,
	    "set log level info\n# for good\nset policy mode monitor\n");
	assert_int_equal(candidate_annotate(&c, span_text("policy mode"),
			     span_text("")),
	    0);
	assert_text(&c, "set log level info\nset policy mode monitor\n");
	assert_int_equal(candidate_annotate(&c, span_text("dns"),
			     span_text("x")),
	    DG_ENOTFOUND);
	/* A comment must not become a statement. */
	assert_int_equal(candidate_annotate(&c, span_text("log"),
			     span_text("x\nset log level debug")),
	    DG_ELIMIT);
	candidate_free(&c);
}

struct told {
	char text[512];
	size_t n;
};

static void
tell(void *arg, char sign, const char *line)
{
	struct told *t = arg;

	t->n += (size_t)snprintf(t->text + t->n, sizeof(t->text) - t->n,
	    "%c%s\n", sign, line);
}

static void
test_compare(void **state)
{
	struct candidate a = load("set log level info\n\n"
				  "set dns server 192.0.2.1\n# c\n# c\n");
	struct candidate b = load("  set dns server 192.0.2.1\n# c\n"
				  "set log level debug\n");
	struct told t = { .n = 0 };

	(void)state;
	assert_int_equal(candidate_compare(&a, &b, tell, &t), 0);
	assert_string_equal(t.text,
	    "-set log level info\n-# c\n+set log level debug\n");
	t.n = 0;
	assert_int_equal(candidate_compare(&a, &a, tell, &t), 0);
	assert_int_equal(t.n, 0);
	candidate_free(&a);
	candidate_free(&b);
}

static void
test_load_refuses(void **state)
{
	static char text[CONFIG_LINE_MAX + 2];
	struct candidate c = { 0 };

	(void)state;
	memset(text, '#', CONFIG_LINE_MAX + 1);
	assert_int_equal(candidate_load(&c, span_text(text)), DG_ELIMIT);
	candidate_free(&c);
	assert_int_equal(candidate_load(&c, span_of("a\0b", 3)), DG_ESYNTAX);
	candidate_free(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_stays),
		cmocka_unit_test(test_set_replaces),
		cmocka_unit_test(test_set_replaces_what_holds),
		cmocka_unit_test(test_set_refuses),
		cmocka_unit_test(test_delete),
		cmocka_unit_test(test_annotate),
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_load_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
