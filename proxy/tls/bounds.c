/*
 * Two numbers of a handshake are the server's choice and costly, and the
 * library bounds neither from above:
 *   - the exponent of its RSA key (RFC 8017 3.1). All bytes of it count, for the
 *     library works through leading zeros too. Eight is what OpenSSL takes with
 *     keys of over 3072 bits, and more than any real key has;
 *   - the prime of a finite-field Diffie-Hellman group (RFC 5246 7.4.3). The
 *     cost grows with its third power: at 8192 bits more than a second.
 * The linker puts the function below in the place of mbedtls_dhm_read_params()
 * where the library's TLS calls it (-Wl,--wrap=, see the Makefile).
 */
#include "tls/bounds.h"

#include <mbedtls/dhm.h>
#include <mbedtls/rsa.h>

#define RSA_EXPONENT_MAX 8    /* bytes, with that of the sign */
#define DH_PRIME_MAX	 4096 /* bits */

/* The linker's names; nobody else calls ours. */
/* NOLINTBEGIN(readability-identifier-naming) */
int __real_mbedtls_dhm_read_params(mbedtls_dhm_context *dh, unsigned char **p,
    const unsigned char *end);
int __wrap_mbedtls_dhm_read_params(mbedtls_dhm_context *dh, unsigned char **p,
    const unsigned char *end);

int
__wrap_mbedtls_dhm_read_params(mbedtls_dhm_context *dh, unsigned char **p,
    const unsigned char *end)
{
	int r = __real_mbedtls_dhm_read_params(dh, p, end);

	if (r == 0 && mbedtls_dhm_get_bitlen(dh) > DH_PRIME_MAX)
		return MBEDTLS_ERR_DHM_BAD_INPUT_DATA;
	return r;
}
/* NOLINTEND(readability-identifier-naming) */

bool
bounds_hold(const mbedtls_pk_context *key)
{
	const mbedtls_rsa_context *rsa = mbedtls_pk_rsa(*key);
	const mbedtls_mpi *exponent;

	if (rsa == NULL)
		return true;
	exponent = &rsa->MBEDTLS_PRIVATE(E);
	return exponent->MBEDTLS_PRIVATE(n) * sizeof(mbedtls_mpi_uint) <=
	    RSA_EXPONENT_MAX;
}
