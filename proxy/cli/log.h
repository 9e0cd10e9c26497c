/*
 * The log as the daemon tells it, as lines for a person: `show log`, the same
 * while it goes on, and the decisions alone. Knows the members of these answers.
 */
#ifndef DG_CLI_LOG_H
#define DG_CLI_LOG_H

#include <stdio.h>

#include "base/span.h"

/* All lines of an answer to show log. DG_ESYNTAX. */
DG_MUSTCHECK int log_print(FILE *to, struct span answer);

/* One object of a stream; decisions: it is one, to be told shortly. DG_ESYNTAX. */
DG_MUSTCHECK int log_print_one(FILE *to, struct span object, bool decisions);

/* Follows until interrupted. request: the line for the daemon at path; json: as
 * it comes. Returns an exit code; why it failed is on stderr. */
int log_follow(const char *path, const char *request, bool decisions,
    bool json);

#endif
