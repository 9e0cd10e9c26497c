/*
 * A non-blocking stream socket between two bounded buffers: bytes that arrive
 * are put into `in`, bytes that the owner puts into `out` are sent. A full
 * `in` stops reading, so back-pressure travels to the peer by itself. Knows
 * nothing of SMTP, TLS or DNS, and never decides: it says "something changed"
 * and the owner looks.
 *
 * The buffers belong to the owner and outlive the endpoint. The callback runs
 * from the event loop only, never from inside a call of the owner; inside it
 * the owner may call everything here, endpoint_free() of this same endpoint
 * included.
 */
#ifndef DG_NET_ENDPOINT_H
#define DG_NET_ENDPOINT_H

#include "base/buf.h"

struct endpoint;
struct event_base;

/* Bytes came in, room came free in out, connected, end of input, or error. */
typedef void endpoint_event_cb(void *arg);

/*
 * Takes over fd (closed by endpoint_free(), and on failure here as well), a
 * non-blocking stream socket. connecting: the connect() is still under way,
 * see endpoint_connected(). Reading is wanted from the start. DG_ENOMEM.
 */
DG_MUSTCHECK int endpoint_new(struct endpoint **out, struct event_base *base,
    int fd, bool connecting, struct buf *in, struct buf *out_buf,
    endpoint_event_cb *cb, void *arg);

/*
 * To be called after the owner changed the buffers: writes what can be written
 * at once, then listens for input when `in` has room and reading is wanted, and
 * for room in the socket while `out` holds bytes. What changes by this (an
 * error, room in out) is told by a callback from the loop.
 */
void endpoint_update(struct endpoint *e);

/* Reading on or off; off also hides the peer's end of input. */
void endpoint_want_read(struct endpoint *e, bool want);

/* The connection stands (or stood, before an error). */
bool endpoint_connected(const struct endpoint *e);

/* The peer has closed its side, and all it sent is in `in` or was taken. */
bool endpoint_eof(const struct endpoint *e);

/* 0, or the errno value that ended this connection. */
int endpoint_error(const struct endpoint *e);

/* endpoint_free() will then send a reset rather than an orderly end. */
void endpoint_reset(struct endpoint *e);

/* Sends the end of our side (once; out should be empty); input goes on. */
void endpoint_shutdown(struct endpoint *e);

/* Closes the socket and frees e; e may be NULL. Bytes in out are dropped. */
void endpoint_free(struct endpoint *e);

#endif
