/*
 * One connection. The library asks for bytes and hands bytes out by two
 * callbacks, which take from wire_in and put into wire_out; everything else is
 * a loop over "write what is in app_out" and "read while app_in has room".
 *
 * The one trap is the library's rule for output that did not fit (WANT_WRITE):
 * the record waits inside it, and the next call that writes only flushes that
 * record and reports success, whatever it was given. So it is remembered what
 * kind of record waits (enum unsent):
 *
 *   UNSENT_DATA    bytes of app_out: the same write is repeated, and the bytes
 *		    are dropped from app_out only when it succeeds;
 *   UNSENT_OTHER   an alert: flushed by an empty write before anything else.
 *
 * Invariant: while something is unsent, wire_out had no room when it was last
 * tried, so that a read cannot complete the flush behind our back.
 */
#include "tls/tls.h"

#include <stdio.h>
#include <string.h>

#include <mbedtls/platform.h>

#include "base/pages.h"
#include "tls/conn.h"
#include "tls/grade.h"
#include "tls/memory.h"
#include "tls/tickets.h"
#include "tls/words.h"

/* The counter of records, with which the buffer for input begins, and a header. */
#define IN_BUFFER_HEAD 64
/* Records that end before this leave it at that; longer ones are rare. */
#define REST_BELOW     4096

static size_t given_back; /* of all connections */

static void
conn_note_rest(struct tls_conn *c, size_t n)
{
	given_back += n - c->given_back;
	c->given_back = n;
}

/* No part of a record or of a handshake message stands in it. */
static bool
input_is_empty(const mbedtls_ssl_context *ssl)
{
	return ssl->MBEDTLS_PRIVATE(in_left) == 0 &&
	    ssl->MBEDTLS_PRIVATE(in_msglen) == 0 &&
	    ssl->MBEDTLS_PRIVATE(in_hslen) == 0 &&
	    ssl->MBEDTLS_PRIVATE(in_offt) == NULL &&
	    mbedtls_ssl_check_pending(ssl) == 0;
}

size_t
tls_conn_rest(struct tls_conn *c)
{
	uint8_t *from = c->ssl.MBEDTLS_PRIVATE(in_buf) + IN_BUFFER_HEAD;

	if (c->given_back == 0 && c->state == TLS_STATE_OPEN &&
	    input_is_empty(&c->ssl))
		conn_note_rest(c,
		    pages_release(from,
			MBEDTLS_SSL_IN_CONTENT_LEN - IN_BUFFER_HEAD));
	return c->given_back;
}

size_t
tls_given_back(void)
{
	return given_back;
}

/* What is read into the buffer has that memory back, past its first page. */
static void
conn_note_input(struct tls_conn *c, const uint8_t *p, size_t n)
{
	const uint8_t *begin = c->ssl.MBEDTLS_PRIVATE(in_buf);

	if (c->given_back > 0 && p + n > begin + REST_BELOW)
		conn_note_rest(c, 0);
}

static int
wire_send(void *arg, const unsigned char *p, size_t n)
{
	struct tls_conn *c = arg;
	size_t room = buf_room(c->buffers.wire_out);

	if (n > room)
		n = room;
	if (n == 0 || buf_put(c->buffers.wire_out, p, n) < 0)
		return MBEDTLS_ERR_SSL_WANT_WRITE;
	return (int)n;
}

static int
wire_receive(void *arg, unsigned char *p, size_t n)
{
	struct tls_conn *c = arg;
	struct span held = buf_peek(c->buffers.wire_in);

	if (held.n == 0) {
		if (!c->eof)
			return MBEDTLS_ERR_SSL_WANT_READ;
		c->eof_seen = true;
		return 0;
	}
	if (n > held.n)
		n = held.n;
	memcpy(p, held.p, n);
	conn_note_input(c, p, n);
	buf_drop(c->buffers.wire_in, n);
	hello_read(&c->hello, p, n);
	return (int)n;
}

/* Ends the connection with what the library returned. */
static void
conn_fail(struct tls_conn *c, int code)
{
	const char *when = c->state == TLS_STATE_HANDSHAKE ? "in the handshake"
							   : "in session";
	const char *text = tls_code_text(code);
	unsigned alert;

	c->state = TLS_STATE_FAILED;
	if (tls_memory_refusals() != c->refusals) {
		/* Whatever the code, this is what it comes from. */
		(void)snprintf(c->reason, sizeof(c->reason),
		    "out of memory for TLS %s", when);
	} else if (code == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE) {
		/* The library tells the alert nowhere else. */
		alert = c->ssl.MBEDTLS_PRIVATE(in_msg)[1];
		(void)snprintf(c->reason, sizeof(c->reason),
		    "server sent alert %u (%s) %s", alert,
		    tls_alert_text(alert), when);
	} else if (code == MBEDTLS_ERR_SSL_CONN_EOF) {
		(void)snprintf(c->reason, sizeof(c->reason),
		    "connection ended %s without close_notify", when);
	} else if (code == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) {
		(void)snprintf(c->reason, sizeof(c->reason), "server closed %s",
		    when);
	} else if (text != NULL) {
		(void)snprintf(c->reason, sizeof(c->reason), "%s %s", text,
		    when);
	} else {
		(void)snprintf(c->reason, sizeof(c->reason),
		    "TLS error -0x%04x %s", (unsigned)-code, when);
	}
}

