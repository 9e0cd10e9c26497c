/*
 * Keys, DS records and signatures of others: the examples of RFC 6605 (ECDSA)
 * and RFC 8080 (Ed25519), and RSA by keys of odd form (RFC 3110, RFC 5702).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <mbedtls/md.h>
#include <mbedtls/rsa.h>

#include "dnssec/signature.h"

struct example {
	const char *dnskey;
	const char *ds;
	const char *record;
	const char *rrsig;
	int64_t now;
};

static const struct example examples[] = {
	/* RFC 6605 6.1 */
	{ "example.net. 3600 IN DNSKEY 257 3 13 GojIhhXUN/u4v54ZQqGSnyhWJwaubCv"
	  "Tmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA==",
	    "example.net. 3600 IN DS 55648 13 2 b4c8c1fe2e7477127b27115656ad6256"
	    "f424625bf5c1e2770ce6d6e37df61d17",
	    "www.example.net. 3600 IN A 192.0.2.1",
	    "www.example.net. 3600 IN RRSIG A 13 3 3600 20100909100439 "
	    "20100812100439 55648 example.net. qx6wLYqmh+l9oCKTN6qIc+bw6ya+KJ8oM"
	    "z0YP107epXAyGmt+3SNruPFKG7tZoLBLlUzGGus7ZwmwWep666VCw==",
	    1282000000 },
	/* RFC 6605 6.2 */
	{ "example.net. 3600 IN DNSKEY 257 3 14 xKYaNhWdGOfJ+nPrL8/arkwf2EY3MDJ"
	  "+SErKivBVSum1w/egsXvSADtNJhyem5RCOpgQ6K8X1DRSEkrbYQ+OB+v8/uX45NBwY8rp"
	  "65F6Glur8I/mlVNgF6W/qTI37m40",
	    "example.net. 3600 IN DS 10771 14 4 72d7b62976ce06438e9c0bf319013cf8"
	    "01f09ecc84b8d7e9495f27e305c6a9b0563a9b5f4d288405c3008a946df983d6",
	    "www.example.net. 3600 IN A 192.0.2.1",
	    "www.example.net. 3600 IN RRSIG A 14 3 3600 20100909102025 "
	    "20100812102025 10771 example.net. /L5hDKIvGDyI1fcARX3z65qrmPsVz73QD"
	    "1Mr5CEqOiLP95hxQouuroGCeZOvzFaxsT8Glr74hbavRKayJNuydCuzWTSSPdz7wnqXL"
	    "5bdcJzusdnI0RSMROxxwGipWcJm",
	    1282000000 },
	/* RFC 8080 6.1 */
	{ "example.com. 3600 IN DNSKEY 257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQ"
	  "wAQEX1SxZJA4=",
	    "example.com. 3600 IN DS 3613 15 2 3aa5ab37efce57f737fc1627013fee07b"
	    "df241bd10f3b1964ab55c78e79a304b",
	    "example.com. 3600 IN MX 10 mail.example.com.",
	    "example.com. 3600 IN RRSIG MX 15 2 3600 1440021600 1438207200 3613 "
	    "example.com. oL9krJun7xfBOIWcGHi7mag5/hdZrKWw15jPGrHpjQeRAvTdszaPD+"
	    "QLs3fx8A4M3e23mRZ9VrbpMngwcrqNAg==",
	    1439000000 },
};

static void
read_text(struct record *r, const char *text)
{
	assert_int_equal(record_from_text(r, text), 0);
}

static const char *why; /* the last check failed */

static enum signing
check(const struct record *key, struct record *record, struct record *rrsig,
    int64_t now)
{
	struct record both[2] = { *record, *rrsig };
	struct message m = { .n = 2, .records = both };
	struct work work = { .now = now };
	struct signature signature;
	struct rrset dnskey = { .owner = &key->owner,
		.type = key->type,
		.n = 1,
		.rdata = { key->rdata } };
	struct rrset set;
	struct zone *zone;
	enum signing status;

	assert_int_equal(message_rrset(&set, &m, SECTION_ANSWER, &record->owner,
			     record->type),
	    0);
	assert_int_equal(zone_new_secure(&zone, &key->owner, &dnskey), 0);
	status = signature_check(&signature, &work, &m, &set, zone);
	why = work.why;
	zone_release(zone);
	return status;
}

