/* TLSA intake: RFC 6698 2.1, RFC 7671 4, RFC 7672 3.1.3. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dane/dane.h"

/* RDATA of 0 to 3 bytes is no record; each length has an allocation of its
 * own, so that the sanitizer sees an over-read. */
static void
test_short_rdata_is_refused(void **state)
{
	(void)state;
	for (size_t n = 0; n <= 4; n++) {
		uint8_t *rdata = calloc(1, n > 0 ? n : 1);
		struct tlsa t;

		assert_non_null(rdata);
		assert_int_equal(tlsa_from_rdata(&t, span_of(rdata, n)),
		    n < 4 ? DG_ESYNTAX : 0);
		free(rdata);
	}
}

/* The table of lengths that the RFCs allow, written independently. Whole
 * contents of zeros are no DER and so never usable. */
static bool
right_length(unsigned matching, size_t n)
{
	return (matching == 1 && n == 32) || (matching == 2 && n == 64);
}

static void
test_all_fields(void **state)
{
	static const size_t lengths[] = { 1, 20, 31, 32, 33, 63, 64, 65, 48,
		TLSA_DATA_MAX, TLSA_DATA_MAX + 1 };
	static uint8_t rdata[3 + TLSA_DATA_MAX + 1];

	(void)state;
	for (unsigned code = 0; code < 256; code++)
		for (unsigned selector = 0; selector < 4; selector++)
			for (unsigned matching = 0; matching < 4; matching++)
				for (size_t i = 0; i < DG_ARRAY_LEN(lengths);
				     i++) {
					const char *why;
					struct tlsa t;
					bool good = (code == 2 || code == 3) &&
					    selector < 2 &&
					    right_length(matching, lengths[i]);

					rdata[0] = (uint8_t)code;
					rdata[1] = (uint8_t)selector;
					rdata[2] = (uint8_t)matching;
					assert_int_equal(tlsa_from_rdata(&t,
							     span_of(rdata,
								 3 +
								     lengths
									 [i])),
					    0);
					assert_int_equal(tlsa_usable(&t, &why),
					    good);
					assert_int_equal(why == NULL, good);
				}
}

/* RFC 6698 4.1: malformed association data is unusable. */
static void
test_whole_contents(void **state)
{
	/* An empty SEQUENCE, one in BER, a key without bits, one that is cut
	 * off, one with a byte too many. */
	static const struct {
		const char *data;
		size_t n;
		bool end_entity, anchor_cert, anchor_key;
	} rows[] = {
		{ "\x30\x00", 2, true, false, false },
		{ "\x30\x80\x00\x00", 4, true, false, false },
		{ "\x30\x0a\x30\x05\x06\x03\x2b\x65\x70\x03\x01\x00", 12, true,
		    false, true },
		{ "\x30\x0a\x30\x05\x06\x03\x2b\x65\x70\x03\x01", 11, false,
		    false, false },
		{ "\x30\x0a\x30\x05\x06\x03\x2b\x65\x70\x03\x01\x00\x00", 13,
		    false, false, false },
		{ "\xde\xad\xbe\xef", 4, false, false, false },
	};

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(rows); i++) {
		struct tlsa t = { 3, 0, 0, span_of(rows[i].data, rows[i].n) };

		assert_int_equal(tlsa_usable(&t, NULL), rows[i].end_entity);
		t.selector = 1;
		assert_int_equal(tlsa_usable(&t, NULL), rows[i].end_entity);
		t.usage = 2;
		assert_int_equal(tlsa_usable(&t, NULL), rows[i].anchor_key);
		t.selector = 0;
		assert_int_equal(tlsa_usable(&t, NULL), rows[i].anchor_cert);
	}
}

/* RFC 6698 2.2. */
static void
test_presentation_form(void **state)
{
	static const struct {
		const char *text;
		int err;
		const char *data;
	} rows[] = {
		{ "3 1 1 ab", 0, "\xab" },
		{ "255 255 255 AbCd", 0, "\xab\xcd" },
		{ "  3\t1  1   0a 0\tB ", 0, "\x0a\x0b" },
		{ "256 1 1 ab", DG_ESYNTAX, NULL },
		{ "-1 1 1 ab", DG_ESYNTAX, NULL },
		{ "3 1 ab", DG_ESYNTAX, NULL },
		{ "3 1 1", DG_ESYNTAX, NULL },
		{ "3 1 1 ", DG_ESYNTAX, NULL },
		{ "3 1 1 a", DG_ESYNTAX, NULL },
		{ "3 1 1 abc", DG_ESYNTAX, NULL },
		{ "3 1 1 ag", DG_ESYNTAX, NULL },
		{ "3 1 1 (ab)", DG_ESYNTAX, NULL },
		{ "", DG_ESYNTAX, NULL },
	};

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(rows); i++) {
		struct span text = span_text(rows[i].text);
		uint8_t *room = malloc(text.n / 2 + 1);
		struct tlsa t;

		assert_non_null(room);
		assert_int_equal(tlsa_from_text(&t, text, room), rows[i].err);
		if (rows[i].err == 0)
			assert_true(
			    span_equal(t.data, span_text(rows[i].data)));
		free(room);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_short_rdata_is_refused),
		cmocka_unit_test(test_all_fields),
		cmocka_unit_test(test_whole_contents),
		cmocka_unit_test(test_presentation_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
