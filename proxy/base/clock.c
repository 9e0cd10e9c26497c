#include "base/clock.h"

#include <fcntl.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

/* The day this program was built; the Makefile passes it. */
#ifndef DG_BUILD_EPOCH
#	define DG_BUILD_EPOCH 0
#endif

/* Says "1" when the system's clock was set from it at the start. */
#define RTC_FILE "/sys/class/rtc/rtc0/hctosys"

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
	return (int64_t)time(NULL);
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

static bool
is_synchronized(void)
{
	struct timex t = { .modes = 0 };

	return adjtimex(&t) != TIME_ERROR && (t.status & STA_UNSYNC) == 0;
}

static bool
is_from_rtc(void)
{
	int fd = open(RTC_FILE, O_RDONLY | O_CLOEXEC);
	char c = '0';
	bool yes;

	if (fd < 0)
		return false;
	yes = read(fd, &c, 1) == 1 && c == '1';
	(void)close(fd);
	return yes;
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
		f.synchronized = is_synchronized();
		f.from_rtc = !f.synchronized && is_from_rtc();
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
