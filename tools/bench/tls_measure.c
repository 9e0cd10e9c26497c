/*
 * CPU time of a client's handshake: danegate's TLS engine and OpenSSL, each
 * against the same server of OpenSSL, in one process, over memory. Only the
 * client's calls are timed (the thread's own CPU clock), and of danegate the
 * longest single call too, since it is what other sessions wait for.
 *
 * What they wait for when 50 handshakes come each second is worked out from
 * those calls: handshakes begin at random, their calls come a flight apart, one
 * loop does them in turn. So the figure does not depend on what else the
 * machine is doing.
 *
 * usage: tls_measure [handshakes]
 */
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tls/tls.h"

#define ROOM  8192
#define TURNS 64

#define RATE	50   /* handshakes a second */
#define SECONDS 600  /* played */
#define FLIGHT	20.0 /* ms between the calls of one handshake */
#define CALLS	4    /* of one handshake, those that take any time */

struct timing {
	double *all; /* milliseconds of each handshake */
	double *longest;
	double (*calls)[CALLS]; /* milliseconds, in order */
	size_t n;
};

struct server {
	SSL_CTX *ctx;
	SSL *ssl;
	BIO *in, *out; /* what it reads; what it wrote */
};

static double
cpu_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void
must(bool good, const char *what)
{
	if (good)
		return;
	(void)fprintf(stderr, "tls_measure: %s\n", what);
	exit(1);
}

static X509 *
certificate(EVP_PKEY *key)
{
	X509 *x = X509_new();
	X509_NAME *name = X509_get_subject_name(x);

	must(x != NULL && X509_set_version(x, 2) == 1, "no certificate");
	(void)ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	(void)X509_gmtime_adj(X509_getm_notBefore(x), -60);
	(void)X509_gmtime_adj(X509_getm_notAfter(x), 86400);
	(void)X509_set_pubkey(x, key);
	(void)X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const unsigned char *)"mx.example.org", -1, -1, 0);
	(void)X509_set_issuer_name(x, name);
	must(X509_sign(x, key, EVP_sha256()) > 0, "no signature");
	return x;
}

static void
server_new(struct server *s, EVP_PKEY *key, int version)
{
	X509 *x = certificate(key);

	s->ctx = SSL_CTX_new(TLS_server_method());
	must(s->ctx != NULL && SSL_CTX_use_certificate(s->ctx, x) == 1 &&
		SSL_CTX_use_PrivateKey(s->ctx, key) == 1,
	    "no server");
	(void)SSL_CTX_set_min_proto_version(s->ctx, version);
	(void)SSL_CTX_set_max_proto_version(s->ctx, version);
	(void)SSL_CTX_set_session_id_context(s->ctx, (const unsigned char *)"x",
	    1);
	X509_free(x);
}

static void
server_accept(struct server *s)
{
	s->ssl = SSL_new(s->ctx);
	s->in = BIO_new(BIO_s_mem());
	s->out = BIO_new(BIO_s_mem());
	must(s->ssl != NULL && s->in != NULL && s->out != NULL, "no memory");
	SSL_set_bio(s->ssl, s->in, s->out);
	SSL_set_accept_state(s->ssl);
}

static void
server_run(struct server *s)
{
	char byte;

	if (!SSL_is_init_finished(s->ssl))
		(void)SSL_do_handshake(s->ssl);
	else
		(void)SSL_read(s->ssl, &byte, 1);
}

/* danegate */

static double calls[CALLS];
static size_t ncalls;

static void
run(struct tls_conn *conn, double *sum, double *longest)
{
	double begin = cpu_ms(), took;

	(void)tls_conn_run(conn);
	took = cpu_ms() - begin;
	*sum += took;
	if (took > *longest)
		*longest = took;
	calls[ncalls < CALLS ? ncalls++ : CALLS - 1] += took;
}

/* Moves what the client wrote to the server, and back. */
static void
exchange(struct server *s, struct buf *from_client, struct buf *to_client)
{
	struct span out = buf_peek(from_client);
	size_t room;
	uint8_t *tail;
	int n;

	if (out.n > 0)
		(void)BIO_write(s->in, out.p, (int)out.n);
	buf_clear(from_client);
	server_run(s);
	tail = buf_tail(to_client, &room);
	n = BIO_read(s->out, tail, (int)room);
	if (n > 0)
		buf_commit(to_client, (size_t)n);
}

