/*
 * Command and reply lines out of a bounded buffer. Pure; knows nothing of what
 * a line says.
 */
#ifndef DG_SMTP_LINE_H
#define DG_SMTP_LINE_H

#include "base/buf.h"

/*
 * A command line, CRLF included: RFC 5321 4.5.3.1.4 asks for 512, and each
 * extension adds to it; real clients send more. Refusing is no safety here.
 */
#define SMTP_LINE_MAX 2048

/*
 * Takes the next line of b: *line is its bytes without the line end (CRLF, or
 * a bare LF, which is taken as one in commands and replies), valid until b
 * changes; *used bytes are to be dropped afterwards. 0; DG_EAGAIN when no whole
 * line is there yet; DG_ELIMIT when it is longer than max bytes.
 */
DG_MUSTCHECK int smtp_line_next(struct span *line, size_t *used,
    const struct buf *b, size_t max);

#endif
