/* For the fields of a signature, which the library shows in no other way. */
#define MBEDTLS_ALLOW_PRIVATE_ACCESS

#include "dane/cert.h"

#include <stdlib.h>
#include <string.h>

#include <mbedtls/asn1.h>
#include <mbedtls/oid.h>

#include "dane/der.h"
#include "dane/dn.h"
#include "dane/names.h"

/* What of a certificate the library is shown in place of what it has. */
enum disguise {
	DISGUISE_NONE = 0,
	DISGUISE_NAMES_AND_KEY,
	DISGUISE_ALGORITHM, /* the former, and the signature's */
	DISGUISES,
};

#define TAG_EXTENSIONS 0xa3 /* [3], constructed */

/* CN=x */
static const uint8_t any_name[] = { 0x30, 0x0c, 0x31, 0x0a, 0x30, 0x08, 0x06,
	0x03, 0x55, 0x04, 0x03, 0x0c, 0x01, 'x' };
/* ecdsa-with-SHA256 */
static const uint8_t any_algorithm[] = { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
	0x48, 0xce, 0x3d, 0x04, 0x03, 0x02 };
/* P-256's base point */
static const uint8_t any_key[] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a,
	0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
	0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04, 0x6b, 0x17, 0xd1, 0xf2,
	0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2,
	0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45,
	0xd8, 0x98, 0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b,
	0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33, 0x57,
	0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51,
	0xf5 };

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
	if (oid_is(oid, OID_NAME_CONSTRAINTS)) {
		c->repeated = c->constrained;
		c->constrained = true;
		c->constraints = span_of(p, (size_t)(end - p));
		return 0;
	}
	if (oid_is(oid, OID_POLICIES) || oid_is(oid, OID_POLICY_MAPPINGS) ||
	    oid_is(oid, OID_POLICY_CONSTRAINT) ||
	    oid_is(oid, OID_INHIBIT_POLICY) || oid_is(oid, OID_CRL_POINTS))
		return 0;
	return MBEDTLS_ERR_X509_INVALID_EXTENSIONS;
}

static size_t
put(uint8_t *out, size_t at, struct span s)
{
	memcpy(out + at, s.p, s.n);
	return at + s.n;
}

/* The extensions out of what comes after the key; unique identifiers, which
 * need not be looked at (RFC 5280 4.1.2.8), are left out. */
static struct span
find_extensions(struct span last)
{
	struct der e;

	while (last.n > 0 && last.p[0] != TAG_EXTENSIONS)
		if (der_next(&e, &last) < 0)
			break;
	return last;
}

/* The same certificate in the disguise, to be freed; NULL: no memory. */
static uint8_t *
disguise_make(size_t *n, const struct outline *o, enum disguise d)
{
	struct span name = span_of(any_name, sizeof(any_name));
	struct span key = span_of(any_key, sizeof(any_key));
	struct span algorithm = d == DISGUISE_ALGORITHM
	    ? span_of(any_algorithm, sizeof(any_algorithm))
	    : o->inner;
	const struct span body[] = { o->first, algorithm, name, o->validity,
		name, key, find_extensions(o->last) };
	uint8_t header[DER_HEADER_MAX];
	size_t nbody = 0, nall, at;
	uint8_t *out;

	if (d != DISGUISE_ALGORITHM)
		algorithm = o->algorithm;
	for (size_t i = 0; i < DG_ARRAY_LEN(body); i++)
		nbody += body[i].n;
	nall = der_write_header(header, DER_SEQUENCE, nbody) + nbody +
	    algorithm.n + o->signature.n;
	out = malloc(DER_HEADER_MAX + nall);
	if (out == NULL)
		return NULL;
	at = der_write_header(out, DER_SEQUENCE, nall);
	at += der_write_header(out + at, DER_SEQUENCE, nbody);
	for (size_t i = 0; i < DG_ARRAY_LEN(body); i++)
		at = put(out, at, body[i]);
	at = put(out, at, algorithm);
	*n = put(out, at, o->signature);
	return out;
}

