#include "dane/pubkey.h"

#include <stdlib.h>
#include <string.h>

#include <ed25519.h>
#include <mbedtls/md.h>

#include "dane/der.h"

/*
 * Short keys and weak digests: what OpenSSL calls security level 1. Postfix
 * asks for level 0 and so takes still less; but a path forged with a collision
 * of SHA-1 would be taken for authenticated here, while a refusal only delays
 * (RFC 8446 4.4.2.4).
 */
#define RSA_BITS_MIN 1024

/*
 * A longer exponent is only there to cost time: at 8192 bits one signature takes
 * a third of a second. All of its bytes count, for the library works through
 * leading zeros too. OpenSSL has the same bound for keys of over 3072 bits.
 */
#define RSA_EXPONENT_MAX 8 /* bytes, with that of the sign */

#define OID_EC	    "\x2a\x86\x48\xce\x3d\x02\x01"
#define OID_PSS	    "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"
#define OID_ED25519 "\x2b\x65\x70"

#define SPKI_MAX 4096 /* RSA of 8192 bits takes a quarter of it */

/* AlgorithmIdentifier of an RSA key for any use. */
static const uint8_t rsa_algorithm[] = { 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86,
	0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00 };

int
pubkey_read_parts(struct pubkey_parts *out, struct span spki)
{
	struct span rest, algorithm;
	struct pubkey_parts p;
	struct der e;
	int err;

	if ((err = der_open(&rest, spki, DER_SEQUENCE)) < 0 ||
	    (err = der_expect(&e, &rest, DER_SEQUENCE)) < 0)
		return err;
	algorithm = e.contents;
	if ((err = der_expect(&e, &algorithm, DER_OID)) < 0)
		return err;
	p.oid = e.contents;
	p.parameters = algorithm;
	if ((err = der_expect(&p.bits, &rest, DER_BIT_STRING)) < 0)
		return err;
	if (rest.n > 0 || p.bits.contents.n < 1)
		return DG_ESYNTAX;
	*out = p;
	return 0;
}

/* Reads a key that the library knows; the kind stays unknown otherwise. */
static void
parse_by_library(struct pubkey *k, enum pubkey_kind kind, struct span spki)
{
	uint8_t copy[SPKI_MAX];
	unsigned char *p = copy;

	if (spki.n > sizeof(copy))
		return;
	/* The parser wants bytes that it might write to. */
	memcpy(copy, spki.p, spki.n);
	if (mbedtls_pk_parse_subpubkey(&p, copy + spki.n, &k->pk) == 0 &&
	    (mbedtls_pk_can_do(&k->pk, MBEDTLS_PK_RSA) ||
		mbedtls_pk_can_do(&k->pk, MBEDTLS_PK_ECDSA)))
		k->kind = kind;
}

/* The same numbers under the name that the library knows. */
static void
parse_pss(struct pubkey *k, const struct pubkey_parts *p)
{
	uint8_t spki[SPKI_MAX];
	size_t n = sizeof(rsa_algorithm) + p->bits.whole.n, at;

	if (n + DER_HEADER_MAX > sizeof(spki))
		return;
	at = der_write_header(spki, DER_SEQUENCE, n);
	memcpy(spki + at, rsa_algorithm, sizeof(rsa_algorithm));
	at += sizeof(rsa_algorithm);
	memcpy(spki + at, p->bits.whole.p, p->bits.whole.n);
	parse_by_library(k, PUBKEY_RSA_PSS,
	    span_of(spki, at + p->bits.whole.n));
}

