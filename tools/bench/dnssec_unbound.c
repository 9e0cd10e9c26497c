/*
 * The same lookups by libunbound: MX, address of the host, TLSA, each cold run
 * in a context of its own.
 *
 * usage: dnssec_unbound SERVER ANCHOR-FILE DOMAIN HOST RUNS
 */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unbound-event.h>
#include <unbound.h>

#include "dnssec_measure.h"

#define CACHED_RUNS 5000
#define RUNS_MAX    1000

enum {
	TYPE_A = 1,
	TYPE_MX = 15,
	TYPE_TLSA = 52
};

static unsigned checks;

/* Debian's libunbound verifies by nettle: these stand before its functions. */
#define COUNTED(name)                                                          \
	int name(const void *key, const void *a, const void *b,                \
	    const void *c);                                                    \
	int name(const void *key, const void *a, const void *b, const void *c) \
	{                                                                      \
		static int (*real)(const void *, const void *, const void *,   \
		    const void *);                                             \
                                                                               \
		if (real == NULL)                                              \
			*(void **)&real = dlsym(RTLD_NEXT, #name);             \
		checks++;                                                      \
		return real(key, a, b, c);                                     \
	}

COUNTED(nettle_ecdsa_verify)
COUNTED(nettle_ed25519_sha512_verify)
COUNTED(nettle_rsa_sha1_verify_digest)
COUNTED(nettle_rsa_sha256_verify_digest)
COUNTED(nettle_rsa_sha512_verify_digest)

static const char *server;
static char *anchor_file;
static const char *domain;
static const char *host;
static char tlsa[300];

static void
die(const char *why)
{
	(void)fprintf(stderr, "%s\n", why);
	exit(1);
}

/* Of the libevent that libunbound comes with. */
struct event_base *event_base_new(void);
void event_base_free(struct event_base *base);
int event_base_loop(struct event_base *base, int flags);

#define LOOP_ONCE 1
#define SECURE	  2 /* of ub_event_callback_type */

static struct event_base *base;
static bool is_done;
static int security;

static void
on_answer(void *arg, int rcode, void *packet, int n, int secure, char *why,
    int limited)
{
	(void)arg;
	(void)packet;
	(void)n;
	(void)why;
	(void)limited;
	is_done = true;
	security = rcode == 0 ? secure : 0;
}

/* Returns what it is worth. */
static int
look_up(struct ub_ctx *ctx, const char *name, int type)
{
	is_done = false;
	if (ub_resolve_event(ctx, name, type, 1, NULL, on_answer, NULL) != 0)
		die("cannot look up");
	while (!is_done)
		(void)event_base_loop(base, LOOP_ONCE);
	return security;
}

static void
gather(struct ub_ctx *ctx)
{
	if (look_up(ctx, domain, TYPE_MX) != SECURE ||
	    look_up(ctx, host, TYPE_A) != SECURE ||
	    look_up(ctx, tlsa, TYPE_TLSA) != SECURE)
		die("not the answer that was expected");
}

static struct ub_ctx *
open_context(void)
{
	struct ub_ctx *ctx = ub_ctx_create_event(base);

	if (ctx == NULL || ub_ctx_set_fwd(ctx, server) != 0 ||
	    ub_ctx_add_ta_file(ctx, anchor_file) != 0 ||
	    ub_ctx_zone_add(ctx, "test.", "transparent") != 0)
		die("no context");
	/* A name that it knows by itself: sets up what is made but once. */
	(void)look_up(ctx, "localhost", TYPE_A);
	return ctx;
}

static void
run_cold(struct cost *c)
{
	struct ub_ctx *ctx = open_context();
	size_t before = heap.used;
	uint64_t begin;

	checks = 0;
	heap_mark();
	begin = cpu_ns();
	gather(ctx);
	c->ns = cpu_ns() - begin;
	c->signatures = checks;
	c->peak = heap.peak - before;
	c->kept = heap.used > before ? heap.used - before : 0;
	ub_ctx_delete(ctx);
}

static void
run_cached(void)
{
	struct ub_ctx *ctx = open_context();
	uint64_t begin;

	gather(ctx);
	begin = cpu_ns();
	for (int i = 0; i < CACHED_RUNS; i++)
		gather(ctx);
	(void)printf("cached_us=%.1f\n",
	    (double)(cpu_ns() - begin) / CACHED_RUNS / 1000);
	ub_ctx_delete(ctx);
}

int
main(int argc, char **argv)
{
	static struct cost costs[RUNS_MAX];
	long runs = argc == 6 ? strtol(argv[5], NULL, 10) : 0;

	if (runs < 1 || runs > RUNS_MAX)
		die("usage: dnssec_unbound SERVER ANCHOR-FILE DOMAIN HOST "
		    "RUNS");
	server = argv[1];
	anchor_file = argv[2];
	domain = argv[3];
	host = argv[4];
	base = event_base_new();
	if (base == NULL)
		die("no event loop");
	(void)snprintf(tlsa, sizeof(tlsa), "_25._tcp.%s", host);
	run_cold(&costs[0]);
	for (long i = 0; i < runs; i++)
		run_cold(&costs[i]);
	cost_print(costs, (size_t)runs);
	run_cached();
	event_base_free(base);
	return 0;
}
