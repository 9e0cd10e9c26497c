/* JSON as it comes out: escaping, commas, bounds (RFC 8259). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"

/* RFC 8259 sections 4 and 5: members parted by commas, nested both ways. */
static void
test_json_nests_objects_and_arrays(void **state)
{
	char text[200];
	struct json j;

	(void)state;
	json_to_memory(&j, text, sizeof(text));
	json_object(&j);
	json_key(&j, "a");
	json_array(&j);
	json_number(&j, INT64_MIN);
	json_object(&j);
	json_close(&j);
	json_array(&j);
	json_text(&j, "y");
	json_close(&j);
	json_object(&j);
	json_key(&j, "x");
	json_bool(&j, false);
	json_close(&j);
	json_close(&j);
	json_key(&j, "b");
	json_bool(&j, true);
	json_key(&j, "c");
	json_text(&j, "");
	json_close(&j);
	assert_int_equal(json_end(&j), 0);
	assert_string_equal(text,
	    "{\"a\":[-9223372036854775808,{},[\"y\"],{\"x\":false}],"
	    "\"b\":true,\"c\":\"\"}\n");
}

/* RFC 8259 section 7: quotes, backslashes and controls must be escaped. */
static void
test_json_escapes_any_byte(void **state)
{
	char text[256 * 6 + 8];
	char wanted[sizeof(text)];
	uint8_t bytes[256];
	size_t n = 0;
	struct json j;

	(void)state;
	wanted[n++] = '"';
	for (unsigned c = 0; c < 256; c++) {
		bytes[c] = (uint8_t)c;
		if (c == '"' || c == '\\')
			n += (size_t)snprintf(wanted + n, 3, "\\%c", (int)c);
		else if (c >= ' ' && c <= '~')
			wanted[n++] = (char)c;
		else
			n += (size_t)snprintf(wanted + n, 7, "\\u%04x", c);
	}
	(void)snprintf(wanted + n, 3, "\"\n");
	json_to_memory(&j, text, sizeof(text));
	json_string(&j, span_of(bytes, sizeof(bytes)));
	assert_int_equal(json_end(&j), 0);
	assert_string_equal(text, wanted);
}

/* A key passes the same escaping (section 4: a name is a string). */
static void
test_json_escapes_keys(void **state)
{
	char text[40];
	struct json j;

	(void)state;
	json_to_memory(&j, text, sizeof(text));
	json_object(&j);
	json_key(&j, "a\"\n");
	json_number(&j, 1);
	json_close(&j);
	assert_int_equal(json_end(&j), 0);
	assert_string_equal(text, "{\"a\\\"\\u000a\":1}\n");
}

/* Every size that is too small is told, and nothing is written beyond it. */
static void
test_json_stays_within_memory(void **state)
{
	static const char wanted[] = "[\"ab\\u0001\",17]\n";

	(void)state;
	for (size_t size = 1; size <= sizeof(wanted); size++) {
		char text[sizeof(wanted) + 1];
		struct json j;

		memset(text, '#', sizeof(text));
		json_to_memory(&j, text, size);
		json_array(&j);
		json_string(&j, span_text("ab\1"));
		json_number(&j, 17);
		json_close(&j);
		assert_int_equal(json_end(&j),
		    size < sizeof(wanted) ? DG_ELIMIT : 0);
		assert_true(strlen(text) < size);
		assert_memory_equal(text, wanted, strlen(text));
		assert_int_equal(text[size], '#');
	}
}

/* A stream that refuses is told at the end. */
static void
test_json_tells_a_refusing_stream(void **state)
{
	FILE *full = fopen("/dev/full", "w");
	FILE *f = tmpfile();
	char line[16];
	struct json j;

	(void)state;
	assert_non_null(full);
	assert_non_null(f);
	json_to_file(&j, full);
	json_text(&j, "a");
	assert_int_equal(json_end(&j), DG_EIO);
	json_to_file(&j, f);
	json_text(&j, "a");
	assert_int_equal(json_end(&j), 0);
	rewind(f);
	assert_non_null(fgets(line, sizeof(line), f));
	assert_string_equal(line, "\"a\"\n");
	(void)fclose(f);
	(void)fclose(full);
}

/* A text in pieces is the text. */
static void
test_json_goes_on(void **state)
{
	char mem[32];
	char all[128] = "";
	struct json j;

	(void)state;
	json_to_memory(&j, mem, sizeof(mem));
	json_object(&j);
	json_key(&j, "list");
	json_array(&j);
	for (unsigned i = 0; i < 9; i++) {
		json_number(&j, i);
		strncat(all, mem, j.len);
		json_go_on(&j, mem, sizeof(mem));
	}
	json_close(&j);
	json_put_bool(&j, "b", true);
	json_close(&j);
	assert_int_equal(json_end(&j), 0);
	strncat(all, mem, j.len);
	assert_string_equal(all, "{\"list\":[0,1,2,3,4,5,6,7,8],\"b\":true}\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json_nests_objects_and_arrays),
		cmocka_unit_test(test_json_escapes_any_byte),
		cmocka_unit_test(test_json_escapes_keys),
		cmocka_unit_test(test_json_stays_within_memory),
		cmocka_unit_test(test_json_tells_a_refusing_stream),
		cmocka_unit_test(test_json_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
