/*
 * Downgrade memory on disk: read at start, written every quarter of an hour and
 * at the end, if there is anything new. The file (records, see base/record.h)
 * is added to until most of it is out of date, and then written anew. A file
 * that is torn, damaged or not there never stops the start. Knows nothing of
 * what sessions do with the memory.
 */
#ifndef DG_DAEMON_KEEP_H
#define DG_DAEMON_KEEP_H

#include "config/settings.h"
#include "policy/memory.h"

#define KEEP_MEMORY_FILE "downgrade-memory"
#define KEEP_SECONDS	 900

struct event_base;
struct keep;

/* Reads the file into memory, which stays the caller's and must outlive it; so
 * must base. DG_ENOMEM. */
DG_MUSTCHECK int keep_new(struct keep **out, struct event_base *base,
    const char *directory, struct memory *memory);

/* From now on it is kept in that directory: what is there is replaced by what
 * is known. */
void keep_move(struct keep *k, const char *directory);

/* Writes what is new, if anything. What fails is logged and tried again. */
void keep_save(struct keep *k);

/* Writes what is new; NULL is fine. */
void keep_free(struct keep *k);

#endif
