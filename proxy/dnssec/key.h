/*
 * Keys of zones: DNSKEY and DS records as values (RFC 4034 sections 2 and 5),
 * and the check of one signature by one key. The one door to mbedTLS's and
 * libsodium's signatures for DNS; knows nothing of RRsets.
 */
#ifndef DG_DNSSEC_KEY_H
#define DG_DNSSEC_KEY_H

#include "dnssec/record.h"

#define DIGEST_MAX 48

struct key {
	uint16_t tag;
	uint8_t algorithm;
	struct span rdata;  /* of the DNSKEY record */
	struct span public; /* the key's own part of it */
};

/*
 * The key of a DNSKEY's RDATA. DG_EUNSUPPORTED when it cannot sign zone data:
 * no ZONE flag, REVOKE, protocol other than 3, algorithm unknown. DG_ESYNTAX.
 */
DG_MUSTCHECK int key_parse(struct key *out, struct span rdata);

/* The key says that it is an entry to its zone (SEP, RFC 4034 2.1.1): trust
 * anchors are. */
bool key_is_entry(struct span rdata);

/* The same for a key with REVOKE, which key_parse() refuses. */
DG_MUSTCHECK int key_parse_revoked(struct key *out, struct span rdata);

/* 5, 7, 8, 10, 13, 14, 15; docs/dnssec.md says why SHA-1 is among them (RFC
 * 9904, RFC 9905). */
bool key_algorithm_supported(unsigned algorithm);

/* sig is a good signature of data under the key. */
bool key_verify(const struct key *key, struct span sig, struct span data);

struct ds {
	uint16_t tag;
	uint8_t algorithm;
	uint8_t digest_type;
	uint8_t n; /* 0: of a wrong length, fits no key */
	uint8_t digest[DIGEST_MAX];
};

/* Those DS records of a zone that can be used. */
struct ds_set {
	size_t n;
	struct ds ds[DNSSEC_MAX_DS];
};

/* DG_EUNSUPPORTED: algorithm or digest unknown (RFC 4035 5.2). DG_ESYNTAX. */
DG_MUSTCHECK int ds_parse(struct ds *out, struct span rdata);

/* Adds what can be used; an empty set is a zone that counts as unsigned. SHA-1
 * only where there is nothing better (RFC 4509 3). DG_ELIMIT. */
DG_MUSTCHECK int ds_set_from(struct ds_set *out, const struct rrset *set);

/* The DS record, SHA-256, that belongs to a key of owner. */
DG_MUSTCHECK int ds_from_key(struct ds *out, const struct dname *owner,
    const struct key *key);

/* The same for a DNSKEY's RDATA as it was before it had REVOKE. */
DG_MUSTCHECK int ds_before_revocation(struct ds *out, const struct dname *owner,
    struct span rdata);

/* The key of owner is the one that the DS record means. Costs a digest unless
 * tag or algorithm differ. */
bool ds_fits(const struct ds *ds, const struct dname *owner,
    const struct key *key);

#endif
