#include "dane/der.h"

/* Lengths past 24 bits are longer than any certificate. */
#define LENGTH_BYTES_MAX 3

/* Reads the length (X.690 8.1.3, 10.1: definite form) at *at, and moves it. */
static int
read_length(size_t *out, struct span s, size_t *at)
{
	size_t i = *at;
	size_t bytes, length = 0;

	if (i >= s.n)
		return DG_ESYNTAX;
	if (s.p[i] < 0x80) {
		*out = s.p[i];
		*at = i + 1;
		return 0;
	}
	bytes = s.p[i++] & 0x7fU;
	if (bytes == 0 || bytes > LENGTH_BYTES_MAX || bytes > s.n - i)
		return DG_ESYNTAX;
	for (; bytes > 0; bytes--)
		length = length << 8 | s.p[i++];
	*out = length;
	*at = i;
	return 0;
}

int
der_next(struct der *out, struct span *rest)
{
	struct span s = *rest;
	size_t at = 1;
	size_t length;
	int err;

	if (s.n == 0)
		return DG_ESYNTAX;
	err = read_length(&length, s, &at);
	if (err < 0)
		return err;
	if (length > s.n - at)
		return DG_ESYNTAX;
	out->tag = s.p[0];
	out->whole = span_slice(s, 0, at + length);
	out->contents = span_slice(s, at, at + length);
	*rest = span_slice(s, at + length, s.n);
	return 0;
}

int
der_expect(struct der *out, struct span *rest, uint8_t tag)
{
	struct span after = *rest;
	struct der e;
	int err = der_next(&e, &after);

	if (err < 0)
		return err;
	if (e.tag != tag)
		return DG_ESYNTAX;
	*out = e;
	*rest = after;
	return 0;
}

int
der_open(struct span *contents, struct span s, uint8_t tag)
{
	struct der e;
	int err = der_expect(&e, &s, tag);

	if (err < 0)
		return err;
	if (s.n > 0)
		return DG_ESYNTAX;
	*contents = e.contents;
	return 0;
}

size_t
der_write_header(uint8_t *out, uint8_t tag, size_t n)
{
	out[0] = tag;
	if (n < 0x80) {
		out[1] = (uint8_t)n;
		return 2;
	}
	out[1] = 0x80 | LENGTH_BYTES_MAX;
	out[2] = (uint8_t)(n >> 16);
	out[3] = (uint8_t)(n >> 8);
	out[4] = (uint8_t)n;
	return 2 + LENGTH_BYTES_MAX;
}
