/*
 * One command line of the client, read (RFC 5321 4.1). Pure. Tolerant where
 * Postfix is: blanks around a path, a path without angle brackets, any case.
 * Knows nothing of the order of commands nor of what a server offers.
 */
#ifndef DG_SMTP_COMMAND_H
#define DG_SMTP_COMMAND_H

#include "base/name.h"
#include "smtp/extensions.h"

enum smtp_verb {
	SMTP_VERB_UNKNOWN = 0,
	SMTP_VERB_HELO,
	SMTP_VERB_EHLO,
	SMTP_VERB_MAIL,
	SMTP_VERB_RCPT,
	SMTP_VERB_DATA,
	SMTP_VERB_BDAT,
	SMTP_VERB_RSET,
	SMTP_VERB_NOOP,
	SMTP_VERB_HELP,
	SMTP_VERB_VRFY,
	SMTP_VERB_EXPN,
	SMTP_VERB_QUIT,
	SMTP_VERB_STARTTLS,
	SMTP_VERB_AUTH,
};

/* All spans point into the line that was read. */
struct smtp_command {
	enum smtp_verb verb;
	struct span argument; /* all behind the verb, trimmed */
	/* MAIL and RCPT: the address without brackets and source route; empty:
	 * the null sender. */
	struct span path;
	struct name domain; /* of path, A-labels; the root: none or literal */
	bool literal;	    /* the domain is an address literal */
	bool no_domain;	    /* a local part alone, as postmaster may stand */
	struct span parameters; /* of MAIL and RCPT, as the client wrote them */
	unsigned extensions;	/* SMTP_EXT_ bits that they need */
	uint64_t size;		/* SIZE= of MAIL, or the octets of BDAT */
	bool last;		/* BDAT LAST */
};

/*
 * Reads a line without its line end. 0, also for a verb that is not known;
 * DG_ESYNTAX: bad arguments (the client gets 501); DG_EUNSUPPORTED: a parameter
 * of MAIL or RCPT that is not known (555, RFC 5321 4.1.1.11).
 */
DG_MUSTCHECK int smtp_command_parse(struct smtp_command *out, struct span line);

#endif
