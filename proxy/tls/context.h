/*
 * Inside of tls/ only: what tls_context holds, for those that set connections
 * up from it.
 */
#ifndef DG_TLS_CONTEXT_H
#define DG_TLS_CONTEXT_H

#include <mbedtls/ssl.h>

struct tls_context {
	mbedtls_ssl_config config;
};

#endif
