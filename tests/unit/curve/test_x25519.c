/* link: -Wl,--wrap=x25519 */
/*
 * X25519 as it is reached through the library, by each of its ways: vectors of
 * RFC 7748 5.2, and points of small order (RFC 7748 6.1, RFC 8446 7.4.2).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Before the header that does not say that it needs it. */
#include <mbedtls/ecp.h>

#include <everest/x25519.h>
#include <psa/crypto.h>

#include "base/err.h"
#include "x25519.h"

#define SIZE 32

static unsigned calls;

/* NOLINTBEGIN(readability-identifier-naming): the linker's names */
int __real_x25519(uint8_t out[32], const uint8_t secret[32],
    const uint8_t point[32]);
int __wrap_x25519(uint8_t out[32], const uint8_t secret[32],
    const uint8_t point[32]);

int
__wrap_x25519(uint8_t out[32], const uint8_t secret[32],
    const uint8_t point[32])
{
	calls++;
	return __real_x25519(out, secret, point);
}
/* NOLINTEND(readability-identifier-naming) */

static const struct {
	const char *secret, *point, *result;
} vectors[] = {
	{ "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
	    "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
	    "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552" },
	{ "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
	    "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
	    "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957" },
	/* the base point */
	{ "0900000000000000000000000000000000000000000000000000000000000000",
	    "0900000000000000000000000000000000000000000000000000000000000000",
	    "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079" },
};

static void
from_hex(uint8_t out[SIZE], const char *hex)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < SIZE; i++)
		out[i] = (uint8_t)((strchr(digits, hex[2 * i]) - digits) << 4 |
		    (strchr(digits, hex[2 * i + 1]) - digits));
}

/* TLS 1.2's way. */
static int
by_everest(uint8_t out[SIZE], const uint8_t *secret, const uint8_t *point)
{
	mbedtls_x25519_context context;
	size_t n;

	mbedtls_x25519_init(&context);
	memcpy(context.our_secret, secret, SIZE);
	memcpy(context.peer_point, point, SIZE);
	return mbedtls_x25519_calc_secret(&context, &n, out, SIZE, NULL, NULL);
}

/* TLS 1.3's: the public key, or the common secret. */
static psa_status_t
by_psa(uint8_t out[SIZE], const uint8_t *secret, const uint8_t *point)
{
	psa_key_attributes_t a = PSA_KEY_ATTRIBUTES_INIT;
	psa_status_t status;
	psa_key_id_t key;
	size_t n;

	psa_set_key_usage_flags(&a, PSA_KEY_USAGE_DERIVE);
	psa_set_key_algorithm(&a, PSA_ALG_ECDH);
	psa_set_key_type(&a,
	    PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_MONTGOMERY));
	assert_int_equal(psa_import_key(&a, secret, SIZE, &key), PSA_SUCCESS);
	status = point == NULL ? psa_export_public_key(key, out, SIZE, &n)
			       : psa_raw_key_agreement(PSA_ALG_ECDH, key, point,
				     SIZE, out, SIZE, &n);
	assert_int_equal(psa_destroy_key(key), PSA_SUCCESS);
	return status;
}

static void
test_vectors(void **state)
{
	uint8_t secret[SIZE], point[SIZE], result[SIZE], out[SIZE];

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(vectors); i++) {
		from_hex(secret, vectors[i].secret);
		from_hex(point, vectors[i].point);
		from_hex(result, vectors[i].result);
		assert_int_equal(x25519(out, secret, point), 0);
		assert_memory_equal(out, result, SIZE);
		calls = 0;
		assert_int_equal(by_everest(out, secret, point), 0);
		assert_int_equal(calls, 1);
		assert_memory_equal(out, result, SIZE);
		calls = 0;
		assert_int_equal(by_psa(out, secret, point), PSA_SUCCESS);
		assert_int_equal(calls, 1);
		assert_memory_equal(out, result, SIZE);
	}
	/* The last one's point is the base point: it is a public key. */
	calls = 0;
	assert_int_equal(by_psa(out, secret, NULL), PSA_SUCCESS);
	assert_int_equal(calls, 1);
	assert_memory_equal(out, result, SIZE);
}

static void
test_small_order(void **state)
{
	uint8_t secret[SIZE], out[SIZE];

	(void)state;
	from_hex(secret, vectors[0].secret);
	for (uint8_t i = 0; i < 2; i++) {
		const uint8_t point[SIZE] = { i };

		assert_int_equal(x25519(out, secret, point), -1);
		assert_int_not_equal(by_everest(out, secret, point), 0);
		assert_int_not_equal(by_psa(out, secret, point), PSA_SUCCESS);
	}
}

static int
set_up(void **state)
{
	(void)state;
	return psa_crypto_init() == PSA_SUCCESS ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_small_order),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
