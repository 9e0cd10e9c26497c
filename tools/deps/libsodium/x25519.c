#include "x25519.h"

#include <string.h>

#include "scalarmult_curve25519.h"
#include "x25519_ref10.h"

int
x25519(uint8_t out[32], const uint8_t secret[32], const uint8_t point[32])
{
	static const uint8_t base[32] = { 9 };
	const crypto_scalarmult_curve25519_implementation *code =
	    &crypto_scalarmult_curve25519_ref10_implementation;
	int r;

	/* The base point has tables. */
	if (memcmp(point, base, sizeof(base)) == 0)
		r = code->mult_base(out, secret);
	else
		r = code->mult(out, secret, point);
	if (r != 0)
		memset(out, 0, 32);
	return r == 0 ? 0 : -1;
}
