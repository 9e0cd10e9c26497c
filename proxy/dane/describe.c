#include "dane/describe.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "dane/cert.h"
#include "dane/dn.h"
#include "dane/match.h"

#define TAG_DNS_NAME (MBEDTLS_ASN1_CONTEXT_SPECIFIC | 2)

#define DN_ORGANIZATION "\x55\x04\x0a" /* 2.5.4.10 */

/* The first value of the attribute; false when there is none. */
static bool
take_value(char *out, size_t size, struct span name, const char *oid)
{
	struct span rest;
	struct span value;

	if (dn_open(&rest, name) != 0 ||
	    dn_next_value(&value, &rest, span_text(oid)) != 0)
		return false;
	log_escape(out, size, value);
	return true;
}

static void
describe_name(char out[CERT_TEXT_MAX], struct span name)
{
	if (!take_value(out, CERT_TEXT_MAX, name, DN_COMMON_NAME) &&
	    !take_value(out, CERT_TEXT_MAX, name, DN_ORGANIZATION))
		(void)snprintf(out, CERT_TEXT_MAX, "(no name)");
}

static void
describe_dns_names(char out[CERT_NAMES_MAX], const mbedtls_x509_crt *crt)
{
	size_t len = 0;

	for (const mbedtls_x509_sequence *item = &crt->subject_alt_names;
	     item != NULL && len + 2 < CERT_NAMES_MAX; item = item->next) {
		if (item->buf.tag != TAG_DNS_NAME)
			continue;
		if (len > 0)
			out[len++] = ' ';
		log_escape(out + len, CERT_NAMES_MAX - len,
		    span_of(item->buf.p, item->buf.len));
		len += strlen(out + len);
	}
}

static void
describe_key(char *out, size_t size, const struct pubkey *k)
{
	const char *kind = "EC";

	switch (k->kind) {
	case PUBKEY_UNKNOWN:
		(void)snprintf(out, size, "unknown key");
		return;
	case PUBKEY_ED25519:
		(void)snprintf(out, size, "Ed25519");
		return;
	case PUBKEY_RSA_PSS:
		kind = "RSA-PSS";
		break;
	case PUBKEY_LIBRARY:
		if (mbedtls_pk_can_do(&k->pk, MBEDTLS_PK_RSA))
			kind = "RSA";
		break;
	}
	(void)snprintf(out, size, "%s %zu", kind,
	    mbedtls_pk_get_bitlen(&k->pk));
}

static void
describe_digest(char out[65], struct span der)
{
	const struct tlsa none = { .usage = TLSA_DANE_EE,
		.selector = 1,
		.matching = 1,
		.data = span_text("the length of a SHA2-256 digest.") };
	struct match_target target;

	match_target_init(&target, der);
	/* It fits nothing, but has the digest computed. */
	(void)match_record(&target, &none);
	for (size_t i = 0; target.done[1][1] && i < 32; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", target.digest[1][1][i]);
}

void
cert_describe(struct cert_text *out, struct span der)
{
	struct cert c;

	*out = (struct cert_text){ 0 };
	describe_digest(out->digest, der);
	if (cert_parse(&c, der) != 0)
		return;
	out->readable = true;
	describe_name(out->subject, c.parts.subject);
	describe_name(out->issuer, c.parts.issuer);
	describe_dns_names(out->names, &c.crt);
	describe_key(out->key, sizeof(out->key), &c.key);
	cert_dates(&c, &out->from, &out->to);
	cert_clear(&c);
}
