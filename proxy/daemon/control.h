/*
 * The control socket: a unix socket on which requests come (control/control.h),
 * each on a connection of its own. Who asks is told by the kernel; what may be
 * asked by whom is checked here, what the answer is made of is the callback's.
 * A few connections at one time, each for a few seconds, and answers of bounded
 * size: no request can stall mail.
 */
#ifndef DG_DAEMON_CONTROL_H
#define DG_DAEMON_CONTROL_H

#include <sys/types.h>

#include "base/json.h"
#include "control/control.h"

struct event_base;
struct control;

#define CONTROL_CONNECTIONS_MAX 8
#define CONTROL_TIMEOUT		10 /* seconds for request and answer */

/*
 * Writes the members of the answer into j, in which an object is open. May end
 * lists early by json_room(); CONTROL_ANSWER_MAX bytes are there in all.
 */
typedef void control_answer_cb(void *arg, struct json *j,
    const struct control_request *request);

/*
 * Listens at path; a socket that a dead daemon left there is replaced, and a
 * missing last folder is made. Everybody may connect: the kernel says who it
 * is. Needs the rights to write there, so before they are given up. DG_EIO
 * with errno set, DG_ELIMIT for too long a path, DG_ENOMEM.
 */
DG_MUSTCHECK int control_open(struct control **out, struct event_base *base,
    const char *path, control_answer_cb *cb, void *arg);

/* Ends all connections. The socket's file stays if there is no right to remove
 * it; the next start replaces it. NULL is fine. */
void control_free(struct control *c);

/* What the groups of a peer make of it. Pure; groups may repeat. (gid_t)-1: no
 * such group on this machine. */
enum control_role control_role_of(uid_t uid, uid_t own, const gid_t *groups,
    size_t ngroups, gid_t view, gid_t admin);

#endif
