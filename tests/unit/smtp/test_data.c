/* The end-of-data tracker: RFC 5321 4.1.1.4 and 4.5.2, SMTP smuggling. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "smtp/data.h"
#include "smtp/line.h"

struct transfer {
	const char *in;
	const char *out;
	const char *rest; /* NULL: the end of data is not reached */
};

/* Feeds in, step bytes at a time, through an output of room bytes. */
static int
relay(const char *in, size_t step, size_t room, char *got, const char **rest)
{
	uint8_t in_mem[256], out_mem[16];
	size_t n = strlen(in), at = 0, len = 0;
	struct buf from, to;
	struct smtp_data d;
	int result = DG_EAGAIN;

	smtp_data_start(&d, SMTP_NEWLINE_NORMALIZE);
	buf_init(&from, in_mem, sizeof(in_mem));
	buf_init(&to, out_mem, room);
	/* Each turn takes input or empties the output: bounded by both. */
	for (size_t turn = 0; turn < 4 * n + 4 && result == DG_EAGAIN; turn++) {
		size_t piece = n - at < step ? n - at : step;

		assert_int_equal(buf_put(&from, in + at, piece), 0);
		at += piece;
		result = smtp_data_relay(&d, &from, &to);
		memcpy(got + len, buf_peek(&to).p, buf_peek(&to).n);
		len += buf_peek(&to).n;
		buf_clear(&to);
	}
	got[len] = '\0';
	*rest = in + at - buf_peek(&from).n;
	if (result == 0)
		assert_int_equal(smtp_data_size(&d), len - 3);
	return result;
}

static const struct transfer transfers[] = {
	{ ".\r\n", ".\r\n", "" },
	{ "a\r\n.\r\nQUIT\r\n", "a\r\n.\r\n", "QUIT\r\n" },
	{ "a\r\n..\r\n.\r\n", "a\r\n..\r\n.\r\n", "" },
	{ "..a\r\n.\r\n", "..a\r\n.\r\n", "" },
	{ "\r\n\r\n.\r\n", "\r\n\r\n.\r\n", "" },
	/* a stuffed dot the client forgot to double stays as it is */
	{ ".a\r\n.\r\n", ".a\r\n.\r\n", "" },
	/* none of these ends data; all come out as a line with one dot */
	{ "a\n.\nMAIL\r\n.\r\n", "a\r\n..\r\nMAIL\r\n.\r\n", "" },
	{ "a\n.\r\nMAIL\r\n.\r\n", "a\r\n..\r\nMAIL\r\n.\r\n", "" },
	{ "a\r\n.\nMAIL\r\n.\r\n", "a\r\n..\r\nMAIL\r\n.\r\n", "" },
	{ "a\r.\rMAIL\r\n.\r\n", "a\r\n..\r\nMAIL\r\n.\r\n", "" },
	{ "a\r.\r\nMAIL\r\n.\r\n", "a\r\n..\r\nMAIL\r\n.\r\n", "" },
	{ "a\r\n.\rMAIL\r\n.\r\n", "a\r\n..\r\nMAIL\r\n.\r\n", "" },
	{ "a\r\r\n.\r\n", "a\r\n\r\n.\r\n", "" },
	{ "a\n\r.\r\nb\r\n.\r\n", "a\r\n\r\n..\r\nb\r\n.\r\n", "" },
	{ "\n.\r\nb\r\n.\r\n", "\r\n..\r\nb\r\n.\r\n", "" },
	{ ".\r.\r\nb\r\n.\r\n", "..\r\n..\r\nb\r\n.\r\n", "" },
	{ "a\r\n.", NULL, NULL },
	{ "a\r\n.\r", NULL, NULL },
	{ "a\r\n. \r\n", NULL, NULL },
	{ "a.\r\n", NULL, NULL },
};

/* The same bytes come out whatever way they were split, and however little
 * room the output had. */
static void
test_relay_at_every_split(void **state)
{
	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(transfers); i++)
		for (size_t step = 1; step < 20; step++)
			for (size_t room = 6; room <= 16; room++) {
				const struct transfer *t = &transfers[i];
				char got[512];
				const char *rest;
				int result = relay(t->in, step, room, got,
				    &rest);

				assert_int_equal(result,
				    t->out == NULL ? DG_EAGAIN : 0);
				if (t->out == NULL)
					continue;
				assert_string_equal(got, t->out);
				/* What was not fed yet is not the tracker's. */
				assert_true(
				    strncmp(rest,
					t->in + strlen(t->in) - strlen(t->rest),
					strlen(rest)) == 0);
			}
}