static void
test_examples(void **state)
{
	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(examples); i++) {
		const struct example *e = &examples[i];
		struct record key;
		struct record ds_record;
		struct record record;
		struct record rrsig;
		struct key k;
		struct ds ds;

		read_text(&key, e->dnskey);
		read_text(&ds_record, e->ds);
		read_text(&record, e->record);
		read_text(&rrsig, e->rrsig);
		assert_int_equal(key_parse(&k, key.rdata), 0);
		assert_int_equal(ds_parse(&ds, ds_record.rdata), 0);
		assert_true(ds_fits(&ds, &key.owner, &k));
		assert_int_equal(check(&key, &record, &rrsig, e->now),
		    SIGNING_GOOD);
		assert_int_equal(check(&key, &record, &rrsig,
				     e->now + 100000000),
		    SIGNING_BAD);
		/* Any bit of the signature's last bytes, or of the data. */
		rrsig.own[rrsig.rdata.n - 1] ^= 1;
		assert_int_equal(check(&key, &record, &rrsig, e->now),
		    SIGNING_BAD);
		rrsig.own[rrsig.rdata.n - 1] ^= 1;
		record.own[record.rdata.n - 2] ^= 1;
		assert_int_equal(check(&key, &record, &rrsig, e->now),
		    SIGNING_BAD);
		ds.digest[3] ^= 1;
		assert_false(ds_fits(&ds, &key.owner, &k));
		record_free(&key);
		record_free(&ds_record);
		record_free(&record);
		record_free(&rrsig);
	}
}

/* RFC 4034 2.1, RFC 5011: what cannot sign zone data. */
static void
test_unusable_keys(void **state)
{
	uint8_t rdata[4 + 32] = { 1, 1, 3, 15, 9 };
	struct span s = span_of(rdata, sizeof(rdata));
	struct key key;

	(void)state;
	assert_int_equal(key_parse(&key, s), 0);
	rdata[0] = 0; /* not ZONE */
	assert_int_equal(key_parse(&key, s), DG_EUNSUPPORTED);
	rdata[0] = 1;
	rdata[1] = 0x81; /* REVOKE */
	assert_int_equal(key_parse(&key, s), DG_EUNSUPPORTED);
	rdata[1] = 0;
	assert_int_equal(key_parse(&key, s), 0);
	rdata[2] = 2; /* protocol */
	assert_int_equal(key_parse(&key, s), DG_EUNSUPPORTED);
	rdata[2] = 3;
	for (unsigned algorithm = 0; algorithm < 256; algorithm++) {
		bool known = algorithm == 5 || algorithm == 7 ||
		    algorithm == 8 || algorithm == 10 ||
		    (algorithm >= 13 && algorithm <= 15);

		rdata[3] = (uint8_t)algorithm;
		assert_int_equal(key_parse(&key, s),
		    known ? 0 : DG_EUNSUPPORTED);
	}
	assert_int_equal(key_parse(&key, span_of(rdata, 4)), DG_ESYNTAX);
	assert_int_equal(key_parse(&key, span_of(rdata, 0)), DG_ESYNTAX);
}

/* SHA-1 only alone; unknown digests do not count; a digest of a wrong length
 * fits nothing, and makes nothing unsigned (RFC 4509 3, RFC 4035 5.2). */
