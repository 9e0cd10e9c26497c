/*
 * How many different names were seen, roughly, in little memory that keeps no
 * name: HyperLogLog (Flajolet, Fusy, Gandouet, Meunier 2007) of 1024 registers.
 * The standard error is 1.04 / sqrt(1024) = 3.3 %; of few names (below about
 * 2500) it is that of linear counting, smaller still: of 100 some 0.2. Pure.
 */
#ifndef DG_POLICY_SKETCH_H
#define DG_POLICY_SKETCH_H

#include "base/span.h"

#define SKETCH_REGISTERS 1024
#define SKETCH_RANK_MAX	 55 /* what 54 bits of a hash can show */

struct sketch {
	uint8_t ranks[SKETCH_REGISTERS];
};

/* True when that changed something. */
bool sketch_add(struct sketch *s, struct span name);

uint64_t sketch_estimate(const struct sketch *s);

/* All names of both. */
void sketch_merge(struct sketch *to, const struct sketch *from);

#endif
