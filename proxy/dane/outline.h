/*
 * Inside of dane/ only: where the parts of a certificate lie (RFC 5280 4.1),
 * found by walking its outer structure alone, so that they are found also where
 * the rest cannot be parsed. Knows nothing of what the parts mean.
 */
#ifndef DG_DANE_OUTLINE_H
#define DG_DANE_OUTLINE_H

#include "base/span.h"

/* Parts of the certificate's bytes, each with its tag and length. */
struct outline {
	struct span body;   /* TBSCertificate: what is signed */
	struct span first;  /* version, if it is there, and serial number */
	struct span inner;  /* the algorithm as named in the body */
	struct span issuer; /* Name */
	struct span validity;
	struct span subject;   /* Name */
	struct span key;       /* SubjectPublicKeyInfo */
	struct span last;      /* what the body has after the key */
	struct span algorithm; /* AlgorithmIdentifier */
	struct span signature; /* BIT STRING */
};

/* All parts, and nothing after them. DG_ESYNTAX. */
DG_MUSTCHECK int outline_read(struct outline *out, struct span der);

/* The key alone, whatever comes after it. DG_ESYNTAX. */
DG_MUSTCHECK int outline_find_key(struct span *out, struct span der);

#endif
