#include "dnssec/nsec.h"

#include <string.h>

#include <mbedtls/sha1.h>

#define HASH_SHA1    1
#define FLAG_OPT_OUT 1
#define SALT_AT	     5
#define HASH_TEXT    32 /* base32hex of a hash */
#define SALT_MAX     255

/* One character of base32hex (RFC 4648 section 7), lower case; -1. */
static int
base32_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'v')
		return c - 'a' + 10;
	return -1;
}

/* The hash that is the first label of an NSEC3's owner. */
static int
hash_from_owner(uint8_t hash[NSEC3_HASH], const struct dname *owner)
{
	unsigned bits = 0;
	unsigned have = 0;
	size_t n = 0;

	if (owner->bytes[0] != HASH_TEXT)
		return DG_ESYNTAX;
	for (size_t i = 1; i <= HASH_TEXT; i++) {
		int value = base32_value(owner->bytes[i]);

		if (value < 0)
			return DG_ESYNTAX;
		bits = (bits << 5 | (unsigned)value) & 0xfff;
		have += 5;
		if (have >= 8) {
			have -= 8;
			hash[n++] = (uint8_t)(bits >> have);
		}
	}
	return 0;
}

/* RFC 5155 section 3.2, with the parameters of the set or, for the first, for
 * it. */
static int
nsec3_parse(struct nsec3 *r, unsigned *iterations, struct span *salt,
    struct span rdata)
{
	size_t at = SALT_AT;

	/* RFC 5155 8.1 and 8.2: other hashes and flags are not for us. */
	if (rdata.n < SALT_AT || rdata.p[0] != HASH_SHA1 ||
	    (rdata.p[1] & ~FLAG_OPT_OUT) != 0)
		return DG_ESYNTAX;
	r->opt_out = (rdata.p[1] & FLAG_OPT_OUT) != 0;
	*iterations = wire_get16(rdata.p + 2);
	if (rdata.n - at < rdata.p[4])
		return DG_ESYNTAX;
	*salt = span_slice(rdata, at, at + rdata.p[4]);
	at += rdata.p[4];
	if (rdata.n - at < 1 + NSEC3_HASH || rdata.p[at] != NSEC3_HASH)
		return DG_ESYNTAX;
	memcpy(r->next, rdata.p + at + 1, NSEC3_HASH);
	r->bitmap = span_slice(rdata, at + 1 + NSEC3_HASH, rdata.n);
	return bitmap_valid(r->bitmap) ? 0 : DG_ESYNTAX;
}

int
nsec3_set_add(struct nsec3_set *set, const struct rrset *rrset,
    const struct zone *zone)
{
	struct nsec3 *r = &set->nsec3[set->n];
	unsigned iterations;
	struct span salt;
	struct dname parent;

	dname_ancestor(&parent, rrset->owner, dname_labels(rrset->owner) - 1);
	if (set->n == DNSSEC_MAX_DENIALS || rrset->n != 1 ||
	    !dname_equal(&parent, &zone->name) ||
	    hash_from_owner(r->hash, rrset->owner) != 0 ||
	    nsec3_parse(r, &iterations, &salt, rrset->rdata[0]) != 0)
		return DG_ESYNTAX;
	if (set->n == 0) {
		set->iterations = iterations;
		set->salt = salt;
	} else if (iterations != set->iterations ||
	    !span_equal(salt, set->salt)) {
		return DG_ESYNTAX;
	}
	set->n++;
	return 0;
}

/* RFC 5155 section 5. DG_ELIMIT when the lookup has done too many. */
static int
hash_name(uint8_t hash[NSEC3_HASH], struct work *work,
    const struct nsec3_set *set, const struct dname *name)
{
	uint8_t buffer[DNAME_MAX + SALT_MAX];
	size_t n = name->len;

	if (work->hashes == DNSSEC_MAX_NSEC3_HASH) {
		work->why = "too many NSEC3 hashes to compute";
		return DG_ELIMIT;
	}
	work->hashes++;
	memcpy(buffer, name->bytes, n);
	for (unsigned i = 0; i <= set->iterations; i++) {
		if (set->salt.n > 0)
			memcpy(buffer + n, set->salt.p, set->salt.n);
		if (mbedtls_sha1(buffer, n + set->salt.n, hash) != 0)
			return DG_ENOMEM;
		memcpy(buffer, hash, NSEC3_HASH);
		n = NSEC3_HASH;
	}
	return 0;
}

static const struct nsec3 *
find_at(const struct nsec3_set *set, const uint8_t hash[NSEC3_HASH])
{
	for (size_t i = 0; i < set->n; i++)
		if (memcmp(set->nsec3[i].hash, hash, NSEC3_HASH) == 0)
			return &set->nsec3[i];
	return NULL;
}

