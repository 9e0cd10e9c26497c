/*
 * The table of options: every row is whole, says nothing that is not so, and
 * whatever it takes comes back as the statement that makes it. No RFC: the
 * language is our own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/config.h"
#include "config/option.h"

struct lines {
	char text[16384];
	size_t n;
};

static void
add(void *arg, const char *line)
{
	struct lines *l = arg;

	l->n += (size_t)snprintf(l->text + l->n, sizeof(l->text) - l->n, "%s\n",
	    line);
	assert_true(l->n < sizeof(l->text));
}

/* What else must be said where one of these stands alone. */
static const struct {
	const char *path, *needs;
} needs[] = {
	{ "tlsrpt relay ", "set tlsrpt from reports@example.nl\n" },
	{ "interface wan gateway ",
	    "set dns server 192.0.2.53\n"
	    "set interface wan address 192.168.25.1/24\n"
	    "set interface lan address 10.0.0.1/24\n" },
	{ "interface wan gateway6 ",
	    "set interface wan address6 2001:db8::1/64\n" },
	{ "interface wan address none", "set dns server 192.0.2.53\n" },
	{ "interface wan address 192",
	    "set dns server 192.0.2.53\n"
	    "set interface lan address 10.0.0.1/24\n" },
	{ "interface lan dhcp-range ",
	    "set interface lan address 10.0.0.1/24\n" },
};

/* What stands in a form for a value, by the name that the form gives it. */
static const char *
sample_of(struct span name)
{
	static const struct {
		const char *name;
		const char *value;
	} samples[] = {
		{ "IFNAME", "lan0" },
		{ "ADDRESS[/LENGTH]", "2001:db8::/32" },
		{ "ADDRESS[@PORT]", "192.0.2.53@5353" },
		{ "PORT", "2525" },
		{ "N", "7" },
		{ "BYTES", "1400" },
		{ "SIZE", "3M" },
		{ "SECONDS", "300" },
		{ "DATE", "2027-01-31" },
		{ "TEXT", "\"a text\"" },
		{ "DAYS", "9" },
		{ "NAME", "example" },
		{ "HOST", "mx.example.nl" },
		{ "PATH", "/tmp/x" },
		{ "ADDRESS", "192.168.25.77" },
		{ "GATEWAY", "fe80::1" },
		{ "MAILBOX", "tls-reports@example.nl" },
		{ "KEY",
		    "AAAAC3NzaC1lZDI1NTE5AAAAI"
		    "LMGSinxhPZBFwKUE1TmGkYQ0LDDU+Kq1bxLvm1+SVk/" },
		{ "P256-KEY",
		    "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBB"
		    "N0DJvHpTO+VMNvnUgYRNjePGIRzRvRmPFG0gLbZL1bHf7sBzKTt"
		    "Bnrb0zWGuqa2xBXEOdfGWmMyU3mQLL4bzZY=" },
		{ "ADDRESS/LENGTH", "192.168.25.1/24" },
	};

	for (size_t i = 0; i < DG_ARRAY_LEN(samples); i++)
		if (span_equal(name, span_text(samples[i].name)))
			return samples[i].value;
	fail_msg("no sample for %.*s", (int)name.n, (const char *)name.p);
	return "";
}

/* The same, of the family that the option wants. */
static const char *
sample(const struct option *o, struct span name)
{
	if (o->max == 6 && span_equal(name, span_text("ADDRESS")))
		return "fe80::1";
	if (o->max == 6 && span_equal(name, span_text("ADDRESS/LENGTH")))
		return "2001:db8::1/64";
	if (strncmp(o->path, "interface lan", 13) == 0) {
		if (span_equal(name, span_text("ADDRESS")))
			return "10.0.0.77";
		if (span_equal(name, span_text("ADDRESS/LENGTH")))
			return "10.0.0.1/24";
	}
	return sample_of(name);
}

