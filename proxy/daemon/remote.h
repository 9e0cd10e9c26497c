/*
 * The log to another machine: RFC 5424 messages, one a datagram (RFC 5426) or
 * counted octets over TCP (RFC 6587 3.4.1). What cannot be sent at once waits in
 * a bounded queue; what has no room there is counted, and the count is told when
 * there is room again. Never waits, and never stops mail.
 *
 * Of recipients that were held the `block` events are sent (daemon/blocks.h);
 * `decision` lines only where the remote level is info or debug.
 */
#ifndef DG_DAEMON_REMOTE_H
#define DG_DAEMON_REMOTE_H

#include "config/settings.h"

#define REMOTE_QUEUE	     ((size_t)16 << 10)
#define REMOTE_MESSAGE_MAX   (LOG_LINE_MAX + 400)
#define REMOTE_RETRY_SECONDS 30
#define REMOTE_HOST_MAX	     256 /* RFC 5424 6.2.4, with NUL */

struct event_base;
struct remote;

/* base must outlive it. DG_ENOMEM. */
DG_MUSTCHECK int remote_new(struct remote **out, struct event_base *base,
    const struct settings *settings);

/* Another destination: what waits for the old one goes there. */
void remote_settings(struct remote *r, const struct settings *settings);

/* A line of the log: sent, if settings want lines of that level to be. What it
 * logs on the way is not sent. NULL is fine. */
void remote_take(struct remote *r, enum log_level level, const char *line);

uint64_t remote_dropped(const struct remote *r);

/* Bytes of memory that it takes. */
size_t remote_bytes(void);

void remote_free(struct remote *r); /* NULL is fine */

struct remote_message {
	enum log_level level;
	int64_t time;	  /* seconds since 1970, 0: not known */
	const char *host; /* printable ASCII without blanks; empty: not known */
	unsigned process;
	const char *line; /* of our log: its first word is the event */
};

/* The message as RFC 5424 6 has it; returns its length, cut to size. Pure. */
size_t remote_format(char *text, size_t size, const struct remote_message *m);

#endif
