#include "session/upstream.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "net/listener.h"

int
upstream_connect(struct upstream *u, struct event_base *base,
    const struct address *server, const struct address *source,
    endpoint_event_cb *cb, void *arg)
{
	struct upstream_memory *m = u->memory;
	int fd;
	int err;

	u->records = false;
	u->plaintext = false;
	u->error = 0;
	buf_init(&u->wire_in, m->wire_in, sizeof(m->wire_in));
	buf_init(&u->wire_out, m->wire_out, sizeof(m->wire_out));
	buf_init(&u->app_in, m->app_in, sizeof(m->app_in));
	buf_init(&u->app_out, m->app_out, sizeof(m->app_out));
	err = socket_connect_from(&fd, &u->local, server, source);
	if (err != 0) {
		u->error = err == DG_EIO ? errno : EAFNOSUPPORT;
		return err;
	}
	err = endpoint_new(&u->endpoint, base, fd, true, &u->wire_in,
	    &u->wire_out, cb, arg);
	if (err != 0) {
		u->error = ENOMEM;
		return err;
	}
	u->status = UPSTREAM_CONNECTING;
	return 0;
}

int
upstream_secure(struct upstream *u, struct tls_context *t,
    const struct name *sni, const struct tls_binding *binding)
{
	const struct tls_buffers buffers = {
		.wire_in = &u->wire_in,
		.wire_out = &u->wire_out,
		.app_in = &u->app_in,
		.app_out = &u->app_out,
	};
	int err;

	if (u->wire_in.len > 0)
		return DG_EPROTO;
	err = tls_conn_new(&u->tls, t, sni, &buffers);
	if (err != 0)
		return err;
	if (binding != NULL)
		err = tls_conn_resume(u->tls, binding);
	if (err == 0) {
		u->status = UPSTREAM_HANDSHAKE;
	} else {
		tls_conn_free(u->tls);
		u->tls = NULL;
	}
	return err;
}

/*
 * What comes first must be a record of TLS: a handshake's or an alert's, of
 * version 3.x (RFC 8446 5.1). Anything else is plaintext behind the reply to
 * STARTTLS, in a packet of its own (RFC 3207 5).
 */
static void
upstream_look(struct upstream *u)
{
	struct span in = buf_peek(&u->wire_in);

	if (u->records || in.n == 0)
		return;
	u->plaintext = (in.p[0] != 22 && in.p[0] != 21) ||
	    (in.n > 1 && in.p[1] != 3);
	u->records = in.n > 1;
}

/* The engine's state as ours. */
static enum upstream_status
upstream_run_tls(struct upstream *u)
{
	upstream_look(u);
	if (u->plaintext)
		return UPSTREAM_FAILED;
	if (endpoint_eof(u->endpoint))
		tls_conn_eof(u->tls);
	switch (tls_conn_run(u->tls)) {
	case TLS_STATE_HANDSHAKE:
		return UPSTREAM_HANDSHAKE;
	case TLS_STATE_OPEN:
		return UPSTREAM_OPEN;
	case TLS_STATE_CLOSED:
		return UPSTREAM_ENDED;
	case TLS_STATE_NONE:
	case TLS_STATE_FAILED:
		break;
	}
	return UPSTREAM_FAILED;
}

enum upstream_status
upstream_run(struct upstream *u)
{
	enum upstream_status before = u->status;

	if (u->endpoint == NULL)
		return UPSTREAM_NONE;
	if (u->tls != NULL)
		u->status = upstream_run_tls(u);
	else if (endpoint_eof(u->endpoint))
		u->status = UPSTREAM_ENDED;
	else if (endpoint_connected(u->endpoint))
		u->status = UPSTREAM_OPEN;
	if (endpoint_error(u->endpoint) != 0)
		u->status = UPSTREAM_FAILED;
	/* The end of the handshake goes out with the first words inside. */
	if (before != UPSTREAM_HANDSHAKE || u->status != UPSTREAM_OPEN)
		endpoint_update(u->endpoint);
	return u->status;
}

struct buf *
upstream_in(struct upstream *u)
{
	return u->tls != NULL ? &u->app_in : &u->wire_in;
}

struct buf *
upstream_out(struct upstream *u)
{
	return u->tls != NULL ? &u->app_out : &u->wire_out;
}

bool
upstream_flushed(struct upstream *u)
{
	return u->wire_out.len == 0 && upstream_out(u)->len == 0;
}

bool
upstream_empty(const struct upstream *u)
{
	return u->wire_in.len == 0 && u->wire_out.len == 0 &&
	    u->app_in.len == 0 && u->app_out.len == 0;
}

bool
upstream_plaintext(const struct upstream *u)
{
	return u->plaintext;
}

void
upstream_error(const struct upstream *u, char *text, size_t n)
{
	int error = u->endpoint != NULL ? endpoint_error(u->endpoint)
					: u->error;

	if (error != 0)
		(void)snprintf(text, n, "%s", strerror(error));
	else if (u->tls != NULL && u->status == UPSTREAM_FAILED)
		(void)snprintf(text, n, "%s", tls_conn_error(u->tls));
	else
		(void)snprintf(text, n, "the server closed the connection");
}

static void
upstream_drop(struct upstream *u)
{
	/* The engine holds pointers to the buffers: it goes first. */
	tls_conn_free(u->tls);
	u->tls = NULL;
	endpoint_free(u->endpoint);
	u->endpoint = NULL;
	/* Nobody will send it any more. */
	buf_clear(&u->wire_out);
	buf_clear(&u->app_out);
	u->status = UPSTREAM_NONE;
}

void
upstream_close(struct upstream *u)
{
	if (u->endpoint == NULL)
		return;
	if (u->tls != NULL && u->status == UPSTREAM_OPEN) {
		tls_conn_close(u->tls);
		(void)upstream_run(u);
	} else {
		endpoint_update(u->endpoint);
	}
	upstream_drop(u);
}

void
upstream_abort(struct upstream *u)
{
	if (u->endpoint == NULL)
		return;
	endpoint_reset(u->endpoint);
	upstream_drop(u);
}
