/* Configuration text: every option, and what bad lines get. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/config.h"

static struct settings
parse(const char *text)
{
	struct config_error error;
	struct settings s;

	assert_int_equal(config_parse(&s, span_text(text), &error), 0);
	return s;
}

static void
refuse(const char *text, unsigned line, const char *expected)
{
	struct config_error error;
	struct settings s = { .max_sessions = 77 };

	assert_true(config_parse(&s, span_text(text), &error) < 0);
	assert_int_equal(error.line, line);
	if (strstr(error.expected, expected) == NULL)
		fail_msg("%s: \"%s\"", text, error.expected);
	/* All or nothing. */
	assert_int_equal(s.max_sessions, 77);
}

static void
test_defaults(void **state)
{
	struct settings s = parse("");

	(void)state;
	assert_int_equal(s.listen_port, 10025);
	assert_int_equal(s.default_level, LEVEL_DANE);
	assert_int_equal(s.mode, MODE_ENFORCE);
	assert_int_equal(s.on_block, ON_BLOCK_DEFER);
	assert_int_equal(s.unlisted, UNLISTED_ALLOW);
	assert_int_equal(s.insecure_mx, INSECURE_MX_DANE);
	assert_int_equal(s.bare_newline, BARE_NEWLINE_NORMALIZE);
	assert_int_equal(s.case_randomization, SWITCH_OFF);
	assert_int_equal(s.clock_trust, CLOCK_TRUST_FLOOR);
	assert_true(s.memory_limit == 16 * 1024 * 1024);
	settings_free(&s);
}

static void
test_every_option(void **state)
{
	struct settings s = parse(
	    "# all of them\r\n"
	    "set intercept interface lan0\n"
	    "set intercept interface lan1 # second\n"
	    "set intercept exempt 192.0.2.0/24\n"
	    "  set proxy listen-port 2525\n"
	    "set proxy source router\n"
	    "set proxy max-sessions 9\n"
	    "set proxy memory-limit 2048K\n"
	    "set proxy drain-time 0\n"
	    "set proxy user mail\n"
	    "set dns server 192.0.2.53\n"
	    "set dns server 2001:db8::53@5353\n"
	    "set dns trust-anchor-file /etc/anchor\n"
	    "set policy default may\n"
	    "set policy domain Example.NL level block\n"
	    "set policy domain .example.nl level may\n"
	    "set policy domain .example.nl fallback cleartext\n"
	    "set policy relay 198.51.100.1 name mx.example.nl level dane-only\n"
	    "set policy mode monitor\n"
	    "set policy on-block reject\n"
	    "set policy unlisted-destination defer\n"
	    "set policy insecure-mx may\n"
	    "set policy bare-newline reject\n"
	    "set dns case-randomization on\n"
	    "set clock trust kernel\n"
	    "set downgrade-memory days 0\n"
	    "set control socket /tmp/c\n"
	    "set state directory /tmp/s\n"
	    "set log destination stderr\n"
	    "set log level debug");

	(void)state;
	assert_int_equal(s.ninterfaces, 2);
	assert_string_equal(s.interfaces[1], "lan1");
	assert_int_equal(s.nexempt, 1);
	assert_int_equal(s.listen_port, 2525);
	assert_int_equal(s.max_sessions, 9);
	assert_true(s.memory_limit == 2 * 1024 * 1024);
	assert_int_equal(s.drain_seconds, 0);
	assert_string_equal(s.user, "mail");
	assert_int_equal(s.nservers, 2);
	assert_int_equal(s.servers[0].port, 53);
	assert_int_equal(s.servers[1].port, 5353);
	assert_string_equal(s.trust_anchor_file, "/etc/anchor");
	assert_int_equal(s.default_level, LEVEL_MAY);
	assert_int_equal(s.domains.n, 2);
	assert_int_equal(s.domains.rules[0].level, LEVEL_BLOCK);
	assert_false(s.domains.rules[0].below);
	assert_true(s.domains.rules[1].below);
	assert_true(s.domains.rules[1].fallback_cleartext);
	assert_int_equal(s.nrelays, 1);
	assert_int_equal(s.relays[0].level, LEVEL_DANE_ONLY);
	assert_string_equal(s.relays[0].host.text, "mx.example.nl");
	assert_int_equal(s.mode, MODE_MONITOR);
	assert_int_equal(s.on_block, ON_BLOCK_REJECT);
	assert_int_equal(s.unlisted, UNLISTED_DEFER);
	assert_int_equal(s.insecure_mx, INSECURE_MX_MAY);
	assert_int_equal(s.bare_newline, BARE_NEWLINE_REJECT);
	assert_int_equal(s.case_randomization, SWITCH_ON);
	assert_int_equal(s.clock_trust, CLOCK_TRUST_KERNEL);
	assert_int_equal(s.memory_days, 0);
	assert_string_equal(s.control_socket, "/tmp/c");
	assert_string_equal(s.state_directory, "/tmp/s");
	assert_int_equal(s.log_destination, LOG_TO_STDERR);
	assert_int_equal(s.log_level, LOG_LEVEL_DEBUG);
	settings_free(&s);
}