static void
test_ds_sets(void **state)
{
	uint8_t sha1[4 + 20] = { 0, 1, 13, 1 };
	uint8_t sha256[4 + 32] = { 0, 1, 13, 2 };
	uint8_t other[4 + 32] = { 0, 1, 13, 3 };
	struct rrset set = { .n = 1 };
	struct ds_set ds;

	(void)state;
	set.rdata[0] = span_of(sha1, sizeof(sha1));
	assert_int_equal(ds_set_from(&ds, &set), 0);
	assert_int_equal(ds.n, 1);
	set.rdata[0] = span_of(other, sizeof(other));
	assert_int_equal(ds_set_from(&ds, &set), 0);
	assert_int_equal(ds.n, 0);
	set.n = 2;
	set.rdata[0] = span_of(sha1, sizeof(sha1));
	set.rdata[1] = span_of(sha256, sizeof(sha256));
	assert_int_equal(ds_set_from(&ds, &set), 0);
	assert_int_equal(ds.n, 1);
	assert_int_equal(ds.ds[0].digest_type, 2);
	set.n = 1;
	set.rdata[0] = span_of(sha256, sizeof(sha256) - 1);
	assert_int_equal(ds_set_from(&ds, &set), 0);
	assert_int_equal(ds.n, 1);
	assert_int_equal(ds.ds[0].n, 0);
	set.rdata[0] = span_of(sha256, 3);
	assert_int_equal(ds_set_from(&ds, &set), DG_ESYNTAX);
}

/* Numbers for keys and signatures, the same in each run. */
static int
not_random(void *state, unsigned char *out, size_t n)
{
	static uint32_t seed = 1;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		seed = seed * 1664525 + 1013904223;
		out[i] = (unsigned char)(seed >> 24);
	}
	return 0;
}

/* An RSA key of that size as DNSKEY RDATA, the exponent's length in octets as
 * said: 1 or 3, with zeros before it. Signs a text. */
struct rsa {
	uint8_t rdata[1024];
	size_t n;
	uint8_t sig[512];
	size_t sig_n;
};

static void
make_rsa(struct rsa *out, unsigned algorithm, unsigned bits, unsigned length,
    size_t zeros)
{
	mbedtls_md_type_t md = algorithm == 10 ? MBEDTLS_MD_SHA512
	    : algorithm == 8		       ? MBEDTLS_MD_SHA256
					       : MBEDTLS_MD_SHA1;
	const mbedtls_md_info_t *info = mbedtls_md_info_from_type(md);
	mbedtls_rsa_context rsa;
	uint8_t hash[64];
	size_t n = bits / 8;
	uint8_t *at = out->rdata;
	mbedtls_mpi p;
	mbedtls_mpi q;
	mbedtls_mpi e;

	mbedtls_rsa_init(&rsa);
	mbedtls_mpi_init(&p);
	mbedtls_mpi_init(&q);
	mbedtls_mpi_init(&e);
	/* The library itself makes none as small as some here. */
	assert_int_equal(mbedtls_mpi_lset(&e, 65537), 0);
	assert_int_equal(mbedtls_mpi_gen_prime(&p, bits / 2, 0, not_random,
			     NULL),
	    0);
	assert_int_equal(mbedtls_mpi_gen_prime(&q, bits / 2, 0, not_random,
			     NULL),
	    0);
	assert_int_equal(mbedtls_rsa_import(&rsa, NULL, &p, &q, NULL, &e), 0);
	assert_int_equal(mbedtls_rsa_complete(&rsa), 0);
	memcpy(at, "\1\0\3", 3);
	at[3] = (uint8_t)algorithm;
	at += 4;
	if (length == 3) {
		*at++ = 0;
		*at++ = 0;
	}
	*at++ = (uint8_t)(3 + zeros);
	memset(at, 0, zeros);
	at += zeros;
	assert_int_equal(mbedtls_rsa_export_raw(&rsa, at + 3, n, NULL, 0, NULL,
			     0, NULL, 0, at, 3),
	    0);
	out->n = (size_t)(at - out->rdata) + 3 + n;
	assert_int_equal(mbedtls_md(info, (const uint8_t *)"text", 4, hash), 0);
	assert_int_equal(mbedtls_rsa_pkcs1_sign(&rsa, not_random, NULL, md,
			     mbedtls_md_get_size(info), hash, out->sig),
	    0);
	out->sig_n = n;
	mbedtls_mpi_free(&p);
	mbedtls_mpi_free(&q);
	mbedtls_mpi_free(&e);
	mbedtls_rsa_free(&rsa);
}