static enum tls_hash
hash_of(mbedtls_md_type_t md)
{
	switch ((int)md) {
	case MBEDTLS_MD_NONE:
		return TLS_HASH_UNKNOWN;
	case MBEDTLS_MD_SHA224:
		return TLS_HASH_SHA224;
	case MBEDTLS_MD_MD5:
	case MBEDTLS_MD_SHA1:
	case MBEDTLS_MD_RIPEMD160:
		return TLS_HASH_OLD;
	default:
		return TLS_HASH_SHA2;
	}
}

static enum tls_key
key_of(const mbedtls_pk_context *pk)
{
	if (mbedtls_pk_can_do(pk, MBEDTLS_PK_RSA))
		return TLS_KEY_RSA;
	return mbedtls_pk_can_do(pk, MBEDTLS_PK_ECKEY) ? TLS_KEY_EC
						       : TLS_KEY_UNKNOWN;
}

/* Whether it is good enough is known only now: the key is the server's. */
static void
conn_grade(struct tls_conn *c)
{
	const mbedtls_x509_crt *leaf = mbedtls_ssl_get_peer_cert(&c->ssl);
	struct tls_properties *p = &c->properties;

	if (c->resumed) {
		*p = c->ticket->properties;
	} else if (leaf != NULL) {
		p->key = key_of(&leaf->pk);
		p->key_bits = (unsigned)mbedtls_pk_get_bitlen(&leaf->pk);
		p->hash = hash_of(leaf->MBEDTLS_PRIVATE(sig_md));
	}
	/* What a session is taken up with is its own in any case. */
	p->group = c->hello.group;
	p->version = (uint16_t)mbedtls_ssl_get_version_number(&c->ssl);
	p->suite = (uint16_t)mbedtls_ssl_get_ciphersuite_id_from_ssl(&c->ssl);
	if (c->context->minimum <= TLS_GRADE_PHASE_OUT ||
	    tls_grade_of(p) >= c->context->minimum)
		return;
	c->state = TLS_STATE_FAILED;
	(void)snprintf(c->reason, sizeof(c->reason),
	    "the session is %s (%s, %s key of %u bits), and tls minimum is %s",
	    tls_grade_text(tls_grade_of(p)), mbedtls_ssl_get_version(&c->ssl),
	    p->key == TLS_KEY_RSA ? "RSA" : "EC", p->key_bits,
	    tls_grade_text(c->context->minimum));
}

/* The chain as bytes; the library's form of it is given back. */
static int
conn_take_chain(struct tls_conn *c)
{
	mbedtls_ssl_session *session = c->ssl.MBEDTLS_PRIVATE(session);
	mbedtls_x509_crt *chain = session->MBEDTLS_PRIVATE(peer_cert);
	const mbedtls_x509_crt *crt = chain;
	size_t size = 0;

	for (; crt != NULL && c->ncerts < TLS_CHAIN_MAX; crt = crt->next) {
		c->certs[c->ncerts++] = crt->raw.len;
		size += crt->raw.len;
	}
	if (size == 0)
		return 0;
	c->shown = mbedtls_calloc(1, size);
	if (c->shown == NULL)
		return DG_ENOMEM;
	size = 0;
	crt = chain;
	for (size_t i = 0; i < c->ncerts && crt != NULL; i++, crt = crt->next) {
		memcpy(c->shown + size, crt->raw.p, crt->raw.len);
		size += crt->raw.len;
	}
	session->MBEDTLS_PRIVATE(peer_cert) = NULL;
	mbedtls_x509_crt_free(chain);
	mbedtls_free(chain);
	return 0;
}

bool
conn_is_extended(const struct tls_conn *c)
{
	return c->hello.extended ||
	    mbedtls_ssl_get_version_number(&c->ssl) !=
	    MBEDTLS_SSL_VERSION_TLS1_2;
}

