#include "policy/evidence.h"

#include <stdlib.h>
#include <string.h>

#define COUNT_BYTES 8
#define TIME_BYTES  4
#define AT_KIND	    0
#define AT_COUNT    1
#define AT_FIRST    (AT_COUNT + COUNT_BYTES)
#define AT_LAST	    (AT_FIRST + TIME_BYTES)
#define AT_WORD	    (AT_LAST + TIME_BYTES)
#define PART_MAX    255 /* bytes of a domain or a text */
#define CODES_MAX   32
#define SKETCH_KIND 0x10 /* in the place of an item's kind */

_Static_assert((size_t)CAUSES <= CODES_MAX && (size_t)REASONS <= CODES_MAX,
    "every code has a place among the others");
_Static_assert(AT_WORD + 2 + CODES_MAX + 2 * PART_MAX <= RECORD_PAYLOAD_MAX,
    "every item has room in a record");

struct entry {
	uint8_t *bytes; /* domain, then text */
	uint32_t hash;	/* of the domain */
	uint32_t first;
	uint32_t last;
	uint32_t recipients;
	uint8_t kind;
	uint8_t code;
	uint8_t domain_n;
	uint8_t text_n;
	bool changed;
};

/* Each pool has room of its own: what passes cannot crowd out what was held. */
struct pool {
	struct entry *entries;
	size_t n;
	size_t max;
	size_t bytes;
	size_t bytes_max;
};

/* Those that have no name. */
struct others {
	uint64_t recipients[EVIDENCE_KINDS][CODES_MAX];
	bool changed[EVIDENCE_KINDS][CODES_MAX];
};

enum {
	POOL_OPEN,
	POOL_HELD,
	POOLS
};

struct evidence {
	struct pool pools[POOLS];
	struct others others;
	struct sketch sketches[ADOPTIONS];
	bool sketched[ADOPTIONS]; /* changed since it was written */
	bool everything;	  /* what is written is no longer right */
};

_Static_assert(1 + sizeof(struct sketch) <= RECORD_PAYLOAD_MAX,
    "a sketch has room in a record");

/* Why */

static enum cause
cause_of_host(const struct requirement *r)
{
	if (r->host == NULL)
		return CAUSE_NO_ROUTE;
	switch (r->host->tlsa) {
	case TLSA_STATUS_ABSENT:
		return CAUSE_NO_TLSA;
	case TLSA_STATUS_INSECURE:
		return CAUSE_NO_DNSSEC;
	case TLSA_STATUS_UNUSABLE:
		return CAUSE_TLSA_UNUSABLE;
	case TLSA_STATUS_USABLE:
		return CAUSE_MX_NOT_SIGNED;
	case TLSA_STATUS_UNKNOWN:
	case TLSA_STATUS_BOGUS:
	case TLSA_STATUS_FAILED:
		break;
	}
	return CAUSE_UNKNOWN;
}

enum cause
policy_cause(const struct requirement *requirement,
    const struct judgement *judgement)
{
	if (judgement->verdict == VERDICT_RELAY &&
	    (judgement->auth == AUTH_DANE_EE ||
		judgement->auth == AUTH_DANE_TA))
		return CAUSE_DANE;
	if (requirement->level == LEVEL_DANE ||
	    requirement->level == LEVEL_DANE_ONLY)
		return cause_of_host(requirement);
	return requirement->by_rule ? CAUSE_EXCEPTION : CAUSE_LEVEL;
}

enum adoption
policy_adoption(const struct requirement *requirement)
{
	if (requirement->host == NULL)
		return ADOPTIONS;
	switch (requirement->host->tlsa) {
	case TLSA_STATUS_USABLE:
	case TLSA_STATUS_UNUSABLE:
		return ADOPTION_WITH;
	case TLSA_STATUS_ABSENT:
	case TLSA_STATUS_INSECURE:
		return ADOPTION_WITHOUT;
	case TLSA_STATUS_UNKNOWN:
	case TLSA_STATUS_BOGUS:
	case TLSA_STATUS_FAILED:
		break;
	}
	return ADOPTIONS;
}

const char *
cause_text(enum cause cause)
{
	static const char *const words[CAUSES] = {
		[CAUSE_UNKNOWN] = "unknown",
		[CAUSE_DANE] = "dane",
		[CAUSE_NO_DNSSEC] = "no-dnssec",
		[CAUSE_NO_TLSA] = "no-tlsa",
		[CAUSE_TLSA_UNUSABLE] = "tlsa-unusable",
		[CAUSE_MX_NOT_SIGNED] = "mx-not-signed",
		[CAUSE_EXCEPTION] = "exception",
		[CAUSE_LEVEL] = "level",
		[CAUSE_NO_ROUTE] = "no-route",
	};

	return words[cause < CAUSES ? cause : CAUSE_UNKNOWN];
}

