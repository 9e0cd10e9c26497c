/*
 * What all sessions share: settings, resolver, TLS context, the list of
 * sessions and the limit on their number. The daemon makes one and hands it
 * the connections it accepted. Knows nothing of listeners, files or signals.
 */
#ifndef DG_SESSION_PROXY_H
#define DG_SESSION_PROXY_H

#include "config/settings.h"
#include "dns/resolver.h"
#include "tls/tls.h"

struct event_base;
struct proxy;

/*
 * settings, resolver and tls stay the caller's and must outlive the proxy; so
 * must base. DG_ENOMEM.
 */
DG_MUSTCHECK int proxy_new(struct proxy **out, struct event_base *base,
    const struct settings *settings, struct resolver *resolver,
    struct tls_context *tls);

/* From the next decision on these hold; the old ones may be freed then, and so
 * may the old resolver once no session uses it: lookups under way are begun
 * again. */
void proxy_reconfigure(struct proxy *p, const struct settings *settings,
    struct resolver *resolver);

/*
 * Takes over an accepted connection: a session of its own, or 421 when there
 * are too many, of all or of this client, memory is short, or the connection is
 * one of ours that came back. fd is closed in any case, sooner or later.
 */
void proxy_accept(struct proxy *p, int fd, const struct address *client,
    const struct address *server);

/* Idle sessions get 421 and end; those in the middle of a message go on. From
 * now on no session begins another message. */
void proxy_drain(struct proxy *p);

size_t proxy_sessions(const struct proxy *p);

/* Downgrade memory (policy/memory.h); the proxy's. */
struct memory *proxy_memory(struct proxy *p);

/* Called whenever the last session has gone; may be NULL. */
void proxy_on_idle(struct proxy *p, void (*cb)(void *arg), void *arg);

/* Ends all sessions at once. */
void proxy_free(struct proxy *p);

#endif
