#include "dnssec/dname.h"

#include <stdio.h>
#include <string.h>

#define LABEL_MAX  63
#define LABELS_MAX 127
#define POINTER	   0xc0
#define ESCAPED	   4 /* \DDD */

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

void
dname_root(struct dname *out)
{
	memset(out, 0, sizeof(*out));
	out->len = 1;
}

/* The octet at *i of the text, which moves behind it: \DDD or itself. */
static uint8_t
take_octet(const struct name *name, size_t *i)
{
	const char *p = name->text + *i;

	if (p[0] != '\\' || *i + ESCAPED > name->len) {
		++*i;
		return lower((uint8_t)p[0]);
	}
	*i += ESCAPED;
	return lower(
	    (uint8_t)(100 * (p[1] - '0') + 10 * (p[2] - '0') + (p[3] - '0')));
}

int
dname_from_name(struct dname *out, const struct name *name)
{
	struct dname d = { 0 };
	size_t at = 0; /* length byte of the label being written */
	size_t n = 1;

	dname_root(out);
	if (name->len == 0)
		return 0;
	if ((size_t)name->len + 2 > DNAME_MAX)
		return DG_ELIMIT;
	for (size_t i = 0; i < name->len;) {
		if (name->text[i] == '.') {
			at = n++;
			i++;
			continue;
		}
		d.bytes[n++] = take_octet(name, &i);
		d.bytes[at]++;
	}
	d.len = (uint8_t)(n + 1);
	*out = d;
	return 0;
}

int
dname_to_name(struct name *out, const struct dname *d)
{
	uint8_t text[DNAME_MAX];
	size_t n = 0;

	if (d->len == 1)
		return name_parse(out, span_text("."));
	for (size_t i = 0; d->bytes[i] != 0; i += (size_t)d->bytes[i] + 1) {
		if (n > 0)
			text[n++] = '.';
		/* A dot inside a label would make another name of it. */
		if (memchr(d->bytes + i + 1, '.', d->bytes[i]) != NULL)
			return DG_ESYNTAX;
		memcpy(text + n, d->bytes + i + 1, d->bytes[i]);
		n += d->bytes[i];
	}
	return name_parse(out, span_of(text, n)) == 0 ? 0 : DG_ESYNTAX;
}

int
dname_to_any_name(struct name *out, const struct dname *d)
{
	struct name n = { 0 };

	for (size_t i = 0; d->bytes[i] != 0; i += (size_t)d->bytes[i] + 1) {
		if (i > 0) {
			if (n.len == NAME_TEXT_MAX)
				return DG_ELIMIT;
			n.text[n.len++] = '.';
		}
		for (size_t k = 1; k <= d->bytes[i]; k++)
			if (name_add_octet(&n, d->bytes[i + k]) != 0)
				return DG_ELIMIT;
	}
	*out = n;
	return 0;
}

/* Appends the label at pos of s to d. */
static int
take_label(struct dname *d, struct span s, size_t pos)
{
	size_t n = s.p[pos];

	/* Room must be left for the root's byte. */
	if (n > LABEL_MAX || pos + 1 + n > s.n ||
	    (size_t)d->len + 1 + n + 1 > DNAME_MAX)
		return DG_ESYNTAX;
	d->bytes[d->len++] = (uint8_t)n;
	for (size_t i = 0; i < n; i++)
		d->bytes[d->len++] = lower(s.p[pos + 1 + i]);
	return 0;
}

int
dname_unpack(struct dname *out, struct span message, size_t *pos)
{
	struct dname d = { 0 };
	size_t at = *pos;
	size_t end = 0; /* behind the name, once a pointer was met */
	size_t before = *pos;

	while (at < message.n && message.p[at] != 0) {
		if ((message.p[at] & POINTER) == POINTER) {
			size_t target;

			if (at + 2 > message.n)
				return DG_ESYNTAX;
			target = (size_t)(message.p[at] & ~POINTER) << 8 |
			    message.p[at + 1];
			/* Ever backwards: so it ends. */
			if (target >= before)
				return DG_ESYNTAX;
			if (end == 0)
				end = at + 2;
			before = target;
			at = target;
			continue;
		}
		if (take_label(&d, message, at) != 0)
			return DG_ESYNTAX;
		at += (size_t)message.p[at] + 1;
	}
	if (at >= message.n)
		return DG_ESYNTAX;
	d.bytes[d.len++] = 0;
	*pos = end != 0 ? end : at + 1;
	*out = d;
	return 0;
}

int
dname_read(struct dname *out, struct span rdata, size_t *pos)
{
	struct dname d = { 0 };
	size_t at = *pos;

	while (at < rdata.n && rdata.p[at] != 0) {
		if (take_label(&d, rdata, at) != 0)
			return DG_ESYNTAX;
		at += (size_t)rdata.p[at] + 1;
	}
	if (at >= rdata.n)
		return DG_ESYNTAX;
	d.bytes[d.len++] = 0;
	*pos = at + 1;
	*out = d;
	return 0;
}