const char *
evidence_kind_text(enum evidence_kind kind)
{
	switch (kind) {
	case EVIDENCE_OPEN:
		return "not-protected";
	case EVIDENCE_HELD:
		return "held";
	case EVIDENCE_PASSED:
		return "passed";
	case EVIDENCE_KINDS:
		break;
	}
	return "unknown";
}

static unsigned
codes_of(enum evidence_kind kind)
{
	return kind == EVIDENCE_OPEN ? (unsigned)CAUSES : (unsigned)REASONS;
}

const char *
evidence_word(enum evidence_kind kind, unsigned code)
{
	return kind == EVIDENCE_OPEN ? cause_text((enum cause)code)
				     : reason_text((enum reason)code);
}

/* The table */

/* FNV-1a: only to compare fewer names. */
static uint32_t
hash_of(struct span s)
{
	uint32_t h = 2166136261U;

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ s.p[i]) * 16777619U;
	return h;
}

static uint32_t
count_of(uint64_t n)
{
	return n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
}

static uint32_t
time_of(int64_t now)
{
	if (now <= 0)
		return 0;
	return now < UINT32_MAX ? (uint32_t)now : UINT32_MAX;
}

static size_t
cost_of(const struct entry *e)
{
	return ((size_t)e->domain_n + e->text_n + sizeof(size_t) + 15) / 16 *
	    16;
}

static struct pool *
pool_of(struct evidence *e, enum evidence_kind kind)
{
	return &e->pools[kind == EVIDENCE_OPEN ? POOL_OPEN : POOL_HELD];
}

static int
pool_init(struct pool *p, size_t max)
{
	p->entries = calloc(max, sizeof(*p->entries));
	if (p->entries == NULL)
		return DG_ENOMEM;
	p->max = max;
	return 0;
}

int
evidence_new(struct evidence **out)
{
	struct evidence *e = calloc(1, sizeof(*e));
	size_t fixed = sizeof(*e) +
	    (EVIDENCE_OPEN_MAX + EVIDENCE_HELD_MAX) * sizeof(struct entry);

	if (e == NULL)
		return DG_ENOMEM;
	if (pool_init(&e->pools[POOL_OPEN], EVIDENCE_OPEN_MAX) != 0 ||
	    pool_init(&e->pools[POOL_HELD], EVIDENCE_HELD_MAX) != 0) {
		evidence_free(e);
		return DG_ENOMEM;
	}
	/* The names' share of the room, by the number of entries. */
	for (size_t i = 0; i < POOLS; i++)
		e->pools[i].bytes_max = (EVIDENCE_BYTES_MAX - fixed) *
		    e->pools[i].max / (EVIDENCE_OPEN_MAX + EVIDENCE_HELD_MAX);
	*out = e;
	return 0;
}

static void
pool_clear(struct pool *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->entries[i].bytes);
	p->n = 0;
	p->bytes = 0;
}

void
evidence_clear(struct evidence *e)
{
	for (size_t i = 0; i < POOLS; i++)
		pool_clear(&e->pools[i]);
	memset(&e->others, 0, sizeof(e->others));
	memset(e->sketches, 0, sizeof(e->sketches));
	memset(e->sketched, 0, sizeof(e->sketched));
	e->everything = false;
}

void
evidence_free(struct evidence *e)
{
	if (e == NULL)
		return;
	evidence_clear(e);
	for (size_t i = 0; i < POOLS; i++)
		free(e->pools[i].entries);
	free(e);
}

static struct entry *
find(const struct pool *p, const struct evidence_item *item)
{
	uint32_t hash = hash_of(item->domain);

	for (size_t i = 0; i < p->n; i++) {
		struct entry *at = &p->entries[i];

		if (at->hash == hash && at->kind == item->kind &&
		    at->code == item->code &&
		    span_equal(span_of(at->bytes, at->domain_n), item->domain))
			return at;
	}
	return NULL;
}

static void
add_other(struct evidence *e, unsigned kind, unsigned code, uint64_t n)
{
	e->others.recipients[kind][code] += n;
	e->others.changed[kind][code] = true;
}

