/*
 * X25519 (RFC 7748 5), which mbedTLS has too, and slowly: the one door to the
 * few files of libsodium that are built for it.
 */
#ifndef X25519_H
#define X25519_H

#include <stdint.h>

/*
 * Constant in time and in the memory it looks at. -1 when the point is of small
 * order, which makes a secret that everybody knows (RFC 7748 6.1); out is zero
 * then.
 */
int x25519(uint8_t out[32], const uint8_t secret[32], const uint8_t point[32]);

#endif
