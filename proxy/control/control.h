/*
 * What may be asked of a running daemon over its control socket, as one table:
 * the words of each request, who may ask, and what the answer holds. A request
 * is one line of at most CONTROL_REQUEST_MAX bytes, the answer one JSON object
 * (RFC 8259) and the end of the connection; what follows the log is a stream of
 * them, one to a line, until the asker goes. Pure: parses lines; sockets, and
 * what the answers are made of, are the daemon's.
 */
#ifndef DG_CONTROL_CONTROL_H
#define DG_CONTROL_CONTROL_H

#include "base/span.h"

#define CONTROL_REQUEST_MAX 512		      /* with the line feed */
#define CONTROL_ANSWER_MAX  ((size_t)8 << 20) /* what an asker must bear */

/* Members of these unix groups may ask; root and the daemon's user may all. */
#define CONTROL_ADMIN_GROUP "danegate-admin"
#define CONTROL_VIEW_GROUP  "danegate-view"

/* Each role may do what those before it may. Zero may nothing. */
enum control_role {
	CONTROL_NOBODY = 0,
	CONTROL_VIEW,
	CONTROL_ADMIN,
};

enum control_verb {
	CONTROL_SHOW_VERSION = 0,
	CONTROL_SHOW_STATUS,
	CONTROL_SHOW_SESSIONS,
	CONTROL_SHOW_DECISIONS,
	CONTROL_SHOW_DESTINATIONS,
	CONTROL_SHOW_POLICY,
	CONTROL_SHOW_DNS_CACHE,
	CONTROL_SHOW_DNS_SERVERS,
	CONTROL_SHOW_DNS_ANCHORS,
	CONTROL_SHOW_TLS_SESSIONS,
	CONTROL_SHOW_DOWNGRADE_MEMORY,
	CONTROL_SHOW_STATISTICS,
	CONTROL_SHOW_TLSRPT,
	CONTROL_SHOW_LOOP,
	CONTROL_SHOW_MEMORY,
	CONTROL_SHOW_CONFIGURATION,
	CONTROL_SHOW_LOG,
	CONTROL_MONITOR,
	CONTROL_CLEAR_DNS_CACHE,
	CONTROL_CLEAR_DOWNGRADE_MEMORY,
	CONTROL_REQUEST_TLSRPT,
	CONTROL_REQUEST_RELOAD,
	CONTROL_REQUEST_RESTART,
	CONTROL_REQUEST_SHUTDOWN,
	CONTROL_VERBS
};

/* What may follow the words. */
enum control_argument {
	CONTROL_NOTHING = 0,
	CONTROL_NUMBER_OR_NOTHING,
	CONTROL_ID_OR_DETAIL,
	CONTROL_HOST,
	CONTROL_DEFAULTS_OR_NOTHING,
	CONTROL_FOLLOW_AND_TEXT,
	CONTROL_TEXT, /* of log lines; may be nothing */
};

struct control_row {
	const char *words;
	enum control_argument argument;
	enum control_role role;
	const char *help;   /* one line */
	const char *answer; /* the members of the object, in sentences */
};

/* verb < CONTROL_VERBS */
const struct control_row *control_row(enum control_verb verb);

/* The argument as help shows it: "[ID]"; may be empty. */
const char *control_argument_text(const struct control_row *row);

struct control_request {
	enum control_verb verb;
	struct span argument; /* into the line; empty: none */
	uint64_t number;      /* of a decision, a session; 0: none */
	bool defaults;
	bool detail;
	bool follow;	  /* the answer is a stream */
	struct span text; /* what a log line must have; empty: anything */
};

/*
 * Takes a request line without its line feed. On failure *why says what was
 * expected: DG_ESYNTAX, DG_ELIMIT for a line that is too long.
 */
DG_MUSTCHECK int control_parse(struct control_request *out, struct span line,
    const char **why);

#endif
