/* JSON read back: RFC 8259, and what our own writer makes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json_read.h"

static int
read_all(const char *text, struct json_token *last)
{
	struct json_reader r = json_reader(span_text(text));
	struct json_token t;
	int err;

	while ((err = json_next(&r, &t)) == 0 && t.type != JSON_END)
		if (last != NULL)
			*last = t;
	return err;
}

/* RFC 8259 sections 2 to 7. */
static void
test_what_is_json(void **state)
{
	static const char *const good[] = { "0", "-1", "12.5e-3", "1E5", "\"\"",
		"true", " null ", "[]", "{}", "[1,2 , 3]", "{\"a\":1}",
		"{ \"a\" : { \"b\" : [ true , {} ] } }\n",
		"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00ff\"" };

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(good); i++)
		if (read_all(good[i], NULL) != 0)
			fail_msg("refused: %s", good[i]);
}

static void
test_what_is_not(void **state)
{
	static const char *const bad[] = { "", " ", "01", "-", "1.", "1e", ".5",
		"+1", "tru", "nulll", "\"", "\"\\\"", "\"\\x\"", "\"\\u12g4\"",
		"\"\n\"", "[", "]", "[1", "[1,]", "[1 2]", "[,1]", "{",
		"{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{1:2}",
		"{\"a\":1 \"b\":2}", "[1}", "{\"a\":1]", "1 2", "[]]" };

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(bad); i++)
		if (read_all(bad[i], NULL) != DG_ESYNTAX)
			fail_msg("taken: %s", bad[i]);
}

static void
test_depth(void **state)
{
	char text[2 * JSON_DEPTH_MAX + 3];

	(void)state;
	memset(text, 0, sizeof(text));
	memset(text, '[', JSON_DEPTH_MAX);
	memset(text + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
	assert_int_equal(read_all(text, NULL), 0);
	memset(text, '[', JSON_DEPTH_MAX + 1);
	assert_int_equal(read_all(text, NULL), DG_ELIMIT);
}

static void
test_tokens(void **state)
{
	struct json_reader r = json_reader(
	    span_text("{\"a\":{\"x\":[1,{\"y\":2}]},\"b\":\"c\"}"));
	struct json_token t;

	(void)state;
	assert_int_equal(json_next(&r, &t), 0);
	assert_int_equal(t.type, JSON_OBJECT);
	assert_int_equal(json_next(&r, &t), 0);
	assert_int_equal(t.type, JSON_OBJECT);
	assert_true(span_equal(t.key, span_text("a")));
	assert_int_equal(json_skip(&r), 0);
	assert_int_equal(json_next(&r, &t), 0);
	assert_int_equal(t.type, JSON_STRING);
	assert_true(span_equal(t.key, span_text("b")));
	assert_true(span_equal(t.text, span_text("c")));
	assert_int_equal(json_next(&r, &t), 0);
	assert_int_equal(t.type, JSON_CLOSE);
	assert_int_equal(json_next(&r, &t), 0);
	assert_int_equal(t.type, JSON_END);
	assert_int_equal(json_next(&r, &t), 0);
	assert_int_equal(t.type, JSON_END);
}

/* Whatever bytes were written, they come back in printable form. */
static void
test_printed(void **state)
{
	char text[64];
	char out[64];
	struct json j;
	struct json_token t = { 0 };

	(void)state;
	json_to_memory(&j, text, sizeof(text));
	json_string(&j, span_of("a\"\\\n\x1b[\xff", 7));
	assert_int_equal(json_end(&j), 0);
	assert_int_equal(read_all(text, &t), 0);
	assert_int_equal(json_print(out, sizeof(out), t.text), 16);
	assert_string_equal(out, "a\"\\\\x0a\\x1b[\\xff");
	(void)json_print(out, sizeof(out), span_text("\\u20ac\\t"));
	assert_string_equal(out, "\\u20ac\\x09");
	assert_int_equal(json_print(out, 3, span_text("abcdef")), 2);
	assert_string_equal(out, "ab");
}

static void
test_room(void **state)
{
	char text[8];
	struct json j;

	(void)state;
	json_to_memory(&j, text, sizeof(text));
	assert_int_equal(json_room(&j), 7);
	json_array(&j);
	assert_int_equal(json_room(&j), 6);
	json_text(&j, "too long");
	assert_int_equal(json_room(&j), 0);
	json_close(&j);
	assert_int_equal(json_end(&j), DG_ELIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_json),
		cmocka_unit_test(test_what_is_not),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_printed),
		cmocka_unit_test(test_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
