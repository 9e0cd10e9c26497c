/*
 * Memory as a sum that is known: every large consumer (sessions, TLS, caches)
 * takes from a named budget and gives back to it, so that one cannot starve
 * the other and `show memory` can add up. Counts bytes only; the memory itself
 * comes from the allocator. Knows nothing of its users.
 */
#ifndef DG_BASE_BUDGET_H
#define DG_BASE_BUDGET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct budget {
	const char *name;
	size_t limit; /* bytes */
	size_t used;
	size_t peak;
};

/* Books n bytes; DG_ENOMEM when the limit would be passed. */
DG_MUSTCHECK int budget_take(struct budget *b, size_t n);

/* Gives n bytes back; n must have been taken. */
void budget_give(struct budget *b, size_t n);

#endif
