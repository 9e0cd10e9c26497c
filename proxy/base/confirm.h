/*
 * A configuration file that is in force on trial: unless somebody confirms it
 * in time, the one before counts again, whatever happens to the machine in
 * between. Two files beside it say so:
 *
 *	FILE.before	the one before
 *	FILE.confirm	"BOOT SECONDS": the boot it was put in force in, and until
 *			when, in seconds since that boot
 *
 * Another boot means that the time is over: a machine that had to be switched
 * off and on comes back with what worked, and no clock needs to be set for it.
 * Whoever reads the configuration asks confirm_file() which file counts. Knows
 * nothing of what the files hold.
 */
#ifndef DG_BASE_CONFIRM_H
#define DG_BASE_CONFIRM_H

#include <limits.h>

#include "base/span.h"

#define CONFIRM_MINUTES_MAX 1440

enum confirm_state {
	CONFIRM_NONE = 0, /* nothing waits for confirmation */
	CONFIRM_PENDING,
	CONFIRM_DUE, /* the time is over: the one before counts */
};

/* *left: with pending, the seconds that are left, at least 1. */
enum confirm_state confirm_state(const char *path, uint64_t *left);

struct confirm_path {
	char text[PATH_MAX];
};

/* The file that counts now: path itself, or the one before. */
struct confirm_path confirm_file(const char *path);

/*
 * Starts a trial of that many minutes: text is what counts if nobody confirms.
 * To be called before the new file is put in its place. DG_EIO with errno set,
 * DG_ELIMIT for too long a path.
 */
DG_MUSTCHECK int confirm_begin(const char *path, struct span text,
    unsigned minutes);

/* Ends the trial: what is at path counts. DG_EIO with errno set. */
DG_MUSTCHECK int confirm_end(const char *path);

#endif
