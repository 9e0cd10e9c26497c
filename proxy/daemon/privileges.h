/*
 * Giving up what is not needed any more: after the listeners are open the
 * daemon runs as an unprivileged user that keeps one capability. Knows nothing
 * of what the daemon does.
 */
#ifndef DG_DAEMON_PRIVILEGES_H
#define DG_DAEMON_PRIVILEGES_H

#include "base/err.h"

/*
 * Becomes user (groups, group, user), keeps CAP_NET_ADMIN alone (transparent
 * sockets need it), empties the bounding set, forbids new privileges and core
 * dumps. Irreversible. For a process that is not root: the user must be the
 * one it runs as, the rest is done as far as it applies.
 *
 * On failure *step names what could not be done ("unknown user", "setuid"),
 * errno may tell more, and the process must end: it may stand half-way.
 * DG_ENOTFOUND for an unknown user, DG_EINVAL when user is root, DG_EIO.
 */
DG_MUSTCHECK int privileges_drop_step(const char *user, const char **step);

/* The same, with the failure written to the log. */
DG_MUSTCHECK int privileges_drop(const char *user);

#endif
