/*
 * A TLS server of another making for the tests: `openssl s_server` on
 * loopback, started and ended by the test, and the certificates it shows.
 */
#ifndef DG_TEST_TLS_SERVER_H
#define DG_TEST_TLS_SERVER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct server {
	pid_t pid;
	int in;	 /* its standard input */
	int out; /* its standard output */
	uint16_t port;
};

/* Makes all certificates in a new directory; later removes it. */
void certificates_make(void);
void certificates_remove(void);

#define PATH_SIZE 128

/* Of one of the files that were made. */
void certificates_path(char out[PATH_SIZE], const char *name,
    const char *ending);

/* The DER bytes of a certificate; returns their number. */
size_t certificate_read(const char *name, uint8_t *out, size_t size);

/*
 * Starts a server for the certificate called name, with the intermediates of
 * chain (a file's name) and the further options, and waits until it listens.
 */
void server_start(struct server *s, const char *name, const char *chain,
    const char *const options[]);
void server_stop(struct server *s);

/* From now on servers can be told "-ssl_config", "no-ems": they do without
 * extended master secret. */
void server_configure(void);

/* A connected, non-blocking socket. */
int server_connect(const struct server *s);

/* Reads the server's output until it holds text. */
void server_expect(struct server *s, const char *text);

#endif
