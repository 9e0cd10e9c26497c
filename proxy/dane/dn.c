#include "dane/dn.h"

#include "dane/der.h"

#define TAG_UTF8      0x0c
#define TAG_PRINTABLE 0x13
#define TAG_T61	      0x14
#define TAG_IA5	      0x16
#define TAG_VISIBLE   0x1a

/* One attribute. */
struct attribute {
	struct span oid;
	struct der value;
};

static bool
is_text(uint8_t tag)
{
	return tag == TAG_UTF8 || tag == TAG_PRINTABLE || tag == TAG_T61 ||
	    tag == TAG_IA5 || tag == TAG_VISIBLE;
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The next character, blanks in a row as one and none at the end; -1: none. */
static int
next_character(struct span *text)
{
	uint8_t c;
	size_t i = 0;

	while (i < text->n && is_blank(text->p[i]))
		i++;
	if (i == text->n)
		return -1;
	if (i > 0) {
		*text = span_slice(*text, i, text->n);
		return ' ';
	}
	c = text->p[0];
	*text = span_slice(*text, 1, text->n);
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

static struct span
without_leading_blanks(struct span text)
{
	size_t i = 0;

	while (i < text.n && is_blank(text.p[i]))
		i++;
	return span_slice(text, i, text.n);
}

static bool
text_equal(struct span a, struct span b)
{
	int c;

	a = without_leading_blanks(a);
	b = without_leading_blanks(b);
	do {
		c = next_character(&a);
		if (c != next_character(&b))
			return false;
	} while (c >= 0);
	return true;
}

static int
next_attribute(struct attribute *out, struct span *rest)
{
	struct attribute a;
	struct span contents;
	struct der e;
	int err;

	if ((err = der_expect(&e, rest, DER_SEQUENCE)) < 0)
		return err;
	contents = e.contents;
	if ((err = der_expect(&e, &contents, DER_OID)) < 0)
		return err;
	a.oid = e.contents;
	if ((err = der_next(&a.value, &contents)) < 0)
		return err;
	if (contents.n > 0)
		return DG_ESYNTAX;
	*out = a;
	return 0;
}

static bool
attribute_equal(const struct attribute *a, const struct attribute *b)
{
	if (!span_equal(a->oid, b->oid))
		return false;
	if (is_text(a->value.tag) && is_text(b->value.tag))
		return text_equal(a->value.contents, b->value.contents);
	return span_equal(a->value.whole, b->value.whole);
}

/* Two parts, which are sets in the order of their encoding. */
static bool
part_equal(struct span a, struct span b)
{
	struct attribute x, y;

	while (a.n > 0 && b.n > 0)
		if (next_attribute(&x, &a) < 0 || next_attribute(&y, &b) < 0 ||
		    !attribute_equal(&x, &y))
			return false;
	return a.n == 0 && b.n == 0;
}

/* Cuts equal parts off both until one of them has no more. */
static bool
skip_equal(struct span *a, struct span *b)
{
	struct der x, y;

	while (a->n > 0 && b->n > 0)
		if (der_expect(&x, a, DER_SET) < 0 ||
		    der_expect(&y, b, DER_SET) < 0 ||
		    !part_equal(x.contents, y.contents))
			return false;
	return true;
}

bool
dn_equal(struct span a, struct span b)
{
	return der_open(&a, a, DER_SEQUENCE) == 0 &&
	    der_open(&b, b, DER_SEQUENCE) == 0 && skip_equal(&a, &b) &&
	    a.n == 0 && b.n == 0;
}

bool
dn_is_within(struct span name, struct span base)
{
	return der_open(&name, name, DER_SEQUENCE) == 0 &&
	    der_open(&base, base, DER_SEQUENCE) == 0 &&
	    skip_equal(&name, &base) && base.n == 0;
}

bool
dn_is_empty(struct span name)
{
	return der_open(&name, name, DER_SEQUENCE) == 0 && name.n == 0;
}

int
dn_open(struct span *rest, struct span name)
{
	return der_open(rest, name, DER_SEQUENCE);
}

int
dn_next_value(struct span *out, struct span *rest, struct span oid)
{
	struct attribute a;
	struct der set;

	/* A set of several is read on as if each stood alone. */
	while (rest->n > 0) {
		if (rest->p[0] == DER_SET) {
			if (der_expect(&set, rest, DER_SET) < 0)
				return DG_ENOTFOUND;
			/* Sets lie one behind the other, so that the rest of
			 * the name begins where the attributes end. */
			if (set.contents.n > 0)
				*rest = span_of(set.contents.p,
				    set.contents.n + rest->n);
			continue;
		}
		if (next_attribute(&a, rest) < 0)
			return DG_ENOTFOUND;
		if (span_equal(a.oid, oid) && is_text(a.value.tag)) {
			*out = a.value.contents;
			return 0;
		}
	}
	return DG_ENOTFOUND;
}
