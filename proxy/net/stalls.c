#include "net/stalls.h"

#include <sys/epoll.h>
#include <time.h>

static const unsigned bounds_ms[STALLS_BUCKETS] = { 1, 2, 5, 10, 20, 100, 0 };

static struct stalls seen;
static uint64_t woke_us; /* 0: has not yet waited */

const struct stalls *
stalls_seen(void)
{
	return &seen;
}

unsigned
stalls_bound_ms(size_t index)
{
	return bounds_ms[index];
}

void
stalls_note(struct stalls *s, uint64_t us)
{
	size_t at = 0;

	while (bounds_ms[at] != 0 && us >= bounds_ms[at] * 1000ULL)
		at++;
	s->buckets[at]++;
	s->turns++;
	if (us > s->longest_us)
		s->longest_us = us;
}

static uint64_t
now_us(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_MONOTONIC, &t) != 0)
		return 0;
	return (uint64_t)t.tv_sec * 1000000U + (uint64_t)t.tv_nsec / 1000U;
}

/* NOLINTBEGIN(readability-identifier-naming): the linker's names */
int __real_epoll_wait(int fd, struct epoll_event *events, int n, int timeout);
int __wrap_epoll_wait(int fd, struct epoll_event *events, int n, int timeout);

int
__wrap_epoll_wait(int fd, struct epoll_event *events, int n, int timeout)
{
	int got;

	if (woke_us != 0)
		stalls_note(&seen, now_us() - woke_us);
	got = __real_epoll_wait(fd, events, n, timeout);
	woke_us = now_us();
	return got;
}
/* NOLINTEND(readability-identifier-naming) */