/* The statement of one form; the choice number `pick` wherever there is one. */
static bool
make_statement(char *text, size_t size, const struct option *o,
    const char *form, size_t pick)
{
	struct span rest = span_text(form);
	struct span piece;
	bool picked = false;
	size_t n = (size_t)snprintf(text, size, "set %s", o->path);

	while ((piece = option_form_word(&rest)).n > 0) {
		struct span choice = option_form_choice(piece, pick);

		if (option_form_is_value(piece)) {
			choice = span_text(sample(o, piece));
		} else if (option_form_choice(piece, 1).n == 0) {
			choice = piece;
		} else {
			assert_true(
			    option_form_has(piece, choice) || choice.n == 0);
			picked = choice.n > 0;
		}
		n += (size_t)snprintf(text + n, size - n, " %.*s",
		    (int)choice.n, (const char *)choice.p);
	}
	return pick == 0 || picked;
}

static void
round_trip(const char *statement)
{
	char text[8192];
	static const enum config_show kinds[] = { CONFIG_SHOW_SET,
		CONFIG_SHOW_ALL };
	struct config_error error;
	struct settings s;

	(void)snprintf(text, sizeof(text), "%s\n", statement);
	for (size_t i = 0; i < DG_ARRAY_LEN(needs); i++)
		if (strstr(statement, needs[i].path) != NULL)
			(void)strncat(text, needs[i].needs,
			    sizeof(text) - strlen(text) - 1);
	for (size_t i = 0; i < DG_ARRAY_LEN(kinds); i++) {
		struct lines first = { .n = 0 };
		struct lines second = { .n = 0 };

		assert_int_equal(config_parse(&s, span_text(text), &error), 0);
		config_show(&s, kinds[i], add, &first);
		settings_free(&s);
		assert_int_equal(config_parse(&s, span_of(first.text, first.n),
				     &error),
		    0);
		config_show(&s, kinds[i], add, &second);
		settings_free(&s);
		assert_string_equal(first.text, second.text);
	}
}

/* Every form and every choice of every option: taken, written back, the same. */
static void
test_every_form_comes_back(void **state)
{
	char text[1024];
	char all[8192];
	size_t n = 0;

	(void)state;
	for (size_t i = 0; option_at(i) != NULL; i++)
		for (size_t f = 0; f < OPTION_FORMS_MAX; f++) {
			const struct option *o = option_at(i);

			for (size_t pick = 0; o->forms[f] != NULL &&
			     make_statement(text, sizeof(text), o, o->forms[f],
				 pick);
			     pick++) {
				struct config_error error;

				if (config_check_line(span_text(text),
					&error) != 0)
					fail_msg("%s: %s", text,
					    error.expected);
				if (strstr(text, "fallback") == NULL)
					round_trip(text);
				if (pick == 1 || o->forms[f][0] < 'a')
					n += (size_t)snprintf(all + n,
					    sizeof(all) - n, "%s\n", text);
			}
		}
	/* The last level said for a domain holds: fallback asks for may. */
	n += (size_t)snprintf(all + n, sizeof(all) - n,
	    "set policy domain example level may\n");
	assert_true(n < sizeof(all));
	round_trip(all);
}

/* What was set comes back, in the words that the table has for it. */
static void
test_shown_as_it_was_set(void **state)
{
	static const char text[] =
	    "set intercept interface lan0\n"
	    "set intercept exempt 192.0.2.1\n"
	    "set intercept exempt 2001:db8::/32\n"
	    "set proxy listen-port 2525\n"
	    "set proxy memory-limit 2560K\n"
	    "set dns server 192.0.2.53\n"
	    "set dns server 2001:db8::53@5353\n"
	    "set policy default dane-only\n"
	    "set policy domain .example.nl level may\n"
	    "set policy domain .example.nl fallback cleartext\n"
	    "set policy relay 198.51.100.0/24 name mx.example.nl\n"
	    "set policy relay 198.51.100.1 name mx.example.nl level encrypt\n"
	    "set downgrade-memory days 0\n";
	struct config_error error;
	struct lines shown = { .n = 0 };
	struct settings s;

	(void)state;
	assert_int_equal(config_parse(&s, span_text(text), &error), 0);
	config_show(&s, CONFIG_SHOW_SET, add, &shown);
	settings_free(&s);
	assert_string_equal(shown.text, text);
}