static void
conn_handshake(struct tls_conn *c)
{
	int r = mbedtls_ssl_handshake(&c->ssl);

	if (r == MBEDTLS_ERR_SSL_WANT_READ || r == MBEDTLS_ERR_SSL_WANT_WRITE)
		return;
	if (r != 0) {
		conn_fail(c, r);
		return;
	}
	c->state = TLS_STATE_OPEN;
	tls_cipher_text(c->cipher, sizeof(c->cipher),
	    mbedtls_ssl_get_ciphersuite(&c->ssl));
	conn_note_handshake(c);
	if (c->resumed && !conn_is_extended(c)) {
		/* RFC 7627 5.3: what is kept was extended, so this must be. */
		c->state = TLS_STATE_FAILED;
		(void)snprintf(c->reason, sizeof(c->reason),
		    "resumed without extended master secret");
		return;
	}
	conn_grade(c);
	if (c->state == TLS_STATE_OPEN && conn_take_chain(c) < 0)
		conn_fail(c, MBEDTLS_ERR_SSL_ALLOC_FAILED);
}

/*
 * A write first ends what a read has left half done because wire_out was full:
 * a ticket, which the library tells of by an error that is none. Before it looks
 * at the ticket it sends what was unsent, so that is not to be written again.
 */
static int
conn_encrypt(struct tls_conn *c, const uint8_t *p, size_t n)
{
	int r = mbedtls_ssl_write(&c->ssl, p, n);
	int most;

	if (r != MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET)
		return r;
	conn_note_ticket(c);
	if (c->unsent == UNSENT_NONE)
		return mbedtls_ssl_write(&c->ssl, p, n);
	most = mbedtls_ssl_get_max_out_record_payload(&c->ssl);
	return most < 0 || n < (size_t)most ? (int)n : most;
}

/* Sends the alert that waits inside the library. True when it is gone. */
static bool
conn_flush(struct tls_conn *c)
{
	static const unsigned char nothing[1] = { 0 };
	int r;

	if (c->unsent != UNSENT_OTHER)
		return true;
	r = conn_encrypt(c, nothing, 0);
	if (r == MBEDTLS_ERR_SSL_WANT_WRITE)
		return false;
	c->unsent = UNSENT_NONE;
	if (r < 0)
		conn_fail(c, r);
	return r >= 0;
}

/* Encrypts app_out as far as wire_out has room. True when all is gone. */
static bool
conn_write_data(struct tls_conn *c)
{
	struct span data;

	while (data = buf_peek(c->buffers.app_out), data.n > 0) {
		size_t n = c->unsent == UNSENT_DATA ? c->unsent_len : data.n;
		int r = conn_encrypt(c, data.p, n);

		if (r == MBEDTLS_ERR_SSL_WANT_WRITE) {
			c->unsent = UNSENT_DATA;
			c->unsent_len = n;
			return false;
		}
		c->unsent = UNSENT_NONE;
		if (r < 0) {
			conn_fail(c, r);
			return false;
		}
		buf_drop(c->buffers.app_out, (size_t)r);
	}
	return true;
}

static void
conn_write(struct tls_conn *c)
{
	int r;

	if (c->close_sent && c->unsent == UNSENT_NONE)
		return;
	if (!conn_flush(c) || c->close_sent)
		return;
	if (!conn_write_data(c) || !c->close_wanted)
		return;
	c->close_sent = true;
	r = mbedtls_ssl_close_notify(&c->ssl);
	if (r == MBEDTLS_ERR_SSL_WANT_WRITE)
		c->unsent = UNSENT_OTHER;
	else if (r < 0)
		conn_fail(c, r);
}

/* What a read that gave no data means. True: read on. */
static bool
conn_read_on(struct tls_conn *c, int r)
{
	switch (r) {
	case 0:
		/* Also what two empty records look like. */
		if (!c->eof_seen)
			return true;
		conn_fail(c, MBEDTLS_ERR_SSL_CONN_EOF);
		return false;
	case MBEDTLS_ERR_SSL_WANT_READ:
		/* Also what an ignored alert looks like, or a ticket that has
		 * come and is looked at by the next read. */
		return buf_peek(c->buffers.wire_in).n > 0 ||
		    mbedtls_ssl_check_pending(&c->ssl) != 0;
	case MBEDTLS_ERR_SSL_WANT_WRITE:
		/* An answer of the library to what it read; when data waits
		 * already, it was not even begun. */
		if (c->unsent == UNSENT_NONE)
			c->unsent = UNSENT_OTHER;
		return false;
	case MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET:
		conn_note_ticket(c);
		return true;
	case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY:
		c->state = TLS_STATE_CLOSED;
		return false;
	default:
		conn_fail(c, r);
		return false;
	}
}