/*
 * The library refuses a certificate as a whole for a kind of key, of signature
 * or of string in a name that it does not know. Names, key and signature are
 * read by ourselves anyway; so it is shown the same certificate without them.
 */
static int
parse_disguised(struct cert *c, struct span der, enum disguise d)
{
	size_t n = der.n;

	if (d != DISGUISE_NONE) {
		c->copy = disguise_make(&n, &c->parts, d);
		if (c->copy == NULL)
			return DG_ENOMEM;
		der = span_of(c->copy, n);
	}
	c->unreadable_algorithm = d == DISGUISE_ALGORITHM;
	c->constrained = c->repeated = false;
	mbedtls_x509_crt_init(&c->crt);
	if (mbedtls_x509_crt_parse_der_with_ext_cb(&c->crt, der.p, der.n, 0,
		judge_extension, c) == 0 &&
	    !c->repeated)
		return 0;
	mbedtls_x509_crt_free(&c->crt);
	free(c->copy);
	c->copy = NULL;
	return DG_ESYNTAX;
}

int
cert_parse(struct cert *c, struct span der)
{
	int err;

	memset(c, 0, sizeof(*c));
	err = outline_read(&c->parts, der);
	if (err < 0)
		return err;
	/* RFC 5280 4.1.1.2 */
	if (!span_equal(c->parts.inner, c->parts.algorithm))
		return DG_ESYNTAX;
	err = pubkey_parse(&c->key, c->parts.key);
	if (err < 0)
		return err;
	for (int d = DISGUISE_NONE; d < DISGUISES; d++) {
		err = parse_disguised(c, der, (enum disguise)d);
		if (err == 0)
			return 0;
	}
	pubkey_clear(&c->key);
	return err;
}

void
cert_clear(struct cert *c)
{
	mbedtls_x509_crt_free(&c->crt);
	pubkey_clear(&c->key);
	free(c->copy);
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

/* A Netscape relic that OpenSSL still heeds. */
static bool
has_type(const mbedtls_x509_crt *crt, unsigned any_of)
{
	return !mbedtls_x509_crt_has_ext_type(crt,
		   MBEDTLS_X509_EXT_NS_CERT_TYPE) ||
	    (crt->ns_cert_type & any_of) != 0;
}

/* What holds for each certificate of a path. */
static const char *
common_fault(const struct cert *c, int64_t now)
{
	const char *fault = date_fault(&c->crt, now);

	if (fault == NULL && !serves_tls(&c->crt))
		fault = "is not meant for TLS servers";
	return fault != NULL ? fault : pubkey_fault(&c->key);
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
	if (!has_type(&c->crt, MBEDTLS_X509_NS_CERT_TYPE_SSL_SERVER))
		return "is not meant for TLS servers";
	if (!names_check(&c->crt, c->parts.subject, names, nnames))
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
	if (c->key.kind == PUBKEY_UNKNOWN)
		return "has an unknown kind of key";
	return authority_fault(&c->crt, below, anchor);
}

void
cert_dates(const struct cert *c, int64_t *from, int64_t *to)
{
	*from = seconds_of(&c->crt.valid_from);
	*to = seconds_of(&c->crt.valid_to);
}

bool
cert_is_self_issued(const struct cert *c)
{
	return dn_equal(c->parts.issuer, c->parts.subject);
}

bool
cert_is_named_issuer(const struct cert *child, const struct cert *parent)
{
	return dn_equal(child->parts.issuer, parent->parts.subject);
}

const char *
cert_signature_fault(const struct cert *c, struct pubkey *key)
{
	const mbedtls_x509_crt *crt = &c->crt;
	const struct pubkey_signature s = {
		.ed25519 = pubkey_is_ed25519_algorithm(c->parts.algorithm),
		.pk = crt->sig_pk,
		.md = crt->sig_md,
		.options = crt->sig_opts,
		.message = c->parts.body,
		.value = span_of(crt->sig.p, crt->sig.len),
	};

	if (c->unreadable_algorithm && !s.ed25519)
		return "is signed in an unknown way";
	return pubkey_signature_fault(key, &s);
}
