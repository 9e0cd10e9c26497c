/*
 * Inside of dane/ only: one certificate, parsed strictly, and what of it can be
 * judged without looking at others. A fault is told in words that need no
 * escaping; NULL is none. Knows nothing of TLSA.
 */
#ifndef DG_DANE_CERT_H
#define DG_DANE_CERT_H

#include <mbedtls/x509_crt.h>

#include "base/name.h"

struct cert {
	mbedtls_x509_crt crt;
	bool constrained; /* it has name constraints */
};

/*
 * Parses der, of which only pointers are kept. An unknown critical extension is
 * an error (RFC 5280 4.2). DG_ESYNTAX; c needs no cert_clear() then.
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

/* Issuer and subject have the same name. */
bool cert_is_self_issued(const struct cert *c);

/* The child names the parent as its issuer. */
bool cert_is_named_issuer(const struct cert *child, const struct cert *parent);

/* The key has signed the certificate. */
const char *cert_signature_fault(const struct cert *c, mbedtls_pk_context *key);

/* The key is too short or of a kind that we do not know. */
const char *cert_key_fault(const mbedtls_pk_context *key);

#endif
