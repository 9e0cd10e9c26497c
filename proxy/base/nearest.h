/*
 * How far apart two words are, so that a message about a wrong one can name
 * the one that was meant. Pure; knows nothing of what the words are for.
 */
#ifndef DG_BASE_NEAREST_H
#define DG_BASE_NEAREST_H

#include "base/span.h"

#define NEAREST_MAX 64 /* bytes that are compared; the rest does not count */

/* How many letters must be added, dropped or changed to make b of a. */
unsigned nearest_distance(struct span a, struct span b);

/* So few that b may have been meant: a third of it at most. */
bool nearest_is_close(struct span a, struct span b);

#endif