static bool
rsa_holds(const struct rsa *rsa)
{
	struct key key;

	assert_int_equal(key_parse(&key, span_of(rsa->rdata, rsa->n)), 0);
	return key_verify(&key, span_of(rsa->sig, rsa->sig_n),
	    span_text("text"));
}

static void
test_rsa(void **state)
{
	struct rsa rsa;

	(void)state;
	make_rsa(&rsa, 8, 1024, 1, 0);
	assert_true(rsa_holds(&rsa));
	rsa.sig[100] ^= 1;
	assert_false(rsa_holds(&rsa));
	make_rsa(&rsa, 8, 1024, 3, 0);
	assert_true(rsa_holds(&rsa));
	make_rsa(&rsa, 8, 1024, 1, 5);
	assert_true(rsa_holds(&rsa));
	/* A signature longer than the key. */
	rsa.sig_n++;
	assert_false(rsa_holds(&rsa));
	/* Too small to be worth anything. */
	make_rsa(&rsa, 8, 512, 1, 0);
	assert_false(rsa_holds(&rsa));
}

/* RFC 3110, RFC 5702: one hash for each algorithm, and no other. */
static void
test_rsa_algorithms(void **state)
{
	static const uint8_t algorithms[] = { 5, 7, 8, 10 };

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(algorithms); i++) {
		struct rsa rsa;

		make_rsa(&rsa, algorithms[i], 1024, 1, 0);
		assert_true(rsa_holds(&rsa));
		rsa.rdata[3] = algorithms[i] == 8 ? 10 : 8;
		assert_false(rsa_holds(&rsa));
	}
}

/* RFC 4034 3.1.5: a signature that ends before it begins is none, even where
 * the circle of numbers puts now between the two. */
static void
test_validity_the_wrong_way_round(void **state)
{
	const struct example *e = &examples[0];
	struct record key;
	struct record record;
	struct record rrsig;

	(void)state;
	read_text(&key, e->dnskey);
	read_text(&record, e->record);
	read_text(&rrsig, e->rrsig);
	wire_put32(rrsig.own + 8, 0xa0000000);
	wire_put32(rrsig.own + 12, 0x10000000);
	assert_int_equal(check(&key, &record, &rrsig, 0x60000000), SIGNING_BAD);
	assert_string_equal(why, "signature that expires before it begins");
	record_free(&key);
	record_free(&record);
	record_free(&rrsig);
}

/* Exponents as long as the key, or longer than all of it. */
static void
test_rsa_odd_parts(void **state)
{
	uint8_t rdata[4 + 140];
	uint8_t sig[128] = { 1 };
	struct key key;

	(void)state;
	memset(rdata, 0xff, sizeof(rdata));
	memcpy(rdata, "\1\0\3\10", 4);
	for (unsigned n = 0; n < 256; n++) {
		rdata[4] = (uint8_t)n;
		assert_int_equal(key_parse(&key, span_of(rdata, sizeof(rdata))),
		    0);
		assert_false(key_verify(&key, span_of(sig, sizeof(sig)),
		    span_text("text")));
	}
	for (size_t n = 5; n < 10; n++) {
		rdata[4] = 0;
		assert_int_equal(key_parse(&key, span_of(rdata, n)), 0);
		assert_false(
		    key_verify(&key, span_of(sig, 0), span_text("text")));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_unusable_keys),
		cmocka_unit_test(test_ds_sets),
		cmocka_unit_test(test_rsa),
		cmocka_unit_test(test_rsa_algorithms),
		cmocka_unit_test(test_validity_the_wrong_way_round),
		cmocka_unit_test(test_rsa_odd_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
