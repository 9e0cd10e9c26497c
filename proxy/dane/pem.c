#include "dane/pem.h"

#include <string.h>

#define TAG_SEQUENCE 0x30 /* what a certificate begins with, in DER and BER */

/* The second is an old name of the same. */
static const struct {
	const char *begin, *end;
} labels[] = {
	{ "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----" },
	{ "-----BEGIN X509 CERTIFICATE-----",
	    "-----END X509 CERTIFICATE-----" },
};

/* Where mark begins in text, or text.n. */
static size_t
find(struct span text, const char *mark)
{
	const uint8_t *at;

	if (text.n == 0)
		return 0;
	at = memmem(text.p, text.n, mark, strlen(mark));
	return at == NULL ? text.n : (size_t)(at - text.p);
}

/* Cuts the body of the next block off *text. DG_ENOTFOUND: there is none. */
static int
next_block(struct span *body, struct span *text)
{
	size_t best = text->n, which = 0, from, n;

	for (size_t i = 0; i < DG_ARRAY_LEN(labels); i++) {
		size_t at = find(*text, labels[i].begin);

		if (at < best) {
			best = at;
			which = i;
		}
	}
	if (best == text->n)
		return DG_ENOTFOUND;
	from = best + strlen(labels[which].begin);
	*text = span_slice(*text, from, text->n);
	n = find(*text, labels[which].end);
	if (n == text->n)
		return DG_ESYNTAX;
	*body = span_slice(*text, 0, n);
	*text = span_slice(*text, n + strlen(labels[which].end), text->n);
	return 0;
}

/* The value of a base64 digit (RFC 4648 4), or -1. */
static int
digit(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Decodes body to out, which has at least its length. DG_ESYNTAX. */
static int
decode(uint8_t *out, size_t *n, struct span body)
{
	size_t digits = 0, pads = 0, len = 0;
	uint32_t bits = 0;

	for (size_t i = 0; i < body.n; i++) {
		uint8_t c = body.p[i];
		int value = digit(c);

		if (is_blank(c))
			continue;
		if (c == '=') {
			pads++;
			continue;
		}
		if (value < 0 || pads > 0)
			return DG_ESYNTAX;
		bits = (bits << 6 | (uint32_t)value) & 0xffffffU;
		digits++;
		if (digits % 4 != 1)
			out[len++] = (uint8_t)(bits >>
			    (6 - 2 * ((digits - 1) % 4)));
	}
	if (digits % 4 == 1 || pads != (4 - digits % 4) % 4)
		return DG_ESYNTAX;
	*n = len;
	return 0;
}

int
pem_read_chain(struct span *chain, size_t *n, size_t max, struct span text,
    uint8_t *room)
{
	size_t found = 0, used = 0, len;
	bool any = false;
	struct span body;
	int err = 0;

	while (found < max && (err = next_block(&body, &text)) == 0) {
		err = decode(room + used, &len, body);
		if (err < 0)
			return err;
		any |= len > 0 && room[used] == TAG_SEQUENCE;
		chain[found++] = span_of(room + used, len);
		used += len;
	}
	if (err == DG_ESYNTAX)
		return err;
	if (!any)
		return DG_ENOTFOUND;
	*n = found;
	return 0;
}
