#include "dnssec/nsec.h"

#include <string.h>

#define WINDOW_HEAD 2
#define WINDOW_MAX  32 /* bytes of bits in a window */

bool
bitmap_valid(struct span bitmap)
{
	size_t at = 0;
	int last = -1;

	while (at < bitmap.n) {
		size_t n;

		if (bitmap.n - at < WINDOW_HEAD || bitmap.p[at] <= last)
			return false;
		last = bitmap.p[at];
		n = bitmap.p[at + 1];
		if (n == 0 || n > WINDOW_MAX || bitmap.n - at - WINDOW_HEAD < n)
			return false;
		at += WINDOW_HEAD + n;
	}
	return true;
}

bool
bitmap_has(struct span bitmap, uint16_t type)
{
	size_t at = 0;
	size_t byte = (type & 0xffU) / 8;

	while (at < bitmap.n) {
		size_t n = bitmap.p[at + 1];

		if (bitmap.p[at] == type >> 8)
			return byte < n &&
			    (bitmap.p[at + WINDOW_HEAD + byte] &
				0x80 >> type % 8) != 0;
		at += WINDOW_HEAD + n;
	}
	return false;
}

bool
bitmap_is_delegation(struct span bitmap)
{
	return bitmap_has(bitmap, DNS_TYPE_NS) &&
	    !bitmap_has(bitmap, DNS_TYPE_SOA);
}

enum denial
bitmap_deny(struct span bitmap, const struct denial_case *c)
{
	bool root = c->name->len == 1;

	if (bitmap_has(bitmap, c->type) || bitmap_has(bitmap, DNS_TYPE_CNAME))
		return DENIAL_UNKNOWN;
	if (c->type != DNS_TYPE_DS)
		return bitmap_is_delegation(bitmap) ? DENIAL_UNKNOWN
						    : DENIAL_NODATA;
	/* The child knows nothing of its DS; the parent does. */
	if (bitmap_has(bitmap, DNS_TYPE_SOA) && !root)
		return DENIAL_UNKNOWN;
	return bitmap_is_delegation(bitmap) ? DENIAL_DELEGATION : DENIAL_NODATA;
}

int
nsec_set_add(struct nsec_set *set, const struct rrset *rrset,
    const struct zone *zone)
{
	struct nsec *r = &set->nsec[set->n];
	size_t pos = 0;

	/* A name has one NSEC. */
	if (set->n == DNSSEC_MAX_DENIALS || rrset->n != 1 ||
	    dname_read(&r->next, rrset->rdata[0], &pos) != 0 ||
	    !dname_is_within(&r->next, &zone->name))
		return DG_ESYNTAX;
	r->owner = *rrset->owner;
	r->bitmap = span_slice(rrset->rdata[0], pos, rrset->rdata[0].n);
	/* Only the last one leads back, and that to the apex. */
	if (!bitmap_valid(r->bitmap) ||
	    (dname_compare(&r->next, &r->owner) <= 0 &&
		!dname_equal(&r->next, &zone->name)))
		return DG_ESYNTAX;
	set->n++;
	return 0;
}

/* r spans name: name lies after its owner and before its next. */
static bool
spans(const struct nsec *r, const struct dname *name)
{
	bool last = dname_compare(&r->next, &r->owner) <= 0;

	if (dname_compare(name, &r->owner) <= 0 ||
	    (!last && dname_compare(name, &r->next) >= 0))
		return false;
	/* Below a zone cut or a DNAME it has no say. */
	return !dname_is_within(name, &r->owner) ||
	    (!bitmap_is_delegation(r->bitmap) &&
		!bitmap_has(r->bitmap, DNS_TYPE_DNAME));
}

static const struct nsec *
find_span(const struct nsec_set *set, const struct dname *name)
{
	for (size_t i = 0; i < set->n; i++)
		if (spans(&set->nsec[i], name))
			return &set->nsec[i];
	return NULL;
}

static const struct nsec *
find_at(const struct nsec_set *set, const struct dname *name)
{
	for (size_t i = 0; i < set->n; i++)
		if (dname_equal(&set->nsec[i].owner, name))
			return &set->nsec[i];
	return NULL;
}

/* The name has none of its own, but names below it: it is there, and empty. */
static bool
is_empty_nonterminal(const struct nsec *r, const struct dname *name)
{
	return dname_is_within(&r->next, name);
}

/* The closest name above that is there, as r, which spans name, shows. */
static void
closest_encloser(struct dname *out, const struct nsec *r,
    const struct dname *name)
{
	unsigned before = dname_common(name, &r->owner);
	unsigned after = dname_common(name, &r->next);

	dname_ancestor(out, name, before > after ? before : after);
}

enum denial
nsec_prove(const struct nsec_set *set, const struct denial_case *c)
{
	const struct nsec *r = find_at(set, c->name);
	struct dname encloser;
	struct dname wildcard;
	struct denial_case w = *c;

	if (r != NULL) {
		/* RFC 9824: signed on the spot to say that nothing is here. */
		if (bitmap_has(r->bitmap, TYPE_NXNAME))
			return DENIAL_NXDOMAIN;
		return bitmap_deny(r->bitmap, c);
	}
	r = find_span(set, c->name);
	if (r == NULL)
		return DENIAL_UNKNOWN;
	if (is_empty_nonterminal(r, c->name))
		return DENIAL_NODATA;
	closest_encloser(&encloser, r, c->name);
	/* A name this long cannot be: nor can it stand for another. */
	if (dname_wildcard(&wildcard, &encloser) != 0)
		return DENIAL_NXDOMAIN;
	r = find_at(set, &wildcard);
	if (r != NULL) {
		w.name = &wildcard;
		return bitmap_deny(r->bitmap, &w) == DENIAL_NODATA
		    ? DENIAL_NODATA
		    : DENIAL_UNKNOWN;
	}
	r = find_span(set, &wildcard);
	if (r == NULL)
		return DENIAL_UNKNOWN;
	return is_empty_nonterminal(r, &wildcard) ? DENIAL_NODATA
						  : DENIAL_NXDOMAIN;
}

enum denial
nsec_prove_expansion(const struct nsec_set *set, const struct denial_case *c,
    unsigned labels)
{
	struct dname closer;
	const struct nsec *r;

	/* The next closer name is not there, nor is anything below it. */
	dname_ancestor(&closer, c->name, labels + 1);
	r = find_span(set, &closer);
	if (r == NULL || is_empty_nonterminal(r, &closer))
		return DENIAL_UNKNOWN;
	return DENIAL_NXDOMAIN;
}
