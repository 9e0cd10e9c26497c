/*
 * The two kinds of denial, each by itself: sets of verified NSEC or NSEC3
 * records and what they prove. Inside of denial.c.
 */
#ifndef DG_DNSSEC_NSEC_H
#define DG_DNSSEC_NSEC_H

#include "dnssec/denial.h"

#define NSEC3_HASH 20

/* The type bit maps of RFC 4034 4.1.2 are well formed. */
bool bitmap_valid(struct span bitmap);

/* bitmap must be valid. */
bool bitmap_has(struct span bitmap, uint16_t type);

/* The name is the parent's side of a zone cut: such a record knows nothing of
 * what is at and below it, but for its DS (RFC 6840 4.1). */
bool bitmap_is_delegation(struct span bitmap);

/* A record that stands at the name itself denies the type there. */
enum denial bitmap_deny(struct span bitmap, const struct denial_case *c);

struct nsec {
	struct dname owner;
	struct dname next;
	struct span bitmap;
};

struct nsec_set {
	size_t n;
	struct nsec nsec[DNSSEC_MAX_DENIALS];
};

/* DG_ESYNTAX when the record proves nothing in the zone. */
DG_MUSTCHECK int nsec_set_add(struct nsec_set *set, const struct rrset *rrset,
    const struct zone *zone);

enum denial nsec_prove(const struct nsec_set *set, const struct denial_case *c);
enum denial nsec_prove_expansion(const struct nsec_set *set,
    const struct denial_case *c, unsigned labels);

struct nsec3 {
	uint8_t hash[NSEC3_HASH];
	uint8_t next[NSEC3_HASH];
	bool opt_out;
	struct span bitmap;
};

/* All of one zone, with the same parameters. */
struct nsec3_set {
	unsigned iterations;
	struct span salt;
	size_t n;
	struct nsec3 nsec3[DNSSEC_MAX_DENIALS];
};

DG_MUSTCHECK int nsec3_set_add(struct nsec3_set *set, const struct rrset *rrset,
    const struct zone *zone);

enum denial nsec3_prove(const struct nsec3_set *set, struct work *work,
    const struct denial_case *c);
enum denial nsec3_prove_expansion(const struct nsec3_set *set,
    struct work *work, const struct denial_case *c, unsigned labels);

#endif
