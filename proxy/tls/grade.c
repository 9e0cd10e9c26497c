#include "tls/grade.h"

#include <mbedtls/ssl.h>

/*
 * Appendix B of the guidelines, as far as the library has them; what is not here
 * is insufficient: RSA as key exchange (no forward secrecy) and CBC with SHA-1.
 */
static const struct {
	uint16_t suite;
	enum tls_grade grade;
} suites[] = {
	{ MBEDTLS_TLS1_3_AES_256_GCM_SHA384, TLS_GRADE_GOOD },
	{ MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256, TLS_GRADE_GOOD },
	{ MBEDTLS_TLS1_3_AES_128_GCM_SHA256, TLS_GRADE_SUFFICIENT },
	{ MBEDTLS_TLS1_3_AES_128_CCM_SHA256, TLS_GRADE_SUFFICIENT },
	{ MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
	    TLS_GRADE_SUFFICIENT },
	{ MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	    TLS_GRADE_SUFFICIENT },
	{ MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_CCM, TLS_GRADE_SUFFICIENT },
	{ MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
	    TLS_GRADE_SUFFICIENT },
	{ MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CCM, TLS_GRADE_SUFFICIENT },
	{ MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	    TLS_GRADE_SUFFICIENT },
	{ MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, TLS_GRADE_SUFFICIENT },
	{ MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_GRADE_SUFFICIENT },
	{ MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384,
	    TLS_GRADE_PHASE_OUT },
	{ MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256,
	    TLS_GRADE_PHASE_OUT },
	{ MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384, TLS_GRADE_PHASE_OUT },
	{ MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256, TLS_GRADE_PHASE_OUT },
	{ MBEDTLS_TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	    TLS_GRADE_PHASE_OUT },
	{ MBEDTLS_TLS_DHE_RSA_WITH_AES_256_GCM_SHA384, TLS_GRADE_PHASE_OUT },
	{ MBEDTLS_TLS_DHE_RSA_WITH_AES_256_CCM, TLS_GRADE_PHASE_OUT },
	{ MBEDTLS_TLS_DHE_RSA_WITH_AES_256_CBC_SHA256, TLS_GRADE_PHASE_OUT },
	{ MBEDTLS_TLS_DHE_RSA_WITH_AES_128_GCM_SHA256, TLS_GRADE_PHASE_OUT },
	{ MBEDTLS_TLS_DHE_RSA_WITH_AES_128_CCM, TLS_GRADE_PHASE_OUT },
	{ MBEDTLS_TLS_DHE_RSA_WITH_AES_128_CBC_SHA256, TLS_GRADE_PHASE_OUT },
};

enum tls_grade
tls_grade_suite(uint16_t suite)
{
	for (size_t i = 0; i < DG_ARRAY_LEN(suites); i++)
		if (suites[i].suite == suite)
			return suites[i].grade;
	return TLS_GRADE_INSUFFICIENT;
}

/* 3.3.1 */
static enum tls_grade
grade_version(uint16_t version)
{
	if (version == TLS_VERSION_1_3)
		return TLS_GRADE_GOOD;
	return version == TLS_VERSION_1_2 ? TLS_GRADE_SUFFICIENT
					  : TLS_GRADE_INSUFFICIENT;
}

/* 3.3.2.1 */
static enum tls_grade
grade_key(enum tls_key key, unsigned bits)
{
	switch (key) {
	case TLS_KEY_UNKNOWN:
		return TLS_GRADE_INSUFFICIENT;
	case TLS_KEY_RSA:
		if (bits >= 3072)
			return TLS_GRADE_GOOD;
		return bits >= 2048 ? TLS_GRADE_PHASE_OUT
				    : TLS_GRADE_INSUFFICIENT;
	case TLS_KEY_EC:
		if (bits >= 256)
			return TLS_GRADE_GOOD;
		return bits >= 224 ? TLS_GRADE_PHASE_OUT
				   : TLS_GRADE_INSUFFICIENT;
	}
	return TLS_GRADE_INSUFFICIENT;
}

/* All that we offer; with none it goes by the suite. */
static enum tls_grade
grade_group(uint16_t group)
{
	switch (group) {
	case 0:
	case MBEDTLS_SSL_IANA_TLS_GROUP_X25519:
	case MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1:
	case MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1:
	case MBEDTLS_SSL_IANA_TLS_GROUP_SECP521R1:
		return TLS_GRADE_GOOD;
	default:
		return TLS_GRADE_INSUFFICIENT;
	}
}

/* 3.3.5 */
static enum tls_grade
grade_hash(enum tls_hash hash)
{
	switch (hash) {
	case TLS_HASH_UNKNOWN:
	case TLS_HASH_SHA2:
		/* What cannot be read is not held against the server: Ed25519
		 * has no hash to choose. */
		return TLS_GRADE_GOOD;
	case TLS_HASH_SHA224:
		return TLS_GRADE_PHASE_OUT;
	case TLS_HASH_OLD:
		break;
	}
	return TLS_GRADE_INSUFFICIENT;
}

enum tls_grade
tls_grade_of(const struct tls_properties *p)
{
	const enum tls_grade all[] = {
		grade_version(p->version),
		tls_grade_suite(p->suite),
		grade_key(p->key, p->key_bits),
		grade_hash(p->hash),
		grade_group(p->group),
	};
	enum tls_grade worst = TLS_GRADE_GOOD;

	for (size_t i = 0; i < DG_ARRAY_LEN(all); i++)
		if (all[i] < worst)
			worst = all[i];
	return worst;
}

const char *
tls_grade_text(enum tls_grade grade)
{
	switch (grade) {
	case TLS_GRADE_NONE:
		break;
	case TLS_GRADE_INSUFFICIENT:
		return "insufficient";
	case TLS_GRADE_PHASE_OUT:
		return "phase-out";
	case TLS_GRADE_SUFFICIENT:
		return "sufficient";
	case TLS_GRADE_GOOD:
		return "good";
	}
	return "none";
}
