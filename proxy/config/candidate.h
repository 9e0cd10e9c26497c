/*
 * A configuration that is being edited, as the text that it is: statements are
 * put in, replaced and taken out one by one, comments stay where they stand,
 * and the difference from another one can be told. Whether two statements are
 * about the same thing is in the table of options (`key`). Pure: files and locks
 * are the caller's.
 */
#ifndef DG_CONFIG_CANDIDATE_H
#define DG_CONFIG_CANDIDATE_H

#include "config/config.h"

struct candidate_line {
	char *text; /* owned; without a line end */
};

/* All zero is an empty one. The fields belong to candidate.c. */
struct candidate {
	struct candidate_line *lines;
	size_t n;
	size_t room;
};

void candidate_free(struct candidate *c);

/* Takes in text as it is, right or wrong; c must be empty. DG_ELIMIT for more
 * than CONFIG_TEXT_MAX or a line of more than CONFIG_LINE_MAX; DG_ESYNTAX for a
 * NUL in it; DG_ENOMEM. Something of it may then be there. */
DG_MUSTCHECK int candidate_load(struct candidate *c, struct span text);

/* All of it, with line feeds; *out is to be freed. DG_ENOMEM. */
DG_MUSTCHECK int candidate_text(char **out, size_t *n,
    const struct candidate *c);

/*
 * Puts a statement in (`set ...` or without the set): in place of the one that
 * is about the same, else behind the last of its option, else at the end.
 * DG_ESYNTAX or DG_ELIMIT with *error filled (its column counts in `set ...`)
 * and nothing changed; DG_ENOMEM.
 */
DG_MUSTCHECK int candidate_set(struct candidate *c, struct span statement,
    struct config_error *error);

/*
 * Takes out all statements that begin with these words (set may be left out),
 * with the comments right above them. *removed says how many. DG_ENOTFOUND when
 * there are none.
 */
DG_MUSTCHECK int candidate_delete(struct candidate *c, struct span words,
    size_t *removed);

/*
 * Puts a comment above the first statement that begins with these words, in
 * place of one that stands there; an empty one takes it away. DG_ENOTFOUND;
 * DG_ELIMIT for a comment too long or not printable; DG_ENOMEM.
 */
DG_MUSTCHECK int candidate_annotate(struct candidate *c, struct span words,
    struct span comment);

/*
 * Tells the lines that only `old` has (sign '-') and that only `new` has ('+'),
 * each in its order; empty lines do not count. DG_ENOMEM, with nothing told.
 */
typedef void candidate_line_cb(void *arg, char sign, const char *line);
DG_MUSTCHECK int candidate_compare(const struct candidate *old,
    const struct candidate *new, candidate_line_cb *cb, void *arg);

#endif
