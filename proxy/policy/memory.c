#include "policy/memory.h"

#include <stdlib.h>
#include <string.h>

#include "base/queue.h"

#define BUCKETS	     1024
#define DAY_SECONDS  86400
#define HOUR_SECONDS 3600

/* Where things stand in a payload. */
#define TIME_BYTES 4
#define AT_BEST	   0
#define AT_TIMES   1
#define AT_HOST	   (AT_TIMES + TIMES * TIME_BYTES)

/* Times are kept in 32 bits, which hold until the year 2106. */
enum when {
	FIRST,
	OFFERED,
	SPOKE,
	FAILED,
	TIMES
};

struct entry {
	QUEUE_LINK(entry) used; /* the longest unseen comes first */
	QUEUE_LINK(entry) bucket;
	uint32_t times[TIMES];
	uint32_t saved; /* the time of the change that was written last */
	bool changed;	/* since then, and worth writing */
	uint8_t best;
	uint8_t n;
	uint8_t host[];
};

struct memory {
	size_t max;
	size_t hosts;
	size_t bytes;
	size_t changed;	 /* entries */
	bool everything; /* what is written is no longer right */
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

/* What an entry takes, with the allocator's share. */
static size_t
cost_of(size_t n)
{
	return (sizeof(struct entry) + n + sizeof(size_t) + 15) / 16 * 16;
}

static uint32_t
time_of(int64_t now)
{
	if (now <= 0)
		return 0;
	return now < UINT32_MAX ? (uint32_t)now : UINT32_MAX;
}

static void
drop(struct memory *m, struct entry *e)
{
	size_t bucket = bucket_of(span_of(e->host, e->n));

	QUEUE_REMOVE(&m->order, e, used);
	QUEUE_REMOVE(&m->buckets[bucket], e, bucket);
	m->hosts--;
	m->bytes -= cost_of(e->n);
	m->changed -= e->changed ? 1 : 0;
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

static bool
is_full(const struct memory *m, size_t cost)
{
	return m->hosts >= m->max || m->bytes + cost > MEMORY_BYTES_MAX;
}

static struct entry *
add(struct memory *m, struct span host)
{
	struct entry *e;
	struct entry *next;

	for (e = m->order.first; e != NULL && is_full(m, cost_of(host.n));
	     e = next) {
		next = e->used.next;
		drop(m, e);
	}
	e = calloc(1, sizeof(*e) + host.n);
	if (e == NULL)
		return NULL;
	e->n = (uint8_t)host.n;
	memcpy(e->host, host.p, host.n);
	QUEUE_APPEND(&m->buckets[bucket_of(host)], e, bucket);
	QUEUE_APPEND(&m->order, e, used);
	m->hosts++;
	m->bytes += cost_of(host.n);
	return e;
}

/* The host's entry, a new one if need be, as the latest seen; or NULL. */
static struct entry *
get(struct memory *m, struct span host)
{
	struct entry *e;

	if (host.n == 0 || host.n > MEMORY_KEY_MAX || m->max == 0)
		return NULL;
	e = find(m, host);
	if (e == NULL)
		return add(m, host);
	QUEUE_REMOVE(&m->order, e, used);
	QUEUE_APPEND(&m->order, e, used);
	return e;
}

static void
set_changed(struct memory *m, struct entry *e, bool changed)
{
	m->changed += changed ? 1 : 0;
	m->changed -= e->changed ? 1 : 0;
	e->changed = changed;
}

/* Something new, or only a later time, which can wait for an hour. */
static void
mark(struct memory *m, struct entry *e, bool is_new, uint32_t now)
{
	if (is_new || now < e->saved || now - e->saved >= HOUR_SECONDS) {
		e->saved = now;
		set_changed(m, e, true);
	}
}

void
memory_note(struct memory *m, struct span host, enum memory_tls spoken,
    int64_t now)
{
	struct entry *e = get(m, host);
	uint32_t at = time_of(now);
	bool is_new;

	if (e == NULL)
		return;
	is_new = e->times[OFFERED] == 0 || spoken > e->best ||
	    (spoken != MEMORY_TLS_NONE && e->times[SPOKE] == 0);
	if (e->times[FIRST] == 0)
		e->times[FIRST] = at;
	e->times[OFFERED] = at;
	if (spoken != MEMORY_TLS_NONE)
		e->times[SPOKE] = at;
	if (spoken > e->best)
		e->best = (uint8_t)spoken;
	mark(m, e, is_new, at);
}

void
memory_note_failure(struct memory *m, struct span host, int64_t now)
{
	struct entry *e = find(m, host);
	bool is_new;

	if (e == NULL)
		return;
	is_new = e->times[FAILED] == 0;
	e->times[FAILED] = time_of(now);
	mark(m, e, is_new, e->times[FAILED]);
}

struct memory_known
memory_knows(const struct memory *m, struct span host, int64_t now,
    unsigned days)
{
	const struct entry *e = find(m, host);
	int64_t span = (int64_t)days * DAY_SECONDS;
	struct memory_known known = { 0 };

	if (e == NULL || days == 0)
		return known;
	known.offered = now - e->times[OFFERED] <= span;
	known.spoke = e->best != MEMORY_TLS_NONE &&
	    now - e->times[SPOKE] <= span;
	return known;
}

size_t
memory_hosts(const struct memory *m)
{
	return m->hosts;
}

size_t
memory_bytes(const struct memory *m)
{
	return sizeof(*m) + m->bytes;
}

void
memory_each(const struct memory *m, size_t from, memory_host_cb *cb, void *arg)
{
	const struct entry *e = m->order.first;

	for (; e != NULL && from > 0; from--)
		e = e->used.next;
	for (; e != NULL; e = e->used.next) {
		const struct memory_host host = {
			.host = span_of(e->host, e->n),
			.best = (enum memory_tls)e->best,
			.first = e->times[FIRST],
			.offered = e->times[OFFERED],
			.spoke = e->times[SPOKE],
			.failed = e->times[FAILED],
		};

		if (!cb(arg, &host))
			return;
	}
}

int
memory_forget(struct memory *m, struct span host)
{
	struct entry *e = find(m, host);

	if (e == NULL)
		return DG_ENOTFOUND;
	drop(m, e);
	m->everything = true;
	return 0;
}

/* Records */

enum record_extent
memory_unsaved(const struct memory *m)
{
	if (m->everything)
		return RECORD_ALL;
	return m->changed > 0 ? RECORD_CHANGES : RECORD_NOTHING;
}

static void
give(const struct entry *e, record_payload_cb *cb, void *arg)
{
	uint8_t p[AT_HOST + MEMORY_KEY_MAX];

	p[AT_BEST] = e->best;
	for (size_t i = 0; i < TIMES; i++)
		record_number_put(p + AT_TIMES + i * TIME_BYTES, TIME_BYTES,
		    e->times[i]);
	memcpy(p + AT_HOST, e->host, e->n);
	cb(arg, span_of(p, AT_HOST + (size_t)e->n));
}

void
memory_save(struct memory *m, enum record_extent extent, record_payload_cb *cb,
    void *arg)
{
	struct entry *e = m->order.first;

	for (; e != NULL; e = e->used.next) {
		if (extent != RECORD_ALL && !e->changed)
			continue;
		give(e, cb, arg);
		set_changed(m, e, false);
	}
	if (extent == RECORD_ALL)
		m->everything = false;
}

void
memory_save_failed(struct memory *m)
{
	m->everything = true;
}

/* As names and addresses are written. */
static bool
is_key(struct span host)
{
	for (size_t i = 0; i < host.n; i++)
		if (host.p[i] <= 0x20 || host.p[i] >= 0x7f)
			return false;
	return host.n > 0 && host.n <= MEMORY_KEY_MAX;
}

int
memory_restore(struct memory *m, struct span payload)
{
	struct span host = span_slice(payload, AT_HOST, payload.n);
	struct entry *e;

	if (payload.n < AT_HOST || !is_key(host) ||
	    payload.p[AT_BEST] > MEMORY_TLS_1_3)
		return DG_ESYNTAX;
	e = get(m, host);
	if (e == NULL)
		return DG_ENOMEM;
	e->best = payload.p[AT_BEST];
	for (size_t i = 0; i < TIMES; i++)
		e->times[i] = (uint32_t)record_number_get(payload.p + AT_TIMES +
			i * TIME_BYTES,
		    TIME_BYTES);
	e->saved = e->times[OFFERED];
	set_changed(m, e, false);
	return 0;
}
