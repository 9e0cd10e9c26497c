/* RFC 4648 section 4 and its test vectors, section 10; lines of RFC 2045 6.8. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"

static void
check(const char *in, const char *out)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	assert_non_null(f);
	base64_write(f, span_text(in), "\n");
	assert_int_equal(fclose(f), 0);
	assert_string_equal(text, out);
	free(text);
}

static void
test_base64(void **state)
{
	char in[60];
	char out[128];

	(void)state;
	check("", "");
	check("f", "Zg==\n");
	check("fo", "Zm8=\n");
	check("foo", "Zm9v\n");
	check("foob", "Zm9vYg==\n");
	check("foobar", "Zm9vYmFy\n");
	memset(in, 'f', 57);
	in[57] = '\0';
	for (size_t i = 0; i < 76; i++)
		out[i] = "ZmZm"[i % 4];
	memcpy(out + 76, "\n", 2);
	check(in, out);
	in[57] = 'f';
	in[58] = '\0';
	memcpy(out + 76, "\nZg==\n", 7);
	check(in, out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_base64),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