/* Its recipients go on among the others. Records of it must go too. */
static void
drop(struct evidence *e, struct pool *p, struct entry *at)
{
	add_other(e, at->kind, at->code, at->recipients);
	p->bytes -= cost_of(at);
	free(at->bytes);
	*at = p->entries[--p->n];
	memset(&p->entries[p->n], 0, sizeof(*at));
	e->everything = true;
}

static struct entry *
least(struct pool *p)
{
	struct entry *best = &p->entries[0];

	for (size_t i = 1; i < p->n; i++) {
		struct entry *at = &p->entries[i];

		if (at->recipients < best->recipients ||
		    (at->recipients == best->recipients &&
			at->last < best->last))
			best = at;
	}
	return best;
}

/* Domain and text as the entry's own. */
static int
set_bytes(struct pool *p, struct entry *at, struct span domain,
    struct span text)
{
	uint8_t *bytes = malloc(domain.n + text.n + 1);

	if (bytes == NULL)
		return DG_ENOMEM;
	if (domain.n > 0)
		memcpy(bytes, domain.p, domain.n);
	if (text.n > 0)
		memcpy(bytes + domain.n, text.p, text.n);
	if (at->bytes != NULL)
		p->bytes -= cost_of(at);
	free(at->bytes);
	at->bytes = bytes;
	at->domain_n = (uint8_t)domain.n;
	at->text_n = (uint8_t)text.n;
	p->bytes += cost_of(at);
	return 0;
}

static struct entry *
add(struct evidence *e, const struct evidence_item *item)
{
	struct pool *p = pool_of(e, item->kind);
	struct entry at = {
		.hash = hash_of(item->domain),
		.kind = (uint8_t)item->kind,
		.code = (uint8_t)item->code,
		.domain_n = (uint8_t)item->domain.n,
		.text_n = (uint8_t)item->text.n,
	};

	while (p->n > 0 &&
	    (p->n == p->max || p->bytes + cost_of(&at) > p->bytes_max))
		drop(e, p, least(p));
	if (set_bytes(p, &at, item->domain, item->text) != 0)
		return NULL;
	p->entries[p->n] = at;
	return &p->entries[p->n++];
}

static bool
is_item(const struct evidence_item *item)
{
	return item->kind < EVIDENCE_KINDS &&
	    item->code < codes_of(item->kind) && item->domain.n <= PART_MAX &&
	    item->text.n <= PART_MAX;
}

void
evidence_note(struct evidence *e, const struct evidence_item *item)
{
	uint32_t last = time_of(item->last);
	struct entry *at;

	if (!is_item(item) ||
	    (item->kind == EVIDENCE_OPEN && item->code == CAUSE_DANE))
		return;
	at = item->domain.n > 0 ? find(pool_of(e, item->kind), item) : NULL;
	if (at == NULL && item->domain.n > 0)
		at = add(e, item);
	if (at == NULL) {
		add_other(e, item->kind, item->code, item->recipients);
		return;
	}
	/* The text of an exception may have been changed. Without memory for
	 * the new one the old one stays. */
	if (!span_equal(span_of(at->bytes + at->domain_n, at->text_n),
		item->text))
		(void)set_bytes(pool_of(e, item->kind), at, item->domain,
		    item->text);
	at->recipients = count_of(at->recipients + item->recipients);
	if (at->first == 0)
		at->first = time_of(item->first);
	if (last > at->last)
		at->last = last;
	at->changed = true;
}

void
evidence_adopt(struct evidence *e, enum adoption adoption, struct span domain)
{
	if (adoption < ADOPTIONS && domain.n > 0 &&
	    sketch_add(&e->sketches[adoption], domain))
		e->sketched[adoption] = true;
}

uint64_t
evidence_adopted(const struct evidence *e, enum adoption adoption)
{
	return sketch_estimate(&e->sketches[adoption]);
}

static void
merge(void *arg, const struct evidence_item *item)
{
	evidence_note(arg, item);
}

void
evidence_merge(struct evidence *e, const struct evidence *from)
{
	evidence_each(from, merge, e);
	for (unsigned i = 0; i < ADOPTIONS; i++) {
		sketch_merge(&e->sketches[i], &from->sketches[i]);
		e->sketched[i] = true;
	}
}

static struct evidence_item
item_of(const struct entry *at)
{
	return (struct evidence_item){
		.kind = (enum evidence_kind)at->kind,
		.code = at->code,
		.domain = span_of(at->bytes, at->domain_n),
		.text = span_of(at->bytes + at->domain_n, at->text_n),
		.recipients = at->recipients,
		.first = at->first,
		.last = at->last,
	};
}

