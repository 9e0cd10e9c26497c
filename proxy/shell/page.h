/*
 * When a screen is full: counts the rows that lines take. Pure; what is asked
 * at the end of a screen, and of whom, is the caller's.
 */
#ifndef DG_SHELL_PAGE_H
#define DG_SHELL_PAGE_H

#include "base/span.h"

struct page {
	size_t rows;	/* of the screen; 0: it has no end */
	size_t columns; /* at least 1 */
	size_t used;	/* rows since the last stop */
};

/* 24x80 where a terminal cannot say how large it is (0). */
struct page page_begin(size_t rows, size_t columns);

/* Rows that a line takes, at least one; tabs go to each eighth column. */
size_t page_rows(const struct page *p, struct span line);

/* The line would push the first one since the last stop off the screen, on
 * whose last row the question stands. */
bool page_is_full(const struct page *p, struct span line);

void page_add(struct page *p, struct span line);

/* Goes on: by a whole screen, or by one row. */
void page_turn(struct page *p);
void page_step(struct page *p);

#endif
