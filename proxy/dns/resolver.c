#include "dns/resolver.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "dns/cache.h"
#include "dns/transport.h"
#include "dns/wire.h"

/*
 * A flight is one lookup under way, a query is somebody who waits for it. Every
 * query finds or makes the flight of its (name, type); a flight begins in the
 * next turn of the loop, with a look into the cache, and so all answers, from
 * wherever, go one way: flight_land() calls everybody who waits. A flight
 * without queries ends.
 */

#define WARN_MS 60000 /* between two warnings of a broken forwarder */

struct resolver_query {
	struct flight *flight;
	struct resolver_query *next;
	resolver_done *done;
	void *arg;
};

struct flight {
	struct resolver *r;
	struct flight *next;
	struct name name;
	uint16_t type;
	bool begun;
	bool landing;		  /* callbacks are being called */
	struct wire_timer *timer; /* to begin; then the end of patience */
	struct dnssec_lookup *lookup;
	struct transport_query *asked;
	size_t server;	 /* who gave the last answer */
	bool edns;	 /* and whether it speaks EDNS */
	unsigned broken; /* bits: forwarders that strip DNSSEC */
	struct resolver_query *queries;
};

struct resolver {
	struct event_base *base;
	struct transport *transport;
	struct cache *cache;
	struct dnssec_trust *trust;
	int64_t (*now)(void);
	unsigned patience; /* milliseconds for a lookup */
	struct flight *flights;
	size_t nqueries;
	uint64_t warn_after;
};

/* f must be off the list. */
static void
flight_free(struct flight *f)
{
	wire_timer_free(f->timer);
	if (f->asked != NULL)
		transport_cancel(f->asked);
	dnssec_lookup_free(f->lookup);
	free(f);
}

/* Takes f off the list: nobody joins it any more. */
static void
flight_unlink(struct flight *f)
{
	struct flight **at = &f->r->flights;

	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
}

/*
 * The end: tells everybody. A callback may cancel others that wait, and when it
 * asks the same again that makes a flight of its own.
 */
static void
flight_land(struct flight *f, const struct dnssec_result *result)
{
	struct resolver_query *q;

	flight_unlink(f);
	f->landing = true;
	while ((q = f->queries) != NULL) {
		f->queries = q->next;
		f->r->nqueries--;
		q->done(q->arg, result);
		free(q);
	}
	flight_free(f);
}

/* The end with a result of validation. */
static void
flight_finish(struct flight *f, const struct dnssec_result *result)
{
	cache_put(f->r->cache, &f->name, f->type, result, f->r->now());
	flight_land(f, result);
}

/* The end without a result: of our own making, and never remembered. */
static void
flight_give_up(struct flight *f, const char *why)
{
	struct dnssec_result result = { .status = DNSSEC_INDETERMINATE };

	result.canonical = f->name;
	(void)snprintf(result.reason, sizeof(result.reason), "%s", why);
	flight_land(f, &result);
}

static void
warn_broken(struct resolver *r, size_t server, const char *text)
{
	uint64_t now = wire_now_ms();
	struct log_line l;

	if (now < r->warn_after)
		return;
	r->warn_after = now + WARN_MS;
	log_begin(&l, LOG_LEVEL_WARNING, "forwarder-broken");
	log_address(&l, "server", transport_server(r->transport, server));
	log_text(&l, "text", text);
	log_end(&l);
}

/*
 * The last answer came from a forwarder that strips DNSSEC: begins the lookup
 * anew with the others. False when there are none.
 */
static bool
flight_avoid(struct flight *f)
{
	struct resolver *r = f->r;
	struct dnssec_lookup *again;

	f->broken |= 1U << f->server;
	transport_mark_down(r->transport, f->server);
	warn_broken(r, f->server,
	    f->edns ? "it does not pass DNSSEC records"
		    : "it does not speak EDNS and so cannot do DNSSEC");
	if (f->broken == transport_all(r->transport))
		return false;
	if (dnssec_lookup_new(&again, r->trust, &f->name, f->type, r->now()) !=
	    0)
		return false;
	dnssec_lookup_free(f->lookup);
	f->lookup = again;
	return true;
}

static void flight_answered(void *arg, const struct transport_answer *answer);

/* Goes on until the network is needed, or to the end; f may be gone then. */
static void
flight_step(struct flight *f)
{
	struct resolver *r = f->r;
	struct dnssec_question need;
	const struct dnssec_result *result;

	for (;;) {
		while (
		    dnssec_lookup_step(f->lookup, &need) == DNSSEC_STEP_NEED) {
			if (transport_ask(&f->asked, r->transport, &need,
				f->broken, flight_answered, f) == 0)
				return;
			dnssec_lookup_fail(f->lookup, "no memory to ask");
		}
		result = dnssec_lookup_result(f->lookup);
		if (!result->resolver_broken || !flight_avoid(f))
			break;
	}
	flight_finish(f, result);
}

static void
flight_answered(void *arg, const struct transport_answer *answer)
{
	struct flight *f = arg;

	f->asked = NULL;
	for (size_t i = 0; answer->incapable >> i != 0; i++)
		if ((answer->incapable >> i & 1) != 0)
			warn_broken(f->r, i,
			    "it refuses EDNS and so cannot do DNSSEC");
	if (answer->err == 0) {
		f->server = answer->server;
		f->edns = answer->edns;
		dnssec_lookup_give(f->lookup, answer->message);
	} else {
		dnssec_lookup_fail(f->lookup, answer->why);
	}
	flight_step(f);
}

