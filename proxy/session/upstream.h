/*
 * The connection with the MX: one socket that begins in clear and may change
 * to TLS, seen by the session as one pair of buffers. Knows nothing of SMTP:
 * whether the change was allowed is the session's business.
 *
 * Buffers: until upstream_secure() the session's pair is the wire's own; from
 * then on the TLS engine moves bytes between the two pairs.
 */
#ifndef DG_SESSION_UPSTREAM_H
#define DG_SESSION_UPSTREAM_H

#include "base/address.h"
#include "net/endpoint.h"
#include "smtp/line.h"
#include "smtp/reply.h"
#include "tls/tls.h"

/* Room for MAIL and RCPT in one flight. */
#define UPSTREAM_OUT (2 * SMTP_LINE_MAX + 512)
/* Room for the longest reply line. */
#define UPSTREAM_IN  (SMTP_REPLY_LINE_MAX + 256)

enum upstream_status {
	UPSTREAM_NONE = 0, /* not connected, or closed by us */
	UPSTREAM_CONNECTING,
	UPSTREAM_OPEN,
	UPSTREAM_HANDSHAKE,
	UPSTREAM_ENDED,	 /* the server closed; bytes of its may be left */
	UPSTREAM_FAILED, /* connect, socket or TLS error */
};

/* What its buffers are made of. */
struct upstream_memory {
	uint8_t wire_in[UPSTREAM_IN];
	uint8_t wire_out[UPSTREAM_OUT];
	uint8_t app_in[UPSTREAM_IN];
	uint8_t app_out[UPSTREAM_OUT];
};

struct upstream {
	struct upstream_memory *memory; /* the owner's, set by it before use */
	struct endpoint *endpoint;
	struct tls_conn *tls; /* NULL: in clear */
	enum upstream_status status;
	struct address local; /* our end; of no family: never connected */
	int error;	      /* why it could not even begin to connect */
	bool records;	      /* the server's TLS has begun */
	bool plaintext;	      /* something else stood in its place */
	struct buf wire_in;
	struct buf wire_out;
	struct buf app_in;
	struct buf app_out;
};

/*
 * Begins to connect, from source's address where it is not NULL; cb(arg) is
 * called from the loop whenever something may have changed. DG_EIO when it
 * cannot even begin (upstream_error() says why), DG_ENOMEM.
 */
DG_MUSTCHECK int upstream_connect(struct upstream *u, struct event_base *base,
    const struct address *server, const struct address *source,
    endpoint_event_cb *cb, void *arg);

/*
 * Changes to TLS; the handshake begins with the next run. sni may be NULL.
 * binding: of what may be resumed; NULL: nothing.
 * DG_EPROTO when bytes in clear are waiting (they would be taken for words of
 * the authenticated server: STARTTLS injection, CVE-2011-0411), DG_ENOMEM.
 */
DG_MUSTCHECK int upstream_secure(struct upstream *u, struct tls_context *t,
    const struct name *sni, const struct tls_binding *binding);

/*
 * Moves bytes as far as they go and returns where things stand. The run that
 * goes from UPSTREAM_HANDSHAKE to UPSTREAM_OPEN sends nothing: whoever asked
 * for TLS has something to say then, and runs it again.
 */
enum upstream_status upstream_run(struct upstream *u);

/* What the session reads and writes. */
struct buf *upstream_in(struct upstream *u);
struct buf *upstream_out(struct upstream *u);

/* Everything that was put has left for the kernel. */
bool upstream_flushed(struct upstream *u);

/* Nothing is under way in any of its buffers. */
bool upstream_empty(const struct upstream *u);

/* The server said something in clear where its TLS had to begin. */
bool upstream_plaintext(const struct upstream *u);

/* Why it ended or failed; printable; text of at least n bytes is filled. */
void upstream_error(const struct upstream *u, char *text, size_t n);

/* Says goodbye (close_notify) as far as that goes at once, and closes. */
void upstream_close(struct upstream *u);

/* Closes without a word: nothing that was sent may count as finished. */
void upstream_abort(struct upstream *u);

#endif
