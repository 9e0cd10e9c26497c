/*
 * The evidence for the report (policy/evidence.h), month by month: takes note
 * of decisions, keeps each month in a file of its own (daemon/keep.h), and lets
 * domains go when their days are over. While the time is not known, what is
 * noted waits for a month.
 */
#ifndef DG_DAEMON_LEDGER_H
#define DG_DAEMON_LEDGER_H

#include "session/proxy.h"

#define LEDGER_SECONDS 900 /* between looks at the calendar */

struct event_base;
struct ledger;

/* now: seconds since 1970, 0: not known. base must outlive it. DG_ENOMEM. */
DG_MUSTCHECK int ledger_new(struct ledger **out, struct event_base *base,
    const struct settings *settings, int64_t now);

/* From now on these hold: the directory, and the days. What is known goes on in
 * another directory. */
void ledger_settings(struct ledger *l, const struct settings *settings,
    int64_t now);

void ledger_note(struct ledger *l, const struct proxy_decided *decided,
    int64_t now);

/* Another month begins, old domains go; the timer does so by itself. */
void ledger_look(struct ledger *l, int64_t now);

/* Writes what is new. */
void ledger_save(struct ledger *l);

/* Bytes of memory that it takes. */
size_t ledger_bytes(const struct ledger *l);

/* Saves first; NULL is fine. */
void ledger_free(struct ledger *l);

#endif