/* What ends data for any tolerant receiver: a dot alone on a line, whatever the
 * line ends are. It must stand in the output once, at its end. */
static void
check_no_smuggling(const char *out, size_t n)
{
	for (size_t i = 0; i + 1 < n; i++) {
		bool start = i == 0 || out[i - 1] == '\n' || out[i - 1] == '\r';

		if (out[i] == '.' && start &&
		    (out[i + 1] == '\r' || out[i + 1] == '\n'))
			assert_int_equal(i + 3, n);
		if (out[i] == '\r')
			assert_int_equal(out[i + 1], '\n');
		if (out[i + 1] == '\n')
			assert_int_equal(out[i], '\r');
	}
}

/* Feeds the n bytes at text, and an end of data where they hold none, in pieces
 * of that size; returns how many came out. */
static size_t
relay_in_pieces(const uint8_t *text, size_t n, size_t piece, uint8_t *got)
{
	static const char end[] = "x\r\n.\r\n";
	uint8_t in_mem[32];
	struct buf in, out;
	struct smtp_data d;
	int result = DG_EAGAIN;

	buf_init(&in, in_mem, sizeof(in_mem));
	buf_init(&out, got, 64);
	smtp_data_start(&d, SMTP_NEWLINE_NORMALIZE);
	for (size_t at = 0; at < n && result == DG_EAGAIN; at += piece) {
		size_t m = n - at < piece ? n - at : piece;

		assert_int_equal(buf_put(&in, text + at, m), 0);
		result = smtp_data_relay(&d, &in, &out);
	}
	if (result == DG_EAGAIN) {
		buf_clear(&in);
		assert_int_equal(buf_put(&in, end, sizeof(end) - 1), 0);
		assert_int_equal(smtp_data_relay(&d, &in, &out), 0);
	}
	return buf_peek(&out).n;
}

/* All texts of up to 8 bytes over { a . CR LF }: 87380 messages. They come out
 * the same whether runs of lines or single bytes went in. */
static void
test_no_text_smuggles(void **state)
{
	static const char alphabet[] = { 'a', '.', '\r', '\n' };

	(void)state;
	for (size_t len = 1; len <= 8; len++)
		for (size_t code = 0; code < (size_t)1 << (2 * len); code++) {
			uint8_t text[8], whole[64], single[64];
			size_t n;

			for (size_t i = 0; i < len; i++)
				text[i] = (uint8_t)
				    alphabet[(code >> (2 * i)) & 3];
			n = relay_in_pieces(text, len, len, whole);
			check_no_smuggling((const char *)whole, n);
			assert_int_equal(relay_in_pieces(text, len, 1, single),
			    n);
			assert_memory_equal(whole, single, n);
		}
}

/* Lines that need no change are taken together, and end where one does. */
static void
test_runs_of_lines(void **state)
{
	static const char text[] = "first\r\nsecond line\r\nthird\r\n..four\r\n"
				   "\r\nfive\nsix\r\n.\r\n";
	static const char want[] = "first\r\nsecond line\r\nthird\r\n..four\r\n"
				   "\r\nfive\r\nsix\r\n.\r\n";
	uint8_t in_mem[128], out_mem[128];

	(void)state;
	for (size_t room = 6; room <= sizeof(out_mem); room++) {
		uint8_t got[128];
		size_t n = 0;
		int result = DG_EAGAIN;
		struct buf in, out;
		struct smtp_data d;

		buf_init(&in, in_mem, sizeof(in_mem));
		buf_init(&out, out_mem, room);
		assert_int_equal(buf_put(&in, text, sizeof(text) - 1), 0);
		smtp_data_start(&d, SMTP_NEWLINE_NORMALIZE);
		for (int turn = 0; turn < 64 && result == DG_EAGAIN; turn++) {
			result = smtp_data_relay(&d, &in, &out);
			memcpy(got + n, buf_peek(&out).p, out.len);
			n += out.len;
			buf_clear(&out);
		}
		assert_int_equal(result, 0);
		assert_int_equal(n, sizeof(want) - 1);
		assert_memory_equal(got, want, n);
		assert_int_equal(smtp_data_size(&d), n - 3);
	}
}

/* Lines of every length around that by which line ends are looked for, with every
 * kind of line end behind them. */
