/*
 * The body of DATA on its way from client to server: finds the end of data,
 * and sees to it that the server finds it at the same place and nowhere else
 * (RFC 5321 4.1.1.4, 4.5.2; SMTP smuggling, 2023). Pure: two bounded buffers
 * in, no I/O.
 *
 * What ends data: CRLF "." CRLF, or "." CRLF as the very first line. Nothing
 * else does, so a bare LF or bare CR inside is either repaired to CRLF or
 * refused: left as it is, a receiver with other habits could take it for a
 * line end and "\n.\n" for the end of data, and read what follows as commands.
 *
 * Dot-stuffing after a repair: the client doubled dots only behind its own
 * CRLF. A dot that a repair puts at the start of a line was never doubled, so
 * it is doubled here; and a line end that a repair makes never ends data.
 */
#ifndef DG_SMTP_DATA_H
#define DG_SMTP_DATA_H

#include "base/buf.h"

enum smtp_newline_rule {
	SMTP_NEWLINE_NORMALIZE = 0, /* a bare CR or LF becomes CRLF */
	SMTP_NEWLINE_REJECT,
};

/* Where the tracker stands between two bytes. */
enum smtp_data_state {
	SMTP_DATA_LINE_START, /* behind the client's CRLF, or at the start */
	SMTP_DATA_REPAIRED,   /* behind a line end that was repaired */
	SMTP_DATA_TEXT,
	SMTP_DATA_CR,	  /* a CR, not written yet */
	SMTP_DATA_DOT,	  /* a dot at a line start, not written yet */
	SMTP_DATA_DOT_CR, /* dot and CR, neither written yet */
	SMTP_DATA_END,
};

struct smtp_data {
	enum smtp_data_state state;
	enum smtp_newline_rule rule;
	uint64_t size;
};

/* Starts a message. */
void smtp_data_start(struct smtp_data *d, enum smtp_newline_rule rule);

/*
 * Moves bytes from in to out as far as both allow. 0: the end of data was seen,
 * taken from in and written to out; what stands behind it in in is the next
 * command. DG_EAGAIN: more input or more room is needed. DG_ESYNTAX: a bare CR
 * or LF under the rule reject; go on with smtp_data_discard() and never end
 * the message towards the server.
 */
DG_MUSTCHECK int smtp_data_relay(struct smtp_data *d, struct buf *in,
    struct buf *out);

/* Follows the client to its end of data and writes nothing: 0 or DG_EAGAIN. */
DG_MUSTCHECK int smtp_data_discard(struct smtp_data *d, struct buf *in);

/* Bytes of the message written so far, the final dot's line not counted. */
uint64_t smtp_data_size(const struct smtp_data *d);

#endif
