#include "base/clock.h"

#include <time.h>

/* The day this program was built; the Makefile passes it. */
#ifndef DG_BUILD_EPOCH
#	define DG_BUILD_EPOCH 0
#endif

uint64_t
clock_monotonic_ms(void)
{
	struct timespec t;

	/* Cannot fail for this clock on any kernel we run on. */
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

int64_t
clock_wall(void)
{
	return (int64_t)time(NULL);
}

bool
clock_wall_trusted(void)
{
	return clock_wall() >= (int64_t)DG_BUILD_EPOCH;
}
