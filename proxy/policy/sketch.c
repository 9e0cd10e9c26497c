#include "policy/sketch.h"

#define INDEX_BITS 10

_Static_assert(SKETCH_REGISTERS == 1 << INDEX_BITS,
    "a register for each index");

/* FNV-1a in 64 bits, and the finalizer of MurmurHash3: FNV alone leaves the
 * high bits alike for names that end alike. Kept in files: never change it. */
static uint64_t
hash_of(struct span s)
{
	uint64_t h = 14695981039346656037U;

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ s.p[i]) * 1099511628211U;
	h = (h ^ h >> 33) * 0xff51afd7ed558ccdU;
	h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53U;
	return h ^ h >> 33;
}

bool
sketch_add(struct sketch *s, struct span name)
{
	uint64_t h = hash_of(name);
	uint8_t *at = &s->ranks[h >> (64 - INDEX_BITS)];
	uint8_t rank = 1;

	h <<= INDEX_BITS;
	while (rank < SKETCH_RANK_MAX && h >> 63 == 0) {
		h <<= 1;
		rank++;
	}
	if (rank <= *at)
		return false;
	*at = rank;
	return true;
}

/*
 * Linear counting: of how many names one expects that so many registers were
 * hit. m * (1/(v+1) + ... + 1/m), which is about m * ln(m/v).
 */
static double
count_few(unsigned empty)
{
	double sum = 0;

	for (unsigned k = empty + 1; k <= SKETCH_REGISTERS; k++)
		sum += (double)SKETCH_REGISTERS / k;
	return sum;
}

uint64_t
sketch_estimate(const struct sketch *s)
{
	const double m = SKETCH_REGISTERS;
	const double alpha = 0.7213 / (1 + 1.079 / m);
	double sum = 0;
	double n;
	unsigned empty = 0;

	for (size_t i = 0; i < SKETCH_REGISTERS; i++) {
		sum += 1.0 / (double)(1ULL << (s->ranks[i] & 63));
		empty += s->ranks[i] == 0 ? 1 : 0;
	}
	n = alpha * m * m / sum;
	if (n <= 2.5 * m && empty > 0)
		n = count_few(empty);
	return (uint64_t)(n + 0.5);
}

void
sketch_merge(struct sketch *to, const struct sketch *from)
{
	for (size_t i = 0; i < SKETCH_REGISTERS; i++)
		if (from->ranks[i] > to->ranks[i])
			to->ranks[i] = from->ranks[i];
}
