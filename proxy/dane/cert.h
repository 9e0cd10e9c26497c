/*
 * Inside of dane/ only: one certificate, parsed strictly, and what of it can be
 * judged without looking at others. A fault is told in words that need no
 * escaping; NULL is none. Knows nothing of TLSA.
 */
#ifndef DG_DANE_CERT_H
#define DG_DANE_CERT_H

#include <mbedtls/x509_crt.h>

#include "base/name.h"
#include "dane/outline.h"
#include "dane/pubkey.h"

struct cert {
	mbedtls_x509_crt crt; /* for version, dates, extensions, digest */
	struct outline parts; /* for names, key and signature */
	struct pubkey key;
	struct span constraints;   /* value of the extension */
	bool constrained;	   /* it has name constraints */
	bool repeated;		   /* more than once, which is an error */
	bool unreadable_algorithm; /* the library cannot read that of the
				      signature */
	uint8_t *copy;		   /* what crt points to, or NULL */
};

/*
 * Parses der, of which only pointers are kept. An unknown critical extension is
 * an error (RFC 5280 4.2); a key, a signature or names that the library does
 * not know are none. DG_ESYNTAX; c needs no cert_clear() then.
 */
DG_MUSTCHECK int cert_parse(struct cert *c, struct span der);
void cert_clear(struct cert *c);

/* As the server's own: dates, use of the key, names. */
const char *cert_leaf_fault(const struct cert *c, const struct name *names,
    size_t nnames, int64_t now);

/*
 * As one that issues others: dates, CA flag, use of the key. below: how many
 * certificates of other issuers stand between it and the leaf. anchor: it is
 * trusted itself, and so may be of version 1, which has no CA flag.
 */
const char *cert_issuer_fault(const struct cert *c, unsigned below, bool anchor,
    int64_t now);

/* Valid from and to, seconds since 1970, both included. */
void cert_dates(const struct cert *c, int64_t *from, int64_t *to);

/* Issuer and subject have the same name. */
bool cert_is_self_issued(const struct cert *c);

/* The child names the parent as its issuer. */
bool cert_is_named_issuer(const struct cert *child, const struct cert *parent);

/* What stands against the key having signed the certificate. */
const char *cert_signature_fault(const struct cert *c, struct pubkey *key);

#endif
