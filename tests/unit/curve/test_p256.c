/* link: -Wl,--wrap=p256_muladd */
/*
 * P-256 as checking a signature reaches it through the library: the vectors of RFC
 * 6979 A.2.5, what must not pass (FIPS 186-5 6.4.2), and m G + n Q held against the
 * library's own arithmetic, most of all where formulas have exceptions.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <mbedtls/ecdsa.h>

#include "base/err.h"
#include "p256.h"

#define RANDOM_ROUNDS 50

static unsigned calls;

/* NOLINTBEGIN(readability-identifier-naming): the linker's names */
int __real_p256_muladd(uint8_t x[P256_BYTES], uint8_t y[P256_BYTES],
    const uint8_t m[P256_BYTES], const uint8_t n[P256_BYTES]);
int __wrap_p256_muladd(uint8_t x[P256_BYTES], uint8_t y[P256_BYTES],
    const uint8_t m[P256_BYTES], const uint8_t n[P256_BYTES]);
int __real_mbedtls_ecp_muladd_restartable(mbedtls_ecp_group *group,
    mbedtls_ecp_point *out, const mbedtls_mpi *m, const mbedtls_ecp_point *p,
    const mbedtls_mpi *n, const mbedtls_ecp_point *q,
    mbedtls_ecp_restart_ctx *restart);

int
__wrap_p256_muladd(uint8_t x[P256_BYTES], uint8_t y[P256_BYTES],
    const uint8_t m[P256_BYTES], const uint8_t n[P256_BYTES])
{
	calls++;
	return __real_p256_muladd(x, y, m, n);
}
/* NOLINTEND(readability-identifier-naming) */

static mbedtls_ecp_group group;

static const char *const public_key[2] = {
	"60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
	"7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
};

static const struct {
	const char *hash, *r, *s;
} signatures[] = {
	/* SHA-256 of "sample" and of "test". */
	{ "af2bdbe1aa9b6ec1e2ade1d694f41fc71a831d0268e9891562113d8a62add1bf",
	    "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
	    "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8" },
	{ "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
	    "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367",
	    "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083" },
};

static void
read_hex(mbedtls_mpi *out, const char *hex)
{
	assert_int_equal(mbedtls_mpi_read_string(out, 16, hex), 0);
}

static void
read_point(mbedtls_ecp_point *out, const char *const hex[2])
{
	read_hex(&out->MBEDTLS_PRIVATE(X), hex[0]);
	read_hex(&out->MBEDTLS_PRIVATE(Y), hex[1]);
	assert_int_equal(mbedtls_mpi_lset(&out->MBEDTLS_PRIVATE(Z), 1), 0);
}

/* Whether the library takes (r, s) for a signature; hash by its last bit. */
static bool
is_good(const char *hash, const mbedtls_mpi *r, const mbedtls_mpi *s,
    unsigned flip)
{
	uint8_t bytes[P256_BYTES];
	mbedtls_ecp_point q;
	mbedtls_mpi number;
	int result;

	mbedtls_mpi_init(&number);
	mbedtls_ecp_point_init(&q);
	read_hex(&number, hash);
	assert_int_equal(mbedtls_mpi_write_binary(&number, bytes,
			     sizeof(bytes)),
	    0);
	bytes[P256_BYTES - 1] ^= (uint8_t)flip;
	read_point(&q, public_key);
	result = mbedtls_ecdsa_verify(&group, bytes, sizeof(bytes), &q, r, s);
	mbedtls_ecp_point_free(&q);
	mbedtls_mpi_free(&number);
	return result == 0;
}