static void
danegate_once(struct tls_context *t, struct server *s, bool resume,
    struct timing *timing)
{
	static uint8_t mem[4][ROOM];
	const struct tls_binding binding = { { 1 } };
	struct buf b[4];
	struct tls_buffers buffers = { &b[0], &b[1], &b[2], &b[3] };
	struct tls_conn *conn;
	double begin = cpu_ms(), sum, longest = 0;

	for (size_t i = 0; i < 4; i++)
		buf_init(&b[i], mem[i], ROOM);
	memset(calls, 0, sizeof(calls));
	ncalls = 0;
	must(tls_conn_new(&conn, t, NULL, &buffers) == 0, "no connection");
	if (resume)
		must(tls_conn_resume(conn, &binding) == 0, "no ticket");
	sum = cpu_ms() - begin;
	server_accept(s);
	run(conn, &sum, &longest);
	for (int i = 0; i < TURNS && !SSL_is_init_finished(s->ssl); i++) {
		exchange(s, &b[1], &b[0]);
		run(conn, &sum, &longest);
	}
	must(SSL_is_init_finished(s->ssl), tls_conn_error(conn));
	begin = cpu_ms();
	if (resume)
		tls_conn_keep(conn, &binding, 60);
	sum += cpu_ms() - begin;
	exchange(s, &b[1], &b[0]);
	run(conn, &sum, &longest);
	if (timing != NULL) {
		must(tls_conn_resumed(conn) == resume, "not as it should be");
		memcpy(timing->calls[timing->n], calls, sizeof(calls));
		timing->longest[timing->n] = longest;
		timing->all[timing->n++] = sum;
	}
	SSL_free(s->ssl);
	tls_conn_free(conn);
}

/* OpenSSL */

static SSL_SESSION *session;

static int
keep_session(SSL *ssl, SSL_SESSION *s)
{
	(void)ssl;
	SSL_SESSION_free(session);
	session = s;
	return 1;
}

static void
move(BIO *from, BIO *to)
{
	static char bytes[ROOM];
	int n;

	while ((n = BIO_read(from, bytes, sizeof(bytes))) > 0)
		(void)BIO_write(to, bytes, n);
}

static void
openssl_once(SSL_CTX *ctx, struct server *s, bool resume, struct timing *timing)
{
	double begin = cpu_ms(), sum;
	SSL *ssl = SSL_new(ctx);
	BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
	char byte;

	SSL_set_bio(ssl, in, out);
	SSL_set_connect_state(ssl);
	if (resume && session != NULL)
		(void)SSL_set_session(ssl, session);
	sum = cpu_ms() - begin;
	server_accept(s);
	for (int i = 0; i < TURNS && !SSL_is_init_finished(s->ssl); i++) {
		begin = cpu_ms();
		(void)SSL_do_handshake(ssl);
		sum += cpu_ms() - begin;
		move(out, s->in);
		server_run(s);
		move(s->out, in);
	}
	must(SSL_is_init_finished(s->ssl), "OpenSSL's handshake fails");
	begin = cpu_ms();
	(void)SSL_do_handshake(ssl);
	(void)SSL_read(ssl, &byte, 1);
	sum += cpu_ms() - begin;
	if (timing != NULL) {
		must(SSL_session_reused(ssl) == (resume ? 1 : 0),
		    "OpenSSL resumes when it should not, or the reverse");
		timing->all[timing->n++] = sum;
	}
	(void)SSL_shutdown(ssl);
	SSL_free(ssl);
	SSL_free(s->ssl);
}

/* Figures */

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y ? 1 : 0;
}

static double
at(double *all, size_t n, size_t percent)
{
	qsort(all, n, sizeof(*all), compare);
	return all[(n - 1) * percent / 100];
}

static struct timing
timing_new(size_t n)
{
	struct timing t = { calloc(n, sizeof(double)),
		calloc(n, sizeof(double)), calloc(n, sizeof(*t.calls)), 0 };

	must(t.all != NULL && t.longest != NULL && t.calls != NULL,
	    "no memory");
	return t;
}

/* Others' waiting */

struct call {
	double at, takes; /* ms */
};

