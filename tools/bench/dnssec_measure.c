#include "dnssec_measure.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct heap heap;

/* glibc's own, below the names that programs call. */
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void *__libc_memalign(size_t alignment, size_t n);
void __libc_free(void *p);

static void *
count(void *p)
{
	heap.used += malloc_usable_size(p);
	if (heap.used > heap.peak)
		heap.peak = heap.used;
	return p;
}

void *
malloc(size_t n)
{
	return count(__libc_malloc(n));
}

void *
calloc(size_t n, size_t size)
{
	return count(__libc_calloc(n, size));
}

void *
realloc(void *p, size_t n)
{
	size_t before = malloc_usable_size(p);
	void *q = __libc_realloc(p, n);

	if (q != NULL || n == 0)
		heap.used -= before;
	return count(q);
}

int
posix_memalign(void **out, size_t alignment, size_t n)
{
	*out = count(__libc_memalign(alignment, n));
	return *out != NULL ? 0 : ENOMEM;
}

void *
aligned_alloc(size_t alignment, size_t n)
{
	return count(__libc_memalign(alignment, n));
}

void
free(void *p)
{
	heap.used -= malloc_usable_size(p);
	__libc_free(p);
}

void
heap_mark(void)
{
	heap.peak = heap.used;
}

uint64_t
cpu_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static int
by_time(const void *a, const void *b)
{
	const struct cost *x = a;
	const struct cost *y = b;

	return x->ns < y->ns ? -1 : x->ns > y->ns;
}

void
cost_print(struct cost *costs, size_t n)
{
	const struct cost *c = &costs[n / 2];

	/* All runs do the same; only time differs. */
	qsort(costs, n, sizeof(*costs), by_time);
	(void)printf("cpu_us=%.0f\nsignatures=%u\npeak=%zu\nkept=%zu\n",
	    (double)c->ns / 1000, c->signatures, c->peak, c->kept);
}
