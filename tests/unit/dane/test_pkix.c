/* with: dane/support/issue.c */
/*
 * The check by certificate authorities (RFC 5280 6, RFC 6125 6.4), on chains
 * made here, and the store that holds the authorities. What holds for every
 * path is tested with DANE-TA(2): here is what a store adds to it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <mbedtls/base64.h>
#include <mbedtls/x509.h>

#include "dane/pkix.h"
#include "dane/support/issue.h"

#define TEXT_ROOM 65536

static const struct test_spec leaf_spec = { .subject = "CN=leaf",
	.issuer = "CN=inter",
	.key = KEY_LEAF,
	.issuer_key = KEY_INTER,
	.dns = { "mx.example.org" } };
static const struct test_spec inter_spec = { .subject = "CN=inter",
	.issuer = "CN=root",
	.key = KEY_INTER,
	.issuer_key = KEY_ROOT,
	.constraints = true,
	.ca = true };
static const struct test_spec root_spec = { .subject = "CN=root",
	.issuer = "CN=root",
	.key = KEY_ROOT,
	.issuer_key = KEY_ROOT,
	.constraints = true,
	.ca = true };
/* Has the root's name, and not its key. */
static const struct test_spec namesake_spec = { .subject = "CN=root",
	.issuer = "CN=root",
	.key = KEY_OTHER,
	.issuer_key = KEY_OTHER,
	.constraints = true,
	.ca = true };

static struct test_cert leaf, inter, root, namesake;
static char text[TEXT_ROOM];
static struct pkix_store *store;
static struct pkix_result result;

/* Adds a certificate to the file in the making. */
static void
add_pem(const struct test_cert *c)
{
	unsigned char body[2 * CERT_ROOM];
	size_t n;

	assert_int_equal(mbedtls_base64_encode(body, sizeof(body), &n, c->der,
			     c->n),
	    0);
	n = strlen(text);
	(void)snprintf(text + n, sizeof(text) - n,
	    "# a comment\n-----BEGIN CERTIFICATE-----\n%s\n"
	    "-----END CERTIFICATE-----\n",
	    (const char *)body);
}

static int
set_up(void **state)
{
	(void)state;
	issue(&leaf, &leaf_spec);
	issue(&inter, &inter_spec);
	issue(&root, &root_spec);
	issue(&namesake, &namesake_spec);
	text[0] = '\0';
	store = NULL;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	pkix_store_free(store);
	return 0;
}

static void
load(void)
{
	assert_int_equal(pkix_store_new(&store, span_text(text)), 0);
	memset(text, 0, sizeof(text)); /* it is not needed any more */
}

/* The chain is leaf and what is given, up to NULL. */
static void
verify(const char *host, const struct test_cert *second,
    const struct test_cert *third)
{
	struct span chain[3] = { issued(&leaf) };
	struct name name;
	struct dane_input in = { .chain = chain,
		.nchain = 1,
		.names = &name,
		.nnames = 1,
		.now = NOW };

	if (second != NULL)
		chain[in.nchain++] = issued(second);
	if (third != NULL)
		chain[in.nchain++] = issued(third);
	assert_int_equal(name_parse(&name, span_text(host)), 0);
	memset(&result, 0xff, sizeof(result));
	pkix_verify(&result, store, &in);
	assert_non_null(memchr(result.reason, '\0', sizeof(result.reason)));
	for (const char *p = result.reason; *p != '\0'; p++)
		assert_in_range(*p, ' ', '~');
}

static void
expect_verified(unsigned depth)
{
	if (!result.verified)
		fail_msg("%s", result.reason);
	assert_int_equal(result.depth, depth);
}

static void
expect_failed(const char *words)
{
	assert_false(result.verified);
	if (strstr(result.reason, words) == NULL)
		fail_msg("%s", result.reason);
}

static void
test_root_of_the_store(void **state)
{
	(void)state;
	add_pem(&root);
	load();
	verify("mx.example.org", &inter, NULL);
	expect_verified(2);
	/* RFC 8446 4.4.2: it may be sent as well. */
	verify("mx.example.org", &inter, &root);
	expect_verified(2);
	verify("mx.example.org", &root, &inter);
	expect_verified(2);
	verify("mx.example.org", NULL, NULL);
	expect_failed("no trusted certificate authority");
}

static void
test_intermediate_of_the_store(void **state)
{
	(void)state;
	add_pem(&inter);
	load();
	verify("mx.example.org", NULL, NULL);
	expect_verified(1);
	verify("mx.example.org", &inter, &root);
	expect_verified(1);
}

/* The operator trusts this very certificate; name and dates hold all the same. */
static void
test_leaf_of_the_store(void **state)
{
	(void)state;
	add_pem(&leaf);
	load();
	verify("mx.example.org", NULL, NULL);
	expect_verified(0);
	verify("other.example.org", NULL, NULL);
	expect_failed("another name");
}

