#include "smtp/idna.h"

#include <string.h>

#define LABEL_MAX 63

/* The parameters of punycode for domain names (RFC 3492 5). */
#define BASE	     36u
#define TMIN	     1u
#define TMAX	     26u
#define SKEW	     38u
#define DAMP	     700u
#define INITIAL_BIAS 72u
#define INITIAL_N    128u

struct label {
	uint32_t points[LABEL_MAX];
	size_t n;
};

struct text {
	uint8_t *p;
	size_t n;
	size_t size;
};

/* The blocks whose letters the registries do not hold as they stand. */
static const struct {
	uint32_t first, last;
} refused[] = {
	{ 0x0080, 0x00de }, /* controls, signs, Latin-1 upper case */
	{ 0x00f7, 0x00f7 }, /* the division sign */
	{ 0x0178, 0x0179 },
	{ 0x0300, 0x036f }, /* combining marks: text that is not NFC */
	{ 0x0386, 0x0386 },
	{ 0x0388, 0x038f }, /* Greek upper case */
	{ 0x0391, 0x03ab },
	{ 0x0400, 0x042f }, /* Cyrillic upper case */
	{ 0x2000, 0x206f }, /* punctuation, joiners, directions */
	{ 0x3000, 0x3004 }, /* ideographic blanks and full stops */
	{ 0xd800, 0xf8ff }, /* surrogates, private use */
	{ 0xfe00, 0xffff }, /* full width and compatibility forms */
	{ 0xe0000, 0x10ffff },
};

/* Latin Extended-A alternates upper and lower case. */
static bool
is_latin_upper(uint32_t c)
{
	if (c >= 0x100 && c <= 0x137)
		return c % 2 == 0;
	if (c >= 0x139 && c <= 0x148)
		return c % 2 == 1;
	if (c >= 0x14a && c <= 0x177)
		return c % 2 == 0;
	return c == 0x17b || c == 0x17d;
}

static bool
is_refused(uint32_t c)
{
	for (size_t i = 0; i < DG_ARRAY_LEN(refused); i++)
		if (c >= refused[i].first && c <= refused[i].last)
			return true;
	return is_latin_upper(c);
}

/* Length of the UTF-8 sequence that lead begins, and the bits it brings. */
static unsigned
sequence_length(uint8_t lead, uint32_t *bits)
{
	if (lead < 0x80) {
		*bits = lead;
		return 1;
	}
	if (lead >= 0xc2 && lead <= 0xdf) {
		*bits = lead & 0x1fu;
		return 2;
	}
	if (lead >= 0xe0 && lead <= 0xef) {
		*bits = lead & 0x0fu;
		return 3;
	}
	if (lead >= 0xf0 && lead <= 0xf4) {
		*bits = lead & 0x07u;
		return 4;
	}
	return 0;
}

/* Takes one character off *rest (RFC 3629 3). */
static int
take_point(uint32_t *out, struct span *rest)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t c;
	unsigned n = sequence_length(rest->p[0], &c);

	if (n == 0 || n > rest->n)
		return DG_ESYNTAX;
	for (unsigned i = 1; i < n; i++) {
		if ((rest->p[i] & 0xc0) != 0x80)
			return DG_ESYNTAX;
		c = c << 6 | (rest->p[i] & 0x3fu);
	}
	if (c < least[n] || (n > 1 && is_refused(c)))
		return DG_ESYNTAX;
	*rest = span_slice(*rest, n, rest->n);
	*out = c;
	return 0;
}

static int
label_read(struct label *out, struct span text)
{
	struct label l = { .n = 0 };

	while (text.n > 0) {
		uint32_t c;
		int err = take_point(&c, &text);

		if (err != 0)
			return err;
		if (l.n == LABEL_MAX)
			return DG_ELIMIT;
		if (c >= 'A' && c <= 'Z')
			c += 'a' - 'A';
		l.points[l.n++] = c;
	}
	*out = l;
	return 0;
}

static int
put(struct text *t, uint32_t c)
{
	if (t->n == t->size)
		return DG_ELIMIT;
	t->p[t->n++] = (uint8_t)c;
	return 0;
}

/* RFC 3492 6.1. */
static uint32_t
adapt(uint32_t delta, uint32_t count, bool first)
{
	uint32_t k = 0;

	delta = first ? delta / DAMP : delta / 2;
	delta += delta / count;
	while (delta > (BASE - TMIN) * TMAX / 2) {
		delta /= BASE - TMIN;
		k += BASE;
	}
	return k + (BASE - TMIN + 1) * delta / (delta + SKEW);
}

/* A number as variable-length digits (RFC 3492 3.3). */
static int
put_number(struct text *t, uint32_t q, uint32_t bias)
{
	int err = 0;

	for (uint32_t k = BASE; err == 0; k += BASE) {
		uint32_t low = k <= bias ? TMIN
		    : k >= bias + TMAX	 ? TMAX
					 : k - bias;
		uint32_t digit = q < low ? q : low + (q - low) % (BASE - low);

		err = put(t, digit < 26 ? 'a' + digit : '0' + digit - 26);
		if (q < low)
			break;
		q = (q - low) / (BASE - low);
	}
	return err;
}

static uint32_t
next_point(const struct label *l, uint32_t from)
{
	uint32_t least = UINT32_MAX;

	for (size_t i = 0; i < l->n; i++)
		if (l->points[i] >= from && l->points[i] < least)
			least = l->points[i];
	return least;
}

/*
 * The points above ASCII as insertions (RFC 3492 6.3). At most 63 points below
 * 0x110000: delta stays far under 32 bits.
 */
static int
put_insertions(struct text *t, const struct label *l, uint32_t basic)
{
	uint32_t n = INITIAL_N, delta = 0, bias = INITIAL_BIAS, done = basic;

	while (done < l->n) {
		uint32_t m = next_point(l, n);

		delta += (m - n) * (done + 1);
		n = m;
		for (size_t i = 0; i < l->n; i++) {
			int err;

			if (l->points[i] < n)
				delta++;
			if (l->points[i] != n)
				continue;
			err = put_number(t, delta, bias);
			if (err != 0)
				return err;
			bias = adapt(delta, done + 1, done == basic);
			delta = 0;
			done++;
		}
		delta++;
		n++;
	}
	return 0;
}

static int
label_write(struct text *t, const struct label *l)
{
	uint32_t basic = 0;
	int err = 0;

	for (size_t i = 0; i < l->n; i++)
		basic += l->points[i] < 0x80;
	if (basic < l->n)
		for (const char *p = "xn--"; *p != '\0' && err == 0; p++)
			err = put(t, (uint8_t)*p);
	for (size_t i = 0; i < l->n && err == 0; i++)
		if (l->points[i] < 0x80)
			err = put(t, l->points[i]);
	if (err != 0 || basic == l->n)
		return err;
	if (basic > 0)
		err = put(t, '-');
	return err != 0 ? err : put_insertions(t, l, basic);
}

int
idna_name(struct name *out, struct span text)
{
	uint8_t ascii[NAME_TEXT_MAX + 1];
	struct text t = { ascii, 0, sizeof(ascii) };

	while (text.n > 0) {
		size_t end = span_find(text, '.', 0);
		struct label l;
		int err = label_read(&l, span_slice(text, 0, end));

		if (err == 0)
			err = label_write(&t, &l);
		if (err == 0 && end < text.n)
			err = put(&t, '.');
		if (err != 0)
			return err;
		text = span_slice(text, end + 1, text.n);
	}
	return name_parse(out, span_of(ascii, t.n));
}
