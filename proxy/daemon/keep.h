/*
 * A table on disk: read at start, written every quarter of an hour and at the
 * end, if there is anything new. The file (records, see base/record.h) is added
 * to until most of it is out of date, and then written anew. A file that is
 * torn, damaged or not there never stops the start. Which table it is, its
 * functions say; keep_memory() and keep_evidence() are those there are.
 */
#ifndef DG_DAEMON_KEEP_H
#define DG_DAEMON_KEEP_H

#include "config/settings.h"
#include "policy/evidence.h"
#include "policy/memory.h"

#define KEEP_MEMORY_FILE "downgrade-memory"
#define KEEP_SECONDS	 900

struct event_base;
struct keep;

/* A table, and what it can do: see policy/memory.h for what is asked of it. */
struct keep_table {
	void *table;
	uint8_t kind; /* of its records */
	enum record_extent (*unsaved)(const void *table);
	void (*save)(void *table, enum record_extent extent,
	    record_payload_cb *cb, void *arg);
	void (*save_failed)(void *table);
	int (*restore)(void *table, struct span payload);
};

struct keep_table keep_memory(struct memory *memory);
struct keep_table keep_evidence(struct evidence *evidence);

/* Reads the file into the table, which stays the caller's and must outlive it;
 * so must base. DG_ENOMEM. */
DG_MUSTCHECK int keep_new(struct keep **out, struct event_base *base,
    const char *directory, const char *file, const struct keep_table *table);

/* From now on it is kept in that directory: what is there is replaced by what
 * is known. */
void keep_move(struct keep *k, const char *directory);

/* Writes what is new, if anything. What fails is logged and tried again. */
void keep_save(struct keep *k);

/* Writes what is new; NULL is fine. */
void keep_free(struct keep *k);

#endif
