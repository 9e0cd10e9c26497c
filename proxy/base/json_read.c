#include "base/json_read.h"

#include <string.h>

struct json_reader
json_reader(struct span text)
{
	return (struct json_reader){ .text = text };
}

/* One of the bytes given, none of which is NUL. */
static bool
is_one_of(uint8_t c, const char *bytes)
{
	return c != '\0' && strchr(bytes, c) != NULL;
}

static void
skip_blank(struct json_reader *r)
{
	while (r->at < r->text.n && is_one_of(r->text.p[r->at], " \t\r\n"))
		r->at++;
}

/* The byte that comes next, which is not taken; 0 at the end. */
static uint8_t
peek(struct json_reader *r)
{
	skip_blank(r);
	return r->at < r->text.n ? r->text.p[r->at] : 0;
}

static bool
take(struct json_reader *r, uint8_t c)
{
	if (peek(r) != c || c == 0)
		return false;
	r->at++;
	return true;
}

static bool
is_hex(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
	    (c >= 'A' && c <= 'F');
}

/* The escape at `at`, which is a backslash: how many bytes it has; 0: none. */
static size_t
escape_length(struct span s, size_t at)
{
	if (at + 1 >= s.n)
		return 0;
	if (s.p[at + 1] != 'u')
		return is_one_of(s.p[at + 1], "\"\\/bfnrt") ? 2 : 0;
	for (size_t i = 2; i < 6; i++)
		if (at + i >= s.n || !is_hex(s.p[at + i]))
			return 0;
	return 6;
}

/* A string; *out is what stands between its quotes. */
static int
read_string(struct json_reader *r, struct span *out)
{
	size_t from;

	if (!take(r, '"'))
		return DG_ESYNTAX;
	from = r->at;
	while (r->at < r->text.n && r->text.p[r->at] != '"') {
		size_t n = 1;

		if (r->text.p[r->at] < 0x20)
			return DG_ESYNTAX;
		if (r->text.p[r->at] == '\\')
			n = escape_length(r->text, r->at);
		if (n == 0)
			return DG_ESYNTAX;
		r->at += n;
	}
	if (r->at >= r->text.n)
		return DG_ESYNTAX;
	*out = span_slice(r->text, from, r->at);
	r->at++;
	return 0;
}

static void
read_digits(struct json_reader *r)
{
	while (r->at < r->text.n && r->text.p[r->at] >= '0' &&
	    r->text.p[r->at] <= '9')
		r->at++;
}

/* Takes one of the bytes given, if it comes next. */
static bool
take_one_of(struct json_reader *r, const char *bytes)
{
	if (r->at >= r->text.n || !is_one_of(r->text.p[r->at], bytes))
		return false;
	r->at++;
	return true;
}

static int
read_number(struct json_reader *r, struct span *out)
{
	size_t from = r->at;
	size_t digits;

	(void)take_one_of(r, "-");
	digits = r->at;
	read_digits(r);
	if (r->at == digits || (r->text.p[digits] == '0' && r->at > digits + 1))
		return DG_ESYNTAX;
	if (take_one_of(r, ".")) {
		digits = r->at;
		read_digits(r);
		if (r->at == digits)
			return DG_ESYNTAX;
	}
	if (take_one_of(r, "eE")) {
		(void)take_one_of(r, "+-");
		digits = r->at;
		read_digits(r);
		if (r->at == digits)
			return DG_ESYNTAX;
	}
	*out = span_slice(r->text, from, r->at);
	return 0;
}

static int
read_word(struct json_reader *r, struct json_token *out)
{
	static const struct {
		const char *word;
		enum json_type type;
	} words[] = { { "true", JSON_TRUE }, { "false", JSON_FALSE },
		{ "null", JSON_NULL } };

	for (size_t i = 0; i < DG_ARRAY_LEN(words); i++) {
		struct span word = span_text(words[i].word);

		if (span_equal(span_slice(r->text, r->at, r->at + word.n),
			word)) {
			r->at += word.n;
			out->type = words[i].type;
			return 0;
		}
	}
	return DG_ESYNTAX;
}

