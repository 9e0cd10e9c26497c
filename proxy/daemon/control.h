/*
 * The control socket: a unix socket on which requests come (control/control.h),
 * each on a connection of its own. Who asks is told by the kernel; what may be
 * asked by whom is checked here, what the answer is made of is the callbacks'.
 * A few connections at one time, each for a few seconds; a long answer is made
 * in slices of bounded size, with a turn of the event loop between any two, so
 * that no request can stall mail. A follower has no queue of his own: he reads
 * from what the callback keeps, as fast as he can.
 */
#ifndef DG_DAEMON_CONTROL_H
#define DG_DAEMON_CONTROL_H

#include <sys/types.h>

#include "base/json.h"
#include "control/control.h"

struct event_base;
struct control;

#define CONTROL_CONNECTIONS_MAX 8
#define CONTROL_FOLLOWERS_MAX	4  /* of these */
#define CONTROL_TIMEOUT		10 /* seconds for request and answer */
#define CONTROL_SLICE		((size_t)16 << 10)
/* What a slice must still have room for, for an entry of a list to be begun. */
#define CONTROL_ENTRY_MAX	((size_t)6 << 10)
#define CONTROL_FOLLOW_MS	50 /* lines are told in bundles of so long */

/* How far an answer or a stream has come; cleared at first. */
struct control_cursor {
	unsigned part; /* which list, or what the callback likes */
	uint64_t next; /* in it */
};

/*
 * Writes the next members of the answer into j, in which an object is open, and
 * in later slices perhaps an array of an earlier one. True: there is more, go
 * on in another slice. An entry may be begun while json_room() is at least
 * CONTROL_ENTRY_MAX.
 */
typedef bool control_answer_cb(void *arg, struct json *j,
    const struct control_request *request, struct control_cursor *at);

/*
 * Of a stream, the members of the next object. False: none is there now;
 * control_news() says when.
 */
typedef bool control_follow_cb(void *arg, struct json *j,
    const struct control_request *request, struct control_cursor *at);

struct control_source {
	control_answer_cb *answer;
	control_follow_cb *follow;
	void *arg;
};

/*
 * Listens at path; a socket that a dead daemon left there is replaced, and a
 * missing last folder is made. Everybody may connect: the kernel says who it
 * is. Needs the rights to write there, so before they are given up. DG_EIO
 * with errno set, DG_ELIMIT for too long a path, DG_ENOMEM.
 */
DG_MUSTCHECK int control_open(struct control **out, struct event_base *base,
    const char *path, const struct control_source *source);

/* Something new for those that follow; from anywhere, and cheap. NULL is fine. */
void control_news(struct control *c);

/* Ends all connections. The socket's file stays if there is no right to remove
 * it; the next start replaces it. NULL is fine. */
void control_free(struct control *c);

/* What the groups of a peer make of it. Pure; groups may repeat. (gid_t)-1: no
 * such group on this machine. */
enum control_role control_role_of(uid_t uid, uid_t own, const gid_t *groups,
    size_t ngroups, gid_t view, gid_t admin);

#endif
