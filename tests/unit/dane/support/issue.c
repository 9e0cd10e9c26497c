#include "dane/support/issue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <mbedtls/asn1write.h>
#include <mbedtls/ecp.h>
#include <mbedtls/oid.h>
#include <mbedtls/pk.h>
#include <mbedtls/rsa.h>
#include <mbedtls/sha256.h>
#include <mbedtls/sha512.h>
#include <mbedtls/x509_crt.h>

#include "base/random.h"

static mbedtls_pk_context keys[KEYS];
static bool made[KEYS];

static int
random_for_library(void *arg, unsigned char *out, size_t n)
{
	(void)arg;
	random_bytes(out, n);
	return 0;
}

/* Shorter than the library would make one by itself. */
static void
make_rsa(mbedtls_rsa_context *rsa, size_t bits)
{
	mbedtls_mpi p, q, e;
	int r;

	mbedtls_mpi_init(&p);
	mbedtls_mpi_init(&q);
	mbedtls_mpi_init(&e);
	assert_int_equal(mbedtls_mpi_lset(&e, 65537), 0);
	do {
		assert_int_equal(mbedtls_mpi_gen_prime(&p, bits / 2, 0,
				     random_for_library, NULL),
		    0);
		assert_int_equal(mbedtls_mpi_gen_prime(&q, bits / 2, 0,
				     random_for_library, NULL),
		    0);
		mbedtls_rsa_free(rsa);
		mbedtls_rsa_init(rsa);
		r = mbedtls_rsa_import(rsa, NULL, &p, &q, NULL, &e);
		if (r == 0)
			r = mbedtls_rsa_complete(rsa);
	} while (r != 0 || mbedtls_rsa_get_bitlen(rsa) != bits);
	mbedtls_mpi_free(&p);
	mbedtls_mpi_free(&q);
	mbedtls_mpi_free(&e);
}

static mbedtls_pk_context *
key_get(enum test_key k)
{
	bool rsa = k == KEY_RSA_768 || k == KEY_RSA_1024;

	if (made[k])
		return &keys[k];
	mbedtls_pk_init(&keys[k]);
	assert_int_equal(mbedtls_pk_setup(&keys[k],
			     mbedtls_pk_info_from_type(
				 rsa ? MBEDTLS_PK_RSA : MBEDTLS_PK_ECKEY)),
	    0);
	if (rsa)
		make_rsa(mbedtls_pk_rsa(keys[k]),
		    k == KEY_RSA_768 ? 768 : 1024);
	else
		assert_int_equal(mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1,
				     mbedtls_pk_ec(keys[k]), random_for_library,
				     NULL),
		    0);
	made[k] = true;
	return &keys[k];
}

void
keys_free(void)
{
	for (int k = 0; k < KEYS; k++) {
		if (made[k])
			mbedtls_pk_free(&keys[k]);
		made[k] = false;
	}
}

static void
add_names(mbedtls_x509write_cert *w, const struct test_spec *spec)
{
	unsigned char room[512];
	unsigned char *p = room + sizeof(room);
	size_t n = 0;
	struct {
		const char *text;
		unsigned char tag;
	} all[] = { { spec->dns[0], 2 }, { spec->dns[1], 2 },
		{ spec->dns[2], 2 }, { spec->mail, 1 } };

	for (size_t i = 0; i < DG_ARRAY_LEN(all); i++) {
		size_t len;

		if (all[i].text == NULL)
			continue;
		len = strlen(all[i].text);
		p -= len;
		memcpy(p, all[i].text, len);
		*--p = (unsigned char)len;
		*--p = MBEDTLS_ASN1_CONTEXT_SPECIFIC | all[i].tag;
		n += len + 2;
	}
	if (n == 0)
		return;
	n += (size_t)mbedtls_asn1_write_len(&p, room, n);
	*--p = MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE;
	n++;
	assert_int_equal(mbedtls_x509write_crt_set_extension(w,
			     MBEDTLS_OID_SUBJECT_ALT_NAME,
			     MBEDTLS_OID_SIZE(MBEDTLS_OID_SUBJECT_ALT_NAME), 0,
			     p, n),
	    0);
}

