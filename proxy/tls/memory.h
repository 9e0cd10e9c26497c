/*
 * Memory of mbedTLS: what is taken while a connection of ours runs is booked
 * on a budget, so that TLS can use up its own share and nobody else's, and on
 * that connection's part of it, so that none can use up all of it. The
 * library's allocator is one for the whole process, and DNSSEC and certificate
 * checks use it too: outside of tls_memory_enter() nothing is booked. Knows
 * nothing of TLS itself.
 */
#ifndef DG_TLS_MEMORY_H
#define DG_TLS_MEMORY_H

#include "base/budget.h"

/* The budget, one per process; its limit is set by whoever makes a context. */
struct budget *tls_memory_budget(void);

/*
 * One connection's part. What the library keeps for good stays booked on the
 * part that it was taken by, which therefore outlives its connection until
 * nothing is left of it.
 */
struct tls_part;

/* limit: bytes of it. DG_ENOMEM. */
DG_MUSTCHECK int tls_part_new(struct tls_part **out, size_t limit);
/* Its connection has ended. NULL is fine. */
void tls_part_close(struct tls_part *part);
const struct budget *tls_part_budget(const struct tls_part *part);

/*
 * From here to tls_memory_leave() what the library takes is booked on that
 * part. Not to be nested.
 */
void tls_memory_enter(struct tls_part *part);
void tls_memory_leave(void);

/* How often an allocation has been refused so far. */
unsigned long tls_memory_refusals(void);

#endif
