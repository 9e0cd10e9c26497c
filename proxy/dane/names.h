/*
 * Is a certificate made out for one of the reference identifiers (RFC 6125,
 * RFC 7672 3.2.3)? Knows nothing of how it came or who issued it.
 */
#ifndef DG_DANE_NAMES_H
#define DG_DANE_NAMES_H

#include "base/name.h"

struct mbedtls_x509_crt;

/* The name is one that a DNS name of a certificate (presented) stands for. */
bool names_match(struct span presented, const struct name *reference);

/* One of the names is in the certificate, of which subject is the subject. */
bool names_check(const struct mbedtls_x509_crt *crt, struct span subject,
    const struct name *names, size_t n);

#endif