static void
test_vectors(void **state)
{
	mbedtls_mpi r, s;

	(void)state;
	mbedtls_mpi_init(&r);
	mbedtls_mpi_init(&s);
	for (size_t i = 0; i < DG_ARRAY_LEN(signatures); i++) {
		read_hex(&r, signatures[i].r);
		read_hex(&s, signatures[i].s);
		calls = 0;
		assert_true(is_good(signatures[i].hash, &r, &s, 0));
		assert_int_equal(calls, 1);
		assert_false(is_good(signatures[i].hash, &r, &s, 1));
		/* Each for the other, and each a little wrong. */
		assert_false(is_good(signatures[i].hash, &s, &r, 0));
		assert_false(is_good(signatures[1 - i].hash, &r, &s, 0));
		assert_int_equal(mbedtls_mpi_add_int(&r, &r, 1), 0);
		assert_false(is_good(signatures[i].hash, &r, &s, 0));
		assert_int_equal(mbedtls_mpi_sub_int(&r, &r, 1), 0);
		assert_int_equal(mbedtls_mpi_sub_int(&s, &s, 1), 0);
		assert_false(is_good(signatures[i].hash, &r, &s, 0));
		/* -s is as good as s: (r, n - s) is a signature too. */
		assert_int_equal(mbedtls_mpi_add_int(&s, &s, 1), 0);
		assert_int_equal(mbedtls_mpi_sub_mpi(&s, &group.N, &s), 0);
		assert_true(is_good(signatures[i].hash, &r, &s, 0));
	}
	mbedtls_mpi_free(&r);
	mbedtls_mpi_free(&s);
}

/* r and s from 1 to n - 1, and nothing else. */
static void
test_range(void **state)
{
	mbedtls_mpi zero, order, beyond, r, s;

	(void)state;
	mbedtls_mpi_init(&zero);
	mbedtls_mpi_init(&order);
	mbedtls_mpi_init(&beyond);
	mbedtls_mpi_init(&r);
	mbedtls_mpi_init(&s);
	read_hex(&r, signatures[0].r);
	read_hex(&s, signatures[0].s);
	assert_int_equal(mbedtls_mpi_lset(&zero, 0), 0);
	assert_int_equal(mbedtls_mpi_copy(&order, &group.N), 0);
	assert_int_equal(mbedtls_mpi_add_mpi(&beyond, &r, &group.N), 0);
	assert_false(is_good(signatures[0].hash, &zero, &s, 0));
	assert_false(is_good(signatures[0].hash, &r, &zero, 0));
	assert_false(is_good(signatures[0].hash, &zero, &zero, 0));
	assert_false(is_good(signatures[0].hash, &order, &s, 0));
	assert_false(is_good(signatures[0].hash, &r, &order, 0));
	assert_false(is_good(signatures[0].hash, &beyond, &s, 0));
	assert_int_equal(mbedtls_mpi_add_mpi(&beyond, &s, &group.N), 0);
	assert_false(is_good(signatures[0].hash, &r, &beyond, 0));
	mbedtls_mpi_free(&zero);
	mbedtls_mpi_free(&order);
	mbedtls_mpi_free(&beyond);
	mbedtls_mpi_free(&r);
	mbedtls_mpi_free(&s);
}

/* m G + n Q by the library and by what stands in its place. */
static void
compare(const mbedtls_mpi *m, const mbedtls_mpi *n, const mbedtls_ecp_point *q)
{
	mbedtls_ecp_point a, b;
	int expected;

	mbedtls_ecp_point_init(&a);
	mbedtls_ecp_point_init(&b);
	expected = __real_mbedtls_ecp_muladd_restartable(&group, &a, m,
	    &group.G, n, q, NULL);
	assert_int_equal(mbedtls_ecp_muladd_restartable(&group, &b, m, &group.G,
			     n, q, NULL),
	    expected);
	if (expected == 0)
		assert_int_equal(mbedtls_ecp_point_cmp(&a, &b), 0);
	mbedtls_ecp_point_free(&a);
	mbedtls_ecp_point_free(&b);
}

/* factor, less than the order. Negative: so much below it. */
static void
set_factor(mbedtls_mpi *out, int factor)
{
	if (factor < 0)
		assert_int_equal(mbedtls_mpi_add_int(out, &group.N, factor), 0);
	else
		assert_int_equal(mbedtls_mpi_lset(out, factor), 0);
}

