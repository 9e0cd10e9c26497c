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
		struct tls_part *part; /* NULL: booked nowhere */
	} is;
	max_align_t align;
};

struct tls_part {
	struct budget budget;
	bool closed;
};

static struct budget budget = { .name = "tls" };
static unsigned long refusals;
static struct tls_part *inside; /* whose connection runs */

/* On both, or on none. */
static int
book(struct tls_part *part, size_t n)
{
	int err = budget_take(&part->budget, n);

	if (err < 0)
		return err;
	err = budget_take(&budget, n);
	if (err < 0)
		budget_give(&part->budget, n);
	return err;
}

static void
part_free_if_over(struct tls_part *part)
{
	if (!part->closed || part->budget.used > 0)
		return;
	free(part);
	budget_give(&budget, sizeof(*part));
}

static void
unbook(struct tls_part *part, size_t n)
{
	budget_give(&part->budget, n);
	budget_give(&budget, n);
	part_free_if_over(part);
}

int
tls_part_new(struct tls_part **out, size_t limit)
{
	struct tls_part *part;
	int err = budget_take(&budget, sizeof(*part));

	if (err < 0)
		return err;
	part = calloc(1, sizeof(*part));
	if (part == NULL) {
		budget_give(&budget, sizeof(*part));
		return DG_ENOMEM;
	}
	part->budget.name = "tls-connection";
	part->budget.limit = limit;
	*out = part;
	return 0;
}

void
tls_part_close(struct tls_part *part)
{
	if (part == NULL)
		return;
	part->closed = true;
	part_free_if_over(part);
}

const struct budget *
tls_part_budget(const struct tls_part *part)
{
	return &part->budget;
}

static void *
memory_calloc(size_t count, size_t each)
{
	size_t size;
	union header *h;

	if (each != 0 && count > (SIZE_MAX - sizeof(*h)) / each)
		return NULL;
	size = count * each + sizeof(*h);
	if (inside != NULL && book(inside, size) < 0) {
		refusals++;
		return NULL;
	}
	h = calloc(1, size);
	if (h == NULL) {
		refusals++;
		if (inside != NULL)
			unbook(inside, size);
		return NULL;
	}
	h->is.size = size;
	h->is.part = inside;
	return h + 1;
}

static void
memory_free(void *p)
{
	union header *h;

	if (p == NULL)
		return;
	h = (union header *)p - 1;
	if (h->is.part != NULL)
		unbook(h->is.part, h->is.size);
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
tls_memory_enter(struct tls_part *part)
{
	assert(inside == NULL);
	inside = part;
}

void
tls_memory_leave(void)
{
	assert(inside != NULL);
	inside = NULL;
}

unsigned long
tls_memory_refusals(void)
{
	return refusals;
}
