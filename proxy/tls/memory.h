/*
 * Memory of mbedTLS: what is taken while a connection of ours runs is booked
 * on a budget, so that TLS can use up its own share and nobody else's. The
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
 * From here to tls_memory_leave() what the library takes is booked. Not to be
 * nested.
 */
void tls_memory_enter(void);
void tls_memory_leave(void);

/* How often an allocation has been refused so far. */
unsigned long tls_memory_refusals(void);

#endif
