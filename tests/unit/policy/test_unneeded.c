/* The list of exceptions that are no longer needed, written and read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "policy/unneeded.h"

static struct name
name_of(const char *text)
{
	struct name name;

	assert_int_equal(name_parse(&name, span_text(text)), 0);
	return name;
}

static void
test_written_and_read(void **state)
{
	const struct name b = name_of("b.example");
	const struct name c = name_of("c.example");
	struct unneeded u = { 20819, name_of("a.example"), AUTH_DANE_EE };
	uint8_t mem[70];
	struct buf buf;

	(void)state;
	buf_init(&buf, mem, sizeof(mem));
	assert_int_equal(unneeded_put(&buf, &u), 0);
	u = (struct unneeded){ 20820, b, AUTH_TLS };
	assert_int_equal(unneeded_put(&buf, &u), 0);
	assert_true(span_equal(buf_peek(&buf),
	    span_text("2027-01-01 a.example dane-ee\n"
		      "2027-01-02 b.example tls\n")));
	memset(&u, 0, sizeof(u));
	assert_int_equal(unneeded_find(&u, buf_peek(&buf), &b), 0);
	assert_int_equal(u.day, 20820);
	assert_int_equal(u.auth, AUTH_TLS);
	assert_int_equal(unneeded_find(&u, buf_peek(&buf), &c), DG_ENOTFOUND);
	assert_int_equal(unneeded_put(&buf, &u), DG_EAGAIN);
}

/* Whatever the file holds. */
static void
test_damaged(void **state)
{
	static const char *const texts[] = { "", "\n\n", "x", "2027-01-01",
		"2027-01-01 a.example", "2027-13-01 a.example tls",
		"2027-01-01 a..example tls", "2027-01-01 a.example what",
		"2027-01-01 a.example tls more" };
	const struct name a = name_of("a.example");
	struct unneeded u;

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(texts); i++)
		assert_int_equal(unneeded_find(&u, span_text(texts[i]), &a),
		    DG_ENOTFOUND);
	assert_int_equal(unneeded_find(&u,
			     span_text("x\n2027-01-01 a.example tls"), &a),
	    0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_written_and_read),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
