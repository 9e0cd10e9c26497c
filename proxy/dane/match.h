/*
 * Does a TLSA record fit a certificate (RFC 6698 2.1), and which records of a
 * set may be asked at all (usable, and not outdone by a stronger digest, RFC
 * 7671 9)? Compares bytes; knows nothing of paths, names and dates.
 */
#ifndef DG_DANE_MATCH_H
#define DG_DANE_MATCH_H

#include "dane/dane.h"

/* The records of a set that count. */
struct match_set {
	const struct tlsa *records[TLSA_SET_MAX];
	size_t n;
};

/*
 * Takes the usable records among the first TLSA_SET_MAX, less those that digest
 * agility sets aside. An empty set means that none is usable.
 */
void match_set_init(struct match_set *set, const struct tlsa *records,
    size_t n);

/* What records are compared with; each digest is computed once. */
struct match_target {
	struct span cert; /* DER */
	struct span spki; /* empty when it could not be found */
	bool done[2][3];  /* by selector and matching type */
	uint8_t digest[2][3][64];
};

void match_target_init(struct match_target *t, struct span cert);

/* The record fits, whatever its usage. */
bool match_record(struct match_target *t, const struct tlsa *record);

/* The first record of this usage that fits, or NULL. */
const struct tlsa *match_find(const struct match_set *set,
    enum tlsa_usage usage, struct match_target *t);

/* The set has a record of this usage. */
bool match_has_usage(const struct match_set *set, enum tlsa_usage usage);

#endif
