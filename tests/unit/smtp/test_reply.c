/* Replies of a server that may be hostile: RFC 5321 4.2, design section 5. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "smtp/reply.h"

struct reading {
	const char *in;
	size_t n; /* 0: strlen */
	int result;
	int code;
	const char *text;
};

static const struct reading readings[] = {
	{ "250 ok\r\n", 0, 0, 250, "ok" },
	{ "250\r\n", 0, 0, 250, "" },
	{ "250 \r\n", 0, 0, 250, "" },
	{ "250-a\r\n250-b\r\n250 c\r\n", 0, 0, 250, "a\nb\nc" },
	{ "250-a\r\n250\r\n", 0, 0, 250, "a\n" },
	{ "421 bye\n", 0, 0, 421, "bye" },
	{ "550 \x1b[31m\xc3\xa9\r\n", 0, 0, 550, "?[31m??" },
	{ "250-a\r\n", 0, DG_EAGAIN, 0, NULL },
	{ "250 ok", 0, DG_EAGAIN, 0, NULL },
	{ "", 0, DG_EAGAIN, 0, NULL },
	{ "25\r\n", 0, DG_EPROTO, 0, NULL },
	{ "\r\n", 0, DG_EPROTO, 0, NULL },
	{ "2500 ok\r\n", 0, DG_EPROTO, 0, NULL },
	{ "250_ok\r\n", 0, DG_EPROTO, 0, NULL },
	{ "+50 ok\r\n", 0, DG_EPROTO, 0, NULL },
	{ "150 ok\r\n", 0, DG_EPROTO, 0, NULL },
	{ "600 ok\r\n", 0, DG_EPROTO, 0, NULL },
	{ "hello\r\n", 0, DG_EPROTO, 0, NULL },
	{ "250-a\r\n550 b\r\n", 0, DG_EPROTO, 0, NULL },
	{ "250 a\0b\r\n", 9, DG_EPROTO, 0, NULL },
};

static int
read_all(struct smtp_reply_reader *r, const char *text, size_t n, size_t step)
{
	static uint8_t mem[8192];
	struct buf in;
	int result;

	buf_init(&in, mem, sizeof(mem));
	smtp_reply_start(r);
	result = smtp_reply_read(r, &in);
	for (size_t at = 0; at < n && result == DG_EAGAIN; at += step) {
		size_t piece = n - at < step ? n - at : step;

		assert_int_equal(buf_put(&in, text + at, piece), 0);
		result = smtp_reply_read(r, &in);
	}
	return result;
}

static void
test_read_at_every_split(void **state)
{
	static struct smtp_reply_reader r;

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(readings); i++)
		for (size_t step = 1; step < 24; step++) {
			const struct reading *c = &readings[i];
			size_t n = c->n != 0 ? c->n : strlen(c->in);

			assert_int_equal(read_all(&r, c->in, n, step),
			    c->result);
			if (c->result != 0)
				continue;
			assert_int_equal(r.reply.code, c->code);
			assert_string_equal(r.reply.text, c->text);
		}
}

static void
test_limits(void **state)
{
	static struct smtp_reply_reader r;
	static char text[8000];

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, "250 ", 4);
	assert_int_equal(read_all(&r, text, SMTP_REPLY_LINE_MAX - 1, 100),
	    DG_EAGAIN);
	assert_int_equal(read_all(&r, text, SMTP_REPLY_LINE_MAX, 100),
	    DG_ELIMIT);
	for (size_t i = 0; i + 6 <= sizeof(text); i += 6)
		memcpy(text + i, "250-\r\n", 6);
	assert_int_equal(read_all(&r, text, 6 * (SMTP_REPLY_LINES + 1), 64),
	    DG_ELIMIT);
	assert_int_equal(read_all(&r, text, 6 * SMTP_REPLY_LINES, 64),
	    DG_EAGAIN);
}

/* What stands behind a reply is the next one's: STARTTLS depends on it. */
static void
test_takes_no_more_than_its_own(void **state)
{
	static struct smtp_reply_reader r;
	uint8_t mem[64];
	struct buf in;

	(void)state;
	buf_init(&in, mem, sizeof(mem));
	assert_int_equal(buf_put(&in, "220 go\r\n250 injected\r\n", 22), 0);
	smtp_reply_start(&r);
	assert_int_equal(smtp_reply_read(&r, &in), 0);
	assert_int_equal(r.reply.code, 220);
	assert_true(span_equal(buf_peek(&in), span_text("250 injected\r\n")));
}

static void
test_write(void **state)
{
	static struct smtp_reply reply;
	uint8_t mem[64];
	struct buf out;

	(void)state;
	buf_init(&out, mem, sizeof(mem));
	smtp_reply_set(&reply, 451, "%s", "4.7.5 first\nsecond");
	assert_int_equal(smtp_reply_write(&out, &reply), 0);
	assert_true(span_equal(buf_peek(&out),
	    span_text("451-4.7.5 first\r\n451 second\r\n")));
	/* All or nothing. */
	buf_clear(&out);
	out.size = 20;
	assert_int_equal(smtp_reply_write(&out, &reply), DG_EAGAIN);
	assert_int_equal(buf_peek(&out).n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_at_every_split),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_takes_no_more_than_its_own),
		cmocka_unit_test(test_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
