/*
 * Inside of tls/ only: what tls_context holds, for those that set connections
 * up from it.
 */
#ifndef DG_TLS_CONTEXT_H
#define DG_TLS_CONTEXT_H

#include <mbedtls/ssl.h>

#include "tls/suites.h"
#include "tls/tickets.h"

struct tls_context {
	mbedtls_ssl_config config;
	enum tls_grade minimum;
	enum suites_aes aes; /* what this processor is quick at */
	/* Connections point into the configuration: it has two lists, and the
	 * one in use is never written to. */
	int suites[2][SUITES_MAX];
	bool resumption;
	struct tickets tickets;
	struct tls_counts counts;
};

#endif
