#include "p256.h"

#include <string.h>

#include "declarations.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
    "a number's bytes are its limbs");

typedef BN_ULONG number[P256_LIMBS];

/* p - 2, and 2^512 modulo p. */
static const uint8_t exponent[P256_BYTES] = { 0xfd, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff };
static const uint8_t square_of_r[P256_BYTES] = { 3, 0, 0, 0, 0, 0, 0, 0, 0xff,
	0xff, 0xff, 0xff, 0xfb, 0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xfd, 0xff, 0xff, 0xff, 4, 0, 0, 0 };

/* Into Montgomery's form. */
static void
take(number out, const uint8_t in[P256_BYTES])
{
	number plain, r;

	memcpy(plain, in, sizeof(plain));
	memcpy(r, square_of_r, sizeof(r));
	p256_mul_mont(out, plain, r);
}

/* Out of it. */
static void
give(uint8_t out[P256_BYTES], const number in)
{
	static const number one = { 1 };
	number plain;

	p256_mul_mont(plain, in, one);
	memcpy(out, plain, P256_BYTES);
}

/* 1 / in = in^(p - 2), by Fermat. */
static void
invert(number out, const number in)
{
	number r;

	/* The exponent's highest bit is set. */
	memcpy(r, in, sizeof(r));
	for (int i = 8 * P256_BYTES - 2; i >= 0; i--) {
		p256_sqr_mont(r, r);
		if ((exponent[i / 8] >> (i % 8) & 1) != 0)
			p256_mul_mont(r, r, in);
	}
	memcpy(out, r, sizeof(r));
}

static int
is_infinity(number point[3])
{
	BN_ULONG bits = 0;

	for (size_t i = 0; i < P256_LIMBS; i++)
		bits |= point[2][i];
	return bits == 0;
}

int
p256_muladd(uint8_t x[P256_BYTES], uint8_t y[P256_BYTES],
    const uint8_t m[P256_BYTES], const uint8_t n[P256_BYTES])
{
	number a[3], b[3], scalar, given_x, given_y, inverse, power;

	memcpy(scalar, m, sizeof(scalar));
	p256_point_mul_base(a, scalar);
	memcpy(scalar, n, sizeof(scalar));
	take(given_x, x);
	take(given_y, y);
	p256_point_mul(b, scalar, given_x, given_y);
	p256_point_add(a, a, b);
	if (is_infinity(a))
		return -1;
	/* x = X / Z^2, y = Y / Z^3 */
	invert(inverse, a[2]);
	p256_sqr_mont(power, inverse);
	p256_mul_mont(a[0], a[0], power);
	p256_mul_mont(power, power, inverse);
	p256_mul_mont(a[1], a[1], power);
	give(x, a[0]);
	give(y, a[1]);
	return 0;
}
