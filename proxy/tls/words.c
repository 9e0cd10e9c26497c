#include "tls/words.h"

#include <string.h>

#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509.h>

#include "base/err.h"

struct word {
	int code;
	const char *text;
};

/* RFC 8446 6 and, for TLS 1.2, RFC 5246 7.2. */
static const struct word alerts[] = {
	{ 0, "close_notify" },
	{ 10, "unexpected_message" },
	{ 20, "bad_record_mac" },
	{ 21, "decryption_failed" },
	{ 22, "record_overflow" },
	{ 30, "decompression_failure" },
	{ 40, "handshake_failure" },
	{ 41, "no_certificate" },
	{ 42, "bad_certificate" },
	{ 43, "unsupported_certificate" },
	{ 44, "certificate_revoked" },
	{ 45, "certificate_expired" },
	{ 46, "certificate_unknown" },
	{ 47, "illegal_parameter" },
	{ 48, "unknown_ca" },
	{ 49, "access_denied" },
	{ 50, "decode_error" },
	{ 51, "decrypt_error" },
	{ 60, "export_restriction" },
	{ 70, "protocol_version" },
	{ 71, "insufficient_security" },
	{ 80, "internal_error" },
	{ 86, "inappropriate_fallback" },
	{ 90, "user_canceled" },
	{ 100, "no_renegotiation" },
	{ 109, "missing_extension" },
	{ 110, "unsupported_extension" },
	{ 112, "unrecognized_name" },
	{ 113, "bad_certificate_status_response" },
	{ 115, "unknown_psk_identity" },
	{ 116, "certificate_required" },
	{ 120, "no_application_protocol" },
};

static const struct word codes[] = {
	{ MBEDTLS_ERR_SSL_FEATURE_UNAVAILABLE, "feature not supported" },
	{ MBEDTLS_ERR_SSL_INVALID_MAC, "record with a wrong checksum" },
	{ MBEDTLS_ERR_SSL_INVALID_RECORD,
	    "what the server sent is no TLS record" },
	{ MBEDTLS_ERR_SSL_DECODE_ERROR, "malformed handshake message" },
	{ MBEDTLS_ERR_SSL_UNSUPPORTED_EXTENSION,
	    "extension that was not asked for" },
	{ MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE, "message out of turn" },
	{ MBEDTLS_ERR_SSL_BAD_CERTIFICATE, "certificate cannot be read" },
	{ MBEDTLS_ERR_X509_INVALID_FORMAT, "certificate cannot be read" },
	{ MBEDTLS_ERR_PK_KEY_INVALID_FORMAT, "certificate's key is malformed" },
	{ MBEDTLS_ERR_PK_INVALID_PUBKEY, "certificate's key is malformed" },
	{ MBEDTLS_ERR_PK_UNKNOWN_PK_ALG,
	    "certificate's kind of key is not supported" },
	{ MBEDTLS_ERR_PK_UNKNOWN_NAMED_CURVE,
	    "certificate's curve is not supported" },
	{ MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION,
	    "server speaks no TLS version from 1.2 up" },
	{ MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE, "no common parameters" },
	{ MBEDTLS_ERR_SSL_PK_TYPE_MISMATCH,
	    "certificate's key does not fit the cipher suite" },
	{ MBEDTLS_ERR_SSL_BUFFER_TOO_SMALL, "message too long" },
	{ MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER, "illegal parameter" },
	{ MBEDTLS_ERR_SSL_COUNTER_WRAPPING, "too many records" },
};

static const char *
find_word(const struct word *words, size_t n, int code)
{
	for (size_t i = 0; i < n; i++)
		if (words[i].code == code)
			return words[i].text;
	return NULL;
}

const char *
tls_alert_text(unsigned alert)
{
	const char *text = find_word(alerts, DG_ARRAY_LEN(alerts), (int)alert);

	return text != NULL ? text : "unknown alert";
}

const char *
tls_code_text(int code)
{
	/* The low bits tell of the module beneath. */
	int high = -(-code & 0xff80);

	return find_word(codes, DG_ARRAY_LEN(codes), high);
}

/* TLS-ECDHE-RSA-WITH-X stands for TLS_ECDHE_RSA_WITH_X, TLS1-3-X for TLS_X. */
void
tls_cipher_text(char *dst, size_t size, const char *library_name)
{
	static const char modern[] = "TLS1-3-";
	static const char prefix[] = "TLS_";
	const char *from = library_name;
	size_t n = 0;

	if (strncmp(from, modern, sizeof(modern) - 1) == 0) {
		from += sizeof(modern) - 1;
		for (; prefix[n] != '\0' && n + 1 < size; n++)
			dst[n] = prefix[n];
	}
	for (; *from != '\0' && n + 1 < size; from++, n++) {
		dst[n] = *from;
		if (dst[n] == '-')
			dst[n] = '_';
	}
	dst[n] = '\0';
}
