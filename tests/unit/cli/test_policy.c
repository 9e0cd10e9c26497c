/* danegate policy explain: which rule applies, and what becomes of the others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/policy.h"
#include "config/config.h"

#define FEB_2027 1801440000 /* 2027-02-01 */

static const char configuration[] =
    "set policy default encrypt\n"
    "set policy mode monitor\n"
    "set policy domain .nl level dane\n"
    "set policy domain example.nl level may until 2027-01-31 reason \"TLS 1.0 "
    "only\"\n"
    "set policy domain old.nl level may\n"
    "set policy domain old.nl fallback cleartext\n"
    "set policy domain .example.nl level none\n"
    "set policy relay 192.0.2.0/24 name relay.example level dane-only\n";

static struct settings settings;

static int
setup(void **state)
{
	struct config_error error;

	(void)state;
	return config_parse(&settings, span_text(configuration), &error);
}

static int
teardown(void **state)
{
	(void)state;
	settings_free(&settings);
	return 0;
}

static void
expect(const char *domain, const char *address, int64_t now, bool json,
    const char *wanted)
{
	struct policy_question q = { .settings = &settings, .now = now };
	char *text = NULL;
	size_t n = 0;
	FILE *to = open_memstream(&text, &n);

	assert_non_null(to);
	assert_int_equal(name_parse(&q.domain, span_text(domain)), 0);
	if (address != NULL)
		assert_int_equal(address_parse(&q.destination,
				     span_text(address)),
		    0);
	if (json)
		assert_int_equal(policy_explain_json(to, &q), 0);
	else
		policy_explain_print(to, &q);
	assert_int_equal(fclose(to), 0);
	assert_string_equal(text, wanted);
	free(text);
}

static void
test_the_most_specific_rule(void **state)
{
	(void)state;
	expect("example.nl", NULL, FEB_2027 - 1, false,
	    "example.nl: level may, by policy domain\n"
	    "less specific: set policy domain .nl level dane\n"
	    "applies: set policy domain example.nl level may until 2027-01-31 "
	    "reason \"TLS 1.0 only\"\n"
	    "default: level encrypt\n"
	    "mode: monitor, on-block defer\n");
}

static void
test_an_exception_that_has_ended(void **state)
{
	(void)state;
	expect("example.nl", NULL, FEB_2027, false,
	    "example.nl: level dane, by policy domain\n"
	    "applies: set policy domain .nl level dane\n"
	    "expired: set policy domain example.nl level may until 2027-01-31 "
	    "reason \"TLS 1.0 only\"\n"
	    "default: level encrypt\n"
	    "mode: monitor, on-block defer\n");
	expect("example.nl", NULL, 0, false,
	    "example.nl: level dane, by policy domain\n"
	    "applies: set policy domain .nl level dane\n"
	    "not applied: the time is not known: set policy domain example.nl "
	    "level may until 2027-01-31 reason \"TLS 1.0 only\"\n"
	    "default: level encrypt\n"
	    "mode: monitor, on-block defer\n");
}

static void
test_a_relay_and_the_default(void **state)
{
	(void)state;
	expect("example.com", "192.0.2.7", FEB_2027, false,
	    "example.com: level dane-only, by policy relay\n"
	    "relay: 192.0.2.7 must be relay.example, level dane-only\n"
	    "default: level encrypt\n"
	    "mode: monitor, on-block defer\n");
	/* What names the domain is more specific. */
	expect("old.nl", "192.0.2.7", FEB_2027, false,
	    "old.nl: level may, by policy domain\n"
	    "less specific: set policy domain .nl level dane\n"
	    "applies: set policy domain old.nl level may\n"
	    "fallback: in clear where STARTTLS is refused\n"
	    "relay: 192.0.2.7 must be relay.example, level dane-only\n"
	    "default: level encrypt\n"
	    "mode: monitor, on-block defer\n");
	expect("example.com", "198.51.100.7", FEB_2027, false,
	    "example.com: level encrypt, by policy default\n"
	    "relay: no rule for 198.51.100.7; its MX hosts count\n"
	    "default: level encrypt\n"
	    "mode: monitor, on-block defer\n");
}

static void
test_the_same_as_json(void **state)
{
	(void)state;
	expect("example.nl", "192.0.2.7", FEB_2027, true,
	    "{\"domain\":\"example.nl\",\"level\":\"dane\","
	    "\"by\":\"policy domain\",\"rules\":["
	    "{\"rule\":\".nl level dane\",\"state\":\"applies\","
	    "\"level\":\"dane\",\"reason\":\"\",\"fallback_cleartext\":false},"
	    "{\"rule\":\"example.nl level may until 2027-01-31 reason "
	    "\\\"TLS 1.0 only\\\"\",\"state\":\"expired\",\"level\":\"may\","
	    "\"until\":\"2027-01-31\",\"reason\":\"TLS 1.0 only\","
	    "\"fallback_cleartext\":false}],"
	    "\"relay\":\"relay.example\",\"default\":\"encrypt\","
	    "\"mode\":\"monitor\",\"on_block\":\"defer\"}\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_most_specific_rule),
		cmocka_unit_test(test_an_exception_that_has_ended),
		cmocka_unit_test(test_a_relay_and_the_default),
		cmocka_unit_test(test_the_same_as_json),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
