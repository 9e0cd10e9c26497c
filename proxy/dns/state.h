/*
 * What the resolver keeps over a restart, one small file each in the state
 * directory: the root's trust anchors (RFC 5011) and the latest time seen.
 * Written whole or not at all, and seldom, since it may be flash. Knows
 * nothing of what the files hold.
 */
#ifndef DG_DNS_STATE_H
#define DG_DNS_STATE_H

#include "base/span.h"

#define STATE_MAX 16384 /* bytes of a file */

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

#endif
