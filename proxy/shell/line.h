/*
 * The one door to libedit: one line of a terminal, with history. Made for a
 * serial line with anything at its other end: unprintable bytes are dropped, a
 * break counts for nothing, flow control is on, and no escape sequence is
 * written to a terminal that TERM does not vouch for. Knows nothing of what
 * lines mean.
 */
#ifndef DG_SHELL_LINE_H
#define DG_SHELL_LINE_H

#include "base/span.h"

#define LINE_INSERT_MAX 96

/* Called with what stands before the cursor; may print lines of its own, and
 * begins with a line end then. */
struct line_hooks {
	void *arg;
	/* Tab: what is to be put in, may be empty. True: it has printed. */
	bool (*complete)(void *arg, struct span before,
	    char insert[LINE_INSERT_MAX]);
	/* `?` outside quotes. */
	void (*help)(void *arg, struct span before);
};

struct line;

/* Of standard input and output, which must be a terminal. hooks is kept. DG_EIO,
 * DG_ENOMEM. */
DG_MUSTCHECK int line_open(struct line **out, const struct line_hooks *hooks);

/* Puts the terminal back as it was; NULL is fine. */
void line_close(struct line *l);

/*
 * Reads a line, which stays until the next one. An empty one after Ctrl-C.
 * DG_ECLOSED: Ctrl-D on an empty line, or the terminal is gone.
 */
DG_MUSTCHECK int line_read(struct span *out, struct line *l,
    const char *prompt);

/* One byte that was typed, without echo: for the pager, and for what is pasted.
 * DG_ECLOSED. line_raw() before, line_unraw() after. */
DG_MUSTCHECK int line_key(uint8_t *out);
void line_raw(struct line *l);

/* Bytes that have been typed and not been read. */
size_t line_waiting(void);
void line_unraw(struct line *l);

#endif
