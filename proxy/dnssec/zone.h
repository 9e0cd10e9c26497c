/*
 * What is known of a zone: its keys, proven by the parent's DS or the trust
 * anchors, or that it is not signed. Counted references, since a lookup may
 * outlive the entry in the cache.
 */
#ifndef DG_DNSSEC_ZONE_H
#define DG_DNSSEC_ZONE_H

#include "dnssec/key.h"

struct zone {
	unsigned refs;
	size_t bytes; /* of memory that all of it takes */
	struct dname name;
	enum dnssec_status status; /* secure or insecure */
	int64_t since;		   /* wall time */
	int64_t expires;
	size_t nkeys;
	struct key keys[]; /* RDATA behind them */
};

/* A zone without keys, with one reference. DG_ENOMEM. */
DG_MUSTCHECK int zone_new_insecure(struct zone **out, const struct dname *name);

/*
 * A secure zone with those of the keys in its DNSKEY RRset that can sign data.
 * DG_ELIMIT past DNSSEC_MAX_KEYS, DG_ENOMEM.
 */
DG_MUSTCHECK int zone_new_secure(struct zone **out, const struct dname *name,
    const struct rrset *dnskey);

struct zone *zone_hold(struct zone *z);

/* Gives a reference back; NULL is fine. */
void zone_release(struct zone *z);

#endif