static void
flight_begin(struct flight *f)
{
	struct resolver *r = f->r;
	struct dnssec_result result;
	int64_t now = r->now();

	if (!resolver_time_known(r)) {
		flight_give_up(f, "the clock is not set");
		return;
	}
	if (cache_get(&result, r->cache, &f->name, f->type, now) == 0) {
		flight_land(f, &result);
		return;
	}
	if (wire_timer_start(f->timer, r->patience) != 0 ||
	    dnssec_lookup_new(&f->lookup, r->trust, &f->name, f->type, now) !=
		0) {
		flight_give_up(f, "no memory for a lookup");
		return;
	}
	flight_step(f);
}

static void
flight_on_timer(void *arg)
{
	struct flight *f = arg;
	struct dnssec_question need;

	if (!f->begun) {
		f->begun = true;
		flight_begin(f);
		return;
	}
	/* While the timer runs, a question is always out. */
	transport_cancel(f->asked);
	f->asked = NULL;
	dnssec_lookup_fail(f->lookup, "no answer in time");
	if (dnssec_lookup_step(f->lookup, &need) == DNSSEC_STEP_NEED) {
		flight_give_up(f, "no answer in time");
		return;
	}
	flight_finish(f, dnssec_lookup_result(f->lookup));
}

static struct flight *
flight_find(struct resolver *r, const struct name *name, uint16_t type)
{
	struct flight *f = r->flights;

	while (f != NULL && (f->type != type || !name_equal(&f->name, name)))
		f = f->next;
	return f;
}

static int
flight_new(struct flight **out, struct resolver *r, const struct name *name,
    uint16_t type)
{
	struct flight *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return DG_ENOMEM;
	f->r = r;
	f->name = *name;
	f->type = type;
	if (wire_timer_new(&f->timer, r->base, flight_on_timer, f) != 0) {
		free(f);
		return DG_ENOMEM;
	}
	f->next = r->flights;
	r->flights = f;
	wire_timer_soon(f->timer);
	*out = f;
	return 0;
}

int
resolver_lookup(struct resolver_query **out, struct resolver *r,
    const struct name *name, uint16_t type, resolver_done *done, void *arg)
{
	struct flight *f = flight_find(r, name, type);
	struct resolver_query *q;
	int err;

	if (r->nqueries == RESOLVER_MAX_QUERIES)
		return DG_ELIMIT;
	q = calloc(1, sizeof(*q));
	if (q == NULL)
		return DG_ENOMEM;
	if (f == NULL) {
		err = flight_new(&f, r, name, type);
		if (err != 0) {
			free(q);
			return err;
		}
	}
	q->flight = f;
	q->done = done;
	q->arg = arg;
	q->next = f->queries;
	f->queries = q;
	r->nqueries++;
	*out = q;
	return 0;
}

void
resolver_cancel(struct resolver_query *q)
{
	struct flight *f = q->flight;
	struct resolver_query **at = &f->queries;

	while (*at != q)
		at = &(*at)->next;
	*at = q->next;
	f->r->nqueries--;
	free(q);
	if (f->queries == NULL && !f->landing) {
		flight_unlink(f);
		flight_free(f);
	}
}

bool
resolver_time_known(const struct resolver *r)
{
	if (r->now == clock_wall)
		return clock_wall_trusted();
	return r->now() > 0;
}

void
resolver_count(struct resolver_counts *out, const struct resolver *r)
{
	struct cache_counts counts;

	cache_count(&counts, r->cache);
	*out = (struct resolver_counts){
		.hits = counts.hits,
		.misses = counts.misses,
		.dropped = counts.dropped,
		.entries = counts.entries,
		.bytes = counts.bytes,
	};
}

struct event_base *
resolver_event_base(const struct resolver *r)
{
	return r->base;
}

int
resolver_new(struct resolver **out, struct event_base *base,
    const struct resolver_config *config)
{
	struct transport_config servers = {
		.servers = config->servers,
		.nservers = config->nservers,
		.try_ms = config->try_ms,
		.mix_case = config->mix_case,
	};
	struct resolver *r = calloc(1, sizeof(*r));
	size_t half = config->cache_bytes / 2;
	unsigned ms = config->total_ms != 0 ? config->total_ms
					    : RESOLVER_TOTAL_MS;
	int err;

	if (r == NULL)
		return DG_ENOMEM;
	r->base = base;
	r->now = config->now != NULL ? config->now : clock_wall;
	r->patience = ms;
	err = transport_new(&r->transport, base, &servers);
	if (err == 0)
		err = cache_new(&r->cache, half);
	if (err == 0)
		err = dnssec_trust_new(&r->trust, half);
	if (err == 0 && config->anchors.n > 0)
		err = dnssec_trust_load(r->trust, config->anchors);
	if (err != 0) {
		resolver_free(r);
		return err;
	}
	dnssec_trust_set_trace(r->trust, config->trace, config->trace_arg);
	*out = r;
	return 0;
}

void
resolver_free(struct resolver *r)
{
	struct flight *f;
	struct resolver_query *q;

	if (r == NULL)
		return;
	while ((f = r->flights) != NULL) {
		r->flights = f->next;
		while ((q = f->queries) != NULL) {
			f->queries = q->next;
			free(q);
		}
		flight_free(f);
	}
	dnssec_trust_free(r->trust);
	cache_free(r->cache);
	transport_free(r->transport);
	free(r);
}
