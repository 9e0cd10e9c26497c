#include "tlsrpt/record.h"

#include <string.h>

static int
hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* RFC 3986 2.1. DG_ESYNTAX, DG_ELIMIT. */
static int
decode(char out[MAILBOX_MAX], struct span s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++, n++) {
		int high;
		int low;

		if (n == MAILBOX_MAX - 1)
			return DG_ELIMIT;
		if (s.p[i] != '%') {
			out[n] = (char)s.p[i];
			continue;
		}
		if (i + 2 >= s.n || (high = hex_digit(s.p[i + 1])) < 0 ||
		    (low = hex_digit(s.p[i + 2])) < 0)
			return DG_ESYNTAX;
		out[n] = (char)(high << 4 | low);
		i += 2;
	}
	out[n] = '\0';
	return mailbox_check(span_of(out, n));
}

static void
take_uri(struct tlsrpt_record *r, struct span uri)
{
	static const char scheme[] = "mailto:";
	size_t end = span_find(uri, '?', 0);
	struct span mailbox = span_slice(uri, sizeof(scheme) - 1, end);

	if (r->nmailboxes < TLSRPT_RUA_MAX && span_starts_nocase(uri, scheme) &&
	    decode(r->mailboxes[r->nmailboxes], mailbox) == 0)
		r->nmailboxes++;
	else
		r->unused++;
}

/* A comma stands between two URIs, and in none of them (RFC 8460 3). */
static int
take_uris(struct tlsrpt_record *r, struct span list)
{
	size_t at = 0;

	while (at <= list.n) {
		size_t comma = span_find(list, ',', at);
		struct span uri = span_trim(span_slice(list, at, comma));

		if (uri.n == 0)
			return DG_ESYNTAX;
		take_uri(r, uri);
		at = comma + 1;
	}
	return 0;
}

static bool
starts(struct span s, const char *text)
{
	size_t n = strlen(text);

	return s.n >= n && span_equal(span_slice(s, 0, n), span_text(text));
}

/* NAME=VALUE; what nobody knows is passed over. */
static int
take_field(struct tlsrpt_record *r, struct span field)
{
	static const char rua[] = "rua=";
	size_t equals = span_find(field, '=', 0);

	if (equals == 0 || equals >= field.n)
		return DG_ESYNTAX;
	if (!starts(field, rua))
		return 0;
	return take_uris(r, span_slice(field, sizeof(rua) - 1, field.n));
}

int
tlsrpt_record_parse(struct tlsrpt_record *out, struct span text)
{
	static const char version[] = "v=TLSRPTv1";
	struct tlsrpt_record r = { .nmailboxes = 0 };
	size_t at = span_find(text, ';', 0);
	int err = 0;

	if (!span_equal(span_trim(span_slice(text, 0, at)),
		span_text(version)) ||
	    at >= text.n || !starts(text, version))
		return DG_ENOTFOUND;
	while (err == 0 && at < text.n) {
		size_t end = span_find(text, ';', at + 1);
		struct span field = span_trim(span_slice(text, at + 1, end));

		/* Only behind the last one there may be nothing. */
		if (field.n > 0)
			err = take_field(&r, field);
		else if (end < text.n)
			err = DG_ESYNTAX;
		at = end;
	}
	if (err == 0 && r.nmailboxes + r.unused == 0)
		err = DG_ESYNTAX;
	if (err == 0)
		*out = r;
	return err;
}

/* The strings of a TXT record are one text (RFC 8460 3, RFC 7208 3.3). */
static int
join(uint8_t text[TLSRPT_TEXT_MAX], size_t *n, struct span rdata)
{
	*n = 0;
	for (size_t at = 0; at < rdata.n; at += 1 + (size_t)rdata.p[at]) {
		size_t len = rdata.p[at];

		if (at + 1 + len > rdata.n)
			return DG_ESYNTAX;
		if (*n + len > TLSRPT_TEXT_MAX)
			return DG_ELIMIT;
		memcpy(text + *n, rdata.p + at + 1, len);
		*n += len;
	}
	return 0;
}

int
tlsrpt_record_find(struct tlsrpt_record *out, const struct span *rdata,
    size_t n)
{
	uint8_t text[TLSRPT_TEXT_MAX];
	size_t found = 0;
	int good = DG_ENOTFOUND;

	for (size_t i = 0; i < n; i++) {
		size_t len;
		int err;

		if (join(text, &len, rdata[i]) != 0)
			continue;
		err = tlsrpt_record_parse(out, span_of(text, len));
		if (err == DG_ENOTFOUND)
			continue;
		found++;
		good = err;
	}
	return found == 1 && good == 0 ? 0 : DG_ENOTFOUND;
}
