#include "smtp/reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "smtp/line.h"

#define CODE_LEN 3

void
smtp_reply_start(struct smtp_reply_reader *r)
{
	r->reply.code = 0;
	r->reply.lines = 0;
	r->reply.len = 0;
	r->reply.text[0] = '\0';
}

/* Adds one line's text, made printable. */
static int
add_line(struct smtp_reply *reply, struct span text)
{
	size_t between = reply->lines > 0 ? 1 : 0;

	if (reply->lines == SMTP_REPLY_LINES ||
	    text.n + between >= sizeof(reply->text) - reply->len)
		return DG_ELIMIT;
	if (between != 0)
		reply->text[reply->len++] = '\n';
	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];

		if (c == 0)
			return DG_EPROTO;
		reply->text[reply->len++] = (char)(c >= 0x20 && c < 0x7f ? c
									 : '?');
	}
	reply->text[reply->len] = '\0';
	reply->lines++;
	return 0;
}

/* One line: code, then '-' when more follow, or blank, or nothing. */
static int
take_line(struct smtp_reply *reply, bool *last, struct span line)
{
	uint64_t code;
	uint8_t mark = line.n > CODE_LEN ? line.p[CODE_LEN] : ' ';

	if (span_number(&code, span_slice(line, 0, CODE_LEN), 599) != 0 ||
	    code < 200 || line.n < CODE_LEN || (mark != ' ' && mark != '-'))
		return DG_EPROTO;
	if (reply->lines > 0 && reply->code != (int)code)
		return DG_EPROTO;
	reply->code = (int)code;
	*last = mark == ' ';
	return add_line(reply, span_slice(line, CODE_LEN + 1, line.n));
}

int
smtp_reply_read(struct smtp_reply_reader *r, struct buf *in)
{
	bool last = false;

	while (!last) {
		struct span line = { 0 };
		size_t used = 0;
		int result = smtp_line_next(&line, &used, in,
		    SMTP_REPLY_LINE_MAX);

		if (result == 0)
			result = take_line(&r->reply, &last, line);
		if (result != 0)
			return result;
		buf_drop(in, used);
	}
	return 0;
}

int
smtp_reply_write(struct buf *out, const struct smtp_reply *reply)
{
	struct span rest = span_of(reply->text, reply->len);
	unsigned lines = 1;
	char mark = '-';

	for (size_t i = 0; i < reply->len; i++)
		if (reply->text[i] == '\n')
			lines++;
	/* "250-" and CRLF per line; buf_printf wants a byte for its NUL. */
	if (reply->len + (size_t)lines * (CODE_LEN + 3) + 1 > buf_room(out))
		return DG_EAGAIN;
	while (mark == '-') {
		size_t end = span_find(rest, '\n', 0);
		int result;

		if (end == rest.n)
			mark = ' ';
		result = buf_printf(out, "%03d%c%.*s\r\n", reply->code, mark,
		    (int)end, (const char *)rest.p);
		if (result != 0)
			return result;
		rest = span_slice(rest, end + 1, rest.n);
	}
	return 0;
}

void
smtp_reply_set(struct smtp_reply *reply, int code, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(reply->text, sizeof(reply->text), format, ap);
	va_end(ap);
	if (n < 0)
		reply->text[0] = '\0';
	reply->code = code;
	reply->len = strlen(reply->text);
	reply->lines = 1;
	for (size_t i = 0; i < reply->len; i++)
		if (reply->text[i] == '\n')
			reply->lines++;
}
