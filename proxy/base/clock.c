#include "base/clock.h"

#include <time.h>

#include "base/clock_kernel.h"

/* The day this program was built; the Makefile passes it. */
#ifndef DG_BUILD_EPOCH
#	define DG_BUILD_EPOCH 0
#endif

static struct {
	enum clock_trust trust;
	int64_t floor;
} clock_state = { CLOCK_TRUST_FLOOR, DG_BUILD_EPOCH };

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
	return clock_kernel_wall();
}

bool
clock_judge(const struct clock_facts *f)
{
	bool above = f->wall > 0 && f->wall + CLOCK_SLACK >= f->floor;

	switch (f->trust) {
	case CLOCK_TRUST_FLOOR:
		return above;
	case CLOCK_TRUST_KERNEL:
		return above && (f->synchronized || f->from_rtc);
	case CLOCK_TRUST_ALWAYS:
		return true;
	}
	return false;
}

bool
clock_wall_trusted(void)
{
	struct clock_facts f = {
		.trust = clock_state.trust,
		.wall = clock_wall(),
		.floor = clock_state.floor,
	};

	if (f.trust == CLOCK_TRUST_KERNEL) {
		f.synchronized = clock_kernel_is_synchronized();
		f.from_rtc = !f.synchronized &&
		    clock_kernel_is_from_rtc(CLOCK_RTC_FILE);
	}
	return clock_judge(&f);
}

void
clock_set_trust(enum clock_trust trust)
{
	clock_state.trust = trust;
}

int64_t
clock_floor(void)
{
	return clock_state.floor;
}

void
clock_raise_floor(int64_t seconds)
{
	if (seconds > clock_state.floor)
		clock_state.floor = seconds;
}