static int
compare_calls(const void *a, const void *b)
{
	double x = ((const struct call *)a)->at;
	double y = ((const struct call *)b)->at;

	return x < y ? -1 : x > y ? 1 : 0;
}

/* How long something that comes at any moment waits for the loop. */
static void
print_waiting(const struct timing *t)
{
	static struct call all[RATE * SECONDS * CALLS];
	static double waits[SECONDS * 1000];
	size_t n = 0, at_call = 0;
	double busy_until = 0, work = 0;

	srandom(1);
	for (size_t i = 0; i < RATE * SECONDS; i++) {
		const double *took = t->calls[i % t->n];
		double begin = (double)random() / RAND_MAX * SECONDS * 1000;

		for (size_t c = 0; c < CALLS; c++) {
			all[n].at = begin + FLIGHT * (double)c;
			all[n++].takes = took[c];
			work += took[c];
		}
	}
	qsort(all, n, sizeof(all[0]), compare_calls);
	for (size_t ms = 0; ms < SECONDS * 1000; ms++) {
		for (; at_call < n && all[at_call].at <= (double)ms; at_call++)
			busy_until = all[at_call].takes +
			    (all[at_call].at > busy_until ? all[at_call].at
							  : busy_until);
		waits[ms] = busy_until > (double)ms ? busy_until - (double)ms
						    : 0;
	}
	qsort(waits, SECONDS * 1000, sizeof(waits[0]), compare);
	(void)printf("        waiting at %d a second: p99 %.2f, p99.9 %.2f, "
		     "most %.2f ms; loop busy %.1f %%\n",
	    RATE, waits[SECONDS * 990], waits[SECONDS * 999],
	    waits[SECONDS * 1000 - 1], work / (SECONDS * 10.0));
}

static void
measure(EVP_PKEY *key, const char *name, int version, bool resume, size_t n)
{
	struct timing ours = timing_new(n), theirs = timing_new(n);
	struct tls_context *context;
	SSL_CTX *client = SSL_CTX_new(TLS_client_method());
	struct server server;
	double mine, other;

	server_new(&server, key, version);
	must(tls_context_new(&context, 4u << 20) == 0, "no context");
	(void)SSL_CTX_set_session_cache_mode(client,
	    SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(client, keep_session);
	danegate_once(context, &server, resume, NULL);
	openssl_once(client, &server, resume, NULL);
	/* In turns, so that what else the machine does hits both. */
	for (size_t i = 0; i < n; i++) {
		danegate_once(context, &server, resume, &ours);
		openssl_once(client, &server, resume, &theirs);
	}
	mine = at(ours.all, n, 50);
	other = at(theirs.all, n, 50);
	(void)printf("%-7s %-9s %-7s %8.2f %8.2f %8.2f %8.2f %6.2f\n",
	    version == TLS1_2_VERSION ? "TLS 1.2" : "TLS 1.3", name,
	    resume ? "resumed" : "full", mine, at(ours.longest, n, 50),
	    at(ours.longest, n, 99), other, mine / other);
	if (!resume)
		print_waiting(&ours);
	SSL_SESSION_free(session);
	session = NULL;
	SSL_CTX_free(client);
	SSL_CTX_free(server.ctx);
	tls_context_free(context);
	free(ours.all);
	free(ours.longest);
	free(ours.calls);
	free(theirs.all);
	free(theirs.longest);
	free(theirs.calls);
}

int
main(int argc, char **argv)
{
	static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
	size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 200;
	struct {
		const char *name;
		EVP_PKEY *key;
	} keys[] = {
		{ "P-256", EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256") },
		{ "RSA-2048",
		    EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048) },
		{ "RSA-4096",
		    EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)4096) },
	};

	must(n > 0, "how many?");
	(void)printf("client CPU, ms; median of %zu\n"
		     "                           danegate  longest call     "
		     "OpenSSL  ratio\n"
		     "                                    median      p99\n",
	    n);
	for (size_t v = 0; v < 2; v++)
		for (size_t k = 0; k < 3; k++)
			for (int resume = 0; resume < 2; resume++) {
				must(keys[k].key != NULL, "no key");
				measure(keys[k].key, keys[k].name, versions[v],
				    resume != 0, n);
			}
	for (size_t k = 0; k < 3; k++)
		EVP_PKEY_free(keys[k].key);
	return 0;
}
