/*
 * A TLS engine without cryptography: a handshake of one line each way, then a
 * stream in which every byte is changed. See fake.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session/support/fake.h"
#include "tls/tls.h"

#define KEY  0x2a
#define MARK 0x1b /* twice: itself; before 1: close_notify */

struct tls_conn {
	struct tls_buffers io;
	enum tls_state state;
	char sni[NAME_TEXT_MAX + 1];
	char hello[NAME_TEXT_MAX + 32];
	char ticket[FAKE_CERTIFICATE]; /* what the one offered stands for */
	bool resumed;
	bool said_hello;
	bool eof;
	bool peer_closed;
	bool closing;
	bool said_close;
	const char *error;
};

size_t
fake_tls_encode(uint8_t *out, const uint8_t *in, size_t n)
{
	size_t made = 0;

	for (size_t i = 0; i < n; i++) {
		uint8_t c = in[i] ^ KEY;

		if (c == MARK)
			out[made++] = MARK;
		out[made++] = c;
	}
	return made;
}

size_t
fake_tls_decode(uint8_t *out, size_t *used, bool *closed, const uint8_t *in,
    size_t n)
{
	size_t made = 0, i = 0;

	while (i < n) {
		if (in[i] == MARK) {
			if (i + 1 == n)
				break;
			i++;
			if (in[i] != MARK) {
				*closed = true;
				i++;
				continue;
			}
		}
		out[made++] = in[i++] ^ KEY;
	}
	*used = i;
	return made;
}

int
tls_context_new(struct tls_context **out, size_t memory_limit)
{
	(void)out;
	(void)memory_limit;
	return DG_ENOMEM;
}

void
tls_context_free(struct tls_context *t)
{
	(void)t;
}

const struct budget *
tls_context_budget(const struct tls_context *t)
{
	(void)t;
	return NULL;
}

int
tls_conn_new(struct tls_conn **out, struct tls_context *t,
    const struct name *sni, const struct tls_buffers *buffers)
{
	struct tls_conn *c = fake.refuse_tls ? NULL : calloc(1, sizeof(*c));

	(void)t;
	if (c == NULL)
		return DG_ENOMEM;
	c->io = *buffers;
	c->state = TLS_STATE_HANDSHAKE;
	(void)snprintf(c->sni, sizeof(c->sni), "%s",
	    sni != NULL ? sni->text : "-");
	(void)snprintf(c->hello, sizeof(c->hello), "HELLO %s\n", c->sni);
	c->error = "";
	fake.tls = true;
	fake.engines++;
	*out = c;
	return 0;
}

static void
fail(struct tls_conn *c, const char *error)
{
	c->state = TLS_STATE_FAILED;
	c->error = error;
}

static void
handshake(struct tls_conn *c)
{
	struct span in = buf_peek(c->io.wire_in);
	size_t end = span_find(in, '\n', 0);

	if (!c->said_hello &&
	    buf_put(c->io.wire_out, c->hello, strlen(c->hello)) == 0)
		c->said_hello = true;
	if (end < in.n) {
		bool good = span_equal(span_slice(in, 0, end + 1),
		    span_text(FAKE_TLS_GOOD));

		c->resumed = c->ticket[0] != '\0' &&
		    span_equal(span_slice(in, 0, end + 1),
			span_text(FAKE_TLS_RESUMED));
		buf_drop(c->io.wire_in, end + 1);
		if (good || c->resumed)
			c->state = TLS_STATE_OPEN;
		else
			fail(c, "handshake failure");
	} else if (in.n >= sizeof(FAKE_TLS_GOOD) - 1) {
		fail(c, "handshake failure");
	} else if (c->eof) {
		fail(c, "the server closed the connection");
	}
}

static void
send_some(struct tls_conn *c)
{
	struct buf *from = c->io.app_out;

	while (from->len > 0 && buf_room(c->io.wire_out) >= 2) {
		uint8_t coded[2];
		size_t n = fake_tls_encode(coded, buf_peek(from).p, 1);

		if (buf_put(c->io.wire_out, coded, n) != 0)
			break;
		buf_drop(from, 1);
	}
	if (c->closing && !c->said_close && from->len == 0 &&
	    buf_put(c->io.wire_out, FAKE_TLS_CLOSE, 2) == 0)
		c->said_close = true;
}

