/*
 * Results of lookups, remembered by (name, type) until their TTL ends, the
 * least recently used ones forgotten first. What could not be found out
 * (bogus, indeterminate) is kept apart and for seconds only: long enough that
 * a mail server going through its MX list does not ask again each time, and in
 * so little room that it can never crowd out an answer (RFC 2308 7, RFC 9520).
 * Pure: time is handed in. Knows nothing of forwarders.
 */
#ifndef DG_DNS_CACHE_H
#define DG_DNS_CACHE_H

#include "dnssec/dnssec.h"

struct cache;

#define CACHE_TTL_MAX	   86400 /* seconds, whatever the answer says */
#define CACHE_FAILURE_TTL  5
#define CACHE_FAILURE_PART 8 /* of the bytes, one in so many */

/* bytes: what all entries together may take. DG_ENOMEM. */
DG_MUSTCHECK int cache_new(struct cache **out, size_t bytes);

void cache_free(struct cache *c);

/*
 * The result remembered at time now, its ttl counted down. Its answers point
 * into the cache and are valid until the next cache_put(). DG_ENOTFOUND.
 */
DG_MUSTCHECK int cache_get(struct dnssec_result *out, struct cache *c,
    const struct name *name, uint16_t type, int64_t now);

/*
 * Remembers a result found at time now in place of any older one. One that does
 * not fit, or whose TTL is zero, is not remembered.
 */
void cache_put(struct cache *c, const struct name *name, uint16_t type,
    const struct dnssec_result *result, int64_t now);

/* What has come of it so far. */
struct cache_counts {
	uint64_t hits;
	uint64_t misses;
	uint64_t dropped; /* for want of room */
	size_t entries;
	size_t bytes;
	size_t bytes_peak;
};

void cache_count(struct cache_counts *out, const struct cache *c);

#endif
