#include "policy/memory.h"

#include <stdlib.h>
#include <string.h>

#include "base/queue.h"

#define BUCKETS	    1024
#define DAY_SECONDS 86400

struct entry {
	QUEUE_LINK(entry) used; /* the longest unseen comes first */
	QUEUE_LINK(entry) bucket;
	int64_t seen;
	uint8_t n;
	uint8_t host[];
};

struct memory {
	size_t max;
	size_t hosts;
	QUEUE(entry) order;
	QUEUE(entry) buckets[BUCKETS];
};

/* FNV-1a: names are checked before they come here, and the table is bounded;
 * whoever fills one bucket only slows himself down. */
static size_t
bucket_of(struct span host)
{
	uint32_t h = 2166136261U;

	for (size_t i = 0; i < host.n; i++)
		h = (h ^ host.p[i]) * 16777619U;
	return h % BUCKETS;
}

static struct entry *
find(const struct memory *m, struct span host)
{
	struct entry *e = m->buckets[bucket_of(host)].first;

	for (; e != NULL; e = e->bucket.next)
		if (span_equal(span_of(e->host, e->n), host))
			return e;
	return NULL;
}

static void
drop(struct memory *m, struct entry *e)
{
	size_t bucket = bucket_of(span_of(e->host, e->n));

	QUEUE_REMOVE(&m->order, e, used);
	QUEUE_REMOVE(&m->buckets[bucket], e, bucket);
	m->hosts--;
	free(e);
}

int
memory_new(struct memory **out, size_t max)
{
	struct memory *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return DG_ENOMEM;
	m->max = max;
	*out = m;
	return 0;
}

void
memory_free(struct memory *m)
{
	struct entry *e;
	struct entry *next;

	if (m == NULL)
		return;
	for (e = m->order.first; e != NULL; e = next) {
		next = e->used.next;
		drop(m, e);
	}
	free(m);
}

static struct entry *
add(struct memory *m, struct span host)
{
	struct entry *e;

	if (m->hosts == m->max)
		drop(m, m->order.first);
	e = malloc(sizeof(*e) + host.n);
	if (e == NULL)
		return NULL;
	e->n = (uint8_t)host.n;
	memcpy(e->host, host.p, host.n);
	QUEUE_APPEND(&m->buckets[bucket_of(host)], e, bucket);
	QUEUE_APPEND(&m->order, e, used);
	m->hosts++;
	return e;
}

void
memory_note(struct memory *m, struct span host, int64_t now)
{
	struct entry *e;

	if (host.n == 0 || host.n > MEMORY_KEY_MAX || m->max == 0)
		return;
	e = find(m, host);
	if (e == NULL)
		e = add(m, host);
	if (e == NULL)
		return;
	e->seen = now;
	QUEUE_REMOVE(&m->order, e, used);
	QUEUE_APPEND(&m->order, e, used);
}

bool
memory_knows(const struct memory *m, struct span host, int64_t now,
    unsigned days)
{
	const struct entry *e = find(m, host);

	return e != NULL && days > 0 &&
	    now - e->seen <= (int64_t)days * DAY_SECONDS;
}

size_t
memory_hosts(const struct memory *m)
{
	return m->hosts;
}
