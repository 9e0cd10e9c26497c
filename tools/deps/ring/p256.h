/*
 * What checking a signature by ECDSA on P-256 takes, which mbedTLS does slowly:
 * the one door to the file of ring that is built for it.
 */
#ifndef P256_H
#define P256_H

#include <stdint.h>

#define P256_BYTES 32 /* of a number, the least significant first */

/*
 * The point (x, y), which must be on the curve, becomes m G + n (x, y), with G the
 * curve's generator. m and n are less than its order, coordinates less than the
 * prime. -1 when the result is the point at infinity, which has no coordinates. None
 * of these numbers may be a secret.
 */
int p256_muladd(uint8_t x[P256_BYTES], uint8_t y[P256_BYTES],
    const uint8_t m[P256_BYTES], const uint8_t n[P256_BYTES]);

#endif
