/*
 * A signed DNS tree for the tests, made anew in each: zones of records in text
 * form, keys, NSEC and NSEC3 chains, signatures by mbedTLS over what ldns says
 * is canonical, and a resolver that answers from it. A test may spoil answers
 * on their way.
 */
#ifndef DG_TEST_DNSSEC_WORLD_H
#define DG_TEST_DNSSEC_WORLD_H

#include <ldns/ldns.h>
#include <mbedtls/ecdsa.h>

#include "dnssec/dnssec.h"

#define WORLD_NOW   1700000000
#define WORLD_ZONES 24
#define WORLD_DAY   86400

enum world_denial {
	WORLD_UNSIGNED = 0,
	WORLD_NSEC,
	WORLD_NSEC3,
};

/* How signatures are made; zero means as it should be. */
struct world_signing {
	int64_t begins;
	int64_t expires;
	int labels; /* one more than what the RRSIG is to say */
	const char *signer;
};

struct world_zone {
	char origin[64]; /* with final dot */
	enum world_denial denial;
	bool opt_out;
	unsigned iterations;
	const char *ds; /* instead of its own DS in the parent */
	mbedtls_ecp_keypair key;
	uint16_t tag;
	struct world_signing signing;
	ldns_rr_list *rrs; /* with RRSIG and denial, once signed */
};

struct world_reply {
	unsigned rcode;
	ldns_rr_list *answer;
	ldns_rr_list *authority;
};

struct world;

typedef void world_tamper(struct world *w,
    const struct dnssec_question *question, struct world_reply *reply);

struct world {
	size_t n;
	struct world_zone zones[WORLD_ZONES];
	struct dnssec_trust *trust;
	char anchor[1024]; /* the root's DS record */
	int64_t now;
	world_tamper *tamper;
	unsigned asked;
	struct dnssec_lookup *lookup; /* the last one */
};

void world_open(struct world *w);
void world_close(struct world *w);

/* A zone; parents first. */
struct world_zone *world_zone(struct world *w, const char *origin,
    enum world_denial denial);

/* Adds a record: "www.example.nl. 300 IN A 192.0.2.1". */
void world_add(struct world_zone *z, const char *text);

/* Makes keys, delegations, chains and signatures, and trusts the root. */
void world_sign(struct world *w);

/* Forgets what earlier lookups have proven. */
void world_forget(struct world *w);

/* The zone of that origin. */
struct world_zone *world_find(struct world *w, const char *origin);

/* Looks up; the result lives until the next lookup. */
const struct dnssec_result *world_lookup(struct world *w, const char *name,
    uint16_t type);

/* The answer that the tree gives. */
void world_answer(struct world *w, const struct dnssec_question *question,
    struct world_reply *reply);

/* Writes a reply as a message. Returns its length. */
size_t world_write(uint8_t *out, size_t size,
    const struct dnssec_question *question, const struct world_reply *reply);

ldns_rr *world_rr(const char *text);

void world_base64(char out[128], const uint8_t *p, size_t n);

/* Adds to list an RRSIG by z over set, whose records are of one RRset. */
void world_sign_set(ldns_rr_list *list, struct world_zone *z,
    const ldns_rr_list *set, const struct world_signing *how);

/* Removes the records of that type (any: 0); of RRSIG those that cover covered
 * (any: 0). */
void world_remove(ldns_rr_list *list, unsigned type, unsigned covered);

/* Adds copies of all records of that type in z, with their RRSIGs. */
void world_copy(ldns_rr_list *list, const struct world_zone *z, unsigned type);

#endif
