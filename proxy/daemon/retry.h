/*
 * Exceptions are tried again: at start, after each SIGHUP and once a day a probe
 * (probe/) asks for each what would become of mail to its domain without any
 * `policy domain` rule, and the log says for which it is no longer needed; so
 * does a file, for the report (policy/unneeded.h). One
 * probe at a time, with a pause between two; nothing is changed by itself. A rule
 * for all names below one is not tried, since none of them is known, nor is one
 * that asks for more than the level without it.
 */
#ifndef DG_DAEMON_RETRY_H
#define DG_DAEMON_RETRY_H

#include "probe/probe.h"

#define RETRY_PAUSE_SECONDS 5
#define RETRY_LOOK_SECONDS  3600 /* whether another day has begun */

struct event_base;
struct retry;

/* What the means point to stays the caller's. DG_ENOMEM. */
DG_MUSTCHECK int retry_new(struct retry **out, struct event_base *base,
    const struct probe_means *means);

/* Ends what is under way: the means may go. */
void retry_stop(struct retry *r);

/* From now on by these: all exceptions are tried again. */
void retry_begin(struct retry *r, const struct probe_means *means);

void retry_free(struct retry *r); /* NULL is fine */

/* The rule is an exception that a probe can try. Pure. */
bool retry_is_tried(const struct settings *settings,
    const struct domain_rule *rule, int64_t now);

#endif