/* An empty configuration has nothing that differs, and every default. */
static void
test_defaults_are_shown(void **state)
{
	struct config_error error;
	struct lines set = { .n = 0 };
	struct lines all = { .n = 0 };
	struct settings s;

	(void)state;
	assert_int_equal(config_parse(&s, span_text(""), &error), 0);
	config_show(&s, CONFIG_SHOW_SET, add, &set);
	config_show(&s, CONFIG_SHOW_ALL, add, &all);
	settings_free(&s);
	assert_int_equal(set.n, 0);
	assert_non_null(strstr(all.text, "set proxy memory-limit 16M\n"));
	assert_non_null(strstr(all.text, "set policy default dane\n"));
	assert_null(strstr(all.text, "set dns server"));
	assert_null(strstr(all.text, "set dns trust-anchor-file"));
}

static void
test_every_row_is_whole(void **state)
{
	(void)state;
	for (size_t i = 0; option_at(i) != NULL; i++) {
		const struct option *o = option_at(i);
		struct option_input in = { .rest = span_text(o->path) };

		assert_ptr_equal(option_find(&in), o);
		assert_int_equal(in.rest.n, 0);
		assert_non_null(o->forms[0]);
		assert_non_null(o->kind);
		/* One line of a 24x80 screen, behind the path. */
		assert_in_range(strlen(o->help), 10, 55);
		assert_true(o->help[strlen(o->help) - 1] != '.');
		assert_in_range(strlen(o->detail), 20, 600);
		assert_int_equal(o->detail[strlen(o->detail) - 1], '.');
		assert_in_range(strlen(option_expected(o)), 4, 100);
	}
}

/* The column is that of the word that is wrong, or where one lacks. */
static void
test_column(void **state)
{
	static const struct {
		const char *line;
		unsigned column;
	} cases[] = {
		{ "show", 1 },
		{ "  set proxy listen-port 0", 25 },
		{ "set proxy listen-port", 22 },
		{ "set proxy listen-port 25  26 27", 27 },
		{ "set policy domain a.nl levle dane", 24 },
		{ "set policy domain a.nl level strict", 30 },
		{ "set polcy mode enforce", 5 },
		{ "set", 4 },
		{ "set policy mode # comment", 17 },
	};
	struct config_error error;

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(cases); i++) {
		assert_true(
		    config_check_line(span_text(cases[i].line), &error) < 0);
		if (error.column != cases[i].column)
			fail_msg("%s: column %u", cases[i].line, error.column);
	}
}

static void
assert_nearest(const char *given, const char *path)
{
	const struct option *o = option_nearest(span_text(given));

	if (path == NULL) {
		assert_null(o);
		return;
	}
	assert_non_null(o);
	assert_string_equal(o->path, path);
}

static void
test_nearest(void **state)
{
	(void)state;
	assert_nearest("polcy mode enforce", "policy mode");
	assert_nearest("proxy listen-prot 25", "proxy listen-port");
	assert_nearest("log levle", "log level");
	assert_nearest("dns sever 192.0.2.1", "dns server");
	assert_nearest("something else", NULL);
	assert_nearest("", NULL);
}

/* A level says nothing by its name alone; the help of a word fits one line of 80
 * columns behind the word. */
static void
test_word_help(void **state)
{
	static const char *const paths[] = { "policy default", "policy domain",
		"policy relay" };
	struct span levels = span_text(
	    "none|may|encrypt|dane|dane-only|verify|block");
	const struct option *o;
	struct span word;

	(void)state;
	for (size_t p = 0; p < DG_ARRAY_LEN(paths); p++) {
		struct option_input in = { .rest = span_text(paths[p]) };

		o = option_find(&in);
		assert_non_null(o);
		for (size_t i = 0; (word = option_form_choice(levels, i)).n > 0;
		     i++) {
			size_t n = strlen(option_word_help(o, word));

			assert_true(n > 0 && n <= 53);
		}
		assert_string_equal(option_word_help(o, span_text("x")), "");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_form_comes_back),
		cmocka_unit_test(test_shown_as_it_was_set),
		cmocka_unit_test(test_defaults_are_shown),
		cmocka_unit_test(test_every_row_is_whole),
		cmocka_unit_test(test_column),
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_word_help),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