static void
add_extensions(mbedtls_x509write_cert *w, const struct test_spec *spec)
{
	mbedtls_asn1_sequence use = { 0 };

	if (spec->constraints)
		assert_int_equal(mbedtls_x509write_crt_set_basic_constraints(w,
				     spec->ca, spec->path_limit - 1),
		    0);
	if (spec->usage != 0)
		assert_int_equal(mbedtls_x509write_crt_set_key_usage(w,
				     spec->usage),
		    0);
	if (spec->extended_usage != NULL) {
		use.buf.tag = MBEDTLS_ASN1_OID;
		use.buf.len = strlen(spec->extended_usage);
		use.buf.p = (unsigned char *)(uintptr_t)spec->extended_usage;
		assert_int_equal(mbedtls_x509write_crt_set_ext_key_usage(w,
				     &use),
		    0);
	}
	add_names(w, spec);
	for (size_t i = 0; i < EXTENSIONS_MAX; i++) {
		const struct test_extension *e = &spec->extensions[i];

		if (e->oid != NULL)
			assert_int_equal(mbedtls_x509write_crt_set_extension(w,
					     e->oid, strlen(e->oid),
					     e->critical,
					     (const unsigned char *)e->value,
					     e->n),
			    0);
	}
}

void
issue(struct test_cert *out, const struct test_spec *spec)
{
	static unsigned char serial;
	static unsigned char room[CERT_ROOM];
	const char *from = spec->from, *to = spec->to;
	mbedtls_x509write_cert w;
	int n;

	serial = (unsigned char)(serial % 100 + 1);
	mbedtls_x509write_crt_init(&w);
	mbedtls_x509write_crt_set_version(&w,
	    (spec->version == 0 ? 3 : spec->version) - 1);
	mbedtls_x509write_crt_set_md_alg(&w,
	    spec->sha1 ? MBEDTLS_MD_SHA1 : MBEDTLS_MD_SHA256);
	assert_int_equal(mbedtls_x509write_crt_set_serial_raw(&w, &serial, 1),
	    0);
	assert_int_equal(mbedtls_x509write_crt_set_validity(&w,
			     from != NULL ? from : "20250101000000",
			     to != NULL ? to : "20270101000000"),
	    0);
	assert_int_equal(mbedtls_x509write_crt_set_subject_name(&w,
			     spec->subject),
	    0);
	assert_int_equal(mbedtls_x509write_crt_set_issuer_name(&w,
			     spec->issuer),
	    0);
	mbedtls_x509write_crt_set_subject_key(&w, key_get(spec->key));
	mbedtls_x509write_crt_set_issuer_key(&w, key_get(spec->issuer_key));
	add_extensions(&w, spec);
	n = mbedtls_x509write_crt_der(&w, room, sizeof(room),
	    random_for_library, NULL);
	assert_true(n > 0);
	/* The library writes to the end of the room. */
	memcpy(out->der, room + sizeof(room) - n, (size_t)n);
	out->n = (size_t)n;
	mbedtls_x509write_crt_free(&w);
}

struct span
issued(const struct test_cert *c)
{
	return span_of(c->der, c->n);
}

size_t
key_spki(uint8_t *out, size_t size, enum test_key key)
{
	static unsigned char room[CERT_ROOM];
	int n = mbedtls_pk_write_pubkey_der(key_get(key), room, sizeof(room));

	assert_true(n > 0 && (size_t)n <= size);
	memcpy(out, room + sizeof(room) - n, (size_t)n);
	return (size_t)n;
}

struct tlsa
record_of(uint8_t usage, uint8_t selector, uint8_t matching, struct span cert,
    enum test_key key, uint8_t *data)
{
	static uint8_t what[CERT_ROOM];
	struct tlsa record = { usage, selector, matching, { data, 0 } };
	size_t n = cert.n;

	if (selector == 0)
		memcpy(what, cert.p, cert.n);
	else
		n = key_spki(what, sizeof(what), key);
	if (matching == 0) {
		memcpy(data, what, n);
		record.data.n = n;
	} else if (matching == 1) {
		assert_int_equal(mbedtls_sha256(what, n, data, 0), 0);
		record.data.n = 32;
	} else {
		assert_int_equal(mbedtls_sha512(what, n, data, 0), 0);
		record.data.n = 64;
	}
	return record;
}
