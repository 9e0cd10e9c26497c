/*
 * Downgrade memory: which hosts have spoken TLS, and when they last did. A
 * host that did so a few days ago and now does not is a downgrade, where
 * nothing better than opportunistic TLS is known of it. Pure: time is handed
 * in; a bounded table, the host longest unseen gives way.
 */
#ifndef DG_POLICY_MEMORY_H
#define DG_POLICY_MEMORY_H

#include "base/span.h"

#define MEMORY_HOSTS_MAX 4096
#define MEMORY_KEY_MAX	 255 /* bytes of a host name or an address */

struct memory;

/* max: hosts at most. DG_ENOMEM. */
DG_MUSTCHECK int memory_new(struct memory **out, size_t max);
void memory_free(struct memory *m);

/*
 * The host spoke TLS at time now (seconds of wall time). A key that is empty or
 * too long, or want of memory: nothing is noted.
 */
void memory_note(struct memory *m, struct span host, int64_t now);

/* The host spoke TLS at most that many days ago; a clock that went back since
 * then counts as no time at all. days 0: never. */
bool memory_knows(const struct memory *m, struct span host, int64_t now,
    unsigned days);

size_t memory_hosts(const struct memory *m);

#endif
