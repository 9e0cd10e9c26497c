/* For the fields of a signature, which the library shows in no other way. */
#define MBEDTLS_ALLOW_PRIVATE_ACCESS

#include "dane/cert.h"

#include <string.h>

#include <mbedtls/asn1.h>
#include <mbedtls/md.h>
#include <mbedtls/oid.h>

#include "dane/names.h"

/*
 * Short keys and weak digests: what OpenSSL calls security level 1. Postfix
 * asks for level 0 and so takes still less; but a path forged with a collision
 * of SHA-1 would be taken for authenticated here, while a refusal only delays.
 */
#define RSA_BITS_MIN 1024

/* Extensions that the library does not parse. */
#define OID_CE(id)	      (MBEDTLS_OID_ID_CE id)
#define OID_NAME_CONSTRAINTS  OID_CE("\x1E")
#define OID_CRL_POINTS	      OID_CE("\x1F")
#define OID_POLICIES	      OID_CE("\x20")
#define OID_POLICY_MAPPINGS   OID_CE("\x21")
#define OID_POLICY_CONSTRAINT OID_CE("\x24")
#define OID_INHIBIT_POLICY    OID_CE("\x36")

/* Server-gated cryptography, two names of serverAuth from another time. */
#define OID_MS_SGC "\x2B\x06\x01\x04\x01\x82\x37\x0A\x03\x03"
#define OID_NS_SGC "\x60\x86\x48\x01\x86\xF8\x42\x04\x01"

static bool
oid_is(const mbedtls_x509_buf *oid, const char *text)
{
	size_t n = strlen(text);

	return oid->len == n && memcmp(oid->p, text, n) == 0;
}

/*
 * Called for extensions that the library has no parser for. Policies decide
 * nothing where no policy is asked for, and revocation is the TLSA record's
 * business (RFC 7671 5.2); so these may be critical, as with OpenSSL.
 */
static int
judge_extension(void *arg, const mbedtls_x509_crt *crt,
    const mbedtls_x509_buf *oid, int critical, const unsigned char *p,
    const unsigned char *end)
{
	struct cert *c = arg;

	(void)crt;
	(void)critical;
	(void)p;
	(void)end;
	if (oid_is(oid, OID_NAME_CONSTRAINTS)) {
		c->constrained = true;
		return 0;
	}
	if (oid_is(oid, OID_POLICIES) || oid_is(oid, OID_POLICY_MAPPINGS) ||
	    oid_is(oid, OID_POLICY_CONSTRAINT) ||
	    oid_is(oid, OID_INHIBIT_POLICY) || oid_is(oid, OID_CRL_POINTS))
		return 0;
	return MBEDTLS_ERR_X509_INVALID_EXTENSIONS;
}

int
cert_parse(struct cert *c, struct span der)
{
	memset(c, 0, sizeof(*c));
	mbedtls_x509_crt_init(&c->crt);
	if (mbedtls_x509_crt_parse_der_with_ext_cb(&c->crt, der.p, der.n, 0,
		judge_extension, c) == 0)
		return 0;
	cert_clear(c);
	return DG_ESYNTAX;
}

void
cert_clear(struct cert *c)
{
	mbedtls_x509_crt_free(&c->crt);
}

/* Days since 1970 of a date in the Gregorian calendar, year 1 or later. */
static int64_t
days_of(int64_t year, int64_t month, int64_t day)
{
	/* Years from March, so that the leap day is the last. */
	int64_t y = month > 2 ? year : year - 1;
	int64_t m = month > 2 ? month - 3 : month + 9;

	return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day -
	    719469;
}

static int64_t
seconds_of(const mbedtls_x509_time *t)
{
	int64_t hours = days_of(t->year, t->mon, t->day) * 24 + t->hour;

	return (hours * 60 + t->min) * 60 + t->sec;
}

static const char *
date_fault(const mbedtls_x509_crt *crt, int64_t now)
{
	if (now < seconds_of(&crt->valid_from))
		return "is not valid yet";
	if (now > seconds_of(&crt->valid_to))
		return "has expired";
	return NULL;
}

/* RFC 5280 4.2.1.12. OpenSSL does not take anyExtendedKeyUsage for serverAuth,
 * and neither do we. */
static bool
serves_tls(const mbedtls_x509_crt *crt)
{
	const mbedtls_x509_sequence *use = &crt->ext_key_usage;

	if (!mbedtls_x509_crt_has_ext_type(crt,
		MBEDTLS_X509_EXT_EXTENDED_KEY_USAGE))
		return true;
	for (; use != NULL; use = use->next)
		if (oid_is(&use->buf, MBEDTLS_OID_SERVER_AUTH) ||
		    oid_is(&use->buf, OID_MS_SGC) ||
		    oid_is(&use->buf, OID_NS_SGC))
			return true;
	return false;
}

static bool
may_use_key(const mbedtls_x509_crt *crt, unsigned any_of)
{
	return !mbedtls_x509_crt_has_ext_type(crt,
		   MBEDTLS_X509_EXT_KEY_USAGE) ||
	    (crt->key_usage & any_of) != 0;
}

