/*
 * TLS reports (RFC 8460): takes note of decisions, and when a day (UTC) is over
 * tells each domain that publishes _smtp._tls what came of the sessions with
 * it, by a letter to the mail server of `tlsrpt relay`. One domain at a time, at
 * some time within four hours, so that not all senders come at once. What the
 * mail server does not take is tried again until the next day is over. A domain
 * is asked when it is first seen, too: those that want no report take no room.
 * Kept in memory alone: a restart forgets what was not yet told.
 */
#ifndef DG_DAEMON_TLSREPORTS_H
#define DG_DAEMON_TLSREPORTS_H

#include "base/json.h"
#include "session/proxy.h"
#include "tlsrpt/tally.h"

#define TLSREPORTS_LOOK_SECONDS	 300 /* whether a day is over */
#define TLSREPORTS_DELAY_SECONDS (4 * 3600)
#define TLSREPORTS_AGAIN_SECONDS 900
/* Of a day and of the one before together. */
#define TLSREPORTS_BYTES_MAX	 ((size_t)28 << 10)

struct event_base;
struct tlsreports;

/* What is pointed to stays the caller's. DG_ENOMEM. */
DG_MUSTCHECK int tlsreports_new(struct tlsreports **out,
    struct event_base *base, const struct settings *settings,
    struct resolver *resolver);

/* Ends what is under way: settings and resolver may go. */
void tlsreports_stop(struct tlsreports *t);

/* From now on by these. */
void tlsreports_begin(struct tlsreports *t, const struct settings *settings,
    struct resolver *resolver);

/* now: seconds since 1970, 0: not known. */
void tlsreports_note(struct tlsreports *t, const struct proxy_decided *decided,
    int64_t now);

/* A day is over, or reports are due; the timer does so by itself. */
void tlsreports_look(struct tlsreports *t, int64_t now);

/* What there is so far is sent now, as if the day were over. False: reports are
 * off, the time is not known, or others are still on their way. */
bool tlsreports_send(struct tlsreports *t, int64_t now);

/* For `show tlsrpt`: members of the object that is open. */
void tlsreports_show(struct json *j, const struct tlsreports *t);

/* The day so far; NULL: none. */
const struct tlsrpt_tally *tlsreports_tally(const struct tlsreports *t);

/* Bytes of memory that it takes. */
size_t tlsreports_bytes(const struct tlsreports *t);

void tlsreports_free(struct tlsreports *t); /* NULL is fine */

#endif
