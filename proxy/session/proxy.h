/*
 * What all sessions share: settings, resolver, TLS context, the list of
 * sessions and the limit on their number. The daemon makes one and hands it
 * the connections it accepted. Knows nothing of listeners, files or signals.
 */
#ifndef DG_SESSION_PROXY_H
#define DG_SESSION_PROXY_H

#include "base/budget.h"
#include "config/settings.h"
#include "dane/pkix.h"
#include "dns/resolver.h"
#include "policy/memory.h"
#include "policy/policy.h"
#include "tls/tls.h"

struct event_base;
struct proxy;
struct watch;
struct watch_decision;

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

/* Whom level `verify` trusts from the next decision on; NULL: nobody, as at
 * first. It stays the caller's, and the old one may be freed then. */
void proxy_trust(struct proxy *p, const struct pkix_store *authorities);

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

/* What one session takes by itself, in bytes; TLS has its own budget. */
size_t proxy_session_bytes(void);

/* What sessions take, and the larger buffers that are lent to them. */
struct proxy_usage {
	struct budget sessions;
	struct budget bulks;
	size_t given_back; /* by idle sessions; of what is used */
};

void proxy_count_usage(struct proxy_usage *out, const struct proxy *p);

/* Counters, the latest decisions, destinations. */
const struct watch *proxy_watch(const struct proxy *p);

/* One recipient's decision, with what it rests on; dies with the callback. */
struct proxy_decided {
	const struct watch_decision *decision;
	const struct requirement *requirement;
	const struct route_facts *facts; /* NULL: there are none */
	enum server_tls tls;		 /* what came of it with this server */
	const struct address *local;	 /* our end; of no family: none */
};

/* Called at each decision; at first nobody is. */
typedef void proxy_decided_cb(void *arg, const struct proxy_decided *decided);
void proxy_on_decided(struct proxy *p, proxy_decided_cb *cb, void *arg);

/* One session as an operator sees it; dies when the callback returns. */
struct proxy_session {
	uint64_t id;
	uint64_t age; /* seconds */
	const struct address *client;
	const struct address *server;
	const char *state;
	const char *domain; /* of the recipient under decision; may be empty */
	const char *tls;    /* NULL: in clear */
	const char *cipher;
	unsigned recipients; /* of the message under way */
	/* in detail */
	const char *greeting; /* the client's name */
	unsigned offered;     /* by the server, SMTP_EXT_ */
	bool starttls;	      /* offered in this session */
	const char *grade;    /* of tls; NULL: in clear */
	bool resumed;
	enum level level;  /* of the decision */
	const char *mx;	   /* likewise; empty: no route known */
	const char *asked; /* whom TLS was set up with; empty: anybody */
	struct span mail;  /* the client's MAIL command; empty: none */
	uint64_t body;	   /* bytes of the message under way */
	unsigned errors;   /* of the client */
};

/* Tells the sessions from that id on, until the callback says false. */
typedef bool proxy_session_cb(void *arg, const struct proxy_session *s);
void proxy_each_session(const struct proxy *p, uint64_t from,
    proxy_session_cb *cb, void *arg);

/* Downgrade memory (policy/memory.h); the proxy's. */
struct memory *proxy_memory(struct proxy *p);

/* Called whenever the last session has gone; may be NULL. */
void proxy_on_idle(struct proxy *p, void (*cb)(void *arg), void *arg);

/* Ends all sessions at once. */
void proxy_free(struct proxy *p);

#endif
