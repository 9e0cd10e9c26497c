/* Chains as text: RFC 7468, RFC 4648 4. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dane/pem.h"

#define BEGIN "-----BEGIN CERTIFICATE-----"
#define END   "-----END CERTIFICATE-----"
#define MAX   3

static struct span chain[MAX];
static uint8_t *room;
static size_t found;

/* The room has the exact size, so that the sanitizer sees what goes past. */
static int
read_text(const char *text)
{
	free(room);
	room = malloc(span_text(text).n + 1);
	assert_non_null(room);
	found = 99;
	return pem_read_chain(chain, &found, MAX, span_text(text), room);
}

static void
expect_chain(const char *text, const char *const *contents, size_t n)
{
	assert_int_equal(read_text(text), 0);
	assert_int_equal(found, n);
	for (size_t i = 0; i < n; i++)
		assert_true(span_equal(chain[i], span_text(contents[i])));
}

static void
test_blocks(void **state)
{
	static const char *const one[] = { "0ab" };
	static const char *const two[] = { "0ab", "junk" };
	static const char *const three[] = { "0ab", "0", "0abcd" };

	(void)state;
	expect_chain(BEGIN "\nMGFi\n" END "\n", one, 1);
	expect_chain("text\n" BEGIN "\r\n MG\tFi \r\n" END "\r\n", one, 1);
	expect_chain(BEGIN "MGFi" END, one, 1);
	expect_chain("-----BEGIN X509 CERTIFICATE-----\nMGFi\n"
		     "-----END X509 CERTIFICATE-----\n",
	    one, 1);
	/* Other things in the file are none of the chain. */
	expect_chain("-----BEGIN PRIVATE KEY-----\nMGFi\n"
		     "-----END PRIVATE KEY-----\n" BEGIN "\nMGFi\n" END,
	    one, 1);
	/* Junk keeps its place; files put together without a line feed. */
	expect_chain(BEGIN "\nMGFi\n" END BEGIN "\nanVuaw==\n" END, two, 2);
	/* No more than asked for. */
	expect_chain(BEGIN "MGFi" END BEGIN "MA==" END BEGIN
			   "MGFiY2Q=" END BEGIN "MGFi" END,
	    three, 3);
}

static void
test_broken(void **state)
{
	static const char *const rows[] = {
		BEGIN "\nMGFi\n",
		BEGIN "\nMGFi\n-----END PRIVATE KEY-----\n",
		BEGIN "\nMGF\n" END,
		BEGIN "\nMGFi=\n" END,
		BEGIN "\nMA=\n" END,
		BEGIN "\nMA==MA==\n" END,
		BEGIN "\nM\n" END,
		BEGIN "\nMG!i\n" END,
		BEGIN "\n" BEGIN "\nMGFi\n" END,
		BEGIN "MGFi" END BEGIN,
	};

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(rows); i++) {
		assert_int_equal(read_text(rows[i]), DG_ESYNTAX);
		assert_int_equal(found, 99);
	}
}

static void
test_nothing(void **state)
{
	static const char *const rows[] = { "", "text", END,
		BEGIN END, /* an empty block */
		BEGIN "anVuaw==" END };

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(rows); i++)
		assert_int_equal(read_text(rows[i]), DG_ENOTFOUND);
}

static int
teardown(void **state)
{
	(void)state;
	free(room);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
