/*
 * What was held, for people: one `block` event per domain and reason, and then
 * one a minute with how many recipients there were since, however many mail
 * servers try again. A bounded table; where it is full, the others are one event
 * without a domain. The `decision` lines of the log are not touched.
 */
#ifndef DG_DAEMON_BLOCKS_H
#define DG_DAEMON_BLOCKS_H

#include "policy/policy.h"

#define BLOCKS_MAX	    64
#define BLOCKS_MS	    60000 /* between two events of one kind */
#define BLOCKS_LOOK_SECONDS 5

struct event_base;
struct blocks;

/* base must outlive it. DG_ENOMEM. */
DG_MUSTCHECK int blocks_new(struct blocks **out, struct event_base *base);

/* A recipient was held; now: monotonic, milliseconds. */
void blocks_note(struct blocks *b, const struct name *domain,
    enum reason reason, uint64_t now);

/* Events that are due; the timer does so by itself. */
void blocks_look(struct blocks *b, uint64_t now);

/* Bytes of memory that it takes. */
size_t blocks_bytes(void);

/* Tells what has not been told yet; NULL is fine. */
void blocks_free(struct blocks *b);

#endif