int
pubkey_parse(struct pubkey *k, struct span spki)
{
	struct pubkey_parts p;
	int err = pubkey_read_parts(&p, spki);

	if (err < 0)
		return err;
	memset(k, 0, sizeof(*k));
	mbedtls_pk_init(&k->pk);
	if (span_equal(p.oid, span_text(OID_ED25519))) {
		/* RFC 8410 3: no parameters. */
		if (p.parameters.n == 0 &&
		    p.bits.contents.n == 1 + ED25519_KEY_LEN &&
		    p.bits.contents.p[0] == 0) {
			memcpy(k->ed25519, p.bits.contents.p + 1,
			    ED25519_KEY_LEN);
			k->kind = PUBKEY_ED25519;
		}
	} else if (span_equal(p.oid, span_text(OID_PSS))) {
		parse_pss(k, &p);
	} else if (span_equal(p.oid, span_text(OID_EC)) &&
	    (p.parameters.n == 0 || p.parameters.p[0] != DER_OID)) {
		k->unnamed_curve = true;
	} else {
		parse_by_library(k, PUBKEY_LIBRARY, spki);
	}
	return 0;
}

void
pubkey_clear(struct pubkey *k)
{
	mbedtls_pk_free(&k->pk);
}

static const char *
rsa_fault(const mbedtls_rsa_context *rsa)
{
	const mbedtls_mpi *exponent = &rsa->MBEDTLS_PRIVATE(E);

	if (mbedtls_rsa_get_bitlen(rsa) < RSA_BITS_MIN)
		return "has too short a key";
	if (exponent->MBEDTLS_PRIVATE(n) * sizeof(mbedtls_mpi_uint) >
	    RSA_EXPONENT_MAX)
		return "has a key with too long an exponent";
	return NULL;
}

const char *
pubkey_fault(const struct pubkey *k)
{
	const mbedtls_rsa_context *rsa = mbedtls_pk_rsa(k->pk);

	if (rsa != NULL)
		return rsa_fault(rsa);
	return k->unnamed_curve ? "has a key on a curve without a name" : NULL;
}

bool
pubkey_is_ed25519_algorithm(struct span algorithm)
{
	static const uint8_t all[] = { 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65,
		0x70 };

	return span_equal(algorithm, span_of(all, sizeof(all)));
}

static bool
is_strong_digest(mbedtls_md_type_t md)
{
	return md == MBEDTLS_MD_SHA224 || md == MBEDTLS_MD_SHA256 ||
	    md == MBEDTLS_MD_SHA384 || md == MBEDTLS_MD_SHA512;
}

/* Can a key of this kind have made such a signature at all? */
static bool
is_apt(const struct pubkey *k, const struct pubkey_signature *s)
{
	if (s->ed25519 || k->kind == PUBKEY_ED25519)
		return s->ed25519 && k->kind == PUBKEY_ED25519;
	return (k->kind == PUBKEY_LIBRARY &&
		   mbedtls_pk_can_do(&k->pk, s->pk)) ||
	    (k->kind == PUBKEY_RSA_PSS && s->pk == MBEDTLS_PK_RSASSA_PSS);
}

static bool
verify_by_library(struct pubkey *k, const struct pubkey_signature *s)
{
	const mbedtls_md_info_t *md = mbedtls_md_info_from_type(s->md);
	uint8_t hash[MBEDTLS_MD_MAX_SIZE];

	return md != NULL &&
	    mbedtls_md(md, s->message.p, s->message.n, hash) == 0 &&
	    mbedtls_pk_verify_ext(s->pk, s->options, &k->pk, s->md, hash,
		mbedtls_md_get_size(md), s->value.p, s->value.n) == 0;
}

const char *
pubkey_signature_fault(struct pubkey *k, const struct pubkey_signature *s)
{
	static const char wrong[] = "has a wrong signature";

	if (!s->ed25519 && !is_strong_digest(s->md))
		return "is signed with a weak digest";
	if (!is_apt(k, s))
		return wrong;
	if (s->ed25519)
		return s->value.n == ED25519_SIGNATURE_LEN &&
			ed25519_verify(s->value.p, s->message.p, s->message.n,
			    k->ed25519) == 0
		    ? NULL
		    : wrong;
	return verify_by_library(k, s) ? NULL : wrong;
}
