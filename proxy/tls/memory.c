#include "tls/memory.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <mbedtls/platform.h>

/* Stands before every piece of memory given out. */
union header {
	struct {
		size_t size; /* as taken from the system, header included */
		bool booked;
	} is;
	max_align_t align;
};

static struct budget budget = { .name = "tls" };
static unsigned long refusals;
static bool inside;

static void *
memory_calloc(size_t count, size_t each)
{
	size_t size;
	union header *h;

	if (each != 0 && count > (SIZE_MAX - sizeof(*h)) / each)
		return NULL;
	size = count * each + sizeof(*h);
	if (inside && budget_take(&budget, size) < 0) {
		refusals++;
		return NULL;
	}
	h = calloc(1, size);
	if (h == NULL) {
		refusals++;
		if (inside)
			budget_give(&budget, size);
		return NULL;
	}
	h->is.size = size;
	h->is.booked = inside;
	return h + 1;
}

static void
memory_free(void *p)
{
	union header *h;

	if (p == NULL)
		return;
	h = (union header *)p - 1;
	if (h->is.booked)
		budget_give(&budget, h->is.size);
	free(h);
}

/*
 * Before main(): memory that the library took before its allocator was changed
 * would be given back to the wrong one, and DNSSEC may be first to use it.
 */
__attribute__((constructor)) static void
memory_install(void)
{
	/* It cannot fail where the library was built with our configuration. */
	if (mbedtls_platform_set_calloc_free(memory_calloc, memory_free) != 0)
		abort();
}

struct budget *
tls_memory_budget(void)
{
	return &budget;
}

void
tls_memory_enter(void)
{
	assert(!inside);
	inside = true;
}

void
tls_memory_leave(void)
{
	assert(inside);
	inside = false;
}

unsigned long
tls_memory_refusals(void)
{
	return refusals;
}
