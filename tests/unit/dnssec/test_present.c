/* Types and RDATA as text (RFC 1035 section 5, RFC 3597 section 5). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dnssec/present.h"

static void
assert_text(uint16_t type, const void *rdata, size_t n, const char *wanted)
{
	char *text;

	assert_int_equal(dns_rdata_text(&text, type, span_of(rdata, n)), 0);
	assert_string_equal(text, wanted);
	free(text);
}

/* RFC 3597 section 5: TYPEnnn names any type. */
static void
test_types_by_mnemonic_and_number(void **state)
{
	uint16_t type = 0;

	(void)state;
	assert_int_equal(dns_type_parse(&type, span_text("tlsa")), 0);
	assert_int_equal(type, 52);
	assert_int_equal(dns_type_parse(&type, span_text("AAAA")), 0);
	assert_int_equal(type, 28);
	assert_int_equal(dns_type_parse(&type, span_text("type65280")), 0);
	assert_int_equal(type, 65280);
	assert_int_equal(dns_type_parse(&type, span_text("TYPE1")), 0);
	assert_int_equal(type, 1);
}

/* RFC 6895 3.1: meta types and types of questions are no data; RFC 4035 2.2:
 * RRSIG records are not signed. */
static void
test_types_that_no_answer_has(void **state)
{
	static const char *const unsupported[] = { "ANY", "AXFR", "RRSIG",
		"OPT", "TYPE0", "TYPE255", "TYPE128" };
	static const char *const nonsense[] = { "", "TYPE", "TYPE65536",
		"TYPE-1", "TYPE1x", "NOSUCHTYPE", "A ",
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAA" };
	uint16_t type;

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(unsupported); i++)
		assert_int_equal(dns_type_parse(&type,
				     span_text(unsupported[i])),
		    DG_EUNSUPPORTED);
	for (size_t i = 0; i < DG_ARRAY_LEN(nonsense); i++)
		assert_int_equal(dns_type_parse(&type, span_text(nonsense[i])),
		    DG_ESYNTAX);
}

static void
test_type_texts(void **state)
{
	char text[DNS_TYPE_TEXT_MAX];

	(void)state;
	assert_string_equal(dns_type_text(52, text), "TLSA");
	assert_string_equal(dns_type_text(1, text), "A");
	assert_string_equal(dns_type_text(65280, text), "TYPE65280");
	assert_string_equal(dns_type_text(0, text), "TYPE0");
}

/* RFC 1035 3.3.9, RFC 6698 2.2, RFC 1035 3.3.14. */
static void
test_rdata_in_presentation_form(void **state)
{
	(void)state;
	assert_text(1, "\xc0\x00\x02\x01", 4, "192.0.2.1");
	assert_text(15,
	    "\x00\x0a\x02mx\x07"
	    "example\x00",
	    14, "10 mx.example.");
	assert_text(52, "\x03\x01\x01\xab\xcd", 5, "3 1 1 abcd");
	assert_text(16,
	    "\x03"
	    "a\"b\x02\xff\n",
	    7, "\"a\\\"b\" \"\\255\\010\"");
}

/* RFC 3597 section 5: what is not understood is \# and its octets. */
static void
test_rdata_that_cannot_be_read(void **state)
{
	(void)state;
	assert_text(65280, "\x01\xfe", 2, "\\# 2 01fe");
	assert_text(1, "\xc0\x00", 2, "\\# 2 c000");
	assert_text(1, "", 0, "\\# 0");
	assert_text(52, "\x03", 1, "\\# 1 03");
	/* A name that goes on behind the RDATA's end. */
	assert_text(2,
	    "\x05"
	    "ab",
	    3, "\\# 3 056162");
	/* A compression pointer, which has nothing to point to here. */
	assert_text(2, "\xc0\x00", 2, "\\# 2 c000");
}

/* RFC 3597 section 5: text that would say less than the record, or something
 * else, is not used: an NSEC whose bit map is malformed (RFC 4034 4.1.2), a
 * pointer in a name that is not compressed here (RFC 3597 section 4). */
static void
test_rdata_that_text_would_not_say(void **state)
{
	(void)state;
	assert_text(47, "\x01\x61\x00\x00\x03", 5, "\\# 5 0161000003");
	assert_text(47, "\x01\x61\x00\x00\x01\x40", 6, "a. A ");
	assert_text(33, "\x00\x01\x00\x02\x00\x19\xc0\x00", 8,
	    "\\# 8 000100020019c000");
	assert_text(37, "\x00\x01\x00\x02\x00\x6d", 6, "\\# 6 00010002006d");
}

/* Whatever the bytes, there is a line of printable text. */
static void
test_rdata_of_any_bytes(void **state)
{
	uint8_t rdata[48];

	(void)state;
	for (unsigned type = 1; type < 300; type++) {
		for (size_t n = 0; n <= sizeof(rdata); n++) {
			char *text;

			for (size_t i = 0; i < n; i++)
				rdata[i] = (uint8_t)(type * 7 + n * 31 +
				    i * (n % 3));
			assert_int_equal(dns_rdata_text(&text, (uint16_t)type,
					     span_of(rdata, n)),
			    0);
			for (const char *p = text; *p != '\0'; p++)
				assert_true(*p >= ' ' && *p <= '~');
			free(text);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_types_by_mnemonic_and_number),
		cmocka_unit_test(test_types_that_no_answer_has),
		cmocka_unit_test(test_type_texts),
		cmocka_unit_test(test_rdata_in_presentation_form),
		cmocka_unit_test(test_rdata_that_cannot_be_read),
		cmocka_unit_test(test_rdata_that_text_would_not_say),
		cmocka_unit_test(test_rdata_of_any_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