static bool
in_object(const struct json_reader *r)
{
	return r->depth > 0 && (r->objects >> (r->depth - 1) & 1) != 0;
}

static int
open_one(struct json_reader *r, struct json_token *out, bool object)
{
	if (r->depth == JSON_DEPTH_MAX)
		return DG_ELIMIT;
	r->at++;
	r->objects &= ~((uint32_t)1 << r->depth);
	if (object)
		r->objects |= (uint32_t)1 << r->depth;
	r->depth++;
	r->filled = false;
	out->type = object ? JSON_OBJECT : JSON_ARRAY;
	return 0;
}

static int
read_value(struct json_reader *r, struct json_token *out)
{
	int err;

	switch (peek(r)) {
	case '{':
		return open_one(r, out, true);
	case '[':
		return open_one(r, out, false);
	case '"':
		out->type = JSON_STRING;
		err = read_string(r, &out->text);
		break;
	case 't':
	case 'f':
	case 'n':
		err = read_word(r, out);
		break;
	default:
		out->type = JSON_NUMBER;
		err = read_number(r, &out->text);
		break;
	}
	r->filled = true;
	return err;
}

/* The end of what is open, if it comes next. */
static bool
take_close(struct json_reader *r)
{
	if (r->depth == 0 || !take(r, in_object(r) ? '}' : ']'))
		return false;
	r->depth--;
	r->filled = true;
	return true;
}

int
json_next(struct json_reader *r, struct json_token *out)
{
	struct json_token token = { .type = JSON_END };
	int err = 0;

	if (r->depth == 0 && r->over) {
		if (peek(r) != 0 || r->at < r->text.n)
			return DG_ESYNTAX;
		*out = token;
		return 0;
	}
	r->over = true;
	if (take_close(r)) {
		token.type = JSON_CLOSE;
		*out = token;
		return 0;
	}
	if (r->depth > 0 && r->filled && !take(r, ','))
		return DG_ESYNTAX;
	if (in_object(r)) {
		err = read_string(r, &token.key);
		if (err == 0 && !take(r, ':'))
			err = DG_ESYNTAX;
	}
	if (err == 0)
		err = read_value(r, &token);
	if (err == 0)
		*out = token;
	return err;
}

int
json_skip(struct json_reader *r)
{
	unsigned depth = r->depth;
	struct json_token token;
	int err = 0;

	while (err == 0 && r->depth >= depth && depth > 0)
		err = json_next(r, &token);
	return err;
}

static unsigned
hex_value(struct span s)
{
	unsigned v = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned c = s.p[i];

		v = v << 4 | (c <= '9' ? c - '0' : (c | 0x20U) - 'a' + 10U);
	}
	return v;
}

/* The character of an escape of n bytes at `at`. */
static unsigned
escape_value(struct span s, size_t at, size_t n)
{
	static const char from[] = "bfnrt";
	static const char to[] = "\b\f\n\r\t";
	const char *hit;

	if (n == 6)
		return hex_value(span_slice(s, at + 2, at + 6));
	hit = strchr(from, s.p[at + 1]);
	return hit != NULL ? (unsigned char)to[hit - from] : s.p[at + 1];
}

size_t
json_print(char *out, size_t size, struct span text)
{
	size_t len = 0;

	for (size_t at = 0; at < text.n;) {
		char piece[8];
		size_t n = 1;
		unsigned c = text.p[at];

		if (c == '\\' && (n = escape_length(text, at)) > 0)
			c = escape_value(text, at, n);
		else
			n = 1;
		at += n;
		if (c >= 0x20 && c < 0x7f)
			(void)snprintf(piece, sizeof(piece), "%c", (int)c);
		else
			(void)snprintf(piece, sizeof(piece),
			    c < 0x100 ? "\\x%02x" : "\\u%04x", c);
		n = strlen(piece);
		if (len + n >= size)
			break;
		memcpy(out + len, piece, n);
		len += n;
	}
	if (size > 0)
		out[len] = '\0';
	return len;
}
