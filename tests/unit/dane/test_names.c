/* Names of certificates: RFC 6125 6.4, RFC 7672 3.2.3. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dane/names.h"

static void
test_rows(void **state)
{
	static const struct {
		const char *presented, *reference;
		bool match;
	} rows[] = {
		{ "mx.example.org", "mx.example.org", true },
		{ "MX.eXample.ORG", "mx.example.org", true },
		{ "mx.example.org.", "mx.example.org", true },
		{ "mx.example.org..", "mx.example.org", false },
		{ "", "mx.example.org", false },
		{ ".", "mx.example.org", false },
		{ "example.org", "mx.example.org", false },
		{ "mx.example.org.evil.net", "mx.example.org", false },
		{ "mx.example.or", "mx.example.org", false },
		{ ".example.org", "mx.example.org", false },
		/* The whole left-most label, and one label. */
		{ "*.example.org", "mx.example.org", true },
		{ "*.EXAMPLE.org.", "mx.example.org", true },
		{ "*.example.org", "a.mx.example.org", false },
		{ "*.example.org", "example.org", false },
		{ "*.example.org", "xn--bcher-kva.example.org", true },
		{ "m*.example.org", "mx.example.org", false },
		{ "*x.example.org", "mx.example.org", false },
		{ "**.example.org", "mx.example.org", false },
		{ "mx.*.org", "mx.example.org", false },
		{ "*.*.org", "mx.example.org", false },
		/* Not below a top-level domain, not alone. */
		{ "*.org", "example.org", false },
		{ "*", "org", false },
		{ "*.", "org", false },
	};

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(rows); i++) {
		struct name n;

		assert_int_equal(name_parse(&n, span_text(rows[i].reference)),
		    0);
		if (names_match(span_text(rows[i].presented), &n) !=
		    rows[i].match)
			fail_msg("%s %s", rows[i].presented, rows[i].reference);
	}
}

/* A NUL inside ends no name here (CVE-2009-2408). */
static void
test_nul_inside(void **state)
{
	static const char text[] = "mx.example.org\0.evil.net";
	struct name n;

	(void)state;
	assert_int_equal(name_parse(&n, span_text("mx.example.org")), 0);
	assert_false(names_match(span_of(text, sizeof(text) - 1), &n));
	assert_false(names_match(span_of(text, 15), &n));
}

static void
test_root_matches_nothing(void **state)
{
	struct name root;

	(void)state;
	assert_int_equal(name_parse(&root, span_text(".")), 0);
	assert_false(names_match(span_text(""), &root));
	assert_false(names_match(span_text("."), &root));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_nul_inside),
		cmocka_unit_test(test_root_matches_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
