/*
 * A decision's line of the log as one for a person who watches: what became of
 * mail to whom, and why, on a screen of 80 columns. Pure; knows the words of
 * that line, nothing of who made it.
 */
#ifndef DG_CLI_DECISION_H
#define DG_CLI_DECISION_H

#include <stdio.h>

#include "base/span.h"

/* The value of a field, `domain` in domain=example.nl, without its quotes; empty:
 * it is not there. */
struct span decision_field(struct span line, const char *name);

/* when: the time of day as text. */
void decision_print(FILE *to, const char *when, struct span line);

#endif
