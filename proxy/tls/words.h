/*
 * What TLS alerts and the library's error codes mean, in words for a log line
 * or a reply. Knows nothing of connections.
 */
#ifndef DG_TLS_WORDS_H
#define DG_TLS_WORDS_H

#include <stddef.h>

/* Name of an alert (RFC 8446 6, RFC 5246 7.2), or "unknown alert". */
const char *tls_alert_text(unsigned alert);

/* What a return code of the library means, or NULL when there is no word. */
const char *tls_code_text(int code);

/* The library's name of a cipher suite, respelt as IANA registers it. */
void tls_cipher_text(char *dst, size_t size, const char *library_name);

#endif
