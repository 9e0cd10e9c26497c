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

/* The table of lengths that the RFCs allow, written independently. */
static bool
right_length(unsigned matching, size_t n)
{
	return (matching == 0 && n >= 1 && n <= TLSA_DATA_MAX) ||
	    (matching == 1 && n == 32) || (matching == 2 && n == 64);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_short_rdata_is_refused),
		cmocka_unit_test(test_all_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
