/*
 * The configuration as files: the one in force, the candidate that is being
 * edited, and the last ten that were in force, all beside one another:
 *
 *	danegate.conf			in force
 *	danegate.conf.candidate		edited; absent: nothing is being changed
 *	danegate.conf.1 to .10		before, the latest first
 *	danegate.conf.old		only while a commit is under way
 *	danegate.conf.before, .confirm	while it is on trial (base/confirm.h)
 *	danegate.conf.lock		held while one of these is written
 *	danegate.conf.editor		held by the shell that is in configure
 *
 * Each file is written whole and renamed into its place, so that after a crash
 * or a power cut the one in force is the old one or the new one, never a torn
 * one. Knows nothing of daemons.
 */
#ifndef DG_CLI_STORE_H
#define DG_CLI_STORE_H

#include <limits.h>

#include "config/candidate.h"

#define STORE_KEPT 10 /* configurations that were in force before */

struct store {
	char folder[PATH_MAX];
	char name[NAME_MAX + 1]; /* "danegate.conf" */
	int lock;
	bool taken_back; /* nobody had confirmed the last commit in time */
};

/*
 * Takes the lock for the configuration file at path, and brings a commit that
 * was cut off to its end; one that nobody confirmed in time is taken back.
 * DG_EAGAIN: another one holds it. DG_EIO with errno set, DG_ELIMIT for too
 * long a path.
 */
DG_MUSTCHECK int store_open(struct store *s, const char *path);
void store_close(struct store *s);

/* Only to look, without the lock and the rights it takes; nothing is brought to
 * its end, and store_close() is not called. */
DG_MUSTCHECK int store_look(struct store *s, const char *path);

/*
 * A console that means to change the configuration for a while. What it starts
 * may open the store to change it, others may only look.
 */
struct store_claim {
	int fd; /* -1: none */
	char
	    who[64]; /* "root at /dev/ttyS0": us, or with DG_EAGAIN the other */
};

/* DG_EAGAIN: another console has it, `who` says which. DG_EIO with errno set. */
DG_MUSTCHECK int store_claim(struct store_claim *c, const char *path);
void store_unclaim(struct store_claim *c);

/* 0: nobody else has the claim; else as store_claim(). */
DG_MUSTCHECK int store_claimed(struct store_claim *c, const char *path);

/* What is in force; nothing when there is no file yet. To be freed in any case.
 * DG_EIO with errno set, or as candidate_load(). */
DG_MUSTCHECK int store_running(struct candidate *out, const struct store *s);

/* What is being edited: at first what is in force. */
DG_MUSTCHECK int store_candidate(struct candidate *out, const struct store *s);
DG_MUSTCHECK int store_keep(const struct store *s, const struct candidate *c);
DG_MUSTCHECK int store_discard(const struct store *s);

/* The one that was in force n commits ago, 1 to STORE_KEPT. */
DG_MUSTCHECK int store_previous(struct candidate *out, const struct store *s,
    unsigned n);

/*
 * Puts text in force. Then either store_finish() (it becomes history's latest,
 * and the candidate is gone) or store_restore() (the one before is in force
 * again). DG_EIO with errno set.
 */
DG_MUSTCHECK int store_install(const struct store *s, struct span text);
DG_MUSTCHECK int store_finish(const struct store *s);
DG_MUSTCHECK int store_restore(const struct store *s);

#endif
