/*
 * Verification of Ed25519 signatures (RFC 8032), which mbedTLS lacks: the one
 * door to the few files of libsodium that are built for it.
 */
#ifndef ED25519_H
#define ED25519_H

#include <stddef.h>
#include <stdint.h>

/*
 * 0 when sig is a good signature of msg[0..n) under key, else -1. Strict:
 * non-canonical S, non-canonical and small-order points are refused.
 */
int ed25519_verify(const uint8_t sig[64], const uint8_t *msg, size_t n,
    const uint8_t key[32]);

#endif
