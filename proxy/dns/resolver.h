/*
 * The resolver: drives dnssec/ lookups over a network of forwarders, with a
 * bounded cache, and joins identical questions in flight. Event-driven on
 * libevent; knows nothing of mail. A forwarder's AD bit means nothing here.
 */
#ifndef DG_DNS_RESOLVER_H
#define DG_DNS_RESOLVER_H

#include "base/address.h"
#include "dnssec/dnssec.h"

struct event_base;
struct resolver;
struct resolver_query;

struct resolver_config {
	const struct address *servers; /* copied; tried in order */
	size_t nservers;
	struct span anchors; /* zone-file text; n == 0: the built-in ones */
	size_t cache_bytes;  /* results and keys together */
	/* Where the anchors' state (RFC 5011) and the latest time seen are
	 * kept; copied. NULL: nowhere. */
	const char *state_directory;
	bool mix_case; /* letters of names at random, see transport.h */
	/* Time, so that tests can set it; NULL: the system's. Seconds. */
	int64_t (*now)(void);
	/* Milliseconds; 0: the default. How long a forwarder may take in the
	 * first round, and a lookup altogether (RESOLVER_TOTAL_MS). */
	unsigned try_ms;
	unsigned total_ms;
	dnssec_trace *trace; /* NULL: nobody watches the lookups */
	void *trace_arg;
};

/* DG_ESYNTAX for bad anchors, DG_EINVAL without servers, DG_ENOMEM. */
DG_MUSTCHECK int resolver_new(struct resolver **out, struct event_base *base,
    const struct resolver_config *config);

/* It was made with this, so that another one would do as it does and only know
 * less: what stands in the files of the state directory does not count. */
bool resolver_is_for(const struct resolver *r,
    const struct resolver_config *config);

/* Ends all queries without calling back. Not from inside a callback. */
void resolver_free(struct resolver *r);

/* result dies when the callback returns: copy what is needed. */
typedef void resolver_done(void *arg, const struct dnssec_result *result);

/*
 * Looks up and validates. done is called exactly once, later, never from
 * inside this call, within RESOLVER_TOTAL_MS; or never when cancelled.
 * DG_ENOMEM, DG_ELIMIT (RESOLVER_MAX_QUERIES in flight).
 */
#define RESOLVER_TOTAL_MS    20000
#define RESOLVER_MAX_QUERIES 1024
DG_MUSTCHECK int resolver_lookup(struct resolver_query **out,
    struct resolver *r, const struct name *name, uint16_t type,
    resolver_done *done, void *arg);

/* Forgets the query; its callback will not be called. */
void resolver_cancel(struct resolver_query *q);

/*
 * Is it known what time it is? A now of the configuration is believed when it
 * says anything above zero, the system's clock as base/clock.h says. While it
 * is not, every lookup ends indeterminate: without time nothing is secure.
 */
bool resolver_time_known(const struct resolver *r);

/* What the cache of results has saved, and what it holds now. */
struct resolver_counts {
	uint64_t hits;
	uint64_t misses;
	uint64_t dropped; /* for want of room */
	size_t entries;
	size_t bytes;
	size_t bytes_peak;
	size_t bytes_limit;
	int64_t begun; /* when it was empty; seconds of wall time */
	uint64_t lookups[DNSSEC_INDETERMINATE + 1]; /* answered, by status */
};

void resolver_count(struct resolver_counts *out, const struct resolver *r);

/* What is known of zones, which is no part of the cache of results. */
const struct budget *resolver_zones(const struct resolver *r);

/* Forwarder number `index` and how it does; false past the last. */
struct resolver_server {
	const struct address *address;
	bool answering;	   /* false: asked last for now */
	unsigned silences; /* tries in a row without an answer */
};

bool resolver_server(struct resolver_server *out, const struct resolver *r,
    size_t index);

/* The trust anchors of the root, for the operator. */
const struct dnssec_trust *resolver_trust(const struct resolver *r);

/* The loop that callbacks come from. */
struct event_base *resolver_event_base(const struct resolver *r);

#endif