int
dname_skip(struct span message, size_t *pos)
{
	size_t at = *pos;

	while (at < message.n && message.p[at] != 0) {
		if ((message.p[at] & POINTER) == POINTER) {
			if (at + 2 > message.n)
				return DG_ESYNTAX;
			*pos = at + 2;
			return 0;
		}
		if (message.p[at] > LABEL_MAX)
			return DG_ESYNTAX;
		at += (size_t)message.p[at] + 1;
	}
	if (at >= message.n)
		return DG_ESYNTAX;
	*pos = at + 1;
	return 0;
}

bool
dname_equal(const struct dname *a, const struct dname *b)
{
	return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

unsigned
dname_labels(const struct dname *d)
{
	unsigned n = 0;

	for (size_t i = 0; d->bytes[i] != 0; i += (size_t)d->bytes[i] + 1)
		n++;
	return n;
}

/* Index of the first byte of d's last n labels; n must not be above all. */
static size_t
tail_at(const struct dname *d, unsigned n)
{
	size_t i = 0;

	for (unsigned skip = dname_labels(d) - n; skip > 0; skip--)
		i += (size_t)d->bytes[i] + 1;
	return i;
}

void
dname_ancestor(struct dname *out, const struct dname *d, unsigned n)
{
	struct dname tail = { 0 };
	size_t at = n < dname_labels(d) ? tail_at(d, n) : 0;

	tail.len = (uint8_t)(d->len - at);
	memcpy(tail.bytes, d->bytes + at, tail.len);
	*out = tail;
}

bool
dname_is_within(const struct dname *d, const struct dname *zone)
{
	unsigned n = dname_labels(zone);
	size_t at;

	if (dname_labels(d) < n)
		return false;
	at = tail_at(d, n);
	return d->len - at == zone->len &&
	    memcmp(d->bytes + at, zone->bytes, zone->len) == 0;
}

/* Where each label begins, from the first on. Returns how many. */
static size_t
label_starts(uint8_t starts[LABELS_MAX], const struct dname *d)
{
	size_t n = 0;

	for (size_t i = 0; d->bytes[i] != 0; i += (size_t)d->bytes[i] + 1)
		starts[n++] = (uint8_t)i;
	return n;
}

static int
label_compare(const uint8_t *a, const uint8_t *b)
{
	size_t n = a[0] < b[0] ? a[0] : b[0];
	int order = memcmp(a + 1, b + 1, n);

	return order != 0 ? order : (int)a[0] - (int)b[0];
}

unsigned
dname_common(const struct dname *a, const struct dname *b)
{
	uint8_t as[LABELS_MAX];
	uint8_t bs[LABELS_MAX];
	size_t na = label_starts(as, a);
	size_t nb = label_starts(bs, b);
	unsigned n = 0;

	while (n < na && n < nb &&
	    label_compare(a->bytes + as[na - n - 1],
		b->bytes + bs[nb - n - 1]) == 0)
		n++;
	return n;
}

int
dname_compare(const struct dname *a, const struct dname *b)
{
	uint8_t as[LABELS_MAX];
	uint8_t bs[LABELS_MAX];
	size_t na = label_starts(as, a);
	size_t nb = label_starts(bs, b);

	while (na > 0 && nb > 0) {
		int order = label_compare(a->bytes + as[--na],
		    b->bytes + bs[--nb]);

		if (order != 0)
			return order;
	}
	return (int)na - (int)nb;
}

bool
dname_is_wildcard(const struct dname *d)
{
	return d->bytes[0] == 1 && d->bytes[1] == '*';
}

int
dname_wildcard(struct dname *out, const struct dname *d)
{
	struct dname w = { .bytes = { 1, '*' } };

	if ((size_t)d->len + 2 > DNAME_MAX)
		return DG_ELIMIT;
	memcpy(w.bytes + 2, d->bytes, d->len);
	w.len = (uint8_t)(d->len + 2);
	*out = w;
	return 0;
}

int
dname_substitute(struct dname *out, const struct dname *d,
    const struct dname *from, const struct dname *to)
{
	struct dname s = { 0 };
	size_t keep = (size_t)d->len - from->len;

	if (keep + to->len > DNAME_MAX)
		return DG_ELIMIT;
	memcpy(s.bytes, d->bytes, keep);
	memcpy(s.bytes + keep, to->bytes, to->len);
	s.len = (uint8_t)(keep + to->len);
	*out = s;
	return 0;
}

const char *
dname_text(const struct dname *d, char text[DNAME_TEXT_MAX])
{
	size_t n = 0;

	if (d->len <= 1) {
		(void)snprintf(text, DNAME_TEXT_MAX, "the root");
		return text;
	}
	for (size_t i = 0; d->bytes[i] != 0; i += (size_t)d->bytes[i] + 1) {
		if (n > 0)
			text[n++] = '.';
		for (size_t k = 1; k <= d->bytes[i]; k++) {
			uint8_t c = d->bytes[i + k];
			bool plain = c > ' ' && c < 0x7f && c != '.';

			text[n] = '?';
			if (plain)
				text[n] = (char)c;
			n++;
		}
	}
	text[n] = '\0';
	return text;
}
