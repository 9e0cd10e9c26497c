#include "shell/page.h"

#define ROWS	24
#define COLUMNS 80

struct page
page_begin(size_t rows, size_t columns)
{
	struct page p = { rows > 1 ? rows : ROWS,
		columns > 0 ? columns : COLUMNS, 0 };

	return p;
}

size_t
page_rows(const struct page *p, struct span line)
{
	size_t width = 0;

	for (size_t i = 0; i < line.n; i++)
		width = line.p[i] == '\t' ? (width | 7) + 1 : width + 1;
	return width == 0 ? 1 : (width + p->columns - 1) / p->columns;
}

bool
page_is_full(const struct page *p, struct span line)
{
	return p->rows > 0 && p->used > 0 &&
	    p->used + page_rows(p, line) > p->rows - 1;
}

void
page_add(struct page *p, struct span line)
{
	p->used += page_rows(p, line);
}

void
page_turn(struct page *p)
{
	p->used = 0;
}

void
page_step(struct page *p)
{
	p->used = p->used > 0 ? p->used - 1 : 0;
}
