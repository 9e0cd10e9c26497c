/*
 * Proofs that something is not there: NSEC (RFC 4035 5.4) and NSEC3 (RFC 5155
 * section 8), with what RFC 6840 section 4 adds. Only records that the zone
 * itself has signed, and that no wildcard made, prove anything.
 */
#ifndef DG_DNSSEC_DENIAL_H
#define DG_DNSSEC_DENIAL_H

#include "dnssec/signature.h"

enum denial {
	DENIAL_UNKNOWN = 0, /* nothing is proven; work.why says more */
	DENIAL_NODATA,	    /* the name is there, or a wildcard for it; the type
			       is not */
	DENIAL_NXDOMAIN,    /* there is no such name */
	DENIAL_DELEGATION,  /* type DS: the name is, or lies in, a zone that is
			       not signed */
	DENIAL_GAP,	    /* type DS: if there is such a zone, it is not
			       signed; NSEC3 with opt-out tells no more */
	DENIAL_INSECURE,    /* NSEC3 by which nothing can be proven: opt-out, or
			       too many iterations */
};

struct denial_proof {
	enum denial what;
	uint32_t ttl;
};

/* A question to a zone that name lies in, and the answer. */
struct denial_case {
	const struct message *message;
	const struct zone *zone;
	const struct dname *name;
	uint16_t type;
};

/*
 * What the authority section proves of name and type. For type DS a proof of
 * DENIAL_NODATA means that there is no zone cut at the name.
 */
void denial_prove(struct denial_proof *out, struct work *work,
    const struct denial_case *c);

/*
 * The answer was made from the wildcard that lies labels deep: proves that
 * there is nothing closer to the name (RFC 4035 5.3.4, RFC 5155 8.8). Says
 * DENIAL_NXDOMAIN when there is not, DENIAL_INSECURE or DENIAL_UNKNOWN.
 */
void denial_prove_expansion(struct denial_proof *out, struct work *work,
    const struct denial_case *c, unsigned labels);

#endif
