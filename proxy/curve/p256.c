/*
 * The arithmetic of checking a signature on P-256 by ring's code, put in the place
 * of the library's by the linker (-Wl,--wrap=, see the Makefile).
 *
 * Nearly all servers and most signed zones have keys on this curve, and with the
 * library's arithmetic of all curves the check of a signature is most of what a
 * handshake costs (docs/performance). ring's field arithmetic is made and proved by
 * fiat-crypto. What makes a signature good or bad stays the library's: it asks for
 * u1 G + u2 Q (SEC 1 4.1.4, step 5) and judges the point that comes back.
 */
#include <mbedtls/ecp.h>
#include <stdbool.h>

#include "p256.h"

/* NOLINTBEGIN(readability-identifier-naming): the linker's names */
int __real_mbedtls_ecp_muladd_restartable(mbedtls_ecp_group *group,
    mbedtls_ecp_point *out, const mbedtls_mpi *m, const mbedtls_ecp_point *p,
    const mbedtls_mpi *n, const mbedtls_ecp_point *q,
    mbedtls_ecp_restart_ctx *restart);
int __wrap_mbedtls_ecp_muladd_restartable(mbedtls_ecp_group *group,
    mbedtls_ecp_point *out, const mbedtls_mpi *m, const mbedtls_ecp_point *p,
    const mbedtls_mpi *n, const mbedtls_ecp_point *q,
    mbedtls_ecp_restart_ctx *restart);
/* NOLINTEND(readability-identifier-naming) */

static bool
is_factor(const mbedtls_ecp_group *group, const mbedtls_mpi *factor)
{
	return mbedtls_mpi_cmp_int(factor, 0) >= 0 &&
	    mbedtls_mpi_cmp_mpi(factor, &group->N) < 0;
}

/* A point on the curve that is not infinity has Z = 1 here. */
static int
muladd(mbedtls_ecp_point *out, const mbedtls_mpi *m, const mbedtls_mpi *n,
    const mbedtls_ecp_point *q)
{
	uint8_t u1[P256_BYTES], u2[P256_BYTES], x[P256_BYTES], y[P256_BYTES];
	int r = mbedtls_mpi_write_binary_le(m, u1, P256_BYTES);

	if (r == 0)
		r = mbedtls_mpi_write_binary_le(n, u2, P256_BYTES);
	if (r == 0)
		r = mbedtls_mpi_write_binary_le(&q->MBEDTLS_PRIVATE(X), x,
		    P256_BYTES);
	if (r == 0)
		r = mbedtls_mpi_write_binary_le(&q->MBEDTLS_PRIVATE(Y), y,
		    P256_BYTES);
	if (r == 0 && p256_muladd(x, y, u1, u2) != 0)
		return mbedtls_ecp_set_zero(out);
	if (r == 0)
		r = mbedtls_mpi_read_binary_le(&out->MBEDTLS_PRIVATE(X), x,
		    P256_BYTES);
	if (r == 0)
		r = mbedtls_mpi_read_binary_le(&out->MBEDTLS_PRIVATE(Y), y,
		    P256_BYTES);
	if (r == 0)
		r = mbedtls_mpi_lset(&out->MBEDTLS_PRIVATE(Z), 1);
	return r;
}

/* NOLINTNEXTLINE(readability-identifier-naming): the linker's name */
int
__wrap_mbedtls_ecp_muladd_restartable(mbedtls_ecp_group *group,
    mbedtls_ecp_point *out, const mbedtls_mpi *m, const mbedtls_ecp_point *p,
    const mbedtls_mpi *n, const mbedtls_ecp_point *q,
    mbedtls_ecp_restart_ctx *restart)
{
	int r;

	if (group->id != MBEDTLS_ECP_DP_SECP256R1 ||
	    mbedtls_ecp_point_cmp(p, &group->G) != 0 || !is_factor(group, m) ||
	    !is_factor(group, n))
		return __real_mbedtls_ecp_muladd_restartable(group, out, m, p,
		    n, q, restart);
	/* As there: a point that is not on the curve is not multiplied. */
	r = mbedtls_ecp_check_pubkey(group, q);
	return r == 0 ? muladd(out, m, n, q) : r;
}
