/* Distinguished names: RFC 5280 7.1, 4.2.1.10. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dane/dn.h"

#define DN(text) span_of(text, sizeof(text) - 1)
#define CN	 "\x06\x03\x55\x04\x03"

static void
test_equal(void **state)
{
	/* CN=ab; "AB" as PrintableString; " ab "; "a b"; "a  b"; as BMP; two
	 * parts; nothing; an empty set before; a set of two. */
	const struct span ab = DN("\x30\x0d\x31\x0b\x30\x09" CN "\x0c\x02"
				  "ab");
	const struct span upper = DN("\x30\x0d\x31\x0b\x30\x09" CN "\x13\x02"
				     "AB");
	const struct span padded = DN("\x30\x0f\x31\x0d\x30\x0b" CN "\x0c\x04"
				      " ab ");
	const struct span a_b = DN("\x30\x0e\x31\x0c\x30\x0a" CN "\x0c\x03"
				   "a b");
	const struct span a__b = DN("\x30\x0f\x31\x0d\x30\x0b" CN "\x16\x04"
				    "a  b");
	const struct span bmp = DN("\x30\x0d\x31\x0b\x30\x09" CN "\x1e\x02"
				   "ab");
	const struct span two = DN("\x30\x1a\x31\x0b\x30\x09" CN "\x0c\x02"
				   "ab\x31\x0b\x30\x09" CN "\x0c\x02"
				   "cd");
	const struct span empty = DN("\x30\x00");

	(void)state;
	assert_true(dn_equal(ab, upper));
	assert_true(dn_equal(ab, padded));
	assert_true(dn_equal(a_b, a__b));
	assert_false(dn_equal(ab, a_b));
	assert_false(dn_equal(ab, bmp));
	assert_false(dn_equal(ab, two));
	assert_false(dn_equal(two, ab));
	assert_false(dn_equal(ab, empty));
	assert_true(dn_equal(empty, empty));
	assert_true(dn_is_within(two, upper));
	assert_true(dn_is_within(ab, empty));
	assert_false(dn_is_within(ab, two));
	assert_true(dn_is_empty(empty));
	assert_false(dn_is_empty(ab));
}

/* What is malformed equals nothing, itself included. */
static void
test_malformed(void **state)
{
	const struct span rows[] = { DN(""), DN("\x30"), DN("\x30\x02\x31"),
		DN("\x30\x02\x05\x00"), DN("\x30\x04\x31\x02\x05\x00"),
		DN("\x30\x00\x00"), DN("\x30\x09\x31\x07\x30\x05" CN) };

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(rows); i++) {
		assert_false(dn_equal(rows[i], rows[i]));
		assert_false(dn_is_within(rows[i], rows[i]));
		assert_false(dn_is_empty(rows[i]));
	}
}

static void
expect_values(struct span name, const char *const *values, size_t n)
{
	struct span rest, value;

	assert_int_equal(dn_open(&rest, name), 0);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(dn_next_value(&value, &rest,
				     span_text(DN_COMMON_NAME)),
		    0);
		assert_true(span_equal(value, span_text(values[i])));
	}
	assert_int_equal(dn_next_value(&value, &rest,
			     span_text(DN_COMMON_NAME)),
	    DG_ENOTFOUND);
}

static void
test_values(void **state)
{
	static const char *const both[] = { "a", "b" };

	(void)state;
	/* Two sets; one set of two; an empty set between; another OID. */
	expect_values(DN("\x30\x18\x31\x0a\x30\x08" CN "\x0c\x01"
			 "a\x31\x0a\x30\x08" CN "\x0c\x01"
			 "b"),
	    both, 2);
	expect_values(DN("\x30\x16\x31\x14\x30\x08" CN "\x0c\x01"
			 "a\x30\x08" CN "\x0c\x01"
			 "b"),
	    both, 2);
	expect_values(DN("\x30\x1a\x31\x0a\x30\x08" CN "\x0c\x01"
			 "a\x31\x00\x31\x0a\x30\x08" CN "\x0c\x01"
			 "b"),
	    both, 2);
	expect_values(DN("\x30\x0c\x31\x0a\x30\x08\x06\x03\x55\x04\x0a\x0c\x01"
			 "a"),
	    both, 0);
	/* Text alone. */
	expect_values(DN("\x30\x0c\x31\x0a\x30\x08" CN "\x02\x01"
			 "a"),
	    both, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
