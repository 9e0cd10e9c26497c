/* What the dns commands take from their arguments and from resolv.conf. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/dns.h"

static void
assert_time(const char *text, int64_t wanted)
{
	int64_t at = -7;

	if (dns_time_parse(&at, span_text(text)) != 0)
		print_message("%s\n", text);
	assert_true(at == wanted);
}

/* RFC 3339 section 5.8 has the examples with fractions and offsets. */
static void
test_times(void **state)
{
	(void)state;
	assert_time("0", 0);
	assert_time("1700000000", 1700000000);
	assert_time("1970-01-01T00:00:00Z", 0);
	assert_time("1985-04-12T23:20:50.52Z", 482196050);
	assert_time("1996-12-19T16:39:57-08:00", 851042397);
	assert_time("1990-12-31T15:59:60-08:00", 662688000);
	assert_time("1937-01-01T12:00:27.87+00:20", -7);
	assert_time("2000-02-29t12:00:00z", 951825600);
	assert_time("2024-02-29 12:00:00+01:30", 1709202600);
	assert_time("2100-03-01T00:00:00Z", 4107542400);
	assert_time("9999-12-31T23:59:59Z", 253402300799);
}

static void
test_times_that_are_none(void **state)
{
	static const char *const wrong[] = { "", "-1", "now", "253402300800",
		"2023-02-29T00:00:00Z", "2100-02-29T00:00:00Z",
		"2023-13-01T00:00:00Z", "2023-00-01T00:00:00Z",
		"2023-04-31T00:00:00Z", "2023-04-00T00:00:00Z",
		"2023-04-01T24:00:00Z", "2023-04-01T00:60:00Z",
		"2023-04-01T00:00:61Z", "2023-04-01T00:00:00",
		"2023-04-01T00:00:00.Z", "2023-04-01T00:00:00Zx", "2023-04-01",
		"2023-4-1T00:00:00Z", "2023-04-01T00:00Z",
		"1970-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01",
		"2023-04-01T00:00:00+24:00" };

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(wrong); i++)
		assert_time(wrong[i], -7);
}

static void
test_servers(void **state)
{
	char text[ADDRESS_TEXT_MAX];
	struct address a;

	(void)state;
	assert_int_equal(dns_server_parse(&a, "192.0.2.1"), 0);
	assert_string_equal(address_port_text(&a, text), "192.0.2.1:53");
	assert_int_equal(dns_server_parse(&a, "2001:db8::1@5353"), 0);
	assert_string_equal(address_port_text(&a, text), "[2001:db8::1]:5353");
	assert_int_equal(dns_server_parse(&a, "192.0.2.1@0"), DG_ESYNTAX);
	assert_int_equal(dns_server_parse(&a, "dns.example"), DG_ESYNTAX);
}

/* Takes the options off a line of words, which it cuts up. */
static bool
take(struct dns_options *o, char *argv[12], char *line)
{
	int argc = 0;

	for (char *p = line; *p != '\0';) {
		argv[argc++] = p;
		while (*p != ' ' && *p != '\0')
			p++;
		if (*p == ' ')
			*p++ = '\0';
	}
	return dns_options_take(o, argc, argv);
}

static void
test_options(void **state)
{
	char good[] = "--json --server 192.0.2.1 --server 192.0.2.2@54 "
		      "--at 17 name --type";
	char lacking[] = "--server";
	char unknown[] = "--jsn a A";
	struct dns_options o;
	char *argv[12];

	(void)state;
	assert_true(take(&o, argv, good));
	assert_true(o.json);
	assert_int_equal(o.nservers, 2);
	assert_int_equal(o.servers[1].port, 54);
	assert_true(o.at == 17);
	assert_int_equal(o.argc, 2);
	assert_string_equal(o.argv[1], "--type");
	dns_options_free(&o);
	assert_false(take(&o, argv, lacking));
	dns_options_free(&o);
	assert_false(take(&o, argv, unknown));
	dns_options_free(&o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_times_that_are_none),
		cmocka_unit_test(test_servers),
		cmocka_unit_test(test_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
