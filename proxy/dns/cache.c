#include "dns/cache.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"

/*
 * An entry is one piece of memory: struct entry, the spans of the answers, and
 * behind them the answers' bytes and the texts. It hangs in the chain of its
 * bucket and on one shelf: answers on one, failures on the other. Each shelf
 * has a budget of its own and gives up its oldest entry when that is used up.
 */

#define BUCKETS 512 /* a power of two */

_Static_assert(DNSSEC_REASON_MAX <= UINT8_MAX, "reason_len holds it");

enum shelf_kind {
	SHELF_ANSWERS = 0,
	SHELF_FAILURES,
	SHELVES
};

struct entry {
	struct entry *chain;	     /* next in the bucket */
	struct entry *newer, *older; /* on the shelf */
	enum shelf_kind kind;
	size_t bytes;
	int64_t stored;
	int64_t expires;
	uint32_t hash;
	uint16_t type;
	uint8_t name_len;
	uint8_t canonical_len;
	uint8_t reason_len;
	enum dnssec_status status;
	bool nxdomain;
	bool aliased;
	bool resolver_broken;
	size_t nanswers;
	const uint8_t *texts; /* name, canonical, reason in a row */
	struct span answers[];
};

struct shelf {
	struct entry *newest;
	struct entry *oldest;
	struct budget budget;
};

struct cache {
	struct shelf shelves[SHELVES];
	/* Whoever chooses the names must not be able to choose one chain. */
	uint32_t seed;
	struct cache_counts counts;
	struct entry *buckets[BUCKETS];
};

int
cache_new(struct cache **out, size_t bytes)
{
	struct cache *c = calloc(1, sizeof(*c));
	size_t failures = bytes / CACHE_FAILURE_PART;

	if (c == NULL)
		return DG_ENOMEM;
	random_bytes(&c->seed, sizeof(c->seed));
	c->shelves[SHELF_ANSWERS].budget = (struct budget){
		.name = "dns-answers",
		.limit = bytes - failures,
	};
	c->shelves[SHELF_FAILURES].budget = (struct budget){
		.name = "dns-failures",
		.limit = failures,
	};
	*out = c;
	return 0;
}

static uint32_t
hash_of(const struct cache *c, const struct name *name, uint16_t type)
{
	uint32_t h = c->seed ^ type;

	/* Multiply and fold, from a seed nobody knows. */
	for (size_t i = 0; i < name->len; i++) {
		h = (h ^ (uint8_t)name->text[i]) * 0x9e3779b1U;
		h ^= h >> 15;
	}
	return h;
}

static void
shelf_remove(struct shelf *s, struct entry *e)
{
	if (e->newer != NULL)
		e->newer->older = e->older;
	else
		s->newest = e->older;
	if (e->older != NULL)
		e->older->newer = e->newer;
	else
		s->oldest = e->newer;
	e->newer = NULL;
	e->older = NULL;
}

static void
shelf_add(struct shelf *s, struct entry *e)
{
	e->newer = NULL;
	e->older = s->newest;
	if (s->newest != NULL)
		s->newest->newer = e;
	else
		s->oldest = e;
	s->newest = e;
}

static void
cache_drop(struct cache *c, struct entry *e)
{
	struct entry **at = &c->buckets[e->hash % BUCKETS];

	while (*at != e)
		at = &(*at)->chain;
	*at = e->chain;
	shelf_remove(&c->shelves[e->kind], e);
	budget_give(&c->shelves[e->kind].budget, e->bytes);
	c->counts.entries--;
	free(e);
}

void
cache_free(struct cache *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < SHELVES; i++)
		while (c->shelves[i].oldest != NULL)
			cache_drop(c, c->shelves[i].oldest);
	free(c);
}

static struct entry *
cache_find(struct cache *c, const struct name *name, uint16_t type)
{
	uint32_t hash = hash_of(c, name, type);
	struct entry *e = c->buckets[hash % BUCKETS];

	for (; e != NULL; e = e->chain)
		if (e->hash == hash && e->type == type &&
		    e->name_len == name->len &&
		    memcmp(e->texts, name->text, name->len) == 0)
			return e;
	return NULL;
}

static void
entry_result(struct dnssec_result *out, const struct entry *e, int64_t now)
{
	struct dnssec_result r = { 0 };
	const uint8_t *text = e->texts + e->name_len;

	r.status = e->status;
	r.nxdomain = e->nxdomain;
	r.aliased = e->aliased;
	r.resolver_broken = e->resolver_broken;
	r.nanswers = e->nanswers;
	r.answers = e->answers;
	r.ttl = (uint32_t)(e->expires - now);
	r.canonical.len = e->canonical_len;
	memcpy(r.canonical.text, text, e->canonical_len);
	memcpy(r.reason, text + e->canonical_len, e->reason_len);
	*out = r;
}

