/*
 * A forwarder's tampering as data, for the fuzz target of the validator: edits
 * of answers that a signed tree (tests/unit/dnssec/support/world.h) gave, small
 * enough that a mutator can make, change and mix them. What an edit brings in
 * comes from a pool: all records of the tree, and forged ones.
 */
#ifndef DG_FUZZ_DNSSEC_EDITS_H
#define DG_FUZZ_DNSSEC_EDITS_H

#include "dnssec/support/world.h"

#define EDIT_BYTES 6 /* in the input */
#define EDITS_MAX  16
#define EDIT_EVERY 0xff /* as step: in every answer */

enum edit_op {
	EDIT_DROP,	/* record a */
	EDIT_DROP_TYPE, /* all of record a's type, RRSIGs over it too; b odd:
			   the RRSIGs alone */
	EDIT_DOUBLE,
	EDIT_SWAP,    /* records a and b */
	EDIT_MOVE,    /* record a to the other section */
	EDIT_PUT,     /* record c d of the pool; b odd: into the answer */
	EDIT_PUT_SET, /* its whole RRset with RRSIGs; b & 2: as owner a */
	EDIT_REPLACE,
	EDIT_OWNER, /* record a gets name c d */
	EDIT_OWNER_SET,
	EDIT_CASE,
	EDIT_TTL,
	EDIT_FIELD, /* octet c of field b of record a, by d; names: name c d */
	EDIT_BIT,   /* type c d in the bit map of record a */
	EDIT_RCODE,
	EDIT_SECTION, /* emptied */
	EDIT_OPS
};

struct edit {
	uint8_t step; /* which answer of the lookup */
	uint8_t op;
	uint8_t a, b, c, d;
};

struct edit_pool {
	ldns_rr_list *records;
	size_t ntrue;	      /* of these, the tree's; they come first */
	ldns_rr_list *forged; /* the others: an RRSIG and what it covers, ... */
	ldns_rdf **names;     /* all owners, each once */
	size_t nnames;
};

/* Writes text with the origin in each place of an @. */
#define EDIT_TEXT_MAX 1024
void edit_fill(char out[EDIT_TEXT_MAX], const char *text, const char *origin);

/* Forges records and collects the pool; w must be signed. */
void edit_pool_open(struct edit_pool *p, struct world *w);

/*
 * Applies one edit to an answer. A pool's index c d with the upper bit set
 * counts only records of the type that is asked for, in the name's zone or
 * beside it: few enough to be met.
 */
void edit_apply(struct world_reply *reply, const struct edit_pool *p,
    const struct dnssec_question *asked, const struct edit *e);

#endif
