/* with: dane/support/issue.c */
/* link: -Wl,--wrap=mbedtls_sha256 -Wl,--wrap=mbedtls_sha512 */
/* link: -Wl,--wrap=mbedtls_pk_verify_ext -Wl,--wrap=constraints_fault */
/*
 * The most that a server or a TLSA set can make a check cost, counted: digests,
 * signatures, comparisons with name constraints. The bounds of docs/dane.md;
 * no clock is looked at.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <mbedtls/oid.h>
#include <mbedtls/pk.h>

#include "dane/constraints.h"
#include "dane/pkix.h"
#include "dane/support/issue.h"

#define OIDS(x)	    (MBEDTLS_OID_ID_CE x)
#define ANCHORS	    8
#define SIGNATURES  24
#define COMPARISONS 65536
#define NAMES	    400
#define CONSTRAINTS 200
#define LIST_ROOM   2048
#define PIECE	    5 /* bytes of one name or subtree at most */

static unsigned digests;
static unsigned signatures;
static unsigned comparisons;

/* NOLINTBEGIN(readability-identifier-naming): the linker's names */
int __real_mbedtls_sha256(const unsigned char *in, size_t n, unsigned char *out,
    int is224);
int __wrap_mbedtls_sha256(const unsigned char *in, size_t n, unsigned char *out,
    int is224);
int __real_mbedtls_sha512(const unsigned char *in, size_t n, unsigned char *out,
    int is384);
int __wrap_mbedtls_sha512(const unsigned char *in, size_t n, unsigned char *out,
    int is384);
int __real_mbedtls_pk_verify_ext(mbedtls_pk_type_t type, const void *options,
    mbedtls_pk_context *ctx, mbedtls_md_type_t md, const unsigned char *hash,
    size_t hash_n, const unsigned char *sig, size_t sig_n);
int __wrap_mbedtls_pk_verify_ext(mbedtls_pk_type_t type, const void *options,
    mbedtls_pk_context *ctx, mbedtls_md_type_t md, const unsigned char *hash,
    size_t hash_n, const unsigned char *sig, size_t sig_n);
const char *__real_constraints_fault(const struct cert *authority,
    const struct cert *below, bool leaf, unsigned *budget);
const char *__wrap_constraints_fault(const struct cert *authority,
    const struct cert *below, bool leaf, unsigned *budget);

int
__wrap_mbedtls_sha256(const unsigned char *in, size_t n, unsigned char *out,
    int is224)
{
	digests++;
	return __real_mbedtls_sha256(in, n, out, is224);
}

int
__wrap_mbedtls_sha512(const unsigned char *in, size_t n, unsigned char *out,
    int is384)
{
	digests++;
	return __real_mbedtls_sha512(in, n, out, is384);
}

int
__wrap_mbedtls_pk_verify_ext(mbedtls_pk_type_t type, const void *options,
    mbedtls_pk_context *ctx, mbedtls_md_type_t md, const unsigned char *hash,
    size_t hash_n, const unsigned char *sig, size_t sig_n)
{
	signatures++;
	return __real_mbedtls_pk_verify_ext(type, options, ctx, md, hash,
	    hash_n, sig, sig_n);
}

const char *
__wrap_constraints_fault(const struct cert *authority, const struct cert *below,
    bool leaf, unsigned *budget)
{
	unsigned before = *budget;
	const char *fault = __real_constraints_fault(authority, below, leaf,
	    budget);

	comparisons += before - *budget;
	return fault;
}
/* NOLINTEND(readability-identifier-naming) */

static const struct test_spec leaf_spec = { .subject = "CN=leaf",
	.issuer = "CN=inter",
	.key = KEY_LEAF,
	.issuer_key = KEY_INTER,
	.dns = { "mx.example.org" } };
static const struct test_spec inter_spec = { .subject = "CN=inter",
	.issuer = "CN=inter",
	.key = KEY_INTER,
	.issuer_key = KEY_ROOT,
	.constraints = true,
	.ca = true };

static struct test_cert certs[DANE_CHAIN_MAX];
static struct span chain[DANE_CHAIN_MAX];
static struct tlsa records[TLSA_SET_MAX];
static uint8_t data[TLSA_SET_MAX][64];
static struct dane_result result;

static int
set_up(void **state)
{
	(void)state;
	memset(data, 0, sizeof(data));
	return 0;
}

static void
verify(size_t nchain, size_t nrecords)
{
	struct name name;
	const struct dane_input in = { .records = records,
		.nrecords = nrecords,
		.chain = chain,
		.nchain = nchain,
		.names = &name,
		.nnames = 1,
		.now = NOW };

	assert_int_equal(name_parse(&name, span_text("mx.example.org")), 0);
	digests = signatures = comparisons = 0;
	dane_verify(&result, &in);
	assert_int_equal(result.verdict, DANE_FAILED);
}

