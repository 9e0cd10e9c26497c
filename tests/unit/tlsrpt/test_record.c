/*
 * The TXT record at _smtp._tls (RFC 8460 3): which texts are one, and whom they
 * name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tlsrpt/record.h"

static void
test_good(void **state)
{
	static const struct {
		const char *text;
		size_t unused;
		const char *mailboxes[TLSRPT_RUA_MAX];
	} rows[] = {
		/* The examples of 3.1.1 and 3.1.2. */
		{ "v=TLSRPTv1;rua=mailto:reports@example.com", 0,
		    { "reports@example.com" } },
		{ "v=TLSRPTv1; rua=https://reporting.example.com/v1/tlsrpt", 1,
		    { NULL } },
		{ "v=TLSRPTv1; rua=mailto:a@example.com , "
		  "MAILTO:b@example.com;",
		    0, { "a@example.com", "b@example.com" } },
		/* Of the extensions (3): passed over. */
		{ "v=TLSRPTv1;x-y=1;rua=mailto:a@example.com \t; z=", 0,
		    { "a@example.com" } },
		{ "v=TLSRPTv1;rua=mailto:a@example.com;"
		  "rua=mailto:b@example.com",
		    0, { "a@example.com", "b@example.com" } },
		/* RFC 6068 2: octets by %, and headers, which do not count. */
		{ "v=TLSRPTv1;rua=mailto:a%2Bb@example.com?subject=x%20y", 0,
		    { "a+b@example.com" } },
		/* No mailbox that could stand in a command. */
		{ "v=TLSRPTv1;rua=mailto:a%3E%0D%0ARSET@example.com", 1,
		    { NULL } },
		{ "v=TLSRPTv1;rua=mailto:a%20b@example.com", 1, { NULL } },
		{ "v=TLSRPTv1;rua=mailto:%22a%22@example.com", 1, { NULL } },
		{ "v=TLSRPTv1;rua=mailto:a@[192.0.2.1]", 1, { NULL } },
		{ "v=TLSRPTv1;rua=mailto:a.@example.com", 1, { NULL } },
		{ "v=TLSRPTv1;rua=mailto:a..b@example.com", 1, { NULL } },
		{ "v=TLSRPTv1;rua=mailto:a@", 1, { NULL } },
		{ "v=TLSRPTv1;rua=mailto:@example.com", 1, { NULL } },
		{ "v=TLSRPTv1;rua=mailto:a%4", 1, { NULL } },
		{ "v=TLSRPTv1;rua=mailto:a%zz@example.com", 1, { NULL } },
		{ "v=TLSRPTv1;rua=mailto:a@e.x,mailto:b@e.x,mailto:c@e.x,"
		  "mailto:d@e.x,mailto:e@e.x",
		    1, { "a@e.x", "b@e.x", "c@e.x", "d@e.x" } },
	};

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(rows); i++) {
		struct tlsrpt_record r;
		size_t n = 0;

		if (tlsrpt_record_parse(&r, span_text(rows[i].text)) != 0)
			fail_msg("not taken: %s", rows[i].text);
		while (n < TLSRPT_RUA_MAX && rows[i].mailboxes[n] != NULL)
			n++;
		assert_int_equal(r.nmailboxes, n);
		while (n-- > 0)
			assert_string_equal(r.mailboxes[n],
			    rows[i].mailboxes[n]);
		assert_int_equal(r.unused, rows[i].unused);
	}
}

static void
test_bad(void **state)
{
	static const struct {
		const char *text;
		int err;
	} rows[] = {
		{ "", DG_ENOTFOUND },
		{ "v=spf1 -all", DG_ENOTFOUND },
		{ "v=TLSRPTv1", DG_ENOTFOUND },
		{ "v=TLSRPTv10;rua=mailto:a@example.com", DG_ENOTFOUND },
		{ "V=TLSRPTv1;rua=mailto:a@example.com", DG_ENOTFOUND },
		{ " v=TLSRPTv1;rua=mailto:a@example.com", DG_ENOTFOUND },
		{ "v=TLSRPTv1;", DG_ESYNTAX },
		{ "v=TLSRPTv1;;rua=mailto:a@example.com", DG_ESYNTAX },
		{ "v=TLSRPTv1;rua=", DG_ESYNTAX },
		{ "v=TLSRPTv1;rua=mailto:a@example.com,", DG_ESYNTAX },
		{ "v=TLSRPTv1;rua", DG_ESYNTAX },
		{ "v=TLSRPTv1;=x", DG_ESYNTAX },
		{ "v=TLSRPTv1;x=y", DG_ESYNTAX },
	};

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(rows); i++) {
		struct tlsrpt_record r;
		int err = tlsrpt_record_parse(&r, span_text(rows[i].text));

		if (err != rows[i].err)
			fail_msg("%s: %d", rows[i].text, err);
	}
}

#define GOOD   \
	"\x2a" \
	"v=TLSRPTv1; rua=mailto:reports@example.com"

static void
assert_found(const struct span *rdata, size_t n, bool found)
{
	struct tlsrpt_record r;

	assert_int_equal(tlsrpt_record_find(&r, rdata, n),
	    found ? 0 : DG_ENOTFOUND);
	if (found)
		assert_string_equal(r.mailboxes[0], "reports@example.com");
}

/* Of several TXT records the one that is a report record; two of these are
 * none (RFC 8460 3). Strings of one record are one text. */
static void
test_find(void **state)
{
	static const char cut[] = "\x0c"
				  "v=TLSRPTv1; "
				  "\x00"
				  "\x1e"
				  "rua=mailto:reports@example.com";
	static const char broken[] = "\x0f"
				     "v=TLSRPTv1; rua";
	const struct span good = span_of(GOOD, sizeof(GOOD) - 1);
	const struct span other = span_text("\x0b"
					    "v=spf1 -all");
	const struct span short_one = span_text("\x20"
						"v=TLSRPTv1;");
	uint8_t large[TLSRPT_TEXT_MAX + 300];
	struct span rdata[3] = { other, good, other };

	(void)state;
	assert_found(rdata, 3, true);
	assert_found(rdata, 1, false);
	rdata[2] = good;
	assert_found(rdata, 3, false);
	rdata[2] = span_of(broken, sizeof(broken) - 1);
	assert_found(rdata, 3, false);
	rdata[2] = short_one;
	assert_found(rdata, 3, true);
	rdata[1] = span_of(cut, sizeof(cut) - 1);
	assert_found(rdata, 2, true);
	memset(large, 255, sizeof(large));
	rdata[2] = span_of(large, 256 * 9);
	assert_found(rdata, 3, true);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
