/*
 * A typed line as words. Blanks part them, except between double quotes, which
 * stay part of the word; an unquoted `|` that stands alone is where filters
 * begin. Pure; knows nothing of commands.
 */
#ifndef DG_SHELL_WORDS_H
#define DG_SHELL_WORDS_H

#include "base/span.h"

#define WORDS_MAX      64
#define WORDS_LINE_MAX 1280 /* a statement of 1024 bytes, and filters */

struct words {
	char text[WORDS_LINE_MAX + 1]; /* the line, a NUL behind each word */
	char *word[WORDS_MAX + 1];     /* ended by NULL */
	size_t at[WORDS_MAX];	       /* byte of the line where it begins */
	size_t n;
	size_t pipe; /* number of the first `|`; n: there is none */
	bool open;   /* a quote was not closed */
	bool blank;  /* the line ends between words: a new one would begin */
};

/*
 * Takes a line apart; `#` at the beginning of a word ends it. DG_ELIMIT: too
 * long, or too many words; DG_ESYNTAX: a byte that is not printable ASCII,
 * *wrong says which.
 */
DG_MUSTCHECK int words_split(struct words *out, struct span line,
    size_t *wrong);

/* Takes the quotes around a whole word away, in place. */
void words_unquote(char *word);

/* word begins with given, which has at least one byte. */
bool words_begins(struct span word, struct span given);

#endif
