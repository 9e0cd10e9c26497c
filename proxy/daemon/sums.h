/*
 * The sums of each day on disk, for `danegate report`: what the counters since
 * the start have risen by, and what was written of this day before a restart.
 * Added to every quarter of an hour, and at the end, if anything has changed;
 * written anew with one record a day when a day is over and at start. A damaged
 * file costs the records that are damaged. While the time is not known, what is
 * counted waits for a day.
 */
#ifndef DG_DAEMON_SUMS_H
#define DG_DAEMON_SUMS_H

#include "config/settings.h"
#include "policy/counts.h"

#define SUMS_SECONDS 900

struct event_base;
struct sums;

/*
 * cb gives the counts since the start, which rise from zero. base must outlive
 * it. now: seconds since 1970, 0: not known. DG_ENOMEM.
 */
typedef void sums_counts_cb(void *arg, struct counts *out);
DG_MUSTCHECK int sums_new(struct sums **out, struct event_base *base,
    const char *directory, sums_counts_cb *cb, void *arg, int64_t now);

/* From now on they are kept in that directory, from this day on. */
void sums_move(struct sums *s, const char *directory);

/* Writes what has changed; the timer does so by itself. */
void sums_save(struct sums *s, int64_t now);

/* What was counted of this day so far, also before a start; while the time is
 * not known, since the start. */
void sums_today(struct counts *out, const struct sums *s);

/* Saves first; NULL is fine. */
void sums_free(struct sums *s, int64_t now);

#endif
