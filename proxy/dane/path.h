/*
 * Inside of dane/ only: is there a path from the leaf to a trust anchor, one
 * that a DANE-TA(2) record names (RFC 7671 5.2, RFC 7672 3.1.2) or one of a
 * store of authorities (RFC 5280 6)?
 */
#ifndef DG_DANE_PATH_H
#define DG_DANE_PATH_H

#include "dane/match.h"
#include "dane/pkix.h"

struct path_result {
	bool found;
	const struct tlsa *record; /* that names the anchor; NULL: the store */
	unsigned depth;		   /* of the anchor; 0 is the leaf */
	const char *subject;	   /* what is at fault, when there is no path */
	const char *fault;	   /* and what with it */
};

/* store may be NULL. Always fills *out. Want of memory is a fault like
 * others. */
void path_find(struct path_result *out, const struct match_set *set,
    const struct pkix_store *store, const struct dane_input *in);

#endif