/* All sums of small multiples of G, so that terms are equal, opposite, or none. */
static void
test_exceptions(void **state)
{
	static const int factors[] = { 0, 1, 2, 3, 4, 15, 16, 17, 31, 32, -1,
		-2, -3, -16, -17 };
	mbedtls_mpi m, n, one;
	mbedtls_ecp_point q;

	(void)state;
	mbedtls_mpi_init(&m);
	mbedtls_mpi_init(&n);
	mbedtls_mpi_init(&one);
	mbedtls_ecp_point_init(&q);
	assert_int_equal(mbedtls_mpi_lset(&one, 1), 0);
	for (size_t k = 1; k < DG_ARRAY_LEN(factors); k += 3) {
		set_factor(&m, factors[k]);
		set_factor(&n, 0);
		/* Q = k G */
		assert_int_equal(__real_mbedtls_ecp_muladd_restartable(&group,
				     &q, &m, &group.G, &n, &group.G, NULL),
		    0);
		for (size_t i = 0; i < DG_ARRAY_LEN(factors); i++)
			for (size_t j = 0; j < DG_ARRAY_LEN(factors); j++) {
				set_factor(&m, factors[i]);
				set_factor(&n, factors[j]);
				compare(&m, &n, &q);
			}
	}
	mbedtls_ecp_point_free(&q);
	mbedtls_mpi_free(&m);
	mbedtls_mpi_free(&n);
	mbedtls_mpi_free(&one);
}

/* Numbers that are the same in each run. */
static int
not_random(void *state, unsigned char *out, size_t n)
{
	static uint32_t seed = 1;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		seed = seed * 1664525U + 1013904223U;
		out[i] = (unsigned char)(seed >> 24);
	}
	return 0;
}

static void
test_any(void **state)
{
	mbedtls_mpi m, n;
	mbedtls_ecp_point q;

	(void)state;
	mbedtls_mpi_init(&m);
	mbedtls_mpi_init(&n);
	mbedtls_ecp_point_init(&q);
	for (unsigned i = 0; i < RANDOM_ROUNDS; i++) {
		assert_int_equal(mbedtls_ecp_gen_keypair(&group, &m, &q,
				     not_random, NULL),
		    0);
		assert_int_equal(mbedtls_ecp_gen_privkey(&group, &m, not_random,
				     NULL),
		    0);
		assert_int_equal(mbedtls_ecp_gen_privkey(&group, &n, not_random,
				     NULL),
		    0);
		compare(&m, &n, &q);
	}
	mbedtls_ecp_point_free(&q);
	mbedtls_mpi_free(&m);
	mbedtls_mpi_free(&n);
}

/* SEC 1 3.2.2: not infinity, coordinates below the prime, on the curve. */
static void
test_points_that_are_none(void **state)
{
	mbedtls_mpi one;
	mbedtls_ecp_point q, out;

	(void)state;
	mbedtls_mpi_init(&one);
	mbedtls_ecp_point_init(&q);
	mbedtls_ecp_point_init(&out);
	assert_int_equal(mbedtls_mpi_lset(&one, 1), 0);
	read_point(&q, public_key);
	assert_int_equal(mbedtls_ecp_muladd_restartable(&group, &out, &one,
			     &group.G, &one, &q, NULL),
	    0);
	assert_int_equal(mbedtls_mpi_add_int(&q.MBEDTLS_PRIVATE(Y),
			     &q.MBEDTLS_PRIVATE(Y), 1),
	    0);
	assert_int_not_equal(mbedtls_ecp_muladd_restartable(&group, &out, &one,
				 &group.G, &one, &q, NULL),
	    0);
	read_point(&q, public_key);
	assert_int_equal(mbedtls_mpi_add_mpi(&q.MBEDTLS_PRIVATE(X),
			     &q.MBEDTLS_PRIVATE(X), &group.P),
	    0);
	assert_int_not_equal(mbedtls_ecp_muladd_restartable(&group, &out, &one,
				 &group.G, &one, &q, NULL),
	    0);
	assert_int_equal(mbedtls_ecp_set_zero(&q), 0);
	assert_int_not_equal(mbedtls_ecp_muladd_restartable(&group, &out, &one,
				 &group.G, &one, &q, NULL),
	    0);
	mbedtls_ecp_point_free(&q);
	mbedtls_ecp_point_free(&out);
	mbedtls_mpi_free(&one);
}

static int
set_up(void **state)
{
	(void)state;
	mbedtls_ecp_group_init(&group);
	return mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_SECP256R1);
}

static int
tear_down(void **state)
{
	(void)state;
	mbedtls_ecp_group_free(&group);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_range),
		cmocka_unit_test(test_exceptions),
		cmocka_unit_test(test_any),
		cmocka_unit_test(test_points_that_are_none),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
