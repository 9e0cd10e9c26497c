/*
 * What may come next on a line, and what its words cut short stand for: out of
 * the tables of commands and options, and for values out of what the caller
 * knows to be there. Pure.
 */
#ifndef DG_SHELL_COMPLETE_H
#define DG_SHELL_COMPLETE_H

#include "shell/words.h"

#define COMPLETE_WORD_MAX  80
#define COMPLETE_ITEMS_MAX 160

enum complete_kind {
	COMPLETE_WORD = 0, /* can be put into the line as it stands */
	COMPLETE_VALUE,	   /* a value in capital letters, to be thought of */
	COMPLETE_ENTER,	   /* the line may end here */
};

struct complete_item {
	enum complete_kind kind;
	char word[COMPLETE_WORD_MAX];
	const char *help; /* one line, static; may be empty */
};

/* What is there at this moment, for the caller to look up. */
enum complete_live {
	COMPLETE_STATEMENTS = 0, /* of the candidate, without their `set` */
	COMPLETE_SESSIONS,	 /* numbers of sessions under way */
	COMPLETE_HOSTS,		 /* MX hosts of the downgrade memory */
};

typedef void complete_live_cb(void *arg, struct span text);

struct complete_context {
	/* `show` alone is the candidate, `show | compare` what would change. */
	bool editing;
	/* Words of `edit`, which go before a statement's; may be empty. */
	struct span path;
	/* Tells each of these; NULL: nothing is known. */
	void (*live)(void *live_arg, enum complete_live what,
	    complete_live_cb *cb, void *arg);
	void *live_arg;
};

struct complete_list {
	struct complete_item items[COMPLETE_ITEMS_MAX];
	size_t n;
	size_t typed; /* bytes of the unfinished word at the end of the line */
};

/* What the line, which ends at the cursor, may go on with. */
void complete_line(struct complete_list *out, struct span line,
    const struct complete_context *context);

/* The text that all words of the list begin with, behind what is typed; *whole:
 * that is one whole word. */
size_t complete_common(char out[COMPLETE_WORD_MAX], bool *whole,
    const struct complete_list *list);

/*
 * Writes a statement (behind `set`, `delete` ..., path included) with its words
 * written out where they were cut short. DG_ELIMIT when it does not fit.
 */
DG_MUSTCHECK int complete_statement(char *out, size_t size,
    struct span statement);

/* These words begin a statement, and something may follow them. */
bool complete_is_path(struct span statement);

/* One line about options that begin with this word; "..." where
 * nobody wrote one. */
const char *complete_group_help(struct span word);

#endif
