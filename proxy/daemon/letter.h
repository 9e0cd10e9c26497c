/*
 * One letter of our own to one mail server, in clear (RFC 5321 4.1): EHLO, MAIL,
 * RCPT, DATA, QUIT. Meant for the office's mail server, which queues it. Bounded
 * in time at each step; knows nothing of what the letter says.
 */
#ifndef DG_DAEMON_LETTER_H
#define DG_DAEMON_LETTER_H

#include "base/address.h"

#define LETTER_SECONDS	 300 /* that each step may take, RFC 5321 4.5.3.2 */
#define LETTER_FAULT_MAX 200
#define LETTER_TO_MAX	 4

enum letter_outcome {
	LETTER_FAILED = 0, /* 4xx, no answer, no connection: may come again */
	LETTER_TAKEN,	   /* the server has it */
	LETTER_REFUSED,	   /* for good */
};

struct letter_plan {
	struct address server;
	const char *helo;
	const char *from; /* mailboxes; see base/mailbox.h */
	const char *to[LETTER_TO_MAX];
	size_t nto;
	struct span text; /* lines end in CRLF, and none begins with a dot */
};

struct event_base;
struct letter;

/* why: printable; empty for one that was taken. Called from the loop once, and
 * the letter may be freed there. */
typedef void letter_done(void *arg, enum letter_outcome outcome,
    const char *why);

/* What the plan points to must outlive it. A letter that only some of the
 * mailboxes may get goes to these. Begins with the next turn of the loop.
 * DG_ENOMEM. */
DG_MUSTCHECK int letter_new(struct letter **out, struct event_base *base,
    const struct letter_plan *plan, letter_done *done, void *arg);

void letter_free(struct letter *l); /* NULL is fine */

#endif