static struct evidence_item
others_of(const struct evidence *e, unsigned kind, unsigned code)
{
	return (struct evidence_item){
		.kind = (enum evidence_kind)kind,
		.code = code,
		.recipients = e->others.recipients[kind][code],
	};
}

void
evidence_each(const struct evidence *e, evidence_cb *cb, void *arg)
{
	struct evidence_item item;

	for (size_t i = 0; i < POOLS; i++)
		for (size_t n = 0; n < e->pools[i].n; n++) {
			item = item_of(&e->pools[i].entries[n]);
			cb(arg, &item);
		}
	for (unsigned kind = 0; kind < EVIDENCE_KINDS; kind++)
		for (unsigned code = 0; code < CODES_MAX; code++) {
			item = others_of(e, kind, code);
			if (item.recipients > 0)
				cb(arg, &item);
		}
}

void
evidence_forget(struct evidence *e, int64_t before)
{
	for (size_t i = 0; i < POOLS; i++) {
		struct pool *p = &e->pools[i];

		/* From the end: the last takes the place of one that goes. */
		for (size_t n = p->n; n > 0; n--)
			if (p->entries[n - 1].last > 0 &&
			    p->entries[n - 1].last < before)
				drop(e, p, &p->entries[n - 1]);
	}
}

size_t
evidence_bytes(const struct evidence *e)
{
	size_t n = sizeof(*e);

	for (size_t i = 0; i < POOLS; i++)
		n += e->pools[i].max * sizeof(struct entry) + e->pools[i].bytes;
	return n;
}

/* Records */

size_t
evidence_put(uint8_t *payload, const struct evidence_item *item)
{
	struct span word = span_text(evidence_word(item->kind, item->code));
	size_t n = AT_WORD;

	payload[AT_KIND] = (uint8_t)item->kind;
	record_number_put(payload + AT_COUNT, COUNT_BYTES, item->recipients);
	record_number_put(payload + AT_FIRST, TIME_BYTES, time_of(item->first));
	record_number_put(payload + AT_LAST, TIME_BYTES, time_of(item->last));
	payload[n++] = (uint8_t)word.n;
	memcpy(payload + n, word.p, word.n);
	n += word.n;
	payload[n++] = (uint8_t)item->domain.n;
	if (item->domain.n > 0)
		memcpy(payload + n, item->domain.p, item->domain.n);
	n += item->domain.n;
	if (item->text.n > 0)
		memcpy(payload + n, item->text.p, item->text.n);
	return n + item->text.n;
}

/* Takes what a length of one byte stands before. */
static int
take_part(struct span *out, struct span *rest)
{
	size_t n = rest->n > 0 ? rest->p[0] : 0;

	if (rest->n < 1 + n)
		return DG_ESYNTAX;
	*out = span_slice(*rest, 1, 1 + n);
	*rest = span_slice(*rest, 1 + n, rest->n);
	return 0;
}

/* As domains and texts are written; so that no terminal sees anything else. */
static bool
is_printable(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 || s.p[i] == 0x7f)
			return false;
	return true;
}

/* Where two codes have one word, the latter. */
static int
code_of(unsigned *code, enum evidence_kind kind, struct span word)
{
	for (unsigned i = codes_of(kind); i > 0; i--)
		if (span_equal(word, span_text(evidence_word(kind, i - 1)))) {
			*code = i - 1;
			return 0;
		}
	return DG_ENOTFOUND;
}

int
evidence_get(struct evidence_item *out, struct span payload)
{
	struct span rest = span_slice(payload, AT_WORD, payload.n);
	struct evidence_item item = { 0 };
	struct span word;
	int err;

	if (payload.n < AT_WORD || payload.p[AT_KIND] >= EVIDENCE_KINDS ||
	    take_part(&word, &rest) != 0 || take_part(&item.domain, &rest) != 0)
		return DG_ESYNTAX;
	item.kind = (enum evidence_kind)payload.p[AT_KIND];
	item.text = rest;
	if (!is_printable(item.domain) || !is_printable(rest) ||
	    rest.n > PART_MAX)
		return DG_ESYNTAX;
	err = code_of(&item.code, item.kind, word);
	if (err != 0)
		return err;
	item.recipients = record_number_get(payload.p + AT_COUNT, COUNT_BYTES);
	item.first = (int64_t)record_number_get(payload.p + AT_FIRST,
	    TIME_BYTES);
	item.last = (int64_t)record_number_get(payload.p + AT_LAST, TIME_BYTES);
	*out = item;
	return 0;
}

