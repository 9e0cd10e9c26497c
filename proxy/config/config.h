/*
 * Reads configuration text into settings: one `set ...` statement per line,
 * `#` starts a comment. All or nothing: a bad line leaves the caller's settings
 * untouched and says which line and what was expected. Pure: text in, settings
 * out; reading files is the caller's business.
 */
#ifndef DG_CONFIG_CONFIG_H
#define DG_CONFIG_CONFIG_H

#include "config/settings.h"

#define CONFIG_TEXT_MAX ((size_t)1 << 20) /* bytes of one configuration */
#define CONFIG_LINE_MAX 1024

struct config_error {
	unsigned line; /* 1-based; 0: the configuration as a whole */
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

#endif
