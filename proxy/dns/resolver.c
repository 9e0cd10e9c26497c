#include "dns/resolver.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/state.h"
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
#define DAY	86400 /* seconds */

#define ANCHORS_FILE "root-anchors"
#define TIME_FILE    "latest-time"

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
	bool anew;		  /* not what is remembered */
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
	char *directory; /* of what is kept; NULL: nothing is */
	struct wire_timer *refresh;
	size_t cache_bytes;
	int64_t begun;
	bool mix_case;
	uint8_t *anchors; /* as they were given; NULL: the built-in ones */
	size_t anchors_n;
	uint64_t lookups[DNSSEC_INDETERMINATE + 1];
};

/* What is kept */

static void
keep(struct resolver *r, const char *name, const char *text)
{
	int err = state_write(r->directory, name, span_text(text));

	if (err != 0)
		log_note(LOG_LEVEL_WARNING, "state-not-kept", "%s/%s: %s",
		    r->directory, name,
		    err == DG_EIO ? strerror(errno) : dg_err_text(err));
}

/* The root's keys have changed: a few times in a year. */
static void
keep_anchors(struct resolver *r)
{
	static char text[DNSSEC_TRUST_STATE_MAX];

	if (!dnssec_trust_changed(r->trust) || r->directory == NULL ||
	    dnssec_trust_save(text, sizeof(text), r->trust) != 0)
		return;
	log_note(LOG_LEVEL_INFO, "anchors-changed", "%s/%s", r->directory,
	    ANCHORS_FILE);
	keep(r, ANCHORS_FILE, text);
}

/* Once a day: no later clock that lies before this is believed. */
static void
keep_time(struct resolver *r, int64_t now)
{
	char text[32];

	if (r->directory == NULL || r->now != clock_wall ||
	    now - clock_floor() < DAY)
		return;
	clock_raise_floor(now);
	(void)snprintf(text, sizeof(text), "%lld\n", (long long)now);
	keep(r, TIME_FILE, text);
}

static void
restore_anchors(struct resolver *r)
{
	uint8_t *text;
	size_t n;

	if (state_read(&text, &n, r->directory, ANCHORS_FILE) != 0)
		return;
	if (dnssec_trust_restore(r->trust, span_of(text, n)) != 0)
		log_note(LOG_LEVEL_WARNING, "state-unreadable",
		    "%s/%s: begun anew", r->directory, ANCHORS_FILE);
	free(text);
}

static void
restore_time(struct resolver *r)
{
	uint8_t *text;
	uint64_t seconds;
	size_t n;

	if (state_read(&text, &n, r->directory, TIME_FILE) != 0)
		return;
	if (n > 0 &&
	    span_number(&seconds, span_of(text, n - 1), INT64_MAX / 2) == 0)
		clock_raise_floor((int64_t)seconds);
	free(text);
}

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
	f->r->lookups[result->status]++;
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
		keep_anchors(f->r);
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
	keep_time(r, now);
	if (!f->anew &&
	    cache_get(&result, r->cache, &f->name, f->type, now) == 0) {
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
		.bytes_peak = counts.bytes_peak,
		.bytes_limit = r->cache_bytes,
		.begun = r->begun,
	};
	memcpy(out->lookups, r->lookups, sizeof(out->lookups));
}

const struct budget *
resolver_zones(const struct resolver *r)
{
	return dnssec_trust_budget(r->trust);
}

bool
resolver_server(struct resolver_server *out, const struct resolver *r,
    size_t index)
{
	if (transport_all(r->transport) >> index == 0)
		return false;
	out->address = transport_server(r->transport, index);
	out->answering = transport_answering(r->transport, index);
	out->silences = transport_silences(r->transport, index);
	return true;
}

const struct dnssec_trust *
resolver_trust(const struct resolver *r)
{
	return r->trust;
}

struct event_base *
resolver_event_base(const struct resolver *r)
{
	return r->base;
}

/* The root's keys want to be looked at without anybody asking, and not in what
 * is remembered of them (RFC 5011 2.3). */

static int
start_refresh(struct resolver *r, bool seen)
{
	/* Fifteen days at most, which fit. */
	return wire_timer_start(r->refresh,
	    dnssec_trust_next_look(r->trust, seen) * 1000U);
}

static void
on_refreshed(void *arg, const struct dnssec_result *result)
{
	if (start_refresh(arg, result->status == DNSSEC_SECURE) != 0)
		log_note(LOG_LEVEL_WARNING, "no-refresh", "no memory");
}

static void
on_refresh(void *arg)
{
	struct resolver *r = arg;
	struct resolver_query *q;
	struct name root = { 0 };
	int err;

	dnssec_trust_look_anew(r->trust);
	err = resolver_lookup(&q, r, &root, DNS_TYPE_DNSKEY, on_refreshed, r);
	if (err == 0)
		q->flight->anew = true;
	else if (start_refresh(r, false) != 0)
		log_note(LOG_LEVEL_WARNING, "no-refresh", "no memory");
}

/* What was kept comes back. */
static int
resolver_keep_state(struct resolver *r, const char *directory)
{
	int err;

	r->directory = strdup(directory);
	if (r->directory == NULL)
		return DG_ENOMEM;
	restore_anchors(r);
	restore_time(r);
	err = wire_timer_new(&r->refresh, r->base, on_refresh, r);
	return err != 0 ? err : start_refresh(r, false);
}

/* Trust anchors of the configuration, and their text for resolver_is_for(). */
static int
resolver_anchors(struct resolver *r, struct span text)
{
	if (text.n == 0)
		return 0;
	r->anchors = malloc(text.n);
	if (r->anchors == NULL)
		return DG_ENOMEM;
	memcpy(r->anchors, text.p, text.n);
	r->anchors_n = text.n;
	return dnssec_trust_load(r->trust, text);
}

static bool
has_servers(const struct resolver *r, const struct resolver_config *config)
{
	struct resolver_server mine;
	size_t n = 0;

	for (; resolver_server(&mine, r, n); n++)
		if (n == config->nservers ||
		    !address_same_host(mine.address, &config->servers[n]) ||
		    mine.address->port != config->servers[n].port)
			return false;
	return n == config->nservers;
}

bool
resolver_is_for(const struct resolver *r, const struct resolver_config *config)
{
	const char *mine = r->directory != NULL ? r->directory : "";
	const char *its = config->state_directory != NULL
	    ? config->state_directory
	    : "";

	return has_servers(r, config) && r->mix_case == config->mix_case &&
	    r->cache_bytes == config->cache_bytes / 2 &&
	    strcmp(mine, its) == 0 &&
	    span_equal(span_of(r->anchors, r->anchors_n), config->anchors);
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
	r->cache_bytes = half;
	r->begun = r->now();
	r->mix_case = config->mix_case;
	err = transport_new(&r->transport, base, &servers);
	if (err == 0)
		err = cache_new(&r->cache, half);
	if (err == 0)
		err = dnssec_trust_new(&r->trust, half);
	if (err == 0)
		err = resolver_anchors(r, config->anchors);
	if (err == 0 && config->state_directory != NULL)
		err = resolver_keep_state(r, config->state_directory);
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
	wire_timer_free(r->refresh);
	free(r->directory);
	free(r->anchors);
	dnssec_trust_free(r->trust);
	cache_free(r->cache);
	transport_free(r->transport);
	free(r);
}
