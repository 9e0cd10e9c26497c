/*
 * The other way to know a server: by certificate authorities that the operator
 * trusts (RFC 5280), for level `verify`. A pure function like dane_verify(),
 * over the same search for a path, with the same rules for dates, names, keys
 * and constraints; only where trust begins is different. Revocation is not
 * looked at.
 *
 * Memory: the authorities are kept in DER, and one is parsed only when a chain
 * names it. A store takes what its file has in bytes and 32 more for each of
 * them: 220 KiB for the 140 or so that Debian ships, PKIX_FILE_MAX and a little
 * in any case.
 */
#ifndef DG_DANE_PKIX_H
#define DG_DANE_PKIX_H

#include "dane/dane.h"

#define PKIX_FILE_MAX	     ((size_t)1 << 20) /* bytes of PEM text */
#define PKIX_AUTHORITIES_MAX 1024

struct pkix_store;

/*
 * The certificates of PEM text; what is no certificate among them is passed
 * over. DG_ENOTFOUND: it holds none; DG_ESYNTAX: a broken PEM block; DG_ELIMIT;
 * DG_ENOMEM. text is not needed afterwards.
 */
DG_MUSTCHECK int pkix_store_new(struct pkix_store **out, struct span text);
void pkix_store_free(struct pkix_store *store);

/* How many authorities, and the bytes that they take. */
size_t pkix_store_count(const struct pkix_store *store);
size_t pkix_store_bytes(const struct pkix_store *store);

/* The same for two stores only if they hold the same, in the same order. */
#define PKIX_DIGEST_SIZE 32
const uint8_t *pkix_store_digest(const struct pkix_store *store);

struct pkix_result {
	bool verified;
	unsigned depth;		      /* of the authority; 0 is the leaf */
	char reason[DANE_REASON_MAX]; /* one line, printable ASCII */
};

/*
 * Is there a path from the chain's leaf to an authority of the store, and is
 * the leaf made out for one of the names? Records of in are not looked at. A
 * store of NULL trusts nobody. Always fills *out.
 */
void pkix_verify(struct pkix_result *out, const struct pkix_store *store,
    const struct dane_input *in);

#endif
