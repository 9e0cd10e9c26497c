#include "base/nearest.h"

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Levenshtein's distance, one row of his table at a time. */
unsigned
nearest_distance(struct span a, struct span b)
{
	unsigned row[NEAREST_MAX + 1];

	a = span_slice(a, 0, NEAREST_MAX);
	b = span_slice(b, 0, NEAREST_MAX);
	for (unsigned j = 0; j <= b.n; j++)
		row[j] = j;
	for (unsigned i = 1; i <= a.n; i++) {
		unsigned diagonal = row[0];

		row[0] = i;
		for (unsigned j = 1; j <= b.n; j++) {
			unsigned changed = diagonal +
			    (a.p[i - 1] != b.p[j - 1]);

			diagonal = row[j];
			row[j] = least(changed, least(row[j], row[j - 1]) + 1);
		}
	}
	return row[b.n];
}

bool
nearest_is_close(struct span a, struct span b)
{
	return nearest_distance(a, b) <= b.n / 3;
}