static void
receive_some(struct tls_conn *c)
{
	while (buf_room(c->io.app_in) > 0 && !c->peer_closed) {
		struct span in = buf_peek(c->io.wire_in);
		uint8_t plain;
		size_t used, n;

		in = span_slice(in, 0, in.n > 0 && in.p[0] == MARK ? 2 : 1);
		n = fake_tls_decode(&plain, &used, &c->peer_closed, in.p, in.n);
		if (used == 0)
			break;
		buf_drop(c->io.wire_in, used);
		buf_commit(c->io.app_in, 0);
		if (n > 0 && buf_put(c->io.app_in, &plain, 1) != 0)
			break;
	}
	if (c->peer_closed)
		c->state = TLS_STATE_CLOSED;
	else if (c->eof && c->io.wire_in->len == 0)
		fail(c, "the server cut the connection");
}

enum tls_state
tls_conn_run(struct tls_conn *c)
{
	if (c->state == TLS_STATE_HANDSHAKE)
		handshake(c);
	if (c->state == TLS_STATE_OPEN) {
		send_some(c);
		receive_some(c);
	}
	return c->state;
}

size_t
tls_conn_rest(struct tls_conn *c)
{
	(void)c;
	return 0;
}

void
tls_conn_eof(struct tls_conn *c)
{
	c->eof = true;
}

void
tls_conn_close(struct tls_conn *c)
{
	c->closing = true;
}

void
tls_conn_free(struct tls_conn *c)
{
	if (c == NULL)
		return;
	fake.engines--;
	fake.tls = false;
	free(c);
}

size_t
tls_conn_chain(const struct tls_conn *c, struct span *certs, size_t max)
{
	const char *certificate = c->resumed ? c->ticket : fake.certificate;

	if (certificate == NULL || max == 0)
		return 0;
	certs[0] = span_text(certificate);
	return 1;
}

int
tls_conn_resume(struct tls_conn *c, const struct tls_binding *binding)
{
	struct fake_ticket *t = &fake.ticket;

	if (t->certificate[0] == '\0' || t->expires <= fake.now ||
	    memcmp(&t->binding, binding, sizeof(*binding)) != 0)
		return 0;
	memcpy(c->ticket, t->certificate, sizeof(c->ticket));
	t->certificate[0] = '\0';
	(void)snprintf(c->hello, sizeof(c->hello), "HELLO %s again\n", c->sni);
	return 0;
}

void
tls_conn_keep(struct tls_conn *c, const struct tls_binding *binding,
    uint32_t seconds)
{
	const char *certificate = c->resumed ? c->ticket : fake.certificate;

	if (!fake.tickets || certificate == NULL)
		return;
	(void)snprintf(fake.ticket.certificate, FAKE_CERTIFICATE, "%s",
	    certificate);
	fake.ticket.binding = *binding;
	fake.ticket.expires = fake.now + seconds;
}

bool
tls_conn_resumed(const struct tls_conn *c)
{
	return c->resumed;
}

/* NOLINTBEGIN(readability-identifier-naming): the linker's name */
void __wrap_pkix_verify(struct pkix_result *out, const struct pkix_store *store,
    const struct dane_input *in);

/* Authorities vouch for the certificate "vouched NAME", and for that name. */
void
__wrap_pkix_verify(struct pkix_result *out, const struct pkix_store *store,
    const struct dane_input *in)
{
	struct span leaf = in->nchain > 0 ? in->chain[0] : span_text("");
	struct span word = span_word(&leaf);

	(void)store;
	*out = (struct pkix_result){
		.verified = span_equal(word, span_text("vouched")) &&
		    span_equal(span_trim(leaf), span_text(in->names[0].text)),
	};
	(void)snprintf(out->reason, sizeof(out->reason), "%s",
	    out->verified ? "trusted" : "leaf is made out for another name");
}
/* NOLINTEND(readability-identifier-naming) */

const char *
tls_conn_version(const struct tls_conn *c)
{
	(void)c;
	return "TLSv1.3";
}

const char *
tls_conn_cipher(const struct tls_conn *c)
{
	(void)c;
	return "TLS_FAKE";
}

const char *
tls_conn_group(const struct tls_conn *c)
{
	(void)c;
	return "x25519";
}

enum tls_grade
tls_conn_grade(const struct tls_conn *c)
{
	(void)c;
	return TLS_GRADE_SUFFICIENT;
}

const char *
tls_conn_error(const struct tls_conn *c)
{
	return c->error;
}
