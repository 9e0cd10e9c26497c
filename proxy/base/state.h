/*
 * What is kept over a restart, in small files of the state directory: written
 * whole or not at all, or as records that are added at the end. Seldom, since
 * it may be flash. Knows nothing of what the files hold.
 */
#ifndef DG_BASE_STATE_H
#define DG_BASE_STATE_H

#include <limits.h>

#include "base/record.h"

#define STATE_MAX 16384 /* bytes of a file that is read whole */

/*
 * Puts text into directory/name in place of what was there. DG_EIO with errno
 * set, DG_ELIMIT for too long a path.
 */
DG_MUSTCHECK int state_write(const char *directory, const char *name,
    struct span text);

/* *out is to be freed. DG_EIO with errno set (ENOENT: never written),
 * DG_ELIMIT, DG_ENOMEM. */
DG_MUSTCHECK int state_read(uint8_t **out, size_t *n, const char *directory,
    const char *name);

/* The file goes, if it was there. DG_EIO with errno set, DG_ELIMIT. */
DG_MUSTCHECK int state_remove(const char *directory, const char *name);

/*
 * A file that is written piece by piece. Whoever has opened it ends it, once
 * and in any case, and only then knows whether it is there. The fields belong
 * to state.c.
 */
struct state_file {
	int fd;
	bool fresh; /* takes the old one's place when it is whole */
	int error;  /* errno of the first failure, or 0 */
	const char *directory;
	char path[PATH_MAX];
	char written[PATH_MAX];
};

/* A new file: the old one stays as it is until the end. As state_write(); the
 * directory's text must outlive it. */
DG_MUSTCHECK int state_begin(struct state_file *f, const char *directory,
    const char *name);

/* The file as it is, or an empty one, to be added to. */
DG_MUSTCHECK int state_extend(struct state_file *f, const char *directory,
    const char *name);

/* A failure is kept, and told at the end. */
void state_put(struct state_file *f, struct span bytes);

/* Flushed to the disk, and in its place; *size: its bytes now. DG_EIO with
 * errno set: a new file has left no trace, an added-to one may have a torn end,
 * which readers of records step over. */
DG_MUSTCHECK int state_end(struct state_file *f, size_t *size);

/* Gives a file's whole records in their order. */
typedef void state_record_cb(void *arg, const struct record *record);

struct state_records {
	size_t size;	/* bytes of the file */
	size_t skipped; /* of them bytes that are no record */
};

/*
 * Reads a file of records, however damaged, in little memory. DG_EIO with errno
 * set (ENOENT: never written), DG_ELIMIT. What was read until then was given.
 */
DG_MUSTCHECK int state_records_read(struct state_records *out,
    const char *directory, const char *name, state_record_cb *cb, void *arg);

#endif
