/*
 * The latest lines of the log, for the console: a ring of fixed size, so that
 * what just happened can be read on a box without a log file. Lines are
 * numbered from 1; whoever follows asks for those after the last one he has,
 * and sees by the numbers what he missed. Pure; knows nothing of sockets.
 */
#ifndef DG_DAEMON_LOGBOOK_H
#define DG_DAEMON_LOGBOOK_H

#include "base/log.h"

#define LOGBOOK_LINES 512
#define LOGBOOK_BYTES ((size_t)128 << 10) /* of their text */

struct logbook_entry {
	uint64_t start; /* of all text since the start, where its begins */
	int64_t time;	/* wall */
	uint16_t n;
	uint8_t level; /* enum log_level */
};

/* A cleared one is empty. */
struct logbook {
	uint64_t lines;	  /* since the start; the latest one's number */
	uint64_t written; /* bytes of text */
	struct logbook_entry entries[LOGBOOK_LINES];
	char text[LOGBOOK_BYTES];
};

struct logbook_line {
	uint64_t number;
	int64_t time; /* wall */
	enum log_level level;
	struct span text;
};

/* Takes a line in; what is cut off at LOG_LINE_MAX is so already. */
void logbook_add(struct logbook *b, enum log_level level, const char *text,
    int64_t now);

/* The number of the oldest line that is kept; past the latest when none is. */
uint64_t logbook_oldest(const struct logbook *b);

/* A line by its number. False when it is not kept any more, or not yet there.
 * text lives until the next line comes. */
bool logbook_line(struct logbook_line *out, const struct logbook *b,
    uint64_t number);

/* The text has this in it; an empty one is everywhere. */
bool logbook_has(struct span text, struct span part);

#endif