static void
test_bad_lines(void **state)
{
	(void)state;
	refuse("show", 1, "set");
	refuse("\n\nset nothing here", 3, "an option");
	refuse("set proxy listen-port 0", 1, "1 to 65535");
	refuse("set proxy listen-port 65536", 1, "1 to 65535");
	refuse("set proxy listen-port", 1, "1 to 65535");
	refuse("set proxy listen-port 25 26", 1, "nothing more");
	refuse("set proxy source client", 1, "preserve");
	refuse("set proxy memory-limit 1K", 1, "1M");
	refuse("set proxy memory-limit 99999999999M", 1, "1M");
	refuse("set tls ca-file certificates.pem", 1, "absolute path");
	refuse("set policy default strict", 1, "dane-only");
	refuse("set policy domain a..b level dane", 1, "all below it");
	refuse("set policy domain", 1, "NAME");
	refuse("set policy domain a.nl level", 1, "dane-only");
	refuse("set policy domain a.nl", 1, "level LEVEL");
	refuse("set policy domain a.nl fallback cleartext", 0, "a level");
	refuse("set policy domain a.nl level dane\n"
	       "set policy domain a.nl fallback cleartext",
	    0, "level may");
	refuse("set policy relay 192.0.2.1 name", 1, "name HOST");
	refuse("set intercept exempt 192.0.2.1/24", 1, "host bits");
	refuse("set intercept interface abcdefghijklmnop", 1, "15");
	refuse("set intercept interface a\"b", 1, "interface");
	refuse("set dns server localhost", 1, "ADDRESS");
	refuse("set control socket tmp", 1, "absolute");
	refuse("set log level loud", 1, "debug");
}

static void
test_the_same_again_overrides(void **state)
{
	struct settings s = parse("set proxy max-sessions 1\n"
				  "set proxy max-sessions 2\n"
				  "set policy domain a.nl level may\n"
				  "set policy domain a.nl level block\n");

	(void)state;
	assert_int_equal(s.max_sessions, 2);
	assert_int_equal(s.domains.n, 1);
	assert_int_equal(s.domains.rules[0].level, LEVEL_BLOCK);
	settings_free(&s);
}

#define SET "set policy domain a.nl level may "

static void
keep_line(void *arg, const char *line)
{
	char *kept = arg;

	(void)snprintf(kept, CONFIG_LINE_MAX, "%s", line);
}

