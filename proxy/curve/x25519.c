/*
 * X25519 by libsodium's code, put in the place of the library's by the linker
 * (-Wl,--wrap=, see the Makefile).
 *
 * Of the library's two ways to multiply on this curve the quick one, of Project
 * Everest, takes more than twice as long, and on ARMv7 four times; and TLS 1.3
 * makes its public key by the slow one, the arithmetic of all curves
 * (mbedtls_ecp_mul), which takes ten to thirty times as long (docs/performance).
 * The functions below have their names, take and give the same, and are called
 * in their place from other files of the library.
 */
#include <mbedtls/ecp.h>
#include <mbedtls/platform_util.h>

#include "x25519.h"

#define SIZE 32

/* NOLINTBEGIN(readability-identifier-naming): the linker's names */
void __wrap_Hacl_Curve25519_crypto_scalarmult(uint8_t *out, uint8_t *secret,
    uint8_t *point);
int __real_mbedtls_ecp_mul(mbedtls_ecp_group *group, mbedtls_ecp_point *out,
    const mbedtls_mpi *secret, const mbedtls_ecp_point *point,
    int (*rng)(void *, unsigned char *, size_t), void *arg);
int __wrap_mbedtls_ecp_mul(mbedtls_ecp_group *group, mbedtls_ecp_point *out,
    const mbedtls_mpi *secret, const mbedtls_ecp_point *point,
    int (*rng)(void *, unsigned char *, size_t), void *arg);

/* Of a point of small order the result is zero, which the caller refuses (RFC
 * 7748 6.1, RFC 8446 7.4.2). */
void
__wrap_Hacl_Curve25519_crypto_scalarmult(uint8_t *out, uint8_t *secret,
    uint8_t *point)
{
	(void)x25519(out, secret, point);
}

int
__wrap_mbedtls_ecp_mul(mbedtls_ecp_group *group, mbedtls_ecp_point *out,
    const mbedtls_mpi *secret, const mbedtls_ecp_point *point,
    int (*rng)(void *, unsigned char *, size_t), void *arg)
{
	uint8_t result[SIZE], bytes[SIZE], given[SIZE];
	int r;

	if (group->id != MBEDTLS_ECP_DP_CURVE25519)
		return __real_mbedtls_ecp_mul(group, out, secret, point, rng,
		    arg);
	/* As there: a key that is not one is not multiplied with. */
	r = mbedtls_ecp_check_privkey(group, secret);
	if (r == 0)
		r = mbedtls_mpi_write_binary_le(secret, bytes, SIZE);
	if (r == 0)
		r = mbedtls_mpi_write_binary_le(&point->MBEDTLS_PRIVATE(X),
		    given, SIZE);
	if (r == 0 && x25519(result, bytes, given) != 0)
		r = MBEDTLS_ERR_ECP_INVALID_KEY;
	if (r == 0)
		r = mbedtls_mpi_read_binary_le(&out->MBEDTLS_PRIVATE(X), result,
		    SIZE);
	if (r == 0)
		r = mbedtls_mpi_lset(&out->MBEDTLS_PRIVATE(Z), 1);
	mbedtls_platform_zeroize(bytes, sizeof(bytes));
	mbedtls_platform_zeroize(result, sizeof(result));
	return r;
}
/* NOLINTEND(readability-identifier-naming) */
