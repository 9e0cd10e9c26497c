/*
 * The control socket from the other side: asks a running daemon and waits for
 * its answer, which is bounded in size and time. Knows nothing of what is asked.
 */
#ifndef DG_CLI_CLIENT_H
#define DG_CLI_CLIENT_H

#include "base/span.h"

/*
 * Sends one request line (without its line feed) to the daemon at path. *out is
 * the answer, to be freed. DG_ENOTFOUND: nobody answers there, errno says why;
 * DG_EIO, DG_ETIMEDOUT, DG_ELIMIT, DG_ENOMEM.
 */
DG_MUSTCHECK int client_ask(uint8_t **out, size_t *n, const char *path,
    const char *line);

/*
 * For a request whose answer is a stream: gives each line of it to cb, without
 * its line feed, as it comes, until cb says false, stdout has no reader any
 * more, or the user interrupts (SIGINT, which ends this and nothing else): 0.
 * DG_ECLOSED: the daemon has ended it. DG_ENOTFOUND, DG_EIO, DG_ELIMIT.
 */
typedef bool client_line_cb(void *arg, struct span line);
DG_MUSTCHECK int client_follow(const char *path, const char *line,
    client_line_cb *cb, void *arg);

/* The member of that name at the top of an answer (a string, a number, or the
 * word true), printable and cut to size. False: it has none. */
bool client_member(char *out, size_t size, struct span answer, const char *key);

#endif
