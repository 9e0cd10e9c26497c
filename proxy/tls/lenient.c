/*
 * Certificates that the library cannot read, stepped over.
 *
 * Real chains hold certificates with critical extensions, keys, signatures or
 * encodings that the library refuses, and one of them anywhere would end the
 * handshake, although most of the time the leaf's key alone decides (DANE-EE).
 * So the linker puts the function below in the place of
 * mbedtls_x509_crt_parse_der() where the library's TLS calls it
 * (-Wl,--wrap=, see the Makefile): what cannot be parsed is kept as bytes, in
 * its place in the chain. Of a leaf at least the public key must be readable,
 * for without it the server cannot prove anything, and within bounds (bounds.h).
 * Nothing is trusted here: the DANE check parses the bytes again, strictly.
 */
#include <string.h>

#include <mbedtls/asn1.h>
#include <mbedtls/pk.h>
#include <mbedtls/platform.h>
#include <mbedtls/x509_crt.h>

#include "tls/bounds.h"
#include "tls/memory.h"

#define SEQUENCE (MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE)
#define VERSION_TAG \
	(MBEDTLS_ASN1_CONTEXT_SPECIFIC | MBEDTLS_ASN1_CONSTRUCTED | 0)

/* The linker's name for ours; nobody else calls it. */
/* NOLINTNEXTLINE(readability-identifier-naming) */
int __wrap_mbedtls_x509_crt_parse_der(mbedtls_x509_crt *chain,
    const unsigned char *der, size_t n);

static int
accept_extension(void *arg, const mbedtls_x509_crt *crt,
    const mbedtls_x509_buf *oid, int critical, const unsigned char *p,
    const unsigned char *end)
{
	(void)arg;
	(void)crt;
	(void)oid;
	(void)critical;
	(void)p;
	(void)end;
	return 0;
}

static int
skip(unsigned char **p, const unsigned char *end, int tag)
{
	size_t n;
	int r = mbedtls_asn1_get_tag(p, end, &n, tag);

	if (r == 0)
		*p += n;
	return r;
}

/*
 * Reads the public key of crt->raw (RFC 5280 4.1): after an optional version
 * come serial number, signature algorithm, issuer, validity and subject.
 */
static int
read_key(mbedtls_x509_crt *crt)
{
	static const int before[] = { MBEDTLS_ASN1_INTEGER, SEQUENCE, SEQUENCE,
		SEQUENCE, SEQUENCE };
	unsigned char *p = crt->raw.p;
	const unsigned char *end = p + crt->raw.len;
	size_t n;
	int r;

	if ((r = mbedtls_asn1_get_tag(&p, end, &n, SEQUENCE)) != 0 ||
	    (r = mbedtls_asn1_get_tag(&p, p + n, &n, SEQUENCE)) != 0)
		return r;
	end = p + n;
	if (p < end && *p == VERSION_TAG &&
	    (r = skip(&p, end, VERSION_TAG)) != 0)
		return r;
	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++)
		if ((r = skip(&p, end, before[i])) != 0)
			return r;
	crt->pk_raw.p = p;
	if ((r = mbedtls_pk_parse_subpubkey(&p, end, &crt->pk)) != 0)
		return r;
	crt->pk_raw.len = (size_t)(p - crt->pk_raw.p);
	return 0;
}

/* The bytes alone, as a certificate that the library takes for read. */
static int
keep_bytes(mbedtls_x509_crt *crt, const unsigned char *der, size_t n)
{
	crt->raw.p = mbedtls_calloc(1, n);
	if (crt->raw.p == NULL)
		return MBEDTLS_ERR_X509_ALLOC_FAILED;
	memcpy(crt->raw.p, der, n);
	crt->raw.len = n;
	crt->raw.tag = MBEDTLS_ASN1_SEQUENCE;
	crt->MBEDTLS_PRIVATE(own_buffer) = 1;
	crt->version = 3; /* 0 would say that this place is free */
	return 0;
}

static int
keep_leaf(mbedtls_x509_crt *crt, const unsigned char *der, size_t n)
{
	int r = keep_bytes(crt, der, n);

	if (r == 0)
		r = read_key(crt);
	if (r == 0)
		return 0;
	mbedtls_x509_crt_free(crt);
	/* The library would take the next certificate for the leaf after some
	 * codes of its parser; none of them comes from here. */
	return -r < 0x1000 ? MBEDTLS_ERR_X509_INVALID_FORMAT : r;
}

static int
keep_other(mbedtls_x509_crt *chain, const unsigned char *der, size_t n)
{
	mbedtls_x509_crt *crt = mbedtls_calloc(1, sizeof(*crt));

	if (crt == NULL)
		return MBEDTLS_ERR_X509_ALLOC_FAILED;
	mbedtls_x509_crt_init(crt);
	if (keep_bytes(crt, der, n) != 0) {
		mbedtls_free(crt);
		return MBEDTLS_ERR_X509_ALLOC_FAILED;
	}
	while (chain->next != NULL)
		chain = chain->next;
	chain->next = crt;
	return 0;
}

/* The first certificate of a chain; the others' keys do nothing here. */
static int
refuse_costly(mbedtls_x509_crt *leaf)
{
	if (bounds_hold(&leaf->pk))
		return 0;
	mbedtls_x509_crt_free(leaf);
	return MBEDTLS_ERR_X509_INVALID_FORMAT;
}

int /* NOLINTNEXTLINE(readability-identifier-naming) */
__wrap_mbedtls_x509_crt_parse_der(mbedtls_x509_crt *chain,
    const unsigned char *der, size_t n)
{
	unsigned long refusals = tls_memory_refusals();
	int r;

	if (chain == NULL || der == NULL || n == 0)
		return MBEDTLS_ERR_X509_BAD_INPUT_DATA;
	r = mbedtls_x509_crt_parse_der_with_ext_cb(chain, der, n, 1,
	    accept_extension, NULL);
	/* Want of memory makes no certificate unreadable. */
	if (r != 0 && tls_memory_refusals() != refusals)
		return MBEDTLS_ERR_X509_ALLOC_FAILED;
	if (r != 0)
		r = chain->version == 0 ? keep_leaf(chain, der, n)
					: keep_other(chain, der, n);
	return r == 0 && chain->next == NULL ? refuse_costly(chain) : r;
}