int
cache_get(struct dnssec_result *out, struct cache *c, const struct name *name,
    uint16_t type, int64_t now)
{
	struct entry *e = cache_find(c, name, type);

	/* A clock that was set back must not make answers live for ever. */
	if (e != NULL && (now >= e->expires || now < e->stored)) {
		cache_drop(c, e);
		e = NULL;
	}
	if (e == NULL) {
		c->counts.misses++;
		return DG_ENOTFOUND;
	}
	c->counts.hits++;
	shelf_remove(&c->shelves[e->kind], e);
	shelf_add(&c->shelves[e->kind], e);
	entry_result(out, e, now);
	return 0;
}

static enum shelf_kind
shelf_for(const struct dnssec_result *result)
{
	switch (result->status) {
	case DNSSEC_SECURE:
	case DNSSEC_INSECURE:
		return SHELF_ANSWERS;
	case DNSSEC_UNKNOWN:
	case DNSSEC_BOGUS:
	case DNSSEC_INDETERMINATE:
		return SHELF_FAILURES;
	}
	return SHELF_FAILURES;
}

/* An entry in memory of its own, in no chain and on no shelf. */
static struct entry *
entry_new(size_t bytes, const struct name *name,
    const struct dnssec_result *result)
{
	struct entry *e = calloc(1, bytes);
	uint8_t *at;

	if (e == NULL)
		return NULL;
	e->bytes = bytes;
	e->status = result->status;
	e->nxdomain = result->nxdomain;
	e->aliased = result->aliased;
	e->resolver_broken = result->resolver_broken;
	e->nanswers = result->nanswers;
	e->name_len = name->len;
	e->canonical_len = result->canonical.len;
	e->reason_len = (uint8_t)strlen(result->reason);
	at = (uint8_t *)&e->answers[result->nanswers];
	e->texts = at;
	memcpy(at, name->text, name->len);
	at += name->len;
	memcpy(at, result->canonical.text, result->canonical.len);
	at += result->canonical.len;
	memcpy(at, result->reason, e->reason_len);
	at += e->reason_len;
	for (size_t i = 0; i < result->nanswers; i++) {
		struct span answer = result->answers[i];

		e->answers[i] = span_of(at, answer.n);
		if (answer.n > 0)
			memcpy(at, answer.p, answer.n);
		at += answer.n;
	}
	return e;
}

static size_t
entry_bytes(const struct name *name, const struct dnssec_result *result)
{
	size_t bytes = sizeof(struct entry) + name->len +
	    result->canonical.len + strlen(result->reason);

	for (size_t i = 0; i < result->nanswers; i++)
		bytes += sizeof(struct span) + result->answers[i].n;
	return bytes;
}

/* Books bytes on the shelf, giving up old entries for them. */
static int
shelf_book(struct cache *c, struct shelf *s, size_t bytes)
{
	if (bytes > s->budget.limit)
		return DG_ENOMEM;
	while (budget_take(&s->budget, bytes) != 0) {
		cache_drop(c, s->oldest);
		c->counts.dropped++;
	}
	return 0;
}

void
cache_put(struct cache *c, const struct name *name, uint16_t type,
    const struct dnssec_result *result, int64_t now)
{
	enum shelf_kind kind = shelf_for(result);
	struct shelf *shelf = &c->shelves[kind];
	struct entry *e = cache_find(c, name, type);
	size_t bytes = entry_bytes(name, result);
	uint32_t ttl = result->ttl;

	if (e != NULL)
		cache_drop(c, e);
	if (kind == SHELF_FAILURES)
		ttl = CACHE_FAILURE_TTL;
	else if (ttl > CACHE_TTL_MAX)
		ttl = CACHE_TTL_MAX;
	if (ttl == 0 || shelf_book(c, shelf, bytes) != 0)
		return;
	e = entry_new(bytes, name, result);
	if (e == NULL) {
		budget_give(&shelf->budget, bytes);
		return;
	}
	e->kind = kind;
	e->type = type;
	e->stored = now;
	e->expires = now + ttl;
	e->hash = hash_of(c, name, type);
	e->chain = c->buckets[e->hash % BUCKETS];
	c->buckets[e->hash % BUCKETS] = e;
	shelf_add(shelf, e);
	c->counts.entries++;
}

void
cache_count(struct cache_counts *out, const struct cache *c)
{
	*out = c->counts;
	out->bytes = 0;
	out->bytes_peak = 0;
	for (size_t i = 0; i < SHELVES; i++) {
		out->bytes += c->shelves[i].budget.used;
		out->bytes_peak += c->shelves[i].budget.peak;
	}
}