static void
test_stranger(void **state)
{
	(void)state;
	add_pem(&namesake);
	load();
	verify("mx.example.org", &inter, &root);
	expect_failed("signature");
	/* What a server sends is not trusted for being sent. */
	pkix_store_free(store);
	store = NULL;
	verify("mx.example.org", &inter, &root);
	expect_failed("no certificate authority is trusted");
}

/* Several of one name: each is tried. */
static void
test_namesakes(void **state)
{
	(void)state;
	add_pem(&namesake);
	add_pem(&root);
	load();
	assert_int_equal(pkix_store_count(store), 2);
	verify("mx.example.org", &inter, NULL);
	expect_verified(2);
}

static void
test_name(void **state)
{
	(void)state;
	add_pem(&root);
	load();
	verify("mx.example.net", &inter, NULL);
	expect_failed("leaf is made out for another name");
}

static void
test_dates(void **state)
{
	struct test_spec spec = leaf_spec;

	(void)state;
	spec.to = "20250601000000";
	issue(&leaf, &spec);
	add_pem(&root);
	load();
	verify("mx.example.org", &inter, NULL);
	expect_failed("leaf has expired");
	issue(&leaf, &leaf_spec);
	spec = inter_spec;
	spec.to = "20250601000000";
	issue(&inter, &spec);
	verify("mx.example.org", &inter, NULL);
	expect_failed("has expired");
	issue(&inter, &inter_spec);
	spec = root_spec;
	spec.to = "20250601000000";
	issue(&root, &spec);
	pkix_store_free(store);
	store = NULL;
	add_pem(&root);
	load();
	verify("mx.example.org", &inter, NULL);
	expect_failed("trust anchor has expired");
}

static void
test_no_authority(void **state)
{
	struct test_spec spec = inter_spec;

	(void)state;
	spec.ca = false;
	issue(&inter, &spec);
	add_pem(&root);
	load();
	verify("mx.example.org", &inter, NULL);
	expect_failed("is no certificate authority");
}

static void
test_no_chain(void **state)
{
	struct name name;
	const struct dane_input in = { .names = &name, .nnames = 1 };

	(void)state;
	add_pem(&root);
	load();
	assert_int_equal(name_parse(&name, span_text("mx.example.org")), 0);
	pkix_verify(&result, store, &in);
	expect_failed("presented no certificate");
}

/* What is no certificate is passed over, and a file without any is an error. */
static void
test_file(void **state)
{
	struct test_cert junk = { .der = "\x30\x03junk", .n = 5 };

	(void)state;
	assert_int_equal(pkix_store_new(&store, span_text("")), DG_ENOTFOUND);
	add_pem(&junk);
	assert_int_equal(pkix_store_new(&store, span_text(text)), DG_ENOTFOUND);
	add_pem(&root);
	add_pem(&junk);
	add_pem(&inter);
	load();
	assert_int_equal(pkix_store_count(store), 2);
	verify("mx.example.org", NULL, NULL);
	expect_verified(1);
	pkix_store_free(store);
	store = NULL;
	(void)snprintf(text, sizeof(text),
	    "-----BEGIN CERTIFICATE-----\nAAAA\n");
	assert_int_equal(pkix_store_new(&store, span_text(text)), DG_ESYNTAX);
}

/* What is bound to a store is bound to what it holds. */
static void
test_digest(void **state)
{
	uint8_t first[PKIX_DIGEST_SIZE];

	(void)state;
	add_pem(&root);
	load();
	memcpy(first, pkix_store_digest(store), sizeof(first));
	pkix_store_free(store);
	add_pem(&root);
	load();
	assert_memory_equal(first, pkix_store_digest(store), sizeof(first));
	pkix_store_free(store);
	add_pem(&inter);
	load();
	assert_memory_not_equal(first, pkix_store_digest(store), sizeof(first));
}

/* The memory is known, and bounded by the file's limits. */
static void
test_limits(void **state)
{
	char *big = malloc(PKIX_FILE_MAX + 1);
	size_t n = 0;

	(void)state;
	assert_non_null(big);
	memset(big, ' ', PKIX_FILE_MAX + 1);
	assert_int_equal(pkix_store_new(&store,
			     span_of(big, PKIX_FILE_MAX + 1)),
	    DG_ELIMIT);
	for (int i = 0; i < PKIX_AUTHORITIES_MAX + 1; i++)
		n += (size_t)snprintf(big + n, PKIX_FILE_MAX - n,
		    "-----BEGIN CERTIFICATE-----\nMAA=\n"
		    "-----END CERTIFICATE-----\n");
	assert_int_equal(pkix_store_new(&store, span_of(big, n)), DG_ELIMIT);
	free(big);
	add_pem(&root);
	n = strlen(text);
	load();
	assert_in_range(pkix_store_bytes(store), n, n + 256);
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(test_root_of_the_store),
		CASE(test_intermediate_of_the_store),
		CASE(test_leaf_of_the_store),
		CASE(test_stranger),
		CASE(test_namesakes),
		CASE(test_name),
		CASE(test_dates),
		CASE(test_no_authority),
		CASE(test_no_chain),
		CASE(test_file),
		CASE(test_digest),
		CASE(test_limits),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	keys_free();
	return failed;
}
