/*
 * Inside of tls/ only: what tls_context holds, for those that set connections
 * up from it.
 */
#ifndef DG_TLS_CONTEXT_H
#define DG_TLS_CONTEXT_H

#include <mbedtls/ssl.h>

#include "tls/tickets.h"

struct tls_context {
	mbedtls_ssl_config config;
	bool resumption;
	struct tickets tickets;
	struct tls_counts counts;
};

#endif
