#include "dnssec/zone.h"

#include <stdlib.h>
#include <string.h>

int
zone_new_insecure(struct zone **out, const struct dname *name)
{
	struct zone *z = calloc(1, sizeof(*z));

	if (z == NULL)
		return DG_ENOMEM;
	z->refs = 1;
	z->bytes = sizeof(*z);
	z->name = *name;
	z->status = DNSSEC_INSECURE;
	*out = z;
	return 0;
}

int
zone_new_secure(struct zone **out, const struct dname *name,
    const struct rrset *dnskey)
{
	struct key keys[DNSSEC_MAX_KEYS];
	size_t n = 0;
	size_t bytes = 0;
	struct zone *z;
	uint8_t *at;

	for (size_t i = 0; i < dnskey->n; i++) {
		struct key key;

		if (key_parse(&key, dnskey->rdata[i]) != 0)
			continue;
		if (n == DNSSEC_MAX_KEYS)
			return DG_ELIMIT;
		keys[n++] = key;
		bytes += key.rdata.n;
	}
	bytes += sizeof(*z) + n * sizeof(z->keys[0]);
	z = calloc(1, bytes);
	if (z == NULL)
		return DG_ENOMEM;
	at = (uint8_t *)(z->keys + n);
	for (size_t i = 0; i < n; i++) {
		memcpy(at, keys[i].rdata.p, keys[i].rdata.n);
		/* It was good before, so it is now. */
		if (key_parse(&z->keys[z->nkeys],
			span_of(at, keys[i].rdata.n)) == 0)
			z->nkeys++;
		at += keys[i].rdata.n;
	}
	z->refs = 1;
	z->bytes = bytes;
	z->name = *name;
	z->status = DNSSEC_SECURE;
	*out = z;
	return 0;
}

struct zone *
zone_hold(struct zone *z)
{
	z->refs++;
	return z;
}

void
zone_release(struct zone *z)
{
	if (z != NULL && --z->refs == 0)
		free(z);
}
