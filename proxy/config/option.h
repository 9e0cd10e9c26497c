/*
 * The table of options, for whoever reads, shows, completes or explains the
 * configuration: every option with its form, range, unit, help, and how its
 * value is taken from text and written back. One row makes an option; nothing
 * else lists them. Defaults are those of settings_default(). Pure.
 */
#ifndef DG_CONFIG_OPTION_H
#define DG_CONFIG_OPTION_H

#include "config/settings.h"

#define OPTION_FORMS_MAX 4
#define OPTION_VALUE_MAX 640 /* a value as text: two names, an address, NUL */

struct option;

/* A statement while it is taken in, word by word. */
struct option_input {
	struct span rest;     /* not looked at yet */
	struct span word;     /* looked at last; empty: the line has ended */
	const char *expected; /* what should have stood there */
};

/* The next word, which becomes `word`. */
struct span option_word(struct option_input *in);

/* How values of one kind are read and written. */
struct option_kind {
	/*
	 * Takes the value off the input. DG_ESYNTAX or DG_ELIMIT when it
	 * cannot be (in->expected says what could, if it is not what the option
	 * expects anyway); DG_ENOMEM.
	 */
	int (*take)(struct settings *s, const struct option *o,
	    struct option_input *in);
	/*
	 * Writes value number `index` as it stands behind the path. False when
	 * there are not so many; an empty text when this number has none.
	 */
	bool (*show)(char text[OPTION_VALUE_MAX], const struct settings *s,
	    const struct option *o, size_t index);
};

struct option {
	const char *path; /* "proxy listen-port" */
	/*
	 * What may follow: words as they stand, a|b for a choice, capital
	 * letters for a value. Two forms are two statements of one option.
	 */
	const char *forms[OPTION_FORMS_MAX];
	const char *expected; /* range of the value; NULL: the form says it */
	const struct option_kind *kind;
	size_t offset;	   /* of the member, for the simple kinds */
	uint64_t min, max; /* of a number; max is the size of a text */
	const char *unit;  /* NULL: none */
	/* So many words of the value say what a statement is about: a later one
	 * with the same words replaces the earlier. */
	size_t key;
	unsigned many;	  /* so many may be set; 0: the last one holds */
	bool restart;	  /* changes with the daemon's next start alone */
	const char *help; /* one line */
	const char *detail;
};

/* All of them, in the order in which they are shown. */
const struct option *option_at(size_t index); /* NULL: past the last */

/* The option that the next words of the input name, which are taken off;
 * NULL: there is none, `in` is back at the first of these words. */
const struct option *option_find(struct option_input *in);

/* The one that was probably meant, or NULL. */
const struct option *option_nearest(struct span words);

/* "expected ...": the option's range, or its forms. */
const char *option_expected(const struct option *o);

/*
 * The next piece of a form: cuts a word off *form. Then: is it a value (capital
 * letters), or does it stand for this word itself, alone or among a choice?
 */
struct span option_form_word(struct span *form);
bool option_form_is_value(struct span piece);
bool option_form_has(struct span piece, struct span word);

/* What a word of the option's forms means, in a few words; may be empty. */
const char *option_word_help(const struct option *o, struct span word);

/* Choice number `index` of a|b|c, or an empty span past the last. */
struct span option_form_choice(struct span piece, size_t index);

#endif
