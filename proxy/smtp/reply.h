/*
 * A server's reply, read line by line out of a bounded buffer, and written
 * again for the client (RFC 5321 4.2). Pure. A reply that breaks the grammar
 * is an error, never a guess: what the caller says instead is its business.
 */
#ifndef DG_SMTP_REPLY_H
#define DG_SMTP_REPLY_H

#include "base/buf.h"

#define SMTP_REPLY_LINE_MAX 2048 /* real banners pass the RFC's 512 */
#define SMTP_REPLY_TEXT_MAX 4096
#define SMTP_REPLY_LINES    64

struct smtp_reply {
	int code; /* 200-599 */
	unsigned lines;
	size_t len;
	/* The lines' texts without codes, '\n' between; printable ASCII, other
	 * bytes have become '?'. */
	char text[SMTP_REPLY_TEXT_MAX];
};

struct smtp_reply_reader {
	struct smtp_reply reply;
};

/* Starts to read a reply. */
void smtp_reply_start(struct smtp_reply_reader *r);

/*
 * Takes lines from in. 0: r->reply is whole, and what stands behind it in in
 * is not its. DG_EAGAIN: more is needed. DG_EPROTO: no code, a code outside
 * 200-599, codes that differ between lines, a NUL. DG_ELIMIT: too long, or too
 * many lines. After an error the reader must not be used on.
 */
DG_MUSTCHECK int smtp_reply_read(struct smtp_reply_reader *r, struct buf *in);

/* Writes all of reply as lines with its code, or nothing and DG_EAGAIN. */
DG_MUSTCHECK int smtp_reply_write(struct buf *out,
    const struct smtp_reply *reply);

/*
 * Makes a reply of our own; '\n' separates lines. Text past the limits is cut:
 * it is for a person.
 */
void smtp_reply_set(struct smtp_reply *reply, int code, const char *format, ...)
    DG_PRINTF(3, 4);

#endif
