/*
 * What a benchmark of lookups measures in its own process: heap, processor
 * time, signature checks. All of malloc's users are counted, those in shared
 * libraries too.
 */
#ifndef DG_BENCH_DNSSEC_MEASURE_H
#define DG_BENCH_DNSSEC_MEASURE_H

#include <stddef.h>
#include <stdint.h>

struct heap {
	size_t used; /* bytes in use, as the allocator rounds them */
	size_t peak; /* since heap_mark() */
};

extern struct heap heap;

/* The peak begins anew. */
void heap_mark(void);

/* Processor time of this process, in nanoseconds. */
uint64_t cpu_ns(void);

/* One lookup chain: what it took of all three. */
struct cost {
	uint64_t ns;
	unsigned signatures;
	size_t peak; /* bytes over what was in use before */
	size_t kept; /* of them still in use afterwards: the cache */
};

/* Prints the costs of n cold runs, medians, as key=value lines. */
void cost_print(struct cost *costs, size_t n);

#endif
