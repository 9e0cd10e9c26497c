/*
 * What may follow a command behind `|`: include TEXT, exclude TEXT, count,
 * no-more. Lines go in, and those that are to be seen are told. Pure.
 */
#ifndef DG_SHELL_FILTER_H
#define DG_SHELL_FILTER_H

#include "base/span.h"

#define FILTER_STAGES_MAX 4

enum filter_kind {
	FILTER_INCLUDE = 0,
	FILTER_EXCLUDE,
	FILTER_COUNT,
	FILTER_NO_MORE, /* without the pager */
	FILTER_KINDS
};

/* How they are called, and a line of help each. */
const char *filter_word(enum filter_kind kind);
const char *filter_help(enum filter_kind kind);
bool filter_takes_text(enum filter_kind kind);

/* The kind that a word, perhaps cut short, stands for; FILTER_KINDS: none. */
enum filter_kind filter_find(struct span word);

struct filter {
	struct {
		enum filter_kind kind;
		const char *text; /* lives as long as the words */
	} stages[FILTER_STAGES_MAX];
	size_t n;
	size_t counted; /* lines that came to a `count` */
};

/*
 * Takes the words from the first `|` on. DG_ESYNTAX, DG_ELIMIT: *wrong is the
 * number of the word that will not do, *expected what would.
 */
DG_MUSTCHECK int filter_parse(struct filter *out, char *const *words, size_t n,
    size_t *wrong, const char **expected);

/* Is this line to be seen? */
bool filter_line(struct filter *f, struct span line);

bool filter_has(const struct filter *f, enum filter_kind kind);

#endif
