/*
 * Exceptions that have ended (`set policy domain ... until`): the log says so
 * at start, after each SIGHUP, and once a day, until they are taken out of the
 * configuration. They have stopped to hold by themselves (policy.c).
 */
#ifndef DG_DAEMON_EXCEPTIONS_H
#define DG_DAEMON_EXCEPTIONS_H

#include "config/settings.h"

struct event_base;
struct exceptions;

/* settings and base stay the caller's and must outlive it. DG_ENOMEM. */
DG_MUSTCHECK int exceptions_new(struct exceptions **out,
    struct event_base *base, const struct settings *settings);

/* From now on these. */
void exceptions_settings(struct exceptions *e, const struct settings *settings);

void exceptions_free(struct exceptions *e); /* NULL is fine */

/* A line for each that does not hold at time now (seconds since 1970, 0: not
 * known). Returns how many. */
size_t exceptions_report(const struct settings *settings, int64_t now);

#endif