static void
conn_read(struct tls_conn *c)
{
	size_t room;
	uint8_t *tail;

	while (tail = buf_tail(c->buffers.app_in, &room), room > 0) {
		int r = mbedtls_ssl_read(&c->ssl, tail, room);

		if (r > 0)
			buf_commit(c->buffers.app_in, (size_t)r);
		else if (!conn_read_on(c, r))
			return;
	}
}

static int
conn_setup(struct tls_conn *c, const struct tls_context *t,
    const struct name *sni)
{
	/* The root is no host: no SNI then (RFC 6066 3). */
	const char *host = sni != NULL && sni->len > 0 ? sni->text : NULL;

	mbedtls_ssl_init(&c->ssl);
	if (mbedtls_ssl_setup(&c->ssl, &t->config) != 0 ||
	    mbedtls_ssl_set_hostname(&c->ssl, host) != 0)
		return DG_ENOMEM;
	mbedtls_ssl_set_bio(&c->ssl, c, wire_send, wire_receive, NULL);
	return 0;
}

int
tls_conn_new(struct tls_conn **out, struct tls_context *t,
    const struct name *sni, const struct tls_buffers *buffers)
{
	struct tls_part *part;
	struct tls_conn *c;
	int err = tls_part_new(&part, TLS_CONN_MEMORY_MAX);

	if (err < 0)
		return err;
	tls_memory_enter(part);
	c = mbedtls_calloc(1, sizeof(*c));
	tls_memory_leave();
	if (c == NULL) {
		tls_part_close(part);
		return DG_ENOMEM;
	}
	c->part = part;
	c->context = t;
	c->buffers = *buffers;
	c->state = TLS_STATE_HANDSHAKE;
	tls_memory_enter(part);
	err = conn_setup(c, t, sni);
	tls_memory_leave();
	if (err < 0) {
		tls_conn_free(c);
		return err;
	}
	*out = c;
	return 0;
}

enum tls_state
tls_conn_run(struct tls_conn *c)
{
	enum tls_state before = c->state;

	if (c->state == TLS_STATE_FAILED)
		return c->state;
	c->refusals = tls_memory_refusals();
	tls_memory_enter(c->part);
	if (c->state == TLS_STATE_HANDSHAKE)
		conn_handshake(c);
	if (c->state == TLS_STATE_OPEN || c->state == TLS_STATE_CLOSED)
		conn_write(c);
	if (c->state == TLS_STATE_OPEN)
		conn_read(c);
	tls_memory_leave();
	if (before == TLS_STATE_HANDSHAKE && c->state == TLS_STATE_OPEN)
		(void)tls_conn_rest(c);
	return c->state;
}

void
tls_conn_eof(struct tls_conn *c)
{
	c->eof = true;
}

void
tls_conn_close(struct tls_conn *c)
{
	c->close_wanted = true;
}

void
tls_conn_free(struct tls_conn *c)
{
	struct tls_part *part;

	if (c == NULL)
		return;
	part = c->part;
	conn_note_rest(c, 0);
	conn_drop_ticket(c);
	mbedtls_ssl_free(&c->ssl);
	mbedtls_free(c->shown);
	mbedtls_free(c);
	tls_part_close(part);
}

size_t
tls_conn_chain(const struct tls_conn *c, struct span *certs, size_t max)
{
	const uint8_t *at = c->shown;
	size_t n;

	if (c->resumed)
		return ticket_chain(c->ticket, certs, max);
	for (n = 0; n < c->ncerts && n < max; n++) {
		certs[n] = span_of(at, c->certs[n]);
		at += c->certs[n];
	}
	return n;
}

const char *
tls_conn_version(const struct tls_conn *c)
{
	return c->cipher[0] != '\0' ? mbedtls_ssl_get_version(&c->ssl) : "none";
}

const char *
tls_conn_cipher(const struct tls_conn *c)
{
	return c->cipher[0] != '\0' ? c->cipher : "none";
}

const char *
tls_conn_group(const struct tls_conn *c)
{
	return hello_group_text(c->properties.group);
}

struct tls_properties
tls_conn_properties(const struct tls_conn *c)
{
	return c->properties;
}

enum tls_grade
tls_conn_grade(const struct tls_conn *c)
{
	return c->cipher[0] != '\0' ? tls_grade_of(&c->properties)
				    : TLS_GRADE_NONE;
}

struct tls_use
tls_conn_memory(const struct tls_conn *c)
{
	const struct budget *b = tls_part_budget(c->part);

	return (struct tls_use){ .now = b->used, .peak = b->peak };
}

const char *
tls_conn_error(const struct tls_conn *c)
{
	return c->reason[0] != '\0' ? c->reason : "no error";
}
