/*
 * What a certificate says, for people: printed by the probe, never judged by.
 * Pure. All text is printable ASCII, cut where there is no room for more.
 */
#ifndef DG_DANE_DESCRIBE_H
#define DG_DANE_DESCRIBE_H

#include "base/span.h"

#define CERT_TEXT_MAX  128
#define CERT_NAMES_MAX 512

struct cert_text {
	bool readable; /* false: only the digest is there, if even that */
	char subject[CERT_TEXT_MAX]; /* common name, or organization */
	char issuer[CERT_TEXT_MAX];
	char names[CERT_NAMES_MAX]; /* DNS names, a blank between */
	char key[32];		    /* "EC 256", "RSA 2048", "Ed25519" */
	int64_t from, to;	    /* seconds since 1970, both included */
	char digest[65]; /* SHA2-256 of the key in hexadecimal, as in a TLSA
	                    record x 1 1; empty: no key to be found */
};

/* Always fills *out; der is of one certificate. */
void cert_describe(struct cert_text *out, struct span der);

#endif
