/*
 * The one log grammar: an event word, then key=value pairs (logfmt). Every
 * value passes one sanitiser here, so bytes from the network may be handed in
 * as they are: what is not printable ASCII is escaped, what holds blanks,
 * quotes or '=' is quoted. One line per event, to stderr or syslog.
 *
 *	struct log_line l;
 *	log_begin(&l, LOG_LEVEL_INFO, "decision");
 *	log_number(&l, "session", 7);
 *	log_span(&l, "domain", domain);
 *	log_end(&l);
 */
#ifndef DG_BASE_LOG_H
#define DG_BASE_LOG_H

#include "base/address.h"

enum log_level {
	LOG_LEVEL_ERROR = 0,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

enum log_destination {
	LOG_TO_STDERR = 0,
	LOG_TO_SYSLOG,
};

#define LOG_LINE_MAX  1024 /* longer lines end in "..." */
#define LOG_VALUE_MAX 300  /* a longer value is cut, and says so */

struct log_line {
	enum log_level level;
	bool on; /* false: below the level, everything else is skipped */
	size_t len;
	char text[LOG_LINE_MAX];
};

/* Where lines go and from which level up; may be called again at any time. */
void log_open(enum log_destination to, enum log_level level);

/*
 * Besides, every line is shown to cb (NULL: nobody), those from level up even
 * where log_open() keeps them from the log. What cb logs itself comes to it
 * again; text dies when it returns.
 */
typedef void log_tap_cb(void *arg, enum log_level level, const char *text);
void log_tap(log_tap_cb *cb, void *arg, enum log_level level);

/* Starts a line; event is a word of our own (letters, digits, hyphen). */
void log_begin(struct log_line *l, enum log_level level, const char *event);

void log_span(struct log_line *l, const char *key, struct span value);
void log_text(struct log_line *l, const char *key, const char *value);
void log_number(struct log_line *l, const char *key, uint64_t value);
void log_address(struct log_line *l, const char *key,
    const struct address *value);

/* uid=, and user= where that uid has a name. */
void log_user(struct log_line *l, unsigned uid);

/* "warning"; never NULL. */
const char *log_level_text(enum log_level level);

/* Writes the line out. */
void log_end(struct log_line *l);

/* A line of one event and one text=: for the rare and simple. */
void log_note(enum log_level level, const char *event, const char *format, ...)
    DG_PRINTF(3, 4);

/*
 * Escapes s as a log value would be (no quotes added) into dst of size bytes;
 * always terminates; cuts what does not fit. For replies and other one-line
 * texts that must carry bytes from the network.
 */
void log_escape(char *dst, size_t size, struct span s);

#endif