const char *
cert_key_fault(const mbedtls_pk_context *key)
{
	if (mbedtls_pk_can_do(key, MBEDTLS_PK_RSA))
		return mbedtls_pk_get_bitlen(key) < RSA_BITS_MIN
		    ? "has too short a key"
		    : NULL;
	return mbedtls_pk_can_do(key, MBEDTLS_PK_ECDSA)
	    ? NULL
	    : "has an unknown kind of key";
}

/* What holds for each certificate of a path. */
static const char *
common_fault(const struct cert *c, int64_t now)
{
	const char *fault = date_fault(&c->crt, now);

	if (fault == NULL && !serves_tls(&c->crt))
		fault = "is not meant for TLS servers";
	return fault != NULL ? fault : cert_key_fault(&c->crt.pk);
}

const char *
cert_leaf_fault(const struct cert *c, const struct name *names, size_t nnames,
    int64_t now)
{
	const char *fault = common_fault(c, now);

	if (fault != NULL)
		return fault;
	if (!may_use_key(&c->crt,
		MBEDTLS_X509_KU_DIGITAL_SIGNATURE |
		    MBEDTLS_X509_KU_KEY_ENCIPHERMENT |
		    MBEDTLS_X509_KU_KEY_AGREEMENT))
		return "must not use its key for TLS";
	if (!names_check(&c->crt, names, nnames))
		return "is made out for another name";
	return NULL;
}

/* RFC 5280 6.1.4 (k) to (n). The library counts from 1; 0 is no limit. */
static const char *
authority_fault(const mbedtls_x509_crt *crt, unsigned below, bool anchor)
{
	if (crt->version < 3 && anchor)
		return NULL;
	if (crt->ca_istrue == 0)
		return "is no certificate authority";
	if (crt->max_pathlen > 0 && below > (unsigned)crt->max_pathlen - 1)
		return "has too long a path below it";
	if (!may_use_key(crt, MBEDTLS_X509_KU_KEY_CERT_SIGN))
		return "must not sign certificates";
	return NULL;
}

const char *
cert_issuer_fault(const struct cert *c, unsigned below, bool anchor,
    int64_t now)
{
	const char *fault = common_fault(c, now);

	if (fault != NULL)
		return fault;
	/* Not enforced, so not to be passed over either (RFC 5280 4.2.1.10). */
	if (c->constrained)
		return "has name constraints, which are not supported";
	return authority_fault(&c->crt, below, anchor);
}

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

static bool
is_plain_string(int tag)
{
	return tag == MBEDTLS_ASN1_UTF8_STRING ||
	    tag == MBEDTLS_ASN1_PRINTABLE_STRING;
}

/* RFC 5280 7.1, as far as real certificates need it. */
static bool
values_equal(const mbedtls_asn1_buf *a, const mbedtls_asn1_buf *b)
{
	bool fold = is_plain_string(a->tag) && is_plain_string(b->tag);

	if (a->len != b->len || (a->tag != b->tag && !fold))
		return false;
	for (size_t i = 0; i < a->len; i++)
		if (a->p[i] != b->p[i] &&
		    !(fold && lower(a->p[i]) == lower(b->p[i])))
			return false;
	return true;
}

static bool
oids_equal(const mbedtls_asn1_buf *a, const mbedtls_asn1_buf *b)
{
	return span_equal(span_of(a->p, a->len), span_of(b->p, b->len));
}

static bool
names_equal(const mbedtls_x509_name *a, const mbedtls_x509_name *b)
{
	for (; a != NULL && b != NULL; a = a->next, b = b->next)
		if (!oids_equal(&a->oid, &b->oid) ||
		    !values_equal(&a->val, &b->val) ||
		    a->next_merged != b->next_merged)
			return false;
	return a == NULL && b == NULL;
}

bool
cert_is_self_issued(const struct cert *c)
{
	return names_equal(&c->crt.issuer, &c->crt.subject);
}

bool
cert_is_named_issuer(const struct cert *child, const struct cert *parent)
{
	return names_equal(&child->crt.issuer, &parent->crt.subject);
}

static bool
is_strong_digest(mbedtls_md_type_t md)
{
	return md == MBEDTLS_MD_SHA224 || md == MBEDTLS_MD_SHA256 ||
	    md == MBEDTLS_MD_SHA384 || md == MBEDTLS_MD_SHA512;
}

const char *
cert_signature_fault(const struct cert *c, mbedtls_pk_context *key)
{
	static const char wrong[] = "has a wrong signature";
	const mbedtls_x509_crt *crt = &c->crt;
	const mbedtls_md_info_t *md = mbedtls_md_info_from_type(crt->sig_md);
	uint8_t hash[MBEDTLS_MD_MAX_SIZE];

	if (md == NULL || !is_strong_digest(crt->sig_md))
		return "is signed with a weak digest";
	if (!mbedtls_pk_can_do(key, crt->sig_pk) ||
	    mbedtls_md(md, crt->tbs.p, crt->tbs.len, hash) != 0)
		return wrong;
	if (mbedtls_pk_verify_ext(crt->sig_pk, crt->sig_opts, key, crt->sig_md,
		hash, mbedtls_md_get_size(md), crt->sig.p, crt->sig.len) != 0)
		return wrong;
	return NULL;
}
