#include "dane/outline.h"

#include "dane/der.h"

#define TAG_VERSION 0xa0 /* [0], constructed */

/* The body up to the key; *after: what follows the body, *tail: what follows
 * the certificate. */
static int
read_body(struct outline *o, struct span *after, struct span *tail,
    struct span der)
{
	struct span *const parts[] = { &o->inner, &o->issuer, &o->validity,
		&o->subject, &o->key };
	struct span rest = der;
	struct der e;
	int err;

	if ((err = der_expect(&e, &rest, DER_SEQUENCE)) < 0)
		return err;
	*tail = rest;
	*after = e.contents;
	if ((err = der_expect(&e, after, DER_SEQUENCE)) < 0)
		return err;
	o->body = e.whole;
	rest = e.contents;
	o->first = e.contents;
	/* The version is left out for version 1. */
	if (rest.n > 0 && rest.p[0] == TAG_VERSION &&
	    (err = der_next(&e, &rest)) < 0)
		return err;
	if ((err = der_expect(&e, &rest, DER_INTEGER)) < 0)
		return err;
	o->first.n -= rest.n;
	for (size_t i = 0; i < DG_ARRAY_LEN(parts); i++) {
		if ((err = der_expect(&e, &rest, DER_SEQUENCE)) < 0)
			return err;
		*parts[i] = e.whole;
	}
	o->last = rest;
	return 0;
}

int
outline_read(struct outline *out, struct span der)
{
	struct outline o;
	struct span after, tail;
	struct der e;
	int err;

	if ((err = read_body(&o, &after, &tail, der)) < 0 ||
	    (err = der_expect(&e, &after, DER_SEQUENCE)) < 0)
		return err;
	o.algorithm = e.whole;
	if ((err = der_expect(&e, &after, DER_BIT_STRING)) < 0)
		return err;
	o.signature = e.whole;
	if (after.n > 0 || tail.n > 0)
		return DG_ESYNTAX;
	*out = o;
	return 0;
}

int
outline_find_key(struct span *out, struct span der)
{
	struct outline o;
	struct span after, tail;
	int err = read_body(&o, &after, &tail, der);

	if (err < 0)
		return err;
	*out = o.key;
	return 0;
}
