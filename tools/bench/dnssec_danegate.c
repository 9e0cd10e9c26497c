/*
 * The facts of a route gathered cold, then again and again from the cache.
 *
 * usage: dnssec_danegate SERVER ANCHOR-FILE DOMAIN DESTINATION RUNS
 */
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "dns/route.h"
#include "dnssec/key.h"
#include "dnssec_measure.h"

#define CACHED_RUNS 5000
#define CACHE_BYTES ((size_t)1024 * 1024)
#define RUNS_MAX    1000

static unsigned checks;

/* The linker puts it in the place of key_verify(). */
bool __real_key_verify(const struct key *key, struct span sig,
    struct span data);
bool __wrap_key_verify(const struct key *key, struct span sig,
    struct span data);

bool
__wrap_key_verify(const struct key *key, struct span sig, struct span data)
{
	checks++;
	return __real_key_verify(key, sig, data);
}

static struct event_base *base;
static struct resolver_config config;
static struct route_question question;

static void
die(const char *why)
{
	(void)fprintf(stderr, "%s\n", why);
	exit(1);
}

static void
on_facts(void *arg, struct route_facts *facts)
{
	(void)arg;
	if (facts == NULL || facts->status != ROUTE_FOUND ||
	    facts->nhosts != 1 || facts->hosts[0].tlsa != TLSA_STATUS_USABLE)
		die("not the facts that were expected");
	route_facts_free(facts);
	(void)event_base_loopbreak(base);
}

static void
gather(struct resolver *r)
{
	struct route_query *q;

	if (route_lookup(&q, r, &question, on_facts, NULL) != 0 ||
	    event_base_dispatch(base) != 0)
		die("cannot look up");
}

static struct resolver *
open_resolver(void)
{
	struct resolver *r;

	if (resolver_new(&r, base, &config) != 0)
		die("no resolver");
	return r;
}

static void
run_cold(struct cost *c)
{
	struct resolver *r = open_resolver();
	size_t before = heap.used;
	uint64_t begin;

	checks = 0;
	heap_mark();
	begin = cpu_ns();
	gather(r);
	c->ns = cpu_ns() - begin;
	c->signatures = checks;
	c->peak = heap.peak - before;
	c->kept = heap.used - before;
	resolver_free(r);
}

static void
run_cached(void)
{
	struct resolver *r = open_resolver();
	uint64_t begin;

	gather(r);
	begin = cpu_ns();
	for (int i = 0; i < CACHED_RUNS; i++)
		gather(r);
	(void)printf("cached_us=%.1f\n",
	    (double)(cpu_ns() - begin) / CACHED_RUNS / 1000);
	resolver_free(r);
}

int
main(int argc, char **argv)
{
	static struct cost costs[RUNS_MAX];
	struct address server;
	uint8_t *anchors;
	uint64_t runs;
	size_t n;

	if (argc != 6 ||
	    address_parse_port(&server, span_text(argv[1]), 53) != 0 ||
	    file_read(&anchors, &n, argv[2], 65536) != 0 ||
	    name_parse(&question.domain, span_text(argv[3])) != 0 ||
	    address_parse_port(&question.destination, span_text(argv[4]), 25) !=
		0 ||
	    span_number(&runs, span_text(argv[5]), RUNS_MAX) != 0 || runs == 0)
		die("usage: dnssec_danegate SERVER ANCHOR-FILE DOMAIN "
		    "DESTINATION RUNS");
	config.servers = &server;
	config.nservers = 1;
	config.anchors = span_of(anchors, n);
	config.cache_bytes = CACHE_BYTES;
	base = event_base_new();
	if (base == NULL)
		die("no event loop");
	/* What is allocated once and for all. */
	run_cold(&costs[0]);
	for (size_t i = 0; i < runs; i++)
		run_cold(&costs[i]);
	cost_print(costs, runs);
	run_cached();
	event_base_free(base);
	free(anchors);
	return 0;
}