static int
restore_sketch(struct evidence *e, struct span payload)
{
	struct sketch read;

	if (payload.n != 1 + sizeof(read))
		return DG_ESYNTAX;
	memcpy(&read, payload.p + 1, sizeof(read));
	for (size_t i = 0; i < SKETCH_REGISTERS; i++)
		if (read.ranks[i] > SKETCH_RANK_MAX)
			return DG_ESYNTAX;
	sketch_merge(&e->sketches[payload.p[0] - SKETCH_KIND], &read);
	return 0;
}

int
evidence_restore(struct evidence *e, struct span payload)
{
	struct evidence_item item;
	struct entry *at;
	int err;

	if (payload.n > 0 && payload.p[0] >= SKETCH_KIND &&
	    payload.p[0] < SKETCH_KIND + ADOPTIONS)
		return restore_sketch(e, payload);
	err = evidence_get(&item, payload);
	if (err != 0)
		return err;
	if (item.domain.n == 0) {
		e->others.recipients[item.kind][item.code] = item.recipients;
		return 0;
	}
	at = find(pool_of(e, item.kind), &item);
	if (at == NULL)
		at = add(e, &item);
	else if (set_bytes(pool_of(e, item.kind), at, item.domain, item.text) !=
	    0)
		at = NULL;
	if (at == NULL)
		return DG_ENOMEM;
	at->recipients = count_of(item.recipients);
	at->first = (uint32_t)item.first;
	at->last = (uint32_t)item.last;
	at->changed = false;
	return 0;
}

enum record_extent
evidence_unsaved(const struct evidence *e)
{
	if (e->everything)
		return RECORD_ALL;
	for (size_t i = 0; i < POOLS; i++)
		for (size_t n = 0; n < e->pools[i].n; n++)
			if (e->pools[i].entries[n].changed)
				return RECORD_CHANGES;
	for (unsigned kind = 0; kind < EVIDENCE_KINDS; kind++)
		for (unsigned code = 0; code < CODES_MAX; code++)
			if (e->others.changed[kind][code])
				return RECORD_CHANGES;
	for (unsigned i = 0; i < ADOPTIONS; i++)
		if (e->sketched[i])
			return RECORD_CHANGES;
	return RECORD_NOTHING;
}

static void
save_pool(struct pool *p, enum record_extent extent, record_payload_cb *cb,
    void *arg)
{
	uint8_t payload[RECORD_PAYLOAD_MAX];

	for (size_t n = 0; n < p->n; n++) {
		struct entry *at = &p->entries[n];
		struct evidence_item item = item_of(at);

		if (extent != RECORD_ALL && !at->changed)
			continue;
		cb(arg, span_of(payload, evidence_put(payload, &item)));
		at->changed = false;
	}
}

static void
save_others(struct evidence *e, enum record_extent extent,
    record_payload_cb *cb, void *arg)
{
	uint8_t payload[RECORD_PAYLOAD_MAX];

	for (unsigned kind = 0; kind < EVIDENCE_KINDS; kind++)
		for (unsigned code = 0; code < CODES_MAX; code++) {
			struct evidence_item item = others_of(e, kind, code);
			bool wanted = e->others.changed[kind][code] ||
			    (extent == RECORD_ALL && item.recipients > 0);

			if (wanted)
				cb(arg,
				    span_of(payload,
					evidence_put(payload, &item)));
			e->others.changed[kind][code] = false;
		}
}

static void
save_sketches(struct evidence *e, enum record_extent extent,
    record_payload_cb *cb, void *arg)
{
	uint8_t payload[1 + sizeof(struct sketch)];

	for (unsigned i = 0; i < ADOPTIONS; i++) {
		if (extent != RECORD_ALL && !e->sketched[i])
			continue;
		payload[0] = (uint8_t)(SKETCH_KIND + i);
		memcpy(payload + 1, &e->sketches[i], sizeof(e->sketches[i]));
		cb(arg, span_of(payload, sizeof(payload)));
		e->sketched[i] = false;
	}
}

void
evidence_save(struct evidence *e, enum record_extent extent,
    record_payload_cb *cb, void *arg)
{
	for (size_t i = 0; i < POOLS; i++)
		save_pool(&e->pools[i], extent, cb, arg);
	save_others(e, extent, cb, arg);
	save_sketches(e, extent, cb, arg);
	if (extent == RECORD_ALL)
		e->everything = false;
}

void
evidence_save_failed(struct evidence *e)
{
	e->everything = true;
}
