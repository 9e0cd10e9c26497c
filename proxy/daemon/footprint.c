#include "daemon/footprint.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/span.h"
#include "daemon/tlsreports.h"
#include "dns/resolver.h"
#include "policy/memory.h"
#include "session/proxy.h"
#include "tls/memory.h"
#include "tls/tls.h"

/* Bytes in memory, and those of them that are a file's. */
struct pages {
	size_t resident;
	size_t of_files;
};

/* The second and third number of statm. */
static struct pages
pages_now(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	FILE *f = fopen("/proc/self/statm", "re");
	uint64_t resident = 0, of_files = 0;
	char text[128] = "";
	struct span rest;

	if (f == NULL)
		return (struct pages){ 0 };
	if (fgets(text, sizeof(text), f) != NULL) {
		rest = span_text(text);
		(void)span_word(&rest);
		if (span_number(&resident, span_word(&rest), UINT32_MAX) != 0 ||
		    span_number(&of_files, span_word(&rest), UINT32_MAX) != 0)
			resident = of_files = 0;
	}
	(void)fclose(f);
	return (struct pages){ .resident = (size_t)resident * page,
		.of_files = (size_t)of_files * page };
}

/* Pages of the stack that were written once stay: what it has of them is the most
 * that it has needed. */
static size_t
stack_peak(void)
{
	FILE *f = fopen("/proc/self/smaps", "re");
	char line[256];
	bool stack = false, seen = false;
	uint64_t kib = 0;

	if (f == NULL)
		return 0;
	while (!seen && fgets(line, sizeof(line), f) != NULL) {
		struct span rest = span_text(line);

		stack = stack || strstr(line, "[stack]") != NULL;
		seen = stack &&
		    span_equal(span_word(&rest), span_text("Rss:")) &&
		    span_number(&kib, span_word(&rest), UINT32_MAX) == 0;
	}
	(void)fclose(f);
	return seen ? (size_t)kib << 10 : 0;
}

static void
add(struct footprint *f, const struct budget *pool, const char *name)
{
	f->pools[f->npools] = *pool;
	f->pools[f->npools++].name = name;
	f->sum += pool->used;
}

static void
add_dns(struct footprint *f, const struct resolver *r)
{
	struct resolver_counts c;
	struct budget cache;

	if (r == NULL)
		return;
	resolver_count(&c, r);
	cache = (struct budget){ .used = c.bytes,
		.peak = c.bytes_peak,
		.limit = c.bytes_limit };
	add(f, &cache, "dns-cache");
	add(f, resolver_zones(r), "dns-zones");
}

static void
add_fixed(struct footprint *f, size_t used, size_t limit, const char *name)
{
	struct budget pool = { .used = used, .peak = used, .limit = limit };

	add(f, &pool, name);
}

static void
add_pools(struct footprint *f, const struct insight *in)
{
	struct proxy_usage proxy;

	proxy_count_usage(&proxy, in->proxy);
	add(f, &proxy.sessions, "sessions");
	add(f, &proxy.bulks, "message-buffers");
	add(f, tls_memory_budget(), "tls");
	if (in->tls != NULL)
		add(f, tls_context_tickets_budget(in->tls), "tls-tickets");
	add_dns(f, in->resolver);
	add_fixed(f, memory_bytes(proxy_memory(in->proxy)), MEMORY_BYTES_MAX,
	    "downgrade-memory");
	if (in->tlsreports != NULL)
		add_fixed(f, tlsreports_bytes(in->tlsreports),
		    TLSREPORTS_BYTES_MAX, "tlsrpt");
	add_fixed(f, domain_rules_bytes(&in->settings->domains),
	    DOMAINS_BYTES_MAX, "policy-domains");
	f->given_back = proxy.given_back + tls_given_back();
	f->sum -= f->given_back;
}

size_t
footprint_at_start(const struct insight *in)
{
	struct footprint f = { .npools = 0 };
	struct pages now = pages_now();
	size_t own = now.resident - now.of_files;

	add_pools(&f, in);
	return own > f.sum ? own - f.sum : 0;
}

void
footprint_take(struct footprint *out, const struct insight *in)
{
	struct pages now = pages_now();

	*out = (struct footprint){ .resident = now.resident,
		.program = now.of_files + in->at_start,
		.stack_peak = stack_peak() };
	add_pools(out, in);
	out->sum += out->program;
}
