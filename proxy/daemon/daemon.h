/*
 * The running daemon: listeners, signals, settings and what they lead to.
 * Knows nothing of what a session does.
 */
#ifndef DG_DAEMON_DAEMON_H
#define DG_DAEMON_DAEMON_H

#include "config/settings.h"

#define DAEMON_CONFIG "/etc/danegate/danegate.conf"

/*
 * Reads and checks the configuration file. 0; DG_ESYNTAX for a bad
 * configuration, DG_EIO when it cannot be read: both are said on the log.
 */
DG_MUSTCHECK int daemon_read(struct settings *out, const char *path);

#define DAEMON_AGAIN 1

/*
 * Opens what needs root, gives the rights up, and serves until SIGTERM, SIGINT
 * or a request to end. settings become the daemon's. 0, DAEMON_AGAIN when it was
 * asked to be started again, or the negative code of a failure.
 */
int daemon_run(struct settings *settings, const char *path, bool foreground);

#endif
