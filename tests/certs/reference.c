/*
 * The DANE check by OpenSSL, set up as Postfix does it: the arguments and the
 * verdict are those of danegate dane verify. Prints "verified USAGE SELECTOR
 * MATCHING DEPTH", "failed" or "unusable", then the reason.
 *
 * usage: reference TIME CHAIN.pem NAME[,NAME...] TLSA...
 */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DATA_MAX 16384

static void
give_up(const char *what)
{
	(void)fprintf(stderr, "reference: %s\n", what);
	exit(2);
}

/* 1: taken, 0: unusable. */
static int
add_record(SSL *ssl, char *text)
{
	static unsigned char data[DATA_MAX];
	unsigned long field[3];
	char *at = text;
	size_t n = 0;

	for (int i = 0; i < 3; i++)
		field[i] = strtoul(at, &at, 10);
	for (; *at == ' '; at++)
		;
	for (; at[0] != '\0' && at[1] != '\0' && n < DATA_MAX; at += 2) {
		char pair[3] = { at[0], at[1], '\0' };

		data[n++] = (unsigned char)strtoul(pair, NULL, 16);
	}
	/* Postfix asks for the two usages of RFC 7672 alone. */
	if (field[0] != 2 && field[0] != 3)
		return 0;
	return SSL_dane_tlsa_add(ssl, (uint8_t)field[0], (uint8_t)field[1],
		   (uint8_t)field[2], data, n) > 0;
}

/* The chain as a handshake would hand it over: all or nothing. */
static STACK_OF(X509) * read_chain(const char *path)
{
	STACK_OF(X509) *chain = sk_X509_new_null();
	FILE *f = fopen(path, "r");
	char *label, *header;
	unsigned char *der;
	long n;

	if (f == NULL || chain == NULL)
		give_up("no chain");
	while (PEM_read(f, &label, &header, &der, &n) > 0) {
		const unsigned char *p = der;
		X509 *x = d2i_X509(NULL, &p, n);

		if (x == NULL || p != der + n) {
			(void)printf("failed a certificate cannot be read\n");
			exit(0);
		}
		(void)sk_X509_push(chain, x);
	}
	(void)fclose(f);
	return chain;
}

static X509_STORE_CTX *
prepare(SSL_CTX *ctx, SSL *ssl, STACK_OF(X509) * chain, long long at)
{
	X509_STORE_CTX *store = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *param;

	if (store == NULL ||
	    X509_STORE_CTX_init(store, SSL_CTX_get_cert_store(ctx),
		sk_X509_value(chain, 0), chain) != 1)
		give_up("X509_STORE_CTX_init");
	X509_STORE_CTX_set0_dane(store, SSL_get0_dane(ssl));
	(void)X509_STORE_CTX_set_default(store, "ssl_server");
	param = X509_STORE_CTX_get0_param(store);
	(void)X509_VERIFY_PARAM_set1(param, SSL_get0_param(ssl));
	X509_VERIFY_PARAM_set_auth_level(param, 0);
	X509_VERIFY_PARAM_set_time(param, (time_t)at);
	return store;
}

static void
print_match(SSL *ssl)
{
	uint8_t usage = 0, selector = 0, matching = 0;
	EVP_PKEY *key = NULL;
	X509 *cert = NULL;
	int depth;

	SSL_set_verify_result(ssl, X509_V_OK);
	depth = SSL_get0_dane_authority(ssl, &cert, &key);
	(void)SSL_get0_dane_tlsa(ssl, &usage, &selector, &matching, NULL, NULL);
	/* For a bare key OpenSSL tells the certificate that it signed. */
	(void)printf("verified %u %u %u %d\n", usage, selector, matching,
	    depth + (key != NULL));
}

int
main(int argc, char **argv)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	STACK_OF(X509) * chain;
	X509_STORE_CTX *store;
	int usable = 0;
	SSL *ssl;

	if (argc < 5 || ctx == NULL || SSL_CTX_dane_enable(ctx) <= 0)
		give_up("arguments");
	ssl = SSL_new(ctx);
	if (ssl == NULL || SSL_dane_enable(ssl, NULL) <= 0)
		give_up("SSL_dane_enable");
	(void)SSL_dane_set_flags(ssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	for (char *name = strtok(argv[3], ","); name != NULL;
	     name = strtok(NULL, ","))
		if (SSL_add1_host(ssl, name) != 1)
			give_up("SSL_add1_host");
	for (int i = 4; i < argc; i++)
		usable += add_record(ssl, argv[i]);
	chain = read_chain(argv[2]);
	if (usable == 0) {
		(void)printf("unusable\n");
		return 0;
	}
	store = prepare(ctx, ssl, chain, strtoll(argv[1], NULL, 10));
	if (X509_verify_cert(store) == 1)
		print_match(ssl);
	else
		(void)printf("failed %s\n",
		    X509_verify_cert_error_string(
			X509_STORE_CTX_get_error(store)));
	return 0;
}