static void
test_runs_of_long_lines(void **state)
{
	static const char *const ends[][2] = { { "\r\n", "\r\n" },
		{ "\n", "\r\n" }, { "\r", "\r\n" }, { "\r\n..", "\r\n.." },
		{ "\n.", "\r\n.." } };

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(ends); i++)
		for (size_t len = 250; len < 264; len++) {
			char in_mem[700], want[700], out_mem[700];
			struct buf in, out;
			struct smtp_data d;
			int n = snprintf(in_mem, sizeof(in_mem),
			    "%0*d%s%0*d\r\n.\r\n", (int)len, 1, ends[i][0],
			    (int)len, 2);

			(void)snprintf(want, sizeof(want),
			    "%0*d%s%0*d\r\n.\r\n", (int)len, 1, ends[i][1],
			    (int)len, 2);
			buf_init(&in, (uint8_t *)in_mem, sizeof(in_mem));
			buf_init(&out, (uint8_t *)out_mem, sizeof(out_mem));
			buf_commit(&in, (size_t)n);
			smtp_data_start(&d, SMTP_NEWLINE_NORMALIZE);
			assert_int_equal(smtp_data_relay(&d, &in, &out), 0);
			assert_true(
			    span_equal(buf_peek(&out), span_text(want)));
		}
}

static void
test_reject_refuses_bare_newlines(void **state)
{
	static const char *const texts[] = { "a\nb", "a\rb", "a\r\n.\n", "\n",
		"a\r\n.\rb" };

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(texts); i++) {
		uint8_t in_mem[64], out_mem[64];
		struct buf in, out;
		struct smtp_data d;

		buf_init(&in, in_mem, sizeof(in_mem));
		buf_init(&out, out_mem, sizeof(out_mem));
		assert_int_equal(buf_put(&in, texts[i], strlen(texts[i])), 0);
		assert_int_equal(buf_put(&in, "c\r\n.\r\nQUIT", 10), 0);
		smtp_data_start(&d, SMTP_NEWLINE_REJECT);
		assert_int_equal(smtp_data_relay(&d, &in, &out), DG_ESYNTAX);
		/* The client's own end is still found, and nothing written. */
		assert_int_equal(smtp_data_discard(&d, &in), 0);
		assert_true(span_equal(buf_peek(&in), span_text("QUIT")));
	}
}

/* NUL and 8-bit bytes pass; lines of any length do. */
static void
test_bytes_pass_unchanged(void **state)
{
	static uint8_t in_mem[70000], out_mem[70000];
	struct buf in, out;
	struct smtp_data d;

	(void)state;
	buf_init(&in, in_mem, sizeof(in_mem));
	buf_init(&out, out_mem, sizeof(out_mem));
	for (size_t i = 0; i < 65536; i++)
		in_mem[i] = (uint8_t)(i % 256 == '\r' || i % 256 == '\n'
			? 'x'
			: i % 256);
	buf_commit(&in, 65536);
	assert_int_equal(buf_put(&in, "\r\n.\r\n", 5), 0);
	smtp_data_start(&d, SMTP_NEWLINE_NORMALIZE);
	assert_int_equal(smtp_data_relay(&d, &in, &out), 0);
	assert_int_equal(buf_peek(&out).n, 65541);
	assert_memory_equal(buf_peek(&out).p, in_mem, 65541);
}

static void
test_line_next(void **state)
{
	uint8_t mem[32];
	struct buf b;
	struct span line;
	size_t used;

	(void)state;
	buf_init(&b, mem, sizeof(mem));
	assert_int_equal(smtp_line_next(&line, &used, &b, 10), DG_EAGAIN);
	assert_int_equal(buf_put(&b, "NOOP\r\nQUIT\n", 11), 0);
	assert_int_equal(smtp_line_next(&line, &used, &b, 10), 0);
	assert_true(span_equal(line, span_text("NOOP")));
	buf_drop(&b, used);
	assert_int_equal(smtp_line_next(&line, &used, &b, 10), 0);
	assert_true(span_equal(line, span_text("QUIT")));
	buf_drop(&b, used);
	assert_int_equal(buf_put(&b, "123456789", 9), 0);
	assert_int_equal(smtp_line_next(&line, &used, &b, 10), DG_EAGAIN);
	assert_int_equal(buf_put(&b, "0\n", 2), 0);
	assert_int_equal(smtp_line_next(&line, &used, &b, 10), DG_ELIMIT);
	assert_int_equal(smtp_line_next(&line, &used, &b, 11), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_relay_at_every_split),
		cmocka_unit_test(test_no_text_smuggles),
		cmocka_unit_test(test_runs_of_lines),
		cmocka_unit_test(test_runs_of_long_lines),
		cmocka_unit_test(test_reject_refuses_bare_newlines),
		cmocka_unit_test(test_bytes_pass_unchanged),
		cmocka_unit_test(test_line_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
