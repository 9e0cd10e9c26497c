/*
 * Finds the public key inside a certificate by walking its outer structure
 * alone, so that it is found also where the rest cannot be parsed. Knows
 * nothing of what the fields mean.
 */
#ifndef DG_DANE_SPKI_H
#define DG_DANE_SPKI_H

#include "base/span.h"

/*
 * The SubjectPublicKeyInfo of a certificate in DER, tag and length included
 * (RFC 5280 4.1), as a part of der. DG_ESYNTAX.
 */
DG_MUSTCHECK int spki_find(struct span *out, struct span der);

#endif