static bool
spans(const struct nsec3 *r, const uint8_t hash[NSEC3_HASH])
{
	bool after = memcmp(hash, r->hash, NSEC3_HASH) > 0;
	bool before = memcmp(hash, r->next, NSEC3_HASH) < 0;

	/* The last one leads round to the first. */
	if (memcmp(r->next, r->hash, NSEC3_HASH) <= 0)
		return (after || before) &&
		    memcmp(hash, r->hash, NSEC3_HASH) != 0;
	return after && before;
}

static const struct nsec3 *
find_span(const struct nsec3_set *set, const uint8_t hash[NSEC3_HASH])
{
	for (size_t i = 0; i < set->n; i++)
		if (spans(&set->nsec3[i], hash))
			return &set->nsec3[i];
	return NULL;
}

/* RFC 5155 8.3: the closest name above that is there, and what shows that the
 * next closer one is not. */
struct encloser {
	const struct nsec3
	    *at; /* closest encloser; it may be the name itself */
	unsigned labels;
	const struct nsec3 *closer; /* NULL when it is the name itself */
};

/* DG_ENOTFOUND when the records do not show it, DG_ELIMIT. */
static int
find_encloser(struct encloser *out, struct work *work,
    const struct nsec3_set *set, const struct denial_case *c)
{
	unsigned apex = dname_labels(&c->zone->name);
	unsigned all = dname_labels(c->name);
	struct encloser e = { 0 };

	for (unsigned n = all + 1; n-- > apex;) {
		uint8_t hash[NSEC3_HASH];
		struct dname name;

		dname_ancestor(&name, c->name, n);
		if (hash_name(hash, work, set, &name) != 0)
			return DG_ELIMIT;
		e.at = find_at(set, hash);
		e.labels = n;
		if (e.at != NULL)
			break;
		e.closer = find_span(set, hash);
	}
	if (e.at == NULL || (e.labels < all && e.closer == NULL))
		return DG_ENOTFOUND;
	/* Nothing below a zone cut or a DNAME is this zone's to deny. */
	if (e.labels < all &&
	    (bitmap_is_delegation(e.at->bitmap) ||
		bitmap_has(e.at->bitmap, DNS_TYPE_DNAME)))
		return DG_ENOTFOUND;
	*out = e;
	return 0;
}

/* What the wildcard below the closest encloser adds (RFC 5155 8.4, 8.7). */
static enum denial
prove_wildcard(const struct nsec3_set *set, struct work *work,
    const struct denial_case *c, unsigned labels)
{
	uint8_t hash[NSEC3_HASH];
	struct dname encloser;
	struct dname wildcard;
	struct denial_case w = *c;
	const struct nsec3 *r;

	dname_ancestor(&encloser, c->name, labels);
	/* A name this long cannot be: nor can it stand for another. */
	if (dname_wildcard(&wildcard, &encloser) != 0)
		return DENIAL_NXDOMAIN;
	if (hash_name(hash, work, set, &wildcard) != 0)
		return DENIAL_UNKNOWN;
	r = find_at(set, hash);
	if (r != NULL) {
		w.name = &wildcard;
		return bitmap_deny(r->bitmap, &w) == DENIAL_NODATA
		    ? DENIAL_NODATA
		    : DENIAL_UNKNOWN;
	}
	return find_span(set, hash) != NULL ? DENIAL_NXDOMAIN : DENIAL_UNKNOWN;
}

enum denial
nsec3_prove(const struct nsec3_set *set, struct work *work,
    const struct denial_case *c)
{
	struct encloser e;

	if (set->iterations > DNSSEC_MAX_ITERATIONS)
		return DENIAL_INSECURE;
	if (find_encloser(&e, work, set, c) != 0)
		return DENIAL_UNKNOWN;
	if (e.labels == dname_labels(c->name))
		return bitmap_deny(e.at->bitmap, c);
	if (e.closer == NULL)
		return DENIAL_UNKNOWN;
	/* An unsigned zone may be in the gap (RFC 5155 6, 8.6, 9.2). */
	if (e.closer->opt_out)
		return c->type == DNS_TYPE_DS ? DENIAL_GAP : DENIAL_INSECURE;
	return prove_wildcard(set, work, c, e.labels);
}

enum denial
nsec3_prove_expansion(const struct nsec3_set *set, struct work *work,
    const struct denial_case *c, unsigned labels)
{
	uint8_t hash[NSEC3_HASH];
	struct dname closer;
	const struct nsec3 *r;

	if (set->iterations > DNSSEC_MAX_ITERATIONS)
		return DENIAL_INSECURE;
	dname_ancestor(&closer, c->name, labels + 1);
	if (hash_name(hash, work, set, &closer) != 0)
		return DENIAL_UNKNOWN;
	r = find_span(set, hash);
	if (r == NULL)
		return DENIAL_UNKNOWN;
	return r->opt_out ? DENIAL_INSECURE : DENIAL_NXDOMAIN;
}