/* An exception's day and reason, and the canonical form it is shown in. */
static void
test_exceptions(void **state)
{
	static const struct {
		const char *line;
		int64_t until; /* days since 1970 */
		const char *reason;
		const char *shown; /* NULL: as it is */
	} cases[] = {
		{ SET "until 2027-01-31", 20849, "", NULL },
		{ SET "reason \"TLS 1.0 only\"", 0, "TLS 1.0 only", NULL },
		{ SET "until 2027-01-31 reason \"TLS 1.0 only\"", 20849,
		    "TLS 1.0 only", NULL },
		{ SET "reason \"a # is no comment\" # but this", 0,
		    "a # is no comment", SET "reason \"a # is no comment\"" },
		{ SET "  until\t2027-01-31  reason\t\"  x  \"  ", 20849,
		    "  x  ", SET "until 2027-01-31 reason \"  x  \"" },
		{ SET "reason \"he said \\\"no\\\" \\\\ twice\"", 0,
		    "he said \"no\" \\ twice", NULL },
		{ SET "reason \"\\a\"", 0, "a", SET "reason \"a\"" },
	};
	char shown[CONFIG_LINE_MAX];

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(cases); i++) {
		struct settings s = parse(cases[i].line);

		assert_int_equal(s.domains.rules[0].until, cases[i].until);
		assert_string_equal(s.domains.rules[0].reason, cases[i].reason);
		config_show(&s, CONFIG_SHOW_SET, keep_line, shown);
		assert_string_equal(shown,
		    cases[i].shown != NULL ? cases[i].shown : cases[i].line);
		settings_free(&s);
		/* Shown, it is read as the same. */
		s = parse(shown);
		assert_string_equal(s.domains.rules[0].reason, cases[i].reason);
		settings_free(&s);
	}
}

static void
test_exceptions_that_are_none(void **state)
{
	char line[200];

	(void)state;
	refuse(SET "until", 1, "a day");
	refuse(SET "until tomorrow", 1, "a day");
	refuse(SET "until 2027-02-29", 1, "a day");
	refuse(SET "until 2027-1-31", 1, "a day");
	refuse(SET "until 1970-01-01", 1, "a day");
	refuse(SET "until 2027-01-31T00:00:00Z", 1, "a day");
	refuse(SET "for ever", 1, "until DATE");
	refuse(SET "reason", 1, "TEXT");
	refuse(SET "reason x", 1, "TEXT");
	refuse(SET "reason \"\"", 1, "TEXT");
	refuse(SET "reason \"x", 1, "TEXT");
	refuse(SET "reason \"x\\\"", 1, "TEXT");
	refuse(SET "reason \"x\"y", 1, "TEXT");
	refuse(SET "reason \"\303\251\"", 1, "TEXT");
	refuse(SET "reason \"x\" until 2027-01-31", 1, "nothing more");
	refuse("set policy default may until 2027-01-31", 1, "nothing more");
	(void)snprintf(line, sizeof(line), SET "reason \"%080d\"", 0);
	{
		struct settings s = parse(line);

		assert_int_equal(strlen(s.domains.rules[0].reason), 80);
		settings_free(&s);
	}
	(void)snprintf(line, sizeof(line), SET "reason \"%081d\"", 0);
	refuse(line, 1, "80");
}

/* The last statement on a domain is the whole of its exception. */
static void
test_an_exception_is_replaced_whole(void **state)
{
	struct settings s = parse(SET "until 2027-01-31 reason \"x\"\n" SET);

	(void)state;
	assert_int_equal(s.domains.rules[0].until, 0);
	assert_string_equal(s.domains.rules[0].reason, "");
	settings_free(&s);
}

/* Lists end at their limits, with the line that went over. */
static void
test_limits(void **state)
{
	static char text[512 * 1024];
	size_t n = 0;

	(void)state;
	for (int i = 0; i < SETTINGS_SERVERS_MAX + 1; i++) {
		static const char line[] = "set dns server 192.0.2.1\n";

		memcpy(text + n, line, sizeof(line));
		n += sizeof(line) - 1;
	}
	refuse(text, SETTINGS_SERVERS_MAX + 1, "at most 8");
	n = 0;
	for (int i = 0; i < DOMAINS_MAX + 1; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
		    "set policy domain d%d.nl level may\n", i);
	refuse(text, DOMAINS_MAX + 1, "at most 10000");
	memset(text, '#', CONFIG_LINE_MAX + 1);
	text[CONFIG_LINE_MAX + 1] = '\0';
	refuse(text, 1, "1024");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_every_option),
		cmocka_unit_test(test_bad_lines),
		cmocka_unit_test(test_the_same_again_overrides),
		cmocka_unit_test(test_exceptions),
		cmocka_unit_test(test_exceptions_that_are_none),
		cmocka_unit_test(test_an_exception_is_replaced_whole),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
