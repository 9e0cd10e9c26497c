/*
 * What is used of ring's P-256, which has no header for it: its callers are not
 * in C. Included before its code too, so that the compiler holds the one against
 * the other. Numbers are in Montgomery's form, but for scalars; points have three
 * coordinates (Jacobi's), and Z = 0 is the point at infinity.
 */
#ifndef DECLARATIONS_H
#define DECLARATIONS_H

#include "crypto/fipsmodule/ec/p256_shared.h"

void p256_mul_mont(BN_ULONG r[P256_LIMBS], const BN_ULONG a[P256_LIMBS],
    const BN_ULONG b[P256_LIMBS]);
void p256_sqr_mont(BN_ULONG r[P256_LIMBS], const BN_ULONG a[P256_LIMBS]);
void p256_point_add(BN_ULONG r[3][P256_LIMBS], const BN_ULONG a[3][P256_LIMBS],
    const BN_ULONG b[3][P256_LIMBS]);
void p256_point_mul(BN_ULONG r[3][P256_LIMBS], const BN_ULONG scalar[P256_LIMBS],
    const BN_ULONG x[P256_LIMBS], const BN_ULONG y[P256_LIMBS]);
void p256_point_mul_base(BN_ULONG r[3][P256_LIMBS],
    const BN_ULONG scalar[P256_LIMBS]);

#endif
