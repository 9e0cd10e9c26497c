/*
 * Is an RRset signed by its zone? RRSIG over the canonical RRset, RFC 4034
 * section 3.1.8.1 and RFC 4035 section 5.3, with the work that one lookup may
 * cost bounded (KeyTrap, CVE-2023-50387): by all checks of one lookup, and
 * narrower by those that fail, of which an honest zone has one or two.
 */
#ifndef DG_DNSSEC_SIGNATURE_H
#define DG_DNSSEC_SIGNATURE_H

#include "dnssec/zone.h"

/* What a lookup has cost, and what it ran into. */
struct work {
	int64_t now; /* wall time */
	unsigned signatures;
	unsigned failures; /* of these, not good */
	unsigned hashes;
	const char *why; /* it failed: for people */
	bool no_memory;	 /* it failed for want of memory */
};

enum signing {
	SIGNING_UNKNOWN = 0, /* treat as bad */
	SIGNING_GOOD,
	SIGNING_MISSING, /* no RRSIG over it at all */
	SIGNING_BAD,	 /* none that holds; work.why says more */
};

struct signature {
	uint32_t ttl; /* what may be relied on, RFC 4035 5.3.3 */
	uint32_t original_ttl;
	uint32_t valid_for; /* seconds until it expires */
	unsigned labels;    /* of the owner, as signed */
	bool expanded;	    /* from a wildcard: needs a proof besides */
};

/* Checks set, which stands in m, against the zone's keys; fills out when
 * good. */
enum signing signature_check(struct signature *out, struct work *work,
    const struct message *m, const struct rrset *set, const struct zone *zone);

/* There is an RRSIG over that RRset, of whoever. */
bool signature_present(const struct message *m, const struct rrset *set);

/* The name in an RRSIG's RDATA of who signed. DG_ESYNTAX. */
DG_MUSTCHECK int signature_signer(struct dname *out, struct span rdata);

/* The type that an RRSIG's RDATA covers; 0 when it cannot be read. */
uint16_t signature_covers(struct span rdata);

/* The answer to a question for DNSKEY, and the DS records of that zone. */
struct keys_answer {
	const struct message *message;
	const struct rrset *dnskey;
	const struct ds_set *ds;
};

/*
 * The DNSKEY RRset is signed by a key that one of the DS records means: makes
 * the zone, with all of its keys (RFC 4035 5.2). out is set when good.
 */
enum signing signature_check_keys(struct zone **out,
    struct signature *signature, struct work *work,
    const struct keys_answer *answer);

#endif