static void
add_to_chain(size_t i, const struct test_spec *spec)
{
	issue(&certs[i], spec);
	chain[i] = issued(&certs[i]);
}

/* As many as there can be, no two of them the same. Every second one has signed
 * the leaf, and none has signed another. */
static void
make_long_chain(void)
{
	add_to_chain(0, &leaf_spec);
	for (size_t i = 1; i < DANE_CHAIN_MAX; i++) {
		struct test_spec spec = inter_spec;
		char to[] = "20270101000000";

		(void)snprintf(to + 12, sizeof(to) - 12, "%02u",
		    (unsigned)(i % 60));
		spec.to = to;
		if (i % 2 == 0)
			spec.key = KEY_OTHER;
		add_to_chain(i, &spec);
	}
}

static void
set_digest(size_t i, uint8_t usage, uint8_t selector, uint8_t matching)
{
	data[i][0] = (uint8_t)i;
	records[i] = (struct tlsa){ .usage = usage,
		.selector = selector,
		.matching = matching,
		.data = span_of(data[i], matching == 1 ? 32 : 64) };
}

/* A full set against a full chain: each digest of each certificate once, and
 * of the leaf once more for DANE-EE (RFC 6698 2.1). */
static void
test_digests(void **state)
{
	(void)state;
	make_long_chain();
	for (size_t i = 0; i < TLSA_SET_MAX; i++)
		set_digest(i, i % 4 < 2 ? 2 : 3, i % 2, i % 8 < 4 ? 1 : 2);
	verify(DANE_CHAIN_MAX, TLSA_SET_MAX);
	assert_in_range(digests, 1, 4 * (DANE_CHAIN_MAX + ANCHORS + 1));
}

/* Several of one name, half of them able to issue: each pair could be tried. */
static void
test_signatures(void **state)
{
	(void)state;
	make_long_chain();
	set_digest(0, 2, 1, 1);
	verify(DANE_CHAIN_MAX, 1);
	assert_int_equal(signatures, SIGNATURES);
}

/* n times piece, as the contents of a SEQUENCE or of tag. Returns the length. */
static size_t
make_list(uint8_t *out, uint8_t tag, const char *piece, size_t size, size_t n)
{
	size_t len = n * size;

	assert_true(len < LIST_ROOM - 4);
	out[0] = tag;
	out[1] = 0x82;
	out[2] = (uint8_t)(len >> 8);
	out[3] = (uint8_t)len;
	for (size_t i = 0; i < n; i++)
		memcpy(out + 4 + i * size, piece, size);
	return len + 4;
}

/* RFC 5280 4.2.1.10: every name of the leaf against every subtree of the
 * authority, if nobody counted. */
static void
test_comparisons(void **state)
{
	static uint8_t names[LIST_ROOM], inner[LIST_ROOM], outer[LIST_ROOM];
	static const char mx[] = "\x82\x0emx.example.org";
	struct test_spec leaf = leaf_spec, inter = inter_spec;
	size_t n = make_list(names, 0x30,
	    "\x82\x01"
	    "a",
	    3, NAMES);
	size_t m = make_list(inner, 0xa1,
	    "\x30\x03\x82\x01"
	    "b",
	    PIECE, CONSTRAINTS);

	(void)state;
	/* The name that must be there is the last. */
	memcpy(names + n, mx, sizeof(mx) - 1);
	n += sizeof(mx) - 1;
	names[2] = (uint8_t)((n - 4) >> 8);
	names[3] = (uint8_t)(n - 4);
	outer[0] = 0x30;
	outer[1] = 0x82;
	outer[2] = (uint8_t)(m >> 8);
	outer[3] = (uint8_t)m;
	memcpy(outer + 4, inner, m);
	leaf.dns[0] = NULL;
	leaf.extensions[0] = (struct test_extension){ OIDS("\x11"), false,
		(const char *)names, n };
	inter.extensions[0] = (struct test_extension){ OIDS("\x1e"), true,
		(const char *)outer, m + 4 };
	add_to_chain(0, &leaf);
	add_to_chain(1, &inter);
	records[0] = (struct tlsa){ .usage = 2, .data = chain[1] };
	verify(2, 1);
	assert_int_equal(comparisons, COMPARISONS);
	assert_non_null(strstr(result.reason, "too many name constraints"));
	assert_int_equal(signatures, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_digests, set_up),
		cmocka_unit_test_setup(test_signatures, set_up),
		cmocka_unit_test_setup(test_comparisons, set_up),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	keys_free();
	return failed;
}
