/*
 * How long the event loop keeps everybody waiting: the time from one wait for
 * events to the next, as a histogram. While a turn lasts no other session's bytes
 * move. libevent's epoll_wait() is wrapped for it (see the Makefile), since
 * nothing else sees the whole of a turn. Knows nothing of what is done in one.
 */
#ifndef DG_NET_STALLS_H
#define DG_NET_STALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STALLS_BUCKETS 7

struct stalls {
	uint64_t turns;
	uint64_t longest_us;
	uint64_t buckets[STALLS_BUCKETS];
};

/* Since the start, of all loops of this process. */
const struct stalls *stalls_seen(void);

/* Bucket number `index` holds turns shorter than so many milliseconds, and not
 * those of the bucket before; the last one has no bound (0). */
unsigned stalls_bound_ms(size_t index);

/* One more turn. Pure. */
void stalls_note(struct stalls *s, uint64_t us);

#endif
