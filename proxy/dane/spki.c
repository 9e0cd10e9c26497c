#include "dane/spki.h"

#define TAG_INTEGER  0x02
#define TAG_SEQUENCE 0x30
#define TAG_VERSION  0xa0 /* [0], constructed */

/* Lengths past 24 bits are longer than any certificate. */
#define LENGTH_BYTES_MAX 3

/* One element: tag, length, contents. */
struct element {
	uint8_t tag;
	struct span whole; /* with tag and length */
	struct span contents;
};

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

/* Cuts the next element off *rest. */
static int
next_element(struct element *out, struct span *rest)
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

/* Cuts the next element, which must be of this tag, off *rest. */
static int
expect_element(struct element *out, struct span *rest, uint8_t tag)
{
	struct element e;
	int err = next_element(&e, rest);

	if (err < 0)
		return err;
	if (e.tag != tag)
		return DG_ESYNTAX;
	*out = e;
	return 0;
}

int
spki_find(struct span *out, struct span der)
{
	/* Serial number, signature algorithm, issuer, validity, subject, and
	 * the key itself. */
	static const uint8_t fields[] = { TAG_INTEGER, TAG_SEQUENCE,
		TAG_SEQUENCE, TAG_SEQUENCE, TAG_SEQUENCE, TAG_SEQUENCE };
	struct element e;
	struct span rest = der;
	int err;

	err = expect_element(&e, &rest, TAG_SEQUENCE);
	if (err < 0)
		return err;
	rest = e.contents;
	err = expect_element(&e, &rest, TAG_SEQUENCE);
	if (err < 0)
		return err;
	rest = e.contents;
	/* The version is left out for version 1. */
	if (rest.n > 0 && rest.p[0] == TAG_VERSION) {
		err = next_element(&e, &rest);
		if (err < 0)
			return err;
	}
	for (size_t i = 0; i < DG_ARRAY_LEN(fields); i++) {
		err = expect_element(&e, &rest, fields[i]);
		if (err < 0)
			return err;
	}
	*out = e.whole;
	return 0;
}
