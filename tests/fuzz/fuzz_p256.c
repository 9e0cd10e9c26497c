/* rooms: curve */
/*
 * m G + n Q on P-256, as a signature's check asks for it, against the library's own
 * arithmetic. The input: a byte, even if Q is a multiple of G; m; n; then Q's
 * coordinates or the multiple, and 32 bytes that do not count.
 */
#include <mbedtls/ecp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "p256.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* NOLINTBEGIN(readability-identifier-naming): the linker's names */
int __real_mbedtls_ecp_muladd_restartable(mbedtls_ecp_group *group,
    mbedtls_ecp_point *out, const mbedtls_mpi *m, const mbedtls_ecp_point *p,
    const mbedtls_mpi *n, const mbedtls_ecp_point *q,
    mbedtls_ecp_restart_ctx *restart);
/* NOLINTEND(readability-identifier-naming) */

struct question {
	mbedtls_ecp_group group;
	mbedtls_ecp_point q;
	mbedtls_mpi m;
	mbedtls_mpi n;
};

static void
require(int condition)
{
	if (!condition)
		abort();
}

static void
read_number(mbedtls_mpi *out, const uint8_t **data)
{
	require(mbedtls_mpi_read_binary(out, *data, P256_BYTES) == 0);
	*data += P256_BYTES;
}

/* (x, y) as they come, on the curve or not; or x G. */
static void
read_point(struct question *k, const uint8_t *data, int is_multiple)
{
	mbedtls_mpi *x = &k->q.MBEDTLS_PRIVATE(X);
	mbedtls_mpi factor, zero;

	read_number(x, &data);
	read_number(&k->q.MBEDTLS_PRIVATE(Y), &data);
	require(mbedtls_mpi_lset(&k->q.MBEDTLS_PRIVATE(Z), 1) == 0);
	if (!is_multiple)
		return;
	mbedtls_mpi_init(&factor);
	mbedtls_mpi_init(&zero);
	require(mbedtls_mpi_mod_mpi(&factor, x, &k->group.N) == 0);
	require(mbedtls_mpi_lset(&zero, 0) == 0);
	require(__real_mbedtls_ecp_muladd_restartable(&k->group, &k->q, &factor,
		    &k->group.G, &zero, &k->group.G, NULL) == 0);
	mbedtls_mpi_free(&factor);
	mbedtls_mpi_free(&zero);
}

static void
compare(struct question *k)
{
	mbedtls_ecp_point a, b;
	int of_library, r;

	mbedtls_ecp_point_init(&a);
	mbedtls_ecp_point_init(&b);
	of_library = __real_mbedtls_ecp_muladd_restartable(&k->group, &a, &k->m,
	    &k->group.G, &k->n, &k->q, NULL);
	r = mbedtls_ecp_muladd_restartable(&k->group, &b, &k->m, &k->group.G,
	    &k->n, &k->q, NULL);
	/* The library does not look at a point that it multiplies with 0. */
	if (r != 0)
		require(of_library != 0 ||
		    mbedtls_ecp_check_pubkey(&k->group, &k->q) != 0);
	else
		require(of_library == 0 && mbedtls_ecp_point_cmp(&a, &b) == 0);
	mbedtls_ecp_point_free(&a);
	mbedtls_ecp_point_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct question k;
	int is_multiple;

	if (size < 4 * P256_BYTES + 1)
		return 0;
	mbedtls_ecp_group_init(&k.group);
	mbedtls_ecp_point_init(&k.q);
	mbedtls_mpi_init(&k.m);
	mbedtls_mpi_init(&k.n);
	require(
	    mbedtls_ecp_group_load(&k.group, MBEDTLS_ECP_DP_SECP256R1) == 0);
	is_multiple = *data++ % 2 == 0;
	read_number(&k.m, &data);
	read_number(&k.n, &data);
	read_point(&k, data, is_multiple);
	compare(&k);
	mbedtls_ecp_group_free(&k.group);
	mbedtls_ecp_point_free(&k.q);
	mbedtls_mpi_free(&k.m);
	mbedtls_mpi_free(&k.n);
	return 0;
}
