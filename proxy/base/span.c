#include "base/span.h"

#include <string.h>

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

struct span
span_of(const void *p, size_t n)
{
	return (struct span){ p, n };
}

struct span
span_text(const char *text)
{
	return span_of(text, strlen(text));
}

struct span
span_slice(struct span s, size_t from, size_t to)
{
	if (to > s.n)
		to = s.n;
	if (from >= to)
		return (struct span){ s.p, 0 };
	return (struct span){ s.p + from, to - from };
}

bool
span_equal(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool
span_starts_nocase(struct span s, const char *text)
{
	size_t n = strlen(text);

	if (s.n < n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (lower(s.p[i]) != lower((uint8_t)text[i]))
			return false;
	return true;
}

bool
span_equal_nocase(struct span a, const char *text)
{
	return a.n == strlen(text) && span_starts_nocase(a, text);
}

size_t
span_find(struct span s, uint8_t c, size_t from)
{
	const uint8_t *hit;

	if (from >= s.n)
		return s.n;
	hit = memchr(s.p + from, c, s.n - from);
	return hit != NULL ? (size_t)(hit - s.p) : s.n;
}

struct span
span_trim(struct span s)
{
	size_t from = 0, to = s.n;

	while (from < to && is_blank(s.p[from]))
		from++;
	while (to > from && is_blank(s.p[to - 1]))
		to--;
	return span_slice(s, from, to);
}

struct span
span_word(struct span *rest)
{
	struct span s = span_trim(*rest);
	size_t n = 0;

	while (n < s.n && !is_blank(s.p[n]))
		n++;
	*rest = span_slice(s, n, s.n);
	return span_slice(s, 0, n);
}

int
span_number(uint64_t *out, struct span s, uint64_t max)
{
	uint64_t value = 0;

	if (s.n == 0)
		return DG_ESYNTAX;
	for (size_t i = 0; i < s.n; i++) {
		uint8_t digit;

		if (s.p[i] < '0' || s.p[i] > '9')
			return DG_ESYNTAX;
		digit = (uint8_t)(s.p[i] - '0');
		if (digit > max || value > (max - digit) / 10)
			return DG_ELIMIT;
		value = value * 10 + digit;
	}
	*out = value;
	return 0;
}

int
span_copy_text(char *dst, size_t size, struct span s)
{
	if (s.n >= size)
		return DG_ELIMIT;
	if (span_find(s, 0, 0) != s.n)
		return DG_ESYNTAX;
	if (s.n > 0)
		memcpy(dst, s.p, s.n);
	dst[s.n] = '\0';
	return 0;
}
