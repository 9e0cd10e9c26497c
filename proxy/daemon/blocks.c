#include "daemon/blocks.h"

#include <event2/event.h>
#include <stdlib.h>

#include "base/log.h"

/* An entry is in use as long as its minute runs. */
struct block {
	bool used;
	struct name domain; /* empty: the others */
	enum reason reason;
	uint64_t count; /* not told yet */
	uint64_t since; /* the last event */
};

struct blocks {
	struct event *timer;
	size_t used;
	struct block table[BLOCKS_MAX + 1]; /* the last is for the others */
};

static void
tell(struct block *at, uint64_t now)
{
	struct log_line l;

	log_begin(&l, LOG_LEVEL_WARNING, "block");
	log_text(&l, "domain",
	    at->domain.len > 0 ? at->domain.text : "(others)");
	log_text(&l, "reason", reason_text(at->reason));
	log_number(&l, "count", at->count);
	log_end(&l);
	at->count = 0;
	at->since = now;
}

/* The entry, or a free one, or that of the others. */
static struct block *
find(struct blocks *b, const struct name *domain, enum reason reason)
{
	struct block *free_one = NULL;

	for (size_t i = 0; i < BLOCKS_MAX; i++) {
		struct block *at = &b->table[i];

		if (at->used && at->reason == reason &&
		    name_equal(&at->domain, domain))
			return at;
		if (!at->used && free_one == NULL)
			free_one = at;
	}
	return free_one != NULL ? free_one : &b->table[BLOCKS_MAX];
}

static void
watch(struct blocks *b)
{
	const struct timeval tv = { .tv_sec = BLOCKS_LOOK_SECONDS };

	if (b->used > 0 && !event_pending(b->timer, EV_TIMEOUT, NULL))
		(void)event_add(b->timer, &tv);
}

void
blocks_note(struct blocks *b, const struct name *domain, enum reason reason,
    uint64_t now)
{
	struct block *at;

	blocks_look(b, now);
	at = find(b, domain, reason);
	if (at->used) {
		at->count++;
		return;
	}
	*at = (struct block){ .used = true, .reason = reason, .count = 1 };
	if (at != &b->table[BLOCKS_MAX])
		at->domain = *domain;
	b->used++;
	tell(at, now);
	watch(b);
}

void
blocks_look(struct blocks *b, uint64_t now)
{
	for (size_t i = 0; i <= BLOCKS_MAX; i++) {
		struct block *at = &b->table[i];

		if (!at->used || now - at->since < BLOCKS_MS)
			continue;
		if (at->count > 0) {
			tell(at, now);
		} else {
			at->used = false;
			b->used--;
		}
	}
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct blocks *b = arg;

	(void)fd;
	(void)what;
	blocks_look(b, clock_monotonic_ms());
	watch(b);
}

int
blocks_new(struct blocks **out, struct event_base *base)
{
	struct blocks *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return DG_ENOMEM;
	b->timer = evtimer_new(base, on_timer, b);
	if (b->timer == NULL) {
		free(b);
		return DG_ENOMEM;
	}
	*out = b;
	return 0;
}

size_t
blocks_bytes(void)
{
	return sizeof(struct blocks);
}

void
blocks_free(struct blocks *b)
{
	if (b == NULL)
		return;
	for (size_t i = 0; i <= BLOCKS_MAX; i++)
		if (b->table[i].used && b->table[i].count > 0)
			tell(&b->table[i], 0);
	event_free(b->timer);
	free(b);
}
