#include "base/budget.h"

#include <assert.h>

int
budget_take(struct budget *b, size_t n)
{
	if (n > b->limit - b->used)
		return DG_ENOMEM;
	b->used += n;
	if (b->used > b->peak)
		b->peak = b->used;
	return 0;
}

void
budget_give(struct budget *b, size_t n)
{
	assert(n <= b->used);
	b->used -= n;
}
