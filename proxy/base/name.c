#include "base/name.h"

#include <stdio.h>
#include <string.h>

#define LABEL_MAX 63
#define ESCAPED	  4 /* \DDD */

static bool
is_name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
	    c == '_';
}

int
name_parse(struct name *out, struct span text)
{
	struct name n = { 0 };
	size_t label = 0;

	if (text.n == 0)
		return DG_ESYNTAX;
	if (text.p[text.n - 1] == '.')
		text.n--;
	if (text.n > NAME_TEXT_MAX)
		return DG_ELIMIT;
	for (size_t i = 0; i < text.n; i++) {
		char c = (char)text.p[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c + ('a' - 'A'));
		if (c == '.') {
			if (label == 0)
				return DG_ESYNTAX;
			label = 0;
		} else if (!is_name_byte(c)) {
			return DG_ESYNTAX;
		} else if (++label > LABEL_MAX) {
			return DG_ELIMIT;
		}
		n.text[n.len++] = c;
	}
	if (n.len > 0 && label == 0)
		return DG_ESYNTAX;
	*out = n;
	return 0;
}

int
name_add_octet(struct name *name, uint8_t octet)
{
	char c = (char)octet;

	if (c >= 'A' && c <= 'Z')
		c = (char)(c + ('a' - 'A'));
	if (is_name_byte(c) || c == '*') {
		if (name->len == NAME_TEXT_MAX)
			return DG_ELIMIT;
		name->text[name->len++] = c;
		return 0;
	}
	if (name->len + ESCAPED > NAME_TEXT_MAX)
		return DG_ELIMIT;
	(void)snprintf(name->text + name->len, ESCAPED + 1, "\\%03u",
	    (unsigned)octet);
	name->len = (uint8_t)(name->len + ESCAPED);
	return 0;
}

/* The octet at *i of a master file's text, which moves behind it. */
static int
take_octet(uint8_t *out, struct span text, size_t *i)
{
	size_t at = *i;
	unsigned value = 0;
	size_t n = 1;

	if (text.p[at] != '\\') {
		*out = text.p[at];
		*i = at + 1;
		return 0;
	}
	at++;
	while (n <= 3 && at + n <= text.n && text.p[at + n - 1] >= '0' &&
	    text.p[at + n - 1] <= '9') {
		value = 10 * value + (unsigned)(text.p[at + n - 1] - '0');
		n++;
	}
	if (n == 4 && value <= UINT8_MAX) {
		*out = (uint8_t)value;
		*i = at + 3;
		return 0;
	}
	if (n != 1 || at == text.n)
		return DG_ESYNTAX;
	*out = text.p[at];
	*i = at + 1;
	return 0;
}

int
name_parse_any(struct name *out, struct span text)
{
	struct name n = { 0 };
	size_t label = 0;
	size_t i = 0;
	int err = text.n > 0 ? 0 : DG_ESYNTAX;

	if (text.n == 1 && text.p[0] == '.')
		i = 1;
	while (err == 0 && i < text.n) {
		uint8_t octet;

		if (text.p[i] == '.') {
			i++;
			err = label == 0 ? DG_ESYNTAX : 0;
			label = 0;
			/* The last one is the root's. */
			if (err != 0 || i == text.n)
				break;
			if (n.len == NAME_TEXT_MAX)
				err = DG_ELIMIT;
			else
				n.text[n.len++] = '.';
			continue;
		}
		err = take_octet(&octet, text, &i);
		if (err == 0 && ++label > LABEL_MAX)
			err = DG_ELIMIT;
		if (err == 0)
			err = name_add_octet(&n, octet);
	}
	if (err == 0)
		*out = n;
	return err;
}

bool
name_is_odd(const struct name *name)
{
	return memchr(name->text, '\\', name->len) != NULL ||
	    memchr(name->text, '*', name->len) != NULL;
}

bool
name_equal(const struct name *a, const struct name *b)
{
	return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

bool
name_is_within(const struct name *name, const struct name *zone)
{
	size_t skip;

	if (zone->len == 0)
		return true;
	if (name->len < zone->len)
		return false;
	skip = (size_t)name->len - zone->len;
	if (memcmp(name->text + skip, zone->text, zone->len) != 0)
		return false;
	return skip == 0 || name->text[skip - 1] == '.';
}

unsigned
name_labels(const struct name *name)
{
	unsigned n = name->len > 0 ? 1 : 0;

	for (size_t i = 0; i < name->len; i++)
		if (name->text[i] == '.')
			n++;
	return n;
}

void
name_parent(struct name *out, const struct name *name)
{
	const char *dot = memchr(name->text, '.', name->len);
	struct name parent = { 0 };

	if (dot != NULL) {
		size_t from = (size_t)(dot - name->text) + 1;

		parent.len = (uint8_t)(name->len - from);
		memcpy(parent.text, name->text + from, parent.len);
	}
	*out = parent;
}

int
name_prepend(struct name *out, const char *prefix, const struct name *name)
{
	char text[NAME_TEXT_MAX + 1];
	size_t n = strlen(prefix);

	if (n + 1 + name->len > NAME_TEXT_MAX)
		return DG_ELIMIT;
	/* A span for the parser, no string. */
	memcpy(text, prefix, n); /* NOLINT(bugprone-not-null-*) */
	if (name->len > 0) {
		text[n++] = '.';
		memcpy(text + n, name->text, name->len);
		n += name->len;
	}
	return name_parse(out, span_of(text, n));
}
