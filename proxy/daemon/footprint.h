/*
 * The memory of the process: by our own books, pool by pool, and as the system
 * sees it. The two are to agree within a tenth; what is between them is what the
 * allocator keeps for later.
 */
#ifndef DG_DAEMON_FOOTPRINT_H
#define DG_DAEMON_FOOTPRINT_H

#include "base/budget.h"
#include "daemon/insight.h"

#define FOOTPRINT_POOLS 9

struct footprint {
	struct budget pools[FOOTPRINT_POOLS];
	size_t npools;
	size_t program;	   /* its files' pages in memory, what stood at start */
	size_t given_back; /* of the pools: empty buffers */
	size_t sum;	   /* program and pools, less what is given back */
	size_t resident;   /* as the system sees it */
	size_t stack_peak; /* likewise; a part of program */
};

/* What stands besides the pools, bytes; for insight.at_start, when all is set up
 * and nothing has come yet. */
size_t footprint_at_start(const struct insight *in);

void footprint_take(struct footprint *out, const struct insight *in);

#endif
