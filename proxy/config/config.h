/*
 * Reads configuration text into settings: one `set ...` statement per line,
 * `#` starts a comment. All or nothing: a bad line leaves the caller's settings
 * untouched and says which line and what was expected. And back: settings as
 * the statements that make them. Pure: text in, settings out; reading files is
 * the caller's business.
 */
#ifndef DG_CONFIG_CONFIG_H
#define DG_CONFIG_CONFIG_H

#include "config/settings.h"

#define CONFIG_TEXT_MAX ((size_t)1 << 20) /* bytes of one configuration */
#define CONFIG_LINE_MAX 1024

struct config_error {
	unsigned line;	 /* 1-based; 0: the configuration as a whole */
	unsigned column; /* 1-based, of the wrong word or the missing one's
	                    place; 0: the whole line */
	char expected[160];
};

/*
 * Parses and checks text. On success *out holds the settings (to be freed with
 * settings_free()) and 0 is returned; DG_ESYNTAX with *error filled for a bad
 * line or a combination that cannot be; DG_ELIMIT likewise for too much of
 * something; DG_ENOMEM.
 */
DG_MUSTCHECK int config_parse(struct settings *out, struct span text,
    struct config_error *error);

/*
 * Holds one statement (`set ...`, without what only the whole can show) against
 * the table. 0, or as config_parse() with error->line 1.
 */
DG_MUSTCHECK int config_check_line(struct span line,
    struct config_error *error);

enum config_show {
	CONFIG_SHOW_SET = 0, /* what differs from the defaults */
	CONFIG_SHOW_ALL,     /* what has a value, set or by default */
};

/* One statement in its canonical form, without a line end. */
typedef void config_line_cb(void *arg, const char *line);

/*
 * Gives the statements that make s, in the table's order: parsed again they
 * are s. line dies when the callback returns.
 */
void config_show(const struct settings *s, enum config_show what,
    config_line_cb *cb, void *arg);

/*
 * The same, one at a time: the next statement after *at (cleared at first) goes
 * to line. False: there is none any more. s may be another one than before: then
 * what follows is the rest of that one, from about the same place.
 */
#define CONFIG_STATEMENT_MAX 720
struct config_place {
	size_t option;
	size_t value;
};

DG_MUSTCHECK bool config_next(char line[CONFIG_STATEMENT_MAX],
    struct config_place *at, const struct settings *s, enum config_show what);

#endif
